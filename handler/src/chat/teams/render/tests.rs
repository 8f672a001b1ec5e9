use proptest::prelude::*;

use super::*;
use crate::chat::gallery;
use crate::chat::hostile::any_card;

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

fn run(value: &Value) -> String {
    let text = value["text"].as_str().unwrap_or_default();
    match value["selectAction"]["url"].as_str() {
        Some(url) => format!("{text} <{url}>"),
        None => text.to_owned(),
    }
}

#[test]
fn a_plan_is_shown_with_its_change_and_its_buttons() {
    insta::assert_snapshot!(read(&card(&gallery::proposed())), @r#"
    # ❌ Unhealthy: agw-prod-01
    The default probe asks for / and the backend answers 403.
    HTTP setting = https-443
    Servers = 0 of 2 Healthy
    • The gateway says: Received invalid status code: 403 in the backend server's HTTP response.
    • Asked through the gateway, /healthz answers 200.
    ┌
      /properties/probes/-
    + {"name":"agw-healthz","properties":{"path":"/healthz"}}
      /properties/backendHttpSettingsCollection/0/properties/probe
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
    insta::assert_snapshot!(read(&card(&gallery::fixed())), @r#"
    # ✅ Fixed: agw-prod-01
    All 2 servers are Healthy, and the site answers 200.
    Approved by = alex
    agw-prod-01 <https://portal.azure.com/#resource/agw-prod-01> · INC-7K2F · asked by alex · 2026-11-22 03:04 UTC
    [Undo] plain, "undo" {"agw":"undo:INC-7K2F:9f3a1c04"}
    "#);
}

#[test]
fn an_endpoint_to_add_is_shown_with_code_to_copy() {
    insta::assert_snapshot!(read(&card(&gallery::add_endpoint())), @r#"
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
    insta::assert_snapshot!(read(&card(&gallery::refused())), @"
    # ⚠️ Not done: INC-7K2F
    You are not on the list of approvers for agw <!channel>. R&D `owns` it.
    ");
}

#[test]
fn a_button_asks_again_and_has_a_twin_for_old_clients() {
    let card = card(&gallery::proposed());
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
    insta::assert_snapshot!(summary(&gallery::proposed()), @"agw-prod-01: Unhealthy. The default probe asks for / and the backend answers 403.");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn no_card_is_too_large_or_leaves_out_what_counts(any in any_card()) {
        let drawn = card(&any);
        let units = drawn.to_string().encode_utf16().count();
        prop_assert!(units * 2 <= 90_000, "{} bytes", units * 2);
        let usable = any.actions.iter().filter(|action| (1..=64).contains(&action.value.len())).count();
        prop_assert!(drawn["actions"].as_array().is_some_and(|all| all.len() >= usable.min(6)));
        prop_assert_eq!(drawn.to_string().matches("Container").count() > 0, !any.diff.is_empty());
    }
}
