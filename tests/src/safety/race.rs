//! One run: who does what next is drawn from the seed, until nothing is left to do.

mod events;

use std::collections::BTreeMap;
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex};
use std::task::Poll;
use std::time::Duration;

use domain::alert::Alert;
use domain::approval::{Approver, Policy};
use domain::command::Command;
use domain::incident::{IncidentId, OnCall, Rules, Timing};
use domain::plan::ProbeDefaults;
use domain::request::{Ask, Platform, ReplyTo, RequestId};
use domain::storm::StormRule;
use fastrand::Rng;
use handler::intake::Intake;
use handler::ports::{Clock, Store};
use handler::store::SqliteStore;
use handler::worker::{Destinations, Tools, Worker};
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use super::azure::{Azure, RaceArm};
use super::chat::{Everything, Nowhere, RaceChat, channel};
use super::judge::{Case, Sent};
use super::loom::{Life, Loom};
use super::people::{APPROVERS, Press, person};
use super::store::RaceStore;
use super::tally::Tally;
use super::watch::Watch;
use crate::{AlertBody, ManualClock};

/// More steps than any run has.
const STEPS_AT_MOST: u32 = 30_000;
/// A run that goes on for longer than this does not come to rest.
const LONGEST: SignedDuration = SignedDuration::from_hours(12);
/// How many wake-ups one worker handles at once here.
const AT_ONCE: usize = 3;
const LEASE: SignedDuration = SignedDuration::from_mins(2);

/// How everybody behaves. Numbers are chances for each step.
#[derive(Debug, Clone, Copy)]
pub struct Manners {
    /// A PUT of the bot runs into trouble.
    pub trouble: f64,
    /// A worker crashes.
    pub crash: f64,
    /// A worker stands still for minutes.
    pub stall: f64,
    /// Somebody writes right before a PUT of the bot, or right after it.
    pub meddle: f64,
    /// The bot's way to Azure replays an old body after 429 and 409, as the Azure CLI does. Nobody should.
    pub replay: bool,
}

impl Default for Manners {
    fn default() -> Self {
        Self { trouble: 0.5, crash: 0.004, stall: 0.003, meddle: 0.2, replay: false }
    }
}

/// What a run is to be like.
#[derive(Debug, Clone, Copy)]
pub struct Setup {
    /// Whatever is drawn is drawn from this.
    pub seed: u64,
    /// How everybody behaves.
    pub manners: Manners,
}

/// Something that happens at its time.
#[derive(Debug)]
enum Happening {
    Press(Press),
    Alert(bool),
    OtherReads(usize),
    OtherWrites { writer: usize, base: String, body: Value },
}

struct Task {
    life: Life,
    work: Pin<Box<dyn Future<Output = ()>>>,
}

struct Seat {
    life: Life,
    worker: Arc<Worker>,
}

pub(crate) struct Race {
    rng: Rng,
    heeds_if_match: bool,
    clock: Arc<ManualClock>,
    start: Timestamp,
    loom: Arc<Loom>,
    azure: Arc<Mutex<Azure>>,
    store: Arc<SqliteStore>,
    intake: Intake,
    watch: Arc<Watch>,
    posted: Arc<AtomicU64>,
    rules: Rules,
    manners: Manners,
    seats: Vec<Seat>,
    tasks: Vec<Task>,
    lives: usize,
    happenings: BTreeMap<(Timestamp, u64), Happening>,
    stalled: BTreeMap<Life, Timestamp>,
    sent: Vec<Sent>,
    requests: Vec<RequestId>,
    offers_seen: usize,
    reopened: BTreeMap<IncidentId, u32>,
    numbers: u64,
    tally: Tally,
}

