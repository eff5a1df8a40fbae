//! Open bets that are sold back to the house.

use shardbook_proto::backoffice::v1::rule_on_market::Ruling;
use shardbook_proto::client::v1::BetType::{All, Singles};
use shardbook_proto::client::v1::client_message::Request;
use shardbook_proto::client::v1::server_message::Message as Body;
use shardbook_proto::client::v1::{BetFilter, BetStatus, MarketImage, SlipBet, Subscribe};
use shardbook_proto::provider::v1::Outcome::{Lost, Won};
use shardbook_proto::provider::v1::feed_message::Body as Said;
use shardbook_proto::provider::v1::{Chance, FeedMarketStatus, PostChances, SwitchCashOut};
use shardbook_tests::{Feed, House, Player, Way, acca, lock_of, sale_of, single, slip, staked};

const EVENT: &str = "t:event:1";

/// A house that buys back at 5% below the fair value, keeps a price so many seconds, and tells watchers often.
async fn house(lock_s: u16) -> (House, Feed) {
    let house = House::set_up(|config, rules| {
        config.cash_out_push_ms = 100;
        rules.cash_out.lock_s = lock_s;
    })
    .await;
    let mut feed = house.feed(EVENT).await;
    feed.market("MATCH_ODDS", &["2.00", "2.00"]).await;
    (house, feed)
}

/// Waits until these are the offers.
async fn offered(player: &mut Player, offers: &[(&str, &str)]) {
    let told = |told: &[(String, String)]| {
        told.iter()
            .map(|(bet, amount)| (&**bet, &**amount))
            .eq(offers.iter().copied())
    };
    while !told(&player.offers_told().await) {}
}

/// Protects both sides of a sale: the price follows the lines, is kept for the whole bet or a part, is paid once, and no
/// result, rollback or void afterwards touches what was sold.
#[tokio::test(flavor = "multi_thread")]
async fn sold_whole_and_in_part() {
    let (house, mut feed) = house(30).await;
    let mut player = house.player("ann", "40.00").await;
    let mut window = house.player_by(Way::Grpc, "ann", "0.00").await;
    let whole = player.place(single(EVENT, 1, "2.00", "10.00")).await.bet_id;
    // Even chances: half of 20.00, less 5%.
    assert_eq!(player.watch_cash_out(true).await, [(whole.clone(), "9.50".to_owned())]);
    feed.price(1, 1, "1.50").await;
    feed.price(1, 2, "3.00").await;
    // Two thirds of 20.00 less 5%.
    offered(&mut player, &[(&whole, "12.66")]).await;
    let part = player.place(single(EVENT, 1, "1.50", "12.00")).await.bet_id;
    // Two thirds of 18.00 are 12.00, rounded down below by the chance in millionths.
    offered(&mut player, &[(&whole, "12.66"), (&part, "11.40")]).await;

    let locked = player.lock(&whole, "").await;
    assert_eq!((locked.stake.as_str(), locked.amount.as_str()), ("10.00", "12.66"));
    feed.price(1, 1, "1.60").await;
    let wrong = player.refused(sale_of(&whole, "12.67")).await;
    assert_eq!(wrong.code, "CASH_OUT_AMOUNT");
    let sold = match player.ask_as("sale", sale_of(&whole, "12.66")).await {
        Body::CashedOut(sold) => sold,
        other => panic!("not sold but {other:?}"),
    };
    let bet = sold.bet.expect("the bet");
    assert_eq!((sold.paid.as_str(), bet.status()), ("12.66", BetStatus::CashedOut));
    assert_eq!(
        (bet.cashed_stake.as_str(), bet.cashed_paid.as_str()),
        ("10.00", "12.66")
    );
    assert!(
        matches!(player.ask_as("sale", sale_of(&whole, "12.66")).await, Body::CashedOut(again) if again.paid == "12.66")
    );
    assert_eq!(player.wallet().await, ("30.66", "12.00", "0.00"), "paid once");
    window.told(&whole, BetStatus::CashedOut).await;

    let locked = player.lock(&part, "4.00").await;
    let sold = player.sell(&part, &locked.amount).await;
    let bet = sold.bet.expect("the bet");
    assert_eq!((bet.status(), bet.cashed_stake.as_str()), (BetStatus::Open, "4.00"));
    assert_eq!((&bet.cashed_paid, &sold.paid), (&locked.amount, &locked.amount));
    player.told(&part, BetStatus::Open).await;
    let kept = player.wallet().await;
    assert_eq!(kept.1, "8.00", "the rest is still open");
    let more = player.refused(lock_of(&part, "8.01")).await;
    assert_eq!(
        (more.code.as_str(), more.max_stake.as_str()),
        ("CASH_OUT_STAKE", "8.00")
    );

    // What follows is for the 8.00 that are left, at 1.50.
    feed.result(1, &[Won, Lost]).await;
    let won = player.told(&part, BetStatus::Won).await;
    assert_eq!(won.bet.expect("the bet").returned, "12.00");
    feed.rollback(1).await;
    player.told(&part, BetStatus::Open).await;
    assert_eq!(player.wallet().await, kept);
    feed.result(1, &[Lost, Won]).await;
    player.told(&part, BetStatus::Lost).await;
    feed.void(1).await;
    let void = player.told(&part, BetStatus::Void).await;
    assert_eq!(void.bet.expect("the bet").returned, "8.00");
    assert_eq!(player.watch_cash_out(false).await, []);
    let settled = player.bets(BetFilter::Settled).await;
    let status: Vec<_> = settled
        .iter()
        .map(|bet| (&*bet.bet_id, bet.status(), &*bet.returned))
        .collect();
    assert_eq!(
        status,
        [
            (&*part, BetStatus::Void, "8.00"),
            (&*whole, BetStatus::CashedOut, "0.00")
        ]
    );
    let paid = 4_000 - 1_200 - 1_000 + 1_266 + crate::naive::cents(&locked.amount) + 800;
    let wallet = player.wallet().await;
    assert_eq!((crate::naive::cents(&wallet.0), wallet.1.as_str()), (paid, "0.00"));
    drop((player, window));
    assert_eq!(house.prove().await.bets_open, 0);
}

