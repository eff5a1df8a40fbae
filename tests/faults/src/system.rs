//! The system, asked directly: what this library replaces it must not call.

use std::ffi::{CStr, CString};

use libc::{c_int, c_long, c_void, mode_t};

/// The answer of a system call as the C library gives it: -1 and `errno`, or the value.
fn answered(value: c_long) -> isize {
    isize::try_from(value).unwrap_or(-1)
}

/// Sets `errno` and gives what a failed call gives.
#[must_use]
pub fn failed(number: c_int) -> isize {
    // SAFETY: the place of this thread's errno is always there.
    unsafe { *libc::__errno_location() = number };
    -1
}

/// Opens.
#[must_use]
pub fn open(dir: c_int, path: *const libc::c_char, flags: c_int, mode: mode_t) -> c_int {
    // SAFETY: the caller's arguments, as the caller gave them.
    let fd = unsafe { libc::syscall(libc::SYS_openat, dir, path, flags, c_long::from(mode)) };
    c_int::try_from(fd).unwrap_or(-1)
}

/// Writes where the file stands.
#[must_use]
pub fn write(fd: c_int, bytes: *const c_void, count: usize) -> isize {
    // SAFETY: the caller's arguments, as the caller gave them.
    answered(unsafe { libc::syscall(libc::SYS_write, fd, bytes, count) })
}

/// Writes at an offset.
#[must_use]
pub fn pwrite(fd: c_int, bytes: *const c_void, count: usize, offset: i64) -> isize {
    // SAFETY: the caller's arguments, as the caller gave them.
    answered(unsafe { libc::syscall(libc::SYS_pwrite64, fd, bytes, count, offset) })
}

/// Writes several pieces where the file stands.
#[must_use]
pub fn writev(fd: c_int, pieces: *const libc::iovec, count: c_int) -> isize {
    // SAFETY: the caller's arguments, as the caller gave them.
    answered(unsafe { libc::syscall(libc::SYS_writev, fd, pieces, count) })
}

/// A system call of up to four numbers or addresses that the caller answers for.
#[must_use]
pub fn call(number: c_long, arguments: [c_long; 4]) -> isize {
    let [a, b, c, d] = arguments;
    // SAFETY: the caller's arguments, as the caller gave them.
    answered(unsafe { libc::syscall(number, a, b, c, d) })
}

/// Where a file stands.
#[must_use]
pub fn position(fd: c_int) -> Option<i64> {
    // SAFETY: numbers only.
    let at = unsafe { libc::lseek(fd, 0, libc::SEEK_CUR) };
    (at >= 0).then_some(at)
}

/// Reads at an offset; how many bytes there were.
#[must_use]
pub fn read_at(fd: c_int, into: &mut [u8], offset: i64) -> usize {
    // SAFETY: the slice is as long as is said.
    let read = unsafe { libc::pread(fd, into.as_mut_ptr().cast(), into.len(), offset) };
    usize::try_from(read).unwrap_or(0)
}

/// What a file is: its number and its length.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Known {
    /// Its number, the same under any name.
    pub number: u64,
    /// Bytes.
    pub length: u64,
}

fn known(ask: impl FnOnce(*mut libc::stat) -> c_int) -> Option<Known> {
    let mut found = std::mem::MaybeUninit::<libc::stat>::uninit();
    if ask(found.as_mut_ptr()) != 0 {
        return None;
    }
    // SAFETY: the call has succeeded and filled it.
    let found = unsafe { found.assume_init() };
    Some(Known {
        number: found.st_ino,
        length: u64::try_from(found.st_size).unwrap_or(0),
    })
}

/// What an open file is.
#[must_use]
pub fn of_open(fd: c_int) -> Option<Known> {
    // SAFETY: there is room for the answer.
    known(|into| unsafe { libc::fstat(fd, into) })
}

/// What stands under a name.
#[must_use]
pub fn of_path(path: &CStr) -> Option<Known> {
    // SAFETY: the path ends with a zero, and there is room for the answer.
    known(|into| unsafe { libc::lstat(path.as_ptr(), into) })
}

/// Whether something stands under a name.
#[must_use]
pub fn is_there(path: &CString) -> bool {
    of_path(path).is_some()
}

/// Gives a file a second name.
pub fn link(path: &CStr, second: &CStr) {
    // SAFETY: both paths end with a zero. A folder cannot be linked, and is not.
    unsafe {
        libc::syscall(
            libc::SYS_linkat,
            libc::AT_FDCWD,
            path.as_ptr(),
            libc::AT_FDCWD,
            second.as_ptr(),
            0,
        )
    };
}

/// Closes.
#[must_use]
pub fn close(fd: c_int) -> isize {
    call(libc::SYS_close, [c_long::from(fd), 0, 0, 0])
}

/// Kills this process as `kill -9` does.
pub fn kill() -> ! {
    // SAFETY: numbers only; nothing of this process runs after it.
    unsafe {
        libc::syscall(libc::SYS_kill, libc::getpid(), libc::SIGKILL);
        loop {
            libc::pause();
        }
    }
}

/// Waits.
pub fn wait(ms: u64) {
    let time = libc::timespec {
        tv_sec: i64::try_from(ms / 1_000).unwrap_or(0),
        tv_nsec: i64::try_from(ms % 1_000 * 1_000_000).unwrap_or(0),
    };
    // SAFETY: the time is there; what is left of it after a signal is not wanted.
    unsafe { libc::syscall(libc::SYS_nanosleep, &raw const time, std::ptr::null::<libc::timespec>()) };
}

/// Says what is wrong and ends the process.
pub fn refuse(why: &str) -> ! {
    let line = format!("shardbook-faults: {why}\n");
    let _ = write(2, line.as_ptr().cast(), line.len());
    // SAFETY: a number only.
    unsafe { libc::_exit(64) }
}
