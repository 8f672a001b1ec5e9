use std::sync::Mutex;

use axum::Router;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::routing::post;
use serde_json::{Value, json};

use super::super::fakes::{APP, TENANT};
use super::*;
use crate::azure::identity::CachedCredential;
use crate::chat::fakes::{self, Frozen, NOW};

const SECRET: &str = "canary-of-the-app";

/// Path and form of each request, and what is answered.
#[derive(Clone)]
struct Entra {
    asked: Arc<Mutex<Vec<(String, String)>>>,
    answer: (u16, Value),
}

async fn token(
    State(entra): State<Entra>,
    Path(path): Path<String>,
    form: String,
) -> (StatusCode, axum::Json<Value>) {
    entra.asked.lock().expect("nobody panicked").push((path, form));
    (StatusCode::from_u16(entra.answer.0).expect("a status"), axum::Json(entra.answer.1))
}

async fn entra(status: u16, answer: Value) -> (Entra, Arc<ClientSecret>) {
    let entra = Entra { asked: Arc::default(), answer: (status, answer) };
    let port = fakes::serve(Router::new().route("/{*path}", post(token)).with_state(entra.clone())).await;
    let login = format!("http://127.0.0.1:{port}").parse().expect("a URL");
    let app = App { login, tenant: TENANT.into(), id: APP.into() };
    (entra, Arc::new(ClientSecret::new(app, SECRET.into(), Arc::new(Frozen))))
}

#[tokio::test]
async fn a_secret_buys_a_token_which_is_kept() {
    let (entra, credential) =
        entra(200, json!({ "access_token": "t", "expires_in": 3599, "token_type": "Bearer" })).await;
    let cached = CachedCredential::new(credential, Arc::new(Frozen));
    for _ in 0..3 {
        let token =
            cached.get_token(&["https://api.botframework.com/.default"], None).await.expect("a token");
        assert_eq!((token.token.secret(), token.expires_on.unix_timestamp()), ("t", NOW + 3599));
    }
    let asked = entra.asked.lock().expect("nobody panicked").clone();
    let [(path, form)] = asked.as_slice() else { panic!("asked once, not {asked:?}") };
    assert_eq!(*path, format!("{TENANT}/oauth2/v2.0/token"));
    let expected = format!(
        "grant_type=client_credentials&client_id={APP}&client_secret={SECRET}\
         &scope=https%3A%2F%2Fapi.botframework.com%2F.default"
    );
    assert_eq!(*form, expected);
}

#[tokio::test]
async fn a_refusal_is_told_by_its_name_and_the_secret_never() {
    let refusal =
        json!({ "error": "invalid_client", "error_description": format!("AADSTS7000215 {SECRET}") });
    let (_, refused) = entra(401, refusal).await;
    let (_, odd) = entra(200, json!({ "access_token": SECRET })).await;
    let mut said = Vec::new();
    for credential in [refused, odd] {
        let error = credential.get_token(&["x"], None).await.expect_err("no token");
        said.push(error.to_string());
        assert!(!format!("{error:?} {error} {credential:?}").contains(SECRET));
    }
    insta::assert_snapshot!(said.join("\n"), @r"
    Entra ID gave no token for Teams: HTTP 401 invalid_client
    Entra ID gave no token for Teams: an answer without access_token and expires_in
    ");
}
