//! What the bot tells those who run it, as a collector gets it.

use std::collections::BTreeSet;
use std::time::Duration;

use handler::telemetry::{events, names};
use sha2::{Digest, Sha256};
use tests::{Exposed, Mood, Number, Series, Setup, Span, Temper, envelope};

use crate::AGW;

/// The trace that goes with an id, as docs/operate.md says.
fn trace_of(id: &str) -> String {
    hex::encode(&Sha256::digest(format!("agw {id}"))[..16])
}

/// An alert, an approval, and the end of it. Gives the incident, and the longest time that somebody waited for an
/// answer.
async fn story(here: &Exposed) -> (String, Duration) {
    let (sent, took) = here.alert(here.usual_alert(), &[]).await;
    sent.taken();
    let incident = here.until_status("Unhealthy").await.incident();
    let approve = here.talk.button("Approve");
    let start = std::time::Instant::now();
    here.talk.press("alex", &approve).await;
    let longest = took.max(start.elapsed());
    here.until_status("Fixed").await;
    assert_eq!(here.azure.puts(), 1);
    (incident, longest)
}

fn named<'a>(spans: &'a [Span], name: &str) -> Vec<&'a Span> {
    spans.iter().filter(|span| span.name == name).collect()
}

fn one<'a>(spans: &'a [Span], name: &str) -> &'a Span {
    let found = named(spans, name);
    assert_eq!(found.len(), 1, "{name}: {:#?}", spans.iter().map(|span| &span.name).collect::<Vec<_>>());
    found[0]
}

fn with<'a>(series: &'a [Series], field: &str, value: &str) -> &'a Series {
    let found: Vec<_> =
        series.iter().filter(|one| one.fields.get(field).is_some_and(|it| it == value)).collect();
    assert_eq!(found.len(), 1, "{field}={value}: {series:#?}");
    found[0]
}

#[tokio::test]
async fn a_story_is_told_in_spans_that_share_its_ids() {
    let mut here = Exposed::open(Setup { log: "info,handler=debug", ..Setup::of(AGW) }).await;
    let (incident, _) = story(&here).await;
    here.stop().await;
    let spans = here.collector.spans();

    // Who came in: it leads to what was kept.
    let alert = one(&spans, "POST /api/alerts");
    let request = alert.field(names::REQUEST);
    assert_eq!((alert.field(names::ROUTE), alert.field(names::STATUS)), ("/api/alerts", "200"));
    assert_eq!((alert.parent.as_str(), request.len()), ("", 64));
    assert_eq!(alert.links, [trace_of(request)]);
    let click = one(&spans, "POST /api/slack/interactions");
    assert_eq!(click.field(names::INCIDENT), incident);

    // What was kept: it leads to the incident.
    let routes = named(&spans, "route");
    let route =
        routes.iter().find(|route| route.field(names::REQUEST) == request).expect("the alert is routed");
    let woken = spans.iter().find(|span| span.id == route.parent).expect("within a wake-up");
    assert_eq!((woken.name.as_str(), woken.parent.as_str()), ("wake-up request", ""));
    assert_eq!((&route.trace, &woken.trace), (&trace_of(request), &trace_of(request)));
    assert_eq!((route.field(names::INCIDENT), route.field(names::ASK)), (incident.as_str(), "alert"));
    assert!(route.field(names::GATEWAY).eq_ignore_ascii_case(here.azure.gateway_id()));
    assert_eq!(route.links, [trace_of(&incident)]);

    // The incident: one trace, and every span of it says which.
    let whole: Vec<&Span> = spans.iter().filter(|span| span.trace == trace_of(&incident)).collect();
    let roots: Vec<_> = whole.iter().filter(|span| span.parent.is_empty()).collect();
    assert!(roots.len() > 3 && roots.iter().all(|root| root.name == "wake-up incident"), "{roots:#?}");
    assert!(roots.iter().all(|root| root.field(names::INCIDENT) == incident));
    let of = |name: &str| {
        whole.iter().copied().find(|span| span.name == name).unwrap_or_else(|| panic!("no {name}"))
    };
    for effect in ["effect diagnose", "effect apply", "effect read-back", "effect verify", "effect show"] {
        let effect = of(effect);
        assert_eq!(effect.field(names::INCIDENT), incident);
        assert!(roots.iter().any(|root| root.id == effect.parent), "{effect:#?}");
    }
    // A call to Azure belongs to the effect that needs it, whatever is done at once.
    let put = of("PUT Microsoft.Network/applicationGateways/write");
    assert_eq!(put.parent, of("effect apply").id);
    let ids = |span: &Span| {
        (span.field(names::CLIENT_REQUEST).to_owned(), span.field(names::CORRELATION).to_owned())
    };
    let sent = here.azure.exchanges().into_iter().find(|sent| sent.method == "PUT").unwrap();
    let header = |headers: &[(String, String)], name: &str| {
        headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.clone()).unwrap_or_default()
    };
    let theirs = (
        header(&sent.headers, "x-ms-client-request-id"),
        header(&sent.response_headers, "x-ms-correlation-request-id"),
    );
    assert_eq!((ids(put), theirs.0.len()), (theirs.clone(), 36));
    let calls: Vec<_> = spans.iter().filter(|span| !span.field(names::CLIENT_REQUEST).is_empty()).collect();
    assert_eq!(calls.len(), here.azure.exchanges().len(), "every call is told");
    let distinct: BTreeSet<_> = calls.iter().map(|call| call.field(names::CLIENT_REQUEST)).collect();
    assert_eq!(distinct.len(), calls.len(), "and has an id of its own");
    for call in calls {
        let parent = spans.iter().find(|span| span.id == call.parent).expect("a call has a parent");
        assert_eq!(parent.trace, call.trace);
        assert!(call.field(names::PATH).starts_with("/subscriptions"), "{call:#?}");
    }
    assert_eq!(of("slack post").field(names::OUTCOME), "done");

    let unknown = spans.iter().flat_map(|span| span.fields.keys());
    let unknown: BTreeSet<_> = unknown.filter(|key| !names::FIELDS.contains(&key.as_str())).collect();
    let usual = ["busy_ns", "idle_ns"].map(str::to_owned);
    assert!(unknown.iter().all(|key| usual.contains(key)), "{unknown:?}");
    assert_eq!(here.collector.complaints(), Vec::<String>::new());
}

