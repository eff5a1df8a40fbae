//! Movements of money between two accounts.

use serde::{Deserialize, Serialize};

use super::chart::Account;
use crate::money::Amount;

/// Number of a transfer in its wallet, rising from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct TransferNo(pub u64);

/// One movement: the same amount leaves one account and enters another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Transfer {
    /// Its number; each is higher than all before it.
    pub no: TransferNo,
    /// The account that is debited.
    pub debit: Account,
    /// The account that is credited; another one.
    pub credit: Account,
    /// Minor units of the wallet's currency, above zero.
    pub amount: Amount,
    /// Why.
    pub reason: Reason,
    /// Whether it is final.
    pub phase: Phase,
}

/// The two phases of a transfer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Phase {
    /// Final at once.
    Posted,
    /// Held on both accounts until it is posted or voided.
    Pending,
    /// Makes the pending transfer of this number final, whole.
    PostPending(TransferNo),
    /// Takes the pending transfer of this number back, whole.
    VoidPending(TransferNo),
}

/// Why money moved. In journals for ever: append, never reorder.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Reason {
    /// Money came in at the cashier.
    CashierIn,
    /// The cashier's money reached the player.
    Deposit,
    /// The player's money went to the cashier.
    Withdrawal,
    /// Money went out at the cashier.
    CashierOut,
    /// The stake of a placed bet, held, taken or given back.
    Stake,
    /// The stake of a settled bet became the house's.
    StakeSettled,
    /// The return of a settled bet.
    Payout,
    /// Paid from a credit towards what the player owes.
    DebtPaid,
    /// A settlement was taken back: the stake left the house's result.
    StakeReopened,
    /// A settlement was taken back: the return left the player.
    PayoutReversed,
    /// A settlement was taken back and the player no longer had the money.
    DebtRaised,
    /// A settlement was taken back, the player no longer had the money, and the house bears it.
    WrittenOff,
    /// The house granted a free bet.
    FreeBetGranted,
    /// The stake of void lines went back to the player's free bets.
    FreeBetReturned,
    /// A settlement was taken back: what had gone back to the free bets left them.
    FreeBetTaken,
    /// Stake of an open bet was bought back: it became the house's.
    StakeCashedOut,
    /// What was paid for stake that was bought back.
    CashOut,
    /// Stakes of a slip that waits for its delay or a trader, held or let go.
    SlipHeld,
}
