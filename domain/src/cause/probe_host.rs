//! The probe asks for a host name that the server does not serve.
//!
//! Confirmed by: two probes on demand of the same path, at about the same time: with the host name that the
//! probe asks for, which is refused as the gateway reports, and with one of the server's own, which is answered.
//! For 127.0.0.1, which no app of App Service has, the second one and a reported 404 suffice where the first one
//! fails over the certificate.
//! Mended by: the right host name, in the probe or in the HTTP setting.
//! Source: Microsoft, "Application Gateway health monitoring overview", default health probe (127.0.0.1); and
//! "Configure App Service with Application Gateway" (a multitenant service finds the app by its host name).

use std::net::IpAddr;

use super::own_name::{by_own_name, is_answered};
use super::probing::{Tried, as_the_probe, az_gateway, may_probe, probe_link, setting_link};
use super::{Cause, Link, about, by_hand, mended_by};
use crate::card::Text;
use crate::diagnosis::{Finding, Remedy, Verdict};
use crate::evidence::{Scope, TrialWanted};
use crate::gateway::{HostChoice, HostSource};
use crate::health::{ServerHealth, Symptom};
use crate::id::Name;
use crate::plan::Fix;
use crate::web::is_given;

/// The most other host names that are tried.
const HOSTS_AT_MOST: usize = 2;

pub(super) struct ProbeHost;

impl Cause for ProbeHost {
    fn id(&self) -> &'static str {
        "probe-host"
    }

    fn about(&self) -> &'static str {
        "The health probe asks for a host name that the server does not serve."
    }

    fn breaks(&self) -> Link {
        Link::Probe
    }

    fn examine(&self, scope: &Scope<'_>) -> Option<Finding> {
        let suspect = Suspect::of(scope)?;
        let tries = suspect.tries(scope)?;
        let (asked, others) = (&tries.asked, &tries.others);
        let same_again = asked.of(suspect.address()).and_then(Symptom::status) == Some(suspect.status);
        let alike =
            |other: &Tried<'_>| other.of(suspect.address()).and_then(Symptom::status) == Some(suspect.status);
        let trap = scope.probe.host_source == HostSource::Loopback && is_given(suspect.address());
        match others.iter().find(|other| is_answered(scope, other, suspect.address())) {
            Some(right) => {
                // On demand, a certificate has to fit the host name, too: the refusal cannot be seen again.
                let hidden = asked.of(suspect.address()) == Some(&Symptom::TlsNameMismatch);
                let known = trap && hidden && suspect.status == 404;
                let verdict = if same_again || known { Verdict::Confirmed } else { Verdict::Consistent };
                Some(found(scope, &suspect, verdict, &tries, Some(right)))
            }
            None if !others.is_empty() && others.iter().all(alike) => {
                let sentence = Text::of("The server refuses the probe whatever host name it asks for.");
                let lines = others.iter().map(Tried::line).collect();
                Some(by_hand(self, scope, Verdict::RuledOut, sentence, lines, Vec::new()))
            }
            None if trap => Some(found(scope, &suspect, Verdict::Consistent, &tries, None)),
            None => None,
        }
    }

    fn explains(&self, symptom: &Symptom) -> Option<&'static str> {
        let settles = "The same path on demand, with the probe's host name and with the server's own.";
        let wanted =
            matches!(symptom, Symptom::StatusMismatch { received, .. } if received.is_some_and(is_wanted));
        wanted.then_some(settles)
    }

    fn covers(&self) -> &'static [&'static str] {
        &["probe-path-refused", "sign-in-redirect"]
    }
}

/// Whether the probed path is answered once it is asked for with another host name.
pub(super) fn another_host_answers(scope: &Scope<'_>) -> bool {
    let Some(suspect) = Suspect::of(scope) else { return false };
    let tries = suspect.tries(scope);
    tries.is_some_and(|tries| tries.others.iter().any(|other| is_answered(scope, other, suspect.address())))
}

fn is_wanted(status: u16) -> bool {
    matches!(status, 301 | 302 | 307 | 308 | 400 | 403 | 404 | 421)
}

