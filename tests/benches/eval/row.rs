//! One scenario, diagnosed.

use std::time::Duration;

use domain::card::{Span, Text};
use domain::diagnosis::{Diagnosis, Finding, Verdict};
use simulator::{Options, Pace, Scenario, Simulator};
use tests::{Measured, Recorded, measured};

/// What came of one scenario.
pub(crate) struct Row {
    pub(crate) scenario: String,
    /// The true causes, as the catalogue calls them.
    pub(crate) truth: Vec<String>,
    /// The causes that were confirmed.
    pub(crate) confirmed: Vec<String>,
    finding: String,
    verdict: &'static str,
    ruled_out: Vec<String>,
    expected: tests::Expected,
    found: Diagnosis,
    reads: usize,
    evidence: String,
    /// The bot's own time, and what it waited for Azure beside it.
    own: Duration,
    azure: Duration,
}

impl Row {
    /// Stages a scenario and diagnoses its gateway.
    pub(crate) async fn of(scenario: Scenario) -> Self {
        let name = scenario.name().to_owned();
        let expected = tests::Expected::of(scenario.truth());
        let truth = expected.causes.clone();
        let options = Options { pace: Pace::Instant, ..Options::new(scenario) };
        let azure = Simulator::start(options).await.unwrap();
        let investigator = Recorded::of(&azure).investigator();
        let Measured { found, took } = measured(&investigator, azure.gateway_id()).await;
        // How often a long reading is polled differs from run to run.
        let reads = azure.exchanges().iter().filter(|one| !one.path.contains("/operationResults/")).count();
        let own = measured(&investigator, azure.gateway_id()).await.took;
        let lead = found.lead();
        Self {
            scenario: name,
            truth,
            confirmed: causes(&found, Verdict::Confirmed),
            finding: lead.map_or_else(|| "none".to_owned(), |finding| finding.cause.clone()),
            verdict: lead.map_or("healthy", |finding| finding.verdict.in_words()),
            ruled_out: causes(&found, Verdict::RuledOut),
            expected,
            evidence: lead.map(first_line).unwrap_or_default(),
            reads,
            own,
            azure: took.saturating_sub(own),
            found,
        }
    }

    /// Whether something is confirmed that is not so.
    pub(crate) fn is_wrong(&self) -> bool {
        self.confirmed.iter().any(|cause| !self.truth.contains(cause))
    }

    /// Whether the true causes are confirmed, all of them.
    pub(crate) fn is_confirmed(&self) -> bool {
        self.truth.iter().all(|cause| self.confirmed.contains(cause))
    }

    /// The cause that is to lead.
    pub(crate) fn leads_to(&self) -> Option<&str> {
        self.expected.lead.as_ref().map(|(cause, _)| cause.as_str())
    }

    /// What was expected and did not come: that the true causes are confirmed where they can be, and which
    /// finding leads.
    pub(crate) fn missed(&self) -> impl Iterator<Item = String> {
        let provable = self.expected.lead.as_ref().is_some_and(|(_, sure)| *sure);
        let unproven = self.truth.iter().filter(move |cause| provable && !self.confirmed.contains(cause));
        let lead = self.leads_to().unwrap_or("none");
        let misled = (self.finding != lead).then(|| format!("{} leads instead of {lead}", self.finding));
        unproven.map(|cause| format!("{cause} is not confirmed")).chain(misled)
    }

    /// Every finding with its evidence, what was read, and what was not seen.
    pub(crate) fn in_full(&self) -> String {
        let reads = self.found.reads.iter().map(|read| match &read.why_not {
            Some(why) => format!("{}\n    in vain: {why}", read.request),
            None => read.request.clone(),
        });
        let reads: Vec<String> = reads.collect();
        let message = domain::say::diagnosis(&self.found).plain();
        format!("{message}\n\n{}\n\n{}", domain::say::in_full(&self.found).plain(), reads.join("\n"))
    }

    pub(crate) fn line(&self, time: bool) -> String {
        let Self { scenario, truth, finding, verdict, evidence, reads, .. } = self;
        let ms = |time: Duration| time.as_secs_f64() * 1e3;
        let time = if time {
            format!(" {:.1} ms beside {:.1} |", ms(self.own), ms(self.azure))
        } else {
            String::new()
        };
        let truth = if truth.is_empty() { "none".to_owned() } else { truth.join(", ") };
        let ruled_out = self.ruled_out.join(", ");
        format!("| {scenario} | {truth} | {finding} | {verdict} | {evidence} | {ruled_out} | {reads} |{time}")
    }
}

/// A text with nothing to follow in it, and no moment, which would differ from run to run.
fn without_links(text: &Text) -> Text {
    let span = |span: &Span| match span {
        Span::Link { label, .. } => Span::Plain(label.clone()),
        Span::Time(_) => Span::Plain("(time)".to_owned()),
        other => other.clone(),
    };
    Text(text.0.iter().map(span).collect())
}

/// What a finding rests on, as it fits into a table.
fn first_line(finding: &Finding) -> String {
    let line = without_links(finding.evidence.first().unwrap_or(&finding.sentence)).plain();
    line.replace('|', "\\|").replace('\n', " ")
}

fn causes(found: &Diagnosis, verdict: Verdict) -> Vec<String> {
    let mut causes: Vec<String> = Vec::new();
    for finding in found.findings.iter().filter(|finding| finding.verdict == verdict) {
        if !causes.contains(&finding.cause) {
            causes.push(finding.cause.clone());
        }
    }
    causes
}
