//! A unary gRPC call for each command, over one connection.

use std::task::{Context, Poll};

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use shardbook_proto::client::v1::betting_client::BettingClient;
use shardbook_proto::client::v1::{
    CashierRequest, GetBalanceRequest, ListBets, ListBetsRequest, cashier_reply, get_balance_reply, list_bets_reply,
};
use shardbook_runtime::router::BoxFuture;
use tonic::transport::Channel;

use super::{Lane, Plan, Said, Tag, bet_request, placed, player_ref, unexpected};
use crate::Failure;
use crate::bench::plan::Deed;

/// A command with its answer.
pub(super) type Answered = Result<(Tag, Said), Failure>;

pub(super) struct Unary {
    client: BettingClient<Channel>,
    waiting: FuturesUnordered<BoxFuture<Answered>>,
}

impl Unary {
    pub(super) fn new(channel: Channel) -> Self {
        Self {
            client: BettingClient::new(channel),
            waiting: FuturesUnordered::new(),
        }
    }
}

impl Lane for Unary {
    fn send(&mut self, plan: &Plan, tag: Tag) {
        self.waiting.push(call(self.client.clone(), plan, tag));
    }

    fn poll(&mut self, cx: &mut Context<'_>, done: &mut dyn FnMut(Tag, Said)) -> Poll<Result<(), Failure>> {
        let mut some = false;
        while let Poll::Ready(Some(tag)) = self.waiting.poll_next_unpin(cx) {
            let (tag, said) = tag?;
            done(tag, said);
            some = true;
        }
        if some { Poll::Ready(Ok(())) } else { Poll::Pending }
    }
}

/// One call; it is sent at the first poll.
pub(super) fn call(mut client: BettingClient<Channel>, plan: &Plan, tag: Tag) -> BoxFuture<Answered> {
    let deed = tag.order.deed;
    if let Deed::Bet { market, selection } = deed {
        let request = bet_request(plan, &tag, market, selection);
        return Box::pin(async move {
            let said = placed(client.place_bet(request).await?.into_inner(), &tag)?;
            Ok((tag, said))
        });
    }
    let (player, id) = (Some(player_ref(tag.order.player)), plan.id(tag.turn));
    Box::pin(async move {
        match deed {
            Deed::Deposit | Deed::Withdraw => {
                let request = CashierRequest {
                    player,
                    id,
                    amount: "1.00".into(),
                    currency: "EUR".into(),
                    register: false,
                };
                let reply = if deed == Deed::Deposit {
                    client.deposit(request).await?
                } else {
                    client.withdraw(request).await?
                };
                match reply.into_inner().result {
                    Some(cashier_reply::Result::Balance(_)) => Ok((tag, Said::Done)),
                    Some(cashier_reply::Result::Error(error)) => Ok((tag, Said::Refused(error.code))),
                    other => Err(unexpected(deed, &other)),
                }
            }
            Deed::Balance => match client
                .get_balance(GetBalanceRequest { player })
                .await?
                .into_inner()
                .result
            {
                Some(get_balance_reply::Result::Balance(_)) => Ok((tag, Said::Done)),
                other => Err(unexpected(deed, &other)),
            },
            Deed::Bets | Deed::Bet { .. } => {
                let list = ListBets {
                    limit: 10,
                    ..ListBets::default()
                };
                let request = ListBetsRequest {
                    player,
                    list: Some(list),
                };
                match client.list_bets(request).await?.into_inner().result {
                    Some(list_bets_reply::Result::Bets(_)) => Ok((tag, Said::Done)),
                    other => Err(unexpected(deed, &other)),
                }
            }
        }
    })
}
