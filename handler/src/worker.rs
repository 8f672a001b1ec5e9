//! Does what is due: routes requests to incidents, and runs the effects that incidents ask for.
//!
//! Any number of workers may run. A worker claims effects by saving the document with its claim in it;
//! whoever saves first has them. Results go back as events, by compare-and-swap, onto whatever the document
//! is by then.

mod beside;
mod dead;
mod effects;
mod errand;
mod home;
mod notes;
mod progress;
mod route;
mod snooze;
mod storm;
mod survey;
mod tested;
mod timely;
mod turns;
mod watched;
mod write;

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use domain::incident::{Effect, Event, Incident, IncidentId, Pending, Rules};
use domain::request::Platform;
use domain::storm::StormRule;
use futures::future::{join_all, maybe_done};
use jiff::{SignedDuration, Timestamp};
use tokio::task::JoinSet;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use tracing::Instrument;

pub use self::dead::NotBuried;
use self::progress::Before;
pub use self::snooze::snoozes_in;
pub use self::survey::Destinations;
use self::timely::Timely;
use self::turns::Turns;
use self::watched::Watched;
use crate::investigate::Investigator;
use crate::ports::{Arm, Chat, Clock, Saved, Scope, Site, Store, StoreError, Version, Wake, Wakeups};
use crate::telemetry::{events, spans};

/// How often a document is loaded again when somebody else saved first.
const CONFLICTS_AT_MOST: usize = 100;

/// How many wake-ups are handled at once. Each holds a document in memory, and a storm may bring thousands.
const AT_ONCE: usize = 64;

/// How long what people see may hold up everything else, after a worker died.
const HEAD_START: Duration = Duration::from_secs(3);

/// What a worker has for itself.
struct Claimed {
    incident: Incident,
    pending: Vec<Pending>,
    /// Whether another worker had some of it before, and never said what came of it.
    after_death: bool,
}

/// What a worker works with.
pub struct Tools {
    /// Incidents and requests.
    pub store: Arc<dyn Store>,
    /// The queue.
    pub wakeups: Arc<dyn Wakeups>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Azure.
    pub arm: Arc<dyn Arm>,
    /// The public side of gateways.
    pub site: Arc<dyn Site>,
    /// The chat platforms that are connected.
    pub chats: Vec<Arc<dyn Chat>>,
    /// Policy and patience.
    pub rules: Rules,
    /// What the bot looks after.
    pub scope: Box<dyn Scope>,
    /// Where logs and alerts go.
    pub destinations: Destinations,
    /// When alerts share one message.
    pub storm: StormRule,
    /// How long a claim holds.
    pub lease: SignedDuration,
    /// How often the sweep looks for what was not woken.
    pub sweep_every: Duration,
}

/// Does what is due.
pub struct Worker {
    tools: Tools,
    investigator: Investigator,
    turns: Turns,
}

impl Worker {
    /// A worker with these tools.
    #[must_use]
    pub fn new(mut tools: Tools) -> Self {
        let timely = |chat| Arc::new(Watched(Arc::new(Timely(chat)))) as Arc<dyn Chat>;
        tools.chats = tools.chats.into_iter().map(timely).collect();
        let investigator = Investigator::new(
            Arc::clone(&tools.arm),
            Arc::clone(&tools.site),
            Arc::clone(&tools.clock),
            tools.rules.probe.clone(),
        );
        Self { tools, investigator, turns: Turns::default() }
    }

    /// Works until told to stop, then finishes what it has begun. A long reading keeps nobody waiting: each
    /// wake-up is handled on its own.
    pub async fn run(self: Arc<Self>, stop: CancellationToken) {
        let mut swept = tokio::time::Instant::now();
        let mut begun = JoinSet::new();
        self.swept().await;
        while !stop.is_cancelled() {
            match self.tools.wakeups.take(self.tools.clock.now()).await {
                Ok(wakes) => {
                    for wake in wakes {
                        if begun.len() >= AT_ONCE {
                            begun.join_next().await;
                        }
                        let worker = Arc::clone(&self);
                        begun.spawn(async move { worker.handled(&wake).await });
                    }
                }
                Err(error) => tracing::error!(%error, "the queue could not be read"),
            }
            while begun.try_join_next().is_some() {}
            if swept.elapsed() >= self.tools.sweep_every {
                swept = tokio::time::Instant::now();
                self.swept().await;
            }
            let until_sweep = self.tools.sweep_every.saturating_sub(swept.elapsed());
            tokio::select! {
                () = stop.cancelled() => {}
                () = self.tools.wakeups.wait(self.tools.clock.now(), until_sweep) => {}
            }
        }
        while begun.join_next().await.is_some() {}
    }

