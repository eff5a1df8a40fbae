//! Straight to the router, with the types of the wire.

use std::collections::VecDeque;
use std::task::{Context, Poll};

use shardbook_proto::client::v1 as client;
use shardbook_proto::internal::v1::player_request::Request;
use shardbook_proto::internal::v1::shard_reply::Reply;
use shardbook_proto::internal::v1::{ShardReply, ShardRequest};
use shardbook_runtime::router::{BoxFuture, CallFault};
use shardbook_shard_node::ShardRouter;
use tokio::runtime::Handle;

use super::{Lane, Plan, Said, Tag, single, unexpected};
use crate::Failure;
use crate::bench::house::of_player;
use crate::bench::plan::Deed;

pub(super) struct Straight {
    router: ShardRouter,
    house: Handle,
    /// Awaited in the order of sending: answers come by the group, so the first is seldom late.
    waiting: VecDeque<(Tag, BoxFuture<Result<ShardReply, CallFault>>)>,
}

impl Straight {
    pub(super) fn new(router: ShardRouter, house: Handle) -> Self {
        Self {
            router,
            house,
            waiting: VecDeque::new(),
        }
    }
}

impl Lane for Straight {
    fn send(&mut self, plan: &Plan, tag: Tag) {
        let request = |request| of_player(tag.order.player, plan.id(tag.turn), request);
        let question = |request| of_player(tag.order.player, String::new(), request);
        let message: ShardRequest = match tag.order.deed {
            Deed::Bet { market, selection } => request(Request::PlaceBet(single(market, selection))),
            Deed::Deposit => request(Request::Deposit(client::Deposit {
                amount: "1.00".into(),
                currency: "EUR".into(),
            })),
            Deed::Withdraw => request(Request::Withdraw(client::Withdraw {
                amount: "1.00".into(),
                currency: "EUR".into(),
            })),
            Deed::Balance => question(Request::Balance(client::GetBalance {})),
            Deed::Bets => question(Request::ListBets(client::ListBets {
                limit: 10,
                ..client::ListBets::default()
            })),
        };
        let message = ShardRequest {
            deadline_ms: tag.deadline_ms,
            ..message
        };
        // An actor that this wakes runs on the threads of the house, not on the clients'.
        let _on_house = self.house.enter();
        self.waiting.push_back((tag, self.router.call(message)));
    }

    fn poll(&mut self, cx: &mut Context<'_>, done: &mut dyn FnMut(Tag, Said)) -> Poll<Result<(), Failure>> {
        let mut some = false;
        let _on_house = self.house.enter();
        while let Some((tag, call)) = self.waiting.front_mut() {
            let Poll::Ready(answered) = call.as_mut().poll(cx) else {
                break;
            };
            let said = match answered {
                Err(CallFault::Overloaded) => Some("OVERLOADED".to_owned()),
                Err(CallFault::DeadlinePassed) => Some("DEADLINE_PASSED".to_owned()),
                _ => None,
            };
            if let Some(code) = said {
                done(*tag, Said::Refused(code));
                self.waiting.pop_front();
                some = true;
                continue;
            }
            let reply = answered?.reply;
            let fits = matches!(
                (tag.order.deed, &reply),
                (Deed::Bet { .. }, Some(Reply::BetPlaced(_)))
                    | (Deed::Deposit | Deed::Withdraw | Deed::Balance, Some(Reply::Balance(_)))
                    | (Deed::Bets, Some(Reply::Bets(_)))
            );
            if !fits {
                return Poll::Ready(Err(unexpected(tag.order.deed, &reply)));
            }
            done(*tag, Said::Done);
            self.waiting.pop_front();
            some = true;
        }
        if some { Poll::Ready(Ok(())) } else { Poll::Pending }
    }
}
