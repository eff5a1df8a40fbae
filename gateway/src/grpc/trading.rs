//! Traders' calls: referred slips, factors, free bets, rulings by hand.

use std::collections::HashSet;
use std::pin::Pin;
use std::sync::Arc;

use futures_util::{Stream, StreamExt};
use shardbook_proto::backoffice::v1::referral_changed::Change;
use shardbook_proto::backoffice::v1::trader_command::Command;
use shardbook_proto::backoffice::v1::trading_server::Trading;
use shardbook_proto::backoffice::v1::{
    AnswerReferral, GrantFreeBet, ListReferrals, Referral, ReferralChanged, Referrals, RuleOnMarket, SetFactor, Trader,
    TraderCommand, TraderReply, trader_reply,
};
use shardbook_proto::client::v1::{Error, PlayerRef};
use shardbook_proto::internal::v1::shard_reply::Reply;
use shardbook_proto::internal::v1::shard_request::Target;
use tokio::sync::broadcast::error::RecvError;
use tonic::{Request, Response, Status};

use crate::codes;
use crate::edge::Edge;
use crate::parse;

pub(super) struct Service {
    pub edge: Arc<Edge>,
}

#[tonic::async_trait]
impl Trading for Service {
    type WatchReferralsStream = Pin<Box<dyn Stream<Item = Result<ReferralChanged, Status>> + Send>>;

    async fn list_referrals(&self, request: Request<ListReferrals>) -> Result<Response<Referrals>, Status> {
        let referrals = self.waiting(request.into_inner()).await?;
        Ok(Response::new(Referrals { referrals }))
    }

    async fn watch_referrals(
        &self,
        request: Request<ListReferrals>,
    ) -> Result<Response<Self::WatchReferralsStream>, Status> {
        let ask = request.into_inner();
        let brand = ask.brand.clone();
        // Listening begins before the list is read, so that nothing falls between the two; what is in both is told twice.
        let changes = self.edge.referrals.subscribe();
        let waiting = self.waiting(ask).await?;
        let first = waiting.into_iter().map(|referral| {
            Ok(ReferralChanged {
                change: Some(Change::Came(referral)),
            })
        });
        let later = futures_util::stream::unfold(changes, |mut changes| async move {
            let next = match changes.recv().await {
                Ok(change) => Ok(change),
                Err(RecvError::Lagged(missed)) => Err(Status::resource_exhausted(format!(
                    "{missed} changes were missed; read faster and watch again"
                ))),
                Err(RecvError::Closed) => return None,
            };
            Some((next, changes))
        });
        let mut told = Told::of(brand);
        let stopped = Box::pin(self.edge.stopped());
        let stream = futures_util::stream::iter(first)
            .chain(later)
            .filter(move |change| std::future::ready(told.is_for_it(change)))
            .take_until(stopped);
        Ok(Response::new(Box::pin(stream)))
    }

    async fn answer_referral(&self, request: Request<AnswerReferral>) -> Result<Response<TraderReply>, Status> {
        let ask = request.into_inner();
        Ok(self.carry_out(ask.trader.clone(), Command::AnswerReferral(ask)).await)
    }

    async fn set_factor(&self, request: Request<SetFactor>) -> Result<Response<TraderReply>, Status> {
        let ask = request.into_inner();
        Ok(self.carry_out(ask.trader.clone(), Command::SetFactor(ask)).await)
    }

    async fn grant_free_bet(&self, request: Request<GrantFreeBet>) -> Result<Response<TraderReply>, Status> {
        let ask = request.into_inner();
        Ok(self.carry_out(ask.trader.clone(), Command::GrantFreeBet(ask)).await)
    }

    async fn rule_on_market(&self, request: Request<RuleOnMarket>) -> Result<Response<TraderReply>, Status> {
        let ask = request.into_inner();
        Ok(self.carry_out(ask.trader.clone(), Command::RuleOnMarket(ask)).await)
    }
}

/// What a trader's stream has told of its brand: as many slips as wait of it.
struct Told {
    /// Empty for all brands.
    brand: String,
    waiting: HashSet<String>,
}

impl Told {
    fn of(brand: String) -> Self {
        let waiting = HashSet::new();
        Self { brand, waiting }
    }

    /// Whether a change is of the brand. One that says that a slip is gone does not name the brand: it is for whoever was
    /// told that the slip came.
    fn is_for_it(&mut self, change: &Result<ReferralChanged, Status>) -> bool {
        let Ok(ReferralChanged { change: Some(change) }) = change else {
            return true;
        };
        match change {
            _ if self.brand.is_empty() => true,
            Change::GoneSlipId(slip) => self.waiting.remove(slip),
            Change::Came(referral) => {
                let of_brand = |player: &PlayerRef| player.brand == self.brand;
                let is_of_brand = referral.player.as_ref().is_some_and(of_brand);
                if is_of_brand {
                    self.waiting.insert(referral.slip_id.clone());
                }
                is_of_brand
            }
        }
    }
}

impl Service {
    async fn waiting(&self, ask: ListReferrals) -> Result<Vec<Referral>, Status> {
        match self.edge.ask(Target::Referrals(ask)).await {
            Ok(Reply::Referrals(referrals)) => Ok(referrals.referrals),
            Ok(_) => Err(Status::unavailable(codes::UNKNOWN.error().message)),
            Err(error) => Err(Status::unavailable(error.message)),
        }
    }

    async fn carry_out(&self, trader: Option<Trader>, command: Command) -> Response<TraderReply> {
        self.edge.stats.messages.add(1);
        let done = self.ask(trader.unwrap_or_default(), command).await;
        self.edge.stats.answers.add(1);
        let result = match done {
            Ok(Reply::Trader(done)) => trader_reply::Result::Done(done),
            Ok(_) => trader_reply::Result::Error(codes::UNKNOWN.error()),
            Err(error) => {
                self.edge.stats.refuse(&error.code);
                trader_reply::Result::Error(error)
            }
        };
        Response::new(TraderReply { result: Some(result) })
    }

    async fn ask(&self, trader: Trader, command: Command) -> Result<Reply, Error> {
        parse::check_id(&trader.command_id)?;
        if parse::check_id(&trader.name).is_err() {
            return Err(codes::BAD_TRADER.error());
        }
        if self.edge.is_stopping() {
            return Err(codes::STOPPING.error());
        }
        let command = TraderCommand { command: Some(command) };
        self.edge.ask(Target::Trader(command)).await
    }
}
