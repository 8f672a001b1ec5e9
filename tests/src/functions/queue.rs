//! A queue trigger.
//!
//! Azure/azure-sdk-for-net, queue extension: `QueueListener` and `QueueProcessor`.

use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinSet;
use tokio::time::sleep;

use crate::functions::backoff::Backoff;
use crate::functions::instance::Instance;
use crate::functions::record::{Level, Outcome};
use crate::functions::storage::{Message, Storage, StorageError};
use crate::functions::{QueueSettings, envelope};

/// How long a message is invisible while it is worked on (`QueueListener`, `_visibilityTimeout`).
pub(crate) const INVISIBLE: Duration = Duration::from_secs(600);
/// What the poison queue's name ends with.
const POISON: &str = "-poison";

/// A listener at one queue for one function.
#[derive(Debug, Clone)]
pub(crate) struct Listener {
    pub(crate) instance: Arc<Instance>,
    pub(crate) storage: Storage,
    pub(crate) function: String,
    pub(crate) binding: String,
    pub(crate) queue: String,
}

impl Listener {
    /// Looks for messages and has them worked on, until the host stops (`QueueListener.ExecuteAsync`). What
    /// is being worked on by then is finished; when this is aborted, it is lost.
    pub(crate) async fn listen(self) {
        let pace = &self.instance.pace;
        let longest = pace.max_polling.unwrap_or(self.settings().max_polling_interval);
        let mut backoff = Backoff::new(pace.polling, longest);
        let mut stopping = self.instance.stopping.subscribe();
        let mut processing = JoinSet::new();
        let mut found = false;
        while !*stopping.borrow_and_update() {
            let messages = self.receive().await;
            if messages.is_empty() {
                tokio::select! {
                    () = sleep(backoff.next(found)) => {}
                    _ = stopping.changed() => {}
                }
                found = false;
                continue;
            }
            found = true;
            for message in messages {
                processing.spawn(self.clone().process(message));
            }
            // The next batch comes when few enough are left (`WaitForNewBatchThreshold`).
            while processing.len() > self.settings().new_batch_threshold {
                processing.join_next().await;
            }
        }
        while processing.join_next().await.is_some() {}
    }

    fn settings(&self) -> &QueueSettings {
        &self.instance.package.host.queues
    }

    /// The next batch. A queue that does not exist is waited for; so is a service that does not answer. On a
    /// host that has shut down nobody listens.
    async fn receive(&self) -> Vec<Message> {
        if self.instance.is_dead() {
            return Vec::new();
        }
        let (count, invisible) = (self.settings().batch_size, self.instance.pace.invisible);
        match self.storage.get_messages(&self.queue, count, invisible).await {
            Ok(messages) => messages,
            Err(error) if error.status == 404 => Vec::new(),
            Err(error) => {
                self.instance.says(Level::Error, format!("{} cannot be read: {error}", self.queue));
                Vec::new()
            }
        }
    }

    /// `QueueListener.ProcessMessageAsync`
    async fn process(self, mut message: Message) {
        // Above the maximum it is not tried any more (`BeginProcessingMessageAsync`).
        if message.dequeue_count > self.settings().max_dequeue_count {
            return self.poison(&message).await;
        }
        let text = if self.settings().base64 { message.decoded() } else { Some(message.text.clone()) };
        let Some(text) = text else {
            let sentence = format!("a message in {} is not base64 of a text", self.queue);
            self.instance.record.violation(&sentence);
            return self.poison(&message).await;
        };
        let outcome = self.run(&mut message, &text).await;
        self.complete(&message, outcome == Outcome::Succeeded).await;
    }

    /// Runs the function, and renews the message's invisibility halfway to its end, again and again
    /// (`CreateUpdateMessageVisibilityTimer`).
    async fn run(&self, message: &mut Message, text: &str) -> Outcome {
        let body = envelope::queue(&self.function, &self.binding, message, text);
        let count = Some(message.dequeue_count);
        let mut work = Box::pin(self.instance.run(&self.function, &body, count));
        let invisible = self.instance.pace.invisible;
        loop {
            tokio::select! {
                outcome = &mut work => return outcome,
                () = sleep(invisible / 2) => {
                    match self.storage.update_visibility(&self.queue, message, invisible).await {
                        Ok(receipt) => message.pop_receipt = receipt,
                        Err(error) => self.complain("cannot be kept", &error),
                    }
                }
            }
        }
    }

    /// `QueueProcessor.CompleteProcessingMessageAsync`
    async fn complete(&self, message: &Message, succeeded: bool) {
        if succeeded {
            self.delete(message).await;
        } else if self.queue.ends_with(POISON) {
            // It has no poison queue of its own, so it is left invisible, lest it come back at once.
        } else if message.dequeue_count >= self.settings().max_dequeue_count {
            self.poison(message).await;
        } else {
            let visible_in =
                self.instance.pace.visibility_timeout.unwrap_or(self.settings().visibility_timeout);
            if let Err(error) = self.storage.update_visibility(&self.queue, message, visible_in).await {
                self.complain("cannot be released", &error);
            }
        }
    }

    /// Copies the message into the poison queue, which is created if need be, and deletes it. What is in a
    /// poison queue stays there (`QueueListenerFactory.CreatePoisonQueueReference`).
    async fn poison(&self, message: &Message) {
        if self.queue.ends_with(POISON) {
            return;
        }
        let poison = format!("{}{POISON}", self.queue);
        let most = self.settings().max_dequeue_count;
        let sentence =
            format!("Message has reached MaxDequeueCount of {most}. Moving message to queue '{poison}'.");
        self.instance.says(Level::Warning, sentence);
        match self.storage.put_or_create(&poison, &message.text).await {
            Ok(()) => self.delete(message).await,
            Err(error) => self.complain("cannot be poisoned", &error),
        }
    }

    async fn delete(&self, message: &Message) {
        if let Err(error) = self.storage.delete_message(&self.queue, message).await {
            self.complain("cannot be deleted", &error);
        }
    }

    /// A message that somebody else has taken over, or that is gone, is no concern of the host any more
    /// (`IsBadRequestPopReceiptMismatch`, `IsNotFoundMessageOrQueueNotFound`).
    fn complain(&self, what: &str, error: &StorageError) {
        let level = if matches!(error.status, 400 | 404) { Level::Information } else { Level::Error };
        self.instance.says(level, format!("a message in {} {what}: {error}", self.queue));
    }
}
