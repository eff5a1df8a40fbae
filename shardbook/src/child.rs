//! The server as a child process of a trial: started, waited for, stopped or killed by its own id.

use std::fs::{File, OpenOptions};
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use tokio::process::{Child, Command};

use crate::{Failure, http};

/// How long a server may take from its start until it serves.
const START: Duration = Duration::from_secs(60);
/// How long a server may take to stop after SIGTERM.
const STOP: Duration = Duration::from_secs(60);

/// Where a server listens.
#[derive(Clone, Copy, Debug)]
pub struct Ports {
    /// Player WebSocket.
    pub ws: SocketAddr,
    /// gRPC.
    pub grpc: SocketAddr,
    /// Live page and /stats.
    pub http: SocketAddr,
}

impl Ports {
    /// Three free ports on loopback, below the range that the system hands to outgoing connections: a player who
    /// reconnects while the server is down could otherwise be given the server's own port and hold it.
    ///
    /// # Errors
    /// Where fewer than three ports of the range are free.
    pub fn free() -> Result<Self, Failure> {
        Self::free_of(0)
    }

    /// As [`Self::free`], of one of several servers of this process; each looks in a place of its own.
    ///
    /// # Errors
    /// As [`Self::free`].
    pub fn free_of(server: u16) -> Result<Self, Failure> {
        let first = 10_000 + u16::try_from(std::process::id() % 10_000).unwrap_or_default() + server.min(64) * 32;
        let mut free = (first..32_000).filter_map(|port| {
            let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
            TcpListener::bind(address).ok().map(|_| address)
        });
        let mut next = || {
            free.next()
                .ok_or("no free port from 10000 to 32000 on 127.0.0.1: stop other servers")
        };
        Ok(Self {
            ws: next()?,
            grpc: next()?,
            http: next()?,
        })
    }

    /// The WebSocket address as a URL.
    #[must_use]
    pub fn ws_url(&self) -> String {
        format!("ws://{}", self.ws)
    }

    /// The gRPC address as a URL.
    #[must_use]
    pub fn grpc_url(&self) -> String {
        format!("http://{}", self.grpc)
    }
}

/// A running server. Dropped, it is killed.
#[derive(Debug)]
pub struct Server {
    child: Child,
    ports: Ports,
    log: PathBuf,
}

impl Server {
    /// Starts `shardbook run` on the data folder and waits until it serves. Its output is appended to `log`.
    ///
    /// # Errors
    /// Where it cannot be started, ends early or does not serve within a minute; the text holds the log's end.
    pub async fn start(data: &Path, ports: Ports, log: &Path) -> Result<Self, Failure> {
        Self::start_with(data, ports, log, &[]).await
    }

    /// As [`Server::start`], with more arguments.
    ///
    /// # Errors
    /// As [`Server::start`].
    pub async fn start_with(data: &Path, ports: Ports, log: &Path, more: &[&str]) -> Result<Self, Failure> {
        let out = open_log(log)?;
        let mut command = this_program()?;
        command
            .arg("run")
            .arg("--data")
            .arg(data)
            .args(["--ws", &ports.ws.to_string()])
            .args(["--grpc", &ports.grpc.to_string()])
            .args(["--http", &ports.http.to_string()])
            .args(more)
            .stdin(Stdio::null())
            .stdout(out.try_clone()?)
            .stderr(out)
            // A Ctrl-C at the terminal is for the trial, which then stops its server in order.
            .process_group(0)
            .kill_on_drop(true);
        let child = command
            .spawn()
            .map_err(|error| format!("the server could not be started: {error}"))?;
        let mut server = Self {
            child,
            ports,
            log: log.to_path_buf(),
        };
        server.wait_until_serving().await?;
        Ok(server)
    }

    async fn wait_until_serving(&mut self) -> Result<(), Failure> {
        let started = Instant::now();
        let mut tick = tokio::time::interval(Duration::from_millis(20));
        while started.elapsed() < START {
            tick.tick().await;
            if let Some(status) = self.child.try_wait()? {
                return Err(format!("the server ended while starting ({status}):\n{}", self.log_end()).into());
            }
            if http::get(self.ports.http, "/healthz", Duration::from_secs(1))
                .await
                .is_ok()
            {
                return Ok(());
            }
        }
        Err(format!("the server did not serve within {START:?}:\n{}", self.log_end()).into())
    }

    /// Where it listens.
    #[must_use]
    pub fn ports(&self) -> Ports {
        self.ports
    }

    /// The server's exit where it has ended by itself.
    ///
    /// # Errors
    /// Where the system cannot tell.
    pub fn ended(&mut self) -> Result<Option<ExitStatus>, Failure> {
        Ok(self.child.try_wait()?)
    }

    /// Stops it in order with SIGTERM.
    ///
    /// # Errors
    /// Where it does not end within a minute, or with a failure; the text holds the log's end.
    pub async fn stop(&mut self) -> Result<(), Failure> {
        let pid = self
            .child
            .id()
            .and_then(|id| i32::try_from(id).ok())
            .and_then(Pid::from_raw);
        if let Some(pid) = pid {
            kill_process(pid, Signal::TERM)?;
        }
        let status = tokio::time::timeout(STOP, self.child.wait()).await.map_err(|_| {
            format!(
                "the server did not stop within {STOP:?} of SIGTERM:\n{}",
                self.log_end()
            )
        })??;
        if status.success() {
            return Ok(());
        }
        Err(format!("the server stopped with {status}:\n{}", self.log_end()).into())
    }

    /// Kills it with SIGKILL and waits until it is gone.
    ///
    /// # Errors
    /// Where the system refuses.
    pub async fn kill(&mut self) -> Result<(), Failure> {
        Ok(self.child.kill().await?)
    }

    /// The end of its log.
    #[must_use]
    pub fn log_end(&self) -> String {
        let text = std::fs::read(&self.log).unwrap_or_default();
        let end = String::from_utf8_lossy(&text[text.len().saturating_sub(2_000)..]).into_owned();
        format!("{end}\n(whole log: {})", self.log.display())
    }
}

/// Runs `shardbook verify` on a data folder and gives its verdict as it wrote it.
///
/// # Errors
/// Where the verdict is not clean; the text holds what verify printed.
pub async fn verify(data: &Path, verdict: &Path) -> Result<serde_json::Value, Failure> {
    let mut command = this_program()?;
    command
        .arg("verify")
        .arg("--data")
        .arg(data)
        .arg("--json")
        .arg(verdict)
        .stdin(Stdio::null())
        .kill_on_drop(true);
    let output = command.output().await?;
    if !output.status.success() {
        let said = [output.stdout, output.stderr].concat();
        return Err(format!("verify of {}: {}", data.display(), String::from_utf8_lossy(&said)).into());
    }
    let text = std::fs::read_to_string(verdict)
        .map_err(|error| format!("verify wrote no verdict to {}: {error}", verdict.display()))?;
    Ok(serde_json::from_str(&text)?)
}

/// This program again, with nothing to do yet.
pub(crate) fn this_program() -> Result<Command, Failure> {
    Ok(Command::new(std::env::current_exe()?))
}

fn open_log(path: &Path) -> Result<File, Failure> {
    OpenOptions::new()
        .create(true)
        .append(true)
        .open(path)
        .map_err(|error| format!("the server's log {} cannot be written: {error}", path.display()).into())
}
