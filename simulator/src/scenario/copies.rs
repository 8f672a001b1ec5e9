//! Several gateways from one scenario: each copy under names of its own.
//!
//! What a gateway shares with nobody is its own name, its public addresses, and the names by which
//! visitors know it. They are looked up once, and replaced wherever the scenario mentions them. Everything
//! else, the backends' private addresses among it, is the same for every copy.

use std::{
    collections::{BTreeSet, HashMap},
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
};

use serde_json::Value;

use super::{Scenario, adopt, renaming::Renaming};
use crate::json::{filled, list, properties, put, take, text, texts};

const GATEWAYS: &str = "applicationGateways";
const ADDRESSES: &str = "publicIPAddresses";

/// What names one gateway and no other.
struct Own {
    /// `kind/name` of the resources: as ids end, or go on.
    resources: Vec<String>,
    /// DNS names that lead to the gateway, patterns with `*` and `?` among them.
    names: BTreeSet<String>,
    /// Addresses of its frontends.
    addresses: BTreeSet<String>,
}

/// The scenario, and copies of it until there are `count`. The first keeps its names; the second has its
/// gateway called `<name>-002`, and so on. At least one.
pub(crate) fn copies(scenario: Scenario, count: usize) -> Vec<Scenario> {
    let own = Own::of(&scenario);
    let mut taken = addresses_in_use(&scenario, &own);
    let copies: Vec<Scenario> =
        (2..=count).map(|number| scenario.renamed(&own.renaming(number, &mut taken), number)).collect();
    std::iter::once(scenario).chain(copies).collect()
}

impl Own {
    fn of(scenario: &Scenario) -> Self {
        let mut own = Self {
            resources: vec![format!("{GATEWAYS}/{}", last(scenario.gateway_id()))],
            names: scenario.dns.keys().cloned().collect(),
            addresses: scenario.dns.values().filter(|to| to.parse::<IpAddr>().is_ok()).cloned().collect(),
        };
        for listener in list(&scenario.gateway, "/properties/httpListeners") {
            own.names.extend(texts(listener, "/properties/hostNames"));
            own.names.extend(filled(listener, "/properties/hostName"));
        }
        for frontend in list(&scenario.gateway, "/properties/frontendIPConfigurations") {
            own.addresses.extend(filled(frontend, "/properties/privateIPAddress"));
        }
        for address in scenario.resources.iter().filter(|resource| is_public_address(resource)) {
            let id = text(address, "/id").unwrap_or_default();
            own.resources.push(format!("{ADDRESSES}/{}", last(id)));
            own.names.extend(filled(address, "/properties/dnsSettings/fqdn"));
            own.addresses.extend(filled(address, "/properties/ipAddress"));
        }
        own
    }

    /// What this copy says instead. An address that is given out is taken from then on.
    fn renaming(&self, number: usize, taken: &mut BTreeSet<IpAddr>) -> Renaming {
        let resources = self.resources.iter().map(|name| (name.clone(), numbered(name, number)));
        // A name of a single word would be found where it means something else.
        let names = self.names.iter().filter(|name| name.contains('.'));
        let names = names.map(|name| (name.clone(), numbered_host(name, number)));
        let addresses = self.addresses.iter().filter_map(|text| {
            let address = another(text.parse().ok()?, number, taken);
            Some((text.clone(), address.to_string()))
        });
        Renaming::new(resources.chain(names).chain(addresses).collect())
    }
}

impl Scenario {
    fn renamed(&self, renaming: &Renaming, number: usize) -> Self {
        let gateway_id = renaming.text(&self.gateway_id);
        let mut copy = self.clone();
        renaming.value(&mut copy.gateway);
        take(properties(&mut copy.gateway), "resourceGuid");
        // A new etag and a guid of its own; certificates are kept as they are.
        copy.gateway = adopt(copy.gateway.clone(), &gateway_id, &copy.gateway);
        copy.gateway_id = gateway_id;
        for resource in &mut copy.resources {
            renaming.value(resource);
            if is_public_address(resource) {
                rename_public_address(resource, number);
            }
        }
        for lock in &mut copy.locks {
            lock.scope = renaming.text(&lock.scope);
            lock.notes = renaming.text(&lock.notes);
        }
        for backend in &mut copy.backends {
            backend.rename(|text| renaming.text(text));
        }
        for answer in &mut copy.answers {
            answer.path = renaming.text(&answer.path);
            renaming.value(&mut answer.body);
        }
        copy.says.iter_mut().for_each(|says| says.log = renaming.text(&says.log));
        if let Some(body) = copy.front.as_mut().and_then(|front| front.body.as_mut()) {
            *body = renaming.text(body);
        }
        copy.dns = self.dns.iter().map(|(name, to)| (renaming.text(name), renaming.text(to))).collect();
        // A port of this machine can be taken once.
        copy.ports = HashMap::new();
        copy
    }
}

