//! `shardbook bench`: named workloads, measured.
//!
//! Every bet of a bench is a real one: translated, decided, journaled, synced to disk before its answer. Clients run on
//! threads of their own in this process. What is written behind the answers is waited for and counted.

mod clients;
mod compare;
mod day;
mod figures;
mod house;
mod lane;
mod limit;
mod load;
mod overload;
mod place;
mod plan;
mod quiet;
mod settle;
mod stages;
mod state;
mod threads;

use std::fmt::Display;
use std::process::ExitCode;

use serde::Serialize;

use crate::cli::{BenchArgs, BenchVia, BenchWorkload};
use crate::{Failure, Finished};

/// Runs the workload and prints its figures.
///
/// # Errors
/// When the arguments make no sense together, the house cannot be set up, or a bet is not accepted: a bench measures
/// accepted bets only.
pub async fn run(args: BenchArgs) -> Finished {
    check(&args)?;
    match args.workload {
        BenchWorkload::SettleMarket => settle::run(args).await,
        BenchWorkload::State => state::run(args).await,
        BenchWorkload::Overload => overload::run(args).await,
        _ => place::run(args).await,
    }
}

fn check(args: &BenchArgs) -> Result<(), Failure> {
    let lanes = args.lanes();
    let cold = house::COLD_PLAYERS_LEAST + args.in_flight;
    if args.workload == BenchWorkload::ColdPlayers && args.players < cold {
        return Err(format!(
            "{} players would be in memory still when their turn comes again: give at least {cold} with --players",
            args.players
        )
        .into());
    }
    let pace = match args.workload {
        BenchWorkload::State => Some("fills its house as fast as it can"),
        BenchWorkload::Overload => Some("finds a pace of its own"),
        BenchWorkload::SettleMarket => Some("takes its pace from --rate"),
        _ => None,
    };
    if let (Some(pace), Some(_)) = (pace, args.of_peak) {
        let name = args.workload.name();
        return Err(format!("{name} {pace}: leave --of-peak out").into());
    }
    let by_chance = [
        BenchWorkload::PlaceBets,
        BenchWorkload::HotMarket,
        BenchWorkload::MixedDay,
    ];
    if args.by_chance && !by_chance.contains(&args.workload) {
        return Err(format!(
            "{} says itself whose turn it is: leave --by-chance out",
            args.workload.name()
        )
        .into());
    }
    if args.by_chance && args.via == BenchVia::Websocket {
        return Err("a WebSocket has one player, who bets at each of its turns: leave --by-chance out".into());
    }
    if args.workload == BenchWorkload::State && args.via != BenchVia::InProcess {
        return Err("state fills its house straight from this process: leave --via out".into());
    }
    if args.via != BenchVia::Websocket {
        return Ok(());
    }
    if matches!(
        args.workload,
        BenchWorkload::HotPlayer | BenchWorkload::ColdPlayers | BenchWorkload::SettleMarket
    ) {
        return Err(format!(
            "a WebSocket has one player, so {} cannot go over WebSockets: choose another --via",
            args.workload.name()
        )
        .into());
    }
    if args.players < lanes {
        return Err(
            format!("each of {lanes} WebSockets needs a player of its own: give at least as many --players").into(),
        );
    }
    Ok(())
}

