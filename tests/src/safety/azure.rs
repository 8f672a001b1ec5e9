//! Azure as the races see it: the simulator's rules, faults, time, and the log that the judge reads.

use std::sync::{Arc, Mutex, MutexGuard};

use async_trait::async_trait;
use domain::evidence::ArmRead;
use domain::gateway::Gateway;
use domain::id::GatewayId;
use domain::plan::Beside;
use fastrand::Rng;
use handler::ports::{Accepted, Arm, ArmError, Clock, Operation, PutError};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use simulator::{Fault, Ledger, Scenario, Taken};

use super::loom::{Life, Loom, Step};
use super::others::with_neighbours;
use super::race::Manners;
use crate::ManualClock;

/// Who reads or writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Who {
    Bot(Life),
    Other(usize),
}

/// What became of a PUT.
#[derive(Debug, Clone)]
pub(crate) enum Fate {
    /// It never arrived.
    Lost,
    /// Azure said no.
    Refused(u16),
    /// Azure took it.
    Taken(Box<Taken>),
}

/// What Azure keeps of what was said to it.
#[derive(Debug, Clone)]
pub(crate) enum Entry {
    /// Somebody read the gateway, in this turn.
    Read { who: Who, turn: u64, etag: String, document: Value },
    /// Somebody sent a PUT that was made from the reading with this mark, and had made up their mind in this turn,
    /// at that time.
    Put { who: Who, turn: u64, at: Timestamp, base: Option<String>, body: Value, fate: Fate },
}

/// What goes wrong with a PUT.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Trouble {
    Throttled,
    Conflict,
    Superseded,
    Fails,
    DroppedBefore,
    DroppedAfter,
}

/// How often each trouble came.
#[derive(Debug, Clone, Default)]
pub(crate) struct Troubles(pub(crate) std::collections::BTreeMap<&'static str, u64>);

impl Troubles {
    pub(crate) fn count(&mut self, what: &'static str) {
        *self.0.entry(what).or_default() += 1;
    }
}

pub(crate) struct Azure {
    pub(crate) ledger: Ledger,
    pub(crate) log: Vec<Entry>,
    pub(crate) troubles: Troubles,
    manners: Manners,
    clock: Arc<ManualClock>,
    rng: Rng,
    /// When operations end.
    ends: Vec<(Timestamp, String)>,
}

impl Azure {
    pub(crate) fn new(heeds_if_match: bool, manners: Manners, clock: Arc<ManualClock>, rng: Rng) -> Self {
        let scenario = Scenario::named("root-403").unwrap().with_gateway(with_neighbours);
        Self {
            ledger: Ledger::new(&scenario, heeds_if_match),
            log: Vec::new(),
            troubles: Troubles::default(),
            manners,
            clock,
            rng,
            ends: Vec::new(),
        }
    }

    pub(crate) fn read(&mut self, who: Who, turn: u64) -> Value {
        let document = self.ledger.get();
        let etag = self.ledger.etag().to_owned();
        self.log.push(Entry::Read { who, turn, etag, document: document.clone() });
        document
    }

    /// A PUT, and what goes wrong with it.
    fn write(&mut self, sent: Sent<'_>, trouble: Option<Trouble>) -> Fate {
        let fault = match trouble {
            Some(Trouble::Throttled) => Some(Fault::PutThrottled429),
            Some(Trouble::Conflict) => Some(Fault::PutConflict409),
            Some(Trouble::Superseded) => Some(Fault::PutSuperseded),
            Some(Trouble::Fails) => {
                let (code, message) = ("InternalServerError".to_owned(), "An error occurred.".to_owned());
                Some(Fault::PutFails { code, message })
            }
            _ => None,
        };
        let fate = if trouble == Some(Trouble::DroppedBefore) {
            Fate::Lost
        } else {
            match self.ledger.put(sent.body, sent.if_match, fault.as_ref()) {
                Ok(taken) => {
                    let lasts = SignedDuration::from_millis(self.rng.i64(200..90_000));
                    self.ends.push((self.clock.now().checked_add(lasts).unwrap(), taken.operation.clone()));
                    Fate::Taken(Box::new(taken))
                }
                Err(refused) => Fate::Refused(refused.status),
            }
        };
        let Sent { who, turn, at, base, body, .. } = sent;
        let base = base.map(str::to_owned);
        self.log.push(Entry::Put { who, turn, at, base, body: body.clone(), fate: fate.clone() });
        fate
    }

    /// Somebody else's PUT; true when Azure took it.
    pub(crate) fn write_other(
        &mut self,
        writer: usize,
        turn: u64,
        at: Timestamp,
        base: &str,
        body: &Value,
    ) -> bool {
        let throttled = self.rng.f64() < 0.08;
        let trouble = throttled.then_some(Trouble::Throttled);
        let (who, base, if_match) = (Who::Other(writer), Some(base), None);
        matches!(self.write(Sent { who, turn, at, base, body, if_match }, trouble), Fate::Taken(_))
    }

    /// Ends the operations whose time has come.
    pub(crate) fn reach(&mut self, now: Timestamp) {
        self.ends.sort();
        let over = self.ends.partition_point(|(end, _)| *end <= now);
        for (_, operation) in self.ends.drain(..over) {
            self.ledger.finish(&operation);
        }
    }

    /// When the next operation ends.
    pub(crate) fn next_end(&self) -> Option<Timestamp> {
        self.ends.iter().map(|(end, _)| *end).min()
    }

    fn trouble(&mut self) -> Option<Trouble> {
        let draw = self.rng.f64();
        let trouble = match draw / self.manners.trouble {
            x if x < 0.25 => Trouble::Throttled,
            x if x < 0.4 => Trouble::Conflict,
            x if x < 0.55 => Trouble::Superseded,
            x if x < 0.7 => Trouble::Fails,
            x if x < 0.85 => Trouble::DroppedBefore,
            x if x < 1.0 => Trouble::DroppedAfter,
            _ => return None,
        };
        self.troubles.count(match trouble {
            Trouble::Throttled => "throttled_429",
            Trouble::Conflict => "conflict_409",
            Trouble::Superseded => "superseded",
            Trouble::Fails => "operation_failed",
            Trouble::DroppedBefore => "connection_lost_before_commit",
            Trouble::DroppedAfter => "connection_lost_after_commit",
        });
        Some(trouble)
    }
}

struct Sent<'a> {
    who: Who,
    turn: u64,
    at: Timestamp,
    base: Option<&'a str>,
    body: &'a Value,
    if_match: Option<&'a str>,
}

