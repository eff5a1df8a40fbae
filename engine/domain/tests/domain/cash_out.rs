//! What an open bet is worth, and when it is not bought back.

use num_bigint::BigInt;
use num_rational::BigRational;
use num_traits::{One, Signed, ToPrimitive, Zero};
use proptest::prelude::*;
use shardbook_domain::bet::{
    Bet, BetStatus, CashOutOffer, Combinations, Deduction, EachWay, Fund, Leg, LegOutcome, LegResult, NoCashOut, Terms,
    offer,
};
use shardbook_domain::ids::BetNo;
use shardbook_domain::ledger::TransferNo;
use shardbook_domain::market::{Chance, MarketStatus, Race, Why};
use shardbook_domain::money::Amount;
use shardbook_domain::odds::Odds;
use shardbook_domain::player::Event;
use shardbook_domain::ratio::Rounding;
use shardbook_domain::rules::Rules;
use shardbook_domain::time::Time;

use crate::scene::{Scene, on, price, tie};

const WON: LegOutcome = LegOutcome::WON;
const LOST: LegOutcome = LegOutcome::Lost;

/// An open bet on the first selections of events 1, 2 and so on, of combinations of these sizes.
fn open(unit: i64, sizes: &[usize], prices: &[Odds]) -> Bet {
    let leg = |(event, price): (u64, &Odds)| Leg {
        selection: on(event, 1),
        price: *price,
        market_version: 1,
        each_way: None,
    };
    let combinations = Combinations::of_sizes(sizes);
    let terms = Terms {
        no: BetNo(1),
        placed_at: Time(1),
        legs: (1..).zip(prices).map(leg).collect(),
        combinations,
        bankers: 0,
        unit_stake: Amount(unit),
        stake: Amount(unit * combinations.count(prices.len()) as i64),
        fund: Fund::Cash,
        max_payout: Amount(i64::MAX / 4),
        rounding: Rounding::HalfUp,
        rules_version: 1,
    };
    Bet::new(terms, TransferNo(1))
}

fn single(taken: &str) -> Bet {
    open(1000, &[1], &[price(taken)])
}

fn double() -> Bet {
    open(1000, &[2], &["2.50", "2.50"].map(price))
}

fn trixie() -> Bet {
    open(100, &[2, 3], &["2.00", "2.00", "2.00"].map(price))
}

fn singles() -> Bet {
    open(100, &[1], &["2.00", "2.00"].map(price))
}

/// The bet with a leg that came in so.
fn with(bet: Bet, leg: u8, outcome: LegOutcome) -> Bet {
    told(bet, leg, LegResult::plain(1, Some(outcome)))
}

/// The bet with this result of a leg.
fn told(mut bet: Bet, leg: u8, result: LegResult) -> Bet {
    bet.apply(&Event::LegDecided {
        bet: bet.no(),
        leg,
        result,
        why: Why::Result,
    });
    bet
}

/// The bet of which a line of 1.00 was settled, and returned 2.00.
fn settled_line(mut bet: Bet) -> Bet {
    bet.apply(&Event::LinesSettled {
        bet: bet.no(),
        at: Time(2),
        stake_settled: Amount(100),
        returned: Amount(200),
        refunded: Amount::ZERO,
        transfers: Vec::new(),
    });
    bet
}

/// The bet of which so much was bought back for nothing.
fn sold(mut bet: Bet, stake: Amount) -> Bet {
    bet.apply(&Event::BetCashedOut {
        bet: bet.no(),
        at: Time(2),
        stake,
        paid: Amount::ZERO,
        transfers: Vec::new(),
    });
    bet
}

fn but(mut bet: Bet, change: impl FnOnce(&mut Bet)) -> Bet {
    change(&mut bet);
    bet
}

/// The scene with these chances of winning of the first selections of events 1, 2 and so on.
fn chances(millionths: &[u32]) -> Scene {
    (1..).zip(millionths).fold(Scene::stranger(), |scene, (event, won)| {
        scene.chance(on(event, 1), Some(Chance::of_winning(*won)))
    })
}

