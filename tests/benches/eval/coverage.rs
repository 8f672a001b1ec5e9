//! Which scenarios stage which cause.

use domain::cause::{CATALOGUE, Cause, Link};

use crate::row::Row;

/// How many scenarios there have to be of every cause.
const AT_LEAST: usize = 2;

/// The causes that too few scenarios stage.
pub(crate) fn gaps(rows: &[Row]) -> Vec<String> {
    let few = CATALOGUE.iter().map(|cause| (cause, staged(rows, cause.id()).count()));
    few.filter(|(_, count)| *count < AT_LEAST)
        .map(|(cause, count)| format!("{}: {count} of {AT_LEAST} scenarios", cause.id()))
        .collect()
}

/// The catalogue in Markdown, with the scenarios of each cause.
pub(crate) fn table(rows: &[Row]) -> String {
    let mut lines = vec![
        "| cause | what it is | breaks | scenarios |".to_owned(),
        "| --- | --- | --- | --- |".to_owned(),
    ];
    for cause in CATALOGUE {
        let scenarios: Vec<&str> = staged(rows, cause.id()).collect();
        let (id, about) = (cause.id(), cause.about());
        lines.push(format!("| {id} | {about} | {} | {} |", broken(*cause), scenarios.join(", ")));
    }
    lines.join("\n")
}

/// The scenarios that have this cause, or lead to it where the true one cannot be seen.
fn staged<'a>(rows: &'a [Row], cause: &'a str) -> impl Iterator<Item = &'a str> {
    let stages = move |row: &&Row| row.truth.iter().any(|own| own == cause) || row.leads_to() == Some(cause);
    rows.iter().filter(stages).map(|row| row.scenario.as_str())
}

fn broken(cause: &dyn Cause) -> &'static str {
    match cause.breaks() {
        Link::Gateway => "the gateway",
        Link::Listener => "the listener",
        Link::Rule => "the rule",
        Link::Setting => "the HTTP setting",
        Link::Probe => "the probe",
        Link::Pool => "the pool",
        Link::Network => "the network between",
        Link::Server => "the server",
    }
}
