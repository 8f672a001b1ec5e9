//! The server answers later than the probe is willing to wait.
//!
//! A timeout has been a missing peering as well as a slow application, so the words alone settle nothing.
//! Confirmed by: the same server answering through the gateway, another path in time or this one when given
//! more time, which proves that the network is open.
//! Source: Microsoft, "Troubleshoot backend health issues in Application Gateway", backend server timeout
//! (reachability first, then the application, then the timeout).

use super::{Cause, Link, by_hand, of_servers};
use crate::card::Text;
use crate::diagnosis::{Finding, Verdict};
use crate::evidence::Scope;
use crate::health::Symptom;

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
        let slow = scope.sick.iter().filter(|(_, server)| server.symptom == Symptom::Timeout).count();
        if slow == 0 {
            return None;
        }
        let reachable = reachable(scope);
        let verdict = if reachable.is_some() { Verdict::Confirmed } else { Verdict::Consistent };
        let (told, steps) = (sentence(scope, reachable.as_ref()), steps(scope, reachable.is_some()));
        Some(by_hand(self, scope, verdict, told, evidence(scope, slow), steps))
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
    MoreTime(&'a str),
}

fn reachable<'a>(scope: &Scope<'a>) -> Option<Proof<'a>> {
    let mut tried = scope.trials(scope.candidate).filter_map(|trial| trial.servers.value()).flatten();
    let answered = tried.find(|server| {
        matches!(server.symptom, Symptom::Healthy { .. } | Symptom::StatusMismatch { .. })
            && scope.sick.iter().any(|(_, sick)| {
                sick.symptom == Symptom::Timeout && sick.address.eq_ignore_ascii_case(&server.address)
            })
    });
    let server = answered?.address.as_str();
    if scope.candidate != scope.probe.path {
        return Some(Proof::OtherPath(server));
    }
    // An answer in no more time than the probe has would only say that it is slow now and then.
    (scope.trial_timeout_s > scope.probe.timeout_s).then_some(Proof::MoreTime(server))
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
        Some(Proof::MoreTime(server)) => late.say("Server ").code(server).say(format!(
            " answers it when given {} s, so the network is open and the application is slow.",
            scope.trial_timeout_s
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
    lines
}

fn steps(scope: &Scope<'_>, reachable: bool) -> Vec<Text> {
    let network = Text::of("From a machine in the gateway's virtual network, time a request to port ")
        .code(scope.probe.port)
        .say(" of the server. No answer at all: look at network security groups, routes and peerings.");
    let app =
        Text::of("A late answer: find out why the application is slow before you raise the probe's timeout.");
    if reachable { vec![app] } else { vec![network, app] }
}
