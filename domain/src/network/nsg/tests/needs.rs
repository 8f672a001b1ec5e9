use super::*;

fn missing(rules: Vec<Value>, generation: GatewayGeneration) -> Vec<(Need, bool)> {
    let found = GatewaySubnetNeeds::check(&group(rules), generation);
    found.into_iter().map(|missing| (missing.need, missing.ruling.is_denied())).collect()
}

const V1: Need = Need::GatewayManager { ports: PortRange::new(65503, 65534) };
const V2: Need = Need::GatewayManager { ports: PortRange::new(65200, 65535) };

fn manager(ports: &str) -> Value {
    rule(100, "Inbound", "Allow", "GatewayManager", "*", ports)
}

#[test]
fn the_default_rules_lack_the_gateway_manager_alone() {
    assert_eq!(missing(vec![], GatewayGeneration::V2), [(V2, true)]);
    assert_eq!(missing(vec![], GatewayGeneration::V1), [(V1, true)]);
    assert_eq!(missing(vec![], GatewayGeneration::V2Isolated), []);
}

#[test]
fn the_gateway_manager_needs_all_of_its_ports() {
    assert_eq!(missing(vec![manager("65200-65535")], GatewayGeneration::V2), []);
    assert_eq!(missing(vec![manager("65503-65534")], GatewayGeneration::V1), []);
    assert_eq!(missing(vec![manager("65503-65534")], GatewayGeneration::V2), [(V2, false)]);
    // The addresses of a service are public.
    let private = rule(90, "Inbound", "Deny", "10.0.0.0/8", "*", "*");
    assert_eq!(missing(vec![private, manager("65200-65535")], GatewayGeneration::V2), []);
    let before = rule(90, "Inbound", "Deny", "Internet", "*", "65000-65535");
    assert_eq!(missing(vec![before, manager("65200-65535")], GatewayGeneration::V2), [(V2, true)]);
}

#[test]
fn probes_and_the_way_out_may_be_shut() {
    let inbound = with(rule(4000, "Inbound", "Deny", "*", "*", "*"), &json!({"protocol": "*"}));
    let outbound = with(rule(4000, "Outbound", "Deny", "*", "Internet", "*"), &json!({"protocol": "*"}));
    let rules = vec![manager("65200-65535"), inbound, outbound];
    let found = missing(rules.clone(), GatewayGeneration::V2);
    assert_eq!(found, [(Need::AzureLoadBalancer, true), (Need::Internet, true)]);
    assert_eq!(missing(rules, GatewayGeneration::V2Isolated), [(Need::AzureLoadBalancer, true)]);
}

#[test]
fn a_rule_may_name_the_subnet() {
    let rules = vec![rule(100, "Inbound", "Allow", "GatewayManager", "10.10.1.0/24", "65200-65535")];
    let group = group(rules);
    let in_subnet = |subnet| {
        let context = NetworkContext::default();
        GatewaySubnetNeeds::check_in(&group, GatewayGeneration::V2, Some(prefix(subnet)), &context).len()
    };
    assert_eq!((in_subnet("10.10.1.0/24"), in_subnet("10.10.2.0/24")), (0, 1));
    let alone = GatewaySubnetNeeds::check(&group, GatewayGeneration::V2);
    assert!(matches!(alone.first().unwrap().ruling, Ruling::Unclear { .. }));
}
