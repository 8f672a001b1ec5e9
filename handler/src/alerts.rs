//! `POST /api/alerts`: Azure Monitor's webhook.
//!
//! Who calls is checked before the body is read, the size before it is parsed. Azure Monitor repeats a webhook
//! on 408, 429, 503 and 504 and then stops calling for fifteen minutes, so the answer is quick and a
//! repetition is recognised (Microsoft, "Action groups", webhook retry logic).

mod door;
mod entra;
#[cfg(test)]
mod tests;

use axum::Json;
use axum::body::to_bytes;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use domain::alert::{AlertError, LARGEST_ALERT, Notice, TestAlert};
use domain::request::{Ask, RequestId};
use serde_json::json;

use crate::intake::Intake;
use crate::ports::Reception;
use crate::routes::PublicRoutes;
use door::Outside;

pub use door::Door;
pub use entra::{SecureWebhook, Trust};

/// What the route needs.
#[derive(Clone)]
pub struct AlertIntake {
    /// Where requests are kept.
    pub intake: Intake,
    /// Who is let in.
    pub door: Door,
}

/// The route that Azure Monitor calls.
pub fn routes(alerts: AlertIntake) -> PublicRoutes {
    PublicRoutes::default().post("/api/alerts", receive).with_state(alerts)
}

/// Why an alert was not taken.
#[derive(Debug, thiserror::Error)]
enum Refusal {
    #[error(transparent)]
    Outside(#[from] Outside),
    #[error("the body is larger than {LARGEST_ALERT} bytes")]
    TooLarge,
    #[error(transparent)]
    Unreadable(#[from] AlertError),
    #[error("the alert could not be kept; send it again")]
    NotKept,
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let status = match &self {
            Self::Outside(why) => why.status(),
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
    if let Err(why) = alerts.door.check(&parts).await {
        tracing::warn!(%why, "an alert was refused");
        return Err(why.into());
    }
    let body = to_bytes(body, LARGEST_ALERT).await.map_err(|_| Refusal::TooLarge)?;
    match Notice::parse(&body)? {
        Notice::Alert(alert) => {
            let id = RequestId::of(&["alert", &alert.delivery_key()]);
            alerts.keep(id, Ask::Alert(*alert), "accepted").await
        }
        Notice::Test(test) => {
            alerts.keep(alerts.id_of(&test), Ask::TestAlert { test, channel: None }, "test").await
        }
    }
}

impl AlertIntake {
    async fn keep(&self, id: RequestId, ask: Ask, taken: &str) -> Result<Response, Refusal> {
        let result = match self.intake.accept(id.clone(), ask).await {
            Ok(Reception::New) => taken,
            Ok(Reception::Repeated) => "repeated",
            Err(error) => {
                tracing::error!(%error, "an alert was not kept");
                return Err(Refusal::NotKept);
            }
        };
        Ok(Json(json!({ "result": result, "request": id.as_str() })).into_response())
    }

    /// A sample is the same each time that the button is pressed, so a repetition is one within the same minute.
    fn id_of(&self, test: &TestAlert) -> RequestId {
        let minute = self.intake.clock().now().as_second().div_euclid(60).to_string();
        RequestId::of(&["test-alert", &test.rule, &minute])
    }
}
