//! Answers to commands.

use crate::card::{Card, Fact, Text, Tone};
use crate::command::{self, Command, CommandError};
use crate::dead_letter::DeadLetter;
use crate::id::GatewayId;
use crate::incident::Incident;
use crate::say;
use crate::snooze::Snooze;

/// A command was understood, and the answer follows.
#[must_use]
pub fn acknowledged(command: &Command) -> Card {
    let lead = match command {
        Command::Diagnose { gateway: Some(name) } => Text::of("Diagnosing ").code(name).say(" …"),
        Command::Diagnose { gateway: None } => Text::of("Diagnosing the gateway …"),
        Command::Snooze { gateway, length: Some(length) } => {
            Text::of("Snoozing alerts about ").code(gateway).say(format!(" for {length} …"))
        }
        Command::Snooze { gateway, length: None } => {
            Text::of("Ending the snooze of ").code(gateway).say(" …")
        }
        Command::Logs { .. } => Text::of("Looking where the gateway's logs go …"),
        Command::Watch { .. } => Text::of("Looking at the gateway's alerts …"),
        Command::Approve { incident, .. } => Text::of("Approving the plan of ").code(incident).say(" …"),
        Command::Reject { incident, .. } => Text::of("Rejecting the plan of ").code(incident).say(" …"),
        Command::Recheck { incident } => Text::of("Looking again at ").code(incident).say(" …"),
        Command::Undo { incident, .. } => {
            Text::of("Preparing to undo the change of ").code(incident).say(" …")
        }
        _ => Text::of("One moment …"),
    };
    Card::new(Tone::Working, "Heard", "agw", lead)
}

/// A command that is none.
#[must_use]
pub fn not_understood(error: &CommandError) -> Card {
    Card::new(Tone::Attention, "Not understood", "agw", with_code(&error.to_string()))
}

/// What stands between backticks becomes a value to copy.
fn with_code(words: &str) -> Text {
    words.split('`').enumerate().fold(Text::new(), |text, (index, part)| match (part.is_empty(), index % 2) {
        (true, _) => text,
        (false, 0) => text.say(part),
        (false, _) => text.code(part),
    })
}

/// A button whose value this bot never made.
#[must_use]
pub fn click_not_understood() -> Card {
    let lead = Text::of("This button is not one of mine any more. Type ")
        .code("/agw list")
        .say(" to see what is open.");
    Card::new(Tone::Attention, "Not understood", "agw", lead)
}

/// The store did not take it.
#[must_use]
pub fn not_accepted() -> Card {
    let lead = Text::of(
        "Your request could not be kept, so nothing will come of it. Please try again; if this goes on, the bot's store is down.",
    );
    Card::new(Tone::Trouble, "Not accepted", "agw", lead)
}

/// A request was kept, and what it asks for failed for good.
#[must_use]
pub fn gave_up(why: &str) -> Card {
    let lead = Text::of(format!("I tried several times and gave up: {}. ", why.trim_end_matches('.')))
        .code("/agw list")
        .say(" shows what is open; try again later.");
    Card::new(Tone::Trouble, "Failed", "agw", lead)
}

/// What can be typed.
#[must_use]
pub fn help(topic: Option<&str>) -> Card {
    let lead =
        Text::of("I find out why an Application Gateway answers 502, and mend it when somebody approves.");
    let mut card = Card::new(Tone::Neutral, "Help", "agw", lead);
    let topic = topic.and_then(command::find_usage);
    for usage in command::USAGE.iter().filter(|usage| topic.is_none_or(|topic| topic.name == usage.name)) {
        let line = Text::new().code(usage.line()).say(format!(": {}", usage.help));
        card.evidence.push(if topic.is_some() {
            line.say(". Example: ").code(format!("/agw {}", usage.example))
        } else {
            line
        });
    }
    card
}

/// There is no such gateway.
#[must_use]
pub fn gateway_not_found(name: &str, known: &[GatewayId]) -> Card {
    let names: Vec<String> = known.iter().map(|id| id.name().to_string()).collect();
    let mut lead = Text::of("I see no gateway named ").code(name).say(".");
    if let Some(close) = command::did_you_mean(name, names.iter().map(String::as_str)) {
        lead = lead.say(" Did you mean ").code(close).say("?");
    }
    let mut card = Card::new(Tone::Attention, "Not found", "agw", lead);
    card.evidence = gateways(known);
    card.notes.push(Text::of("Missing one? The bot's identity needs Reader on it, and azure.gateways in agw.toml must not leave it out."));
    card
}

