//! A trader who grants some players a free bet.

use std::time::Duration;

use rust_decimal::Decimal;
use shardbook_proto::backoffice::v1::trading_client::TradingClient;
use shardbook_proto::backoffice::v1::{GrantFreeBet, Trader, trader_reply};
use shardbook_proto::client::v1::betting_client::BettingClient;
use shardbook_proto::client::v1::{GetBalanceRequest, PlayerRef, get_balance_reply};

use crate::Failure;
use crate::players::{LOOKS_FOR_FREE_BETS, Plan};

/// Between two rounds over players who have not come yet.
const ROUND: Duration = Duration::from_millis(500);

/// Grants each of them a free bet as soon as it is registered; ends when all have theirs.
///
/// # Errors
/// Where the server is gone, or refuses a grant.
pub(super) async fn grant(to: String, plan: Plan) -> Result<(), Failure> {
    let mut trading = TradingClient::connect(to.clone()).await?;
    let mut betting = BettingClient::connect(to).await?;
    let amount = (plan.stakes.high * Decimal::TWO).ceil();
    let (of, place) = LOOKS_FOR_FREE_BETS;
    let mut left: Vec<u32> = (0..plan.count).filter(|index| index % of == place).collect();
    let mut tick = tokio::time::interval(ROUND);
    while !left.is_empty() {
        tick.tick().await;
        let mut absent = Vec::new();
        for index in left {
            let (brand, player, currency) = plan.player(index);
            let command_id = format!("free-{player}");
            let player = Some(PlayerRef { brand, player });
            let ask = GetBalanceRequest { player: player.clone() };
            let known = betting.get_balance(ask).await?.into_inner().result;
            if !matches!(known, Some(get_balance_reply::Result::Balance(_))) {
                absent.push(index);
                continue;
            }
            let name = "demo".into();
            let grant = GrantFreeBet {
                trader: Some(Trader { name, command_id }),
                player,
                amount: amount.to_string(),
                currency,
                reason: "welcome".into(),
            };
            match trading.grant_free_bet(grant).await?.into_inner().result {
                Some(trader_reply::Result::Done(_)) => {}
                Some(trader_reply::Result::Error(no)) if no.retry => absent.push(index),
                other => return Err(format!("a free bet was not granted: {other:?}").into()),
            }
        }
        left = absent;
    }
    Ok(())
}
