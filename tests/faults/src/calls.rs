//! The calls of the C library that stand here in its place.
//!
//! # Safety
//! Each takes what the C library's own takes, and hands it on to the system as it came.

#![allow(clippy::missing_safety_doc)]

use std::ffi::{CStr, CString};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicI64, Ordering};

use libc::{c_char, c_int, c_long, c_uint, c_void, mode_t, off_t, size_t, ssize_t, timespec};

use crate::files;
use crate::plan::{Action, Operation, Plan};
use crate::record::Record;
use crate::system;

struct Faults {
    under: Vec<u8>,
    plan: Plan,
    /// The rules about the clock.
    of_clock: u32,
    record: Option<Record>,
}

static FAULTS: OnceLock<Faults> = OnceLock::new();

/// Runs before anything of the process does.
extern "C" fn begin() {
    let told = |name: &str| std::env::var(name).ok();
    let Some(under) = told("FAULTS_UNDER") else {
        return;
    };
    let text = told("FAULTS_PLAN").unwrap_or_default();
    let plan = Plan::parse(&text, told("FAULTS_SWITCHES").as_deref());
    let plan = plan.unwrap_or_else(|why| system::refuse(&why));
    let record = told("FAULTS_UNSYNCED").map(|path| Record::make(&path));
    let record = record.transpose().unwrap_or_else(|why| system::refuse(&why));
    let of_clock = plan.about(b"-");
    let faults = Faults {
        under: under.into_bytes(),
        plan,
        of_clock,
        record,
    };
    let _ = FAULTS.set(faults);
}

#[used]
#[unsafe(link_section = ".init_array")]
static BEGIN: extern "C" fn() = begin;

/// Faults, and what follows the folder in a path that is in it.
fn ours(path: &CStr) -> Option<(&'static Faults, &[u8])> {
    let faults = FAULTS.get()?;
    let rest = path.to_bytes().strip_prefix(faults.under.as_slice())?;
    match rest.split_first() {
        None => Some((faults, rest)),
        Some((b'/', below)) => Some((faults, below)),
        Some(_) => None,
    }
}

/// Faults, and the rules about an open file in the folder.
fn held(fd: c_int) -> Option<(&'static Faults, u32)> {
    Some((FAULTS.get()?, files::about(fd)?))
}

impl Faults {
    fn meet(&self, operation: Operation, about: u32) -> Option<Action> {
        match about {
            0 => None,
            _ => self
                .plan
                .meet(operation, about, |switch: &CString| system::is_there(switch)),
        }
    }

    /// A call with what becomes of it.
    fn around(&self, operation: Operation, about: u32, call: impl FnOnce() -> isize) -> isize {
        match self.meet(operation, about) {
            Some(Action::Kill) => system::kill(),
            Some(Action::KillAfter) => {
                call();
                system::kill()
            }
            Some(Action::Fail(number)) => return system::failed(number),
            Some(Action::Wait(ms)) => system::wait(ms),
            _ => {}
        }
        call()
    }

    /// A write of `count` bytes at `offset`, with what becomes of it. `put` writes so many of them.
    fn written(&self, fd: c_int, about: u32, offset: Option<i64>, count: usize, put: impl Fn(usize) -> isize) -> isize {
        let half = count.div_ceil(2);
        let put = |count: usize| {
            if let (Some(record), Some(at)) = (&self.record, offset.and_then(|at| u64::try_from(at).ok())) {
                record.changes(fd, at, at + count as u64);
            }
            put(count)
        };
        match self.meet(Operation::Write, about) {
            Some(Action::Kill) => system::kill(),
            Some(Action::KillAfter) => {
                put(count);
                system::kill()
            }
            Some(Action::Tear) => {
                put(half);
                system::kill()
            }
            Some(Action::Short) => return put(half),
            Some(Action::Fail(number)) => return system::failed(number),
            Some(Action::Wait(ms)) => system::wait(ms),
            _ => {}
        }
        put(count)
    }

    fn synced(&self, fd: c_int, about: u32, number: c_long) -> isize {
        self.around(Operation::Sync, about, || {
            let reached = self.record.as_ref().map(Record::reached);
            let done = system::call(number, [c_long::from(fd), 0, 0, 0]);
            if let (0, Some(record), Some(reached)) = (done, &self.record, reached) {
                record.synced(fd, reached);
            }
            done
        })
    }
}

/// Where a write goes that names no offset.
fn offset_of(fd: c_int) -> Option<i64> {
    // SAFETY: numbers only.
    let flags = unsafe { libc::fcntl(fd, libc::F_GETFL) };
    if flags & libc::O_APPEND != 0 {
        system::of_open(fd).and_then(|file| i64::try_from(file.length).ok())
    } else {
        system::position(fd)
    }
}

