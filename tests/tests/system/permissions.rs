//! What the bot asks of Azure is what its roles allow and its documentation says, no less and no more.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use domain::alert::Condition::Fired;
use domain::id::ResourceId;
use serde::Deserialize;
use serde_json::Value;
use simulator::{Options, Pace, Scenario, Simulator};
use tests::{Expected, Stage, World, agw};

use crate::AGW;

/// A role, as the deployment creates it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Role {
    name: String,
    description: String,
    actions: Vec<String>,
}

/// An action that no call names, and Azure asks for nevertheless.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Asked {
    role: String,
    action: String,
    why: String,
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// Every role, by the name of its file.
fn roles() -> BTreeMap<String, Role> {
    let files = fs::read_dir(root().join("infra/roles")).unwrap().map(|entry| entry.unwrap().path());
    let stem = |file: &PathBuf| file.file_stem().unwrap().to_str().unwrap().to_owned();
    let read = |file: PathBuf| (stem(&file), serde_json::from_slice(&fs::read(&file).unwrap()).unwrap());
    files.filter(|file| stem(file) != "asked").map(read).collect()
}

fn asked() -> Vec<Asked> {
    serde_json::from_slice(&fs::read(root().join("infra/roles/asked.json")).unwrap()).unwrap()
}

/// Every action that a source file names as a whole text.
fn actions(folder: &Path, found: &mut BTreeSet<String>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let is_test = path.file_stem().is_some_and(|stem| stem == "tests" || stem == "fixture");
        if path.is_dir() && !is_test {
            actions(&path, found);
        } else if path.extension().is_some_and(|end| end == "rs") && !is_test {
            let text = fs::read_to_string(&path).unwrap();
            let text = text.split("#[cfg(test)]\nmod tests {").next().unwrap();
            found.extend(text.split('"').filter(|text| is_action(text)).map(str::to_owned));
        }
    }
}

fn is_action(text: &str) -> bool {
    let ends = ["/read", "/write", "/delete", "/action"];
    text.starts_with("Microsoft.") && !text.contains(['{', ' ']) && ends.iter().any(|end| text.ends_with(end))
}

/// The actions of the calls that the code can make: each call names its own.
fn called() -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    actions(&root().join("domain/src"), &mut found);
    actions(&root().join("handler/src"), &mut found);
    assert!(found.len() > 30, "{found:?}");
    found
}

#[test]
fn every_call_has_its_action_in_a_role() {
    let roles = roles();
    let allowed: BTreeSet<&String> = roles.values().flat_map(|role| &role.actions).collect();
    let missing: Vec<String> = called().into_iter().filter(|action| !allowed.contains(action)).collect();
    assert!(missing.is_empty(), "no role of infra/roles allows {missing:?}");
}

#[test]
fn every_action_in_a_role_has_its_call_or_is_asked_by_azure() {
    let (called, asked) = (called(), asked());
    for (file, role) in roles() {
        assert!(!role.name.is_empty() && !role.description.is_empty(), "{file}");
        let distinct: BTreeSet<&String> = role.actions.iter().collect();
        assert_eq!(distinct.len(), role.actions.len(), "{file} says something twice");
        for action in &role.actions {
            assert!(is_action(action), "{file}: {action}");
            let reason = asked.iter().find(|one| one.role == file && one.action == *action);
            assert!(called.contains(action) || reason.is_some(), "nothing needs {action} of {file}.json");
        }
    }
}

#[test]
fn what_azure_asks_for_is_in_the_role_and_has_a_reason() {
    let roles = roles();
    for Asked { role, action, why } in asked() {
        let role = roles.get(&role).unwrap_or_else(|| panic!("there is no role {role}"));
        assert!(role.actions.contains(&action), "{} lacks {action}", role.name);
        assert!(why.split_whitespace().count() > 3, "{action}: {why}");
    }
}

/// What looks changes nothing, and what changes reads nothing but its own permissions and what Azure asks it to.
#[test]
fn whoever_looks_cannot_write() {
    for (file, role) in roles() {
        let writes = |action: &String| action.ends_with("/write") || action.ends_with("/delete");
        let looks = matches!(file.as_str(), "diagnose" | "follow" | "search");
        assert!(!looks || !role.actions.iter().any(writes), "{file}");
        let joins = |action: &String| action.ends_with("/join/action") || action.ends_with("/assign/action");
        assert!(!looks || !role.actions.iter().any(joins), "{file}");
    }
}

/// The actions in the sections of the page, by the role file that the section's heading names.
fn documented(page: &str) -> BTreeMap<String, BTreeSet<String>> {
    let mut sections: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let mut role = None;
    for line in page.lines() {
        if line.starts_with('#') {
            role = line.split('`').find_map(|text| text.strip_suffix(".json")).map(str::to_owned);
        } else if let (Some(role), true) = (&role, line.starts_with('|')) {
            let actions = line.split('`').filter(|text| is_action(text)).map(str::to_owned);
            sections.entry(role.clone()).or_default().extend(actions);
        }
    }
    sections
}

#[test]
fn the_page_shows_exactly_the_actions_of_each_role() {
    let page = fs::read_to_string(root().join("docs/permissions.md")).unwrap();
    let of = |role: &Role| role.actions.iter().cloned().collect::<BTreeSet<String>>();
    let roles: BTreeMap<_, _> = roles().iter().map(|(file, role)| (file.clone(), of(role))).collect();
    assert_eq!(documented(&page), roles, "docs/permissions.md and infra/roles differ");
}

