//! Frames that leave the store.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use shardbook_runtime::archive::{Header, Keep, Needed, Report, Retention, Segment, SegmentName, SegmentWriter};
use shardbook_runtime::fault::StoreFault;
use shardbook_runtime::journal::{Families, FrameBuilder, GENESIS, Position, Store, StoreOptions};
use shardbook_runtime::slot::ShardId;
use shardbook_runtime::views::{Projection, Views, needed};
use tempfile::{TempDir, tempdir};

use crate::scene::{SHARDS, Said, Scene, ask, calm, copy, look, map, named, open_with_archive, replay, shards};
use crate::tally::{ALWAYS, Command, State};
use crate::views::{columns, sums};

/// Tallies, and commands of each: as many frames.
const IDS: u64 = 12;
const COMMANDS: u64 = 20;
/// Bytes of some five frames.
pub const SEGMENT: u64 = 600;
const ALL: Keep = Keep::Bytes(0);

/// A closed store with some past, and a folder for what leaves it.
struct Past {
    _dir: TempDir,
    data: PathBuf,
    folder: PathBuf,
}

impl Past {
    async fn of(projections: Vec<Box<dyn Projection>>) -> Self {
        let dir = tempdir().expect("a folder");
        let (data, folder) = (dir.path().join("data"), dir.path().join("archive"));
        fs::create_dir(&folder).expect("a new folder");
        let scene = Scene::try_open(&data, projections).expect("a store");
        let host = scene.host(calm()).await;
        for name in 0..IDS * COMMANDS {
            ask(&host, name % IDS, name, Command::Add(name as i64)).await;
        }
        scene.close(host).await;
        let _dir = dir;
        Self { _dir, data, folder }
    }

    /// Another folder beside it.
    fn beside(&self, name: &str) -> PathBuf {
        self.data.with_file_name(name)
    }

    fn files(&self) -> Vec<PathBuf> {
        let entries = fs::read_dir(&self.folder).expect("the folder is there");
        let mut files: Vec<_> = entries.map(|entry| entry.expect("an entry").path()).collect();
        files.sort();
        files
    }
}

/// What a tool does with a closed store.
fn archive(data: &Path, folder: &Path, keep: Keep) -> Result<Report, StoreFault> {
    let store = open_with_archive(data, folder);
    let views = Views::open(Arc::clone(&store), Vec::new(), vec![ALWAYS], |_, _| ())?;
    views.note_covered()?;
    let mut retention = Retention::begin(&store, &needed(&store, &[])?, keep, SEGMENT)?;
    while retention.step()?.is_some() {}
    retention.finish_compacted()
}

/// Every frame of every shard from genesis on, its place in the chain checked.
fn walk(data: &Path, folder: Option<&Path>) -> Result<Vec<Vec<u8>>, StoreFault> {
    let store = Store::open_to_read_with(data, folder)?;
    let mut frames = Vec::new();
    for shard in shards() {
        let mut before = (0, GENESIS);
        for frame in store.frames(shard, 1) {
            let frame = frame?;
            frame.follows(before.0, &before.1)?;
            before = (frame.position().sequence, *frame.digest());
            frames.push(frame.bytes().to_vec());
        }
    }
    Ok(frames)
}

/// Bytes of the tables of the journal.
fn tables(data: &Path) -> u64 {
    bytes_of(data, "sst")
}

/// Bytes of the files of the journal with long frames.
fn long_frames(data: &Path) -> u64 {
    bytes_of(data, "blob")
}

fn bytes_of(data: &Path, ending: &str) -> u64 {
    let files = fs::read_dir(data.join(Families::JOURNAL_FOLDER)).expect("a store");
    let files = files.map(|file| file.expect("an entry"));
    let files = files.filter(|file| file.path().extension().is_some_and(|end| end == ending));
    files.map(|file| file.metadata().expect("its size").len()).sum()
}

fn in_store(data: &Path) -> usize {
    let store = Store::open_to_read(data).expect("a store");
    store.scan(Families::JOURNAL, &[], &[]).count()
}

