//! What a deployed app says of itself: `POST /api/check`, with the app's master key.

use std::time::Duration;

use reqwest::{Client, StatusCode};
use secrecy::{ExposeSecret as _, SecretString};
use url::Url;

use super::Line;
use super::reach::OWN_CHECK;
use crate::chat::http::failure;

/// The app looks at everything at once, and gives each thing its limit.
const PATIENCE: Duration = Duration::from_secs(120);

/// The lines of the app at an address, each marked with it.
pub async fn lines(client: &Client, url: &Url, key: Option<&SecretString>) -> Vec<Line> {
    let host = url.host_str().unwrap_or_default().to_owned();
    let what = format!("the app at {host}");
    let Some(key) = key else {
        return vec![Line::not_checked(what, "its own identities were not asked").mended_by(
            "set AGW_CHECK_KEY=$(az functionapp keys list --name APP --resource-group GROUP --query masterKey --output tsv)",
        )];
    };
    match asked(client, url, key).await {
        Ok(lines) => lines.into_iter().map(|line| line.seen_at(&host)).collect(),
        Err(why) => vec![Line::missing(what, why)],
    }
}

async fn asked(client: &Client, url: &Url, key: &SecretString) -> Result<Vec<Line>, String> {
    let mut at = url.clone();
    at.set_path(&format!("{}{OWN_CHECK}", url.path().trim_end_matches('/')));
    let request = client.post(at).timeout(PATIENCE).header("x-functions-key", key.expose_secret());
    let answer = request.send().await.map_err(|error| format!("no answer: {}", failure(error)))?;
    match answer.status() {
        StatusCode::OK => answer.json().await.map_err(|error| format!("no lines: {}", failure(error))),
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => {
            Err("it does not take AGW_CHECK_KEY: that has to be the app's master key".to_owned())
        }
        StatusCode::NOT_FOUND => {
            Err("it does not check itself: it runs without a Functions host, or is an older version"
                .to_owned())
        }
        StatusCode::TOO_MANY_REQUESTS => {
            Err("somebody else is checking it now; try again in a minute".to_owned())
        }
        status => Err(format!("it answered {}", status.as_u16())),
    }
}
