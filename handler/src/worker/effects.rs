//! Runs one effect, and tells what came of it.

use domain::card::Card;
use domain::diagnosis;
use domain::evidence::Reading;
use domain::health::BackendHealth;
use domain::incident::{Effect, Event, Incident, Pending};
use domain::plan::Plan;
use domain::request::{Channel, ReplyTo};
use domain::say::{self, noted};

use super::Worker;
use crate::ports::{ArmError, ChatError};

/// How often a read from Azure is tried before the incident says that it failed.
const READS_AT_MOST: u32 = 3;
/// How often a message is tried before the channel counts as out of reach.
const POSTS_AT_MOST: u32 = 8;
/// How often something is begun that never ends, because the process ends first: nothing that the bot looks at
/// may keep it from all else.
const BEGUN_AT_MOST: u32 = 20;

impl Worker {
    /// Runs an effect. `None` when its result was noted already, or the claim was lost.
    pub(super) async fn perform(&self, incident: &Incident, pending: &Pending) -> Option<Event> {
        let attempts = pending.attempts;
        if let Some(end) = never_ending(pending) {
            tracing::error!(incident = %incident.id, effect = ?pending.effect, attempts, "given up");
            return Some(end);
        }
        Some(match &pending.effect {
            Effect::Diagnose => self.diagnose(incident, attempts).await,
            Effect::Survey => self.survey(incident, attempts).await,
            Effect::Apply => return self.apply(incident, pending).await,
            Effect::Follow => self.follow(incident).await,
            Effect::ReadBack => self.read_back(incident).await,
            Effect::Verify => self.verify(incident).await,
            Effect::Expire => Event::OfferEnded,
            Effect::Escalate => Event::Undecided,
            Effect::Close => Event::Closed,
            Effect::Show { channel } => self.show(incident, channel, attempts).await,
            Effect::Thread { channel, card } => self.thread(incident, channel, card, attempts).await,
            Effect::Reply { to, card } => self.reply(to, card, attempts).await,
        })
    }

    async fn diagnose(&self, incident: &Incident, attempts: u32) -> Event {
        match self.investigator.diagnose(&incident.gateway, &|_| {}).await {
            Ok(diagnosis) => Event::Diagnosed(Box::new(diagnosis)),
            Err(error) => self.again_or_give_up("The gateway could not be read", &error, attempts),
        }
    }

    /// Tries a read again, a few times, unless it is plain that it would fail again.
    pub(super) fn again_or_give_up(&self, what: &str, error: &ArmError, attempts: u32) -> Event {
        let hopeless = matches!(
            error,
            ArmError::Forbidden { .. } | ArmError::NotFound { .. } | ArmError::SignedOut { .. }
        );
        if hopeless || attempts >= READS_AT_MOST {
            tracing::error!(%error, attempts, "{what}; given up");
            return Event::GaveUp { why: format!("{what}: {error}.") };
        }
        tracing::warn!(%error, attempts, "{what}; trying again");
        self.backoff(attempts)
    }

    async fn verify(&self, incident: &Incident) -> Event {
        let Some(approved) = incident.approved() else { return Event::Said };
        let id = &incident.gateway;
        let (health, gateway) = futures::join!(self.investigator.health(id), self.tools.arm.gateway(id));
        let gateway = match gateway {
            Ok(gateway) => gateway,
            Err(error) => return unread(error.to_string()),
        };
        let healthy = match &health {
            Reading::Read(health) => Ok(is_healthy(approved.plan(), health)),
            Reading::NotRead(why) => Err(why.to_string()),
        };
        let visits = self.investigator.visit_all(&gateway).await;
        Event::HealthRead { healthy, paths: diagnosis::paths(&gateway, &health), visits }
    }

    async fn show(&self, incident: &Incident, channel: &Channel, attempts: u32) -> Event {
        let Some(chat) = self.chat(channel.platform) else {
            let why = format!("{} is not connected", channel.platform);
            return Event::NotShown { channel: channel.clone(), why, gone: false };
        };
        let Some(conversation) = incident.conversation(channel) else { return Event::Said };
        let card = say::incident(incident);
        let posted = match &conversation.message {
            Some(message) => chat.update(message, &card).await.map(|()| message.clone()),
            None => chat.post(channel, &card).await,
        };
        match posted {
            Ok(message) => Event::Shown { message, revision: conversation.wanted },
            Err(error) => self.not_said(channel, &error, attempts),
        }
    }

