//! What a probe log says, typed.

use serde::{Deserialize, Serialize};

use super::codes;
use super::rules::{self, Kind};
use super::wording::Wording;

/// What a gateway reports about its probe of one server. It is what was seen, never why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Symptom {
    /// The probe was answered as wanted.
    Healthy {
        /// The HTTP status, if the log names it.
        status: Option<u16>,
    },
    /// The backend answered with a status that the probe does not accept.
    StatusMismatch {
        /// The HTTP status it answered with.
        received: Option<u16>,
        /// The statuses that the probe accepts, such as `200-399`.
        expected: Option<String>,
    },
    /// The backend's answer lacks the text that the probe looks for.
    BodyMismatch {
        /// The text that the probe looks for.
        expected: Option<String>,
    },
    /// No answer within the probe's timeout. Seen with slow apps and with packets that never arrive.
    Timeout,
    /// No connection to the address and port.
    CannotConnect,
    /// The backend's name has no address, as far as the gateway can see.
    Dns,
    /// The certificate is for another name.
    TlsNameMismatch,
    /// The certificate is expired or not valid yet.
    TlsExpired,
    /// The certificate chain is incomplete or out of order.
    TlsChain,
    /// The certificate comes from an authority that the gateway does not know.
    TlsUntrusted,
    /// The certificate comes from another root than the one uploaded to the gateway.
    TlsRootMismatch,
    /// Another complaint about TLS.
    TlsOther {
        /// The OpenSSL verification code, if the log names one.
        code: Option<String>,
    },
    /// The backend does not take the PROXY header.
    ProxyProtocol,
    /// The gateway could not collect any health data.
    StatusUnavailable,
    /// The pool as a whole has no server to send traffic to.
    NoHealthyServer,
    /// A wording that we do not know, kept as sent.
    Unrecognised {
        /// The log.
        text: String,
    },
    /// The log is empty.
    NotReported,
}

impl Symptom {
    /// Reads what a gateway wrote about a probe.
    #[must_use]
    pub fn read(text: &str) -> Self {
        Self::read_with(text, None)
    }

    /// Like [`Symptom::read`], with the `healthProbeErrorName` as a hint for when the text says nothing we
    /// know. Two of its values are confirmed; every other one is opaque.
    #[must_use]
    pub fn read_with(text: &str, error_name: Option<&str>) -> Self {
        let wording = Wording::of(text);
        match rules::classify(&wording).or_else(|| error_name.and_then(by_error_name)) {
            Some(kind) => with_details(kind, &wording.plain),
            None if text.trim().is_empty() => Self::NotReported,
            None => Self::Unrecognised { text: text.to_owned() },
        }
    }

    /// Whether the probe was answered as wanted.
    #[must_use]
    pub fn is_healthy(&self) -> bool {
        matches!(self, Self::Healthy { .. })
    }

    /// A name for logs, links and tables. It never changes.
    #[must_use]
    pub fn slug(&self) -> &'static str {
        match self {
            Self::Healthy { .. } => "healthy",
            Self::StatusMismatch { .. } => "status-mismatch",
            Self::BodyMismatch { .. } => "body-mismatch",
            Self::Timeout => "timeout",
            Self::CannotConnect => "cannot-connect",
            Self::Dns => "dns",
            Self::TlsNameMismatch => "tls-name-mismatch",
            Self::TlsExpired => "tls-expired",
            Self::TlsChain => "tls-chain",
            Self::TlsUntrusted => "tls-untrusted",
            Self::TlsRootMismatch => "tls-root-mismatch",
            Self::TlsOther { .. } => "tls-other",
            Self::ProxyProtocol => "proxy-protocol",
            Self::StatusUnavailable => "status-unavailable",
            Self::NoHealthyServer => "no-healthy-server",
            Self::Unrecognised { .. } => "unrecognised",
            Self::NotReported => "not-reported",
        }
    }

    /// The class that `agw explain` gives it, as other tools name it too. It never changes. What is not
    /// reported is not recognised either.
    #[must_use]
    pub fn class(&self) -> String {
        match self {
            Self::CannotConnect => "connect".to_owned(),
            Self::StatusUnavailable => "unknown_status_plane".to_owned(),
            Self::NotReported => "unrecognised".to_owned(),
            other => other.slug().replace('-', "_"),
        }
    }

    /// The HTTP status that the server answered with, if the log names it.
    #[must_use]
    pub fn status(&self) -> Option<u16> {
        match self {
            Self::Healthy { status } | Self::StatusMismatch { received: status, .. } => *status,
            _ => None,
        }
    }

    /// One short phrase whose subject is the server: "refused the probe with 403".
    #[must_use]
    pub fn in_words(&self) -> String {
        match self {
            Self::Healthy { status: Some(status) } => format!("answered the probe with {status}"),
            Self::StatusMismatch { received: Some(status @ (401 | 403)), .. } => {
                format!("refused the probe with {status}")
            }
            Self::StatusMismatch { received: Some(status), .. } => format!("failed the probe with {status}"),
            Self::BodyMismatch { expected: Some(text) } => format!("answered without the text \"{text}\""),
            Self::TlsOther { code: Some(code) } => {
                format!("presented a certificate that failed verification (OpenSSL code {code})")
            }
            Self::Unrecognised { .. } => "failed the probe in a way we do not know".to_owned(),
            _ => self.plainly().to_owned(),
        }
    }

    fn plainly(&self) -> &'static str {
        match self {
            Self::Healthy { .. } => "answered the probe",
            Self::StatusMismatch { .. } => "failed the probe with a status it does not accept",
            Self::BodyMismatch { .. } => "answered without the text the probe looks for",
            Self::Timeout => "did not answer the probe in time",
            Self::CannotConnect => "could not be reached on the probe's port",
            Self::Dns => "has a name that the gateway cannot resolve",
            Self::TlsNameMismatch => "presented a certificate for another name",
            Self::TlsExpired => "presented a certificate outside its dates",
            Self::TlsChain => "presented an incomplete or unordered certificate chain",
            Self::TlsUntrusted => "presented a certificate from an authority the gateway does not know",
            Self::TlsRootMismatch => "presented a certificate from another root than the uploaded one",
            Self::TlsOther { .. } => "presented a certificate that failed verification",
            Self::ProxyProtocol => "did not accept the PROXY header",
            Self::StatusUnavailable => "has no health data",
            Self::NoHealthyServer => "is in a pool with no healthy server",
            Self::Unrecognised { .. } => "failed the probe in a way we do not know",
            Self::NotReported => "has no probe report",
        }
    }
}

