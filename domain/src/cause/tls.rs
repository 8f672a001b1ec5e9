//! What the causes about certificates have in common: they look at what servers send, and at nothing else
//! before they call anything confirmed.
//!
//! A red probe on demand says nothing about TLS (it reports name mismatches that are none), a green one says
//! that the gateway itself took the certificate.

use super::{Cause, by_hand};
use crate::card::{Text, clock};
use crate::certificate::{Certificate, Chain, Validity};
use crate::diagnosis::{Finding, Verdict};
use crate::evidence::{Asked, Handshake, Scope, Unknown, is_about_tls};
use crate::gateway::Protocol;
use crate::gateway::json::SETTINGS;
use crate::health::{ReportedCertificate, ServerHealth, Symptom};
use crate::id::Name;

/// The most servers whose own words are shown.
const WORDS_AT_MOST: usize = 3;

/// A server that shows a symptom, and what it sends.
pub(super) struct Seen<'s> {
    pub(super) pool: &'s Name,
    pub(super) server: &'s ServerHealth,
    pub(super) handshake: &'s Handshake,
}

/// What is made of what a server sends.
pub(super) enum Judged {
    /// It is what this cause is about.
    Shown(Claim),
    /// It may be.
    Fits(Claim),
    /// It is not: what was seen instead, as a sentence.
    Not(Text),
}

/// What a finding says, and what mends it.
pub(super) struct Claim {
    pub(super) sentence: Text,
    pub(super) evidence: Vec<Text>,
    pub(super) steps: Vec<Text>,
}

impl Claim {
    pub(super) fn of(sentence: Text, steps: Vec<Text>) -> Self {
        Self { sentence, evidence: Vec::new(), steps }
    }
}

/// A cause about certificates.
pub(super) trait AboutCertificates: Cause + Sized {
    /// Whether it could explain this.
    fn shows(&self, symptom: &Symptom) -> bool;

    /// What it makes of what a server sends.
    fn judge(&self, scope: &Scope<'_>, seen: &Seen<'_>, chain: &Chain) -> Judged;

    /// What it says in the gateway's words alone: no server could be looked at, or not each.
    fn reported(&self, scope: &Scope<'_>, server: &ServerHealth) -> Claim;

    /// What it makes of a server that does not speak TLS: the gateway saw a certificate, and so saw another
    /// server, or saw it at another time.
    fn judge_silence(&self, scope: &Scope<'_>, seen: &Seen<'_>) -> Judged {
        Judged::Fits(self.reported(scope, seen.server))
    }

    /// Whether a probe on demand that got through TLS speaks against it.
    fn is_refuted_on_demand(&self, _scope: &Scope<'_>) -> bool {
        true
    }

    /// The verdict on a setting.
    fn found(&self, scope: &Scope<'_>) -> Option<Finding> {
        let sick = sick(scope, |symptom| self.shows(symptom));
        let first = sick.first()?.1;
        let (seen, unseen) = look(scope, &sick)?;
        let all_seen = unseen.is_empty() && seen.len() == sick.len();
        let Sorted { best, others, settled } = self.sort(scope, &seen);
        let looked = seen.iter().map(|one| handshake_line(scope, one));
        let looked: Vec<Text> = looked.chain(not_seen(&unseen, sick.len(), seen.len())).collect();
        Some(match best {
            Some((verdict, claim)) => {
                let lines = words(&sick).chain(looked).chain(claim.evidence).chain(others).collect();
                by_hand(self, scope, verdict, claim.sentence, lines, claim.steps)
            }
            None if all_seen && settled => ruled_out(self, scope, others, looked),
            None => {
                let claim = self.reported(scope, first);
                let lines = words(&sick).chain(looked).chain(others).chain(claim.evidence);
                let lines = lines.chain(on_demand_line(scope, first)).collect();
                by_hand(self, scope, Verdict::Consistent, claim.sentence, lines, claim.steps)
            }
        })
    }

    /// What each server shows, the surest apart.
    fn sort(&self, scope: &Scope<'_>, seen: &[Seen<'_>]) -> Sorted {
        let mut sorted = Sorted { best: None, others: Vec::new(), settled: true };
        for one in seen {
            let judged = match &one.handshake.chain {
                Some(chain) => self.judge(scope, one, chain),
                None => self.judge_silence(scope, one),
            };
            match judged {
                Judged::Not(instead) => {
                    sorted.others.push(instead);
                    sorted.settled &= one.handshake.is_of(one.server);
                }
                Judged::Shown(claim) => {
                    let (verdict, claim) = self.weigh(scope, one, claim);
                    sorted.add(verdict, claim);
                }
                Judged::Fits(claim) => sorted.add(Verdict::Consistent, claim),
            }
        }
        sorted
    }

    /// A finding about one server alone that does not settle anything.
    fn tell(&self, scope: &Scope<'_>, seen: &Seen<'_>, claim: Claim) -> Finding {
        let words = words(&[(seen.pool, seen.server)]);
        let lines = words.chain([handshake_line(scope, seen)]).chain(claim.evidence).collect();
        by_hand(self, scope, Verdict::Consistent, claim.sentence, lines, claim.steps)
    }

