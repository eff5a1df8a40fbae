//! A large state: what a bet costs as the history grows, bytes on disk, starts, and players who come into memory.
//!
//! The parts that are to be killed run in processes of their own: the one that fills the folder, in the middle of more
//! bets, and those that bring players into memory, which so never leave it in order. The latter work on copies of the
//! folder (hard links), so that each count of players finds the same state.

mod chunk;
mod disk;
mod figures;
mod fill;
mod residents;

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Stdio;
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde::de::DeserializeOwned;
use shardbook_runtime::journal::{Store, StoreOptions};
use shardbook_runtime::slot::SlotMap;

use super::house::data_folder;
use super::tell;
use crate::child::{Ports, Server, this_program};
use crate::cli::{BenchArgs, BenchPart};
use crate::progress::Progress;
use crate::{Failure, Finished};
use disk::Disk;
use figures::{Restart, Summary};

/// How long the filled house goes on betting before it is killed: a kill under load.
const UNDER_LOAD: Duration = Duration::from_secs(2);
/// Between two looks at what a part has written.
const LOOK: Duration = Duration::from_millis(50);

pub(super) async fn run(args: BenchArgs) -> Finished {
    match args.part {
        Some(BenchPart::Fill) => fill::run(args).await,
        Some(BenchPart::Residents) => residents::run(args).await,
        None => whole(args).await,
    }
}

async fn whole(args: BenchArgs) -> Finished {
    let (data, _folder) = data_folder(&args)?;
    if data.join("journal").exists() {
        return Err(format!(
            "{} holds a store already: choose an empty folder with --data",
            data.display()
        )
        .into());
    }
    let beside = data.parent().filter(|path| !path.as_os_str().is_empty());
    let beside = beside.unwrap_or(Path::new("."));
    std::fs::create_dir_all(beside).map_err(|error| format!("cannot make {}: {error}", beside.display()))?;
    // On the same file system as the data, so that copies are links.
    let work = tempfile::Builder::new().prefix("shardbook-bench-").tempdir_in(beside)?;

    let filled = {
        let mut part = Part::start(&args, BenchPart::Fill, &data, &work.path().join("fill.json"), &[])?;
        let filled = part.told().await?;
        tokio::time::sleep(UNDER_LOAD).await;
        part.kill().await?;
        filled
    };
    let restart = restarts(&args, &data, work.path()).await?;
    let shards = SlotMap::try_new(args.shards).ok_or("shards: 1 to 256")?;
    let (before_compaction, after_compaction) = {
        let data = data.clone();
        tokio::task::spawn_blocking(move || compacted(&data, shards)).await??
    };
    let mut residents = BTreeMap::new();
    let counts: Vec<u64> = args
        .residents
        .iter()
        .copied()
        .filter(|count| *count <= args.players)
        .collect();
    for count in counts {
        let (from, copy) = (data.clone(), work.path().join("copy"));
        let into = copy.clone();
        tokio::task::spawn_blocking(move || copied(&from, &into, shards)).await??;
        let file = work.path().join(format!("residents-{count}.json"));
        let mut part = Part::start(&args, BenchPart::Residents, &copy, &file, &[count])?;
        residents.insert(count, part.told().await?);
        part.kill().await?;
        std::fs::remove_dir_all(&copy)?;
    }
    let summary = Summary::of(&args, filled, restart, before_compaction, after_compaction, residents);
    tell(&args, &summary)
}

/// Starts as a user sees them: `shardbook run` until `/healthz` answers.
async fn restarts(args: &BenchArgs, data: &Path, work: &Path) -> Result<Restart, Failure> {
    let shards = args.shards.to_string();
    let start = async || {
        let mut progress = Progress::new("restart", None);
        progress.set(0, "shardbook run until /healthz answers");
        let began = Instant::now();
        let (ports, log) = (Ports::free()?, work.join("run.log"));
        let mut server = Server::start_with(data, ports, &log, &["--shards", &shards]).await?;
        let took = began.elapsed().as_secs_f64();
        progress.finish(format!("serving after {took:.2} s"));
        server.stop().await?;
        Ok::<_, Failure>(took)
    };
    Ok(Restart {
        after_kill_s: start().await?,
        after_stop_s: start().await?,
    })
}

/// Bytes of tables as the house left them, and after everything was compacted.
fn compacted(data: &Path, shards: SlotMap) -> Result<(Disk, Disk), Failure> {
    let mut progress = Progress::new("compacting", None);
    let before = Disk::of(data)?;
    progress.set(0, "all tables");
    let store = Store::open(data, shards, &StoreOptions::default())?;
    store.compact()?;
    drop(store);
    let after = Disk::of(data)?;
    progress.finish(format!("{} MiB of tables", after.all() >> 20));
    Ok((before, after))
}

/// A copy of the store, of which nothing is in the page cache where the system heeds that.
fn copied(data: &Path, into: &Path, shards: SlotMap) -> Result<(), Failure> {
    let store: Arc<Store> = Store::open(data, shards, &StoreOptions::default())?;
    store.checkpoint(into)?;
    drop(store);
    disk::leave_page_cache(into)
}

/// A part of the workload in a process of its own. Dropped, it is killed.
struct Part {
    child: tokio::process::Child,
    file: std::path::PathBuf,
}

impl Part {
    fn start(args: &BenchArgs, part: BenchPart, data: &Path, file: &Path, residents: &[u64]) -> Result<Self, Failure> {
        let mut command = this_program()?;
        command.args(["bench", "state", "--part", &part.name()]);
        for (name, value) in [
            ("--players", args.players),
            ("--bets", args.bets),
            ("--in-flight", args.in_flight),
            ("--shards", args.shards.into()),
        ] {
            command.arg(name).arg(value.to_string());
        }
        for count in residents {
            command.arg("--residents").arg(count.to_string());
        }
        command.arg("--data").arg(data).arg("--json").arg(file);
        let child = command.stdin(Stdio::null()).kill_on_drop(true).spawn()?;
        let file = file.to_owned();
        Ok(Self { child, file })
    }

    /// What it has measured, once it has.
    async fn told<T: DeserializeOwned>(&mut self) -> Result<T, Failure> {
        let mut look = tokio::time::interval(LOOK);
        loop {
            look.tick().await;
            if self.file.exists() {
                return Ok(serde_json::from_slice(&std::fs::read(&self.file)?)?);
            }
            if let Some(status) = self.child.try_wait()? {
                return Err(format!("a part of the bench ended before it had measured ({status})").into());
            }
        }
    }

    async fn kill(&mut self) -> Result<(), Failure> {
        Ok(self.child.kill().await?)
    }
}

/// Tells the process that started this part: the file is there only when it is whole.
fn hand_over(args: &BenchArgs, figures: &impl serde::Serialize) -> Result<(), Failure> {
    let file = args.json.as_ref().ok_or("a part of the bench needs --json")?;
    let half = file.with_extension("half");
    std::fs::write(&half, serde_json::to_vec(figures)?)?;
    Ok(std::fs::rename(half, file)?)
}