fn by_error_name(name: &str) -> Option<Kind> {
    match name {
        "SuccessWithStatusCode" => Some(Kind::Healthy),
        "HttpStatusCodeMismatchWithStatusCode" => Some(Kind::StatusMismatch),
        _ => None,
    }
}

fn with_details(kind: Kind, plain: &str) -> Symptom {
    let codes = || codes::read(plain);
    match kind {
        Kind::Healthy => Symptom::Healthy { status: codes().received },
        Kind::StatusMismatch => {
            let codes = codes();
            Symptom::StatusMismatch { received: codes.received, expected: codes.expected }
        }
        Kind::BodyMismatch => Symptom::BodyMismatch { expected: wanted_text(plain) },
        Kind::TlsOther => Symptom::TlsOther { code: openssl_code(plain) },
        Kind::Timeout => Symptom::Timeout,
        Kind::CannotConnect => Symptom::CannotConnect,
        Kind::Dns => Symptom::Dns,
        Kind::TlsNameMismatch => Symptom::TlsNameMismatch,
        Kind::TlsExpired => Symptom::TlsExpired,
        Kind::TlsChain => Symptom::TlsChain,
        Kind::TlsUntrusted => Symptom::TlsUntrusted,
        Kind::TlsRootMismatch => Symptom::TlsRootMismatch,
        Kind::ProxyProtocol => Symptom::ProxyProtocol,
        Kind::StatusUnavailable => Symptom::StatusUnavailable,
        Kind::NoHealthyServer => Symptom::NoHealthyServer,
    }
}

/// What may stand between "does not contain" and the text.
const PREAMBLES: &[&str] = &[
    "the expected string",
    "the expected text",
    "the configured string",
    "the string",
    "the text",
    "the expected",
];

/// "… doesn't contain OK." gives `OK`.
fn wanted_text(plain: &str) -> Option<String> {
    let rest = after(plain, "not contain").or_else(|| after(plain, "n't contain"))?;
    let end = rest.to_ascii_lowercase().find("to learn more").unwrap_or(rest.len());
    let rest = rest.get(..end)?.trim_start_matches(['s', ':']).trim();
    let rest = PREAMBLES.iter().find_map(|words| rest.strip_prefix(words)).unwrap_or(rest).trim_start();
    let rest = rest.strip_suffix('.').unwrap_or(rest).trim_matches(['"', '\'', '`', '“', '”']);
    let template = rest.strip_prefix('{').and_then(|rest| rest.strip_suffix('}'));
    let template = template.is_some_and(|name| name.chars().all(char::is_alphanumeric));
    (!rest.is_empty() && !template).then(|| rest.chars().take(200).collect())
}

/// "… error code 20" gives `20`.
fn openssl_code(plain: &str) -> Option<String> {
    let rest =
        ["error code", "num=", "openssl error", "code"].iter().find_map(|anchor| after(plain, anchor))?;
    let rest = rest.trim_start_matches([' ', ':', '=', '#']);
    let code: String = rest.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '_').take(64).collect();
    code.contains(|c: char| c.is_ascii_digit()).then_some(code)
}

/// What follows `anchor`, which is lower-case, in a text of any case.
fn after<'a>(text: &'a str, anchor: &str) -> Option<&'a str> {
    // ASCII lower-casing keeps every byte offset.
    let start = text.to_ascii_lowercase().find(anchor)?;
    text.get(start + anchor.len()..)
}
