//! What is asked of players about slips and cash-out.

use std::borrow::Cow;
use std::sync::Arc;

use shardbook_domain::bet::offer;
use shardbook_domain::ids::{BetId, BetNo, PlayerId};
use shardbook_domain::market::Lookup;
use shardbook_domain::money::Currency;
use shardbook_domain::odds::Format;
use shardbook_domain::player::{
    Balance, Command, Context, Event, Rejection, Reply, Slip, Stage, State, decide, max_stake,
};
use shardbook_domain::time::Time;
use shardbook_proto::client::v1 as client;
use shardbook_proto::internal::v1::ShardReply;
use shardbook_proto::internal::v1::shard_reply::Reply as Wire;
use shardbook_runtime::entity::{CommandId, EntityKey};
use shardbook_runtime::host::{Answer, Terms};
use shardbook_runtime::router::CallFault;
use shardbook_runtime::stages;

use super::player::{Called, no};
use super::{Shards, refused, replied};
use crate::entities::{PLAYER, World};
use crate::recall::with_recalled;
use crate::translate::{
    Refusal, bet_of, bet_to_wire, id_reused, offered, part_of, pending, placed, placing, quote, reason, rejection,
    slip, slip_id, slip_of, slip_refused, waiting,
};

pub(super) fn place(
    shards: &Shards,
    player: PlayerId,
    id: CommandId,
    ask: &client::PlaceSlip,
    format: Format,
    terms: Terms,
) -> Called {
    match slip(ask, format) {
        Ok(asked) => send(shards, player, id, placing(asked, format), None, terms),
        Err(refusal) => no(&refusal),
    }
}

pub(super) fn answer_offer(
    shards: &Shards,
    player: PlayerId,
    id: CommandId,
    ask: &client::AnswerOffer,
    terms: Terms,
) -> Called {
    match slip_of(&ask.slip_id) {
        Ok((of, slip)) if of == player => {
            let accept = ask.accept;
            let waited = Some(ask.slip_id.clone());
            send(shards, player, id, Command::AnswerOffer { slip, accept }, waited, terms)
        }
        Ok(_) => no(&Refusal::new(
            "SLIP_UNKNOWN",
            "the slip is another player's: take its id from the answer to your own",
        )),
        Err(refusal) => no(&refusal),
    }
}

/// The bets that were placed are read from the player once they are durable: the answer tells them whole.
fn send(
    shards: &Shards,
    player: PlayerId,
    id: CommandId,
    command: Command,
    waited: Option<String>,
    terms: Terms,
) -> Called {
    stages::mark(stages::Stage::Decode);
    let sent = shards.players.send_on(player.0, id, command, terms);
    let shards = shards.clone();
    Box::pin(async move {
        let reply = match sent?.answer().await? {
            Answer::Accepted(reply) => reply,
            Answer::Rejected(rejected) => return Ok(replied(Wire::Error(rejection(&rejected)))),
            Answer::IdReused => return Ok(refused(&id_reused())),
        };
        let balance = reply.balance().copied();
        let taken = match &reply {
            Reply::BetPlaced { bet, .. } => placed(waited, bets(&shards, player, vec![*bet]).await?, balance.as_ref()),
            Reply::SlipPlaced { bets: numbers, .. } => {
                let numbers = numbers.iter().map(|bet| bet.no).collect();
                placed(waited, bets(&shards, player, numbers).await?, balance.as_ref())
            }
            Reply::SlipPending { slip, stage, until, .. } => {
                waiting(slip_id(player, *slip), *stage, *until, balance.as_ref())
            }
            Reply::SlipOffered { slip, until, offer, .. } => {
                offered(slip_id(player, *slip), *until, offer, balance.as_ref())
            }
            Reply::SlipRefused { slip, how, .. } => match slip_refused(slip_id(player, *slip), how, balance.as_ref()) {
                Some(refused) => refused,
                None => return Ok(refused(&id_reused())),
            },
            // A slip that was decided already: the answer to its offer changes nothing.
            Reply::Balance(_) => {
                let message = "the slip was decided already: see the list of bets";
                return Ok(refused(&Refusal::new("SLIP_DECIDED", message)));
            }
            // The id was first used for a command of another kind.
            _ => return Ok(refused(&id_reused())),
        };
        Ok(replied(Wire::Slip(taken)))
    })
}

