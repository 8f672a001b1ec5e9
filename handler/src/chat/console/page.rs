//! The page itself: a few files that are part of the program.

use axum::Json;
use axum::extract::Path;
use axum::http::{StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use domain::command::USAGE;
use serde::Serialize;

const SCRIPT: &str = "text/javascript; charset=utf-8";
const STYLE: &str = "text/css; charset=utf-8";
const PICTURE: &str = "image/svg+xml";

macro_rules! files {
    ($($kind:ident $name:literal),* $(,)?) => {
        &[$(($name, $kind, include_str!(concat!("page/", $name)))),*]
    };
}

/// Name, type and content.
const FILES: &[(&str, &str, &str)] = files![
    SCRIPT "main.js",
    SCRIPT "dom.js",
    SCRIPT "chat.js",
    SCRIPT "card.js",
    SCRIPT "composer.js",
    SCRIPT "path.js",
    SCRIPT "site.js",
    STYLE "page.css",
    STYLE "card.css",
    STYLE "chat.css",
    STYLE "gateway.css",
    PICTURE "icon.svg",
];

pub(super) async fn document() -> Html<&'static str> {
    Html(include_str!("page/index.html"))
}

pub(super) async fn file(Path(name): Path<String>) -> Response {
    match FILES.iter().find(|(file, ..)| *file == name) {
        Some((_, kind, content)) => ([(header::CONTENT_TYPE, *kind)], *content).into_response(),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

/// A command to offer while somebody types.
#[derive(Serialize)]
pub(super) struct Hint {
    name: &'static str,
    line: String,
    help: &'static str,
}

pub(super) async fn hints() -> Json<Vec<Hint>> {
    let hint =
        |usage: &domain::command::Usage| Hint { name: usage.name, line: usage.line(), help: usage.help };
    Json(USAGE.iter().map(hint).collect())
}
