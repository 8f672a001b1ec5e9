//! Trying again: exponential backoff with full jitter, a longer wait where Azure asks for one, and an end.

use std::time::Duration;

use tokio::time::{Instant, sleep};

use crate::ports::ArmError;

/// The longest wait that we choose ourselves.
const LONGEST: Duration = Duration::from_secs(8);

/// A failed attempt.
#[derive(Debug)]
pub(super) struct Failure {
    /// What to say when there is no other attempt.
    pub(super) error: ArmError,
    /// Whether another attempt makes sense.
    pub(super) again: Again,
}

/// Whether another attempt makes sense.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Again {
    /// It would fail alike.
    Never,
    /// It may do better, not before this time.
    After(Duration),
}

impl From<ArmError> for Failure {
    fn from(error: ArmError) -> Self {
        Self { error, again: Again::Never }
    }
}

/// Makes attempts until one succeeds, fails for good, or the next would start after `until`.
pub(super) async fn retrying<T, F>(
    first: Duration,
    until: Instant,
    mut attempt: impl FnMut() -> F,
) -> Result<T, ArmError>
where
    F: Future<Output = Result<T, Failure>>,
{
    let mut longest = first;
    loop {
        let Failure { error, again } = match attempt().await {
            Ok(value) => return Ok(value),
            Err(failure) => failure,
        };
        let Again::After(asked) = again else { return Err(error) };
        let wait = asked.max(longest.mul_f64(fastrand::f64()));
        if Instant::now() + wait >= until {
            return Err(error);
        }
        sleep(wait).await;
        longest = (longest * 2).min(LONGEST);
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    const FIRST: Duration = Duration::from_millis(500);

    fn busy(asked: u64) -> Failure {
        let error = ArmError::Throttled { retry_after_s: asked };
        Failure { error, again: Again::After(Duration::from_secs(asked)) }
    }

    #[tokio::test(start_paused = true)]
    async fn azure_sets_the_shortest_wait() {
        let (start, tries) = (Instant::now(), Cell::new(0));
        let until = start + Duration::from_secs(40);
        let result = retrying(FIRST, until, async || {
            tries.set(tries.get() + 1);
            if tries.get() < 3 { Err(busy(7)) } else { Ok("done") }
        });
        assert_eq!(result.await, Ok("done"));
        assert_eq!(start.elapsed().as_secs(), 14);
    }

    #[tokio::test(start_paused = true)]
    async fn it_ends_before_the_deadline_with_the_last_error() {
        let (start, tries) = (Instant::now(), Cell::new(0));
        let until = start + Duration::from_secs(40);
        let result: Result<(), _> = retrying(FIRST, until, async || {
            tries.set(tries.get() + 1);
            Err(busy(0))
        })
        .await;
        assert_eq!(result, Err(ArmError::Throttled { retry_after_s: 0 }));
        assert!(start.elapsed() < Duration::from_secs(40));
        assert!((5..200).contains(&tries.get()), "{}", tries.get());
    }

    #[tokio::test(start_paused = true)]
    async fn what_would_fail_alike_is_tried_once() {
        let tries = Cell::new(0);
        let until = Instant::now() + Duration::from_secs(40);
        let result: Result<(), _> = retrying(FIRST, until, async || {
            tries.set(tries.get() + 1);
            Err(ArmError::NotFound { what: "it".to_owned() }.into())
        })
        .await;
        assert!(result.is_err());
        assert_eq!(tries.get(), 1);
    }
}
