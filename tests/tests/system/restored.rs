//! An undo through the service, which fills in defaults, names parts and links them back: the gateway is as
//! it would be had there never been a plan. Promises 3 and 4.

use std::sync::Arc;

use domain::gateway::{Gateway, writable};
use domain::id::{GatewayId, Name};
use domain::plan::{Plan, Prepared, ProbeDefaults};
use handler::app::Azure;
use handler::config::Config;
use handler::ports::{Arm, Operation};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use serde_json::{Value, json};
use simulator::{Options, Pace, Scenario, Simulator};
use tests::{ManualClock, differences};

const SETTINGS: &str = "backendHttpSettingsCollection";
const SETTING: &str = "settings-web";
const PROBE: &str = "custom-healthz";

/// How the gateway begins.
#[derive(Debug, Clone)]
struct Start {
    /// The path of a probe that the setting has before, written with no more than it has to be.
    former: Option<String>,
    /// Whether the setting names a host.
    host: bool,
    /// Settings beside it.
    beside: usize,
}

/// What somebody else writes in between.
#[derive(Debug, Clone)]
enum Act {
    Tag(String),
    Timeout(u32),
    AddPool,
    AddProbe(String),
    AddSetting,
    UseOurs,
}

fn start() -> impl Strategy<Value = Start> {
    (proptest::option::of("/[a-z]{1,5}"), any::<bool>(), 0..3usize).prop_map(|(former, host, beside)| Start {
        former,
        host,
        beside,
    })
}

fn act() -> impl Strategy<Value = Act> {
    prop_oneof![
        "[a-z]{1,5}".prop_map(Act::Tag),
        (1..99u32).prop_map(Act::Timeout),
        Just(Act::AddPool),
        "/[a-z]{1,5}".prop_map(Act::AddProbe),
        Just(Act::AddSetting),
        Just(Act::UseOurs),
    ]
}

fn list<'a>(gateway: &'a mut Value, collection: &str) -> &'a mut Vec<Value> {
    gateway["properties"][collection].as_array_mut().unwrap()
}

fn setting(name: &str) -> Value {
    json!({ "name": name, "properties": { "port": 80, "protocol": "Http", "cookieBasedAffinity": "Disabled" } })
}

/// Adds a part, unless it is there.
fn add(gateway: &mut Value, collection: &str, part: Value) {
    let parts = list(gateway, collection);
    if parts.iter().all(|known| known["name"] != part["name"]) {
        parts.push(part);
    }
}

impl Start {
    fn make(&self, gateway: &mut Value, id: &str) {
        for number in 0..self.beside {
            add(gateway, SETTINGS, setting(&format!("beside{number}")));
        }
        if let Some(path) = &self.former {
            let own = json!({ "protocol": "Http", "path": path, "host": "a.example", "interval": 9, "timeout": 9, "unhealthyThreshold": 2 });
            add(gateway, "probes", json!({ "name": "former", "properties": own }));
        }
        let own =
            &mut list(gateway, SETTINGS).iter_mut().find(|one| one["name"] == SETTING).unwrap()["properties"];
        if self.host {
            own["hostName"] = json!("a.example");
        }
        if self.former.is_some() {
            own["probe"] = json!({ "id": format!("{id}/probes/former") });
        }
    }
}

impl Act {
    fn make(&self, gateway: &mut Value, id: &str) {
        match self {
            Self::Tag(name) => gateway["tags"][name] = json!("since"),
            Self::Timeout(seconds) => {
                for setting in list(gateway, SETTINGS) {
                    setting["properties"]["requestTimeout"] = json!(seconds);
                }
            }
            Self::AddPool => {
                add(gateway, "backendAddressPools", json!({ "name": "others", "properties": {} }))
            }
            Self::AddProbe(path) => {
                let own = json!({ "protocol": "Http", "path": path, "host": "o.example", "interval": 8, "timeout": 8, "unhealthyThreshold": 1 });
                add(gateway, "probes", json!({ "name": "others", "properties": own }));
            }
            Self::AddSetting => add(gateway, SETTINGS, setting("others")),
            Self::UseOurs => {
                let mut user = setting("user");
                // Our probe may ask for the host of the setting that uses it.
                user["properties"]["hostName"] = json!("u.example");
                user["properties"]["probe"] = json!({ "id": format!("{id}/PROBES/{PROBE}") });
                add(gateway, SETTINGS, user);
            }
        }
    }
}

