//! What the truth of a scenario lets one expect of the bot.

use simulator::Truth;

/// What the bot should make of a scenario.
pub struct Expected {
    /// The true causes, the first one and those beside it; none where all is well.
    pub causes: Vec<String>,
    /// The finding that leads, and whether it is confirmed; none where all is well.
    pub lead: Option<(String, bool)>,
    /// What may come of it, as the JSON calls it.
    pub outcomes: &'static [&'static str],
    /// The buttons below the message.
    pub buttons: &'static [&'static str],
}

impl Expected {
    /// What may be expected, given the truth.
    #[must_use]
    pub fn of(truth: &Truth) -> Self {
        let causes: Vec<String> = std::iter::once(&truth.cause)
            .chain(&truth.also)
            .filter(|cause| *cause != "none")
            .cloned()
            .collect();
        let seen = truth.seen_as.as_ref().or(causes.first()).cloned();
        let (outcomes, buttons): (&[&str], &[&str]) = match truth.fix.as_str() {
            "add-probe"
            | "use-probe"
            | "attach-probe"
            | "pick-host"
            | "raise-timeout"
            | "exclude-path"
            | "raise-probe-timeout" => (&["offer"], &["Approve", "Reject"]),
            "add-endpoint" => (&["add-endpoint"], &["Re-check"]),
            "none" => (&["nothing"], &[]),
            _ => (&["by-hand", "refused"], &["Re-check"]),
        };
        Self { causes, lead: seen.map(|cause| (cause, truth.provable)), outcomes, buttons }
    }
}
