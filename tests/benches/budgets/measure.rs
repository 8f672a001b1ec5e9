//! The measurements, one function a budget.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use simulator::Scenario;
use tokio::runtime::Runtime;
use url::Url;

use crate::bot::{Bot, ticks};
use crate::diagnosis;
use crate::load::{Load, percentile};
use crate::outside::{self, Outside};
use crate::table::{Budget, Table};

/// How often a start, or a command, is repeated.
const STARTS: usize = 20;
/// The most commands that one load brings to the same incident: more than a channel ever will, and soon enough
/// done where they wait for each other.
const JOINING: usize = 2_000;
/// Between two commands of somebody who takes their time.
const PAUSE: Duration = Duration::from_millis(5);
/// How many such commands are typed.
const TYPED: usize = 1_000;
/// How long the worker may go on after the last acknowledgement before it is left alone.
const PATIENCE: Duration = Duration::from_secs(20);

/// After so long, spans and lines were delivered: OpenTelemetry's SDK waits for five seconds.
const DELIVERED: Duration = Duration::from_secs(8);

const START: Budget = Budget::Most(10.0, "ms");
const ACKNOWLEDGEMENT: Budget = Budget::Most(1.0, "ms");
const MEMORY: Budget = Budget::Most(20.0, "MB");
const REJECTED: Budget = Budget::Least(10_000.0, "/s");
const DIAGNOSIS: Budget = Budget::Most(10.0, "ms");
const LARGE_DIAGNOSIS: Budget = Budget::Most(50.0, "ms");

/// What is measured, and around what.
pub(crate) struct Bench<'a> {
    runtime: &'a Runtime,
    outside: Outside,
    program: PathBuf,
    requests: usize,
    rounds: usize,
}

impl<'a> Bench<'a> {
    /// Builds the outside.
    pub(crate) fn new(runtime: &'a Runtime, program: PathBuf, requests: usize, rounds: usize) -> Self {
        Self { runtime, outside: Outside::start(runtime), program, requests, rounds }
    }

    /// The program's size.
    pub(crate) fn sizes(&self, table: &mut Table) {
        let size = std::fs::metadata(&self.program).unwrap().len() as f64 / 1e6;
        let gzip = Command::new("gzip").args(["-9", "-c"]).arg(&self.program).stderr(Stdio::null()).output();
        let zipped = gzip.ok().filter(|gzip| gzip.status.success());
        let zipped = zipped
            .map_or(String::new(), |gzip| format!(", {:.1} MB by gzip -9", gzip.stdout.len() as f64 / 1e6));
        table.note("size of the program (the release profile strips it)", format!("{size:.1} MB{zipped}"));
    }

    /// From the spawn to the first acknowledgement, without and with OTLP.
    pub(crate) fn start(&self, table: &mut Table) {
        self.start_with(table, "", None);
        // What takes all that is said to Slack takes all that is told by OTLP as well.
        let collector = &self.outside.slack;
        self.start_with(table, ", OTLP on", Some(collector));
        let bot = Bot::spawn_with(&self.program, &fast_folder(), &self.outside, Some(collector));
        let request = self.outside.command(&format!("diagnose {}", self.outside.gateway()), 0);
        assert_eq!(bot.line().ask(&request).unwrap().status, 200);
        std::thread::sleep(DELIVERED);
        if let Some(resident) = bot.resident() {
            let what = "resident after the first delivery, OTLP on";
            table.judge(what, format!("{resident:.1} MB"), resident, MEMORY);
        }
    }

    fn start_with(&self, table: &mut Table, how: &str, collector: Option<&Url>) {
        let folder = fast_folder();
        let request = self.outside.command(&format!("diagnose {}", self.outside.gateway()), 0);
        let mut times = Vec::new();
        let mut resident = Vec::new();
        for _ in 0..STARTS {
            let bot = Bot::spawn_with(&self.program, &folder, &self.outside, collector);
            let mut line = bot.line();
            let answer = line.ask(&request).unwrap();
            times.push(bot.spawned.elapsed());
            assert!(answer.status == 200, "{}", String::from_utf8_lossy(answer.body));
            resident.extend(bot.resident());
        }
        times.sort_unstable();
        let (median, best) = (percentile(&times, 0.5), percentile(&times, 0.0));
        let words = format!("{median:.1} ms; best {best:.1}, worst {:.1}", percentile(&times, 1.0));
        table.judge(format!("spawn to first acknowledgement, median of {STARTS}{how}"), words, median, START);
        if let Some(median) = median_of(&mut resident) {
            table.judge(
                format!("resident after the first request{how}"),
                format!("{median:.1} MB"),
                median,
                MEMORY,
            );
        }
    }

