use serde_json::json;

use super::*;
use crate::network::vnet::tests::{NETWORK, network};

const ZONE: &str = "/subscriptions/s/resourceGroups/rg-dns/providers/Microsoft.Network/privateDnsZones/";

fn zone(domain: &str) -> PrivateZone {
    let raw = json!({
        "id": format!("{ZONE}{domain}"),
        "name": domain,
        "type": "Microsoft.Network/privateDnsZones",
        "location": "global",
        "properties": {"numberOfRecordSets": 2, "provisioningState": "Succeeded"}
    });
    PrivateZone::parse(&raw).unwrap()
}

fn linked(domain: &str, network: &str, state: &str) -> PrivateZone {
    let links = json!({"value": [{
        "id": format!("{ZONE}{domain}/virtualNetworkLinks/link"),
        "name": "link",
        "properties": {
            "provisioningState": "Succeeded",
            "registrationEnabled": false,
            "virtualNetwork": {"id": network.to_ascii_uppercase()},
            "virtualNetworkLinkState": state
        }
    }]});
    zone(domain).with_links(&links).unwrap()
}

fn unlinked(domain: &str) -> PrivateZone {
    zone(domain).with_links(&json!({"value": []})).unwrap()
}

#[test]
fn the_longest_zone_holds_a_host() {
    let zones = [zone("contoso.com"), zone("app.contoso.com"), zone("oso.com")];
    let domain = |host| zone_of(host, &zones).map(|zone| zone.domain());
    assert_eq!(domain("web.APP.contoso.com"), Some(Name::new("app.contoso.com")));
    assert_eq!(domain("app.contoso.com."), Some(Name::new("app.contoso.com")));
    assert_eq!(domain("web.contoso.com"), Some(Name::new("contoso.com")));
    assert_eq!(domain("contosso.com"), None);
    assert_eq!(domain("com"), None);
}

#[test]
fn names_addresses_and_short_names() {
    for (host, kind) in [
        ("10.0.0.4", HostKind::Address),
        ("fd00::4", HostKind::Address),
        ("vm-web-1", HostKind::Short),
        ("vm-web-1.", HostKind::Short),
        ("web.contoso.com", HostKind::Full),
    ] {
        assert_eq!(host_kind(host), kind, "{host}");
    }
}

#[test]
fn the_zone_of_a_private_endpoint() {
    for (host, zone) in [
        ("shop.azurewebsites.net", "privatelink.azurewebsites.net"),
        ("shop-a1b2.westeurope-01.azurewebsites.net", "privatelink.azurewebsites.net"),
        ("shop.scm.azurewebsites.net", "privatelink.azurewebsites.net"),
        ("Shop.AzureWebsites.net", "privatelink.azurewebsites.net"),
        ("api.nice-1234.westeurope.azurecontainerapps.io", "privatelink.westeurope.azurecontainerapps.io"),
        ("calm-1234.azurestaticapps.net", "privatelink.azurestaticapps.net"),
        ("calm-1234.2.azurestaticapps.net", "privatelink.2.azurestaticapps.net"),
        ("kv.vault.azure.net", "privatelink.vaultcore.azure.net"),
        ("acc.web.core.windows.net", "privatelink.web.core.windows.net"),
    ] {
        assert_eq!(endpoint_zone(host).unwrap().zone, zone, "{host}");
    }
    for host in [
        "azurewebsites.net",
        "shop.privatelink.azurewebsites.net",
        "contoso.com",
        "westeurope.azurecontainerapps.io",
    ] {
        assert_eq!(endpoint_zone(host), None, "{host}");
    }
}

#[test]
fn a_host_is_looked_up_where_its_network_sees_it() {
    let network = network(|_| {});
    let other = NETWORK.replace("vnet-web", "vnet-other");
    let id = |domain: &str| ResourceId::parse(&format!("{ZONE}{domain}")).unwrap();
    let app = "shop.azurewebsites.net";
    let zone_name = "privatelink.azurewebsites.net";
    let private = |domain: &str| Lookup::Private { zone: id(domain) };
    let unclear = |why| Lookup::Unclear { why };
    for (host, zones, expected) in [
        (app, vec![linked(zone_name, NETWORK, "Completed")], private(zone_name)),
        (app, vec![linked(zone_name, &other, "Completed")], Lookup::NotLinked { zone: id(zone_name) }),
        (app, vec![unlinked(zone_name)], Lookup::NotLinked { zone: id(zone_name) }),
        (app, vec![], Lookup::Public),
        (app, vec![linked("azurewebsites.net", NETWORK, "Completed")], private("azurewebsites.net")),
        (
            app,
            vec![linked(zone_name, NETWORK, "InProgress")],
            unclear(DnsDoubt::LinkNotCompleted { zone: id(zone_name) }),
        ),
        (app, vec![zone(zone_name)], unclear(DnsDoubt::LinksNotRead { zone: id(zone_name) })),
        (
            "web.app.contoso.com",
            vec![linked("contoso.com", NETWORK, "Completed"), unlinked("app.contoso.com")],
            private("contoso.com"),
        ),
        (
            "web.app.contoso.com",
            vec![linked("contoso.com", NETWORK, "Completed"), zone("app.contoso.com")],
            unclear(DnsDoubt::LinksNotRead { zone: id("app.contoso.com") }),
        ),
        (
            "web.app.contoso.com",
            vec![linked("app.contoso.com", NETWORK, "InProgress"), linked("contoso.com", NETWORK, "Done")],
            private("contoso.com"),
        ),
        (
            "web.contoso.com",
            vec![zone("contoso.com"), linked("contoso.com", NETWORK, "Completed")],
            private("contoso.com"),
        ),
        ("10.0.0.4", vec![], Lookup::NoLookup),
        ("vm-web-1", vec![], unclear(DnsDoubt::ShortName)),
    ] {
        assert_eq!(lookup(host, &network, &zones), expected, "{host}");
    }
}

