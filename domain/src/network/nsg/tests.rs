mod effective;
mod needs;
mod properties;

use std::net::IpAddr;

use serde_json::{Value, json};

use super::*;
use crate::id::Name;
use crate::network::address::Prefix;
use crate::network::ports::PortRange;
use crate::network::tag::ServiceTag;

pub(super) const GROUP: &str =
    "/subscriptions/s/resourceGroups/rg-net/providers/Microsoft.Network/networkSecurityGroups/nsg-app";
const ASG: &str =
    "/subscriptions/s/resourceGroups/rg-net/providers/Microsoft.Network/applicationSecurityGroups/asg-web";

pub(super) fn ip(text: &str) -> IpAddr {
    text.parse().unwrap()
}

pub(super) fn prefix(text: &str) -> Prefix {
    Prefix::parse(text).unwrap()
}

fn tag(text: &str) -> ServiceTag {
    ServiceTag::parse(text).unwrap()
}

/// A rule as the portal makes it: TCP from any port.
pub(super) fn rule(priority: u32, way: &str, access: &str, from: &str, to: &str, ports: &str) -> Value {
    json!({
        "name": format!("r{priority}"),
        "id": format!("{GROUP}/securityRules/r{priority}"),
        "properties": {
            "provisioningState": "Succeeded",
            "protocol": "Tcp",
            "sourcePortRange": "*",
            "destinationPortRange": ports,
            "sourceAddressPrefix": from,
            "destinationAddressPrefix": to,
            "access": access,
            "priority": priority,
            "direction": way,
            "sourcePortRanges": [],
            "destinationPortRanges": [],
            "sourceAddressPrefixes": [],
            "destinationAddressPrefixes": []
        }
    })
}

/// The same rule with some of its fields changed; null takes one away.
fn with(mut rule: Value, fields: &Value) -> Value {
    for (key, value) in fields.as_object().unwrap() {
        rule["properties"][key] = value.clone();
    }
    rule
}

pub(super) fn group(rules: Vec<Value>) -> Nsg {
    let raw = json!({
        "name": "nsg-app",
        "id": GROUP,
        "type": "Microsoft.Network/networkSecurityGroups",
        "location": "westeurope",
        "properties": {"provisioningState": "Succeeded", "securityRules": rules}
    });
    Nsg::parse(&raw).unwrap()
}

/// The surroundings of a network that is connected with nothing.
fn known() -> NetworkContext {
    NetworkContext { spaces: vec![prefix("10.10.0.0/16")], complete: true, ..NetworkContext::default() }
}

fn inbound(from: impl Into<End>, to: &str, port: u16) -> Flow {
    Flow::tcp(Direction::Inbound, from, ip(to), port)
}

fn outbound(from: &str, to: &str, port: u16) -> Flow {
    Flow::tcp(Direction::Outbound, ip(from), ip(to), port)
}

/// A ruling in a word, with the rule's name.
pub(super) fn brief(ruling: &Ruling) -> String {
    let name = ruling.rule().map_or_else(|| "-".to_owned(), |rule| rule.name.to_string());
    match ruling {
        Ruling::Allowed { .. } => format!("allowed by {name}"),
        Ruling::Denied { .. } => format!("denied by {name}"),
        Ruling::Unclear { why, .. } => format!("unclear at {name}: {why}"),
    }
}

#[test]
fn the_default_rules_are_there_without_being_listed() {
    let group = group(vec![]);
    for (flow, expected) in [
        (inbound(ip("10.10.1.4"), "10.10.2.4", 80), "allowed by AllowVnetInBound"),
        (inbound(ip("168.63.129.16"), "10.10.2.4", 80), "allowed by AllowVnetInBound"),
        (inbound(tag("AzureLoadBalancer"), "10.99.2.4", 80), "allowed by AllowAzureLoadBalancerInBound"),
        (inbound(ip("20.1.1.1"), "10.10.2.4", 80), "denied by DenyAllInBound"),
        (inbound(ip("10.20.0.4"), "10.10.2.4", 80), "denied by DenyAllInBound"),
        (outbound("10.10.1.4", "10.10.2.4", 80), "allowed by AllowVnetOutBound"),
        (outbound("10.10.1.4", "20.1.1.1", 80), "allowed by AllowInternetOutBound"),
        (outbound("10.10.1.4", "10.20.0.4", 80), "denied by DenyAllOutBound"),
    ] {
        assert_eq!(brief(&group.decide(&flow, &known())), expected, "{flow:?}");
    }
}

