use proptest::prelude::*;

use super::*;

fn some(text: &str) -> Option<String> {
    Some(text.to_owned())
}

fn diagnose(gateway: &str) -> Result<Command, CommandError> {
    Ok(Command::Diagnose { gateway: some(gateway) })
}

fn said(text: &str) -> String {
    parse(text).unwrap_err().to_string()
}

#[test]
fn every_example_is_the_command_it_stands_by() {
    for usage in USAGE {
        assert_eq!(parse(usage.example).unwrap().verb(), usage.name);
        for synonym in usage.synonyms {
            let same = usage.example.replacen(usage.name, &synonym.to_uppercase(), 1);
            assert_eq!(parse(&same), parse(usage.example), "{same}");
        }
        let first_optional = usage.arguments.iter().position(|argument| !argument.required);
        let last_required = usage.arguments.iter().rposition(|argument| argument.required);
        assert!(first_optional.is_none() || last_required.is_none() || last_required < first_optional);
    }
}

#[test]
fn nothing_asks_for_help() {
    for text in
        ["", "  ", "help", "?", "/agw", "<@U07AGWBOT>", "<@U07AGWBOT|agw> ", "help!", "<at>agw</at>", "agw"]
    {
        assert_eq!(parse(text), Ok(Command::Help { topic: None }), "{text:?}");
    }
    for text in ["help approve", "approve --help", "HELP Approve", "approve -h", "help 'approve' please"] {
        assert_eq!(parse(text), Ok(Command::Help { topic: some("approve") }), "{text}");
    }
}

#[test]
fn what_a_chat_does_to_a_text_is_undone() {
    for text in [
        "diagnose agw-prod",
        "  DIAGNOSE   agw-prod ",
        "diagnose\u{a0}agw-prod",
        "diagnose “agw-prod”",
        "diagnose ‘agw-prod’",
        "diagnose `agw-prod`",
        "diagnose agw\u{2011}prod\u{200b}",
        "diagnose <https://agw-prod|agw-prod>",
        "<@U07AGWBOT> diagnose agw-prod",
        "<@!107> /agw diagnose agw-prod",
        "<at>agw</at>\u{a0}diagnose agw-prod\n",
        "@agw: diagnose agw-prod",
    ] {
        assert_eq!(parse(text), diagnose("agw-prod"), "{text:?}");
    }
    assert_eq!(parse("diagnose &lt;r&amp;d&gt;"), diagnose("<r&d>"));
    assert_eq!(parse("diagnose <http://agw.example>"), diagnose("http://agw.example"));
    assert_eq!(parse("diagnose <#C05|ops>"), diagnose("#ops"));
    assert_eq!(parse("diagnose a<b"), diagnose("a<b"));
}

