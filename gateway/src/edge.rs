//! What all connections of one gateway share.

use std::future::Future;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use dashmap::DashMap;
use shardbook_proto::backoffice::v1::ReferralChanged;
use shardbook_proto::client::v1::Error;
use shardbook_proto::internal::v1::shard_reply::Reply;
use shardbook_proto::internal::v1::shard_request::Target;
use shardbook_proto::internal::v1::{ShardReply, ShardRequest};
use shardbook_runtime::bus::Audience;
use shardbook_runtime::router::{BoxFuture, CallFault};
use tokio::sync::{broadcast, watch};

use crate::board::Board;
use crate::codes::{self, Code};
use crate::frame::Wire;
use crate::outbox::Outbox;
use crate::prices::{self, Quoting, ShowPrice};
use crate::sessions::Sessions;
use crate::stats::Stats;
use crate::{Config, ShardRouter};

/// Changes of referred slips that a trader's stream may be behind before it is ended: a minute of a very busy desk.
const REFERRALS_WAITING: usize = 4_096;

pub(crate) struct Edge {
    pub config: Config,
    pub stats: Stats,
    pub sessions: Sessions,
    /// Referred slips as they come and go, for traders who watch.
    pub referrals: broadcast::Sender<ReferralChanged>,
    router: ShardRouter,
    board: Mutex<Board>,
    outboxes: DashMap<u64, Arc<Outbox>>,
    /// How prices are written where nothing else is asked for.
    quoting: Quoting,
    next_id: AtomicU64,
    stopping: AtomicBool,
    stop: watch::Sender<bool>,
    /// Why the node behind has stopped, once it has.
    failed: OnceLock<String>,
}

impl Edge {
    pub(crate) fn new(config: Config, router: ShardRouter, audience: Audience, show: ShowPrice) -> Self {
        Self {
            config,
            stats: Stats::new(),
            sessions: Sessions::new(audience),
            referrals: broadcast::Sender::new(REFERRALS_WAITING),
            router,
            board: Mutex::default(),
            outboxes: DashMap::new(),
            quoting: Quoting::decimal(show),
            next_id: AtomicU64::new(1),
            stopping: AtomicBool::new(false),
            stop: watch::Sender::new(false),
            failed: OnceLock::new(),
        }
    }

    pub(crate) fn board(&self) -> MutexGuard<'_, Board> {
        self.board.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How prices are written in this format, given by its name.
    ///
    /// # Errors
    /// A name that is not known, or a format that is not written here.
    pub(crate) fn quoting(&self, name: Option<&[u8]>) -> Result<Quoting, Error> {
        match name {
            None => Ok(self.quoting),
            Some(name) => prices::named(name)
                .and_then(|format| self.quoting.changed(format))
                .ok_or_else(|| codes::ODDS_FORMAT_UNKNOWN.error()),
        }
    }

    /// An outbox for a newcomer; nothing when the gateway is full or stopping.
    pub(crate) fn admit(&self, wire: Wire) -> Option<Arc<Outbox>> {
        if self.outboxes.len() >= self.config.max_connections || self.is_stopping() {
            self.stats.turned_away.add(1);
            return None;
        }
        self.stats.accepted.add(1);
        let id = self.next_id.fetch_add(1, Ordering::Relaxed);
        let outbox = Arc::new(Outbox::new(id, wire, self.config.outbox_bytes, self.quoting));
        self.outboxes.insert(id, Arc::clone(&outbox));
        Some(outbox)
    }

    pub(crate) fn dismiss(&self, outbox: &Outbox) {
        self.outboxes.remove(&outbox.id);
    }

    pub(crate) fn connections(&self) -> usize {
        self.outboxes.len()
    }

    /// Has every connection finish what it has in hand and close.
    pub(crate) fn begin_stop(&self) {
        self.stopping.store(true, Ordering::SeqCst);
        self.stop.send_replace(true);
        for outbox in &self.outboxes {
            outbox.wake();
        }
    }

    pub(crate) fn is_stopping(&self) -> bool {
        self.stopping.load(Ordering::SeqCst)
    }

    /// Notes why the node behind has stopped; the first reason stands.
    pub(crate) fn note_failure(&self, why: String) {
        let _ = self.failed.set(why);
    }

