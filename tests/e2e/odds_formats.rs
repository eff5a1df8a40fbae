//! Prices as each player reads and writes them.

use shardbook_proto::client::v1::betting_client::BettingClient;
use shardbook_proto::client::v1::client_message::Request;
use shardbook_proto::client::v1::server_message::Message as Body;
use shardbook_proto::client::v1::{
    BetFilter, BetStatus, BetType, ListBets, ListBetsRequest, OddsFormat, PlaceBetRequest, PlaceSlip, PlayerRef,
    SetOddsFormat, SlipState, Subscribe, list_bets_reply, place_bet_reply,
};
use shardbook_proto::provider::v1::Outcome::{Lost, Won};
use shardbook_tests::{House, Player, Way, single, slip, soon, staked};

use OddsFormat::{Decimal, Fractional, HongKong, Indonesian, Malay, Moneyline, Unspecified};

/// A format, 2.625 and 1.90 in it, a price in another form and the code with which it is refused.
const ROWS: [(OddsFormat, &str, &str, &str, &str); 7] = [
    (Unspecified, "2.625", "1.90", "+163", "PRICE_SIGNED"),
    (Decimal, "2.625", "1.90", "13/8", "PRICE_NOT_A_DECIMAL"),
    (Fractional, "13/8", "9/10", "2.625", "PRICE_NOT_FRACTIONAL"),
    (Moneyline, "+163", "-111", "163", "PRICE_NOT_MONEYLINE"),
    (HongKong, "1.625", "0.90", "-1.1111", "PRICE_SIGNED"),
    (Indonesian, "1.625", "-1.1111", "0.90", "PRICE_INDONESIAN_TOO_SMALL"),
    (Malay, "-0.6154", "0.90", "1.625", "PRICE_MALAY_TOO_LARGE"),
];

fn set(format: OddsFormat) -> Request {
    Request::SetOddsFormat(SetOddsFormat {
        odds_format: format.into(),
    })
}

fn follow(event: &str) -> Request {
    Request::Subscribe(Subscribe {
        events: vec![event.into()],
    })
}

/// The price of the first selection in the next image.
async fn imaged(player: &mut Player) -> String {
    let first = |body: &Body| match body {
        Body::Market(image) => Some(image.selections[0].price.clone()),
        _ => None,
    };
    player.push(first).await
}

/// The only price in the next delta.
async fn moved(player: &mut Player) -> String {
    let first = |body: &Body| match body {
        Body::Delta(delta) => Some(delta.lines[0].price.clone()),
        _ => None,
    };
    player.push(first).await
}

async fn one_format(way: Way) {
    let house = House::by(|rules| rules.reoffer_s = 60).await;
    for (row, (format, long, short, wrong, code)) in ROWS.into_iter().enumerate() {
        let name = format!("t:event:{row}");
        let mut feed = house.feed(&name).await;
        feed.market("MATCH_ODDS", &["2.625", "1.80"]).await;
        let mut player = Player::connect(&house, way).await;
        player.open_session_in(format, &format!("ann-{row}"), "EUR").await;
        player.deposit("100.00").await;
        player.ask(follow(&name)).await;
        assert_eq!(imaged(&mut player).await, long, "{format:?}");

        let bet = player.place(single(&name, 1, long, "10.00")).await;
        assert_eq!(
            (bet.legs[0].price.as_str(), bet.potential_return.as_str()),
            (long, "26.25")
        );
        feed.price(1, 1, "1.90").await;
        assert_eq!(moved(&mut player).await, short, "{format:?}");

        let late = player.refused(Request::PlaceBet(single(&name, 1, long, "10.00"))).await;
        assert_eq!((late.code.as_str(), late.price_now.as_str()), ("PRICE_CHANGED", short));
        assert!(late.message.contains(short), "{}", late.message);
        let asked = PlaceSlip {
            reoffer: true,
            ..slip(&[(&name, 1, 1, long)], &[staked(BetType::All, "5.00")])
        };
        let quote = PlaceSlip {
            reoffer: false,
            ..asked.clone()
        };
        let quote = player.quote(quote).await;
        assert_eq!(quote.prices, [short], "{format:?}");
        assert_eq!(quote.reasons[0].price_now, short, "{format:?}");
        let offered = player.slip(asked).await;
        assert_eq!(offered.offer.expect("an offer").prices, [short], "{format:?}");
        let waiting = player.slips().await.remove(0);
        assert_eq!(waiting.offer.expect("an offer").prices, [short], "{format:?}");
        let taken = player.answer_offer(&offered.slip_id, true).await;
        assert_eq!(taken.bets[0].legs[0].price, short, "{format:?}");
        let told = player.slip_told(&offered.slip_id, SlipState::Placed).await;
        assert_eq!(told.bets[0].legs[0].price, short, "{format:?}");

        let error = player.refused(Request::PlaceBet(single(&name, 1, wrong, "1.00"))).await;
        assert_eq!(
            (error.code.as_str(), error.leg),
            (code, Some(0)),
            "{wrong} as {format:?}"
        );

        let open = player.bets(BetFilter::Open).await;
        let prices: Vec<_> = open.iter().map(|bet| bet.legs[0].price.as_str()).collect();
        assert_eq!(prices, [short, long], "{format:?}");
        feed.result(1, &[Won, Lost]).await;
        let settled = player.told(&bet.bet_id, BetStatus::Won).await.bet.expect("the bet");
        assert_eq!(
            (settled.legs[0].price.as_str(), settled.returned.as_str()),
            (long, "26.25")
        );
    }
    house.prove().await;
}

