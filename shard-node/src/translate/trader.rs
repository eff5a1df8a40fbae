//! What traders ask, as commands; referred slips, as traders see them.

use shardbook_domain::event::{Change, Command as MarketCommand};
use shardbook_domain::ids::{PlayerId, SlipNo};
use shardbook_domain::money::Currency;
use shardbook_domain::odds::Odds;
use shardbook_domain::player::{Command, PendingSlip, Profile, ReferralAnswer, StakeRange};
use shardbook_domain::rules::Phase;
use shardbook_domain::time::Time;
use shardbook_proto::backoffice::v1 as backoffice;
use shardbook_proto::backoffice::v1::answer_referral::Answer;
use shardbook_proto::backoffice::v1::rule_on_market::Ruling;
use shardbook_proto::client::v1 as client;

use super::Refusal;
use super::feed::{correction, correction_back, key, result, rollback_void, void};
use super::player::money;
use super::slip::slip_id;
use super::wallet::decimal;
use crate::names::Names;

/// The answer to a slip; stakes are in the currency of its player's wallet. It is the same command however the slip stands
/// now, so that a repeat gets the first answer.
pub(crate) fn answer_referral(
    ask: &backoffice::AnswerReferral,
    slip: SlipNo,
    currency: Currency,
) -> Result<Command, Refusal> {
    let answer = match &ask.answer {
        None => {
            return Err(Refusal::new(
                "FIELD_MISSING",
                "the answer is missing: accept, reject or offer",
            ));
        }
        Some(Answer::Accept(_)) => ReferralAnswer::Accept,
        Some(Answer::Reject(reject)) => ReferralAnswer::Reject {
            reason: reject.reason.clone(),
        },
        Some(Answer::Offer(offer)) => {
            let stakes = offer.stakes.iter().map(|stake| money(stake, currency.code()));
            ReferralAnswer::Offer {
                stakes: stakes.collect::<Result<_, _>>()?,
                prices: prices(&offer.prices)?,
            }
        }
    };
    let by = trader_of(ask.trader.as_ref());
    Ok(Command::AnswerReferral { slip, answer, by })
}

fn prices(texts: &[String]) -> Result<Vec<Odds>, Refusal> {
    let price = |text: &String| Odds::parse(text).map_err(|error| Refusal::new(error.code(), error.to_string()));
    texts.iter().map(price).collect()
}

fn trader_of(trader: Option<&backoffice::Trader>) -> String {
    trader.map(|trader| trader.name.clone()).unwrap_or_default()
}

pub(crate) fn factor(ask: &backoffice::SetFactor) -> Command {
    Command::SetFactor {
        sport: ask.sport.clone(),
        phase: if ask.in_play { Phase::InPlay } else { Phase::PreMatch },
        permille: ask.permille,
        by: trader_of(ask.trader.as_ref()),
    }
}

pub(crate) fn free_bet(ask: &backoffice::GrantFreeBet) -> Result<Command, Refusal> {
    Ok(Command::GrantFreeBet {
        amount: money(&ask.amount, &ask.currency)?,
        reason: ask.reason.clone(),
    })
}

/// A ruling by hand, said now.
pub(crate) fn ruling(ask: &backoffice::RuleOnMarket, now: Time) -> Result<MarketCommand, Refusal> {
    let by_hand =
        |of: Option<&shardbook_proto::provider::v1::MarketKey>, ruling| Ok(Change::settle_by_hand(key(of)?, ruling));
    let change = match &ask.ruling {
        None => Err(Refusal::new("FIELD_MISSING", "the ruling is missing: name one")),
        Some(Ruling::Result(said)) => by_hand(said.key.as_ref(), result(said)?),
        Some(Ruling::Rollback(said)) => by_hand(said.key.as_ref(), shardbook_domain::event::Ruling::RollbackResult),
        Some(Ruling::Void(said)) => by_hand(said.key.as_ref(), void(said)?),
        Some(Ruling::RollbackVoid(said)) => by_hand(said.key.as_ref(), rollback_void(said)?),
        Some(Ruling::CorrectPrice(said)) => by_hand(said.key.as_ref(), correction(said)?),
        Some(Ruling::RollbackCorrection(said)) => by_hand(said.key.as_ref(), correction_back(said)?),
        Some(Ruling::CashOut(said)) => Ok(Change::SwitchCashOut {
            key: key(said.key.as_ref())?,
            offered: said.offered,
        }),
    }?;
    Ok(MarketCommand {
        source_time: now,
        change,
    })
}

/// A slip that waits for a trader; `most` is what would be taken of each bet without asking.
pub(crate) fn referral(
    player: PlayerId,
    profile: &Profile,
    no: SlipNo,
    slip: &PendingSlip,
    most: &[StakeRange],
    names: &Names,
) -> backoffice::Referral {
    let currency = profile.currency;
    let leg = |leg: &shardbook_domain::player::AskedLeg| client::Leg {
        event: names.of(leg.selection.event),
        market: leg.selection.market.0,
        selection: leg.selection.selection.0,
        price: leg.price.to_string(),
    };
    let bet = |(at, bet): (usize, &shardbook_domain::player::AskedBet)| backoffice::ReferredBet {
        name: bet.shape().name(),
        stake: decimal(bet.stakes().1, currency),
        max_stake: most
            .get(at)
            .map(|range| decimal(range.max, currency))
            .unwrap_or_default(),
        max_return: most
            .get(at)
            .map(|range| decimal(range.max_return, currency))
            .unwrap_or_default(),
    };
    backoffice::Referral {
        slip_id: slip_id(player, no),
        player: Some(client::PlayerRef {
            brand: profile.brand.to_string(),
            player: profile.reference.to_string(),
        }),
        currency: currency.code().into(),
        asked_ms: slip.since.0 as i64,
        until_ms: slip.until.0 as i64,
        selections: slip.asked.selections.iter().map(leg).collect(),
        bets: slip.asked.bets.iter().enumerate().map(bet).collect(),
    }
}
