//! Who may decide, how many of them, from where and when: the policy of `agw.toml`, as people meet it.

use domain::approval::{Approver, Mode, Rule};
use domain::request::{Channel, Platform};
use domain::scope::Reach;
use handler::config::GatewayRule;
use jiff::SignedDuration;
use tests::{CHANNEL, Stage, user};

use crate::approval::offered;

const GROUP: &str = "SONCALL01";

fn usual() -> Stage {
    Stage::named("root-403")
}

#[tokio::test]
async fn two_people_approve_where_the_policy_wants_two() {
    let (world, _) = offered(usual().approver("carol").config(|config| config.approval.approvals = 2)).await;
    world.click("alex", "Approve").await;
    let half = world.message().await;
    half.says("1 of 2").says("<@U07ALEX>");
    assert_eq!(half.buttons(), ["Approve", "Reject"]);
    // The second click of the same person counts once.
    world.click("alex", "Approve").await;
    world.private("alex").await.says("that counts once").says("one person more");
    assert!(world.puts_sent().is_empty());
    world.click("carol", "Approve").await;
    let end = world.message().await;
    assert_eq!(end.status(), "Fixed");
    end.says("<@U07ALEX> and <@U07CAROL>");
    assert_eq!(world.puts_sent().len(), 1);
    world.thread().await;
    world.finish().await;
}

#[tokio::test]
async fn a_rule_for_the_gateway_wants_more_than_the_policy_elsewhere() {
    let reach = Reach::Gateway("agw-pr*".parse().unwrap());
    let rule = Rule { approvals: Some(2), ..Rule::about(reach) };
    let stage = usual().approver("carol").config(|config| config.approval.rules = vec![GatewayRule(rule)]);
    let (world, offer) = offered(stage).await;
    offer.says("0 of 2");
    world.click("carol", "Approve").await;
    world.message().await.says("1 of 2");
    world.click("carol", "Reject").await;
    assert_eq!(world.message().await.status(), "Rejected");
    assert!(world.puts_sent().is_empty());
    world.finish().await;
}

#[tokio::test]
async fn the_members_of_a_user_group_may_approve_as_long_as_they_are_in_it() {
    let group = Approver::Group { platform: Platform::Slack, id: GROUP.to_owned() };
    let (world, _) = offered(usual().config(|config| config.approval.approvers = vec![group])).await;
    world.slack.group(GROUP, &[&user("carol")]);
    world.click("alex", "Approve").await;
    world.private("alex").await.says("not on the list of approvers");
    world.click("carol", "Approve").await;
    assert_eq!(world.message().await.status(), "Fixed");
    world.thread().await;
    world.finish().await;
}

#[tokio::test]
async fn the_wrong_channel_is_told_to_whoever_may_and_to_nobody_else() {
    let other = Channel { platform: Platform::Slack, id: "C09OTHER02".to_owned() };
    let (world, offer) = offered(usual().config(|config| config.approval.channels = vec![other])).await;
    let approve = world.button("Approve");
    world.press("alex", &approve).await;
    world.private("alex").await.says("not from here").says("C09OTHER02");
    world.slack("bob", &format!("/agw approve {} {}", offer.incident(), offer.code())).await;
    world.private("bob").await.says("not on the list of approvers").does_not_say("C09OTHER02");
    assert!(world.puts_sent().is_empty());
    world.press_in("C09OTHER02", "alex", &approve).await;
    assert_eq!(world.message().await.status(), "Fixed");
    world.thread().await;
    // Whoever decided sees there what comes of it.
    let there = world.slack.messages().into_iter().find(|posted| posted.channel == "C09OTHER02").unwrap();
    assert_eq!(world.slack.read(&there.ts).status(), "Fixed");
    world.read_thread_of(&there.ts);
    world.finish().await;
}

#[tokio::test]
async fn outside_of_the_change_window_nothing_is_written() {
    // The world's clock begins on a Sunday.
    let window = "Mon-Fri 08:00-18:00 Europe/Zurich".parse().unwrap();
    let (world, _) = offered(usual().config(|config| config.approval.windows = vec![window])).await;
    world.click("alex", "Approve").await;
    world.private("alex").await.says("No change window is open").says("2026-11-23 07:00 UTC");
    assert!(world.puts_sent().is_empty());
    world.finish().await;
}

#[tokio::test]
async fn where_the_bot_observes_it_shows_the_change_and_has_no_button_for_it() {
    let world = usual().config(|config| config.approval.mode = Mode::Observe).start().await;
    world.slack("alex", "/agw diagnose agw-prod").await;
    let told = world.message().await;
    told.says("I only observe this gateway").says("custom-healthz");
    assert_eq!(told.buttons(), ["Re-check"]);
    world.slack("alex", &format!("/agw approve {} 0000", told.incident())).await;
    world.private("alex").await.says("no plan on offer");
    assert!(world.puts_sent().is_empty());
    world.thread().await;
    world.finish().await;
}

#[tokio::test]
async fn an_approver_who_was_removed_meanwhile_does_not_count() {
    let (mut world, _) =
        offered(usual().approver("carol").config(|config| config.approval.approvals = 2)).await;
    world.click("alex", "Approve").await;
    world.message().await.says("1 of 2");
    // The policy changes with the next deployment.
    world
        .config
        .approval
        .approvers
        .retain(|approver| !matches!(approver, Approver::Person { id, .. } if *id == user("alex")));
    world.restart().await;
    world.click("carol", "Approve").await;
    world.message().await.says("1 of 2").says("<@U07CAROL>").does_not_say("<@U07ALEX>");
    assert!(world.puts_sent().is_empty());
    world.finish().await;
}

#[tokio::test]
async fn the_audit_trail_tells_who_did_what_from_where() {
    let (world, offer) = offered(usual()).await;
    world.click("bob", "Approve").await;
    world.private("bob").await;
    world.click("alex", "Approve").await;
    world.message().await;
    world.thread().await;
    world.slack("carol", &format!("/agw audit {}", offer.incident())).await;
    let trail = world.private("carol").await;
    trail.says("bob tried to approve, refused: not an approver");
    trail.says("alex approved plan").says(CHANNEL).says(&user("alex")).says("correlation id");
    world.finish().await;
}

#[tokio::test]
async fn an_offer_that_expired_is_not_approved_by_the_button_of_the_next_one() {
    let (world, _) = offered(usual()).await;
    let old = world.button("Approve");
    world.clock.advance(SignedDuration::from_mins(31));
    assert_eq!(world.message().await.status(), "Expired");
    world.click("alex", "Re-check").await;
    world.message().await;
    world.thread().await;
    assert_ne!(world.button("Approve").value, old.value, "the same plan, and another offer");
    world.press("alex", &old).await;
    world.private("alex").await.says("not the one you named");
    assert!(world.puts_sent().is_empty());
    world.finish().await;
}
