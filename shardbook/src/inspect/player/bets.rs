//! The bets of a player, each with its history.

use std::collections::BTreeMap;
use std::io::Write;

use serde_json::json;
use shardbook_domain::bet::Bet;
use shardbook_domain::ids::{BetId, BetNo, PlayerId};
use shardbook_domain::money::Currency;
use shardbook_domain::rules::RuleBook;

use super::super::moment::utc;
use super::super::out::Out;
use super::super::readable;
use super::{Event, Told};
use crate::Failure;

#[derive(Default)]
pub(super) struct Bets {
    history: BTreeMap<BetNo, (Vec<Event>, Vec<Told>)>,
}

impl Bets {
    pub(super) fn take(&mut self, bet: BetNo, event: Event, told: Told) {
        let (events, all) = self.history.entry(bet).or_default();
        events.push(event);
        all.push(told);
    }

    pub(super) fn show(
        &self,
        player: PlayerId,
        currency: Currency,
        rules: &RuleBook,
        out: &mut Out<impl Write>,
    ) -> Result<(), Failure> {
        for (heading, open) in [("open bets", true), ("settled bets", false)] {
            out.heading(heading)?;
            for (events, told) in self.history.values() {
                if let Some(bet) = Bet::fold(events).filter(|bet| bet.is_open() == open) {
                    show_bet(player, &bet, currency, rules, told, out)?;
                }
            }
        }
        Ok(())
    }
}

fn show_bet(
    player: PlayerId,
    bet: &Bet,
    currency: Currency,
    rules: &RuleBook,
    told: &[Told],
    out: &mut Out<impl Write>,
) -> Result<(), Failure> {
    let id = BetId { player, bet: bet.no() }.to_string();
    let stake = bet.terms.stake.of(currency).decimal();
    let returned = bet.returned().of(currency).decimal();
    let rules = rules.version(bet.terms.rules_version).unwrap_or(rules.current());
    let potential = bet.terms.potential_return(rules).of(currency).decimal();
    let value = json!({
        "bet_id": id,
        "name": bet.terms.shape().name(),
        "lines": bet.terms.lines(),
        "status": readable::value(&bet.status)?,
        "stake": stake,
        "currency": currency.code(),
        "potential_return": potential,
        "returned": returned,
        "placed_ms": bet.terms.placed_at.0,
        "settled_ms": bet.settled_at().map(|at| at.0),
        "settlements": bet.settlements(),
        "stake_settled": bet.stake_settled().of(currency).decimal(),
        "refunded": bet.refunded().of(currency).decimal(),
        "cashed_stake": bet.cashed_stake().of(currency).decimal(),
        "cashed_paid": bet.cashed_paid().of(currency).decimal(),
        "legs": readable::value(&bet.terms.legs)?,
    });
    out.record("bet", value, || {
        let legs = bet.terms.legs.iter().map(|leg| {
            let of = leg.selection;
            format!(
                "{} market {} selection {} @ {}",
                of.event, of.market, of.selection, leg.price
            )
        });
        let ends = if bet.is_open() {
            format!("returns up to {potential}")
        } else {
            format!("returned {returned}")
        };
        format!(
            "  {id}  {:?}  stake {stake} {currency}, {ends}  {}",
            bet.status,
            legs.collect::<Vec<_>>().join(" + ")
        )
    })?;
    for (at_ms, sequence, event) in told {
        let value = json!({ "bet_id": id, "at_ms": at_ms, "sequence": sequence, "event": event });
        out.record("bet_event", value, || {
            format!("    {}  {}", utc(*at_ms), readable::line(event))
        })?;
    }
    Ok(())
}
