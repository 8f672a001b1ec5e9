//! What an older host makes of an HTTP request: it builds a new one.
//!
//! Azure/azure-functions-host, `HttpRequestExtensions.ToHttpRequestMessage` and
//! `DefaultHttpWorkerService.AddHeaders`.

use std::borrow::Cow;

use axum::http::header::{CONTENT_LENGTH, CONTENT_TYPE, COOKIE, HeaderName, TRANSFER_ENCODING, USER_AGENT};
use axum::http::{HeaderMap, HeaderValue};
use url::form_urlencoded;

/// The host's version, where it gives it.
pub(crate) const VERSION: &str = "4.1052.200";
/// How the host calls itself.
pub(crate) const AGENT: &str = "Azure-Functions-Host/4.1052.200";
/// `HttpWorkerConstants.InvocationIdHeaderName`
pub(crate) const INVOCATION_ID: HeaderName = HeaderName::from_static("x-azure-functions-invocationid");
/// `HttpWorkerConstants.HostVersionHeaderName`
pub(crate) const HOST_VERSION: HeaderName = HeaderName::from_static("x-azure-functions-hostversion");

/// The headers that .NET counts among the content's, which `HttpRequestMessage.Headers` does not take.
const OF_CONTENT: [&str; 11] = [
    "allow",
    "content-disposition",
    "content-encoding",
    "content-language",
    "content-length",
    "content-location",
    "content-md5",
    "content-range",
    "content-type",
    "expires",
    "last-modified",
];

/// Whether the body goes along: only with a length, and not with a length of 0. A body in chunks is lost
/// (azure-functions-host issues 4926 and 7930).
pub(crate) fn keeps_body(headers: &HeaderMap) -> bool {
    let length = headers.get(CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse::<u64>().ok());
    length.is_some_and(|length| length > 0)
}

/// The headers of the new request, or why the host throws.
pub(crate) fn headers(client: &HeaderMap, invocation: &str) -> Result<HeaderMap, String> {
    let mut headers = HeaderMap::new();
    for name in client.keys() {
        if !OF_CONTENT.contains(&name.as_str()) && *name != TRANSFER_ENCODING && name.as_str() != "connection"
        {
            let separator = if *name == COOKIE { "; " } else { ", " };
            append(&mut headers, name.clone(), separator, client.get_all(name));
        }
    }
    if keeps_body(client) {
        content(client, &mut headers)?;
    }
    // Each is added; what a client sent under the name stays in front.
    add(&mut headers, HOST_VERSION, ", ", VERSION);
    add(&mut headers, INVOCATION_ID, ", ", invocation);
    add(&mut headers, USER_AGENT, " ", AGENT);
    Ok(headers)
}

fn content(client: &HeaderMap, headers: &mut HeaderMap) -> Result<(), String> {
    if let Some(length) = client.get(CONTENT_LENGTH) {
        headers.insert(CONTENT_LENGTH, length.clone());
    }
    if let Some(kind) = client.get(CONTENT_TYPE).filter(|kind| !kind.is_empty()) {
        let text = kind.to_str().unwrap_or_default();
        let media = text.split(';').next().unwrap_or_default().trim();
        let good = media.split_once('/').is_some_and(|(kind, sub)| is_token(kind) && is_token(sub));
        if !good {
            return Err(format!("The format of value {text:?} is invalid."));
        }
        headers.insert(CONTENT_TYPE, kind.clone());
    }
    Ok(())
}

fn is_token(text: &str) -> bool {
    let odd = |c: char| !c.is_ascii_graphic() || "()<>@,;:\\\"/[]?={}".contains(c);
    !text.is_empty() && !text.contains(odd)
}

/// .NET writes the values of a header on one line.
fn append<'a>(
    headers: &mut HeaderMap,
    name: HeaderName,
    separator: &str,
    values: impl IntoIterator<Item = &'a HeaderValue>,
) {
    let values: Vec<&[u8]> = values.into_iter().map(HeaderValue::as_bytes).collect();
    if let Ok(value) = HeaderValue::from_bytes(&values.join(separator.as_bytes())) {
        headers.insert(name, value);
    }
}

fn add(headers: &mut HeaderMap, name: HeaderName, separator: &str, value: &str) {
    let before = headers.get(&name).cloned();
    let value = HeaderValue::from_str(value).ok();
    append(headers, name, separator, before.iter().chain(&value));
}

