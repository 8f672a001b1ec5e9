//! A server's address, or its network interface, belongs to no machine any more.
//!
//! Confirmed by: the network interface that has the address and is attached to nothing, a network interface of
//! the pool that does not exist, or an address that neither the subnet lists nor Azure knows as taken. Services
//! keep addresses that are listed nowhere, so in a subnet of theirs it is consistent only.
//! Mended by: the right address in the pool, or a machine at the interface.
//! Source: Microsoft, "Troubleshooting bad gateway errors in Application Gateway", and the REST reference of
//! network interfaces (`virtualMachine`) and of `CheckIPAddressAvailability`.

use std::net::IpAddr;

use super::{Cause, Link, by_hand, each, looked_at, not_checked};
use crate::card::Text;
use crate::diagnosis::{Finding, Verdict};
use crate::evidence::{Asked, Holder, Place, Scope, Unknown, Whereabouts, WhyNot, may_be_off};
use crate::health::Symptom;
use crate::id::ResourceId;
use crate::network::interface::{Occupants, instance_of};

/// Its id.
pub(super) const ID: &str = "server-detached";

pub(super) struct ServerDetached;

/// What is left of a server.
enum Left {
    /// An interface without a machine.
    Interface { server: IpAddr, id: ResourceId, is_certain: bool },
    /// The id of an interface that is gone.
    Id { id: ResourceId, is_certain: bool },
    /// An address that nothing has.
    Address { server: IpAddr, network: ResourceId, subnet: String, is_free: Result<bool, Unknown> },
}

impl Left {
    fn verdict(&self) -> Verdict {
        let certain = match self {
            Self::Interface { is_certain, .. } | Self::Id { is_certain, .. } => *is_certain,
            Self::Address { is_free, .. } => *is_free == Ok(true),
        };
        if certain { Verdict::Confirmed } else { Verdict::Consistent }
    }
}

impl Cause for ServerDetached {
    fn id(&self) -> &'static str {
        ID
    }

    fn about(&self) -> &'static str {
        "A server's address or network interface belongs to no machine any more."
    }

    fn breaks(&self) -> Link {
        Link::Pool
    }

    fn examine(&self, scope: &Scope<'_>) -> Option<Finding> {
        let suspects = scope.suspects();
        // Of interfaces that do not exist the gateway may list nothing at all.
        let is_unlisted = scope.evidence.health.value().is_some() && scope.unlisted_pools().next().is_some();
        let gone = if suspects.is_empty() && !is_unlisted { Vec::new() } else { scope.members() };
        let gone = gone.into_iter().map(|id| gone_interface(scope, id).map(|left| (true, left)));
        let lost = suspects.iter().map(|server| remains(scope, *server));
        let (known, unknown) = each(lost.chain(gone).map(|known| known.map(Some)))?;
        let has_seen = known.iter().any(|(seen, _)| *seen);
        let mut left: Vec<Left> = known.into_iter().filter_map(|(_, left)| left).collect();
        left.sort_by_key(Left::verdict);
        match (left.first(), unknown) {
            (Some(first), _) => Some(found(self, scope, first, &left)),
            (None, Some(why)) => {
                Some(not_checked(self, scope, "Whether the servers' addresses belong to machines", &why))
            }
            (None, None) if !has_seen => None,
            (None, None) => {
                let sentence = Text::of("The servers' addresses are in use.");
                let evidence = looked_at(suspects.len(), scope.silent().len()).into_iter().collect();
                Some(by_hand(self, scope, Verdict::RuledOut, sentence, evidence, Vec::new()))
            }
        }
    }

    fn explains(&self, symptom: &Symptom) -> Option<&'static str> {
        let settles = "Which network interface has the address, and what that is attached to.";
        may_be_off(symptom).then_some(settles)
    }
}

/// What is left of a server, if it is not all there; and whether it was seen at all.
fn remains(scope: &Scope<'_>, server: IpAddr) -> Asked<(bool, Option<Left>)> {
    Ok(match scope.holder(server)? {
        Holder::Interface(id) => (true, unattached(scope, server, &id)?),
        Holder::Nobody { place, occupants } => (true, nobody(scope, server, &place, occupants)?),
        Holder::Other(_) => (true, None),
        Holder::OutOfSight => (false, None),
    })
}

fn unattached(scope: &Scope<'_>, server: IpAddr, id: &ResourceId) -> Asked<Option<Left>> {
    let interface = scope.interface(id)?;
    if interface.machine.is_some() || interface.is_of_a_service {
        return Ok(None);
    }
    // Services keep interfaces without a machine in subnets of theirs, though not in the pools of a gateway.
    let plain = matches!(scope.whereabouts(server), Ok(Whereabouts::At(place)) if place.subnet.delegations.is_empty());
    let is_certain = instance_of(id).is_none() && (plain || scope.members().contains(id));
    Ok(Some(Left::Interface { server, id: id.clone(), is_certain }))
}

