//! Backend health: asked for with a POST, fetched from its `Location`.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use http::StatusCode;
use serde_json::{Value, json};
use tokio::time::Instant;

use super::{ArmError, Call, answers::not_ready, forbidden, reply};
use crate::{
    Fault, Pace,
    fault::Occasion,
    gateway::{
        config::{Probe, Target, child},
        health::ServerHealth,
        pool::Pool,
        probe::Outcome,
        verdict,
    },
    json::{referred, text},
    net::Response,
    random,
    world::World,
};

/// Requests for backend health whose answers may be fetched.
#[derive(Debug, Default)]
pub(crate) struct HealthRequests(Mutex<HashMap<String, HealthRequest>>);

#[derive(Debug, Clone)]
struct HealthRequest {
    ready: Instant,
    question: Question,
    /// Lower-case `$expand`.
    expand: String,
    fault: Option<Fault>,
}

#[derive(Debug, Clone)]
enum Question {
    /// `backendhealth`: every server the gateway probes.
    All,
    /// `getBackendHealthOnDemand`: the servers of one pool under a probe that need not exist.
    Candidate { pool: String, setting: String, probe: Box<Probe> },
}

/// `POST .../backendhealth`.
pub(crate) fn ask(call: &Call<'_>) -> Result<Response, ArmError> {
    accept(call, Question::All)
}

/// `POST .../getBackendHealthOnDemand`.
pub(crate) fn ask_on_demand(call: &Call<'_>) -> Result<Response, ArmError> {
    let body: Value = serde_json::from_slice(call.request.body())
        .map_err(|error| ArmError::unreadable("InvalidJson", error.to_string()))?;
    let gateway = call.world.store().current().clone();
    let part = |field: &str, collection: &str| {
        let id = text(&body, &format!("/{field}/id")).unwrap_or_default();
        let found = referred(&body, &format!("/{field}")).and_then(|name| child(&gateway, collection, &name));
        let name = found.and_then(|part| text(part, "/name"));
        name.map(str::to_lowercase).ok_or_else(|| {
            let message = format!(
                "Resource {id} referenced by resource {} was not found. Please make sure that the referenced \
                 resource exists, and that both resources are in the same region.",
                call.world.id()
            );
            ArmError::bad("InvalidResourceReference", message)
        })
    };
    let pool = part("backendAddressPool", "backendAddressPools")?;
    let setting = part("backendHttpSettings", "backendHttpSettingsCollection")?;
    accept(call, Question::Candidate { pool, setting, probe: Box::new(Probe::read(&body)) })
}

fn accept(call: &Call<'_>, question: Question) -> Result<Response, ArmError> {
    let world = call.world;
    world.somebody_looks();
    let fault = call.azure.fault(Occasion::Health);
    match &fault {
        Some(Fault::HealthForbidden) => return Err(forbidden(&call.action(), world.id())),
        Some(Fault::HealthThrottled429 { retry_after }) => {
            return Err(ArmError::throttled(
                "TooManyRequests",
                "The request is being throttled.",
                *retry_after,
            ));
        }
        _ => {}
    }
    let id = random::guid();
    let expand = call.query("$expand").unwrap_or_default().to_lowercase();
    let request = HealthRequest { ready: Instant::now() + world.pace.health(), question, expand, fault };
    world.health_requests.0.lock().unwrap_or_else(PoisonError::into_inner).insert(id.clone(), request);
    call.azure.belongs(&id, world);
    Ok(not_ready(call, &id))
}

/// `GET .../operationResults/{id}`; nothing when there is no such request.
pub(crate) async fn fetch(call: &Call<'_>, id: &str) -> Option<Response> {
    let requests = &call.world.health_requests.0;
    let request = requests.lock().unwrap_or_else(PoisonError::into_inner).get(id).cloned()?;
    let early = call.world.pace != Pace::Instant && Instant::now() < request.ready;
    if early || request.fault == Some(Fault::HealthNeverReady) {
        return Some(not_ready(call, id));
    }
    let body = match &request.question {
        Question::All => everything(call.world, &request).await,
        Question::Candidate { pool, setting, probe } => {
            candidate(call.world, &request, &Target { pool: pool.clone(), setting: setting.clone() }, probe)
                .await
        }
    };
    Some(reply(StatusCode::OK, &body))
}

