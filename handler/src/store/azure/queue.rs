//! Wake-ups on a Storage queue.
//!
//! The text is Base64, as the Functions host expects it of a queue trigger's messages
//! (<https://learn.microsoft.com/azure/azure-functions/functions-bindings-storage-queue#host-json>). A bot
//! that runs without that host takes them itself: then a message is deleted before it is handled, and one
//! that is lost so is found by the sweep.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use azure_core::credentials::TokenCredential;
use azure_core::http::{ClientOptions, Url};
use azure_storage_queue::models::{
    QueueClientReceiveMessagesOptions, QueueClientSendMessageOptions, QueueMessage, ReceivedMessage,
};
use azure_storage_queue::{QueueClient, QueueServiceClient, QueueServiceClientOptions};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use futures::future::{BoxFuture, FutureExt as _, join_all};
use jiff::Timestamp;

use super::fault::Fault;
use super::pace::Pace;
use crate::ports::Wake;

/// The roles that suffice, on the queue: to send, to take, and, on the account, to create it.
/// <https://learn.microsoft.com/azure/role-based-access-control/built-in-roles/storage>
const SENDER: &str = "Storage Queue Data Message Sender";
const PROCESSOR: &str = "Storage Queue Data Message Processor";
const CONTRIBUTOR: &str = "Storage Queue Data Contributor";

/// The most that the service gives at once.
const AT_ONCE: i32 = 32;
/// How long a taker has to delete what it received.
const TAKING: i32 = 30;
/// The longest delay, in seconds: a message lives for seven days, and has to be taken within its life. What
/// is due later is woken early, which is harmless: whoever is woken finds nothing to do and asks again.
const LONGEST: i64 = 6 * 24 * 60 * 60;
/// How many hints are remembered, so as not to send them twice.
const REMEMBERED: usize = 4_096;

/// The queue.
pub(super) struct Queue {
    pub(super) client: QueueClient,
    /// What this process sent and is not visible yet.
    sent: Mutex<HashSet<(Wake, Timestamp)>>,
    pace: Pace,
}

impl Queue {
    pub(super) fn new(
        account: Url,
        name: &str,
        credential: Arc<dyn TokenCredential>,
        client_options: ClientOptions,
    ) -> Result<Self, Fault> {
        let options = QueueServiceClientOptions { client_options, ..Default::default() };
        let service = QueueServiceClient::new(account, Some(credential), Some(options));
        let client = service.and_then(|service| service.queue_client(name)).map_err(of(CONTRIBUTOR))?;
        Ok(Self { client, sent: Mutex::default(), pace: Pace::new() })
    }

    /// Opens the connection, and makes sure that the queue exists if the identity may look.
    pub(super) async fn warm(&self) -> Result<(), Fault> {
        let look = || async { self.client.get_properties(None).await.map_err(of(CONTRIBUTOR)) };
        match self.in_queue(|| look().boxed()).await {
            // Who may only send may not look; the connection is open all the same.
            Err(Fault::Forbidden { .. }) | Ok(_) => Ok(()),
            Err(fault) => Err(fault),
        }
    }

    /// Sends a hint that becomes visible at `at`, and never before.
    pub(super) async fn wake(&self, wake: &Wake, at: Timestamp, now: Timestamp) -> Result<(), Fault> {
        if at > now && self.was_sent(wake, at) {
            return Ok(());
        }
        let delay = delay(at, now);
        let text = BASE64_STANDARD.encode(wake.to_string());
        self.in_queue(|| self.send(&text, delay).boxed()).await?;
        if i64::from(delay) < LONGEST {
            self.remember(wake, at, now);
        }
        self.pace.expect(Duration::from_secs(u64::try_from(delay).unwrap_or_default()));
        Ok(())
    }

    async fn send(&self, text: &str, delay: i32) -> Result<(), Fault> {
        let message = QueueMessage { message_text: Some(text.to_owned()) };
        let content = message.try_into().map_err(of(SENDER))?;
        let options = QueueClientSendMessageOptions { visibility_timeout: Some(delay), ..Default::default() };
        self.client.send_message(content, Some(options)).await.map_err(of(SENDER)).map(drop)
    }

