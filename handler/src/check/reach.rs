//! Whether the world reaches what it has to reach of a deployed bot, and nothing else.

use std::time::Duration;

use futures::FutureExt as _;
use futures::future::{BoxFuture, join_all};
use reqwest::{Client, StatusCode, redirect};
use url::Url;

use super::{Line, skew};
use crate::chat::http::failure;
use crate::ports::Clock;

/// How long an answer may take. Slack waits for three seconds.
const PATIENCE: Duration = Duration::from_secs(10);
/// What the Functions host calls on loopback, and nobody else anywhere.
const INTERNAL: [&str; 3] = ["/work", "/sweep", "/poison"];
/// The path by which the app checks itself: the host wants the master key, and without a host there is none.
pub const OWN_CHECK: &str = "/api/check";

/// A path that somebody outside calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Path {
    /// The path.
    pub path: &'static str,
    /// Who calls it.
    pub caller: &'static str,
    /// Whether they are connected, as far as it is known here.
    pub connected: bool,
}

/// A client for looking from outside. It follows no redirect: one is an answer.
///
/// # Errors
/// When there is no TLS to be had.
pub fn client() -> reqwest::Result<Client> {
    Client::builder().timeout(PATIENCE).redirect(redirect::Policy::none()).build()
}

/// What can be seen of the bot at this address.
pub async fn lines(client: &Client, clock: &dyn Clock, url: &Url, paths: &[Path]) -> Vec<Line> {
    let before = clock.now();
    let home = match client.get(url.clone()).send().await {
        Ok(answer) => answer,
        Err(error) => return vec![unreachable(url, error)],
    };
    let (after, date) = (clock.now(), skew::date(home.headers()));
    let took = after.duration_since(before).as_millis();
    let secure = if url.scheme() == "https" { "TLS is valid" } else { "no TLS, on this machine alone" };
    let mut lines = vec![Line::good(name(url), format!("{secure}, an answer takes {took} ms"))];
    lines.push(skew::line(&format!("clock, by {}", name(url)), date, before, after));
    let is_the_bot = home.text().await.is_ok_and(|text| text.trim() == "agw");
    lines.extend(is_the_bot.then(|| exposed("/")));
    let public: Vec<BoxFuture<'_, Line>> =
        paths.iter().map(|path| public(client, url, *path).boxed()).collect();
    let internal: Vec<BoxFuture<'_, Option<Line>>> =
        INTERNAL.into_iter().map(|path| internal(client, url, path).boxed()).collect();
    let (public, internal) = futures::join!(join_all(public), join_all(internal));
    lines.extend(public);
    let internal: Vec<Line> = internal.into_iter().flatten().collect();
    if internal.is_empty() && !is_the_bot {
        lines.push(Line::good(
            "internal paths",
            "/, /work, /sweep and /poison cannot be reached from outside",
        ));
    }
    lines.extend(internal);
    lines
}

fn unreachable(url: &Url, error: reqwest::Error) -> Line {
    Line::missing(name(url), format!("no answer over {}: {}", url.scheme(), failure(error)))
        .mended_by(format!("curl -v {url}"))
}

fn name(url: &Url) -> String {
    url.host_str().unwrap_or_default().to_owned()
}

async fn public(client: &Client, url: &Url, path: Path) -> Line {
    let what = path.path.to_owned();
    match post(client, url, path.path).await {
        Ok((status, _)) => judge(what, path, status),
        Err(error) => Line::missing(what, format!("no answer: {error}")),
    }
}

