//! Workers that die, and workers that come too late.

use super::world::*;
use crate::approval::PlanRef;
use crate::card::Verb;
use crate::incident::{Effect, Event, Incident, State};

/// What a worker does before it dies.
#[derive(Clone, Copy, Debug)]
enum Dies {
    /// Before it does anything.
    Before,
    /// After it has done it, before it could note the result.
    After,
}

/// Plays the whole story, from the first word to `Fixed`; the worker dies at its `nth` effect. Tells how many
/// effects there were.
fn story(nth: usize, dies: Dies) -> (World, usize) {
    let mut world = World::alerted();
    let mut done = 0;
    let mut approved = false;
    for _ in 0..300 {
        if matches!(world.incident.state, State::Proposed(_)) && !approved {
            world.approve("ALEX");
            approved = true;
        }
        let claimed = world.claim();
        let seen = world.incident.clone();
        for pending in &claimed {
            done += 1;
            match (done == nth + 1, dies) {
                (true, Dies::Before) => {}
                (true, Dies::After) => drop(world.outcome(&seen, pending)),
                (false, _) => world.perform(&seen, pending),
            }
        }
        let rest = world.incident.pending().iter().all(|pending| pending.effect == Effect::Close);
        if claimed.is_empty() && rest {
            break;
        }
        let due = world.incident.next_due().filter(|_| claimed.is_empty());
        world.now = due.unwrap_or(world.now).max(world.now);
    }
    (world, done)
}

#[test]
fn promise_2_whenever_a_worker_dies_the_story_ends_the_same_and_is_written_once() {
    let (_, effects) = story(usize::MAX - 1, Dies::Before);
    assert!(effects >= 8, "{effects}");
    for nth in 0..effects {
        for dies in [Dies::Before, Dies::After] {
            let (world, _) = story(nth, dies);
            assert!(
                matches!(world.incident.state, State::Fixed(_)),
                "{nth} {dies:?}: {:?}",
                world.incident.state
            );
            assert_eq!(world.puts, 1, "{nth} {dies:?}");
            assert!((3..=4).contains(&world.threads.len()), "{nth} {dies:?}");
            world.assert_shown();
        }
    }
}

#[test]
fn promise_5_nothing_is_forgotten_between_claim_and_result() {
    let mut world = World::asked_by("SAM");
    let before = world.incident.pending().len();
    assert_eq!(world.claim().len(), before);
    // The worker is dead; nobody else may take it before its lease is over, and then somebody can.
    assert!(world.claim().is_empty());
    world.wait(2 * 60);
    let again = world.claim();
    assert_eq!((again.len(), again[0].attempts), (before, 2));
}

#[test]
fn what_a_worker_brings_after_it_lost_its_claim_changes_nothing() {
    let mut world = World::asked_by("SAM");
    world.work();
    world.approve("ALEX");
    let late = world.claim();
    let seen = world.incident.clone();
    world.wait(2 * 60);
    let fresh = world.claim();
    let before = world.incident.clone();
    for pending in &late {
        for event in [
            Event::InPlace,
            Event::Said,
            Event::Voided { why: "late".to_owned() },
            Event::GaveUp { why: "late".to_owned() },
        ] {
            world.note(pending, event);
        }
        let intended = Event::Intended { before: Box::new(world.arm.clone()) };
        assert!(
            world.incident.clone().checkpoint(pending, intended, &world.rules, world.now, LEASE).is_none()
        );
    }
    assert_eq!(world.incident, before);
    drop(seen);
    for pending in &fresh {
        world.perform(&before, pending);
    }
    world.settle();
    assert!(matches!(world.incident.state, State::Fixed(_)));
    assert_eq!(world.puts, 1);
}

#[test]
fn a_result_counts_once() {
    let mut world = World::asked_by("SAM");
    let claimed = world.claim();
    let diagnosed = world.diagnosed();
    world.note(&claimed[0], diagnosed.clone());
    let once: Incident = world.incident.clone();
    world.note(&claimed[0], diagnosed);
    assert_eq!(world.incident, once);
}

#[test]
fn what_is_put_off_comes_again_in_its_time() {
    let mut world = World::asked_by("SAM");
    let claimed = world.claim();
    let until = world.now + jiff::SignedDuration::from_secs(30);
    world.note(&claimed[0], Event::Postponed { until });
    world.note(&claimed[1], Event::Said);
    assert!(world.claim().is_empty());
    assert_eq!(world.incident.next_due(), Some(until));
    world.wait(30);
    assert_eq!(world.claim()[0].attempts, 2);
}

#[test]
fn a_claim_is_kept_while_the_write_is_being_sent() {
    let mut world = World::asked_by("SAM");
    world.work();
    world.approve("ALEX");
    let claimed = world.claim();
    let apply = claimed.iter().find(|pending| pending.effect == Effect::Apply).unwrap().clone();
    world.wait(100);
    let intended = Event::Intended { before: Box::new(world.arm.clone()) };
    world.incident =
        world.incident.clone().checkpoint(&apply, intended, &world.rules, world.now, LEASE).unwrap();
    world.wait(100);
    assert!(!world.claim().iter().any(|pending| pending.effect == Effect::Apply));
    world.press(Verb::Undo, "ALEX", PlanRef::Unnamed);
    assert!(matches!(world.incident.state, State::Applying(_)));
}
