//! The control plane: Azure Resource Manager, as far as a gateway's repair needs it.

mod address;
pub(crate) mod answers;
mod error;
pub(crate) mod gateway;
mod graph;
pub(crate) mod health;
pub(crate) mod identity;
pub(crate) mod insights;
mod interfaces;
mod kql;
mod logins;
pub(crate) mod operations;
mod resources;

use std::sync::{Arc, atomic::AtomicUsize};

use http::{Method, StatusCode, header};
use serde_json::{Value, json};
use url::form_urlencoded;

use self::address::{Address, What};
pub(crate) use self::error::ArmError;
use crate::{
    azure::Azure,
    fault::{Fault, Occasion},
    net::{self, HangUp, Request, Response},
    random,
    scenario::SUBSCRIPTION,
    world::World,
};

/// ARM's limits of a caller within a subscription (Microsoft Learn, request limits and throttling). They are
/// counted down for the headers and not enforced.
const READS: usize = 250;
const WRITES: usize = 200;

/// A request to ARM while it is being answered.
pub(crate) struct Call<'a> {
    pub(crate) azure: &'a Azure,
    /// The gateway the request is about; the first one where it is about none.
    pub(crate) world: &'a Arc<World>,
    pub(crate) request: &'a Request,
    pub(crate) address: &'a Address,
}

impl Call<'_> {
    /// A parameter of the query, letter case of its name aside.
    pub(crate) fn query(&self, name: &str) -> Option<String> {
        let query = self.request.uri().query().unwrap_or_default();
        form_urlencoded::parse(query.as_bytes())
            .find(|(key, _)| key.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.into_owned())
    }

    /// The link to an operation (`operations`) or a result (`operationResults`).
    fn link(&self, kind: &str, id: &str) -> String {
        let location = crate::json::filled(self.world.store().current(), "/location").unwrap_or_default();
        let version = self.query("api-version").unwrap_or_default();
        format!(
            "{}/subscriptions/{SUBSCRIPTION}/providers/Microsoft.Network/locations/{location}/{kind}/{id}\
             ?api-version={version}",
            self.azure.base
        )
    }

    /// The action this request needs permission for, such as `Microsoft.Network/applicationGateways/write`.
    fn action(&self) -> String {
        let kind = self.address.kind();
        match (self.request.method(), &self.address.what) {
            (_, What::GatewayAction { action, .. }) => format!("{kind}/{action}/action"),
            (&Method::PUT | &Method::PATCH, _) => format!("{kind}/write"),
            (&Method::DELETE, _) => format!("{kind}/delete"),
            // Two questions that are too long for a GET.
            (&Method::POST, What::Graph) => format!("{kind}/read"),
            (&Method::POST, _) if kind.to_lowercase().ends_with("/workspaces/query") => {
                format!("{kind}/read")
            }
            (&Method::POST, _) => format!("{kind}/action"),
            _ => format!("{kind}/read"),
        }
    }
}

/// Answers a request to the control plane, and records both.
pub(crate) async fn answer(azure: &Azure, request: Request) -> Result<Response, HangUp> {
    let answer = dispatch(azure, &request).await.map(|mut response| {
        finish(azure, &request, &mut response);
        response
    });
    azure.journal.record(&request, &answer);
    answer
}

async fn dispatch(azure: &Azure, request: &Request) -> Result<Response, HangUp> {
    let address = Address::parse(request.uri().path());
    let signing_in = match (&address.what, request.method()) {
        (What::Endpoints, &Method::GET) => Some(identity::endpoints(azure)),
        (What::OpenId { tenant }, &Method::GET) => Some(identity::openid(azure, tenant)),
        (What::Token, &Method::POST) => Some(identity::token(azure, request)),
        _ => None,
    };
    if let Some(response) = signing_in {
        return Ok(response);
    }
    let world = about(azure, &address.what).unwrap_or_else(|| Arc::clone(azure.first()));
    let call = Call { azure, world: &world, request, address: &address };
    match arm(&call).await {
        Ok(Some(response)) => Ok(response),
        Ok(None) => Err(HangUp),
        Err(error) => Ok(error.response()),
    }
}

/// The gateway that an address leads to. Whether its resource group is the right one is seen to later.
fn about(azure: &Azure, what: &What) -> Option<Arc<World>> {
    match what {
        What::Gateway { name, .. } | What::GatewayAction { name, .. } => azure.world(name).cloned(),
        What::Operation { id } | What::OperationResult { id } => azure.owner(id),
        _ => None,
    }
}

/// The answer to a request about what clients write beside the gateway; none if it is about something else.
async fn beside(call: &Call<'_>) -> Option<Result<Option<Response>, ArmError>> {
    let is_put = *call.request.method() == Method::PUT;
    if !insights::is_about(call) && !logins::is_about(call) {
        return None;
    }
    let fault = if is_put { call.azure.fault(Occasion::Beside) } else { None };
    if let Some(Fault::BesideDropsConnection { carried_out: false }) = fault {
        return Some(Ok(None));
    }
    let answer = match insights::answer(call).await {
        Some(answer) => Some(answer),
        None => logins::answer(call).await,
    };
    answer.map(|answer| if fault.is_some() { Ok(None) } else { answer.map(Some) })
}

