//! What is asked of players.

use std::borrow::{Borrow, Cow};
use std::sync::Arc;

use shardbook_domain::bet::Bet;
use shardbook_domain::ids::{BetNo, PlayerId};
use shardbook_domain::money::{Amount, Currency};
use shardbook_domain::odds::Format;
use shardbook_domain::player::{Command, PendingLimit, Rejection, Reply, State};
use shardbook_domain::time::Time;
use shardbook_projections::history;
use shardbook_proto::client::v1 as client;
use shardbook_proto::internal::v1::in_format::Asked;
use shardbook_proto::internal::v1::player_request::Request;
use shardbook_proto::internal::v1::shard_reply::Reply as Wire;
use shardbook_proto::internal::v1::{InFormat, PlayerRequest, Registered, ShardReply};
use shardbook_runtime::entity::{CommandId, EntityKey};
use shardbook_runtime::fault::StoreFault;
use shardbook_runtime::host::{Answer, Terms};
use shardbook_runtime::router::{BoxFuture, CallFault};
use shardbook_runtime::stages::{self, Stage};

use super::slips::{self, Sale};
use super::{Shards, answer_read, refused, replied};
use crate::entities::PLAYER;
use crate::recall::block_of;
use crate::translate::{
    Cashier, Refusal, balance_to_wire, bet_to_wire, command_id, format_of, id_reused, offered, place_bet,
    placed_to_wire, player_id_of, register, rejection, self_exclude, set_limit, slip_id, waiting, wallet_to_wire,
};

pub(super) type Called = BoxFuture<Result<ShardReply, CallFault>>;

/// Most bets on a page; asked for none, a page has [`PAGE_DEFAULT`].
const PAGE_MAX: u32 = 100;
const PAGE_DEFAULT: u32 = 50;

pub(super) fn call(shards: &Shards, request: PlayerRequest, terms: Terms) -> Called {
    let Some(player) = request.player else {
        return no(&Refusal::new("PLAYER_INVALID", "name the player"));
    };
    let id = match player_id_of(&player.brand, &player.player) {
        Ok(id) => id,
        Err(error) => return no(&Refusal::new(error.code(), error.to_string())),
    };
    let Some(asked) = request.request else {
        return no(&Refusal::new(
            "UNKNOWN_MESSAGE",
            "the request names nothing to do: set one request",
        ));
    };
    let name = command_id(EntityKey { kind: PLAYER, id: id.0 }, &request.command_id);
    let (asked, format) = match in_format(asked) {
        Ok(asked) => asked,
        Err(refusal) => return no(&refusal),
    };
    match asked {
        // Unwrapped above: what is within is never in a format again.
        Request::InFormat(_) => no(&Refusal::new("UNKNOWN_MESSAGE", "the request names nothing to do")),
        Request::Register(ask) => register_player(shards, id, &player, &ask.currency, terms),
        Request::Balance(_) => balance(shards, id),
        Request::ListBets(list) => list_bets(shards, id, list),
        Request::PlaceBet(bet) => {
            let command = place_bet(&bet, format);
            send_if(
                shards,
                id,
                name,
                command,
                terms,
                Box::new(move |reply| bet_reply(id, bet, reply)),
            )
        }
        Request::Deposit(ask) => {
            let command = Cashier::Deposit.command(&ask.amount, &ask.currency);
            send_if(shards, id, name, command, terms, Box::new(balance_reply))
        }
        Request::Withdraw(ask) => {
            let command = Cashier::Withdraw.command(&ask.amount, &ask.currency);
            send_if(shards, id, name, command, terms, Box::new(balance_reply))
        }
        Request::SetLimit(ask) => limit(shards, id, name, ask, terms),
        Request::SelfExclude(ask) => send(shards, id, name, self_exclude(&ask), terms, Box::new(excluded_reply)),
        Request::PlaceSlip(ask) => slips::place(shards, id, name, &ask, format, terms),
        Request::QuoteSlip(ask) => slips::quote_slip(shards, id, &ask, format),
        Request::AnswerOffer(ask) => slips::answer_offer(shards, id, name, &ask, terms),
        Request::ListSlips(_) => slips::list(shards, id),
        Request::LockCashOut(ask) => slips::sell(shards, id, name, Sale::Lock(ask), terms),
        Request::CashOut(ask) => slips::sell(shards, id, name, Sale::Sell(ask), terms),
        Request::CashOutPrices(_) => slips::cash_out_prices(shards, id),
    }
}

