//! The app package: what is uploaded to Teams (its manifest in schema 1.29, and two icons).

use std::io::{Cursor, Write as _};

use domain::command::USAGE;
use serde_json::{Value, json};
use url::Url;
use zip::result::ZipResult;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipWriter};

const SCHEMA: &str = "https://developer.microsoft.com/json-schemas/teams/v1.29/MicrosoftTeams.schema.json";
/// 192 by 192 pixels, and the sign alone in 32 by 32, white on nothing: the bot's own, as on its console's page.
const COLOR: &[u8] = include_bytes!("package/color.png");
const OUTLINE: &[u8] = include_bytes!("package/outline.png");
/// A list of commands holds no more than twelve; these can still be typed.
const NOT_LISTED: [&str; 3] = ["logs", "watch", "code"];
/// A command's description, in characters.
const DESCRIPTION: usize = 128;

/// What a manifest says of whoever runs the bot.
#[derive(Debug, Clone)]
pub struct Publisher {
    /// Their name, of 32 characters at most.
    pub name: String,
    /// Their website: https.
    pub website: Url,
    /// What they say on privacy: https.
    pub privacy: Url,
    /// Their terms of use: https.
    pub terms: Url,
}

/// Why there is no package.
#[derive(Debug, thiserror::Error)]
pub enum NoPackage {
    /// Teams wants something else there.
    #[error("{0}")]
    Wrong(String),
    /// It could not be zipped.
    #[error("the package could not be put together: {0}")]
    Zip(#[from] zip::result::ZipError),
    /// The manifest could not be written down.
    #[error("the manifest could not be written: {0}")]
    Json(#[from] serde_json::Error),
}

/// The manifest of the bot with this app id.
///
/// # Errors
/// When Teams would refuse it.
pub fn manifest(app_id: &str, publisher: &Publisher) -> Result<Value, NoPackage> {
    check(app_id, publisher)?;
    let everywhere = json!(["personal", "groupChat", "team"]);
    Ok(json!({
        "$schema": SCHEMA,
        "manifestVersion": "1.29",
        "version": env!("CARGO_PKG_VERSION"),
        "id": app_id,
        "developer": {
            "name": publisher.name,
            "websiteUrl": publisher.website.as_str(),
            "privacyUrl": publisher.privacy.as_str(),
            "termsOfUseUrl": publisher.terms.as_str(),
        },
        "name": { "short": "agw", "full": "agw for Application Gateway" },
        "description": {
            "short": "Finds out why an Application Gateway answers 502, and mends it.",
            "full": "Finds out why an Azure Application Gateway answers 502, shows the evidence, and offers the fix \
                     as a button. Somebody who may approve presses it; then it is applied and its outcome measured.",
        },
        "icons": { "color": "color.png", "outline": "outline.png" },
        "accentColor": "#2F5BD3",
        "bots": [{
            "botId": app_id,
            "scopes": everywhere,
            "isNotificationOnly": false,
            "supportsFiles": false,
            "supportsTargetedMessages": true,
            "commandLists": [{ "scopes": everywhere, "triggers": ["mention", "slash"], "commands": commands() }],
        }],
        "validDomains": [],
    }))
}

/// The whole package, as a zip.
///
/// # Errors
/// When Teams would refuse it.
pub fn package(app_id: &str, publisher: &Publisher) -> Result<Vec<u8>, NoPackage> {
    let manifest = serde_json::to_vec_pretty(&manifest(app_id, publisher)?)?;
    Ok(zipped(&[("manifest.json", &manifest), ("color.png", COLOR), ("outline.png", OUTLINE)])?)
}

fn commands() -> Vec<Value> {
    let listed = USAGE.iter().filter(|usage| !NOT_LISTED.contains(&usage.name));
    let command = |help: &str| help.chars().take(DESCRIPTION).collect::<String>();
    listed.map(|usage| json!({ "title": usage.name, "description": command(usage.help) })).collect()
}

fn check(app_id: &str, publisher: &Publisher) -> Result<(), NoPackage> {
    let wrong = |what: String| Err(NoPackage::Wrong(what));
    if uuid(app_id).is_none() {
        return wrong(format!("teams.app_id is {app_id:?}, and Teams takes only a GUID"));
    }
    if !(1..=32).contains(&publisher.name.chars().count()) {
        return wrong("the publisher's name has to have 1 to 32 characters".to_owned());
    }
    for (what, url) in
        [("website", &publisher.website), ("privacy", &publisher.privacy), ("terms", &publisher.terms)]
    {
        if url.scheme() != "https" {
            return wrong(format!("--{what} {url}: Teams takes only https"));
        }
    }
    Ok(())
}

/// The text, if it is a GUID.
fn uuid(text: &str) -> Option<&str> {
    let lengths: Vec<usize> = text.split('-').map(str::len).collect();
    let digits = text.chars().all(|c| c == '-' || c.is_ascii_hexdigit());
    (lengths == [8, 4, 4, 4, 12] && digits).then_some(text)
}

/// The same files give the same bytes. The icons are compressed as they are.
fn zipped(files: &[(&str, &[u8])]) -> ZipResult<Vec<u8>> {
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Stored)
        .last_modified_time(DateTime::DEFAULT);
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in files {
        zip.start_file(*name, options)?;
        zip.write_all(bytes)?;
    }
    Ok(zip.finish()?.into_inner())
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;

    use zip::ZipArchive;

    use super::super::fakes::APP;
    use super::*;

    fn publisher() -> Publisher {
        let at = |path: &str| format!("https://example.com/{path}").parse().expect("a URL");
        Publisher { name: "Example".into(), website: at(""), privacy: at("privacy"), terms: at("terms") }
    }

    #[test]
    fn the_manifest_lists_the_commands_for_mention_and_slash() {
        let manifest = manifest(APP, &publisher()).expect("a manifest");
        let listed = manifest["bots"][0]["commandLists"][0]["commands"].as_array().expect("commands");
        assert!(listed.len() <= 12, "Teams takes twelve, and these are {}", listed.len());
        insta::assert_json_snapshot!(manifest);
    }

    #[test]
    fn whatever_teams_would_refuse_is_refused_before() {
        let said =
            |app: &str, publisher: Publisher| manifest(app, &publisher).expect_err("refused").to_string();
        let insecure = "http://example.com/".parse::<Url>().expect("a URL");
        let said = [
            said("agw", publisher()),
            said(APP, Publisher { name: "x".repeat(33), ..publisher() }),
            said(APP, Publisher { privacy: insecure, ..publisher() }),
        ];
        insta::assert_snapshot!(said.join("\n"), @r#"
        teams.app_id is "agw", and Teams takes only a GUID
        the publisher's name has to have 1 to 32 characters
        --privacy http://example.com/: Teams takes only https
        "#);
    }

    #[test]
    fn the_package_holds_the_manifest_and_both_icons_in_their_sizes() {
        let bytes = package(APP, &publisher()).expect("a package");
        assert_eq!(bytes, package(APP, &publisher()).expect("a package"));
        let mut zip = ZipArchive::new(Cursor::new(bytes)).expect("a zip");
        let mut read = |name: &str| {
            let mut bytes = Vec::new();
            zip.by_name(name).expect("a file").read_to_end(&mut bytes).expect("readable");
            bytes
        };
        let written: Value = serde_json::from_slice(&read("manifest.json")).expect("JSON");
        assert_eq!(written, manifest(APP, &publisher()).expect("a manifest"));
        for (name, size) in [("color.png", 192u32), ("outline.png", 32)] {
            let icon = read(name);
            assert_eq!(icon[..8], *b"\x89PNG\r\n\x1a\n");
            assert_eq!(
                (&icon[16..20], &icon[20..24]),
                (&size.to_be_bytes()[..], &size.to_be_bytes()[..]),
                "{name}"
            );
        }
        assert_eq!(zip.len(), 3);
    }
}
