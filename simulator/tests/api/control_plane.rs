//! The gateway as a resource.

use anyhow::Result;
use reqwest::Method;
use serde_json::{Value, json};
use simulator::{LockLevel, Scenario};

use crate::support::{Azure, VERSION, add_probe};

#[tokio::test]
async fn a_write_is_an_operation() -> Result<()> {
    let azure = Azure::stage("root-403").await?;
    let before = azure.gateway().await?;
    let mut wanted = before.clone();
    add_probe(&mut wanted);
    let accepted = azure.put(&wanted).await?;
    assert_eq!(accepted.status(), 200);
    assert_eq!(accepted.headers()["azure-asyncnotification"], "Enabled");
    assert_eq!(accepted.headers()["x-ms-ratelimit-remaining-subscription-writes"], "199");
    for name in ["x-ms-arm-service-request-id", "x-ms-correlation-request-id", "azure-asyncoperation"] {
        assert!(accepted.headers().contains_key(name), "{name}");
    }
    assert_eq!(azure.outcome(&accepted).await?, json!({"status": "Succeeded"}));
    let updating: Value = accepted.json().await?;
    assert_eq!(updating["properties"]["provisioningState"], "Updating");
    let after = azure.gateway().await?;
    assert_eq!(after["properties"]["provisioningState"], "Succeeded");
    assert_ne!(before["etag"], updating["etag"]);
    assert_ne!(updating["etag"], after["etag"]);
    assert_eq!(azure.simulator.puts(), 1);
    Ok(())
}

#[tokio::test]
async fn a_get_adds_what_azure_adds() -> Result<()> {
    let azure = Azure::stage("root-403").await?;
    azure.edit(add_probe).await?;
    let gateway = azure.gateway().await?;
    let probe = &gateway["properties"]["probes"][0];
    assert_eq!(probe["properties"]["match"], json!({"statusCodes": ["200-399"]}));
    assert_eq!(probe["properties"]["minServers"], 0);
    assert_eq!(probe["properties"]["enableProbeProxyProtocolHeader"], false);
    assert_eq!(probe["etag"], gateway["etag"]);
    assert_eq!(probe["type"], "Microsoft.Network/applicationGateways/probes");
    let setting = &gateway["properties"]["backendHttpSettingsCollection"][0];
    assert_eq!(probe["properties"]["backendHttpSettings"], json!([{"id": setting["id"]}]));
    Ok(())
}

#[tokio::test]
async fn what_is_written_back_unchanged_stays_unchanged() -> Result<()> {
    for name in ["root-403", "two-pools"] {
        let azure = Azure::stage(name).await?;
        let before = azure.gateway().await?;
        azure.write(&before).await?;
        let plain = |gateway: &Value| {
            let etag = gateway["etag"].as_str().unwrap_or_default().to_owned();
            gateway.to_string().replace(&etag.replace('"', "\\\""), "etag")
        };
        assert_eq!(plain(&azure.gateway().await?), plain(&before));
    }
    Ok(())
}

#[tokio::test]
async fn unknown_fields_are_kept_and_missing_parts_are_removed() -> Result<()> {
    let azure = Azure::stage("all-healthy").await?;
    azure
        .edit(|gateway| {
            gateway["properties"]["fromTheFuture"] = json!({"a": 1});
            gateway["properties"]["httpListeners"][0]["properties"]["enableHttp3"] = json!(true);
            gateway["properties"]["probes"] = json!([]);
            gateway["properties"]["resourceGuid"] = json!("mine");
            if let Some(setting) =
                gateway["properties"]["backendHttpSettingsCollection"][0]["properties"].as_object_mut()
            {
                setting.remove("probe");
            }
        })
        .await?;
    let gateway = azure.gateway().await?;
    assert_eq!(gateway["properties"]["fromTheFuture"], json!({"a": 1}));
    assert_eq!(gateway["properties"]["httpListeners"][0]["properties"]["enableHttp3"], true);
    assert_eq!(gateway["properties"]["probes"], json!([]));
    assert_ne!(gateway["properties"]["resourceGuid"], "mine");
    Ok(())
}

