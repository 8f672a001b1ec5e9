//! Keeps the handler running, as far as the host does.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use axum::body::Body;
use axum::http::Request;
use axum::http::header::HOST;
use http_body_util::BodyExt;
use tokio::process::Child;
use tokio::sync::{mpsc, oneshot};
use tokio::time::{Instant, sleep, sleep_until, timeout};

use crate::functions::client::Unanswered;
use crate::functions::host::Stopped;
use crate::functions::instance::{HostState, Instance};
use crate::functions::process::{self, Exit};
use crate::functions::record::Level;

/// Between two looks whether the handler is ready (Azure/azure-functions-host,
/// `WorkerConstants.WorkerReadyCheckPollingIntervalMilliseconds`).
const PING_EVERY: Duration = Duration::from_millis(25);
/// So many errors end the host (Azure/azure-functions-host,
/// `HttpFunctionInvocationDispatcher.ErrorEventsThreshold`).
const ERRORS: usize = 3;
/// An error this long after the last one counts as the first
/// (`WorkerConstants.WorkerRestartErrorIntervalThresholdInMinutes`).
const FORGIVEN: Duration = Duration::from_secs(30 * 60);

/// Until the platform has a new host where one shut down. In Azure it takes longer.
const FRESH: Duration = Duration::from_millis(100);

/// What the supervisor is told to do.
#[derive(Debug)]
pub(crate) enum Order {
    /// Kill the handler behind the host's back.
    Kill,
    /// Kill it and start it again, if it is still the one that was started as the n-th.
    Restart { start: usize },
    /// Ask it to end, and end with it.
    Stop(oneshot::Sender<Stopped>),
}

/// Why a life of the handler is over.
enum End {
    /// Start it again.
    Again,
    /// Start it again unless there were too many errors.
    Error(String),
    /// Do not start it again, though the host goes on.
    Intended,
    /// The whole host stops.
    Stopped,
}

/// Lets the handler live, again and again (Azure/azure-functions-host, `HttpFunctionInvocationDispatcher`).
pub(crate) async fn supervise(instance: Arc<Instance>, mut orders: mpsc::UnboundedReceiver<Order>) {
    let mut errors: Vec<Instant> = Vec::new();
    loop {
        let end = live(&instance, &mut orders).await;
        *instance.pid.lock().unwrap() = None;
        match end {
            End::Again => {}
            End::Intended => match ended(&instance, &mut orders).await {
                End::Stopped => return,
                _ => continue,
            },
            End::Stopped => return,
            End::Error(why) => {
                count(&mut errors, Instant::now());
                instance.says(Level::Error, why);
            }
        }
        if errors.len() >= ERRORS {
            errors.clear();
            if !dies(&instance) {
                return refuse(&mut orders).await;
            }
            sleep(FRESH).await;
        }
    }
}

/// Counts an error (`AddOrUpdateErrorBucket`).
fn count(errors: &mut Vec<Instant>, now: Instant) {
    if errors.last().is_some_and(|last| now - *last > FORGIVEN) {
        errors.clear();
    }
    errors.push(now);
}

/// The host shuts down. Says whether the platform starts a new one. Its queue listeners and its door stay; in
/// Azure they would be new as well.
fn dies(instance: &Instance) -> bool {
    let why = "Exceeded http worker restart retry count. Shutting down Functions Host";
    instance.says(Level::Error, why);
    if instance.pace.platform_restarts {
        instance.fresh.fetch_add(1, Ordering::SeqCst);
        instance.port.store(process::free_port(), Ordering::SeqCst);
        return true;
    }
    instance.state.send_replace(HostState::Dead(why.into()));
    false
}

async fn refuse(orders: &mut mpsc::UnboundedReceiver<Order>) {
    while let Some(order) = orders.recv().await {
        if let Order::Stop(reply) = order {
            reply.send(Stopped { code: None, took: Duration::ZERO }).ok();
        }
    }
}

/// After exit code 0 the host believes the handler to be there, until a function's time is up.
async fn ended(instance: &Instance, orders: &mut mpsc::UnboundedReceiver<Order>) -> End {
    instance.state.send_replace(HostState::Ended);
    while let Some(order) = orders.recv().await {
        match order {
            Order::Kill => {}
            Order::Restart { start } if start == instance.starts.load(Ordering::SeqCst) => return End::Again,
            Order::Restart { .. } => {}
            Order::Stop(reply) => {
                reply.send(Stopped { code: Some(0), took: Duration::ZERO }).ok();
                return End::Stopped;
            }
        }
    }
    End::Stopped
}

