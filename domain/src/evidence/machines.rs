//! The machines behind the servers, as causes ask for them: which network interface has a server's address, which
//! machine that is attached to, and whether it runs.

use std::net::IpAddr;

use serde_json::json;

use super::{Asked, Inquiry, Place, Question, Scope, Unknown, Whereabouts};
use crate::compute::{InstanceView, PowerState};
use crate::gateway::Member;
use crate::health::{Health, Symptom};
use crate::id::ResourceId;
use crate::network::interface::{Availability, Interface, Occupants, instance_of, interface_of};
use crate::network::nsg::{EffectiveRules, Nsg};
use crate::network::route::EffectiveRoutes;

/// The most servers of one HTTP setting whose machines are looked at: the others are told to be like them.
const MACHINES_AT_MOST: usize = 4;

/// The version of Microsoft.Compute that machines are read with.
const COMPUTE: &str = "2024-07-01";
/// The version that interfaces of scale sets are read with: there is no later one.
const SCALE_SET_INTERFACES: &str = "2018-10-01";

/// What holds the address of a server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Holder<'a> {
    /// A network interface.
    Interface(ResourceId),
    /// Something else, such as the frontend of a load balancer.
    Other(&'a ResourceId),
    /// Nothing that its subnet lists.
    Nobody {
        /// The subnet.
        place: Place<'a>,
        /// What the subnet lists.
        occupants: &'a Occupants,
    },
    /// Nothing that can be seen from the gateway's network.
    OutOfSight,
}

/// Whether a server that shows this may have no machine that runs.
pub(crate) fn may_be_off(symptom: &Symptom) -> bool {
    matches!(
        symptom,
        Symptom::CannotConnect | Symptom::Timeout | Symptom::NotReported | Symptom::NoHealthyServer
    )
}

/// The network interfaces that the setting's pools name, once they are found.
struct Members(Vec<ResourceId>);

/// The servers of which nothing was heard, once they are found.
struct Silent(Vec<IpAddr>);

impl<'a> Scope<'a> {
    /// The sick servers with an address of which nothing was heard, and that may be off; every one of them.
    #[must_use]
    pub fn silent(&self) -> Vec<IpAddr> {
        self.once(None, || Silent(self.find_silent())).0.clone()
    }

    fn find_silent(&self) -> Vec<IpAddr> {
        let mut found: Vec<IpAddr> = Vec::new();
        for (_, server) in self.sick.iter().filter(|(_, server)| may_be_off(&server.symptom)) {
            match server.address.parse() {
                Ok(address) if !found.contains(&address) && !self.was_heard(&server.address) => {
                    found.push(address);
                }
                _ => {}
            }
        }
        found
    }

    /// The first of them: those whose machines are looked at.
    #[must_use]
    pub fn suspects(&self) -> Vec<IpAddr> {
        let mut silent = self.silent();
        silent.truncate(MACHINES_AT_MOST);
        silent
    }

    /// Whether a server's own side of the network is looked at closely: its interface, and what that has.
    #[must_use]
    pub fn is_looked_at(&self, server: IpAddr) -> bool {
        let first = self.out_of_reach().into_iter().take(MACHINES_AT_MOST);
        self.suspects().contains(&server) || first.into_iter().any(|other| other == server)
    }

    /// Whether a probe on demand was answered by a server, in whichever way.
    fn was_heard(&self, server: &str) -> bool {
        let tried = self.evidence.trials.iter().filter(|trial| trial.setting == self.setting.name);
        let mut answers = tried.filter_map(|trial| trial.servers.value()).flatten();
        answers.any(|answer| {
            answer.address.eq_ignore_ascii_case(server)
                && (answer.health == Health::Healthy
                    || matches!(
                        answer.symptom,
                        Symptom::StatusMismatch { .. } | Symptom::BodyMismatch { .. }
                    ))
        })
    }

    /// The network interfaces that the setting's pools name, if they are few.
    #[must_use]
    pub fn members(&self) -> Vec<ResourceId> {
        self.once(None, || Members(self.find_members())).0.clone()
    }

    fn find_members(&self) -> Vec<ResourceId> {
        let pools = self.pools.iter().filter_map(|pool| self.evidence.gateway.pool(pool));
        let mut interfaces: Vec<ResourceId> = Vec::new();
        for member in pools.flat_map(|pool| pool.members) {
            let Member::IpConfiguration(id) = member else { continue };
            match interface_of(&id) {
                Some(interface) if !interfaces.contains(&interface) => interfaces.push(interface),
                _ => {}
            }
        }
        if interfaces.len() > MACHINES_AT_MOST { Vec::new() } else { interfaces }
    }

