//! Probes on demand that causes ask for, and how they are told.

use super::servers_line;
use crate::card::Text;
use crate::evidence::{Asked, Question, Scope, TrialWanted, Unknown, is_sick, used_settings};
use crate::gateway::{HostChoice, HostSource};
use crate::health::{BackendHealth, Health, ServerHealth, Symptom};
use crate::id::Name;

/// The most HTTP settings, of the sick ones and of the others, that causes run probes on demand for: each probe
/// is a call that Azure counts like a write.
const SETTINGS_AT_MOST: usize = 3;

/// A probe on demand, and what came of it.
pub(super) struct Tried<'a> {
    /// What was asked.
    pub(super) wanted: TrialWanted,
    /// What each server answered.
    pub(super) servers: Asked<&'a Vec<ServerHealth>>,
}

impl<'a> Tried<'a> {
    /// Asks for a probe on demand.
    pub(super) fn ask(scope: &Scope<'a>, wanted: TrialWanted) -> Self {
        let servers = scope.ask(&Question::from(wanted.clone()));
        Self { wanted, servers }
    }

    /// Whether it is being run.
    pub(super) fn is_pending(&self) -> bool {
        matches!(self.servers, Err(Unknown::Pending))
    }

    /// Why it was not run.
    pub(super) fn why_not(&self) -> Option<&Unknown> {
        self.servers.as_ref().err()
    }

    /// What the servers answered; nothing where it was not run.
    pub(super) fn answers(&self) -> &'a [ServerHealth] {
        self.servers.as_ref().map_or(&[], |servers| servers.as_slice())
    }

    /// Whether there are servers and each of them is Healthy.
    pub(super) fn is_green(&self) -> bool {
        let servers = self.answers();
        !servers.is_empty() && servers.iter().all(|server| server.health == Health::Healthy)
    }

    /// Whether there are servers and each of them is Healthy, and not by a redirect: that may lead to a sign-in
    /// page, whatever the application behind does.
    pub(super) fn is_plainly_green(&self) -> bool {
        let plain = |server: &ServerHealth| server.symptom.status().is_none_or(|status| status < 300);
        self.is_green() && self.answers().iter().all(plain)
    }

    /// Whether some server answered with this status.
    pub(super) fn has(&self, status: u16) -> bool {
        self.answers().iter().any(|server| server.symptom.status() == Some(status))
    }

    /// What a server answered.
    pub(super) fn of(&self, address: &str) -> Option<&'a Symptom> {
        let mut servers = self.answers().iter();
        servers.find(|server| server.address.eq_ignore_ascii_case(address)).map(|server| &server.symptom)
    }

    /// It as a line of evidence.
    pub(super) fn line(&self) -> Text {
        let wanted = &self.wanted;
        let line = Text::of("Probe of ").code(&wanted.path).say(" on demand");
        let line = match &wanted.host {
            Some(host) => line.say(" with host ").code(host),
            None => line,
        };
        let line = match (&wanted.status_codes, &wanted.body) {
            (Some(codes), _) => line.say(format!(", accepting {codes}")),
            (None, Some(body)) => line.say(", looking for ").code(body),
            (None, None) => line,
        };
        let line = match wanted.timeout_s {
            Some(seconds) => line.say(format!(", within {seconds} s")),
            None => line,
        };
        let line = line.say(", pool ").code(&wanted.pool).say(": ");
        match &self.servers {
            Err(why) => line.say(format!("not run, {why}")),
            Ok(servers) => servers_line(line, servers),
        }
    }
}

/// Whether probes on demand may be spent on a setting, once that is found out.
struct MayProbe(bool);

/// Whether probes on demand may be spent on this setting.
pub(super) fn may_probe(scope: &Scope<'_>) -> bool {
    scope.once(None, || MayProbe(is_one_of_few(scope))).0
}

fn is_one_of_few(scope: &Scope<'_>) -> bool {
    let sick = |name: &Name| {
        let servers = scope.evidence.health.value().into_iter().flat_map(BackendHealth::servers);
        servers.into_iter().any(|(_, used, server)| used == name && is_sick(server))
    };
    let own = sick(&scope.setting.name);
    let alike =
        used_settings(&scope.evidence.gateway).into_iter().filter(|setting| sick(&setting.name) == own);
    alike.take(SETTINGS_AT_MOST).any(|setting| setting.name == scope.setting.name)
}

/// A path, asked for with the host name that the setting's probe asks for.
pub(super) fn as_the_probe(scope: &Scope<'_>, pool: &Name, path: &str) -> TrialWanted {
    let wanted = TrialWanted::of(pool, &scope.setting.name, path);
    match scope.probe.host_source {
        HostSource::Probe | HostSource::Loopback => wanted.with_host(&scope.probe.host),
        // A probe on demand picks the host from the setting by itself.
        HostSource::Setting | HostSource::EachServer => wanted,
    }
}

/// A path, asked for with the host name that the servers get from the gateway when a visitor asks for `host`.
pub(super) fn as_a_visitor(scope: &Scope<'_>, pool: &Name, path: &str, host: &str) -> TrialWanted {
    let wanted = TrialWanted::of(pool, &scope.setting.name, path);
    match scope.setting.host {
        HostChoice::Incoming => wanted.with_host(host),
        HostChoice::Fixed(_) | HostChoice::FromPool => wanted,
    }
}

/// How the Azure CLI is told which gateway is meant.
pub(super) fn az_gateway(scope: &Scope<'_>) -> String {
    let id = scope.evidence.gateway.id();
    format!("-g {} --gateway-name {}", id.resource().resource_group(), id.name())
}

/// The HTTP setting, with a link to the gateway that has it.
pub(super) fn setting_link(scope: &Scope<'_>) -> Text {
    let url = scope.evidence.gateway.id().resource().portal_url();
    Text::of("HTTP setting ").link(scope.setting.name.as_str(), url)
}

/// The probe in words, with a link to the gateway that has it.
pub(super) fn probe_link(scope: &Scope<'_>) -> Text {
    let url = scope.evidence.gateway.id().resource().portal_url();
    match &scope.probe.name {
        Some(name) => Text::of("health probe ").link(name.as_str(), url),
        None => Text::of("default health probe of ").link(scope.evidence.gateway.id().name().as_str(), url),
    }
}
