//! Many alerts at once: whether an incident is a line of a digest, and the digest's message.
//!
//! Nothing of it is written unless there is a storm. The document is a channel's own, and changed by compare-and-swap;
//! whose save has the claim in it posts or updates the message. An incident's own outbox brings its line up to date,
//! so whatever is lost on the way is done again.

use domain::again;
use domain::incident::{Event, Incident, Pending};
use domain::request::Channel;
use domain::say;
use domain::storm::{Storms, Telling};
use jiff::SignedDuration;

use super::Worker;
use super::effects::{MESSAGES_FOR, key};
use crate::ports::{ChatError, StoreError};

/// How long one worker has a digest's message for itself: longer than a platform may take.
const CLAIM: SignedDuration = SignedDuration::from_secs(60);

/// The name of a channel's document.
fn document(channel: &Channel) -> String {
    format!("storm/{}/{}", channel.platform, channel.id)
}

impl Worker {
    /// Whether an incident that is about to be shown for the first time is one of many.
    pub(super) async fn is_in_storm(
        &self,
        incident: &Incident,
        channel: &Channel,
    ) -> Result<bool, StoreError> {
        let (rule, name) = (&self.tools.storm, document(channel));
        if rule.after == 0 {
            return Ok(false);
        }
        // Of many at once only the first looks at all open incidents; the others find its digest.
        let _turn = self.turns.of(&format!("look {name}")).await;
        let (storms, _) = self.note::<Storms>(&name).await?;
        if storms.take(incident, rule) {
            return Ok(true);
        }
        let open = self.tools.store.open_incidents().await?;
        if !rule.is_met(incident, channel, &open) {
            return Ok(false);
        }
        tracing::info!(channel = channel.id, "alerts on many gateways at once: they share a message");
        self.change_note(&name, |storms: &mut Storms| storms.begin(incident, channel, rule)).await?;
        Ok(true)
    }

    /// Brings an incident's line up to date, and the message, unless somebody else is at it.
    pub(super) async fn list(&self, incident: &Incident, channel: &Channel, pending: &Pending) -> Event {
        let revision = incident.conversation(channel).map_or(0, |shown| shown.wanted);
        let (name, rule, lease) = (document(channel), self.tools.storm, CLAIM);
        let now = self.tools.clock.now();
        let telling = self
            .change_note(&name, |storms: &mut Storms| storms.list(incident, channel, &rule, now, lease))
            .await;
        let told = match telling {
            Ok(Telling::Done) => Ok(()),
            Ok(Telling::Wait) => return self.later(again::after(&key(incident, pending), 2)),
            Ok(telling @ Telling::Say { .. }) => self.tell_digest(incident, channel, &name, telling).await,
            Err(error) => Err(NotTold::Store(error)),
        };
        match told {
            Ok(()) => Event::Listed { channel: channel.clone(), revision },
            // The next try posts it anew.
            Err(NotTold::Chat(ChatError::Gone { .. })) if !pending.is_failing_for(MESSAGES_FOR, now) => {
                self.later(again::after(&key(incident, pending), pending.failures + 1))
            }
            Err(NotTold::Chat(error)) => self.not_shown(incident, channel, &error, pending),
            Err(NotTold::Store(error)) => {
                tracing::warn!(%error, incident = %incident.id, "a digest was not kept");
                self.later(again::after(&key(incident, pending), pending.failures + 1))
            }
        }
    }

    async fn tell_digest(
        &self,
        incident: &Incident,
        channel: &Channel,
        name: &str,
        telling: Telling,
    ) -> Result<(), NotTold> {
        let Telling::Say { message, digest } = telling else { return Ok(()) };
        let card = say::digest(&digest);
        let said = match (self.chat(channel.platform), message) {
            (None, _) => Err(not_connected(channel)),
            (Some(chat), Some(message)) => chat.update(&message, &card).await.map(|()| message),
            (Some(chat), None) => chat.post(channel, &card).await,
        };
        let id = &incident.id;
        match said {
            Ok(message) => {
                let told = |storms: &mut Storms| storms.told(id, message.clone(), &digest);
                Ok(self.change_note(name, told).await?)
            }
            Err(error) => {
                let gone = matches!(error, ChatError::Gone { .. });
                self.change_note(name, |storms: &mut Storms| storms.not_told(id, gone)).await?;
                Err(error.into())
            }
        }
    }
}

/// Why a digest is not shown.
enum NotTold {
    Store(StoreError),
    Chat(ChatError),
}

impl From<StoreError> for NotTold {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl From<ChatError> for NotTold {
    fn from(error: ChatError) -> Self {
        Self::Chat(error)
    }
}

fn not_connected(channel: &Channel) -> ChatError {
    ChatError::Refused { platform: channel.platform, what: "it is not connected".to_owned() }
}
