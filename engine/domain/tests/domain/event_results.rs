//! Results of markets, voids and what takes them back.

use shardbook_domain::bet::LegOutcome;
use shardbook_domain::event::{Change, Event, Reply, SourceStatus, State, reply};
use shardbook_domain::market::MarketStatus;

use crate::scene::tie;
use crate::trading::{Says, Trading, check, defined, key, posted, resulted, rolled_back, status, update, voided};

const WON: LegOutcome = LegOutcome::WON;
const LOST: LegOutcome = LegOutcome::Lost;

fn first_won() -> Change {
    resulted("M", &[("1", WON), ("2", LOST), ("3", LOST)])
}

fn second_won() -> Change {
    resulted("M", &[("1", LOST), ("2", WON), ("3", LOST)])
}

/// Protects results: whole, versioned, and told once.
#[test]
fn result_rows() {
    let without_three = || Trading::open().after(posted("M", None, &[("3", "out")]));
    let dead_heat = resulted("M", &[("1", tie(1, 2)), ("2", tie(1, 2)), ("3", LOST)]);
    check(vec![
        ("a result", Trading::open(), first_won(), Ok("MarketResulted")),
        (
            "after closing",
            Trading::open().after(status("M", SourceStatus::Closed)),
            first_won(),
            Ok("MarketResulted"),
        ),
        (
            "more winners than one, tied",
            Trading::open(),
            dead_heat,
            Ok("MarketResulted"),
        ),
        ("told again", Trading::open().after(first_won()), first_won(), Ok("")),
        (
            "told again in another order",
            Trading::open().after(first_won()),
            resulted("M", &[("3", LOST), ("1", WON), ("2", LOST)]),
            Ok(""),
        ),
        (
            "another result",
            Trading::open().after(first_won()),
            second_won(),
            Ok("MarketResulted"),
        ),
        (
            "after a void",
            Trading::open().after(voided("M")),
            first_won(),
            Ok("MarketResulted"),
        ),
        (
            "after a rollback",
            Trading::open().after(first_won()).after(rolled_back("M")),
            first_won(),
            Ok("MarketResulted"),
        ),
        (
            "a selection left out",
            Trading::open(),
            resulted("M", &[("1", WON), ("2", LOST)]),
            Err("RESULT_INCOMPLETE"),
        ),
        (
            "a non-runner left out",
            without_three(),
            resulted("M", &[("1", WON), ("2", LOST)]),
            Ok("MarketResulted"),
        ),
        (
            "a non-runner that won",
            without_three(),
            resulted("M", &[("1", LOST), ("2", LOST), ("3", WON)]),
            Err("REMOVED_NOT_VOID"),
        ),
        (
            "an unknown selection",
            Trading::open(),
            resulted("M", &[("9", WON)]),
            Err("SELECTION_UNKNOWN"),
        ),
        (
            "a selection twice",
            Trading::open(),
            resulted("M", &[("1", WON), ("1", WON)]),
            Err("SELECTION_DUPLICATE"),
        ),
        (
            "of an unknown market",
            Trading::open(),
            resulted("N", &[("1", WON)]),
            Err("MARKET_UNKNOWN"),
        ),
        (
            "of an unknown event",
            Trading::unknown(),
            first_won(),
            Err("EVENT_UNKNOWN"),
        ),
    ]);
}

