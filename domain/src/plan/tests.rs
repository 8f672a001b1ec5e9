use serde_json::{Value, json};

use super::*;
use crate::evidence::TrialWanted;
use crate::gateway::fixture::{ID, id, list, probe, setting, shop, shop_with};
use crate::gateway::{Gateway, ProbeHost, Protocol};

mod beside;
mod fixes;
mod outcome;
mod prepare;
mod properties;
mod undo;

fn name(text: &str) -> Name {
    Name::new(text)
}

/// The plan for some settings with the runbook's probe.
fn plan(gateway: &Gateway, settings: &[&str]) -> Result<Plan, PlanRefused> {
    let settings: Vec<Name> = settings.iter().map(|text| name(text)).collect();
    Plan::health_probe(gateway, &settings, &ProbeDefaults::default())
}

fn plan_for_https() -> Plan {
    plan(&shop_with(|_| {}), &["https"]).unwrap()
}

fn pointers(plan: &Plan) -> Vec<String> {
    plan.edits().iter().map(|edit| edit.pointer.to_string()).collect()
}

const ATTACH: &str = "/properties/backendHttpSettingsCollection[https]/properties/probe";

#[test]
fn a_probe_is_created_and_attached() {
    let plan = plan_for_https();
    assert_eq!(pointers(&plan), ["/properties/probes[custom-healthz]", ATTACH]);
    let created = json!({
        "name": "custom-healthz", "id": format!("{ID}/probes/custom-healthz"),
        "properties": {
            "protocol": "Https", "path": "/healthz", "interval": 30, "timeout": 30, "unhealthyThreshold": 3,
            "pickHostNameFromBackendHttpSettings": true, "minServers": 0,
            "match": { "statusCodes": ["200-399"] },
        },
    });
    assert_eq!(plan.edits()[0].after, Some(created));
    assert_eq!((&plan.edits()[0].before, &plan.edits()[1].before), (&None, &None));
    assert_eq!(plan.edits()[1].after, Some(id("probes", "custom-healthz")));
    assert_eq!(plan.serves().pools, [name("web")]);
    assert!(plan.probes()[0].created);
}

#[test]
fn a_setting_without_a_host_is_probed_as_the_default_probe_does() {
    let plan = plan(&shop_with(|_| {}), &["http"]).unwrap();
    let own = &plan.edits()[0].after.as_ref().unwrap()["properties"];
    assert_eq!(
        (&own["host"], &own["pickHostNameFromBackendHttpSettings"]),
        (&json!("127.0.0.1"), &json!(false))
    );
    assert_eq!(plan.probes()[0].probe.host, ProbeHost::Fixed("127.0.0.1".to_owned()));
}

#[test]
fn each_protocol_and_way_to_choose_a_host_gets_its_probe() {
    let gateway = shop_with(|raw| {
        let pick = json!({ "pickHostNameFromBackendAddress": true });
        list(raw, "backendHttpSettingsCollection").push(setting("https2", pick));
    });
    let plan = plan(&gateway, &["https", "http", "https2", "HTTPS"]).unwrap();
    let probes: Vec<_> = plan
        .probes()
        .iter()
        .map(|planned| (planned.probe.name.as_str(), planned.probe.protocol.clone(), planned.settings.len()))
        .collect();
    assert_eq!(probes, [("custom-healthz", Protocol::Https, 2), ("custom-healthz-2", Protocol::Http, 1)]);
    assert_eq!(plan.edits().len(), 5);
    assert_eq!(plan.settings().len(), 3);
}

#[test]
fn a_probe_that_does_the_same_is_used_again() {
    let gateway = shop_with(|raw| {
        let service_made =
            json!({ "enableProbeProxyProtocolHeader": false, "match": { "body": "" }, "xNew": [] });
        list(raw, "probes").push(probe("other", json!({ "path": "/other" })));
        list(raw, "probes").push(probe("theirs", service_made));
    });
    let plan = plan(&gateway, &["https"]).unwrap();
    assert_eq!(pointers(&plan), [ATTACH]);
    assert_eq!(plan.edits()[0].after, Some(id("probes", "theirs")));
    assert!(!plan.probes()[0].created);
    assert_eq!(plan.requires().len(), 2);
}

#[test]
fn a_name_that_another_probe_has_is_avoided() {
    let gateway = shop_with(|raw| {
        list(raw, "probes").push(probe("Custom-Healthz", json!({ "path": "/live" })));
        list(raw, "probes").push(probe("custom-healthz-2", json!({ "xMeaning": "unknown" })));
    });
    assert_eq!(plan(&gateway, &["https"]).unwrap().probes()[0].probe.name, name("custom-healthz-3"));

    let gateway =
        shop_with(|raw| list(raw, "probes").push(probe(&"a".repeat(80), json!({ "path": "/live" }))));
    let long = ProbeDefaults { name: "a".repeat(80), ..ProbeDefaults::default() };
    let refused = Plan::health_probe(&gateway, &[name("https")], &long).unwrap_err();
    assert_eq!(refused, PlanRefused::NameCollision { name: name(&long.name) });
}

