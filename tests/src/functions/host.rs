//! A host, from its start to its end.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep, timeout};
use url::Url;

use crate::functions::instance::Instance;
use crate::functions::queue::{INVISIBLE, Listener};
use crate::functions::record::{Invocation, Line, Outcome, Record, Source};
use crate::functions::schedule::Schedule;
use crate::functions::supervisor::{Order, supervise};
use crate::functions::timer::Timer;
use crate::functions::{Function, HostState, Package, Storage, Trigger, backoff, chance, front, process};

/// How long a test waits for something.
const LONGEST: Duration = Duration::from_secs(60);
/// Between two looks.
const PAUSE: Duration = Duration::from_millis(10);
/// How long a stopping host waits for what is under way (Azure/azure-functions-host,
/// `WebJobsScriptHostService.StopAsync`).
const GRACE: Duration = Duration::from_secs(10);

/// How a host is started.
#[derive(Debug, Clone)]
pub struct Options {
    /// The deployed folder.
    pub package: PathBuf,
    /// The app settings.
    pub settings: Vec<(String, String)>,
    /// How queues are reached. Without it nobody listens to them.
    pub queues: Option<Storage>,
    /// How HTTP requests reach the handler.
    pub mode: Mode,
    /// The key of the functions that want one.
    pub function_key: String,
    /// What goes faster than in Azure.
    pub pace: HostPace,
}

impl Options {
    /// A newer host for this folder at its own pace, with a key that nobody knows, no settings and no queues.
    #[must_use]
    pub fn new(package: impl Into<PathBuf>) -> Self {
        Self {
            package: package.into(),
            settings: Vec::new(),
            queues: None,
            mode: Mode::default(),
            function_key: chance::guid(),
            pace: HostPace::default(),
        }
    }
}

/// How HTTP requests reach the handler.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Mode {
    /// By a host that knows `enableProxyingHttpRequest`.
    #[default]
    Proxying,
    /// By an older one, which does not.
    Forwarding,
}

/// What a test may shorten or switch off. The default is the host's own.
#[derive(Debug, Clone)]
pub struct HostPace {
    /// Between two runs of a timer, instead of its schedule.
    pub tick: Option<Duration>,
    /// Whether timers fire. Of several instances one alone fires them, the one that holds a lease on a blob
    /// (Azure/azure-webjobs-sdk, `SingletonManager`).
    pub timers: bool,
    /// How long a message is invisible while it is worked on, renewed halfway. The service counts in whole
    /// seconds.
    pub invisible: Duration,
    /// How long a failed message stays invisible, instead of host.json's.
    pub visibility_timeout: Option<Duration>,
    /// The shortest wait between two looks into a queue.
    pub polling: Duration,
    /// The longest, instead of host.json's.
    pub max_polling: Option<Duration>,
    /// How long a function may take, instead of host.json's.
    pub function_timeout: Option<Duration>,
    /// How long the handler may take to become ready, instead of host.json's.
    pub initialization: Option<Duration>,
    /// Whether the platform starts a new host where one has shut down.
    pub platform_restarts: bool,
}

impl Default for HostPace {
    fn default() -> Self {
        Self {
            tick: None,
            timers: true,
            invisible: INVISIBLE,
            visibility_timeout: None,
            polling: backoff::SHORTEST,
            max_polling: None,
            function_timeout: None,
            initialization: None,
            platform_restarts: false,
        }
    }
}

/// What a handler ended with when it was asked to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stopped {
    /// Its exit code, if it was not ended by a signal.
    pub code: Option<i32>,
    /// How long it took.
    pub took: Duration,
}

/// What a handler answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// The type of the body.
    pub content_type: Option<String>,
    /// The body.
    pub body: Vec<u8>,
}

/// One instance of the Functions host, with the handler that it started.
#[derive(Debug)]
pub struct FunctionsHost {
    instance: Arc<Instance>,
    address: SocketAddr,
    supervisor: JoinHandle<()>,
    tasks: Mutex<Vec<JoinHandle<()>>>,
}

impl FunctionsHost {
    /// Starts a host, and waits until its handler is ready. Fails the test if it does not become so.
    pub async fn start(options: Options) -> Self {
        let host = Self::attempt(options).await;
        assert_eq!(host.state(), HostState::Running, "the handler did not start:\n{}", host.said());
        host
    }

