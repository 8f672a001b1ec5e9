//! Each server asked for by its own name.

use serde_json::json;

use super::draft::{Draft, http_setting};
use super::probe::users_of;
use super::{FixKind, Plan, PlanRefused, PlannedProbe};
use crate::gateway::json::{PROBES, SETTINGS};
use crate::gateway::{Gateway, Member, Probe, ProbeHost};
use crate::id::Name;

impl Plan {
    /// Plans to let HTTP settings pass on each server's own name (`pickHostNameFromBackendAddress`), and, where
    /// that is said with a setting, to let its custom probe pick the host from there
    /// (`pickHostNameFromBackendHttpSettings`).
    ///
    /// A host name that the setting has goes, as Azure takes only one of the two; so does that of the probe.
    ///
    /// # Errors
    /// When the gateway must not be written, a setting does not exist or does not talk HTTP, a server has no
    /// name, an HTTP setting beside those of the plan has the probe as well, or nothing is to do.
    pub fn pick_host<'n>(
        gateway: &Gateway,
        wanted: impl IntoIterator<Item = (&'n Name, bool)>,
    ) -> Result<Self, PlanRefused> {
        let mut draft = Draft::of(gateway, FixKind::PickHost)?;
        let mut probes: Vec<Name> = Vec::new();
        for (setting, probe_too) in wanted {
            let setting = http_setting(gateway, setting)?;
            check_named(gateway, &setting.name)?;
            draft.set(SETTINGS, &setting.name, "pickHostNameFromBackendAddress", Some(json!(true)));
            draft.set(SETTINGS, &setting.name, "hostName", None);
            draft.touch(&setting.name);
            probes.extend(setting.probe.filter(|probe| probe_too && !probes.contains(probe)));
        }
        for name in probes {
            let Some(probe) = gateway.probe(&name) else { return Err(PlanRefused::NoSuchProbe(name)) };
            let settings = users_of(gateway.raw(), &name);
            if let Some(other) = settings.iter().find(|user| !draft.touches(user)) {
                return Err(PlanRefused::SharedProbe { probe: name, setting: other.clone() });
            }
            draft.set(PROBES, &name, "host", None);
            draft.set(PROBES, &name, "pickHostNameFromBackendHttpSettings", Some(json!(true)));
            let probe = Probe { host: ProbeHost::FromSetting, ..probe };
            draft.change_probe(PlannedProbe { probe, created: false, settings });
        }
        draft.finish()
    }
}

/// Refuses a setting with a server that has an address and no name: an application would be asked for that.
fn check_named(gateway: &Gateway, setting: &Name) -> Result<(), PlanRefused> {
    for pool in gateway.serves(setting).pools {
        let members = gateway.pool(&pool).map(|pool| pool.members).unwrap_or_default();
        let named = |member: &Member| match member {
            Member::Address(address) => address.parse::<std::net::IpAddr>().is_err(),
            Member::IpConfiguration(_) => false,
        };
        if !members.iter().all(named) {
            return Err(PlanRefused::NamelessServers { pool });
        }
    }
    Ok(())
}
