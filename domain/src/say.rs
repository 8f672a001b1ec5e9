//! Every sentence that the bot says, as named functions that return cards.
//!
//! Short, calm and exact: times carry units, ids link to the portal, no guess is worded as a fact, and every
//! button has a command that does the same.

mod code;
mod commands;
mod dead;
mod digest;
mod errand;
mod findings;
mod fixes;
mod home;
mod incident;
mod offer;
mod oncall;
mod path;
mod policy;
mod replies;
mod servers;
mod snippets;
mod snooze;
mod terminal;
mod test_alert;
mod thread;

pub mod noted;

pub use code::{code, code_of, no_code};
pub use commands::{
    acknowledged, ambiguous_gateway, click_not_understood, gateway_not_found, gave_up, help,
    incident_not_found, list, no_gateways, not_accepted, not_understood, status,
};
pub use dead::{dead_letter, incident_in_words, request_in_words, trail, unreadable_in_words};
pub use digest::digest;
pub use errand::{all_set_up, errand_must_wait};
pub use home::home;
pub use incident::incident;
pub use oncall::{failed_to_mend, undecided};
pub use policy::{policy_in_words, policy_is_short};
pub use replies::{
    busy_writing, closed_already, decided_already, not_in_private, nothing_to_undo, open_already, refused,
    sure_to_approve, why_undo,
};
pub use snooze::{not_snoozed, snooze_ended, snooze_refused, snoozed};
pub use terminal::{diagnosis, explained};
pub use test_alert::test_alert;
pub use thread::{details, history, in_full};

use crate::approval::Proposal;
use crate::card::{Action, Confirm, Text, Verb, Weight};
use crate::id::GatewayId;
use crate::incident::IncidentId;
use crate::request::Click;
use policy::NO_WRITER;

/// `1 server`, `2 servers`.
fn count(number: usize, one: &str) -> String {
    format!("{number} {one}{}", if number == 1 { "" } else { "s" })
}

/// A gateway's name that leads to its page in the portal.
fn gateway(id: &GatewayId) -> Text {
    Text::new().link(id.name().as_str(), id.resource().portal_url())
}

fn button(
    verb: Verb,
    label: &str,
    weight: Weight,
    incident: &IncidentId,
    offer: Option<&Proposal>,
) -> Action {
    // Behind `reject` stands a reason, so a code there would be taken for one.
    let command = match offer.filter(|_| verb == Verb::Approve) {
        Some(offer) => format!("/agw {} {incident} {}", verb.as_str(), offer.plan.hash().short()),
        None => format!("/agw {} {incident}", verb.as_str()),
    };
    let click = Click { verb, incident: incident.clone(), offer: offer.map(|offer| offer.id.clone()) };
    Action { verb, label: label.to_owned(), value: click.to_string(), command, weight, confirm: None }
}

fn confirmed(action: Action, title: &str, body: String, yes: &str) -> Action {
    let confirm = Confirm { title: title.to_owned(), body, yes: yes.to_owned(), no: "Back".to_owned() };
    Action { confirm: Some(confirm), ..action }
}

fn recheck(incident: &IncidentId) -> Action {
    button(Verb::Recheck, "Re-check", Weight::Primary, incident, None)
}

#[cfg(test)]
mod tests;
