//! Asking a gateway that runs in another process.

use bytes::Bytes;
use http::{Request, StatusCode};
use http_body_util::{Empty, Limited};
use hyper_util::rt::TokioIo;
use std::{io, path::Path, time::Duration};
use tokio::net::UnixStream;

/// The largest answer that is read, in bytes.
const ANSWER_BYTES_MAX: usize = 16 * 1024 * 1024;
/// How long an answer may take.
const ANSWER_TIME_MAX: Duration = Duration::from_secs(5);

/// Asks the gateway behind a socket for a path.
pub async fn get(socket: &Path, path: &str) -> io::Result<(StatusCode, Bytes)> {
    let answer = tokio::time::timeout(ANSWER_TIME_MAX, ask(socket, path)).await;
    answer.map_err(|_| io::Error::new(io::ErrorKind::TimedOut, "no answer in time"))?
}

async fn ask(socket: &Path, path: &str) -> io::Result<(StatusCode, Bytes)> {
    let stream = UnixStream::connect(socket).await?;
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream))
        .await
        .map_err(io::Error::other)?;
    tokio::spawn(connection);
    let request =
        Request::get(path).header(http::header::HOST, "admin").body(Empty::<Bytes>::new());
    let request = request.map_err(io::Error::other)?;
    let answer = sender.send_request(request).await.map_err(io::Error::other)?;
    let status = answer.status();
    #[expect(clippy::disallowed_methods, reason = "bounded by Limited")]
    let body = http_body_util::BodyExt::collect(Limited::new(answer.into_body(), ANSWER_BYTES_MAX));
    Ok((status, body.await.map_err(io::Error::other)?.to_bytes()))
}
