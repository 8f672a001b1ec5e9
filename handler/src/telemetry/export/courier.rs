//! Carries what the exporters have to say to the collector, over the HTTP client that everything else here uses.

use std::sync::{Arc, Mutex, OnceLock};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use opentelemetry_http::{Bytes, HttpClient, HttpError, Request, Response};
use reqwest::Client;
use reqwest::redirect::Policy;
use tokio::runtime::Handle;

/// Between two warnings about the same trouble.
const QUIET: Duration = Duration::from_secs(300);
/// How long a connection may take.
const CONNECT: Duration = Duration::from_secs(5);

/// Sends what the exporters give it. They run on threads of their own, so the request is made in the runtime, with
/// everything else, and only waited for there.
#[derive(Debug, Clone)]
pub(super) struct Courier {
    runtime: Handle,
    timeout: Duration,
    client: Arc<OnceLock<Client>>,
    trouble: Arc<Mutex<Trouble>>,
}

/// What did not arrive.
#[derive(Debug, Default)]
struct Trouble {
    told_at: Option<Instant>,
    failures: u64,
}

impl Courier {
    pub(super) fn new(runtime: Handle, timeout: Duration) -> Self {
        Self { runtime, timeout, client: Arc::default(), trouble: Arc::default() }
    }

    /// Whether the latest delivery failed.
    pub(super) fn is_failing(&self) -> bool {
        self.trouble.lock().is_ok_and(|trouble| trouble.failures > 0)
    }

    /// The client, built for the first delivery: reading the system's certificates takes milliseconds of a start. It
    /// follows no redirect, which could carry the headers somewhere else.
    fn client(&self) -> reqwest::Result<&Client> {
        if let Some(client) = self.client.get() {
            return Ok(client);
        }
        let client = Client::builder().timeout(self.timeout).connect_timeout(CONNECT);
        let client = client.redirect(Policy::none()).user_agent(concat!("agw/", env!("CARGO_PKG_VERSION")));
        let client = client.build()?;
        Ok(self.client.get_or_init(|| client))
    }

    async fn send(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let (client, request) = (self.client()?.clone(), request.map(reqwest::Body::from).try_into()?);
        // The address may be a secret, as may be what the collector answers.
        let sent = self.runtime.spawn(async move {
            let answer = client.execute(request).await.map_err(reqwest::Error::without_url)?;
            let mut response = Response::new(Bytes::new());
            *response.status_mut() = answer.status();
            response.headers_mut().clone_from(answer.headers());
            *response.body_mut() = answer.bytes().await.map_err(reqwest::Error::without_url)?;
            Ok::<_, reqwest::Error>(response)
        });
        Ok(sent.await??)
    }

    fn note(&self, why: Option<&str>) {
        let Ok(mut trouble) = self.trouble.lock() else { return };
        let Some(why) = why else {
            trouble.failures = 0;
            return;
        };
        trouble.failures += 1;
        if trouble.told_at.is_none_or(|told| told.elapsed() >= QUIET) {
            trouble.told_at = Some(Instant::now());
            let failures = trouble.failures;
            drop(trouble);
            tracing::warn!(
                why,
                failures,
                "the collector (OTEL_EXPORTER_OTLP_ENDPOINT) does not take what is told"
            );
        }
    }
}

#[async_trait]
impl HttpClient for Courier {
    async fn send_bytes(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let sent = self.send(request).await;
        match &sent {
            Ok(response) if response.status().is_success() => self.note(None),
            Ok(response) => self.note(Some(response.status().as_str())),
            Err(error) => self.note(Some(&error.to_string())),
        }
        sent
    }
}
