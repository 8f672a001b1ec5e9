//! How many have to approve, where, when, and as what.

use super::world::*;
use crate::approval::{Approver, Mode, PlanRef, Policies, Rule};
use crate::card::Verb;
use crate::incident::{Effect, Incident, State};
use crate::request::{Channel, Platform, ReplyTo};
use crate::scope::Reach;

fn proposed() -> World {
    let mut world = World::asked_by("ALEX");
    world.work();
    world
}

/// What the policy of the shop is from now on, and the offer that comes of it.
fn with(change: impl FnOnce(&mut crate::approval::Policy)) -> World {
    let mut world = World::asked_by("ALEX");
    change(&mut world.rules.approval.everywhere);
    world.work();
    world
}

fn click(world: &mut World, verb: Verb, from: ReplyTo) {
    let plan = PlanRef::Offer(world.offered());
    world.press_of(from, verb, plan);
    world.work();
}

fn trail(incident: &Incident) -> Vec<&str> {
    incident.timeline.iter().map(|entry| entry.what.as_str()).collect()
}

#[test]
fn two_different_people_have_to_approve_where_the_policy_wants_two() {
    let mut world = with(|policy| policy.approvals = 2);
    click(&mut world, Verb::Approve, from("ALEX"));
    assert!(matches!(&world.incident.state, State::Proposed(offer) if offer.missing() == 1));
    assert_eq!((world.puts, world.has(&Effect::Apply)), (0, false));
    // The same person's second click counts once.
    click(&mut world, Verb::Approve, from("ALEX"));
    assert_eq!(
        world.last_reply(),
        "You approved this plan at 2026-11-22 03:04 UTC; that counts once. It takes one person more."
    );
    click(&mut world, Verb::Approve, from("BO"));
    world.settle();
    assert_eq!((world.puts, world.status("C1")), (1, "Fixed"));
    let by: Vec<&str> = world.incident.approved().unwrap().by().map(|person| person.id.as_str()).collect();
    assert_eq!(by, ["ALEX", "BO"]);
    assert!(trail(&world.incident).iter().any(|what| what.ends_with("; 1 more needed")));
}

#[test]
fn one_rejection_is_enough_and_takes_the_first_approval_with_it() {
    let mut world = with(|policy| policy.approvals = 2);
    click(&mut world, Verb::Approve, from("ALEX"));
    click(&mut world, Verb::Reject, from("BO"));
    assert!(matches!(world.incident.state, State::Rejected { .. }));
    world.press(Verb::Recheck, "ALEX", PlanRef::Unnamed);
    world.work();
    assert_eq!(world.offer().missing(), 2, "a new offer begins anew");
}

#[test]
fn the_first_approval_does_not_outlive_the_offer() {
    let mut world = with(|policy| policy.approvals = 2);
    click(&mut world, Verb::Approve, from("ALEX"));
    world.wait(30 * 60);
    world.work();
    assert!(matches!(world.incident.state, State::Expired { .. }));
}

#[test]
fn an_approver_who_is_removed_before_the_second_approval_does_not_count() {
    let mut world = with(|policy| policy.approvals = 2);
    click(&mut world, Verb::Approve, from("ALEX"));
    world.rules.approval.everywhere.approvers.retain(|approver| !approver.is(&from("ALEX")));
    click(&mut world, Verb::Approve, from("BO"));
    assert!(matches!(&world.incident.state, State::Proposed(offer) if offer.missing() == 1));
}

#[test]
fn an_approval_does_not_stand_when_its_approver_is_removed_before_the_write() {
    let mut world = proposed();
    world.approve("ALEX");
    let approved = world.incident.approved().unwrap().clone();
    let mut policy = world.rules.approval.everywhere.clone();
    assert!(approved.still_stands(&policy));
    policy.mode = Mode::Observe;
    assert!(!approved.still_stands(&policy));
    policy.mode = Mode::Approve;
    policy.approvals = 2;
    assert!(!approved.still_stands(&policy));
    policy.approvals = 1;
    policy.approvers.clear();
    assert!(!approved.still_stands(&policy));
}

