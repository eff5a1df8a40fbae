//! Protects the documents from naming what is not there: a table of tests that were renamed proves nothing.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

fn root() -> PathBuf {
    PathBuf::from("..")
}

fn text(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// Every piece of a document between two backquotes, code blocks left out.
fn quoted(document: &str) -> Vec<&str> {
    let outside = document.split("```").step_by(2);
    outside
        .flat_map(|part| part.lines().flat_map(|line| line.split('`').skip(1).step_by(2)))
        .collect()
}

/// Tests that a document names as `path.rs::test`, or as `concern::test` for the tests of the runtime, by file.
fn named(document: &str) -> Vec<(String, &str)> {
    let words = |name: &str| name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
    quoted(document)
        .into_iter()
        .filter_map(|quoted| quoted.split_once("::"))
        .filter_map(|(file, test)| match file {
            path if path.ends_with(".rs") => Some((path.to_owned(), test)),
            concern if words(concern) && words(test) => {
                Some((format!("engine/runtime/tests/runtime/{concern}.rs"), test))
            }
            _ => None,
        })
        .collect()
}

/// Tests that a document names and that are not in their file.
fn absent(document: &str) -> Vec<String> {
    let gone = |(file, test): &(String, &str)| {
        let source = fs::read_to_string(root().join(file)).unwrap_or_default();
        !source.contains(&format!("fn {test}("))
    };
    let absent = named(document).into_iter().filter(gone);
    absent.map(|(file, test)| format!("{file}::{test}")).collect()
}

/// Links of a document, relative to its folder, that lead nowhere.
fn broken_links(path: &str) -> Vec<String> {
    let folder = root().join(path);
    let folder = folder.parent().expect("a document is in a folder");
    let document = text(path);
    let outside = document.split("```").step_by(2);
    let targets = outside.flat_map(|part| part.split("](").skip(1).filter_map(|rest| rest.split(')').next()));
    targets
        .filter(|target| !target.starts_with("http") && !target.starts_with('#'))
        .filter(|target| !folder.join(target.split('#').next().unwrap_or_default()).exists())
        .map(|target| format!("{path} -> {target}"))
        .collect()
}

/// Protects each invariant and each promise of the runtime from losing its tests unseen.
#[test]
fn every_named_test_exists() {
    for path in ["docs/invariants.md", "docs/runtime-semantics.md"] {
        let document = text(path);
        assert!(named(&document).len() >= 10, "{path} names hardly any test");
        assert_eq!(absent(&document), Vec::<String>::new(), "{path}");
    }
}

/// Protects an operator who looks a discrepancy up: what `verify` reports is in the table, and has a test.
#[test]
fn every_discrepancy_is_explained() {
    let mut reported = BTreeSet::new();
    for file in ["verify.rs", "verify/books.rs", "verify/entity.rs", "verify/house.rs"] {
        let source = text(&format!("shard-node/src/{file}"));
        let noted = source.split("note(").skip(1).map(str::trim_start);
        let notes = noted.filter_map(|rest| rest.strip_prefix('"')?.split('"').next());
        reported.extend(notes.map(str::to_owned));
    }
    assert!(reported.len() >= 8, "{reported:?}");
    let document = text("docs/invariants.md");
    let (table, tests) = document
        .split_once("\n## Tests\n")
        .expect("a table of invariants, then of tests");
    for id in reported {
        assert!(
            table.contains(&format!("\n| {id} |")),
            "{id} is not in docs/invariants.md"
        );
        let tested = tests.lines().filter_map(|row| row.split('|').nth(1));
        let tested = tested.flat_map(str::split_whitespace).any(|named| named == id);
        assert!(tested, "{id} has no test in docs/invariants.md");
    }
}

/// Protects a newcomer from links that lead nowhere.
#[test]
fn every_link_leads_somewhere() {
    let mut documents: Vec<String> = ["README.md", "ARCHITECTURE.md"].map(str::to_owned).into();
    for folder in ["docs", "docs/adr"] {
        let entries = fs::read_dir(root().join(folder)).expect("documents");
        let names = entries.map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned());
        documents.extend(
            names
                .filter(|name| name.ends_with(".md"))
                .map(|name| format!("{folder}/{name}")),
        );
    }
    let broken: Vec<String> = documents.iter().flat_map(|document| broken_links(document)).collect();
    assert_eq!(broken, Vec::<String>::new());
}

/// Protects the checks themselves: a test that is not there must be found.
#[test]
fn absent_tests_are_found() {
    let document = "`tests/tests/handbook.rs::absent_tests_are_found` `tests/tests/handbook.rs::never` `no_such::test`";
    let expected = [
        "tests/tests/handbook.rs::never",
        "engine/runtime/tests/runtime/no_such.rs::test",
    ];
    assert_eq!(absent(document), expected);
}
