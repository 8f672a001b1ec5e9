//! One HTTP setting in use: what most causes look at.

use std::ops::Deref;

use super::memory::Memory;
use super::{Inquiry, Trial, is_sick, used_settings};
use crate::gateway::{EffectiveProbe, HttpSetting};
use crate::health::{BackendHealth, Health, ServerHealth};
use crate::id::Name;

/// The most HTTP settings for which a cause runs probes of its own.
const SETTINGS_AT_MOST: usize = 3;

/// One HTTP setting in use, with all that was read about it: what a cause looks at.
#[derive(Debug)]
pub struct Scope<'a> {
    /// The look at the gateway that this is a part of.
    inquiry: &'a Inquiry<'a>,
    /// What was worked out about it already.
    pub(super) memory: Memory<'a>,
    /// The HTTP setting.
    pub setting: HttpSetting,
    /// The probe that decides about its servers now.
    pub probe: EffectiveProbe,
    /// The pools that the setting serves.
    pub pools: Vec<Name>,
    /// The servers that are not Healthy, with their pool.
    pub sick: Vec<(Name, ServerHealth)>,
    /// The servers that count as Healthy although the latest probe of them failed, with their pool.
    pub suspect: Vec<(Name, ServerHealth)>,
    /// How many servers the gateway reports for this setting.
    pub servers: usize,
    /// The path that a health probe of ours would ask for.
    pub candidate: &'a str,
    /// How long an on-demand probe waits for an answer, in seconds.
    pub trial_timeout_s: u32,
}

/// A cause asks of a setting whatever it may ask of the gateway.
impl<'a> Deref for Scope<'a> {
    type Target = Inquiry<'a>;
    fn deref(&self) -> &Inquiry<'a> {
        self.inquiry
    }
}

impl<'a> Scope<'a> {
    /// One scope for each HTTP setting in use.
    #[must_use]
    pub fn all(inquiry: &'a Inquiry<'a>) -> Vec<Self> {
        let settings = used_settings(&inquiry.evidence.gateway);
        settings.into_iter().map(|setting| Self::of(inquiry, setting)).collect()
    }

    fn of(inquiry: &'a Inquiry<'a>, setting: HttpSetting) -> Self {
        let Inquiry { evidence, defaults, .. } = inquiry;
        let mine: Vec<_> = evidence
            .health
            .value()
            .into_iter()
            .flat_map(BackendHealth::servers)
            .filter(|(_, used, _)| **used == setting.name)
            .collect();
        let servers = mine.len();
        let with_pool = |wanted: fn(&ServerHealth) -> bool| {
            let those = mine.iter().filter(|(_, _, server)| wanted(server));
            those.map(|(pool, _, server)| ((*pool).clone(), (*server).clone())).collect()
        };
        let sick = with_pool(is_sick);
        let suspect = with_pool(|server| server.health == Health::Healthy && server.log_disagrees());
        let probe = evidence.gateway.probe_of(&setting);
        let pools = evidence.gateway.serves(&setting.name).pools;
        let (candidate, trial_timeout_s) = (defaults.path.as_str(), defaults.timeout_s);
        let memory = Memory::default();
        Self { inquiry, memory, setting, probe, pools, sick, suspect, servers, candidate, trial_timeout_s }
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

    /// Whether this is one of the first few HTTP settings with such a server: probes on demand are too dear to be
    /// run for each of many that are alike.
    #[must_use]
    pub fn is_among_the_first(&self, like: impl Fn(&ServerHealth) -> bool) -> bool {
        let mut settings: Vec<&Name> = Vec::new();
        for (_, setting, server) in self.evidence.health.value().into_iter().flat_map(BackendHealth::servers)
        {
            if settings.len() == SETTINGS_AT_MOST {
                break;
            }
            if settings.last() != Some(&setting) && like(server) && !settings.contains(&setting) {
                settings.push(setting);
            }
        }
        settings.contains(&&self.setting.name)
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
