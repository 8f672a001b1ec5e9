//! How a plan is made.

use serde_json::{Value, json};

use super::defaults::LONGEST_NAME;
use super::pointer::Pointer;
use super::probe::{host_for, new_probe, same_probe};
use super::{Edit, Plan, PlanRefused, PlannedProbe, ProbeDefaults, ProbeList, Requirement};
use crate::gateway::json::{self as raw, L4_SETTINGS, PROBES, SETTINGS};
use crate::gateway::{BlastRadius, Gateway, HttpSetting, Probe, ProbeHost, Protocol, writable_child};
use crate::id::Name;

/// How many names are tried for a new probe.
const NAMES_TRIED: u32 = 99;

impl Plan {
    /// Plans a custom health probe for some HTTP settings: create it where none like it exists, and attach it.
    ///
    /// A probe has the protocol of its settings, so there is one for each protocol, and one for each way to
    /// choose a host: that of the setting where it has one or takes the server's own, else `127.0.0.1` as the
    /// default probe does. A probe that does the same and is there already is used again. If another probe has
    /// the name, the new one is called `{name}-2`, `{name}-3` and so on.
    ///
    /// # Errors
    /// When the gateway must not be written (an ingress controller owns it, it is not settled, or stopped), a
    /// setting does not exist or does not talk HTTP, the defaults break Azure's limits, or nothing is to do.
    pub fn health_probe(
        gateway: &Gateway,
        settings: &[Name],
        defaults: &ProbeDefaults,
    ) -> Result<Self, PlanRefused> {
        defaults.validate()?;
        check_writable(gateway)?;
        let mut draft =
            Draft { gateway, defaults, probes: Vec::new(), creates: Vec::new(), attaches: Vec::new() };
        for setting in chosen(gateway, settings)? {
            draft.add(&setting)?;
        }
        let plan = draft.finish()?;
        // The plan's own edits are tried at once: better refused now than after an approval.
        plan.apply(gateway.raw())?;
        Ok(plan)
    }
}

