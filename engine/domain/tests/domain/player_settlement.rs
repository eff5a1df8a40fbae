//! What a market's standing settlement makes of a bet: windows, prices, confirmation, the rules of the bet, and why.

use shardbook_domain::bet::{LegOutcome, LegResult};
use shardbook_domain::market::{MarketSettlement, PriceError, Why, Window, Withdrawal};
use shardbook_domain::player::{Command, Event};
use shardbook_domain::rules::Shortfall;

use crate::scene::{
    START, Scene, bet, check, deposit, on, price, result, resulted, rollback, settlement, void, withdraw,
};

const WON: LegOutcome = LegOutcome::WON;
const LOST: LegOutcome = LegOutcome::Lost;
const SETTLED: &str = "LegDecided BetSettled";
const CORRECTED: &str = "LegDecided BetUnsettled BetSettled";

/// 10.00 at 2.50 out of 100.00, placed at [`START`].
fn single() -> Scene {
    Scene::player_with("100.00").after(bet("10.00", &[(on(1, 1), "2.50")]))
}

fn won() -> MarketSettlement {
    let no = shardbook_domain::ids::SelectionNo;
    resulted(&[(no(1), WON), (no(2), LOST), (no(3), LOST)])
}

/// Bets of one hour, beginning so many milliseconds after [`START`], are void.
fn cancelled_from(ms: u64) -> MarketSettlement {
    let from = Some(START.plus_ms(ms));
    let until = Some(START.plus_ms(ms + 3_600_000));
    MarketSettlement {
        voids: vec![Window { from, until }],
        ..won()
    }
}

fn priced(text: &str) -> MarketSettlement {
    MarketSettlement {
        errors: vec![PriceError {
            selection: on(1, 1).selection,
            window: Window::ALWAYS,
            price: (!text.is_empty()).then(|| price(text)),
        }],
        ..won()
    }
}

fn withdrawn(selection: u32) -> MarketSettlement {
    MarketSettlement {
        withdrawals: vec![Withdrawal {
            selection: on(1, selection).selection,
            version: 8,
            price: Some(price("3.00")),
            rule_four: false,
        }],
        ..MarketSettlement::default()
    }
}

fn scouted() -> MarketSettlement {
    MarketSettlement {
        confirmed: false,
        ..won()
    }
}

fn told(version: u32, said: MarketSettlement) -> Command {
    settlement(1, 1, version, said)
}

/// Protects bets from cancels that are not for them: the window counts from its beginning, its end not counted.
#[test]
fn windows_of_cancels() {
    let later = || {
        Scene::player_with("100.00")
            .hours_later(1)
            .after(bet("10.00", &[(on(1, 1), "2.50")]))
    };
    let before_it_ends = MarketSettlement {
        voids: vec![Window {
            from: None,
            until: Some(START.plus_ms(1)),
        }],
        ..won()
    };
    check(vec![
        (
            "at its beginning",
            single(),
            told(1, cancelled_from(0)),
            Ok((SETTLED, "10000 0 0")),
        ),
        (
            "before it",
            single(),
            told(1, cancelled_from(1)),
            Ok((SETTLED, "11500 0 0")),
        ),
        (
            "at its end",
            later(),
            told(1, cancelled_from(0)),
            Ok((SETTLED, "11500 0 0")),
        ),
        (
            "just before its end",
            single(),
            told(1, before_it_ends),
            Ok((SETTLED, "10000 0 0")),
        ),
        (
            "after the settlement",
            single().after(told(1, won())),
            told(2, cancelled_from(0)),
            Ok((CORRECTED, "10000 0 0")),
        ),
        (
            "taken back after the settlement",
            single().after(told(1, cancelled_from(0))),
            told(2, won()),
            Ok((CORRECTED, "11500 0 0")),
        ),
        (
            "before there is a result",
            single(),
            told(
                1,
                MarketSettlement {
                    results: Vec::new(),
                    ..cancelled_from(0)
                },
            ),
            Ok((SETTLED, "10000 0 0")),
        ),
    ]);
}

/// Protects bets on a withdrawn selection: void at once; and the others, which wait.
#[test]
fn withdrawals() {
    check(vec![
        (
            "the own selection",
            single(),
            told(1, withdrawn(1)),
            Ok((SETTLED, "10000 0 0")),
        ),
        ("another", single(), told(1, withdrawn(2)), Ok(("", "9000 1000 0"))),
    ]);
}

