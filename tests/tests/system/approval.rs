//! Promise 1: nothing is written without an approval, by somebody who may, for the plan that they saw, in time.

use domain::alert::Condition::Fired;
use jiff::SignedDuration;
use tests::{Content, Stage, World};

/// A world in which the plan of root-403 is on offer, and read.
pub(crate) async fn offered(stage: Stage) -> (World, Content) {
    let world = stage.start().await;
    world.alert(Fired).await;
    let offer = world.message().await;
    assert_eq!(offer.buttons(), ["Approve", "Reject"]);
    world.thread().await;
    (world, offer)
}

fn usual() -> Stage {
    Stage::named("root-403")
}

#[tokio::test]
async fn promise_1_nobody_else_may_approve() {
    let (world, offer) = offered(usual()).await;
    world.click("bob", "Approve").await;
    world.private("bob").await.says("not on the list of approvers");
    world.slack("bob", &format!("/agw approve {} {}", offer.incident(), offer.code())).await;
    world.private("bob").await.says("not on the list of approvers");
    world.slack("bob", &format!("/agw reject {}", offer.incident())).await;
    world.private("bob").await.says("not on the list of approvers");
    assert!(world.puts_sent().is_empty());
    assert_eq!(world.latest().now(), &offer, "the offer still stands");
    world.finish().await;
}

#[tokio::test]
async fn promise_1_nobody_at_all_may_approve_where_nobody_is_listed() {
    let (world, _) = offered(usual().config(|config| config.approval.approvers.clear())).await;
    world.click("alex", "Approve").await;
    world.private("alex").await.says("not on the list of approvers");
    assert!(world.puts_sent().is_empty());
    world.finish().await;
}

#[tokio::test]
async fn promise_1_who_asked_needs_somebody_else_where_the_policy_says_so() {
    let stage = usual().approver("carol").config(|config| config.approval.asker_may_approve = false);
    let world = stage.start().await;
    world.slack("alex", "/agw diagnose agw-prod").await;
    world.message().await;
    world.click("alex", "Approve").await;
    world.private("alex").await.says("somebody else");
    assert!(world.puts_sent().is_empty());
    world.click("carol", "Approve").await;
    world.message().await.says("<@U07CAROL>");
    assert_eq!(world.azure.puts(), 1);
    world.thread().await;
    world.finish().await;
}

#[tokio::test]
async fn promise_1_a_code_has_to_be_the_plans_own() {
    let (world, offer) = offered(usual()).await;
    let id = offer.incident();
    world.slack("alex", &format!("/agw approve {id}")).await;
    world.private("alex").await.says(&format!("/agw approve {id} {}", offer.code()));
    world.slack("alex", &format!("/agw approve {id} 0000")).await;
    world.private("alex").await.says("not the one you named");
    world.slack("alex", &format!("/agw approve INC-ZZZZ {}", offer.code())).await;
    world.private("alex").await.says("INC-ZZZZ");
    assert!(world.puts_sent().is_empty());
    world.finish().await;
}

#[tokio::test]
async fn promise_1_an_offer_expires() {
    let (world, _) = offered(usual()).await;
    let approve = world.button("Approve");
    world.clock.advance(SignedDuration::from_mins(31));
    let expired = world.message().await;
    assert_eq!(expired.status(), "Expired");
    assert!(!expired.buttons().contains(&"Approve".to_owned()));
    world.press("alex", &approve).await;
    world.private("alex").await.says("expired");
    assert!(world.puts_sent().is_empty());

    world.click("alex", "Re-check").await;
    assert_eq!(world.message().await.buttons(), ["Approve", "Reject"]);
    world.thread().await;
    world.finish().await;
}

#[tokio::test]
async fn promise_1_a_click_that_overtakes_the_expiry_comes_too_late_all_the_same() {
    let (world, _) = offered(usual()).await;
    // Nobody was woken to end the offer.
    world.lose_wakeups().await;
    world.clock.advance(SignedDuration::from_mins(30));
    let approve = world.button("Approve");
    world.press("alex", &approve).await;
    assert_eq!(world.message().await.status(), "Expired");
    world.private("alex").await.says("expired");
    assert!(world.puts_sent().is_empty());
    world.finish().await;
}

#[tokio::test]
async fn promise_1_a_rejected_plan_is_not_written() {
    let (world, offer) = offered(usual()).await;
    let approve = world.button("Approve");
    world.slack("alex", &format!("/agw reject {} we mend the app instead", offer.incident())).await;
    let end = world.message().await;
    assert_eq!(end.status(), "Rejected");
    end.says("<@U07ALEX>").says("we mend the app instead");
    assert_eq!(end.buttons(), ["Re-check"]);
    world.press("alex", &approve).await;
    world.private("alex").await.says("rejected");
    assert!(world.puts_sent().is_empty());
    world.finish().await;
}

#[tokio::test]
async fn promise_2_a_plan_is_applied_at_most_once_under_double_clicks() {
    let (world, _) = offered(usual().approver("carol")).await;
    let approve = world.button("Approve");
    // The same click delivered twice, a second click, and a second person's.
    let body = world.click_body("alex", &approve, "1795371720.900001");
    for _ in 0..2 {
        world.signed("/api/slack/interactions", &body, 0).await.taken();
    }
    world.press("alex", &approve).await;
    world.press("carol", &approve).await;
    let end = world.message().await;
    assert_eq!(end.status(), "Fixed");
    assert_eq!(world.puts_sent().len(), 1);
    // Whoever was second is told, and all of them see the same name.
    let told = world.slack.read_private("U07ALEX").len() + world.slack.read_private("U07CAROL").len();
    assert_eq!(told, 2);
    world.press("carol", &approve).await;
    world.private("carol").await.says("lready approved");
    assert_eq!(world.puts_sent().len(), 1);
    world.thread().await;
    world.finish().await;
}

#[tokio::test]
async fn promise_2_a_click_of_long_ago_does_not_count_again() {
    let (world, _) = offered(usual()).await;
    let approve = world.button("Approve");
    let body = world.click_body("alex", &approve, "1795371720.900001");
    world.signed("/api/slack/interactions", &body, 0).await.taken();
    assert_eq!(world.message().await.status(), "Fixed");
    world.thread().await;
    world.click("alex", "Undo").await;
    assert_eq!(world.message().await.buttons(), ["Approve", "Reject"]);
    // The click on the first plan is redelivered while another one is on offer.
    world.signed("/api/slack/interactions", &body, 0).await.taken();
    world.press("alex", &approve).await;
    world.private("alex").await.says("not the one you named");
    assert_eq!(world.puts_sent().len(), 1);
    world.finish().await;
}

#[tokio::test]
async fn promise_1_of_an_approval_and_a_rejection_at_once_one_decides() {
    let (world, _) = offered(usual().approver("carol")).await;
    let (approve, reject) = (world.button("Approve"), world.button("Reject"));
    world.press("carol", &reject).await;
    world.press("alex", &approve).await;
    let end = world.message().await;
    let writes = usize::from(end.status() == "Fixed");
    assert!(writes == 1 || end.status() == "Rejected", "{end}");
    assert_eq!(world.puts_sent().len(), writes);
    let second = if writes == 1 { "carol" } else { "alex" };
    world.private(second).await;
    world.thread().await;
    world.finish().await;
}