    /// Why the node behind has stopped, if it has.
    pub(crate) fn failure(&self) -> Option<&str> {
        self.failed.get().map(String::as_str)
    }

    /// Completes when the gateway begins to stop.
    pub(crate) fn stopped(&self) -> impl Future<Output = ()> + Send + use<> {
        let mut stop = self.stop.subscribe();
        async move {
            // An error says that the gateway is gone, which is stopped too.
            let _ = stop.wait_for(|stopped| *stopped).await;
        }
    }

    /// Sends a request to its shard. It is under way when this returns; dropping the future does not take it
    /// back.
    pub(crate) fn ask(&self, target: Target) -> impl Future<Output = Result<Reply, Error>> + Send + use<> {
        self.ask_within(target, self.config.command_timeout())
    }

    /// The same for a command that its client wants decided by then, in Unix milliseconds; 0 where it does not say.
    pub(crate) fn ask_by(
        &self,
        target: Target,
        deadline_ms: i64,
    ) -> impl Future<Output = Result<Reply, Error>> + Send + use<> {
        let patience = self.config.command_timeout();
        self.ask_until(target, self.left(deadline_ms), patience)
    }

    /// How long a command may wait to be decided: until the time that the client says, in Unix milliseconds (0 where it does
    /// not), and no longer than the gateway waits for it; nothing when that time has passed. It is not refused here: what was
    /// done by an earlier try is answered, and only its shard knows that.
    pub(crate) fn left(&self, deadline_ms: i64) -> Duration {
        let patience = self.config.command_timeout();
        if deadline_ms > 0 {
            let left = u64::try_from(deadline_ms.saturating_sub(now_ms())).unwrap_or(0);
            patience.min(Duration::from_millis(left))
        } else {
            patience
        }
    }

    pub(crate) fn ask_within(
        &self,
        target: Target,
        patience: Duration,
    ) -> impl Future<Output = Result<Reply, Error>> + Send + use<> {
        self.ask_until(target, patience, patience)
    }

    fn ask_until(
        &self,
        target: Target,
        left: Duration,
        patience: Duration,
    ) -> impl Future<Output = Result<Reply, Error>> + Send + use<> {
        let call = self.send(target, left);
        let pause_ms = self.config.overload_pause_ms;
        async move {
            outcome(
                tokio::time::timeout(patience, call)
                    .await
                    .unwrap_or(Err(CallFault::Unknown)),
                pause_ms,
            )
        }
    }

    /// Sends a request to its shard, which refuses it unrun after so long by its own clock. The caller bounds its own wait.
    pub(crate) fn send(&self, target: Target, left: Duration) -> Call {
        self.router.call(ShardRequest {
            target: Some(target),
            patience_ms: u32::try_from(left.as_millis()).unwrap_or(u32::MAX),
            // No time at all is a deadline that has passed, whatever the clock says.
            deadline_ms: i64::from(left.as_millis() == 0),
        })
    }
}

/// The answer of a shard, on its way.
pub(crate) type Call = BoxFuture<Result<ShardReply, CallFault>>;

/// What a call came to, as a client is told; one who meets too much that waits is told to come again after so long.
pub(crate) fn outcome(answered: Result<ShardReply, CallFault>, pause_ms: u32) -> Result<Reply, Error> {
    match answered.map(|answer| answer.reply) {
        Ok(Some(Reply::Error(error))) => Err(error),
        Ok(Some(reply)) => Ok(reply),
        Ok(None) => Err(codes::UNKNOWN.error()),
        Err(fault) => Err(Error {
            retry_after_ms: match fault {
                CallFault::Overloaded => pause_ms,
                _ => 0,
            },
            ..code_of(fault).error()
        }),
    }
}

fn code_of(fault: CallFault) -> &'static Code {
    match fault {
        CallFault::Unavailable => &codes::UNAVAILABLE,
        CallFault::Unknown => &codes::UNKNOWN,
        CallFault::Overloaded => &codes::OVERLOADED,
        CallFault::DeadlinePassed => &codes::DEADLINE_PASSED,
    }
}

/// Unix milliseconds.
pub(crate) fn now_ms() -> i64 {
    now_us() / 1_000
}

/// Unix microseconds.
pub(crate) fn now_us() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_micros()).unwrap_or(i64::MAX)
}
