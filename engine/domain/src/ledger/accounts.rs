//! Where the accounts of a wallet are kept.

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{Account, Totals};

/// Running totals of every account. Most wallets move money on five accounts alone: the others have memory of their own
/// once something was booked on one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Accounts {
    common: [Totals; 5],
    /// `None` is nothing on any of them.
    rare: Option<Box<[Totals; 4]>>,
}

/// Where an account is kept.
enum Place {
    Common(usize),
    Rare(usize),
}

fn place(account: Account) -> Place {
    match account {
        Account::PlayerAvailable => Place::Common(0),
        Account::OpenStakes => Place::Common(1),
        Account::BettingResult => Place::Common(2),
        Account::CashierClearing => Place::Common(3),
        Account::CashierFunds => Place::Common(4),
        Account::PlayerOwes => Place::Rare(0),
        Account::PlayerFreeBets => Place::Rare(1),
        Account::Promotions => Place::Rare(2),
        Account::WrittenOff => Place::Rare(3),
    }
}

impl Accounts {
    pub(super) fn totals(&self, account: Account) -> Totals {
        match (place(account), &self.rare) {
            (Place::Common(at), _) => self.common[at],
            (Place::Rare(at), Some(rare)) => rare[at],
            (Place::Rare(_), None) => Totals::default(),
        }
    }

    /// As [`super::Ledger::touch`].
    pub(super) fn touch(&self) -> u64 {
        self.common
            .iter()
            .fold(0, |sum, totals| sum ^ totals.debits_posted as u64)
    }

    pub(super) fn totals_mut(&mut self, account: Account) -> &mut Totals {
        match place(account) {
            Place::Common(at) => &mut self.common[at],
            Place::Rare(at) => &mut self.rare.get_or_insert_default()[at],
        }
    }
}

/// By code, wherever they are kept.
impl Serialize for Accounts {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Account::ALL.map(|account| self.totals(account)).serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Accounts {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Accounts, D::Error> {
        let written = <[Totals; Account::ALL.len()]>::deserialize(deserializer)?;
        let mut accounts = Accounts::default();
        for (account, totals) in Account::ALL.into_iter().zip(written) {
            if totals != Totals::default() {
                *accounts.totals_mut(account) = totals;
            }
        }
        Ok(accounts)
    }
}
