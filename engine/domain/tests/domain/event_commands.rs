//! The trading book: fixtures, markets and lines.

use shardbook_domain::event::{Change, Event, FixtureStatus, SourceStatus, decide};
use shardbook_domain::event::{Command, Context, MAX_MARKETS, MAX_SELECTIONS, MAX_SELECTIONS_OF_EVENT, MarketKey};
use shardbook_domain::market::{Lookup, MarketStatus};
use shardbook_domain::time::Time;

use crate::scene::price;
use crate::trading::{Says, Trading, check, defined, definition, fixture, posted, scored, status, update};

fn named(urn: &str, name: &str, scoreboard: &str) -> Change {
    let text = str::to_owned;
    Change::UpdateFixture {
        urn: text(urn),
        sport: text("football"),
        competition: String::new(),
        name: text(name),
        starts_at: Time(1),
        status: FixtureStatus::Scheduled,
        scoreboard: text(scoreboard),
    }
}

/// Protects what is known of an event.
#[test]
fn fixture_rows() {
    let known = || Trading::unknown().after(fixture());
    let (long_name, long_score) = ("n".repeat(201), "s".repeat(501));
    check(vec![
        ("a new event", Trading::unknown(), fixture(), Ok("FixtureUpdated")),
        ("nothing new", known(), fixture(), Ok("")),
        ("a goal", known(), scored("1-0"), Ok("FixtureUpdated")),
        (
            "another event's name",
            known(),
            named("syn:1:2", "C v D", ""),
            Err("EVENT_OTHER"),
        ),
        (
            "a name out of form",
            Trading::unknown(),
            named("syn 1", "A v B", ""),
            Err("EVENT_INVALID"),
        ),
        (
            "no title",
            Trading::unknown(),
            named("syn:1:1", "", ""),
            Err("TEXT_INVALID"),
        ),
        (
            "too long a title",
            Trading::unknown(),
            named("syn:1:1", &long_name, ""),
            Err("TEXT_INVALID"),
        ),
        (
            "control characters",
            Trading::unknown(),
            named("syn:1:1", "A\0B", ""),
            Err("TEXT_INVALID"),
        ),
        (
            "too long a score",
            Trading::unknown(),
            named("syn:1:1", "A v B", &long_score),
            Err("TEXT_INVALID"),
        ),
    ]);
}

/// Protects the definition of markets.
#[test]
fn definition_rows() {
    let known = || Trading::unknown().after(fixture());
    let with_key = |kind: &str, specifiers: &str| {
        let key = MarketKey {
            kind: kind.into(),
            specifiers: specifiers.into(),
        };
        let (status, in_play, bet_delay_s, lines) = (None, None, None, Vec::new());
        Change::UpdateMarket {
            key,
            definition: Some(definition(&["1"])),
            status,
            in_play,
            bet_delay_s,
            lines,
        }
    };
    let renamed = {
        let mut definition = definition(&["1", "2", "3"]);
        definition.name = "Winner incl. extra time".to_owned();
        update(
            "M",
            Says {
                definition: Some(definition),
                ..Says::default()
            },
        )
    };
    let many: Vec<String> = (0..=MAX_SELECTIONS).map(|id| id.to_string()).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    let more: Vec<&str> = many
        .iter()
        .copied()
        .filter(|id| !["1", "2", "3"].contains(id))
        .collect();
    check(vec![
        ("a market", known(), defined("M", &["1", "2"]), Ok("MarketOpened")),
        (
            "before its event",
            Trading::unknown(),
            defined("M", &["1"]),
            Err("EVENT_UNKNOWN"),
        ),
        ("without selections", known(), defined("M", &[]), Err("NO_SELECTIONS")),
        (
            "a selection twice",
            known(),
            defined("M", &["1", "1"]),
            Err("SELECTION_DUPLICATE"),
        ),
        (
            "a selection without id",
            known(),
            defined("M", &[""]),
            Err("TEXT_INVALID"),
        ),
        (
            "as many selections as allowed",
            known(),
            defined("M", &many[1..]),
            Ok("MarketOpened"),
        ),
        ("more", known(), defined("M", &many), Err("TOO_MANY_SELECTIONS")),
        (
            "as many as allowed, later",
            Trading::open(),
            defined("M", &more[1..]),
            Ok("SelectionsAdded"),
        ),
        (
            "more, later",
            Trading::open(),
            defined("M", &more),
            Err("TOO_MANY_SELECTIONS"),
        ),
        ("no type", known(), with_key("", ""), Err("MARKET_KEY_INVALID")),
        (
            "a type out of form",
            known(),
            with_key("a b", ""),
            Err("MARKET_KEY_INVALID"),
        ),
        (
            "specifiers out of form",
            known(),
            with_key("M", "hcp=\u{bd}"),
            Err("MARKET_KEY_INVALID"),
        ),
        (
            "too long specifiers",
            known(),
            with_key("M", &"x".repeat(201)),
            Err("MARKET_KEY_INVALID"),
        ),
        ("told again", Trading::open(), defined("M", &["1", "2", "3"]), Ok("")),
        (
            "fewer selections take none away",
            Trading::open(),
            defined("M", &["2"]),
            Ok(""),
        ),
        (
            "another selection",
            Trading::open(),
            defined("M", &["3", "4"]),
            Ok("SelectionsAdded"),
        ),
        ("another name", Trading::open(), renamed, Ok("DefinitionChanged")),
        (
            "an update of no market",
            known(),
            status("M", SourceStatus::Open),
            Err("MARKET_UNKNOWN"),
        ),
    ]);
}

