//! Listeners, pools and HTTP settings as typed views.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::json;
use crate::id::{Name, ResourceId};

/// How a listener, a setting or a probe talks. Reading is lenient and keeps what it does not know.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub enum Protocol {
    /// Plain HTTP.
    Http,
    /// HTTP over TLS.
    Https,
    /// The gateway's TCP proxy.
    Tcp,
    /// The gateway's TLS proxy.
    Tls,
    /// Anything ARM may call it in future.
    Other(String),
}

impl Protocol {
    /// Whether probes of this protocol have a path, a host and status codes.
    #[must_use]
    pub fn is_http(&self) -> bool {
        matches!(self, Self::Http | Self::Https)
    }

    /// The port that a URL of this protocol means when it names none; none for the proxies.
    #[must_use]
    pub fn default_port(&self) -> Option<u16> {
        match self {
            Self::Http => Some(80),
            Self::Https => Some(443),
            Self::Tcp | Self::Tls | Self::Other(_) => None,
        }
    }

    /// The `protocol` of an object; absent is `Http`, the service's own default.
    pub(crate) fn read(properties: &Value) -> Self {
        json::text(properties, "protocol").unwrap_or("Http").to_owned().into()
    }
}

impl From<String> for Protocol {
    fn from(text: String) -> Self {
        match text.to_ascii_lowercase().as_str() {
            "http" => Self::Http,
            "https" => Self::Https,
            "tcp" => Self::Tcp,
            "tls" => Self::Tls,
            _ => Self::Other(text),
        }
    }
}

impl From<Protocol> for String {
    fn from(protocol: Protocol) -> Self {
        protocol.to_string()
    }
}

impl fmt::Display for Protocol {
    /// Writes it as ARM spells it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Http => "Http",
            Self::Https => "Https",
            Self::Tcp => "Tcp",
            Self::Tls => "Tls",
            Self::Other(text) => text,
        })
    }
}

/// Where clients come in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Listener {
    /// Its name.
    pub name: Name,
    /// What clients speak.
    pub protocol: Protocol,
    /// The frontend port, when the document has it.
    pub port: Option<u16>,
    /// The host names it answers to (`hostName` and `hostNames`); empty means any.
    pub hosts: Vec<String>,
    /// The public address it listens on.
    pub public_ip: Option<ResourceId>,
    /// The private address it listens on, when it is fixed.
    pub private_ip: Option<String>,
}

impl Listener {
    pub(super) fn read(name: Name, raw: &Value, gateway: &Value) -> Self {
        let own = json::properties(raw);
        let target = |key: &str, collection: &str| {
            json::reference_name(own, key).and_then(|name| json::child(gateway, collection, &name))
        };
        let port = target("frontendPort", "frontendPorts").map(json::properties);
        let address = target("frontendIPConfiguration", "frontendIPConfigurations").map(json::properties);
        Self {
            name,
            protocol: Protocol::read(own),
            port: port.and_then(|port| json::number(port, "port")),
            hosts: hosts(own),
            public_ip: address.and_then(|address| json::reference_id(address, "publicIPAddress")),
            private_ip: address
                .and_then(|address| json::text(address, "privateIPAddress"))
                .map(str::to_owned),
        }
    }
}

fn hosts(listener: &Value) -> Vec<String> {
    let mut hosts: Vec<String> = json::text(listener, "hostName").map(str::to_owned).into_iter().collect();
    for host in json::texts(listener, "hostNames") {
        if !hosts.iter().any(|known| known.eq_ignore_ascii_case(&host)) {
            hosts.push(host);
        }
    }
    hosts
}

/// The servers behind the gateway.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pool {
    /// Its name.
    pub name: Name,
    /// Its servers; none means that the gateway answers 502 for it.
    pub members: Vec<Member>,
}

/// One server of a pool.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Member {
    /// An IP address or a fully qualified domain name.
    Address(String),
    /// The network interface of a virtual machine or scale set.
    IpConfiguration(ResourceId),
}

