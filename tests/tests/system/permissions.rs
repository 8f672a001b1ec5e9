//! What the bot asks of Azure is what its documentation says.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

/// Every action that a source file names as a whole text.
fn actions(folder: &Path, found: &mut BTreeSet<String>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let is_test = path.file_stem().is_some_and(|stem| stem == "tests" || stem == "fixture");
        if path.is_dir() && !is_test {
            actions(&path, found);
        } else if path.extension().is_some_and(|end| end == "rs") && !is_test {
            let text = fs::read_to_string(&path).unwrap();
            let ends = ["/read", "/write", "/delete", "/action"];
            let texts =
                text.split('"').filter(|text| text.starts_with("Microsoft.") && !text.contains(['{', ' ']));
            found.extend(texts.filter(|text| ends.iter().any(|end| text.ends_with(end))).map(str::to_owned));
        }
    }
}

#[test]
fn every_action_that_the_bot_needs_is_documented() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut found = BTreeSet::new();
    actions(&root.join("domain/src"), &mut found);
    actions(&root.join("handler/src"), &mut found);
    assert!(found.len() > 30, "{found:?}");
    let page = fs::read_to_string(root.join("docs/permissions.md")).unwrap();
    let missing: Vec<&String> =
        found.iter().filter(|action| !page.contains(&format!("`{action}`"))).collect();
    assert!(missing.is_empty(), "docs/permissions.md says nothing of {missing:?}");
}
