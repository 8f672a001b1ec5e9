//! Something to set up, which a person asked for and no trouble made urgent.
//!
//! An errand goes the same way as a fix: an offer, an approval, one write, a read-back, and a way back. Trouble
//! comes first: an alert or a question about the gateway ends an errand that is not being written yet.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::document::{Done, Incident, State};
use super::event::Rules;
use super::id::IncidentId;
use super::outbox::Effect;
use crate::approval::{Mode, Proposal, Purpose};
use crate::id::GatewayId;
use crate::plan::Plan;
use crate::request::{Channel, Person};
use crate::say;

/// What is to be set up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Errand {
    /// Access and firewall logs to a Log Analytics workspace.
    Logs,
    /// Metric alerts to an action group.
    Alerts,
}

impl Incident {
    /// Opens an incident that is no trouble: it wants to see what is missing, and to be shown.
    #[must_use]
    pub fn open_errand(
        id: IncidentId,
        gateway: GatewayId,
        asked_by: Person,
        channel: Channel,
        errand: Errand,
        now: Timestamp,
    ) -> Self {
        let mut incident = Self::open(id, gateway, Some(asked_by), vec![channel], now);
        incident.errand = Some(errand);
        incident.drop_effects(|effect| *effect == Effect::Diagnose);
        incident.plan_effect(Effect::Survey, now);
        incident
    }

    /// How the incident finds out what to do.
    pub(super) fn look(&self) -> Effect {
        if self.errand.is_some() { Effect::Survey } else { Effect::Diagnose }
    }

    /// What is missing was looked at: a plan, or why there is none.
    pub(super) fn surveyed(&mut self, plan: Result<Box<Plan>, String>, rules: &Rules, now: Timestamp) {
        let looks = matches!(self.state, State::Diagnosing | State::Superseded { .. });
        if self.errand.is_none() || !looks {
            return;
        }
        let policy = rules.approval.of(&self.gateway);
        let plan = match policy.mode {
            Mode::Approve => plan,
            mode => plan.and_then(|_| Err(say::noted::only_observing(mode))),
        };
        match plan {
            Ok(plan) => {
                self.note(now, say::noted::set_up_offered());
                let instead_of = self.superseded_for();
                let offer = Proposal::new(&self.id, *plan, Purpose::Fix, &policy, now);
                self.propose(Proposal { instead_of, ..offer });
            }
            Err(why) => {
                self.note(now, say::noted::declined(&why));
                self.state = State::Declined { why };
                self.close_when_over(rules, now);
            }
        }
    }

    /// What was to be set up is there: it was read back, and nothing else can be measured.
    pub(super) fn set_up(&mut self, done: Done, rules: &Rules, now: Timestamp) {
        let done = Done { measured_at: Some(now), ..done };
        self.note(now, say::noted::set_up());
        self.in_place = Some(Box::new(done.clone()));
        self.state = State::Fixed(Box::new(done));
        if self.is_firing() {
            return self.end_errand(now);
        }
        self.close_when_over(rules, now);
    }

    /// Trouble comes first: ends an errand that is not being written, and reads the gateway instead.
    pub(super) fn end_errand(&mut self, now: Timestamp) {
        if self.errand.is_none() || self.is_writing() {
            return;
        }
        self.errand = None;
        self.drop_effects(|effect| *effect == Effect::Survey);
        self.diagnose_again(now);
    }
}
