//! The rules of a brand as data.

use shardbook_domain::money::{Amount, Currency};
use shardbook_domain::odds::Odds;
use shardbook_domain::ratio::Rounding;
use shardbook_domain::rules::{AmountRules, DelayRule, Phase, ReferralRules, Rules};

fn eur() -> Currency {
    Currency::new("EUR").expect("known")
}

/// Protects start-up: the defaults make sense in every currency, small units and large.
#[test]
fn defaults_are_valid_in_every_currency() {
    let amounts = Currency::all()
        .map(|currency| (currency, AmountRules::default_for(currency)))
        .collect();
    let rules = Rules {
        amounts,
        ..Rules::default()
    };
    assert_eq!(rules.validate(), Ok(()));
    let min_stake = |code| rules.amounts(Currency::new(code).expect("known")).min_stake;
    assert_eq!(
        (min_stake("EUR"), min_stake("JPY"), min_stake("KWD")),
        (Amount(10), Amount(1), Amount(100))
    );
}

/// Protects operators from rules that make no sense: the first is named.
#[test]
fn senseless_rules_are_refused() {
    let amounts = |change: fn(&mut AmountRules)| {
        let mut amounts = AmountRules::default_for(eur());
        change(&mut amounts);
        Rules {
            amounts: [(eur(), amounts)].into(),
            ..Rules::default()
        }
    };
    let rows: Vec<(&str, Rules)> = vec![
        (
            "max_legs",
            Rules {
                max_legs: 0,
                ..Rules::default()
            },
        ),
        (
            "max_legs",
            Rules {
                max_legs: 64,
                ..Rules::default()
            },
        ),
        (
            "max_total_odds",
            Rules {
                max_total_odds: 1,
                ..Rules::default()
            },
        ),
        (
            "max_bets",
            Rules {
                max_bets: 51,
                ..Rules::default()
            },
        ),
        (
            "max_lines",
            Rules {
                max_lines: 10_001,
                ..Rules::default()
            },
        ),
        (
            "price_tolerance",
            Rules {
                price_tolerance: 1_001,
                ..Rules::default()
            },
        ),
        (
            "reoffer_s",
            Rules {
                reoffer_s: 301,
                ..Rules::default()
            },
        ),
        (
            "delays[0].seconds",
            Rules {
                delays: vec![DelayRule {
                    sport: "".into(),
                    phase: Phase::InPlay,
                    seconds: 61,
                }],
                ..Rules::default()
            },
        ),
        (
            "referral.seconds",
            Rules {
                referral: ReferralRules {
                    seconds: 601,
                    up_to_percent: 101,
                },
                ..Rules::default()
            },
        ),
        (
            "referral.up_to_percent",
            Rules {
                referral: ReferralRules {
                    seconds: 0,
                    up_to_percent: 100,
                },
                ..Rules::default()
            },
        ),
        (
            "amounts.EUR.player.liability",
            amounts(|amounts| amounts.player.liability = Some(Amount(-1))),
        ),
        (
            "limit_raise_hours",
            Rules {
                limit_raise_hours: 23,
                ..Rules::default()
            },
        ),
        (
            "amounts.EUR.min_stake",
            amounts(|amounts| amounts.min_stake = Amount(0)),
        ),
        (
            "amounts.EUR.min_stake",
            amounts(|amounts| amounts.min_stake = Amount(amounts.max_stake.0 + 1)),
        ),
        (
            "amounts.EUR.max_stake",
            amounts(|amounts| amounts.max_stake = Amount(amounts.max_payout.0 + 1)),
        ),
        (
            "amounts.EUR.max_payout",
            amounts(|amounts| amounts.max_payout = Amount(i64::MAX)),
        ),
        (
            "amounts.EUR.min_deposit",
            amounts(|amounts| amounts.min_deposit = Amount(0)),
        ),
        (
            "amounts.EUR.max_deposit",
            amounts(|amounts| amounts.max_deposit = Amount(i64::MAX)),
        ),
    ];
    for (rule, rules) in rows {
        assert_eq!(rules.validate().map_err(|error| error.rule), Err(rule.to_owned()));
    }
}

/// Protects configuration files: rules are read from text, and an unknown key is no rule.
#[test]
fn rules_are_read_from_configuration() {
    let read = |text: &str| serde_json::from_str::<Rules>(text);
    assert!(read("{}").is_ok_and(|rules| rules == Rules::default()));
    let rules = read(r#"{"max_legs": 12, "rounding": "half-even"}"#).expect("valid");
    assert_eq!((rules.max_legs, rules.rounding), (12, Rounding::HalfEven));
    let rules = read(
        r#"{"amounts": {"GBP": {"min_stake": 5, "max_stake": 6, "max_payout": 7, "min_deposit": 8, "max_deposit": 9}}}"#,
    );
    let gbp = rules.expect("valid").amounts(Currency::new("GBP").expect("known"));
    assert_eq!((gbp.min_stake, gbp.max_deposit), (Amount(5), Amount(9)));
    for wrong in [
        r#"{"max_leg": 12}"#,
        r#"{"rounding": "up"}"#,
        r#"{"amounts": {"XXX": {}}}"#,
        r#"{"max_legs": -1}"#,
    ] {
        assert!(read(wrong).is_err(), "{wrong}");
    }
}

/// Protects operators from writing prices as pairs of numbers: in configuration they are text, decimal or fractional, and
/// are written back so that they are read as the same.
#[test]
fn prices_in_rules_are_text() {
    let read = |text: &str| serde_json::from_str::<Rules>(text);
    let price = |num, den| Odds::ratio(num, den).expect("a price");
    for (text, expected) in [("1.20", price(6, 5)), ("13/8", price(21, 8)), ("evens", price(2, 1))] {
        let rules = read(&format!(r#"{{"boost_min_price": "{text}"}}"#)).expect("valid");
        assert_eq!(rules.boost_min_price, expected, "{text}");
    }
    let rules = read(r#"{"rule_four": {"scale": [{"up_to": "2/11", "pence": 85}, {"up_to": "1.25", "pence": 80}]}}"#);
    let scale = rules.expect("valid").rule_four.scale;
    assert_eq!((scale[0].up_to, scale[1].up_to), (price(13, 11), price(5, 4)));
    for wrong in [r#"[6, 5]"#, r#"1.2"#, r#""0.9""#, r#""-1.20""#, r#""1.20 ""#] {
        assert!(read(&format!(r#"{{"boost_min_price": {wrong}}}"#)).is_err(), "{wrong}");
    }
    let written = serde_json::to_string(&Rules::default()).expect("text");
    assert!(
        written.contains(r#""boost_min_price":"1.20""#) && written.contains(r#""up_to":"2/11""#),
        "{written}"
    );
    assert_eq!(read(&written).expect("valid"), Rules::default());
}
