//! Results of markets, voids and what takes them back.

use shardbook_domain::bet::LegOutcome;
use shardbook_domain::event::{Change, Reply, Ruling, SourceStatus, State, reply};
use shardbook_domain::market::{MarketStatus, Window};
use shardbook_domain::time::Time;

use crate::scene::tie;
use crate::trading::{
    Says, Trading, check, defined, key, posted, resulted, rolled_back, status, update, void_rolled_back, voided,
    voided_in,
};

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
        ("a result", Trading::open(), first_won(), Ok("SettlementChanged")),
        (
            "after closing",
            Trading::open().after(status("M", SourceStatus::Closed)),
            first_won(),
            Ok("SettlementChanged"),
        ),
        (
            "more winners than one, tied",
            Trading::open(),
            dead_heat,
            Ok("SettlementChanged"),
        ),
        (
            "told again later",
            Trading::open().after(first_won()),
            first_won(),
            Ok("SettlementChanged"),
        ),
        (
            "told again in another order",
            Trading::open().after(first_won()),
            resulted("M", &[("3", LOST), ("1", WON), ("2", LOST)]),
            Ok("SettlementChanged"),
        ),
        (
            "another result",
            Trading::open().after(first_won()),
            second_won(),
            Ok("SettlementChanged"),
        ),
        (
            "after a void",
            Trading::open().after(voided("M")),
            first_won(),
            Ok("SettlementChanged"),
        ),
        (
            "after a rollback",
            Trading::open().after(first_won()).after(rolled_back("M")),
            first_won(),
            Ok("SettlementChanged"),
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
            Ok("SettlementChanged"),
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
    let reasoned = |reason: &str| {
        let (window, reason) = (Window::ALWAYS, reason.to_owned());
        Change::settle(key("M"), Ruling::Void { window, reason })
    };
    let by_hand = |ruling| Change::settle_by_hand(key("M"), ruling);
    let nowhere = Window {
        from: Some(Time(2)),
        until: Some(Time(2)),
    };
    check(vec![
        (
            "a result taken back",
            Trading::open().after(first_won()),
            rolled_back("M"),
            Ok("SettlementChanged"),
        ),
        (
            "a void taken back",
            Trading::open().after(voided("M")),
            void_rolled_back("M"),
            Ok("SettlementChanged"),
        ),
        (
            "a result taken back that is still on its way",
            Trading::open(),
            rolled_back("M"),
            Ok("SettlementChanged"),
        ),
        (
            "nothing to take back by hand",
            Trading::open().after(first_won()),
            by_hand(Ruling::RollbackResult),
            Err("NOTHING_TO_ROLL_BACK"),
        ),
        (
            "no void to take back by hand",
            Trading::open().after(voided("M")),
            by_hand(Ruling::RollbackVoid { window: Window::ALWAYS }),
            Err("NOTHING_TO_ROLL_BACK"),
        ),
        (
            "nothing to confirm by hand",
            Trading::open(),
            by_hand(Ruling::ConfirmResult),
            Err("NOTHING_TO_CONFIRM"),
        ),
        (
            "confirmed already",
            Trading::open().after(first_won()),
            by_hand(Ruling::ConfirmResult),
            Err("NOTHING_TO_CONFIRM"),
        ),
        (
            "a window without time",
            Trading::open(),
            Change::settle(key("M"), voided_in(nowhere)),
            Err("WINDOW_INVALID"),
        ),
        (
            "of an unknown market",
            Trading::open(),
            rolled_back("N"),
            Err("MARKET_UNKNOWN"),
        ),
        ("a void", Trading::open(), voided("M"), Ok("SettlementChanged")),
        (
            "told again later",
            Trading::open().after(voided("M")),
            voided("M"),
            Ok("SettlementChanged"),
        ),
        (
            "after a result",
            Trading::open().after(first_won()),
            voided("M"),
            Ok("SettlementChanged"),
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
                decided().after(rolled_back("M")).after(void_rolled_back("M")),
                status("M", SourceStatus::Open),
                Ok("MarketStatusChanged"),
            ),
        ]);
    }
}

/// Protects the order of results: each has a higher version, and the market shows the last.
#[test]
fn result_versions_rise() {
    let steps: [(Change, u32, MarketStatus, Option<LegOutcome>); 7] = [
        (first_won(), 1, MarketStatus::Resulted, Some(WON)),
        (first_won(), 1, MarketStatus::Resulted, Some(WON)),
        (second_won(), 2, MarketStatus::Resulted, Some(LOST)),
        (voided("M"), 3, MarketStatus::Void, Some(LegOutcome::Void)),
        (void_rolled_back("M"), 4, MarketStatus::Resulted, Some(LOST)),
        (rolled_back("M"), 5, MarketStatus::Closed, None),
        (first_won(), 6, MarketStatus::Resulted, Some(WON)),
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
    let [event] = events.as_slice() else {
        panic!("one result")
    };
    let (_, version, settlement) = event.settlement().expect("something to settle");
    let results = settlement.results.iter();
    let outcomes: Vec<_> = results.map(|result| (result.selection.0, result.outcome)).collect();
    assert_eq!(version, 2, "the withdrawal was the first");
    assert_eq!(outcomes, vec![(1, WON), (2, LOST), (3, LegOutcome::Void)]);
    assert_eq!(reply(&trading.state, &events), Reply::Taken { changes: 1 });
    assert_eq!(reply(&State::default(), &[]), Reply::Taken { changes: 0 });
}
