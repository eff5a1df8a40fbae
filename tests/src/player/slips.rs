//! Slips of a player.

use shardbook_proto::client::v1::client_message::Request;
use shardbook_proto::client::v1::server_message::Message as Body;
use shardbook_proto::client::v1::{AnswerOffer, Bet, Error, ListSlips, PlaceSlip, SlipQuote, SlipState, SlipTaken};

use super::Player;

impl Player {
    /// Places a slip and gives how it stands.
    pub async fn slip(&mut self, slip: PlaceSlip) -> SlipTaken {
        match self.ask(Request::PlaceSlip(slip)).await {
            Body::Slip(taken) => taken,
            other => panic!("no slip but {other:?}"),
        }
    }

    /// Places a slip that must be taken at once.
    pub async fn take(&mut self, slip: PlaceSlip) -> Vec<Bet> {
        let taken = self.slip(slip).await;
        assert_eq!(taken.state(), SlipState::Placed, "{taken:?}");
        taken.bets
    }

    /// Asks what a slip amounts to.
    pub async fn quote(&mut self, slip: PlaceSlip) -> SlipQuote {
        match self.ask(Request::QuoteSlip(slip)).await {
            Body::SlipQuote(quote) => quote,
            other => panic!("no quote but {other:?}"),
        }
    }

    /// The slips that wait.
    pub async fn slips(&mut self) -> Vec<SlipTaken> {
        match self.ask(Request::ListSlips(ListSlips {})).await {
            Body::Slips(slips) => slips.slips,
            other => panic!("no slips but {other:?}"),
        }
    }

    /// Takes or leaves an offer, and gives how the slip stands then.
    pub async fn answer_offer(&mut self, slip_id: &str, accept: bool) -> SlipTaken {
        let answer = AnswerOffer {
            slip_id: slip_id.into(),
            accept,
        };
        match self.ask(Request::AnswerOffer(answer)).await {
            Body::Slip(taken) => taken,
            other => panic!("no slip but {other:?}"),
        }
    }

    /// Waits for the push that brings this slip to this state, and gives it.
    pub async fn slip_told(&mut self, slip_id: &str, state: SlipState) -> SlipTaken {
        self.push(|body| match body {
            Body::SlipChanged(slip) => (slip.slip_id == slip_id && slip.state() == state).then(|| slip.clone()),
            _ => None,
        })
        .await
    }

    /// Waits for the push that refuses this slip, and gives why.
    pub async fn slip_refused(&mut self, slip_id: &str) -> Error {
        let told = self.slip_told(slip_id, SlipState::Refused).await;
        told.refused.expect("says why")
    }
}
