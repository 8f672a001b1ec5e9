//! The configuration as the data plane uses it: read from the gateway's ARM JSON after each write.

use std::{collections::BTreeMap, ops::RangeInclusive, time::Duration};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::Value;

use super::{certificates::Demands, pool::Pool};
use crate::json::{filled, flag, list, number, referred, text, texts};

/// Everything the data plane needs to know.
#[derive(Debug, Clone, Default)]
pub(crate) struct Config {
    /// False when somebody stopped the gateway.
    pub(crate) running: bool,
    pub(crate) listeners: Vec<Listener>,
    /// By ascending priority.
    pub(crate) rules: Vec<Rule>,
    pub(crate) pools: Vec<Pool>,
    pub(crate) settings: Vec<Setting>,
}

#[derive(Debug, Clone)]
pub(crate) struct Listener {
    pub(crate) name: String,
    pub(crate) port: u16,
    /// The host names it answers to; none means all. `*` and `?` are wildcards.
    pub(crate) hosts: Vec<String>,
    /// The names that lead to its frontend, and the frontend's address.
    pub(crate) addresses: Vec<String>,
}

#[derive(Debug, Clone)]
pub(crate) struct Rule {
    /// Lower-case name of its listener.
    pub(crate) listener: String,
    priority: u64,
    pub(crate) paths: Vec<PathRule>,
    /// Where everything else goes: the whole of a Basic rule.
    pub(crate) default: Option<Target>,
}

#[derive(Debug, Clone)]
pub(crate) struct PathRule {
    pub(crate) patterns: Vec<String>,
    pub(crate) target: Option<Target>,
}

/// A pool and the setting to reach it with, by lower-case name.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Target {
    pub(crate) pool: String,
    pub(crate) setting: String,
}

#[derive(Debug, Clone)]
pub(crate) struct Setting {
    pub(crate) name: String,
    pub(crate) port: u16,
    pub(crate) https: bool,
    /// What a backend's certificates have to be like.
    pub(crate) demands: Demands,
    /// Asked for in the handshake, whatever the host is.
    sni: Option<String>,
    pub(crate) host_name: Option<String>,
    pub(crate) pick_host: bool,
    /// Replaces the part of the path that a path rule matched.
    pub(crate) path: Option<String>,
    pub(crate) timeout: Duration,
    pub(crate) probe: Probe,
}

impl Setting {
    /// The host name the setting puts in place of the visitor's, if it does.
    pub(crate) fn host(&self, server: &str) -> Option<String> {
        if self.pick_host { Some(server.to_owned()) } else { self.host_name.clone() }
    }

    /// The name a handshake asks for, which the certificate has to be for: of the custom probe before that of
    /// the setting before that of the pool (Microsoft's TLS overview). An IP address is not asked for.
    pub(crate) fn tls_name(&self, probe: Option<&Probe>, server: &str) -> String {
        let probed = probe.and_then(|probe| match &probe.host {
            ProbeHost::Fixed(host) => Some(host.clone()),
            ProbeHost::FromSetting => None,
        });
        let sni = self.sni.clone().or(probed);
        sni.or_else(|| self.host(server)).unwrap_or_else(|| server.to_owned())
    }
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Probe {
    /// Over TLS or not; `None`: as its setting says.
    pub(crate) https: Option<bool>,
    pub(crate) host: ProbeHost,
    pub(crate) path: String,
    pub(crate) port: Option<u16>,
    pub(crate) interval: Duration,
    pub(crate) timeout: Duration,
    pub(crate) threshold: u64,
    /// The acceptable status codes as configured, such as `200-399`.
    pub(crate) codes: Vec<String>,
    pub(crate) body: Option<String>,
}

/// Where the probe's `Host` header comes from.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum ProbeHost {
    Fixed(String),
    /// From the setting, or `127.0.0.1` when the setting names none.
    FromSetting,
}

impl Default for Probe {
    /// The default probe (Microsoft's probe overview): `/` every 30 seconds, 30 seconds to answer, three
    /// failures, 200-399.
    fn default() -> Self {
        Self {
            https: None,
            host: ProbeHost::FromSetting,
            path: "/".to_owned(),
            port: None,
            interval: Duration::from_secs(30),
            timeout: Duration::from_secs(30),
            threshold: 3,
            codes: vec!["200-399".to_owned()],
            body: None,
        }
    }
}

