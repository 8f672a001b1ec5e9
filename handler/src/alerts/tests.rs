use std::sync::Arc;

use secrecy::SecretString;

use super::*;
use crate::chat::fakes;

fn door(key: Option<&str>, hosted: bool) -> Door {
    Door { key: key.map(|key| Arc::new(SecretString::from(key))), entra: None, hosted }
}

/// What somebody is answered who shows this key, or none.
async fn shown(door: Door, key: Option<&str>) -> StatusCode {
    let (intake, _) = fakes::intake();
    let port = fakes::serve(routes(AlertIntake { intake, door }).router()).await;
    let url = format!("http://127.0.0.1:{port}/api/alerts");
    let request = reqwest::Client::new().post(url).body("{}");
    let request = match key {
        Some(key) => request.header("x-functions-key", key),
        None => request,
    };
    request.send().await.unwrap().status()
}

#[tokio::test]
async fn a_key_of_our_own_is_wanted_everywhere_and_none_opens_the_door_to_the_host_alone() {
    let in_and_read = StatusCode::BAD_REQUEST;
    assert_eq!(shown(door(None, true), None).await, in_and_read, "under a host the key was checked before");
    assert_eq!(shown(door(None, false), None).await, StatusCode::UNAUTHORIZED);
    for hosted in [true, false] {
        assert_eq!(shown(door(Some("a-key"), hosted), None).await, StatusCode::UNAUTHORIZED);
        assert_eq!(shown(door(Some("a-key"), hosted), Some("b-key")).await, StatusCode::UNAUTHORIZED);
        assert_eq!(shown(door(Some("a-key"), hosted), Some("a-key")).await, in_and_read);
    }
    assert!(
        door(None, false).is_closed() && !door(None, true).is_closed() && !door(Some("k"), false).is_closed()
    );
}
