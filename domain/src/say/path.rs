//! The way from a listener to the servers, with the broken link marked.

use crate::card::Text;
use crate::cause::{self, Link};
use crate::diagnosis::{Diagnosis, Finding, PathView, ServerView, Verdict};
use crate::health::Health;
use crate::id::Name;

/// `listener → rule → setting → ✗ default probe / → pool → 2 servers`: ✗ stands before what is broken, ? before
/// what may be. Nothing, where no rule leads to a server.
pub(super) fn path(found: &Diagnosis, finding: &Finding) -> Text {
    let broken = Mark { link: cause::by_id(&finding.cause).map(cause::Cause::breaks), sure: finding.verdict };
    if broken.link == Some(Link::Rule) && finding.setting.is_none() {
        // A rule that is missing is on none of the ways that there are.
        return Text::new();
    }
    let ways: Vec<&PathView> = found.paths.iter().filter(|path| is_about(path, finding)).collect();
    let Some(way) = ways.iter().find(|way| way.servers.iter().any(is_sick)).or(ways.first()) else {
        return Text::new();
    };
    let mut line = Line(Text::new());
    if broken.link == Some(Link::Gateway) {
        line.put(&broken, Link::Gateway, found.gateway.name().as_str());
    }
    line.put(&broken, Link::Listener, &and_more(&way.listener, ways.iter().map(|way| &way.listener)));
    line.put(&broken, Link::Rule, &rules(way, &ways));
    line.put(&broken, Link::Setting, way.setting.as_str());
    line.put(&broken, Link::Probe, &way.probe);
    line.put(&broken, Link::Pool, &and_more(&way.pool, ways.iter().map(|way| &way.pool)));
    if broken.link == Some(Link::Network) {
        line.put(&broken, Link::Network, "network");
    }
    line.put(&broken, Link::Server, &servers(way, broken.link == Some(Link::Server)));
    line.0
}

fn is_about(path: &PathView, finding: &Finding) -> bool {
    let pool = finding.pools.is_empty() || finding.pools.contains(&path.pool);
    pool && finding.setting.as_ref().is_none_or(|setting| *setting == path.setting)
}

fn is_sick(server: &ServerView) -> bool {
    !matches!(server.health, Health::Healthy | Health::Draining)
}

/// What is broken, and whether that is certain.
struct Mark {
    link: Option<Link>,
    sure: Verdict,
}

/// The line so far.
struct Line(Text);

impl Line {
    fn put(&mut self, broken: &Mark, link: Link, name: &str) {
        let line = std::mem::take(&mut self.0);
        let line = if line.is_empty() { line } else { line.say(" → ") };
        let mark = if broken.sure == Verdict::Confirmed { "✗" } else { "?" };
        self.0 = match broken.link == Some(link) {
            true => line.bold(format!("{mark} {name}")),
            false => line.code(name),
        };
    }
}

/// A name, and how many others lead the same way.
fn and_more<'a>(first: &Name, all: impl Iterator<Item = &'a Name>) -> String {
    let mut others: Vec<&Name> = Vec::new();
    for name in all.filter(|name| *name != first) {
        if !others.contains(&name) {
            others.push(name);
        }
    }
    if others.is_empty() { first.to_string() } else { format!("{first} and {} more", others.len()) }
}

fn rules(way: &PathView, ways: &[&PathView]) -> String {
    let mut others: Vec<&str> =
        ways.iter().map(|way| way.rule.as_str()).filter(|rule| *rule != way.rule).collect();
    others.sort_unstable();
    others.dedup();
    if others.is_empty() { way.rule.clone() } else { format!("{} and {} more", way.rule, others.len()) }
}

/// The servers by name where they are few; only those that are sick, where it is they that are broken.
fn servers(way: &PathView, are_broken: bool) -> String {
    let sick = way.servers.iter().filter(|server| is_sick(server)).count();
    let is_shown = |server: &&ServerView| !are_broken || sick == 0 || is_sick(server);
    let names: Vec<&str> =
        way.servers.iter().filter(is_shown).map(|server| server.address.as_str()).collect();
    match names.as_slice() {
        [] => "no server".to_owned(),
        [_] | [_, _] => names.join(", "),
        some if some.len() < way.servers.len() => format!("{} of {} servers", some.len(), way.servers.len()),
        all => format!("{} servers", all.len()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnosis::diagnose;
    use crate::evidence::Evidence;
    use crate::evidence::fixture::{TIMEOUT, log_of};
    use crate::gateway::fixture::shop_with;
    use crate::plan::ProbeDefaults;

    #[test]
    fn only_the_servers_that_are_sick_are_marked_as_broken() {
        let logs = [TIMEOUT, &log_of(200)];
        let evidence = Evidence::healthy(shop_with(|_| {})).seen("api", "http", &logs);
        let found = diagnose(&evidence, &ProbeDefaults::default());
        let line = path(&found, found.lead().unwrap()).plain();
        assert_eq!(line, "shop → paths → http → default probe / → api → ? 10.0.0.4");
    }
}