/// Protects against bets at prices that nobody could take for meant.
#[test]
fn palpable_errors() {
    let leg = |scene: &Scene| {
        scene
            .state
            .bet(shardbook_domain::ids::BetNo(1))
            .and_then(|bet| bet.result(0))
    };
    check(vec![
        ("void", single(), told(1, priced("")), Ok((SETTLED, "10000 0 0"))),
        (
            "found after the settlement",
            single().after(told(1, won())),
            told(2, priced("")),
            Ok((CORRECTED, "10000 0 0")),
        ),
        (
            "no error after all",
            single().after(told(1, priced(""))),
            told(2, won()),
            Ok((CORRECTED, "11500 0 0")),
        ),
        (
            "a bet at a shorter price keeps its own",
            single(),
            told(1, priced("3.00")),
            Ok((SETTLED, "11500 0 0")),
        ),
    ]);
    let corrected = single().after(told(1, priced("1.20")));
    assert_eq!(leg(&corrected).and_then(|leg| leg.corrected), Some(price("1.20")));
    let kept = single().after(told(1, priced("2.50")));
    assert_eq!(leg(&kept), Some(LegResult::plain(1, Some(WON))));
}

/// Protects brands that wait for confirmation, and those that do not.
#[test]
fn unconfirmed_results() {
    let waits = || single().ruled(|rules| rules.settle_unconfirmed = false);
    check(vec![
        (
            "settled at once",
            single(),
            told(1, scouted()),
            Ok((SETTLED, "11500 0 0")),
        ),
        (
            "settled, then confirmed",
            single().after(told(1, scouted())),
            told(2, won()),
            Ok(("LegDecided", "11500 0 0")),
        ),
        ("waits", waits(), told(1, scouted()), Ok(("LegDecided", "9000 1000 0"))),
        (
            "waits, then confirmed",
            waits().after(told(1, scouted())),
            told(2, won()),
            Ok((SETTLED, "11500 0 0")),
        ),
        (
            "waits for nothing where it is void",
            waits(),
            told(
                1,
                MarketSettlement {
                    confirmed: false,
                    ..cancelled_from(0)
                },
            ),
            Ok((SETTLED, "10000 0 0")),
        ),
    ]);
}

/// Protects bets from rules that came after them.
#[test]
fn a_bet_is_settled_by_its_own_rules() {
    let changed = || single().new_rules(|rules| rules.settle_unconfirmed = false);
    let forgotten = || {
        let mut scene = changed();
        scene.past_rules.clear();
        scene
    };
    check(vec![
        (
            "taken before",
            changed(),
            told(1, scouted()),
            Ok((SETTLED, "11500 0 0")),
        ),
        (
            "rules that are not known",
            forgotten(),
            told(1, won()),
            Err("RULES_UNKNOWN"),
        ),
    ]);
    let after = changed().after(bet("10.00", &[(on(1, 1), "2.50")]));
    check(vec![(
        "taken after",
        after,
        settlement(2, 1, 1, scouted()),
        Ok(("LegDecided", "8000 2000 0")),
    )]);
}

/// Protects players and house where a corrected payout is gone: owed and paid by the next credits, or written off.
#[test]
fn shortfalls() {
    let spent = |shortfall| {
        let scene = Scene::player_with("100.00").ruled(|rules| rules.shortfall = shortfall);
        let placed = scene.after(bet("10.00", &[(on(1, 1), "2.50")]));
        placed.after(result(1, 1, 1, WON)).after(withdraw("110.00"))
    };
    let owing = || spent(Shortfall::Owe).after(result(1, 1, 2, LOST));
    let borne = || spent(Shortfall::WriteOff).after(result(1, 1, 2, LOST));
    check(vec![
        (
            "owed",
            spent(Shortfall::Owe),
            result(1, 1, 2, LOST),
            Ok((CORRECTED, "0 0 2000")),
        ),
        (
            "paid by a deposit",
            owing(),
            deposit("30.00"),
            Ok(("Deposited", "1000 0 0")),
        ),
        ("paid by a void", owing(), void(1, 1, 3), Ok((CORRECTED, "0 0 1000"))),
        (
            "written off",
            spent(Shortfall::WriteOff),
            result(1, 1, 2, LOST),
            Ok((CORRECTED, "0 0 0")),
        ),
        (
            "what is written off is the player's",
            borne(),
            deposit("30.00"),
            Ok(("Deposited", "3000 0 0")),
        ),
    ]);
    let written_off = borne()
        .state
        .ledger()
        .balance(shardbook_domain::ledger::Account::WrittenOff);
    assert_eq!(written_off.0, 2_000);
}

