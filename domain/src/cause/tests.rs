use serde_json::json;

use crate::diagnosis::{Diagnosis, Finding, Outcome, Overall, Remedy, Verdict, diagnose};
use crate::evidence::fixture::{NO_CONNECTION, TIMEOUT, log_of};
use crate::evidence::{Evidence, Reading, WhyNot, trials_wanted};
use crate::gateway::Gateway;
use crate::gateway::fixture::{id, list, pool, probe, rule, shop_with};
use crate::health::{Health, Symptom};
use crate::id::Name;
use crate::plan::{Fix, ProbeDefaults};

mod answers;
mod app_service;
mod certificates;
mod fixes;
mod interfaces;
mod machines;
mod monitoring;
mod names;
mod network;
mod ports;
mod probe_path;
mod rules;

fn shop() -> Gateway {
    shop_with(|_| {})
}

fn well() -> Evidence {
    Evidence::healthy(shop())
}

/// The web pool refuses `/` with a status, and again when asked on demand.
fn refused(status: u16) -> Evidence {
    let log = log_of(status);
    well().seen("web", "https", &[&log]).tried("web", "https", "/", &[&log])
}

fn found(evidence: &Evidence) -> Diagnosis {
    diagnose(evidence, &ProbeDefaults::default())
}

fn lead(diagnosis: &Diagnosis) -> &Finding {
    diagnosis.lead().unwrap()
}

/// A finding as text, so that nothing it claims goes unread.
fn told(finding: &Finding) -> String {
    let mut lines =
        vec![format!("{} {}: {}", finding.cause, finding.verdict.in_words(), finding.sentence.plain())];
    lines.extend(finding.evidence.iter().map(|line| format!("- {}", line.plain())));
    match &finding.remedy {
        Remedy::Fix(Fix::HealthProbe) => lines.push("> probe".to_owned()),
        Remedy::Fix(fix) => lines.push(format!("> {fix:?}")),
        Remedy::AddEndpoint { path, status } => lines.push(format!("> add {path}, now {status:?}")),
        Remedy::ByHand { steps } => lines.extend(steps.iter().map(|step| format!("> {}", step.plain()))),
    }
    lines.join("\n")
}

fn with_probe(path: &str) -> Gateway {
    shop_with(|raw| {
        list(raw, "probes").push(probe("theirs", json!({ "path": path })));
        list(raw, "backendHttpSettingsCollection")[0]["properties"]["probe"] = id("probes", "theirs");
    })
}