    /// What holds the address of a server.
    ///
    /// # Errors
    /// When it is not known, or not yet.
    pub fn holder(&self, server: IpAddr) -> Asked<Holder<'a>> {
        let asked: Vec<_> = self.members().into_iter().map(|id| self.interface(&id)).collect();
        let mut unread = None;
        for interface in asked {
            match interface {
                Ok(interface) if interface.addresses.contains(&server) => {
                    return Ok(Holder::Interface(interface.id.clone()));
                }
                Ok(_) => {}
                Err(Unknown::Pending) => return Err(Unknown::Pending),
                Err(why) => unread = Some(why),
            }
        }
        let place = match self.whereabouts(server) {
            Ok(Whereabouts::At(place)) => place,
            Err(Unknown::Pending) => return Err(Unknown::Pending),
            // An interface of the pool that could not be read may have the address.
            other => return unread.map_or_else(|| other.map(|_| Holder::OutOfSight), Err),
        };
        let occupants = self.occupants(&place)?;
        Ok(match occupants.holder(server) {
            Some(id) => interface_of(id).map_or(Holder::Other(id), Holder::Interface),
            None => Holder::Nobody { place, occupants },
        })
    }

    /// The network interface of a server; none if nothing has its address.
    ///
    /// # Errors
    /// When it is not known, or not yet, or something else has the address.
    pub fn interface_of(&self, server: IpAddr, holder: &Holder<'a>) -> Asked<Option<&'a Interface>> {
        match holder {
            Holder::Interface(id) => self.interface(id).map(Some),
            Holder::Other(id) => {
                Err(Unknown::Odd(format!("{server} belongs to {}, not to a network interface", in_short(id))))
            }
            Holder::Nobody { occupants, .. } if !occupants.is_complete() => {
                Err(Unknown::Odd(format!("the subnet does not say what has {server}")))
            }
            Holder::Nobody { .. } => Ok(None),
            Holder::OutOfSight => Err(Unknown::out_of_sight(server)),
        }
    }

    /// The machine behind a server; none if there is none, or something else has its address.
    ///
    /// # Errors
    /// When it is not known, or not yet.
    pub fn machine_at(&self, server: IpAddr) -> Asked<Option<ResourceId>> {
        let holder = self.holder(server)?;
        match &holder {
            // The id of a scale set's interface says which instance it is of.
            Holder::Interface(id) => match instance_of(id) {
                Some(instance) => Ok(Some(instance)),
                None => Ok(self.interface(id)?.machine.clone()),
            },
            Holder::Other(_) | Holder::OutOfSight => Ok(None),
            Holder::Nobody { .. } => self.interface_of(server, &holder).map(|_| None),
        }
    }
}

impl<'a> Inquiry<'a> {
    /// What holds the addresses of a subnet.
    ///
    /// # Errors
    /// When it is not known, or not yet.
    pub fn occupants(&self, place: &Place<'_>) -> Asked<&'a Occupants> {
        let subnet = place.network.id.child("subnets", &place.subnet.name);
        let action = "Microsoft.Network/virtualNetworks/subnets/read";
        let question =
            Question::network(&subnet, action, "addresses of subnet", |raw| Ok(Occupants::parse(raw)?));
        self.ask(&question.with_query("$expand=ipConfigurations"))
    }

    /// A network interface.
    ///
    /// # Errors
    /// When it is not known, or not yet.
    pub fn interface(&self, id: &ResourceId) -> Asked<&'a Interface> {
        let read = |raw: &serde_json::Value| Ok(Interface::parse(raw)?);
        let Some(instance) = instance_of(id) else {
            let action = "Microsoft.Network/networkInterfaces/read";
            return self.ask(&Question::network(id, action, "network interface", read));
        };
        let action = "Microsoft.Compute/virtualMachineScaleSets/virtualMachines/networkInterfaces/read";
        let what = format!("the network interface {} of {}", id.name(), machine_in_words(&instance));
        self.ask(&Question::get(id.as_str(), SCALE_SET_INTERFACES, action, what, read))
    }