/// What is asked, and the format of the prices in it.
fn in_format(asked: Request) -> Result<(Request, Format), Refusal> {
    let Request::InFormat(InFormat { format, asked }) = asked else {
        return Ok((asked, Format::Decimal));
    };
    let asked = match asked {
        Some(Asked::PlaceBet(bet)) => Request::PlaceBet(bet),
        Some(Asked::PlaceSlip(slip)) => Request::PlaceSlip(slip),
        Some(Asked::QuoteSlip(slip)) => Request::QuoteSlip(slip),
        None => {
            let message = "the request names nothing to do: set one of those with prices";
            return Err(Refusal::new("UNKNOWN_MESSAGE", message));
        }
    };
    Ok((asked, format_of(format)?))
}

/// A bet in play, one that a trader is asked about, and one that is offered on other terms wait as slips.
fn bet_reply(player: PlayerId, asked: client::PlaceBet, reply: &Reply) -> Option<Wire> {
    let balance = reply.balance();
    match reply {
        Reply::SlipPending { slip, stage, until, .. } => {
            Some(Wire::Slip(waiting(slip_id(player, *slip), *stage, *until, balance)))
        }
        Reply::SlipOffered { slip, until, offer, .. } => {
            Some(Wire::Slip(offered(slip_id(player, *slip), *until, offer, balance)))
        }
        reply => placed_to_wire(player, asked, reply).map(Wire::BetPlaced),
    }
}

pub(super) fn no(refusal: &Refusal) -> Called {
    Box::pin(std::future::ready(Ok(refused(refusal))))
}

type ToWire = Box<dyn FnOnce(&Reply) -> Option<Wire> + Send>;

/// A command that could be read, or why it could not.
fn send_if(
    shards: &Shards,
    player: PlayerId,
    id: CommandId,
    command: Result<Command, Refusal>,
    terms: Terms,
    to_wire: ToWire,
) -> Called {
    match command {
        Ok(command) => send(shards, player, id, command, terms, to_wire),
        Err(refusal) => no(&refusal),
    }
}

/// The command is in the mailbox when this returns; the future is the answer.
fn send(shards: &Shards, player: PlayerId, id: CommandId, command: Command, terms: Terms, to_wire: ToWire) -> Called {
    stages::mark(Stage::Decode);
    let sent = shards.players.send_on(player.0, id, command, terms);
    Box::pin(async move { Ok(answered(sent?.answer().await?, to_wire)) })
}

fn answered(answer: Answer<crate::entities::PlayerEntity>, to_wire: ToWire) -> ShardReply {
    let _lap = stages::sample(Stage::Reply);
    match answer {
        Answer::Accepted(reply) => match to_wire(&reply) {
            Some(wire) => replied(wire),
            // The id was first used for a command of another kind, whose answer is of another kind.
            None => refused(&id_reused()),
        },
        Answer::Rejected(no) => replied(Wire::Error(rejection(&no))),
        Answer::IdReused => refused(&id_reused()),
    }
}

fn balance_reply(reply: &Reply) -> Option<Wire> {
    match reply {
        Reply::Balance(balance) => Some(Wire::Balance(balance_to_wire(balance))),
        _ => None,
    }
}

fn excluded_reply(reply: &Reply) -> Option<Wire> {
    match reply {
        Reply::SelfExcluded { until } => Some(Wire::SelfExcluded(client::SelfExcluded {
            until_ms: until.0 as i64,
        })),
        _ => None,
    }
}

