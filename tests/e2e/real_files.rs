//! Every real market file through the whole house: bets on all its runners are settled as the exchange itself ended.

mod numbers;

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use shardbook_betfair::{FinalMarket, Limits, Options, Pricing, Replay, final_markets};
use shardbook_proto::client::v1::client_message::Request;
use shardbook_proto::client::v1::server_message::Message as Body;
use shardbook_proto::client::v1::{Bet, BetFilter, BetStatus, MarketStatus, Ping, PricePolicy, Subscribe};
use shardbook_proto::provider::v1::FeedMessage;
use shardbook_proto::provider::v1::feed_message::Body as Said;
use shardbook_replay::{Plan, Speed};
use shardbook_tests::{House, Player, bet, soon};

use crate::naive::{Fate, cents, settled};
use numbers::Numbers;

/// Messages between two rounds of betting.
const SLICE: usize = 150;
/// Bets on each selection of a market that has a result in the end, in different rounds, and of one that has none.
const BETS_EACH: (u32, u32) = (12, 1);
const PLAYERS: usize = 10;

fn files() -> Vec<PathBuf> {
    let data = std::env::var_os("SHARDBOOK_DATA").map_or_else(|| "../../shared/data".into(), PathBuf::from);
    let folder = data.join("betfair");
    let Ok(entries) = std::fs::read_dir(&folder) else {
        println!(
            "skipped: no real files in {}; set SHARDBOOK_DATA to the data folder",
            folder.display()
        );
        return Vec::new();
    };
    let mut files: Vec<_> = entries.map(|entry| entry.expect("can be listed").path()).collect();
    files.sort();
    files
}

fn played(files: &[PathBuf]) -> Vec<FeedMessage> {
    let plan = Plan {
        speed: Speed::Max,
        overlap: true,
    };
    let options = Options {
        pricing: Pricing::default(),
        plan,
        limits: Limits::default(),
        strict: true,
    };
    let mut replay = Replay::open(files, &options).expect("can be opened");
    let messages = replay.by_ref().map(|timed| at_once(timed.message)).collect();
    assert!(replay.stopped().is_none(), "{:?}", replay.stopped());
    messages
}

/// Played as fast as it goes a market is over before the seconds of its delay are: bets are taken at once.
fn at_once(mut message: FeedMessage) -> FeedMessage {
    if let Some(Said::Market(update)) = &mut message.body {
        update.bet_delay_s = update.bet_delay_s.map(|_| 0);
    }
    message
}

/// A selection by event, market and number.
type Place = (String, u32, u32);

/// Prices of open markets as a player sees them.
#[derive(Default)]
struct Board {
    open: BTreeMap<(String, u32), bool>,
    prices: BTreeMap<Place, String>,
}

impl Board {
    async fn look(&mut self, watcher: &mut Player) {
        watcher.ask(Request::Ping(Ping {})).await;
        for pushed in watcher.pushed() {
            match pushed {
                Body::Market(image) => {
                    let market = (image.event.clone(), image.market);
                    self.open.insert(market, image.status() == MarketStatus::Open);
                    for selection in image.selections {
                        let place = (image.event.clone(), image.market, selection.selection);
                        self.prices.insert(place, selection.price);
                    }
                }
                Body::Delta(delta) => {
                    if let Some(status) = delta.status {
                        let open = status == i32::from(MarketStatus::Open);
                        self.open.insert((delta.event.clone(), delta.market), open);
                    }
                    for line in delta.lines {
                        self.prices
                            .insert((delta.event.clone(), delta.market, line.selection), line.price);
                    }
                }
                _ => {}
            }
        }
    }

    fn offered(&self) -> impl Iterator<Item = &Place> {
        let open = |place: &Place| self.open.get(&(place.0.clone(), place.1)) == Some(&true);
        self.prices
            .iter()
            .filter(move |(place, price)| !price.is_empty() && open(place))
            .map(|(place, _)| place)
    }
}

/// A round of bets: a single on everything offered that has few, and accumulators over neighbours in the list.
async fn bet_around(
    board: &Board,
    closes: impl Fn(&Place) -> bool,
    players: &mut [Player],
    on: &mut BTreeMap<Place, u32>,
) -> Vec<Bet> {
    let mut taken = Vec::new();
    let most = |place: &Place| if closes(place) { BETS_EACH.0 } else { BETS_EACH.1 };
    let fresh: Vec<&Place> = board
        .offered()
        .filter(|place| on.get(*place).copied().unwrap_or_default() < most(place))
        .collect();
    let singles = fresh.iter().map(|place| vec![*place]);
    let doubles = fresh.windows(2).filter(|two| two[0].0 != two[1].0).map(<[_]>::to_vec);
    for (n, legs) in singles.chain(doubles).enumerate() {
        let asked: Vec<_> = legs
            .iter()
            .map(|place| (place.0.as_str(), place.1, place.2, "2.00"))
            .collect();
        let stake = ["1.00", "0.35", "2.17"][n % 3];
        let player = &mut players[n % PLAYERS];
        match player
            .ask(Request::PlaceBet(bet(&asked, stake, PricePolicy::Any)))
            .await
        {
            Body::BetPlaced(placed) => {
                legs.iter()
                    .for_each(|place| *on.entry((*place).clone()).or_default() += 1);
                taken.extend(placed.bet);
            }
            // The feed goes on meanwhile.
            Body::Error(no) => assert!(
                matches!(
                    no.code.as_str(),
                    "MARKET_SUSPENDED"
                        | "MARKET_CLOSED"
                        | "MARKET_RESULTED"
                        | "MARKET_UNKNOWN"
                        | "NO_PRICE"
                        | "SELECTION_REMOVED"
                ),
                "{no:?}"
            ),
            other => panic!("{other:?}"),
        }
    }
    taken
}

