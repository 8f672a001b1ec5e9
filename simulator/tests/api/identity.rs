//! Over TLS, as a real client sees it: sign in first.

use anyhow::{Context, Result};
use serde_json::{Value, json};
use simulator::{Options, Pace, Scenario, Simulator};

use crate::support::VERSION;

#[tokio::test]
async fn a_client_signs_in_and_reads_the_gateway() -> Result<()> {
    let folder = std::env::temp_dir().join(format!("agw-simulator-{}", std::process::id()));
    let mut options = Options::new(Scenario::named("root-403")?);
    options.pace = Pace::Instant;
    options.tls = Some(folder.clone());
    options.log = Some(folder.with_extension("jsonl"));
    let azure = Simulator::start(options).await?;
    let ca = std::fs::read(azure.ca_file().context("no certificate")?)?;
    let client = reqwest::Client::builder()
        .no_proxy()
        .tls_certs_only([reqwest::Certificate::from_pem(&ca)?])
        .build()?;
    let base = azure.base_url();
    assert_eq!(base.scheme(), "https");

    let endpoints: Value =
        client.get(base.join("metadata/endpoints?api-version=2022-09-01")?).send().await?.json().await?;
    let login = endpoints["authentication"]["loginEndpoint"].as_str().context("no login endpoint")?;
    let openid: Value = client
        .get(format!("{login}/{}/v2.0/.well-known/openid-configuration", simulator::TENANT))
        .send()
        .await?
        .json()
        .await?;
    let form = [("grant_type", "client_credentials"), ("client_id", "me"), ("client_secret", "hush")];
    let token: Value = client
        .post(openid["token_endpoint"].as_str().context("no token endpoint")?)
        .form(&form)
        .send()
        .await?
        .json()
        .await?;
    assert!(token.get("id_token").is_none());
    let token = token["access_token"].as_str().context("no token")?;

    let gateway = base.join(&format!("{}?{VERSION}", azure.gateway_id()))?;
    let refused = client.get(gateway.clone()).send().await?;
    assert_eq!(refused.status(), 401);
    assert!(refused.headers()["www-authenticate"].to_str()?.starts_with("Bearer "));
    assert_eq!(refused.json::<Value>().await?["error"]["code"], "AuthenticationFailed");
    let wrong = client.get(gateway.clone()).bearer_auth("made.up").send().await?;
    assert_eq!(wrong.json::<Value>().await?["error"]["code"], "InvalidAuthenticationToken");
    for token in [unsigned("https://storage.azure.com", 60), unsigned("https://management.azure.com", -1)] {
        let refused = client.get(gateway.clone()).bearer_auth(token).send().await?;
        assert_eq!(refused.status(), 401, "for something else, or too old");
    }
    let elsewhere = unsigned("https://management.azure.com", 60);
    assert_eq!(client.get(gateway.clone()).bearer_auth(elsewhere).send().await?.status(), 200);
    assert_eq!(client.get(gateway).bearer_auth(token).send().await?.status(), 200);

    // The simulated internet has a plain port of its own.
    let proxy = reqwest::Proxy::http(azure.site_proxy().clone())?;
    let visitor = reqwest::Client::builder().proxy(proxy).build()?;
    assert_eq!(visitor.get("http://shop.example.com/").send().await?.status(), 502);

    // The log has every exchange, and no secret.
    let log = std::fs::read_to_string(folder.with_extension("jsonl"))?;
    assert_eq!(log.lines().count(), azure.exchanges().len());
    assert!(!log.contains("hush") && !log.contains(token));
    azure.shutdown().await;
    std::fs::remove_file(folder.with_extension("jsonl"))?;
    std::fs::remove_dir_all(folder)?;
    Ok(())
}

/// A token of somebody else's, for so many seconds yet.
fn unsigned(audience: &str, seconds: i64) -> String {
    use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
    let now = std::time::UNIX_EPOCH.elapsed().map_or(0, |since| since.as_secs()).cast_signed();
    let claims = json!({ "aud": audience, "nbf": now - 60, "exp": now + seconds });
    format!("e30.{}.", BASE64_URL_SAFE_NO_PAD.encode(claims.to_string()))
}
