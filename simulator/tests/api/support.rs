//! A client of the simulated Azure.

use anyhow::{Context, Result, ensure};
use reqwest::{Client, Method, Response, StatusCode, Url};
use serde_json::{Value, json};
use simulator::{Options, Pace, Scenario, Simulator};

pub(crate) const VERSION: &str = "api-version=2025-07-01";

pub(crate) struct Azure {
    pub(crate) simulator: Simulator,
    first: Gateway,
}

/// A client of one gateway.
pub(crate) struct Gateway {
    pub(crate) id: String,
    base: Url,
    client: Client,
}

/// What a test does with no gateway in mind, it does with the first one.
impl std::ops::Deref for Azure {
    type Target = Gateway;

    fn deref(&self) -> &Gateway {
        &self.first
    }
}

impl Azure {
    pub(crate) async fn stage(scenario: &str) -> Result<Self> {
        Self::start(Scenario::named(scenario)?).await
    }

    pub(crate) async fn start(scenario: Scenario) -> Result<Self> {
        Self::copies(scenario, 1).await
    }

    pub(crate) async fn copies(scenario: Scenario, copies: usize) -> Result<Self> {
        Self::with(Options { copies, pace: Pace::Instant, ..Options::new(scenario) }).await
    }

    pub(crate) async fn with(options: Options) -> Result<Self> {
        let simulator = Simulator::start(options).await?;
        let (id, base) = (simulator.gateway_id().to_owned(), simulator.base_url().clone());
        Ok(Self { simulator, first: Gateway { id, base, client: Client::builder().no_proxy().build()? } })
    }

    /// A client of the gateway of this name, which need not exist.
    pub(crate) fn at(&self, name: &str) -> Gateway {
        let Gateway { id, base, client } = &self.first;
        let group = id.rsplit_once('/').map(|(group, _)| group).unwrap_or_default();
        Gateway { id: format!("{group}/{name}"), base: base.clone(), client: client.clone() }
    }

    /// Visits a page through the simulated internet.
    pub(crate) async fn visit(&self, url: &str) -> Result<(u16, String)> {
        let proxy = reqwest::Proxy::http(self.simulator.site_proxy().clone())?;
        let answer = Client::builder().proxy(proxy).build()?.get(url).send().await?;
        Ok((answer.status().as_u16(), answer.text().await?))
    }
}

impl Gateway {
    /// Sends a request to `path` below the gateway (or to a path of its own, when it begins with a slash).
    pub(crate) async fn send(&self, method: Method, path: &str, body: Option<&Value>) -> Result<Response> {
        self.send_with(method, path, "", body).await
    }

    /// The same, with more in its query.
    pub(crate) async fn send_with(
        &self,
        method: Method,
        path: &str,
        query: &str,
        body: Option<&Value>,
    ) -> Result<Response> {
        let gateway = &self.id;
        let path = match path {
            "" => gateway.to_owned(),
            path if path.starts_with('/') => path.to_owned(),
            path => format!("{gateway}/{path}"),
        };
        let url = self.base.join(&format!("{path}?{VERSION}{query}"))?;
        let request = self.client.request(method, url);
        let request = match body {
            Some(body) => request.json(body),
            None => request,
        };
        Ok(request.send().await?)
    }

    pub(crate) async fn gateway(&self) -> Result<Value> {
        Ok(self.send(Method::GET, "", None).await?.error_for_status()?.json().await?)
    }

    pub(crate) async fn put(&self, gateway: &Value) -> Result<Response> {
        self.send(Method::PUT, "", Some(gateway)).await
    }

    /// The last word of an operation.
    pub(crate) async fn outcome(&self, accepted: &Response) -> Result<Value> {
        let link =
            accepted.headers().get("azure-asyncoperation").context("no operation")?.to_str()?.to_owned();
        for _ in 0..20 {
            let status: Value = self.client.get(&link).send().await?.error_for_status()?.json().await?;
            if status["status"] != "InProgress" {
                return Ok(status);
            }
        }
        anyhow::bail!("the operation does not end")
    }

    /// Writes the gateway and waits until that succeeded.
    pub(crate) async fn write(&self, gateway: &Value) -> Result<()> {
        let accepted = self.put(gateway).await?;
        let status = accepted.status();
        ensure!(status == StatusCode::OK, "{status}: {}", accepted.text().await?);
        let outcome = self.outcome(&accepted).await?;
        ensure!(outcome["status"] == "Succeeded", "{outcome}");
        Ok(())
    }

