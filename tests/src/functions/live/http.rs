//! What the public sends, and what arrives.

use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::{options, package, raw, status};
use crate::functions::{FunctionsHost, Mode, Options};

/// A request with everything in it that a host could get wrong.
const REQUEST: &str = "POST /api/echo?a=b%2Fc&A=%20d&x HTTP/1.1\r\nHost: agw.example\r\nConnection: close\r\n\
    User-Agent: Slackbot 1.0\r\nX-Azure-Functions-InvocationId: forged\r\nX-Forwarded-For: forged\r\n\
    Content-Encoding: odd\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 6\r\n\r\na=\u{fffd}b";
/// The same without a length.
const CHUNKED: &str = "POST /api/echo HTTP/1.1\r\nHost: agw.example\r\nConnection: close\r\n\
    Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n";

fn header<'a>(echo: &'a Value, name: &str) -> Option<&'a str> {
    let headers = echo["headers"].as_array().unwrap();
    headers.iter().find(|header| header[0] == name).and_then(|header| header[1].as_str())
}

#[tokio::test]
async fn a_newer_host_passes_every_byte_on() {
    let dir = package();
    let host = FunctionsHost::start(options(&dir, "works")).await;
    let (head, echo) = raw(&host, REQUEST).await;
    assert!(head.starts_with("HTTP/1.1 418") && head.contains("application/json"), "{head}");
    assert_eq!(
        (&echo["target"], &echo["body"]),
        (&"/api/echo?a=b%2Fc&A=%20d&x".into(), &"613defbfbd62".into())
    );
    assert_eq!(header(&echo, "user-agent"), Some("Slackbot 1.0"));
    assert_eq!(header(&echo, "content-encoding"), Some("odd"));
    assert_eq!(header(&echo, "x-forwarded-host"), Some("agw.example"));
    assert_eq!(header(&echo, "x-ms-invocation-id"), header(&echo, "x-azure-functions-invocationid"));
    assert!(!echo.to_string().contains("forged"), "{echo}");
    assert_eq!(raw(&host, CHUNKED).await.1["body"], "6162636465");
}

#[tokio::test]
async fn an_older_host_builds_the_request_anew() {
    let dir = package();
    let host = FunctionsHost::start(Options { mode: Mode::Forwarding, ..options(&dir, "works") }).await;
    let (_, echo) = raw(&host, REQUEST).await;
    assert_eq!(
        (&echo["target"], &echo["body"]),
        (&"/api/echo?a=b%2Fc,%20d&x=".into(), &"613defbfbd62".into())
    );
    assert!(header(&echo, "user-agent").unwrap().starts_with("Slackbot 1.0 Azure-Functions-Host/4."));
    assert!(header(&echo, "x-azure-functions-invocationid").unwrap().starts_with("forged, "));
    assert_eq!((header(&echo, "content-encoding"), header(&echo, "x-forwarded-host")), (None, None));
    assert_eq!(raw(&host, CHUNKED).await.1["body"], "");
}

#[tokio::test]
async fn a_newer_host_gives_each_part_of_an_answer_as_it_comes() {
    let dir = package();
    let host = FunctionsHost::start(options(&dir, "works")).await;
    let mut answer =
        reqwest::Client::new().post(host.url().join("api/echo?slowly").unwrap()).send().await.unwrap();
    assert_eq!(answer.chunk().await.unwrap().as_deref(), Some(&b"one"[..]));
    std::fs::write(dir.path().join("go"), "").unwrap();
    assert_eq!(answer.chunk().await.unwrap().as_deref(), Some(&b"two"[..]));
    assert_eq!(answer.chunk().await.unwrap(), None);
}

#[tokio::test]
async fn only_declared_routes_are_reached_and_only_with_the_key() {
    let dir = package();
    let host = FunctionsHost::start(options(&dir, "works")).await;
    for line in [
        "GET /api/echo",
        "POST /work",
        "POST /sweep",
        "POST /api/work",
        "POST /echo",
        "POST /",
        "POST /admin/x",
    ] {
        assert_eq!(status(&host, line).await, 404, "{line}");
    }
    for (line, expected) in
        [("POST /api/alerts", 401), ("POST /api/alerts?code=wrong", 401), ("POST /api/alerts?code=key", 418)]
    {
        assert_eq!(status(&host, line).await, expected, "{line}");
    }
    assert_eq!(host.invocations().len(), 1);
}

#[tokio::test]
async fn an_instance_that_disappears_leaves_its_clients_without_an_answer() {
    let dir = package();
    let host = FunctionsHost::start(options(&dir, "works")).await;
    let address = host.url().socket_addrs(|| None).unwrap()[0];
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream
        .write_all(b"POST /api/echo HTTP/1.1\r\nHost: agw.example\r\nContent-Length: 9\r\n\r\nhalf")
        .await
        .unwrap();
    host.kill().await;
    let mut answer = Vec::new();
    // A reset is as good as an end.
    stream.read_to_end(&mut answer).await.ok();
    assert!(answer.is_empty() && TcpStream::connect(address).await.is_err());
}
