//! A month of real races: every runner backed in every way, settled by the engine and by the naive settlement.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Read;
use std::path::PathBuf;

use flate2::read::GzDecoder;
use shardbook_domain::bet::{DeadHeat, Finish};
use shardbook_domain::bet::{Fund, Kind, Leg, LegOutcome, LegResult, Shape, Terms};
use shardbook_domain::ids::{BetNo, EventId, MarketNo, SelectionNo, SelectionRef};
use shardbook_domain::market::{MarketSettlement, SelectionResult, Withdrawal};
use shardbook_domain::money::Amount;
use shardbook_domain::odds::Odds;
use shardbook_domain::ratio::Rounding;
use shardbook_domain::rules::{Boost, LuckyBonus, Rules};
use shardbook_domain::time::Time;

use crate::naive;

const FILE: &str = "racing/ANZ_Thoroughbreds_2025_12.csv.gz";
/// One race in so many loses a beaten runner after the bets were taken: the file itself has no such withdrawal.
const WITHDRAWN_IN: usize = 10;

struct Race {
    name: String,
    handicap: bool,
    runners: Vec<Runner>,
}

struct Runner {
    id: u32,
    name: String,
    price: Odds,
    won: bool,
    placed: bool,
}

fn file() -> Option<String> {
    let data = std::env::var_os("SHARDBOOK_DATA").map_or_else(|| "../../../shared/data".into(), PathBuf::from);
    let Ok(bytes) = std::fs::read(data.join(FILE)) else {
        println!(
            "skipped: no {FILE} in {}; set SHARDBOOK_DATA to the data folder",
            data.display()
        );
        return None;
    };
    let mut text = String::new();
    GzDecoder::new(&bytes[..])
        .read_to_string(&mut text)
        .expect("a whole file");
    Some(text)
}

/// Races by market; rows that the file has twice count once, and the one that says who was placed is kept.
fn races(text: &str) -> Vec<Race> {
    let mut lines = text.lines();
    let header: Vec<&str> = lines.next().expect("a header").split(',').collect();
    let column = |name: &str| {
        header
            .iter()
            .position(|title| *title == name)
            .unwrap_or_else(|| panic!("no column {name}"))
    };
    let (market, track, no, kind) = (
        column("WIN_MARKET_ID"),
        column("TRACK"),
        column("RACE_NO"),
        column("RACE_TYPE"),
    );
    let (id, name, price) = (column("SELECTION_ID"), column("SELECTION_NAME"), column("WIN_BSP"));
    let (win, place) = (column("WIN_RESULT"), column("PLACE_RESULT"));
    let mut races: BTreeMap<u64, Race> = BTreeMap::new();
    for line in lines {
        let row: Vec<&str> = line.split(',').collect();
        assert_eq!(row.len(), header.len(), "{line}");
        let race = races
            .entry(row[market].parse().expect("a number"))
            .or_insert_with(|| Race {
                name: format!("{} {}", row[track], row[no]),
                handicap: row[kind] == "Hcap",
                runners: Vec::new(),
            });
        let runner = Runner {
            id: row[id].parse().expect("a number"),
            name: row[name].to_owned(),
            price: Odds::parse(row[price]).unwrap_or_else(|error| panic!("{line}: {error}")),
            won: row[win] == "WINNER",
            placed: row[place] == "WINNER",
        };
        match race.runners.iter_mut().find(|known| known.id == runner.id) {
            Some(known) => known.placed |= runner.placed,
            None => race.runners.push(runner),
        }
    }
    races.into_values().collect()
}

