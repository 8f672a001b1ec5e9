//! Queues and messages.

use std::time::Duration;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use reqwest::Method;
use tokio::time::{Instant, sleep};
use url::Url;

use super::{LONGEST, Storage, StorageError, below};
use crate::functions::xml;

/// Between two looks.
const PAUSE: Duration = Duration::from_millis(20);

/// A message in a queue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// Its id, which stays.
    pub id: String,
    /// The receipt by which it is changed or deleted; empty for one that was only peeked at.
    pub pop_receipt: String,
    /// The text as it is in the queue, so in base64 where that is the encoding.
    pub text: String,
    /// How often it was handed out.
    pub dequeue_count: u32,
    /// When it was put there, as the service writes times.
    pub inserted: String,
    /// When it vanishes by itself.
    pub expires: String,
    /// When it is visible again; empty for one that was only peeked at.
    pub next_visible: String,
}

impl Message {
    fn read(xml: &str) -> Self {
        let field = |name| xml::unescape(xml::text(xml, name).unwrap_or_default());
        Self {
            id: field("MessageId"),
            pop_receipt: field("PopReceipt"),
            text: field("MessageText"),
            dequeue_count: field("DequeueCount").parse().unwrap_or_default(),
            inserted: field("InsertionTime"),
            expires: field("ExpirationTime"),
            next_visible: field("TimeNextVisible"),
        }
    }

    /// The text behind the base64, or `None` where it is no base64 of a text.
    #[must_use]
    pub fn decoded(&self) -> Option<String> {
        String::from_utf8(BASE64_STANDARD.decode(&self.text).ok()?).ok()
    }
}

impl Storage {
    fn queue_url(&self, path: &[&str], query: &[(&str, &str)]) -> Url {
        below(&self.queue, path, query)
    }

    /// Creates a queue; one that is there already stays.
    pub async fn create_queue(&self, queue: &str) -> Result<(), StorageError> {
        self.ask(Method::PUT, self.queue_url(&[queue], &[]), &[], Vec::new()).await.map(drop)
    }

    /// Puts a message as it is, visible after a while.
    pub async fn put_message(&self, queue: &str, text: &str, after: Duration) -> Result<(), StorageError> {
        let seconds = seconds(after);
        let url = self.queue_url(&[queue, "messages"], &[("visibilitytimeout", &seconds)]);
        let body = format!("<QueueMessage><MessageText>{}</MessageText></QueueMessage>", xml::escape(text));
        self.ask(Method::POST, url, &[("content-type", "application/xml")], body.into_bytes()).await.map(drop)
    }

    /// Puts a text as a producer for the host does: in base64, visible at once, in a queue that is created if
    /// need be.
    pub async fn send(&self, queue: &str, text: &str) -> Result<(), StorageError> {
        self.put_or_create(queue, &BASE64_STANDARD.encode(text)).await
    }

    /// Puts a message as it is, and creates the queue if it is missing (Azure/azure-sdk-for-net, queue
    /// extension, `AddMessageAndCreateIfNotExistsAsync`).
    pub(crate) async fn put_or_create(&self, queue: &str, text: &str) -> Result<(), StorageError> {
        match self.put_message(queue, text, Duration::ZERO).await {
            Err(error) if error.status == 404 => {
                self.create_queue(queue).await?;
                self.put_message(queue, text, Duration::ZERO).await
            }
            other => other,
        }
    }

    /// Takes up to `count` messages, which nobody else sees for a while.
    pub async fn get_messages(
        &self,
        queue: &str,
        count: usize,
        invisible: Duration,
    ) -> Result<Vec<Message>, StorageError> {
        let (count, invisible) = (count.to_string(), seconds(invisible));
        let query = [("numofmessages", count.as_str()), ("visibilitytimeout", invisible.as_str())];
        let url = self.queue_url(&[queue, "messages"], &query);
        let done = self.ask(Method::GET, url, &[], Vec::new()).await?;
        Ok(xml::elements(&done.text(), "QueueMessage").map(Message::read).collect())
    }

