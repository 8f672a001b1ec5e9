use domain::card::Group;
use domain::plan::{DiffLine, Sign};
use domain::request::{Person, Platform};
use proptest::prelude::*;

use super::*;
use crate::chat::gallery;
use crate::chat::hostile::{any_card, brimful};
use crate::chat::samples as cards;

mod code;
mod views;

/// A message as it is read, the way it is sent.
fn sent(card: &Card) -> String {
    message(card).blocks.iter().map(read).collect::<Vec<_>>().join("\n")
}

fn read(block: &Value) -> String {
    let text = |value: &Value| value["text"].as_str().unwrap_or_default().to_owned();
    let all = |name: &str, of: &dyn Fn(&Value) -> String| {
        block[name].as_array().into_iter().flatten().map(of).collect::<Vec<_>>().join("\n")
    };
    match (block["type"].as_str(), block.get("fields")) {
        (Some("section"), Some(_)) => all("fields", &|field| text(field).replace('\n', " = ")),
        (Some("actions"), _) => all("elements", &pressed),
        (Some("context"), _) => format!("({})", all("elements", &text)),
        (Some("header"), _) => format!("# {}", text(&block["text"])),
        _ => text(&block["text"]),
    }
}

fn pressed(button: &Value) -> String {
    let style = button["style"].as_str().unwrap_or("plain");
    let confirm = ["title", "text", "deny", "confirm"].map(|part| button["confirm"][part]["text"].as_str());
    let confirm: String = confirm.iter().flatten().map(|part| format!(" | {part}")).collect();
    format!(
        "[{}] {style}, {}{confirm}",
        button["accessibility_label"].as_str().unwrap_or_default(),
        button["value"]
    )
}

