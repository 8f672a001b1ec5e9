use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering};
use std::time::Duration;

use azure_core::error::{Error, ErrorKind};
use azure_core::time::OffsetDateTime;
use futures::future::join_all;
use jiff::Timestamp;

use super::*;

const SCOPE: &[&str] = &["https://management.azure.com/.default"];

#[derive(Debug, Default)]
struct Hand(AtomicI64);
impl Clock for Hand {
    fn now(&self) -> Timestamp {
        Timestamp::from_second(self.0.load(Ordering::SeqCst)).unwrap()
    }
}

/// Gives tokens of an hour, named after the fetch that they came from; the `fails`th fetch fails.
#[derive(Debug)]
struct Tool {
    clock: Arc<Hand>,
    fetches: AtomicUsize,
    fails: usize,
}

#[async_trait]
impl TokenCredential for Tool {
    async fn get_token(
        &self,
        _: &[&str],
        _: Option<TokenRequestOptions<'_>>,
    ) -> azure_core::Result<AccessToken> {
        let fetch = self.fetches.fetch_add(1, Ordering::SeqCst) + 1;
        tokio::time::sleep(Duration::from_secs(1)).await;
        if fetch == self.fails {
            return Err(Error::with_message(ErrorKind::Credential, "no"));
        }
        let expires = self.clock.now().as_second() + 3600;
        Ok(AccessToken::new(format!("token {fetch}"), OffsetDateTime::from_unix_timestamp(expires).unwrap()))
    }
}

fn kept(fails: usize) -> (Arc<Hand>, Arc<Tool>, CachedCredential) {
    let clock = Arc::new(Hand::default());
    let tool = Arc::new(Tool { clock: clock.clone(), fetches: AtomicUsize::new(0), fails });
    (clock.clone(), tool.clone(), CachedCredential::new(tool, clock))
}

async fn token(cache: &CachedCredential, scope: &[&str]) -> String {
    cache.get_token(scope, None).await.unwrap().token.secret().to_owned()
}

#[tokio::test(start_paused = true)]
async fn many_at_once_fetch_once() {
    let (_, tool, cache) = kept(0);
    let tokens = join_all((0..10).map(|_| token(&cache, SCOPE))).await;
    assert!(tokens.iter().all(|token| token == "token 1"));
    assert_eq!(tool.fetches.load(Ordering::SeqCst), 1);
}

#[tokio::test(start_paused = true)]
async fn each_scope_has_its_own_token() {
    let (_, _, cache) = kept(0);
    assert_eq!(token(&cache, SCOPE).await, "token 1");
    assert_eq!(token(&cache, &["https://storage.azure.com/.default"]).await, "token 2");
    assert_eq!(token(&cache, SCOPE).await, "token 1");
}

#[tokio::test(start_paused = true)]
async fn a_token_is_renewed_five_minutes_before_its_end() {
    let (clock, _, cache) = kept(0);
    token(&cache, SCOPE).await;
    clock.0.store(3600 - 301, Ordering::SeqCst);
    assert_eq!(token(&cache, SCOPE).await, "token 1");
    clock.0.store(3600 - 300, Ordering::SeqCst);
    assert_eq!(token(&cache, SCOPE).await, "token 2");
}

#[tokio::test(start_paused = true)]
async fn an_old_token_does_while_there_is_no_new_one() {
    let (clock, _, cache) = kept(2);
    token(&cache, SCOPE).await;
    clock.0.store(3600 - 100, Ordering::SeqCst);
    assert_eq!(token(&cache, SCOPE).await, "token 1");
    assert_eq!(token(&cache, SCOPE).await, "token 3");
}

#[tokio::test(start_paused = true)]
async fn a_failure_is_told_and_not_kept() {
    let (_, _, cache) = kept(1);
    assert!(cache.get_token(SCOPE, None).await.is_err());
    assert_eq!(token(&cache, SCOPE).await, "token 2");
}

#[test]
fn a_managed_identity_goes_first() {
    let id = Some("1234".to_owned());
    assert_eq!(
        Source::detect(Some("http://x/"), id.clone()),
        Source::ManagedIdentity { client_id: id.clone() }
    );
    assert_eq!(Source::detect(Some(""), id), Source::DeveloperTools);
    assert_eq!(Source::detect(None, None), Source::DeveloperTools);
}
