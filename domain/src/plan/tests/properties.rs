//! What holds for any gateway, with unknown fields at every level.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::gateway::fixture::{any_gateway, any_json, pool};
use crate::gateway::writable;

const SETTINGS: &str = "backendHttpSettingsCollection";

/// The plan for all settings of a generated gateway, unless all is as wanted already.
fn plan_for_all(raw: &Value) -> Option<(Plan, Gateway)> {
    let gateway = Gateway::parse(raw.clone()).unwrap();
    let settings: Vec<Name> = gateway.settings().into_iter().map(|setting| setting.name).collect();
    match Plan::health_probe(&gateway, &settings, &ProbeDefaults::default()) {
        Ok(plan) => Some((plan, gateway)),
        Err(PlanRefused::NothingToDo) => None,
        Err(refused) => panic!("{refused}"),
    }
}

/// The text of a document with the keys of every object in reverse order.
fn reversed(value: &Value) -> String {
    match value {
        Value::Object(fields) => {
            let fields: Vec<_> = fields
                .iter()
                .rev()
                .map(|(key, value)| format!("{}:{}", json!(key), reversed(value)))
                .collect();
            format!("{{{}}}", fields.join(","))
        }
        Value::Array(items) => format!("[{}]", items.iter().map(reversed).collect::<Vec<_>>().join(",")),
        other => other.to_string(),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn only_the_named_places_change(raw in any_gateway()) {
        if let Some((plan, _)) = plan_for_all(&raw) {
            let mut after = plan.apply(&raw).unwrap();
            // Taken back by hand, place by place.
            for (index, setting) in list(&mut after, SETTINGS).iter_mut().enumerate() {
                let own = setting["properties"].as_object_mut().unwrap();
                match raw["properties"][SETTINGS][index]["properties"].get("probe") {
                    Some(former) => own.insert("probe".to_owned(), former.clone()),
                    None => own.remove("probe"),
                };
            }
            match raw["properties"]["probes"].as_array() {
                Some(former) => list(&mut after, "probes").truncate(former.len()),
                None => drop(after["properties"].as_object_mut().unwrap().remove("probes")),
            }
            prop_assert_eq!(after, raw);
        }
    }

    #[test]
    fn undo_after_apply_is_where_we_began(raw in any_gateway()) {
        if let Some((plan, _)) = plan_for_all(&raw) {
            let undone = plan.undo().apply(&plan.apply(&raw).unwrap()).unwrap();
            prop_assert_eq!(writable(&undone), writable(&raw));
            prop_assert_eq!(plan.undo().undo(), plan);
        }
    }

    #[test]
    fn undo_of_the_body_as_written_is_where_we_began(raw in any_gateway()) {
        if let Some((plan, gateway)) = plan_for_all(&raw) {
            let Prepared::Ready { body, .. } = plan.prepare(&gateway) else { panic!() };
            prop_assert_eq!(plan.undo().apply(&body).unwrap(), writable(&raw));
        }
    }

    #[test]
    fn the_second_time_it_is_applied_already(raw in any_gateway()) {
        if let Some((plan, gateway)) = plan_for_all(&raw) {
            prop_assert!(matches!(plan.prepare(&gateway), Prepared::Ready { .. }), "not ready");
            let after = plan.apply(&raw).unwrap();
            prop_assert_eq!(plan.apply(&after).unwrap(), after.clone());
            prop_assert!(plan.read_back(&raw, &after).is_clean());
            let applied = Gateway::parse(after).unwrap();
            prop_assert_eq!(plan.prepare(&applied), Prepared::AlreadyApplied);
            prop_assert!(plan_for_all(applied.raw()).is_none());
        }
    }

    #[test]
    fn what_others_add_is_kept(raw in any_gateway(), at in 0..2usize) {
        if let Some((plan, _)) = plan_for_all(&raw) {
            let mut fresh = raw.clone();
            list(&mut fresh, "backendAddressPools").insert(at, pool("others", &["o.example"]));
            list(&mut fresh, SETTINGS).insert(0, setting("others", json!({})));
            let expected = writable(&plan.apply(&fresh).unwrap());
            let Prepared::Ready { body, .. } = plan.prepare(&Gateway::parse(fresh).unwrap()) else { panic!() };
            prop_assert_eq!(&body["properties"]["backendAddressPools"][at]["name"], "others");
            prop_assert_eq!(body, expected);
        }
    }

    #[test]
    fn the_hash_does_not_know_the_order_of_keys(raw in any_gateway()) {
        if let Some((plan, _)) = plan_for_all(&raw) {
            let turned: Value = serde_json::from_str(&reversed(&raw)).unwrap();
            prop_assert_eq!(plan_for_all(&turned).unwrap().0.hash(), plan.hash());
            let stored: Plan = serde_json::from_str(&reversed(&serde_json::to_value(&plan).unwrap())).unwrap();
            prop_assert_eq!(stored.hash(), plan.hash());
        }
    }

    #[test]
    fn the_hash_changes_with_any_edit(raw in any_gateway(), which in any::<prop::sample::Index>(), new in any_json()) {
        if let Some((plan, _)) = plan_for_all(&raw) {
            let index = which.index(plan.edits.len());
            for part in ["before", "after"] {
                let mut changed = serde_json::to_value(&plan).unwrap();
                prop_assume!(changed["edits"][index][part] != new);
                changed["edits"][index][part] = new.clone();
                let changed: Plan = serde_json::from_value(changed).unwrap();
                prop_assert_ne!(changed.hash(), plan.hash());
            }
            let mut fewer = plan.clone();
            fewer.edits.remove(index);
            prop_assert_ne!(fewer.hash(), plan.hash());
        }
    }

    #[test]
    fn no_document_makes_a_plan_panic(raw in any_json(), own in any_json()) {
        let plan = plan_for_https();
        for document in [raw, json!({ "id": ID, "properties": { "probes": own, SETTINGS: own } })] {
            for plan in [&plan, &plan.undo()] {
                let _ = (plan.apply(&document), plan.is_applied(&document), plan.read_back(&shop(), &document));
                if let Ok(gateway) = Gateway::parse(document.clone()) {
                    let _ = plan.prepare(&gateway);
                }
            }
        }
    }
}
