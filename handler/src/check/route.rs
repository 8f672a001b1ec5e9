//! `POST /api/check`: the deployed app looks at itself, with its own identities.
//!
//! Only under a Functions host, which wants the master key for it (`authLevel` `admin` in `function.json`); alone there
//! is no such route. One at a time: each look asks Azure and the chat platforms.

use std::sync::Arc;

use async_trait::async_trait;
use axum::Json;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::json;
use tokio::sync::Mutex;

use super::Line;
use super::reach::OWN_CHECK;
use crate::routes::PublicRoutes;

/// How long somebody should wait who comes while somebody else looks, in seconds.
const PATIENCE_S: &str = "60";

/// Somebody who can look at themselves.
#[async_trait]
pub trait Introspect: Send + Sync {
    /// What they find. It takes a bounded time.
    async fn look(&self) -> Vec<Line>;
}

#[derive(Clone)]
struct Looking {
    who: Arc<dyn Introspect>,
    turn: Arc<Mutex<()>>,
}

/// The route.
pub fn routes(who: Arc<dyn Introspect>) -> PublicRoutes {
    PublicRoutes::default().post(OWN_CHECK, look).with_state(Looking { who, turn: Arc::default() })
}

async fn look(State(looking): State<Looking>) -> Response {
    let Ok(_turn) = looking.turn.try_lock() else {
        let wait = [(header::RETRY_AFTER, PATIENCE_S)];
        let error = Json(json!({ "error": "a check is running already" }));
        return (StatusCode::TOO_MANY_REQUESTS, wait, error).into_response();
    };
    Json(looking.who.look().await).into_response()
}

#[cfg(test)]
mod tests {
    use tokio::sync::Notify;

    use super::*;

    /// Looks for as long as it is kept waiting.
    struct Slow(Notify, Notify);

    #[async_trait]
    impl Introspect for Slow {
        async fn look(&self) -> Vec<Line> {
            self.0.notify_one();
            self.1.notified().await;
            vec![Line::good("store", "can be written")]
        }
    }

    #[tokio::test]
    async fn there_is_one_look_at_a_time() {
        let slow = Arc::new(Slow(Notify::new(), Notify::new()));
        let looking = Looking { who: slow.clone(), turn: Arc::default() };
        let first = tokio::spawn(look(State(looking.clone())));
        slow.0.notified().await;
        assert_eq!(look(State(looking.clone())).await.status(), StatusCode::TOO_MANY_REQUESTS);
        slow.1.notify_one();
        assert_eq!(first.await.unwrap().status(), StatusCode::OK);
        slow.1.notify_one();
        assert_eq!(look(State(looking)).await.status(), StatusCode::OK);
    }
}
