//! Azure's answers, recorded once and then given at once, as the text that came over the wire: so that what is
//! measured is reading, deciding and wording, and nothing that waits.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use domain::diagnosis::Diagnosis;
use domain::evidence::{ArmRead, Lookup, Peer, Reading, Seen};
use domain::gateway::Gateway;
use domain::id::GatewayId;
use domain::plan::{Beside, ProbeDefaults};
use domain::say;
use handler::azure::{ArmClient, ArmConfig, HttpSite, Identities, SiteConfig};
use handler::clock::SystemClock;
use handler::investigate::Investigator;
use handler::ports::{Accepted, Arm, ArmError, Clock, Operation, PutError, Site};
use jiff::Timestamp;
use serde_json::Value;
use simulator::Simulator;

/// A simulated Azure that is asked once for each thing.
pub struct Recorded {
    arm: ArmClient,
    site: HttpSite,
    answers: Mutex<HashMap<String, Result<String, ArmError>>>,
    asked: AtomicUsize,
}

/// One diagnosis, and how long it took.
pub struct Measured {
    /// What was found.
    pub found: Diagnosis,
    /// From the question to the words of the answer.
    pub took: Duration,
}

impl Recorded {
    /// Nothing is recorded yet.
    #[must_use]
    pub fn of(azure: &Simulator) -> Arc<Self> {
        let arm = ArmClient::new(ArmConfig::new(azure.base_url().clone()), Identities::unsigned()).unwrap();
        let site = SiteConfig {
            timeout: Duration::from_secs(10),
            proxy: Some(azure.site_proxy().clone()),
            roots: vec![public_root(azure)],
        };
        let site = HttpSite::new(site).unwrap();
        Arc::new(Self { arm, site, answers: Mutex::default(), asked: AtomicUsize::new(0) })
    }

    /// How many different things Azure was asked for.
    pub fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }

    /// Who reads from the record. Its clock stands still, so that it asks for the same every time.
    #[must_use]
    pub fn investigator(self: &Arc<Self>) -> Investigator {
        let (arm, site) = (Arc::clone(self) as Arc<dyn Arm>, Arc::clone(self) as Arc<dyn Site>);
        Investigator::new(arm, site, Arc::new(Still(SystemClock.now())), ProbeDefaults::default())
    }

    /// The recorded answer, read from its text as the real client reads it.
    async fn answer(
        &self,
        question: String,
        ask: impl Future<Output = Result<Value, ArmError>>,
    ) -> Result<Value, ArmError> {
        let known = self.answers.lock().unwrap().get(&question).cloned();
        let answer = match known {
            Some(answer) => answer,
            None => {
                self.asked.fetch_add(1, Ordering::SeqCst);
                let answer = ask.await.map(|value| value.to_string());
                self.answers.lock().unwrap().insert(question, answer.clone());
                answer
            }
        };
        answer.map(|text| serde_json::from_str(&text).expect("JSON"))
    }
}

/// The root that is well known in a simulated internet, as DER.
#[must_use]
pub fn public_root(azure: &Simulator) -> Vec<u8> {
    STANDARD.decode(azure.public_root()).unwrap()
}

/// Diagnoses a gateway, from the question to the words of the answer.
pub async fn measured(investigator: &Investigator, gateway: &str) -> Measured {
    let id = GatewayId::parse(gateway).unwrap();
    let start = Instant::now();
    let found = investigator.diagnose(&id, &|_| {}).await.unwrap();
    std::hint::black_box(say::diagnosis(&found));
    Measured { found, took: start.elapsed() }
}

struct Still(Timestamp);

impl Clock for Still {
    fn now(&self) -> Timestamp {
        self.0
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

    async fn write_beside(&self, _: &Beside) -> Result<Accepted, PutError> {
        unreachable!("a diagnosis writes nothing")
    }

    async fn look_up(&self, read: &ArmRead) -> Result<Value, ArmError> {
        let body = read.body.as_deref().unwrap_or_default();
        let question = format!("{} {body}", Lookup::Arm(read.clone()).request());
        self.answer(question, self.arm.look_up(read)).await
    }

    async fn operation(&self, _: &str) -> Result<Operation, ArmError> {
        unreachable!("a diagnosis writes nothing")
    }
}

#[async_trait]
impl Site for Recorded {
    async fn visit(&self, url: &str) -> Seen {
        let ask = async { Ok(serde_json::to_value(self.site.visit(url).await).expect("JSON")) };
        let seen = self.answer(format!("visit {url}"), ask).await.expect("a visit never fails");
        serde_json::from_value(seen).expect("what was seen")
    }

    async fn handshake(&self, peer: &Peer) -> Reading<Value> {
        let ask = async { Ok(serde_json::to_value(self.site.handshake(peer).await).expect("JSON")) };
        let seen = self.answer(format!("handshake {peer:?}"), ask).await.expect("a handshake never fails");
        serde_json::from_value(seen).expect("what was shown")
    }
}