/// Prints the summary, writes it where asked for, and sets it beside a saved one.
fn tell<S: Serialize + Display>(args: &BenchArgs, summary: &S) -> Finished {
    let json = serde_json::to_value(summary)?;
    // Read before it may be written: the file may be the same.
    let compared = args
        .compare
        .as_ref()
        .map(|file| compare::with_saved(&json, file))
        .transpose();
    print!("{summary}");
    if let Some(file) = &args.json {
        let text = serde_json::to_vec_pretty(&json)?;
        std::fs::write(file, text).map_err(|error| format!("cannot write {}: {error}", file.display()))?;
    }
    if let Some(compared) = compared? {
        print!("\n{compared}");
    }
    Ok(ExitCode::SUCCESS)
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;
    use crate::cli::{Cli, Command};

    fn args(line: &str) -> BenchArgs {
        match Cli::parse_from(line.split_whitespace()).command {
            Command::Bench(args) => args,
            other => panic!("{other:?}"),
        }
    }

    /// Protects a user from a long run that measures something else than its name says.
    #[test]
    fn workloads_that_cannot_be_what_they_are_called_are_refused() {
        for (line, said) in [
            ("cold-players", "at least 31024"),
            ("cold-players --players 50000 --via websocket", "one player"),
            ("hot-player --via websocket", "one player"),
            ("settle-market --via websocket", "one player"),
            ("place-bets --via websocket --players 63", "64 WebSockets"),
            ("state --via grpc", "leave --via out"),
            ("hot-player --by-chance", "leave --by-chance out"),
            ("place-bets --via websocket --by-chance", "leave --by-chance out"),
            ("state --of-peak 50", "as fast as it can: leave --of-peak out"),
            ("overload --of-peak 50", "a pace of its own: leave --of-peak out"),
            (
                "settle-market --of-peak 50",
                "its pace from --rate: leave --of-peak out",
            ),
        ] {
            let refused = check(&args(&format!("shardbook bench {line}"))).map_err(|failure| failure.to_string());
            assert!(
                refused.as_ref().is_err_and(|text| text.contains(said)),
                "{line}: {refused:?}"
            );
        }
        for line in [
            "cold-players --players 31024",
            "place-bets --via websocket --players 64",
            "hot-player",
            "mixed-day --of-peak 50",
        ] {
            assert!(check(&args(&format!("shardbook bench {line}"))).is_ok(), "{line}");
        }
    }

    /// Protects every workload and every way in: each runs to its end on a small house, and its figures are of what was
    /// asked for.
    #[tokio::test(flavor = "multi_thread")]
    async fn every_workload_runs_by_every_way() {
        let folder = tempfile::tempdir().expect("a folder");
        let small = "--bets 1500 --players 40 --runs 2 --in-flight 64 --shards 2 --no-baseline";
        let mut lines = vec![
            "place-bets --bets 1500 --players 40 --runs 1 --via grpc-stream".to_owned(),
            format!("hot-market {small}"),
            format!("hot-player {small}"),
            format!("place-bets {small} --rate 5000"),
            format!("place-bets {small} --by-chance"),
            "cold-players --bets 1500 --players 30064 --runs 1 --in-flight 64 --no-baseline".to_owned(),
            "settle-market --bets 1500 --players 40 --rate 200 --in-flight 64".to_owned(),
        ];
        for via in [
            "in-process",
            "grpc",
            "grpc-stream",
            "grpc-batch",
            "websocket --connections 8",
        ] {
            let flood = "--lasts 300ms --deadline 50ms --times 2 --rate 100";
            lines.push(format!(
                "overload --bets 600 --players 40 --runs 1 --in-flight 64 {flood} --via {via}"
            ));
        }
        for via in [
            "in-process",
            "grpc",
            "grpc-stream",
            "grpc-batch --batch 16",
            "websocket --connections 8",
        ] {
            lines.extend(["place-bets", "mixed-day"].map(|workload| format!("{workload} {small} --via {via}")));
        }
        for (number, line) in lines.iter().enumerate() {
            let file = folder.path().join(format!("{number}.json"));
            run(args(&format!("shardbook bench {line} --json {}", file.display())))
                .await
                .unwrap_or_else(|failure| panic!("{line}: {failure}"));
            let told: serde_json::Value =
                serde_json::from_slice(&std::fs::read(&file).expect("written")).expect("JSON");
            assert_eq!(told["workload"], line.split(' ').next().expect("a name"));
            if told["workload"] == "settle-market" {
                assert!(told["settled_per_s"].as_f64() > Some(0.0), "{told}");
                continue;
            }
            let median = &told["median"];
            if told["workload"] == "overload" {
                for key in [
                    "/flood/goodput_per_s",
                    "/settling/of_peak",
                    "/settled_per_s",
                    "/moves/done",
                    "/of_peak_by_cpu",
                ] {
                    assert!(
                        median.pointer(key).and_then(serde_json::Value::as_f64) > Some(0.0),
                        "{line}: {key} in {median}"
                    );
                }
                assert_eq!(median["moves"]["refused"], 0, "{line}: money is always moved");
                continue;
            }
            for key in ["bets_per_s", "p50_ms", "journal_bytes_per_bet", "cpu_us_per_bet"] {
                assert!(median[key].as_f64() > Some(0.0), "{line}: {key} in {median}");
            }
            let by_stage = median["cpu_us_per_bet_by_stage"].as_object().expect("by stage");
            let names: Vec<_> = by_stage.keys().map(String::as_str).collect();
            let known = ["decide", "decode", "encode", "reply", "route", "sync", "views", "write"];
            assert_eq!(names, known, "{line}: names of stages are stable");
            let spent = |stage: &serde_json::Value| stage.as_f64().filter(|spent| *spent > 0.0);
            let in_stages: Option<f64> = by_stage.values().map(spent).sum();
            let in_no_stage = median["cpu_us_per_bet_in_no_stage"].as_f64();
            let apart = in_stages.zip(in_no_stage).zip(median["cpu_us_per_bet"].as_f64());
            assert!(
                apart.is_some_and(|((stages, rest), all)| (stages + rest - all).abs() < 1e-6 * all),
                "{line}: every stage has its part: {median}"
            );
            assert!(median["sync_wait_us_per_bet"].as_f64() > Some(0.0), "{line}: {median}");
            for key in ["append_limit_bets_per_s", "echo_calls_per_s"] {
                assert_eq!(
                    median[key].as_f64() > Some(0.0),
                    number == 0,
                    "{line}: {key} in {median}"
                );
            }
            let bets = &median["bets_per_s_behind_included"];
            let operations = &median["operations_per_s_behind_included"];
            let mixed = told["workload"] == "mixed-day";
            assert_eq!(operations.as_f64() > bets.as_f64(), mixed, "{line}: {median}");
            if mixed {
                // 16 of 18 turns are bets, and of 16 bets two are settled, but for a market or two.
                let ratio = operations.as_f64().zip(bets.as_f64()).map(|(all, bets)| all / bets);
                assert!(ratio > Some(1.23) && ratio < Some(1.27), "{line}: {ratio:?}");
            }
            if number == 1 {
                run(args(&format!("shardbook bench {line} --compare {}", file.display())))
                    .await
                    .unwrap_or_else(|failure| panic!("{line}: {failure}"));
            }
        }
    }
}
