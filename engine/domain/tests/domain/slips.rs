//! Settlement by the rules of the trade, a row for each.

use shardbook_domain::bet::{
    BetStatus, Deduction, EachWay, Fund, Kind, Leg, LegOutcome, LegResult, Shape, Standing, Terms,
};
use shardbook_domain::ids::BetNo;
use shardbook_domain::money::Amount;
use shardbook_domain::odds::Odds;
use shardbook_domain::ratio::Rounding;
use shardbook_domain::rules::{Boost, LuckyBonus, Rules};
use shardbook_domain::time::Time;

use crate::scene::{on, tie};

const WON: LegOutcome = LegOutcome::WON;
const LOST: LegOutcome = LegOutcome::Lost;
const VOID: LegOutcome = LegOutcome::Void;

/// A slip and what is known of it.
#[derive(Clone)]
struct Slip {
    terms: Terms,
    results: Vec<Option<LegResult>>,
    cashed: i64,
    rules: Rules,
}

/// A named bet at these prices, so much on each line, in minor units.
fn slip(name: &str, unit: i64, prices: &[&str]) -> Slip {
    let leg = |(event, price): (usize, &&str)| Leg {
        selection: on(event as u64 + 1, 1),
        price: Odds::parse_any(price).expect("a price"),
        market_version: 1,
        each_way: None,
    };
    let kind = Kind::parse(name, prices.len()).expect("a name");
    let shape = Shape::named(kind, prices.len(), &[], false).expect("a shape");
    Slip {
        terms: Terms {
            no: BetNo(1),
            placed_at: Time(1),
            legs: prices.iter().enumerate().map(leg).collect(),
            combinations: shape.combinations,
            bankers: 0,
            unit_stake: Amount(unit),
            stake: Amount(unit * shape.lines() as i64),
            fund: Fund::Cash,
            max_payout: Amount(50_000_000),
            rounding: Rounding::HalfUp,
            rules_version: 1,
        },
        results: vec![None; prices.len()],
        cashed: 0,
        rules: Rules::default(),
    }
}

impl Slip {
    /// Each leg paid for so many places at `num/den` of the odds.
    fn each_way(mut self, places: u8, num: u8, den: u8) -> Slip {
        self.terms.stake.0 *= 2;
        let terms = Some(EachWay { places, num, den });
        self.terms.legs.iter_mut().for_each(|leg| leg.each_way = terms);
        self
    }

    fn free_bet(mut self) -> Slip {
        self.terms.fund = Fund::FreeBet;
        self
    }

    fn bankers(mut self, mask: u64, kind: &str) -> Slip {
        let free = self.terms.legs.len() - mask.count_ones() as usize;
        self.terms.bankers = mask;
        self.terms.combinations = Kind::parse(kind, free).expect("a name").combinations();
        self.terms.stake = Amount(self.terms.unit_stake.0 * self.terms.lines() as i64);
        self
    }

    fn capped(mut self, max_payout: i64) -> Slip {
        self.terms.max_payout = Amount(max_payout);
        self
    }

    fn rounded(mut self, rounding: Rounding) -> Slip {
        self.terms.rounding = rounding;
        self
    }

    fn bought_back(mut self, stake: i64) -> Slip {
        self.cashed = stake;
        self
    }

    fn ruled(mut self, change: impl FnOnce(&mut Rules)) -> Slip {
        change(&mut self.rules);
        self
    }

    /// The outcomes of the first legs; of an each-way bet those of the win part, the place part being the same.
    fn came(mut self, outcomes: &[LegOutcome]) -> Slip {
        let each_way = self.terms.is_each_way();
        for (at, outcome) in outcomes.iter().enumerate() {
            let plain = LegResult::plain(1, Some(*outcome));
            let place = each_way.then_some(*outcome);
            self.results[at] = Some(LegResult { place, ..plain });
        }
        self
    }

    /// What became of the place parts.
    fn placed(mut self, outcomes: &[LegOutcome]) -> Slip {
        for (at, outcome) in outcomes.iter().enumerate() {
            self.results[at].as_mut().expect("a result").place = Some(*outcome);
        }
        self
    }

