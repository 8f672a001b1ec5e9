//! The bot's own time in a diagnosis: Azure's answers are recorded once and then given at once.

use std::time::Duration;

use simulator::{Options, Pace, Scenario, Simulator};
use tests::{Recorded, measured};
use tokio::runtime::Runtime;

/// How often each diagnosis is repeated.
const TIMES: usize = 100;

/// The time that the bot itself takes for a diagnosis of this scenario, sorted.
pub(crate) fn own_time(runtime: &Runtime, scenario: Scenario) -> Vec<Duration> {
    runtime.block_on(async {
        let options = Options { pace: Pace::Instant, ..Options::new(scenario) };
        let azure = Simulator::start(options).await.unwrap();
        let recorded = Recorded::of(&azure);
        let investigator = recorded.investigator();
        let first = measured(&investigator, azure.gateway_id()).await;
        let asked = recorded.asked();
        assert!(asked >= 3, "configuration, health and locks are asked for");
        let mut times = Vec::with_capacity(TIMES);
        for _ in 0..TIMES {
            let again = measured(&investigator, azure.gateway_id()).await;
            times.push(again.took);
            assert_eq!(again.found.overall, first.found.overall);
        }
        assert_eq!(recorded.asked(), asked, "everything was recorded");
        times.sort_unstable();
        times
    })
}