fn nobody(
    scope: &Scope<'_>,
    server: IpAddr,
    place: &Place<'_>,
    occupants: &Occupants,
) -> Asked<Option<Left>> {
    let network = place.network.id.clone();
    let is_free = match scope.address_availability(&network, server) {
        Err(Unknown::Pending) => return Err(Unknown::Pending),
        Ok(answer) if !answer.is_free => return Ok(None),
        // Azure knows what it gave away itself. What a service keeps there is known to that service alone.
        Ok(_) => Ok(occupants.is_complete() && place.subnet.delegations.is_empty()),
        Err(why) => Err(why),
    };
    Ok(Some(Left::Address { server, network, subnet: place.subnet.name.to_string(), is_free }))
}

/// An interface that the pool names, if there is none of this id.
fn gone_interface(scope: &Scope<'_>, id: ResourceId) -> Asked<Option<Left>> {
    match scope.interface(&id) {
        Err(Unknown::NotRead(WhyNot::Missing { .. })) => {
            // What is in a subscription that the bot cannot see is not found, either.
            let own = scope.evidence.gateway.id().resource().subscription();
            let is_certain = own.eq_ignore_ascii_case(id.subscription()) && instance_of(&id).is_none();
            Ok(Some(Left::Id { id, is_certain }))
        }
        Err(Unknown::Pending) => Err(Unknown::Pending),
        // Whether it could be read matters to the server that has it.
        _ => Ok(None),
    }
}

fn found(cause: &dyn Cause, scope: &Scope<'_>, first: &Left, all: &[Left]) -> Finding {
    let mut evidence: Vec<Text> = all.iter().map(line).collect();
    evidence.extend(looked_at(scope.suspects().len(), scope.silent().len()));
    by_hand(cause, scope, first.verdict(), sentence(first), evidence, steps(scope, first))
}

fn sentence(left: &Left) -> Text {
    match left {
        Left::Interface { server, id, is_certain: true } => Text::of("Nothing can answer at ")
            .code(server)
            .say(": the network interface ")
            .text(link(id))
            .say(" that has this address is attached to no machine."),
        Left::Interface { server, id, .. } => Text::of("There may be no machine behind ")
            .code(server)
            .say(": none is named by the network interface ")
            .text(link(id))
            .say("."),
        Left::Id { id, is_certain: true } => Text::of("The pool names the network interface ")
            .code(id.name())
            .say(", which does not exist any more."),
        Left::Id { id, .. } => Text::of("The pool names the network interface ")
            .code(id.name())
            .say(", which was not found. It may be out of the bot's sight."),
        Left::Address { server, is_free: Ok(true), .. } => {
            Text::of("Nothing can answer at ").code(server).say(": nobody has this address.")
        }
        Left::Address { server, subnet, .. } => Text::of("Nobody may have the address ")
            .code(server)
            .say(": its subnet ")
            .code(subnet)
            .say(" does not list it."),
    }
}

fn line(left: &Left) -> Text {
    match left {
        Left::Interface { server, id, .. } => Text::of("Network interface ")
            .text(link(id))
            .say(", which has ")
            .code(server)
            .say(": no virtual machine"),
        Left::Id { id, is_certain: true } => Text::of("Network interface ")
            .code(id.name())
            .say(" in resource group ")
            .code(id.resource_group())
            .say(": not found"),
        Left::Id { id, .. } => Text::of("Network interface ").code(id).say(": not found"),
        Left::Address { server, network, subnet, is_free } => {
            let line = Text::of("Subnet ")
                .code(subnet)
                .say(" of ")
                .link(network.name().as_str(), network.portal_url())
                .say(": does not list ")
                .code(server);
            match is_free {
                Ok(true) => line.say(". Azure says that it is free"),
                Ok(false) => line.say(". A service that manages the subnet may have it all the same"),
                Err(why) => line.say(format!(". Whether Azure calls it free is not checked: {why}")),
            }
        }
    }
}

fn link(id: &ResourceId) -> Text {
    Text::new().link(id.name().as_str(), id.portal_url())
}

fn steps(scope: &Scope<'_>, left: &Left) -> Vec<Text> {
    let gateway = scope.evidence.gateway.id().resource();
    let pools = scope.pools.iter().map(|pool| gateway.child("backendAddressPools", pool));
    let pools = pools.fold(Text::new(), |text, pool| {
        let text = if text.is_empty() { text } else { text.say(", ") };
        text.link(pool.name().as_str(), pool.portal_url())
    });
    let first = match left {
        Left::Interface { id, .. } => Text::of(
            "Attach it to the machine it should be on, while that is deallocated: ",
        )
        .code(format!("az vm nic add -g {} --vm-name VM --nics {}", id.resource_group(), id.name())),
        Left::Id { .. } => Text::of("Find out whether the server was deleted on purpose."),
        Left::Address { .. } => {
            Text::of("Find out which address the server has now, or whether it was deleted on purpose.")
        }
    };
    vec![first, Text::of("Or take it out of the backend pool ").text(pools).say(".")]
}

/// Whether nothing may be behind an address: for the rest of the catalogue.
pub(super) fn is_lost(scope: &Scope<'_>, server: IpAddr) -> bool {
    let left = remains(scope, server);
    matches!(left, Ok((_, Some(left))) if left.verdict() == Verdict::Confirmed)
}
