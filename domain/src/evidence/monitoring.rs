//! What Azure measured and logged about the gateway, as causes ask for it, and what visitors got.

use jiff::Timestamp;
use serde_json::json;

use super::question::NETWORK;
use super::{Asked, Inquiry, Question, Reading, Scope, Seen, Unknown, Visit, is_sick};
use crate::gateway::Target;
use crate::health::{BackendHealth, Health};
use crate::id::{Name, ResourceId};
use crate::monitor::firewall::{Firewall, Mode};
use crate::monitor::logs::{self, AccessLog, FirewallLog};
use crate::monitor::metrics::Metrics;
use crate::monitor::resource_health::Availability;
use crate::monitor::settings::{ACCESS_LOG, DiagnosticSettings, FIREWALL_LOG, LogPlace};
use crate::monitor::{MonitorError, encoded, minutes_before, moment};

/// A log, or that there is none to look at.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Logged<'a, T> {
    /// What it holds.
    Log(&'a T),
    /// No diagnostic setting of the gateway sends it to a Log Analytics workspace.
    NotKept,
}

impl From<MonitorError> for Unknown {
    fn from(error: MonitorError) -> Self {
        Self::Odd(error.to_string())
    }
}

impl<'a> Inquiry<'a> {
    /// How loaded the gateway was in the last 15 minutes, a minute a point: `CapacityUnits`, `ComputeUnits` and
    /// `CurrentConnections`; for the first generation `CpuUtilization`, in percent.
    ///
    /// # Errors
    /// When it is not known, or not yet.
    pub fn load(&self) -> Asked<&'a Metrics> {
        let v2 = "CapacityUnits,ComputeUnits,CurrentConnections";
        let names = if self.evidence.gateway.is_v1() { "CpuUtilization" } else { v2 };
        self.metrics(names, "average", None, 15)
    }

    /// How long servers took in the last 30 minutes, in milliseconds, split by `BackendHttpSetting`:
    /// `BackendConnectTime` and `BackendLastByteResponseTime`. The first generation does not measure it.
    ///
    /// # Errors
    /// When it is not known, or not yet.
    pub fn latencies(&self) -> Asked<&'a Metrics> {
        if self.evidence.gateway.is_v1() {
            return Err(Unknown::Odd("a gateway of the first generation does not measure it".to_owned()));
        }
        let names = "BackendConnectTime,BackendLastByteResponseTime";
        self.metrics(names, "average", Some("BackendHttpSetting eq '*'"), 30)
    }

    /// What clients and the gateway were answered in the last 15 minutes, split by `HttpStatusGroup` (`4xx`):
    /// `ResponseStatus` by the gateway, `BackendResponseStatus` by its servers.
    ///
    /// # Errors
    /// When it is not known, or not yet.
    pub fn answers(&self) -> Asked<&'a Metrics> {
        self.metrics("ResponseStatus,BackendResponseStatus", "total", Some("HttpStatusGroup eq '*'"), 15)
    }

    /// How many servers were not well in the last 30 minutes, split by `BackendSettingsPool`
    /// (`{pool}~{setting}`): `UnhealthyHostCount`.
    ///
    /// # Errors
    /// When it is not known, or not yet.
    pub fn unhealthy_hosts(&self) -> Asked<&'a Metrics> {
        self.metrics("UnhealthyHostCount", "average", Some("BackendSettingsPool eq '*'"), 30)
    }

    fn metrics(
        &self,
        names: &str,
        aggregation: &str,
        filter: Option<&str>,
        minutes: i64,
    ) -> Asked<&'a Metrics> {
        let span = span(self.evidence.at, minutes);
        let filter = filter.map(|filter| format!("&$filter={}", encoded(filter))).unwrap_or_default();
        let query = format!(
            "metricnames={}&aggregation={aggregation}&interval=PT1M&timespan={}{filter}",
            encoded(names),
            encoded(&span)
        );
        let path = self.extension("Microsoft.Insights/metrics");
        let action = "Microsoft.Insights/metrics/read";
        let what = format!("the metrics {}", names.replace(',', ", "));
        let read = |raw: &_| Ok(Metrics::parse(raw)?);
        self.ask(&Question::get(path, "2024-02-01", action, what, read).with_query(query))
    }

    /// What Azure says about the gateway as its own resource.
    ///
    /// # Errors
    /// When it is not known, or not yet.
    pub fn resource_health(&self) -> Asked<&'a Availability> {
        let path = self.extension("Microsoft.ResourceHealth/availabilityStatuses/current");
        let action = "Microsoft.ResourceHealth/availabilityStatuses/read";
        let what = "the gateway's Resource Health";
        self.ask(&Question::get(path, "2024-02-01", action, what, |raw| Ok(Availability::parse(raw)?)))
    }

    /// The access log of the last 30 minutes.
    ///
    /// # Errors
    /// When it is not known, or not yet.
    pub fn access_log(&self) -> Asked<Logged<'a, AccessLog>> {
        let Some(place) = self.log_place(ACCESS_LOG)? else { return Ok(Logged::NotKept) };
        let query = logs::access_query(self.gateway_id(), place.dedicated, self.evidence.at);
        let question =
            self.search(&place.workspace, &query, "the access log", |raw| Ok(AccessLog::parse(raw)?));
        self.ask(&question).map(Logged::Log)
    }

    /// What the firewall blocked in the last 30 minutes.
    ///
    /// # Errors
    /// When it is not known, or not yet.
    pub fn firewall_log(&self) -> Asked<Logged<'a, FirewallLog>> {
        let Some(place) = self.log_place(FIREWALL_LOG)? else { return Ok(Logged::NotKept) };
        let query = logs::firewall_query(self.gateway_id(), place.dedicated, self.evidence.at);
        let question =
            self.search(&place.workspace, &query, "the firewall log", |raw| Ok(FirewallLog::parse(raw)?));
        self.ask(&question).map(Logged::Log)
    }

    /// A query of a workspace, through Azure Resource Manager.
    fn search<T>(
        &self,
        workspace: &ResourceId,
        query: &str,
        what: &str,
        read: fn(&serde_json::Value) -> Asked<T>,
    ) -> Question<T> {
        let action = "Microsoft.OperationalInsights/workspaces/query/read";
        let what = format!("{what} in workspace {}", workspace.name());
        let span = span(self.evidence.at, logs::MINUTES);
        Question::get(format!("{workspace}/query"), "2017-10-01", action, what, read)
            .posting(&json!({ "query": query, "timespan": span }))
    }

    fn log_place(&self, category: &str) -> Asked<Option<LogPlace>> {
        let path = self.extension("Microsoft.Insights/diagnosticSettings");
        let action = "Microsoft.Insights/diagnosticSettings/read";
        let what = "the gateway's diagnostic settings";
        let read = |raw: &_| Ok(DiagnosticSettings::parse(raw)?);
        let settings = self.ask(&Question::get(path, "2021-05-01-preview", action, what, read))?;
        Ok(settings.place_of(category))
    }

    /// What each firewall does that watches over a listener, the one for its paths in general first. All
    /// questions are put before any answer is wanted.
    ///
    /// # Errors
    /// When one of them is not known, or not yet.
    pub fn firewall_modes(&self, firewalls: &[Firewall]) -> Asked<Vec<Mode>> {
        let action = "Microsoft.Network/ApplicationGatewayWebApplicationFirewallPolicies/read";
        let ask = |firewall: &Firewall| match firewall {
            Firewall::Classic(mode) => Ok(*mode),
            Firewall::Policy(id) => {
                let what = format!("the firewall policy {}", id.name());
                let read = |raw: &_| Ok(Firewall::read_policy(raw)?);
                self.ask(&Question::get(id.as_str(), NETWORK, action, what, read)).copied()
            }
        };
        let asked: Vec<Asked<Mode>> = firewalls.iter().map(ask).collect();
        asked.into_iter().collect()
    }

    fn gateway_id(&self) -> &'a ResourceId {
        self.evidence.gateway.id().resource()
    }

    fn extension(&self, what: &str) -> String {
        format!("{}/providers/{what}", self.gateway_id())
    }

    /// The visits on which the gateway itself answered with 502, 503 or 504, or at a public address did not
    /// answer in time.
    pub fn failed_visits(&self) -> impl Iterator<Item = &'a Visit> {
        self.evidence.visits.iter().filter(|visit| match &visit.seen {
            Seen::GatewayError { status } => matches!(status, 502..=504),
            Seen::Answer { .. } => false,
            Seen::Nothing { why } => {
                let listener = self.evidence.gateway.listener(&visit.listener);
                why.starts_with("no answer within") && listener.is_some_and(|own| own.public_ip.is_some())
            }
        })
    }

    /// The visits that failed although every server behind their listener is Healthy, by its state and by the
    /// latest probe of it.
    pub fn failed_visits_to_well_servers(&self) -> impl Iterator<Item = &'a Visit> {
        let well: Vec<&'a Visit> =
            self.failed_visits().filter(|visit| self.is_well_behind(&visit.listener)).collect();
        well.into_iter()
    }

    /// Whether each pool behind a listener has a Healthy server, and none whose state or latest probe says
    /// otherwise. False where rules lead from it to no server.
    #[must_use]
    pub fn is_well_behind(&self, listener: &Name) -> bool {
        let Reading::Read(health) = &self.evidence.health else { return false };
        let routes = self.evidence.gateway.routes().iter().filter(|route| route.listener == *listener);
        let mut targets = routes.filter_map(|route| match &route.target {
            Target::Backend { pool, setting } => Some((pool, setting)),
            Target::Redirect | Target::Unknown => None,
        });
        let is_well = |(pool, setting): (&Name, &Name)| {
            let servers = health.of(pool, setting).map(|found| found.servers.as_slice()).unwrap_or_default();
            servers.iter().any(|server| server.health == Health::Healthy)
                && !servers.iter().any(|server| is_sick(server) || server.log_disagrees())
        };
        targets.next().is_some_and(is_well) && targets.all(is_well)
    }

    /// Whether the gateway knows of servers, and the state of none of them.
    #[must_use]
    pub fn is_in_the_dark(&self) -> bool {
        let health = self.evidence.health.value();
        let mut servers = health.into_iter().flat_map(BackendHealth::servers).peekable();
        servers.peek().is_some() && servers.all(|(_, _, server)| server.health == Health::Unknown)
    }
}

impl<'a> Scope<'a> {
    /// The visits to listeners from which rules lead to this setting.
    pub fn visits(&self) -> impl Iterator<Item = &'a Visit> {
        let listeners = self.evidence.gateway.serves(&self.setting.name).listeners;
        self.evidence.visits.iter().filter(move |visit| listeners.contains(&visit.listener))
    }

    /// Whether there are servers and each of them is Healthy, by its state and by the latest probe of it.
    #[must_use]
    pub fn is_well(&self) -> bool {
        self.servers > 0 && self.sick.is_empty() && self.suspect.is_empty()
    }
}

/// The minutes before a moment, as Azure Monitor takes them.
fn span(at: Timestamp, minutes: i64) -> String {
    format!("{}/{}", moment(minutes_before(at, minutes)), moment(at))
}
