//! Evidence for tests: a gateway whose servers are all well, until a test says otherwise.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{Evidence, Facts, Lookup, Reading, Trial, WhyNot};
use crate::diagnosis::questions;
use crate::gateway::{Gateway, Member, Target};
use crate::health::{BackendHealth, Health, PoolHealth, ServerHealth, SettingHealth, Symptom};
use crate::id::Name;
use crate::plan::ProbeDefaults;

pub(crate) const TIMEOUT: &str = "Time taken by the backend to respond to application gateway's health probe is more than the time-out threshold in the probe setting.";
pub(crate) const NO_CONNECTION: &str = "Cannot connect to backend server. Check whether any NSG/UDR/Firewall is blocking access to server. Check if application is running on correct port.";

const ON_DEMAND: &str = "Microsoft.Network/applicationGateways/getBackendHealthOnDemand/action";

/// What the gateway writes about an answer with this status.
pub(crate) fn log_of(status: u16) -> String {
    match status {
        200..=399 => format!("Success. Received {status} status code"),
        _ => format!(
            "Received invalid status code: {status} in the backend server's HTTP response. As per the health probe configuration, 200-399 is the acceptable status code. Either modify probe configuration or resolve backend issues."
        ),
    }
}

pub(crate) fn server(address: &str, log: &str) -> ServerHealth {
    let symptom = Symptom::read(log);
    let (health, reported) = match symptom.is_healthy() {
        true => (Health::Healthy, "Healthy"),
        false => (Health::Unhealthy, "Unhealthy"),
    };
    ServerHealth {
        address: address.to_owned(),
        health,
        reported: reported.to_owned(),
        log: log.to_owned(),
        error_name: None,
        symptom,
        certificates: Vec::new(),
    }
}

/// The addresses of a pool's members.
pub(crate) fn addresses(gateway: &Gateway, pool: &Name) -> Vec<String> {
    let members = gateway.pool(pool).map(|pool| pool.members).unwrap_or_default();
    members
        .into_iter()
        .map(|member| match member {
            Member::Address(address) => address,
            Member::IpConfiguration(id) => id.name().to_string(),
        })
        .collect()
}

/// Backend health in which every server says the same.
pub(crate) fn health(gateway: &Gateway, log: impl Fn(&Name, &Name) -> String) -> BackendHealth {
    let mut pools: Vec<PoolHealth> = Vec::new();
    for route in gateway.routes() {
        let Target::Backend { pool, setting } = route.target.clone() else { continue };
        let servers = addresses(gateway, &pool);
        let servers = servers.iter().map(|address| server(address, &log(&pool, &setting))).collect();
        let entry = SettingHealth { setting, servers };
        match pools.iter_mut().find(|known| known.pool == pool) {
            Some(known) if known.settings.iter().any(|used| used.setting == entry.setting) => {}
            Some(known) => known.settings.push(entry),
            None => pools.push(PoolHealth { pool, settings: vec![entry] }),
        }
    }
    BackendHealth { pools }
}

impl Evidence {
    /// A gateway whose servers are all well.
    pub(crate) fn healthy(gateway: Gateway) -> Self {
        let health = Reading::Read(health(&gateway, |_, _| log_of(200)));
        let at = "2026-11-22T03:04:05Z".parse().unwrap();
        let (visits, trials, locks) = (Vec::new(), Vec::new(), Reading::Read(Vec::new()));
        Self { at, gateway, health, visits, trials, locks, facts: Facts::default() }
    }

    /// What the gateway says about the servers of a pool, one log a server.
    pub(crate) fn seen(mut self, pool: &str, setting: &str, logs: &[&str]) -> Self {
        let names = addresses(&self.gateway, &Name::new(pool));
        let servers = names.iter().zip(logs).map(|(address, log)| server(address, log)).collect();
        *self.servers(pool, setting) = servers;
        self
    }

