//! Partner calls: one question or command on behalf of a player.

use std::sync::Arc;
use std::time::Instant;

use shardbook_proto::client::v1::betting_server::Betting;
use shardbook_proto::client::v1::{
    AnswerOfferRequest, Balance, Bets, CashOutReply, CashOutRequest, CashierReply, CashierRequest, ClientMessage,
    Deposit, Error, GetBalance, GetBalanceReply, GetBalanceRequest, ListBetsReply, ListBetsRequest, LockCashOutRequest,
    PlaceBetReply, PlaceBetRequest, PlaceSlipRequest, PlayerRef, QuoteSlipRequest, SlipQuoteReply, SlipReply,
    Subscribe, Withdraw, cash_out_reply, cashier_reply, get_balance_reply, list_bets_reply, place_bet_reply,
    slip_quote_reply, slip_reply,
};
use shardbook_proto::internal::v1::player_request::Request as Ask;
use shardbook_proto::internal::v1::shard_reply::Reply;
use shardbook_proto::internal::v1::shard_request::Target;
use shardbook_proto::internal::v1::{PlayerRequest, Register};
use shardbook_runtime::stages::{self, Stage};
use tonic::metadata::MetadataMap;
use tonic::{Request, Response, Status, Streaming};

use super::deadline::deadline_of;
use super::session::{SessionStream, quoting};
use crate::codes;
use crate::edge::Edge;
use crate::parse;
use crate::prices::Quoting;

pub(super) struct Service {
    pub edge: Arc<Edge>,
}

/// Invariant: a refusal of the trade travels in the reply, so that a gRPC status always means the transport.
#[tonic::async_trait]
impl Betting for Service {
    type SessionStream = SessionStream;
    type WatchMarketsStream = SessionStream;

    async fn session(
        &self,
        request: Request<Streaming<ClientMessage>>,
    ) -> Result<Response<Self::SessionStream>, Status> {
        SessionStream::converse(&self.edge, request).map(Response::new)
    }

    async fn place_bet(&self, request: Request<PlaceBetRequest>) -> Result<Response<PlaceBetReply>, Status> {
        let since = Instant::now();
        let manner = Manner::of(&self.edge, request.metadata());
        let PlaceBetRequest { player, id, bet } = request.into_inner();
        let told = parse::fit_id(&id);
        let placed = self
            .command(manner, player, id, Ask::PlaceBet(bet.unwrap_or_default()))
            .await;
        self.edge.stats.acceptance.record([micros_since(since)]);
        Ok(Response::new(bet_reply(told, self.counted(placed))))
    }

    async fn place_slip(&self, request: Request<PlaceSlipRequest>) -> Result<Response<SlipReply>, Status> {
        let manner = Manner::of(&self.edge, request.metadata());
        let PlaceSlipRequest { player, id, slip } = request.into_inner();
        let ask = Ask::PlaceSlip(slip.unwrap_or_default());
        Ok(self.slip(manner, player, id, ask).await)
    }

    async fn quote_slip(&self, request: Request<QuoteSlipRequest>) -> Result<Response<SlipQuoteReply>, Status> {
        let manner = Manner::of(&self.edge, request.metadata());
        let QuoteSlipRequest { player, slip } = request.into_inner();
        let ask = Ask::QuoteSlip(slip.unwrap_or_default());
        let result = match self.counted(self.ask(manner, player, String::new(), ask).await) {
            Ok(Reply::SlipQuote(quote)) => slip_quote_reply::Result::Quote(quote),
            Ok(_) => slip_quote_reply::Result::Error(codes::UNKNOWN.error()),
            Err(error) => slip_quote_reply::Result::Error(error),
        };
        Ok(Response::new(SlipQuoteReply { result: Some(result) }))
    }

    async fn answer_offer(&self, request: Request<AnswerOfferRequest>) -> Result<Response<SlipReply>, Status> {
        let manner = Manner::of(&self.edge, request.metadata());
        let AnswerOfferRequest { player, id, answer } = request.into_inner();
        let ask = Ask::AnswerOffer(answer.unwrap_or_default());
        Ok(self.slip(manner, player, id, ask).await)
    }

