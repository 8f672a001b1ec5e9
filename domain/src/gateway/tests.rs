use proptest::prelude::*;
use serde_json::{Value, json};

use super::fixture::{ID, child, id, list, pool, probe, rule, setting, shop, shop_with};
use super::*;

fn name(text: &str) -> Name {
    Name::new(text)
}

fn names(texts: &[&str]) -> Vec<Name> {
    texts.iter().map(|text| Name::new(*text)).collect()
}

#[test]
fn what_is_no_gateway_is_refused_with_the_reason() {
    let error = |raw: Value| Gateway::parse(raw).unwrap_err();
    assert_eq!(error(json!([])), GatewayError::NotAnObject);
    assert_eq!(error(json!({ "properties": {} })), GatewayError::NoId);
    assert_eq!(error(json!({ "id": 7, "properties": {} })), GatewayError::NoId);
    assert!(matches!(
        error(json!({ "id": format!("{ID}/probes/p"), "properties": {} })),
        GatewayError::BadId(_)
    ));
    assert_eq!(error(json!({ "id": ID })), GatewayError::NoProperties);
    assert_eq!(error(json!({ "id": ID, "properties": [] })), GatewayError::NoProperties);
}

#[test]
fn it_is_stored_as_the_raw_document() {
    let gateway = shop_with(|_| {});
    let text = serde_json::to_string(&gateway).unwrap();
    assert_eq!(serde_json::from_str::<Value>(&text).unwrap(), shop());
    assert_eq!(serde_json::from_str::<Gateway>(&text).unwrap(), gateway);
    assert!(serde_json::from_str::<Gateway>("{}").is_err());
}

#[test]
fn it_says_how_it_is() {
    let gateway = shop_with(|_| {});
    assert!(gateway.is_settled() && gateway.is_running());
    assert_eq!((gateway.etag(), gateway.location()), (Some("W/\"1\""), "westeurope"));
    let bare = Gateway::parse(json!({ "id": ID, "properties": {} })).unwrap();
    assert!(!bare.is_settled() && !bare.is_running());
    assert_eq!((bare.provisioning_state(), bare.operational_state()), ("Unknown", "Unknown"));
    assert_eq!((bare.etag(), bare.location()), (None, ""));
    assert!(bare.routes().is_empty() && bare.listeners().is_empty());
}

#[test]
fn a_listener_knows_its_port_its_hosts_and_its_address() {
    let listener = shop_with(|_| {}).listener(&name("SHOP")).unwrap();
    assert_eq!(listener.protocol, Protocol::Https);
    assert_eq!(listener.port, Some(443));
    assert_eq!(listener.hosts, ["shop.example", "*.shop.example"]);
    assert_eq!(listener.public_ip.unwrap().name(), name("pip"));
    assert_eq!(listener.private_ip, None);
}

#[test]
fn a_pool_lists_addresses_and_network_interfaces() {
    let nic = "/subscriptions/s/resourceGroups/g/providers/Microsoft.Network/networkInterfaces/n/ipConfigurations/c";
    let gateway = shop_with(|raw| {
        let own = json!({
            "backendAddresses": [{ "ipAddress": "10.0.0.9" }, "10.0.0.1", {}, { "fqdn": "" }],
            "backendIPConfigurations": [{ "id": nic }, { "id": "nonsense" }],
        });
        list(raw, "backendAddressPools").push(child("backendAddressPools", "vms", own));
    });
    let members = gateway.pool(&name("vms")).unwrap().members;
    let address = |text: &str| Member::Address(text.to_owned());
    let nic = Member::IpConfiguration(crate::id::ResourceId::parse(nic).unwrap());
    assert_eq!(members, [address("10.0.0.9"), address("10.0.0.1"), nic]);
}

#[test]
fn a_setting_says_which_host_it_asks_for() {
    let gateway = shop_with(|raw| {
        let both = json!({ "hostName": "x", "pickHostNameFromBackendAddress": true, "protocol": "Quic" });
        list(raw, "backendHttpSettingsCollection").push(setting("pick", both));
    });
    let host = |text: &str| gateway.setting(&name(text)).unwrap().host;
    assert_eq!(host("https"), HostChoice::Fixed("shop.azurewebsites.net".to_owned()));
    assert_eq!(host("http"), HostChoice::Incoming);
    assert_eq!(host("pick"), HostChoice::FromPool);
    assert_eq!(gateway.setting(&name("pick")).unwrap().protocol.to_string(), "Quic");
    assert_eq!(gateway.setting(&name("none")), None);
}

#[test]
fn protocols_are_read_without_case_and_stored_as_arm_spells_them() {
    assert_eq!(serde_json::from_value::<Protocol>(json!("HTTPS")).unwrap(), Protocol::Https);
    assert_eq!(serde_json::to_value(Protocol::Tls).unwrap(), json!("Tls"));
}

