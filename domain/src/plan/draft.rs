//! What every plan for a gateway is made of, whatever it changes.

use serde_json::Value;

use super::defaults::LONGEST_NAME;
use super::pointer::Pointer;
use super::{Edit, FixKind, Plan, PlanRefused, PlannedProbe, ProbeList, Requirement};
use crate::gateway::json::{self as raw, L4_SETTINGS, PROBES, SETTINGS};
use crate::gateway::{BlastRadius, Gateway, HttpSetting, Protocol, writable_child};
use crate::id::Name;

/// How many names are tried for a new probe.
const NAMES_TRIED: u32 = 99;

/// A plan in the making.
#[derive(Debug)]
pub(super) struct Draft<'a> {
    gateway: &'a Gateway,
    kind: FixKind,
    settings: Vec<Name>,
    probes: Vec<PlannedProbe>,
    edits: Vec<Edit>,
}

impl<'a> Draft<'a> {
    /// A plan that changes nothing so far.
    ///
    /// # Errors
    /// When the gateway must not be written now, whatever the change.
    pub(super) fn of(gateway: &'a Gateway, kind: FixKind) -> Result<Self, PlanRefused> {
        check_writable(gateway)?;
        Ok(Self { gateway, kind, settings: Vec::new(), probes: Vec::new(), edits: Vec::new() })
    }

    /// Takes in an HTTP setting that the plan changes, or whose probe it changes.
    pub(super) fn touch(&mut self, setting: &Name) {
        if !self.settings.contains(setting) {
            self.settings.push(setting.clone());
        }
    }

    /// Whether a setting was taken in.
    pub(super) fn touches(&self, setting: &Name) -> bool {
        self.settings.contains(setting)
    }

    /// Takes in a probe that decides once the plan is in place, and the settings that have it then.
    pub(super) fn decide_by(&mut self, planned: PlannedProbe) {
        planned.settings.iter().for_each(|setting| self.touch(setting));
        self.probes.push(planned);
    }

    /// Takes in a changed probe, and of the settings that have it those that carry requests: the gateway does
    /// not probe for the others, so nothing could be measured there.
    pub(super) fn change_probe(&mut self, planned: PlannedProbe) {
        for setting in planned.settings.iter().filter(|setting| !self.gateway.serves(setting).is_empty()) {
            if !self.settings.contains(setting) {
                self.settings.push(setting.clone());
            }
        }
        self.probes.push(planned);
    }

    /// Takes in an edit.
    pub(super) fn edit(&mut self, edit: Edit) {
        self.edits.push(edit);
    }

    /// Gives a field of a child's properties another value, or none, unless it says that already.
    pub(super) fn set(&mut self, collection: &str, name: &Name, key: &str, after: Option<Value>) {
        let pointer = Pointer::child(collection, name).key("properties").key(key);
        let before = pointer.get(self.gateway.raw()).cloned();
        let edit = Edit { pointer, before, after };
        if !edit.is_in_effect(self.gateway.raw()) {
            self.edits.push(edit);
        }
    }

    /// A name for a new probe: this one, or the first of `{base}-2`, `{base}-3` … that neither the gateway has
    /// nor the plan has given away.
    ///
    /// # Errors
    /// When there is none.
    pub(super) fn free_name(&self, base: &str, given: &[&Name]) -> Result<Name, PlanRefused> {
        let numbered = (2..=NAMES_TRIED).map(|number| format!("{base}-{number}"));
        [base.to_owned()]
            .into_iter()
            .chain(numbered)
            .filter(|name| name.len() <= LONGEST_NAME)
            .map(Name::new)
            .find(|name| !self.is_taken(name) && !given.contains(&name))
            .ok_or_else(|| PlanRefused::NameCollision { name: Name::new(base) })
    }

    fn is_taken(&self, name: &Name) -> bool {
        raw::child(self.gateway.raw(), PROBES, name).is_some()
            || self.probes.iter().any(|planned| planned.probe.name == *name)
    }