fn offered(bet: &Bet, scene: &Scene) -> Result<CashOutOffer, NoCashOut> {
    offer(bet, &scene.rules, &scene.book)
}

/// Protects the price of a bet: its fair value to the minor unit, and 5 percent off it.
#[test]
fn fair_value_rows() {
    let same = || chances(&[400_000, 400_000]);
    let evens = || chances(&[500_000, 500_000, 500_000]);
    let asian = Chance {
        won: 300_000,
        half_won: 200_000,
        void: 100_000,
        half_lost: 100_000,
    };
    let reduced = LegResult {
        deduction: Deduction(25),
        ..LegResult::plain(1, Some(WON))
    };
    let corrected = LegResult {
        corrected: Some(price("2.00")),
        ..LegResult::plain(1, Some(WON))
    };
    let open_corrected = LegResult {
        outcome: None,
        ..corrected
    };
    type Row<'a> = (&'a str, Bet, Scene, (i64, i64));
    let rows: Vec<Row<'_>> = vec![
        (
            "at the price taken: the stake less margin",
            single("2.50"),
            same(),
            (1000, 950),
        ),
        (
            "the price halved: double",
            single("2.50"),
            chances(&[800_000]),
            (2000, 1900),
        ),
        (
            "the price doubled: half",
            single("2.50"),
            chances(&[200_000]),
            (500, 475),
        ),
        (
            "without margin",
            single("2.50"),
            same().ruled(|rules| rules.cash_out.margin_percent = 0),
            (1000, 1000),
        ),
        (
            "rounded down, twice",
            open(333, &[1], &[price("2.50")]),
            chances(&[399_999]),
            (332, 315),
        ),
        ("a double, nothing known", double(), same(), (1000, 950)),
        ("a double, half-way", with(double(), 0, WON), same(), (2500, 2375)),
        ("the second won first", with(double(), 1, WON), same(), (2500, 2375)),
        (
            "the other leg void",
            with(double(), 0, LegOutcome::Void),
            same(),
            (1000, 950),
        ),
        (
            "the other leg half won",
            with(double(), 0, LegOutcome::HalfWon),
            same(),
            (1750, 1662),
        ),
        (
            "the other leg half lost",
            with(double(), 0, LegOutcome::HalfLost),
            same(),
            (500, 475),
        ),
        ("the other leg tied", with(double(), 0, tie(1, 2)), same(), (1250, 1187)),
        (
            "the other leg won, 25p off its winnings",
            told(double(), 0, reduced),
            same(),
            (2125, 2018),
        ),
        (
            "the other leg won at a corrected price",
            told(double(), 0, corrected),
            same(),
            (2000, 1900),
        ),
        (
            "the right price of an open leg is known",
            told(single("2.50"), 0, open_corrected),
            same(),
            (800, 760),
        ),
        (
            "a result that was taken back",
            told(double(), 0, LegResult::plain(2, None)),
            same(),
            (1000, 950),
        ),
        (
            "a quarter line: half and refund chances count",
            single("1.90"),
            same().chance(on(1, 1), Some(asian)),
            (1010, 959),
        ),
        ("a trixie", trixie(), evens(), (400, 380)),
        ("a trixie, one won", with(trixie(), 0, WON), evens(), (700, 665)),
        ("a trixie, one lost", with(trixie(), 0, LOST), evens(), (100, 95)),
        (
            "a banker and one of two",
            but(
                with(open(100, &[1], &["2.00", "2.00", "2.00"].map(price)), 0, WON),
                |bet| {
                    (bet.terms.bankers, bet.terms.stake) = (0b001, Amount(200));
                },
            ),
            evens(),
            (400, 380),
        ),
        (
            "two fifths bought back before",
            sold(single("2.50"), Amount(400)),
            same(),
            (600, 570),
        ),
        (
            "no more than the bet returns at most",
            but(single("2.50"), |bet| bet.terms.max_payout = Amount(1500)),
            chances(&[800_000]),
            (1500, 1425),
        ),
        (
            "a settled line is paid already",
            settled_line(with(singles(), 0, WON)),
            evens(),
            (100, 95),
        ),
        (
            "two legs of an event that are in no line together",
            but(singles(), |bet| bet.terms.legs[1].selection = on(1, 2)),
            evens().chance(on(1, 2), Some(Chance::of_winning(250_000))),
            (150, 142),
        ),
        (
            "two legs of an event of which one is decided",
            but(with(double(), 0, WON), |bet| bet.terms.legs[1].selection = on(1, 2)),
            same(),
            (2083, 1978),
        ),
        (
            "the market of a decided leg does not matter",
            with(double(), 0, WON),
            same().market(1, MarketStatus::Suspended).chance(on(1, 1), None),
            (2500, 2375),
        ),
    ];
    for (what, bet, scene, (fair, amount)) in rows {
        let stake = bet.open_stake();
        let divisible = bet.stake_settled() == Amount::ZERO;
        let expected = CashOutOffer {
            stake,
            fair: Amount(fair),
            amount: Amount(amount),
            divisible,
        };
        assert_eq!(offered(&bet, &scene), Ok(expected), "{what}");
    }
}