    fn rule_four(mut self, leg: usize, pence: u8) -> Slip {
        self.results[leg].as_mut().expect("a result").deduction = Deduction(pence);
        self
    }

    fn corrected(mut self, leg: usize, price: &str) -> Slip {
        let price = Odds::parse_any(price).expect("a price");
        self.results[leg].as_mut().expect("a result").corrected = Some(price);
        self
    }

    fn standing(&self) -> Standing {
        self.terms.standing(&self.results, Amount(self.cashed), &self.rules)
    }
}

/// Status, stake settled, returned and refunded, as one line.
fn words(standing: Standing) -> String {
    let Standing {
        status,
        stake_settled,
        returned,
        refunded,
    } = standing;
    let back = if refunded.0 > 0 {
        format!(" back {}", refunded.0)
    } else {
        String::new()
    };
    format!("{}: {} returns {}{back}", status.words(), stake_settled.0, returned.0)
}

fn check(rows: Vec<(&str, Slip, &str)>) {
    for (what, slip, expected) in rows {
        let standing = slip.standing();
        assert_eq!(words(standing), expected, "{what}");
        let working = slip.terms.working(&slip.results, Amount(slip.cashed), &slip.rules);
        assert_eq!(
            working.map(|working| working.standing),
            Ok(standing),
            "{what}: the working"
        );
    }
}

fn early(rules: &mut Rules) {
    rules.settle_lines_early = true;
}

/// Protects each-way bets, dead heats for win and place among them.
#[test]
fn each_way_rows() {
    let single = |unit, price| slip("single", unit, &[price]).each_way(3, 1, 5);
    let quarter = |unit, price| slip("single", unit, &[price]).each_way(3, 1, 4);
    let double = || slip("double", 500, &["5/1", "10/1"]).each_way(3, 1, 5);
    check(vec![
        (
            "20.00 each-way at 16/1, two tied for the last place",
            quarter(2000, "16/1").came(&[LOST]).placed(&[tie(1, 2)]),
            "partly won: 4000 returns 5000",
        ),
        (
            "won: both parts",
            single(1000, "10/1").came(&[WON]),
            "won: 2000 returns 14000",
        ),
        (
            "placed",
            single(1000, "10/1").came(&[LOST]).placed(&[WON]),
            "partly won: 2000 returns 3000",
        ),
        ("nowhere", single(1000, "10/1").came(&[LOST]), "lost: 2000 returns 0"),
        (
            "a non-runner",
            single(1000, "10/1").came(&[VOID]),
            "void: 2000 returns 2000",
        ),
        (
            "a dead heat to win, the place whole",
            single(1000, "10/1").came(&[tie(1, 2)]).placed(&[WON]),
            "partly won: 2000 returns 8500",
        ),
        (
            "three tied for the last two places",
            quarter(900, "8/1").came(&[LOST]).placed(&[tie(2, 3)]),
            "partly won: 1800 returns 1800",
        ),
        (
            "placed at evens loses a little",
            quarter(1000, "evens").came(&[LOST]).placed(&[WON]),
            "partly won: 2000 returns 1250",
        ),
        (
            "double, both won",
            double().came(&[WON, WON]),
            "won: 1000 returns 36000",
        ),
        (
            "double, one won and one placed: the place line alone",
            double().came(&[WON, LOST]).placed(&[WON, WON]),
            "partly won: 1000 returns 3000",
        ),
        (
            "double with a non-runner: a single each-way",
            double().came(&[WON, VOID]),
            "won: 1000 returns 4000",
        ),
        (
            "a leg that is win only has its whole odds in the place line, if it wins",
            {
                let mut mixed = double();
                mixed.terms.legs[1].each_way = Some(EachWay {
                    places: 1,
                    num: 1,
                    den: 1,
                });
                mixed.came(&[LOST, WON]).placed(&[WON, WON])
            },
            "partly won: 1000 returns 11000",
        ),
        (
            "lucky 15, one winner that is the only placed",
            slip("lucky-15", 100, &["5/1", "5/1", "5/1", "5/1"])
                .each_way(3, 1, 5)
                .came(&[WON, LOST, LOST, LOST]),
            "partly won: 3000 returns 800",
        ),
    ]);
}

