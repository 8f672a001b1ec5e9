//! The bot's own time in a diagnosis: Azure's answers are recorded once and then given at once, as the text that
//! came over the wire, so that what is measured is reading, deciding and wording, and nothing that waits.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use domain::diagnosis::Diagnosis;
use domain::evidence::{ArmRead, Peer, Reading, Seen};
use domain::gateway::Gateway;
use domain::id::GatewayId;
use domain::plan::ProbeDefaults;
use domain::say;
use handler::azure::{ArmClient, ArmConfig, HttpSite, SiteConfig};
use handler::clock::SystemClock;
use handler::investigate::Investigator;
use handler::ports::{Accepted, Arm, ArmError, Operation, PutError, Site};
use serde_json::Value;
use simulator::{Options, Pace, Scenario, Simulator};
use tokio::runtime::Runtime;

/// How often each diagnosis is repeated.
const TIMES: usize = 100;

/// The time that the bot itself takes for a diagnosis of this scenario, sorted.
pub(crate) fn own_time(runtime: &Runtime, scenario: Scenario) -> Vec<Duration> {
    runtime.block_on(async {
        let options = Options { pace: Pace::Instant, ..Options::new(scenario) };
        let azure = Simulator::start(options).await.unwrap();
        let arm = ArmClient::new(ArmConfig::new(azure.base_url().clone()), None).unwrap();
        let site = SiteConfig { timeout: Duration::from_secs(10), proxy: Some(azure.site_proxy().clone()) };
        let recorded = Arc::new(Recorded {
            arm,
            site: HttpSite::new(site).unwrap(),
            answers: Mutex::default(),
            asked: AtomicUsize::new(0),
        });
        let investigator = Investigator::new(
            Arc::clone(&recorded) as Arc<dyn Arm>,
            Arc::clone(&recorded) as Arc<dyn Site>,
            Arc::new(SystemClock),
            ProbeDefaults::default(),
        );
        let id = GatewayId::parse(azure.gateway_id()).unwrap();
        let first = diagnose(&investigator, &id).await;
        let asked = recorded.asked.load(Ordering::SeqCst);
        assert!(asked >= 3, "configuration, health and locks are asked for");
        let mut times = Vec::with_capacity(TIMES);
        for _ in 0..TIMES {
            let start = Instant::now();
            let found = diagnose(&investigator, &id).await;
            times.push(start.elapsed());
            assert_eq!(found.overall, first.overall);
        }
        assert_eq!(recorded.asked.load(Ordering::SeqCst), asked, "everything was recorded");
        times.sort_unstable();
        times
    })
}

/// From the question to the words of the answer.
async fn diagnose(investigator: &Investigator, id: &GatewayId) -> Diagnosis {
    let found = investigator.diagnose(id, &|_| {}).await.unwrap();
    std::hint::black_box(say::diagnosis(&found));
    found
}

/// Azure, asked once for each thing.
struct Recorded {
    arm: ArmClient,
    site: HttpSite,
    answers: Mutex<HashMap<String, String>>,
    asked: AtomicUsize,
}

impl Recorded {
    /// The recorded answer, read from its text as the real client reads it.
    async fn answer<E>(
        &self,
        question: String,
        ask: impl Future<Output = Result<Value, E>>,
    ) -> Result<Value, E> {
        let known = self.answers.lock().unwrap().get(&question).cloned();
        let text = match known {
            Some(text) => text,
            None => {
                self.asked.fetch_add(1, Ordering::SeqCst);
                let text = ask.await?.to_string();
                self.answers.lock().unwrap().insert(question, text.clone());
                text
            }
        };
        Ok(serde_json::from_str(&text).expect("JSON"))
    }
}

#[async_trait]
impl Arm for Recorded {
    async fn gateways(&self) -> Result<Vec<GatewayId>, ArmError> {
        unreachable!("the gateway is named by its id")
    }

    async fn gateway(&self, id: &GatewayId) -> Result<Gateway, ArmError> {
        let ask = async { self.arm.gateway(id).await.map(|gateway| gateway.raw().clone()) };
        Ok(Gateway::parse(self.answer("gateway".to_owned(), ask).await?).expect("a gateway"))
    }

    async fn backend_health(&self, id: &GatewayId) -> Result<Value, ArmError> {
        self.answer("health".to_owned(), self.arm.backend_health(id)).await
    }

    async fn probe_on_demand(&self, id: &GatewayId, probe: &Value) -> Result<Value, ArmError> {
        self.answer(format!("probe {probe}"), self.arm.probe_on_demand(id, probe)).await
    }

    async fn locks(&self, id: &GatewayId) -> Result<Vec<String>, ArmError> {
        let ask = async { self.arm.locks(id).await.map(Value::from) };
        Ok(serde_json::from_value(self.answer("locks".to_owned(), ask).await?).expect("names"))
    }

    async fn put_gateway(&self, _: &GatewayId, _: &Value, _: Option<&str>) -> Result<Accepted, PutError> {
        unreachable!("a diagnosis writes nothing")
    }

    async fn look_up(&self, read: &ArmRead) -> Result<Value, ArmError> {
        self.answer(read.path.clone(), self.arm.look_up(read)).await
    }

    async fn operation(&self, _: &str) -> Result<Operation, ArmError> {
        unreachable!("a diagnosis writes nothing")
    }
}

#[async_trait]
impl Site for Recorded {
    async fn visit(&self, url: &str) -> Seen {
        let ask = async { serde_json::to_value(self.site.visit(url).await) };
        let seen = self.answer(format!("visit {url}"), ask).await.expect("JSON");
        serde_json::from_value(seen).expect("what was seen")
    }

    async fn handshake(&self, _: &Peer) -> Reading<Value> {
        unreachable!("the bench's gateway speaks http")
    }
}