/// Bets that a command placed or sold, as they are now. The command may be a repeat, and its bets long settled.
pub(crate) async fn bets(
    shards: &Shards,
    player: PlayerId,
    numbers: Vec<BetNo>,
) -> Result<Vec<client::Bet>, CallFault> {
    let look = move |state: &State| {
        let held = numbers.iter().map(|no| (*no, state.bet(*no).map(Cow::into_owned)));
        state.profile().map(|profile| (profile.currency, held.collect()))
    };
    let Some((currency, held)) = shards.players.read(player.0, look)?.answer().await? else {
        return Ok(Vec::new());
    };
    let bets = with_recalled(&shards.store, &shards.journal, player, held).await;
    let bets = bets.map_err(|fault| {
        tracing::error!(%fault, %player, "cannot tell of bets that were placed");
        CallFault::Unknown
    })?;
    let to_wire = |bet| bet_to_wire(player, bet, currency, &shards.names, &shards.world.rules);
    Ok(bets.iter().map(to_wire).collect())
}

pub(super) fn list(shards: &Shards, player: PlayerId) -> Called {
    let look = move |state: &State| {
        let slips = state.pending_slips().map(|(no, slip)| pending(player, no, slip));
        state.profile().map(|_| slips.collect::<Vec<_>>())
    };
    let seen = shards.players.read(player.0, look);
    Box::pin(async move {
        Ok(match seen?.answer().await? {
            Some(slips) => replied(Wire::Slips(client::Slips { slips })),
            None => replied(Wire::Error(rejection(&Rejection::NotRegistered))),
        })
    })
}