/// Protects the past: the chain from genesis on is the same frames before and after they left, one by one too, and without
/// the archive its absence is told, not a shorter past.
#[tokio::test]
async fn what_left_is_read_as_before() {
    let past = Past::of(Vec::new()).await;
    let before = walk(&past.data, None).expect("whole");
    let room = tables(&past.data);
    let tallies = replay(&Store::open_to_read(&past.data).expect("a store"));
    let report = archive(&past.data, &past.folder, ALL).expect("archived");
    assert_eq!(
        report.frames,
        IDS * COMMANDS - u64::from(SHARDS),
        "the newest of each shard stays"
    );
    assert_eq!(in_store(&past.data), usize::from(SHARDS));
    assert!(
        tables(&past.data) < room / 2,
        "the room is given back: {} of {room}",
        tables(&past.data)
    );
    assert!(report.written > u64::from(SHARDS) * 4, "many segments: {report:?}");
    assert_eq!(past.files().len() as u64, report.written);
    let names: Vec<_> = past
        .files()
        .iter()
        .map(|file| file.file_name().expect("a name").to_owned())
        .collect();
    assert!(
        names
            .iter()
            .all(|name| SegmentName::parse(name.to_str().expect("text")).is_some()),
        "{names:?}"
    );

    assert_eq!(walk(&past.data, Some(&past.folder)).expect("whole"), before);
    let store = Store::open_to_read_with(&past.data, Some(&past.folder)).expect("a store");
    assert_eq!(replay(&store), tallies);
    for shard in shards() {
        let all: Vec<_> = store.frames(shard, 1).map(|frame| frame.expect("whole")).collect();
        for frame in &all {
            let Position { sequence, .. } = frame.position();
            assert_eq!(*store.frame(frame.position()).expect("found"), *frame);
            let from: Vec<_> = store
                .frames(shard, sequence)
                .map(|frame| frame.expect("whole"))
                .collect();
            assert_eq!(from, all[sequence as usize - 1..], "from {sequence} on");
        }
    }

    let refused = walk(&past.data, None)
        .expect_err("the beginning is not here")
        .to_string();
    assert!(refused.contains("ARCHIVE_NEEDED: frames 1 to"), "{refused}");
    let store = Store::open_to_read(&past.data).expect("a store");
    let first = Position {
        shard: ShardId(0),
        sequence: 1,
    };
    let refused = store.frame(first).expect_err("it is not here").to_string();
    assert!(refused.contains("ARCHIVE_NEEDED"), "{refused}");
    assert!(matches!(store.needs_every_frame(), Err(StoreFault::Archived { .. })));
}

/// Protects the disk: frames of many entries lie beside the tables, leave as the others do, and give their room back with the
/// last of their file.
#[tokio::test]
async fn long_frames_leave_too() {
    let past = Past::of(Vec::new()).await;
    let scene = Scene::try_open(&past.data, Vec::new()).expect("a store");
    let host = scene.host(calm()).await;
    let send = |name: u64| host.send(name % IDS, named(name), Command::Add(1), None).expect("room");
    let pending: Vec<_> = (10_000..10_000 + IDS * 40).map(send).collect();
    for pending in pending {
        pending.answer().await.expect("durable");
    }
    scene.close(host).await;
    let long = long_frames(&past.data);
    assert!(long > 4_000, "frames of more than a kilobyte: {long} bytes");
    archive(&past.data, &past.folder, ALL).expect("archived");
    assert!(in_store(&past.data) >= usize::from(SHARDS), "the newest of each shard");

    // What comes then is short.
    let scene = Scene::try_open_with(&past.data, Vec::new(), Some(&past.folder)).expect("a store");
    let host = scene.host(calm()).await;
    for id in 0..IDS {
        let said = ask(&host, id, 20_000 + id, Command::Add(1)).await;
        assert!(matches!(said, Said::Accepted(_)), "{said:?}");
    }
    scene.close(host).await;
    let before = walk(&past.data, Some(&past.folder)).expect("whole");
    archive(&past.data, &past.folder, ALL).expect("archived");
    assert_eq!(long_frames(&past.data), 0, "of {long}");
    assert_eq!(walk(&past.data, Some(&past.folder)).expect("whole"), before);
}

