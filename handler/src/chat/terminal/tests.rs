use domain::card::{Action, Confirm, Fact, Verb, Weight};
use domain::plan::DiffLine;

use super::*;

fn card() -> Card {
    let lead = Text::of("The backend refuses the probe of ")
        .code("/")
        .say(" with ")
        .bold("403")
        .say(", so the gateway takes every server out of rotation and answers visitors with 502.");
    let mut card = Card::new(Tone::Trouble, "Unhealthy", "agw-prod-01", lead);
    card.link = Some("https://portal.azure.com/#resource/agw-prod-01".into());
    card.facts = vec![
        Fact::new("Pool", Text::new().code("web")),
        Fact::new("HTTP setting", Text::new().code("https")),
    ];
    card.evidence = vec![
        Text::of("The gateway reports ")
            .code("Received invalid status code: 403 in the backend server's HTTP response.")
            .say(" for every server."),
        Text::of("Asked through the gateway, ").code("/healthz").say(" answers 200."),
    ];
    card.diff = vec![line("Removed", "probe: (default) /"), line("Added", "probe: agw-healthz /healthz")];
    card.notes = vec![Text::of("One PUT on the gateway; Undo brings back what was there.")];
    card.actions = vec![
        action(Verb::Approve, "Approve", "/agw approve INC-7K2F 9f3a1c04"),
        action(Verb::Reject, "Reject", "/agw reject INC-7K2F"),
    ];
    card.footer = vec![Text::of("INC-7K2F")];
    card
}

fn line(sign: &str, text: &str) -> DiffLine {
    serde_json::from_value(serde_json::json!({ "sign": sign, "text": text })).expect("a line of a diff")
}

fn action(verb: Verb, label: &str, command: &str) -> Action {
    let confirm =
        Confirm { title: "Sure?".into(), body: "It is a PUT.".into(), yes: "Yes".into(), no: "No".into() };
    let (label, command) = (label.to_owned(), command.to_owned());
    Action { verb, label, value: "v".into(), command, weight: Weight::Plain, confirm: Some(confirm) }
}

#[test]
fn a_card_reads_from_top_to_bottom() {
    insta::assert_snapshot!(Terminal::default().draw(&card()), @r#"
    ✗ Unhealthy  agw-prod-01
      The backend refuses the probe of / with 403, so the gateway takes every server
      out of rotation and answers visitors with 502.

      Pool          web
      HTTP setting  https

      - The gateway reports "Received invalid status code: 403 in the backend
        server's HTTP response." for every server.
      - Asked through the gateway, /healthz answers 200.

      - probe: (default) /
      + probe: agw-healthz /healthz

      One PUT on the gateway; Undo brings back what was there.

      [Approve]  /agw approve INC-7K2F 9f3a1c04
      [Reject]   /agw reject INC-7K2F

      https://portal.azure.com/#resource/agw-prod-01
      INC-7K2F
    "#);
}

#[test]
fn colours_are_only_added_on_request() {
    let plain = Terminal::default().draw(&card());
    assert!(!plain.contains('\u{1b}'));
    let coloured = Terminal { colour: true, ..Terminal::default() }.draw(&card());
    assert!(coloured.contains("\u{1b}[1;31m✗ Unhealthy\u{1b}[0m"));
    assert_eq!(stripped(&coloured), plain);
}

#[test]
fn no_line_of_words_is_wider_than_the_terminal() {
    for width in [40, 80, 100] {
        let text = Terminal { width, colour: false }.draw(&Card::new(
            Tone::Good,
            "Fixed",
            "agw",
            Text::of("word ".repeat(200)),
        ));
        assert!(text.lines().all(|line| line.chars().count() <= width), "{text}");
    }
}

#[test]
fn nothing_in_a_card_reaches_the_terminal_as_a_command() {
    let evil = "a\u{1b}]0;owned\u{7}b\rc\u{9b}2Jd\u{202e}e";
    let mut card = Card::new(Tone::Neutral, evil, evil, Text::of(evil).code(evil).link(evil, evil));
    card.facts = vec![Fact::new(evil, Text::of(evil))];
    card.snippets = vec![Snippet { label: evil.into(), code: evil.into() }];
    card.footer = vec![Text::of(evil)];
    card.link = Some(evil.into());
    let text = Terminal::default().draw(&card);
    assert!(
        !text.chars().any(|letter| letter != '\n' && (letter.is_control() || letter == '\u{202e}')),
        "{text:?}"
    );
}

fn stripped(text: &str) -> String {
    let mut parts = text.split('\u{1b}');
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |out, part| out + part.split_once('m').map_or("", |(_, rest)| rest))
}