#[test]
fn default_rules_that_are_listed_are_not_doubled() {
    let mut raw = json!({"id": GROUP, "properties": {"securityRules": []}});
    let deny = with(rule(65500, "Inbound", "Deny", "*", "*", "*"), &json!({"protocol": "*"}));
    raw["properties"]["defaultSecurityRules"] = json!([deny]);
    let group = Nsg::parse(&raw).unwrap();
    assert_eq!(group.rules.len(), 1);
    let ruling = group.decide(&inbound(ip("10.10.1.4"), "10.10.2.4", 80), &known());
    let Ruling::Denied { rule } = ruling else { panic!("{ruling:?}") };
    assert_eq!(rule.id().as_str(), format!("{GROUP}/defaultSecurityRules/r65500"));
    // Rules about one direction say nothing of the other.
    let other = group.decide(&outbound("10.10.1.4", "10.10.2.4", 80), &known());
    assert_eq!(other, Ruling::Unclear { why: Why::NoRule, rule: None });
}

#[test]
fn the_lowest_number_comes_first_whatever_the_order() {
    let group = group(vec![
        rule(300, "Inbound", "Allow", "*", "*", "80"),
        rule(200, "Inbound", "Deny", "10.10.1.0/24", "*", "*"),
        rule(100, "Outbound", "Allow", "*", "*", "*"),
    ]);
    let decide = |from| brief(&group.decide(&inbound(ip(from), "10.10.2.4", 80), &known()));
    assert_eq!(decide("10.10.1.4"), "denied by r200");
    assert_eq!(decide("10.10.3.4"), "allowed by r300");
    let denied = group.decide(&inbound(ip("10.10.1.4"), "10.10.2.4", 80), &known());
    let expected =
        RuleRef { name: Name::new("r200"), priority: 200, nsg: group.id.clone(), is_default: false };
    assert_eq!(denied.rule(), Some(&expected));
    assert_eq!(expected.id().as_str(), format!("{GROUP}/securityRules/r200"));
}

#[test]
fn an_augmented_rule_has_several_of_everything() {
    let fields = json!({
        "sourceAddressPrefix": "10.10.1.0/24",
        "sourceAddressPrefixes": ["10.10.7.4", "10.10.8.0/24"],
        "destinationAddressPrefix": null,
        "destinationAddressPrefixes": ["10.10.2.0/24", "10.10.3.0/24"],
        "destinationPortRange": "80",
        "destinationPortRanges": ["443", "8000-8100"]
    });
    let group = group(vec![with(rule(100, "Inbound", "Deny", "*", "*", "*"), &fields)]);
    for (from, to, port, denied) in [
        ("10.10.1.9", "10.10.2.4", 80, true),
        ("10.10.7.4", "10.10.3.4", 443, true),
        ("10.10.8.4", "10.10.3.4", 8050, true),
        ("10.10.7.5", "10.10.3.4", 443, false),
        ("10.10.8.4", "10.10.4.4", 443, false),
        ("10.10.8.4", "10.10.3.4", 8101, false),
    ] {
        let ruling = group.decide(&inbound(ip(from), to, port), &known());
        assert_eq!(ruling.is_denied(), denied, "{from} {to} {port}: {}", brief(&ruling));
    }
}

#[test]
fn a_tag_that_is_not_known_leaves_a_doubt_that_matters() {
    let by = |access| {
        group(vec![
            rule(100, "Outbound", access, "*", "Storage.WestEurope", "443"),
            rule(200, "Outbound", "Deny", "*", "*", "443"),
        ])
    };
    let flow = outbound("10.10.1.4", "20.1.1.1", 443);
    let doubt = "unclear at r100: the addresses of the service tag Storage.WestEurope are not known";
    assert_eq!(brief(&by("Allow").decide(&flow, &known())), doubt);
    // It comes to the same, whether the first rule matches or not.
    assert_eq!(brief(&by("Deny").decide(&flow, &known())), "denied by r200");
    // A private address is never one of a service.
    let private = outbound("10.10.1.4", "10.10.2.4", 443);
    assert_eq!(brief(&by("Allow").decide(&private, &known())), "denied by r200");
    let read = known().with_tag(tag("storage.westeurope"), [prefix("20.1.0.0/16")]);
    assert_eq!(brief(&by("Allow").decide(&flow, &read)), "allowed by r100");
    let read = known().with_tag(tag("storage.westeurope"), [prefix("20.2.0.0/16")]);
    assert_eq!(brief(&by("Allow").decide(&flow, &read)), "denied by r200");
}