/// A player who is known is only looked at: opening a session leaves no trace in the journal.
fn register_player(shards: &Shards, id: PlayerId, player: &client::PlayerRef, currency: &str, terms: Terms) -> Called {
    let known = shards
        .players
        .read(id.0, |state| state.profile().cloned().zip(wallet_to_wire(state)));
    let (shards, player, currency) = (shards.clone(), player.clone(), currency.to_owned());
    Box::pin(async move {
        let registered = move |balance: client::Balance, created| {
            let balance = Some(balance);
            Wire::Registered(Registered {
                player_id: id.to_string(),
                balance,
                created,
            })
        };
        if let Some((profile, balance)) = known?.answer().await? {
            let same = *profile.brand == *player.brand && *profile.reference == *player.player;
            if same && (currency.is_empty() || currency == profile.currency.code()) {
                return Ok(replied(registered(balance, false)));
            }
            if same {
                return Ok(replied(Wire::Error(rejection(&Rejection::CurrencyMismatch {
                    wallet: profile.currency,
                }))));
            }
            return Ok(replied(Wire::Error(rejection(&Rejection::IdentityTaken))));
        }
        let command = match register(&player, &currency) {
            Ok(command) => command,
            Err(refusal) => return Ok(refused(&refusal)),
        };
        // The name holds the currency, so that two first sessions in different currencies do not share an outcome.
        let name = command_id(EntityKey { kind: PLAYER, id: id.0 }, &format!("register/{currency}"));
        let to_wire: ToWire = Box::new(move |reply| match reply {
            Reply::Registered { balance } => Some(registered(balance_to_wire(balance), true)),
            Reply::Balance(balance) => Some(registered(balance_to_wire(balance), false)),
            _ => None,
        });
        send(&shards, id, name, command, terms, to_wire).await
    })
}

fn balance(shards: &Shards, id: PlayerId) -> Called {
    let seen = shards.players.read(id.0, wallet_to_wire);
    Box::pin(async move {
        Ok(match seen?.answer().await? {
            Some(balance) => replied(Wire::Balance(balance)),
            None => replied(Wire::Error(rejection(&Rejection::NotRegistered))),
        })
    })
}

fn limit(shards: &Shards, id: PlayerId, name: CommandId, ask: client::SetLimit, terms: Terms) -> Called {
    let currency = shards
        .players
        .read(id.0, |state| state.profile().map(|profile| profile.currency));
    let shards = shards.clone();
    Box::pin(async move {
        let Some(currency) = currency?.answer().await? else {
            return Ok(replied(Wire::Error(rejection(&Rejection::NotRegistered))));
        };
        let kind = ask.kind;
        match set_limit(&ask, currency) {
            Ok(command) => {
                let to_wire: ToWire = Box::new(move |reply| limit_reply(reply, kind, currency));
                send(&shards, id, name, command, terms, to_wire).await
            }
            Err(refusal) => Ok(refused(&refusal)),
        }
    })
}

fn limit_reply(reply: &Reply, kind: i32, currency: Currency) -> Option<Wire> {
    let Reply::LimitSet {
        kind: _,
        in_force,
        pending,
    } = reply
    else {
        return None;
    };
    let decimal = |amount: Option<Amount>| amount.map(|amount| amount.of(currency).decimal()).unwrap_or_default();
    let (pending, from) = match pending {
        Some(PendingLimit {
            amount,
            from: Time(from),
        }) => (decimal(*amount), *from as i64),
        None => (String::new(), 0),
    };
    let in_force = decimal(*in_force);
    Some(Wire::LimitSet(client::LimitSet {
        kind,
        in_force,
        pending,
        pending_from_ms: from,
    }))
}

