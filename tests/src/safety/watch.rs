//! What people see on the messages: which plan is on offer, since when, and until when.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};

use domain::approval::OfferId;
use domain::incident::{Incident, IncidentId, State};
use domain::plan::Plan;
use jiff::Timestamp;

use super::loom::Loom;

/// A plan that was on offer.
#[derive(Debug, Clone)]
pub(crate) struct Offer {
    pub(crate) incident: IncidentId,
    pub(crate) plan: Plan,
    pub(crate) id: OfferId,
    /// Who asked for it.
    pub(crate) asker: Option<String>,
    /// The turn in which it began.
    pub(crate) began: u64,
    pub(crate) expires_at: Timestamp,
    /// The turn in which the offer ended, if it has.
    pub(crate) ended: Option<u64>,
}

/// The latest of an incident.
#[derive(Debug, Clone)]
pub(crate) struct Latest {
    pub(crate) state: &'static str,
    pub(crate) at_rest: bool,
    pub(crate) next_due: Option<Timestamp>,
    pub(crate) can_undo: bool,
}

#[derive(Debug, Default)]
struct Seen {
    offers: Vec<Offer>,
    latest: BTreeMap<IncidentId, Latest>,
}

/// Looks at every document that is saved.
pub(crate) struct Watch {
    seen: Mutex<Seen>,
    loom: Arc<Loom>,
}

impl Watch {
    pub(crate) fn new(loom: Arc<Loom>) -> Self {
        Self { seen: Mutex::default(), loom }
    }

    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap()
    }

    /// A document was saved.
    pub(crate) fn saw(&self, incident: &Incident) {
        let mut seen = self.seen();
        let on_offer = match &incident.state {
            State::Proposed(proposal) => Some(proposal),
            _ => None,
        };
        let turn = self.loom.now();
        let is_this = |offer: &Offer| on_offer.is_some_and(|now| now.id == offer.id);
        let mut known = false;
        for offer in
            seen.offers.iter_mut().filter(|offer| offer.incident == incident.id && offer.ended.is_none())
        {
            if is_this(offer) {
                known = true;
            } else {
                offer.ended = Some(turn);
            }
        }
        if let Some(proposal) = on_offer.filter(|_| !known) {
            let asker = proposal.asked_by.as_ref().or(incident.asked_by.as_ref());
            seen.offers.push(Offer {
                incident: incident.id.clone(),
                plan: proposal.plan.clone(),
                id: proposal.id.clone(),
                asker: asker.map(|person| person.id.clone()),
                began: turn,
                expires_at: proposal.expires_at,
                ended: None,
            });
        }
        let latest = Latest {
            state: incident.state.name(),
            at_rest: is_rest(&incident.state),
            next_due: incident.next_due(),
            can_undo: incident.can_undo(),
        };
        seen.latest.insert(incident.id.clone(), latest);
    }

    /// Every offer so far.
    pub(crate) fn offers(&self) -> Vec<Offer> {
        self.seen().offers.clone()
    }

    /// How many offers there were.
    pub(crate) fn count(&self) -> usize {
        self.seen().offers.len()
    }

    /// The latest of each incident.
    pub(crate) fn latest(&self) -> BTreeMap<IncidentId, Latest> {
        self.seen().latest.clone()
    }
}

fn is_rest(state: &State) -> bool {
    !matches!(
        state,
        State::Diagnosing
            | State::Superseded { .. }
            | State::Proposed(_)
            | State::Approved(_)
            | State::Applying(_)
            | State::Verifying(_)
    )
}
