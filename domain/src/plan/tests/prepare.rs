//! The decision right before the PUT.

use super::*;
use crate::gateway::fixture::{child, pool, rule};
use crate::gateway::writable;

const SETTINGS: &str = "backendHttpSettingsCollection";

fn prepared(change: impl FnOnce(&mut Value)) -> Prepared {
    plan_for_https().prepare(&shop_with(change))
}

/// Where an approval was found void.
fn void(prepared: Prepared) -> Vec<String> {
    let Prepared::Void { changes } = prepared else { panic!("{prepared:?}") };
    changes.into_iter().map(|change| change.pointer).collect()
}

#[test]
fn an_unchanged_gateway_is_ready_with_the_writable_body() {
    let plan = plan_for_https();
    let Prepared::Ready { body, etag } = prepared(|_| {}) else { panic!() };
    assert_eq!(body, writable(&plan.apply(&shop()).unwrap()));
    assert_eq!(etag.as_deref(), Some("W/\"1\""));
    assert_eq!(body["properties"][SETTINGS][0]["properties"]["probe"], id("probes", "custom-healthz"));
}

#[test]
fn etags_and_provisioning_states_of_children_are_noise() {
    let noise = |raw: &mut Value| {
        raw["etag"] = json!("W/\"2\"");
        for setting in list(raw, SETTINGS) {
            setting["etag"] = json!("W/\"2\"");
            setting["properties"]["provisioningState"] = json!("Updating");
            setting["properties"]["requestRoutingRules"] = json!([]);
        }
    };
    assert!(matches!(prepared(noise), Prepared::Ready { .. }));
}

#[test]
fn what_changes_elsewhere_does_not_matter_and_is_kept() {
    let elsewhere = |raw: &mut Value| {
        list(raw, "backendAddressPools").insert(0, pool("green", &["green.example"]));
        list(raw, SETTINGS).insert(0, setting("new", json!({})));
        list(raw, "probes").push(probe("new", json!({ "path": "/new" })));
        list(raw, "requestRoutingRules").push(rule("new", 30, "green", "new"));
        list(raw, "backendAddressPools")[1]["properties"]["backendAddresses"] =
            json!([{ "fqdn": "more.example" }]);
    };
    let Prepared::Ready { body, .. } = prepared(elsewhere) else { panic!() };
    let own = &body["properties"];
    assert_eq!(own[SETTINGS][0]["name"], "new");
    assert_eq!(own[SETTINGS][1]["properties"]["probe"], id("probes", "custom-healthz"));
    assert_eq!(
        (&own["probes"][0]["name"], &own["probes"][1]["name"]),
        (&json!("new"), &json!("custom-healthz"))
    );
    assert_eq!(own["backendAddressPools"][0]["name"], "green");
}

#[test]
fn another_gateway_is_refused_first() {
    let other = |raw: &mut Value| {
        raw["id"] = json!(ID.replace("agw-shop", "agw-other"));
        raw["properties"]["provisioningState"] = json!("Updating");
    };
    assert!(matches!(prepared(other), Prepared::Refused(PlanRefused::OtherGateway { .. })));
    let same = |raw: &mut Value| raw["id"] = json!(ID.to_ascii_uppercase().replace("MICROSOFT", "Microsoft"));
    assert!(matches!(prepared(same), Prepared::Ready { .. }));
}

#[test]
fn one_of_an_ingress_controller_is_refused_even_while_updating() {
    let owned = |raw: &mut Value| {
        raw["tags"]["managed-by-k8s-ingress"] = json!("1");
        raw["properties"]["provisioningState"] = json!("Updating");
    };
    assert!(matches!(prepared(owned), Prepared::Refused(PlanRefused::IngressController { .. })));
}

#[test]
fn states_decide_whether_to_wait_or_to_stop() {
    let state =
        |key: &'static str, text: &'static str| prepared(move |raw| raw["properties"][key] = json!(text));
    assert_eq!(state("provisioningState", "Updating"), Prepared::Busy { state: "Updating".to_owned() });
    let failed = PlanRefused::NotSettled { state: "Failed".to_owned() };
    assert_eq!(state("provisioningState", "Failed"), Prepared::Refused(failed));
    let stopped = PlanRefused::NotRunning { state: "Stopped".to_owned() };
    assert_eq!(state("operationalState", "Stopped"), Prepared::Refused(stopped));
}

