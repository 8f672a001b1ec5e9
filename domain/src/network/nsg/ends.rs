//! The source or the destination of a rule.

use serde_json::Value;

use crate::gateway::json;
use crate::id::ResourceId;
use crate::network::address::{Prefix, read_prefixes};
use crate::network::one_or_many;
use crate::network::tag::ServiceTag;

/// Everything that one side of a rule names. A flow's end matches if one of these holds it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Ends {
    pub(super) prefixes: Vec<Prefix>,
    pub(super) tags: Vec<ServiceTag>,
    /// What the tags stand for, in effective rules.
    pub(super) expanded: Option<Vec<Prefix>>,
    /// Application security groups.
    pub(super) groups: Vec<ResourceId>,
    /// What was not understood, as it was spelled.
    pub(super) odd: Vec<String>,
}

impl Ends {
    /// Reads the fields of one side, `source` or `destination`. A rule may have the field for one prefix and
    /// the one for several, together with groups.
    pub(super) fn read(own: &Value, side: &str) -> Self {
        let (one, many) = (format!("{side}AddressPrefix"), format!("{side}AddressPrefixes"));
        let (prefixes, others) = read_prefixes(one_or_many(own, [&one, &many]));
        let mut ends = Self { prefixes, ..Self::default() };
        for text in others {
            match ServiceTag::parse(&text) {
                Some(tag) => ends.tags.push(tag),
                None => ends.odd.push(text),
            }
        }
        for group in json::list(own, &format!("{side}ApplicationSecurityGroups")) {
            match json::text(group, "id").map(ResourceId::parse) {
                Some(Ok(id)) => ends.groups.push(id),
                _ => ends.odd.push(group.to_string()),
            }
        }
        ends.expanded = expanded(own, &format!("expanded{}AddressPrefix", capital(side)));
        if ends.prefixes.is_empty() && ends.tags.is_empty() && ends.groups.is_empty() && ends.odd.is_empty() {
            ends.odd.push(format!("{one} (absent)"));
        }
        ends
    }
}

/// What the tags of an effective rule stand for; none when that is missing or not understood.
fn expanded(own: &Value, key: &str) -> Option<Vec<Prefix>> {
    let (prefixes, odd) = read_prefixes(json::texts(own, key));
    (odd.is_empty() && !prefixes.is_empty()).then_some(prefixes)
}

fn capital(side: &str) -> &'static str {
    if side == "source" { "Source" } else { "Destination" }
}
