//! What is known of open files: a number for each, found without a lock.

use std::sync::atomic::{AtomicU32, Ordering};

/// Files that can be told apart, by their number: as many as a process has open at the most by default, many times over.
/// What is opened beyond is left alone.
const FILES: usize = 1 << 16;
/// Set for a file below the folder.
const OURS: u32 = 1 << 31;

static OPEN: [AtomicU32; FILES] = [const { AtomicU32::new(0) }; FILES];

fn of(fd: i32) -> Option<&'static AtomicU32> {
    usize::try_from(fd).ok().and_then(|fd| OPEN.get(fd))
}

/// Notes a file below the folder, and which rules are about it.
pub fn opened(fd: i32, about: u32) {
    if let Some(known) = of(fd) {
        known.store(OURS | about, Ordering::Relaxed);
    }
}

/// Forgets a file.
pub fn closed(fd: i32) {
    if let Some(known) = of(fd) {
        known.store(0, Ordering::Relaxed);
    }
}

/// The rules about an open file, if it is below the folder.
#[must_use]
pub fn about(fd: i32) -> Option<u32> {
    let known = of(fd)?.load(Ordering::Relaxed);
    (known & OURS != 0).then_some(known & !OURS)
}