fn opened(dir: c_int, path: *const c_char, flags: c_int, mode: mode_t) -> c_int {
    // SAFETY: the caller gives a text that ends with a zero.
    let name = unsafe { CStr::from_ptr(path) };
    let Some((faults, below)) = ours(name) else {
        return system::open(dir, path, flags, mode);
    };
    let about = faults.plan.about(below);
    let open = || {
        if let Some(record) = &faults.record {
            let there = system::is_there(&name.to_owned());
            if flags & libc::O_CREAT != 0 && !there {
                record.makes(name);
            }
            if flags & libc::O_TRUNC != 0 && there {
                let reader = system::open(dir, path, libc::O_RDONLY | libc::O_CLOEXEC, 0);
                record.changes(reader, 0, u64::MAX);
                let _ = system::close(reader);
            }
        }
        system::open(dir, path, flags, mode) as isize
    };
    let writes = flags & (libc::O_WRONLY | libc::O_RDWR | libc::O_CREAT) != 0;
    let fd = if writes {
        faults.around(Operation::Open, about, open)
    } else {
        open()
    };
    let fd = c_int::try_from(fd).unwrap_or(-1);
    if fd >= 0 {
        files::opened(fd, about);
    }
    fd
}

#[unsafe(no_mangle)]
unsafe extern "C" fn open(path: *const c_char, flags: c_int, mode: mode_t) -> c_int {
    opened(libc::AT_FDCWD, path, flags, mode)
}

#[unsafe(no_mangle)]
unsafe extern "C" fn open64(path: *const c_char, flags: c_int, mode: mode_t) -> c_int {
    opened(libc::AT_FDCWD, path, flags, mode)
}

#[unsafe(no_mangle)]
unsafe extern "C" fn openat(dir: c_int, path: *const c_char, flags: c_int, mode: mode_t) -> c_int {
    opened(dir, path, flags, mode)
}

#[unsafe(no_mangle)]
unsafe extern "C" fn openat64(dir: c_int, path: *const c_char, flags: c_int, mode: mode_t) -> c_int {
    opened(dir, path, flags, mode)
}

#[unsafe(no_mangle)]
unsafe extern "C" fn creat(path: *const c_char, mode: mode_t) -> c_int {
    opened(
        libc::AT_FDCWD,
        path,
        libc::O_CREAT | libc::O_WRONLY | libc::O_TRUNC,
        mode,
    )
}

#[unsafe(no_mangle)]
unsafe extern "C" fn close(fd: c_int) -> c_int {
    // Before: another thread may be given the number at once.
    files::closed(fd);
    system::close(fd) as c_int
}

#[unsafe(no_mangle)]
unsafe extern "C" fn write(fd: c_int, bytes: *const c_void, count: size_t) -> ssize_t {
    match held(fd) {
        None => system::write(fd, bytes, count),
        Some((faults, about)) => {
            let offset = faults.record.as_ref().and_then(|_| offset_of(fd));
            faults.written(fd, about, offset, count, |count| system::write(fd, bytes, count))
        }
    }
}

