//! A house of one tiny wallet per player behind a real router and a real topic.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use shardbook_gateway::{Config, Gateway, PublicTopic, ShardRouter};
use shardbook_proto::backoffice::v1::{Referral, ReferralChanged, Referrals, TraderDone, referral_changed};
use shardbook_proto::client::v1::{
    Balance, Bet, BetPlaced, BetQuote, Bets, CashOutLocked, CashOutOffer, CashOutOffers, CashedOut, Error, EventInfo,
    LimitSet, Line, MarketDelta, MarketImage, PlayerRef, Selection, SelfExcluded, SlipQuote, SlipState, SlipTaken,
    Slips,
};
use shardbook_proto::internal::v1::player_request::Request;
use shardbook_proto::internal::v1::public_update::Update;
use shardbook_proto::internal::v1::shard_reply::Reply;
use shardbook_proto::internal::v1::shard_request::Target;
use shardbook_proto::internal::v1::{
    CheckpointDone, CurrencyTotals, HouseTotalsReply, PlayerRequest, PublicUpdate, Registered, ShardReply, ShardRequest,
};
use shardbook_proto::provider::v1::FeedReply;
use shardbook_runtime::router::{BoxFuture, CallFault, Service};
use tokio::sync::watch;

use crate::overload::now_ms;

#[derive(Clone)]
pub struct House {
    held: Arc<Mutex<Held>>,
    open: Arc<watch::Sender<bool>>,
    routed: Arc<watch::Sender<Vec<String>>>,
    pub topic: Arc<PublicTopic>,
}

#[derive(Default)]
struct Held {
    /// Minor units by player.
    wallets: BTreeMap<String, i64>,
    bets: Vec<Bet>,
    markets: BTreeMap<String, MarketImage>,
    fault: Option<CallFault>,
    /// Of each request routed so far, in Unix milliseconds.
    deadlines: Vec<i64>,
    /// What the only bet can be sold for.
    cash_out: String,
    referrals: Vec<Referral>,
}

impl House {
    pub fn new() -> Self {
        Self {
            held: Arc::default(),
            open: Arc::new(watch::Sender::new(true)),
            routed: Arc::default(),
            topic: Arc::new(PublicTopic::new(65_536)),
        }
    }

    pub fn gateway(&self, change: impl FnOnce(&mut Config)) -> Gateway {
        let free = "127.0.0.1:0".parse().expect("address");
        let mut config = Config {
            ws: free,
            grpc: free,
            http: free,
            ..Config::default()
        };
        change(&mut config);
        Gateway::start(config, ShardRouter::new(self.clone()), Arc::clone(&self.topic)).expect("starts")
    }

    /// From now on every call meets this fault.
    pub fn fail(&self, fault: CallFault) {
        self.held.lock().expect("lock").fault = Some(fault);
    }

    /// From now on calls are answered again.
    pub fn recover(&self) {
        self.held.lock().expect("lock").fault = None;
    }

    /// The deadlines of requests that were routed since this was last asked.
    pub fn deadlines(&self) -> Vec<i64> {
        std::mem::take(&mut self.held.lock().expect("lock").deadlines)
    }

    /// From now on the only bet can be sold for this.
    pub fn buys_back_at(&self, amount: &str) {
        self.held.lock().expect("lock").cash_out = amount.into();
    }

    /// A slip of a player of the brand waits for a trader.
    pub fn refer(&self, brand: &str, slip: &str) {
        let referral = Referral {
            slip_id: slip.into(),
            player: Some(PlayerRef {
                brand: brand.into(),
                player: "p".into(),
            }),
            ..Referral::default()
        };
        self.held.lock().expect("lock").referrals.push(referral.clone());
        self.publish(Update::Referral(ReferralChanged {
            change: Some(referral_changed::Change::Came(referral)),
        }));
    }

    /// The slip waits no more.
    pub fn decided(&self, slip: &str) {
        self.held
            .lock()
            .expect("lock")
            .referrals
            .retain(|one| one.slip_id != slip);
        self.publish(Update::Referral(ReferralChanged {
            change: Some(referral_changed::Change::GoneSlipId(slip.into())),
        }));
    }

    /// From now on answers wait.
    pub fn hold(&self) {
        self.open.send_replace(false);
    }

    pub fn release(&self) {
        self.open.send_replace(true);
    }

