//! Runs one effect, and tells what came of it.

use domain::again;
use domain::card::Card;
use domain::diagnosis;
use domain::evidence::Reading;
use domain::health::BackendHealth;
use domain::incident::{Effect, Event, Form, Incident, Pending};
use domain::plan::Plan;
use domain::request::{Channel, ReplyTo};
use domain::say::{self, noted};
use jiff::SignedDuration;

use super::Worker;
use crate::ports::{ArmError, ChatError};
use crate::telemetry::spans;

/// How often a read from Azure is tried before the incident says that it failed.
const READS_AT_MOST: u32 = 3;
/// For how long a message is tried: a platform may be down for an afternoon.
pub(super) const MESSAGES_FOR: SignedDuration = SignedDuration::from_hours(6);
/// For how long one person is answered: nobody waits any longer.
pub(super) const ANSWERS_FOR: SignedDuration = SignedDuration::from_hours(1);
/// How often something is begun that never ends, because the process ends first: nothing that the bot looks at
/// may keep it from all else.
const BEGUN_AT_MOST: u32 = 20;

impl Worker {
    /// Runs an effect. `None` when its result was noted already, or the claim was lost.
    pub(super) async fn perform(&self, incident: &Incident, pending: &Pending) -> Option<Event> {
        let attempts = pending.attempts;
        if let Some(end) = never_ending(pending) {
            // The effect itself has people and addresses in it.
            let effect = spans::effect_name(&pending.effect);
            tracing::error!(incident = %incident.id, effect, attempts, "an effect was given up");
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
            Effect::Escalate => self.escalate(incident).await,
            Effect::Close => Event::Closed,
            Effect::Rouse => self.rouse(incident).await,
            Effect::List { channel } => self.list(incident, channel, pending).await,
            Effect::Show { channel } => self.show(incident, channel, pending).await,
            Effect::Thread { channel, card } => self.thread(incident, channel, card, pending).await,
            Effect::Reply { to, card } => self.reply(incident, to, card, pending).await,
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

    async fn show(&self, incident: &Incident, channel: &Channel, pending: &Pending) -> Event {
        let Some(chat) = self.chat(channel.platform) else {
            let why = format!("{} is not connected", channel.platform);
            return Event::NotShown { channel: channel.clone(), why, gone: false };
        };
        let Some(conversation) = incident.conversation(channel) else { return Event::Said };
        if conversation.form == Form::OwnUnlessStorm && conversation.message.is_none() {
            match self.is_in_storm(incident, channel).await {
                Ok(false) => {}
                Ok(true) => return Event::InStorm { channel: channel.clone() },
                Err(error) => {
                    tracing::warn!(%error, incident = %incident.id, "whether there is a storm was not read");
                    return self.later(again::after(&key(incident, pending), pending.failures + 1));
                }
            }
        }
        let card = say::incident(incident);
        let posted = match &conversation.message {
            Some(message) => chat.update(message, &card).await.map(|()| message.clone()),
            None => chat.post_once(channel, &card, &key(incident, pending)).await,
        };
        match posted {
            Ok(message) => Event::Shown { message, revision: conversation.wanted },
            Err(error) => self.not_shown(incident, channel, &error, pending),
        }
    }

    pub(super) fn not_shown(
        &self,
        incident: &Incident,
        channel: &Channel,
        error: &ChatError,
        pending: &Pending,
    ) -> Event {
        let gone = matches!(error, ChatError::Gone { .. });
        match self.again_or_why(incident, channel, error, pending, MESSAGES_FOR) {
            Ok(again) => again,
            Err(why) => Event::NotShown { channel: channel.clone(), why, gone },
        }
    }

    async fn thread(&self, incident: &Incident, channel: &Channel, card: &Card, pending: &Pending) -> Event {
        let (Some(chat), Some(conversation)) = (self.chat(channel.platform), incident.conversation(channel))
        else {
            return Event::Said;
        };
        let Some(message) = &conversation.message else {
            // The message itself is on its way, or cannot be posted at all.
            let hopeless = conversation.trouble.is_some()
                || pending.is_failing_for(MESSAGES_FOR, self.tools.clock.now());
            return if hopeless { Event::Said } else { Event::TooEarly { channel: channel.clone() } };
        };
        let said = chat.thread(message, card).await;
        self.said(said, incident, channel, pending, MESSAGES_FOR)
    }

    async fn reply(&self, incident: &Incident, to: &ReplyTo, card: &Card, pending: &Pending) -> Event {
        let Some(chat) = self.chat(to.channel.platform) else { return Event::Said };
        let said = chat.reply(to, card).await;
        self.said(said, incident, &to.channel, pending, ANSWERS_FOR)
    }

    fn said(
        &self,
        said: Result<(), ChatError>,
        incident: &Incident,
        channel: &Channel,
        pending: &Pending,
        limit: SignedDuration,
    ) -> Event {
        let Err(error) = said else { return Event::Said };
        match self.again_or_why(incident, channel, &error, pending, limit) {
            Ok(again) => again,
            Err(why) => Event::NotSaid { channel: channel.clone(), why },
        }
    }

    /// What failed is tried again, unless the platform will refuse again or it has been failing for too long: then
    /// it is given up, with why.
    fn again_or_why(
        &self,
        incident: &Incident,
        channel: &Channel,
        error: &ChatError,
        pending: &Pending,
        limit: SignedDuration,
    ) -> Result<Event, String> {
        let (incident_id, channel, failures) = (&incident.id, &channel.id, pending.failures + 1);
        if error.is_final() {
            tracing::error!(%error, incident = %incident_id, channel, "a message was refused");
            return Err(error.to_string());
        }
        if pending.is_failing_for(limit, self.tools.clock.now()) {
            tracing::error!(%error, incident = %incident_id, channel, failures, "a message was given up");
            return Err(noted::tried_for(&error.to_string(), limit.as_hours()));
        }
        tracing::warn!(%error, incident = %incident_id, channel, failures, "a message was not posted; trying again");
        let key = key(incident, pending);
        Ok(self.later(match error {
            ChatError::Throttled { retry_after_s, .. } => again::as_asked(&key, *retry_after_s, failures),
            _ => again::after(&key, failures),
        }))
    }
}

/// What tells an effect from all others, so that each waits a little longer or shorter than the next.
pub(super) fn key(incident: &Incident, pending: &Pending) -> String {
    format!("{} {:?}", incident.id, pending.id)
}

/// How something ends that was begun too often. What follows a write is begun again and again by its nature,
/// and ends by its own deadline.
fn never_ending(pending: &Pending) -> Option<Event> {
    if pending.begun_in_vain() <= BEGUN_AT_MOST {
        return None;
    }
    let why = noted::never_ended(BEGUN_AT_MOST);
    match &pending.effect {
        Effect::Diagnose | Effect::Survey => Some(Event::GaveUp { why }),
        Effect::Show { channel } | Effect::List { channel } => {
            Some(Event::NotShown { channel: channel.clone(), why, gone: false })
        }
        Effect::Thread { channel, .. } => Some(Event::NotSaid { channel: channel.clone(), why }),
        Effect::Reply { to, .. } => Some(Event::NotSaid { channel: to.channel.clone(), why }),
        Effect::Apply | Effect::Follow | Effect::ReadBack | Effect::Verify => None,
        Effect::Expire | Effect::Escalate | Effect::Close | Effect::Rouse => None,
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
