//! The little HTTP that the tools need to ask a server of the house: one request, one bounded answer.

use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::Failure;

/// Most bytes of an answer, head included; /stats is far below.
const LARGEST_ANSWER: u64 = 4 << 20;

/// GETs `path` and gives the body of a 200 answer.
///
/// # Errors
/// Where the server cannot be reached in `patience`, or answers otherwise; the text names both.
pub async fn get(address: SocketAddr, path: &str, patience: Duration) -> Result<String, Failure> {
    request("GET", address, path, patience).await
}

/// POSTs nothing to `path` and gives the body of a 200 answer.
///
/// # Errors
/// As [`get`].
pub async fn post(address: SocketAddr, path: &str, patience: Duration) -> Result<String, Failure> {
    request("POST", address, path, patience).await
}

async fn request(method: &str, address: SocketAddr, path: &str, patience: Duration) -> Result<String, Failure> {
    let answer = timeout(patience, exchange(method, address, path))
        .await
        .map_err(|_| format!("http://{address}{path} gave no answer within {patience:?}"))?
        .map_err(|error| format!("http://{address}{path} cannot be reached: {error}"))?;
    body(&answer).map_err(|fault| format!("http://{address}{path} {fault}").into())
}

/// HTTP/1.0 keeps the server from answering in chunks and lets the end of the stream end the body.
async fn exchange(method: &str, address: SocketAddr, path: &str) -> std::io::Result<Vec<u8>> {
    let mut stream = TcpStream::connect(address).await?;
    let head = format!("{method} {path} HTTP/1.0\r\nHost: {address}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
    stream.write_all(head.as_bytes()).await?;
    let mut answer = Vec::new();
    stream.take(LARGEST_ANSWER).read_to_end(&mut answer).await?;
    Ok(answer)
}

fn body(answer: &[u8]) -> Result<String, String> {
    let text = std::str::from_utf8(answer).map_err(|_| "answered with bytes that are no UTF-8".to_string())?;
    let (head, body) = text
        .split_once("\r\n\r\n")
        .ok_or("answered with something that is no HTTP")?;
    match head.split(' ').nth(1) {
        Some("200") => Ok(body.to_string()),
        Some(status) => Err(format!(
            "answered {status}: {}",
            body.chars().take(200).collect::<String>()
        )),
        None => Err("answered with something that is no HTTP".into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Only a whole 200 answer is taken; anything else says what came.
    #[test]
    fn answers() {
        assert_eq!(
            body(b"HTTP/1.0 200 OK\r\na: b\r\n\r\n{\"x\":1}").as_deref(),
            Ok("{\"x\":1}")
        );
        for (answer, says) in [
            (
                &b"HTTP/1.1 503 Service Unavailable\r\n\r\nstarting"[..],
                "answered 503: starting",
            ),
            (b"HTTP/1.1 200 OK\r\n", "no HTTP"),
            (b"", "no HTTP"),
            (b"\xff\xfe\r\n\r\n", "UTF-8"),
        ] {
            let fault = body(answer).expect_err(says);
            assert!(fault.contains(says), "{fault}");
        }
    }
}
