//! The file format of a scenario.

use std::{
    collections::{BTreeMap, HashMap},
    time::Duration,
};

use serde::Deserialize;
use serde_json::Value;
use toml::Spanned;

use super::{SUBSCRIPTION, Scenario, ScenarioError, adopt};
use crate::{json::text, resource};

const GROUP: &str = "rg-web";

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    name: String,
    title: String,
    summary: String,
    truth: Truth,
    gateway: Spanned<String>,
    #[serde(default)]
    resources: Vec<Spanned<String>>,
    #[serde(default)]
    locks: Vec<LockSpec>,
    #[serde(default)]
    denied: Vec<String>,
    #[serde(default)]
    no_health_data: bool,
    #[serde(default)]
    backends: Vec<BackendSpec>,
    /// Host name to the address of a frontend.
    #[serde(default)]
    dns: BTreeMap<String, String>,
    /// Listener name to loopback port.
    #[serde(default)]
    ports: HashMap<String, u16>,
}

/// What is really wrong in a scenario, for tests and for people who want to look it up.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Truth {
    /// A short word for the cause, such as `probe-path-refused`.
    pub cause: String,
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
    /// Requests for any other host are answered with 404, as by a shared front end.
    pub(crate) required_host: Option<String>,
    /// Tried in their order.
    #[serde(default)]
    pub(crate) routes: Vec<RouteSpec>,
}

impl BackendSpec {
    /// One for each address.
    fn each(mut self) -> Vec<Self> {
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
}

impl RouteSpec {
    pub(crate) fn delay(&self) -> Duration {
        Duration::from_millis(self.delay_ms)
    }
}

/// The file being read, for the place of an error.
struct Source<'a> {
    file: &'a str,
    text: &'a str,
}

impl Source<'_> {
    fn error(&self, offset: usize, more_lines: usize, message: impl Into<String>) -> ScenarioError {
        let before = self.text.get(..offset).unwrap_or_default();
        let line = 1 + before.matches('\n').count() + more_lines;
        ScenarioError::Invalid { file: self.file.to_owned(), line, message: message.into() }
    }

    /// The JSON of a text block, with its placeholders replaced.
    fn json(&self, block: &Spanned<String>, what: &str, gateway: &str) -> Result<Value, ScenarioError> {
        let group = format!("/subscriptions/{SUBSCRIPTION}/resourceGroups/{GROUP}");
        let text = block
            .get_ref()
            .replace("{gateway}", gateway)
            .replace("{group}", &group)
            .replace("{subscription}", &format!("/subscriptions/{SUBSCRIPTION}"));
        serde_json::from_str(&text).map_err(|error| {
            // A block that begins with a line break lost it to TOML, so its first line is the next one.
            let raw = self.text.get(block.span()).unwrap_or_default();
            let skipped = usize::from(raw.starts_with("'''\n") || raw.starts_with("\"\"\"\n"));
            let more = skipped + error.line().saturating_sub(1);
            self.error(block.span().start, more, format!("{what} is no JSON: {error}"))
        })
    }
}

pub(super) fn read(file: &str, content: &str) -> Result<Scenario, ScenarioError> {
    let source = Source { file, text: content };
    let spec: File = toml::from_str(content).map_err(|error| {
        source.error(error.span().map_or(0, |span| span.start), 0, error.message().to_owned())
    })?;
    let unnamed = source.json(&spec.gateway, "the gateway", "{gateway}")?;
    let Some(name) = text(&unnamed, "/name").map(str::to_owned) else {
        return Err(source.error(spec.gateway.span().start, 0, "the gateway has no name"));
    };
    let group = format!("/subscriptions/{SUBSCRIPTION}/resourceGroups/{GROUP}");
    let id = format!("{group}/providers/Microsoft.Network/applicationGateways/{name}");
    let gateway = source.json(&spec.gateway, "the gateway", &id)?;
    resource::validate(&gateway, &id, &Value::Null).map_err(|error| {
        let (code, message) = error.sharpest();
        source.error(
            spec.gateway.span().start,
            0,
            format!("this gateway cannot be staged: {code}: {message}"),
        )
    })?;
    let mut resources = Vec::new();
    for block in &spec.resources {
        let resource = source.json(block, "the resource", &id)?;
        if text(&resource, "/id").is_none() {
            return Err(source.error(block.span().start, 0, "the resource has no id"));
        }
        resources.push(resource);
    }
    let mut locks = spec.locks;
    for lock in &mut locks {
        lock.scope = lock.scope.replace("{gateway}", &id);
    }
    Ok(Scenario {
        name: spec.name,
        title: spec.title,
        summary: spec.summary.trim().to_owned(),
        truth: spec.truth,
        gateway: adopt(gateway, &id, &Value::Null),
        gateway_id: id,
        resources,
        locks,
        denied: spec.denied,
        no_health_data: spec.no_health_data,
        backends: spec.backends.into_iter().flat_map(BackendSpec::each).collect(),
        dns: spec.dns,
        ports: spec.ports.into_iter().map(|(listener, port)| (listener.to_lowercase(), port)).collect(),
    })
}
