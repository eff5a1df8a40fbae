//! What cannot be served is refused with one clear error.

use std::net::TcpListener;

use crate::server::{Server, ran, said};

/// Runs what must be refused, and gives the one error.
fn refused(arguments: &[&str]) -> String {
    let output = ran(arguments);
    let (out, err) = said(&output);
    assert_eq!(output.status.code(), Some(1), "{arguments:?}: {out}\n{err}");
    assert!(!out.contains("serving"), "{arguments:?}: {out}");
    assert!(!err.contains("panicked"), "{arguments:?}: {err}");
    let errors: Vec<_> = err.lines().filter(|line| line.starts_with("error: ")).collect();
    assert_eq!(errors.len(), 1, "{arguments:?}: {err}");
    errors[0].to_owned()
}

/// Protects operators from guessing: wrong settings, places and addresses each give one error that says what to do, and
/// leave nothing running.
#[tokio::test]
async fn what_cannot_be_served() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = |name: &str| folder.path().join(name).to_str().expect("UTF-8").to_owned();
    let (made, busy, fresh, file) = (path("made"), path("busy"), path("fresh"), path("file"));
    Server::start(made.as_ref()).stop();
    let _server = Server::start(busy.as_ref());
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let taken = listener.local_addr().expect("an address").to_string();
    std::fs::write(&file, "[node]\nshart = 4\n").expect("can be written");
    let out_of_bounds = path("bounds");
    std::fs::write(&out_of_bounds, "[gateway]\nheartbeat_ms = 1\n").expect("can be written");
    let any = [
        "--ws",
        "127.0.0.1:0",
        "--grpc",
        "127.0.0.1:0",
        "--http",
        "127.0.0.1:0",
        "--log",
        "error",
    ];
    let missing = path("nowhere.toml");
    let rows: [(&str, Vec<&str>, &[&str]); 9] = [
        (
            "other shards",
            vec!["run", "--data", &made, "--shards", "8"],
            &["4 shards", "8"],
        ),
        (
            "no such file of settings",
            vec!["run", "--data", &fresh, "--config", &missing],
            &["nowhere.toml"],
        ),
        (
            "a misspelt key",
            vec!["run", "--data", &fresh, "--config", &file],
            &["shart"],
        ),
        (
            "a value out of bounds",
            vec!["run", "--data", &fresh, "--config", &out_of_bounds],
            &["heartbeat_ms"],
        ),
        (
            "a port in use",
            vec!["run", "--data", &fresh, "--ws", &taken],
            &["ws", &taken],
        ),
        (
            "an open address",
            vec!["run", "--data", &fresh, "--grpc", "0.0.0.0:0"],
            &["grpc", "allow_remote"],
        ),
        (
            "data in use",
            vec!["run", "--data", &busy],
            &["busy", "no other shardbook"],
        ),
        (
            "data that are a file",
            vec!["run", "--data", &file],
            &["cannot open the store", "file"],
        ),
        (
            "no data to verify",
            vec!["verify", "--data", &missing],
            &["there is no store at", "nowhere.toml"],
        ),
    ];
    for (what, arguments, expected) in rows {
        let mut arguments = arguments;
        if arguments[0] == "run" {
            let given: Vec<_> = arguments.clone();
            arguments.extend(any.chunks(2).filter(|pair| !given.contains(&pair[0])).flatten());
        }
        let error = refused(&arguments);
        for word in expected {
            assert!(error.contains(word), "{what}: {word:?} is not in {error:?}");
        }
    }
    drop(listener);
    // What was refused left nothing behind that bars a good start.
    Server::start(fresh.as_ref()).stop();
}
