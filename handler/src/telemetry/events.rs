//! What happens, told once: each function writes its line and counts in its metric.
//!
//! The lines are what dashboards read, so their words are constants.

use std::time::Duration;

use axum::extract::MatchedPath;
use domain::dead_letter::About;
use domain::id::GatewayId;
use domain::incident::{Incident, IncidentId};
use domain::request::{Platform, Request};
use jiff::Timestamp;
use opentelemetry::KeyValue;
use opentelemetry::metrics::Histogram;
use tracing::{Span, debug, error, info, warn};

use super::metrics::{Instruments, instruments};
use super::{names, spans};
use crate::ports::{ChatError, Wake};

/// A request over HTTP was answered.
pub const ANSWERED: &str = "a request was answered";
/// An incident was opened.
pub const OPENED: &str = "an incident was opened";
/// An incident is in another state.
pub const MOVED: &str = "an incident moved on";
/// The first diagnosis is on display.
pub const FOUND: &str = "the first finding is shown";
/// The servers were measured Healthy after a fix.
pub const FIXED: &str = "an incident is fixed";
/// A write was approved, applied, voided, or failed.
pub const WROTE: &str = "a write went on";
/// Azure or a chat asks to wait.
pub const THROTTLED: &str = "asked to wait";
/// A call to Azure ended.
pub const CALLED: &str = "azure";
/// A chat was called.
pub const POSTED: &str = "chat";
/// A wake-up was given up.
pub const BURIED: &str = "given up";

/// The words of all lines that dashboards read.
pub const LINES: [&str; 10] =
    [ANSWERED, OPENED, MOVED, FOUND, FIXED, WROTE, THROTTLED, CALLED, POSTED, BURIED];

/// What becomes of a write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wrote {
    /// Somebody approved it.
    Approved,
    /// It was read back: it is in place.
    Applied,
    /// What it was about changed before it was written; nothing was.
    Voided,
    /// It failed for good.
    Failed,
}

impl Wrote {
    fn name(self) -> &'static str {
        match self {
            Self::Approved => "approved",
            Self::Applied => "applied",
            Self::Voided => "voided",
            Self::Failed => "failed",
        }
    }
}

/// A request over HTTP was answered. One that was refused has been told as a warning by whoever refused it.
pub(super) fn answered(method: &str, route: &MatchedPath, status: u16, took: Duration) {
    let route = route.as_str();
    if let Some(instruments) = instruments() {
        let mut labels = vec![
            KeyValue::new(names::HTTP_METHOD, method.to_owned()),
            KeyValue::new(names::ROUTE, route.to_owned()),
            KeyValue::new(names::STATUS, i64::from(status)),
        ];
        if status >= 500 {
            labels.push(KeyValue::new(names::ERROR, status.to_string()));
        }
        instruments.answered.record(took.as_secs_f64(), &labels);
    }
    let ms = in_ms(took);
    // The host's triggers are the worker's business, which tells of itself.
    if route.starts_with("/api/") && status < 400 {
        info!({ names::ROUTE } = route, { names::STATUS } = status, { names::MS } = ms, "{ANSWERED}");
    } else {
        debug!({ names::ROUTE } = route, { names::STATUS } = status, { names::MS } = ms, "{ANSWERED}");
    }
}

/// A worker takes up a request.
pub fn taken_up(request: &Request, now: Timestamp) {
    if let Some(instruments) = instruments() {
        instruments.waited.record(seconds(request.at, now), &[]);
    }
}

/// A wake-up was handled, or not.
pub fn woken<E>(wake: &Wake, took: Duration, result: &Result<(), E>) {
    if result.is_err() {
        let span = Span::current();
        span.record("otel.status_code", "ERROR").record(names::ERROR, "store");
    }
    let Some(instruments) = instruments() else { return };
    let kind = match wake {
        Wake::Request(_) => "request",
        Wake::Incident(_) => "incident",
    };
    let outcome = if result.is_ok() { "done" } else { "failed" };
    let labels = [KeyValue::new(names::WAKEUP, kind), KeyValue::new(names::OUTCOME, outcome)];
    instruments.woken.record(took.as_secs_f64(), &labels);
}

