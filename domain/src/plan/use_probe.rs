//! A better probe that the gateway has already.

use super::draft::{Draft, http_setting};
use super::{Edit, FixKind, Plan, PlanRefused, PlannedProbe};
use crate::gateway::{Gateway, HostChoice, HttpSetting, Probe, ProbeHost};
use crate::id::Name;

impl Plan {
    /// Plans to point HTTP settings at probes that the gateway has already, each at the one named with it. The
    /// probes themselves stay as they are, and have to be so when it is written.
    ///
    /// # Errors
    /// When the gateway must not be written, a setting or a probe does not exist, Azure would refuse the two
    /// together, or nothing is to do.
    pub fn use_probe<'n>(
        gateway: &Gateway,
        wanted: impl IntoIterator<Item = (&'n Name, &'n Name)>,
    ) -> Result<Self, PlanRefused> {
        let mut draft = Draft::of(gateway, FixKind::UseProbe)?;
        let mut planned: Vec<PlannedProbe> = Vec::new();
        for (setting, probe) in wanted {
            let setting = http_setting(gateway, setting)?;
            let probe = gateway.probe(probe).ok_or_else(|| PlanRefused::NoSuchProbe(probe.clone()))?;
            if setting.probe.as_ref() == Some(&probe.name) {
                continue;
            }
            fits(&setting, &probe)?;
            draft.edit(Edit::attaching(gateway, &setting.name, &probe.name));
            match planned.iter_mut().find(|known| known.probe.name == probe.name) {
                Some(known) => known.settings.push(setting.name),
                None => planned.push(PlannedProbe { probe, created: false, settings: vec![setting.name] }),
            }
        }
        planned.into_iter().for_each(|planned| draft.decide_by(planned));
        draft.finish()
    }
}

/// Refuses what Azure would: a probe of another protocol
/// (`ApplicationGatewayProbeProtocolMustMatchBackendHttpSettinsProtocol`), and one that picks its host from a
/// setting that has none (`ApplicationGatewayBackendHttpSettingsIncompatibleProbeSettingPickHostName`).
fn fits(setting: &HttpSetting, probe: &Probe) -> Result<(), PlanRefused> {
    let (name, to) = (|| probe.name.clone(), || setting.name.clone());
    if probe.protocol != setting.protocol {
        return Err(PlanRefused::ProtocolsDiffer { probe: name(), setting: to() });
    }
    if probe.host == ProbeHost::FromSetting && setting.host == HostChoice::Incoming {
        return Err(PlanRefused::NoHostToPick { probe: name(), setting: to() });
    }
    Ok(())
}
