//! Bets that are sold back: the price that is kept, the sale, and what results do to both.

use shardbook_domain::bet::{BetStatus, LegOutcome};
use shardbook_domain::event::{self, SourceStatus};
use shardbook_domain::ids::{BetNo, EventId, MarketNo, SelectionRef};
use shardbook_domain::ledger::{Account, Reason};
use shardbook_domain::market::{Book, Chance, Lookup, MarketStatus};
use shardbook_domain::money::Amount;
use shardbook_domain::player::{AccountStatus, CashOutLock, Command, Context, Event, Rejection, Reply, decide, reply};
use shardbook_domain::rules::{RuleBook, Shortfall};

use crate::scene::{Scene, Then, bet, check, gbp, lock, on, result, rollback, sell, void, withdraw};
use crate::trading::{Trading, cash_out, chances, posted, status};

const WON: LegOutcome = LegOutcome::WON;
const LOST: LegOutcome = LegOutcome::Lost;

/// 10.00 at 2.50 out of 100.00; the price is fair and the house keeps 5 percent.
fn single() -> Scene {
    Scene::player_with("100.00").after(bet("10.00", &[(on(1, 1), "2.50")]))
}

/// 10.00 on a double at 2.50 x 2.50 out of 100.00.
fn double() -> Scene {
    Scene::player_with("100.00").after(bet("10.00", &[(on(1, 1), "2.50"), (on(2, 1), "2.50")]))
}

/// The single with 4.00 of its 10.00 sold for 3.80.
fn partly() -> Scene {
    single().after(lock(1, Some("4.00"))).after(sell(1, "3.80"))
}

fn sold() -> Scene {
    single().after(lock(1, None)).after(sell(1, "9.50"))
}

fn moved(scene: Scene, won: u32) -> Scene {
    scene.chance(on(1, 1), Some(Chance::of_winning(won)))
}

fn status_of(account: AccountStatus) -> Command {
    Command::SetStatus {
        status: account,
        reason: "review".to_owned(),
    }
}

const LOCKED: &str = "CashOutLocked";
const SOLD: &str = "BetCashedOut";
const SETTLED: &str = "LegDecided BetSettled";
const CORRECTED: &str = "LegDecided BetUnsettled BetSettled";

/// Protects the price that is asked for: who may ask, for what, and that nothing moves by asking.
#[test]
fn lock_rows() {
    let excluded = Command::SelfExclude {
        until: single().now.plus_ms(1_000),
    };
    let same: Then<'_> = Ok((LOCKED, "9000 1000 0"));
    let in_pounds = Command::LockCashOut {
        bet: BetNo(1),
        stake: Some(gbp("1.00")),
    };
    check(vec![
        ("all of a single", single(), lock(1, None), same),
        ("all, by its stake", single(), lock(1, Some("10.00")), same),
        ("a part", single(), lock(1, Some("4.00")), same),
        ("again", single().after(lock(1, None)), lock(1, Some("4.00")), same),
        (
            "of a double half-way",
            double().after(result(1, 1, 1, WON)),
            lock(1, None),
            same,
        ),
        (
            "what a part left",
            partly(),
            lock(1, Some("6.00")),
            Ok((LOCKED, "9380 600 0")),
        ),
        (
            "more than a part left",
            partly(),
            lock(1, Some("6.01")),
            Err("CASH_OUT_STAKE at most 6.00"),
        ),
        (
            "more than the stake",
            single(),
            lock(1, Some("10.01")),
            Err("CASH_OUT_STAKE at most 10.00"),
        ),
        ("nothing", single(), lock(1, Some("0.00")), Err("STAKE_NOT_POSITIVE")),
        ("too little", single(), lock(1, Some("0.01")), Err("CASH_OUT_TOO_SMALL")),
        ("in another currency", single(), in_pounds, Err("CURRENCY_MISMATCH")),
        ("no such bet", single(), lock(2, None), Err("BET_UNKNOWN")),
        ("bet 0", single(), lock(0, None), Err("BET_UNKNOWN")),
        ("by a stranger", Scene::stranger(), lock(1, None), Err("NOT_REGISTERED")),
        (
            "settled",
            single().after(result(1, 1, 1, WON)),
            lock(1, None),
            Err("CASH_OUT_NOT_OPEN"),
        ),
        ("sold", sold(), lock(1, None), Err("CASH_OUT_NOT_OPEN")),
        (
            "suspended",
            single().market(1, MarketStatus::Suspended),
            lock(1, None),
            Err("CASH_OUT_SUSPENDED leg 0"),
        ),
        (
            "stopped",
            single().quoted(on(1, 1), |quote| quote.cash_out = false),
            lock(1, None),
            Err("CASH_OUT_STOPPED leg 0"),
        ),
        (
            "not priced",
            single().chance(on(1, 1), None),
            lock(1, None),
            Err("CASH_OUT_NO_CHANCE leg 0"),
        ),
        (
            "not offered by the brand",
            single().ruled(|rules| rules.cash_out.offered = false),
            lock(1, None),
            Err("CASH_OUT_NOT_OFFERED"),
        ),
        ("self-excluded", single().after(excluded), lock(1, None), same),
        (
            "under review",
            single().after(status_of(AccountStatus::Suspended)),
            lock(1, None),
            Err("ACCOUNT_SUSPENDED"),
        ),
        (
            "closed for good",
            single().after(status_of(AccountStatus::Closed)),
            lock(1, None),
            Err("ACCOUNT_CLOSED"),
        ),
    ]);
}