    /// The command ids routed so far, once there are as many.
    pub async fn routed(&self, count: usize) -> Vec<String> {
        let mut seen = self.routed.subscribe();
        let seen = seen.wait_for(|ids| ids.len() >= count).await.expect("house is there");
        seen.clone()
    }

    pub fn publish(&self, update: Update) {
        let key = match &update {
            Update::Event(info) => info.event.clone(),
            Update::Image(image) => format!("{}/{}", image.event, image.market),
            _ => String::new(),
        };
        let update = Arc::new(PublicUpdate { update: Some(update) });
        self.topic.publish(Arc::clone(&update), |image| {
            if !key.is_empty() {
                image.insert(key, update);
            }
        });
    }

    pub fn post_event(&self, event: &str) {
        self.publish(Update::Event(EventInfo {
            event: event.into(),
            name: format!("{event} v x"),
            ..EventInfo::default()
        }));
    }

    /// A new market of two selections at 2.00.
    pub fn post_market(&self, event: &str, market: u32) {
        let selection = |selection| Selection {
            selection,
            price: "2.00".into(),
            ..Selection::default()
        };
        let image = MarketImage {
            event: event.into(),
            market,
            version: 1,
            selections: vec![selection(1), selection(2)],
            ..MarketImage::default()
        };
        self.held
            .lock()
            .expect("lock")
            .markets
            .insert(format!("{event}/{market}"), image.clone());
        self.publish(Update::Image(image));
    }

    /// The next price of a selection; the topic's image moves with it.
    pub fn move_price(&self, event: &str, market: u32, price: &str) {
        let key = format!("{event}/{market}");
        let (delta, image) = {
            let mut held = self.held.lock().expect("lock");
            let image = held.markets.get_mut(&key).expect("market");
            image.version += 1;
            image.selections[0].price = price.into();
            let line = Line {
                selection: 1,
                price: price.into(),
                ..Line::default()
            };
            let lines = vec![line];
            let (event, version) = (event.to_owned(), image.version);
            (
                MarketDelta {
                    event,
                    market,
                    version,
                    lines,
                    received_us: 1,
                    ..MarketDelta::default()
                },
                image.clone(),
            )
        };
        let whole = Arc::new(PublicUpdate {
            update: Some(Update::Image(image)),
        });
        let delta = Arc::new(PublicUpdate {
            update: Some(Update::Delta(delta)),
        });
        self.topic.publish(delta, |image| {
            image.insert(key, whole);
        });
    }

    pub fn book(&self) -> BTreeMap<String, MarketImage> {
        self.held.lock().expect("lock").markets.clone()
    }

    fn answer(&self, request: ShardRequest) -> Result<ShardReply, CallFault> {
        let mut held = self.held.lock().expect("lock");
        let left = i64::from(request.patience_ms);
        held.deadlines.push(match request.deadline_ms {
            0 => now_ms() + left,
            passed => passed,
        });
        if let Some(fault) = held.fault {
            return Err(fault);
        }
        let reply = match request.target.expect("target") {
            Target::Player(request) => held.player(request),
            Target::Feed(message) => Reply::Feed(FeedReply {
                id: message.id,
                ..FeedReply::default()
            }),
            Target::HouseTotals(_) => Reply::HouseTotals(HouseTotalsReply {
                currencies: vec![CurrencyTotals {
                    currency: "EUR".into(),
                    bets_placed: held.bets.len() as u64,
                    ..CurrencyTotals::default()
                }],
                ..HouseTotalsReply::default()
            }),
            Target::Trader(_) => Reply::Trader(TraderDone {}),
            Target::Referrals(ask) => Reply::Referrals(Referrals {
                referrals: held
                    .referrals
                    .iter()
                    .filter(|one| of_brand(one, &ask.brand))
                    .cloned()
                    .collect(),
            }),
            Target::Checkpoint(_) => Reply::Checkpoint(CheckpointDone {
                path: "data/checkpoint-1".into(),
            }),
        };
        Ok(ShardReply { reply: Some(reply) })
    }
}

