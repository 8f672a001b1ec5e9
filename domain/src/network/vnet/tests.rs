use std::net::IpAddr;

use serde_json::{Value, json};

use super::*;

pub(in crate::network) const NETWORK: &str =
    "/subscriptions/s/resourceGroups/rg-net/providers/Microsoft.Network/virtualNetworks/vnet-web";

/// The network of a gateway, as ARM returns it: two subnets and a spoke.
pub(in crate::network) fn document() -> Value {
    let group =
        |name: &str| NETWORK.replace("virtualNetworks/vnet-web", &format!("networkSecurityGroups/{name}"));
    let table = NETWORK.replace("virtualNetworks/vnet-web", "routeTables/rt-agw");
    json!({
        "name": "vnet-web",
        "id": NETWORK,
        "type": "Microsoft.Network/virtualNetworks",
        "location": "westeurope",
        "properties": {
            "provisioningState": "Succeeded",
            "addressSpace": {"addressPrefixes": ["10.10.0.0/16", "fd10::/48"]},
            "dhcpOptions": {"dnsServers": []},
            "subnets": [
                {
                    "name": "snet-agw",
                    "id": format!("{NETWORK}/subnets/snet-agw"),
                    "properties": {
                        "addressPrefix": "10.10.1.0/24",
                        "networkSecurityGroup": {"id": group("nsg-agw")},
                        "routeTable": {"id": table},
                        "serviceEndpoints": [{"service": "Microsoft.Web", "locations": ["*"]}],
                        "delegations": [{
                            "name": "agw",
                            "properties": {"serviceName": "Microsoft.Network/applicationGateways"}
                        }]
                    }
                },
                {
                    "name": "snet-app",
                    "id": format!("{NETWORK}/subnets/snet-app"),
                    "properties": {"addressPrefixes": ["10.10.2.0/24", "fd10::/64"]}
                }
            ],
            "virtualNetworkPeerings": [peering("to-spoke", "Connected", "10.20.0.0/16")]
        }
    })
}

pub(in crate::network) fn peering(name: &str, state: &str, space: &str) -> Value {
    json!({
        "name": name,
        "id": format!("{NETWORK}/virtualNetworkPeerings/{name}"),
        "properties": {
            "peeringState": state,
            "peeringSyncLevel": "FullyInSync",
            "remoteVirtualNetwork": {"id": NETWORK.replace("vnet-web", "vnet-spoke")},
            "allowVirtualNetworkAccess": true,
            "allowForwardedTraffic": false,
            "useRemoteGateways": false,
            "remoteAddressSpace": {"addressPrefixes": [space]},
            "remoteVirtualNetworkAddressSpace": {"addressPrefixes": [space]}
        }
    })
}

pub(in crate::network) fn network(change: impl FnOnce(&mut Value)) -> VirtualNetwork {
    let mut raw = document();
    change(&mut raw["properties"]);
    VirtualNetwork::parse(&raw).unwrap()
}

fn ip(text: &str) -> IpAddr {
    text.parse().unwrap()
}

#[test]
fn a_network_is_read() {
    let network = network(|_| {});
    assert_eq!(network.id.as_str(), NETWORK);
    assert_eq!(network.space.len(), 2);
    let gateway = network.subnet_of(ip("10.10.1.7")).unwrap();
    assert_eq!(gateway.name, Name::new("snet-agw"));
    assert_eq!(gateway.security_group.as_ref().unwrap().name(), Name::new("nsg-agw"));
    assert_eq!(gateway.route_table.as_ref().unwrap().name(), Name::new("rt-agw"));
    assert_eq!(gateway.delegations, ["Microsoft.Network/applicationGateways"]);
    assert_eq!(gateway.service_endpoints, ["Microsoft.Web"]);
    assert_eq!(network.subnet_of(ip("fd10::5")).unwrap().name, Name::new("snet-app"));
    assert_eq!(network.subnet_of(ip("10.10.3.1")), None);
    assert!(network.odd.is_empty() && !network.may_reach_on_premises());
}

