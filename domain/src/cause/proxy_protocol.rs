//! The probe begins with a PROXY header, and the server does not take it.
//!
//! Confirmed by: a probe that is configured to send the header, while the same server answers the same path on
//! demand, where no header is sent.
//! Mended by: a server that takes the header, or a probe that does not send it.
//! Source: Microsoft, "Troubleshoot backend health issues in Application Gateway", PROXY protocol.

use super::{Cause, Link, by_hand, trial_line};
use crate::card::Text;
use crate::diagnosis::{Finding, Verdict};
use crate::evidence::{Scope, Trial};
use crate::health::{ServerHealth, Symptom};

pub(super) struct ProxyProtocol;

impl Cause for ProxyProtocol {
    fn id(&self) -> &'static str {
        "proxy-protocol"
    }

    fn about(&self) -> &'static str {
        "The probe begins with a PROXY header, and the server does not take it."
    }

    fn breaks(&self) -> Link {
        Link::Server
    }

    fn examine(&self, scope: &Scope<'_>) -> Option<Finding> {
        let sick = scope.sick.iter().map(|(_, server)| server);
        let refusing: Vec<&ServerHealth> =
            sick.filter(|server| server.symptom == Symptom::ProxyProtocol).collect();
        let first = refusing.first()?;
        if !scope.probe.proxy_header {
            let sentence = Text::of("The probe sends no PROXY header by now.");
            let line = Text::of("Backend health: ").code(&first.log);
            let again = Text::of("Press Re-check: the gateway's word may be older than its configuration.");
            return Some(by_hand(self, scope, Verdict::RuledOut, sentence, vec![line], vec![again]));
        }
        Some(found(self, scope, &refusing))
    }

    fn explains(&self, symptom: &Symptom) -> Option<&'static str> {
        let settles =
            "Whether the probe sends the header, and an answer of the server to a probe without it.";
        matches!(symptom, Symptom::ProxyProtocol | Symptom::NoHealthyServer).then_some(settles)
    }
}

fn found(cause: &dyn Cause, scope: &Scope<'_>, refusing: &[&ServerHealth]) -> Finding {
    let servers = refusing.iter().map(|server| &server.address);
    let sentence = Text::of("The probe begins with a PROXY header, which is what the gateway blames for ")
        .codes(servers);
    let answer = refusing.iter().find_map(|server| answered(scope, server));
    let mut evidence = vec![Text::of("Configuration: the probe sends the header")];
    evidence.extend(refusing.first().map(|server| Text::of("Backend health: ").code(&server.log)));
    let (verdict, sentence) = match answer {
        Some(trial) => {
            evidence.push(trial_line(trial).say(": without the header"));
            (Verdict::Confirmed, sentence.say(". Without it there is an answer."))
        }
        None => {
            let tried = scope.trials(&scope.probe.path).filter(|trial| trial.servers.value().is_some());
            evidence.extend(tried.take(1).map(|trial| trial_line(trial).say(": without the header")));
            (Verdict::Consistent, sentence.say(". Whether there is an answer without it is not known."))
        }
    };
    by_hand(cause, scope, verdict, sentence, evidence, steps(scope, verdict))
}

/// A probe on demand of the same path, which that server answered.
fn answered<'a>(scope: &Scope<'a>, server: &ServerHealth) -> Option<&'a Trial> {
    let answers =
        |one: &ServerHealth| one.symptom.is_healthy() && one.address.eq_ignore_ascii_case(&server.address);
    scope
        .trials(&scope.probe.path)
        .find(|trial| trial.servers.value().is_some_and(|all| all.iter().any(answers)))
}

fn steps(scope: &Scope<'_>, verdict: Verdict) -> Vec<Text> {
    let accept = Text::of("Let the server take the header: for example ")
        .code("listen 443 ssl proxy_protocol")
        .say(" in nginx, ")
        .code("accept-proxy")
        .say(" in HAProxy.");
    let Some(probe) = &scope.probe.name else { return vec![accept] };
    let id = scope.evidence.gateway.id().resource().child(crate::gateway::json::PROBES, probe);
    let off = Text::of("Or switch it off in the probe ").link(probe.as_str(), id.portal_url()).say(".");
    let settle = Text::of("To settle it, see what the server answers to a connection without the header.");
    let settle = (verdict != Verdict::Confirmed).then_some(settle);
    [accept, off].into_iter().chain(settle).collect()
}
