//! `shardbook verify`.

use crate::Finished;
use crate::cli::VerifyArgs;

/// Runs the command.
///
/// # Errors
/// Always, until the engine is linked into this binary.
pub async fn run(_args: VerifyArgs) -> Finished {
    Err("shardbook verify is not in this build; build the whole workspace with scripts/test".into())
}
