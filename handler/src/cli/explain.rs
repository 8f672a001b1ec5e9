//! `agw explain`: what a probe message means.

use domain::health::Symptom;
use domain::say;

use super::{Exit, output};

#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example: agw explain \"Received invalid status code: 403 in the backend server's HTTP response.\""
)]
pub(super) struct Args {
    /// The message, as the portal or the Azure CLI shows it.
    #[arg(required = true)]
    text: Vec<String>,
}

pub(super) fn run(args: &Args) -> anyhow::Result<Exit> {
    let text = args.text.join(" ");
    output::card(&say::explained(&Symptom::read(&text)));
    Ok(Exit::Done)
}
