//! What `agw check` tries.

use std::sync::Arc;

use async_trait::async_trait;
use azure_core::http::headers::Headers;
use azure_core::http::{AsyncRawResponse, HttpClient, Request, StatusCode};

use super::account::Account;
use crate::ports::{Store as _, Tried};

/// A service that knows who asks, and that they have no role.
#[derive(Debug)]
struct NoRole;

#[async_trait]
impl HttpClient for NoRole {
    async fn execute_request(&self, _: &Request) -> azure_core::Result<AsyncRawResponse> {
        let mut headers = Headers::new();
        headers.insert("x-ms-error-code", "AuthorizationPermissionMismatch");
        Ok(AsyncRawResponse::from_bytes(StatusCode::Forbidden, headers, Vec::new()))
    }
}

#[tokio::test]
async fn each_part_names_the_role_that_is_missing_and_the_account() {
    let account = Account::at("https://stagw.blob.example/", "https://stagw.queue.example/", "agw");
    let tried = account.store_over(Arc::new(NoRole)).tried().await;
    let told = tried.iter().map(|Tried { part, found, role, account }| {
        format!("{part}: {} | {role:?} | {account:?}", found.as_ref().unwrap_err())
    });
    insta::assert_snapshot!(told.collect::<Vec<_>>().join("\n"), @r#"
    blobs: the bot's identity needs the role Storage Blob Data Contributor, or a firewall keeps it out (AuthorizationPermissionMismatch) | Some("Storage Blob Data Contributor") | Some("stagw")
    queue: the bot's identity needs the role Storage Queue Data Contributor, or a firewall keeps it out (AuthorizationPermissionMismatch) | Some("Storage Queue Data Contributor") | Some("stagw")
    "#);
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs Azurite: cargo xtask test"]
async fn what_is_tried_leaves_nothing_behind() {
    let store = Account::new().store();
    let tried = store.tried().await;
    assert!(tried.iter().all(|tried| tried.found.is_ok()), "{tried:?}");
    assert!(store.blobs.list("checks/").await.unwrap().is_empty());
}
