//! What the platform puts before the instances of an app: each request goes to one of those that are there.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use reqwest::Client;
use url::Url;

use crate::serve::Server;

/// Hands requests to instances in turn. What an instance leaves unanswered is a 502, and nobody tries it again but
/// whoever sent it.
#[derive(Debug)]
pub struct Balancer {
    shared: Arc<Shared>,
    server: Server,
}

#[derive(Debug)]
struct Shared {
    http: Client,
    instances: Mutex<Vec<Url>>,
    next: AtomicUsize,
}

impl Balancer {
    /// A balancer without instances.
    pub async fn start() -> Self {
        let http = Client::builder().no_proxy().build().unwrap();
        let shared = Arc::new(Shared { http, instances: Mutex::default(), next: AtomicUsize::new(0) });
        let server = Server::start(Router::new().fallback(pass).with_state(Arc::clone(&shared))).await;
        Self { shared, server }
    }

    /// Where it is.
    #[must_use]
    pub fn url(&self) -> Url {
        self.server.url()
    }

    /// Says which instances are there.
    pub fn instances(&self, urls: Vec<Url>) {
        *self.shared.instances.lock().unwrap() = urls;
    }
}

impl Shared {
    fn pick(&self) -> Option<Url> {
        let instances = self.instances.lock().unwrap();
        let turn = self.next.fetch_add(1, Ordering::Relaxed);
        instances.get(turn.checked_rem(instances.len())?).cloned()
    }
}

async fn pass(State(shared): State<Arc<Shared>>, request: Request) -> Response {
    let Some(instance) = shared.pick() else { return StatusCode::SERVICE_UNAVAILABLE.into_response() };
    let (parts, body) = request.into_parts();
    let body = axum::body::to_bytes(body, 8 << 20).await.unwrap();
    let path = parts.uri.path_and_query().map_or("/", |path| path.as_str());
    let mut headers = parts.headers;
    headers.remove("host");
    let sent = shared.http.request(parts.method, instance.join(path).unwrap()).headers(headers).body(body);
    let Ok(answer) = sent.send().await else { return StatusCode::BAD_GATEWAY.into_response() };
    let (status, kind) = (answer.status(), answer.headers().get("content-type").cloned());
    let Ok(body) = answer.bytes().await else { return StatusCode::BAD_GATEWAY.into_response() };
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    if let Some(kind) = kind {
        response.headers_mut().insert("content-type", kind);
    }
    response
}
