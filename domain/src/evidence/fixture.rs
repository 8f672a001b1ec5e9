//! Evidence for tests: a gateway whose servers are all well, until a test says otherwise.

use super::{Evidence, Facts, Reading, Trial, WhyNot};
use crate::gateway::{Gateway, Member, Target};
use crate::health::{BackendHealth, Health, PoolHealth, ServerHealth, SettingHealth, Symptom};
use crate::id::Name;

pub(crate) const TIMEOUT: &str = "Time taken by the backend to respond to application gateway's health probe is more than the time-out threshold in the probe setting.";
pub(crate) const NO_CONNECTION: &str = "Cannot connect to backend server. Check whether any NSG/UDR/Firewall is blocking access to server. Check if application is running on correct port.";

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
        let Target::Backend { pool, setting } = route.target else { continue };
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
