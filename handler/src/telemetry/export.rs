//! Delivery by OTLP, as protobuf over HTTP: spans, metrics and lines.
//!
//! Nothing waits for it. What is told goes into queues with an end, and threads of OpenTelemetry's SDK empty them; what
//! has no room, or is not taken, is lost, counted, and said in the log now and then.

mod courier;
mod settings;
mod tally;

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::{Duration, Instant};

use opentelemetry::KeyValue;
use opentelemetry::metrics::MeterProvider as _;
use opentelemetry::trace::TracerProvider as _;
use opentelemetry_appender_tracing::layer::{OpenTelemetryTracingBridge, TracingSpanAttributes};
use opentelemetry_otlp::{
    ExporterBuildError, LogExporter, MetricExporter, Protocol, SpanExporter, WithExportConfig as _,
    WithHttpConfig as _,
};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::logs::{BatchLogProcessor, SdkLoggerProvider};
use opentelemetry_sdk::metrics::SdkMeterProvider;
use opentelemetry_sdk::trace::{BatchSpanProcessor, SdkTracerProvider};
use tokio::runtime::Handle;
use tokio::sync::oneshot;
use tokio::time::timeout;
use tracing_subscriber::filter::{EnvFilter, FilterExt as _, filter_fn};
use tracing_subscriber::{Layer, Registry};

use courier::Courier;
pub use settings::Settings;
use settings::Trouble;
use tally::{Arrived, Tally, Told};

use super::{ids, logs, metrics, names};

/// The name of the service and of what measures, where nobody gave another one.
const NAME: &str = "agw";
/// How often it is looked whether something was lost.
const LOOK: Duration = Duration::from_secs(300);

static RUNNING: OnceLock<Export> = OnceLock::new();

/// What is delivered, while the program runs.
pub(super) fn running() -> Option<&'static Export> {
    RUNNING.get().filter(|export| export.on.load(Ordering::Relaxed))
}

/// Why nothing is delivered.
#[derive(Debug, thiserror::Error)]
pub(super) enum NotStarted {
    #[error(transparent)]
    Trouble(#[from] Trouble),
    /// What the exporter says is left out: it shows the endpoint.
    #[error("the exporter takes neither its endpoint nor its settings (OTEL_EXPORTER_OTLP_…)")]
    Exporter,
    #[error("there is no runtime")]
    NoRuntime,
}

impl From<ExporterBuildError> for NotStarted {
    fn from(_: ExporterBuildError) -> Self {
        Self::Exporter
    }
}

/// The three signals, each where it is wanted.
#[derive(Debug)]
pub(super) struct Export {
    traces: Option<SdkTracerProvider>,
    metrics: Option<SdkMeterProvider>,
    logs: Option<SdkLoggerProvider>,
    courier: Courier,
    tally: Arc<Tally>,
    on: AtomicBool,
    flushed: Mutex<Option<Instant>>,
}

impl Export {
    /// Prepares delivery, if it is wanted. Nothing is sent yet, and nobody connected to.
    pub(super) fn start(settings: Settings) -> Result<Option<&'static Self>, NotStarted> {
        if !settings.on {
            return Ok(None);
        }
        if let Some(trouble) = settings.trouble {
            return Err(trouble.into());
        }
        let runtime = Handle::try_current().map_err(|_| NotStarted::NoRuntime)?;
        let export = Self::build(&settings, Courier::new(runtime, settings.timeout))?;
        Ok(Some(RUNNING.get_or_init(|| export)))
    }

    fn build(settings: &Settings, courier: Courier) -> Result<Self, NotStarted> {
        let (resource, tally) = (resource(settings), Arc::<Tally>::default());
        let traces = settings.traces.then(|| traces(&resource, &courier, &tally)).transpose()?;
        let metrics = settings.metrics.then(|| meters(&resource, &courier)).transpose()?;
        let logs = settings.logs.then(|| lines(&resource, &courier, &tally)).transpose()?;
        let (on, flushed) = (AtomicBool::new(false), Mutex::default());
        Ok(Self { traces, metrics, logs, courier, tally, on, flushed })
    }

    /// What takes spans and lines to their queues. `filter` is that of the lines.
    pub(super) fn layers(&self, filter: &str) -> Vec<Box<dyn Layer<Registry> + Send + Sync>> {
        let mut layers = Vec::new();
        if let Some(traces) = &self.traces {
            let layer = tracing_opentelemetry::layer().with_tracer(traces.tracer(NAME));
            let layer = layer.with_location(false).with_threads(false).with_tracked_inactivity(false);
            let layer = layer.with_target(false);
            let spans = filter_fn(|metadata| metadata.is_span() && logs::is_ours(metadata));
            layers.push(layer.with_filter(spans).boxed());
        }
        if let Some(logs) = &self.logs {
            let ids = TracingSpanAttributes::allowlist([names::INCIDENT, names::REQUEST, names::GATEWAY]);
            let bridge = OpenTelemetryTracingBridge::builder(logs).with_tracing_span_attributes(ids).build();
            layers.push(bridge.with_filter(EnvFilter::new(filter).and(logs::spoken_for())).boxed());
        }
        layers
    }

