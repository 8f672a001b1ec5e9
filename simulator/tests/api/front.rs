//! What a gateway does beside probing and passing on.

use anyhow::Result;
use serde_json::{Value, json};

use crate::support::{Azure, add_probe, id, scenario};

const SHOP: &str = "http://shop.example.com/";

#[tokio::test]
async fn the_gateway_can_report_what_it_does_not_find() -> Result<()> {
    let azure = Azure::start(scenario(
        "extends = \"shop\"

[[says]]
server = \"10.0.1.4\"
health = \"Unhealthy\"
log = \"Verify that the backend server is set up to accept the Proxy protocol header sent by the probes.\"

[[says]]
server = \"10.0.1.5\"
setting = \"settings-web\"
health = \"Unhealthy\"
log = \"The Common Name (CN) of the backend certificate doesn't match.\"
on_demand = true
",
    )?)
    .await?;
    let health = azure.health().await?;
    assert!(health[0].2.starts_with("Verify that the backend server"), "{health:?}");
    assert_eq!(azure.visit(SHOP).await?.0, 502);
    azure.edit(add_probe).await?;
    let gateway = azure.gateway().await?;
    let part = |list: &str| json!({"id": gateway["properties"][list][0]["id"]});
    let probe = json!({"protocol": "Http", "path": "/", "host": "x", "timeout": 30, "backendAddressPool":
        part("backendAddressPools"), "backendHttpSettings": part("backendHttpSettingsCollection")});
    let tried = azure.ask("getBackendHealthOnDemand", &probe).await?;
    let server = |index: usize| tried["backendHealthHttpSettings"]["servers"][index]["health"].clone();
    assert_eq!((server(0), server(1)), (json!("Healthy"), json!("Unhealthy")));
    Ok(())
}

#[tokio::test]
async fn a_draining_server_gets_no_visitors() -> Result<()> {
    let draining = |server: &str| {
        format!(
            "\n[[says]]\nserver = \"{server}\"\nhealth = \"Draining\"\nlog = \"Success. Received 200 status code\"\n"
        )
    };
    let one = format!("extends = \"shop\"\n{}", draining("10.0.1.4"));
    let azure = Azure::start(scenario(&one)?).await?;
    assert_eq!(azure.health().await?[0].1, "Draining");
    assert_eq!(azure.visit(SHOP).await?.0, 200);
    let both = format!("{one}{}", draining("10.0.1.5"));
    assert_eq!(Azure::start(scenario(&both)?).await?.visit(SHOP).await?.0, 502);
    Ok(())
}

#[tokio::test]
async fn the_gateway_can_answer_by_itself() -> Result<()> {
    let azure = Azure::start(scenario(
        "extends = \"shop\"

[front]
status = 403
paths = [\"/admin*\"]
",
    )?)
    .await?;
    assert_eq!(azure.visit(SHOP).await?.0, 200);
    let (status, page) = azure.visit("http://shop.example.com/admin/users").await?;
    assert_eq!(status, 403);
    assert!(
        page.contains("403 Forbidden") && page.contains("Microsoft-Azure-Application-Gateway/v2"),
        "{page}"
    );
    let own = "extends = \"shop\"\n\n[front]\nstatus = 502\nbody = \"Too busy.\"\n";
    assert_eq!(Azure::start(scenario(own)?).await?.visit(SHOP).await?, (502, "Too busy.".to_owned()));
    Ok(())
}

fn members(ids: &[String]) -> Value {
    Value::Array(ids.iter().map(|id| json!({"id": id})).collect())
}

#[tokio::test]
async fn a_pool_can_have_network_interfaces_for_members() -> Result<()> {
    let nic = id("Microsoft.Network/networkInterfaces/nic-web-1/ipConfigurations/ipconfig1");
    let set = id(
        "Microsoft.Compute/virtualMachineScaleSets/web/virtualMachines/0/networkInterfaces/nic/ipConfigurations/ip",
    );
    let gone = id("Microsoft.Network/networkInterfaces/gone/ipConfigurations/ip");
    let instance = json!({"id": set.replace("/ipConfigurations/ip", ""), "name": "nic", "properties": {
        "ipConfigurations": [{"name": "ip", "properties": {"privateIPAddress": "10.0.1.5"}}]}});
    let staged = scenario("extends = \"shop\"")?.with_resource(instance).with_gateway(|gateway| {
        let pool = &mut gateway["properties"]["backendAddressPools"][0]["properties"];
        *pool = json!({"backendIPConfigurations": members(&[nic.clone(), set.clone(), gone])});
    });
    let azure = Azure::start(staged).await?;
    let body = azure.ask("backendhealth", &json!({})).await?;
    let servers = &body["backendAddressPools"][0]["backendHttpSettingsCollection"][0]["servers"];
    for (index, (address, id)) in [("10.0.1.4", &nic), ("10.0.1.5", &set)].into_iter().enumerate() {
        let server = &servers[index];
        assert_eq!((&server["address"], &server["health"]), (&json!(address), &json!("Healthy")));
        assert_eq!(server["ipConfiguration"], json!({"id": id}));
    }
    assert_eq!(servers.as_array().map(Vec::len), Some(2));
    // The list is read-only: a write without it changes nothing.
    azure.edit(|gateway| gateway["properties"]["backendAddressPools"][0]["properties"] = json!({})).await?;
    assert_eq!(azure.health().await?.len(), 2);
    assert_eq!(azure.visit(SHOP).await?.0, 200);
    Ok(())
}

#[tokio::test]
async fn addresses_may_be_of_version_6() -> Result<()> {
    let azure = Azure::start(scenario(
        "extends = \"shop\"

[[set]]
at = \"/properties/backendAddressPools/pool-web/properties/backendAddresses\"
to = [{ ipAddress = \"fd00:0:0::4\" }, { ipAddress = \"fd00::5\" }]

[[backends]]
address = \"fd00::4\"
port = 80

[[backends.routes]]
path = \"/*\"
status = 200
",
    )?)
    .await?;
    let health = azure.health().await?;
    assert_eq!((health[0].1.as_str(), health[1].1.as_str()), ("Healthy", "Unhealthy"));
    azure.simulator.set_route("[fd00::4]:80", "/", 500);
    assert_eq!(azure.health().await?[0].1, "Unhealthy");
    Ok(())
}
