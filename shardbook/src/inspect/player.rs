//! A player: accounts, limits, bets with all that happened to each, and what was asked and refused.

mod bets;

use std::collections::BTreeMap;
use std::io::Write;

use serde_json::{Value, json};
use shardbook_domain::ids::PlayerId;
use shardbook_domain::ledger::Account;
use shardbook_domain::money::{Amount, Currency};
use shardbook_domain::player::{Event, LimitKind, Profile, State};
use shardbook_domain::time::Time;
use shardbook_runtime::journal::Store;
use shardbook_shard_node::{PlayerEntity, player_id_of};

use super::history::{Happened, replay};
use super::moment::utc;
use super::out::Out;
use super::readable;
use crate::Failure;
use bets::Bets;

pub(super) fn show(store: &Store, name: &str, out: &mut Out<impl Write>) -> Result<(), Failure> {
    let (brand, reference) = name
        .split_once('/')
        .ok_or_else(|| format!("{name}: name the player as BRAND/PLAYER, such as demo/demo-17"))?;
    let id = player_id_of(brand, reference)?;
    let (mut bets, mut refused) = (Bets::default(), BTreeMap::<&'static str, u64>::new());
    let (mut account, mut last_ms) = (Vec::new(), 0);
    let state = replay::<PlayerEntity>(store, id.0, |happened| {
        last_ms = happened.at_ms;
        if let Err(refusal) = &happened.outcome {
            *refused.entry(refusal.code()).or_default() += 1;
        }
        take(happened, &mut bets, &mut account)
    })?;
    let known = state.as_ref().and_then(|state| Some((state, state.profile()?)));
    let (state, profile) = known.ok_or_else(|| format!("the journal knows no player {name}"))?;
    show_account(id, profile, state, out)?;
    show_limits(state, Time(last_ms), profile.currency, out)?;
    bets.show(id, profile.currency, &shardbook_shard_node::rules_of(store)?, out)?;
    out.heading("account")?;
    for (at_ms, sequence, event) in account {
        let value = json!({ "at_ms": at_ms, "sequence": sequence, "event": event });
        out.record("account_event", value, || {
            format!("  {}  {}", utc(at_ms), readable::line(&event))
        })?;
    }
    out.heading("refused commands")?;
    for (code, count) in refused {
        out.record("refused", json!({ "code": code, "count": count }), || {
            format!("  {code} {count}")
        })?;
    }
    Ok(())
}

/// Time, frame and event.
type Told = (u64, u64, Value);

fn take(happened: Happened<PlayerEntity>, bets: &mut Bets, account: &mut Vec<Told>) -> Result<(), Failure> {
    let (at_ms, sequence) = (happened.at_ms, happened.position.sequence);
    for event in happened.events {
        let told = (at_ms, sequence, readable::value(&event)?);
        match event.bet() {
            Some(bet) => bets.take(bet, event, told),
            None => account.push(told),
        }
    }
    Ok(())
}

fn show_account(id: PlayerId, profile: &Profile, state: &State, out: &mut Out<impl Write>) -> Result<(), Failure> {
    let excluded = state.excluded_until().map(|until| until.0);
    let value = json!({
        "id": id.to_string(),
        "brand": profile.brand,
        "player": profile.reference,
        "currency": profile.currency.code(),
        "registered_ms": profile.registered_at.0,
        "status": readable::value(&state.status())?,
        "excluded_until_ms": excluded,
        "bets_placed": state.bets_placed(),
        "bets_open": state.open_bets().len(),
    });
    out.record("player", value, || {
        let excluded = excluded
            .map(|until| format!(", self-excluded until {}", utc(until)))
            .unwrap_or_default();
        format!(
            "player {}/{} ({id})  registered {}  {:?}{excluded}  {} bets, {} open",
            profile.brand,
            profile.reference,
            utc(profile.registered_at.0),
            state.status(),
            state.bets_placed(),
            state.open_bets().len()
        )
    })?;
    out.heading("accounts")?;
    for account in Account::ALL {
        let (balance, totals) = (state.ledger().balance(account), state.ledger().totals(account));
        let decimal = |minor: i64| Amount(minor).of(profile.currency).decimal();
        let value = json!({
            "account": format!("{account:?}"),
            "balance": decimal(balance.0),
            "debits_posted": decimal(totals.debits_posted),
            "credits_posted": decimal(totals.credits_posted),
            "debits_pending": decimal(totals.debits_pending),
            "credits_pending": decimal(totals.credits_pending),
        });
        out.record("account", value, || {
            format!(
                "  {:<16} {:>14} {}  debits {}, credits {}, pending {} and {}",
                format!("{account:?}"),
                decimal(balance.0),
                profile.currency,
                decimal(totals.debits_posted),
                decimal(totals.credits_posted),
                decimal(totals.debits_pending),
                decimal(totals.credits_pending)
            )
        })?;
    }
    Ok(())
}

/// Limits as they hold at the player's last entry.
fn show_limits(state: &State, at: Time, currency: Currency, out: &mut Out<impl Write>) -> Result<(), Failure> {
    out.heading("limits")?;
    for kind in LimitKind::STAKE.into_iter().chain(LimitKind::DEPOSIT) {
        let (in_force, pending) = (state.limits().in_force(kind, at), state.limits().pending(kind, at));
        if in_force.is_none() && pending.is_none() {
            continue;
        }
        let decimal = |amount: Option<Amount>| amount.map(|amount| amount.of(currency).decimal());
        let left = decimal(state.limits().left(kind, at));
        let value = json!({
            "limit": format!("{kind:?}"),
            "in_force": decimal(in_force),
            "left": left,
            "pending": pending.map(|pending| json!({ "amount": decimal(pending.amount), "from_ms": pending.from.0 })),
        });
        out.record("limit", value, || {
            let none = || "none".to_owned();
            let pending = pending.map(|pending| {
                let amount = decimal(pending.amount).unwrap_or_else(none);
                format!(", {amount} from {}", utc(pending.from.0))
            });
            let (in_force, left) = (decimal(in_force).unwrap_or_else(none), left.unwrap_or_else(none));
            format!(
                "  {}: {in_force}, {left} left{}",
                kind.words(),
                pending.unwrap_or_default()
            )
        })?;
    }
    Ok(())
}
