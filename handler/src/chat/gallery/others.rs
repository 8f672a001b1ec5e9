//! A card whose every part was written by somebody who means no good: names of resources, an alert, a probe's log.

use domain::card::{Action, Card, Fact, Snippet, Text, Tone, Verb, Weight};
use domain::plan::{DiffLine, Sign};

/// What each platform would obey, if it were not kept from it.
const WORDS: [&str; 12] = [
    "<!channel> <@U07ALEX001> <https://evil.example|the portal>",
    "<at>Alex</at> [the portal](https://evil.example) [x]: https://evil.example",
    "@everyone @here <@53908232506183680> <#645027906669510667> <:a:1> discord.gg/evil",
    "**bold** __under__ ~~struck~~ ||hidden|| `code` ```fence```",
    "# heading",
    "- list",
    "1. list",
    "> quote",
    "{{DATE(2026-11-22T03:04:05Z,SHORT)}} &lt;b&gt; <b>b</b> <img src=x>",
    "\\[a\\](https://evil.example) :joy: https://evil.example/",
    "line one\nline two\ttab \u{202e}turned\u{2066} \u{0}nothing",
    "javascript:alert(1)",
];

pub(super) fn card() -> Card {
    let all = WORDS.join(" ");
    let [first, second, third, fourth, ..] = WORDS;
    let mut card = Card::new(Tone::Trouble, first, second, Text::of(third).bold(fourth).code(&all));
    card.link = Some("javascript:alert(1)".to_owned());
    card.path = Text::of(&all);
    card.facts = WORDS.iter().map(|words| Fact::new(*words, Text::of(*words))).collect();
    card.facts.push(Fact::new("Link", Text::new().link(second, "https://x.example/(a)_*b*")));
    card.evidence = WORDS.iter().map(|words| Text::of(*words).link(*words, *words).code(*words)).collect();
    let line = |sign, text: &str| DiffLine { sign, text: text.to_owned() };
    card.diff =
        WORDS.iter().flat_map(|words| [line(Sign::Removed, words), line(Sign::Added, words)]).collect();
    card.snippets = vec![Snippet { label: all.clone(), code: WORDS.join("\n") }];
    card.notes = WORDS.iter().map(|words| Text::of(*words)).collect();
    card.actions = vec![Action {
        verb: Verb::Recheck,
        label: all.clone(),
        value: "recheck:INC-7K2F".to_owned(),
        command: all.clone(),
        weight: Weight::Primary,
        confirm: None,
    }];
    card.footer = vec![Text::of(all)];
    card
}
