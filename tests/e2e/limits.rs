//! The house's limits on open bets of all players together.

use futures_util::future::join_all;
use shardbook_domain::money::{Amount, Currency};
use shardbook_domain::rules::{AmountRules, Rules};
use shardbook_proto::client::v1::client_message::Request;
use shardbook_proto::client::v1::server_message::Message as Body;
use shardbook_proto::client::v1::{BetFilter, BetStatus, BetType};
use shardbook_proto::provider::v1::FeedMarketStatus;
use shardbook_proto::provider::v1::Outcome::{Lost, Won};
use shardbook_tests::{House, Player, Way, single, slip, soon, staked};

use crate::naive::cents;

const EVENT: &str = "t:event:1";
/// Cents that may be lost on a selection, and staked on a market.
const SELECTION: i64 = 100_000;
const MARKET: i64 = 90_000;

fn bounded(rules: &mut Rules, selection: i64) {
    let euro = Currency::new("EUR").expect("a currency");
    let mut amounts = AmountRules::default_for(euro);
    amounts.selection.liability = Some(Amount(selection));
    amounts.market.stake = Some(Amount(MARKET));
    rules.amounts.insert(euro, amounts);
}

/// Bets as much as is said to be taken, until nothing is; gives the cents staked and the refusals.
async fn bet_until_full(player: &mut Player, selection: u32, price: &str, stake: &str) -> (i64, u32) {
    let (mut taken, mut refused, mut stake) = (0, 0, stake.to_owned());
    loop {
        match player
            .ask(Request::PlaceBet(single(EVENT, selection, price, &stake)))
            .await
        {
            Body::BetPlaced(placed) => taken += cents(&placed.bet.expect("a bet").stake),
            // Others took what it was decided on, again and again.
            Body::Error(no) if no.retry => {}
            Body::Error(no) => {
                assert_eq!(no.code, "LIABILITY_FULL", "{}", no.message);
                assert!(no.leg.is_none_or(|leg| leg == 0), "{no:?}");
                refused += 1;
                // Others take of it meanwhile: what is told is asked for, and less after that.
                if cents(&no.max_stake) < 10 {
                    return (taken, refused);
                }
                assert!(cents(&no.max_stake) < cents(&stake), "{no:?} for {stake}");
                stake = no.max_stake;
            }
            other => panic!("neither taken nor refused: {other:?}"),
        }
    }
}

/// The most that a player is told to be taken on a selection.
async fn most(player: &mut Player, selection: u32, price: &str) -> i64 {
    let bet = staked(BetType::All, "0.10");
    let quote = player.quote(slip(&[(EVENT, 1, selection, price)], &[bet])).await;
    cents(&quote.bets[0].max_stake)
}

/// The open stakes of a player on a selection, in cents.
async fn open(player: &mut Player, selection: u32) -> i64 {
    let bets = player.bets(BetFilter::Open).await;
    let on = bets.iter().filter(|bet| bet.legs[0].selection == selection);
    on.map(|bet| cents(&bet.stake)).sum()
}

/// Protects the house from many players at once: over all shards and both wires no more is taken than the limits of a
/// selection and of its market leave, whoever is refused is told how much would be, a restart finds the same room, and
/// settled bets give theirs back.
#[tokio::test(flavor = "multi_thread")]
async fn many_players_never_break_a_limit() {
    const PLAYERS: usize = 24;
    let house = House::by(|rules| bounded(rules, SELECTION)).await;
    let mut feed = house.feed(EVENT).await;
    feed.market("MATCH_ODDS", &["3.00", "1.50"]).await;
    let mut players = Vec::new();
    for no in 0..PLAYERS {
        let way = if no % 2 == 0 { Way::WebSocket } else { Way::Grpc };
        players.push(house.player_by(way, &format!("player-{no}"), "1000.00").await);
    }
    let rush = players
        .iter_mut()
        .map(|player| bet_until_full(player, 1, "3.00", "7.77"));
    let rush = soon(join_all(rush)).await;
    let taken: i64 = rush.iter().map(|(taken, _)| taken).sum();
    // Each cent staked at 3.00 may lose two.
    assert!(2 * taken <= SELECTION, "{taken} cents were taken");
    assert!(rush.iter().all(|(_, refused)| *refused > 0));
    // In the rush bets that would have fitted may be refused; alone a player gets what is left, and it is all.
    let (rest, _) = bet_until_full(&mut players[0], 1, "3.00", "500.00").await;
    assert!(
        SELECTION - 2 * (taken + rest) < 20,
        "{taken} and {rest} cents were taken"
    );
    let mut sum = 0;
    for player in &mut players {
        sum += open(player, 1).await;
    }
    assert_eq!(sum, taken + rest, "what was answered is what stands");

    // On the other side the market's stake is the bound, of which the first selection used a part.
    let second = players
        .iter_mut()
        .map(|player| bet_until_full(player, 2, "1.50", "20.00"));
    let second: i64 = soon(join_all(second)).await.iter().map(|(taken, _)| taken).sum();
    assert!(sum + second <= MARKET, "{sum} and {second} cents");
    let (last, _) = bet_until_full(&mut players[1], 2, "1.50", "400.00").await;
    assert!(MARKET - sum - second - last < 10, "{sum}, {second} and {last} cents");
    drop(players);

    let house = house.restart().await;
    feed.reconnect(&house).await;
    let mut player = house.player("player-2", "0.00").await;
    let mut stranger = house.player("stranger", "1000.00").await;
    for player in [&mut player, &mut stranger] {
        assert_eq!((most(player, 1, "3.00").await, most(player, 2, "1.50").await), (0, 0));
        let refused = player
            .refused(Request::PlaceBet(single(EVENT, 1, "3.00", "1.00")))
            .await;
        assert_eq!(
            (refused.code.as_str(), refused.max_stake.as_str()),
            ("LIABILITY_FULL", "0.00")
        );
    }
    feed.result(1, &[Lost, Won]).await;
    let mut bets = 0;
    for no in 0..PLAYERS {
        let mut player = house.player(&format!("player-{no}"), "0.00").await;
        soon(async { while !player.bets(BetFilter::Open).await.is_empty() {} }).await;
        bets += player.bets(BetFilter::Settled).await.len();
    }
    // The result was a mistake and the market goes on: all bets are open again, and there is no room again.
    feed.rollback(1).await;
    feed.status(1, FeedMarketStatus::Open).await;
    let mut again = 0;
    for no in 0..PLAYERS {
        let mut player = house.player(&format!("player-{no}"), "0.00").await;
        soon(async { while !player.bets(BetFilter::Settled).await.is_empty() {} }).await;
        again += player.bets(BetFilter::Open).await.len();
    }
    assert_eq!(again, bets);
    for player in [&mut player, &mut stranger] {
        assert_eq!((most(player, 1, "3.00").await, most(player, 2, "1.50").await), (0, 0));
    }
    feed.result(1, &[Won, Lost]).await;
    let next = feed.market("SECOND_HALF", &["3.00", "1.50"]).await;
    let room = slip(&[(EVENT, next, 1, "3.00")], &[staked(BetType::All, "0.10")]);
    assert_eq!(
        cents(&stranger.quote(room).await.bets[0].max_stake),
        SELECTION / 2,
        "each market has its own"
    );
    drop((player, stranger));
    assert_eq!(house.prove().await.bets, bets as u64);
}

