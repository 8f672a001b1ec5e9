//! The door that the public comes to.

use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use axum::body::Body;
use axum::http::header::HOST;
use axum::http::{HeaderMap, Method, Request, Response, StatusCode, Uri};
use http_body_util::BodyExt;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout};
use url::form_urlencoded;

use crate::functions::host::Mode;
use crate::functions::instance::Instance;
use crate::functions::record::Outcome;
use crate::functions::{AuthLevel, Function, Trigger, chance, forward, proxy};

/// Serves until it is aborted; its connections end with it.
pub(crate) async fn serve(listener: TcpListener, instance: Arc<Instance>) {
    let mut connections = JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        let instance = Arc::clone(&instance);
        connections.spawn(connection(stream, instance));
        while connections.try_join_next().is_some() {}
    }
}

async fn connection(stream: TcpStream, instance: Arc<Instance>) {
    let service = service_fn(move |request: Request<Incoming>| {
        let instance = Arc::clone(&instance);
        async move { Ok::<_, Infallible>(answer(&instance, request.map(Body::new)).await) }
    });
    // A client that went away is none of the test's business.
    http1::Builder::new().serve_connection(TokioIo::new(stream), service).await.ok();
}

fn plain(status: StatusCode) -> Response<Body> {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = status;
    response
}

async fn answer(instance: &Instance, request: Request<Body>) -> Response<Body> {
    if instance.is_dead() {
        // Azure/azure-functions-host, HostAvailabilityCheckMiddleware.
        return plain(StatusCode::SERVICE_UNAVAILABLE);
    }
    let Some((function, auth, raw)) = route(instance, request.method(), request.uri()) else {
        return plain(StatusCode::NOT_FOUND);
    };
    if !is_allowed(auth, &instance.key, request.headers(), request.uri()) {
        return plain(StatusCode::UNAUTHORIZED);
    }
    run(instance, &function.name, raw, request).await
}

/// The function for a request: by its route, whatever the case of the letters, where a literal route goes
/// before a catch-all (ASP.NET Core documentation, "Routing"). A known route with another method is 404 as
/// well, not 405 (azure-functions-host issue 10098). What begins with `admin` or `runtime` is the host's own,
/// and closed here; its page at `/` is not imitated either.
fn route<'a>(instance: &'a Instance, method: &Method, uri: &Uri) -> Option<(&'a Function, AuthLevel, bool)> {
    let path = decode(uri.path());
    let path = path.trim_matches('/');
    let first = path.split('/').next().unwrap_or_default().to_ascii_lowercase();
    if matches!(first.as_str(), "admin" | "runtime") {
        return None;
    }
    let find = |catch_all: bool| {
        instance.package.functions.iter().find_map(|function| {
            let Trigger::Http { route, methods, auth, raw } = &function.trigger else { return None };
            let full = format!("{}/{route}", instance.package.host.route_prefix);
            let matches = route.contains("{*") == catch_all && is_route(full.trim_matches('/'), path);
            let taken = methods.is_empty() || methods.iter().any(|other| other == method.as_str());
            (matches && taken).then_some((function, *auth, *raw))
        })
    };
    find(false).or_else(|| find(true))
}

fn is_route(template: &str, path: &str) -> bool {
    match template.split_once("{*") {
        None => template.eq_ignore_ascii_case(path),
        Some(("", _)) => true,
        Some((front, _)) => {
            let front = front.trim_end_matches('/');
            let rest = path.get(front.len()..).filter(|rest| rest.is_empty() || rest.starts_with('/'));
            rest.is_some() && path[..front.len()].eq_ignore_ascii_case(front)
        }
    }
}

/// Routing goes by the decoded path.
fn decode(path: &str) -> String {
    let plus = path.replace('+', "%2B");
    form_urlencoded::parse(format!("p={}", plus.replace('&', "%26").replace('=', "%3D")).as_bytes())
        .next()
        .map(|(_, path)| path.into_owned())
        .unwrap_or_default()
}

/// The key is looked for in the header, and only without one in the query (Azure/azure-functions-host,
/// `AuthenticationLevelHandler`).
fn is_allowed(auth: AuthLevel, key: &str, headers: &HeaderMap, uri: &Uri) -> bool {
    let header = headers.get("x-functions-key").and_then(|header| header.to_str().ok().map(str::to_owned));
    let code = || {
        let mut pairs = form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes());
        pairs.find(|(name, _)| name.eq_ignore_ascii_case("code")).map(|(_, value)| value.into_owned())
    };
    match auth {
        AuthLevel::Anonymous => true,
        AuthLevel::Function => {
            header.filter(|header| !header.is_empty()).or_else(code).is_some_and(|given| given == key)
        }
        AuthLevel::Admin => false,
    }
}

