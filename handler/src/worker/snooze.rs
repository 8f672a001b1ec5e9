//! Silence about a gateway, asked for in chat: one document for all of them.

use domain::approval::Policy;
use domain::id::GatewayId;
use domain::incident::{Event, Incident, Shown};
use domain::request::{ReplyTo, Request};
use domain::say;
use domain::snooze::{Snooze, SnoozeFor, Snoozes};

use super::Worker;
use super::route::RouteError;
use crate::ports::StoreError;

/// The document's name.
const SNOOZES: &str = "snoozes";

/// What is snoozed, by this store.
///
/// # Errors
/// When the store fails.
pub async fn snoozes_in(store: &dyn crate::ports::Store) -> Result<Snoozes, StoreError> {
    let note = store.note(SNOOZES).await?;
    Ok(note.and_then(|(note, _)| serde_json::from_value(note).ok()).unwrap_or_default())
}

impl Worker {
    pub(super) async fn snoozes(&self) -> Result<Snoozes, StoreError> {
        Ok(self.note::<Snoozes>(SNOOZES).await?.0)
    }

    /// Where an alert about a gateway is shown, if at all.
    pub(super) async fn shown_where(&self, gateway: &GatewayId) -> Result<Shown, StoreError> {
        let snoozes = self.snoozes().await?;
        Ok(match snoozes.of(gateway, self.tools.clock.now()) {
            Some(snooze) => Shown::Later(snooze.clone()),
            None => Shown::In(self.tools.scope.alert_channels(gateway)),
        })
    }

    pub(super) async fn snooze_command(
        &self,
        request: &Request,
        name: &str,
        length: Option<SnoozeFor>,
        from: &ReplyTo,
    ) -> Result<(), RouteError> {
        let gateway = match self.meant(Some(name)).await? {
            Ok(gateway) => gateway,
            Err(refusal) => return Ok(self.answer(from, &refusal).await?),
        };
        let policy = self.tools.rules.approval.of(&gateway);
        let from = self.with_groups(&policy, from.clone()).await?;
        if let Err(refusal) = policy.check_person(&from) {
            let card = say::snooze_refused(&gateway, &refusal);
            let event = Event::NotSnoozed { from: from.clone(), refusal };
            self.tell_open(&gateway, request, &event).await?;
            return Ok(self.answer(&from, &card).await?);
        }
        match length {
            Some(length) => self.begin_snooze(request, gateway, length, &from).await,
            None => self.end_snooze(request, &gateway, &from).await,
        }
    }

    async fn begin_snooze(
        &self,
        request: &Request,
        gateway: GatewayId,
        length: SnoozeFor,
        from: &ReplyTo,
    ) -> Result<(), RouteError> {
        let until = request.at.checked_add(length.duration()).unwrap_or(jiff::Timestamp::MAX);
        let snooze = Snooze { gateway, until, by: from.person.clone(), at: request.at };
        let now = self.tools.clock.now();
        self.change_note(SNOOZES, |snoozes: &mut Snoozes| *snoozes = snoozes.with(snooze.clone(), now))
            .await?;
        let event = Event::Snoozed { snooze: snooze.clone(), from: from.clone() };
        self.tell_open(&snooze.gateway, request, &event).await?;
        Ok(self.answer(from, &say::snoozed(&snooze)).await?)
    }

    async fn end_snooze(
        &self,
        request: &Request,
        gateway: &GatewayId,
        from: &ReplyTo,
    ) -> Result<(), RouteError> {
        let now = self.tools.clock.now();
        let there_was = self
            .change_note(SNOOZES, |snoozes: &mut Snoozes| {
                let there_was = snoozes.of(gateway, now).is_some();
                *snoozes = snoozes.without(gateway, now);
                there_was
            })
            .await?;
        let channels = self.tools.scope.alert_channels(gateway);
        let event = Event::Roused { by: Some(from.clone()), channels };
        // Whoever died between the two steps left an incident that waits for a snooze that is no more.
        let was_told = self.tell_quiet(gateway, request, &event, there_was).await?;
        let card = if there_was || was_told { say::snooze_ended(gateway) } else { say::not_snoozed(gateway) };
        Ok(self.answer(from, &card).await?)
    }

    /// Gives an event to the gateway's open incident, if it has one.
    async fn tell_open(
        &self,
        gateway: &GatewayId,
        request: &Request,
        event: &Event,
    ) -> Result<(), StoreError> {
        self.tell_quiet(gateway, request, event, true).await.map(drop)
    }

    /// The same where an incident waits for the end of a snooze, or in any case. Tells whether there was one.
    async fn tell_quiet(
        &self,
        gateway: &GatewayId,
        request: &Request,
        event: &Event,
        in_any_case: bool,
    ) -> Result<bool, StoreError> {
        let Some(open) = self.tools.store.open_for(gateway).await? else { return Ok(false) };
        let told = self.update(&open, |incident, now| {
            let is_meant = in_any_case || incident.waits_for_snooze();
            (incident.is_open() && is_meant)
                .then(|| incident.take(&request.id, event.clone(), &self.tools.rules, now))
        });
        Ok(told.await?.is_some())
    }

    /// Whether silence is over: it may have been made longer since the incident heard of it.
    pub(super) async fn rouse(&self, incident: &Incident) -> Event {
        let gateway = &incident.gateway;
        match self.shown_where(gateway).await {
            Ok(Shown::Later(snooze)) => Event::StillSnoozed { snooze },
            Ok(Shown::In(channels)) => Event::Roused { by: None, channels },
            Err(error) => {
                tracing::warn!(%error, incident = %incident.id, "whether the snooze is over was not read");
                self.backoff(6)
            }
        }
    }

    /// Nobody on call is called while the gateway is snoozed: somebody has seen it, and wants quiet about it.
    pub(super) async fn escalate(&self, incident: &Incident) -> Event {
        match self.snoozes().await {
            Ok(snoozes) => match snoozes.of(&incident.gateway, self.tools.clock.now()) {
                Some(snooze) => Event::Postponed { until: snooze.until },
                None => Event::Undecided,
            },
            Err(error) => {
                tracing::warn!(%error, incident = %incident.id, "whether it is snoozed was not read");
                self.backoff(6)
            }
        }
    }

    /// Notes which groups that may approve somebody is in: only their platform knows. It is not asked about who is on
    /// the list by themselves.
    pub(super) async fn with_groups(
        &self,
        policy: &Policy,
        mut from: ReplyTo,
    ) -> Result<ReplyTo, RouteError> {
        if let Some(chat) = self.chat(from.person.platform) {
            let groups: Vec<String> = policy.groups(from.person.platform).map(str::to_owned).collect();
            if !groups.is_empty() && !policy.lists(&from) {
                from.groups.extend(chat.groups_of(&from.person, &groups).await?);
            }
        }
        Ok(from)
    }
}
