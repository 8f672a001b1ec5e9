//! An undo, held against the gateway as it would be had there never been a plan: whatever was changed in
//! between is changed there as well, and the two must be the same.

use proptest::collection::vec;
use proptest::prelude::*;
use serde_json::{Map, Value, json};

use super::*;
use crate::gateway::fixture::{any_gateway, child, pool, rule};
use crate::gateway::writable;

const SETTINGS: &str = "backendHttpSettingsCollection";
const L4_SETTINGS: &str = "backendSettingsCollection";

/// How a gateway says that it has no probes, or that a setting has none, and in which case it writes an id.
#[derive(Debug, Clone, Copy)]
struct Form {
    null_list: bool,
    null_reference: bool,
    other_case: bool,
}

fn form() -> impl Strategy<Value = Form> {
    any::<[bool; 3]>().prop_map(|[null_list, null_reference, other_case]| Form {
        null_list,
        null_reference,
        other_case,
    })
}

/// Any gateway, in any form.
fn any_form() -> impl Strategy<Value = Value> {
    (any_gateway(), form()).prop_map(|(mut raw, form)| {
        let own = raw["properties"].as_object_mut().unwrap();
        if form.null_list && own.get("probes").is_none() {
            own.insert("probes".to_owned(), Value::Null);
        }
        for setting in list(&mut raw, SETTINGS) {
            let own = setting["properties"].as_object_mut().unwrap();
            match own.get_mut("probe") {
                Some(probe) if form.other_case => {
                    probe["id"] = json!(probe["id"].as_str().unwrap().to_ascii_uppercase());
                }
                None if form.null_reference => drop(own.insert("probe".to_owned(), Value::Null)),
                _ => {}
            }
        }
        raw
    })
}

/// What somebody else does in between. None of it is about what a plan for `http0` touches.
#[derive(Debug, Clone)]
enum Act {
    Tag(String),
    Untag,
    AddPool,
    AddProbe(String),
    RenameRule,
    AddSetting,
    AddSettingInFront,
    RenameSetting,
    RemoveSetting,
    Timeout(u32),
    AddListener,
    RemoveListeners,
    AddPath,
    Reroute,
    NoPathMaps,
    NewEtags,
}

fn act() -> impl Strategy<Value = Act> {
    prop_oneof![
        "[a-z]{1,5}".prop_map(Act::Tag),
        Just(Act::Untag),
        Just(Act::AddPool),
        "/[a-z]{0,5}".prop_map(Act::AddProbe),
        Just(Act::RenameRule),
        Just(Act::AddSetting),
        Just(Act::AddSettingInFront),
        Just(Act::RenameSetting),
        Just(Act::RemoveSetting),
        (1..999u32).prop_map(Act::Timeout),
        Just(Act::AddListener),
        Just(Act::RemoveListeners),
        Just(Act::AddPath),
        Just(Act::Reroute),
        Just(Act::NoPathMaps),
        Just(Act::NewEtags),
    ]
}

impl Act {
    fn on(&self, raw: &mut Value) {
        match self {
            Self::Tag(name) => raw["tags"][name] = json!("since"),
            Self::Untag => drop(raw.as_object_mut().unwrap().remove("tags")),
            Self::AddPool => add(raw, "backendAddressPools", pool("others", &["o.example"])),
            Self::AddProbe(path) => {
                add(raw, "probes", probe("others", json!({ "path": path, "interval": 7 })))
            }
            Self::RenameRule => list(raw, "requestRoutingRules")[0]["name"] = json!("renamed"),
            Self::AddSetting => add(raw, SETTINGS, setting("others", json!({}))),
            Self::AddSettingInFront => list(raw, SETTINGS).insert(0, setting("first", json!({}))),
            Self::RenameSetting => {
                bystanders(raw).for_each(|setting| setting["name"] = json!("renamed"));
            }
            Self::RemoveSetting => list(raw, SETTINGS).retain(|setting| setting["name"] != "others"),
            Self::Timeout(seconds) => {
                for setting in list(raw, SETTINGS) {
                    setting["properties"]["requestTimeout"] = json!(seconds);
                }
            }
            Self::AddListener => add(raw, "httpListeners", child("httpListeners", "others", json!({}))),
            Self::RemoveListeners => list(raw, "httpListeners").clear(),
            Self::AddPath => {
                let own = json!({ "paths": ["/x"], "backendHttpSettings": id(SETTINGS, "http0") });
                for map in raw["properties"]["urlPathMaps"].as_array_mut().into_iter().flatten() {
                    let rules = map["properties"]["pathRules"].as_array_mut().unwrap();
                    rules.push(child("urlPathMaps/paths/pathRules", "x", own.clone()));
                }
            }
            Self::Reroute => add(raw, "requestRoutingRules", rule("others", 99, "api", "http0")),
            Self::NoPathMaps => drop(raw["properties"].as_object_mut().unwrap().remove("urlPathMaps")),
            Self::NewEtags => {
                raw["etag"] = json!("W/\"9\"");
                list(raw, SETTINGS).iter_mut().for_each(|setting| setting["etag"] = json!("W/\"9\""));
            }
        }
    }
}