#[test]
fn every_way_through_is_a_route_by_priority() {
    let backend = |pool: &str, setting: &str| Target::Backend { pool: name(pool), setting: name(setting) };
    let gateway = shop_with(|_| {});
    let path = |route: &Route| route.path.as_ref().map(|path| path.name.to_string());
    let routes = gateway.routes().iter();
    let routes: Vec<_> =
        routes.map(|route| (route.rule.to_string(), path(route), route.target.clone())).collect();
    let expected = [
        ("web", None, backend("web", "https")),
        ("paths", Some("web"), backend("web", "https")),
        ("paths", Some("old"), Target::Redirect),
        ("paths", None, backend("api", "http")),
    ];
    let expected = expected.map(|(rule, path, target)| (rule.to_owned(), path.map(str::to_owned), target));
    assert_eq!(routes, expected);
}

#[test]
fn a_rule_that_leads_nowhere_known_is_unknown() {
    let gateway = shop_with(|raw| {
        let rules = list(raw, "requestRoutingRules");
        rules.clear();
        rules.push(child("requestRoutingRules", "r", json!({ "httpListener": id("httpListeners", "shop") })));
        rules.push(child("requestRoutingRules", "no-listener", json!({})));
    });
    let routes = gateway.routes();
    assert_eq!(routes.len(), 1);
    assert_eq!(routes[0].target, Target::Unknown);
    assert_eq!(routes[0].priority, None);
}

#[test]
fn the_blast_radius_walks_rules_path_rules_defaults_and_policies() {
    let gateway = shop_with(|raw| {
        let target = |pool: &str| json!({ "name": pool, "properties": { "backendAddressPool": id("backendAddressPools", pool) } });
        raw["properties"]["loadDistributionPolicies"] = json!([child(
            "loadDistributionPolicies",
            "split",
            json!({
                "loadDistributionTargets": [target("web"), target("blue")],
            })
        )]);
        list(raw, "backendAddressPools").push(pool("blue", &["blue.example"]));
        raw["properties"]["urlPathMaps"][0]["properties"]["defaultLoadDistributionPolicy"] =
            id("loadDistributionPolicies", "split");
    });
    let https = gateway.serves(&name("HTTPS"));
    assert_eq!(https.listeners, names(&["shop"]));
    assert_eq!(https.rules, names(&["web", "paths"]));
    assert_eq!(https.path_rules, [PathRuleRef { map: name("paths"), rule: name("web") }]);
    assert_eq!(https.pools, names(&["web"]));
    let http = gateway.serves(&name("http"));
    assert_eq!(http.pools, names(&["api", "web", "blue"]));
    assert!(http.path_rules.is_empty());
    assert!(gateway.serves(&name("nobody")).is_empty());
}

#[test]
fn without_a_custom_probe_the_documented_default_is_at_work() {
    let gateway = shop_with(|_| {});
    let http = gateway.probe_of(&gateway.setting(&name("http")).unwrap());
    assert_eq!((http.name, http.host.as_str(), http.path.as_str()), (None, "127.0.0.1", "/"));
    assert_eq!((http.interval_s, http.timeout_s, http.unhealthy_threshold, http.port), (30, 30, 3, 8080));
    assert_eq!(http.status_codes, ["200-399"]);
    assert_eq!(http.host_source, HostSource::Loopback);
    let https = gateway.probe_of(&gateway.setting(&name("https")).unwrap());
    assert_eq!((https.host.as_str(), https.host_source), ("shop.azurewebsites.net", HostSource::Setting));
}

#[test]
fn a_custom_probe_is_at_work_with_its_own_host_or_the_settings() {
    let gateway = shop_with(|raw| {
        list(raw, "probes").push(probe("picks", json!({ "match": { "body": "ok" }, "port": 8443 })));
        list(raw, "probes").push(probe(
            "fixed",
            json!({ "pickHostNameFromBackendHttpSettings": false, "host": "h.example" }),
        ));
        let settings = list(raw, "backendHttpSettingsCollection");
        settings[0]["properties"]["probe"] = id("probes", "Picks");
        settings[1]["properties"]["probe"] = id("probes", "fixed");
        settings.push(setting(
            "each",
            json!({ "pickHostNameFromBackendAddress": true, "probe": id("probes", "picks") }),
        ));
        list(raw, "requestRoutingRules").push(rule("each", 30, "web", "each"));
    });
    let of = |text: &str| gateway.probe_of(&gateway.setting(&name(text)).unwrap());
    let https = of("https");
    assert_eq!(
        (https.host.as_str(), https.path.as_str(), https.port),
        ("shop.azurewebsites.net", "/healthz", 8443)
    );
    assert_eq!((https.name, https.body.as_deref()), (Some(name("picks")), Some("ok")));
    assert_eq!((of("http").host.as_str(), of("http").host_source), ("h.example", HostSource::Probe));
    assert_eq!(
        (of("each").host.as_str(), of("each").host_source),
        ("shop.azurewebsites.net", HostSource::EachServer)
    );
}