/// Protects serving: a store whose past has left goes on as one that has it, without its archive too; what was answered is
/// answered the same, and what comes then leaves in its turn.
#[tokio::test]
async fn a_node_goes_on_after_its_past_has_left() {
    let past = Past::of(Vec::new()).await;
    archive(&past.data, &past.folder, ALL).expect("archived");
    for (round, folder) in [(0, None), (1, Some(past.folder.as_path()))] {
        let scene = Scene::try_open_with(&past.data, Vec::new(), folder).expect("a store");
        let host = scene.host(calm()).await;
        let total = |id: u64| (0..COMMANDS).map(|turn| (turn * IDS + id) as i64).sum::<i64>() + round;
        for id in 0..IDS {
            let (state, version) = look(&host, id).await;
            assert_eq!((state.total, version), (total(id), COMMANDS + round as u64));
            // The second command of each, of long ago; the same id with other content.
            let (name, first) = (IDS + id, id as i64);
            let again = ask(&host, id, name, Command::Add(name as i64)).await;
            assert!(
                matches!(again, Said::Accepted(State { total, .. }) if total == first + name as i64),
                "{again:?}"
            );
            assert_eq!(ask(&host, id, name, Command::Add(7)).await, Said::IdReused);
            let new = ask(&host, id, 10_000 + round as u64 * 100 + id, Command::Add(1)).await;
            assert!(
                matches!(new, Said::Accepted(State { total: now, .. }) if now == total(id) + 1),
                "{new:?}"
            );
        }
        scene.close(host).await;
        let before = walk(&past.data, Some(&past.folder)).expect("whole");
        let report = archive(&past.data, &past.folder, ALL).expect("archived");
        assert_eq!(report.frames, IDS, "as many as came");
        assert_eq!(walk(&past.data, Some(&past.folder)).expect("whole"), before);
    }
}

/// Protects the past from a kill at any moment: before a segment has its name, after that, and after each deletion. The
/// next run goes on, and nothing is lost, doubled or written twice.
#[tokio::test]
async fn a_kill_at_any_moment_loses_nothing() {
    let past = Past::of(Vec::new()).await;
    let before = walk(&past.data, None).expect("whole");
    let complete = past.beside("complete");
    copy(&past.data, &complete);
    let report = archive(&complete, &past.folder, ALL).expect("archived");
    let files = past.files();
    // so many segments have their name -> of these so many have left the store, and what is half written
    for (named, left) in [(0, 0), (1, 0), (3, 2), (3, 3), (files.len(), 0), (files.len(), 5)] {
        let what = format!("{named} named, {left} left");
        let (data, folder) = (
            past.beside(&format!("data {what}")),
            past.beside(&format!("archive {what}")),
        );
        copy(&past.data, &data);
        fs::create_dir(&folder).expect("a new folder");
        {
            let store = open_with_archive(&data, &folder);
            let views = Views::open(Arc::clone(&store), Vec::new(), vec![ALWAYS], |_, _| ()).expect("views");
            views.note_covered().expect("noted");
            let needed = needed(&store, &[]).expect("positions");
            let mut retention = Retention::begin(&store, &needed, ALL, SEGMENT).expect("begins");
            for _ in 0..left {
                retention.step().expect("a segment").expect("there is more");
            }
            // Dropped here: killed.
        }
        for file in &files[..named] {
            fs::copy(file, folder.join(file.file_name().expect("a name"))).expect("a copy");
        }
        let half = folder.join("shard-00000-00000000000000000001.partial");
        fs::write(&half, b"SHBKSEGM half of a").expect("written");
        let again = archive(&data, &folder, ALL).unwrap_or_else(|fault| panic!("{what}: {fault}"));
        assert_eq!(again.found as usize, named - left, "{what}");
        assert_eq!(again.written + named as u64, report.written, "{what}");
        assert!(!half.exists(), "{what}");
        assert_eq!(walk(&data, Some(&folder)).expect("whole"), before, "{what}");
        for file in &files {
            let same = folder.join(file.file_name().expect("a name"));
            assert_eq!(fs::read(same).expect("there"), fs::read(file).expect("there"), "{what}");
        }
        assert_eq!(
            archive(&data, &folder, ALL).expect("nothing to do"),
            Report::default(),
            "{what}"
        );
    }
}

