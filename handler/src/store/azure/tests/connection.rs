//! What happens when the service is not there, slow, or not as it should be.

use std::sync::Arc;
use std::time::{Duration, Instant};

use futures::future::join_all;
use tokio::net::TcpListener;

use super::account::{Account, Unsigned};
use crate::clock::SystemClock;
use crate::ports::{Reception, Store, StoreError, Wake, Wakeups};
use crate::store::conformance::{at, incident, request};
use crate::store::{AzureStore, AzureStoreOptions};

/// Where nothing listens.
async fn closed() -> Account {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("https://{}/", listener.local_addr().unwrap());
    Account::at(&address, &address, "test")
}

fn told(error: &StoreError) -> String {
    error.to_string()
}

#[tokio::test]
async fn where_nothing_listens_the_error_comes_at_once() {
    let (store, begun) = (closed().await.store(), Instant::now());
    let wake = Wake::Request(request("one", 0).id);
    let error = told(&store.accept(&request("one", 0)).await.unwrap_err());
    assert!(
        error.starts_with("the store failed to keep a request: Azure Storage could not be reached: "),
        "{error}"
    );
    let error = told(&store.wake(&wake, at(0)).await.unwrap_err());
    assert!(error.starts_with("the store failed to send a wake-up: "), "{error}");
    assert!(store.load(&incident("INC-AAAA", "agw-shop", 0).id).await.is_err());
    store.warm().await;
    assert!(begun.elapsed() < Duration::from_secs(8), "{:?} for four calls", begun.elapsed());
}

#[tokio::test]
async fn a_service_that_says_nothing_is_given_up() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("https://{}/", listener.local_addr().unwrap());
    // Connections are taken and never answered.
    let silent = tokio::spawn(async move {
        let mut taken = Vec::new();
        loop {
            taken.push(listener.accept().await.unwrap());
        }
    });
    let (store, begun) = (Account::at(&address, &address, "test").store(), Instant::now());
    let error = told(&store.accept(&request("one", 0)).await.unwrap_err());
    let waited = begun.elapsed();
    assert!(waited < Duration::from_secs(3), "{waited:?}");
    assert_eq!(error, "the store failed to keep a request: no answer from Azure Storage within 2.5s");
    silent.abort();
}

#[tokio::test]
async fn making_a_store_costs_nothing() {
    let (account, begun) = (closed().await, Instant::now());
    let _stores: Vec<_> = (0..100).map(|_| account.store()).collect();
    assert!(begun.elapsed() < Duration::from_millis(500), "{:?} for a hundred", begun.elapsed());
}

#[test]
fn a_token_is_never_sent_in_the_clear() {
    let plain = |scheme: &str| format!("{scheme}://account.example/").parse().unwrap();
    let options = |blob, queue| AzureStoreOptions {
        blob: plain(blob),
        queue: plain(queue),
        container: "agw".into(),
        queue_name: "agw-work".into(),
    };
    for options in [options("http", "https"), options("https", "http")] {
        let error =
            AzureStore::new(options, Arc::new(Unsigned::default()), Arc::new(SystemClock)).err().unwrap();
        let error = told(&error);
        assert!(error.starts_with("the store failed to use the storage account: "), "{error}");
        assert!(error.ends_with("must use https"), "{error}");
    }
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs Azurite: cargo xtask test"]
async fn the_container_and_the_queue_are_created_when_they_are_missing() {
    let account = Account::new();
    let stores: Vec<_> = (0..8).map(|_| account.store()).collect();
    let asked = request("one", 0);
    let receptions = join_all(stores.iter().map(|store| store.accept(&asked))).await;
    let new = receptions.into_iter().filter(|reception| *reception.as_ref().unwrap() == Reception::New);
    assert_eq!(new.count(), 1);
    let wake = Wake::Request(asked.id.clone());
    for woken in join_all(stores.iter().map(|store| store.wake(&wake, at(0)))).await {
        woken.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs Azurite: cargo xtask test"]
async fn a_token_that_is_for_something_else_is_told_apart() {
    let store = Account::new().store_of_a_stranger();
    let error = told(&store.accept(&request("one", 0)).await.unwrap_err());
    assert_eq!(
        error,
        "the store failed to keep a request: Azure Storage does not take the bot's token (AuthenticationFailed)"
    );
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs Azurite: cargo xtask test"]
async fn a_list_goes_on_where_a_page_ends() {
    let store = Account::new().store();
    let asked: Vec<_> = (0..7).map(|n| request(&n.to_string(), n)).collect();
    for accepted in join_all(asked.iter().map(|request| store.accept(request))).await {
        accepted.unwrap();
    }
    let listed = store.blobs.list_by("requests/", Some(2)).await.unwrap();
    assert_eq!(listed.len(), 7);
    assert!(listed.iter().all(|one| one.meta.number("due").is_some()));
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs Azurite: cargo xtask test"]
async fn reading_where_nothing_was_ever_kept_finds_nothing() {
    let store = Account::new().store();
    let opened = incident("INC-AAAA", "agw-shop", 0);
    assert_eq!(store.request(&request("one", 0).id).await.unwrap(), None);
    assert_eq!(store.load(&opened.id).await.unwrap(), None);
    assert_eq!(store.open_for(&opened.gateway).await.unwrap(), None);
    assert_eq!(store.due(at(0)).await.unwrap(), []);
    assert_eq!(store.open_incidents().await.unwrap(), []);
    assert_eq!(store.trail(&opened.id).await.unwrap(), []);
    assert_eq!(store.take(at(0)).await.unwrap(), []);
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs Azurite: cargo xtask test"]
async fn a_finished_request_is_forgotten_after_a_day() {
    let store = Account::new().store();
    let asked = request("one", 0);
    store.accept(&asked).await.unwrap();
    store.finish_request(&asked.id).await.unwrap();
    let now = crate::ports::Clock::now(&SystemClock);
    store.due(now + jiff::SignedDuration::from_hours(23)).await.unwrap();
    assert_eq!(store.accept(&asked).await.unwrap(), Reception::Repeated);
    store.due(now + jiff::SignedDuration::from_hours(25)).await.unwrap();
    assert_eq!(store.accept(&asked).await.unwrap(), Reception::New);
}
