//! Who may approve what, and the proof that somebody did.
//!
//! The only way to an [`ApprovedPlan`] is [`Proposal::approve`]; the write path takes nothing else. What is
//! approved is a plan's hash, as the approver saw it, so an approval cannot be carried over to another plan.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::plan::{Plan, PlanHash};
use crate::request::{Person, Platform};

/// The rules of approval, from `agw.toml`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    /// Who may approve. Nobody else can, so an empty list makes the bot read-only.
    pub approvers: Vec<Approver>,
    /// Whether the one who asked for the diagnosis may approve its plan.
    pub asker_may_approve: bool,
    /// How long an offer stands.
    pub expires_after: SignedDuration,
}

/// Somebody who may approve.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Approver {
    /// The platform that the id belongs to.
    pub platform: Platform,
    /// The platform's own id of the person.
    pub id: String,
}

impl Policy {
    /// Whether a person is on the list.
    #[must_use]
    pub fn lists(&self, person: &Person) -> bool {
        self.approvers.iter().any(|approver| approver.platform == person.platform && approver.id == person.id)
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
}

/// Which plan somebody means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PlanRef {
    /// The one with this hash: from a button.
    Hash(PlanHash),
    /// The one whose hash starts like this: typed by a person.
    Code(String),
    /// They did not say.
    Unnamed,
}

/// The fewest digits of a plan's hash that name it, the same as in the grammar of commands.
const CODE_AT_LEAST: usize = 4;

impl PlanRef {
    /// Whether this names the plan with that hash.
    #[must_use]
    pub fn names(&self, hash: &PlanHash) -> bool {
        match self {
            Self::Hash(named) => named == hash,
            Self::Code(code) => {
                code.len() >= CODE_AT_LEAST && hash.as_str().starts_with(&code.to_ascii_lowercase())
            }
            Self::Unnamed => false,
        }
    }
}

/// Why an approval was refused. Told to the person who tried, and to nobody else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// They are not on the list.
    NotAnApprover,
    /// They asked for it, and the policy wants a second person.
    AskedForIt,
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

/// Proof that somebody who may, approved exactly this plan while it was on offer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ApprovedPlan {
    plan: Plan,
    purpose: Purpose,
    by: Person,
    at: Timestamp,
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

    /// Who approved it.
    #[must_use]
    pub fn by(&self) -> &Person {
        &self.by
    }

    /// When.
    #[must_use]
    pub fn at(&self) -> Timestamp {
        self.at
    }
}

impl Proposal {
    /// Offers a plan from now on.
    #[must_use]
    pub fn new(plan: Plan, purpose: Purpose, policy: &Policy, now: Timestamp) -> Self {
        let expires_at = now.checked_add(policy.expires_after).unwrap_or(Timestamp::MAX);
        Self { plan, purpose, offered_at: now, expires_at, asked_by: None }
    }

    /// Approves the plan, if this person may and means this one, now.
    ///
    /// # Errors
    /// A [`Refusal`] for the person who tried. Who may not approve is not told more than that.
    pub fn approve(
        &self,
        by: &Person,
        asked_by: Option<&Person>,
        which: &PlanRef,
        policy: &Policy,
        now: Timestamp,
    ) -> Result<ApprovedPlan, Refusal> {
        self.check_person(by, policy)?;
        if !policy.asker_may_approve && asked_by.is_some_and(|asker| is_same(asker, by)) {
            return Err(Refusal::AskedForIt);
        }
        self.check_plan(which)?;
        self.check_time(now)?;
        Ok(ApprovedPlan { plan: self.plan.clone(), purpose: self.purpose, by: by.clone(), at: now })
    }

    /// Turns the plan down, if this person may, and means this one or does not say.
    ///
    /// # Errors
    /// A [`Refusal`] for the person who tried.
    pub fn reject(
        &self,
        by: &Person,
        which: &PlanRef,
        policy: &Policy,
        now: Timestamp,
    ) -> Result<(), Refusal> {
        self.check_person(by, policy)?;
        if *which != PlanRef::Unnamed {
            self.check_plan(which)?;
        }
        self.check_time(now)
    }

    /// Whether this person is an approver.
    ///
    /// # Errors
    /// A [`Refusal`] for the person who tried.
    pub fn check_person(&self, by: &Person, policy: &Policy) -> Result<(), Refusal> {
        if policy.lists(by) { Ok(()) } else { Err(Refusal::NotAnApprover) }
    }

    fn check_time(&self, now: Timestamp) -> Result<(), Refusal> {
        if now < self.expires_at { Ok(()) } else { Err(Refusal::Expired { at: self.expires_at }) }
    }

    fn check_plan(&self, which: &PlanRef) -> Result<(), Refusal> {
        match which {
            PlanRef::Unnamed => Err(Refusal::WhichPlan),
            named if named.names(&self.plan.hash()) => Ok(()),
            _ => Err(Refusal::AnotherPlan),
        }
    }
}

fn is_same(one: &Person, other: &Person) -> bool {
    one.platform == other.platform && one.id == other.id
}
