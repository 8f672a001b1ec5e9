//! One security rule, as it is configured or as it takes effect.

use serde_json::{Value, json as object};

use super::ends::Ends;
use super::flow::{Direction, Protocol};
use super::ruling::RuleRef;
use crate::gateway::json;
use crate::id::{Name, ResourceId};
use crate::network::one_or_many;
use crate::network::ports::{PortRange, Ports};

/// A security rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    /// Its name, priority and security group.
    pub at: RuleRef,
    /// Which way it is about; both when that was not understood.
    pub(super) direction: Option<Direction>,
    /// Whether it lets flows pass; none when that was not understood.
    pub(super) allows: Option<bool>,
    pub(super) protocol: Option<Protocol>,
    pub(super) source: Ends,
    pub(super) source_ports: Option<Ports>,
    pub(super) destination: Ends,
    pub(super) destination_ports: Option<Ports>,
    /// What of it was not understood, as it was spelled.
    pub(super) odd: Option<String>,
}

impl Rule {
    /// Reads a rule of the group `nsg`: from a group's document, with `properties`, or from effective rules,
    /// without.
    pub(super) fn read(raw: &Value, nsg: &ResourceId, is_default: bool) -> Self {
        let own = raw.get("properties").unwrap_or(raw);
        let word = |key: &str| json::text(own, key).unwrap_or_default();
        let direction = direction(word("direction"));
        let allows = allows(word("access"));
        let protocol = Protocol::parse(word("protocol"));
        // Without a priority it may come before all others.
        let priority = json::number(own, "priority");
        let (name, is_default) = name_of(raw, is_default || priority >= Some(FIRST_DEFAULT));
        let ports = |keys| ports(&one_or_many(own, keys));
        let (source_ports, destination_ports) = (
            ports(["sourcePortRange", "sourcePortRanges"]),
            ports(["destinationPortRange", "destinationPortRanges"]),
        );
        let odd = [
            ("direction", direction.is_none()),
            ("access", allows.is_none()),
            ("protocol", protocol.is_none()),
            ("priority", priority.is_none()),
            ("sourcePortRange", source_ports.is_none()),
            ("destinationPortRange", destination_ports.is_none()),
        ];
        let odd = odd.iter().find(|(_, odd)| *odd).map(|(key, _)| format!("{key} {}", spelled(own, key)));
        Self {
            at: RuleRef { name, priority: priority.unwrap_or(0), nsg: nsg.clone(), is_default },
            source: Ends::read(own, "source"),
            destination: Ends::read(own, "destination"),
            direction,
            allows,
            protocol,
            source_ports,
            destination_ports,
            odd,
        }
    }

    /// Whether the rule is about this direction, or may be.
    pub(super) fn is_about(&self, direction: Direction) -> bool {
        self.direction.is_none_or(|own| own == direction)
    }
}

/// A rule's name, and whether it is a default one: effective rules say it in the name
/// (`defaultSecurityRules/AllowVnetInBound`).
fn name_of(raw: &Value, is_default: bool) -> (Name, bool) {
    let text = json::name_of(raw).map(|name| name.as_str().to_owned()).unwrap_or_default();
    match text.rsplit_once('/') {
        Some((collection, name)) => {
            (Name::new(name), collection.to_ascii_lowercase().ends_with("defaultsecurityrules"))
        }
        None => (Name::new(text), is_default),
    }
}

fn direction(text: &str) -> Option<Direction> {
    match text.to_ascii_lowercase().as_str() {
        "inbound" => Some(Direction::Inbound),
        "outbound" => Some(Direction::Outbound),
        _ => None,
    }
}

fn allows(text: &str) -> Option<bool> {
    match text.to_ascii_lowercase().as_str() {
        "allow" => Some(true),
        "deny" => Some(false),
        _ => None,
    }
}

/// The ports of a rule; none when one of them is not understood or there are none.
fn ports(texts: &[String]) -> Option<Ports> {
    let lists = texts.iter().map(|text| Ports::parse(text)).collect::<Result<Vec<_>, _>>().ok()?;
    let ranges: Vec<PortRange> = lists.iter().flat_map(Ports::ranges).collect();
    (!ranges.is_empty()).then(|| ranges.into_iter().collect())
}

/// A field as the document has it, for a person to look for.
fn spelled(own: &Value, key: &str) -> String {
    own.get(key)
        .or_else(|| own.get(format!("{key}s")))
        .map_or_else(|| "(absent)".to_owned(), Value::to_string)
}

/// The lowest priority number of a default rule; one's own end at 4096.
const FIRST_DEFAULT: u32 = 65000;

/// The rules that Azure puts into every security group: direction, name, priority, source, destination,
/// access.
///
/// Source: Microsoft, "Azure network security groups overview", default security rules.
const DEFAULTS: [(&str, &str, u32, &str, &str, &str); 6] = [
    ("Inbound", "AllowVnetInBound", 65000, "VirtualNetwork", "VirtualNetwork", "Allow"),
    ("Inbound", "AllowAzureLoadBalancerInBound", 65001, "AzureLoadBalancer", "*", "Allow"),
    ("Inbound", "DenyAllInBound", 65500, "*", "*", "Deny"),
    ("Outbound", "AllowVnetOutBound", 65000, "VirtualNetwork", "VirtualNetwork", "Allow"),
    ("Outbound", "AllowInternetOutBound", 65001, "*", "Internet", "Allow"),
    ("Outbound", "DenyAllOutBound", 65500, "*", "*", "Deny"),
];

/// The default rules, for a group whose document does not list them.
pub(super) fn defaults(nsg: &ResourceId) -> impl Iterator<Item = Rule> {
    DEFAULTS.iter().map(move |(direction, name, priority, source, destination, access)| {
        let raw = object!({
            "name": name,
            "protocol": "*",
            "sourcePortRange": "*",
            "destinationPortRange": "*",
            "sourceAddressPrefix": source,
            "destinationAddressPrefix": destination,
            "access": access,
            "priority": priority,
            "direction": direction
        });
        Rule::read(&raw, nsg, true)
    })
}
