//! A player, the markets around it, and the words in which the tables speak of both.

use std::collections::BTreeMap;
use std::sync::Arc;

use shardbook_domain::bet::{Bet, Combinations, DeadHeat, Fund, Leg, LegOutcome, PricePolicy, Terms};
use shardbook_domain::exposure::{Exposure, Room, Scope};
use shardbook_domain::ids::{BetNo, EventId, MarketNo, SelectionNo, SelectionRef, SlipNo};
use shardbook_domain::ledger::{self, Account, Transfer};
use shardbook_domain::market::{
    Book, Chance, Lookup, MarketSettlement, MarketStatus, NameKey, Quote, SelectionResult, Window,
};
use shardbook_domain::money::{Amount, Currency, Money};
use shardbook_domain::odds::Odds;
use shardbook_domain::player::{
    AskedBet, AskedLeg, AskedStake, Command, Context, Event, Reason, ReferralAnswer, Rejection, Slip, StakeRange,
    State, decide, max_stake,
};
use shardbook_domain::rules::{AmountRules, Phase, RuleBook, Rules};
use shardbook_domain::time::{HOUR_MS, Time};

pub const START: Time = Time(1_700_000_000_000);

/// Selection 1, 2 or 3 of the only market of an event.
pub fn on(event: u64, selection: u32) -> SelectionRef {
    SelectionRef {
        event: EventId(event),
        market: MarketNo(1),
        selection: SelectionNo(selection),
    }
}

/// Selection 1, 2 or 3 of the second market of an event.
pub fn on_second(event: u64, selection: u32) -> SelectionRef {
    SelectionRef {
        market: MarketNo(2),
        ..on(event, selection)
    }
}

pub fn price(text: &str) -> Odds {
    Odds::parse(text).expect("a price")
}

pub fn eur(text: &str) -> Money {
    Money::parse(text, Currency::new("EUR").expect("known")).expect("an amount")
}

pub fn gbp(text: &str) -> Money {
    Money::parse(text, Currency::new("GBP").expect("known")).expect("an amount")
}

pub fn minor(minor: i64) -> Money {
    Money {
        minor,
        currency: Currency::new("EUR").expect("known"),
    }
}

pub fn register() -> Command {
    let currency = Currency::new("EUR").expect("known");
    Command::Register {
        brand: "acme".to_owned(),
        reference: "anna".to_owned(),
        currency,
    }
}

pub fn deposit(amount: &str) -> Command {
    Command::Deposit { amount: eur(amount) }
}

pub fn withdraw(amount: &str) -> Command {
    Command::Withdraw { amount: eur(amount) }
}

/// A bet at exactly these prices.
pub fn bet(stake: &str, legs: &[(SelectionRef, &str)]) -> Command {
    bet_taking(PricePolicy::Exact, stake, legs)
}

pub fn bet_taking(policy: PricePolicy, stake: &str, legs: &[(SelectionRef, &str)]) -> Command {
    Command::PlaceSlip(Slip::of_one(asked(legs), eur(stake), policy))
}

/// Selections with the prices that the player saw.
pub fn asked(legs: &[(SelectionRef, &str)]) -> Vec<AskedLeg> {
    let leg = |(selection, asked): &(SelectionRef, &str)| AskedLeg {
        selection: *selection,
        price: price(asked),
    };
    legs.iter().map(leg).collect()
}

/// A bet with so much on each line of these sizes of these selections of its slip.
pub fn lines(legs: &[u8], sizes: &[usize], unit: &str) -> AskedBet {
    AskedBet {
        legs: legs.iter().fold(0, |mask, leg| mask | 1 << leg),
        bankers: 0,
        combinations: Combinations::of_sizes(sizes),
        each_way: false,
        stake: AskedStake::Unit(eur(unit)),
        fund: Fund::Cash,
    }
}