#[tokio::test]
async fn a_stale_if_match_is_refused() -> Result<()> {
    let azure = Azure::stage("root-403").await?;
    let url = azure.simulator.base_url().join(&format!("{}?{VERSION}", azure.simulator.gateway_id()))?;
    let client = reqwest::Client::builder().no_proxy().build()?;
    let put = |etag: String| {
        client.put(url.clone()).header("if-match", etag).json(&azure.simulator.gateway()).send()
    };
    let answer = put("W/\"stale\"".to_owned()).await?;
    assert_eq!(answer.status(), 412);
    assert_eq!(answer.json::<Value>().await?["error"]["code"], "PreconditionFailed");
    let current = azure.simulator.gateway()["etag"].as_str().unwrap_or_default().to_owned();
    assert_eq!(put(current).await?.status(), 200);
    Ok(())
}

#[tokio::test]
async fn the_second_write_supersedes_the_first() -> Result<()> {
    let azure = Azure::stage("root-403").await?;
    let gateway = azure.gateway().await?;
    let (first, second) = (azure.put(&gateway).await?, azure.put(&gateway).await?);
    let canceled = azure.outcome(&first).await?;
    assert_eq!(canceled["status"], "Canceled");
    assert_eq!(canceled["error"]["details"][0]["code"], "CanceledAndSupersededDueToAnotherOperation");
    assert_eq!(azure.outcome(&second).await?["status"], "Succeeded");
    Ok(())
}

#[tokio::test]
async fn a_patch_changes_tags_only() -> Result<()> {
    let azure = Azure::stage("root-403").await?;
    let answer = azure.send(Method::PATCH, "", Some(&json!({"tags": {"a": "b"}}))).await?;
    assert_eq!(answer.status(), 200);
    assert_eq!(azure.gateway().await?["tags"], json!({"a": "b"}));
    let answer = azure.send(Method::PATCH, "", Some(&json!({"properties": {}}))).await?;
    assert_eq!(answer.status(), 400);
    let answer = azure.send(Method::DELETE, "", None).await?;
    assert_eq!(answer.status(), 405);
    assert_eq!(answer.json::<Value>().await?["error"]["code"], "MethodNotAllowed");
    Ok(())
}

#[tokio::test]
async fn a_stopped_gateway_serves_nobody_and_is_started_by_a_put() -> Result<()> {
    for state in ["Stopped", "Starting"] {
        let scenario = Scenario::named("all-healthy")?
            .with_gateway(|gateway| gateway["properties"]["operationalState"] = json!(state));
        let azure = Azure::start(scenario).await?;
        assert_eq!(azure.gateway().await?["properties"]["operationalState"], state);
        assert!(azure.visit("http://shop.example.com/").await.is_err());
        azure.edit(|_| ()).await?;
        assert_eq!(azure.gateway().await?["properties"]["operationalState"], "Running");
        assert_eq!(azure.visit("http://shop.example.com/").await?.0, 200);
    }
    Ok(())
}

#[tokio::test]
async fn a_read_only_lock_forbids_writes_and_posts() -> Result<()> {
    let azure = Azure::start(Scenario::named("root-403")?.with_lock("freeze", LockLevel::ReadOnly)).await?;
    let locks: Value =
        azure.send(Method::GET, "providers/Microsoft.Authorization/locks", None).await?.json().await?;
    assert_eq!(locks["value"][0]["properties"]["level"], "ReadOnly");
    assert_eq!(azure.refused(|_| ()).await?, (409, "ScopeLocked".to_owned(), String::new()));
    assert_eq!(azure.send(Method::POST, "backendhealth", None).await?.status(), 409);
    assert_eq!(azure.simulator.puts(), 0);
    Ok(())
}

#[tokio::test]
async fn a_denied_action_is_named() -> Result<()> {
    let azure = Azure::start(
        Scenario::named("root-403")?
            .with_denied("Microsoft.Network/applicationGateways/backendhealth/action"),
    )
    .await?;
    let answer = azure.send(Method::POST, "backendhealth", None).await?;
    assert_eq!(answer.status(), 403);
    let body: Value = answer.json().await?;
    assert_eq!(body["error"]["code"], "AuthorizationFailed");
    let message = body["error"]["message"].as_str().unwrap_or_default();
    assert!(message.contains("does not have authorization to perform action 'Microsoft.Network/applicationGateways/backendhealth/action'"));
    Ok(())
}

