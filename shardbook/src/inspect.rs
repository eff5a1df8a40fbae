//! `shardbook inspect`.

use crate::Finished;
use crate::cli::InspectArgs;

/// Runs the command.
///
/// # Errors
/// Always, until the engine is linked into this binary.
pub async fn run(_args: InspectArgs) -> Finished {
    Err("shardbook inspect is not in this build; build the whole workspace with scripts/test".into())
}
