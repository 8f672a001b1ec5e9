//! The causes that keep the gateway from finding its servers by name.

use serde_json::{Value, json};

use super::{found, lead, told};
use crate::diagnosis::{Diagnosis, Finding, Verdict};
use crate::evidence::fixture::{Azure, NO_CONNECTION, TIMEOUT, log_of};
use crate::evidence::{Evidence, Lookup, WhyNot};
use crate::gateway::Gateway;
use crate::gateway::fixture::{list, shop_with};
use crate::health::{Health, Symptom};
use crate::id::ResourceId;
use crate::network::dns::{PrivateZone, private_name, wildcards};

const NO_NAME: &str = "Application Gateway could not create a probe for this backend. This usually happens when the FQDN of the backend has not been entered correctly.";
const NO_DATA: &str = "The backend health status could not be retrieved. This happens when an NSG/UDR/Firewall on the application gateway subnet is blocking traffic on ports 65503-65534 in case of v1 SKU, and ports 65200-65535 in case of the v2 SKU or if the FQDN configured in the backend pool could not be resolved to an IP address. To learn more visit - https://aka.ms/UnknownBackendHealth.";

const APP: &str = "shop.azurewebsites.net";
const APP_ZONE: &str = "privatelink.azurewebsites.net";

fn id(group: &str, kind: &str, name: &str) -> String {
    format!(
        "/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/{group}/providers/{kind}/{name}"
    )
}

fn network_id(name: &str) -> String {
    id("rg-net", "Microsoft.Network/virtualNetworks", name)
}

fn zone_id(domain: &str) -> String {
    id("rg-dns", "Microsoft.Network/privateDnsZones", domain)
}

fn endpoint_id() -> String {
    id("rg-net", "Microsoft.Network/privateEndpoints", "pe-shop")
}

fn site_id() -> String {
    id("rg-web", "Microsoft.Web/sites", "shop")
}

/// What Azure knows: a gateway in 10.0.0.0/24, and servers by name in 10.0.1.0/24.
struct World {
    server: &'static str,
    log: &'static str,
    dns: Vec<&'static str>,
    zones: Vec<String>,
    endpoints: Vec<String>,
    answers: Vec<(String, Result<Value, WhyNot>)>,
}

impl World {
    fn of(server: &'static str, log: &'static str) -> Self {
        let (dns, zones, endpoints, answers) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        let world = Self { server, log, dns, zones, endpoints, answers };
        world.answer(&format!("{}/listDnsForwardingRulesets", network_id("vnet")), json!({ "value": [] }))
    }

    fn answer(mut self, path: &str, answer: Value) -> Self {
        self.answers.push((path.to_owned(), Ok(answer)));
        self
    }

    fn forbid(mut self, path: &str, action: &str) -> Self {
        self.answers.push((path.to_owned(), Err(WhyNot::Forbidden { action: action.to_owned() })));
        self
    }

    /// A zone that is linked to these networks.
    fn zone(self, domain: &str, networks: &[&str]) -> Self {
        self.zone_by_id(&zone_id(domain), networks, "Completed")
    }

    fn zone_by_id(mut self, zone: &str, networks: &[&str], state: &str) -> Self {
        let link = |network: &&str| {
            json!({ "name": format!("link-{network}"), "properties": {
            "virtualNetwork": { "id": network_id(network) }, "virtualNetworkLinkState": state } })
        };
        let links: Vec<Value> = networks.iter().map(link).collect();
        self.zones.push(zone.to_owned());
        let parsed = PrivateZone::of(ResourceId::parse(zone).unwrap());
        for name in std::iter::once(self.server.to_owned()).chain(private_name(self.server)) {
            let Some(relative) = parsed.relative(&name) else { continue };
            for name in std::iter::once(relative.clone()).chain(wildcards(&relative)) {
                for kind in ["A", "AAAA", "CNAME"] {
                    let what = format!("{name} of the zone");
                    self.answers.push((format!("{zone}/{kind}/{name}"), Err(WhyNot::Missing { what })));
                }
            }
        }
        self.answer(&format!("{zone}/virtualNetworkLinks"), json!({ "value": links }))
    }

    fn record(self, domain: &str, name: &str, address: &str) -> Self {
        let record = json!({ "properties": { "aRecords": [{ "ipv4Address": address }] } });
        self.answer(&format!("{}/A/{name}", zone_id(domain)), record)
    }

    /// The endpoint of the app, with its address.
    fn endpoint(mut self, state: &str, address: &str) -> Self {
        self.endpoints.push(endpoint_id());
        let endpoint = json!({ "id": endpoint_id(), "properties": {
            "privateLinkServiceConnections": [{ "properties": {
                "privateLinkServiceId": site_id(), "groupIds": ["sites"],
                "privateLinkServiceConnectionState": { "status": state } } }],
            "customDnsConfigs": [{ "fqdn": APP, "ipAddresses": [address] }],
        }});
        self.answer(&format!("{}/privateDnsZoneGroups", endpoint_id()), json!({ "value": [] }))
            .answer(&endpoint_id(), endpoint)
    }

    fn site(self, access: &str, endpoints: &[String]) -> Self {
        let connection = |id: &String| json!({ "properties": { "privateEndpoint": { "id": id } } });
        let connections: Vec<Value> = endpoints.iter().map(connection).collect();
        self.answer(
            &site_id(),
            json!({ "id": site_id(), "properties": {
            "publicNetworkAccess": access, "privateEndpointConnections": connections } }),
        )
    }

    fn gateway(&self) -> Gateway {
        let server = self.server;
        shop_with(|raw| {
            let subnet = json!({ "id": format!("{}/subnets/snet-agw", network_id("vnet")) });
            raw["properties"]["gatewayIPConfigurations"] =
                json!([{ "name": "ip", "properties": { "subnet": subnet } }]);
            list(raw, "backendAddressPools")[0]["properties"]["backendAddresses"] =
                json!([{ "fqdn": server }]);
        })
    }

    fn evidence(&self) -> Evidence {
        let mut evidence = Evidence::healthy(self.gateway()).seen("web", "https", &[self.log]);
        if self.log == NO_DATA {
            evidence.servers("web", "https")[0].health = Health::Unknown;
        }
        evidence
    }

    fn azure(&self) -> Azure {
        let subnet =
            |name: &str, prefix: &str| json!({ "name": name, "properties": { "addressPrefix": prefix } });
        let network = json!({ "id": network_id("vnet"), "properties": {
            "addressSpace": { "addressPrefixes": ["10.0.0.0/16"] },
            "subnets": [subnet("snet-agw", "10.0.0.0/24"), subnet("snet-web", "10.0.1.0/24")],
            "dhcpOptions": { "dnsServers": self.dns },
        }});
        let rows = |ids: &[String]| ids.iter().map(|id| json!({ "id": id })).collect::<Value>();
        let azure = Azure::default()
            .finding("privatednszones", rows(&self.zones))
            .finding("privateendpoints", rows(&self.endpoints))
            .with(&network_id("vnet"), network);
        self.answers.iter().fold(azure, |azure, (path, answer)| match answer {
            Ok(answer) => azure.with(path, answer.clone()),
            Err(why) => azure.without(path, why.clone()),
        })
    }

    fn diagnosed(&self) -> Diagnosis {
        found(&self.azure().ask(self.evidence()).0)
    }

