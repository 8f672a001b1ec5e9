//! The server's certificate is for other names than the one that the probe asks for.
//!
//! Confirmed by: the names of the certificate that the server sends when asked as the probe asks.
//! Mended by: a host name that the certificate is for, in the probe or the setting; or a certificate for the
//! name that is asked for. An IP address is no host name for HTTPS.
//! Source: Microsoft, "Troubleshoot backend health issues in Application Gateway", common name mismatch: what
//! counts is the host of the probe, else of the setting, else of the pool, and 127.0.0.1 for the default probe.

use std::net::IpAddr;

use super::tls::{
    AboutCertificates, Claim, Judged, Seen, at, link, noted, openssl, openssl_of, out_of_dates, place,
    setting_link,
};
use super::{Cause, Link};
use crate::card::Text;
use crate::certificate::{Certificate, Chain};
use crate::diagnosis::Finding;
use crate::evidence::{AskedHost, Scope};
use crate::gateway::json::PROBES;
use crate::gateway::{HostSource, LOOPBACK};
use crate::health::{ServerHealth, Symptom};

/// The most names of a certificate that are shown.
const NAMES_AT_MOST: usize = 5;

pub(super) struct CertificateName;

impl Cause for CertificateName {
    fn id(&self) -> &'static str {
        "certificate-name"
    }

    fn about(&self) -> &'static str {
        "The server's certificate is for other names than the one that the probe asks for."
    }

    fn breaks(&self) -> Link {
        Link::Server
    }

    fn examine(&self, scope: &Scope<'_>) -> Option<Finding> {
        self.found(scope)
    }

    fn explains(&self, symptom: &Symptom) -> Option<&'static str> {
        let settles =
            "The names in the certificate that the server sends, and the host that the probe asks for.";
        (self.shows(symptom) || *symptom == Symptom::NoHealthyServer).then_some(settles)
    }
}

impl AboutCertificates for CertificateName {
    fn shows(&self, symptom: &Symptom) -> bool {
        *symptom == Symptom::TlsNameMismatch
    }

    fn judge(&self, scope: &Scope<'_>, seen: &Seen<'_>, chain: &Chain) -> Judged {
        let Some(leaf) = chain.leaf() else {
            return Judged::Not(at(seen.server).say(" sends no certificate of its own, so it has no names."));
        };
        let asked = scope.asked_host(seen.pool, seen.server);
        let by_common_name = leaf.is_commonly_for(&asked.host);
        if leaf.covers(&asked.host) && (by_common_name || !scope.evidence.gateway.is_v1()) {
            return Judged::Not(covered(scope, seen, leaf, &asked.host));
        }
        let names = leaf.names();
        let mut steps = steps(scope, &asked, &names);
        steps.push(openssl(scope, seen.pool, seen.server));
        let sentence = at(seen.server).say(" sends a certificate for ").text(shown(&names));
        let sentence = sentence.say(", and the probe asks for ").code(&asked.host);
        let meant = asked.or.iter().find(|other| leaf.covers(other));
        if by_common_name || leaf.covers(&asked.host) {
            // Which names count where there are several kinds of them is not told the same everywhere.
            let sentence = Text::of("Common name and alternative names of the certificate of ")
                .code(&seen.server.address)
                .say(" differ, and one of them alone is for ")
                .code(&asked.host)
                .say(".");
            return Judged::Fits(Claim::of(sentence, steps));
        }
        match meant {
            // Which of the two the gateway compares is told in different ways.
            Some(other) => {
                let sentence = sentence.say(". It is for ").code(other).say(", which may be what counts.");
                Judged::Fits(Claim::of(sentence, steps))
            }
            None if !scope.setting.tls.checks_name => {
                let sentence = sentence.say(". The setting says that names are not checked, though.");
                Judged::Fits(Claim::of(sentence, steps))
            }
            None => {
                let sentence = sentence.say(why_loopback(scope));
                let sentence = match names.iter().any(|name| is_too_short_a_wildcard(name, &asked.host)) {
                    true => sentence.say(" A wildcard stands for one label alone."),
                    false => sentence,
                };
                Judged::Shown(Claim::of(sentence, steps))
            }
        }
    }