/// One life's way to Azure.
pub(crate) struct RaceArm {
    pub(crate) azure: Arc<Mutex<Azure>>,
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) loom: Arc<Loom>,
    pub(crate) life: Life,
}

impl RaceArm {
    fn azure(&self) -> MutexGuard<'_, Azure> {
        self.azure.lock().unwrap()
    }

    async fn reads<T>(&self, read: impl FnOnce(&mut Azure, u64) -> T) -> Result<T, ArmError> {
        let work = async {
            let turn = self.loom.now();
            let mut azure = self.azure();
            if azure.rng.f64() < 0.01 {
                azure.troubles.count("read_throttled");
                return Err(ArmError::Throttled { retry_after_s: 5 });
            }
            Ok(read(&mut azure, turn))
        };
        self.loom.turn(self.life, Step::Read, work).await
    }

    async fn put_once(
        &self,
        body: &Value,
        base: Option<&str>,
        if_match: Option<&str>,
    ) -> Result<Accepted, PutError> {
        let (turn, at, who) = (self.loom.now(), self.clock.now(), Who::Bot(self.life));
        let work = async {
            let mut azure = self.azure();
            let trouble = azure.trouble();
            let fate = azure.write(Sent { who, turn, at, base, body, if_match }, trouble);
            let wait = azure.rng.u64(1..30);
            heard(fate, trouble, wait)
        };
        let answer = self.loom.turn(self.life, Step::Put, work).await;
        self.loom.turn(self.life, Step::PutHeard, async {}).await;
        answer
    }

    fn replays(&self) -> bool {
        self.azure().manners.replay
    }
}

/// How the ARM client tells what became of a PUT: `handler/src/azure/client.rs`.
fn heard(fate: Fate, trouble: Option<Trouble>, retry_after_s: u64) -> Result<Accepted, PutError> {
    match fate {
        Fate::Taken(_) if trouble == Some(Trouble::DroppedAfter) => Err(unknown()),
        Fate::Lost => Err(unknown()),
        Fate::Taken(taken) => Ok(Accepted { operation: Some(taken.operation.clone()), correlation: None }),
        Fate::Refused(429) => Err(PutError::Refused(ArmError::Throttled { retry_after_s })),
        Fate::Refused(status) => {
            let (code, message) = (format!("Refused{status}"), String::new());
            Err(PutError::Refused(ArmError::Refused { status, code, message }))
        }
    }
}

fn unknown() -> PutError {
    PutError::Unknown { what: "connection reset".to_owned() }
}

fn not_there(what: &str) -> ArmError {
    ArmError::NotFound { what: what.to_owned() }
}

#[async_trait]
impl Arm for RaceArm {
    async fn gateways(&self) -> Result<Vec<GatewayId>, ArmError> {
        let gateway = self.reads(|azure, _| Gateway::parse(azure.ledger.get()).unwrap()).await?;
        Ok(vec![gateway.id().clone()])
    }