/// Several gateways, and no name given.
#[must_use]
pub fn ambiguous_gateway(known: &[GatewayId]) -> Card {
    let mut lead = Text::of("Which gateway?");
    if let Some(first) = known.first() {
        // A name that several gateways have does not tell them apart; their ids do.
        let shared = known.iter().filter(|id| id.name() == first.name()).count() > 1;
        let example = if shared { first.to_string() } else { first.name().to_string() };
        lead = lead.say(" For example ").code(format!("/agw diagnose {example}")).say(".");
    }
    let mut card = Card::new(Tone::Attention, "Which one?", "agw", lead);
    card.evidence = gateways(known);
    card
}

/// No gateway at all.
#[must_use]
pub fn no_gateways() -> Card {
    let lead = Text::of("I see no Application Gateway. Either the bot's identity lacks Reader on them, or agw.toml looks in other subscriptions. ")
        .code("agw check")
        .say(" tells more.");
    Card::new(Tone::Attention, "Not found", "agw", lead)
}

/// There is no such incident.
#[must_use]
pub fn incident_not_found(id: &str) -> Card {
    let lead =
        Text::of("There is no incident ").code(id).say(". ").code("/agw list").say(" shows the open ones.");
    Card::new(Tone::Attention, "Not found", "agw", lead)
}

/// The open incidents, which gateways are snoozed, and what had to be given up lately.
#[must_use]
pub fn list(incidents: &[Incident], dead: &[DeadLetter], snoozes: &[&Snooze]) -> Card {
    let mut card = match (incidents.len(), dead.is_empty()) {
        (0, true) if !snoozes.is_empty() => {
            Card::new(Tone::Neutral, "Snoozed", "agw", Text::of("There is no open incident."))
        }
        (0, true) => Card::new(Tone::Good, "Quiet", "agw", Text::of("There is no open incident.")),
        (0, false) => {
            let lead = Text::of("There is no open incident, but something was given up:");
            Card::new(Tone::Attention, "Given up", "agw", lead)
        }
        (count, _) => {
            let lead = Text::of(format!("{}:", say::count(count, "open incident")));
            Card::new(Tone::Neutral, "Open", "agw", lead)
        }
    };
    for incident in incidents {
        let shown = say::incident(incident);
        let line = Text::new().code(&incident.id).say(" ").text(say::gateway(&incident.gateway));
        card.evidence.push(line.say(": ").bold(&shown.status).say(", since ").time(incident.opened_at));
    }
    card.evidence.extend(snoozes.iter().map(|snooze| say::snooze::line(snooze)));
    card.evidence.extend(dead.iter().map(say::dead::line));
    card
}

/// How the gateways are, as far as the open incidents tell.
#[must_use]
pub fn status(known: &[GatewayId], incidents: &[Incident], snoozes: &[&Snooze]) -> Card {
    let open = incidents.iter().filter(|incident| known.contains(&incident.gateway)).count();
    let open = say::count(open, "open incident");
    let lead = Text::of(format!("{}, {open}.", say::count(known.len(), "gateway")));
    let mut card = Card::new(Tone::Neutral, "Status", "agw", lead);
    for id in known {
        let open = incidents.iter().find(|incident| incident.gateway == *id);
        let value = open.map_or_else(
            || Text::of("no open incident"),
            |incident| Text::new().bold(say::incident(incident).status).say(", ").code(&incident.id),
        );
        let snooze = snoozes.iter().find(|snooze| snooze.gateway == *id);
        let value = match snooze {
            Some(snooze) => value.say("; snoozed").text(say::snooze::since(snooze)),
            None => value,
        };
        card.facts.push(Fact::new(id.name().as_str(), value));
    }
    card
}

fn gateways(known: &[GatewayId]) -> Vec<Text> {
    let line =
        |id: &GatewayId| say::gateway(id).say(format!(", resource group {}", id.resource().resource_group()));
    let mut lines: Vec<Text> = known.iter().take(GATEWAYS_SHOWN).map(line).collect();
    if let Some(more) = known.len().checked_sub(GATEWAYS_SHOWN).filter(|more| *more > 0) {
        lines.push(Text::of(format!("and {more} more")));
    }
    lines
}

/// The most gateways that an answer lists.
const GATEWAYS_SHOWN: usize = 20;
