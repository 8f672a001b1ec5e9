//! What is asked of a security group: traffic from somewhere to somewhere.

use std::fmt;
use std::net::IpAddr;

use crate::network::address::Prefix;
use crate::network::ports::PortRange;
use crate::network::tag::ServiceTag;

/// Which way a connection is opened, seen from the subnet or interface that has the security group. Answers
/// pass without a rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Direction {
    /// Towards it.
    Inbound,
    /// From it.
    Outbound,
}

/// What a flow, or the flows of a rule, speak.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Protocol {
    /// TCP.
    Tcp,
    /// UDP.
    Udp,
    /// ICMP; it has no ports.
    Icmp,
    /// The payload of IP security; it has no ports.
    Esp,
    /// The header of IP security; it has no ports.
    Ah,
    /// All of them.
    Any,
}

impl Protocol {
    /// Reads a protocol as rules (`*`) and effective rules (`All`) spell it.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Some(match text.trim().to_ascii_lowercase().as_str() {
            "tcp" => Self::Tcp,
            "udp" => Self::Udp,
            "icmp" => Self::Icmp,
            "esp" => Self::Esp,
            "ah" => Self::Ah,
            "*" | "all" | "any" => Self::Any,
            _ => return None,
        })
    }

    /// Whether there are ports.
    #[must_use]
    pub fn has_ports(self) -> bool {
        matches!(self, Self::Tcp | Self::Udp)
    }
}

impl fmt::Display for Protocol {
    /// Writes it as rules spell it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Tcp => "Tcp",
            Self::Udp => "Udp",
            Self::Icmp => "Icmp",
            Self::Esp => "Esp",
            Self::Ah => "Ah",
            Self::Any => "*",
        })
    }
}

/// One end of a flow.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum End {
    /// An address, or each one of a range, such as the subnet of a gateway.
    Addresses(Prefix),
    /// Whatever a service tag stands for, each address of it.
    Tag(ServiceTag),
}

impl From<IpAddr> for End {
    fn from(address: IpAddr) -> Self {
        Self::Addresses(address.into())
    }
}

impl From<Prefix> for End {
    fn from(prefix: Prefix) -> Self {
        Self::Addresses(prefix)
    }
}

impl From<ServiceTag> for End {
    fn from(tag: ServiceTag) -> Self {
        Self::Tag(tag)
    }
}

/// Traffic: one connection, or all of a kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Flow {
    /// Which way it is opened.
    pub direction: Direction,
    /// What it speaks.
    pub protocol: Protocol,
    /// Where it comes from.
    pub source: End,
    /// The port that it comes from. Clients take any.
    pub source_ports: PortRange,
    /// Where it goes to.
    pub destination: End,
    /// The port that it goes to.
    pub destination_ports: PortRange,
}

impl Flow {
    /// TCP from any port, as a client opens it.
    pub fn tcp(
        direction: Direction,
        source: impl Into<End>,
        destination: impl Into<End>,
        ports: impl Into<PortRange>,
    ) -> Self {
        Self {
            direction,
            protocol: Protocol::Tcp,
            source: source.into(),
            source_ports: PortRange::ANY,
            destination: destination.into(),
            destination_ports: ports.into(),
        }
    }
}
