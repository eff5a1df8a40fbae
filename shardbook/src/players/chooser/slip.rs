//! Slips: bets of every type on the events that a player sees.

use rust_decimal::Decimal;
use shardbook_proto::client::v1::{BetType, PlaceSlip, SlipBet, StakeKind};

use super::{Purse, leg, minor_digits, policy};
use crate::players::asked::{Asked, lines};
use crate::players::book::Book;
use crate::players::dice::Dice;

/// Share of each-way bets among those that are on races alone, in percent.
const EACH_WAY: u64 = 50;
/// Share of slips whose first bet is staked as a free bet, where the player has one, in percent.
const FREE_BETS: u64 = 50;

/// Most events of a slip.
pub(in crate::players) const MOST_EVENTS: usize = 4;

/// A slip that fits the events on offer; `None` where nothing is.
pub(super) fn choose(book: &Book, dice: &mut Dice, purse: &Purse) -> Option<Asked> {
    let wanted = 2 + usize::try_from(dice.below(MOST_EVENTS as u64 - 1)).unwrap_or_default();
    let offers = book.offers(dice, wanted);
    if offers.is_empty() {
        return None;
    }
    let shapes = shapes(offers.len());
    let shape = dice.pick(&shapes)?;
    let (total, mut bets) = (dice.percent(50), Vec::with_capacity(shape.len()));
    for bet in shape {
        let is_on = |at: usize| bet.selections.is_empty() || bet.selections.contains(&(at as u32));
        let races = (0..offers.len()).filter(|at| is_on(*at)).all(|at| offers[at].race);
        let each_way = races && dice.percent(EACH_WAY);
        let bet = SlipBet {
            each_way,
            ..bet.clone()
        };
        bets.push(staked(&bet, offers.len(), total, dice, purse));
    }
    if let Some(first) = bets.first_mut()
        && purse.free_bets > Decimal::ZERO
        && dice.percent(FREE_BETS)
    {
        first.free_bet = total_stake(first, offers.len()) <= purse.free_bets;
    }
    Some(Asked::Slip(PlaceSlip {
        policy: policy(&offers, dice).into(),
        selections: offers.into_iter().map(leg).collect(),
        bets,
        currency: purse.currency.clone(),
        reoffer: false,
    }))
}

/// A stake for all lines or for each; more lines have smaller ones.
fn staked(bet: &SlipBet, selections: usize, total: bool, dice: &mut Dice, purse: &Purse) -> SlipBet {
    let lines = lines_of(bet, selections);
    let (low, high) = (purse.stakes.low, purse.stakes.high);
    let unit = dice.amount(low, low + (high - low) / lines, minor_digits(&purse.currency));
    let (stake, stake_kind) = if total {
        (unit * lines, StakeKind::Total)
    } else {
        (unit, StakeKind::Unit)
    };
    SlipBet {
        stake: stake.to_string(),
        stake_kind: stake_kind.into(),
        ..bet.clone()
    }
}

/// Lines of a bet of a slip with so many selections, each-way counted twice.
fn lines_of(bet: &SlipBet, selections: usize) -> Decimal {
    let on = if bet.selections.is_empty() {
        selections
    } else {
        bet.selections.len()
    };
    let parts = if bet.each_way { 2 } else { 1 };
    Decimal::from(parts * lines(bet, (on - bet.bankers.len()) as u64).max(1))
}

fn total_stake(bet: &SlipBet, selections: usize) -> Decimal {
    let stake: Decimal = bet.stake.parse().unwrap_or(Decimal::MAX);
    match bet.stake_kind() {
        StakeKind::Total => stake,
        StakeKind::Unit => stake.saturating_mul(lines_of(bet, selections)),
    }
}

/// The bets that players place on so many selections of different events.
fn shapes(selections: usize) -> Vec<Vec<SlipBet>> {
    let named = |kind: BetType| SlipBet {
        r#type: kind.into(),
        ..SlipBet::default()
    };
    let on = |at: usize| SlipBet {
        selections: vec![at as u32],
        ..SlipBet::default()
    };
    let system = |sizes: &[u32], bankers: &[u32]| SlipBet {
        sizes: sizes.to_vec(),
        bankers: bankers.to_vec(),
        ..named(BetType::System)
    };
    let each = (0..selections).map(on);
    let mut shapes = vec![each.clone().collect(), vec![named(BetType::Singles)]];
    match selections {
        2 => shapes.extend([
            vec![system(&[1, 2], &[])],
            each.chain([named(BetType::All)]).collect::<Vec<_>>(),
        ]),
        3 => shapes.extend([
            vec![named(BetType::Trixie)],
            vec![named(BetType::Patent)],
            vec![system(&[2], &[])],
            vec![system(&[1], &[1])],
            vec![named(BetType::All), named(BetType::Trixie)],
        ]),
        4 => shapes.extend([
            vec![named(BetType::Yankee)],
            vec![named(BetType::Lucky15)],
            vec![system(&[2, 3], &[])],
            vec![system(&[2], &[0])],
            vec![named(BetType::Yankee), system(&[3], &[])],
        ]),
        _ => {}
    }
    shapes
}
