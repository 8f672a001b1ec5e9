//! One moment: the document, what each worker has in hand, and the gateway.

use std::sync::OnceLock;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::super::world::{LEASE, World, channel};
use super::{TICK, person, rules};
use crate::approval::PlanRef;
use crate::card::Verb;
use crate::gateway::Gateway;
use crate::incident::{Effect, Event, Incident, Pending, State};
use crate::plan::{Plan, Prepared};
use crate::request::{ReplyTo, RequestId};
use crate::say;

/// How much of each there is.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bounds {
    pub(super) workers: usize,
    pub(super) crashes: u8,
    /// PUTs that are lost, refused or not answered.
    pub(super) faults: u8,
    /// Times that somebody takes the change back.
    pub(super) others: u8,
    /// Presses of Approve: by one approver, the other, the first again; and one by a stranger.
    pub(super) presses: usize,
    /// How often the platform delivers each.
    pub(super) deliveries: u8,
    /// Whether Azure heeds `If-Match` on a PUT.
    pub(super) heeds: bool,
}

/// How far a worker is with an effect.
#[derive(Debug, Clone, PartialEq)]
enum Phase {
    Claimed,
    /// It has read this version of the gateway, with the change in it or not.
    Read {
        version: u8,
        applied: bool,
    },
    /// The intent is saved.
    Intended {
        version: u8,
    },
    /// The gateway was read once more, and was still at this version.
    Sending {
        version: u8,
    },
    /// It knows what came of it.
    Done(Box<Event>),
}

#[derive(Debug, Clone)]
struct Hand {
    seen: Incident,
    pending: Pending,
    phase: Phase,
}

/// One moment.
#[derive(Debug, Clone)]
pub(super) struct Node {
    incident: Incident,
    now: Timestamp,
    hands: Vec<Option<Hand>>,
    left: Bounds,
    delivered: Vec<u8>,
    version: u8,
    applied: bool,
    /// For each approval, when it was given, and how many writes were made on it.
    approvals: Vec<(Timestamp, u8)>,
    /// A worker that does not ask what became of an earlier PUT.
    forgets: bool,
    pub(super) wrong: Option<String>,
    /// What led here from the moment before.
    pub(super) what: String,
}

/// What does not change: the gateway without and with the change.
struct Fixed {
    start: Node,
    documents: [Value; 2],
    diagnoses: [Event; 2],
}

fn fixed() -> &'static Fixed {
    static FIXED: OnceLock<Fixed> = OnceLock::new();
    FIXED.get_or_init(|| {
        let mut world = World::asked_by("CAROL");
        let rules = rules();
        let unwell = in_short(world.diagnosed());
        let mut incident = Incident::open(
            world.incident.id.clone(),
            world.incident.gateway.clone(),
            None,
            Vec::new(),
            world.now,
        );
        let claimed = incident.claim(world.now, LEASE);
        incident = incident.complete(&claimed[0], unwell.clone(), &rules, world.now);
        let State::Proposed(proposal) = &incident.state else { panic!("nothing is on offer") };
        let before = world.arm.clone();
        let after = proposal.plan.apply(&before).unwrap();
        world.arm = after.clone();
        let left =
            Bounds { workers: 0, crashes: 0, faults: 0, others: 0, presses: 0, deliveries: 0, heeds: false };
        let start = Node {
            incident,
            now: world.now,
            hands: Vec::new(),
            left,
            delivered: Vec::new(),
            version: 0,
            applied: false,
            approvals: Vec::new(),
            forgets: false,
            wrong: None,
            what: String::new(),
        };
        Fixed { start, documents: [before, after], diagnoses: [unwell, in_short(world.diagnosed())] }
    })
}

/// A diagnosis without what only people read: each document is copied and shown thousands of times.
fn in_short(event: Event) -> Event {
    let Event::Diagnosed(mut found) = event else { return event };
    found.findings.clear();
    found.paths.clear();
    found.gaps.clear();
    Event::Diagnosed(found)
}

/// The gateway in this version.
fn document(version: u8, applied: bool) -> Value {
    let mut document = fixed().documents[usize::from(applied)].clone();
    document["etag"] = json!(version);
    document
}

/// What the real plan says to the gateway with the change or without: whether it is still to be made.
fn is_ready(plan: &Plan, applied: bool) -> bool {
    static READY: OnceLock<[bool; 2]> = OnceLock::new();
    let ready = |applied| {
        let gateway = Gateway::parse(document(0, applied)).unwrap();
        match plan.prepare(&gateway) {
            Prepared::Ready { .. } => true,
            Prepared::AlreadyApplied => false,
            other => panic!("{other:?}"),
        }
    };
    READY.get_or_init(|| [ready(false), ready(true)])[usize::from(applied)]
}

