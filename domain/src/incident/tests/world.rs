//! A gateway, a chat and a worker, as small as they can be.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::alert::{Condition, Fingerprint};
use crate::approval::{Approver, OfferId, PlanRef, Policy, Proposal};
use crate::card::{Card, Verb};
use crate::diagnosis::{diagnose, paths};
use crate::evidence::fixture::{health, log_of};
use crate::evidence::{Evidence, Reading};
use crate::gateway::Gateway;
use crate::gateway::fixture::shop;
use crate::health::BackendHealth;
use crate::id::Name;
use crate::incident::{
    Effect, Event, Incident, IncidentId, MessageRef, OnCall, Pending, Rules, Shown, State, Timing,
};
use crate::plan::{Prepared, ProbeDefaults};
use crate::request::{Channel, Person, Platform, Press, ReplyTo, RequestId};
use crate::say;

pub(super) const LEASE: SignedDuration = SignedDuration::from_mins(2);

/// Everything that an incident meets.
pub(super) struct World {
    pub(super) incident: Incident,
    pub(super) now: Timestamp,
    pub(super) rules: Rules,
    /// The gateway as ARM has it.
    pub(super) arm: Value,
    /// What the servers answer to the path that the probe asks for; `/healthz` answers 200.
    pub(super) root: u16,
    pub(super) healthz: u16,
    /// How the next operation fails, and whether the change is in place nevertheless.
    pub(super) trouble: Option<(String, bool)>,
    /// Whether health can be read.
    pub(super) readable: bool,
    /// How many PUTs were sent.
    pub(super) puts: usize,
    /// What a channel shows.
    pub(super) shown: Vec<(MessageRef, Card)>,
    pub(super) replies: Vec<Card>,
    pub(super) threads: Vec<Card>,
    /// Channels that cannot be written to.
    pub(super) out_of_reach: Vec<Channel>,
    requests: u32,
    posted: u32,
}

pub(super) fn person(id: &str) -> Person {
    Person { platform: Platform::Slack, id: id.to_owned(), name: Some(id.to_lowercase()) }
}

pub(super) fn channel(id: &str) -> Channel {
    Channel { platform: Platform::Slack, id: id.to_owned() }
}

pub(super) fn from(id: &str) -> ReplyTo {
    ReplyTo::new(person(id), channel("C1"), None)
}

pub(super) fn rules() -> Rules {
    let approvers =
        ["ALEX", "BO"].map(|id| Approver::Person { platform: Platform::Slack, id: id.to_owned() });
    let approval = Policy { approvers: approvers.to_vec(), ..Policy::default() };
    Rules {
        approval: approval.into(),
        probe: ProbeDefaults::default(),
        timing: Timing::default(),
        oncall: OnCall::default(),
    }
}

impl World {
    /// Somebody asked about a shop whose root path answers 403.
    pub(super) fn asked_by(who: &str) -> Self {
        Self::new(Some(person(who)))
    }

    /// An alert fired about it.
    pub(super) fn alerted() -> Self {
        let mut world = Self::new(None);
        world.alert("unhealthy-hosts", Condition::Fired);
        world
    }

    fn new(asked_by: Option<Person>) -> Self {
        let now = "2026-11-22T03:04:05Z".parse().unwrap();
        let id = IncidentId::parse("INC-7K2F").unwrap();
        let gateway = Gateway::parse(shop()).unwrap().id().clone();
        let incident = Incident::open(id, gateway, asked_by, vec![channel("C1")], now);
        Self {
            incident,
            now,
            rules: rules(),
            arm: shop(),
            root: 403,
            healthz: 200,
            trouble: None,
            readable: true,
            puts: 0,
            shown: Vec::new(),
            replies: Vec::new(),
            threads: Vec::new(),
            out_of_reach: Vec::new(),
            requests: 0,
            posted: 0,
        }
    }

    /// Somebody, or Azure Monitor, wants something.
    pub(super) fn take(&mut self, event: Event) {
        self.requests += 1;
        let request = RequestId::of(&[&self.requests.to_string()]);
        self.incident = self.incident.clone().take(&request, event, &self.rules, self.now);
    }

    pub(super) fn alert(&mut self, rule: &str, condition: Condition) {
        let fingerprint: Fingerprint = serde_json::from_value(json!(rule)).unwrap();
        self.take(Event::Alerted {
            fingerprint,
            rule: rule.to_owned(),
            severity: "Sev1".to_owned(),
            summary: "UnhealthyHostCount 2 > 0".to_owned(),
            condition,
            shown: Shown::In(Vec::new()),
        });
    }

    pub(super) fn ask(&mut self, who: &str, at: &str) {
        self.take(Event::Asked { from: ReplyTo { channel: channel(at), ..from(who) } });
    }

