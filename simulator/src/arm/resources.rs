//! Resources beside the gateway, and the locks on all of them.

use http::{Method, StatusCode};
use serde_json::{Value, json};

use super::{ArmError, Call, address::What, answers, interfaces, reply};
use crate::{
    net::Response,
    scenario::{self, LockLevel, LockSpec},
};

/// What the scenario answers to this very request, or a resource beside the gateways by its id. A POST finds one
/// too: a canned answer to an action.
pub(super) async fn get(call: &Call<'_>) -> Result<Response, ArmError> {
    let path = call.request.uri().path().trim_end_matches('/');
    let method =
        if call.request.method() == Method::POST { scenario::Method::Post } else { scenario::Method::Get };
    if let Some(answer) = call.azure.answer(method, path, call.request.body()) {
        return Ok(answers::give(call, answer).await);
    }
    let Some(resource) = call.azure.resource(path) else {
        let parts = call.azure.parts(path).ok_or_else(|| missing(path))?;
        return Ok(reply(StatusCode::OK, &json!({"value": parts})));
    };
    let expand = call.query("$expand").unwrap_or_default();
    Ok(reply(StatusCode::OK, &interfaces::with_ip_configurations(call.azure, resource, &expand)))
}

pub(super) fn missing(path: &str) -> ArmError {
    let segments: Vec<&str> = path.split('/').collect();
    let at = |word: &str| segments.iter().position(|segment| segment.eq_ignore_ascii_case(word));
    let group = at("resourceGroups").and_then(|index| segments.get(index + 1)).copied().unwrap_or_default();
    let kind = at("providers").and_then(|index| segments.get(index + 1..)).unwrap_or_default().join("/");
    let message = format!(
        "The Resource '{kind}' under resource group '{group}' was not found. For more details please go to \
         https://aka.ms/ARMResourceNotFoundFix"
    );
    ArmError::not_found("ResourceNotFound", message)
}

/// The locks that hold for a scope: its own, and those of what it is part of.
pub(super) fn locks(call: &Call<'_>, scope: &str) -> Response {
    let locks: Vec<Value> = holding(&call.azure.locks(), scope).map(shown).collect();
    reply(StatusCode::OK, &json!({"value": locks}))
}

fn holding<'a>(locks: &'a [LockSpec], scope: &'a str) -> impl Iterator<Item = &'a LockSpec> {
    locks.iter().filter(move |lock| {
        let above =
            scope.get(..lock.scope.len()).is_some_and(|start| start.eq_ignore_ascii_case(&lock.scope));
        above && scope.get(lock.scope.len()..).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    })
}

fn shown(lock: &LockSpec) -> Value {
    json!({
        "id": format!("{}/providers/Microsoft.Authorization/locks/{}", lock.scope, lock.name),
        "name": lock.name,
        "type": "Microsoft.Authorization/locks",
        "properties": {"level": lock.level.as_str(), "notes": lock.notes},
    })
}

/// 409 when a lock forbids this request: a read-only one forbids writes and every POST, a delete lock
/// nothing that is possible here (Microsoft Learn, "Lock your resources").
pub(super) fn unlocked(call: &Call<'_>) -> Result<(), ArmError> {
    let writes =
        matches!(*call.request.method(), Method::PUT | Method::PATCH | Method::POST | Method::DELETE);
    let beside = matches!(call.address.what, What::Other { .. }) && *call.request.method() != Method::POST;
    let here = beside || matches!(call.address.what, What::Gateway { .. } | What::GatewayAction { .. });
    let path = call.request.uri().path();
    if !writes || !here {
        return Ok(());
    }
    match holding(&call.azure.locks(), path).find(|lock| lock.level == LockLevel::ReadOnly) {
        Some(lock) => {
            let message = format!(
                "The scope '{path}' cannot perform write operation because following scope(s) are locked: \
                 '{}'. Please remove the lock and try again.",
                lock.scope
            );
            Err(ArmError::conflict("ScopeLocked", message))
        }
        None => Ok(()),
    }
}