impl Node {
    /// The plan is on offer.
    pub(super) fn start(bounds: Bounds) -> Self {
        let hands = vec![None; bounds.workers];
        Self { hands, left: bounds, delivered: vec![0; bounds.presses + 1], ..fixed().start.clone() }
    }

    /// With workers that do not ask what became of an earlier PUT.
    pub(super) fn forgetful(self) -> Self {
        Self { forgets: true, ..self }
    }

    /// All that can happen next.
    pub(super) fn successors(&self) -> Vec<Self> {
        let mut next: Vec<Self> = (0..self.delivered.len()).filter_map(|press| self.pressed(press)).collect();
        next.extend(self.taken_back());
        for worker in 0..self.hands.len() {
            next.extend(self.claimed(worker));
            next.extend(self.worked(worker));
            next.extend(self.crashed(worker));
        }
        next.extend(self.ticked());
        next
    }

    fn then(&self, what: impl Into<String>) -> Self {
        let mut next = self.clone();
        next.what = what.into();
        next
    }

    /// A press of Approve is delivered: again, it changes nothing.
    fn pressed(&self, press: usize) -> Option<Self> {
        if self.delivered[press] >= self.left.deliveries {
            return None;
        }
        let stranger = press + 1 == self.delivered.len();
        // After the offer a stranger's press is one of many that change nothing.
        if stranger && !matches!(self.incident.state, State::Proposed(_)) {
            return None;
        }
        let who = if stranger { "MALLORY" } else { ["ALEX", "BO", "ALEX"][press] };
        let mut next = self.then(format!("{who} presses"));
        next.delivered[press] += 1;
        let offer = match &self.incident.state {
            State::Proposed(proposal) => Some((proposal.plan.hash(), proposal.expires_at)),
            _ => None,
        };
        let plan = offer.as_ref().map_or(PlanRef::Unnamed, |(hash, _)| PlanRef::Hash(hash.clone()));
        let from = ReplyTo { person: person(who), channel: channel("C1"), url: None };
        let event = Event::Pressed { verb: Verb::Approve, plan, reason: None, from };
        let request = RequestId::of(&[&press.to_string()]);
        next.incident = next.incident.take(&request, event, &rules(), self.now);
        next.incident.drop_effects(|effect| matches!(effect, Effect::Reply { .. }));
        let approved = offer.is_some() && matches!(next.incident.state, State::Approved(_));
        let first = self.delivered[press] == 0;
        let may = first && !stranger && offer.is_some_and(|(_, until)| self.now < until);
        if approved != may {
            next.wrong = Some(format!("the press of {who} was taken the wrong way"));
        }
        if approved {
            next.approvals.push((self.now, 0));
        }
        Some(next)
    }

    /// Somebody takes the change back.
    fn taken_back(&self) -> Option<Self> {
        let mut next = (self.applied && self.left.others > 0).then(|| self.then("somebody takes it back"))?;
        next.left.others -= 1;
        next.applied = false;
        next.version += 1;
        Some(next)
    }

    fn claimed(&self, worker: usize) -> Option<Self> {
        if self.hands[worker].is_some() {
            return None;
        }
        let mut next = self.then(format!("worker {worker} claims"));
        let pending = next.incident.claim(self.now, LEASE).into_iter().next()?;
        let seen = next.incident.clone();
        next.hands[worker] = Some(Hand { seen, pending, phase: Phase::Claimed });
        Some(next)
    }

    fn crashed(&self, worker: usize) -> Option<Self> {
        let mut next = (self.left.crashes > 0 && self.hands[worker].is_some())
            .then(|| self.then(format!("worker {worker} dies")))?;
        next.left.crashes -= 1;
        next.hands[worker] = None;
        Some(next)
    }

    /// Time goes on, if there is something to wait for.
    fn ticked(&self) -> Option<Self> {
        let waits = self.incident.next_due().is_some_and(|due| due > self.now);
        let mut next = waits.then(|| self.then("a minute passes"))?;
        next.now = self.now + TICK;
        Some(next)
    }

    /// A worker goes on by one step, in every way that it can come out.
    fn worked(&self, worker: usize) -> Vec<Self> {
        let Some(hand) = &self.hands[worker] else { return Vec::new() };
        let on_its_way = matches!(hand.phase, Phase::Intended { .. } | Phase::Sending { .. });
        if !on_its_way && !self.incident.holds(&hand.pending) {
            return vec![self.overtaken(worker, hand)];
        }
        match &hand.phase {
            Phase::Claimed if hand.pending.effect == Effect::Apply => vec![self.read(worker, hand)],
            Phase::Claimed => vec![self.done(worker, self.outcome(hand))],
            Phase::Read { version, applied } => vec![self.decided(worker, hand, *version, *applied)],
            Phase::Intended { version } => vec![self.looked_again(worker, hand, *version)],
            Phase::Sending { version } if self.left.heeds && *version != self.version => {
                vec![self.done(worker, Event::NotWritten { until: self.now + TICK })]
            }
            Phase::Sending { .. } => self.sent(worker, hand),
            Phase::Done(event) => vec![self.noted(worker, hand, event)],
        }
    }