/// Protects each-way bets from being worth their win alone: the place part is worth its share of the odds by the chance of a
/// place, a part that is decided what became of it, and a race that is not priced whole says no price.
#[test]
fn each_way_rows() {
    let terms = |places| EachWay { places, num: 1, den: 4 };
    // Both lines of 10.00; of three runners at 50, 30 and 20 percent.
    let bet = |places| {
        but(single("3.00"), |bet| {
            bet.terms.legs[0].each_way = Some(terms(places));
            bet.terms.stake = Amount(2_000);
        })
    };
    let race = || {
        let runners = [(1, 500_000), (2, 300_000), (3, 200_000)];
        let scene = runners.into_iter().fold(Scene::stranger(), |scene, (no, won)| {
            scene.chance(on(1, no), Some(Chance::of_winning(won)))
        });
        scene.quoted(on(1, 1), |quote| {
            quote.race = Some(Race {
                handicap: false,
                runners: 3,
            })
        })
    };
    let decided = |outcome, place| LegResult {
        place,
        ..LegResult::plain(1, outcome)
    };
    let rows: Vec<(&str, Bet, Scene, Result<i64, NoCashOut>)> = vec![
        // 3.00 by one half, and 1.50 by 0.839286.
        ("two places", bet(2), race(), Ok(2_758)),
        ("one place", bet(1), race(), Ok(1_500 + 750)),
        ("as many places as runners", bet(3), race(), Ok(1_500 + 1_499)),
        (
            "only the place is known",
            told(bet(2), 0, decided(None, Some(WON))),
            race(),
            Ok(1_500 + 1_500),
        ),
        (
            "a rival is not priced",
            bet(2),
            race().chance(on(1, 3), None),
            Err(NoCashOut::EachWay),
        ),
        (
            "a rival is out",
            bet(2),
            race()
                .chance(on(1, 3), None)
                .quoted(on(1, 3), |quote| quote.removed = true),
            Ok(1_500 + 1_499),
        ),
        (
            "no race",
            bet(2),
            race().quoted(on(1, 1), |quote| quote.race = None),
            Err(NoCashOut::EachWay),
        ),
        (
            "the runner is not priced",
            bet(2),
            race().chance(on(1, 1), None),
            Err(NoCashOut::NoChance { leg: 0 }),
        ),
    ];
    for (what, bet, scene, expected) in rows {
        let fair = offered(&bet, &scene).map(|offer| offer.fair.0);
        assert_eq!(fair, expected, "{what}");
    }
}