    /// How much what a server shows is worth.
    fn weigh(&self, scope: &Scope<'_>, seen: &Seen<'_>, mut claim: Claim) -> (Verdict, Claim) {
        if !seen.handshake.is_of(seen.server) {
            claim.evidence.push(Text::of(
                "A private address: where the bot runs it may be another machine than the gateway's server",
            ));
            return (Verdict::Consistent, claim);
        }
        match on_demand_line(scope, seen.server).filter(|_| self.is_refuted_on_demand(scope)) {
            Some(line) => {
                claim.evidence.push(line);
                (Verdict::Consistent, claim)
            }
            None => (Verdict::Confirmed, claim),
        }
    }
}

/// What several servers show.
pub(super) struct Sorted {
    /// The surest claim.
    best: Option<(Verdict, Claim)>,
    /// What the others show, a sentence each.
    others: Vec<Text>,
    /// Whether what speaks against it was seen of the very servers.
    settled: bool,
}

impl Sorted {
    fn add(&mut self, verdict: Verdict, claim: Claim) {
        match &self.best {
            Some((known, _)) if *known <= verdict => self.others.push(claim.sentence),
            _ => {
                let before = self.best.replace((verdict, claim));
                self.others.extend(before.map(|(_, claim)| claim.sentence));
            }
        }
    }
}

fn ruled_out(cause: &dyn Cause, scope: &Scope<'_>, instead: Vec<Text>, looked: Vec<Text>) -> Finding {
    let sentence = instead.into_iter().reduce(|all, one| all.say(" ").text(one)).unwrap_or_default();
    let again = Text::of(
        "Press Re-check: the gateway's word may be older than this. If it stays, the gateway reaches another \
         server by this address than the bot does.",
    );
    by_hand(cause, scope, Verdict::RuledOut, sentence, looked, vec![again])
}

/// The servers of a probe over TLS that show a symptom, with a pool of theirs, each once.
fn sick<'s>(scope: &'s Scope<'_>, shows: impl Fn(&Symptom) -> bool) -> Vec<(&'s Name, &'s ServerHealth)> {
    if !matches!(scope.probe.protocol, Protocol::Https | Protocol::Tls) {
        return Vec::new();
    }
    let mut shown: Vec<(&Name, &ServerHealth)> = Vec::new();
    for (pool, server) in scope.sick.iter().filter(|(_, server)| shows(&server.symptom)) {
        if !shown.iter().any(|(_, known)| known.address == server.address) {
            shown.push((pool, server));
        }
    }
    shown
}

/// The servers that answered a handshake, whatever about certificates they show.
pub(super) fn greeted<'s>(scope: &'s Scope<'_>) -> Vec<Seen<'s>> {
    let all = sick(scope, is_about_tls);
    look(scope, &all).map(|(seen, _)| seen).unwrap_or_default()
}

/// What the chosen ones among these servers send, and why nothing is known of the others among them. Nothing,
/// while it is being looked up.
#[expect(clippy::type_complexity, reason = "two lists, taken apart at once")]
fn look<'s>(
    scope: &'s Scope<'_>,
    sick: &[(&'s Name, &'s ServerHealth)],
) -> Option<(Vec<Seen<'s>>, Vec<(&'s ServerHealth, Unknown)>)> {
    let chosen = scope.servers_to_greet();
    let asked: Vec<(&Name, &ServerHealth, Asked<&Handshake>)> = chosen
        .iter()
        .filter(|(_, server)| sick.iter().any(|(_, one)| one.address == server.address))
        .map(|(pool, server)| (pool, server, scope.chain_of(pool, server)))
        .collect();
    let (mut seen, mut unseen) = (Vec::new(), Vec::new());
    for (pool, server, answer) in asked {
        match answer {
            Ok(handshake) => seen.push(Seen { pool, server, handshake }),
            Err(Unknown::Pending) => return None,
            Err(why) => unseen.push((server, why)),
        }
    }
    Some((seen, unseen))
}

/// `Server 10.0.0.4`, at the beginning of a sentence.
pub(super) fn at(server: &ServerHealth) -> Text {
    Text::of("Server ").code(&server.address)
}

/// The gateway's own words about these servers, each once.
fn words<'s>(sick: &[(&Name, &'s ServerHealth)]) -> impl Iterator<Item = Text> + use<'s> {
    let mut lines: Vec<Text> = Vec::new();
    for (_, server) in sick {
        let line = Text::of("Backend health: ").code(&server.log);
        if lines.len() < WORDS_AT_MOST && !server.log.is_empty() && !lines.contains(&line) {
            lines.push(line);
        }
        if let Some(leaf) = noted(server) {
            let line =
                Text::of("The gateway's own note of the certificate of ").code(&server.address).say(": ");
            lines.push(line.code(leaf.in_words()));
        }
    }
    lines.truncate(2 * WORDS_AT_MOST);
    lines.into_iter()
}

