//! The audit of a server against what players were answered: nothing lost, nothing doubled, the same answer again.

use std::collections::BTreeMap;

use futures_util::{StreamExt, stream};
use shardbook_proto::client::v1::betting_client::BettingClient;
use shardbook_proto::client::v1::{
    Bet, BetFilter, ListBets, ListBetsRequest, PlaceBetRequest, PlaceSlipRequest, PlayerRef, SlipState, SlipTaken,
    list_bets_reply, place_bet_reply, slip_reply,
};
use tonic::transport::{Channel, Endpoint};

use crate::Failure;
use crate::players::answers::Answered;
use crate::players::asked::as_placed;

/// Players audited at once.
const AT_ONCE: usize = 16;
/// Bets of one page.
const PAGE: u32 = 100;

/// Audits a server over gRPC and tells what is off, in words. The answers must be all that their players ever had.
///
/// # Errors
/// Where the server does not answer.
pub async fn audit(grpc: &str, answers: &[Answered]) -> Result<Vec<String>, Failure> {
    let channel = Endpoint::from_shared(grpc.to_string())?.connect().await?;
    let mut players: BTreeMap<(&str, &str), Vec<&Answered>> = BTreeMap::new();
    for answered in answers {
        players
            .entry((&answered.brand, &answered.player))
            .or_default()
            .push(answered);
    }
    let audits = players.into_iter().map(|((brand, player), answers)| {
        let player = PlayerRef {
            brand: brand.into(),
            player: player.into(),
        };
        audit_player(BettingClient::new(channel.clone()), player, answers)
    });
    let mut audits = stream::iter(audits).buffer_unordered(AT_ONCE);
    let mut off = Vec::new();
    while let Some(audited) = audits.next().await {
        off.extend(audited?);
    }
    Ok(off)
}

async fn audit_player(
    mut server: BettingClient<Channel>,
    player: PlayerRef,
    answers: Vec<&Answered>,
) -> Result<Vec<String>, Failure> {
    let listed = list(&mut server, &player).await?;
    let mut off = compare(&player.player, &answers, &listed);
    for answered in answers {
        let Answered { id, bet, waited, .. } = answered;
        match again(&mut server, &player, answered).await? {
            Again::Placed(bets) if waited.is_empty() && bets.iter().any(|again| as_placed(again) == as_placed(bet)) => {
            }
            Again::Waits(slip) if !waited.is_empty() && slip == *waited => {}
            Again::Placed(again) => off.push(format!(
                "{}: {id} was answered {bet:?} and is now {again:?}",
                player.player
            )),
            Again::Waits(slip) => off.push(format!(
                "{}: {id} was answered {bet:?}, waited as slip {waited:?}, and now as {slip}",
                player.player
            )),
            Again::Refused(what) => off.push(format!(
                "{}: {id} placed bet {}, a retry gives {what}",
                player.player, bet.bet_id
            )),
        }
    }
    Ok(off)
}

/// The answer to a retry.
enum Again {
    Placed(Vec<Bet>),
    Waits(String),
    Refused(String),
}

impl Again {
    fn of_slip(slip: SlipTaken) -> Self {
        match slip.state() {
            SlipState::Placed => Self::Placed(slip.bets),
            SlipState::Delayed | SlipState::Referred => Self::Waits(slip.slip_id),
            _ => Self::Refused(format!("{slip:?}")),
        }
    }
}