/// A server that may not know the probe's host name.
struct Suspect<'a> {
    pool: &'a Name,
    server: &'a ServerHealth,
    status: u16,
}

/// The probed path, on demand, with several host names.
struct Tries<'a> {
    asked: Tried<'a>,
    others: Vec<Tried<'a>>,
}

impl<'s> Suspect<'s> {
    fn of(scope: &'s Scope<'_>) -> Option<Self> {
        let refused = scope.sick.iter().find_map(|(pool, server)| {
            let status = super::app_service::refusal(server).filter(|status| is_wanted(*status))?;
            Some(Self { pool, server, status })
        })?;
        let own = match scope.probe.host_source {
            HostSource::Loopback => false,
            HostSource::EachServer => true,
            HostSource::Probe | HostSource::Setting => {
                scope.probe.host.eq_ignore_ascii_case(refused.address()) || refused.is_of_its_app(scope)
            }
        };
        // A server by its address may have any name; a 403 seldom says that it does not have this one.
        let likely = refused.status != 403 || refused.name().is_some();
        (!own && likely && may_probe(scope)).then_some(refused)
    }

    fn address(&self) -> &'s str {
        &self.server.address
    }

    /// Its address, where that is a name.
    fn name(&self) -> Option<&'s str> {
        Some(self.address()).filter(|address| address.parse::<IpAddr>().is_err())
    }

    /// Whether the server is an app that has the probe's host name among its own.
    fn is_of_its_app(&self, scope: &Scope<'_>) -> bool {
        let app = scope.app(self.address()).ok().flatten();
        app.is_some_and(|app| app.serves(&scope.probe.host))
    }

    /// Nothing, while they are being run, or where no other host name is known.
    fn tries<'a>(&self, scope: &Scope<'a>) -> Option<Tries<'a>> {
        let path = &scope.probe.path;
        let hosts = self.hosts(scope);
        if hosts.is_empty() {
            return None;
        }
        let asked = Tried::ask(scope, as_the_probe(scope, self.pool, path));
        let with = |host: String| {
            Tried::ask(scope, TrialWanted::of(self.pool, &scope.setting.name, path).with_host(&host))
        };
        let others: Vec<Tried<'_>> = hosts.into_iter().map(with).collect();
        let pending = asked.is_pending() || others.iter().any(Tried::is_pending);
        (!pending).then_some(Tries { asked, others })
    }

    /// The host names that the server may know: its own, that of the setting, and those of the listeners.
    fn hosts(&self, scope: &Scope<'_>) -> Vec<String> {
        let gateway = &scope.evidence.gateway;
        let own = self.name().map(str::to_owned);
        let fixed = match &scope.setting.host {
            HostChoice::Fixed(host) => Some(host.clone()),
            HostChoice::FromPool | HostChoice::Incoming => None,
        };
        let listeners = gateway.serves(&scope.setting.name).listeners;
        let listeners = listeners.iter().filter_map(|name| gateway.listener(name));
        let theirs = listeners.flat_map(|listener| listener.hosts).filter(|host| !host.contains(['*', '?']));
        let mut hosts: Vec<String> = Vec::new();
        for host in own.into_iter().chain(fixed).chain(theirs) {
            let known = |other: &String| other.eq_ignore_ascii_case(&host);
            if !known(&scope.probe.host) && !hosts.iter().any(known) {
                hosts.push(host);
            }
        }
        hosts.truncate(HOSTS_AT_MOST);
        hosts
    }
}

