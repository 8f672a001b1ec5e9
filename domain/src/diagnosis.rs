//! From evidence to a diagnosis: what is wrong, how sure that is, and what would mend it.

mod offer;

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::card::Text;
use crate::cause;
use crate::evidence::{Evidence, Inquiry, Lookup, Reading, Scope, Seen, Visit, WhyNot};
use crate::gateway::{BlastRadius, Gateway, Member, Target};
use crate::health::{Health, Symptom};
use crate::id::{GatewayId, Name};
use crate::plan::{Fix, Plan, ProbeDefaults};

use offer::outcome;

/// How sure a finding is. Text that the gateway reports never suffices for `Confirmed`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// The evidence that this cause asks for was seen.
    Confirmed,
    /// What was seen fits, and does not settle it.
    Consistent,
    /// It would explain the symptom; what would settle it was not looked at.
    NotChecked,
    /// What was seen speaks against it.
    RuledOut,
}

impl Verdict {
    /// The verdict in words for a person.
    #[must_use]
    pub fn in_words(self) -> &'static str {
        match self {
            Self::Confirmed => "confirmed",
            Self::Consistent => "consistent, not proven",
            Self::NotChecked => "not checked",
            Self::RuledOut => "ruled out",
        }
    }
}

/// What one cause has to say about one HTTP setting.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Finding {
    /// The cause's stable id, such as `probe-path-refused`.
    pub cause: String,
    /// How sure it is.
    pub verdict: Verdict,
    /// The HTTP setting it is about; none where it is about the gateway as a whole.
    pub setting: Option<Name>,
    /// The pools it is about.
    pub pools: Vec<Name>,
    /// The finding as a sentence.
    pub sentence: Text,
    /// What it rests on, and what would settle it, a line each.
    pub evidence: Vec<Text>,
    /// What mends it.
    pub remedy: Remedy,
    /// The requests that it rests on, beside the gateway's configuration and its word about its servers. Told
    /// to programs and not kept: an incident holds what people read.
    #[serde(skip)]
    pub sources: Vec<String>,
}

impl Finding {
    /// A finding about the gateway as a whole, without evidence so far.
    pub(crate) fn of(cause: &str, verdict: Verdict, sentence: Text, remedy: Remedy) -> Self {
        let (setting, pools, evidence, sources) = (None, Vec::new(), Vec::new(), Vec::new());
        Self { cause: cause.to_owned(), verdict, setting, pools, sentence, evidence, remedy, sources }
    }
}

/// What mends a finding.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Remedy {
    /// The bot can do it, once somebody approves.
    Fix(Fix),
    /// The application must answer the health path first.
    AddEndpoint {
        /// The path that has to answer 200 without a login.
        path: String,
        /// What it answers now, if it answers.
        status: Option<u16>,
    },
    /// A person must do it.
    ByHand {
        /// What to do, a step a line.
        steps: Vec<Text>,
    },
}

impl Remedy {
    /// What a person has to do, where it is that.
    pub(crate) fn steps(&self) -> &[Text] {
        match self {
            Self::ByHand { steps } => steps,
            Self::Fix(_) | Self::AddEndpoint { .. } => &[],
        }
    }

    /// What the bot can do itself comes first.
    fn rank(&self) -> u8 {
        match self {
            Self::Fix(_) => 0,
            Self::AddEndpoint { .. } => 1,
            Self::ByHand { .. } => 2,
        }
    }
}

/// The whole result of looking at a gateway.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Diagnosis {
    /// The gateway.
    pub gateway: GatewayId,
    /// When it was looked at.
    pub at: Timestamp,
    /// How it is, all in all.
    pub overall: Overall,
    /// The findings, the surest first.
    pub findings: Vec<Finding>,
    /// What can be done.
    pub outcome: Outcome,
    /// The ways from a listener to the servers behind it.
    pub paths: Vec<PathView>,
    /// What visitors see.
    pub visits: Vec<Visit>,
    /// What could not be read, in words for a person.
    pub gaps: Vec<String>,
    /// Every request beside those for the gateway's configuration, its word about its servers and its locks.
    /// Told to programs and not kept.
    #[serde(skip)]
    pub reads: Vec<Read>,
}

/// A request that was made, and what came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Read {
    /// How it was put: `GET /subscriptions/…?api-version=…`.
    pub request: String,
    /// Why it was in vain, if it was.
    pub why_not: Option<String>,
}

