//! The way back.

use serde_json::json;

use super::world::*;
use crate::alert::Condition;
use crate::approval::PlanRef;
use crate::card::Verb;
use crate::gateway::fixture::{id, list};
use crate::incident::{Event, State};
use crate::request::Press;

fn fixed() -> World {
    let mut world = World::alerted();
    world.work();
    world.approve("ALEX");
    world.settle();
    assert!(matches!(world.incident.state, State::Fixed(_)));
    world
}

fn undo(world: &mut World, who: &str) {
    world.press(Verb::Undo, who, PlanRef::Unnamed);
}

#[test]
fn an_undo_is_offered_approved_and_made() {
    let mut world = fixed();
    undo(&mut world, "MALLORY");
    world.work();
    assert!(matches!(world.incident.state, State::Fixed(_)));
    undo(&mut world, "BO");
    world.work();
    assert_eq!(world.status("C1"), "Undo?");
    undo(&mut world, "BO");
    world.work();
    assert_eq!(world.last_reply(), "The way back is on offer already: approve it in the incident's message.");
    world.approve("ALEX");
    world.settle();
    assert!(matches!(world.incident.state, State::Undone(_)));
    let setting = &world.arm["properties"]["backendHttpSettingsCollection"][0]["properties"];
    assert_eq!((setting.get("probe"), &world.arm["properties"]["probes"]), (None, &json!([])));
    assert_eq!((world.puts, world.status("C1")), (2, "Undone"));
    undo(&mut world, "BO");
    world.work();
    assert_eq!(world.last_reply(), "There is no change of this incident to take back.");
    world.assert_shown();
}

#[test]
fn an_undo_says_why_in_the_message_and_in_the_trail_until_it_is_made() {
    let mut world = fixed();
    let press = Press::new(Verb::Undo, PlanRef::Unnamed, from("BO"), world.now);
    world.take(Event::Pressed(press.because(Some("the checkout got slower".to_owned()))));
    world.work();
    let said = |world: &World| world.card("C1").unwrap().plain();
    assert!(said(&world).contains("Asked for by: bo: the checkout got slower"), "{}", said(&world));
    let trail: Vec<&str> = world.incident.timeline.iter().map(|entry| entry.what.as_str()).collect();
    assert!(trail.contains(&"bo asked to undo the change: the checkout got slower"), "{trail:?}");
    world.approve("ALEX");
    world.settle();
    assert!(said(&world).contains("Reason: the checkout got slower"), "{}", said(&world));
}

#[test]
fn an_undo_that_is_turned_down_leaves_things_as_they_were() {
    let mut world = fixed();
    let before = world.incident.state.clone();
    undo(&mut world, "BO");
    world.press(Verb::Reject, "ALEX", PlanRef::Unnamed);
    assert_eq!(world.incident.state, before);
    undo(&mut world, "BO");
    world.work();
    world.wait(30 * 60);
    world.work();
    assert_eq!((&world.incident.state, world.puts), (&before, 1));
    world.assert_shown();
    world.wait(60 * 60);
    world.work();
    assert!(!world.incident.is_open());
}

#[test]
fn an_undo_stays_possible_after_the_incident_was_closed_and_does_not_open_it_again() {
    let mut world = fixed();
    world.alert("unhealthy-hosts", Condition::Resolved);
    let closed = world.incident.closed_at;
    assert!(closed.is_some());
    undo(&mut world, "BO");
    world.approve("BO");
    world.settle();
    assert!(matches!(world.incident.state, State::Undone(_)));
    assert_eq!((world.incident.closed_at, world.incident.pending().len()), (closed, 0));
    world.assert_shown();
}

#[test]
fn an_undo_after_the_incident_was_closed_that_is_void_ends_there() {
    let mut world = fixed();
    world.alert("unhealthy-hosts", Condition::Resolved);
    undo(&mut world, "BO");
    world.approve("BO");
    list(&mut world.arm, "backendHttpSettingsCollection")[0]["properties"]["probe"] = id("probes", "theirs");
    world.settle();
    assert!(matches!(world.incident.state, State::Failed { .. }));
    assert_eq!((world.incident.pending().len(), world.puts), (0, 1));
}

#[test]
fn a_closed_incident_says_so() {
    let mut world = fixed();
    world.alert("unhealthy-hosts", Condition::Resolved);
    let state = world.incident.state.clone();
    world.press(Verb::Recheck, "SAM", PlanRef::Unnamed);
    world.ask("SAM", "C1");
    world.work();
    assert_eq!((&world.incident.state, world.replies.len()), (&state, 2));
    assert_eq!(
        world.last_reply(),
        "This incident is closed. /agw diagnose agw-shop looks at the gateway as it is now."
    );
}

#[test]
fn promise_7_a_change_that_did_not_suffice_can_be_undone_after_another_look() {
    let mut world = World::alerted();
    world.work();
    world.approve("ALEX");
    world.work();
    world.healthz = 500;
    world.settle();
    world.press(Verb::Recheck, "SAM", PlanRef::Unnamed);
    world.settle();
    assert_eq!(world.incident.state, State::Explained);
    let (_, card) = world.shown.last().unwrap();
    assert!(card.actions.iter().any(|action| action.verb == Verb::Undo));
    undo(&mut world, "BO");
    world.approve("ALEX");
    world.settle();
    assert!(matches!(world.incident.state, State::Undone(_)));
}

#[test]
fn an_alert_that_resolves_does_not_take_the_offer_of_an_undo_away() {
    let mut world = fixed();
    undo(&mut world, "BO");
    world.alert("unhealthy-hosts", Condition::Resolved);
    assert!(matches!(world.incident.state, State::Proposed(_)));
    world.press(Verb::Reject, "BO", PlanRef::Unnamed);
    assert!(!world.incident.is_open());
}
