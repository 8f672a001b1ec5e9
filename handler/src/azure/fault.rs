//! What an answer of Azure means that is not the one we hoped for.

#[cfg(test)]
mod tests;

use std::time::Duration;

use reqwest::StatusCode;
use reqwest::header::{HeaderMap, RETRY_AFTER};
use serde_json::Value;

use super::call::Call;
use super::text;
use crate::ports::ArmError;

/// How long to wait when Azure asks for patience and does not say how long.
const PATIENCE: u64 = 30;

/// How deep an error may be nested in errors.
const DEPTH: usize = 4;

/// An error in ARM's words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Wording {
    /// The most specific code, empty when there is none.
    pub(super) code: String,
    /// The message that goes with it.
    pub(super) message: String,
}

impl Wording {
    /// Reads `{"error": {"code", "message", "details": [..]}}` and what Azure's services send in its place.
    ///
    /// The most specific code is the one of the first detail: the outer one is often just `Canceled`.
    pub(super) fn read(body: &Value) -> Self {
        read(body, DEPTH).unwrap_or_else(|| Self { code: String::new(), message: String::new() })
    }

    /// Reads the body of an answer, which a proxy on the way may have written in HTML.
    fn of_bytes(body: &[u8]) -> Self {
        match serde_json::from_slice::<Value>(body) {
            Ok(json) => Self::read(&json),
            Err(_) => Self { code: String::new(), message: text::safe(&String::from_utf8_lossy(body)) },
        }
    }
}

fn read(value: &Value, depth: usize) -> Option<Wording> {
    let error = ["error", "odata.error"].iter().find_map(|key| value.get(key)).unwrap_or(value);
    let raw = message(error);
    if depth > 0 {
        let details = error.get("details").and_then(Value::as_array);
        let inner = details.and_then(|all| all.iter().find_map(|detail| read(detail, depth - 1)));
        // Some services put a whole error, as text, into the message of theirs.
        let quoted = || serde_json::from_str(raw).ok().and_then(|json: Value| read(&json, depth - 1));
        if let Some(specific) = inner.or_else(quoted).filter(|wording| !wording.code.is_empty()) {
            return Some(specific);
        }
    }
    let code = error.get("code").or_else(|| error.get("Code")).map(plain).unwrap_or_default();
    let wording = Wording { code: text::safe(&code), message: text::safe(raw) };
    (!wording.code.is_empty() || !wording.message.is_empty()).then_some(wording)
}

fn message(error: &Value) -> &str {
    let message = error.get("message").or_else(|| error.get("Message")).unwrap_or(error);
    message.as_str().or_else(|| message.get("value").and_then(Value::as_str)).unwrap_or_default()
}

fn plain(code: &Value) -> String {
    code.as_str().map_or_else(|| code.to_string(), str::to_owned)
}

/// The error that an answer amounts to.
pub(super) fn error(call: &Call<'_>, status: StatusCode, headers: &HeaderMap, body: &[u8]) -> ArmError {
    let Wording { code, message } = Wording::of_bytes(body);
    match status {
        StatusCode::UNAUTHORIZED => {
            ArmError::SignedOut { what: join("Azure does not take the token", &code, &message) }
        }
        StatusCode::FORBIDDEN if is_about_permissions(&code) => {
            let action = missing_action(&message).unwrap_or(call.action).to_owned();
            ArmError::Forbidden { action }
        }
        StatusCode::NOT_FOUND => ArmError::NotFound { what: call.what.clone() },
        StatusCode::TOO_MANY_REQUESTS => ArmError::Throttled {
            retry_after_s: retry_after(headers).map_or(PATIENCE, |wait| wait.as_secs()),
        },
        status if status.is_client_error() || status.is_server_error() => refused(status, code, message),
        status => ArmError::Unexpected { what: format!("HTTP {} for {}", status.as_u16(), call.what) },
    }
}

fn refused(status: StatusCode, code: String, message: String) -> ArmError {
    let code = if code.is_empty() { format!("HTTP {}", status.as_u16()) } else { code };
    let message = if message.is_empty() { "no reason given".to_owned() } else { message };
    ArmError::Refused { status: status.as_u16(), code, message }
}

fn join(start: &str, code: &str, message: &str) -> String {
    let parts = [start, code, message];
    let said: Vec<&str> = parts.into_iter().filter(|part| !part.is_empty()).collect();
    said.join(": ")
}

/// Whether a 403 is about the identity's permissions. Azure Policy answers 403 too, and means something else.
fn is_about_permissions(code: &str) -> bool {
    code.is_empty() || code.contains("Authorization") || code.contains("LinkedAccess") || code == "Forbidden"
}

/// The action in "… does not have authorization to perform action 'X' over scope …".
///
/// The message about a linked resource first says which action *is* permitted.
fn missing_action(message: &str) -> Option<&str> {
    let (_, rest) = message.split_once("does not have")?;
    let (_, rest) = rest.split_once("action")?;
    let (_, rest) = rest.split_once('\'')?;
    let (action, _) = rest.split_once('\'')?;
    action.contains('/').then_some(action)
}

/// The wait that Azure asks for. The form with a date is not read: Azure sends seconds.
pub(super) fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let seconds = headers.get(RETRY_AFTER)?.to_str().ok()?.trim().parse().ok()?;
    // Nobody means more than a day, and a sum of times must not overflow.
    Some(Duration::from_secs(u64::min(seconds, 86_400)))
}

/// Whether a reading that got this status may do better later.
pub(super) fn may_pass(status: StatusCode) -> bool {
    matches!(status.as_u16(), 408 | 429 | 500 | 502 | 503 | 504)
}
