//! The machines behind the servers: stopped, detached, gone.

use serde_json::{Value, json};

use super::network::{Ground, id, rule, verdict};
use super::{found, lead, told};
use crate::diagnosis::{Diagnosis, Finding, Overall, Verdict};
use crate::evidence::WhyNot;
use crate::evidence::fixture::TIMEOUT;
use crate::gateway::fixture::list;

const COMPUTE: &str =
    "/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/rg-net/providers/Microsoft.Compute";

pub(super) fn vm(name: &str) -> String {
    format!("{COMPUTE}/virtualMachines/{name}")
}

impl Ground {
    /// A network interface of the servers' subnet, as the subnet lists it and as it is.
    pub(super) fn interface(self, name: &str, address: &str, properties: Value) -> Self {
        let own = id("networkInterfaces", name);
        self.listed(&format!("{own}/ipConfigurations/ip"), address).with(
            "networkInterfaces",
            name,
            with_address(address, properties),
        )
    }

    /// Adds to what the servers' subnet lists.
    pub(super) fn listed(self, configuration: &str, address: &str) -> Self {
        let subnet = id("virtualNetworks", "vnet/subnets/snet-web");
        self.listed_in(&subnet, configuration, address)
    }

    pub(super) fn listed_in(mut self, subnet: &str, configuration: &str, address: &str) -> Self {
        let empty = json!({ "id": subnet, "properties": { "ipConfigurations": [] } });
        let document = self.documents.entry(subnet.to_ascii_lowercase()).or_insert(empty);
        let item = json!({ "id": configuration, "properties": { "privateIPAddress": address } });
        document["properties"]["ipConfigurations"].as_array_mut().unwrap().push(item);
        self
    }

    /// The servers' subnet, with nothing in it.
    pub(super) fn bare(self) -> Self {
        let subnet = id("virtualNetworks", "vnet/subnets/snet-web");
        self.answering(&subnet, json!({ "id": subnet, "properties": { "ipConfigurations": [] } }))
    }

    /// What Azure answers at a path.
    pub(super) fn answering(mut self, path: &str, answer: Value) -> Self {
        self.documents.insert(path.to_ascii_lowercase(), answer);
        self
    }

    pub(super) fn power(self, machine: &str, state: &str) -> Self {
        let statuses = json!([{ "code": "ProvisioningState/succeeded" }, { "code": state }]);
        self.answering(&format!("{machine}/instanceView"), json!({ "statuses": statuses }))
    }

    /// A virtual machine at the server's address, in this power state.
    pub(super) fn machine(self, state: &str) -> Self {
        let server = self.server;
        let own = vm("vm-web");
        self.interface("nic-web", server, json!({ "virtualMachine": { "id": own } })).power(&own, state)
    }

    /// The web pool has these network interfaces, by their IP configuration.
    pub(super) fn pool_of(mut self, configurations: &[&str]) -> Self {
        self.members = configurations.iter().map(|id| (*id).to_owned()).collect();
        self
    }
}

fn with_address(address: &str, mut properties: Value) -> Value {
    properties["ipConfigurations"] = json!([{ "properties": { "privateIPAddress": address } }]);
    properties
}

/// What one cause says.
pub(super) fn finding<'a>(diagnosis: &'a Diagnosis, cause: &str) -> &'a Finding {
    diagnosis.findings.iter().find(|finding| finding.cause == cause).unwrap()
}

