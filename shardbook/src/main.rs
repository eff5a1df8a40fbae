//! `shardbook <role|tool>`: see `shardbook help`.

use std::process::ExitCode;

use clap::Parser;
use shardbook::cli::{Cli, Command};
use shardbook::{
    Finished, archive, bench, chaos, demo, inspect, odds, open_files, players, price_slip, processor, replay, run,
    settle, verify,
};

/// Chosen by measurement: docs/performance.md.
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

fn main() -> ExitCode {
    let cli = Cli::parse();
    if let Err(failure) = processor::check() {
        eprintln!("error: {failure}");
        return ExitCode::FAILURE;
    }
    open_files::raise();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("error: the threads of the process could not be started: {error}");
            return ExitCode::FAILURE;
        }
    };
    match runtime.block_on(dispatch(cli.command)) {
        Ok(code) => code,
        Err(failure) => {
            eprintln!("error: {failure}");
            ExitCode::FAILURE
        }
    }
}

async fn dispatch(command: Command) -> Finished {
    match command {
        Command::Run(args) => run::run(args).await,
        Command::Replay(args) => replay::run(args).await,
        Command::Players(args) => players::run(args).await,
        Command::Verify(args) => verify::run(args).await,
        Command::Inspect(args) => inspect::run(args).await,
        Command::Archive(args) => archive::run(args).await,
        Command::Bench(args) => bench::run(args).await,
        Command::Demo(args) => demo::run(args).await,
        Command::Chaos(args) => chaos::run(args).await,
        Command::Settle(args) => settle::run(args).await,
        Command::Odds(args) => odds::run(args).await,
        Command::PriceSlip(args) => price_slip::run(args).await,
    }
}
