//! The servers do not know the host name that visitors' requests carry, while the probe asks for another one.
//!
//! Confirmed by: a visit that is refused although the servers are Healthy, the same refusal when the gateway
//! probes the visited path with the visitor's host name, and an answer when it does so with the probe's. Where the
//! first one fails over the certificate: a visit with 404, and an App Service app that lacks the host name.
//! Mended by: the host name that the HTTP setting passes on, or a custom domain of the app.
//! Source: Microsoft, "Troubleshooting bad gateway errors", resolution I; and "Preserve the original HTTP host
//! name between a reverse proxy and its back-end web application".

use super::own_name::by_own_name;
use super::probing::{Tried, as_a_visitor, as_the_probe, az_gateway, may_probe, setting_link};
use super::{Cause, Link, by_hand, mended_by, not_checked};
use crate::card::Text;
use crate::diagnosis::{Finding, Verdict};
use crate::evidence::visited::{VISITED, Visited};
use crate::evidence::{App, Asked, Scope, Seen, Unknown};
use crate::gateway::{HostChoice, HostSource};
use crate::health::Symptom;
use crate::plan::Fix;
use crate::web::is_given;

pub(super) struct VisitorHost;

impl Cause for VisitorHost {
    fn id(&self) -> &'static str {
        "visitor-host"
    }

    fn about(&self) -> &'static str {
        "The servers do not know the host name that visitors' requests carry."
    }

    fn breaks(&self) -> Link {
        Link::Setting
    }

    fn examine(&self, scope: &Scope<'_>) -> Option<Finding> {
        if !scope.sick.is_empty() || scope.servers == 0 || !may_probe(scope) {
            return None;
        }
        let visited = scope.visited().into_iter().find(is_refused)?;
        let host = forwarded(scope, &visited)?;
        if host.eq_ignore_ascii_case(&scope.probe.host) || host.parse::<std::net::IpAddr>().is_ok() {
            return None;
        }
        let as_visitor = Tried::ask(scope, as_a_visitor(scope, &visited.pool, VISITED, visited.host));
        let as_probe = Tried::ask(scope, as_the_probe(scope, &visited.pool, VISITED));
        if as_visitor.is_pending() || as_probe.is_pending() {
            return None;
        }
        if let Some(why) = as_visitor.why_not().or(as_probe.why_not()) {
            let what = "Whether the servers know the host name that visitors ask for";
            return Some(not_checked(self, scope, what, why));
        }
        let mut lines = vec![visit_line(&visited), as_visitor.line(), as_probe.line()];
        if as_visitor.is_green() || !as_probe.is_green() {
            let sentence = Text::of("The servers answer alike, whatever host name they are asked for.");
            return Some(by_hand(self, scope, Verdict::RuledOut, sentence, lines, Vec::new()));
        }
        let same = visited.answer().is_some_and(|status| as_visitor.has(status));
        let apps = match unaware(scope, &as_visitor, host) {
            Err(Unknown::Pending) => return None,
            apps => apps.ok().flatten().filter(|_| visited.answer() == Some(404)).unwrap_or_default(),
        };
        lines.extend(apps.iter().map(|app| {
            Text::of("App ").code(app.id.name()).say(" in Azure: answers to ").codes(app.names())
        }));
        let sure = (same || !apps.is_empty()) && is_listed(scope, &visited);
        let verdict = if sure { Verdict::Confirmed } else { Verdict::Consistent };
        if let Some(tries) = own_names(scope).filter(|_| sure) {
            let told = tries.iter().map(Tried::line).filter(|line| !lines.contains(line));
            lines.extend(told.collect::<Vec<_>>());
            let fix = Fix::PickHost { probe_too: false };
            return Some(mended_by(self, scope, sentence(scope, &visited, host, sure), lines, fix));
        }
        Some(by_hand(self, scope, verdict, sentence(scope, &visited, host, sure), lines, steps(scope)))
    }
}