    /// The security group of a network interface; none if it has none.
    ///
    /// # Errors
    /// When it is not known, or not yet.
    pub fn interface_group(&self, interface: &Interface) -> Asked<Option<&'a Nsg>> {
        interface.security_group.as_ref().map(|id| self.group(id)).transpose()
    }

    /// Whether a machine runs.
    ///
    /// # Errors
    /// When it is not known, or not yet.
    pub fn power(&self, machine: &ResourceId) -> Asked<&'a PowerState> {
        let words = machine_in_words(machine);
        let action = if instance_in_set(machine) {
            "Microsoft.Compute/virtualMachineScaleSets/virtualMachines/instanceView/read"
        } else {
            "Microsoft.Compute/virtualMachines/instanceView/read"
        };
        let path = format!("{machine}/instanceView");
        let what = format!("the state of {words}");
        let view =
            self.ask(&Question::get(path, COMPUTE, action, what, |raw| Ok(InstanceView::parse(raw))))?;
        view.power.as_ref().ok_or_else(|| Unknown::Odd(format!("Azure does not say whether {words} runs")))
    }

    /// The rules that take effect at a network interface, as Azure worked them out.
    ///
    /// # Errors
    /// When it is not known, or not yet; Azure works them out for a running machine that is in no uniform scale
    /// set.
    pub fn effective_rules(&self, interface: &Interface) -> Asked<&'a EffectiveRules> {
        self.is_worked_out(interface)?;
        let action = "Microsoft.Network/networkInterfaces/effectiveNetworkSecurityGroups/action";
        let path = format!("{}/effectiveNetworkSecurityGroups", interface.id);
        let what = format!("the effective security rules of {}", interface.id.name());
        let question = Question::get(path, super::question::NETWORK, action, what, |raw| {
            Ok(EffectiveRules::parse(raw)?)
        });
        self.ask(&question.posting(&json!({})))
    }

    /// The routes that take effect at a network interface, as Azure worked them out.
    ///
    /// # Errors
    /// As for its rules.
    pub fn effective_routes(&self, interface: &Interface) -> Asked<&'a EffectiveRoutes> {
        self.is_worked_out(interface)?;
        let action = "Microsoft.Network/networkInterfaces/effectiveRouteTable/action";
        let path = format!("{}/effectiveRouteTable", interface.id);
        let what = format!("the effective routes of {}", interface.id.name());
        let question = Question::get(path, super::question::NETWORK, action, what, |raw| {
            Ok(EffectiveRoutes::parse(raw)?)
        });
        self.ask(&question.posting(&json!({})))
    }

    /// Whether Azure says that an address of a network is free.
    ///
    /// # Errors
    /// When it is not known, or not yet.
    pub fn address_availability(&self, network: &ResourceId, address: IpAddr) -> Asked<Availability> {
        let action = "Microsoft.Network/virtualNetworks/checkIpAddressAvailability/read";
        let path = format!("{network}/CheckIPAddressAvailability");
        let what = format!("whether {address} is free in {}", network.name());
        let question =
            Question::get(path, super::question::NETWORK, action, what, |raw| Ok(Availability::parse(raw)?));
        let address = address.to_string().replace(':', "%3A");
        self.ask(&question.with_query(format!("ipAddress={address}"))).copied()
    }

    /// Whether Azure works out what takes effect at an interface.
    fn is_worked_out(&self, interface: &Interface) -> Asked<()> {
        let name = interface.id.name();
        if instance_of(&interface.id).is_some() {
            return Err(Unknown::Odd(format!("Azure does not work out what takes effect at {name}")));
        }
        let machine = interface.machine.as_ref();
        let machine = machine.ok_or_else(|| Unknown::Odd(format!("{name} is attached to no machine")))?;
        match self.power(machine) {
            Ok(PowerState::Running) => Ok(()),
            Err(Unknown::Pending) => Err(Unknown::Pending),
            Ok(_) => Err(Unknown::Odd(format!("{} does not run", machine_in_words(machine)))),
            // Whoever may not read the state may still ask.
            Err(_) => Ok(()),
        }
    }
}

/// A machine in a sentence: `virtual machine web-1`, `instance 3 of scale set web`.
pub(crate) fn machine_in_words(machine: &ResourceId) -> String {
    match crate::compute::scale_set_of(machine) {
        Some(set) => format!("instance {} of scale set {}", machine.name(), set.name()),
        None => format!("virtual machine {}", machine.name()),
    }
}

fn instance_in_set(machine: &ResourceId) -> bool {
    crate::compute::scale_set_of(machine).is_some()
}

/// A part of something else in a sentence: `loadBalancers/lb`.
fn in_short(part: &ResourceId) -> String {
    let parent = part.parent();
    let whole = parent.as_ref().unwrap_or(part);
    let kind = whole.kind();
    let kind = kind.rsplit('/').next().unwrap_or_default();
    format!("{kind}/{}", whole.name())
}