fn name_of(file: &Path) -> SegmentName {
    let name = file.file_name().and_then(|name| name.to_str()).expect("a name");
    SegmentName::parse(name).expect("a segment")
}

/// A whole segment of that name with empty frames, of another past unless `before` is given.
fn forged(file: &Path, before: Option<[u8; 32]>) -> Vec<u8> {
    let (name, before) = (name_of(file), before.unwrap_or([9; 32]));
    let header = Header {
        shards: SHARDS,
        name,
        before,
    };
    let mut frames = FrameBuilder::new(name.shard, 1, name.first - 1, before);
    let mut writer = SegmentWriter::new(Vec::new(), &header).expect("memory takes all");
    for _ in name.first..=name.last {
        writer.frame(&frames.close(&[], 0)).expect("memory takes all");
    }
    writer.finish().expect("memory takes all").0
}

/// Protects whoever trusts an archive: whatever is done to its files, it is found where the past is read, with a code and the
/// name of the file.
#[tokio::test]
async fn damage_is_found_and_named() {
    let past = Past::of(Vec::new()).await;
    archive(&past.data, &past.folder, ALL).expect("archived");
    let files = past.files();
    let (second, third) = (&files[1], &files[2]);
    let bytes = fs::read(second).expect("there");
    let flipped = |at: usize| {
        let mut bytes = bytes.clone();
        bytes[at] ^= 0x10;
        Some(bytes)
    };
    let last = bytes.len() - 1;
    // what is done to the second segment of the first shard, and the code
    let table = [
        ("another beginning", flipped(0), "SEGMENT_UNKNOWN"),
        ("a later version", flipped(8), "SEGMENT_UNKNOWN"),
        ("another shape of store", flipped(9), "SEGMENT_FOREIGN"),
        ("another last frame", flipped(21), "SEGMENT_MISNAMED"),
        ("another past", flipped(29), "SEGMENT_FOREIGN"),
        ("a bit of a length", flipped(61), "SEGMENT_"),
        ("a bit of a frame", flipped(100), "SEGMENT_ALTERED"),
        ("a bit of its digest", flipped(last), "SEGMENT_ALTERED"),
        ("cut in its header", Some(bytes[..40].to_vec()), "SEGMENT_TRUNCATED"),
        ("cut in a frame", Some(bytes[..200].to_vec()), "SEGMENT_TRUNCATED"),
        ("cut by a byte", Some(bytes[..last].to_vec()), "SEGMENT_TRUNCATED"),
        ("empty", Some(Vec::new()), "SEGMENT_TRUNCATED"),
        (
            "a byte more",
            Some([bytes.as_slice(), b"x"].concat()),
            "SEGMENT_ALTERED",
        ),
        ("gone", None, "SEGMENT_MISSING"),
        (
            "its neighbour's bytes",
            Some(fs::read(third).expect("there")),
            "SEGMENT_MISNAMED",
        ),
        (
            "another shard's bytes",
            Some(fs::read(files.last().expect("some")).expect("there")),
            "SEGMENT_MISNAMED",
        ),
        (
            "a forged past of its own",
            Some(forged(second, None)),
            "SEGMENT_FOREIGN",
        ),
    ];
    assert!(walk(&past.data, Some(&past.folder)).is_ok());
    for (what, altered, code) in table {
        match &altered {
            Some(altered) => fs::write(second, altered).expect("written"),
            None => fs::remove_file(second).expect("removed"),
        }
        let found = walk(&past.data, Some(&past.folder)).expect_err(what).to_string();
        let name = second.file_name().expect("a name").to_string_lossy().into_owned();
        // A file that is gone cannot be named to its end.
        let named = if altered.is_none() { &name[..33] } else { &name };
        assert!(found.starts_with(code) && found.contains(named), "{what}: {found}");
        fs::write(second, &bytes).expect("written");
    }
    // The last one of the shard, forged from the right past on: nothing follows in the archive that would tell.
    let of_shard = |file: &&PathBuf| name_of(file).shard == name_of(second).shard;
    let last = files.iter().rfind(of_shard).expect("some");
    let whole = fs::read(last).expect("there");
    let before = Segment::open(whole.as_slice(), whole.len() as u64)
        .expect("whole")
        .header()
        .before;
    fs::write(last, forged(last, Some(before))).expect("written");
    let found = walk(&past.data, Some(&past.folder)).expect_err("forged").to_string();
    assert!(
        found.starts_with("SEGMENT_FOREIGN") && found.contains(&name_of(last).to_string()),
        "{found}"
    );
    fs::write(last, whole).expect("written");
    // Two files with each other's names: each is whole.
    let neighbour = fs::read(third).expect("there");
    fs::write(second, &neighbour).expect("written");
    fs::write(third, &bytes).expect("written");
    let found = walk(&past.data, Some(&past.folder)).expect_err("swapped").to_string();
    assert!(found.starts_with("SEGMENT_MISNAMED"), "{found}");
    let found = walk(&past.data, Some(&past.beside("no such folder")))
        .expect_err("no folder")
        .to_string();
    assert!(
        found.starts_with("ARCHIVE_UNREADABLE") && found.contains("no such folder"),
        "{found}"
    );
}

