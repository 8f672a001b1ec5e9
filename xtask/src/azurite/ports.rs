//! Ports for the services, and whether they answer.

use std::{
    net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream},
    time::Duration,
};

use anyhow::{Context, Result};

/// Where each service listens.
pub(super) struct Ports {
    pub(super) blob: u16,
    pub(super) queue: u16,
    pub(super) table: u16,
}

impl Ports {
    /// Ports that nobody uses. All are held until the last one is known, so that no two are the same.
    pub(super) fn free() -> Result<Self> {
        let held = || TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).context("no free port");
        let (blob, queue, table) = (held()?, held()?, held()?);
        let port = |held: &TcpListener| held.local_addr().map(|address| address.port());
        Ok(Self { blob: port(&blob)?, queue: port(&queue)?, table: port(&table)? })
    }

    /// Whether something listens on each.
    pub(super) fn all_answer(&self) -> bool {
        [self.blob, self.queue, self.table].into_iter().all(|port| {
            let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
            TcpStream::connect_timeout(&address, Duration::from_secs(1)).is_ok()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::Ports;

    #[test]
    fn free_ports_differ() {
        let ports = Ports::free().unwrap();
        assert!(ports.blob != ports.queue && ports.queue != ports.table && ports.blob != ports.table);
    }
}
