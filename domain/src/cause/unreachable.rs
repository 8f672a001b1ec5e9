//! The gateway cannot open a connection to the server.
//!
//! The same words have stood for a closed port, a network security group, a missing peering and a private
//! DNS zone that was not linked. What lies between gateway and server is looked at by causes of its own; what
//! is left is never more than "consistent", and the message says what would settle it.
//! Source: Microsoft, "Troubleshoot backend health issues in Application Gateway", TCP connect error.

use super::{Cause, Link, by_hand, of_servers};
use crate::card::Text;
use crate::diagnosis::{Finding, Verdict};
use crate::evidence::Scope;
use crate::health::Symptom;
use crate::network::dns::{HostKind, host_kind};

pub(super) struct Unreachable;

impl Cause for Unreachable {
    fn id(&self) -> &'static str {
        "server-unreachable"
    }

    fn about(&self) -> &'static str {
        "The gateway cannot open a connection to the server."
    }

    fn breaks(&self) -> Link {
        Link::Network
    }

    fn examine(&self, scope: &Scope<'_>) -> Option<Finding> {
        let refused: Vec<&str> = scope
            .sick
            .iter()
            .filter(|(_, server)| server.symptom == Symptom::CannotConnect)
            .map(|(_, server)| server.address.as_str())
            .collect();
        if refused.is_empty() {
            return None;
        }
        let port = scope.probe.port;
        let sentence = Text::of("The gateway cannot connect to port ")
            .code(port)
            .say(" of ")
            .codes(&refused)
            .say(". Why is not settled: several reasons look the same from here.");
        let servers = of_servers(refused.len(), scope.servers);
        // Names are looked into by causes of their own.
        let named = refused.iter().any(|server| host_kind(server) != HostKind::Address);
        let rest =
            if named { ", and the server's own firewall" } else { ", the server's own firewall, and names" };
        let evidence = vec![
            Text::of(format!("Backend health: no connection to {servers}")),
            Text::of(format!("Not checked: whether the application listens on this port{rest}")),
        ];
        Some(by_hand(self, scope, Verdict::Consistent, sentence, evidence, steps(port)))
    }

    fn explains(&self, symptom: &Symptom) -> Option<&'static str> {
        let settles = "A connection to the probe's port from a machine in the gateway's virtual network.";
        matches!(symptom, Symptom::CannotConnect | Symptom::NoHealthyServer).then_some(settles)
    }
}

fn steps(port: u16) -> Vec<Text> {
    vec![
        Text::of("From a machine in the gateway's virtual network, connect to port ")
            .code(port)
            .say(" of the server. If it answers there, something between gateway and server blocks it."),
        Text::of("If it does not: start the application, or correct the port of the HTTP setting."),
        Text::of("Look at the server's own firewall, and at the security group of its network interface."),
    ]
}
