use domain::card::Span;
use domain::request::Platform;
use proptest::prelude::*;

use super::*;
use crate::chat::hostile::{any_card, brimful, texts, words};
use crate::chat::{gallery, samples};

mod oracle;

/// What is read on a card, a line each.
fn read(value: &Value) -> String {
    let all = |name: &str, between: &str| {
        value[name].as_array().into_iter().flatten().map(read).collect::<Vec<_>>().join(between)
    };
    let title = || value["title"].as_str().unwrap_or_default();
    match value["type"].as_str() {
        Some("AdaptiveCard") => format!("{}\n{}", all("body", "\n"), all("actions", "\n")),
        Some("RichTextBlock") => all("inlines", ""),
        Some("TextRun") => run(value),
        Some("Container") => format!("┌\n{}\n└", all("items", "\n")),
        Some("FactSet") => all("facts", "\n"),
        Some("TextBlock") => format!("# {}", value["text"].as_str().unwrap_or_default()),
        Some("Action.ShowCard") => format!("[{}] asks:\n{}", title(), read(&value["card"])),
        Some("Action.Execute") => {
            let style = value["style"].as_str().unwrap_or("plain");
            format!("[{}] {style}, {} {}", title(), value["verb"], value["data"])
        }
        _ => format!("{} = {}", title(), value["value"].as_str().unwrap_or_default()),
    }
}

/// The same, with a dot for each space of no width.
fn seen(value: &Value) -> String {
    read(value).replace('\u{200b}', "·")
}

fn run(value: &Value) -> String {
    let text = value["text"].as_str().unwrap_or_default();
    match value["selectAction"]["url"].as_str() {
        Some(url) => format!("{text} <{url}>"),
        None => text.to_owned(),
    }
}