/// Runs the function, and remembers it. Whatever the handler answers, it succeeded.
async fn run(instance: &Instance, function: &str, raw: bool, request: Request<Body>) -> Response<Body> {
    let (began, start) = (Instant::now(), instance.starts.load(Ordering::SeqCst));
    let host = &instance.package.host;
    let work = async {
        match instance.mode {
            _ if !raw => Err(no_envelope(instance, function)),
            Mode::Proxying if host.proxying => pass_on(instance, request).await,
            _ if host.forwarding => build_anew(instance, request).await,
            _ => Err(no_envelope(instance, function)),
        }
    };
    let (outcome, response) = match timeout(instance.limit(), work).await {
        Ok(Ok(response)) => (Outcome::Succeeded, response),
        // The exception reaches ExceptionMiddleware, which answers 500 (inferred for proxying: YARP sets 502
        // first).
        Ok(Err(reason)) => (Outcome::Failed(reason), plain(StatusCode::INTERNAL_SERVER_ERROR)),
        Err(_) => (instance.time_is_up(function, start), plain(StatusCode::INTERNAL_SERVER_ERROR)),
    };
    instance.remember(function, &outcome, None, began);
    response
}

fn no_envelope(instance: &Instance, function: &str) -> String {
    let reason =
        format!("{function} would be sent its request in an envelope, which the harness does not do");
    instance.record.violation(&reason);
    reason
}

/// A newer host passes the request on, and the answer back, as they come. A handler that refuses connections
/// is tried ten times (Azure/azure-functions-host, `RetryProxyHandler`).
async fn pass_on(instance: &Instance, request: Request<Body>) -> Result<Response<Body>, String> {
    let (head, body) = request.into_parts();
    let port = instance.available().await?;
    let target = head.uri.path_and_query().map_or("/", |path| path.as_str());
    let mut there = Request::new(body);
    *there.method_mut() = head.method;
    *there.uri_mut() = target.parse().map_err(|error| format!("{target}: {error}"))?;
    *there.headers_mut() = proxy::headers(&head.headers, &chance::guid());
    there.headers_mut().insert(HOST, format!("127.0.0.1:{port}").parse().expect("a host"));
    let answer = instance.client.send(port, proxy::ATTEMPTS, there).await;
    let (mut answer, body) = answer.map_err(|error| error.to_string())?.into_parts();
    answer.headers = proxy::passed_on(&answer.headers);
    let mut response = Response::new(Body::new(body));
    *response.status_mut() = answer.status;
    *response.headers_mut() = answer.headers;
    Ok(response)
}

/// An older host builds the request anew, and waits for the whole answer.
async fn build_anew(instance: &Instance, request: Request<Body>) -> Result<Response<Body>, String> {
    let (head, body) = request.into_parts();
    let port = instance.available().await?;
    let target = format!("{}{}", head.uri.path(), forward::query(head.uri.query()));
    let body = if forward::keeps_body(&head.headers) { body } else { Body::empty() };
    let mut there = Request::new(body);
    *there.method_mut() = head.method;
    *there.uri_mut() = target.parse().map_err(|error| format!("{target}: {error}"))?;
    *there.headers_mut() = forward::headers(&head.headers, &chance::guid())?;
    let answer = instance.client.send(port, 1, there).await;
    let (answer, body) = answer.map_err(|error| error.to_string())?.into_parts();
    let body = body.collect().await.map_err(|error| format!("the answer broke off: {error}"))?.to_bytes();
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = answer.status;
    *response.headers_mut() = proxy::passed_on(&answer.headers);
    Ok(response)
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderMap;

    use super::{AuthLevel, decode, is_allowed, is_route};

    #[test]
    fn routes_are_matched_whole_and_in_any_case() {
        assert!(is_route("api/slack/commands", "API/Slack/commands"));
        assert!(!is_route("api/slack", "api/slack/commands") && !is_route("api/alerts", "alerts"));
        assert!(is_route("api/x/{*rest}", "api/x/a/b") && is_route("api/x/{*rest}", "api/x"));
        assert!(!is_route("api/x/{*rest}", "api/xyz") && is_route("{*path}", "work"));
        assert_eq!(decode("/api/%61lerts/a+b&c=d"), "/api/alerts/a+b&c=d");
    }

    #[test]
    fn a_functions_key_is_in_the_header_or_the_query() {
        let allowed = |auth, header: Option<&str>, uri: &str| {
            let mut headers = HeaderMap::new();
            if let Some(key) = header {
                headers.insert("x-functions-key", key.parse().unwrap());
            }
            is_allowed(auth, "key", &headers, &uri.parse().unwrap())
        };
        assert!(
            allowed(AuthLevel::Function, Some("key"), "/")
                && allowed(AuthLevel::Function, None, "/?code=key")
        );
        assert!(!allowed(AuthLevel::Function, Some("wrong"), "/?code=key"));
        assert!(!allowed(AuthLevel::Function, None, "/") && !allowed(AuthLevel::Admin, Some("key"), "/"));
        assert!(allowed(AuthLevel::Anonymous, None, "/"));
    }
}
