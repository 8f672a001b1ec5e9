use serde_json::{Value, json};

use super::*;

fn entry(name: &str, association: &Value, rules: Vec<Value>) -> Value {
    json!({
        "networkSecurityGroup": {"id": GROUP.replace("nsg-app", name)},
        "association": association,
        "effectiveSecurityRules": rules
    })
}

fn effective(name: &str, priority: u32, access: &str, from: &str, expanded: &[&str], ports: &str) -> Value {
    json!({
        "name": name,
        "protocol": "All",
        "sourcePortRange": "0-65535",
        "sourcePortRanges": ["0-65535"],
        "destinationPortRange": ports,
        "destinationPortRanges": [ports],
        "sourceAddressPrefix": from,
        "sourceAddressPrefixes": [from],
        "destinationAddressPrefix": "0.0.0.0/0",
        "destinationAddressPrefixes": ["0.0.0.0/0"],
        "expandedSourceAddressPrefix": expanded,
        "expandedDestinationAddressPrefix": [],
        "access": access,
        "priority": priority,
        "direction": "Inbound"
    })
}

fn defaults() -> Vec<Value> {
    vec![
        effective(
            "defaultSecurityRules/AllowVnetInBound",
            65000,
            "Allow",
            "VirtualNetwork",
            &["10.10.0.0/16", "10.20.0.0/16", "168.63.129.16/32"],
            "0-65535",
        ),
        effective("defaultSecurityRules/DenyAllInBound", 65500, "Deny", "0.0.0.0/0", &[], "0-65535"),
    ]
}

fn subnet() -> Value {
    json!({"subnet": {"id": GROUP.replace("networkSecurityGroups/nsg-app", "virtualNetworks/v/subnets/s")}})
}

fn interface() -> Value {
    let id = GROUP.replace("networkSecurityGroups/nsg-app", "networkInterfaces/nic");
    json!({"networkInterface": {"id": id}})
}

fn decide(entries: &[Value], flow: &Flow) -> Ruling {
    let rules = EffectiveRules::parse(&json!({"value": entries})).unwrap();
    // Nothing is known but what the answer says.
    rules.decide_all(flow, &NetworkContext::default())
}

#[test]
fn tags_are_what_the_answer_says_they_are() {
    let group = entry("nsg-a", &subnet(), defaults());
    let from = |address| brief(&decide(std::slice::from_ref(&group), &inbound(ip(address), "10.10.2.4", 80)));
    assert_eq!(from("10.20.0.4"), "allowed by AllowVnetInBound");
    assert_eq!(from("10.30.0.4"), "denied by DenyAllInBound");
    assert_eq!(from("20.1.1.1"), "denied by DenyAllInBound");
    let ruling = decide(&[group], &inbound(ip("20.1.1.1"), "10.10.2.4", 80));
    let rule = ruling.rule().unwrap();
    let id = format!("{}/defaultSecurityRules/DenyAllInBound", GROUP.replace("nsg-app", "nsg-a"));
    assert_eq!(rule.id().as_str(), id);
}

#[test]
fn both_groups_are_asked_in_the_order_of_the_traffic() {
    let deny = |name, at: &Value| {
        let rule = effective(&format!("securityRules/{name}"), 100, "Deny", "0.0.0.0/0", &[], "80-80");
        entry(name, at, std::iter::once(rule).chain(defaults()).collect())
    };
    let flow = inbound(ip("10.10.1.4"), "10.10.2.4", 80);
    let both = [deny("on-nic", &interface()), deny("on-subnet", &subnet())];
    assert_eq!(brief(&decide(&both, &flow)), "denied by on-subnet");
    let nic = [entry("open", &subnet(), defaults()), deny("on-nic", &interface())];
    assert_eq!(brief(&decide(&nic, &flow)), "denied by on-nic");
    assert_eq!(brief(&decide(&[], &flow)), "allowed by -");
    let mut leaving = both;
    for group in &mut leaving {
        group["effectiveSecurityRules"][0]["direction"] = json!("Outbound");
    }
    assert_eq!(brief(&decide(&leaving, &outbound("10.10.2.4", "10.10.1.4", 80))), "denied by on-nic");
}

#[test]
fn a_tag_map_says_what_a_rule_does_not() {
    let rule = effective("securityRules/storage", 100, "Deny", "Storage", &[], "0-65535");
    let mut group = entry("nsg-a", &subnet(), std::iter::once(rule).chain(defaults()).collect());
    let flow = inbound(ip("20.1.1.1"), "10.10.2.4", 80);
    assert_eq!(brief(&decide(std::slice::from_ref(&group), &flow)), "denied by DenyAllInBound");
    group["effectiveSecurityRules"][1]["expandedSourceAddressPrefix"] = json!(["20.0.0.0/8"]);
    assert!(brief(&decide(std::slice::from_ref(&group), &flow)).starts_with("unclear at storage"));
    group["tagMap"] = json!({"Storage": ["20.2.0.0/16"]});
    assert_eq!(brief(&decide(std::slice::from_ref(&group), &flow)), "allowed by AllowVnetInBound");
}

#[test]
fn rules_of_a_network_manager_come_first_and_are_not_judged() {
    let id = GROUP.replace("networkSecurityGroups/nsg-app", "networkManagers/m");
    let manager = json!({"networkManager": {"id": id}});
    let rule = effective("securityRules/admin", 10, "Deny", "0.0.0.0/0", &[], "22-22");
    let entries = [entry("m", &manager, vec![rule]), entry("nsg-a", &subnet(), defaults())];
    let to = |port| brief(&decide(&entries, &inbound(ip("10.10.1.4"), "10.10.2.4", port)));
    assert_eq!(to(80), "allowed by AllowVnetInBound");
    assert!(to(22).starts_with("unclear at admin"));
}

#[test]
fn an_answer_that_is_not_whole_is_refused() {
    let parse = |raw: Value| EffectiveRules::parse(&raw).map(|_| ());
    assert_eq!(parse(json!({})), Err(NetworkError::NoList));
    assert_eq!(parse(json!({"value": [], "nextLink": "https://x"})), Err(NetworkError::MorePages));
    assert_eq!(parse(json!({"value": [{"effectiveSecurityRules": []}]})), Err(NetworkError::NoId));
}