#[test]
fn a_former_probe_is_replaced_and_comes_back_on_undo() {
    let gateway = shop_with(|raw| {
        list(raw, "probes").push(probe("root", json!({ "path": "/" })));
        list(raw, "backendHttpSettingsCollection")[0]["properties"]["probe"] = id("probes", "root");
    });
    let plan = plan(&gateway, &["https"]).unwrap();
    assert_eq!(plan.edits()[1].before, Some(id("probes", "root")));
    let undo = plan.undo();
    assert!(undo.is_undo() && !plan.is_undo());
    assert_eq!(pointers(&undo), [ATTACH, "/properties/probes[custom-healthz]"]);
    let applied = plan.apply(gateway.raw()).unwrap();
    assert_eq!(undo.apply(&applied).unwrap(), *gateway.raw());
    assert_eq!(undo.undo(), plan);
}

#[test]
fn a_plan_that_must_not_be_is_refused_with_the_reason() {
    let refused = |change: fn(&mut Value), settings: &[&str]| plan(&shop_with(change), settings).unwrap_err();
    let sign = "it has the tag 'managed-by-k8s-ingress'".to_owned();
    assert_eq!(
        refused(|raw| raw["tags"]["managed-by-k8s-ingress"] = json!("1"), &["https"]),
        PlanRefused::IngressController { sign }
    );
    assert_eq!(
        refused(|raw| raw["properties"]["provisioningState"] = json!("Updating"), &["https"]),
        PlanRefused::NotSettled { state: "Updating".to_owned() }
    );
    assert_eq!(
        refused(|raw| raw["properties"]["operationalState"] = json!("Stopped"), &["https"]),
        PlanRefused::NotRunning { state: "Stopped".to_owned() }
    );
    assert_eq!(refused(|_| {}, &["https", "nope"]), PlanRefused::NoSuchSetting(name("nope")));
    assert_eq!(refused(|_| {}, &[]), PlanRefused::NoSettings);
    let healthy = |raw: &mut Value| {
        list(raw, "probes").push(probe("p", json!({})));
        list(raw, "backendHttpSettingsCollection")[0]["properties"]["probe"] = id("probes", "P");
    };
    assert_eq!(refused(healthy, &["https"]), PlanRefused::NothingToDo);
}

#[test]
fn settings_of_the_tcp_proxy_are_refused() {
    let gateway = shop_with(|raw| {
        list(raw, "backendHttpSettingsCollection").push(setting("odd", json!({ "protocol": "Tcp" })));
        let own = json!({ "name": "proxy", "properties": { "protocol": "Tls" } });
        raw["properties"]["backendSettingsCollection"] = json!([own]);
    });
    for (text, protocol) in [("odd", Protocol::Tcp), ("proxy", Protocol::Tls)] {
        let expected = PlanRefused::UnsupportedProtocol { setting: name(text), protocol };
        assert_eq!(plan(&gateway, &[text]).unwrap_err(), expected);
    }
}

#[test]
fn defaults_that_azure_would_not_accept_are_refused() {
    use ProbeDefaultsError as Error;
    let broken = |change: fn(&mut ProbeDefaults)| {
        let mut defaults = ProbeDefaults::default();
        change(&mut defaults);
        let refused = Plan::health_probe(&shop_with(|_| {}), &[name("https")], &defaults).unwrap_err();
        let PlanRefused::BadDefaults(error) = refused else { panic!("{refused}") };
        error
    };
    assert_eq!(ProbeDefaults::default().validate(), Ok(()));
    assert_eq!(broken(|d| d.name = "-x".to_owned()), Error::Name("-x".to_owned()));
    assert_eq!(broken(|d| d.path = "healthz".to_owned()), Error::Path("healthz".to_owned()));
    assert_eq!(broken(|d| d.interval_s = 0), Error::Interval(0));
    assert_eq!(broken(|d| d.timeout_s = 86_401), Error::Timeout(86_401));
    assert_eq!(broken(|d| d.timeout_s = 31), Error::TimeoutAboveInterval { timeout_s: 31, interval_s: 30 });
    assert_eq!(broken(|d| d.unhealthy_threshold = 21), Error::Threshold(21));
    assert_eq!(broken(|d| d.status_codes.clear()), Error::StatusCodes(String::new()));
    for bad in ["99", "200-", "399-200", "abc", "200-399,401", "+20"] {
        let defaults = ProbeDefaults { status_codes: vec![bad.to_owned()], ..ProbeDefaults::default() };
        assert_eq!(defaults.validate(), Err(Error::StatusCodes(bad.to_owned())));
    }
    assert!(serde_json::from_value::<ProbeDefaults>(json!({ "pathh": "/" })).is_err());
}