/// Protects the house from buying back what it cannot price, and says why.
#[test]
fn refused_rows() {
    use NoCashOut as No;
    let scene = || chances(&[400_000, 400_000]);
    let each_way = EachWay {
        places: 3,
        num: 1,
        den: 5,
    };
    let (leg, other) = (1, 0);
    let one_event = |bet: Bet| but(bet, |bet| bet.terms.legs[1].selection = on(1, 2));
    let status = |status| scene().market(2, status);
    let rows: Vec<(&str, Bet, Scene, NoCashOut)> = vec![
        (
            "settled",
            but(single("2.50"), |bet| bet.status = BetStatus::Lost),
            scene(),
            No::NotOpen,
        ),
        (
            "bought back",
            but(single("2.50"), |bet| bet.status = BetStatus::CashedOut),
            scene(),
            No::NotOpen,
        ),
        (
            "not by this brand",
            single("2.50"),
            scene().ruled(|rules| rules.cash_out.offered = false),
            No::NotOffered,
        ),
        (
            "a free bet",
            but(single("2.50"), |bet| bet.terms.fund = Fund::FreeBet),
            scene(),
            No::FreeBet,
        ),
        (
            "each-way",
            but(single("2.50"), |bet| bet.terms.legs[0].each_way = Some(each_way)),
            scene(),
            No::EachWay,
        ),
        (
            "related legs in one line",
            one_event(double()),
            scene(),
            No::Related { leg, other },
        ),
        (
            "related legs in a line of a trixie",
            one_event(trixie()),
            scene(),
            No::Related { leg, other },
        ),
        (
            "related bankers",
            but(one_event(double()), |bet| {
                (bet.terms.bankers, bet.terms.combinations) = (0b11, Combinations::all_of(1));
            }),
            scene(),
            No::Related { leg, other },
        ),
        (
            "a banker and a related leg",
            but(one_event(trixie()), |bet| {
                (bet.terms.bankers, bet.terms.combinations) = (0b01, Combinations::of_sizes(&[1]));
            }),
            scene(),
            No::Related { leg, other },
        ),
        (
            "suspended",
            double(),
            status(MarketStatus::Suspended),
            No::Suspended { leg },
        ),
        ("closed", double(), status(MarketStatus::Closed), No::Closed { leg }),
        (
            "resulted, the bet not told yet",
            double(),
            status(MarketStatus::Resulted),
            No::Closed { leg },
        ),
        (
            "void, the bet not told yet",
            double(),
            status(MarketStatus::Void),
            No::Closed { leg },
        ),
        (
            "a market that was forgotten",
            but(double(), |bet| bet.terms.legs[1].selection = on(99, 1)),
            scene(),
            No::Closed { leg },
        ),
        (
            "stopped by a trader",
            double(),
            scene().quoted(on(2, 1), |quote| quote.cash_out = false),
            No::Stopped { leg },
        ),
        (
            "withdrawn, the bet not told yet",
            double(),
            scene().quoted(on(2, 1), |quote| quote.removed = true),
            No::Withdrawn { leg },
        ),
        (
            "not priced",
            double(),
            scene().chance(on(2, 1), None),
            No::NoChance { leg },
        ),
        ("worth nothing", single("2.50"), chances(&[0]), No::TooSmall),
        (
            "worth less than a cent",
            open(1, &[1], &[price("2.50")]),
            chances(&[400_000]),
            No::TooSmall,
        ),
        (
            "lost, the bet not told yet",
            with(double(), 0, LOST),
            scene(),
            No::TooSmall,
        ),
        (
            "of several reasons the first leg's",
            double(),
            scene()
                .market(1, MarketStatus::Closed)
                .market(2, MarketStatus::Suspended),
            No::Closed { leg: 0 },
        ),
    ];
    for (what, bet, scene, expected) in rows {
        assert_eq!(offered(&bet, &scene), Err(expected), "{what}");
    }
}

