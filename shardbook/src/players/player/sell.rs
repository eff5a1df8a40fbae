//! Sales of open bets: followed, priced, sold whole or by half.

use rust_decimal::{Decimal, RoundingStrategy};
use shardbook_proto::client::v1::client_message::Request;
use shardbook_proto::client::v1::server_message::Message;
use shardbook_proto::client::v1::{CashOutLocked, CashOutOffer, LockCashOut, WatchCashOut};

use super::Player;
use crate::players::asked::{Asked, Sale};
use crate::players::chooser::minor_digits;
use crate::players::record::{Expect, Held, decimal, decimal_or_zero};
use crate::players::session::{Lost, Session};
use crate::players::tally::bump;

impl Player {
    /// Sells an open bet that has a price; says whether there was one. Prices are followed from the first look on, until a
    /// bet is sold.
    pub(super) async fn sell(&mut self, session: &mut Session) -> Result<bool, Lost> {
        if !self.watching && !self.watch(session, true).await? {
            return Ok(false);
        }
        let priced: Vec<&CashOutOffer> = self.offers.iter().filter(|offer| self.may_sell(offer)).collect();
        let Some(offer) = self.dice.pick(&priced).map(|offer| (*offer).clone()) else {
            return Ok(false);
        };
        let part = self.dice.percent(50).then(|| self.half(&offer.bet_id)).flatten();
        let stake = part.map(|part| part.to_string()).unwrap_or_default();
        let lock = LockCashOut {
            bet_id: offer.bet_id.clone(),
            stake: stake.clone(),
        };
        self.asked += 1;
        let id = format!("lock-{}", self.asked);
        let locked = match self.ask(session, &id, Request::LockCashOut(lock)).await? {
            Message::CashOutLocked(locked) => locked,
            Message::Error(error) => {
                self.tally.sale_refused(&error.code);
                return Ok(true);
            }
            other => return Err(Lost::Refused(format!("no price for a bet, but {other:?}"))),
        };
        if let Err(what) = self.as_locked(&locked, &offer.bet_id, &stake) {
            self.off(format_args!("{id}: {what}"));
            return Ok(true);
        }
        self.asked += 1;
        let id = format!("sell-{}", self.asked);
        let CashOutLocked {
            bet_id, stake, amount, ..
        } = locked;
        let sale = Asked::Sale(Sale { bet_id, stake, amount });
        self.send_asked(session, id, sale, Expect::Fair).await?;
        Ok(true)
    }

    /// Follows the prices of open bets, or no longer; says whether they are followed.
    pub(super) async fn watch(&mut self, session: &mut Session, on: bool) -> Result<bool, Lost> {
        let id = self.question();
        match self
            .ask(session, &id, Request::WatchCashOut(WatchCashOut { on }))
            .await?
        {
            Message::CashOutWatched(list) => {
                bump(&self.tally.offer_lists);
                (self.watching, self.sold, self.offers) = (on, false, list.offers);
                Ok(on)
            }
            Message::Error(error) => {
                self.tally.sale_refused(&error.code);
                Ok(false)
            }
            other => Err(Lost::Refused(format!("no prices of open bets, but {other:?}"))),
        }
    }

    /// A bet that this player knows, and that is not being sold already.
    fn may_sell(&self, offer: &CashOutOffer) -> bool {
        let selling = |asked: &Asked| matches!(asked, Asked::Sale(sale) if sale.bet_id == offer.bet_id);
        self.record.bets.contains_key(&offer.bet_id)
            && !self.record.pending.values().any(|pending| selling(&pending.asked))
    }

    /// Half of what is open of a bet, where the currency can say it.
    fn half(&self, bet_id: &str) -> Option<Decimal> {
        let open = open_stake(self.record.bets.get(bet_id)?).ok()?;
        let digits = minor_digits(&self.currency);
        let half = (open / Decimal::TWO).round_dp_with_strategy(digits, RoundingStrategy::ToZero);
        (half > Decimal::ZERO).then_some(half)
    }

    fn as_locked(&self, locked: &CashOutLocked, bet_id: &str, stake: &str) -> Result<(), String> {
        let held = self.record.bets.get(bet_id).ok_or("the bet is not known")?;
        let open = open_stake(held)?;
        let wanted = if stake.is_empty() { open } else { decimal(stake)? };
        if locked.bet_id != bet_id || decimal(&locked.stake)? != wanted || decimal(&locked.amount)? <= Decimal::ZERO {
            return Err(format!(
                "stake of {wanted} of bet {bet_id} asked for, {locked:?} is kept"
            ));
        }
        Ok(())
    }
}

/// Stake that is neither settled nor sold.
fn open_stake(held: &Held) -> Result<Decimal, String> {
    Ok(decimal(&held.bet.stake)? - decimal_or_zero(&held.bet.stake_settled)? - held.sold.0)
}