#[test]
fn an_earlier_rule_decides_before_a_doubt() {
    let group = group(vec![
        rule(100, "Outbound", "Deny", "*", "20.1.1.1", "443"),
        rule(200, "Outbound", "Allow", "*", "Sql", "443"),
    ]);
    assert_eq!(brief(&group.decide(&outbound("10.10.1.4", "20.1.1.1", 443), &known())), "denied by r100");
}

#[test]
fn a_flow_from_a_tag_matches_that_tag() {
    let group = group(vec![
        rule(100, "Inbound", "Allow", "GatewayManager", "*", "65200-65535"),
        rule(200, "Inbound", "Allow", "Storage", "*", "443"),
        rule(300, "Inbound", "Deny", "Internet", "*", "*"),
    ]);
    let decide = |from, port| brief(&group.decide(&inbound(tag(from), "10.10.2.4", port), &known()));
    assert_eq!(decide("gatewaymanager", 65200), "allowed by r100");
    assert_eq!(decide("GatewayManager", 443).split(':').next(), Some("unclear at r200"));
    assert_eq!(decide("GatewayManager", 80), "denied by r300");
    assert_eq!(decide("Storage.WestEurope", 443), "allowed by r200");
    assert_eq!(decide("VirtualNetwork", 80), "allowed by AllowVnetInBound");
    assert_eq!(decide("Internet", 80), "denied by r300");
    assert_eq!(decide("Internet", 443), "unclear at r200: the rule is about a part of these addresses");
}

#[test]
fn what_is_connected_is_part_of_the_virtual_network() {
    let unknown = NetworkContext { complete: false, ..known() };
    let group = group(vec![]);
    let from = |address, context: &NetworkContext| {
        brief(&group.decide(&inbound(ip(address), "10.10.2.4", 80), context))
    };
    assert_eq!(
        from("10.20.0.4", &unknown),
        "unclear at DenyAllInBound: it is not known which addresses are connected with the virtual network"
    );
    let connected = NetworkContext { connected: vec![prefix("10.20.0.0/16")], ..known() };
    assert_eq!(from("10.20.0.4", &connected), "allowed by AllowVnetInBound");
    assert_eq!(from("10.30.0.4", &connected), "denied by DenyAllInBound");
    // With a default route the tag may hold everything.
    let everything = NetworkContext { connected: vec![prefix("0.0.0.0/0")], ..known() };
    assert!(from("10.30.0.4", &everything).starts_with("unclear"));
    // Whatever is not in the virtual network is on the internet, and both may be reached.
    let out = outbound("10.10.1.4", "20.1.1.1", 443);
    assert!(group.decide(&out, &unknown).is_allowed());
}

#[test]
fn application_security_groups_go_by_their_members() {
    let fields = json!({"sourceAddressPrefix": null, "sourceApplicationSecurityGroups": [{"id": ASG}]});
    let group = group(vec![
        with(rule(100, "Inbound", "Allow", "*", "*", "80"), &fields),
        rule(200, "Inbound", "Deny", "*", "*", "*"),
    ]);
    let member = json!({"properties": {"ipConfigurations": [
        {"properties": {
            "privateIPAddress": "10.10.1.4",
            "applicationSecurityGroups": [{"id": ASG.to_ascii_lowercase()}]
        }},
        {"properties": {"privateIPAddress": "10.10.1.5"}}
    ]}});
    let context = known().with_interface(&member).with_gateway(prefix("10.10.9.0/24"));
    let from = |end: End| brief(&group.decide(&inbound(end, "10.10.2.4", 80), &context));
    assert_eq!(from(ip("10.10.1.4").into()), "allowed by r100");
    assert_eq!(from(ip("10.10.1.5").into()), "denied by r200");
    assert_eq!(from(ip("20.1.1.1").into()), "denied by r200");
    assert_eq!(from(prefix("10.10.9.0/24").into()), "denied by r200");
    assert_eq!(
        from(ip("10.10.1.6").into()),
        "unclear at r100: the members of the application security group asg-web are not known"
    );
}

