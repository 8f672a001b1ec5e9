//! The functions that are not HTTP: `work`, `sweep` and `poison`.
//!
//! The host posts to `/{function}` on loopback, while everything from outside comes below `/api/`, for its
//! route prefix is not empty. So no request of a stranger gets here; should one, as with a prefix that was
//! emptied by mistake, it says so itself by what proxies add to it, and is refused.

use std::future::Future;
use std::sync::Arc;

use axum::extract::rejection::BytesRejection;
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::http::{HeaderMap, StatusCode};
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Json, Router, body::Bytes};
use serde_json::json;
use tokio::time::timeout;

use super::envelope::{Malformed, Message};
use super::{DEADLINE, LARGEST, WAKE};
use crate::ports::{NotAWake, StoreError, Wake};
use crate::telemetry;
use crate::worker::{NotBuried, Worker};

/// What the host calls. `GET /` is its question whether the handler is there, every 25 ms during a start
/// (azure-functions-host, `DefaultHttpWorkerService.IsWorkerReady`) and now and then after it.
pub fn routes(worker: Arc<Worker>) -> Router {
    Router::new()
        .route("/work", post(work))
        .route("/sweep", post(sweep))
        .route("/poison", post(poison))
        .layer(DefaultBodyLimit::max(LARGEST))
        .layer(from_fn(only_the_host))
        .with_state(worker)
}

/// What reverse proxies add to a request from outside: the host's own (YARP), and the platform's frontends.
const FROM_OUTSIDE: [&str; 5] =
    ["x-ms-invocation-id", "x-forwarded-for", "x-forwarded-host", "x-original-url", "x-arr-log-id"];

async fn only_the_host(request: Request, next: Next) -> Response {
    match outside(request.headers()) {
        Some(sign) => {
            tracing::warn!(
                path = request.uri().path(),
                sign,
                "a trigger was called from outside, and refused"
            );
            failed(StatusCode::FORBIDDEN, "triggers are for the Functions host alone")
        }
        None => next.run(request).await,
    }
}

fn outside(headers: &HeaderMap) -> Option<&'static str> {
    FROM_OUTSIDE.into_iter().find(|name| headers.contains_key(*name))
}

/// Why an invocation failed. The host tries a message again, and in the end moves it to the poison queue.
#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error("the envelope could not be read: {0}")]
    Unread(#[from] BytesRejection),
    #[error(transparent)]
    Malformed(#[from] Malformed),
    #[error(transparent)]
    NotAWake(#[from] NotAWake),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    NotBuried(#[from] NotBuried),
    #[error("it was not done within {} s", DEADLINE.as_secs())]
    TooSlow,
}

async fn work(
    State(worker): State<Arc<Worker>>,
    body: Result<Bytes, BytesRejection>,
) -> Result<Response, Failure> {
    let wake: Wake = Message::read(&body?, WAKE)?.text.parse()?;
    tracing::debug!(%wake, "woken");
    within(worker.handle(&wake)).await?;
    Ok(done())
}

async fn sweep(State(worker): State<Arc<Worker>>) -> Result<Response, Failure> {
    let found = within(worker.sweep()).await?;
    tracing::debug!(found, "swept");
    Ok(done())
}

async fn poison(
    State(worker): State<Arc<Worker>>,
    body: Result<Bytes, BytesRejection>,
) -> Result<Response, Failure> {
    let Message { text, id } = Message::read(&body?, WAKE)?;
    within(worker.bury(&text, id.as_deref())).await?;
    Ok(done())
}

async fn within<T, E: Into<Failure>>(work: impl Future<Output = Result<T, E>>) -> Result<T, Failure> {
    // On the heap: the whole of the worker's future would otherwise be copied into each caller's.
    let done = timeout(DEADLINE, Box::pin(work)).await;
    telemetry::flush_if_stale().await;
    done.map_err(|_| Failure::TooSlow)?.map_err(Into::into)
}

/// An object always: after `null`, or nothing at all, the host waits for an answer until its timeout
/// (azure-functions-host, `DefaultHttpWorkerService.ProcessHttpInvocationResponse`).
fn done() -> Response {
    Json(json!({ "Outputs": {}, "Logs": [] })).into_response()
}

fn failed(status: StatusCode, why: &str) -> Response {
    (status, Json(json!({ "Outputs": {}, "Logs": [why] }))).into_response()
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        tracing::error!(reason = %self, "an invocation failed");
        failed(StatusCode::INTERNAL_SERVER_ERROR, &self.to_string())
    }
}
