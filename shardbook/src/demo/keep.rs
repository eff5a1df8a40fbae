use shardbook_replay::{Ladder, Plan, Speed};

use super::{DemoArgs, MARGIN_BP, PATIENCE, crowd_plan};
use crate::Failure;
use crate::child::Server;
use crate::players::{self, Crowd};
use crate::replay::{Feed, Publisher, Wanted};
use crate::trial::interrupted;

/// Matches and races that trade at once, and players that bet on them, while the server is kept up.
const MATCHES: u32 = 6;
const RACES: u32 = 2;
const PLAYERS: u32 = 200;
/// Bets a second of these.
const RATE: u32 = 50;

/// Plays one round of synthetic matches after the other, so that the live page lives, until Ctrl-C; then stops the
/// server in order.
pub(super) async fn until_interrupted(args: &DemoArgs, server: &mut Server) -> Result<(), Failure> {
    eprintln!(
        "demo: the server stays up until Ctrl-C; its live page is http://{}/",
        server.ports().http
    );
    let mut round = 0;
    loop {
        round += 1;
        tokio::select! {
            played = play(args, server, round) => played?,
            interrupted = interrupted() => {
                interrupted?;
                return server.stop().await;
            }
        }
    }
}

async fn play(args: &DemoArgs, server: &Server, round: u64) -> Result<(), Failure> {
    let ports = server.ports();
    let wanted = Wanted {
        files: Vec::new(),
        synthetic: MATCHES,
        races: RACES,
        seed: args.seed.wrapping_add(round),
        plan: Plan {
            speed: Speed::Fit(args.fit),
            overlap: true,
        },
        margin_bp: MARGIN_BP,
        ladder: Ladder::exchange(),
        bet_delays: true,
        strict: false,
    };
    let plan = players::Plan {
        count: PLAYERS,
        name: format!("round{round}"),
        bets: u64::MAX,
        rate: RATE,
        ..crowd_plan(args, ports)
    };
    let mut publisher = Publisher::start(ports.grpc_url(), PATIENCE, Feed::open(wanted).await?);
    let crowd = Crowd::gather(plan)?;
    publisher.ended().await?;
    crowd.stop_betting();
    crowd.leave().await;
    Ok(())
}
