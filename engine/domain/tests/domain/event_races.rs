//! Races and withdrawals: who runs, who left, and what bets on the others lose by it.

use shardbook_domain::bet::{Deduction, Leg, LegOutcome, LegResult};
use shardbook_domain::event::{Change, Event, SourceStatus};
use shardbook_domain::ids::{EventId, SelectionNo, SelectionRef};
use shardbook_domain::market::{Lookup, MarketStatus, NameKey, Race, Withdrawal};
use shardbook_domain::rules::Rules;

use crate::scene::{START, price};
use crate::trading::{Trading, check, defined, fixture, posted, race, resulted, rolled_back, voided};

/// A race `M` of runners `1`, `2` and `3` at 2.00, 3.00 and 4.00.
fn field() -> Trading {
    Trading::unknown()
        .after(fixture())
        .after(race("M", true, &["1", "2", "3"]))
        .after(posted(
            "M",
            Some(SourceStatus::Open),
            &[("1", "2.00"), ("2", "3.00"), ("3", "4.00")],
        ))
}

fn out(id: &str) -> Change {
    posted("M", None, &[(id, "out")])
}

/// The withdrawals that stand: number, version, price, whether Rule 4 is for it.
fn withdrawn(trading: &Trading) -> Vec<(u32, u64, Option<String>, bool)> {
    let row = |withdrawal: &Withdrawal| {
        let price = withdrawal.price.map(|price| price.to_string());
        (withdrawal.selection.0, withdrawal.version, price, withdrawal.rule_four)
    };
    trading.market("M").settlement.withdrawals.iter().map(row).collect()
}

/// Protects what a race is told by, and that a withdrawal is told at once.
#[test]
fn race_rows() {
    let decided = || Trading::open().after(voided("M"));
    check(vec![
        (
            "a race",
            Trading::unknown().after(fixture()),
            race("M", true, &["1"]),
            Ok("MarketOpened RaceDeclared"),
        ),
        ("told again", field(), race("M", true, &["1", "2", "3"]), Ok("")),
        (
            "no handicap after all",
            field(),
            race("M", false, &["1"]),
            Ok("RaceDeclared"),
        ),
        ("a definition that does not tell", field(), defined("M", &["1"]), Ok("")),
        (
            "with another runner",
            field(),
            race("M", true, &["4"]),
            Ok("SelectionsAdded"),
        ),
        (
            "a market that turns out to be a race",
            Trading::open(),
            race("M", false, &["1"]),
            Ok("RaceDeclared"),
        ),
        (
            "after a withdrawal",
            Trading::open().after(out("2")),
            race("M", false, &["1"]),
            Ok("RaceDeclared SettlementChanged"),
        ),
        (
            "after the void: it is settled by it, not traded",
            decided(),
            race("M", false, &["1"]),
            Ok("RaceDeclared"),
        ),
        ("withdrawn", field(), out("2"), Ok("SelectionRemoved SettlementChanged")),
        (
            "two at once are told once",
            field(),
            posted("M", None, &[("2", "out"), ("3", "out"), ("1", "1.50")]),
            Ok("SelectionRemoved SelectionRemoved SettlementChanged LinesPosted"),
        ),
        ("withdrawn again", field().after(out("2")), out("2"), Ok("")),
        ("after the void", decided(), out("2"), Err("MARKET_RESULTED")),
    ]);
}

/// Protects Rule 4: the price is the last that was offered, also where it was taken down before the withdrawal.
#[test]
fn withdrawals_keep_their_last_price() {
    let row = |no, version, text: &str, rule_four| (no, version, Some(text.to_owned()), rule_four);
    assert_eq!(withdrawn(&field().after(out("2"))), vec![row(2, 3, "3.00", true)]);
    let taken_down = field()
        .after(posted("M", None, &[("2", "2.60")]))
        .after(posted("M", None, &[("2", "")]));
    assert_eq!(withdrawn(&taken_down.after(out("2"))), vec![row(2, 5, "2.60", true)]);
    let unpriced = Trading::unknown().after(fixture()).after(race("M", true, &["1", "2"]));
    assert_eq!(withdrawn(&unpriced.after(out("2"))), vec![(2, 2, None, true)]);
    let no_race = Trading::open().after(out("3")).after(out("1"));
    assert_eq!(
        withdrawn(&no_race),
        vec![row(1, 4, "2.00", false), row(3, 3, "4.00", false)]
    );
    let late = no_race.after(race("M", false, &["1"]));
    assert_eq!(withdrawn(&late), vec![row(1, 4, "2.00", true), row(3, 3, "4.00", true)]);
    assert_eq!(late.market("M").result_version, 3);
}

/// Protects bets from results that forget a withdrawal: it stands through results, voids and their rollback.
#[test]
fn withdrawals_outlive_results() {
    let result = resulted("M", &[("1", LegOutcome::WON), ("3", LegOutcome::Lost)]);
    let mut trading = field().after(out("2"));
    for change in [result, rolled_back("M"), voided("M")] {
        trading = trading.after(change);
        assert_eq!(withdrawn(&trading).len(), 1);
    }
    assert_eq!(trading.market("M").status, MarketStatus::Void);
    let told = trading.history.iter().filter_map(Event::settlement);
    assert!(told.clone().all(|(_, _, settlement)| settlement.withdrawals.len() == 1));
    assert_eq!(told.map(|told| told.1).collect::<Vec<_>>(), vec![1, 2, 3, 4]);
}

/// Protects each-way terms: a quote says what race it is and who still runs.
#[test]
fn quotes_say_the_race() {
    let quoted = |trading: &Trading| match trading.state.quote(trading.market("M").no, SelectionNo(1)) {
        Lookup::Found(quote) => (quote.race, quote.sport, quote.kind),
        other => panic!("selection 1 is known, not {other:?}"),
    };
    let (football, kind) = (NameKey::of("football"), NameKey::of("M"));
    let of = |handicap, runners| Some(Race { handicap, runners });
    assert_eq!(quoted(&Trading::open()), (None, football, kind));
    assert_eq!(quoted(&field()), (of(true, 3), football, kind));
    let smaller = field().after(out("2"));
    assert_eq!(quoted(&smaller), (of(true, 2), football, kind));
    assert_eq!(smaller.market("M").runners(), 2);
    let larger = smaller.after(race("M", false, &["4", "5"]));
    assert_eq!(quoted(&larger), (of(false, 4), football, kind));
}

/// Protects what a leg gets: void where it is on the withdrawn runner, reduced where it was taken before, whole after.
#[test]
fn legs_are_reduced_by_the_version_they_were_taken_at() {
    let trading = field().after(out("2"));
    let removed_at = trading.market("M").version;
    let trading = trading.after(resulted("M", &[("1", LegOutcome::WON), ("3", LegOutcome::Lost)]));
    let market = trading.market("M");
    let leg = |selection, market_version| Leg {
        selection: SelectionRef {
            event: EventId(1),
            market: market.no,
            selection: SelectionNo(selection),
        },
        price: price("2.00"),
        market_version,
        each_way: None,
    };
    let of = |leg: Leg| market.settlement.result_of(2, &leg, START, &Rules::default());
    let won = LegResult::plain(2, Some(LegOutcome::WON));
    let reduced = LegResult {
        deduction: Deduction(30),
        ..won
    };
    assert_eq!(of(leg(1, removed_at - 1)), Some(reduced), "2/1 takes 30p in the pound");
    assert_eq!(of(leg(1, removed_at)), Some(won));
    assert_eq!(of(leg(2, 1)), Some(LegResult::plain(2, Some(LegOutcome::Void))));
}
