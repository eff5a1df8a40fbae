//! What the examples of the documents, and documents like them, come to.

use shardbook_calculator::price_slip;

use crate::documents::{document, example, settled, single};

/// Protects the examples in the documents: each comes to what is written there, in text and in JSON.
#[test]
fn examples_come_to_what_they_say() {
    let rows: &[(&str, &[(&str, &str, &str)])] = &[
        // 4.75 and 3.75 as singles, 17.8125 as a double.
        ("settle-lucky-15.json", &[("partly won", "26.31", "11.31")]),
        (
            "settle-each-way.json",
            &[("partly won", "50.00", "10.00"), ("partly won", "75.00", "55.00")],
        ),
        (
            "settle-asian-handicap.json",
            &[("half lost", "50.00", "-50.00"), ("partly won", "326.25", "226.25")],
        ),
    ];
    for (name, bets) in rows {
        let settled = settled(&example(name));
        assert_eq!(settled.bets.len(), bets.len(), "{name}");
        let json = settled.json();
        for (at, (status, returned, profit)) in bets.iter().enumerate() {
            let bet = &settled.bets[at];
            let found = (bet.working.status(), bet.returned.decimal(), bet.profit.decimal());
            assert_eq!(
                found,
                (*status, (*returned).to_owned(), (*profit).to_owned()),
                "{name} {at}"
            );
            let json = &json["bets"][at];
            assert_eq!(
                (&json["status"], &json["returned"]),
                (&(*status).into(), &(*returned).into()),
                "{name} {at}"
            );
            assert!(bet.text().contains(&format!("returns {returned}")), "{}", bet.text());
        }
    }
}

/// Protects the working as people read it.
#[test]
fn the_working_reads_like_this() {
    let settled = settled(&example("settle-each-way.json"));
    let expected = "\
bet 1 (last-place)
Single each-way, 2 lines x 20.00 = 40.00 GBP
   1  win: Grey Heron lost = 0.00 -> 0.00
   2  place: Grey Heron 17.00 placed at 1/4 = 5.00, dead heat 2 for 1 = 2.50 = 2.50 -> 50.00
sum of lines 50.00
returns 50.00 (rounded half up), profit 10.00: partly won

bet 2 (shared-win)
Single each-way, 2 lines x 10.00 = 20.00 GBP
   1  win: Night Ferry 9.00, dead heat 2 for 1 = 4.50 = 4.50 -> 45.00
   2  place: Night Ferry 9.00 placed at 1/4 = 3.00 = 3.00 -> 30.00
sum of lines 75.00
returns 75.00 (rounded half up), profit 55.00: partly won
";
    assert_eq!(settled.text(), expected);
}

