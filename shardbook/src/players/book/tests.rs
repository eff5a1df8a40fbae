use proptest::prelude::*;
use shardbook_proto::client::v1::{Line, Selection};

use super::*;

fn image(version: u64, price: &str) -> MarketImage {
    let selection = |number, price: &str| Selection {
        selection: number,
        price: price.into(),
        ..Selection::default()
    };
    MarketImage {
        event: "e".into(),
        market: 1,
        version,
        status: MarketStatus::Open.into(),
        selections: vec![selection(1, price), selection(2, "3.00")],
        ..MarketImage::default()
    }
}

fn delta(version: u64, price: &str) -> MarketDelta {
    let lines = vec![Line {
        selection: 1,
        price: price.into(),
        ..Line::default()
    }];
    MarketDelta {
        event: "e".into(),
        market: 1,
        version,
        lines,
        ..MarketDelta::default()
    }
}

fn price(book: &Book) -> &str {
    &book.events["e"][&1].selections[0].price
}

/// A delta counts only on top of the version before it; what is old changes nothing, what leaves a gap is told.
#[test]
fn deltas_follow_their_image() {
    let mut book = Book::default();
    assert_eq!(book.change(delta(1, "2.00")), Change::Gap, "no image yet");
    book.take(image(5, "2.00"));
    for (given, change, then) in [
        (delta(6, "2.10"), Change::Applied, "2.10"),
        (delta(6, "9.00"), Change::Old, "2.10"),
        (delta(3, "9.00"), Change::Old, "2.10"),
        (delta(8, "9.00"), Change::Gap, "2.10"),
        (delta(7, "2.20"), Change::Applied, "2.20"),
    ] {
        assert_eq!(book.change(given.clone()), change, "{given:?}");
        assert_eq!(price(&book), then, "{given:?}");
    }
    book.take(image(6, "9.00"));
    assert_eq!(price(&book), "2.20", "an older image replaced a newer market");
    book.take(image(9, "1.50"));
    assert_eq!(price(&book), "1.50");
}

/// Fields that a delta leaves out stay as they are.
#[test]
fn absent_fields_are_unchanged() {
    let mut book = Book::default();
    book.take(image(1, "2.00"));
    let suspended = MarketDelta {
        status: Some(MarketStatus::Suspended.into()),
        lines: vec![],
        ..delta(2, "")
    };
    assert_eq!(book.change(suspended), Change::Applied);
    let market = &book.events["e"][&1];
    assert_eq!((market.status(), market.in_play), (MarketStatus::Suspended, false));
    assert_eq!(price(&book), "2.00");
    assert!(book.alive("e") && book.finished("e", 1) == Some(false) && book.finished("e", 2).is_none());
}

/// A bet on anything but an open, priced, running selection would not be a fair one.
#[test]
fn offers_are_open_and_priced() {
    let mut dice = Dice::new(1, 1);
    let mut book = Book::default();
    assert_eq!(book.offers(&mut dice, 3), []);
    book.take(image(1, ""));
    book.take(MarketImage {
        market: 2,
        status: MarketStatus::Suspended.into(),
        ..image(1, "5.00")
    });
    book.take(MarketImage {
        event: "f".into(),
        status: MarketStatus::Resulted.into(),
        ..image(1, "5.00")
    });
    for _ in 0..50 {
        let offers = book.offers(&mut dice, 3);
        let expected = Offer {
            event: "e".into(),
            market: 1,
            selection: 2,
            price: "3.00".into(),
            delayed: false,
            race: false,
        };
        assert_eq!(offers, [expected]);
        assert_eq!(
            book.closed_offer(&mut dice).map(|offer| offer.event).as_deref(),
            Some("f")
        );
    }
    book.take(MarketImage {
        event: "g".into(),
        ..image(1, "4.00")
    });
    let events: Vec<_> = book.offers(&mut dice, 9).into_iter().map(|offer| offer.event).collect();
    assert!(
        events.len() == 2 && events[0] != events[1],
        "{events:?}: one offer of each event"
    );
}

proptest! {
    /// A client that saw some deltas late, twice or not at all, and then an image, holds what the server holds.
    #[test]
    fn an_image_heals_every_gap(seen in prop::collection::vec((1_u64..30, "[1-9]\\.[0-9]{2}"), 0..60)) {
        let prices: Vec<String> = (0..31).map(|version| format!("{}.50", version + 1)).collect();
        let mut book = Book::default();
        book.take(image(1, &prices[1]));
        for (version, _) in &seen {
            book.change(delta(*version, &prices[usize::try_from(*version).expect("small")]));
            let held = book.events["e"][&1].version;
            prop_assert_eq!(price(&book), &prices[usize::try_from(held).expect("small")]);
        }
        book.take(image(30, &prices[30]));
        prop_assert_eq!(price(&book), &prices[30]);
    }
}
