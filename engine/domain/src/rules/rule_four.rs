//! Rule 4: what a withdrawal takes off the winnings of bets taken before it.

use serde::{Deserialize, Serialize};

use super::{RuleError, within};
use crate::bet::Deduction;
use crate::odds::Odds;

/// The scale of a brand. It applies where a selection leaves a race after the bet was taken.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RuleFour {
    /// Steps by rising price: a withdrawn runner takes the step of the first price that is not below its own. Beyond the
    /// last step nothing is taken.
    pub scale: Vec<RuleFourStep>,
    /// Most pence in the pound of all withdrawals together, 1 to 90.
    pub cap: u8,
    /// A total of so many pence or fewer is waived, 0 to 90.
    pub waive_up_to: u8,
}

/// One step of the scale.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RuleFourStep {
    /// Longest price of the withdrawn runner that this step is for.
    #[serde(with = "crate::odds::text")]
    pub up_to: Odds,
    /// Pence in the pound, 1 to 90.
    pub pence: u8,
}

impl Default for RuleFour {
    /// The scale that is usual in the trade, by fractional prices from 1/9 to 14/1; capped at 90, 5p waived.
    fn default() -> RuleFour {
        let steps: [(u32, u32, u8); 18] = [
            (1, 9, 90),
            (2, 11, 85),
            (1, 4, 80),
            (3, 10, 75),
            (2, 5, 70),
            (8, 15, 65),
            (8, 13, 60),
            (4, 5, 55),
            (20, 21, 50),
            (6, 5, 45),
            (6, 4, 40),
            (7, 4, 35),
            (9, 4, 30),
            (3, 1, 25),
            (4, 1, 20),
            (11, 2, 15),
            (9, 1, 10),
            (14, 1, 5),
        ];
        let step = |(num, den, pence)| RuleFourStep {
            up_to: Odds::ratio(num + den, den).expect("a fractional price is a price"),
            pence,
        };
        RuleFour {
            scale: steps.into_iter().map(step).collect(),
            cap: 90,
            waive_up_to: 5,
        }
    }
}

impl RuleFour {
    /// What the withdrawal of runners at these prices takes off together.
    pub fn deduction(&self, withdrawn: impl IntoIterator<Item = Odds>) -> Deduction {
        let pence = |price: Odds| {
            let step = self.scale.iter().find(|step| price <= step.up_to);
            step.map_or(0u32, |step| step.pence.into())
        };
        let total = withdrawn.into_iter().map(pence).sum::<u32>().min(self.cap.into()) as u8;
        Deduction(if total <= self.waive_up_to { 0 } else { total })
    }

    pub(super) fn validate(&self) -> Result<(), RuleError> {
        within("rule_four.cap", self.cap, 1, 90)?;
        within("rule_four.waive_up_to", self.waive_up_to, 0, 90)?;
        for (at, step) in self.scale.iter().enumerate() {
            within(format!("rule_four.scale[{at}].pence"), step.pence, 1, 90)?;
            if at > 0 && self.scale[at - 1].up_to >= step.up_to {
                return Err(RuleError::words(
                    format!("rule_four.scale[{at}].up_to"),
                    step.up_to,
                    "above that of the step before",
                ));
            }
        }
        Ok(())
    }
}
