//! What a scenario is made of, as its file words it.

use std::{collections::BTreeMap, time::Duration};

use serde::Deserialize;
use serde_json::Value;

use super::certificate::TlsSpec;
use crate::gateway::health::Health;

/// What is really wrong in a scenario, for tests and for people who want to look it up.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Truth {
    /// A short word for the cause, such as `probe-path-refused`.
    pub cause: String,
    /// Further causes beside it, where there are several at once.
    #[serde(default)]
    pub also: Vec<String>,
    /// Whether what can be read from outside proves the cause. If not, it is at most consistent.
    #[serde(default = "yes")]
    pub provable: bool,
    /// What one is led to instead, where the cause itself cannot be seen.
    pub seen_as: Option<String>,
    /// The cause in sentences.
    pub explanation: String,
    /// A short word for what mends it, such as `add-probe`, `correct-port`, `recreate-peering` or `none`.
    pub fix: String,
    /// The servers that are Healthy when the scenario begins.
    #[serde(default)]
    pub healthy: Vec<String>,
    /// The servers that are Unhealthy when the scenario begins.
    #[serde(default)]
    pub unhealthy: Vec<String>,
    /// The servers of which nothing is known when the scenario begins.
    #[serde(default)]
    pub unknown: Vec<String>,
}

fn yes() -> bool {
    true
}

/// What a lock forbids (Microsoft Learn, "Lock your resources").
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub enum LockLevel {
    /// Only deleting, which this simulator does not do anyway.
    CanNotDelete,
    /// Every write, and every action that is a POST: reading backend health too.
    ReadOnly,
}

impl LockLevel {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::CanNotDelete => "CanNotDelete",
            Self::ReadOnly => "ReadOnly",
        }
    }
}

/// A lock. It holds for everything below its scope.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct LockSpec {
    pub(crate) name: String,
    pub(crate) level: LockLevel,
    pub(crate) scope: String,
    #[serde(default)]
    pub(crate) notes: String,
}

impl LockSpec {
    pub(crate) fn new(name: &str, level: LockLevel, scope: &str) -> Self {
        Self { name: name.to_owned(), level, scope: scope.to_owned(), notes: String::new() }
    }
}

/// A backend server.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct BackendSpec {
    /// The IP address or name that pools call it by.
    pub(crate) address: String,
    /// Addresses of further servers just like this one.
    #[serde(default)]
    also_at: Vec<String>,
    pub(crate) port: u16,
    /// Nothing listens there.
    #[serde(default)]
    pub(crate) refuse: bool,
    /// Connections are taken and never answered.
    #[serde(default)]
    pub(crate) hang: bool,
    /// It can be reached from outside, past the gateway.
    #[serde(default)]
    pub(crate) public: bool,
    /// It speaks TLS, with these certificates.
    pub(crate) tls: Option<TlsSpec>,
    /// Requests for any other host are answered with 404, as by a shared front end.
    pub(crate) required_host: Option<String>,
    /// Tried in their order.
    #[serde(default)]
    pub(crate) routes: Vec<RouteSpec>,
}

impl BackendSpec {
    /// One for each address.
    pub(super) fn each(mut self) -> Vec<Self> {
        let others = std::mem::take(&mut self.also_at);
        let mut all: Vec<Self> = others.into_iter().map(|address| Self { address, ..self.clone() }).collect();
        all.insert(0, self);
        all
    }

    /// Puts other names into everything that may name a gateway's visitors or addresses. Paths stay: they
    /// have to fit the gateway's path rules.
    pub(crate) fn rename(&mut self, rename: impl Fn(&str) -> String) {
        let change = |text: &mut String| *text = rename(text);
        change(&mut self.address);
        self.required_host.iter_mut().for_each(change);
        self.tls.iter_mut().flat_map(|tls| &mut tls.names).for_each(change);
        for route in &mut self.routes {
            change(&mut route.body);
            route.headers.values_mut().for_each(change);
            route.when_host.iter_mut().chain(&mut route.unless_host).for_each(change);
        }
    }
}

/// How a backend answers some of its requests.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RouteSpec {
    /// With `*` for any run of characters.
    pub(crate) path: String,
    pub(crate) status: u16,
    #[serde(default)]
    pub(crate) body: String,
    #[serde(default)]
    pub(crate) headers: BTreeMap<String, String>,
    /// In milliseconds of the live service; scaled by the pace.
    #[serde(default)]
    delay_ms: u64,
    pub(crate) when_host: Option<String>,
    pub(crate) unless_host: Option<String>,
    /// `true`: only for the gateway's probes; `false`: only for visitors.
    pub(crate) when_probe: Option<bool>,
    /// It is App Service's login: not for paths that the app's `authsettingsV2`, as a client has written them, exclude.
    #[serde(default)]
    pub(crate) login: bool,
}

impl RouteSpec {
    pub(crate) fn delay(&self) -> Duration {
        Duration::from_millis(self.delay_ms)
    }
}

/// What ARM answers to one request that is not for a plain resource.
#[derive(Debug, Clone)]
pub(crate) struct Answer {
    pub(crate) method: Method,
    pub(crate) path: String,
    /// Only to a request whose body has this text in it.
    pub(crate) contains: Option<String>,
    pub(crate) status: u16,
    pub(crate) body: Value,
    /// In the live service's time.
    pub(crate) delay: Duration,
}

impl Answer {
    /// What it is an answer to.
    pub(crate) fn key(&self) -> (Method, String, Option<String>) {
        (self.method, self.path.to_lowercase(), self.contains.clone())
    }

    /// Whether it is one to a request with this body.
    pub(crate) fn is_to(&self, body: &str) -> bool {
        self.contains.as_ref().is_none_or(|text| body.contains(text.as_str()))
    }
}

/// How an answer is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Deserialize)]
pub(crate) enum Method {
    #[default]
    #[serde(rename = "GET")]
    Get,
    #[serde(rename = "POST")]
    Post,
}

/// What the gateway reports about a server instead of probing it.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SaysSpec {
    pub(crate) server: String,
    /// Only under this HTTP setting.
    pub(crate) setting: Option<String>,
    pub(crate) health: Health,
    pub(crate) log: String,
    /// To those too who try a probe on demand.
    #[serde(default)]
    pub(crate) on_demand: bool,
}

/// What the gateway answers visitors by itself.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct FrontSpec {
    pub(crate) status: u16,
    /// With `*` for any run of characters; none: all.
    #[serde(default)]
    pub(crate) paths: Vec<String>,
    /// Instead of the gateway's own page.
    pub(crate) body: Option<String>,
}
