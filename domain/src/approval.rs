//! Who may approve what, and the proof that somebody did.
//!
//! The only way to an [`ApprovedPlan`] is [`Proposal::approve`]; the write path takes nothing else. What is
//! approved is a plan's hash, as the approver saw it, so an approval cannot be carried over to another plan.

mod policy;
mod window;

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::incident::IncidentId;
use crate::plan::{Plan, PlanHash};
use crate::request::{Channel, Person, Platform, Press, ReplyTo, RequestId};

pub use policy::{Mode, Policies, Policy, Rule};
pub use window::{NotAWindow, Window};

/// Somebody who may approve.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Approver {
    /// One person.
    Person {
        /// The platform that the id belongs to.
        platform: Platform,
        /// The platform's own id of the person.
        id: String,
    },
    /// Everybody in a user group of Slack's, or with a role of Discord's.
    Group {
        /// The platform that the id belongs to.
        platform: Platform,
        /// The platform's own id of the group or role.
        id: String,
    },
}

impl Approver {
    /// Whether somebody is meant.
    #[must_use]
    pub fn is(&self, who: &ReplyTo) -> bool {
        match self {
            Self::Person { platform, id } => who.person.platform == *platform && who.person.id == *id,
            Self::Group { platform, id } => who.person.platform == *platform && who.groups.contains(id),
        }
    }
}

/// What an offered plan is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Purpose {
    /// To mend what is broken.
    Fix,
    /// To take a fix back.
    Undo,
}

/// A plan that waits for somebody to approve it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Proposal {
    /// Names this offer, and no other: what its buttons carry.
    pub id: OfferId,
    /// The plan.
    pub plan: Plan,
    /// What it is for.
    pub purpose: Purpose,
    /// When it was offered.
    pub offered_at: Timestamp,
    /// Until when it can be approved.
    pub expires_at: Timestamp,
    /// Who asked for it, when it was not whoever asked for the diagnosis: an undo.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub asked_by: Option<Person>,
    /// Why they asked for it, if they said so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Who has approved it so far, where one is not enough.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub consents: Vec<Consent>,
    /// How many different people it takes.
    pub needed: u32,
    /// Why the plan that was approved before it was void, if one was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instead_of: Option<String>,
}

/// The name of one offer. The same plan, offered again, has another one, so that a button works for the offer that
/// it was made for, and once.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct OfferId(String);

/// The digits of an [`OfferId`].
const OFFER_DIGITS: usize = 32;

impl OfferId {
    /// The name of the offer of a plan at a moment. It tells nothing to whoever does not know all of it.
    #[must_use]
    pub fn of(incident: &IncidentId, plan: &PlanHash, purpose: Purpose, at: Timestamp) -> Self {
        let purpose = match purpose {
            Purpose::Fix => "fix",
            Purpose::Undo => "undo",
        };
        let at = at.as_nanosecond().to_string();
        let digits = RequestId::of(&["offer", incident.as_str(), plan.as_str(), purpose, &at]);
        Self(digits.as_str().chars().take(OFFER_DIGITS).collect())
    }

    /// Reads what a button carries.
    ///
    /// # Errors
    /// When it is no name of an offer.
    pub fn parse(text: &str) -> Result<Self, NotAnOffer> {
        let hexadecimal = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
        let is_one = text.len() == OFFER_DIGITS && text.bytes().all(hexadecimal);
        if is_one { Ok(Self(text.to_owned())) } else { Err(NotAnOffer) }
    }
}

impl fmt::Display for OfferId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A text that names no offer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not the name of an offer")]
pub struct NotAnOffer;

/// Which plan somebody means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PlanRef {
    /// The one of this offer: from a button.
    Offer(OfferId),
    /// The one whose hash starts like this: typed by a person.
    Code(String),
    /// They did not say.
    Unnamed,
}

/// The fewest digits of a plan's hash that name it, the same as in the grammar of commands.
const CODE_AT_LEAST: usize = 4;

/// Somebody's approval.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Consent {
    /// Who, where, and the groups that they were in then.
    pub from: ReplyTo,
    /// When.
    pub at: Timestamp,
}

/// Why an approval was refused. Told to the person who tried, and to nobody else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// They are not on the list.
    NotAnApprover,
    /// It cannot be decided in that channel.
    WrongChannel {
        /// Where it can be.
        instead: Vec<Channel>,
    },
    /// The policy lets the bot only look at this gateway.
    OnlyObserving,
    /// The bot has no identity to write with.
    NoWriter,
    /// They asked for it, and the policy wants a second person.
    AskedForIt,
    /// They approved it before, and it takes somebody else beside them.
    Counted {
        /// When they did.
        at: Timestamp,
        /// How many more people it takes.
        missing: u32,
    },
    /// No change window is open.
    OutsideWindow {
        /// When one opens.
        opens: Option<Timestamp>,
    },
    /// The offer has expired.
    Expired {
        /// When it did.
        at: Timestamp,
    },
    /// The plan on offer is another one than they saw.
    AnotherPlan,
    /// They did not say which plan.
    WhichPlan,
}

/// What an approval came to.
#[derive(Debug, Clone, PartialEq)]
pub enum Approval {
    /// It takes this many more people.
    Missing(u32),
    /// Everybody whom it takes has approved.
    Complete(Box<ApprovedPlan>),
}