/// Protects rollback and void.
#[test]
fn rollback_and_void_rows() {
    let reasoned = |reason: &str| Change::VoidMarket {
        key: key("M"),
        reason: reason.to_owned(),
    };
    check(vec![
        (
            "a result taken back",
            Trading::open().after(first_won()),
            rolled_back("M"),
            Ok("ResultRolledBack"),
        ),
        (
            "a void taken back",
            Trading::open().after(voided("M")),
            rolled_back("M"),
            Ok("ResultRolledBack"),
        ),
        (
            "nothing to take back",
            Trading::open(),
            rolled_back("M"),
            Err("NOTHING_TO_ROLL_BACK"),
        ),
        (
            "taken back twice",
            Trading::open().after(first_won()).after(rolled_back("M")),
            rolled_back("M"),
            Err("NOTHING_TO_ROLL_BACK"),
        ),
        (
            "of an unknown market",
            Trading::open(),
            rolled_back("N"),
            Err("MARKET_UNKNOWN"),
        ),
        ("a void", Trading::open(), voided("M"), Ok("MarketVoided")),
        ("told again", Trading::open().after(voided("M")), voided("M"), Ok("")),
        (
            "after a result",
            Trading::open().after(first_won()),
            voided("M"),
            Ok("MarketVoided"),
        ),
        ("without a reason", Trading::open(), reasoned(""), Err("TEXT_INVALID")),
        (
            "with too long a reason",
            Trading::open(),
            reasoned(&"x".repeat(201)),
            Err("TEXT_INVALID"),
        ),
        (
            "of an unknown market",
            Trading::open(),
            voided("N"),
            Err("MARKET_UNKNOWN"),
        ),
    ]);
}

/// Protects against bets on what is known already: a decided market changes only by result, void or rollback.
#[test]
fn nothing_else_changes_a_decided_market() {
    for decided in [first_won(), voided("M")] {
        let decided = || Trading::open().after(decided.clone());
        let in_play = update(
            "M",
            Says {
                in_play: Some(true),
                ..Says::default()
            },
        );
        check(vec![
            (
                "opened",
                decided(),
                status("M", SourceStatus::Open),
                Err("MARKET_RESULTED"),
            ),
            (
                "suspended",
                decided(),
                status("M", SourceStatus::Suspended),
                Err("MARKET_RESULTED"),
            ),
            ("closed, as it is", decided(), status("M", SourceStatus::Closed), Ok("")),
            (
                "a line",
                decided(),
                posted("M", None, &[("1", "2.10")]),
                Err("MARKET_RESULTED"),
            ),
            (
                "the same line",
                decided(),
                posted("M", None, &[("1", "2.00")]),
                Err("MARKET_RESULTED"),
            ),
            ("a selection", decided(), defined("M", &["4"]), Err("MARKET_RESULTED")),
            ("in play", decided(), in_play, Err("MARKET_RESULTED")),
            (
                "open after a rollback",
                decided().after(rolled_back("M")),
                status("M", SourceStatus::Open),
                Ok("MarketStatusChanged"),
            ),
        ]);
    }
}

/// Protects the order of results: each has a higher version, and the market shows the last.
#[test]
fn result_versions_rise() {
    let steps: [(Change, u32, MarketStatus, Option<LegOutcome>); 5] = [
        (first_won(), 1, MarketStatus::Resulted, Some(WON)),
        (second_won(), 2, MarketStatus::Resulted, Some(LOST)),
        (voided("M"), 3, MarketStatus::Void, Some(LegOutcome::Void)),
        (rolled_back("M"), 4, MarketStatus::Closed, None),
        (first_won(), 5, MarketStatus::Resulted, Some(WON)),
    ];
    let mut trading = Trading::open();
    for (change, version, status, outcome) in steps {
        trading = trading.after(change);
        let market = trading.market("M");
        assert_eq!(
            (market.result_version, market.status, market.selections[0].outcome),
            (version, status, outcome)
        );
        assert_eq!(market.void_reason.is_some(), status == MarketStatus::Void);
    }
}

/// Protects what a non-runner's bets get.
#[test]
fn a_non_runner_that_is_left_out_is_void() {
    let mut trading = Trading::open().after(posted("M", None, &[("3", "out")]));
    let events = trading.run(&resulted("M", &[("2", LOST), ("1", WON)])).expect("taken");
    let [Event::MarketResulted { outcomes, .. }] = events.as_slice() else {
        panic!("one result")
    };
    let outcomes: Vec<_> = outcomes.iter().map(|(no, outcome)| (no.0, *outcome)).collect();
    assert_eq!(outcomes, vec![(1, WON), (2, LOST), (3, LegOutcome::Void)]);
    assert_eq!(reply(&trading.state, &events), Reply::Taken { changes: 1 });
    assert_eq!(reply(&State::default(), &[]), Reply::Taken { changes: 0 });
}
