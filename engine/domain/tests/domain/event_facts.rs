//! What sources say of a market's settlement, in any order: what stands of it.

use proptest::prelude::*;
use shardbook_domain::bet::{Finish, LegOutcome};
use shardbook_domain::event::{
    Change, Event, FACTS_LEFT_TO_TRADERS, MAX_FACTS, Market, Origin, PostedResult, Ruling, State,
};
use shardbook_domain::ids::SelectionNo;
use shardbook_domain::market::{MarketSettlement, MarketStatus, Window};
use shardbook_domain::odds::Odds;
use shardbook_domain::time::Time;

use crate::scene::{START, price};
use crate::trading::{Trading, abandoned, key, posted, ruled, voided_in, window};

const WON: LegOutcome = LegOutcome::WON;
const LOST: LegOutcome = LegOutcome::Lost;

/// A ruling published so many seconds after [`START`].
type Said = (u64, Origin, Ruling);

fn fed(second: u64, ruling: Ruling) -> Said {
    (second, Origin::Feed, ruling)
}

fn by_hand(second: u64, ruling: Ruling) -> Said {
    (second, Origin::Trader, ruling)
}

/// Selection 1, 2 or 3 wins.
fn winner(number: usize, confirmed: bool) -> Ruling {
    let outcome = |id: usize| if id == number { WON } else { LOST };
    ruled(&[("1", outcome(1)), ("2", outcome(2)), ("3", outcome(3))], confirmed)
}

/// Scouted: certainty 1.
fn scouted(number: usize) -> Ruling {
    winner(number, false)
}

/// Confirmed: certainty 2.
fn confirmed(number: usize) -> Ruling {
    winner(number, true)
}

fn right_price(selection: &str, text: &str) -> Ruling {
    Ruling::CorrectPrice {
        selection: selection.to_owned(),
        window: Window::ALWAYS,
        price: (!text.is_empty()).then(|| price(text)),
    }
}

fn price_was_right(selection: &str) -> Ruling {
    let (selection, window) = (selection.to_owned(), Window::ALWAYS);
    Ruling::RollbackCorrection { selection, window }
}

fn rollback_void(window: Window) -> Ruling {
    Ruling::RollbackVoid { window }
}

fn run(trading: &mut Trading, (second, origin, ruling): &Said) -> Result<Vec<Event>, &'static str> {
    let (key, origin, ruling) = (key("M"), *origin, ruling.clone());
    let change = Change::Settle { key, origin, ruling };
    let at = START.plus_ms(second * 1_000);
    trading.run_at(at, &change).map_err(|refused| refused.code())
}

/// What stands, in the words of the tables: the winner and how sure it is, voids, prices.
fn words(settlement: &MarketSettlement) -> String {
    let won = settlement.results.iter().find(|result| result.outcome == WON);
    let result = won.map(|won| {
        let sure = if settlement.confirmed { "confirmed" } else { "scouted" };
        format!("{} {sure}", won.selection)
    });
    let second = |time: Option<Time>| time.map_or_else(String::new, |time| ((time.0 - START.0) / 1_000).to_string());
    let voids = settlement.voids.iter().map(|window| match *window {
        Window::ALWAYS => "void".to_owned(),
        Window { from, until } => format!("void {}..{}", second(from), second(until)),
    });
    let prices = settlement.errors.iter().map(|error| {
        let right = error
            .price
            .map_or_else(|| "void".to_owned(), |price: Odds| price.to_string());
        format!("{} at {right}", error.selection)
    });
    let all: Vec<String> = result.into_iter().chain(voids).chain(prices).collect();
    all.join(", ")
}

/// Everything that the state says of the settlement must agree with it.
fn shown(market: &Market) -> String {
    let settlement = &market.settlement;
    assert_eq!(market.status == MarketStatus::Void, settlement.is_void());
    assert_eq!(market.void_reason.is_some(), settlement.is_void());
    assert_eq!(
        market.status == MarketStatus::Resulted,
        settlement.is_resulted() && !settlement.is_void()
    );
    for selection in &market.selections {
        let result = settlement
            .results
            .iter()
            .find(|result| result.selection == selection.no);
        let void = settlement.is_void().then_some(LegOutcome::Void);
        assert_eq!(selection.outcome, void.or(result.map(|result| result.outcome)));
    }
    words(settlement)
}