    /// Begins to count, and to look now and then whether something was lost.
    pub(super) fn switched_on(&'static self) -> &'static Self {
        if let Some(provider) = &self.metrics {
            metrics::count_with(&provider.meter(NAME));
        }
        self.on.store(true, Ordering::Relaxed);
        tokio::spawn(async move {
            loop {
                tokio::time::sleep(LOOK).await;
                self.deliver(LOOK).await;
            }
        });
        self
    }

    /// Delivers what was told, unless that was done a moment ago, or does not work: then the queues get their time.
    pub(super) async fn flush_if_older(&'static self, age: Duration, at_most: Duration) {
        let due = self.flushed.lock().is_ok_and(|mut flushed| {
            let due = flushed.is_none_or(|at| at.elapsed() >= age);
            if due {
                *flushed = Some(Instant::now());
            }
            due
        });
        if due && !self.courier.is_failing() {
            self.deliver(at_most).await;
        }
    }

    async fn deliver(&'static self, at_most: Duration) {
        let told = self.tally.told();
        if self.aside(at_most, Self::flush).await {
            self.mourn(told);
        }
    }

    /// Delivers what is left, and ends.
    pub(super) async fn stop(&'static self, at_most: Duration) {
        let told = self.tally.told();
        self.aside(at_most, move |export| {
            export.flush();
            export.shut_down(at_most);
        })
        .await;
        self.on.store(false, Ordering::Relaxed);
        self.mourn(told);
    }

    /// Does what blocks on a thread of its own, which is left to itself when the time is up: a program that ends does
    /// not wait for it.
    async fn aside(&'static self, at_most: Duration, work: impl FnOnce(&Self) + Send + 'static) -> bool {
        let (done, waiting) = oneshot::channel();
        let thread = std::thread::Builder::new().name("otlp".to_owned()).spawn(move || {
            work(self);
            // Nobody waits any more, if the time was up.
            let _ = done.send(());
        });
        thread.is_ok() && matches!(timeout(at_most, waiting).await, Ok(Ok(())))
    }

    /// What fails is counted by what arrived.
    fn flush(&self) {
        let _ = self.traces.as_ref().map(SdkTracerProvider::force_flush);
        let _ = self.logs.as_ref().map(SdkLoggerProvider::force_flush);
        let _ = self.metrics.as_ref().map(SdkMeterProvider::force_flush);
    }

    fn shut_down(&self, at_most: Duration) {
        let _ = self.traces.as_ref().map(|traces| traces.shutdown_with_timeout(at_most));
        let _ = self.logs.as_ref().map(|logs| logs.shutdown_with_timeout(at_most));
        let _ = self.metrics.as_ref().map(|metrics| metrics.shutdown_with_timeout(at_most));
    }

    fn mourn(&self, told: u64) {
        let lost = self.tally.lost(told);
        if lost > 0 {
            tracing::warn!(lost, "spans and lines were not delivered by OTLP, and are lost");
        }
    }
}

fn traces(
    resource: &Resource,
    courier: &Courier,
    tally: &Arc<Tally>,
) -> Result<SdkTracerProvider, ExporterBuildError> {
    let exporter = SpanExporter::builder().with_http().with_protocol(Protocol::HttpBinary);
    let exporter = Arrived(exporter.with_http_client(courier.clone()).build()?, Arc::clone(tally));
    let provider = SdkTracerProvider::builder().with_resource(resource.clone());
    let provider =
        provider.with_id_generator(ids::Ids::default()).with_span_processor(Told(Arc::clone(tally)));
    Ok(provider.with_span_processor(BatchSpanProcessor::builder(exporter).build()).build())
}

fn meters(resource: &Resource, courier: &Courier) -> Result<SdkMeterProvider, ExporterBuildError> {
    let exporter = MetricExporter::builder().with_http().with_protocol(Protocol::HttpBinary);
    let exporter = exporter.with_http_client(courier.clone()).build()?;
    Ok(SdkMeterProvider::builder().with_resource(resource.clone()).with_periodic_exporter(exporter).build())
}

fn lines(
    resource: &Resource,
    courier: &Courier,
    tally: &Arc<Tally>,
) -> Result<SdkLoggerProvider, ExporterBuildError> {
    let exporter = LogExporter::builder().with_http().with_protocol(Protocol::HttpBinary);
    let exporter = Arrived(exporter.with_http_client(courier.clone()).build()?, Arc::clone(tally));
    let provider = SdkLoggerProvider::builder().with_resource(resource.clone());
    let provider = provider.with_log_processor(Told(Arc::clone(tally)));
    Ok(provider.with_log_processor(BatchLogProcessor::builder(exporter).build()).build())
}

/// What tells it: the service, this process of it, and where it runs. `OTEL_SERVICE_NAME` and
/// `OTEL_RESOURCE_ATTRIBUTES` are read by the builder.
fn resource(settings: &Settings) -> Resource {
    let version = KeyValue::new("service.version", env!("CARGO_PKG_VERSION"));
    let instance = KeyValue::new("service.instance.id", super::guid());
    let platform = settings.platform.iter().map(|(name, value)| KeyValue::new(*name, value.clone()));
    let resource = Resource::builder().with_attributes([version, instance]).with_attributes(platform);
    if settings.unnamed { resource.with_service_name(NAME).build() } else { resource.build() }
}
