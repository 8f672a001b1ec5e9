//! Probes that are run on demand, through the gateway itself.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Lookup, Question, Reading, Unknown, is_sick, used_settings};
use crate::gateway::Gateway;
use crate::health::{self, BackendHealth, Health, ServerHealth};
use crate::id::Name;

/// A probe to run on demand.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TrialWanted {
    /// The pool whose servers are asked.
    pub pool: Name,
    /// The HTTP setting that says how.
    pub setting: Name,
    /// The path to ask for.
    pub path: String,
    /// The host name to ask for; none means the one that a probe of ours would ask for.
    pub host: Option<String>,
    /// How long to wait for an answer, in seconds; none means as long as a probe of ours.
    pub timeout_s: Option<u32>,
    /// What counts as healthy, such as `200-299` or `200,204`; none means what does for a probe of ours.
    pub status_codes: Option<String>,
    /// A text that the answer has to contain.
    pub body: Option<String>,
}

impl TrialWanted {
    /// A probe of a path, otherwise as one of ours would be.
    #[must_use]
    pub fn of(pool: &Name, setting: &Name, path: &str) -> Self {
        Self {
            pool: pool.clone(),
            setting: setting.clone(),
            path: path.to_owned(),
            host: None,
            timeout_s: None,
            status_codes: None,
            body: None,
        }
    }

    /// The same, asking for another host name.
    #[must_use]
    pub fn with_host(self, host: &str) -> Self {
        Self { host: Some(host.to_owned()), ..self }
    }

    /// The same, with other patience, in seconds.
    #[must_use]
    pub fn with_timeout(self, seconds: u32) -> Self {
        Self { timeout_s: Some(seconds), ..self }
    }

    /// The same, accepting other status codes.
    #[must_use]
    pub fn accepting(self, status_codes: &str) -> Self {
        Self { status_codes: Some(status_codes.to_owned()), ..self }
    }

    /// The same, looking for a text in the answer.
    #[must_use]
    pub fn containing(self, body: &str) -> Self {
        Self { body: Some(body.to_owned()), ..self }
    }

    /// How it is put, for whoever wants to put it again.
    pub(super) fn request(&self) -> String {
        let Self { pool, setting, path, .. } = self;
        let host = self.host.as_ref().map(|host| format!(", host {host}")).unwrap_or_default();
        let codes = self.status_codes.as_ref().map(|codes| format!(", {codes}")).unwrap_or_default();
        let time = self.timeout_s.map(|seconds| format!(", within {seconds} s")).unwrap_or_default();
        let body = self.body.as_ref().map(|body| format!(", containing {body}")).unwrap_or_default();
        format!(
            "POST getBackendHealthOnDemand (pool {pool}, HTTP setting {setting}, {path}{host}{codes}{time}{body})"
        )
    }
}

/// A probe on demand that a cause asks for.
impl From<TrialWanted> for Question<Vec<ServerHealth>> {
    fn from(trial: TrialWanted) -> Self {
        let read =
            |body: &Value| health::parse_on_demand(body).map_err(|error| Unknown::Odd(error.to_string()));
        Self { lookup: Lookup::Probe(trial), read }
    }
}

/// A probe that was run on demand.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trial {
    /// The pool whose servers were asked.
    pub pool: Name,
    /// The HTTP setting that said how.
    pub setting: Name,
    /// The path that was asked for.
    pub path: String,
    /// What each server answered.
    pub servers: Reading<Vec<ServerHealth>>,
}

impl Trial {
    /// Whether there are servers and each of them is Healthy, and not by a redirect: that may lead to a sign-in
    /// page, whatever the application behind does.
    #[must_use]
    pub fn is_green(&self) -> bool {
        let green = |server: &ServerHealth| {
            server.health == Health::Healthy && server.symptom.status().is_none_or(|status| status < 300)
        };
        self.servers.value().is_some_and(|servers| !servers.is_empty() && servers.iter().all(green))
    }
}

/// The most probes that one diagnosis runs on demand: each is a call that Azure counts like a write.
const TRIALS_AT_MOST: usize = 12;

/// Which probes are worth running on demand.
///
/// For every HTTP setting with a sick server, the path that its probe asks for now and the candidate path, on
/// each pool that the setting serves. The candidate has to be good for *all* of them, because attaching a probe
/// changes them all.
#[must_use]
pub fn trials_wanted(gateway: &Gateway, health: &BackendHealth, candidate: &str) -> Vec<TrialWanted> {
    let mut wanted: Vec<TrialWanted> = Vec::new();
    for setting in used_settings(gateway) {
        let sick = health.servers().any(|(_, used, server)| *used == setting.name && is_sick(server));
        if !sick {
            continue;
        }
        let now = gateway.probe_of(&setting).path;
        for pool in gateway.serves(&setting.name).pools {
            for path in [now.as_str(), candidate] {
                let trial = TrialWanted::of(&pool, &setting.name, path);
                if !wanted.contains(&trial) {
                    wanted.push(trial);
                }
            }
        }
    }
    wanted.truncate(TRIALS_AT_MOST);
    wanted
}
