//! Something is configured that no rule leads to: a listener, every pool, or the HTTP setting with the probe.
//!
//! Confirmed by: the configuration, together with what follows from it: the gateway's own error page at a listener
//! without a rule, backend health without any server, or servers that answer on demand the way that a probe wants
//! which is attached to an HTTP setting out of use. What is out of use and does no harm is not told.
//! Mended by: a rule, or the probe at the HTTP setting that is in use.
//! Source: Microsoft, "Troubleshooting bad gateway errors in Application Gateway" (a setting that no rule uses is
//! not probed).

use super::{Cause, Link, by_hand, mended_by, of_gateway, trial_line};
use crate::card::Text;
use crate::diagnosis::{Finding, Verdict};
use crate::evidence::{
    Asked, Inquiry, Question, Reading, Scope, Seen, Trial, TrialWanted, Unknown, used_settings,
};
use crate::gateway::json::{self, SETTINGS};
use crate::gateway::{Gateway, HttpSetting, Probe, ProbeHost, Route, Target};
use crate::health::{BackendHealth, ServerHealth, Symptom};
use crate::id::Name;
use crate::plan::Fix;

pub(super) struct SettingWithoutRule;

/// The most pools on which a probe that is attached elsewhere is tried.
const POOLS_AT_MOST: usize = 3;

impl Cause for SettingWithoutRule {
    fn id(&self) -> &'static str {
        "setting-without-rule"
    }

    fn about(&self) -> &'static str {
        "No rule leads to a listener, a pool or the HTTP setting that has the probe."
    }

    fn breaks(&self) -> Link {
        Link::Rule
    }

    fn examine(&self, scope: &Scope<'_>) -> Option<Finding> {
        let refused = |symptom: &Symptom| matches!(symptom, Symptom::StatusMismatch { .. });
        let is_sick = scope.sick.iter().any(|(_, server)| refused(&server.symptom));
        if !is_sick {
            return None;
        }
        let (unused, probe) = other_place(scope)?;
        misplaced(self, scope, &unused, &probe)
    }

    fn survey(&self, inquiry: &Inquiry<'_>) -> Option<Finding> {
        nothing_routed(self, inquiry).or_else(|| lost_listener(self, inquiry))
    }

    fn covers(&self) -> &'static [&'static str] {
        &["probe-path-refused"]
    }

    fn settles(&self) -> &'static [&'static str] {
        &["probe-path-refused"]
    }

    fn explains(&self, symptom: &Symptom) -> Option<&'static str> {
        let settles = "A custom probe that is attached to an HTTP setting out of use.";
        matches!(symptom, Symptom::StatusMismatch { .. }).then_some(settles)
    }
}

/// The probe that may have been meant for a setting which has none, and the setting out of use that has it.
fn other_place(scope: &Scope<'_>) -> Option<(HttpSetting, Probe)> {
    if scope.probe.name.is_some() {
        return None;
    }
    unused_probes(&scope.evidence.gateway).find(|(_, probe)| {
        let differs = probe.path != scope.probe.path || probe.host != ProbeHost::FromSetting;
        probe.protocol == scope.setting.protocol && differs
    })
}

/// Whether a probe stands where it does nothing, which may have been meant for this setting.
pub(super) fn may_be_misplaced(scope: &Scope<'_>) -> bool {
    other_place(scope).is_some()
}

/// The HTTP settings that no rule uses and that have a probe of their own, with that.
fn unused_probes(gateway: &Gateway) -> impl Iterator<Item = (HttpSetting, Probe)> {
    let used = used_settings(gateway);
    let unused = gateway.settings().into_iter().filter(move |setting| !used.contains(setting));
    unused.filter_map(|setting| {
        let probe = gateway.probe(setting.probe.as_ref()?)?;
        Some((setting, probe))
    })
}

fn misplaced(cause: &dyn Cause, scope: &Scope<'_>, unused: &HttpSetting, probe: &Probe) -> Option<Finding> {
    let pools: Vec<&Name> = scope.pools.iter().take(POOLS_AT_MOST).collect();
    let asked: Vec<Asked<&Vec<ServerHealth>>> =
        pools.iter().map(|pool| scope.ask(&question(scope, pool, probe))).collect();
    let mut trials = Vec::new();
    for (pool, answer) in pools.iter().zip(asked) {
        let servers = match answer {
            Err(Unknown::Pending) => return None,
            Err(Unknown::NotRead(why)) => Reading::NotRead(why),
            Err(Unknown::Odd(what)) => Reading::NotRead(crate::evidence::WhyNot::Failed { what }),
            Ok(servers) => Reading::Read(servers.clone()),
        };
        let (pool, setting) = ((*pool).clone(), scope.setting.name.clone());
        trials.push(Trial { pool, setting, path: probe.path.clone(), servers });
    }
    let all = pools.len() == scope.pools.len() && trials.iter().all(Trial::is_green);
    let verdict = if all { Verdict::Confirmed } else { Verdict::Consistent };
    let sentence = Text::of("The probe ")
        .code(&probe.name)
        .say(" is attached to the HTTP setting ")
        .code(&unused.name)
        .say(", which no rule uses. The one in use, ")
        .code(&scope.setting.name)
        .say(", has the default probe of ")
        .code(&scope.probe.path)
        .say(if all { ", and its servers answer as the other probe wants." } else { "." });
    let mut evidence = vec![Text::of("Configuration: no rule leads to ").code(&unused.name)];
    evidence.extend(trials.iter().map(trial_line));
    // On demand, a port of the probe's own cannot be tried.
    if all && probe.port.is_none_or(|port| port == scope.setting.port) {
        let fix = Fix::UseProbe { probe: probe.name.clone() };
        return Some(mended_by(cause, scope, sentence, evidence, fix));
    }
    let id = scope.evidence.gateway.id().resource();
    let (group, name, setting) = (id.resource_group(), id.name(), &scope.setting.name);
    let attach = format!(
        "az network application-gateway http-settings update -g {group} --gateway-name {name} -n {setting} --probe {}",
        probe.name
    );
    let steps = vec![
        Text::of("Attach the probe to ")
            .link(setting.as_str(), id.child(SETTINGS, setting).portal_url())
            .say(": ")
            .code(attach),
        Text::of("Or let the rule use ")
            .code(&unused.name)
            .say(", if that is the HTTP setting it should have."),
    ];
    Some(by_hand(cause, scope, verdict, sentence, evidence, steps))
}

