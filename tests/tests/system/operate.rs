//! What is written for those who run the bot names only what the bot tells: `docs/operate.md` and the workbook, beside
//! the list of names in the code.

use std::collections::BTreeSet;
use std::path::PathBuf;

use handler::telemetry::{events, names};
use serde_json::Value;

/// Names that begin like an attribute and are files.
const FILES: [&str; 4] = ["agw.toml", "agw.db", "agw.example.toml", "agw.zip"];
/// What every line has, and what an event adds for itself.
const OF_EVERY_LINE: [&str; 5] = ["time", "level", "target", "message", "error"];

fn read(path: &str) -> String {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("..");
    std::fs::read_to_string(root.join(path)).unwrap()
}

fn workbook() -> Value {
    serde_json::from_str(&read("infra/workbook.json")).unwrap()
}

/// Every query of the workbook and of the page.
fn queries() -> Vec<String> {
    let workbook = workbook();
    let items = workbook["items"].as_array().unwrap().iter();
    let mut all: Vec<String> =
        items.filter_map(|item| item["content"]["query"].as_str()).map(str::to_owned).collect();
    let page = read("docs/operate.md");
    let fenced = page.split("```kql\n").skip(1).map(|rest| rest.split("```").next().unwrap().to_owned());
    all.extend(fenced);
    assert!(all.len() > 15, "{}", all.len());
    all
}

/// The words that follow `before`, each as long as its characters are such as `belongs` says.
fn words_after<'a>(text: &'a str, before: &str, belongs: impl Fn(char) -> bool + Copy) -> BTreeSet<&'a str> {
    let rests = text.match_indices(before).map(|(at, _)| &text[at + before.len()..]);
    rests.map(|rest| rest.split(|c| !belongs(c)).next().unwrap_or_default()).collect()
}

#[test]
fn queries_read_only_fields_that_lines_have() {
    let known: BTreeSet<&str> =
        names::FIELDS.into_iter().map(names::in_a_line).chain(OF_EVERY_LINE).collect();
    for query in queries() {
        let mut read = words_after(&query, "line.", |c| c.is_ascii_alphanumeric() || c == '_');
        read.extend(words_after(&query, "line[\"", |c| c != '"'));
        let unknown: Vec<_> = read.difference(&known).collect();
        assert!(unknown.is_empty(), "{unknown:?} in\n{query}");
    }
}

#[test]
fn queries_look_for_words_that_are_said() {
    for query in queries() {
        let mut compared = words_after(&query, "message) == \"", |c| c != '"');
        compared.extend(words_after(&query, "said == \"", |c| c != '"'));
        for list in query.split("message) in (").skip(1) {
            let list = list.split(')').next().unwrap();
            compared.extend(list.split(',').map(|word| word.trim().trim_matches('"')));
        }
        for words in compared {
            assert!(events::LINES.contains(&words), "nothing says {words:?}:\n{query}");
        }
    }
}

#[test]
fn the_page_names_every_metric_with_its_unit_and_every_field_and_nothing_else() {
    let page = read("docs/operate.md");
    for metric in names::METRICS {
        let row = format!("| `{}` | {} |", metric.name, metric.unit);
        assert!(page.contains(&row), "{row} is missing");
    }
    for field in names::FIELDS {
        assert!(page.contains(&format!("`{field}`")), "{field} is missing");
    }
    for line in events::LINES {
        assert!(page.contains(&format!("`{line}`")), "{line:?} is missing");
    }
    let part = |c: char| c.is_ascii_lowercase() || c == '_' || c == '.';
    let known: Vec<&str> =
        names::FIELDS.into_iter().chain(names::METRICS.map(|metric| metric.name)).collect();
    for text in [page, workbook().to_string()] {
        for rest in words_after(&text, "agw.", part) {
            let name = format!("agw.{}", rest.trim_end_matches('.'));
            let is_known = known.contains(&name.as_str()) || FILES.contains(&name.as_str());
            assert!(is_known || rest.is_empty(), "nothing is called {name}");
        }
    }
}

#[test]
fn the_workbook_is_one() {
    let workbook = workbook();
    assert_eq!(workbook["version"], "Notebook/1.0");
    let items = workbook["items"].as_array().unwrap();
    let names: BTreeSet<&str> = items.iter().map(|item| item["name"].as_str().unwrap()).collect();
    assert_eq!(names.len(), items.len(), "each item has a name of its own");
    for item in items {
        match item["type"].as_u64().unwrap() {
            1 => assert!(item["content"]["json"].is_string()),
            3 => {
                assert_eq!(item["content"]["version"], "KqlItem/1.0");
                assert_eq!(item["content"]["resourceType"], "microsoft.insights/components");
                assert_eq!(item["content"]["timeContextFromParameter"], "TimeRange");
            }
            9 => assert_eq!(item["content"]["version"], "KqlParameterItem/1.0"),
            other => panic!("an item of type {other}"),
        }
    }
}
