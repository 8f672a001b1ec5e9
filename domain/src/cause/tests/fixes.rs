//! Fixes that causes offer beside a probe of ours: each only after it was tried on demand.

use serde_json::{Value, json};

use super::{found, told};
use crate::diagnosis::{Diagnosis, Finding, Outcome, Verdict};
use crate::evidence::Evidence;
use crate::evidence::fixture::{Azure, TIMEOUT, log_of, server};
use crate::gateway::Gateway;
use crate::gateway::fixture::{id, list, pool, probe, shop_with};
use crate::health::Symptom;
use crate::plan::{FixKind, Plan};

const SITE: &str = "shop.azurewebsites.net";
const API: [&str; 2] = ["10.0.0.4", "10.0.0.5"];

/// What a probe on demand finds: each server's log.
fn answer(servers: &[(&str, &str)]) -> Value {
    let each = servers.iter().map(|(address, log)| {
        let one = server(address, log);
        json!({ "address": address, "health": one.reported, "healthProbeLog": log })
    });
    json!({ "backendHealthHttpSettings": { "servers": each.collect::<Vec<_>>() } })
}

/// A probe on demand, and what it finds.
struct Try {
    put: String,
    servers: Vec<(&'static str, String)>,
}

fn on_web(rest: &str, log: &str) -> Try {
    let put = format!("POST getBackendHealthOnDemand (pool web, HTTP setting https, {rest})");
    Try { put, servers: vec![(SITE, log.to_owned())] }
}

fn on_api(rest: &str, logs: [&str; 2]) -> Try {
    let put = format!("POST getBackendHealthOnDemand (pool api, HTTP setting http, {rest})");
    Try { put, servers: API.into_iter().zip(logs.map(str::to_owned)).collect() }
}

fn diagnosed(evidence: Evidence, tries: &[Try]) -> Diagnosis {
    let azure = tries.iter().fold(Azure::default(), |azure, one| {
        let servers: Vec<(&str, &str)> =
            one.servers.iter().map(|(address, log)| (*address, log.as_str())).collect();
        azure.with(&one.put, answer(&servers))
    });
    found(&azure.ask(evidence).0)
}

fn of<'a>(diagnosis: &'a Diagnosis, cause: &str) -> &'a Finding {
    diagnosis.findings.iter().find(|finding| finding.cause == cause).unwrap()
}

fn offered(diagnosis: &Diagnosis) -> Option<&Plan> {
    match &diagnosis.outcome {
        Outcome::Offer(plan) => Some(plan),
        _ => None,
    }
}

/// The shop with further probes; the first one is that of `https`.
fn with_probes(probes: &[(&str, Value)]) -> Gateway {
    shop_with(|raw| {
        for (name, own) in probes {
            list(raw, "probes").push(probe(name, own.clone()));
        }
        list(raw, "backendHttpSettingsCollection")[0]["properties"]["probe"] = id("probes", probes[0].0);
    })
}

/// The probe's path and the health path are refused with a status, on demand as well.
fn refused(gateway: Gateway, path: &str, status: u16) -> Evidence {
    let log = log_of(status);
    let evidence = Evidence::healthy(gateway).seen("web", "https", &[&log]);
    evidence.tried("web", "https", path, &[&log]).tried("web", "https", "/healthz", &[&log])
}

const STATUS: &str = "/status, 200-399, within 30 s";

fn two_probes() -> Gateway {
    with_probes(&[("root", json!({ "path": "/" })), ("status", json!({ "path": "/status" }))])
}

