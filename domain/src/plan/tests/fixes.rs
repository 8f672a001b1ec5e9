//! The plans of each kind of fix beside the health probe.

use proptest::prelude::*;

use super::*;
use crate::gateway::fixture::{any_gateway, pool, rule};

const SETTINGS: &str = "backendHttpSettingsCollection";
const HTTPS: &str = "/properties/backendHttpSettingsCollection[https]/properties";
const THEIRS: &str = "/properties/probes[theirs]/properties";

/// The shop with a probe of somebody's, attached to `https`.
fn probed(own: Value) -> Gateway {
    shop_with(|raw| {
        list(raw, "probes").push(probe("theirs", own));
        list(raw, SETTINGS)[0]["properties"]["probe"] = id("probes", "theirs");
    })
}

fn use_probe(gateway: &Gateway, setting: &str, probe: &str) -> Result<Plan, PlanRefused> {
    Plan::use_probe(gateway, [(&name(setting), &name(probe))])
}

fn pick_host(gateway: &Gateway, setting: &str, probe_too: bool) -> Result<Plan, PlanRefused> {
    Plan::pick_host(gateway, [(&name(setting), probe_too)])
}

fn raise_timeout(gateway: &Gateway, setting: &str, timeout_s: u32) -> Result<Plan, PlanRefused> {
    Plan::raise_timeout(gateway, [(&name(setting), timeout_s)])
}

/// Place, former and new value of every edit.
fn edits(plan: &Plan) -> Vec<(String, Option<Value>, Option<Value>)> {
    let edit = |edit: &Edit| (edit.pointer.to_string(), edit.before.clone(), edit.after.clone());
    plan.edits().iter().map(edit).collect()
}

fn at(folder: &str, key: &str) -> String {
    format!("{folder}/{key}")
}

#[test]
fn a_setting_is_pointed_at_a_probe_that_is_there() {
    let gateway = shop_with(|raw| {
        list(raw, "probes").push(probe("status", json!({ "path": "/status" })));
        list(raw, "probes").push(probe("root", json!({ "path": "/" })));
        list(raw, SETTINGS)[0]["properties"]["probe"] = id("probes", "root");
    });
    let plan = use_probe(&gateway, "https", "STATUS").unwrap();
    let expected = (at(HTTPS, "probe"), Some(id("probes", "root")), Some(id("probes", "status")));
    assert_eq!(edits(&plan), [expected]);
    assert_eq!(
        (plan.kind(), plan.settings(), plan.probes()[0].created),
        (FixKind::UseProbe, &[name("https")][..], false)
    );
    assert!(plan.on_demand(&name("https"), &name("web")).is_some_and(|body| body["path"] == "/status"));
    let changed = shop_with(|raw| {
        list(raw, "probes").push(probe("status", json!({ "path": "/other" })));
        list(raw, "probes").push(probe("root", json!({ "path": "/" })));
        list(raw, SETTINGS)[0]["properties"]["probe"] = id("probes", "root");
    });
    assert!(matches!(plan.prepare(&changed), Prepared::Void { .. }), "the probe is another one by now");
}

#[test]
fn a_probe_that_azure_would_not_take_for_a_setting_is_refused() {
    let gateway = shop_with(|raw| {
        list(raw, "probes").push(probe("plain", json!({ "protocol": "Http" })));
        list(raw, "probes").push(probe("theirs", json!({})));
        list(raw, SETTINGS)[0]["properties"]["probe"] = id("probes", "theirs");
    });
    let refused = |setting, probe| use_probe(&gateway, setting, probe).unwrap_err();
    let (probe, setting) = (name("plain"), name("https"));
    assert_eq!(refused("https", "plain"), PlanRefused::ProtocolsDiffer { probe, setting });
    let (probe, setting) = (name("plain"), name("http"));
    assert_eq!(refused("http", "plain"), PlanRefused::NoHostToPick { probe, setting });
    assert_eq!(refused("https", "nope"), PlanRefused::NoSuchProbe(name("nope")));
    assert_eq!(refused("https", "theirs"), PlanRefused::NothingToDo);
    assert_eq!(Plan::use_probe(&gateway, []).unwrap_err(), PlanRefused::NothingToDo);
}

