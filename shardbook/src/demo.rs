//! The main job end to end, on a server of its own: real markets replayed, bets over real sockets, settled and proven.

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use rust_decimal::Decimal;
use shardbook_replay::{Ladder, Plan, Speed};

use crate::child::{self, Ports, Server};
use crate::cli::{DemoArgs, StakeRange};
use crate::players::{self, Crowd, write_json};
use crate::progress::Progress;
use crate::replay::{Feed, Publisher, Report, Wanted};
use crate::{Failure, Finished};

mod checks;
mod grants;
mod house;
mod keep;
mod market_files;
mod summary;

pub use house::{Currency, Figures, Gateway, House, settled};
pub use summary::Summary;

use crate::trial::{Folder, or_interrupted};

/// Synthetic matches beside files, and where there are none.
const MATCHES: (u32, u32) = (4, 12);
/// Synthetic races in the same way.
const RACES: (u32, u32) = (2, 4);
/// Margin on exchange prices, basis points.
const MARGIN_BP: u32 = 500;
/// How long an unanswered question may stay open.
const PATIENCE: Duration = Duration::from_secs(60);
/// How long the last settlements may take.
const SETTLING: Duration = Duration::from_secs(120);

/// Runs the demo and prints its summary.
///
/// # Errors
/// Where it cannot be run to its end; what is off at its end is in the summary and the exit code.
pub async fn run(args: DemoArgs) -> Finished {
    let folder = Folder::new(args.data.as_deref())?;
    let ended = or_interrupted(demo(&args, &folder)).await;
    let fine = match ended {
        Ok((summary, mut server)) => {
            println!("{summary}");
            write_json(args.json.as_deref(), &summary)?;
            if args.keep {
                keep::until_interrupted(&args, &mut server).await?;
            }
            Ok(summary.off.is_empty())
        }
        Err(failure) => Err(failure),
    };
    if !matches!(fine, Ok(true)) {
        eprintln!("demo: data and server log are kept in {}", folder.keep().display());
    }
    fine.map(|fine| if fine { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// From nothing to the verdict; the server is stopped, unless it is to be kept.
async fn demo(args: &DemoArgs, folder: &Folder) -> Result<(Summary, Server), Failure> {
    let began = Instant::now();
    let files = match args.no_files {
        true => Vec::new(),
        false => market_files::find(args.files.as_deref())?,
    };
    let matches = args
        .synthetic
        .unwrap_or(if files.is_empty() { MATCHES.1 } else { MATCHES.0 });
    let races = args.races.unwrap_or(if files.is_empty() { RACES.1 } else { RACES.0 });
    let count = files.len();
    eprintln!(
        "demo: {count} market files, {matches} synthetic matches, {races} synthetic races, {} players",
        args.players
    );
    let mut server = Server::start(&folder.data(), Ports::free()?, &folder.log()).await?;
    eprintln!("demo: serving; the live page is http://{}/", server.ports().http);

    let played = play(args, &mut server, files, (matches, races)).await?;
    let verify = if args.keep {
        let copy = house::checkpoint(server.ports().http).await?;
        child::verify(&copy, &folder.verdict()).await
    } else {
        server.stop().await?;
        child::verify(&folder.data(), &folder.verdict()).await
    };
    Ok((
        Summary::new(args, (count, matches, races), began.elapsed(), played, verify),
        server,
    ))
}

/// What trading left behind.
struct Played {
    replay: Report,
    players: players::Summary,
    figures: Figures,
}

/// `synthetic` says how many matches and races there are.
async fn play(
    args: &DemoArgs,
    server: &mut Server,
    files: Vec<PathBuf>,
    synthetic: (u32, u32),
) -> Result<Played, Failure> {
    let ports = server.ports();
    let plan = Plan {
        speed: Speed::Fit(args.fit),
        overlap: true,
    };
    let wanted = Wanted {
        files,
        synthetic: synthetic.0,
        races: synthetic.1,
        seed: args.seed,
        plan,
        margin_bp: MARGIN_BP,
        ladder: Ladder::exchange(),
        bet_delays: true,
        strict: false,
    };
    let mut publisher = Publisher::start(ports.grpc_url(), PATIENCE, Feed::open(wanted).await?);
    let plan = crowd_plan(args, ports);
    let grants = tokio::spawn(grants::grant(ports.grpc_url(), plan.clone()));
    let crowd = Crowd::gather(plan)?;

    let mut progress = Progress::new("trading", Some(args.fit.as_secs()));
    let mut tick = tokio::time::interval(Duration::from_millis(200));
    let replay = loop {
        tokio::select! {
            ended = publisher.ended() => break ended?,
            _ = tick.tick() => {
                let accepted = crowd.tally().accepted.load(Ordering::Relaxed);
                let played = publisher.counts().played().as_secs();
                progress.set(played, format!("s: {accepted} {}", crowd.tally().line()));
                if let Some(status) = server.ended()? {
                    return Err(format!("the server ended while trading ({status}): {}", server.log_end()).into());
                }
            }
        }
    };
    crowd.stop_betting();
    grants.abort();
    let granted = grants.await.unwrap_or(Ok(()));
    progress.finish(format!(
        "{} {}",
        crowd.tally().accepted.load(Ordering::Relaxed),
        crowd.tally().line()
    ));
    let mut progress = Progress::new("settling", None);
    house::settled(ports.http, crowd.tally(), SETTLING, |left, waits| {
        progress.set(left, waits)
    })
    .await?;
    progress.finish("done");
    let players = crowd.leave().await;
    granted?;
    let figures = house::figures(ports.http).await?;
    Ok(Played {
        replay,
        players,
        figures,
    })
}

fn crowd_plan(args: &DemoArgs, ports: Ports) -> players::Plan {
    // Enough for the bets in two thirds of the time, with a third more for refusals and quiet moments.
    let rate = args.bets.saturating_mul(2) / args.fit.as_secs().max(1) + 1;
    players::Plan {
        to: ports.ws_url(),
        count: args.players,
        seed: args.seed,
        name: "demo".into(),
        bets: args.bets + args.bets / 10,
        rate: args.rate.unwrap_or(u32::try_from(rate).unwrap_or(u32::MAX)),
        brands: vec!["demo".into(), "north".into()],
        currencies: vec!["EUR".into(), "GBP".into(), "USD".into(), "JPY".into()],
        stakes: StakeRange {
            low: Decimal::ONE,
            high: Decimal::TEN,
        },
        slips: args.slips,
        cash_out: args.cash_out,
        events: 2,
        patience: PATIENCE,
        answers: None,
    }
}
