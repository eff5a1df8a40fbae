//! Slips that wait while the house is down.

use std::time::{SystemTime, UNIX_EPOCH};

use shardbook_proto::client::v1::betting_client::BettingClient;
use shardbook_proto::client::v1::{
    Balance, Bet, BetFilter, CashierRequest, GetBalanceRequest, ListBets, ListBetsRequest, PlaceBetRequest, SlipState,
    cashier_reply, get_balance_reply, list_bets_reply, place_bet_reply,
};
use shardbook_proto::provider::v1::feed_message::Body;
use shardbook_proto::provider::v1::{MarketUpdate, PostedLine};
use tonic::transport::Channel;

use crate::server::{Server, bet, fixture, key, market, player, publish, ran, said};

/// Seconds between placing and acceptance.
const DELAY_S: u32 = 2;

fn in_play() -> Body {
    Body::Market(MarketUpdate {
        key: key(),
        in_play: Some(true),
        bet_delay_s: Some(DELAY_S),
        ..MarketUpdate::default()
    })
}

fn now_ms() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970");
    i64::try_from(since.as_millis()).expect("a time of our days")
}

struct Punter {
    betting: BettingClient<Channel>,
    number: u32,
}

impl Punter {
    async fn of(server: &Server, number: u32) -> Self {
        let betting = BettingClient::new(server.channel().await);
        Self { betting, number }
    }

    async fn deposit(&mut self) {
        let funds = CashierRequest {
            player: player(self.number),
            id: "funds".into(),
            amount: "10.00".into(),
            currency: "EUR".into(),
            register: true,
        };
        let reply = self.betting.deposit(funds).await.expect("answers").into_inner();
        assert!(
            matches!(reply.result, Some(cashier_reply::Result::Balance(_))),
            "{reply:?}"
        );
    }

    async fn place(&mut self, id: &str, selection: u32) -> place_bet_reply::Result {
        let mut bet = bet();
        bet.legs[0].selection = selection;
        let slip = PlaceBetRequest {
            player: player(self.number),
            id: id.into(),
            bet: Some(bet),
        };
        let reply = self.betting.place_bet(slip).await.expect("answers").into_inner();
        reply.result.expect("an outcome")
    }

    /// Places a bet that must wait, and gives the slip and until when. The market may not be in play here yet: what comes
    /// before is refused or taken at once, so that each try has an id of its own.
    async fn wait(&mut self, selection: u32) -> (String, i64) {
        for attempt in 0.. {
            match self.place(&format!("bet{attempt}"), selection).await {
                place_bet_reply::Result::Slip(slip) if slip.state() == SlipState::Delayed => {
                    return (format!("bet{attempt}"), slip.until_ms);
                }
                place_bet_reply::Result::Error(no) if no.code == "MARKET_UNKNOWN" => {}
                other => panic!("no slip: {other:?}"),
            }
        }
        unreachable!("it goes on until a slip waits")
    }

    async fn balance(&mut self) -> Balance {
        let ask = GetBalanceRequest {
            player: player(self.number),
        };
        let reply = self.betting.get_balance(ask).await.expect("answers").into_inner();
        match reply.result {
            Some(get_balance_reply::Result::Balance(balance)) => balance,
            other => panic!("no balance: {other:?}"),
        }
    }

    async fn bets(&mut self) -> Vec<Bet> {
        let list = ListBets {
            filter: BetFilter::Open.into(),
            ..ListBets::default()
        };
        let ask = ListBetsRequest {
            player: player(self.number),
            list: Some(list),
        };
        match self.betting.list_bets(ask).await.expect("answers").into_inner().result {
            Some(list_bets_reply::Result::Bets(bets)) => bets.bets,
            other => panic!("no list: {other:?}"),
        }
    }
}

/// Protects a slip whose delay ends while nobody is there: the house is killed, the delay passes, and right after the start
/// the slip is decided, once, by the market as it is then; the stake is in the bet or free again.
#[tokio::test]
async fn a_delay_that_ends_while_the_house_is_down() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let data = folder.path().join("data");
    let server = Server::start(&data);
    let feed = server.channel().await;
    publish(&feed, 1, vec![fixture(), market(), in_play()]).await;
    let (mut taken, mut refused) = (Punter::of(&server, 0).await, Punter::of(&server, 1).await);
    taken.deposit().await;
    refused.deposit().await;
    let (late, _) = refused.wait(2).await;
    let shorter = MarketUpdate {
        key: key(),
        lines: vec![PostedLine {
            selection: "away".into(),
            price: "2.40".into(),
            removed: false,
        }],
        ..MarketUpdate::default()
    };
    publish(&feed, 4, vec![Body::Market(shorter)]).await;
    let (id, until) = taken.wait(1).await;
    assert_eq!(taken.balance().await.held, "2.00");
    // Killed, not stopped.
    drop((taken, refused, feed, server));

    // The delay passes over a house that is down; meanwhile its books are proven again and again.
    let folder_of_data = data.to_str().expect("UTF-8");
    loop {
        let proof = ran(&["verify", "--data", folder_of_data]);
        assert!(proof.status.success(), "{:?}", said(&proof));
        if now_ms() > until {
            break;
        }
    }

    let server = Server::start(&data);
    let (mut taken, mut refused) = (Punter::of(&server, 0).await, Punter::of(&server, 1).await);
    while taken.bets().await.is_empty() {}
    while refused.balance().await.held != "0.00" {}
    let [placed] = <[Bet; 1]>::try_from(taken.bets().await).expect("one bet");
    assert_eq!((placed.stake.as_str(), placed.legs[0].price.as_str()), ("2.00", "2.50"));
    assert!(
        placed.placed_ms >= until,
        "taken at {}, due at {until}",
        placed.placed_ms
    );
    let balance = taken.balance().await;
    assert_eq!((balance.available.as_str(), balance.held.as_str()), ("8.00", "2.00"));
    let balance = refused.balance().await;
    assert_eq!((balance.available.as_str(), refused.bets().await.len()), ("10.00", 0));
    // Who heard no answer asks again: the answer is the first, and there is no second slip.
    for (punter, id, selection) in [(&mut taken, &id, 1), (&mut refused, &late, 2)] {
        let again = punter.place(id, selection).await;
        assert!(matches!(again, place_bet_reply::Result::Slip(_)), "{again:?}");
    }
    assert_eq!((taken.bets().await.len(), refused.bets().await.len()), (1, 0));
    assert_eq!(taken.balance().await.available, "8.00");
    drop((taken, refused));
    server.stop();
    let output = ran(&["verify", "--data", folder_of_data]);
    assert!(output.status.success(), "{:?}", said(&output));
}