#[tokio::test]
async fn other_resources_are_found_by_id_whatever_the_letter_case() -> Result<()> {
    let azure = Azure::stage("root-403").await?;
    let gateway = azure.gateway().await?;
    let id = gateway["properties"]["frontendIPConfigurations"][0]["properties"]["publicIPAddress"]["id"]
        .as_str()
        .unwrap_or_default();
    let address: Value = azure.send(Method::GET, &id.to_uppercase(), None).await?.json().await?;
    assert_eq!(address["properties"]["ipAddress"], "20.50.1.10");
    let answer = azure.send(Method::GET, &format!("{id}-other"), None).await?;
    assert_eq!(answer.status(), 404);
    assert_eq!(answer.json::<Value>().await?["error"]["code"], "ResourceNotFound");
    Ok(())
}

#[tokio::test]
async fn lists_and_wrong_addresses() -> Result<()> {
    let azure = Azure::stage("root-403").await?;
    let subscription = format!("/subscriptions/{}", simulator::SUBSCRIPTION);
    let list = "providers/Microsoft.Network/applicationGateways";
    for scope in [subscription.clone(), format!("{subscription}/resourceGroups/RG-WEB")] {
        let found: Value = azure.send(Method::GET, &format!("{scope}/{list}"), None).await?.json().await?;
        assert_eq!(found["value"][0]["name"], "agw-prod");
    }
    for (path, code) in [
        (format!("{subscription}/resourceGroups/rg-other/{list}"), "ResourceGroupNotFound"),
        (format!("{subscription}/resourceGroups/rg-web/{list}/other"), "ResourceNotFound"),
        (format!("/subscriptions/99999999-9999-9999-9999-999999999999/{list}"), "SubscriptionNotFound"),
    ] {
        let answer = azure.send(Method::GET, &path, None).await?;
        assert_eq!(answer.status(), 404);
        assert_eq!(answer.json::<Value>().await?["error"]["code"], code);
    }
    let url = azure.simulator.base_url().join(azure.simulator.gateway_id())?;
    let answer = reqwest::Client::builder().no_proxy().build()?.get(url).send().await?;
    assert_eq!(answer.status(), 400);
    assert_eq!(answer.json::<Value>().await?["error"]["code"], "MissingApiVersionParameter");
    Ok(())
}

#[tokio::test]
async fn health_names_parts_as_the_live_service_does() -> Result<()> {
    let azure = Azure::stage("root-403").await?;
    let pools = azure.ask("backendhealth", &json!({})).await?;
    let pool = &pools["backendAddressPools"][0];
    assert!(
        pool["backendAddressPool"]["id"]
            .as_str()
            .is_some_and(|id| id.ends_with("/backendaddressPools/pool-web"))
    );
    assert_eq!(pool["backendAddressPool"].as_object().map(serde_json::Map::len), Some(1));
    let server = &pool["backendHttpSettingsCollection"][0]["servers"][0];
    assert_eq!(server["healthProbeErrorName"], "HttpStatusCodeMismatchWithStatusCode");
    assert_eq!(server["backendCertificateChainMetadata"], json!({"certificateChainMetadata": []}));
    Ok(())
}

#[tokio::test]
async fn a_candidate_probe_is_tried_without_being_created() -> Result<()> {
    let azure = Azure::stage("root-403").await?;
    let gateway = azure.gateway().await?;
    let mut probe = json!({"protocol": "Http", "path": "/healthz", "timeout": 30, "pickHostNameFromBackendHttpSettings": true,
        "backendAddressPool": {"id": gateway["properties"]["backendAddressPools"][0]["id"]},
        "backendHttpSettings": {"id": gateway["properties"]["backendHttpSettingsCollection"][0]["id"]}});
    let healthy = azure.ask("getBackendHealthOnDemand", &probe).await?;
    assert_eq!(healthy["backendHealthHttpSettings"]["servers"][1]["health"], "Healthy");
    probe["path"] = json!("/nothing-here");
    let unhealthy = azure.ask("getBackendHealthOnDemand", &probe).await?;
    assert_eq!(unhealthy["backendHealthHttpSettings"]["servers"][0]["health"], "Unhealthy");
    assert_eq!(azure.simulator.puts(), 0);
    probe["backendAddressPool"]["id"] = json!("/nowhere/pool");
    let answer = azure.send(Method::POST, "getBackendHealthOnDemand", Some(&probe)).await?;
    assert_eq!(answer.json::<Value>().await?["error"]["code"], "InvalidResourceReference");
    Ok(())
}

