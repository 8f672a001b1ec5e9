//! Incidents to stage: a gateway, its backends, and the truth about what is wrong.

mod certificate;
mod copies;
mod edit;
mod file;
mod layers;
mod renaming;
mod spec;

use std::{
    collections::{BTreeMap, HashMap},
    path::{Path, PathBuf},
};

use serde_json::{Value, json};

pub use self::spec::{LockLevel, Truth};
pub(crate) use self::{
    certificate::{Sent, TlsSpec, TlsVersion, Usage},
    copies::copies,
    spec::{Answer, BackendSpec, FrontSpec, LockSpec, Method, RouteSpec, SaysSpec},
};
use crate::{gateway::config::Config, json::text, resource};

/// The subscription of every scenario.
pub const SUBSCRIPTION: &str = "11111111-1111-1111-1111-111111111111";
/// The tenant of every scenario.
pub const TENANT: &str = "22222222-2222-2222-2222-222222222222";
/// The scenario that is staged when nobody names one.
pub const DEFAULT: &str = "root-403";

/// The files in `scenarios/`, and in `scenarios/bases/` what they extend: both lists are made by `build.rs`.
mod files {
    include!(concat!(env!("OUT_DIR"), "/files.rs"));
}
use files::{BASES, BUILT_IN};

/// Why a scenario cannot be staged.
#[derive(Debug, thiserror::Error)]
pub enum ScenarioError {
    /// No built-in scenario has this name.
    #[error("no scenario is named `{name}`; there are {known}")]
    Unknown {
        /// The name asked for.
        name: String,
        /// The names there are.
        known: String,
    },
    /// The file cannot be read.
    #[error("cannot read {}: {source}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: std::io::Error,
    },
    /// The file says something that a scenario cannot say.
    #[error("{file}:{line}: {message}")]
    Invalid {
        /// The file, as named by the caller.
        file: String,
        /// The line, counted from 1.
        line: usize,
        /// What is wrong with it.
        message: String,
    },
}

/// An incident to stage. The file format is described in `SCENARIOS.md`.
#[derive(Debug, Clone)]
pub struct Scenario {
    name: String,
    title: String,
    summary: String,
    truth: Truth,
    gateway_id: String,
    pub(crate) gateway: Value,
    pub(crate) resources: Vec<Value>,
    pub(crate) locks: Vec<LockSpec>,
    /// Canned answers to requests that are not for a plain resource.
    pub(crate) answers: Vec<Answer>,
    pub(crate) denied: Vec<String>,
    /// The only actions the client may do, when not all that are not denied.
    pub(crate) allowed: Option<Vec<String>>,
    /// The control plane cannot ask the gateway for its servers' health.
    pub(crate) no_health_data: bool,
    /// The gateway speaks no newer TLS than 1.2 with its backends.
    pub(crate) legacy_tls: bool,
    pub(crate) backends: Vec<BackendSpec>,
    pub(crate) says: Vec<SaysSpec>,
    pub(crate) front: Option<FrontSpec>,
    /// Names of the simulated internet, and the frontend address each leads to.
    pub(crate) dns: BTreeMap<String, String>,
    /// Loopback ports by lower-case listener name.
    pub(crate) ports: HashMap<String, u16>,
}

impl Scenario {
    /// The built-in scenario of this name.
    pub fn named(name: &str) -> Result<Self, ScenarioError> {
        let file = BUILT_IN.iter().find(|(file, _)| file.strip_suffix(".toml") == Some(name));
        match file {
            Some((file, text)) => Self::parse(file, text),
            None => Err(ScenarioError::Unknown {
                name: name.to_owned(),
                known: Self::all().iter().map(Self::name).collect::<Vec<_>>().join(", "),
            }),
        }
    }

    /// The built-in scenarios, the default one first.
    pub fn all() -> Vec<Self> {
        // That each of them parses is tested.
        let mut all: Vec<Self> =
            BUILT_IN.iter().filter_map(|(file, text)| Self::parse(file, text).ok()).collect();
        all.sort_by_key(|scenario| scenario.name != DEFAULT);
        all
    }

    /// Reads a scenario from a file.
    pub fn load(path: impl AsRef<Path>) -> Result<Self, ScenarioError> {
        let path = path.as_ref();
        let text = std::fs::read_to_string(path)
            .map_err(|source| ScenarioError::Unreadable { path: path.to_owned(), source })?;
        Self::parse(&path.display().to_string(), &text)
    }

    /// Reads a scenario from text; `file` is what errors call it.
    pub fn parse(file: &str, text: &str) -> Result<Self, ScenarioError> {
        layers::read(file, text)
    }

    /// Its name, such as `root-403`.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// One line for a list.
    pub fn title(&self) -> &str {
        &self.title
    }

    /// A few sentences: what a user sees, without the cause.
    pub fn summary(&self) -> &str {
        &self.summary
    }

    /// What is really wrong.
    pub fn truth(&self) -> &Truth {
        &self.truth
    }

    pub(crate) fn config_of(&self, gateway: &Value) -> Config {
        Config::read(gateway, &self.resources, &self.dns)
    }

