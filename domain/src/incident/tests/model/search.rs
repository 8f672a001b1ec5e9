//! Breadth first, each state once.

use std::collections::{HashMap, VecDeque};

use super::node::Node;

/// What was found.
#[derive(Default)]
pub(super) struct Found {
    pub(super) states: usize,
    pub(super) steps: usize,
    /// What must not happen, each with the way there.
    pub(super) wrong: Vec<String>,
    /// States from which no way leads to rest.
    pub(super) stuck: Vec<String>,
    /// States at rest in which the plan was written, and in which nobody approved.
    pub(super) written: usize,
    pub(super) expired: usize,
}

impl std::fmt::Debug for Found {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { states, steps, wrong, stuck, .. } = self;
        write!(f, "{states} states, {steps} steps, {} wrong, {} stuck", wrong.len(), stuck.len())
    }
}

/// Looks at everything that can come after a node.
pub(super) fn search(first: Node) -> Found {
    let mut found = Found::default();
    let mut known: HashMap<String, usize> = HashMap::from([(first.brief(), 0)]);
    let mut before: Vec<Vec<usize>> = vec![Vec::new()];
    let mut came_by: Vec<(usize, String)> = vec![(0, String::new())];
    let mut at_rest = Vec::new();
    let mut waiting = VecDeque::from([(0, first)]);
    while let Some((index, node)) = waiting.pop_front() {
        if node.is_at_rest() {
            at_rest.push(index);
            found.written += usize::from(node.writes() > 0);
            found.expired += usize::from(node.has_expired());
        }
        for next in node.successors() {
            found.steps += 1;
            if let Some(wrong) = &next.wrong {
                if found.wrong.len() < 5 {
                    found.wrong.push(format!("{wrong}: {}, {}", way(&came_by, index), next.what));
                }
                continue;
            }
            let brief = next.brief();
            let place = known.get(&brief).copied().unwrap_or_else(|| {
                known.insert(brief, before.len());
                before.push(Vec::new());
                came_by.push((index, next.what.clone()));
                waiting.push_back((before.len() - 1, next));
                before.len() - 1
            });
            before[place].push(index);
        }
    }
    found.states = before.len();
    let reached = reach(&before, at_rest);
    let stuck = (0..before.len()).filter(|index| !reached[*index]);
    found.stuck = stuck.map(|index| way(&came_by, index)).collect();
    found
}

/// What happened on the shortest way to a state.
fn way(came_by: &[(usize, String)], mut index: usize) -> String {
    let mut steps = Vec::new();
    while index > 0 {
        let (from, what) = &came_by[index];
        steps.push(what.as_str());
        index = *from;
    }
    steps.reverse();
    steps.join(", ")
}

/// Which states lead to one of these.
fn reach(before: &[Vec<usize>], mut to: Vec<usize>) -> Vec<bool> {
    let mut reached = vec![false; before.len()];
    while let Some(index) = to.pop() {
        if !std::mem::replace(&mut reached[index], true) {
            to.extend(&before[index]);
        }
    }
    reached
}