/// An incident was opened.
pub fn opened(incident: &Incident) {
    let by = opened_by(incident);
    info!(
        { names::INCIDENT } = %incident.id,
        { names::GATEWAY } = %incident.gateway,
        { names::OPENED_BY } = by,
        "{OPENED}"
    );
    if let Some(instruments) = instruments() {
        instruments.opened.add(1, &[KeyValue::new(names::OPENED_BY, by)]);
    }
}

/// An incident is in another state than before.
pub fn moved(incident: &Incident, before: &'static str, now: Timestamp) {
    info!(
        { names::INCIDENT } = %incident.id,
        { names::GATEWAY } = %incident.gateway,
        { names::BEFORE } = before,
        { names::STATE } = incident.state.name(),
        { names::SECONDS } = seconds(incident.opened_at, now),
        "{MOVED}"
    );
}

/// The first diagnosis of an incident is on display.
pub fn found(incident: &Incident, now: Timestamp) {
    reached(incident, now, FOUND, |instruments| &instruments.found);
}

/// An incident is fixed, as measured.
pub fn fixed(incident: &Incident, now: Timestamp) {
    reached(incident, now, FIXED, |instruments| &instruments.fixed);
}

/// An incident came to a point that people waited for: a line, and how long it took since the opening.
fn reached(
    incident: &Incident,
    now: Timestamp,
    said: &'static str,
    histogram: fn(&Instruments) -> &Histogram<f64>,
) {
    let (by, took) = (opened_by(incident), seconds(incident.opened_at, now));
    info!(
        { names::INCIDENT } = %incident.id,
        { names::GATEWAY } = %incident.gateway,
        { names::OPENED_BY } = by,
        { names::SECONDS } = took,
        "{said}"
    );
    if let Some(instruments) = instruments() {
        histogram(instruments).record(took, &[KeyValue::new(names::OPENED_BY, by)]);
    }
}

/// An incident was closed.
pub fn closed() {
    if let Some(instruments) = instruments() {
        instruments.closed.add(1, &[]);
    }
}

/// A write was approved, applied, voided, or failed.
pub fn wrote(incident: &IncidentId, gateway: &GatewayId, what: Wrote) {
    let outcome = what.name();
    info!(
        { names::INCIDENT } = %incident,
        { names::GATEWAY } = %gateway,
        { names::OUTCOME } = outcome,
        "{WROTE}"
    );
    if let Some(instruments) = instruments() {
        instruments.writes.add(1, &[KeyValue::new(names::OUTCOME, outcome)]);
    }
}

/// A wake-up was given up, and is about to be told.
pub fn buried(id: &str, about: &About) {
    let kind = match about {
        About::Request(_) => "request",
        About::Incident(_) => "incident",
        About::Unreadable => "unreadable",
    };
    let (request, incident) = match about {
        About::Request(request) => (Some(request.as_str()), None),
        About::Incident(incident) => (None, Some(incident.as_str())),
        About::Unreadable => (None, None),
    };
    error!(
        id,
        { names::ABOUT } = kind,
        { names::REQUEST } = request,
        { names::INCIDENT } = incident,
        "{BURIED}"
    );
    if let Some(instruments) = instruments() {
        instruments.buried.add(1, &[KeyValue::new(names::ABOUT, kind)]);
    }
}

/// A chat was called.
pub(crate) fn posted<T>(
    platform: Platform,
    method: &'static str,
    took: Duration,
    result: &Result<T, ChatError>,
) {
    let (name, outcome) = (spans::platform_name(platform), outcome(result));
    let span = Span::current();
    span.record(names::OUTCOME, outcome);
    if outcome != "done" {
        span.record("otel.status_code", "ERROR");
    }
    debug!(
        { names::PLATFORM } = name,
        { names::METHOD } = method,
        { names::OUTCOME } = outcome,
        { names::MS } = in_ms(took),
        "{POSTED}"
    );
    if let Err(ChatError::Throttled { retry_after_s, .. }) = result {
        throttled(name, *retry_after_s);
    }
    let Some(instruments) = instruments() else { return };
    let labels = [
        KeyValue::new(names::PLATFORM, name),
        KeyValue::new(names::METHOD, method),
        KeyValue::new(names::OUTCOME, outcome),
    ];
    instruments.posted.record(took.as_secs_f64(), &labels);
}