    fn at(&self, worker: usize, phase: Phase) -> Self {
        let mut next = self.then(format!("worker {worker}: {}", name(&phase)));
        if let Some(hand) = &mut next.hands[worker] {
            hand.phase = phase;
        }
        next
    }

    fn done(&self, worker: usize, event: Event) -> Self {
        self.at(worker, Phase::Done(Box::new(event)))
    }

    fn is_late(&self, hand: &Hand) -> bool {
        let approved = hand.seen.approved().map(|approved| approved.at());
        approved.is_none_or(|at| self.now.duration_since(at) > rules().timing.write_within)
    }

    fn read(&self, worker: usize, hand: &Hand) -> Self {
        if self.is_late(hand) {
            let trouble = Some("late".to_owned());
            return self.done(
                worker,
                match hand.seen.state {
                    State::Applying(_) => Event::OperationEnded { trouble },
                    _ => Event::GaveUp { why: "late".to_owned() },
                },
            );
        }
        self.at(worker, Phase::Read { version: self.version, applied: self.applied })
    }

    fn decided(&self, worker: usize, hand: &Hand, version: u8, applied: bool) -> Self {
        let Some(approved) = hand.seen.approved() else { return self.done(worker, Event::Said) };
        let fresh = document(version, applied);
        if !is_ready(approved.plan(), applied) {
            return self.done(worker, Event::InPlace);
        }
        if !self.forgets && matches!(&hand.seen.state, State::Applying(write) if write.is_outdated(&fresh)) {
            return self.done(worker, Event::Voided { why: say::noted::maybe_written() });
        }
        let intended = Event::Intended { before: Box::new(fresh) };
        let saved = self.incident.clone().checkpoint(&hand.pending, intended, &rules(), self.now, LEASE);
        let Some(saved) = saved else { return self.overtaken(worker, hand) };
        let mut next = self.at(worker, Phase::Intended { version });
        next.incident = saved;
        next
    }

    /// Whatever a worker has to note whose claim was lost changes nothing.
    fn overtaken(&self, worker: usize, hand: &Hand) -> Self {
        let mut next = self.then(format!("worker {worker} was overtaken"));
        next.hands[worker] = None;
        let event = match &hand.phase {
            Phase::Done(event) => (**event).clone(),
            _ => Event::Voided { why: "late".to_owned() },
        };
        next.incident = next.incident.complete(&hand.pending, event, &rules(), self.now);
        if next.incident != self.incident {
            next.wrong = Some("a worker that was overtaken has changed the incident".to_owned());
        }
        next
    }

    fn looked_again(&self, worker: usize, hand: &Hand, version: u8) -> Self {
        if self.version != version || self.is_late(hand) {
            return self.done(worker, Event::NotWritten { until: self.now });
        }
        self.at(worker, Phase::Sending { version })
    }

    /// The PUT, which may be lost, refused or not answered.
    fn sent(&self, worker: usize, hand: &Hand) -> Vec<Self> {
        let again = Event::Postponed { until: self.now + TICK };
        let taken = Event::PutAccepted { operation: None, correlation: None };
        let mut found = vec![self.written(worker, hand, taken, "taken")];
        if self.left.faults > 0 {
            let refused = Event::NotWritten { until: self.now + TICK };
            found.push(self.done(worker, again.clone()));
            found.push(self.done(worker, refused));
            found.push(self.written(worker, hand, again, "not answered"));
            found.iter_mut().skip(1).for_each(|next| next.left.faults -= 1);
        }
        found
    }

    fn written(&self, worker: usize, hand: &Hand, event: Event, how: &str) -> Self {
        let mut next = self.done(worker, event);
        next.what = format!("worker {worker}: the PUT is {how}");
        next.version += 1;
        let changes = !std::mem::replace(&mut next.applied, true);
        let at = hand.seen.approved().map(|approved| approved.at());
        match next.approvals.iter_mut().rev().find(|(given, _)| Some(*given) == at) {
            None => next.wrong = Some("written without an approval".to_owned()),
            Some((_, writes)) => *writes += u8::from(changes),
        }
        if next.approvals.iter().any(|(_, writes)| *writes > 1) {
            next.wrong = Some("written twice on one approval".to_owned());
        }
        next
    }