/// Protects parts: in proportion, rounded down, and only where each line is open.
#[test]
fn part_rows() {
    let scene = chances(&[400_000]);
    let whole = offered(&single("2.50"), &scene).expect("offered");
    let settled = settled_line(with(singles(), 0, WON));
    let rest = offered(&settled, &chances(&[500_000, 500_000])).expect("offered");
    let rows = [
        ("a part", whole, 400, Ok(380)),
        ("rounded down", whole, 401, Ok(380)),
        ("all", whole, 1000, Ok(950)),
        ("more than all", whole, 1001, Ok(950)),
        ("the least", whole, 2, Ok(1)),
        ("too little", whole, 1, Err(NoCashOut::TooSmall)),
        ("all that is open beside settled lines", rest, 100, Ok(95)),
        ("a part of it", rest, 50, Err(NoCashOut::WholeOnly)),
    ];
    for (what, whole, stake, expected) in rows {
        let part = whole.part(Amount(stake)).map(|part| part.amount.0);
        assert_eq!(part, expected, "{what}");
    }
}

fn ratio(num: u64, den: u64) -> BigRational {
    BigRational::new(BigInt::from(num), BigInt::from(den))
}

/// What one unit on a leg returns, written down once more.
fn naive_factor(price: Odds, outcome: LegOutcome) -> BigRational {
    let (odds, half) = (ratio(price.num().into(), price.den().into()), ratio(1, 2));
    match outcome {
        LegOutcome::Won { .. } => odds,
        LegOutcome::Lost => BigRational::zero(),
        LegOutcome::Void => BigRational::one(),
        LegOutcome::HalfWon => (BigRational::one() + odds) * half,
        LegOutcome::HalfLost => half,
    }
}

const OUTCOMES: [LegOutcome; 5] = [WON, LegOutcome::HalfWon, LegOutcome::Void, LegOutcome::HalfLost, LOST];

/// How likely each of [`OUTCOMES`] is.
fn naive_chances(chance: Chance) -> [BigRational; 5] {
    let parts = [chance.won, chance.half_won, chance.void, chance.half_lost];
    let lost = 1_000_000 - parts.iter().sum::<u32>();
    [parts[0], parts[1], parts[2], parts[3], lost].map(|part| ratio(part.into(), 1_000_000))
}

/// What the bet returns by these outcomes before it is rounded: every line by itself.
fn naive_return(bet: &Bet, outcomes: &[LegOutcome]) -> BigRational {
    let terms = &bet.terms;
    let legs = terms.legs.len();
    let banker = |leg: usize| terms.bankers >> leg & 1 == 1;
    let mut sum = BigRational::zero();
    for line in 0u32..1 << legs {
        let has = |leg: usize| line >> leg & 1 == 1;
        let size = (0..legs).filter(|leg| has(*leg) && !banker(*leg)).count();
        if (0..legs).all(|leg| has(leg) || !banker(leg)) && terms.combinations.has_size(size) {
            let factors = (0..legs).filter(|leg| has(*leg));
            sum += factors
                .map(|leg| naive_factor(terms.legs[leg].price, outcomes[leg]))
                .fold(BigRational::one(), |product, factor| product * factor);
        }
    }
    sum * ratio(terms.unit_stake.0 as u64, 1)
}

/// A leg: its price, what became of it if that is known, and its chances otherwise, of which the cuts are the bounds.
type AnyLeg = (u32, Option<usize>, [u32; 4]);