    /// Whether the client may do this. An entry that ends with `*` is for everything that begins so.
    pub(crate) fn permits(&self, action: &str) -> bool {
        let listed = |entries: &[String]| entries.iter().any(|entry| covers(entry, action));
        !listed(&self.denied) && self.allowed.as_deref().is_none_or(listed)
    }

    /// What the client may do, and what of that it may not, as a role says it.
    pub(crate) fn permissions(&self) -> (Vec<String>, Vec<String>) {
        (self.allowed.clone().unwrap_or_else(|| vec!["*".to_owned()]), self.denied.clone())
    }

    /// The resource id of its gateway.
    pub fn gateway_id(&self) -> &str {
        &self.gateway_id
    }

    /// The same, with a lock of this level on the gateway.
    #[must_use]
    pub fn with_lock(mut self, name: &str, level: LockLevel) -> Self {
        self.locks.push(LockSpec::new(name, level, &self.gateway_id));
        self
    }

    /// The same, for a client that may not do this, such as `Microsoft.Network/applicationGateways/write`.
    #[must_use]
    pub fn with_denied(mut self, action: &str) -> Self {
        self.denied.push(action.to_owned());
        self
    }

    /// The same, for a client that may do everything.
    #[must_use]
    pub fn with_all_permitted(mut self) -> Self {
        self.denied.clear();
        self.allowed = None;
        self
    }

    /// The same, for a client that may do this and nothing else.
    #[must_use]
    pub fn with_only_permitted(mut self, actions: &[String]) -> Self {
        self.denied.clear();
        self.allowed = Some(actions.to_vec());
        self
    }

    /// The same, with another resource beside the gateway, found by its `id`.
    #[must_use]
    pub fn with_resource(mut self, resource: Value) -> Self {
        self.resources.push(resource);
        self
    }

    /// The same, with the gateway's JSON changed; read-only fields other than `operationalState` and
    /// `provisioningState` are made anew.
    #[must_use]
    pub fn with_gateway(mut self, edit: impl FnOnce(&mut Value)) -> Self {
        let mut gateway = self.gateway.clone();
        edit(&mut gateway);
        self.gateway = adopt(gateway, &self.gateway_id, &self.gateway);
        self
    }
}

fn covers(entry: &str, action: &str) -> bool {
    match entry.strip_suffix('*') {
        Some(start) => action.get(..start.len()).is_some_and(|begin| begin.eq_ignore_ascii_case(start)),
        None => entry.eq_ignore_ascii_case(action),
    }
}

/// The gateway as it is after somebody, somehow, brought it into this form: nothing is checked.
pub(crate) fn adopt(edited: Value, id: &str, before: &Value) -> Value {
    let state = |pointer, default| text(&edited, pointer).unwrap_or(default).to_owned();
    let provisioning = state("/properties/provisioningState", "Succeeded");
    let operational = state("/properties/operationalState", "Running");
    let mut gateway = resource::settled(resource::accepted(edited, id, before), "Succeeded");
    if let Some(properties) = gateway.get_mut("properties").and_then(Value::as_object_mut) {
        properties.insert("provisioningState".to_owned(), json!(provisioning));
        properties.insert("operationalState".to_owned(), json!(operational));
    }
    gateway
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_built_in_scenario_parses_and_bears_the_name_of_its_file() {
        for (file, text) in BUILT_IN {
            let scenario = Scenario::parse(file, text).unwrap();
            assert_eq!(format!("{}.toml", scenario.name()), *file);
        }
        assert_eq!(Scenario::all().first().unwrap().name(), DEFAULT);
    }

    #[test]
    fn an_unknown_name_is_answered_with_the_known_ones() {
        let error = Scenario::named("root-500").unwrap_err().to_string();
        assert!(error.starts_with("no scenario is named `root-500`; there are root-403, "), "{error}");
    }

    fn error(change: impl FnOnce(String) -> String) -> String {
        let text = include_str!("../../scenarios/root-403.toml").to_owned();
        Scenario::parse("mine.toml", &change(text)).unwrap_err().to_string()
    }

    #[test]
    fn an_unknown_key_is_refused_with_its_line() {
        let error = error(|text| format!("colour = 1\n{text}"));
        assert!(error.starts_with("mine.toml:1: unknown field `colour`"), "{error}");
    }

    #[test]
    fn broken_json_is_refused_with_its_line() {
        let line = include_str!("../../scenarios/root-403.toml")
            .lines()
            .position(|line| line.contains("\"sku\""))
            .unwrap();
        let error = error(|text| text.replace("\"sku\"", "sku"));
        assert!(error.starts_with(&format!("mine.toml:{}: the gateway is no JSON", line + 1)), "{error}");
    }

    #[test]
    fn an_https_listener_is_refused_with_the_reason() {
        let listener = "\"protocol\": \"Http\",\n          \"requireServerNameIndication\"";
        let error = error(|text| text.replacen(listener, &listener.replace("Http", "Https"), 1));
        assert!(error.contains("the simulated data plane speaks http only"), "{error}");
    }

    #[test]
    fn a_gateway_azure_would_refuse_is_refused() {
        let error = error(|text| text.replacen("httpListeners/listener-web", "httpListeners/gone", 1));
        assert!(error.contains("InvalidResourceReference"), "{error}");
    }
}
