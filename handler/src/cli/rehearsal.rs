//! What a rehearsal needs: the simulated Azure, and the story played on it.

pub(super) mod demo;
mod headless;
pub(super) mod scenarios;
pub(super) mod simulate;

use anyhow::Context;
use simulator::Scenario;

use super::output::WrongUse;

/// The scenario that is staged when none is named.
const USUAL: &str = "root-403";

/// A scenario by name, or from a file.
fn scenario(name: Option<&str>) -> anyhow::Result<Scenario> {
    let name = name.unwrap_or(USUAL);
    if name.ends_with(".toml") || name.contains(std::path::MAIN_SEPARATOR) {
        return Scenario::load(name).with_context(|| format!("scenario file {name}"));
    }
    let known: Vec<String> = Scenario::all().iter().map(|scenario| scenario.name().to_owned()).collect();
    Scenario::named(name).map_err(|_| {
        let close = domain::command::did_you_mean(name, known.iter().map(String::as_str));
        let close = close.map(|name| format!(" Did you mean {name}?")).unwrap_or_default();
        WrongUse(format!("there is no scenario {name}.{close} See `agw scenarios`.")).into()
    })
}
