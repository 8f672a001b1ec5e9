//! What a path asks for. ARM does not mind letter case, neither of its own words nor of names.

/// What a request is addressed to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Address {
    /// The subscription of the path, if it names one.
    pub(crate) subscription: Option<String>,
    pub(crate) what: What,
}

/// The thing behind an [`Address`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum What {
    Endpoints,
    OpenId {
        tenant: String,
    },
    Token,
    Subscriptions,
    Subscription,
    Tenants,
    Operation {
        id: String,
    },
    OperationResult {
        id: String,
    },
    /// The gateways of a resource group, or of the subscription.
    Gateways {
        group: Option<String>,
    },
    Gateway {
        group: String,
        name: String,
    },
    /// A POST below a gateway.
    GatewayAction {
        group: String,
        name: String,
        action: String,
    },
    /// A question to Azure Resource Graph.
    Graph,
    /// The locks that hold for a scope.
    Locks {
        scope: String,
    },
    /// What the client may do to a resource.
    Permissions,
    /// Anything else, looked up by its id.
    Other {
        path: String,
    },
}

impl Address {
    pub(crate) fn parse(path: &str) -> Self {
        let path = path.trim_end_matches('/');
        let segments: Vec<&str> = path.split('/').skip(1).collect();
        let lower: Vec<String> = segments.iter().map(|segment| segment.to_lowercase()).collect();
        let words: Vec<&str> = lower.iter().map(String::as_str).collect();
        let subscription = match words.as_slice() {
            ["subscriptions", id, ..] => Some((*id).to_owned()),
            _ => None,
        };
        let what = sign_in(&words, &segments)
            .or_else(|| locks(path))
            .or_else(|| permissions(path))
            .unwrap_or_else(|| arm(&words, &segments, path));
        Self { subscription, what }
    }

    /// The resource type, as permissions name it.
    pub(crate) fn kind(&self) -> String {
        match &self.what {
            What::Gateways { .. } | What::Gateway { .. } | What::GatewayAction { .. } => {
                "Microsoft.Network/applicationGateways".to_owned()
            }
            What::Operation { .. } => "Microsoft.Network/locations/operations".to_owned(),
            What::OperationResult { .. } => "Microsoft.Network/locations/operationResults".to_owned(),
            What::Locks { .. } => "Microsoft.Authorization/locks".to_owned(),
            What::Permissions => "Microsoft.Authorization/permissions".to_owned(),
            What::Graph => "Microsoft.ResourceGraph/resources".to_owned(),
            What::Other { path } => {
                kind_of(path).unwrap_or_else(|| "Microsoft.Resources/subscriptions".to_owned())
            }
            _ => "Microsoft.Resources/subscriptions".to_owned(),
        }
    }
}

fn sign_in(words: &[&str], segments: &[&str]) -> Option<What> {
    match words {
        ["metadata", "endpoints"] => Some(What::Endpoints),
        [_, "v2.0", ".well-known", "openid-configuration"] | [_, ".well-known", "openid-configuration"] => {
            Some(What::OpenId { tenant: (*segments.first()?).to_owned() })
        }
        [_, "oauth2", "v2.0", "token"] | [_, "oauth2", "token"] => Some(What::Token),
        _ => None,
    }
}

fn locks(path: &str) -> Option<What> {
    const LOCKS: &str = "/providers/microsoft.authorization/locks";
    let scope = path.len().checked_sub(LOCKS.len()).filter(|_| path.to_lowercase().ends_with(LOCKS))?;
    Some(What::Locks { scope: path.get(..scope)?.to_owned() })
}

fn permissions(path: &str) -> Option<What> {
    let is_one = path.to_lowercase().ends_with("/providers/microsoft.authorization/permissions");
    is_one.then_some(What::Permissions)
}

fn arm(words: &[&str], segments: &[&str], path: &str) -> What {
    let own = |index: usize| segments.get(index).map(|segment| (*segment).to_owned()).unwrap_or_default();
    match words {
        ["subscriptions"] => What::Subscriptions,
        ["tenants"] => What::Tenants,
        ["providers", "microsoft.resourcegraph", "resources"] => What::Graph,
        ["subscriptions", _] => What::Subscription,
        ["subscriptions", _, "providers", "microsoft.network", "locations", _, "operations", id] => {
            What::Operation { id: (*id).to_owned() }
        }
        ["subscriptions", _, "providers", "microsoft.network", "locations", _, "operationresults", id] => {
            What::OperationResult { id: (*id).to_owned() }
        }
        ["subscriptions", _, "providers", "microsoft.network", "applicationgateways"] => {
            What::Gateways { group: None }
        }
        [
            "subscriptions",
            _,
            "resourcegroups",
            _,
            "providers",
            "microsoft.network",
            "applicationgateways",
            rest @ ..,
        ] => match rest {
            [] => What::Gateways { group: Some(own(3)) },
            [_] => What::Gateway { group: own(3), name: own(7) },
            [_, _] => What::GatewayAction { group: own(3), name: own(7), action: own(8) },
            _ => What::Other { path: path.to_owned() },
        },
        _ => What::Other { path: path.to_owned() },
    }
}

/// `Microsoft.Web/sites/config` of `.../providers/Microsoft.Web/sites/x/config/web`.
fn kind_of(path: &str) -> Option<String> {
    let at = path.to_lowercase().rfind("/providers/")?;
    let rest: Vec<&str> = path.get(at..)?.split('/').skip(2).collect();
    let (provider, pairs) = rest.split_first()?;
    let types = pairs.iter().step_by(2).copied();
    Some(std::iter::once(*provider).chain(types).collect::<Vec<_>>().join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letter_case_does_not_matter_and_names_keep_theirs() {
        let address = Address::parse(
            "/SUBSCRIPTIONS/AA/resourcegroups/Rg/providers/microsoft.network/APPLICATIONGATEWAYS/Agw",
        );
        assert_eq!(address.subscription.as_deref(), Some("aa"));
        assert_eq!(address.what, What::Gateway { group: "Rg".into(), name: "Agw".into() });
    }

    #[test]
    fn a_lock_list_belongs_to_what_stands_before_it() {
        let address =
            Address::parse("/subscriptions/a/resourceGroups/b/providers/Microsoft.Authorization/locks");
        assert_eq!(address.what, What::Locks { scope: "/subscriptions/a/resourceGroups/b".into() });
    }

    #[test]
    fn kinds_are_named_as_permissions_name_them() {
        let kind = |path: &str| Address::parse(path).kind();
        assert_eq!(
            kind("/subscriptions/a/resourceGroups/b/providers/Microsoft.Web/sites/x/config/web"),
            "Microsoft.Web/sites/config"
        );
        assert_eq!(
            kind("/subscriptions/a/providers/Microsoft.Network/locations/westeurope/operations/1"),
            "Microsoft.Network/locations/operations"
        );
    }
}