    /// Handles the wake-ups that are visible now, all at once, and tells how many there were.
    ///
    /// # Errors
    /// When the queue cannot be read. What a single wake-up runs into is logged and tried again.
    pub async fn run_due(&self) -> Result<usize, StoreError> {
        let wakes = self.tools.wakeups.take(self.tools.clock.now()).await?;
        join_all(wakes.iter().map(|wake| self.handled(wake))).await;
        Ok(wakes.len())
    }

    /// Wakes whatever is due and was not woken.
    ///
    /// # Errors
    /// When the store or the queue fails.
    pub async fn sweep(&self) -> Result<usize, StoreError> {
        let now = self.tools.clock.now();
        let due = self.tools.store.due(now).await?;
        for wake in &due {
            self.tools.wakeups.wake(wake, now).await?;
        }
        Ok(due.len())
    }

    /// Handles one wake-up. What its effects run into is noted in the incident and tried again from there.
    ///
    /// # Errors
    /// When the store or the queue fails. Nothing is lost: the sweep comes back to it.
    pub async fn handle(&self, wake: &Wake) -> Result<(), StoreError> {
        let start = tokio::time::Instant::now();
        let work = async {
            let result = match wake {
                Wake::Request(id) => Box::pin(self.route(id)).await,
                Wake::Incident(id) => Box::pin(self.work_on(id)).await,
            };
            events::woken(wake, start.elapsed(), &result);
            result
        };
        work.instrument(spans::wake_up(wake)).await
    }

    async fn handled(&self, wake: &Wake) {
        if let Err(error) = self.handle(wake).await {
            tracing::error!(%error, %wake, "a wake-up was not handled; the sweep will come back to it");
        }
    }

    async fn swept(&self) {
        if let Err(error) = self.sweep().await {
            tracing::error!(%error, "the sweep failed");
        }
    }

    /// Claims what is due on an incident and does it.
    async fn work_on(&self, id: &IncidentId) -> Result<(), StoreError> {
        let Some(Claimed { incident, pending, after_death }) = self.claim(id).await? else { return Ok(()) };
        let perform = |these: Vec<Pending>| {
            let incident = &incident;
            let turns = in_turns(these).into_iter();
            async move { join_all(turns.map(|some| self.perform_in_turn(incident, some))).await }
        };
        if !after_death {
            perform(pending).await;
            return Ok(());
        }
        // Whoever was here before may have died of one of these. What people see is noted before anything else
        // is begun, lest each of several lives posts it anew; but a platform that is slow holds nothing up.
        let (shows, rest): (Vec<_>, Vec<_>) = pending
            .into_iter()
            .partition(|one| matches!(one.effect, Effect::Show { .. } | Effect::List { .. }));
        let mut shows = pin!(maybe_done(perform(shows)));
        let _ = timeout(HEAD_START, shows.as_mut()).await;
        futures::join!(shows, perform(rest));
        Ok(())
    }

    async fn claim(&self, id: &IncidentId) -> Result<Option<Claimed>, StoreError> {
        let _turn = self.turns.of(id.as_str()).await;
        for _ in 0..CONFLICTS_AT_MOST {
            let Some((mut incident, version)) = self.tools.store.load(id).await? else { return Ok(None) };
            let now = self.tools.clock.now();
            let after_death = incident.was_left(now);
            let pending = incident.claim(now, self.tools.lease);
            if pending.is_empty() {
                self.wake_next(&incident).await?;
                return Ok(None);
            }
            if self.tools.store.save(&incident, version).await? == Saved::Yes {
                return Ok(Some(Claimed { incident, pending, after_death }));
            }
        }
        Err(contended())
    }

    /// Performs one after the other. What was waited for so long that its claim may be lost is left to others.
    async fn perform_in_turn(&self, incident: &Incident, turn: Vec<Pending>) {
        let (begun, short) = (tokio::time::Instant::now(), self.third_of_lease());
        for pending in &turn {
            if begun.elapsed() < short || self.renew(incident, pending).await {
                self.perform_and_note(incident, pending).await;
            }
        }
    }

    fn third_of_lease(&self) -> Duration {
        Duration::try_from(self.tools.lease).unwrap_or_default() / 3
    }

    async fn perform_and_note(&self, incident: &Incident, pending: &Pending) {
        let span = spans::effect(incident, &pending.effect, pending.attempts);
        self.note_what_comes(incident, pending).instrument(span).await;
    }

