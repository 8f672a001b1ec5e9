//! What stands around the bot: a simulated Azure, a Slack that takes everything, and what Slack sends.

use axum::{Json, Router};
use handler::clock::SystemClock;
use handler::ports::Clock;
use hmac::{Hmac, KeyInit, Mac};
use serde_json::json;
use sha2::Sha256;
use simulator::{Options, Pace, Scenario, Simulator};
use tokio::net::TcpListener;
use tokio::runtime::Runtime;
use url::{Url, form_urlencoded};

/// Slack's signing secret.
pub(crate) const SIGNING: &str = "a-signing-secret-for-measurements";
/// The channel that everything happens in.
pub(crate) const CHANNEL: &str = "C05OPS0001";

/// Azure and Slack, in this process.
pub(crate) struct Outside {
    /// Azure.
    pub(crate) azure: Simulator,
    /// Slack's API, with a slash at the end.
    pub(crate) slack: Url,
}

impl Outside {
    /// Builds it around the usual scenario.
    pub(crate) fn start(runtime: &Runtime) -> Self {
        runtime.block_on(async {
            let scenario = Scenario::named(simulator::DEFAULT).unwrap();
            let options = Options { pace: Pace::Instant, ..Options::new(scenario) };
            let azure = Simulator::start(options).await.unwrap();
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            let slack = format!("http://{}/", listener.local_addr().unwrap()).parse().unwrap();
            let taken =
                || async { Json(json!({ "ok": true, "channel": CHANNEL, "ts": "1700000000.000100" })) };
            let router = Router::new().fallback(taken);
            tokio::spawn(async move { axum::serve(listener, router).await });
            Self { azure, slack }
        })
    }

    /// The bot's configuration.
    pub(crate) fn config(&self) -> String {
        format!(
            r#"
[azure]
endpoint = "{arm}"
gateways = ["{gateway}"]
[slack]
api = "{slack}api"
alert_channels = ["{CHANNEL}"]
[site]
proxy = "{proxy}"
"#,
            arm = self.azure.base_url(),
            gateway = self.azure.gateway_id(),
            slack = self.slack,
            proxy = self.azure.site_proxy(),
        )
    }

    /// The name of the gateway that is in trouble.
    pub(crate) fn gateway(&self) -> &str {
        self.azure.gateway_id().rsplit('/').next().unwrap_or_default()
    }

    /// A slash command as Slack sends it; each number is another one.
    pub(crate) fn command(&self, text: &str, number: usize) -> Vec<u8> {
        let body = self.body(text, number);
        post(&body, &sign(SIGNING, &now(), &body))
    }

    /// What Slack sends to see whether anybody is there: the signature is checked, and that is all.
    pub(crate) fn knock() -> Vec<u8> {
        let body = "token=deprecated&ssl_check=1";
        post(body, &sign(SIGNING, &now(), body))
    }

    /// The same as a command, from somebody who does not know the secret.
    pub(crate) fn forged(&self, text: &str, number: usize) -> Vec<u8> {
        let body = self.body(text, number);
        post(&body, &sign("a-guess", &now(), &body))
    }

    fn body(&self, text: &str, number: usize) -> String {
        form_urlencoded::Serializer::new(String::new())
            .append_pair("team_id", "T04AGWTEAM")
            .append_pair("team_domain", "example")
            .append_pair("channel_id", CHANNEL)
            .append_pair("channel_name", "ops")
            .append_pair("user_id", "U07ALEX")
            .append_pair("user_name", "alex")
            .append_pair("command", "/agw")
            .append_pair("text", text)
            .append_pair("response_url", self.slack.join("reply").unwrap().as_str())
            .append_pair("trigger_id", &format!("13345224609.{number}"))
            .append_pair("api_app_id", "A06AGWAPP1")
            .append_pair("is_enterprise_install", "false")
            .finish()
    }
}

/// The page that costs the bot nothing.
pub(crate) fn health() -> Vec<u8> {
    b"GET /health HTTP/1.1\r\nHost: agw\r\n\r\n".to_vec()
}

fn now() -> String {
    SystemClock.now().as_second().to_string()
}

fn sign(secret: &str, stamp: &str, body: &str) -> (String, String) {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap();
    mac.update(format!("v0:{stamp}:{body}").as_bytes());
    (stamp.to_owned(), format!("v0={}", hex::encode(mac.finalize().into_bytes())))
}

fn post(body: &str, (stamp, signature): &(String, String)) -> Vec<u8> {
    format!(
        "POST /api/slack/commands HTTP/1.1\r\nHost: agw\r\nUser-Agent: Slackbot 1.0\r\nAccept: */*\r\n\
         Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\
         X-Slack-Request-Timestamp: {stamp}\r\nX-Slack-Signature: {signature}\r\n\r\n{body}",
        body.len()
    )
    .into_bytes()
}