/// Protects the sale: at the price that is kept and no other, while the markets are open.
#[test]
fn sale_rows() {
    let locked = || single().after(lock(1, None));
    let paid: Then<'_> = Ok((SOLD, "9950 0 0"));
    let in_pounds = Command::CashOut {
        bet: BetNo(1),
        amount: gbp("9.50"),
    };
    check(vec![
        ("at once", locked(), sell(1, "9.50"), paid),
        (
            "the price moved in the player's favour",
            moved(locked(), 800_000),
            sell(1, "9.50"),
            paid,
        ),
        ("and against", moved(locked(), 1), sell(1, "9.50"), paid),
        (
            "no price at the moment",
            locked().chance(on(1, 1), None),
            sell(1, "9.50"),
            paid,
        ),
        ("in the last second", locked().seconds_later(4), sell(1, "9.50"), paid),
        (
            "too late",
            locked().seconds_later(5),
            sell(1, "9.50"),
            Err("CASH_OUT_EXPIRED"),
        ),
        (
            "by the brand's seconds",
            single()
                .ruled(|rules| rules.cash_out.lock_s = 6)
                .after(lock(1, None))
                .seconds_later(5),
            sell(1, "9.50"),
            paid,
        ),
        (
            "suspended since",
            locked().market(1, MarketStatus::Suspended),
            sell(1, "9.50"),
            Err("CASH_OUT_SUSPENDED leg 0"),
        ),
        (
            "closed since",
            locked().market(1, MarketStatus::Closed),
            sell(1, "9.50"),
            Err("CASH_OUT_CLOSED leg 0"),
        ),
        (
            "resulted since",
            locked().market(1, MarketStatus::Resulted),
            sell(1, "9.50"),
            Err("CASH_OUT_CLOSED leg 0"),
        ),
        (
            "stopped since",
            locked().quoted(on(1, 1), |quote| quote.cash_out = false),
            sell(1, "9.50"),
            Err("CASH_OUT_STOPPED leg 0"),
        ),
        (
            "withdrawn since",
            locked().quoted(on(1, 1), |quote| quote.removed = true),
            sell(1, "9.50"),
            Err("CASH_OUT_WITHDRAWN leg 0"),
        ),
        ("less than the price", locked(), sell(1, "9.49"), Err("CASH_OUT_AMOUNT")),
        ("more than the price", locked(), sell(1, "9.51"), Err("CASH_OUT_AMOUNT")),
        ("in another currency", locked(), in_pounds, Err("CURRENCY_MISMATCH")),
        ("never asked", single(), sell(1, "9.50"), Err("CASH_OUT_NOT_LOCKED")),
        (
            "asked of another bet",
            locked().after(bet("1.00", &[(on(1, 1), "2.50")])),
            sell(2, "9.50"),
            Err("CASH_OUT_NOT_LOCKED"),
        ),
        ("no such bet", locked(), sell(2, "9.50"), Err("BET_UNKNOWN")),
        ("twice", sold(), sell(1, "9.50"), Err("CASH_OUT_NOT_OPEN")),
        (
            "settled since",
            locked().after(result(1, 1, 1, WON)),
            sell(1, "9.50"),
            Err("CASH_OUT_NOT_OPEN"),
        ),
        (
            "under review since",
            locked().after(status_of(AccountStatus::Suspended)),
            sell(1, "9.50"),
            Err("ACCOUNT_SUSPENDED"),
        ),
        (
            "the price before a new one",
            moved(locked(), 800_000).after(lock(1, None)),
            sell(1, "9.50"),
            Err("CASH_OUT_AMOUNT"),
        ),
        (
            "a new price",
            moved(locked(), 800_000).after(lock(1, None)),
            sell(1, "19.00"),
            Ok((SOLD, "10900 0 0")),
        ),
        (
            "a new price keeps anew",
            locked().seconds_later(4).after(lock(1, None)).seconds_later(4),
            sell(1, "9.50"),
            paid,
        ),
        (
            "a part",
            single().after(lock(1, Some("4.00"))),
            sell(1, "3.80"),
            Ok((SOLD, "9380 600 0")),
        ),
        (
            "one price is one sale",
            partly(),
            sell(1, "3.80"),
            Err("CASH_OUT_NOT_LOCKED"),
        ),
        (
            "another part",
            partly().after(lock(1, Some("4.00"))),
            sell(1, "3.80"),
            Ok((SOLD, "9760 200 0")),
        ),
        (
            "the rest",
            partly()
                .after(lock(1, Some("4.00")))
                .after(sell(1, "3.80"))
                .after(lock(1, None)),
            sell(1, "1.90"),
            paid,
        ),
    ]);
}