#[test]
fn each_server_is_asked_for_by_its_own_name() {
    let plan = pick_host(&shop_with(|_| {}), "https", true).unwrap();
    let picks = (at(HTTPS, "pickHostNameFromBackendAddress"), Some(json!(false)), Some(json!(true)));
    let host = (at(HTTPS, "hostName"), Some(json!("shop.azurewebsites.net")), None);
    assert_eq!(edits(&plan), [picks.clone(), host.clone()]);
    assert!(plan.probes().is_empty(), "the default probe follows the setting");

    let gateway = probed(json!({ "host": "old.example", "pickHostNameFromBackendHttpSettings": false }));
    assert_eq!(edits(&pick_host(&gateway, "https", false).unwrap()), [picks.clone(), host.clone()]);
    let plan = pick_host(&gateway, "https", true).unwrap();
    let old = (at(THEIRS, "host"), Some(json!("old.example")), None);
    let follows = (at(THEIRS, "pickHostNameFromBackendHttpSettings"), Some(json!(false)), Some(json!(true)));
    assert_eq!(edits(&plan), [picks, host, old, follows]);
    assert_eq!(plan.probes()[0].probe.host, ProbeHost::FromSetting);
    assert_eq!(plan.on_demand(&name("https"), &name("web")), None, "the setting is not like that yet");
}

#[test]
fn servers_without_a_name_and_probes_of_others_are_left_alone() {
    let refused = pick_host(&shop_with(|_| {}), "http", false).unwrap_err();
    assert_eq!(refused, PlanRefused::NamelessServers { pool: name("api") });
    let gateway = shop_with(|raw| {
        let own = json!({ "host": "old.example", "pickHostNameFromBackendHttpSettings": false });
        list(raw, "probes").push(probe("theirs", own));
        list(raw, SETTINGS).push(setting("https2", json!({ "probe": id("probes", "THEIRS") })));
        list(raw, SETTINGS)[0]["properties"]["probe"] = id("probes", "theirs");
    });
    let refused = pick_host(&gateway, "https", true).unwrap_err();
    assert_eq!(refused, PlanRefused::SharedProbe { probe: name("theirs"), setting: name("https2") });
    assert!(Plan::pick_host(&gateway, [(&name("https"), true), (&name("https2"), true)]).is_ok());
    assert!(pick_host(&gateway, "https", false).is_ok(), "the probe stays as it is");
    let named = shop_with(|raw| {
        list(raw, SETTINGS)[0]["properties"] = json!({
            "protocol": "Https", "port": 443, "pickHostNameFromBackendAddress": true,
        })
    });
    assert_eq!(pick_host(&named, "https", true).unwrap_err(), PlanRefused::NothingToDo);
}

#[test]
fn a_probe_gets_more_time_and_an_interval_that_holds_it() {
    let gateway = probed(json!({ "timeout": 5, "interval": 10 }));
    let plan = raise_timeout(&gateway, "https", 20).unwrap();
    let timeout = (at(THEIRS, "timeout"), Some(json!(5)), Some(json!(20)));
    let interval = (at(THEIRS, "interval"), Some(json!(10)), Some(json!(20)));
    assert_eq!(edits(&plan), [timeout.clone(), interval]);
    assert_eq!((plan.probes()[0].probe.timeout_s, plan.probes()[0].probe.interval_s), (20, 20));
    let roomy = probed(json!({ "timeout": 5, "interval": 30 }));
    assert_eq!(edits(&raise_timeout(&roomy, "https", 20).unwrap()), [timeout]);
    assert_eq!(raise_timeout(&roomy, "https", 5).unwrap_err(), PlanRefused::NothingToDo);
    let refused = raise_timeout(&roomy, "https", 86_401).unwrap_err();
    assert!(matches!(refused, PlanRefused::BadDefaults(ProbeDefaultsError::Interval(86_401))), "{refused}");
}

#[test]
fn in_place_of_the_default_probe_comes_one_that_asks_the_same_and_waits_longer() {
    let plan = raise_timeout(&shop_with(|_| {}), "http", 60).unwrap();
    assert_eq!(
        pointers(&plan),
        [
            "/properties/probes[http-probe]",
            "/properties/backendHttpSettingsCollection[http]/properties/probe"
        ]
    );
    let own = &plan.edits()[0].after.as_ref().unwrap()["properties"];
    let expected = json!({
        "protocol": "Http", "path": "/", "interval": 60, "timeout": 60, "unhealthyThreshold": 3,
        "host": "127.0.0.1", "pickHostNameFromBackendHttpSettings": false, "minServers": 0,
        "match": { "statusCodes": ["200-399"] },
    });
    assert_eq!(*own, expected);
    assert!(plan.probes()[0].created);
    let taken = shop_with(|raw| list(raw, "probes").push(probe("HTTP-probe", json!({}))));
    assert_eq!(raise_timeout(&taken, "http", 60).unwrap().probes()[0].probe.name, name("http-probe-2"));
}

