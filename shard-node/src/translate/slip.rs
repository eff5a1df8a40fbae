//! Slips as asked for, and how they stand, in words of the wire.

use shardbook_domain::bet::{Combinations, Fund, Kind};
use shardbook_domain::ids::{BetId, PlayerId, SlipNo};
use shardbook_domain::money::{Amount, Currency, Money};
use shardbook_domain::odds::Format;
use shardbook_domain::player::{
    AskedBet, AskedStake, Balance, PendingSlip, Rejection, Released, Slip, Stage, StakeRange,
};
use shardbook_domain::time::Time;
use shardbook_proto::client::v1 as client;

use super::player::{asked_leg, money, policy_of};
use super::wallet::{balance_to_wire, decimal};
use super::{Refusal, rejection};

/// Most selections and bets that are read: what is above is refused before it costs anything.
const SELECTIONS_READ_MAX: usize = Combinations::MAX_LEGS;
const BETS_READ_MAX: usize = 50;

pub(crate) fn slip(slip: &client::PlaceSlip, format: Format) -> Result<Slip, Refusal> {
    let policy = policy_of(slip.policy)?;
    for (found, most, code, what) in [
        (
            slip.selections.len(),
            SELECTIONS_READ_MAX,
            "TOO_MANY_LEGS",
            "selections",
        ),
        (slip.bets.len(), BETS_READ_MAX, "TOO_MANY_BETS", "bets"),
    ] {
        if found > most {
            return Err(Refusal::new(code, format!("{found} {what}: send at most {most}")));
        }
    }
    let selections = slip
        .selections
        .iter()
        .enumerate()
        .map(|(index, leg)| asked_leg(leg, format).map_err(|no| no.on_leg(index)));
    let selections = selections.collect::<Result<Vec<_>, _>>()?;
    let mut bets = Vec::with_capacity(slip.bets.len());
    for (at, bet) in slip.bets.iter().enumerate() {
        bets.push(asked_bet(bet, selections.len(), &slip.currency).map_err(|no| no.on_bet(at))?);
    }
    Ok(Slip {
        selections,
        bets,
        policy,
        reoffer: slip.reoffer,
    })
}

fn asked_bet(bet: &client::SlipBet, selections: usize, currency: &str) -> Result<AskedBet, Refusal> {
    let legs = match bet.selections.as_slice() {
        [] => mask(0..selections as u32, selections)?,
        some => mask(some.iter().copied(), selections)?,
    };
    let bankers = mask(bet.bankers.iter().copied(), selections)?;
    let free = (legs & !bankers).count_ones() as usize;
    let stake = money(&bet.stake, currency)?;
    let stake = match client::StakeKind::try_from(bet.stake_kind) {
        Ok(client::StakeKind::Total) => AskedStake::Total(stake),
        Ok(client::StakeKind::Unit) => AskedStake::Unit(stake),
        Err(_) => {
            return Err(Refusal::new(
                "STAKE_KIND_UNKNOWN",
                "use UNIT for the stake of a line, TOTAL for all",
            ));
        }
    };
    Ok(AskedBet {
        legs,
        bankers,
        combinations: combinations(bet, free)?,
        each_way: bet.each_way,
        stake,
        fund: if bet.free_bet { Fund::FreeBet } else { Fund::Cash },
    })
}

fn mask(of: impl Iterator<Item = u32>, selections: usize) -> Result<u64, Refusal> {
    let mut mask = 0u64;
    for index in of {
        if index as usize >= selections {
            let message =
                format!("selection {index} is not on the slip: they are counted from 0 to {selections} less 1");
            return Err(Refusal::new("SELECTION_NOT_ON_SLIP", message));
        }
        mask |= 1 << index;
    }
    Ok(mask)
}

fn combinations(bet: &client::SlipBet, free: usize) -> Result<Combinations, Refusal> {
    use client::BetType as Wire;
    let kind = match Wire::try_from(bet.r#type) {
        Err(_) => return Err(Refusal::new("BET_TYPE_UNKNOWN", "name one of BetType")),
        Ok(Wire::All) => return Ok(all_of(free)),
        Ok(Wire::Singles) => return Ok(Combinations::of_sizes(&[1])),
        Ok(Wire::System) => {
            let sizes: Vec<usize> = bet.sizes.iter().map(|size| *size as usize).collect();
            if sizes.iter().any(|size| *size > Combinations::MAX_LEGS) {
                let message = format!("a size is above {}: no line has so many legs", Combinations::MAX_LEGS);
                return Err(Refusal::new("COMBINATIONS_INVALID", message));
            }
            return Ok(Combinations::of_sizes(&sizes));
        }
        Ok(Wire::Trixie) => Kind::Trixie,
        Ok(Wire::Patent) => Kind::Patent,
        Ok(Wire::Yankee) => Kind::Yankee,
        Ok(Wire::Lucky15) => Kind::Lucky15,
        Ok(Wire::Canadian) => Kind::Canadian,
        Ok(Wire::Lucky31) => Kind::Lucky31,
        Ok(Wire::Heinz) => Kind::Heinz,
        Ok(Wire::Lucky63) => Kind::Lucky63,
        Ok(Wire::SuperHeinz) => Kind::SuperHeinz,
        Ok(Wire::Goliath) => Kind::Goliath,
    };
    if kind.selections() != free || bet.bankers.iter().len() > 0 {
        let message = format!(
            "a {kind} is on {} selections and has no bankers: this bet is on {free}",
            kind.selections()
        );
        return Err(Refusal::new("BET_TYPE_SELECTIONS", message));
    }
    Ok(kind.combinations())
}