#[tokio::test]
async fn what_azure_refuses() -> Result<()> {
    let azure = Azure::stage("root-404").await?;
    type Change = fn(&mut Value);
    let cases: [(&str, &str, Change); 14] = [
        ("LocationRequired", "", |g| {
            g.as_object_mut().map(|g| g.remove("location"));
        }),
        ("InvalidRequestFormat", "InvalidJson", |g| {
            g["properties"].as_object_mut().map(|g| g.remove("sku"));
        }),
        ("InvalidRequestFormat", "InvalidJson", |g| {
            g["properties"]["probes"][0]["properties"]["interval"] = json!("30")
        }),
        ("InvalidRequestFormat", "InvalidJson", |g| {
            g["properties"]["backendAddressPools"][0]["properties"]["backendAddresses"] = json!(["10.0.1.4"])
        }),
        ("InvalidRequestFormat", "DuplicateResourceName", |g| {
            let mut twin = g["properties"]["probes"][0].clone();
            twin["name"] = json!("HEALTHZ");
            let probes = g["properties"]["probes"].take();
            g["properties"]["probes"] = json!([probes[0], twin]);
        }),
        ("InvalidResourceReference", "", |g| g["properties"]["probes"] = json!([])),
        ("InvalidRequestFormat", "InvalidParameter", |g| {
            g["properties"]["probes"][0]["properties"]["interval"] = json!(0)
        }),
        ("InvalidRequestFormat", "InvalidParameter", |g| {
            g["properties"]["probes"][0]["properties"]["timeout"] = json!(86_401)
        }),
        ("InvalidRequestFormat", "InvalidParameter", |g| {
            g["properties"]["probes"][0]["properties"]["unhealthyThreshold"] = json!(21)
        }),
        ("InvalidRequestFormat", "InvalidParameter", |g| {
            g["properties"]["probes"][0]["properties"]["port"] = json!(65_536)
        }),
        ("InvalidRequestFormat", "InvalidParameter", |g| {
            g["properties"]["probes"][0]["properties"]["path"] = json!("healthz")
        }),
        ("InvalidRequestFormat", "InvalidParameter", |g| {
            g["properties"]["probes"][0]["properties"]["pickHostNameFromBackendHttpSettings"] = json!(true)
        }),
        ("ApplicationGatewayProbeProtocolMustMatchBackendHttpSettinsProtocol", "", |g| {
            g["properties"]["probes"][0]["properties"]["protocol"] = json!("Https")
        }),
        ("ApplicationGatewayBackendHttpSettingsIncompatibleProbeSettingPickHostName", "", |g| {
            g["properties"]["probes"][0]["properties"]["host"] = json!(null);
            g["properties"]["probes"][0]["properties"]["pickHostNameFromBackendHttpSettings"] = json!(true);
        }),
    ];
    for (code, detail, change) in cases {
        let refused = azure
            .refused(|gateway| {
                add_probe(gateway);
                change(gateway)
            })
            .await?;
        assert_eq!(refused, (400, code.to_owned(), detail.to_owned()));
    }
    assert_eq!(azure.simulator.puts(), 0);
    Ok(())
}

#[tokio::test]
async fn a_certificate_survives_by_its_name_and_a_new_one_needs_data() -> Result<()> {
    let azure = Azure::stage("root-403").await?;
    let refused = azure
        .refused(|g| g["properties"]["sslCertificates"] = json!([{"name": "new", "properties": {}}]))
        .await?;
    assert_eq!(refused.1, "ApplicationGatewayCertificateDataOrKeyVaultSecretIdMustBeSpecified");
    azure
        .edit(|g| {
            g["properties"]["sslCertificates"] =
                json!([{"name": "new", "properties": {"data": "cGZ4", "password": "secret"}}])
        })
        .await?;
    assert!(!azure.gateway().await?.to_string().contains("secret\""));
    azure.edit(|g| g["properties"]["sslCertificates"] = json!([{"name": "new"}])).await?;
    assert!(
        azure.gateway().await?["properties"]["sslCertificates"][0]["properties"]["publicCertData"]
            .is_string()
    );
    Ok(())
}
