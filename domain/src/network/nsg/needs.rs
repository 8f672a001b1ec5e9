//! What the security group of a gateway's own subnet has to let pass.
//!
//! Source: Microsoft, "Application Gateway infrastructure configuration", network security groups.

use super::Nsg;
use super::flow::{Direction, End, Flow, Protocol};
use super::ruling::Ruling;
use crate::network::address::Prefix;
use crate::network::context::NetworkContext;
use crate::network::ports::PortRange;
use crate::network::tag::ServiceTag;

/// Which gateway it is, as far as its network is concerned.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum GatewayGeneration {
    /// `Standard` and `WAF`.
    V1,
    /// `Standard_v2` and `WAF_v2`.
    V2,
    /// A v2 gateway with network isolation, which is managed without the `GatewayManager` tag and may have
    /// its way to the internet shut.
    ///
    /// Source: Microsoft, "Private Application Gateway deployment".
    V2Isolated,
}

/// Something that a gateway's subnet needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Need {
    /// Azure manages the gateway, and asks for its health, from outside.
    GatewayManager {
        /// The ports that it uses.
        ports: PortRange,
    },
    /// Azure's own load balancer probes the gateway's instances.
    AzureLoadBalancer,
    /// The gateway reaches Azure's services: logs, metrics, certificates.
    Internet,
}

/// A need that is not, or may not be, met.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Missing {
    /// What is needed.
    pub need: Need,
    /// What the security group makes of it: never `Allowed`.
    pub ruling: Ruling,
}

/// What the subnet of a gateway needs.
#[derive(Debug)]
pub struct GatewaySubnetNeeds;

impl GatewaySubnetNeeds {
    /// What a security group keeps from the gateway in its subnet, from its document alone.
    #[must_use]
    pub fn check(nsg: &Nsg, generation: GatewayGeneration) -> Vec<Missing> {
        Self::check_in(nsg, generation, None, &NetworkContext::default())
    }

    /// As [`Self::check`], with what is known of the subnet and its surroundings: a rule may name the
    /// subnet's addresses.
    #[must_use]
    pub fn check_in(
        nsg: &Nsg,
        generation: GatewayGeneration,
        subnet: Option<Prefix>,
        context: &NetworkContext,
    ) -> Vec<Missing> {
        let context = NetworkContext {
            spaces: context.spaces.iter().copied().chain(subnet).collect(),
            gateways: context.gateways.iter().copied().chain(subnet).collect(),
            ..context.clone()
        };
        let here = subnet.map_or_else(|| ServiceTag::virtual_network().into(), End::from);
        Self::of(generation)
            .into_iter()
            .map(|need| Missing { need, ruling: nsg.decide(&need.flow(here.clone()), &context) })
            .filter(|missing| !missing.ruling.is_allowed())
            .collect()
    }

    /// What a gateway of this generation needs.
    #[must_use]
    pub fn of(generation: GatewayGeneration) -> Vec<Need> {
        let managed = |from, to| {
            let ports = PortRange::new(from, to);
            vec![Need::GatewayManager { ports }, Need::AzureLoadBalancer, Need::Internet]
        };
        match generation {
            GatewayGeneration::V1 => managed(65503, 65534),
            GatewayGeneration::V2 => managed(65200, 65535),
            GatewayGeneration::V2Isolated => vec![Need::AzureLoadBalancer],
        }
    }
}

impl Need {
    /// The traffic that has to pass.
    fn flow(self, here: End) -> Flow {
        match self {
            Self::GatewayManager { ports } => {
                Flow::tcp(Direction::Inbound, ServiceTag::gateway_manager(), here, ports)
            }
            Self::AzureLoadBalancer => Flow {
                protocol: Protocol::Any,
                ..Flow::tcp(Direction::Inbound, ServiceTag::azure_load_balancer(), here, PortRange::ANY)
            },
            Self::Internet => Flow {
                protocol: Protocol::Any,
                ..Flow::tcp(Direction::Outbound, here, ServiceTag::internet(), PortRange::ANY)
            },
        }
    }
}
