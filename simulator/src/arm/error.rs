//! How ARM says no.

use http::{HeaderValue, StatusCode, header};
use serde_json::{Value, json};

use super::reply;
use crate::net::Response;

/// An answer in ARM's error shape: `{"error": {"code", "message", "details": []}}`.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct ArmError {
    pub(crate) status: StatusCode,
    pub(crate) code: String,
    pub(crate) message: String,
    details: Vec<(String, String)>,
    /// Seconds.
    retry_after: Option<u64>,
    challenge: Option<String>,
}

impl ArmError {
    pub(crate) fn new(status: StatusCode, code: impl Into<String>, message: impl Into<String>) -> Self {
        let (code, message) = (code.into(), message.into());
        Self { status, code, message, details: vec![], retry_after: None, challenge: None }
    }

    pub(crate) fn bad(code: &str, message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, code, message)
    }

    pub(crate) fn conflict(code: &str, message: impl Into<String>) -> Self {
        Self::new(StatusCode::CONFLICT, code, message)
    }

    pub(crate) fn not_found(code: &str, message: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, code, message)
    }

    /// 400 `InvalidRequestFormat`, with the reason in its details.
    pub(crate) fn unreadable(code: &str, message: impl Into<String>) -> Self {
        let mut error = Self::bad("InvalidRequestFormat", "Cannot parse the request.");
        error.details.push((code.to_owned(), message.into()));
        error
    }

    pub(crate) fn throttled(code: &str, message: impl Into<String>, retry_after: u64) -> Self {
        let mut error = Self::new(StatusCode::TOO_MANY_REQUESTS, code, message);
        error.retry_after = Some(retry_after);
        error
    }

    /// 401, with the challenge that tells a client where tokens come from.
    pub(crate) fn unauthenticated(code: &str, message: &str, challenge: String) -> Self {
        let mut error = Self::new(StatusCode::UNAUTHORIZED, code, message);
        error.challenge = Some(challenge);
        error
    }

    /// The code and message a person reads: of the first detail when there is one.
    pub(crate) fn sharpest(&self) -> (&str, &str) {
        let own = (self.code.as_str(), self.message.as_str());
        self.details.first().map_or(own, |(code, message)| (code.as_str(), message.as_str()))
    }

    pub(crate) fn body(&self) -> Value {
        let details: Vec<Value> =
            self.details.iter().map(|(code, message)| json!({"code": code, "message": message})).collect();
        json!({"error": {"code": self.code, "message": self.message, "details": details}})
    }

    pub(crate) fn response(&self) -> Response {
        let mut response = reply(self.status, &self.body());
        let headers = response.headers_mut();
        if let Ok(code) = HeaderValue::from_str(&self.code) {
            headers.insert("x-ms-error-code", code);
        }
        if let Some(seconds) = self.retry_after {
            headers.insert(header::RETRY_AFTER, seconds.into());
        }
        if let Some(Ok(challenge)) = self.challenge.as_deref().map(HeaderValue::from_str) {
            headers.insert(header::WWW_AUTHENTICATE, challenge);
        }
        response
    }
}
