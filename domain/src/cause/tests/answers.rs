//! The causes about host names, texts, redirects and errors in answers.

use serde_json::{Value, json};

use super::app_service::{APP, Shop, gateway};
use super::{found, told};
use crate::diagnosis::{Diagnosis, Finding, Outcome, Overall, Remedy, Verdict};
use crate::evidence::fixture::{Azure, log_of, server};
use crate::evidence::{Evidence, Seen, Visit};
use crate::gateway::Gateway;
use crate::gateway::fixture::{id, list, probe, shop_with};
use crate::id::Name;
use crate::plan::{Fix, FixKind};

const SITE: &str = "shop.azurewebsites.net";
const LACKS: &str = "Body of the backend's HTTP response did not match the probe setting. Received response body doesn't contain OK.";

const ANOTHER_NAME: &str = "The Common Name (CN) of the backend server certificate does not match the host header entered in the health probe configuration (v2 SKU).";

/// What a probe on demand finds.
fn trial(log: &str) -> Value {
    let one = server(SITE, log);
    json!({ "backendHealthHttpSettings": { "servers": [
        { "address": SITE, "health": one.reported, "healthProbeLog": log },
    ]}})
}

/// How a probe on demand of pool `web` is put: a path, and what is beside it.
fn put(rest: &str) -> String {
    format!("POST getBackendHealthOnDemand (pool web, HTTP setting https, {rest})")
}

/// What probes on demand find, by how they are put; the app behind is open to all.
fn azure(trials: &[(&str, &str)]) -> Azure {
    trials.iter().fold(Shop::open().azure(), |azure, (rest, log)| azure.with(&put(rest), trial(log)))
}

fn diagnosed(evidence: Evidence, trials: &[(&str, &str)]) -> Diagnosis {
    let (evidence, waves) = azure(trials).ask(evidence);
    assert!(waves <= 3, "{waves} waves");
    found(&evidence)
}

fn find<'a>(diagnosis: &'a Diagnosis, cause: &str) -> Option<&'a Finding> {
    diagnosis.findings.iter().find(|finding| finding.cause == cause)
}

fn of<'a>(diagnosis: &'a Diagnosis, cause: &str) -> &'a Finding {
    find(diagnosis, cause).unwrap()
}

/// The gateway whose HTTP setting passes on what visitors ask for.
fn incoming() -> Gateway {
    shop_with(|raw| {
        let setting = &mut list(raw, "backendHttpSettingsCollection")[0]["properties"];
        setting.as_object_mut().unwrap().remove("hostName");
    })
}

/// The gateway with a custom probe.
fn probing(properties: Value, host: Option<&str>) -> Gateway {
    shop_with(|raw| {
        let mut own = properties;
        if let Some(host) = host {
            own["host"] = json!(host);
            own["pickHostNameFromBackendHttpSettings"] = json!(false);
        }
        list(raw, "probes").push(probe("theirs", own));
        list(raw, "backendHttpSettingsCollection")[0]["properties"]["probe"] = id("probes", "theirs");
    })
}

fn visited(mut evidence: Evidence, seen: Seen) -> Evidence {
    let (listener, url) = (Name::new("shop"), "https://shop.example/".to_owned());
    evidence.visits.push(Visit { listener, url, seen });
    evidence
}

/// The gateway's only way leads to the pool `web`.
fn only_web(gateway: &Gateway) -> Gateway {
    let mut raw = gateway.raw().clone();
    list(&mut raw, "requestRoutingRules").remove(0);
    Gateway::parse(raw).unwrap()
}

const HOST: &str = "probe-host";

fn loopback(status: u16) -> Evidence {
    let log = log_of(status);
    let evidence =
        Evidence::healthy(incoming()).seen("web", "https", &[&log]).tried("web", "https", "/", &[&log]);
    evidence.tried("web", "https", "/healthz", &[&log])
}

