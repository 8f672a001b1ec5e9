//! People who press buttons, some more than once, some too late, some who may not, and one with an old message.

use domain::approval::OfferId;
use domain::card::Verb;
use domain::incident::IncidentId;
use domain::request::{Click, Person, Platform, ReplyTo};
use fastrand::Rng;
use jiff::{SignedDuration, Timestamp};

use super::chat::channel;
use super::watch::Offer;

/// Who is on the list of approvers.
pub(crate) const APPROVERS: [&str; 2] = ["U07ALEX", "U07CAROL"];
/// Who is not.
const STRANGER: &str = "U07MALLORY";

/// A press of a button.
#[derive(Debug, Clone)]
pub(crate) struct Press {
    pub(crate) who: &'static str,
    pub(crate) verb: Verb,
    pub(crate) incident: IncidentId,
    pub(crate) offer: Option<OfferId>,
    /// Tells presses apart; a redelivery has the number of the first delivery.
    pub(crate) number: u64,
}

impl Press {
    pub(crate) fn click(&self) -> Click {
        Click { verb: self.verb, incident: self.incident.clone(), offer: self.offer.clone() }
    }

    pub(crate) fn from(&self) -> ReplyTo {
        ReplyTo::new(person(self.who), channel(), None)
    }
}

pub(crate) fn person(id: &str) -> Person {
    Person { platform: Platform::Slack, id: id.to_owned(), name: None }
}

/// When each of them presses what, once an offer is there. `old` is an offer of before, whose message somebody
/// still has in front of them.
pub(crate) fn presses(
    offer: &Offer,
    old: Option<&Offer>,
    now: Timestamp,
    rng: &mut Rng,
    next: &mut u64,
) -> Vec<(Timestamp, Press)> {
    let mut found = Vec::new();
    let mut press = |who, verb, offer: &Offer, rng: &mut Rng, wait: SignedDuration| {
        *next += 1;
        let id = (verb != Verb::Undo).then(|| offer.id.clone());
        let press = Press { who, verb, incident: offer.incident.clone(), offer: id, number: *next };
        let at = now.checked_add(wait).unwrap();
        if rng.f64() < 0.3 {
            // The platform did not hear that it was taken.
            let again = at.checked_add(soon(rng)).unwrap();
            found.push((again, press.clone()));
        }
        found.push((at, press));
    };
    for who in APPROVERS {
        if rng.f64() < 0.6 {
            let wait = if rng.f64() < 0.08 { late(rng) } else { soon(rng) };
            press(who, Verb::Approve, offer, rng, wait);
            if rng.f64() < 0.3 {
                press(who, Verb::Approve, offer, rng, wait);
            }
        }
    }
    for (chance, who, verb, shown) in [
        (0.15, STRANGER, Verb::Approve, Some(offer)),
        (0.05, STRANGER, Verb::Reject, Some(offer)),
        (0.08, APPROVERS[1], Verb::Reject, Some(offer)),
        (0.3, APPROVERS[0], Verb::Approve, old),
    ] {
        if let Some(shown) = shown.filter(|_| rng.f64() < chance) {
            let wait = soon(rng);
            press(who, verb, shown, rng, wait);
        }
    }
    found
}

fn soon(rng: &mut Rng) -> SignedDuration {
    let top = rng_top(rng);
    SignedDuration::from_millis(rng.i64(0..top))
}

/// Some are quick, some think about it.
fn rng_top(rng: &mut Rng) -> i64 {
    [50, 2_000, 20_000, 600_000][rng.usize(0..4)]
}

/// About when the offer expires, half of the time after it.
fn late(rng: &mut Rng) -> SignedDuration {
    SignedDuration::from_mins(30) + SignedDuration::from_secs(rng.i64(-30..30))
}
