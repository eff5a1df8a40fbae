use std::collections::BTreeSet;

use shardbook_proto::client::v1::{BetType, MarketImage, MarketStatus, PlaceSlip, Selection, SlipBet, StakeKind};

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
        free_bets: Decimal::ZERO,
        stakes,
    }
}

fn many(currency: &str, events: u32, slips: u64) -> Vec<Intent> {
    let (book, purse, mut dice) = (book(events), purse(currency), Dice::new(7, 7));
    (0..4_000)
        .filter_map(|_| choose(&book, &mut dice, &purse, slips))
        .collect()
}

fn bets(currency: &str, events: u32) -> Vec<(PlaceBet, Option<Mistake>)> {
    let plain = |intent: Intent| match intent.asked {
        Asked::Bet(bet) => (bet, intent.mistake),
        other => panic!("no slip was wanted: {other:?}"),
    };
    many(currency, events, 0).into_iter().map(plain).collect()
}

fn slips(currency: &str, events: u32) -> Vec<(PlaceSlip, Option<Mistake>)> {
    let whole = |intent: Intent| match intent.asked {
        Asked::Slip(slip) => (slip, intent.mistake),
        other => panic!("slips alone were wanted: {other:?}"),
    };
    many(currency, events, 100).into_iter().map(whole).collect()
}

/// Protects the share of accepted bets: a fair one is one that a server may accept, within range and precision, on open
/// markets of different events.
#[test]
fn fair_bets_are_fair() {
    for (currency, digits) in [("EUR", 2), ("JPY", 0), ("KWD", 3)] {
        for (bet, _) in bets(currency, 3).into_iter().filter(|(_, mistake)| mistake.is_none()) {
            let stake: Decimal = bet.stake.parse().expect("a decimal stake");
            assert!(
                stake >= Decimal::ONE && stake <= Decimal::TEN && stake.scale() <= digits,
                "{stake} {currency}"
            );
            let events: BTreeSet<_> = bet.legs.iter().map(|leg| &leg.event).collect();
            assert!(
                events.len() == bet.legs.len() && !events.contains(&"event-99".to_string()),
                "{events:?}"
            );
            assert!(bet.legs.iter().all(|leg| leg.market == 3 && leg.price == "2.50"));
        }
    }
}

/// Protects the share of accepted slips: every fair one has a stake that its lines share in whole minor units, on
/// selections of different events that its bets all use.
#[test]
fn fair_slips_are_fair() {
    for (currency, digits) in [("EUR", 2), ("JPY", 0)] {
        for (slip, _) in slips(currency, 4).into_iter().filter(|(_, mistake)| mistake.is_none()) {
            let events: BTreeSet<_> = slip.selections.iter().map(|leg| &leg.event).collect();
            assert_eq!(events.len(), slip.selections.len(), "{slip:?}");
            let all = (0..slip.selections.len() as u32).collect::<BTreeSet<_>>();
            let mut used = BTreeSet::new();
            for bet in &slip.bets {
                let on = if bet.selections.is_empty() {
                    all.clone()
                } else {
                    bet.selections.iter().copied().collect()
                };
                let lines = crate::players::asked::lines(bet, (on.len() - bet.bankers.len()) as u64);
                let stake: Decimal = bet.stake.parse().expect("a decimal stake");
                let unit = match bet.stake_kind() {
                    StakeKind::Unit => stake,
                    StakeKind::Total => stake / Decimal::from(lines),
                };
                assert!(
                    lines > 0 && unit >= Decimal::ONE && unit.normalize().scale() <= digits,
                    "{unit} for {bet:?}"
                );
                used.extend(on);
            }
            assert_eq!(used, all, "{slip:?}");
        }
    }
}