#[test]
fn whoever_is_in_a_group_may_approve_and_nobody_can_say_so_themselves_on_another_platform() {
    let group = Approver::Group { platform: Platform::Slack, id: "SONCALL".to_owned() };
    let mut world = with(|policy| policy.approvers = vec![group]);
    click(&mut world, Verb::Approve, from("CAROL"));
    assert!(matches!(world.incident.state, State::Proposed(_)), "she is in no group");
    let mut elsewhere = ReplyTo { groups: vec!["SONCALL".to_owned()], ..from("CAROL") };
    elsewhere.person.platform = Platform::Console;
    click(&mut world, Verb::Approve, elsewhere);
    assert!(matches!(world.incident.state, State::Proposed(_)), "that is a group of Slack's");
    click(&mut world, Verb::Approve, ReplyTo { groups: vec!["SONCALL".to_owned()], ..from("CAROL") });
    world.settle();
    assert_eq!(world.puts, 1);
}

#[test]
fn a_plan_is_decided_in_its_channels_only() {
    let mut world = with(|policy| policy.channels = vec![channel("C9")]);
    for verb in [Verb::Approve, Verb::Reject] {
        click(&mut world, verb, from("ALEX"));
        insta::allow_duplicates! {
            insta::assert_snapshot!(world.last_reply(), @"You may decide about agw-shop, but not from here: use the channel C9 in Slack (approval.channels in agw.toml). Nothing was changed.");
        }
    }
    // A stranger does not learn where.
    click(&mut world, Verb::Approve, from("MALLORY"));
    assert!(!world.last_reply().contains("C9"));
    click(&mut world, Verb::Approve, ReplyTo { channel: channel("C9"), ..from("ALEX") });
    assert!(world.incident.approved().is_some());
}

#[test]
fn outside_of_the_change_window_a_plan_can_be_rejected_and_not_approved() {
    // It is a Sunday.
    let mut world =
        with(|policy| policy.windows = vec!["Mon-Fri 08:00-18:00 Europe/Zurich".parse().unwrap()]);
    click(&mut world, Verb::Approve, from("ALEX"));
    insta::assert_snapshot!(world.last_reply(), @"No change window is open for agw-shop; the next one opens at 2026-11-23 07:00 UTC. Nothing was written. The windows are approval.windows in agw.toml.");
    click(&mut world, Verb::Reject, from("ALEX"));
    assert!(matches!(world.incident.state, State::Rejected { .. }));
    world.wait(29 * 60 * 60);
    world.press(Verb::Recheck, "ALEX", PlanRef::Unnamed);
    world.work();
    world.approve("ALEX");
    world.settle();
    assert_eq!(world.puts, 1);
}

#[test]
fn where_the_bot_only_observes_it_shows_the_change_and_offers_none() {
    let mut world = with(|policy| policy.mode = Mode::Observe);
    assert_eq!(world.incident.state, State::Explained);
    assert!(world.card("C1").unwrap().actions.iter().all(|action| action.verb == Verb::Recheck));
    assert!(!world.card("C1").unwrap().diff.is_empty());
    let plan = PlanRef::Code("bca7e13f".to_owned());
    world.press(Verb::Approve, "ALEX", plan);
    world.settle();
    assert_eq!((world.puts, world.last_reply().as_str()), (0, "There is no plan on offer."));
}