impl Probe {
    /// A custom probe, or an on-demand one: the properties have the same names.
    pub(crate) fn read(properties: &Value) -> Self {
        let default = Self::default();
        let seconds = |pointer| number(properties, pointer).map(Duration::from_secs);
        let codes = texts(properties, "/match/statusCodes");
        Self {
            https: text(properties, "/protocol").map(is_https),
            host: match filled(properties, "/host") {
                Some(host) if !flag(properties, "/pickHostNameFromBackendHttpSettings") => {
                    ProbeHost::Fixed(host)
                }
                _ => ProbeHost::FromSetting,
            },
            path: filled(properties, "/path").unwrap_or(default.path),
            port: port(properties, "/port"),
            interval: seconds("/interval").unwrap_or(default.interval),
            timeout: seconds("/timeout").unwrap_or(default.timeout),
            threshold: number(properties, "/unhealthyThreshold").unwrap_or(default.threshold),
            codes: if codes.is_empty() { default.codes } else { codes },
            body: filled(properties, "/match/body"),
        }
    }

    /// Whether a status is among the acceptable ones.
    pub(crate) fn accepts(&self, status: u16) -> bool {
        self.codes.iter().filter_map(|text| status_codes(text)).any(|codes| codes.contains(&status))
    }
}

fn is_https(protocol: &str) -> bool {
    protocol.eq_ignore_ascii_case("https")
}

/// `200` or `200-399`.
pub(crate) fn status_codes(text: &str) -> Option<RangeInclusive<u16>> {
    let (from, to) = text.split_once('-').unwrap_or((text, text));
    Some(from.trim().parse().ok()?..=to.trim().parse().ok()?)
}

fn port(value: &Value, pointer: &str) -> Option<u16> {
    number(value, pointer).and_then(|port| port.try_into().ok())
}

impl Config {
    /// Reads a gateway; `resources` are searched for its public addresses, `dns` for names that lead there.
    pub(crate) fn read(gateway: &Value, resources: &[Value], dns: &BTreeMap<String, String>) -> Self {
        let mut rules: Vec<Rule> = list(gateway, "/properties/requestRoutingRules")
            .iter()
            .map(|rule| read_rule(gateway, rule))
            .collect();
        rules.sort_by_key(|rule| rule.priority);
        Self {
            running: !matches!(text(gateway, "/properties/operationalState"), Some("Stopped" | "Starting")),
            listeners: list(gateway, "/properties/httpListeners")
                .iter()
                .filter_map(|listener| read_listener(gateway, resources, dns, listener))
                .collect(),
            rules,
            pools: list(gateway, "/properties/backendAddressPools")
                .iter()
                .filter_map(|pool| Pool::read(pool, resources))
                .collect(),
            settings: list(gateway, "/properties/backendHttpSettingsCollection")
                .iter()
                .filter_map(|setting| read_setting(gateway, setting))
                .collect(),
        }
    }

    pub(crate) fn pool(&self, name: &str) -> Option<&Pool> {
        self.pools.iter().find(|pool| pool.name.eq_ignore_ascii_case(name))
    }

    pub(crate) fn setting(&self, name: &str) -> Option<&Setting> {
        self.settings.iter().find(|setting| setting.name.eq_ignore_ascii_case(name))
    }

    pub(crate) fn listener(&self, name: &str) -> Option<&Listener> {
        self.listeners.iter().find(|listener| listener.name.eq_ignore_ascii_case(name))
    }

    /// The pools and settings that a rule ties together, each pair once. Others are not probed.
    pub(crate) fn targets(&self) -> Vec<Target> {
        let mut found: Vec<Target> = Vec::new();
        let live = self.rules.iter().filter(|rule| self.listener(&rule.listener).is_some());
        let all = live.flat_map(|rule| {
            rule.default.iter().chain(rule.paths.iter().filter_map(|path| path.target.as_ref()))
        });
        for target in all {
            if !found.contains(target) {
                found.push(target.clone());
            }
        }
        found
    }
}

/// The child with the given lower-case name.
pub(crate) fn child<'a>(gateway: &'a Value, collection: &str, name: &str) -> Option<&'a Value> {
    list(gateway, &format!("/properties/{collection}"))
        .iter()
        .find(|child| text(child, "/name").is_some_and(|found| found.eq_ignore_ascii_case(name)))
}

