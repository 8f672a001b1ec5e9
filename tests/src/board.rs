//! Messages as people read them: where they stand, how they changed, and which nobody has read yet.

use std::fmt::Debug;

/// A message of the bot's on some platform.
pub(crate) trait Message: Clone + Debug {
    /// The conversation that it stands in; in a thread, that.
    fn place(&self) -> &str;
    /// Its id there.
    fn id(&self) -> &str;
    /// Every status that it had, the latest last.
    fn statuses(&mut self) -> &mut Vec<String>;
}

/// Everything that was posted.
#[derive(Debug)]
pub(crate) struct Board<M>(Vec<Posted<M>>);

/// A message as it is now, and whether somebody has read that.
#[derive(Debug)]
struct Posted<M> {
    now: M,
    read: bool,
}

impl<M> Default for Board<M> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<M: Message> Board<M> {
    pub(crate) fn post(&mut self, now: M) {
        self.0.push(Posted { now, read: false });
    }

    pub(crate) fn find(&self, place: &str, id: &str) -> Option<&M> {
        self.0.iter().map(|posted| &posted.now).find(|now| now.place() == place && now.id() == id)
    }

    /// Replaces a message by one of the same place and id. False where there is none.
    pub(crate) fn change(&mut self, mut new: M) -> bool {
        let is_same =
            |posted: &&mut Posted<M>| posted.now.place() == new.place() && posted.now.id() == new.id();
        let Some(posted) = self.0.iter_mut().find(is_same) else { return false };
        let latest = std::mem::take(new.statuses());
        let statuses = posted.now.statuses();
        if statuses.last() != latest.last() {
            statuses.extend(latest);
        }
        *new.statuses() = std::mem::take(statuses);
        *posted = Posted { now: new, read: false };
        true
    }

    /// Somebody deletes a message.
    pub(crate) fn delete(&mut self, id: &str) {
        self.0.retain(|posted| posted.now.id() != id);
    }

    /// Somebody reads what stands in a place.
    pub(crate) fn read(&mut self, place: &str) -> Vec<M> {
        let here = self.0.iter_mut().filter(|posted| posted.now.place() == place);
        here.map(|posted| {
            posted.read = true;
            posted.now.clone()
        })
        .collect()
    }

    /// Ends a test: nothing may be unread, or against the rules of the platform.
    #[track_caller]
    pub(crate) fn close(&self, complaints: &[String]) {
        let unread: Vec<_> = self.0.iter().filter(|posted| !posted.read).map(|posted| &posted.now).collect();
        assert!(complaints.is_empty() && unread.is_empty(), "{complaints:?}\nunread: {unread:#?}");
    }
}
