//! Promise 6: no secret leaves.

use std::fs;

use tests::{House, agw, canary};

use crate::AGW;

const SECRETS: [&str; 3] = [canary::SIGNING, canary::TOKEN, canary::ALERT_KEY];

fn holds(bytes: &[u8], word: &str) -> bool {
    bytes.windows(word.len()).any(|window| window == word.as_bytes())
}

#[tokio::test]
async fn promise_6_no_secret_is_said_logged_or_stored() {
    // As much as can be logged: of libraries, no more than their warnings.
    let mut house = House::open(AGW, "root-403", "trace").await;
    house.alert().await;
    house.until_status("Unhealthy").await;
    house.talk.slack("bob", "/agw list").await;
    house.until_private("bob").await;
    let approve = house.talk.button("Approve");
    house.talk.press("bob", &approve).await;
    house.until_private("bob").await;
    // What is refused is not logged either.
    let wrong = [("x-functions-key", "canary-alert-key-guess"), ("content-type", "application/json")];
    assert_eq!(house.talk.post("/api/alerts", &wrong, "{}").await.status, 401);
    let stale = house.talk.command_body("alex", "/agw list");
    assert_eq!(house.talk.signed("/api/slack/commands", &stale, 900).await.status, 401);
    house.talk.press("alex", &approve).await;
    house.until_status("Fixed").await;
    house.kill().await;

    let said = house.said();
    let posted = house.talk.slack.everything();
    for secret in SECRETS.into_iter().chain(["canary-alert-key-guess", canary::REPLY]) {
        assert!(!posted.contains(secret), "{secret} was sent to Slack");
        let line = said.lines().find(|line| line.contains(secret));
        assert!(line.is_none(), "{secret} was printed: {line:?}");
    }
    let files: Vec<_> = fs::read_dir(house.folder()).unwrap().map(|file| file.unwrap().path()).collect();
    assert!(files.iter().any(|file| file.ends_with("agw.db")), "{files:?}");
    for file in files {
        let bytes = fs::read(&file).unwrap();
        for secret in SECRETS {
            assert!(!holds(&bytes, secret), "{secret} is in {}", file.display());
        }
    }
    // An address to answer somebody at is kept until the answer was given, and no longer.
    let db = rusqlite::Connection::open(house.folder().join("agw.db")).unwrap();
    for table in ["SELECT coalesce(body, '') FROM requests", "SELECT doc FROM incidents"] {
        let mut rows = db.prepare(table).unwrap();
        let texts: Vec<String> = rows.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
        assert!(!texts.is_empty());
        assert!(texts.iter().all(|text| !text.contains(canary::REPLY)), "{table}: {texts:?}");
    }
}

#[cfg(unix)]
#[tokio::test]
async fn promise_6_only_the_owner_can_read_the_store() {
    use std::os::unix::fs::PermissionsExt;
    let house = House::open(AGW, "all-healthy", "info").await;
    house.alert().await;
    house.until_status("Healthy").await;
    for file in fs::read_dir(house.folder()).unwrap().map(Result::unwrap) {
        if file.file_name().to_string_lossy().starts_with("agw.db") {
            assert_eq!(file.metadata().unwrap().permissions().mode() & 0o077, 0, "{:?}", file.file_name());
        }
    }
}

#[tokio::test]
async fn promise_6_a_secret_that_cannot_be_used_is_named_and_not_shown() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("agw.toml");
    fs::write(&file, "").unwrap();
    let mangled = format!("{} x", canary::TOKEN);
    let serve = ["serve", "--listen", "127.0.0.1:0"];
    let finished = agw(AGW, &serve, &[("AGW_SLACK_BOT_TOKEN", &mangled)]).await.ends(1);
    let finished = finished.complains("AGW_SLACK_BOT_TOKEN");
    assert!(!finished.err.contains(canary::TOKEN) && !finished.out.contains(canary::TOKEN));
    let alone = agw(AGW, &serve, &[("AGW_SLACK_BOT_TOKEN", canary::TOKEN)]).await.ends(1);
    let alone = alone.complains("AGW_SLACK_SIGNING_SECRET");
    assert!(!alone.err.contains(canary::TOKEN));

    fs::write(&file, format!("[slack]\nbot_token = \"{}\"\n", canary::TOKEN)).unwrap();
    let told = agw(AGW, &["check", "--config", file.to_str().unwrap()], &[]).await.ends(1);
    let told = told.complains("AGW_SLACK_BOT_TOKEN");
    assert!(!told.err.contains(canary::TOKEN) && !told.out.contains(canary::TOKEN));
}
