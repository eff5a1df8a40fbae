//! A B2B partner: unary calls over a few gRPC connections on loopback.

use std::sync::atomic::{AtomicUsize, Ordering};

use shardbook_proto::client::v1 as client;
use shardbook_proto::client::v1::betting_client::BettingClient;
use shardbook_runtime::router::BoxFuture;
use tonic::transport::{Channel, Endpoint};

use super::house::House;
use super::{Bettor, Placed, player_ref};
use crate::Failure;

/// Connections: an HTTP/2 connection is one task on each side, so a few keep two cores busy.
const CONNECTIONS: usize = 4;

pub(super) struct Partner {
    clients: Vec<BettingClient<Channel>>,
    next: AtomicUsize,
}

impl Partner {
    pub(super) async fn connect(house: &House) -> Result<Self, Failure> {
        let address = house.addresses().ok_or("the gateway of the bench is not started")?;
        let endpoint = Endpoint::from_shared(format!("http://{}", address.grpc))?;
        let mut clients = Vec::new();
        for _ in 0..CONNECTIONS {
            clients.push(BettingClient::new(endpoint.connect().await?));
        }
        Ok(Self {
            clients,
            next: AtomicUsize::new(0),
        })
    }
}

impl Bettor for Partner {
    fn place(&self, player: u64, id: String, bet: client::PlaceBet) -> BoxFuture<Placed> {
        let turn = self.next.fetch_add(1, Ordering::Relaxed);
        let mut client = self.clients[turn % CONNECTIONS].clone();
        Box::pin(async move {
            let request = client::PlaceBetRequest {
                player: Some(player_ref(player)),
                id,
                bet: Some(bet),
            };
            match client.place_bet(request).await?.into_inner().result {
                Some(client::place_bet_reply::Result::Placed(_)) => Ok(()),
                other => Err(format!("a bet was not accepted: {other:?}").into()),
            }
        })
    }
}
