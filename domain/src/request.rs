//! What comes in: a command, a click or an alert, with who sent it from where.
//!
//! An intake verifies the bytes, builds a [`Request`], stores it and answers. Everything else happens
//! afterwards, from the stored request, so that a crash loses nothing and a redelivery does nothing twice.

use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::alert::{Alert, TestAlert};
use crate::approval::{OfferId, PlanRef};
use crate::card::Verb;
use crate::command::Command;
use crate::incident::IncidentId;

/// Where people talk to the bot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Platform {
    /// Slack.
    Slack,
    /// Microsoft Teams.
    Teams,
    /// Discord.
    Discord,
    /// The page that the bot itself serves on loopback.
    Console,
}

impl fmt::Display for Platform {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Slack => "Slack",
            Self::Teams => "Teams",
            Self::Discord => "Discord",
            Self::Console => "the console",
        })
    }
}

/// Somebody, as their platform knows them.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Person {
    /// Where the id means something.
    pub platform: Platform,
    /// The platform's own id, such as Slack's `U07ALEX001`: what approvals are checked against.
    pub id: String,
    /// What people call them, if the platform said so. Never used for a decision.
    pub name: Option<String>,
}

impl Person {
    /// What to call them: the name, or else the id.
    #[must_use]
    pub fn shown(&self) -> &str {
        self.name.as_deref().unwrap_or(&self.id)
    }
}

/// A place where messages are posted.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Channel {
    /// The platform.
    pub platform: Platform,
    /// The platform's own id of the channel.
    pub id: String,
}

/// How to answer one person alone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReplyTo {
    /// Who asked.
    pub person: Person,
    /// Where they asked.
    pub channel: Channel,
    /// What the platform wants to hear to answer: a short-lived address such as Slack's `response_url` (5 uses within
    /// 30 minutes), or the way to a conversation of Teams.
    pub url: Option<String>,
    /// The thread in which everybody who reads it may have the answer, by the platform's own id. None: the answer
    /// is for this person alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub thread: Option<String>,
    /// The groups or roles that they are in, as far as the policy asks: the platform says so, never they.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub groups: Vec<String>,
}

impl ReplyTo {
    /// Whether they asked in the bot's own tab, which is theirs alone and no channel: it goes by their own id.
    #[must_use]
    pub fn is_home(&self) -> bool {
        self.channel.platform == self.person.platform && self.channel.id == self.person.id
    }

    /// Somebody somewhere, in no group that is known of.
    #[must_use]
    pub fn new(person: Person, channel: Channel, url: Option<String>) -> Self {
        Self { person, channel, url, thread: None, groups: Vec::new() }
    }

    /// Whether they are in a channel, and not on a page that is their own and goes by whose it is: Slack's Home tab.
    #[must_use]
    pub fn is_in_channel(&self) -> bool {
        self.channel.id != self.person.id
    }
}

/// The identity of a request. A redelivery has the same one.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RequestId(String);

impl RequestId {
    /// Makes an id from what the sender gives to tell deliveries apart. The same parts give the same id.
    #[must_use]
    pub fn of(parts: &[&str]) -> Self {
        use sha2::{Digest, Sha256};
        let mut hash = Sha256::new();
        for part in parts {
            hash.update(part.len().to_be_bytes());
            hash.update(part.as_bytes());
        }
        Self(hex::encode(hash.finalize()))
    }

    /// Reads an id that was written down before.
    ///
    /// # Errors
    /// When it is none.
    pub fn parse(text: &str) -> Result<Self, NotARequestId> {
        let hexadecimal = |byte: &u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
        let is_one = text.len() == 64 && text.as_bytes().iter().all(hexadecimal);
        if is_one { Ok(Self(text.to_owned())) } else { Err(NotARequestId) }
    }

