//! Small cards, for the renderers' tests.

use domain::card::{Action, Card, Confirm, Fact, Snippet, Text, Tone, Verb, Weight};
use domain::plan::{DiffLine, Sign};
use domain::request::{Person, Platform};

fn alex() -> Person {
    Person { platform: Platform::Slack, id: "U07ALEX001".into(), name: Some("alex".into()) }
}

fn button(verb: Verb, label: &str, weight: Weight) -> Action {
    let command = format!("/agw {} INC-7K2F 9f3a1c04", verb.as_str());
    let value = format!("{}:INC-7K2F:9f3a1c04", verb.as_str());
    Action { verb, label: label.into(), value, command, weight, confirm: None }
}

fn card(tone: Tone, status: &str, lead: Text) -> Card {
    let mut card = Card::new(tone, status, "agw-prod-01", lead);
    card.link = Some("https://portal.azure.com/#resource/agw-prod-01".into());
    let opened = "2026-11-22T03:04:00Z".parse().expect("a time");
    card.footer =
        vec![Text::new().code("INC-7K2F").say(" · asked by ").person(&alex()).say(" · ").time(opened)];
    card
}

pub(crate) fn proposed() -> Card {
    let lead = Text::of("The default probe asks for ").code("/").say(" and the backend answers ").bold("403");
    let mut card = card(Tone::Trouble, "Unhealthy", lead.say("."));
    card.facts = vec![
        Fact::new("HTTP setting", Text::new().code("https-443")),
        Fact::new("Servers", Text::of("0 of 2 Healthy")),
    ];
    let log = "Received invalid status code: 403 in the backend server's HTTP response.";
    card.evidence = vec![
        Text::of("The gateway says: ").code(log),
        Text::of("Asked through the gateway, ").code("/healthz").say(" answers 200."),
    ];
    let line = |sign, text: &str| DiffLine { sign, text: text.into() };
    card.diff = vec![
        line(Sign::Context, "/properties/probes/-"),
        line(Sign::Added, r#"{"name":"agw-healthz","properties":{"path":"/healthz"}}"#),
        line(Sign::Context, "/properties/backendHttpSettingsCollection/0/properties/probe"),
        line(Sign::Removed, "null"),
        line(Sign::Added, r#"{"id":"…/probes/agw-healthz"}"#),
    ];
    card.notes = vec![Text::of("Azure takes about a minute; connections go on.")];
    let confirm = Confirm {
        title: "Write this change?".into(),
        body: "One write to agw-prod-01.".into(),
        yes: "Write it".into(),
        no: "Back".into(),
    };
    let approve = Action { confirm: Some(confirm), ..button(Verb::Approve, "Approve", Weight::Primary) };
    card.actions = vec![approve, button(Verb::Reject, "Reject", Weight::Danger)];
    card
}

pub(crate) fn fixed() -> Card {
    let mut card =
        card(Tone::Good, "Fixed", Text::of("All 2 servers are Healthy, and the site answers 200."));
    card.facts = vec![Fact::new("Approved by", Text::new().person(&alex()))];
    card.actions = vec![button(Verb::Undo, "Undo", Weight::Plain)];
    card
}

pub(crate) fn add_endpoint() -> Card {
    let lead =
        Text::new().code("/healthz").say(" answers 404 today. Add an endpoint there that answers 200.");
    let mut card = card(Tone::Attention, "Add the endpoint", lead);
    let snippet = |label: &str, code: &str| Snippet { label: label.into(), code: code.into() };
    card.snippets = vec![
        snippet("Express", r#"app.get("/healthz", (_req, res) => res.send(`ok`));"#),
        snippet("Flask", "@app.get(\"/healthz\")\ndef healthz():\n    return {\"status\": \"ok\"}"),
    ];
    card.actions = vec![button(Verb::Recheck, "Re-check", Weight::Primary)];
    card
}

pub(crate) fn refused() -> Card {
    let lead =
        Text::of("You are not on the list of approvers for ").code("agw <!channel>").say(". R&D `owns` it.");
    Card::new(Tone::Attention, "Not done", "INC-7K2F", lead)
}
