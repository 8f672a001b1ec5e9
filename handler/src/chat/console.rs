//! The console: a second chat platform over the same cards, and a look at the gateway beside it.
//!
//! The bot serves it itself, on loopback and to one person. It has no accounts, so it lets in nothing that
//! another page, or another machine, could have sent; see `guard`.

use std::sync::Arc;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware::from_fn_with_state;
use axum::response::Redirect;
use axum::routing::{get, post};

use tokio_util::sync::CancellationToken;

use crate::intake::Intake;

mod asks;
mod events;
mod guard;
mod live;
mod log;
mod page;

pub use live::{Live, Look, Page, SiteLink};
pub use log::{ConsoleChat, Content, Entry};

/// A command is one line.
const LIMIT: usize = 16 * 1024;

/// What the routes need.
#[derive(Clone)]
pub struct Console {
    /// The messages.
    pub chat: Arc<ConsoleChat>,
    /// Where requests are kept.
    pub intake: Intake,
    /// What stands beside the chat.
    pub live: Arc<dyn Live>,
    /// The port that the page is served on, which every request must name.
    pub port: u16,
    /// Ends the event streams when the bot stops.
    pub closing: CancellationToken,
}

/// The routes of the console. `/` leads to the page.
pub fn router(console: Console) -> Router {
    Router::new()
        .route("/", get(async || Redirect::temporary("/console")))
        .route("/console", get(page::document))
        .route("/console/page/{file}", get(page::file))
        .route("/console/hints", get(page::hints))
        .route("/console/events", get(events::stream))
        .route("/console/say", post(asks::say))
        .route("/console/click", post(asks::click))
        .route("/console/look", get(live::look))
        .route("/console/visit", get(live::visit))
        .layer(DefaultBodyLimit::max(LIMIT))
        .layer(from_fn_with_state(console.port, guard::check))
        .with_state(console)
}

#[cfg(test)]
mod tests;
