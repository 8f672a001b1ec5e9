//! From the JSON of the two health calls to types. What the specification marks optional may be missing.

use std::collections::HashMap;

use serde_json::Value;

use super::{
    BackendHealth, Health, HealthError, PoolHealth, ReportedCertificate, ServerHealth, SettingHealth, Symptom,
};
use crate::id::Name;

/// A probe log is a sentence or two; what is longer is cut, as it ends up in a stored incident.
const LONGEST_LOG: usize = 4096;

pub(super) fn backend_health(body: &Value) -> Result<BackendHealth, HealthError> {
    report(body)?;
    let mut known = Wordings::default();
    let pools = list(body, "backendAddressPools", "")?.iter().enumerate();
    let pools = pools.map(|(i, pool)| read_pool(pool, &format!("/backendAddressPools/{i}"), &mut known));
    Ok(BackendHealth { pools: pools.collect::<Result<_, _>>()? })
}

pub(super) fn on_demand(body: &Value) -> Result<Vec<ServerHealth>, HealthError> {
    report(body)?;
    let at = "/backendHealthHttpSettings";
    match body.pointer(at) {
        Some(setting @ Value::Object(_)) => read_servers(setting, at, &mut Wordings::default()),
        _ => Err(HealthError::Shape { at: at.to_owned(), wanted: "report" }),
    }
}

/// Makes sure that the body is a report, and not an error in its place.
fn report(body: &Value) -> Result<(), HealthError> {
    if let Some(error) = body.get("error").filter(|error| error.is_object()) {
        return Err(HealthError::Refused { code: string(error, "code"), message: string(error, "message") });
    }
    match body {
        Value::Object(_) => Ok(()),
        _ => Err(HealthError::Shape { at: String::new(), wanted: "report" }),
    }
}

/// What the gateway wrote about servers of one answer, and what it means. Most servers fail alike, and working out
/// a wording takes longer than all the rest.
#[derive(Default)]
struct Wordings(HashMap<(String, Option<String>), Symptom>);

impl Wordings {
    fn symptom(&mut self, log: &str, error_name: Option<&str>) -> Symptom {
        let wording = (log.to_owned(), error_name.map(str::to_owned));
        self.0.entry(wording).or_insert_with(|| Symptom::read_with(log, error_name)).clone()
    }
}

fn read_pool(pool: &Value, at: &str, known: &mut Wordings) -> Result<PoolHealth, HealthError> {
    let key = "backendHttpSettingsCollection";
    let settings = list(pool, key, at)?.iter().enumerate();
    let settings = settings.map(|(i, setting)| read_setting(setting, &format!("{at}/{key}/{i}"), known));
    Ok(PoolHealth {
        pool: name(pool, "backendAddressPool", at)?,
        settings: settings.collect::<Result<_, _>>()?,
    })
}

fn read_setting(setting: &Value, at: &str, known: &mut Wordings) -> Result<SettingHealth, HealthError> {
    let name = name(setting, "backendHttpSettings", at)?;
    Ok(SettingHealth { setting: name, servers: read_servers(setting, at, known)? })
}

fn read_servers(setting: &Value, at: &str, known: &mut Wordings) -> Result<Vec<ServerHealth>, HealthError> {
    Ok(list(setting, "servers", at)?.iter().map(|server| read_server(server, known)).collect())
}

fn read_server(server: &Value, known: &mut Wordings) -> ServerHealth {
    let log: String = string(server, "healthProbeLog").chars().take(LONGEST_LOG).collect();
    let reported = string(server, "health");
    let error_name = Some(string(server, "healthProbeErrorName")).filter(|name| !name.is_empty());
    ServerHealth {
        address: string(server, "address"),
        health: Health::read(&reported),
        symptom: known.symptom(&log, error_name.as_deref()),
        reported,
        log,
        error_name,
        certificates: ReportedCertificate::read_all(server),
    }
}

/// The name of what `key` refers to: the last part of its id.
fn name(parent: &Value, key: &str, at: &str) -> Result<Name, HealthError> {
    let id = parent.get(key).and_then(|reference| reference.get("id")).and_then(Value::as_str);
    let last = id.and_then(|id| id.trim_end_matches('/').rsplit('/').next()).filter(|last| !last.is_empty());
    last.map(Name::new).ok_or_else(|| HealthError::Shape { at: format!("{at}/{key}/id"), wanted: "id" })
}

fn list<'a>(parent: &'a Value, key: &str, at: &str) -> Result<&'a [Value], HealthError> {
    match parent.get(key) {
        None | Some(Value::Null) => Ok(&[]),
        Some(Value::Array(items)) => Ok(items),
        Some(_) => Err(HealthError::Shape { at: format!("{at}/{key}"), wanted: "list" }),
    }
}

fn string(parent: &Value, key: &str) -> String {
    parent.get(key).and_then(Value::as_str).unwrap_or_default().to_owned()
}
