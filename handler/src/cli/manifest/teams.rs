//! `agw manifest teams`: the package that is uploaded to Teams.

use std::path::PathBuf;

use anyhow::Context;
use url::Url;

use crate::chat::teams::{NoPackage, Publisher, package};
use crate::cli::{Exit, Where, output};

#[derive(Debug, clap::Args)]
#[command(after_help = "\
The bot's address is no part of it: that is the messaging endpoint of the Azure Bot,
https://YOUR-HOST/api/teams/messages.

Example: agw manifest teams agw.zip --publisher Contoso --website https://contoso.example")]
pub(super) struct Args {
    /// The zip to write.
    file: PathBuf,
    /// The app id of the Azure Bot, if it is not the one in agw.toml.
    #[arg(long, value_name = "GUID")]
    app_id: Option<String>,
    /// Who runs the bot, as Teams shows it.
    #[arg(long, value_name = "NAME")]
    publisher: String,
    /// Their website; Teams wants one.
    #[arg(long, value_name = "URL")]
    website: Url,
    /// Their page on privacy, if it is not the website.
    #[arg(long, value_name = "URL")]
    privacy: Option<Url>,
    /// Their terms of use, if they are not the website.
    #[arg(long, value_name = "URL")]
    terms: Option<Url>,
    #[command(flatten)]
    place: Where,
}

pub(super) fn run(args: &Args) -> anyhow::Result<Exit> {
    let app_id = match &args.app_id {
        Some(app_id) => Some(app_id.clone()),
        None => args.place.config()?.teams.app_id,
    };
    let missing = || output::WrongUse("name the bot: --app-id, or teams.app_id in agw.toml".to_owned());
    let app_id = app_id.ok_or_else(missing)?;
    let otherwise = |page: &Option<Url>| page.clone().unwrap_or_else(|| args.website.clone());
    let publisher = Publisher {
        name: args.publisher.clone(),
        website: args.website.clone(),
        privacy: otherwise(&args.privacy),
        terms: otherwise(&args.terms),
    };
    let zip = package(&app_id, &publisher).map_err(|error| match error {
        NoPackage::Wrong(what) => anyhow::Error::new(output::WrongUse(what)),
        other => anyhow::Error::new(other),
    })?;
    std::fs::write(&args.file, zip).with_context(|| format!("writing {}", args.file.display()))?;
    output::line(format!("{} is written: upload it to Teams", args.file.display()));
    Ok(Exit::Done)
}