/// Protects a player's reading of every price: whatever the format of the session, line, bet, refusal, quote, offer and
/// settled bet are in it, a price that is shown can be bet at, and what is written in another form is refused.
#[tokio::test(flavor = "multi_thread")]
async fn every_format_over_websocket() {
    one_format(Way::WebSocket).await;
}

/// Protects the same over gRPC.
#[tokio::test(flavor = "multi_thread")]
async fn every_format_over_grpc() {
    one_format(Way::Grpc).await;
}

/// Protects a client that changes its format on the way: no session is needed, after the answer everything it follows is
/// told anew in the new format, others on the same market keep theirs, and what is no format changes nothing.
#[tokio::test(flavor = "multi_thread")]
async fn a_connection_changes_its_format() {
    let house = House::open().await;
    let mut feed = house.feed("t:event:1").await;
    feed.market("MATCH_ODDS", &["3.00", "1.50"]).await;
    let mut ann = Player::connect(&house, Way::WebSocket).await;
    let mut bob = Player::connect(&house, Way::Grpc).await;
    for player in [&mut ann, &mut bob] {
        player.ask(follow("t:event:1")).await;
        assert_eq!(imaged(player).await, "3.00");
    }
    for (format, shown, then) in [
        (HongKong, "2.00", "3.00"),
        (Fractional, "3/1", "2/1"),
        (Decimal, "3.00", "4.00"),
    ] {
        match ann.ask(set(format)).await {
            Body::OddsFormatSet(done) => assert_eq!(done.odds_format(), format),
            other => panic!("not set: {other:?}"),
        }
        assert_eq!(imaged(&mut ann).await, shown, "{format:?}");
        let next = if then == "2/1" { "3.00" } else { "4.00" };
        feed.price(1, 1, next).await;
        assert_eq!(moved(&mut ann).await, then, "{format:?}");
        assert_eq!(moved(&mut bob).await, next, "{format:?}");
    }
    assert_eq!(ann.refused(set(Unspecified)).await.code, "ODDS_FORMAT_UNKNOWN");
    let none = Request::SetOddsFormat(SetOddsFormat { odds_format: 7 });
    assert_eq!(bob.refused(none).await.code, "ODDS_FORMAT_UNKNOWN");
    ann.write(r#"{"id":"x","setOddsFormat":{"oddsFormat":"ODDS_FORMAT_ROMAN"}}"#)
        .await;
    assert!(matches!(ann.answer("x").await, Body::Error(error) if error.code == "BAD_FIELD"));
    feed.price(1, 1, "5.00").await;
    for player in [&mut ann, &mut bob] {
        assert_eq!(moved(player).await, "5.00");
    }
    drop((ann, bob));
    house.prove().await;
}

/// Protects a bare number from being read in another format than the player's, and a rounded price from being refused to
/// whoever saw it: it means the price that is shown as it, and a repeat gets the first answer though the price moved.
#[tokio::test(flavor = "multi_thread")]
async fn a_price_means_what_was_shown() {
    let house = House::open().await;
    let mut feed = house.feed("t:event:1").await;
    feed.market("MATCH_ODDS", &["3.00", "2.625"]).await;
    let mut ann = Player::connect(&house, Way::WebSocket).await;
    ann.open_session_in(HongKong, "ann", "EUR").await;
    ann.deposit("100.00").await;
    assert_eq!(
        ann.place(single("t:event:1", 1, "2", "1.00")).await.potential_return,
        "3.00"
    );
    ann.ask(set(Decimal)).await;
    let misread = ann
        .refused(Request::PlaceBet(single("t:event:1", 1, "2", "1.00")))
        .await;
    assert_eq!(
        (misread.code.as_str(), misread.price_now.as_str()),
        ("PRICE_CHANGED", "3.00")
    );

    ann.ask(set(Moneyline)).await;
    let asked = || Request::PlaceBet(single("t:event:1", 2, "+163", "10.00"));
    let Body::BetPlaced(first) = ann.ask_as("m1", asked()).await else {
        panic!("no bet")
    };
    assert_eq!(first.bet.as_ref().expect("a bet").potential_return, "26.25");
    feed.price(1, 2, "2.63").await;
    let Body::BetPlaced(again) = ann.ask_as("m1", asked()).await else {
        panic!("no bet")
    };
    assert_eq!(first.bet, again.bet);
    let rows = [("+163", Some("26.30")), ("+162", None), ("+164", None)];
    for (price, returns) in rows {
        match (
            ann.ask(Request::PlaceBet(single("t:event:1", 2, price, "10.00"))).await,
            returns,
        ) {
            (Body::BetPlaced(placed), Some(returns)) => {
                assert_eq!(placed.bet.expect("a bet").potential_return, returns, "{price}");
            }
            (Body::Error(error), None) => assert_eq!(error.price_now, "+163", "{price}: {}", error.code),
            (other, _) => panic!("{price}: {other:?}"),
        }
    }
    drop(ann);
    house.prove().await;
}

/// Protects partners without a stream: the metadata of a call names its format, and an unknown one does nothing.
#[tokio::test(flavor = "multi_thread")]
async fn a_call_names_its_format() {
    let house = House::open().await;
    let mut feed = house.feed("t:event:1").await;
    feed.market("MATCH_ODDS", &["2.50", "1.50"]).await;
    drop(house.player("ann", "100.00").await);
    let mut betting = BettingClient::new(house.channel().await);
    let ann = || {
        Some(PlayerRef {
            brand: "acme".into(),
            player: "ann".into(),
        })
    };
    let rows = [
        ("fractional", "3/2", Ok("3/2")),
        ("moneyline", "+150", Ok("+150")),
        ("fractional", "2.50", Err("PRICE_NOT_FRACTIONAL")),
        ("roman", "II", Err("ODDS_FORMAT_UNKNOWN")),
        ("decimal", "2.50", Ok("2.50")),
    ];
    for (row, (format, price, expected)) in rows.into_iter().enumerate() {
        let mut call = tonic::Request::new(PlaceBetRequest {
            player: ann(),
            id: format!("b{row}"),
            bet: Some(single("t:event:1", 1, price, "1.00")),
        });
        call.metadata_mut()
            .insert("odds-format", format.parse().expect("a value"));
        let reply = soon(betting.place_bet(call)).await.expect("answers").into_inner();
        match (reply.result, expected) {
            (Some(place_bet_reply::Result::Placed(placed)), Ok(shown)) => {
                assert_eq!(placed.bet.expect("a bet").legs[0].price, shown);
            }
            (Some(place_bet_reply::Result::Error(error)), Err(code)) => assert_eq!(error.code, code, "{format}"),
            (other, _) => panic!("{format} {price}: {other:?}"),
        }
    }
    let mut call = tonic::Request::new(ListBetsRequest {
        player: ann(),
        list: Some(ListBets::default()),
    });
    call.metadata_mut()
        .insert("odds-format", "malay".parse().expect("a value"));
    let reply = soon(betting.list_bets(call)).await.expect("answers").into_inner();
    let Some(list_bets_reply::Result::Bets(bets)) = reply.result else {
        panic!("no bets")
    };
    assert!(bets.bets.iter().all(|bet| bet.legs[0].price == "-0.6667"), "{bets:?}");
    assert_eq!(bets.bets.len(), 3);
    let mut call = tonic::Request::new(Subscribe::default());
    call.metadata_mut()
        .insert("odds-format", "indonesian".parse().expect("a value"));
    let mut watch = soon(betting.watch_markets(call))
        .await
        .expect("is watched")
        .into_inner();
    let second = loop {
        let heard = soon(watch.message()).await.expect("goes on").expect("a message");
        if let Some(Body::Market(image)) = heard.message {
            break image.selections[1].price.clone();
        }
    };
    assert_eq!(second, "-2.00");
    drop((watch, betting));
    house.prove().await;
}