/// The two places where a public address is named without its kind.
fn rename_public_address(address: &mut Value, number: usize) {
    let name = last(text(address, "/id").unwrap_or_default()).to_owned();
    put(address, "name", name);
    if let Some(settings) = address.pointer_mut("/properties/dnsSettings")
        && let Some(label) = filled(settings, "/domainNameLabel")
    {
        put(settings, "domainNameLabel", numbered(&label, number));
    }
}

fn is_public_address(resource: &Value) -> bool {
    let mut segments = text(resource, "/id").unwrap_or_default().rsplit('/').skip(1);
    segments.next().is_some_and(|kind| kind.eq_ignore_ascii_case(ADDRESSES))
}

fn last(id: &str) -> &str {
    id.rsplit('/').next().unwrap_or_default()
}

fn numbered(name: &str, number: usize) -> String {
    format!("{name}-{number:03}")
}

/// `shop-002.example.com` of `shop.example.com`, and `*-002.example.com` of `*.example.com`.
fn numbered_host(name: &str, number: usize) -> String {
    match name.split_once('.') {
        Some((first, rest)) => format!("{}.{rest}", numbered(first, number)),
        None => name.to_owned(),
    }
}

/// The address 256 further on for each copy, or the next one that is free.
fn another(address: IpAddr, number: usize, taken: &mut BTreeSet<IpAddr>) -> IpAddr {
    let step = u32::try_from(number.saturating_sub(1)).unwrap_or_default().wrapping_mul(256);
    let moved = |by: u32| match address {
        IpAddr::V4(address) => {
            IpAddr::V4(Ipv4Addr::from_bits(address.to_bits().wrapping_add(step).wrapping_add(by)))
        }
        IpAddr::V6(address) => IpAddr::V6(Ipv6Addr::from_bits(
            address.to_bits().wrapping_add(u128::from(step)).wrapping_add(u128::from(by)),
        )),
    };
    let free = (0..u32::MAX).map(moved).find(|candidate| !taken.contains(candidate)).unwrap_or(address);
    taken.insert(free);
    free
}

