//! `shardbook bench`.

use crate::Finished;
use crate::cli::BenchArgs;

/// Runs the command.
///
/// # Errors
/// Always, until the engine is linked into this binary.
pub async fn run(_args: BenchArgs) -> Finished {
    Err("shardbook bench is not in this build; build the whole workspace with scripts/test".into())
}
