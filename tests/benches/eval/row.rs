//! One scenario, diagnosed.

use std::time::Duration;

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
        let truth = tests::true_causes(scenario.truth());
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
            evidence: lead.map(first_line).unwrap_or_default(),
            reads,
            own,
            azure: took.saturating_sub(own),
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

    pub(crate) fn line(&self, time: bool) -> String {
        let Self { scenario, truth, finding, verdict, evidence, reads, .. } = self;
        let ms = |time: Duration| time.as_secs_f64() * 1e3;
        let time = if time {
            format!(" {:.1} ms beside {:.1} |", ms(self.own), ms(self.azure))
        } else {
            String::new()
        };
        let (truth, ruled_out) = (truth.join(", "), self.ruled_out.join(", "));
        format!("| {scenario} | {truth} | {finding} | {verdict} | {evidence} | {ruled_out} | {reads} |{time}")
    }
}

/// What a finding rests on, as it fits into a table.
fn first_line(finding: &Finding) -> String {
    let line = finding.evidence.first().unwrap_or(&finding.sentence).plain();
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