/// What a player's decisions may look at now.
fn with_context<R>(world: &World, shards: &Shards, player: PlayerId, act: impl FnOnce(&Context<'_>) -> R) -> R {
    let key = EntityKey {
        kind: PLAYER,
        id: player.0,
    };
    let shard = shards.store.map().locate(key);
    act(&Context {
        now: Time(shards.clock.now_ms()),
        rules: &world.rules,
        book: &world.book,
        exposure: world.budgets.of(shard),
    })
}

/// What a slip amounts to: the very decision, of which nothing is kept.
pub(super) fn quote_slip(shards: &Shards, player: PlayerId, ask: &client::PlaceSlip, format: Format) -> Called {
    let asked = match slip(ask, format) {
        Ok(asked) => asked,
        Err(refusal) => return no(&refusal),
    };
    let known = shards.clone();
    let look = move |state: &State| {
        let currency = state.profile()?.currency;
        Some(with_context(&known.world, &known, player, |context| {
            quoted(state, &asked.as_shown(format, context.book), currency, context)
        }))
    };
    let seen = shards.players.read(player.0, look);
    Box::pin(async move {
        Ok(match seen?.answer().await? {
            Some(quote) => replied(Wire::SlipQuote(quote)),
            None => replied(Wire::Error(rejection(&Rejection::NotRegistered))),
        })
    })
}

fn quoted(state: &State, asked: &Slip, currency: Currency, context: &Context<'_>) -> client::SlipQuote {
    let as_it_is = decide(state, &Command::PlaceSlip(asked.clone()), context);
    let delay_s = match as_it_is.as_deref() {
        Ok(
            [
                Event::SlipHeld {
                    at,
                    until,
                    stage: Stage::Delay,
                    ..
                },
                ..,
            ],
        ) => until.0.saturating_sub(at.0).div_ceil(1_000) as u32,
        _ => 0,
    };
    let against = as_it_is.err().or_else(|| max_stake(state, asked, context).err());
    let reasons = match &against {
        None => Vec::new(),
        Some(Rejection::Slip(refusal)) => refusal.reasons().map(reason).collect(),
        Some(one) => vec![reason(&one.clone().into())],
    };
    // Where some bet cannot be taken at any stake, the others are quoted one by one.
    let alone = |at: usize| {
        let one = Slip {
            bets: vec![asked.bets[at]],
            ..asked.clone()
        };
        max_stake(state, &one, context).ok().and_then(|mut ranges| ranges.pop())
    };
    let ranges = max_stake(state, asked, context).map_or_else(
        |_| (0..asked.bets.len()).map(alone).collect::<Vec<_>>(),
        |ranges| ranges.into_iter().map(Some).collect(),
    );
    let bets = asked.bets.iter().enumerate();
    let bets = bets.map(|(at, bet)| quote(bet, ranges.get(at).and_then(Option::as_ref), delay_s, currency));
    let price = |leg: &shardbook_domain::player::AskedLeg| match context.book.quote(leg.selection) {
        Lookup::Found(quote) => quote.price.map(|price| price.to_string()).unwrap_or_default(),
        _ => String::new(),
    };
    client::SlipQuote {
        bets: bets.collect(),
        reasons,
        prices: asked.selections.iter().map(price).collect(),
    }
}

pub(super) fn cash_out_prices(shards: &Shards, player: PlayerId) -> Called {
    let world = Arc::clone(&shards.world);
    let look = move |state: &State| {
        let currency = state.profile()?.currency;
        let priced = state.open_bets().filter_map(|bet| {
            let offer = offer(&bet, world.rules.current(), &world.book).ok()?;
            Some(client::CashOutOffer {
                bet_id: BetId { player, bet: bet.no() }.to_string(),
                amount: offer.amount.of(currency).decimal(),
            })
        });
        Some(priced.collect::<Vec<_>>())
    };
    let seen = shards.players.read(player.0, look);
    Box::pin(async move {
        Ok(match seen?.answer().await? {
            Some(offers) => replied(Wire::CashOutOffers(client::CashOutOffers { offers })),
            None => replied(Wire::Error(rejection(&Rejection::NotRegistered))),
        })
    })
}

/// What is asked about the sale of a bet.
pub(super) enum Sale {
    Lock(client::LockCashOut),
    Sell(client::CashOut),
}

/// Amounts are in the wallet's currency, which only the player knows.
pub(super) fn sell(shards: &Shards, player: PlayerId, id: CommandId, sale: Sale, terms: Terms) -> Called {
    let currency = shards
        .players
        .read(player.0, |state| state.profile().map(|profile| profile.currency));
    let shards = shards.clone();
    Box::pin(async move {
        let Some(currency) = currency?.answer().await? else {
            return Ok(replied(Wire::Error(rejection(&Rejection::NotRegistered))));
        };
        let command = match &sale {
            Sale::Lock(lock) => bet_of(player, &lock.bet_id).and_then(|bet| {
                let stake = part_of(&lock.stake, currency)?;
                Ok(Command::LockCashOut { bet, stake })
            }),
            Sale::Sell(sell) => bet_of(player, &sell.bet_id).and_then(|bet| match part_of(&sell.amount, currency)? {
                Some(amount) => Ok(Command::CashOut { bet, amount }),
                None => Err(Refusal::new("AMOUNT_EMPTY", "give the price that is kept")),
            }),
        };
        let command = match command {
            Ok(command) => command,
            Err(refusal) => return Ok(refused(&refusal)),
        };
        let answer = shards.players.send_on(player.0, id, command, terms)?.answer().await?;
        match answer {
            Answer::Accepted(reply) => sold(&shards, player, currency, reply).await,
            Answer::Rejected(rejected) => Ok(replied(Wire::Error(rejection(&rejected)))),
            Answer::IdReused => Ok(refused(&id_reused())),
        }
    })
}

async fn sold(shards: &Shards, player: PlayerId, currency: Currency, reply: Reply) -> Result<ShardReply, CallFault> {
    Ok(match reply {
        Reply::CashOutLocked {
            bet,
            stake,
            amount,
            until,
        } => replied(Wire::CashOutLocked(client::CashOutLocked {
            bet_id: BetId { player, bet }.to_string(),
            stake: stake.of(currency).decimal(),
            amount: amount.of(currency).decimal(),
            until_ms: until.0 as i64,
        })),
        Reply::CashedOut { bet, paid, balance, .. } => {
            let bet = bets(shards, player, vec![bet]).await?.pop();
            replied(Wire::CashedOut(paid_out(bet, paid.of(currency).decimal(), &balance)))
        }
        _ => refused(&id_reused()),
    })
}

fn paid_out(bet: Option<client::Bet>, paid: String, balance: &Balance) -> client::CashedOut {
    client::CashedOut {
        bet,
        paid,
        balance: Some(crate::translate::balance_to_wire(balance)),
    }
}