/// Protects Rule 4: off the winnings of both parts, before a dead heat, and never off the stake.
#[test]
fn rule_four_rows() {
    let each_way = || slip("single", 1000, &["4/1"]).each_way(3, 1, 4).came(&[WON]);
    check(vec![
        (
            "25p off a winner",
            slip("single", 1000, &["2.50"]).came(&[WON]).rule_four(0, 25),
            "won: 1000 returns 2125",
        ),
        (
            "the cap of 90p",
            slip("single", 1000, &["11.00"]).came(&[WON]).rule_four(0, 90),
            "won: 1000 returns 2000",
        ),
        ("off both parts", each_way().rule_four(0, 25), "won: 2000 returns 5750"),
        (
            "not off a void bet",
            slip("single", 1000, &["11.00"]).came(&[VOID]).rule_four(0, 90),
            "void: 1000 returns 1000",
        ),
        (
            "not off a lost one",
            slip("single", 1000, &["11.00"]).came(&[LOST]).rule_four(0, 90),
            "lost: 1000 returns 0",
        ),
        (
            "before a dead heat",
            slip("single", 1000, &["9.00"]).came(&[tie(1, 2)]).rule_four(0, 50),
            "partly won: 1000 returns 2500",
        ),
        (
            "one leg of a treble",
            slip("treble", 1000, &["2.00", "3.00", "5.00"])
                .came(&[WON, WON, WON])
                .rule_four(2, 40),
            "won: 1000 returns 20400",
        ),
        (
            "a corrected price is settled at",
            slip("single", 1000, &["66/1"]).came(&[WON]).corrected(0, "13/8"),
            "won: 1000 returns 2625",
        ),
        (
            "a corrected price with Rule 4, each-way",
            each_way().corrected(0, "2/1").rule_four(0, 10),
            "won: 2000 returns 4250",
        ),
    ]);
}

/// Protects the scale itself: price by price, the cap, and the waiver.
#[test]
fn rule_four_scale() {
    let rule_four = Rules::default().rule_four;
    let price = |text| Odds::parse_any(text).expect("a price");
    let rows: &[(&[&str], u8)] = &[
        (&["1/10"], 90),
        (&["1/9"], 90),
        (&["2/17"], 85),
        (&["2/11"], 85),
        (&["1/4"], 80),
        (&["2/5"], 70),
        (&["evens"], 45),
        (&["20/21"], 50),
        (&["7/4"], 35),
        (&["3/1"], 25),
        (&["11/2"], 15),
        (&["9/1"], 10),
        // 5p in all is waived, 5p beside another is not.
        (&["14/1"], 0),
        (&["14/1", "14/1"], 10),
        (&["14/1", "3/1"], 30),
        (&["15/1"], 0),
        (&["15/1", "100/1"], 0),
        (&["evens", "evens"], 90),
        (&["evens", "evens", "3/1"], 90),
        (&[], 0),
    ];
    for (withdrawn, pence) in rows {
        let found = rule_four.deduction(withdrawn.iter().map(|text| price(text)));
        assert_eq!(found, Deduction(*pence), "{withdrawn:?}");
    }
}

