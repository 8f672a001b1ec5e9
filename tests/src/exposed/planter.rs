//! A way to Azure that puts secrets into every answer: such as are in the configuration of real resources, though
//! nobody would expect them there.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::header;
use axum::response::Response;
use reqwest::Client;
use serde_json::{Value, json};
use url::Url;

use super::Planted;
use crate::serve::Server;

/// What stands in the properties of every resource.
const SECRETS: [(&str, &str); 4] = [
    ("password", "canary-arm-password-2f1b"),
    ("data", "canary-arm-certificate-9c03"),
    ("connectionString", "AccountKey=canary-arm-connection-71aa"),
    ("instrumentationKey", "canary-arm-setting-e5d4"),
];

/// Where the plan of the story writes: what is read back there has to be what was written.
const PLANNED: [&str; 2] = ["probes", "backendHttpSettingsCollection"];

#[derive(Debug)]
struct Shared {
    target: Url,
    http: Client,
    planted: AtomicUsize,
}

/// The way.
#[derive(Debug)]
pub(super) struct Planter {
    shared: Arc<Shared>,
    server: Server,
}

impl Planter {
    pub(super) async fn start(target: Url, planted: &Planted) -> Self {
        SECRETS.iter().for_each(|(_, secret)| planted.azures(secret));
        let http = Client::builder().no_proxy().build().unwrap();
        let shared = Arc::new(Shared { target, http, planted: AtomicUsize::new(0) });
        let router = Router::new().fallback(pass).with_state(Arc::clone(&shared));
        Self { shared, server: Server::start(router).await }
    }

    pub(super) fn url(&self) -> Url {
        self.server.url()
    }

    /// How many answers had secrets put into them.
    pub(super) fn planted(&self) -> usize {
        self.shared.planted.load(Ordering::SeqCst)
    }
}

async fn pass(State(shared): State<Arc<Shared>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let url = shared.target.join(&parts.uri.to_string()).unwrap();
    let body = to_bytes(body, usize::MAX).await.unwrap();
    let own =
        parts.headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default().to_owned();
    let mut headers = parts.headers;
    headers.remove(header::HOST);
    let answer = shared.http.request(parts.method, url).headers(headers).body(body).send().await.unwrap();
    let mut response = Response::new(Body::empty());
    *response.status_mut() = answer.status();
    response.headers_mut().clone_from(answer.headers());
    response.headers_mut().remove(header::CONTENT_LENGTH);
    response.headers_mut().remove(header::TRANSFER_ENCODING);
    // Links lead here, too.
    let there = format!("{}:{}", shared.target.host_str().unwrap(), shared.target.port().unwrap());
    for value in response.headers_mut().values_mut() {
        if let Some(text) = value.to_str().ok().filter(|text| text.contains(&there)) {
            *value = text.replace(&there, &own).parse().unwrap();
        }
    }
    let bytes = answer.bytes().await.unwrap();
    let text = String::from_utf8_lossy(&bytes).replace(&there, &own);
    *response.body_mut() = Body::from(match serde_json::from_str::<Value>(&text) {
        Ok(mut json) => {
            if plant(&mut json) {
                shared.planted.fetch_add(1, Ordering::SeqCst);
            }
            json.to_string()
        }
        Err(_) => text,
    });
    response
}

/// Puts the secrets into the properties of each resource of an answer, and tells whether there was one.
fn plant(json: &mut Value) -> bool {
    match json {
        Value::Array(all) => all.iter_mut().map(plant).filter(|planted| *planted).count() > 0,
        Value::Object(object) => {
            let others = object.iter_mut().filter(|(name, _)| !PLANNED.contains(&name.as_str()));
            let inside = others.map(|(_, one)| plant(one)).filter(|planted| *planted).count();
            let Some(Value::Object(properties)) = object.get_mut("properties") else { return inside > 0 };
            for (name, secret) in SECRETS {
                properties.entry(name).or_insert_with(|| json!(secret));
            }
            true
        }
        _ => false,
    }
}