    /// The floor, and the acknowledgements over a store in this folder.
    pub(crate) fn load(&self, table: &mut Table, place: &str, folder: &Path) {
        let diagnose = format!("diagnose {}", self.outside.gateway());
        for connections in [1, 16] {
            self.floor(table, place, folder, connections);
            let what = format!("joins one incident, {place}, {connections} conn.");
            self.acknowledged(table, &what, &diagnose, folder, connections, Duration::ZERO, JOINING);
            let what = format!("touches no incident, {place}, {connections} conn.");
            self.acknowledged(
                table,
                &what,
                "show INC-zzzzz",
                folder,
                connections,
                Duration::ZERO,
                usize::MAX,
            );
        }
        let what = format!("joins one incident, {place}, one every {} ms", PAUSE.as_millis());
        self.acknowledged(table, &what, &diagnose, folder, 1, PAUSE, TYPED);
    }

    /// What this load costs where the bot has nothing to do, and what checking a signature adds.
    fn floor(&self, table: &mut Table, place: &str, folder: &Path, connections: usize) {
        if place != "tmpfs" {
            return;
        }
        let bot = Bot::spawn(&self.program, folder, &self.outside);
        let health = vec![outside::health(); self.requests];
        let floor = Load::run(&bot, connections, Duration::ZERO, &health, 200, "ok");
        table.note(format!("floor: GET /health, {connections} conn."), told(&[floor]));
        let knocks = vec![Outside::knock(); self.requests];
        let checked = Load::run(&bot, connections, Duration::ZERO, &knocks, 200, "");
        table.note(format!("signature checked, nothing kept, {connections} conn."), told(&[checked]));
        assert_eq!(bot.kept().requests, 0);
    }

    #[expect(clippy::too_many_arguments, reason = "one load is many numbers")]
    fn acknowledged(
        &self,
        table: &mut Table,
        what: &str,
        text: &str,
        folder: &Path,
        connections: usize,
        pause: Duration,
        most: usize,
    ) {
        let mut rounds = Vec::new();
        let mut resident = Vec::new();
        let mut rests = Vec::new();
        for _ in 0..self.rounds {
            let bot = Bot::spawn(&self.program, folder, &self.outside);
            let mut requests = self.commands(text);
            requests.truncate(most);
            rounds.push(Load::run(&bot, connections, pause, &requests, 200, "ephemeral"));
            let left = bot.kept();
            // An acknowledgement that nothing stands behind would be a lie, and quick.
            assert_eq!(left.requests, requests.len(), "{what}: every acknowledged command is kept");
            resident.extend(bot.resident());
            let (took, still) = bot.rest(PATIENCE);
            let busy = bot.busy().map_or(0.0, |busy| busy / requests.len() as f64);
            rests.push((left.requests - left.finished, took, still, busy, bot.kept().longest));
            resident.extend(bot.resident());
        }
        let mut tails: Vec<f64> = rounds.iter().map(|load| load.percentile(0.99)).collect();
        let tail = median_of(&mut tails).unwrap_or_default();
        table.judge(format!("ack: {what}"), told(&rounds), tail, ACKNOWLEDGEMENT);
        rests.sort_unstable_by_key(|rest| rest.0);
        if let Some((left, took, still, busy, longest)) = rests.get(rests.len() / 2) {
            let rest = match still {
                0 => format!("done {:.1} s later", took.as_secs_f64()),
                _ => format!("{still} after {:.0} s more", took.as_secs_f64()),
            };
            let incident = match longest {
                0 => String::new(),
                _ => format!("; incident {:.0} kB", *longest as f64 / 1e3),
            };
            let words = format!("{left}, {rest}; CPU {busy:.2} ms a command{incident}");
            table.note("     requests left to the worker then", words);
        }
        let highest = resident.iter().copied().fold(0.0, f64::max);
        if highest > 0.0 {
            table.judge("     resident, the most after a run", format!("{highest:.1} MB"), highest, MEMORY);
        }
    }

