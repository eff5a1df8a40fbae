//! A player, the markets around it, and the words in which the tables speak of both.

use std::collections::BTreeMap;
use std::sync::Arc;

use shardbook_domain::bet::{Bet, DeadHeat, LegOutcome, PricePolicy};
use shardbook_domain::ids::{BetNo, EventId, MarketNo, SelectionNo, SelectionRef};
use shardbook_domain::market::{Book, Lookup, MarketStatus, Quote};
use shardbook_domain::money::{Currency, Money};
use shardbook_domain::odds::Odds;
use shardbook_domain::player::{AskedLeg, Command, Context, Event, Outcomes, Rejection, State, decide};
use shardbook_domain::rules::Rules;
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
    let legs = legs
        .iter()
        .map(|(selection, asked)| AskedLeg {
            selection: *selection,
            price: price(asked),
        })
        .collect();
    Command::PlaceBet {
        legs,
        stake: eur(stake),
        policy,
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
    outcomes(bet, event, version, Outcomes::Listed(list))
}

pub fn rollback(bet: u32, event: u64, version: u32) -> Command {
    outcomes(bet, event, version, Outcomes::All(None))
}

pub fn void(bet: u32, event: u64, version: u32) -> Command {
    outcomes(bet, event, version, Outcomes::All(Some(LegOutcome::Void)))
}

pub fn outcomes(bet: u32, event: u64, version: u32, outcomes: Outcomes) -> Command {
    let (event, market) = (EventId(event), MarketNo(1));
    Command::ApplyResult {
        bet: BetNo(bet),
        event,
        market,
        version,
        outcomes: Arc::new(outcomes),
        recalled: None,
    }
}

pub struct Prices(BTreeMap<SelectionRef, Quote>);

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
}

/// A player with the markets of events 1 to 30 before it, each with selections at 2.50, 3.00 and 4.00.
pub struct Scene {
    pub state: State,
    pub now: Time,
    pub rules: Rules,
    pub book: Prices,
    pub history: Vec<Event>,
}

impl Scene {
    pub fn stranger() -> Scene {
        let prices = ["2.50", "3.00", "4.00"].map(price);
        let selections = (1..=30).flat_map(|event| (1..=3).map(move |selection| on(event, selection)));
        let quote = |selection: SelectionRef| Quote {
            status: MarketStatus::Open,
            in_play: false,
            price: Some(prices[selection.selection.0 as usize - 1]),
            removed: false,
            market_version: 7,
        };
        let book = Prices(selections.map(|selection| (selection, quote(selection))).collect());
        Scene {
            state: State::default(),
            now: START,
            rules: Rules::default(),
            book,
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

    pub fn ruled(mut self, change: impl FnOnce(&mut Rules)) -> Scene {
        change(&mut self.rules);
        self
    }

    pub fn market(self, event: u64, status: MarketStatus) -> Scene {
        (1..=3).fold(self, |scene, selection| {
            scene.quoted(on(event, selection), |quote| quote.status = status)
        })
    }

    pub fn quoted(mut self, selection: SelectionRef, change: impl FnOnce(&mut Quote)) -> Scene {
        change(self.book.0.get_mut(&selection).expect("a selection of the scene"));
        self
    }

    pub fn decide(&self, command: &Command) -> Result<Vec<Event>, Rejection> {
        decide(
            &self.state,
            command,
            &Context {
                now: self.now,
                rules: &self.rules,
                book: &self.book,
            },
        )
    }

    pub fn run(&mut self, command: &Command) -> Result<Vec<Event>, Rejection> {
        let events = self.decide(command)?;
        events.iter().for_each(|event| self.state.apply(event));
        self.state.check().expect("the wallet adds up");
        self.history.extend(events.iter().cloned());
        Ok(events)
    }

    /// The bet as its history tells it.
    pub fn folded(&self, bet: BetNo) -> Option<Bet> {
        Bet::fold(self.history.iter().filter(|event| event.bet() == Some(bet)))
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
