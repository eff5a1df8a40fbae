//! The ledger's own proof.

use shardbook_domain::ledger::{Account, Imbalance, Ledger, Phase, Reason, Transfer, TransferNo};
use shardbook_domain::money::Amount;

use Account::{
    BettingResult, CashierClearing, CashierFunds, OpenStakes, PlayerAvailable, PlayerFreeBets, PlayerOwes, Promotions,
    WrittenOff,
};

fn booked(transfers: &[(Account, Account, i64, Phase)]) -> Ledger {
    let mut ledger = Ledger::default();
    for (debit, credit, amount, phase) in transfers {
        let (no, amount, reason) = (ledger.next_no(), Amount(*amount), Reason::Stake);
        ledger.post(&Transfer {
            no,
            debit: *debit,
            credit: *credit,
            amount,
            reason,
            phase: *phase,
        });
    }
    ledger
}

/// Protects what `verify` relies on: a wallet that breaks a rule is named with the rule.
#[test]
fn every_broken_rule_is_found() {
    use Phase::{Pending, PostPending, Posted, VoidPending};
    let first = TransferNo(1);
    let rows = vec![
        ("nothing", booked(&[]), Ok(())),
        (
            "a credit to the player",
            booked(&[(BettingResult, PlayerAvailable, 5, Posted)]),
            Ok(()),
        ),
        (
            "overdrawn",
            booked(&[(PlayerAvailable, BettingResult, 5, Posted)]),
            Err(Imbalance::Overdrawn(-5)),
        ),
        (
            "overdrawn by a hold",
            booked(&[(PlayerAvailable, OpenStakes, 5, Pending)]),
            Err(Imbalance::Overdrawn(-5)),
        ),
        (
            "left in clearing",
            booked(&[(CashierFunds, CashierClearing, 5, Posted)]),
            Err(Imbalance::Clearing(5)),
        ),
        (
            "owed below zero",
            booked(&[(BettingResult, PlayerOwes, 5, Posted)]),
            Err(Imbalance::Negative(PlayerOwes)),
        ),
        (
            "stakes below zero",
            booked(&[(OpenStakes, BettingResult, 5, Posted)]),
            Err(Imbalance::Negative(OpenStakes)),
        ),
        (
            "a hold released twice",
            booked(&[
                (BettingResult, PlayerAvailable, 9, Posted),
                (PlayerAvailable, OpenStakes, 5, VoidPending(first)),
            ]),
            Err(Imbalance::Negative(PlayerAvailable)),
        ),
        (
            "a hold posted",
            booked(&[
                (BettingResult, PlayerAvailable, 9, Posted),
                (PlayerAvailable, OpenStakes, 5, Pending),
                (PlayerAvailable, OpenStakes, 5, PostPending(TransferNo(2))),
            ]),
            Ok(()),
        ),
    ];
    for (what, ledger, expected) in rows {
        assert_eq!(ledger.check(), expected, "{what}");
    }
}

/// Protects the meaning of a hold: available falls at once, the stake is posted or back later.
#[test]
fn a_hold_is_held_posted_or_voided() {
    let funded = (BettingResult, PlayerAvailable, 9, Phase::Posted);
    let hold = (PlayerAvailable, OpenStakes, 5, Phase::Pending);
    let posted = (PlayerAvailable, OpenStakes, 5, Phase::PostPending(TransferNo(2)));
    let voided = (PlayerAvailable, OpenStakes, 5, Phase::VoidPending(TransferNo(2)));
    let money = |ledger: &Ledger| (ledger.available().0, ledger.held().0, ledger.balance(OpenStakes).0);
    assert_eq!(money(&booked(&[funded, hold])), (4, 5, 0));
    assert_eq!(money(&booked(&[funded, hold, posted])), (4, 5, 5));
    assert_eq!(money(&booked(&[funded, hold, voided])), (9, 0, 0));
}

/// Protects the numbers of transfers: one that is out of order was never decided here.
#[test]
#[should_panic(expected = "transfer 2 follows 0")]
fn a_transfer_out_of_order_is_a_bug() {
    let (no, amount, reason) = (TransferNo(2), Amount(5), Reason::Deposit);
    let transfer = Transfer {
        no,
        debit: CashierFunds,
        credit: PlayerAvailable,
        amount,
        reason,
        phase: Phase::Posted,
    };
    Ledger::default().post(&transfer);
}

/// Protects account codes, which are in journals: they are the positions in the chart, for ever.
#[test]
fn account_codes_are_for_ever() {
    let codes: Vec<(u8, Account)> = Account::ALL
        .into_iter()
        .map(|account| (account.code(), account))
        .collect();
    let chart = [
        PlayerAvailable,
        PlayerOwes,
        OpenStakes,
        BettingResult,
        CashierClearing,
        CashierFunds,
        PlayerFreeBets,
        Promotions,
        WrittenOff,
    ]
    .into_iter()
    .enumerate();
    assert_eq!(
        codes,
        chart.map(|(code, account)| (code as u8, account)).collect::<Vec<_>>()
    );
}