fn found(
    scope: &Scope<'_>,
    suspect: &Suspect<'_>,
    verdict: Verdict,
    tries: &Tries<'_>,
    right: Option<&Tried<'_>>,
) -> Finding {
    let host = right.and_then(|right| right.wanted.host.as_deref());
    let asks = Text::of("The ").text(probe_link(scope)).say(" asks for host ").code(&scope.probe.host);
    let sentence = match host {
        Some(host) if verdict == Verdict::Confirmed => asks
            .say(", which ")
            .code(suspect.address())
            .say(format!(" refuses with {}. Asked for host ", suspect.status))
            .code(host)
            .say(", it answers the same path."),
        Some(host) => asks
            .say(format!(" and was refused with {}. On demand, host ", suspect.status))
            .code(host)
            .say(" is answered; that the other one is still refused was not seen."),
        None => asks
            .say(", as nobody names one, and App Service finds an app by its host name. That this is why ")
            .code(suspect.address())
            .say(format!(" refuses the probe with {} is not settled.", suspect.status)),
    };
    let reported = Text::of("Backend health: ")
        .code(suspect.address())
        .say(" answers ")
        .code(&scope.probe.path)
        .say(format!(" with {}", suspect.status));
    let tried = [&tries.asked].into_iter().chain(&tries.others).map(Tried::line);
    let mut evidence: Vec<Text> = [reported].into_iter().chain(tried).collect();
    if tries.asked.of(suspect.address()) == Some(&Symptom::TlsNameMismatch) {
        evidence.push(Text::of("On demand, the certificate has to be for the host that is asked for, too"));
    }
    // A probe of ours was tried as it would be. A setting's wrong host name spoils visitors' requests, too.
    let offered = scope.probe.host_source != HostSource::Setting && scope.candidate_is_green();
    if verdict == Verdict::Confirmed && offered {
        let finding = Finding::of(ProbeHost.id(), verdict, sentence, Remedy::Fix(Fix::HealthProbe));
        return about(scope, Finding { evidence, ..finding });
    }
    if let Some((fix, tries)) = own_names(scope).filter(|_| verdict == Verdict::Confirmed) {
        for line in tries.iter().map(Tried::line) {
            if !evidence.contains(&line) {
                evidence.push(line);
            }
        }
        return mended_by(&ProbeHost, scope, sentence, evidence, fix);
    }
    let host = host.unwrap_or(suspect.address());
    by_hand(&ProbeHost, scope, verdict, sentence, evidence, steps(scope, suspect, host))
}

/// The fix that has every server asked for by its own name, where that was seen to do. A probe that names a host
/// of its own is let off that only where the setting does not: otherwise visitors' requests may be well.
fn own_names<'a>(scope: &Scope<'a>) -> Option<(Fix, Vec<Tried<'a>>)> {
    let probe_too = match scope.probe.host_source {
        HostSource::Loopback | HostSource::Setting => false,
        HostSource::Probe if scope.setting.host == HostChoice::FromPool => true,
        HostSource::Probe | HostSource::EachServer => return None,
    };
    Some((Fix::PickHost { probe_too }, by_own_name(scope, &scope.probe.path)?))
}

fn steps(scope: &Scope<'_>, suspect: &Suspect<'_>, host: &str) -> Vec<Text> {
    let (gateway, setting) = (az_gateway(scope), &scope.setting.name);
    let list = "az network application-gateway";
    let after = Text::of("The probe succeeds within its interval; press Re-check then.");
    let in_setting = |option: String| format!("{list} http-settings update {gateway} -n {setting} {option}");
    match (scope.probe.host_source, &scope.probe.name) {
        (HostSource::Probe, Some(probe)) => {
            let command = format!("{list} probe update {gateway} -n {probe} --host {host}");
            vec![Text::of("Correct the host of the ").text(probe_link(scope)).say(": ").code(command), after]
        }
        (HostSource::Setting, _) => {
            let command = in_setting(format!("--host-name {host}"));
            let step = Text::of("Correct the host name of ")
                .text(setting_link(scope))
                .say(", which visitors' requests carry too: ");
            vec![step.code(command), after]
        }
        _ => {
            let option = if host.eq_ignore_ascii_case(suspect.address()) {
                "--host-name-from-backend-pool true".to_owned()
            } else {
                format!("--host-name {host}")
            };
            let step = Text::of("Let ")
                .text(setting_link(scope))
                .say(" name the host, for the probe and for visitors' requests: ")
                .code(in_setting(option));
            let beside = Text::of(
                "If the application needs the visitor's own host name: give the probe alone a host, and the app that custom domain.",
            );
            vec![step, beside, after]
        }
    }
}
