//! Which threads give way when there is more to do than the processors can.

/// How much less of a busy processor a thread that gives way gets: a tenth of one that answers players. It is never starved,
/// and runs as fast as any while a processor has nothing else to do.
#[cfg(target_os = "linux")]
const NICE: i32 = 10;

/// The calling thread gives way to those that answer: what it does is done for later. Where the system has no priorities of
/// threads, or does not let this process set them, it goes on as any other.
pub fn give_way() {
    // Elsewhere this is the priority of the whole process.
    #[cfg(target_os = "linux")]
    if let Err(fault) = rustix::process::setpriority_process(None, NICE) {
        tracing::debug!(%fault, "a thread keeps its priority");
    }
}
