//! Bets and slips that are wrong on purpose.

use rust_decimal::Decimal;
use shardbook_proto::client::v1::{BetType, Leg, PricePolicy, SlipBet, StakeKind};

use super::{Intent, Mistake, Purse, leg, minor_digits};
use crate::players::asked::Asked;
use crate::players::book::Book;
use crate::players::dice::Dice;

/// What bets and slips have in common.
struct Parts<'a> {
    legs: &'a mut Vec<Leg>,
    /// Of the first bet.
    stake: &'a mut String,
    currency: &'a mut String,
    policy: &'a mut i32,
}

fn parts(asked: &mut Asked) -> Option<Parts<'_>> {
    match asked {
        Asked::Bet(bet) => Some(Parts {
            legs: &mut bet.legs,
            stake: &mut bet.stake,
            currency: &mut bet.currency,
            policy: &mut bet.policy,
        }),
        Asked::Slip(slip) => Some(Parts {
            legs: &mut slip.selections,
            stake: &mut slip.bets.first_mut()?.stake,
            currency: &mut slip.currency,
            policy: &mut slip.policy,
        }),
        Asked::Sale(_) => None,
    }
}

/// Makes the mistake; `None` where it cannot be made here.
pub(super) fn spoil(mut asked: Asked, mistake: Mistake, book: &Book, dice: &mut Dice, purse: &Purse) -> Option<Intent> {
    let digits = minor_digits(&purse.currency);
    let Parts {
        legs,
        stake,
        currency,
        policy,
    } = parts(&mut asked)?;
    match mistake {
        Mistake::StalePrice => {
            *policy = PricePolicy::Exact.into();
            let first = legs.first_mut()?;
            // Far from any price that the market could have moved to on the way.
            first.price = if first.price.parse::<Decimal>().ok()? < Decimal::from(100) {
                "990"
            } else {
                "1.01"
            }
            .into();
        }
        Mistake::StakeZero => *stake = "0".into(),
        Mistake::StakeNegative => *stake = format!("-{stake}"),
        Mistake::TooPrecise => *stake = (stake.parse::<Decimal>().ok()? + Decimal::new(1, digits + 1)).to_string(),
        Mistake::AboveBalance => *stake = (purse.available.trunc() + Decimal::from(100_000)).to_string(),
        Mistake::WrongCurrency => *currency = if *currency == "CHF" { "SEK" } else { "CHF" }.into(),
        Mistake::UnknownMarket => legs.first_mut()?.market = 60_000,
        Mistake::ClosedMarket => {
            let closed = leg(book.closed_offer(dice)?);
            match &mut asked {
                Asked::Slip(slip) => *slip.selections.first_mut()? = closed,
                Asked::Bet(bet) => bet.legs = vec![closed],
                Asked::Sale(_) => return None,
            }
        }
        Mistake::UnevenTotal | Mistake::WrongSelections => misshape(&mut asked, mistake, digits, purse)?,
    }
    Some(Intent {
        asked,
        mistake: Some(mistake),
    })
}

fn misshape(asked: &mut Asked, mistake: Mistake, digits: u32, purse: &Purse) -> Option<()> {
    let Asked::Slip(slip) = asked else { return None };
    let selections = slip.selections.len();
    slip.bets = match mistake {
        Mistake::UnevenTotal if selections > 1 => {
            let lines = Decimal::from(selections);
            let stake = purse.stakes.low.ceil() * lines + Decimal::new(1, digits);
            vec![SlipBet {
                r#type: BetType::Singles.into(),
                stake: stake.to_string(),
                stake_kind: StakeKind::Total.into(),
                ..SlipBet::default()
            }]
        }
        Mistake::WrongSelections => {
            let kind = if selections == 4 {
                BetType::Trixie
            } else {
                BetType::Yankee
            };
            vec![SlipBet {
                r#type: kind.into(),
                stake: purse.stakes.low.ceil().to_string(),
                stake_kind: StakeKind::Unit.into(),
                ..SlipBet::default()
            }]
        }
        _ => return None,
    };
    Some(())
}