/// The tries that show that the servers answer visitors by their own names, and the probe as well where it would
/// ask for those then.
fn own_names<'a>(scope: &Scope<'a>) -> Option<Vec<Tried<'a>>> {
    let mut tries = by_own_name(scope, VISITED)?;
    if scope.probe.host_source != HostSource::Probe && scope.probe.path != VISITED {
        tries.extend(by_own_name(scope, &scope.probe.path)?);
    }
    Some(tries)
}

/// The App Service apps that the servers are, if none of them has the host name and that could not be seen on
/// demand, as the certificate has to be for it, too.
fn unaware<'a>(scope: &Scope<'a>, as_visitor: &Tried<'a>, host: &str) -> Asked<Option<Vec<&'a App>>> {
    let mut apps = Vec::new();
    for server in as_visitor.answers() {
        if server.symptom != Symptom::TlsNameMismatch || !is_given(&server.address) {
            return Ok(None);
        }
        match scope.app(&server.address)? {
            Some(app) if !app.serves(host) => apps.push(app),
            _ => return Ok(None),
        }
    }
    Ok(Some(apps))
}

/// What a server says to a host name that it does not know, or the gateway in its place.
fn is_refused(visited: &Visited<'_>) -> bool {
    matches!(
        visited.visit.seen,
        Seen::Answer { status: 400 | 403 | 404 | 421 | 502 } | Seen::GatewayError { status: 502 }
    )
}

/// The host name that a server gets with this visit.
fn forwarded<'v>(scope: &'v Scope<'_>, visited: &Visited<'v>) -> Option<&'v str> {
    match &scope.setting.host {
        HostChoice::Incoming => Some(visited.host),
        HostChoice::Fixed(host) => Some(host),
        HostChoice::FromPool => None,
    }
}

/// Whether visitors ask for that very name: without one at the listener the visit went to the gateway's address,
/// which they may call otherwise.
fn is_listed(scope: &Scope<'_>, visited: &Visited<'_>) -> bool {
    let listener = scope.evidence.gateway.listener(&visited.visit.listener);
    let hosts = listener.map(|listener| listener.hosts).unwrap_or_default();
    matches!(scope.setting.host, HostChoice::Fixed(_))
        || hosts.iter().any(|host| host.eq_ignore_ascii_case(visited.host))
}

/// What a visitor sees, as a line of evidence.
pub(super) fn visit_line(visited: &Visited<'_>) -> Text {
    let line = Text::of("Visit to ").code(&visited.visit.url).say(": ");
    match &visited.visit.seen {
        Seen::Answer { status } => line.say(status.to_string()),
        Seen::GatewayError { status } => line.say(format!("{status}, the gateway's own page")),
        Seen::Nothing { why } => line.say(format!("nothing, {why}")),
    }
}

fn sentence(scope: &Scope<'_>, visited: &Visited<'_>, host: &str, sure: bool) -> Text {
    let carry = Text::of("The probe is answered, as it asks for host ")
        .code(&scope.probe.host)
        .say(". Visitors' requests carry host ")
        .code(host);
    match visited.answer().filter(|_| sure) {
        Some(status) => carry.say(format!(", and that the servers refuse with {status}.")),
        None => carry.say(
            ", which the servers do not take. Whether visitors see an error for that reason is not settled.",
        ),
    }
}

fn steps(scope: &Scope<'_>) -> Vec<Text> {
    let update = format!(
        "az network application-gateway http-settings update {} -n {}",
        az_gateway(scope),
        scope.setting.name
    );
    let own = match scope.probe.host_source {
        HostSource::Probe => format!("{update} --host-name {}", scope.probe.host),
        _ => format!("{update} --host-name-from-backend-pool true"),
    };
    vec![
        Text::of("Let ").text(setting_link(scope)).say(" pass on a name that the servers know: ").code(own),
        Text::of(
            "If the application needs the visitor's host name, for its links, cookies or sign-in: add it to the app as a custom domain instead.",
        ),
        Text::of("Visit the site again, or press Re-check."),
    ]
}
