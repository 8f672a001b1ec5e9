//! The machine behind a server does not run.
//!
//! Confirmed by: the network interface that has the server's address, the virtual machine or scale set instance
//! that it is attached to, and the power state of that: stopped, deallocating or deallocated.
//! Mended by: starting it.
//! Source: Microsoft, "States and billing status of Azure Virtual Machines", and "Troubleshooting bad gateway
//! errors in Application Gateway".

use std::net::IpAddr;

use super::{Cause, Link, by_hand, each, looked_at, not_checked};
use crate::card::Text;
use crate::compute::{PowerState, scale_set_of};
use crate::diagnosis::{Finding, Verdict};
use crate::evidence::{Asked, Scope, machine_in_words, may_be_off};
use crate::health::Symptom;
use crate::id::ResourceId;

pub(super) struct ServerStopped;

/// A machine that does not simply run.
struct Off {
    server: IpAddr,
    machine: ResourceId,
    power: PowerState,
}

impl Cause for ServerStopped {
    fn id(&self) -> &'static str {
        "server-stopped"
    }

    fn about(&self) -> &'static str {
        "The virtual machine or scale set instance behind a server does not run."
    }

    fn breaks(&self) -> Link {
        Link::Server
    }

    fn examine(&self, scope: &Scope<'_>) -> Option<Finding> {
        let suspects = scope.suspects();
        let known = suspects.iter().map(|server| power(scope, *server).map(|power| Some((*server, power))));
        let (known, unknown) = each(known)?;
        let machines: Vec<Off> = known
            .into_iter()
            .filter_map(|(server, power)| {
                power.map(|(machine, power)| Off { server, machine, power: power.clone() })
            })
            .collect();
        let all = machines.len();
        let mut off: Vec<Off> =
            machines.into_iter().filter(|machine| machine.power != PowerState::Running).collect();
        if off.iter().any(|machine| machine.power.is_off()) {
            off.retain(|machine| machine.power.is_off());
        }
        match (off.first(), unknown) {
            (Some(first), _) => Some(found(self, scope, first, &off)),
            (None, Some(why)) => Some(not_checked(self, scope, "Whether the servers' machines run", &why)),
            // What has the address is no machine, or out of sight: there is nothing to say of it.
            (None, None) if all == 0 => None,
            (None, None) => {
                let sentence = Text::of("The machines behind the servers are running.");
                let evidence = looked_at(all, scope.silent().len()).into_iter().collect();
                Some(by_hand(self, scope, Verdict::RuledOut, sentence, evidence, Vec::new()))
            }
        }
    }

    fn explains(&self, symptom: &Symptom) -> Option<&'static str> {
        let settles = "The power state of the virtual machine or scale set instance that has the address.";
        may_be_off(symptom).then_some(settles)
    }
}

/// The machine behind a server, and whether it runs; none where there is no machine, or none to be seen.
pub(super) fn power<'a>(scope: &Scope<'a>, server: IpAddr) -> Asked<Option<(ResourceId, &'a PowerState)>> {
    let Some(machine) = scope.machine_at(server)? else { return Ok(None) };
    let power = scope.power(&machine)?;
    Ok(Some((machine, power)))
}

fn found(cause: &dyn Cause, scope: &Scope<'_>, first: &Off, all: &[Off]) -> Finding {
    let verdict = if first.power.is_off() { Verdict::Confirmed } else { Verdict::Consistent };
    let servers = all.iter().map(|off| off.server);
    let sentence = match (&first.power, all.len()) {
        (power, 1) if power.is_off() => Text::of("Nothing can answer at ")
            .codes(servers)
            .say(": ")
            .text(link(&first.machine))
            .say(format!(" is {power}.")),
        (power, _) if power.is_off() => {
            Text::of("Nothing can answer at ").codes(servers).say(": their machines do not run.")
        }
        (power, 1) => Text::of("The server ")
            .codes(servers)
            .say(" may not answer yet: ")
            .text(link(&first.machine))
            .say(format!(" is {power}.")),
        _ => Text::of("The servers ")
            .codes(servers)
            .say(" may not answer: their machines are not all running."),
    };
    let mut evidence: Vec<Text> = all.iter().map(line).collect();
    evidence.extend(looked_at(scope.suspects().len(), scope.silent().len()));
    by_hand(cause, scope, verdict, sentence, evidence, steps(first, all))
}

fn line(off: &Off) -> Text {
    Text::of("Instance view of ")
        .text(link(&off.machine))
        .say(", which has ")
        .code(off.server)
        .say(": ")
        .code(format!("PowerState/{}", off.power))
}

/// A machine, as words that lead to it.
fn link(machine: &ResourceId) -> Text {
    Text::new().link(machine_in_words(machine), machine.portal_url())
}

fn steps(first: &Off, all: &[Off]) -> Vec<Text> {
    if !first.power.is_off() {
        return vec![Text::of("Press Re-check in a few minutes.")];
    }
    let start =
        |off: &Off| Text::of("Start it, unless somebody stopped it on purpose: ").code(command(&off.machine));
    let mut steps: Vec<Text> = all.iter().map(start).collect();
    steps.push(Text::of("Its activity log says who or what stopped it."));
    steps
}

fn command(machine: &ResourceId) -> String {
    let group = machine.resource_group();
    match scale_set_of(machine) {
        Some(set) => {
            let instance = machine.name();
            format!("az vmss start -g {group} -n {} --instance-ids {instance}", set.name())
        }
        None => format!("az vm start -g {group} -n {}", machine.name()),
    }
}
