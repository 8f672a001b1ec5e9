//! Alerts on many gateways at once: one message a channel with a list, in place of a message each.
//!
//! When an alert's incident is about to be shown for the first time, and so many gateways have had alerts within a
//! short time, it becomes a line of the channel's digest. What was shown before keeps its message. All digests of a
//! channel are one small document, which is written only where there is a storm. Whoever brings a line up to date
//! also brings the message up to date, unless somebody else is doing so: then it looks again a little later.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::card::Tone;
use crate::id::GatewayId;
use crate::incident::{Incident, IncidentId, MessageRef};
use crate::request::Channel;
use crate::say;

/// The most digests of one channel that are kept up to date.
const DIGESTS_AT_MOST: usize = 5;

/// What makes a storm.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StormRule {
    /// So many gateways; none is never.
    pub after: u32,
    /// Within so long.
    pub within: SignedDuration,
}

impl Default for StormRule {
    fn default() -> Self {
        Self { after: 5, within: SignedDuration::from_mins(2) }
    }
}

impl StormRule {
    /// Whether an incident is one of many that alerts opened in a channel within the time.
    #[must_use]
    pub fn is_met<'i>(
        &self,
        incident: &Incident,
        channel: &Channel,
        open: impl IntoIterator<Item = &'i Incident>,
    ) -> bool {
        let others = open.into_iter().filter(|other| other.id != incident.id);
        let others = others.filter(|other| !other.alerts.is_empty() && other.conversation(channel).is_some());
        let mut times: Vec<Timestamp> = others.map(|other| other.opened_at).collect();
        times.push(incident.opened_at);
        times.sort();
        let mine = incident.opened_at;
        self.after > 0
            && times.iter().any(|first| {
                let last = self.end_of(*first);
                let many = times.iter().filter(|at| (*first..=last).contains(at)).count();
                (*first..=last).contains(&mine) && many >= self.after as usize
            })
    }

    fn end_of(&self, start: Timestamp) -> Timestamp {
        start.checked_add(self.within).unwrap_or(Timestamp::MAX)
    }
}

/// The digests of one channel: the document.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Storms(Vec<Digest>);

/// One storm, as it is shown.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Digest {
    /// When its first alert came.
    pub since: Timestamp,
    /// When its latest alert came.
    pub latest: Timestamp,
    /// What it lists, in the order in which it came.
    pub lines: Vec<Line>,
    /// The message, once it is posted.
    message: Option<MessageRef>,
    /// Counts the changes.
    revision: u32,
    /// The revision that is shown.
    shown: u32,
    /// Until when somebody has the message for themselves.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    claimed_until: Option<Timestamp>,
}

/// An incident in a digest.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Line {
    /// Which.
    pub incident: IncidentId,
    /// Its gateway.
    pub gateway: GatewayId,
    /// When it was opened.
    pub opened_at: Timestamp,
    /// How it is, in the words of its message.
    pub status: String,
    /// How it is going.
    pub tone: Tone,
    /// The incident's own count of changes.
    wanted: u32,
    /// The digest's revision that says so.
    since: u32,
}

/// What is to be done about a digest's message.
#[derive(Debug, Clone, PartialEq)]
pub enum Telling {
    /// Nothing: it shows the line as it is.
    Done,
    /// Somebody else is at it: look again.
    Wait,
    /// Post or update it. Save the document first: whoever saves first has it.
    Say {
        /// The message to update, if there is one.
        message: Option<MessageRef>,
        /// The digest to show.
        digest: Box<Digest>,
    },
}

impl Line {
    fn of(incident: &Incident, channel: &Channel) -> Self {
        let card = say::incident(incident);
        Self {
            incident: incident.id.clone(),
            gateway: incident.gateway.clone(),
            opened_at: incident.opened_at,
            status: card.status,
            tone: card.tone,
            wanted: incident.conversation(channel).map_or(0, |shown| shown.wanted),
            since: 0,
        }
    }
}

impl Storms {
    /// Whether an incident is listed, or would be: there is a digest for it, or one that is still going on.
    #[must_use]
    pub fn take(&self, incident: &Incident, rule: &StormRule) -> bool {
        self.0.iter().any(|digest| digest.lists(&incident.id) || digest.is_open_to(incident, rule))
    }

