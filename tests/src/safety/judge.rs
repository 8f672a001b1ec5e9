//! Reads Azure's log, and counts what must not have happened.

use std::collections::{BTreeMap, BTreeSet};

use domain::card::Verb;
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;
use simulator::Taken;

use super::azure::{Azure, Entry, Fate, Who};
use super::differ::{differing, outside};
use super::people::{APPROVERS, Press};
use super::tally::Tally;
use super::watch::Offer;

/// A press of a button, once it was taken in.
#[derive(Debug, Clone)]
pub(crate) struct Sent {
    pub(crate) press: Press,
    pub(crate) at: Timestamp,
    pub(crate) turn: u64,
}

/// Everything that the judge looks at.
pub(crate) struct Case<'a> {
    pub(crate) azure: &'a Azure,
    pub(crate) offers: &'a [Offer],
    pub(crate) sent: &'a [Sent],
    pub(crate) asker_may_approve: bool,
    pub(crate) heeds_if_match: bool,
    pub(crate) write_within: SignedDuration,
}

/// One PUT of the bot.
struct Put<'a> {
    life: usize,
    turn: u64,
    at: Timestamp,
    base: &'a str,
    body: &'a Value,
    fate: &'a Fate,
}

/// A reading of the gateway.
struct Read<'a> {
    index: usize,
    turn: u64,
    document: &'a Value,
}

impl Case<'_> {
    /// Counts what the writes of this run did.
    pub(crate) fn judge(&self, tally: &mut Tally) {
        // For each approval, where in the log a write on it was taken first.
        let mut written: BTreeMap<usize, usize> = BTreeMap::new();
        for (index, put) in self.puts() {
            tally.puts += 1;
            let Some(read) = self.reading(index, &put) else {
                // It was made from something that Azure never said.
                tally.changes_outside_plan += 1;
                continue;
            };
            let edited = differing(read.document, put.body);
            let Some(which) = self.approved(&put, &edited) else {
                tally.unapproved_writes += 1;
                continue;
            };
            let plan = pointers(&self.offers[which]);
            tally.changes_outside_plan += outside(&edited, &plan).len() as u64;
            let Fate::Taken(taken) = put.fate else { continue };
            tally.puts_taken += 1;
            if !differing(&taken.replaced, &taken.written).is_empty() {
                let first = *written.entry(which).or_insert(index);
                // Two PUTs of one approval at once, and somebody in between: only `If-Match` keeps them apart.
                let at_once = read.index < first && read.turn == put.turn && !self.heeds_if_match;
                tally.double_writes += u64::from(first != index && !at_once);
                tally.double_in_put_window += u64::from(first != index && at_once);
            }
            self.count_lost(index, &put, &read, taken, &plan, tally);
        }
        tally.approvals +=
            self.offers.iter().filter(|offer| self.press_for(offer, u64::MAX).is_some()).count() as u64;
        let others =
            |entry: &&Entry| matches!(entry, Entry::Put { who: Who::Other(_), fate: Fate::Taken(_), .. });
        tally.puts_of_others += self.azure.log.iter().filter(others).count() as u64;
    }

    fn puts(&self) -> impl Iterator<Item = (usize, Put<'_>)> {
        self.azure.log.iter().enumerate().filter_map(|(index, entry)| match entry {
            Entry::Put { who: Who::Bot(life), turn, at, base, body, fate } => {
                let base = base.as_deref().unwrap_or_default();
                Some((index, Put { life: *life, turn: *turn, at: *at, base, body, fate }))
            }
            _ => None,
        })
    }

    /// The reading that a PUT was made from: the latest one of the same life with that mark.
    fn reading(&self, before: usize, put: &Put<'_>) -> Option<Read<'_>> {
        self.azure.log[..before].iter().enumerate().rev().find_map(|(index, entry)| match entry {
            Entry::Read { who: Who::Bot(life), turn, etag, document }
                if *life == put.life && etag == put.base =>
            {
                Some(Read { index, turn: *turn, document })
            }
            _ => None,
        })
    }

    /// The approval that a PUT rests on: of a plan that is what the PUT does, by somebody who may, in time.
    fn approved(&self, put: &Put<'_>, edited: &BTreeSet<String>) -> Option<usize> {
        let fits = |offer: &Offer| {
            offer.began < put.turn
                && offer.ended.is_some_and(|ended| ended <= put.turn)
                && offer.plan.is_applied(put.body)
                && outside(edited, &pointers(offer)).is_empty()
                && self
                    .press_for(offer, put.turn)
                    .is_some_and(|press| put.at.duration_since(press.at) <= self.write_within)
        };
        self.offers.iter().rposition(fits)
    }

    /// A press that approves an offer, before some turn.
    fn press_for(&self, offer: &Offer, before: u64) -> Option<&Sent> {
        let approves = |sent: &&Sent| {
            let press = &sent.press;
            press.verb == Verb::Approve
                && press.incident == offer.incident
                && press.offer.as_ref() == Some(&offer.id)
                && APPROVERS.contains(&press.who)
                && (self.asker_may_approve || offer.asker.as_deref() != Some(press.who))
                && sent.at < offer.expires_at
                && sent.turn < before
                && offer.ended.is_none_or(|ended| sent.turn <= ended)
        };
        self.sent.iter().rfind(approves)
    }

    /// Counts the changes of other people that this PUT has undone.
    fn count_lost(
        &self,
        index: usize,
        put: &Put<'_>,
        read: &Read<'_>,
        taken: &Taken,
        plan: &[String],
        tally: &mut Tally,
    ) {
        let undone = differing(&taken.replaced, &taken.written);
        let outside_plan: BTreeSet<&String> = outside(&undone, plan).into_iter().collect();
        let moved = differing(read.document, &taken.replaced);
        let lost = |place: &String| {
            undone.contains(place) && (outside_plan.contains(place) || moved.contains(place))
        };
        let in_window = read.turn == put.turn && !self.heeds_if_match;
        let since = self.azure.log[..index]
            .iter()
            .rposition(|entry| matches!(entry, Entry::Read { etag, .. } if etag == put.base));
        for entry in &self.azure.log[since.unwrap_or_default()..index] {
            let Entry::Put { who: Who::Other(_), fate: Fate::Taken(theirs), .. } = entry else { continue };
            let changed = differing(&theirs.replaced, &theirs.written);
            if !changed.iter().any(lost) {
                continue;
            }
            if !in_window {
                tally.lost_updates += 1;
                continue;
            }
            tally.lost_in_put_window += 1;
            let status = self.azure.ledger.status(&theirs.operation).unwrap_or_default();
            tally.lost_in_put_window_and_told += u64::from(status["status"] == "Canceled");
        }
        // Whatever is gone and was nobody's in between was there when the bot read.
        let unseen = |place: &&&String| !moved.contains(**place);
        tally.lost_updates += outside_plan.iter().filter(unseen).count() as u64;
    }
}

fn pointers(offer: &Offer) -> Vec<String> {
    offer.plan.edits().iter().map(|edit| edit.pointer.to_string()).collect()
}