    /// Starts a host, and waits until its handler is ready or the host gives up.
    pub async fn attempt(options: Options) -> Self {
        let package = Package::read(&options.package)
            .unwrap_or_else(|wrong| panic!("the host refuses the package:\n{}", wrong.join("\n")));
        check_connections(&package, &options.settings);
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a port");
        let address = listener.local_addr().expect("a bound port");
        let (orders, inbox) = mpsc::unbounded_channel();
        let instance = Arc::new(instance(package, options, orders));
        let supervisor = tokio::spawn(supervise(Arc::clone(&instance), inbox));
        let mut state = instance.state.subscribe();
        state.wait_for(|state| *state != HostState::Restarting).await.expect("a supervisor");
        let mut tasks = vec![tokio::spawn(front::serve(listener, Arc::clone(&instance)))];
        tasks.extend(listeners(&instance).into_iter().map(|listener| tokio::spawn(listener.listen())));
        if instance.pace.timers {
            tasks.extend(timers(&instance).into_iter().map(|timer| tokio::spawn(timer.tick())));
        }
        Self { instance, address, supervisor, tasks: Mutex::new(tasks) }
    }

    /// Where the public finds it.
    #[must_use]
    pub fn url(&self) -> Url {
        format!("http://{}/", self.address).parse().expect("an address")
    }

    /// What becomes of it.
    #[must_use]
    pub fn state(&self) -> HostState {
        self.instance.state.borrow().clone()
    }

    /// From the handler's latest start until it answered.
    #[must_use]
    pub fn start_to_ready(&self) -> Duration {
        *self.instance.ready.lock().unwrap()
    }

    /// How often the handler was started.
    #[must_use]
    pub fn starts(&self) -> usize {
        self.instance.starts.load(Ordering::SeqCst)
    }

    /// How often the platform started a new host after this one had shut down.
    #[must_use]
    pub fn fresh_hosts(&self) -> usize {
        self.instance.fresh.load(Ordering::SeqCst)
    }

    /// The handler's process, if there is one.
    #[must_use]
    pub fn handler_pid(&self) -> Option<u32> {
        *self.instance.pid.lock().unwrap()
    }

    /// Everything that the handler and the host wrote.
    #[must_use]
    pub fn log(&self) -> Vec<Line> {
        self.record().lines()
    }

    /// What the handler wrote on stderr.
    #[must_use]
    pub fn errors(&self) -> Vec<String> {
        let lines = self.log().into_iter().filter(|line| line.source == Source::Stderr);
        lines.map(|line| line.text).collect()
    }

    /// Each run of a function that is over.
    #[must_use]
    pub fn invocations(&self) -> Vec<Invocation> {
        self.record().invocations()
    }

    /// Each answer that the host choked on, in a sentence.
    #[must_use]
    pub fn violations(&self) -> Vec<String> {
        self.record().violations()
    }

    /// Runs a timer's function now, and gives the outcome.
    pub async fn fire(&self, function: &str) -> Outcome {
        let timer = timers(&self.instance).into_iter().find(|timer| timer.function == function);
        timer.unwrap_or_else(|| panic!("{function} has no timer")).fire().await
    }

    /// Posts any body to a trigger, as if it were an envelope, and gives what the handler answers. Nobody
    /// judges it.
    pub async fn invoke(&self, function: &str, body: impl Into<Vec<u8>>) -> Answer {
        let answer = self.instance.post(function, body.into()).await;
        answer.unwrap_or_else(|reason| panic!("{function} gave no answer: {reason}\n{}", self.said()))
    }

    /// Waits until something can be seen of it, and gives that. Fails the test if it takes too long.
    pub async fn until<T>(&self, what: &str, look: impl Fn(&Self) -> Option<T>) -> T {
        let began = Instant::now();
        loop {
            if let Some(found) = look(self) {
                return found;
            }
            assert!(began.elapsed() < LONGEST, "waited for {what} in vain. This was said:\n{}", self.said());
            sleep(PAUSE).await;
        }
    }

    /// Ends the handler with SIGKILL. The host notices, fails what was under way and starts it again.
    pub fn kill_handler(&self) {
        self.instance.orders.send(Order::Kill).ok();
    }

