//! A collector of OpenTelemetry, as any of them takes OTLP: protobuf over HTTP (OpenTelemetry's specification,
//! "OTLP/HTTP"). It keeps what it is sent, as bytes too, and is away, busy or silent when a test says so.

mod told;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use prost::Message;
use url::Url;

use crate::serve::Server;
pub use told::{Fields, Line, Number, Series, Span};

/// How the collector is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Temper {
    /// It takes everything.
    #[default]
    Fine,
    /// It takes nothing, and says so with this status.
    Refuses(u16),
    /// It never answers.
    Silent,
    /// Nobody is there.
    Away,
}

#[derive(Debug, Default)]
struct Inner {
    temper: Temper,
    requests: usize,
    bytes: Vec<u8>,
    keys: Vec<String>,
    spans: Vec<Span>,
    lines: Vec<Line>,
    series: BTreeMap<(String, Fields), Series>,
    resource: Fields,
    complaints: Vec<String>,
}

/// A collector on loopback.
#[derive(Debug)]
pub struct Collector {
    shared: Arc<Mutex<Inner>>,
    server: Server,
}

impl Collector {
    /// Opens one.
    pub async fn start(temper: Temper) -> Self {
        let shared = Arc::new(Mutex::new(Inner { temper, ..Inner::default() }));
        let router = Router::new().route("/v1/{signal}", post(take)).with_state(Arc::clone(&shared));
        Self { shared, server: Server::start(router).await }
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.shared.lock().unwrap()
    }

    /// What `OTEL_EXPORTER_OTLP_ENDPOINT` is set to.
    #[must_use]
    pub fn endpoint(&self) -> Url {
        match self.inner().temper {
            Temper::Away => "http://127.0.0.1:9/".parse().unwrap(),
            _ => self.server.url(),
        }
    }

    /// How often it was called.
    #[must_use]
    pub fn requests(&self) -> usize {
        self.inner().requests
    }

    /// Everything that it was sent, headers left out, as bytes: texts stand in protobuf as they are.
    #[must_use]
    pub fn bytes(&self) -> Vec<u8> {
        self.inner().bytes.clone()
    }

    /// The `api-key` headers that came along.
    #[must_use]
    pub fn keys(&self) -> Vec<String> {
        self.inner().keys.clone()
    }

    /// The spans that have ended.
    #[must_use]
    pub fn spans(&self) -> Vec<Span> {
        self.inner().spans.clone()
    }

    /// The lines of the log.
    #[must_use]
    pub fn lines(&self) -> Vec<Line> {
        self.inner().lines.clone()
    }

    /// The metrics as they were told last, one a set of attributes.
    #[must_use]
    pub fn series(&self, name: &str) -> Vec<Series> {
        self.inner().series.values().filter(|series| series.name == name).cloned().collect()
    }

    /// The names of all metrics that were told.
    #[must_use]
    pub fn metrics(&self) -> Vec<String> {
        let mut names: Vec<String> = self.inner().series.values().map(|series| series.name.clone()).collect();
        names.dedup();
        names
    }

    /// Who tells.
    #[must_use]
    pub fn resource(&self) -> Fields {
        self.inner().resource.clone()
    }

    /// What was not as the specification wants it.
    #[must_use]
    pub fn complaints(&self) -> Vec<String> {
        self.inner().complaints.clone()
    }
}

async fn take(
    State(shared): State<Arc<Mutex<Inner>>>,
    Path(signal): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let temper = {
        let mut inner = shared.lock().unwrap();
        inner.requests += 1;
        inner.bytes.extend_from_slice(&body);
        let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
        inner.keys.extend(header("api-key"));
        let kind = header(header::CONTENT_TYPE.as_str()).unwrap_or_default();
        if kind != "application/x-protobuf" {
            inner.complaints.push(format!("{signal} as {kind}"));
        }
        inner.temper
    };
    match temper {
        Temper::Fine => {}
        Temper::Refuses(status) => return StatusCode::from_u16(status).unwrap().into_response(),
        Temper::Silent => std::future::pending::<()>().await,
        Temper::Away => panic!("somebody found a collector that is away"),
    }
    let mut inner = shared.lock().unwrap();
    let read = match signal.as_str() {
        "traces" => ExportTraceServiceRequest::decode(body).map(|request| inner.traces(request)),
        "metrics" => ExportMetricsServiceRequest::decode(body).map(|request| inner.metrics(request)),
        "logs" => ExportLogsServiceRequest::decode(body).map(|request| inner.logs(request)),
        _ => return StatusCode::NOT_FOUND.into_response(),
    };
    if let Err(error) = read {
        inner.complaints.push(format!("{signal}: {error}"));
        return StatusCode::BAD_REQUEST.into_response();
    }
    // An answer without anything that was not taken is an empty message.
    ([(header::CONTENT_TYPE, "application/x-protobuf")], Bytes::new()).into_response()
}

impl Inner {
    fn traces(&mut self, request: ExportTraceServiceRequest) {
        for one in request.resource_spans {
            self.resource = told::resource(one.resource);
            let spans = one.scope_spans.into_iter().flat_map(|scope| scope.spans);
            self.spans.extend(spans.map(Span::of));
        }
    }

    fn metrics(&mut self, request: ExportMetricsServiceRequest) {
        for one in request.resource_metrics {
            self.resource = told::resource(one.resource);
            for metric in one.scope_metrics.into_iter().flat_map(|scope| scope.metrics) {
                for series in Series::all_of(metric) {
                    self.series.insert((series.name.clone(), series.fields.clone()), series);
                }
            }
        }
    }

    fn logs(&mut self, request: ExportLogsServiceRequest) {
        for one in request.resource_logs {
            self.resource = told::resource(one.resource);
            let lines = one.scope_logs.into_iter().flat_map(|scope| scope.log_records);
            self.lines.extend(lines.map(Line::of));
        }
    }
}
