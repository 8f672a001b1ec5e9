//! `cargo xtask`: the project's own chores, so that nobody has to remember a command line.
#![expect(clippy::print_stdout, reason = "a chore reports to the terminal it was started from")]
#![expect(clippy::print_stderr, reason = "and says there, too, what went wrong")]

mod azurite;
mod bench;
mod cards;
mod eval;
mod fetch;
mod package;
mod run;
mod safety;
mod suite;
mod traffic;
mod workspace;

use std::process::ExitCode;

use clap::Parser;

use crate::{
    bench::Bench, cards::Cards, eval::Eval, package::Packaging, run::Run, safety::Safety, suite::Tests,
    traffic::Traffic, workspace::Workspace,
};

/// The chores of this workspace.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
enum Chore {
    /// Run every test: Rust, the pages in a browser, other people's clients, and what Azure Functions runs
    Test(Tests),
    /// Measure the budgets of the release build: start, acknowledgement, memory, diagnosis
    Bench(Bench),
    /// Hold the diagnosis of every scenario against its truth: docs/evaluation.md
    Eval(Eval),
    /// Write every card on every platform as files: what people see in a chat, to look at and to judge
    Cards(Cards),
    /// Keep what the bot and the chats say to each other in the stories: one file a server, to look at and to judge
    Traffic(Traffic),
    /// Race the write path against Azure's rules and count what must not happen: docs/safety.md
    Safety(Safety),
    /// Make the folder and the zip that Azure Functions runs
    Package(Packaging),
    /// Start the storage that the tests of the suite `functions` use, until Ctrl-C
    Azurite,
    /// Run what must hold before a merge: formatting, lints, dependencies, documentation, tests
    Ci,
}

fn main() -> ExitCode {
    match Chore::parse().run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

impl Chore {
    fn run(self) -> anyhow::Result<()> {
        let workspace = Workspace::find()?;
        match self {
            Self::Test(tests) => tests.run(&workspace),
            Self::Bench(bench) => bench.run(&workspace),
            Self::Eval(eval) => eval.run(&workspace),
            Self::Cards(cards) => cards.run(&workspace),
            Self::Traffic(traffic) => traffic.run(&workspace),
            Self::Safety(safety) => safety.run(&workspace),
            Self::Package(packaging) => packaging.run(&workspace),
            Self::Azurite => azurite::stay(&workspace),
            // The list of steps stands in that script alone, so that there cannot be two of them.
            Self::Ci => Run::new("everything before a merge", "bash").arg(".ci/run").run(&workspace),
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_sound() {
        super::Chore::command().debug_assert();
    }
}