/// Protects what a crowd shows: slips of every type that fits the events that a player sees.
#[test]
fn slips_are_of_every_type() {
    let types = |events| -> BTreeSet<BetType> {
        let placed = slips("EUR", events);
        let bets = placed.iter().filter(|(_, mistake)| mistake.is_none());
        bets.flat_map(|(slip, _)| slip.bets.iter().map(SlipBet::r#type))
            .collect()
    };
    assert_eq!(types(1), BTreeSet::from([BetType::All, BetType::Singles]));
    let with_systems = BTreeSet::from([BetType::All, BetType::Singles, BetType::System]);
    assert_eq!(types(2), with_systems);
    let mut all = with_systems;
    all.extend([BetType::Trixie, BetType::Patent]);
    assert_eq!(types(3), all);
    all.extend([BetType::Yankee, BetType::Lucky15]);
    assert_eq!(types(4), all);
}

/// Protects the mix of a crowd: mostly singles, some accumulators, every policy, a few of every mistake.
#[test]
fn the_mix_is_as_told() {
    let placed = bets("EUR", 4);
    let share = |wanted: &dyn Fn(&(PlaceBet, Option<Mistake>)) -> bool| {
        placed.iter().filter(|one| wanted(one)).count() * 100 / placed.len()
    };
    assert!((15..=25).contains(&share(&|(bet, _)| bet.legs.len() > 1)));
    assert!((2..=6).contains(&share(&|(_, mistake)| mistake.is_some())));
    for policy in [PricePolicy::Exact, PricePolicy::Better, PricePolicy::Any] {
        assert!(share(&|(bet, _)| bet.policy() == policy) >= 25, "{policy:?}");
    }
    let kinds: BTreeSet<_> = placed.iter().filter_map(|(_, mistake)| *mistake).collect();
    assert_eq!(kinds, BTreeSet::from(Mistake::OF_BETS));
    let kinds: BTreeSet<_> = slips("EUR", 4).into_iter().filter_map(|(_, mistake)| mistake).collect();
    assert_eq!(kinds, BTreeSet::from(Mistake::OF_SLIPS));
    let one_event = bets("EUR", 1);
    assert!(
        one_event.iter().all(|(bet, _)| bet.legs.len() == 1),
        "an accumulator needs two events"
    );
    assert_eq!(many("EUR", 0, 50), [], "nothing is on offer");
    let both = many("EUR", 4, 20);
    let slips = both
        .iter()
        .filter(|intent| matches!(intent.asked, Asked::Slip(_)))
        .count();
    assert!((15..=25).contains(&(slips * 100 / both.len())), "{slips}");
}

/// Protects a server from blame: every mistake must really be one.
#[test]
fn mistakes_are_mistakes() {
    let (book, purse, mut dice) = (book(2), purse("EUR"), Dice::new(1, 1));
    let leg = leg(book.offers(&mut dice, 1).remove(0));
    let fair = PlaceBet {
        legs: vec![leg.clone()],
        stake: "5.00".into(),
        currency: "EUR".into(),
        policy: 2,
    };
    let mut spoilt = |mistake| match spoil::spoil(Asked::Bet(fair.clone()), mistake, &book, &mut dice, &purse) {
        Some(Intent {
            asked: Asked::Bet(bet), ..
        }) => bet,
        other => panic!("{mistake} made {other:?}"),
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

    let fair = PlaceSlip {
        selections: vec![leg; 2],
        bets: vec![SlipBet::default()],
        currency: "EUR".into(),
        ..PlaceSlip::default()
    };
    let mut spoilt = |mistake| match spoil::spoil(Asked::Slip(fair.clone()), mistake, &book, &mut dice, &purse) {
        Some(Intent {
            asked: Asked::Slip(slip),
            ..
        }) => slip,
        other => panic!("{mistake} made {other:?}"),
    };
    let uneven = spoilt(Mistake::UnevenTotal).bets.remove(0);
    assert_eq!(
        (uneven.r#type(), uneven.stake_kind(), uneven.stake.as_str()),
        (BetType::Singles, StakeKind::Total, "2.01")
    );
    assert_eq!(spoilt(Mistake::WrongSelections).bets[0].r#type(), BetType::Yankee);
    assert_eq!(spoilt(Mistake::ClosedMarket).selections[0].event, "event-99");
}

/// Protects what the demo proves of races: bets on races alone are each-way now and then, others never, and a total stake is
/// shared by all lines, each-way counted twice. Who has a free bet stakes no more of it than there is, and only where there
/// is one.
#[test]
fn races_are_backed_each_way_and_free_bets_used() {
    let mut book = book(3);
    for event in ["race-a", "race-b"] {
        let runner = |selection| Selection {
            selection,
            price: "6.00".into(),
            ..Selection::default()
        };
        book.take(MarketImage {
            event: event.into(),
            market: 1,
            status: MarketStatus::Open.into(),
            race: true,
            selections: (1..=8).map(runner).collect(),
            ..MarketImage::default()
        });
    }
    let chosen = |free_bets: Decimal| -> Vec<PlaceSlip> {
        let (mut dice, mut purse) = (Dice::new(7, 7), purse("EUR"));
        purse.free_bets = free_bets;
        let intents = (0..4_000).filter_map(|_| choose(&book, &mut dice, &purse, 100));
        let fair = intents.filter(|intent| intent.mistake.is_none());
        let slip = |intent: Intent| match intent.asked {
            Asked::Slip(slip) => Some(slip),
            _ => None,
        };
        fair.filter_map(slip).collect()
    };
    let (mut each_way, mut free) = (0, 0);
    for slip in chosen(Decimal::from(9)) {
        for (at, bet) in slip.bets.iter().enumerate() {
            let on = |at: &usize| bet.selections.is_empty() || bet.selections.contains(&(*at as u32));
            let legs = (0..slip.selections.len()).filter(on);
            let races = legs.clone().all(|at| slip.selections[at].event.starts_with("race"));
            assert!(races || !bet.each_way, "{bet:?}");
            each_way += usize::from(bet.each_way);
            let parts = if bet.each_way { 2 } else { 1 };
            let count = parts * crate::players::asked::lines(bet, (legs.count() - bet.bankers.len()) as u64);
            let stake: Decimal = bet.stake.parse().expect("a decimal stake");
            let total = match bet.stake_kind() {
                StakeKind::Total => stake,
                StakeKind::Unit => stake * Decimal::from(count),
            };
            assert_eq!(
                (total / Decimal::from(count)).round_dp(2) * Decimal::from(count),
                total,
                "{bet:?}"
            );
            assert!(!bet.free_bet || (at == 0 && total <= Decimal::from(9)), "{bet:?}");
            free += usize::from(bet.free_bet);
        }
    }
    assert!(each_way > 100 && free > 100, "{each_way} each-way, {free} free");
    assert!(
        chosen(Decimal::ZERO)
            .iter()
            .flat_map(|slip| &slip.bets)
            .all(|bet| !bet.free_bet)
    );
}
