//! A managed identity whose tokens, and the header that buys them, are known to the test.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::json;

use super::Planted;
use crate::functions::token;
use crate::serve::Server;

/// What only the app may know.
const HEADER: &str = "canary-identity-header-0d52";

#[derive(Debug)]
struct Shared {
    planted: Planted,
    given: AtomicUsize,
}

/// The identity endpoint of App Service.
#[derive(Debug)]
pub(super) struct Identity {
    shared: Arc<Shared>,
    server: Server,
}

#[derive(Deserialize)]
struct Ask {
    resource: String,
}

impl Identity {
    pub(super) async fn start(planted: &Planted) -> Self {
        planted.secret(HEADER);
        let shared = Arc::new(Shared { planted: planted.clone(), given: AtomicUsize::new(0) });
        let router = Router::new().route("/msi/token", get(answer)).with_state(Arc::clone(&shared));
        Self { shared, server: Server::start(router).await }
    }

    pub(super) fn settings(&self) -> [(String, String); 2] {
        let endpoint = self.server.url().join("msi/token").unwrap();
        [("IDENTITY_ENDPOINT".to_owned(), endpoint.into()), ("IDENTITY_HEADER".to_owned(), HEADER.to_owned())]
    }

    /// How many tokens were given out.
    pub(super) fn given(&self) -> usize {
        self.shared.given.load(Ordering::SeqCst)
    }
}

async fn answer(State(shared): State<Arc<Shared>>, headers: HeaderMap, Query(ask): Query<Ask>) -> Response {
    if headers.get("x-identity-header").is_none_or(|header| header != HEADER) {
        return StatusCode::UNAUTHORIZED.into_response();
    }
    let (token, expires) = token::issue(&ask.resource);
    // Its claims alone are as good as the whole: nobody signed it.
    shared.planted.secret(token.split('.').nth(1).unwrap());
    shared.given.fetch_add(1, Ordering::SeqCst);
    let body = json!({
        "access_token": token, "expires_on": expires.to_string(), "resource": ask.resource, "token_type": "Bearer",
    });
    Json(body).into_response()
}