fn list_bets(shards: &Shards, id: PlayerId, list: client::ListBets) -> Called {
    let limit = if list.limit == 0 {
        PAGE_DEFAULT
    } else {
        list.limit.min(PAGE_MAX)
    } as usize;
    let before = match list.cursor.as_str() {
        "" => BetNo(u32::MAX),
        cursor => match cursor.parse() {
            Ok(bet) => BetNo(bet),
            Err(_) => {
                return no(&Refusal::new(
                    "BAD_CURSOR",
                    "the cursor is not one of ours: leave it empty to begin anew",
                ));
            }
        },
    };
    match client::BetFilter::try_from(list.filter) {
        Ok(client::BetFilter::Open) => open_bets(shards, id, before, limit),
        Ok(client::BetFilter::Settled) => settled_bets(shards, id, before, limit),
        Err(_) => no(&Refusal::new(
            "FILTER_UNKNOWN",
            "the filter is not known: use OPEN or SETTLED",
        )),
    }
}

fn open_bets(shards: &Shards, id: PlayerId, before: BetNo, limit: usize) -> Called {
    let (names, world) = (Arc::clone(&shards.names), Arc::clone(&shards.world));
    let look = move |state: &State| {
        let currency = state.profile()?.currency;
        let page: Vec<Cow<'_, Bet>> = state.open_bets_before(before).rev().take(limit + 1).collect();
        Some(to_page(&page, limit, |bet| {
            bet_to_wire(id, bet, currency, &names, &world.rules)
        }))
    };
    let seen = shards.players.read(id.0, look);
    Box::pin(async move {
        Ok(match seen?.answer().await? {
            Some(bets) => replied(Wire::Bets(bets)),
            None => replied(Wire::Error(rejection(&Rejection::NotRegistered))),
        })
    })
}

fn to_page(bets: &[impl Borrow<Bet>], limit: usize, to_wire: impl Fn(&Bet) -> client::Bet) -> client::Bets {
    let page = &bets[..bets.len().min(limit)];
    let more = bets.len() > limit;
    let next_cursor = page
        .last()
        .filter(|_| more)
        .map(|bet| bet.borrow().no().to_string())
        .unwrap_or_default();
    client::Bets {
        bets: page.iter().map(|bet| to_wire(bet.borrow())).collect(),
        next_cursor,
    }
}

fn settled_bets(shards: &Shards, id: PlayerId, before: BetNo, limit: usize) -> Called {
    let read = shards.players.read(id.0, |state| {
        let profile = state.profile();
        profile.map(|profile| (profile.currency, state.bets_placed()))
    });
    let shards = shards.clone();
    Box::pin(async move {
        let Some((currency, placed)) = read?.answer().await? else {
            return Ok(replied(Wire::Error(rejection(&Rejection::NotRegistered))));
        };
        let read = async {
            shards.journal.until_viewed().await?;
            let before = before.min(BetNo(placed.saturating_add(1)));
            let bets = settled_before(&shards, id, before, limit + 1)?;
            Ok(Wire::Bets(to_page(&bets, limit, |bet| {
                bet_to_wire(id, bet, currency, &shards.names, &shards.world.rules)
            })))
        };
        answer_read(read.await)
    })
}

/// The settled bets below a number, newest first, from their history.
fn settled_before(shards: &Shards, id: PlayerId, before: BetNo, most: usize) -> Result<Vec<Bet>, StoreFault> {
    let mut bets = Vec::new();
    let mut before = before;
    // Numbers begin at 1, and none is left out.
    while before.0 > 1 && bets.len() < most {
        let near = BetNo(before.0 - 1);
        let block = block_of(&shards.store, id, near, |bet| bet < before)?;
        let folded = block.values().rev().filter_map(|events| Bet::fold(events.iter()));
        bets.extend(folded.filter(|bet| !bet.is_open()));
        before = BetNo(near.0 / history::BLOCK_BETS * history::BLOCK_BETS);
    }
    bets.truncate(most);
    Ok(bets)
}
