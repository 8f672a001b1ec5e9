//! Alerts: joined, counted, resolved.

use super::world::*;
use crate::alert::Condition;
use crate::approval::PlanRef;
use crate::card::Verb;
use crate::incident::{Effect, State};

#[test]
fn a_second_firing_joins_and_is_counted() {
    let mut world = World::alerted();
    world.work();
    world.wait(180);
    world.alert("unhealthy-hosts", Condition::Fired);
    world.alert("latency", Condition::Fired);
    assert!(matches!(world.incident.state, State::Proposed(_)));
    world.work();
    let counts: Vec<u32> = world.incident.alerts.iter().map(|alert| alert.count).collect();
    assert_eq!(counts, [2, 1]);
    let (_, card) = world.shown.last().unwrap();
    let alerts: Vec<String> =
        card.facts.iter().filter(|fact| fact.label == "Alert").map(|fact| fact.value.plain()).collect();
    assert_eq!(alerts, ["Sev1 latency", "Sev1 unhealthy-hosts, fired 2 times, latest 2026-11-22 03:07 UTC"]);
}

#[test]
fn resolved_is_not_believed_but_read() {
    let mut world = World::alerted();
    world.work();
    world.alert("unhealthy-hosts", Condition::Resolved);
    assert_eq!(world.incident.state, State::Diagnosing);
    world.work();
    assert!(matches!(world.incident.state, State::Proposed(_)));
    assert!(world.incident.is_open());
}

#[test]
fn resolved_by_hand_is_read_and_closed() {
    let mut world = World::alerted();
    world.work();
    world.root = 200;
    world.alert("unhealthy-hosts", Condition::Resolved);
    world.work();
    assert_eq!((world.status("C1"), world.incident.is_open()), ("Healthy", false));
    world.assert_shown();
}

#[test]
fn an_incident_waits_for_all_of_its_alerts() {
    let mut world = World::alerted();
    world.alert("latency", Condition::Fired);
    world.work();
    world.approve("ALEX");
    world.settle();
    world.alert("latency", Condition::Resolved);
    assert!(world.incident.is_open());
    world.alert("unknown", Condition::Resolved);
    assert!(world.incident.is_open());
    world.alert("unhealthy-hosts", Condition::Resolved);
    assert!(!world.incident.is_open());
}

#[test]
fn a_new_firing_is_a_reason_to_look_again_and_a_repeated_one_is_not() {
    let mut world = World::alerted();
    world.work();
    world.press(Verb::Reject, "ALEX", PlanRef::Unnamed);
    world.work();
    world.alert("unhealthy-hosts", Condition::Fired);
    assert!(matches!(world.incident.state, State::Rejected { .. }));
    world.alert("latency", Condition::Fired);
    assert!(world.has(&Effect::Diagnose));
}

#[test]
fn alerts_do_not_disturb_a_write() {
    let mut world = World::alerted();
    world.work();
    world.approve("ALEX");
    for condition in [Condition::Fired, Condition::Resolved, Condition::Fired] {
        world.alert("unhealthy-hosts", condition);
        assert!(matches!(world.incident.state, State::Approved(_)));
    }
    world.settle();
    assert!(matches!(world.incident.state, State::Fixed(_)));
}
