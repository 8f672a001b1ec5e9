//! The messages as they change: the whole log first, then every entry that is new or different.

use std::convert::Infallible;
use std::sync::Arc;

use axum::extract::State;
use axum::response::sse::{Event, KeepAlive, Sse};
use futures::stream::{self, Stream, StreamExt};
use serde::Serialize;
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;

use super::Console;
use super::log::{ConsoleChat, Entry};

/// Where a reader of the log is.
enum Reader {
    /// It has nothing yet, or fell too far behind.
    Behind(Arc<ConsoleChat>),
    /// It has everything so far.
    Level(Arc<ConsoleChat>, Receiver<Entry>),
}

pub(super) async fn stream(
    State(console): State<Console>,
) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    let events = stream::unfold(Reader::Behind(console.chat), |reader| async {
        let (event, reader) = next(reader).await?;
        Some((Ok(event), reader))
    });
    // An open page must not hold up a stop.
    Sse::new(events.take_until(console.closing.cancelled_owned())).keep_alive(KeepAlive::default())
}

async fn next(reader: Reader) -> Option<(Event, Reader)> {
    let (chat, mut changes) = match reader {
        Reader::Behind(chat) => return Some(caught_up(chat)),
        Reader::Level(chat, changes) => (chat, changes),
    };
    match changes.recv().await {
        Ok(entry) => Some((event("entry", &entry), Reader::Level(chat, changes))),
        Err(RecvError::Lagged(_)) => Some(caught_up(chat)),
        Err(RecvError::Closed) => None,
    }
}

fn caught_up(chat: Arc<ConsoleChat>) -> (Event, Reader) {
    let (log, changes) = chat.follow();
    (event("log", &log), Reader::Level(chat, changes))
}

fn event<T: Serialize>(name: &str, data: &T) -> Event {
    let event = Event::default().event(name);
    event.json_data(data).unwrap_or_else(|error| Event::default().comment(error.to_string()))
}
