//! Many requests over some connections, and how long each took.

use std::sync::Barrier;
use std::thread;
use std::time::{Duration, Instant};

use crate::bot::Bot;
use crate::line::Line;

/// What one load came to.
pub(crate) struct Load {
    /// How long each answer took, the shortest first.
    times: Vec<Duration>,
    /// From the first request to the last answer.
    took: Duration,
}

impl Load {
    /// Sends these requests over so many connections, each waiting for its answer before it asks again, and
    /// pausing so long between the two. Every answer must have this status and hold these words.
    pub(crate) fn run(
        bot: &Bot,
        connections: usize,
        pause: Duration,
        requests: &[Vec<u8>],
        status: u16,
        words: &str,
    ) -> Self {
        let lines: Vec<_> = (0..connections).map(|_| bot.line()).collect();
        let together = Barrier::new(connections + 1);
        let share = requests.len().div_ceil(connections).max(1);
        thread::scope(|scope| {
            let one = |mut line: Line, requests| {
                let together = &together;
                move || {
                    together.wait();
                    send(&mut line, requests, pause, status, words)
                }
            };
            let mut shares = requests.chunks(share);
            let each = lines.into_iter().map(|line| one(line, shares.next().unwrap_or_default()));
            let threads: Vec<_> = each.map(|work| scope.spawn(work)).collect();
            together.wait();
            let start = Instant::now();
            let mut times: Vec<_> = threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect();
            let took = start.elapsed();
            times.sort_unstable();
            Self { times, took }
        })
    }

    /// The time that this share of the requests stayed within, in milliseconds.
    pub(crate) fn percentile(&self, share: f64) -> f64 {
        percentile(&self.times, share)
    }

    /// Answers a second.
    pub(crate) fn rate(&self) -> f64 {
        self.times.len() as f64 / self.took.as_secs_f64()
    }
}

/// The time that this share of sorted times stays within, in milliseconds.
pub(crate) fn percentile(sorted: &[Duration], share: f64) -> f64 {
    let at = (sorted.len() as f64 * share).ceil() as usize;
    let found = sorted.get(at.saturating_sub(1).min(sorted.len().saturating_sub(1)));
    found.map_or(0.0, |time| time.as_secs_f64() * 1e3)
}

fn send(line: &mut Line, requests: &[Vec<u8>], pause: Duration, status: u16, words: &str) -> Vec<Duration> {
    let mut times = Vec::with_capacity(requests.len());
    for request in requests {
        if !pause.is_zero() {
            thread::sleep(pause);
        }
        let start = Instant::now();
        let answer = line.ask(request).expect("an answer");
        times.push(start.elapsed());
        let body = String::from_utf8_lossy(answer.body);
        assert!(answer.status == status && body.contains(words), "{}: {body}", answer.status);
    }
    times
}
