//! A plan as code, for whoever keeps the gateway in Bicep, Terraform or a script.
//!
//! What the bot has written is not in anybody's code, so the next deployment of the gateway would take it
//! back. [`pieces`] says the same change in the language of that code. What goes into a text of another
//! language is escaped for that language, whatever it is: neither a name nor a host nor a path can become
//! code.

mod beside;
mod bicep;
mod cli;
mod quote;
mod terraform;

#[cfg(test)]
mod tests;

use serde_json::Value;

use crate::gateway::json::{PROBES, SETTINGS, reference_name};
use crate::id::Name;
use crate::plan::{Edit, Plan, Pointer, Step};

/// A language in which people keep a gateway.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Language {
    /// Bicep, as an entry of `Microsoft.Network/applicationGateways`.
    Bicep,
    /// Terraform, as blocks of `azurerm_application_gateway`.
    Terraform,
    /// The Azure CLI, in bash.
    Az,
}

impl Language {
    /// All of them, in the order in which they are shown.
    pub const ALL: [Self; 3] = [Self::Bicep, Self::Terraform, Self::Az];

    /// What people call it.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Self::Bicep => "Bicep",
            Self::Terraform => "Terraform",
            Self::Az => "az",
        }
    }
}

/// What a plan changes, or an undo takes back, in a language: pieces of whole lines, in order. Joined by line
/// feeds they are the text, which ends without one; a long text is best cut between two pieces.
///
/// None, where the language has no words for the plan: what stands beside a gateway is said in bash alone.
#[must_use]
pub fn pieces(plan: &Plan, language: Language) -> Vec<String> {
    match language {
        Language::Az if plan.is_beside() => beside::pieces(plan),
        Language::Bicep | Language::Terraform if plan.is_beside() => Vec::new(),
        Language::Bicep => bicep::pieces(plan),
        Language::Terraform => terraform::pieces(plan),
        Language::Az => cli::pieces(plan),
    }
}

/// The whole text of [`pieces`].
#[must_use]
pub fn text(plan: &Plan, language: Language) -> String {
    pieces(plan, language).join("\n")
}

/// What one edit of a plan does, as far as Terraform and the Azure CLI have words for it.
enum Change<'a> {
    /// A probe comes, or becomes what it is to be.
    Probe { name: &'a Name, value: &'a Value, new: bool },
    /// A probe goes.
    NoProbe { name: &'a Name },
    /// A setting gets a probe.
    Attached { setting: &'a Name, probe: Name },
    /// A setting has no probe any more.
    Detached { setting: &'a Name },
    /// Something else comes or goes.
    Other { pointer: &'a Pointer, goes: bool },
}

/// The changes of a plan, in the order in which they are made.
fn changes(plan: &Plan) -> Vec<Change<'_>> {
    plan.edits().iter().map(change).collect()
}

fn change(edit: &Edit) -> Change<'_> {
    let after = edit.after.as_ref().filter(|value| !value.is_null());
    match (place(&edit.pointer), after) {
        (Place::Probe(name), Some(value)) => {
            let new = edit.before.as_ref().is_none_or(Value::is_null);
            Change::Probe { name, value, new }
        }
        (Place::Probe(name), None) => Change::NoProbe { name },
        (Place::ProbeOf(setting), None) => Change::Detached { setting },
        (Place::ProbeOf(setting), Some(_)) => match reference_name(&probe_field(after), "probe") {
            Some(probe) => Change::Attached { setting, probe },
            None => Change::Other { pointer: &edit.pointer, goes: false },
        },
        (Place::Elsewhere, _) => Change::Other { pointer: &edit.pointer, goes: after.is_none() },
    }
}

fn probe_field(reference: Option<&Value>) -> Value {
    serde_json::json!({ "probe": reference })
}

/// What a pointer points at.
enum Place<'a> {
    /// A probe.
    Probe(&'a Name),
    /// The reference of an HTTP setting to its probe.
    ProbeOf(&'a Name),
    /// Something else.
    Elsewhere,
}

fn place(pointer: &Pointer) -> Place<'_> {
    let key = |step: &Step, wanted: &str| matches!(step, Step::Key(key) if key == wanted);
    match pointer.steps() {
        [own, list, Step::Named { named }] if key(own, "properties") && key(list, PROBES) => {
            Place::Probe(named)
        }
        [own, list, Step::Named { named }, inner, last]
            if key(own, "properties")
                && key(list, SETTINGS)
                && key(inner, "properties")
                && key(last, "probe") =>
        {
            Place::ProbeOf(named)
        }
        _ => Place::Elsewhere,
    }
}

/// The probes that a plan attaches without creating them: the code has to have them as well.
fn presumed(plan: &Plan) -> Vec<Name> {
    let changes = changes(plan);
    let comes = |wanted: &Name| {
        changes.iter().any(|change| matches!(change, Change::Probe { name, .. } if *name == wanted))
    };
    let mut presumed: Vec<Name> = Vec::new();
    for change in &changes {
        if let Change::Attached { probe, .. } = change
            && !comes(probe)
            && !presumed.contains(probe)
        {
            presumed.push(probe.clone());
        }
    }
    presumed
}
