//! What a player asks for, and whether the bets taken are what was asked.

use rust_decimal::Decimal;
use shardbook_proto::client::v1::client_message::Request;
use shardbook_proto::client::v1::{
    Bet, BetLeg, BetType, CashOut, Leg, PlaceBet, PlaceSlip, PricePolicy, SlipBet, StakeKind,
};

use super::record::decimal;

/// A command about bets.
#[derive(Clone, Debug, PartialEq)]
pub enum Asked {
    /// One bet on all its legs together.
    Bet(PlaceBet),
    /// Bets of every type, taken whole or refused whole.
    Slip(PlaceSlip),
    /// An open bet, or a part of it, sold at a price that is kept.
    Sale(Sale),
}

/// Stake of an open bet that is sold back.
#[derive(Clone, Debug, PartialEq)]
pub struct Sale {
    /// The bet.
    pub bet_id: String,
    /// The stake sold.
    pub stake: String,
    /// The price that is kept for it.
    pub amount: String,
}

impl Asked {
    /// The request that says it.
    #[must_use]
    pub fn request(&self) -> Request {
        match self {
            Self::Bet(bet) => Request::PlaceBet(bet.clone()),
            Self::Slip(slip) => Request::PlaceSlip(slip.clone()),
            Self::Sale(Sale { bet_id, amount, .. }) => Request::CashOut(CashOut {
                bet_id: bet_id.clone(),
                amount: amount.clone(),
            }),
        }
    }

    /// Bets that it places when it is taken.
    #[must_use]
    pub fn bets(&self) -> u32 {
        match self {
            Self::Bet(_) => 1,
            Self::Slip(slip) => u32::try_from(slip.bets.len()).unwrap_or(u32::MAX),
            Self::Sale(_) => 0,
        }
    }

    /// Stakes of all its bets together.
    ///
    /// # Errors
    /// Where one is no decimal number.
    pub fn stakes(&self) -> Result<Decimal, String> {
        self.wanted()?.into_iter().map(|wanted| Ok(wanted.stake)).sum()
    }

    /// The part of these stakes that is the player's own money, and the part that is free bets.
    ///
    /// # Errors
    /// Where one is no decimal number.
    pub fn own_and_free(&self) -> Result<(Decimal, Decimal), String> {
        let (mut own, mut free) = (Decimal::ZERO, Decimal::ZERO);
        for wanted in self.wanted()? {
            *(if wanted.free_bet { &mut free } else { &mut own }) += wanted.stake;
        }
        Ok((own, free))
    }

    /// Holds bets that were taken against what was asked.
    ///
    /// # Errors
    /// Says what differs.
    pub fn check(&self, bets: &[Bet]) -> Result<(), String> {
        let wanted = self.wanted()?;
        if bets.len() != wanted.len() {
            return Err(format!("{} bets, asked {}", bets.len(), wanted.len()));
        }
        let pairs = wanted.iter().zip(bets).enumerate();
        pairs.into_iter().try_for_each(|(at, (wanted, bet))| {
            let named = |what: String| {
                if at == 0 {
                    what
                } else {
                    format!("bet {at} of the slip: {what}")
                }
            };
            wanted.check(bet).map_err(named)
        })
    }

    fn wanted(&self) -> Result<Vec<Wanted<'_>>, String> {
        match self {
            Self::Bet(asked) => {
                let whole = SlipBet {
                    stake: asked.stake.clone(),
                    ..SlipBet::default()
                };
                Ok(vec![Wanted::of(&whole, &asked.legs, &asked.currency, asked.policy())?])
            }
            Self::Slip(slip) => {
                let of = |bet| Wanted::of(bet, &slip.selections, &slip.currency, slip.policy());
                slip.bets.iter().map(of).collect()
            }
            Self::Sale(_) => Ok(Vec::new()),
        }
    }
}

/// What a bet must be.
struct Wanted<'a> {
    /// Each leg, and whether it is a banker.
    legs: Vec<(&'a Leg, bool)>,
    lines: u64,
    unit: Decimal,
    stake: Decimal,
    currency: &'a str,
    policy: PricePolicy,
    each_way: bool,
    free_bet: bool,
}