#[test]
fn a_probe_that_is_there_and_does_is_offered_where_ours_would_not() {
    for status in [403, 404, 500] {
        let diagnosis = diagnosed(refused(two_probes(), "/", status), &[on_web(STATUS, &log_of(200))]);
        let plan = offered(&diagnosis).unwrap();
        assert_eq!((plan.kind(), plan.probes()[0].probe.name.as_str()), (FixKind::UseProbe, "status"));
    }
    let diagnosis = diagnosed(refused(two_probes(), "/", 404), &[on_web(STATUS, &log_of(200))]);
    insta::assert_snapshot!(told(of(&diagnosis, "probe-path-refused")), @r#"
    probe-path-refused confirmed: The health probe root asks for / and is refused with 404, while the servers answer /status, which status asks for, a probe that the gateway has already.
    - Backend health: the one server refuses / with 404 (nothing at this path)
    - Probe of / on demand, pool web: shop.azurewebsites.net failed the probe with 404
    - Probe of /healthz on demand, pool web: shop.azurewebsites.net failed the probe with 404
    - Probe of /status on demand, accepting 200-399, within 30 s, pool web: shop.azurewebsites.net answered the probe with 200
    > UseProbe { probe: "status" }
    "#);
}

#[test]
fn a_probe_that_does_not_do_better_is_not_offered() {
    for log in [log_of(404), log_of(302), TIMEOUT.to_owned()] {
        let diagnosis = diagnosed(refused(two_probes(), "/", 404), &[on_web(STATUS, &log)]);
        assert!(offered(&diagnosis).is_none(), "{log}");
        assert!(matches!(diagnosis.outcome, Outcome::AddEndpoint { .. }));
    }
    for own in [
        json!({ "path": "/status", "protocol": "Http" }),
        json!({ "path": "/status", "port": 8443 }),
        json!({ "path": "/healthz" }),
    ] {
        let gateway = with_probes(&[("root", json!({ "path": "/" })), ("status", own)]);
        let diagnosis = diagnosed(refused(gateway, "/", 404), &[on_web(STATUS, &log_of(200))]);
        assert!(offered(&diagnosis).is_none());
    }
    // Where a probe of ours would do, nothing else is tried.
    let log = log_of(404);
    let evidence = Evidence::healthy(two_probes()).seen("web", "https", &[&log]);
    let evidence =
        evidence.tried("web", "https", "/", &[&log]).tried("web", "https", "/healthz", &[&log_of(200)]);
    let diagnosis = diagnosed(evidence, &[]);
    assert_eq!(offered(&diagnosis).unwrap().kind(), FixKind::HealthProbe);
    assert!(diagnosis.reads.iter().all(|read| !read.request.contains("/status")));
}

/// The servers of `api` are late for their probe, which waits 5 s, and visitors wait 20.
fn late(change: impl FnOnce(&mut Value)) -> Evidence {
    let gateway = shop_with(|raw| {
        let own = json!({
            "protocol": "Http", "path": "/live", "timeout": 5, "interval": 10, "host": "api.example",
            "pickHostNameFromBackendHttpSettings": false,
        });
        list(raw, "probes").push(probe("live", own));
        list(raw, "backendHttpSettingsCollection")[1]["properties"]["probe"] = id("probes", "live");
        change(raw);
    });
    let evidence = Evidence::healthy(gateway).seen("api", "http", &[TIMEOUT, TIMEOUT]);
    evidence.tried("api", "http", "/live", &[TIMEOUT, TIMEOUT])
}

const EARLY: &str = "/live, host api.example, 200-399, within 5 s";
const LATE: &str = "/live, host api.example, 200-399, within 20 s";

#[test]
fn a_probe_gets_the_time_that_visitors_have_where_every_server_answers_in_it() {
    let well = log_of(200);
    let tries = [on_api(EARLY, [TIMEOUT, TIMEOUT]), on_api(LATE, [&well, &well])];
    let diagnosis = diagnosed(late(|_| {}), &tries);
    let plan = offered(&diagnosis).unwrap();
    assert_eq!(
        (plan.kind(), plan.probes()[0].probe.timeout_s, plan.probes()[0].probe.interval_s),
        (FixKind::RaiseTimeout, 20, 20)
    );
    insta::assert_snapshot!(told(of(&diagnosis, "probe-timeout")), @"
    probe-timeout confirmed: The probe of /live gets no answer within 5 s. Server 10.0.0.4 answers it when given 20 s, so the network is open and the application is slow.
    - Backend health: 2 of 2 servers do not answer in time
    - Probe of /live on demand, pool api: 10.0.0.4 did not answer the probe in time, 10.0.0.5 did not answer the probe in time
    - Probe of /live on demand with host api.example, accepting 200-399, within 5 s, pool api: 10.0.0.4 did not answer the probe in time, 10.0.0.5 did not answer the probe in time
    - Probe of /live on demand with host api.example, accepting 200-399, within 20 s, pool api: 10.0.0.4 answered the probe with 200, 10.0.0.5 answered the probe with 200
    > RaiseTimeout { timeout_s: 20 }
    ");
}

#[test]
fn no_timeout_is_raised_while_it_is_not_seen_that_more_time_helps() {
    let well = log_of(200);
    for (early, late_logs) in [
        ([TIMEOUT, TIMEOUT], [well.as_str(), TIMEOUT]),
        ([TIMEOUT, TIMEOUT], [TIMEOUT, TIMEOUT]),
        // They are back, and not slow.
        ([well.as_str(), well.as_str()], [well.as_str(), well.as_str()]),
    ] {
        let tries = [on_api(EARLY, early), on_api(LATE, late_logs)];
        assert!(offered(&diagnosed(late(|_| {}), &tries)).is_none(), "{early:?} {late_logs:?}");
    }
    assert!(offered(&diagnosed(late(|_| {}), &[on_api(LATE, [&well, &well])])).is_none());
    // Visitors would wait no longer than the probe does already.
    let short = late(|raw| {
        list(raw, "backendHttpSettingsCollection")[1]["properties"]["requestTimeout"] = json!(5);
    });
    let tries = [on_api(EARLY, [TIMEOUT, TIMEOUT]), on_api(LATE, [&well, &well])];
    assert!(offered(&diagnosed(short, &tries)).is_none());
}

/// Two apps in one pool, and nobody names a host for them.
fn two_apps(second: &str) -> Evidence {
    let gateway = shop_with(|raw| {
        let setting = &mut list(raw, "backendHttpSettingsCollection")[0]["properties"];
        setting.as_object_mut().unwrap().remove("hostName");
        list(raw, "backendAddressPools")[0] = pool("web", &[SITE, second]);
    });
    let log = log_of(404);
    let evidence = Evidence::healthy(gateway).seen("web", "https", &[&log, &log]);
    let evidence = evidence.tried("web", "https", "/", &[&log, &log]);
    evidence.tried("web", "https", "/healthz", &[&log, &log])
}

fn both(rest: &str, second: &'static str, logs: [u16; 2]) -> Try {
    let servers = [SITE, second].into_iter().zip(logs.map(log_of)).collect();
    Try { servers, ..on_web(rest, "") }
}

#[test]
fn hosts_are_picked_only_where_every_server_answers_to_its_own_name() {
    let other = "blog.azurewebsites.net";
    let tries = |last: u16| {
        [
            both("/, host 127.0.0.1", other, [404, 404]),
            both("/, host shop.azurewebsites.net", other, [200, 404]),
            both("/, host blog.azurewebsites.net", other, [404, last]),
            both("/, host shop.example", other, [404, 404]),
        ]
    };
    let diagnosis = diagnosed(two_apps(other), &tries(200));
    assert_eq!(offered(&diagnosis).unwrap().kind(), FixKind::PickHost);
    let diagnosis = diagnosed(two_apps(other), &tries(404));
    assert_eq!(of(&diagnosis, "probe-host").verdict, Verdict::Confirmed);
    assert!(offered(&diagnosis).is_none());
    assert!(Symptom::read(&log_of(404)).status() == Some(404));
}

#[test]
fn a_server_without_a_name_has_none_to_be_asked_for() {
    let address = "10.0.0.9";
    let tries = [
        both("/, host 127.0.0.1", address, [404, 404]),
        both("/, host shop.azurewebsites.net", address, [200, 200]),
        both("/, host shop.example", address, [404, 404]),
    ];
    assert!(offered(&diagnosed(two_apps(address), &tries)).is_none());
}