    /// Begins a digest with an incident, unless there is one that takes it.
    pub fn begin(&mut self, incident: &Incident, channel: &Channel, rule: &StormRule) {
        if !self.take(incident, rule) {
            let mut digest = Digest::new(incident.opened_at);
            digest.put(Line::of(incident, channel));
            self.push(digest);
        }
    }

    fn push(&mut self, digest: Digest) {
        if self.0.len() >= DIGESTS_AT_MOST {
            self.0.remove(0);
        }
        self.0.push(digest);
    }

    /// Brings an incident's line up to date, in the digest that lists it, or in the one that is going on, or in a new
    /// one; and tells what is to be done about the message.
    pub fn list(
        &mut self,
        incident: &Incident,
        channel: &Channel,
        rule: &StormRule,
        now: Timestamp,
        lease: SignedDuration,
    ) -> Telling {
        let line = Line::of(incident, channel);
        let listing = self.0.iter().position(|digest| digest.lists(&incident.id));
        let place = listing.or_else(|| self.0.iter().rposition(|digest| digest.is_open_to(incident, rule)));
        if place.is_none() {
            let was_listed = incident.conversation(channel).and_then(|shown| shown.listed).unwrap_or(0) > 0;
            if was_listed {
                // Its digest is one of long ago, and is left as it is.
                return Telling::Done;
            }
            self.push(Digest::new(incident.opened_at));
        }
        let digest = match place {
            Some(place) => self.0.get_mut(place),
            None => self.0.last_mut(),
        };
        digest.map_or(Telling::Done, |digest| digest.tell(line, now, lease))
    }

    /// The message shows this revision of the digest that lists an incident.
    pub fn told(&mut self, incident: &IncidentId, message: MessageRef, digest: &Digest) {
        if let Some(found) = self.of(incident) {
            found.message = Some(message);
            found.shown = found.shown.max(digest.revision);
            found.claimed_until = None;
        }
    }

    /// The message could not be posted or updated; somebody else may try. `gone` when it is there no more.
    pub fn not_told(&mut self, incident: &IncidentId, gone: bool) {
        if let Some(found) = self.of(incident) {
            found.claimed_until = None;
            if gone {
                found.message = None;
            }
        }
    }

    fn of(&mut self, incident: &IncidentId) -> Option<&mut Digest> {
        self.0.iter_mut().find(|digest| digest.lists(incident))
    }
}

impl Digest {
    fn new(at: Timestamp) -> Self {
        Self {
            since: at,
            latest: at,
            lines: Vec::new(),
            message: None,
            revision: 0,
            shown: 0,
            claimed_until: None,
        }
    }

    fn lists(&self, incident: &IncidentId) -> bool {
        self.lines.iter().any(|line| line.incident == *incident)
    }

    /// Whether an alert came while the storm was going on: not much later than its latest.
    fn is_open_to(&self, incident: &Incident, rule: &StormRule) -> bool {
        rule.after > 0
            && incident.opened_at <= rule.end_of(self.latest)
            && self.since <= rule.end_of(incident.opened_at)
    }

    fn tell(&mut self, line: Line, now: Timestamp, lease: SignedDuration) -> Telling {
        let since = self.put(line);
        if self.message.is_some() && self.shown >= since {
            return Telling::Done;
        }
        if self.claimed_until.is_some_and(|until| now < until) {
            return Telling::Wait;
        }
        self.claimed_until = Some(now.checked_add(lease).unwrap_or(Timestamp::MAX));
        Telling::Say { message: self.message.clone(), digest: Box::new(self.clone()) }
    }

    /// Puts a line in its place, and gives the revision that has it. What a slow worker knows of long ago changes
    /// nothing.
    fn put(&mut self, line: Line) -> u32 {
        self.since = self.since.min(line.opened_at);
        self.latest = self.latest.max(line.opened_at);
        let next = self.revision.saturating_add(1);
        let line = Line { since: next, ..line };
        match self.lines.iter_mut().find(|known| known.incident == line.incident) {
            Some(known) if known.wanted >= line.wanted => return known.since,
            Some(known) if known.status == line.status && known.tone == line.tone => {
                known.wanted = line.wanted;
                return known.since;
            }
            Some(known) => *known = line,
            None => self.lines.push(line),
        }
        self.revision = next;
        next
    }
}

#[cfg(test)]
mod tests;