#[test]
fn what_is_no_network_is_refused() {
    let parse = |raw: Value| VirtualNetwork::parse(&raw);
    assert_eq!(parse(json!([])), Err(NetworkError::NotAnObject));
    assert_eq!(parse(json!({"value": []})), Err(NetworkError::NoId));
    assert_eq!(parse(json!({"id": NETWORK})), Err(NetworkError::NoProperties));
    let other = NETWORK.replace("virtualNetworks", "routeTables");
    assert!(matches!(
        parse(json!({"id": other, "properties": {}})),
        Err(NetworkError::WrongKind { wanted: "Microsoft.Network/virtualNetworks", .. })
    ));
}

#[test]
fn a_prefix_that_is_not_understood_is_reported() {
    let network = network(|own| own["addressSpace"]["addressPrefixes"] = json!(["10.10.0.0/16", "ten"]));
    assert_eq!(network.odd, ["ten"]);
}

#[test]
fn the_way_to_an_address() {
    let network = network(|own| {
        let peerings = own["virtualNetworkPeerings"].as_array_mut().unwrap();
        peerings.push(peering("to-old", "Disconnected", "10.30.0.0/16"));
        peerings.push(peering("to-new", "Initiated", "10.40.0.0/16"));
        let mut closed = peering("to-closed", "Connected", "10.50.0.0/16");
        closed["properties"]["allowVirtualNetworkAccess"] = json!(false);
        peerings.push(closed);
        let mut grown = peering("to-grown", "Connected", "10.60.0.0/16");
        grown["properties"]["remoteVirtualNetworkAddressSpace"]["addressPrefixes"] =
            json!(["10.60.0.0/16", "10.61.0.0/16"]);
        peerings.push(grown);
        let mut partial = peering("to-part", "Connected", "10.70.0.0/16");
        partial["properties"]["peerCompleteVnets"] = json!(false);
        peerings.push(partial);
        peerings.push(peering("to-old-again", "Connected", "10.30.7.0/24"));
    });
    let broken = |name: &str, fault| Reach::PeeringBroken { peering: Name::new(name), fault };
    let peered = |name: &str| Reach::Peered { peering: Name::new(name) };
    for (address, reach) in [
        ("10.10.1.4", Reach::SameNetwork { subnet: Some(Name::new("snet-agw")) }),
        ("10.10.99.4", Reach::SameNetwork { subnet: None }),
        ("10.20.0.4", peered("to-spoke")),
        ("10.30.0.4", broken("to-old", PeeringFault::State(PeeringState::Disconnected))),
        ("10.30.7.4", peered("to-old-again")),
        ("10.40.0.4", broken("to-new", PeeringFault::State(PeeringState::Initiated))),
        ("10.50.0.4", peered("to-closed")),
        ("10.60.0.4", peered("to-grown")),
        ("10.61.0.4", broken("to-grown", PeeringFault::NotSynchronized)),
        ("10.70.0.4", Reach::PeeredInPart { peering: Name::new("to-part") }),
        ("10.80.0.4", Reach::NotKnown),
        ("20.50.0.4", Reach::NotKnown),
    ] {
        assert_eq!(network.reach(ip(address)), reach, "{address}");
    }
}

#[test]
fn a_gateway_of_the_networks_own_or_of_a_peers_leads_on_premises() {
    let own = network(|own| {
        let subnet = json!({"name": "gatewaysubnet", "properties": {"addressPrefix": "10.10.0.0/27"}});
        own["subnets"].as_array_mut().unwrap().push(subnet);
    });
    assert!(own.may_reach_on_premises());
    let lent = network(|own| {
        own["virtualNetworkPeerings"][0]["properties"]["useRemoteGateways"] = json!(true);
    });
    assert!(lent.may_reach_on_premises());
}
