//! Finds the incident that a request is about, or answers it on the spot.

use domain::again;
use domain::alert::{Alert, Condition};
use domain::approval::PlanRef;
use domain::card::{Card, Verb};
use domain::command::{self, Command};
use domain::health::Symptom;
use domain::id::GatewayId;
use domain::incident::{Errand, Event, Incident, IncidentId, Shown};
use domain::request::{Ask, Channel, Click, Person, Press, ReplyTo, Request, RequestId};
use domain::say;
use futures::future::join_all;
use tracing::Instrument;

use super::Worker;
use super::effects::ANSWERS_FOR;
use crate::ports::{ArmError, ChatError, Opened, StoreError, Wake};
use crate::telemetry::{events, spans};

/// How often a request is tried before the person is told that it failed, where it is not the person's platform that
/// fails.
const TRIES: u32 = 5;

/// Why a request was not routed.
#[derive(Debug, thiserror::Error)]
pub(super) enum RouteError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Arm(#[from] ArmError),
    #[error(transparent)]
    Chat(#[from] ChatError),
}

impl Worker {
    /// Routes a request that was kept. One that fails is tried again, and in the end answered with why.
    pub(super) async fn route(&self, id: &RequestId) -> Result<(), StoreError> {
        let Some(request) = self.tools.store.request(id).await? else { return Ok(()) };
        events::taken_up(&request, self.tools.clock.now());
        let span = spans::route(&request);
        self.route_kept(&request).instrument(span).await
    }

    async fn route_kept(&self, request: &Request) -> Result<(), StoreError> {
        let routed = match &request.ask {
            Ask::Alert(alert) => self.alerted(request, alert).await,
            Ask::TestAlert { test, channel } => self.tested(request, test, channel.as_ref()).await,
            Ask::Command { command, from } => self.commanded(request, command, from).await,
            Ask::Typed { text, from } => self.typed(request, text, from).await,
            Ask::Click { click, from, reason } => self.clicked(request, click, from, reason.as_deref()).await,
            Ask::Home { person } => self.home(person).await,
        };
        match routed {
            Ok(()) => {
                self.refresh_home(&request.ask).await;
                self.tools.store.finish_request(&request.id).await
            }
            Err(error) => self.not_routed(request, &error).await,
        }
    }

    async fn not_routed(&self, request: &Request, error: &RouteError) -> Result<(), StoreError> {
        tracing::warn!(%error, request = %request.id, "a request was not routed");
        let now = self.tools.clock.now();
        let waited = now.duration_since(request.at);
        let wait = match error {
            RouteError::Chat(ChatError::Throttled { retry_after_s, .. }) => {
                again::as_asked(request.id.as_str(), *retry_after_s, 0)
            }
            _ => again::after_waiting(request.id.as_str(), waited),
        };
        let again = now.checked_add(wait).unwrap_or(request.at);
        let failures = self.tools.store.postpone_request(&request.id, again).await?;
        let is_tried_again = match error {
            RouteError::Chat(error) => !error.is_final() && waited < ANSWERS_FOR,
            RouteError::Store(_) | RouteError::Arm(_) => failures < TRIES,
        };
        if is_tried_again {
            return self.tools.wakeups.wake(&Wake::Request(request.id.clone()), again).await;
        }
        tracing::error!(%error, request = %request.id, "gave up on a request");
        self.tell_failure(request, error).await;
        self.tools.store.finish_request(&request.id).await
    }

    /// Says that a request failed where a person sees it: to who asked, or in the channels of its gateways.
    async fn tell_failure(&self, request: &Request, error: &RouteError) {
        let card = say::gave_up(&error.to_string());
        let told = match &request.ask {
            Ask::Command { from, .. } | Ask::Typed { from, .. } | Ask::Click { from, .. } => {
                self.answer(from, &card).await
            }
            Ask::Alert(alert) => self.post_about(alert, &card).await,
            Ask::TestAlert { .. } | Ask::Home { .. } => Ok(()),
        };
        if let Err(error) = told {
            tracing::error!(%error, "nobody could be told");
        }
    }

    /// Where one platform cannot be reached, the others are told all the same.
    async fn post_about(&self, alert: &Alert, card: &Card) -> Result<(), ChatError> {
        let mut channels: Vec<Channel> = Vec::new();
        for channel in alert.gateways.iter().flat_map(|id| self.tools.scope.alert_channels(id)) {
            if !channels.contains(&channel) {
                channels.push(channel);
            }
        }
        let posts = channels.iter().filter_map(|channel| {
            let chat = self.chat(channel.platform)?;
            Some(async move { chat.post(channel, card).await })
        });
        join_all(posts).await.into_iter().collect::<Result<Vec<_>, _>>().map(drop)
    }

    pub(super) async fn answer(&self, to: &ReplyTo, card: &Card) -> Result<(), ChatError> {
        match self.chat(to.channel.platform) {
            Some(chat) => chat.reply(to, card).await,
            None => Ok(()),
        }
    }

    async fn alerted(&self, request: &Request, alert: &Alert) -> Result<(), RouteError> {
        for (gateway, fingerprint) in alert.fingerprints() {
            if !self.tools.scope.covers(&gateway) {
                tracing::warn!(%gateway, rule = alert.rule, "an alert about a gateway out of scope (azure.gateways, azure.subscriptions) is left alone");
                continue;
            }
            let shown = self.shown_where(&gateway).await?;
            let event = Event::Alerted {
                fingerprint,
                rule: alert.rule.clone(),
                severity: alert.severity.clone(),
                summary: alert.summary.clone(),
                condition: alert.condition,
                shown: shown.clone(),
            };
            // One alert may name several gateways: each has its own mark of the request.
            let mark = RequestId::of(&[request.id.as_str(), &gateway.as_str().to_ascii_lowercase()]);
            if alert.condition == Condition::Resolved && self.tools.store.open_for(&gateway).await?.is_none()
            {
                continue;
            }
            let channels = match shown {
                Shown::In(channels) => channels,
                Shown::Later(_) => self.tools.scope.alert_channels(&gateway),
            };
            if channels.is_empty() {
                tracing::error!(%gateway, rule = alert.rule, "an alert has no channel to be shown in: list alert_channels in agw.toml");
            }
            self.deliver(&gateway, &mark, None, channels, &event).await?;
        }
        Ok(())
    }

    /// Gives an event to the gateway's open incident, or opens one.
    async fn deliver(
        &self,
        gateway: &GatewayId,
        request: &RequestId,
        asked_by: Option<&Person>,
        channels: Vec<Channel>,
        event: &Event,
    ) -> Result<(), RouteError> {
        spans::about_gateway(gateway);
        let fresh_trouble = !matches!(event, Event::Alerted { condition: Condition::Resolved, .. });
        if fresh_trouble {
            self.close_what_is_over(gateway, request).await?;
        }
        for attempt in 0.. {
            if let Some(open) = self.tools.store.open_for(gateway).await? {
                if self.give_if_open(&open, request, event).await? {
                    spans::about(&open);
                    break;
                }
                // It closed in this moment.
                continue;
            }
            let id = IncidentId::of(request, attempt);
            let now = self.tools.clock.now();
            let mut incident = match event {
                Event::Alerted { shown: Shown::Later(snooze), .. } => {
                    Incident::open_snoozed(id, gateway.clone(), snooze, now)
                }
                _ => Incident::open(id, gateway.clone(), asked_by.cloned(), channels.clone(), now),
            };
            incident = match event {
                // Whoever opens an incident has asked already: its first diagnosis is on its way.
                Event::Asked { .. } => incident.remember(request),
                _ => incident.take(request, event.clone(), &self.tools.rules, now),
            };
            match self.tools.store.open(&incident).await? {
                Opened::New => {
                    spans::about(&incident.id);
                    events::opened(&incident);
                    self.tools.wakeups.wake(&Wake::Incident(incident.id.clone()), now).await?;
                    break;
                }
                Opened::IdTaken if self.was_opened_by(&incident.id, request).await? => break,
                Opened::Joined(_) | Opened::IdTaken => {}
            }
        }
        Ok(())
    }

    /// Whether a redelivered request opened this incident before.
    pub(super) async fn was_opened_by(
        &self,
        id: &IncidentId,
        request: &RequestId,
    ) -> Result<bool, StoreError> {
        Ok(self.tools.store.load(id).await?.is_some_and(|(incident, _)| incident.seen.contains(request)))
    }

    /// Makes room for a new incident when the open one is over, unless it knows this request.
    pub(super) async fn close_what_is_over(
        &self,
        gateway: &GatewayId,
        request: &RequestId,
    ) -> Result<(), StoreError> {
        let Some(open) = self.tools.store.open_for(gateway).await? else { return Ok(()) };
        self.update(&open, |incident, now| {
            let over = incident.is_over() && !incident.seen.contains(request);
            over.then(|| domain::incident::step(incident, Event::Closed, &self.tools.rules, now))
        })
        .await?;
        Ok(())
    }

    /// Gives an event to an incident that is still open, and tells whether it was.
    async fn give_if_open(
        &self,
        id: &IncidentId,
        request: &RequestId,
        event: &Event,
    ) -> Result<bool, StoreError> {
        let given = self.update(id, |incident, now| {
            incident.is_open().then(|| incident.take(request, event.clone(), &self.tools.rules, now))
        });
        Ok(given.await?.is_some())
    }

    async fn commanded(
        &self,
        request: &Request,
        command: &Command,
        from: &ReplyTo,
    ) -> Result<(), RouteError> {
        let press = |verb, plan| Press::new(verb, plan, from.clone(), request.at);
        match command {
            Command::Diagnose { gateway } => {
                return self.diagnose_command(request, gateway.as_deref(), from).await;
            }
            Command::Snooze { gateway, length } => {
                return self.snooze_command(request, gateway, *length, from).await;
            }
            Command::Logs { gateway } => {
                return self.errand_command(request, command, gateway.as_deref(), Errand::Logs, from).await;
            }
            Command::Watch { gateway } => {
                return self.errand_command(request, command, gateway.as_deref(), Errand::Alerts, from).await;
            }
            Command::Approve { incident, code } => {
                let plan = code.clone().map_or(PlanRef::Unnamed, PlanRef::Code);
                return self.press(request, incident, press(Verb::Approve, plan)).await;
            }
            Command::Reject { incident, reason } => {
                let press = press(Verb::Reject, PlanRef::Unnamed).because(reason.clone());
                return self.press(request, incident, press).await;
            }
            Command::Recheck { incident } => {
                return self.press(request, incident, press(Verb::Recheck, PlanRef::Unnamed)).await;
            }
            Command::Undo { incident, reason } => {
                let press = press(Verb::Undo, PlanRef::Unnamed).because(reason.clone());
                return self.press(request, incident, press).await;
            }
            _ => {}
        }
        let card = self.tell(command).await?;
        Ok(self.answer(from, &card).await?)
    }

    /// What is no command is answered with what to type instead. A newer version of the bot may know it by now.
    async fn typed(&self, request: &Request, text: &str, from: &ReplyTo) -> Result<(), RouteError> {
        match command::parse(text) {
            Ok(command) => self.commanded(request, &command, from).await,
            Err(error) => Ok(self.answer(from, &say::not_understood(&error)).await?),
        }
    }

    /// The answer to a command that only asks.
    async fn tell(&self, command: &Command) -> Result<Card, RouteError> {
        Ok(match command {
            Command::List => {
                let now = self.tools.clock.now();
                let (open, dead, snoozes) = futures::try_join!(
                    self.tools.store.open_incidents(),
                    self.tools.store.dead_letters(now),
                    self.snoozes()
                )?;
                say::list(&open, &dead, &snoozes.going(now))
            }
            Command::Status { gateway } => {
                let known = self.known().await?;
                let wanted: Vec<GatewayId> = match gateway {
                    Some(name) => known.iter().filter(|id| is_called(id, name)).cloned().collect(),
                    None => known.clone(),
                };
                match gateway {
                    Some(name) if wanted.is_empty() => say::gateway_not_found(name, &known),
                    _ => {
                        let (open, snoozes) =
                            futures::try_join!(self.tools.store.open_incidents(), self.snoozes())?;
                        say::status(&wanted, &open, &snoozes.going(self.tools.clock.now()))
                    }
                }
            }
            Command::Show { incident } => match self.find(incident).await? {
                Some(found) => say::incident(&found),
                None => say::incident_not_found(incident),
            },
            Command::Audit { incident } => match self.find(incident).await? {
                Some(found) => {
                    say::trail(&found.id, &found.gateway, &self.tools.store.trail(&found.id).await?)
                }
                None => say::incident_not_found(incident),
            },
            Command::Code { incident } => match self.find(incident).await? {
                Some(found) => say::code(&found).unwrap_or_else(|| say::no_code(&found)),
                None => say::incident_not_found(incident),
            },
            Command::Explain { text } => say::explained(&Symptom::read(text)),
            Command::Help { topic } => say::help(topic.as_deref()),
            _ => say::help(None),
        })
    }

    /// The gateways that the bot looks after.
    pub(super) async fn known(&self) -> Result<Vec<GatewayId>, ArmError> {
        let mut known = self.tools.arm.gateways().await?;
        known.retain(|id| self.tools.scope.covers(id));
        Ok(known)
    }

    async fn find(&self, id: &str) -> Result<Option<Incident>, StoreError> {
        match IncidentId::parse(id) {
            Ok(id) => Ok(self.tools.store.load(&id).await?.map(|(incident, _)| incident)),
            Err(_) => Ok(None),
        }
    }

    async fn diagnose_command(
        &self,
        request: &Request,
        name: Option<&str>,
        from: &ReplyTo,
    ) -> Result<(), RouteError> {
        match self.meant(name).await? {
            Ok(only) => {
                let event = Event::Asked { from: from.clone() };
                let channels = vec![from.channel.clone()];
                self.deliver(&only, &request.id, Some(&from.person), channels, &event).await
            }
            Err(refusal) => Ok(self.answer(from, &refusal).await?),
        }
    }

    /// The gateway that a name means, or what to say if that is not clear.
    pub(super) async fn meant(&self, name: Option<&str>) -> Result<Result<GatewayId, Card>, ArmError> {
        let known = self.known().await?;
        let mut named = known.iter().filter(|id| name.is_none_or(|name| is_called(id, name)));
        Ok(match (named.next(), named.next(), name) {
            (Some(only), None, _) => Ok(only.clone()),
            (None, ..) if known.is_empty() => Err(say::no_gateways()),
            (None, _, Some(name)) => Err(say::gateway_not_found(name, &known)),
            _ => Err(say::ambiguous_gateway(&known)),
        })
    }

    async fn press(&self, request: &Request, id: &str, mut press: Press) -> Result<(), RouteError> {
        let found = match IncidentId::parse(id) {
            Ok(id) => self.tools.store.load(&id).await?,
            Err(_) => None,
        };
        let Some((incident, version)) = found else {
            return Ok(self.answer(&press.from, &say::incident_not_found(id)).await?);
        };
        // It is not asked about what anybody may do.
        if press.verb != Verb::Recheck {
            let policy = self.tools.rules.approval.of(&incident.gateway);
            press.from = self.with_groups(&policy, press.from).await?;
        }
        let (id, event) = (incident.id.clone(), Event::Pressed(press));
        spans::about(&id);
        let given = self.update_loaded(&id, Some((incident, version)), |incident, now| {
            Some(incident.take(&request.id, event.clone(), &self.tools.rules, now))
        });
        given.await?;
        Ok(())
    }

    async fn clicked(
        &self,
        request: &Request,
        click: &Click,
        from: &ReplyTo,
        reason: Option<&str>,
    ) -> Result<(), RouteError> {
        let plan = click.offer.clone().map_or(PlanRef::Unnamed, PlanRef::Offer);
        let press = Press::new(click.verb, plan, from.clone(), request.at).because(reason.map(str::to_owned));
        self.press(request, click.incident.as_str(), press).await
    }
}

/// Whether a gateway goes by this name, or is meant by this id.
fn is_called(id: &GatewayId, name: &str) -> bool {
    id.name().as_str().eq_ignore_ascii_case(name) || id.as_str().eq_ignore_ascii_case(name)
}
