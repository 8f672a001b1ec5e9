//! Azure Resource Manager (ARM) over HTTP.

#[cfg(test)]
pub(super) mod tests;

use async_trait::async_trait;
use domain::evidence::{ArmRead, Asker};
use domain::gateway::Gateway;
use domain::id::GatewayId;
use domain::plan::Beside;
use reqwest::Method;
use serde_json::{Value, json};
use tokio::time::Instant;

use super::answer::{Answer, Lost};
use super::call::{Call, LOCKS, NETWORK};
use super::config::{ArmConfig, ConfigError};
use super::gateways::{Gateways, pages, text};
use super::identities::Identities;
use super::long_read::long_read;
use super::operation;
use super::wire::Wire;
use crate::ports::{Accepted, Arm, ArmError, Operation, PutError};

/// Azure Resource Manager. Cheap to share, not to build: it holds the connections.
pub struct ArmClient {
    wire: Wire,
    gateways: Gateways,
}

impl ArmClient {
    /// Prepares a client; nothing is sent yet. Over plain http requests carry no token, which only a simulator
    /// takes.
    ///
    /// # Errors
    /// When the endpoint is not https, and not on this machine either; when there is no TLS to be had.
    pub fn new(config: ArmConfig, identities: Identities) -> Result<Self, ConfigError> {
        Ok(Self { wire: Wire::new(&config, identities)?, gateways: Gateways::new(&config) })
    }

    fn url(&self, id: &GatewayId, below: &str, version: &str) -> url::Url {
        self.wire.url(&format!("{}{below}", id.as_str()), version)
    }

    async fn get(&self, call: &Call<'_>) -> Result<Answer, ArmError> {
        self.wire.read(call, Instant::now() + self.wire.pace.read).await
    }

    async fn post(
        &self,
        id: &GatewayId,
        below: &str,
        body: &Value,
        action: &'static str,
    ) -> Result<Value, ArmError> {
        let (method, url) = (Method::POST, self.url(id, below, NETWORK));
        let (body, asker) = (Some(body), Asker::Reader);
        let call = Call { method, url, body, etag: None, what: the_gateway(id), action, asker };
        long_read(&self.wire, &call).await
    }
}

impl ArmClient {
    /// Sends a write, once.
    async fn write(&self, call: &Call<'_>) -> Result<Accepted, PutError> {
        match self.wire.send(call, self.wire.pace.write).await {
            Ok(answer) => accepted(call, &answer),
            Err(Lost::Unsent(error)) => Err(PutError::Refused(error)),
            Err(Lost::Sent(ArmError::Unreachable { what })) => Err(PutError::Unknown { what }),
            Err(Lost::Sent(error)) => Err(PutError::Unknown { what: error.to_string() }),
        }
    }
}

#[async_trait]
impl Arm for ArmClient {
    async fn gateways(&self) -> Result<Vec<GatewayId>, ArmError> {
        self.gateways.list(&self.wire).await
    }

    async fn gateway(&self, id: &GatewayId) -> Result<Gateway, ArmError> {
        let action = "Microsoft.Network/applicationGateways/read";
        let answer = self.get(&Call::get(self.url(id, "", NETWORK), the_gateway(id), action)).await?;
        Gateway::parse(answer.json()?).map_err(|error| ArmError::Unexpected { what: error.to_string() })
    }

    async fn backend_health(&self, id: &GatewayId) -> Result<Value, ArmError> {
        let action = "Microsoft.Network/applicationGateways/backendhealth/action";
        self.post(id, "/backendhealth", &json!({}), action).await
    }

    async fn probe_on_demand(&self, id: &GatewayId, probe: &Value) -> Result<Value, ArmError> {
        let action = "Microsoft.Network/applicationGateways/getBackendHealthOnDemand/action";
        self.post(id, "/getBackendHealthOnDemand", probe, action).await
    }

    /// Locks of the level `CanNotDelete` are left out: they do not keep anybody from changing the gateway.
    async fn locks(&self, id: &GatewayId) -> Result<Vec<String>, ArmError> {
        let url = self.url(id, "/providers/Microsoft.Authorization/locks", LOCKS);
        let call = Call::get(url, the_gateway(id), "Microsoft.Authorization/locks/read");
        let locks = pages(&self.wire, call, Instant::now() + self.wire.pace.read).await?;
        Ok(locks.iter().filter_map(lock).collect())
    }

    async fn put_gateway(
        &self,
        id: &GatewayId,
        body: &Value,
        etag: Option<&str>,
    ) -> Result<Accepted, PutError> {
        let (method, url) = (Method::PUT, self.url(id, "", NETWORK));
        let action = "Microsoft.Network/applicationGateways/write";
        let (body, asker) = (Some(body), Asker::Writer);
        let call = Call { method, url, body, etag, what: the_gateway(id), action, asker };
        self.write(&call).await
    }

    async fn write_beside(&self, beside: &Beside) -> Result<Accepted, PutError> {
        let url = self.wire.url(&beside.path, beside.kind.version());
        let what = beside.in_words();
        let (method, action) = match &beside.after {
            Some(_) => (Method::PUT, beside.kind.write_action()),
            None => (Method::DELETE, beside.kind.delete_action()),
        };
        let (body, asker) = (beside.after.as_ref(), Asker::Writer);
        self.write(&Call { method, url, body, etag: None, what, action, asker }).await
    }

    async fn look_up(&self, read: &ArmRead) -> Result<Value, ArmError> {
        let mut url = self.wire.url(&read.path, read.version);
        if let Some(more) = &read.query {
            url.set_query(Some(&format!("api-version={}&{more}", read.version)));
        }
        let call = Call { asker: read.asker, ..Call::get(url, read.what.clone(), read.action) };
        let Some(body) = &read.body else { return self.get(&call).await?.json() };
        let body = serde_json::from_str(body).map_err(|error| ArmError::Unexpected {
            what: format!("no question to {}: {error}", read.what),
        })?;
        long_read(&self.wire, &Call { method: Method::POST, body: Some(&body), ..call }).await
    }

    async fn operation(&self, url: &str) -> Result<Operation, ArmError> {
        let action = "Microsoft.Network/locations/operations/read";
        let asker = self.wire.who_follows();
        let call = Call { asker, ..Call::get(self.wire.link(url)?, "the operation".to_owned(), action) };
        operation::read(&self.get(&call).await?)
    }
}

fn the_gateway(id: &GatewayId) -> String {
    format!("the Application Gateway {}", id.name())
}

fn lock(lock: &Value) -> Option<String> {
    let level = lock.pointer("/properties/level").and_then(Value::as_str).unwrap_or("unknown level");
    let name = text(lock, "name").unwrap_or("without a name");
    (!level.eq_ignore_ascii_case("CanNotDelete")).then(|| format!("{name} ({level})"))
}

/// What the answer to a PUT means. After a 5xx or 408 the write may go on somewhere behind the machine that
/// gave up on it: calling it refused would be a guess.
fn accepted(call: &Call<'_>, answer: &Answer) -> Result<Accepted, PutError> {
    let header = |name| answer.header(name).map(str::to_owned);
    let status = answer.status;
    if status.is_success() {
        let correlation = header("x-ms-correlation-request-id");
        return Ok(Accepted { operation: header("azure-asyncoperation"), correlation });
    }
    let error = answer.error(call);
    match status.is_server_error() || status.as_u16() == 408 {
        true => Err(PutError::Unknown { what: error.to_string() }),
        false => Err(PutError::Refused(error)),
    }
}