/// Protects the house from selling in the dark, and the player from a price that is gone: each refusal has its code, the
/// bet stays as it was, and watchers see what is not bought back leave their list.
#[tokio::test(flavor = "multi_thread")]
async fn not_bought_back() {
    let (house, mut feed) = house(30).await;
    let (mut player, mut other) = (house.player("ann", "100.00").await, house.player("bob", "1.00").await);
    let mut trader = house.trader("tess").await;
    trader.grant("ann", "5.00").await.expect("granted");
    let bet = player.place(single(EVENT, 1, "2.00", "10.00")).await.bet_id;
    let free = SlipBet {
        free_bet: true,
        ..staked(All, "5.00")
    };
    let free = player
        .take(slip(&[(EVENT, 1, 1, "2.00")], &[free]))
        .await
        .remove(0)
        .bet_id;
    assert_eq!(player.watch_cash_out(true).await, [(bet.clone(), "9.50".to_owned())]);
    for (what, request, code) in [
        (
            "sold before a price was asked for",
            sale_of(&bet, "9.50"),
            "CASH_OUT_NOT_LOCKED",
        ),
        ("a free bet", lock_of(&free, ""), "CASH_OUT_FREE_BET"),
        ("more than is staked", lock_of(&bet, "10.01"), "CASH_OUT_STAKE"),
        ("nothing of it", lock_of(&bet, "0.00"), "STAKE_NOT_POSITIVE"),
        ("less than a cent's worth", lock_of(&bet, "0.01"), "CASH_OUT_TOO_SMALL"),
        ("no amount", sale_of(&bet, ""), "AMOUNT_EMPTY"),
        ("a bet to come", lock_of(&bet.replace("-1", "-99"), ""), "BET_UNKNOWN"),
        ("no bet id", lock_of("bet", ""), "BET_ID_INVALID"),
    ] {
        let refused = player.refused(request).await;
        assert_eq!(refused.code, code, "{what}: {}", refused.message);
    }
    assert_eq!(other.refused(lock_of(&bet, "")).await.code, "BET_UNKNOWN");

    // A price is kept, and then the market is stopped in one way or the other.
    let locked = player.lock(&bet, "").await;
    feed.status(1, FeedMarketStatus::Suspended).await;
    offered(&mut player, &[]).await;
    for request in [lock_of(&bet, ""), sale_of(&bet, &locked.amount)] {
        let refused = player.refused(request).await;
        assert_eq!((refused.code.as_str(), refused.leg), ("CASH_OUT_SUSPENDED", Some(0)));
    }
    feed.status(1, FeedMarketStatus::Open).await;
    offered(&mut player, &[(&bet, "9.50")]).await;
    let all = Request::Subscribe(Subscribe::default());
    assert!(matches!(player.ask(all).await, Body::Subscribed(_)));
    let switch = |offered| {
        Ruling::CashOut(SwitchCashOut {
            key: feed.key(1),
            offered,
        })
    };
    let (stop, resume) = (switch(false), switch(true));
    trader.rule(EVENT, stop).await.expect("stopped");
    feed.changed(1).await;
    let stopped = |body: &Body| match body {
        Body::Market(MarketImage { cash_out_stopped, .. }) => cash_out_stopped.then_some(()),
        _ => None,
    };
    player.push(stopped).await;
    offered(&mut player, &[]).await;
    for request in [lock_of(&bet, ""), sale_of(&bet, &locked.amount)] {
        assert_eq!(player.refused(request).await.code, "CASH_OUT_STOPPED");
    }
    trader.rule(EVENT, resume).await.expect("resumed");
    feed.changed(1).await;
    offered(&mut player, &[(&bet, "9.50")]).await;
    feed.price(1, 2, "").await;
    offered(&mut player, &[]).await;
    assert_eq!(player.refused(lock_of(&bet, "")).await.code, "CASH_OUT_NO_CHANCE");
    // The source knows better than the prices.
    let chance = |selection: &str, won| Chance {
        selection: selection.into(),
        won,
        ..Chance::default()
    };
    let chances = PostChances {
        key: feed.key(1),
        chances: vec![chance("1", 800_000), chance("2", 200_000)],
    };
    feed.change(1, Said::Chances(chances)).await;
    offered(&mut player, &[(&bet, "15.20")]).await;
    feed.result(1, &[Lost, Won]).await;
    player.told(&bet, BetStatus::Lost).await;
    assert_eq!(player.refused(lock_of(&bet, "")).await.code, "CASH_OUT_NOT_OPEN");
    assert_eq!(player.wallet().await, ("90.00", "0.00", "0.00"));
    drop((player, other));
    house.prove().await;
}

