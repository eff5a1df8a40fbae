//! What the disk allows: the bytes of a run appended and synced in the same groups, with nothing else done.

use std::fs::OpenOptions;
use std::io::Write;
use std::path::Path;
use std::time::{Duration, Instant};

use crate::Failure;

/// The best of so many spells counts: a limit is not what the disk does while others use it.
const SPELLS: u32 = 4;
/// Long enough for a hundred syncs of a slow disk.
const SPELL: Duration = Duration::from_millis(500);
/// Bytes of the file at most: the disk may be small.
const LARGEST: u64 = 1 << 30;

/// Groups of so many bytes appended and synced in a second, on the disk of the folder.
pub(super) fn groups_per_s(folder: &Path, bytes: usize) -> Result<f64, Failure> {
    let path = folder.join("bench-appends");
    let mut file = OpenOptions::new().create_new(true).append(true).open(&path)?;
    let group = vec![0xA5; bytes.max(1)];
    let (mut written, mut best) = (0, 0.0_f64);
    for _ in 0..SPELLS {
        let (began, mut groups) = (Instant::now(), 0u32);
        while began.elapsed() < SPELL && written < LARGEST {
            file.write_all(&group)?;
            file.sync_data()?;
            (groups, written) = (groups + 1, written + group.len() as u64);
        }
        best = best.max(f64::from(groups) / began.elapsed().as_secs_f64());
    }
    drop(file);
    std::fs::remove_file(&path)?;
    Ok(best)
}

#[cfg(test)]
mod tests {
    /// Protects the folder of a bench: the measurement is of something, and leaves nothing behind.
    #[test]
    fn the_disk_is_measured_and_left_clean() {
        let folder = tempfile::tempdir().expect("a folder");
        assert!(super::groups_per_s(folder.path(), 1 << 20).expect("measured") > 0.0);
        assert_eq!(std::fs::read_dir(folder.path()).expect("listed").count(), 0);
    }
}
