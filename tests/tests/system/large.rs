//! A gateway with 40 listeners, 60 rules, 30 pools and 200 servers, all out of reach.

use domain::diagnosis::Overall;
use simulator::{Options, Pace, Simulator};
use tests::{Recorded, large_gateway, measured};

/// Configuration, backend health and locks; five visits with the public address of each; twelve probes on
/// demand; sixty lookups of causes. Polls of what Azure carries out in the background come on top.
const READS_AT_MOST: usize = 3 + 2 * 5 + 12 + 60;

/// More than a screen is scrolled past.
const LINES: usize = 40;

#[tokio::test]
async fn a_large_gateway_is_diagnosed_with_a_bounded_number_of_reads() {
    let options = Options { pace: Pace::Instant, ..Options::new(large_gateway()) };
    let azure = Simulator::start(options).await.unwrap();
    let recorded = Recorded::of(&azure);
    let found = measured(&recorded.investigator(), azure.gateway_id()).await.found;
    assert_eq!(found.overall, Overall::Unhealthy);
    assert_eq!(found.paths.iter().map(|path| path.servers.len()).max(), Some(7));
    assert!(recorded.asked() <= READS_AT_MOST, "{} reads", recorded.asked());
    let card = domain::say::diagnosis(&found);
    let lines = card.plain().lines().count();
    assert!(lines <= LINES, "{lines} lines:\n{}", card.plain());
}