/// Protects Asian handicaps: a quarter line is two half stakes, alone and in multiples.
#[test]
fn quarter_line_rows() {
    let (half_won, half_lost) = (LegOutcome::HalfWon, LegOutcome::HalfLost);
    let single = |unit, price| slip("single", unit, &[price]);
    check(vec![
        (
            "half won",
            single(1000, "1.90").came(&[half_won]),
            "partly won: 1000 returns 1450",
        ),
        (
            "half lost",
            single(1000, "1.90").came(&[half_lost]),
            "partly won: 1000 returns 500",
        ),
        (
            "half won, then half lost",
            slip("double", 1000, &["1.90", "2.10"]).came(&[half_won, half_lost]),
            "partly won: 1000 returns 725",
        ),
    ]);
    // Two half stakes on the two whole lines beside it come to the same.
    for (price, unit) in [("1.90", 1000), ("1.87", 333_334), ("3.05", 20)] {
        let halves = |first, second| {
            let of = |outcome| single(unit / 2, price).came(&[outcome]).standing().returned.0;
            of(first) + of(second)
        };
        let quarter = |outcome| single(unit, price).came(&[outcome]).standing().returned.0;
        assert!((quarter(half_won) - halves(WON, VOID)).abs() <= 1, "{price}");
        assert_eq!(quarter(half_lost), halves(LOST, VOID), "{price}");
    }
}

/// Protects full covers and systems line by line.
#[test]
fn full_cover_rows() {
    let prices = ["2.00", "3.00", "4.00", "5.00"];
    check(vec![
        (
            "trixie, two of three",
            slip("trixie", 100, &prices[..3]).came(&[WON, WON, LOST]),
            "partly won: 400 returns 600",
        ),
        (
            "trixie, all",
            slip("trixie", 100, &prices[..3]).came(&[WON; 3]),
            "won: 400 returns 5000",
        ),
        (
            "trixie, one of three",
            slip("trixie", 100, &prices[..3]).came(&[WON, LOST, LOST]),
            "lost: 400 returns 0",
        ),
        (
            "patent with a void leg",
            slip("patent", 100, &prices[..3]).came(&[WON, VOID, LOST]),
            "partly won: 700 returns 500",
        ),
        (
            "patent, won and void",
            slip("patent", 100, &prices[..3]).came(&[WON, VOID, VOID]),
            "won: 700 returns 1100",
        ),
        (
            "yankee, all",
            slip("yankee", 100, &prices).came(&[WON; 4]),
            "won: 1100 returns 34500",
        ),
        (
            "all void",
            slip("yankee", 100, &prices).came(&[VOID; 4]),
            "void: 1100 returns 1100",
        ),
        (
            "a banker and two of three",
            slip("4-fold", 100, &prices)
                .bankers(0b0001, "2 of 3")
                .came(&[WON, WON, WON, LOST]),
            "partly won: 300 returns 2400",
        ),
        (
            "a banker that lost takes all, known or not",
            slip("4-fold", 100, &prices).bankers(0b0001, "2 of 3").came(&[LOST]),
            "lost: 300 returns 0",
        ),
    ]);
}

/// Protects the bonuses of Patents and Lucky bets: one winner, all winners, and none of it with a void leg.
#[test]
fn lucky_bonus_rows() {
    let bonus = |rules: &mut Rules| {
        rules.bonuses = vec![
            LuckyBonus {
                selections: 4,
                one_winner: 200,
                all_winners: 10,
            },
            LuckyBonus {
                selections: 3,
                one_winner: 300,
                all_winners: 0,
            },
        ];
    };
    let prices = ["5/1", "2/1", "2/1", "2/1"];
    let lucky = || slip("lucky-15", 100, &prices).ruled(bonus);
    check(vec![
        (
            "one winner at double the odds",
            lucky().came(&[WON, LOST, LOST, LOST]),
            "partly won: 1500 returns 1100",
        ),
        (
            "double the odds after Rule 4",
            lucky().came(&[WON, LOST, LOST, LOST]).rule_four(0, 20),
            "partly won: 1500 returns 900",
        ),
        (
            "one winner in a dead heat: on what is left of its winnings",
            lucky().came(&[tie(1, 2), LOST, LOST, LOST]),
            "partly won: 1500 returns 500",
        ),
        (
            "two winners: none",
            lucky().came(&[WON, WON, LOST, LOST]),
            "partly won: 1500 returns 2700",
        ),
        (
            "one winner and a void leg: none",
            lucky().came(&[WON, VOID, LOST, LOST]),
            "partly won: 1500 returns 1300",
        ),
        // 7 x 4 x 4 x 4 - 1 units come back for 15: 10% of 432 on top.
        ("all winners", lucky().came(&[WON; 4]), "won: 1500 returns 49020"),
        (
            "all but a void one: none",
            lucky().came(&[WON, WON, WON, VOID]),
            "won: 1500 returns 22300",
        ),
        (
            "all, one in a dead heat: none",
            lucky().came(&[WON, WON, WON, tie(1, 3)]),
            "partly won: 1500 returns 22300",
        ),
        (
            "a yankee has none",
            slip("yankee", 100, &prices).ruled(bonus).came(&[WON; 4]),
            "won: 1100 returns 43200",
        ),
        (
            "a patent with treble odds",
            slip("patent", 100, &prices[..3]).ruled(bonus).came(&[LOST, WON, LOST]),
            "partly won: 700 returns 700",
        ),
        (
            "each-way: on the win part alone",
            lucky().each_way(3, 1, 5).came(&[WON, LOST, LOST, LOST]),
            "partly won: 3000 returns 1300",
        ),
        (
            "only when every leg is known",
            lucky().ruled(early).came(&[WON, LOST, LOST]),
            "open: 1300 returns 600",
        ),
        (
            "under the cap",
            lucky().came(&[WON; 4]).capped(49_000),
            "won: 1500 returns 49000",
        ),
    ]);
}

