//! Every card on every platform, as files: `cargo xtask cards DIR`.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "cards that cannot be written end the command, where it stands"
)]
#![expect(clippy::print_stdout, reason = "a summary is what this prints")]

use std::fs;
use std::path::{Path, PathBuf};

use clap::Parser;
use domain::card::Card;
use domain::request::Platform;
use handler::chat::gallery::{Shown, cards};
use handler::chat::{discord, slack, teams};
use serde_json::{Value, json};

/// Writes every card, as each platform gets it.
#[derive(Debug, Parser)]
struct Args {
    /// Where to: a folder for each platform is made in it.
    folder: Option<PathBuf>,
    /// What `cargo bench` says. Whoever runs every target as a test does not: then nothing is written.
    #[arg(long, hide = true)]
    bench: bool,
}

fn main() {
    let args = Args::parse();
    let Some(folder) = args.folder.filter(|_| args.bench) else {
        println!("cards are written by `cargo xtask cards DIR`");
        return;
    };
    let json = |value: &Value| serde_json::to_string_pretty(value).unwrap();
    write(&folder.join("slack"), "json", &cards(Platform::Slack), |card| json(&json!(slack::message(card))));
    write(&folder.join("teams"), "json", &cards(Platform::Teams), |card| json(&teams::render::card(card)));
    write(&folder.join("discord"), "json", &cards(Platform::Discord), |card| {
        json(&discord::render::message(card))
    });
    write(&folder.join("plain"), "txt", &cards(Platform::Console), Card::plain);
}

/// Writes the cards of one platform and says how many they are, and how long the longest is.
fn write(folder: &Path, ending: &str, cards: &[Shown], draw: impl Fn(&Card) -> String) {
    fs::create_dir_all(folder).expect("a folder to write to");
    let drawn = cards.iter().map(|shown| (&shown.name, draw(&shown.card)));
    let mut longest = (0, "");
    for (name, text) in drawn {
        longest = longest.max((text.len(), name));
        fs::write(folder.join(format!("{name}.{ending}")), text + "\n").expect("a file in that folder");
    }
    let (bytes, name) = longest;
    println!("{}: {} cards, the longest is {name} with {bytes} bytes", folder.display(), cards.len());
}
