//! What was said on the control plane, kept for tests and for the log file.

use std::{
    fs::File,
    io::Write as _,
    path::Path,
    sync::{Arc, Mutex, PoisonError},
};

use bytes::Bytes;
use http::HeaderMap;
use serde_json::{Value, json};

use crate::net::{HangUp, Request, Response};

/// Request headers worth keeping. `Authorization` is not among them: a log holds no token.
const REQUEST_HEADERS: &[&str] =
    &["accept", "content-type", "if-match", "if-none-match", "user-agent", "x-ms-client-request-id"];

/// One request to the control plane and its answer.
#[derive(Debug, Clone, PartialEq)]
pub struct Exchange {
    /// The method, in capitals.
    pub method: String,
    /// Path and query as sent.
    pub path: String,
    /// The request headers that say something about the client: accept, content-type, if-match,
    /// user-agent and the like, by lower-case name. Never the token.
    pub headers: Vec<(String, String)>,
    /// The request's body as text, empty when there was none. Bodies of token requests are left out.
    pub body: String,
    /// The status of the answer; 0 when the connection was closed instead.
    pub status: u16,
    /// The headers of the answer, by lower-case name.
    pub response_headers: Vec<(String, String)>,
    /// The body of the answer, null when it had none or was no JSON. Tokens are left out.
    pub response: Value,
}

impl Exchange {
    /// The line of the log file: `m`ethod, `p`ath, `h`eaders, `b`ody, `st`atus, and the `r`esponse's `h`eaders
    /// and `b`ody.
    fn line(&self) -> String {
        let map =
            |pairs: &[(String, String)]| pairs.iter().cloned().collect::<std::collections::BTreeMap<_, _>>();
        json!({
            "m": self.method, "p": self.path, "h": map(&self.headers), "b": self.body,
            "st": self.status, "rh": map(&self.response_headers), "rb": self.response,
        })
        .to_string()
    }
}

/// An exchange with its bodies as they were sent: read when somebody asks for it, since many are kept and few
/// are looked at.
#[derive(Debug)]
struct Kept {
    /// Without its two bodies.
    exchange: Exchange,
    body: Bytes,
    response: Bytes,
}

impl Kept {
    fn new(request: &Request, answer: &Result<Response, HangUp>) -> Self {
        let path = request.uri().path_and_query().map_or("/", http::uri::PathAndQuery::as_str);
        let secret = request.uri().path().ends_with("/token");
        let headers = REQUEST_HEADERS.iter().filter_map(|name| {
            Some(((*name).to_owned(), request.headers().get(*name)?.to_str().ok()?.to_owned()))
        });
        let exchange = Exchange {
            method: request.method().to_string(),
            path: path.to_owned(),
            headers: headers.collect(),
            body: String::new(),
            status: answer.as_ref().map_or(0, |response| response.status().as_u16()),
            response_headers: answer.as_ref().map(|response| pairs(response.headers())).unwrap_or_default(),
            response: Value::Null,
        };
        let body = |body: &Bytes| if secret { Bytes::new() } else { body.clone() };
        let response = answer.as_ref().map(|response| body(response.body())).unwrap_or_default();
        Self { exchange, body: body(request.body()), response }
    }

    fn read(&self) -> Exchange {
        Exchange {
            body: String::from_utf8_lossy(&self.body).into_owned(),
            response: serde_json::from_slice(&self.response).unwrap_or_default(),
            ..self.exchange.clone()
        }
    }
}

fn pairs(headers: &HeaderMap) -> Vec<(String, String)> {
    headers
        .iter()
        .filter_map(|(name, value)| Some((name.to_string(), value.to_str().ok()?.to_owned())))
        .collect()
}

/// Every exchange so far, and the file they are copied to.
#[derive(Debug)]
pub(crate) struct Journal {
    exchanges: Mutex<Vec<Arc<Kept>>>,
    log: Option<Mutex<File>>,
}

impl Journal {
    pub(crate) fn open(log: Option<&Path>) -> std::io::Result<Self> {
        let log = log.map(File::create).transpose()?.map(Mutex::new);
        Ok(Self { exchanges: Mutex::default(), log })
    }

    pub(crate) fn record(&self, request: &Request, answer: &Result<Response, HangUp>) {
        let kept = Kept::new(request, answer);
        if let Some(log) = &self.log {
            let mut file = log.lock().unwrap_or_else(PoisonError::into_inner);
            if let Err(error) = writeln!(file, "{}", kept.read().line()) {
                tracing::warn!(%error, "cannot write the log of exchanges");
            }
        }
        self.exchanges.lock().unwrap_or_else(PoisonError::into_inner).push(Arc::new(kept));
    }

    pub(crate) fn all(&self) -> Vec<Exchange> {
        let kept = self.exchanges.lock().unwrap_or_else(PoisonError::into_inner).clone();
        kept.iter().map(|kept| kept.read()).collect()
    }
}
