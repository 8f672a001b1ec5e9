//! Handshakes with servers, as causes ask for them: which certificates a server sends for the name that the
//! gateway asks for.
//!
//! The handshake is made from where the bot runs. A private address may be another machine there, so what it
//! shows settles nothing ([`Handshake::is_of`]).

use std::net::IpAddr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use super::{Asked, Lookup, Peer, Question, Scope, Unknown};
use crate::certificate::{Certificate, Chain};
use crate::gateway::{HostSource, LOOPBACK};
use crate::health::{ServerHealth, Symptom};
use crate::id::Name;
use crate::network::address::PRIVATE;

/// The most servers of one HTTP setting that are shaken hands with.
const SERVERS_AT_MOST: usize = 2;

/// What a handshake with a server showed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Handshake {
    /// The certificates that it sends; none if it does not speak TLS at all.
    pub chain: Option<Chain>,
    /// Whether the chain leads to a well-known root, whatever its names and dates; none if that is not known.
    pub rooted: Option<bool>,
    /// Whether a browser would trust it for the name that was asked for.
    pub trusted: bool,
    /// Why it would not, in words.
    pub why_not_trusted: Option<String>,
    /// Where the name led to, from where the bot runs.
    pub address: Option<IpAddr>,
}

impl Handshake {
    /// Reads the answer: `{"tls": true, "chain": ["base64 DER", …], "trusted": …, "why_not_trusted": …,
    /// "rooted": …, "protocol": …, "address": …}`.
    ///
    /// # Errors
    /// When there is no chain in it, or not one of certificates.
    pub fn parse(raw: &Value) -> Asked<Self> {
        let flag = |key: &str| raw.get(key).and_then(Value::as_bool);
        let text = |key: &str| raw.get(key).and_then(Value::as_str);
        let trusted = flag("trusted").unwrap_or(false);
        let chain = match flag("tls") {
            Some(false) => None,
            _ => Some(read_chain(raw)?),
        };
        Ok(Self {
            chain,
            rooted: flag("rooted").or_else(|| trusted.then_some(true)),
            trusted,
            why_not_trusted: text("why_not_trusted").map(str::to_owned),
            address: text("address").and_then(|address| address.parse().ok()),
        })
    }

    /// Whether this was certainly shown by the server that the gateway knows by this address: not where the
    /// address is a private one, which is another machine's in another network.
    #[must_use]
    pub fn is_of(&self, server: &ServerHealth) -> bool {
        let literal = server.address.parse().ok();
        let known = [literal, self.address];
        !known.into_iter().flatten().any(|address| PRIVATE.iter().any(|range| range.contains(address)))
    }
}

fn read_chain(raw: &Value) -> Asked<Chain> {
    let odd = || Unknown::Odd("the server's certificates could not be read".to_owned());
    let sent = raw.get("chain").and_then(Value::as_array).ok_or_else(odd)?;
    let read = |one: &Value| Certificate::parse(&STANDARD.decode(one.as_str()?).ok()?).ok();
    let sent: Option<Vec<Certificate>> = sent.iter().map(read).collect();
    sent.and_then(Chain::of).ok_or_else(odd)
}

/// Which host a probe of a server asks for, and so which the certificate has to be for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AskedHost {
    /// The host.
    pub host: String,
    /// Others that may be meant: documentation and settings name more than one.
    pub or: Vec<String>,
}

impl Scope<'_> {
    /// The servers that show something about certificates, as far as they are shaken hands with: rather such
    /// as show different things.
    #[must_use]
    pub fn servers_to_greet(&self) -> Vec<&(Name, ServerHealth)> {
        let mut chosen: Vec<&(Name, ServerHealth)> = Vec::new();
        for only_new_symptoms in [true, false] {
            for entry in self.sick.iter().filter(|(_, server)| is_about_tls(&server.symptom)) {
                let same_address = |known: &&&(Name, ServerHealth)| known.1.address == entry.1.address;
                let same_symptom =
                    |known: &&(Name, ServerHealth)| known.1.symptom.slug() == entry.1.symptom.slug();
                let old = only_new_symptoms && chosen.iter().any(same_symptom);
                if chosen.len() < SERVERS_AT_MOST && !old && !chosen.iter().any(|known| same_address(&known))
                {
                    chosen.push(entry);
                }
            }
        }
        chosen
    }

    /// The certificates that a server sends at the probe's port.
    ///
    /// # Errors
    /// When they are not known, or not yet.
    pub fn chain_of(&self, pool: &Name, server: &ServerHealth) -> Asked<&Handshake> {
        let (port, name) = (self.probe.port, self.server_name(pool, server));
        let peer = Peer { address: server.address.clone(), port, name };
        self.ask(&Question { lookup: Lookup::Handshake(peer), read: Handshake::parse })
    }

    /// The name that a probe's handshake asks for (SNI): the custom probe's host, else the setting's, else that
    /// of the server; none where that is an IP address. Source: Microsoft, "Application Gateway TLS overview",
    /// SNI differences. On v1 it is always that of the server.
    #[must_use]
    pub fn server_name(&self, pool: &Name, server: &ServerHealth) -> Option<String> {
        let own = || self.own_names(pool, server).into_iter().next();
        let fixed = matches!(self.probe.host_source, HostSource::Probe | HostSource::Setting);
        let name =
            if fixed && !self.evidence.gateway.is_v1() { Some(self.probe.host.clone()) } else { own() };
        name.filter(|name| !name.is_empty() && name.parse::<IpAddr>().is_err())
    }

    /// The host that a probe of a server asks for.
    #[must_use]
    pub fn asked_host(&self, pool: &Name, server: &ServerHealth) -> AskedHost {
        let mut own = self.own_names(pool, server);
        let (host, mut or) = match self.probe.host_source {
            HostSource::Probe | HostSource::Setting => (self.probe.host.clone(), Vec::new()),
            HostSource::EachServer => (own.remove(0), own),
            // The default probe asks for 127.0.0.1; its handshake asks for the server's name.
            HostSource::Loopback => (LOOPBACK.to_owned(), own),
        };
        if self.evidence.gateway.is_v1() {
            or.extend(self.own_names(pool, server));
        }
        or.extend(self.setting.tls.name.clone());
        or.retain(|other| !other.eq_ignore_ascii_case(&host));
        AskedHost { host, or }
    }

    /// The names that a server goes by, at least one: an address that is reported may stand for a pool's name.
    fn own_names(&self, pool: &Name, server: &ServerHealth) -> Vec<String> {
        let mut names = Vec::new();
        if server.address.parse::<IpAddr>().is_ok()
            && let Some(pool) = self.evidence.gateway.pool(pool)
            && !pool.addresses().any(|address| address == server.address)
        {
            let by_name = pool.addresses().filter(|address| address.parse::<IpAddr>().is_err());
            names.extend(by_name.map(str::to_owned));
        }
        names.push(server.address.clone());
        names
    }
}

/// Whether a symptom is about certificates.
#[must_use]
pub fn is_about_tls(symptom: &Symptom) -> bool {
    matches!(
        symptom,
        Symptom::TlsNameMismatch
            | Symptom::TlsExpired
            | Symptom::TlsChain
            | Symptom::TlsUntrusted
            | Symptom::TlsRootMismatch
            | Symptom::TlsOther { .. }
    )
}
