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
            "bets accepted      {} ({} accumulators; {} slips)",
            self.bets_accepted, self.accumulators, self.slips_placed
        )?;
        writeln!(
            f,
            "  open, settled    {}, {} ({} void)",
            self.bets_open, self.bets_settled, self.bets_void
        )?;
        for (name, count) in &self.bets_by_type {
            writeln!(f, "  type             {count} {name}")?;
        }
        for (code, count) in &self.bets_refused {
            writeln!(f, "  refused          {count} {code}")?;
        }
        self.slips(f)?;
        self.cash_outs(f)?;
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
        writeln!(f, "delay overrun      {}", self.decision)?;
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

impl Summary {
    fn slips(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let refused: u64 = self.slips_refused.values().sum();
        writeln!(
            f,
            "delayed            {}: {} accepted, {refused} refused, {} wait ({} inquired about)",
            self.slips_delayed, self.slips_accepted, self.slips_waiting, self.slips_inquired
        )?;
        self.slips_refused
            .iter()
            .try_for_each(|(code, count)| writeln!(f, "  refused          {count} {code}"))
    }

    fn cash_outs(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "cash-out           {} lists of prices", self.cash_out_lists)?;
        for (currency, sales) in &self.cash_outs {
            writeln!(
                f,
                "  sold {currency}         {} ({} whole): stakes of {} for {}",
                sales.count, sales.whole, sales.stakes, sales.paid
            )?;
        }
        self.cash_outs_refused
            .iter()
            .try_for_each(|(code, count)| writeln!(f, "  refused          {count} {code}"))
    }
}