/// Given that all this was said, this stands; in the order of publishing, in the opposite order, and with each twice.
fn stands(rows: Vec<(&str, Vec<Said>, &str)>) {
    for (what, said, then) in rows {
        let back: Vec<Said> = said.iter().rev().cloned().collect();
        let twice: Vec<Said> = said.iter().chain(&said).cloned().collect();
        for order in [said, back, twice] {
            let mut trading = Trading::open();
            for said in &order {
                run(&mut trading, said).unwrap_or_else(|refused| panic!("{what}: {said:?} is refused: {refused}"));
            }
            assert_eq!(shown(trading.market("M")), then, "{what}: {order:?}");
        }
    }
}

/// Protects results against being settled too early, twice or not at all: certainty 1, then 2; taken back; again.
#[test]
fn results_of_the_feed() {
    stands(vec![
        ("scouted", vec![fed(1, scouted(1))], "1 scouted"),
        (
            "scouted, then confirmed with the same outcome",
            vec![fed(1, scouted(1)), fed(2, confirmed(1))],
            "1 confirmed",
        ),
        (
            "scouted, then confirmed with another outcome",
            vec![fed(1, scouted(1)), fed(2, confirmed(2))],
            "2 confirmed",
        ),
        (
            "scouted, then confirmed without saying the outcome again",
            vec![fed(1, scouted(1)), fed(2, Ruling::ConfirmResult)],
            "1 confirmed",
        ),
        (
            "confirmed, and a late scout",
            vec![fed(1, confirmed(1)), fed(2, scouted(2))],
            "1 confirmed",
        ),
        (
            "confirmed before there was a result",
            vec![fed(1, Ruling::ConfirmResult), fed(2, scouted(1))],
            "1 scouted",
        ),
        (
            "scouted again after the confirmed was taken back",
            vec![fed(1, confirmed(1)), fed(2, Ruling::RollbackResult), fed(3, scouted(2))],
            "2 scouted",
        ),
        (
            "settled, then resettled",
            vec![fed(1, confirmed(1)), fed(2, confirmed(3))],
            "3 confirmed",
        ),
        (
            "taken back",
            vec![fed(1, scouted(1)), fed(2, confirmed(1)), fed(3, Ruling::RollbackResult)],
            "",
        ),
        (
            "taken back twice, then resettled",
            vec![
                fed(1, confirmed(1)),
                fed(2, Ruling::RollbackResult),
                fed(3, Ruling::RollbackResult),
                fed(4, confirmed(2)),
            ],
            "2 confirmed",
        ),
        (
            "of one millisecond: what takes back comes last",
            vec![fed(1, confirmed(1)), fed(1, Ruling::RollbackResult)],
            "",
        ),
        (
            "of one millisecond: the confirmed counts",
            vec![fed(1, scouted(1)), fed(1, confirmed(2))],
            "2 confirmed",
        ),
    ]);
}

/// Protects cancels: of a window, of all, before and after the settlement, and exactly what is taken back.
#[test]
fn cancels_of_the_feed() {
    let minute = || window(Some(10), Some(70));
    stands(vec![
        ("cancelled", vec![fed(1, abandoned())], "void"),
        (
            "cancelled in a time window, then settled",
            vec![fed(1, voided_in(minute())), fed(2, confirmed(1))],
            "1 confirmed, void 10..70",
        ),
        (
            "settled, then cancelled in a time window",
            vec![fed(1, confirmed(1)), fed(2, voided_in(minute()))],
            "1 confirmed, void 10..70",
        ),
        (
            "settled, then cancelled",
            vec![fed(1, confirmed(1)), fed(2, abandoned())],
            "1 confirmed, void",
        ),
        (
            "settled, cancelled, and the cancel taken back",
            vec![
                fed(1, confirmed(1)),
                fed(2, abandoned()),
                fed(3, rollback_void(Window::ALWAYS)),
            ],
            "1 confirmed",
        ),
        (
            "a cancel outlives the rollback of the result",
            vec![
                fed(1, confirmed(1)),
                fed(2, abandoned()),
                fed(3, Ruling::RollbackResult),
            ],
            "void",
        ),
        (
            "another window than the cancelled is taken back",
            vec![
                fed(1, voided_in(minute())),
                fed(2, rollback_void(window(Some(10), None))),
            ],
            "void 10..70",
        ),
        (
            "windows side by side, one taken back",
            vec![
                fed(1, voided_in(minute())),
                fed(2, voided_in(window(None, Some(5)))),
                fed(3, voided_in(window(Some(100), None))),
                fed(4, rollback_void(minute())),
            ],
            "void ..5, void 100..",
        ),
        (
            "cancelled twice and taken back once",
            vec![
                fed(1, abandoned()),
                fed(2, abandoned()),
                fed(3, rollback_void(Window::ALWAYS)),
            ],
            "",
        ),
        (
            "cancelled again after it was taken back",
            vec![
                fed(1, abandoned()),
                fed(2, rollback_void(Window::ALWAYS)),
                fed(3, abandoned()),
            ],
            "void",
        ),
    ]);
}