/// Protects the memory of an event.
#[test]
fn an_event_has_so_many_markets_and_selections() {
    let mut trading = Trading::unknown().after(fixture());
    for market in 0..MAX_MARKETS {
        trading = trading.after(defined(&market.to_string(), &["1"]));
    }
    assert_eq!(
        trading.run(&defined("M", &["1"])).map_err(|refused| refused.code()),
        Err("TOO_MANY_MARKETS")
    );
    let ids: Vec<String> = (0..MAX_SELECTIONS).map(|id| id.to_string()).collect();
    let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
    let mut trading = Trading::unknown().after(fixture());
    for market in 0..MAX_SELECTIONS_OF_EVENT / MAX_SELECTIONS {
        trading = trading.after(defined(&market.to_string(), &ids));
    }
    assert_eq!(
        trading.run(&defined("M", &["1"])).map_err(|refused| refused.code()),
        Err("TOO_MANY_SELECTIONS")
    );
}

/// Protects status and lines.
#[test]
fn update_rows() {
    use SourceStatus::{Closed, Open, Suspended};
    let all = Says {
        definition: Some(definition(&["1", "2", "3", "4"])),
        status: Some(Suspended),
        in_play: Some(true),
        bet_delay_s: Some(5),
        lines: vec![],
    };
    let without_two = || Trading::open().after(posted("M", None, &[("2", "out")]));
    check(vec![
        (
            "suspended",
            Trading::open(),
            status("M", Suspended),
            Ok("MarketStatusChanged"),
        ),
        ("open already", Trading::open(), status("M", Open), Ok("")),
        (
            "open again",
            Trading::open().after(status("M", Suspended)),
            status("M", Open),
            Ok("MarketStatusChanged"),
        ),
        (
            "closed",
            Trading::open(),
            status("M", Closed),
            Ok("MarketStatusChanged"),
        ),
        (
            "all at once",
            Trading::open(),
            update("M", all),
            Ok("SelectionsAdded MarketStatusChanged MarketInPlayChanged BetDelayChanged"),
        ),
        (
            "a line",
            Trading::open(),
            posted("M", None, &[("1", "2.10")]),
            Ok("LinesPosted"),
        ),
        (
            "the same line",
            Trading::open(),
            posted("M", None, &[("1", "2.00")]),
            Ok(""),
        ),
        (
            "a withdrawn line",
            Trading::open(),
            posted("M", None, &[("1", "")]),
            Ok("LinesPosted"),
        ),
        (
            "suspended before lines",
            Trading::open(),
            posted("M", Some(Suspended), &[("1", "2.10")]),
            Ok("MarketStatusChanged LinesPosted"),
        ),
        (
            "open after lines",
            Trading::open().after(status("M", Suspended)),
            posted("M", Some(Open), &[("1", "2.10")]),
            Ok("LinesPosted MarketStatusChanged"),
        ),
        (
            "an unknown selection",
            Trading::open(),
            posted("M", None, &[("1", "2.10"), ("9", "2.10")]),
            Err("SELECTION_UNKNOWN"),
        ),
        (
            "a selection twice",
            Trading::open(),
            posted("M", None, &[("1", "2.10"), ("1", "2.20")]),
            Err("SELECTION_DUPLICATE"),
        ),
        (
            "a non-runner",
            Trading::open(),
            posted("M", None, &[("2", "out"), ("1", "1.80")]),
            Ok("SelectionRemoved SettlementChanged LinesPosted"),
        ),
        ("told again", without_two(), posted("M", None, &[("2", "out")]), Ok("")),
        (
            "a price for it",
            without_two(),
            posted("M", None, &[("2", "3.00")]),
            Err("SELECTION_REMOVED"),
        ),
        (
            "no price for it",
            without_two(),
            posted("M", None, &[("2", "")]),
            Ok(""),
        ),
    ]);
}

