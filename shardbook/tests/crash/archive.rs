//! Frames that leave a data folder by `shardbook archive`, and what the other tools say of it.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;
use tempfile::TempDir;

use crate::server::{EVENT, Server, ran, said, shardbook};

/// Exit code and both outputs.
fn told(arguments: &[&str]) -> (Option<i32>, String) {
    let output = ran(arguments);
    let (out, err) = said(&output);
    assert!(!err.contains("panicked"), "{err}");
    (output.status.code(), out + &err)
}

/// The data of a server that traded and was stopped, and the folder of its archive.
async fn traded(folder: &TempDir) -> (PathBuf, PathBuf) {
    let data = folder.path().join("data");
    let server = Server::start(&data);
    server.trade().await;
    server.stop();
    (data, folder.path().join("archive"))
}

fn text(path: &Path) -> &str {
    path.to_str().expect("UTF-8")
}

fn segments(archive: &Path) -> Vec<PathBuf> {
    let files = fs::read_dir(archive).into_iter().flatten().flatten();
    files
        .map(|file| file.path())
        .filter(|file| file.extension().is_some_and(|end| end == "segment"))
        .collect()
}

fn verdict(data: &str, archive: &[&str], json: &Path) -> Value {
    let (code, said) = told(&[&["verify", "--data", data, "--json", text(json)], archive].concat());
    assert_eq!(code, Some(0), "{said}");
    serde_json::from_slice(&fs::read(json).expect("written")).expect("JSON")
}

/// Protects an operator who archives: what the tools show and prove is the same as before with --archive, and without it they
/// say what is missing and what to give; the server goes on with what is left.
#[tokio::test]
async fn tools_know_what_has_left() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (data, archive) = traded(&folder).await;
    let (data, to, json) = (text(&data), text(&archive), folder.path().join("out.json"));
    let mut before = verdict(data, &[], &json);
    let asked: [&[&str]; 3] = [
        &["player", "acme/p3"],
        &["event", EVENT],
        &["journal", "--limit", "1000"],
    ];
    let shown =
        |asked: &[&str], archive: &[&str]| ran(&[&["inspect", "--data", data, "--json"], archive, asked].concat());
    let shown_before: Vec<_> = asked.iter().map(|asked| said(&shown(asked, &[])).0).collect();

    let young = ["archive", "--data", data, "--to", to];
    let (code, nothing) = told(&young);
    assert!(code == Some(0) && nothing.contains("archived    nothing"), "{nothing}");
    let everything = [
        "archive",
        "--data",
        data,
        "--to",
        to,
        "--keep-bytes",
        "0",
        "--json",
        text(&json),
    ];
    let (code, archived) = told(&everything);
    assert_eq!(code, Some(0), "{archived}");
    let summary: Value = serde_json::from_slice(&fs::read(&json).expect("written")).expect("JSON");
    assert_eq!(
        summary["segments_written"].as_u64(),
        Some(segments(&archive).len() as u64)
    );
    let left = summary["frames"].as_u64().expect("a number");
    assert!(left > 20, "{summary}");

    before["frames_archived"] = left.into();
    assert_eq!(verdict(data, &["--archive", to], &json), before);
    let (code, refused) = told(&["verify", "--data", data]);
    assert_eq!(code, Some(1));
    assert!(
        refused.contains("ARCHIVE_NEEDED: frames 1 to") && refused.contains("--archive"),
        "{refused}"
    );
    for (asked, before) in asked.iter().zip(&shown_before) {
        assert_eq!(said(&shown(asked, &["--archive", to])).0, *before, "{asked:?}");
    }
    for asked in &asked[..2] {
        let output = shown(asked, &[]);
        let (_, err) = said(&output);
        assert!(
            !output.status.success() && err.contains("ARCHIVE_NEEDED"),
            "{asked:?}: {err}"
        );
    }
    // What is here is shown, with what is not.
    let (out, _) = said(&shown(asked[2], &[]));
    assert!(
        out.contains("\"record\":\"archived\"") && out.contains("\"record\":\"frame\""),
        "{out}"
    );

    let server = Server::start(Path::new(data));
    let (code, refused) = told(&everything);
    assert!(
        code == Some(1) && refused.contains("no other shardbook uses it"),
        "{refused}"
    );
    server.stop();
    assert_eq!(told(&everything).0, Some(0), "again");
    let (code, said) = told(&["verify", "--data", data, "--archive", to]);
    assert_eq!(code, Some(0), "{said}");
    let (code, refused) = told(&["archive", "--data", text(&archive), "--to", to]);
    assert!(code == Some(1) && refused.contains("there is no store at"), "{refused}");
}

/// Protects the past in files: a flipped byte, a lost file and a file that is cut are discrepancies of the chain that name the
/// file, with the exit code of any other.
#[tokio::test]
async fn a_damaged_segment_is_named() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (data, archive) = traded(&folder).await;
    let (data, to) = (text(&data), text(&archive));
    assert_eq!(
        told(&["archive", "--data", data, "--to", to, "--keep-bytes", "0"]).0,
        Some(0)
    );
    for file in segments(&archive) {
        let whole = fs::read(&file).expect("there");
        let mut flipped = whole.clone();
        flipped[whole.len() / 2] ^= 1;
        for (altered, code) in [
            (Some(flipped), "SEGMENT_ALTERED"),
            (Some(whole[..whole.len() / 2].to_vec()), "SEGMENT_TRUNCATED"),
            (None, "SEGMENT_MISSING"),
        ] {
            match altered {
                Some(altered) => fs::write(&file, altered).expect("written"),
                None => fs::remove_file(&file).expect("removed"),
            }
            let (exit, found) = told(&["verify", "--data", data, "--archive", to]);
            assert_eq!(exit, Some(1), "{code}: {found}");
            let name = file.file_name().expect("a name").to_string_lossy().into_owned();
            let named = found
                .lines()
                .any(|line| line.contains("J-3") && line.contains(code) && line.contains(&name[..33]));
            assert!(named, "{name}: {found}");
            fs::write(&file, &whole).expect("written");
        }
    }
    assert_eq!(
        told(&["verify", "--data", data, "--archive", to]).0,
        Some(0),
        "sound again"
    );
}

/// Protects against a kill in the middle: wherever it comes, the books are proven with what is in the archive by then, and the
/// next run goes on.
#[tokio::test]
async fn a_killed_run_goes_on() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (data, archive) = traded(&folder).await;
    let (data, to) = (text(&data), text(&archive));
    let everything = ["archive", "--data", data, "--to", to, "--keep-bytes", "0"];
    let total = |said: &str| said.contains("verdict     no discrepancy");
    for killed_at in 1..=3 {
        let mut run = shardbook(&everything).spawn().expect("it starts");
        // As soon as so many segments have their names, or it has ended.
        while segments(&archive).len() < killed_at && run.try_wait().expect("ours").is_none() {
            std::thread::yield_now();
        }
        let _ = run.kill();
        run.wait().expect("it ends");
        let (code, said) = told(&["verify", "--data", data, "--archive", to]);
        assert!(code == Some(0) && total(&said), "{said}");
    }
    assert_eq!(told(&everything).0, Some(0));
    let (code, said) = told(&["verify", "--data", data, "--archive", to]);
    assert!(
        code == Some(0) && total(&said) && said.contains("of these frames are in the archive"),
        "{said}"
    );
}