impl Race {
    pub(crate) fn new(setup: Setup) -> Self {
        let Setup { seed, manners } = setup;
        let mut rng = Rng::with_seed(seed);
        let clock = Arc::new(ManualClock::default());
        let loom = Arc::<Loom>::default();
        let heeds_if_match = rng.bool();
        let azure = Azure::new(heeds_if_match, manners, Arc::clone(&clock), rng.fork());
        let store = Arc::new(SqliteStore::in_memory().unwrap());
        let time = Arc::clone(&clock) as Arc<dyn Clock>;
        let approvers = APPROVERS.map(|id| Approver::Person { platform: Platform::Slack, id: id.to_owned() });
        let approval =
            Policy { approvers: approvers.to_vec(), asker_may_approve: rng.bool(), ..Policy::default() };
        let mut race = Self {
            heeds_if_match,
            start: clock.now(),
            azure: Arc::new(Mutex::new(azure)),
            intake: Intake::new(Arc::clone(&store) as _, Arc::clone(&store) as _, time),
            watch: Arc::new(Watch::new(Arc::clone(&loom))),
            posted: Arc::default(),
            rules: Rules {
                approval: approval.into(),
                probe: ProbeDefaults::default(),
                timing: Timing::default(),
                oncall: OnCall::default(),
            },
            manners,
            seats: Vec::new(),
            tasks: Vec::new(),
            lives: 0,
            happenings: BTreeMap::new(),
            stalled: BTreeMap::new(),
            sent: Vec::new(),
            requests: Vec::new(),
            offers_seen: 0,
            reopened: BTreeMap::new(),
            numbers: 0,
            tally: Tally {
                runs: 1,
                seed,
                runs_if_match_heeded: u64::from(heeds_if_match),
                ..Tally::default()
            },
            rng,
            clock,
            loom,
            store,
        };
        for _ in 0..race.rng.usize(1..=2) {
            let seat = race.new_life();
            race.seats.push(seat);
        }
        race
    }

    /// Plays the run to its end, and counts.
    pub(crate) async fn play(mut self) -> Tally {
        self.begin().await;
        let mut came_to_rest = false;
        for _ in 0..STEPS_AT_MOST {
            self.happen().await;
            self.settle().await;
            self.look();
            self.disturb();
            if self.give_a_turn() || self.begin_work().await {
                continue;
            }
            if !self.pass_time().await {
                came_to_rest = true;
                break;
            }
            if self.clock.now().duration_since(self.start) > LONGEST {
                break;
            }
        }
        self.count(came_to_rest)
    }

    fn new_life(&mut self) -> Seat {
        self.lives += 1;
        let life = self.lives;
        let (loom, clock) = (Arc::clone(&self.loom), Arc::clone(&self.clock));
        let store = Arc::new(RaceStore {
            inner: Arc::clone(&self.store),
            loom: Arc::clone(&loom),
            watch: Arc::clone(&self.watch),
            life,
        });
        let azure = Arc::clone(&self.azure);
        let arm = RaceArm { azure, clock: Arc::clone(&clock), loom: Arc::clone(&loom), life };
        let chat = RaceChat { loom, life, posted: Arc::clone(&self.posted) };
        let worker = Worker::new(Tools {
            store: Arc::clone(&store) as _,
            wakeups: store,
            clock,
            arm: Arc::new(arm),
            site: Arc::new(Nowhere),
            chats: vec![Arc::new(chat)],
            rules: self.rules.clone(),
            scope: Box::new(Everything),
            destinations: Destinations::default(),
            storm: StormRule::default(),
            lease: LEASE,
            sweep_every: Duration::from_secs(60),
        });
        Seat { life, worker: Arc::new(worker) }
    }

    async fn begin(&mut self) {
        if self.rng.bool() {
            self.alert(true).await;
        } else {
            let from = ReplyTo::new(person(APPROVERS[1]), channel(), None);
            self.ask(&["asked"], Ask::Command { command: Command::Diagnose { gateway: None }, from }).await;
        }
        if self.rng.f64() < 0.2 {
            let wait = self.some_seconds(1800);
            let fired = self.rng.bool();
            self.at(wait, Happening::Alert(fired));
        }
        for writer in 0..self.rng.usize(0..=3) {
            for _ in 0..self.rng.usize(1..=4) {
                let wait = self.some_seconds(900);
                self.at(wait, Happening::OtherReads(writer));
            }
        }
    }

    fn some_seconds(&mut self, at_most: i64) -> SignedDuration {
        SignedDuration::from_millis(self.rng.i64(0..at_most * 1000))
    }

    fn at(&mut self, wait: SignedDuration, happening: Happening) {
        self.numbers += 1;
        self.happenings.insert((self.clock.now().checked_add(wait).unwrap(), self.numbers), happening);
    }

    async fn ask(&mut self, parts: &[&str], ask: Ask) {
        let id = RequestId::of(parts);
        self.intake.accept(id.clone(), ask).await.unwrap();
        self.requests.push(id);
    }

    async fn alert(&mut self, fired: bool) {
        use domain::alert::Condition::{Fired, Resolved};
        let id = self.azure.lock().unwrap().ledger.id().to_owned();
        let condition = if fired { Fired } else { Resolved };
        let body = AlertBody { condition, ..AlertBody::about(&id) }.json().to_string();
        self.numbers += 1;
        let number = self.numbers.to_string();
        self.ask(&["alert", &number], Ask::Alert(Alert::parse(body.as_bytes()).unwrap())).await;
    }

