//! The rules of App Service, held against slow and obvious ones.

use std::net::IpAddr;

use proptest::collection::vec;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::access::{Caller, Ruling};
use super::authentication::{Authentication, Demand};
use super::config::{Action, SiteConfig, Source};
use super::endpoints::EndpointConnection;
use super::site::{Site, SiteState};
use super::{az_names, is_given};
use crate::id::ResourceId;
use crate::network::address::Prefix;

const SITE: &str = "/subscriptions/s/resourceGroups/rg/providers/Microsoft.Web/sites/shop";
const NETWORK: &str =
    "/subscriptions/s/resourceGroups/rg/providers/Microsoft.Network/virtualNetworks/vnet/subnets";

fn subnet(name: &str) -> ResourceId {
    ResourceId::parse(&format!("{NETWORK}/{name}")).unwrap()
}

fn outside(addresses: &[&str]) -> Caller {
    let addresses: Vec<IpAddr> = addresses.iter().map(|address| address.parse().unwrap()).collect();
    Caller::public(subnet("snet-agw"), addresses)
}

fn inside() -> Caller {
    Caller { over_endpoint: true, from: vec![Prefix::parse("10.0.0.0/24").unwrap()], ..outside(&[]) }
}

fn config(rules: &Value) -> SiteConfig {
    SiteConfig::parse(&json!({ "properties": { "ipSecurityRestrictions": rules } })).unwrap()
}

fn rule(name: &str, priority: u64, action: &str, address: &str) -> Value {
    json!({ "name": name, "priority": priority, "action": action, "ipAddress": address, "tag": "Default" })
}

fn decided(config: &SiteConfig, caller: &Caller) -> String {
    match config.decide(caller) {
        Ruling::Allowed(rule) => format!("allowed {}", rule.map_or("", |rule| &rule.name)),
        Ruling::Denied(rule) => format!("denied {}", rule.map_or("", |rule| &rule.name)),
        Ruling::Unclear(rule) => format!("unclear {}", rule.name),
    }
}

#[test]
fn a_site_is_read_with_the_services_defaults() {
    let raw = json!({ "id": SITE, "kind": "app,linux", "properties": {
        "state": "Running", "defaultHostName": "shop.azurewebsites.net",
        "hostNames": ["www.shop.example", "shop.azurewebsites.net"], "httpsOnly": true,
    }});
    let site = Site::parse(&raw).unwrap();
    assert_eq!((&site.state, site.enabled, site.exceeded), (&SiteState::Running, true, false));
    assert_eq!((site.public_access, site.https_only, site.in_environment), (None, true, false));
    assert!(site.serves("WWW.shop.example") && !site.serves("shop.example") && !site.is_function());
    let other = json!({ "id": NETWORK.replace("/subnets", ""), "properties": {} });
    assert!(Site::parse(&other).is_err() && Site::parse(&json!({ "id": SITE })).is_err());
}

#[test]
fn names_of_app_service_are_told_from_others() {
    assert!(is_given("Shop.azurewebsites.NET") && is_given("shop-x1.westeurope-01.azurewebsites.net"));
    assert!(is_given("shop.azurewebsites.us") && is_given("shop.ase.appserviceenvironment.net"));
    assert!(!is_given("azurewebsites.net") && !is_given("shop.azurewebsites.net.example"));
    assert_eq!(az_names(&ResourceId::parse(SITE).unwrap()), "-g rg -n shop");
    let slot = ResourceId::parse(&format!("{SITE}/slots/blue")).unwrap();
    assert_eq!(az_names(&slot), "-g rg -n shop --slot blue");
}

#[test]
fn the_lowest_priority_number_decides_first_and_nobody_is_let_in_by_no_rule() {
    let office = rule("office", 100, "Allow", "198.51.100.0/24, 203.0.113.5/32");
    let rules = config(&json!([rule("Deny all", 2_147_483_647, "Deny", "Any"), office]));
    assert_eq!(decided(&rules, &outside(&["203.0.113.5"])), "allowed office");
    assert_eq!(decided(&rules, &outside(&["203.0.113.6"])), "denied Deny all");
    assert_eq!(decided(&rules, &outside(&["203.0.113.5", "203.0.113.6"])), "unclear office");
    assert_eq!(decided(&rules, &outside(&[])), "unclear office");
    assert_eq!(decided(&config(&json!([office])), &outside(&["203.0.113.6"])), "denied ");
    assert_eq!(decided(&config(&json!([])), &outside(&["203.0.113.6"])), "allowed ");
}

