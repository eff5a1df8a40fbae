use shardbook_proto::backoffice::v1::{ListReferrals, TraderCommand};
use shardbook_proto::client::v1 as client;
use shardbook_proto::internal::v1::{CashOutPrices, HouseTotals, InFormat, PlayerRequest, Register};
use shardbook_proto::provider::v1::FeedMessage;

use super::*;

fn asks(request: Request) -> Option<Demand> {
    let request = PlayerRequest {
        request: Some(request),
        ..PlayerRequest::default()
    };
    of(Some(&Target::Player(request)))
}

fn needs(class: Class, cost: u32) -> Option<Demand> {
    Some(Demand { class, cost })
}

fn single(legs: usize) -> client::PlaceBet {
    client::PlaceBet {
        legs: vec![client::Leg::default(); legs],
        ..client::PlaceBet::default()
    }
}

fn slip(selections: usize, bets: Vec<SlipBet>) -> PlaceSlip {
    PlaceSlip {
        selections: vec![client::Leg::default(); selections],
        bets,
        ..PlaceSlip::default()
    }
}

fn bet(r#type: BetType, sizes: &[u32]) -> SlipBet {
    SlipBet {
        r#type: r#type.into(),
        sizes: sizes.to_vec(),
        ..SlipBet::default()
    }
}

/// Protects players' money from the crowd of bets: what moves money or protects a player has a part of its own, and what
/// always finds room asks for none.
#[test]
fn each_request_has_its_class() {
    let table = [
        (Request::PlaceBet(single(1)), needs(Class::Bets, 1)),
        (
            Request::AnswerOffer(client::AnswerOffer::default()),
            needs(Class::Bets, 1),
        ),
        (
            Request::LockCashOut(client::LockCashOut::default()),
            needs(Class::Bets, 1),
        ),
        (Request::Deposit(client::Deposit::default()), needs(Class::Wallet, 1)),
        (Request::Withdraw(client::Withdraw::default()), needs(Class::Wallet, 1)),
        (Request::CashOut(client::CashOut::default()), needs(Class::Wallet, 1)),
        (Request::SetLimit(client::SetLimit::default()), needs(Class::Wallet, 1)),
        (
            Request::SelfExclude(client::SelfExclude::default()),
            needs(Class::Wallet, 1),
        ),
        (Request::Register(Register::default()), needs(Class::Reads, 1)),
        (Request::Balance(client::GetBalance {}), needs(Class::Reads, 1)),
        (Request::ListSlips(client::ListSlips {}), needs(Class::Reads, 1)),
        (Request::ListBets(client::ListBets::default()), needs(Class::Reads, 2)),
        (Request::CashOutPrices(CashOutPrices {}), needs(Class::Reads, 4)),
        (
            Request::QuoteSlip(slip(1, vec![bet(BetType::All, &[])])),
            needs(Class::Reads, 4),
        ),
        (
            Request::InFormat(InFormat {
                asked: Some(Asked::PlaceBet(single(9))),
                ..InFormat::default()
            }),
            needs(Class::Bets, 2),
        ),
        (Request::InFormat(InFormat::default()), needs(Class::Reads, 1)),
    ];
    for (request, demand) in table {
        assert_eq!(asks(request.clone()), demand, "{request:?}");
    }
    assert_eq!(of(Some(&Target::HouseTotals(HouseTotals {}))), needs(Class::Reads, 8));
    assert_eq!(
        of(Some(&Target::Referrals(ListReferrals::default()))),
        needs(Class::Reads, 1)
    );
    for always in [
        Some(Target::Feed(FeedMessage::default())),
        Some(Target::Trader(TraderCommand::default())),
        Some(Target::Player(PlayerRequest::default())),
        None,
    ] {
        assert_eq!(of(always.as_ref()), None);
    }
}

/// Protects everybody from slips that cost a thousand times as much as others and come in as one: a slip costs by its
/// selections and lines, and never more than the bound, however senseless it is.
#[test]
fn a_slip_costs_by_its_selections_and_lines() {
    use BetType::{All, Goliath, Singles, System, Trixie};
    let table = [
        ("a single", slip(1, vec![bet(All, &[])]), 1),
        ("a long accumulator", slip(20, vec![bet(All, &[])]), 3),
        ("two bets", slip(2, vec![bet(All, &[]), bet(Singles, &[])]), 2),
        ("a trixie", slip(3, vec![bet(Trixie, &[])]), 1),
        ("a goliath of 247 lines", slip(8, vec![bet(Goliath, &[])]), 1 + 7),
        (
            "each-way doubles the lines",
            slip(
                8,
                vec![SlipBet {
                    each_way: true,
                    ..bet(Goliath, &[])
                }],
            ),
            1 + 15,
        ),
        ("doubles of 20: 190 lines", slip(20, vec![bet(System, &[2])]), 3 + 5),
        (
            "two bankers leave 153 doubles",
            slip(
                20,
                vec![SlipBet {
                    bankers: vec![0, 1],
                    ..bet(System, &[2])
                }],
            ),
            3 + 4,
        ),
        ("fours of 20: 4,845 lines", slip(20, vec![bet(System, &[4])]), 3 + 151),
        ("larger than what there is", slip(3, vec![bet(System, &[4])]), 1),
        ("all of 63", slip(63, vec![bet(System, &[31, 32])]), COST_MAX),
        ("50 dear ones", slip(20, vec![bet(System, &[10]); 50]), COST_MAX),
        (
            "senseless",
            slip(60_000, vec![bet(System, &[30_000, u32::MAX, 0]); 9]),
            COST_MAX,
        ),
        ("nothing", slip(0, Vec::new()), 1),
    ];
    for (what, slip, cost) in table {
        assert_eq!(asks(Request::PlaceSlip(slip)), needs(Class::Bets, cost), "{what}");
    }
}
