//! One trace an incident.
//!
//! A wake-up is only a hint with an id in it, so no context travels with it. Instead the trace's id is made from that
//! id: whatever any instance does about `INC-7K2F`, today or tomorrow, has the same trace, and needs to be told
//! nothing. What leads there links to it: a request over HTTP to the trace of the request, and that one to the trace of
//! its incident.

use std::cell::Cell;

use opentelemetry::trace::{SpanContext, SpanId, TraceFlags, TraceId, TraceState};
use opentelemetry_sdk::trace::{IdGenerator, RandomIdGenerator};
use sha2::{Digest, Sha256};
use tracing::Span;
use tracing_opentelemetry::OpenTelemetrySpanExt;

thread_local! {
    /// The trace that the next root on this thread belongs to.
    static NEXT: Cell<Option<TraceId>> = const { Cell::new(None) };
}

/// Random ids, but for the roots of traces that are told by [`begin`].
#[derive(Debug, Default)]
pub(super) struct Ids(RandomIdGenerator);

impl IdGenerator for Ids {
    fn new_trace_id(&self) -> TraceId {
        NEXT.take().unwrap_or_else(|| self.0.new_trace_id())
    }

    fn new_span_id(&self) -> SpanId {
        self.0.new_span_id()
    }
}

/// Begins a span that has no parent, in the trace that goes with an incident's or a request's id.
pub(super) fn begin(span: &Span, id: &str) {
    if super::is_on() {
        NEXT.set(Some(trace_of(id)));
        // Asked for its context, a span begins.
        let _ = span.context();
        NEXT.set(None);
    }
}

/// Leads from a span to the trace that goes with an id.
pub(super) fn link(span: &Span, id: &str) {
    if super::is_on() {
        // A link names a span, and the trace has no first one that could be known: whoever follows it gets the trace.
        span.add_link(elsewhere(trace_of(id), first_of(id)));
    }
}

/// Leads from a span to another one.
pub(super) fn link_to(span: &Span, other: &Span) {
    use opentelemetry::trace::TraceContextExt as _;
    if super::is_on() {
        span.add_link(other.context().span().span_context().clone());
    }
}

/// A span that somebody else tells of, or told of.
pub(super) fn elsewhere(trace: TraceId, span: SpanId) -> SpanContext {
    SpanContext::new(trace, span, TraceFlags::SAMPLED, true, TraceState::default())
}

/// The trace that goes with an id. Anybody can work it out: `printf 'agw INC-7K2F' | sha256sum | cut -c 1-32`.
fn trace_of(id: &str) -> TraceId {
    let digest = Sha256::digest(format!("agw {id}"));
    TraceId::from_bytes(first(&digest))
}

fn first_of(id: &str) -> SpanId {
    let digest = Sha256::digest(format!("agw first span {id}"));
    SpanId::from_bytes(first(&digest))
}

fn first<const N: usize>(digest: &[u8]) -> [u8; N] {
    digest.first_chunk().copied().unwrap_or([1; N])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_trace_of_an_incident_can_be_worked_out_by_hand() {
        // printf 'agw INC-7K2F' | sha256sum
        insta::assert_snapshot!(trace_of("INC-7K2F"), @"86179e3e3428f186a15210357ddedd9d");
    }

    #[test]
    fn a_root_gets_the_trace_that_was_told_once_and_a_random_one_after_it() {
        let ids = Ids::default();
        NEXT.set(Some(trace_of("INC-7K2F")));
        assert_eq!(ids.new_trace_id(), trace_of("INC-7K2F"));
        assert_ne!(ids.new_trace_id(), ids.new_trace_id());
    }
}
