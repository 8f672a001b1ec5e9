//! `POST /api/alerts`: Azure Monitor's webhook.
//!
//! The key is checked before the body is read, the size before it is parsed. Azure Monitor repeats a webhook
//! on 408, 429, 503 and 504 and then stops calling for fifteen minutes, so the answer is quick and a
//! repetition is recognised (Microsoft, "Action groups", webhook retry logic).

use axum::body::to_bytes;
use axum::extract::{Request, State};
use axum::http::{StatusCode, request::Parts};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Json, Router};
use domain::alert::{Alert, AlertError, LARGEST_ALERT};
use domain::request::{Ask, RequestId};
use secrecy::{ExposeSecret, SecretString};
use serde_json::json;
use std::sync::Arc;
use subtle::ConstantTimeEq;

use crate::intake::Intake;
use crate::ports::Reception;

/// The header that Azure Functions gives to a function key; `?code=` is its other form.
const KEY_HEADER: &str = "x-functions-key";

/// What the route needs.
#[derive(Clone)]
pub struct AlertIntake {
    /// Where requests are kept.
    pub intake: Intake,
    /// What a caller must know. Without one nobody is let in.
    pub key: Option<Arc<SecretString>>,
}

/// The route that Azure Monitor calls.
pub fn routes(alerts: AlertIntake) -> Router {
    Router::new().route("/api/alerts", post(receive)).with_state(alerts)
}

/// Why an alert was not taken.
#[derive(Debug, thiserror::Error)]
enum Refusal {
    #[error("the alert key is missing or wrong: send it as ?code= or in the header x-functions-key")]
    WrongKey,
    #[error("this bot takes no alerts: set AGW_ALERT_KEY")]
    NoKey,
    #[error("the body is larger than {LARGEST_ALERT} bytes")]
    TooLarge,
    #[error(transparent)]
    Unreadable(#[from] AlertError),
    #[error("the alert could not be kept; send it again")]
    NotKept,
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let status = match self {
            Self::WrongKey | Self::NoKey => StatusCode::UNAUTHORIZED,
            Self::TooLarge | Self::Unreadable(AlertError::TooLarge { .. }) => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Unreadable(_) => StatusCode::BAD_REQUEST,
            // One of the few answers after which Azure Monitor tries again.
            Self::NotKept => StatusCode::SERVICE_UNAVAILABLE,
        };
        (status, Json(json!({ "error": self.to_string() }))).into_response()
    }
}

async fn receive(State(alerts): State<AlertIntake>, request: Request) -> Result<Response, Refusal> {
    let (parts, body) = request.into_parts();
    alerts.check_key(&parts)?;
    let body = to_bytes(body, LARGEST_ALERT).await.map_err(|_| Refusal::TooLarge)?;
    let alert = match Alert::parse(&body) {
        Ok(alert) => alert,
        // "Test action group" in the portal sends a sample about another resource.
        Err(AlertError::NoGateway { sample: true, .. }) => return Ok(answer("test", None)),
        Err(error) => return Err(error.into()),
    };
    let id = RequestId::of(&["alert", &alert.delivery_key()]);
    match alerts.intake.accept(id.clone(), Ask::Alert(alert)).await {
        Ok(Reception::New) => Ok(answer("accepted", Some(&id))),
        Ok(Reception::Repeated) => Ok(answer("repeated", Some(&id))),
        Err(error) => {
            tracing::error!(%error, "an alert was not kept");
            Err(Refusal::NotKept)
        }
    }
}

fn answer(what: &str, id: Option<&RequestId>) -> Response {
    Json(json!({ "result": what, "request": id.map(RequestId::as_str) })).into_response()
}

impl AlertIntake {
    fn check_key(&self, parts: &Parts) -> Result<(), Refusal> {
        let key = self.key.as_ref().ok_or(Refusal::NoKey)?;
        let header = parts.headers.get(KEY_HEADER).map(|value| value.as_bytes().to_vec());
        let query = || {
            let pairs = url::form_urlencoded::parse(parts.uri.query().unwrap_or_default().as_bytes());
            pairs
                .into_iter()
                .find(|(name, _)| name == "code")
                .map(|(_, value)| value.into_owned().into_bytes())
        };
        let given = header.or_else(query).ok_or(Refusal::WrongKey)?;
        if bool::from(given.ct_eq(key.expose_secret().as_bytes())) { Ok(()) } else { Err(Refusal::WrongKey) }
    }
}