    /// Lets every life go on until it waits for a turn.
    async fn settle(&mut self) {
        let (loom, tasks) = (Arc::clone(&self.loom), &mut self.tasks);
        let settled = poll_fn(|context| {
            loop {
                let (before, count) = (loom.state(), tasks.len());
                tasks.retain_mut(|task| task.work.as_mut().poll(context).is_pending());
                let after = loom.state();
                if after.1 == before.1 && count == tasks.len() {
                    return if after.0 { Poll::Pending } else { Poll::Ready(()) };
                }
            }
        });
        tokio::task::unconstrained(settled).await;
    }

    fn is_stalled(&self, life: Life) -> bool {
        self.stalled.get(&life).is_some_and(|until| *until > self.clock.now())
    }

    /// Lets one of those who wait go on. Sometimes that takes a while.
    fn give_a_turn(&mut self) -> bool {
        let waiting = self.loom.waiting().into_iter().enumerate();
        let ready: Vec<usize> =
            waiting.filter(|(_, (life, _))| !self.is_stalled(*life)).map(|(nth, _)| nth).collect();
        if ready.is_empty() {
            return false;
        }
        if self.rng.f64() < 0.3 {
            self.clock.advance(SignedDuration::from_millis(self.rng.i64(1..800)));
        }
        self.loom.give(ready[self.rng.usize(0..ready.len())]);
        true
    }

    /// Lets a worker take what was woken.
    async fn begin_work(&mut self) -> bool {
        let due = self.store.next().await.unwrap();
        let free: Vec<usize> = (0..self.seats.len())
            .filter(|seat| {
                let life = self.seats[*seat].life;
                !self.is_stalled(life) && self.tasks.iter().filter(|task| task.life == life).count() < AT_ONCE
            })
            .collect();
        if due.is_none_or(|due| due > self.clock.now()) || free.is_empty() {
            return false;
        }
        let seat = free[self.rng.usize(0..free.len())];
        self.run(seat, false);
        true
    }

    fn run(&mut self, seat: usize, sweep: bool) {
        let Seat { life, worker } = &self.seats[seat];
        let worker = Arc::clone(worker);
        let work = Box::pin(async move {
            let _ = if sweep { worker.sweep().await } else { worker.run_due().await };
        });
        self.tasks.push(Task { life: *life, work });
    }

    /// Moves the clock to when something is to happen; false when nothing is.
    async fn pass_time(&mut self) -> bool {
        let now = self.clock.now();
        let woken = self.store.next().await.unwrap().filter(|due| *due > now);
        let happening = self.happenings.first_key_value().map(|((at, _), _)| *at);
        let stalled = self.stalled.values().copied().filter(|until| *until > now).min();
        let ends = self.azure.lock().unwrap().next_end();
        if let Some(next) = [woken, happening, stalled].into_iter().flatten().min() {
            self.clock.reach(ends.map_or(next, |end| end.min(next)));
            return true;
        }
        // What nobody was woken for, the sweep finds.
        let due = self.watch.latest().values().filter_map(|latest| latest.next_due).min();
        let forgotten = if due.is_none() { self.forgotten().await } else { None };
        let Some(due) = due.or(forgotten) else { return false };
        self.clock.reach(due);
        self.clock.advance(SignedDuration::from_secs(1));
        let seat = self.rng.usize(0..self.seats.len());
        self.run(seat, true);
        true
    }

    /// A time to look for a request that was not answered.
    async fn forgotten(&self) -> Option<Timestamp> {
        for id in &self.requests {
            if self.store.request(id).await.unwrap().is_some() {
                return Some(self.clock.now().checked_add(SignedDuration::from_secs(5)).unwrap());
            }
        }
        None
    }

    fn count(mut self, came_to_rest: bool) -> Tally {
        let azure = self.azure.lock().unwrap();
        let offers = self.watch.offers();
        let case = Case {
            azure: &azure,
            offers: &offers,
            sent: &self.sent,
            asker_may_approve: self.rules.approval.everywhere.asker_may_approve,
            heeds_if_match: self.heeds_if_match,
            write_within: self.rules.timing.write_within,
        };
        case.judge(&mut self.tally);
        self.tally.offers += offers.len() as u64;
        self.tally.faults.clone_from(&azure.troubles.0);
        for latest in self.watch.latest().values() {
            self.tally.incidents += 1;
            *self.tally.ends.entry(latest.state).or_default() += 1;
            let stuck = !latest.at_rest || latest.next_due.is_some() || !came_to_rest;
            self.tally.stuck_incidents += u64::from(stuck);
        }
        drop(azure);
        self.tally
    }
}
