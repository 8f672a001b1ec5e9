//! `POST /api/alerts`: Azure Monitor's webhook.
//!
//! The key is checked before the body is read, the size before it is parsed. Azure Monitor repeats a webhook
//! on 408, 429, 503 and 504 and then stops calling for fifteen minutes, so the answer is quick and a
//! repetition is recognised (Microsoft, "Action groups", webhook retry logic).

use axum::Json;
use axum::body::to_bytes;
use axum::extract::{Request, State};
use axum::http::{StatusCode, request::Parts};
use axum::response::{IntoResponse, Response};
use domain::alert::{Alert, AlertError, LARGEST_ALERT};
use domain::request::{Ask, RequestId};
use secrecy::{ExposeSecret, SecretString};
use serde_json::json;
use std::sync::Arc;
use subtle::ConstantTimeEq;

use crate::intake::Intake;
use crate::ports::Reception;
use crate::routes::PublicRoutes;

/// The header that Azure Functions gives to a function key; `?code=` is its other form.
const KEY_HEADER: &str = "x-functions-key";

/// What the route needs.
#[derive(Clone)]
pub struct AlertIntake {
    /// Where requests are kept.
    pub intake: Intake,
    /// Who is let in.
    pub door: Door,
}

/// Who may call the route.
#[derive(Debug, Clone)]
pub enum Door {
    /// Nobody: there is no key.
    Closed,
    /// Whoever knows this key.
    Key(Arc<SecretString>),
    /// Whoever the Functions host let through: it has checked the function's key (`authLevel` in
    /// `function.json`), and nobody else can reach this process.
    Host,
}

impl Door {
    /// The door for this key, under a Functions host or alone. A key of our own is checked there, too.
    #[must_use]
    pub fn of(key: Option<SecretString>, hosted: bool) -> Self {
        match key {
            Some(key) => Self::Key(Arc::new(key)),
            None if hosted => Self::Host,
            None => Self::Closed,
        }
    }
}

/// The route that Azure Monitor calls.
pub fn routes(alerts: AlertIntake) -> PublicRoutes {
    PublicRoutes::default().post("/api/alerts", receive).with_state(alerts)
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
        let key = match &self.door {
            Door::Closed => return Err(Refusal::NoKey),
            Door::Host => return Ok(()),
            Door::Key(key) => key,
        };
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chat::fakes;

    fn key() -> Option<SecretString> {
        Some(SecretString::from("a-key"))
    }

    #[test]
    fn a_key_of_our_own_is_wanted_everywhere_and_none_opens_the_door_to_the_host_alone() {
        assert!(matches!(Door::of(None, false), Door::Closed));
        assert!(matches!(Door::of(None, true), Door::Host));
        assert!(matches!(Door::of(key(), true), Door::Key(_)));
        assert!(matches!(Door::of(key(), false), Door::Key(_)));
    }

    /// What somebody without any key is answered.
    async fn without_a_key(door: Door) -> StatusCode {
        let (intake, _) = fakes::intake();
        let port = fakes::serve(routes(AlertIntake { intake, door }).router()).await;
        let url = format!("http://127.0.0.1:{port}/api/alerts");
        reqwest::Client::new().post(url).body("{}").send().await.unwrap().status()
    }

    #[tokio::test]
    async fn under_a_host_the_key_was_checked_before() {
        assert_eq!(without_a_key(Door::Host).await, StatusCode::BAD_REQUEST, "let in, and read");
        assert_eq!(without_a_key(Door::Closed).await, StatusCode::UNAUTHORIZED);
        assert_eq!(without_a_key(Door::of(key(), true)).await, StatusCode::UNAUTHORIZED);
    }
}
