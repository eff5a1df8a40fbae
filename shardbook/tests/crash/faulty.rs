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

    /// A house whose data are a copy of these.
    pub fn with_copy_of(data: &Path) -> Self {
        let faulty = Self::new();
        copy(data, &faulty.data());
        faulty
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

    /// The folder of old frames, where a server is told of it.
    pub fn archive(&self) -> PathBuf {
        self.path("archive")
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
        let (code, told) = self.verified();
        assert_eq!(code, Some(0), "{when}: {told}");
    }

    /// Exit code and output of `shardbook verify` on the data.
    pub fn verified(&self) -> (Option<i32>, String) {
        self.verified_with(&[])
    }

    /// Proves what is on disk and what has left it.
    pub fn verify_with_archive(&self, when: &str) {
        let (code, told) = self.verified_with(&["--archive", self.archive().to_str().expect("UTF-8")]);
        assert_eq!(code, Some(0), "{when}: {told}");
    }

    fn verified_with(&self, arguments: &[&str]) -> (Option<i32>, String) {
        let data = self.data();
        let verify = ["verify", "--data", data.to_str().expect("UTF-8")];
        let output = ran(&[&verify, arguments].concat());
        let (out, err) = said(&output);
        assert!(!err.contains("panicked"), "{err}");
        (output.status.code(), out + &err)
    }

    /// The files of the data whose path below the folder has all these parts, sorted.
    pub fn files(&self, parts: &[&str]) -> Vec<PathBuf> {
        let mut found = Vec::new();
        let mut folders = vec![self.data()];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).expect("a folder") {
                let path = entry.expect("an entry").path();
                let text = path
                    .strip_prefix(self.data())
                    .expect("below")
                    .to_string_lossy()
                    .into_owned();
                if path.is_dir() {
                    folders.push(path);
                } else if parts.iter().all(|part| text.contains(part)) {
                    found.push(path);
                }
            }
        }
        found.sort_unstable();
        found
    }
}

/// Copies a folder with all that is in it.
fn copy(from: &Path, to: &Path) {
    fs::create_dir(to).expect("can be made");
    for entry in fs::read_dir(from).expect("a folder") {
        let path = entry.expect("an entry").path();
        let into = to.join(path.file_name().expect("a name"));
        if path.is_dir() {
            copy(&path, &into);
        } else {
            fs::copy(&path, &into).expect("can be copied");
        }
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
