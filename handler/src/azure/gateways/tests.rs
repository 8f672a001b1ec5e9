use serde_json::json;
use wiremock::matchers::{path, query_param, query_param_is_missing};
use wiremock::{Mock, MockServer, ResponseTemplate};

use super::*;
use crate::azure::client::tests::config;
use crate::azure::{ArmClient, Identities};
use crate::ports::Arm;

fn gateway(subscription: &str, name: &str) -> String {
    format!(
        "/subscriptions/{subscription}/resourceGroups/rg/providers/Microsoft.Network/applicationGateways/{name}"
    )
}

fn list(subscription: &str) -> String {
    format!("/subscriptions/{subscription}/providers/Microsoft.Network/applicationGateways")
}

fn page(ids: &[String], next: Option<String>) -> ResponseTemplate {
    let value: Vec<_> = ids.iter().map(|id| json!({"id": id})).collect();
    ResponseTemplate::new(200).set_body_json(json!({"value": value, "nextLink": next}))
}

fn denied() -> ResponseTemplate {
    ResponseTemplate::new(403)
        .set_body_json(json!({"error": {"code": "AuthorizationFailed", "message": "no"}}))
}

/// Subscription `a` has two pages of gateways, `b` has one gateway, and `c` shows nothing to us.
async fn azure() -> MockServer {
    let server = MockServer::start().await;
    let named = |id: &str, state: &str| json!({"subscriptionId": id, "state": state});
    let all = json!({"value": [named("b", "Enabled"), named("a", "Warned"), named("c", "Enabled"), named("off", "Disabled")]});
    let subscriptions = Mock::given(path("/subscriptions")).and(query_param("api-version", "2022-12-01"));
    subscriptions.respond_with(ResponseTemplate::new(200).set_body_json(all)).mount(&server).await;
    let next = format!("{}{}?api-version=2025-07-01&$skiptoken=2", server.uri(), list("a"));
    let first = Mock::given(path(list("a"))).and(query_param_is_missing("$skiptoken"));
    first.respond_with(page(&[gateway("a", "one")], Some(next))).mount(&server).await;
    let second = Mock::given(path(list("a"))).and(query_param("$skiptoken", "2"));
    second.respond_with(page(&[gateway("a", "two")], None)).mount(&server).await;
    Mock::given(path(list("b"))).respond_with(page(&[gateway("b", "three")], None)).mount(&server).await;
    Mock::given(path(list("c"))).respond_with(denied()).mount(&server).await;
    server
}

async fn listed(
    server: &MockServer,
    subscriptions: &[&str],
    gateways: &[&str],
) -> Result<Vec<String>, ArmError> {
    let owned = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
    let config =
        ArmConfig { subscriptions: owned(subscriptions), gateways: owned(gateways), ..config(server) };
    let ids = ArmClient::new(config, Identities::unsigned()).unwrap().gateways().await?;
    Ok(ids.iter().map(|id| id.name().to_string()).collect())
}

#[tokio::test]
async fn without_a_scope_it_is_all_that_can_be_seen() {
    assert_eq!(listed(&azure().await, &[], &[]).await.unwrap(), ["one", "two", "three"]);
}

#[tokio::test]
async fn names_and_ids_are_a_scope() {
    let server = azure().await;
    assert_eq!(listed(&server, &["a"], &["TWO"]).await.unwrap(), ["two"]);
    assert_eq!(listed(&server, &["a"], &["two", &gateway("z", "far")]).await.unwrap(), ["two", "far"]);
    assert_eq!(listed(&server, &[], &["nowhere"]).await.unwrap(), Vec::<String>::new());
}

#[tokio::test]
async fn ids_need_no_call() {
    let server = azure().await;
    assert_eq!(listed(&server, &[], &[&gateway("z", "far")]).await.unwrap(), ["far"]);
    assert_eq!(server.received_requests().await.unwrap().len(), 0);
}

#[tokio::test]
async fn a_configured_subscription_that_is_closed_is_told() {
    let error = listed(&azure().await, &["a", "c"], &[]).await.unwrap_err();
    assert_eq!(error, ArmError::Forbidden { action: GATEWAYS_READ.to_owned() });
}

#[tokio::test]
async fn a_list_is_kept_for_a_moment() {
    let server = azure().await;
    let arm = ArmClient::new(config(&server), Identities::unsigned()).unwrap();
    let (first, second) = tokio::join!(arm.gateways(), arm.gateways());
    assert_eq!(first, second);
    assert_eq!(server.received_requests().await.unwrap().len(), 5);
}

#[tokio::test]
async fn a_list_does_not_lead_elsewhere_or_in_circles() {
    for next in ["https://evil.example/", ""] {
        let server = MockServer::start().await;
        let next = if next.is_empty() { format!("{}{}", server.uri(), list("a")) } else { next.to_owned() };
        Mock::given(path(list("a"))).respond_with(page(&[], Some(next))).mount(&server).await;
        assert!(matches!(listed(&server, &["a"], &[]).await, Err(ArmError::Unexpected { .. })));
    }
}
