//! The private endpoints of a web app (`privateEndpointConnections`).

use serde_json::Value;

use super::WebError;
use crate::gateway::json;
use crate::id::ResourceId;

/// A private endpoint that is, or wants to be, connected with an app.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EndpointConnection {
    /// The private endpoint, when the document names it.
    pub endpoint: Option<ResourceId>,
    /// Whether somebody approved it; before that it passes nothing.
    pub approved: bool,
}

impl EndpointConnection {
    /// Reads the whole list from the body of a GET.
    ///
    /// # Errors
    /// When there is no list, or only a page of one.
    pub fn parse_all(raw: &Value) -> Result<Vec<Self>, WebError> {
        let list = raw.get("value").and_then(Value::as_array);
        let list = list.filter(|_| json::text(raw, "nextLink").is_none()).ok_or(WebError::NoList)?;
        Ok(list.iter().map(Self::read).collect())
    }

    fn read(raw: &Value) -> Self {
        let own = json::properties(raw);
        let state = own.get("privateLinkServiceConnectionState").unwrap_or(&Value::Null);
        let approved =
            json::text(state, "status").is_some_and(|status| status.eq_ignore_ascii_case("Approved"));
        Self { endpoint: json::reference_id(own, "privateEndpoint"), approved }
    }
}
