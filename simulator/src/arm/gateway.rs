//! The gateway resource: read it, list it, write it.

use http::{HeaderValue, StatusCode, header};
use serde_json::{Value, json};

use super::{ArmError, Call, address::What, forbidden, operations::Store, reply};
use crate::{
    Fault, Pace,
    fault::Occasion,
    json::text,
    net::{self, Response},
    resource,
    scenario::SUBSCRIPTION,
};

/// 404 when the path names a gateway, or a resource group, that there is none of.
pub(super) fn exists(call: &Call<'_>) -> Result<(), ArmError> {
    let (group, name) = match &call.address.what {
        What::Gateway { group, name } | What::GatewayAction { group, name, .. } => (group, Some(name)),
        What::Gateways { group: Some(group) } => (group, None),
        _ => return Ok(()),
    };
    // All gateways are in one resource group.
    let own = call.azure.first().id().split('/').nth(4);
    if !own.is_some_and(|own| own.eq_ignore_ascii_case(group)) {
        let message = format!("Resource group '{group}' could not be found.");
        return Err(ArmError::not_found("ResourceGroupNotFound", message));
    }
    match name {
        Some(name) if call.azure.world(name).is_none() => {
            let message = format!(
                "The Resource 'Microsoft.Network/applicationGateways/{name}' under resource group '{group}' \
                 was not found. For more details please go to https://aka.ms/ARMResourceNotFoundFix"
            );
            Err(ArmError::not_found("ResourceNotFound", message))
        }
        _ => Ok(()),
    }
}

pub(super) fn get(call: &Call<'_>) -> Result<Response, ArmError> {
    match call.azure.fault(Occasion::Get) {
        Some(Fault::GetForbidden) => return Err(forbidden(&call.action(), call.world.id())),
        Some(Fault::GetThrottled429 { retry_after }) => {
            let message =
                format!("Number of read requests for subscription '{SUBSCRIPTION}' exceeded the limit.");
            return Err(ArmError::throttled("TooManyRequests", message, retry_after));
        }
        Some(Fault::GetServerError503) => {
            let message = "The server is temporarily unable to process the request.";
            return Err(ArmError::new(StatusCode::SERVICE_UNAVAILABLE, "ServerUnavailable", message));
        }
        _ => {}
    }
    let gateway = call.world.shown();
    let mut response = reply(StatusCode::OK, &gateway);
    net::set(response.headers_mut(), "etag", text(&gateway, "/etag").unwrap_or_default());
    Ok(response)
}

pub(super) fn list(call: &Call<'_>) -> Response {
    let gateways: Vec<Value> = call.azure.worlds().map(|world| world.shown()).collect();
    reply(StatusCode::OK, &json!({"value": gateways}))
}

/// Accepts a whole new configuration. The operation goes on after the answer; `None` breaks the connection.
///
/// Headers and the 200 with `Updating` are as in the Azure/azure-cli recording
/// `test_network_ag_probe_with_host_name_from_settings` of November 2025.
pub(super) fn put(call: &Call<'_>) -> Result<Option<Response>, ArmError> {
    let world = call.world;
    let id = world.id();
    let fault = call.azure.fault(Occasion::Put);
    refuse(fault.as_ref(), world.pace)?;
    let (operation, gateway) = {
        let mut store = world.store();
        precondition(if_match(call), id, store.current())?;
        let body: Value = serde_json::from_slice(call.request.body()).map_err(|error| {
            let message =
                format!("The request content was invalid and could not be deserialized: '{error}'.");
            ArmError::bad("InvalidRequestContent", message)
        })?;
        let operation = write(&mut store, id, body, fault.as_ref())?;
        (operation, store.shown())
    };
    call.azure.belongs(&operation, world);
    world.finish_later(operation.clone());
    if fault == Some(Fault::PutDropsConnectionAfterAccept) {
        return Ok(None);
    }
    let mut response = reply(StatusCode::OK, &gateway);
    let headers = response.headers_mut();
    if world.pace != Pace::Real {
        // The live service leaves it out, and clients fall back to half a minute.
        headers.insert(header::RETRY_AFTER, world.pace.retry_after().into());
    }
    headers.insert("azure-asyncnotification", HeaderValue::from_static("Enabled"));
    // The live link is signed; a client has to follow it as it is.
    net::set(
        headers,
        "azure-asyncoperation",
        &format!("{}&t=0&c=simulated&s=signature&h=hash", call.link("operations", &operation)),
    );
    Ok(Some(response))
}

/// Takes a configuration that holds together, and gives the operation that puts it in force.
pub(crate) fn write(
    store: &mut Store,
    id: &str,
    body: Value,
    fault: Option<&Fault>,
) -> Result<String, ArmError> {
    resource::validate(&body, id, store.current())?;
    let body = resource::with_members(body, store.current());
    let gateway = resource::accepted(body, id, store.current());
    Ok(store.accept(gateway, fault))
}

pub(crate) fn refuse(fault: Option<&Fault>, pace: Pace) -> Result<(), ArmError> {
    match fault {
        Some(Fault::PutThrottled429) => Err(ArmError::throttled(
            "RetryableErrorDueToAnotherOperation",
            "Operation PutApplicationGatewayOperation was refused because of another operation in progress.",
            pace.retry_after(),
        )),
        Some(Fault::PutConflict409) => Err(ArmError::conflict(
            "AnotherOperationInProgress",
            "Another operation on this or dependent resource is in progress.",
        )),
        Some(Fault::PutServerError500) => {
            Err(ArmError::new(StatusCode::INTERNAL_SERVER_ERROR, "InternalServerError", "An error occurred."))
        }
        _ => Ok(()),
    }
}

fn if_match<'a>(call: &Call<'a>) -> Option<&'a str> {
    call.request.headers().get(header::IF_MATCH).and_then(|value| value.to_str().ok())
}

/// `If-Match`. Whether the live service heeds it is not known; here it does.
pub(crate) fn precondition(wanted: Option<&str>, id: &str, current: &Value) -> Result<(), ArmError> {
    let Some(wanted) = wanted else { return Ok(()) };
    let etag = text(current, "/etag").unwrap_or_default();
    if wanted == "*" || wanted == etag {
        return Ok(());
    }
    let message = format!(
        "Precondition failed for resource {id}: the request is for etag {wanted}, the current etag is {etag}."
    );
    Err(ArmError::new(StatusCode::PRECONDITION_FAILED, "PreconditionFailed", message))
}

/// Changes the tags, which is all a PATCH of a gateway can do (REST operation `UpdateTags`).
pub(super) fn patch(call: &Call<'_>) -> Result<Response, ArmError> {
    let body: Value = serde_json::from_slice(call.request.body())
        .map_err(|error| ArmError::bad("InvalidRequestContent", error.to_string()))?;
    let members = body
        .as_object()
        .ok_or_else(|| ArmError::bad("InvalidRequestContent", "The body must be an object."))?;
    if let Some(other) = members.keys().find(|key| *key != "tags") {
        let message =
            format!("Could not find member '{other}' on object of type 'TagsObject'. Path '{other}'.");
        return Err(ArmError::unreadable("InvalidJson", message));
    }
    let mut store = call.world.store();
    store.tag(body.get("tags").unwrap_or(&json!({})));
    Ok(reply(StatusCode::OK, &store.shown()))
}