#[test]
fn a_plan_in_effect_is_applied_already_whatever_the_service_has_added() {
    let plan = plan_for_https();
    let mut raw = plan.apply(&shop()).unwrap();
    raw["properties"]["probes"][0]["etag"] = json!("W/\"3\"");
    raw["properties"]["probes"][0]["properties"]["enableProbeProxyProtocolHeader"] = json!(false);
    raw["properties"]["probes"][0]["properties"]["match"]["body"] = json!("");
    raw["properties"][SETTINGS][0]["properties"]["probe"]["id"] =
        json!(format!("{ID}/PROBES/custom-healthz"));
    raw["properties"][SETTINGS][0]["properties"]["requestTimeout"] = json!(90);
    assert!(plan.is_applied(&raw));
    assert_eq!(plan.prepare(&Gateway::parse(raw).unwrap()), Prepared::AlreadyApplied);
    assert!(!plan.is_applied(&shop()));
}

#[test]
fn any_change_of_the_setting_voids() {
    let timeout = |raw: &mut Value| list(raw, SETTINGS)[0]["properties"]["requestTimeout"] = json!(90);
    assert_eq!(
        void(prepared(timeout)),
        ["/properties/backendHttpSettingsCollection[https]/properties/requestTimeout"]
    );
    let unknown = |raw: &mut Value| list(raw, SETTINGS)[0]["properties"]["xNew"] = json!(true);
    assert_eq!(void(prepared(unknown)), ["/properties/backendHttpSettingsCollection[https]/properties/xNew"]);
    let gone = |raw: &mut Value| drop(list(raw, SETTINGS).remove(0));
    assert_eq!(void(prepared(gone)), ["/properties/backendHttpSettingsCollection[https]"]);
}

#[test]
fn a_probe_that_somebody_attached_meanwhile_voids() {
    let attached = |raw: &mut Value| {
        list(raw, "probes").push(probe("theirs", json!({ "path": "/theirs" })));
        list(raw, SETTINGS)[0]["properties"]["probe"] = id("probes", "theirs");
    };
    assert_eq!(void(prepared(attached)), [ATTACH]);
}

#[test]
fn a_taken_name_voids_unless_the_probe_is_the_planned_one() {
    let taken =
        |raw: &mut Value| list(raw, "probes").push(probe("Custom-healthz", json!({ "path": "/live" })));
    assert_eq!(void(prepared(taken)), ["/properties/probes[custom-healthz]"]);
    // What a write that was cut short may leave.
    let half = |raw: &mut Value| list(raw, "probes").push(probe("custom-healthz", json!({})));
    let Prepared::Ready { body, .. } = prepared(half) else { panic!() };
    assert_eq!(body["properties"]["probes"].as_array().unwrap().len(), 1);
}

#[test]
fn half_of_two_settings_done_goes_on_with_the_other() {
    let gateway =
        shop_with(|raw| list(raw, SETTINGS).push(setting("https2", json!({ "hostName": "b.example" }))));
    let plan = plan(&gateway, &["https", "https2"]).unwrap();
    let mut raw = plan.apply(gateway.raw()).unwrap();
    raw["properties"][SETTINGS][2]["properties"].as_object_mut().unwrap().remove("probe");
    let Prepared::Ready { body, .. } = plan.prepare(&Gateway::parse(raw).unwrap()) else { panic!() };
    assert!(plan.is_applied(&body));
}

#[test]
fn a_wider_blast_radius_voids_and_a_smaller_one_does_not() {
    let wider = |raw: &mut Value| list(raw, "requestRoutingRules").push(rule("more", 30, "api", "https"));
    assert_eq!(
        void(prepared(wider)),
        ["/properties/requestRoutingRules[more]", "/properties/backendAddressPools[api]"]
    );
    let path = |raw: &mut Value| {
        let own = json!({
            "paths": ["/x"], "backendAddressPool": id("backendAddressPools", "web"),
            "backendHttpSettings": id(SETTINGS, "https"),
        });
        list(raw, "urlPathMaps")[0]["properties"]["pathRules"].as_array_mut().unwrap().push(child(
            "pathRules",
            "x",
            own,
        ));
    };
    assert_eq!(void(prepared(path)), ["/properties/urlPathMaps[paths]/properties/pathRules[x]"]);
    let smaller = |raw: &mut Value| list(raw, "requestRoutingRules").truncate(1);
    assert!(matches!(prepared(smaller), Prepared::Ready { .. }));
}

