use domain::card::{Span, Text};
use domain::plan::{DiffLine, Sign};
use domain::request::{Person, Platform};
use proptest::prelude::*;

use super::*;
use crate::chat::hostile::{any_card, brimful, texts};
use crate::chat::{gallery, samples};

mod oracle;

/// A message as it is read.
fn read(message: &Value) -> String {
    let mut lines = vec![message["content"].as_str().unwrap_or_default().to_owned()];
    for embed in message["embeds"].as_array().into_iter().flatten() {
        let text = |place: &str| embed.pointer(place).and_then(Value::as_str);
        lines.push("┌".to_owned());
        lines.extend(text("/title").map(|title| format!("{title} <{}>", text("/url").unwrap_or_default())));
        lines.extend(text("/description").map(str::to_owned));
        let fields = embed["fields"].as_array().into_iter().flatten();
        lines.extend(fields.map(|field| format!("{} = {}", words(&field["name"]), words(&field["value"]))));
        lines.extend(text("/footer/text").map(|footer| format!("({footer})")));
        lines.push("└".to_owned());
    }
    lines.extend(
        buttons(message).iter().map(|button| {
            format!("[{}] {}, {}", words(&button["label"]), button["style"], button["custom_id"])
        }),
    );
    lines.join("\n")
}

fn words(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

fn buttons(message: &Value) -> Vec<Value> {
    let rows = message["components"].as_array().into_iter().flatten();
    rows.filter_map(|row| row["components"].as_array()).flatten().cloned().collect()
}

#[test]
fn a_plan_is_shown_with_its_change_and_its_buttons() {
    insta::assert_snapshot!(read(&message(&samples::proposed())), @r#"
    **❌ Unhealthy: agw-prod-01**
    The default probe asks for `/` and the backend answers **403**.
    ┌
    agw-prod-01 <https://portal.azure.com/#resource/agw-prod-01>
    HTTP setting = `https-443`
    Servers = 0 of 2 Healthy
    └
    ┌
    • The gateway says: `Received invalid status code: 403 in the backend server's HTTP response.`
    • Asked through the gateway, `/healthz` answers 200.
    ```diff
      /properties/probes/-
    + {"name":"agw-healthz","properties":{"path":"/healthz"}}
      /properties/backendHttpSettingsCollection/0/properties/probe
    - null
    + {"id":"…/probes/agw-healthz"}
    ```
    Azure takes about a minute; connections go on.
    (INC-7K2F · asked by alex · 2026-11-22 03:04 UTC)
    └
    [Approve] 3, "approve:INC-7K2F:9f3a1c04"
    [Reject] 4, "reject:INC-7K2F:9f3a1c04"
    "#);
}

#[test]
fn a_fix_is_shown_with_what_was_measured() {
    insta::assert_snapshot!(read(&message(&samples::fixed())), @r#"
    **✅ Fixed: agw-prod-01**
    All 2 servers are Healthy, and the site answers 200.
    ┌
    agw-prod-01 <https://portal.azure.com/#resource/agw-prod-01>
    Approved by = alex
    (INC-7K2F · asked by alex · 2026-11-22 03:04 UTC)
    └
    [Undo] 2, "undo:INC-7K2F:9f3a1c04"
    "#);
}

#[test]
fn an_endpoint_to_add_is_shown_with_code_to_copy() {
    insta::assert_snapshot!(read(&message(&samples::add_endpoint())), @r#"
    **⚠️ Add the endpoint: agw-prod-01**
    `/healthz` answers 404 today. Add an endpoint there that answers 200.
    ┌
    agw-prod-01 <https://portal.azure.com/#resource/agw-prod-01>
    **Express**
    ```
    app.get("/healthz", (_req, res) => res.send(`ok`));
    ```
    **Flask**
    ```
    @app.get("/healthz")
    def healthz():
        return {"status": "ok"}
    ```
    (INC-7K2F · asked by alex · 2026-11-22 03:04 UTC)
    └
    [Re-check] 1, "recheck:INC-7K2F:9f3a1c04"
    "#);
}

#[test]
fn a_refusal_is_shown_without_markup_of_its_own() {
    insta::assert_json_snapshot!(message(&samples::refused()), @r#"
    {
      "allowed_mentions": {
        "parse": []
      },
      "components": [],
      "content": "**⚠️ Not done: INC-7K2F**\nYou are not on the list of approvers for `agw <!channel>`. R&D \\`owns\\` it.",
      "embeds": []
    }
    "#);
}

#[test]
fn a_button_asks_again_the_person_who_pressed_it() {
    let asked = |card: &Card| card.actions.iter().filter_map(question).collect::<Vec<_>>();
    insta::assert_json_snapshot!(asked(&samples::proposed()), @r#"
    [
      {
        "allowed_mentions": {
          "parse": []
        },
        "components": [
          {
            "components": [
              {
                "custom_id": "approve:INC-7K2F:9f3a1c04",
                "label": "Write it",
                "style": 3,
                "type": 2
              }
            ],
            "type": 1
          }
        ],
        "content": "**Write this change?**\nOne write to agw-prod-01.",
        "flags": 64
      }
    ]
    "#);
    assert_eq!(asked(&samples::fixed()), Vec::<Value>::new());
}

#[test]
fn every_card_of_the_bot() {
    let cards = gallery::cards(Platform::Discord);
    let drawn = cards.iter().map(|shown| format!("== {}\n{}", shown.name, read(&message(&shown.card))));
    insta::assert_snapshot!("gallery", drawn.collect::<Vec<_>>().join("\n\n"));
}

#[test]
fn evidence_leaves_first_and_says_so() {
    let mut card = samples::proposed();
    card.evidence = (0..100).map(|number| Text::of(format!("line {number} {}", "x".repeat(300)))).collect();
    let shown = read(&message(&card));
    assert!(shown.contains("• line 0 ") && !shown.contains("• line 99 "));
    assert!(shown.contains("more in the thread"));
    assert!(shown.contains("[Approve]") && shown.contains("default probe") && shown.contains("/healthz"));
}

#[test]
fn a_long_change_keeps_its_ends() {
    let mut card = samples::proposed();
    card.diff =
        (0..400).map(|number| DiffLine { sign: Sign::Added, text: format!("line {number}") }).collect();
    let shown = read(&message(&card));
    assert!(shown.contains("+ line 0\n") && shown.contains("+ line 399"));
    assert!(shown.contains(" lines\n"));
}

#[test]
fn a_card_full_to_the_brim_keeps_its_change_and_its_buttons() -> Result<(), TestCaseError> {
    let drawn = message(&brimful());
    check_limits(&drawn)?;
    assert_eq!(buttons(&drawn).len(), 25);
    assert!(read(&drawn).contains("```diff\n+ \"\""), "the change is there");
    Ok(())
}

#[test]
fn only_discords_own_people_are_mentioned() {
    let person = |platform, id: &str| Person { platform, id: id.into(), name: Some("al*ex".into()) };
    let shown = |person: &Person| markdown::line(&Text::new().person(person), 100);
    assert_eq!(shown(&person(Platform::Discord, "53908232506183680")), "<@53908232506183680>");
    assert_eq!(shown(&person(Platform::Discord, "&53908232506183680")), "al\\*ex");
    assert_eq!(shown(&person(Platform::Slack, "53908232506183680")), "al\\*ex");
}

#[test]
fn links_lead_to_https_or_this_machine_and_have_no_preview() {
    let shown = |url: &str| markdown::line(&Text::new().link("a](b", url), 300);
    assert_eq!(shown("https://x.example/a?b=(1)>"), "[a\\](b](<https://x.example/a?b=(1)%3E>)");
    assert_eq!(shown("javascript:alert(1)"), "a\\](b");
    let itself = Text::new().link("https://shop.example", "https://shop.example/");
    assert_eq!(markdown::line(&itself, 300), "<https://shop.example/>");
}

#[test]
fn nothing_comes_together_from_two_spans() {
    let shown = |first: &str, second: &str| {
        markdown::line(&Text::of(first).say(second), 100).replace('\u{200b}', "·")
    };
    assert_eq!(shown("https:", "//evil.example"), "https:·//evil.example");
    assert_eq!(shown("https", "://evil.example"), "https\\://evil.example");
    assert_eq!(shown("discord.", "gg/x"), "discord.·gg/x");
    assert_eq!(shown("discord", ".gg/x"), "discord·.gg/x");
    assert_eq!(shown("at 03:04. ", "Then"), "at 03:04. Then");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn what_is_read_is_what_was_said(texts in texts(4)) {
        for text in &texts {
            let drawn = markdown::line(text, 100_000);
            let read = oracle::read(&drawn).map_err(TestCaseError::fail)?;
            if !drawn.contains('…') {
                prop_assert_eq!(oracle::heard(&read.words), oracle::heard(&oracle::said(text)), "{}", drawn);
            }
            let people = text.0.iter().filter(|span| matches!(span, Span::Person(_))).count();
            prop_assert!(read.people <= people);
        }
    }

    #[test]
    fn no_card_makes_markup_or_breaks_a_limit(card in any_card()) {
        let message = message(&card);
        prop_assert_eq!(&message["allowed_mentions"], &json!({ "parse": [] }));
        check_limits(&message)?;
        let embeds = message["embeds"].as_array().cloned().unwrap_or_default();
        let marked = embeds.iter().flat_map(|embed| {
            let fields = embed["fields"].as_array().cloned().unwrap_or_default();
            let fields = fields.into_iter().flat_map(|field| [field["name"].clone(), field["value"].clone()]);
            fields.chain([embed["title"].clone(), embed["description"].clone()]).collect::<Vec<_>>()
        });
        for text in marked.chain([message["content"].clone()]) {
            oracle::read(words(&text)).map_err(TestCaseError::fail)?;
        }
    }

    #[test]
    fn the_finding_the_change_and_the_buttons_stay(card in any_card()) {
        let message = message(&card);
        let shown = read(&message).replace('\u{200b}', "");
        let lead: Text = Text(card.lead.0.iter().take(1).cloned().collect());
        let lead = markdown::line(&lead, 100).replace('\u{200b}', "");
        prop_assert!(shown.contains(lead.trim_end_matches(['…', '*', '`', ' '])), "{}", lead);
        prop_assert_eq!(shown.contains("```diff"), !card.diff.is_empty());
        let values = card.actions.iter().map(|action| &action.value);
        let values: std::collections::HashSet<_> = values.filter(|value| (1..=50).contains(&value.len())).collect();
        prop_assert!(buttons(&message).len() >= values.len().min(25));
    }
}

fn check_limits(message: &Value) -> Result<(), TestCaseError> {
    let most = |value: &Value, limit: usize| {
        let count = words(value).encode_utf16().count();
        prop_assert!(count <= limit, "{} of {}: {}", count, limit, value);
        Ok(count)
    };
    most(&message["content"], 2000)?;
    let embeds = message["embeds"].as_array().cloned().unwrap_or_default();
    prop_assert!(embeds.len() <= 10);
    let mut all = 0;
    for embed in &embeds {
        all += most(&embed["title"], 256)?
            + most(&embed["description"], 4096)?
            + most(&embed["footer"]["text"], 2048)?;
        let fields = embed["fields"].as_array().cloned().unwrap_or_default();
        prop_assert!(fields.len() <= 25);
        for field in &fields {
            prop_assert!(!words(&field["name"]).is_empty() && !words(&field["value"]).trim().is_empty());
            all += most(&field["name"], 256)? + most(&field["value"], 1024)?;
        }
    }
    prop_assert!(all <= 6000);
    let rows = message["components"].as_array().cloned().unwrap_or_default();
    prop_assert!(
        rows.len() <= 5
            && rows
                .iter()
                .all(|row| row["components"].as_array().is_some_and(|row| (1..=5).contains(&row.len())))
    );
    let buttons = buttons(message);
    let values: std::collections::HashSet<_> =
        buttons.iter().map(|button| words(&button["custom_id"])).collect();
    prop_assert_eq!(values.len(), buttons.len());
    for button in &buttons {
        prop_assert!(most(&button["custom_id"], 100)? > 0 && most(&button["label"], 80)? > 0);
    }
    Ok(())
}
