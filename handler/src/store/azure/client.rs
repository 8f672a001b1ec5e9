//! The connection: one HTTP client for both services, made when first needed, that does not try for long.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use azure_core::error::{Error, ErrorKind};
use azure_core::http::policies::{Policy, PolicyResult};
use azure_core::http::{
    AsyncRawResponse, ClientMethodOptions, ClientOptions, Context, ExponentialRetryOptions, HttpClient,
    Request, RetryOptions, Transport,
};
use tokio::sync::OnceCell;

/// How often a request that failed on the way is sent again. What the SDK does by default takes 82 s.
const RETRIES: u32 = 2;
/// How long the first pause before sending again is. The second is twice as long.
const PAUSE: azure_core::time::Duration = azure_core::time::Duration::milliseconds(100);
/// How long a connection may take. A lost packet costs a second.
const CONNECT: Duration = Duration::from_secs(2);
/// How long an answer may pause.
const SILENCE: Duration = Duration::from_secs(8);

/// What both services' clients are made with.
pub(super) fn options() -> ClientOptions {
    options_over(Arc::new(Lazy::default()))
}

/// The same over this HTTP client.
pub(super) fn options_over(client: Arc<dyn HttpClient>) -> ClientOptions {
    let retry = ExponentialRetryOptions { max_retries: RETRIES, initial_delay: PAUSE, ..Default::default() };
    ClientOptions {
        retry: RetryOptions::exponential(retry),
        per_try_policies: vec![Arc::new(Count)],
        transport: Some(Transport::new(client)),
        ..Default::default()
    }
}

/// An HTTP client that costs nothing until it is used: the certificates are read at the first request.
#[derive(Debug, Default)]
pub(super) struct Lazy(OnceCell<reqwest::Client>);

#[async_trait]
impl HttpClient for Lazy {
    async fn execute_request(&self, request: &Request) -> azure_core::Result<AsyncRawResponse> {
        self.0.get_or_try_init(connect).await?.execute_request(request).await
    }
}

async fn connect() -> azure_core::Result<reqwest::Client> {
    let build = || {
        let client = reqwest::Client::builder().connect_timeout(CONNECT).read_timeout(SILENCE);
        // As the SDK wants its transport: it follows no redirect and takes ranges of what is stored as such.
        client
            .redirect(reqwest::redirect::Policy::none())
            .no_gzip()
            .no_brotli()
            .no_deflate()
            .no_zstd()
            .build()
    };
    let built =
        tokio::task::spawn_blocking(build).await.map_err(|error| Error::new(ErrorKind::Other, error))?;
    built.map_err(|error| Error::new(ErrorKind::Other, error))
}

/// How often a request was sent. Whoever had to send it twice cannot tell a refusal from a success whose
/// answer was lost, and has to look.
#[derive(Debug, Clone, Default)]
pub(super) struct Tries(Arc<AtomicU32>);

impl Tries {
    /// What the SDK's methods want, to count their tries here.
    pub(super) fn counted(&self) -> ClientMethodOptions<'static> {
        ClientMethodOptions { context: Context::new().with_value(self.clone()) }
    }

    pub(super) fn several(&self) -> bool {
        self.0.load(Ordering::Relaxed) > 1
    }
}

/// Counts the tries of those who want to know.
#[derive(Debug)]
struct Count;

#[async_trait]
#[expect(
    elided_lifetimes_in_paths,
    reason = "the trait has it so, and `async_trait` tells one from the other"
)]
impl Policy for Count {
    async fn send(&self, context: &Context, request: &mut Request, next: &[Arc<dyn Policy>]) -> PolicyResult {
        if let Some(tries) = context.value::<Tries>() {
            tries.0.fetch_add(1, Ordering::Relaxed);
        }
        let Some((first, rest)) = next.split_first() else {
            return Err(Error::with_message(ErrorKind::Other, "nothing would send the request"));
        };
        first.send(context, request, rest).await
    }
}
