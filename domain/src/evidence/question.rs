//! What causes ask about beside the gateway itself, and what came of it.
//!
//! A cause asks while it examines, and gets an answer if there is one. What was asked and is not known yet is
//! looked up, all of it at once, and the causes are asked again. So a question is put only by a cause that
//! wants the answer, and a cause reads like the runbook that it stands for.
//!
//! A [`Question`] knows how it is put and how its answer is read; the answer's type is the question's. To ask
//! something new, write a question beside the type of its answer: there is no list to add it to.

use std::any::Any;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, OnceLock};

use serde_json::Value;

use super::{Asked, Reading, TrialWanted, Unknown, WhyNot};
use crate::id::ResourceId;

/// The version of Microsoft.Network that resources are read with.
pub(crate) const NETWORK: &str = "2025-07-01";

/// A question, and how its answer is read.
pub struct Question<T> {
    /// How it is put.
    pub lookup: Lookup,
    /// How its answer is read.
    pub read: fn(&Value) -> Asked<T>,
}

/// How a question is put. Two questions that are put alike are one.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Lookup {
    /// A request to Azure Resource Manager that only reads.
    Arm(ArmRead),
    /// A probe on demand, through the gateway.
    Probe(TrialWanted),
    /// A TLS handshake with a server, from where the bot runs.
    Handshake(Peer),
}

/// A request to Azure Resource Manager that only reads.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ArmRead {
    /// The path, from the first slash on.
    pub path: String,
    /// What stands in the query beside `api-version`, percent-encoded: `$expand=ipConfigurations`.
    pub query: Option<String>,
    /// The `api-version`.
    pub version: &'static str,
    /// What is posted, as JSON; none for a GET. Azure may carry a POST out in the background.
    pub body: Option<String>,
    /// The permission that it needs.
    pub action: &'static str,
    /// Who asks.
    pub asker: Asker,
    /// What is looked up, in words: `the network security group nsg-web`.
    pub what: String,
}

/// Which of the bot's identities asks Azure something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Asker {
    /// The one that reads: it diagnoses.
    Reader,
    /// The one that writes what was approved. It reads nothing but what it may do itself.
    Writer,
}

/// A server to shake hands with.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Peer {
    /// Its address or name.
    pub address: String,
    /// Its port.
    pub port: u16,
    /// The name that the handshake asks for (SNI); none, as for an IP address.
    pub name: Option<String>,
}

impl<T> Question<T> {
    /// A GET of a resource, or of something below one.
    pub fn get(
        path: impl Into<String>,
        version: &'static str,
        action: &'static str,
        what: impl Into<String>,
        read: fn(&Value) -> Asked<T>,
    ) -> Self {
        let (path, what) = (path.into(), what.into());
        let lookup = Lookup::Arm(ArmRead {
            path,
            query: None,
            version,
            body: None,
            action,
            asker: Asker::Reader,
            what,
        });
        Self { lookup, read }
    }

    /// A GET of a network resource by its id.
    pub(crate) fn network(
        id: &ResourceId,
        action: &'static str,
        noun: &str,
        read: fn(&Value) -> Asked<T>,
    ) -> Self {
        Self::get(id.as_str(), NETWORK, action, format!("the {noun} {}", id.name()), read)
    }

    /// The same, asked by this identity.
    #[must_use]
    pub fn asked_by(mut self, asker: Asker) -> Self {
        if let Lookup::Arm(read) = &mut self.lookup {
            read.asker = asker;
        }
        self
    }

    /// The same, as a POST with this body.
    #[must_use]
    pub fn posting(mut self, body: &Value) -> Self {
        if let Lookup::Arm(read) = &mut self.lookup {
            read.body = Some(body.to_string());
        }
        self
    }

    /// The same, with something more in the query, percent-encoded.
    #[must_use]
    pub fn with_query(mut self, query: impl Into<String>) -> Self {
        if let Lookup::Arm(read) = &mut self.lookup {
            read.query = Some(query.into());
        }
        self
    }
}

impl Lookup {
    /// What is looked up, in words.
    #[must_use]
    pub fn what(&self) -> String {
        match self {
            Self::Arm(read) => read.what.clone(),
            Self::Probe(trial) => format!("probe of {} on demand (pool {})", trial.path, trial.pool),
            Self::Handshake(peer) => format!("TLS handshake with {}:{}", peer.address, peer.port),
        }
    }

    /// How it is put, for whoever wants to put it again: `GET /subscriptions/…?api-version=…`.
    #[must_use]
    pub fn request(&self) -> String {
        match self {
            Self::Arm(read) => {
                let method = if read.body.is_some() { "POST" } else { "GET" };
                let more = read.query.as_ref().map(|query| format!("&{query}")).unwrap_or_default();
                format!("{method} {}?api-version={}{more}", read.path, read.version)
            }
            Self::Probe(trial) => trial.request(),
            Self::Handshake(peer) => match &peer.name {
                Some(name) => format!("TLS {}:{} (SNI {name})", peer.address, peer.port),
                None => format!("TLS {}:{}", peer.address, peer.port),
            },
        }
    }
}

/// What was looked up so far, each answer read once: causes ask for the same documents again and again.
#[derive(Clone, Default)]
pub struct Facts(BTreeMap<Lookup, Fact>);

/// What came of one lookup.
#[derive(Clone)]
struct Fact {
    reading: Reading<Value>,
    /// An `Asked<T>`, where `T` is what the question reads.
    answer: OnceLock<Arc<dyn Any + Send + Sync>>,
}

impl Facts {
    /// Notes what came of a lookup.
    pub fn note(&mut self, lookup: Lookup, reading: Reading<Value>) {
        self.0.insert(lookup, Fact { reading, answer: OnceLock::new() });
    }

    /// What came of a question, and the lookup that told; none if it was not put.
    pub(super) fn answer<T: Any + Send + Sync>(
        &self,
        question: &Question<T>,
    ) -> Option<(&Lookup, Asked<&T>)> {
        let (lookup, fact) = self.0.get_key_value(&question.lookup)?;
        let answer = fact.answer.get_or_init(|| Arc::new(fact.read(question.read)));
        let answer = match answer.downcast_ref::<Asked<T>>() {
            Some(answer) => answer.as_ref().map_err(Clone::clone),
            None => Err(Unknown::Odd(format!("{} is read in two ways", lookup.what()))),
        };
        Some((lookup, answer))
    }

    /// The lookups in vain, and why. To learn that something is not there is not in vain.
    pub fn in_vain(&self) -> impl Iterator<Item = (&Lookup, &WhyNot)> {
        let found_out = |why: &&WhyNot| !matches!(why, WhyNot::Missing { .. });
        self.all().filter_map(move |(lookup, why)| Some((lookup, why.filter(found_out)?)))
    }

    /// Every lookup, with the reason why it was in vain.
    pub fn all(&self) -> impl Iterator<Item = (&Lookup, Option<&WhyNot>)> {
        self.0.iter().map(|(lookup, fact)| (lookup, fact.reading.why_not()))
    }

    /// How much was looked up.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether nothing was looked up.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl Fact {
    fn read<T>(&self, read: fn(&Value) -> Asked<T>) -> Asked<T> {
        match &self.reading {
            Reading::Read(value) => read(value),
            Reading::NotRead(why) => Err(Unknown::NotRead(why.clone())),
        }
    }
}

impl fmt::Debug for Facts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.0.keys().map(Lookup::request)).finish()
    }
}
