use std::collections::BTreeSet;

use shardbook_proto::client::v1::{MarketImage, MarketStatus, Selection};

use super::*;

fn book(events: u32) -> Book {
    let mut book = Book::default();
    for (event, status) in (0..events)
        .map(|n| (n, MarketStatus::Open))
        .chain([(99, MarketStatus::Closed)])
    {
        let selection = |number| Selection {
            selection: number,
            price: "2.50".into(),
            ..Selection::default()
        };
        book.take(MarketImage {
            event: format!("event-{event}"),
            market: 3,
            status: status.into(),
            selections: vec![selection(0), selection(1)],
            ..MarketImage::default()
        });
    }
    book
}

fn purse(currency: &str) -> Purse {
    let stakes = StakeRange {
        low: Decimal::ONE,
        high: Decimal::TEN,
    };
    Purse {
        currency: currency.into(),
        available: Decimal::from(50),
        stakes,
    }
}

fn many(currency: &str, events: u32) -> Vec<Intent> {
    let (book, purse, mut dice) = (book(events), purse(currency), Dice::new(7, 7));
    (0..4_000).filter_map(|_| choose(&book, &mut dice, &purse)).collect()
}

/// A fair bet is one that a server may accept: within range and precision, on open markets of different events.
#[test]
fn fair_bets_are_fair() {
    for (currency, digits) in [("EUR", 2), ("JPY", 0), ("KWD", 3)] {
        for intent in many(currency, 3).into_iter().filter(|intent| intent.mistake.is_none()) {
            let stake: Decimal = intent.bet.stake.parse().expect("a decimal stake");
            assert!(
                stake >= Decimal::ONE && stake <= Decimal::TEN && stake.scale() <= digits,
                "{stake} {currency}"
            );
            let events: BTreeSet<_> = intent.bet.legs.iter().map(|leg| &leg.event).collect();
            assert!(
                events.len() == intent.bet.legs.len() && !events.contains(&"event-99".to_string()),
                "{events:?}"
            );
            assert!(intent.bet.legs.iter().all(|leg| leg.market == 3 && leg.price == "2.50"));
        }
    }
}

/// The mix of a crowd: mostly singles, some accumulators, every policy, a few of every mistake.
#[test]
fn the_mix_is_as_told() {
    let intents = many("EUR", 4);
    let share = |wanted: &dyn Fn(&Intent) -> bool| intents.iter().filter(|i| wanted(i)).count() * 100 / intents.len();
    assert!((15..=25).contains(&share(&|intent| intent.bet.legs.len() > 1)));
    assert!((2..=6).contains(&share(&|intent| intent.mistake.is_some())));
    for policy in [PricePolicy::Exact, PricePolicy::Better, PricePolicy::Any] {
        assert!(share(&|intent| intent.bet.policy() == policy) >= 25, "{policy:?}");
    }
    let kinds: BTreeSet<_> = intents.iter().filter_map(|intent| intent.mistake).collect();
    assert_eq!(kinds.len(), Mistake::ALL.len(), "{kinds:?}");
    assert!(
        many("EUR", 1).iter().all(|intent| intent.bet.legs.len() == 1),
        "an accumulator needs two events"
    );
    assert!(many("EUR", 0).is_empty(), "nothing is on offer");
}

/// Every mistake must really be one, or its acceptance would be blamed on the server.
#[test]
fn mistakes_are_mistakes() {
    let (book, purse, mut dice) = (book(2), purse("EUR"), Dice::new(1, 1));
    let leg = leg(book.offers(&mut dice, 1).remove(0));
    let fair = PlaceBet {
        legs: vec![leg],
        stake: "5.00".into(),
        currency: "EUR".into(),
        policy: 2,
    };
    let mut spoilt = |mistake| {
        spoil(fair.clone(), mistake, &book, &mut dice, &purse)
            .expect("can be spoilt")
            .bet
    };
    assert_eq!(spoilt(Mistake::StakeZero).stake, "0");
    assert_eq!(spoilt(Mistake::StakeNegative).stake, "-5.00");
    assert_eq!(spoilt(Mistake::TooPrecise).stake, "5.001");
    assert_eq!(spoilt(Mistake::AboveBalance).stake, "100050");
    assert_eq!(spoilt(Mistake::WrongCurrency).currency, "CHF");
    assert_eq!(spoilt(Mistake::UnknownMarket).legs[0].market, 60_000);
    assert_eq!(spoilt(Mistake::ClosedMarket).legs[0].event, "event-99");
    let stale = spoilt(Mistake::StalePrice);
    assert_eq!(
        (stale.policy(), stale.legs[0].price.as_str()),
        (PricePolicy::Exact, "990")
    );
}
