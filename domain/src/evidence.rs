//! What was read before a verdict is given, and what could not be read and why.

#[cfg(test)]
pub(crate) mod fixture;
mod question;
mod terrain;

use std::cell::RefCell;
use std::collections::BTreeSet;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::gateway::{EffectiveProbe, Gateway, HttpSetting, Target};
use crate::health::{BackendHealth, Health, ServerHealth};
use crate::id::Name;
use crate::plan::ProbeDefaults;

pub use question::{Facts, Lookup, Question};
pub use terrain::{Asked, Place, Unknown, Whereabouts, is_out_of_reach};

/// Something that was asked for: its value, or why there is none.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reading<T> {
    /// It was read.
    Read(T),
    /// It was not.
    NotRead(WhyNot),
}

impl<T> Reading<T> {
    /// The value, if it was read.
    pub fn value(&self) -> Option<&T> {
        match self {
            Self::Read(value) => Some(value),
            Self::NotRead(_) => None,
        }
    }
}

/// Why something was not read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "kebab-case")]
pub enum WhyNot {
    /// The bot's identity may not.
    #[error("the bot needs the permission {action}")]
    Forbidden {
        /// The missing action, such as `Microsoft.Network/applicationGateways/backendhealth/action`.
        action: String,
    },
    /// It took too long.
    #[error("no answer within {seconds} s")]
    TooSlow {
        /// The deadline, in seconds.
        seconds: u64,
    },
    /// It failed.
    #[error("{what}")]
    Failed {
        /// In words for a person.
        what: String,
    },
}

/// Everything that a diagnosis rests on.
#[derive(Debug, Clone)]
pub struct Evidence {
    /// When it was read.
    pub at: Timestamp,
    /// The gateway's configuration.
    pub gateway: Gateway,
    /// What the gateway says about its servers.
    pub health: Reading<BackendHealth>,
    /// What its listeners answered.
    pub visits: Vec<Visit>,
    /// Probes that were run on demand, through the gateway.
    pub trials: Vec<Trial>,
    /// Names of the resource locks on the gateway.
    pub locks: Reading<Vec<String>>,
    /// What causes asked about beside.
    pub facts: Facts,
}

/// One request to a listener, as any visitor would send it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Visit {
    /// The listener.
    pub listener: Name,
    /// What was requested.
    pub url: String,
    /// What came of it.
    pub seen: Seen,
}

/// What a visitor sees.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Seen {
    /// The gateway's own error page: the request never reached a server.
    GatewayError {
        /// 502, or 504 when a server did not answer in time.
        status: u16,
    },
    /// An answer from behind the gateway.
    Answer {
        /// The HTTP status.
        status: u16,
    },
    /// Nothing: the listener could not be reached from where the bot runs.
    Nothing {
        /// Why, in words for a person.
        why: String,
    },
}

/// A probe to run on demand.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct TrialWanted {
    /// The pool whose servers are asked.
    pub pool: Name,
    /// The HTTP setting that says how.
    pub setting: Name,
    /// The path to ask for.
    pub path: String,
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
    /// Whether there are servers and each of them is Healthy.
    #[must_use]
    pub fn is_green(&self) -> bool {
        self.servers.value().is_some_and(|servers| {
            !servers.is_empty() && servers.iter().all(|server| server.health == Health::Healthy)
        })
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
                let trial =
                    TrialWanted { pool: pool.clone(), setting: setting.name.clone(), path: path.to_owned() };
                if !wanted.contains(&trial) {
                    wanted.push(trial);
                }
            }
        }
    }
    wanted.truncate(TRIALS_AT_MOST);
    wanted
}

/// The HTTP settings that some rule uses: the others are not probed at all.
#[must_use]
pub fn used_settings(gateway: &Gateway) -> Vec<HttpSetting> {
    gateway.settings().into_iter().filter(|setting| !gateway.serves(&setting.name).rules.is_empty()).collect()
}

/// Whether a server is anything but Healthy. A draining one leaves on purpose.
#[must_use]
pub fn is_sick(server: &ServerHealth) -> bool {
    !matches!(server.health, Health::Healthy | Health::Draining)
}