/// A slip on the first selections of events 1, 2, 3 and so on, at the 2.50 that they are offered at.
pub fn slip(events: u64, bets: &[AskedBet]) -> Slip {
    let legs: Vec<_> = (1..=events).map(|event| (on(event, 1), "2.50")).collect();
    Slip {
        selections: asked(&legs),
        bets: bets.to_vec(),
        policy: PricePolicy::Exact,
        reoffer: false,
    }
}

pub fn place(slip: Slip) -> Command {
    Command::PlaceSlip(slip)
}

pub fn grant(amount: &str) -> Command {
    Command::GrantFreeBet {
        amount: eur(amount),
        reason: "welcome".to_owned(),
    }
}

pub fn decide_slip(slip: u32) -> Command {
    Command::DecideSlip { slip: SlipNo(slip) }
}

/// The player's answer to an offer.
pub fn answer(slip: u32, accept: bool) -> Command {
    let slip = SlipNo(slip);
    Command::AnswerOffer { slip, accept }
}

/// A trader's answer to a referral.
pub fn refer(slip: u32, answer: ReferralAnswer) -> Command {
    Command::AnswerReferral {
        slip: SlipNo(slip),
        answer,
        by: "tessa".to_owned(),
    }
}

pub fn factor(sport: &str, phase: Phase, permille: Option<u32>) -> Command {
    Command::SetFactor {
        sport: sport.to_owned(),
        phase,
        permille,
        by: "tessa".to_owned(),
    }
}

/// Asks for the price of a bet, or of so much of its stake.
pub fn lock(bet: u32, stake: Option<&str>) -> Command {
    Command::LockCashOut {
        bet: BetNo(bet),
        stake: stake.map(eur),
    }
}

/// Sells a bet at the price that is kept.
pub fn sell(bet: u32, amount: &str) -> Command {
    Command::CashOut {
        bet: BetNo(bet),
        amount: eur(amount),
    }
}

pub fn tie(places: u16, runners: u16) -> LegOutcome {
    LegOutcome::Won {
        dead_heat: Some(DeadHeat::new(places, runners).expect("a tie")),
    }
}

/// The result of an event's market where the first selection comes in so and the two others lose.
pub fn result(bet: u32, event: u64, version: u32, first: LegOutcome) -> Command {
    let lost = LegOutcome::Lost;
    let list = vec![(SelectionNo(1), first), (SelectionNo(2), lost), (SelectionNo(3), lost)];
    settlement(bet, event, version, resulted(&list))
}

pub fn rollback(bet: u32, event: u64, version: u32) -> Command {
    settlement(bet, event, version, MarketSettlement::default())
}

pub fn void(bet: u32, event: u64, version: u32) -> Command {
    settlement(bet, event, version, voided())
}

/// A confirmed result of so many selections.
pub fn resulted(list: &[(SelectionNo, LegOutcome)]) -> MarketSettlement {
    let result = |(selection, outcome): &(SelectionNo, LegOutcome)| SelectionResult {
        selection: *selection,
        outcome: *outcome,
        finish: None,
    };
    MarketSettlement {
        results: list.iter().map(result).collect(),
        confirmed: true,
        ..MarketSettlement::default()
    }
}

/// A market on which every bet is void.
pub fn voided() -> MarketSettlement {
    MarketSettlement {
        voids: vec![Window::ALWAYS],
        ..MarketSettlement::default()
    }
}

pub fn settlement(bet: u32, event: u64, version: u32, settlement: MarketSettlement) -> Command {
    let (event, market) = (EventId(event), MarketNo(1));
    Command::ApplyResult {
        bet: BetNo(bet),
        event,
        market,
        version,
        settlement: Arc::new(settlement),
        recalled: None,
    }
}

/// The prices of the scene, and the chances where they are told.
pub struct Prices(BTreeMap<SelectionRef, Quote>, BTreeMap<SelectionRef, Chance>);

