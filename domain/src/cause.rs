//! The catalogue of causes, one file each.
//!
//! A symptom is what the gateway reports; a cause is why. A cause names the evidence that confirms it and
//! gives a verdict on every HTTP setting that rules use. To add one, write its file and list it here.

mod certificate_chain;
mod certificate_expired;
mod certificate_name;
mod certificate_root;
mod empty_pool;
mod gateway_subnet;
mod peering;
mod probe_path;
mod proxy_protocol;
mod route;
mod security_group;
mod slow;
mod tls;
mod tls_handshake;
mod trusted_root;
mod uncatalogued;
mod unreachable;

use crate::card::Text;
use crate::diagnosis::{Finding, Remedy, Verdict};
use crate::evidence::{Asked, Inquiry, Lookup, Reading, Scope, Trial, Unknown, WhyNot, is_out_of_reach};
use crate::health::Symptom;

/// A reason for a 502.
pub trait Cause: Sync {
    /// The stable id, as it stands in JSON: `probe-path-refused`.
    fn id(&self) -> &'static str;
    /// What it is, in one sentence.
    fn about(&self) -> &'static str;
    /// Where on the way from listener to server it breaks things.
    fn breaks(&self) -> Link;
    /// What it has to say about an HTTP setting: nothing, when the symptom is not one it could explain.
    fn examine(&self, _scope: &Scope<'_>) -> Option<Finding> {
        None
    }
    /// What it has to say about the gateway as a whole.
    fn survey(&self, _inquiry: &Inquiry<'_>) -> Option<Finding> {
        None
    }
    /// What would settle whether it is behind a symptom, if it can show that symptom at all.
    fn explains(&self, _symptom: &Symptom) -> Option<&'static str> {
        None
    }
}

/// A link of the way from a listener to the servers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Link {
    /// The gateway itself, before any rule.
    Gateway,
    /// A request routing rule, or its absence.
    Rule,
    /// The HTTP setting.
    Setting,
    /// The health probe.
    Probe,
    /// The backend pool.
    Pool,
    /// What lies between gateway and server: network and names.
    Network,
    /// The server.
    Server,
}

/// The cause of this id.
#[must_use]
pub fn by_id(id: &str) -> Option<&'static dyn Cause> {
    CATALOGUE.iter().find(|cause| cause.id() == id).copied()
}

/// Every cause, in the order in which equally sure findings are shown.
pub static CATALOGUE: &[&dyn Cause] = &[
    &probe_path::ProbePath,
    &empty_pool::EmptyPool,
    &gateway_subnet::GatewaySubnet,
    &security_group::SecurityGroup,
    &peering::Peering,
    &route::Route,
    &certificate_name::CertificateName,
    &certificate_expired::CertificateExpired,
    &trusted_root::TrustedRoot,
    &certificate_root::CertificateRoot,
    &certificate_chain::CertificateChain,
    &tls_handshake::TlsHandshake,
    &proxy_protocol::ProxyProtocol,
    &slow::Slow,
    &unreachable::Unreachable,
    &uncatalogued::Uncatalogued,
];

/// What every cause has to say, each with the requests that it was told about.
pub(crate) fn findings(inquiry: &Inquiry<'_>, scopes: &[Scope<'_>]) -> Vec<Finding> {
    let mut findings: Vec<Finding> = Vec::new();
    let mut keep = |found: Option<Finding>| {
        let sources = inquiry.take_told().iter().map(Lookup::request).collect();
        findings.extend(found.map(|found| Finding { sources, ..found }));
    };
    for cause in CATALOGUE {
        keep(cause.survey(inquiry));
        scopes.iter().for_each(|scope| keep(cause.examine(scope)));
    }
    let open = |scope: &&Scope<'_>| {
        !findings.iter().any(|found| {
            found.verdict != Verdict::RuledOut && found.setting.as_ref() == Some(&scope.setting.name)
        })
    };
    let unexplained: Vec<Finding> =
        scopes.iter().filter(open).filter_map(uncatalogued::unexplained).collect();
    findings.extend(unexplained);
    findings
}

