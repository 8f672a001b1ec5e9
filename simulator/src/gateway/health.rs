//! What the gateway holds to be true of each server, and why.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use serde::Deserialize;
use serde_json::Value;

use super::{
    config::Target,
    probe::{Outcome, Probed},
};

/// As the live service words it (its swagger speaks of Up and Down, which it does not send).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
pub(crate) enum Health {
    Healthy,
    Unhealthy,
    /// It is taken out, and gets no new visitors. Only a scenario says so.
    Draining,
    /// No probe has answered yet, or the gateway could not be asked.
    #[default]
    Unknown,
}

impl Health {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Healthy => "Healthy",
            Self::Unhealthy => "Unhealthy",
            Self::Draining => "Draining",
            Self::Unknown => "Unknown",
        }
    }
}

/// The state of one server under one setting. Health follows the threshold, the log is of the latest
/// probe: the two can disagree, as they do on the live service.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct ServerHealth {
    pub(crate) health: Health,
    pub(crate) log: String,
    pub(crate) error_name: String,
    /// The certificates that the server sent, as backend health lists them.
    pub(crate) certificates: Vec<Value>,
    failures: u64,
}

impl ServerHealth {
    /// Takes in a probe's outcome. The first word on a server counts, good or bad; after that one success
    /// heals and `threshold` failures in a row condemn.
    pub(crate) fn observe(&mut self, outcome: &Outcome, threshold: u64) {
        self.failures = if outcome.healthy() { 0 } else { self.failures.saturating_add(1) };
        self.log = outcome.log();
        self.error_name = outcome.error_name().to_owned();
        if outcome.healthy() {
            self.health = Health::Healthy;
        } else if self.health == Health::Unknown || self.failures >= threshold {
            self.health = Health::Unhealthy;
        }
    }

    /// What the scenario has the gateway report.
    pub(crate) fn said(health: Health, log: &str) -> Self {
        Self { health, log: log.to_owned(), ..Self::default() }
    }

    fn forget_failures(&self) -> Self {
        Self { failures: 0, ..self.clone() }
    }
}

/// The state of every server the gateway probes.
#[derive(Debug, Default)]
pub(crate) struct HealthTable(Mutex<HashMap<(Target, String), ServerHealth>>);

impl HealthTable {
    pub(crate) fn of(&self, target: &Target, server: &str) -> ServerHealth {
        let table = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        table.get(&(target.clone(), server.to_owned())).cloned().unwrap_or_default()
    }

    pub(crate) fn observe(&self, target: &Target, server: &str, probed: Probed, threshold: u64) {
        let mut table = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let health = table.entry((target.clone(), server.to_owned())).or_default();
        health.observe(&probed.outcome, threshold);
        health.certificates = probed.certificates;
    }

    /// The table to start from when the configuration has changed: a server keeps its last known health
    /// until it is probed anew, and failures are counted from zero.
    pub(crate) fn carried_over(&self) -> Self {
        let table = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        Self(Mutex::new(table.iter().map(|(key, health)| (key.clone(), health.forget_failures())).collect()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(outcomes: &[u16], threshold: u64) -> Health {
        let mut server = ServerHealth::default();
        for status in outcomes {
            let outcome = if *status == 200 {
                Outcome::Passed(200)
            } else {
                Outcome::Status(*status, "200-399".into())
            };
            server.observe(&outcome, threshold);
        }
        server.health
    }

    #[test]
    fn the_first_result_counts() {
        assert_eq!(after(&[], 3), Health::Unknown);
        assert_eq!(after(&[403], 3), Health::Unhealthy);
        assert_eq!(after(&[200], 3), Health::Healthy);
    }

    #[test]
    fn a_healthy_server_falls_at_the_threshold_and_not_before() {
        assert_eq!(after(&[200, 500, 500], 3), Health::Healthy);
        assert_eq!(after(&[200, 500, 500, 500], 3), Health::Unhealthy);
        assert_eq!(after(&[200, 500, 500, 200, 500], 3), Health::Healthy);
    }

    #[test]
    fn one_success_heals() {
        assert_eq!(after(&[403, 403, 200], 3), Health::Healthy);
    }

    #[test]
    fn a_changed_configuration_keeps_the_health_and_counts_anew() {
        let (table, outcome) = (HealthTable::default(), Outcome::Status(500, "200-399".into()));
        let target = Target { pool: "web".into(), setting: "plain".into() };
        for outcome in [&Outcome::Passed(200), &outcome, &outcome] {
            table.observe(&target, "10.0.1.4", outcome.clone().into(), 3);
        }
        let table = table.carried_over();
        table.observe(&target, "10.0.1.4", outcome.into(), 3);
        assert_eq!(table.of(&target, "10.0.1.4").health, Health::Healthy);
    }

    #[test]
    fn the_log_is_of_the_latest_probe_even_when_the_health_is_not() {
        let mut server = ServerHealth::default();
        server.observe(&Outcome::Passed(200), 3);
        server.observe(&Outcome::TimedOut, 3);
        assert_eq!(server.health, Health::Healthy);
        assert!(server.log.starts_with("Time taken by the backend"));
    }
}
