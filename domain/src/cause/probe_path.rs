//! The probe asks for a path that the application refuses, so the gateway takes a good server for a dead one.
//!
//! Confirmed by: a status mismatch with 401, 403, 404, 405 or 5xx as the latest probe result, and the same
//! answer when the gateway probes that path on demand. A 5xx counts only when the health path is fine:
//! otherwise the application itself may be failing; a 403 only where the health path is answered otherwise, as
//! whoever forbids both may forbid the gateway. It is not the path, once that is answered with another host name.
//! Mended by: a probe for a path that answers 200 without a login, which is tried on demand first: one of ours,
//! or where our path is refused as well, one that the gateway has already.
//! Source: Microsoft, "Troubleshoot backend health issues in Application Gateway", HTTP status code
//! mismatch; and "Troubleshooting bad gateway errors", resolution B.

use super::better_probe::{Better, better_probe};
use super::probe_host::another_host_answers;
use super::probing::Tried;
use super::setting_without_rule::may_be_misplaced;
use super::{Cause, Link, about, mended_by, of_servers};
use crate::card::Text;
use crate::diagnosis::{Finding, Remedy, Verdict};
use crate::evidence::Scope;
use crate::gateway::Probe;
use crate::health::{ServerHealth, Symptom};
use crate::id::Name;
use crate::plan::Fix;

pub(super) struct ProbePath;

impl Cause for ProbePath {
    fn id(&self) -> &'static str {
        "probe-path-refused"
    }

    fn about(&self) -> &'static str {
        "The health probe asks for a path that the application refuses."
    }

    fn breaks(&self) -> Link {
        Link::Probe
    }

    fn examine(&self, scope: &Scope<'_>) -> Option<Finding> {
        let status = scope.sick.iter().find_map(|(_, server)| refusal(server))?;
        let better = better(scope, status);
        let verdict = verdict(scope, status, better.is_some());
        let mut lines = evidence(scope, status);
        if let Some(better) = better.filter(|_| verdict == Verdict::Confirmed) {
            lines.extend(better.tries.iter().map(Tried::line));
            let told = told(scope, status).text(answered(&better.probe));
            return Some(mended_by(self, scope, told, lines, Fix::UseProbe { probe: better.probe.name }));
        }
        let finding =
            Finding::of(self.id(), verdict, sentence(scope, status, verdict), remedy(scope, status));
        Some(about(scope, Finding { evidence: lines, ..finding }))
    }

    fn explains(&self, symptom: &Symptom) -> Option<&'static str> {
        let settles =
            "The same refusal when that path is probed on demand, and another path that answers 200.";
        match symptom {
            Symptom::StatusMismatch { received, .. } if received.is_some_and(|status| status < 400) => None,
            Symptom::StatusMismatch { .. } | Symptom::NoHealthyServer => Some(settles),
            _ => None,
        }
    }
}

/// The status with which a server refuses the probe, if that is what the gateway reports.
fn refusal(server: &ServerHealth) -> Option<u16> {
    match server.symptom {
        Symptom::StatusMismatch { received: Some(status), .. } if status >= 400 => Some(status),
        _ => None,
    }
}

/// A probe that the gateway has already, where one of ours would not do.
fn better<'a>(scope: &Scope<'a>, status: u16) -> Option<Better<'a>> {
    let refused_again = answers(scope, &scope.probe.path).any(|answer| answer == status);
    let told = another_host_answers(scope) || may_be_misplaced(scope);
    let wanted = refused_again && is_red(scope, scope.candidate) && !told;
    if wanted { better_probe(scope) } else { None }
}

fn verdict(scope: &Scope<'_>, status: u16, better: bool) -> Verdict {
    if probes_the_candidate(scope) && scope.candidate_is_green() {
        // The very path that is refused answers on demand: something else differs, or has changed.
        return Verdict::Consistent;
    }
    if better {
        return Verdict::Confirmed;
    }
    if another_host_answers(scope) || is_shut(scope, status) {
        return Verdict::Consistent;
    }
    let same_again = answers(scope, &scope.probe.path).any(|answer| answer == status);
    let path_matters = matches!(status, 401 | 403 | 404 | 405) || scope.candidate_is_green();
    if path_matters && (same_again || scope.candidate_is_green()) {
        Verdict::Confirmed
    } else {
        Verdict::Consistent
    }
}

fn probes_the_candidate(scope: &Scope<'_>) -> bool {
    scope.probe.path == scope.candidate
}

/// Whether the health path is forbidden as well.
fn is_shut(scope: &Scope<'_>, status: u16) -> bool {
    status == 403
        && !probes_the_candidate(scope)
        && is_red(scope, scope.candidate)
        && answers(scope, scope.candidate).all(|answer| answer == 403)
}

/// The statuses that servers answered to on-demand probes of a path.
fn answers<'s>(scope: &'s Scope<'_>, path: &'s str) -> impl Iterator<Item = u16> + 's {
    let servers = scope.trials(path).filter_map(|trial| trial.servers.value()).flatten();
    servers.filter_map(|server| match server.symptom {
        Symptom::StatusMismatch { received, .. } => received,
        Symptom::Healthy { status } => status,
        _ => None,
    })
}

/// Whether some server answered an on-demand probe of a path otherwise than wanted, or not at all.
fn is_red(scope: &Scope<'_>, path: &str) -> bool {
    scope.trials(path).any(|trial| trial.servers.value().is_some() && !trial.is_green())
}

