//! The gateway as it is at this moment, and the site behind it as a visitor sees it.

use async_trait::async_trait;
use axum::Json;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use domain::diagnosis::PathView;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::Console;

/// What stands beside the chat.
#[async_trait]
pub trait Live: Send + Sync {
    /// The gateway now. The error is a sentence for the person at the console.
    async fn look(&self) -> Result<Look, String>;
    /// A listener's page as a visitor gets it now; the first listener's when none is named.
    async fn visit(&self, listener: Option<&str>) -> Result<Page, String>;
}

/// A gateway at one moment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Look {
    /// The gateway's name.
    pub gateway: String,
    /// Its state in a word or two: `Running`, `Updating`.
    pub state: String,
    /// The ways from its listeners to the servers.
    pub paths: Vec<PathView>,
    /// Where its listeners can be visited.
    pub sites: Vec<SiteLink>,
    /// When it was looked at.
    pub at: Timestamp,
}

/// Where a listener can be visited.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SiteLink {
    /// The listener's name.
    pub listener: String,
    /// Its address.
    pub url: String,
}

/// What a visitor gets.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Page {
    /// What was asked for.
    pub url: String,
    /// The HTTP status.
    pub status: u16,
    /// The status in words: `Bad Gateway`.
    pub reason: String,
    /// The page.
    pub html: String,
}

/// Which listener to visit.
#[derive(Deserialize)]
pub(super) struct Which {
    listener: Option<String>,
}

type Answer<T> = Result<Json<T>, (StatusCode, Json<Value>)>;

pub(super) async fn look(State(console): State<Console>) -> Answer<Look> {
    answer(console.live.look().await)
}

pub(super) async fn visit(State(console): State<Console>, Query(which): Query<Which>) -> Answer<Page> {
    answer(console.live.visit(which.listener.as_deref()).await)
}

fn answer<T>(result: Result<T, String>) -> Answer<T> {
    result.map(Json).map_err(|error| (StatusCode::BAD_GATEWAY, Json(json!({ "error": error }))))
}