/// What the exchange says became of a selection.
fn fate(market: &FinalMarket, selection: &str, removed: bool) -> Fate {
    if market.status != "CLOSED" {
        return Fate::Open;
    }
    let won = |status: &String| matches!(status.as_str(), "WINNER" | "PLACED");
    let winners = market.runners.values().filter(|status| won(status)).count();
    let runner = selection.split('~').next().unwrap_or_default();
    match market.runners.get(runner).map(String::as_str) {
        _ if removed => Fate::Void,
        Some("WINNER" | "PLACED") if market.winners == 1 && winners > 1 => Fate::Tied(winners as u32),
        Some("WINNER" | "PLACED") => Fate::Won,
        Some("LOSER") => Fate::Lost,
        Some("REMOVED") => Fate::Void,
        other => panic!("a closed market left {selection} as {other:?}"),
    }
}

/// Asks again until the player's open bets are exactly these.
async fn open_are(player: &mut Player, expected: &BTreeSet<&str>) {
    loop {
        let open = player.bets(BetFilter::Open).await;
        let open: BTreeSet<&str> = open.iter().map(|bet| bet.bet_id.as_str()).collect();
        assert!(open.is_superset(expected), "settled though nothing is decided");
        if open == *expected {
            return;
        }
    }
}

/// Protects the main job with real markets: whatever the source does, in the end every bet on a closed market is settled
/// as its runner's final status says, to the cent, and every other bet is open.
#[tokio::test(flavor = "multi_thread")]
async fn every_bet_ends_as_its_runner() {
    let files = files();
    if files.is_empty() {
        return;
    }
    let messages = played(&files);
    let numbers = Numbers::of(&messages);
    let mut finals = BTreeMap::new();
    for file in &files {
        finals.extend(final_markets(file, Limits::default()).expect("can be read"));
    }

    let house = House::open().await;
    let mut watcher = house.player("watcher", "0.00").await;
    watcher.ask(Request::Subscribe(Subscribe::default())).await;
    let mut players = Vec::new();
    for n in 0..PLAYERS {
        players.push(house.player(&format!("player-{n}"), "100000.00").await);
    }
    let mut publisher = house.publisher().await;
    let (mut board, mut on, mut taken) = (Board::default(), BTreeMap::new(), Vec::new());
    for slice in messages.chunks(SLICE) {
        board.look(&mut watcher).await;
        let closes =
            |(event, market, selection): &Place| finals[numbers.named(event, *market, *selection).0].status == "CLOSED";
        let betting = bet_around(&board, closes, &mut players, &mut on);
        let (bets, ()) = tokio::join!(betting, publisher.publish(slice));
        taken.extend(bets);
    }

    let expected = |bet: &Bet| {
        let fates: Vec<_> = bet
            .legs
            .iter()
            .map(|leg| {
                let (market, selection, removed) = numbers.named(&leg.event, leg.market, leg.selection);
                (leg.price.as_str(), fate(&finals[market], selection, removed))
            })
            .collect();
        settled(&bet.stake, &fates)
    };
    let expected: BTreeMap<&str, (BetStatus, i64)> =
        taken.iter().map(|bet| (bet.bet_id.as_str(), expected(bet))).collect();
    let mut seen = 0;
    for player in &mut players {
        let id = player.id().to_owned();
        let open = expected
            .iter()
            .filter(|(bet, (status, _))| bet.starts_with(&id) && *status == BetStatus::Open);
        let open: BTreeSet<&str> = open.map(|(bet, _)| *bet).collect();
        soon(open_are(player, &open)).await;
        seen += open.len();
        for bet in player.bets(BetFilter::Settled).await {
            let (status, returned) = expected[bet.bet_id.as_str()];
            assert_eq!((bet.status(), cents(&bet.returned)), (status, returned), "{bet:?}");
            seen += 1;
        }
    }
    assert_eq!(seen, taken.len());
    let count = |wanted| expected.values().filter(|(status, _)| *status == wanted).count();
    println!(
        "{} files, {} messages, {} bets on {} selections: {} won, {} lost, {} void, {} open",
        files.len(),
        messages.len(),
        taken.len(),
        on.len(),
        count(BetStatus::Won),
        count(BetStatus::Lost),
        count(BetStatus::Void),
        count(BetStatus::Open)
    );
    let decided = taken.len() - count(BetStatus::Open);
    assert!(decided >= 300, "only {decided} bets were decided");
    drop((watcher, players, publisher));
    house.prove().await;
}
