//! `shardbook inspect`: what the journal says of a player, an event or itself.
//!
//! It reads only, also beside a running server, and shows what was durable when it was started. What it shows is
//! replayed from the journal, so that a damaged read model or snapshot does not show in it.

mod event;
mod history;
mod journal;
mod moment;
mod out;
mod player;
mod readable;

use std::process::ExitCode;

use shardbook_runtime::journal::Store;

use crate::Finished;
use crate::cli::{InspectArgs, InspectWhat};
use crate::stdout::is_closed;
use out::Out;

/// Runs the command.
///
/// # Errors
/// When there is no store in the folder, or it knows nothing of what was asked, or is damaged there.
pub async fn run(args: InspectArgs) -> Finished {
    tokio::task::spawn_blocking(move || show(&args)).await?
}

fn show(args: &InspectArgs) -> Finished {
    let store = Store::open_to_read_with(&args.data, args.archive.as_deref())?;
    let mut out = Out::new(std::io::stdout().lock(), args.json);
    let shown = match &args.what {
        InspectWhat::Player { player } => player::show(&store, player, &mut out),
        InspectWhat::Event { event } => event::show(&store, event, &mut out),
        InspectWhat::Journal { shard, from, limit } => journal::show(&store, *shard, *from, *limit, &mut out),
    };
    match shown.and_then(|()| out.finish()) {
        // Whoever reads has seen enough, as `head` does.
        Err(failure) if is_closed(&*failure) => Ok(ExitCode::SUCCESS),
        shown => shown.map(|()| ExitCode::SUCCESS),
    }
}