/// Protects each field of a document: it does what its name says.
#[test]
fn fields_do_what_they_say() {
    let won = r#"{"selection": "a", "outcome": "won"}"#;
    let lost_at = |more: &str| format!(r#"{{"selection": "a", "outcome": "won"{more}}}"#);
    let market = |more: &str| {
        let a = r#"{"selection": "a", "market": "m", "outcome": "won"}"#;
        format!(r#"{a}, {{"selection": "b", "market": "m", "withdrawn": {{{more}}}}}"#)
    };
    let rows: Vec<(&str, String, String, &str)> = vec![
        ("won", single(""), won.to_owned(), "won 25.00"),
        ("no result", single(""), String::new(), "open 0.00"),
        (
            "a free bet",
            single(r#", "fund": "free-bet""#),
            won.to_owned(),
            "won 15.00",
        ),
        (
            "a part bought back",
            single(r#", "bought_back": "4.00""#),
            won.to_owned(),
            "won 15.00",
        ),
        (
            "in yen",
            single("")
                .replace("10.00", "10")
                .replace("2.50\"}", "2.55\"}")
                .replace("}]", r#"}], "currency": "JPY""#),
            won.to_owned(),
            "won 26",
        ),
        (
            "corrected",
            single(""),
            lost_at(r#", "corrected": {"price": "1.50"}"#),
            "won 15.00",
        ),
        (
            "corrected to a longer price",
            single(""),
            lost_at(r#", "corrected": {"price": "3.50"}"#),
            "won 25.00",
        ),
        (
            "corrected for others",
            single(r#", "placed_at": 5"#),
            lost_at(r#", "corrected": {"price": "1.50", "until": 5}"#),
            "won 25.00",
        ),
        (
            "void for a time",
            single(r#", "placed_at": 5"#),
            lost_at(r#", "voids": [{"from": 5, "until": 6}]"#),
            "void 10.00",
        ),
        (
            "void for another time",
            single(r#", "placed_at": 6"#),
            lost_at(r#", "voids": [{"from": 5, "until": 6}]"#),
            "won 25.00",
        ),
        (
            "withdrawn itself",
            single(""),
            r#"{"selection": "a", "withdrawn": {}}"#.to_owned(),
            "void 10.00",
        ),
        (
            "another withdrawn at 3/1",
            single(""),
            market(r#""price": "3/1""#),
            "won 21.25",
        ),
        (
            "another withdrawn before",
            single(r#", "placed_at": 9"#),
            market(r#""price": "3/1", "at": 9"#),
            "won 25.00",
        ),
        (
            "another withdrawn, no Rule 4",
            single(""),
            market(r#""price": "3/1", "rule_four": false"#),
            "won 25.00",
        ),
    ];
    for (what, bet, results, expected) in rows {
        let bet = settled(&document(&bet, &results)).bets.remove(0);
        let found = format!("{} {}", bet.working.status(), bet.returned.decimal());
        assert_eq!(found, expected, "{what}");
    }
}

/// Protects multiples in a document: sizes, bankers, and each-way with a leg that is win only.
#[test]
fn shapes_of_documents() {
    let legs = |count: usize| -> String {
        let leg = |at: usize| format!(r#"{{"selection": "{at}", "price": "2.00"}}"#);
        (0..count).map(leg).collect::<Vec<_>>().join(",")
    };
    let won = |count: usize| -> String {
        let won = |at: usize| format!(r#"{{"selection": "{at}", "outcome": "won"}}"#);
        (0..count).map(won).collect::<Vec<_>>().join(",")
    };
    let rows = [
        (r#""type": "Yankee""#, 4, "Yankee 11.00 72.00"),
        (r#""type": "accumulator""#, 5, "5-fold 1.00 32.00"),
        (r#""type": "2,3 of 4""#, 4, "2,3 of 4 10.00 56.00"),
        (r#""sizes": [1, 2]"#, 3, "1,2 of 3 6.00 18.00"),
        (r#""sizes": [1], "bankers": ["0"]"#, 3, "1 of 2 with 1 banker 2.00 8.00"),
        (
            r#""type": "trixie", "bankers": ["3"]"#,
            4,
            "Trixie with 1 banker 4.00 40.00",
        ),
        (r#""type": "double", "each_way": true"#, 2, "Double 2.00 8.00"),
    ];
    for (shape, count, expected) in rows {
        let bet = format!(r#"{{{shape}, "stake": {{"unit": "1.00"}}, "legs": [{}]}}"#, legs(count));
        let bet = settled(&document(&bet, &won(count))).bets.remove(0);
        let found = format!(
            "{} {} {}",
            bet.working.shape.name(),
            bet.stake.decimal(),
            bet.returned.decimal()
        );
        assert_eq!(found, expected, "{shape}");
    }
}

/// Protects what a slip says before it is staked.
#[test]
fn slips_are_priced() {
    let priced = price_slip(example("settle-lucky-15.json").as_bytes()).expect("an example");
    // (6 + 1)(3 + 1)(3.75 + 1)(2 + 1) - 1 = 398 units; 10% of 398 - 15 on top.
    let expected = "\
bet               type      combinations  lines  unit stake      stake  returns at most
bet 1 (saturday)  Lucky 15            15     15        1.00  15.00 GBP           436.30
";
    assert_eq!(priced.text(), expected);
    assert_eq!(priced.json()["bets"][0]["max_return"], "436.30");
    let each_way = price_slip(example("settle-each-way.json").as_bytes()).expect("an example");
    let counts: Vec<(u64, u64)> = each_way.bets.iter().map(|bet| (bet.combinations, bet.lines)).collect();
    assert_eq!(counts, [(1, 2), (1, 2)]);
    assert!(each_way.text().contains("  Single each-way  "), "{}", each_way.text());
    assert_eq!(each_way.json()["bets"][1]["each_way"], true);
}
