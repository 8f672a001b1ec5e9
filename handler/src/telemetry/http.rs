//! Requests over HTTP: how long each took, and what it became.

use std::time::Instant;

use axum::extract::{MatchedPath, Request, State};
use axum::http::HeaderMap;
use axum::middleware::Next;
use axum::response::Response;
use opentelemetry::Context;
use opentelemetry::propagation::TextMapPropagator;
use opentelemetry::trace::TraceContextExt;
use opentelemetry_http::HeaderExtractor;
use opentelemetry_sdk::propagation::TraceContextPropagator;
use tracing::field::Empty;
use tracing::{Instrument, Span, error_span};
use tracing_opentelemetry::OpenTelemetrySpanExt;

use super::{events, ids, is_on, names};

/// The Functions host's id of an invocation (Azure/azure-functions-host, `ScriptConstants.cs`).
const INVOCATION: &str = "x-azure-functions-invocationid";

/// Tells of a request to a route. Of its path, query, headers and body nothing is told: each can hold a secret.
///
/// `hosted` says whether a Functions host stands before us: the trace that it is in is then gone on with. Strangers have
/// no say in that.
pub async fn observed(State(hosted): State<bool>, request: Request, next: Next) -> Response {
    let Some(route) = route(&request) else { return next.run(request).await };
    let method = request.method().clone();
    let span = span(method.as_str(), &route, hosted.then_some(request.headers()));
    let start = Instant::now();
    async {
        let response = next.run(request).await;
        let status = response.status().as_u16();
        let span = Span::current();
        span.record(names::STATUS, status);
        if status >= 500 {
            span.record("otel.status_code", "ERROR").record(names::ERROR, status);
        }
        events::answered(method.as_str(), &route, status, start.elapsed());
        response
    }
    .instrument(span)
    .await
}

/// The route as it was declared, if it is one to tell of: not what is asked again and again and says nothing, nor the
/// console, which one person has for themselves.
fn route(request: &Request) -> Option<MatchedPath> {
    let route = request.extensions().get::<MatchedPath>()?;
    let path = route.as_str();
    let told = path != "/" && path != "/health" && !path.starts_with("/console");
    told.then(|| route.clone())
}

fn span(method: &str, route: &MatchedPath, headers: Option<&HeaderMap>) -> Span {
    let route = route.as_str();
    let span = error_span!(
        parent: None,
        "http",
        otel.name = format!("{method} {route}"),
        otel.kind = "server",
        otel.status_code = Empty,
        { names::HTTP_METHOD } = method,
        { names::ROUTE } = route,
        { names::STATUS } = Empty,
        { names::ERROR } = Empty,
        { names::INVOCATION } = headers.and_then(invocation),
        { names::REQUEST } = Empty,
        { names::INCIDENT } = Empty,
    );
    if let Some(headers) = headers.filter(|_| is_on()) {
        go_on(&span, headers);
    }
    span
}

/// Goes on with the trace that the host is in. Its trace state is left behind: it is text, and may say anything. So is
/// whether it keeps its own span: a host that tells Application Insights by itself says no to everybody else.
fn go_on(span: &Span, headers: &HeaderMap) {
    let theirs = TraceContextPropagator::new().extract(&HeaderExtractor(headers));
    let theirs = theirs.span().span_context().clone();
    if theirs.is_valid() {
        let parent = ids::elsewhere(theirs.trace_id(), theirs.span_id());
        // Where there is no layer to take it, nobody looks at traces.
        let _ = span.set_parent(Context::new().with_remote_span_context(parent));
    }
}

/// An invocation's id, if it is a GUID: where a host passes on what was sent, it may say anything.
fn invocation(headers: &HeaderMap) -> Option<&str> {
    let id = headers.get(INVOCATION)?.to_str().ok()?;
    let guid = id.len() == 36 && id.bytes().all(|byte| byte == b'-' || byte.is_ascii_hexdigit());
    guid.then_some(id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_invocation_is_named_by_a_guid_and_by_nothing_else() {
        let named = |id: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(INVOCATION, id.parse().unwrap());
            invocation(&headers).map(str::to_owned)
        };
        let guid = "8f1f8c1e-0000-4000-8000-0000000000aa";
        assert_eq!(named(guid).as_deref(), Some(guid));
        for other in
            ["", "a-secret", "8f1f8c1e-0000-4000-8000-0000000000aa ", "xf1f8c1e-0000-4000-8000-0000000000aa"]
        {
            assert_eq!(named(other), None, "{other}");
        }
    }
}