/// A gateway, written as any client writes it.
struct Service {
    simulator: Simulator,
    arm: Arc<dyn Arm>,
    id: GatewayId,
}

impl Service {
    async fn start() -> Self {
        let scenario = Scenario::named("root-403").unwrap();
        let options = Options { pace: Pace::Instant, ..Options::new(scenario) };
        let simulator = Simulator::start(options).await.unwrap();
        let mut config = Config::default();
        config.azure.endpoint = simulator.base_url().clone();
        let arm = Azure::connect(&config, Arc::new(ManualClock::default())).unwrap().arm;
        let id = GatewayId::parse(simulator.gateway_id()).unwrap();
        Self { simulator, arm, id }
    }

    async fn read(&self) -> Gateway {
        self.arm.gateway(&self.id).await.unwrap()
    }

    async fn put(&self, body: &Value) {
        let accepted = self.arm.put_gateway(&self.id, body, None).await.unwrap();
        while let Some(link) = &accepted.operation {
            match self.arm.operation(link).await.unwrap() {
                Operation::Succeeded => break,
                Operation::Running { .. } => tokio::task::yield_now().await,
                Operation::Failed { code, message } => panic!("{code}: {message}"),
            }
        }
    }

    /// Reads, edits and writes.
    async fn edit(&self, edit: impl FnOnce(&mut Value, &str)) {
        let mut raw = self.read().await.raw().clone();
        edit(&mut raw, self.id.as_str());
        self.put(&writable(&raw)).await;
    }

    /// Writes a plan that nothing stands against.
    async fn carry_out(&self, plan: &Plan) {
        let fresh = self.read().await;
        let Prepared::Ready { body, .. } = plan.prepare(&fresh) else { panic!("{:?}", plan.prepare(&fresh)) };
        self.put(&body).await;
        let back = plan.read_back(fresh.raw(), self.read().await.raw());
        assert!(back.is_clean(), "{back:?}");
    }
}

async fn undone_or_never_done(service: &Service, first: &Value, start: &Start, acts: &[Act]) {
    service.simulator.change(|gateway| *gateway = first.clone());
    service.edit(|raw, id| start.make(raw, id)).await;
    let before = service.read().await;
    let plan = Plan::health_probe(&before, &[Name::new(SETTING)], &ProbeDefaults::default()).unwrap();
    service.carry_out(&plan).await;
    for act in acts {
        service.edit(|raw, id| act.make(raw, id)).await;
    }
    service.carry_out(&plan.undo()).await;
    let after = service.read().await;

    service.simulator.change(|gateway| *gateway = before.raw().clone());
    let kept = acts.iter().any(|act| matches!(act, Act::UseOurs));
    if kept {
        let ours =
            plan.edits().iter().find_map(|edit| edit.after.clone().filter(|after| after["name"] == PROBE));
        service.edit(|raw, _| add(raw, "probes", ours.unwrap())).await;
    }
    for act in acts {
        service.edit(|raw, id| act.make(raw, id)).await;
    }
    assert_eq!(differences(service.read().await.raw(), after.raw()), [].into());
    assert_eq!(plan.undo().prepare(&after), Prepared::AlreadyApplied);
}

#[test]
fn promise_4_an_undo_through_the_service_leaves_what_would_be_there_without_the_plan() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let service = runtime.block_on(Service::start());
    let first = service.simulator.gateway();
    let mut runner =
        TestRunner::new(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(48) });
    runner
        .run(&(start(), vec(act(), 0..4)), |(start, acts)| {
            runtime.block_on(undone_or_never_done(&service, &first, &start, &acts));
            Ok(())
        })
        .unwrap();
}