    async fn lock_cash_out(&self, request: Request<LockCashOutRequest>) -> Result<Response<CashOutReply>, Status> {
        let manner = Manner::of(&self.edge, request.metadata());
        let LockCashOutRequest { player, id, lock } = request.into_inner();
        let ask = Ask::LockCashOut(lock.unwrap_or_default());
        Ok(self.cash(manner, player, id, ask).await)
    }

    async fn cash_out(&self, request: Request<CashOutRequest>) -> Result<Response<CashOutReply>, Status> {
        let manner = Manner::of(&self.edge, request.metadata());
        let CashOutRequest { player, id, cash_out } = request.into_inner();
        let ask = Ask::CashOut(cash_out.unwrap_or_default());
        Ok(self.cash(manner, player, id, ask).await)
    }

    async fn get_balance(&self, request: Request<GetBalanceRequest>) -> Result<Response<GetBalanceReply>, Status> {
        let manner = Manner::of(&self.edge, request.metadata());
        let player = request.into_inner().player;
        let asked = self
            .ask(manner, player, String::new(), Ask::Balance(GetBalance {}))
            .await;
        let result = match self.counted(asked.and_then(balance)) {
            Ok(balance) => get_balance_reply::Result::Balance(balance),
            Err(error) => get_balance_reply::Result::Error(error),
        };
        Ok(Response::new(GetBalanceReply { result: Some(result) }))
    }

    async fn list_bets(&self, request: Request<ListBetsRequest>) -> Result<Response<ListBetsReply>, Status> {
        let manner = Manner::of(&self.edge, request.metadata());
        let result = match self.counted(self.list(manner, request.into_inner()).await) {
            Ok(bets) => list_bets_reply::Result::Bets(bets),
            Err(error) => list_bets_reply::Result::Error(error),
        };
        Ok(Response::new(ListBetsReply { result: Some(result) }))
    }

    async fn deposit(&self, request: Request<CashierRequest>) -> Result<Response<CashierReply>, Status> {
        let manner = Manner::of(&self.edge, request.metadata());
        let request = request.into_inner();
        let ask = Ask::Deposit(Deposit {
            amount: request.amount.clone(),
            currency: request.currency.clone(),
        });
        Ok(self.cashier(manner, request, ask).await)
    }

    async fn withdraw(&self, request: Request<CashierRequest>) -> Result<Response<CashierReply>, Status> {
        let manner = Manner::of(&self.edge, request.metadata());
        let mut request = request.into_inner();
        request.register = false;
        let ask = Ask::Withdraw(Withdraw {
            amount: request.amount.clone(),
            currency: request.currency.clone(),
        });
        Ok(self.cashier(manner, request, ask).await)
    }

    async fn watch_markets(&self, request: Request<Subscribe>) -> Result<Response<Self::WatchMarketsStream>, Status> {
        SessionStream::watch(&self.edge, request).map(Response::new)
    }
}

/// How a call wants to be answered.
#[derive(Clone)]
struct Manner {
    /// How it writes prices, or that it cannot be said.
    quoting: Result<Quoting, Error>,
    /// Unix milliseconds; 0: none.
    deadline_ms: i64,
}

impl Manner {
    fn of(edge: &Edge, metadata: &MetadataMap) -> Self {
        Self {
            quoting: quoting(edge, metadata),
            deadline_ms: deadline_of(metadata),
        }
    }
}

impl Service {
    async fn command(&self, manner: Manner, player: Option<PlayerRef>, id: String, ask: Ask) -> Result<Reply, Error> {
        parse::check_id(&id)?;
        self.ask(manner, player, id, ask).await
    }

    async fn slip(&self, manner: Manner, player: Option<PlayerRef>, id: String, ask: Ask) -> Response<SlipReply> {
        let since = Instant::now();
        let taken = self.command(manner, player, id, ask).await;
        self.edge.stats.acceptance.record([micros_since(since)]);
        let result = match self.counted(taken) {
            Ok(Reply::Slip(slip)) => slip_reply::Result::Slip(slip),
            Ok(_) => slip_reply::Result::Error(codes::UNKNOWN.error()),
            Err(error) => slip_reply::Result::Error(error),
        };
        Response::new(SlipReply { result: Some(result) })
    }

