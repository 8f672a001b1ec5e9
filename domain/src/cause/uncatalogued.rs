//! Whatever the gateway reports that no other cause explains: said in its own words, and never guessed at.

use super::{CATALOGUE, Cause, Link, by_hand};
use crate::card::Text;
use crate::diagnosis::{Finding, Verdict};
use crate::evidence::Scope;
use crate::health::{ServerHealth, Symptom};
use crate::network::dns::{HostKind, host_kind};

pub(super) struct Uncatalogued;

impl Cause for Uncatalogued {
    fn id(&self) -> &'static str {
        "not-in-catalogue"
    }

    fn about(&self) -> &'static str {
        "The gateway reports something that no cause of the catalogue explains."
    }

    fn breaks(&self) -> Link {
        Link::Server
    }

    fn examine(&self, scope: &Scope<'_>) -> Option<Finding> {
        // One that answers again is only behind its probes, unless nobody can tell.
        found(scope, &[], |server| !server.symptom.is_healthy() && !has_a_cause(&server.symptom))
    }
}

/// What the gateway reports about a setting for which no cause had a word, or each spoke against itself: the last
/// resort.
pub(super) fn unexplained(scope: &Scope<'_>, findings: &[Finding]) -> Option<Finding> {
    found(scope, findings, |_| true)
}

fn found(
    scope: &Scope<'_>,
    findings: &[Finding],
    is_strange: impl Fn(&ServerHealth) -> bool,
) -> Option<Finding> {
    let strange = scope.sick.iter().find(|(_, server)| is_strange(server));
    let (sentence, evidence, steps) = match strange {
        Some((_, server)) => (sentence(scope, server, findings), words(server), steps(server)),
        None => drained(scope)?,
    };
    Some(by_hand(&Uncatalogued, scope, Verdict::NotChecked, sentence, vec![evidence], steps))
}

fn sentence(scope: &Scope<'_>, server: &ServerHealth, findings: &[Finding]) -> Text {
    let address = Text::of("The gateway reports that server ").code(&server.address);
    if server.symptom.is_healthy() {
        // The state follows a threshold, and what the gateway writes is about the latest probe alone.
        let answered = server.symptom.in_words();
        let state = &server.reported;
        return address.say(format!(" {answered} the last time, and still calls it {state}."));
    }
    let words = server.symptom.in_words();
    if matches!(server.symptom, Symptom::StatusUnavailable | Symptom::NotReported) {
        let beyond = match host_kind(&server.address) {
            HostKind::Address => "Beyond the gateway's own subnet nothing was looked at",
            _ => "Beyond the gateway's own subnet and the server's name nothing was looked at",
        };
        return address.say(format!(" {words}. {beyond}."));
    }
    if let Some(instead) = only_ruled_out(scope, server, findings) {
        return address.say(format!(" {words}. ")).text(instead.sentence.clone());
    }
    if has_a_cause(&server.symptom) {
        return address.say(format!(" {words}. What was looked at speaks against each cause of that."));
    }
    address.say(format!(" {words}. Why is not checked: the catalogue has no cause for it yet."))
}

/// The one finding about this setting that says what is so instead, where a single cause could have explained what
/// the gateway reports.
fn only_ruled_out<'f>(
    scope: &Scope<'_>,
    server: &ServerHealth,
    findings: &'f [Finding],
) -> Option<&'f Finding> {
    let explains = |found: &&Finding| {
        let mut causes = CATALOGUE.iter().filter(|cause| cause.id() == found.cause);
        causes.any(|cause| cause.explains(&server.symptom).is_some())
    };
    let about = |found: &&Finding| found.setting.as_ref() == Some(&scope.setting.name);
    let mut ruled_out =
        findings.iter().filter(|found| found.verdict == Verdict::RuledOut).filter(about).filter(explains);
    ruled_out.next().filter(|_| ruled_out.next().is_none())
}

fn steps(server: &ServerHealth) -> Vec<Text> {
    if server.symptom.is_healthy() {
        return vec![Text::of("Re-check in a few minutes: the state follows the probe with some delay.")];
    }
    let again = Text::of("Press Re-check: the gateway's word may be older than what was looked at.");
    let again = has_a_cause(&server.symptom).then_some(again);
    let read = Text::of("Read what Microsoft writes about it: ").link(
        "backend health troubleshooting",
        "https://learn.microsoft.com/azure/application-gateway/application-gateway-backend-health-troubleshooting",
    );
    again.into_iter().chain([read]).collect()
}

/// Pools whose servers are all leaving at once.
fn drained(scope: &Scope<'_>) -> Option<(Text, Text, Vec<Text>)> {
    let pools: Vec<_> = scope.drained_pools().collect();
    let first = pools.first()?;
    Some((
        Text::of("Every server of pool ").code(first).say(" is draining, so nobody takes new visitors."),
        Text::of("Backend health: only draining servers in ").codes(&pools),
        vec![Text::of(
            "Look at what takes the servers out, such as a deployment or a scale-in; then Re-check.",
        )],
    ))
}

fn words(server: &ServerHealth) -> Text {
    if server.log.is_empty() {
        return Text::of(format!("Backend health says {} and gives no reason", server.reported));
    }
    Text::of("Backend health: ").code(&server.log)
}

/// Whether another cause can show this symptom.
fn has_a_cause(symptom: &Symptom) -> bool {
    CATALOGUE.iter().any(|cause| cause.explains(symptom).is_some())
}
