use std::fmt;
use std::sync::atomic::Ordering;

use super::{Summary, Tally};

impl Tally {
    /// One line for progress.
    #[must_use]
    pub fn line(&self) -> String {
        let read = |counter: &std::sync::atomic::AtomicU64| counter.load(Ordering::Relaxed);
        format!(
            "bets accepted, {} sockets, {} price updates heard",
            read(&self.connected),
            read(&self.deltas)
        )
    }
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "players            {} ({} sessions)", self.players, self.sessions)?;
        writeln!(
            f,
            "bets accepted      {} ({} accumulators)",
            self.bets_accepted, self.accumulators
        )?;
        writeln!(
            f,
            "  open, settled    {}, {} ({} void)",
            self.bets_open, self.bets_settled, self.bets_void
        )?;
        for (code, count) in &self.bets_refused {
            writeln!(f, "  refused          {count} {code}")?;
        }
        let mistakes: u64 = self.mistakes.values().sum();
        writeln!(
            f,
            "mistakes made      {mistakes}, repeats {}, ids reused {}",
            self.repeats, self.id_reuses
        )?;
        writeln!(
            f,
            "retries            {} ({} connections lost)",
            self.retries, self.connections_lost
        )?;
        writeln!(
            f,
            "heard              {} images, {} deltas, {} gaps",
            self.images, self.deltas, self.gaps
        )?;
        writeln!(
            f,
            "                   {} bets changed, {} balances",
            self.bet_pushes, self.balance_pushes
        )?;
        writeln!(f, "acceptance         {}", self.acceptance)?;
        writeln!(f, "push               {}", self.push)?;
        write!(
            f,
            "books compared     {} of {}, {} mismatches",
            self.reconciled, self.players, self.mismatches
        )?;
        self.mismatch_details
            .iter()
            .try_for_each(|what| write!(f, "\n  {what}"))
    }
}
