//! Where the outside begins: a trait for each thing that the worker talks to, so that a test can stand in.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use async_trait::async_trait;
use domain::card::Card;
use domain::dead_letter::DeadLetter;
use domain::evidence::{ArmRead, Peer, Reading, Seen, WhyNot};
use domain::gateway::Gateway;
use domain::id::GatewayId;
use domain::incident::{Entry, Incident, IncidentId, MessageRef};
use domain::plan::Beside;
use domain::request::{Channel, Person, Platform, ReplyTo, Request, RequestId};
use jiff::Timestamp;
use serde_json::Value;

/// What time it is. The one place that may ask the operating system.
pub trait Clock: Send + Sync {
    /// The present moment.
    fn now(&self) -> Timestamp;
}

/// Azure Resource Manager, as far as the bot needs it.
#[async_trait]
pub trait Arm: Send + Sync {
    /// The gateways that are in scope and that the identity can see.
    async fn gateways(&self) -> Result<Vec<GatewayId>, ArmError>;
    /// A gateway's configuration, fresh.
    async fn gateway(&self, id: &GatewayId) -> Result<Gateway, ArmError>;
    /// What the gateway says about its servers: the body of `backendhealth`.
    async fn backend_health(&self, id: &GatewayId) -> Result<Value, ArmError>;
    /// Runs a probe through the gateway without creating it: the body of `getBackendHealthOnDemand`.
    async fn probe_on_demand(&self, id: &GatewayId, probe: &Value) -> Result<Value, ArmError>;
    /// The names of the resource locks that hold for the gateway.
    async fn locks(&self, id: &GatewayId) -> Result<Vec<String>, ArmError>;
    /// Replaces the gateway's configuration. Sent once: whoever calls decides what a failure means.
    async fn put_gateway(
        &self,
        id: &GatewayId,
        body: &Value,
        etag: Option<&str>,
    ) -> Result<Accepted, PutError>;
    /// Creates a resource beside the gateway as a plan wants it, or deletes it. Sent once: whoever calls decides
    /// what a failure means.
    async fn write_beside(&self, beside: &Beside) -> Result<Accepted, PutError>;
    /// What a cause asks about: a GET, or a POST that only reads and may be carried out in the background.
    async fn look_up(&self, read: &ArmRead) -> Result<Value, ArmError>;
    /// How a long-running operation is going.
    async fn operation(&self, url: &str) -> Result<Operation, ArmError>;
}

/// A PUT that Azure took.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Accepted {
    /// Where to ask how it is going: followed verbatim. None when it was done at once.
    pub operation: Option<String>,
    /// Azure's id for the request, for the audit trail and for support.
    pub correlation: Option<String>,
}

/// How a long-running operation is going.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Operation {
    /// Not ended yet.
    Running {
        /// When to ask again, in milliseconds, if Azure said so.
        retry_after_ms: Option<u64>,
    },
    /// Done.
    Succeeded,
    /// Ended without success, superseded by another operation included.
    Failed {
        /// ARM's error code.
        code: String,
        /// ARM's words.
        message: String,
    },
}

/// Why a call to Azure did not give what was asked for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ArmError {
    /// No credential, or Azure does not take it.
    #[error("not signed in to Azure: {what}")]
    SignedOut {
        /// What was tried.
        what: String,
    },
    /// The identity lacks a permission.
    #[error("the bot needs the permission {action}")]
    Forbidden {
        /// The action that is missing.
        action: String,
    },
    /// There is nobody to write as.
    #[error("the bot has no identity to write with")]
    NoWriter,
    /// There is no such resource.
    #[error("{what} was not found")]
    NotFound {
        /// What was asked for.
        what: String,
    },
    /// Azure asks for patience, and went on asking.
    #[error("Azure throttles the bot; try again in {retry_after_s} s")]
    Throttled {
        /// Seconds to wait.
        retry_after_s: u64,
    },
    /// No answer before the deadline.
    #[error("no answer from Azure within {seconds} s")]
    TooSlow {
        /// The deadline in seconds.
        seconds: u64,
    },
    /// Azure refused.
    #[error("Azure refused: {code}: {message}")]
    Refused {
        /// The HTTP status.
        status: u16,
        /// ARM's error code.
        code: String,
        /// ARM's words.
        message: String,
    },
    /// The connection failed.
    #[error("Azure could not be reached: {what}")]
    Unreachable {
        /// What failed, without secrets.
        what: String,
    },
    /// An answer that is not what the specification promises.
    #[error("Azure answered unexpectedly: {what}")]
    Unexpected {
        /// What was expected, and what came.
        what: String,
    },
}

impl From<ArmError> for WhyNot {
    fn from(error: ArmError) -> Self {
        match error {
            ArmError::Forbidden { action } => Self::Forbidden { action },
            ArmError::NotFound { what } => Self::Missing { what },
            ArmError::TooSlow { seconds } => Self::TooSlow { seconds },
            other => Self::Failed { what: other.to_string() },
        }
    }
}

