//! Where a route leads, and who made it.

use std::fmt;
use std::net::IpAddr;

use serde_json::Value;

use crate::gateway::json;
use crate::network::one_or_many;

/// Where a route leads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NextHop {
    /// Straight to the machine: it is in the virtual network.
    VnetLocal,
    /// Straight to the machine in a peered virtual network.
    VnetPeering,
    /// Out to the internet, or to an Azure service over Azure's own backbone.
    Internet,
    /// To a virtual machine that forwards it, such as a firewall.
    VirtualAppliance {
        /// The appliance's addresses; several share the traffic.
        addresses: Vec<IpAddr>,
    },
    /// To on-premises networks, through a gateway for VPN or `ExpressRoute`.
    VirtualNetworkGateway,
    /// Straight to an Azure service, through a service endpoint of the subnet.
    ServiceEndpoint,
    /// Straight to a private endpoint.
    PrivateEndpoint,
    /// To the services of the host itself: `168.63.129.16` and `169.254.169.254`.
    Host,
    /// Nowhere: it is dropped.
    None,
    /// Something that ARM names and this program does not know.
    Other(String),
}

/// Who made a route, the strongest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum RouteSource {
    /// A route table.
    User,
    /// A virtual network gateway, by BGP or from its local network gateways.
    Gateway,
    /// Azure itself.
    System,
}

impl NextHop {
    /// Reads the hop of a route, of a table or in effect.
    pub(super) fn read(own: &Value) -> Self {
        let text = json::text(own, "nextHopType").unwrap_or_default();
        let several = own.get("nextHop").map(|hop| json::texts(hop, "nextHopIpAddresses"));
        let addresses = one_or_many(own, ["nextHopIpAddress", "nextHopIpAddresses"])
            .into_iter()
            .chain(several.unwrap_or_default())
            .filter_map(|text| text.parse().ok())
            .collect();
        let word: String = text.to_ascii_lowercase().split_whitespace().collect();
        match word.as_str() {
            "vnetlocal" | "virtualnetwork" => Self::VnetLocal,
            "vnetpeering" | "globalvnetpeering" | "vnetglobalpeering" => Self::VnetPeering,
            "internet" => Self::Internet,
            "virtualappliance" | "virtualapplianceecmp" => Self::VirtualAppliance { addresses },
            "virtualnetworkgateway" => Self::VirtualNetworkGateway,
            "virtualnetworkserviceendpoint" => Self::ServiceEndpoint,
            "interfaceendpoint" => Self::PrivateEndpoint,
            "none" => Self::None,
            _ => Self::Other(text.to_owned()),
        }
    }

    /// Whether it stays in the virtual networks, or goes to a service that the subnet has a shortcut to.
    /// Azure prefers its own such routes to learned ones, however specific those are.
    #[must_use]
    pub fn is_shortcut(&self) -> bool {
        matches!(self, Self::VnetLocal | Self::VnetPeering | Self::ServiceEndpoint | Self::PrivateEndpoint)
    }
}

impl fmt::Display for NextHop {
    /// Writes it with the addresses of appliances.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::VnetLocal => f.write_str("VnetLocal"),
            Self::VnetPeering => f.write_str("VnetPeering"),
            Self::Internet => f.write_str("Internet"),
            Self::VirtualAppliance { addresses } => {
                let addresses: Vec<String> = addresses.iter().map(ToString::to_string).collect();
                write!(f, "VirtualAppliance {}", addresses.join(", "))
            }
            Self::VirtualNetworkGateway => f.write_str("VirtualNetworkGateway"),
            Self::ServiceEndpoint => f.write_str("ServiceEndpoint"),
            Self::PrivateEndpoint => f.write_str("PrivateEndpoint"),
            Self::Host => f.write_str("Host"),
            Self::None => f.write_str("None"),
            Self::Other(name) => f.write_str(name),
        }
    }
}

impl RouteSource {
    /// Reads the `source` of an effective route.
    pub(super) fn read(own: &Value) -> Self {
        match json::text(own, "source").unwrap_or_default().to_ascii_lowercase().as_str() {
            "user" => Self::User,
            "virtualnetworkgateway" => Self::Gateway,
            _ => Self::System,
        }
    }
}