#[test]
fn a_probe_for_127_0_0_1_that_the_right_host_would_mend_is_confirmed() {
    let trials = [
        ("/, host 127.0.0.1", log_of(404)),
        ("/, host shop.azurewebsites.net", log_of(200)),
        ("/, host shop.example", log_of(404)),
    ];
    let trials: Vec<_> = trials.iter().map(|(put, log)| (*put, log.as_str())).collect();
    let diagnosis = diagnosed(loopback(404), &trials);
    assert!(matches!(&diagnosis.outcome, Outcome::Offer(plan) if plan.kind() == FixKind::PickHost));
    insta::assert_snapshot!(told(diagnosis.lead().unwrap()), @"
    probe-host confirmed: The default health probe of agw-shop (https://portal.azure.com/#resource/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/rg-shop/providers/Microsoft.Network/applicationGateways/agw-shop) asks for host 127.0.0.1, which shop.azurewebsites.net refuses with 404. Asked for host shop.azurewebsites.net, it answers the same path.
    - Backend health: shop.azurewebsites.net answers / with 404
    - Probe of / on demand with host 127.0.0.1, pool web: shop.azurewebsites.net failed the probe with 404
    - Probe of / on demand with host shop.azurewebsites.net, pool web: shop.azurewebsites.net answered the probe with 200
    - Probe of / on demand with host shop.example, pool web: shop.azurewebsites.net failed the probe with 404
    > PickHost { probe_too: false }
    ");
    insta::assert_snapshot!(told(of(&diagnosis, "probe-path-refused")), @"
    probe-path-refused consistent, not proven: The default health probe asks for / and is refused with 404. With another host name the same path is answered, so it is not the path. That follows from probe-host.
    - Backend health: the one server refuses / with 404 (nothing at this path)
    - Probe of / on demand, pool web: shop.azurewebsites.net failed the probe with 404
    - Probe of /healthz on demand, pool web: shop.azurewebsites.net failed the probe with 404
    > Mend probe-host first, and press Re-check.
    ");
}

#[test]
fn a_probe_for_127_0_0_1_is_confirmed_where_the_certificate_hides_the_refusal_on_demand() {
    let trials = [
        ("/, host 127.0.0.1", ANOTHER_NAME.to_owned()),
        ("/, host shop.azurewebsites.net", log_of(200)),
        ("/, host shop.example", ANOTHER_NAME.to_owned()),
    ];
    let trials: Vec<_> = trials.iter().map(|(put, log)| (*put, log.as_str())).collect();
    assert_eq!(of(&diagnosed(loopback(404), &trials), HOST).verdict, Verdict::Confirmed);
    // What turns a request away may change from one moment to the next.
    assert_eq!(of(&diagnosed(loopback(403), &trials), HOST).verdict, Verdict::Consistent);
}

#[test]
fn a_health_path_that_any_host_name_may_ask_for_is_still_offered() {
    let log = log_of(404);
    let evidence = Evidence::healthy(incoming()).seen("web", "https", &[&log]);
    let evidence =
        evidence.tried("web", "https", "/", &[&log]).tried("web", "https", "/healthz", &[&log_of(200)]);
    let well = log_of(200);
    let trials = [("/, host 127.0.0.1", log.as_str()), ("/, host shop.example", well.as_str())];
    let diagnosis = diagnosed(evidence, &trials);
    assert_eq!(diagnosis.lead().unwrap().cause, HOST);
    assert!(matches!(diagnosis.outcome, Outcome::Offer(_)));
}

#[test]
fn a_host_that_is_refused_like_the_other_is_ruled_out() {
    let log = log_of(404);
    let trials = ["/, host 127.0.0.1", "/, host shop.azurewebsites.net", "/, host shop.example"]
        .map(|put| (put, log.as_str()));
    let diagnosis = diagnosed(loopback(404), &trials);
    assert_eq!(of(&diagnosis, HOST).verdict, Verdict::RuledOut);
    assert_eq!(of(&diagnosis, "probe-path-refused").verdict, Verdict::Confirmed);
}

#[test]
fn a_trap_that_was_not_tried_is_consistent_and_a_host_that_recovered_is_too() {
    let diagnosis = diagnosed(loopback(404), &[]);
    insta::assert_snapshot!(told(of(&diagnosis, HOST)), @"
    probe-host consistent, not proven: The default health probe of agw-shop (https://portal.azure.com/#resource/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/rg-shop/providers/Microsoft.Network/applicationGateways/agw-shop) asks for host 127.0.0.1, as nobody names one, and App Service finds an app by its host name. That this is why shop.azurewebsites.net refuses the probe with 404 is not settled.
    - Backend health: shop.azurewebsites.net answers / with 404
    - Probe of / on demand with host 127.0.0.1, pool web: not run, the bot needs the permission Microsoft.Network/applicationGateways/getBackendHealthOnDemand/action
    - Probe of / on demand with host shop.azurewebsites.net, pool web: not run, the bot needs the permission Microsoft.Network/applicationGateways/getBackendHealthOnDemand/action
    - Probe of / on demand with host shop.example, pool web: not run, the bot needs the permission Microsoft.Network/applicationGateways/getBackendHealthOnDemand/action
    > Let HTTP setting https (https://portal.azure.com/#resource/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/rg-shop/providers/Microsoft.Network/applicationGateways/agw-shop) name the host, for the probe and for visitors' requests: az network application-gateway http-settings update -g rg-shop --gateway-name agw-shop -n https --host-name-from-backend-pool true
    > If the application needs the visitor's own host name: give the probe alone a host, and the app that custom domain.
    > The probe succeeds within its interval; press Re-check then.
    ");
    let well = log_of(200);
    let trials = ["/, host 127.0.0.1", "/, host shop.azurewebsites.net", "/, host shop.example"]
        .map(|put| (put, well.as_str()));
    let diagnosis = diagnosed(loopback(404), &trials);
    assert_eq!(of(&diagnosis, HOST).verdict, Verdict::Consistent);
}

#[test]
fn a_wrong_host_of_a_probe_is_mended_by_a_probe_of_ours_where_that_was_tried() {
    let refused = log_of(404);
    let evidence = Evidence::healthy(probing(json!({ "path": "/status" }), Some("old.example")));
    let evidence =
        evidence.seen("web", "https", &[&refused]).tried("web", "https", "/status", &[&log_of(200)]);
    let trials = [
        ("/status, host old.example", refused.clone()),
        ("/status, host shop.azurewebsites.net", log_of(200)),
        ("/status, host shop.example", refused.clone()),
    ];
    let trials: Vec<_> = trials.iter().map(|(put, log)| (*put, log.as_str())).collect();
    let offered = evidence.clone().tried("web", "https", "/healthz", &[&log_of(200)]);
    let diagnosis = diagnosed(offered, &trials);
    assert_eq!(
        (diagnosis.lead().unwrap().cause.as_str(), &diagnosis.lead().unwrap().remedy),
        (HOST, &Remedy::Fix(Fix::HealthProbe))
    );
    assert!(matches!(diagnosis.outcome, Outcome::Offer(_)));
    let diagnosis = diagnosed(evidence.tried("web", "https", "/healthz", &[&refused]), &trials);
    assert_eq!(diagnosis.outcome, Outcome::ByHand);
    insta::assert_snapshot!(told(of(&diagnosis, HOST)), @"
    probe-host confirmed: The health probe theirs (https://portal.azure.com/#resource/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/rg-shop/providers/Microsoft.Network/applicationGateways/agw-shop) asks for host old.example, which shop.azurewebsites.net refuses with 404. Asked for host shop.azurewebsites.net, it answers the same path.
    - Backend health: shop.azurewebsites.net answers /status with 404
    - Probe of /status on demand with host old.example, pool web: shop.azurewebsites.net failed the probe with 404
    - Probe of /status on demand with host shop.azurewebsites.net, pool web: shop.azurewebsites.net answered the probe with 200
    - Probe of /status on demand with host shop.example, pool web: shop.azurewebsites.net failed the probe with 404
    > Correct the host of the health probe theirs (https://portal.azure.com/#resource/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/rg-shop/providers/Microsoft.Network/applicationGateways/agw-shop): az network application-gateway probe update -g rg-shop --gateway-name agw-shop -n theirs --host shop.azurewebsites.net
    > The probe succeeds within its interval; press Re-check then.
    ");
}

#[test]
fn a_host_that_the_server_has_is_not_suspected() {
    let log = log_of(404);
    let own = Evidence::healthy(gateway()).seen("web", "https", &[&log]);
    assert!(find(&diagnosed(own, &[]), HOST).is_none());
    let custom =
        Evidence::healthy(probing(json!({}), Some("www.shop.example"))).seen("web", "https", &[&log]);
    let rows = json!([{ "id": APP, "host": SITE, "hosts": ["www.shop.example", SITE] }]);
    let azure = Azure::default().finding("microsoft.web/sites", rows);
    assert!(find(&found(&azure.ask(custom).0), HOST).is_none());
}

const VISITOR: &str = "visitor-host";
const ERROR: &str = "application-error";

/// The servers are well by the host name that the probe asks for; visitors' own is passed on.
fn forwarding(seen: Seen) -> Evidence {
    let gateway = only_web(&shop_with(|raw| {
        let setting = &mut list(raw, "backendHttpSettingsCollection")[0]["properties"];
        setting.as_object_mut().unwrap().remove("hostName");
        setting["probe"] = id("probes", "theirs");
        let own = json!({ "host": SITE, "pickHostNameFromBackendHttpSettings": false });
        list(raw, "probes").push(probe("theirs", own));
    }));
    visited(Evidence::healthy(gateway), seen)
}

const AS_VISITOR: &str = "/, host shop.example";
const AS_PROBE: &str = "/, host shop.azurewebsites.net";

#[test]
fn visitors_whose_host_name_the_servers_refuse_are_confirmed_by_both_probes() {
    let (refused, well) = (log_of(404), log_of(200));
    let trials = [(AS_VISITOR, refused.as_str()), (AS_PROBE, well.as_str())];
    let diagnosis = diagnosed(forwarding(Seen::Answer { status: 404 }), &trials);
    assert_eq!(diagnosis.overall, Overall::Impaired);
    assert!(matches!(&diagnosis.outcome, Outcome::Offer(plan) if plan.kind() == FixKind::PickHost));
    insta::assert_snapshot!(told(of(&diagnosis, VISITOR)), @"
    visitor-host confirmed: The probe is answered, as it asks for host shop.azurewebsites.net. Visitors' requests carry host shop.example, and that the servers refuse with 404.
    - Visit to https://shop.example/: 404
    - Probe of / on demand with host shop.example, pool web: shop.azurewebsites.net failed the probe with 404
    - Probe of / on demand with host shop.azurewebsites.net, pool web: shop.azurewebsites.net answered the probe with 200
    > PickHost { probe_too: false }
    ");
    let own_page = diagnosed(forwarding(Seen::GatewayError { status: 502 }), &trials);
    assert_eq!(of(&own_page, VISITOR).verdict, Verdict::Consistent);
}

#[test]
fn visitors_whose_host_name_the_app_lacks_are_confirmed_where_the_certificate_hides_the_refusal() {
    let well = log_of(200);
    let trials = [(AS_VISITOR, ANOTHER_NAME), (AS_PROBE, well.as_str())];
    let diagnosis = diagnosed(forwarding(Seen::Answer { status: 404 }), &trials);
    insta::assert_snapshot!(told(of(&diagnosis, VISITOR)), @"
    visitor-host confirmed: The probe is answered, as it asks for host shop.azurewebsites.net. Visitors' requests carry host shop.example, and that the servers refuse with 404.
    - Visit to https://shop.example/: 404
    - Probe of / on demand with host shop.example, pool web: shop.azurewebsites.net presented a certificate for another name
    - Probe of / on demand with host shop.azurewebsites.net, pool web: shop.azurewebsites.net answered the probe with 200
    - App shop in Azure: answers to shop.azurewebsites.net
    > PickHost { probe_too: false }
    ");
    for seen in [Seen::Answer { status: 403 }, Seen::GatewayError { status: 502 }] {
        assert_eq!(of(&diagnosed(forwarding(seen), &trials), VISITOR).verdict, Verdict::Consistent);
    }
    for hosts in [json!([SITE, "shop.example"]), json!([SITE, "*.example"])] {
        let rows = json!([{ "id": APP, "host": SITE, "hosts": hosts }]);
        let azure = Azure::default().finding("microsoft.web/sites", rows);
        let azure = trials.iter().fold(azure, |azure, (rest, log)| azure.with(&put(rest), trial(log)));
        let diagnosis = found(&azure.ask(forwarding(Seen::Answer { status: 404 })).0);
        assert_eq!(of(&diagnosis, VISITOR).verdict, Verdict::Consistent);
    }
}

#[test]
fn visitors_are_not_blamed_on_the_host_name_when_the_servers_do_not_care_for_it() {
    let (refused, well) = (log_of(404), log_of(200));
    for trials in [
        [(AS_VISITOR, refused.as_str()), (AS_PROBE, refused.as_str())],
        [(AS_VISITOR, well.as_str()), (AS_PROBE, well.as_str())],
    ] {
        let diagnosis = diagnosed(forwarding(Seen::Answer { status: 404 }), &trials);
        assert_eq!(of(&diagnosis, VISITOR).verdict, Verdict::RuledOut);
        assert_eq!(diagnosis.overall, Overall::Healthy);
    }
    assert!(find(&diagnosed(forwarding(Seen::Answer { status: 200 }), &[]), VISITOR).is_none());
    let untried = diagnosed(forwarding(Seen::Answer { status: 404 }), &[]);
    assert_eq!(of(&untried, VISITOR).verdict, Verdict::NotChecked);
}

#[test]
fn an_error_that_a_server_gives_the_gateway_too_is_the_applications() {
    let fails = log_of(500);
    let diagnosis = diagnosed(forwarding(Seen::Answer { status: 500 }), &[(AS_VISITOR, &fails)]);
    assert_eq!(diagnosis.overall, Overall::Impaired);
    insta::assert_snapshot!(told(of(&diagnosis, ERROR)), @"
    application-error confirmed: The application answers https://shop.example/ with 500: the one server of pool web gives it to the gateway, too. The gateway only passes it on and is not at fault.
    - Backend health: every server is Healthy for the probe of /healthz
    - Visit to https://shop.example/: 500
    - Probe of / on demand with host shop.example, pool web: shop.azurewebsites.net failed the probe with 500
    > Find out in the application's log why it answers 500 to /: shop (https://portal.azure.com/#resource/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/rg-shop/providers/Microsoft.Web/sites/shop), az webapp log tail -g rg-shop -n shop
    > If a server with this error should get no visitors: let the probe ask for a path that fails with it.
    ");
}

#[test]
fn an_error_that_no_server_gives_the_gateway_is_not_settled() {
    let well = log_of(200);
    let diagnosis = diagnosed(forwarding(Seen::Answer { status: 503 }), &[(AS_VISITOR, &well)]);
    assert_eq!(diagnosis.overall, Overall::Healthy);
    insta::assert_snapshot!(told(of(&diagnosis, ERROR)), @"
    application-error consistent, not proven: Visitors of https://shop.example/ get 503, on a page that is not the gateway's own. That a server gives it was not seen on demand.
    - Backend health: every server is Healthy for the probe of /healthz
    - Visit to https://shop.example/: 503
    - Probe of / on demand with host shop.example, pool web: shop.azurewebsites.net answered the probe with 200
    > Find out in the application's log why it answers 503 to /: shop (https://portal.azure.com/#resource/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/rg-shop/providers/Microsoft.Web/sites/shop), az webapp log tail -g rg-shop -n shop
    > If a server with this error should get no visitors: let the probe ask for a path that fails with it.
    ");
    for seen in
        [Seen::GatewayError { status: 502 }, Seen::Answer { status: 404 }, Seen::Answer { status: 200 }]
    {
        assert!(find(&diagnosed(forwarding(seen), &[]), ERROR).is_none());
    }
}

const BODY: &str = "body-match";

fn looking_for_ok() -> Evidence {
    let own = json!({ "path": "/status", "match": { "statusCodes": ["200-399"], "body": "OK" } });
    Evidence::healthy(probing(own, None)).seen("web", "https", &[LACKS])
}

#[test]
fn a_text_is_confirmed_to_be_missing_by_two_probes() {
    let well = log_of(200);
    let trials = [("/status, containing OK", LACKS), ("/status", well.as_str())];
    let diagnosis = diagnosed(looking_for_ok(), &trials);
    assert_eq!(diagnosis.outcome, Outcome::ByHand);
    insta::assert_snapshot!(told(diagnosis.lead().unwrap()), @r#"
    body-match confirmed: The health probe theirs (https://portal.azure.com/#resource/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/rg-shop/providers/Microsoft.Network/applicationGateways/agw-shop) looks for the text OK in the answer to /status, and the answer lacks it. But for that the probe succeeds.
    - Backend health: shop.azurewebsites.net answers without the text that the probe looks for
    - Probe of /status on demand, looking for OK, pool web: shop.azurewebsites.net answered without the text "OK"
    - Probe of /status on demand, pool web: shop.azurewebsites.net answered the probe with 200
    > Look at what /status answers. If the page is wrong, mend the application: the probe is right then.
    > If the page is right, look for a text that it contains in place of OK: az network application-gateway probe update -g rg-shop --gateway-name agw-shop -n theirs --match-body "TEXT"
    > The probe succeeds within its interval; press Re-check then.
    "#);
}

#[test]
fn a_text_that_is_there_on_demand_or_an_answer_that_fails_anyway_is_not_confirmed() {
    let (well, fails) = (log_of(200), log_of(500));
    for trials in [
        [("/status, containing OK", well.as_str()), ("/status", well.as_str())],
        [("/status, containing OK", LACKS), ("/status", fails.as_str())],
    ] {
        assert_eq!(of(&diagnosed(looking_for_ok(), &trials), BODY).verdict, Verdict::Consistent);
    }
    assert_eq!(of(&diagnosed(looking_for_ok(), &[]), BODY).verdict, Verdict::NotChecked);
}

const SIGN_IN: &str = "sign-in-redirect";

/// A redirect, as a probe that accepts 200-299 tells of it.
fn redirected(status: u16) -> String {
    log_of(404).replace("404", &status.to_string()).replace("200-399", "200-299")
}

/// Visitors get something while the probe is answered with a redirect.
fn hidden(seen: Seen) -> Evidence {
    let evidence = Evidence::healthy(only_web(&gateway())).seen("web", "https", &[&log_of(302)]);
    visited(evidence, seen)
}

#[test]
fn a_redirect_that_hides_a_failing_application_is_confirmed() {
    let (away, fails) = (redirected(302), log_of(500));
    let trials =
        [("/, 200-299", away.as_str()), ("/healthz, 200-299", fails.as_str()), ("/", fails.as_str())];
    let diagnosis = diagnosed(hidden(Seen::Answer { status: 500 }), &trials);
    assert_eq!(diagnosis.overall, Overall::Impaired);
    insta::assert_snapshot!(told(of(&diagnosis, SIGN_IN)), @"
    sign-in-redirect confirmed: The default health probe of agw-shop (https://portal.azure.com/#resource/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/rg-shop/providers/Microsoft.Network/applicationGateways/agw-shop) is answered with 302, which may lead to a sign-in page, and takes that for health. So servers count as Healthy while the application behind fails.
    - Backend health: shop.azurewebsites.net is Healthy with 302
    - Visit to https://shop.example/: 500
    - Probe of / on demand, accepting 200-299, pool web: shop.azurewebsites.net failed the probe with 302
    - Probe of /healthz on demand, accepting 200-299, pool web: shop.azurewebsites.net failed the probe with 500
    > Let the application answer /healthz with 200, without a login.
    > Let the default health probe of agw-shop (https://portal.azure.com/#resource/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/rg-shop/providers/Microsoft.Network/applicationGateways/agw-shop) ask for that and accept nothing else: az network application-gateway probe create -g rg-shop --gateway-name agw-shop -n custom-healthz --protocol Https --path /healthz --match-status-codes 200-299 --host-name-from-http-settings true
    > Attach the new probe: az network application-gateway http-settings update -g rg-shop --gateway-name agw-shop -n https --probe custom-healthz
    ");
    let own_page = diagnosed(hidden(Seen::GatewayError { status: 502 }), &trials);
    assert_eq!(of(&own_page, SIGN_IN).verdict, Verdict::Confirmed);
}

#[test]
fn a_redirect_is_not_blamed_for_what_it_may_not_hide() {
    let (away, missing) = (redirected(302), log_of(404));
    let trials = [("/, 200-299", away.as_str()), ("/healthz, 200-299", missing.as_str())];
    let own_page = diagnosed(hidden(Seen::GatewayError { status: 502 }), &trials);
    assert_eq!(of(&own_page, SIGN_IN).verdict, Verdict::Consistent);
    for seen in [Seen::Answer { status: 200 }, Seen::Answer { status: 302 }, Seen::Answer { status: 404 }] {
        assert!(find(&diagnosed(hidden(seen), &trials), SIGN_IN).is_none());
    }
    let unvisited = Evidence::healthy(only_web(&gateway())).seen("web", "https", &[&log_of(301)]);
    let diagnosis = diagnosed(unvisited, &trials);
    assert!(find(&diagnosis, SIGN_IN).is_none() && diagnosis.overall == Overall::Healthy);
}

#[test]
fn a_redirect_that_a_strict_probe_refuses_is_confirmed_by_the_same_on_demand() {
    let strict = || probing(json!({ "path": "/status", "match": { "statusCodes": ["200"] } }), None);
    let away = redirected(302);
    let evidence = || Evidence::healthy(strict()).seen("web", "https", &[&away]);
    let trials = [("/status, 200-299", away.as_str())];
    let diagnosis = diagnosed(evidence(), &trials);
    assert_eq!(diagnosis.outcome, Outcome::ByHand);
    insta::assert_snapshot!(told(of(&diagnosis, SIGN_IN)), @"
    sign-in-redirect confirmed: The health probe theirs (https://portal.azure.com/#resource/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/rg-shop/providers/Microsoft.Network/applicationGateways/agw-shop) asks for /status and is redirected with 302, which may lead to a sign-in page, while it accepts only 200.
    - Backend health: shop.azurewebsites.net answers /status with 302
    - Probe of /status on demand, accepting 200-299, pool web: shop.azurewebsites.net failed the probe with 302
    > Let the application answer /healthz with 200, without a login.
    > Let the health probe theirs (https://portal.azure.com/#resource/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/rg-shop/providers/Microsoft.Network/applicationGateways/agw-shop) ask for that and accept nothing else: az network application-gateway probe update -g rg-shop --gateway-name agw-shop -n theirs --path /healthz --match-status-codes 200-299
    ");
    let green = diagnosed(evidence().tried("web", "https", "/healthz", &[&log_of(200)]), &trials);
    assert_eq!(of(&green, SIGN_IN).remedy, Remedy::Fix(Fix::HealthProbe));
    // A health path that is redirected as well is no fix.
    let also = diagnosed(evidence().tried("web", "https", "/healthz", &[&log_of(302)]), &trials);
    assert_eq!(also.outcome, Outcome::ByHand);
    let well = log_of(200);
    let mended = diagnosed(evidence(), &[("/status, 200-299", &well)]);
    assert_eq!(of(&mended, SIGN_IN).verdict, Verdict::Consistent);
}

#[test]
fn probes_on_demand_are_spent_on_a_few_settings_only() {
    let evidence = Evidence::healthy(shop_with(|raw| {
        for number in 0..8 {
            let (name, path) = (format!("s{number}"), format!("r{number}"));
            let own = json!({ "port": 443, "protocol": "Https" });
            list(raw, "backendHttpSettingsCollection").push(crate::gateway::fixture::setting(&name, own));
            list(raw, "requestRoutingRules").push(crate::gateway::fixture::rule(
                &path,
                100 + number,
                "web",
                &name,
            ));
        }
    }));
    let log = log_of(404);
    let evidence =
        (0..8).fold(evidence, |evidence, number| evidence.seen("web", &format!("s{number}"), &[&log]));
    let (evidence, _) = azure(&[]).ask(evidence);
    let probes = evidence.facts.all().filter(|(lookup, _)| lookup.request().contains("OnDemand")).count();
    assert!(probes <= 9, "{probes} probes");
}