/// The result of a race: winners were first, tied if there are several; the other placed runners come after them in the
/// order of the file, since it says no more; all others come after the placed ones.
fn settlement(race: &Race, withdrawn: Option<usize>) -> MarketSettlement {
    let winners = race.runners.iter().filter(|runner| runner.won).count() as u16;
    let mut next = winners + 1;
    let behind = race.runners.iter().filter(|runner| runner.won || runner.placed).count() as u16 + 1;
    let result = |runner: &Runner| {
        let tied = |position, tied| Finish { position, tied };
        let (outcome, finish) = match (runner.won, runner.placed) {
            (true, _) => {
                let dead_heat = DeadHeat::new(1, winners).ok();
                (LegOutcome::Won { dead_heat }, tied(1, winners))
            }
            (false, true) => {
                next += 1;
                (LegOutcome::Lost, tied(next - 1, 1))
            }
            // Nobody knows who was fifth: behind all places.
            (false, false) => (LegOutcome::Lost, tied(behind.max(21), 1)),
        };
        SelectionResult {
            selection: SelectionNo(runner.id),
            outcome,
            finish: Some(finish),
        }
    };
    let withdrawals = withdrawn.map(|at| Withdrawal {
        selection: SelectionNo(race.runners[at].id),
        version: 2,
        price: Some(race.runners[at].price),
        rule_four: true,
    });
    MarketSettlement {
        results: race.runners.iter().map(result).collect(),
        confirmed: true,
        withdrawals: withdrawals.into_iter().collect(),
        ..MarketSettlement::default()
    }
}

fn rules() -> Rules {
    let rules = Rules {
        boosts: vec![Boost { legs: 2, percent: 3 }],
        bonuses: vec![LuckyBonus {
            selections: 4,
            one_winner: 200,
            all_winners: 10,
        }],
        ..Rules::default()
    };
    rules.validate().expect("rules that make sense");
    rules
}

/// All races as the market knows them, and the books of the house.
struct Meeting {
    races: Vec<Race>,
    settlements: Vec<MarketSettlement>,
    rules: Rules,
    books: Books,
}

#[derive(Debug, Default, PartialEq)]
struct Books {
    bets: u64,
    stakes: i128,
    returns: i128,
    /// What the house keeps by the naive settlement.
    house: i128,
}

impl Meeting {
    /// Backs these runners, race and place in its list, before any withdrawal; says what came back.
    fn back(&mut self, name: &str, picks: &[(usize, usize)], each_way: bool) -> i64 {
        let leg = |(at, runner): &(usize, usize)| {
            let race = &self.races[*at];
            let (event, market) = (EventId(*at as u64 + 1), MarketNo(1));
            let selection = SelectionNo(race.runners[*runner].id);
            let terms = self.rules.each_way_terms(race.handicap, race.runners.len() as u16);
            Leg {
                selection: SelectionRef {
                    event,
                    market,
                    selection,
                },
                price: race.runners[*runner].price,
                market_version: 1,
                each_way: terms.filter(|_| each_way),
            }
        };
        let legs: Vec<Leg> = picks.iter().map(leg).collect();
        let kind = Kind::parse(name, legs.len()).expect("a name");
        let shape = Shape::named(kind, legs.len(), &[], each_way).expect("a shape");
        let unit = 100;
        let stake = unit * i64::from(shape.check(&self.rules).expect("allowed"));
        let terms = Terms {
            no: BetNo(1),
            placed_at: Time(1),
            legs: legs.into(),
            combinations: shape.combinations,
            bankers: 0,
            unit_stake: Amount(unit),
            stake: Amount(stake),
            fund: Fund::Cash,
            max_payout: Amount(50_000_000),
            rounding: Rounding::HalfUp,
            rules_version: 1,
        };
        let result = |(leg, (at, _)): (&Leg, &(usize, usize))| {
            let result = self.settlements[*at].result_of(1, leg, terms.placed_at, &self.rules);
            Some(result.expect("a result of every runner"))
        };
        let results: Vec<Option<LegResult>> = terms.legs.iter().zip(picks).map(result).collect();
        let standing = terms.standing(&results, Amount::ZERO, &self.rules);
        let naive = naive::standing(&terms, &results, 0, &self.rules);
        assert_eq!(standing, naive, "{terms:?} {results:?}");
        assert_eq!(standing.stake_settled, terms.stake, "all races are run");
        let returned = standing.returned.0;
        self.books.bets += 1;
        self.books.stakes += i128::from(stake);
        self.books.returns += i128::from(returned);
        self.books.house += i128::from(stake) - i128::from(naive.returned.0);
        returned
    }
}