/// Protects the house from a price that the result has overtaken: any change of the bet's legs ends it.
#[test]
fn a_result_ends_the_price() {
    let locked = || double().after(lock(1, None));
    check(vec![
        (
            "the first leg won",
            locked().after(result(1, 1, 1, WON)),
            sell(1, "9.50"),
            Err("CASH_OUT_NOT_LOCKED"),
        ),
        (
            "the first leg void",
            locked().after(void(1, 1, 1)),
            sell(1, "9.50"),
            Err("CASH_OUT_NOT_LOCKED"),
        ),
        (
            "a result was taken back",
            double()
                .after(result(1, 1, 1, WON))
                .after(lock(1, None))
                .after(rollback(1, 1, 2)),
            sell(1, "23.75"),
            Err("CASH_OUT_NOT_LOCKED"),
        ),
        (
            "a result that the bet knew changes nothing",
            double()
                .after(result(1, 1, 1, WON))
                .after(lock(1, None))
                .after(result(1, 1, 1, WON)),
            sell(1, "23.75"),
            Ok((SOLD, "11375 0 0")),
        ),
        (
            "a result of another bet",
            locked()
                .after(bet("1.00", &[(on(1, 1), "2.50")]))
                .after(result(2, 1, 1, LOST)),
            sell(1, "9.50"),
            Ok((SOLD, "9850 0 0")),
        ),
    ]);
    let locked = locked();
    let kept = CashOutLock {
        until: locked.now.plus_ms(5_000),
        stake: Amount(1000),
        amount: Amount(950),
    };
    assert_eq!(locked.state.cash_out_lock(BetNo(1)), Some(kept));
    assert_eq!(locked.after(void(1, 1, 1)).state.cash_out_lock(BetNo(1)), None);
}

