//! Every decoder of bytes from outside.

use proptest::prelude::*;
use shardbook_domain::{DecodeError, event, player};

use crate::samples;
use crate::scene::{Scene, bet, on, result};
use crate::trading::Trading;

fn encoded<T>(value: &T, encode: fn(&T, &mut Vec<u8>)) -> Vec<u8> {
    let mut bytes = Vec::new();
    encode(value, &mut bytes);
    bytes
}

fn read_all(bytes: &[u8]) {
    let _ = (
        player::Event::decode(bytes),
        player::State::decode(bytes),
        player::Reply::decode(bytes),
    );
    let _ = (
        event::Event::decode(bytes),
        event::State::decode(bytes),
        event::Reply::decode(bytes),
    );
    let _ = (player::Rejection::decode(bytes), event::Rejection::decode(bytes));
    let _ = player::Event::legs_placed(bytes);
}

fn placed() -> player::Event {
    let mut samples = samples::player().into_iter();
    let sample = samples.find(|(name, _)| *name == "BetPlaced.accumulator");
    sample.expect("a sample").1
}

/// Valid bytes of every kind.
fn valid() -> Vec<Vec<u8>> {
    let scene = Scene::player_with("50.00").after(bet("1.00", &[(on(1, 1), "2.50"), (on(2, 1), "2.50")]));
    let scene = scene.after(result(1, 1, 1, shardbook_domain::bet::LegOutcome::Lost));
    let events = samples::player()
        .into_iter()
        .map(|(_, event)| encoded(&event, player::Event::encode));
    let of_events = samples::event()
        .into_iter()
        .map(|(_, event)| encoded(&event, event::Event::encode));
    let reply = player::reply(&scene.state, &[], &scene.rules);
    let states = [
        encoded(&scene.state, player::State::encode),
        encoded(&Trading::open().state, event::State::encode),
        encoded(&reply, player::Reply::encode),
    ];
    events.chain(of_events).chain(states).collect()
}

/// Protects stored outcomes: a refusal reads back as it was given.
#[test]
fn outcomes_read_back() {
    let refused = Scene::player()
        .decide(&bet("1.00", &[(on(1, 1), "2.40")]))
        .expect_err("the price moved");
    assert_eq!(
        player::Rejection::decode(&encoded(&refused, player::Rejection::encode)),
        Ok(refused)
    );
    let mut scene = Scene::player_with("50.00");
    let events = scene.run(&bet("1.00", &[(on(1, 1), "2.50")])).expect("taken");
    let reply = player::reply(&scene.state, &events, &scene.rules);
    assert_eq!(
        player::Reply::decode(&encoded(&reply, player::Reply::encode)),
        Ok(reply)
    );
    let refused = Trading::open()
        .run(&crate::trading::posted("M", None, &[("9", "2.00")]))
        .expect_err("unknown");
    assert_eq!(
        event::Rejection::decode(&encoded(&refused, event::Rejection::encode)),
        Ok(refused)
    );
    let reply = event::Reply::Taken { changes: 3 };
    assert_eq!(event::Reply::decode(&encoded(&reply, event::Reply::encode)), Ok(reply));
}

/// Protects the reader from records that are cut, prolonged, oversized or of another layout.
#[test]
fn damaged_records_are_refused_with_the_reason() {
    let event = encoded(&samples::player()[3].1, player::Event::encode);
    let mut longer = event.clone();
    longer.push(0);
    assert_eq!(player::Event::decode(&longer), Err(DecodeError::TrailingBytes(1)));
    for cut in 0..event.len() {
        assert!(
            matches!(player::Event::decode(&event[..cut]), Err(DecodeError::Malformed(_))),
            "cut at {cut}"
        );
    }
    let placed = encoded(&placed(), player::Event::encode);
    for cut in 1..placed.len() {
        let legs = player::Event::legs_placed(&placed[..cut]);
        let ended_early = matches!(legs, Err(DecodeError::Malformed(_)));
        assert!(
            ended_early || legs == player::Event::legs_placed(&placed),
            "cut at {cut}"
        );
    }
    assert!(player::Event::legs_placed(&placed[..2]).is_err());
    let mut oversized_bet = placed;
    oversized_bet.resize((1 << 20) + 1, 0);
    assert!(matches!(
        player::Event::legs_placed(&oversized_bet),
        Err(DecodeError::TooLong { .. })
    ));
    let oversized = vec![0; (1 << 20) + 1];
    assert!(matches!(
        player::Event::decode(&oversized),
        Err(DecodeError::TooLong { .. })
    ));
    assert!(matches!(
        event::Event::decode(&oversized),
        Err(DecodeError::TooLong { .. })
    ));
    let mut snapshot = encoded(&player::State::default(), player::State::encode);
    snapshot[0] = 99;
    assert_eq!(
        player::State::decode(&snapshot),
        Err(DecodeError::OtherLayout { found: 99, expected: 3 })
    );
    assert!(matches!(player::State::decode(&[]), Err(DecodeError::Malformed(_))));
}

/// Protects values in records: a price of 1 or an unknown currency is no valid record.
#[test]
fn impossible_values_are_refused() {
    let event = encoded(&samples::player()[0].1, player::Event::encode);
    let at = event
        .windows(3)
        .position(|bytes| bytes == b"EUR")
        .expect("the currency is in the event");
    let mut other = event.clone();
    other[at..at + 3].copy_from_slice(b"XXX");
    assert!(matches!(player::Event::decode(&other), Err(DecodeError::Malformed(_))));
    let lines = samples::event()
        .into_iter()
        .find(|(name, _)| *name == "LinesPosted")
        .expect("a sample")
        .1;
    let bytes = encoded(&lines, event::Event::encode);
    let at = bytes
        .windows(2)
        .position(|pair| pair == [101, 100])
        .expect("the price 101/100 is in the event");
    let mut other = bytes.clone();
    other[at] = 100;
    assert!(matches!(event::Event::decode(&other), Err(DecodeError::Malformed(_))));
}

/// Protects the reader's stack: reasons hold no reasons, however deep altered bytes would nest them.
#[test]
fn reasons_do_not_nest() {
    let nested = |inner: player::Rejection| {
        let refusal = player::SlipRefusal::of(vec![player::Reason::from(inner)]).expect("a reason");
        player::Rejection::Slip(Box::new(refusal))
    };
    let plain = nested(player::Rejection::NoBets);
    assert_eq!(
        player::Rejection::decode(&encoded(&plain, player::Rejection::encode)),
        Ok(plain.clone())
    );
    let within = encoded(&nested(plain.clone()), player::Rejection::encode);
    assert!(matches!(
        player::Rejection::decode(&within),
        Err(DecodeError::Malformed(_))
    ));
    let deep = (0..1_000).fold(plain, |inner, _| nested(inner));
    let reply = player::Reply::SlipRefused {
        slip: shardbook_domain::ids::SlipNo(1),
        how: player::Released::Refused(vec![deep.into()]),
        balance: Scene::player().state.balance().expect("registered"),
    };
    let bytes = encoded(&reply, player::Reply::encode);
    assert!(matches!(player::Reply::decode(&bytes), Err(DecodeError::Malformed(_))));
}

proptest! {
    /// Protects every decoder from any bytes.
    #[test]
    fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        read_all(&bytes);
    }

    /// Protects every decoder from valid bytes with some of them changed.
    #[test]
    fn mutated_bytes_are_read_or_refused(at in any::<prop::sample::Index>(), changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6)) {
        let valid = valid();
        let mut bytes = at.get(&valid).clone();
        for (at, byte) in changes {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        read_all(&bytes);
    }
}