#[test]
fn a_probe_to_be_used_again_has_to_be_there_unchanged() {
    let theirs =
        |properties: Value| shop_with(move |raw| list(raw, "probes").push(probe("theirs", properties)));
    let plan = plan(&theirs(json!({})), &["https"]).unwrap();
    assert!(matches!(plan.prepare(&theirs(json!({ "minServers": null }))), Prepared::Ready { .. }));
    assert_eq!(
        void(plan.prepare(&theirs(json!({ "path": "/x" })))),
        ["/properties/probes[theirs]/properties/path"]
    );
    assert_eq!(void(plan.prepare(&shop_with(|_| {}))), ["/properties/probes[theirs]"]);
}

/// The gateway on which a plan for `https` that replaced the probe `root` is in effect, and that plan.
fn replaced(change: impl FnOnce(&mut Value)) -> (Plan, Gateway) {
    let gateway = shop_with(|raw| {
        list(raw, "probes").push(probe("root", json!({ "path": "/" })));
        list(raw, SETTINGS)[0]["properties"]["probe"] = id("probes", "root");
    });
    let plan = plan(&gateway, &["https"]).unwrap();
    let mut raw = plan.apply(gateway.raw()).unwrap();
    change(&mut raw);
    (plan, Gateway::parse(raw).unwrap())
}

fn probe_names(body: &Value) -> Vec<&str> {
    body["properties"]["probes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|probe| probe["name"].as_str().unwrap())
        .collect()
}

#[test]
fn an_undo_restores_the_reference_and_removes_our_probe() {
    let (plan, now) = replaced(|raw| list(raw, SETTINGS)[0]["properties"]["requestTimeout"] = json!(90));
    let Prepared::Ready { body, .. } = plan.undo().prepare(&now) else { panic!() };
    assert_eq!(probe_names(&body), ["root"]);
    let own = &body["properties"][SETTINGS][0]["properties"];
    assert_eq!((&own["probe"], &own["requestTimeout"]), (&id("probes", "root"), &json!(90)));
    let undone = Gateway::parse(plan.undo().apply(now.raw()).unwrap()).unwrap();
    assert_eq!(plan.undo().prepare(&undone), Prepared::AlreadyApplied);
}

#[test]
fn an_undo_keeps_our_probe_while_something_else_uses_it() {
    for collection in [SETTINGS, "backendSettingsCollection"] {
        let (plan, now) = replaced(|raw| {
            let own = json!({ "name": "user", "properties": { "probe": id("probes", "CUSTOM-healthz") } });
            match raw["properties"].get_mut(collection) {
                Some(settings) => settings.as_array_mut().unwrap().push(own),
                None => raw["properties"][collection] = json!([own]),
            }
        });
        let undo = plan.undo();
        let Prepared::Ready { body, .. } = undo.prepare(&now) else { panic!() };
        assert_eq!(probe_names(&body), ["root", "custom-healthz"]);
        assert_eq!(body["properties"][SETTINGS][0]["properties"]["probe"], id("probes", "root"));
        assert!(undo.is_applied(&body) && undo.read_back(now.raw(), &body).is_clean());
    }
}

#[test]
fn an_undo_does_not_undo_another_persons_change() {
    let (plan, now) = replaced(|raw| {
        list(raw, "probes").push(probe("theirs", json!({ "path": "/theirs" })));
        list(raw, SETTINGS)[0]["properties"]["probe"] = id("probes", "theirs");
    });
    assert_eq!(void(plan.undo().prepare(&now)), [ATTACH]);
    let (plan, now) = replaced(|raw| list(raw, "probes")[1]["properties"]["path"] = json!("/live"));
    let changed = void(plan.undo().prepare(&now));
    assert_eq!(changed, ["/properties/probes[custom-healthz]"]);
}

#[test]
fn an_undo_does_not_set_a_reference_to_a_probe_that_is_gone() {
    let (plan, now) = replaced(|raw| drop(list(raw, "probes").remove(0)));
    assert_eq!(void(plan.undo().prepare(&now)), ["/properties/probes[root]"]);
}

#[test]
fn an_undo_gives_a_missing_list_of_probes_back() {
    let gateway = shop_with(|raw| drop(raw["properties"].as_object_mut().unwrap().remove("probes")));
    let plan = plan(&gateway, &["https"]).unwrap();
    let applied = plan.apply(gateway.raw()).unwrap();
    assert_eq!(probe_names(&applied), ["custom-healthz"]);
    assert_eq!(plan.undo().apply(&applied).unwrap(), *gateway.raw());
}
