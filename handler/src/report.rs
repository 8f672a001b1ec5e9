//! A diagnosis as JSON that other programs may rely on: `agw diagnose --output json`.
//!
//! The shape is described by `docs/diagnosis.schema.json` and named in its `schema` field. Fields may be added
//! under the same name; anything else changes the name.

use domain::card::Text;
use domain::diagnosis::{Diagnosis, Finding, Outcome, Overall, PathView, Read, Remedy, Verdict};
use domain::evidence::{Seen, Visit};
use domain::health::Health;
use domain::plan::{Fix, Plan};
use serde::Serialize;
use serde_json::{Value, json};

/// The name of the shape.
pub const SCHEMA: &str = "agw.diagnosis/3";

/// A diagnosis for programs.
#[derive(Debug, Serialize)]
pub struct Report<'a> {
    schema: &'static str,
    gateway: &'a str,
    at: String,
    overall: Overall,
    findings: Vec<FindingReport<'a>>,
    outcome: Value,
    paths: Vec<PathReport<'a>>,
    visits: Vec<Value>,
    not_seen: &'a [String],
    reads: Vec<ReadReport<'a>>,
}

#[derive(Debug, Serialize)]
struct ReadReport<'a> {
    request: &'a str,
    why_not: Option<&'a str>,
}

#[derive(Debug, Serialize)]
struct FindingReport<'a> {
    cause: &'a str,
    verdict: Verdict,
    http_setting: Option<&'a str>,
    pools: Vec<&'a str>,
    sentence: String,
    evidence: Vec<String>,
    sources: &'a [String],
    remedy: Value,
}

#[derive(Debug, Serialize)]
struct PathReport<'a> {
    listener: &'a str,
    rule: &'a str,
    http_setting: &'a str,
    probe: &'a str,
    pool: &'a str,
    servers: Vec<ServerReport<'a>>,
}

#[derive(Debug, Serialize)]
struct ServerReport<'a> {
    address: &'a str,
    health: Health,
    symptom: &'static str,
    log: &'a str,
}

impl<'a> Report<'a> {
    /// The report of a diagnosis.
    #[must_use]
    pub fn of(found: &'a Diagnosis) -> Self {
        Self {
            schema: SCHEMA,
            gateway: found.gateway.as_str(),
            at: found.at.to_string(),
            overall: found.overall,
            findings: found.findings.iter().map(finding).collect(),
            outcome: outcome(&found.outcome),
            paths: found.paths.iter().map(path).collect(),
            visits: found.visits.iter().map(visit).collect(),
            not_seen: &found.gaps,
            reads: found.reads.iter().map(read).collect(),
        }
    }
}

fn read(read: &Read) -> ReadReport<'_> {
    ReadReport { request: &read.request, why_not: read.why_not.as_deref() }
}

fn finding(finding: &Finding) -> FindingReport<'_> {
    FindingReport {
        cause: &finding.cause,
        verdict: finding.verdict,
        http_setting: finding.setting.as_ref().map(domain::id::Name::as_str),
        pools: finding.pools.iter().map(domain::id::Name::as_str).collect(),
        sentence: finding.sentence.plain(),
        evidence: finding.evidence.iter().map(Text::plain).collect(),
        sources: &finding.sources,
        remedy: match &finding.remedy {
            Remedy::Fix(fix) => fix_report(fix),
            Remedy::AddEndpoint { path, status } => {
                json!({ "kind": "add-endpoint", "path": path, "answers": status })
            }
            Remedy::ByHand { steps } => {
                json!({ "kind": "by-hand", "steps": steps.iter().map(Text::plain).collect::<Vec<_>>() })
            }
        },
    }
}

fn fix_report(fix: &Fix) -> Value {
    let kind = fix.kind().as_str();
    match fix {
        Fix::HealthProbe | Fix::PickHost { .. } => json!({ "kind": kind }),
        Fix::UseProbe { probe } => json!({ "kind": kind, "probe": probe.as_str() }),
        Fix::RaiseTimeout { timeout_s } => json!({ "kind": kind, "timeout_s": timeout_s }),
        Fix::ExcludePath { app, path, .. } => json!({ "kind": kind, "app": app.as_str(), "path": path }),
    }
}

fn outcome(outcome: &Outcome) -> Value {
    match outcome {
        Outcome::Nothing => json!({ "kind": "nothing" }),
        Outcome::Offer(plan) => json!({ "kind": "offer", "plan": plan_report(plan) }),
        Outcome::AddEndpoint { path, status } => {
            json!({ "kind": "add-endpoint", "path": path, "answers": status })
        }
        Outcome::Refused { why } => json!({ "kind": "refused", "why": why }),
        Outcome::ByHand => json!({ "kind": "by-hand" }),
    }
}

fn plan_report(plan: &Plan) -> Value {
    let edits = plan.edits().iter().map(
        |edit| json!({ "pointer": edit.pointer.to_string(), "before": edit.before, "after": edit.after }),
    );
    let resources = plan
        .beside()
        .iter()
        .map(|beside| json!({ "id": beside.path, "before": beside.before, "after": beside.after }));
    let (kind, hash, edits) = (plan.kind().as_str(), plan.hash(), edits.collect::<Vec<_>>());
    match plan.is_beside() {
        true => {
            let resources = resources.collect::<Vec<_>>();
            json!({ "kind": kind, "hash": hash.as_str(), "edits": edits, "resources": resources })
        }
        false => json!({ "kind": kind, "hash": hash.as_str(), "edits": edits }),
    }
}

fn path(path: &PathView) -> PathReport<'_> {
    PathReport {
        listener: path.listener.as_str(),
        rule: &path.rule,
        http_setting: path.setting.as_str(),
        probe: &path.probe,
        pool: path.pool.as_str(),
        servers: path
            .servers
            .iter()
            .map(|server| ServerReport {
                address: &server.address,
                health: server.health,
                symptom: server.symptom.slug(),
                log: &server.log,
            })
            .collect(),
    }
}

fn visit(visit: &Visit) -> Value {
    let (kind, status, why) = match &visit.seen {
        Seen::GatewayError { status } => ("gateway-error", Some(status), None),
        Seen::Answer { status } => ("answer", Some(status), None),
        Seen::Nothing { why } => ("nothing", None, Some(why)),
    };
    json!({ "listener": visit.listener.as_str(), "url": visit.url, "seen": kind, "status": status, "why": why })
}
