use std::sync::LazyLock;
use std::sync::atomic::{AtomicBool, Ordering};

use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::http::header;
use axum::response::IntoResponse as _;
use secrecy::SecretString;
use serde_json::{Value, json};

use super::super::{AlertIntake, Door, receive};
use super::*;
use crate::chat::fakes::{self, FakeStore, NOW, SetClock};
use crate::jwt::fakes::{Documents, Issuer};

const APP: &str = "55555555-6666-7777-8888-999999999999";
const TENANT: &str = "33333333-4444-5555-6666-777777777777";
const KEY: &str = "a-key";

static ISSUER: LazyLock<Issuer> = LazyLock::new(|| Issuer::new("k1"));

/// A bot that takes tokens, and the Entra ID that issues them.
struct Bot {
    intake: AlertIntake,
    store: Arc<FakeStore>,
    documents: Documents,
    clock: Arc<SetClock>,
}

/// How a request was answered, and whether its body was looked at.
#[derive(Debug, PartialEq)]
struct Answer {
    status: u16,
    said: String,
    read: bool,
}

impl Bot {
    async fn start() -> Self {
        Self::with_key(None).await
    }

    async fn with_key(key: Option<&str>) -> Self {
        let (documents, clock) = (Documents::default(), Arc::new(SetClock::default()));
        documents.publish(&[ISSUER.jwk(&[])]);
        let metadata = Some(documents.serve().await);
        let trust = Trust {
            app_id: APP.to_uppercase(),
            tenant: TENANT.into(),
            role: "ActionGroupsSecureWebhook".into(),
            metadata,
        };
        let entra = Some(Arc::new(SecureWebhook::new(trust, clock.clone()).unwrap()));
        let key = key.map(|key| Arc::new(SecretString::from(key)));
        let (intake, store) = fakes::intake();
        let intake = AlertIntake { intake, door: Door { key, entra, hosted: true } };
        Self { intake, store, documents, clock }
    }

    async fn show(&self, token: Option<&str>, key: Option<&str>) -> Answer {
        let read = Arc::new(AtomicBool::new(false));
        let looked = read.clone();
        let alert = sample().to_string();
        let body = futures::stream::once(async move {
            looked.store(true, Ordering::SeqCst);
            Ok::<_, std::convert::Infallible>(Bytes::from(alert))
        });
        let mut request = Request::post("/api/alerts");
        if let Some(token) = token {
            request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
        }
        if let Some(key) = key {
            request = request.header("x-functions-key", key);
        }
        let request = request.body(Body::from_stream(body)).unwrap();
        let response = match receive(State(self.intake.clone()), request).await {
            Ok(response) => response,
            Err(refusal) => refusal.into_response(),
        };
        let status = response.status().as_u16();
        let said = axum::body::to_bytes(response.into_body(), 4096).await.unwrap();
        let said = String::from_utf8(said.to_vec()).unwrap();
        Answer { status, said, read: read.load(Ordering::SeqCst) }
    }

    /// A token is refused with this status, and nothing of the request is read or kept.
    async fn refuses(&self, token: &str, status: u16) -> String {
        let answer = self.show(Some(token), None).await;
        assert_eq!((answer.status, answer.read), (status, false), "{}", answer.said);
        assert!(self.store.requests().is_empty());
        answer.said
    }

    async fn takes(&self, token: &str) {
        let answer = self.show(Some(token), None).await;
        assert_eq!((answer.status, answer.read), (200, true), "{}", answer.said);
    }
}

fn sample() -> Value {
    json!({ "schemaId": "azureMonitorCommonAlertSchema", "data": { "essentials": {
        "alertRule": "test-metricAlertRule", "alertTargetIDs": [],
    } } })
}