#[test]
fn an_offer_that_was_made_before_observing_began_is_refused_with_what_is_missing() {
    let mut world = proposed();
    world.rules.approval.everywhere.mode = Mode::Observe;
    click(&mut world, Verb::Approve, from("ALEX"));
    insta::assert_snapshot!(world.last_reply(), @r#"You may decide about agw-shop, but I may not write to it: approval.mode in agw.toml is "observe". Nothing was changed."#);
}

#[test]
fn a_bot_without_an_identity_to_write_with_observes_and_says_so() {
    let mut world = proposed();
    world.rules.approval = world.rules.approval.without_a_writer();
    click(&mut world, Verb::Approve, from("ALEX"));
    insta::assert_snapshot!(world.last_reply(), @"You may decide about agw-shop, but I may not write to it: no identity to write with is configured (azure.write_client_id, or AGW_WRITE_CLIENT_ID in the environment). Nothing was changed.");
    let world = with(|policy| policy.mode = Mode::NoWriter);
    assert_eq!(world.incident.state, State::Explained);
    assert!(!world.card("C1").unwrap().diff.is_empty(), "the change is shown all the same");
    insta::assert_snapshot!(world.incident.timeline.last().unwrap().what, @"Diagnosed: there is a fix, and the bot has no identity to write with (probe-path-refused, confirmed)");
}

#[test]
fn a_button_works_for_its_own_offer_only_even_if_the_next_one_is_of_the_same_plan() {
    let mut world = proposed();
    let (old, plan) = (world.offered(), world.offer().plan.hash());
    world.wait(60);
    world.press(Verb::Recheck, "ALEX", PlanRef::Unnamed);
    world.work();
    assert_eq!(world.offer().plan.hash(), plan);
    assert_ne!(world.offered(), old);
    world.press(Verb::Approve, "ALEX", PlanRef::Offer(old));
    assert!(matches!(world.incident.state, State::Proposed(_)));
}

#[test]
fn the_most_specific_rule_wins_key_by_key() {
    let gateway = proposed().incident.gateway;
    let rule = |reach, approvals| Rule { approvals: Some(approvals), ..Rule::about(reach) };
    let mut policies = Policies::default();
    assert_eq!(policies.of(&gateway).approvals, 1);
    let subscription = Reach::Subscription(gateway.resource().subscription().to_uppercase());
    policies.rules.push(Rule { mode: Some(Mode::Observe), ..rule(subscription, 2) });
    policies.rules.push(rule(Reach::ResourceGroup(gateway.resource().resource_group().to_owned()), 3));
    assert_eq!((policies.of(&gateway).approvals, policies.of(&gateway).mode), (3, Mode::Observe));
    for (named, approvals) in [("agw-*", 4), ("agw-sh*", 5), ("agw-shop", 6), (gateway.as_str(), 7)] {
        policies.rules.insert(0, rule(Reach::Gateway(named.parse().unwrap()), approvals));
        assert_eq!(policies.of(&gateway).approvals, approvals, "{named}");
    }
    policies.rules.push(rule(Reach::Gateway("agw-shop".parse().unwrap()), 9));
    policies.rules.push(rule(Reach::Gateway("agw-other".parse().unwrap()), 9));
    assert_eq!(policies.of(&gateway).approvals, 7);
}

#[test]
fn the_trail_tells_who_did_what_from_which_message_with_which_plan() {
    let mut world = proposed();
    let hash = world.offer().plan.hash();
    for _ in 0..3 {
        click(&mut world, Verb::Approve, from("MALLORY"));
    }
    click(&mut world, Verb::Approve, from("ALEX"));
    world.settle();
    let entries = &world.incident.timeline;
    let refused: Vec<_> = entries.iter().filter(|entry| entry.refused).collect();
    assert_eq!(refused.len(), 1, "the same again makes no trail");
    assert_eq!(refused[0].what, "mallory tried to approve, refused: not an approver");
    let approved = entries.iter().find(|entry| entry.what.starts_with("alex approved")).unwrap();
    let by = approved.by.as_ref().unwrap();
    assert_eq!(
        (by.person.id.as_str(), by.channel.id.as_str(), by.message.as_deref()),
        ("ALEX", "C1", Some("1"))
    );
    assert_eq!(approved.plan.as_ref(), Some(&hash));
    let sent = entries.iter().find(|entry| entry.correlation.is_some()).unwrap();
    assert_eq!((sent.correlation.as_deref(), sent.plan.as_ref()), (Some("c-1"), Some(&hash)));
    // What was refused is between the bot, the person and the trail.
    assert!(world.threads.iter().all(|card| !card.plain().contains("mallory")));
    let told = crate::say::trail(&world.incident.id, &world.incident.gateway, entries).plain();
    assert!(told.contains("mallory tried to approve"), "{told}");
    assert!(told.contains(&format!("ALEX of Slack, channel C1, message 1 · plan {hash}")), "{told}");
}

#[test]
fn what_is_not_the_channel_of_a_platform_is_another_channel() {
    let mut world =
        with(|policy| policy.channels = vec![Channel { platform: Platform::Console, id: "C1".to_owned() }]);
    click(&mut world, Verb::Approve, from("ALEX"));
    assert!(matches!(world.incident.state, State::Proposed(_)));
}
