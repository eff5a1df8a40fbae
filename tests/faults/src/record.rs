//! The record of what was done to files and is not known to be durable.
//!
//! A file of entries, each appended by one write before the call that it speaks of, so that a kill at any moment leaves a
//! record that holds at least what was done. Numbers are little-endian.
//!
//! | field | bytes | is |
//! |---|---|---|
//! | order | 8 | entries counted from 1; they may stand out of order where threads wrote at once |
//! | kind | 1 | see [`Kind`] |
//! | number | 8 | of the file, for names of the folder that they are in |
//! | offset | 8 | where it was written; for [`Kind::Synced`] the last order that was surely done before the sync |
//! | length | 8 | of the file before |
//! | size | 4 | of what follows |
//! | bytes | size | what was there before; for names, names ended by zeros |
//!
//! What a power loss would take is taken back from the last entry to the first, without those that a later sync of the same
//! file or folder covers. That is the worst that a disk may do: it keeps what was synced, and nothing else.

use std::ffi::{CStr, CString};
use std::sync::atomic::{AtomicU64, Ordering};

use crate::system;

/// Bytes of what was there before in one entry; what is longer takes several.
const PIECE: usize = 4_096;
const HEAD: usize = 37;

/// What was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Kind {
    /// Bytes were written, or the length was changed.
    Wrote = 1,
    /// All that was done to this file or folder before is durable.
    Synced = 2,
    /// A name was made: its path.
    Made = 3,
    /// A name was changed: the path before, the path now, and where what was there before is kept.
    Renamed = 4,
    /// A name was taken away: its path, and where what it named is kept.
    Removed = 5,
}

/// The open record.
#[derive(Debug)]
pub struct Record {
    file: i32,
    kept: String,
    order: AtomicU64,
}

impl Record {
    /// Makes the record, and the folder `<path>.kept` for what is removed.
    ///
    /// # Errors
    /// When either is there already or cannot be made.
    pub fn make(path: &str) -> Result<Self, String> {
        let kept = format!("{path}.kept");
        let name = |text: &str| CString::new(text).map_err(|_| format!("{text:?} holds a zero byte"));
        let (file, folder) = (name(path)?, name(&kept)?);
        let flags = libc::O_WRONLY | libc::O_CREAT | libc::O_EXCL | libc::O_APPEND | libc::O_CLOEXEC;
        let file = system::open(libc::AT_FDCWD, file.as_ptr(), flags, 0o600);
        let made = system::call(
            libc::SYS_mkdirat,
            [i64::from(libc::AT_FDCWD), folder.as_ptr() as i64, 0o700, 0],
        );
        if file < 0 || made != 0 {
            return Err(format!("cannot make the record {path}: name one that is not there yet"));
        }
        Ok(Self {
            file,
            kept,
            order: AtomicU64::new(0),
        })
    }

    fn append(&self, kind: Kind, number: u64, offset: u64, length: u64, bytes: &[u8]) {
        let order = self.order.fetch_add(1, Ordering::SeqCst) + 1;
        let mut entry = [0; HEAD + PIECE];
        let bytes = &bytes[..bytes.len().min(PIECE)];
        entry[..8].copy_from_slice(&order.to_le_bytes());
        entry[8] = kind as u8;
        entry[9..17].copy_from_slice(&number.to_le_bytes());
        entry[17..25].copy_from_slice(&offset.to_le_bytes());
        entry[25..33].copy_from_slice(&length.to_le_bytes());
        entry[33..HEAD].copy_from_slice(&(bytes.len() as u32).to_le_bytes());
        entry[HEAD..HEAD + bytes.len()].copy_from_slice(bytes);
        let whole = HEAD + bytes.len();
        if system::write(self.file, entry.as_ptr().cast(), whole) != whole as isize {
            system::refuse("the record of unsynced bytes cannot be written: make room in its folder");
        }
    }

    /// Before bytes `from..to` of a file are changed, or it is cut at `from`.
    pub fn changes(&self, fd: i32, from: u64, to: u64) {
        let Some(file) = system::of_open(fd) else { return };
        // Read by a descriptor of its own: the process may have opened the file for writing alone.
        let path = CString::new(format!("/proc/self/fd/{fd}")).unwrap_or_default();
        let reader = system::open(libc::AT_FDCWD, path.as_ptr(), libc::O_RDONLY | libc::O_CLOEXEC, 0);
        let (mut at, end) = (from, to.min(file.length));
        let mut piece = [0; PIECE];
        loop {
            let wanted = usize::try_from(end.saturating_sub(at)).unwrap_or(PIECE).min(PIECE);
            let read = system::read_at(reader, &mut piece[..wanted], i64::try_from(at).unwrap_or(i64::MAX));
            self.append(Kind::Wrote, file.number, at, file.length, &piece[..read]);
            at += read as u64;
            if read == 0 || at >= end {
                break;
            }
        }
        if reader >= 0 {
            let _ = system::close(reader);
        }
    }

