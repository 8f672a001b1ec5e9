use serde_json::json;

use super::*;

const GROUP: &str = "/subscriptions/s/resourceGroups/rg-net/providers";

fn document() -> Value {
    json!({
        "id": format!("{GROUP}/Microsoft.Network/privateEndpoints/pe-shop"),
        "name": "pe-shop",
        "properties": {
            "subnet": { "id": format!("{GROUP}/Microsoft.Network/virtualNetworks/vnet/subnets/snet-pe") },
            "networkInterfaces": [{ "id": format!("{GROUP}/Microsoft.Network/networkInterfaces/nic") }],
            "privateLinkServiceConnections": [],
            "manualPrivateLinkServiceConnections": [{ "name": "pe-shop", "properties": {
                "privateLinkServiceId": format!("{GROUP}/Microsoft.Web/sites/shop"),
                "groupIds": ["sites"],
                "privateLinkServiceConnectionState": { "status": "Pending", "description": "please" }
            }}],
            "customDnsConfigs": [{ "fqdn": "shop.azurewebsites.net", "ipAddresses": ["10.0.2.5"] }]
        }
    })
}

#[test]
fn an_endpoint_is_read() {
    let endpoint = PrivateEndpoint::parse(&document()).unwrap();
    assert_eq!(endpoint.state, ConnectionState::Pending);
    assert_eq!(endpoint.target.as_ref().unwrap().kind(), "Microsoft.Web/sites");
    assert_eq!(endpoint.addresses, ["10.0.2.5".parse::<IpAddr>().unwrap()]);
    assert!(endpoint.stands_for("Shop.azurewebsites.net.") && !endpoint.stands_for("azurewebsites.net"));
    let other = document().to_string().replace("privateEndpoints", "privateDnsZones");
    assert!(PrivateEndpoint::parse(&serde_json::from_str(&other).unwrap()).is_err());
}

#[test]
fn an_expanded_interface_tells_names_and_addresses() {
    let mut raw = document();
    raw["properties"]["customDnsConfigs"] = json!([]);
    raw["properties"]["networkInterfaces"][0]["properties"] = json!({ "ipConfigurations": [{ "properties": {
        "privateIPAddress": "10.0.2.6",
        "privateLinkConnectionProperties": { "fqdns": ["shop.azurewebsites.net"] }
    }}]});
    let endpoint = PrivateEndpoint::parse(&raw).unwrap();
    assert_eq!(endpoint.addresses, ["10.0.2.6".parse::<IpAddr>().unwrap()]);
    assert!(endpoint.stands_for("shop.azurewebsites.net"));
}

#[test]
fn a_zone_group_names_its_zones_and_records() {
    let zone = format!("{GROUP}/Microsoft.Network/privateDnsZones/privatelink.azurewebsites.net");
    let raw = json!({ "value": [{ "name": "default", "properties": { "privateDnsZoneConfigs": [
        { "name": "a", "properties": { "privateDnsZoneId": zone, "recordSets": [
            { "recordType": "A", "recordSetName": "shop", "fqdn": "shop.privatelink.azurewebsites.net",
              "ipAddresses": ["10.0.2.5"] }
        ] } },
        { "name": "b", "properties": {} }
    ] } }] });
    let zones = KeptZone::parse(&raw).unwrap();
    assert_eq!(zones.len(), 1);
    assert_eq!(zones[0].zone.as_str(), zone);
    assert_eq!(zones[0].records[0].0, "shop.privatelink.azurewebsites.net");
    assert!(KeptZone::parse(&json!({})).is_err());
}

#[test]
fn an_endpoint_whose_names_are_kept_elsewhere_is_known_by_its_service() {
    let mut endpoint = PrivateEndpoint::parse(&document()).unwrap();
    endpoint.hosts.clear();
    assert!(endpoint.stands_for("shop.azurewebsites.net"));
    assert!(!endpoint.stands_for("shop-staging.azurewebsites.net"), "a slot has a host of its own");
    assert!(!endpoint.stands_for("shop.blob.core.windows.net"));
    endpoint.groups = vec!["sites-staging".to_owned()];
    assert!(!endpoint.stands_for("shop.azurewebsites.net"), "and an endpoint of its own");
    let account = format!("{GROUP}/Microsoft.Storage/storageAccounts/shop");
    endpoint.target = ResourceId::parse(&account).ok();
    endpoint.groups = vec!["web".to_owned()];
    assert!(endpoint.stands_for("shop.web.core.windows.net"));
    assert!(!endpoint.stands_for("shop.blob.core.windows.net"));
}

#[test]
fn a_service_says_who_may_reach_it() {
    let own = format!("{GROUP}/Microsoft.Network/privateEndpoints/pe-shop");
    let raw = json!({ "properties": { "publicNetworkAccess": "disabled", "privateEndpointConnections": [
        { "properties": { "privateEndpoint": { "id": own } } } ] } });
    let target = Target::parse(&raw);
    assert_eq!(target.is_closed, Some(true));
    assert_eq!(target.endpoints, Some(vec![ResourceId::parse(&own).unwrap()]));
    let silent = Target::parse(&json!({ "properties": {} }));
    assert_eq!((silent.is_closed, silent.endpoints), (None, None));
    let half = Target::parse(&json!({ "properties": { "privateEndpointConnections": [{}] } }));
    assert_eq!(half.endpoints, None);
}