/// One HTTP setting in use, with all that was read about it: what a cause looks at.
#[derive(Debug)]
pub struct Scope<'a> {
    /// Everything that was read.
    pub evidence: &'a Evidence,
    /// The HTTP setting.
    pub setting: HttpSetting,
    /// The probe that decides about its servers now.
    pub probe: EffectiveProbe,
    /// The pools that the setting serves.
    pub pools: Vec<Name>,
    /// The servers that are not Healthy, with their pool.
    pub sick: Vec<(Name, ServerHealth)>,
    /// How many servers the gateway reports for this setting.
    pub servers: usize,
    /// The path that a health probe of ours would ask for.
    pub candidate: &'a str,
    /// How long an on-demand probe waits for an answer, in seconds.
    pub trial_timeout_s: u32,
    /// What was asked and is not known yet.
    asked: RefCell<BTreeSet<Question>>,
}

impl<'a> Scope<'a> {
    /// One scope for each HTTP setting in use.
    #[must_use]
    pub fn all(evidence: &'a Evidence, defaults: &'a ProbeDefaults) -> Vec<Self> {
        used_settings(&evidence.gateway)
            .into_iter()
            .map(|setting| Self::of(evidence, setting, defaults))
            .collect()
    }

    fn of(evidence: &'a Evidence, setting: HttpSetting, defaults: &'a ProbeDefaults) -> Self {
        let mine: Vec<_> = evidence
            .health
            .value()
            .into_iter()
            .flat_map(BackendHealth::servers)
            .filter(|(_, used, _)| **used == setting.name)
            .collect();
        let servers = mine.len();
        let sick = mine
            .into_iter()
            .filter(|(_, _, server)| is_sick(server))
            .map(|(pool, _, server)| (pool.clone(), server.clone()))
            .collect();
        let probe = evidence.gateway.probe_of(&setting);
        let pools = evidence.gateway.serves(&setting.name).pools;
        let (candidate, trial_timeout_s) = (defaults.path.as_str(), defaults.timeout_s);
        let asked = RefCell::default();
        Self { evidence, setting, probe, pools, sick, servers, candidate, trial_timeout_s, asked }
    }

    /// What was asked and is not known yet.
    #[must_use]
    pub fn unanswered(&self) -> BTreeSet<Question> {
        self.asked.borrow().clone()
    }

    /// The on-demand probes of this setting at a path, one a pool.
    pub fn trials<'s>(&'s self, path: &'s str) -> impl Iterator<Item = &'a Trial> + 's {
        let trials = self.evidence.trials.iter();
        trials.filter(move |trial| trial.setting == self.setting.name && trial.path == path)
    }

    /// Whether every pool that the setting serves answered an on-demand probe of the candidate path with
    /// Healthy servers only.
    #[must_use]
    pub fn candidate_is_green(&self) -> bool {
        let mut pools = self.pools.iter();
        !self.pools.is_empty()
            && pools
                .all(|pool| self.trials(self.candidate).any(|trial| trial.pool == *pool && trial.is_green()))
    }

    /// The pools on which the candidate path was not tried, or could not be.
    pub fn untried(&self) -> impl Iterator<Item = &Name> {
        let tried = |pool: &Name| {
            self.trials(self.candidate).any(|trial| trial.pool == *pool && trial.servers.value().is_some())
        };
        self.pools.iter().filter(move |pool| !tried(pool))
    }

    /// The pools that have no member in the configuration.
    pub fn empty_pools(&self) -> impl Iterator<Item = &Name> {
        let gateway = &self.evidence.gateway;
        self.pools.iter().filter(|pool| gateway.pool(pool).is_some_and(|pool| pool.members.is_empty()))
    }

    /// The pools for which the gateway reports no server.
    pub fn unlisted_pools(&self) -> impl Iterator<Item = &Name> {
        let health = self.evidence.health.value();
        let listed = move |pool: &Name| {
            let found = health.and_then(|health| health.of(pool, &self.setting.name));
            found.is_some_and(|found| !found.servers.is_empty())
        };
        self.pools.iter().filter(move |pool| !listed(pool))
    }

    /// Pools whose servers are all leaving: nobody takes visitors there.
    pub fn drained_pools(&self) -> impl Iterator<Item = &Name> {
        let health = self.evidence.health.value();
        self.pools.iter().filter(move |pool| {
            let found = health.and_then(|health| health.of(pool, &self.setting.name));
            found.is_some_and(|found| {
                !found.servers.is_empty()
                    && found.servers.iter().all(|server| server.health == Health::Draining)
            })
        })
    }
}

/// The pools that a rule sends visitors to.
#[must_use]
pub fn routed_pools(gateway: &Gateway) -> Vec<Name> {
    let mut pools: Vec<Name> = Vec::new();
    for route in gateway.routes() {
        if let Target::Backend { pool, .. } = route.target
            && !pools.contains(&pool)
        {
            pools.push(pool);
        }
    }
    pools
}