fn read_listener(
    gateway: &Value,
    resources: &[Value],
    dns: &BTreeMap<String, String>,
    listener: &Value,
) -> Option<Listener> {
    let frontend = child(
        gateway,
        "frontendIPConfigurations",
        &referred(listener, "/properties/frontendIPConfiguration")?,
    )?;
    let frontend_port = child(gateway, "frontendPorts", &referred(listener, "/properties/frontendPort")?)?;
    let mut hosts = texts(listener, "/properties/hostNames");
    hosts.extend(filled(listener, "/properties/hostName"));
    let mut addresses = Vec::new();
    if let Some(id) = text(frontend, "/properties/publicIPAddress/id") {
        let address =
            resources.iter().find(|r| text(r, "/id").is_some_and(|found| found.eq_ignore_ascii_case(id)))?;
        addresses.extend(filled(address, "/properties/dnsSettings/fqdn"));
        addresses.extend(filled(address, "/properties/ipAddress"));
    }
    addresses.extend(filled(frontend, "/properties/privateIPAddress"));
    let names: Vec<String> =
        dns.iter().filter(|(_, to)| addresses.contains(to)).map(|(name, _)| name.clone()).collect();
    addresses.splice(0..0, names);
    Some(Listener {
        name: text(listener, "/name")?.to_owned(),
        port: port(frontend_port, "/properties/port")?,
        hosts,
        addresses,
    })
}

fn read_target(value: &Value, pool: &str, setting: &str) -> Option<Target> {
    Some(Target { pool: referred(value, pool)?, setting: referred(value, setting)? })
}

fn read_rule(gateway: &Value, rule: &Value) -> Rule {
    const POOL: &str = "/properties/backendAddressPool";
    const SETTING: &str = "/properties/backendHttpSettings";
    let map = referred(rule, "/properties/urlPathMap").and_then(|name| child(gateway, "urlPathMaps", &name));
    let paths = map.map(|map| list(map, "/properties/pathRules")).unwrap_or_default();
    Rule {
        listener: referred(rule, "/properties/httpListener").unwrap_or_default(),
        priority: number(rule, "/properties/priority").unwrap_or(u64::MAX),
        paths: paths
            .iter()
            .map(|path| PathRule {
                patterns: texts(path, "/properties/paths"),
                target: read_target(path, POOL, SETTING),
            })
            .collect(),
        default: match map {
            Some(map) => read_target(
                map,
                "/properties/defaultBackendAddressPool",
                "/properties/defaultBackendHttpSettings",
            ),
            None => read_target(rule, POOL, SETTING),
        },
    }
}

fn read_setting(gateway: &Value, setting: &Value) -> Option<Setting> {
    let probe = referred(setting, "/properties/probe").and_then(|name| child(gateway, "probes", &name));
    Some(Setting {
        name: text(setting, "/name")?.to_owned(),
        port: port(setting, "/properties/port")?,
        https: text(setting, "/properties/protocol").is_some_and(is_https),
        demands: read_demands(gateway, setting),
        sni: filled(setting, "/properties/sniName"),
        host_name: filled(setting, "/properties/hostName"),
        pick_host: flag(setting, "/properties/pickHostNameFromBackendAddress"),
        path: filled(setting, "/properties/path"),
        timeout: Duration::from_secs(number(setting, "/properties/requestTimeout").unwrap_or(20)),
        probe: probe.and_then(|probe| probe.get("properties")).map(Probe::read).unwrap_or_default(),
    })
}

fn read_demands(gateway: &Value, setting: &Value) -> Demands {
    let off = |field: &str| {
        setting.pointer(&format!("/properties/{field}")).and_then(Value::as_bool) == Some(false)
    };
    let roots = list(setting, "/properties/trustedRootCertificates");
    let root = |reference: &Value| {
        let name = referred(reference, "")?;
        let data = filled(child(gateway, "trustedRootCertificates", &name)?, "/properties/data")?;
        STANDARD.decode(data.trim()).ok()
    };
    Demands {
        roots: (!roots.is_empty()).then(|| roots.iter().filter_map(root).collect()),
        any_chain: off("validateCertChainAndExpiry"),
        any_name: off("validateSNI"),
    }
}