/// Protects the next run, and whoever looks for the past one day: a segment that the chain does not go through is whole and
/// of this store, or it is named.
#[tokio::test]
async fn segments_beside_the_chain_are_looked_at() {
    let past = Past::of(Vec::new()).await;
    let complete = past.beside("complete");
    copy(&past.data, &complete);
    archive(&complete, &past.folder, ALL).expect("archived");
    let strays = |data: &Path| {
        let store = Store::open_to_read_with(data, Some(&past.folder)).expect("a store");
        let found = store.stray_segments().expect("the store reads");
        found.iter().map(ToString::to_string).collect::<Vec<_>>()
    };
    assert_eq!(strays(&complete), [""; 0], "all are the past");
    assert_eq!(strays(&past.data), [""; 0], "a run was killed before anything left");
    let first = past.files()[0].clone();
    let name = name_of(&first);
    let other = |last: u64| SegmentName { last, ..name };
    let forged = forged(&past.folder.join(other(name.last - 1).to_string()), None);
    let whole = fs::read(&first).expect("there");
    // a file that is put there, and its code where the frames have left and where they have not
    let table = [
        (other(name.last - 1), forged, ["SEGMENT_FOREIGN", "SEGMENT_DIFFERS"]),
        (other(name.last - 1), whole.clone(), ["SEGMENT_MISNAMED"; 2]),
        (other(name.last + 1), Vec::new(), ["SEGMENT_TRUNCATED"; 2]),
        (
            SegmentName {
                shard: ShardId(SHARDS),
                ..name
            },
            whole,
            ["SEGMENT_FOREIGN"; 2],
        ),
    ];
    for (stray, bytes, codes) in table {
        let path = past.folder.join(stray.to_string());
        fs::write(&path, bytes).expect("written");
        for (data, code) in [&complete, &past.data].into_iter().zip(codes) {
            // Where it comes before the whole one in the order of names, the chain itself runs into it.
            let found = match walk(data, Some(&past.folder)) {
                Ok(_) => strays(data).concat(),
                Err(fault) => fault.to_string(),
            };
            assert!(
                found.starts_with(code) && found.contains(&stray.to_string()),
                "{stray}: {found}"
            );
        }
        fs::remove_file(&path).expect("removed");
    }
}

