//! More patience for a probe.

use serde_json::json;

use super::draft::{Draft, http_setting};
use super::pointer::Pointer;
use super::probe::{host_for, new_probe, users_of};
use super::{Edit, FixKind, Plan, PlanRefused, PlannedProbe, ProbeDefaults};
use crate::gateway::json::PROBES;
use crate::gateway::{Gateway, HttpSetting, Probe};
use crate::id::Name;

/// What the name of a new probe ends with, and how much of the setting's name may stand before it: Azure takes
/// 80 characters, and a number may follow.
const SUFFIX: &str = "-probe";
const LONGEST_BASE: usize = 70;

impl Plan {
    /// Plans more time for the servers of HTTP settings to answer their probe: each setting with the seconds
    /// that a server may take. A custom probe gets a longer timeout; where the default probe decides, whose
    /// timeout is fixed, one that asks the same takes its place. The interval grows with the timeout, as it
    /// must not be shorter (the check that hashicorp/terraform-provider-azurerm makes).
    ///
    /// A custom probe may be that of other settings too: they wait longer as well, and are part of the plan.
    ///
    /// # Errors
    /// When the gateway must not be written, a setting does not exist or does not talk HTTP, Azure would not
    /// take the number, or the probes wait as long already.
    pub fn raise_timeout<'n>(
        gateway: &Gateway,
        wanted: impl IntoIterator<Item = (&'n Name, u32)>,
    ) -> Result<Self, PlanRefused> {
        let mut draft = Draft::of(gateway, FixKind::RaiseTimeout)?;
        let mut raised: Vec<(Probe, u32)> = Vec::new();
        let mut created: Vec<Name> = Vec::new();
        for (setting, timeout_s) in wanted {
            let setting = http_setting(gateway, setting)?;
            let acts = gateway.probe_of(&setting);
            if acts.timeout_s >= timeout_s {
                continue;
            }
            draft.touch(&setting.name);
            match acts.name.as_ref().and_then(|name| gateway.probe(name)) {
                Some(probe) => match raised.iter_mut().find(|(known, _)| known.name == probe.name) {
                    Some((_, longest)) => *longest = timeout_s.max(*longest),
                    None => raised.push((probe, timeout_s)),
                },
                None => created.push(create(&mut draft, gateway, &setting, timeout_s, &created)?),
            }
        }
        raised.into_iter().try_for_each(|(probe, timeout_s)| raise(&mut draft, gateway, probe, timeout_s))?;
        draft.finish()
    }
}

/// Lets a custom probe wait longer.
fn raise(draft: &mut Draft<'_>, gateway: &Gateway, probe: Probe, timeout_s: u32) -> Result<(), PlanRefused> {
    let interval_s = probe.interval_s.max(timeout_s);
    ProbeDefaults { timeout_s, interval_s, ..ProbeDefaults::default() }.validate()?;
    draft.set(PROBES, &probe.name, "timeout", Some(json!(timeout_s)));
    if interval_s > probe.interval_s {
        draft.set(PROBES, &probe.name, "interval", Some(json!(interval_s)));
    }
    let settings = users_of(gateway.raw(), &probe.name);
    let probe = Probe { timeout_s, interval_s, ..probe };
    draft.change_probe(PlannedProbe { probe, created: false, settings });
    Ok(())
}

/// Puts a custom probe in the place of the default one.
fn create(
    draft: &mut Draft<'_>,
    gateway: &Gateway,
    setting: &HttpSetting,
    timeout_s: u32,
    given: &[Name],
) -> Result<Name, PlanRefused> {
    let acts = gateway.probe_of(setting);
    let base: String = setting.name.as_str().chars().take(LONGEST_BASE).collect();
    let name = draft.free_name(&format!("{base}{SUFFIX}"), &given.iter().collect::<Vec<_>>())?;
    let wanted = ProbeDefaults {
        name: name.to_string(),
        path: acts.path,
        interval_s: acts.interval_s.max(timeout_s),
        timeout_s,
        unhealthy_threshold: acts.unhealthy_threshold,
        status_codes: acts.status_codes,
    };
    wanted.validate()?;
    let value = new_probe(gateway.id(), &name, &setting.protocol, &host_for(setting), &wanted);
    let probe = Probe::read(name.clone(), &value);
    draft.edit(Edit { pointer: Pointer::child(PROBES, &name), before: None, after: Some(value) });
    draft.edit(Edit::attaching(gateway, &setting.name, &name));
    draft.decide_by(PlannedProbe { probe, created: true, settings: vec![setting.name.clone()] });
    Ok(name)
}