/// How a call to Azure ended.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Called<'a> {
    /// The HTTP method.
    pub(crate) method: &'a str,
    /// The permission that it needs.
    pub(crate) action: &'a str,
    /// The path, without its query.
    pub(crate) path: &'a str,
    /// The HTTP status, if an answer came.
    pub(crate) status: Option<u16>,
    /// Why none came.
    pub(crate) lost: Option<&'static str>,
    /// Azure's id for the call.
    pub(crate) correlation: Option<&'a str>,
    /// The wait that was asked for.
    pub(crate) retry_after: Option<Duration>,
    /// How long it took.
    pub(crate) took: Duration,
}

/// A call to Azure ended; the current span is that of the call.
pub(crate) fn called(call: Called<'_>) {
    let Called { method, action, path, status, lost, correlation, .. } = call;
    let failed = status.filter(|status| *status >= 400).map(|status| status.to_string());
    let error = failed.or_else(|| lost.map(str::to_owned));
    note_on_span(status, error.as_deref(), correlation);
    debug!(
        { names::HTTP_METHOD } = method,
        { names::PATH } = path,
        { names::STATUS } = status,
        { names::MS } = in_ms(call.took),
        { names::ERROR } = error,
        "{CALLED}"
    );
    if let (Some(429 | 503), wait) = (status, call.retry_after)
        && (status == Some(429) || wait.is_some())
    {
        throttled("azure", wait.unwrap_or_default().as_secs());
    }
    let Some(instruments) = instruments() else { return };
    let mut labels = vec![
        KeyValue::new(names::HTTP_METHOD, method.to_owned()),
        KeyValue::new(names::ACTION, action.to_owned()),
    ];
    labels.extend(status.map(|status| KeyValue::new(names::STATUS, i64::from(status))));
    labels.extend(error.map(|error| KeyValue::new(names::ERROR, error)));
    instruments.called.record(call.took.as_secs_f64(), &labels);
}

fn note_on_span(status: Option<u16>, error: Option<&str>, correlation: Option<&str>) {
    let span = Span::current();
    span.record(names::STATUS, status).record(names::CORRELATION, correlation);
    if let Some(error) = error {
        span.record(names::ERROR, error);
    }
    // What is missing, or not allowed, is evidence; what cannot be had is a failure.
    if status.is_none_or(|status| status >= 429) {
        span.record("otel.status_code", "ERROR");
    }
}

fn throttled(service: &'static str, retry_after_s: u64) {
    warn!({ names::SERVICE } = service, { names::RETRY_AFTER } = retry_after_s, "{THROTTLED}");
    if let Some(instruments) = instruments() {
        instruments.throttled.add(1, &[KeyValue::new(names::SERVICE, service)]);
    }
}

fn outcome<T>(result: &Result<T, ChatError>) -> &'static str {
    match result {
        Ok(_) => "done",
        Err(ChatError::Throttled { .. }) => "throttled",
        Err(ChatError::Gone { .. }) => "gone",
        Err(ChatError::Refused { .. }) => "refused",
        Err(ChatError::Unreachable { .. }) => "unreachable",
    }
}

fn opened_by(incident: &Incident) -> &'static str {
    if incident.asked_by.is_some() { "person" } else { "alert" }
}

fn seconds(from: Timestamp, to: Timestamp) -> f64 {
    to.duration_since(from).as_secs_f64().max(0.0)
}

fn in_ms(took: Duration) -> u64 {
    u64::try_from(took.as_millis()).unwrap_or(u64::MAX)
}
