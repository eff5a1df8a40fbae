//! How likely selections come in: by the prices of their market, by the source, and until when.

use num_bigint::BigInt;
use num_rational::BigRational;
use num_traits::Signed;
use proptest::prelude::*;
use shardbook_domain::event::{Change, SourceStatus};
use shardbook_domain::ids::{MarketNo, SelectionNo};
use shardbook_domain::market::{Chance, chances_by_price};
use shardbook_domain::odds::Odds;

use crate::scene::price;
use crate::trading::{
    Says, Trading, cash_out, chances, check, defined, definition, key, posted, resulted, rolled_back, status, update,
    voided,
};

/// A market as the tables write it: prices, `""` for none, `"out"` for a withdrawn selection.
fn won(prices: &[&str], winners: u16) -> Vec<Option<u32>> {
    let selection = |text: &&str| ((!matches!(*text, "" | "out")).then(|| price(text)), *text == "out");
    let selections: Vec<_> = prices.iter().map(selection).collect();
    let chances = chances_by_price(&selections, winners);
    chances
        .into_iter()
        .map(|chance| {
            chance.inspect(|chance| {
                assert_eq!(
                    *chance,
                    Chance::of_winning(chance.won),
                    "a price tells of winning alone"
                )
            });
            chance.map(|chance| chance.won)
        })
        .collect()
}

