//! Servers and sites as people read about them.

use crate::card::{Fact, Text};
use crate::diagnosis::PathView;
use crate::evidence::{Seen, Visit};
use crate::health::Health;
use crate::id::Name;

/// Each server once for each pool and HTTP setting, however many rules lead there.
pub(super) fn servers(paths: &[PathView]) -> Vec<(&str, Health)> {
    let mut seen: Vec<(&Name, &Name, &str, Health)> = Vec::new();
    for path in paths {
        for server in &path.servers {
            let known = seen.iter().any(|(pool, setting, address, _)| {
                **pool == path.pool
                    && **setting == path.setting
                    && address.eq_ignore_ascii_case(&server.address)
            });
            if !known {
                seen.push((&path.pool, &path.setting, &server.address, server.health));
            }
        }
    }
    seen.into_iter().map(|(_, _, address, health)| (address, health)).collect()
}

/// `all 2 servers are Healthy`, `the one server is Healthy`, `1 of 2 servers Healthy, 1 draining`.
pub(super) fn servers_in_words(servers: &[(&str, Health)]) -> String {
    let of = |wanted: Health| servers.iter().filter(|(_, health)| *health == wanted).count();
    let healthy = of(Health::Healthy);
    let words = match servers.len() {
        0 => return "no server".to_owned(),
        1 if healthy == 1 => return "the one server is Healthy".to_owned(),
        1 => "the one server is not Healthy".to_owned(),
        all if healthy == all => return format!("all {all} servers are Healthy"),
        all => format!("{healthy} of {all} servers Healthy"),
    };
    match of(Health::Draining) {
        0 => words,
        draining => format!("{words}, {draining} draining"),
    }
}

pub(super) fn site_facts(visits: &[Visit]) -> Vec<Fact> {
    let fact = |visit: &Visit| {
        let url = Text::new().link(&visit.url, &visit.url);
        let value = match &visit.seen {
            Seen::GatewayError { status } => {
                url.say(" answers ").bold(format!("{status} from the gateway itself"))
            }
            Seen::Answer { status } => url.say(format!(" answers {status}")),
            Seen::Nothing { why } => url.say(format!(" not reached from here: {why}")),
        };
        Fact::new("Site", value)
    };
    visits.iter().take(3).map(fact).collect()
}

pub(super) fn server_lines(paths: &[PathView]) -> Vec<Text> {
    let mut lines = Vec::new();
    for path in paths {
        for server in &path.servers {
            let line = Text::of("Pool ").code(&path.pool).say(", server ").code(&server.address);
            let line = line.say(format!(": {}", health_word(server.health)));
            let line = if server.log.is_empty() { line } else { line.say(", ").code(&server.log) };
            if !lines.contains(&line) {
                lines.push(line);
            }
        }
    }
    lines
}

fn health_word(health: Health) -> &'static str {
    match health {
        Health::Healthy => "Healthy",
        Health::Unhealthy => "Unhealthy",
        Health::Partial => "partly healthy",
        Health::Draining => "draining",
        Health::Unknown => "Unknown",
    }
}