/// Protects the journal of lines: only what changed is in it, and a new selection can be priced at once.
#[test]
fn only_changed_lines_are_journaled() {
    let mut trading = Trading::open();
    let events = trading
        .run(&posted("M", None, &[("1", "2.00"), ("2", "3.10"), ("3", "")]))
        .expect("taken");
    let [Event::LinesPosted { lines, version, .. }] = events.as_slice() else {
        panic!("one change of lines")
    };
    let lines: Vec<_> = lines.iter().map(|line| (line.selection.0, line.price)).collect();
    assert_eq!((lines, *version), (vec![(2, Some(price("3.10"))), (3, None)], 3));
    let four = Says {
        definition: Some(definition(&["4"])),
        ..Says::default()
    };
    let Change::UpdateMarket { lines, .. } = posted("M", None, &[("4", "9.00")]) else {
        unreachable!()
    };
    let events = trading.run(&update("M", Says { lines, ..four })).expect("taken");
    assert_eq!(events.len(), 2);
    let four = trading.market("M").selection_of("4").expect("added");
    assert_eq!((four.no.0, four.price), (4, Some(price("9.00"))));
}

/// Protects the order of what the source published.
#[test]
fn source_time_never_goes_back() {
    let mut trading = Trading::open();
    let last = trading.state.source_time();
    let line = posted("M", None, &[("1", "2.10")]);
    let early = trading
        .run_at(Time(last.0 - 1), &line)
        .expect_err("published before the last");
    assert_eq!(early.code(), "SOURCE_TIME_WENT_BACK");
    assert!(early.to_string().contains(&last.to_string()), "{early}");
    assert_eq!(trading.run_at(last, &line).map(|events| events.len()), Ok(1));
}

/// Protects what a bet is decided on.
#[test]
fn quotes_tell_market_and_selection_apart() {
    let trading = Trading::open().after(posted("M", None, &[("2", "out")]));
    let market = trading.market("M").no;
    let quote = |selection: &str| {
        let no = trading.market("M").selection_of(selection).expect("known").no;
        trading.state.quote(market, no)
    };
    let Lookup::Found(first) = quote("1") else {
        panic!("selection 1 is known")
    };
    assert_eq!(
        (first.status, first.price, first.removed),
        (MarketStatus::Open, Some(price("2.00")), false)
    );
    assert_eq!(first.market_version, trading.market("M").version);
    assert!(matches!(quote("2"), Lookup::Found(quote) if quote.removed && quote.price.is_none()));
    let (none, first) = (
        shardbook_domain::ids::SelectionNo(0),
        shardbook_domain::ids::SelectionNo(1),
    );
    assert_eq!(trading.state.quote(market, none), Lookup::UnknownSelection);
    assert_eq!(
        trading.state.quote(shardbook_domain::ids::MarketNo(0), first),
        Lookup::UnknownMarket
    );
    assert_eq!(
        trading.state.quote(shardbook_domain::ids::MarketNo(2), first),
        Lookup::UnknownMarket
    );
}

/// Protects the meaning of a repeated message id.
#[test]
fn fingerprints_tell_contents_apart() {
    let command = |change| Command {
        source_time: Time(1),
        change,
    };
    let of = |change| command(change).fingerprint();
    assert_eq!(of(fixture()), of(fixture()));
    assert_ne!(of(fixture()), of(scored("1-0")));
    assert_ne!(
        of(status("M", SourceStatus::Open)),
        of(status("M", SourceStatus::Closed))
    );
    assert_ne!(
        command(fixture()).fingerprint(),
        Command {
            source_time: Time(2),
            change: fixture()
        }
        .fingerprint()
    );
    let early = command(status("M", SourceStatus::Closed));
    assert!(decide(&Trading::open().state, &early, &Context).is_err());
    let late = command(crate::trading::rolled_back("M"));
    assert!(
        decide(&Trading::open().state, &late, &Context).is_ok(),
        "settlement may come late"
    );
}