    /// The plan. Its own edits are tried at once: better refused now than after an approval.
    ///
    /// # Errors
    /// When nothing is to do, or the edits cannot be made.
    pub(super) fn finish(self) -> Result<Plan, PlanRefused> {
        if self.edits.is_empty() {
            return Err(PlanRefused::NothingToDo);
        }
        let has_list = raw::properties(self.gateway.raw()).get(PROBES).is_some_and(Value::is_array);
        let begins = !has_list && self.probes.iter().any(|planned| planned.created);
        let plan = Plan {
            requires: self.requires(),
            serves: serves(self.gateway, &self.settings),
            gateway: self.gateway.id().clone(),
            kind: self.kind,
            probes: self.probes,
            settings: self.settings,
            edits: self.edits,
            undo: false,
            beside: Vec::new(),
            probe_list: if begins { ProbeList::Begun } else { ProbeList::Kept },
        };
        plan.apply(self.gateway.raw())?;
        Ok(plan)
    }

    /// The settings as they are, and the probes that are there already.
    fn requires(&self) -> Vec<Requirement> {
        let there = self.probes.iter().filter(|planned| !planned.created).map(|planned| &planned.probe.name);
        let places =
            self.settings.iter().map(|name| (SETTINGS, name)).chain(there.map(|name| (PROBES, name)));
        places
            .filter_map(|(collection, name)| {
                let child = raw::child(self.gateway.raw(), collection, name)?;
                let pointer = Pointer::child(collection, name);
                Some(Requirement { pointer, value: writable_child(collection, child) })
            })
            .collect()
    }
}

/// Refuses a gateway that must not be written now, whatever the change.
///
/// # Errors
/// When an ingress controller owns it, it is not settled, or it does not run.
pub(super) fn check_writable(gateway: &Gateway) -> Result<(), PlanRefused> {
    if let Some(sign) = gateway.ingress_controller() {
        return Err(PlanRefused::IngressController { sign });
    }
    if !gateway.is_settled() {
        return Err(PlanRefused::NotSettled { state: gateway.provisioning_state().to_owned() });
    }
    if !gateway.is_running() {
        return Err(PlanRefused::NotRunning { state: gateway.operational_state().to_owned() });
    }
    Ok(())
}

/// The named settings, each once.
///
/// # Errors
/// When none is named, or one does not exist or does not talk HTTP.
pub(super) fn chosen(gateway: &Gateway, names: &[Name]) -> Result<Vec<HttpSetting>, PlanRefused> {
    let mut chosen: Vec<HttpSetting> = Vec::new();
    for name in names {
        let setting = http_setting(gateway, name)?;
        if !chosen.iter().any(|known| known.name == setting.name) {
            chosen.push(setting);
        }
    }
    if chosen.is_empty() { Err(PlanRefused::NoSettings) } else { Ok(chosen) }
}

/// The setting of this name, if it talks HTTP.
///
/// # Errors
/// When it does not, or there is none.
pub(super) fn http_setting(gateway: &Gateway, name: &Name) -> Result<HttpSetting, PlanRefused> {
    let setting = gateway.setting(name).ok_or_else(|| no_setting(gateway, name))?;
    if !setting.protocol.is_http() {
        let HttpSetting { name: setting, protocol, .. } = setting;
        return Err(PlanRefused::UnsupportedProtocol { setting, protocol });
    }
    Ok(setting)
}

fn no_setting(gateway: &Gateway, name: &Name) -> PlanRefused {
    match raw::child(gateway.raw(), L4_SETTINGS, name) {
        Some(setting) => PlanRefused::UnsupportedProtocol {
            setting: name.clone(),
            protocol: Protocol::read(raw::properties(setting)),
        },
        None => PlanRefused::NoSuchSetting(name.clone()),
    }
}

/// What depends on any of some settings.
pub(super) fn serves(gateway: &Gateway, settings: &[Name]) -> BlastRadius {
    let mut radius = BlastRadius::default();
    settings.iter().for_each(|setting| radius.merge(gateway.serves(setting)));
    radius
}