/// Refuses a gateway that must not be written now, whatever the change.
fn check_writable(gateway: &Gateway) -> Result<(), PlanRefused> {
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
fn chosen(gateway: &Gateway, names: &[Name]) -> Result<Vec<HttpSetting>, PlanRefused> {
    let mut chosen: Vec<HttpSetting> = Vec::new();
    for name in names {
        let setting = gateway.setting(name).ok_or_else(|| no_setting(gateway, name))?;
        if !setting.protocol.is_http() {
            let HttpSetting { name: setting, protocol, .. } = setting;
            return Err(PlanRefused::UnsupportedProtocol { setting, protocol });
        }
        if !chosen.iter().any(|known| known.name == setting.name) {
            chosen.push(setting);
        }
    }
    if chosen.is_empty() { Err(PlanRefused::NoSettings) } else { Ok(chosen) }
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

/// A plan in the making.
struct Draft<'a> {
    gateway: &'a Gateway,
    defaults: &'a ProbeDefaults,
    probes: Vec<PlannedProbe>,
    creates: Vec<Edit>,
    attaches: Vec<Edit>,
}

impl Draft<'_> {
    /// Takes a setting in, unless its probe is as wanted already.
    fn add(&mut self, setting: &HttpSetting) -> Result<(), PlanRefused> {
        let host = host_for(setting);
        let wanted = self.wanted(&Name::new(&self.defaults.name), &setting.protocol, &host);
        let current = setting.probe.as_ref().and_then(|name| raw::child(self.gateway.raw(), PROBES, name));
        if current.is_some_and(|current| same_probe(current, &wanted)) {
            return Ok(());
        }
        let probe = self.assign(setting, &host, &wanted)?;
        let id = self.gateway.id().resource().child(PROBES, &probe);
        let pointer = Pointer::child(SETTINGS, &setting.name).key("properties").key("probe");
        let before = pointer.get(self.gateway.raw()).cloned();
        self.attaches.push(Edit { pointer, before, after: Some(json!({ "id": id })) });
        Ok(())
    }

    /// Gives a setting its probe: one planned already, one that is there, or a new one.
    fn assign(
        &mut self,
        setting: &HttpSetting,
        host: &ProbeHost,
        wanted: &Value,
    ) -> Result<Name, PlanRefused> {
        let fits =
            |known: &&mut PlannedProbe| known.probe.protocol == setting.protocol && known.probe.host == *host;
        if let Some(known) = self.probes.iter_mut().find(fits) {
            known.settings.push(setting.name.clone());
            return Ok(known.probe.name.clone());
        }
        let (probe, created) = match self.existing(wanted) {
            Some(probe) => (probe, false),
            None => (self.create(&setting.protocol, host)?, true),
        };
        let name = probe.name.clone();
        self.probes.push(PlannedProbe { probe, created, settings: vec![setting.name.clone()] });
        Ok(name)
    }

    /// A probe that is there and does the same; rather the one with the wanted name.
    fn existing(&self, wanted: &Value) -> Option<Probe> {
        let alike: Vec<Name> = raw::children(self.gateway.raw(), PROBES)
            .filter(|(_, probe)| same_probe(probe, wanted))
            .map(|(name, _)| name)
            .collect();
        let named = alike.iter().find(|name| **name == Name::new(&self.defaults.name));
        self.gateway.probe(named.or_else(|| alike.first())?)
    }

    fn create(&mut self, protocol: &Protocol, host: &ProbeHost) -> Result<Probe, PlanRefused> {
        let name = self.free_name()?;
        let value = self.wanted(&name, protocol, host);
        let probe = Probe::read(name.clone(), &value);
        self.creates.push(Edit { pointer: Pointer::child(PROBES, &name), before: None, after: Some(value) });
        Ok(probe)
    }

    fn wanted(&self, name: &Name, protocol: &Protocol, host: &ProbeHost) -> Value {
        new_probe(self.gateway.id(), name, protocol, host, self.defaults)
    }

    fn free_name(&self) -> Result<Name, PlanRefused> {
        let base = &self.defaults.name;
        let numbered = (2..=NAMES_TRIED).map(|number| format!("{base}-{number}"));
        [base.clone()]
            .into_iter()
            .chain(numbered)
            .filter(|name| name.len() <= LONGEST_NAME)
            .map(Name::new)
            .find(|name| !self.is_taken(name))
            .ok_or_else(|| PlanRefused::NameCollision { name: Name::new(base) })
    }

    fn is_taken(&self, name: &Name) -> bool {
        raw::child(self.gateway.raw(), PROBES, name).is_some()
            || self.probes.iter().any(|planned| planned.probe.name == *name)
    }

    fn finish(self) -> Result<Plan, PlanRefused> {
        if self.attaches.is_empty() {
            return Err(PlanRefused::NothingToDo);
        }
        let settings: Vec<Name> = self.probes.iter().flat_map(|planned| planned.settings.clone()).collect();
        let has_list = raw::properties(self.gateway.raw()).get(PROBES).is_some_and(Value::is_array);
        let begins = !has_list && !self.creates.is_empty();
        Ok(Plan {
            requires: self.requires(&settings),
            serves: serves(self.gateway, &settings),
            gateway: self.gateway.id().clone(),
            probes: self.probes,
            settings,
            edits: self.creates.into_iter().chain(self.attaches).collect(),
            undo: false,
            probe_list: if begins { ProbeList::Begun } else { ProbeList::Kept },
        })
    }

    /// The settings as they are, and the probes that are used again.
    fn requires(&self, settings: &[Name]) -> Vec<Requirement> {
        let reused = self.probes.iter().filter(|planned| !planned.created).map(|planned| &planned.probe.name);
        let places = settings.iter().map(|name| (SETTINGS, name)).chain(reused.map(|name| (PROBES, name)));
        places
            .filter_map(|(collection, name)| {
                let child = raw::child(self.gateway.raw(), collection, name)?;
                let pointer = Pointer::child(collection, name);
                Some(Requirement { pointer, value: writable_child(collection, child) })
            })
            .collect()
    }
}

/// What depends on any of some settings.
pub(super) fn serves(gateway: &Gateway, settings: &[Name]) -> BlastRadius {
    let mut radius = BlastRadius::default();
    settings.iter().for_each(|setting| radius.merge(gateway.serves(setting)));
    radius
}
