use std::collections::BTreeMap;

use rust_decimal::{Decimal, RoundingStrategy};
use shardbook_proto::client::v1::client_message::Request;
use shardbook_proto::client::v1::server_message::Message;
use shardbook_proto::client::v1::{
    Balance, Bet, BetLeg, BetPlaced, BetStatus, BetType, CashOut, CashOutLocked, CashOutOffer, CashOutOffers,
    CashedOut, Error, Leg, LockCashOut, PlaceBet, PlaceSlip, SlipBet, SlipState, SlipTaken, StakeKind,
};

use super::Fault;
use crate::latency::now_us;
use crate::players::asked::lines;
use crate::players::chooser::minor_digits;

/// One player's money, bets and answers.
#[derive(Default)]
pub struct Wallet {
    pub balance: Balance,
    pub bets: Vec<Bet>,
    pub outcomes: BTreeMap<String, (Request, Message)>,
    slips: u32,
    kept: Option<CashOutLocked>,
}

/// A command's answer, and what is pushed about it.
pub struct Decided {
    pub answer: Message,
    pub push: Option<Message>,
    /// Bets that are placed by now.
    pub placed: u64,
}

impl Decided {
    fn at_once(answer: Message, placed: usize) -> Self {
        let (push, placed) = (None, placed as u64);
        Self { answer, push, placed }
    }
}

impl Wallet {
    pub fn told(&self) -> Balance {
        self.balance.clone()
    }

    pub fn change(&mut self, available: Decimal, held: Decimal) {
        let sum = |text: &str, more: Decimal| (text.parse::<Decimal>().unwrap_or_default() + more).to_string();
        self.balance.available = sum(&self.balance.available, available);
        self.balance.held = sum(&self.balance.held, held);
        self.balance.version += 1;
    }

    pub fn decide(&mut self, player: &str, request: &Request, fault: Fault) -> Decided {
        match request {
            Request::PlaceBet(bet) => self.place(player, &slip_of(bet), true, fault),
            Request::PlaceSlip(slip) => self.place(player, slip, false, fault),
            Request::LockCashOut(lock) => Decided::at_once(self.lock(lock), 0),
            Request::CashOut(sale) => Decided::at_once(self.sell(sale, fault), 0),
            other => panic!("not a command about bets: {other:?}"),
        }
    }

    fn place(&mut self, player: &str, slip: &PlaceSlip, plain: bool, fault: Fault) -> Decided {
        let Some(mut bets) = self.bets_of(player, slip) else {
            return Decided::at_once(refusal("WRONG", false), 0);
        };
        if fault == Fault::TakeOtherLines && !plain {
            bets[0].lines += 1;
        }
        self.slips += 1;
        if fault.delays() && self.slips.is_multiple_of(3) {
            return self.delayed(player, bets, self.slips.is_multiple_of(2));
        }
        for bet in &bets {
            let stake: Decimal = bet.stake.parse().expect("a stake");
            let kept = Decimal::new(i64::from(fault == Fault::KeepAPenny && self.bets.is_empty()), 2);
            self.change(-stake - kept, stake);
        }
        self.bets.extend(bets.iter().cloned());
        let (placed, balance) = (bets.len(), Some(self.told()));
        let answer = if plain {
            let bet = bets.pop();
            Message::BetPlaced(BetPlaced { bet, balance })
        } else {
            let state = SlipState::Placed.into();
            Message::Slip(SlipTaken {
                state,
                bets,
                balance,
                ..SlipTaken::default()
            })
        };
        Decided::at_once(answer, placed)
    }

    /// Holds the stakes, and decides at once what the player hears later.
    fn delayed(&mut self, player: &str, mut bets: Vec<Bet>, accept: bool) -> Decided {
        let stakes: Decimal = bets
            .iter()
            .map(|bet| bet.stake.parse::<Decimal>().expect("a stake"))
            .sum();
        self.change(-stakes, stakes);
        let until_ms = now_us() / 1_000;
        let told = |state: SlipState, balance| SlipTaken {
            slip_id: format!("{player}-s{}", self.slips),
            state: state.into(),
            until_ms,
            balance: Some(balance),
            ..SlipTaken::default()
        };
        let answer = told(SlipState::Delayed, self.balance.clone());
        let mut push = told(
            if accept { SlipState::Placed } else { SlipState::Refused },
            Balance::default(),
        );
        let placed = if accept {
            self.change(Decimal::ZERO, Decimal::ZERO);
            bets.iter_mut().for_each(|bet| bet.placed_ms = until_ms);
            self.bets.extend(bets.iter().cloned());
            push.bets = bets;
            push.bets.len() as u64
        } else {
            self.change(stakes, -stakes);
            push.refused = Some(error("MARKET_SUSPENDED", false));
            0
        };
        push.balance = Some(self.told());
        Decided {
            answer: Message::Slip(answer),
            push: Some(Message::SlipChanged(push)),
            placed,
        }
    }

    /// The bets of the slip, where all is fine with it.
    fn bets_of(&self, player: &str, slip: &PlaceSlip) -> Option<Vec<Bet>> {
        let legs_fine = slip.selections.iter().all(|leg| leg.market == 1 && leg.price == "2.50");
        if !legs_fine || slip.currency != self.balance.currency {
            return None;
        }
        let bets = slip.bets.iter().enumerate();
        let bets: Option<Vec<Bet>> = bets
            .map(|(at, bet)| {
                let mut placed = placed(bet, slip)?;
                placed.bet_id = format!("{player}/{}", self.bets.len() + at);
                Some(placed)
            })
            .collect();
        let stakes = bets.iter().flatten().map(|bet| bet.stake.parse::<Decimal>());
        let stakes: Decimal = stakes.sum::<Result<_, _>>().ok()?;
        let available: Decimal = self.balance.available.parse().expect("a balance");
        bets.filter(|_| stakes <= available)
    }