/// Protects racing as it is: a month of races, every runner backed to win and each-way, doubles and Lucky 15s over races
/// that follow each other, some runners withdrawn. Every return is the naive one and the books balance; the four real dead
/// heats pay half.
#[test]
fn a_month_of_races_is_settled() {
    let Some(text) = file() else { return };
    let races = races(&text);
    let ties: Vec<(String, Vec<String>)> = races
        .iter()
        .map(|race| {
            let winners = race.runners.iter().filter(|runner| runner.won);
            (
                race.name.clone(),
                winners.map(|runner| runner.name.clone()).collect::<Vec<_>>(),
            )
        })
        .filter(|(_, winners)| winners.len() != 1)
        .collect();
    let tie = |race: &str, one: &str, other: &str| (race.to_owned(), vec![one.to_owned(), other.to_owned()]);
    let expected = [
        tie("Werribee 7", "Holymanz", "Precious Charm"),
        tie("Te Rapa 2", "One More Dance", "Argo"),
        tie("Tamworth 5", "Oakfield Utah", "Lady Billie"),
        tie("Newcastle 5", "Caltsar", "Bend The Knee"),
    ];
    assert_eq!(ties, expected);
    let runners: usize = races.iter().map(|race| race.runners.len()).sum();
    // 16,269 rows, of which the nine runners of one race are there twice.
    assert_eq!((races.len(), runners), (1_673, 16_260));
    let beaten = |race: &Race| {
        let out = |at: &usize| !race.runners[*at].won && !race.runners[*at].placed;
        (0..race.runners.len())
            .filter(out)
            .min_by_key(|at| race.runners[*at].price)
    };
    let withdrawn: Vec<Option<usize>> = races
        .iter()
        .enumerate()
        .map(|(at, race)| (at % WITHDRAWN_IN == 0).then(|| beaten(race)).flatten())
        .collect();
    let settlements = races
        .iter()
        .zip(&withdrawn)
        .map(|(race, out)| settlement(race, *out))
        .collect();
    let mut meeting = Meeting {
        races,
        settlements,
        rules: rules(),
        books: Books::default(),
    };
    let mut reduced = BTreeSet::new();
    for (at, out) in withdrawn.into_iter().enumerate() {
        for runner in 0..meeting.races[at].runners.len() {
            let won = meeting.races[at].runners[runner].won;
            let price = meeting.races[at].runners[runner].price;
            let single = meeting.back("single", &[(at, runner)], false);
            let whole = i64::from(price.num()) * 100 / i64::from(price.den());
            let winners = meeting.races[at].runners.iter().filter(|runner| runner.won).count() as i64;
            match (out, won) {
                (Some(out), _) if out == runner => assert_eq!(single, 100, "a non-runner's stake comes back"),
                (None, true) => assert!((single - whole / winners).abs() <= 1, "{at} {runner}: {single}"),
                (Some(_), true) if single < whole => assert!(reduced.insert(at)),
                (Some(_), true) => assert_eq!(single, whole),
                (_, false) => assert_eq!(single, 0),
            }
            let terms = meeting
                .rules
                .each_way_terms(meeting.races[at].handicap, meeting.races[at].runners.len() as u16);
            if terms.is_some() {
                meeting.back("single", &[(at, runner)], true);
            }
        }
    }
    assert!(reduced.len() > 100, "Rule 4 is at work: {}", reduced.len());
    // Each-way doubles and Lucky 15s need place terms in every race.
    let fit: Vec<usize> = (0..meeting.races.len())
        .filter(|at| {
            meeting
                .rules
                .each_way_terms(meeting.races[*at].handicap, meeting.races[*at].runners.len() as u16)
                .is_some()
        })
        .collect();
    for (step, races) in fit.windows(4).enumerate() {
        let most = races
            .iter()
            .map(|at| meeting.races[*at].runners.len())
            .min()
            .unwrap_or(0);
        for turn in 0..most {
            let picks: Vec<(usize, usize)> = races
                .iter()
                .map(|at| (*at, (turn + step) % meeting.races[*at].runners.len()))
                .collect();
            meeting.back("double", &picks[..2], true);
            if turn % 4 == 0 {
                meeting.back("lucky-15", &picks, turn % 8 == 0);
            }
        }
    }
    let Books {
        bets,
        stakes,
        returns,
        house,
    } = meeting.books;
    assert_eq!(stakes, returns + house, "the books balance");
    assert_eq!((bets, stakes, returns), (49_211, 16_534_000, 16_823_670));
}