/// Why a PUT did not end in [`Accepted`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PutError {
    /// Azure answered, and nothing was written.
    #[error(transparent)]
    Refused(ArmError),
    /// No answer came: it may or may not have been written. Only reading tells.
    #[error("the connection was lost while writing: {what}")]
    Unknown {
        /// What failed, without secrets.
        what: String,
    },
}

/// What can be seen of a gateway and its servers from where the bot runs.
#[async_trait]
pub trait Site: Send + Sync {
    /// Requests a page as any visitor would, and tells the gateway's own error page from an answer behind it.
    async fn visit(&self, url: &str) -> Seen;
    /// Shakes hands with a server, sends nothing, and tells which certificates it showed, as
    /// `domain::evidence::Handshake` reads it. A server that cannot be reached from here is not read.
    async fn handshake(&self, peer: &Peer) -> Reading<Value>;
}

/// What the bot looks after, and where it speaks of it: policy, from the configuration.
pub trait Scope: Send + Sync {
    /// Whether a gateway is the bot's business.
    fn covers(&self, gateway: &GatewayId) -> bool;
    /// Where an alert about a gateway is shown.
    fn alert_channels(&self, gateway: &GatewayId) -> Vec<Channel>;
    /// Where something is shown that is about no gateway.
    fn general_channels(&self) -> Vec<Channel>;
}

/// A chat platform.
#[async_trait]
pub trait Chat: Send + Sync {
    /// Which one.
    fn platform(&self) -> Platform;
    /// Posts a message for everybody in a channel.
    async fn post(&self, channel: &Channel, card: &Card) -> Result<MessageRef, ChatError>;
    /// The same, where it may have been tried before, with another card even, and the answer was lost: `once` is the
    /// same each time. A platform that can tell shows one message.
    async fn post_once(&self, channel: &Channel, card: &Card, once: &str) -> Result<MessageRef, ChatError> {
        let _ = once;
        self.post(channel, card).await
    }
    /// Replaces a message of ours.
    async fn update(&self, message: &MessageRef, card: &Card) -> Result<(), ChatError>;
    /// Adds to the thread of a message of ours.
    async fn thread(&self, message: &MessageRef, card: &Card) -> Result<(), ChatError>;
    /// Answers one person alone.
    async fn reply(&self, to: &ReplyTo, card: &Card) -> Result<(), ChatError>;
    /// Shows one person the bot's own tab, where the platform has one. An answer to a request from there goes to the
    /// channel that has the person's own id.
    async fn home(&self, person: &Person, cards: &[Card]) -> Result<(), ChatError> {
        let _ = (person, cards);
        Ok(())
    }
    /// Which of these groups a person is in. What came with the request itself need not be asked again.
    async fn groups_of(&self, person: &Person, among: &[String]) -> Result<Vec<String>, ChatError> {
        let _ = (person, among);
        Ok(Vec::new())
    }
}

/// Why something was not said.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ChatError {
    /// The platform asks for patience.
    #[error("{platform} asks to wait {retry_after_s} s")]
    Throttled {
        /// Which platform.
        platform: Platform,
        /// Seconds to wait.
        retry_after_s: u64,
    },
    /// The message cannot be changed any more: it was deleted, or is too old.
    #[error("{platform} has no such message any more: {what}")]
    Gone {
        /// Which platform.
        platform: Platform,
        /// The platform's error.
        what: String,
    },
    /// The platform refused, and will refuse again.
    #[error("{platform} refused: {what}")]
    Refused {
        /// Which platform.
        platform: Platform,
        /// The platform's error, and what to do about it.
        what: String,
    },
    /// The platform could not be reached, or failed.
    #[error("{platform} could not be reached: {what}")]
    Unreachable {
        /// Which platform.
        platform: Platform,
        /// What failed, without secrets.
        what: String,
    },
}

impl ChatError {
    /// Whether trying the same again is in vain.
    #[must_use]
    pub fn is_final(&self) -> bool {
        match self {
            Self::Gone { .. } | Self::Refused { .. } => true,
            Self::Throttled { .. } | Self::Unreachable { .. } => false,
        }
    }
}

