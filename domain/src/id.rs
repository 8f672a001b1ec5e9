//! Names that Azure gives to things. They compare without regard to case, because Azure Resource Manager
//! (ARM) does, and they keep the spelling they came with, because people read them.

use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};

use serde::{Deserialize, Serialize};

/// Gives a string newtype the equality of ARM: ASCII case is ignored.
macro_rules! case_insensitive {
    ($name:ident) => {
        impl PartialEq for $name {
            fn eq(&self, other: &Self) -> bool {
                self.0.eq_ignore_ascii_case(&other.0)
            }
        }
        impl Eq for $name {}
        impl Hash for $name {
            fn hash<H: Hasher>(&self, state: &mut H) {
                self.0.to_ascii_lowercase().hash(state);
            }
        }
        impl PartialOrd for $name {
            fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
                Some(self.cmp(other))
            }
        }
        impl Ord for $name {
            fn cmp(&self, other: &Self) -> Ordering {
                self.0.to_ascii_lowercase().cmp(&other.0.to_ascii_lowercase())
            }
        }
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{:?}", self.0)
            }
        }
    };
}

/// The name of a child of a gateway: a listener, request routing rule, HTTP setting, pool or probe.
#[derive(Clone, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Name(String);
case_insensitive!(Name);

impl Name {
    /// Takes a name as ARM spelled it.
    pub fn new(name: impl Into<String>) -> Self {
        Self(name.into())
    }

    /// The name as ARM spelled it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Why a text is not an ARM resource id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("'{text}' is not {wanted}")]
pub struct IdError {
    text: String,
    wanted: &'static str,
}

/// The id of any ARM resource, such as
/// `/subscriptions/{s}/resourceGroups/{g}/providers/Microsoft.Network/publicIPAddresses/{n}`.
#[derive(Clone, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ResourceId(String);
case_insensitive!(ResourceId);

impl ResourceId {
    /// Reads a resource id. A trailing slash is dropped.
    ///
    /// # Errors
    /// When the text does not have the shape `/subscriptions/…/resourceGroups/…/providers/…`.
    pub fn parse(text: &str) -> Result<Self, IdError> {
        let trimmed = text.trim().trim_end_matches('/');
        let wrong = || IdError { text: text.to_owned(), wanted: "an Azure resource id" };
        let parts: Vec<&str> = trimmed.split('/').collect();
        let plain = trimmed
            .bytes()
            .all(|byte| byte.is_ascii_graphic() && !matches!(byte, b'?' | b'#' | b'\\' | b'%' | b'"'));
        let (true, ["", sub, _, rg, _, prov, _, kind, name, ..]) = (plain, parts.as_slice()) else {
            return Err(wrong());
        };
        let keywords = sub.eq_ignore_ascii_case("subscriptions")
            && rg.eq_ignore_ascii_case("resourceGroups")
            && prov.eq_ignore_ascii_case("providers");
        // `..` would let an id climb out of the resource it names once it is part of a URL.
        let filled = parts.iter().skip(1).all(|part| !part.is_empty() && *part != "." && *part != "..");
        let paired = parts.len() % 2 == 1;
        if keywords && filled && paired && !kind.is_empty() && !name.is_empty() {
            Ok(Self(trimmed.to_owned()))
        } else {
            Err(wrong())
        }
    }

    /// The id as ARM spelled it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The last segment: the resource's own name.
    #[must_use]
    pub fn name(&self) -> Name {
        Name::new(self.0.rsplit('/').next().unwrap_or_default())
    }

    /// The subscription's id.
    #[must_use]
    pub fn subscription(&self) -> &str {
        self.segment(2)
    }

    /// The resource group's name.
    #[must_use]
    pub fn resource_group(&self) -> &str {
        self.segment(4)
    }

    /// The resource's provider and type, such as `Microsoft.Network/applicationGateways`.
    #[must_use]
    pub fn kind(&self) -> String {
        format!("{}/{}", self.segment(6), self.segment(7))
    }

    /// The id of a child, such as a gateway's probe: `{self}/{collection}/{name}`.
    #[must_use]
    pub fn child(&self, collection: &str, name: &Name) -> Self {
        Self(format!("{}/{collection}/{name}", self.0))
    }

    /// The resource that this one is a part of, such as a subnet's virtual network; none for a whole one.
    #[must_use]
    pub fn parent(&self) -> Option<Self> {
        let (rest, _) = self.0.rsplit_once('/')?;
        let (rest, _) = rest.rsplit_once('/')?;
        Self::parse(rest).ok()
    }

    /// Where the Azure portal shows this resource.
    #[must_use]
    pub fn portal_url(&self) -> String {
        format!("https://portal.azure.com/#resource{}", self.0)
    }

    fn segment(&self, index: usize) -> &str {
        self.0.split('/').nth(index).unwrap_or_default()
    }
}

impl TryFrom<String> for ResourceId {
    type Error = IdError;
    fn try_from(text: String) -> Result<Self, IdError> {
        Self::parse(&text)
    }
}

impl From<ResourceId> for String {
    fn from(id: ResourceId) -> Self {
        id.0
    }
}

/// The id of an Application Gateway.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct GatewayId(ResourceId);

impl GatewayId {
    /// Reads the id of an Application Gateway.
    ///
    /// # Errors
    /// When the text is no resource id, or one of another type or of a gateway's child.
    pub fn parse(text: &str) -> Result<Self, IdError> {
        let id = ResourceId::parse(text)?;
        let whole = id.as_str().split('/').count() == 9;
        if whole && id.kind().eq_ignore_ascii_case("Microsoft.Network/applicationGateways") {
            Ok(Self(id))
        } else {
            Err(IdError { text: text.to_owned(), wanted: "the id of an Application Gateway" })
        }
    }

    /// The id as a plain resource id.
    #[must_use]
    pub fn resource(&self) -> &ResourceId {
        &self.0
    }

    /// The id as ARM spelled it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }

    /// The gateway's name.
    #[must_use]
    pub fn name(&self) -> Name {
        self.0.name()
    }
}

impl fmt::Display for GatewayId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Debug for GatewayId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl TryFrom<String> for GatewayId {
    type Error = IdError;
    fn try_from(text: String) -> Result<Self, IdError> {
        Self::parse(&text)
    }
}

impl From<GatewayId> for String {
    fn from(id: GatewayId) -> Self {
        id.0.into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str =
        "/subscriptions/s/resourceGroups/rg-web/providers/Microsoft.Network/applicationGateways/agw-prod";

    #[test]
    fn ids_compare_without_case_and_keep_their_spelling() {
        let one = GatewayId::parse(ID).unwrap();
        let two = GatewayId::parse(&ID.to_ascii_lowercase()).unwrap();
        assert_eq!(one, two);
        assert_eq!(one.as_str(), ID);
        assert_eq!(one.resource().resource_group(), "rg-web");
    }

    #[test]
    fn a_child_is_not_a_gateway() {
        assert!(GatewayId::parse(&format!("{ID}/probes/p")).is_err());
        assert_eq!(ResourceId::parse(&format!("{ID}/probes/p")).unwrap().name(), Name::new("P"));
    }

    #[test]
    fn what_could_bend_a_url_is_no_id() {
        for bad in [
            "",
            "agw-prod",
            "/subscriptions/s/resourceGroups/rg",
            &format!("{ID}/../x"),
            &format!("{ID}?x=1"),
            "/subscriptions//resourceGroups/g/providers/a/b/c",
        ] {
            assert!(ResourceId::parse(bad).is_err(), "{bad}");
        }
    }
}
