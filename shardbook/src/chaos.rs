//! Crash loops: the server is killed under load, and everything that it ever answered must be there once.

use std::cell::{Cell, RefCell};
use std::ops::Range;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use serde::Serialize;

use crate::child::{self, Ports};
use crate::cli::ChaosArgs;
use crate::players::dice::Dice;
use crate::players::write_json;
use crate::trial::{Folder, or_interrupted};
use crate::{Failure, Finished};

pub mod audit;
mod round;

use round::{Round, Survived};

/// What all loops together showed. The keys of its JSON are stable.
#[derive(Clone, Debug, Default, Serialize)]
struct Summary {
    loops: u32,
    bets_answered: u64,
    bets_retried: u64,
    in_flight_at_kill: u64,
    verified: u32,
    /// What is off, in words; the first loop that has any is the last.
    off: Vec<String>,
}

/// Runs the loops; ends at the first one that is off.
///
/// # Errors
/// Where a loop could not be run to its end.
pub async fn run(args: ChaosArgs) -> Finished {
    let folder = Folder::new(args.data.as_deref())?;
    let mut summary = Summary::default();
    let ended = or_interrupted(loops(&args, &folder, &mut summary)).await;
    if let Err(failure) = &ended {
        summary.off.push(failure.to_string());
    }
    write_json(args.json.as_deref(), &summary)?;
    let Summary {
        loops,
        bets_answered,
        bets_retried,
        in_flight_at_kill,
        verified,
        off,
    } = summary;
    println!(
        "chaos: {loops} loops, {bets_answered} bets answered, {in_flight_at_kill} on the way at the kills, \
         {bets_retried} retried, {verified} verifications"
    );
    if off.is_empty() {
        println!("chaos: none lost, none doubled");
        return Ok(ExitCode::SUCCESS);
    }
    off.iter().for_each(|what| println!("OFF: {what}"));
    eprintln!(
        "chaos: data, answers and server log are kept in {}",
        folder.keep().display()
    );
    Ok(ExitCode::FAILURE)
}

/// Loops on one data folder after the other, some servers at a time, until all are done or one loop is off.
struct Loops<'a> {
    args: &'a ChaosArgs,
    folder: &'a Folder,
    /// The next data folder that nobody has taken.
    next: Cell<u32>,
    summary: RefCell<&'a mut Summary>,
}

async fn loops(args: &ChaosArgs, folder: &Folder, summary: &mut Summary) -> Result<(), Failure> {
    let loops = Loops {
        args,
        folder,
        next: Cell::new(0),
        summary: RefCell::new(summary),
    };
    let servers = (0..args.at_once).map(|server| loops.run(server));
    futures_util::future::try_join_all(servers).await.map(drop)
}

impl Loops<'_> {
    /// Takes data folders until there are none left.
    async fn run(&self, server: u16) -> Result<(), Failure> {
        let ports = Ports::free_of(server)?;
        loop {
            let data = self.next.get();
            let first = data.saturating_mul(self.args.fresh_every);
            if first >= self.args.loops || !self.summary.borrow().off.is_empty() {
                return Ok(());
            }
            self.next.set(data + 1);
            let last = first.saturating_add(self.args.fresh_every).min(self.args.loops);
            self.on_one_folder(server, ports, data, first..last).await?;
        }
    }

    async fn on_one_folder(&self, server: u16, ports: Ports, data: u32, numbers: Range<u32>) -> Result<(), Failure> {
        let (args, folder) = (self.args, self.folder);
        let data = folder.data_of(data);
        let mut earlier: Vec<PathBuf> = Vec::new();
        for number in numbers {
            let mut dice = Dice::new(args.seed, u64::from(number));
            let round = Round {
                number,
                seed: args.seed,
                players: args.players,
                rate: args.rate,
                kill_after: Duration::from_millis(300 + dice.below(2_700)),
                fit: Duration::from_millis(3_000 + dice.below(1_500)),
                verify_killed: dice.percent(50),
                audit_too: dice.pick(&earlier).cloned(),
                data: data.clone(),
                answers: folder.answers_of(number),
                log: folder.log_of(server),
                verdict: folder.verdict_of(server),
                ports,
            };
            let survived = round
                .run()
                .await
                .map_err(|failure| format!("loop {number}: {failure}"))?;
            earlier.push(folder.answers_of(number));
            let mut summary = self.summary.borrow_mut();
            summary.add(&survived);
            println!("loop {:>4}, {}/{}: {survived}", number + 1, summary.loops, args.loops);
            if !survived.off.is_empty() {
                let off = survived.off.iter().map(|what| format!("loop {number}: {what}"));
                summary.off.extend(off);
                return Ok(());
            }
        }
        if args.data.is_none() {
            std::fs::remove_dir_all(&data)?;
            earlier.iter().try_for_each(std::fs::remove_file)?;
        }
        Ok(())
    }
}

impl Summary {
    fn add(&mut self, survived: &Survived) {
        self.loops += 1;
        self.bets_answered += survived.answered;
        self.bets_retried += survived.retried;
        self.in_flight_at_kill += survived.in_flight;
        self.verified += survived.verified;
    }
}

/// A clean verdict counts as one verification.
async fn verified(data: &std::path::Path, verdict: &std::path::Path) -> Result<u32, Failure> {
    child::verify(data, verdict).await.map(|_| 1)
}