/// Incidents and requests, kept.
#[async_trait]
pub trait Store: Send + Sync {
    /// Keeps a request, unless it was kept before. One write.
    async fn accept(&self, request: &Request) -> Result<Reception, StoreError>;
    /// A request that is not finished.
    async fn request(&self, id: &RequestId) -> Result<Option<Request>, StoreError>;
    /// Marks a request as answered. Its id stays known for a day, so that redeliveries are recognised.
    async fn finish_request(&self, id: &RequestId) -> Result<(), StoreError>;
    /// Notes that a request failed and is to be tried again at `again`; gives the number of failures so far.
    async fn postpone_request(&self, id: &RequestId, again: Timestamp) -> Result<u32, StoreError>;
    /// Keeps a new incident, unless its gateway has an open one: then that one's id is given.
    async fn open(&self, incident: &Incident) -> Result<Opened, StoreError>;
    /// An incident, with the version that [`Store::save`] wants.
    async fn load(&self, id: &IncidentId) -> Result<Option<(Incident, Version)>, StoreError>;
    /// Replaces an incident, if nobody else did since `version` was loaded.
    async fn save(&self, incident: &Incident, version: Version) -> Result<Saved, StoreError>;
    /// The open incident of a gateway.
    async fn open_for(&self, gateway: &GatewayId) -> Result<Option<IncidentId>, StoreError>;
    /// The open incidents, the newest first.
    async fn open_incidents(&self) -> Result<Vec<Incident>, StoreError>;
    /// What is due and was not woken: the timer's sweep. The longest waiting first, a hundred at the most.
    async fn due(&self, now: Timestamp) -> Result<Vec<Wake>, StoreError>;
    /// The audit trail of an incident: every entry that its timeline ever had, in order. Opening and saving
    /// add to it, and nothing takes away from it.
    async fn trail(&self, id: &IncidentId) -> Result<Vec<Entry>, StoreError>;
    /// Keeps what a platform wants to hear to reach a channel without being asked first.
    async fn keep_conversation(&self, channel: &Channel, reference: &Value) -> Result<(), StoreError>;
    /// What [`Store::keep_conversation`] kept last for a channel.
    async fn conversation(&self, channel: &Channel) -> Result<Option<Value>, StoreError>;
    /// A small document that many may change, such as who snoozed what, with the version that [`Store::keep_note`]
    /// wants.
    async fn note(&self, name: &str) -> Result<Option<(Value, Version)>, StoreError>;
    /// Keeps a small document, if nobody else did since `version` was read: none, where there was no document.
    async fn keep_note(
        &self,
        name: &str,
        note: &Value,
        version: Option<&Version>,
    ) -> Result<Saved, StoreError>;
    /// Keeps a dead letter, in place of the one with the same id.
    async fn bury(&self, letter: &DeadLetter) -> Result<(), StoreError>;
    /// The dead letters of the last seven days, the newest first.
    async fn dead_letters(&self, now: Timestamp) -> Result<Vec<DeadLetter>, StoreError>;
    /// Does with each part, on something small that is gone again afterwards, what the store does with it.
    async fn tried(&self) -> Vec<Tried> {
        Vec::new()
    }
}

/// Whether a part of the store works, and who may be kept out of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tried {
    /// Which part: `blobs`.
    pub part: &'static str,
    /// What was done, or why it was not.
    pub found: Result<String, String>,
    /// The role that is missing, where that is why.
    pub role: Option<&'static str>,
    /// The storage account that it is about.
    pub account: Option<String>,
}

/// Whether a request is new.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reception {
    /// It was kept.
    New,
    /// It was here before.
    Repeated,
}

/// Whether an incident was kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Opened {
    /// It was.
    New,
    /// The gateway has an open incident already.
    Joined(IncidentId),
    /// Another incident has the same id.
    IdTaken,
}

/// A document's version, for compare-and-swap: what it says means something to the store that gave it, alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Version(pub String);

/// Whether a document was replaced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Saved {
    /// It was.
    Yes,
    /// Somebody else was faster: load again.
    Conflict,
}

/// Why the store did not answer.
#[derive(Debug, thiserror::Error)]
#[error("the store failed to {doing}: {source}")]
pub struct StoreError {
    /// What was being done.
    pub doing: &'static str,
    /// Why it failed.
    #[source]
    pub source: Box<dyn std::error::Error + Send + Sync>,
}

/// A hint that something is due. Losing or doubling one is harmless.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Wake {
    /// A request waits to be routed.
    Request(RequestId),
    /// An incident has something to do.
    Incident(IncidentId),
}

/// `request:…` or `incident:…`, as it stands in a queue.
impl fmt::Display for Wake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Request(id) => write!(f, "request:{id}"),
            Self::Incident(id) => write!(f, "incident:{id}"),
        }
    }
}

/// A text that is no wake-up of ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a wake-up of this program")]
pub struct NotAWake;

impl FromStr for Wake {
    type Err = NotAWake;

    fn from_str(text: &str) -> Result<Self, NotAWake> {
        match text.split_once(':') {
            Some(("request", id)) => RequestId::parse(id).map(Self::Request).map_err(|_| NotAWake),
            Some(("incident", id)) => IncidentId::parse(id).map(Self::Incident).map_err(|_| NotAWake),
            _ => Err(NotAWake),
        }
    }
}

/// The queue of wake-ups.
#[async_trait]
pub trait Wakeups: Send + Sync {
    /// Sends a hint that becomes visible at `at`.
    async fn wake(&self, wake: &Wake, at: Timestamp) -> Result<(), StoreError>;
    /// Takes hints that are visible now, some of many. Doubled ones that are taken together come once.
    async fn take(&self, now: Timestamp) -> Result<Vec<Wake>, StoreError>;
    /// Waits until a hint may be visible that was not at `now`, but no longer than `at_most`. What other
    /// processes send may take a few seconds to be noticed.
    async fn wait(&self, now: Timestamp, at_most: Duration);
}
