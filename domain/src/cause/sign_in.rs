//! The probe is answered by a redirect, to a sign-in page or to https, and not by the application.
//!
//! Confirmed by: where the probe does not accept a redirect, the same redirect on demand. Where it does, so that
//! servers count as Healthy whatever the application does: the same redirect on demand, while visitors or the
//! health path get an error of the application. A redirect alone is no fault.
//! Mended by: a path that answers 200 without a login, and a probe that accepts only 200-299.
//! Source: Microsoft, "Application Gateway health monitoring overview", probe matching (200-399 by default).

use super::probing::{Tried, as_a_visitor, as_the_probe, az_gateway, may_probe, probe_link};
use super::visitor_host::visit_line;
use super::{Cause, Link, about, by_hand};
use crate::card::Text;
use crate::diagnosis::{Finding, Remedy, Verdict};
use crate::evidence::visited::{VISITED, Visited};
use crate::evidence::{Scope, Seen};
use crate::gateway::{HostSource, Protocol};
use crate::health::{BackendHealth, Health, ServerHealth, Symptom};
use crate::id::Name;
use crate::plan::Fix;

/// What only the application itself answers with.
const SUCCESS: &str = "200-299";

pub(super) struct SignIn;

impl Cause for SignIn {
    fn id(&self) -> &'static str {
        "sign-in-redirect"
    }

    fn about(&self) -> &'static str {
        "The health probe is answered by a redirect, and not by the application."
    }

    fn breaks(&self) -> Link {
        Link::Probe
    }

    fn examine(&self, scope: &Scope<'_>) -> Option<Finding> {
        if !scope.probe.protocol.is_http() || !may_probe(scope) {
            return None;
        }
        if scope.sick.is_empty() { accepted(scope) } else { refused(scope) }
    }

    fn explains(&self, symptom: &Symptom) -> Option<&'static str> {
        let settles = "The probed path on demand, accepting 200-299 only.";
        let redirect =
            matches!(symptom, Symptom::StatusMismatch { received, .. } if received.is_some_and(is_redirect));
        redirect.then_some(settles)
    }
}

fn is_redirect(status: u16) -> bool {
    matches!(status, 301 | 302 | 303 | 307 | 308)
}

/// A redirect that the probe takes for a failure.
fn refused(scope: &Scope<'_>) -> Option<Finding> {
    let (pool, server, status) = scope.sick.iter().find_map(|(pool, server)| {
        let status = super::app_service::refusal(server).filter(|status| is_redirect(*status))?;
        Some((pool, server, status))
    })?;
    let again = Tried::ask(scope, as_the_probe(scope, pool, &scope.probe.path).accepting(SUCCESS));
    if again.is_pending() {
        return None;
    }
    let repeated = again.of(&server.address).and_then(Symptom::status) == Some(status);
    let verdict = if repeated { Verdict::Confirmed } else { Verdict::Consistent };
    let codes = scope.probe.status_codes.join(", ");
    let sentence = Text::of("The ")
        .text(probe_link(scope))
        .say(" asks for ")
        .code(&scope.probe.path)
        .say(" and is redirected with ")
        .bold(status.to_string())
        .say(format!(", {}, while it accepts only {codes}.", whither(scope)));
    let sentence = if repeated { sentence } else { sentence.say(" On demand that was not seen again.") };
    let reported = Text::of("Backend health: ")
        .code(&server.address)
        .say(" answers ")
        .code(&scope.probe.path)
        .say(format!(" with {status}"));
    let evidence = vec![reported, again.line()];
    if repeated && scope.candidate_is_green() {
        let finding = Finding::of(SignIn.id(), verdict, sentence, Remedy::Fix(Fix::HealthProbe));
        return Some(about(scope, Finding { evidence, ..finding }));
    }
    Some(by_hand(&SignIn, scope, verdict, sentence, evidence, steps(scope)))
}

