//! The servers of a pool.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::json::{filled, list, text};

/// A pool of the gateway.
#[derive(Debug, Clone)]
pub(crate) struct Pool {
    pub(crate) name: String,
    /// IP addresses and host names.
    pub(crate) servers: Vec<String>,
    /// The ids of the IP configurations that some of the addresses are those of.
    pub(crate) ip_configurations: BTreeMap<String, String>,
}

impl Pool {
    /// Reads a pool; `resources` are searched for the network interfaces among its members.
    pub(crate) fn read(pool: &Value, resources: &[Value]) -> Option<Self> {
        let mut servers: Vec<String> = list(pool, "/properties/backendAddresses")
            .iter()
            .filter_map(|server| filled(server, "/fqdn").or_else(|| filled(server, "/ipAddress")))
            .collect();
        let members = list(pool, "/properties/backendIPConfigurations").iter();
        // A network interface that is gone has no address, and is no server either.
        let members = members.filter_map(|member| {
            let id = text(member, "/id")?;
            Some((private_address(id, resources)?, id.to_owned()))
        });
        let mut ip_configurations = BTreeMap::new();
        for (address, id) in members {
            servers.push(address.clone());
            ip_configurations.insert(address, id);
        }
        Some(Self { name: text(pool, "/name")?.to_owned(), servers, ip_configurations })
    }
}

/// The address of an IP configuration, which is part of a network interface: of a machine, or of one in a
/// scale set.
fn private_address(id: &str, resources: &[Value]) -> Option<String> {
    let (interface, name) = id.rsplit_once("/ipConfigurations/").or_else(|| {
        let at = id.to_lowercase().rfind("/ipconfigurations/")?;
        Some((id.get(..at)?, id.rsplit('/').next()?))
    })?;
    let interface =
        resources.iter().find(|it| text(it, "/id").is_some_and(|id| id.eq_ignore_ascii_case(interface)))?;
    let named = |it: &&Value| text(it, "/name").is_some_and(|found| found.eq_ignore_ascii_case(name));
    let configuration = list(interface, "/properties/ipConfigurations").iter().find(named)?;
    filled(configuration, "/properties/privateIPAddress")
}
