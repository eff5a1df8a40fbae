//! What became of a bet since it was taken.

use std::borrow::Cow;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use super::{Bet, BetStatus, LegResult, PerLeg, Terms};
use crate::ledger::TransferNo;
use crate::market::Why;
use crate::money::Amount;
use crate::time::Time;

/// What is known of a leg, and why it stands as it does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Known {
    pub(super) result: Option<LegResult>,
    pub(super) why: Why,
}

impl Known {
    /// There was no result yet.
    pub(super) const NOTHING: Known = Known {
        result: None,
        why: Why::NoResult,
    };
}

/// All that can change of a bet but its status and its hold. A bet of which nothing is known needs none: most of those that
/// are open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Progress {
    /// Of each leg, in the order of the legs; of none before the first result.
    pub(super) legs: PerLeg<Known>,
    pub(super) stake_settled: Amount,
    pub(super) returned: Amount,
    pub(super) refunded: Amount,
    pub(super) cashed_stake: Amount,
    pub(super) cashed_paid: Amount,
    pub(super) settled_at: Option<Time>,
    pub(super) settlements: u32,
}

impl Progress {
    /// Of a bet just placed.
    pub(super) const NONE: Progress = Progress {
        legs: PerLeg::NONE,
        stake_settled: Amount::ZERO,
        returned: Amount::ZERO,
        refunded: Amount::ZERO,
        cashed_stake: Amount::ZERO,
        cashed_paid: Amount::ZERO,
        settled_at: None,
        settlements: 0,
    };
}

/// A bet as it is written, in snapshots of every layout so far and for people.
#[derive(Serialize, Deserialize)]
#[serde(rename = "Bet")]
struct Written<'a> {
    terms: Cow<'a, Terms>,
    hold: TransferNo,
    results: PerLeg<Option<LegResult>>,
    whys: PerLeg<Why>,
    status: BetStatus,
    stake_settled: Amount,
    returned: Amount,
    refunded: Amount,
    cashed_stake: Amount,
    cashed_paid: Amount,
    settled_at: Option<Time>,
    settlements: u32,
}

impl Serialize for Bet {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let progress = self.progress();
        let written = Written {
            terms: Cow::Borrowed(&self.terms),
            hold: self.hold,
            results: self.results().collect(),
            whys: self.whys().collect(),
            status: self.status,
            stake_settled: progress.stake_settled,
            returned: progress.returned,
            refunded: progress.refunded,
            cashed_stake: progress.cashed_stake,
            cashed_paid: progress.cashed_paid,
            settled_at: progress.settled_at,
            settlements: progress.settlements,
        };
        written.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Bet {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Bet, D::Error> {
        let written = Written::deserialize(deserializer)?;
        let (terms, results, whys) = (written.terms.into_owned(), written.results, written.whys);
        if (results.len(), whys.len()) != (terms.legs.len(), terms.legs.len()) {
            return Err(de::Error::custom(
                "a bet has a result and a reason for each of its legs",
            ));
        }
        let known = results.iter().zip(&whys);
        let known = known.map(|(result, why)| Known {
            result: *result,
            why: *why,
        });
        let legs = match known.clone().all(|known| known == Known::NOTHING) {
            true => PerLeg::NONE,
            false => known.collect(),
        };
        let progress = Progress {
            legs,
            stake_settled: written.stake_settled,
            returned: written.returned,
            refunded: written.refunded,
            cashed_stake: written.cashed_stake,
            cashed_paid: written.cashed_paid,
            settled_at: written.settled_at,
            settlements: written.settlements,
        };
        Ok(Bet {
            terms,
            hold: written.hold,
            status: written.status,
            progress: (progress != Progress::NONE).then(|| Box::new(progress)),
        })
    }
}
