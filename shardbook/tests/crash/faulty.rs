//! A house on a faulty disk with a faulty clock: the binary with `tests/faults` under it.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

use crate::server::{Server, ran, said, serving};

/// A folder for the data of one server after another, and for what is told about them.
pub struct Faulty {
    folder: TempDir,
}

impl Faulty {
    pub fn new() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        fs::create_dir(folder.path().join("switches")).expect("can be made");
        Self { folder }
    }

    /// A path in the folder, as the system knows it.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().canonicalize().expect("is there").join(name)
    }

    pub fn data(&self) -> PathBuf {
        self.path("data")
    }

    /// A server on the data with faults as planned, not started. Its faults are off until they are switched on.
    pub fn command(&self, plan: &str) -> Command {
        let mut command = self.sound();
        command
            .env("LD_PRELOAD", library())
            .env("FAULTS_UNDER", self.path("data").parent().expect("the folder"))
            .env("FAULTS_SWITCHES", self.path("switches"))
            .env("FAULTS_PLAN", plan);
        command
    }

    /// A server on the data without faults, not started. What it logs is in [`Self::log`].
    pub fn sound(&self) -> Command {
        let mut command = serving(&self.data());
        let log = File::options().create(true).append(true).open(self.path("log"));
        command.stderr(log.expect("a log"));
        command
    }

    /// A server without faults; it must serve.
    pub fn start(&self) -> Server {
        Server::try_start(self.sound()).unwrap_or_else(|status| panic!("{status}: {}", self.log()))
    }

    /// A server with faults that are off until they are switched on.
    pub fn start_with(&self, plan: &str) -> Server {
        Server::try_start(self.command(plan)).unwrap_or_else(|status| panic!("{status}: {}", self.log()))
    }

    /// What all servers have logged so far.
    pub fn log(&self) -> String {
        fs::read_to_string(self.path("log")).unwrap_or_default()
    }

    pub fn switch_on(&self, rule: &str) {
        fs::write(self.path("switches").join(rule), "").expect("can be written");
    }

    pub fn switch_off(&self, rule: &str) {
        fs::remove_file(self.path("switches").join(rule)).expect("is on");
    }

    /// Proves what is on disk.
    pub fn verify(&self, when: &str) {
        let output = ran(&["verify", "--data", self.data().to_str().expect("UTF-8")]);
        let (out, err) = said(&output);
        assert!(output.status.success(), "{when}: {out}{err}");
    }
}

/// The library that makes them faulty. Cargo builds it with the workspace, beside the binary.
fn library() -> PathBuf {
    let path = Path::new(env!("CARGO_BIN_EXE_shardbook")).with_file_name("libshardbook_faults.so");
    assert!(
        path.exists(),
        "{} is not built: run `cargo build --release -p shardbook-faults` first, or scripts/test, which builds all",
        path.display()
    );
    path
}