#[test]
fn a_stopped_machine_is_confirmed_whatever_the_gateway_calls_it() {
    let diagnosis = Ground::open().machine("PowerState/deallocated").diagnosed();
    insta::assert_snapshot!(told(lead(&diagnosis)), @"
    server-stopped confirmed: Nothing can answer at 10.0.1.4: virtual machine vm-web (https://portal.azure.com/#resource/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/rg-net/providers/Microsoft.Compute/virtualMachines/vm-web) is deallocated.
    - Instance view of virtual machine vm-web (https://portal.azure.com/#resource/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/rg-net/providers/Microsoft.Compute/virtualMachines/vm-web), which has 10.0.1.4: PowerState/deallocated
    > Start it, unless somebody stopped it on purpose: az vm start -g rg-net -n vm-web
    > Its activity log says who or what stopped it.
    ");
    // What is explained is not unsettled any more.
    assert_eq!(verdict(&diagnosis, "server-unreachable"), None);
    let late = Ground { log: TIMEOUT, ..Ground::open() }.machine("PowerState/stopped").diagnosed();
    assert_eq!((lead(&late).cause.as_str(), lead(&late).verdict), ("server-stopped", Verdict::Confirmed));
    assert_eq!(verdict(&late, "probe-timeout"), None);
}

#[test]
fn a_machine_that_starts_is_not_blamed() {
    for state in ["PowerState/starting", "PowerState/stopping", "PowerState/dreaming"] {
        let diagnosis = Ground::open().machine(state).diagnosed();
        assert_eq!(verdict(&diagnosis, "server-stopped"), Some(Verdict::Consistent), "{state}");
    }
    let starting = Ground::open().machine("PowerState/starting").diagnosed();
    insta::assert_snapshot!(told(finding(&starting, "server-stopped")), @"
    server-stopped consistent, not proven: The server 10.0.1.4 may not answer yet: virtual machine vm-web (https://portal.azure.com/#resource/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/rg-net/providers/Microsoft.Compute/virtualMachines/vm-web) is starting.
    - Instance view of virtual machine vm-web (https://portal.azure.com/#resource/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/rg-net/providers/Microsoft.Compute/virtualMachines/vm-web), which has 10.0.1.4: PowerState/starting
    > Press Re-check in a few minutes.
    ");
}

#[test]
fn a_machine_that_runs_rules_it_out_and_leaves_the_server_itself() {
    let diagnosis = Ground::open().machine("PowerState/running").diagnosed();
    for cause in ["server-stopped", "server-detached", "network-security-group", "user-defined-route"] {
        assert_eq!(verdict(&diagnosis, cause), Some(Verdict::RuledOut), "{cause}");
    }
    insta::assert_snapshot!(told(finding(&diagnosis, "server-stopped")), @"server-stopped ruled out: The machines behind the servers are running.");
    insta::assert_snapshot!(told(finding(&diagnosis, "server-detached")), @"server-detached ruled out: The servers' addresses are in use.");
    insta::assert_snapshot!(told(lead(&diagnosis)), @"
    server-unreachable consistent, not proven: The gateway cannot connect to port 443 of 10.0.1.4. The network lets it pass, so most likely nothing listens there, or the server's own firewall refuses it.
    - Backend health: no connection to the one server
    - The machines run; groups, routes and peerings let the probe pass
    - Not checked: whether the application listens on this port, the server's own firewall
    > On the server, look whether something listens on port 443, and whether its own firewall lets the gateway's subnet in.
    > Start the application, or correct the port of the HTTP setting.
    ");
}

#[test]
fn two_things_that_are_wrong_are_both_told() {
    let rules = json!([rule("deny-web", 200, "Deny", "Inbound", "*", "443")]);
    let diagnosis = Ground::open().group(1, &rules).machine("PowerState/deallocated").diagnosed();
    assert_eq!(verdict(&diagnosis, "server-stopped"), Some(Verdict::Confirmed));
    assert_eq!(verdict(&diagnosis, "network-security-group"), Some(Verdict::Confirmed));
}

#[test]
fn what_may_not_be_read_of_a_machine_names_its_action() {
    let blind = Ground::open().diagnosed();
    insta::assert_snapshot!(told(finding(&blind, "server-stopped")), @"
    server-stopped not checked: Whether the servers' machines run is not checked: the bot needs the permission Microsoft.Network/virtualNetworks/subnets/read.
    > Grant the bot's identity Microsoft.Network/virtualNetworks/subnets/read, and press Re-check.
    ");
    let nic = id("networkInterfaces", "nic-web/ipConfigurations/ip");
    let diagnosis = Ground::open().listed(&nic, "10.0.1.4").diagnosed();
    for cause in ["server-stopped", "server-detached"] {
        assert_eq!(verdict(&diagnosis, cause), Some(Verdict::NotChecked), "{cause}");
    }
    assert!(diagnosis.gaps.iter().any(|gap| gap.contains("Microsoft.Network/networkInterfaces/read")));
    insta::assert_snapshot!(told(finding(&diagnosis, "network-security-group")), @"
    network-security-group ruled out: The network security groups of the gateway's and the servers' subnets let the probe pass.
    - Not read: groups at the servers' own network interfaces; the bot needs the permission Microsoft.Network/networkInterfaces/read
    ");
    insta::assert_snapshot!(told(finding(&diagnosis, "server-unreachable")), @"
    server-unreachable consistent, not proven: The gateway cannot connect to port 443 of 10.0.1.4. Why is not settled: several reasons look the same from here.
    - Backend health: no connection to the one server
    - Not checked: whether the application listens on this port, the server's own firewall, the groups at the servers' network interfaces, whether the server runs
    > From a machine in the gateway's virtual network, connect to port 443 of the server. If it answers there, something between gateway and server blocks it.
    > If it does not: start the application, or correct the port of the HTTP setting.
    > Look at the server's own firewall, and at the security group of its network interface.
    ");
    let own = vm("vm-web");
    let ground = Ground::open().interface("nic-web", "10.0.1.4", json!({ "virtualMachine": { "id": own } }));
    let words = told(finding(&ground.diagnosed(), "server-stopped"));
    assert!(words.contains("Microsoft.Compute/virtualMachines/instanceView/read"), "{words}");
}

#[test]
fn an_instance_of_a_scale_set_is_started_by_its_number() {
    let instance = format!("{COMPUTE}/virtualMachineScaleSets/web/virtualMachines/3");
    let nic = format!("{instance}/networkInterfaces/nic");
    let document = json!({ "id": nic, "properties": with_address("10.0.1.4", json!({
        "virtualMachine": { "id": instance },
    })) });
    let ground = || {
        let listed = Ground::open().listed(&format!("{nic}/ipConfigurations/ip"), "10.0.1.4");
        listed.answering(&nic, document.clone())
    };
    let diagnosis = ground().power(&instance, "PowerState/stopped").diagnosed();
    insta::assert_snapshot!(told(lead(&diagnosis)), @"
    server-stopped confirmed: Nothing can answer at 10.0.1.4: instance 3 of scale set web (https://portal.azure.com/#resource/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/rg-net/providers/Microsoft.Compute/virtualMachineScaleSets/web/virtualMachines/3) is stopped.
    - Instance view of instance 3 of scale set web (https://portal.azure.com/#resource/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/rg-net/providers/Microsoft.Compute/virtualMachineScaleSets/web/virtualMachines/3), which has 10.0.1.4: PowerState/stopped
    > Start it, unless somebody stopped it on purpose: az vmss start -g rg-net -n web --instance-ids 3
    > Its activity log says who or what stopped it.
    ");
    assert!(lead(&diagnosis).sources.iter().any(|source| {
        source.contains("virtualMachineScaleSets/web/virtualMachines/3/instanceView?api-version=2024-07-01")
    }));
    let words = told(finding(&ground().diagnosed(), "server-stopped"));
    let action = "Microsoft.Compute/virtualMachineScaleSets/virtualMachines/instanceView/read";
    assert!(words.contains(action), "{words}");
    let running = ground().power(&instance, "PowerState/running").diagnosed();
    assert_eq!(verdict(&running, "server-detached"), Some(Verdict::RuledOut));
    assert!(
        running
            .reads
            .iter()
            .any(|read| read.request.contains("networkInterfaces/nic?api-version=2018-10-01"))
    );
}

#[test]
fn a_pool_of_interfaces_and_a_first_generation_gateway_work_alike() {
    let nic = id("networkInterfaces", "nic-web/ipConfigurations/ip");
    let mut ground = Ground::open().pool_of(&[&nic]);
    ground.is_v1 = true;
    // The network itself may not be read: the pool names the interface.
    ground.documents.clear();
    let own = vm("vm-web");
    let properties = with_address("10.0.1.4", json!({ "virtualMachine": { "id": own } }));
    let ground =
        ground.with("networkInterfaces", "nic-web", properties).power(&own, "PowerState/deallocated");
    let diagnosis = ground.diagnosed();
    assert_eq!(
        (lead(&diagnosis).cause.as_str(), lead(&diagnosis).verdict),
        ("server-stopped", Verdict::Confirmed)
    );
}

#[test]
fn a_server_with_an_ipv6_address_is_found_however_that_is_spelled() {
    let mut ground = Ground { server: "fd00:1::4", ..Ground::open() };
    let network = ground.documents.get_mut(&id("virtualNetworks", "vnet").to_ascii_lowercase()).unwrap();
    network["properties"]["addressSpace"]["addressPrefixes"] = json!(["10.0.0.0/16", "fd00:1::/48"]);
    let web = &mut list(network, "subnets")[1]["properties"];
    *web = json!({ "addressPrefixes": ["10.0.1.0/24", "fd00:1::/64"] });
    let own = vm("vm-web");
    let ground = ground.interface("nic-web", "fd00:1:0:0::4", json!({ "virtualMachine": { "id": own } }));
    let diagnosis = ground.power(&own, "PowerState/deallocated").diagnosed();
    assert_eq!(verdict(&diagnosis, "server-stopped"), Some(Verdict::Confirmed));
}

#[test]
fn an_interface_without_a_machine_is_confirmed_unless_a_service_has_it() {
    let diagnosis = Ground::open().interface("nic-web", "10.0.1.4", json!({})).diagnosed();
    insta::assert_snapshot!(told(lead(&diagnosis)), @"
    server-detached confirmed: Nothing can answer at 10.0.1.4: the network interface nic-web (https://portal.azure.com/#resource/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/rg-net/providers/Microsoft.Network/networkInterfaces/nic-web) that has this address is attached to no machine.
    - Network interface nic-web (https://portal.azure.com/#resource/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/rg-net/providers/Microsoft.Network/networkInterfaces/nic-web), which has 10.0.1.4: no virtual machine
    > Attach it to the machine it should be on, while that is deallocated: az vm nic add -g rg-net --vm-name VM --nics nic-web
    > Or take it out of the backend pool web (https://portal.azure.com/#resource/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/rg-shop/providers/Microsoft.Network/applicationGateways/agw-shop/backendAddressPools/web).
    ");
    let endpoint = json!({ "privateEndpoint": { "id": id("privateEndpoints", "pe") } });
    let diagnosis = Ground::open().interface("nic-pe", "10.0.1.4", endpoint).diagnosed();
    assert_eq!(verdict(&diagnosis, "server-detached"), Some(Verdict::RuledOut));
    assert_eq!(verdict(&diagnosis, "server-stopped"), None);
    // A service may keep interfaces without a machine in a subnet that is given over to it.
    let mut ground = Ground::open().interface("nic-web", "10.0.1.4", json!({}));
    let network = ground.documents.get_mut(&id("virtualNetworks", "vnet").to_ascii_lowercase()).unwrap();
    let delegation = json!([{ "name": "d", "properties": { "serviceName": "Microsoft.Netapp/volumes" } }]);
    list(network, "subnets")[1]["properties"]["delegations"] = delegation;
    assert_eq!(verdict(&ground.diagnosed(), "server-detached"), Some(Verdict::Consistent));
}

#[test]
fn an_interface_that_is_gone_is_confirmed_only_where_it_would_be_seen() {
    let gone = |configuration: &str| {
        let nic = configuration.rsplit_once("/ipConfigurations").unwrap().0;
        let ground = Ground::open().pool_of(&[configuration]);
        let what = "the network interface".to_owned();
        let azure = ground.azure().without(nic, WhyNot::Missing { what });
        found(&azure.ask(ground.evidence()).0)
    };
    let diagnosis = gone(&id("networkInterfaces", "nic-old/ipConfigurations/ip"));
    insta::assert_snapshot!(told(lead(&diagnosis)), @"
    server-detached confirmed: The pool names the network interface nic-old, which does not exist any more.
    - Network interface nic-old in resource group rg-net: not found
    > Find out whether the server was deleted on purpose.
    > Or take it out of the backend pool web (https://portal.azure.com/#resource/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/rg-shop/providers/Microsoft.Network/applicationGateways/agw-shop/backendAddressPools/web).
    ");
    let elsewhere = "/subscriptions/99999999-2222-3333-4444-555555555555/resourceGroups/rg-net/providers/Microsoft.Network/networkInterfaces/nic-old/ipConfigurations/ip";
    assert_eq!(verdict(&gone(elsewhere), "server-detached"), Some(Verdict::Consistent));
    // What the subnet lists and is not found comes or goes right now.
    let nic = id("networkInterfaces", "nic-new");
    let ground = Ground::open().listed(&format!("{nic}/ipConfigurations/ip"), "10.0.1.4");
    let what = "the network interface nic-new".to_owned();
    let azure = ground.azure().without(&nic, WhyNot::Missing { what });
    let fleeting = found(&azure.ask(ground.evidence()).0);
    assert_eq!(verdict(&fleeting, "server-detached"), Some(Verdict::NotChecked));
}

/// For interfaces that do not exist the gateway may list no server at all.
#[test]
fn a_pool_of_interfaces_that_are_gone_is_confirmed_without_any_server() {
    let nic = id("networkInterfaces", "nic-old");
    let ground = Ground::open().pool_of(&[&format!("{nic}/ipConfigurations/ip")]);
    let unlisted = || {
        let mut evidence = ground.evidence();
        evidence.servers("web", "https").clear();
        evidence
    };
    let what = "the network interface nic-old".to_owned();
    let gone = found(&ground.azure().without(&nic, WhyNot::Missing { what }).ask(unlisted()).0);
    assert_eq!((lead(&gone).cause.as_str(), lead(&gone).verdict), ("server-detached", Verdict::Confirmed));
    assert_eq!(gone.overall, Overall::Unhealthy);
    // One that is there is no reason, and one that may not be read settles nothing.
    let action = "Microsoft.Network/networkInterfaces/read".to_owned();
    let unread = found(&ground.azure().without(&nic, WhyNot::Forbidden { action }).ask(unlisted()).0);
    assert_ne!(verdict(&unread, "server-detached"), Some(Verdict::Confirmed));
    assert_eq!(unread.overall, Overall::Unclear);
}

fn availability() -> String {
    format!("{}/CheckIPAddressAvailability", id("virtualNetworks", "vnet"))
}

#[test]
fn an_address_that_nobody_has_is_confirmed_once_azure_says_so() {
    let free = json!({ "available": true, "availableIPAddresses": [] });
    let taken = json!({ "available": false, "availableIPAddresses": ["10.0.1.9"] });
    let diagnosis = Ground::open().bare().answering(&availability(), free.clone()).diagnosed();
    insta::assert_snapshot!(told(lead(&diagnosis)), @"
    server-detached confirmed: Nothing can answer at 10.0.1.4: nobody has this address.
    - Subnet snet-web of vnet (https://portal.azure.com/#resource/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/rg-net/providers/Microsoft.Network/virtualNetworks/vnet): does not list 10.0.1.4. Azure says that it is free
    > Find out which address the server has now, or whether it was deleted on purpose.
    > Or take it out of the backend pool web (https://portal.azure.com/#resource/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/rg-shop/providers/Microsoft.Network/applicationGateways/agw-shop/backendAddressPools/web).
    ");
    let source = "CheckIPAddressAvailability?api-version=2025-07-01&ipAddress=10.0.1.4";
    assert!(lead(&diagnosis).sources.iter().any(|line| line.ends_with(source)));
    let diagnosis = Ground::open().bare().answering(&availability(), taken).diagnosed();
    assert_eq!(verdict(&diagnosis, "server-detached"), Some(Verdict::RuledOut));
    // Whoever may not ask knows the list alone.
    let diagnosis = Ground::open().bare().diagnosed();
    insta::assert_snapshot!(told(finding(&diagnosis, "server-detached")), @"
    server-detached consistent, not proven: Nobody may have the address 10.0.1.4: its subnet snet-web does not list it.
    - Subnet snet-web of vnet (https://portal.azure.com/#resource/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/rg-net/providers/Microsoft.Network/virtualNetworks/vnet): does not list 10.0.1.4. Whether Azure calls it free is not checked: the bot needs the permission Microsoft.Network/virtualNetworks/checkIpAddressAvailability/read
    > Find out which address the server has now, or whether it was deleted on purpose.
    > Or take it out of the backend pool web (https://portal.azure.com/#resource/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/rg-shop/providers/Microsoft.Network/applicationGateways/agw-shop/backendAddressPools/web).
    ");
    // A service that the subnet is given over to has addresses of its own.
    let subnet = id("virtualNetworks", "vnet/subnets/snet-web");
    let managed = json!({ "id": subnet, "properties": { "ipConfigurations": [],
        "serviceAssociationLinks": [{ "name": "AppServiceLink" }] } });
    let ground = Ground::open().answering(&subnet, managed).answering(&availability(), free);
    assert_eq!(verdict(&ground.diagnosed(), "server-detached"), Some(Verdict::Consistent));
}

#[test]
fn an_address_of_a_load_balancer_is_in_use_and_its_groups_are_elsewhere() {
    let frontend = id("loadBalancers", "lb/frontendIPConfigurations/f");
    let rules = json!([rule("deny-web", 200, "Deny", "Inbound", "*", "443")]);
    let diagnosis = Ground::open().group(1, &rules).listed(&frontend, "10.0.1.4").diagnosed();
    assert_eq!(verdict(&diagnosis, "server-detached"), Some(Verdict::RuledOut));
    assert_eq!(verdict(&diagnosis, "server-stopped"), None);
    insta::assert_snapshot!(told(finding(&diagnosis, "network-security-group")), @"
    network-security-group not checked: Whether a network security group is in the way is not checked: 10.0.1.4 belongs to loadBalancers/lb, not to a network interface.
    > Look at it by hand, or press Re-check later.
    ");
}

#[test]
fn only_the_first_servers_are_looked_at() {
    let servers = ["10.0.1.4", "10.0.1.5", "10.0.1.6", "10.0.1.7", "10.0.1.8", "10.0.1.9"];
    let mut ground = Ground::open();
    ground.more = servers[1..].to_vec();
    let ground = servers.iter().enumerate().fold(ground, |ground, (index, server)| {
        let own = vm(&format!("vm-{index}"));
        let state = if index == 1 { "PowerState/deallocated" } else { "PowerState/running" };
        let properties = json!({ "virtualMachine": { "id": own } });
        ground.interface(&format!("nic-{index}"), server, properties).power(&own, state)
    });
    let (evidence, waves) = ground.ask(ground.evidence());
    assert_eq!((evidence.facts.len(), waves), (1 + 1 + 4 + 4, 4));
    let diagnosis = found(&evidence);
    insta::assert_snapshot!(told(lead(&diagnosis)), @"
    server-stopped confirmed: Nothing can answer at 10.0.1.5: virtual machine vm-1 (https://portal.azure.com/#resource/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/rg-net/providers/Microsoft.Compute/virtualMachines/vm-1) is deallocated.
    - Instance view of virtual machine vm-1 (https://portal.azure.com/#resource/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/rg-net/providers/Microsoft.Compute/virtualMachines/vm-1), which has 10.0.1.5: PowerState/deallocated
    - Looked at 4 of 6 servers
    > Start it, unless somebody stopped it on purpose: az vm start -g rg-net -n vm-1
    > Its activity log says who or what stopped it.
    ");
    let rest = told(finding(&diagnosis, "server-unreachable"));
    assert!(rest.contains("10.0.1.4, 10.0.1.6"), "{rest}");
}
