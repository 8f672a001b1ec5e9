//! Whatever things are called, the text says the same: only strings differ from those of a plan with tame
//! names.

use proptest::collection::vec;
use proptest::prelude::*;

use super::read::{self, Read};
use super::*;
use crate::gateway::fixture::ID;
use crate::keep::quote;

/// Texts that mean something in one of the languages.
const TRICKS: &[&str] = &[
    "'",
    "\"",
    "`",
    "\\",
    "${",
    "$${",
    "%{",
    "%%{",
    "$",
    "%",
    "{",
    "}",
    "$(",
    "#",
    "//",
    "/*",
    "'''",
    "\n",
    "\r",
    "\t",
    "\0",
    ";",
    "&",
    "|",
    "<",
    ">",
    "*",
    "?",
    "??",
    "~",
    "!",
    "@",
    "=",
    "=@",
    "-",
    "--",
    "null",
    "'/",
    "\u{202e}",
    "\u{2028}",
    "\u{85}",
    "\u{1b}[0m",
    "\\n",
    "\\u{",
    "\\x00",
    " ",
    "a",
    "é",
    "𝄞",
];

fn tricky() -> impl Strategy<Value = String> {
    let part = prop_oneof![
        4 => prop::sample::select(TRICKS).prop_map(str::to_owned),
        1 => any::<char>().prop_map(String::from),
    ];
    vec(part, 1..8).prop_map(|parts| parts.concat())
}

/// The last part of an id: anything that an id may hold.
fn in_id() -> impl Strategy<Value = String> {
    "[!$&'()*+,;=:@_.~`{}|<>^a-z0-9-]{1,12}".prop_filter("not a step", |name| name != "." && name != "..")
}

const TAME: [&str; 6] =
    ["tame-gateway", "tame-setting", "tame-probe", "tame-host", "/tame-path", "tame-body"];

/// The plan for one setting, with these names for gateway, setting, probe, host, path and body.
fn named(names: [&str; 6]) -> Plan {
    let [gateway, setting, probe, host, path, body] = names;
    let plan = plan(&shop_with(|_| {}), &["http"]);
    let mut raw = serde_json::to_value(plan).unwrap();
    let id = ID.replace("agw-shop", gateway);
    raw["gateway"] = json!(id);
    let create = &mut raw["edits"][0];
    create["pointer"][2]["named"] = json!(probe);
    create["after"]["name"] = json!(probe);
    create["after"]["properties"]["host"] = json!(host);
    create["after"]["properties"]["path"] = json!(path);
    create["after"]["properties"]["match"]["body"] = json!(body);
    let attach = &mut raw["edits"][1];
    attach["pointer"][2]["named"] = json!(setting);
    attach["after"]["id"] = json!(format!("{id}/probes/{probe}"));
    serde_json::from_value(raw).unwrap()
}

/// The tame text with the other names in it.
fn renamed(tame: Read, names: [&str; 6]) -> Read {
    let rename = |string: String| {
        let found = TAME.iter().position(|tame| *tame == string);
        found.map_or(string, |index| names[index].to_owned())
    };
    Read { around: tame.around, strings: tame.strings.into_iter().map(rename).collect() }
}

/// Commands as their names, and what az makes of the rest.
type Commands = Vec<(Vec<String>, Vec<(String, Vec<Option<String>>)>)>;

fn commands(plan: &Plan) -> Commands {
    let commands = read::bash(&text(plan, Language::Az)).into_iter();
    commands.map(|words| (words[..5].to_vec(), read::az(&words[5..]))).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn nothing_is_called_so_that_it_becomes_code(
        gateway in in_id(), setting in tricky(), probe in tricky(), host in tricky(), path in tricky(),
        body in tricky(),
    ) {
        let probe = probe.replace('/', "");
        prop_assume!(!probe.is_empty());
        let path = format!("/{path}");
        let names = [&*gateway, &*setting, &*probe, &*host, &*path, &*body];
        let plan = named(names);
        let tame = named(TAME);
        for undo in [false, true] {
            let (plan, tame) = if undo { (plan.undo(), tame.undo()) } else { (plan.clone(), tame.clone()) };
            prop_assert_eq!(
                read::bicep(&text(&plan, Language::Bicep)),
                renamed(read::bicep(&text(&tame, Language::Bicep)), names)
            );
            prop_assert_eq!(
                read::hcl(&text(&plan, Language::Terraform)),
                renamed(read::hcl(&text(&tame, Language::Terraform)), names)
            );
            let mut expected = commands(&tame);
            for value in expected.iter_mut().flat_map(|(_, flags)| flags).flat_map(|(_, values)| values).flatten() {
                if let Some(index) = TAME.iter().position(|tame| tame == value) {
                    // No argument of a program can hold it.
                    *value = names[index].replace('\0', "");
                }
            }
            prop_assert_eq!(commands(&plan), expected);
        }
    }

    #[test]
    fn a_literal_reads_back_as_its_text(text in tricky()) {
        prop_assert_eq!(&read::bicep(&quote::bicep(&text)).strings, std::slice::from_ref(&text));
        prop_assert_eq!(&read::hcl(&quote::hcl(&text)).strings, std::slice::from_ref(&text));
        let word = quote::bash(&text);
        prop_assert!(!word.contains(quote::is_unseen), "{word:?}");
        prop_assert_eq!(read::bash(&word), [[text.replace('\0', "")]]);
    }

    #[test]
    fn pieces_are_whole_lines(setting in tricky()) {
        let mut names = TAME;
        names[1] = &setting;
        for language in Language::ALL {
            for piece in pieces(&named(names), language) {
                prop_assert!(piece.lines().all(|line| !line.trim().is_empty()));
                prop_assert!(!piece.ends_with('\n') && !piece.contains(|c| c != '\n' && quote::is_unseen(c)));
            }
        }
    }
}
