//! A health probe of ours: created where none like it exists, and attached.

use serde_json::{Value, json};

use super::draft::{Draft, chosen};
use super::pointer::Pointer;
use super::probe::{host_for, new_probe, same_probe};
use super::{Edit, FixKind, Plan, PlanRefused, PlannedProbe, ProbeDefaults};
use crate::gateway::json::{self as raw, PROBES, SETTINGS};
use crate::gateway::{Gateway, HttpSetting, Probe, ProbeHost, Protocol};
use crate::id::Name;

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
        let draft = Draft::of(gateway, FixKind::HealthProbe)?;
        let mut probes = Probes {
            gateway,
            defaults,
            draft,
            planned: Vec::new(),
            creates: Vec::new(),
            attaches: Vec::new(),
        };
        for setting in chosen(gateway, settings)? {
            probes.add(&setting)?;
        }
        probes.finish()
    }
}

/// The probes of a plan in the making.
struct Probes<'a> {
    gateway: &'a Gateway,
    defaults: &'a ProbeDefaults,
    draft: Draft<'a>,
    planned: Vec<PlannedProbe>,
    creates: Vec<Edit>,
    attaches: Vec<Edit>,
}

impl Probes<'_> {
    /// Takes a setting in, unless its probe is as wanted already.
    fn add(&mut self, setting: &HttpSetting) -> Result<(), PlanRefused> {
        let host = host_for(setting);
        let wanted = self.wanted(&Name::new(&self.defaults.name), &setting.protocol, &host);
        let current = setting.probe.as_ref().and_then(|name| raw::child(self.gateway.raw(), PROBES, name));
        if current.is_some_and(|current| same_probe(current, &wanted)) {
            return Ok(());
        }
        let probe = self.assign(setting, &host, &wanted)?;
        self.attaches.push(Edit::attaching(self.gateway, &setting.name, &probe));
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
        if let Some(known) = self.planned.iter_mut().find(fits) {
            known.settings.push(setting.name.clone());
            return Ok(known.probe.name.clone());
        }
        let (probe, created) = match self.existing(wanted) {
            Some(probe) => (probe, false),
            None => (self.create(&setting.protocol, host)?, true),
        };
        let name = probe.name.clone();
        self.planned.push(PlannedProbe { probe, created, settings: vec![setting.name.clone()] });
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
        let planned: Vec<&Name> = self.planned.iter().map(|planned| &planned.probe.name).collect();
        let name = self.draft.free_name(&self.defaults.name, &planned)?;
        let value = self.wanted(&name, protocol, host);
        let probe = Probe::read(name.clone(), &value);
        self.creates.push(Edit { pointer: Pointer::child(PROBES, &name), before: None, after: Some(value) });
        Ok(probe)
    }

    fn wanted(&self, name: &Name, protocol: &Protocol, host: &ProbeHost) -> Value {
        new_probe(self.gateway.id(), name, protocol, host, self.defaults)
    }

    fn finish(self) -> Result<Plan, PlanRefused> {
        let mut draft = self.draft;
        self.planned.into_iter().for_each(|planned| draft.decide_by(planned));
        self.creates.into_iter().chain(self.attaches).for_each(|edit| draft.edit(edit));
        draft.finish()
    }
}

impl Edit {
    /// Points an HTTP setting at a probe.
    pub(super) fn attaching(gateway: &Gateway, setting: &Name, probe: &Name) -> Self {
        let id = gateway.id().resource().child(PROBES, probe);
        let pointer = Pointer::child(SETTINGS, setting).key("properties").key("probe");
        let before = pointer.get(gateway.raw()).cloned();
        Self { pointer, before, after: Some(json!({ "id": id })) }
    }
}
