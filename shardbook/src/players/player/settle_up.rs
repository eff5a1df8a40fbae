use shardbook_proto::client::v1::client_message::Request;
use shardbook_proto::client::v1::server_message::Message;
use shardbook_proto::client::v1::{Balance, Bet, BetFilter, GetBalance, ListBets};

use super::Player;
use crate::players::reconcile::reconcile;
use crate::players::session::{Lost, Session};

/// Bets of one page.
const PAGE: u32 = 100;
/// Readings of the wallet until two in a row agree; settlements may still be under way.
const READINGS: u32 = 50;

impl Player {
    /// Compares the player's books with the server's, at one version of the wallet.
    pub(super) async fn settle_up(&mut self, session: &mut Session) -> Result<(), Lost> {
        for _ in 0..READINGS {
            let before = self.ask_balance(session).await?;
            let mut listed = self.list(session, BetFilter::Open).await?;
            listed.extend(self.list(session, BetFilter::Settled).await?);
            let after = self.ask_balance(session).await?;
            if before.version == after.version {
                self.tally
                    .found(&self.name, reconcile(&self.record, &self.book, &listed, &after));
                return Ok(());
            }
        }
        Err(Lost::Refused(format!(
            "the wallet changed between each of {READINGS} readings"
        )))
    }

    pub(super) async fn ask_balance(&mut self, session: &mut Session) -> Result<Balance, Lost> {
        let id = self.question();
        match self.ask(session, &id, Request::Balance(GetBalance {})).await? {
            Message::Balance(balance) => Ok(balance),
            other => Err(Lost::Refused(format!("no balance, but {other:?}"))),
        }
    }

    pub(super) async fn list(&mut self, session: &mut Session, filter: BetFilter) -> Result<Vec<Bet>, Lost> {
        let mut bets = Vec::new();
        let mut cursor = String::new();
        loop {
            let id = self.question();
            let list = ListBets {
                filter: filter.into(),
                limit: PAGE,
                cursor,
            };
            match self.ask(session, &id, Request::ListBets(list)).await? {
                Message::Bets(page) if page.bets.is_empty() && !page.next_cursor.is_empty() => {
                    return Err(Lost::Refused("an empty page of bets that names a next one".into()));
                }
                Message::Bets(page) => {
                    bets.extend(page.bets);
                    cursor = page.next_cursor;
                }
                other => return Err(Lost::Refused(format!("no list of bets, but {other:?}"))),
            }
            if cursor.is_empty() {
                return Ok(bets);
            }
        }
    }
}
