//! Every scenario, its true cause, and what the bot makes of it: `cargo xtask eval`.
//!
//! It fails where a cause is confirmed that is not the true one. The table without its times is
//! `docs/evaluation.md`, which `--write` brings up to date and the usual run holds against what it finds.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "an evaluation that cannot be made fails, where it stands"
)]
#![expect(clippy::print_stdout, reason = "a table is what this is for")]

mod coverage;
mod row;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;
use row::Row;
use simulator::Scenario;

/// Holds the diagnosis of every scenario against its truth.
#[derive(Debug, Parser)]
struct Args {
    /// Bring docs/evaluation.md up to date.
    #[arg(long)]
    write: bool,
    /// Evaluate these scenario files, with every finding in full, instead of what is built in.
    files: Vec<PathBuf>,
    /// What `cargo bench` says. Whoever runs every target as a test does not: then nothing is evaluated.
    #[arg(long, hide = true)]
    bench: bool,
}

fn main() -> ExitCode {
    let args = Args::parse();
    if !args.bench {
        println!("scenarios are evaluated by `cargo xtask eval`");
        return ExitCode::SUCCESS;
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let scenarios = match args.files.as_slice() {
        [] => Scenario::all(),
        files => {
            files.iter().map(|file| Scenario::load(file).unwrap_or_else(|error| panic!("{error}"))).collect()
        }
    };
    let rows: Vec<Row> = scenarios.into_iter().map(|scenario| runtime.block_on(Row::of(scenario))).collect();
    println!("{}", table(&rows, true));
    if !args.files.is_empty() {
        rows.iter().for_each(|row| println!("\n{}", row.in_full()));
    }
    for row in &rows {
        for missed in row.missed() {
            println!("MISSED: {}: {missed}", row.scenario);
        }
    }
    let wrong: Vec<&Row> = rows.iter().filter(|row| row.is_wrong()).collect();
    for row in &wrong {
        println!(
            "WRONG: {} is {}, and {} is confirmed",
            row.scenario,
            row.truth.join(", "),
            row.confirmed.join(", ")
        );
    }
    let right = rows.iter().filter(|row| row.is_confirmed()).count();
    println!(
        "{} scenarios: the true cause is confirmed in {right}, a wrong one in {}.",
        rows.len(),
        wrong.len()
    );
    let gaps = if args.files.is_empty() { coverage::gaps(&rows) } else { Vec::new() };
    gaps.iter().for_each(|gap| println!("TOO FEW: {gap}"));
    let missed = rows.iter().any(|row| row.missed().next().is_some());
    if wrong.is_empty()
        && gaps.is_empty()
        && !missed
        && (!args.files.is_empty() || is_published(&rows, args.write))
    {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

/// The scenarios in Markdown. Times differ from run to run, and are not published.
fn table(rows: &[Row], times: bool) -> String {
    let mut lines = vec![
        format!(
            "| scenario | true cause | finding | verdict | evidence | ruled out | reads |{}",
            if times { " own time beside Azure's |" } else { "" }
        ),
        format!("| --- | --- | --- | --- | --- | --- | --- |{}", if times { " --- |" } else { "" }),
    ];
    lines.extend(rows.iter().map(|row| row.line(times)));
    lines.join("\n")
}

fn is_published(rows: &[Row], write: bool) -> bool {
    let file = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../docs/evaluation.md");
    let (table, causes) = (table(rows, false), coverage::table(rows));
    let text = format!("{INTRODUCTION}\n{table}\n\n{CAUSES}\n{causes}\n");
    if write {
        std::fs::write(&file, text).unwrap();
        return true;
    }
    let same = std::fs::read_to_string(&file).is_ok_and(|published| published == text);
    if !same {
        println!(
            "docs/evaluation.md says something else: look at what changed, then `cargo xtask eval --write`"
        );
    }
    same
}

const CAUSES: &str = "\
## The catalogue

Every cause that the bot knows, where on the way from listener to server it breaks things, and the scenarios that stage it.
What confirms each stands at the head of its file in [domain/src/cause](../domain/src/cause).
";

const INTRODUCTION: &str = "\
# Evaluation

Every incident that the simulator can stage, its true cause, and what the bot makes of it, made by `cargo xtask eval`.
What it finds is shown with the first line of its evidence.
A wrong cause must never be confirmed; one that cannot be proven is at most consistent. *Reads* are the requests to
Azure for the whole diagnosis, polls of long-running ones left out. What each scenario is like stands in
[simulator/scenarios](../simulator/scenarios); what the simulator cannot prove, in
[SCENARIOS.md](../simulator/SCENARIOS.md).
";