    pub fn offers(&self) -> CashOutOffers {
        let open = self.bets.iter().filter(|bet| bet.status() == BetStatus::Open);
        let offers = open.map(|bet| CashOutOffer {
            bet_id: bet.bet_id.clone(),
            amount: self.price(open_stake(bet)).to_string(),
        });
        CashOutOffers {
            offers: offers.collect(),
        }
    }

    /// Nine tenths of the stake.
    fn price(&self, stake: Decimal) -> Decimal {
        let digits = minor_digits(&self.balance.currency);
        (stake * Decimal::new(9, 1)).round_dp_with_strategy(digits, RoundingStrategy::ToZero)
    }

    fn lock(&mut self, lock: &LockCashOut) -> Message {
        let Some(bet) = self.bets.iter().find(|bet| bet.bet_id == lock.bet_id) else {
            return refusal("BET_UNKNOWN", false);
        };
        let stake = lock.stake.parse().unwrap_or_else(|_| open_stake(bet));
        let amount = self.price(stake);
        if stake > open_stake(bet) || amount.is_zero() {
            return refusal("CASH_OUT_TOO_SMALL", false);
        }
        let locked = CashOutLocked {
            bet_id: lock.bet_id.clone(),
            stake: stake.to_string(),
            amount: amount.to_string(),
            until_ms: i64::MAX,
        };
        self.kept = Some(locked.clone());
        Message::CashOutLocked(locked)
    }

    fn sell(&mut self, sale: &CashOut, fault: Fault) -> Message {
        let kept = self
            .kept
            .take()
            .filter(|kept| (&kept.bet_id, &kept.amount) == (&sale.bet_id, &sale.amount));
        let Some(kept) = kept else {
            return refusal("CASH_OUT_NOT_LOCKED", false);
        };
        let (stake, paid): (Decimal, Decimal) = (kept.stake.parse().expect("kept"), kept.amount.parse().expect("kept"));
        let credited = if fault == Fault::PayNothing {
            Decimal::ZERO
        } else {
            paid
        };
        self.change(credited, -stake);
        let bet = self.bets.iter_mut().find(|bet| bet.bet_id == sale.bet_id);
        let bet = bet.expect("was there when its price was kept");
        let more = |text: &str, more: Decimal| (text.parse::<Decimal>().unwrap_or_default() + more).to_string();
        bet.cashed_stake = more(&bet.cashed_stake, stake);
        bet.cashed_paid = more(&bet.cashed_paid, paid);
        if open_stake(bet).is_zero() {
            bet.status = BetStatus::CashedOut.into();
        }
        let bet = Some(bet.clone());
        Message::CashedOut(CashedOut {
            bet,
            paid: kept.amount,
            balance: Some(self.told()),
        })
    }
}

fn open_stake(bet: &Bet) -> Decimal {
    let amount = |text: &str| text.parse::<Decimal>().unwrap_or_default();
    amount(&bet.stake) - amount(&bet.cashed_stake)
}

fn slip_of(bet: &PlaceBet) -> PlaceSlip {
    let whole = SlipBet {
        stake: bet.stake.clone(),
        ..SlipBet::default()
    };
    PlaceSlip {
        selections: bet.legs.clone(),
        bets: vec![whole],
        currency: bet.currency.clone(),
        policy: bet.policy,
        reoffer: false,
    }
}

/// The bet as it is placed; `None` where its stake or shape is wrong.
fn placed(bet: &SlipBet, slip: &PlaceSlip) -> Option<Bet> {
    let on = |at: &usize| bet.selections.is_empty() || bet.selections.contains(&(*at as u32));
    let legs: Vec<&Leg> = (0..slip.selections.len())
        .filter(on)
        .map(|at| &slip.selections[at])
        .collect();
    // No cover of a name is of as few events as this house has.
    let named = !matches!(bet.r#type(), BetType::All | BetType::Singles | BetType::System);
    let lines = lines(bet, legs.len() as u64);
    let count = Decimal::from(lines);
    let stake: Decimal = bet.stake.parse().ok()?;
    if named || stake <= Decimal::ZERO {
        return None;
    }
    let (unit, stake) = match bet.stake_kind() {
        StakeKind::Unit => (stake, stake * count),
        StakeKind::Total => (stake / count, stake),
    };
    let leg = |leg: &Leg| BetLeg {
        event: leg.event.clone(),
        market: leg.market,
        selection: leg.selection,
        price: leg.price.clone(),
        status: 1,
        ..BetLeg::default()
    };
    (unit.normalize().scale() <= minor_digits(&slip.currency)).then(|| Bet {
        status: BetStatus::Open.into(),
        stake: stake.to_string(),
        currency: slip.currency.clone(),
        legs: legs.into_iter().map(leg).collect(),
        lines: u32::try_from(lines).expect("few lines"),
        unit_stake: unit.to_string(),
        ..Bet::default()
    })
}

pub fn error(code: &str, retry: bool) -> Error {
    Error {
        code: code.into(),
        retry,
        ..Error::default()
    }
}

pub fn refusal(code: &str, retry: bool) -> Message {
    Message::Error(error(code, retry))
}