/// A finding that a person has to act on.
fn by_hand(
    cause: &dyn Cause,
    scope: &Scope<'_>,
    verdict: Verdict,
    sentence: Text,
    evidence: Vec<Text>,
    steps: Vec<Text>,
) -> Finding {
    let remedy = Remedy::ByHand { steps };
    about(scope, Finding { evidence, ..Finding::of(cause.id(), verdict, sentence, remedy) })
}

/// A finding, as one about an HTTP setting.
fn about(scope: &Scope<'_>, finding: Finding) -> Finding {
    Finding { setting: Some(scope.setting.name.clone()), pools: scope.pools.clone(), ..finding }
}

/// A finding about the gateway as a whole that a person has to act on.
#[expect(dead_code, reason = "the causes that use it follow")]
fn of_gateway(
    cause: &dyn Cause,
    verdict: Verdict,
    sentence: Text,
    evidence: Vec<Text>,
    steps: Vec<Text>,
) -> Finding {
    Finding { evidence, ..Finding::of(cause.id(), verdict, sentence, Remedy::ByHand { steps }) }
}

/// A finding about something that could not be looked at.
fn not_checked(cause: &dyn Cause, scope: &Scope<'_>, what: &str, why: &Unknown) -> Finding {
    let sentence = Text::of(format!("{what} is not checked: {why}."));
    let step = match why {
        Unknown::NotRead(WhyNot::Forbidden { action }) => {
            Text::of("Grant the bot's identity ").code(action).say(", and press Re-check.")
        }
        _ => Text::of("Look at it by hand, or press Re-check later."),
    };
    by_hand(cause, scope, Verdict::NotChecked, sentence, Vec::new(), vec![step])
}

/// What was found out about each of several servers: what is wrong, and the first reason why nothing can be said
/// of one. Nothing, where there are none, or something is still being looked up.
fn each<T>(asked: impl Iterator<Item = Asked<Option<T>>>) -> Option<(Vec<T>, Option<Unknown>)> {
    let (mut wrong, mut unknown, mut servers) = (Vec::new(), None, 0);
    let mut pending = false;
    for answer in asked {
        servers += 1;
        match answer {
            Ok(found) => wrong.extend(found),
            Err(Unknown::Pending) => pending = true,
            Err(why) => unknown = unknown.or(Some(why)),
        }
    }
    (servers > 0 && !pending).then_some((wrong, unknown))
}

/// What would settle a cause that keeps servers out of reach, for the symptoms that it can show.
fn if_out_of_reach(symptom: &Symptom, settles: &'static str) -> Option<&'static str> {
    (is_out_of_reach(symptom) || *symptom == Symptom::NoHealthyServer).then_some(settles)
}

/// `1 of 2 servers`, `the one server`: some of a setting's servers, in a sentence.
fn of_servers(some: usize, all: usize) -> String {
    match (some, all) {
        (1, 1) => "the one server".to_owned(),
        (some, all) => format!("{some} of {all} servers"),
    }
}

/// An on-demand probe as a line of evidence.
fn trial_line(trial: &Trial) -> Text {
    let line = Text::of("Probe of ").code(&trial.path).say(" on demand, pool ").code(&trial.pool).say(": ");
    match &trial.servers {
        Reading::NotRead(why) => line.say(format!("not run, {why}")),
        Reading::Read(servers) if servers.is_empty() => line.say("no server answered for it"),
        Reading::Read(servers) => servers.iter().enumerate().fold(line, |line, (index, server)| {
            let line = if index == 0 { line } else { line.say(", ") };
            line.code(&server.address).say(format!(" {}", server.symptom.in_words()))
        }),
    }
}

#[cfg(test)]
mod tests;
