//! Whoever is on call is called once, and only where nobody is there.

use super::world::*;
use crate::approval::PlanRef;
use crate::card::{Card, Group, Span, Verb};
use crate::incident::{Effect, State};
use crate::request::Platform;

fn group() -> Group {
    Group { platform: Platform::Slack, id: "S0614TZR7".to_owned() }
}

/// A fix is on offer, and somebody could be called.
fn offered(mut world: World) -> World {
    world.rules.oncall.groups = vec![group()];
    world.work();
    assert!(matches!(world.incident.state, State::Proposed(_)));
    world
}

fn calls(world: &World) -> Vec<&Card> {
    let calls = |card: &&Card| card.lead.0.contains(&Span::Group(group()));
    world.threads.iter().filter(calls).collect()
}

#[test]
fn nobody_decides_and_whoever_is_on_call_is_called_once() {
    let mut world = offered(World::alerted());
    world.wait(9 * 60);
    world.work();
    assert!(calls(&world).is_empty());
    world.wait(60);
    world.work();
    insta::assert_snapshot!(calls(&world)[0].plain(), @"
    agw-shop: Nobody has decided
    On-call group: a fix for agw-shop has waited for a decision since 2026-11-22 03:04 UTC. The message above has its buttons, until 2026-11-22 03:34 UTC.
    ");
    world.wait(60);
    world.press(Verb::Recheck, "ALEX", PlanRef::Unnamed);
    world.wait(20 * 60);
    world.work();
    assert_eq!(calls(&world).len(), 1);
    let noted = world.incident.timeline.iter().filter(|entry| entry.what.contains("on-call")).count();
    assert_eq!(noted, 1);
    world.assert_shown();
}

#[test]
fn a_decision_in_time_calls_nobody() {
    for verb in [Verb::Approve, Verb::Reject] {
        let mut world = offered(World::alerted());
        let offer = world.offered();
        world.press(verb, "ALEX", PlanRef::Offer(offer));
        assert!(!world.has(&Effect::Escalate));
        world.wait(60 * 60);
        world.work();
        world.settle();
        assert!(calls(&world).is_empty(), "{verb:?}");
    }
}

#[test]
fn a_new_offer_has_its_own_time() {
    let mut world = offered(World::alerted());
    world.wait(9 * 60);
    world.press(Verb::Recheck, "ALEX", PlanRef::Unnamed);
    world.work();
    world.wait(5 * 60);
    world.work();
    assert!(calls(&world).is_empty());
    world.wait(5 * 60);
    world.work();
    assert_eq!(calls(&world).len(), 1);
}

#[test]
fn whoever_asked_is_there_already() {
    let mut world = offered(World::asked_by("CAROL"));
    world.wait(20 * 60);
    world.work();
    assert!(calls(&world).is_empty());
}

#[test]
fn an_offer_that_ends_first_calls_nobody() {
    let mut world = World::alerted();
    world.rules.oncall.after = jiff::SignedDuration::from_hours(1);
    let mut world = offered(world);
    world.wait(31 * 60);
    world.work();
    assert!(matches!(world.incident.state, State::Expired { .. }) && !world.has(&Effect::Escalate));
}

#[test]
fn a_fix_that_does_not_do_calls_at_once() {
    let mut world = offered(World::alerted());
    world.healthz = 503;
    world.approve("ALEX");
    world.settle();
    assert!(matches!(world.incident.state, State::NotFixed(_)));
    insta::assert_snapshot!(calls(&world)[0].plain(), @"
    agw-shop: A person is needed
    On-call group: I could not mend agw-shop, and a person is needed. The message above says what was done and what is known.
    ");
    assert_eq!(calls(&world).len(), 1);
}

#[test]
fn without_a_group_nothing_is_planned() {
    let mut world = World::alerted();
    world.work();
    assert!(!world.has(&Effect::Escalate));
}

#[test]
fn what_an_alert_says_calls_nobody() {
    let mut world = offered(World::alerted());
    world.alert("<!subteam^S0614TZR7>", crate::alert::Condition::Fired);
    world.work();
    assert!(calls(&world).is_empty());
    let card = crate::say::incident(&world.incident);
    let spans = card.facts.iter().flat_map(|fact| &fact.value.0);
    assert!(spans.clone().count() > 0 && !spans.clone().any(|span| matches!(span, Span::Group(_))));
}
