//! Hostile bytes: whatever a line holds, it is translated or refused.
use proptest::prelude::*;
use shardbook_betfair::{Origin, Pricing, Translator};
use shardbook_proto::provider::v1::feed_message::Body;

use crate::reading::definition;

fn seed_lines() -> Vec<String> {
    let runners = [(1, "ACTIVE"), (2, "REMOVED")];
    let opened = definition("OPEN", &runners, r#","inPlay":true,"betDelay":5"#);
    let closed = definition("CLOSED", &[(1, "WINNER"), (2, "REMOVED")], "");
    let rc = r#""rc":[{"id":1,"hc":-0.25,"atb":[[2.5,10.5]],"ltp":2.0},{"id":1,"batb":[[0,1.5,1]],"bdatb":[[1,3,0]]}]"#;
    vec![
        format!(r#"{{"op":"mcm","pt":10,"ct":"SUB_IMAGE","mc":[{{"id":"1.1","img":true,{opened},{rc}}}]}}"#),
        format!(r#"{{"op":"mcm","pt":10,"con":true,"mc":[{{"id":"1.1",{rc}}}]}}"#),
        format!(r#"{{"op":"mcm","pt":10,"status":503,"mc":[{{"id":"1.1",{closed}}}]}}"#),
        r#"{"op":"status","statusCode":"FAILURE"}"#.to_owned(),
    ]
}

/// Feeds lines, and checks that what comes of them is always fit for a book.
fn feed(lines: &[Vec<u8>]) -> Result<(), TestCaseError> {
    let mut translator = Translator::new(Pricing::default());
    for (n, line) in lines.iter().enumerate() {
        let origin = Origin {
            source: n % 2,
            name: "fuzz",
            line: n as u64,
        };
        for message in translator.line(origin, line).unwrap_or_default() {
            let Some(Body::Market(update)) = message.body else {
                continue;
            };
            for line in update.lines.iter().filter(|line| !line.price.is_empty()) {
                let price: rust_decimal::Decimal = line.price.parse().unwrap();
                prop_assert!(
                    price >= "1.01".parse().unwrap() && price <= 1000.into(),
                    "{}",
                    line.price
                );
                prop_assert!(!line.removed);
            }
        }
    }
    Ok(())
}

proptest! {
    /// Protects the process from bytes of any kind.
    #[test]
    fn random_bytes_never_panic(lines in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..200), 1..8)) {
        feed(&lines)?;
    }

    /// Protects the process from lines that are almost right.
    #[test]
    fn mutated_lines_never_panic(
        edits in proptest::collection::vec((0_usize..4, any::<proptest::sample::Index>(), any::<u8>(), 0_u8..4), 1..12),
    ) {
        let seeds = seed_lines();
        let mut lines: Vec<Vec<u8>> = seeds.iter().map(|line| line.clone().into_bytes()).collect();
        for (line, at, byte, kind) in edits {
            let line = &mut lines[line];
            if line.is_empty() {
                continue;
            }
            let at = at.index(line.len());
            match kind {
                0 => line[at] = byte,
                1 => line.truncate(at),
                2 => line.insert(at, b"0123456789-.e\"[]{},"[usize::from(byte) % 19]),
                _ => { line.remove(at); }
            }
        }
        feed(&lines)?;
    }

    /// Protects the process from numbers of any size and shape in the places of prices, sizes and times.
    #[test]
    fn absurd_numbers_never_panic(price in "-?[0-9]{1,35}(\\.[0-9]{1,35})?([eE][+-]?[0-9]{1,12})?", hc in "-?[0-9]{1,30}") {
        let opened = definition("OPEN", &[(1, "ACTIVE")], "").replace("\"id\":1,", &format!("\"id\":1,\"hc\":{hc},"));
        let rc = format!(r#"{{"id":1,"hc":{hc},"atb":[[{price},{price}]],"bdatb":[[0,{price},1]],"ltp":{price}}}"#);
        let lines = [
            format!(r#"{{"op":"mcm","pt":1,"mc":[{{"id":"1.1",{opened},"rc":[{rc}]}}]}}"#),
            format!(r#"{{"op":"mcm","pt":{price},"mc":[]}}"#),
        ];
        feed(&lines.map(String::into_bytes))?;
    }
}