    pub(super) fn press(&mut self, verb: Verb, who: &str, plan: PlanRef) {
        self.press_of(from(who), verb, plan);
    }

    pub(super) fn press_of(&mut self, from: ReplyTo, verb: Verb, plan: PlanRef) {
        self.take(Event::Pressed(Press::new(verb, plan, from, self.now)));
    }

    /// The approver presses the button on the message as it is now.
    pub(super) fn approve(&mut self, who: &str) {
        let hash = self.offered();
        self.press(Verb::Approve, who, PlanRef::Offer(hash));
    }

    pub(super) fn offered(&self) -> OfferId {
        self.offer().id.clone()
    }

    pub(super) fn offer(&self) -> &Proposal {
        match &self.incident.state {
            State::Proposed(proposal) => proposal,
            other => panic!("nothing is on offer: {other:?}"),
        }
    }

    pub(super) fn wait(&mut self, seconds: i64) {
        self.now = self.now.checked_add(SignedDuration::from_secs(seconds)).unwrap();
    }

    /// Does what is due, and what comes of it, without waiting.
    pub(super) fn work(&mut self) {
        for _ in 0..50 {
            let claimed = self.claim();
            if claimed.is_empty() {
                return;
            }
            let seen = self.incident.clone();
            for pending in claimed {
                self.perform(&seen, &pending);
            }
        }
        panic!("there is no end to it: {:?}", self.incident.pending());
    }

    /// Works, and waits for what is due later, until nothing but `Expire` and `Close` is left.
    pub(super) fn settle(&mut self) {
        for _ in 0..200 {
            self.work();
            let due = self.incident.pending().iter();
            let due = due.filter(|pending| {
                !matches!(pending.effect, Effect::Expire | Effect::Close | Effect::Escalate)
            });
            let Some(due) = due
                .map(|pending| pending.claimed_until.map_or(pending.due, |until| until.max(pending.due)))
                .min()
            else {
                return;
            };
            self.now = self.now.max(due);
        }
        panic!("there is no end to it: {:?}", self.incident.pending());
    }

    pub(super) fn claim(&mut self) -> Vec<Pending> {
        self.incident.claim(self.now, LEASE)
    }

    pub(super) fn perform(&mut self, seen: &Incident, pending: &Pending) {
        if let Some(event) = self.outcome(seen, pending) {
            self.note(pending, event);
        }
    }

    pub(super) fn note(&mut self, pending: &Pending, event: Event) {
        self.incident = self.incident.clone().complete(pending, event, &self.rules, self.now);
    }

    fn gateway(&self) -> Gateway {
        Gateway::parse(self.arm.clone()).unwrap()
    }

    fn health(&self, gateway: &Gateway) -> BackendHealth {
        health(gateway, |pool, setting| {
            let probed = gateway.setting(setting).map(|setting| gateway.probe_of(&setting).path);
            let root = probed.as_deref() == Some("/");
            let web = *pool == Name::new("web");
            log_of(if !web {
                200
            } else if root {
                self.root
            } else {
                self.healthz
            })
        })
    }

    /// What a worker does, and what comes of it. None when the claim was lost before the write.
    pub(super) fn outcome(&mut self, seen: &Incident, pending: &Pending) -> Option<Event> {
        Some(match &pending.effect {
            Effect::Diagnose => self.diagnosed(),
            Effect::Survey => Event::Surveyed(Err("this world sets nothing up".to_owned())),
            Effect::Apply => return self.apply(seen, pending),
            Effect::Follow => Event::OperationEnded { trouble: self.trouble.take().map(|(why, _)| why) },
            Effect::ReadBack => match &seen.state {
                State::Applying(write) => {
                    let before = write.before.as_ref().unwrap_or(&self.arm);
                    Event::ReadBack(write.approved.plan().read_back(before, &self.arm))
                }
                _ => Event::Said,
            },
            Effect::Verify => self.verified(),
            Effect::Expire => Event::OfferEnded,
            Effect::Escalate => Event::Undecided,
            Effect::Close => Event::Closed,
            Effect::Rouse => Event::Roused { by: None, channels: vec![channel("C1")] },
            Effect::List { channel } => {
                let revision = seen.conversation(channel).map_or(0, |shown| shown.wanted);
                Event::Listed { channel: channel.clone(), revision }
            }
            Effect::Show { channel } => self.show(seen, channel),
            Effect::Thread { card, .. } => {
                self.threads.push((**card).clone());
                Event::Said
            }
            Effect::Reply { card, .. } => {
                self.replies.push((**card).clone());
                Event::Said
            }
        })
    }

