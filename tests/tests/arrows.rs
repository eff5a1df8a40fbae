//! Protects the direction of dependencies between our crates: any arrow that is not listed here fails.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// Each crate and the only crates of ours that it may depend on, tests included.
const ARROWS: [(&str, &[&str]); 13] = [
    ("domain", &[]),
    ("calculator", &["domain"]),
    ("runtime", &[]),
    ("liability", &["domain"]),
    ("projections", &["domain"]),
    ("proto", &[]),
    (
        "shard-node",
        &["domain", "liability", "projections", "proto", "runtime"],
    ),
    ("gateway", &["proto", "runtime"]),
    ("replay", &["proto", "runtime"]),
    ("betfair", &["proto", "replay", "runtime"]),
    ("synthetic", &["proto", "replay", "runtime"]),
    (
        BINARY,
        &[
            "betfair",
            "calculator",
            "domain",
            "gateway",
            "projections",
            "proto",
            "replay",
            "runtime",
            "shard-node",
            "synthetic",
        ],
    ),
    // Put under the binary by its tests, and linked to nothing.
    ("faults", &[]),
];
const BINARY: &str = "shardbook";
/// The crate of whole-house tests; it ships nothing.
const TESTS: &str = "tests";
/// The domain is pure: nothing in it may reach a clock, a network, a disk or an executor.
const IMPURE: [&str; 9] = [
    "tokio",
    "ractor",
    "rocksdb",
    "rand_chacha",
    "rand_core",
    "tonic",
    "axum",
    "dashmap",
    "tokio-tungstenite",
];

fn root() -> PathBuf {
    PathBuf::from("..")
}

fn manifest(folder: &Path) -> toml::Table {
    let path = folder.join("Cargo.toml");
    let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    text.parse()
        .unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Every crate of the workspace with all its direct dependencies of every kind.
fn crates() -> BTreeMap<String, BTreeSet<String>> {
    let workspace = manifest(&root());
    let members = workspace["workspace"]["members"]
        .as_array()
        .expect("members of the workspace");
    let crate_of = |member: &toml::Value| {
        let manifest = manifest(&root().join(member.as_str().expect("a member is a path")));
        let name = manifest["package"]["name"].as_str().expect("a package has a name");
        (short(name), dependencies(&manifest))
    };
    members.iter().map(crate_of).collect()
}

fn dependencies(manifest: &toml::Table) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for (key, value) in manifest {
        let Some(table) = value.as_table() else { continue };
        match key.as_str() {
            "dependencies" | "dev-dependencies" | "build-dependencies" => found.extend(table.keys().map(|k| short(k))),
            "target" => table
                .values()
                .filter_map(toml::Value::as_table)
                .for_each(|t| found.extend(dependencies(t))),
            _ => {}
        }
    }
    found
}

fn short(name: &str) -> String {
    name.strip_prefix("shardbook-").unwrap_or(name).to_string()
}

/// Arrows that are there and may not be, as text.
fn wrong(crates: &BTreeMap<String, BTreeSet<String>>) -> Vec<String> {
    let allowed: BTreeMap<&str, &[&str]> = ARROWS.into_iter().collect();
    let mut wrong = Vec::new();
    for (name, dependencies) in crates {
        let ours = dependencies
            .iter()
            .filter(|dependency| crates.contains_key(*dependency));
        for dependency in ours {
            let fine = match allowed.get(name.as_str()) {
                Some(allowed) => allowed.contains(&dependency.as_str()),
                None => name == TESTS,
            };
            if !fine {
                wrong.push(format!("{name} -> {dependency}"));
            }
        }
        if !allowed.contains_key(name.as_str()) && name != TESTS {
            wrong.push(format!(
                "{name} has no row in tests/tests/arrows.rs: say what it may depend on"
            ));
        }
    }
    wrong
}

/// Protects the house from a dependency against the flow of data.
#[test]
fn every_arrow_is_allowed() {
    assert_eq!(wrong(&crates()), Vec::<String>::new());
}

/// Protects the purity of the domain from a crate that brings a clock, an executor or a disk.
#[test]
fn the_domain_is_pure() {
    let crates = crates();
    let impure: Vec<&str> = IMPURE
        .into_iter()
        .filter(|name| crates["domain"].contains(*name))
        .collect();
    assert_eq!(impure, Vec::<&str>::new());
}

/// Protects the check itself: a forbidden arrow and an unlisted crate must be found.
#[test]
fn wrong_arrows_are_found() {
    let mut crates = crates();
    let mut add = |from: &str, to: &str| crates.entry(from.into()).or_default().insert(to.into());
    add("domain", "proto");
    add("runtime", "domain");
    add("gateway", "shard-node");
    add("betfair", BINARY);
    add("casino", "domain");
    let wrong = wrong(&crates);
    for arrow in [
        "domain -> proto",
        "runtime -> domain",
        "gateway -> shard-node",
        "betfair -> shardbook",
        "casino -> domain",
        "casino has no row in tests/tests/arrows.rs: say what it may depend on",
    ] {
        assert!(
            wrong.iter().any(|found| found == arrow),
            "{arrow} was not found in {wrong:?}"
        );
    }
}
