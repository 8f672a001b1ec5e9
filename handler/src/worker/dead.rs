//! Dead letters: wake-ups that the host has given up are shown where a person sees them.

use domain::dead_letter::{About, DeadLetter};
use domain::incident::{Incident, IncidentId};
use domain::request::{Ask, Channel, RequestId};
use domain::say;

use super::Worker;
use crate::ports::{ChatError, StoreError, Wake};
use crate::telemetry::events;

/// Why a dead letter is not told to anybody yet.
#[derive(Debug, thiserror::Error)]
pub enum NotBuried {
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// It is kept, and nobody could be told.
    #[error("a dead letter is kept, and nobody could be told: {0}")]
    Untold(#[from] ChatError),
}

/// What a dead letter is about, and who is to be told.
struct Grave {
    about: About,
    what: String,
    channels: Vec<Channel>,
}

impl Worker {
    /// Keeps a wake-up that was given up and tells people of it, once. One whose work was done meanwhile is
    /// none any more.
    ///
    /// # Errors
    /// When it cannot be kept, or told; then this is to be called again.
    pub async fn bury(&self, text: &str, id: Option<&str>) -> Result<(), NotBuried> {
        let grave = match text.parse::<Wake>() {
            Ok(Wake::Request(id)) => self.grave_of_request(&id).await?,
            Ok(Wake::Incident(id)) => self.grave_of_incident(&id).await?,
            Err(_) => Some(self.grave_of_a_stranger()),
        };
        let Some(grave) = grave else {
            tracing::info!("a dead letter is about something that was done meanwhile");
            return Ok(());
        };
        let letter = self.letter(&grave, text, id);
        if self.is_told(&letter).await? {
            return Ok(());
        }
        self.tools.store.bury(&letter).await?;
        events::buried(&letter.id, &letter.about);
        self.tell_of(&letter, &grave.channels).await?;
        if let About::Request(request) = &letter.about {
            self.tools.store.finish_request(request).await?;
        }
        Ok(self.tools.store.bury(&DeadLetter { told: true, ..letter }).await?)
    }

    fn letter(&self, grave: &Grave, text: &str, id: Option<&str>) -> DeadLetter {
        // Ids that hosts give have 36 characters; what is longer is somebody's invention.
        let id =
            id.filter(|id| id.len() <= 64).map_or_else(|| RequestId::of(&[text]).to_string(), str::to_owned);
        let at = self.tools.clock.now();
        DeadLetter { id, at, about: grave.about.clone(), what: grave.what.clone(), told: false }
    }

    async fn is_told(&self, letter: &DeadLetter) -> Result<bool, StoreError> {
        let known = self.tools.store.dead_letters(letter.at).await?;
        Ok(known.iter().any(|known| known.id == letter.id && known.told))
    }

    async fn grave_of_request(&self, id: &RequestId) -> Result<Option<Grave>, StoreError> {
        let Some(request) = self.tools.store.request(id).await? else { return Ok(None) };
        let channels = match &request.ask {
            Ask::Command { from, .. } | Ask::Typed { from, .. } | Ask::Click { from, .. } => {
                vec![from.channel.clone()]
            }
            // Who opens the tab again gets a new one.
            Ask::Home { .. } => Vec::new(),
            Ask::TestAlert { channel: Some(channel), .. } => vec![channel.clone()],
            Ask::TestAlert { channel: None, .. } => self.tools.scope.general_channels(),
            Ask::Alert(alert) => {
                alert.gateways.iter().flat_map(|id| self.tools.scope.alert_channels(id)).collect()
            }
        };
        let what = say::request_in_words(&request);
        Ok(Some(Grave { about: About::Request(id.clone()), what, channels }))
    }

    async fn grave_of_incident(&self, id: &IncidentId) -> Result<Option<Grave>, StoreError> {
        let Some((incident, _)) = self.tools.store.load(id).await? else { return Ok(None) };
        if incident.next_due().is_none_or(|due| due > self.tools.clock.now()) {
            return Ok(None);
        }
        let channels = self.channels_of(&incident);
        let what = say::incident_in_words(&incident);
        Ok(Some(Grave { about: About::Incident(id.clone()), what, channels }))
    }

    fn channels_of(&self, incident: &Incident) -> Vec<Channel> {
        let mut channels: Vec<Channel> =
            incident.conversations.iter().map(|found| found.channel.clone()).collect();
        for channel in self.tools.scope.alert_channels(&incident.gateway) {
            if !channels.contains(&channel) {
                channels.push(channel);
            }
        }
        channels
    }

    fn grave_of_a_stranger(&self) -> Grave {
        let channels = self.tools.scope.general_channels();
        Grave { about: About::Unreadable, what: say::unreadable_in_words(), channels }
    }

    /// Tells everybody who can be told. It counts as told when one of the channels has it.
    async fn tell_of(&self, letter: &DeadLetter, channels: &[Channel]) -> Result<(), ChatError> {
        let card = say::dead_letter(letter);
        let (mut told, mut trouble) = (false, None);
        for channel in channels {
            let Some(chat) = self.chat(channel.platform) else { continue };
            match chat.post(channel, &card).await {
                Ok(_) => told = true,
                Err(error) => {
                    tracing::warn!(%error, channel = channel.id, "a dead letter could not be told here");
                    trouble = Some(error);
                }
            }
        }
        match trouble {
            Some(error) if !told => Err(error),
            _ => Ok(()),
        }
    }
}
