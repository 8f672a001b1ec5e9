//! How a handler lives and ends.

use std::time::Duration;

use super::{options, package, status};
use crate::functions::{FunctionsHost, HostState, Options, Outcome, Source};

fn dead(host: &FunctionsHost) -> Option<()> {
    matches!(host.state(), HostState::Dead(_)).then_some(())
}

#[tokio::test]
async fn a_good_answer_is_taken_and_its_lines_are_logged() {
    let dir = package();
    let host = FunctionsHost::start(options(&dir, "works")).await;
    assert!(host.start_to_ready() > Duration::ZERO && host.handler_pid().is_some());
    assert_eq!(host.fire("sweep").await, Outcome::Succeeded);
    assert!(host.log().iter().any(|line| line.source == Source::Answer && line.text == "done"));
    assert_eq!(host.invoke("work", "no envelope").await.status, 400);
    assert!(host.violations().is_empty());
    assert_eq!(host.stop().await.code, None, "it does not know SIGTERM");
    assert!(dead(&host).is_some());
}

#[tokio::test]
async fn an_answer_that_the_host_cannot_take_is_a_violation() {
    for (behaviour, violations) in [("fails", 0), ("answers a text", 1), ("breaks off", 0)] {
        let dir = package();
        let host = FunctionsHost::start(options(&dir, behaviour)).await;
        assert!(matches!(host.fire("sweep").await, Outcome::Failed(_)), "{behaviour}");
        assert_eq!(host.violations().len(), violations, "{behaviour}");
    }
}

#[tokio::test]
async fn when_a_functions_time_is_up_the_handler_is_restarted() {
    for (behaviour, violations) in [("answers null", 1), ("answers nothing", 1), ("works for ever", 0)] {
        let dir = package();
        let mut options = options(&dir, behaviour);
        options.pace.function_timeout = Some(Duration::from_millis(300));
        let host = FunctionsHost::start(options).await;
        assert_eq!(host.fire("sweep").await, Outcome::TimedOut, "{behaviour}");
        assert_eq!(host.violations().len(), violations, "{behaviour}");
        host.until("a second start", |host| {
            (host.starts() == 2 && host.state() == HostState::Running).then_some(())
        })
        .await;
    }
}

#[tokio::test]
async fn exit_code_0_is_intended_and_nobody_is_there_any_more() {
    let dir = package();
    let host = FunctionsHost::start(options(&dir, "0")).await;
    assert!(matches!(host.fire("sweep").await, Outcome::Failed(_)));
    host.until("the end", |host| (host.state() == HostState::Ended).then_some(())).await;
    assert!(matches!(host.fire("sweep").await, Outcome::Failed(why) if why.contains("unreachable")));
    assert_eq!(status(&host, "POST /api/echo").await, 500);
    assert_eq!(host.starts(), 1);
}

#[tokio::test]
async fn the_third_error_shuts_the_host_down_and_exit_code_200_is_none() {
    for (behaviour, errors) in [("7", true), ("200", false)] {
        let dir = package();
        let host = FunctionsHost::start(options(&dir, behaviour)).await;
        for _ in 0..4 {
            host.fire("sweep").await;
            let starts = host.invocations().len() + 1;
            host.until("another start or the end", |host| {
                (host.starts() == starts).then_some(()).or(dead(host))
            })
            .await;
        }
        assert_eq!(
            (dead(&host).is_some(), host.starts()),
            if errors { (true, 3) } else { (false, 5) },
            "{behaviour}"
        );
        if errors {
            assert_eq!(status(&host, "POST /api/echo").await, 503);
        }
    }
}

#[tokio::test]
async fn the_platform_may_start_a_new_host() {
    let dir = package();
    let mut options = options(&dir, "works");
    options.pace.platform_restarts = true;
    let host = FunctionsHost::start(options).await;
    for starts in 2..=4 {
        host.kill_handler();
        host.until("another start", |host| {
            (host.starts() == starts && host.state() == HostState::Running).then_some(())
        })
        .await;
    }
    assert_eq!(host.fresh_hosts(), 1);
    assert_eq!(host.fire("sweep").await, Outcome::Succeeded);
}

#[tokio::test]
async fn a_handler_that_never_gets_ready_ends_the_host() {
    for behaviour in ["ends with 3", "ends with 0", "is deaf"] {
        let dir = package();
        let mut options: Options = options(&dir, behaviour);
        options.pace.initialization = Some(Duration::from_millis(300));
        let host = FunctionsHost::attempt(options).await;
        assert!(dead(&host).is_some(), "{behaviour}");
        assert_eq!(host.starts(), 3, "{behaviour}");
    }
}
