//! Where the incident is shown.

use super::world::*;
use crate::approval::PlanRef;
use crate::card::Verb;
use crate::incident::{Effect, Event, State};

#[test]
fn what_changes_while_a_message_is_being_posted_is_shown_afterwards() {
    let mut world = World::asked_by("SAM");
    let claimed = world.claim();
    let seen = world.incident.clone();
    // The diagnosis is done before the first message is posted.
    world.perform(&seen, &claimed[0]);
    assert!(matches!(world.incident.state, State::Proposed(_)));
    world.perform(&seen, &claimed[1]);
    assert_eq!(world.status("C1"), "Diagnosing");
    world.work();
    assert_eq!((world.status("C1"), world.shown.len()), ("Unhealthy", 1));
    world.assert_shown();
}

#[test]
fn a_channel_out_of_reach_blocks_nothing() {
    let mut world = World::asked_by("SAM");
    world.out_of_reach.push(channel("C1"));
    world.ask("BO", "C2");
    world.work();
    world.approve("BO");
    world.settle();
    assert!(matches!(world.incident.state, State::Fixed(_)));
    assert_eq!((world.status("C1"), world.status("C2")), ("", "Fixed"));
    assert_eq!(world.incident.pending(), []);
    let conversation = world.incident.conversation(&channel("C1")).unwrap();
    assert_eq!(conversation.trouble.as_deref(), Some("not in channel"));
}

#[test]
fn a_channel_that_comes_back_has_its_one_message_updated() {
    let mut world = World::asked_by("SAM");
    world.work();
    world.out_of_reach.push(channel("C1"));
    world.press(Verb::Reject, "BO", PlanRef::Unnamed);
    world.work();
    assert_eq!(world.status("C1"), "Unhealthy");
    world.out_of_reach.clear();
    world.press(Verb::Recheck, "BO", PlanRef::Unnamed);
    world.settle();
    assert_eq!((world.status("C1"), world.shown.len()), ("Unhealthy", 1));
    world.assert_shown();
}

#[test]
fn a_message_that_was_deleted_is_posted_again() {
    let mut world = World::asked_by("SAM");
    world.work();
    world.shown.clear();
    world.press(Verb::Reject, "BO", PlanRef::Unnamed);
    world.work();
    assert_eq!((world.status("C1"), world.shown.len()), ("Rejected", 1));
    world.assert_shown();
}

#[test]
fn a_platform_that_calls_a_new_message_gone_is_not_asked_for_ever() {
    let mut world = World::asked_by("SAM");
    for _ in 0..3 {
        for pending in world.claim() {
            let gone =
                Event::NotShown { channel: channel("C1"), why: "no such channel".to_owned(), gone: true };
            world.note(&pending, gone);
        }
    }
    assert!(world.incident.pending().is_empty());
}

#[test]
fn somebody_who_asks_where_it_is_shown_is_told_so() {
    let mut world = World::alerted();
    world.work();
    world.ask("SAM", "C1");
    world.work();
    assert_eq!(world.replies.len(), 1);
    assert_eq!(world.shown.len(), 1);
    world.ask("SAM", "C2");
    world.work();
    assert_eq!((world.replies.len(), world.shown.len()), (1, 2));
    world.assert_shown();
}

#[test]
fn an_old_card_that_a_slow_worker_puts_over_a_new_one_is_replaced() {
    let mut world = World::asked_by("SAM");
    world.work();
    world.approve("ALEX");
    let slow = world.claim();
    let seen = world.incident.clone();
    world.wait(2 * 60);
    world.settle();
    assert_eq!(world.status("C1"), "Fixed");
    for pending in slow.iter().filter(|pending| matches!(pending.effect, Effect::Show { .. })) {
        world.perform(&seen, pending);
    }
    assert_eq!(world.status("C1"), "Writing");
    world.work();
    assert_eq!(world.status("C1"), "Fixed");
    world.assert_shown();
}
