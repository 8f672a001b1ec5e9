//! A way to Azure that can be cut at a chosen moment: whoever sent the request does not hear of it again, or
//! not until the test says so.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{Method, StatusCode};
use axum::response::{IntoResponse, Response};
use reqwest::Client;
use tokio::sync::Notify;
use url::Url;

use crate::serve::Server;

/// When the way is cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Moment {
    /// The PUT was sent and has not reached Azure.
    PutOnItsWay,
    /// Azure has taken the PUT, and nobody heard so.
    PutTaken,
    /// The first question how the write goes.
    FirstPoll,
    /// The first reading of the gateway after Azure said that the write is done.
    ReadBack,
    /// The request of this number, before Azure hears of it.
    Before(usize),
    /// The request of this number, after Azure has answered it.
    After(usize),
}

/// A reverse proxy in front of Azure.
#[derive(Debug)]
pub struct Gate {
    shared: Arc<Shared>,
    server: Server,
}

#[derive(Debug)]
struct Shared {
    target: Url,
    own: Mutex<Option<Url>>,
    http: Client,
    trap: Mutex<Option<Moment>>,
    /// Azure has said that a write is done.
    written: Mutex<bool>,
    reached: Notify,
    released: Notify,
    silent: AtomicBool,
    count: AtomicUsize,
    puts: AtomicUsize,
}

impl Gate {
    /// Opens a way to Azure.
    pub async fn start(target: Url) -> Self {
        let shared = Arc::new(Shared {
            target,
            own: Mutex::default(),
            http: Client::builder().no_proxy().build().unwrap(),
            trap: Mutex::default(),
            written: Mutex::default(),
            reached: Notify::new(),
            released: Notify::new(),
            silent: AtomicBool::new(false),
            count: AtomicUsize::new(0),
            puts: AtomicUsize::new(0),
        });
        let server = Server::start(Router::new().fallback(pass).with_state(Arc::clone(&shared))).await;
        *shared.own.lock().unwrap() = Some(server.url());
        Self { shared, server }
    }

    /// What `azure.endpoint` is set to.
    #[must_use]
    pub fn url(&self) -> Url {
        self.server.url()
    }

    /// Says when to cut the way, once. Requests are counted from now on.
    pub fn cut(&self, moment: Moment) {
        self.shared.count.store(0, Ordering::SeqCst);
        *self.shared.written.lock().unwrap() = false;
        *self.shared.trap.lock().unwrap() = Some(moment);
    }

    /// Waits until the way was cut.
    pub async fn reached(&self) {
        self.shared.reached.notified().await;
    }

    /// Lets the request that was held go on.
    pub fn release(&self) {
        self.shared.released.notify_one();
    }

    /// Whether the way was cut since this was asked last.
    #[must_use]
    pub fn was_cut(&self) -> bool {
        self.shared.silent.swap(false, Ordering::SeqCst)
    }

    /// Whether the cut is still to come.
    #[must_use]
    pub fn is_armed(&self) -> bool {
        self.shared.trap.lock().unwrap().is_some()
    }

    /// How many PUTs were sent, whether Azure took them or not.
    #[must_use]
    pub fn puts(&self) -> usize {
        self.shared.puts.load(Ordering::SeqCst)
    }
}

impl Shared {
    fn springs(&self, now: Moment) -> bool {
        let mut trap = self.trap.lock().unwrap();
        let hit = *trap == Some(now);
        if hit {
            *trap = None;
        }
        hit
    }

    /// The other side does not hear of its request for now.
    async fn silence(&self) {
        self.silent.store(true, Ordering::SeqCst);
        self.reached.notify_one();
        self.released.notified().await;
    }
}

async fn pass(State(gate): State<Arc<Shared>>, request: Request) -> Response {
    let number = gate.count.fetch_add(1, Ordering::SeqCst) + 1;
    let (parts, body) = request.into_parts();
    let body = axum::body::to_bytes(body, 8 << 20).await.unwrap();
    let path = parts.uri.path_and_query().map_or("/", |path| path.as_str()).to_owned();
    let put = parts.method == Method::PUT;
    let poll = path.contains("/operations/");
    let gateway = parts.uri.path().to_ascii_lowercase().contains("/applicationgateways/agw-prod")
        && parts.uri.path().matches('/').count() == 8;
    gate.puts.fetch_add(usize::from(put), Ordering::SeqCst);
    let read_back = parts.method == Method::GET && gateway && *gate.written.lock().unwrap();
    if (put && gate.springs(Moment::PutOnItsWay))
        || (poll && gate.springs(Moment::FirstPoll))
        || (read_back && gate.springs(Moment::ReadBack))
        || gate.springs(Moment::Before(number))
    {
        gate.silence().await;
    }
    let url = gate.target.join(&path).unwrap();
    let forward = gate.http.request(parts.method, url).body(body).headers({
        let mut headers = parts.headers;
        headers.remove("host");
        headers
    });
    let Ok(answer) = forward.send().await else { return StatusCode::BAD_GATEWAY.into_response() };
    let (status, headers) = (answer.status(), answer.headers().clone());
    let body = answer.bytes().await.unwrap();
    if poll && String::from_utf8_lossy(&body).contains("\"Succeeded\"") {
        *gate.written.lock().unwrap() = true;
    }
    if (put && gate.springs(Moment::PutTaken)) || gate.springs(Moment::After(number)) {
        gate.silence().await;
    }
    let own = gate.own.lock().unwrap().clone().unwrap();
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    for (name, value) in headers.iter().filter(|(name, _)| *name != "transfer-encoding") {
        // Azure's links lead back to where the request came from.
        let value = value.to_str().unwrap().replacen(gate.target.as_str(), own.as_str(), 1);
        response.headers_mut().insert(name.clone(), value.parse().unwrap());
    }
    response
}
