//! What goes over the wire in a story: heard while it happens, and kept for judges that are no part of these tests.

use std::env;
use std::ffi::OsString;
use std::fs::{self, File};
use std::io::Write as _;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, header};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::Response;
use serde::Serialize;
use serde_json::Value;

/// Names the folder to keep it in: a file for each server, an exchange a line.
const FOLDER: &str = "AGW_TRAFFIC";

/// A request, and how it was answered. A body that is no JSON is its text.
#[derive(Debug, Serialize)]
pub(crate) struct Exchange {
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) host: Option<String>,
    pub(crate) authorization: Option<String>,
    pub(crate) body: Value,
    pub(crate) status: u16,
    pub(crate) answer: Value,
}

type Listener = Arc<dyn Fn(&Exchange) + Send + Sync>;

/// A server at which somebody listens to each exchange, before the answer is there.
pub(crate) fn overheard(router: Router, heard: impl Fn(&Exchange) + Send + Sync + 'static) -> Router {
    router.layer(from_fn_with_state(Arc::new(heard) as Listener, listen))
}

/// A server whose exchanges are kept, if somebody wants them.
pub(crate) fn kept(server: &str, router: Router) -> Router {
    let Some(folder) = env::var_os(FOLDER) else { return router };
    let book = Mutex::new(book(server, folder));
    overheard(router, move |exchange| {
        let line = serde_json::to_string(exchange).unwrap() + "\n";
        book.lock().unwrap().write_all(line.as_bytes()).unwrap();
    })
}

/// A file that no other server and no other process writes to.
fn book(server: &str, folder: OsString) -> File {
    static COUNT: AtomicUsize = AtomicUsize::new(0);
    fs::create_dir_all(&folder).unwrap();
    let (process, number) = (std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
    File::create_new(Path::new(&folder).join(format!("{server}-{process}-{number}.jsonl"))).unwrap()
}

async fn listen(State(listener): State<Listener>, request: Request, next: Next) -> Response {
    let (head, body) = request.into_parts();
    let asked = to_bytes(body, usize::MAX).await.unwrap_or_default();
    let (method, path, body) = (head.method.to_string(), head.uri.to_string(), read(&asked));
    let [host, authorization] = [header::HOST, header::AUTHORIZATION].map(|name| text(&head.headers, name));
    let response = next.run(Request::from_parts(head, Body::from(asked))).await;
    let (head, stream) = response.into_parts();
    if is_endless(&head.headers) {
        return Response::from_parts(head, stream);
    }
    let answered = to_bytes(stream, usize::MAX).await.unwrap();
    let (status, answer) = (head.status.as_u16(), read(&answered));
    listener(&Exchange { method, path, host, authorization, body, status, answer });
    Response::from_parts(head, Body::from(answered))
}

fn read(body: &[u8]) -> Value {
    serde_json::from_slice(body).unwrap_or_else(|_| String::from_utf8_lossy(body).into())
}

fn text(headers: &HeaderMap, name: HeaderName) -> Option<String> {
    headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned)
}

fn is_endless(headers: &HeaderMap) -> bool {
    text(headers, header::CONTENT_TYPE).is_some_and(|kind| kind.starts_with("text/event-stream"))
}