impl Diagnosis {
    /// The finding to lead with: the surest about something that is wrong. What the bot may not see leads only
    /// where nothing else is open, and never where all is well.
    #[must_use]
    pub fn lead(&self) -> Option<&Finding> {
        let well = self.overall == Overall::Healthy;
        let mut open = self.findings.iter().filter(|finding| finding.verdict != Verdict::RuledOut);
        open.find(|finding| !(well && cause::is_about_the_bot(finding)))
    }
}

/// How a gateway is, all in all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Overall {
    /// Every server that is in use is Healthy.
    Healthy,
    /// Every server that is in use is Healthy, and yet something is wrong: a cause is confirmed, or visitors get
    /// the gateway's own 502, 503 or 504.
    Impaired,
    /// Some server in use is not, or a pool in use has none.
    Unhealthy,
    /// The gateway's word about its servers could not be had, or it says nothing about some of them.
    Unclear,
}

/// What can be done about it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// Nothing needs doing.
    Nothing,
    /// The bot can mend it, once somebody approves this plan.
    Offer(Box<Plan>),
    /// The application must answer the health path first.
    AddEndpoint {
        /// The path that has to answer 200 without a login.
        path: String,
        /// What it answers now, if it answers.
        status: Option<u16>,
    },
    /// The bot could mend it and must not: an ingress controller owns the gateway, it is stopped, locked …
    Refused {
        /// Why, in words for a person.
        why: String,
    },
    /// A person must do it, or find out more first.
    ByHand,
}

/// One way through the gateway, as it is drawn for people.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PathView {
    /// The listener.
    pub listener: Name,
    /// The rule, with the path rule where there is one.
    pub rule: String,
    /// The HTTP setting.
    pub setting: Name,
    /// The probe that decides, and what it asks for: `default probe /`.
    pub probe: String,
    /// The pool.
    pub pool: Name,
    /// Its servers.
    pub servers: Vec<ServerView>,
}

/// A server, as it is drawn for people.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServerView {
    /// Address or name.
    pub address: String,
    /// Its health.
    pub health: Health,
    /// The gateway's own words about it.
    pub log: String,
    /// What those words mean.
    pub symptom: Symptom,
}

/// Gives the diagnosis that the evidence supports.
#[must_use]
pub fn diagnose(evidence: &Evidence, defaults: &ProbeDefaults) -> Diagnosis {
    let inquiry = Inquiry::of(evidence, defaults);
    let scopes = Scope::all(&inquiry);
    let mut findings = cause::findings(&inquiry, &scopes);
    // The surest first; among those, what the bot can mend, because that is what it offers. What the bot may
    // not see explains nothing, so it comes after every other question that is open.
    findings
        .sort_by_key(|finding| (finding.verdict, cause::is_about_the_bot(finding), finding.remedy.rank()));
    let overall = overall(evidence, &scopes, &findings);
    Diagnosis {
        gateway: evidence.gateway.id().clone(),
        at: evidence.at,
        overall,
        outcome: outcome(&inquiry, overall, &findings),
        findings,
        paths: paths(&evidence.gateway, &evidence.health),
        visits: evidence.visits.clone(),
        gaps: gaps(evidence, &scopes),
        reads: reads(evidence),
    }
}

/// What the causes want to know that has not been looked up yet, given what has been: nothing, once the
/// evidence is complete.
#[must_use]
pub fn questions(evidence: &Evidence, defaults: &ProbeDefaults) -> BTreeSet<Lookup> {
    let inquiry = Inquiry::of(evidence, defaults);
    let scopes = Scope::all(&inquiry);
    let findings = cause::findings(&inquiry, &scopes);
    drop(outcome(&inquiry, overall(evidence, &scopes, &findings), &findings));
    inquiry.unanswered()
}

fn reads(evidence: &Evidence) -> Vec<Read> {
    let read = |(lookup, why): (&Lookup, Option<&WhyNot>)| Read {
        request: lookup.request(),
        why_not: why.map(ToString::to_string),
    };
    evidence.facts.all().map(read).collect()
}