#[test]
fn a_plan_is_shown_with_its_change_and_its_buttons() {
    insta::assert_snapshot!(sent(&cards::proposed()), @r#"
    # ❌ Unhealthy: agw-prod-01
    The default probe asks for `/` and the backend answers *403*.
    *HTTP setting* = `https-443`
    *Servers* = 0 of 2 Healthy
    • The gateway says: `Received invalid status code: 403 in the backend server's HTTP response.`
    • Asked through the gateway, `/healthz` answers 200.
    ```
      /properties/probes/-
    + {"name":"agw-healthz","properties":{"path":"/healthz"}}
      /properties/backendHttpSettingsCollection/0/properties/probe
    - null
    + {"id":"…/probes/agw-healthz"}
    ```
    Azure takes about a minute; connections go on.
    [Approve: /agw approve INC-7K2F 9f3a1c04] primary, "approve:INC-7K2F:9f3a1c04" | Write this change? | One write to agw-prod-01. | Back | Write it
    [Reject: /agw reject INC-7K2F 9f3a1c04] danger, "reject:INC-7K2F:9f3a1c04"
    (<https://portal.azure.com/#resource/agw-prod-01|agw-prod-01> · `INC-7K2F` · asked by <@U07ALEX001> · 2026-11-22 03:04 UTC)
    "#);
}

#[test]
fn a_fix_is_shown_with_what_was_measured() {
    insta::assert_snapshot!(sent(&cards::fixed()), @r#"
    # ✅ Fixed: agw-prod-01
    All 2 servers are Healthy, and the site answers 200.
    *Approved by* = <@U07ALEX001>
    [Undo: /agw undo INC-7K2F 9f3a1c04] plain, "undo:INC-7K2F:9f3a1c04"
    (<https://portal.azure.com/#resource/agw-prod-01|agw-prod-01> · `INC-7K2F` · asked by <@U07ALEX001> · 2026-11-22 03:04 UTC)
    "#);
}

#[test]
fn an_endpoint_to_add_is_shown_with_code_to_copy() {
    insta::assert_snapshot!(sent(&cards::add_endpoint()), @r#"
    # ⚠️ Add the endpoint: agw-prod-01
    `/healthz` answers 404 today. Add an endpoint there that answers 200.
    *Express*
    ```
    app.get("/healthz", (_req, res) =&gt; res.send(`ok`));
    ```
    *Flask*
    ```
    @app.get("/healthz")
    def healthz():
        return {"status": "ok"}
    ```
    [Re-check: /agw recheck INC-7K2F 9f3a1c04] primary, "recheck:INC-7K2F:9f3a1c04"
    (<https://portal.azure.com/#resource/agw-prod-01|agw-prod-01> · `INC-7K2F` · asked by <@U07ALEX001> · 2026-11-22 03:04 UTC)
    "#);
}

#[test]
fn a_refusal_is_shown_without_markup_of_its_own() {
    insta::assert_snapshot!(sent(&cards::refused()), @r#"
    # ⚠️ Not done: INC-7K2F
    You are not on the list of approvers for `agw &lt;!channel&gt;`. R&amp;D 'owns' it.
    "#);
}

#[test]
fn every_card_of_the_bot() {
    let cards = gallery::cards(Platform::Slack);
    let drawn: Vec<_> =
        cards.iter().map(|shown| format!("== {}\n{}", shown.name, sent(&shown.card))).collect();
    insta::assert_snapshot!("gallery", drawn.join("\n\n"));
}

#[test]
fn the_text_for_notifications_is_the_whole_card() {
    assert_eq!(message(&cards::fixed()).text, cards::fixed().plain());
    let mut card = cards::fixed();
    card.notes = vec![Text::of("<&é".repeat(3000))];
    let text = message(&card).text;
    assert!(length(&text) <= 3900 && text.ends_with('…'));
}

#[test]
fn evidence_leaves_first_and_says_so() {
    let mut card = cards::proposed();
    card.evidence = (0..100).map(|number| Text::of(format!("line {number} {}", "x".repeat(300)))).collect();
    let shown = sent(&card);
    assert!(shown.contains("line 0 ") && !shown.contains("line 99 "));
    assert!(shown.contains("more in the thread"));
    assert!(shown.contains("[Approve: ") && shown.contains("default probe") && shown.contains("/healthz"));
}

#[test]
fn a_long_change_keeps_its_ends() {
    let mut card = cards::proposed();
    card.diff =
        (0..400).map(|number| DiffLine { sign: Sign::Added, text: format!("line {number}") }).collect();
    let shown = sent(&card);
    assert!(shown.contains("+ line 0\n") && shown.contains("+ line 399"));
    assert!(shown.contains(" lines\n"));
}

#[test]
fn a_card_full_to_the_brim_keeps_its_change_and_its_buttons() -> Result<(), TestCaseError> {
    let card = brimful();
    message(&card).blocks.iter().try_for_each(check)?;
    let shown = sent(&card);
    assert!(shown.contains("```\n+ \"\"") && shown.contains("[\"\""), "{shown}");
    Ok(())
}

#[test]
fn only_slacks_own_people_are_mentioned() {
    let person = |platform, id: &str| Person { platform, id: id.into(), name: Some("al*ex".into()) };
    let shown = |person: &Person| mrkdwn::line(&Text::new().person(person), 100);
    assert_eq!(shown(&person(Platform::Slack, "U07ALEX001")), "<@U07ALEX001>");
    assert_eq!(shown(&person(Platform::Slack, "!channel")), "al*ex");
    assert_eq!(shown(&person(Platform::Slack, "U07ALEX001>")), "al*ex");
    assert_eq!(shown(&person(Platform::Console, "U07ALEX001")), "al*ex");
}

#[test]
fn only_what_the_bot_itself_means_calls_a_group() {
    let group = |platform, id: &str| Group { platform, id: id.into() };
    let shown = |group: &Group| mrkdwn::line(&Text::new().group(group), 100);
    assert_eq!(shown(&group(Platform::Slack, "S0614TZR7")), "<!subteam^S0614TZR7>");
    for other in [
        group(Platform::Slack, "S0614TZR7>"),
        group(Platform::Slack, "!here"),
        group(Platform::Console, "S0614TZR7"),
    ] {
        assert_eq!(shown(&other), "On-call group");
    }
    let mut card = cards::refused();
    card.lead = Text::of("<!subteam^S0614TZR7>").code("<!subteam^S0614TZR7>");
    let sent = message(&card);
    assert!(!format!("{sent:?}").contains("<!"), "{sent:?}");
    card.lead = Text::new().group(&group(Platform::Slack, "S0614TZR7")).say(": look.");
    let sent = message(&card);
    assert!(sent.text.starts_with("<!subteam^S0614TZR7> "), "{}", sent.text);
    assert!(
        sent.blocks[1]["text"]["text"].as_str().is_some_and(|text| text == "<!subteam^S0614TZR7>: look.")
    );
}

#[test]
fn links_lead_to_https_or_this_machine() {
    let shown = |url: &str| mrkdwn::line(&Text::new().link("a|b<c", url), 300);
    assert_eq!(shown("https://x.example/a?b=1&c=|>"), "<https://x.example/a?b=1&amp;c=%7C%3E|a b&lt;c>");
    assert_eq!(shown("http://127.0.0.1:80/"), "<http://127.0.0.1/|a b&lt;c>");
    assert_eq!(shown("javascript:alert(1)"), "a|b&lt;c");
}

#[test]
fn code_cannot_end_early() {
    assert_eq!(mrkdwn::line(&Text::new().code("a`b*c\nd"), 100), "`a'b*c d`");
    assert_eq!(mrkdwn::line(&Text::new().bold("a*b`c"), 100), "*a∗b'c*");
    let fenced = mrkdwn::fenced(&["a```b".to_owned(), "````".to_owned()], 100);
    assert_eq!(fenced.matches("```").count(), 2, "{fenced}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn no_card_makes_markup_or_breaks_a_limit(card in any_card()) {
        let message = message(&card);
        prop_assert!(message.blocks.len() <= 50);
        prop_assert!(length(&message.text) <= 4000 && !message.text.contains(['<', '>']));
        prop_assert!(length(&serde_json::to_string(&message.blocks).expect("JSON")) <= 20_000);
        for block in &message.blocks {
            check(block)?;
        }
    }
}

fn length(text: &str) -> usize {
    text.encode_utf16().count()
}

/// Every text within its limit, and every `<` the beginning of something that we made.
fn check(block: &Value) -> Result<(), TestCaseError> {
    let most = |place: &str, limit: usize| {
        let texts = block.pointer(place).and_then(Value::as_str);
        prop_assert!(texts.is_none_or(|text| (1..=limit).contains(&length(text))), "{} {}", place, block);
        Ok(())
    };
    most("/text/text", if block["type"] == "header" { 150 } else { 3000 })?;
    for field in block["fields"].as_array().into_iter().flatten() {
        let text = field["text"].as_str().unwrap_or_default();
        prop_assert!((1..=2000).contains(&length(text)));
    }
    let elements = block["elements"].as_array().map_or(&[][..], Vec::as_slice);
    prop_assert!(elements.iter().filter(|element| element["style"] == "primary").count() <= 1);
    for element in elements.iter().filter(|element| element["type"] == "button") {
        let label = element["text"]["text"].as_str().unwrap_or_default();
        prop_assert!((1..=75).contains(&length(label)), "{}", label);
        prop_assert!(element["value"].as_str().is_some_and(|value| value.len() <= 2000));
    }
    check_markup(block)
}

fn check_markup(value: &Value) -> Result<(), TestCaseError> {
    match value {
        Value::Object(fields) => {
            // A button's value is never shown.
            for (_, field) in fields.iter().filter(|(name, _)| *name != "value") {
                check_markup(field)?;
            }
        }
        Value::Array(all) => {
            for one in all {
                check_markup(one)?;
            }
        }
        Value::String(text) => {
            for (_, rest) in text.match_indices('<').filter_map(|(at, _)| text.split_at_checked(at)) {
                let ours =
                    ["x", "evil"].iter().any(|host| rest.starts_with(&format!("<https://{host}.example/")))
                        || rest.starts_with("<@U07ALEX001>");
                prop_assert!(ours, "{}", text);
            }
            prop_assert!(!text.contains("<!"));
            prop_assert!(!text.contains(['\u{0}', '\r', '\u{202e}']), "{:?}", text);
            prop_assert_eq!(text.matches('<').count(), text.matches('>').count());
        }
        _ => {}
    }
    Ok(())
}