    /// Before a sync: what it will cover.
    #[must_use]
    pub fn reached(&self) -> u64 {
        self.order.load(Ordering::SeqCst)
    }

    /// After a sync that succeeded.
    pub fn synced(&self, fd: i32, reached: u64) {
        if let Some(file) = system::of_open(fd) {
            self.append(Kind::Synced, file.number, reached, 0, &[]);
        }
    }

    /// Before a name is made.
    pub fn makes(&self, path: &CStr) {
        self.append(Kind::Made, folder_of(path), 0, 0, path.to_bytes_with_nul());
    }

    /// Before a name is changed.
    pub fn renames(&self, from: &CStr, to: &CStr) {
        let kept = self.keep(to);
        let names = [
            from.to_bytes_with_nul(),
            to.to_bytes_with_nul(),
            kept.as_bytes_with_nul(),
        ]
        .concat();
        self.append(Kind::Renamed, folder_of(to), 0, 0, &names);
    }

    /// Before a name is taken away.
    pub fn removes(&self, path: &CStr) {
        let kept = self.keep(path);
        let names = [path.to_bytes_with_nul(), kept.as_bytes_with_nul()].concat();
        self.append(Kind::Removed, folder_of(path), 0, 0, &names);
    }

    /// Keeps what a name stands for under another one outside the folder; empty when there was nothing.
    fn keep(&self, path: &CStr) -> CString {
        if system::of_path(path).is_none() {
            return CString::default();
        }
        let order = self.order.fetch_add(1, Ordering::SeqCst) + 1;
        let kept = CString::new(format!("{}/{order}", self.kept)).unwrap_or_default();
        system::link(path, &kept);
        kept
    }
}

/// The number of the folder that a name is in.
fn folder_of(path: &CStr) -> u64 {
    let bytes = path.to_bytes();
    let end = bytes.iter().rposition(|byte| *byte == b'/').unwrap_or(0);
    let folder = CString::new(&bytes[..end.max(1)]).unwrap_or_default();
    system::of_path(&folder).map_or(0, |folder| folder.number)
}

#[cfg(test)]
mod tests {
    use std::os::fd::AsRawFd;

    use super::*;

    /// Protects the power losses of other tests from taking too little back: what was overwritten or cut is in the record,
    /// with the length that the file had.
    #[test]
    fn what_is_overwritten_is_kept() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("record").to_str().expect("UTF-8").to_owned();
        let record = Record::make(&path).expect("a record");
        assert!(Record::make(&path).is_err(), "it is there already");
        let old: Vec<u8> = (0..10_000_u32).map(|n| n as u8).collect();
        let name = folder.path().join("file");
        std::fs::write(&name, &old).expect("can be written");
        let file = std::fs::OpenOptions::new().write(true).open(&name).expect("opens");
        record.changes(file.as_raw_fd(), 100, 10_500);
        let reached = record.reached();
        record.synced(file.as_raw_fd(), reached);
        record.changes(file.as_raw_fd(), 10_000, 10_001);

        let bytes = std::fs::read(&path).expect("can be read");
        let (mut at, mut seen) = (0, Vec::new());
        while at < bytes.len() {
            let number = |from: usize| u64::from_le_bytes(bytes[at + from..at + from + 8].try_into().expect("eight"));
            let size = u32::from_le_bytes(bytes[at + 33..at + 37].try_into().expect("four")) as usize;
            let (offset, held) = (number(17) as usize, &bytes[at + HEAD..at + HEAD + size]);
            if bytes[at + 8] == Kind::Wrote as u8 {
                assert_eq!(held, &old[offset..offset + size]);
            }
            seen.push((number(0), bytes[at + 8], offset, number(25), size));
            at += HEAD + size;
        }
        let wrote = |order, offset, size| (order, Kind::Wrote as u8, offset, 10_000, size);
        assert_eq!(
            seen,
            [
                wrote(1, 100, 4_096),
                wrote(2, 4_196, 4_096),
                wrote(3, 8_292, 1_708),
                (4, Kind::Synced as u8, 3, 0, 0),
                wrote(5, 10_000, 0),
            ]
        );
    }
}
