//! The catalogue of causes, one file each.
//!
//! A symptom is what the gateway reports; a cause is why. A cause names the evidence that confirms it and
//! gives a verdict on every HTTP setting that rules use. To add one, write its file and list it here.

mod app_error;
mod app_login;
mod app_private;
mod app_restrictions;
mod app_service;
mod app_stopped;
mod better_probe;
mod between_probes;
mod body_match;
mod capacity;
mod certificate_chain;
mod certificate_expired;
mod certificate_name;
mod certificate_root;
mod empty_pool;
mod firewall;
mod gateway_failed;
mod gateway_stopped;
mod gateway_subnet;
mod ingress_controller;
mod missing_permission;
mod name_resolution;
mod own_name;
mod patience;
mod peering;
mod platform;
mod private_endpoint;
mod private_zone;
mod probe_host;
mod probe_path;
mod probing;
mod proxy_protocol;
mod request_timeout;
mod route;
mod security_group;
mod server_detached;
mod server_stopped;
mod setting_without_rule;
mod sign_in;
mod slow;
mod tls;
mod tls_handshake;
mod trusted_root;
mod uncatalogued;
mod unreachable;
mod visitor_host;
mod weigh;
mod wrong_port;

use crate::card::Text;
use crate::diagnosis::{Finding, Remedy, Verdict};
use crate::evidence::{Asked, Inquiry, Reading, Scope, Seen, Trial, Unknown, Visit, WhyNot, is_out_of_reach};
use crate::health::{ServerHealth, Symptom};
use crate::plan::Fix;

pub(crate) use weigh::{findings, is_about_the_bot, leaves_bare};

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
    /// The causes that only tell of a consequence, where this one is confirmed for the same HTTP setting.
    fn covers(&self) -> &'static [&'static str] {
        &[]
    }
    /// The causes that have nothing to say beside this one, if they are unsure where this one is confirmed for the
    /// same HTTP setting.
    fn settles(&self) -> &'static [&'static str] {
        &[]
    }
    /// What would settle whether it is behind a symptom, if it can show that symptom at all.
    fn explains(&self, _symptom: &Symptom) -> Option<&'static str> {
        None
    }
}

/// A link of the way from a listener to the servers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Link {
    /// The gateway itself, before any listener.
    Gateway,
    /// The listener.
    Listener,
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
    &gateway_stopped::GatewayStopped,
    &app_stopped::AppStopped,
    &app_private::AppPrivate,
    &app_restrictions::AppRestrictions,
    &app_login::AppLogin,
    &probe_host::ProbeHost,
    &body_match::BodyMatch,
    &probe_path::ProbePath,
    &visitor_host::VisitorHost,
    &sign_in::SignIn,
    &app_error::AppError,
    &empty_pool::EmptyPool,
    &setting_without_rule::SettingWithoutRule,
    &server_stopped::ServerStopped,
    &server_detached::ServerDetached,
    &gateway_subnet::GatewaySubnet,
    &security_group::SecurityGroup,
    &peering::Peering,
    &route::Route,
    &private_zone::PrivateZone,
    &private_endpoint::PrivateEndpoint,
    &name_resolution::NameResolution,
    &wrong_port::WrongPort,
    &certificate_name::CertificateName,
    &certificate_expired::CertificateExpired,
    &trusted_root::TrustedRoot,
    &certificate_root::CertificateRoot,
    &certificate_chain::CertificateChain,
    &tls_handshake::TlsHandshake,
    &proxy_protocol::ProxyProtocol,
    &slow::Slow,
    &request_timeout::RequestTimeout,
    &firewall::FirewallBlocks,
    &capacity::Capacity,
    &platform::Platform,
    &ingress_controller::IngressController,
    &between_probes::BetweenProbes,
    &unreachable::Unreachable,
    &gateway_failed::GatewayFailed,
    &uncatalogued::Uncatalogued,
    &missing_permission::MissingPermission,
];

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

/// A finding about an HTTP setting that the bot can mend.
fn mended_by(cause: &dyn Cause, scope: &Scope<'_>, sentence: Text, evidence: Vec<Text>, fix: Fix) -> Finding {
    let finding = Finding::of(cause.id(), Verdict::Confirmed, sentence, Remedy::Fix(fix));
    about(scope, Finding { evidence, ..finding })
}

/// A finding about the gateway as a whole that a person has to act on.
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
    about(scope, unseen(cause, what, why))
}

/// A finding about something of the gateway as a whole that could not be looked at.
fn unseen(cause: &dyn Cause, what: &str, why: &Unknown) -> Finding {
    let sentence = Text::of(format!("{what} is not checked: {why}."));
    let step = match why {
        Unknown::NotRead(WhyNot::Forbidden { action }) => {
            Text::of("Grant the bot's identity ").code(action).say(", and press Re-check.")
        }
        _ => Text::of("Look at it by hand, or press Re-check later."),
    };
    of_gateway(cause, Verdict::NotChecked, sentence, Vec::new(), vec![step])
}

/// What visitors got, as a line of evidence: a visit a clause.
fn visits_line<'v>(visits: impl IntoIterator<Item = &'v Visit>) -> Text {
    visits.into_iter().take(3).enumerate().fold(Text::new(), |line, (index, visit)| {
        let line = if index == 0 { line.say("Visit to ") } else { line.say("; to ") };
        let line = line.link(&visit.url, &visit.url);
        match &visit.seen {
            Seen::GatewayError { status } => line.say(format!(": {status} from the gateway itself")),
            Seen::Answer { status } => line.say(format!(": {status}")),
            Seen::Nothing { why } => line.say(format!(": {why}")),
        }
    })
}

/// A link to the gateway, and what an `az network application-gateway` command needs to find it.
fn gateway_link(inquiry: &Inquiry<'_>) -> (Text, String) {
    let id = inquiry.evidence.gateway.id();
    let link = Text::new().link(id.name().as_str(), id.resource().portal_url());
    (link, format!("-g {} -n {}", id.resource().resource_group(), id.name()))
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

/// A line that says how many of several servers were looked at, if it was not all of them.
fn looked_at(some: usize, all: usize) -> Option<Text> {
    (some < all).then(|| Text::of(format!("Looked at {some} of {all} servers")))
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
        Reading::Read(servers) => servers_line(line, servers),
    }
}

/// What each server said, at the end of a line of evidence.
fn servers_line(line: Text, servers: &[ServerHealth]) -> Text {
    if servers.is_empty() {
        return line.say("no server answered for it");
    }
    servers.iter().enumerate().fold(line, |line, (index, server)| {
        let line = if index == 0 { line } else { line.say(", ") };
        line.code(&server.address).say(format!(" {}", server.symptom.in_words()))
    })
}

#[cfg(test)]
mod tests;
