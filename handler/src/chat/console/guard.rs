//! Who may call the console: a page that came from it, on this machine.
//!
//! A browser runs other sites' scripts too, and those can reach loopback. The `Host` header gives away a
//! name that was made to resolve here (DNS rebinding), `Origin` another page, and a JSON body cannot be sent
//! across origins without asking first, which is never granted.

use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{Request, State};
use axum::http::uri::Authority;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use serde::de::DeserializeOwned;

/// Nothing from elsewhere, no script but our own, and no frame around us. The visited site is shown in a
/// sandbox that inherits this; it may bring its own inline styles and embedded pictures, and nothing else.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; \
     img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// On every answer.
const HEADERS: [(HeaderName, &str); 5] = [
    (header::CONTENT_SECURITY_POLICY, POLICY),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::REFERRER_POLICY, "no-referrer"),
    (header::CACHE_CONTROL, "no-store"),
    (header::X_FRAME_OPTIONS, "DENY"),
];

/// Why a request was not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum Refusal {
    #[error("The console answers to localhost and its own port only.")]
    WrongHost,
    #[error("Another page sent this; the console takes requests from its own page only.")]
    WrongOrigin,
    #[error("Send application/json.")]
    NotJson,
    #[error("That is more than 16 KiB.")]
    TooLong,
    #[error("The body is not what the console's page sends.")]
    Malformed,
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let status = match self {
            Self::WrongHost | Self::WrongOrigin => StatusCode::FORBIDDEN,
            Self::NotJson => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::TooLong => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Malformed => StatusCode::BAD_REQUEST,
        };
        (status, self.to_string()).into_response()
    }
}

/// Lets a request through if it is the page's own.
pub(super) async fn check(State(port): State<u16>, request: Request, next: Next) -> Response {
    let mut response = match sender(request.headers(), port) {
        Ok(()) => next.run(request).await,
        Err(refusal) => refusal.into_response(),
    };
    for (name, value) in HEADERS {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    response
}

fn sender(headers: &HeaderMap, port: u16) -> Result<(), Refusal> {
    let host = text(headers, header::HOST).ok_or(Refusal::WrongHost)?;
    if !is_ours(host, port) {
        return Err(Refusal::WrongHost);
    }
    match text(headers, header::ORIGIN) {
        None if headers.contains_key(header::ORIGIN) => Err(Refusal::WrongOrigin),
        None => Ok(()),
        Some(origin) if origin.strip_prefix("http://") == Some(host) => Ok(()),
        Some(_) => Err(Refusal::WrongOrigin),
    }
}

fn is_ours(host: &str, port: u16) -> bool {
    let Ok(authority) = host.parse::<Authority>() else { return false };
    let local = matches!(authority.host().to_ascii_lowercase().as_str(), "localhost" | "127.0.0.1" | "[::1]");
    local && !host.contains('@') && authority.port_u16().unwrap_or(80) == port
}

/// The body of a request that changes something.
pub(super) fn json<T: DeserializeOwned>(
    headers: &HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<T, Refusal> {
    let kind = text(headers, header::CONTENT_TYPE).unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim();
    if !kind.eq_ignore_ascii_case("application/json") {
        return Err(Refusal::NotJson);
    }
    let too_long = |rejection: &BytesRejection| rejection.status() == StatusCode::PAYLOAD_TOO_LARGE;
    let body =
        body.map_err(|rejection| if too_long(&rejection) { Refusal::TooLong } else { Refusal::Malformed })?;
    serde_json::from_slice(&body).map_err(|_| Refusal::Malformed)
}

fn text(headers: &HeaderMap, name: HeaderName) -> Option<&str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}