/// A redirect that the probe takes for health, while visitors see an error.
fn accepted(scope: &Scope<'_>) -> Option<Finding> {
    let (pool, server, status) = redirected(scope)?;
    let broken = scope.visited().into_iter().find(|visited| visited.pool == *pool && is_error(visited))?;
    let again = Tried::ask(scope, as_the_probe(scope, pool, &scope.probe.path).accepting(SUCCESS));
    let health = Tried::ask(scope, as_the_probe(scope, pool, scope.candidate).accepting(SUCCESS));
    let visit = Tried::ask(scope, as_a_visitor(scope, pool, VISITED, broken.host));
    if again.is_pending() || health.is_pending() || visit.is_pending() {
        return None;
    }
    let repeated = again.of(&server.address).and_then(Symptom::status) == Some(status);
    // A 502 to 504 may come from the gateway under a page of somebody's own.
    let app = broken.answer().is_some_and(|error| error == 500 || visit.has(error));
    let fails = app || health.of(&server.address).and_then(Symptom::status).is_some_and(|code| code >= 500);
    let sure = repeated && fails;
    let verdict = if sure { Verdict::Confirmed } else { Verdict::Consistent };
    let sentence = Text::of("The ")
        .text(probe_link(scope))
        .say(" is answered with ")
        .bold(status.to_string())
        .say(format!(", {}, and takes that for health.", whither(scope)))
        .say(match sure {
            true => " So servers count as Healthy while the application behind fails.",
            false => " Whether it hides a failing application is not settled.",
        });
    let reported =
        Text::of("Backend health: ").code(&server.address).say(format!(" is Healthy with {status}"));
    let evidence = vec![reported, visit_line(&broken), again.line(), health.line()];
    Some(by_hand(&SignIn, scope, verdict, sentence, evidence, steps(scope)))
}

/// A server that is Healthy by a redirect.
fn redirected<'a>(scope: &Scope<'a>) -> Option<(&'a Name, &'a ServerHealth, u16)> {
    let servers = scope.evidence.health.value().into_iter().flat_map(BackendHealth::servers);
    servers.into_iter().find_map(|(pool, used, server)| match server.symptom {
        Symptom::Healthy { status: Some(status) }
            if *used == scope.setting.name && server.health == Health::Healthy && is_redirect(status) =>
        {
            Some((pool, server, status))
        }
        _ => None,
    })
}

fn is_error(visited: &Visited<'_>) -> bool {
    matches!(visited.visit.seen, Seen::Answer { status: 500.. } | Seen::GatewayError { .. })
}

/// Where a redirect leads: only its status is known.
fn whither(scope: &Scope<'_>) -> &'static str {
    match scope.probe.protocol {
        Protocol::Http => "which may lead to https or to a sign-in page",
        _ => "which may lead to a sign-in page",
    }
}

fn steps(scope: &Scope<'_>) -> Vec<Text> {
    let (gateway, path) = (az_gateway(scope), scope.candidate);
    let list = "az network application-gateway";
    let command = match &scope.probe.name {
        Some(name) => {
            format!("{list} probe update {gateway} -n {name} --path {path} --match-status-codes {SUCCESS}")
        }
        None => format!(
            "{list} probe create {gateway} -n custom-healthz --protocol {} --path {path} --match-status-codes {SUCCESS} {}",
            scope.probe.protocol,
            host_option(scope)
        ),
    };
    let endpoint = Text::of("Let the application answer ").code(path).say(" with 200, without a login.");
    let probe = Text::of("Let the ").text(probe_link(scope)).say(" ask for that and accept nothing else: ");
    let mut steps = vec![endpoint, probe.code(command)];
    if scope.probe.name.is_none() {
        let attach =
            format!("{list} http-settings update {gateway} -n {} --probe custom-healthz", scope.setting.name);
        steps.push(Text::of("Attach the new probe: ").code(attach));
    }
    if scope.probe.protocol == Protocol::Http {
        steps.push(Text::of("If the redirect leads to https only: let the HTTP setting and its probe speak Https on port 443."));
    }
    steps
}

/// How the Azure CLI is told for which host name a new probe asks.
fn host_option(scope: &Scope<'_>) -> String {
    match scope.probe.host_source {
        HostSource::Probe | HostSource::Loopback => format!("--host {}", scope.probe.host),
        HostSource::Setting | HostSource::EachServer => "--host-name-from-http-settings true".to_owned(),
    }
}