#[tokio::test]
async fn a_story_is_told_in_metrics_and_lines() {
    let mut here = Exposed::open(Setup { log: "info,handler=debug", ..Setup::of(AGW) }).await;
    // Slack asks to wait, once.
    here.talk.slack.next("chat.postMessage", Mood::Busy(1));
    let (incident, _) = story(&here).await;
    here.stop().await;
    let collector = &here.collector;

    let resource = collector.resource();
    assert_eq!((resource["service.name"].as_str(), resource["service.instance.id"].len()), ("agw", 36));
    assert_eq!(resource["deployment.environment.name"], "test");
    assert!(!resource["service.version"].is_empty());

    for name in collector.metrics() {
        let known = names::METRICS.iter().find(|metric| metric.name == name);
        let known = known.unwrap_or_else(|| panic!("{name} is not in the list"));
        for series in collector.series(&name) {
            assert_eq!((series.unit.as_str(), series.about.as_str()), (known.unit, known.about));
            assert!(series.fields.keys().all(|key| names::FIELDS.contains(&key.as_str())), "{series:?}");
        }
    }
    let once = |name: &str, field: &str, value: &str, at_most: f64| {
        let all = collector.series(name);
        let Number::Spread(count, sum) = with(&all, field, value).number else { panic!("{all:#?}") };
        assert_eq!(count, 1, "{name}");
        assert!(sum > 0.0 && sum < at_most, "{name}: {sum} s");
    };
    once(names::ANSWERED.name, names::ROUTE, "/api/alerts", 5.0);
    once(names::ANSWERED.name, names::ROUTE, "/api/slack/interactions", 5.0);
    once(names::FOUND.name, names::OPENED_BY, "alert", 40.0);
    once(names::FIXED.name, names::OPENED_BY, "alert", 80.0);
    let count = |name: &str, field: &str, value: &str| with(&collector.series(name), field, value).number;
    assert_eq!(count(names::OPENED.name, names::OPENED_BY, "alert"), Number::Count(1));
    assert_eq!(count(names::WRITES.name, names::OUTCOME, "approved"), Number::Count(1));
    assert_eq!(count(names::WRITES.name, names::OUTCOME, "applied"), Number::Count(1));
    assert_eq!(collector.series(names::WRITES.name).len(), 2);
    let calls = collector.series(names::CALLED.name).into_iter().map(|series| match series.number {
        Number::Spread(count, _) => usize::try_from(count).unwrap(),
        Number::Count(_) => panic!("{series:?}"),
    });
    assert_eq!(calls.sum::<usize>(), here.azure.exchanges().len());
    let waited = collector.series(names::WAITED.name);
    // A wake-up may come twice, from the queue and from the sweep.
    assert!(matches!(waited[0].number, Number::Spread(2.., _)), "an alert and a click: {waited:?}");
    assert_eq!(count(names::THROTTLED.name, names::SERVICE, "slack"), Number::Count(1));
    let busy: Vec<_> = collector.series(names::POSTED.name);
    let busy = busy.iter().filter(|series| series.fields[names::OUTCOME] == "throttled");
    assert_eq!(busy.map(|series| series.fields[names::PLATFORM].as_str()).collect::<Vec<_>>(), ["slack"]);
    assert!(collector.series(names::BURIED.name).is_empty());

    let lines = collector.lines();
    let moves: Vec<_> = lines.iter().filter(|line| line.text == events::MOVED).collect();
    let states: Vec<_> = moves.iter().map(|line| line.fields[names::STATE].as_str()).collect();
    assert_eq!(states, ["proposed", "approved", "applying", "verifying", "fixed"]);
    assert!(moves.iter().all(|line| line.fields[names::INCIDENT] == incident));
    // The click is routed in a trace of its own; everything else is the incident's.
    let its_own = moves.iter().filter(|line| line.trace == trace_of(&incident)).count();
    assert_eq!(its_own, 4, "{moves:#?}");
    let said = here.said();
    for text in
        [events::THROTTLED, events::OPENED, events::FOUND, events::FIXED, events::WROTE, events::ANSWERED]
    {
        assert!(lines.iter().any(|line| line.text == text), "{text}");
        assert!(said.contains(text), "{text}");
    }
}

