//! The server answers later than the probe is willing to wait.
//!
//! A timeout has been a missing peering as well as a slow application, so the words alone settle nothing.
//! Confirmed by: the same server answering through the gateway, another path in time or this one when given
//! more time, which proves that the network is open. More time counts only after the same path was not answered
//! in the usual time: a server that recovers in between is not slow.
//! Mended by: a faster application; and where every server answers in the time that visitors' requests have, by
//! a probe that waits as long.
//! Source: Microsoft, "Troubleshoot backend health issues in Application Gateway", backend server timeout
//! (reachability first, then the application, then the timeout).

use super::patience::{LONGEST_S, patience};
use super::probing::Tried;
use super::unreachable::is_broken;
use super::{Cause, Link, by_hand, mended_by, of_servers};
use crate::card::Text;
use crate::diagnosis::{Finding, Verdict};
use crate::evidence::{Asked, Scope, TrialWanted};
use crate::health::{ServerHealth, Symptom};
use crate::plan::Fix;

pub(super) struct Slow;

impl Cause for Slow {
    fn id(&self) -> &'static str {
        "probe-timeout"
    }

    fn about(&self) -> &'static str {
        "The server answers later than the probe is willing to wait."
    }

    fn breaks(&self) -> Link {
        Link::Server
    }

    fn examine(&self, scope: &Scope<'_>) -> Option<Finding> {
        let late = || scope.sick.iter().filter(|(_, server)| server.symptom == Symptom::Timeout);
        let slow = late().count();
        if slow == 0 {
            return None;
        }
        // What is still being looked up settles nothing so far.
        let patience = patience(scope);
        let more = || {
            patience.as_ref().map(|found| Proof::MoreTime { server: found.server, seconds: found.seconds })
        };
        let reachable = more().or_else(|| reachable(scope)).or_else(|| given_more_time(scope).ok().flatten());
        // A server whose way is broken has its cause already.
        if reachable.is_none() && late().all(|(_, server)| is_broken(scope, &server.address)) {
            return None;
        }
        let verdict = if reachable.is_some() { Verdict::Confirmed } else { Verdict::Consistent };
        let told = sentence(scope, reachable.as_ref());
        let mut lines = evidence(scope, slow);
        if let Some(patience) = &patience {
            lines.extend(patience.tries.iter().map(Tried::line));
            let fix = Fix::RaiseTimeout { timeout_s: patience.seconds };
            return Some(mended_by(self, scope, told, lines, fix));
        }
        let steps = steps(scope, reachable.as_ref());
        Some(by_hand(self, scope, verdict, told, lines, steps))
    }

    fn explains(&self, symptom: &Symptom) -> Option<&'static str> {
        let settles =
            "An answer of that server through the gateway: to another path, or when given more time.";
        matches!(symptom, Symptom::Timeout | Symptom::NoHealthyServer).then_some(settles)
    }
}

/// What shows that packets reach a slow server.
enum Proof<'a> {
    /// It answered another path in time.
    OtherPath(&'a str),
    /// It answered this path, given more time than the probe gives.
    MoreTime {
        /// The server.
        server: &'a str,
        /// How much time it was given, in seconds.
        seconds: u32,
    },
}

fn reachable<'a>(scope: &Scope<'a>) -> Option<Proof<'a>> {
    let mut tried = scope.trials(scope.candidate).filter_map(|trial| trial.servers.value()).flatten();
    let answered = tried.find(|server| {
        answers(server)
            && scope.sick.iter().any(|(_, sick)| {
                sick.symptom == Symptom::Timeout && sick.address.eq_ignore_ascii_case(&server.address)
            })
    });
    let server = answered?.address.as_str();
    if scope.candidate != scope.probe.path {
        return Some(Proof::OtherPath(server));
    }
    // An answer in no more time than the probe has would only say that it is slow now and then.
    let seconds = scope.trial_timeout_s;
    (seconds > scope.probe.timeout_s).then_some(Proof::MoreTime { server, seconds })
}