/// Protects what is left of a bet of which a part was sold: it is settled, corrected and taken back on that stake alone.
#[test]
fn results_after_a_sale_rows() {
    let part_of_double = || double().after(lock(1, Some("4.00"))).after(sell(1, "3.80"));
    let won = || partly().after(result(1, 1, 1, WON));
    let spent = || won().after(withdraw("108.80"));
    check(vec![
        ("won", partly(), result(1, 1, 1, WON), Ok((SETTLED, "10880 0 0"))),
        ("lost", partly(), result(1, 1, 1, LOST), Ok((SETTLED, "9380 0 0"))),
        ("void", partly(), void(1, 1, 1), Ok((SETTLED, "9980 0 0"))),
        (
            "half won",
            partly(),
            result(1, 1, 1, LegOutcome::HalfWon),
            Ok((SETTLED, "10430 0 0")),
        ),
        (
            "a double, first won",
            part_of_double(),
            result(1, 1, 1, WON),
            Ok(("LegDecided", "9380 600 0")),
        ),
        (
            "a double, both won",
            part_of_double().after(result(1, 1, 1, WON)),
            result(1, 2, 1, WON),
            Ok((SETTLED, "13130 0 0")),
        ),
        (
            "won, then lost",
            won(),
            result(1, 1, 2, LOST),
            Ok((CORRECTED, "9380 0 0")),
        ),
        ("won, then void", won(), void(1, 1, 2), Ok((CORRECTED, "9980 0 0"))),
        (
            "void, then won",
            partly().after(void(1, 1, 1)),
            result(1, 1, 2, WON),
            Ok((CORRECTED, "10880 0 0")),
        ),
        (
            "won, taken back",
            won(),
            rollback(1, 1, 2),
            Ok(("LegDecided BetUnsettled", "9380 600 0")),
        ),
        (
            "taken back, then lost",
            won().after(rollback(1, 1, 2)),
            result(1, 1, 3, LOST),
            Ok((SETTLED, "9380 0 0")),
        ),
        (
            "taken back twice",
            won().after(rollback(1, 1, 2)).after(result(1, 1, 3, WON)),
            rollback(1, 1, 4),
            Ok(("LegDecided BetUnsettled", "9380 600 0")),
        ),
        (
            "taken back and sold",
            won().after(rollback(1, 1, 2)).after(lock(1, None)),
            sell(1, "5.70"),
            Ok((SOLD, "9950 0 0")),
        ),
        (
            "taken back whole and sold in part",
            single()
                .after(result(1, 1, 1, WON))
                .after(rollback(1, 1, 2))
                .after(lock(1, Some("4.00"))),
            sell(1, "3.80"),
            Ok((SOLD, "9380 600 0")),
        ),
        (
            "spent, then lost: owed",
            spent(),
            result(1, 1, 2, LOST),
            Ok((CORRECTED, "0 0 1500")),
        ),
        (
            "spent, then lost: borne by the house",
            spent().ruled(|rules| rules.shortfall = Shortfall::WriteOff),
            result(1, 1, 2, LOST),
            Ok((CORRECTED, "0 0 0")),
        ),
        (
            "all sold, then won",
            sold(),
            result(1, 1, 1, WON),
            Ok(("LegDecided", "9950 0 0")),
        ),
        (
            "all sold, then lost",
            sold(),
            result(1, 1, 1, LOST),
            Ok(("LegDecided", "9950 0 0")),
        ),
        (
            "all sold, then void",
            sold(),
            void(1, 1, 1),
            Ok(("LegDecided", "9950 0 0")),
        ),
        (
            "all sold, then corrected",
            sold().after(result(1, 1, 1, WON)),
            rollback(1, 1, 2),
            Ok(("LegDecided", "9950 0 0")),
        ),
    ]);
}

