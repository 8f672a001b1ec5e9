//! The causes that lie between the gateway and its servers.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{found, lead, told};
use crate::diagnosis::{Diagnosis, Overall, Verdict};
use crate::evidence::fixture::{Azure, NO_CONNECTION, TIMEOUT, log_of, server};
use crate::evidence::{Evidence, Reading};
use crate::gateway::Gateway;
use crate::gateway::fixture::{list, shop_with};
use crate::health::{Health, Symptom};

const GROUP: &str =
    "/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/rg-net/providers/Microsoft.Network";

pub(super) fn id(kind: &str, name: &str) -> String {
    format!("{GROUP}/{kind}/{name}")
}

pub(super) fn reference(kind: &str, name: &str) -> Value {
    json!({ "id": id(kind, name) })
}

/// What Azure knows, by lower-case id.
pub(super) struct Ground {
    pub(super) documents: BTreeMap<String, Value>,
    pub(super) server: &'static str,
    /// Further servers of the pool, which say the same.
    pub(super) more: Vec<&'static str>,
    /// The IP configurations that the pool has in place of addresses.
    pub(super) members: Vec<String>,
    pub(super) log: &'static str,
    pub(super) is_v1: bool,
}

impl Ground {
    /// A gateway in 10.0.0.0/24, a server in 10.0.1.0/24 that it cannot connect to, and nothing in between.
    pub(super) fn open() -> Self {
        let subnets = json!([
            { "name": "snet-agw", "id": id("virtualNetworks", "vnet/subnets/snet-agw"),
              "properties": { "addressPrefix": "10.0.0.0/24" } },
            { "name": "snet-web", "id": id("virtualNetworks", "vnet/subnets/snet-web"),
              "properties": { "addressPrefix": "10.0.1.0/24" } },
        ]);
        let network = json!({
            "addressSpace": { "addressPrefixes": ["10.0.0.0/16"] }, "subnets": subnets,
            "virtualNetworkPeerings": [], "dhcpOptions": { "dnsServers": [] },
        });
        let ground = Self {
            documents: BTreeMap::new(),
            server: "10.0.1.4",
            more: Vec::new(),
            members: Vec::new(),
            log: NO_CONNECTION,
            is_v1: false,
        };
        ground.with("virtualNetworks", "vnet", network)
    }

    pub(super) fn with(mut self, kind: &str, name: &str, properties: Value) -> Self {
        let own = id(kind, name);
        let document = json!({ "id": own, "name": name, "properties": properties });
        self.documents.insert(own.to_ascii_lowercase(), document);
        self
    }

    /// Puts something in front of a subnet.
    pub(super) fn at(mut self, subnet: usize, key: &str, kind: &str, name: &str) -> Self {
        let network = self.documents.get_mut(&id("virtualNetworks", "vnet").to_ascii_lowercase()).unwrap();
        network["properties"]["subnets"][subnet]["properties"][key] = reference(kind, name);
        self
    }

    pub(super) fn group(self, subnet: usize, rules: &Value) -> Self {
        self.at(subnet, "networkSecurityGroup", "networkSecurityGroups", "nsg").with(
            "networkSecurityGroups",
            "nsg",
            json!({ "securityRules": rules }),
        )
    }

    pub(super) fn table(self, subnet: usize, prefix: &str, hop: &str, address: Option<&str>) -> Self {
        let route = json!({ "name": "astray", "properties": {
            "addressPrefix": prefix, "nextHopType": hop, "nextHopIpAddress": address,
        }});
        self.at(subnet, "routeTable", "routeTables", "rt").with(
            "routeTables",
            "rt",
            json!({ "routes": [route] }),
        )
    }

    pub(super) fn peering(mut self, state: &str) -> Self {
        let network = self.documents.get_mut(&id("virtualNetworks", "vnet").to_ascii_lowercase()).unwrap();
        network["properties"]["virtualNetworkPeerings"] = json!([{ "name": "to-shop", "properties": {
            "remoteVirtualNetwork": reference("virtualNetworks", "vnet-shop"), "peeringState": state,
            "allowVirtualNetworkAccess": true,
            "remoteAddressSpace": { "addressPrefixes": ["10.9.0.0/16"] },
        }}]);
        self
    }

