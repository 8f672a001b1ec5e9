//! What all parts of one host share, and how it runs a function.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU16, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::body::Body;
use axum::http::header::{CONTENT_TYPE, HOST, USER_AGENT};
use axum::http::{HeaderValue, Request};
use http_body_util::BodyExt;
use serde_json::Value;
use tokio::sync::{Mutex as Turn, mpsc, watch};
use tokio::time::{Instant, timeout};

use crate::functions::answer::{self, Verdict};
use crate::functions::client::Client;
use crate::functions::forward::{AGENT, HOST_VERSION, INVOCATION_ID, VERSION};
use crate::functions::host::{Answer, HostPace, Mode};
use crate::functions::record::{Invocation, Level, Outcome, Record, Source};
use crate::functions::storage::Storage;
use crate::functions::supervisor::Order;
use crate::functions::{Package, chance};

/// How long an invocation waits for a handler that starts: 3 + 1 times the initialization timeout
/// (Azure/azure-functions-host, `WorkerFunctionInvoker.DelayUntilFunctionDispatcherInitializedOrShutdown`).
const WAIT: Duration = Duration::from_secs(120);

/// What becomes of a host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HostState {
    /// The handler is ready.
    Running,
    /// The handler is being started, for the first time or again.
    Restarting,
    /// The handler ended with exit code 0, which the host takes for intended: it does not start it again, and
    /// still believes it to be there, so that every invocation is refused.
    Ended,
    /// The host has shut down, and why.
    Dead(String),
}

/// What all parts of one host share.
#[derive(Debug)]
pub(crate) struct Instance {
    pub(crate) package: Package,
    pub(crate) settings: Vec<(String, String)>,
    pub(crate) storage: Option<Storage>,
    pub(crate) mode: Mode,
    pub(crate) key: String,
    pub(crate) pace: HostPace,
    pub(crate) record: Record,
    pub(crate) state: watch::Sender<HostState>,
    pub(crate) stopping: watch::Sender<bool>,
    pub(crate) client: Arc<Client>,
    pub(crate) orders: mpsc::UnboundedSender<Order>,
    /// Where the handler is to listen.
    pub(crate) port: AtomicU16,
    /// How often it was started.
    pub(crate) starts: AtomicUsize,
    /// How often the platform started a new host.
    pub(crate) fresh: AtomicUsize,
    pub(crate) ready: Mutex<Duration>,
    pub(crate) pid: Mutex<Option<u32>>,
    /// A timer runs once at a time.
    pub(crate) turns: BTreeMap<String, Turn<()>>,
}

impl Instance {
    pub(crate) fn says(&self, level: Level, text: impl Into<String>) {
        self.record.host(level, text);
    }

    pub(crate) fn port(&self) -> u16 {
        self.port.load(Ordering::SeqCst)
    }

    /// Waits until the handler is there, or until the host believes so.
    pub(crate) async fn available(&self) -> Result<u16, String> {
        let mut state = self.state.subscribe();
        let settled = timeout(WAIT, state.wait_for(|state| *state != HostState::Restarting)).await;
        match settled.ok().and_then(Result::ok).as_deref() {
            Some(HostState::Dead(why)) => Err(format!("the host has shut down: {why}")),
            Some(_) => Ok(self.port()),
            None => Err("the handler did not start in time".into()),
        }
    }

    /// Whether the host has shut down.
    pub(crate) fn is_dead(&self) -> bool {
        matches!(*self.state.borrow(), HostState::Dead(_))
    }

    /// How long a function may take.
    pub(crate) fn limit(&self) -> Duration {
        let declared = self.package.host.function_timeout.unwrap_or(Duration::MAX);
        self.pace.function_timeout.unwrap_or(declared)
    }

    /// A function's time is up: the one handler process is killed and started again, and with it dies all
    /// else that it was doing (Azure/azure-functions-host,
    /// `WebScriptHostExceptionHandler.OnTimeoutExceptionAsync`).
    pub(crate) fn time_is_up(&self, function: &str, start: usize) -> Outcome {
        self.says(
            Level::Error,
            format!("Timeout value exceeded by function {function}: the handler is restarted"),
        );
        self.orders.send(Order::Restart { start }).ok();
        Outcome::TimedOut
    }

    /// Runs a trigger's function by its envelope, and remembers it.
    pub(crate) async fn run(&self, function: &str, envelope: &Value, dequeue_count: Option<u32>) -> Outcome {
        let began = Instant::now();
        let start = self.starts.load(Ordering::SeqCst);
        let outcome = match timeout(self.limit(), self.attempt(function, envelope)).await {
            Ok(outcome) => outcome,
            Err(_) => self.time_is_up(function, start),
        };
        self.remember(function, &outcome, dequeue_count, began);
        outcome
    }

    pub(crate) fn remember(
        &self,
        function: &str,
        outcome: &Outcome,
        dequeue_count: Option<u32>,
        began: Instant,
    ) {
        if let Outcome::Failed(reason) = outcome {
            self.says(Level::Error, format!("Executed {function} (Failed): {reason}"));
        }
        let (function, outcome) = (function.to_owned(), outcome.clone());
        self.record.invocation(Invocation { function, outcome, dequeue_count, duration: began.elapsed() });
    }

    async fn attempt(&self, function: &str, envelope: &Value) -> Outcome {
        let answer = match self.post(function, envelope.to_string().into_bytes()).await {
            Ok(answer) => answer,
            Err(reason) => return Outcome::Failed(reason),
        };
        match answer::judge(answer.status, answer.content_type.as_deref(), &answer.body) {
            Verdict::Taken(logs) => {
                logs.into_iter().for_each(|line| self.record.line(Source::Answer, Level::Information, line));
                Outcome::Succeeded
            }
            Verdict::Failed(reason) => Outcome::Failed(reason),
            Verdict::Unreadable(reason) => {
                self.record.violation(format!("{function}: {reason}"));
                Outcome::Failed(reason)
            }
            Verdict::Hangs(reason) => {
                self.record.violation(format!("{function}: {reason}"));
                std::future::pending().await
            }
        }
    }

    /// Posts to a trigger as the host does (Azure/azure-functions-host, `DefaultHttpWorkerService`: to
    /// `/{FunctionName}`, with the headers of `AddHeaders`).
    pub(crate) async fn post(&self, function: &str, body: Vec<u8>) -> Result<Answer, String> {
        let port = self.available().await?;
        let request = Request::post(format!("/{function}"))
            .header(HOST, format!("127.0.0.1:{port}"))
            .header(CONTENT_TYPE, HeaderValue::from_static("application/json; charset=utf-8"))
            .header(HOST_VERSION, VERSION)
            .header(INVOCATION_ID, chance::guid())
            .header(USER_AGENT, AGENT)
            .body(Body::from(body))
            .map_err(|error| error.to_string())?;
        let answer = self.client.send(port, 1, request).await.map_err(|error| error.to_string())?;
        let (head, body) = answer.into_parts();
        let body = body.collect().await.map_err(|error| format!("the answer broke off: {error}"))?;
        let kind = head.headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
        Ok(Answer {
            status: head.status.as_u16(),
            content_type: kind.map(str::to_owned),
            body: body.to_bytes().to_vec(),
        })
    }
}
