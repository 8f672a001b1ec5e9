//! The settings of the deployed app, read from the Bicep file that writes them: a setting that is renamed there and not in
//! the bot is missed here. The file says itself how plain it has to be.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

/// A value of a parameter.
#[derive(Debug, Clone)]
pub enum Given {
    /// A text.
    Text(String),
    /// Several.
    List(Vec<String>),
    /// Yes or no.
    Switch(bool),
}

/// The file, taken apart.
#[derive(Debug)]
pub struct SettingsFile {
    params: Vec<String>,
    /// Which settings belong together, by the name of the group, each with its expression.
    groups: BTreeMap<String, Vec<(String, String)>>,
    /// When which group is written, in the words of the file.
    written: Vec<String>,
}

impl SettingsFile {
    /// Reads `infra/modules/settings.bicep`.
    #[must_use]
    pub fn read() -> Self {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../infra/modules/settings.bicep");
        let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        Self::parse(&text)
    }

    fn parse(text: &str) -> Self {
        let mut file = Self { params: Vec::new(), groups: BTreeMap::new(), written: Vec::new() };
        let mut group: Option<String> = None;
        let mut is_output = false;
        for line in text.lines() {
            let words: Vec<&str> = line.split_whitespace().collect();
            match (words.as_slice(), &group) {
                (["param", name, _], _) => file.params.push((*name).to_owned()),
                (["var", name, "=", "{"], _) => group = Some((*name).to_owned()),
                (["output", ..], _) => is_output = true,
                (["}" | ")"], _) => (group, is_output) = (None, false),
                ([_, ..], Some(name)) => {
                    let (setting, expression) = line.trim().split_once(": ").expect("NAME: expression");
                    let pair = (setting.to_owned(), expression.to_owned());
                    file.groups.entry(name.clone()).or_default().push(pair);
                }
                ([_, ..], None) if is_output => {
                    file.written.push(line.trim().trim_end_matches(',').to_owned());
                }
                _ => {}
            }
        }
        file
    }

    /// The name of every setting that is ever written.
    #[must_use]
    pub fn names(&self) -> Vec<&str> {
        self.groups.values().flatten().map(|(name, _)| name.as_str()).collect()
    }

    /// What is written with these parameters, of which there have to be exactly those that the file declares.
    #[must_use]
    pub fn with(&self, params: &BTreeMap<&str, Given>) -> Vec<(String, String)> {
        let declared: Vec<&str> = self.params.iter().map(String::as_str).collect();
        let given: Vec<&str> = params.keys().copied().collect();
        let sorted = |mut names: Vec<&str>| {
            names.sort_unstable();
            names.join(" ")
        };
        assert_eq!(sorted(given), sorted(declared), "the parameters of settings.bicep");
        let groups = self.written.iter().filter_map(|words| chosen(words, params));
        let pairs = groups.flat_map(|group| {
            self.groups.get(group).unwrap_or_else(|| panic!("settings.bicep has no group {group}"))
        });
        pairs.map(|(name, expression)| (name.clone(), value(expression, params))).collect()
    }
}

/// The group of `group`, `switch ? group : {}` or `empty(param) ? {} : group`, if it is written.
fn chosen<'a>(words: &'a str, params: &BTreeMap<&str, Given>) -> Option<&'a str> {
    let Some((condition, branches)) = words.split_once(" ? ") else { return Some(words) };
    let (yes, no) = branches.split_once(" : ").expect("a condition has two branches");
    let holds = match condition.strip_prefix("empty(").and_then(|rest| rest.strip_suffix(')')) {
        Some(name) => match &params[name] {
            Given::Text(text) => text.is_empty(),
            Given::List(list) => list.is_empty(),
            Given::Switch(_) => panic!("{name} cannot be empty"),
        },
        None => matches!(params[condition], Given::Switch(true)),
    };
    Some(if holds { yes } else { no }).filter(|group| *group != "{}")
}

/// The value of a parameter, a text with parameters in it, or `join(parameter, ',')`.
fn value(expression: &str, params: &BTreeMap<&str, Given>) -> String {
    let text = |name: &str| match &params[name] {
        Given::Text(text) => text.clone(),
        other => panic!("{name} is no text: {other:?}"),
    };
    if let Some(name) = expression.strip_prefix("join(").and_then(|rest| rest.strip_suffix(", ',')")) {
        let Given::List(list) = &params[name] else { panic!("{name} is no list") };
        return list.join(",");
    }
    let Some(quoted) = expression.strip_prefix('\'').and_then(|rest| rest.strip_suffix('\'')) else {
        return text(expression);
    };
    let mut parts = quoted.split("${");
    let mut all = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (name, rest) = part.split_once('}').expect("a parameter ends with a brace");
        all += &text(name);
        all += rest;
    }
    all
}

/// Resolves references to a vault as App Service does: those that lead to a secret become the secret, others stay as they are
/// (Azure App Service documentation, "Use Key Vault references").
pub fn resolve(settings: &mut [(String, String)], vault: &str, secrets: &[(&str, &str)]) {
    for (_, value) in settings {
        let reference = |name: &str| format!("@Microsoft.KeyVault(SecretUri={vault}secrets/{name})");
        if let Some((_, secret)) = secrets.iter().find(|(name, _)| *value == reference(name)) {
            *value = (*secret).to_owned();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{BTreeMap, Given, SettingsFile, resolve};

    const FILE: &str = "
param account string
param list array
param isOn bool
var always = {
  PLAIN: account
  // a comment: of no interest
  BOTH: 'a=${account};b=${account}!'
}

var more = {
  LIST: join(list, ',')
}

output settings object = union(
  always,
  isOn ? more : {},
  empty(list) ? {} : more
)
";

    fn with(is_on: bool, list: &[&str]) -> Vec<(String, String)> {
        let list = list.iter().map(|item| (*item).to_owned()).collect();
        let params = [
            ("account", Given::Text("st".into())),
            ("list", Given::List(list)),
            ("isOn", Given::Switch(is_on)),
        ];
        SettingsFile::parse(&FILE.replace("  // a comment: of no interest\n", ""))
            .with(&BTreeMap::from(params))
    }

    #[test]
    fn a_setting_is_what_its_expression_says() {
        let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        assert_eq!(with(false, &[]), [pair("PLAIN", "st"), pair("BOTH", "a=st;b=st!")]);
        assert_eq!(with(true, &[])[2], pair("LIST", ""));
        assert_eq!(with(false, &["x", "y"])[2], pair("LIST", "x,y"));
    }

    #[test]
    fn a_reference_that_leads_nowhere_stays_a_reference() {
        let reference = |name: &str| format!("@Microsoft.KeyVault(SecretUri=https://v/secrets/{name})");
        let mut settings = [("A".to_owned(), reference("there")), ("B".to_owned(), reference("not-there"))];
        resolve(&mut settings, "https://v/", &[("there", "secret")]);
        assert_eq!(settings.map(|(_, value)| value), ["secret".to_owned(), reference("not-there")]);
    }
}