    pub(super) fn gateway(&self) -> Gateway {
        shop_with(|raw| {
            if self.is_v1 {
                raw["properties"]["sku"] = json!({ "name": "Standard_Medium", "tier": "Standard" });
            }
            let subnet = reference("virtualNetworks", "vnet/subnets/snet-agw");
            raw["properties"]["gatewayIPConfigurations"] =
                json!([{ "name": "ip", "properties": { "subnet": subnet } }]);
            let addresses = self.servers().map(|server| json!({ "ipAddress": server }));
            let addresses = if self.members.is_empty() { addresses.collect() } else { Vec::new() };
            let members: Vec<Value> = self.members.iter().map(|id| json!({ "id": id })).collect();
            let pool = &mut list(raw, "backendAddressPools")[0]["properties"];
            pool["backendAddresses"] = json!(addresses);
            pool["backendIPConfigurations"] = json!(members);
        })
    }

    fn servers(&self) -> impl Iterator<Item = &'static str> {
        std::iter::once(self.server).chain(self.more.clone())
    }

    pub(super) fn evidence(&self) -> Evidence {
        let mut evidence = Evidence::healthy(self.gateway());
        *evidence.servers("web", "https") = self.servers().map(|address| server(address, self.log)).collect();
        evidence
    }

    pub(super) fn azure(&self) -> Azure {
        let documents = self.documents.iter();
        documents.fold(Azure::default(), |azure, (id, document)| azure.with(id, document.clone()))
    }

    /// Lets the causes ask until they know enough, and counts the waves.
    pub(super) fn ask(&self, evidence: Evidence) -> (Evidence, usize) {
        self.azure().ask(evidence)
    }

    pub(super) fn diagnosed(&self) -> Diagnosis {
        found(&self.ask(self.evidence()).0)
    }
}

pub(super) fn rule(
    name: &str,
    priority: u32,
    access: &str,
    direction: &str,
    from: &str,
    ports: &str,
) -> Value {
    json!({ "name": name, "properties": {
        "priority": priority, "access": access, "direction": direction, "protocol": "Tcp",
        "sourceAddressPrefix": from, "sourcePortRange": "*",
        "destinationAddressPrefix": "*", "destinationPortRange": ports,
    }})
}

/// The verdict of one cause.
pub(super) fn verdict(diagnosis: &Diagnosis, cause: &str) -> Option<Verdict> {
    diagnosis.findings.iter().find(|finding| finding.cause == cause).map(|finding| finding.verdict)
}

const CAUSES: [&str; 3] = ["network-security-group", "virtual-network-peering", "user-defined-route"];

