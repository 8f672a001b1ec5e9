//! A chat of another platform, as the worker knows it: it keeps what it is told, and is down, busy or silent when a
//! test says so. What the real platform would refuse is checked in the tests of its adapter.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard};

use async_trait::async_trait;
use domain::card::{Action, Card};
use domain::incident::MessageRef;
use domain::request::{Channel, Person, Platform, ReplyTo};
use handler::ports::{Chat, ChatError, Clock};
use jiff::Timestamp;
use tokio::sync::watch;

/// The channel of the other platform that alerts are shown in.
pub const ELSEWHERE: &str = "19:ops@thread.tacv2";

/// How the platform is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Weather {
    /// It takes everything.
    Fine,
    /// It cannot be reached before this moment.
    DownUntil(Timestamp),
    /// It asks for patience before this moment, for so many seconds each time.
    BusyUntil(Timestamp, u64),
    /// It never answers, until [`Elsewhere::hang_up`] cuts the connection.
    Silent,
}

/// A message in a channel.
#[derive(Debug, Clone)]
pub struct Told {
    /// The channel.
    pub channel: String,
    /// The message's id.
    pub id: String,
    /// The message whose thread it is in.
    pub thread: Option<String>,
    /// What it said, the latest last.
    pub revisions: Vec<Card>,
    read: usize,
}

impl Told {
    /// What it says now.
    #[must_use]
    pub fn now(&self) -> &Card {
        self.revisions.last().unwrap()
    }
}

struct Inner {
    weather: Weather,
    told: Vec<Told>,
    private: Vec<(String, Card)>,
    calls: Vec<Timestamp>,
}

/// The platform.
pub struct Elsewhere {
    platform: Platform,
    clock: Arc<dyn Clock>,
    inner: Mutex<Inner>,
    hung_up: watch::Sender<u32>,
}

impl fmt::Debug for Elsewhere {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Elsewhere").field("platform", &self.platform).finish_non_exhaustive()
    }
}

impl Elsewhere {
    pub(crate) fn new(platform: Platform, clock: Arc<dyn Clock>) -> Self {
        let inner =
            Inner { weather: Weather::Fine, told: Vec::new(), private: Vec::new(), calls: Vec::new() };
        Self { platform, clock, inner: Mutex::new(inner), hung_up: watch::Sender::new(0) }
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap()
    }

    /// Somebody of this platform, where they usually are.
    #[must_use]
    pub fn person(&self, name: &str) -> ReplyTo {
        let person = Person { platform: self.platform, id: self.id_of(name), name: Some(name.to_owned()) };
        ReplyTo::new(person, self.channel(), None)
    }

    /// The platform's id of somebody.
    #[must_use]
    pub fn id_of(&self, name: &str) -> String {
        format!("29:{name}")
    }

    /// The channel.
    #[must_use]
    pub fn channel(&self) -> Channel {
        Channel { platform: self.platform, id: ELSEWHERE.to_owned() }
    }

    /// How the platform is from now on.
    pub fn is(&self, weather: Weather) {
        self.inner().weather = weather;
    }

    /// Cuts the connections that got no answer.
    pub fn hang_up(&self) {
        self.hung_up.send_modify(|times| *times += 1);
    }

    /// The moments at which the bot called.
    #[must_use]
    pub fn calls(&self) -> Vec<Timestamp> {
        self.inner().calls.clone()
    }

    /// The messages that stand in the channel itself.
    #[must_use]
    pub fn messages(&self) -> Vec<Told> {
        self.inner().told.iter().filter(|told| told.thread.is_none()).cloned().collect()
    }

    /// Reads the latest message of the channel.
    pub fn read(&self) -> Card {
        let mut inner = self.inner();
        let latest = inner.told.iter_mut().rfind(|told| told.thread.is_none()).expect("a message");
        latest.read = latest.revisions.len();
        latest.now().clone()
    }

    /// Reads what is in threads and was not read yet.
    pub fn read_threads(&self) -> Vec<Card> {
        let mut inner = self.inner();
        let unread =
            inner.told.iter_mut().filter(|told| told.thread.is_some() && told.read < told.revisions.len());
        unread
            .map(|told| {
                told.read = told.revisions.len();
                told.now().clone()
            })
            .collect()
    }

    /// Reads what somebody was told that nobody else can see.
    #[must_use]
    pub fn read_private(&self, name: &str) -> Vec<Card> {
        let id = self.id_of(name);
        self.inner().private.extract_if(.., |(to, _)| *to == id).map(|(_, card)| card).collect()
    }

    /// The button with this label on the latest message.
    #[must_use]
    pub fn button(&self, label: &str) -> Action {
        let card = self.messages().pop().expect("a message").now().clone();
        card.actions.into_iter().find(|action| action.label == label).expect("the button")
    }

    /// What nobody read.
    #[must_use]
    pub fn complaints(&self) -> Vec<String> {
        let inner = self.inner();
        let unread = inner.told.iter().filter(|told| told.read < told.revisions.len());
        let unread = unread.map(|told| format!("nobody read on {}: {}", self.platform, told.now().plain()));
        let private = inner.private.iter().map(|(to, card)| format!("{to} did not read: {}", card.plain()));
        unread.chain(private).collect()
    }

    async fn call(&self) -> Result<(), ChatError> {
        let (now, platform) = (self.clock.now(), self.platform);
        self.inner().calls.push(now);
        let unreachable = |what: &str| Err(ChatError::Unreachable { platform, what: what.to_owned() });
        let weather = self.inner().weather;
        match weather {
            Weather::DownUntil(until) if now < until => unreachable("HTTP 503"),
            Weather::BusyUntil(until, retry_after_s) if now < until => {
                Err(ChatError::Throttled { platform, retry_after_s })
            }
            Weather::Silent => {
                self.hung_up.subscribe().changed().await.unwrap();
                unreachable("no answer in time")
            }
            _ => Ok(()),
        }
    }

    fn tell(&self, channel: &Channel, thread: Option<String>, card: &Card) -> MessageRef {
        let mut inner = self.inner();
        let id = format!("{}", 1000 + inner.told.len());
        let (channel_id, revisions) = (channel.id.clone(), vec![card.clone()]);
        inner.told.push(Told { channel: channel_id, id: id.clone(), thread, revisions, read: 0 });
        MessageRef { channel: channel.clone(), id }
    }
}

#[async_trait]
impl Chat for Elsewhere {
    fn platform(&self) -> Platform {
        self.platform
    }

    async fn post(&self, channel: &Channel, card: &Card) -> Result<MessageRef, ChatError> {
        self.call().await?;
        Ok(self.tell(channel, None, card))
    }

    async fn update(&self, message: &MessageRef, card: &Card) -> Result<(), ChatError> {
        self.call().await?;
        let mut inner = self.inner();
        let found = inner.told.iter_mut().find(|told| told.id == message.id).expect("such a message");
        found.revisions.push(card.clone());
        Ok(())
    }

    async fn thread(&self, message: &MessageRef, card: &Card) -> Result<(), ChatError> {
        self.call().await?;
        self.tell(&message.channel, Some(message.id.clone()), card);
        Ok(())
    }

    async fn reply(&self, to: &ReplyTo, card: &Card) -> Result<(), ChatError> {
        self.call().await?;
        self.inner().private.push((to.person.id.clone(), card.clone()));
        Ok(())
    }
}
