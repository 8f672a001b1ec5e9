//! What tells one moment from another: not the way there, and no words. Times count from now.

use jiff::Timestamp;

use super::{Bounds, Hand, Node, Phase};
use crate::incident::{Event, Incident, State};

impl Node {
    /// What tells this moment from others: not the way there, and no words.
    pub(in super::super) fn brief(&self) -> String {
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