impl Book for Prices {
    fn quote(&self, selection: SelectionRef) -> Lookup {
        match self.0.get(&selection) {
            Some(quote) => Lookup::Found(*quote),
            None if self
                .0
                .keys()
                .any(|known| (known.event, known.market) == (selection.event, selection.market)) =>
            {
                Lookup::UnknownSelection
            }
            None => Lookup::UnknownMarket,
        }
    }

    fn chance(&self, selection: SelectionRef) -> Option<Chance> {
        self.1.get(&selection).copied()
    }

    fn rivals(&self, selection: SelectionRef) -> Option<Vec<u32>> {
        let market = |of: &SelectionRef| (of.event, of.market);
        let runners = self.0.iter().filter(|(of, _)| market(of) == market(&selection));
        let mut others = runners.filter(|(of, quote)| **of != selection && !quote.removed);
        let race = self.0.get(&selection)?.race.is_some();
        let of = |(of, _): (&SelectionRef, &Quote)| Some(self.1.get(of)?.won);
        race.then(|| others.by_ref().map(of).collect()).flatten()
    }
}

/// What is left of the house's budgets; what is not listed is not bounded.
#[derive(Default)]
pub struct Budgets(BTreeMap<Scope, Room>);

impl Exposure for Budgets {
    fn room(&self, scope: Scope, _: Currency) -> Room {
        self.0.get(&scope).copied().unwrap_or(Room::UNBOUNDED)
    }
}

/// A player with the markets of events 1 to 30 before it, each with selections at 2.50, 3.00 and 4.00, which are fair.
pub struct Scene {
    pub state: State,
    pub now: Time,
    pub rules: Rules,
    pub past_rules: Vec<Rules>,
    pub book: Prices,
    pub budgets: Budgets,
    pub history: Vec<Event>,
}

impl Scene {
    pub fn stranger() -> Scene {
        let prices = ["2.50", "3.00", "4.00"].map(price);
        let selections = (1..=30).flat_map(|event| (1..=3).map(move |selection| on(event, selection)));
        let quote = |selection: SelectionRef| Quote {
            status: MarketStatus::Open,
            in_play: false,
            bet_delay_s: 0,
            price: Some(prices[selection.selection.0 as usize - 1]),
            removed: false,
            market_version: 7,
            sport: NameKey::of("football"),
            kind: NameKey::of("MATCH_ODDS"),
            race: None,
            cash_out: true,
        };
        let chances = [400_000, 333_333, 250_000].map(Chance::of_winning);
        let chance = |selection: SelectionRef| (selection, chances[selection.selection.0 as usize - 1]);
        let book = Prices(
            selections
                .clone()
                .map(|selection| (selection, quote(selection)))
                .collect(),
            selections.map(chance).collect(),
        );
        Scene {
            state: State::default(),
            now: START,
            rules: Rules::default(),
            past_rules: Vec::new(),
            book,
            budgets: Budgets::default(),
            history: Vec::new(),
        }
    }

    pub fn player() -> Scene {
        Scene::stranger().after(register())
    }

    pub fn player_with(amount: &str) -> Scene {
        Scene::player().after(deposit(amount))
    }

    /// Goes on after a command that is accepted.
    pub fn after(mut self, command: Command) -> Scene {
        if let Err(refused) = self.run(&command) {
            panic!("given {command:?}: {refused}");
        }
        self
    }

    pub fn hours_later(mut self, hours: u64) -> Scene {
        self.now = self.now.plus_ms(hours * HOUR_MS);
        self
    }

    pub fn seconds_later(mut self, seconds: u64) -> Scene {
        self.now = self.now.plus_ms(seconds * 1_000);
        self
    }

    /// Changes the bounds on euros.
    pub fn bounded(self, change: impl FnOnce(&mut AmountRules)) -> Scene {
        let euro = minor(0).currency;
        self.ruled(|rules| {
            let mut amounts = rules.amounts(euro);
            change(&mut amounts);
            rules.amounts.insert(euro, amounts);
        })
    }