#[test]
fn a_plan_is_shown_with_its_change_and_its_buttons() {
    insta::assert_snapshot!(seen(&card(&samples::proposed())), @r#"
    # ❌ Unhealthy: agw-prod-01
    The default probe asks for / and the backend answers 403.
    HTTP setting = https-443
    Servers = 0 of 2 Healthy
    • The gateway says: Received invalid status code: 403 in the backend server's HTTP response.
    • Asked through the gateway, /healthz answers 200.
    ┌
      /properties/probes/-
    + {"name":"agw-healthz","properties":{"path":"/·healthz"}}
      /·properties/·backendHttpSettingsCollection/·0/·properties/·probe
    - null
    + {"id":"…/probes/agw-healthz"}
    └
    Azure takes about a minute; connections go on.
    agw-prod-01 <https://portal.azure.com/#resource/agw-prod-01> · INC-7K2F · asked by alex · 2026-11-22 03:04 UTC
    [Approve] asks:
    Write this change?
    One write to agw-prod-01.
    Back: press Approve again.
    [Write it] positive, "approve" {"agw":"approve:INC-7K2F:9f3a1c04"}
    [Reject] destructive, "reject" {"agw":"reject:INC-7K2F:9f3a1c04"}
    "#);
}

#[test]
fn a_fix_is_shown_with_what_was_measured() {
    insta::assert_snapshot!(seen(&card(&samples::fixed())), @r#"
    # ✅ Fixed: agw-prod-01
    All 2 servers are Healthy, and the site answers 200.
    Approved by = alex
    agw-prod-01 <https://portal.azure.com/#resource/agw-prod-01> · INC-7K2F · asked by alex · 2026-11-22 03:04 UTC
    [Undo] plain, "undo" {"agw":"undo:INC-7K2F:9f3a1c04"}
    "#);
}

#[test]
fn an_endpoint_to_add_is_shown_with_code_to_copy() {
    insta::assert_snapshot!(seen(&card(&samples::add_endpoint())), @r#"
    # ⚠️ Add the endpoint: agw-prod-01
    /healthz answers 404 today. Add an endpoint there that answers 200.
    ┌
    Express
    app.get("/healthz", (_req, res) => res.send(`ok`));
    └
    ┌
    Flask
    @app.get("/healthz")
    def healthz():
        return {"status": "ok"}
    └
    agw-prod-01 <https://portal.azure.com/#resource/agw-prod-01> · INC-7K2F · asked by alex · 2026-11-22 03:04 UTC
    [Re-check] positive, "recheck" {"agw":"recheck:INC-7K2F:9f3a1c04"}
    "#);
}

#[test]
fn a_refusal_is_shown_without_markup_of_its_own() {
    insta::assert_snapshot!(seen(&card(&samples::refused())), @"
    # ⚠️ Not done: INC-7K2F
    You are not on the list of approvers for agw <!channel>. R&D `owns` it.
    ");
}

#[test]
fn a_button_asks_again_and_has_a_twin_for_old_clients() {
    let card = card(&samples::proposed());
    let approve = &card["actions"][0];
    assert_eq!((&approve["type"], &approve["style"]), (&json!("Action.ShowCard"), &json!("positive")));
    let sure = &approve["card"]["actions"][0];
    insta::assert_json_snapshot!(sure, @r#"
    {
      "data": {
        "agw": "approve:INC-7K2F:9f3a1c04"
      },
      "fallback": {
        "data": {
          "agw": "approve:INC-7K2F:9f3a1c04"
        },
        "style": "positive",
        "title": "Write it",
        "type": "Action.Submit"
      },
      "style": "positive",
      "title": "Write it",
      "tooltip": "/agw approve INC-7K2F 9f3a1c04",
      "type": "Action.Execute",
      "verb": "approve"
    }
    "#);
}

#[test]
fn a_notification_reads_one_sentence() {
    insta::assert_snapshot!(summary(&samples::proposed()), @"agw-prod-01: Unhealthy. The default probe asks for / and the backend answers 403.");
}

#[test]
fn every_card_of_the_bot() {
    let cards = gallery::cards(Platform::Teams);
    let drawn: Vec<_> =
        cards.iter().map(|shown| format!("== {}\n{}", shown.name, seen(&card(&shown.card)))).collect();
    insta::assert_snapshot!("gallery", drawn.join("\n\n"));
}

#[test]
fn evidence_leaves_first_and_says_so() {
    let mut long = samples::proposed();
    long.evidence = (0..100).map(|number| Text::of(format!("line {number} {}", "x".repeat(3000)))).collect();
    let shown = read(&card(&long)).replace('\u{200b}', "");
    assert!(shown.contains("• line 0 ") && !shown.contains("• line 99 "));
    assert!(shown.contains("more in the thread"));
    assert!(
        shown.contains("[Approve] asks") && shown.contains("default probe") && shown.contains("/healthz")
    );
}

#[test]
fn a_long_change_keeps_its_ends_and_a_usual_one_is_whole() {
    let changed = |lines: usize| {
        let mut long = samples::proposed();
        let line = |number| DiffLine { sign: Sign::Added, text: format!("line {number} {}", "x".repeat(50)) };
        long.diff = (0..lines).map(line).collect();
        read(&card(&long))
    };
    let usual = changed(150);
    assert!((0..150).all(|number| usual.contains(&format!("+ line {number} "))));
    let long = changed(4000);
    assert!(long.contains("+ line 0 ") && long.contains("+ line 3999 ") && long.contains(" lines\n"));
}

#[test]
fn a_card_full_to_the_brim_keeps_its_change_and_its_buttons() {
    let drawn = card(&brimful());
    let bytes = drawn.to_string().encode_utf16().count() * 2;
    assert!(bytes <= 98_000, "{bytes} bytes");
    assert_eq!(drawn["actions"].as_array().map(Vec::len), Some(6));
    let shown = read(&drawn);
    assert!(shown.contains("┌\n+ \"\"") && shown.contains("… "), "the change is there");
}

#[test]
fn nothing_in_a_text_becomes_markup() {
    let shown = |text: &str| text::quiet(text, 300).replace('\u{200b}', "·");
    assert_eq!(shown("[a](https://evil.example)"), "[a]·(https:·//evil.example)");
    assert_eq!(shown("<at>Alex</at> &lt; **b** `c` ~~d~~"), "<·at>Alex<·/at> &·lt; ∗∗b∗∗ 'c' ∼∼d∼∼");
    assert_eq!(shown("snake_case _em_ \\_"), "snake_case ˍemˍ \\·ˍ");
    assert_eq!((shown("# a"), shown("1. a"), shown("- a")), ("·# a".into(), "·1. a".into(), "·- a".into()));
    assert_eq!(shown("{{DATE(2026-11-22T03:04:05Z)}}"), "{·{DATE(2026-11-22T03:04:05Z)}}");
    let shown = |text: &str| text::words(text, 300).replace('\u{200b}', "·");
    assert_eq!(shown("<AT>Alex</at> <attribute>"), "<·AT>Alex<·/at> <attribute>");
    assert_eq!(shown("{{TIME(2026-11-22T03:04:05Z)}} {{x}}"), "{·{TIME(2026-11-22T03:04:05Z)}} {{x}}");
}

#[test]
fn links_lead_to_https_or_this_machine() {
    let linked_words =
        |label: &str| text::fact_value(&Text::new().link(label, ""), 400).replace('\u{200b}', "·");
    let linked = |url: &str| text::fact_value(&Text::new().link("a[b]", url), 400).replace('\u{200b}', "·");
    assert_eq!(linked("https://x.example/a_(b)"), "[a(b)](https://x.example/a%5F%28b%29)");
    assert_eq!(linked("javascript:alert(1)"), "a[b]·");
    assert_eq!(linked_words("\n# a"), "· # a");
    let two = Text::of("https:").say("//evil.example ").link("a", "https://x.example/").say(" b");
    assert_eq!(
        text::fact_value(&two, 400).replace('\u{200b}', "·"),
        "https:·//evil.example [a](https://x.example/) b"
    );
    // A name that looks like a link, and right behind it a link of ours.
    let behind = Text::of("[x](https://evil.example)").link("a", "https://x.example/");
    let value = text::fact_value(&behind, 400);
    assert_eq!(oracle::fact(&value), Ok(()));
    assert_eq!(value.replace('\u{200b}', "·"), "[x]·(https:·//evil.example)[a](https://x.example/)");
    assert!(oracle::fact("[x](javascript:alert)[a](https://x.example/)").is_err());
    let block = text::block(&Text::new().link("a", "javascript:alert(1)"), 400, Look::default());
    assert_eq!(block.expect("a block")["inlines"], json!([{ "type": "TextRun", "text": "a" }]));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn no_card_obeys_breaks_a_limit_or_leaves_out_what_counts(any in any_card()) {
        let drawn = card(&any);
        let units = drawn.to_string().encode_utf16().count();
        prop_assert!(units * 2 <= 90_000, "{} bytes", units * 2);
        oracle::check(&drawn).map_err(TestCaseError::fail)?;
        let usable = any.actions.iter().filter(|action| (1..=64).contains(&action.value.len())).count();
        prop_assert!(drawn["actions"].as_array().is_some_and(|all| all.len() >= usable.min(6)));
        let shown = read(&drawn);
        for line in any.diff.first().iter().chain(&any.diff.last()) {
            prop_assert!(shown.contains(&read(&changed(line, 1000))), "{}", line.text);
        }
        let lead: String = any.lead.0.first().map(|span| Text(vec![span.clone()])).unwrap_or_default().plain();
        let lead: String = lead.chars().map(crate::chat::letters::tame).take(100).collect();
        let all = shown.replace('\u{200b}', "");
        prop_assert!(link_of(&any) || all.contains(lead.replace('\u{200b}', "").trim()), "{}", lead);
    }

    #[test]
    fn quiet_words_are_the_words_that_were_given(text in words()) {
        let quiet = text::quiet(&text, 100_000);
        oracle::quiet(&quiet).map_err(TestCaseError::fail)?;
        let plain: String = text.trim().chars().map(crate::chat::letters::tame).collect();
        prop_assert_eq!(oracle::heard(&quiet), oracle::heard(&plain));
    }

    #[test]
    fn a_fact_links_where_links_may_lead_and_nowhere_else(texts in texts(3)) {
        for text in &texts {
            let value = text::fact_value(text, 400);
            oracle::fact(&value).map_err(TestCaseError::fail)?;
        }
    }
}

/// Whether the lead begins with a link or a person, whose words are written in another way.
fn link_of(card: &Card) -> bool {
    matches!(card.lead.0.first(), Some(Span::Link { .. }))
}