#[test]
fn whoever_shares_a_probe_that_waits_longer_is_part_of_the_plan() {
    let gateway = shop_with(|raw| {
        list(raw, "probes").push(probe("theirs", json!({ "timeout": 5 })));
        list(raw, SETTINGS).push(setting("https2", json!({ "probe": id("probes", "theirs") })));
        list(raw, SETTINGS).push(setting("unused", json!({ "probe": id("probes", "theirs") })));
        list(raw, SETTINGS)[0]["properties"]["probe"] = id("probes", "theirs");
        list(raw, "requestRoutingRules").push(rule("more", 30, "api", "https2"));
    });
    let plan = raise_timeout(&gateway, "https", 20).unwrap();
    assert_eq!(plan.settings(), [name("https"), name("https2")], "nobody is probed for the third");
    assert_eq!(plan.serves().pools, [name("web"), name("api")]);
    assert!(matches!(plan.prepare(&gateway), Prepared::Ready { .. }));
}

#[test]
fn a_probe_that_somebody_attached_elsewhere_meanwhile_is_not_changed_under_them() {
    let gateway = probed(json!({ "timeout": 5 }));
    let plan = raise_timeout(&gateway, "https", 20).unwrap();
    let mut raw = gateway.raw().clone();
    list(&mut raw, SETTINGS)[1]["properties"]["probe"] = id("probes", "theirs");
    let at = "/properties/backendHttpSettingsCollection[http]/properties/probe";
    for (plan, raw) in [(plan.clone(), raw.clone()), (plan.undo(), plan.apply(&raw).unwrap())] {
        let Prepared::Void { changes } = plan.prepare(&Gateway::parse(raw).unwrap()) else { panic!() };
        assert_eq!(changes[0].pointer, at);
    }
}

#[test]
fn what_the_service_fills_in_for_a_field_that_is_gone_is_no_change() {
    let gateway = shop_with(|raw| {
        let own = list(raw, SETTINGS)[0]["properties"].as_object_mut().unwrap();
        own.remove("pickHostNameFromBackendAddress");
    });
    let plan = pick_host(&gateway, "https", false).unwrap();
    let mut after = plan.apply(gateway.raw()).unwrap();
    list(&mut after, SETTINGS)[0]["properties"]["hostName"] = json!("");
    assert!(plan.read_back(gateway.raw(), &after).is_clean());
    let mut undone = plan.undo().apply(&after).unwrap();
    assert_eq!(undone, *gateway.raw());
    list(&mut undone, SETTINGS)[0]["properties"]["pickHostNameFromBackendAddress"] = json!(false);
    assert!(plan.undo().is_applied(&undone) && plan.undo().read_back(&after, &undone).is_clean());
}

#[test]
fn an_undo_gives_back_only_what_was_changed() {
    let gateway = probed(json!({ "timeout": 5, "interval": 10 }));
    let plan = raise_timeout(&gateway, "https", 20).unwrap();
    let mut raw = plan.apply(gateway.raw()).unwrap();
    list(&mut raw, "probes")[0]["properties"]["unhealthyThreshold"] = json!(7);
    let Prepared::Ready { body, .. } = plan.undo().prepare(&Gateway::parse(raw.clone()).unwrap()) else {
        panic!()
    };
    let own = &body["properties"]["probes"][0]["properties"];
    assert_eq!(
        (&own["timeout"], &own["interval"], &own["unhealthyThreshold"]),
        (&json!(5), &json!(10), &json!(7))
    );
    list(&mut raw, "probes")[0]["properties"]["timeout"] = json!(9);
    let Prepared::Void { changes } = plan.undo().prepare(&Gateway::parse(raw).unwrap()) else { panic!() };
    assert_eq!(changes[0].pointer, at(THEIRS, "timeout"));
}

#[test]
fn every_kind_is_refused_for_a_gateway_that_must_not_be_written() {
    let fixes = [
        Fix::HealthProbe,
        Fix::UseProbe { probe: name("theirs") },
        Fix::PickHost { probe_too: true },
        Fix::RaiseTimeout { timeout_s: 90 },
    ];
    let kinds: Vec<FixKind> = fixes.iter().map(Fix::kind).collect();
    // What lets a path through leaves the gateway alone.
    let writes: Vec<FixKind> =
        FixKind::FIXES.into_iter().filter(|kind| *kind != FixKind::ExcludePath).collect();
    assert_eq!(kinds, writes);
    for fix in fixes {
        let stopped = |key: &str, state: &str| {
            let gateway = shop_with(|raw| raw["properties"][key] = json!(state));
            Plan::of(&gateway, &[(name("https"), fix.clone())], &ProbeDefaults::default()).unwrap_err()
        };
        let state = "Stopped".to_owned();
        assert_eq!(stopped("operationalState", "Stopped"), PlanRefused::NotRunning { state });
        let state = "Updating".to_owned();
        assert_eq!(stopped("provisioningState", "Updating"), PlanRefused::NotSettled { state });
        let owned = shop_with(|raw| raw["tags"]["managed-by-k8s-ingress"] = json!("1"));
        let refused = Plan::of(&owned, &[(name("https"), fix.clone())], &ProbeDefaults::default());
        assert!(matches!(refused, Err(PlanRefused::IngressController { .. })));
    }
}