/// Protects against settling twice: a settled bet that is cancelled, resettled and told of each again ends in the same.
#[test]
fn cancelled_and_resettled_is_idempotent() {
    let mut scene = single();
    let said = [won(), cancelled_from(0), won(), MarketSettlement::default(), won()];
    let mut moneys = Vec::new();
    for (version, said) in (1..).zip(said) {
        for repeat in 0..3 {
            let events = scene.run(&told(version, said.clone())).expect("taken");
            assert_eq!(events.is_empty(), repeat > 0, "each version once");
        }
        moneys.push(scene.money());
    }
    assert_eq!(
        moneys,
        ["11500 0 0", "10000 0 0", "11500 0 0", "9000 1000 0", "11500 0 0"]
    );
}

/// Protects the journal and every player's history from facts that are none for the bet, and the bet from what that could
/// lose: a leg is told again only where it changes, a later fact is still applied, and an older one never is.
#[test]
fn what_changes_nothing_is_not_told() {
    let resulted = || single().after(told(1, won()));
    let again = || resulted().after(told(2, won()));
    let back = MarketSettlement::default;
    check(vec![
        (
            "another runner is out",
            single(),
            told(1, withdrawn(2)),
            Ok(("", "9000 1000 0")),
        ),
        (
            "the bet's own is out",
            single(),
            told(1, withdrawn(1)),
            Ok((SETTLED, "10000 0 0")),
        ),
        (
            "a result after it",
            single().after(told(1, withdrawn(2))),
            told(2, won()),
            Ok((SETTLED, "11500 0 0")),
        ),
        ("the same result", resulted(), told(2, won()), Ok(("", "11500 0 0"))),
        ("an older one after it", again(), told(1, back()), Ok(("", "11500 0 0"))),
        (
            "a rollback after it",
            again(),
            told(3, back()),
            Ok(("LegDecided BetUnsettled", "9000 1000 0")),
        ),
        // What lies between may still come, and must not be taken for the latest.
        (
            "a version was left out",
            resulted(),
            told(3, won()),
            Ok(("LegDecided", "11500 0 0")),
        ),
        (
            "and comes late",
            resulted().after(told(3, won())),
            told(2, back()),
            Ok(("", "11500 0 0")),
        ),
        (
            "a bet that was told of nothing",
            single(),
            told(2, withdrawn(2)),
            Ok(("LegDecided", "9000 1000 0")),
        ),
        (
            "is told of the version before",
            single().after(told(2, withdrawn(2))),
            told(1, won()),
            Ok(("", "9000 1000 0")),
        ),
        (
            "confirmed by the same words",
            single().after(told(1, scouted())),
            told(2, won()),
            Ok(("LegDecided", "11500 0 0")),
        ),
        (
            "a result that leaves the leg out",
            resulted(),
            told(
                2,
                MarketSettlement {
                    results: won().results[1..].to_vec(),
                    ..won()
                },
            ),
            Err("RESULT_INCOMPLETE leg 0"),
        ),
    ]);
}

/// Protects the player's right to know: the history of a bet says why each leg stands as it does.
#[test]
fn history_says_why() {
    let double = || {
        let scene = Scene::player_with("100.00").ruled(|rules| rules.settle_unconfirmed = false);
        scene.after(bet("10.00", &[(on(1, 1), "2.50"), (on(2, 1), "2.50")]))
    };
    let said = [
        (withdrawn(2), None),
        (scouted(), Some(Why::NotConfirmed)),
        (won(), Some(Why::Result)),
        (MarketSettlement::default(), Some(Why::RolledBack)),
        (MarketSettlement::default(), None),
        (cancelled_from(0), Some(Why::Cancelled)),
        (MarketSettlement::default(), Some(Why::RolledBack)),
        (priced("1.20"), Some(Why::Corrected)),
        (priced(""), Some(Why::PriceError)),
        (withdrawn(1), Some(Why::Withdrawn)),
        (won(), Some(Why::Result)),
    ];
    let mut scene = double();
    for (version, (said, then)) in (1..).zip(said) {
        let events = scene.run(&told(version, said)).expect("taken");
        let why: Vec<Why> = events
            .iter()
            .filter_map(|event| match event {
                Event::LegDecided { why, .. } => Some(*why),
                _ => None,
            })
            .collect();
        assert_eq!(why, Vec::from_iter(then), "version {version}");
    }
    let mut at_once = single();
    let events = at_once.run(&told(1, scouted())).expect("taken");
    assert!(matches!(
        events[0],
        Event::LegDecided {
            why: Why::FirstResult,
            ..
        }
    ));
    let taken_back = at_once.run(&rollback(1, 1, 2)).expect("taken");
    assert!(matches!(
        taken_back[0],
        Event::LegDecided {
            why: Why::RolledBack,
            ..
        }
    ));
}
