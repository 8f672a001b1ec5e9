//! Scenarios call their causes as people do; the bot has its catalogue.

/// What the bot calls the true cause of a scenario, where it has another word for it.
#[must_use]
pub fn in_the_catalogue(truth: &str) -> &str {
    match truth {
        "login-required" | "probe-path-missing" | "no-health-endpoint" => "probe-path-refused",
        "slow-backend" => "probe-timeout",
        "connection-refused" => "server-unreachable",
        same => same,
    }
}
