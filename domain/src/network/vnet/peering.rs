//! One side of a peering of two virtual networks.

use std::fmt;
use std::net::IpAddr;

use serde_json::Value;

use super::space_of;
use crate::gateway::json;
use crate::id::{Name, ResourceId};
use crate::network::address::Prefix;

/// One side of a peering.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Peering {
    /// Its name.
    pub name: Name,
    /// The virtual network on the other side.
    pub remote: Option<ResourceId>,
    /// Whether both sides are set up.
    pub state: PeeringState,
    /// Whether the other network is part of what `VirtualNetwork` stands for in security rules
    /// (`allowVirtualNetworkAccess`, true when absent). Without it traffic passes only where a rule of somebody's
    /// own allows it. Source: Microsoft, "Create, change, or delete a virtual network peering".
    pub allow_access: bool,
    /// Whether traffic is let in that did not begin in the other network (`allowForwardedTraffic`).
    pub allow_forwarded_traffic: bool,
    /// Whether the other network's gateway to on-premises networks is used (`useRemoteGateways`).
    pub use_remote_gateways: bool,
    /// Whether all of both networks is peered, and not some subnets only (`peerCompleteVnets`, true when
    /// absent).
    pub complete: bool,
    /// The other network's addresses, as they were at the last synchronization (`remoteAddressSpace`): what
    /// is routed.
    pub remote_space: Vec<Prefix>,
    /// The other network's addresses as they are now (`remoteVirtualNetworkAddressSpace`).
    pub remote_space_now: Vec<Prefix>,
}

/// How far a peering is set up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PeeringState {
    /// Both sides are there: traffic passes.
    Connected,
    /// Only this side is there.
    Initiated,
    /// The other side was deleted.
    Disconnected,
    /// What ARM may call it in future, or nothing.
    Other(String),
}

/// Why a peering passes no traffic to an address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PeeringFault {
    /// It is not connected.
    State(PeeringState),
    /// The address was added to the other network after the last synchronization.
    NotSynchronized,
}

impl Peering {
    /// Reads the `properties` of a peering.
    pub(super) fn read(name: Name, own: &Value) -> Self {
        let unless_false = |key: &str| own.get(key).and_then(Value::as_bool).unwrap_or(true);
        // A prefix that is not understood is one that no address is in; the other list may have it.
        let (synced, _) = space_of(own, "remoteAddressSpace");
        let (now, _) = space_of(own, "remoteVirtualNetworkAddressSpace");
        let remote_space = if synced.is_empty() { now.clone() } else { synced };
        Self {
            name,
            remote: json::reference_id(own, "remoteVirtualNetwork"),
            state: PeeringState::read(json::text(own, "peeringState").unwrap_or_default()),
            allow_access: unless_false("allowVirtualNetworkAccess"),
            allow_forwarded_traffic: json::flag(own, "allowForwardedTraffic"),
            use_remote_gateways: json::flag(own, "useRemoteGateways"),
            complete: unless_false("peerCompleteVnets"),
            remote_space,
            remote_space_now: now,
        }
    }

    /// Whether the two networks have routes to each other, as far as this side shows.
    #[must_use]
    pub fn is_connected(&self) -> bool {
        self.state == PeeringState::Connected
    }

    /// Whether security rules take the other network for a part of this one: traffic passes by default.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.is_connected() && self.allow_access
    }

    /// Whether the other network has, or had, the address.
    pub(super) fn names(&self, address: IpAddr) -> bool {
        let mut all = self.remote_space.iter().chain(&self.remote_space_now);
        all.any(|prefix| prefix.contains(address))
    }

    /// What keeps the peering from passing traffic to an address of the other network.
    pub(super) fn fault_for(&self, address: IpAddr) -> Option<PeeringFault> {
        if self.state != PeeringState::Connected {
            Some(PeeringFault::State(self.state.clone()))
        } else if !self.remote_space.iter().any(|prefix| prefix.contains(address)) {
            Some(PeeringFault::NotSynchronized)
        } else {
            None
        }
    }
}

impl PeeringState {
    fn read(text: &str) -> Self {
        match text.to_ascii_lowercase().as_str() {
            "connected" => Self::Connected,
            "initiated" => Self::Initiated,
            "disconnected" => Self::Disconnected,
            _ => Self::Other(text.to_owned()),
        }
    }
}

impl fmt::Display for PeeringState {
    /// Writes it as ARM spells it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Connected => "Connected",
            Self::Initiated => "Initiated",
            Self::Disconnected => "Disconnected",
            Self::Other(text) => text,
        })
    }
}
