//! `shardbook run`: all roles in one process.

use std::io::IsTerminal;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use shardbook_gateway::Gateway;
use shardbook_runtime::fault::StoreFault;
use shardbook_shard_node::{ShardNode, show_price};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::mpsc;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::{Layer, SubscriberExt};
use tracing_subscriber::util::SubscriberInitExt;

use crate::cli::RunArgs;
use crate::config::House;
use crate::progress::Progress;
use crate::{Failure, Finished};

/// Exit code after a fault of disk or journal: input/output error, as in sysexits.
const EXIT_FAULT: u8 = 74;
/// How long after a fault the process goes on to refuse commands and to say on /healthz what is wrong: clients hear that an
/// outcome is unknown in place of a broken connection, and a probe that asks each second learns the reason.
const FAULT_TOLD: Duration = Duration::from_secs(1);

/// Serves until SIGTERM or Ctrl-C, or until the disk fails.
///
/// # Errors
/// When configuration, store or addresses are not fit to serve; the text says what to do.
pub async fn run(args: RunArgs) -> Finished {
    log_to_stderr(&args.log)?;
    let mut house = House::read(args.config.as_deref())?;
    let addresses = [
        (args.ws, &mut house.gateway.ws),
        (args.grpc, &mut house.gateway.grpc),
        (args.http, &mut house.gateway.http),
    ];
    for (asked, set) in addresses {
        *set = asked.unwrap_or(*set);
    }
    if let Some(shards) = args.shards {
        house.node.shards = shards;
    }
    house.gateway.check()?;
    let (tell_fault, mut faults) = mpsc::unbounded_channel::<StoreFault>();
    let on_fault = Arc::new(move |fault| {
        let _ = tell_fault.send(fault);
    });
    let mut progress = None;
    let node = ShardNode::start(house.node_options(&args.data), on_fault, |done, total| {
        let bar = progress.get_or_insert_with(|| Progress::new("catching up", Some(total)));
        bar.set(done, "frames into the views");
    });
    let node = node.await?;
    if let Some(progress) = progress {
        progress.finish("the views are up to the journal");
    }
    // Before it answers, to `/healthz` too: whoever hears that it serves may stop it at once.
    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    let gateway = match Gateway::start_with_formats(house.gateway, node.router(), node.topic(), show_price) {
        Ok(gateway) => gateway,
        Err(fault) => {
            // In order: a process that ends while the store is at work may be aborted by it.
            node.stop().await?;
            return Err(fault.into());
        }
    };
    let at = gateway.addresses();
    tracing::info!(data = %args.data.display(), ws = %at.ws, grpc = %at.grpc, http = %at.http, "serving");
    println!(
        "serving: players ws://{}  partners and feeds http://{}  live page http://{}",
        at.ws, at.grpc, at.http
    );

    let fault = tokio::select! {
        _ = terminate.recv() => None,
        _ = interrupt.recv() => None,
        fault = faults.recv() => fault,
    };
    if let Some(fault) = fault {
        // Fail-stop: what was not answered stays unanswered; the journal decides at the next start.
        tracing::error!(%fault, "the node stops at once: nothing after a failed write may be answered");
        eprintln!("error: the node on {} has stopped: {fault}", args.data.display());
        gateway.node_failed(fault.to_string()).await;
        tokio::time::sleep(FAULT_TOLD).await;
        std::process::exit(EXIT_FAULT.into());
    }
    tracing::info!("stopping");
    gateway.stop().await;
    node.stop().await?;
    tracing::info!("stopped");
    Ok(ExitCode::SUCCESS)
}

fn log_to_stderr(filter: &str) -> Result<(), Failure> {
    let targets: Targets = filter.parse().map_err(|error| {
        format!("--log {filter}: {error}; give a level, or levels by module such as info,shardbook_gateway=debug")
    })?;
    let lines = tracing_subscriber::fmt::layer()
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal());
    tracing_subscriber::registry().with(lines.with_filter(targets)).init();
    Ok(())
}
