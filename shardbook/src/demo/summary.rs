use std::fmt;
use std::time::Duration;

use serde::{Serialize, Serializer};
use serde_json::Value;

use super::house::{Gateway, House};
use super::{Played, checks};
use crate::cli::DemoArgs;
use crate::{Failure, players, replay};

/// What the demo showed. The keys of its JSON are stable.
#[derive(Clone, Debug, Serialize)]
pub struct Summary {
    /// What is off, in words; empty where the demo passes.
    pub off: Vec<String>,
    /// Seconds from start to verdict.
    pub seconds: u64,
    /// Market files replayed.
    pub files: usize,
    /// Synthetic matches played.
    pub synthetic_matches: u32,
    /// Synthetic races run.
    pub synthetic_races: u32,
    /// Bets that had to be accepted.
    pub bets_wanted: u64,
    /// The house's totals.
    pub house: House,
    /// The gateway's.
    pub gateway: Gateway,
    /// What the players did and saw.
    pub players: players::Summary,
    /// What was replayed.
    pub replay: replay::Report,
    /// The verdict of `verify`, or why there is none.
    #[serde(serialize_with = "verdict")]
    pub verify: Result<Value, String>,
}

fn verdict<S: Serializer>(verify: &Result<Value, String>, serializer: S) -> Result<S::Ok, S::Error> {
    match verify {
        Ok(verdict) => verdict.serialize(serializer),
        Err(what) => what.serialize(serializer),
    }
}

impl Summary {
    pub(super) fn new(
        args: &DemoArgs,
        (files, synthetic_matches, synthetic_races): (usize, u32, u32),
        took: Duration,
        played: Played,
        verify: Result<Value, Failure>,
    ) -> Self {
        let mut summary = Self {
            off: Vec::new(),
            seconds: took.as_secs(),
            files,
            synthetic_matches,
            synthetic_races,
            bets_wanted: args.bets,
            house: played.figures.house,
            gateway: played.figures.gateway,
            players: played.players,
            replay: played.replay,
            verify: verify.map_err(|failure| failure.to_string()),
        };
        summary.off = checks::off(&summary);
        summary
    }
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            house,
            gateway,
            players,
            ..
        } = self;
        writeln!(
            f,
            "sources            {} market files, {} synthetic matches, {} synthetic races",
            self.files, self.synthetic_matches, self.synthetic_races
        )?;
        writeln!(
            f,
            "events, markets    {}, {} ({} resulted)",
            gateway.events, gateway.markets, house.markets_resulted
        )?;
        writeln!(f, "market updates     {}", house.market_updates)?;
        for (code, count) in &self.replay.sent.answers {
            writeln!(f, "  feed messages    {count} {code}")?;
        }
        self.replay
            .sent
            .refusals
            .iter()
            .try_for_each(|refusal| writeln!(f, "    {refusal}"))?;
        writeln!(f, "{players}")?;
        for (code, count) in &house.bets_rejected {
            writeln!(f, "bets rejected      {count} {code}")?;
        }
        for (currency, totals) in &house.currencies {
            let super::house::Currency {
                bets_placed,
                bets_open,
                bets_settled,
                bets_void,
                ..
            } = totals;
            writeln!(
                f,
                "{currency}  bets          {bets_placed}: {bets_settled} settled, {bets_void} void, {bets_open} open"
            )?;
            let (turnover, payout) = (&totals.turnover, &totals.payout);
            writeln!(
                f,
                "     turnover      {turnover}, payout {payout} ({} of it for bets sold back), gross win {}",
                totals.cashed_out, totals.gross_win
            )?;
        }
        let House {
            journal_bytes,
            journal_frames,
            journal_syncs,
            ..
        } = house;
        writeln!(
            f,
            "journal            {journal_bytes} bytes, {journal_frames} frames, {journal_syncs} fsyncs"
        )?;
        match &self.verify {
            Ok(verdict) => writeln!(
                f,
                "verify             {} discrepancies; {} frames, {} entries, {} transfers, {} bets, {} snapshots, {} read models",
                verdict["discrepancies"],
                verdict["frames"],
                verdict["entries"],
                verdict["transfers"],
                verdict["bets"],
                verdict["snapshots"],
                verdict["views"]
            )?,
            Err(what) => writeln!(f, "verify             {what}")?,
        }
        writeln!(f, "time               {} s", self.seconds)?;
        match self.off.as_slice() {
            [] => write!(f, "verdict            all as it must be"),
            off => off.iter().try_for_each(|what| writeln!(f, "OFF                {what}")),
        }
    }
}