/// Protects what is left of a limit: a bet takes it, and its settlement, its sale and a slip that is refused as a whole
/// give it back, to the cent, on every shard, before and after a restart and under raised limits.
#[tokio::test(flavor = "multi_thread")]
async fn room_comes_back() {
    let house = House::by(|rules| bounded(rules, SELECTION)).await;
    let mut feed = house.feed(EVENT).await;
    feed.market("MATCH_ODDS", &["3.00", "1.50"]).await;
    let mut players = Vec::new();
    for no in 0..8 {
        players.push(house.player(&format!("player-{no}"), "1000.00").await);
    }
    async fn all_see(players: &mut [Player], cents: i64) {
        for player in players {
            assert_eq!(most(player, 1, "3.00").await, cents, "{}", player.id());
        }
    }
    all_see(&mut players, 50_000).await;
    let kept = players[0].place(single(EVENT, 1, "3.00", "100.00")).await;
    let sold = players[1].place(single(EVENT, 1, "3.00", "150.00")).await;
    all_see(&mut players, 25_000).await;
    // Two bets that fit each alone and not together: none of them takes room.
    let on = |stake: &str| staked(BetType::All, stake);
    let two = slip(&[(EVENT, 1, 1, "3.00")], &[on("200.00"), on("100.00")]);
    let refused = players[2].refused(Request::PlaceSlip(two)).await;
    assert_eq!(
        (refused.code.as_str(), refused.reasons[0].bet),
        ("LIABILITY_FULL", Some(1))
    );
    assert_eq!(refused.max_stake, "50.00");
    all_see(&mut players, 25_000).await;
    let locked = players[1].lock(&sold.bet_id, "60.00").await;
    players[1].sell(&sold.bet_id, &locked.amount).await;
    all_see(&mut players, 31_000).await;
    drop(players);

    let house = house
        .restart_by(|rules| {
            rules.version = 2;
            bounded(rules, SELECTION + 20_000);
        })
        .await;
    feed.reconnect(&house).await;
    let mut players = Vec::new();
    for no in 0..8 {
        players.push(house.player(&format!("player-{no}"), "0.00").await);
    }
    all_see(&mut players, 41_000).await;
    let locked = players[1].lock(&sold.bet_id, "").await;
    players[1].sell(&sold.bet_id, &locked.amount).await;
    all_see(&mut players, 50_000).await;
    let rest = players[3].place(single(EVENT, 1, "3.00", "500.00")).await;
    all_see(&mut players, 0).await;
    feed.result(1, &[Won, Lost]).await;
    players[3].settled(&rest.bet_id).await;
    players[0].settled(&kept.bet_id).await;
    // Nothing is taken on a market with a result; taken back it is closed, and what is open weighs again.
    feed.rollback(1).await;
    feed.status(1, FeedMarketStatus::Open).await;
    players[3].told(&rest.bet_id, BetStatus::Open).await;
    players[0].told(&kept.bet_id, BetStatus::Open).await;
    all_see(&mut players, 0).await;
    drop(players);
    house.prove().await;
}