fn all_of(free: usize) -> Combinations {
    match free {
        1..=Combinations::MAX_LEGS => Combinations::all_of(free),
        _ => Combinations::of_sizes(&[]),
    }
}

pub(crate) fn slip_id(player: PlayerId, slip: SlipNo) -> String {
    format!("{player}-s{slip}")
}

/// The slip that a text names.
pub(crate) fn slip_of(text: &str) -> Result<(PlayerId, SlipNo), Refusal> {
    let parts = text.split_once("-s");
    let parsed = parts.and_then(|(player, slip)| Some((player.parse().ok()?, SlipNo(slip.parse().ok()?))));
    parsed.ok_or_else(|| {
        let message = "a slip id is a player id, -s and the slip's number, such as 00c0ffee00c0ffee-s1";
        Refusal::new("SLIP_ID_INVALID", message)
    })
}

/// The bet of this player that a text names.
pub(crate) fn bet_of(player: PlayerId, text: &str) -> Result<shardbook_domain::ids::BetNo, Refusal> {
    match text.parse::<BetId>() {
        Ok(id) if id.player == player => Ok(id.bet),
        Ok(_) => Err(Refusal::new(
            "BET_UNKNOWN",
            "the bet is another player's: take its id from the list of bets",
        )),
        Err(error) => Err(Refusal::new(error.code(), error.to_string())),
    }
}

fn taken(slip: String, state: client::SlipState, balance: Option<&Balance>) -> client::SlipTaken {
    client::SlipTaken {
        slip_id: slip,
        state: state.into(),
        balance: balance.map(balance_to_wire),
        ..client::SlipTaken::default()
    }
}

/// Placed: `slip` is the id of one that waited before.
pub(crate) fn placed(slip: Option<String>, mut bets: Vec<client::Bet>, balance: Option<&Balance>) -> client::SlipTaken {
    if let Some(slip) = &slip {
        bets.iter_mut().for_each(|bet| bet.slip_id.clone_from(slip));
    }
    client::SlipTaken {
        bets,
        ..taken(slip.unwrap_or_default(), client::SlipState::Placed, balance)
    }
}

pub(crate) fn waiting(slip: String, stage: Stage, until: Time, balance: Option<&Balance>) -> client::SlipTaken {
    let state = match stage {
        Stage::Delay => client::SlipState::Delayed,
        Stage::Referral => client::SlipState::Referred,
        Stage::Offer => client::SlipState::Offered,
    };
    client::SlipTaken {
        until_ms: until.0 as i64,
        ..taken(slip, state, balance)
    }
}

pub(crate) fn offered(slip: String, until: Time, offer: &Slip, balance: Option<&Balance>) -> client::SlipTaken {
    let stake = |bet: &AskedBet| bet.stakes().1.of(bet.stake.money().currency).decimal();
    let offer = client::SlipOffer {
        prices: offer.selections.iter().map(|leg| leg.price.to_string()).collect(),
        stakes: offer.bets.iter().map(stake).collect(),
    };
    client::SlipTaken {
        offer: Some(offer),
        ..waiting(slip, Stage::Offer, until, balance)
    }
}

/// A slip that was not taken; `None` for one that was, or goes on as an offer.
pub(crate) fn refused(slip: String, how: &Released, balance: Option<&Balance>) -> Option<client::SlipTaken> {
    let refused = match how {
        Released::Accepted | Released::Offered => return None,
        Released::Refused(reasons) => match shardbook_domain::player::SlipRefusal::of(reasons.clone()) {
            Some(refusal) => rejection(&Rejection::Slip(Box::new(refusal))),
            None => client::Error::default(),
        },
        Released::Declined => Refusal::new("SLIP_DECLINED", "the offer was declined").to_wire(),
        Released::TimedOut => Refusal::new("SLIP_TIMED_OUT", "nobody answered in time: place the slip again").to_wire(),
    };
    Some(client::SlipTaken {
        refused: Some(refused),
        ..taken(slip, client::SlipState::Refused, balance)
    })
}

/// A slip as it waits.
pub(crate) fn pending(player: PlayerId, no: SlipNo, slip: &PendingSlip) -> client::SlipTaken {
    let id = slip_id(player, no);
    match slip.stage {
        Stage::Offer => offered(id, slip.until, &slip.asked, None),
        stage => waiting(id, stage, slip.until, None),
    }
}

/// What one bet of a slip amounts to now.
pub(crate) fn quote(bet: &AskedBet, range: Option<&StakeRange>, delay_s: u32, currency: Currency) -> client::BetQuote {
    let shape = bet.shape();
    let (unit, stake) = bet.stakes();
    let amount = |amount: Option<Amount>| amount.map(|amount| decimal(amount, currency)).unwrap_or_default();
    client::BetQuote {
        name: shape.name(),
        lines: u32::try_from(shape.lines()).unwrap_or(u32::MAX),
        unit_stake: decimal(unit, currency),
        stake: decimal(stake, currency),
        min_stake: amount(range.map(|range| range.min)),
        max_stake: amount(range.map(|range| range.max)),
        potential_return: amount(range.map(|range| scaled(range.max_return, stake, range.max))),
        delay_s,
    }
}

/// What a stake returns, where the largest returns so much; the largest itself where it is more than that.
fn scaled(of_most: Amount, stake: Amount, most: Amount) -> Amount {
    if most.0 <= 0 || stake >= most {
        return of_most;
    }
    Amount((i128::from(of_most.0) * i128::from(stake.0) / i128::from(most.0)) as i64)
}

/// A stake in words of the wallet.
pub(crate) fn part_of(stake: &str, currency: Currency) -> Result<Option<Money>, Refusal> {
    match stake {
        "" => Ok(None),
        stake => money(stake, currency.code()).map(Some),
    }
}
