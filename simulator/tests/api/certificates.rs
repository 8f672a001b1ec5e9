//! Backends that speak TLS, and what the gateway thinks of their certificates.

use anyhow::Result;
use serde_json::json;
use simulator::{Scenario, ScenarioError};

use crate::support::{Azure, scenario};

const SHOP: &str = "http://shop.example.com/";

/// The shop over https, with a backend that shows this.
fn shows(tls: &str, sets: &str) -> Result<Scenario, ScenarioError> {
    scenario(&format!(
        "extends = \"https\"\n{sets}
[[backends]]
address = \"10.0.1.4\"
port = 443
tls = {{ names = [\"shop.example.com\"], {tls} }}

[[backends.routes]]
path = \"/*\"
status = 200
"
    ))
}

/// A trusted root on the setting.
fn trusts(root: &str) -> String {
    format!(
        "
[[set]]
at = \"/properties/trustedRootCertificates\"
append = {{ name = \"root\", properties = {{ data = \"{root}\" }} }}

[[set]]
at = \"/properties/backendHttpSettingsCollection/settings-web/properties/trustedRootCertificates\"
append = {{ id = \"{{gateway}}/trustedRootCertificates/root\" }}
"
    )
}

async fn said(scenario: Scenario) -> Result<String> {
    let azure = Azure::start(scenario).await?;
    let (_, health, log) = azure.health().await?.remove(0);
    let (status, _) = azure.visit(SHOP).await?;
    assert_eq!((health == "Healthy", status == 200), (status == 200, health == "Healthy"), "{log}");
    Ok(log)
}

#[tokio::test]
async fn a_chain_that_leads_to_a_trusted_root_is_healthy() -> Result<()> {
    for (tls, sets) in [
        ("issuer = \"public\"", String::new()),
        ("issuer = \"public\", intermediate = false", String::new()),
        ("issuer = \"corner\"", trusts("{root:corner}")),
        ("issuer = \"corner\", sends = [\"leaf\", \"intermediate\", \"root\"]", trusts("{root:corner}")),
        ("valid = \"2024-01-01..2099-01-01\"", String::new()),
    ] {
        assert_eq!(said(shows(tls, &sets)?).await?, "Success. Received 200 status code", "{tls}");
    }
    Ok(())
}

#[tokio::test]
async fn what_is_wrong_with_a_chain_is_said_as_documented() -> Result<()> {
    let none = String::new;
    for (tls, sets, words) in [
        (
            "valid = \"2024-01-01..2025-01-01\"",
            none(),
            "Backend certificate is invalid. Current date is not within",
        ),
        (
            "valid = \"2098-01-01..2099-01-01\"",
            none(),
            "Backend certificate is invalid. Current date is not within",
        ),
        ("sends = [\"leaf\"]", none(), "The Intermediate certificate is missing from the certificate chain"),
        (
            "sends = [\"intermediate\", \"leaf\"]",
            none(),
            "The Leaf certificate is not the topmost certificate",
        ),
        ("sends = [\"intermediate\"]", none(), "The Leaf certificate is missing from the certificate chain"),
        ("issuer = \"self\"", none(), "The backend Server certificate is not signed by a well-known"),
        (
            "issuer = \"corner\", intermediate = false",
            none(),
            "The backend Server certificate is not signed by a well-known",
        ),
        ("issuer = \"corner\"", none(), "The Intermediate certificate is not signed by a well-known"),
        (
            "issuer = \"corner\"",
            trusts("{root:other}"),
            "The Intermediate certificate not signed by any Root",
        ),
        (
            "issuer = \"public\"",
            trusts("{root:other}"),
            "The Intermediate certificate not signed by any Root",
        ),
        (
            "issuer = \"corner\", sends = [\"leaf\", \"intermediate\", \"root\"]",
            trusts("{root:other}"),
            "The root certificate of the server certificate used by the backend doesn't match",
        ),
        ("issuer = \"self\"", trusts("{root:other}"), "The root certificate of the server certificate used"),
        (
            "issuer = \"corner\"",
            trusts("{intermediate:corner}"),
            "The Intermediate certificate not signed by any",
        ),
    ] {
        let log = said(shows(tls, &sets)?).await?;
        assert!(log.starts_with(words), "{tls}: {log}");
    }
    // A server's own certificate is no authority, and does not do as a root.
    let own = said(shows("issuer = \"self\"", &trusts("{self:shop.example.com}"))?).await?;
    assert!(own.ends_with("associated with error code 18"), "{own}");
    let other = said(shows("usage = \"client\"", "")?).await?;
    assert!(other.ends_with("associated with error code 26"), "{other}");
    Ok(())
}

#[tokio::test]
async fn the_name_is_that_of_the_probe_before_that_of_the_setting() -> Result<()> {
    const WRONG: &str =
        "The Common Name of the leaf certificate presented by the backend server does not match";
    let host = |name: &str| {
        format!(
            "
[[set]]
at = \"/properties/backendHttpSettingsCollection/settings-web/properties/hostName\"
to = \"{name}\"
"
        )
    };
    assert!(said(shows("issuer = \"public\"", &host("www.example.com"))?).await?.starts_with(WRONG));
    let none = "
[[set]]
at = \"/properties/backendHttpSettingsCollection/settings-web/properties/hostName\"
remove = true
";
    assert!(said(shows("issuer = \"public\"", none)?).await?.starts_with(WRONG));
    let azure = Azure::start(shows("issuer = \"public\"", &host("www.example.com"))?).await?;
    azure
        .edit(|gateway| {
            let id = format!("{}/probes/front", gateway["id"].as_str().unwrap_or_default());
            gateway["properties"]["probes"] = json!([{"name": "front", "properties": {"protocol": "Https",
                "host": "shop.example.com", "path": "/", "interval": 30, "timeout": 30, "unhealthyThreshold": 3}}]);
            gateway["properties"]["backendHttpSettingsCollection"][0]["properties"]["probe"] = json!({"id": id});
        })
        .await?;
    assert_eq!(azure.health().await?[0].1, "Healthy");
    // Visitors go by the name of the setting.
    assert_eq!(azure.visit(SHOP).await?.0, 502);
    Ok(())
}

#[tokio::test]
async fn a_wildcard_stands_for_one_label() -> Result<()> {
    let shows = |name: &str| {
        let text = shows("issuer = \"public\"", "")?;
        let text = text.with_gateway(|gateway| {
            gateway["properties"]["backendHttpSettingsCollection"][0]["properties"]["hostName"] = json!(name);
        });
        Ok::<_, ScenarioError>(text)
    };
    assert!(said(shows("a.shop.example.com")?).await?.starts_with("The Common Name"));
    assert_eq!(said(shows("SHOP.example.com")?).await?, "Success. Received 200 status code");
    Ok(())
}

#[tokio::test]
async fn the_certificates_are_listed() -> Result<()> {
    let azure = Azure::start(scenario("extends = \"https\"")?).await?;
    let body = azure.ask("backendhealth", &json!({})).await?;
    let server = &body["backendAddressPools"][0]["backendHttpSettingsCollection"][0]["servers"][0];
    let chain = &server["backendCertificateChainMetadata"]["certificateChainMetadata"];
    assert_eq!(chain[0]["subject"], "CN=shop.example.com");
    assert_eq!(chain[0]["issuer"], chain[1]["subject"]);
    assert!(chain[0]["notAfter"].is_string() && chain[0]["thumbprint"].is_string(), "{chain}");
    assert_eq!(chain.as_array().map(Vec::len), Some(2));
    Ok(())
}

#[tokio::test]
async fn protocols_that_do_not_fit() -> Result<()> {
    let plain = "
[[set]]
at = \"/properties/backendHttpSettingsCollection/settings-web/properties/protocol\"
to = \"Http\"
";
    let azure = Azure::start(shows("issuer = \"public\"", plain)?).await?;
    assert!(azure.health().await?[0].2.starts_with("Received invalid status code: 400"));
    let tls = "extends = \"shop\"
[[set]]
at = \"/properties/backendHttpSettingsCollection/settings-web/properties/protocol\"
to = \"Https\"
";
    assert!(said(scenario(tls)?).await?.starts_with("Cannot connect to backend server."));
    let old = shows("min_tls = \"1.3\"", "legacy_tls = true\n")?;
    assert!(said(old).await?.starts_with("Cannot connect to backend server."));
    assert_eq!(said(shows("min_tls = \"1.3\"", "")?).await?, "Success. Received 200 status code");
    Ok(())
}

#[tokio::test]
async fn every_copy_has_a_certificate_for_its_own_name() -> Result<()> {
    let azure = Azure::copies(scenario("extends = \"https\"")?, 3).await?;
    for (gateway, url) in [("agw-prod", SHOP), ("agw-prod-003", "http://shop-003.example.com/")] {
        assert_eq!(azure.at(gateway).health().await?[0].2, "Success. Received 200 status code", "{gateway}");
        assert_eq!(azure.visit(url).await?.0, 200);
    }
    Ok(())
}

#[tokio::test]
async fn a_public_backend_can_be_reached_past_the_gateway() -> Result<()> {
    let azure = Azure::start(scenario("extends = \"app-service\"")?).await?;
    let client = reqwest::Client::builder()
        .proxy(reqwest::Proxy::all(azure.simulator.site_proxy().clone())?)
        .tls_danger_accept_invalid_certs(true)
        .build()?;
    let answer = client.get("https://app-shop.azurewebsites.net/").send().await?;
    assert_eq!(answer.status(), 200);
    assert!(client.get("https://elsewhere.example/").send().await.is_err());
    let hidden = Azure::start(scenario("extends = \"private-endpoint\"")?).await?;
    let proxy = reqwest::Proxy::all(hidden.simulator.site_proxy().clone())?;
    let client = reqwest::Client::builder().proxy(proxy).build()?;
    assert!(client.get("https://app-shop.azurewebsites.net/").send().await.is_err());
    Ok(())
}
