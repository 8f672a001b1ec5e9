//! Several bots over one store.

use domain::alert::Condition::Fired;
use jiff::SignedDuration;
use tests::{Moment, Stage};

use crate::approval::offered;

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn promise_2_a_plan_is_applied_once_however_many_workers_there_are() {
    for _ in 0..3 {
        let folder = tempfile::tempdir().unwrap();
        let stage = Stage::named("root-403").file(folder.path().join("agw.db")).workers(3);
        let (world, _) = offered(stage).await;
        let approve = world.button("Approve");
        world.press("alex", &approve).await;
        world.press("alex", &approve).await;
        let end = world.message().await;
        assert_eq!(end.status(), "Fixed");
        world.private("alex").await;
        assert_eq!((world.puts_sent().len(), world.azure.puts()), (1, 1));
        assert_eq!(world.slack.messages().len(), 1);
        let revisions = world.latest().revisions;
        let twice = revisions.windows(2).any(|pair| pair[0] == pair[1]);
        assert!(!twice, "a revision was posted twice");
        let thread = world.thread().await;
        // Two requests that are on their way at once arrive in either order.
        let mut statuses: Vec<String> = thread.iter().map(tests::Content::status).collect();
        statuses.sort();
        assert_eq!(statuses, ["History", "Keep it in code"], "each once");
        world.finish().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn many_alerts_at_once_are_one_incident_however_many_workers_there_are() {
    let folder = tempfile::tempdir().unwrap();
    let stage = Stage::named("root-403").file(folder.path().join("agw.db")).workers(3);
    let world = stage.start().await;
    for firing in 1..=8 {
        let alert = tests::AlertBody { firing, ..tests::AlertBody::about(world.azure.gateway_id()) };
        world.talk.alert(&alert).await.taken();
    }
    world.alert(Fired).await;
    world.message().await.says("fired 8 times");
    assert_eq!((world.slack.messages().len(), world.incidents().await.len()), (1, 1));
    world.thread().await;
    world.finish().await;
}

#[tokio::test]
async fn promise_2_a_worker_that_was_overtaken_does_not_write() {
    let folder = tempfile::tempdir().unwrap();
    let stage = Stage::named("root-403").file(folder.path().join("agw.db")).workers(2).gate();
    let (world, _) = offered(stage).await;
    let gate = world.gate.as_ref().unwrap();
    let approve = world.button("Approve");
    world.press("alex", &approve).await;
    // The first worker reads the gateway, and its claim runs out before it hears what it read.
    gate.cut(Moment::After(1));
    let first = world.worker(0);
    first.run_due().await.unwrap();
    let slow = tokio::spawn(async move { first.run_due().await });
    gate.reached().await;
    world.clock.advance(SignedDuration::from_mins(3));
    world.sweep().await;
    assert_eq!(world.message().await.status(), "Fixed");
    assert_eq!(world.puts_sent().len(), 1);
    gate.release();
    slow.await.unwrap().unwrap();
    world.settle().await;
    assert_eq!(world.puts_sent().len(), 1, "the first worker knows that it was overtaken");
    world.thread().await;
    world.finish().await;
}
