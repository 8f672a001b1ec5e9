//! Azure Resource Graph: many resources in one answer.

use http::StatusCode;
use serde_json::{Map, Value, json};

use super::{ArmError, Call, kql::Query, reply};
use crate::{
    json::{text, texts},
    net::Response,
    scenario::{SUBSCRIPTION, TENANT},
};

/// `POST /providers/Microsoft.ResourceGraph/resources`.
pub(super) fn ask(call: &Call<'_>) -> Result<Response, ArmError> {
    let body: Value = serde_json::from_slice(call.request.body())
        .map_err(|error| ArmError::bad("BadRequest", format!("The request is no JSON: {error}")))?;
    let text = text(&body, "/query").ok_or_else(|| ArmError::bad("BadRequest", "There is no query."))?;
    let query = Query::parse(text).map_err(|reason| ArmError::bad("BadRequest", reason))?;
    let subscriptions = texts(&body, "/subscriptions");
    let here =
        subscriptions.is_empty() || subscriptions.iter().any(|id| id.eq_ignore_ascii_case(SUBSCRIPTION));
    let rows = if here { query.answer(rows(call)) } else { Vec::new() };
    let count = rows.len();
    let body = json!({"totalRecords": count, "count": count, "resultTruncated": "false", "data": rows});
    Ok(reply(StatusCode::OK, &body))
}

/// Every resource that the client may read; the others are left out without a word.
fn rows(call: &Call<'_>) -> Vec<Value> {
    let gateways: Vec<Value> = call.azure.worlds().map(|world| world.shown()).collect();
    let mut rows: Vec<Value> = gateways.iter().chain(call.azure.resources()).filter_map(row).collect();
    rows.retain(|row| {
        let kind = text(row, "/type").unwrap_or_default();
        call.world.scenario.permits(&format!("{kind}/read"))
    });
    rows.sort_by_cached_key(|row| text(row, "/id").unwrap_or_default().to_lowercase());
    rows
}

/// A resource as the table `resources` has it. Types are lower-case there.
fn row(resource: &Value) -> Option<Value> {
    let id = text(resource, "/id")?;
    let (kind, name) = named(id)?;
    let group = id.split('/').nth(4).unwrap_or_default();
    let mut row = Map::from_iter([
        ("id".to_owned(), json!(id)),
        ("name".to_owned(), json!(name)),
        ("type".to_owned(), json!(kind.to_lowercase())),
        ("tenantId".to_owned(), json!(TENANT)),
        ("resourceGroup".to_owned(), json!(group)),
        ("subscriptionId".to_owned(), json!(SUBSCRIPTION)),
    ]);
    for column in ["location", "kind", "sku", "tags", "zones", "identity", "properties"] {
        row.insert(column.to_owned(), resource.get(column).cloned().unwrap_or_default());
    }
    Some(Value::Object(row))
}

/// The type and the name that an id ends with.
fn named(id: &str) -> Option<(String, &str)> {
    let at = id.to_lowercase().rfind("/providers/")?;
    let mut words = id.get(at..)?.split('/').skip(2);
    let mut kind = words.next()?.to_owned();
    let mut name = None;
    while let (Some(word), Some(own)) = (words.next(), words.next()) {
        kind = format!("{kind}/{word}");
        name = Some(own);
    }
    Some((kind, name?))
}
