//! Readings that Azure carries out in the background: a POST, and then questions whether it is done.

use std::time::Duration;

use reqwest::StatusCode;
use serde_json::Value;
use tokio::time::{Instant, sleep};
use url::Url;

use super::answer::Answer;
use super::call::Call;
use super::fault;
use super::wire::Wire;
use crate::ports::ArmError;

/// The longest that we wait between two questions of our own accord.
const LONGEST: Duration = Duration::from_secs(10);

/// Starts a reading, and waits for its result.
pub(super) async fn long_read(wire: &Wire, call: &Call<'_>) -> Result<Value, ArmError> {
    let until = Instant::now() + wire.pace.long_read;
    let mut answer = wire.read(call, until).await?;
    let mut link = location(wire, &answer)?;
    let mut own = wire.pace.poll;
    while answer.status == StatusCode::ACCEPTED {
        let Some(url) = &link else {
            return Err(ArmError::Unexpected { what: format!("202 without a Location for {}", call.what) });
        };
        pause(wire, &answer, own, until).await?;
        own = own.mul_f64(1.5).min(LONGEST);
        answer = wire.read(&result(url, call), until).await?;
        link = location(wire, &answer)?.or(link);
    }
    answer.json()
}

fn result(url: &Url, call: &Call<'_>) -> Call<'static> {
    let what = format!("the result for {}", call.what);
    Call::get(url.clone(), what, "Microsoft.Network/locations/operationResults/read")
}

fn location(wire: &Wire, answer: &Answer) -> Result<Option<Url>, ArmError> {
    answer.header("location").map(|link| wire.link(link)).transpose()
}

/// Waits before the next question, as long as Azure asks to, unless the time would be up then.
async fn pause(wire: &Wire, answer: &Answer, own: Duration, until: Instant) -> Result<(), ArmError> {
    let wait = fault::retry_after(&answer.headers).unwrap_or(own);
    if Instant::now() + wait >= until {
        return Err(ArmError::TooSlow { seconds: wire.pace.long_read.as_secs() });
    }
    sleep(wait).await;
    Ok(())
}
