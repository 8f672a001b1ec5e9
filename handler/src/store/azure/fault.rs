//! Why Azure Storage did not do what it was asked to, in a line that may be logged.

use std::time::Duration;

use azure_core::error::ErrorKind;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::ports::StoreError;

/// The most characters that are kept of somebody else's words.
const MOST: usize = 300;

/// Why Azure Storage did not do what it was asked to.
#[derive(Debug, thiserror::Error)]
pub(super) enum Fault {
    #[error("no answer from Azure Storage within {0:?}")]
    TooSlow(Duration),
    #[error("the bot's identity needs the role {role}, or a firewall keeps it out ({code})")]
    Forbidden { role: &'static str, code: String },
    #[error("Azure Storage does not take the bot's token ({code})")]
    NotTaken { status: u16, code: String },
    #[error("there is no token for Azure Storage: {0}")]
    SignedOut(String),
    #[error("Azure Storage could not be reached: {0}")]
    Unreachable(String),
    #[error("Azure Storage refused: {status} {code}")]
    Refused { status: u16, code: String },
    #[error("Azure Storage answered unexpectedly: {0}")]
    Unexpected(String),
    #[error("the {what} {id} is stored in a form that this version of the program cannot read: {why}")]
    Unreadable { what: &'static str, id: String, why: serde_json::Error },
    #[error("it cannot be written as JSON: {0}")]
    Unwritable(#[from] serde_json::Error),
    #[error("too many others changed it at once")]
    Contended,
}

impl Fault {
    /// What the SDK says, without what it quotes: its `Display` holds whole answers, its `Debug` backtraces.
    /// `role` is the one that suffices for what was asked.
    pub(super) fn of(error: &azure_core::Error, role: &'static str) -> Self {
        match error.kind() {
            ErrorKind::HttpResponse { status, error_code, .. } => {
                let (status, code) = (u16::from(*status), short(error_code.as_deref().unwrap_or_default()));
                match status {
                    401 => Self::NotTaken { status, code },
                    403 if code == "AuthenticationFailed" => Self::NotTaken { status, code },
                    403 => Self::Forbidden { role, code },
                    _ => Self::Refused { status, code },
                }
            }
            ErrorKind::Credential => Self::SignedOut(short(&error.to_string())),
            ErrorKind::Connection | ErrorKind::Io => Self::Unreachable(short(&innermost(error))),
            _ => Self::Unexpected(short(&innermost(error))),
        }
    }

    /// The error code that Azure gave, or nothing.
    pub(super) fn code(&self) -> &str {
        match self {
            Self::Forbidden { code, .. } | Self::Refused { code, .. } | Self::NotTaken { code, .. } => code,
            _ => "",
        }
    }

    /// The HTTP status that Azure gave, or 0.
    pub(super) fn status(&self) -> u16 {
        match self {
            Self::Forbidden { .. } => 403,
            Self::Refused { status, .. } | Self::NotTaken { status, .. } => *status,
            _ => 0,
        }
    }
}

/// Says what was being done when it failed.
pub(super) fn failed(doing: &'static str) -> impl Fn(Fault) -> StoreError {
    move |fault| StoreError { doing, source: Box::new(fault) }
}

/// A document as it is stored.
pub(super) fn write(document: &impl Serialize) -> Result<Vec<u8>, Fault> {
    Ok(serde_json::to_vec(document)?)
}

/// Reads a document, or names the one that cannot be read.
pub(super) fn read<T: DeserializeOwned>(what: &'static str, id: &str, text: &[u8]) -> Result<T, Fault> {
    serde_json::from_slice(text).map_err(|why| Fault::Unreadable { what, id: id.to_owned(), why })
}

fn innermost(error: &dyn std::error::Error) -> String {
    let mut innermost = error;
    while let Some(source) = innermost.source() {
        innermost = source;
    }
    innermost.to_string()
}

/// Somebody else's words on one line, without query strings and tokens, cut to a bearable length.
fn short(words: &str) -> String {
    let safe = |word| match word {
        // A JSON web token starts so: `{"` in Base64.
        token if str::contains(token, "eyJ") => "[removed]",
        word => word.split_once('?').map_or(word, |(before, _)| before),
    };
    let line = words.split_whitespace().map(safe).collect::<Vec<_>>().join(" ");
    line.chars().take(MOST).collect()
}

#[cfg(test)]
mod tests {
    use azure_core::Error;
    use azure_core::http::StatusCode;

    use super::*;

    fn told(status: StatusCode, code: &str) -> String {
        let kind = ErrorKind::HttpResponse { status, error_code: Some(code.into()), raw_response: None };
        let error = Error::with_message(kind, "409: <?xml … sig=secret&se=2026");
        failed("keep a request")(Fault::of(&error, "Storage Blob Data Contributor")).to_string()
    }

    #[test]
    fn what_azure_answers_is_told_in_a_line() {
        let told = [
            told(StatusCode::Forbidden, "AuthorizationPermissionMismatch"),
            told(StatusCode::Forbidden, "AuthenticationFailed"),
            told(StatusCode::ServiceUnavailable, "ServerBusy"),
        ];
        insta::assert_snapshot!(told.join("\n"), @r"
        the store failed to keep a request: the bot's identity needs the role Storage Blob Data Contributor, or a firewall keeps it out (AuthorizationPermissionMismatch)
        the store failed to keep a request: Azure Storage does not take the bot's token (AuthenticationFailed)
        the store failed to keep a request: Azure Storage refused: 503 ServerBusy
        ");
    }

    #[test]
    fn what_others_say_is_made_fit_to_be_logged() {
        let cause = std::io::Error::other("see https://a.example/b?sig=secret for\r\neyJhbGciOi.e30.sig");
        let fault = Fault::of(&Error::with_error(ErrorKind::Io, cause, "outer"), "any");
        insta::assert_snapshot!(fault, @"Azure Storage could not be reached: see https://a.example/b for [removed]");
        let long = Error::with_message(ErrorKind::Credential, "ü".repeat(5_000));
        let Fault::SignedOut(words) = Fault::of(&long, "any") else { panic!("another fault") };
        assert_eq!(words.chars().count(), MOST);
    }
}