/// Protects accumulator boosts: by winners, by price, and not on a place line.
#[test]
fn boost_rows() {
    let boosts = |rules: &mut Rules| {
        rules.boosts = vec![Boost { legs: 2, percent: 5 }, Boost { legs: 3, percent: 10 }];
        rules.boost_min_price = Odds::parse("1.50").expect("a price");
    };
    let treble = |last| slip("treble", 100, &["2.00", "2.00", last]).ruled(boosts);
    check(vec![
        (
            "three winners: 10% of 7.00",
            treble("2.00").came(&[WON; 3]),
            "won: 100 returns 870",
        ),
        (
            "at the shortest price that counts",
            treble("1.50").came(&[WON; 3]),
            "won: 100 returns 650",
        ),
        (
            "a leg that is too short does not count",
            treble("1.49").came(&[WON; 3]),
            "won: 100 returns 621",
        ),
        (
            "a void leg is no winner",
            treble("2.00").came(&[WON, WON, VOID]),
            "won: 100 returns 415",
        ),
        (
            "one winner is too few",
            treble("2.00").came(&[WON, VOID, VOID]),
            "won: 100 returns 200",
        ),
        (
            "a half won leg is no winner",
            treble("2.00").came(&[WON, WON, LegOutcome::HalfWon]),
            "partly won: 100 returns 625",
        ),
        (
            "a dead heat counts",
            treble("2.00").came(&[WON, WON, tie(1, 2)]),
            "partly won: 100 returns 430",
        ),
        (
            "a lost leg",
            treble("2.00").came(&[WON, WON, LOST]),
            "lost: 100 returns 0",
        ),
        (
            "by the price taken, not the corrected one",
            treble("2.00").came(&[WON; 3]).corrected(2, "1.20"),
            "won: 100 returns 518",
        ),
        (
            "no system",
            slip("trixie", 100, &["2.00"; 3]).ruled(boosts).came(&[WON; 3]),
            "won: 400 returns 2000",
        ),
        (
            "each-way: the win line alone",
            slip("double", 100, &["6.00", "6.00"])
                .each_way(2, 1, 5)
                .ruled(boosts)
                .came(&[WON; 2]),
            "won: 200 returns 4175",
        ),
        (
            "a free bet too",
            treble("2.00").free_bet().came(&[WON; 3]),
            "won: 100 returns 770",
        ),
    ]);
}

