//! Events and players together, with what carries settlement from one to the other; and the house's books over all.

use std::collections::BTreeMap;

use shardbook_domain::bet::{Bet, Fund, Leg};
use shardbook_domain::event::{Change, Origin, Ruling, SourceStatus};
use shardbook_domain::ids::{BetNo, EventId, MarketNo, SelectionNo, SelectionRef};
use shardbook_domain::ledger::Account;
use shardbook_domain::market::{Lookup, MarketStatus};
use shardbook_domain::money::{Amount, Currency, Money};
use shardbook_domain::player::{Command, Event, Rejection};
use shardbook_domain::process::settlement::{ResultNotice, command_for, on_result};
use shardbook_domain::rules::Rules;
use shardbook_domain::time::Time;

use crate::scene::Scene;
use crate::trading::{Trading, fixture, key, posted, race};

/// A player with every bet as its events tell it.
pub struct Punter {
    pub scene: Scene,
    pub bets: BTreeMap<BetNo, Bet>,
    told: usize,
}

/// What the books of one player say, or of several together; minor units.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sums {
    pub staked: i128,
    pub open: i128,
    pub returned: i128,
    pub refunded: i128,
    pub margin: i128,
}

impl Punter {
    pub fn new(currency: &str, rules: &Rules) -> Punter {
        let mut scene = Scene::stranger().ruled(|known| *known = rules.clone());
        let register = Command::Register {
            brand: "acme".to_owned(),
            reference: "anna".to_owned(),
            currency: Currency::new(currency).expect("known"),
        };
        scene.run(&register).expect("a new player");
        let bets = BTreeMap::new();
        Punter { scene, bets, told: 0 }
    }

    pub fn currency(&self) -> Currency {
        self.scene.state.profile().expect("registered").currency
    }

    pub fn money(&self, minor: i64) -> Money {
        Amount(minor).of(self.currency())
    }

    pub fn deposit(&mut self, minor: i64) {
        let amount = self.money(minor);
        self.scene.run(&Command::Deposit { amount }).expect("deposited");
    }

    /// Takes out so much, where it is there.
    pub fn withdraw(&mut self, minor: i64) {
        let amount = self.money(minor);
        let affordable = minor <= self.scene.state.ledger().available().0;
        let answer = self.scene.run(&Command::Withdraw { amount });
        assert_eq!(answer.is_ok(), affordable, "{answer:?}");
    }

    pub fn grant(&mut self, minor: i64) {
        let (amount, reason) = (self.money(minor), "welcome".to_owned());
        self.scene
            .run(&Command::GrantFreeBet { amount, reason })
            .expect("granted");
    }

    /// What is in a purse.
    pub fn purse(&self, fund: Fund) -> i64 {
        match fund {
            Fund::Cash => self.scene.state.ledger().available().0,
            Fund::FreeBet => self.scene.state.free_bets().0,
        }
    }

    /// Tells a bet of what stands on a market, as a shard does: with its history where the player does not hold it.
    pub fn tell(&mut self, bet: BetNo, notice: &ResultNotice) {
        let answer = match self.scene.run(&command_for(notice, bet, None)) {
            Err(Rejection::BetNotHeld { .. }) => {
                let recalled = Some(self.scene.history_of(bet));
                self.scene.run(&command_for(notice, bet, recalled))
            }
            answer => answer,
        };
        answer.expect("a settlement of a leg is taken");
        self.follow();
    }

    fn follow(&mut self) {
        for event in &self.scene.history[self.told..] {
            match event {
                Event::BetPlaced { terms, hold } => {
                    self.bets.insert(terms.no, Bet::new(terms.clone(), hold.no));
                }
                Event::BetRestored { .. } => {}
                _ => {
                    if let Some(no) = event.bet() {
                        self.bets.get_mut(&no).expect("placed").apply(event);
                    }
                }
            }
        }
        self.told = self.scene.history.len();
    }

    /// Proves the player's books against the bets, each counted by itself.
    pub fn books(&self) -> Sums {
        let ledger = self.scene.state.ledger();
        let balance = |account| i128::from(ledger.balance(account).0);
        let sum = |of: &dyn Fn(&Bet) -> i64| self.bets.values().map(|bet| i128::from(of(bet))).sum::<i128>();
        let staked_from = |fund| sum(&|bet| if bet.terms.fund == fund { bet.terms.stake.0 } else { 0 });
        let sums = Sums {
            staked: sum(&|bet| bet.terms.stake.0),
            open: sum(&|bet| bet.open_stake().0),
            returned: sum(&|bet| bet.returned().0),
            refunded: sum(&|bet| bet.refunded().0),
            margin: balance(Account::BettingResult),
        };
        assert_eq!(
            sums.staked,
            sums.returned + sums.refunded + sums.margin + sums.open,
            "stakes in = payouts + refunds + margin + open"
        );
        assert_eq!(i128::from(ledger.held().0), sums.open, "what is held is what is open");
        let (available, owed) = (i128::from(ledger.available().0), i128::from(ledger.owed().0));
        assert!(available == 0 || owed == 0, "whoever owes has nothing available");
        let money_in = balance(Account::CashierFunds) + balance(Account::WrittenOff);
        assert_eq!(
            available - owed,
            money_in - staked_from(Fund::Cash) + sums.returned,
            "the player's money is what came in, less stakes, and what came back"
        );
        assert_eq!(
            i128::from(ledger.free_bets().0),
            balance(Account::Promotions) - staked_from(Fund::FreeBet) + sums.refunded,
            "free bets are what was granted, less stakes, and what came back"
        );
        for bet in self.bets.values() {
            let all = Amount(bet.terms.stake.0 - bet.cashed_stake().0);
            assert!(
                bet.is_open() || bet.stake_settled() == all,
                "a settled bet is settled whole"
            );
            assert!(
                bet.terms.fund == Fund::FreeBet || bet.refunded() == Amount::ZERO,
                "money is no free bet"
            );
        }
        sums
    }