    /// The id as hexadecimal digits.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A text that is no [`RequestId`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not the id of a request")]
pub struct NotARequestId;

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Something that somebody, or Azure Monitor, wants of the bot.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Request {
    /// Tells a redelivery from a second request.
    pub id: RequestId,
    /// When it was accepted.
    pub at: Timestamp,
    /// What is wanted.
    pub ask: Ask,
}

/// What is wanted.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Ask {
    /// Azure Monitor says that an alert fired or resolved.
    Alert(Alert),
    /// Somebody wants to see whether alerts arrive.
    TestAlert {
        /// What they sent.
        test: TestAlert,
        /// Where it is to be told; none: wherever something is told that is about no gateway.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        channel: Option<Channel>,
    },
    /// Somebody typed a command.
    Command {
        /// The command.
        command: Command,
        /// Who, where, and how to answer.
        from: ReplyTo,
    },
    /// Somebody typed what is no command, where no answer can be given at once.
    Typed {
        /// What they typed: read once more when it is answered.
        text: String,
        /// Who, where, and how to answer.
        from: ReplyTo,
    },
    /// Somebody opened the bot's own tab.
    Home {
        /// Who.
        person: Person,
    },
    /// Somebody pressed a button.
    Click {
        /// The button.
        click: Click,
        /// Who, where, and how to answer.
        from: ReplyTo,
        /// Why, where the message had room to say so.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<String>,
    },
}

/// The value of a button: opaque to the platform, under 100 characters, and worth nothing by itself.
///
/// Who pressed it is checked against the policy, and the offer that it names against the one that stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Click {
    /// What was pressed.
    pub verb: Verb,
    /// On which incident.
    pub incident: IncidentId,
    /// Which offer, where the verb is about one.
    pub offer: Option<OfferId>,
}

/// A button that somebody pressed, or the command that does the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Press {
    /// Which.
    pub verb: Verb,
    /// For which plan.
    pub plan: PlanRef,
    /// Why, if they said so.
    pub reason: Option<String>,
    /// Who, and where.
    pub from: ReplyTo,
    /// When it came in. The work on it may begin much later, where a worker died or stood still.
    pub at: Timestamp,
}

impl Press {
    /// A press without a reason.
    #[must_use]
    pub fn new(verb: Verb, plan: PlanRef, from: ReplyTo, at: Timestamp) -> Self {
        Self { verb, plan, reason: None, from, at }
    }

    /// The same, with the reason that they gave.
    #[must_use]
    pub fn because(self, reason: Option<String>) -> Self {
        Self { reason, ..self }
    }
}

impl Click {
    /// The command that does the same, with the reason that was given. It names no offer, so it is about the one that
    /// stands.
    #[must_use]
    pub fn as_command(&self, reason: Option<String>) -> Command {
        let incident = self.incident.to_string();
        match self.verb {
            Verb::Approve => Command::Approve { incident, code: None },
            Verb::Reject => Command::Reject { incident, reason },
            Verb::Recheck => Command::Recheck { incident },
            Verb::Undo => Command::Undo { incident, reason },
        }
    }
}

impl fmt::Display for Click {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.verb.as_str(), self.incident)?;
        self.offer.as_ref().map_or(Ok(()), |offer| write!(f, ":{offer}"))
    }
}

/// A button value that this bot never made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a button of this bot")]
pub struct NotAClick;

impl FromStr for Click {
    type Err = NotAClick;

    fn from_str(value: &str) -> Result<Self, NotAClick> {
        let mut parts = value.splitn(3, ':');
        let verb = match parts.next() {
            Some("approve") => Verb::Approve,
            Some("reject") => Verb::Reject,
            Some("recheck") => Verb::Recheck,
            Some("undo") => Verb::Undo,
            _ => return Err(NotAClick),
        };
        let incident = parts.next().and_then(|id| IncidentId::parse(id).ok()).ok_or(NotAClick)?;
        let offer = parts.next().map(|offer| OfferId::parse(offer).map_err(|_| NotAClick)).transpose()?;
        Ok(Self { verb, incident, offer })
    }
}
