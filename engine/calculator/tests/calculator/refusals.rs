//! Documents that are refused.

use shardbook_calculator::{MAX_BETS, MAX_BYTES, MAX_MARKET_SELECTIONS, settle};

use crate::documents::{EXAMPLES, document, example, refused, single};

/// Documents that are refused, with place and code.
pub fn rows() -> Vec<(String, &'static str, &'static str)> {
    let legs = |count: usize| -> String {
        let leg = |at: usize| format!(r#"{{"selection": "{at}", "price": "2.00"}}"#);
        (0..count).map(leg).collect::<Vec<_>>().join(",")
    };
    let bet = |more: &str, count: usize| {
        document(
            &format!(r#"{{"stake": {{"unit": "1.00"}}, "legs": [{}] {more}}}"#, legs(count)),
            "",
        )
    };
    let result = |more: &str| document(&single(""), &format!(r#"{{"selection": "a" {more}}}"#));
    let stake = |stake: &str| document(&single("").replace(r#"{"unit": "10.00"}"#, stake), "");
    let leg = |leg: &str| document(&single("").replace(r#"{"selection": "a", "price": "2.50"}"#, leg), "");
    let place = |fraction: &str, places: u8| {
        let terms = format!(r#"{{"places": {places}, "fraction": "{fraction}"}}"#);
        leg(&format!(r#"{{"selection": "a", "price": "2", "each_way": {terms}}}"#))
            .replace(r#""stake""#, r#""each_way": true, "stake""#)
    };
    let rules = |rules: &str| format!(r#"{{"rules": {rules}, "bets": [{}]}}"#, single(""));
    vec![
        ("".into(), "document", "NOT_JSON"),
        ("[1]".into(), "document", "NOT_AN_OBJECT"),
        ("{}".into(), "bets", "FIELD_MISSING"),
        (r#"{"bets": []}"#.into(), "bets", "BETS_COUNT"),
        (r#"{"bets": 1}"#.into(), "bets", "NOT_A_LIST"),
        (r#"{"bets": [1]}"#.into(), "bet 1", "NOT_AN_OBJECT"),
        (r#"{"bet": []}"#.into(), "bet", "FIELD_UNKNOWN"),
        (rules(r#"{"max_leg": 1}"#), "rules", "RULES_UNREADABLE"),
        (rules(r#"{"max_legs": 0}"#), "rules.max_legs", "RULES_SENSELESS"),
        (rules(r#"{"boost_min_price": "0.9"}"#), "rules", "RULES_UNREADABLE"),
        (
            document(&single(r#", "colour": "red""#), ""),
            "bet 1, colour",
            "FIELD_UNKNOWN",
        ),
        (
            document(&single(r#", "id": "anna-1", "fund": "credit""#), ""),
            "bet 1 (anna-1), fund",
            "FUND_UNKNOWN",
        ),
        (
            document(&format!("{}, {}", single(""), single(r#", "currency": "EURO""#)), ""),
            "bet 2, currency",
            "CURRENCY_UNKNOWN",
        ),
        (
            document(&single(r#", "placed_at": -1"#), ""),
            "bet 1, placed_at",
            "NOT_A_NUMBER",
        ),
        (
            document(&single(r#", "each_way": "yes""#), ""),
            "bet 1, each_way",
            "NOT_A_FLAG",
        ),
        (
            document(&single(r#", "bought_back": "10.01""#), ""),
            "bet 1, bought_back",
            "BOUGHT_BACK_TOO_MUCH",
        ),
        (stake(r#""10.00""#), "bet 1, stake", "NOT_AN_OBJECT"),
        (stake("null"), "bet 1, stake", "FIELD_MISSING"),
        (stake("{}"), "bet 1, stake", "STAKE_UNIT_OR_TOTAL"),
        (
            stake(r#"{"unit": "1.00", "total": "1.00"}"#),
            "bet 1, stake",
            "STAKE_UNIT_OR_TOTAL",
        ),
        (stake(r#"{"unit": 1.5}"#), "bet 1, stake.unit", "NOT_A_TEXT"),
        (stake(r#"{"unit": "1.005"}"#), "bet 1, stake.unit", "AMOUNT_TOO_PRECISE"),
        (stake(r#"{"unit": "0.00"}"#), "bet 1, stake.unit", "STAKE_NOT_POSITIVE"),
        (stake(r#"{"total": "-5"}"#), "bet 1, stake.total", "AMOUNT_SIGNED"),
        (leg(r#"{"price": "2.50"}"#), "bet 1, legs[0].selection", "FIELD_MISSING"),
        (
            leg(r#"{"selection": "a", "price": 2.5}"#),
            "bet 1, legs[0].price",
            "NOT_A_TEXT",
        ),
        (
            leg(r#"{"selection": "a", "price": "1.00"}"#),
            "bet 1, legs[0].price",
            "PRICE_NOT_ABOVE_ONE",
        ),
        (
            leg(r#"{"selection": "a", "price": "1.5", "format": "american"}"#),
            "bet 1, legs[0].format",
            "PRICE_FORMAT_UNKNOWN",
        ),
        (
            leg(r#"{"selection": "a", "price": "2", "each_way": {"places": 3, "fraction": "1/5"}}"#),
            "bet 1, legs[0].each_way",
            "EACH_WAY_UNASKED",
        ),
        (
            leg(r#"{"selection": "a", "price": "2"}, {"selection": "a", "price": "2"}"#),
            "bet 1, legs[1].selection",
            "SELECTION_TWICE",
        ),
        (leg(""), "bet 1, type", "FIELD_MISSING"),
        (bet(r#", "type": "yankee""#, 3), "bet 1, type", "SHAPE_OTHER_SELECTIONS"),
        (bet(r#", "type": "nap""#, 3), "bet 1, type", "BET_TYPE_UNKNOWN"),
        (
            bet(r#", "type": "treble", "sizes": [3]"#, 3),
            "bet 1, sizes",
            "TYPE_AND_SIZES",
        ),
        (
            bet(r#", "sizes": [4]"#, 3),
            "bet 1, sizes",
            "SHAPE_SIZE_NOT_WITHIN_LEGS",
        ),
        (bet(r#", "sizes": [0]"#, 3), "bet 1, sizes[0]", "SIZE_INVALID"),
        (bet(r#", "sizes": []"#, 3), "bet 1, sizes", "SHAPE_NO_SIZE"),
        (
            bet(r#", "sizes": [1], "bankers": ["9"]"#, 3),
            "bet 1, bankers[0]",
            "SHAPE_BANKER_NOT_A_LEG",
        ),
        (
            bet(r#", "sizes": [1], "bankers": ["0", "1"]"#, 2),
            "bet 1, sizes",
            "SHAPE_SIZE_NOT_WITHIN_LEGS",
        ),
        (bet("", 2), "bet 1, type", "FIELD_MISSING"),
        (
            bet(r#", "type": "accumulator""#, 64),
            "bet 1, legs",
            "SHAPE_TOO_MANY_LEGS",
        ),
        (
            bet(r#", "type": "accumulator""#, 21),
            "bet 1, legs",
            "SHAPE_TOO_MANY_LEGS",
        ),
        (bet(r#", "sizes": [10]"#, 20), "bet 1, legs", "SHAPE_TOO_MANY_LINES"),
        (
            bet(r#", "type": "trixie""#, 3).replace(r#""unit": "1.00""#, r#""total": "1.01""#),
            "bet 1, stake.total",
            "STAKE_NOT_DIVISIBLE",
        ),
        (
            result(r#", "outcome": "drawn""#),
            "results[0].outcome",
            "OUTCOME_UNKNOWN",
        ),
        (
            result(r#", "finish": {"position": 1}"#),
            "results[0].finish",
            "OUTCOME_MISSING",
        ),
        (
            result(r#", "outcome": "won", "finish": {"position": 0}"#),
            "results[0].finish.position",
            "FINISH_INVALID",
        ),
        (
            result(r#", "outcome": "won", "dead_heat": {"places": 2, "runners": 2}"#),
            "results[0].dead_heat",
            "DEAD_HEAT_INVALID",
        ),
        (
            result(r#", "outcome": "lost", "dead_heat": {"places": 1, "runners": 2}"#),
            "results[0].dead_heat",
            "DEAD_HEAT_NOT_WON",
        ),
        (
            result(r#", "withdrawn": {"price": "1"}"#),
            "results[0].withdrawn.price",
            "PRICE_NOT_ABOVE_ONE",
        ),
        (
            result(r#", "voids": [{"from": 5, "until": 5}]"#),
            "results[0].voids[0].until",
            "WINDOW_EMPTY",
        ),
        (
            result(r#", "corrected": {}"#),
            "results[0].corrected.price",
            "FIELD_MISSING",
        ),
        (
            document(&single(""), r#"{"selection": "a"}, {"selection": "a"}"#),
            "results[1].selection",
            "SELECTION_TWICE",
        ),
        (
            document(&single(""), r#"{"outcome": "won"}"#),
            "results[0].selection",
            "FIELD_MISSING",
        ),
        (document(&single(r#", "id": """#), ""), "bet 1 (), id", "TEXT_LENGTH"),
        (
            document(&single(r#", "id": "\u001b[2J""#), ""),
            "bet 1, id",
            "TEXT_CONTROL",
        ),
        (
            leg(r#"{"selection": "a\nb", "price": "2"}"#),
            "bet 1, legs[0].selection",
            "TEXT_CONTROL",
        ),
        (
            document(&single(r#", "\u001bid": 1"#), ""),
            "bet 1, id",
            "FIELD_UNKNOWN",
        ),
        (place("1/4", 0), "bet 1, legs[0].each_way.places", "PLACES_INVALID"),
        (
            place("4/1", 3),
            "bet 1, legs[0].each_way.fraction",
            "PLACE_FRACTION_INVALID",
        ),
        (
            place("1/21", 3),
            "bet 1, legs[0].each_way.fraction",
            "PLACE_FRACTION_INVALID",
        ),
        (bet(r#", "sizes": [1]"#, 0), "bet 1, legs", "SHAPE_NO_LEGS"),
        (
            bet(r#", "sizes": [], "bankers": ["0", "1"]"#, 2),
            "bet 1, sizes",
            "SHAPE_NO_FREE_LEG",
        ),
        (
            bet(r#", "type": "trixie""#, 3).replace("1.00", "9999999999999.99"),
            "bet 1, stake.unit",
            "STAKE_TOO_LARGE",
        ),
    ]
}

/// Documents that are refused for their size, with place and code.
pub fn large() -> Vec<(String, &'static str, &'static str)> {
    let leg = |at: usize| format!(r#"{{"selection": "{at}", "price": "1.01"}}"#);
    let legs: Vec<String> = (0..11).map(leg).collect();
    let bet = format!(
        r#"{{"stake": {{"unit": "1.00"}}, "type": "1,2,3,4,5,6,7,8,9,10,11 of 11", "legs": [{}]}}"#,
        legs.join(",")
    );
    let result = |at: usize| format!(r#"{{"selection": "{at}", "market": "m"}}"#);
    let results: Vec<String> = (0..=MAX_MARKET_SELECTIONS).map(result).collect();
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    vec![
        (" ".repeat(MAX_BYTES + 1), "document", "DOCUMENT_TOO_LONG"),
        (document(&vec!["1"; MAX_BETS + 1].join(","), ""), "bets", "BETS_COUNT"),
        // 2,047 lines each: the 123rd is one too many.
        (document(&vec![bet; 130].join(","), ""), "bet 123", "DOCUMENT_LINES"),
        (
            document(&single(""), &results.join(",")),
            "results[500].market",
            "MARKET_TOO_LARGE",
        ),
        (deep, "document", "NOT_JSON"),
    ]
}

/// Protects whoever writes a document: what is wrong is named by bet and field, with a stable code.
#[test]
fn refusals_name_bet_and_field() {
    for (document, place, code) in rows() {
        let error = refused(&document);
        assert_eq!((error.place.as_str(), error.code), (place, code), "{error}\n{document}");
    }
}

/// Protects memory: what is too large is refused before it is read.
#[test]
fn documents_are_bounded() {
    for (document, place, code) in large() {
        let error = refused(&document);
        assert_eq!((error.place.as_str(), error.code), (place, code), "{error}");
    }
}

/// Protects the reader from damaged documents: cut off anywhere or with a byte changed, they are settled or refused.
#[test]
fn damaged_documents_do_no_harm() {
    for name in EXAMPLES {
        let whole = example(name).into_bytes();
        for at in 0..whole.len() {
            let cut = settle(&whole[..at]);
            assert!(
                cut.is_err() || whole[at..].iter().all(u8::is_ascii_whitespace),
                "{name} cut at {at}"
            );
            for other in *b"0\"{,-\xff" {
                let mut damaged = whole.clone();
                damaged[at] = other;
                if let Err(error) = settle(&damaged) {
                    assert!(!error.place.is_empty() && !error.problem.is_empty(), "{name} at {at}");
                }
            }
        }
    }
}