#[test]
fn names_with_spaces_go_in_quotes() {
    assert_eq!(parse("diagnose \"my gateway\""), diagnose("my gateway"));
    assert_eq!(parse(r#"diagnose "a \"b\" \\ c""#), diagnose(r#"a "b" \ c"#));
    assert_eq!(parse("diagnose \"\""), Ok(Command::Diagnose { gateway: None }));
    assert_eq!(parse("diagnose \"my gateway"), Err(CommandError::UnclosedQuote));
    assert_eq!(
        said("diagnose my gateway"),
        "I did not expect `gateway` there. It goes `/agw diagnose [gateway]`; put a name with spaces in quotes."
    );
}

#[test]
fn a_plan_code_is_hex() {
    let approve = |code| Ok(Command::Approve { incident: "inc-7k2f".into(), code });
    assert_eq!(parse("approve inc-7k2f"), approve(None));
    assert_eq!(parse("Approve inc-7k2f 9F3A"), approve(some("9f3a")));
    for wrong in ["9f3", "please", &"a".repeat(65)] {
        let error = parse(&format!("approve INC-7K2F {wrong}")).unwrap_err();
        assert!(matches!(error, CommandError::NotACode { .. }), "{error}");
    }
}

#[test]
fn a_snooze_wants_a_gateway_and_a_time() {
    let snooze = |text: &str, length: Option<&str>| {
        let length = length.map(|length| length.parse().unwrap());
        assert_eq!(parse(text), Ok(Command::Snooze { gateway: "agw-prod".into(), length }), "{text}");
    };
    snooze("snooze agw-prod 30m", Some("30m"));
    snooze("Silence “agw-prod” 1D", Some("1d"));
    snooze("snooze agw-prod 1d12h", Some("36h"));
    snooze("snooze agw-prod OFF", None);
    assert_eq!(said("snooze"), "Please add the gateway: `/agw snooze <gateway> <time>`");
    assert_eq!(said("snooze agw-prod"), "Please add the time: `/agw snooze <gateway> <time>`");
    assert_eq!(
        said("snooze agw-prod 8d"),
        "`8d` is not a time between a minute and seven days, such as 30m, 2h or 1d; `off` ends it: `/agw snooze <gateway> <time>`"
    );
    assert!(said("snooze agw-prod 2 hours").starts_with("`2` is not a time"));
    assert!(said("snooze agw-prod 2h please").starts_with("I did not expect `please` there."));
}

#[test]
fn a_reason_is_free_text() {
    let reject = |reason| Ok(Command::Reject { incident: "7k2f".into(), reason });
    assert_eq!(parse("reject 7k2f"), reject(None));
    assert_eq!(parse("reject 7k2f it’s not ours & won't be"), reject(some("it's not ours & won't be")));
    let undo = |reason| Ok(Command::Undo { incident: "7k2f".into(), reason });
    assert_eq!(parse("undo 7k2f"), undo(None));
    assert_eq!(parse("rollback 7k2f the checkout isn’t faster"), undo(some("the checkout isn't faster")));
    assert_eq!(parse("deny 7k2f \"not now\""), reject(some("not now")));
    assert_eq!(parse("reject 7k2f \"now\" or \"never\""), reject(some("\"now\" or \"never\"")));
}

#[test]
fn what_is_to_be_explained_is_free_text() {
    let explain = |text: &str| Ok(Command::Explain { text: text.to_owned() });
    assert_eq!(parse("explain Probe failed with 403"), explain("Probe failed with 403"));
    assert_eq!(parse("Explain “Received 200\nfrom backend”"), explain("Received 200 from backend"));
    assert_eq!(
        parse("explain The backend doesn’t answer. <https://aka.ms/ProbeTimeOut>"),
        explain("The backend doesn't answer. https://aka.ms/ProbeTimeOut")
    );
    assert_eq!(parse("explain --help"), Ok(Command::Help { topic: some("explain") }));
    assert_eq!(parse("explain -h is not what I mean"), explain("-h is not what I mean"));
    assert_eq!(said("explain"), "Please add the probe message: `/agw explain <text>`");
    assert_eq!(said("explian Probe failed"), "I do not know `explian`. Did you mean `/agw explain`?");
    let long = "The backend is slow. ".repeat(100);
    assert_eq!(parse(&format!("explain {long}")), explain(long.trim()));
    assert_eq!(parse(&format!("explain {}", long.repeat(2))), Err(CommandError::TooLong(LONGEST_EXPLAINED)));
}

#[test]
fn mistakes_are_answered_with_what_to_type() {
    assert_eq!(said("diagnoze agw"), "I do not know `diagnoze`. Did you mean `/agw diagnose`?");
    assert_eq!(said("aprove 7k2f"), "I do not know `aprove`. Did you mean `/agw approve`?");
    assert_eq!(said("rollbak 7k2f"), "I do not know `rollbak`. Did you mean `/agw undo`?");
    assert_eq!(said("make coffee"), "I do not know `make`. Type `/agw help` to see what I can do.");
    assert_eq!(said("approve"), "Please add the incident: `/agw approve <incident> [code]`");
    assert_eq!(
        said("list all"),
        "I did not expect `all` there. It goes `/agw list`; put a name with spaces in quotes."
    );
    assert_eq!(
        said(&"x".repeat(513)),
        "That is too long for a command. Please keep it under 512 characters."
    );
    assert!(said(&"x".repeat(512)).len() < 200);
}

#[test]
fn near_words_are_found_and_far_ones_are_not() {
    let gateways = ["agw-prod", "agw-prod-02", "agw-test", "shop"];
    let near = |word| did_you_mean(word, gateways);
    assert_eq!(near("AGW-PROD"), Some("agw-prod"));
    assert_eq!(near("agw-prdo"), Some("agw-prod"));
    assert_eq!(near("agwprod2"), Some("agw-prod"));
    assert_eq!(near("agw-te"), Some("agw-test"));
    assert_eq!(did_you_mean("front", ["frontdoor-gateway", "shop"]), Some("frontdoor-gateway"));
    assert_eq!(near("database"), None);
    assert_eq!(near("s"), None);
    assert_eq!(near(""), None);
    assert_eq!(near(&"agw".repeat(1000)), None);
}

#[test]
fn the_hint_names_every_command() {
    let hint = usage_hint();
    assert!(hint.starts_with("diagnose [gateway] | status [gateway] | list"), "{hint}");
    assert!(USAGE.iter().all(|usage| hint.contains(usage.name)));
}

fn word() -> impl Strategy<Value = String> {
    // What a cleaned text can hold: visible ASCII with single spaces inside, and letters from elsewhere.
    prop_oneof!["[!-~]{1,12}", "[!-~é]{1,8} [!-~]{1,8}", "<@U[0-9]>|&amp;lt;|&lt;|-h|--help|\"'`"]
}

fn any_command() -> impl Strategy<Value = Command> {
    let unknown_topic = |topic: &String| find_usage(topic).is_none();
    prop_oneof![
        proptest::option::of(word()).prop_map(|gateway| Command::Diagnose { gateway }),
        proptest::option::of(word()).prop_map(|gateway| Command::Status { gateway }),
        proptest::option::of(word()).prop_map(|gateway| Command::Logs { gateway }),
        proptest::option::of(word()).prop_map(|gateway| Command::Watch { gateway }),
        Just(Command::List),
        (word(), 1u32..=10_080).prop_map(|(gateway, minutes)| Command::Snooze {
            gateway,
            length: Some(format!("{minutes}m").parse().unwrap()),
        }),
        word().prop_map(|gateway| Command::Snooze { gateway, length: None }),
        word().prop_map(|incident| Command::Show { incident }),
        (word(), proptest::option::of("[0-9a-f]{4,64}"))
            .prop_map(|(incident, code)| Command::Approve { incident, code }),
        (word(), proptest::option::of("[a-z\"'<&é]{1,9}( [a-z\"'<&;@]{1,9}){0,5}"))
            .prop_map(|(incident, reason)| Command::Reject { incident, reason }),
        word().prop_map(|incident| Command::Code { incident }),
        word().prop_map(|incident| Command::Audit { incident }),
        word().prop_map(|incident| Command::Recheck { incident }),
        "[!-~é]{1,9}( [a-z\"'<&;@-]{1,9}){0,9}".prop_map(|text| Command::Explain { text }),
        (word(), proptest::option::of("[a-z\"'<&é]{1,9}( [a-z\"'<&;@]{1,9}){0,5}"))
            .prop_map(|(incident, reason)| Command::Undo { incident, reason }),
        proptest::option::of(word().prop_filter("a command", unknown_topic))
            .prop_map(|topic| Command::Help { topic }),
        proptest::sample::select(USAGE).prop_map(|usage| Command::Help { topic: some(usage.name) }),
    ]
}

proptest! {
    #[test]
    fn a_command_reads_back_from_its_text(command in any_command()) {
        prop_assert_eq!(parse(&command.to_string()), Ok(command));
    }

    #[test]
    fn any_text_is_read_without_panic_and_what_is_read_reads_back(text in any::<String>()) {
        if let Ok(command) = parse(&text) {
            prop_assert_eq!(parse(&command.to_string()), Ok(command));
        }
    }

    #[test]
    fn so_does_any_text_behind_a_verb(verb in "diagnose|show|reject 7k2f|explain|help", text in "[ -~“’«<>&;@#|\u{a0}]{0,60}") {
        if let Ok(command) = parse(&format!("{verb} {text}")) {
            prop_assert_eq!(parse(&command.to_string()), Ok(command));
        }
    }

    #[test]
    fn a_suggestion_is_one_of_the_known(word in any::<String>()) {
        let known = ["diagnose", "agw-prod"];
        prop_assert!(did_you_mean(&word, known).is_none_or(|found| known.contains(&found)));
    }
}
