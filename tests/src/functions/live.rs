//! A real host with a real process behind it. The process is this test program, told to be a handler.

mod fake;
mod http;
mod life;
mod queues;

use std::path::Path;

use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::functions::{FunctionsHost, HostPace, Options};

/// A folder with a function of each kind, whose handler is told by a setting how to behave.
fn package() -> TempDir {
    let dir = TempDir::new().unwrap();
    let program = std::env::current_exe().unwrap();
    let host = json!({
        "version": "2.0",
        "customHandler": {
            "description": {
                "defaultExecutablePath": program,
                "arguments": ["--exact", "functions::live::fake::handler", "--ignored", "--nocapture", "--quiet"],
            },
            "enableProxyingHttpRequest": true,
            "enableForwardingHttpRequest": true,
        },
        "extensionBundle": { "id": "Microsoft.Azure.Functions.ExtensionBundle", "version": "[4.*, 5.0.0)" },
        "extensions": { "queues": { "batchSize": 8, "newBatchThreshold": 4, "maxPollingInterval": "00:00:01" } },
    });
    std::fs::write(dir.path().join("host.json"), host.to_string()).unwrap();
    write(dir.path(), "echo", &http("echo", "anonymous"));
    write(dir.path(), "alerts", &http("alerts", "function"));
    write(dir.path(), "work", &json!([{ "type": "queueTrigger", "name": "wake", "queueName": "jobs" }]));
    write(
        dir.path(),
        "left",
        &json!([{ "type": "queueTrigger", "name": "wake", "queueName": "left-poison" }]),
    );
    write(
        dir.path(),
        "sweep",
        &json!([{ "type": "timerTrigger", "name": "timer", "schedule": "*/30 * * * * *" }]),
    );
    dir
}

fn http(route: &str, auth: &str) -> Value {
    json!([
        { "type": "httpTrigger", "name": "req", "authLevel": auth, "methods": ["post"], "route": route },
        { "type": "http", "direction": "out", "name": "res" },
    ])
}

fn write(dir: &Path, name: &str, bindings: &Value) {
    std::fs::create_dir(dir.join(name)).unwrap();
    std::fs::write(dir.join(name).join("function.json"), json!({ "bindings": bindings }).to_string())
        .unwrap();
}

/// A host without queues whose handler behaves so when a timer fires.
fn options(dir: &TempDir, behaviour: &str) -> Options {
    let settings = [("FAKE", behaviour), ("AzureWebJobsStorage", "none")];
    Options {
        settings: settings.map(|(name, value)| (name.to_owned(), value.to_owned())).into(),
        function_key: "key".into(),
        pace: HostPace { timers: false, ..HostPace::default() },
        ..Options::new(dir.path())
    }
}

/// Sends these bytes, and gives the head of the answer and the JSON in it.
async fn raw(host: &FunctionsHost, request: &str) -> (String, Value) {
    let address = host.url().socket_addrs(|| None).unwrap()[0];
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.unwrap();
    let answer = String::from_utf8(answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap_or((&answer, ""));
    let body = body.find('{').map_or("null", |at| &body[at..=body.rfind('}').unwrap()]);
    (head.to_owned(), serde_json::from_str(body).unwrap())
}

/// The status of an empty request.
async fn status(host: &FunctionsHost, line: &str) -> u16 {
    let request =
        format!("{line} HTTP/1.1\r\nHost: agw.example\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");
    let (head, _) = raw(host, &request).await;
    head.split(' ').nth(1).unwrap().parse().unwrap()
}