/// The addresses that no copy may be given: those of the scenario's frontends and backends.
fn addresses_in_use(scenario: &Scenario, own: &Own) -> BTreeSet<IpAddr> {
    let backends = scenario.backends.iter().map(|backend| &backend.address);
    own.addresses.iter().chain(backends).filter_map(|text| text.parse().ok()).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn second(name: &str) -> Scenario {
        copies(Scenario::named(name).unwrap(), 2).pop().unwrap()
    }

    #[test]
    fn one_is_the_scenario_itself() {
        let scenario = Scenario::named("root-403").unwrap();
        for count in [0, 1] {
            let all = copies(scenario.clone(), count);
            assert_eq!(all.len(), 1);
            assert_eq!(all[0].gateway, scenario.gateway);
        }
    }

    #[test]
    fn a_copy_has_its_own_gateway_address_and_names() {
        let (one, two) = (Scenario::named("root-403").unwrap(), second("root-403"));
        assert_eq!(two.gateway_id, format!("{}-002", one.gateway_id));
        assert_eq!(text(&two.gateway, "/id"), Some(two.gateway_id.as_str()));
        assert_eq!(text(&two.gateway, "/name"), Some("agw-prod-002"));
        assert_ne!(one.gateway["etag"], two.gateway["etag"]);
        assert_ne!(one.gateway["properties"]["resourceGuid"], two.gateway["properties"]["resourceGuid"]);
        assert_eq!(two.dns, BTreeMap::from([("shop-002.example.com".to_owned(), "20.50.2.10".to_owned())]));
        let address = two.resources.iter().find(|resource| is_public_address(resource)).unwrap();
        assert_eq!(text(address, "/name"), Some("pip-agw-prod-002"));
        assert!(text(address, "/id").unwrap().ends_with("/publicIPAddresses/pip-agw-prod-002"));
        assert_eq!(text(address, "/properties/ipAddress"), Some("20.50.2.10"));
        assert_eq!(
            address["properties"]["dnsSettings"],
            serde_json::json!({
                "domainNameLabel": "corner-shop-002", "fqdn": "corner-shop-002.westeurope.cloudapp.azure.com",
            })
        );
    }

    #[test]
    fn nothing_of_a_copy_names_the_first_gateway() {
        for scenario in Scenario::all() {
            let own = Own::of(&scenario);
            let names = own.resources.iter().chain(&own.names).chain(&own.addresses);
            let marked = Renaming::new(names.map(|name| (name.clone(), "!".to_owned())).collect());
            let two = copies(scenario, 2).pop().unwrap();
            let resources = two.resources.iter().filter(|resource| is_public_address(resource));
            let mut all: Vec<String> = resources.chain([&two.gateway]).map(Value::to_string).collect();
            all.extend([format!("{:?}", two.backends), format!("{:?}", two.dns)]);
            for text in all {
                assert_eq!(marked.text(&text), text, "{}", two.name());
            }
        }
    }

    #[test]
    fn a_copy_has_the_parts_and_the_backends_of_the_first() {
        let (one, two) = (Scenario::named("two-pools").unwrap(), second("two-pools"));
        let addresses =
            |scenario: &Scenario| scenario.backends.iter().map(|b| b.address.clone()).collect::<Vec<_>>();
        assert_eq!(addresses(&one), addresses(&two));
        let (one, two) = (one.config_of(&one.gateway), two.config_of(&two.gateway));
        assert_eq!(one.targets(), two.targets());
        assert_eq!(two.listeners[1].hosts, ["api-002.example.com"]);
        assert_eq!(two.listeners[1].addresses.last().unwrap(), "20.50.2.10");
    }

    #[test]
    fn a_name_within_a_name_gets_its_own() {
        let two = second("root-404");
        let config = two.config_of(&two.gateway);
        assert_eq!(config.listeners[0].hosts, ["shop-002.example.com", "www-002.shop.example.com"]);
        let hosts: Vec<_> =
            two.backends[0].routes.iter().filter_map(|route| route.when_host.clone()).collect();
        assert_eq!(hosts, ["shop-002.example.com", "www-002.shop.example.com"]);
    }

    #[test]
    fn a_lock_follows_its_gateway_and_a_fixed_port_does_not() {
        let mut scenario =
            Scenario::named("root-403").unwrap().with_lock("freeze", super::super::LockLevel::ReadOnly);
        scenario.ports.insert("listener-web".to_owned(), 8080);
        let two = copies(scenario, 2).pop().unwrap();
        assert_eq!(two.locks[0].scope, two.gateway_id);
        assert!(two.ports.is_empty());
    }

    #[test]
    fn two_hundred_copies_share_no_address() {
        let all = copies(Scenario::named("root-403").unwrap(), 200);
        let addresses: BTreeSet<_> = all.iter().flat_map(|copy| copy.dns.values().cloned()).collect();
        assert_eq!(addresses.len(), 200);
        assert!(addresses.contains("20.50.200.10"));
        assert_eq!(last(all[199].gateway_id()), "agw-prod-200");
    }

    #[test]
    fn an_address_in_use_is_not_given_out() {
        let mut taken: BTreeSet<IpAddr> =
            ["20.50.2.10", "20.50.2.11"].map(|text| text.parse().unwrap()).into();
        let address = another("20.50.1.10".parse().unwrap(), 2, &mut taken);
        assert_eq!(address.to_string(), "20.50.2.12");
        assert_eq!(another("fd00::1".parse().unwrap(), 2, &mut taken).to_string(), "fd00::101");
    }

    #[test]
    fn a_pattern_gets_its_number_before_the_first_dot() {
        assert_eq!(numbered_host("*.example.com", 7), "*-007.example.com");
        assert_eq!(numbered_host("*", 7), "*");
    }
}
