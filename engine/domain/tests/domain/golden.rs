//! The bytes of journal events, which every later version must read.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::{Debug, Write};

use shardbook_domain::process::settlement::legs_of;
use shardbook_domain::{DecodeError, event, player};

use crate::samples;

const PLAYER: &str = include_str!("../../../../tests/golden/player_events.hex");
const EVENT: &str = include_str!("../../../../tests/golden/event_events.hex");

pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut hex, byte| {
        write!(hex, "{byte:02x}").expect("a string takes all");
        hex
    })
}

fn unhex(hex: &str) -> Vec<u8> {
    assert!(hex.len().is_multiple_of(2), "an odd number of digits: {hex}");
    (0..hex.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(&hex[at..at + 2], 16).expect("hexadecimal"))
        .collect()
}

pub fn lines(file: &str) -> BTreeMap<&str, Vec<u8>> {
    let mut known = BTreeMap::new();
    for line in file.lines() {
        let (name, hex) = line.split_once(' ').expect("a name, a space and hexadecimal digits");
        assert_eq!(known.insert(name, unhex(hex)), None, "{name} is there twice");
    }
    known
}

pub fn check<E: Debug + PartialEq>(
    file: &str,
    samples: &[(&'static str, E)],
    kind: fn(&E) -> &'static str,
    encode: fn(&E, &mut Vec<u8>),
    decode: fn(&[u8]) -> Result<E, DecodeError>,
) {
    let golden = lines(file);
    let mut kinds = BTreeSet::new();
    for (name, bytes) in &golden {
        let event = decode(bytes).unwrap_or_else(|error| panic!("{name} is not read any more: {error}"));
        assert_eq!(
            name.split('.').next(),
            Some(kind(&event)),
            "{name} is read as another kind"
        );
        let mut again = Vec::new();
        encode(&event, &mut again);
        assert_eq!(hex(&again), hex(bytes), "{name} is written in other bytes than before");
        kinds.insert(bytes[0]);
    }
    let mut missing = String::new();
    for (name, event) in samples {
        let mut bytes = Vec::new();
        encode(event, &mut bytes);
        match golden.get(name) {
            Some(known) => assert_eq!(hex(&bytes), hex(known), "{name} changed its bytes"),
            None => writeln!(missing, "{name} {}", hex(&bytes)).expect("a string takes all"),
        }
    }
    assert_eq!(missing, "", "add the lines to the golden file");
    let next = u8::try_from(kinds.len()).expect("fewer than 128 kinds");
    assert_eq!(kinds, (0..next).collect(), "a kind has no golden line");
    // A kind without a line would be read, or run out of bytes as no bytes at all do; an unknown one is refused.
    let unknown = decode(&[next]).map_err(|error| error.to_string());
    let cut = decode(&[]).map_err(|error| error.to_string());
    assert!(unknown.is_err() && unknown != cut, "kind {next} has no golden line");
}

/// Protects every journal ever written: the events of a player are read and written as they were.
#[test]
fn player_events_keep_their_bytes() {
    check(
        PLAYER,
        &samples::player(),
        samples::player_name,
        player::Event::encode,
        player::Event::decode,
    );
}

/// Protects bets from a result that is missed: of the bytes of every event it is told whether a bet was placed, and on what,
/// as of the whole event.
#[test]
fn placed_bets_are_told_by_their_bytes() {
    let mut placed = 0;
    for (name, bytes) in lines(PLAYER) {
        let event = player::Event::decode(&bytes).unwrap_or_else(|error| panic!("{name}: {error}"));
        let of_bytes = player::Event::legs_placed(&bytes).unwrap_or_else(|error| panic!("{name}: {error}"));
        let of_bytes = of_bytes.map(|(bet, legs)| (bet, legs.iter().map(|leg| leg.selection).collect()));
        assert_eq!(of_bytes, legs_of(&event), "{name}");
        placed += usize::from(of_bytes.is_some());
    }
    assert!(placed > 0, "no bet is placed");
    assert_eq!(player::Event::legs_placed(&[]), Ok(None));
}

/// Protects players and traders from a slip or a deposit that nobody hears of: the bytes of every event tell whether it is one.
#[test]
fn slips_and_money_are_told_by_their_bytes() {
    use player::Event::{Deposited, SlipApproved, SlipHeld, SlipOffered, SlipReleased, Withdrawn};
    let mut told = 0;
    for (name, bytes) in lines(PLAYER) {
        let event = player::Event::decode(&bytes).unwrap_or_else(|error| panic!("{name}: {error}"));
        let expected = matches!(
            event,
            Deposited { .. }
                | Withdrawn { .. }
                | SlipHeld { .. }
                | SlipApproved { .. }
                | SlipReleased { .. }
                | SlipOffered { .. }
        );
        assert_eq!(player::Event::is_of_slip_or_cashier(&bytes), expected, "{name}");
        told += usize::from(expected);
    }
    assert!(told >= 6, "{told} of six kinds");
    assert!(!player::Event::is_of_slip_or_cashier(&[]));
}

/// Protects every journal ever written: the events of a sporting event are read and written as they were.
#[test]
fn event_events_keep_their_bytes() {
    check(
        EVENT,
        &samples::event(),
        samples::event_name,
        event::Event::encode,
        event::Event::decode,
    );
}