#[test]
fn the_default_action_decides_what_no_rule_does() {
    let with = |action: &str, rules: Value| {
        let own = json!({ "ipSecurityRestrictions": rules, "ipSecurityRestrictionsDefaultAction": action });
        decided(&SiteConfig::parse(&json!({ "properties": own })).unwrap(), &outside(&["203.0.113.5"]))
    };
    assert_eq!(with("Deny", json!([])), "denied ");
    assert_eq!(with("Allow", json!([rule("other", 1, "Deny", "198.51.100.7")])), "allowed ");
}

#[test]
fn a_rule_for_a_subnet_needs_its_service_endpoint() {
    let own = json!({ "name": "gateway", "priority": 1, "action": "Allow",
        "vnetSubnetResourceId": format!("{NETWORK}/SNET-AGW") });
    let rules = config(&json!([own]));
    assert_eq!(decided(&rules, &inside()), "allowed gateway");
    let blind = outside(&["203.0.113.5"]);
    assert_eq!(decided(&rules, &blind), "denied ");
    assert_eq!(rules.waiting_for_endpoint(&blind).count(), 1);
    assert_eq!(rules.waiting_for_endpoint(&inside()).count(), 0);
    let other =
        json!({ "name": "other", "priority": 1, "vnetSubnetResourceId": format!("{NETWORK}/snet-x") });
    assert_eq!(decided(&config(&json!([other])), &inside()), "denied ");
}

#[test]
fn what_comes_over_a_service_endpoint_has_no_public_address() {
    let rules = config(&json!([rule("frontend", 1, "Allow", "203.0.113.5")]));
    assert_eq!(decided(&rules, &inside()), "denied ");
    assert_eq!(decided(&config(&json!([rule("net", 1, "Allow", "10.0.0.0/16")])), &inside()), "unclear net");
    assert_eq!(decided(&config(&json!([rule("all", 1, "Allow", "0.0.0.0/0")])), &inside()), "allowed all");
}

#[test]
fn tags_and_headers_are_never_guessed_at_but_matter_only_where_they_change_things() {
    let tag = |action: &str| {
        json!({ "name": "door", "priority": 1, "action": action, "tag": "ServiceTag",
        "ipAddress": "AzureCloud.westeurope" })
    };
    let caller = outside(&["203.0.113.5"]);
    assert_eq!(decided(&config(&json!([tag("Allow")])), &caller), "unclear door");
    assert_eq!(decided(&config(&json!([tag("Deny")])), &caller), "denied ");
    let mut headers = rule("fdid", 1, "Allow", "203.0.113.5");
    headers["headers"] = json!({ "x-azure-fdid": ["1"] });
    assert_eq!(decided(&config(&json!([headers])), &caller), "unclear fdid");
    assert_eq!(decided(&config(&json!([headers])), &outside(&["203.0.113.6"])), "denied ");
}

#[test]
fn a_tag_of_another_service_does_not_stand_for_a_gateway() {
    for tag in ["AzureFrontDoor.Backend", "AzureDevOps", "azuretrafficmanager"] {
        let rules = json!([{ "name": "door", "priority": 1, "tag": "ServiceTag", "ipAddress": tag }]);
        assert_eq!(decided(&config(&rules), &outside(&["203.0.113.5"])), "denied ", "{tag}");
        assert_eq!(decided(&config(&rules), &inside()), "denied ", "{tag}");
    }
}

/// The rules in the plainest way: one after the other, for one known address.
fn reference(config: &SiteConfig, caller: &Caller, address: IpAddr) -> Action {
    let mut left: Vec<_> = config.rules.clone();
    while !left.is_empty() {
        let lowest = left.iter().map(|rule| rule.priority).min().unwrap();
        let next = left.iter().position(|rule| rule.priority == lowest).unwrap();
        let rule = left.remove(next);
        let matches = match &rule.source {
            Source::Any => true,
            Source::Subnet(subnet) => caller.over_endpoint && *subnet == caller.subnet,
            Source::Addresses(ranges) => ranges.iter().any(|range| range.contains(address)),
            Source::Other(_) => unreachable!(),
        };
        if matches {
            return rule.action;
        }
    }
    match config.default_action {
        Some(action) => action,
        None if config.rules.is_empty() => Action::Allow,
        None => Action::Deny,
    }
}

fn any_source() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(json!({ "ipAddress": "Any" })),
        (0..4u8, 28..=32u8)
            .prop_map(|(last, bits)| json!({ "ipAddress": format!("203.0.113.{last}/{bits}") })),
        prop_oneof![Just("snet-agw"), Just("snet-x")]
            .prop_map(|name| json!({ "vnetSubnetResourceId": format!("{NETWORK}/{name}") })),
    ]
}