    /// Leaves only so much liability on a scope.
    pub fn budgeted(mut self, scope: Scope, liability: i64) -> Scene {
        let room = Room {
            liability: Amount(liability),
            ..Room::UNBOUNDED
        };
        self.budgets.0.insert(scope, room);
        self
    }

    /// The first selections of these events are in play, with this delay.
    pub fn in_play(self, events: std::ops::RangeInclusive<u64>, delay_s: u16) -> Scene {
        events.fold(self, |scene, event| {
            scene.quoted(on(event, 1), |quote| {
                (quote.in_play, quote.bet_delay_s) = (true, delay_s)
            })
        })
    }

    pub fn priced(self, event: u64, now: &str) -> Scene {
        self.quoted(on(event, 1), |quote| quote.price = Some(price(now)))
    }

    pub fn ruled(mut self, change: impl FnOnce(&mut Rules)) -> Scene {
        change(&mut self.rules);
        self
    }

    /// From now on other rules are in force; the ones before are known as past.
    pub fn new_rules(mut self, change: impl FnOnce(&mut Rules)) -> Scene {
        self.past_rules.push(self.rules.clone());
        self.rules.version += 1;
        self.ruled(change)
    }

    pub fn market(self, event: u64, status: MarketStatus) -> Scene {
        (1..=3).fold(self, |scene, selection| {
            scene.quoted(on(event, selection), |quote| quote.status = status)
        })
    }

    /// A second market of an event, of a type of its own, with the same selections at the same prices.
    pub fn second_market(mut self, event: u64, kind: &str) -> Scene {
        for selection in 1..=3 {
            let first = self.book.0[&on(event, selection)];
            let kind = NameKey::of(kind);
            self.book.0.insert(on_second(event, selection), Quote { kind, ..first });
        }
        self
    }

    pub fn quoted(mut self, selection: SelectionRef, change: impl FnOnce(&mut Quote)) -> Scene {
        change(self.book.0.get_mut(&selection).expect("a selection of the scene"));
        self
    }

    /// The event is over, and its markets are known no more.
    pub fn over(mut self, event: u64) -> Scene {
        self.book.0.retain(|selection, _| selection.event != EventId(event));
        self
    }

    /// How likely the selection comes in from now on.
    pub fn chance(mut self, selection: SelectionRef, chance: Option<Chance>) -> Scene {
        match chance {
            Some(chance) => self.book.1.insert(selection, chance),
            None => self.book.1.remove(&selection),
        };
        self
    }

    pub fn decide(&self, command: &Command) -> Result<Vec<Event>, Rejection> {
        let rules = self.rule_book();
        decide(&self.state, command, &self.context(&rules))
    }

    fn rule_book(&self) -> RuleBook {
        RuleBook::new(self.rules.clone()).with_past(self.past_rules.iter().cloned())
    }

    /// What would be taken of each bet of a slip.
    pub fn most(&self, slip: &Slip) -> Result<Vec<StakeRange>, Rejection> {
        let rules = self.rule_book();
        max_stake(&self.state, slip, &self.context(&rules))
    }

    fn context<'a>(&'a self, rules: &'a RuleBook) -> Context<'a> {
        Context {
            now: self.now,
            rules,
            book: &self.book,
            exposure: &self.budgets,
        }
    }

    pub fn run(&mut self, command: &Command) -> Result<Vec<Event>, Rejection> {
        let events = self.decide(command)?;
        self.happened(&events);
        Ok(events)
    }

    /// Goes on after events, however they came about.
    pub fn happened(&mut self, events: &[Event]) {
        events.iter().for_each(|event| self.state.apply(event));
        self.state.check().expect("the wallet adds up");
        self.history.extend(events.iter().cloned());
    }

