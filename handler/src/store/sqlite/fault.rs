//! Why the database did not do what it was asked to.

use std::path::PathBuf;
use std::sync::Arc;

use serde::de::DeserializeOwned;

use crate::ports::StoreError;

/// Why the database did not do what it was asked to. Everybody in a batch gets the same one.
#[derive(Debug, Clone, thiserror::Error)]
pub(super) enum Fault {
    #[error(transparent)]
    Sqlite(#[from] Arc<rusqlite::Error>),
    #[error(transparent)]
    File(#[from] Arc<std::io::Error>),
    #[error("the {what} {id} is stored in a form that this version of the program cannot read: {why}")]
    Unreadable { what: &'static str, id: String, why: Arc<serde_json::Error> },
    #[error("it cannot be written as JSON: {0}")]
    Unwritable(Arc<serde_json::Error>),
    #[error("{} is the database of another program", .0.display())]
    NotOurs(PathBuf),
    #[error(
        "{} was written by a newer version of this program: its form is {found}, and this one knows {known}",
        path.display()
    )]
    Newer { path: PathBuf, found: i32, known: i32 },
    #[error("the whole batch was rolled back because another write in it failed: {0}")]
    RolledBack(Box<Fault>),
    #[error("the database was closed before it answered")]
    Closed,
}

impl From<rusqlite::Error> for Fault {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sqlite(Arc::new(error))
    }
}

impl From<std::io::Error> for Fault {
    fn from(error: std::io::Error) -> Self {
        Self::File(Arc::new(error))
    }
}

impl Fault {
    pub(super) fn unwritable(error: serde_json::Error) -> Self {
        Self::Unwritable(Arc::new(error))
    }
}

/// Says what was being done when it failed.
pub(super) fn failed(doing: &'static str) -> impl Fn(Fault) -> StoreError {
    move |fault| StoreError { doing, source: Box::new(fault) }
}

/// Reads a document, or names the one that cannot be read.
pub(super) fn read_document<T: DeserializeOwned>(
    what: &'static str,
    id: &str,
    text: &str,
) -> Result<T, Fault> {
    let unreadable = |why| Fault::Unreadable { what, id: id.to_owned(), why: Arc::new(why) };
    serde_json::from_str(text).map_err(unreadable)
}

/// Reads an id.
pub(super) fn read_id<T: DeserializeOwned>(what: &'static str, id: &str) -> Result<T, Fault> {
    let unreadable = |why| Fault::Unreadable { what, id: id.to_owned(), why: Arc::new(why) };
    serde_json::from_value(serde_json::Value::from(id)).map_err(unreadable)
}
