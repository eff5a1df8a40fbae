use std::path::Path;

use clap::Parser;

use super::*;
use crate::cli::{Cli, Command};

fn answer(line: &str, input: &str) -> Result<String, String> {
    let cli = Cli::try_parse_from(line.split_whitespace()).map_err(|error| error.to_string())?;
    let Command::PriceSlip(args) = cli.command else {
        panic!("{line} is another command")
    };
    price(&args, &mut input.as_bytes()).map_err(|failure| failure.to_string())
}

/// Protects those who price a document: the examples read exactly like this, from a file and from standard input.
#[test]
fn examples_are_printed_like_this() {
    let rows = [
        (
            "settle-lucky-15.json",
            "\
bet               type      combinations  lines  unit stake      stake  returns at most
bet 1 (saturday)  Lucky 15            15     15        1.00  15.00 GBP           436.30
",
        ),
        (
            "settle-each-way.json",
            "\
bet                 type             combinations  lines  unit stake      stake  returns at most
bet 1 (last-place)  Single each-way             1      2       20.00  40.00 GBP           440.00
bet 2 (shared-win)  Single each-way             1      2       10.00  20.00 GBP           120.00
",
        ),
        (
            "settle-asian-handicap.json",
            "\
bet                   type    combinations  lines  unit stake       stake  returns at most
bet 1 (quarter-line)  Single             1      1      100.00  100.00 EUR           195.00
bet 2 (double)        Double             1      1      100.00  100.00 EUR           427.50
",
        ),
    ];
    for (name, expected) in rows {
        let path = Path::new("../docs/examples").join(name);
        let from_file = answer(&format!("shardbook price-slip {}", path.display()), "");
        assert_eq!(from_file.as_deref(), Ok(expected), "{name}");
        let text = std::fs::read_to_string(&path).expect("an example");
        assert_eq!(
            answer("shardbook price-slip -", &text).as_deref(),
            Ok(expected),
            "{name}"
        );
    }
}

/// Protects those who price a bet without a document: each option does what its name says.
#[test]
fn a_bet_of_the_command_line() {
    let rows = [
        // (2 + 1)(4 + 1)(4.5 + 1)(5 + 1) - 1 = 494.
        (
            "--type lucky-15 --stake 1.00 --prices 2.0,3/1,4.5,5.0",
            "Lucky 15 15 15 1.00 15.00 EUR 494.00",
        ),
        (
            "--type lucky-15 --stake 15.00 --total --currency GBP --prices 2.0,3/1,4.5,5.0",
            "Lucky 15 15 15 1.00 15.00 GBP 494.00",
        ),
        // 17 to win and 5 to be placed, of 5.00 each.
        (
            "--stake 5.00 --prices 16/1 --each-way 1/4:3",
            "Single each-way 1 2 5.00 10.00 EUR 110.00",
        ),
        // -120 is 11/6: 10 * 11/6 * 3.
        (
            "--type double --stake 10.00 --prices -120,+200",
            "Double 1 1 10.00 10.00 EUR 55.00",
        ),
        (
            "--type double --stake 100 --currency JPY --prices evens,2.55",
            "Double 1 1 100 100 JPY 510",
        ),
    ];
    for (options, expected) in rows {
        let priced = answer(&format!("shardbook price-slip {options}"), "").expect(options);
        let row: Vec<&str> = priced.lines().nth(1).expect("a row").split_whitespace().collect();
        assert_eq!(row.join(" "), format!("bet 1 {expected}"), "{options}");
    }
    let line = "shardbook price-slip --type lucky-15 --stake 1.00 --prices 2.0,3/1,4.5,5.0";
    let shown = format!("$ {line}\n{}", answer(line, "").expect("priced"));
    assert!(include_str!("../../../README.md").contains(&shown), "README.md");
    let json = answer(
        "shardbook price-slip --stake 5.00 --prices 16/1 --each-way 1/4:3 --json",
        "",
    )
    .expect("JSON");
    let json: Value = serde_json::from_str(&json).expect("JSON");
    let bet = &json["bets"][0];
    assert_eq!(
        (&bet["lines"], &bet["max_return"], &bet["each_way"]),
        (&2.into(), &"110.00".into(), &true.into())
    );
}

/// Protects those who mistype: the option is named, with what to do and the code.
#[test]
fn wrong_options_are_named() {
    let rows = [
        (
            "--stake 1.00 --prices 2.0,3.0",
            "--type: it is missing: ",
            "FIELD_MISSING",
        ),
        (
            "--type nap --stake 1.00 --prices 2.0",
            "--type: \"nap\" is no bet: ",
            "BET_TYPE_UNKNOWN",
        ),
        (
            "--type yankee --stake 1.00 --prices 2.0,3.0",
            "--type: ",
            "SHAPE_OTHER_SELECTIONS",
        ),
        (
            "--stake 1.00 --prices 1.00",
            "--prices, price 1: ",
            "PRICE_NOT_ABOVE_ONE",
        ),
        (
            "--type double --stake 1.00 --prices 2.0,",
            "--prices, price 2: ",
            "TEXT_LENGTH",
        ),
        ("--stake 0.00 --prices 2.0", "--stake: ", "STAKE_NOT_POSITIVE"),
        ("--stake 1.005 --prices 2.0", "--stake: ", "AMOUNT_TOO_PRECISE"),
        (
            "--type trixie --total --stake 1.01 --prices 2.0,2.0,2.0",
            "--stake: it does not divide into 4 lines: ",
            "STAKE_NOT_DIVISIBLE",
        ),
        (
            "--stake 1.00 --prices 2.0 --currency EURO",
            "--currency: ",
            "CURRENCY_UNKNOWN",
        ),
        (
            "--stake 1.00 --prices 2.0 --each-way 1/0:3",
            "--each-way: ",
            "PLACE_FRACTION_INVALID",
        ),
        (
            "--stake 1.00 --prices 2.0 --each-way 1/4:0",
            "--each-way: ",
            "PLACES_INVALID",
        ),
    ];
    for (options, begin, code) in rows {
        let error = answer(&format!("shardbook price-slip {options}"), "").expect_err(options);
        assert!(error.starts_with(begin), "{options}: {error}");
        assert!(error.ends_with(&format!(" ({code})")), "{options}: {error}");
    }
    let many = vec!["2.0"; 64].join(",");
    let error = answer(
        &format!("shardbook price-slip --type accumulator --stake 1.00 --prices {many}"),
        "",
    );
    let error = error.expect_err("too many");
    assert!(error.starts_with("--prices: the bet has 64 legs"), "{error}");
}

/// Protects whoever wrote a document that is wrong: its name and the place in it are told.
#[test]
fn wrong_documents_are_named() {
    assert_eq!(
        answer("shardbook price-slip -", "{}"),
        Err("bets: it is missing: give a list of bets (FIELD_MISSING)".into())
    );
    let error = answer("shardbook price-slip no-such.json", "").expect_err("no file");
    assert!(
        error.starts_with("no-such.json: document: it cannot be read ("),
        "{error}"
    );
}