#[test]
fn a_subnet_as_a_whole_gets_one_answer_or_none() {
    let group = group(vec![
        rule(100, "Inbound", "Deny", "10.10.1.128/25", "*", "80"),
        rule(200, "Inbound", "Deny", "10.10.1.0/24", "*", "443"),
        rule(300, "Inbound", "Deny", "10.10.2.0/24", "*", "80"),
    ]);
    let from = |port| brief(&group.decide(&inbound(prefix("10.10.1.0/24"), "10.10.2.4", port), &known()));
    assert_eq!(from(80), "unclear at r100: the rule is about a part of these addresses");
    assert_eq!(from(443), "denied by r200");
    assert_eq!(from(22), "allowed by AllowVnetInBound");
}

#[test]
fn a_range_of_ports_is_decided_port_by_port() {
    let group = group(vec![
        rule(100, "Inbound", "Allow", "*", "*", "80-90"),
        rule(110, "Inbound", "Allow", "*", "*", "91-95"),
        rule(200, "Inbound", "Deny", "*", "*", "*"),
    ]);
    let ports = |from, to| {
        let flow = Flow::tcp(Direction::Inbound, ip("10.10.1.4"), ip("10.10.2.4"), PortRange::new(from, to));
        brief(&group.decide(&flow, &known()))
    };
    assert_eq!(ports(80, 95), "allowed by r100");
    assert_eq!(ports(80, 96), "unclear at r200: only a part of this traffic passes");
    assert_eq!(ports(96, 200), "denied by r200");
}

#[test]
fn protocols_are_told_apart() {
    let group = group(vec![
        with(rule(100, "Inbound", "Deny", "*", "*", "*"), &json!({"protocol": "Icmp"})),
        with(rule(200, "Inbound", "Deny", "*", "*", "80"), &json!({"protocol": "*"})),
    ]);
    let by = |protocol| {
        let flow = Flow { protocol, ..inbound(ip("10.10.1.4"), "10.10.2.4", 443) };
        brief(&group.decide(&flow, &known()))
    };
    assert_eq!(by(Protocol::Tcp), "allowed by AllowVnetInBound");
    assert_eq!(by(Protocol::Icmp), "denied by r100");
    assert_eq!(by(Protocol::Any), "unclear at r100: only a part of this traffic passes");
    assert_eq!(by(Protocol::Esp), "unclear at r200: the rule names ports, and this traffic has none");
}

#[test]
fn what_is_not_understood_is_a_doubt_not_a_guess() {
    let flow = inbound(ip("10.10.1.4"), "10.10.2.4", 80);
    for (fields, what) in [
        (json!({"access": "Ponder"}), "access \"Ponder\""),
        (json!({"direction": null}), "direction null"),
        (json!({"protocol": "Sctp"}), "protocol \"Sctp\""),
        (json!({"priority": "first"}), "priority \"first\""),
        (json!({"destinationPortRange": "http"}), "destinationPortRange \"http\""),
        (json!({"destinationPortRange": null}), "destinationPortRange null"),
        (json!({"sourceAddressPrefix": "10.0.0.1-10.0.0.9"}), "10.0.0.1-10.0.0.9"),
        (json!({"sourceAddressPrefix": null}), "sourceAddressPrefix (absent)"),
    ] {
        let deny = rule(100, "Inbound", "Deny", "*", "*", "*");
        let ruling = group(vec![with(deny, &fields)]).decide(&flow, &known());
        assert_eq!(brief(&ruling), format!("unclear at r100: {what} was not understood"));
    }
    // A rule that is certainly about something else is no doubt.
    let other = with(rule(100, "Inbound", "Deny", "10.10.9.9", "*", "*"), &json!({"access": "Ponder"}));
    assert!(group(vec![other]).decide(&flow, &known()).is_allowed());
}

#[test]
fn two_rules_of_one_priority_that_disagree_prove_nothing() {
    let pair = |second| {
        group(vec![
            rule(100, "Inbound", "Allow", "*", "*", "80"),
            rule(100, "Inbound", second, "*", "*", "*"),
        ])
    };
    let flow = inbound(ip("10.10.1.4"), "10.10.2.4", 80);
    assert!(brief(&pair("Deny").decide(&flow, &known())).starts_with("unclear at r100: two rules"));
    assert!(pair("Allow").decide(&flow, &known()).is_allowed());
}

#[test]
fn the_services_of_the_host_are_shut_off_by_their_own_tags_only() {
    let dns = Flow { protocol: Protocol::Udp, ..outbound("10.10.1.4", "168.63.129.16", 53) };
    let closed = rule(100, "Outbound", "Deny", "*", "*", "*");
    let closed = with(closed, &json!({"protocol": "*"}));
    assert_eq!(brief(&group(vec![closed]).decide(&dns, &known())), "allowed by -");
    let named = with(rule(100, "Outbound", "Deny", "*", "AzurePlatformDNS", "*"), &json!({"protocol": "*"}));
    assert!(brief(&group(vec![named]).decide(&dns, &known())).starts_with("unclear at r100"));
}

