//! A plan on offer: what it changes, what that costs, who has approved it, and its buttons.

use crate::approval::{ApprovedPlan, Proposal, Purpose};
use crate::card::{Action, Card, Fact, Text, Tone, Verb, Weight};
use crate::diagnosis;
use crate::incident::Incident;
use crate::say::incident::{card, reason, trouble};
use crate::say::{self, errand, fixes};

/// A plan that waits for approval.
pub(super) fn proposed(incident: &Incident, proposal: &Proposal) -> Card {
    let mut card = match (proposal.purpose, &incident.diagnosis) {
        (Purpose::Fix, _) if proposal.plan.kind().is_errand() => {
            card(incident, Tone::Attention, "Set up?", errand::offered(proposal))
        }
        (Purpose::Fix, Some(found)) => trouble(incident, found),
        _ => card(incident, Tone::Attention, "Undo?", Text::of(fixes::undo(proposal.plan.kind()))),
    };
    card.diff = proposal.plan.preview();
    if !proposal.plan.is_beside() {
        card.facts.push(Fact::new("Reaches", Text::of(diagnosis::reach(proposal.plan.serves()))));
    }
    card.notes.extend(proposal.instead_of.as_deref().map(instead_of));
    card.notes.extend(promise(incident, proposal));
    card.facts.extend(asked(proposal));
    card.facts.extend(approvals(proposal));
    card.actions = vec![
        approve(incident, proposal),
        say::button(Verb::Reject, "Reject", Weight::Danger, &incident.id, Some(proposal)),
    ];
    let until = Text::of("Plan ").code(proposal.plan.hash().short());
    card.footer.push(until.say(" · can be approved until ").time(proposal.expires_at));
    card
}

/// What became of the plan that was approved before this one.
fn instead_of(why: &str) -> Text {
    let why = reason(why);
    Text::of(format!(
        "The plan that was approved before is void: {why}. This is a new one, and needs approval anew."
    ))
}

/// Who wants the way back, and why.
fn asked(proposal: &Proposal) -> Option<Fact> {
    let by = Text::new().person(proposal.asked_by.as_ref()?);
    let by = proposal.reason.as_ref().map_or_else(|| by.clone(), |reason| by.clone().say(": ").say(reason));
    Some(Fact::new("Asked for by", by))
}

/// Why the change was taken back, if somebody said so.
pub(super) fn why(approved: &ApprovedPlan) -> Option<Fact> {
    approved.reason().map(|reason| Fact::new("Reason", Text::of(reason)))
}

/// Who has approved so far, where it takes more than one.
fn approvals(proposal: &Proposal) -> Option<Fact> {
    let (needed, missing) = (proposal.needed, proposal.missing());
    if needed < 2 {
        return None;
    }
    let so_far = Text::of(format!("{} of {needed}", needed.saturating_sub(missing)));
    let each = proposal.consents.iter().map(|consent| (&consent.from.person, consent.at));
    let so_far = each.fold(so_far, |text, (person, at)| text.say(" · ").person(person).say(" at ").time(at));
    Some(Fact::new("Approvals", so_far))
}

fn promise(incident: &Incident, proposal: &Proposal) -> Vec<Text> {
    let kind = proposal.plan.kind();
    if kind.is_errand() {
        return errand::promise(incident, proposal);
    }
    if proposal.plan.is_beside() {
        return match proposal.purpose {
            Purpose::Fix => fixes::warnings(&proposal.plan),
            Purpose::Undo => vec![Text::of("Approve writes it back, if nobody has changed it since.")],
        };
    }
    let gateway = || say::gateway(&incident.gateway);
    let write = match proposal.purpose {
        Purpose::Fix => Text::of("Approve writes this one change to ")
            .text(gateway())
            .say(", after reading it once more. It can be undone from here."),
        Purpose::Undo => {
            Text::of("Approve takes the change of ").text(gateway()).say(" back, after reading it once more.")
        }
    };
    // Microsoft, "HTTP settings" and its Q&A: connections are drained for five minutes at the most.
    let cost = "Azure takes a minute or more. Requests go on; connections that last longer than a few minutes, such as WebSockets, may be cut.";
    let warnings = match proposal.purpose {
        Purpose::Fix => fixes::warnings(&proposal.plan),
        Purpose::Undo => Vec::new(),
    };
    warnings.into_iter().chain([write, Text::of(cost)]).collect()
}

fn approve(incident: &Incident, proposal: &Proposal) -> Action {
    let hash = proposal.plan.hash();
    let action = say::button(Verb::Approve, "Approve", Weight::Primary, &incident.id, Some(proposal));
    let reach = diagnosis::reach(proposal.plan.serves());
    let name = incident.gateway.name();
    let body = match proposal.plan.beside().len() {
        0 => format!("One write to {name}. It reaches {reach}. Plan {}.", hash.short()),
        count => format!("{} beside {name}. Plan {}.", say::count(count, "write"), hash.short()),
    };
    let (title, yes) = match proposal.purpose {
        Purpose::Fix => ("Write this change?", "Write it"),
        Purpose::Undo => ("Take the change back?", "Take it back"),
    };
    say::confirmed(action, title, body, yes)
}

/// Who approved what is written, and when the last of them did.
pub(super) fn decided(approved: &ApprovedPlan) -> Fact {
    Fact::new("Approved by", Text::new().people(approved.by()).say(" at ").time(approved.at()))
}
