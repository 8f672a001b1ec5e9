//! The test suites, one file each, and the run through all of them.

mod clients;
mod functions;
mod infra;
mod pages;
mod rust;
mod teams;

use std::time::Instant;

use anyhow::{Result, bail};
use clap::{Args, ValueEnum};

use crate::{run::seconds, workspace::Workspace};

/// Which tests to run, and how strictly.
#[derive(Args)]
pub(crate) struct Tests {
    /// Leave these suites out
    #[arg(long, env = "AGW_SKIP", value_delimiter = ',', value_name = "SUITES")]
    skip: Vec<Suite>,
    /// Fail if the folder of a suite is not there
    #[arg(long)]
    strict: bool,
}

/// A kind of test, with what it needs.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Suite {
    /// Unit, snapshot, property and whole-system tests; needs only Rust
    Rust,
    /// The console's pages in a headless Chromium; needs Node.js
    Pages,
    /// The bot in Microsoft's Agents Playground, in a headless Chromium; needs Node.js
    Teams,
    /// Azure's own clients against the simulated Azure; needs Python
    Clients,
    /// What is deployed to Azure: Bicep, roles and hooks; needs Python
    Infra,
    /// The package for Azure Functions, and the stores in Azure Storage; needs Node.js and Python
    Functions,
}

/// How a suite ended.
enum Outcome {
    Passed,
    Failed(anyhow::Error),
    NotThere,
    Skipped,
}

impl Tests {
    /// Runs every suite, whatever became of the one before, and closes with a line for each.
    pub(crate) fn run(&self, workspace: &Workspace) -> Result<()> {
        let mut lines = Vec::new();
        let mut failed = Vec::new();
        for suite in Suite::value_variants() {
            let started = Instant::now();
            let outcome = self.outcome(*suite, workspace);
            lines.push(format!("{:9} {} ({})", suite.name(), outcome, seconds(started.elapsed())));
            if self.counts_as_failure(&outcome) {
                failed.push(suite.name());
            }
        }
        println!("\n== summary of the tests\n{}", lines.join("\n"));
        if !failed.is_empty() {
            bail!("not passed: {}", failed.join(", "));
        }
        Ok(())
    }

    fn outcome(&self, suite: Suite, workspace: &Workspace) -> Outcome {
        if self.skip.contains(&suite) {
            return Outcome::Skipped;
        }
        if !workspace.root.join(suite.folder()).is_dir() {
            return Outcome::NotThere;
        }
        println!("\n== {} tests", suite.name());
        suite.run(workspace).map_or_else(Outcome::Failed, |()| Outcome::Passed)
    }

    fn counts_as_failure(&self, outcome: &Outcome) -> bool {
        match outcome {
            Outcome::Failed(_) => true,
            Outcome::NotThere => self.strict,
            Outcome::Passed | Outcome::Skipped => false,
        }
    }
}

impl Suite {
    fn name(self) -> &'static str {
        match self {
            Self::Rust => "rust",
            Self::Pages => "pages",
            Self::Teams => "teams",
            Self::Clients => "clients",
            Self::Infra => "infra",
            Self::Functions => "functions",
        }
    }

    /// Where its tests lie, from the top of the workspace.
    fn folder(self) -> &'static str {
        match self {
            Self::Rust => ".",
            Self::Pages => pages::FOLDER,
            Self::Teams => teams::FOLDER,
            Self::Clients => clients::FOLDER,
            Self::Infra => infra::FOLDER,
            Self::Functions => functions::FOLDER,
        }
    }

    fn run(self, workspace: &Workspace) -> Result<()> {
        match self {
            Self::Rust => rust::run(workspace),
            Self::Pages => pages::run(workspace),
            Self::Teams => teams::run(workspace),
            Self::Clients => clients::run(workspace),
            Self::Infra => infra::run(workspace),
            Self::Functions => functions::run(workspace),
        }
    }
}

impl std::fmt::Display for Outcome {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Passed => write!(out, "passed"),
            Self::Failed(error) => write!(out, "FAILED: {error:#}"),
            Self::NotThere => write!(out, "not there"),
            Self::Skipped => write!(out, "skipped"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Outcome, Suite, Tests};

    #[test]
    fn a_suite_that_is_not_there_counts_only_when_strict() {
        let lenient = Tests { skip: vec![], strict: false };
        let strict = Tests { skip: vec![], strict: true };
        assert!(!lenient.counts_as_failure(&Outcome::NotThere));
        assert!(strict.counts_as_failure(&Outcome::NotThere));
        assert!(!strict.counts_as_failure(&Outcome::Skipped));
    }

    #[test]
    fn every_suite_answers_to_its_name() {
        use clap::ValueEnum;
        for suite in Suite::value_variants() {
            assert!(Suite::from_str(suite.name(), false).is_ok_and(|named| named == *suite));
        }
    }
}
