use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::JoinSet;

use super::answers::AnswerLog;
use super::player::Player;
use super::tally::{Summary, Tally};
use crate::Failure;
use crate::cli::StakeRange;

/// What a crowd of players is to do.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The server's WebSocket, `ws://host:port`.
    pub to: String,
    /// Players, each with a socket; at least 1.
    pub count: u32,
    /// Seed of all decisions.
    pub seed: u64,
    /// Players are called `NAME-0`, `NAME-1`, ...; new to the server.
    pub name: String,
    /// Most bets that are accepted over all players.
    pub bets: u64,
    /// Bets a second over all players; at least 1.
    pub rate: u32,
    /// Brands in turn; at least one.
    pub brands: Vec<String>,
    /// Currencies in turn, ISO 4217; at least one.
    pub currencies: Vec<String>,
    /// Stakes that players like.
    pub stakes: StakeRange,
    /// Share of slips in what is placed, in percent.
    pub slips: u8,
    /// Share of turns in which a player means to sell an open bet, in percent.
    pub cash_out: u8,
    /// Events that a player follows; some follow more, for slips.
    pub events: u32,
    /// How long a player keeps trying to reach the server.
    pub patience: Duration,
    /// Where accepted bets are appended.
    pub answers: Option<PathBuf>,
}

/// Of so many players the one at this place looks for free bets that it was granted, and uses them.
pub const LOOKS_FOR_FREE_BETS: (u32, u32) = (10, 3);

impl Plan {
    /// Brand, name and currency of a player.
    #[must_use]
    pub fn player(&self, index: u32) -> (String, String, String) {
        let turn = index as usize;
        (
            self.brands[turn % self.brands.len()].clone(),
            format!("{}-{index}", self.name),
            self.currencies[turn % self.currencies.len()].clone(),
        )
    }
}

/// What the players are doing.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Phase {
    /// Placing bets.
    Betting,
    /// Only watching what becomes of them.
    Watching,
    /// Comparing their books with the server's, then leaving.
    Leaving,
}

/// Players at play.
#[derive(Debug)]
pub struct Crowd {
    tally: Arc<Tally>,
    phase: watch::Sender<Phase>,
    tasks: JoinSet<()>,
    count: u32,
}

impl Crowd {
    /// Lets the players come, a thousand a second, and bet.
    ///
    /// # Errors
    /// Where the plan names a brand, currency or address that no server takes, or the answers cannot be written.
    pub fn gather(plan: Plan) -> Result<Self, Failure> {
        check(&plan)?;
        let answers = plan.answers.as_deref().map(AnswerLog::open).transpose()?.map(Arc::new);
        let tally = Arc::new(Tally::default());
        tally
            .tickets
            .store(i64::try_from(plan.bets).unwrap_or(i64::MAX), Ordering::Relaxed);
        let (phase, watched) = watch::channel(Phase::Betting);
        let count = plan.count;
        let plan = Arc::new(plan);
        let mut tasks = JoinSet::new();
        for index in 0..count {
            let player = Player::new(
                index,
                Arc::clone(&plan),
                Arc::clone(&tally),
                answers.clone(),
                watched.clone(),
            );
            tasks.spawn(player.play());
        }
        Ok(Self {
            tally,
            phase,
            tasks,
            count,
        })
    }

    /// What was counted so far.
    #[must_use]
    pub fn tally(&self) -> &Tally {
        &self.tally
    }

    /// Lets no further bet be sent; those on the way are still answered.
    pub fn stop_betting(&self) {
        self.phase.send_replace(Phase::Watching);
    }

    /// Waits for every answer, compares all books with the server's and lets the players leave.
    pub async fn leave(mut self) -> Summary {
        self.phase.send_replace(Phase::Leaving);
        while let Some(ended) = self.tasks.join_next().await {
            if let Err(error) = ended {
                self.tally.mismatch(format!("a simulated player broke: {error}"));
            }
        }
        self.tally.summary(self.count)
    }
}

fn check(plan: &Plan) -> Result<(), Failure> {
    let named = |text: &str, longest: usize, extra: &str| {
        (1..=longest).contains(&text.len())
            && text
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || extra.contains(b as char))
    };
    if !plan.to.starts_with("ws://") {
        return Err(format!("{}: give the server's WebSocket as ws://host:port", plan.to).into());
    }
    if !named(&plan.name, 48, "._-") {
        return Err(format!("\"{}\": a run's name is 1 to 48 of A-Z a-z 0-9 . _ -", plan.name).into());
    }
    for brand in &plan.brands {
        if !named(brand, 32, "-") || brand.bytes().any(|b| b.is_ascii_uppercase()) {
            return Err(format!("\"{brand}\": a brand is 1 to 32 of a-z 0-9 -").into());
        }
    }
    for currency in &plan.currencies {
        if currency.len() != 3 || !currency.bytes().all(|b| b.is_ascii_uppercase()) {
            return Err(format!("\"{currency}\": give a currency by its ISO 4217 code, such as EUR").into());
        }
    }
    if plan.brands.is_empty() || plan.currencies.is_empty() {
        return Err("give at least one brand and one currency".into());
    }
    Ok(())
}
