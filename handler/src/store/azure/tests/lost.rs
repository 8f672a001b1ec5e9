//! The answer is lost after the service did what it was asked: the SDK sends the request again, and the
//! second answer must not be taken for somebody else's doing.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use async_trait::async_trait;
use azure_core::error::{Error, ErrorKind};
use azure_core::http::{AsyncRawResponse, HttpClient, Method, Request};
use domain::incident::Entry;

use super::account::Account;
use crate::ports::{Opened, Reception, Saved, Store};
use crate::store::azure::client::Lazy;
use crate::store::conformance::{at, incident, request};

/// Loses the answer to every second write.
#[derive(Debug, Default)]
struct Lossy {
    client: Lazy,
    writes: AtomicUsize,
}

#[async_trait]
impl HttpClient for Lossy {
    async fn execute_request(&self, request: &Request) -> azure_core::Result<AsyncRawResponse> {
        let answer = self.client.execute_request(request).await?;
        let is_write = request.method() == Method::Put;
        if is_write && self.writes.fetch_add(1, Ordering::SeqCst).is_multiple_of(2) {
            return Err(Error::with_message(ErrorKind::Io, "the connection broke"));
        }
        Ok(answer)
    }
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs Azurite: cargo xtask test"]
async fn a_request_whose_answer_was_lost_is_new_and_not_repeated() {
    let account = Account::new();
    account.store().warm().await;
    let store = account.store_over(Arc::new(Lossy::default()));
    assert_eq!(store.accept(&request("one", 0)).await.unwrap(), Reception::New);
    assert_eq!(store.accept(&request("one", 0)).await.unwrap(), Reception::Repeated);
    assert_eq!(account.store().postpone_request(&request("one", 0).id, at(5)).await.unwrap(), 1);
    let store = account.store_over(Arc::new(Lossy::default()));
    assert_eq!(store.postpone_request(&request("one", 0).id, at(10)).await.unwrap(), 2);
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs Azurite: cargo xtask test"]
async fn an_incident_is_opened_and_saved_once() {
    let account = Account::new();
    account.store().warm().await;
    let store = account.store_over(Arc::new(Lossy::default()));
    let mut opened = incident("INC-AAAA", "agw-shop", 0);
    assert_eq!(store.open(&opened).await.unwrap(), Opened::New);
    for n in 0..4 {
        opened.timeline.push(Entry::new(at(n), n.to_string()));
        let (_, version) = store.load(&opened.id).await.unwrap().unwrap();
        assert_eq!(store.save(&opened, version.clone()).await.unwrap(), Saved::Yes);
        assert_eq!(store.save(&opened, version).await.unwrap(), Saved::Conflict);
    }
    assert_eq!(store.trail(&opened.id).await.unwrap(), opened.timeline);
    assert_eq!(account.store().trail(&opened.id).await.unwrap(), opened.timeline);
}
