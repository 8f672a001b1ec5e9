//! CONNECT: bytes go back and forth, and nobody looks at them.

use std::net::SocketAddr;

use bytes::Bytes;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

use crate::net::{Request, Response};

/// Agrees to a CONNECT, and passes on what comes after it. The tunnel ends when either side does.
pub(crate) fn open(request: Request, place: SocketAddr) -> Response {
    tokio::spawn(async move {
        if let Err(error) = carry(request, place).await {
            tracing::trace!(%error, "a tunnel ended");
        }
    });
    Response::new(Bytes::new())
}

async fn carry(request: Request, place: SocketAddr) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    let mut visitor = TokioIo::new(hyper::upgrade::on(request).await?);
    let mut server = TcpStream::connect(place).await?;
    tokio::io::copy_bidirectional(&mut visitor, &mut server).await?;
    Ok(())
}
