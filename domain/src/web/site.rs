//! A web app: whether it runs, and under which names.

use std::fmt;

use serde_json::Value;

use super::{WebError, properties};
use crate::gateway::json;
use crate::id::ResourceId;

/// A web app, or one of its deployment slots.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Site {
    /// Its id.
    pub id: ResourceId,
    /// Whether it runs.
    pub state: SiteState,
    /// Whether it is switched on (`enabled`): one that is not is offline.
    pub enabled: bool,
    /// Whether it has used up what its plan grants it: `usageState` is `Exceeded`, or `state` is `QuotaExceeded`.
    pub exceeded: bool,
    /// The name that App Service gives it, such as `shop.azurewebsites.net`.
    pub default_host: Option<String>,
    /// Every name that it answers to.
    pub hosts: Vec<String>,
    /// Whether it may be reached from public networks, where the document says (`publicNetworkAccess`).
    pub public_access: Option<bool>,
    /// Its kind, such as `app,linux` or `functionapp`.
    pub kind: String,
    /// Whether plain HTTP is redirected to HTTPS.
    pub https_only: bool,
    /// Whether it is in an App Service Environment, which has its own network.
    pub in_environment: bool,
}

/// Whether an app runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SiteState {
    /// It does.
    Running,
    /// Somebody stopped it.
    Stopped,
    /// Anything ARM may call it in future.
    Other(String),
}

impl Site {
    /// Reads an app from the body of a GET.
    ///
    /// # Errors
    /// When the document is no app.
    pub fn parse(raw: &Value) -> Result<Self, WebError> {
        let id = ResourceId::parse(json::text(raw, "id").ok_or(WebError::NoId)?)?;
        if !id.kind().eq_ignore_ascii_case("Microsoft.Web/sites") {
            return Err(WebError::WrongKind { found: id.kind() });
        }
        let own = properties(raw)?;
        let says =
            |key: &str, word: &str| json::text(own, key).is_some_and(|said| said.eq_ignore_ascii_case(word));
        Ok(Self {
            state: SiteState::read(json::text(own, "state").unwrap_or("Running")),
            enabled: own.get("enabled").and_then(Value::as_bool).unwrap_or(true),
            exceeded: says("usageState", "Exceeded") || says("state", "QuotaExceeded"),
            default_host: json::text(own, "defaultHostName").map(str::to_owned),
            hosts: json::texts(own, "hostNames"),
            public_access: access(own),
            kind: json::text(raw, "kind").unwrap_or_default().to_owned(),
            https_only: json::flag(own, "httpsOnly"),
            in_environment: own.get("hostingEnvironmentProfile").is_some_and(Value::is_object),
            id,
        })
    }

    /// Whether it answers to a host name.
    #[must_use]
    pub fn serves(&self, host: &str) -> bool {
        let names = self.hosts.iter().chain(&self.default_host);
        names.into_iter().any(|name| name.eq_ignore_ascii_case(host))
    }

    /// Whether the app is one of Azure Functions, for which the Azure CLI has commands of their own.
    #[must_use]
    pub fn is_function(&self) -> bool {
        self.kind.to_ascii_lowercase().contains("functionapp")
    }
}

impl SiteState {
    fn read(text: &str) -> Self {
        match text.to_ascii_lowercase().as_str() {
            "running" => Self::Running,
            "stopped" => Self::Stopped,
            _ => Self::Other(text.to_owned()),
        }
    }
}

impl fmt::Display for SiteState {
    /// Writes it as ARM spells it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Running => "Running",
            Self::Stopped => "Stopped",
            Self::Other(text) => text,
        })
    }
}

/// The `publicNetworkAccess` of an app or of its configuration, if it says anything.
pub(super) fn access(own: &Value) -> Option<bool> {
    json::text(own, "publicNetworkAccess").map(|access| !access.eq_ignore_ascii_case("Disabled"))
}
