//! Counts what was told and what arrived, so that what was lost can be said: the queues are bounded, and the collector
//! may be away.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use opentelemetry::{Context, InstrumentationScope};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::logs::{LogBatch, LogExporter, LogProcessor, SdkLogRecord};
use opentelemetry_sdk::trace::{Span, SpanData, SpanExporter, SpanProcessor};

/// Spans and lines: what was told, and what arrived.
#[derive(Debug, Default)]
pub(super) struct Tally {
    told: AtomicU64,
    arrived: AtomicU64,
    mourned: AtomicU64,
}

impl Tally {
    /// What was told so far.
    pub(super) fn told(&self) -> u64 {
        self.told.load(Ordering::Relaxed)
    }

    /// How much of what had been told when `told` was read was lost, after a delivery of everything, and not counted
    /// before. What was told meanwhile may have arrived as well, so it may have been more, and never less.
    pub(super) fn lost(&self, told: u64) -> u64 {
        let lost = told.saturating_sub(self.arrived.load(Ordering::Relaxed));
        lost.saturating_sub(self.mourned.fetch_max(lost, Ordering::Relaxed))
    }

    fn one_told(&self) {
        self.told.fetch_add(1, Ordering::Relaxed);
    }

    fn have_arrived(&self, count: usize, result: &OTelSdkResult) {
        if result.is_ok() {
            self.arrived.fetch_add(u64::try_from(count).unwrap_or(u64::MAX), Ordering::Relaxed);
        }
    }
}

/// Counts what is told.
#[derive(Debug)]
pub(super) struct Told(pub(super) Arc<Tally>);

impl SpanProcessor for Told {
    fn on_start(&self, _: &mut Span, _: &Context) {}

    fn on_end(&self, span: SpanData) {
        if span.span_context.is_sampled() {
            self.0.one_told();
        }
    }

    fn force_flush(&self) -> OTelSdkResult {
        Ok(())
    }

    fn shutdown_with_timeout(&self, _: Duration) -> OTelSdkResult {
        Ok(())
    }
}

impl LogProcessor for Told {
    fn emit(&self, _: &mut SdkLogRecord, _: &InstrumentationScope) {
        self.0.one_told();
    }

    fn force_flush(&self) -> OTelSdkResult {
        Ok(())
    }

    fn shutdown_with_timeout(&self, _: Duration) -> OTelSdkResult {
        Ok(())
    }
}

/// Counts what arrives.
#[derive(Debug)]
pub(super) struct Arrived<E>(pub(super) E, pub(super) Arc<Tally>);

impl<E: SpanExporter> SpanExporter for Arrived<E> {
    async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
        let count = batch.len();
        let result = self.0.export(batch).await;
        self.1.have_arrived(count, &result);
        result
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.0.shutdown_with_timeout(timeout)
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.0.set_resource(resource);
    }
}

impl<E: LogExporter> LogExporter for Arrived<E> {
    async fn export(&self, batch: LogBatch<'_>) -> OTelSdkResult {
        let count = batch.iter().count();
        let result = self.0.export(batch).await;
        self.1.have_arrived(count, &result);
        result
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.0.shutdown_with_timeout(timeout)
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.0.set_resource(resource);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_lost_is_counted_once() {
        let tally = Tally::default();
        (0..10).for_each(|_| tally.one_told());
        tally.have_arrived(7, &Ok(()));
        assert_eq!(tally.lost(tally.told()), 3);
        assert_eq!(tally.lost(tally.told()), 0);
        (0..5).for_each(|_| tally.one_told());
        tally.have_arrived(4, &Ok(()));
        assert_eq!(tally.lost(tally.told()), 1);
    }
}
