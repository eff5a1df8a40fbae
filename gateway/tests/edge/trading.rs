//! Traders' calls, and what players hear of prices for their open bets.

use futures_util::StreamExt;
use shardbook_proto::backoffice::v1::referral_changed::Change;
use shardbook_proto::backoffice::v1::trading_client::TradingClient;
use shardbook_proto::backoffice::v1::{
    AnswerReferral, GrantFreeBet, ListReferrals, ReferralChanged, RuleOnMarket, SetFactor, Trader, TraderReply,
    trader_reply,
};
use shardbook_proto::client::v1::CashOutOffers;
use shardbook_proto::client::v1::server_message::Message as Body;

use crate::client::{Client, soon};
use crate::grpc::channel;
use crate::house::House;

fn offers(offers: &CashOutOffers) -> Vec<&str> {
    offers.offers.iter().map(|offer| offer.amount.as_str()).collect()
}

/// Protects players who watch their open bets: the prices now, then each change once, until they have seen enough.
#[tokio::test]
async fn cash_out_prices_are_pushed_when_they_change() {
    let house = House::new();
    let gateway = house.gateway(|config| config.cash_out_push_ms = 100);
    house.buys_back_at("4.00");
    let mut client = Client::player(gateway.addresses().ws, "p", "5.00").await;
    let first = client.ask(r#"{"id":"w","watchCashOut":{"on":true}}"#).await;
    assert_eq!(first.id, "w");
    assert!(matches!(&first.message, Some(Body::CashOutWatched(now)) if offers(now) == ["4.00"]));
    house.buys_back_at("4.20");
    let next = client.hear().await;
    assert!(
        matches!(&next.message, Some(Body::CashOutOffers(now)) if offers(now) == ["4.20"]),
        "{next:?}"
    );
    let off = client.ask(r#"{"id":"o","watchCashOut":{"on":false}}"#).await;
    assert!(matches!(off.message, Some(Body::CashOutWatched(_))));
    house.buys_back_at("4.40");
    // The next thing heard is the answer to another question: no price came between.
    let pong = client.ask(r#"{"id":"p","ping":{}}"#).await;
    assert!(matches!(pong.message, Some(Body::Pong(_))), "{pong:?}");
}

/// Protects the watch from strangers: prices are of a player's own bets.
#[tokio::test]
async fn nobody_watches_without_a_session() {
    let house = House::new();
    let gateway = house.gateway(|_| ());
    let mut client = Client::connect(gateway.addresses().ws).await;
    client.say(r#"{"id":"w","watchCashOut":{"on":true}}"#).await;
    assert_eq!(client.refusal().await, ("w".into(), "NO_SESSION".into(), false));
}

fn slip_of(change: &ReferralChanged) -> &str {
    match &change.change {
        Some(Change::Came(referral)) => &referral.slip_id,
        Some(Change::GoneSlipId(slip)) => slip,
        None => "",
    }
}

/// Protects traders: those who watch see every slip that waits, first those that are there, then each that comes or goes,
/// and only their brand's.
#[tokio::test]
async fn referrals_are_watched_by_brand() {
    let house = House::new();
    let gateway = house.gateway(|_| ());
    house.refer("acme", "s1");
    house.refer("other", "s2");
    let mut trading = TradingClient::new(channel(&gateway).await);
    let ask = ListReferrals { brand: "acme".into() };
    let listed = soon(trading.list_referrals(ask.clone()))
        .await
        .expect("call")
        .into_inner();
    assert_eq!(listed.referrals.len(), 1);
    let mut watched = soon(trading.watch_referrals(ask)).await.expect("call").into_inner();
    let first = soon(watched.next()).await.expect("open").expect("a change");
    assert_eq!(slip_of(&first), "s1");
    house.refer("other", "s3");
    house.decided("s3");
    house.decided("s2");
    house.refer("acme", "s4");
    house.decided("s1");
    house.decided("s1");
    house.decided("s4");
    let mut heard = Vec::new();
    for _ in 0..3 {
        let change = soon(watched.next()).await.expect("open").expect("a change");
        heard.push(slip_of(&change).to_owned());
    }
    assert_eq!(heard, ["s4", "s1", "s4"]);
}

fn outcome(reply: TraderReply) -> Result<(), String> {
    match reply.result {
        Some(trader_reply::Result::Done(_)) => Ok(()),
        Some(trader_reply::Result::Error(error)) => Err(error.code),
        None => Err("nothing".into()),
    }
}

/// Protects the record of who did what: a trader's command without a name or an id is refused, any other reaches the house.
#[tokio::test]
async fn traders_have_names_and_their_commands_ids() {
    let house = House::new();
    let gateway = house.gateway(|_| ());
    let mut trading = TradingClient::new(channel(&gateway).await);
    let by = |name: &str, id: &str| {
        Some(Trader {
            name: name.into(),
            command_id: id.into(),
        })
    };
    for (trader, expected) in [
        (by("tess", "1"), Ok(())),
        (by("", "1"), Err("BAD_TRADER".to_owned())),
        (by("tess", ""), Err("BAD_ID".to_owned())),
        (None, Err("BAD_ID".to_owned())),
    ] {
        let answer = AnswerReferral {
            trader: trader.clone(),
            ..AnswerReferral::default()
        };
        let factor = SetFactor {
            trader: trader.clone(),
            ..SetFactor::default()
        };
        let free_bet = GrantFreeBet {
            trader: trader.clone(),
            ..GrantFreeBet::default()
        };
        let ruling = RuleOnMarket {
            trader: trader.clone(),
            ..RuleOnMarket::default()
        };
        let replies = [
            soon(trading.answer_referral(answer)).await,
            soon(trading.set_factor(factor)).await,
            soon(trading.grant_free_bet(free_bet)).await,
            soon(trading.rule_on_market(ruling)).await,
        ];
        for reply in replies {
            assert_eq!(outcome(reply.expect("call").into_inner()), expected, "{trader:?}");
        }
    }
}
