//! What the host is told: `host.json`, and `function.json`, which holds every function by its name.

use std::{fs, path::Path};

use anyhow::{Context, Result};
use serde::Deserialize;
use serde_json::{Map, Value};

/// The program that the host starts.
pub(super) const EXECUTABLE: &str = "agw";

/// The whole Functions app, as the two files describe it.
pub(super) struct App {
    /// The text of `host.json`, which is deployed as it is.
    pub(super) host_json: String,
    /// What of it has to be right.
    pub(super) host: Host,
    /// Every function, by name.
    pub(super) functions: Vec<Function>,
}

/// The part of `host.json` that has rules.
#[derive(Debug)]
pub(super) struct Host {
    /// What stands before every public path.
    pub(super) route_prefix: String,
    /// What the host starts.
    pub(super) executable: String,
}

/// One function.
#[derive(Debug)]
pub(super) struct Function {
    /// Its name, which is also its folder's.
    pub(super) name: String,
    /// Its own `function.json`.
    pub(super) document: Value,
    /// What that document binds it to.
    pub(super) bindings: Vec<Binding>,
}

/// What starts a function, or what it answers to.
#[derive(Debug, Deserialize)]
pub(super) struct Binding {
    /// What kind it is: a trigger's ends in `Trigger`.
    #[serde(rename = "type")]
    pub(super) kind: String,
    /// How the invocation names it.
    pub(super) name: String,
    route: Option<String>,
    methods: Option<Vec<String>>,
    #[serde(rename = "authLevel")]
    auth_level: Option<String>,
    #[serde(rename = "queueName")]
    queue: Option<String>,
    schedule: Option<String>,
}

impl App {
    /// Reads both files at the top of the workspace.
    pub(super) fn read(root: &Path) -> Result<Self> {
        let read = |name: &str| {
            let file = root.join(name);
            fs::read_to_string(&file).with_context(|| format!("read {}", file.display()))
        };
        Self::parse(read("host.json")?, &read("function.json")?)
    }

    /// Understands the texts of both files.
    pub(super) fn parse(host_json: String, function_json: &str) -> Result<Self> {
        let host = Host::parse(&host_json).context("host.json")?;
        let documents: Map<String, Value> = serde_json::from_str(function_json).context("function.json")?;
        let functions = documents.into_iter().map(|(name, document)| Function::parse(name, document));
        Ok(Self { host, functions: functions.collect::<Result<_>>()?, host_json })
    }
}

impl Host {
    fn parse(text: &str) -> Result<Self> {
        let host: Value = serde_json::from_str(text)?;
        let text = |pointer, default: &str| match host.pointer(pointer) {
            Some(value) => value.as_str().unwrap_or_default().to_owned(),
            None => default.to_owned(),
        };
        Ok(Self {
            route_prefix: text("/extensions/http/routePrefix", "api"),
            executable: text("/customHandler/description/defaultExecutablePath", ""),
        })
    }
}

impl Function {
    fn parse(name: String, document: Value) -> Result<Self> {
        let bindings = document.get("bindings").cloned().unwrap_or_default();
        let bindings =
            serde_json::from_value(bindings).with_context(|| format!("the bindings of function `{name}`"))?;
        Ok(Self { name, document, bindings })
    }

    /// What starts it. The rules see to it that this is one.
    pub(super) fn triggers(&self) -> impl Iterator<Item = &Binding> {
        self.bindings.iter().filter(|binding| binding.kind.to_ascii_lowercase().ends_with("trigger"))
    }

    /// The route by which it is called, below the prefix; without one that is its name.
    pub(super) fn route(&self) -> Option<&str> {
        let http = self.triggers().find(|trigger| trigger.is_http())?;
        let route = http.route.as_deref().filter(|route| !route.trim().is_empty());
        Some(route.unwrap_or(&self.name).trim_matches('/'))
    }

    /// The methods by which it is called, in capitals. The host takes none for all.
    pub(super) fn methods(&self) -> Vec<String> {
        let methods = self.triggers().filter_map(|trigger| trigger.methods.as_deref());
        methods.flatten().map(|method| method.to_ascii_uppercase()).collect()
    }

    /// Who may call it over HTTP, as the file says; the host takes nothing for `function`.
    pub(super) fn auth_level(&self) -> Option<&str> {
        let http = self.triggers().find(|trigger| trigger.is_http())?;
        Some(http.auth_level.as_deref().unwrap_or("function"))
    }

    /// What starts it, in words: `POST /api/alerts`.
    pub(super) fn started_by(&self, host: &Host) -> String {
        if let Some(route) = self.route() {
            let methods = match self.methods().join(",") {
                none if none.is_empty() => "any".to_owned(),
                some => some,
            };
            return format!("{methods} /{}/{route}", host.route_prefix.trim_matches('/'));
        }
        let words = self.triggers().map(|trigger| match (&trigger.queue, &trigger.schedule) {
            (Some(queue), _) => format!("queue {queue}"),
            (None, Some(schedule)) => format!("timer {schedule}"),
            (None, None) => trigger.kind.clone(),
        });
        words.collect::<Vec<_>>().join(", ")
    }
}

impl Binding {
    fn is_http(&self) -> bool {
        self.kind.eq_ignore_ascii_case("httpTrigger")
    }
}
