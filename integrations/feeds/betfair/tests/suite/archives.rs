//! Files: how they are packed, and how they are damaged.
use std::fs;
use std::io::Write;
use std::path::PathBuf;
use std::time::Duration;

use bzip2::write::BzEncoder;
use flate2::write::GzEncoder;
use shardbook_betfair::{Limits, Options, Pricing, Replay, Report};
use shardbook_proto::provider::v1::FeedMessage;
use shardbook_replay::{Plan, Speed};
use tempfile::TempDir;

use crate::reading::{brief, definition};

const LINES: usize = 40;

/// A market of `event` from `start` on, one line each 100 ms.
fn text(market: &str, event: &str, start: i64) -> String {
    let runners = [(1, "ACTIVE"), (2, "ACTIVE")];
    let opened = definition("OPEN", &runners, "").replace(r#""9""#, &format!(r#""{event}""#));
    let closed = opened
        .replace("OPEN", "CLOSED")
        .replacen("ACTIVE", "WINNER", 1)
        .replace("ACTIVE", "LOSER");
    let mut text = String::new();
    for n in 0..LINES {
        let body = match n {
            0 => opened.clone(),
            _ if n == LINES - 1 => closed.clone(),
            _ => format!(r#""rc":[{{"id":1,"ltp":{}}}]"#, 2 + n),
        };
        let pt = start + 100 * n as i64;
        text += &format!("{{\"op\":\"mcm\",\"pt\":{pt},\"mc\":[{{\"id\":\"{market}\",{body}}}]}}\r\n");
    }
    text
}

fn bz2(text: &[u8]) -> Vec<u8> {
    let mut encoder = BzEncoder::new(Vec::new(), bzip2::Compression::fast());
    encoder.write_all(text).unwrap();
    encoder.finish().unwrap()
}

fn gz(text: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(text).unwrap();
    encoder.finish().unwrap()
}

struct Files {
    folder: TempDir,
    paths: Vec<PathBuf>,
}

impl Files {
    fn of(contents: &[&[u8]]) -> Self {
        let folder = TempDir::new().unwrap();
        let write = |(n, content): (usize, &&[u8])| {
            let path = folder.path().join(format!("{n}.txt"));
            fs::write(&path, content).unwrap();
            path
        };
        let paths = contents.iter().enumerate().map(write).collect();
        Self { folder, paths }
    }

    fn open(&self, options: &Options) -> Replay {
        Replay::open(&self.paths, options).unwrap()
    }

    fn played(&self, options: &Options) -> (Vec<FeedMessage>, Report) {
        let mut replay = self.open(options);
        let messages = replay.by_ref().map(|timed| timed.message).collect();
        assert!(replay.stopped().is_none());
        (messages, replay.report())
    }
}

fn options(speed: Speed, overlap: bool) -> Options {
    Options {
        pricing: Pricing::default(),
        plan: Plan { speed, overlap },
        limits: Limits::default(),
        strict: false,
    }
}

fn max() -> Options {
    options(Speed::Max, false)
}

/// Protects against names that lie: packing is seen from the bytes, several streams or members included.
#[test]
fn packing_is_seen_from_the_bytes() {
    let text = text("1.1", "9", 0);
    let (first, second) = text.as_bytes().split_at(text.len() / 3);
    let plain = Files::of(&[text.as_bytes()]).played(&max());
    assert_eq!((plain.1.lines, plain.1.bytes), (LINES as u64, text.len() as u64));
    assert_eq!(
        brief(plain.0.last().unwrap()),
        "fixture horse-racing Ham 14th Jun ended"
    );
    for packed in [
        bz2(text.as_bytes()),
        gz(text.as_bytes()),
        [bz2(first), bz2(second)].concat(),
        [gz(first), gz(second)].concat(),
    ] {
        assert_eq!(Files::of(&[&packed]).played(&max()), plain);
    }
    let unended = Files::of(&[text.trim_end().as_bytes()]).played(&max());
    assert_eq!(unended.0, plain.0);
}

/// Protects what was read before the damage: it is used, and the end is reported with what to do.
#[test]
fn damaged_archives_are_used_up_to_the_damage() {
    let text: String = (0..200).map(|n| text(&format!("1.{n}"), "9", 10_000 * n)).collect();
    for packed in [bz2(text.as_bytes()), gz(text.as_bytes())] {
        let cut = Files::of(&[&packed[..packed.len() - 20]]).played(&max());
        assert_eq!(cut.1.skipped.get("truncated_archive"), Some(&1), "{:?}", cut.1);
        assert!(
            cut.1.examples["truncated_archive"][0].contains("fetch it again"),
            "{:?}",
            cut.1.examples
        );
    }
    let packed = gz(text.as_bytes());
    let cut = Files::of(&[&packed[..packed.len() / 2]]).played(&max());
    assert!(cut.1.lines > 100 && cut.1.settled > 1, "{:?}", cut.1);

    let mut damaged = bz2(text.as_bytes());
    let middle = damaged.len() / 2;
    damaged[middle..middle + 8].fill(0x55);
    let damaged = Files::of(&[&damaged]).played(&max());
    assert_eq!(damaged.1.skipped.get("corrupt_archive"), Some(&1), "{:?}", damaged.1);

    let strict = Options { strict: true, ..max() };
    let files = Files::of(&[&packed[..packed.len() - 20]]);
    let mut replay = files.open(&strict);
    assert!(replay.by_ref().count() > 100);
    assert_eq!(replay.stopped().map(|fault| fault.code()), Some("truncated_archive"));
}

/// Protects memory and patience: a line or an archive beyond its limit is passed over or ended, with its place named.
#[test]
fn limits_hold() {
    let good = text("1.1", "9", 0);
    let (head, tail) = good.split_at(good.find('\n').unwrap() + 1);
    let long = format!("{head}{}\n\n{tail}", "x".repeat(3_000_000));
    let limits = Limits {
        line_bytes: 1_000,
        archive_bytes: None,
    };
    let played = Files::of(&[&bz2(long.as_bytes())]).played(&Options { limits, ..max() });
    assert_eq!((played.1.skipped["oversized_line"], played.1.settled), (1, 1));
    let place = format!("line 2 (byte {}): longer than 1000 bytes", head.len());
    assert!(
        played.1.examples["oversized_line"][0].contains(&place),
        "{:?}",
        played.1.examples
    );

    let limits = Limits {
        archive_bytes: Some(2_000),
        ..Limits::default()
    };
    let played = Files::of(&[&bz2(good.as_bytes())]).played(&Options { limits, ..max() });
    assert_eq!(played.1.skipped.get("archive_too_large"), Some(&1));
    assert!(played.1.lines > 5 && played.1.bytes <= 2_001, "{:?}", played.1);
}

/// Protects a replay from one bad line, and a strict one from going on.
#[test]
fn a_faulty_line_is_passed_over_or_stops() {
    let good = text("1.1", "9", 0);
    let (head, tail) = good.split_at(good.find('\n').unwrap() + 1);
    let files = Files::of(&[format!("{head}nonsense\n{tail}").as_bytes()]);
    let (messages, report) = files.played(&max());
    assert_eq!((report.skipped["malformed_line"], report.settled), (1, 1));
    let without = Files::of(&[good.as_bytes()]).played(&max()).0;
    assert_eq!(
        messages.iter().map(brief).collect::<Vec<_>>(),
        without.iter().map(brief).collect::<Vec<_>>()
    );
    let mut strict = files.open(&Options { strict: true, ..max() });
    assert_eq!(strict.by_ref().count(), 2);
    let stopped = strict.stopped().unwrap().to_string();
    assert!(
        stopped.contains(&format!(
            "0.txt: line 2 (byte {}): not a market stream message",
            head.len()
        )),
        "{stopped}"
    );
}

/// Protects the first step of a user: what cannot be opened is said at once, with the path.
#[test]
fn unreadable_files_are_refused() {
    let files = Files::of(&[b""]);
    assert_eq!(files.played(&max()).0, []);
    for path in [files.folder.path().join("missing.bz2"), files.folder.path().to_owned()] {
        let refused = Replay::open(std::slice::from_ref(&path), &max()).unwrap_err();
        assert_eq!(refused.code(), "unreadable_archive");
        assert!(refused.to_string().contains(&path.display().to_string()));
    }
}

/// Protects the merge: by publish time over all files, each event's time never going backwards.
#[test]
fn files_are_merged_by_publish_time() {
    let files = Files::of(&[text("1.1", "9", 5_000).as_bytes(), text("1.2", "10", 3_000).as_bytes()]);
    let (messages, _) = files.played(&max());
    assert!(messages.is_sorted_by_key(|m| m.source_ms));
    assert_eq!(messages[0].event, "bf:event:10");
    let real = options("1x".parse().unwrap(), false);
    let due: Vec<u128> = files.open(&real).map(|t| t.due.as_millis()).collect();
    assert_eq!((due[0], *due.last().unwrap()), (0, 2_000 + 3_900));
}

/// Protects overlap: files of different events start together, files of one event keep their distance and end it once.
#[test]
fn overlap_shifts_clocks_by_event() {
    let far = 900_000_000;
    let contents = [text("1.1", "9", 0), text("1.2", "9", 2_000), text("1.3", "10", far)];
    let contents: Vec<&[u8]> = contents.iter().map(|text| text.as_bytes()).collect();
    let files = Files::of(&contents);
    let first_due = |event: &str, market: &str, plan: &Options| {
        let found = files
            .open(plan)
            .find(|t| t.message.event == event && t.message.id.contains(market))
            .unwrap();
        found.due.as_millis()
    };
    let plan = options("1x".parse().unwrap(), true);
    assert_eq!(first_due("bf:event:9", "1.1", &plan), 0);
    assert_eq!(first_due("bf:event:9", "1.2", &plan), 2_000);
    assert_eq!(first_due("bf:event:10", "1.3", &plan), 0);
    let (messages, _) = files.played(&plan);
    let ended = |m: &&FeedMessage| brief(m).ends_with("ended");
    assert_eq!(messages.iter().filter(ended).count(), 2);

    let fit = options(Speed::Fit(Duration::from_secs(8)), true);
    let due: Vec<_> = files.open(&fit).map(|t| (t.message.event, t.due.as_millis())).collect();
    for event in ["bf:event:9", "bf:event:10"] {
        let last = due.iter().rfind(|(of, _)| of == event).unwrap().1;
        assert!((7_800..8_000).contains(&last), "{event} ends at {last}");
    }
    assert!(due.is_sorted_by_key(|(_, due)| *due));
}
