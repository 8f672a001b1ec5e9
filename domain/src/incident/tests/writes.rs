//! The write: void plans, failed operations, results that cannot be measured.

use serde_json::json;

use super::world::*;
use crate::approval::PlanRef;
use crate::card::Verb;
use crate::gateway::fixture::list;
use crate::incident::{Effect, Event, State};

fn approved() -> World {
    let mut world = World::alerted();
    world.work();
    world.approve("ALEX");
    world
}

#[test]
fn promise_3_a_plan_that_somebody_overtook_is_void_and_a_new_one_needs_a_new_approval() {
    let mut world = approved();
    let old = world.incident.approved().unwrap().plan().hash();
    list(&mut world.arm, "backendHttpSettingsCollection")[0]["properties"]["requestTimeout"] = json!(99);
    let claimed = world.claim();
    let seen = world.incident.clone();
    let apply = claimed.iter().find(|pending| pending.effect == Effect::Apply).unwrap();
    world.perform(&seen, apply);
    assert!(matches!(&world.incident.state, State::Superseded { why } if why.contains("requestTimeout")));
    for pending in claimed.iter().filter(|pending| pending.effect != Effect::Apply) {
        world.perform(&seen, pending);
    }
    world.work();
    assert_eq!(world.puts, 0);
    assert_ne!(world.offer().plan.hash(), old);
    let notes: Vec<String> = world.card("C1").unwrap().notes.iter().map(crate::card::Text::plain).collect();
    assert!(notes[0].contains("approved before is void") && notes[0].contains("requestTimeout"), "{notes:?}");
    world.press(Verb::Approve, "ALEX", PlanRef::Code(old.as_str().to_owned()));
    assert!(matches!(world.incident.state, State::Proposed(_)));
    world.approve("BO");
    world.settle();
    assert!(matches!(world.incident.state, State::Fixed(_)));
    let setting = &world.arm["properties"]["backendHttpSettingsCollection"][0]["properties"];
    assert_eq!((&setting["requestTimeout"], world.puts), (&json!(99), 1));
}

#[test]
fn an_operation_that_failed_and_left_the_change_in_place_is_a_success() {
    let mut world = approved();
    world.trouble = Some(("Canceled: superseded by another operation".to_owned(), true));
    world.settle();
    assert!(matches!(world.incident.state, State::Fixed(_)));
}

#[test]
fn promise_3_an_operation_that_failed_is_never_repeated_without_a_new_approval() {
    let mut world = approved();
    world.trouble = Some(("InternalServerError: try again".to_owned(), false));
    world.settle();
    assert!(matches!(world.incident.state, State::Proposed(_)));
    assert_eq!(world.puts, 1);
    let said = world.incident.timeline.iter().map(|entry| entry.what.as_str());
    assert!(said.into_iter().any(|what| what == "The plan is void: InternalServerError: try again"));
}

#[test]
fn a_change_that_is_there_already_is_not_written_again() {
    let mut world = approved();
    let plan = world.incident.approved().unwrap().plan().clone();
    world.arm = plan.apply(&world.arm).unwrap();
    world.settle();
    assert!(matches!(world.incident.state, State::Fixed(_)));
    assert_eq!(world.puts, 0);
}

#[test]
fn promise_4_what_somebody_else_changed_meanwhile_is_kept_and_told() {
    let mut world = approved();
    world.work();
    world.arm["tags"]["owner"] = json!("ops");
    world.settle();
    let State::Fixed(done) = &world.incident.state else { panic!("{:?}", world.incident.state) };
    assert_eq!(done.others, ["/tags/owner"]);
}

#[test]
fn promise_7_servers_that_stay_sick_are_not_fixed_and_undo_is_offered() {
    let mut world = approved();
    world.work();
    world.healthz = 500;
    world.settle();
    assert!(matches!(world.incident.state, State::NotFixed(_)));
    let (_, card) = world.shown.last().unwrap();
    assert_eq!(
        card.lead.plain(),
        "The change is in place and did not suffice: the one server is not Healthy."
    );
    assert!(card.actions.iter().any(|action| action.verb == Verb::Undo));
    world.assert_shown();
}

#[test]
fn promise_7_servers_that_cannot_be_seen_are_not_called_sick() {
    let mut world = approved();
    world.work();
    world.readable = false;
    world.wait(5);
    world.work();
    let note = "The latest look told nothing: no answer within 60 s. I look again.";
    assert!(world.shown.last().unwrap().1.notes.iter().any(|line| line.plain() == note));
    world.settle();
    assert!(matches!(world.incident.state, State::NotFixed(_)));
    let lead = world.shown.last().unwrap().1.lead.plain();
    assert_eq!(
        lead,
        "The change is in place. Whether it helped is not known, because the servers' health could not be read: no answer within 60 s."
    );
}

#[test]
fn a_reading_that_failed_once_is_forgotten_after_one_that_did_not() {
    let mut world = approved();
    world.work();
    world.readable = false;
    world.wait(5);
    world.work();
    world.readable = true;
    world.settle();
    assert!(matches!(&world.incident.state, State::Fixed(done) if done.unread.is_none()));
}

#[test]
fn giving_up_fails_the_incident_only_where_something_was_going_on() {
    let gave_up = || Event::GaveUp { why: "Azure is gone.".to_owned() };
    let mut world = World::asked_by("SAM");
    let claimed = world.claim();
    world.note(&claimed[0], gave_up());
    assert!(matches!(world.incident.state, State::Failed { .. }));
    world.press(Verb::Recheck, "SAM", PlanRef::Unnamed);
    world.work();
    assert!(matches!(world.incident.state, State::Proposed(_)));
    let step = crate::incident::step(world.incident.clone(), gave_up(), &world.rules, world.now);
    assert!(matches!(step.state, State::Proposed(_)));
}

#[test]
fn giving_up_on_a_change_that_azure_took_leaves_the_way_back_open() {
    let mut world = approved();
    world.work();
    world.wait(5);
    let claimed = world.claim();
    world.note(&claimed[0], Event::OperationEnded { trouble: None });
    let claimed = world.claim();
    world.note(
        &claimed[0],
        Event::GaveUp { why: "The change was sent and could not be read back.".to_owned() },
    );
    assert!(matches!(world.incident.state, State::Failed { .. }) && world.incident.can_undo());
    world.press(Verb::Undo, "ALEX", PlanRef::Unnamed);
    world.approve("BO");
    world.settle();
    assert!(matches!(world.incident.state, State::Undone(_)));
    assert_eq!(world.arm["properties"]["probes"], json!([]));
}

#[test]
fn asked_while_writing_the_write_goes_on_and_the_message_is_shown_there_too() {
    let mut world = approved();
    world.ask("SAM", "C1");
    world.ask("SAM", "C2");
    world.press(Verb::Recheck, "SAM", PlanRef::Unnamed);
    assert!(matches!(world.incident.state, State::Approved(_)));
    world.settle();
    assert!(matches!(world.incident.state, State::Fixed(_)));
    let told: Vec<&str> = world.replies.iter().map(|card| card.status.as_str()).collect();
    assert_eq!(told, ["Open already", "Busy"]);
    assert_eq!((world.status("C1"), world.status("C2")), ("Fixed", "Fixed"));
}