fn remedy(scope: &Scope<'_>, status: u16) -> Remedy {
    let candidate = scope.candidate;
    if another_host_answers(scope) {
        return by_hand(vec![Text::of("Mend the host name first: see ").code("probe-host").say(".")]);
    }
    if scope.candidate_is_green() {
        return if probes_the_candidate(scope) {
            by_hand(compare_probe(scope))
        } else {
            Remedy::Fix(Fix::HealthProbe)
        };
    }
    if !is_red(scope, candidate) {
        return by_hand(untried(scope));
    }
    if is_shut(scope, status) {
        return by_hand(find_who_forbids(scope));
    }
    if matches!(status, 500..) {
        return by_hand(mend_the_application(scope, status));
    }
    // A refusal says more than a success when servers differ.
    let refused = answers(scope, candidate).find(|status| *status >= 300);
    Remedy::AddEndpoint { path: candidate.to_owned(), status: refused }
}

fn by_hand(steps: Vec<Text>) -> Remedy {
    Remedy::ByHand { steps }
}

fn compare_probe(scope: &Scope<'_>) -> Vec<Text> {
    let now = Text::of("On demand, ")
        .code(scope.candidate)
        .say(" answers as it should. Re-check in a few minutes.");
    let then = Text::of(
        "If the probe is still refused: compare its host name and accepted status codes with those of HTTP setting ",
    );
    vec![now, then.code(&scope.setting.name).say(".")]
}

fn untried(scope: &Scope<'_>) -> Vec<Text> {
    let pools: Vec<&Name> = scope.untried().collect();
    let missing =
        Text::of("Whether ").code(scope.candidate).say(" answers 200 is not known for pool ").codes(pools);
    vec![
        missing.say(", so no fix is offered."),
        Text::of(
            "The reason stands in the evidence. Re-check once it is out of the way, or request that path from a machine in the gateway's virtual network.",
        ),
    ]
}

fn find_who_forbids(scope: &Scope<'_>) -> Vec<Text> {
    vec![
        Text::of(
            "Find out who answers 403, the application or something in front of it, and whether it keeps out the gateway's address: a list of allowed addresses, a rule of the web server, a firewall.",
        ),
        Text::of("If the application wants a login: add an endpoint at ")
            .code(scope.candidate)
            .say(" that answers 200 without one, and press Re-check."),
    ]
}

fn mend_the_application(scope: &Scope<'_>, status: u16) -> Vec<Text> {
    vec![
        Text::of(format!("Find out in the application's log why it answers {status} to "))
            .code(&scope.probe.path)
            .say(", and mend that."),
        Text::of("If only this path fails: add an endpoint at ")
            .code(scope.candidate)
            .say(" that answers 200 without a login, and press Re-check."),
    ]
}

fn told(scope: &Scope<'_>, status: u16) -> Text {
    let probe = match &scope.probe.name {
        Some(name) => Text::of("The health probe ").code(name).say(" asks for "),
        None => Text::of("The default health probe asks for "),
    };
    probe.code(&scope.probe.path).say(" and is refused with ").bold(status.to_string())
}

fn answered(better: &Probe) -> Text {
    Text::of(", while the servers answer ")
        .code(&better.path)
        .say(", which ")
        .code(&better.name)
        .say(" asks for, a probe that the gateway has already.")
}

fn sentence(scope: &Scope<'_>, status: u16, verdict: Verdict) -> Text {
    let refused = told(scope, status);
    match verdict {
        Verdict::Confirmed if scope.candidate_is_green() => refused
            .say(", so the gateway sends no visitors to servers that answer ")
            .code(scope.candidate)
            .say(" as they should."),
        _ if is_shut(scope, status) => refused
            .say(", and so is ")
            .code(scope.candidate)
            .say(". The application may want a login, or something may keep the gateway out as such."),
        Verdict::Confirmed => {
            refused.say(", so the gateway takes the servers for dead, although they answer.")
        }
        _ if another_host_answers(scope) => {
            refused.say(". With another host name the same path is answered, so it is not the path.")
        }
        _ if status >= 500
            && answers(scope, scope.candidate).all(|answer| answer >= 500)
            && is_red(scope, scope.candidate) =>
        {
            refused
                .say(". ")
                .code(scope.candidate)
                .say(" fails, too, so the application itself seems to be at fault.")
        }
        _ => refused.say(". Whether the path or the application is at fault is not settled."),
    }
}

fn evidence(scope: &Scope<'_>, status: u16) -> Vec<Text> {
    let count = scope.sick.iter().filter(|(_, server)| refusal(server) == Some(status)).count();
    let refuse = if count == 1 { "refuses" } else { "refuse" };
    let mut lines = vec![
        Text::of(format!("Backend health: {} {refuse} ", of_servers(count, scope.servers)))
            .code(&scope.probe.path)
            .say(format!(" with {status}{}", meaning(status))),
    ];
    for path in [scope.probe.path.as_str(), scope.candidate] {
        for line in scope.trials(path).map(super::trial_line) {
            if !lines.contains(&line) {
                lines.push(line);
            }
        }
    }
    lines
}

/// What the status says, in brackets.
fn meaning(status: u16) -> &'static str {
    match status {
        401 => " (it asks for a login)",
        403 => " (forbidden)",
        404 => " (nothing at this path)",
        405 => " (GET is not allowed there)",
        500..=599 => " (it fails)",
        _ => "",
    }
}
