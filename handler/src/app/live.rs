//! The gateway at this moment, for the console's right-hand side.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use domain::diagnosis;
use domain::gateway::Gateway;
use domain::id::GatewayId;
use reqwest::redirect::Policy;
use reqwest::{Client, Proxy};
use tokio::sync::Mutex;
use tokio::time::Instant;
use url::Url;

use crate::chat::console::{Live, Look, Page, SiteLink};
use crate::investigate::Investigator;
use crate::ports::{Arm, Clock};

/// The most of a page that is shown, in bytes.
const PAGE_AT_MOST: usize = 256 * 1024;

/// Reads the gateway for the console, and no more often than it is told to.
pub(super) struct LiveGateway {
    arm: Arc<dyn Arm>,
    clock: Arc<dyn Clock>,
    investigator: Investigator,
    browser: Client,
    every: Duration,
    latest: Mutex<Option<(Instant, Look)>>,
}

impl LiveGateway {
    /// A view that is read anew at most once in `every`.
    ///
    /// # Errors
    /// When the HTTP client cannot be built.
    pub(super) fn new(
        arm: Arc<dyn Arm>,
        clock: Arc<dyn Clock>,
        investigator: Investigator,
        proxy: Option<Url>,
        every: Duration,
    ) -> Result<Self, reqwest::Error> {
        let browser = Client::builder().redirect(Policy::none()).timeout(Duration::from_secs(10)).no_proxy();
        let browser = match proxy {
            Some(proxy) => browser.proxy(Proxy::all(proxy)?),
            None => browser,
        };
        let latest = Mutex::new(None);
        Ok(Self { arm, clock, investigator, browser: browser.build()?, every, latest })
    }

    async fn gateway(&self) -> Result<Gateway, String> {
        let known = self.arm.gateways().await.map_err(|error| error.to_string())?;
        let id: &GatewayId = known.first().ok_or("There is no gateway in scope.")?;
        self.arm.gateway(id).await.map_err(|error| error.to_string())
    }

    async fn read(&self) -> Result<Look, String> {
        let gateway = self.gateway().await?;
        let health = self.investigator.health(gateway.id()).await;
        let (sites, _) = self.investigator.sites(&gateway).await;
        Ok(Look {
            gateway: gateway.id().name().to_string(),
            state: format!("{}, {}", gateway.operational_state(), gateway.provisioning_state()),
            paths: diagnosis::paths(&gateway, &health),
            sites: sites
                .into_iter()
                .map(|(listener, url)| SiteLink { listener: listener.to_string(), url })
                .collect(),
            at: self.clock.now(),
        })
    }

    async fn fetch(&self, url: &str) -> Result<Page, reqwest::Error> {
        let answer = self.browser.get(url).header("accept", "text/html").send().await?;
        let status = answer.status();
        let body = answer.bytes().await?;
        let html = String::from_utf8_lossy(body.get(..PAGE_AT_MOST).unwrap_or(&body)).into_owned();
        let reason = status.canonical_reason().unwrap_or_default().to_owned();
        Ok(Page { url: url.to_owned(), status: status.as_u16(), reason, html })
    }
}

#[async_trait]
impl Live for LiveGateway {
    async fn look(&self) -> Result<Look, String> {
        // Held while reading, so that two open pages make one read.
        let mut latest = self.latest.lock().await;
        if let Some((at, look)) = latest.as_ref()
            && at.elapsed() < self.every
        {
            return Ok(look.clone());
        }
        let look = self.read().await?;
        *latest = Some((Instant::now(), look.clone()));
        Ok(look)
    }

    async fn visit(&self, listener: Option<&str>) -> Result<Page, String> {
        let gateway = self.gateway().await?;
        let (sites, _) = self.investigator.sites(&gateway).await;
        let wanted = |name: &str| listener.is_none_or(|listener| listener.eq_ignore_ascii_case(name));
        let site = sites.into_iter().find(|(name, _)| wanted(name.as_str()));
        let (_, url) = site.ok_or("There is no such listener with a server behind it.")?;
        self.fetch(&url).await.map_err(|error| format!("{url} was not reached: {}", error.without_url()))
    }
}
