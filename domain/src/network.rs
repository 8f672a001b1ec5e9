//! The rules of Azure's virtual networks, as far as they decide whether a gateway reaches its servers:
//! network security groups, routes, peerings, private DNS zones.
//!
//! Everything here is a view of raw ARM JSON, as forgiving as the gateway's: what is missing gets the
//! service's own default, what is unknown is left alone. A decision that rests on something that was not
//! read, or not understood, says so; it never guesses.

pub mod address;
pub mod context;
pub mod dns;
pub mod endpoint;
pub mod interface;
pub mod nsg;
pub mod ports;
pub mod route;
pub mod tag;
pub mod vnet;

use serde_json::Value;

use crate::gateway::json;
use crate::id::{IdError, ResourceId};

/// Why a JSON document is not the network resource, or the answer, that was asked for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NetworkError {
    /// The document is a list, a text, null …
    #[error("the document is not a JSON object")]
    NotAnObject,
    /// There is no `id`, or it is not a text.
    #[error("the document has no id")]
    NoId,
    /// The `id` is no resource id.
    #[error("the document's id is wrong: {0}")]
    BadId(#[from] IdError),
    /// The `id` is that of something else.
    #[error("the document is of the type {found}, not {wanted}")]
    WrongKind {
        /// The type that was asked for.
        wanted: &'static str,
        /// The type of the document.
        found: String,
    },
    /// There is no `properties` object.
    #[error("the document has no properties")]
    NoProperties,
    /// There is no list where the answer of an action has one (`value`).
    #[error("the answer has no list")]
    NoList,
    /// The list goes on elsewhere (`nextLink`), so that this part of it proves nothing.
    #[error("the answer is only the first page of a list")]
    MorePages,
}

/// The id of a whole resource of one type, from the body of its GET.
fn identify(raw: &Value, wanted: &'static str) -> Result<ResourceId, NetworkError> {
    if !raw.is_object() {
        return Err(NetworkError::NotAnObject);
    }
    let id = ResourceId::parse(json::text(raw, "id").ok_or(NetworkError::NoId)?)?;
    if !id.kind().eq_ignore_ascii_case(wanted) {
        return Err(NetworkError::WrongKind { wanted, found: id.kind() });
    }
    if !raw.get("properties").is_some_and(Value::is_object) {
        return Err(NetworkError::NoProperties);
    }
    Ok(id)
}

/// The items of an answer's whole list.
fn whole_list(raw: &Value) -> Result<&[Value], NetworkError> {
    if json::text(raw, "nextLink").is_some() {
        return Err(NetworkError::MorePages);
    }
    raw.get("value").and_then(Value::as_array).map(Vec::as_slice).ok_or(NetworkError::NoList)
}

/// The texts of a field that ARM writes as one text, as a list of texts, or both under two names.
fn one_or_many(object: &Value, keys: [&str; 2]) -> Vec<String> {
    let mut texts: Vec<String> = Vec::new();
    for key in keys {
        texts.extend(json::text(object, key).map(str::to_owned));
        texts.extend(json::texts(object, key));
    }
    texts
}
