//! What Slack answers, and what its errors mean to us.

use domain::request::Platform;
use reqwest::{Response, StatusCode, header};
use serde_json::Value;

use crate::chat::http;
use crate::ports::ChatError;

const SLACK: Platform = Platform::Slack;
/// When Slack asks for patience without saying how much.
const PATIENCE_S: u64 = 30;

/// The body of an answer that says `ok`.
pub(super) async fn read(response: Response) -> Result<Value, ChatError> {
    let patience = retry_after(&response);
    check(&response)?;
    let body: Value = response.json().await.map_err(unreachable)?;
    if body.get("ok") == Some(&Value::Bool(true)) {
        return Ok(body);
    }
    let error = body.get("error").and_then(Value::as_str).unwrap_or("no reason given");
    let needed = body.get("needed").and_then(Value::as_str);
    Err(refusal(error, needed, patience))
}

/// Whether a `response_url` took the answer. It dies after 30 minutes and after 5 uses.
pub(super) fn taken(response: &Response) -> Result<bool, ChatError> {
    if response.status().is_client_error() && response.status() != StatusCode::TOO_MANY_REQUESTS {
        return Ok(false);
    }
    check(response).map(|()| true)
}

pub(super) fn check(response: &Response) -> Result<(), ChatError> {
    let status = response.status();
    if status == StatusCode::TOO_MANY_REQUESTS {
        return Err(ChatError::Throttled { platform: SLACK, retry_after_s: retry_after(response) });
    }
    if status.is_server_error() {
        return Err(ChatError::Unreachable { platform: SLACK, what: format!("HTTP {}", status.as_u16()) });
    }
    if status.is_success() { Ok(()) } else { Err(unexpected(&format!("HTTP {}", status.as_u16()))) }
}

fn retry_after(response: &Response) -> u64 {
    let value = response.headers().get(header::RETRY_AFTER).and_then(|value| value.to_str().ok());
    value.and_then(|seconds| seconds.trim().parse().ok()).unwrap_or(PATIENCE_S)
}

/// What one of Slack's errors means to us.
fn refusal(error: &str, needed: Option<&str>, retry_after_s: u64) -> ChatError {
    match error {
        "ratelimited" | "rate_limited" => ChatError::Throttled { platform: SLACK, retry_after_s },
        "message_not_found" | "edit_window_closed" | "cant_update_message" | "thread_not_found" => {
            ChatError::Gone { platform: SLACK, what: error.to_owned() }
        }
        "internal_error" | "fatal_error" | "service_unavailable" | "request_timeout" => {
            ChatError::Unreachable { platform: SLACK, what: error.to_owned() }
        }
        "missing_scope" => ChatError::Refused { platform: SLACK, what: scope_is_missing(needed) },
        other => ChatError::Refused { platform: SLACK, what: advised(other) },
    }
}

/// The app lacks a scope. Slack says which.
fn scope_is_missing(needed: Option<&str>) -> String {
    let scope = needed.map_or_else(
        || "a scope".to_owned(),
        |scope| format!("the scope {}", scope.chars().take(80).collect::<String>()),
    );
    format!(
        "missing_scope: the app lacks {scope}; bring its manifest up to date with agw manifest slack, and install the app again"
    )
}

/// An error with what to do about it, where somebody can do something.
fn advised(error: &str) -> String {
    let advice = match error {
        "not_in_channel" => "invite the bot with /invite, or give it the scope chat:write.public",
        "channel_not_found" => {
            "check the channel's id in the configuration; a private channel must invite the bot"
        }
        "is_archived" => "unarchive the channel, or configure another one",
        "invalid_auth" | "not_authed" | "token_revoked" | "token_expired" | "account_inactive" => {
            "check the bot's token (xoxb-…); installing the app again makes a new one"
        }
        "user_not_in_channel" => "that person is not in the channel",
        "restricted_action" | "not_allowed_token_type" => "ask a workspace admin what the app may do",
        "invalid_blocks" | "msg_too_long" | "msg_blocks_too_long" => {
            "the message breaks one of Slack's limits"
        }
        _ => return error.chars().take(80).collect(),
    };
    format!("{error}: {advice}")
}

/// No answer while one was of use.
pub(super) fn too_late() -> ChatError {
    ChatError::Unreachable { platform: SLACK, what: "no answer in time".to_owned() }
}

/// Slack asked for patience, and it is not over.
pub(super) fn resting(retry_after_s: u64) -> ChatError {
    ChatError::Throttled { platform: SLACK, retry_after_s }
}

/// An answer that Slack's documentation does not promise.
pub(super) fn unexpected(what: &str) -> ChatError {
    ChatError::Refused { platform: SLACK, what: format!("unexpected answer: {what}") }
}

/// A failed connection. The address is left out: a reply's is a secret.
pub(super) fn unreachable(error: reqwest::Error) -> ChatError {
    ChatError::Unreachable { platform: SLACK, what: http::failure(error) }
}
