//! The messages, in memory: what a chat platform would keep.

use std::sync::{Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use domain::card::Card;
use domain::incident::MessageRef;
use domain::request::{Channel, Person, Platform, ReplyTo};
use serde::Serialize;
use tokio::sync::broadcast;

use crate::ports::{Chat, ChatError};

/// How many messages are kept; the oldest go first.
const MOST: usize = 200;
/// How many entries the thread of a message keeps; the oldest go first.
const DEEPEST: usize = 100;
/// How many changes a reader may be behind before it gets the whole log again.
const BACKLOG: usize = 64;

/// The chat of the console.
#[derive(Debug)]
pub struct ConsoleChat {
    log: Mutex<Log>,
    changes: broadcast::Sender<Entry>,
}

#[derive(Debug, Default)]
struct Log {
    entries: Vec<Entry>,
    count: u64,
}

/// A message, or a line that somebody typed.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Entry {
    /// Names it; stays the same when it is updated.
    pub id: String,
    /// What it says.
    #[serde(flatten)]
    pub content: Content,
}

/// What an entry says.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Content {
    /// What the person at the console typed.
    Said {
        /// The line.
        text: String,
    },
    /// A message for everybody.
    Posted {
        /// What it says now.
        card: Box<Card>,
        /// What was added beneath.
        thread: Vec<Card>,
    },
    /// An answer to one person alone.
    Private {
        /// What it says.
        card: Box<Card>,
    },
}

impl Default for ConsoleChat {
    fn default() -> Self {
        Self { log: Mutex::default(), changes: broadcast::channel(BACKLOG).0 }
    }
}

impl ConsoleChat {
    /// A chat without messages.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The one place where messages are posted.
    #[must_use]
    pub fn channel() -> Channel {
        Channel { platform: Platform::Console, id: "console".to_owned() }
    }

    /// The one person who can open the page.
    #[must_use]
    pub fn operator() -> Person {
        Person { platform: Platform::Console, id: "operator".to_owned(), name: Some("you".to_owned()) }
    }

    /// How to answer that person alone.
    #[must_use]
    pub fn reply_to() -> ReplyTo {
        ReplyTo::new(Self::operator(), Self::channel(), None)
    }

    /// Everything that was said and is kept, the oldest first.
    #[must_use]
    pub fn messages(&self) -> Vec<Entry> {
        self.log().entries.clone()
    }

    /// Everything so far, and whatever changes from here on: nothing is missed in between.
    #[must_use]
    pub fn follow(&self) -> (Vec<Entry>, broadcast::Receiver<Entry>) {
        let log = self.log();
        (log.entries.clone(), self.changes.subscribe())
    }

    /// Shows the line that the person typed.
    pub fn said(&self, text: &str) {
        self.add(Content::Said { text: text.to_owned() });
    }

    /// Shows an answer to that person alone.
    pub fn tell(&self, card: &Card) {
        self.add(Content::Private { card: Box::new(card.clone()) });
    }

    fn add(&self, content: Content) -> String {
        let mut log = self.log();
        log.count += 1;
        let entry = Entry { id: format!("m{}", log.count), content };
        let id = entry.id.clone();
        log.entries.push(entry.clone());
        if log.entries.len() > MOST {
            log.entries.remove(0);
        }
        self.announce(entry);
        id
    }

    /// Changes a message that was posted, while the log is held, so that changes are told in order.
    fn change(
        &self,
        message: &MessageRef,
        with: impl FnOnce(&mut Card, &mut Vec<Card>),
    ) -> Result<(), ChatError> {
        let mut log = self.log();
        let found = log.entries.iter_mut().find(|entry| entry.id == message.id);
        let Some(Entry { content: Content::Posted { card, thread }, .. }) = found else {
            let what = format!("message {} is not kept", message.id);
            return Err(ChatError::Gone { platform: Platform::Console, what });
        };
        with(card, thread);
        let entry = log.entries.iter().find(|entry| entry.id == message.id).cloned();
        entry.into_iter().for_each(|entry| self.announce(entry));
        Ok(())
    }

    fn announce(&self, entry: Entry) {
        // Without a page that is open there is nobody to tell.
        let _ = self.changes.send(entry);
    }

    fn log(&self) -> MutexGuard<'_, Log> {
        self.log.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Chat for ConsoleChat {
    fn platform(&self) -> Platform {
        Platform::Console
    }

    async fn post(&self, channel: &Channel, card: &Card) -> Result<MessageRef, ChatError> {
        let id = self.add(Content::Posted { card: Box::new(card.clone()), thread: Vec::new() });
        Ok(MessageRef { channel: channel.clone(), id })
    }

    async fn update(&self, message: &MessageRef, card: &Card) -> Result<(), ChatError> {
        self.change(message, |shown, _| *shown = card.clone())
    }

    async fn thread(&self, message: &MessageRef, card: &Card) -> Result<(), ChatError> {
        self.change(message, |_, thread| {
            thread.push(card.clone());
            if thread.len() > DEEPEST {
                thread.remove(0);
            }
        })
    }

    async fn reply(&self, _to: &ReplyTo, card: &Card) -> Result<(), ChatError> {
        self.tell(card);
        Ok(())
    }
}
