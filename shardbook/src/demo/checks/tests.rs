use super::*;
use crate::players::Sales;

fn fine() -> (House, players::Summary) {
    let euros = Currency {
        bets_placed: 10,
        bets_open: 1,
        turnover: "50.00".into(),
        payout: "30.00".into(),
        gross_win: "15.00".into(),
        open_stakes: "5.00".into(),
        waiting_stakes: "0.00".into(),
        cashed_out: "4.00".into(),
        ..Currency::default()
    };
    let house = House {
        currencies: [("EUR".to_string(), euros)].into(),
        ..House::default()
    };
    let sales = Sales {
        count: 1,
        paid: Decimal::from(4),
        ..Sales::default()
    };
    let players = players::Summary {
        players: 3,
        reconciled: 3,
        bets_accepted: 10,
        bets_open: 1,
        bets_by_type: [("Single".to_string(), 8), ("Yankee".to_string(), 2)].into(),
        slips_delayed: 4,
        slips_accepted: 3,
        slips_refused: [("MARKET_SUSPENDED".to_string(), 1)].into(),
        cash_outs: [("EUR".to_string(), sales)].into(),
        ..players::Summary::default()
    };
    (house, players)
}

/// Protects the demo's exit code: whatever differs between the house and its players is told, and nothing where all is as
/// it must be.
#[test]
fn differences_are_told() {
    let (house, players) = fine();
    assert_eq!(trading(&house, &players, 10), Vec::<String>::new());
    type Spoil = fn(&mut Currency, &mut players::Summary);
    let rows: [(&str, Spoil); 11] = [
        ("2 mismatches", |_, players| players.mismatches = 2),
        ("only 2 of 3 players", |_, players| players.reconciled = 2),
        ("9 bets placed, 10 wanted", |euros, _| euros.bets_placed = 9),
        ("10 bets placed, 11 answered", |_, players| players.bets_accepted = 11),
        ("10 of some type", |_, players| players.bets_accepted = 9),
        ("1 bets open, players list 0", |_, players| players.bets_open = 0),
        ("1 legs of finished markets", |_, players| players.unsettled_legs = 1),
        ("4 slips were delayed, 3 decided", |_, players| {
            players.slips_accepted = 2
        }),
        ("turnover is not", |euros, _| euros.payout = "29.99".into()),
        ("EUR: stakes of 2.00 still wait", |euros, _| {
            euros.waiting_stakes = "2.00".into()
        }),
        (
            "EUR: 4.00 was paid for bets sold back, players heard of 0",
            |_, players| players.cash_outs.clear(),
        ),
    ];
    for (says, spoil) in rows {
        let (mut house, mut players) = fine();
        spoil(house.currencies.get_mut("EUR").expect("is there"), &mut players);
        let off = trading(&house, &players, 10);
        assert!(off.iter().any(|what| what.contains(says)), "{says}: {off:?}");
    }
}
