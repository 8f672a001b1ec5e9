//! A connection to a server, straight or through the proxy that leads to sites.

use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use domain::evidence::Peer;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpStream, lookup_host};
use url::Url;

use super::text;

/// The most that is read of a proxy's answer, in bytes.
const HEAD: usize = 8 * 1024;

/// Where every virtual machine of Azure finds the platform. Source: Microsoft, "What is IP address 168.63.129.16?".
const PLATFORM: IpAddr = IpAddr::V4(Ipv4Addr::new(168, 63, 129, 16));

/// A connection, and the address that it leads to, where that is known.
pub(super) struct Connection {
    pub(super) stream: TcpStream,
    pub(super) address: Option<IpAddr>,
}

pub(super) async fn connect(peer: &Peer, proxy: Option<&Url>) -> Result<Connection, String> {
    match proxy {
        Some(proxy) => through(peer, proxy).await,
        None => straight(peer).await,
    }
}

/// Names are resolved here, and what is connected to is what was looked at.
async fn straight(peer: &Peer) -> Result<Connection, String> {
    let found = lookup_host((peer.address.as_str(), peer.port)).await;
    let found: Vec<SocketAddr> = found
        .map_err(|error| format!("the name does not resolve: {}", text::safe(&error.to_string())))?
        .collect();
    let allowed: Vec<SocketAddr> = found.iter().copied().filter(|at| is_looked_at(at.ip())).collect();
    match (allowed.as_slice(), found.first()) {
        ([], Some(first)) => return Err(format!("{} is not looked at from here", first.ip())),
        ([], None) => return Err("the name has no address".to_owned()),
        _ => {}
    }
    let stream = TcpStream::connect(allowed.as_slice()).await.map_err(unreachable)?;
    let address = stream.peer_addr().ok().map(|at| at.ip().to_canonical());
    Ok(Connection { stream, address })
}

/// Whether an address may be a server of a gateway. What it names in a pool must not lead to this machine itself
/// or to the platform that it runs on.
pub(super) fn is_looked_at(address: IpAddr) -> bool {
    let address = address.to_canonical();
    let special = match address {
        IpAddr::V4(v4) => v4.is_link_local() || v4.is_broadcast() || v4.octets()[0] == 0,
        IpAddr::V6(v6) => v6.is_unicast_link_local(),
    };
    !(special
        || address.is_loopback()
        || address.is_multicast()
        || address.is_unspecified()
        || address == PLATFORM)
}

async fn through(peer: &Peer, proxy: &Url) -> Result<Connection, String> {
    let target = target(peer)?;
    let host = proxy.host_str().unwrap_or_default().trim_matches(['[', ']']);
    let port = proxy.port_or_known_default().unwrap_or(80);
    let mut stream = TcpStream::connect((host, port)).await.map_err(unreachable)?;
    let request = format!("CONNECT {target} HTTP/1.1\r\nHost: {target}\r\n\r\n");
    stream.write_all(request.as_bytes()).await.map_err(unreachable)?;
    let head = head(&mut stream).await.map_err(unreachable)?;
    let status = head.split_whitespace().nth(1).unwrap_or("nothing");
    match status {
        "200" => Ok(Connection { stream, address: peer.address.parse().ok() }),
        _ => Err(format!("no connection: the proxy answers {}", text::safe(status))),
    }
}

/// Where to: what stands in a pool is written by others.
fn target(peer: &Peer) -> Result<String, String> {
    let Peer { address, port, .. } = peer;
    match address.parse() {
        Ok(IpAddr::V6(address)) => Ok(format!("[{address}]:{port}")),
        Ok(IpAddr::V4(address)) => Ok(format!("{address}:{port}")),
        Err(_) if is_name(address) => Ok(format!("{address}:{port}")),
        Err(_) => Err("that is no name of a server".to_owned()),
    }
}

fn is_name(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_'))
}

/// The head of the proxy's answer, byte by byte: what follows it is the server's.
async fn head(stream: &mut TcpStream) -> io::Result<String> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") && head.len() < HEAD {
        head.push(stream.read_u8().await?);
    }
    Ok(String::from_utf8_lossy(&head).into_owned())
}

fn unreachable(error: io::Error) -> String {
    format!("no connection: {}", text::safe(&error.to_string()))
}
