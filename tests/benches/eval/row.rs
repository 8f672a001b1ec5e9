//! One scenario, diagnosed.

use std::sync::Arc;
use std::time::{Duration, Instant};

use domain::diagnosis::{Diagnosis, Verdict};
use domain::id::GatewayId;
use domain::plan::ProbeDefaults;
use handler::azure::{ArmClient, ArmConfig, HttpSite, SiteConfig};
use handler::clock::SystemClock;
use handler::investigate::Investigator;
use simulator::{Options, Pace, Scenario, Simulator};

/// What came of one scenario.
pub(crate) struct Row {
    pub(crate) scenario: String,
    /// The true cause, as the catalogue calls it.
    pub(crate) truth: String,
    /// The causes that were confirmed.
    pub(crate) confirmed: Vec<String>,
    finding: String,
    verdict: &'static str,
    ruled_out: Vec<String>,
    reads: usize,
    took: Duration,
}

impl Row {
    /// Stages a scenario and diagnoses its gateway.
    pub(crate) async fn of(scenario: Scenario) -> Self {
        let (name, truth) = (scenario.name().to_owned(), scenario.truth().cause.clone());
        let options = Options { pace: Pace::Instant, ..Options::new(scenario) };
        let azure = Simulator::start(options).await.unwrap();
        let arm = ArmClient::new(ArmConfig::new(azure.base_url().clone()), None).unwrap();
        let site = SiteConfig { timeout: Duration::from_secs(10), proxy: Some(azure.site_proxy().clone()) };
        let site = HttpSite::new(site).unwrap();
        let investigator =
            Investigator::new(Arc::new(arm), Arc::new(site), Arc::new(SystemClock), ProbeDefaults::default());
        let id = GatewayId::parse(azure.gateway_id()).unwrap();
        let start = Instant::now();
        let found = investigator.diagnose(&id, &|_| {}).await.unwrap();
        let took = start.elapsed();
        let lead = found.lead();
        Self {
            scenario: name,
            truth: tests::in_the_catalogue(&truth).to_owned(),
            confirmed: causes(&found, Verdict::Confirmed),
            finding: lead.map_or_else(|| "none".to_owned(), |finding| finding.cause.clone()),
            verdict: lead.map_or("healthy", |finding| finding.verdict.in_words()),
            ruled_out: causes(&found, Verdict::RuledOut),
            // How often a long reading is polled differs from run to run.
            reads: azure.exchanges().iter().filter(|one| !one.path.contains("/operationResults/")).count(),
            took,
        }
    }

    /// Whether something is confirmed that is not so.
    pub(crate) fn is_wrong(&self) -> bool {
        self.confirmed.iter().any(|cause| *cause != self.truth)
    }

    /// Whether the true cause is confirmed.
    pub(crate) fn is_confirmed(&self) -> bool {
        self.confirmed.contains(&self.truth)
    }

    pub(crate) fn line(&self, time: bool) -> String {
        let Self { scenario, truth, finding, verdict, reads, .. } = self;
        let time = if time { format!(" {:.1} ms |", self.took.as_secs_f64() * 1e3) } else { String::new() };
        let ruled_out = self.ruled_out.join(", ");
        format!("| {scenario} | {truth} | {finding} | {verdict} | {ruled_out} | {reads} |{time}")
    }
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
