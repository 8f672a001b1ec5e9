//! The bot's roles, action by action: what an identity may do to a gateway and to what it is joined to.

use std::collections::BTreeMap;

use domain::gateway::Gateway;
use domain::id::ResourceId;
use serde::Deserialize;
use serde_json::Value;

/// What the bot has to be allowed to find out why.
const DIAGNOSE: &str = include_str!("../../../infra/roles/diagnose.json");
/// What it has to be allowed to mend.
const MEND: &str = include_str!("../../../infra/roles/mend.json");
/// What both have to be allowed to hear how something ends that Azure does in the background.
const FOLLOW: &str = include_str!("../../../infra/roles/follow.json");

/// A custom role as the deployment defines it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Role {
    /// Its name in Azure.
    pub name: String,
    /// What it allows.
    pub actions: Vec<String>,
}

/// A role that is built in cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("a role that is part of this program cannot be read: {0}")]
pub struct BadRole(#[from] serde_json::Error);

impl Role {
    /// The role of the identity that diagnoses.
    ///
    /// # Errors
    /// When the file that it was built from is no role.
    pub fn diagnose() -> Result<Self, BadRole> {
        Ok(serde_json::from_str(DIAGNOSE)?)
    }

    /// The role of the identity that writes.
    ///
    /// # Errors
    /// When the file that it was built from is no role.
    pub fn mend() -> Result<Self, BadRole> {
        Ok(serde_json::from_str(MEND)?)
    }

    /// The role of both, to follow what Azure does in the background.
    ///
    /// # Errors
    /// When the file that it was built from is no role.
    pub fn follow() -> Result<Self, BadRole> {
        Ok(serde_json::from_str(FOLLOW)?)
    }

    /// What of it is asked about where, for one gateway: each action on the resources of its own type that the gateway
    /// is joined to, and what is about other things on the gateway's resource group.
    pub(super) fn by_scope(&self, gateway: &Gateway) -> Vec<Scoped<'_>> {
        let joined = joined(gateway.raw());
        let group = ResourceGroup::of(gateway.id().resource());
        let mut scopes: BTreeMap<String, Scoped<'_>> = BTreeMap::new();
        for action in &self.actions {
            for (id, around) in places(action, gateway, &joined, &group) {
                let scope = scopes.entry(id.to_ascii_lowercase());
                let fresh = || Scoped { id: id.clone(), around, actions: Vec::new() };
                scope.or_insert_with(fresh).actions.push(action);
            }
        }
        scopes.into_values().collect()
    }
}

/// Some actions, and where they are wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Scoped<'a> {
    /// The resource's id, or the resource group's.
    pub(super) id: String,
    /// Whether it is only around the gateway: what is not granted there may be granted where it is wanted.
    pub(super) around: bool,
    /// The actions.
    pub(super) actions: Vec<&'a String>,
}

/// The group that a resource is in, as the scope of a role.
struct ResourceGroup(String);

impl ResourceGroup {
    fn of(resource: &ResourceId) -> Self {
        Self(format!(
            "/subscriptions/{}/resourceGroups/{}",
            resource.subscription(),
            resource.resource_group()
        ))
    }
}

/// Actions that extend any resource, and the gateway is the one that is meant.
const ON_THE_GATEWAY: [&str; 6] = [
    "Microsoft.Network/applicationGateways/",
    "Microsoft.Authorization/",
    "Microsoft.ResourceHealth/",
    "Microsoft.Insights/metrics/",
    "Microsoft.Insights/diagnosticSettings/",
    "Microsoft.Network/locations/",
];

fn places(
    action: &str,
    gateway: &Gateway,
    joined: &[ResourceId],
    group: &ResourceGroup,
) -> Vec<(String, bool)> {
    let begins =
        |prefix: &str| action.get(..prefix.len()).is_some_and(|start| start.eq_ignore_ascii_case(prefix));
    if ON_THE_GATEWAY.iter().any(|prefix| begins(prefix)) {
        return vec![(gateway.id().to_string(), false)];
    }
    let own = joined.iter().filter(|id| begins(&format!("{}/", full_kind(id))) && is_own(action, id));
    let own: Vec<(String, bool)> = own.map(|id| (id.to_string(), false)).collect();
    let is_join = action.ends_with("/join/action") || action.ends_with("/assign/action");
    // Who joins nothing of a kind needs no leave to.
    if own.is_empty() && !is_join { vec![(group.0.clone(), true)] } else { own }
}

/// `Microsoft.Network/virtualNetworks/subnets/read` is about the subnet, `…/virtualNetworks/read` is not.
fn is_own(action: &str, id: &ResourceId) -> bool {
    let rest = action.get(full_kind(id).len() + 1..).unwrap_or_default();
    matches!(rest.split('/').count(), 1 | 2) && (rest == "read" || rest.ends_with("/action"))
}

/// Provider and type, a child's too: `Microsoft.Network/virtualNetworks/subnets`.
fn full_kind(id: &ResourceId) -> String {
    let segments: Vec<&str> = id.as_str().split('/').skip(6).collect();
    let (provider, rest) = segments.split_first().map_or(("", [].as_slice()), |(first, rest)| (*first, rest));
    let types = rest.iter().step_by(2).copied();
    [provider].into_iter().chain(types).collect::<Vec<_>>().join("/")
}

/// What a gateway is joined to: its subnets, public addresses, firewall policies and identities.
fn joined(raw: &Value) -> Vec<ResourceId> {
    let properties = raw.get("properties").unwrap_or(&Value::Null);
    let under = |list: &str, path: &str| {
        let items = properties.get(list).and_then(Value::as_array).into_iter().flatten();
        let path = format!("/properties/{path}/id");
        items.filter_map(|item| item.pointer(&path)?.as_str().map(str::to_owned)).collect::<Vec<_>>()
    };
    let policy = properties.pointer("/firewallPolicy/id").and_then(Value::as_str).map(str::to_owned);
    let identities = raw.pointer("/identity/userAssignedIdentities").and_then(Value::as_object);
    let identities = identities.into_iter().flat_map(|all| all.keys().cloned());
    let ids = under("gatewayIPConfigurations", "subnet").into_iter();
    let ids = ids.chain(under("frontendIPConfigurations", "publicIPAddress"));
    let ids = ids.chain(under("httpListeners", "firewallPolicy")).chain(policy).chain(identities);
    let mut found: Vec<ResourceId> = Vec::new();
    for id in ids.filter_map(|id| ResourceId::parse(&id).ok()) {
        if !found.contains(&id) {
            found.push(id);
        }
    }
    found
}

#[cfg(test)]
mod tests;
