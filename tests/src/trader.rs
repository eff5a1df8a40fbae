//! A trader of the house, over gRPC.

use std::sync::atomic::{AtomicU64, Ordering};

use futures_util::StreamExt;
use shardbook_proto::backoffice::v1::answer_referral::Answer;
use shardbook_proto::backoffice::v1::referral_changed::Change;
use shardbook_proto::backoffice::v1::rule_on_market::Ruling;
use shardbook_proto::backoffice::v1::trading_client::TradingClient;
use shardbook_proto::backoffice::v1::{
    AnswerReferral, GrantFreeBet, ListReferrals, Referral, ReferralChanged, RuleOnMarket, SetFactor,
    Trader as Signature, TraderReply, trader_reply,
};
use shardbook_proto::client::v1::{Error, PlayerRef};
use tonic::transport::Channel;
use tonic::{Response, Status, Streaming};

use crate::soon;

/// Ids are keys for ever, over all connections of a trader.
static SAID: AtomicU64 = AtomicU64::new(1);

/// A trader. What is refused is told.
pub struct Trader {
    name: String,
    client: TradingClient<Channel>,
}

/// The referrals as they come and go.
pub struct Desk(Streaming<ReferralChanged>);

impl Trader {
    pub(crate) fn at(channel: Channel, name: &str) -> Self {
        Self {
            name: name.into(),
            client: TradingClient::new(channel),
        }
    }

    fn signature(&self) -> Option<Signature> {
        Some(Signature {
            name: self.name.clone(),
            command_id: format!("t{}", SAID.fetch_add(1, Ordering::Relaxed)),
        })
    }

    /// The referrals that wait now.
    pub async fn referrals(&mut self) -> Vec<Referral> {
        let listed = soon(self.client.list_referrals(ListReferrals::default())).await;
        listed.expect("a list").into_inner().referrals
    }

    /// Those of brand `acme` that wait now, then each change.
    pub async fn watch(&mut self) -> Desk {
        let acme = ListReferrals { brand: "acme".into() };
        let watched = soon(self.client.watch_referrals(acme)).await;
        Desk(watched.expect("a watch").into_inner())
    }

    /// Answers a referral.
    pub async fn answer(&mut self, slip_id: &str, answer: Answer) -> Result<(), Error> {
        let signed = self.signature();
        self.answer_signed(signed, slip_id, answer).await
    }

    /// The same under this id.
    pub async fn answer_as(&mut self, id: &str, slip_id: &str, answer: Answer) -> Result<(), Error> {
        let signed = Some(Signature {
            name: self.name.clone(),
            command_id: id.into(),
        });
        self.answer_signed(signed, slip_id, answer).await
    }

    async fn answer_signed(&mut self, trader: Option<Signature>, slip_id: &str, answer: Answer) -> Result<(), Error> {
        let answer = AnswerReferral {
            trader,
            slip_id: slip_id.into(),
            answer: Some(answer),
        };
        outcome(soon(self.client.answer_referral(answer)).await)
    }

    /// Gives a player of brand `acme` a free bet in EUR.
    pub async fn grant(&mut self, player: &str, amount: &str) -> Result<(), Error> {
        let signed = self.signature();
        self.grant_signed(signed, player, amount).await
    }

    /// The same under this id.
    pub async fn grant_as(&mut self, id: &str, player: &str, amount: &str) -> Result<(), Error> {
        let signed = Some(Signature {
            name: self.name.clone(),
            command_id: id.into(),
        });
        self.grant_signed(signed, player, amount).await
    }

    async fn grant_signed(&mut self, trader: Option<Signature>, player: &str, amount: &str) -> Result<(), Error> {
        let grant = GrantFreeBet {
            trader,
            player: acme(player),
            amount: amount.into(),
            currency: "EUR".into(),
            reason: "welcome".into(),
        };
        outcome(soon(self.client.grant_free_bet(grant)).await)
    }

    /// Sets the factor of a player of brand `acme` for every sport, before the event or in play.
    pub async fn factor(&mut self, player: &str, in_play: bool, permille: u32) -> Result<(), Error> {
        let set = SetFactor {
            trader: self.signature(),
            player: acme(player),
            sport: String::new(),
            in_play,
            permille: Some(permille),
        };
        outcome(soon(self.client.set_factor(set)).await)
    }

    /// Rules on a market of an event by hand, now.
    pub async fn rule(&mut self, event: &str, ruling: Ruling) -> Result<(), Error> {
        let ruling = RuleOnMarket {
            trader: self.signature(),
            event: event.into(),
            said_ms: 0,
            ruling: Some(ruling),
        };
        outcome(soon(self.client.rule_on_market(ruling)).await)
    }
}

impl Desk {
    async fn next(&mut self) -> Change {
        let changed = soon(self.0.next()).await.expect("the watch goes on");
        changed.expect("a change").change.expect("says what")
    }

    /// The next referral, which must come before another goes.
    pub async fn came(&mut self) -> Referral {
        match self.next().await {
            Change::Came(referral) => referral,
            Change::GoneSlipId(slip) => panic!("{slip} has gone"),
        }
    }

    /// The next slip that goes, which must go before another comes.
    pub async fn gone(&mut self) -> String {
        match self.next().await {
            Change::GoneSlipId(slip) => slip,
            Change::Came(referral) => panic!("{referral:?} came"),
        }
    }
}

fn acme(player: &str) -> Option<PlayerRef> {
    Some(PlayerRef {
        brand: "acme".into(),
        player: player.into(),
    })
}

fn outcome(reply: Result<Response<TraderReply>, Status>) -> Result<(), Error> {
    match reply.expect("an answer").into_inner().result.expect("an outcome") {
        trader_reply::Result::Done(_) => Ok(()),
        trader_reply::Result::Error(error) => Err(error),
    }
}