#[test]
fn a_rule_that_denies_is_confirmed_and_named() {
    let rules = json!([
        rule("deny-web", 200, "Deny", "Inbound", "10.0.0.0/16", "443"),
        rule("allow-all", 300, "Allow", "Inbound", "*", "*"),
    ]);
    let diagnosis = Ground::open().group(1, &rules).diagnosed();
    insta::assert_snapshot!(told(lead(&diagnosis)), @r###"
    network-security-group confirmed: The network security group nsg (https://portal.azure.com/#resource/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/rg-net/providers/Microsoft.Network/networkSecurityGroups/nsg) drops what the gateway sends to port 443 of 10.0.1.4: rule deny-web, priority 200.
    - Inbound rules of the server's subnet: TCP from 10.0.0.0/24 to 10.0.1.4:443 is denied by deny-web (200)
    > Allow TCP from the gateway's subnet to port 443, with a priority number below 200, if that is what the group's owner wants: az network nsg rule create -g rg-net --nsg-name nsg -n allow-application-gateway --direction Inbound --access Allow --protocol Tcp --source-address-prefixes 10.0.0.0/24 --destination-port-ranges 443 --priority 199
    > The probe succeeds within its interval; press Re-check then.
    "###);
    assert_eq!(verdict(&diagnosis, "virtual-network-peering"), Some(Verdict::RuledOut));
    assert_eq!(verdict(&diagnosis, "user-defined-route"), Some(Verdict::RuledOut));
}

#[test]
fn a_timeout_may_be_a_rule_too_and_the_default_rules_count() {
    let rules = json!([
        rule("allow-office", 100, "Allow", "Inbound", "192.0.2.0/24", "443"),
        rule("deny-rest", 4096, "Deny", "Inbound", "VirtualNetwork", "*")
    ]);
    let diagnosis = Ground { log: TIMEOUT, ..Ground::open() }.group(1, &rules).diagnosed();
    assert_eq!(lead(&diagnosis).cause, "network-security-group");
    assert_eq!(lead(&diagnosis).verdict, Verdict::Confirmed);
    // Without a rule of anybody's own, what comes from the same network is let in.
    let diagnosis = Ground::open().group(1, &json!([])).diagnosed();
    assert_eq!(verdict(&diagnosis, "network-security-group"), Some(Verdict::RuledOut));
}

#[test]
fn the_gateways_own_group_can_keep_it_from_sending() {
    let rules = json!([rule("deny-out", 150, "Deny", "Outbound", "*", "*")]);
    let diagnosis = Ground::open().group(0, &rules).diagnosed();
    lead(&diagnosis)
        .evidence
        .iter()
        .for_each(|line| assert!(line.plain().contains("Outbound rules of the gateway")));
    assert_eq!(lead(&diagnosis).verdict, Verdict::Confirmed);
}

#[test]
fn an_open_way_rules_out_all_three() {
    let ground = Ground::open().group(1, &json!([rule("in", 100, "Allow", "Inbound", "*", "443")]));
    let diagnosis = ground.diagnosed();
    for cause in CAUSES {
        assert_eq!(verdict(&diagnosis, cause), Some(Verdict::RuledOut), "{cause}");
    }
    assert_eq!(lead(&diagnosis).cause, "server-unreachable");
}

#[test]
fn what_may_not_be_read_is_said_action_by_action_and_never_confirmed() {
    let blind = Ground { documents: BTreeMap::new(), ..Ground::open() };
    let diagnosis = blind.diagnosed();
    for cause in CAUSES {
        assert_eq!(verdict(&diagnosis, cause), Some(Verdict::NotChecked), "{cause}");
    }
    assert!(diagnosis.gaps.iter().any(|gap| gap.contains("Microsoft.Network/virtualNetworks/read")));
    let mut half = Ground::open().group(1, &json!([]));
    half.documents.retain(|id, _| !id.contains("networksecuritygroups"));
    let diagnosis = half.diagnosed();
    assert_eq!(verdict(&diagnosis, "network-security-group"), Some(Verdict::NotChecked));
    assert_eq!(verdict(&diagnosis, "virtual-network-peering"), Some(Verdict::RuledOut));
    let words = diagnosis.findings.iter().map(told).collect::<Vec<_>>().join("\n");
    assert!(words.contains("Microsoft.Network/networkSecurityGroups/read"), "{words}");
}

#[test]
fn a_peering_that_lost_its_other_side_is_confirmed() {
    let diagnosis =
        Ground { server: "10.9.1.4", log: TIMEOUT, ..Ground::open() }.peering("Disconnected").diagnosed();
    insta::assert_snapshot!(told(lead(&diagnosis)), @"
    virtual-network-peering confirmed: The peering to-shop between the gateway's virtual network and that of 10.9.1.4 passes nothing: it is Disconnected, as its other side was deleted.
    - Peering to-shop of vnet (https://portal.azure.com/#resource/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/rg-net/providers/Microsoft.Network/virtualNetworks/vnet): peeringState Disconnected
    > Delete the peering and create it again, on both sides: az network vnet peering delete -g rg-net --vnet-name vnet -n to-shop, then az network vnet peering create -g rg-net --vnet-name vnet -n to-shop --remote-vnet ID --allow-vnet-access
    > Press Re-check once both sides say Connected.
    ");
}

#[test]
fn a_peering_that_works_leads_on_to_the_other_networks_group() {
    let remote = json!({
        "addressSpace": { "addressPrefixes": ["10.9.0.0/16"] },
        "subnets": [{ "name": "snet", "properties": {
            "addressPrefix": "10.9.1.0/24", "networkSecurityGroup": reference("networkSecurityGroups", "nsg"),
        }}],
    });
    let rules = json!({ "securityRules": [rule("deny-web", 200, "Deny", "Inbound", "*", "443")] });
    let ground = Ground { server: "10.9.1.4", ..Ground::open() }.peering("Connected");
    let ground =
        ground.with("virtualNetworks", "vnet-shop", remote).with("networkSecurityGroups", "nsg", rules);
    let diagnosis = ground.diagnosed();
    assert_eq!(
        (lead(&diagnosis).cause.as_str(), lead(&diagnosis).verdict),
        ("network-security-group", Verdict::Confirmed)
    );
    assert_eq!(verdict(&diagnosis, "virtual-network-peering"), Some(Verdict::RuledOut));
}

#[test]
fn an_address_that_no_network_has_is_confirmed_unless_somebody_else_may_know_it() {
    let ground = Ground { server: "10.7.1.4", ..Ground::open() };
    insta::assert_snapshot!(told(lead(&ground.diagnosed())), @r###"
    virtual-network-peering confirmed: The gateway's virtual network has no way to 10.7.1.4: no network that it is peered with has this address, so Azure drops what is sent there.
    - Address space and peerings of vnet (https://portal.azure.com/#resource/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/rg-net/providers/Microsoft.Network/virtualNetworks/vnet): none has 10.7.1.4
    > If the address is right, peer the two networks, on both sides: az network vnet peering create -g rg-net --vnet-name vnet -n to-servers --remote-vnet ID --allow-vnet-access
    > Press Re-check once both sides say Connected.
    "###);
    // A route of somebody's own may lead there, and a gateway to on-premises networks may know the address.
    let routed = Ground { server: "10.7.1.4", ..Ground::open() }.table(
        0,
        "10.7.0.0/16",
        "VirtualAppliance",
        Some("10.0.2.4"),
    );
    assert_eq!(verdict(&routed.diagnosed(), "virtual-network-peering"), Some(Verdict::RuledOut));
    // What stands in front of a subnet that cannot be seen is not known either.
    for cause in ["network-security-group", "user-defined-route"] {
        assert_eq!(verdict(&ground.diagnosed(), cause), Some(Verdict::NotChecked), "{cause}");
    }
    // A public address needs no peering.
    let public = Ground { server: "203.0.113.9", ..Ground::open() };
    assert_eq!(verdict(&public.diagnosed(), "virtual-network-peering"), Some(Verdict::RuledOut));
}

#[test]
fn a_route_into_nothing_is_confirmed_and_one_to_an_appliance_only_consistent() {
    let hole = Ground::open().table(0, "10.0.1.0/24", "None", None).diagnosed();
    insta::assert_snapshot!(told(lead(&hole)), @"
    user-defined-route confirmed: The route astray of route table rt (https://portal.azure.com/#resource/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/rg-net/providers/Microsoft.Network/routeTables/rt) drops what goes to 10.0.1.4.
    - The most specific route to the servers: 10.0.1.0/24, next hop None
    > Ask whoever owns the route table whether this is on purpose.
    > If it is not, delete the route: az network route-table route delete -g rg-net --route-table-name rt -n astray
    > Or add a route that is more specific than 10.0.1.0/24, next hop VnetLocal, for what goes to the servers.
    ");
    let there = Ground::open().table(0, "10.0.1.0/24", "VirtualAppliance", Some("10.0.2.4")).diagnosed();
    assert_eq!(verdict(&there, "user-defined-route"), Some(Verdict::Consistent));
    let back = Ground::open().table(1, "10.0.0.0/16", "VirtualAppliance", Some("10.0.2.4")).diagnosed();
    let back = back.findings.iter().find(|finding| finding.cause == "user-defined-route").unwrap();
    insta::assert_snapshot!(told(back), @"
    user-defined-route consistent, not proven: The route astray of route table rt (https://portal.azure.com/#resource/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/rg-net/providers/Microsoft.Network/routeTables/rt) sends what goes from 10.0.1.4 back to the gateway by way of the appliance 10.0.2.4. Whether that passes it on is not known here.
    - The most specific route back to the gateway: 10.0.0.0/16, next hop VirtualAppliance 10.0.2.4
    > Look into the appliance's log for traffic between the gateway's subnet and the server; allow it there, both ways.
    > Or add a route that is more specific than 10.0.0.0/16, next hop VnetLocal, for what goes back to the gateway.
    ");
}

/// No health data, as when Azure cannot manage the gateway.
fn dark(ground: &Ground) -> Diagnosis {
    let mut evidence = Evidence::healthy(ground.gateway());
    let Reading::Read(health) = &mut evidence.health else { unreachable!() };
    for setting in health.pools.iter_mut().flat_map(|pool| &mut pool.settings) {
        for server in &mut setting.servers {
            (server.health, server.symptom) = (Health::Unknown, Symptom::StatusUnavailable);
        }
    }
    found(&ground.ask(evidence).0)
}

#[test]
fn a_subnet_that_keeps_azure_out_is_confirmed() {
    let rules = json!([rule("deny-internet", 500, "Deny", "Inbound", "*", "*")]);
    let diagnosis = dark(&Ground::open().group(0, &rules));
    let finding = diagnosis.findings.iter().find(|finding| finding.cause == "gateway-subnet").unwrap();
    insta::assert_snapshot!(told(finding), @r###"
    gateway-subnet confirmed: Azure cannot manage the gateway, so nothing is known of its servers: nsg (https://portal.azure.com/#resource/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/rg-net/providers/Microsoft.Network/networkSecurityGroups/nsg) at its own subnet drops inbound TCP 65200-65535 from the service tag GatewayManager.
    - Denied by rule deny-internet, priority 500
    > Allow it by a rule before the one that drops it: az network nsg rule create -g rg-net --nsg-name nsg -n allow-what-the-gateway-needs --direction Inbound --access Allow --protocol Tcp --source-address-prefixes GatewayManager --destination-address-prefixes '*' --destination-port-ranges 65200-65535 --priority 499
    > Backend health is back some minutes later; press Re-check then.
    "###);
    let appliance = dark(&Ground::open().table(0, "0.0.0.0/0", "VirtualAppliance", Some("10.0.2.4")));
    let finding = appliance.findings.iter().find(|finding| finding.cause == "gateway-subnet").unwrap();
    insta::assert_snapshot!(told(finding), @r###"
    gateway-subnet confirmed: The route astray of route table rt (https://portal.azure.com/#resource/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/rg-net/providers/Microsoft.Network/routeTables/rt) sends all that leaves the gateway's subnet to an appliance, which is not supported there.
    - 0.0.0.0/0 of the gateway's subnet leads to a VirtualAppliance
    > Let 0.0.0.0/0 of this subnet lead to the Internet, and keep the more specific routes.
    "###);
    let open = dark(&Ground::open());
    assert_eq!(verdict(&open, "gateway-subnet"), Some(Verdict::RuledOut));
}

#[test]
fn nothing_is_asked_that_no_cause_wants() {
    let ground = Ground::open();
    let well = Evidence::healthy(ground.gateway());
    assert_eq!(ground.ask(well).1, 0, "a gateway that is well");
    let refused = Evidence::healthy(ground.gateway()).seen("web", "https", &[&log_of(403)]);
    assert_eq!(ground.ask(refused).1, 0, "servers that answer are within reach");
}

#[test]
fn questions_come_in_few_waves_each_at_once() {
    let ground = Ground::open().group(1, &json!([])).table(1, "10.0.0.0/24", "VnetLocal", None);
    let (evidence, waves) = ground.ask(ground.evidence());
    assert_eq!((evidence.facts.len(), waves), (4, 2), "the network, then group, table and addresses at once");
    let (first, _) = evidence.facts.all().next().unwrap();
    assert_eq!(first.what(), "the network security group nsg");
}

#[test]
fn a_default_rule_is_not_blamed_where_there_is_no_way_at_all() {
    for server in ["10.9.1.4", "10.7.1.4"] {
        let ground = Ground { server, ..Ground::open() }.peering("Disconnected").group(0, &json!([]));
        let diagnosis = ground.diagnosed();
        assert_eq!(lead(&diagnosis).cause, "virtual-network-peering", "{server}");
        assert_eq!(verdict(&diagnosis, "network-security-group"), Some(Verdict::NotChecked), "{server}");
    }
    let rules = json!([rule("deny-out", 150, "Deny", "Outbound", "*", "*")]);
    let ground = Ground { server: "10.7.1.4", ..Ground::open() }.group(0, &rules);
    assert_eq!(
        verdict(&ground.diagnosed(), "network-security-group"),
        Some(Verdict::Confirmed),
        "its own rule"
    );
}

#[test]
fn a_default_route_may_make_everything_part_of_the_virtual_network() {
    let outside = Ground { server: "10.9.1.4", ..Ground::open() }.peering("Connected");
    let remote = json!({
        "addressSpace": { "addressPrefixes": ["10.9.0.0/16"] },
        "subnets": [{ "name": "snet", "properties": { "addressPrefix": "10.9.1.0/24",
            "networkSecurityGroup": reference("networkSecurityGroups", "nsg"),
            "routeTable": reference("routeTables", "rt") } }],
    });
    let routes = json!({ "routes": [{ "name": "all", "properties": {
        "addressPrefix": "0.0.0.0/0", "nextHopType": "VirtualAppliance", "nextHopIpAddress": "10.9.2.4" } }] });
    let ground = outside
        .with("virtualNetworks", "vnet-shop", remote)
        .with("networkSecurityGroups", "nsg", json!({ "securityRules": [] }))
        .with("routeTables", "rt", routes);
    assert_eq!(verdict(&ground.diagnosed(), "network-security-group"), Some(Verdict::NotChecked));
}

#[test]
fn a_route_to_anywhere_else_is_not_ruled_out() {
    for hop in ["Internet", "VirtualNetworkGateway"] {
        let diagnosis = Ground::open().table(0, "10.0.1.0/24", hop, None).diagnosed();
        assert_eq!(verdict(&diagnosis, "user-defined-route"), Some(Verdict::Consistent), "{hop}");
    }
}

#[test]
fn nothing_comes_before_the_first_rule_of_all() {
    let rules = json!([rule("deny-web", 100, "Deny", "Inbound", "10.0.0.0/16", "443")]);
    let words = told(lead(&Ground::open().group(1, &rules).diagnosed()));
    assert!(words.contains("No rule can come before deny-web") && !words.contains("rule create"), "{words}");
}

#[test]
fn a_server_that_still_counts_as_healthy_may_just_have_been_cut_off() {
    let ground = Ground { server: "10.9.1.4", log: TIMEOUT, ..Ground::open() }.peering("Disconnected");
    let mut evidence = ground.evidence();
    let server = &mut evidence.servers("web", "https")[0];
    (server.health, server.reported) = (Health::Healthy, "Healthy".to_owned());
    let diagnosis = found(&ground.ask(evidence).0);
    assert_eq!(lead(&diagnosis).cause, "virtual-network-peering");
    assert_eq!((lead(&diagnosis).verdict, diagnosis.overall), (Verdict::Confirmed, Overall::Impaired));
    assert_eq!(verdict(&diagnosis, "probe-timeout"), None);
}