    async fn note_what_comes(&self, incident: &Incident, pending: &Pending) {
        let Some(event) = self.perform_holding(incident, pending).await else { return };
        let noted = self
            .update(&incident.id, |incident, now| {
                Some(incident.complete(pending, event.clone(), &self.tools.rules, now))
            })
            .await;
        if let Err(error) = noted {
            tracing::error!(%error, incident = %incident.id, "a result was not noted; the effect will be repeated");
        }
    }

    /// Runs an effect and renews the claim as long as it takes: a reading may last longer than a lease.
    async fn perform_holding(&self, incident: &Incident, pending: &Pending) -> Option<Event> {
        let pause = self.third_of_lease();
        let mut work = std::pin::pin!(self.perform(incident, pending));
        loop {
            tokio::select! {
                event = &mut work => return event,
                () = tokio::time::sleep(pause) => {
                    self.renew(incident, pending).await;
                }
            }
        }
    }

    /// Lengthens a claim, and tells whether it is still there.
    async fn renew(&self, incident: &Incident, pending: &Pending) -> bool {
        let lease = self.tools.lease;
        let renewed = self.update(&incident.id, |incident, now| incident.renewed(pending, now, lease)).await;
        renewed.map_or_else(
            |error| {
                tracing::warn!(%error, incident = %incident.id, "a claim was not renewed");
                false
            },
            |renewed| renewed.is_some(),
        )
    }

    /// Changes an incident by compare-and-swap. `None` from `change` leaves it as it is.
    async fn update(
        &self,
        id: &IncidentId,
        change: impl Fn(Incident, Timestamp) -> Option<Incident>,
    ) -> Result<Option<Incident>, StoreError> {
        self.update_loaded(id, None, change).await
    }

    /// The same where it was loaded a moment ago.
    async fn update_loaded(
        &self,
        id: &IncidentId,
        loaded: Option<(Incident, Version)>,
        change: impl Fn(Incident, Timestamp) -> Option<Incident>,
    ) -> Result<Option<Incident>, StoreError> {
        self.take_step(id, loaded, change).instrument(spans::step(id)).await
    }

    async fn take_step(
        &self,
        id: &IncidentId,
        mut loaded: Option<(Incident, Version)>,
        change: impl Fn(Incident, Timestamp) -> Option<Incident>,
    ) -> Result<Option<Incident>, StoreError> {
        let _turn = self.turns.of(id.as_str()).await;
        for _ in 0..CONFLICTS_AT_MOST {
            let found = match loaded.take() {
                Some(found) => Some(found),
                None => self.tools.store.load(id).await?,
            };
            let Some((incident, version)) = found else { return Ok(None) };
            let (before, now) = (Before::of(&incident), self.tools.clock.now());
            let Some(changed) = change(incident, now) else { return Ok(None) };
            if self.tools.store.save(&changed, version).await? == Saved::Yes {
                before.tell(&changed, now);
                self.wake_next(&changed).await?;
                return Ok(Some(changed));
            }
        }
        Err(contended())
    }

    async fn wake_next(&self, incident: &Incident) -> Result<(), StoreError> {
        match incident.next_due() {
            Some(due) => self.tools.wakeups.wake(&Wake::Incident(incident.id.clone()), due).await,
            None => Ok(()),
        }
    }

    fn chat(&self, platform: Platform) -> Option<&dyn Chat> {
        self.tools.chats.iter().find(|chat| chat.platform() == platform).map(AsRef::as_ref)
    }

    /// When to try something again that failed `attempts` times: 1 s, 2 s, 4 s … up to a minute.
    fn backoff(&self, attempts: u32) -> Event {
        let seconds = 1i64 << attempts.saturating_sub(1).min(6);
        self.later(SignedDuration::from_secs(seconds.min(60)))
    }

    fn later(&self, wait: SignedDuration) -> Event {
        Event::Postponed { until: self.tools.clock.now().checked_add(wait).unwrap_or(Timestamp::MAX) }
    }
}

/// What may be done at once, and what in turn: a thread is read from top to bottom.
fn in_turns(pending: Vec<Pending>) -> Vec<Vec<Pending>> {
    let mut turns: Vec<Vec<Pending>> = Vec::new();
    for one in pending {
        let thread = |other: &Pending| match (&one.effect, &other.effect) {
            (Effect::Thread { channel: here, .. }, Effect::Thread { channel: there, .. }) => here == there,
            _ => false,
        };
        match turns.iter_mut().find(|turn| turn.first().is_some_and(thread)) {
            Some(turn) => turn.push(one),
            None => turns.push(vec![one]),
        }
    }
    turns
}

fn contended() -> StoreError {
    StoreError { doing: "change an incident that many change at once", source: "too many conflicts".into() }
}