/// The probe, run on demand for the HTTP setting that is in use.
fn question(scope: &Scope<'_>, pool: &Name, probe: &Probe) -> Question<Vec<ServerHealth>> {
    let wanted = TrialWanted::of(pool, &scope.setting.name, &probe.path);
    let wanted = match &probe.host {
        ProbeHost::Fixed(host) if !host.is_empty() => wanted.with_host(host),
        _ => wanted,
    };
    let wanted = match probe.status_codes.as_slice() {
        [codes] => wanted.accepting(codes),
        _ => wanted,
    };
    match &probe.body {
        Some(body) => wanted.containing(body).into(),
        None => wanted.into(),
    }
}

/// No rule leads to any server.
fn nothing_routed(cause: &dyn Cause, inquiry: &Inquiry<'_>) -> Option<Finding> {
    let gateway = &inquiry.evidence.gateway;
    let health = inquiry.evidence.health.value()?;
    let routes = gateway.routes();
    // What redirects only, or carries TCP only, needs no HTTP setting.
    let leads = |route: &Route| route.target != Target::Unknown;
    if routes.iter().any(leads) || has_proxy_rules(gateway) || is_listing(health) {
        return None;
    }
    let pools = gateway.pools().into_iter().filter(|pool| !pool.members.is_empty());
    let pools: Vec<Name> = pools.map(|pool| pool.name).collect();
    let settings: Vec<Name> = gateway.settings().into_iter().map(|setting| setting.name).collect();
    if pools.is_empty() || settings.is_empty() {
        return None;
    }
    let verdict = if routes.is_empty() { Verdict::Confirmed } else { Verdict::Consistent };
    let sentence = Text::of("No rule leads to a backend pool, so nobody is served and no server is probed.");
    let evidence = vec![
        Text::of("Configuration: no rule uses the pools ")
            .codes(&pools)
            .say(" or the HTTP settings ")
            .codes(&settings),
        Text::of("Backend health: lists no server"),
    ];
    Some(of_gateway(cause, verdict, sentence, evidence, add_rule(gateway)))
}

fn has_proxy_rules(gateway: &Gateway) -> bool {
    json::list(json::properties(gateway.raw()), "routingRules").next().is_some()
}

fn is_listing(health: &BackendHealth) -> bool {
    health.servers().next().is_some()
}

/// A listener that no rule has, and that visitors come to all the same.
fn lost_listener(cause: &dyn Cause, inquiry: &Inquiry<'_>) -> Option<Finding> {
    let evidence = inquiry.evidence;
    let mut lost = evidence.gateway.listeners_without_rule().into_iter();
    let (visit, status, is_error) = lost.find_map(|listener| {
        evidence.visits.iter().find_map(|visit| match &visit.seen {
            _ if visit.listener != listener.name => None,
            Seen::GatewayError { status } => Some((visit, *status, true)),
            Seen::Answer { status: 404 } => Some((visit, 404, false)),
            _ => None,
        })
    })?;
    let verdict = if is_error { Verdict::Confirmed } else { Verdict::Consistent };
    let sentence = Text::of("No rule belongs to the listener ")
        .code(&visit.listener)
        .say(", so its visitors get nowhere.");
    let lines = vec![
        Text::of("Configuration: no rule has the listener ").code(&visit.listener),
        Text::of("Visit to ").code(&visit.url).say(": ").code(status),
    ];
    Some(of_gateway(cause, verdict, sentence, lines, add_rule(&evidence.gateway)))
}

fn add_rule(gateway: &Gateway) -> Vec<Text> {
    let id = gateway.id().resource();
    let (group, name) = (id.resource_group(), id.name());
    let create = format!(
        "az network application-gateway rule create -g {group} --gateway-name {name} -n RULE --http-listener LISTENER --address-pool POOL --http-settings SETTING --priority 100"
    );
    vec![
        Text::of("Add a rule to ").link(name.as_str(), id.portal_url()).say(": ").code(create),
        Text::of("Look at its activity log, if there was one: the last change may have dropped it."),
    ]
}
