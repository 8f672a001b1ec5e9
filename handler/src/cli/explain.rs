//! `agw explain`: what a probe message means.

use domain::card::{Card, Text};
use domain::cause::CATALOGUE;
use domain::health::Symptom;
use domain::say;
use serde_json::{Value, json};

use super::{Exit, Output, output};

/// The name of the JSON's shape, which `docs/explain.schema.json` describes. Fields may be added under this
/// name; anything else changes it.
const SCHEMA: &str = "agw.explain/1";

#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example: agw explain \"Received invalid status code: 403 in the backend server's HTTP response.\""
)]
pub(super) struct Args {
    /// The message, as the portal or the Azure CLI shows it.
    #[arg(required = true)]
    text: Vec<String>,
    /// How the result is printed.
    #[arg(long, short, value_enum, default_value_t = Output::Table)]
    output: Output,
}

pub(super) fn run(args: &Args) -> anyhow::Result<Exit> {
    let symptom = Symptom::read(&args.text.join(" "));
    let card = say::explained(&symptom);
    match args.output {
        Output::Table => output::card(&card),
        Output::Json => output::json(&report(&symptom, &card))?,
    }
    Ok(Exit::Done)
}

fn report(symptom: &Symptom, card: &Card) -> Value {
    let (expected, error_code) = match symptom {
        Symptom::StatusMismatch { expected, .. } | Symptom::BodyMismatch { expected } => {
            (expected.as_ref(), None)
        }
        Symptom::TlsOther { code } => (None, code.as_ref()),
        _ => (None, None),
    };
    json!({
        "schema": SCHEMA,
        "symptom": symptom.class(),
        "sentence": card.lead.plain(),
        "settles": card.notes.iter().map(Text::plain).collect::<Vec<_>>().join(" "),
        "status": symptom.status(),
        "expected": expected,
        "error_code": error_code,
        "causes": causes(symptom),
    })
}

/// The causes of the catalogue that can show a symptom.
fn causes(symptom: &Symptom) -> Vec<Value> {
    let read = !matches!(symptom, Symptom::Unrecognised { .. } | Symptom::NotReported);
    let behind =
        CATALOGUE.iter().filter(|_| read).filter_map(|cause| Some((cause, cause.explains(symptom)?)));
    let behind =
        behind.map(|(cause, settles)| json!({"id": cause.id(), "about": cause.about(), "settles": settles}));
    behind.collect()
}