/// The query, built anew from a dictionary: a key that is repeated, in any case, has its values joined by
/// commas, and everything is encoded again (`QueryHelpers.AddQueryString`).
pub(crate) fn query(raw: Option<&str>) -> String {
    let mut dictionary: Vec<(String, String)> = Vec::new();
    for (key, value) in form_urlencoded::parse(raw.unwrap_or_default().as_bytes()) {
        match dictionary.iter_mut().find(|(other, _)| other.eq_ignore_ascii_case(&key)) {
            Some((_, values)) => *values = format!("{values},{value}"),
            None => dictionary.push((key.into_owned(), value.into_owned())),
        }
    }
    let pairs: Vec<String> =
        dictionary.iter().map(|(key, value)| format!("{}={}", encode(key), encode(value))).collect();
    if pairs.is_empty() { String::new() } else { format!("?{}", pairs.join("&")) }
}

/// What .NET's `UrlEncoder.Default` leaves as it is: letters, digits and these.
fn encode(text: &str) -> String {
    let encode = |byte: u8| -> Cow<'static, str> {
        if byte.is_ascii_alphanumeric() || b"!$()*,-.;@_~".contains(&byte) {
            char::from(byte).to_string().into()
        } else {
            format!("%{byte:02X}").into()
        }
    };
    text.bytes().map(encode).collect()
}

#[cfg(test)]
mod tests {
    use axum::http::{HeaderMap, HeaderName, HeaderValue};

    use super::{AGENT, headers, keeps_body, query};

    fn map(pairs: &[(&str, &str)]) -> HeaderMap {
        let pair = |(name, value): &(&str, &str)| {
            (name.parse::<HeaderName>().unwrap(), HeaderValue::from_str(value).unwrap())
        };
        let mut headers = HeaderMap::new();
        for (name, value) in pairs.iter().map(pair) {
            headers.append(name, value);
        }
        headers
    }

    #[test]
    fn of_the_contents_headers_only_type_and_length_arrive() {
        let client = map(&[
            ("content-type", "application/x-www-form-urlencoded"),
            ("content-length", "3"),
            ("content-encoding", "gzip"),
            ("content-md5", "x"),
            ("x-slack-signature", "v0=1"),
            ("host", "agw.example"),
        ]);
        let there = headers(&client, "id").unwrap();
        assert_eq!(there["content-type"], "application/x-www-form-urlencoded");
        assert_eq!(
            (&there["content-length"], &there["x-slack-signature"]),
            (&"3".parse().unwrap(), &"v0=1".parse().unwrap())
        );
        assert_eq!(there["host"], "agw.example");
        assert!(there.get("content-encoding").is_none() && there.get("content-md5").is_none());
    }

    #[test]
    fn the_host_adds_itself_behind_the_client() {
        let client = map(&[
            ("user-agent", "Slackbot 1.0"),
            ("x-azure-functions-invocationid", "forged"),
            ("a", "1"),
            ("a", "2"),
        ]);
        let there = headers(&client, "real").unwrap();
        assert_eq!(there["user-agent"], format!("Slackbot 1.0 {AGENT}"));
        assert_eq!(there["x-azure-functions-invocationid"], "forged, real");
        assert_eq!(there["a"], "1, 2");
        assert_eq!(headers(&HeaderMap::new(), "real").unwrap()["user-agent"], AGENT);
    }

    #[test]
    fn a_body_without_a_length_is_lost_with_its_type() {
        let client = map(&[("transfer-encoding", "chunked"), ("content-type", "application/json")]);
        assert!(!keeps_body(&client));
        assert!(headers(&client, "id").unwrap().get("content-type").is_none());
        assert!(!keeps_body(&map(&[("content-length", "0")])));
    }

    #[test]
    fn a_content_type_that_is_none_throws() {
        let client = map(&[("content-length", "1"), ("content-type", "json")]);
        assert!(headers(&client, "id").unwrap_err().contains("json"));
    }

    #[test]
    fn the_query_is_built_anew() {
        assert_eq!(query(None), "");
        assert_eq!(query(Some("a=1&A=2&b=x%20y+z&c")), "?a=1,2&b=x%20y%20z&c=");
        assert_eq!(query(Some("sig=a%2Fb%3D%27")), "?sig=a%2Fb%3D%27");
    }
}