#[tokio::test]
async fn a_collector_that_is_away_busy_or_silent_keeps_nobody_waiting() {
    for temper in [Temper::Away, Temper::Refuses(503), Temper::Silent] {
        let mut here = Exposed::open(Setup { temper, log: "info,handler=debug", ..Setup::of(AGW) }).await;
        let (_, longest) = story(&here).await;
        // The exporter itself would wait for ten seconds.
        assert!(longest < Duration::from_secs(3), "{temper:?}: {longest:?}");
        let stopped = here.stop().await;
        assert!(stopped < Duration::from_secs(9), "{temper:?}: {stopped:?}");
        let warnings = here.said().lines().filter(|line| line.contains("does not take what is told")).count();
        match temper {
            Temper::Silent => assert!(here.collector.requests() > 0),
            _ => assert_eq!(warnings, 1, "once in a while, and not each time: {}", here.said()),
        }
    }
}

#[tokio::test]
async fn under_a_host_lines_are_json_and_spans_leave_with_the_invocation_that_the_host_traces() {
    let mut here = Exposed::open(Setup { hosted: true, log: "info,handler=debug", ..Setup::of(AGW) }).await;
    let (host, at_host) = ("0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331");
    // The host does not keep its span, as where it tells Application Insights by itself. Ours is kept.
    let traced = format!("00-{host}-{at_host}-00");
    let headers = [("traceparent", traced.as_str()), ("tracestate", "vendor=theirs")];
    let kept = here.alert(here.usual_alert(), &headers).await.0.taken().json();
    let request = kept["request"].as_str().unwrap().to_owned();
    let work = envelope(&format!("request:{request}"));
    here.talk.post("/work", &[("content-type", "application/json"), headers[0]], work).await.taken();
    // The invocation has ended, and with it this delivery. The span of the invocation itself comes with the next one.
    let spans = here.collector.spans();
    let woken = one(&spans, "wake-up request");
    assert_eq!((woken.trace.as_str(), woken.parent.as_str()), (trace_of(&request).as_str(), ""));
    assert_eq!(woken.links, [host], "it leads to the invocation");
    let alert = one(&spans, "POST /api/alerts");
    assert_eq!((alert.trace.as_str(), alert.parent.as_str()), (host, at_host));
    assert_eq!(alert.trace_state, "");

    here.stop().await;
    assert_eq!(one(&here.collector.spans(), "POST /work").parent, at_host);
    let read = |text: &str| -> Vec<serde_json::Value> {
        let lines = text.lines().filter(|line| !line.is_empty());
        lines.map(|line| serde_json::from_str(line).unwrap_or_else(|_| panic!("no JSON: {line}"))).collect()
    };
    let (all, errors) = (read(&here.said()), read(&here.complained()));
    let is_error = |line: &serde_json::Value| ["warn", "error"].contains(&line["level"].as_str().unwrap());
    assert!(errors.iter().all(is_error), "{errors:#?}");
    assert_eq!(all.iter().filter(|line| is_error(line)).count(), errors.len());
    let opened = all.iter().find(|line| line["message"] == events::OPENED).expect("it was opened");
    assert_eq!((&opened["request"], &opened["wakeup"]), (&request.clone().into(), &"request".into()));
    assert!(opened["incident"].as_str().unwrap().starts_with("INC-"));
}
