//! The instruments. Without an exporter there are none, and counting costs nothing.

use std::sync::OnceLock;

use opentelemetry::metrics::{Counter, Histogram, Meter};

use super::names::{self, Metric};

/// Seconds within which machines answer.
const QUICK: [f64; 13] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0];
/// Seconds that work takes: a reading of backend health alone may take a minute.
const WORK: [f64; 14] = [0.01, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 20.0, 30.0, 60.0, 120.0, 300.0];
/// Seconds that people take.
const PATIENT: [f64; 13] =
    [5.0, 10.0, 30.0, 60.0, 120.0, 300.0, 600.0, 1200.0, 1800.0, 3600.0, 7200.0, 21_600.0, 86_400.0];

/// Every metric of [`names::METRICS`].
#[derive(Debug)]
pub(super) struct Instruments {
    pub(super) answered: Histogram<f64>,
    pub(super) waited: Histogram<f64>,
    pub(super) woken: Histogram<f64>,
    pub(super) found: Histogram<f64>,
    pub(super) fixed: Histogram<f64>,
    pub(super) called: Histogram<f64>,
    pub(super) posted: Histogram<f64>,
    pub(super) opened: Counter<u64>,
    pub(super) closed: Counter<u64>,
    pub(super) writes: Counter<u64>,
    pub(super) throttled: Counter<u64>,
    pub(super) buried: Counter<u64>,
}

static INSTRUMENTS: OnceLock<Instruments> = OnceLock::new();

/// Begins to count.
pub(super) fn count_with(meter: &Meter) {
    INSTRUMENTS.get_or_init(|| Instruments {
        answered: histogram(meter, names::ANSWERED, &QUICK),
        waited: histogram(meter, names::WAITED, &WORK),
        woken: histogram(meter, names::WOKEN, &WORK),
        found: histogram(meter, names::FOUND, &WORK),
        fixed: histogram(meter, names::FIXED, &PATIENT),
        called: histogram(meter, names::CALLED, &WORK),
        posted: histogram(meter, names::POSTED, &QUICK),
        opened: counter(meter, names::OPENED),
        closed: counter(meter, names::CLOSED),
        writes: counter(meter, names::WRITES),
        throttled: counter(meter, names::THROTTLED),
        buried: counter(meter, names::BURIED),
    });
}

/// The instruments, if anybody counts.
pub(super) fn instruments() -> Option<&'static Instruments> {
    INSTRUMENTS.get()
}

fn histogram(meter: &Meter, metric: Metric, bounds: &[f64]) -> Histogram<f64> {
    let histogram = meter.f64_histogram(metric.name).with_unit(metric.unit).with_description(metric.about);
    histogram.with_boundaries(bounds.to_vec()).build()
}

fn counter(meter: &Meter, metric: Metric) -> Counter<u64> {
    meter.u64_counter(metric.name).with_unit(metric.unit).with_description(metric.about).build()
}