impl Pool {
    pub(super) fn read(name: Name, raw: &Value) -> Self {
        let own = json::properties(raw);
        // The specification's own example lists plain texts where the schema wants objects.
        let address = |item: &Value| {
            let plain = item.as_str().filter(|text| !text.is_empty());
            let text = json::text(item, "fqdn").or_else(|| json::text(item, "ipAddress")).or(plain)?;
            Some(Member::Address(text.to_owned()))
        };
        let interface =
            |item: &Value| Some(Member::IpConfiguration(ResourceId::parse(json::text(item, "id")?).ok()?));
        let addresses = json::list(own, "backendAddresses").filter_map(address);
        let interfaces = json::list(own, "backendIPConfigurations").filter_map(interface);
        Self { name, members: addresses.chain(interfaces).collect() }
    }

    /// The addresses among the members.
    pub fn addresses(&self) -> impl Iterator<Item = &str> {
        self.members.iter().filter_map(|member| match member {
            Member::Address(address) => Some(address.as_str()),
            Member::IpConfiguration(_) => None,
        })
    }
}

/// How the gateway talks to the servers of a pool.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HttpSetting {
    /// Its name.
    pub name: Name,
    /// What the servers speak.
    pub protocol: Protocol,
    /// The servers' port; the protocol's usual one when the document has none, and 0 if it has no such.
    pub port: u16,
    /// Which host name the servers are asked for.
    pub host: HostChoice,
    /// The custom probe; none means the default probe.
    pub probe: Option<Name>,
    /// How long a server may take to answer, in seconds (20 when the document does not say).
    pub request_timeout_s: u32,
    /// What the gateway checks of the servers' certificates.
    #[serde(default)]
    pub tls: BackendTls,
}

/// What the gateway checks of the servers' certificates. Everything, unless the document says otherwise.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BackendTls {
    /// Whether it checks chain and dates (`validateCertChainAndExpiry`).
    pub checks_chain_and_dates: bool,
    /// Whether it checks the name (`validateSNI`).
    pub checks_name: bool,
    /// The name that it asks for in place of the usual one (`sniName`).
    pub name: Option<String>,
}

impl Default for BackendTls {
    fn default() -> Self {
        Self { checks_chain_and_dates: true, checks_name: true, name: None }
    }
}

impl BackendTls {
    fn read(setting: &Value) -> Self {
        let unless_off = |key: &str| setting.get(key).and_then(Value::as_bool).unwrap_or(true);
        Self {
            checks_chain_and_dates: unless_off("validateCertChainAndExpiry"),
            checks_name: unless_off("validateSNI"),
            name: json::text(setting, "sniName").map(str::to_owned),
        }
    }
}

/// Which host name the servers are asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum HostChoice {
    /// Always this one (`hostName`).
    Fixed(String),
    /// Each server's own address (`pickHostNameFromBackendAddress`).
    FromPool,
    /// The one the client asked for.
    Incoming,
}

impl HttpSetting {
    pub(super) fn read(name: Name, raw: &Value) -> Self {
        let own = json::properties(raw);
        let protocol = Protocol::read(own);
        let port = json::number(own, "port").or_else(|| protocol.default_port()).unwrap_or(0);
        Self {
            name,
            port,
            host: host_choice(own),
            probe: json::reference_name(own, "probe"),
            request_timeout_s: json::number(own, "requestTimeout").unwrap_or(20),
            tls: BackendTls::read(own),
            protocol,
        }
    }
}

fn host_choice(setting: &Value) -> HostChoice {
    if json::flag(setting, "pickHostNameFromBackendAddress") {
        HostChoice::FromPool
    } else if let Some(host) = json::text(setting, "hostName") {
        HostChoice::Fixed(host.to_owned())
    } else {
        HostChoice::Incoming
    }
}