    /// Takes what is visible, each wake-up once.
    pub(super) async fn take(&self) -> Result<Vec<Wake>, Fault> {
        let received = self.in_queue(|| self.receive().boxed()).await?;
        if !received.is_empty() {
            self.pace.found(i32::try_from(received.len()).is_ok_and(|count| count >= AT_ONCE));
        }
        join_all(received.iter().map(|message| self.delete(message))).await;
        let mut known = HashSet::new();
        Ok(received.iter().filter_map(read).filter(|wake| known.insert(wake.clone())).collect())
    }

    /// Looks at what is visible, and leaves it there.
    pub(super) async fn look(&self) -> Result<(), Fault> {
        let look = || async { self.client.peek_messages(None).await.map_err(of(CONTRIBUTOR)).map(drop) };
        self.in_queue(|| look().boxed()).await
    }

    async fn receive(&self) -> Result<Vec<ReceivedMessage>, Fault> {
        let options = QueueClientReceiveMessagesOptions {
            number_of_messages: Some(AT_ONCE),
            visibility_timeout: Some(TAKING),
            ..Default::default()
        };
        let answer = self.client.receive_messages(Some(options)).await.map_err(of(PROCESSOR))?;
        Ok(answer.into_model().map_err(of(PROCESSOR))?.items.unwrap_or_default())
    }

    /// A message that could not be deleted comes again, which is harmless.
    async fn delete(&self, message: &ReceivedMessage) {
        let (Some(id), Some(receipt)) = (&message.message_id, &message.pop_receipt) else { return };
        if let Err(error) = self.client.delete_message(id, receipt, None).await.map_err(of(PROCESSOR)) {
            tracing::warn!(%error, id, "a wake-up was not deleted and will come again");
        }
    }

    /// Waits until it is worth while to take again.
    pub(super) async fn wait(&self, at_most: Duration) {
        self.pace.wait(at_most).await;
    }

    /// Does something, and if the queue is missing, creates it and does it again.
    async fn in_queue<'a, T>(
        &self,
        work: impl Fn() -> BoxFuture<'a, Result<T, Fault>> + Send + Sync,
    ) -> Result<T, Fault> {
        match work().await {
            Err(fault) if fault.code() == "QueueNotFound" => {
                self.create().await?;
                work().await
            }
            done => done,
        }
    }

    /// 204 if it is there already.
    async fn create(&self) -> Result<(), Fault> {
        self.client.create(None).await.map_err(of(CONTRIBUTOR)).map(drop)
    }

    fn was_sent(&self, wake: &Wake, at: Timestamp) -> bool {
        self.sent.lock().unwrap_or_else(PoisonError::into_inner).contains(&(wake.clone(), at))
    }

    fn remember(&self, wake: &Wake, at: Timestamp, now: Timestamp) {
        let mut sent = self.sent.lock().unwrap_or_else(PoisonError::into_inner);
        if sent.len() >= REMEMBERED {
            sent.retain(|(_, at)| *at > now);
        }
        if at > now && sent.len() < REMEMBERED {
            sent.insert((wake.clone(), at));
        }
    }
}

fn of(role: &'static str) -> impl Fn(azure_core::Error) -> Fault {
    move |error| Fault::of(&error, role)
}

/// Whole seconds, rounded up.
pub(super) fn delay(at: Timestamp, now: Timestamp) -> i32 {
    let left = at.duration_since(now);
    let seconds = left.as_secs() + i64::from(left.subsec_nanos() > 0);
    i32::try_from(seconds.clamp(0, LONGEST)).unwrap_or_default()
}

/// A text that is no wake-up of ours is dropped: without a Functions host there is no poison queue.
fn read(message: &ReceivedMessage) -> Option<Wake> {
    let text = BASE64_STANDARD.decode(message.message_text.as_deref()?).ok();
    let wake = text.and_then(|text| String::from_utf8(text).ok()?.parse().ok());
    if wake.is_none() {
        tracing::warn!(id = message.message_id, "a message that is no wake-up was dropped");
    }
    wake
}