fn judge(what: String, path: Path, status: StatusCode) -> Line {
    let Path { caller, connected, .. } = path;
    let code = status.as_u16();
    let by_key = path.path == OWN_CHECK;
    match code {
        401 => Line::good(what, "who does not prove who they are is refused with 401"),
        404 if by_key => Line::good(what, "not served there: an app under a Functions host alone checks itself"),
        404 if !connected => Line::good(what, format!("not served there ({caller} is not connected)")),
        404 => Line::missing(what, format!("not found, so {caller} cannot call the bot"))
            .mended_by("look at the app's log for why it is not connected, and deploy the package again: cargo xtask package"),
        300..=399 => Line::missing(what, format!("answers {code}: a login stands before it, and {caller} has none"))
            .mended_by("az webapp auth update --enabled false --name APP --resource-group GROUP"),
        403 => Line::missing(what, format!("answers 403: something before the app keeps {caller} out"))
            .mended_by("az functionapp config access-restriction show --name APP --resource-group GROUP"),
        200..=299 => Line::missing(what, format!("answers {code} to somebody who proved nothing"))
            .mended_by("stop the app, and report it"),
        500..=599 => Line::missing(what, format!("answers {code}: the app fails"))
            .mended_by("az webapp log tail --name APP --resource-group GROUP"),
        _ => Line::missing(what, format!("answers {code} where 401 is expected")),
    }
}

/// A line only where it can be reached: the bot answers there as it answers the host, whatever it answers.
async fn internal(client: &Client, url: &Url, path: &str) -> Option<Line> {
    match post(client, url, path).await {
        Ok((status, body)) => (status.is_success() || body.contains("\"Outputs\"")).then(|| exposed(path)),
        Err(error) => Some(Line::not_checked(path, format!("no answer: {error}"))),
    }
}

fn exposed(path: &str) -> Line {
    Line::missing(path, "can be reached from outside, and is for the Functions host alone")
        .mended_by("set extensions.http.routePrefix to \"api\" in host.json, and deploy it")
}

async fn post(client: &Client, url: &Url, path: &str) -> Result<(StatusCode, String), String> {
    let mut at = url.clone();
    at.set_path(&format!("{}{path}", url.path().trim_end_matches('/')));
    let answer = client.post(at).send().await.map_err(failure)?;
    let status = answer.status();
    Ok((status, answer.text().await.unwrap_or_default()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_401_is_what_a_stranger_should_get() {
        let told = |code: u16, connected: bool| {
            let path = Path { path: "/api/slack/events", caller: "Slack", connected };
            judge(path.path.to_owned(), path, StatusCode::from_u16(code).unwrap()).to_string()
        };
        let lines = [401, 404, 302, 403, 200, 503, 400].map(|code| told(code, true));
        insta::assert_snapshot!(lines.join("\n"), @"
        ok       /api/slack/events: who does not prove who they are is refused with 401
        missing  /api/slack/events: not found, so Slack cannot call the bot → look at the app's log for why it is not connected, and deploy the package again: cargo xtask package
        missing  /api/slack/events: answers 302: a login stands before it, and Slack has none → az webapp auth update --enabled false --name APP --resource-group GROUP
        missing  /api/slack/events: answers 403: something before the app keeps Slack out → az functionapp config access-restriction show --name APP --resource-group GROUP
        missing  /api/slack/events: answers 200 to somebody who proved nothing → stop the app, and report it
        missing  /api/slack/events: answers 503: the app fails → az webapp log tail --name APP --resource-group GROUP
        missing  /api/slack/events: answers 400 where 401 is expected
        ");
        insta::assert_snapshot!(told(404, false), @"ok       /api/slack/events: not served there (Slack is not connected)");
    }

    async fn seen(url: &str) -> String {
        let url = url.parse().unwrap();
        let lines = lines(&client().unwrap(), &crate::clock::SystemClock, &url, &[]).await;
        assert_eq!(lines.len(), 1, "{lines:?}");
        lines[0].to_string()
    }

    #[tokio::test]
    async fn where_there_is_no_bot_or_no_tls_that_is_the_one_line() {
        let listener = crate::chat::fakes::listen().await;
        let port = crate::chat::fakes::port(&listener);
        crate::chat::fakes::serve_on(listener, axum::Router::new());
        let plain = seen(&format!("https://127.0.0.1:{port}/")).await;
        assert!(plain.starts_with("missing  127.0.0.1: no answer over https: "), "{plain}");
        assert!(plain.contains("→ curl -v https://127.0.0.1"), "{plain}");
        let closed = seen("http://127.0.0.1:9/").await;
        assert!(closed.starts_with("missing  127.0.0.1: no answer over http: "), "{closed}");
    }
}
