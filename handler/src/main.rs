//! The command line.

use std::process::ExitCode;

use clap::Parser;
use handler::cli::{Cli, run};

fn main() -> ExitCode {
    let cli = Cli::parse();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            return handler::cli::fail(&anyhow::Error::new(error).context("could not start the runtime"));
        }
    };
    runtime.block_on(run(cli))
}
