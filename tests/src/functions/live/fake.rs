//! A handler that does what its envelope, or a setting, tells it.

use std::net::Ipv4Addr;
use std::path::Path;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use futures::StreamExt;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::time::sleep;

#[tokio::test]
#[ignore = "the handler that the other tests start"]
async fn handler() {
    match std::env::var("FAKE").as_deref() {
        Ok("ends with 3") => std::process::exit(3),
        Ok("ends with 0") => std::process::exit(0),
        Ok("is deaf") => sleep(Duration::from_secs(600)).await,
        _ => {}
    }
    let Ok(port) = std::env::var("FUNCTIONS_CUSTOMHANDLER_PORT") else { return };
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port.parse().unwrap())).await.unwrap();
    axum::serve(listener, Router::new().fallback(answer)).await.unwrap();
}

async fn answer(request: Request) -> Response {
    let (head, body) = request.into_parts();
    let body = to_bytes(body, 1 << 20).await.unwrap();
    if head.uri.path() == "/" {
        return StatusCode::NOT_FOUND.into_response();
    }
    if head.uri.query() == Some("slowly") {
        let parts = futures::stream::iter(["one", "two"]).then(|part| async move {
            while part == "two" && !Path::new("go").exists() {
                sleep(Duration::from_millis(5)).await;
            }
            Ok::<_, std::io::Error>(part)
        });
        return Response::new(Body::from_stream(parts));
    }
    if head.uri.path().starts_with("/api/") {
        let headers: Vec<(&str, &str)> =
            head.headers.iter().map(|(name, value)| (name.as_str(), value.to_str().unwrap())).collect();
        let target = head.uri.path_and_query().unwrap().as_str();
        return json(
            StatusCode::IM_A_TEAPOT,
            &json!({ "target": target, "headers": headers, "body": hex::encode(&body) }),
        );
    }
    let Ok(envelope) = serde_json::from_slice::<Value>(&body) else {
        return json(StatusCode::BAD_REQUEST, &json!({}));
    };
    let data = envelope["Data"].as_object().unwrap().values().next().unwrap().clone();
    match data.as_str() {
        Some(text) => obey(&serde_json::from_str::<String>(text).unwrap()).await,
        None => obey(&std::env::var("FAKE").unwrap()).await,
    }
}

fn json(status: StatusCode, value: &Value) -> Response {
    (status, [(CONTENT_TYPE, "application/json; charset=utf-8")], value.to_string()).into_response()
}

async fn obey(what: &str) -> Response {
    match what {
        "works" => json(StatusCode::OK, &json!({ "Logs": ["done"] })),
        "fails" => json(StatusCode::INTERNAL_SERVER_ERROR, &json!({})),
        "answers null" => json(StatusCode::OK, &Value::Null),
        "answers nothing" => StatusCode::NO_CONTENT.into_response(),
        "answers a text" => "fine".into_response(),
        "breaks off" => {
            Response::new(Body::from_stream(futures::stream::once(async { Err::<&str, _>("gone") })))
        }
        "works for ever" => {
            sleep(Duration::from_secs(600)).await;
            StatusCode::OK.into_response()
        }
        // The first time for ever, then at once.
        "works for ever at first" if !Path::new("second").exists() => {
            std::fs::write("second", "").unwrap();
            sleep(Duration::from_secs(600)).await;
            StatusCode::OK.into_response()
        }
        "works for ever at first" => json(StatusCode::OK, &json!({})),
        code => std::process::exit(code.parse().unwrap()),
    }
}
