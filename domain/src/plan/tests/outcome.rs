//! Applying, and reading back.

use super::*;

const SETTINGS: &str = "backendHttpSettingsCollection";

fn read_back(change: impl FnOnce(&mut Value)) -> ReadBack {
    let plan = plan_for_https();
    let mut after = plan.apply(&shop()).unwrap();
    change(&mut after);
    plan.read_back(&shop(), &after)
}

#[test]
fn applying_to_changed_ground_is_an_error_and_changes_nothing() {
    let plan = plan_for_https();
    let gone = shop_with(|raw| drop(list(raw, SETTINGS).remove(0)));
    let missing = ApplyError::Missing { pointer: ATTACH.to_owned() };
    assert_eq!(plan.apply(gone.raw()).unwrap_err(), missing);
    let taken = shop_with(|raw| list(raw, SETTINGS)[0]["properties"]["probe"] = id("probes", "theirs"));
    let conflict = ApplyError::Conflict { pointer: ATTACH.to_owned(), found: Some(id("probes", "theirs")) };
    assert_eq!(plan.apply(taken.raw()).unwrap_err(), conflict);
    assert!(plan.apply(&json!({ "properties": { "probes": 7 } })).is_err());
}

#[test]
fn a_write_that_did_just_the_plan_is_clean() {
    let back = read_back(|raw| {
        raw["etag"] = json!("W/\"9\"");
        raw["properties"]["provisioningState"] = json!("Updating");
        raw["properties"]["probes"][0]["properties"]["enableProbeProxyProtocolHeader"] = json!(false);
        raw["properties"]["probes"][0]["properties"]["backendHttpSettings"] = json!([id(SETTINGS, "https")]);
        raw["properties"]["httpListeners"][0]["id"] = json!(format!("{ID}/HttpListeners/shop"));
        raw["properties"][SETTINGS][0]["properties"]["probeEnabled"] = json!(true);
        raw["properties"]["redirectConfigurations"] = json!([]);
    });
    assert_eq!(back, ReadBack { applied: true, missing: vec![], unexpected: vec![] });
    assert!(back.is_clean());
}

#[test]
fn what_did_not_come_about_is_missing() {
    let back = read_back(|raw| raw["properties"]["probes"][0]["properties"]["path"] = json!("/"));
    assert_eq!((back.applied, back.missing), (false, vec!["/properties/probes[custom-healthz]".to_owned()]));
    let plan = plan_for_https();
    let back = plan.read_back(&shop(), &shop());
    assert_eq!((back.missing.len(), back.unexpected.len()), (2, 0));
}

#[test]
fn what_else_changed_is_unexpected() {
    let back = read_back(|raw| {
        list(raw, "backendAddressPools").remove(1);
        list(raw, SETTINGS)[0]["properties"]["requestTimeout"] = json!(90);
        list(raw, "httpListeners")[0]["properties"].as_object_mut().unwrap().remove("enableHttp3");
        list(raw, "requestRoutingRules").reverse();
        raw["tags"]["team"] = json!("web");
    });
    assert!(back.applied && !back.is_clean());
    let places: Vec<_> = back.unexpected.iter().map(|difference| difference.pointer.as_str()).collect();
    let expected = [
        "/properties/backendAddressPools[api]",
        "/properties/backendHttpSettingsCollection[https]/properties/requestTimeout",
        "/properties/httpListeners[shop]/properties/enableHttp3",
        "/properties/requestRoutingRules",
        "/tags/team",
    ];
    assert_eq!(places, expected);
    assert_eq!((&back.unexpected[2].before, &back.unexpected[2].after), (&Some(json!(false)), &None));
}

#[test]
fn lists_without_names_are_compared_whole() {
    let back = read_back(|raw| {
        list(raw, "backendAddressPools")[1]["properties"]["backendAddresses"].as_array_mut().unwrap().pop();
    });
    assert_eq!(back.unexpected.len(), 1);
    assert_eq!(
        back.unexpected[0].pointer,
        "/properties/backendAddressPools[api]/properties/backendAddresses"
    );
}
