//! Probes: the custom ones in the document, and the one the gateway uses when there is none.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Gateway, HostChoice, HttpSetting, Protocol, json};
use crate::id::Name;

/// What the default probe takes for healthy, and a custom one that does not say.
pub(crate) const DEFAULT_CODES: &str = "200-399";
/// Whom the default probe asks for when the setting names no host.
pub(crate) const LOOPBACK: &str = "127.0.0.1";
const DEFAULT_INTERVAL_S: u32 = 30;
const DEFAULT_TIMEOUT_S: u32 = 30;
const DEFAULT_THRESHOLD: u32 = 3;

/// A custom probe.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Probe {
    /// Its name.
    pub name: Name,
    /// What it speaks; must be that of the settings that use it.
    pub protocol: Protocol,
    /// Which host name it asks for.
    pub host: ProbeHost,
    /// The path it asks for.
    pub path: String,
    /// Seconds from one probe to the next.
    pub interval_s: u32,
    /// Seconds that a server may take to answer.
    pub timeout_s: u32,
    /// Failures in a row until a server counts as unhealthy.
    pub unhealthy_threshold: u32,
    /// What counts as healthy, such as `200-399`.
    pub status_codes: Vec<String>,
    /// A text that the answer must contain.
    pub body: Option<String>,
    /// A port of its own; otherwise the setting's.
    pub port: Option<u16>,
    /// Whether it begins with a PROXY header (`enableProbeProxyProtocolHeader`).
    #[serde(default)]
    pub proxy_header: bool,
}

/// Which host name a probe asks for.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum ProbeHost {
    /// Always this one. Empty when the document has none, as for the TCP and TLS proxies.
    Fixed(String),
    /// The one of the setting that uses it (`pickHostNameFromBackendHttpSettings`).
    FromSetting,
}

impl Probe {
    pub(crate) fn read(name: Name, raw: &Value) -> Self {
        let own = json::properties(raw);
        let picks = json::flag(own, "pickHostNameFromBackendHttpSettings")
            || json::flag(own, "pickHostNameFromBackendSettings");
        let host = json::text(own, "host").unwrap_or_default().to_owned();
        let wanted = own.get("match").unwrap_or(&Value::Null);
        Self {
            name,
            protocol: Protocol::read(own),
            host: if picks { ProbeHost::FromSetting } else { ProbeHost::Fixed(host) },
            path: json::text(own, "path").unwrap_or("/").to_owned(),
            interval_s: json::number(own, "interval").unwrap_or(DEFAULT_INTERVAL_S),
            timeout_s: json::number(own, "timeout").unwrap_or(DEFAULT_TIMEOUT_S),
            unhealthy_threshold: json::number(own, "unhealthyThreshold").unwrap_or(DEFAULT_THRESHOLD),
            status_codes: codes(wanted),
            body: json::text(wanted, "body").map(str::to_owned),
            port: json::number(own, "port"),
            proxy_header: json::flag(own, "enableProbeProxyProtocolHeader"),
        }
    }
}

fn codes(wanted: &Value) -> Vec<String> {
    let codes = json::texts(wanted, "statusCodes");
    if codes.is_empty() { vec![DEFAULT_CODES.to_owned()] } else { codes }
}

/// What the gateway really asks the servers of a setting, custom or by default.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EffectiveProbe {
    /// The custom probe; none means the default probe.
    pub name: Option<Name>,
    /// What it speaks.
    pub protocol: Protocol,
    /// The host name it asks for. When every server is asked for its own ([`HostSource::EachServer`]), this
    /// is that of the only server, or the words `each server's own name`.
    pub host: String,
    /// Where that host name comes from.
    pub host_source: HostSource,
    /// The path it asks for.
    pub path: String,
    /// Seconds from one probe to the next.
    pub interval_s: u32,
    /// Seconds that a server may take to answer.
    pub timeout_s: u32,
    /// Failures in a row until a server counts as unhealthy.
    pub unhealthy_threshold: u32,
    /// What counts as healthy, such as `200-399`.
    pub status_codes: Vec<String>,
    /// A text that the answer must contain.
    pub body: Option<String>,
    /// The port it asks at.
    pub port: u16,
    /// Whether it begins with a PROXY header.
    #[serde(default)]
    pub proxy_header: bool,
}

/// Where the host name of a probe comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum HostSource {
    /// The probe names it.
    Probe,
    /// The HTTP setting names it.
    Setting,
    /// Each server is asked for its own address.
    EachServer,
    /// Nobody names one: 127.0.0.1, which most sites by name do not answer to.
    Loopback,
}

impl Gateway {
    /// The probe that is at work for a setting.
    ///
    /// Without a custom one it is the default probe: `GET {protocol}://127.0.0.1:{port}/`, or with the
    /// setting's host if that has one; every 30 s, 30 s of patience, unhealthy after 3 failures, 200-399 is
    /// healthy (Microsoft, "Application Gateway health monitoring overview", default health probe settings).
    #[must_use]
    pub fn probe_of(&self, setting: &HttpSetting) -> EffectiveProbe {
        let custom = setting.probe.as_ref().and_then(|name| self.probe(name));
        let Some(probe) = custom else { return self.default_probe(setting) };
        let (host, host_source) = match probe.host {
            ProbeHost::Fixed(host) if !host.is_empty() => (host, HostSource::Probe),
            ProbeHost::Fixed(_) | ProbeHost::FromSetting => self.host_of(setting),
        };
        EffectiveProbe {
            name: Some(probe.name),
            protocol: probe.protocol,
            host,
            host_source,
            path: probe.path,
            interval_s: probe.interval_s,
            timeout_s: probe.timeout_s,
            unhealthy_threshold: probe.unhealthy_threshold,
            status_codes: probe.status_codes,
            body: probe.body,
            port: probe.port.unwrap_or(setting.port),
            proxy_header: probe.proxy_header,
        }
    }

    fn default_probe(&self, setting: &HttpSetting) -> EffectiveProbe {
        let (host, host_source) = self.host_of(setting);
        EffectiveProbe {
            name: None,
            protocol: setting.protocol.clone(),
            host,
            host_source,
            path: "/".to_owned(),
            interval_s: DEFAULT_INTERVAL_S,
            timeout_s: DEFAULT_TIMEOUT_S,
            unhealthy_threshold: DEFAULT_THRESHOLD,
            status_codes: vec![DEFAULT_CODES.to_owned()],
            body: None,
            port: setting.port,
            proxy_header: false,
        }
    }

    fn host_of(&self, setting: &HttpSetting) -> (String, HostSource) {
        match &setting.host {
            HostChoice::Fixed(host) => (host.clone(), HostSource::Setting),
            HostChoice::Incoming => (LOOPBACK.to_owned(), HostSource::Loopback),
            HostChoice::FromPool => (self.own_name(setting), HostSource::EachServer),
        }
    }

    fn own_name(&self, setting: &HttpSetting) -> String {
        let pools: Vec<_> =
            self.serves(&setting.name).pools.iter().filter_map(|name| self.pool(name)).collect();
        let mut addresses: Vec<&str> = pools.iter().flat_map(super::Pool::addresses).collect();
        addresses.sort_unstable();
        addresses.dedup();
        match addresses.as_slice() {
            [only] => (*only).to_owned(),
            _ => "each server's own name".to_owned(),
        }
    }
}