async fn everything(world: &World, request: &HealthRequest) -> Value {
    let live = world.plane.live();
    let mut pools: Vec<(String, Vec<Value>)> = Vec::new();
    if live.config.running {
        for target in live.config.targets() {
            let servers = world.plane.health(&live, &target).await;
            let setting = json!({
                "backendHttpSettings": part(world, request, "backendHttpSettingsCollection", &target.setting),
                "servers": request.servers(world, live.config.pool(&target.pool), &servers),
            });
            match pools.iter_mut().find(|(pool, _)| *pool == target.pool) {
                Some((_, settings)) => settings.push(setting),
                None => pools.push((target.pool, vec![setting])),
            }
        }
    }
    let pools: Vec<Value> = pools
        .into_iter()
        .map(|(pool, settings)| {
            json!({
                "backendAddressPool": part(world, request, "backendAddressPools", &pool),
                "backendHttpSettingsCollection": settings,
            })
        })
        .collect();
    json!({"backendAddressPools": pools})
}

async fn candidate(world: &World, request: &HealthRequest, target: &Target, probe: &Probe) -> Value {
    let config = world.scenario.config_of(world.store().current());
    let servers = config.pool(&target.pool).map(|pool| pool.servers.clone()).unwrap_or_default();
    let states = match config.setting(&target.setting) {
        Some(setting) => world.plane.try_probe(&servers, setting, probe).await,
        None => vec![],
    };
    json!({
        "backendAddressPool": part(world, request, "backendAddressPools", &target.pool),
        "backendHealthHttpSettings": {
            "backendHttpSettings": part(world, request, "backendHttpSettingsCollection", &target.setting),
            "servers": request.servers(world, config.pool(&target.pool), &states),
        },
    })
}

/// A part of the gateway as the answer names it. The live service spells one segment in another case here
/// than in the gateway itself (examples of REST versions 2024-01-01 and 2025-07-01).
fn part(world: &World, request: &HealthRequest, collection: &str, name: &str) -> Value {
    let gateway = world.store().shown();
    let found = child(&gateway, collection, name);
    let name = found.and_then(|part| text(part, "/name")).unwrap_or(name);
    let spelt = if collection == "backendAddressPools" { "backendaddressPools" } else { collection };
    let id = format!("{}/{spelt}/{name}", world.id());
    // `$expand=BackendAddressPool,BackendHttpSettings`; the names are singular, the collections are not.
    let wanted = match collection {
        "backendAddressPools" => request.expand.contains("backendaddresspool"),
        _ => request.expand.contains("backendhttpsettings"),
    };
    match found.filter(|_| wanted) {
        Some(part) => {
            let mut part = part.clone();
            crate::json::put(&mut part, "id", id);
            part
        }
        None => json!({"id": id}),
    }
}

impl HealthRequest {
    fn servers(&self, world: &World, pool: Option<&Pool>, states: &[(String, ServerHealth)]) -> Vec<Value> {
        let cut_off = world.scenario.no_health_data || self.fault == Some(Fault::HealthUnknown);
        let unknown = cut_off.then(|| verdict(&Outcome::NotReported));
        states
            .iter()
            .map(|(address, state)| {
                let state = unknown.as_ref().unwrap_or(state);
                let mut server = json!({
                    "address": address,
                    "health": state.health.as_str(),
                    "healthProbeLog": state.log,
                    "healthProbeErrorName": state.error_name,
                    "backendCertificateChainMetadata": {"certificateChainMetadata": state.certificates},
                });
                if let Some(id) = pool.and_then(|pool| pool.ip_configurations.get(address)) {
                    crate::json::put(&mut server, "ipConfiguration", json!({"id": id}));
                }
                server
            })
            .collect()
    }
}