/// What is refused to a diagnosis in a terminal, by a client that may do only this.
async fn refused(scenario: Scenario, allowed: &[String]) -> Vec<String> {
    let scenario = scenario.with_only_permitted(allowed);
    let options = Options { pace: Pace::Instant, ..Options::new(scenario) };
    let azure = Simulator::start(options).await.unwrap();
    let (arm, proxy) = (azure.base_url().to_string(), azure.site_proxy().to_string());
    let words = ["diagnose", "agw-prod", "--output", "json", "--arm", &arm, "--site-proxy", &proxy];
    let words = [&words[..], &["--site-root", azure.public_root()]].concat();
    let finished = agw(AGW, &words, &[]).await;
    serde_json::from_str::<Value>(&finished.out).unwrap_or_else(|error| panic!("{error}: {}", finished.err));
    let refused = azure.exchanges().into_iter().filter(|exchange| exchange.status == 403);
    refused.map(|exchange| format!("{} {}", exchange.method, exchange.path)).collect()
}

/// The simulated Azure works out by itself which action a request needs, so it is a second opinion on what each
/// call says of itself.
#[tokio::test]
async fn nothing_is_refused_to_a_diagnosis_with_the_roles_alone() {
    let roles = roles();
    let looking = ["diagnose", "follow", "search"].map(|file| roles[file].actions.clone()).concat();
    for scenario in Scenario::all() {
        let name = scenario.name().to_owned();
        assert_eq!(refused(scenario, &looking).await, Vec::<String>::new(), "{name}");
    }
}

/// The test above is one that fails: an action less, and something is refused.
#[tokio::test]
async fn one_action_less_and_something_is_refused() {
    let roles = roles();
    let network = "Microsoft.Network/networkSecurityGroups/read";
    let mut looking = ["diagnose", "follow", "search"].map(|file| roles[file].actions.clone()).concat();
    looking.retain(|action| action != network);
    let refused = refused(Scenario::named("nsg-not-in-application-group").unwrap(), &looking).await;
    assert!(refused.iter().any(|request| request.contains("networkSecurityGroups")), "{refused:?}");
}

/// A world whose Azure refuses everything that no role of ours has.
fn with_the_roles_alone(scenario: Scenario) -> Stage {
    let all: Vec<String> = roles().into_values().flat_map(|role| role.actions).collect();
    Stage::of(scenario.with_only_permitted(&all)).config(|config| {
        let id = |kind: &str| {
            let group = "/subscriptions/11111111-1111-1111-1111-111111111111/resourceGroups/rg-ops/providers";
            Some(ResourceId::parse(&format!("{group}/{kind}")).unwrap())
        };
        config.monitoring.workspace = id("Microsoft.OperationalInsights/workspaces/log-ops");
        config.monitoring.action_group = id("Microsoft.Insights/actionGroups/ag-ops");
    })
}

fn nothing_was_refused(world: &World, what: &str) {
    let exchanges = world.azure.exchanges();
    let refused = exchanges.iter().filter(|exchange| exchange.status == 403);
    let refused: Vec<String> = refused.map(|one| format!("{} {}", one.method, one.path)).collect();
    assert_eq!(refused, Vec::<String>::new(), "{what}");
    assert!(exchanges.iter().any(|exchange| exchange.method == "PUT"), "{what} wrote nothing");
}

/// One scenario for each kind of fix, from alert to undone.
#[tokio::test]
async fn nothing_is_refused_to_a_fix_with_the_roles_alone() {
    let mut fixes = BTreeMap::new();
    for scenario in Scenario::all() {
        if Expected::of(scenario.truth()).outcomes == ["offer"] {
            fixes.entry(scenario.truth().fix.clone()).or_insert(scenario);
        }
    }
    assert!(fixes.len() >= 5, "{:?}", fixes.keys());
    for (fix, scenario) in fixes {
        let world = with_the_roles_alone(scenario).start().await;
        world.alert(Fired).await;
        world.click("alex", "Approve").await;
        if fix == "exclude-path" {
            world.message().await;
            world.click("alex", "Approve").await;
        }
        assert_eq!(world.message().await.status(), "Fixed", "{fix}");
        world.click("alex", "Undo").await;
        world.click("alex", "Approve").await;
        assert_eq!(world.message().await.status(), "Undone", "{fix}");
        nothing_was_refused(&world, &fix);
        world.thread().await;
        world.finish().await;
    }
}

#[tokio::test]
async fn nothing_is_refused_to_an_errand_with_the_roles_alone() {
    for errand in ["/agw logs", "/agw watch"] {
        let world = with_the_roles_alone(Scenario::named("all-healthy").unwrap()).start().await;
        world.slack("bob", errand).await;
        world.message().await;
        world.click("alex", "Approve").await;
        assert_eq!(world.message().await.status(), "Set up", "{errand}");
        world.click("alex", "Undo").await;
        world.message().await;
        world.click("alex", "Approve").await;
        assert_eq!(world.message().await.status(), "Undone", "{errand}");
        nothing_was_refused(&world, errand);
        world.thread().await;
        world.finish().await;
    }
}