    async fn gateway(&self, _: &GatewayId) -> Result<Gateway, ArmError> {
        let document = self.reads(|azure, turn| azure.read(Who::Bot(self.life), turn)).await?;
        Ok(Gateway::parse(document).unwrap())
    }

    async fn backend_health(&self, _: &GatewayId) -> Result<Value, ArmError> {
        self.reads(|azure, _| health(&azure.ledger.get())).await
    }

    async fn probe_on_demand(&self, _: &GatewayId, probe: &Value) -> Result<Value, ArmError> {
        let (pool, setting) = (probe["backendAddressPool"].clone(), probe["backendHttpSettings"].clone());
        let path = probe["path"].as_str().unwrap_or("/").to_owned();
        let answer = json!({
            "backendAddressPool": pool,
            "backendHealthHttpSettings": { "backendHttpSettings": setting, "servers": servers(&path) },
        });
        self.reads(|_, _| answer).await
    }

    async fn locks(&self, _: &GatewayId) -> Result<Vec<String>, ArmError> {
        Ok(Vec::new())
    }

    /// With manners, once. Without, as the Azure CLI does it: after 429 or 409 the same body again, until it is
    /// taken, and no `If-Match`.
    async fn put_gateway(
        &self,
        _: &GatewayId,
        body: &Value,
        etag: Option<&str>,
    ) -> Result<Accepted, PutError> {
        if !self.replays() {
            return self.put_once(body, etag, etag).await;
        }
        loop {
            match self.put_once(body, etag, None).await {
                Err(PutError::Refused(_)) => {}
                answer => return answer,
            }
        }
    }

    async fn write_beside(&self, _: &Beside) -> Result<Accepted, PutError> {
        unreachable!("nobody asks for logs or alerts in a race")
    }

    async fn look_up(&self, read: &ArmRead) -> Result<Value, ArmError> {
        Err(not_there(&read.what))
    }

    async fn operation(&self, url: &str) -> Result<Operation, ArmError> {
        let status = self.reads(|azure, _| azure.ledger.status(url)).await?;
        let status = status.ok_or_else(|| not_there("the operation"))?;
        Ok(match status["status"].as_str() {
            Some("Succeeded") => Operation::Succeeded,
            Some("Failed" | "Canceled") => {
                let text = |field: &str| status["error"][field].as_str().unwrap_or_default().to_owned();
                Operation::Failed { code: text("code"), message: text("message") }
            }
            _ => Operation::Running { retry_after_ms: None },
        })
    }
}

/// What the gateway says of its servers. The shop answers 403 at `/` and 200 at `/healthz`; its neighbour is well.
fn health(gateway: &Value) -> Value {
    let reference = |collection: &str, name: &str| json!({ "id": format!("{}/{collection}/{name}", gateway["id"].as_str().unwrap()) });
    let pool = |pool: &str, setting: &str, servers: Value| {
        json!({
            "backendAddressPool": reference("backendAddressPools", pool),
            "backendHttpSettingsCollection": [{
                "backendHttpSettings": reference("backendHttpSettingsCollection", setting),
                "servers": servers,
            }],
        })
    };
    json!({ "backendAddressPools": [
        pool("pool-web", "settings-web", servers(&probed(gateway, "settings-web"))),
        pool("pool-api", "settings-api", servers("/healthz")),
    ] })
}

/// The path by which a setting is probed.
fn probed(gateway: &Value, setting: &str) -> String {
    let part = |collection: &str, name: &str| {
        let parts = gateway["properties"][collection].as_array()?;
        parts.iter().find(|part| part["name"].as_str().is_some_and(|found| found.eq_ignore_ascii_case(name)))
    };
    let probe = part("backendHttpSettingsCollection", setting)
        .and_then(|setting| setting["properties"]["probe"]["id"].as_str())
        .and_then(|id| id.rsplit('/').next());
    let probe = probe.and_then(|name| part("probes", name));
    probe.and_then(|probe| probe["properties"]["path"].as_str()).unwrap_or("/").to_owned()
}

fn servers(path: &str) -> Value {
    let (health, log) = if path == "/healthz" {
        ("Healthy", "Success. Received 200 status code")
    } else {
        (
            "Unhealthy",
            "Received invalid status code: 403 in the backend server's HTTP response. As per the health probe \
             configuration, 200-399 is the acceptable status code. Either modify probe configuration or resolve \
             backend issues.",
        )
    };
    ["10.0.1.4", "10.0.1.5"]
        .map(|address| json!({ "address": address, "health": health, "healthProbeLog": log }))
        .to_vec()
        .into()
}