    fn reported(&self, scope: &Scope<'_>, server: &ServerHealth) -> Claim {
        let sick = scope.sick.iter().find(|(_, one)| one == server);
        let Some(asked) = sick.map(|(pool, server)| scope.asked_host(pool, server)) else {
            return Claim::of(Text::new(), Vec::new());
        };
        let sentence = Text::of("By the gateway's word the certificate of ")
            .code(&server.address)
            .say(" is not for the host of the probe, ")
            .code(&asked.host)
            .say(why_loopback(scope));
        let sentence = match noted(server).and_then(|note| note.subject.as_ref()) {
            Some(subject) => sentence.say(" It notes that it is ").code(subject).say("."),
            None => sentence.say(" Its names are not known here."),
        };
        let mut steps = steps(scope, &asked, &[]);
        steps.extend(openssl_of(scope, server));
        Claim::of(sentence, steps)
    }

    fn is_refuted_on_demand(&self, scope: &Scope<'_>) -> bool {
        // It asks for the setting's host, and so says nothing of another one.
        matches!(scope.probe.host_source, HostSource::Setting | HostSource::EachServer)
    }
}

/// Where 127.0.0.1 comes from, as nobody has written it down.
fn why_loopback(scope: &Scope<'_>) -> &'static str {
    match scope.probe.host_source {
        HostSource::Loopback => ", as neither probe nor setting names a host.",
        _ => ".",
    }
}

fn covered(scope: &Scope<'_>, seen: &Seen<'_>, leaf: &Certificate, host: &str) -> Text {
    let text = at(seen.server).say(" sends a certificate that is for ").code(host).say(", as the probe asks");
    match out_of_dates(leaf, scope) {
        Some(clause) => text.say(format!("; it {clause}.")),
        None => text.say("."),
    }
}

/// Whether a wildcard is for the domain that a host is in, and not for the host: `*.example.com` and
/// `a.b.example.com`, or `example.com`.
fn is_too_short_a_wildcard(name: &str, host: &str) -> bool {
    let (Some(domain), host) = (name.strip_prefix("*."), host.to_ascii_lowercase()) else { return false };
    let inside = host.strip_suffix(&domain.to_ascii_lowercase());
    inside.is_some_and(|inside| inside.is_empty() || inside.ends_with('.'))
}

fn shown(names: &[String]) -> Text {
    if names.is_empty() {
        return Text::of("no name at all");
    }
    let text = Text::new().codes(names.iter().take(NAMES_AT_MOST));
    match names.len().saturating_sub(NAMES_AT_MOST) {
        0 => text,
        more => text.say(format!(" and {more} more")),
    }
}

fn steps(scope: &Scope<'_>, asked: &AskedHost, names: &[String]) -> Vec<Text> {
    // The server wrote the name, and somebody pastes the command.
    let is_plain = |name: &&String| name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-'));
    let name =
        names.iter().filter(is_plain).find(|name| name.parse::<IpAddr>().is_err() && !name.starts_with('-'));
    let name = name.map_or("NAME", String::as_str);
    let place = place(scope);
    let (whose, command) = match (&scope.probe.name, scope.probe.host_source) {
        (Some(probe), HostSource::Probe) => (
            link(Text::of("Let the probe "), scope, PROBES, probe),
            format!("az network application-gateway probe update {place} -n {probe} --host {name}"),
        ),
        _ => (
            setting_link(Text::of("Let the HTTP setting "), scope),
            format!(
                "az network application-gateway http-settings update {place} -n {} --host-name {name}",
                scope.setting.name
            ),
        ),
    };
    let first =
        whose.say(" name a host that the certificate is for, if the server answers to it: ").code(command);
    let second = if asked.host == LOOPBACK || asked.host.parse::<IpAddr>().is_ok() {
        Text::of("An IP address is no host for HTTPS: certificates are for names.")
    } else {
        Text::of("Or install a certificate on the server that is for ").code(&asked.host).say(".")
    };
    vec![first, second]
}
