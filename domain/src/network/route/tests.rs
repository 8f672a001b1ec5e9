mod properties;

use std::net::IpAddr;

use serde_json::{Value, json};

use super::*;
use crate::id::Name;
use crate::network::NetworkError;
use crate::network::address::Prefix;
use crate::network::vnet::tests::{network, peering};

const TABLE: &str = "/subscriptions/s/resourceGroups/rg-net/providers/Microsoft.Network/routeTables/rt-agw";

fn ip(text: &str) -> IpAddr {
    text.parse().unwrap()
}

fn route(name: &str, to: &str, hop: &str, address: Option<&str>) -> Value {
    json!({
        "name": name,
        "id": format!("{TABLE}/routes/{name}"),
        "type": "Microsoft.Network/routeTables/routes",
        "properties": {
            "provisioningState": "Succeeded",
            "addressPrefix": to,
            "nextHopType": hop,
            "nextHopIpAddress": address.unwrap_or_default(),
            "hasBgpOverride": false
        }
    })
}

fn table(disable_bgp: bool, routes: Vec<Value>) -> RouteTable {
    let raw = json!({
        "name": "rt-agw",
        "id": TABLE,
        "location": "westeurope",
        "properties": {
            "provisioningState": "Succeeded",
            "disableBgpRoutePropagation": disable_bgp,
            "routes": routes
        }
    });
    RouteTable::parse(&raw).unwrap()
}

/// One entry of an interface's effective routes.
fn active(source: &str, to: &[&str], hop: &str, addresses: &[&str]) -> Value {
    json!({
        "source": source,
        "state": "Active",
        "addressPrefix": to,
        "nextHopType": hop,
        "nextHopIpAddress": addresses,
        "disableBgpRoutePropagation": false,
        "hasBgpOverride": false
    })
}

fn effective(routes: &[Value]) -> EffectiveRoutes {
    EffectiveRoutes::parse(&json!({"value": routes})).unwrap()
}

/// A way in a word: the hop, and the name of its route.
fn brief(way: &Way) -> String {
    match way {
        Way::Via(chosen) => {
            let name = chosen.name.as_ref().map_or("-".to_owned(), Name::to_string);
            format!("{:?} by {name}", chosen.hop)
        }
        Way::Unclear { why, .. } => format!("unclear: {why}"),
    }
}

#[test]
fn azures_own_routes() {
    let network = network(|own| {
        let peerings = own["virtualNetworkPeerings"].as_array_mut().unwrap();
        peerings.push(peering("to-old", "Disconnected", "10.30.0.0/16"));
        let mut closed = peering("to-closed", "Connected", "10.50.0.0/16");
        closed["properties"]["allowVirtualNetworkAccess"] = json!(false);
        peerings.push(closed);
    });
    let routes = SubnetRoutes::of(&network, None, None);
    for (to, expected) in [
        ("10.10.2.4", "VnetLocal by -"),
        ("fd10::4", "VnetLocal by -"),
        ("10.20.0.4", "VnetPeering by -"),
        ("10.30.0.4", "None by -"),
        ("10.50.0.4", "VnetPeering by -"),
        ("192.168.0.4", "None by -"),
        ("100.64.0.4", "None by -"),
        ("20.1.1.1", "Internet by -"),
        ("2603::1", "Internet by -"),
        ("168.63.129.16", "Host by -"),
    ] {
        assert_eq!(brief(&routes.next_hop(ip(to))), expected, "{to}");
    }
}

#[test]
fn an_address_space_around_a_reserved_range_takes_its_route_away() {
    let network = network(|own| own["addressSpace"]["addressPrefixes"] = json!(["8.0.0.0/6"]));
    let routes = SubnetRoutes::of(&network, None, None);
    assert_eq!(brief(&routes.next_hop(ip("10.99.0.4"))), "VnetLocal by -");
    assert_eq!(brief(&routes.next_hop(ip("172.16.0.4"))), "None by -");
}

