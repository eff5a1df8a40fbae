//! What traders ask.

use shardbook_domain::ids::{EventId, PlayerId};
use shardbook_domain::player::{Command, Rejection, State};
use shardbook_domain::time::Time;
use shardbook_proto::backoffice::v1::trader_command::Command as Asked;
use shardbook_proto::backoffice::v1::{AnswerReferral, RuleOnMarket, Trader, TraderCommand, TraderDone};
use shardbook_proto::client::v1::PlayerRef;
use shardbook_proto::internal::v1::ShardReply;
use shardbook_proto::internal::v1::shard_reply::Reply as Wire;
use shardbook_runtime::entity::{CommandId, EntityKey};
use shardbook_runtime::host::Answer;

use super::player::{Called, no};
use super::{Shards, refused, replied};
use crate::entities::{EVENT, PLAYER};
use crate::translate::{
    Refusal, answer_referral, command_id, factor, free_bet, id_reused, player_id_of, rejection, ruling, slip_of,
};

pub(super) fn call(shards: &Shards, command: TraderCommand) -> Called {
    match command.command {
        None => no(&Refusal::new(
            "UNKNOWN_MESSAGE",
            "the request names nothing to do: set one command",
        )),
        Some(Asked::AnswerReferral(ask)) => answer(shards, ask),
        Some(Asked::SetFactor(ask)) => to_player(shards, ask.player.as_ref(), ask.trader.as_ref(), Ok(factor(&ask))),
        Some(Asked::GrantFreeBet(ask)) => to_player(shards, ask.player.as_ref(), ask.trader.as_ref(), free_bet(&ask)),
        Some(Asked::RuleOnMarket(ask)) => rule(shards, &ask),
    }
}

/// Ids of traders' commands are apart from those of the players themselves.
fn name(key: EntityKey, trader: Option<&Trader>) -> CommandId {
    let id = trader.map_or("", |trader| trader.command_id.as_str());
    command_id(key, &format!("trader/{id}"))
}

fn to_player(
    shards: &Shards,
    player: Option<&PlayerRef>,
    trader: Option<&Trader>,
    command: Result<Command, Refusal>,
) -> Called {
    let player = player.cloned().unwrap_or_default();
    let id = match player_id_of(&player.brand, &player.player) {
        Ok(id) => id,
        Err(error) => return no(&Refusal::new(error.code(), error.to_string())),
    };
    match command {
        Ok(command) => send(shards, id, trader, command),
        Err(refusal) => no(&refusal),
    }
}

fn send(shards: &Shards, player: PlayerId, trader: Option<&Trader>, command: Command) -> Called {
    let key = EntityKey {
        kind: PLAYER,
        id: player.0,
    };
    let sent = shards.players.send(player.0, name(key, trader), command, None);
    Box::pin(async move {
        Ok(match sent?.answer().await? {
            Answer::Accepted(_) => done(),
            Answer::Rejected(no) => replied(Wire::Error(rejection(&no))),
            Answer::IdReused => refused(&id_reused()),
        })
    })
}

fn done() -> ShardReply {
    replied(Wire::Trader(TraderDone {}))
}

/// Stakes of an offer are in the wallet's currency, which only the player knows.
fn answer(shards: &Shards, ask: AnswerReferral) -> Called {
    let (player, slip) = match slip_of(&ask.slip_id) {
        Ok(named) => named,
        Err(refusal) => return no(&refusal),
    };
    let look = |state: &State| state.profile().map(|profile| profile.currency);
    let seen = shards.players.read(player.0, look);
    let shards = shards.clone();
    Box::pin(async move {
        let Some(currency) = seen?.answer().await? else {
            return Ok(replied(Wire::Error(rejection(&Rejection::NotRegistered))));
        };
        match answer_referral(&ask, slip, currency) {
            Ok(command) => send(&shards, player, ask.trader.as_ref(), command).await,
            Err(refusal) => Ok(refused(&refusal)),
        }
    })
}

fn rule(shards: &Shards, ask: &RuleOnMarket) -> Called {
    let event = match EventId::of(&ask.event) {
        Ok(event) => event,
        Err(error) => return no(&Refusal::new(error.code(), error.to_string())),
    };
    let said = u64::try_from(ask.said_ms).ok().filter(|said| *said > 0);
    let command = match ruling(ask, Time(said.unwrap_or_else(|| shards.clock.now_ms()))) {
        Ok(command) => command,
        Err(refusal) => return no(&refusal),
    };
    let key = EntityKey {
        kind: EVENT,
        id: event.0,
    };
    let sent = shards
        .events
        .send(event.0, name(key, ask.trader.as_ref()), command, None);
    Box::pin(async move {
        Ok(match sent?.answer().await? {
            Answer::Accepted(_) => done(),
            Answer::Rejected(no) => refused(&Refusal::new(no.code(), no.to_string())),
            Answer::IdReused => refused(&id_reused()),
        })
    })
}
