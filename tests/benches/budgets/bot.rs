//! The bot as a process of its own.

use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use rusqlite::{Connection, OpenFlags};
use tempfile::TempDir;
use url::Url;

use crate::line::Line;
use crate::outside::{Outside, SIGNING};

/// How long the bot may take to listen, or to come to rest, before this gives up.
const LONGEST: Duration = Duration::from_secs(60);
/// Between two tries to connect: a tenth of a percent of the budget would be less than the kernel's own.
const RETRY: Duration = Duration::from_micros(50);

/// A running bot over a store of its own.
pub(crate) struct Bot {
    /// Where it listens.
    pub(crate) address: SocketAddr,
    /// When it was spawned.
    pub(crate) spawned: Instant,
    child: Child,
    store: PathBuf,
    _folder: TempDir,
}

/// What is in a store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Kept {
    /// Requests that were accepted.
    pub(crate) requests: usize,
    /// Those of them that the worker is done with.
    pub(crate) finished: usize,
    /// Incidents, open or not.
    pub(crate) incidents: usize,
    /// The length of the longest incident.
    pub(crate) longest: usize,
}

impl Bot {
    /// Starts it with a new store in a new folder in this one.
    pub(crate) fn spawn(program: &Path, folder: &Path, outside: &Outside) -> Self {
        Self::spawn_with(program, folder, outside, None)
    }

    /// The same, and it tells what it does by OTLP, to this collector.
    pub(crate) fn spawn_with(
        program: &Path,
        folder: &Path,
        outside: &Outside,
        collector: Option<&Url>,
    ) -> Self {
        let folder = tempfile::Builder::new().prefix("agw-bench-").tempdir_in(folder).unwrap();
        std::fs::write(folder.path().join("agw.toml"), outside.config()).unwrap();
        let store = folder.path().join("agw.db");
        // Free now, and nobody else's in the next instant.
        let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let mut command = Command::new(program);
        command.args(["serve", "--store", "agw.db", "--listen", &address.to_string()]);
        command.current_dir(folder.path()).env_clear();
        command.env("AGW_SLACK_SIGNING_SECRET", SIGNING).env("AGW_SLACK_BOT_TOKEN", "xoxb-bench");
        command.env("AGW_ALERT_KEY", "an-alert-key-for-measurements");
        command.envs(collector.map(|url| ("OTEL_EXPORTER_OTLP_ENDPOINT", url.as_str())));
        // The log is written as ever, and read by nobody.
        command.stdin(Stdio::null()).stdout(Stdio::null());
        let spawned = Instant::now();
        let child = command.spawn().unwrap();
        Self { address, spawned, child, store, _folder: folder }
    }

    /// Connects as soon as it listens.
    pub(crate) fn line(&self) -> Line {
        loop {
            match Line::to(self.address) {
                Ok(line) => return line,
                Err(error) => assert!(self.spawned.elapsed() < LONGEST, "agw does not listen: {error}"),
            }
            sleep(RETRY);
        }
    }

    /// The memory that is its own or shared and in use now, where the system tells.
    pub(crate) fn resident(&self) -> Option<f64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).ok()?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
        let kib: f64 = line.split_whitespace().next()?.parse().ok()?;
        Some(kib * 1024.0 / 1e6)
    }

    /// The milliseconds that it has spent on a processor, where the system tells.
    pub(crate) fn busy(&self) -> Option<f64> {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.child.id())).ok()?;
        ticks(&stat, 11)
    }

    /// What is in its store.
    pub(crate) fn kept(&self) -> Kept {
        let db = Connection::open_with_flags(&self.store, OpenFlags::SQLITE_OPEN_READ_WRITE).unwrap();
        db.busy_timeout(LONGEST).unwrap();
        let count = |what: &str| db.query_row(what, [], |row| row.get::<_, u32>(0)).unwrap() as usize;
        Kept {
            requests: count("SELECT count(*) FROM requests"),
            finished: count("SELECT count(*) FROM requests WHERE finished_at IS NOT NULL"),
            incidents: count("SELECT count(*) FROM incidents"),
            longest: count("SELECT coalesce(max(length(doc)), 0) FROM incidents"),
        }
    }

    /// Waits until the worker is done with everything, and tells how long that took, and what was left then.
    pub(crate) fn rest(&self, patience: Duration) -> (Duration, usize) {
        let start = Instant::now();
        loop {
            let kept = self.kept();
            let left = kept.requests - kept.finished;
            if left == 0 || start.elapsed() >= patience {
                return (start.elapsed(), left);
            }
            sleep(Duration::from_millis(100));
        }
    }
}

impl Drop for Bot {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Two neighbouring fields of a `stat` in `/proc`, counted from the one after the name, in milliseconds: Linux
/// tells them in hundredths of a second.
pub(crate) fn ticks(stat: &str, first: usize) -> Option<f64> {
    let mut fields = stat.rsplit(')').next()?.split_whitespace().skip(first);
    let user: f64 = fields.next()?.parse().ok()?;
    let system: f64 = fields.next()?.parse().ok()?;
    Some((user + system) * 10.0)
}
