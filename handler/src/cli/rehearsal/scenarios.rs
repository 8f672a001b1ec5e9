//! `agw scenarios`: what can be staged.

use serde_json::json;
use simulator::Scenario;

use crate::cli::{Exit, Output, output};

#[derive(Debug, clap::Args)]
#[command(after_help = "Stage one: agw demo --scenario two-pools, or agw simulate --scenario two-pools.\n\
A file of your own works too; its format is described in simulator/SCENARIOS.md.")]
pub(in crate::cli) struct Args {
    /// For people, or for programs.
    #[arg(short, long, value_enum, default_value = "table")]
    output: Output,
}

pub(in crate::cli) fn run(args: &Args) -> anyhow::Result<Exit> {
    let all = Scenario::all();
    match args.output {
        Output::Json => {
            let list = all.iter().map(|scenario| {
                json!({
                    "name": scenario.name(),
                    "title": scenario.title(),
                    "summary": scenario.summary(),
                    "cause": scenario.truth().cause,
                    "explanation": scenario.truth().explanation,
                })
            });
            output::json(&list.collect::<Vec<_>>())?;
        }
        Output::Table => {
            let width = all.iter().map(|scenario| scenario.name().len()).max().unwrap_or_default();
            for scenario in &all {
                output::line(format!("{:width$}  {}", scenario.name(), scenario.title()));
                output::line(format!("{:width$}  true cause: {}", "", scenario.truth().cause));
            }
        }
    }
    Ok(Exit::Done)
}