/// Protects bets at prices that nobody could take for meant.
#[test]
fn palpable_errors() {
    stands(vec![
        ("corrected", vec![by_hand(1, right_price("1", "1.20"))], "1 at 1.20"),
        ("void", vec![by_hand(1, right_price("1", ""))], "1 at void"),
        (
            "corrected, then put right",
            vec![
                by_hand(1, right_price("1", "1.20")),
                by_hand(2, right_price("1", "1.30")),
            ],
            "1 at 1.30",
        ),
        (
            "of two selections, after the result",
            vec![
                fed(1, confirmed(3)),
                fed(2, right_price("2", "1.10")),
                fed(3, right_price("1", "1.20")),
            ],
            "3 confirmed, 1 at 1.20, 2 at 1.10",
        ),
        (
            "taken back by the feed that said it",
            vec![fed(1, right_price("1", "1.20")), fed(2, price_was_right("1"))],
            "",
        ),
        (
            "the trader's price stands above the feed's",
            vec![by_hand(1, right_price("1", "1.20")), fed(2, right_price("1", "1.50"))],
            "1 at 1.20",
        ),
    ]);
}

/// Protects what traders decide against the feed, and the feed's own word once they let go.
#[test]
fn traders_stand_above_the_feed() {
    stands(vec![
        (
            "over an earlier result",
            vec![fed(1, confirmed(1)), by_hand(2, confirmed(2))],
            "2 confirmed",
        ),
        (
            "over a later result",
            vec![by_hand(1, confirmed(2)), fed(2, confirmed(1))],
            "2 confirmed",
        ),
        (
            "over the feed's rollback",
            vec![
                fed(1, confirmed(1)),
                by_hand(2, confirmed(2)),
                fed(3, Ruling::RollbackResult),
            ],
            "2 confirmed",
        ),
        (
            "unconfirmed over a confirmed one of the feed",
            vec![fed(1, confirmed(1)), by_hand(2, scouted(2))],
            "2 scouted",
        ),
    ]);
    let in_order: Vec<(&str, Vec<Said>, Result<&str, &str>)> = vec![
        (
            "and back to the feed's",
            vec![
                fed(1, confirmed(1)),
                by_hand(2, confirmed(2)),
                by_hand(3, Ruling::RollbackResult),
            ],
            Ok("1 confirmed"),
        ),
        (
            "and back to what the feed said meanwhile",
            vec![
                fed(1, confirmed(1)),
                by_hand(2, confirmed(2)),
                fed(3, confirmed(3)),
                by_hand(4, Ruling::RollbackResult),
            ],
            Ok("3 confirmed"),
        ),
        (
            "confirms the feed's",
            vec![fed(1, scouted(1)), by_hand(2, Ruling::ConfirmResult)],
            Ok("1 confirmed"),
        ),
        (
            "confirms the own",
            vec![
                fed(1, scouted(1)),
                by_hand(2, scouted(2)),
                by_hand(3, Ruling::ConfirmResult),
            ],
            Ok("2 confirmed"),
        ),
        (
            "what was taken back before it was published stands",
            vec![by_hand(5, confirmed(2)), by_hand(4, Ruling::RollbackResult)],
            Err("NOTHING_TO_ROLL_BACK"),
        ),
        (
            "takes back the own cancel and not the feed's",
            vec![
                fed(1, abandoned()),
                by_hand(2, abandoned()),
                by_hand(3, rollback_void(Window::ALWAYS)),
            ],
            Ok("void"),
        ),
        (
            "takes back the own price",
            vec![
                fed(1, right_price("1", "1.50")),
                by_hand(2, right_price("1", "1.20")),
                by_hand(3, price_was_right("1")),
            ],
            Ok("1 at 1.50"),
        ),
        (
            "a price that no trader corrected",
            vec![fed(1, right_price("1", "1.50")), by_hand(2, price_was_right("1"))],
            Err("NOTHING_TO_ROLL_BACK"),
        ),
        (
            "a price of no selection",
            vec![by_hand(1, right_price("9", "1.50"))],
            Err("SELECTION_UNKNOWN"),
        ),
    ];
    for (what, said, then) in in_order {
        let mut trading = Trading::open();
        let refused = said.iter().try_for_each(|said| run(&mut trading, said).map(drop));
        let found = refused.map(|()| shown(trading.market("M")));
        assert_eq!(found, then.map(str::to_owned), "{what}");
    }
}

