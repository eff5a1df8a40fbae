//! The process's bound on open files, which each socket counts against.

use rustix::process::{Resource, getrlimit, setrlimit};

/// Raises the soft bound on open files to the hard one, for this process and the children that it starts.
///
/// Common soft bounds (1,024) are below what two thousand sockets and a RocksDB folder need. Where the system
/// refuses, the old bound stays and a later open names it in its own error.
pub fn raise() {
    let mut limit = getrlimit(Resource::Nofile);
    limit.current = limit.maximum;
    let _ = setrlimit(Resource::Nofile, limit);
}