    /// What comes of the other effects.
    fn outcome(&self, hand: &Hand) -> Event {
        match (&hand.pending.effect, &hand.seen.state) {
            (Effect::Diagnose, _) => fixed().diagnoses[usize::from(self.applied)].clone(),
            (Effect::Expire, _) => Event::OfferEnded,
            (Effect::Close, _) => Event::Closed,
            (Effect::ReadBack, State::Applying(write)) => {
                let after = document(self.version, self.applied);
                let before = write.before.as_ref().unwrap_or(&after);
                Event::ReadBack(write.approved.plan().read_back(before, &after))
            }
            (Effect::Verify, _) => {
                Event::HealthRead { healthy: Ok(self.applied), paths: Vec::new(), visits: Vec::new() }
            }
            _ => Event::Said,
        }
    }

    fn noted(&self, worker: usize, hand: &Hand, event: &Event) -> Self {
        let mut next = self.then(format!("worker {worker} notes it"));
        next.hands[worker] = None;
        next.incident = next.incident.complete(&hand.pending, event.clone(), &rules(), self.now);
        next
    }

    pub(super) fn is_at_rest(&self) -> bool {
        let ended = !matches!(
            self.incident.state,
            State::Diagnosing
                | State::Superseded { .. }
                | State::Proposed(_)
                | State::Approved(_)
                | State::Applying(_)
                | State::Verifying(_)
        );
        ended && self.incident.next_due().is_none() && self.hands.iter().all(Option::is_none)
    }

    pub(super) fn writes(&self) -> u8 {
        self.approvals.iter().map(|(_, writes)| writes).sum()
    }

    pub(super) fn has_expired(&self) -> bool {
        matches!(self.incident.state, State::Expired { .. })
    }

    /// What tells this moment from others: not the way there, and no words.
    pub(super) fn brief(&self) -> String {
        let mut hands: Vec<String> = self.hands.iter().flatten().map(|hand| self.brief_of(hand)).collect();
        // One worker is as good as the other.
        hands.sort();
        let pending: Vec<String> = self
            .incident
            .pending()
            .iter()
            .map(|pending| {
                let claimed = pending.claimed_until.map(|until| minutes(until, self.now).max(0));
                let due = minutes(pending.due, self.now).max(0);
                format!("{:?} {due} {claimed:?}", pending.effect)
            })
            .collect();
        let approvals: Vec<_> =
            self.approvals.iter().map(|(at, writes)| (minutes(*at, self.now).max(-5), *writes)).collect();
        let Bounds { crashes, faults, others, .. } = self.left;
        let seen = &self.delivered;
        format!(
            "{} {pending:?} {hands:?} {crashes}{faults}{others} {seen:?} {}{} {approvals:?} {}",
            state(&self.incident, self.now),
            self.version,
            self.applied,
            self.incident.is_open(),
        )
    }

    fn brief_of(&self, hand: &Hand) -> String {
        let place = self.incident.pending().iter().position(|pending| pending.id == hand.pending.id);
        let held = self.incident.holds(&hand.pending);
        let phase = match &hand.phase {
            Phase::Intended { version } => format!("intended {version}"),
            Phase::Sending { version } => format!("sending {version}"),
            // Whatever it notes will not be taken.
            _ if !held => return "overtaken".to_owned(),
            Phase::Done(event) => name_of_event(event, self.now),
            other => format!("{other:?}"),
        };
        format!("{place:?} {held} {phase} {}", state(&hand.seen, self.now))
    }
}

fn minutes(at: Timestamp, now: Timestamp) -> i64 {
    at.duration_since(now).as_mins()
}

/// What of a state decides what comes next, its times counted from now.
fn state(incident: &Incident, now: Timestamp) -> String {
    let approved = incident.approved().map(|approved| minutes(approved.at(), now).max(-5));
    match &incident.state {
        State::Proposed(proposal) => format!("proposed {}", minutes(proposal.expires_at, now).max(0)),
        State::Applying(write) => {
            let etag = write.before.as_ref().map(|before| before["etag"].clone());
            format!("applying {approved:?} {etag:?} {} {:?}", write.unanswered, write.trouble)
        }
        State::Verifying(verification) => {
            format!("verifying {approved:?} {}", minutes(verification.until, now).max(0))
        }
        other => format!("{:?} {approved:?}", std::mem::discriminant(other)),
    }
}

fn name(phase: &Phase) -> String {
    match phase {
        Phase::Done(_) => "knows what came of it".to_owned(),
        other => format!("{other:?}"),
    }
}

fn name_of_event(event: &Event, now: Timestamp) -> String {
    match event {
        Event::Postponed { until } => format!("later {}", minutes(*until, now).max(0)),
        Event::NotWritten { until } => format!("not written {}", minutes(*until, now).max(0)),
        Event::ReadBack(read) => format!("read back {}", read.applied),
        Event::HealthRead { healthy, .. } => format!("health {healthy:?}"),
        Event::Diagnosed(found) => format!("diagnosed {:?}", found.overall),
        other => format!("{other:?}"),
    }
}
