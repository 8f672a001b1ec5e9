//! The rules of approval, from `agw.toml`: some for all gateways, and some for a few.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::window::Window;
use super::{Approver, Refusal};
use crate::id::GatewayId;
use crate::request::{Channel, Platform, ReplyTo};
use crate::scope::Reach;

/// Whether the bot writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Mode {
    /// It tells what is wrong and offers no change.
    Observe,
    /// It writes what was approved.
    Approve,
    /// It would write, and has no identity to write with, so it does as if it were told to observe. No policy says
    /// so: what the bot is given in Azure does.
    #[serde(skip)]
    NoWriter,
}

/// The rules of approval for one gateway.
#[derive(Debug, Clone, PartialEq)]
pub struct Policy {
    /// Whether the bot writes.
    pub mode: Mode,
    /// Who may approve. Nobody else can, so an empty list makes the bot read-only.
    pub approvers: Vec<Approver>,
    /// How many different people it takes; one at the least.
    pub approvals: u32,
    /// Whether the one who asked for the diagnosis may approve its plan.
    pub asker_may_approve: bool,
    /// How long an offer stands.
    pub expires_after: SignedDuration,
    /// The channels in which it can be decided; empty for any.
    pub channels: Vec<Channel>,
    /// When it can be approved; empty for always.
    pub windows: Vec<Window>,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            mode: Mode::Approve,
            approvers: Vec::new(),
            approvals: 1,
            asker_may_approve: true,
            expires_after: SignedDuration::from_mins(30),
            channels: Vec::new(),
            windows: Vec::new(),
        }
    }
}

impl Policy {
    /// Whether somebody is on the list, by themselves or through a group or role that they are in.
    #[must_use]
    pub fn lists(&self, who: &ReplyTo) -> bool {
        self.approvers.iter().any(|approver| approver.is(who))
    }

    /// The groups and roles of a platform that are on the list: whoever is in one of them may approve.
    pub fn groups(&self, platform: Platform) -> impl Iterator<Item = &str> {
        self.approvers.iter().filter_map(move |approver| match approver {
            Approver::Group { platform: of, id } if *of == platform => Some(id.as_str()),
            _ => None,
        })
    }

    /// Whether somebody may decide about plans from where they are: their role, their channel, and the bot's own
    /// part, in this order, so that a stranger learns nothing more than that they are none of the approvers.
    ///
    /// # Errors
    /// A [`Refusal`] for the person who tried.
    pub fn check(&self, who: &ReplyTo) -> Result<(), Refusal> {
        self.check_person(who)?;
        match self.mode {
            Mode::Approve => Ok(()),
            Mode::Observe => Err(Refusal::OnlyObserving),
            Mode::NoWriter => Err(Refusal::NoWriter),
        }
    }

    /// The same where nothing is written, so that the bot's own part does not matter: who decides about plans also
    /// decides what people hear of.
    ///
    /// # Errors
    /// A [`Refusal`] for the person who tried.
    pub fn check_person(&self, who: &ReplyTo) -> Result<(), Refusal> {
        if !self.lists(who) {
            return Err(Refusal::NotAnApprover);
        }
        if !self.channels.is_empty() && !self.channels.contains(&who.channel) {
            return Err(Refusal::WrongChannel { instead: self.channels.clone() });
        }
        Ok(())
    }

    /// Whether changes may be written at this moment.
    ///
    /// # Errors
    /// When no change window is open, with the moment at which one opens.
    pub fn check_window(&self, now: Timestamp) -> Result<(), Refusal> {
        if self.windows.is_empty() || self.windows.iter().any(|window| window.is_open(now)) {
            return Ok(());
        }
        let opens = self.windows.iter().filter_map(|window| window.opens_after(now)).min();
        Err(Refusal::OutsideWindow { opens })
    }
}

/// A rule for some gateways. What it does not say is as in a rule that is about more of them.
#[derive(Debug, Clone, PartialEq)]
pub struct Rule {
    /// Which gateways it is about.
    pub reach: Reach,
    /// Whether the bot writes.
    pub mode: Option<Mode>,
    /// Who may approve, in place of those who may elsewhere.
    pub approvers: Option<Vec<Approver>>,
    /// How many different people it takes.
    pub approvals: Option<u32>,
    /// Whether the one who asked may approve.
    pub asker_may_approve: Option<bool>,
    /// How long an offer stands.
    pub expires_after: Option<SignedDuration>,
    /// The channels in which it can be decided.
    pub channels: Option<Vec<Channel>>,
    /// When it can be approved.
    pub windows: Option<Vec<Window>>,
}

impl Rule {
    /// A rule that says nothing yet.
    #[must_use]
    pub fn about(reach: Reach) -> Self {
        let (mode, approvers, approvals, asker_may_approve) = (None, None, None, None);
        let (expires_after, channels, windows) = (None, None, None);
        Self { reach, mode, approvers, approvals, asker_may_approve, expires_after, channels, windows }
    }

    /// A policy, with what this rule says in place of what it said.
    #[must_use]
    pub fn over(&self, policy: Policy) -> Policy {
        let Self { mode, approvers, approvals, asker_may_approve, expires_after, channels, windows, .. } =
            self.clone();
        Policy {
            mode: mode.unwrap_or(policy.mode),
            approvers: approvers.unwrap_or(policy.approvers),
            approvals: approvals.unwrap_or(policy.approvals),
            asker_may_approve: asker_may_approve.unwrap_or(policy.asker_may_approve),
            expires_after: expires_after.unwrap_or(policy.expires_after),
            channels: channels.unwrap_or(policy.channels),
            windows: windows.unwrap_or(policy.windows),
        }
    }
}

/// All rules of approval: what holds everywhere, and what holds for some gateways.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Policies {
    /// What holds where no rule says otherwise.
    pub everywhere: Policy,
    /// Rules for some gateways, in the order of the file.
    pub rules: Vec<Rule>,
}

impl From<Policy> for Policies {
    fn from(everywhere: Policy) -> Self {
        Self { everywhere, rules: Vec::new() }
    }
}

impl Policies {
    /// The rules for a gateway. Of several rules the one that names it most exactly wins, key by key; of two that
    /// do so equally, the first.
    #[must_use]
    pub fn of(&self, gateway: &GatewayId) -> Policy {
        self.about(gateway).into_iter().fold(self.everywhere.clone(), |policy, rule| rule.over(policy))
    }

    /// The rules of a bot that has no identity to write with, whatever its policy says of writing.
    #[must_use]
    pub fn without_a_writer(mut self) -> Self {
        self.everywhere.mode = Mode::NoWriter;
        self.rules.iter_mut().for_each(|rule| rule.mode = None);
        self
    }

    /// The rules that are about a gateway, the most exact last.
    #[must_use]
    pub fn about(&self, gateway: &GatewayId) -> Vec<&Rule> {
        let mut rules: Vec<&Rule> =
            self.rules.iter().rev().filter(|rule| rule.reach.covers(gateway)).collect();
        rules.sort_by_key(|rule| rule.reach.exactness());
        rules
    }
}