/// Sends under its id what was sent before.
async fn again(server: &mut BettingClient<Channel>, player: &PlayerRef, answered: &Answered) -> Result<Again, Failure> {
    let (player, id) = (Some(player.clone()), answered.id.clone());
    let slip = answered.slip.clone();
    Ok(if slip.is_some() {
        let request = PlaceSlipRequest { player, id, slip };
        match server.place_slip(request).await?.into_inner().result {
            Some(slip_reply::Result::Slip(slip)) => Again::of_slip(slip),
            Some(slip_reply::Result::Error(error)) => Again::Refused(error.code),
            None => Again::Refused("nothing".into()),
        }
    } else {
        let bet = Some(answered.asked.clone());
        let request = PlaceBetRequest { player, id, bet };
        match server.place_bet(request).await?.into_inner().result {
            Some(place_bet_reply::Result::Placed(placed)) => Again::Placed(placed.bet.into_iter().collect()),
            Some(place_bet_reply::Result::Slip(slip)) => Again::of_slip(slip),
            Some(place_bet_reply::Result::Error(error)) => Again::Refused(error.code),
            None => Again::Refused("nothing".into()),
        }
    })
}

/// What a player was answered against what the server lists.
fn compare(player: &str, answers: &[&Answered], listed: &[Bet]) -> Vec<String> {
    let mut times: BTreeMap<&str, (u32, u32)> = BTreeMap::new();
    for answered in answers {
        times.entry(&answered.bet.bet_id).or_default().0 += 1;
    }
    for bet in listed {
        times.entry(&bet.bet_id).or_default().1 += 1;
    }
    let wrong = times.into_iter().filter(|(_, times)| *times != (1, 1));
    wrong
        .map(|(bet, (answered, listed))| match (answered, listed) {
            (1, 0) => format!("{player}: bet {bet} was answered and is lost"),
            (0, _) => format!("{player}: bet {bet} is there and was never answered"),
            _ => format!("{player}: bet {bet} was answered {answered} times and is there {listed} times"),
        })
        .collect()
}

async fn list(server: &mut BettingClient<Channel>, player: &PlayerRef) -> Result<Vec<Bet>, Failure> {
    let mut bets = Vec::new();
    for filter in [BetFilter::Open, BetFilter::Settled] {
        let mut cursor = String::new();
        loop {
            let list = ListBets {
                filter: filter.into(),
                limit: PAGE,
                cursor,
            };
            let request = ListBetsRequest {
                player: Some(player.clone()),
                list: Some(list),
            };
            match server.list_bets(request).await?.into_inner().result {
                Some(list_bets_reply::Result::Bets(page)) => {
                    bets.extend(page.bets);
                    cursor = page.next_cursor;
                }
                other => return Err(format!("no list of the bets of {}, but {other:?}", player.player).into()),
            }
            if cursor.is_empty() {
                break;
            }
        }
    }
    Ok(bets)
}

#[cfg(test)]
mod tests {
    use shardbook_proto::client::v1::PlaceBet;

    use super::*;

    fn bet(id: &str) -> Bet {
        Bet {
            bet_id: id.into(),
            ..Bet::default()
        }
    }

    fn answered(id: &str) -> Answered {
        let asked = PlaceBet::default();
        Answered {
            brand: "b".into(),
            player: "p".into(),
            id: format!("c-{id}"),
            asked,
            slip: None,
            waited: String::new(),
            bet: bet(id),
        }
    }

    /// The audit must see a lost, a doubled and a stray bet, or the crash loops prove nothing.
    #[test]
    fn lost_doubled_and_stray_bets_are_seen() {
        let rows: [(&[&str], &[&str], &[&str]); 5] = [
            (&["1", "2"], &["2", "1"], &[]),
            (&["1", "2"], &["1"], &["p: bet 2 was answered and is lost"]),
            (
                &["1"],
                &["1", "1"],
                &["p: bet 1 was answered 1 times and is there 2 times"],
            ),
            (&["1"], &["1", "2"], &["p: bet 2 is there and was never answered"]),
            (
                &["1", "1"],
                &["1"],
                &["p: bet 1 was answered 2 times and is there 1 times"],
            ),
        ];
        for (answers, listed, off) in rows {
            let answers: Vec<_> = answers.iter().map(|id| answered(id)).collect();
            let listed: Vec<_> = listed.iter().map(|id| bet(id)).collect();
            assert_eq!(compare("p", &answers.iter().collect::<Vec<_>>(), &listed), off);
        }
    }
}
