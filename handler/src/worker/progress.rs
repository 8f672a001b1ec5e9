//! What a step changed, for whoever looks on: told once the step is saved, so that what was not saved is not told.

use domain::incident::{Incident, State};
use jiff::Timestamp;

use crate::telemetry::events::{self, Wrote};

/// How far an incident was before a step.
pub(super) struct Before {
    state: &'static str,
    was_found: bool,
    was_open: bool,
}

impl Before {
    pub(super) fn of(incident: &Incident) -> Self {
        Self {
            state: incident.state.name(),
            was_found: incident.found_at.is_some(),
            was_open: incident.is_open(),
        }
    }

    /// Tells what the step changed.
    pub(super) fn tell(self, after: &Incident, now: Timestamp) {
        let state = after.state.name();
        tracing::Span::current().record(crate::telemetry::names::STATE, state);
        if state != self.state {
            events::moved(after, self.state, now);
            if let Some(what) = self.wrote(&after.state) {
                events::wrote(&after.id, &after.gateway, what);
            }
            if matches!(after.state, State::Fixed(_)) {
                events::fixed(after, now);
            }
        }
        if !self.was_found && after.found_at.is_some() {
            events::found(after, now);
        }
        if self.was_open && !after.is_open() {
            events::closed();
        }
    }

    /// What the step means for the write that is on its way.
    fn wrote(&self, after: &State) -> Option<Wrote> {
        let was_writing = matches!(self.state, "approved" | "applying");
        match after {
            // Back from an intent that came to nothing, it is approved still.
            State::Approved(_) if !was_writing => Some(Wrote::Approved),
            State::Superseded { .. } if was_writing => Some(Wrote::Voided),
            State::Failed { .. } if was_writing => Some(Wrote::Failed),
            State::Verifying(_) | State::Fixed(_) | State::NotFixed(_) | State::Undone(_)
                if self.state == "applying" =>
            {
                Some(Wrote::Applied)
            }
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wrote(before: &'static str, after: &State) -> Option<Wrote> {
        Before { state: before, was_found: true, was_open: true }.wrote(after)
    }

    #[test]
    fn what_becomes_of_a_write_is_told_and_nothing_else_counts_as_one() {
        let why = || "somebody was faster".to_owned();
        let (void, failed) = (State::Superseded { why: why() }, State::Failed { why: why() });
        for writing in ["approved", "applying"] {
            assert_eq!(wrote(writing, &void), Some(Wrote::Voided));
            assert_eq!(wrote(writing, &failed), Some(Wrote::Failed));
        }
        assert_eq!(wrote("diagnosing", &failed), None);
        assert_eq!(wrote("superseded", &State::Explained), None);
        assert_eq!(wrote("applying", &State::Diagnosing), None);
    }
}