#[test]
fn a_gateway_of_an_ingress_controller_is_known_by_tags_and_names() {
    let signs: [fn(&mut Value); 5] = [
        |raw| raw["tags"]["Managed-By-K8s-Ingress"] = json!("1.8.1"),
        |raw| raw["tags"]["ingress-for-aks-cluster-id"] = json!("/subscriptions/s"),
        |raw| list(raw, "requestRoutingRules")[1]["name"] = json!("rr-e1903c8aa3446b7b3207aec6d6ecba8a"),
        |raw| list(raw, "backendAddressPools")[0]["name"] = json!("pool-default-web-80-bp-8080"),
        |raw| {
            let settings = list(raw, "backendHttpSettingsCollection");
            settings[0]["name"] = json!("bp-default-web-80-8080-web");
            settings[0]["properties"]["probe"] = id("probes", "pb-default-web-80-web");
        },
    ];
    for sign in signs {
        assert!(shop_with(sign).ingress_controller().is_some());
    }
}

#[test]
fn a_name_that_people_choose_too_is_no_sign_of_an_ingress_controller() {
    let gateway = shop_with(|raw| {
        list(raw, "backendAddressPools").push(pool("pool-1", &[]));
        list(raw, "backendHttpSettingsCollection").push(setting("bp-web", json!({})));
        list(raw, "requestRoutingRules").push(rule("rr-web", 1, "web", "https"));
    });
    assert_eq!(gateway.ingress_controller(), None);
}

#[test]
fn the_put_body_loses_what_only_the_service_writes_and_nothing_else() {
    let mut raw = shop();
    raw["xUnknown"] = json!({ "etag": "keep" });
    raw["properties"]["xCollection"] = json!([{ "name": "a", "etag": "keep", "type": "keep" }]);
    raw["properties"]["httpListeners"][0]["properties"]["xType"] = json!({ "provisioningState": "keep" });
    raw["properties"]["redirectConfigurations"] = json!([child(
        "redirectConfigurations",
        "new",
        json!({
            "requestRoutingRules": [id("requestRoutingRules", "web")],
        })
    )]);
    raw["properties"]["probes"] =
        json!([probe("p", json!({ "backendHttpSettings": [id("backendHttpSettingsCollection", "https")] }))]);
    let body = writable(&raw);

    for gone in ["name", "type", "etag"] {
        assert_eq!(body.get(gone), None, "{gone}");
    }
    assert_eq!(body["id"], ID);
    assert_eq!(
        body["identity"],
        json!({ "type": "UserAssigned", "userAssignedIdentities": { "/subscriptions/s/id": {} } })
    );
    let own = &body["properties"];
    for gone in ["provisioningState", "operationalState", "resourceGuid"] {
        assert_eq!(own.get(gone), None, "{gone}");
    }
    assert_eq!(
        own["sslCertificates"],
        json!([{ "name": "tls", "id": format!("{ID}/sslCertificates/tls"), "properties": {} }])
    );
    assert_eq!(own["backendHttpSettingsCollection"][0]["properties"].get("requestRoutingRules"), None);
    assert_eq!(own["frontendIPConfigurations"][0]["properties"].get("httpListeners"), None);
    assert_eq!(own["probes"][0]["properties"].get("backendHttpSettings"), None);
    assert_eq!(own["urlPathMaps"][0]["properties"]["pathRules"][0].get("etag"), None);
    assert!(
        own["urlPathMaps"][0]["properties"]["pathRules"][0]["properties"].get("provisioningState").is_none()
    );

    assert_eq!(body["xUnknown"]["etag"], "keep");
    assert_eq!(own["xCollection"], raw["properties"]["xCollection"]);
    assert_eq!(own["httpListeners"][0]["properties"]["xType"]["provisioningState"], "keep");
    assert_eq!(own["httpListeners"][0]["properties"]["enableHttp3"], false);
    assert!(own["redirectConfigurations"][0]["properties"].get("requestRoutingRules").is_some());
    assert_eq!(
        own["requestRoutingRules"][1]["properties"]["backendAddressPool"],
        id("backendAddressPools", "web")
    );
}

#[test]
fn the_put_body_of_a_put_body_is_itself() {
    let body = writable(&shop());
    assert_eq!(writable(&body), body);
}

proptest! {
    #[test]
    fn no_json_makes_it_panic(raw in fixture::any_json(), own in fixture::any_json()) {
        let _ = writable(&raw);
        let _ = Gateway::parse(raw);
        let mut shaped = json!({ "id": ID, "tags": own.clone(), "identity": own.clone(), "properties": {} });
        for collection in ["httpListeners", "backendAddressPools", "backendHttpSettingsCollection", "probes", "requestRoutingRules", "urlPathMaps"] {
            shaped["properties"][collection] = json!([own.clone(), { "name": "a", "properties": own.clone() }]);
        }
        let _ = writable(&shaped);
        let gateway = Gateway::parse(shaped).unwrap();
        let _ = (gateway.listeners(), gateway.pools(), gateway.probes(), gateway.routes(), gateway.ingress_controller());
        for setting in gateway.settings() {
            let _ = (gateway.serves(&setting.name), gateway.probe_of(&setting));
        }
    }
}