fn any_leg() -> impl Strategy<Value = AnyLeg> {
    let known = prop_oneof![2 => Just(None), 1 => (0usize..5).prop_map(Some)];
    (10_001u32..120_000, known, prop::array::uniform4(0u32..=1_000_000))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    /// Protects both sides of a cash-out: the fair value is what the bet returns on average over every outcome of its
    /// legs, as settlement pays it; the offer is never above that.
    #[test]
    fn the_fair_value_is_the_average_return(
        legs in prop::collection::vec(any_leg(), 1..5),
        sizes in prop::collection::btree_set(1usize..5, 1..4),
        banker in any::<bool>(),
        unit in 1i64..100_000,
        sold_percent in 0i64..100,
        margin in 0u16..=50,
    ) {
        let prices: Vec<Odds> = legs.iter().map(|(num, ..)| Odds::ratio(*num, 10_000).expect("a price")).collect();
        let banker = banker && legs.len() > 1;
        let free = legs.len() - usize::from(banker);
        let sizes: Vec<usize> = sizes.into_iter().map(|size| size.min(free)).collect();
        let mut bet = open(unit, &sizes, &prices);
        bet.terms.bankers = banker.into();
        bet.terms.stake = Amount(unit * bet.terms.combinations.count(free) as i64);
        let part = Amount(bet.terms.stake.0 * sold_percent / 100);
        let mut bet = sold(bet, part);
        let mut scene = Scene::stranger().ruled(|rules| rules.cash_out.margin_percent = margin);
        // Every way in which the legs can come in, with how likely it is.
        let mut ways: Vec<(BigRational, Vec<LegOutcome>)> = vec![(BigRational::one(), Vec::new())];
        for (at, (_, known, mut cuts)) in legs.into_iter().enumerate() {
            cuts.sort_unstable();
            let chance = Chance {
                won: cuts[0],
                half_won: cuts[1] - cuts[0],
                void: cuts[2] - cuts[1],
                half_lost: cuts[3] - cuts[2],
            };
            scene = scene.chance(on(at as u64 + 1, 1), Some(chance));
            if let Some(known) = known {
                bet = with(bet, at as u8, OUTCOMES[known]);
            }
            let mut chances = naive_chances(chance);
            if let Some(known) = known {
                chances = [(); 5].map(|()| BigRational::zero());
                chances[known] = BigRational::one();
            }
            let further = |(likely, so_far): (BigRational, Vec<LegOutcome>)| {
                let way = |(outcome, chance): (&LegOutcome, &BigRational)| {
                    (&likely * chance, so_far.iter().copied().chain([*outcome]).collect())
                };
                OUTCOMES.iter().zip(&chances).map(way).collect::<Vec<_>>()
            };
            ways = ways.into_iter().flat_map(further).filter(|(likely, _)| !likely.is_zero()).collect();
        }
        let kept = ratio((bet.terms.stake.0 - bet.cashed_stake().0) as u64, bet.terms.stake.0 as u64);
        let (mut average, mut settled) = (BigRational::zero(), BigRational::zero());
        for (likely, outcomes) in &ways {
            average += likely * naive_return(&bet, outcomes) * &kept;
            let results: Vec<_> = outcomes.iter().map(|outcome| Some(LegResult::plain(1, Some(*outcome)))).collect();
            let standing = bet.terms.standing(&results, bet.cashed_stake(), &Rules::default());
            settled += likely * BigRational::from(BigInt::from(standing.returned.0));
        }
        prop_assert!((&settled - &average).abs() <= ratio(1, 2), "each payout is rounded once");
        let fair = average.to_integer().to_i64().expect("small stakes");
        let best = ways.iter().map(|(_, outcomes)| naive_return(&bet, outcomes) * &kept).max().expect("a way");
        match offered(&bet, &scene) {
            Ok(offer) => {
                prop_assert_eq!(offer.fair.0, fair);
                prop_assert_eq!(offer.amount.0, fair * i64::from(100 - margin) / 100);
                prop_assert!(offer.amount.0 >= 1 && offer.amount <= offer.fair);
                prop_assert!(BigRational::from(BigInt::from(offer.fair.0)) <= best);
                let half = Amount((offer.stake.0 / 2).max(1));
                if let Ok(part) = offer.part(half) {
                    let rest = offer.part(Amount(offer.stake.0 - half.0)).map_or(0, |rest| rest.amount.0);
                    prop_assert!(part.amount.0 + rest <= offer.amount.0 || half == offer.stake, "in parts no more");
                }
            }
            Err(why) => {
                prop_assert_eq!(why, NoCashOut::TooSmall);
                prop_assert_eq!(fair * i64::from(100 - margin) / 100, 0);
            }
        }
    }
}