    /// An on-demand probe of a path, one log a server.
    pub(crate) fn tried(mut self, pool: &str, setting: &str, path: &str, logs: &[&str]) -> Self {
        let names = addresses(&self.gateway, &Name::new(pool));
        let servers = names.iter().zip(logs).map(|(address, log)| server(address, log)).collect();
        self.add_trial(pool, setting, path, Reading::Read(servers));
        self
    }

    /// An on-demand probe that could not be run.
    pub(crate) fn not_tried(mut self, pool: &str, setting: &str, path: &str, why: WhyNot) -> Self {
        self.add_trial(pool, setting, path, Reading::NotRead(why));
        self
    }

    /// The servers of a pool, as probed for a setting.
    pub(crate) fn servers(&mut self, pool: &str, setting: &str) -> &mut Vec<ServerHealth> {
        let Reading::Read(health) = &mut self.health else { panic!("health was not read") };
        let pool = health.pools.iter_mut().find(|known| known.pool == Name::new(pool)).unwrap();
        let mut settings = pool.settings.iter_mut();
        &mut settings.find(|known| known.setting == Name::new(setting)).unwrap().servers
    }

    fn add_trial(&mut self, pool: &str, setting: &str, path: &str, servers: Reading<Vec<ServerHealth>>) {
        let (pool, setting) = (Name::new(pool), Name::new(setting));
        self.trials.push(Trial { pool, setting, path: path.to_owned(), servers });
    }
}

/// What Azure knows beside the gateway, for tests: whatever it does not know may not be read.
#[derive(Default)]
pub(crate) struct Azure {
    /// By lower-case path, or by how a probe or a handshake is put.
    answers: BTreeMap<String, Reading<Value>>,
    /// What Resource Graph finds, by a part of the query.
    searches: Vec<(&'static str, Value)>,
}

impl Azure {
    /// The answer at a path; for a probe on demand or a handshake, at the request that [`Lookup::request`]
    /// writes.
    pub(crate) fn with(mut self, path: &str, answer: Value) -> Self {
        self.answers.insert(path.to_ascii_lowercase(), Reading::Read(answer));
        self
    }

    /// A path that gives nothing.
    pub(crate) fn without(mut self, path: &str, why: WhyNot) -> Self {
        self.answers.insert(path.to_ascii_lowercase(), Reading::NotRead(why));
        self
    }

    /// The rows that a Resource Graph query finds, told by a part of it.
    pub(crate) fn finding(mut self, part: &'static str, rows: Value) -> Self {
        self.searches.push((part, rows));
        self
    }

    /// Lets the causes ask until they know enough, and counts the waves.
    pub(crate) fn ask(&self, mut evidence: Evidence) -> (Evidence, usize) {
        for wave in 0.. {
            let asked = questions(&evidence, &ProbeDefaults::default());
            if asked.is_empty() {
                return (evidence, wave);
            }
            assert!(wave < 6, "it never ends: {asked:?}");
            for lookup in asked {
                let reading = self.answer(&lookup);
                evidence.facts.note(lookup, reading);
            }
        }
        unreachable!()
    }

    fn answer(&self, lookup: &Lookup) -> Reading<Value> {
        let forbidden = |action: &str| WhyNot::Forbidden { action: action.to_owned() };
        let (key, unknown) = match lookup {
            Lookup::Arm(read) => (read.path.clone(), forbidden(read.action)),
            Lookup::Probe(_) => (lookup.request(), forbidden(ON_DEMAND)),
            Lookup::Handshake(_) => {
                (lookup.request(), WhyNot::Failed { what: "it is out of reach from here".to_owned() })
            }
        };
        let body = match lookup {
            Lookup::Arm(read) => read.body.as_deref().unwrap_or_default(),
            _ => "",
        };
        if let Some((_, rows)) = self.searches.iter().find(|(part, _)| body.contains(part)) {
            return Reading::Read(serde_json::json!({ "data": rows }));
        }
        let known = self.answers.get(&key.to_ascii_lowercase()).cloned();
        known.unwrap_or(Reading::NotRead(unknown))
    }
}