#[test]
fn servers_of_its_own_decide_alone() {
    let network = network(|own| own["dhcpOptions"]["dnsServers"] = json!(["10.10.0.4", "168.63.129.16"]));
    let servers = vec!["10.10.0.4".to_owned(), "168.63.129.16".to_owned()];
    assert_eq!(super::servers(&network), Servers::Custom(servers.clone()));
    let zones = [linked("contoso.com", NETWORK, "Completed")];
    let expected = Lookup::Unclear { why: DnsDoubt::CustomServers { servers } };
    assert_eq!(lookup("web.contoso.com", &network, &zones), expected);
    let azure = crate::network::vnet::tests::network(|own| {
        own["dhcpOptions"]["dnsServers"] = json!(["168.63.129.16"])
    });
    assert_eq!(super::servers(&azure), Servers::Azure);
}

#[test]
fn a_page_of_links_is_not_all_of_them() {
    let page = json!({"value": [], "nextLink": "https://management.azure.com/next"});
    assert_eq!(zone("contoso.com").with_links(&page), Err(NetworkError::MorePages));
    assert_eq!(zone("contoso.com").with_links(&json!({})), Err(NetworkError::NoList));
}

#[test]
fn what_is_no_host_name_is_told_why() {
    for (host, fault) in [
        ("https://app.example.com", Some(NameFault::Scheme)),
        ("app.example.com/health", Some(NameFault::Path)),
        ("app.example.com:8443", Some(NameFault::Port)),
        ("10.0.0.4:80", Some(NameFault::Port)),
        ("app example.com", Some(NameFault::Space)),
        ("*.example.com", Some(NameFault::Character)),
        ("app..example.com", Some(NameFault::EmptyLabel)),
        (".example.com", Some(NameFault::EmptyLabel)),
        ("app.example.com.", None),
        // Some resolvers take these.
        ("my_app.example.com", None),
        ("bücher.example", None),
        ("app", None),
    ] {
        assert_eq!(fault_of(host), fault, "{host}");
    }
    assert_eq!(fault_of(&format!("{}.example", "a".repeat(64))), Some(NameFault::TooLong));
}

#[test]
fn the_zones_that_could_hold_a_host() {
    assert_eq!(candidates("web.App.contoso.com."), ["web.app.contoso.com", "app.contoso.com", "contoso.com"]);
    assert_eq!(
        candidates("kv.vault.azure.net"),
        [
            "kv.vault.azure.net",
            "vault.azure.net",
            "azure.net",
            "kv.privatelink.vaultcore.azure.net",
            "privatelink.vaultcore.azure.net",
            "vaultcore.azure.net"
        ]
    );
    assert!(candidates("app").is_empty());
}

#[test]
fn a_name_within_its_zone() {
    let zone = zone("contoso.com");
    assert_eq!(zone.relative("Web.App.contoso.com").as_deref(), Some("web.app"));
    assert_eq!(zone.relative("contoso.com.").as_deref(), Some("@"));
    assert_eq!(zone.relative("contosso.com"), None);
    assert_eq!(wildcards("web.app"), ["*.app", "*"]);
    assert_eq!(wildcards("web"), ["*"]);
    assert!(wildcards("@").is_empty());
    assert!(has_no_public_meaning("app.corp.INTERNAL.") && !has_no_public_meaning("internal.example"));
    assert!(is_endpoint_zone("privatelink.azurewebsites.net") && !is_endpoint_zone("azurewebsites.net"));
}

#[test]
fn records_are_read_however_they_are_spelled() {
    for key in ["aRecords", "ARecords"] {
        let raw = json!({ "properties": { key: [{ "ipv4Address": "10.0.2.5" }, { "ipv4Address": "?" }] } });
        assert_eq!(Records::parse(&raw).addresses, ["10.0.2.5".parse::<IpAddr>().unwrap()]);
    }
    assert!(Records::parse(&json!({})).addresses.is_empty());
}