/// Protects free bets: winnings in money, the stake never, a void line back to the free bets.
#[test]
fn free_bet_rows() {
    let prices = ["2.00", "3.00", "4.00"];
    let single = || slip("single", 1000, &["2.50"]).free_bet();
    let trixie = || slip("trixie", 100, &prices).free_bet();
    check(vec![
        ("won", single().came(&[WON]), "won: 1000 returns 1500"),
        ("lost", single().came(&[LOST]), "lost: 1000 returns 0"),
        ("void", single().came(&[VOID]), "void: 1000 returns 0 back 1000"),
        (
            "half lost returns nothing",
            single().came(&[LegOutcome::HalfLost]),
            "lost: 1000 returns 0",
        ),
        (
            "half won",
            single().came(&[LegOutcome::HalfWon]),
            "partly won: 1000 returns 750",
        ),
        (
            "a dead heat that wins nothing",
            single().came(&[tie(1, 3)]),
            "lost: 1000 returns 0",
        ),
        ("trixie, all", trixie().came(&[WON; 3]), "won: 400 returns 4600"),
        // Double 1-2 is void, the others are singles in effect.
        (
            "trixie with two void legs",
            trixie().came(&[VOID, VOID, WON]),
            "won: 400 returns 900 back 100",
        ),
        (
            "trixie, two void and one lost",
            trixie().came(&[VOID, VOID, LOST]),
            "partly won: 400 returns 0 back 100",
        ),
        (
            "a losing line takes nothing from a winning one",
            trixie().came(&[LegOutcome::HalfLost, WON, LOST]),
            "partly won: 400 returns 50",
        ),
        (
            "each-way, placed",
            slip("single", 1000, &["10/1"])
                .each_way(3, 1, 5)
                .free_bet()
                .came(&[LOST])
                .placed(&[WON]),
            "partly won: 2000 returns 2000",
        ),
        (
            "a part bought back",
            single().bought_back(400).came(&[WON]),
            "won: 600 returns 900",
        ),
        (
            "void after a part was bought back",
            single().bought_back(400).came(&[VOID]),
            "void: 600 returns 0 back 600",
        ),
    ]);
}

/// Protects early settlement: decided lines are paid where the brand says so, and the last result adds up to one rounding
/// of the whole.
#[test]
fn early_rows() {
    let prices = ["2.00", "3.00", "4.00"];
    let trixie = || slip("trixie", 100, &prices).ruled(early);
    check(vec![
        ("nothing known", trixie(), "open: 0 returns 0"),
        (
            "one won: no line is decided",
            trixie().came(&[WON]),
            "open: 0 returns 0",
        ),
        (
            "two won: their double is paid",
            trixie().came(&[WON, WON]),
            "open: 100 returns 600",
        ),
        (
            "one lost: three lines are gone",
            trixie().came(&[LOST]),
            "open: 300 returns 0",
        ),
        (
            "two lost: nothing is left",
            trixie().came(&[LOST, LOST]),
            "lost: 400 returns 0",
        ),
        ("all three", trixie().came(&[WON, WON, WON]), "won: 400 returns 5000"),
        (
            "not early: two won wait",
            slip("trixie", 100, &prices).came(&[WON, WON]),
            "open: 0 returns 0",
        ),
        (
            "not early: a double lost with one",
            slip("double", 100, &prices[..2]).came(&[LOST]),
            "lost: 100 returns 0",
        ),
        (
            "the place line of a double waits, the win line is lost",
            slip("double", 100, &["5/1", "5/1"])
                .each_way(3, 1, 5)
                .ruled(early)
                .came(&[LOST])
                .placed(&[WON]),
            "open: 100 returns 0",
        ),
        // Early 1.5 is 2; together 5.175 is 5, where a rounding of each line would give 6.
        (
            "one rounding of the decided",
            slip("2 of 3", 1, &["1.20", "1.25", "1.50"])
                .ruled(early)
                .came(&[WON, WON]),
            "open: 1 returns 2",
        ),
        (
            "one rounding of the whole",
            slip("2 of 3", 1, &["1.20", "1.25", "1.50"])
                .ruled(early)
                .came(&[WON, WON, WON]),
            "won: 3 returns 5",
        ),
        (
            "early under the cap",
            trixie().came(&[WON, WON]).capped(500),
            "open: 100 returns 500",
        ),
        (
            "a free bet's void line",
            trixie().free_bet().came(&[VOID, VOID]),
            "open: 100 returns 0 back 100",
        ),
    ]);
}