/// Protects trading from what is settled and the other way: what ends it, what does not, and what lets it go on.
#[test]
fn status_follows_what_stands() {
    use MarketStatus::{Closed, Open, Resulted, Void};
    let rows = vec![
        ("a scout's result", vec![fed(1, scouted(1))], Resulted),
        (
            "cancelled in a window",
            vec![fed(1, voided_in(window(None, Some(1))))],
            Open,
        ),
        ("a palpable error", vec![fed(1, right_price("1", "1.20"))], Open),
        ("cancelled", vec![fed(1, abandoned())], Void),
        (
            "taken back",
            vec![fed(1, scouted(1)), fed(2, Ruling::RollbackResult)],
            Closed,
        ),
        (
            "taken back, told the other way round",
            vec![fed(2, Ruling::RollbackResult), fed(1, scouted(1))],
            Closed,
        ),
        (
            "only the rollback is here yet",
            vec![fed(2, Ruling::RollbackResult)],
            Open,
        ),
    ];
    for (what, said, then) in rows {
        let mut trading = Trading::open();
        for said in &said {
            run(&mut trading, said).expect("taken");
        }
        assert_eq!(trading.market("M").status, then, "{what}");
    }
}

/// Protects late messages: settlement may be older than the last odds, and a trader's clock holds no feed up.
#[test]
fn settlement_may_come_late_and_traders_have_another_clock() {
    let mut trading = Trading::open();
    let last = trading.state.source_time();
    let late = Change::settle(key("M"), voided_in(window(None, Some(1))));
    assert_eq!(trading.run_at(Time(1), &late).map(|events| events.len()), Ok(1));
    assert_eq!(trading.state.source_time(), last, "a late message moves no time");
    let ahead = Change::settle_by_hand(key("M"), right_price("1", "1.20"));
    trading.run_at(last.plus_ms(60_000), &ahead).expect("taken");
    let line = posted("M", None, &[("1", "2.10")]);
    assert_eq!(trading.run_at(last.plus_ms(1), &line).map(|events| events.len()), Ok(1));
    let feed = Change::settle(key("M"), right_price("1", "1.20"));
    trading.run_at(last.plus_ms(90_000), &feed).expect("taken");
    let refused = trading
        .run_at(last.plus_ms(2), &line)
        .expect_err("the feed's own time does not go back");
    assert_eq!(refused.code(), "SOURCE_TIME_WENT_BACK");
}

/// Protects the journal and the bets: the same message is nothing, the same content later is a fact without a version.
#[test]
fn only_what_changes_has_a_version() {
    let mut trading = Trading::open();
    let first = run(&mut trading, &fed(1, confirmed(1))).expect("taken");
    assert_eq!(first[0].settlement().map(|(_, version, _)| version), Some(1));
    assert_eq!(run(&mut trading, &fed(1, confirmed(1))), Ok(Vec::new()));
    let again = run(&mut trading, &fed(2, confirmed(1))).expect("taken");
    assert!(matches!(
        again[..],
        [Event::SettlementChanged {
            result_version: 1,
            fact: Some(_),
            ..
        }]
    ));
    assert_eq!(again[0].settlement(), None);
    assert_eq!(trading.market("M").facts.iter().len(), 2);
    let changed = run(&mut trading, &fed(3, confirmed(2))).expect("taken");
    assert_eq!(changed[0].settlement().map(|(_, version, _)| version), Some(2));
}