#[test]
fn pointers_follow_names_not_indexes() {
    let pointer =
        Pointer::child("backendHttpSettingsCollection", &name("HTTP")).key("properties").key("a/b~c");
    let mut raw = shop();
    list(&mut raw, "backendHttpSettingsCollection")[1]["properties"]["a/b~c"] = json!(7);
    let plain = pointer.resolve(&raw).unwrap();
    assert_eq!(plain, "/properties/backendHttpSettingsCollection/1/properties/a~1b~0c");
    assert_eq!(raw.pointer(&plain), pointer.get(&raw));
    list(&mut raw, "backendHttpSettingsCollection").remove(0);
    assert_eq!(pointer.get(&raw), Some(&json!(7)));
    assert_eq!(pointer.key("x").resolve(&raw), None);
    let stored = serde_json::to_value(&pointer).unwrap();
    assert_eq!(stored[2], json!({ "named": "HTTP" }));
    assert_eq!(serde_json::from_value::<Pointer>(stored).unwrap(), pointer);
}

#[test]
fn the_preview_reads_like_a_diff() {
    let gateway = shop_with(|raw| {
        list(raw, "backendHttpSettingsCollection")[0]["properties"]["probe"] = id("probes", "root");
        list(raw, "probes").push(probe("root", json!({ "path": "/" })));
    });
    let lines = plan(&gateway, &["https"]).unwrap().preview();
    let text: Vec<String> =
        lines.iter().map(|line| format!("{} {}", line.sign.as_char(), line.text)).collect();
    insta::assert_snapshot!(text.join("\n"), @r###"
      /properties/probes[custom-healthz]
    + {
    +   "id": "…/probes/custom-healthz",
    +   "name": "custom-healthz",
    +   "properties": {
    +     "interval": 30,
    +     "match": {"statusCodes": ["200-399"]},
    +     "minServers": 0,
    +     "path": "/healthz",
    +     "pickHostNameFromBackendHttpSettings": true,
    +     "protocol": "Https",
    +     "timeout": 30,
    +     "unhealthyThreshold": 3
    +   }
    + }
      /properties/backendHttpSettingsCollection[https]/properties/probe
    - {"id": "…/probes/root"}
    + {"id": "…/probes/custom-healthz"}
    "###);
}

#[test]
fn a_plan_is_stored_whole() {
    let plan = plan(&shop_with(|_| {}), &["https", "http"]).unwrap();
    let text = serde_json::to_string(&plan).unwrap();
    let again: Plan = serde_json::from_str(&text).unwrap();
    assert_eq!(again, plan);
    assert_eq!(again.hash(), plan.hash());
}

#[test]
fn the_hash_is_short_for_people_and_long_for_machines() {
    let hash = plan_for_https().hash();
    assert_eq!(hash.short().len(), 8);
    assert!(hash.to_string().starts_with(hash.short()));
    assert_eq!(PlanHash::parse(hash.as_str()), Ok(hash.clone()));
    assert!(PlanHash::parse(hash.short()).is_err());
    assert!(serde_json::from_value::<PlanHash>(json!("abc")).is_err());
    assert_ne!(plan_for_https().undo().hash(), hash);
}

#[test]
fn the_hash_knows_the_ground_but_not_etags_nor_the_case_of_the_gateways_id() {
    let hash = |change: fn(&mut Value)| plan(&shop_with(change), &["https"]).unwrap().hash();
    let plain = hash(|_| {});
    assert_eq!(plain, hash(|raw| list(raw, "backendHttpSettingsCollection")[0]["etag"] = json!("W/\"2\"")));
    assert_eq!(plain, hash(|raw| list(raw, "backendAddressPools").reverse()));
    let timeout = |raw: &mut Value| {
        list(raw, "backendHttpSettingsCollection")[0]["properties"]["requestTimeout"] = json!(60);
    };
    assert_ne!(plain, hash(timeout));
}

#[test]
fn a_candidate_can_be_tried_before_it_exists() {
    let plan = plan_for_https();
    let expected = json!({
        "protocol": "Https", "path": "/healthz", "timeout": 30, "match": { "statusCodes": ["200-399"] },
        "pickHostNameFromBackendHttpSettings": true,
        "backendAddressPool": id("backendAddressPools", "web"),
        "backendHttpSettings": id("backendHttpSettingsCollection", "https"),
    });
    assert_eq!(plan.on_demand(&name("https"), &name("web")), Some(expected));
    assert_eq!(plan.on_demand(&name("http"), &name("web")), None);
    assert_eq!(plan.on_demand(&name("https"), &name("api")), None);
    assert_eq!(plan.undo().on_demand(&name("https"), &name("web")), None);
}

#[test]
fn any_path_can_be_tried() {
    let gateway = shop_with(|_| {});
    let wanted = TrialWanted::of(&name("api"), &name("http"), "/").with_timeout(10).accepting("200-299");
    let body = on_demand_probe(&gateway, &wanted, &ProbeDefaults::default()).unwrap();
    assert_eq!(
        (&body["path"], &body["timeout"], &body["host"]),
        (&json!("/"), &json!(10), &json!("127.0.0.1"))
    );
    assert_eq!(body["match"]["statusCodes"], json!(["200-299"]));
    for absent in ["port", "interval", "unhealthyThreshold", "minServers"] {
        assert_eq!(body.get(absent), None);
    }
}