    fn finding(&self, cause: &str) -> Option<Finding> {
        self.diagnosed().findings.into_iter().find(|finding| finding.cause == cause)
    }

    fn verdict(&self, cause: &str) -> Option<Verdict> {
        self.finding(cause).map(|finding| finding.verdict)
    }
}

const ZONE: &str = "private-dns-zone";
const NAME: &str = "name-resolution";
const ENDPOINT: &str = "private-endpoint";

fn internal(log: &'static str) -> World {
    World::of("app.corp.internal", log)
}

fn unlinked(log: &'static str) -> World {
    internal(log).zone("corp.internal", &["vnet-hub"]).record("corp.internal", "app", "10.0.1.4")
}

#[test]
fn a_zone_that_is_linked_to_a_peer_and_not_to_the_gateways_network_is_confirmed() {
    let world = unlinked(NO_NAME);
    insta::assert_snapshot!(told(lead(&world.diagnosed())), @"
    private-dns-zone confirmed: app.corp.internal stands in the private DNS zone corp.internal (https://portal.azure.com/#resource/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/rg-dns/providers/Microsoft.Network/privateDnsZones/corp.internal), which is not linked to the gateway's virtual network vnet (https://portal.azure.com/#resource/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/rg-net/providers/Microsoft.Network/virtualNetworks/vnet), so the gateway finds no address for it.
    - Backend health: app.corp.internal has a name that the gateway cannot resolve
    - Record app.corp.internal in the private DNS zone corp.internal (https://portal.azure.com/#resource/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/rg-dns/providers/Microsoft.Network/privateDnsZones/corp.internal): 10.0.1.4
    - Links of the zone: none to vnet
    - Virtual network vnet asks Azure's DNS servers, and has no DNS forwarding ruleset
    > Link the zone to the gateway's network: az network private-dns link vnet create --subscription 11111111-2222-3333-4444-555555555555 -g rg-dns -z corp.internal -n link-vnet -v /subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/rg-net/providers/Microsoft.Network/virtualNetworks/vnet -e false
    > Press Re-check some minutes later. A gateway can keep an old answer; stopping and starting it clears that, and cuts visitors off meanwhile.
    ");
    let (evidence, waves) = world.azure().ask(world.evidence());
    assert_eq!((evidence.facts.len(), waves), (5, 3), "network and search, links and record, rulesets");
}

#[test]
fn without_the_gateways_word_another_zone_may_be_linked_that_the_bot_does_not_see() {
    // Teams keep zones of one domain in several subscriptions. The one that is linked may have the name.
    let world = unlinked(NO_CONNECTION);
    assert_eq!(lead(&world.diagnosed()).cause, ZONE);
    insta::assert_snapshot!(told(&world.finding(ZONE).unwrap()), @"
    private-dns-zone consistent, not proven: app.corp.internal stands in the private DNS zone corp.internal (https://portal.azure.com/#resource/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/rg-dns/providers/Microsoft.Network/privateDnsZones/corp.internal), which is not linked to the gateway's virtual network vnet (https://portal.azure.com/#resource/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/rg-net/providers/Microsoft.Network/virtualNetworks/vnet). Whether that is the reason is not settled.
    - Backend health: app.corp.internal could not be reached on the probe's port
    - Record app.corp.internal in the private DNS zone corp.internal (https://portal.azure.com/#resource/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/rg-dns/providers/Microsoft.Network/privateDnsZones/corp.internal): 10.0.1.4
    - Links of the zone: none to vnet
    - The gateway does not say that it finds no address. Another zone of this domain, which the bot may not read, could be linked
    > To settle it, run nslookup app.corp.internal on a machine in the gateway's virtual network: this is the reason unless that answers 10.0.1.4.
    > Link the zone to the gateway's network: az network private-dns link vnet create --subscription 11111111-2222-3333-4444-555555555555 -g rg-dns -z corp.internal -n link-vnet -v /subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/rg-net/providers/Microsoft.Network/virtualNetworks/vnet -e false
    > Press Re-check some minutes later. A gateway can keep an old answer; stopping and starting it clears that, and cuts visitors off meanwhile.
    ");
    assert_eq!(unlinked(NO_DATA).verdict(ZONE), Some(Verdict::Consistent));
    assert_eq!(unlinked(NO_DATA).verdict(NAME), None, "the zone's own cause speaks");
    assert_eq!(lead(&unlinked(NO_DATA).diagnosed()).cause, ZONE);
    assert_eq!(unlinked(NO_DATA).verdict("gateway-subnet"), Some(Verdict::RuledOut));
}

#[test]
fn what_could_answer_elsewhere_keeps_it_from_being_confirmed() {
    // A timeout is not what a name without an address looks like.
    assert_eq!(unlinked(TIMEOUT).verdict(ZONE), Some(Verdict::Consistent));
    // A ruleset may hand the name on, and one that may not be read as well.
    let rulesets = format!("{}/listDnsForwardingRulesets", network_id("vnet"));
    let forwarded = unlinked(NO_NAME).answer(&rulesets, json!({ "value": [{ "id": "r" }] }));
    assert_eq!(forwarded.verdict(ZONE), Some(Verdict::Consistent));
    let action = "Microsoft.Network/virtualNetworks/listDnsForwardingRulesets/action";
    let hidden = unlinked(NO_NAME).forbid(&rulesets, action).finding(ZONE).unwrap();
    assert_eq!(hidden.verdict, Verdict::Consistent);
    assert!(told(&hidden).contains(action), "{}", told(&hidden));
    // A zone that is linked comes before any ruleset.
    let linked = internal(NO_NAME).zone("corp.internal", &["vnet"]).forbid(&rulesets, action);
    assert_eq!(linked.verdict(ZONE), Some(Verdict::Confirmed));
    // A copy of the zone beside it: there may be a third that is linked.
    let copy = zone_id("corp.internal").replace("rg-dns", "rg-old");
    let copied = unlinked(NO_NAME).zone_by_id(&copy, &[], "Completed");
    assert_eq!(copied.verdict(ZONE), Some(Verdict::Consistent));
    // A name that the internet may know.
    let public = |log| {
        World::of("app.contoso.com", log).zone("contoso.com", &[]).record("contoso.com", "app", "10.0.1.4")
    };
    assert_eq!(public(NO_NAME).verdict(ZONE), Some(Verdict::Confirmed), "the internet does not know it");
    insta::assert_snapshot!(told(&public(NO_CONNECTION).finding(ZONE).unwrap()), @"
    private-dns-zone consistent, not proven: app.contoso.com stands in the private DNS zone contoso.com (https://portal.azure.com/#resource/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/rg-dns/providers/Microsoft.Network/privateDnsZones/contoso.com), which is not linked to the gateway's virtual network vnet (https://portal.azure.com/#resource/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/rg-net/providers/Microsoft.Network/virtualNetworks/vnet). Whether that is the reason is not settled.
    - Backend health: app.contoso.com could not be reached on the probe's port
    - Record app.contoso.com in the private DNS zone contoso.com (https://portal.azure.com/#resource/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/rg-dns/providers/Microsoft.Network/privateDnsZones/contoso.com): 10.0.1.4
    - Links of the zone: none to vnet
    - The name may be known on the internet too; without a link the gateway looks it up there
    > To settle it, run nslookup app.contoso.com on a machine in the gateway's virtual network: this is the reason unless that answers 10.0.1.4.
    > Link the zone to the gateway's network: az network private-dns link vnet create --subscription 11111111-2222-3333-4444-555555555555 -g rg-dns -z contoso.com -n link-vnet -v /subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/rg-net/providers/Microsoft.Network/virtualNetworks/vnet -e false
    > Press Re-check some minutes later. A gateway can keep an old answer; stopping and starting it clears that, and cuts visitors off meanwhile.
    ");
}

#[test]
fn a_hub_with_servers_of_its_own_is_never_confirmed() {
    let world = World { dns: vec!["10.0.9.4", "10.0.9.5"], ..unlinked(NO_NAME) };
    insta::assert_snapshot!(told(&world.finding(ZONE).unwrap()), @"
    private-dns-zone consistent, not proven: app.corp.internal stands in the private DNS zone corp.internal (https://portal.azure.com/#resource/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/rg-dns/providers/Microsoft.Network/privateDnsZones/corp.internal), which is not linked to the gateway's virtual network vnet (https://portal.azure.com/#resource/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/rg-net/providers/Microsoft.Network/virtualNetworks/vnet). Whether that is the reason is not settled.
    - Backend health: app.corp.internal has a name that the gateway cannot resolve
    - Record app.corp.internal in the private DNS zone corp.internal (https://portal.azure.com/#resource/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/rg-dns/providers/Microsoft.Network/privateDnsZones/corp.internal): 10.0.1.4
    - Links of the zone: none to vnet
    - The network asks its own DNS servers 10.0.9.4, 10.0.9.5; whether they forward this name to Azure is not visible from here
    > To settle it, run nslookup app.corp.internal on a machine in the gateway's virtual network: this is the reason unless that answers 10.0.1.4.
    > Have the DNS servers forward the zone to Azure, at 168.63.129.16, and link it to the network that they are in: az network private-dns link vnet create --subscription 11111111-2222-3333-4444-555555555555 -g rg-dns -z corp.internal -n LINK -v NETWORK -e false
    > Press Re-check some minutes later. A gateway can keep an old answer; stopping and starting it clears that, and cuts visitors off meanwhile.
    ");
    let unknown = World { dns: vec!["10.0.9.4"], ..World::of("app.contoso.com", NO_NAME) };
    insta::assert_snapshot!(told(&unknown.finding(NAME).unwrap()), @r###"
    name-resolution consistent, not proven: The gateway has no address for app.contoso.com, by what it reports. This name is looked up at the DNS servers of the virtual network's own, 10.0.9.4. They have to know it, and public names as well.
    - Not visible from here: what these servers answer, and whether the gateway reaches them
    > On a machine in the gateway's virtual network, run nslookup app.contoso.com. If that finds nothing either, correct the name in the pool, or add its record.
    > If it does, or the network's DNS servers were changed: restart the gateway, which cuts visitors off meanwhile: az network application-gateway stop -g rg-shop -n agw-shop, then az network application-gateway start -g rg-shop -n agw-shop.
    "###);
    // A zone that is linked says nothing where the network asks somebody else.
    let linked = internal(NO_CONNECTION).zone("corp.internal", &["vnet"]);
    let linked = World { dns: vec!["10.0.9.4"], ..linked.record("corp.internal", "app", "10.0.1.4") };
    assert_eq!(linked.verdict(ZONE), None);
    let words = told(&World { log: NO_NAME, ..linked }.finding(NAME).unwrap());
    assert!(
        words.contains("10.0.1.4") && words.contains("link it to the network that they are in"),
        "{words}"
    );
}

#[test]
fn a_zone_that_is_linked_is_ruled_out_and_its_address_is_looked_at() {
    let linked = |log| {
        internal(log).zone("corp.internal", &["vnet", "vnet-hub"]).record("corp.internal", "app", "10.0.1.4")
    };
    let diagnosis = linked(NO_CONNECTION).diagnosed();
    let told_of =
        |cause: &str| told(diagnosis.findings.iter().find(|finding| finding.cause == cause).unwrap());
    insta::assert_snapshot!(told_of(ZONE), @r###"
    private-dns-zone ruled out: The private DNS zones of the servers' names are linked to the gateway's virtual network.
    - Record app.corp.internal in the private DNS zone corp.internal (https://portal.azure.com/#resource/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/rg-dns/providers/Microsoft.Network/privateDnsZones/corp.internal): 10.0.1.4
    "###);
    for cause in ["network-security-group", "virtual-network-peering", "user-defined-route"] {
        assert!(told_of(cause).starts_with(&format!("{cause} ruled out")), "{}", told_of(cause));
    }
    let peering =
        linked(NO_CONNECTION).record("corp.internal", "app", "10.7.1.4").finding("virtual-network-peering");
    let peering = told(&peering.unwrap());
    assert!(peering.contains("confirmed") && peering.contains("10.7.1.4"), "{peering}");
    // A public address of a private zone needs no peering.
    let public = linked(NO_CONNECTION).record("corp.internal", "app", "203.0.113.9");
    assert_eq!(public.verdict("virtual-network-peering"), None);
    // A gateway that still does not find it keeps an old answer, it seems.
    insta::assert_snapshot!(told(&linked(NO_NAME).finding(NAME).unwrap()), @r###"
    name-resolution consistent, not proven: The gateway has no address for app.corp.internal, by what it reports. This name is found now, in a private DNS zone that the network sees. A gateway can keep an old answer.
    - Record app.corp.internal in the private DNS zone corp.internal (https://portal.azure.com/#resource/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/rg-dns/providers/Microsoft.Network/privateDnsZones/corp.internal): 10.0.1.4
    > On a machine in the gateway's virtual network, run nslookup app.corp.internal. If that finds nothing either, correct the name in the pool, or add its record.
    > If it does, or the network's DNS servers were changed: restart the gateway, which cuts visitors off meanwhile: az network application-gateway stop -g rg-shop -n agw-shop, then az network application-gateway start -g rg-shop -n agw-shop.
    "###);
    assert_eq!(linked(NO_DATA).verdict(NAME), Some(Verdict::RuledOut));
    assert_eq!(linked(NO_DATA).verdict("gateway-subnet"), Some(Verdict::RuledOut));
    let words = told(lead(&linked(NO_DATA).diagnosed()));
    assert!(words.contains("Beyond the gateway's own subnet and the server's name"), "{words}");
}

#[test]
fn a_wildcard_answers_too() {
    let world =
        internal(NO_CONNECTION).zone("corp.internal", &["vnet"]).record("corp.internal", "*", "10.0.1.4");
    assert_eq!(world.verdict(ZONE), Some(Verdict::RuledOut));
    let (_, waves) = world.azure().ask(world.evidence());
    assert!(waves <= 4, "{waves}");
    let deep = World::of("a.b.c.d.corp.internal", NO_CONNECTION).zone("corp.internal", &["vnet"]);
    assert_eq!(deep.record("corp.internal", "*", "10.0.1.4").verdict(ZONE), Some(Verdict::RuledOut));
    let deeper = World::of("a.b.c.d.e.corp.internal", NO_CONNECTION).zone("corp.internal", &["vnet"]);
    assert_eq!(deeper.verdict(ZONE), Some(Verdict::NotChecked), "more wildcards than are asked for");
    // An alias is not followed.
    let alias = internal(NO_CONNECTION).zone("corp.internal", &["vnet"]);
    let alias = alias.answer(&format!("{}/CNAME/app", zone_id("corp.internal")), json!({ "properties": {} }));
    assert_eq!(alias.verdict(ZONE), Some(Verdict::NotChecked));
}

#[test]
fn a_linked_zone_without_the_record_is_confirmed_whoever_else_has_it() {
    let world = World::of("web.app.contoso.com", NO_NAME)
        .zone("contoso.com", &["vnet"])
        .zone("app.contoso.com", &["vnet-hub"])
        .record("app.contoso.com", "web", "10.0.1.4");
    insta::assert_snapshot!(told(lead(&world.diagnosed())), @r###"
    private-dns-zone confirmed: The gateway's virtual network looks web.app.contoso.com up in the private DNS zone contoso.com (https://portal.azure.com/#resource/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/rg-dns/providers/Microsoft.Network/privateDnsZones/contoso.com), which does not have it, so the gateway gets no address. The zone app.contoso.com (https://portal.azure.com/#resource/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/rg-dns/providers/Microsoft.Network/privateDnsZones/app.contoso.com) has it and is not linked to that network.
    - Backend health: web.app.contoso.com has a name that the gateway cannot resolve
    - Links of contoso.com (https://portal.azure.com/#resource/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/rg-dns/providers/Microsoft.Network/privateDnsZones/contoso.com): completed to vnet
    - Records of that zone: none for web.app.contoso.com, and no wildcard that covers it
    - Record web.app.contoso.com in the private DNS zone app.contoso.com (https://portal.azure.com/#resource/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/rg-dns/providers/Microsoft.Network/privateDnsZones/app.contoso.com): 10.0.1.4
    - Virtual network vnet asks Azure's DNS servers
    > Add the record to the zone: az network private-dns record-set a add-record --subscription 11111111-2222-3333-4444-555555555555 -g rg-dns -z contoso.com -n web.app -a 10.0.1.4
    > Or, where that zone is the right one: Link the zone to the gateway's network: az network private-dns link vnet create --subscription 11111111-2222-3333-4444-555555555555 -g rg-dns -z app.contoso.com -n link-vnet -v /subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/rg-net/providers/Microsoft.Network/virtualNetworks/vnet -e false
    > Press Re-check some minutes later. A gateway can keep an old answer; stopping and starting it clears that, and cuts visitors off meanwhile.
    "###);
    // The parent zone has it.
    let parent = World::of("web.app.contoso.com", NO_CONNECTION)
        .zone("contoso.com", &["vnet"])
        .zone("app.contoso.com", &[])
        .record("contoso.com", "web.app", "10.0.1.4");
    assert_eq!(parent.verdict(ZONE), Some(Verdict::RuledOut));
    // The more specific zone is linked, and shadows the parent.
    let shadow = World::of("web.app.contoso.com", NO_NAME)
        .zone("contoso.com", &["vnet"])
        .zone("app.contoso.com", &["vnet"])
        .record("contoso.com", "web.app", "10.0.1.4");
    assert_eq!(shadow.verdict(ZONE), Some(Verdict::Confirmed));
}

#[test]
fn of_many_copies_the_one_that_is_linked_answers() {
    let copies = |world: World, count: usize| {
        (0..count).fold(world, |world, n| {
            let copy = zone_id("corp.internal").replace("rg-dns", &format!("rg-{n}"));
            world.zone_by_id(&copy, &["vnet-dev"], "Completed")
        })
    };
    let linked = || internal(NO_CONNECTION).zone("corp.internal", &["vnet"]);
    let world = copies(linked().record("corp.internal", "app", "10.0.1.4"), 4);
    assert_eq!(world.verdict(ZONE), Some(Verdict::RuledOut));
    let (evidence, waves) = world.azure().ask(world.evidence());
    assert!(evidence.facts.len() <= 24 && waves <= 5, "{} in {waves}", evidence.facts.len());
    // More zones than are read: the linked one may be among the others.
    assert_eq!(copies(unlinked(NO_CONNECTION), 9).verdict(ZONE), Some(Verdict::NotChecked));
}

#[test]
fn a_name_leads_through_a_peering_to_the_other_networks_group() {
    let group = id("rg-net", "Microsoft.Network/networkSecurityGroups", "nsg");
    let subnet =
        |name: &str, prefix: &str| json!({ "name": name, "properties": { "addressPrefix": prefix } });
    let network = json!({ "id": network_id("vnet"), "properties": {
        "addressSpace": { "addressPrefixes": ["10.0.0.0/16"] },
        "subnets": [subnet("snet-agw", "10.0.0.0/24")],
        "virtualNetworkPeerings": [{ "name": "to-shop", "properties": {
            "remoteVirtualNetwork": { "id": network_id("vnet-shop") }, "peeringState": "Connected",
            "remoteAddressSpace": { "addressPrefixes": ["10.9.0.0/16"] } } }] } });
    let mut shop = subnet("snet", "10.9.1.0/24");
    shop["properties"]["networkSecurityGroup"] = json!({ "id": group });
    let remote = json!({ "id": network_id("vnet-shop"), "properties": {
        "addressSpace": { "addressPrefixes": ["10.9.0.0/16"] }, "subnets": [shop] } });
    let rule = json!({ "name": "deny", "properties": {
        "priority": 200, "access": "Deny", "direction": "Inbound", "protocol": "*",
        "sourceAddressPrefix": "*", "sourcePortRange": "*",
        "destinationAddressPrefix": "*", "destinationPortRange": "*" } });
    let world = internal(NO_CONNECTION)
        .zone("corp.internal", &["vnet"])
        .record("corp.internal", "*", "10.9.1.4")
        .answer(&network_id("vnet"), network)
        .answer(&network_id("vnet-shop"), remote)
        .answer(&group, json!({ "id": group, "properties": { "securityRules": [rule] } }));
    let (evidence, waves) = world.azure().ask(world.evidence());
    assert_eq!(waves, 5, "network and search, links and record, wildcard, the other network, its group");
    let diagnosis = found(&evidence);
    let first = lead(&diagnosis);
    assert_eq!((first.cause.as_str(), first.verdict), ("network-security-group", Verdict::Confirmed));
}

#[test]
fn links_that_may_not_be_read_name_the_permission() {
    let action = "Microsoft.Network/privateDnsZones/virtualNetworkLinks/read";
    let world =
        unlinked(NO_CONNECTION).forbid(&format!("{}/virtualNetworkLinks", zone_id("corp.internal")), action);
    insta::assert_snapshot!(told(&world.finding(ZONE).unwrap()), @r###"
    private-dns-zone not checked: Whether a private DNS zone is out of the gateway's sight is not checked: the bot needs the permission Microsoft.Network/privateDnsZones/virtualNetworkLinks/read.
    > Grant the bot's identity Microsoft.Network/privateDnsZones/virtualNetworkLinks/read, and press Re-check.
    "###);
    assert!(world.diagnosed().gaps.iter().any(|gap| gap.contains(action)));
    // Another zone that answers before it makes it unimportant.
    let world = World::of("web.app.contoso.com", NO_CONNECTION)
        .zone("contoso.com", &[])
        .zone("app.contoso.com", &["vnet"])
        .record("app.contoso.com", "web", "10.0.1.4")
        .forbid(&format!("{}/virtualNetworkLinks", zone_id("contoso.com")), action);
    assert_eq!(world.verdict(ZONE), Some(Verdict::RuledOut));
    let world = World::of(APP, NO_CONNECTION)
        .zone("azurewebsites.net", &["vnet"])
        .zone(APP_ZONE, &[])
        .record("azurewebsites.net", "shop", "10.0.1.4")
        .forbid(&format!("{}/virtualNetworkLinks", zone_id(APP_ZONE)), action);
    assert_eq!(world.verdict(ZONE), Some(Verdict::RuledOut), "its own name is found first");
}

#[test]
fn a_part_of_the_links_proves_presence_and_not_absence() {
    let page = |network: &str| {
        json!({ "nextLink": "https://management.azure.com/next", "value": [
        { "name": "one", "properties": { "virtualNetwork": { "id": network_id(network) } } } ] })
    };
    let links = format!("{}/virtualNetworkLinks", zone_id("corp.internal"));
    let other = unlinked(NO_CONNECTION).answer(&links, page("vnet-hub"));
    assert_eq!(other.verdict(ZONE), Some(Verdict::NotChecked));
    let own = unlinked(NO_CONNECTION).answer(&links, page("vnet"));
    assert_eq!(own.verdict(ZONE), Some(Verdict::RuledOut));
}

#[test]
fn a_link_that_is_not_completed_is_named() {
    let zone = zone_id("corp.internal");
    let world = internal(NO_NAME).zone_by_id(&zone, &["vnet"], "InProgress").record(
        "corp.internal",
        "app",
        "10.0.1.4",
    );
    insta::assert_snapshot!(told(lead(&world.diagnosed())), @r###"
    private-dns-zone confirmed: app.corp.internal stands in the private DNS zone corp.internal (https://portal.azure.com/#resource/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/rg-dns/providers/Microsoft.Network/privateDnsZones/corp.internal), whose link link-vnet to the gateway's virtual network vnet (https://portal.azure.com/#resource/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/rg-net/providers/Microsoft.Network/virtualNetworks/vnet) is not completed, so the gateway finds no address for it.
    - Backend health: app.corp.internal has a name that the gateway cannot resolve
    - Record app.corp.internal in the private DNS zone corp.internal (https://portal.azure.com/#resource/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/rg-dns/providers/Microsoft.Network/privateDnsZones/corp.internal): 10.0.1.4
    - Links of the zone: link-vnet, not completed, to vnet
    - Virtual network vnet asks Azure's DNS servers, and has no DNS forwarding ruleset
    > Wait for the link, or create it again: az network private-dns link vnet show --subscription 11111111-2222-3333-4444-555555555555 -g rg-dns -z corp.internal -n link-vnet tells how far it is.
    > Press Re-check some minutes later. A gateway can keep an old answer; stopping and starting it clears that, and cuts visitors off meanwhile.
    "###);
}

#[test]
fn what_is_not_found_proves_nothing() {
    insta::assert_snapshot!(told(lead(&internal(NO_NAME).diagnosed())), @r###"
    name-resolution consistent, not proven: The gateway has no address for app.corp.internal, by what it reports. This name can only be known by a private DNS zone. None that the bot may read has it.
    - Not found, which proves nothing about zones that the bot may not read: a zone with this name
    > On a machine in the gateway's virtual network, run nslookup app.corp.internal. If that finds nothing either, correct the name in the pool, or add its record.
    > If it does, or the network's DNS servers were changed: restart the gateway, which cuts visitors off meanwhile: az network application-gateway stop -g rg-shop -n agw-shop, then az network application-gateway start -g rg-shop -n agw-shop.
    "###);
    assert_eq!(internal(NO_CONNECTION).verdict(ZONE), None);
    insta::assert_snapshot!(told(lead(&World::of("app.contoso.com", NO_NAME).diagnosed())), @r###"
    name-resolution consistent, not proven: The gateway has no address for app.contoso.com, by what it reports. This name is looked up on the internet, as far as can be seen: no private DNS zone that the bot may read has it.
    - Not visible from here: what DNS answers inside the gateway's virtual network
    > On a machine in the gateway's virtual network, run nslookup app.contoso.com. If that finds nothing either, correct the name in the pool, or add its record.
    > If it does, or the network's DNS servers were changed: restart the gateway, which cuts visitors off meanwhile: az network application-gateway stop -g rg-shop -n agw-shop, then az network application-gateway start -g rg-shop -n agw-shop.
    "###);
    let missing = World::of("app.contoso.com", NO_DATA);
    insta::assert_snapshot!(told(lead(&missing.diagnosed())), @r###"
    name-resolution consistent, not proven: A name that is not found is one reason for missing health data, and app.contoso.com is looked up on the internet, as far as can be seen: no private DNS zone that the bot may read has it.
    - Not visible from here: what DNS answers inside the gateway's virtual network
    > On a machine in the gateway's virtual network, run nslookup app.contoso.com. If that finds nothing either, correct the name in the pool, or add its record.
    > If it does, or the network's DNS servers were changed: restart the gateway, which cuts visitors off meanwhile: az network application-gateway stop -g rg-shop -n agw-shop, then az network application-gateway start -g rg-shop -n agw-shop.
    "###);
    // A zone that the search still knows, and that is gone.
    let gone = WhyNot::Missing { what: "the zone".to_owned() };
    let mut stale = unlinked(NO_NAME);
    stale.answers.push((format!("{}/virtualNetworkLinks", zone_id("corp.internal")), Err(gone)));
    assert_eq!((stale.verdict(ZONE), stale.verdict(NAME)), (None, Some(Verdict::Consistent)));
}

#[test]
fn a_text_that_is_no_host_name_is_confirmed_without_a_question() {
    let world = World::of("https://app.example.com", NO_NAME);
    insta::assert_snapshot!(told(lead(&world.diagnosed())), @r###"
    name-resolution confirmed: The pool names the server https://app.example.com, which is no host name: it begins with a scheme.
    - Configuration: the address of the server is https://app.example.com
    > Put the bare host name into the pool, with all the other servers in the list, which is replaced: az network application-gateway address-pool update -g rg-shop --gateway-name agw-shop -n web --servers HOST
    > Scheme and port belong into the HTTP setting, a path into the probe.
    "###);
    assert_eq!(world.azure().ask(world.evidence()).1, 0);
    let mut bracketed = World::of("app.example.com", NO_NAME).evidence();
    bracketed.servers("web", "https")[0].address = "[fd00::4]".to_owned();
    assert_ne!(lead(&found(&bracketed)).cause, NAME, "the pool does not say so");
    for (server, verdict) in [
        ("app.example.com:8443", Verdict::Confirmed),
        ("app example.com", Verdict::Confirmed),
        // Some DNS servers take it.
        ("my_app.example.com", Verdict::Consistent),
    ] {
        assert_eq!(World::of(server, NO_NAME).verdict(NAME), Some(verdict), "{server}");
    }
}

#[test]
fn a_short_name_may_be_that_of_a_machine() {
    insta::assert_snapshot!(told(lead(&World::of("vm-web-1", NO_NAME).diagnosed())), @r###"
    name-resolution consistent, not proven: The gateway has no address for vm-web-1, by what it reports. This name has no dot: Azure's DNS knows such a name only if it is that of a machine in the same virtual network.
    - DNS servers of the gateway's virtual network: Azure's
    > On a machine in the gateway's virtual network, run nslookup vm-web-1. If that finds nothing either, correct the name in the pool, or add its record.
    > If it does, or the network's DNS servers were changed: restart the gateway, which cuts visitors off meanwhile: az network application-gateway stop -g rg-shop -n agw-shop, then az network application-gateway start -g rg-shop -n agw-shop.
    "###);
    let own = World { dns: vec!["10.0.9.4"], ..World::of("vm-web-1", NO_NAME) };
    assert!(told(&own.finding(NAME).unwrap()).contains("10.0.9.4"));
}

fn app(log: &'static str) -> World {
    World::of(APP, log).endpoint("Approved", "10.0.1.5")
}

fn app_zone(world: World, networks: &[&str]) -> World {
    world.zone(APP_ZONE, networks).record(APP_ZONE, "shop", "10.0.1.5")
}

const FORBIDDEN: &str = "Received invalid status code: 403 in the backend server's HTTP response. As per the health probe configuration, 200-399 is the acceptable status code. Either modify probe configuration or resolve backend issues.";

#[test]
fn an_endpoint_that_the_network_does_not_see_is_confirmed_where_the_internet_is_shut_out() {
    let closed = app_zone(app(FORBIDDEN), &["vnet-hub"]).site("Disabled", &[endpoint_id()]);
    insta::assert_snapshot!(told(&closed.finding(ENDPOINT).unwrap()), @r###"
    private-endpoint confirmed: The private endpoint pe-shop (https://portal.azure.com/#resource/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/rg-net/providers/Microsoft.Network/privateEndpoints/pe-shop) of shop.azurewebsites.net is passed by: the private DNS zone with its record is not linked to the gateway's virtual network vnet (https://portal.azure.com/#resource/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/rg-net/providers/Microsoft.Network/virtualNetworks/vnet), so the gateway goes to the public address, and the service is closed to the internet.
    - Backend health: shop.azurewebsites.net refused the probe with 403
    - Private endpoint pe-shop: Approved, address 10.0.1.5
    - Record shop.privatelink.azurewebsites.net in the private DNS zone privatelink.azurewebsites.net (https://portal.azure.com/#resource/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/rg-dns/providers/Microsoft.Network/privateDnsZones/privatelink.azurewebsites.net): 10.0.1.5
    - Links of the zone: none to vnet
    - Service shop (https://portal.azure.com/#resource/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/rg-web/providers/Microsoft.Web/sites/shop): its public network access is Disabled
    - Virtual network vnet asks Azure's DNS servers, and has no DNS forwarding ruleset
    > Link the zone to the gateway's network: az network private-dns link vnet create --subscription 11111111-2222-3333-4444-555555555555 -g rg-dns -z privatelink.azurewebsites.net -n link-vnet -v /subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/rg-net/providers/Microsoft.Network/virtualNetworks/vnet -e false
    > Press Re-check some minutes later. A gateway can keep an old answer; stopping and starting it clears that, and cuts visitors off meanwhile.
    "###);
    assert_eq!(closed.verdict(ZONE), None, "the endpoint's own cause speaks");
    assert_eq!(
        lead(&closed.diagnosed()).cause,
        ENDPOINT,
        "no path is answered at a public address that is closed"
    );
    assert_eq!(closed.verdict("probe-path-refused"), Some(Verdict::Consistent));
    let refused = app_zone(app(NO_CONNECTION), &[]).site("Disabled", &[]);
    assert_eq!((refused.verdict(ENDPOINT), refused.verdict(ZONE)), (Some(Verdict::Confirmed), None));
    // Open to the internet, or not known to be shut: the refusal may be the app's own.
    let open = app_zone(app(FORBIDDEN), &[]).site("Enabled", &[]);
    assert_eq!(open.verdict(ENDPOINT), None);
    let unknown = app_zone(app(FORBIDDEN), &[]);
    insta::assert_snapshot!(told(&unknown.finding(ENDPOINT).unwrap()), @r###"
    private-endpoint consistent, not proven: The private endpoint pe-shop (https://portal.azure.com/#resource/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/rg-net/providers/Microsoft.Network/privateEndpoints/pe-shop) of shop.azurewebsites.net may be passed by: no private DNS zone with its record was found that is linked to the gateway's virtual network vnet (https://portal.azure.com/#resource/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/rg-net/providers/Microsoft.Network/virtualNetworks/vnet). Whether that is the reason is not settled.
    - Backend health: shop.azurewebsites.net refused the probe with 403
    - Private endpoint pe-shop: Approved, address 10.0.1.5
    - Record shop.privatelink.azurewebsites.net in the private DNS zone privatelink.azurewebsites.net (https://portal.azure.com/#resource/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/rg-dns/providers/Microsoft.Network/privateDnsZones/privatelink.azurewebsites.net): 10.0.1.5
    - Links of the zone: none to vnet
    - Not known: whether the service is closed to the internet, as the bot needs the permission Microsoft.Web/sites/read
    > Link the zone to the gateway's network: az network private-dns link vnet create --subscription 11111111-2222-3333-4444-555555555555 -g rg-dns -z privatelink.azurewebsites.net -n link-vnet -v /subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/rg-net/providers/Microsoft.Network/virtualNetworks/vnet -e false
    > Press Re-check some minutes later. A gateway can keep an old answer; stopping and starting it clears that, and cuts visitors off meanwhile.
    "###);
    // The zone may be one that the bot does not see.
    let unseen = app(FORBIDDEN).site("Disabled", &[]);
    assert_eq!(unseen.verdict(ENDPOINT), Some(Verdict::Consistent));
    let custom = World { dns: vec!["10.0.9.4"], ..app_zone(app(FORBIDDEN), &[]).site("Disabled", &[]) };
    assert_eq!(custom.verdict(ENDPOINT), Some(Verdict::Consistent));
    // The public name of a service is found all the same.
    let name = app_zone(app(NO_NAME), &[]).site("Disabled", &[]);
    assert_eq!((name.verdict(ENDPOINT), name.verdict(ZONE)), (None, None));
}

#[test]
fn several_zones_of_a_domain_are_told_apart_by_the_endpoints_own() {
    let copy = zone_id(APP_ZONE).replace("rg-dns", "rg-old");
    let world = || app_zone(app(FORBIDDEN), &[]).site("Disabled", &[]).zone_by_id(&copy, &[], "Completed");
    assert_eq!(world().verdict(ENDPOINT), Some(Verdict::Consistent));
    let groups = json!({ "value": [{ "properties": { "privateDnsZoneConfigs": [
        { "properties": { "privateDnsZoneId": zone_id(APP_ZONE) } } ] } }] });
    let groups_of = format!("{}/privateDnsZoneGroups", endpoint_id());
    let kept = world().answer(&groups_of, groups.clone());
    assert_eq!(kept.verdict(ENDPOINT), Some(Verdict::Confirmed));
    // It keeps its record in a zone that the bot does not see: the one that it sees is a left-over.
    let alone = || app_zone(app(FORBIDDEN), &[]).site("Disabled", &[]);
    let hub = groups.to_string().replace("rg-dns", "rg-hub");
    let elsewhere = alone().answer(&groups_of, serde_json::from_str(&hub).unwrap());
    assert_eq!(elsewhere.verdict(ENDPOINT), Some(Verdict::Consistent));
    let unread = alone().forbid(&groups_of, "Microsoft.Network/privateEndpoints/privateDnsZoneGroups/read");
    assert_eq!(unread.verdict(ENDPOINT), Some(Verdict::Consistent));
}

#[test]
fn an_endpoint_that_nobody_approved_is_confirmed_where_the_name_leads_to_it() {
    let pending = |log| app_zone(World::of(APP, log).endpoint("Pending", "10.0.1.5"), &["vnet"]);
    insta::assert_snapshot!(told(lead(&pending(NO_CONNECTION).diagnosed())), @r###"
    private-endpoint confirmed: The private endpoint pe-shop (https://portal.azure.com/#resource/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/rg-net/providers/Microsoft.Network/privateEndpoints/pe-shop) of shop.azurewebsites.net is Pending, and the gateway's virtual network finds the server there: nothing passes until it is approved.
    - Backend health: shop.azurewebsites.net could not be reached on the probe's port
    - Private endpoint pe-shop: Pending, address 10.0.1.5
    - Record shop.privatelink.azurewebsites.net in the private DNS zone privatelink.azurewebsites.net (https://portal.azure.com/#resource/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/rg-dns/providers/Microsoft.Network/privateDnsZones/privatelink.azurewebsites.net): 10.0.1.5
    - Virtual network vnet asks Azure's DNS servers, and has no DNS forwarding ruleset
    > Have the service's owner approve the connection: az network private-endpoint-connection list --id /subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/rg-web/providers/Microsoft.Web/sites/shop, then az network private-endpoint-connection approve --id CONNECTION
    > Press Re-check once it says Approved.
    "###);
    assert_eq!(pending(TIMEOUT).verdict(ENDPOINT), Some(Verdict::Confirmed));
    assert_eq!(pending(FORBIDDEN).verdict(ENDPOINT), None, "an answer comes from somewhere");
    // The name leads elsewhere.
    let elsewhere =
        app_zone(World::of(APP, TIMEOUT).endpoint("Pending", "10.0.1.5"), &[]).site("Disabled", &[]);
    assert_eq!(elsewhere.verdict(ENDPOINT), Some(Verdict::Consistent));
}

#[test]
fn a_record_with_an_address_that_no_endpoint_has_is_confirmed_where_all_are_known() {
    let moved = || World::of(APP, TIMEOUT).endpoint("Approved", "10.0.1.9").zone(APP_ZONE, &["vnet"]);
    let moved = || moved().record(APP_ZONE, "shop", "10.0.1.5");
    let known = moved().site("Disabled", &[endpoint_id()]);
    insta::assert_snapshot!(told(lead(&known.diagnosed())), @r###"
    private-endpoint confirmed: The record of shop.azurewebsites.net leads to 10.0.1.5, which is not the address of its private endpoint pe-shop (https://portal.azure.com/#resource/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/rg-net/providers/Microsoft.Network/privateEndpoints/pe-shop). The service has no other endpoint.
    - Backend health: shop.azurewebsites.net did not answer the probe in time
    - Private endpoint pe-shop: Approved, address 10.0.1.9
    - Record shop.privatelink.azurewebsites.net in the private DNS zone privatelink.azurewebsites.net (https://portal.azure.com/#resource/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/rg-dns/providers/Microsoft.Network/privateDnsZones/privatelink.azurewebsites.net): 10.0.1.5
    - Service shop (https://portal.azure.com/#resource/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/rg-web/providers/Microsoft.Web/sites/shop): it has no other private endpoint
    - Virtual network vnet asks Azure's DNS servers, and has no DNS forwarding ruleset
    > Let the endpoint keep its own record: az network private-endpoint dns-zone-group create -g rg-net --endpoint-name pe-shop -n default --private-dns-zone /subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/rg-dns/providers/Microsoft.Network/privateDnsZones/privatelink.azurewebsites.net --zone-name privatelink.azurewebsites.net
    > Or correct the address in privatelink.azurewebsites.net (https://portal.azure.com/#resource/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/rg-dns/providers/Microsoft.Network/privateDnsZones/privatelink.azurewebsites.net). Press Re-check some minutes later.
    "###);
    // Another endpoint that the bot may not read.
    let other = endpoint_id().replace("pe-shop", "pe-hub");
    assert_eq!(
        moved().site("Disabled", &[endpoint_id(), other]).verdict(ENDPOINT),
        Some(Verdict::Consistent)
    );
    assert_eq!(moved().verdict(ENDPOINT), Some(Verdict::Consistent), "the app may not be read");
}

#[test]
fn an_endpoint_in_order_is_ruled_out_and_its_subnets_group_does_not_count() {
    let world = app_zone(app(NO_CONNECTION), &["vnet"]);
    let diagnosis = world.diagnosed();
    let finding = diagnosis.findings.iter().find(|finding| finding.cause == ENDPOINT).unwrap();
    insta::assert_snapshot!(told(finding), @r###"
    private-endpoint ruled out: The private endpoint pe-shop (https://portal.azure.com/#resource/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/rg-net/providers/Microsoft.Network/privateEndpoints/pe-shop) of shop.azurewebsites.net is approved, and the gateway's virtual network finds its address.
    - Backend health: shop.azurewebsites.net could not be reached on the probe's port
    - Private endpoint pe-shop: Approved, address 10.0.1.5
    - Record shop.privatelink.azurewebsites.net in the private DNS zone privatelink.azurewebsites.net (https://portal.azure.com/#resource/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/rg-dns/providers/Microsoft.Network/privateDnsZones/privatelink.azurewebsites.net): 10.0.1.5
    "###);
    assert_eq!(world.verdict(ZONE), Some(Verdict::RuledOut));
    // A group that would drop it does not apply to private endpoints, unless the subnet says so.
    let group = id("rg-net", "Microsoft.Network/networkSecurityGroups", "nsg");
    let guarded = |policies: &str| {
        let network = json!({ "id": network_id("vnet"), "properties": {
            "addressSpace": { "addressPrefixes": ["10.0.0.0/16"] },
            "subnets": [
                { "name": "snet-agw", "properties": { "addressPrefix": "10.0.0.0/24" } },
                { "name": "snet-pe", "properties": { "addressPrefix": "10.0.1.0/24",
                    "privateEndpointNetworkPolicies": policies, "networkSecurityGroup": { "id": group } } },
            ] } });
        let rule = json!({ "name": "deny", "properties": {
            "priority": 200, "access": "Deny", "direction": "Inbound", "protocol": "*",
            "sourceAddressPrefix": "*", "sourcePortRange": "*",
            "destinationAddressPrefix": "*", "destinationPortRange": "*" } });
        app_zone(app(NO_CONNECTION), &["vnet"])
            .answer(&network_id("vnet"), network)
            .answer(&group, json!({ "id": group, "properties": { "securityRules": [rule] } }))
            .verdict("network-security-group")
    };
    assert_eq!(guarded("Disabled"), Some(Verdict::RuledOut));
    assert_eq!(guarded("RouteTableEnabled"), Some(Verdict::RuledOut));
    assert_eq!(guarded("NetworkSecurityGroupEnabled"), Some(Verdict::Confirmed));
}

#[test]
fn a_zone_of_endpoints_without_the_record_is_confirmed_only_where_there_is_an_endpoint() {
    let bare = |world: World| world.zone(APP_ZONE, &["vnet"]);
    insta::assert_snapshot!(told(&bare(app(NO_NAME)).finding(ZONE).unwrap()), @r###"
    private-dns-zone confirmed: The gateway's virtual network looks shop.azurewebsites.net up in the private DNS zone privatelink.azurewebsites.net (https://portal.azure.com/#resource/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/rg-dns/providers/Microsoft.Network/privateDnsZones/privatelink.azurewebsites.net), which does not have it, so the gateway gets no address.
    - Backend health: shop.azurewebsites.net has a name that the gateway cannot resolve
    - Links of privatelink.azurewebsites.net (https://portal.azure.com/#resource/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/rg-dns/providers/Microsoft.Network/privateDnsZones/privatelink.azurewebsites.net): completed to vnet
    - Records of that zone: none for shop.privatelink.azurewebsites.net, and no wildcard that covers it
    - Virtual network vnet asks Azure's DNS servers, and has no DNS forwarding ruleset
    > Add the record to the zone: az network private-dns record-set a add-record --subscription 11111111-2222-3333-4444-555555555555 -g rg-dns -z privatelink.azurewebsites.net -n shop -a ADDRESS
    > Or, if the service is meant to be reached over the internet from here, let the zone's link fall back to the internet.
    > Press Re-check some minutes later. A gateway can keep an old answer; stopping and starting it clears that, and cuts visitors off meanwhile.
    "###);
    // An app without an endpoint has no name in that zone: it may have been deleted.
    assert_eq!(bare(World::of(APP, NO_NAME)).verdict(ZONE), Some(Verdict::Consistent));
    // The link hands on what the zone does not have.
    let links = json!({ "value": [{ "name": "own", "properties": {
        "virtualNetwork": { "id": network_id("vnet") }, "resolutionPolicy": "NxDomainRedirect" } }] });
    let open = bare(app(NO_NAME)).answer(&format!("{}/virtualNetworkLinks", zone_id(APP_ZONE)), links);
    assert_eq!((open.verdict(ZONE), open.verdict(NAME)), (None, Some(Verdict::Consistent)));
}

#[test]
fn addresses_ask_nothing_of_names_and_names_ask_at_once() {
    let world = World { server: "10.0.1.4", ..internal(NO_CONNECTION) };
    let (evidence, _) = world.azure().ask(world.evidence());
    assert!(
        evidence.facts.all().all(|(lookup, _)| !lookup.request().contains("POST")),
        "{:?}",
        evidence.facts
    );
    let well = World::of(APP, NO_NAME);
    assert_eq!(well.azure().ask(Evidence::healthy(well.gateway())).1, 0);
    assert_eq!(log_of(403), FORBIDDEN);
    let refused = World::of("app.contoso.com", FORBIDDEN);
    let (evidence, _) = refused.azure().ask(refused.evidence());
    let asks_of_names = |lookup: &Lookup| {
        let Lookup::Arm(read) = lookup else { return false };
        read.body
            .as_ref()
            .is_some_and(|body| body.contains("privatednszones") || body.contains("privateendpoints"))
    };
    assert!(
        evidence.facts.all().all(|(lookup, _)| !asks_of_names(lookup)),
        "a server that answers was found"
    );
    let world = app_zone(app(NO_CONNECTION), &[]).site("Disabled", &[]);
    let (evidence, waves) = world.azure().ask(world.evidence());
    assert_eq!(waves, 3, "{:?}", evidence.facts);
    let requests: Vec<String> = evidence.facts.all().map(|(lookup, _)| lookup.request()).collect();
    insta::assert_snapshot!(requests.join("\n"), @r###"
    POST /providers/Microsoft.ResourceGraph/resources?api-version=2021-03-01
    POST /providers/Microsoft.ResourceGraph/resources?api-version=2021-03-01
    GET /subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/rg-dns/providers/Microsoft.Network/privateDnsZones/privatelink.azurewebsites.net/A/shop?api-version=2024-06-01
    GET /subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/rg-dns/providers/Microsoft.Network/privateDnsZones/privatelink.azurewebsites.net/virtualNetworkLinks?api-version=2024-06-01
    GET /subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/rg-net/providers/Microsoft.Network/privateEndpoints/pe-shop?api-version=2025-07-01&$expand=networkInterfaces
    GET /subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/rg-net/providers/Microsoft.Network/privateEndpoints/pe-shop/privateDnsZoneGroups?api-version=2025-07-01
    GET /subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/rg-net/providers/Microsoft.Network/virtualNetworks/vnet?api-version=2025-07-01
    POST /subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/rg-net/providers/Microsoft.Network/virtualNetworks/vnet/listDnsForwardingRulesets?api-version=2022-07-01
    GET /subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/rg-web/providers/Microsoft.Web/sites/shop?api-version=2024-11-01
    "###);
}

#[test]
fn the_searches_are_for_what_could_hold_a_name() {
    let world = app(FORBIDDEN);
    let (evidence, _) = world.azure().ask(world.evidence());
    let bodies: Vec<&str> = evidence
        .facts
        .all()
        .filter_map(|(lookup, _)| match lookup {
            Lookup::Arm(read) => read.body.as_deref(),
            _ => None,
        })
        .filter(|body| body.contains("resources"))
        .collect();
    insta::assert_snapshot!(bodies.join("\n"), @r#"
    {"options":{"resultFormat":"objectArray"},"query":"resources | where type =~ 'microsoft.network/privatednszones' | where name in~ ('azurewebsites.net', 'privatelink.azurewebsites.net', 'shop.azurewebsites.net', 'shop.privatelink.azurewebsites.net') | project id"}
    {"options":{"resultFormat":"objectArray"},"query":"resources | where type =~ 'microsoft.network/privateendpoints' | where tostring(properties) has 'shop.azurewebsites.net' or tostring(properties) contains '/shop\"' | project id"}
    {"options":{"resultFormat":"objectArray"},"query":"resources | where type in~ ('microsoft.web/sites', 'microsoft.web/sites/slots') | where tostring(properties.defaultHostName) in~ ('shop.azurewebsites.net') | project id, host = tostring(properties.defaultHostName), hosts = properties.hostNames"}
    "#);
}

#[test]
fn many_names_are_looked_into_up_to_a_limit() {
    let world = internal(NO_NAME);
    let names: Vec<String> = (0..40).map(|n| format!("app{n}.corp.internal")).collect();
    let gateway = shop_with(|raw| {
        raw["properties"]["gatewayIPConfigurations"] = json!([{ "name": "ip", "properties": {
            "subnet": { "id": format!("{}/subnets/snet-agw", network_id("vnet")) } } }]);
        let addresses: Vec<Value> = names.iter().map(|name| json!({ "fqdn": name })).collect();
        list(raw, "backendAddressPools")[0]["properties"]["backendAddresses"] = json!(addresses);
    });
    let evidence = Evidence::healthy(gateway).seen("web", "https", &[NO_NAME; 40]);
    let world = world.zone("corp.internal", &["vnet"]);
    let azure = (0..8).fold(world.azure(), |azure, n| {
        let zone = zone_id("corp.internal");
        ["A", "AAAA", "CNAME"].iter().fold(azure, |azure, kind| {
            let missing = WhyNot::Missing { what: "it".to_owned() };
            azure.without(&format!("{zone}/{kind}/app{n}"), missing)
        })
    });
    let (evidence, waves) = azure.ask(evidence);
    assert!(evidence.facts.len() <= 32 && waves <= 4, "{} in {waves}", evidence.facts.len());
    assert_eq!(lead(&found(&evidence)).cause, ZONE);
    assert!(matches!(Symptom::read(NO_NAME), Symptom::Dns));
}
