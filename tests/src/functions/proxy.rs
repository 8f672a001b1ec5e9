//! What a newer host makes of an HTTP request: it passes it on as it is, by YARP.
//!
//! Azure/azure-functions-host, `DefaultHttpProxyService`, `RetryProxyHandler`, and
//! `DefaultHttpWorkerService.AddProxyingHeaders`.

use std::time::Duration;

use axum::http::header::{HOST, HeaderName};
use axum::http::{HeaderMap, HeaderValue};

use crate::functions::forward::{HOST_VERSION, INVOCATION_ID, VERSION};

/// `ScriptConstants.HttpProxyCorrelationHeader`
const CORRELATION: HeaderName = HeaderName::from_static("x-ms-invocation-id");
/// How often an unreachable handler is tried (`RetryProxyHandler.MaxRetries`).
pub(crate) const ATTEMPTS: u32 = 10;

/// What concerns one connection alone, and what YARP therefore leaves out (microsoft/reverse-proxy,
/// `RequestUtilities`), and `Host`, which becomes the handler's.
const LEFT_OUT: [&str; 11] = [
    "connection",
    "transfer-encoding",
    "keep-alive",
    "upgrade",
    "proxy-connection",
    "proxy-authenticate",
    "proxy-authentication-info",
    "proxy-authorization",
    "te",
    "trailer",
    "host",
];

/// The headers that the handler is given. What the host adds takes the place of what the client sent under
/// the name: its own by assignment, and `X-Forwarded-*` by YARP's default transforms, which set them.
pub(crate) fn headers(client: &HeaderMap, invocation: &str) -> HeaderMap {
    let mut headers = passed_on(client);
    let host = client.get(HOST).cloned();
    let text = |text: &str| HeaderValue::from_str(text).ok();
    for (name, value) in [
        (HOST_VERSION, text(VERSION)),
        (INVOCATION_ID, text(invocation)),
        (CORRELATION, text(invocation)),
        (HeaderName::from_static("x-forwarded-for"), text("127.0.0.1")),
        (HeaderName::from_static("x-forwarded-host"), host),
        (HeaderName::from_static("x-forwarded-proto"), text("http")),
    ] {
        headers.remove(&name);
        headers.extend(value.map(|value| (name, value)));
    }
    headers
}

/// The headers of an answer that go back to the client.
pub(crate) fn passed_on(headers: &HeaderMap) -> HeaderMap {
    let kept = headers.iter().filter(|(name, _)| !LEFT_OUT.contains(&name.as_str()));
    kept.map(|(name, value)| (name.clone(), value.clone())).collect()
}

/// How long to wait after the failed attempt of this number, counted from 1: 50 ms, doubled, up to 250 ms.
pub(crate) fn pause(attempt: u32) -> Duration {
    Duration::from_millis((50 << (attempt - 1).min(8)).min(250))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use axum::http::{HeaderMap, HeaderValue};

    use super::{headers, pause};

    #[test]
    fn a_client_cannot_say_what_the_host_says() {
        let mut client = HeaderMap::new();
        for name in ["x-azure-functions-invocationid", "x-ms-invocation-id", "x-forwarded-for", "te"] {
            client.insert(name, HeaderValue::from_static("forged"));
        }
        client.insert("host", HeaderValue::from_static("agw.example"));
        client.insert("user-agent", HeaderValue::from_static("Slackbot 1.0"));
        client.insert("content-encoding", HeaderValue::from_static("gzip"));
        let there = headers(&client, "real");
        assert!(there.values().all(|value| value != "forged"), "{there:?}");
        assert_eq!(
            (&there["x-ms-invocation-id"], &there["x-azure-functions-invocationid"]),
            (&"real".parse().unwrap(), &"real".parse().unwrap())
        );
        assert_eq!((there.get("host"), there["x-forwarded-host"].as_bytes()), (None, &b"agw.example"[..]));
        assert_eq!(
            (&there["user-agent"], &there["content-encoding"]),
            (&"Slackbot 1.0".parse().unwrap(), &"gzip".parse().unwrap())
        );
    }

    #[test]
    fn an_unreachable_handler_is_tried_again_after_50_to_250_ms() {
        let pauses: Vec<Duration> = (1..=5).map(pause).collect();
        assert_eq!(pauses, [50, 100, 200, 250, 250].map(Duration::from_millis));
    }
}