/// One life of the handler, from its start to its end.
async fn live(instance: &Arc<Instance>, orders: &mut mpsc::UnboundedReceiver<Order>) -> End {
    instance.state.send_replace(HostState::Restarting);
    let start = instance.starts.fetch_add(1, Ordering::SeqCst) + 1;
    let began = Instant::now();
    let mut child = match process::spawn(instance) {
        Ok(child) => child,
        Err(error) => return End::Error(format!("Failed to start the handler: {error}")),
    };
    *instance.pid.lock().unwrap() = child.id();
    let patience = instance.pace.initialization.unwrap_or(instance.package.host.initialization_timeout);
    let mut ready = Box::pin(timeout(patience, ready(instance)));
    let mut waiting = true;
    loop {
        tokio::select! {
            found = &mut ready, if waiting => {
                if found.is_err() {
                    child.kill().await.ok();
                    return End::Error("Initializing HttpWorker timed out.".into());
                }
                waiting = false;
                *instance.ready.lock().unwrap() = began.elapsed();
                instance.state.send_replace(HostState::Running);
            }
            status = child.wait() => {
                let exit = status.map(|status| Exit::of(status, &instance.record.last_errors(3)));
                return over(instance, exit, waiting.then_some(began + patience)).await;
            }
            order = orders.recv() => match obey(instance, &mut child, order, start).await {
                Some(end) => return end,
                None => continue,
            }
        }
    }
}

/// The handler ended by itself. One that ended with 0 before it was ready is still waited for, in vain
/// (Azure/azure-functions-host, `HttpWorkerChannel.DelayUntilWokerInitialized`).
async fn over(instance: &Instance, exit: std::io::Result<Exit>, not_ready_until: Option<Instant>) -> End {
    if exit.as_ref().is_ok_and(|exit| *exit != Exit::Intended) {
        instance.state.send_replace(HostState::Restarting);
    }
    match (exit, not_ready_until) {
        (Ok(Exit::Intended), None) => End::Intended,
        (Ok(Exit::Intended), Some(until)) => {
            sleep_until(until).await;
            End::Error("Initializing HttpWorker timed out.".into())
        }
        (Ok(Exit::Restart), _) => End::Again,
        (Ok(Exit::Error(why)), _) => End::Error(why),
        (Err(error), _) => End::Error(format!("the handler is lost: {error}")),
    }
}

async fn obey(instance: &Instance, child: &mut Child, order: Option<Order>, start: usize) -> Option<End> {
    match order {
        Some(Order::Kill) => {
            child.start_kill().ok();
            None
        }
        Some(Order::Restart { start: meant }) if meant == start => {
            instance.state.send_replace(HostState::Restarting);
            // Process.Kill() and a second of waiting (`WorkerProcess.Dispose`).
            child.kill().await.ok();
            Some(End::Again)
        }
        Some(Order::Restart { .. }) => None,
        Some(Order::Stop(reply)) => {
            reply.send(stop(child).await).ok();
            Some(End::Stopped)
        }
        None => Some(End::Stopped),
    }
}

/// The platform's SIGTERM (azure-functions-host issue 10479), and the handler's end.
async fn stop(child: &mut Child) -> Stopped {
    let began = Instant::now();
    if let Some(pid) = child.id() {
        process::terminate(pid).await;
    }
    let status = child.wait().await;
    Stopped { code: status.ok().and_then(|status| status.code()), took: began.elapsed() }
}

/// Waits until the handler answers: any status is good, and anything but a refused connection counts as an
/// answer (Azure/azure-functions-host, `DefaultHttpWorkerService.IsWorkerReady`: `GET /` every 25 ms).
async fn ready(instance: &Instance) {
    loop {
        match ping(instance).await {
            Err(Unanswered::Unreachable(_)) => sleep(PING_EVERY).await,
            Ok(()) | Err(Unanswered::Broken(_)) => return,
        }
    }
}

async fn ping(instance: &Instance) -> Result<(), Unanswered> {
    let port = instance.port();
    let request = Request::get("/").header(HOST, format!("127.0.0.1:{port}")).body(Body::empty());
    let answer = instance.client.send(port, 1, request.expect("a request")).await?;
    // Read to its end, as `HttpClient.SendAsync` does.
    answer.into_body().collect().await.ok();
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::time::Instant;

    use super::{FORGIVEN, count};

    #[test]
    fn an_error_long_after_the_last_one_is_the_first_again() {
        let (mut errors, start) = (Vec::new(), Instant::now());
        count(&mut errors, start);
        count(&mut errors, start + FORGIVEN);
        assert_eq!(errors.len(), 2);
        count(&mut errors, start + FORGIVEN * 2 + Duration::from_secs(1));
        assert_eq!(errors.len(), 1);
    }
}
