//! What the host makes of the answer to a trigger.

use serde_json::Value;

/// What an answer is to the host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// The invocation succeeded; these are the lines for the log.
    Taken(Vec<String>),
    /// It failed as a handler may let it fail.
    Failed(String),
    /// It failed because the host cannot read the answer.
    Unreadable(String),
    /// The host waits until the function's time is up.
    Hangs(String),
}

/// Judges an answer (Azure/azure-functions-host, `DefaultHttpWorkerService.ProcessDefaultInvocationRequest`).
pub(crate) fn judge(status: u16, content_type: Option<&str>, body: &[u8]) -> Verdict {
    // EnsureSuccessStatusCode throws. Redirects are followed, which a handler can only mean by mistake.
    match status {
        200..=299 => {}
        300..=399 => return Verdict::Unreadable(format!("status {status}: the host follows redirects")),
        _ => return Verdict::Failed(format!("Response status code does not indicate success: {status}")),
    }
    if body.is_empty() {
        return Verdict::Hangs("an empty answer is read as null, and then no result is ever set".into());
    }
    if !is_json(content_type) {
        // azure-functions-host issue 6462; without a content type it is application/octet-stream
        // (`ReadAsAsync`).
        let kind = content_type.unwrap_or("application/octet-stream");
        return Verdict::Unreadable(format!("No MediaTypeFormatter is available to read a body of {kind}"));
    }
    match serde_json::from_slice(body) {
        Ok(Value::Null) => Verdict::Hangs("after the answer null no result is ever set".into()),
        Ok(Value::Object(fields)) => read(fields),
        Ok(_) => Verdict::Unreadable("the answer is JSON, but not an object".into()),
        Err(error) => Verdict::Unreadable(format!("Invalid HttpResponseMessage: {error}")),
    }
}

/// What the JSON formatter reads (.NET, `JsonMediaTypeFormatter`).
fn is_json(content_type: Option<&str>) -> bool {
    let kind = content_type.unwrap_or_default().split(';').next().unwrap_or_default().trim();
    kind.eq_ignore_ascii_case("application/json") || kind.eq_ignore_ascii_case("text/json")
}

/// `Outputs`, `Logs` and `ReturnValue`, in any case, each of which may be missing
/// (Azure/azure-functions-host, `HttpScriptInvocationResult`).
fn read(fields: serde_json::Map<String, Value>) -> Verdict {
    let mut logs = Vec::new();
    for (name, value) in fields {
        match (name.to_ascii_lowercase().as_str(), value) {
            ("outputs", value) if !value.is_object() && !value.is_null() => {
                return Verdict::Unreadable("Outputs is not an object".into());
            }
            ("logs", Value::Array(lines)) => logs.extend(lines.iter().map(line)),
            ("logs", value) if !value.is_null() => return Verdict::Unreadable("Logs is not a list".into()),
            _ => {}
        }
    }
    Verdict::Taken(logs)
}

fn line(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::{Verdict, judge};

    const JSON: Option<&str> = Some("application/json; charset=utf-8");

    #[test]
    fn an_empty_object_is_enough() {
        assert_eq!(judge(200, JSON, b"{}"), Verdict::Taken(vec![]));
        assert_eq!(
            judge(202, JSON, br#"{"Outputs":null,"logs":["a"],"ReturnValue":1}"#),
            Verdict::Taken(vec!["a".into()])
        );
    }

    #[test]
    fn another_status_fails_and_is_no_mistake() {
        for status in [400, 404, 409, 500, 503] {
            assert!(matches!(judge(status, None, b""), Verdict::Failed(_)), "{status}");
        }
    }

    #[test]
    fn null_and_nothing_hang() {
        assert!(matches!(judge(200, JSON, b"null"), Verdict::Hangs(_)));
        assert!(matches!(judge(204, None, b""), Verdict::Hangs(_)));
        assert!(matches!(judge(200, JSON, b""), Verdict::Hangs(_)));
    }

    #[test]
    fn what_the_host_cannot_read_is_a_mistake() {
        for (kind, body) in [
            (Some("text/plain"), "{}"),
            (None, "{}"),
            (JSON, "{"),
            (JSON, "[]"),
            (JSON, "\"ok\""),
            (JSON, r#"{"Outputs":[]}"#),
            (JSON, r#"{"Logs":"a line"}"#),
        ] {
            assert!(matches!(judge(200, kind, body.as_bytes()), Verdict::Unreadable(_)), "{kind:?} {body}");
        }
        assert!(matches!(judge(302, JSON, b"{}"), Verdict::Unreadable(_)));
    }
}
