//! What became of slips whose decision was not heard, as after a lost connection.

use std::time::Instant;

use shardbook_proto::client::v1::client_message::Request;
use shardbook_proto::client::v1::server_message::Message;
use shardbook_proto::client::v1::{BetFilter, ListSlips};

use super::Player;
use super::decided::GRACE;
use crate::latency::now_us;
use crate::players::session::{Lost, Session};
use crate::players::tally::bump;

/// Longest time after its end for which a slip may still wait, in milliseconds.
const LATEST_MS: i64 = 15_000;

impl Player {
    /// Asks which slips still wait. One that does not was decided: it was accepted if its bets are listed.
    pub(super) async fn inquire(&mut self, session: &mut Session) -> Result<(), Lost> {
        let mut asked: Vec<String> = self.record.waiting.keys().cloned().collect();
        let id = self.question();
        let waiting = match self.ask(session, &id, Request::ListSlips(ListSlips {})).await? {
            Message::Slips(list) => list.slips,
            other => return Err(Lost::Refused(format!("no list of slips, but {other:?}"))),
        };
        asked.retain(|slip| waiting.iter().all(|waits| waits.slip_id != *slip));
        if !asked.is_empty() {
            let version = self.ask_balance(session).await?.version;
            let mut listed = self.list(session, BetFilter::Open).await?;
            listed.extend(self.list(session, BetFilter::Settled).await?);
            for slip in asked {
                // Its decision may have come while this was asked.
                let Some(waited) = self.record.waiting.remove(&slip) else {
                    continue;
                };
                bump(&self.tally.inquired);
                match self.record.bets_of(&waited, &listed) {
                    Some(bets) => self.slip_accepted(&slip, &waited, &bets, version),
                    None => self.slip_refused(&waited, "NOT_TOLD"),
                }
                self.record.inquired.insert(slip);
            }
        }
        self.drop_late();
        self.inquire_later();
        // What still waits though its time has come is asked about again.
        let again = Instant::now() + GRACE;
        self.inquire_at = self.inquire_at.map(|at| at.max(again));
        Ok(())
    }

    fn drop_late(&mut self) {
        let latest = now_us() / 1_000 - LATEST_MS;
        let late: Vec<String> = self
            .record
            .waiting
            .iter()
            .filter(|(_, waiting)| waiting.until_ms < latest)
            .map(|(slip, _)| slip.clone())
            .collect();
        for slip in late {
            if let Some(waited) = self.record.waiting.remove(&slip) {
                self.off(format_args!("slip {slip} waits long after {}", waited.until_ms));
                self.slip_refused(&waited, "NOT_DECIDED");
            }
        }
    }
}
