//! Groups and routes at the servers' own network interfaces.

use serde_json::{Value, json};

use super::machines::{finding, vm};
use super::network::{Ground, id, reference, rule, verdict};
use super::{lead, told};
use crate::diagnosis::Verdict;
use crate::gateway::fixture::list;

impl Ground {
    /// A running machine at the server's address, with a security group at its interface.
    fn guarded(self, rules: &Value) -> Self {
        let (server, own) = (self.server, vm("vm-web"));
        let properties = json!({
            "virtualMachine": { "id": own },
            "networkSecurityGroup": reference("networkSecurityGroups", "nsg-nic"),
        });
        self.interface("nic-web", server, properties).power(&own, "PowerState/running").with(
            "networkSecurityGroups",
            "nsg-nic",
            json!({ "securityRules": rules }),
        )
    }

    fn effective(self, what: &str, answer: &Value) -> Self {
        let path = format!("{}/{what}", id("networkInterfaces", "nic-web"));
        self.answering(&path, json!({ "value": answer }))
    }

    fn change_network(mut self, change: impl FnOnce(&mut Value)) -> Self {
        let key = id("virtualNetworks", "vnet").to_ascii_lowercase();
        change(self.documents.get_mut(&key).unwrap());
        self
    }
}

#[test]
fn a_group_at_the_interface_is_confirmed_behind_an_open_subnet() {
    let rules = json!([rule("deny-web", 200, "Deny", "Inbound", "*", "443")]);
    let diagnosis = Ground::open().group(1, &json!([])).guarded(&rules).diagnosed();
    insta::assert_snapshot!(told(lead(&diagnosis)), @"
    network-security-group confirmed: The network security group nsg-nic (https://portal.azure.com/#resource/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/rg-net/providers/Microsoft.Network/networkSecurityGroups/nsg-nic) drops what the gateway sends to port 443 of 10.0.1.4: rule deny-web, priority 200.
    - Inbound rules of the server's network interface: TCP from 10.0.0.0/24 to 10.0.1.4:443 is denied by deny-web (200)
    > Allow TCP from the gateway's subnet to port 443, with a priority number below 200, if that is what the group's owner wants: az network nsg rule create -g rg-net --nsg-name nsg-nic -n allow-application-gateway --direction Inbound --access Allow --protocol Tcp --source-address-prefixes 10.0.0.0/24 --destination-port-ranges 443 --priority 199
    > The probe succeeds within its interval; press Re-check then.
    ");
    let open = Ground::open().group(1, &json!([])).guarded(&json!([])).diagnosed();
    insta::assert_snapshot!(told(finding(&open, "network-security-group")), @"network-security-group ruled out: The network security groups of the subnets and of the servers' network interfaces let the probe pass.");
    // Only the group may not be read.
    let mut shut = Ground::open().guarded(&rules);
    shut.documents.retain(|id, _| !id.contains("nsg-nic"));
    let words = told(finding(&shut.diagnosed(), "network-security-group"));
    assert!(words.contains("Not read: groups at the servers' own"), "{words}");
    assert!(words.contains("Microsoft.Network/networkSecurityGroups/read"), "{words}");
}

#[test]
fn the_application_security_groups_of_the_interface_decide_a_rule() {
    let group = |own: &str| {
        let asg = reference("applicationSecurityGroups", "web");
        let mut deny = rule("deny-web", 200, "Deny", "Inbound", "*", "443");
        deny["properties"].as_object_mut().unwrap().remove("destinationAddressPrefix");
        deny["properties"]["destinationApplicationSecurityGroups"] = json!([asg]);
        let vm = vm("vm-web");
        let nic = json!({ "virtualMachine": { "id": vm }, "ipConfigurations": [{ "properties": {
            "privateIPAddress": "10.0.1.4",
            "applicationSecurityGroups": [reference("applicationSecurityGroups", own)],
        } }] });
        let ground = Ground::open().group(1, &json!([deny])).power(&vm, "PowerState/running");
        ground
            .listed(&id("networkInterfaces", "nic-web/ipConfigurations/ip"), "10.0.1.4")
            .with("networkInterfaces", "nic-web", nic)
            .diagnosed()
    };
    assert_eq!(verdict(&group("web"), "network-security-group"), Some(Verdict::Confirmed));
    assert_eq!(verdict(&group("db"), "network-security-group"), Some(Verdict::RuledOut));
}

/// A rule that a document does not tell.
fn odd(priority: u32) -> Value {
    let mut odd = rule("odd", priority, "Deny", "Inbound", "*", "443");
    odd["properties"]["protocol"] = json!("Sctp");
    odd
}

fn untold() -> Ground {
    let own = vm("vm-web");
    let ground = Ground::open().group(1, &json!([odd(200)]));
    ground
        .interface("nic-web", "10.0.1.4", json!({ "virtualMachine": { "id": own } }))
        .power(&own, "PowerState/running")
}

fn effective_rules(access: &str) -> Value {
    json!([{
        "networkSecurityGroup": reference("networkSecurityGroups", "nsg"),
        "association": { "subnet": reference("virtualNetworks", "vnet/subnets/snet-web") },
        "effectiveSecurityRules": [{
            "name": "securityRules/deny-vnet", "protocol": "Tcp", "sourcePortRange": "0-65535",
            "destinationPortRange": "443-443", "sourceAddressPrefix": "VirtualNetwork",
            "expandedSourceAddressPrefix": ["10.0.0.0/16"], "destinationAddressPrefix": "0.0.0.0/0",
            "access": access, "priority": 300, "direction": "Inbound",
        }],
    }])
}

#[test]
fn a_rule_that_cannot_be_told_is_told_by_what_takes_effect() {
    let blind = untold().diagnosed();
    assert_eq!(verdict(&blind, "network-security-group"), Some(Verdict::NotChecked));
    let action = "Microsoft.Network/networkInterfaces/effectiveNetworkSecurityGroups/action";
    assert!(blind.gaps.iter().any(|gap| gap.contains(action)), "{:?}", blind.gaps);
    let what = "effectiveNetworkSecurityGroups";
    let denied = untold().effective(what, &effective_rules("Deny")).diagnosed();
    insta::assert_snapshot!(told(finding(&denied, "network-security-group")), @"
    network-security-group confirmed: The network security group nsg (https://portal.azure.com/#resource/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/rg-net/providers/Microsoft.Network/networkSecurityGroups/nsg) drops what the gateway sends to port 443 of 10.0.1.4: rule deny-vnet, priority 300.
    - Effective inbound rules of the server's network interface: TCP from 10.0.0.0/24 to 10.0.1.4:443 is denied by deny-vnet (300)
    > Allow TCP from the gateway's subnet to port 443, with a priority number below 300, if that is what the group's owner wants: az network nsg rule create -g rg-net --nsg-name nsg -n allow-application-gateway --direction Inbound --access Allow --protocol Tcp --source-address-prefixes 10.0.0.0/24 --destination-port-ranges 443 --priority 299
    > The probe succeeds within its interval; press Re-check then.
    ");
    let open = untold().effective(what, &effective_rules("Allow")).diagnosed();
    assert_eq!(verdict(&open, "network-security-group"), Some(Verdict::RuledOut));
    // Azure works nothing out for a machine that does not run.
    let own = vm("vm-web");
    let off = untold().power(&own, "PowerState/deallocated").effective(what, &effective_rules("Deny"));
    let off = off.diagnosed();
    assert_eq!(verdict(&off, "network-security-group"), Some(Verdict::NotChecked));
    assert!(!off.reads.iter().any(|read| read.request.contains(what)));
}

#[test]
fn a_group_does_not_filter_a_private_endpoint_unless_its_subnet_says_so() {
    let rules = json!([rule("deny-web", 200, "Deny", "Inbound", "*", "443")]);
    let ground = |policies: &str| {
        let endpoint = json!([{ "id": id("privateEndpoints", "pe") }]);
        Ground::open().group(1, &rules).change_network(|network| {
            let own = &mut list(network, "subnets")[1]["properties"];
            own["privateEndpoints"] = endpoint;
            own["privateEndpointNetworkPolicies"] = json!(policies);
        })
    };
    let nic = json!({ "privateEndpoint": { "id": id("privateEndpoints", "pe") } });
    let told_of = |policies: &str, is_read: bool| {
        let ground = ground(policies);
        let ground = if is_read { ground.interface("nic-pe", "10.0.1.4", nic.clone()) } else { ground };
        verdict(&ground.diagnosed(), "network-security-group")
    };
    assert_eq!(told_of("Disabled", true), Some(Verdict::RuledOut));
    assert_eq!(told_of("NetworkSecurityGroupEnabled", true), Some(Verdict::Confirmed));
    assert_eq!(told_of("Disabled", false), Some(Verdict::NotChecked), "it may be an endpoint");
    assert_eq!(told_of("Enabled", false), Some(Verdict::Confirmed));
}

/// The way back leads through a network that is connected by a gateway.
fn connected(hop: &str, prefix: &str) -> Ground {
    let own = vm("vm-web");
    let route = json!([
        { "source": "VirtualNetworkGateway", "state": "Active", "addressPrefix": [prefix],
          "nextHopType": hop, "nextHopIpAddress": [] },
        { "source": "Default", "state": "Active", "addressPrefix": ["0.0.0.0/0"], "nextHopType": "Internet" },
    ]);
    let ground = Ground::open().at(1, "routeTable", "routeTables", "rt");
    ground
        .interface("nic-web", "10.0.1.4", json!({ "virtualMachine": { "id": own } }))
        .power(&own, "PowerState/running")
        .effective("effectiveRouteTable", &route)
}

#[test]
fn the_way_back_is_told_by_the_routes_that_take_effect() {
    // The table of the servers' subnet may not be read.
    let dropped = connected("None", "10.0.0.0/16").diagnosed();
    insta::assert_snapshot!(told(finding(&dropped, "user-defined-route")), @"
    user-defined-route confirmed: The route 10.0.0.0/16 at the network interface nic-web (https://portal.azure.com/#resource/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/rg-net/providers/Microsoft.Network/networkInterfaces/nic-web) drops what goes from 10.0.1.4 back to the gateway.
    - The effective route back to the gateway: 10.0.0.0/16, next hop None
    > Ask whoever owns the route table whether this is on purpose.
    > Or add a route that is more specific than 10.0.0.0/16, next hop VnetLocal, for what goes back to the gateway.
    ");
    assert!(finding(&dropped, "user-defined-route").sources.iter().any(|source| {
        source.starts_with("POST") && source.contains("nic-web/effectiveRouteTable?api-version=2025-07-01")
    }));
    for (hop, prefix, wanted) in [
        ("VnetLocal", "10.0.0.0/16", Verdict::RuledOut),
        ("VirtualNetworkGateway", "10.0.0.0/16", Verdict::Consistent),
        // A part of the gateway's subnet alone: its instances may be in the other one.
        ("None", "10.0.0.0/25", Verdict::Consistent),
    ] {
        let diagnosis = connected(hop, prefix).diagnosed();
        assert_eq!(verdict(&diagnosis, "user-defined-route"), Some(wanted), "{hop} {prefix}");
    }
    let mut shut = connected("None", "10.0.0.0/16");
    shut.documents.retain(|id, _| !id.contains("effective"));
    assert_eq!(verdict(&shut.diagnosed(), "user-defined-route"), Some(Verdict::NotChecked));
}

#[test]
fn six_waves_reach_the_rules_that_take_effect_in_a_peered_network() {
    let subnet = id("virtualNetworks", "vnet-shop/subnets/snet");
    let remote = json!({
        "addressSpace": { "addressPrefixes": ["10.9.0.0/16"] },
        "subnets": [{ "name": "snet", "properties": { "addressPrefix": "10.9.1.0/24",
            "networkSecurityGroup": reference("networkSecurityGroups", "nsg") } }],
    });
    let own = vm("vm-web");
    let nic = json!({ "virtualMachine": { "id": own },
        "networkSecurityGroup": reference("networkSecurityGroups", "nsg-nic"),
        "ipConfigurations": [{ "properties": { "privateIPAddress": "10.9.1.4" } }] });
    let unclear = json!({ "securityRules": [odd(200), rule("all", 300, "Allow", "Inbound", "*", "*")] });
    let open = json!({ "securityRules": [rule("all", 300, "Allow", "Inbound", "*", "*")] });
    let ground = Ground { server: "10.9.1.4", ..Ground::open() }
        .peering("Connected")
        .with("virtualNetworks", "vnet-shop", remote)
        .with("networkSecurityGroups", "nsg", open)
        .with("networkSecurityGroups", "nsg-nic", unclear)
        .with("networkInterfaces", "nic-web", nic)
        .listed_in(&subnet, &id("networkInterfaces", "nic-web/ipConfigurations/ip"), "10.9.1.4")
        .power(&own, "PowerState/running");
    let (evidence, waves) = ground.ask(ground.evidence());
    assert!(waves <= 6, "{waves}");
    let asked: Vec<String> = evidence.facts.all().map(|(lookup, _)| lookup.request()).collect();
    assert!(asked.iter().any(|request| request.contains("effectiveNetworkSecurityGroups")), "{asked:?}");
    assert_eq!((asked.len(), waves), (8, 6));
}

/// Networks of both families.
fn of_both_families(network: &mut Value) {
    network["properties"]["addressSpace"]["addressPrefixes"] = json!(["10.0.0.0/16", "fd00:1::/48"]);
    let subnets = [["10.0.0.0/24", "fd00:1:0:1::/64"], ["10.0.1.0/24", "fd00:1::/64"]];
    for (subnet, prefixes) in list(network, "subnets").iter_mut().zip(subnets) {
        subnet["properties"].as_object_mut().unwrap().remove("addressPrefix");
        subnet["properties"]["addressPrefixes"] = json!(prefixes);
    }
}

#[test]
fn both_families_are_told_apart() {
    let rules = json!([rule("deny-six", 200, "Deny", "Inbound", "fd00:1::/48", "443")]);
    let six = Ground { server: "fd00:1::4", ..Ground::open() }.change_network(of_both_families);
    let diagnosis = six.guarded(&rules).diagnosed();
    let words = told(finding(&diagnosis, "network-security-group"));
    assert!(words.contains("TCP from fd00:1:0:1::/64 to [fd00:1::4]:443 is denied"), "{words}");
    assert_eq!(verdict(&diagnosis, "user-defined-route"), Some(Verdict::RuledOut));
    let four = Ground::open().change_network(of_both_families).guarded(&rules).diagnosed();
    assert_eq!(verdict(&four, "network-security-group"), Some(Verdict::RuledOut));
    // A gateway without an IPv6 address does not speak to a server that has no other.
    let one = Ground { server: "fd00:1::4", ..Ground::open() }.change_network(|network| {
        of_both_families(network);
        list(network, "subnets")[0]["properties"]["addressPrefixes"] = json!(["10.0.0.0/24"]);
    });
    assert_eq!(verdict(&one.diagnosed(), "network-security-group"), Some(Verdict::NotChecked));
}

#[test]
fn the_group_of_a_scale_sets_interface_and_of_a_pools_member_count_alike() {
    let rules = json!({ "securityRules": [rule("deny-web", 200, "Deny", "Inbound", "*", "443")] });
    let set = vm("x").replace("virtualMachines/x", "virtualMachineScaleSets/web/virtualMachines/3");
    for nic in [format!("{set}/networkInterfaces/nic"), id("networkInterfaces", "nic")] {
        let properties = json!({
            "virtualMachine": { "id": set }, "networkSecurityGroup": reference("networkSecurityGroups", "nsg-nic"),
            "ipConfigurations": [{ "properties": { "privateIPAddress": "10.0.1.4" } }],
        });
        let configuration = format!("{nic}/ipConfigurations/ip");
        let ground = || {
            let document = json!({ "id": nic, "properties": properties.clone() });
            let ground = Ground::open().answering(&nic, document).power(&set, "PowerState/running");
            ground.with("networkSecurityGroups", "nsg-nic", rules.clone())
        };
        let listed = ground().listed(&configuration, "10.0.1.4").diagnosed();
        let mut member = ground().pool_of(&[&configuration]);
        member.is_v1 = true;
        for diagnosis in [listed, member.diagnosed()] {
            assert_eq!(verdict(&diagnosis, "network-security-group"), Some(Verdict::Confirmed), "{nic}");
            assert_eq!(verdict(&diagnosis, "server-stopped"), Some(Verdict::RuledOut), "{nic}");
        }
    }
}
