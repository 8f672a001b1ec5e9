//! One moment: the document, what each worker has in hand, and the gateway.

mod brief;
mod worker;

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
use crate::request::{Press, ReplyTo, RequestId};

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
            State::Proposed(proposal) => Some((proposal.id.clone(), proposal.expires_at)),
            _ => None,
        };
        let plan = offer.as_ref().map_or(PlanRef::Unnamed, |(id, _)| PlanRef::Offer(id.clone()));
        let from = ReplyTo::new(person(who), channel("C1"), None);
        let event = Event::Pressed(Press::new(Verb::Approve, plan, from, self.now));
        let request = RequestId::of(&[&press.to_string()]);
        next.incident = next.incident.take(&request, event, &rules(), self.now);
        // What is said, and where, is no part of the search.
        next.incident.conversations.clear();
        next.incident.drop_effects(|effect| matches!(effect, Effect::Reply { .. } | Effect::Show { .. }));
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
}
