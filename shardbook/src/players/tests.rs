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

/// Against an honest house a crowd bets up to its bound, makes its mistakes and finds nothing wrong.
#[tokio::test]
async fn an_honest_house_is_found_honest() {
    let summary = crowd_at(Fault::None).await;
    assert_eq!(summary.mismatch_details, Vec::<String>::new());
    assert_eq!(
        (summary.bets_accepted, summary.reconciled, summary.players),
        (BETS, 5, 5)
    );
    assert_eq!(summary.bets_open, BETS);
    assert!(summary.acceptance.count >= BETS && summary.images > 0, "{summary}");
}

/// A connection that breaks between a bet and its answer, or an answer «unknown», leads to a retry under the same id:
/// the bet is placed once and its answer is heard.
#[tokio::test]
async fn what_is_unanswered_is_asked_again() {
    for fault in [Fault::HangUpUnanswered, Fault::SayUnknown] {
        let summary = crowd_at(fault).await;
        assert_eq!(summary.mismatch_details, Vec::<String>::new(), "{fault:?}");
        assert!(summary.retries > 0, "{fault:?}: {summary}");
        assert_eq!(summary.bets_open, summary.bets_accepted, "{fault:?}");
    }
}

/// A house that is wrong in any of these ways must be found out, or the demo and the crash loops prove nothing.
#[tokio::test]
async fn a_wrong_house_is_found_out() {
    for (fault, says) in [
        (Fault::LoseABet, "is not listed"),
        (Fault::PlaceRetriesAgain, "no answer named it"),
        (Fault::KeepAPenny, "deposits, stakes and returns make"),
        (Fault::SkipADelta, "does not follow"),
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