    /// Reads the gateway, changes it and writes it back.
    pub(crate) async fn edit(&self, change: impl FnOnce(&mut Value)) -> Result<()> {
        let mut gateway = self.gateway().await?;
        change(&mut gateway);
        self.write(&gateway).await
    }

    /// The code of the refusal of a changed gateway, or of its first detail.
    pub(crate) async fn refused(&self, change: impl FnOnce(&mut Value)) -> Result<(u16, String, String)> {
        let mut gateway = self.gateway().await?;
        change(&mut gateway);
        let answer = self.put(&gateway).await?;
        let status = answer.status().as_u16();
        let body: Value = answer.json().await?;
        let text =
            |pointer: &str| body.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned();
        Ok((status, text("/error/code"), text("/error/details/0/code")))
    }

    /// The answer to a health request, once it is ready.
    pub(crate) async fn ask(&self, action: &str, body: &Value) -> Result<Value> {
        let accepted = self.send(Method::POST, action, Some(body)).await?;
        ensure!(
            accepted.status() == StatusCode::ACCEPTED,
            "{}: {}",
            accepted.status(),
            accepted.text().await?
        );
        let link = accepted.headers().get("location").context("no location")?.to_str()?.to_owned();
        for _ in 0..20 {
            let answer = self.client.get(&link).send().await?.error_for_status()?;
            if answer.status() == StatusCode::OK {
                return Ok(answer.json().await?);
            }
        }
        anyhow::bail!("the answer does not get ready")
    }

    /// What a GET of this path answers.
    pub(crate) async fn read(&self, path: &str) -> Result<Value> {
        Ok(self.send(Method::GET, path, None).await?.error_for_status()?.json().await?)
    }

    /// Every server with its health and log.
    pub(crate) async fn health(&self) -> Result<Vec<(String, String, String)>> {
        let body = self.ask("backendhealth", &json!({})).await?;
        let items = |value: &Value| value.as_array().cloned().unwrap_or_default();
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let servers = items(&body["backendAddressPools"])
            .into_iter()
            .flat_map(|pool| items(&pool["backendHttpSettingsCollection"]))
            .flat_map(|setting| items(&setting["servers"]))
            .map(|server| {
                (text(&server["address"]), text(&server["health"]), text(&server["healthProbeLog"]))
            });
        Ok(servers.collect())
    }
}

/// A probe for `/healthz`, attached to the first HTTP setting.
pub(crate) fn add_probe(gateway: &mut Value) {
    let host = gateway["properties"]["backendHttpSettingsCollection"][0]["properties"].clone();
    let picks = host["hostName"].is_string() || host["pickHostNameFromBackendAddress"] == true;
    let mut probe = json!({"name": "healthz", "properties": {"protocol": "Http", "path": "/healthz", "interval": 30,
        "timeout": 30, "unhealthyThreshold": 3, "pickHostNameFromBackendHttpSettings": picks}});
    if !picks {
        probe["properties"]["host"] = json!("127.0.0.1");
    }
    let id = format!("{}/probes/healthz", gateway["id"].as_str().unwrap_or_default());
    if let Some(probes) = gateway["properties"]["probes"].as_array_mut() {
        probes.push(probe);
    }
    gateway["properties"]["backendHttpSettingsCollection"][0]["properties"]["probe"] = json!({"id": id});
}

/// A scenario of a test: what its file says beside the name and the truth.
pub(crate) fn scenario(rest: &str) -> Result<Scenario, simulator::ScenarioError> {
    let (plain, tables) = rest.split_at(rest.find("\n[").unwrap_or(rest.len()));
    let text = format!(
        "name = \"mine\"\ntitle = \"Mine\"\nsummary = \"Mine.\"\n\
         truth = {{ cause = \"a\", fix = \"b\", explanation = \"c\" }}\n{plain}\n{tables}"
    );
    Scenario::parse("mine.toml", &text)
}

/// An id in the resource group of the scenarios.
pub(crate) fn id(rest: &str) -> String {
    format!("/subscriptions/{}/resourceGroups/rg-web/providers/{rest}", simulator::SUBSCRIPTION)
}
