//! A trader who grants some players a free bet.

use std::time::Duration;

use rust_decimal::Decimal;
use shardbook_proto::backoffice::v1::trading_client::TradingClient;
use shardbook_proto::backoffice::v1::{GrantFreeBet, Trader, trader_reply};
use shardbook_proto::client::v1::PlayerRef;

use crate::Failure;
use crate::players::{LOOKS_FOR_FREE_BETS, Plan};

/// Between two rounds over players who have not come yet.
const ROUND: Duration = Duration::from_millis(500);

/// Grants each of them a free bet as soon as it is registered; ends when all have theirs.
///
/// # Errors
/// Where a grant is refused for another reason than that its player has not come.
pub(super) async fn grant(to: String, plan: Plan) -> Result<(), Failure> {
    let mut trading = TradingClient::connect(to).await?;
    let amount = (plan.stakes.high * Decimal::TWO).ceil();
    let mut left: Vec<u32> = (0..plan.count)
        .filter(|index| index % LOOKS_FOR_FREE_BETS.0 == LOOKS_FOR_FREE_BETS.1)
        .collect();
    let mut tick = tokio::time::interval(ROUND);
    // That a player is not known is a recorded outcome, so each round has ids of its own.
    for round in 0_u64.. {
        tick.tick().await;
        let mut absent = Vec::new();
        for index in left {
            let (brand, player, currency) = plan.player(index);
            let grant = GrantFreeBet {
                trader: Some(Trader {
                    name: "demo".into(),
                    command_id: format!("free-{player}-{round}"),
                }),
                player: Some(PlayerRef { brand, player }),
                amount: amount.to_string(),
                currency,
                reason: "welcome".into(),
            };
            match trading.grant_free_bet(grant).await?.into_inner().result {
                Some(trader_reply::Result::Done(_)) => {}
                Some(trader_reply::Result::Error(no)) if no.code == "NOT_REGISTERED" || no.retry => absent.push(index),
                other => return Err(format!("a free bet was not granted: {other:?}").into()),
            }
        }
        if absent.is_empty() {
            break;
        }
        left = absent;
    }
    Ok(())
}
