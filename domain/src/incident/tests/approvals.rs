//! Who may decide, about what, until when.

use super::world::*;
use crate::approval::{OfferId, PlanRef};
use crate::card::Verb;
use crate::incident::{Effect, Event, State};
use crate::request::{Press, RequestId};

fn proposed() -> World {
    let mut world = World::asked_by("ALEX");
    world.work();
    world
}

/// The attempt changes nothing, and only the one who tried is told why.
fn refused(world: &mut World, who: &str, plan: PlanRef) -> String {
    let (state, told) = (world.incident.state.clone(), world.replies.len());
    world.press(Verb::Approve, who, plan);
    assert_eq!(world.incident.state, state);
    assert!(!world.has(&Effect::Apply));
    world.work();
    assert_eq!((world.puts, world.replies.len()), (0, told + 1));
    world.last_reply()
}

#[test]
fn promise_1_nothing_is_written_without_an_approval() {
    let mut world = proposed();
    let (hash, code) = (world.offered(), world.offer().plan.hash().as_str().to_owned());
    insta::assert_snapshot!(refused(&mut world, "MALLORY", PlanRef::Offer(hash.clone())), @"You are not on the list of approvers for agw-shop. The list is approval.approvers in agw.toml. Nothing was changed.");
    insta::assert_snapshot!(refused(&mut world, "ALEX", PlanRef::Unnamed), @"Say which plan: /agw approve INC-7K2F bca7e13f.");
    insta::assert_snapshot!(refused(&mut world, "ALEX", PlanRef::Code("000000".to_owned())), @"The plan on offer is not the one you named. Look at the incident's message again, then decide.");
    insta::assert_snapshot!(refused(&mut world, "ALEX", PlanRef::Code(code[..3].to_owned())), @"The plan on offer is not the one you named. Look at the incident's message again, then decide.");
    let other = OfferId::parse(&"0".repeat(32)).unwrap();
    assert_eq!(
        refused(&mut world, "ALEX", PlanRef::Offer(other)),
        "The plan on offer is not the one you named. Look at the incident's message again, then decide."
    );
    // A stranger learns nothing about the plan, not even whether the code was right.
    let stranger = refused(&mut world, "MALLORY", PlanRef::Unnamed);
    assert_eq!(stranger, refused(&mut world, "MALLORY", PlanRef::Offer(hash)));
}

#[test]
fn an_approver_of_one_platform_is_nobody_on_another() {
    let mut world = proposed();
    let mut console = from("ALEX");
    console.person.platform = crate::request::Platform::Console;
    let plan = PlanRef::Offer(world.offered());
    world.press_of(console, Verb::Approve, plan);
    assert!(matches!(world.incident.state, State::Proposed(_)));
}

#[test]
fn nobody_approves_when_nobody_is_listed() {
    let mut world = proposed();
    world.rules.approval.everywhere.approvers.clear();
    let hash = world.offered();
    refused(&mut world, "ALEX", PlanRef::Offer(hash));
}

#[test]
fn a_code_as_the_grammar_takes_it_is_enough() {
    for digits in [4, 8, 64] {
        let mut world = proposed();
        let code = world.offer().plan.hash().as_str()[..digits].to_ascii_uppercase();
        world.press(Verb::Approve, "ALEX", PlanRef::Code(code));
        assert!(matches!(world.incident.state, State::Approved(_)), "{digits}");
    }
}

#[test]
fn the_asker_may_not_approve_when_two_are_wanted() {
    let mut world = proposed();
    world.rules.approval.everywhere.asker_may_approve = false;
    let hash = world.offered();
    insta::assert_snapshot!(refused(&mut world, "ALEX", PlanRef::Offer(hash)), @"You asked for this, and the policy wants somebody else to approve it. Nothing was written.");
    world.approve("BO");
    assert!(matches!(world.incident.state, State::Approved(_)));
}

#[test]
fn whoever_asks_for_the_undo_may_not_approve_it_when_two_are_wanted() {
    let mut world = proposed();
    world.approve("ALEX");
    world.settle();
    world.rules.approval.everywhere.asker_may_approve = false;
    world.press(Verb::Undo, "BO", PlanRef::Unnamed);
    world.approve("BO");
    assert!(matches!(world.incident.state, State::Proposed(_)));
    world.approve("ALEX");
    assert!(matches!(world.incident.state, State::Approved(_)));
}

#[test]
fn promise_2_a_second_click_changes_nothing_and_says_who_was_first() {
    let mut world = proposed();
    let hash = world.offered();
    world.approve("ALEX");
    for _ in 0..3 {
        world.press(Verb::Approve, "BO", PlanRef::Offer(hash.clone()));
        assert_eq!(
            world.incident.pending().iter().filter(|pending| pending.effect == Effect::Apply).count(),
            1
        );
    }
    world.settle();
    world.press(Verb::Approve, "BO", PlanRef::Offer(hash));
    world.settle();
    assert_eq!((world.puts, world.replies.len()), (1, 4));
    assert_eq!(world.last_reply(), "Already approved by alex at 2026-11-22 03:04 UTC.");
}

