//! An Entra ID that vouches for Azure Monitor's action groups.

use axum::Router;
use axum::http::HeaderMap;
use axum::routing::get;
use handler::config::Config;
use handler::ports::Clock as _;
use serde_json::{Value, json};

use crate::alert::AlertBody;
use crate::issuer::Issuer;
use crate::serve::Server;
use crate::talk::Sent;
use crate::world::World;

const APP: &str = "55555555-6666-7777-8888-999999999999";
const TENANT: &str = "33333333-4444-5555-6666-777777777777";

/// An Entra ID on loopback, with an app that stands for the bot.
pub struct FakeEntra {
    issuer: Issuer,
    server: Server,
}

impl FakeEntra {
    /// Opens a tenant in which Azure Monitor has the app's role.
    pub async fn start() -> Self {
        let issuer = Issuer::new();
        let keys = json!({ "keys": [issuer.jwk()] });
        let router = Router::new()
            .route("/metadata", get(metadata))
            .route("/keys", get(async move || axum::Json(keys)));
        let server = Server::start(router).await;
        Self { issuer, server }
    }

    /// A configuration in which the secure webhook is switched on.
    pub fn config(&self) -> impl FnOnce(&mut Config) + use<> {
        let metadata = self.server.url().join("metadata").unwrap();
        move |config| {
            config.alerts.app_id = Some(APP.to_owned());
            config.alerts.tenant = Some(TENANT.to_owned());
            config.alerts.metadata = Some(metadata);
        }
    }

    /// Azure Monitor posts an alert with a token of its own and the key, or without the key.
    pub async fn alert(&self, world: &World, alert: &AlertBody, key: Option<&str>) -> Sent {
        self.alert_as(world, "461e8683-5575-4561-ac7f-899cc907d62a", alert, key).await
    }

    /// Another application that was given the same role posts an alert.
    pub async fn alert_as(&self, world: &World, caller: &str, alert: &AlertBody, key: Option<&str>) -> Sent {
        let token = self.issuer.token(claims(caller), world.clock.now().as_second());
        let bearer = format!("Bearer {token}");
        let mut headers = vec![("content-type", "application/json"), ("authorization", bearer.as_str())];
        headers.extend(key.map(|key| ("x-functions-key", key)));
        world.post("/api/alerts", &headers, alert.json().to_string()).await
    }
}

fn claims(caller: &str) -> Value {
    json!({
        "iss": format!("https://login.microsoftonline.com/{TENANT}/v2.0"),
        "aud": APP, "tid": TENANT, "azp": caller, "ver": "2.0",
        "roles": ["ActionGroupsSecureWebhook"],
    })
}

async fn metadata(headers: HeaderMap) -> axum::Json<Value> {
    let host = headers["host"].to_str().unwrap();
    axum::Json(json!({ "jwks_uri": format!("http://{host}/keys") }))
}