impl Held {
    fn player(&mut self, request: PlayerRequest) -> Reply {
        let player = request.player.expect("player");
        let name = format!("{}/{}", player.brand, player.player);
        match request.request.expect("request") {
            Request::Register(_) => {
                let created = !self.wallets.contains_key(&name);
                let available = *self.wallets.entry(name.clone()).or_default();
                Reply::Registered(Registered {
                    player_id: name,
                    balance: Some(balance(available)),
                    created,
                })
            }
            Request::Balance(_) => match self.wallets.get(&name) {
                Some(available) => Reply::Balance(balance(*available)),
                None => refusal("PLAYER_UNKNOWN"),
            },
            Request::Deposit(deposit) => self.add(&name, minor(&deposit.amount)),
            Request::Withdraw(withdraw) => self.add(&name, -minor(&withdraw.amount)),
            Request::PlaceBet(bet) => {
                if let refused @ Reply::Error(_) = self.add(&name, -minor(&bet.stake)) {
                    return refused;
                }
                let bet = Bet {
                    bet_id: format!("bet-{}", request.command_id),
                    stake: bet.stake,
                    ..Bet::default()
                };
                self.bets.push(bet.clone());
                Reply::BetPlaced(BetPlaced {
                    bet: Some(bet),
                    balance: Some(balance(self.wallets[&name])),
                })
            }
            Request::ListBets(_) => Reply::Bets(Bets {
                bets: self.bets.clone(),
                next_cursor: String::new(),
            }),
            Request::SetLimit(limit) => Reply::LimitSet(LimitSet {
                kind: limit.kind,
                in_force: limit.amount,
                ..LimitSet::default()
            }),
            Request::SelfExclude(until) => Reply::SelfExcluded(SelfExcluded {
                until_ms: until.until_ms,
            }),
            Request::PlaceSlip(_) | Request::AnswerOffer(_) => Reply::Slip(SlipTaken {
                slip_id: request.command_id,
                state: SlipState::Delayed.into(),
                ..SlipTaken::default()
            }),
            Request::QuoteSlip(slip) => Reply::SlipQuote(SlipQuote {
                bets: vec![BetQuote::default(); slip.bets.len()],
                ..SlipQuote::default()
            }),
            Request::ListSlips(_) => Reply::Slips(Slips::default()),
            Request::LockCashOut(lock) => Reply::CashOutLocked(CashOutLocked {
                bet_id: lock.bet_id,
                ..CashOutLocked::default()
            }),
            Request::CashOut(sell) => Reply::CashedOut(CashedOut {
                paid: sell.amount,
                ..CashedOut::default()
            }),
            // Prices of this house are never read.
            Request::InFormat(_) => refusal("UNKNOWN_MESSAGE"),
            Request::CashOutPrices(_) => Reply::CashOutOffers(CashOutOffers {
                offers: vec![CashOutOffer {
                    bet_id: "bet-1".into(),
                    amount: self.cash_out.clone(),
                }],
            }),
        }
    }

    fn add(&mut self, name: &str, amount: i64) -> Reply {
        let available = self.wallets.entry(name.to_owned()).or_default();
        if *available + amount < 0 {
            return refusal("INSUFFICIENT_FUNDS");
        }
        *available += amount;
        Reply::Balance(balance(*available))
    }
}

fn of_brand(referral: &Referral, brand: &str) -> bool {
    brand.is_empty() || referral.player.as_ref().is_some_and(|player| player.brand == brand)
}

fn minor(amount: &str) -> i64 {
    amount.replace('.', "").parse().expect("amount with two decimals")
}

pub fn balance(available: i64) -> Balance {
    Balance {
        currency: "EUR".into(),
        available: format!("{}.{:02}", available / 100, available % 100),
        ..Balance::default()
    }
}

fn refusal(code: &str) -> Reply {
    Reply::Error(Error {
        code: code.into(),
        ..Error::default()
    })
}

impl Service<ShardRequest, ShardReply> for House {
    fn call(&self, request: ShardRequest) -> BoxFuture<Result<ShardReply, CallFault>> {
        let id = match &request.target {
            Some(Target::Player(player)) => player.command_id.clone(),
            Some(Target::Feed(message)) => message.id.clone(),
            _ => String::new(),
        };
        if !id.is_empty() {
            self.routed.send_modify(|ids| ids.push(id));
        }
        let answer = self.answer(request);
        let mut open = self.open.subscribe();
        Box::pin(async move {
            open.wait_for(|open| *open).await.map_err(|_| CallFault::Unavailable)?;
            answer
        })
    }
}