#[test]
fn promise_2_a_redelivered_request_changes_nothing() {
    let world = proposed();
    let plan = PlanRef::Offer(world.offered());
    let click = Event::Pressed(Press::new(Verb::Approve, plan, from("ALEX"), world.now));
    let request = RequestId::of(&["click"]);
    let once = world.incident.clone().take(&request, click.clone(), &world.rules, world.now);
    let twice = once.clone().take(&request, click, &world.rules, world.now);
    assert_eq!(once, twice);
}

/// The time for the write counts from the press: a worker that died or stood still in between adds none.
#[test]
fn promise_1_an_approval_dates_from_the_press_and_not_from_when_it_was_heard() {
    let mut world = proposed();
    let pressed = world.now;
    let press = |world: &World, at| {
        let plan = PlanRef::Offer(world.offered());
        Event::Pressed(Press::new(Verb::Approve, plan, from("ALEX"), at))
    };
    let on_time = press(&world, pressed);
    world.wait(10 * 60);
    world.take(on_time);
    assert_eq!(world.incident.approved().unwrap().at(), pressed);

    // The clock of whoever kept the press went fast.
    let mut world = proposed();
    let ahead = world.now.checked_add(jiff::SignedDuration::from_mins(5)).unwrap();
    let early = press(&world, ahead);
    world.take(early);
    assert_eq!(world.incident.approved().unwrap().at(), world.now);
}

#[test]
fn a_late_click_is_refused_before_and_after_the_offer_has_ended() {
    let mut world = proposed();
    let hash = world.offered();
    world.wait(30 * 60);
    world.press(Verb::Approve, "ALEX", PlanRef::Offer(hash.clone()));
    world.press(Verb::Reject, "ALEX", PlanRef::Offer(hash.clone()));
    assert!(matches!(world.incident.state, State::Proposed(_)));
    world.work();
    assert!(matches!(world.incident.state, State::Expired { .. }));
    assert_eq!(world.status("C1"), "Expired");
    assert_eq!(
        world.last_reply(),
        "The offer expired at 2026-11-22 03:34 UTC; nothing was written. Re-check to get a new one."
    );
    world.press(Verb::Approve, "ALEX", PlanRef::Offer(hash));
    world.work();
    assert_eq!(world.last_reply(), "The offer expired at 2026-11-22 03:34 UTC. Re-check to get a new one.");
    assert_eq!(world.puts, 0);
}

#[test]
fn an_offer_that_a_fast_clock_ended_too_early_stands_until_its_time() {
    let mut world = proposed();
    let expires = world.incident.next_due().unwrap();
    let claimed = world.incident.claim(expires, LEASE);
    world.note(&claimed[0], Event::OfferEnded);
    assert!(matches!(world.incident.state, State::Proposed(_)));
    world.now = expires;
    world.work();
    assert!(matches!(world.incident.state, State::Expired { .. }));
}

#[test]
fn a_rejection_says_who_and_why() {
    let mut world = proposed();
    let reason = Some("we mend the app".to_owned());
    let now = world.now;
    let reject = |who: &str, plan| {
        Event::Pressed(Press::new(Verb::Reject, plan, from(who), now).because(reason.clone()))
    };
    world.take(reject("MALLORY", PlanRef::Unnamed));
    world.take(reject("ALEX", PlanRef::Code("0000".to_owned())));
    assert!(matches!(world.incident.state, State::Proposed(_)));
    world.take(reject("ALEX", PlanRef::Unnamed));
    world.work();
    let (_, card) = world.shown.last().unwrap();
    assert_eq!(card.lead.plain(), "Rejected by alex at 2026-11-22 03:04 UTC: we mend the app");
    assert_eq!(world.incident.pending(), []);
    world.press(Verb::Reject, "BO", PlanRef::Unnamed);
    world.work();
    assert_eq!(world.last_reply(), "The plan was rejected by alex at 2026-11-22 03:04 UTC.");
}

#[test]
fn a_rejection_without_a_reason_and_a_stale_button() {
    let mut world = proposed();
    let old = OfferId::parse(&"0".repeat(32)).unwrap();
    world.press(Verb::Reject, "ALEX", PlanRef::Offer(old));
    assert!(matches!(world.incident.state, State::Proposed(_)));
    world.press(Verb::Reject, "ALEX", PlanRef::Offer(world.offered()));
    assert!(matches!(world.incident.state, State::Rejected { reason: None, .. }));
}