/// Protects the house's bound, the rules of rounding, and stake that was bought back.
#[test]
fn cap_rounding_and_cash_out_rows() {
    let single = |unit, price| slip("single", unit, &[price]).came(&[WON]);
    check(vec![
        ("capped", single(1000, "10.00").capped(5000), "won: 1000 returns 5000"),
        (
            "never below the stake",
            single(1000, "10.00").capped(1),
            "won: 1000 returns 1000",
        ),
        (
            "nor below what is left of it",
            single(1000, "10.00").bought_back(400).capped(1),
            "won: 600 returns 600",
        ),
        ("half up", single(1, "2.50"), "won: 1 returns 3"),
        (
            "half to even",
            single(1, "2.50").rounded(Rounding::HalfEven),
            "won: 1 returns 2",
        ),
        ("down", single(1, "2.99").rounded(Rounding::Down), "won: 1 returns 2"),
        (
            "1/3 is exact: three times a third",
            single(300, "1/3"),
            "won: 300 returns 400",
        ),
        (
            "half bought back",
            single(1000, "2.50").bought_back(500),
            "won: 500 returns 1250",
        ),
        (
            "a third bought back of 1.00, rounded once",
            single(100, "1.01").bought_back(33),
            "won: 67 returns 68",
        ),
        (
            "all bought back",
            single(1000, "2.50").bought_back(1000),
            "cashed out: 0 returns 0",
        ),
        (
            "void after a part was bought back",
            slip("single", 1000, &["2.50"]).came(&[VOID]).bought_back(999),
            "void: 1 returns 1",
        ),
        (
            "a system of which a part was bought back, one line early",
            slip("trixie", 100, &["2.00", "3.00", "4.00"])
                .ruled(early)
                .bought_back(200)
                .came(&[WON, WON]),
            "open: 50 returns 300",
        ),
        (
            "nothing comes back: lost",
            single(1, "1.10").came(&[LegOutcome::HalfLost]).rounded(Rounding::Down),
            "lost: 1 returns 0",
        ),
    ]);
}

/// Protects what is promised at acceptance: each-way, boosts, bonuses and free bets are in it.
#[test]
fn potential_returns() {
    let boosts = |rules: &mut Rules| rules.boosts = vec![Boost { legs: 2, percent: 50 }];
    let bonuses = |all, one| {
        move |rules: &mut Rules| {
            rules.bonuses = vec![LuckyBonus {
                selections: 3,
                one_winner: one,
                all_winners: all,
            }];
        }
    };
    let patent = || slip("patent", 100, &["11.00", "1.01", "1.01"]);
    let rows = vec![
        ("single", slip("single", 1000, &["2.50"]), 2500),
        ("free bet", slip("single", 1000, &["2.50"]).free_bet(), 1500),
        ("each-way", slip("single", 1000, &["10/1"]).each_way(3, 1, 5), 14_000),
        (
            "each-way double",
            slip("double", 500, &["5/1", "10/1"]).each_way(3, 1, 5),
            36_000,
        ),
        ("boosted", slip("double", 100, &["2.00", "3.00"]).ruled(boosts), 850),
        // 12 x 2.01 x 2.01 - 1 units for 7.
        ("patent", patent(), 4748),
        ("all winners", patent().ruled(bonuses(10, 100)), 5153),
        (
            "one winner, where that is more",
            patent().ruled(bonuses(0, 1000)),
            10_100,
        ),
        ("capped", slip("single", 1000, &["2.50"]).capped(2000), 2000),
        ("goliath", slip("goliath", 1, &["2.00"; 8]), 6544),
    ];
    for (what, slip, expected) in rows {
        assert_eq!(slip.terms.potential_return(&slip.rules).0, expected, "{what}");
    }
    let each_way = slip("single", 1000, &["10/1"]).each_way(3, 1, 5);
    assert_eq!(each_way.terms.max_stake(Amount(14_013), &each_way.rules), Amount(1000));
    assert_eq!(each_way.terms.uncapped_return(&each_way.rules), Some(Amount(14_000)));
}