/// Whether a server that was not answering this path in the usual time a moment ago does so when given twice as
/// much. Without that moment, an answer may just as well come from a server that is well again.
fn given_more_time<'a>(scope: &Scope<'a>) -> Asked<Option<Proof<'a>>> {
    let usual = scope.probe.timeout_s.max(scope.trial_timeout_s);
    let seconds = usual.saturating_mul(2).min(LONGEST_S);
    let late = |(_, server): &&(_, ServerHealth)| {
        server.symptom == Symptom::Timeout && timed_out_on_demand(scope, &server.address)
    };
    let Some((pool, late)) = scope.sick.iter().find(late) else { return Ok(None) };
    let early = scope.is_among_the_first(|server| server.symptom == Symptom::Timeout);
    if !early || seconds <= usual || scope.probe.port != scope.setting.port {
        return Ok(None);
    }
    let wanted = TrialWanted::of(pool, &scope.setting.name, &scope.probe.path).with_timeout(seconds);
    let servers = scope.ask(&wanted.into())?;
    let same = servers.iter().find(|server| server.address.eq_ignore_ascii_case(&late.address));
    Ok(same
        .filter(|server| answers(server))
        .map(|server| Proof::MoreTime { server: &server.address, seconds }))
}

fn timed_out_on_demand(scope: &Scope<'_>, address: &str) -> bool {
    let servers = scope.trials(&scope.probe.path).filter_map(|trial| trial.servers.value()).flatten();
    let mut same = servers.filter(|server| server.address.eq_ignore_ascii_case(address)).peekable();
    same.peek().is_some() && same.all(|server| server.symptom == Symptom::Timeout)
}

fn answers(server: &ServerHealth) -> bool {
    matches!(server.symptom, Symptom::Healthy { .. } | Symptom::StatusMismatch { .. })
}

fn sentence(scope: &Scope<'_>, reachable: Option<&Proof<'_>>) -> Text {
    let late = Text::of("The probe of ")
        .code(&scope.probe.path)
        .say(format!(" gets no answer within {} s. ", scope.probe.timeout_s));
    match reachable {
        Some(Proof::OtherPath(server)) => late
            .say("Server ")
            .code(server)
            .say(" answers ")
            .code(scope.candidate)
            .say(" in time, so the network is open and this path is slow."),
        Some(Proof::MoreTime { server, seconds }) => late.say("Server ").code(server).say(format!(
            " answers it when given {seconds} s, so the network is open and the application is slow."
        )),
        None => late.say("A slow application looks like this, and so does a blocked network."),
    }
}

fn evidence(scope: &Scope<'_>, slow: usize) -> Vec<Text> {
    let servers = of_servers(slow, scope.servers);
    let did = if slow == 1 { "does" } else { "do" };
    let mut lines = vec![Text::of(format!("Backend health: {servers} {did} not answer in time"))];
    for path in [scope.probe.path.as_str(), scope.candidate] {
        for line in scope.trials(path).map(super::trial_line) {
            if !lines.contains(&line) {
                lines.push(line);
            }
        }
    }
    lines.extend(measured(scope));
    lines
}

/// How long visitors' requests took lately, where that was measured: it settles nothing, and helps to tell a slow
/// application from one that is out of reach.
fn measured(scope: &Scope<'_>) -> Vec<Text> {
    let Ok(metrics) = scope.latencies() else { return Vec::new() };
    let line = |metric: &str| {
        let series = metrics.with(metric, "BackendHttpSetting", scope.setting.name.as_str())?;
        let highest = series.highest()?;
        let line = Text::of("Metric ").code(metric);
        Some(
            line.say(format!(": at most {:.0} ms on average, in the minute from ", highest.value))
                .time(highest.at),
        )
    };
    ["BackendConnectTime", "BackendLastByteResponseTime"].into_iter().filter_map(line).collect()
}

fn steps(scope: &Scope<'_>, reachable: Option<&Proof<'_>>) -> Vec<Text> {
    match reachable {
        Some(Proof::OtherPath(_)) => vec![
            Text::of("Find out why ").code(&scope.probe.path).say(" is slow before you raise the probe's timeout."),
            Text::of("If visitors can do without it meanwhile: a probe of ")
                .code(scope.candidate)
                .say(" lets them to the rest of the site."),
        ],
        Some(Proof::MoreTime { .. }) => {
            vec![Text::of("Find out why the application is slow before you raise the probe's timeout.")]
        }
        None => vec![
            Text::of("From a machine in the gateway's virtual network, time a request to port ")
                .code(scope.probe.port)
                .say(" of the server. No answer at all: look at what of the network is not ruled out, and at the server's own firewall."),
            Text::of("A late answer: find out why the application is slow before you raise the probe's timeout."),
        ],
    }
}