    /// Takes a bet as it is, without the checks of acceptance. The stake must be there.
    pub fn take(&mut self, fund: Fund, legs: Vec<Leg>, sizes: &[usize], unit: i64) -> BetNo {
        let combinations = Combinations::of_sizes(sizes);
        let stake = Amount(unit * combinations.count(legs.len()) as i64);
        let no = BetNo(self.state.bets_placed() + 1);
        let hold = Transfer {
            no: self.state.ledger().next_no(),
            debit: match fund {
                Fund::Cash => Account::PlayerAvailable,
                Fund::FreeBet => Account::PlayerFreeBets,
            },
            credit: Account::OpenStakes,
            amount: stake,
            reason: ledger::Reason::Stake,
            phase: ledger::Phase::Pending,
        };
        let terms = Terms {
            no,
            placed_at: self.now,
            legs: legs.into(),
            combinations,
            bankers: 0,
            unit_stake: Amount(unit),
            stake,
            fund,
            max_payout: Amount(50_000_000),
            rounding: self.rules.rounding,
            rules_version: self.rules.version,
        };
        self.happened(&[Event::BetPlaced { terms, hold }]);
        no
    }

    /// The bet as its history tells it.
    pub fn folded(&self, bet: BetNo) -> Option<Bet> {
        Bet::fold(self.history.iter().filter(|event| event.bet() == Some(bet)))
    }

    /// All that happened to a bet, oldest first.
    pub fn history_of(&self, bet: BetNo) -> Vec<Event> {
        let of_bet = self.history.iter().filter(|event| event.bet() == Some(bet));
        let apart = of_bet.filter(|event| !matches!(event, Event::BetRestored { .. }));
        apart.cloned().collect()
    }

    /// `available held owed` in minor units.
    pub fn money(&self) -> String {
        let ledger = self.state.ledger();
        format!("{} {} {}", ledger.available().0, ledger.held().0, ledger.owed().0)
    }
}

/// What a row expects: the names of the events and the wallet after them, or the refusal.
pub type Then<'a> = Result<(&'a str, &'a str), &'a str>;

/// Given a scene, when a command comes, then that happens. The sentence says what the row is about.
pub fn check(rows: Vec<(&str, Scene, Command, Then<'_>)>) {
    for (what, mut scene, command, then) in rows {
        let before = scene.state.clone();
        let found = scene.run(&command);
        let money = scene.money();
        let found = match &found {
            Ok(events) => Ok((names(events), money)),
            Err(rejection) => Err(refusal(rejection)),
        };
        let then = then
            .map(|(events, money)| (events.to_owned(), money.to_owned()))
            .map_err(str::to_owned);
        assert_eq!(found, then, "{what}");
        if found.is_err() {
            assert_eq!(scene.state, before, "{what}: a refusal changes nothing");
        }
    }
}

fn names(events: &[Event]) -> String {
    events
        .iter()
        .map(|event| crate::samples::player_name(event).to_owned())
        .collect::<Vec<_>>()
        .join(" ")
}

fn refusal(rejection: &Rejection) -> String {
    let leg = rejection.leg().map(|leg| format!(" leg {leg}"));
    let most = rejection.max_stake().map(|most| format!(" at most {}", most.decimal()));
    let now = rejection.price_now().map(|now| format!(" now {now}"));
    [Some(rejection.code().to_owned()), leg, most, now]
        .into_iter()
        .flatten()
        .collect()
}

/// Every reason against a slip: `bet 1: MARKET_SUSPENDED leg 2`, or without the bet where it is against the whole slip.
pub fn reasons(refused: &Rejection) -> Vec<String> {
    let Rejection::Slip(slip) = refused else {
        return vec![refusal(refused)];
    };
    slip.reasons().map(reason).collect()
}

/// One reason as [`reasons`] shows it.
pub fn reason(reason: &Reason) -> String {
    let bet = reason.bet.map(|bet| format!("bet {bet}: ")).unwrap_or_default();
    let most = reason.max_stake.or_else(|| reason.rejection.max_stake());
    let most = most
        .map(|most| format!(" at most {}", most.decimal()))
        .unwrap_or_default();
    let leg = reason.leg().map(|leg| format!(" leg {leg}")).unwrap_or_default();
    format!("{bet}{}{leg}{most}", reason.rejection.code())
}