/// Protects archives from each other: a file that holds something else is refused and named, no frame leaves, and frames of
/// one store are not scattered over two folders.
#[tokio::test]
async fn what_is_there_and_differs_is_refused() {
    let past = Past::of(Vec::new()).await;
    let copied = past.beside("copied");
    copy(&past.data, &copied);
    // The same commands in another order: another past of the same length.
    let other = past.beside("other");
    let scene = Scene::open(&other);
    let host = scene.host(calm()).await;
    for name in (0..IDS * COMMANDS).rev() {
        ask(&host, name % IDS, name, Command::Add(name as i64)).await;
    }
    scene.close(host).await;
    archive(&other, &past.folder, ALL).expect("archived");
    let first = past.files()[0]
        .file_name()
        .expect("a name")
        .to_string_lossy()
        .into_owned();
    let refused = archive(&copied, &past.folder, ALL)
        .expect_err("it is another store's")
        .to_string();
    assert!(
        refused.starts_with("SEGMENT_DIFFERS") && refused.contains(&first),
        "{refused}"
    );
    assert_eq!(in_store(&copied) as u64, IDS * COMMANDS, "nothing has left");

    let (good, cut) = (past.beside("good"), past.beside("cut"));
    for folder in [&good, &cut] {
        fs::create_dir(folder).expect("a new folder");
    }
    let complete = past.beside("complete");
    copy(&past.data, &complete);
    archive(&complete, &good, ALL).expect("archived");
    let whole = fs::read(good.join(&first)).expect("the same first frames");
    fs::write(cut.join(&first), &whole[..whole.len() / 2]).expect("written");
    let refused = archive(&copied, &cut, ALL).expect_err("it is cut").to_string();
    assert!(
        refused.starts_with("SEGMENT_TRUNCATED") && refused.contains(&first),
        "{refused}"
    );

    let (one, two) = (past.beside("one"), past.beside("two"));
    fs::create_dir(&one).expect("a new folder");
    fs::create_dir(&two).expect("a new folder");
    archive(&copied, &one, ALL).expect("archived");
    let refused = archive(&copied, &two, ALL)
        .expect_err("the rest is elsewhere")
        .to_string();
    assert!(
        refused.starts_with("SEGMENT_MISSING") && refused.contains("two"),
        "{refused}"
    );
}

/// Protects what is still read: nothing leaves that a reader has not read, that is young, or that is to be kept.
#[tokio::test]
async fn only_what_nothing_needs_leaves() {
    let dir = tempdir().expect("a folder");
    let live = dir.path().join("live");
    let scene = Scene::open(&live);
    let host = scene.host(calm()).await;
    // One tally: frame n is its entry n, at second n.
    for name in 0..COMMANDS {
        ask(&host, 1, name, Command::Add(1)).await;
        scene.clock.advance(1_000);
    }
    let shard = map().locate(crate::scene::key(1));
    let frame = |sequence| scene.store().frame(Position { shard, sequence }).expect("there");
    let newest_two: u64 = [COMMANDS - 1, COMMANDS]
        .map(|at| frame(at).bytes().len() as u64)
        .iter()
        .sum();
    scene.close(host).await;
    let all = vec![u64::MAX; usize::from(SHARDS)];
    let read = |up_to: u64| vec![up_to; usize::from(SHARDS)];
    // needed from, what is kept, then the last frame that left
    let table = [
        ("everything is needed", read(0), ALL, 0),
        ("the first is needed", read(1), ALL, 0),
        ("up to the tenth", read(10), ALL, 9),
        ("nothing is needed", all.clone(), ALL, COMMANDS - 1),
        ("ten seconds and younger", all.clone(), Keep::Since(11_000), 10),
        ("all are younger", all.clone(), Keep::Since(1_000), 0),
        ("all are older", all.clone(), Keep::Since(u64::MAX), COMMANDS - 1),
        ("older, but needed", read(5), Keep::Since(11_000), 4),
        (
            "two frames a shard",
            all.clone(),
            Keep::Bytes(newest_two * u64::from(SHARDS)),
            COMMANDS - 2,
        ),
        (
            "a byte less",
            all.clone(),
            Keep::Bytes(newest_two * u64::from(SHARDS) - 4),
            COMMANDS - 1,
        ),
        ("more than there is", all, Keep::Bytes(u64::MAX), 0),
    ];
    for (number, (what, from, keep, left)) in table.into_iter().enumerate() {
        let (data, folder) = (
            dir.path().join(format!("data{number}")),
            dir.path().join(format!("archive{number}")),
        );
        copy(&live, &data);
        fs::create_dir(&folder).expect("a new folder");
        let store = open_with_archive(&data, &folder);
        let mut retention = Retention::begin(&store, &Needed(from), keep, SEGMENT).expect("begins");
        let mut bytes = Vec::new();
        while let Some(step) = retention.step().expect("a segment") {
            bytes.push(step.bytes);
        }
        let retired = store.retired(shard).expect("a note").map_or(0, |retired| retired.up_to);
        assert_eq!(retired, left, "{what}");
        assert_eq!(retention.finish().expect("ends").frames, left, "{what}");
        // A file is its frames, their lengths, a header and a digest.
        let most = SEGMENT + 20 * 4 + 61 + 32;
        assert!(bytes.iter().all(|bytes| *bytes <= most), "{what}: {bytes:?}");
    }
    let needed = Needed(vec![7, 3]).and_read(&[5, 9]);
    assert_eq!(
        needed,
        Needed(vec![5, 3]),
        "another reader needs as much as it has not read"
    );
}