    /// What the player gained or lost, wherever it lies now.
    pub fn wealth(&self) -> (i64, i64) {
        let ledger = self.scene.state.ledger();
        let cash = ledger.available().0 - ledger.owed().0 - ledger.balance(Account::CashierFunds).0;
        (cash, ledger.free_bets().0 - ledger.balance(Account::Promotions).0)
    }
}

/// Events, each with one market `M` of the selections `1`, `2` and `3`; every third is a race.
pub struct World {
    pub events: Vec<Trading>,
    pub notices: Vec<Vec<ResultNotice>>,
    pub punters: Vec<Punter>,
}

impl World {
    pub fn new(events: usize, punters: Vec<Punter>) -> World {
        let opened = |event: usize| {
            let market = match event % 3 {
                2 => race("M", event.is_multiple_of(2), &["1", "2", "3"]),
                _ => crate::trading::defined("M", &["1", "2", "3"]),
            };
            let lines = [("1", "2.00"), ("2", "3.00"), ("3", "4.00")];
            let open = posted("M", Some(SourceStatus::Open), &lines);
            Trading::unknown().after(fixture()).after(market).after(open)
        };
        World {
            events: (0..events).map(opened).collect(),
            notices: vec![Vec::new(); events],
            punters,
        }
    }

    /// A message of an event; what it changes of the settlement is noted.
    pub fn says(&mut self, event: usize, at: Time, change: &Change) {
        let happened = self.events[event].run_at(at, change).expect("taken");
        let id = EventId(event as u64 + 1);
        let notices = happened.iter().filter_map(|happened| on_result(id, happened));
        self.notices[event].extend(notices);
    }

    /// A ruling on an event; one of a trader that is about nothing is refused and that is that.
    pub fn rules(&mut self, event: usize, at: Time, origin: Origin, ruling: Ruling) {
        let key = key("M");
        let change = Change::Settle { key, origin, ruling };
        let id = EventId(event as u64 + 1);
        match self.events[event].run_at(at, &change) {
            Ok(happened) => {
                let notices = happened.iter().filter_map(|happened| on_result(id, happened));
                self.notices[event].extend(notices);
            }
            Err(refused) => assert!(
                origin == Origin::Trader && refused.code().starts_with("NOTHING_TO_"),
                "{change:?}: {refused}"
            ),
        }
    }

    /// The leg on a selection at the price of now; `None` where no bets are taken.
    pub fn leg(&self, event: usize, selection: u32) -> Option<Leg> {
        let (market, selection) = (MarketNo(1), SelectionNo(selection));
        let Lookup::Found(quote) = self.events[event].state.quote(market, selection) else {
            panic!("every event has this market and these selections")
        };
        let price = quote.price.filter(|_| quote.status == MarketStatus::Open)?;
        let event = EventId(event as u64 + 1);
        Some(Leg {
            selection: SelectionRef {
                event,
                market,
                selection,
            },
            price,
            market_version: quote.market_version,
            each_way: None,
        })
    }

    /// Takes a bet of these sizes over those picks on which bets are taken, if the stake is there.
    pub fn place(
        &mut self,
        punter: usize,
        now: Time,
        fund: Fund,
        picks: &[(usize, u32)],
        every_size: bool,
        unit: i64,
    ) -> Option<BetNo> {
        let legs = picks
            .iter()
            .filter_map(|(event, selection)| self.leg(*event, *selection));
        let legs: Vec<Leg> = legs.collect();
        let sizes: Vec<usize> = if every_size {
            (1..=legs.len()).collect()
        } else {
            vec![legs.len()]
        };
        let lines = if every_size { (1i64 << legs.len()) - 1 } else { 1 };
        let punter = &mut self.punters[punter];
        if legs.is_empty() || punter.purse(fund) < unit * lines {
            return None;
        }
        punter.scene.now = now;
        let no = punter.scene.take(fund, legs, &sizes, unit);
        punter.follow();
        Some(no)
    }

    /// The bets with a leg on an event: whose and which.
    pub fn bets_on(&self, event: usize) -> Vec<(usize, BetNo)> {
        let id = EventId(event as u64 + 1);
        let on = |bet: &Bet| bet.terms.legs.iter().any(|leg| leg.selection.event == id);
        let of = |(at, punter): (usize, &Punter)| {
            let bets = punter.bets.values().filter(|bet| on(bet));
            bets.map(|bet| (at, bet.no())).collect::<Vec<_>>()
        };
        self.punters.iter().enumerate().flat_map(of).collect()
    }

    /// Tells every bet on an event of what stands last.
    pub fn settle(&mut self, event: usize) {
        let Some(notice) = self.notices[event].last().cloned() else {
            return;
        };
        for (punter, bet) in self.bets_on(event) {
            self.punters[punter].tell(bet, &notice);
        }
    }
}
