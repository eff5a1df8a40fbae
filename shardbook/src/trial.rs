//! What trials on a server of their own share: the folder that they write and the way they are interrupted.

use std::future::Future;
use std::path::{Path, PathBuf};

use tempfile::TempDir;
use tokio::signal::unix::{SignalKind, signal};

use crate::Failure;

/// The folder of a trial: data, server log, answers, verdict. Removed at the end, unless a place was named for it.
#[derive(Debug)]
pub struct Folder {
    path: PathBuf,
    temporary: Option<TempDir>,
}

impl Folder {
    /// A temporary folder, or the one named, which must be new or empty.
    ///
    /// # Errors
    /// Where it cannot be made, or holds something.
    pub fn new(named: Option<&Path>) -> Result<Self, Failure> {
        let Some(path) = named else {
            let temporary = tempfile::Builder::new().prefix("shardbook-").tempdir()?;
            return Ok(Self {
                path: temporary.path().to_path_buf(),
                temporary: Some(temporary),
            });
        };
        std::fs::create_dir_all(path).map_err(|error| format!("{} cannot be made: {error}", path.display()))?;
        if std::fs::read_dir(path)?.next().is_some() {
            return Err(format!("{} holds something already: name a new folder", path.display()).into());
        }
        Ok(Self {
            path: path.to_path_buf(),
            temporary: None,
        })
    }

    /// The server's data folder in it.
    #[must_use]
    pub fn data(&self) -> PathBuf {
        self.path.join("data")
    }

    /// A data folder of this number in it.
    #[must_use]
    pub fn data_of(&self, number: u32) -> PathBuf {
        self.path.join(format!("data-{number}"))
    }

    /// The log of this server in it.
    #[must_use]
    pub fn log_of(&self, number: u16) -> PathBuf {
        self.path.join(format!("server-{number}.log"))
    }

    /// The verdict of `verify` on the data of this server in it.
    #[must_use]
    pub fn verdict_of(&self, number: u16) -> PathBuf {
        self.path.join(format!("verdict-{number}.json"))
    }

    /// The server's log in it.
    #[must_use]
    pub fn log(&self) -> PathBuf {
        self.path.join("server.log")
    }

    /// The verdict of `verify` in it.
    #[must_use]
    pub fn verdict(&self) -> PathBuf {
        self.path.join("verdict.json")
    }

    /// The players' answers of this number in it.
    #[must_use]
    pub fn answers_of(&self, number: u32) -> PathBuf {
        self.path.join(format!("answers-{number}.jsonl"))
    }

    /// Keeps it, so that what went wrong can be looked at.
    pub fn keep(self) -> PathBuf {
        match self.temporary {
            Some(temporary) => temporary.keep(),
            None => self.path,
        }
    }
}

/// Runs the work until its end or until Ctrl-C or SIGTERM; then it is dropped, and its server with it.
///
/// # Errors
/// Those of the work, or that it was interrupted.
pub async fn or_interrupted<T>(work: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    tokio::select! {
        done = work => done,
        interrupted = interrupted() => Err(interrupted?.into()),
    }
}

/// Waits for Ctrl-C or SIGTERM and says which.
///
/// # Errors
/// Where the system does not let signals be heard.
pub async fn interrupted() -> Result<&'static str, Failure> {
    let mut terminated = signal(SignalKind::terminate())?;
    tokio::select! {
        _ = terminated.recv() => Ok("interrupted by SIGTERM"),
        heard = tokio::signal::ctrl_c() => heard.map(|()| "interrupted").map_err(Into::into),
    }
}
