//! Undo asks why.

use super::*;

fn undo() -> Value {
    let mut pressed = click("undo:INC-7K2F");
    pressed["trigger_id"] = json!("9917.1.c0ffee");
    pressed["response_url"] = json!("https://hooks.slack.com/actions/T0001/2/x");
    pressed
}

/// What Slack sends when the dialog that was opened is submitted.
fn submitted(view: &Value, reason: &Value) -> Value {
    let mut view = view.clone();
    view["id"] = json!("V0123");
    view["state"] =
        json!({ "values": { "reason": { "reason": { "type": "plain_text_input", "value": reason } } } });
    json!({
        "type": "view_submission", "team": { "id": "T0001" },
        "user": { "id": "U07ALEX001", "name": "alex" }, "view": view, "response_urls": [],
    })
}

#[tokio::test]
async fn pressing_undo_opens_a_dialog_and_keeps_nothing() {
    let slack = Slack::new().await;
    assert_eq!(slack.click(&undo()).await, (200, String::new()));
    let (path, _, body) = slack.api.asked().remove(0);
    assert_eq!((path.as_str(), &body["trigger_id"]), ("api/views.open", &json!("9917.1.c0ffee")));
    assert_eq!(body["view"]["private_metadata"], r#"{"incident":"INC-7K2F","channel":"C05OPS0001"}"#);
    assert!(slack.store.requests().is_empty());
}

#[tokio::test]
async fn the_dialog_that_comes_back_is_the_command_with_its_reason() {
    let slack = Slack::new().await;
    slack.click(&undo()).await;
    let view = slack.api.asked()[0].2["view"].clone();
    let back = submitted(&view, &json!(" the checkout\n got   slower\u{0} "));
    assert_eq!(slack.click(&back).await, (200, String::new()));
    assert_eq!(slack.click(&back).await, (200, String::new()));
    let kept = slack.store.requests();
    assert_eq!(kept.len(), 1, "sent twice, kept once");
    let Ask::Command { command, from } = &kept[0].ask else { panic!("{kept:?}") };
    let reason = Some("the checkout got slower".to_owned());
    assert_eq!(*command, Command::Undo { incident: "INC-7K2F".into(), reason });
    assert_eq!((&from.person, from.channel.id.as_str()), (&alex(), "C05OPS0001"));
    assert_eq!(from.url, None, "an address for answers is a secret, and not carried around");
}

#[tokio::test]
async fn a_dialog_may_be_left_empty() {
    let slack = Slack::new().await;
    slack.click(&undo()).await;
    let view = slack.api.asked()[0].2["view"].clone();
    slack.click(&submitted(&view, &Value::Null)).await;
    let kept = slack.store.requests();
    assert!(
        matches!(&kept[0].ask, Ask::Command { command: Command::Undo { reason: None, .. }, .. }),
        "{kept:?}"
    );
}

#[tokio::test]
async fn where_no_dialog_opens_the_click_counts_without_a_reason() {
    let slack = Slack::new().await;
    slack.api.answers(200, json!({ "ok": false, "error": "trigger_expired" }));
    slack.click(&undo()).await;
    // Nothing to open a dialog with.
    let mut bare = click("undo:INC-7K2F");
    bare["actions"][0]["action_ts"] = json!("2.2");
    slack.click(&bare).await;
    let kept = slack.store.requests();
    assert_eq!(kept.len(), 2);
    assert!(
        kept.iter()
            .all(|request| matches!(&request.ask, Ask::Click { click, .. } if click.verb == Verb::Undo))
    );
}

#[tokio::test]
async fn other_buttons_open_none() {
    let slack = Slack::new().await;
    for (index, value) in
        ["recheck:INC-7K2F".to_owned(), format!("reject:INC-7K2F:{OFFER}")].iter().enumerate()
    {
        let mut pressed = click(value);
        pressed["trigger_id"] = json!("1.2.3");
        pressed["actions"][0]["action_ts"] = json!(index.to_string());
        slack.click(&pressed).await;
    }
    assert_eq!((slack.api.asked().len(), slack.store.requests().len()), (0, 2));
}

#[tokio::test]
async fn a_dialog_that_is_not_ours_is_let_be() {
    let slack = Slack::new().await;
    let ours =
        json!({ "callback_id": "agw.undo", "private_metadata": r#"{"incident":"INC-7K2F","channel":"C1"}"# });
    for (key, value) in [
        ("callback_id", "other"),
        ("private_metadata", "{}"),
        ("private_metadata", r#"{"incident":"x","channel":"C1"}"#),
    ] {
        let mut view = ours.clone();
        view[key] = json!(value);
        assert_eq!(slack.click(&submitted(&view, &json!("why"))).await, (200, String::new()), "{view}");
    }
    assert!(slack.store.requests().is_empty());
    slack.click(&submitted(&ours, &json!("x".repeat(9000)))).await;
    let kept = slack.store.requests();
    let Ask::Command { command: Command::Undo { reason: Some(reason), .. }, from } = &kept[0].ask else {
        panic!("{kept:?}")
    };
    assert_eq!((reason.len(), from.channel.id.as_str()), (500, "C1"));
}