#[test]
fn subnet_and_interface_have_to_agree() {
    let open = group(vec![rule(100, "Inbound", "Allow", "*", "*", "*")]);
    let shut = group(vec![rule(150, "Inbound", "Deny", "*", "*", "*")]);
    let flow = inbound(ip("20.1.1.1"), "10.10.2.4", 80);
    let all = |subnet, interface| brief(&decide_all(subnet, interface, &flow, &known()));
    assert_eq!(all(None, None), "allowed by -");
    assert_eq!(all(Some(&open), None), "allowed by r100");
    assert_eq!(all(Some(&open), Some(&shut)), "denied by r150");
    assert_eq!(all(Some(&shut), Some(&open)), "denied by r150");
    let unclear = group(vec![
        rule(120, "Inbound", "Deny", "Storage", "*", "*"),
        rule(130, "Inbound", "Allow", "*", "*", "*"),
    ]);
    assert!(all(Some(&unclear), Some(&open)).starts_with("unclear at r120"));
    assert!(all(Some(&open), Some(&unclear)).starts_with("unclear at r120"));
    assert_eq!(all(Some(&unclear), Some(&shut)), "denied by r150");
}

#[test]
fn the_first_group_on_the_way_is_the_one_that_denies() {
    let shut = |priority| {
        let both = ["Inbound", "Outbound"].map(|way| rule(priority, way, "Deny", "*", "*", "*"));
        group(both.into())
    };
    let (subnet, interface) = (shut(100), shut(200));
    let all = |flow| brief(&decide_all(Some(&subnet), Some(&interface), &flow, &known()));
    assert_eq!(all(inbound(ip("10.10.1.4"), "10.10.2.4", 80)), "denied by r100");
    assert_eq!(all(outbound("10.10.2.4", "10.10.1.4", 80)), "denied by r200");
}

#[test]
fn a_context_is_made_of_what_the_network_says() {
    use crate::network::vnet::tests::{network, peering};
    let network = network(|own| {
        let peerings = own["virtualNetworkPeerings"].as_array_mut().unwrap();
        peerings.push(peering("to-old", "Disconnected", "10.30.0.0/16"));
    });
    let context = NetworkContext::of(&network, None);
    let from = |address| {
        let flow = inbound(ip(address), "10.10.2.4", 80);
        brief(&group(vec![]).decide(&flow, &context))
    };
    assert_eq!(from("10.20.0.4"), "allowed by AllowVnetInBound");
    assert_eq!(from("10.30.0.4"), "denied by DenyAllInBound");
}

#[test]
fn ipv6_and_a_prefix_that_names_all_ipv4_addresses() {
    let context = NetworkContext { spaces: vec![prefix("fd10::/48")], ..known() };
    let flow = |to: &str| Flow::tcp(Direction::Inbound, ip("fd10::4"), ip(to), 80);
    let by = |from| group(vec![rule(100, "Inbound", "Deny", from, "*", "*")]);
    assert_eq!(brief(&by("*").decide(&flow("fd10::5"), &context)), "denied by r100");
    assert_eq!(brief(&by("::/0").decide(&flow("fd10::5"), &context)), "denied by r100");
    assert_eq!(brief(&by("10.0.0.0/8").decide(&flow("fd10::5"), &context)), "allowed by AllowVnetInBound");
    assert!(brief(&by("0.0.0.0/0").decide(&flow("fd10::5"), &context)).starts_with("unclear at r100"));
}

#[test]
fn two_halves_of_a_subnet_are_the_whole_of_it() {
    let halves = |second: &str| {
        let fields = json!({"sourceAddressPrefix": null, "sourceAddressPrefixes": ["10.10.0.0/25", second, "10.10.9.4"]});
        let group = group(vec![with(rule(100, "Inbound", "Deny", "*", "*", "80"), &fields)]);
        group.decide(&inbound(prefix("10.10.0.0/24"), "10.10.1.4", 80), &known())
    };
    assert!(matches!(halves("10.10.0.128/25"), Ruling::Denied { .. }));
    assert!(matches!(halves("10.10.0.128/26"), Ruling::Unclear { .. }));
}
