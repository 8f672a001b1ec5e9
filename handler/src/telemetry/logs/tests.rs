use std::io::Write;
use std::sync::{Arc, Mutex};

use tracing::subscriber::with_default;
use tracing_subscriber::layer::SubscriberExt as _;

use super::*;

fn settings(set: &[(&str, &str)], serving: bool, hosted: bool) -> Settings {
    let env = |name: &str| set.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned());
    Settings::read(env, "info", serving, hosted)
}

#[test]
fn lines_are_json_for_a_host_and_for_whoever_asks() {
    assert!(settings(&[], true, true).json);
    assert!(!settings(&[], true, false).json);
    assert!(settings(&[(FORMAT, "json")], true, false).json);
    assert!(settings(&[(FORMAT, "JSON")], false, false).json);
    assert!(!settings(&[(FORMAT, "text")], true, true).json);
}

#[test]
fn a_host_gets_both_streams_a_collector_stdout_and_a_command_leaves_it_to_the_result() {
    assert_eq!(settings(&[], true, true).to, To::Both);
    assert_eq!(settings(&[], true, false).to, To::Stdout);
    assert_eq!(settings(&[], false, false).to, To::Stderr);
}

#[test]
fn a_filter_that_cannot_be_read_is_the_usual_one() {
    assert_eq!(settings(&[(FILTER, "handler=trace")], true, false).filter, "handler=trace");
    for bad in ["", "handler=loud"] {
        assert_eq!(settings(&[(FILTER, bad)], true, false).filter, "info", "{bad}");
    }
}

/// What is written while `work` runs.
fn written(filter: &str, work: impl FnOnce()) -> Vec<Value> {
    let text = text_of(Lines { json: true }, filter, work);
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// The text that is written while `work` runs.
fn text_of(lines: Lines, filter: &str, work: impl FnOnce()) -> String {
    #[derive(Clone, Default)]
    struct Sink(Arc<Mutex<Vec<u8>>>);
    impl Write for Sink {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    let sink = Sink::default();
    let to = sink.clone();
    let layer = tracing_subscriber::fmt::layer().with_ansi(false).fmt_fields(JsonFields::new());
    let layer = layer.event_format(lines).with_writer(move || to.clone());
    let filter = EnvFilter::new(filter).and(spoken_for());
    with_default(Registry::default().with(layer.with_filter(filter)), work);
    let bytes = sink.0.lock().unwrap().clone();
    String::from_utf8(bytes).unwrap()
}

#[test]
fn a_line_has_the_ids_of_the_spans_around_it() {
    let lines = written("error", || {
        let wake = crate::ports::Wake::Incident(domain::incident::IncidentId::parse("INC-7K2F").unwrap());
        let _entered = crate::telemetry::spans::wake_up(&wake).entered();
        tracing::error!(error = "no answer", "it failed");
    });
    let [line] = lines.as_slice() else { panic!("{lines:?}") };
    assert!(line["time"].as_str().unwrap().ends_with('Z'));
    let told: Vec<_> = line.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(told.len(), 7, "{told:?}");
    for (key, value) in [
        ("level", "error"),
        ("target", "handler::telemetry::logs::tests"),
        ("message", "it failed"),
        ("error", "no answer"),
        ("incident", "INC-7K2F"),
        ("wakeup", "incident"),
    ] {
        assert_eq!(line[key], value, "{key}");
    }
}

#[test]
fn of_libraries_nothing_below_a_warning_is_let_through_whatever_the_filter_says() {
    let lines = written("trace", || {
        for target in ["hyper", "h2::codec", "rustls", "reqwest", "azure_core::http", "handlers"] {
            // The target of an event has to be a constant.
            match target {
                "hyper" => tracing::trace!(target: "hyper::proto", "Authorization: Bearer canary"),
                "h2::codec" => tracing::debug!(target: "h2::codec", "canary"),
                "rustls" => tracing::info!(target: "rustls", "canary"),
                "reqwest" => tracing::trace!(target: "reqwest", "canary"),
                "azure_core::http" => tracing::info!(target: "azure_core::http", "canary"),
                _ => tracing::info!(target: "handlers", "canary"),
            }
        }
        tracing::warn!(target: "hyper", "something is wrong");
        tracing::trace!(target: "handler::azure", "ours");
        tracing::trace!(target: "handler", "ours");
    });
    let said: Vec<_> = lines.iter().map(|line| line["message"].as_str().unwrap()).collect();
    assert_eq!(said, ["something is wrong", "ours", "ours"]);
}

#[test]
fn a_line_for_people_says_what_it_is_about_and_no_more() {
    let text = text_of(Lines { json: false }, "info", || {
        let wake = crate::ports::Wake::Incident(domain::incident::IncidentId::parse("INC-7K2F").unwrap());
        let _entered = crate::telemetry::spans::wake_up(&wake).entered();
        tracing::info!(failures = 2, error = "no answer", address = %"127.0.0.1:80", "it failed");
    });
    let (time, rest) = text.split_once(' ').unwrap();
    assert!(time.ends_with('Z'), "{text}");
    assert_eq!(
        rest,
        " INFO handler::telemetry::logs::tests: it failed address=127.0.0.1:80 error=\"no answer\" failures=2 \
         incident=INC-7K2F\n"
    );
}