/// Protects place parts: positions are counted from 1.
#[test]
fn positions_of_runners() {
    let finished = |position, tied| {
        let mut first = PostedResult::of("1", WON);
        first.finish = Some(Finish { position, tied });
        let results = vec![first, PostedResult::of("2", LOST), PostedResult::of("3", LOST)];
        let confirmed = true;
        Ruling::Result { results, confirmed }
    };
    let mut trading = Trading::open();
    assert_eq!(run(&mut trading, &fed(1, finished(0, 1))), Err("FINISH_INVALID"));
    assert_eq!(run(&mut trading, &fed(1, finished(1, 0))), Err("FINISH_INVALID"));
    run(&mut trading, &fed(1, finished(1, 2))).expect("taken");
    let told = trading.market("M").settlement.results[0].finish;
    assert_eq!(told, Some(Finish { position: 1, tied: 2 }));
}

/// Protects the memory of an event, and the trader's last word over a feed that never stops correcting itself.
#[test]
fn so_many_facts_are_kept() {
    let mut trading = Trading::open();
    let feed = (MAX_FACTS - FACTS_LEFT_TO_TRADERS) as u64;
    for second in 0..feed {
        run(&mut trading, &fed(second, scouted(1))).expect("taken");
    }
    assert_eq!(run(&mut trading, &fed(feed, confirmed(2))), Err("TOO_MANY_FACTS"));
    assert_eq!(
        run(&mut trading, &fed(0, scouted(1))),
        Ok(Vec::new()),
        "what is known is no news"
    );
    for second in 0..FACTS_LEFT_TO_TRADERS as u64 {
        run(&mut trading, &by_hand(second, confirmed(2))).expect("taken");
    }
    assert_eq!(run(&mut trading, &by_hand(999, confirmed(3))), Err("TOO_MANY_FACTS"));
    assert_eq!(shown(trading.market("M")), "2 confirmed");
}

/// Protects journals of the first version: what it had of results is what they still say, and new facts go on from there.
#[test]
fn old_journals_stand_as_they_did() {
    let open = Trading::open();
    let (market, at) = (open.market("M").no, START);
    let outcomes = |winner: u32| {
        let outcome = |no: u32| (SelectionNo(no), if no == winner { WON } else { LOST });
        (1..=3).map(outcome).collect::<Vec<_>>()
    };
    let resulted = |version: u32, winner| Event::MarketResulted {
        source_time: at,
        market,
        version: u64::from(version) + 2,
        result_version: version,
        outcomes: outcomes(winner),
    };
    let voided = |version: u32| Event::MarketVoided {
        source_time: at,
        market,
        version: u64::from(version) + 2,
        result_version: version,
        reason: "ABANDONED".into(),
    };
    let rolled_back = |version: u32| Event::ResultRolledBack {
        source_time: at,
        market,
        version: u64::from(version) + 2,
        result_version: version,
    };
    let rows: Vec<(&str, Vec<Event>, MarketStatus, Option<LegOutcome>)> = vec![
        ("a result", vec![resulted(1, 1)], MarketStatus::Resulted, Some(WON)),
        (
            "another",
            vec![resulted(1, 1), resulted(2, 2)],
            MarketStatus::Resulted,
            Some(LOST),
        ),
        (
            "taken back",
            vec![resulted(1, 1), rolled_back(2)],
            MarketStatus::Closed,
            None,
        ),
        (
            "taken back, again",
            vec![resulted(1, 1), rolled_back(2), resulted(3, 1)],
            MarketStatus::Resulted,
            Some(WON),
        ),
        (
            "void",
            vec![resulted(1, 1), voided(2)],
            MarketStatus::Void,
            Some(LegOutcome::Void),
        ),
        (
            "void taken back",
            vec![voided(1), rolled_back(2)],
            MarketStatus::Closed,
            None,
        ),
        (
            "void, then a result",
            vec![voided(1), resulted(2, 1)],
            MarketStatus::Resulted,
            Some(WON),
        ),
    ];
    for (what, events, status, outcome) in rows {
        let mut trading = Trading::open();
        let last = events.len() as u32;
        let told = events.last().and_then(Event::settlement).expect("something to settle");
        events.iter().for_each(|event| trading.state.apply(event));
        let market = trading.market("M");
        assert_eq!(
            (market.status, market.selections[0].outcome, market.result_version),
            (status, outcome, last),
            "{what}"
        );
        assert_eq!(market.settlement, told.2, "{what}");
        for said in [fed(60, rollback_void(Window::ALWAYS)), fed(61, confirmed(3))] {
            run(&mut trading, &said).expect("taken");
        }
        assert_eq!(
            shown(trading.market("M")),
            "3 confirmed",
            "{what}: it goes on from there"
        );
        assert!(trading.market("M").result_version > last, "{what}");
    }
}