/// Adds to a collection, which may not be there yet.
fn add(raw: &mut Value, collection: &str, one: Value) {
    let list = &mut raw["properties"][collection];
    if list.is_null() {
        *list = json!([]);
    }
    list.as_array_mut().unwrap().push(one);
}

/// The settings that the plan is not for.
fn bystanders(raw: &mut Value) -> impl Iterator<Item = &mut Value> {
    list(raw, SETTINGS).iter_mut().filter(|setting| setting["name"] == "others" || setting["name"] == "first")
}

/// The plan for the first setting, unless that is as wanted already; then there is nothing to undo.
fn plan_for_first(raw: &Value) -> Option<Plan> {
    plan(&Gateway::parse(raw.clone()).unwrap(), &["http0"]).ok()
}

/// A document as it means: ids in one case, and nothing that says nothing.
fn meaning(value: &Value) -> Value {
    match value {
        Value::Object(fields) => {
            let told = fields.iter().map(|(key, value)| (key.clone(), meaning(value)));
            told.filter(|(_, value)| !value.is_null() && *value != json!([])).collect::<Map<_, _>>().into()
        }
        Value::Array(items) => items.iter().map(meaning).collect(),
        Value::String(text) if text.to_ascii_lowercase().starts_with("/subscriptions/") => {
            text.to_ascii_lowercase().into()
        }
        other => other.clone(),
    }
}

/// The same with its probes by name: one that is made again comes last, and their order means nothing.
fn in_order(mut raw: Value) -> Value {
    list(&mut raw, "probes").sort_by_key(|probe| probe["name"].to_string());
    raw
}

/// What an undo would write to a gateway.
fn undone(plan: &Plan, raw: &Value) -> Prepared {
    plan.undo().prepare(&Gateway::parse(raw.clone()).unwrap())
}

/// The probe that a plan has created, if it has.
fn created(plan: &Plan) -> Option<&Name> {
    plan.probes().iter().find(|planned| planned.created).map(|planned| &planned.probe.name)
}