fn written_at(fd: c_int, bytes: *const c_void, count: size_t, offset: off_t) -> ssize_t {
    match held(fd) {
        None => system::pwrite(fd, bytes, count, offset),
        Some((faults, about)) => {
            let put = |count| system::pwrite(fd, bytes, count, offset);
            faults.written(fd, about, Some(offset), count, put)
        }
    }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn pwrite(fd: c_int, bytes: *const c_void, count: size_t, offset: off_t) -> ssize_t {
    written_at(fd, bytes, count, offset)
}

#[unsafe(no_mangle)]
unsafe extern "C" fn pwrite64(fd: c_int, bytes: *const c_void, count: size_t, offset: off_t) -> ssize_t {
    written_at(fd, bytes, count, offset)
}

#[unsafe(no_mangle)]
unsafe extern "C" fn writev(fd: c_int, pieces: *const libc::iovec, count: c_int) -> ssize_t {
    let Some((faults, about)) = held(fd) else {
        return system::writev(fd, pieces, count);
    };
    let pieces_given = usize::try_from(count).unwrap_or(0);
    // SAFETY: the caller gives so many pieces.
    let lengths = (0..pieces_given).map(|at| unsafe { (*pieces.add(at)).iov_len });
    let all: usize = lengths.sum();
    let offset = faults.record.as_ref().and_then(|_| offset_of(fd));
    faults.written(fd, about, offset, all, |wanted| {
        if wanted == all || pieces_given == 0 {
            return system::writev(fd, pieces, count);
        }
        // SAFETY: there is a first piece.
        let first = unsafe { &*pieces };
        system::write(fd, first.iov_base, first.iov_len.min(wanted))
    })
}

#[unsafe(no_mangle)]
unsafe extern "C" fn fsync(fd: c_int) -> c_int {
    match held(fd) {
        None => system::call(libc::SYS_fsync, [c_long::from(fd), 0, 0, 0]) as c_int,
        Some((faults, about)) => faults.synced(fd, about, libc::SYS_fsync) as c_int,
    }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn fdatasync(fd: c_int) -> c_int {
    match held(fd) {
        None => system::call(libc::SYS_fdatasync, [c_long::from(fd), 0, 0, 0]) as c_int,
        Some((faults, about)) => faults.synced(fd, about, libc::SYS_fdatasync) as c_int,
    }
}

/// Begins to write out. It waits and fails as a sync does, and makes nothing durable.
#[unsafe(no_mangle)]
unsafe extern "C" fn sync_file_range(fd: c_int, offset: off_t, count: off_t, flags: c_uint) -> c_int {
    let begin = || {
        let arguments = [c_long::from(fd), offset, count, c_long::from(flags)];
        system::call(libc::SYS_sync_file_range, arguments)
    };
    match held(fd) {
        None => begin() as c_int,
        Some((faults, about)) => faults.around(Operation::Sync, about, begin) as c_int,
    }
}

fn truncated(fd: c_int, length: off_t) -> c_int {
    let cut = || system::call(libc::SYS_ftruncate, [c_long::from(fd), length, 0, 0]);
    let Some((faults, about)) = held(fd) else {
        return cut() as c_int;
    };
    faults.around(Operation::Truncate, about, || {
        if let Some(record) = &faults.record {
            record.changes(fd, u64::try_from(length).unwrap_or(0), u64::MAX);
        }
        cut()
    }) as c_int
}

#[unsafe(no_mangle)]
unsafe extern "C" fn ftruncate(fd: c_int, length: off_t) -> c_int {
    truncated(fd, length)
}

#[unsafe(no_mangle)]
unsafe extern "C" fn ftruncate64(fd: c_int, length: off_t) -> c_int {
    truncated(fd, length)
}

const HERE: c_long = libc::AT_FDCWD as c_long;

#[unsafe(no_mangle)]
unsafe extern "C" fn rename(from: *const c_char, to: *const c_char) -> c_int {
    let change = || system::call(libc::SYS_renameat, [HERE, from as c_long, HERE, to as c_long]);
    // SAFETY: the caller gives texts that end with a zero.
    let (old, new) = unsafe { (CStr::from_ptr(from), CStr::from_ptr(to)) };
    let Some((faults, below)) = ours(new) else {
        return change() as c_int;
    };
    faults.around(Operation::Rename, faults.plan.about(below), || {
        if let Some(record) = &faults.record {
            record.renames(old, new);
        }
        change()
    }) as c_int
}

fn removed(dir: c_int, path: *const c_char, flags: c_int) -> c_int {
    let arguments = [c_long::from(dir), path as c_long, c_long::from(flags), 0];
    let remove = || system::call(libc::SYS_unlinkat, arguments);
    // SAFETY: the caller gives a text that ends with a zero.
    let name = unsafe { CStr::from_ptr(path) };
    let Some((faults, below)) = ours(name) else {
        return remove() as c_int;
    };
    faults.around(Operation::Remove, faults.plan.about(below), || {
        if let Some(record) = &faults.record {
            record.removes(name);
        }
        remove()
    }) as c_int
}

#[unsafe(no_mangle)]
unsafe extern "C" fn unlink(path: *const c_char) -> c_int {
    removed(libc::AT_FDCWD, path, 0)
}

#[unsafe(no_mangle)]
unsafe extern "C" fn unlinkat(dir: c_int, path: *const c_char, flags: c_int) -> c_int {
    removed(dir, path, flags)
}

#[unsafe(no_mangle)]
unsafe extern "C" fn mkdir(path: *const c_char, mode: mode_t) -> c_int {
    let make = || system::call(libc::SYS_mkdirat, [HERE, path as c_long, c_long::from(mode), 0]);
    // SAFETY: the caller gives a text that ends with a zero.
    let name = unsafe { CStr::from_ptr(path) };
    let Some((faults, below)) = ours(name) else {
        return make() as c_int;
    };
    faults.around(Operation::Mkdir, faults.plan.about(below), || {
        if let Some(record) = faults.record.as_ref().filter(|_| !system::is_there(&name.to_owned())) {
            record.makes(name);
        }
        make()
    }) as c_int
}

/// Where the clock stands, in nanoseconds; 0 while it goes.
static STANDS: AtomicI64 = AtomicI64::new(0);
const NANOS: i64 = 1_000_000_000;

#[unsafe(no_mangle)]
unsafe extern "C" fn clock_gettime(clock: libc::clockid_t, into: *mut timespec) -> c_int {
    let done = system::call(libc::SYS_clock_gettime, [c_long::from(clock), into as c_long, 0, 0]) as c_int;
    let wall = matches!(clock, libc::CLOCK_REALTIME | libc::CLOCK_REALTIME_COARSE);
    let Some(faults) = FAULTS.get().filter(|faults| wall && done == 0 && faults.of_clock != 0) else {
        return done;
    };
    // SAFETY: the call has succeeded and filled it.
    let time = unsafe { &mut *into };
    match faults.meet(Operation::Clock, faults.of_clock) {
        Some(Action::Shift(seconds)) => time.tv_sec = time.tv_sec.saturating_add(seconds),
        Some(Action::Stand) => {
            let now = time.tv_sec * NANOS + time.tv_nsec;
            let stood = STANDS.compare_exchange(0, now, Ordering::Relaxed, Ordering::Relaxed);
            let at = stood.map_or_else(|stands| stands, |_| now);
            (time.tv_sec, time.tv_nsec) = (at / NANOS, at % NANOS);
        }
        _ => STANDS.store(0, Ordering::Relaxed),
    }
    done
}
