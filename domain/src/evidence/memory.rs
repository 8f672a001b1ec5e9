//! What was worked out once about a setting: several causes want the same of each server.

use std::any::{Any, TypeId};
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::net::IpAddr;
use std::rc::Rc;

use super::{Lookup, Scope};

/// What was worked out, by what it is and which server it is about.
#[derive(Default)]
pub(super) struct Memory<'a>(RefCell<BTreeMap<Key, Kept<'a>>>);

/// The kind of what is kept tells apart what is kept of one server.
type Key = (TypeId, Option<IpAddr>);

#[derive(Clone)]
struct Kept<'a> {
    value: Rc<dyn Any>,
    /// The answers that it rests on: whoever uses it rests on them too.
    told: Rc<BTreeSet<&'a Lookup>>,
}

impl Scope<'_> {
    /// What `work` gives, worked out the first time that it is asked of this setting and server. There is one
    /// answer of each type, so a type stands for what it means.
    pub(crate) fn once<T: Any>(&self, server: Option<IpAddr>, work: impl FnOnce() -> T) -> Rc<T> {
        let key = (TypeId::of::<T>(), server);
        let known = self.memory.0.borrow().get(&key).cloned();
        if let Some(kept) = known
            && let Ok(value) = kept.value.downcast::<T>()
        {
            self.tell_again(&kept.told);
            return value;
        }
        let (value, told) = self.listening(|| Rc::new(work()));
        self.tell_again(&told);
        let kept = Kept { value: Rc::<T>::clone(&value), told: Rc::new(told) };
        self.memory.0.borrow_mut().insert(key, kept);
        value
    }
}

impl fmt::Debug for Memory<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} things worked out", self.0.borrow().len())
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use serde_json::json;

    use super::*;
    use crate::evidence::{Evidence, Inquiry, Question, Reading};
    use crate::gateway::fixture::shop_with;
    use crate::plan::ProbeDefaults;

    #[test]
    fn what_is_worked_out_once_rests_on_the_same_answers_for_everybody() {
        let question = || Question::get("/zone", "1", "read", "the zone", |raw| Ok(raw.to_string()));
        let mut evidence = Evidence::healthy(shop_with(|_| {}));
        evidence.facts.note(question().lookup, Reading::Read(json!("here")));
        let defaults = ProbeDefaults::default();
        let inquiry = Inquiry::of(&evidence, &defaults);
        let scopes = Scope::all(&inquiry);
        let (scope, worked) = (scopes.first().unwrap(), Cell::new(0));
        let look = |server: &str| {
            let server = server.parse().ok();
            let work = || scope.ask(&question()).cloned();
            let seen = scope.once(server, || {
                worked.set(worked.get() + 1);
                work()
            });
            (Result::clone(&seen).unwrap(), inquiry.take_told().len())
        };
        let here = || ("\"here\"".to_owned(), 1);
        assert_eq!((look("10.0.1.4"), look("10.0.1.4"), worked.get()), (here(), here(), 1));
        assert_eq!((look("10.0.1.5"), worked.get()), (here(), 2), "another server is another matter");
    }
}
