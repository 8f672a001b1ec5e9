//! What Slack tells by itself.

use super::*;

/// An event as the Events API sends it.
fn told(id: &str, event: &Value) -> String {
    json!({
        "type": "event_callback", "team_id": "T0001", "api_app_id": "A06AGWAPP1", "event_id": id,
        "event_time": 1_763_838_601, "event": event,
        "authorizations": [{ "team_id": "T0001", "user_id": "U07AGWBOT", "is_bot": true }],
    })
    .to_string()
}

fn mention(text: &str) -> Value {
    json!({
        "type": "app_mention", "user": "U07ALEX001", "text": format!("<@U07AGWBOT> {text}"),
        "ts": "1763838601.551209", "channel": "C05OPS0001", "event_ts": "1763838601.551209",
    })
}

#[tokio::test]
async fn slack_is_told_its_challenge_and_nobody_else() {
    let slack = Slack::new().await;
    let body = json!({ "token": "x", "challenge": "3eZb", "type": "url_verification" }).to_string();
    assert_eq!(slack.event(&body).await, (200, json!({ "challenge": "3eZb" }).to_string()));
    assert_eq!(slack.send_as("events", &body, "v0=00", "application/json").await.0, 401);
}

#[tokio::test]
async fn a_mention_is_a_command_that_is_answered_in_its_thread() {
    let slack = Slack::new().await;
    let (body, mut in_thread) = (told("Ev1", &mention("status agw-prod")), mention("list"));
    in_thread["thread_ts"] = json!("1763838000.000100");
    assert_eq!(slack.event(&body).await, (200, String::new()));
    assert_eq!(slack.event(&told("Ev2", &in_thread)).await.0, 200);
    let kept = slack.store.requests();
    let threads = kept.iter().map(|request| match &request.ask {
        Ask::Command { command, from } => (command.verb(), from.thread.as_deref(), from.person.id.as_str()),
        other => panic!("{other:?}"),
    });
    let alex = "U07ALEX001";
    assert_eq!(
        threads.collect::<Vec<_>>(),
        [("status", Some("1763838601.551209"), alex), ("list", Some("1763838000.000100"), alex)]
    );
}

#[tokio::test]
async fn a_mention_that_decides_is_answered_to_the_person_alone() {
    let slack = Slack::new().await;
    slack.event(&told("Ev1", &mention("approve INC-7K2F 9f3a"))).await;
    let kept = slack.store.requests();
    assert!(matches!(&kept[0].ask, Ask::Command { from, .. } if from.thread.is_none()), "{kept:?}");
}

#[tokio::test]
async fn a_mention_that_is_no_command_is_kept_as_it_was_typed() {
    let slack = Slack::new().await;
    slack.event(&told("Ev1", &mention("diagnoze agw &lt;!channel&gt;"))).await;
    let kept = slack.store.requests();
    let Ask::Typed { text, from } = &kept[0].ask else { panic!("{kept:?}") };
    assert_eq!((text.trim(), from.thread.is_some()), ("diagnoze agw &lt;!channel&gt;", true));
    slack.event(&told("Ev2", &mention(""))).await;
    let kept = slack.store.requests();
    assert!(matches!(&kept[1].ask, Ask::Command { command: Command::Help { topic: None }, .. }));
}

#[tokio::test]
async fn an_event_that_slack_sends_again_is_kept_once() {
    let slack = Slack::new().await;
    let body = told("Ev1", &mention("diagnose agw-prod"));
    slack.store.fail();
    assert_eq!(slack.event(&body).await.0, 503, "so Slack sends it again");
    slack.store.broken.store(false, std::sync::atomic::Ordering::SeqCst);
    for _ in 0..3 {
        assert_eq!(slack.event(&body).await.0, 200);
    }
    assert_eq!(slack.store.requests().len(), 1);
}

#[tokio::test]
async fn whoever_opens_the_home_tab_is_to_see_it() {
    let slack = Slack::new().await;
    let opened =
        |tab: &str| json!({ "type": "app_home_opened", "user": "U07ALEX001", "channel": "D1", "tab": tab });
    slack.event(&told("Ev1", &opened("messages"))).await;
    slack.event(&told("Ev2", &opened("home"))).await;
    let kept = slack.store.requests();
    assert_eq!(kept.len(), 1);
    assert!(matches!(&kept[0].ask, Ask::Home { person } if person.id == "U07ALEX001"), "{kept:?}");
}

#[tokio::test]
async fn a_button_in_the_home_tab_is_pressed_in_no_channel_but_by_the_same_person() {
    let slack = Slack::new().await;
    let mut pressed = click(&format!("approve:INC-7K2F:{OFFER}"));
    pressed["channel"] = Value::Null;
    pressed["container"] = json!({ "type": "view", "view_id": "V1" });
    pressed["view"] = json!({ "id": "V1", "type": "home", "callback_id": "", "private_metadata": "", "state": { "values": {} } });
    assert_eq!(slack.click(&pressed).await, (200, String::new()));
    let kept = slack.store.requests();
    assert!(matches!(&kept[0].ask, Ask::Click { from, .. } if from.is_home()), "{kept:?}");
}

#[tokio::test]
async fn what_bots_say_and_what_is_no_mention_is_let_be() {
    let slack = Slack::new().await;
    let with = |key: &str, value: &str| {
        let mut event = mention("diagnose agw-prod");
        event[key] = json!(value);
        event
    };
    let others = [
        with("user", "U07AGWBOT"),
        with("bot_id", "B1"),
        with("type", "message"),
        json!({ "type": "app_mention" }),
        json!({ "type": "reaction_added", "user": "U1", "item": {} }),
    ];
    for event in others {
        assert_eq!(slack.event(&told("Ev1", &event)).await, (200, String::new()), "{event}");
    }
    assert_eq!(slack.event(&json!({ "type": "app_rate_limited" }).to_string()).await.0, 200);
    assert!(slack.store.requests().is_empty());
    for body in ["{", "[]", "{\"type\":1}", "payload=x"] {
        assert_eq!(slack.event(body).await.0, 400, "{body}");
    }
}
