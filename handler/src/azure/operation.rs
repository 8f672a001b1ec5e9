//! What Azure says about a write that it carries out in the background.

use reqwest::StatusCode;
use serde_json::Value;

use super::answer::Answer;
use super::fault::{self, Wording};
use crate::ports::{ArmError, Operation};

/// Reads the answer of an `Azure-AsyncOperation` link.
pub(super) fn read(answer: &Answer) -> Result<Operation, ArmError> {
    let retry_after_ms = fault::retry_after(&answer.headers).map(|wait| wait.as_secs() * 1000);
    if answer.status == StatusCode::ACCEPTED {
        return Ok(Operation::Running { retry_after_ms });
    }
    let body = answer.json()?;
    let Some(status) = body.get("status").and_then(Value::as_str) else {
        return Err(ArmError::Unexpected { what: "an operation without a status".to_owned() });
    };
    Ok(match status.to_ascii_lowercase().as_str() {
        "succeeded" => Operation::Succeeded,
        "failed" | "canceled" | "cancelled" => failed(status, &body),
        // Accepted, InProgress, Updating …: whatever is not an end.
        _ => Operation::Running { retry_after_ms },
    })
}

fn failed(status: &str, body: &Value) -> Operation {
    let error = body.get("error").or_else(|| body.pointer("/properties/error")).unwrap_or(&Value::Null);
    let Wording { code, message } = Wording::read(error);
    let code = if code.is_empty() { status.to_owned() } else { code };
    Operation::Failed { code, message }
}