impl<'a> Wanted<'a> {
    fn of(asked: &SlipBet, selections: &'a [Leg], currency: &'a str, policy: PricePolicy) -> Result<Self, String> {
        let on = |at: &usize| asked.selections.is_empty() || asked.selections.contains(&(*at as u32));
        let legs: Vec<(&Leg, bool)> = (0..selections.len())
            .filter(on)
            .map(|at| (&selections[at], asked.bankers.contains(&(at as u32))))
            .collect();
        let free = legs.iter().filter(|(_, banker)| !banker).count() as u64;
        let lines = lines(asked, free) * if asked.each_way { 2 } else { 1 };
        let amount = decimal(&asked.stake)?;
        let (unit, stake) = match asked.stake_kind() {
            StakeKind::Unit => (amount, amount * Decimal::from(lines)),
            StakeKind::Total => (amount / Decimal::from(lines.max(1)), amount),
        };
        Ok(Self {
            legs,
            lines,
            unit,
            stake,
            currency,
            policy,
            each_way: asked.each_way,
            free_bet: asked.free_bet,
        })
    }

    fn check(&self, bet: &Bet) -> Result<(), String> {
        if bet.bet_id.is_empty() {
            return Err("accepted without a bet id".into());
        }
        if decimal(&bet.stake)? != self.stake || bet.currency != self.currency {
            return Err(format!(
                "staked {} {}, asked {} {}",
                bet.stake, bet.currency, self.stake, self.currency
            ));
        }
        if u64::from(bet.lines) != self.lines || decimal(&bet.unit_stake)? != self.unit {
            return Err(format!(
                "{} lines of {}, asked {} of {}",
                bet.lines, bet.unit_stake, self.lines, self.unit
            ));
        }
        if (bet.each_way, bet.free_bet) != (self.each_way, self.free_bet) {
            return Err(format!(
                "each-way {} and free bet {}, asked {} and {}",
                bet.each_way, bet.free_bet, self.each_way, self.free_bet
            ));
        }
        if bet.legs.len() != self.legs.len() {
            return Err(format!("{} legs, asked {}", bet.legs.len(), self.legs.len()));
        }
        let legs = bet.legs.iter().zip(&self.legs);
        legs.into_iter()
            .try_for_each(|(got, (asked, banker))| self.check_leg(got, asked, *banker))
    }

    fn check_leg(&self, got: &BetLeg, asked: &Leg, banker: bool) -> Result<(), String> {
        if (&got.event, got.market, got.selection) != (&asked.event, asked.market, asked.selection)
            || got.banker != banker
        {
            return Err(format!("leg {got:?}, asked {asked:?}"));
        }
        let (price, wanted) = (decimal(&got.price)?, decimal(&asked.price)?);
        let allowed = match self.policy {
            PricePolicy::Exact => price == wanted,
            PricePolicy::Better => price >= wanted,
            PricePolicy::Worse => price <= wanted,
            PricePolicy::Any => true,
        };
        if !allowed {
            return Err(format!(
                "price {price} taken under policy {:?}, asked {wanted}",
                self.policy
            ));
        }
        Ok(())
    }
}

/// Lines of a bet on so many selections that are no bankers, each-way not counted.
#[must_use]
pub fn lines(asked: &SlipBet, free: u64) -> u64 {
    let from = |smallest: u64| (smallest..=free).map(|size| choices(free, size)).sum();
    match asked.r#type() {
        BetType::All => 1,
        BetType::Singles => free,
        BetType::System => asked.sizes.iter().map(|size| choices(free, u64::from(*size))).sum(),
        BetType::Patent | BetType::Lucky15 | BetType::Lucky31 | BetType::Lucky63 => from(1),
        BetType::Trixie
        | BetType::Yankee
        | BetType::Canadian
        | BetType::Heinz
        | BetType::SuperHeinz
        | BetType::Goliath => from(2),
    }
}

/// Ways to take so many of so many.
fn choices(of: u64, size: u64) -> u64 {
    if size > of {
        return 0;
    }
    (0..size).fold(1, |ways, taken| ways * (of - taken) / (taken + 1))
}

/// The bet without what changes after its placing.
#[must_use]
pub fn as_placed(bet: &Bet) -> Bet {
    let leg = |leg: &BetLeg| BetLeg {
        status: 0,
        place_status: 0,
        deduction: 0,
        corrected_price: String::new(),
        why: 0,
        ..leg.clone()
    };
    Bet {
        status: 0,
        returned: String::new(),
        settled_ms: 0,
        settlements: 0,
        stake_settled: String::new(),
        refunded: String::new(),
        cashed_stake: String::new(),
        cashed_paid: String::new(),
        // Told by the answer that places it alone.
        slip_id: String::new(),
        legs: bet.legs.iter().map(leg).collect(),
        ..bet.clone()
    }
}

#[cfg(test)]
mod tests;