    /// Says when a message is visible again, and gives its new receipt.
    pub async fn update_visibility(
        &self,
        queue: &str,
        message: &Message,
        visible_in: Duration,
    ) -> Result<String, StorageError> {
        let seconds = seconds(visible_in);
        let query = [("popreceipt", message.pop_receipt.as_str()), ("visibilitytimeout", seconds.as_str())];
        let url = self.queue_url(&[queue, "messages", &message.id], &query);
        let done = self.ask(Method::PUT, url, &[], Vec::new()).await?;
        let receipt = done.headers.get("x-ms-popreceipt").and_then(|receipt| receipt.to_str().ok());
        Ok(receipt.unwrap_or(&message.pop_receipt).to_owned())
    }

    /// Deletes a message.
    pub async fn delete_message(&self, queue: &str, message: &Message) -> Result<(), StorageError> {
        let query = [("popreceipt", message.pop_receipt.as_str())];
        let url = self.queue_url(&[queue, "messages", &message.id], &query);
        self.ask(Method::DELETE, url, &[], Vec::new()).await.map(drop)
    }

    /// Up to 32 messages that are visible, without taking them. A queue that does not exist has none.
    pub async fn peek_messages(&self, queue: &str) -> Result<Vec<Message>, StorageError> {
        let url = self.queue_url(&[queue, "messages"], &[("peekonly", "true"), ("numofmessages", "32")]);
        match self.ask(Method::GET, url, &[], Vec::new()).await {
            Ok(done) => Ok(xml::elements(&done.text(), "QueueMessage").map(Message::read).collect()),
            Err(error) if error.status == 404 => Ok(Vec::new()),
            Err(error) => Err(error),
        }
    }

    /// Waits until there are so many messages about, invisible ones too. Fails the test if it takes too long.
    pub async fn until_count(&self, queue: &str, count: usize) {
        let began = Instant::now();
        loop {
            let found = self.count_messages(queue).await.expect("a queue service");
            if found == count {
                return;
            }
            assert!(
                began.elapsed() < LONGEST,
                "waited for {count} messages in {queue}, where there are {found}"
            );
            sleep(PAUSE).await;
        }
    }

    /// How many messages there are about, invisible ones too. A queue that does not exist has none.
    pub async fn count_messages(&self, queue: &str) -> Result<usize, StorageError> {
        let url = self.queue_url(&[queue], &[("comp", "metadata")]);
        match self.ask(Method::GET, url, &[], Vec::new()).await {
            Ok(done) => {
                let count = done.headers.get("x-ms-approximate-messages-count");
                Ok(count.and_then(|count| count.to_str().ok()?.parse().ok()).unwrap_or_default())
            }
            Err(error) if error.status == 404 => Ok(0),
            Err(error) => Err(error),
        }
    }
}

/// The service counts in whole seconds; a part of one is rounded up.
fn seconds(time: Duration) -> String {
    (time.as_secs() + u64::from(time.subsec_nanos() > 0)).to_string()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{Message, seconds};

    #[test]
    fn a_message_is_read() {
        let message = Message::read(
            "<MessageId>a</MessageId><InsertionTime>Sun, 22 Nov 2026 18:00:00 GMT</InsertionTime>\
             <ExpirationTime>Fri, 31 Dec 9999 23:59:59 GMT</ExpirationTime><PopReceipt>p&amp;q</PopReceipt>\
             <TimeNextVisible>Sun, 22 Nov 2026 18:10:00 GMT</TimeNextVisible><DequeueCount>2</DequeueCount>\
             <MessageText>aGVsbG8=</MessageText>",
        );
        assert_eq!((message.pop_receipt.as_str(), message.dequeue_count), ("p&q", 2));
        assert_eq!(message.decoded().as_deref(), Some("hello"));
        assert_eq!(Message { text: "hello!".into(), ..message }.decoded(), None);
    }

    #[test]
    fn a_part_of_a_second_is_a_second() {
        assert_eq!([0, 1, 1000, 1001].map(|ms| seconds(Duration::from_millis(ms))), ["0", "1", "1", "2"]);
    }
}
