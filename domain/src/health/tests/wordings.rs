//! The same symptoms in many words, and texts that are none.
//!
//! `paraphrases.tsv` has a class and a text on each line, `none.txt` a text; `\n` in them is a line break.

use std::collections::BTreeSet;

use super::*;

/// Microsoft's sentences, as people shorten them and say them in their own words.
const PARAPHRASES: &str = include_str!("paraphrases.tsv");
/// Small talk, other products' errors, negations, questions, and keywords in other company.
const NONE: &str = include_str!("none.txt");

fn paraphrases() -> impl Iterator<Item = (&'static str, String)> {
    let lines = PARAPHRASES.lines().map(|line| line.split_once('\t').unwrap());
    lines.map(|(class, text)| (class, text.replace("\\n", "\n")))
}

fn read(text: &str) -> String {
    Symptom::read(text).class()
}

/// The texts that are read as something else than their class.
fn wrong<'a>(texts: impl IntoIterator<Item = (&'a str, String)>) -> Vec<String> {
    let read = texts.into_iter().map(|(class, text)| (class, read(&text), text));
    read.filter(|(class, got, _)| class != got).map(|(_, got, text)| format!("{got}: {text}")).collect()
}

#[test]
fn a_paraphrase_has_the_class_of_what_it_means() {
    assert_eq!(wrong(paraphrases()), Vec::<String>::new());
    let classes: BTreeSet<&str> = paraphrases().map(|(class, _)| class).collect();
    assert_eq!(classes.len(), 15, "every class but unrecognised");
    assert!(paraphrases().count() >= 120);
}

#[test]
fn what_is_no_probe_message_has_no_class() {
    let none = || NONE.lines().map(|text| ("unrecognised", text.to_owned()));
    assert_eq!(wrong(none()), Vec::<String>::new());
    assert_eq!(wrong(none().map(|(class, text)| (class, text.to_uppercase()))), Vec::<String>::new());
    assert!(none().count() >= 60);
    for nothing in ["", " \n\t ", "\u{200b}", "…", "?!", "https://aka.ms/"] {
        assert_eq!(read(nothing), "unrecognised", "{nothing:?}");
    }
}

#[test]
fn dress_does_not_change_a_class() {
    let dressings: [fn(&str) -> String; 6] = [
        |text| text.to_uppercase(),
        |text| text.replace('\'', "’").replace('"', "”"),
        |text| text.replace(' ', "\r\n"),
        |text| format!("  \"{text}\"  "),
        |text| format!("Details: {text}"),
        |text| format!("<b>{text}</b> To learn more visit - https://aka.ms/SomethingNew."),
    ];
    for dress in dressings {
        assert_eq!(wrong(paraphrases().map(|(class, text)| (class, dress(&text)))), Vec::<String>::new());
    }
}

#[test]
fn a_denial_is_not_its_opposite() {
    let told = [
        (
            "The certificate is not expired, but its common name does not match the backend",
            "tls_name_mismatch",
        ),
        ("The probe does not time out; the backend answers 403", "status_mismatch"),
        ("No DNS problem: the connection to the backend was refused", "connect"),
        ("The chain is complete, yet the root certificate does not match", "tls_root_mismatch"),
        ("Probe is fine, no error, 200 OK", "healthy"),
        ("The backend did not fail to answer in time", "unrecognised"),
    ];
    assert_eq!(wrong(told.map(|(text, class)| (class, text.to_owned()))), Vec::<String>::new());
}

#[test]
fn numbers_are_read_in_many_hands() {
    let status = |text: &str| (read(text), Symptom::read(text).status());
    let mismatch = |code| ("status_mismatch".to_owned(), Some(code));
    let healthy = |code| ("healthy".to_owned(), Some(code));
    assert_eq!(status("backend 10.0.0.4:443 returned HTTP/1.1 403 Forbidden"), mismatch(403));
    assert_eq!(status("probe got status_code=503"), mismatch(503));
    assert_eq!(status("Probe: expected 200 to 399, received 500"), mismatch(500));
    assert_eq!(status("Received 404, accepted are 200–399"), mismatch(404));
    assert_eq!(status("Received 302, only 2xx is accepted by the probe"), mismatch(302));
    assert_eq!(status("Received 401, accepted are 200-399,401"), healthy(401));
    assert_eq!(status("Received 200 - accepted: between 200 and 399"), healthy(200));
    assert_eq!(status("The probe interval is 300 seconds"), ("unrecognised".to_owned(), None));
}

#[test]
fn the_words_decide_before_the_link() {
    let link = "To learn more visit - https://aka.ms/UnknownBackendHealth.";
    assert_eq!(read(&format!("Connection to the backend was refused. {link}")), "connect");
    assert_eq!(read(&format!("A sentence from the year 2031. {link}")), "unknown_status_plane");
}