#[test]
fn an_empty_pool_is_confirmed() {
    let gateway = shop_with(|raw| list(raw, "backendAddressPools")[1] = pool("api", &[]));
    let diagnosis = found(&Evidence::healthy(gateway));
    assert_eq!((diagnosis.overall, &diagnosis.outcome), (Overall::Unhealthy, &Outcome::ByHand));
    insta::assert_snapshot!(told(lead(&diagnosis)), @"
    empty-pool confirmed: The backend pool api has no servers, so there is nobody to answer.
    - Configuration: no address and no network interface in api
    - Backend health: no server listed there for HTTP setting http
    > Add the servers to api (https://portal.azure.com/#resource/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/rg-shop/providers/Microsoft.Network/applicationGateways/agw-shop/backendAddressPools/api).
    > If they should be there: look for a virtual machine or scale set that was detached, deleted or scaled to zero.
    ");
}

#[test]
fn an_empty_pool_beside_a_healthy_one_behind_the_same_setting_is_not_overlooked() {
    let gateway = shop_with(|raw| {
        list(raw, "backendAddressPools").push(pool("none", &[]));
        list(raw, "requestRoutingRules").push(rule("none", 30, "none", "https"));
    });
    let diagnosis = found(&Evidence::healthy(gateway));
    assert_eq!(diagnosis.overall, Overall::Unhealthy);
    assert_eq!(
        (lead(&diagnosis).cause.as_str(), &lead(&diagnosis).pools),
        ("empty-pool", &vec![Name::new("none")])
    );
}

#[test]
fn servers_of_which_the_gateway_says_nothing_make_it_unclear() {
    let mut evidence = well();
    evidence.servers("api", "http").clear();
    let diagnosis = found(&evidence);
    assert_eq!((diagnosis.overall, &diagnosis.outcome), (Overall::Unclear, &Outcome::ByHand));
    assert_eq!(diagnosis.gaps, ["backend health: no word about pool api with HTTP setting http"]);
}

#[test]
fn a_timeout_alone_settles_nothing() {
    let evidence = well().seen("api", "http", &[TIMEOUT, &log_of(200)]);
    let diagnosis = found(&evidence.tried("api", "http", "/healthz", &[TIMEOUT, &log_of(200)]));
    assert_eq!(diagnosis.outcome, Outcome::ByHand);
    insta::assert_snapshot!(told(lead(&diagnosis)), @"
    probe-timeout consistent, not proven: The probe of / gets no answer within 30 s. A slow application looks like this, and so does a blocked network.
    - Backend health: 1 of 2 servers does not answer in time
    - Probe of /healthz on demand, pool api: 10.0.0.4 did not answer the probe in time, 10.0.0.5 answered the probe with 200
    > From a machine in the gateway's virtual network, time a request to port 8080 of the server. No answer at all: look at what of the network is not ruled out, and at the server's own firewall.
    > A late answer: find out why the application is slow before you raise the probe's timeout.
    ");
}

#[test]
fn a_timeout_of_one_path_while_another_answers_is_a_slow_path() {
    let evidence = well().seen("api", "http", &[TIMEOUT, TIMEOUT]);
    let diagnosis = found(&evidence.tried("api", "http", "/healthz", &[&log_of(404), TIMEOUT]));
    insta::assert_snapshot!(told(lead(&diagnosis)), @"
    probe-timeout confirmed: The probe of / gets no answer within 30 s. Server 10.0.0.4 answers /healthz in time, so the network is open and this path is slow.
    - Backend health: 2 of 2 servers do not answer in time
    - Probe of /healthz on demand, pool api: 10.0.0.4 failed the probe with 404, 10.0.0.5 did not answer the probe in time
    > Find out why / is slow before you raise the probe's timeout.
    > If visitors can do without it meanwhile: a probe of /healthz lets them to the rest of the site.
    ");
}

#[test]
fn a_timeout_of_the_very_path_that_answers_on_demand_is_not_settled() {
    let evidence = Evidence::healthy(with_probe("/healthz")).seen("web", "https", &[TIMEOUT]);
    let diagnosis = found(&evidence.tried("web", "https", "/healthz", &[&log_of(200)]));
    assert_eq!(lead(&diagnosis).verdict, Verdict::Consistent);
}

#[test]
fn a_refused_connection_is_never_more_than_consistent() {
    let diagnosis = found(&well().seen("api", "http", &[NO_CONNECTION, NO_CONNECTION]));
    assert_eq!(diagnosis.outcome, Outcome::ByHand);
    insta::assert_snapshot!(told(lead(&diagnosis)), @"
    server-unreachable consistent, not proven: The gateway cannot connect to port 8080 of 10.0.0.4, 10.0.0.5. Why is not settled: several reasons look the same from here.
    - Backend health: no connection to 2 of 2 servers
    - Not checked: whether the application listens on this port, the server's own firewall, security groups, routes, peerings, whether the server runs
    > From a machine in the gateway's virtual network, connect to port 8080 of the server. If it answers there, something between gateway and server blocks it.
    > If it does not: start the application, or correct the port of the HTTP setting.
    > Look at the server's own firewall, and at the security group of its network interface.
    ");
}

#[test]
fn what_no_cause_explains_is_told_in_the_gateways_own_words() {
    let logs = [
        "Application Gateway could not create a probe for this backend. This usually happens when the FQDN of the backend has not been entered correctly.",
        "The flux capacitor is out of plutonium.",
    ];
    for log in logs {
        let diagnosis = found(&well().seen("web", "https", &[log]));
        let lead = lead(&diagnosis);
        assert_eq!((lead.cause.as_str(), lead.verdict), ("not-in-catalogue", Verdict::NotChecked));
        assert_eq!(lead.evidence[0].plain(), format!("Backend health: {log}"));
        assert_eq!((diagnosis.overall, &diagnosis.outcome), (Overall::Unhealthy, &Outcome::ByHand));
    }
}

#[test]
fn a_server_that_answers_again_and_still_counts_as_unhealthy_gets_time() {
    let mut evidence = well();
    evidence.servers("web", "https")[0].health = Health::Unhealthy;
    evidence.servers("web", "https")[0].reported = "Unhealthy".to_owned();
    insta::assert_snapshot!(told(lead(&found(&evidence))), @r"
    not-in-catalogue not checked: The gateway reports that server shop.azurewebsites.net answered the probe with 200 the last time, and still calls it Unhealthy.
    - Backend health: Success. Received 200 status code
    > Re-check in a few minutes: the state follows the probe with some delay.
    ");
}

#[test]
fn several_causes_lead_with_the_one_that_can_be_mended() {
    let gateway = shop_with(|raw| {
        list(raw, "backendAddressPools").push(pool("none", &[]));
        list(raw, "requestRoutingRules").push(rule("none", 5, "none", "http"));
    });
    let log = log_of(403);
    let evidence =
        Evidence::healthy(gateway).seen("web", "https", &[&log]).tried("web", "https", "/", &[&log]);
    let diagnosis = found(&evidence.tried("web", "https", "/healthz", &[&log_of(200)]));
    let causes: Vec<_> = diagnosis.findings.iter().map(|finding| finding.cause.as_str()).collect();
    assert_eq!(causes, ["probe-path-refused", "empty-pool"]);
    assert!(matches!(diagnosis.outcome, Outcome::Offer(_)));
}

#[test]
fn servers_that_fail_in_different_ways_are_counted_apart() {
    let evidence = well().seen("api", "http", &[&log_of(403), TIMEOUT]);
    let diagnosis = found(&evidence.tried("api", "http", "/", &[&log_of(403), TIMEOUT]));
    let first: Vec<String> =
        diagnosis.findings.iter().filter_map(|finding| Some(finding.evidence.first()?.plain())).collect();
    assert_eq!(
        first,
        [
            "Backend health: 1 of 2 servers refuses / with 403 (forbidden)",
            "Backend health: 1 of 2 servers does not answer in time",
        ]
    );
}

#[test]
fn unread_health_is_unclear_and_the_gap_names_the_permission() {
    let mut evidence = well();
    let action = "Microsoft.Network/applicationGateways/backendhealth/action".to_owned();
    evidence.health = Reading::NotRead(WhyNot::Forbidden { action });
    let diagnosis = found(&evidence);
    assert_eq!((diagnosis.overall, &diagnosis.outcome), (Overall::Unclear, &Outcome::ByHand));
    assert_eq!(
        diagnosis.gaps,
        [
            "backend health: the bot needs the permission Microsoft.Network/applicationGateways/backendhealth/action"
        ]
    );
    assert_eq!(diagnosis.findings.len(), 1);
    assert_eq!(
        (lead(&diagnosis).cause.as_str(), lead(&diagnosis).verdict),
        ("missing-permission", Verdict::NotChecked)
    );
    assert!(
        diagnosis
            .paths
            .iter()
            .all(|path| path.servers.iter().all(|server| server.symptom == Symptom::NotReported))
    );
}

#[test]
fn an_empty_pool_shows_even_without_health_and_is_not_confirmed_then() {
    let gateway = shop_with(|raw| list(raw, "backendAddressPools")[1] = pool("api", &[]));
    let mut evidence = Evidence::healthy(gateway);
    evidence.health = Reading::NotRead(WhyNot::TooSlow { seconds: 60 });
    let diagnosis = found(&evidence);
    assert_eq!((diagnosis.overall, lead(&diagnosis).verdict), (Overall::Unclear, Verdict::Consistent));
}

#[test]
fn all_healthy_needs_nothing() {
    let diagnosis = found(&well());
    assert_eq!((diagnosis.overall, &diagnosis.outcome), (Overall::Healthy, &Outcome::Nothing));
    assert!(diagnosis.findings.is_empty() && diagnosis.gaps.is_empty());
}

#[test]
fn a_server_that_drains_is_not_sick_unless_all_of_them_do() {
    let mut evidence = well();
    evidence.servers("api", "http")[0].health = Health::Draining;
    assert_eq!(found(&evidence).overall, Overall::Healthy);
    evidence.servers("api", "http")[1].health = Health::Draining;
    let diagnosis = found(&evidence);
    assert_eq!(diagnosis.overall, Overall::Unhealthy);
    insta::assert_snapshot!(told(lead(&diagnosis)), @r"
    not-in-catalogue not checked: Every server of pool api is draining, so nobody takes new visitors.
    - Backend health: only draining servers in api
    > Look at what takes the servers out, such as a deployment or a scale-in; then Re-check.
    ");
}

/// The gateway is refused, for a cause that the bot could mend otherwise.
fn refusal(change: impl FnOnce(&mut serde_json::Value), locks: &[&str]) -> String {
    let log = log_of(403);
    let evidence = Evidence::healthy(shop_with(change)).seen("web", "https", &[&log]).tried(
        "web",
        "https",
        "/",
        &[&log],
    );
    let mut evidence = evidence.tried("web", "https", "/healthz", &[&log_of(200)]);
    evidence.locks = Reading::Read(locks.iter().map(|&lock| lock.to_owned()).collect());
    match found(&evidence).outcome {
        Outcome::Refused { why } => why,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_gateway_that_must_not_be_written_is_refused_with_the_reason() {
    let owned = refusal(|raw| raw["tags"]["managed-by-k8s-ingress"] = json!("1.7"), &[]);
    assert!(owned.contains("ingress controller owns this gateway"), "{owned}");
    let stopped = refusal(|raw| raw["properties"]["operationalState"] = json!("Stopped"), &[]);
    assert!(stopped.contains("Stopped, not Running"), "{stopped}");
    let updating = refusal(|raw| raw["properties"]["provisioningState"] = json!("Updating"), &[]);
    assert!(updating.contains("Updating, not Succeeded"), "{updating}");
    assert_eq!(refusal(|_| {}, &["no-touch"]), "the resource lock 'no-touch' forbids changing the gateway");
}

#[test]
fn a_diagnosis_survives_being_stored() {
    let diagnosis = found(&refused(403).tried("web", "https", "/healthz", &[&log_of(200)]));
    let stored = serde_json::to_string(&diagnosis).unwrap();
    assert_eq!(serde_json::from_str::<Diagnosis>(&stored).unwrap(), diagnosis);
}
