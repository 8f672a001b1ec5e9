//! What comes back from Azure, and what is lost on the way.

use reqwest::header::HeaderMap;
use reqwest::{RequestBuilder, StatusCode};
use serde_json::Value;

use super::call::Call;
use super::{fault, text};
use crate::ports::ArmError;

/// What Azure answered.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    /// Of use even when it did not come whole: then the status still tells whether a write was taken.
    body: Result<Vec<u8>, ArmError>,
}

/// Why there is no answer.
#[derive(Debug)]
pub(super) enum Lost {
    /// Nothing was sent.
    Unsent(ArmError),
    /// Something may have been.
    Sent(ArmError),
}

impl Answer {
    /// The answer, if all of it came.
    pub(super) fn whole(self) -> Result<Self, ArmError> {
        match self.body {
            Err(error) => Err(error),
            body => Ok(Self { body, ..self }),
        }
    }

    /// A header's text.
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// The body as JSON.
    pub(super) fn json(&self) -> Result<Value, ArmError> {
        let body = self.body.as_ref().map_err(Clone::clone)?;
        serde_json::from_slice(body)
            .map_err(|error| ArmError::Unexpected { what: format!("no JSON: {error}") })
    }

    /// The error that this answer amounts to.
    pub(super) fn error(&self, call: &Call<'_>) -> ArmError {
        let body = self.body.as_deref().unwrap_or_default();
        fault::error(call, self.status, &self.headers, body)
    }
}

/// Sends a request and takes in the answer.
pub(super) async fn exchange(request: RequestBuilder) -> Result<Answer, Lost> {
    let response = request.send().await.map_err(lost)?;
    let (status, headers) = (response.status(), response.headers().clone());
    let body = response.bytes().await.map(Vec::from);
    Ok(Answer {
        status,
        headers,
        body: body.map_err(|error| ArmError::Unreachable { what: text::why(error) }),
    })
}

fn lost(error: reqwest::Error) -> Lost {
    let unsent = error.is_connect() || error.is_builder();
    let error = ArmError::Unreachable { what: text::why(error) };
    if unsent { Lost::Unsent(error) } else { Lost::Sent(error) }
}