/// Protects the house from old prices: what was kept is kept no longer than the rules say, across a restart too, and a
/// price that is asked for anew is that of the market now.
#[tokio::test(flavor = "multi_thread")]
async fn kept_prices_expire() {
    let (house, mut feed) = house(1).await;
    let mut player = house.player("ann", "20.00").await;
    let bet = player.place(single(EVENT, 1, "2.00", "10.00")).await.bet_id;
    let locked = player.lock(&bet, "").await;
    player.past(locked.until_ms).await;
    assert_eq!(player.refused(sale_of(&bet, "9.50")).await.code, "CASH_OUT_EXPIRED");
    let locked = player.lock(&bet, "").await;
    drop(player);
    let house = house.restart().await;
    feed.reconnect(&house).await;
    let mut player = house.player("ann", "0.00").await;
    player.past(locked.until_ms).await;
    assert_eq!(player.refused(sale_of(&bet, "9.50")).await.code, "CASH_OUT_EXPIRED");
    feed.price(1, 1, "1.50").await;
    feed.price(1, 2, "3.00").await;
    let locked = player.lock(&bet, "").await;
    assert_eq!(locked.amount, "12.66");
    player.sell(&bet, "12.66").await;
    assert_eq!(player.wallet().await, ("22.66", "0.00", "0.00"));
    drop(player);
    assert_eq!(house.prove().await.bets_open, 0);
}

/// Protects bets of several lines and legs: what is decided counts as it came out, and what is open by its chances.
#[tokio::test(flavor = "multi_thread")]
async fn decided_legs_count_as_they_came() {
    let (house, mut feed) = house(30).await;
    let mut second = house.feed("t:event:2").await;
    second.market("MATCH_ODDS", &["3.00", "1.50"]).await;
    let mut player = house.player("ann", "30.00").await;
    let both = player
        .place(acca(&[(EVENT, 1, "2.00"), ("t:event:2", 1, "3.00")], "10.00"))
        .await
        .bet_id;
    let singles = slip(
        &[(EVENT, 1, 1, "2.00"), ("t:event:2", 1, 1, "3.00")],
        &[staked(Singles, "20.00")],
    );
    let singles = player.take(singles).await.remove(0).bet_id;
    // 60.00 / 6; 10.00 and 10.00: each less 5%, by chances in millionths rounded down.
    let first = player.watch_cash_out(true).await;
    assert_eq!(
        first,
        [(both.clone(), "9.49".to_owned()), (singles.clone(), "18.99".to_owned())]
    );
    feed.result(1, &[Won, Lost]).await;
    // 60.00 / 3; 20.00 that are certain and 10.00.
    offered(&mut player, &[(&both, "18.99"), (&singles, "28.49")]).await;
    let locked = player.lock(&both, "").await;
    player.sell(&both, &locked.amount).await;
    second.result(1, &[Won, Lost]).await;
    player.told(&singles, BetStatus::Won).await;
    assert_eq!(player.wallet().await, ("68.99", "0.00", "0.00"));
    drop(player);
    house.prove().await;
}

/// Protects each-way players from bets that they cannot sell: the place part is bought back by the chance of a place, as the
/// prices of all runners make it, and where one has no price the bet is not.
#[tokio::test(flavor = "multi_thread")]
async fn each_way_bets_are_sold() {
    let (house, mut feed) = house(30).await;
    let race = feed.race("WIN", &["8.00"; 8]).await;
    let mut player = house.player("ann", "20.00").await;
    let each_way = SlipBet {
        each_way: true,
        ..staked(All, "20.00")
    };
    let taken = player.take(slip(&[(EVENT, race, 1, "8.00")], &[each_way])).await;
    let bet = taken[0].bet_id.as_str();
    assert_eq!(taken[0].legs[0].place_terms, "3 places 1/5");
    feed.price(race, 8, "").await;
    assert_eq!(player.refused(lock_of(bet, "")).await.code, "CASH_OUT_NO_CHANCE");
    feed.price(race, 8, "8.00").await;
    // An eighth of 80.00, and three eighths of 24.00, less 5%.
    let locked = player.lock(bet, "").await;
    assert_eq!((locked.stake.as_str(), locked.amount.as_str()), ("20.00", "18.05"));
    let sold = player.sell(bet, "18.05").await;
    assert_eq!(sold.bet.expect("the bet").status(), BetStatus::CashedOut);
    assert_eq!(player.wallet().await, ("18.05", "0.00", "0.00"));
    drop(player);
    house.prove().await;
}