#[test]
fn fixes_of_the_first_kind_make_one_plan_and_the_others_wait() {
    let gateway = shop_with(|raw| list(raw, SETTINGS).push(setting("https2", json!({}))));
    let raise = Fix::RaiseTimeout { timeout_s: 60 };
    let fixes = [(name("https"), raise.clone()), (name("https2"), Fix::HealthProbe), (name("http"), raise)];
    let plan = Plan::of(&gateway, &fixes, &ProbeDefaults::default()).unwrap();
    assert_eq!((plan.kind(), plan.settings()), (FixKind::RaiseTimeout, &[name("https"), name("http")][..]));
    assert_eq!(Plan::of(&gateway, &[], &ProbeDefaults::default()).unwrap_err(), PlanRefused::NoSettings);
}

/// A fix for every setting of a generated gateway, the same for all.
fn any_fix() -> impl Strategy<Value = Fix> {
    prop_oneof![
        (0..3u8).prop_map(|number| {
            let probe = if number == 0 { "custom-healthz".to_owned() } else { format!("probe{number}") };
            Fix::UseProbe { probe: Name::new(probe) }
        }),
        any::<bool>().prop_map(|probe_too| Fix::PickHost { probe_too }),
        (1..200u32).prop_map(|timeout_s| Fix::RaiseTimeout { timeout_s }),
    ]
}

fn planned(raw: &Value, fix: &Fix, all: bool) -> Option<Plan> {
    let gateway = Gateway::parse(raw.clone()).unwrap();
    let settings = gateway.settings().into_iter().take(if all { usize::MAX } else { 1 });
    let fixes: Vec<_> = settings.map(|setting| (setting.name, fix.clone())).collect();
    Plan::of(&gateway, &fixes, &ProbeDefaults::default()).ok()
}

/// Somebody else's doing, beside any plan.
fn elsewhere(mut raw: Value) -> Value {
    raw["tags"]["since"] = json!("the plan");
    list(&mut raw, "backendAddressPools").insert(0, pool("others", &["o.example"]));
    list(&mut raw, SETTINGS).insert(0, setting("others", json!({})));
    raw
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn only_the_named_places_change(raw in any_gateway(), fix in any_fix(), all in any::<bool>()) {
        if let Some(plan) = planned(&raw, &fix, all) {
            let mut after = plan.apply(&raw).unwrap();
            prop_assert_ne!(&after, &raw);
            // Taken back by hand, place by place, the last one first.
            for edit in plan.edits().iter().rev() {
                let (parent, last) = edit.pointer.split().unwrap();
                let place = after.pointer_mut(&parent.resolve(&after).unwrap()).unwrap();
                match (last, &edit.before) {
                    (Step::Key(key), Some(before)) => place[key] = before.clone(),
                    (Step::Key(key), None) => drop(place.as_object_mut().unwrap().remove(key)),
                    (Step::Named { named }, None) => place.as_array_mut().unwrap().retain(
                        |child| !child["name"].as_str().unwrap().eq_ignore_ascii_case(named.as_str()),
                    ),
                    (Step::Named { .. }, Some(_)) => panic!("a child is created or it is edited"),
                }
            }
            if raw["properties"].get("probes").is_none() {
                after["properties"].as_object_mut().unwrap().remove("probes");
            }
            prop_assert_eq!(after, raw);
        }
    }

    #[test]
    fn an_undo_is_the_way_back_whatever_happened_elsewhere(raw in any_gateway(), fix in any_fix(), all in any::<bool>()) {
        if let Some(plan) = planned(&raw, &fix, all) {
            let after = plan.apply(&raw).unwrap();
            prop_assert_eq!(plan.undo().apply(&after).unwrap(), raw.clone());
            prop_assert_eq!(plan.undo().undo(), plan.clone());
            prop_assert_eq!(plan.undo().apply(&elsewhere(after)).unwrap(), elsewhere(raw));
        }
    }

    #[test]
    fn a_plan_is_ready_once_and_then_applied(raw in any_gateway(), fix in any_fix(), all in any::<bool>()) {
        if let Some(plan) = planned(&raw, &fix, all) {
            let prepared = plan.prepare(&Gateway::parse(elsewhere(raw.clone())).unwrap());
            prop_assert!(matches!(prepared, Prepared::Ready { .. }), "{:?}", prepared);
            let after = plan.apply(&raw).unwrap();
            prop_assert!(plan.read_back(&raw, &after).is_clean());
            prop_assert_eq!(plan.prepare(&Gateway::parse(after.clone()).unwrap()), Prepared::AlreadyApplied);
            prop_assert_eq!(plan.apply(&after).unwrap(), after.clone());
            prop_assert!(planned(&after, &fix, all).is_none(), "nothing is left to do");
        }
    }
}
