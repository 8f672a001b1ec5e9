//! The public side of a gateway, seen as any visitor sees it.

mod handshake;
#[cfg(test)]
mod tests;

use std::sync::OnceLock;
use std::time::Duration;

use async_trait::async_trait;
use domain::evidence::{Peer, Reading, Seen};
use reqwest::header::SERVER;
use reqwest::redirect::Policy;
use reqwest::{Client, Proxy, Response};
use serde_json::Value;
use tokio::time::Instant;
use url::Url;

use self::handshake::Handshakes;
use super::config::ConfigError;
use super::text;
use super::wire::USER_AGENT;
use crate::ports::Site;

/// The most that is read of a page.
const PAGE: usize = 64 * 1024;

/// How the v2 gateway names itself, in the header `Server` and on its own pages.
const PRODUCT: &str = "Microsoft-Azure-Application-Gateway";

/// What a page of the v1 gateway says.
const V1_PAGE: &str =
    "502 - Web server received an invalid response while acting as a gateway or proxy server.";

/// How sites are visited.
#[derive(Debug, Clone)]
pub struct SiteConfig {
    /// How long a visit may take.
    pub timeout: Duration,
    /// The HTTP proxy that leads to the sites. Those of the environment are not used, as their own error
    /// pages would be taken for the site's.
    pub proxy: Option<Url>,
    /// Roots that count as well known beside Mozilla's, as DER: those of the simulated internet that the proxy of a
    /// rehearsal leads to. Without a proxy they are not used.
    pub roots: Vec<Vec<u8>>,
}

impl Default for SiteConfig {
    fn default() -> Self {
        Self { timeout: Duration::from_secs(10), proxy: None, roots: Vec::new() }
    }
}

/// Visits sites over HTTP. Certificates are checked, as a browser does; redirects are not followed.
pub struct HttpSite {
    /// Built for the first visit: reading the system's certificates takes milliseconds of a start.
    http: OnceLock<Client>,
    proxy: Option<Proxy>,
    timeout: Duration,
    handshakes: Handshakes,
}

impl HttpSite {
    /// Prepares a visitor.
    ///
    /// # Errors
    /// When the proxy's URL cannot be used.
    pub fn new(config: SiteConfig) -> Result<Self, ConfigError> {
        let handshakes = Handshakes::new(config.proxy.clone(), config.roots);
        let proxy = config.proxy.map(Proxy::all).transpose().map_err(ConfigError::Client)?;
        Ok(Self { http: OnceLock::new(), proxy, timeout: config.timeout, handshakes })
    }

    fn http(&self) -> Result<&Client, reqwest::Error> {
        if let Some(http) = self.http.get() {
            return Ok(http);
        }
        let builder = Client::builder()
            .user_agent(USER_AGENT)
            .timeout(self.timeout)
            .redirect(Policy::none())
            .retry(reqwest::retry::never())
            // Each visit finds out anew whether there is a connection to be had.
            .pool_max_idle_per_host(0)
            .no_proxy();
        let builder = match &self.proxy {
            Some(proxy) => builder.proxy(proxy.clone()),
            None => builder,
        };
        let http = builder.build()?;
        Ok(self.http.get_or_init(|| http))
    }

    async fn request(&self, url: Url) -> Result<Response, reqwest::Error> {
        self.http()?.get(url).send().await
    }

    fn nothing(&self, error: reqwest::Error) -> Seen {
        let why = match error.is_timeout() {
            true => format!("no answer within {} s", self.timeout.as_secs().max(1)),
            false => text::why(error),
        };
        Seen::Nothing { why }
    }
}

#[async_trait]
impl Site for HttpSite {
    async fn visit(&self, url: &str) -> Seen {
        let Some(url) = Url::parse(url).ok().filter(is_web) else {
            return Seen::Nothing { why: format!("'{}' is not the URL of a site", text::safe(url)) };
        };
        let start = Instant::now();
        let seen = match self.request(url.clone()).await {
            Ok(response) => look(response).await,
            Err(error) => self.nothing(error),
        };
        let ms = start.elapsed().as_millis();
        tracing::debug!(host = url.host_str(), path = url.path(), ms, ?seen, "site");
        seen
    }

    async fn handshake(&self, peer: &Peer) -> Reading<Value> {
        let start = Instant::now();
        let seen = self.handshakes.with(peer).await;
        let (ms, why_not) = (start.elapsed().as_millis(), seen.why_not());
        tracing::debug!(address = peer.address, port = peer.port, sni = peer.name, ms, ?why_not, "handshake");
        seen
    }
}

fn is_web(url: &Url) -> bool {
    matches!(url.scheme(), "http" | "https") && url.has_host()
}

/// Tells a page of the gateway from one that a server behind it made. Its firewall refuses with 403; the page of
/// the first generation's is like anybody's, and not told.
async fn look(response: Response) -> Seen {
    let status = response.status().as_u16();
    if !matches!(status, 403 | 502..=504) {
        return Seen::Answer { status };
    }
    let server = response.headers().get(SERVER).map(|server| server.as_bytes());
    if server.is_some_and(|server| server.starts_with(PRODUCT.as_bytes())) {
        return Seen::GatewayError { status };
    }
    let page = beginning(response).await;
    let page = String::from_utf8_lossy(&page);
    match page.contains(PRODUCT) || page.contains(V1_PAGE) {
        true => Seen::GatewayError { status },
        false => Seen::Answer { status },
    }
}

/// The beginning of a page, or what came of it.
async fn beginning(mut response: Response) -> Vec<u8> {
    let mut page = Vec::new();
    while let Ok(Some(chunk)) = response.chunk().await {
        page.extend_from_slice(&chunk);
        if page.len() >= PAGE {
            page.truncate(PAGE);
            break;
        }
    }
    page
}
