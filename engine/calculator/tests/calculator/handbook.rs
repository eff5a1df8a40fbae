//! What the documents say of the codes.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use shardbook_calculator::CalculatorError;

use crate::documents::{docs, refused};
use crate::{prices, refusals};

/// The code that the program gives, not this crate: its own test is there.
const OF_THE_PROGRAM: &str = "DOCUMENT_UNREADABLE";

/// Codes of a section of the handbook with what they mean and what to do.
fn section(title: &str) -> BTreeMap<String, (String, String)> {
    let handbook = std::fs::read_to_string(docs().join("errors.md")).expect("in the documents");
    let (_, section) = handbook.split_once(&format!("\n## {title}\n")).expect("a section");
    let section = section.split("\n## ").next().unwrap_or_default();
    let row = |line: &str| {
        let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
        let code = cells[0].strip_prefix('`')?.strip_suffix('`')?;
        Some((code.to_owned(), (cells[1].to_owned(), cells[2].to_owned())))
    };
    section
        .lines()
        .filter(|line| line.starts_with("| `"))
        .filter_map(row)
        .collect()
}

fn own() -> BTreeMap<String, (String, String)> {
    section("Codes of the calculator")
}

/// Whether a text is in the words of a row, where … stands for anything.
fn in_words(text: &str, row: &str) -> bool {
    let mut parts = row.split('…');
    let Some(mut rest) = parts.next().and_then(|first| text.strip_prefix(first)) else {
        return false;
    };
    let parts: Vec<&str> = parts.collect();
    for (at, part) in parts.iter().enumerate() {
        let found = match at + 1 == parts.len() {
            true => return rest.ends_with(part),
            false => rest.find(part),
        };
        match found {
            Some(found) => rest = &rest[found + part.len()..],
            None => return false,
        }
    }
    rest.is_empty()
}

/// Every refusal that the tables of these tests know.
fn every_refusal() -> Vec<CalculatorError> {
    let documents = refusals::rows().into_iter().chain(refusals::large());
    let documents = documents.map(|(document, ..)| refused(&document));
    let prices = prices::rows()
        .into_iter()
        .map(|(format, text, _)| prices::refused_price(format, text));
    documents.chain(prices).collect()
}

/// Protects whoever looks a refusal up: it is in the handbook, in the words that it is told in.
#[test]
fn the_handbook_has_every_refusal_word_for_word() {
    let (own, shared) = (own(), section("Codes of amounts, prices and ids"));
    for error in every_refusal() {
        let row = own.get(error.code).or_else(|| shared.get(error.code));
        let (meaning, advice) = row.unwrap_or_else(|| panic!("docs/errors.md lacks {}: {error}", error.code));
        let whole = format!("{meaning}: {advice}");
        let said = in_words(&error.problem, &whole) || (advice == "correct it" && in_words(&error.problem, meaning));
        assert!(
            said,
            "{} is {:?}, docs/errors.md says {whole:?}",
            error.code, error.problem
        );
    }
}

/// Protects the handbook from codes that nothing gives.
#[test]
fn the_handbook_has_no_other_codes() {
    let met: BTreeSet<String> = every_refusal().iter().map(|error| error.code.to_owned()).collect();
    let unmet: Vec<String> = own().into_keys().filter(|code| !met.contains(code)).collect();
    assert_eq!(unmet, [OF_THE_PROGRAM]);
}

/// Protects codes that no table above knows from being left out of the handbook: those in the sources are all listed.
#[test]
fn every_code_of_the_sources_is_listed() {
    let (own, shared) = (own(), section("Codes of amounts, prices and ids"));
    let mut files: Vec<_> = ["bet/kind.rs", "bet/shape.rs", "odds.rs", "odds/format.rs", "money.rs"]
        .map(|file| Path::new("../domain/src").join(file))
        .into();
    let entries = std::fs::read_dir("src").expect("sources");
    files.extend(entries.map(|entry| entry.expect("a source").path()));
    let mut seen = 0;
    for file in files {
        let source = std::fs::read_to_string(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        let code = |text: &&str| text.contains('_') && text.bytes().all(|b| b.is_ascii_uppercase() || b == b'_');
        for code in source.split('"').filter(code) {
            assert!(
                own.contains_key(code) || shared.contains_key(code),
                "docs/errors.md lacks {code} of {}",
                file.display()
            );
            seen += 1;
        }
    }
    assert!(seen > 60, "only {seen} codes found");
}

/// Protects the comparison itself.
#[test]
fn words_are_compared() {
    for (text, row, expected) in [
        ("it is zero: give more", "it is zero: give more", true),
        ("it is zero: give more", "it is zero: give", false),
        (
            "there are 0 bets: give 1 to 9, or split",
            "there are … bets: give 1 to …, or split",
            true,
        ),
        (
            "there are 0 bets: give 1 to 9",
            "there are … bets: give 1 to …, or split",
            false,
        ),
        ("it is missing: give a price", "it is missing: give …", true),
        ("it was missing: give a price", "it is missing: give …", false),
    ] {
        assert_eq!(in_words(text, row), expected, "{text:?} by {row:?}");
    }
}
