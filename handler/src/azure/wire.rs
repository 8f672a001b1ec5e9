//! The connection to Azure: one request at a time, with a token, a deadline and a trace.

use std::time::Duration;

use domain::evidence::Asker;
use reqwest::Client;
use reqwest::header::IF_MATCH;
use reqwest::redirect::Policy;
use tokio::time::{Instant, timeout};
use tracing::Instrument;
use url::Url;

use super::answer::{Answer, Lost, exchange};
use super::call::Call;
use super::config::{self, ArmConfig, ConfigError, Pace};
use super::identities::Identities;
use super::retry::{Again, Failure, retrying};
use super::{fault, text};
use crate::ports::ArmError;
use crate::telemetry::events::{self, Called};
use crate::telemetry::{self, spans};

/// Who we are, to those we ask.
pub(super) const USER_AGENT: &str = concat!("agw/", env!("CARGO_PKG_VERSION"));

/// Our id for one call, by which Azure's support finds it (Microsoft, "Common client request headers").
const CLIENT_REQUEST: &str = "x-ms-client-request-id";

/// The connection to Azure.
pub(super) struct Wire {
    http: Client,
    endpoint: Url,
    scope: String,
    identities: Identities,
    pub(super) pace: Pace,
}

impl Wire {
    pub(super) fn new(config: &ArmConfig, identities: Identities) -> Result<Self, ConfigError> {
        config::check(&config.endpoint)?;
        let (endpoint, pace) = (config.endpoint.clone(), config.pace.clone());
        let encrypted = endpoint.scheme() == "https";
        let http = client(pace.connect, encrypted, config::is_loopback(&endpoint))?;
        let identities = if encrypted { identities } else { identities.without_tokens() };
        Ok(Self { http, endpoint, scope: config.token_scope(), identities, pace })
    }

    /// Who asks how a write is going: who wrote, or the other one where a bot lost its identity to write with.
    pub(super) fn who_follows(&self) -> Asker {
        if self.identities.can_write() { Asker::Writer } else { Asker::Reader }
    }

    /// The URL of a path at Azure.
    pub(super) fn url(&self, path: &str, version: &str) -> Url {
        let mut url = self.endpoint.clone();
        url.set_path(&format!("{}{path}", self.endpoint.path().trim_end_matches('/')));
        url.set_query(Some(&format!("api-version={version}")));
        url
    }

    /// A link that Azure handed out: used as it is, if it leads to Azure.
    pub(super) fn link(&self, link: &str) -> Result<Url, ArmError> {
        let url = self.endpoint.join(link).ok();
        let plain = |url: &Url| url.username().is_empty() && url.password().is_none();
        url.filter(|url| url.origin() == self.endpoint.origin() && plain(url)).ok_or_else(|| {
            let shown = text::safe(link.split('?').next().unwrap_or_default());
            let what = format!("a link that leads away from {}: {shown}", self.endpoint.authority());
            ArmError::Unexpected { what }
        })
    }

    /// Sends a GET or a POST that only reads, again if need be, until it succeeds or the time is up.
    pub(super) async fn read(&self, call: &Call<'_>, until: Instant) -> Result<Answer, ArmError> {
        let start = Instant::now();
        let result = retrying(self.pace.backoff, until, || self.attempt(call, until)).await;
        result.map_err(|error| match error {
            ArmError::TooSlow { .. } => too_slow(start.elapsed()),
            error => error,
        })
    }

    async fn attempt(&self, call: &Call<'_>, until: Instant) -> Result<Answer, Failure> {
        let left = until.saturating_duration_since(Instant::now());
        let answer = match self.send(call, left.min(self.pace.attempt)).await {
            Ok(answer) => answer,
            Err(Lost::Unsent(error) | Lost::Sent(error)) => return Err(failure(error)),
        };
        if answer.status.is_success() {
            return answer.whole().map_err(failure);
        }
        let again = match fault::may_pass(answer.status) {
            true => Again::After(fault::retry_after(&answer.headers).unwrap_or_default()),
            false => Again::Never,
        };
        Err(Failure { error: answer.error(call), again })
    }

    /// Sends a request, once.
    pub(super) async fn send(&self, call: &Call<'_>, limit: Duration) -> Result<Answer, Lost> {
        let token = self.token(call.asker).await.map_err(Lost::Unsent)?;
        let id = telemetry::guid();
        let mut request =
            self.http.request(call.method.clone(), call.url.clone()).header(CLIENT_REQUEST, &id);
        if let Some(token) = token {
            request = request.bearer_auth(token);
        }
        if let Some(etag) = call.etag {
            request = request.header(IF_MATCH, etag);
        }
        if let Some(body) = call.body {
            request = request.json(body);
        }
        let start = Instant::now();
        let sent = async {
            let answer = timeout(limit, exchange(request)).await;
            let result = answer.unwrap_or_else(|_| Err(Lost::Sent(too_slow(limit))));
            tell(call, start.elapsed(), &result);
            result
        };
        sent.instrument(spans::azure(&call.method, &call.url, call.action, &id)).await
    }

    async fn token(&self, asker: Asker) -> Result<Option<String>, ArmError> {
        let Some(credential) = self.identities.of(asker)? else { return Ok(None) };
        let scopes = [self.scope.as_str()];
        match timeout(self.pace.token, credential.get_token(&scopes, None)).await {
            Ok(Ok(token)) => Ok(Some(token.token.secret().to_owned())),
            Ok(Err(error)) => Err(signed_out(&text::safe(&error.to_string()))),
            Err(_) => Err(signed_out(&format!("no token within {} s", self.pace.token.as_secs()))),
        }
    }
}

fn client(connect: Duration, encrypted: bool, local: bool) -> Result<Client, ConfigError> {
    let builder = Client::builder()
        .user_agent(USER_AGENT)
        .connect_timeout(connect)
        .https_only(encrypted)
        .redirect(Policy::none())
        .retry(reqwest::retry::never());
    // A proxy of the environment is for the world outside.
    let builder = if local { builder.no_proxy() } else { builder };
    builder.build().map_err(ConfigError::Client)
}

/// A broken or slow connection may do better at once; a missing token will not.
fn failure(error: ArmError) -> Failure {
    let again = match error {
        ArmError::Unreachable { .. } | ArmError::TooSlow { .. } => Again::After(Duration::ZERO),
        _ => Again::Never,
    };
    Failure { error, again }
}

fn too_slow(waited: Duration) -> ArmError {
    ArmError::TooSlow { seconds: waited.as_secs().max(1) }
}

fn signed_out(why: &str) -> ArmError {
    ArmError::SignedOut { what: format!("{why} (on your own machine, run `az login`)") }
}

fn tell(call: &Call<'_>, took: Duration, result: &Result<Answer, Lost>) {
    let answer = result.as_ref().ok();
    let lost = match result {
        Ok(_) => None,
        Err(Lost::Unsent(_)) => Some("unsent"),
        Err(Lost::Sent(ArmError::TooSlow { .. })) => Some("timeout"),
        Err(Lost::Sent(_)) => Some("connection"),
    };
    events::called(Called {
        method: call.method.as_str(),
        action: call.action,
        path: call.url.path(),
        status: answer.map(|answer| answer.status.as_u16()),
        lost,
        correlation: answer.and_then(|answer| answer.header("x-ms-correlation-request-id")),
        retry_after: answer.and_then(|answer| fault::retry_after(&answer.headers)),
        took,
    });
}