#[test]
fn the_longest_prefix_wins_and_then_the_user() {
    let table = table(
        false,
        vec![
            route("all", "0.0.0.0/0", "VirtualAppliance", Some("10.10.9.4")),
            route("own", "10.10.0.0/16", "VirtualAppliance", Some("10.10.9.5")),
            route("near", "10.10.2.0/24", "VnetLocal", None),
            route("drop", "10.20.7.0/24", "None", None),
        ],
    );
    let routes = SubnetRoutes::of(&network(|_| {}), None, Some(&table));
    for (to, expected) in [
        ("10.10.3.4", "VirtualAppliance { addresses: [10.10.9.5] } by own"),
        ("10.10.2.4", "VnetLocal by near"),
        ("10.20.0.4", "VnetPeering by -"),
        ("10.20.7.4", "None by drop"),
        ("20.1.1.1", "VirtualAppliance { addresses: [10.10.9.4] } by all"),
        ("10.99.0.4", "None by -"),
        ("2603::1", "Internet by -"),
    ] {
        assert_eq!(brief(&routes.next_hop(ip(to))), expected, "{to}");
    }
    let Way::Via(chosen) = routes.next_hop(ip("10.20.7.4")) else { panic!() };
    assert_eq!(chosen.table, Some(table.id.clone()));
    assert_eq!((chosen.source, chosen.prefix), (RouteSource::User, Prefix::parse("10.20.7.0/24").unwrap()));
}

#[test]
fn routes_that_a_gateway_may_know_are_a_doubt() {
    let connected = network(|own| {
        let subnet = json!({"name": "GatewaySubnet", "properties": {"addressPrefix": "10.10.0.0/27"}});
        own["subnets"].as_array_mut().unwrap().push(subnet);
    });
    let rules = vec![
        route("all", "0.0.0.0/0", "VirtualAppliance", Some("10.10.9.4")),
        route("one", "172.16.0.4", "None", None),
    ];
    let open = table(false, rules.clone());
    let routes = SubnetRoutes::of(&connected, None, Some(&open));
    let doubt = "unclear: a virtual network gateway may know a more specific route";
    assert_eq!(brief(&routes.next_hop(ip("172.16.0.5"))), doubt);
    assert_eq!(brief(&routes.next_hop(ip("172.16.0.4"))), "None by one");
    // What is in the network, or a peered one, does not go by learned routes.
    assert_eq!(brief(&routes.next_hop(ip("10.10.2.4"))), "VnetLocal by -");
    assert_eq!(brief(&routes.next_hop(ip("10.20.2.4"))), "VnetPeering by -");
    // Unless a route of the user's own has taken the place of Azure's.
    let moved = table(false, vec![route("own", "10.10.0.0/16", "VirtualAppliance", Some("10.10.9.4"))]);
    let own = SubnetRoutes::of(&connected, None, Some(&moved));
    assert_eq!(brief(&own.next_hop(ip("10.10.2.4"))), doubt);
    let shut = table(true, rules);
    let routes = SubnetRoutes::of(&connected, None, Some(&shut));
    assert_eq!(brief(&routes.next_hop(ip("172.16.0.5"))), "None by -");
}

#[test]
fn service_and_private_endpoints_are_shortcuts() {
    let network = network(|_| {});
    let all = table(false, vec![route("all", "0.0.0.0/0", "VirtualAppliance", Some("10.10.9.4"))]);
    let subnet = network.subnet(&Name::new("snet-agw"));
    let routes = SubnetRoutes::of(&network, subnet, Some(&all)).with_private_endpoint(ip("10.10.2.9"));
    let doubt = "unclear: a service endpoint of the subnet may lead there";
    assert_eq!(brief(&routes.next_hop(ip("20.1.1.1"))), doubt);
    assert_eq!(brief(&routes.next_hop(ip("10.10.2.9"))), "PrivateEndpoint by -");
    let own = table(false, vec![route("own", "10.10.0.0/16", "None", None)]);
    let routes = SubnetRoutes::of(&network, subnet, Some(&own)).with_private_endpoint(ip("10.10.2.9"));
    assert!(brief(&routes.next_hop(ip("10.10.2.9"))).starts_with("unclear: the network policies"));
    assert_eq!(brief(&routes.next_hop(ip("10.10.2.8"))), "None by own");
}