/// Proof that those who may, as many as it takes, approved exactly this plan while it was on offer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ApprovedPlan {
    plan: Plan,
    purpose: Purpose,
    /// The latest last; never empty.
    consents: Vec<Consent>,
    at: Timestamp,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
}

impl ApprovedPlan {
    /// What was approved.
    #[must_use]
    pub fn plan(&self) -> &Plan {
        &self.plan
    }

    /// What it is for.
    #[must_use]
    pub fn purpose(&self) -> Purpose {
        self.purpose
    }

    /// Who approved it, in order.
    pub fn by(&self) -> impl Iterator<Item = &Person> {
        self.consents.iter().map(|consent| &consent.from.person)
    }

    /// When the last of them did: when the press came in.
    #[must_use]
    pub fn at(&self) -> Timestamp {
        self.at
    }

    /// Why whoever asked for it did so, if they said it.
    #[must_use]
    pub fn reason(&self) -> Option<&str> {
        self.reason.as_deref()
    }

    /// Whether these approvals would still do: somebody may have been taken off the list meanwhile.
    #[must_use]
    pub fn still_stands(&self, policy: &Policy) -> bool {
        let standing = self.consents.iter().filter(|consent| policy.check(&consent.from).is_ok()).count();
        standing >= policy.approvals.max(1) as usize
    }
}

impl Proposal {
    /// Offers a plan from now on.
    #[must_use]
    pub fn new(incident: &IncidentId, plan: Plan, purpose: Purpose, policy: &Policy, now: Timestamp) -> Self {
        Self {
            id: OfferId::of(incident, &plan.hash(), purpose, now),
            plan,
            purpose,
            offered_at: now,
            expires_at: now.checked_add(policy.expires_after).unwrap_or(Timestamp::MAX),
            asked_by: None,
            reason: None,
            consents: Vec::new(),
            needed: policy.approvals.max(1),
            instead_of: None,
        }
    }

    /// Counts somebody's approval, if this person may and means this plan, now. It dates from when they pressed,
    /// however much later it is heard of. `asked_by` is who asked for the diagnosis.
    ///
    /// # Errors
    /// A [`Refusal`] for the person who tried. Who may not approve is not told more than that.
    pub fn approve(
        &mut self,
        press: &Press,
        asked_by: Option<&Person>,
        policy: &Policy,
        now: Timestamp,
    ) -> Result<Approval, Refusal> {
        let from = &press.from;
        policy.check(from)?;
        let asker = self.asked_by.as_ref().or(asked_by);
        if !policy.asker_may_approve && asker.is_some_and(|asker| is_same(asker, &from.person)) {
            return Err(Refusal::AskedForIt);
        }
        self.check_plan(&press.plan)?;
        self.check_time(now)?;
        policy.check_window(now)?;
        // Whoever was taken off the list meanwhile does not count any more.
        self.consents.retain(|consent| policy.check(&consent.from).is_ok());
        self.needed = policy.approvals.max(1);
        let before = self.consents.iter().find(|consent| is_same(&consent.from.person, &from.person));
        if let Some(before) = before {
            return Err(Refusal::Counted { at: before.at, missing: self.missing() });
        }
        let from = ReplyTo { url: None, ..from.clone() };
        self.consents.push(Consent { from, at: press.at });
        Ok(match self.missing() {
            0 => {
                let (plan, consents) = (self.plan.clone(), self.consents.clone());
                Approval::Complete(Box::new(ApprovedPlan {
                    plan,
                    purpose: self.purpose,
                    consents,
                    at: press.at,
                    reason: self.reason.clone(),
                }))
            }
            missing => Approval::Missing(missing),
        })
    }

    /// How many more people it takes.
    #[must_use]
    pub fn missing(&self) -> u32 {
        self.needed.saturating_sub(u32::try_from(self.consents.len()).unwrap_or(u32::MAX))
    }

    /// Turns the plan down, if this person may, and means this one or does not say. One is enough, at any hour.
    ///
    /// # Errors
    /// A [`Refusal`] for the person who tried.
    pub fn reject(
        &self,
        from: &ReplyTo,
        which: &PlanRef,
        policy: &Policy,
        now: Timestamp,
    ) -> Result<(), Refusal> {
        policy.check(from)?;
        if *which != PlanRef::Unnamed {
            self.check_plan(which)?;
        }
        self.check_time(now)
    }

    fn check_time(&self, now: Timestamp) -> Result<(), Refusal> {
        if now < self.expires_at { Ok(()) } else { Err(Refusal::Expired { at: self.expires_at }) }
    }

    fn check_plan(&self, which: &PlanRef) -> Result<(), Refusal> {
        let is_meant = match which {
            PlanRef::Unnamed => return Err(Refusal::WhichPlan),
            PlanRef::Offer(offer) => *offer == self.id,
            PlanRef::Code(code) => {
                let code = code.to_ascii_lowercase();
                code.len() >= CODE_AT_LEAST && self.plan.hash().as_str().starts_with(&code)
            }
        };
        if is_meant { Ok(()) } else { Err(Refusal::AnotherPlan) }
    }
}

fn is_same(one: &Person, other: &Person) -> bool {
    one.platform == other.platform && one.id == other.id
}
