//! What the Connector answers, and what its errors mean to us (Teams, "Optimize your bot: rate limiting").

use domain::request::Platform;
use reqwest::{Response, StatusCode, header};
use serde_json::Value;

use crate::chat::http;
use crate::ports::ChatError;

const TEAMS: Platform = Platform::Teams;
/// When Teams asks for patience without saying how much.
const PATIENCE_S: u64 = 30;

/// The body of an answer that went well; some have none.
pub(super) async fn read(response: Response) -> Result<Value, ChatError> {
    let (status, patience) = (response.status(), retry_after(&response));
    let body = response.bytes().await.map_err(unreachable)?;
    let body: Value = serde_json::from_slice(&body).unwrap_or_default();
    if status.is_success() {
        return Ok(body);
    }
    let code = body.get("error").and_then(|error| error.get("code")).and_then(Value::as_str);
    Err(failure(status, code.unwrap_or_default(), patience))
}

fn retry_after(response: &Response) -> Option<u64> {
    let value = response.headers().get(header::RETRY_AFTER)?.to_str().ok()?;
    value.trim().parse().ok()
}

fn failure(status: StatusCode, code: &str, patience: Option<u64>) -> ChatError {
    let what = named(status, code);
    match status {
        StatusCode::TOO_MANY_REQUESTS => {
            ChatError::Throttled { platform: TEAMS, retry_after_s: patience.unwrap_or(PATIENCE_S) }
        }
        // Two writes to one conversation crossed.
        StatusCode::PRECONDITION_FAILED | StatusCode::REQUEST_TIMEOUT => {
            ChatError::Unreachable { platform: TEAMS, what }
        }
        status if status.is_server_error() => ChatError::Unreachable { platform: TEAMS, what },
        status => refused(&format!("{what}{}", advice(status))),
    }
}

/// The status, and the Connector's own word for it.
fn named(status: StatusCode, code: &str) -> String {
    let code: String = code.chars().filter(char::is_ascii_alphanumeric).take(60).collect();
    let status = status.as_u16();
    if code.is_empty() { format!("HTTP {status}") } else { format!("HTTP {status} {code}") }
}

fn advice(status: StatusCode) -> &'static str {
    match status.as_u16() {
        401 => {
            ": the bot's token was not taken; is teams.app_id the app of the Azure Bot, and does its secret, or the \
             managed identity, belong to it?"
        }
        403 => ": add the app to that team or chat; somebody may have removed or blocked it",
        404 => {
            ": no such conversation; check its id in the configuration, and add the app to its team or chat"
        }
        413 => ": the message is larger than the 100 KB that Teams takes",
        _ => "",
    }
}

/// A message that is to be replaced and is not there can be posted anew.
pub(super) fn gone_if_missing(error: ChatError) -> ChatError {
    match error {
        ChatError::Refused { platform, what } if what.starts_with("HTTP 404") => {
            let what = what.split(": ").next().unwrap_or_default().to_owned();
            ChatError::Gone { platform, what }
        }
        other => other,
    }
}

/// Something that will be refused again.
pub(in super::super) fn refused(what: &str) -> ChatError {
    ChatError::Refused { platform: TEAMS, what: what.to_owned() }
}

/// An answer that the documentation does not promise.
pub(super) fn unexpected(what: &str) -> ChatError {
    refused(&format!("unexpected answer: {what}"))
}

/// Nothing to show to Teams. The identity service may be back in a moment.
pub(super) fn no_token(what: &str) -> ChatError {
    ChatError::Unreachable { platform: TEAMS, what: what.to_owned() }
}

/// A failed connection. The address is left out: it names people.
pub(super) fn unreachable(error: reqwest::Error) -> ChatError {
    ChatError::Unreachable { platform: TEAMS, what: http::failure(error) }
}