/// Protects the rows of views: one of another version, or a new one, is made anew where the archive is given. Without it the
/// node does not start, and the old rows are still there.
#[tokio::test]
async fn a_view_is_made_anew_from_the_archive() {
    let past = Past::of(sums(1, 1)).await;
    let store = open_with_archive(&past.data, &past.folder);
    let needed = needed(&store, &sums(1, 1)).expect("positions");
    let mut retention = Retention::begin(&store, &needed, ALL, SEGMENT).expect("begins");
    while retention.step().expect("a segment").is_some() {}
    // The tail that no snapshot covered stays: as after a kill.
    retention.finish_compacted().expect("ends");
    assert!(store.needs_every_frame().is_ok(), "it has its archive");
    drop(store);
    archive(&past.data, &past.folder, ALL).expect("archived");
    let expected = |id: u64, factor: i64| {
        let total: i64 = (0..COMMANDS).map(|turn| (turn * IDS + id) as i64).sum();
        Some([COMMANDS as i64, total * factor])
    };
    let refused = Scene::try_open(&past.data, sums(2, 10))
        .map(drop)
        .expect_err("the past is not here");
    assert!(refused.to_string().starts_with("ARCHIVE_NEEDED"), "{refused}");
    {
        let scene = Scene::try_open(&past.data, sums(1, 1)).expect("the old version starts");
        assert_eq!(columns(scene.store(), 3), expected(3, 1), "its rows are there");
    }
    let scene = Scene::try_open_with(&past.data, sums(2, 10), Some(&past.folder)).expect("made anew");
    for id in 0..IDS {
        assert_eq!(columns(scene.store(), id as u8), expected(id, 10), "tally {id}");
    }
}

/// Protects copies: a checkpoint of a store whose past has left knows that, and is read with the same archive.
#[tokio::test]
async fn a_checkpoint_goes_with_the_archive() {
    let past = Past::of(Vec::new()).await;
    let before = walk(&past.data, None).expect("whole");
    archive(&past.data, &past.folder, ALL).expect("archived");
    let scene = Scene::open(&past.data);
    let into = past.beside("checkpoint");
    scene.store().checkpoint(&into).expect("a copy");
    assert_eq!(walk(&into, Some(&past.folder)).expect("whole"), before);
    assert!(matches!(walk(&into, None), Err(StoreFault::Archived { .. })));
}

/// Protects the start after a power loss: the witness of the journal's end may be so old that the frame it names has left
/// since. That is no loss.
#[tokio::test]
async fn a_witness_of_a_frame_that_has_left_is_believed() {
    let dir = tempdir().expect("a folder");
    let (data, folder) = (dir.path().join("data"), dir.path().join("archive"));
    fs::create_dir(&folder).expect("a new folder");
    let mut witness = Vec::new();
    for round in 0..2 {
        let scene = Scene::open(&data);
        let host = scene.host(calm()).await;
        for name in 0..IDS * COMMANDS {
            ask(&host, name % IDS, round << 32 | name, Command::Add(1)).await;
        }
        scene.close(host).await;
        if round == 0 {
            witness = fs::read(data.join("witness")).expect("a witness");
        }
    }
    assert!(archive(&data, &folder, ALL).expect("it leaves").frames > 0);
    fs::write(data.join("witness"), witness).expect("an older witness");
    let store = Store::open(&data, map(), &StoreOptions::default()).expect("nothing is lost");
    for shard in shards() {
        let left = store.retired(shard).expect("a note").expect("frames have left").up_to;
        assert_eq!(
            store.head(shard).expect("a head").0,
            left + 1,
            "the last frame never leaves"
        );
    }
}