/// What Entra ID says of Azure Monitor, by version 2 of its tokens.
fn claims() -> Value {
    json!({
        "aud": APP, "iss": format!("https://login.microsoftonline.com/{TENANT}/v2.0"), "tid": TENANT,
        "azp": "461e8683-5575-4561-ac7f-899cc907d62a", "azpacr": "2", "ver": "2.0",
        "roles": ["Somebody.Else", "ActionGroupsSecureWebhook"],
        "iat": NOW - 600, "nbf": NOW - 600, "exp": NOW + 3000,
    })
}

fn signed(claims: &Value) -> String {
    ISSUER.sign(&ISSUER.header(), claims)
}

fn but(name: &str, value: Value) -> String {
    let mut claims = claims();
    claims[name] = value;
    signed(&claims)
}

#[tokio::test]
async fn a_token_of_azure_monitor_opens_the_door() {
    let bot = Bot::start().await;
    bot.takes(&signed(&claims())).await;
    bot.takes(&but("roles", json!(["ActionGroupsSecureWebhook"]))).await;
    assert_eq!(bot.documents.count(), 1);
}

#[tokio::test]
async fn no_claim_can_be_another() {
    let bot = Bot::start().await;
    let issuer = |text: &str| json!(text.replace("TENANT", TENANT));
    let cases = [
        ("iss", issuer("https://login.microsoftonline.com/44444444-5555-6666-7777-888888888888/v2.0"), 401),
        ("iss", issuer("https://login.microsoftonline.us/TENANT/v2.0"), 401),
        ("iss", issuer("https://login.microsoftonline.com/TENANT/"), 401),
        ("iss", issuer("https://evil.example/TENANT/v2.0"), 401),
        ("iss", json!(""), 401),
        ("iss", Value::Null, 401),
        ("tid", json!("44444444-5555-6666-7777-888888888888"), 401),
        ("tid", Value::Null, 401),
        ("aud", json!(format!("api://{APP}")), 401),
        ("aud", json!("66666666-6666-7777-8888-999999999999"), 401),
        ("aud", json!([APP]), 401),
        ("aud", Value::Null, 401),
        ("azp", json!(APP), 403),
        ("azp", Value::Null, 403),
        ("roles", json!([]), 403),
        ("roles", json!(["actiongroupssecurewebhook"]), 403),
        ("roles", Value::Null, 401),
        ("roles", json!("ActionGroupsSecureWebhook"), 401),
        ("exp", json!(NOW - 300), 401),
        ("exp", Value::Null, 401),
        ("nbf", json!(NOW + 301), 401),
        ("nbf", Value::Null, 401),
    ];
    for (name, value, status) in cases {
        bot.refuses(&but(name, value.clone()), status).await;
    }
    let mut without_roles = claims();
    without_roles.as_object_mut().unwrap().remove("roles");
    let said = bot.refuses(&signed(&without_roles), 403).await;
    assert!(said.contains("ActionGroupsSecureWebhook: assign it to AzNS AAD Webhook"), "{said}");
    bot.takes(&but("exp", json!(NOW - 299))).await;
    bot.takes(&but("nbf", json!(NOW + 300))).await;
}

#[tokio::test]
async fn a_token_of_version_one_says_what_to_set() {
    let bot = Bot::start().await;
    let mut claims = claims();
    claims["iss"] = json!(format!("https://sts.windows.net/{TENANT}/"));
    claims["aud"] = json!(format!("api://{APP}"));
    claims["appid"] = claims["azp"].take();
    let said = bot.refuses(&signed(&claims), 401).await;
    assert!(said.contains("requestedAccessTokenVersion to 2"), "{said}");
    claims["iss"] = json!("https://sts.windows.net/44444444-5555-6666-7777-888888888888/");
    let said = bot.refuses(&signed(&claims), 401).await;
    assert!(said.contains("alerts.tenant"), "{said}");
}

#[tokio::test]
async fn nobody_else_can_sign() {
    let bot = Bot::start().await;
    let stranger = Issuer::new("k1").sign(&ISSUER.header(), &claims());
    bot.refuses(&stranger, 401).await;
    let unsigned = ISSUER.sign(&json!({ "alg": "none", "kid": "k1" }), &claims());
    bot.refuses(&unsigned, 401).await;
    bot.refuses("x", 401).await;
    let answer = bot.show(None, None).await;
    assert_eq!((answer.status, answer.read), (401, false));
}