fn overall(evidence: &Evidence, scopes: &[Scope<'_>], findings: &[Finding]) -> Overall {
    // A pool that nothing is said of has no server where it is empty, or where that is the cause.
    let is_bare = |scope: &Scope<'_>, pool: &Name| {
        scope.empty_pools().any(|empty| empty == pool)
            || findings.iter().any(|found| cause::leaves_bare(found, scope, pool))
    };
    let broken = |scope: &Scope<'_>| {
        let bare = scope.unlisted_pools().any(|pool| is_bare(scope, pool));
        !scope.sick.is_empty() || bare || scope.drained_pools().next().is_some()
    };
    let confirmed = findings.iter().any(|finding| finding.verdict == Verdict::Confirmed);
    let turned_away =
        evidence.visits.iter().any(|visit| matches!(visit.seen, Seen::GatewayError { status: 502..=504 }));
    match &evidence.health {
        Reading::NotRead(_) => Overall::Unclear,
        Reading::Read(_) if scopes.iter().any(broken) => Overall::Unhealthy,
        Reading::Read(_) if scopes.iter().any(|scope| scope.unlisted_pools().next().is_some()) => {
            Overall::Unclear
        }
        Reading::Read(_) if turned_away || confirmed => Overall::Impaired,
        Reading::Read(_) => Overall::Healthy,
    }
}

/// The ways through the gateway, with the servers behind each.
#[must_use]
pub fn paths(gateway: &Gateway, health: &Reading<crate::health::BackendHealth>) -> Vec<PathView> {
    let mut views = Vec::new();
    for route in gateway.routes() {
        let Target::Backend { pool, setting } = &route.target else { continue };
        let probe = gateway.setting(setting).map(|setting| gateway.probe_of(&setting));
        let rule = match &route.path {
            Some(path) => format!("{} ({})", route.rule, path.paths.join(", ")),
            None => route.rule.to_string(),
        };
        views.push(PathView {
            listener: route.listener.clone(),
            rule,
            setting: setting.clone(),
            probe: probe.map_or_else(String::new, |probe| match probe.name {
                Some(name) => format!("{name} {}", probe.path),
                None => format!("default probe {}", probe.path),
            }),
            pool: pool.clone(),
            servers: servers_of(gateway, health, pool, setting),
        });
    }
    views
}

fn servers_of(
    gateway: &Gateway,
    health: &Reading<crate::health::BackendHealth>,
    pool: &Name,
    setting: &Name,
) -> Vec<ServerView> {
    if let Some(found) = health.value().and_then(|health| health.of(pool, setting)) {
        return found
            .servers
            .iter()
            .map(|server| ServerView {
                address: server.address.clone(),
                health: server.health,
                log: server.log.clone(),
                symptom: server.symptom.clone(),
            })
            .collect();
    }
    let members = gateway.pool(pool).map(|pool| pool.members).unwrap_or_default();
    members
        .into_iter()
        .map(|member| ServerView {
            address: match member {
                Member::Address(address) => address,
                Member::IpConfiguration(id) => id.name().to_string(),
            },
            health: Health::Unknown,
            log: String::new(),
            symptom: Symptom::NotReported,
        })
        .collect()
}

fn gaps(evidence: &Evidence, scopes: &[Scope<'_>]) -> Vec<String> {
    let mut gaps = Vec::new();
    if !evidence.gateway.is_running() {
        let state = evidence.gateway.operational_state();
        gaps.push(format!(
            "servers: the gateway is {state}, and only one that is Running probes its servers"
        ));
    }
    let mut note = |what: &str, why: Option<&WhyNot>| {
        if let Some(why) = why {
            gaps.push(format!("{what}: {why}"));
        }
    };
    note("backend health", evidence.health.why_not());
    note("locks", evidence.locks.why_not());
    for (lookup, why) in evidence.facts.in_vain() {
        note(&lookup.what(), Some(why));
    }
    for trial in &evidence.trials {
        note(&format!("probe of {} on demand (pool {})", trial.path, trial.pool), trial.servers.why_not());
    }
    for scope in scopes.iter().filter(|_| evidence.health.value().is_some()) {
        for pool in scope.unlisted_pools().filter(|pool| !scope.empty_pools().any(|empty| empty == *pool)) {
            let setting = &scope.setting.name;
            gaps.push(format!("backend health: no word about pool {pool} with HTTP setting {setting}"));
        }
    }
    for visit in &evidence.visits {
        if let Seen::Nothing { why } = &visit.seen {
            gaps.push(format!("visit to {}: {why}", visit.url));
        }
    }
    gaps
}

/// What a change to these HTTP settings reaches, in words: `2 rules, 3 pools`.
#[must_use]
pub fn reach(serves: &BlastRadius) -> String {
    let count = |number: usize, one: &str| format!("{number} {one}{}", if number == 1 { "" } else { "s" });
    let mut parts = vec![count(serves.listeners.len(), "listener"), count(serves.rules.len(), "rule")];
    if !serves.path_rules.is_empty() {
        parts.push(count(serves.path_rules.len(), "path rule"));
    }
    parts.push(count(serves.pools.len(), "pool"));
    parts.join(", ")
}