    /// The whole instance disappears at once, in the middle of everything: nothing is answered, nothing is
    /// released, and the messages that it held stay invisible until that ends by itself.
    pub async fn kill(&self) {
        let tasks: Vec<JoinHandle<()>> = std::mem::take(&mut *self.tasks.lock().unwrap());
        for task in &tasks {
            task.abort();
        }
        // The process is killed as the supervisor lets go of it.
        self.supervisor.abort();
        for task in tasks {
            task.await.ok();
        }
        while !self.supervisor.is_finished() {
            sleep(PAUSE).await;
        }
        *self.instance.pid.lock().unwrap() = None;
        self.instance.state.send_replace(HostState::Dead("the instance is gone".into()));
    }

    /// The platform takes the instance away: no new message is fetched, the handler gets SIGTERM, and what is
    /// under way may end within 10 seconds. Gives the handler's end.
    pub async fn stop(&self) -> Stopped {
        self.instance.stopping.send_replace(true);
        let (reply, stopped) = oneshot::channel();
        self.instance.orders.send(Order::Stop(reply)).ok();
        let stopped = timeout(LONGEST, stopped).await;
        let stopped = stopped.unwrap_or_else(|_| panic!("the handler ignores SIGTERM:\n{}", self.said()));
        self.instance.state.send_replace(HostState::Dead("the instance was stopped".into()));
        let mut tasks: Vec<JoinHandle<()>> = std::mem::take(&mut *self.tasks.lock().unwrap());
        // The first is the door, which stays open until the handler is gone.
        tasks.remove(0).abort();
        for mut task in tasks {
            if timeout(GRACE, &mut task).await.is_err() {
                task.abort();
            }
        }
        stopped.expect("a supervisor")
    }

    fn record(&self) -> &Record {
        &self.instance.record
    }

    /// The whole log as a text, for the message of a test that failed.
    #[must_use]
    pub fn said(&self) -> String {
        let line = |line: Line| format!("{:?} {:?}: {}\n", line.source, line.level, line.text);
        self.log().into_iter().map(line).collect()
    }
}

impl Drop for FunctionsHost {
    fn drop(&mut self) {
        self.supervisor.abort();
        self.tasks.lock().unwrap().iter().for_each(JoinHandle::abort);
    }
}

fn instance(package: Package, options: Options, orders: mpsc::UnboundedSender<Order>) -> Instance {
    let turns =
        package.functions.iter().map(|function| (function.name.clone(), Default::default())).collect();
    Instance {
        package,
        settings: options.settings,
        storage: options.queues,
        mode: options.mode,
        key: options.function_key,
        pace: options.pace,
        record: Record::default(),
        state: watch::Sender::new(HostState::Restarting),
        stopping: watch::Sender::new(false),
        client: Arc::default(),
        orders,
        port: process::free_port().into(),
        starts: 0.into(),
        fresh: 0.into(),
        ready: Mutex::default(),
        pid: Mutex::default(),
        turns,
    }
}

/// A connection is a setting, or the prefix of settings (Azure/azure-sdk-for-net, `StorageClientProvider`:
/// "Storage account connection string '…' does not exist").
fn check_connections(package: &Package, settings: &[(String, String)]) {
    for function in &package.functions {
        let Trigger::Queue { connection, .. } = &function.trigger else { continue };
        let known = ["", "__queueServiceUri", "__accountName"].map(|end| format!("{connection}{end}"));
        let given = settings.iter().any(|(name, _)| known.contains(name));
        assert!(given, "function {}: no setting says where the connection {connection} leads", function.name);
    }
}

fn listeners(instance: &Arc<Instance>) -> Vec<Listener> {
    let Some(storage) = &instance.storage else { return Vec::new() };
    let listener = |function: &Function| match &function.trigger {
        Trigger::Queue { binding, queue, .. } => Some(Listener {
            instance: Arc::clone(instance),
            storage: storage.clone(),
            function: function.name.clone(),
            binding: binding.clone(),
            queue: queue.clone(),
        }),
        _ => None,
    };
    instance.package.functions.iter().filter_map(listener).collect()
}

fn timers(instance: &Arc<Instance>) -> Vec<Timer> {
    let timer = |function: &Function| match &function.trigger {
        Trigger::Timer { binding, schedule } => Some(Timer {
            instance: Arc::clone(instance),
            function: function.name.clone(),
            binding: binding.clone(),
            schedule: Schedule::parse(schedule).expect("Package::read has seen it"),
        }),
        _ => None,
    };
    instance.package.functions.iter().filter_map(timer).collect()
}
