//! Whether one rule is about one slice of a flow.

use super::ends::Ends;
use super::flow::{End, Flow, Protocol};
use super::rule::Rule;
use super::ruling::Why;
use crate::id::ResourceId;
use crate::network::address::{Cover, HOST, METADATA, Prefix, Sphere};
use crate::network::context::NetworkContext;
use crate::network::ports::{PortRange, Ports};
use crate::network::tag::ServiceTag;

/// Whether a rule is about something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Fit {
    /// It is not.
    No,
    /// It may be, or is about a part of it.
    Maybe(Why),
    /// It is.
    Yes,
}

/// A part of a flow that no rule's ports divide, with a guess about where its ends are.
#[derive(Debug, Clone)]
pub(super) struct Slice<'a> {
    pub(super) flow: &'a Flow,
    pub(super) protocol: Protocol,
    pub(super) source_ports: PortRange,
    pub(super) destination_ports: PortRange,
    /// Whether the source is in `VirtualNetwork`.
    pub(super) source_inside: bool,
    /// Whether the destination is.
    pub(super) destination_inside: bool,
}

impl Slice<'_> {
    /// Whether only the guesses of two slices differ.
    pub(super) fn same_ports(&self, other: &Self) -> bool {
        let key = |slice: &Self| (slice.protocol, slice.source_ports, slice.destination_ports);
        key(self) == key(other)
    }

    /// Whether a rule is about this.
    pub(super) fn fit(&self, rule: &Rule, context: &NetworkContext) -> Fit {
        let ends = |ends, end, inside| Sight { end, inside, context }.of(ends);
        let fits = [
            self.protocol_fits(rule),
            self.ports_fit(rule.source_ports.as_ref(), self.source_ports),
            self.ports_fit(rule.destination_ports.as_ref(), self.destination_ports),
            ends(&rule.source, &self.flow.source, self.source_inside),
            ends(&rule.destination, &self.flow.destination, self.destination_inside),
        ];
        let odd = rule.odd.iter().map(|what| Fit::Maybe(Why::NotUnderstood { what: what.clone() }));
        both(fits.into_iter().chain(odd))
    }

    fn protocol_fits(&self, rule: &Rule) -> Fit {
        // One that was not understood is in `odd`, which leaves the rule in doubt.
        match rule.protocol {
            None | Some(Protocol::Any) => Fit::Yes,
            Some(own) if own == self.protocol => Fit::Yes,
            Some(_) => Fit::No,
        }
    }

    fn ports_fit(&self, own: Option<&Ports>, asked: PortRange) -> Fit {
        match own {
            None => Fit::Yes,
            Some(ports) if self.protocol.has_ports() => {
                if ports.covers(&asked) {
                    Fit::Yes
                } else {
                    Fit::No
                }
            }
            Some(ports) if ports.covers(&PortRange::ANY) => Fit::Yes,
            Some(_) => Fit::Maybe(Why::NoPorts),
        }
    }
}

/// All of them have to fit.
fn both(fits: impl Iterator<Item = Fit>) -> Fit {
    let mut sum = Fit::Yes;
    for fit in fits {
        sum = match (sum, fit) {
            (Fit::No, _) | (_, Fit::No) => return Fit::No,
            (Fit::Yes, next) => next,
            (maybe, _) => maybe,
        };
    }
    sum
}

/// One of them has to fit.
fn either(fits: impl Iterator<Item = Fit>) -> Fit {
    let mut sum = Fit::No;
    for fit in fits {
        sum = match (sum, fit) {
            (Fit::Yes, _) | (_, Fit::Yes) => return Fit::Yes,
            (Fit::No, next) => next,
            (maybe, _) => maybe,
        };
    }
    sum
}

fn cover(cover: Cover) -> Fit {
    match cover {
        Cover::None => Fit::No,
        Cover::Part => Fit::Maybe(Why::PartOfAddresses),
        Cover::Full => Fit::Yes,
    }
}

/// One end of a flow, with all that is known about it.
#[derive(Clone, Copy)]
struct Sight<'a> {
    end: &'a End,
    /// Whether it is in `VirtualNetwork`, as far as this slice guesses.
    inside: bool,
    context: &'a NetworkContext,
}