/// Protects the fair price: the margin is taken out in proportion and every millionth is given to somebody.
#[test]
fn prices_become_chances() {
    type Row<'a> = (&'a str, &'a [&'a str], u16, &'a [Option<u32>]);
    let rows: &[Row<'_>] = &[
        (
            "even money without margin",
            &["2.00", "2.00"],
            1,
            &[Some(500_000), Some(500_000)],
        ),
        (
            "even money with margin",
            &["1.90", "1.90"],
            1,
            &[Some(500_000), Some(500_000)],
        ),
        ("one to three", &["4.00", "1.3333"], 1, &[Some(249_995), Some(750_005)]),
        (
            "below the sum of one",
            &["2.20", "2.20"],
            1,
            &[Some(500_000), Some(500_000)],
        ),
        (
            "thirds: the first gets the millionth that is left",
            &["2.70", "2.70", "2.70"],
            1,
            &[Some(333_334), Some(333_333), Some(333_333)],
        ),
        (
            "the largest remainder goes up",
            &["2.00", "3.00", "6.00"],
            1,
            &[Some(500_000), Some(333_333), Some(166_667)],
        ),
        (
            "who is withdrawn is left out",
            &["2.00", "out", "4.00", "4.00"],
            1,
            &[Some(500_000), None, Some(250_000), Some(250_000)],
        ),
        ("a price is missing", &["2.00", "", "4.00"], 1, &[None, None, None]),
        ("nobody against it", &["1.50"], 1, &[None]),
        (
            "all others are withdrawn",
            &["1.50", "out", "out"],
            1,
            &[None, None, None],
        ),
        ("the number of winners is not told", &["2.00", "2.00"], 0, &[None, None]),
        (
            "as many win as are left",
            &["1.50", "1.50", "out"],
            2,
            &[None, None, None],
        ),
        (
            "double chance: two of three win",
            &["1.50", "1.50", "1.50"],
            2,
            &[Some(666_667), Some(666_667), Some(666_666)],
        ),
        (
            "a place favourite stays below certainty, the others share the rest",
            &["1.10", "4.00", "4.00"],
            2,
            &[Some(999_999), Some(500_001), Some(500_000)],
        ),
        (
            "of two winners one as good as certain",
            &["1.0001", "1.50", "20.00", "20.00"],
            2,
            &[Some(999_999), Some(869_566), Some(65_218), Some(65_217)],
        ),
        (
            "and whom the first lifts above certainty stays below it too",
            &["1.0001", "2.00", "5.00", "10.00"],
            3,
            &[Some(999_999), Some(999_999), Some(666_668), Some(333_334)],
        ),
        ("no selections", &[], 1, &[]),
    ];
    for (what, prices, winners, expected) in rows {
        assert_eq!(won(prices, *winners), *expected, "{what}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    /// Protects the sum of chances and their order: a million for each winner, never certainty, the shorter price is the
    /// likelier one.
    #[test]
    fn chances_come_to_the_winners(
        nums in prop::collection::vec(10_001u32..10_000_000, 2..40),
        winners in 1u16..5,
        withdrawn in prop::collection::vec(any::<bool>(), 40),
    ) {
        let prices: Vec<Odds> = nums.iter().map(|num| Odds::ratio(*num, 10_000).expect("a price")).collect();
        let selections: Vec<_> = prices.iter().zip(&withdrawn).map(|(price, out)| (Some(*price), *out)).collect();
        let left: Vec<usize> = (0..selections.len()).filter(|at| !selections[*at].1).collect();
        let chances = chances_by_price(&selections, winners);
        prop_assert_eq!(chances.len(), selections.len());
        if left.len() <= usize::from(winners) {
            prop_assert!(chances.iter().all(Option::is_none));
            return Ok(());
        }
        for (at, chance) in chances.iter().enumerate() {
            prop_assert_eq!(chance.is_none(), selections[at].1);
        }
        let won = |at: usize| u64::from(chances[at].expect("not withdrawn").won);
        prop_assert_eq!(left.iter().map(|at| won(*at)).sum::<u64>(), u64::from(winners) * 1_000_000);
        for one in &left {
            prop_assert!(won(*one) < 1_000_000);
            for other in left.iter().filter(|other| prices[**other] > prices[*one]) {
                prop_assert!(won(*other) <= won(*one) + 1, "one millionth is a matter of rounding");
            }
        }
        // Where nobody is held below certainty, each is within a millionth of its share.
        if left.iter().all(|at| won(*at) < 999_999) {
            let number = |number: u64| BigRational::from(BigInt::from(number));
            let stands_for = |at: usize| number(prices[at].den().into()) / number(prices[at].num().into());
            let sum: BigRational = left.iter().map(|at| stands_for(*at)).sum();
            for at in &left {
                let exact = number(u64::from(winners) * 1_000_000) * stands_for(*at) / &sum;
                let off = (number(won(*at)) - &exact).abs();
                prop_assert!(off < number(1), "{exact} and {}", won(*at));
            }
        }
    }
}

/// Protects the trading book from chances that nobody can mean.
#[test]
fn posted_chances_rows() {
    let open = Trading::open;
    let half = &[("1", Some(500_000)), ("2", None)];
    let mut above = Chance::of_winning(999_999);
    (above.half_won, above.half_lost) = (1, 1);
    let above = Change::PostChances {
        key: key("M"),
        chances: vec![("1".to_owned(), Some(above))],
    };
    check(vec![
        ("chances", open(), chances("M", half), Ok("ChancesPosted")),
        (
            "certainty",
            open(),
            chances("M", &[("1", Some(1_000_000))]),
            Ok("ChancesPosted"),
        ),
        ("again", open().after(chances("M", half)), chances("M", half), Ok("")),
        (
            "taken back",
            open().after(chances("M", half)),
            chances("M", &[("1", None)]),
            Ok("ChancesPosted"),
        ),
        ("nothing to take back", open(), chances("M", &[("1", None)]), Ok("")),
        ("none", open(), chances("M", &[]), Ok("")),
        (
            "of a suspended market",
            open().after(status("M", SourceStatus::Suspended)),
            chances("M", half),
            Ok("ChancesPosted"),
        ),
        (
            "above certainty",
            open(),
            chances("M", &[("1", Some(1_000_001))]),
            Err("CHANCE_INVALID"),
        ),
        ("above certainty in parts", open(), above, Err("CHANCE_INVALID")),
        (
            "of an unknown selection",
            open(),
            chances("M", &[("9", None)]),
            Err("SELECTION_UNKNOWN"),
        ),
        (
            "of one selection twice",
            open(),
            chances("M", &[("1", Some(1)), ("1", Some(2))]),
            Err("SELECTION_DUPLICATE"),
        ),
        (
            "of a withdrawn selection",
            open().after(posted("M", None, &[("3", "out")])),
            chances("M", &[("3", Some(1))]),
            Err("SELECTION_REMOVED"),
        ),
        (
            "of a resulted market",
            open().after(voided("M")),
            chances("M", half),
            Err("MARKET_RESULTED"),
        ),
        (
            "of an unknown market",
            open(),
            chances("N", half),
            Err("MARKET_UNKNOWN"),
        ),
        (
            "of an unknown event",
            Trading::unknown(),
            chances("M", half),
            Err("EVENT_UNKNOWN"),
        ),
    ]);
}

/// Protects what cash-out is priced by: the source's word while the market stays as it saw it, then the prices.
#[test]
fn chances_of_the_source_hold_until_the_market_changes() {
    use shardbook_domain::bet::LegOutcome;
    let (won, lost) = (LegOutcome::WON, LegOutcome::Lost);
    let told = || Trading::open().after(chances("M", &[("1", Some(700_000)), ("2", Some(200_000))]));
    let renamed = || {
        let mut definition = definition(&["1", "2", "3"]);
        definition.name = "Match winner".to_owned();
        let says = Says {
            definition: Some(definition),
            in_play: Some(true),
            ..Says::default()
        };
        update("M", says)
    };
    // 2.00, 3.00 and 4.00 stand for 6, 4 and 3 of 13.
    let (of_source, by_price) = (
        [Some(700_000), Some(200_000), Some(230_769)],
        [461_539, 307_692, 230_769].map(Some),
    );
    let rows: Vec<(&str, Trading, [Option<u32>; 3])> = vec![
        ("by the prices", Trading::open(), by_price),
        ("by the source, who says nothing of the third", told(), of_source),
        (
            "the same price again",
            told().after(posted("M", None, &[("1", "2.00")])),
            of_source,
        ),
        (
            "suspended and opened",
            told()
                .after(status("M", SourceStatus::Suspended))
                .after(status("M", SourceStatus::Open)),
            of_source,
        ),
        ("renamed and in play", told().after(renamed()), of_source),
        ("stopped by a trader", told().after(cash_out("M", false)), of_source),
        (
            "a result that was taken back",
            told()
                .after(resulted("M", &[("1", won), ("2", lost), ("3", lost)]))
                .after(rolled_back("M")),
            of_source,
        ),
        (
            "any other price of the market",
            told().after(posted("M", None, &[("3", "6.00")])),
            [Some(500_000), Some(333_333), Some(166_667)],
        ),
        (
            "a price is withdrawn",
            told().after(posted("M", None, &[("3", "")])),
            [None, None, None],
        ),
        (
            "a selection is withdrawn",
            told().after(posted("M", None, &[("2", "out")])),
            [Some(666_667), None, Some(333_333)],
        ),
        (
            "a selection comes, without a price as yet",
            told().after(defined("M", &["4"])),
            [None, None, None],
        ),
        (
            "the source says it anew",
            told()
                .after(posted("M", None, &[("3", "6.00")]))
                .after(chances("M", &[("3", Some(100_000))])),
            [Some(500_000), Some(333_333), Some(100_000)],
        ),
        (
            "the source leaves it to the prices",
            told().after(chances("M", &[("1", None), ("2", None)])),
            by_price,
        ),
    ];
    for (what, trading, expected) in rows {
        let won = |no| {
            trading
                .state
                .chance(MarketNo(1), SelectionNo(no))
                .map(|chance| chance.won)
        };
        assert_eq!([1, 2, 3].map(won), expected, "{what}");
    }
    let state = told().state;
    assert_eq!(state.chance(MarketNo(1), SelectionNo(0)), None);
    assert_eq!(state.chance(MarketNo(1), SelectionNo(4)), None);
    assert_eq!(state.chance(MarketNo(2), SelectionNo(1)), None);
}

/// Protects the trader's stop: it is told once and stays through everything that the source says.
#[test]
fn cash_out_stop_rows() {
    use shardbook_domain::market::Lookup;
    let stopped = || Trading::open().after(cash_out("M", false));
    check(vec![
        ("stopped", Trading::open(), cash_out("M", false), Ok("CashOutSwitched")),
        ("stopped again", stopped(), cash_out("M", false), Ok("")),
        ("let go on", stopped(), cash_out("M", true), Ok("CashOutSwitched")),
        ("never stopped", Trading::open(), cash_out("M", true), Ok("")),
        (
            "on a resulted market",
            Trading::open().after(voided("M")),
            cash_out("M", false),
            Err("MARKET_RESULTED"),
        ),
        (
            "on an unknown market",
            Trading::open(),
            cash_out("N", false),
            Err("MARKET_UNKNOWN"),
        ),
        (
            "of an unknown event",
            Trading::unknown(),
            cash_out("M", false),
            Err("EVENT_UNKNOWN"),
        ),
    ]);
    let offered = |trading: Trading| match trading.state.quote(MarketNo(1), SelectionNo(1)) {
        Lookup::Found(quote) => quote.cash_out,
        other => panic!("the selection is known: {other:?}"),
    };
    assert!(offered(Trading::open()));
    let through = stopped()
        .after(posted("M", Some(SourceStatus::Suspended), &[("1", "2.10")]))
        .after(status("M", SourceStatus::Open))
        .after(voided("M"))
        .after(rolled_back("M"));
    assert!(!offered(through));
    assert!(offered(stopped().after(cash_out("M", true))));
}