/// Protects debts: what a sale brings goes to them first.
#[test]
fn a_sale_pays_debts_first() {
    // Won 25.00, spent all, corrected: owes 25.00. The second bet's stake was held before.
    let owing = single()
        .after(bet("40.00", &[(on(2, 1), "2.50")]))
        .after(result(1, 1, 1, WON))
        .after(withdraw("75.00"))
        .after(result(1, 1, 2, LOST));
    assert_eq!(owing.money(), "0 4000 2500");
    check(vec![(
        "a part does not do",
        owing.after(lock(2, Some("20.00"))),
        sell(2, "19.00"),
        Ok((SOLD, "0 2000 600")),
    )]);
}

/// Protects the books: stake out of the open stakes into the result, the price out of the result to the player.
#[test]
fn bookings_of_a_sale() {
    let mut scene = single().after(lock(1, Some("4.00")));
    let reasons = |events: &[Event]| -> Vec<(Reason, i64)> {
        let transfers = events.iter().flat_map(Event::transfers);
        transfers.map(|transfer| (transfer.reason, transfer.amount.0)).collect()
    };
    let events = scene.run(&sell(1, "3.80")).expect("sold");
    let booked = vec![
        (Reason::Stake, 1000),
        (Reason::StakeCashedOut, 400),
        (Reason::CashOut, 380),
    ];
    assert_eq!(reasons(&events), booked, "the hold is posted first");
    scene = scene.after(lock(1, None));
    let events = scene.run(&sell(1, "5.70")).expect("sold");
    assert_eq!(
        reasons(&events),
        vec![(Reason::StakeCashedOut, 600), (Reason::CashOut, 570)]
    );
    let balance = |account| scene.state.ledger().balance(account).0;
    assert_eq!((balance(Account::BettingResult), balance(Account::OpenStakes)), (50, 0));
    let bet = scene.state.bet(BetNo(1)).expect("held").into_owned();
    assert_eq!(
        (
            bet.status,
            bet.cashed_stake(),
            bet.cashed_paid(),
            bet.returned(),
            bet.settled_at()
        ),
        (
            BetStatus::CashedOut,
            Amount(1000),
            Amount(950),
            Amount::ZERO,
            Some(scene.now)
        )
    );
    assert_eq!(
        (scene.state.open_bets().len(), scene.state.settled_bets().len()),
        (0, 1)
    );
    assert_eq!(scene.folded(BetNo(1)), Some(bet));
}

/// Protects a bet that was sold long ago: its history is enough to pass a late result by.
#[test]
fn a_sold_bet_that_is_not_held_any_more_is_recalled() {
    let mut scene = sold();
    for no in 2..=9 {
        scene = scene
            .after(bet("1.00", &[(on(2, 1), "2.50")]))
            .after(result(no, 2, 1, LOST));
    }
    assert_eq!(scene.state.bet(BetNo(1)), None);
    assert_eq!(
        scene.run(&lock(1, None)).map_err(|refused| refused.code()),
        Err("CASH_OUT_NOT_OPEN")
    );
    assert_eq!(
        scene.run(&sell(1, "9.50")).map_err(|refused| refused.code()),
        Err("CASH_OUT_NOT_OPEN")
    );
    let money = scene.money();
    let history = scene.history_of(BetNo(1));
    let Command::ApplyResult {
        bet,
        event,
        market,
        version,
        settlement,
        ..
    } = result(1, 1, 1, WON)
    else {
        panic!("a result")
    };
    let recalled = Some(history);
    let late = Command::ApplyResult {
        bet,
        event,
        market,
        version,
        settlement,
        recalled,
    };
    let events = scene.run(&late).expect("taken");
    assert!(matches!(
        events.as_slice(),
        [Event::BetRestored { .. }, Event::LegDecided { .. }]
    ));
    assert_eq!(scene.money(), money);
    assert_eq!(
        scene.state.bet(BetNo(1)).map(|bet| bet.status),
        Some(BetStatus::CashedOut)
    );
}