impl Sight<'_> {
    /// Whether one side of a rule holds this end.
    fn of(self, ends: &Ends) -> Fit {
        let odd = ends.odd.iter().map(|what| Fit::Maybe(Why::NotUnderstood { what: what.clone() }));
        let merged = Prefix::merged(&ends.prefixes);
        let fits = ends
            .prefixes
            .iter()
            .chain(&merged)
            .map(|prefix| self.of_prefix(prefix))
            .chain(ends.tags.iter().map(|tag| self.of_tag(tag, ends.expanded.as_deref())))
            .chain(ends.groups.iter().map(|group| self.of_group(group)));
        either(fits.chain(odd))
    }

    fn of_prefix(self, prefix: &Prefix) -> Fit {
        match self.end {
            End::Addresses(own) => match prefix.cover(own) {
                // Azure writes `0.0.0.0/0` for "all IP addresses" in its default rules; whether a rule of
                // one's own with it is about IPv6 is not documented.
                Cover::None if prefix.is_default() && prefix.has_ipv4() && !own.has_ipv4() => {
                    Fit::Maybe(Why::NotUnderstood { what: format!("{prefix} for an IPv6 address") })
                }
                other => cover(other),
            },
            End::Tag(_) if prefix.is_default() && prefix.has_ipv4() => Fit::Yes,
            End::Tag(tag) => match self.prefixes_of(tag) {
                Some(own) => all_alike(own.iter().map(|own| cover(prefix.cover(own)))),
                None if *tag == ServiceTag::virtual_network() => self.of_unknown_part(prefix),
                // The addresses of services, and of the internet, are public.
                None if prefix.sphere() == Sphere::Private => Fit::No,
                None => Fit::Maybe(Why::PartOfAddresses),
            },
        }
    }

    /// Whether a prefix holds all of `VirtualNetwork`, whose addresses are not all known.
    fn of_unknown_part(self, prefix: &Prefix) -> Fit {
        let NetworkContext { spaces, connected, complete, .. } = self.context;
        let covers = spaces.iter().chain(connected).map(|own| cover(prefix.cover(own)));
        match all_alike(covers) {
            sure @ (Fit::Yes | Fit::No) if *complete && !spaces.is_empty() => sure,
            _ => Fit::Maybe(Why::PartOfAddresses),
        }
    }

    fn of_tag(self, tag: &ServiceTag, expanded: Option<&[Prefix]>) -> Fit {
        match (self.end, expanded) {
            (End::Tag(own), _) if tag.holds(own) => Fit::Yes,
            (End::Addresses(own), Some(expanded)) => {
                cover(expanded.iter().map(|prefix| prefix.cover(own)).max().unwrap_or(Cover::None))
            }
            _ if *tag == ServiceTag::virtual_network() => {
                if self.inside {
                    Fit::Yes
                } else {
                    Fit::No
                }
            }
            _ if *tag == ServiceTag::internet() => self.of_internet(),
            (End::Addresses(own), None) => self.address_of_tag(own, tag),
            (End::Tag(own), _) => self.tag_of_tag(own, tag),
        }
    }

    fn of_internet(self) -> Fit {
        match self.end {
            _ if self.inside => Fit::No,
            // "The address range includes the Azure-owned public IP address space."
            End::Tag(_) => Fit::Yes,
            End::Addresses(own) => match own.sphere() {
                Sphere::Public => Fit::Yes,
                Sphere::Private => Fit::No,
                Sphere::Mixed => Fit::Maybe(Why::TagUnknown { tag: ServiceTag::internet() }),
            },
        }
    }

    fn address_of_tag(self, own: &Prefix, tag: &ServiceTag) -> Fit {
        let unknown = Fit::Maybe(Why::TagUnknown { tag: tag.clone() });
        if *tag == ServiceTag::azure_load_balancer() {
            return cover(Prefix::from(HOST).cover(own));
        }
        if tag.is_platform() {
            let touched = [HOST, METADATA].iter().any(|address| own.contains(*address));
            return if touched { unknown } else { Fit::No };
        }
        match self.context.tags.get(tag) {
            Some(prefixes) => {
                cover(prefixes.iter().map(|known| known.cover(own)).max().unwrap_or(Cover::None))
            }
            None if own.sphere() == Sphere::Private => Fit::No,
            None => unknown,
        }
    }

    fn tag_of_tag(self, own: &ServiceTag, tag: &ServiceTag) -> Fit {
        let known = self.prefixes_of(own).filter(|_| self.context.tags.contains_key(tag));
        if let Some(prefixes) = known {
            return all_alike(prefixes.iter().map(|prefix| self.address_of_tag(prefix, tag)));
        }
        let apart = [ServiceTag::virtual_network(), ServiceTag::azure_load_balancer()];
        if apart.contains(own) || apart.contains(tag) || tag.is_platform() {
            return Fit::No;
        }
        if *own == ServiceTag::internet() || own.holds(tag) {
            return Fit::Maybe(Why::PartOfAddresses);
        }
        Fit::Maybe(Why::TagUnknown { tag: tag.clone() })
    }

    /// The addresses of the tag that is this end, where they are known.
    fn prefixes_of(self, tag: &ServiceTag) -> Option<Vec<Prefix>> {
        if *tag == ServiceTag::azure_load_balancer() {
            return Some(vec![Prefix::from(HOST)]);
        }
        self.context.tags.get(tag).filter(|prefixes| !prefixes.is_empty()).cloned()
    }

    fn of_group(self, group: &ResourceId) -> Fit {
        let unknown = Fit::Maybe(Why::GroupUnknown { group: group.clone() });
        match self.end {
            End::Tag(tag) if *tag == ServiceTag::virtual_network() => unknown,
            End::Tag(_) => Fit::No,
            End::Addresses(own) if self.context.gateways.iter().any(|subnet| subnet.covers(own)) => Fit::No,
            End::Addresses(own) => match own.address().and_then(|address| self.context.members.get(&address))
            {
                Some(groups) if groups.contains(group) => Fit::Yes,
                Some(_) => Fit::No,
                // A group has private addresses of network interfaces only.
                None if own.sphere() == Sphere::Public && !self.inside => Fit::No,
                None => unknown,
            },
        }
    }
}

/// What is true of each of them, or else of a part of them.
fn all_alike(fits: impl Iterator<Item = Fit>) -> Fit {
    let mut sum: Option<Fit> = None;
    for fit in fits {
        match &sum {
            None => sum = Some(fit),
            Some(known) if *known == fit => {}
            Some(_) => return Fit::Maybe(Why::PartOfAddresses),
        }
    }
    sum.unwrap_or(Fit::Maybe(Why::PartOfAddresses))
}
