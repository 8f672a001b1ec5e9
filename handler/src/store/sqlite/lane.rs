//! A thread that has a connection for itself and does one thing after the other.
//!
//! Writers share commits: whatever waits when the thread becomes free goes into one transaction, so many
//! writers at once cost one flush of the disk. Nobody is answered before the commit. A write that fails is
//! undone alone; if the commit fails, everybody is told.

use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::{Builder, JoinHandle};

use rusqlite::{Connection, TransactionBehavior};
use tokio::sync::oneshot;

use super::fault::Fault;
use super::file::flush_at_commit;

/// The most writes in one transaction.
const BATCH: usize = 128;

/// How safe a write has to be before it is answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Keep {
    /// On the disk: not even a power cut loses it.
    Flushed,
    /// With the operating system: a power cut may lose it, a kill does not.
    Hint,
}

/// A thread and its queue.
#[derive(Debug)]
pub(super) struct Lane {
    jobs: Option<Sender<Box<dyn Job>>>,
    thread: Option<JoinHandle<()>>,
}

impl Lane {
    /// A thread that commits what it does.
    pub(super) fn writer(db: Connection) -> Result<Self, Fault> {
        Self::start("agw-store-write", move |jobs| write(Writer { db, flushing: true }, &jobs))
    }

    /// A thread for what only reads.
    pub(super) fn reader(db: Connection) -> Result<Self, Fault> {
        Self::start("agw-store-read", move |jobs| read(&db, &jobs))
    }

    fn start(name: &str, body: impl FnOnce(Receiver<Box<dyn Job>>) + Send + 'static) -> Result<Self, Fault> {
        let (jobs, queue) = channel();
        let thread = Builder::new().name(name.to_owned()).spawn(move || body(queue))?;
        Ok(Self { jobs: Some(jobs), thread: Some(thread) })
    }

    /// Does this on the thread, and gives the result once it is committed. It is done even if nobody waits.
    pub(super) async fn run<T, F>(&self, keep: Keep, work: F) -> Result<T, Fault>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> Result<T, Fault> + Send + 'static,
    {
        let (reply, answer) = oneshot::channel();
        let job = Box::new(Task { keep, work: Some(work), result: Err(Fault::Closed), reply });
        self.jobs.as_ref().and_then(|jobs| jobs.send(job).ok()).ok_or(Fault::Closed)?;
        answer.await.unwrap_or(Err(Fault::Closed))
    }
}

impl Drop for Lane {
    /// Waits until what was asked for is done and the connection is closed.
    fn drop(&mut self) {
        drop(self.jobs.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// Something to do, whatever it gives.
trait Job: Send {
    fn keep(&self) -> Keep;
    /// Does it. An error says that it is to be undone.
    fn run(&mut self, db: &Connection) -> Result<(), Fault>;
    /// Tells whoever waits.
    fn answer(self: Box<Self>, committed: Result<(), Fault>);
}

struct Task<T, F> {
    keep: Keep,
    work: Option<F>,
    result: Result<T, Fault>,
    reply: oneshot::Sender<Result<T, Fault>>,
}

impl<T, F> Job for Task<T, F>
where
    T: Send,
    F: FnOnce(&Connection) -> Result<T, Fault> + Send,
{
    fn keep(&self) -> Keep {
        self.keep
    }

    fn run(&mut self, db: &Connection) -> Result<(), Fault> {
        if let Some(work) = self.work.take() {
            self.result = work(db);
        }
        self.result.as_ref().map(|_| ()).map_err(Clone::clone)
    }

    fn answer(self: Box<Self>, committed: Result<(), Fault>) {
        // Whoever asked may have gone away; what was asked for is done all the same.
        let _ = self.reply.send(committed.and(self.result));
    }
}

fn read(db: &Connection, jobs: &Receiver<Box<dyn Job>>) {
    for mut job in jobs {
        let _ = job.run(db);
        job.answer(Ok(()));
    }
}

fn write(mut writer: Writer, jobs: &Receiver<Box<dyn Job>>) {
    for first in jobs {
        let mut batch: Vec<_> = std::iter::once(first).chain(jobs.try_iter().take(BATCH - 1)).collect();
        let committed = writer.commit(&mut batch);
        batch.into_iter().for_each(|job| job.answer(committed.clone()));
    }
}

struct Writer {
    db: Connection,
    flushing: bool,
}

impl Writer {
    /// Does all of it in one transaction.
    fn commit(&mut self, batch: &mut [Box<dyn Job>]) -> Result<(), Fault> {
        self.flush_if(batch.iter().any(|job| job.keep() == Keep::Flushed))?;
        let mut all = self.db.transaction_with_behavior(TransactionBehavior::Immediate)?;
        for job in batch {
            let one = all.savepoint()?;
            match job.run(&one) {
                Ok(()) => one.commit()?,
                // Some errors, such as a full disk, end the whole transaction.
                Err(fault) if one.is_autocommit() => return Err(Fault::RolledBack(Box::new(fault))),
                Err(_) => drop(one),
            }
        }
        Ok(all.commit()?)
    }

    /// The flush at the next commit covers whatever was committed without one before.
    fn flush_if(&mut self, flushing: bool) -> Result<(), Fault> {
        if self.flushing != flushing {
            flush_at_commit(&self.db, flushing)?;
            self.flushing = flushing;
        }
        Ok(())
    }
}
