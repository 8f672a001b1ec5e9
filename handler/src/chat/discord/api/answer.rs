//! What Discord answers, and what its errors mean to us.

use domain::request::Platform;
use reqwest::{Response, StatusCode};
use serde_json::Value;

use super::limits;
use crate::chat::http;
use crate::ports::ChatError;

const DISCORD: Platform = Platform::Discord;
/// When Discord asks for patience without saying how much.
const PATIENCE_S: f64 = 30.0;

/// Why a call was not carried out.
#[derive(Debug)]
pub(super) enum Refused {
    /// Too many calls: for all of them, or for this bucket.
    Throttled { seconds: f64, global: bool },
    /// Discord's own code and words. The codes: Discord, "Opcodes and Status Codes".
    Told { status: StatusCode, code: u64, message: String },
    /// It could not be reached, or failed.
    Failed(String),
}

/// The body of an answer that was taken; null where there is none.
pub(super) async fn read(response: Response) -> Result<Value, Refused> {
    let status = response.status();
    let header = limits::number(response.headers(), "retry-after");
    let body = response.bytes().await.map_err(unreachable)?;
    let body: Value = serde_json::from_slice(&body).unwrap_or_default();
    if status.is_success() {
        return Ok(body);
    }
    if status == StatusCode::TOO_MANY_REQUESTS {
        let seconds = body.get("retry_after").and_then(Value::as_f64).or(header).unwrap_or(PATIENCE_S);
        let global = body.get("global").and_then(Value::as_bool).unwrap_or_default();
        return Err(Refused::Throttled { seconds, global });
    }
    if status.is_server_error() {
        return Err(Refused::Failed(format!("HTTP {}", status.as_u16())));
    }
    let code = body.get("code").and_then(Value::as_u64).unwrap_or_default();
    let message = body.get("message").and_then(Value::as_str).unwrap_or_default();
    Err(Refused::Told { status, code, message: message.chars().take(120).collect() })
}

impl Refused {
    /// Whether Discord says that there is no such thing: a message, a channel, a webhook.
    pub(super) fn is_unknown(&self) -> bool {
        matches!(self, Self::Told { code: 10_003 | 10_008 | 10_015 | 50_027, .. })
    }

    /// Whether the thread that was to be begun is there already.
    pub(super) fn is_there_already(&self) -> bool {
        matches!(self, Self::Told { code: 160_004, .. })
    }
}

impl From<Refused> for ChatError {
    fn from(refused: Refused) -> Self {
        match refused {
            Refused::Throttled { seconds, .. } => {
                let wait = limits::wait(seconds);
                let seconds = wait.as_secs() + i64::from(wait.subsec_nanos() > 0);
                Self::Throttled { platform: DISCORD, retry_after_s: u64::try_from(seconds).unwrap_or(30) }
            }
            Refused::Failed(what) => Self::Unreachable { platform: DISCORD, what },
            Refused::Told { code: 10_008, message, .. } => Self::Gone { platform: DISCORD, what: message },
            Refused::Told { status, code, message } => {
                Self::Refused { platform: DISCORD, what: advised(status, code, &message) }
            }
        }
    }
}

/// An error with what to do about it, where somebody can do something.
fn advised(status: StatusCode, code: u64, message: &str) -> String {
    let advice = match code {
        10_003 => "check the channel's id in the configuration",
        50_001 => "let the bot see the channel: permission View Channel",
        50_007 => "that person takes no messages of the bot",
        50_013 => {
            "give the bot Send Messages, Embed Links, Create Public Threads and Send Messages in Threads there"
        }
        50_035 => "the message breaks one of Discord's limits",
        _ if status == StatusCode::UNAUTHORIZED => {
            "check AGW_DISCORD_BOT_TOKEN; the developer portal makes a new one"
        }
        _ => return format!("{message} (HTTP {}, code {code})", status.as_u16()),
    };
    format!("{message} (code {code}): {advice}")
}

/// A failed connection. The address is left out: an answer's is a secret.
pub(super) fn unreachable(error: reqwest::Error) -> Refused {
    Refused::Failed(http::failure(error))
}
