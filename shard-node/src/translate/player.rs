//! What players ask, as commands.

use shardbook_domain::bet::PricePolicy;
use shardbook_domain::ids::{MarketNo, SelectionNo, SelectionRef};
use shardbook_domain::money::{Currency, Money};
use shardbook_domain::odds::Format;
use shardbook_domain::player::{AskedLeg, Command, LimitKind, Slip};
use shardbook_domain::time::Time;
use shardbook_proto::client::v1 as client;

use super::Refusal;
use super::ids::event_id_of;
use super::prices::placing;

/// The most legs read from a bet: far above every brand's rule, so that the rule gives the answer.
const LEGS_READ_MAX: usize = 64;

/// Which way money goes through the cashier.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cashier {
    Deposit,
    Withdraw,
}

impl Cashier {
    pub(crate) fn command(self, amount: &str, currency: &str) -> Result<Command, Refusal> {
        let amount = money(amount, currency)?;
        Ok(match self {
            Self::Deposit => Command::Deposit { amount },
            Self::Withdraw => Command::Withdraw { amount },
        })
    }
}

pub(crate) fn register(player: &client::PlayerRef, currency: &str) -> Result<Command, Refusal> {
    let (brand, reference) = (player.brand.clone(), player.player.clone());
    Ok(Command::Register {
        brand,
        reference,
        currency: currency_of(currency)?,
    })
}

pub(crate) fn place_bet(bet: &client::PlaceBet, format: Format) -> Result<Command, Refusal> {
    let stake = money(&bet.stake, &bet.currency)?;
    let policy = policy_of(bet.policy)?;
    if bet.legs.len() > LEGS_READ_MAX {
        let message = format!("{} legs: send at most {LEGS_READ_MAX}", bet.legs.len());
        return Err(Refusal::new("TOO_MANY_LEGS", message));
    }
    let legs = bet
        .legs
        .iter()
        .enumerate()
        .map(|(index, leg)| asked_leg(leg, format).map_err(|no| no.on_leg(index)));
    let legs = legs.collect::<Result<_, _>>()?;
    Ok(placing(Slip::of_one(legs, stake, policy), format))
}

pub(super) fn policy_of(policy: i32) -> Result<PricePolicy, Refusal> {
    match client::PricePolicy::try_from(policy) {
        Ok(client::PricePolicy::Exact) => Ok(PricePolicy::Exact),
        Ok(client::PricePolicy::Better) => Ok(PricePolicy::Better),
        Ok(client::PricePolicy::Any) => Ok(PricePolicy::Any),
        Ok(client::PricePolicy::Worse) => Ok(PricePolicy::Worse),
        Err(_) => {
            let message = format!("policy {policy} is not known: use EXACT, BETTER, WORSE or ANY");
            Err(Refusal::new("POLICY_UNKNOWN", message))
        }
    }
}

pub(super) fn asked_leg(leg: &client::Leg, format: Format) -> Result<AskedLeg, Refusal> {
    let event = event_id_of(&leg.event).map_err(|error| Refusal::new(error.code(), error.to_string()))?;
    let price = format
        .parse(&leg.price)
        .map_err(|error| Refusal::new(error.code(), error.to_string()))?;
    let selection = SelectionRef {
        event,
        market: MarketNo(leg.market),
        selection: SelectionNo(leg.selection),
    };
    Ok(AskedLeg { selection, price })
}

pub(crate) fn set_limit(set: &client::SetLimit, currency: Currency) -> Result<Command, Refusal> {
    let kind = limit_kind(set.kind).ok_or_else(|| {
        Refusal::new(
            "LIMIT_UNKNOWN",
            format!("limit kind {} is not known: name one of LimitKind", set.kind),
        )
    })?;
    let amount = match set.amount.as_str() {
        "" => None,
        amount => Some(Money::parse(amount, currency).map_err(money_refusal)?.amount()),
    };
    Ok(Command::SetLimit { kind, amount })
}

pub(crate) fn self_exclude(exclude: &client::SelfExclude) -> Command {
    // A negative time is in the past, and refused as such by the player.
    Command::SelfExclude {
        until: Time(u64::try_from(exclude.until_ms).unwrap_or(0)),
    }
}

fn limit_kind(kind: i32) -> Option<LimitKind> {
    use client::LimitKind as Wire;
    Some(match Wire::try_from(kind).ok()? {
        Wire::Unspecified => return None,
        Wire::StakePerBet => LimitKind::StakePerBet,
        Wire::StakeDay => LimitKind::StakeDay,
        Wire::StakeWeek => LimitKind::StakeWeek,
        Wire::StakeMonth => LimitKind::StakeMonth,
        Wire::DepositDay => LimitKind::DepositDay,
        Wire::DepositWeek => LimitKind::DepositWeek,
        Wire::DepositMonth => LimitKind::DepositMonth,
    })
}

pub(super) fn currency_of(code: &str) -> Result<Currency, Refusal> {
    Currency::new(code).map_err(money_refusal)
}

pub(super) fn money(amount: &str, currency: &str) -> Result<Money, Refusal> {
    Money::parse(amount, currency_of(currency)?).map_err(money_refusal)
}

fn money_refusal(error: shardbook_domain::money::MoneyError) -> Refusal {
    Refusal::new(error.code(), error.to_string())
}