/// A ruling of every kind, of few windows and seconds so that they meet.
fn any_said() -> impl Strategy<Value = Said> {
    let windows = prop_oneof![
        3 => Just(Window::ALWAYS),
        2 => Just(window(Some(10), Some(70))),
        1 => Just(window(None, Some(30)))
    ];
    let selection = prop_oneof![Just("1".to_owned()), Just("2".to_owned())];
    let right = prop_oneof![Just(None), Just(Some(price("1.20"))), Just(Some(price("1.50")))];
    let ruling = prop_oneof![
        4 => (1usize..4, any::<bool>()).prop_map(|(number, sure)| winner(number, sure)),
        2 => Just(Ruling::ConfirmResult),
        2 => Just(Ruling::RollbackResult),
        2 => windows.clone().prop_map(voided_in),
        2 => windows.clone().prop_map(rollback_void),
        2 => (selection.clone(), windows.clone(), right)
            .prop_map(|(selection, window, price)| Ruling::CorrectPrice { selection, window, price }),
        2 => (selection, windows).prop_map(|(selection, window)| Ruling::RollbackCorrection { selection, window }),
    ];
    let origin = prop_oneof![3 => Just(Origin::Feed), 1 => Just(Origin::Trader)];
    (0u64..12, origin, ruling)
}

/// What a trader takes back must be there; such a ruling has a place in the order of time only.
fn takes_back(said: &Said) -> bool {
    let kept = matches!(
        said.2,
        Ruling::Result { .. } | Ruling::Void { .. } | Ruling::CorrectPrice { .. }
    );
    said.1 == Origin::Trader && !kept
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    /// Protects the settlement from the order and repetition of messages: any permutation of the same facts, with any of
    /// them repeated, ends in the same settlement. What stands is told: the last version is what stands.
    #[test]
    fn any_order_ends_in_the_same_settlement(
        said in prop::collection::vec(any_said(), 1..24),
        order in prop::collection::vec(any::<prop::sample::Index>(), 0..60),
    ) {
        let said: Vec<Said> = said.into_iter().filter(|said| !takes_back(said)).collect();
        let mut straight = Trading::open();
        let mut in_time = said.clone();
        in_time.sort_by_key(|said| said.0);
        for said in &in_time {
            run(&mut straight, said).expect("taken");
        }
        let mut shuffled = Trading::open();
        let some = order.iter().filter(|_| !said.is_empty()).map(|at| at.get(&said));
        for said in some.chain(said.iter().rev()) {
            run(&mut shuffled, said).expect("taken");
        }
        let (left, right) = (straight.market("M"), shuffled.market("M"));
        prop_assert_eq!(&left.settlement, &right.settlement);
        prop_assert_eq!(&left.facts, &right.facts);
        prop_assert_eq!(shown(left), shown(right));
        for trading in [&straight, &shuffled] {
            let mut told = trading.history.iter().filter_map(Event::settlement);
            let versions: Vec<u32> = told.clone().map(|told| told.1).collect();
            prop_assert_eq!(&versions, &(1..=versions.len() as u32).collect::<Vec<_>>(), "versions rise by one");
            let last = told.next_back().map_or_else(MarketSettlement::default, |told| told.2);
            prop_assert_eq!(&last, &trading.market("M").settlement, "what was told last is what stands");
            let replayed = trading.history.iter().fold(State::default(), |mut state, event| {
                state.apply(event);
                state
            });
            prop_assert_eq!(&replayed, &trading.state, "the state is the sum of its events");
        }
    }
}
