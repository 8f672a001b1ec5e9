//! What a security group makes of a flow.

use crate::id::{Name, ResourceId};
use crate::network::tag::ServiceTag;

/// A rule, as a message can name and link it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleRef {
    /// The rule's name.
    pub name: Name,
    /// Its priority; the lowest number comes first.
    pub priority: u32,
    /// The security group that it is in.
    pub nsg: ResourceId,
    /// Whether it is one of those that Azure puts into every group.
    pub is_default: bool,
}

impl RuleRef {
    /// The rule's own id.
    #[must_use]
    pub fn id(&self) -> ResourceId {
        let collection = if self.is_default { "defaultSecurityRules" } else { "securityRules" };
        self.nsg.child(collection, &self.name)
    }
}

/// What a security group makes of a flow.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ruling {
    /// It passes.
    Allowed {
        /// The rule that lets it, or would at the latest; none when no security group is asked.
        rule: Option<RuleRef>,
    },
    /// It is dropped.
    Denied {
        /// The rule that drops it, or would at the latest.
        rule: RuleRef,
    },
    /// That depends on something that is not known, or differs within the flow.
    Unclear {
        /// What is not known.
        why: Why,
        /// The rule that cannot be told, if it is one.
        rule: Option<RuleRef>,
    },
}

impl Ruling {
    /// Whether it certainly passes.
    #[must_use]
    pub fn is_allowed(&self) -> bool {
        matches!(self, Self::Allowed { .. })
    }

    /// Whether it is certainly dropped.
    #[must_use]
    pub fn is_denied(&self) -> bool {
        matches!(self, Self::Denied { .. })
    }

    /// The rule that decides, or that cannot be told.
    #[must_use]
    pub fn rule(&self) -> Option<&RuleRef> {
        match self {
            Self::Allowed { rule } | Self::Unclear { rule, .. } => rule.as_ref(),
            Self::Denied { rule } => Some(rule),
        }
    }
}

/// Why nothing certain can be said of a flow.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Why {
    /// A rule has a service tag whose addresses are not known.
    #[error("the addresses of the service tag {tag} are not known")]
    TagUnknown {
        /// The tag.
        tag: ServiceTag,
    },
    /// An address may be in `VirtualNetwork`, or may not.
    #[error("it is not known which addresses are connected with the virtual network")]
    VirtualNetworkUnknown,
    /// A rule has an application security group whose members are not known.
    #[error("the members of the application security group {} are not known", group.name())]
    GroupUnknown {
        /// The group.
        group: ResourceId,
    },
    /// Some of the flow passes, some does not.
    #[error("only a part of this traffic passes")]
    PartOfFlow,
    /// A rule is about some of the flow's addresses only.
    #[error("the rule is about a part of these addresses")]
    PartOfAddresses,
    /// Two rules of one priority say different things.
    #[error("two rules of one priority disagree")]
    SamePriority,
    /// A rule has something that was not understood.
    #[error("{what} was not understood")]
    NotUnderstood {
        /// What, as it was spelled.
        what: String,
    },
    /// The rule does not say whether it is about this protocol, which has no ports.
    #[error("the rule names ports, and this traffic has none")]
    NoPorts,
    /// Rules of Azure Virtual Network Manager come before those of the security groups.
    #[error("security admin rules of a network manager come first")]
    AdminRules,
    /// No rule is about the flow, which means that the rules were not all read.
    #[error("no rule is about this traffic")]
    NoRule,
}

/// What several security groups in a row make of a flow: each of them has to let it pass.
pub(super) fn all(rulings: impl Iterator<Item = Ruling>) -> Ruling {
    let mut sum = Ruling::Allowed { rule: None };
    for ruling in rulings {
        sum = match (sum, ruling) {
            (denied @ Ruling::Denied { .. }, _) | (_, denied @ Ruling::Denied { .. }) => denied,
            (unclear @ Ruling::Unclear { .. }, _) => unclear,
            (Ruling::Allowed { .. }, next) => next,
        };
    }
    sum
}

/// What is certain of a flow if several rulings are each possible, or each true of some of it.
pub(super) fn agree(rulings: impl IntoIterator<Item = Ruling>, else_why: &Why) -> Option<Ruling> {
    let mut sum: Option<Ruling> = None;
    for ruling in rulings {
        sum = Some(match (sum, ruling) {
            (None, first) => first,
            (Some(unclear @ Ruling::Unclear { .. }), _) | (_, unclear @ Ruling::Unclear { .. }) => unclear,
            (Some(denied @ Ruling::Denied { .. }), Ruling::Denied { .. }) => denied,
            (Some(allowed @ Ruling::Allowed { .. }), Ruling::Allowed { .. }) => allowed,
            // The rule that drops some of it is the one worth naming.
            (Some(Ruling::Denied { rule }), _) | (_, Ruling::Denied { rule }) => {
                Ruling::Unclear { why: else_why.clone(), rule: Some(rule) }
            }
        });
    }
    sum
}