/// What the gateway itself notes of the certificate of a server.
pub(super) fn noted(server: &ServerHealth) -> Option<&ReportedCertificate> {
    server.certificates.first()
}

/// What a handshake showed, as a line of evidence.
fn handshake_line(scope: &Scope<'_>, seen: &Seen<'_>) -> Text {
    let port = scope.probe.port;
    let line = Text::of("TLS handshake from where the bot runs, ")
        .code(format!("{}:{port}", bracketed(&seen.server.address)));
    let line = match scope.server_name(seen.pool, seen.server) {
        Some(name) => line.say(", asking for ").code(name).say(": "),
        None => line.say(", asking for no name: "),
    };
    let Some(chain) = &seen.handshake.chain else { return line.say("it does not answer in TLS") };
    let mut sent = chain.sent().iter();
    let Some(leaf) = sent.next() else { return line };
    let line = line.code(&leaf.subject).say(" issued by ").code(&leaf.issuer);
    let (from, until) = (clock(leaf.not_before), clock(leaf.not_after));
    let line = line.say(format!(", valid {from} to {until}"));
    match sent.len() {
        0 => line.say(", sent alone"),
        _ => line.say(", then ").codes(sent.map(|one| &one.subject)),
    }
}

fn not_seen(unseen: &[(&ServerHealth, Unknown)], sick: usize, seen: usize) -> Vec<Text> {
    let line = |(server, why): &(&ServerHealth, Unknown)| {
        Text::of("Not looked at, the certificate of ").code(&server.address).say(format!(": {why}"))
    };
    let mut lines: Vec<Text> = unseen.iter().map(line).collect();
    let left = sick.saturating_sub(seen + unseen.len());
    if left > 0 {
        lines.push(Text::of(format!("Not looked at: {left} more of {sick} servers")));
    }
    lines
}

/// A probe on demand in which the server got past TLS.
fn on_demand_line(scope: &Scope<'_>, server: &ServerHealth) -> Option<Text> {
    let past_tls = |symptom: &Symptom| {
        matches!(
            symptom,
            Symptom::Healthy { .. } | Symptom::StatusMismatch { .. } | Symptom::BodyMismatch { .. }
        )
    };
    let mine = scope.evidence.trials.iter().filter(|trial| trial.setting == scope.setting.name);
    let mut servers = mine.filter_map(|trial| Some((trial, trial.servers.value()?)));
    let (trial, _) = servers.find(|(_, servers)| {
        servers.iter().any(|one| one.address.eq_ignore_ascii_case(&server.address) && past_tls(&one.symptom))
    })?;
    Some(super::trial_line(trial).say(": on demand the gateway takes the certificate"))
}

/// A certificate outside its dates, as a clause: `expired on 2026-01-01 00:00 UTC`.
pub(super) fn out_of_dates(certificate: &Certificate, scope: &Scope<'_>) -> Option<String> {
    match certificate.validity(scope.evidence.at) {
        Validity::Valid => None,
        Validity::NotYet { from } => Some(format!("is not valid before {}", clock(from))),
        Validity::Expired { since } => Some(format!("expired on {}", clock(since))),
    }
}

/// How to see it with one's own eyes.
pub(super) fn openssl(scope: &Scope<'_>, pool: &Name, server: &ServerHealth) -> Text {
    let name = scope.server_name(pool, server).map(|name| format!(" -servername {name}"));
    let command = format!(
        "openssl s_client -connect {}:{}{} -showcerts </dev/null",
        bracketed(&server.address),
        scope.probe.port,
        name.unwrap_or_default()
    );
    Text::of("From a machine in the gateway's virtual network: ").code(command)
}

/// The same, for a server of which only the health is at hand.
pub(super) fn openssl_of(scope: &Scope<'_>, server: &ServerHealth) -> Vec<Text> {
    let entry = scope.sick.iter().find(|(_, one)| one == server);
    entry.map(|(pool, server)| openssl(scope, pool, server)).into_iter().collect()
}

/// An address as it stands before a port.
fn bracketed(address: &str) -> String {
    if address.contains(':') { format!("[{address}]") } else { address.to_owned() }
}

/// A text that ends with a link to the setting in the portal.
pub(super) fn setting_link(text: Text, scope: &Scope<'_>) -> Text {
    link(text, scope, SETTINGS, &scope.setting.name)
}

/// A text that ends with a link to a part of the gateway.
pub(super) fn link(text: Text, scope: &Scope<'_>, collection: &str, name: &Name) -> Text {
    let id = scope.evidence.gateway.id().resource().child(collection, name);
    text.link(name.as_str(), id.portal_url())
}

/// `-g rg --gateway-name agw`, for a command.
pub(super) fn place(scope: &Scope<'_>) -> String {
    let gateway = scope.evidence.gateway.id().resource();
    format!("-g {} --gateway-name {}", gateway.resource_group(), gateway.name())
}