    fn not_said(&self, channel: &Channel, error: &ChatError, attempts: u32) -> Event {
        tracing::warn!(%error, channel = channel.id, attempts, "a message was not posted");
        let not_shown = |gone| Event::NotShown { channel: channel.clone(), why: error.to_string(), gone };
        match error {
            ChatError::Gone { .. } => not_shown(true),
            ChatError::Refused { .. } => not_shown(false),
            _ if is_enough(error, attempts) => not_shown(false),
            _ => self.patiently(error, attempts),
        }
    }

    fn patiently(&self, error: &ChatError, attempts: u32) -> Event {
        match error {
            ChatError::Throttled { retry_after_s, .. } => {
                let seconds = i64::try_from(*retry_after_s).unwrap_or(i64::MAX).clamp(1, 600);
                self.later(jiff::SignedDuration::from_secs(seconds))
            }
            _ => self.backoff(attempts),
        }
    }

    async fn thread(&self, incident: &Incident, channel: &Channel, card: &Card, attempts: u32) -> Event {
        let (Some(chat), Some(conversation)) = (self.chat(channel.platform), incident.conversation(channel))
        else {
            return Event::Said;
        };
        let Some(message) = &conversation.message else {
            // The message itself is on its way, or cannot be posted at all.
            let hopeless = conversation.trouble.is_some() || attempts >= POSTS_AT_MOST;
            return if hopeless { Event::Said } else { self.backoff(attempts) };
        };
        match chat.thread(message, card).await {
            Ok(()) => Event::Said,
            Err(ChatError::Gone { .. } | ChatError::Refused { .. }) => Event::Said,
            Err(error) if is_enough(&error, attempts) => Event::Said,
            Err(error) => self.patiently(&error, attempts),
        }
    }

    async fn reply(&self, to: &ReplyTo, card: &Card, attempts: u32) -> Event {
        let Some(chat) = self.chat(to.channel.platform) else { return Event::Said };
        match chat.reply(to, card).await {
            Ok(()) => Event::Said,
            Err(error @ (ChatError::Gone { .. } | ChatError::Refused { .. })) => {
                tracing::warn!(%error, "a person could not be answered");
                Event::Said
            }
            Err(error) if is_enough(&error, attempts) => {
                tracing::error!(%error, "a person could not be answered");
                Event::Said
            }
            Err(error) => self.patiently(&error, attempts),
        }
    }
}

/// Whether something was tried often enough. Being told to wait is no failure: of many messages for one channel,
/// each has to wait for its turn.
fn is_enough(error: &ChatError, attempts: u32) -> bool {
    attempts >= POSTS_AT_MOST && !matches!(error, ChatError::Throttled { .. })
}

/// How something ends that was begun too often. What follows a write is begun again and again by its nature,
/// and ends by its own deadline.
fn never_ending(pending: &Pending) -> Option<Event> {
    if pending.attempts <= BEGUN_AT_MOST {
        return None;
    }
    let why = noted::never_ended(BEGUN_AT_MOST);
    match &pending.effect {
        Effect::Diagnose | Effect::Survey => Some(Event::GaveUp { why }),
        Effect::Show { channel } => Some(Event::NotShown { channel: channel.clone(), why, gone: false }),
        Effect::Thread { .. } | Effect::Reply { .. } => Some(Event::Said),
        Effect::Apply | Effect::Follow | Effect::ReadBack | Effect::Verify => None,
        Effect::Expire | Effect::Escalate | Effect::Close => None,
    }
}

fn unread(why: String) -> Event {
    Event::HealthRead { healthy: Err(why), paths: Vec::new(), visits: Vec::new() }
}

/// Whether every server that the plan reaches is Healthy, by its state and by its latest probe: the two can
/// disagree, because the state follows the threshold and the log does not.
fn is_healthy(plan: &Plan, health: &BackendHealth) -> bool {
    plan.settings().iter().all(|setting| {
        let mut servers =
            health.servers().filter(|(_, used, _)| *used == setting).map(|(_, _, server)| server).peekable();
        servers.peek().is_some()
            && servers
                .all(|server| server.health == domain::health::Health::Healthy && !server.log_disagrees())
    })
}
