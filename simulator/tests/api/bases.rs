//! What scenarios are built on, and how they say what is different.

use anyhow::Result;
use serde_json::json;
use simulator::Scenario;

use crate::support::{Azure, id, scenario};

const BASES: [&str; 5] = ["network", "shop", "app-service", "https", "private-endpoint"];

#[tokio::test]
async fn every_base_is_in_good_health_as_it_stands() -> Result<()> {
    for base in BASES {
        let azure = Azure::start(scenario(&format!("extends = \"{base}\""))?).await?;
        let health = azure.health().await?;
        assert!(!health.is_empty(), "{base}");
        assert!(health.iter().all(|(_, health, _)| health == "Healthy"), "{base}: {health:?}");
        assert_eq!(azure.visit("http://shop.example.com/").await?.0, 200, "{base}");
    }
    Ok(())
}

#[test]
fn a_base_is_no_scenario() {
    for base in BASES {
        assert!(Scenario::named(base).is_err());
        assert!(Scenario::all().iter().all(|scenario| scenario.name() != base));
    }
}

#[tokio::test]
async fn the_documents_of_the_bases_can_be_read() -> Result<()> {
    let azure = Azure::start(scenario("extends = \"private-endpoint\"")?).await?;
    for path in [
        "Microsoft.Web/sites/app-shop",
        "Microsoft.Web/sites/app-shop/config/web",
        "Microsoft.Web/sites/app-shop/config/authsettingsV2",
        "Microsoft.Network/privateEndpoints/pe-app-shop",
        "Microsoft.Network/privateDnsZones/privatelink.azurewebsites.net/virtualNetworkLinks",
        "Microsoft.Network/privateDnsZones/privatelink.azurewebsites.net/A/app-shop",
        "Microsoft.Network/virtualNetworks/vnet-web/subnets/snet-pe",
    ] {
        azure.read(&id(path)).await?;
    }
    let site = azure.read(&id("Microsoft.Web/sites/app-shop")).await?;
    assert_eq!(site["properties"]["publicNetworkAccess"], "Disabled");
    let azure = Azure::start(scenario("extends = \"shop\"")?).await?;
    let view = azure.read(&id("Microsoft.Compute/virtualMachines/vm-web-1/instanceView")).await?;
    assert_eq!(view["statuses"][1]["code"], "PowerState/running");
    Ok(())
}

#[tokio::test]
async fn the_parts_of_a_resource_can_be_listed() -> Result<()> {
    let azure = Azure::start(scenario("extends = \"private-endpoint\"")?).await?;
    let list = azure.read(&id("Microsoft.Web/sites/app-shop/privateEndpointConnections")).await?;
    assert_eq!(list["value"][0]["name"], "pe-app-shop");
    let azure = Azure::start(scenario("extends = \"app-service\"")?).await?;
    let list = azure.read(&id("Microsoft.Web/sites/app-shop/privateEndpointConnections")).await?;
    assert_eq!(list, json!({"value": []}));
    // Names are no parts.
    assert!(azure.read(&id("Microsoft.Web/sites/app-shop/hostNames")).await.is_err());
    Ok(())
}

#[tokio::test]
async fn a_scenario_says_only_what_is_different() -> Result<()> {
    let azure = Azure::start(scenario(
        "extends = \"shop\"

[[set]]
at = \"/properties/backendHttpSettingsCollection/settings-web/properties/port\"
to = 8080

[[set]]
at = \"/properties/backendAddressPools/0/properties/backendAddresses/1\"
remove = true

[[set]]
in = \"{group}/providers/Microsoft.Network/virtualNetworks/vnet-web/subnets/snet-web\"
at = \"/properties/routeTable\"
to = { id = \"{group}/providers/Microsoft.Network/routeTables/rt-web\" }

[[set]]
in = \"{group}/providers/Microsoft.Compute/virtualMachines/vm-web-1/instanceView\"
at = \"/statuses/1/code\"
to = \"PowerState/deallocated\"
",
    )?)
    .await?;
    let health = azure.health().await?;
    assert_eq!(health.len(), 1);
    assert!(health[0].2.starts_with("Cannot connect to backend server."), "{health:?}");
    let subnet = azure.read(&id("Microsoft.Network/virtualNetworks/vnet-web/subnets/snet-web")).await?;
    assert_eq!(subnet["properties"]["routeTable"], json!({"id": id("Microsoft.Network/routeTables/rt-web")}));
    let view = azure.read(&id("Microsoft.Compute/virtualMachines/vm-web-1/instanceView")).await?;
    assert_eq!(view["statuses"][1]["code"], "PowerState/deallocated");
    Ok(())
}

#[tokio::test]
async fn backends_are_replaced_and_resources_added() -> Result<()> {
    let azure = Azure::start(scenario(
        "extends = \"root-403\"
resources = ['''{\"id\": \"{group}/providers/Microsoft.Network/routeTables/rt-web\", \"properties\": {}}''']

[[backends]]
address = \"10.0.1.4\"
port = 80

[[backends.routes]]
path = \"/*\"
status = 200
",
    )?)
    .await?;
    let health = azure.health().await?;
    assert_eq!((health[0].1.as_str(), health[1].1.as_str()), ("Healthy", "Unhealthy"));
    azure.read(&id("Microsoft.Network/routeTables/rt-web")).await?;
    azure.read(&id("Microsoft.Network/publicIPAddresses/pip-agw-prod")).await?;
    Ok(())
}

#[test]
fn what_cannot_be_is_refused_with_its_line() {
    for (rest, expected) in [
        ("extends = \"nothing\"", "mine.toml:5: there is no scenario or base `nothing` to extend"),
        (
            "extends = \"shop\"\n\n[[set]]\nat = \"/properties/gone/x\"\nto = 1",
            "mine.toml:8: `/properties/gone/x` leads nowhere: there is no `gone`",
        ),
        (
            "extends = \"shop\"\n\n[[set]]\nin = \"/x\"\nat = \"/a\"\nto = 1",
            "mine.toml:8: there is no resource or answer `/x` to edit",
        ),
        ("denied = []", "mine.toml:1: missing field `gateway`"),
    ] {
        assert_eq!(scenario(rest).unwrap_err().to_string(), expected);
    }
}

#[tokio::test]
async fn the_scenario_in_the_documentation_is_one() -> Result<()> {
    let text = include_str!("../../SCENARIOS.md").split("```toml").nth(1).unwrap_or_default();
    let scenario = Scenario::parse("mine.toml", text.split("```").next().unwrap_or_default())?;
    let unhealthy = scenario.truth().unhealthy.clone();
    let seen = Azure::start(scenario).await?.health().await?;
    let seen: Vec<String> = seen.into_iter().filter(|it| it.1 == "Unhealthy").map(|it| it.0).collect();
    assert_eq!(seen, unhealthy);
    Ok(())
}
