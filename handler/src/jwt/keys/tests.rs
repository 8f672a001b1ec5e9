use std::sync::LazyLock;
use std::sync::atomic::{AtomicI64, Ordering};

use futures::future::join_all;
use serde_json::{Value, json};

use super::super::fakes::{Documents, Issuer};
use super::*;

static ONE: LazyLock<Issuer> = LazyLock::new(|| Issuer::new("k1"));
const HOUR: i64 = 3600;

#[derive(Default)]
struct Hand(AtomicI64);

impl Hand {
    fn advance(&self, seconds: i64) {
        self.0.fetch_add(seconds, Ordering::SeqCst);
    }
}

impl Clock for Hand {
    fn now(&self) -> Timestamp {
        Timestamp::from_second(self.0.load(Ordering::SeqCst)).expect("a time")
    }
}

const SOMEBODY: Signer = Signer { name: "somebody", unknown_every: SignedDuration::from_hours(1) };

async fn published(keys: &[Value]) -> (Documents, Arc<Hand>, Keys) {
    let documents = Documents::default();
    documents.publish(keys);
    let clock = Arc::new(Hand::default());
    let keys = Keys::of(SOMEBODY, documents.serve().await, clock.clone());
    (documents, clock, keys)
}

/// A key that nobody signs with.
fn named(kid: &str) -> Value {
    let mut key = ONE.jwk(&["msteams"]);
    key["kid"] = json!(kid);
    key
}

#[tokio::test]
async fn a_key_is_found_by_its_id_and_fetched_once() {
    let (documents, _, keys) = published(&[named("other"), ONE.jwk(&["msteams", "skype"])]).await;
    let all = join_all((0..10).map(|_| keys.find("k1"))).await;
    for found in all {
        assert_eq!(*found.expect("a key"), ONE.key(&["msteams", "skype"]));
    }
    assert_eq!(documents.count(), 1);
}

#[tokio::test]
async fn keys_are_fetched_again_after_a_day() {
    let (documents, clock, keys) = published(&[named("old")]).await;
    keys.find("old").await.expect("a key");
    documents.publish(&[named("new")]);
    clock.advance(24 * HOUR - 1);
    keys.find("old").await.expect("a key");
    assert_eq!(documents.count(), 1);
    clock.advance(1);
    assert!(matches!(keys.find("old").await, Err(NoKey::Unknown("somebody"))), "it was taken back");
    keys.find("new").await.expect("a key");
    assert_eq!(documents.count(), 2);
}

#[tokio::test]
async fn an_unknown_key_is_looked_for_once_an_hour() {
    let (documents, clock, keys) = published(&[named("k1")]).await;
    keys.find("k1").await.expect("a key");
    documents.publish(&[named("k1"), named("k2")]);
    for _ in 0..20 {
        assert!(matches!(keys.find("k2").await, Err(NoKey::Unknown("somebody"))));
    }
    assert_eq!(documents.count(), 1, "anybody can invent a key's id");
    clock.advance(HOUR);
    keys.find("k2").await.expect("a key");
    keys.find("k1").await.expect("a key");
    for invented in ["a", "b", "c"] {
        assert!(keys.find(invented).await.is_err());
    }
    assert_eq!(documents.count(), 2);
}

#[tokio::test]
async fn while_keys_cannot_be_fetched_the_old_ones_do_for_some_days() {
    let (documents, clock, keys) = published(&[named("k1")]).await;
    keys.find("k1").await.expect("a key");
    *documents.elsewhere.lock().expect("nobody panicked") = Some("http://keys.example/".into());
    clock.advance(24 * HOUR);
    keys.find("k1").await.expect("an old key");
    keys.find("k1").await.expect("an old key");
    assert_eq!(documents.count(), 2, "a failure is not repeated at once");
    clock.advance(4 * 24 * HOUR);
    assert!(matches!(keys.find("k1").await, Err(NoKey::Unfetched("somebody"))));
}

#[tokio::test]
async fn a_first_failure_is_tried_again_soon_and_not_at_once() {
    let (documents, clock, keys) = published(&[named("k1")]).await;
    *documents.elsewhere.lock().expect("nobody panicked") = Some("file:///etc/passwd".into());
    assert!(matches!(keys.find("k1").await, Err(NoKey::Unfetched("somebody"))));
    *documents.elsewhere.lock().expect("nobody panicked") = None;
    assert!(matches!(keys.find("k1").await, Err(NoKey::Unfetched("somebody"))));
    clock.advance(10);
    keys.find("k1").await.expect("a key");
    assert_eq!(documents.count(), 2);
}

#[tokio::test]
async fn keys_for_something_else_are_none() {
    let but = |name: &str, value: &str| {
        let mut key = named(&format!("{name}-{value}"));
        key[name] = json!(value);
        key
    };
    let odd =
        [but("kty", "EC"), but("alg", "PS256"), but("use", "enc"), but("n", "!"), json!({ "kty": "oct" })];
    let (_, _, keys) = published(&odd).await;
    for id in ["kty-EC", "alg-PS256", "use-enc", "n-!"] {
        assert!(matches!(keys.find(id).await, Err(NoKey::Unknown("somebody"))), "{id}");
    }
    assert!(keys.known.read().expect("nobody panicked").keys.is_empty());
}
