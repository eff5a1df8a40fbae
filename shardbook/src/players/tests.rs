use rust_decimal::Decimal;

use super::*;
use crate::cli::StakeRange;

mod house;

use house::{Fault, House};

const BETS: u64 = 120;

fn plan(to: String) -> Plan {
    Plan {
        to,
        count: 5,
        seed: 3,
        name: "test".into(),
        bets: BETS,
        rate: 5_000,
        brands: vec!["demo".into()],
        currencies: vec!["EUR".into(), "JPY".into()],
        stakes: StakeRange {
            low: Decimal::ONE,
            high: Decimal::TEN,
        },
        slips: 30,
        cash_out: 5,
        events: 2,
        patience: Duration::from_secs(30),
        answers: None,
    }
}

async fn crowd_at(fault: Fault) -> Summary {
    let mut house = House::open(fault).await;
    let crowd = Crowd::gather(plan(house.url())).expect("a good plan");
    house.placed(BETS).await;
    crowd.stop_betting();
    crowd.leave().await
}

/// Protects the trust in a clean summary: against an honest house a crowd bets up to its bound, places slips, sells bets,
/// makes its mistakes and finds nothing wrong.
#[tokio::test]
async fn an_honest_house_is_found_honest() {
    let summary = crowd_at(Fault::None).await;
    assert_eq!(summary.mismatch_details, Vec::<String>::new());
    assert_eq!(
        (summary.bets_accepted, summary.reconciled, summary.players),
        (BETS, 5, 5)
    );
    assert_eq!(summary.bets_open + summary.bets_settled, BETS);
    assert!(summary.acceptance.count > 0 && summary.images > 0, "{summary}");
    assert!(summary.slips_placed > 0 && !summary.cash_outs.is_empty(), "{summary}");
    assert_eq!(summary.bets_by_type.values().sum::<u64>(), BETS);
}

/// Protects players in play: what waits for its delay is no fault, is counted by what became of it, and is found out also
/// where the decision comes before the answer or is never heard.
#[tokio::test]
async fn what_waits_is_heard_of() {
    for fault in [Fault::Delay, Fault::DecideEarly, Fault::HangUpUndecided] {
        let summary = crowd_at(fault).await;
        assert_eq!(summary.mismatch_details, Vec::<String>::new(), "{fault:?}");
        let refused: u64 = summary.slips_refused.values().sum();
        assert!(summary.slips_accepted > 0 && refused > 0, "{fault:?}: {summary}");
        assert_eq!(
            summary.slips_delayed,
            summary.slips_accepted + refused,
            "{fault:?}: {summary}"
        );
        assert_eq!((summary.bets_accepted, summary.slips_waiting), (BETS, 0), "{fault:?}");
        assert_eq!(
            summary.slips_inquired > 0,
            fault == Fault::HangUpUndecided,
            "{fault:?}: {summary}"
        );
    }
}

/// Protects against a lost or doubled bet: a connection that breaks between a bet and its answer, or an answer «unknown»,
/// leads to a retry under the same id: the bet is placed once and its answer is heard.
#[tokio::test]
async fn what_is_unanswered_is_asked_again() {
    for fault in [Fault::HangUpUnanswered, Fault::SayUnknown] {
        let summary = crowd_at(fault).await;
        assert_eq!(summary.mismatch_details, Vec::<String>::new(), "{fault:?}");
        assert!(summary.retries > 0, "{fault:?}: {summary}");
        assert_eq!(
            summary.bets_open + summary.bets_settled,
            summary.bets_accepted,
            "{fault:?}"
        );
    }
}

/// Protects what the demo and the crash loops prove: a house that is wrong in any of these ways must be found out.
#[tokio::test]
async fn a_wrong_house_is_found_out() {
    for (fault, says) in [
        (Fault::LoseABet, "is not listed"),
        (Fault::PlaceRetriesAgain, "no answer named it"),
        (Fault::KeepAPenny, "deposits, stakes, returns and sales make"),
        (Fault::KeepAPenny, "a balance of"),
        (Fault::SkipADelta, "does not follow"),
        (Fault::TakeOtherLines, "lines of"),
        (Fault::PayNothing, "deposits, stakes, returns and sales make"),
    ] {
        let summary = crowd_at(fault).await;
        let details = &summary.mismatch_details;
        assert!(details.iter().any(|what| what.contains(says)), "{fault:?}: {details:?}");
    }
}

/// A plan that no server would take is refused before a socket is opened.
#[test]
fn wrong_plans_are_refused() {
    type Spoil = fn(&mut Plan);
    let rows: [(&str, Spoil); 5] = [
        ("ws://host:port", |plan| plan.to = "http://127.0.0.1:7700".into()),
        ("a run's name", |plan| plan.name = "two words".into()),
        ("a brand", |plan| plan.brands = vec!["Demo".into()]),
        ("ISO 4217", |plan| plan.currencies = vec!["euro".into()]),
        ("at least one", |plan| plan.brands.clear()),
    ];
    for (says, spoil) in rows {
        let mut plan = plan("ws://127.0.0.1:1".into());
        spoil(&mut plan);
        let failure = Crowd::gather(plan).expect_err(says).to_string();
        assert!(failure.contains(says), "{failure}");
    }
}
