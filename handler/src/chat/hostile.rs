//! Cards full of what other people wrote, for the renderers' property tests.

use domain::card::{Action, Card, Confirm, Fact, Snippet, Span, Text, Tone, Verb, Weight};
use domain::plan::{DiffLine, Sign};
use domain::request::{Person, Platform};
use proptest::prelude::*;

pub(crate) fn words() -> impl Strategy<Value = String> {
    let evil = prop::sample::select(vec![
        "<!channel>",
        "<@U07ALEX001>",
        "<https://x.example|y>",
        "&lt;",
        "```",
        "`",
        "*",
        "\n",
        "&",
        "🦀",
        "|",
        "||",
        "@everyone",
        "<@53908232506183680>",
        "<#645027906669510667>",
        "<:a:1>",
        ":joy:",
        "discord.gg/x",
        "https://evil.example/",
        "[x](https://evil.example)",
        "[x]: https://evil.example",
        "<at>Alex</at>",
        "{{DATE(2026-11-22T03:04:05Z)}}",
        "&#64;",
        "\\",
        "\\[",
        "_",
        "__x__",
        "~~",
        "# ",
        "-# ",
        "- ",
        "1. ",
        "> ",
        "\u{202e}",
        "\u{200b}",
        "\u{0}",
        "\t",
    ]);
    let part = prop_oneof![evil.prop_map(str::to_owned), "\\PC{0,40}", Just("long ".repeat(900))];
    prop::collection::vec(part, 0..4).prop_map(|parts| parts.concat())
}

fn span() -> impl Strategy<Value = Span> {
    let person = |(slack, id, name): (bool, String, Option<String>)| {
        Span::Person(Person { platform: if slack { Platform::Slack } else { Platform::Console }, id, name })
    };
    prop_oneof![
        words().prop_map(Span::Plain),
        words().prop_map(Span::Code),
        words().prop_map(Span::Bold),
        (words(), words()).prop_map(|(label, url)| Span::Link { label, url }),
        (any::<bool>(), words(), prop::option::of(words())).prop_map(person),
    ]
}

pub(crate) fn texts(most: usize) -> impl Strategy<Value = Vec<Text>> {
    prop::collection::vec(prop::collection::vec(span(), 0..4).prop_map(Text), 0..most)
}

fn action() -> impl Strategy<Value = Action> {
    (words(), words(), words(), prop::option::of(words())).prop_map(|(label, value, command, confirm)| {
        Action {
            verb: Verb::Approve,
            weight: Weight::Primary,
            confirm: confirm.map(|text| Confirm {
                title: text.clone(),
                body: text.clone(),
                yes: text.clone(),
                no: text,
            }),
            label,
            value,
            command,
        }
    })
}

prop_compose! {
    pub(crate) fn any_card()(
        title in words(), status in words(), lead in texts(2), facts in texts(14), evidence in texts(30),
        notes in texts(6), footer in texts(6), lines in prop::collection::vec(words(), 0..30),
        actions in prop::collection::vec(action(), 0..4), link in prop::option::of(words()), path in texts(2),
    ) -> Card {
        let mut card = Card::new(Tone::Trouble, status, title, lead.first().cloned().unwrap_or_default());
        card.path = path.first().cloned().unwrap_or_default();
        card.facts = facts.into_iter().map(|value| Fact { label: value.plain(), value }).collect();
        card.diff = lines.iter().map(|text| DiffLine { sign: Sign::Added, text: text.clone() }).collect();
        card.snippets = lines.into_iter().map(|code| Snippet { label: code.clone(), code }).collect();
        (card.evidence, card.notes, card.footer, card.actions, card.link) = (evidence, notes, footer, actions, link);
        card
    }
}

/// A card with far too much of everything, in letters that take twice their room as JSON.
pub(crate) fn brimful() -> Card {
    let words = "\"".repeat(3000);
    let text = Text((0..40).flat_map(|_| [Span::Plain(words.clone()), Span::Code(words.clone())]).collect());
    let link = Text::new().link(&words, format!("https://x.example/{}", "a".repeat(900)));
    let confirm =
        Confirm { title: words.clone(), body: words.clone(), yes: words.clone(), no: words.clone() };
    let action = |number: usize| Action {
        verb: Verb::Approve,
        label: words.clone(),
        value: format!("{number:02}{}", "v".repeat(90)),
        command: words.clone(),
        weight: Weight::Primary,
        confirm: Some(confirm.clone()),
    };
    let mut card = Card::new(Tone::Trouble, &words, &words, text.clone());
    card.link = Some(format!("https://x.example/{}", "a".repeat(900)));
    card.path = text.clone();
    card.facts = vec![Fact { label: words.clone(), value: text.clone() }; 30];
    card.evidence = vec![text.clone(), link.clone(), text.clone().text(link.clone())];
    card.diff = vec![DiffLine { sign: Sign::Added, text: words.clone() }; 300];
    card.snippets = vec![Snippet { label: words.clone(), code: words.clone() }; 20];
    card.notes = vec![text.clone().text(link.clone()); 20];
    card.actions = (0..30).map(action).collect();
    card.footer = vec![text; 20];
    card
}