    /// Requests that nobody signed.
    pub(crate) fn forgeries(&self, table: &mut Table) {
        let bot = Bot::spawn(&self.program, &fast_folder(), &self.outside);
        let text = format!("diagnose {}", self.outside.gateway());
        let forged: Vec<_> = (0..self.requests).map(|number| self.outside.forged(&text, number)).collect();
        let mut rounds = Vec::new();
        for _ in 0..self.rounds {
            rounds.push(Load::run(&bot, 16, Duration::ZERO, &forged, 401, "not signed"));
        }
        let kept = bot.kept();
        assert_eq!((kept.requests, kept.incidents), (0, 0), "nothing forged is kept");
        let mut rates: Vec<f64> = rounds.iter().map(Load::rate).collect();
        let rate = median_of(&mut rates).unwrap_or_default();
        table.judge("forged commands rejected, 16 conn.; store empty", told(&rounds), rate, REJECTED);
        if let Some(resident) = bot.resident() {
            table.judge("     resident after them", format!("{resident:.1} MB"), resident, MEMORY);
        }
    }

    /// The bot's own time in a diagnosis, and the command line's, Azure's answers and all.
    pub(crate) fn diagnoses(&self, table: &mut Table) {
        let mut slowest = (0.0, String::new());
        for scenario in Scenario::all() {
            let name = scenario.name().to_owned();
            let times = diagnosis::own_time(self.runtime, scenario);
            let median = percentile(&times, 0.5);
            if median > slowest.0 {
                slowest = (median, format!("{median:.2} ms, p99 {:.2} ({name})", percentile(&times, 0.99)));
            }
        }
        let what = "diagnosis, own time, the slowest scenario's median";
        table.judge(what, slowest.1, slowest.0, DIAGNOSIS);
        let times = diagnosis::own_time(self.runtime, tests::large_gateway());
        let words = format!("{:.2} ms, p99 {:.2}", percentile(&times, 0.5), percentile(&times, 0.99));
        let what = "the same, 40 listeners, 60 rules, 30 pools, 200 servers out of reach";
        table.judge(what, words, percentile(&times, 0.5), LARGE_DIAGNOSIS);
        let before = children_cpu();
        let mut times: Vec<_> = (0..STARTS).map(|_| self.diagnose()).collect();
        let cpu = before.zip(children_cpu()).map(|(before, after)| (after - before) / STARTS as f64);
        times.sort_unstable();
        let cpu = cpu.map_or(String::new(), |cpu| format!("; CPU time a run {cpu:.1} ms"));
        let words = format!("{:.1} ms; best {:.1}{cpu}", percentile(&times, 0.5), percentile(&times, 0.0));
        table.note("`agw diagnose`, spawn to exit, against the simulator", words);
    }

    fn diagnose(&self) -> Duration {
        let mut command = Command::new(&self.program);
        command.args(["diagnose", self.outside.azure.gateway_id()]).env_clear();
        command.env("AGW_ARM", self.outside.azure.base_url().as_str());
        command.env("AGW_SITE_PROXY", self.outside.azure.site_proxy().as_str());
        let start = Instant::now();
        let output = command.stdin(Stdio::null()).output().unwrap();
        let took = start.elapsed();
        assert_eq!(output.status.code(), Some(3), "{}", String::from_utf8_lossy(&output.stderr));
        took
    }

    fn commands(&self, text: &str) -> Vec<Vec<u8>> {
        (0..self.requests).map(|number| self.outside.command(text, number)).collect()
    }
}

/// Where a commit costs no disk, if there is such a place.
fn fast_folder() -> PathBuf {
    let (_, folder) = crate::places().swap_remove(0);
    folder
}

/// A line about one load that was run several times: medians, and the best.
fn told(rounds: &[Load]) -> String {
    let median = |of: &dyn Fn(&Load) -> f64| {
        let mut values: Vec<f64> = rounds.iter().map(of).collect();
        median_of(&mut values).unwrap_or_default()
    };
    let best = rounds.iter().map(|load| load.percentile(0.99)).fold(f64::INFINITY, f64::min);
    let (half, tail) = (median(&|load| load.percentile(0.5)), median(&|load| load.percentile(0.99)));
    let rate = median(&Load::rate);
    format!("p50 {half:.3} ms, p99 {tail:.3}, best p99 {best:.3}; {rate:.0}/s")
}

fn median_of(values: &mut [f64]) -> Option<f64> {
    values.sort_unstable_by(f64::total_cmp);
    values.get(values.len() / 2).copied()
}

/// The time in milliseconds that programs which we waited for spent on a processor, where the system tells.
fn children_cpu() -> Option<f64> {
    let stat = std::fs::read_to_string("/proc/self/stat").ok()?;
    ticks(&stat, 13)
}
