//! Messages, with a storage service behind the host.

use std::path::Path;
use std::time::Duration;

use tempfile::TempDir;

use super::package;
use crate::functions::{FunctionsHost, Options, Outcome, Storage};

/// A host at the queues of an account of this test alone.
fn options(dir: &TempDir, account: &str) -> (Options, Storage) {
    let storage = Storage::account(account).expect("Azurite: these tests are run by `cargo xtask test`");
    let mut options = super::options(dir, "works");
    options.settings.extend(storage.settings());
    options.queues = Some(storage.clone());
    (options, storage)
}

fn runs(host: &FunctionsHost, count: usize) -> Option<()> {
    (host.invocations().len() == count).then_some(())
}

#[tokio::test]
#[ignore = "needs Azurite: cargo xtask test"]
async fn a_message_is_deleted_when_it_is_done_and_poisoned_when_it_cannot_be() {
    let dir = package();
    let (options, storage) = options(&dir, "agwtest30");
    let host = FunctionsHost::start(options).await;
    storage.send("jobs", "works").await.unwrap();
    host.until("a run", |host| runs(host, 1)).await;
    storage.until_count("jobs", 0).await;
    storage.send("jobs", "fails").await.unwrap();
    storage.until_count("jobs-poison", 1).await;
    storage.until_count("jobs", 0).await;
    let counts: Vec<Option<u32>> = host.invocations().iter().map(|run| run.dequeue_count).collect();
    assert_eq!(counts, [1, 1, 2, 3, 4, 5].map(Some));
    assert_eq!(storage.peek_messages("jobs-poison").await.unwrap()[0].decoded().as_deref(), Some("fails"));
    storage.put_message("jobs", "no base64", Duration::ZERO).await.unwrap();
    storage.until_count("jobs-poison", 2).await;
    assert_eq!(host.violations().len(), 1);
    // A poison queue has no poison queue: what fails there stays, out of sight.
    storage.send("left-poison", "fails").await.unwrap();
    host.until("a run", |host| runs(host, 7)).await;
    storage.until_count("left-poison", 1).await;
    assert!(storage.peek_messages("left-poison").await.unwrap().is_empty());
}

#[tokio::test]
#[ignore = "needs Azurite: cargo xtask test"]
async fn what_an_instance_held_when_it_disappeared_is_done_by_another() {
    let dir = package();
    let (mut options, storage) = options(&dir, "agwtest31");
    options.pace.invisible = Duration::from_secs(2);
    let one = FunctionsHost::start(options.clone()).await;
    storage.send("jobs", "works for ever at first").await.unwrap();
    let second = dir.path().join("second");
    one.until("the first run", |_| Path::new(&second).exists().then_some(())).await;
    one.kill().await;
    assert!(one.invocations().is_empty());
    assert_eq!(storage.count_messages("jobs").await.unwrap(), 1);
    assert!(storage.peek_messages("jobs").await.unwrap().is_empty(), "it is invisible");
    let two = FunctionsHost::start(options).await;
    two.until("the second run", |host| runs(host, 1)).await;
    let run = &two.invocations()[0];
    assert_eq!((&run.outcome, run.dequeue_count), (&Outcome::Succeeded, Some(2)));
    storage.until_count("jobs", 0).await;
}