/// A setting of somebody else that uses a probe, on either side of the gateway.
fn user(probe: &Name, proxy: bool, upper: bool) -> (&'static str, Value) {
    let mut reference = id("probes", probe.as_str());
    if upper {
        reference["id"] = json!(reference["id"].as_str().unwrap().to_ascii_uppercase());
    }
    let mut user = setting("user", json!({ "probe": reference }));
    if proxy {
        user["properties"]["protocol"] = json!("Tls");
    }
    (if proxy { L4_SETTINGS } else { SETTINGS }, user)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(192))]

    #[test]
    fn what_others_did_in_between_stays_and_the_rest_is_as_it_was(raw in any_form(), acts in vec(act(), 0..6)) {
        if let Some(plan) = plan_for_first(&raw) {
            let mut now = plan.apply(&raw).unwrap();
            let mut never = raw.clone();
            for act in &acts {
                act.on(&mut now);
                act.on(&mut never);
            }
            let Prepared::Ready { body, .. } = undone(&plan, &now) else { panic!("{:?}", undone(&plan, &now)) };
            prop_assert_eq!(meaning(&body), meaning(&writable(&never)));
            // The plan can be made again, and its undo is worth the same.
            let again = Gateway::parse(plan.undo().apply(&now).unwrap()).unwrap();
            prop_assert_eq!(undone(&plan, again.raw()), Prepared::AlreadyApplied);
            let redone = plan.undo().undo().apply(again.raw()).unwrap();
            prop_assert_eq!(in_order(meaning(&writable(&redone))), in_order(meaning(&writable(&now))));
        }
    }

    #[test]
    fn our_probe_stays_when_somebody_has_begun_to_use_it(
        raw in any_form(), acts in vec(act(), 0..4), proxy in any::<bool>(), upper in any::<bool>(),
    ) {
        if let Some(plan) = plan_for_first(&raw)
            && let Some(ours) = created(&plan)
        {
            let mut now = plan.apply(&raw).unwrap();
            let mut never = raw.clone();
            add(&mut never, "probes", plan.edits()[0].after.clone().unwrap());
            let (collection, user) = user(ours, proxy, upper);
            for document in [&mut now, &mut never] {
                add(document, collection, user.clone());
                acts.iter().for_each(|act| act.on(document));
            }
            let Prepared::Ready { body, .. } = undone(&plan, &now) else { panic!("{:?}", undone(&plan, &now)) };
            prop_assert_eq!(meaning(&body), meaning(&writable(&never)));
        }
    }

    #[test]
    fn a_probe_of_ours_that_somebody_has_edited_is_not_removed(
        raw in any_form(), acts in vec(act(), 0..4), edit in 0..5usize,
    ) {
        if let Some(plan) = plan_for_first(&raw)
            && let Some(ours) = created(&plan)
        {
            let mut now = plan.apply(&raw).unwrap();
            acts.iter().for_each(|act| act.on(&mut now));
            let probe = list(&mut now, "probes").iter_mut().find(|probe| probe["name"] == ours.as_str()).unwrap();
            let (field, value) = [
                ("path", json!("/theirs")),
                ("interval", json!(31)),
                ("match", json!({ "statusCodes": ["200"] })),
                ("match", json!({ "statusCodes": ["200-399"], "body": "ok" })),
                ("port", json!(8443)),
            ][edit].clone();
            probe["properties"][field] = value;
            let Prepared::Void { changes } = undone(&plan, &now) else { panic!("{:?}", undone(&plan, &now)) };
            let places: Vec<&str> = changes.iter().map(|change| change.pointer.as_str()).collect();
            prop_assert_eq!(places, [format!("/properties/probes[{ours}]")]);
        }
    }

    #[test]
    fn a_reference_that_somebody_has_changed_since_is_theirs(
        raw in any_form(), acts in vec(act(), 0..4), gone in any::<bool>(),
    ) {
        if let Some(plan) = plan_for_first(&raw) {
            let mut now = plan.apply(&raw).unwrap();
            acts.iter().for_each(|act| act.on(&mut now));
            add(&mut now, "probes", probe("new", json!({ "path": "/new", "interval": 8 })));
            let setting = list(&mut now, SETTINGS).iter_mut().find(|setting| setting["name"] == "http0").unwrap();
            let own = setting["properties"].as_object_mut().unwrap();
            let had = plan.edits().last().unwrap().before.as_ref().is_some_and(|before| !before.is_null());
            match gone {
                true => drop(own.remove("probe")),
                false => drop(own.insert("probe".to_owned(), id("probes", "new"))),
            }
            match undone(&plan, &now) {
                Prepared::Void { changes } => {
                    prop_assert!(had || !gone);
                    prop_assert_eq!(&changes[0].pointer, &format!("/properties/{SETTINGS}[http0]/properties/probe"));
                }
                // They took the reference out themselves, as the undo would have: what is left is our probe.
                Prepared::Ready { body, .. } => {
                    prop_assert!(!had && gone && created(&plan).is_some());
                    let left = body["properties"]["probes"].as_array().unwrap();
                    prop_assert!(left.iter().all(|probe| probe["name"] != created(&plan).unwrap().as_str()));
                }
                Prepared::AlreadyApplied => prop_assert!(!had && gone && created(&plan).is_none()),
                other => prop_assert!(false, "{:?}", other),
            }
        }
    }

    #[test]
    fn a_former_probe_that_somebody_has_removed_is_not_referred_to(raw in any_form()) {
        if let Some(plan) = plan_for_first(&raw)
            && let Some(former) = plan.edits().last().unwrap().before.as_ref().filter(|before| !before.is_null())
        {
            let former = Name::new(former["id"].as_str().unwrap().rsplit('/').next().unwrap());
            let mut now = plan.apply(&raw).unwrap();
            list(&mut now, "probes").retain(|probe| Name::new(probe["name"].as_str().unwrap()) != former);
            let Prepared::Void { changes } = undone(&plan, &now) else { panic!("{:?}", undone(&plan, &now)) };
            prop_assert_eq!(&changes[0].pointer.to_lowercase(), &format!("/properties/probes[{former}]").to_lowercase());
        }
    }
}
