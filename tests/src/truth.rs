//! Scenarios call their causes as people do; the bot has its catalogue.

use simulator::Truth;

/// The true causes of a scenario, as the bot calls them: the first, and those beside it.
#[must_use]
pub fn true_causes(truth: &Truth) -> Vec<String> {
    let all = std::iter::once(&truth.cause).chain(&truth.also);
    all.map(|cause| in_the_catalogue(cause).to_owned()).collect()
}

/// What the bot calls the true cause of a scenario, where it has another word for it.
#[must_use]
fn in_the_catalogue(truth: &str) -> &str {
    match truth {
        "login-required" | "probe-path-missing" | "no-health-endpoint" => "probe-path-refused",
        "slow-backend" => "probe-timeout",
        "connection-refused" => "server-unreachable",
        same => same,
    }
}
