//! Next hops against a slow reading of the routes, which shares no code with what it checks.

use proptest::prelude::*;
use proptest::sample::select;

use super::*;

const PREFIXES: [&str; 14] = [
    "0.0.0.0/0",
    "::/0",
    "10.0.0.0/8",
    "10.10.0.0/16",
    "10.10.2.0/24",
    "10.10.2.4/32",
    "10.10.2.4/30",
    "10.20.0.0/16",
    "20.0.0.0/8",
    "20.1.0.0/16",
    "128.0.0.0/1",
    "fd10::/48",
    "fd10::4/126",
    "172.16.0.0/12",
];
const DESTINATIONS: [&str; 8] =
    ["10.10.2.4", "10.10.2.9", "10.10.3.1", "10.20.1.1", "20.1.1.1", "172.16.0.1", "fd10::5", "2603::1"];
const HOPS: [&str; 6] =
    ["VnetLocal", "VNetPeering", "Internet", "VirtualAppliance", "None", "VirtualNetworkGateway"];

const USER_HOPS: [&str; 4] = ["VnetLocal", "VirtualAppliance", "None", "Internet"];

/// An entry as the test understands it.
#[derive(Debug, Clone)]
struct Plain {
    source: &'static str,
    valid: bool,
    to: Vec<&'static str>,
    hop: &'static str,
}

fn entries() -> impl Strategy<Value = Vec<Plain>> {
    let sources = &["User", "Default", "VirtualNetworkGateway"][..];
    let entry =
        (select(sources), prop::bool::weighted(0.8), proptest::collection::vec(select(&PREFIXES[..]), 1..3));
    let entry =
        (entry, select(&HOPS[..])).prop_map(|((source, valid, to), hop)| Plain { source, valid, to, hop });
    proptest::collection::vec(entry, 0..10)
}

fn bits(address: &str) -> (bool, u128) {
    match address.parse().unwrap() {
        IpAddr::V4(address) => (false, u128::from(u32::from(address))),
        IpAddr::V6(address) => (true, u128::from(address)),
    }
}

/// The length of a prefix that holds an address.
fn length(prefix: &str, address: &str) -> Option<u32> {
    let (net, length) = prefix.split_once('/').unwrap();
    let ((six, own), (net_six, net)) = (bits(address), bits(net));
    let (width, length) = (if six { 128 } else { 32 }, length.parse().unwrap());
    let same = (0..length).all(|bit| (own >> (width - 1 - bit)) & 1 == (net >> (width - 1 - bit)) & 1);
    (six == net_six && same).then_some(length)
}

/// The slow reading: from one address up to all of them, users first, until some route holds the address.
fn hops(entries: &[Plain], to: &str) -> Vec<&'static str> {
    let at = |wanted: u32, source: &str| -> Vec<&'static str> {
        let valid = entries.iter().filter(|entry| entry.valid && entry.source == source);
        let holding = valid.filter(|entry| entry.to.iter().any(|prefix| length(prefix, to) == Some(wanted)));
        holding.map(|entry| entry.hop).collect()
    };
    let shortcut = (0..=128).any(|length| {
        let own = at(length, "Default");
        at(length, "User").is_empty() && own.iter().any(|hop| ["VnetLocal", "VNetPeering"].contains(hop))
    });
    for length in (0..=128).rev() {
        for source in ["User", "VirtualNetworkGateway", "Default"] {
            let found = at(length, source);
            let passed_over = shortcut && source == "VirtualNetworkGateway";
            if !found.is_empty() && !passed_over {
                return found;
            }
        }
    }
    Vec::new()
}

fn spelled(hop: &NextHop) -> &'static str {
    match hop {
        NextHop::VnetLocal => "VnetLocal",
        NextHop::VnetPeering => "VNetPeering",
        NextHop::Internet => "Internet",
        NextHop::VirtualAppliance { .. } => "VirtualAppliance",
        NextHop::None => "None",
        NextHop::VirtualNetworkGateway => "VirtualNetworkGateway",
        other => panic!("{other:?}"),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn an_address_is_sent_as_the_slow_reading_says(entries in entries(), to in select(&DESTINATIONS[..])) {
        let raw: Vec<Value> = entries
            .iter()
            .map(|entry| {
                let mut raw = active(entry.source, &entry.to, entry.hop, &["10.10.9.4"]);
                raw["state"] = json!(if entry.valid { "Active" } else { "Invalid" });
                raw
            })
            .collect();
        let expected = hops(&entries, to);
        match effective(&raw).next_hop(ip(to)) {
            Way::Via(chosen) => prop_assert!(expected.iter().all(|hop| *hop == spelled(&chosen.hop))
                && !expected.is_empty(), "{:?}, not {:?}", chosen, expected),
            Way::Unclear { why: RouteDoubt::NoRoute, .. } => prop_assert!(expected.is_empty()),
            Way::Unclear { why: RouteDoubt::SamePrefix, .. } => {
                prop_assert!(expected.iter().any(|hop| Some(hop) != expected.first()));
            }
            other => prop_assert!(false, "{:?}, not {:?}", other, expected),
        }
    }

    #[test]
    fn a_table_and_a_network_are_read_as_their_routes_together(
        user in proptest::collection::vec((select(&PREFIXES[..]), select(&USER_HOPS[..])), 0..6),
        to in select(&DESTINATIONS[..]),
    ) {
        let own = [
            ("VnetLocal", vec!["10.10.0.0/16", "fd10::/48"]),
            ("VNetPeering", vec!["10.20.0.0/16"]),
            ("Internet", vec!["0.0.0.0/0", "::/0"]),
            ("None", vec!["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10"]),
        ];
        let mut entries: Vec<Plain> = own
            .into_iter()
            .map(|(hop, to)| Plain { source: "Default", valid: true, to, hop })
            .collect();
        entries.extend(user.iter().map(|(to, hop)| Plain { source: "User", valid: true, to: vec![to], hop }));
        let routes = user.iter().map(|(to, hop)| route("u", to, hop, Some("10.10.9.4"))).collect();
        let routes = SubnetRoutes::of(&network(|_| {}), None, Some(&table(false, routes)));
        let expected = hops(&entries, to);
        match routes.next_hop(ip(to)) {
            Way::Via(chosen) => prop_assert!(expected.iter().all(|hop| *hop == spelled(&chosen.hop))),
            Way::Unclear { .. } => prop_assert!(expected.iter().any(|hop| Some(hop) != expected.first())),
        }
    }
}