    async fn cash(&self, manner: Manner, player: Option<PlayerRef>, id: String, ask: Ask) -> Response<CashOutReply> {
        let answer = self.command(manner, player, id, ask).await;
        let result = match self.counted(answer) {
            Ok(Reply::CashOutLocked(locked)) => cash_out_reply::Result::Locked(locked),
            Ok(Reply::CashedOut(paid)) => cash_out_reply::Result::Paid(paid),
            Ok(_) => cash_out_reply::Result::Error(codes::UNKNOWN.error()),
            Err(error) => cash_out_reply::Result::Error(error),
        };
        Response::new(CashOutReply { result: Some(result) })
    }

    async fn list(&self, manner: Manner, request: ListBetsRequest) -> Result<Bets, Error> {
        let list = request.list.unwrap_or_default();
        parse::check_page(list.limit)?;
        match self
            .ask(manner, request.player, String::new(), Ask::ListBets(list))
            .await?
        {
            Reply::Bets(bets) => Ok(bets),
            _ => Err(codes::UNKNOWN.error()),
        }
    }

    async fn cashier(&self, manner: Manner, request: CashierRequest, ask: Ask) -> Response<CashierReply> {
        let result = match self.counted(self.move_funds(manner, request, ask).await) {
            Ok(balance) => cashier_reply::Result::Balance(balance),
            Err(error) => cashier_reply::Result::Error(error),
        };
        Response::new(CashierReply { result: Some(result) })
    }

    async fn move_funds(&self, manner: Manner, request: CashierRequest, ask: Ask) -> Result<Balance, Error> {
        parse::check_id(&request.id)?;
        if !self.edge.config.test_cashier {
            return Err(codes::CASHIER_DISABLED.error());
        }
        if request.register {
            let register = Ask::Register(Register {
                currency: request.currency,
            });
            self.ask(manner.clone(), request.player.clone(), String::new(), register)
                .await?;
        }
        balance(self.ask(manner, request.player, request.id, ask).await?)
    }

    /// The shard's reply with its prices as the call wants them, once the reference is known to be in form. The command is
    /// under way at the first poll.
    async fn ask(
        &self,
        manner: Manner,
        player: Option<PlayerRef>,
        command_id: String,
        ask: Ask,
    ) -> Result<Reply, Error> {
        let Manner { quoting, deadline_ms } = manner;
        let quoting = quoting?;
        let sent = {
            let _lap = stages::sample(Stage::Decode);
            let player = player.unwrap_or_default();
            parse::check_player(&player)?;
            if self.edge.is_stopping() {
                return Err(codes::STOPPING.error());
            }
            let request = PlayerRequest {
                player: Some(player),
                command_id,
                request: Some(quoting.ask(ask)),
            };
            stages::mark(Stage::Decode);
            self.edge.ask_by(Target::Player(request), deadline_ms)
        };
        let mut answer = sent.await;
        match &mut answer {
            Ok(reply) => quoting.reply(reply),
            Err(error) => quoting.error(error),
        }
        answer
    }

    fn counted<T>(&self, outcome: Result<T, Error>) -> Result<T, Error> {
        self.edge.stats.messages.add(1);
        self.edge.stats.answers.add(1);
        outcome.inspect_err(|error| self.edge.stats.refuse(&error.code))
    }
}

/// The answer to one bet, alone or in bulk.
pub(super) fn bet_reply(id: String, placed: Result<Reply, Error>) -> PlaceBetReply {
    let result = match placed {
        Ok(Reply::BetPlaced(placed)) => place_bet_reply::Result::Placed(placed),
        Ok(Reply::Slip(slip)) => place_bet_reply::Result::Slip(slip),
        Ok(_) => place_bet_reply::Result::Error(codes::UNKNOWN.error()),
        Err(error) => place_bet_reply::Result::Error(error),
    };
    let result = Some(result);
    PlaceBetReply { result, id }
}

fn micros_since(since: Instant) -> u64 {
    u64::try_from(since.elapsed().as_micros()).unwrap_or(u64::MAX)
}

fn balance(reply: Reply) -> Result<Balance, Error> {
    match reply {
        Reply::Balance(balance) => Ok(balance),
        _ => Err(codes::UNKNOWN.error()),
    }
}
