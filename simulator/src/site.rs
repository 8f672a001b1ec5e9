//! The places where visitors reach a gateway.

use url::Url;

use crate::{
    gateway::{config::Listener, proxy},
    world::World,
};

/// A place where visitors reach the gateway: one for each listener.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Site {
    /// The listener's name.
    pub name: String,
    /// What visitors type, such as `http://shop.example.com/`. Reached through
    /// [`Simulator::site_proxy`](crate::Simulator::site_proxy).
    pub public_url: Url,
    /// The listener's own port on this machine, for a browser without a proxy.
    pub loopback_url: Url,
}

impl Site {
    /// The listeners of a gateway. Asking for them opens the loopback ports that are not open yet.
    pub(crate) fn all(world: &World) -> Vec<Self> {
        let live = world.plane.live();
        let site = |listener: &Listener| {
            let door = world.plane.door(&listener.name)?;
            Some(Self {
                name: listener.name.clone(),
                public_url: Url::parse(&format!("http://{}/", proxy::authority(listener))).ok()?,
                loopback_url: Url::parse(&format!("http://{door}/")).ok()?,
            })
        };
        live.config.listeners.iter().filter_map(site).collect()
    }
}