    pub(super) fn diagnosed(&self) -> Event {
        let gateway = self.gateway();
        let mut evidence = Evidence::healthy(gateway.clone());
        evidence.at = self.now;
        evidence.health = Reading::Read(self.health(&gateway));
        let evidence = evidence.tried("web", "https", "/", &[&log_of(self.root)]);
        let evidence = evidence.tried("web", "https", "/healthz", &[&log_of(self.healthz)]);
        Event::Diagnosed(Box::new(diagnose(&evidence, &self.rules.probe)))
    }

    fn apply(&mut self, seen: &Incident, pending: &Pending) -> Option<Event> {
        let plan = seen.approved().unwrap().plan().clone();
        match plan.prepare(&self.gateway()) {
            Prepared::AlreadyApplied => Some(Event::InPlace),
            Prepared::Ready { body, .. } => {
                let before = Box::new(self.arm.clone());
                let intended = Event::Intended { before };
                let next =
                    self.incident.clone().checkpoint(pending, intended, &self.rules, self.now, LEASE)?;
                self.incident = next;
                self.puts += 1;
                if self.trouble.as_ref().is_none_or(|(_, in_place)| *in_place) {
                    self.write(&body);
                }
                Some(Event::PutAccepted {
                    operation: Some("op".to_owned()),
                    correlation: Some("c-1".to_owned()),
                })
            }
            Prepared::Void { changes } => {
                let pointers: Vec<String> = changes.into_iter().map(|change| change.pointer).collect();
                Some(Event::Voided { why: say::noted::changed(&pointers) })
            }
            Prepared::Busy { .. } => {
                Some(Event::Postponed { until: self.now + SignedDuration::from_secs(5) })
            }
            Prepared::Refused(refused) => Some(Event::Voided { why: refused.to_string() }),
        }
    }

    /// ARM takes a body and adds what only it writes.
    fn write(&mut self, body: &Value) {
        let mut written = body.clone();
        for key in ["name", "type", "etag"] {
            written[key] = self.arm[key].clone();
        }
        for key in ["provisioningState", "operationalState"] {
            written["properties"][key] = self.arm["properties"][key].clone();
        }
        self.arm = written;
    }

    fn verified(&self) -> Event {
        let gateway = self.gateway();
        let found = self.health(&gateway);
        let web = found.of(&Name::new("web"), &Name::new("https")).unwrap().all_healthy();
        let healthy = if self.readable { Ok(web) } else { Err("no answer within 60 s".to_owned()) };
        Event::HealthRead { healthy, paths: paths(&gateway, &Reading::Read(found)), visits: Vec::new() }
    }

    fn show(&mut self, seen: &Incident, channel: &Channel) -> Event {
        if self.out_of_reach.contains(channel) {
            return Event::NotShown {
                channel: channel.clone(),
                why: "not in channel".to_owned(),
                gone: false,
            };
        }
        let conversation = seen.conversation(channel).unwrap();
        let revision = conversation.wanted;
        let card = say::incident(seen);
        match &conversation.message {
            Some(message) => match self.shown.iter_mut().find(|(known, _)| known == message) {
                Some((_, shown)) => *shown = card,
                None => {
                    return Event::NotShown {
                        channel: channel.clone(),
                        why: "deleted".to_owned(),
                        gone: true,
                    };
                }
            },
            None => {
                self.posted += 1;
                let message = MessageRef { channel: channel.clone(), id: self.posted.to_string() };
                self.shown.push((message, card));
            }
        }
        let message = conversation.message.clone().unwrap_or_else(|| self.shown.last().unwrap().0.clone());
        Event::Shown { message, revision }
    }

    /// The status on the message in a channel.
    pub(super) fn card(&self, id: &str) -> Option<&Card> {
        let mut messages = self.shown.iter().rev();
        messages.find(|(message, _)| message.channel == channel(id)).map(|(_, card)| card)
    }

    pub(super) fn status(&self, id: &str) -> &str {
        self.card(id).map_or("", |card| card.status.as_str())
    }

    pub(super) fn last_reply(&self) -> String {
        self.replies.last().map(|card| card.lead.plain()).unwrap_or_default()
    }

    /// Every channel shows what the incident wants it to show, and that is the incident as it is.
    pub(super) fn assert_shown(&self) {
        for conversation in &self.incident.conversations {
            if self.out_of_reach.contains(&conversation.channel) {
                continue;
            }
            assert_eq!(conversation.shown, conversation.wanted);
            let message = conversation.message.as_ref().unwrap();
            let (_, card) = self.shown.iter().find(|(known, _)| known == message).unwrap();
            assert!(
                *card == say::incident(&self.incident),
                "{} shows\n{}",
                conversation.channel.id,
                card.plain()
            );
        }
    }

    pub(super) fn has(&self, effect: &Effect) -> bool {
        self.incident.pending().iter().any(|pending| pending.effect == *effect)
    }
}
