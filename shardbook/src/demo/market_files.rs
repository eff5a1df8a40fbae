use std::path::{Path, PathBuf};

use crate::Failure;

/// Where market files are looked for beside the repository.
const BESIDE: &str = "../shared/data";
/// Recorded only up to the off: its markets never close, so that its bets could not be settled.
const NEVER_CLOSED: [&str; 1] = ["1.242971311.bz2"];

/// The market files of the named folder, else of `$SHARDBOOK_DATA/betfair`, else of `../shared/data/betfair`.
///
/// # Errors
/// Where a named folder cannot be read. One that is merely not there by default is no error: there are no files.
pub(super) fn find(named: Option<&Path>) -> Result<Vec<PathBuf>, Failure> {
    let root = std::env::var_os("SHARDBOOK_DATA").map(PathBuf::from);
    let folder = match (named, root) {
        (Some(named), _) => named.to_path_buf(),
        (None, Some(root)) => root.join("betfair"),
        (None, None) if Path::new(BESIDE).is_dir() => Path::new(BESIDE).join("betfair"),
        (None, None) => return Ok(Vec::new()),
    };
    let entries = std::fs::read_dir(&folder).map_err(|error| {
        format!(
            "market files in {}: {error}; name a folder with --files",
            folder.display()
        )
    })?;
    let mut files = Vec::new();
    for entry in entries {
        let path = entry?.path();
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        if path.is_file() && !NEVER_CLOSED.contains(&name) {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}