fn any_config() -> impl Strategy<Value = SiteConfig> {
    let action = prop_oneof![Just("Allow"), Just("Deny")];
    let rules = vec((any_source(), 1..6u32, action.clone()), 0..6);
    (rules, proptest::option::of(action)).prop_map(|(rules, default)| {
        let rules: Vec<Value> = rules
            .into_iter()
            .map(|(mut rule, priority, action)| {
                rule["priority"] = json!(priority);
                rule["action"] = json!(action);
                rule
            })
            .collect();
        let own = json!({ "ipSecurityRestrictions": rules, "ipSecurityRestrictionsDefaultAction": default });
        SiteConfig::parse(&json!({ "properties": own })).unwrap()
    })
}

fn action_of(ruling: &Ruling<'_>) -> Option<Action> {
    match ruling {
        Ruling::Allowed(_) => Some(Action::Allow),
        Ruling::Denied(_) => Some(Action::Deny),
        Ruling::Unclear(_) => None,
    }
}

proptest! {
    #[test]
    fn one_public_address_is_decided_as_the_plainest_way_does(config in any_config(), last in 0..4u8) {
        let address: IpAddr = format!("203.0.113.{last}").parse().unwrap();
        let caller = Caller::public(subnet("snet-agw"), [address]);
        prop_assert_eq!(action_of(&config.decide(&caller)), Some(reference(&config, &caller, address)));
    }

    #[test]
    fn of_several_addresses_only_what_holds_for_each_is_said(config in any_config()) {
        let addresses: Vec<IpAddr> = (0..3).map(|last| format!("203.0.113.{last}").parse().unwrap()).collect();
        let caller = Caller::public(subnet("snet-agw"), addresses.clone());
        if let Some(action) = action_of(&config.decide(&caller)) {
            for address in addresses {
                prop_assert_eq!(action, reference(&config, &caller, address));
            }
        }
    }

    #[test]
    fn over_an_endpoint_nothing_is_said_that_an_address_of_the_subnet_belies(config in any_config()) {
        if let Some(action) = action_of(&config.decide(&inside())) {
            prop_assert_eq!(action, reference(&config, &inside(), "10.0.0.4".parse().unwrap()));
        }
    }
}

fn login(validation: &Value) -> Authentication {
    let own = json!({ "platform": { "enabled": true }, "globalValidation": validation });
    Authentication::parse(&json!({ "properties": own })).unwrap()
}

#[test]
fn a_login_is_demanded_of_every_path_that_is_not_excluded() {
    let all = login(&json!({ "requireAuthentication": true, "unauthenticatedClientAction": "Return401",
        "excludedPaths": ["/healthz", "/public/*", "/api"] }));
    assert_eq!(all.demand("/"), Demand::Login);
    assert_eq!(all.demand("/Healthz/"), Demand::None);
    assert_eq!(all.demand("/healthzz"), Demand::Login);
    assert!(matches!(all.demand("/api/v1"), Demand::Unclear(_)));
    assert!(matches!(all.demand("/public/x"), Demand::Unclear(_)));
    assert!(all.answers(401) && !all.answers(403) && !all.answers(302));
}

#[test]
fn a_login_that_nobody_demands_is_none() {
    let anonymous = json!({ "requireAuthentication": true, "unauthenticatedClientAction": "AllowAnonymous" });
    assert_eq!(login(&anonymous).demand("/"), Demand::None);
    assert_eq!(login(&json!({ "requireAuthentication": false })).demand("/"), Demand::None);
    assert!(matches!(login(&json!({})).demand("/"), Demand::Unclear(_)));
    let off = Authentication::parse(&json!({ "properties": {} })).unwrap();
    assert_eq!(off.demand("/"), Demand::None);
    let redirect = login(&json!({ "requireAuthentication": true }));
    assert!(redirect.answers(302) && redirect.answers(401) && !redirect.answers(403));
    let odd = login(&json!({ "requireAuthentication": true, "unauthenticatedClientAction": "Return404" }));
    assert!(odd.answers(404));
}

#[test]
fn only_an_approved_private_endpoint_passes_anything() {
    let one =
        |status: &str| json!({ "properties": { "privateLinkServiceConnectionState": { "status": status } } });
    let all = EndpointConnection::parse_all(&json!({ "value": [one("Approved"), one("Pending")] })).unwrap();
    assert_eq!(all.iter().map(|known| known.approved).collect::<Vec<_>>(), [true, false]);
    assert!(EndpointConnection::parse_all(&json!({ "value": [], "nextLink": "https://x" })).is_err());
}