#[tokio::test]
async fn with_a_key_configured_too_both_are_wanted() {
    let bot = Bot::with_key(Some(KEY)).await;
    let good = signed(&claims());
    let wrong = but("azp", json!(APP));
    for (token, key, status) in [
        (Some(good.as_str()), None, 401),
        (Some(good.as_str()), Some("b-key"), 401),
        (None, Some(KEY), 401),
        (Some(wrong.as_str()), Some(KEY), 403),
    ] {
        let answer = bot.show(token, key).await;
        assert_eq!((answer.status, answer.read), (status, false), "{}", answer.said);
    }
    assert!(bot.store.requests().is_empty());
    assert_eq!(bot.show(Some(&good), Some(KEY)).await.status, 200);
    assert_eq!(bot.store.requests().len(), 1);
}

#[tokio::test]
async fn forged_tokens_without_end_fetch_the_keys_once_in_five_minutes() {
    let bot = Bot::start().await;
    for minute in 0..60 {
        for invented in 0..20 {
            let kid = format!("k-{minute}-{invented}");
            bot.refuses(&ISSUER.sign(&json!({ "alg": "RS256", "kid": kid }), &claims()), 401).await;
        }
        bot.clock.pass(60);
    }
    assert_eq!(bot.documents.count(), 12);
}

#[tokio::test]
async fn a_new_key_is_taken_and_one_that_was_taken_back_is_not() {
    let bot = Bot::start().await;
    let next = Issuer::new("k2");
    let by_next = next.sign(&next.header(), &claims());
    bot.takes(&signed(&claims())).await;
    bot.documents.publish(&[ISSUER.jwk(&[]), next.jwk(&[])]);
    bot.clock.pass(300);
    bot.takes(&by_next).await;
    bot.takes(&signed(&claims())).await;
    bot.documents.publish(&[next.jwk(&[])]);
    bot.clock.pass(24 * 3600);
    let mut late = claims();
    late["exp"] = json!(NOW + 48 * 3600);
    bot.takes(&next.sign(&next.header(), &late)).await;
    assert_eq!(bot.show(Some(&signed(&late)), None).await.status, 401);
}

#[tokio::test]
async fn while_the_keys_cannot_be_fetched_azure_monitor_is_asked_to_come_again() {
    let bot = Bot::start().await;
    *bot.documents.elsewhere.lock().unwrap() = Some("http://keys.example/".into());
    bot.refuses(&signed(&claims()), 503).await;
    *bot.documents.elsewhere.lock().unwrap() = None;
    bot.clock.pass(10);
    bot.takes(&signed(&claims())).await;
    // What is known does while they are gone again.
    *bot.documents.elsewhere.lock().unwrap() = Some("http://keys.example/".into());
    bot.clock.pass(25 * 3600);
    let mut late = claims();
    late["exp"] = json!(NOW + 48 * 3600);
    bot.takes(&signed(&late)).await;
}

#[test]
fn the_issuer_is_the_tenant_in_its_own_cloud() {
    let issuer = |metadata: Option<&str>| {
        let metadata = metadata.map(|url| url.parse().unwrap());
        let trust = Trust { app_id: APP.into(), tenant: TENANT.into(), role: "r".into(), metadata };
        SecureWebhook::new(trust, Arc::new(SetClock::default())).unwrap().issuer
    };
    let public = format!("https://login.microsoftonline.com/{TENANT}/v2.0");
    assert_eq!(issuer(None), public);
    assert_eq!(issuer(Some("http://127.0.0.1:1/x")), public);
    let elsewhere = "https://login.microsoftonline.us/common/v2.0/.well-known/openid-configuration";
    assert_eq!(issuer(Some(elsewhere)), format!("https://login.microsoftonline.us/{TENANT}/v2.0"));
}