/// Protects what the player is told.
#[test]
fn replies_tell_price_and_sale() {
    let mut scene = single();
    let events = scene.run(&lock(1, Some("4.00"))).expect("locked");
    let (stake, amount) = (Amount(400), Amount(380));
    assert_eq!(
        reply(&scene.state, &events, &scene.rules),
        Reply::CashOutLocked {
            bet: BetNo(1),
            stake,
            amount,
            until: scene.now.plus_ms(5_000),
        }
    );
    let events = scene.run(&sell(1, "3.80")).expect("sold");
    assert_eq!(
        reply(&scene.state, &events, &scene.rules),
        Reply::CashedOut {
            bet: BetNo(1),
            stake,
            paid: amount,
            open_stake: Amount(600),
            balance: scene.state.balance().expect("registered"),
        }
    );
    scene = scene.after(lock(1, None));
    let events = scene.run(&sell(1, "5.70")).expect("sold");
    assert!(matches!(
        reply(&scene.state, &events, &scene.rules),
        Reply::CashedOut {
            open_stake: Amount(0),
            ..
        }
    ));
}

/// Protects retries: what is asked differently is another command.
#[test]
fn fingerprints_tell_contents_apart() {
    let commands = [
        lock(1, None),
        lock(2, None),
        lock(1, Some("1.00")),
        sell(1, "1.00"),
        sell(1, "1.01"),
    ];
    for (at, one) in commands.iter().enumerate() {
        for (other_at, other) in commands.iter().enumerate() {
            assert_eq!(
                one.fingerprint() == other.fingerprint(),
                at == other_at,
                "{one:?} and {other:?}"
            );
        }
    }
}

/// A sporting event as the book that bets are decided on.
struct Live<'a>(&'a event::State);

impl Book for Live<'_> {
    fn quote(&self, selection: SelectionRef) -> Lookup {
        assert_eq!(
            (selection.event, selection.market),
            (EventId(1), MarketNo(1)),
            "there is one market"
        );
        self.0.quote(selection.market, selection.selection)
    }

    fn chance(&self, selection: SelectionRef) -> Option<Chance> {
        self.0.chance(selection.market, selection.selection)
    }

    fn rivals(&self, _: SelectionRef) -> Option<Vec<u32>> {
        None
    }
}

/// Protects the way from the feed to the offer: prices, the source's chances, suspension and the trader's stop.
#[test]
fn the_trading_book_prices_and_stops_it() {
    let scene = single();
    let asked = |trading: Trading| {
        let rules = RuleBook::new(scene.rules.clone());
        let (now, book) = (scene.now, Live(&trading.state));
        let context = Context {
            now,
            rules: &rules,
            exposure: &scene.budgets,
            book: &book,
        };
        let events = decide(&scene.state, &lock(1, None), &context).map_err(|refused: Rejection| refused.code())?;
        match events.as_slice() {
            [Event::CashOutLocked { amount, .. }] => Ok(amount.0),
            other => panic!("one price: {other:?}"),
        }
    };
    let open = Trading::open;
    let rows: Vec<(&str, Trading, Result<i64, &str>)> = vec![
        // 2.00 against 3.00 and 4.00 is 6 of 13: 25.00 x 0.461539 is 11.53, less 5 percent.
        ("by the prices", open(), Ok(1095)),
        ("shorter", open().after(posted("M", None, &[("1", "1.25")])), Ok(1372)),
        (
            "by the source",
            open().after(chances("M", &[("1", Some(400_000))])),
            Ok(950),
        ),
        (
            "a price is missing",
            open().after(posted("M", None, &[("3", "")])),
            Err("CASH_OUT_NO_CHANCE"),
        ),
        (
            "suspended",
            open().after(status("M", SourceStatus::Suspended)),
            Err("CASH_OUT_SUSPENDED"),
        ),
        ("stopped", open().after(cash_out("M", false)), Err("CASH_OUT_STOPPED")),
        (
            "let go on",
            open().after(cash_out("M", false)).after(cash_out("M", true)),
            Ok(1095),
        ),
        (
            "withdrawn",
            open().after(posted("M", None, &[("1", "out")])),
            Err("CASH_OUT_WITHDRAWN"),
        ),
    ];
    for (what, trading, expected) in rows {
        assert_eq!(asked(trading), expected, "{what}");
    }
}
