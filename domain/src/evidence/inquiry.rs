//! A look at a gateway as a whole: the evidence, and what causes ask beside it.

use std::any::Any;
use std::cell::{OnceCell, RefCell};
use std::collections::BTreeSet;

use super::{Asked, Evidence, Lookup, Question, Unknown};
use crate::health::{BackendHealth, Health, ServerHealth};
use crate::id::{Name, ResourceId};
use crate::plan::ProbeDefaults;

/// Everything that was read, and a note of what causes ask.
#[derive(Debug)]
pub struct Inquiry<'a> {
    /// Everything that was read.
    pub evidence: &'a Evidence,
    /// What a health probe of ours would be.
    pub defaults: &'a ProbeDefaults,
    /// What was asked and is not known yet.
    asked: RefCell<BTreeSet<Lookup>>,
    /// What the cause at work has been told.
    told: RefCell<BTreeSet<&'a Lookup>>,
    /// The gateway's subnet and the network that it is part of, as its configuration names them.
    pub(super) home: OnceCell<Asked<(ResourceId, ResourceId)>>,
    /// The names of sick servers that are looked into.
    pub(super) names: OnceCell<Vec<String>>,
    /// The servers that are Healthy under some HTTP setting, and which setting that is.
    well: OnceCell<Vec<(&'a Name, &'a ServerHealth)>>,
}

impl<'a> Inquiry<'a> {
    /// A look at this evidence.
    #[must_use]
    pub fn of(evidence: &'a Evidence, defaults: &'a ProbeDefaults) -> Self {
        let (asked, told) = (RefCell::default(), RefCell::default());
        Self {
            evidence,
            defaults,
            asked,
            told,
            home: OnceCell::new(),
            names: OnceCell::new(),
            well: OnceCell::new(),
        }
    }

    /// What came of a question. One that was not put yet is remembered as asked.
    ///
    /// # Errors
    /// When it is not known, or not yet.
    pub fn ask<T: Any + Send + Sync>(&self, question: &Question<T>) -> Asked<&'a T> {
        match self.evidence.facts.answer(question) {
            Some((lookup, answer)) => {
                self.told.borrow_mut().insert(lookup);
                answer
            }
            None => {
                self.asked.borrow_mut().insert(question.lookup.clone());
                Err(Unknown::Pending)
            }
        }
    }

    /// The servers that are Healthy, by their state and by the latest probe of them, with the HTTP setting.
    pub(crate) fn well(&self) -> &[(&'a Name, &'a ServerHealth)] {
        self.well.get_or_init(|| {
            let servers = self.evidence.health.value().into_iter().flat_map(BackendHealth::servers);
            let well = servers
                .filter(|(_, _, server)| server.health == Health::Healthy && server.symptom.is_healthy());
            well.map(|(_, setting, server)| (setting, server)).collect()
        })
    }

    /// What was asked and is not known yet.
    #[must_use]
    pub fn unanswered(&self) -> BTreeSet<Lookup> {
        self.asked.borrow().clone()
    }

    /// What was told since this was called the last time: what a finding rests on.
    pub(crate) fn take_told(&self) -> BTreeSet<&'a Lookup> {
        self.told.take()
    }

    /// Does some work, and tells what it was told meanwhile.
    pub(super) fn listening<T>(&self, work: impl FnOnce() -> T) -> (T, BTreeSet<&'a Lookup>) {
        let before = self.told.take();
        let done = work();
        (done, self.told.replace(before))
    }

    /// Counts as told now what was told to somebody else before.
    pub(super) fn tell_again(&self, told: &BTreeSet<&'a Lookup>) {
        self.told.borrow_mut().extend(told);
    }
}
