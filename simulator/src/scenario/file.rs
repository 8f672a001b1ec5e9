//! The text of a scenario file, and the way from it to JSON.

use std::collections::{BTreeMap, HashMap};

use serde::Deserialize;
use serde_json::Value;
use toml::Spanned;

use super::{
    SUBSCRIPTION, ScenarioError,
    spec::{BackendSpec, FrontSpec, LockSpec, Method, SaysSpec, Truth},
};
use crate::pki;

const GROUP: &str = "rg-web";

/// Everything a file may say. What it leaves out it has from the file that it extends.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct File {
    pub(super) name: Option<String>,
    pub(super) title: Option<String>,
    pub(super) summary: Option<String>,
    pub(super) truth: Option<Truth>,
    pub(super) extends: Option<Spanned<String>>,
    pub(super) gateway: Option<Spanned<String>>,
    #[serde(default)]
    pub(super) resources: Vec<Spanned<String>>,
    #[serde(default)]
    pub(super) set: Vec<Spanned<Edit>>,
    #[serde(default)]
    pub(super) answers: Vec<AnswerText>,
    pub(super) locks: Option<Vec<LockSpec>>,
    pub(super) denied: Option<Vec<String>>,
    pub(super) allowed: Option<Vec<String>>,
    pub(super) no_health_data: Option<bool>,
    pub(super) legacy_tls: Option<bool>,
    pub(super) backends: Option<Vec<BackendSpec>>,
    pub(super) says: Option<Vec<SaysSpec>>,
    pub(super) front: Option<FrontSpec>,
    /// Host name to the address of a frontend.
    #[serde(default)]
    pub(super) dns: BTreeMap<String, String>,
    /// Listener name to loopback port.
    #[serde(default)]
    pub(super) ports: HashMap<String, u16>,
}

/// A change of one place in a document.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Edit {
    #[serde(rename = "in", default = "gateway")]
    pub(super) document: String,
    pub(super) at: String,
    pub(super) to: Option<toml::Value>,
    pub(super) append: Option<toml::Value>,
    #[serde(default)]
    pub(super) remove: bool,
}

fn gateway() -> String {
    "gateway".to_owned()
}

/// An answer whose body is not read yet.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct AnswerText {
    pub(super) path: String,
    #[serde(default)]
    pub(super) method: Method,
    pub(super) contains: Option<String>,
    #[serde(default = "ok")]
    pub(super) status: u16,
    pub(super) body: Spanned<String>,
    #[serde(default)]
    pub(super) delay_ms: u64,
}

fn ok() -> u16 {
    200
}

/// A file together with its text, for the place of an error.
pub(super) struct Source {
    name: String,
    text: String,
}

impl Source {
    pub(super) fn read(name: &str, text: &str) -> Result<(Self, File), ScenarioError> {
        let source = Self { name: name.to_owned(), text: text.to_owned() };
        match toml::from_str(text) {
            Ok(file) => Ok((source, file)),
            Err(error) => {
                let at = error.span().map_or(0, |span| span.start);
                Err(source.error(at, 0, error.message().to_owned()))
            }
        }
    }

    pub(super) fn error(
        &self,
        offset: usize,
        more_lines: usize,
        message: impl Into<String>,
    ) -> ScenarioError {
        let before = self.text.get(..offset).unwrap_or_default();
        let line = 1 + before.matches('\n').count() + more_lines;
        ScenarioError::Invalid { file: self.name.clone(), line, message: message.into() }
    }

    /// The JSON of a text block, with its placeholders replaced.
    pub(super) fn json(
        &self,
        block: &Spanned<String>,
        what: &str,
        words: &Words,
    ) -> Result<Value, ScenarioError> {
        let text = words
            .text(block.get_ref())
            .map_err(|message| self.error(block.span().start, 0, format!("{what}: {message}")))?;
        serde_json::from_str(&text).map_err(|error| {
            // A block that begins with a line break lost it to TOML, so its first line is the next one.
            let raw = self.text.get(block.span()).unwrap_or_default();
            let skipped = usize::from(raw.starts_with("'''\n") || raw.starts_with("\"\"\"\n"));
            let more = skipped + error.line().saturating_sub(1);
            self.error(block.span().start, more, format!("{what} is no JSON: {error}"))
        })
    }
}

/// What the placeholders of a scenario stand for.
pub(super) struct Words {
    pub(super) gateway: String,
}

impl Words {
    /// For a gateway of this name.
    pub(super) fn of(name: &str) -> Self {
        Self { gateway: format!("{}/providers/Microsoft.Network/applicationGateways/{name}", Self::group()) }
    }

    fn group() -> String {
        format!("/subscriptions/{SUBSCRIPTION}/resourceGroups/{GROUP}")
    }

    /// The text with its placeholders replaced.
    pub(super) fn text(&self, text: &str) -> Result<String, String> {
        let plain = text
            .replace("{gateway}", &self.gateway)
            .replace("{group}", &Self::group())
            .replace("{subscription}", &format!("/subscriptions/{SUBSCRIPTION}"));
        let roots = certificates(&plain, "{root:", pki::root_base64)?;
        let both = certificates(&roots, "{intermediate:", pki::intermediate_base64)?;
        certificates(&both, "{self:", pki::self_base64)
    }
}

/// Replaces every `{kind:NAME}` by the certificate of that authority.
fn certificates(text: &str, opening: &str, of: fn(&str) -> Result<String, String>) -> Result<String, String> {
    let mut parts = text.split(opening);
    let mut replaced = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (name, rest) = part.split_once('}').ok_or_else(|| format!("`{opening}` has no end"))?;
        replaced.push_str(&of(name)?);
        replaced.push_str(rest);
    }
    Ok(replaced)
}
