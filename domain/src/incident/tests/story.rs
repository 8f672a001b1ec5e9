//! The happy path, and the ends that need no write.

use super::world::*;
use crate::alert::Condition;
use crate::approval::PlanRef;
use crate::card::Verb;
use crate::incident::{Effect, Incident, State};

#[test]
fn from_the_alert_to_closed() {
    let mut world = World::alerted();
    assert_eq!(world.incident.state, State::Diagnosing);
    world.work();
    assert_eq!((world.status("C1"), world.threads.len()), ("Unhealthy", 1));
    let hash = world.offer().plan.hash();

    world.press(Verb::Approve, "ALEX", PlanRef::Offer(world.offered()));
    assert!(
        matches!(&world.incident.state, State::Approved(plan) if plan.plan().hash() == hash && plan.by().eq([&person("ALEX")]))
    );
    world.work();
    assert!(matches!(world.incident.state, State::Applying(_)));
    assert_eq!((world.puts, world.status("C1")), (1, "Writing"));

    world.wait(5);
    world.work();
    assert!(
        matches!(&world.incident.state, State::Fixed(done) if done.measured_at.is_some() && done.others.is_empty())
    );
    assert_eq!((world.status("C1"), world.threads.len()), ("Fixed", 3));
    assert!(world.incident.is_open() && world.has(&Effect::Close));

    world.alert("unhealthy-hosts", Condition::Resolved);
    assert_eq!(world.incident.closed_at, Some(world.now));
    world.work();
    assert_eq!(world.incident.pending(), []);
    world.assert_shown();
    let told: Vec<&str> = world.incident.timeline.iter().map(|entry| entry.what.as_str()).collect();
    insta::assert_snapshot!(told.join("\n"), @r"
    Opened by an alert
    Alert unhealthy-hosts fired
    Diagnosed: a fix is offered (probe-path-refused, confirmed)
    alex approved plan bca7e13f
    Azure accepted the change (correlation id c-1)
    Azure finished the change
    Read back: exactly the approved change
    Every server that the change reaches is Healthy
    Azure Monitor resolved alert unhealthy-hosts
    Closed
    ");
}

#[test]
fn every_state_survives_being_stored() {
    let mut world = World::alerted();
    let mut states = Vec::new();
    let mut look = |incident: &Incident| {
        let stored = serde_json::to_string(incident).unwrap();
        assert_eq!(serde_json::from_str::<Incident>(&stored).unwrap(), *incident);
        let state = serde_json::to_value(&incident.state).unwrap()["is"].as_str().unwrap().to_owned();
        states.push(state);
    };
    look(&world.incident);
    world.work();
    look(&world.incident);
    world.press(Verb::Reject, "ALEX", PlanRef::Unnamed);
    look(&world.incident);
    world.press(Verb::Recheck, "ALEX", PlanRef::Unnamed);
    world.work();
    world.wait(30 * 60);
    world.work();
    look(&world.incident);
    world.press(Verb::Recheck, "ALEX", PlanRef::Unnamed);
    world.work();
    world.approve("ALEX");
    look(&world.incident);
    world.root = 500;
    world.healthz = 500;
    world.work();
    look(&world.incident);
    world.wait(5);
    world.work();
    look(&world.incident);
    world.settle();
    look(&world.incident);
    world.healthz = 200;
    world.press(Verb::Recheck, "ALEX", PlanRef::Unnamed);
    world.settle();
    look(&world.incident);
    world.press(Verb::Undo, "ALEX", PlanRef::Unnamed);
    look(&world.incident);
    world.approve("BO");
    world.settle();
    look(&world.incident);
    let expected = "diagnosing proposed rejected expired approved applying verifying not-fixed explained proposed undone";
    assert_eq!(states.join(" "), expected);
}

#[test]
fn a_fixed_incident_closes_at_once_when_no_alert_waits() {
    let mut world = World::asked_by("ALEX");
    world.work();
    world.approve("ALEX");
    world.settle();
    assert!(matches!(world.incident.state, State::Fixed(_)) && !world.incident.is_open());
    assert_eq!(world.incident.pending(), []);
}

#[test]
fn a_fixed_incident_whose_alert_resolved_meanwhile_closes_at_once() {
    let mut world = World::alerted();
    world.work();
    world.approve("ALEX");
    world.work();
    world.alert("unhealthy-hosts", Condition::Resolved);
    assert!(matches!(world.incident.state, State::Applying(_)));
    world.settle();
    assert!(matches!(world.incident.state, State::Fixed(_)) && !world.incident.is_open());
}

#[test]
fn a_fixed_incident_does_not_wait_for_its_alert_for_ever() {
    let mut world = World::alerted();
    world.work();
    world.approve("ALEX");
    world.settle();
    assert!(world.incident.is_open());
    world.wait(60 * 60);
    world.work();
    assert!(!world.incident.is_open());
}

#[test]
fn a_healthy_gateway_is_explained_and_closed() {
    let mut world = World::asked_by("SAM");
    world.root = 200;
    world.work();
    assert_eq!((&world.incident.state, world.status("C1")), (&State::Explained, "Healthy"));
    assert!(!world.incident.is_open());
    world.assert_shown();
}

#[test]
fn without_the_endpoint_there_is_nothing_to_approve() {
    let mut world = World::asked_by("SAM");
    world.healthz = 404;
    world.work();
    assert_eq!((&world.incident.state, world.status("C1")), (&State::Explained, "Add the endpoint"));
    world.press(Verb::Approve, "ALEX", PlanRef::Code("abcdef12".to_owned()));
    world.work();
    assert_eq!(world.last_reply(), "There is no plan on offer.");
    world.healthz = 200;
    world.press(Verb::Recheck, "SAM", PlanRef::Unnamed);
    world.work();
    assert!(matches!(world.incident.state, State::Proposed(_)));
}

#[test]
fn a_second_look_that_is_asked_for_during_the_first_is_the_one_that_counts() {
    let mut world = World::asked_by("SAM");
    world.healthz = 404;
    let claimed = world.claim();
    let seen = world.incident.clone();
    let old = world.outcome(&seen, &claimed[0]).unwrap();
    world.healthz = 200;
    world.press(Verb::Recheck, "SAM", PlanRef::Unnamed);
    world.press(Verb::Recheck, "SAM", PlanRef::Unnamed);
    world.note(&claimed[0], old);
    assert_eq!(world.incident.state, State::Diagnosing);
    assert_eq!(
        world.incident.pending().iter().filter(|pending| pending.effect == Effect::Diagnose).count(),
        1
    );
    world.work();
    assert!(matches!(world.incident.state, State::Proposed(_)));
}
