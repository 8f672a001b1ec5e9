//! The managed identity of a function app.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Json, Response};
use axum::routing::get;
use serde::Deserialize;
use serde_json::json;

use crate::functions::{chance, token};
use crate::serve::Server;

/// The identity endpoint that App Service gives an app (Azure App Service documentation, "How to use managed
/// identities", REST endpoint reference), with tokens that nobody signed.
#[derive(Debug)]
pub struct ManagedIdentity {
    server: Server,
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    header: String,
    /// The client ids of the identities that the app has; any, if there are none.
    assigned: Vec<String>,
    /// For what tokens were given out, and to which identity.
    asked: Mutex<Vec<(String, Option<String>)>>,
}

#[derive(Deserialize)]
struct Ask {
    resource: Option<String>,
    #[serde(rename = "api-version")]
    version: Option<String>,
    client_id: Option<String>,
}

impl ManagedIdentity {
    /// Starts one on loopback, of an app that has these user-assigned identities and no other.
    pub async fn start(assigned: &[&str]) -> Self {
        let assigned = assigned.iter().map(|id| (*id).to_owned()).collect();
        let shared = Arc::new(Shared { header: chance::guid(), assigned, asked: Mutex::default() });
        let router = Router::new().route("/msi/token", get(answer)).with_state(Arc::clone(&shared));
        Self { server: Server::start(router).await, shared }
    }

    /// The app settings that lead to it.
    #[must_use]
    pub fn settings(&self) -> Vec<(String, String)> {
        let endpoint = self.server.url().join("msi/token").expect("a path");
        vec![
            ("IDENTITY_ENDPOINT".into(), endpoint.into()),
            ("IDENTITY_HEADER".into(), self.shared.header.clone()),
        ]
    }

    /// How often a token for this resource was given out.
    #[must_use]
    pub fn requests(&self, resource: &str) -> usize {
        let asked = self.shared.asked.lock().unwrap();
        asked.iter().filter(|(other, _)| same(other, resource)).count()
    }

    /// The identities that tokens for this resource were given to, in the order of their ids.
    #[must_use]
    pub fn given_to(&self, resource: &str) -> Vec<String> {
        let asked = self.shared.asked.lock().unwrap();
        let theirs = asked.iter().filter(|(other, _)| same(other, resource));
        let ids: BTreeSet<String> = theirs.filter_map(|(_, client)| client.clone()).collect();
        ids.into_iter().collect()
    }

    /// Whether nobody asked for the same token twice: a token is kept as long as it is good.
    #[must_use]
    pub fn was_asked_once_for_each(&self) -> bool {
        let asked = self.shared.asked.lock().unwrap();
        let again = |(index, (resource, client)): (usize, &(String, Option<String>))| {
            asked[..index].iter().any(|(other, theirs)| same(other, resource) && theirs == client)
        };
        !asked.iter().enumerate().any(again)
    }
}

fn same(left: &str, right: &str) -> bool {
    left.trim_end_matches('/') == right.trim_end_matches('/')
}

async fn answer(State(shared): State<Arc<Shared>>, headers: HeaderMap, Query(ask): Query<Ask>) -> Response {
    if headers.get("x-identity-header").is_none_or(|header| header != shared.header.as_str()) {
        return refuse(StatusCode::UNAUTHORIZED, "x-identity-header is not the IDENTITY_HEADER");
    }
    if ask.version.as_deref() != Some("2019-08-01") {
        return refuse(StatusCode::BAD_REQUEST, "api-version is not 2019-08-01");
    }
    let Some(resource) = ask.resource else { return refuse(StatusCode::BAD_REQUEST, "resource is missing") };
    // Without a client id it is the system-assigned identity that is meant, which a deployed bot does not have.
    let client = ask.client_id;
    if !shared.assigned.is_empty() && !client.as_ref().is_some_and(|id| shared.assigned.contains(id)) {
        let message = format!("no identity {client:?} has been assigned to this app");
        return refuse(StatusCode::BAD_REQUEST, &message);
    }
    let (token, expires) = token::issue(&resource);
    shared.asked.lock().unwrap().push((resource.clone(), client));
    // Every value is a text, the time too.
    let body = json!({
        "access_token": token,
        "expires_on": expires.to_string(),
        "resource": resource,
        "token_type": "Bearer",
    });
    Json(body).into_response()
}

fn refuse(status: StatusCode, message: &str) -> Response {
    (status, Json(json!({ "statusCode": status.as_u16(), "message": message }))).into_response()
}

#[cfg(test)]
mod tests {
    use reqwest::{Client, StatusCode};
    use serde_json::Value;

    use super::ManagedIdentity;

    const STORAGE: &str = "https://storage.azure.com/";

    #[tokio::test]
    async fn a_token_is_given_to_who_knows_the_header() {
        let identity = ManagedIdentity::start(&[]).await;
        let settings = identity.settings();
        let ask = |header: &str, version: &str| {
            let query = [("api-version", version), ("resource", STORAGE)];
            Client::new().get(&settings[0].1).query(&query).header("x-identity-header", header).send()
        };
        assert_eq!(ask("wrong", "2019-08-01").await.unwrap().status(), StatusCode::UNAUTHORIZED);
        assert_eq!(ask(&settings[1].1, "2018-02-01").await.unwrap().status(), StatusCode::BAD_REQUEST);
        assert_eq!(identity.requests(STORAGE), 0);
        let answer: Value = ask(&settings[1].1, "2019-08-01").await.unwrap().json().await.unwrap();
        assert!(answer["expires_on"].as_str().unwrap().parse::<i64>().is_ok());
        assert_eq!((&answer["resource"], &answer["token_type"]), (&STORAGE.into(), &"Bearer".into()));
        assert_eq!(identity.requests(STORAGE), 1);
    }

    #[tokio::test]
    async fn an_app_has_the_identities_that_it_was_given() {
        let identity = ManagedIdentity::start(&["read", "write"]).await;
        let settings = identity.settings();
        let ask = |client: &'static str| {
            let query = [("api-version", "2019-08-01"), ("resource", STORAGE), ("client_id", client)];
            let query = if client.is_empty() { &query[..2] } else { &query[..] };
            let request = Client::new().get(&settings[0].1).query(query);
            request.header("x-identity-header", &settings[1].1).send()
        };
        for unknown in ["", "other"] {
            assert_eq!(ask(unknown).await.unwrap().status(), StatusCode::BAD_REQUEST);
        }
        for known in ["read", "write"] {
            assert_eq!(ask(known).await.unwrap().status(), StatusCode::OK);
        }
        assert!(identity.was_asked_once_for_each());
        assert_eq!(identity.given_to(STORAGE), ["read", "write"]);
        ask("write").await.unwrap();
        assert!(!identity.was_asked_once_for_each());
    }
}