#[test]
fn effective_routes_are_taken_as_azure_worked_them_out() {
    let mut overridden = active("Default", &["0.0.0.0/0"], "Internet", &[]);
    overridden["state"] = json!("Invalid");
    let routes = effective(&[
        active("Default", &["10.10.0.0/16", "fd10::/48"], "VnetLocal", &[]),
        active("Default", &["10.20.0.0/16"], "VNetPeering", &[]),
        active("VirtualNetworkGateway", &["172.16.0.0/16"], "VirtualNetworkGateway", &["20.9.9.9"]),
        active("VirtualNetworkGateway", &["10.10.2.0/24"], "VirtualNetworkGateway", &["20.9.9.9"]),
        active("Default", &["172.16.0.0/12"], "None", &[]),
        active("Default", &["10.10.2.9/32"], "InterfaceEndpoint", &[]),
        overridden,
        active("User", &["0.0.0.0/0"], "VirtualAppliance", &["10.10.9.4", "10.10.9.5"]),
    ]);
    for (to, expected) in [
        // A route that was learned does not lead what is in the network elsewhere, however specific it is.
        ("10.10.2.4", "VnetLocal by -"),
        ("10.10.2.9", "PrivateEndpoint by -"),
        ("10.20.0.4", "VnetPeering by -"),
        ("172.16.0.4", "VirtualNetworkGateway by -"),
        ("172.17.0.4", "None by -"),
        ("20.1.1.1", "VirtualAppliance { addresses: [10.10.9.4, 10.10.9.5] } by -"),
        ("2603::1", "unclear: no route is about this address"),
    ] {
        assert_eq!(brief(&routes.next_hop(ip(to))), expected, "{to}");
    }
}

#[test]
fn a_route_of_the_users_takes_the_place_of_azures_own() {
    let routes = effective(&[
        active("Default", &["10.10.0.0/16"], "VnetLocal", &[]),
        active("User", &["10.10.0.0/16"], "VirtualAppliance", &["10.10.9.4"]),
        active("VirtualNetworkGateway", &["10.10.2.0/24"], "VirtualNetworkGateway", &[]),
    ]);
    assert_eq!(brief(&routes.next_hop(ip("10.10.2.4"))), "VirtualNetworkGateway by -");
    assert_eq!(brief(&routes.next_hop(ip("10.10.3.4"))), "VirtualAppliance { addresses: [10.10.9.4] } by -");
}

#[test]
fn a_peering_of_some_subnets_leaves_its_addresses_open() {
    let network = network(|own| {
        own["virtualNetworkPeerings"][0]["properties"]["peerCompleteVnets"] = json!(false);
    });
    let routes = SubnetRoutes::of(&network, None, None);
    assert_eq!(brief(&routes.next_hop(ip("10.20.0.4"))), "unclear: the address space was not understood");
    assert_eq!(brief(&routes.next_hop(ip("10.10.0.4"))), "VnetLocal by -");
}

#[test]
fn learned_routes_that_do_not_propagate_are_left_out() {
    let mut learned = active("VirtualNetworkGateway", &["0.0.0.0/0"], "VirtualNetworkGateway", &[]);
    let internet = active("Default", &["0.0.0.0/0"], "Internet", &[]);
    let hop =
        |learned: &Value| brief(&effective(&[internet.clone(), learned.clone()]).next_hop(ip("20.1.1.1")));
    assert_eq!(hop(&learned), "VirtualNetworkGateway by -");
    learned["disableBgpRoutePropagation"] = json!(true);
    assert_eq!(hop(&learned), "Internet by -");
}