/// The answer to an ARM request; `None` closes the connection.
async fn arm(call: &Call<'_>) -> Result<Option<Response>, ArmError> {
    admit(call)?;
    if let Some(answer) = beside(call).await {
        return answer;
    }
    let response = match (&call.address.what, call.request.method()) {
        (What::Subscriptions, &Method::GET) => {
            reply(StatusCode::OK, &json!({"value": [identity::subscription()]}))
        }
        (What::Subscription, &Method::GET) => reply(StatusCode::OK, &identity::subscription()),
        (What::Tenants, &Method::GET) => reply(StatusCode::OK, &json!({"value": [identity::tenant()]})),
        (What::Operation { id }, &Method::GET) => operation(call, id)?,
        (What::OperationResult { id }, &Method::GET) => {
            let ready = answers::fetch(call, id);
            let ready = if ready.is_some() { ready } else { health::fetch(call, id).await };
            ready.ok_or_else(|| no_operation(id))?
        }
        (What::Gateways { .. }, &Method::GET) => gateway::list(call),
        (What::Gateway { .. }, &Method::GET) => gateway::get(call)?,
        (What::Gateway { .. }, &Method::PUT) => return gateway::put(call),
        (What::Gateway { .. }, &Method::PATCH) => gateway::patch(call)?,
        (What::GatewayAction { action, .. }, &Method::POST) => match action.to_lowercase().as_str() {
            "backendhealth" => health::ask(call)?,
            "getbackendhealthondemand" => health::ask_on_demand(call)?,
            _ => resources::get(call).await?,
        },
        (What::Graph, &Method::POST) => graph::ask(call)?,
        (What::Locks { scope }, &Method::GET) => resources::locks(call, scope),
        (What::Permissions, &Method::GET) => {
            reply(StatusCode::OK, &identity::permissions(&call.world.scenario))
        }
        (What::Other { .. } | What::GatewayAction { .. }, &Method::GET | &Method::POST) => {
            resources::get(call).await?
        }
        _ => return Err(not_allowed(call)),
    };
    Ok(Some(response))
}

/// Everything that is checked before the resource itself is looked at.
fn admit(call: &Call<'_>) -> Result<(), ArmError> {
    identity::authenticate(call.azure, call.request)?;
    if call.query("api-version").is_none_or(|version| version.is_empty()) {
        let message = "The api-version query parameter (?api-version=) is required for all requests.";
        return Err(ArmError::bad("MissingApiVersionParameter", message));
    }
    if let Some(subscription) = call.address.subscription.as_deref().filter(|found| *found != SUBSCRIPTION) {
        let message = format!("The subscription '{subscription}' could not be found.");
        return Err(ArmError::not_found("SubscriptionNotFound", message));
    }
    // Who has any role in a subscription sees that it is there.
    if matches!(call.address.what, What::Subscriptions | What::Tenants) {
        return Ok(());
    }
    let action = call.action();
    if !call.world.scenario.permits(&action) {
        return Err(forbidden(&action, call.request.uri().path()));
    }
    gateway::exists(call)?;
    resources::unlocked(call)
}

/// The state of a write, and when to ask again while it goes on.
fn operation(call: &Call<'_>, id: &str) -> Result<Response, ArmError> {
    call.world.somebody_looks();
    let status = call.world.store().status(id).ok_or_else(|| no_operation(id))?;
    let mut response = reply(StatusCode::OK, &status);
    if crate::json::text(&status, "/status") == Some("InProgress") {
        response.headers_mut().insert(header::RETRY_AFTER, call.world.pace.retry_after().into());
    }
    Ok(response)
}

fn no_operation(id: &str) -> ArmError {
    ArmError::not_found("OperationNotFound", format!("Operation {id} was not found."))
}

fn not_allowed(call: &Call<'_>) -> ArmError {
    let message = format!("The requested resource does not support http method '{}'.", call.request.method());
    ArmError::new(StatusCode::METHOD_NOT_ALLOWED, "MethodNotAllowed", message)
}

/// 403 in the wording of ARM.
pub(crate) fn forbidden(action: &str, scope: &str) -> ArmError {
    let client = "33333333-3333-3333-3333-333333333333";
    let message = format!(
        "The client '{client}' with object id '{}' does not have authorization to perform action \
         '{action}' over scope '{scope}' or the scope is invalid. If access was recently granted, please refresh \
         your credentials.",
        identity::OBJECT_ID
    );
    ArmError::new(StatusCode::FORBIDDEN, "AuthorizationFailed", message)
}

/// A JSON answer.
pub(crate) fn reply(status: StatusCode, body: &Value) -> Response {
    net::text(status, "application/json; charset=utf-8", body.to_string())
}

/// The headers every answer of ARM has.
fn finish(azure: &Azure, request: &Request, response: &mut Response) {
    let write = !matches!(*request.method(), Method::GET | Method::HEAD);
    let (limit, counter, name): (usize, &AtomicUsize, _) = if write {
        (WRITES, &azure.writes, "x-ms-ratelimit-remaining-subscription-writes")
    } else {
        (READS, &azure.reads, "x-ms-ratelimit-remaining-subscription-reads")
    };
    let left = limit.saturating_sub(Azure::count(counter)).max(1);
    let headers = response.headers_mut();
    net::set(headers, name, &left.to_string());
    let id = random::guid();
    net::set(headers, "x-ms-request-id", &id);
    net::set(headers, "x-ms-correlation-request-id", &id);
    net::set(headers, "x-ms-arm-service-request-id", &random::guid());
    net::set(headers, "x-ms-routing-request-id", &format!("WESTEUROPE:{id}"));
    net::set(headers, "cache-control", "no-cache");
}