/// Protects the words in which a working says how a leg came to its factor.
#[test]
fn workings_read_as_people_reckon() {
    let one = |slip: Slip, line: usize| {
        let working = slip
            .terms
            .working(&slip.results, Amount(slip.cashed), &slip.rules)
            .expect("few lines");
        let leg = working.legs_of(working.lines[line].line).next();
        leg.expect("a leg").words.clone()
    };
    let single = |price| slip("single", 1000, &[price]).came(&[WON]);
    let rows = vec![
        (one(single("2.50"), 0), "2.50"),
        (one(single("2.50").rule_four(0, 25), 0), "2.50 less 25p Rule 4 = 2.125"),
        (one(single("8/3"), 0), "3.6667"),
        (
            one(slip("single", 1000, &["9.00"]).came(&[tie(1, 2)]), 0),
            "9.00, dead heat 2 for 1 = 4.50",
        ),
        (
            one(slip("single", 1000, &["1.90"]).came(&[LegOutcome::HalfWon]), 0),
            "1.90, half won, half back = 1.45",
        ),
        (
            one(slip("single", 1000, &["1.90"]).came(&[LegOutcome::HalfLost]), 0),
            "half lost = 0.50",
        ),
        (one(slip("single", 1000, &["1.90"]).came(&[VOID]), 0), "void = 1.00"),
        (one(slip("single", 1000, &["1.90"]).came(&[LOST]), 0), "lost = 0.00"),
        (one(slip("single", 1000, &["1.90"]), 0), "1.90 open"),
        (one(single("66/1").corrected(0, "13/8"), 0), "67.00 corrected to 2.625"),
        (
            one(
                slip("single", 1000, &["16/1"])
                    .each_way(3, 1, 4)
                    .came(&[LOST])
                    .placed(&[tie(1, 2)])
                    .rule_four(0, 10),
                1,
            ),
            "17.00 placed at 1/4 = 5.00 less 10p Rule 4 = 4.60, dead heat 2 for 1 = 2.30",
        ),
    ];
    for (found, expected) in rows {
        assert_eq!(found, expected);
    }
    let slip = slip("trixie", 100, &["2.00", "8/3", "4.00"])
        .came(&[WON, WON])
        .ruled(early);
    let working = slip
        .terms
        .working(&slip.results, Amount(0), &slip.rules)
        .expect("few lines");
    let name = |leg: usize| ["A", "B", "C"][leg].to_owned();
    let text = working.text(crate::scene::eur("1").currency, name);
    let expected = "\
Trixie, 4 lines x 1.00 = 4.00 EUR
   1  A 2.00 x B 3.6667 = 22/3 -> 22/3
   2  A 2.00 x C 4.00 open -> open
   3  B 3.6667 x C 4.00 open -> open
   4  A 2.00 x B 3.6667 x C 4.00 open -> open
sum of lines 22/3
returns 7.33 (rounded half up), profit 6.33: open
";
    assert_eq!(text, expected);
}

/// Protects the settlement of the longest and the widest bets from costing more than a moment: 63 legs, cash and free.
#[test]
fn the_largest_bets_are_settled() {
    let prices: Vec<String> = (0..63).map(|leg| format!("1.{:04}", 9_001 + leg * 7)).collect();
    let prices: Vec<&str> = prices.iter().map(String::as_str).collect();
    let sizes: Vec<String> = (1..=63).map(|size| size.to_string()).collect();
    let all = slip(&format!("{} of 63", sizes.join(",")), 0, &prices).came(&[WON; 63]);
    assert_eq!(all.terms.lines(), (1 << 63) - 1);
    assert_eq!(all.standing().status, BetStatus::Lost, "no stake, no return");
    let pairs = slip("2 of 63", 100, &prices).came(&[WON; 63]);
    assert_eq!(pairs.standing().stake_settled, Amount(195_300));
    let free = pairs.clone().free_bet();
    assert_eq!(free.standing().returned.0 + 195_300, pairs.standing().returned.0);
}
