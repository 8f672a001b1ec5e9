//! Answers that a scenario holds ready: lists, metrics, and actions that take a while.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use http::{StatusCode, header};
use serde_json::{Value, json};
use tokio::time::Instant;

use super::{Call, reply};
use crate::{
    Pace,
    json::{list, put, text},
    net::{self, Response},
    random,
    scenario::{Answer, Method},
};

/// Actions on a network interface that Azure takes its time for: 202 first, the answer at its `Location`.
const SLOW: [&str; 2] = ["/effectivenetworksecuritygroups", "/effectiveroutetable"];
/// How long, about.
const TAKES: Duration = Duration::from_secs(10);

/// Answers that are on their way, by the id of their operation.
#[derive(Debug, Default)]
pub(crate) struct Pending(Mutex<HashMap<String, (Instant, Answer)>>);

/// Gives the answer, or promises it.
pub(super) async fn give(call: &Call<'_>, answer: &Answer) -> Response {
    tokio::time::sleep(call.world.pace.scale(answer.delay)).await;
    let path = answer.path.to_lowercase();
    let slow = answer.method == Method::Post
        && path.contains("/networkinterfaces/")
        && SLOW.iter().any(|end| path.ends_with(end));
    if slow && answer.status == 200 { promise(call, answer) } else { shown(call, answer) }
}

fn shown(call: &Call<'_>, answer: &Answer) -> Response {
    let status = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let body = dated(&answer.body, until(call));
    let metrics = answer.path.to_lowercase().ends_with("/providers/microsoft.insights/metrics");
    match call.query("metricnames").filter(|_| metrics) {
        Some(names) => reply(status, &named(&body, &names)),
        None => reply(status, &body),
    }
}

/// The end of the time that a request asks about, in seconds since 1970: `timespan` in its query or its body.
fn until(call: &Call<'_>) -> i64 {
    let body: Option<Value> = serde_json::from_slice(call.request.body()).ok();
    let posted = || text(body.as_ref()?, "/timespan").map(str::to_owned);
    let span = call.query("timespan").or_else(posted);
    let end = span.as_deref().and_then(|span| span.rsplit('/').next()).and_then(|end| end.parse().ok());
    end.map_or_else(random::now, jiff::Timestamp::as_second)
}

/// The body with the moments in it: `{now}`, and `{now-25m}` for one that is 25 minutes earlier.
fn dated(body: &Value, now: i64) -> Value {
    match body {
        Value::String(text) => json!(moments(text, now)),
        Value::Array(items) => items.iter().map(|item| dated(item, now)).collect(),
        Value::Object(fields) => {
            Value::Object(fields.iter().map(|(key, field)| (key.clone(), dated(field, now))).collect())
        }
        other => other.clone(),
    }
}

fn moments(text: &str, now: i64) -> String {
    let minutes = match text.strip_prefix("{now").and_then(|rest| rest.strip_suffix('}')) {
        Some("") => Some(0),
        Some(rest) => rest.strip_prefix('-').and_then(|rest| rest.strip_suffix('m')?.parse::<i64>().ok()),
        None => None,
    };
    match minutes.and_then(|minutes| jiff::Timestamp::from_second(now - 60 * minutes).ok()) {
        Some(moment) => moment.to_string(),
        None => text.to_owned(),
    }
}

/// The metrics with these names, which are separated by commas.
fn named(body: &Value, names: &str) -> Value {
    let wanted = |metric: &&Value| {
        let own = text(metric, "/name/value").unwrap_or_default();
        names.split(',').any(|name| name.trim().eq_ignore_ascii_case(own))
    };
    let metrics: Vec<&Value> = list(body, "/value").iter().filter(wanted).collect();
    let mut shown = body.clone();
    put(&mut shown, "value", json!(metrics));
    shown
}

fn promise(call: &Call<'_>, answer: &Answer) -> Response {
    let id = random::guid();
    let ready = Instant::now() + call.world.pace.scale(TAKES);
    let mut pending = call.azure.pending.0.lock().unwrap_or_else(PoisonError::into_inner);
    pending.insert(id.clone(), (ready, answer.clone()));
    not_ready(call, &id)
}

/// 202, with the place to ask again.
pub(super) fn not_ready(call: &Call<'_>, id: &str) -> Response {
    let mut response = net::text(StatusCode::ACCEPTED, "application/json; charset=utf-8", "null");
    let headers = response.headers_mut();
    net::set(headers, "location", &call.link("operationResults", id));
    headers.insert(header::RETRY_AFTER, call.world.pace.retry_after().into());
    response
}

/// `GET .../operationResults/{id}`; nothing when no such answer is on its way.
pub(super) fn fetch(call: &Call<'_>, id: &str) -> Option<Response> {
    let pending = call.azure.pending.0.lock().unwrap_or_else(PoisonError::into_inner);
    let (ready, answer) = pending.get(id)?;
    let early = call.world.pace != Pace::Instant && Instant::now() < *ready;
    Some(if early { not_ready(call, id) } else { shown(call, answer) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_those_of_the_request() {
        let body = json!({"rows": [["{now}", "{now-25m}", "{now-}", "now"]]});
        let dated = dated(&body, 1_800_000_000);
        let row = json!(["2027-01-15T08:00:00Z", "2027-01-15T07:35:00Z", "{now-}", "now"]);
        assert_eq!(dated["rows"][0], row);
    }

    #[test]
    fn metrics_are_those_that_were_asked_for() {
        let metric = |name: &str| json!({"name": {"value": name}});
        let body = json!({"interval": "PT1M", "value": [metric("Throughput"), metric("CapacityUnits"), metric("X")]});
        let shown = named(&body, "capacityunits, Throughput");
        assert_eq!(shown["value"], json!([metric("Throughput"), metric("CapacityUnits")]));
        assert_eq!(shown["interval"], "PT1M");
    }
}
