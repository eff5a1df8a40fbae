use std::path::Path;

use clap::Parser;
use shardbook_calculator::MAX_BYTES;

use super::*;
use crate::cli::{Cli, Command};

fn arguments(line: &str) -> SettleArgs {
    let cli = Cli::try_parse_from(line.split_whitespace()).unwrap_or_else(|error| panic!("{error}"));
    match cli.command {
        Command::Settle(args) => args,
        other => panic!("{line} is {other:?}"),
    }
}

fn example(name: &str) -> String {
    let folder = Path::new("../docs/examples");
    folder.join(name).display().to_string()
}

/// What is printed, with the folder of the examples left out, and what is refused.
fn answer(line: &str, input: &str) -> (String, Result<Vec<String>, String>) {
    let args = arguments(line);
    let files = document::named(&args.files).expect("documents are named");
    let mut out = Vec::new();
    let settled = settle_all(&args, &files, &mut input.as_bytes(), &mut out);
    let folder = example("");
    let text = String::from_utf8(out).expect("text").replace(&folder, "");
    let clean = |refusal: String| refusal.replace(&folder, "");
    let refusals = settled.map(|refusals| refusals.into_iter().map(clean).collect());
    (text, refusals.map_err(|failure| failure.to_string()))
}

fn settled(line: &str) -> String {
    let (text, refusals) = answer(line, "");
    assert_eq!(refusals, Ok(Vec::new()), "{line}");
    text
}

/// Protects whoever checks a bet by hand: the examples of the documents read exactly like this.
#[test]
fn examples_are_printed_like_this() {
    let rows = [
        ("settle-lucky-15.json", include_str!("tests/settle-lucky-15.txt")),
        ("settle-each-way.json", include_str!("tests/settle-each-way.txt")),
        (
            "settle-asian-handicap.json",
            include_str!("tests/settle-asian-handicap.txt"),
        ),
    ];
    for (name, expected) in rows {
        assert_eq!(
            settled(&format!("shardbook settle {}", example(name))),
            expected,
            "{name}"
        );
    }
}

/// Protects a newcomer who tries the command of the README.
#[test]
fn the_readme_shows_what_is_printed() {
    let shown = format!(
        "$ shardbook settle docs/examples/settle-each-way.json\n{}",
        include_str!("tests/settle-each-way.txt")
    );
    assert!(include_str!("../../../README.md").contains(&shown), "README.md");
}

/// Protects those who look for one bet among many: by id or number, and with a line for each.
#[test]
fn one_bet_or_a_line_for_each() {
    let (lucky, each_way) = (example("settle-lucky-15.json"), example("settle-each-way.json"));
    let brief = "\
settle-lucky-15.json
bet 1 (saturday): Lucky 15, stake 15.00 GBP, returns 26.31, profit 11.31: partly won

settle-each-way.json
bet 1 (last-place): Single each-way, stake 40.00 GBP, returns 50.00, profit 10.00: partly won
bet 2 (shared-win): Single each-way, stake 20.00 GBP, returns 75.00, profit 55.00: partly won
";
    assert_eq!(settled(&format!("shardbook settle --brief {lucky} {each_way}")), brief);
    let second = "bet 2 (shared-win): Single each-way, stake 20.00 GBP, returns 75.00, profit 55.00: partly won\n";
    for bet in ["2", "shared-win"] {
        let line = format!("shardbook settle --brief --bet {bet} {each_way}");
        assert_eq!(settled(&line), second, "{bet}");
    }
    let line = format!("shardbook settle --brief --bet shared-win {lucky} {each_way} {lucky}");
    assert_eq!(settled(&line), format!("settle-each-way.json\n{second}"));
    for bet in ["0", "3", "monday", "-1", ""] {
        let mut args = arguments(&format!("shardbook settle {each_way}"));
        args.bet = Some(bet.into());
        let settled = settle_all(&args, &args.files, &mut std::io::empty(), &mut std::io::sink());
        let failure = settled.map_err(|failure| failure.to_string());
        let expected = format!("no bet is called {bet:?}: give its id, or its number in the document from 1");
        assert_eq!(failure, Err(expected));
    }
}

/// Protects an id that is a number from being taken for one.
#[test]
fn an_id_comes_before_a_number() {
    let bet = |id: &str| {
        format!(r#"{{"id": "{id}", "stake": {{"unit": "1.00"}}, "legs": [{{"selection": "a", "price": "2.00"}}]}}"#)
    };
    let input = format!(r#"{{"bets": [{}, {}]}}"#, bet("2"), bet("1"));
    let (text, _) = answer("shardbook settle --brief --bet 2 -", &input);
    assert_eq!(
        text,
        "bet 1 (2): Single, stake 1.00 EUR, returns 0.00, profit 0.00: open\n"
    );
}

/// Protects programs that read the answer: an object for each document on a line, refusals too.
#[test]
fn json_has_a_line_for_each_document() {
    let line = format!("shardbook settle --json {} -", example("settle-lucky-15.json"));
    let (text, refusals) = answer(&line, r#"{"bets": []}"#);
    let lines: Vec<Value> = text
        .lines()
        .map(|line| serde_json::from_str(line).expect("JSON"))
        .collect();
    assert_eq!(lines.len(), 2);
    assert_eq!(lines[0]["file"], "settle-lucky-15.json");
    assert_eq!(lines[0]["bets"][0]["returned"], "26.31");
    assert_eq!(lines[0]["bets"][0]["lines"].as_array().map(Vec::len), Some(15));
    assert_eq!(
        (&lines[1]["file"], &lines[1]["error"]["place"]),
        (&"-".into(), &"bets".into())
    );
    assert_eq!(lines[1]["error"]["code"], "BETS_COUNT");
    assert_eq!(refusals.map(|refusals| refusals.len()), Ok(1));
}

/// Protects whoever wrote a document that is wrong: file, place, problem, advice and code are told, and the other
/// documents are settled all the same.
#[test]
fn wrong_documents_are_named_and_the_others_settled() {
    let line = format!(
        "shardbook settle --brief {} - {}",
        example("no-such.json"),
        example("settle-lucky-15.json")
    );
    let (text, refusals) = answer(
        &line,
        r#"{"bets": [{"id": "anna-1", "legs": [{"selection": "a", "price": "1.00"}]}]}"#,
    );
    let expected = vec![
        "no-such.json: document: it cannot be read (No such file or directory (os error 2)): \
         give a file that is there, or - for standard input (DOCUMENT_UNREADABLE)"
            .to_owned(),
        "bet 1 (anna-1), legs[0].price: the price is not above 1: decimal odds include the stake (PRICE_NOT_ABOVE_ONE)"
            .to_owned(),
    ];
    assert_eq!(refusals, Ok(expected));
    assert!(text.ends_with("returns 26.31, profit 11.31: partly won\n"), "{text}");
}

/// Protects memory: a document that is too long is refused, wherever it comes from.
#[test]
fn long_documents_are_refused() {
    let (text, refusals) = answer("shardbook settle -", &" ".repeat(MAX_BYTES + 1));
    let expected = "document: it has more than 16777216 bytes: split it (DOCUMENT_TOO_LONG)";
    assert_eq!((text.as_str(), refusals), ("", Ok(vec![expected.to_owned()])));
}

/// Protects the schema that is printed: it is the one in the documents.
#[test]
fn the_schema_is_that_of_the_documents() {
    assert_eq!(
        std::fs::read_to_string("../docs/settle.schema.json").expect("in the documents"),
        schema()
    );
}