#[test]
fn what_is_not_understood_is_a_doubt_not_a_guess() {
    let drop = route("drop", "20.0.0.0/8", "None", None);
    let to = |extra: Value| {
        let table = table(false, vec![drop.clone(), extra]);
        brief(&SubnetRoutes::of(&network(|_| {}), None, Some(&table)).next_hop(ip("20.1.1.1")))
    };
    let strange = route("x", "20.1.0.0/16", "Wormhole", None);
    assert_eq!(to(strange), "unclear: nextHopType Wormhole was not understood");
    let tagged = route("x", "Storage", "Internet", None);
    assert_eq!(to(tagged), "unclear: the addresses of the service tag Storage are not known");
    assert_eq!(to(route("x", "Storage", "None", None)), "None by drop");
    assert_eq!(to(route("x", "20.1.0.0/99", "Internet", None)), "unclear: 20.1.0.0/99 was not understood");
    assert_eq!(to(route("x", "20.0.0.0/8", "Internet", None)), "unclear: two routes of one prefix disagree");
    let both = table(false, vec![drop, route("x", "Storage", "Internet", None)]);
    assert!(!both.is_plain());
    let routes = SubnetRoutes::of(&network(|_| {}), None, Some(&both));
    assert_eq!(routes.next_hop(ip("20.1.1.1")).black_hole(), None);
    // An explicit route for one address comes before one for a service.
    let one = vec![route("one", "20.1.1.1", "None", None), route("x", "Storage", "Internet", None)];
    let exact = SubnetRoutes::of(&network(|_| {}), None, Some(&table(false, one)));
    assert_eq!(brief(&exact.next_hop(ip("20.1.1.1"))), "None by one");
    // A private address is never one of a service.
    assert_eq!(brief(&routes.next_hop(ip("10.99.0.4"))), "None by -");
}

#[test]
fn the_ways_in_which_a_table_breaks_a_gateway() {
    let appliance = Some("10.10.9.4");
    let detour = |to: &str, hop: &str, address| {
        let table = table(false, vec![route("a", "10.0.0.0/8", hop, address), route("b", to, hop, address)]);
        let name = |route: Option<&Route>| route.and_then(|route| route.name.clone()).is_some();
        (name(table.internet_detour()), name(table.default_to_appliance()))
    };
    assert_eq!(detour("0.0.0.0/0", "VirtualAppliance", appliance), (true, true));
    assert_eq!(detour("128.0.0.0/1", "VirtualAppliance", appliance), (true, true));
    assert_eq!(detour("0.0.0.0/0", "VirtualNetworkGateway", None), (true, false));
    assert_eq!(detour("0.0.0.0/0", "None", None), (true, false));
    assert_eq!(detour("0.0.0.0/0", "Internet", None), (false, false));
    assert_eq!(detour("20.0.0.0/8", "VirtualAppliance", appliance), (false, false));
    assert_eq!(detour("::/0", "VirtualAppliance", appliance), (false, false));
    let table = table(
        false,
        vec![route("drop", "10.20.0.0/16", "None", None), route("all", "0.0.0.0/0", "Internet", None)],
    );
    let routes = SubnetRoutes::of(&network(|_| {}), None, Some(&table));
    let dropped = |to| routes.next_hop(ip(to)).black_hole().map(|chosen| chosen.name.clone());
    assert_eq!(dropped("10.20.1.4"), Some(Some(Name::new("drop"))));
    assert_eq!(dropped("10.30.1.4"), Some(None));
    assert_eq!(dropped("10.10.1.4"), None);
}

#[test]
fn what_is_no_table_and_no_answer_is_refused() {
    assert_eq!(RouteTable::parse(&json!({"value": []})), Err(NetworkError::NoId));
    assert_eq!(EffectiveRoutes::parse(&json!({})), Err(NetworkError::NoList));
    assert_eq!(EffectiveRoutes::parse(&json!({"value": [], "nextLink": "x"})), Err(NetworkError::MorePages));
}
