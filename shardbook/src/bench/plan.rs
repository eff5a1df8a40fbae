//! Which command comes at which turn.

use shardbook_proto::client::v1 as client;

use super::house::{EVENT, MARKETS, PRICE, SELECTIONS};
use crate::cli::BenchWorkload;

/// Turns of a mixed day that repeat: 16 bets, one wallet movement, one question. Two of the bets are on markets that soon
/// have their result, so that of 20 operations 16 are bets, 2 settlements, 1 a movement and 1 a question.
const DAY: u64 = 18;
const WALLET_TURN: u64 = 0;
const QUESTION_TURN: u64 = 1;
const SHORT_TURNS: std::ops::Range<u64> = 2..4;

/// What a client does at its turn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Deed {
    /// A single of 1.00.
    Bet {
        market: u32,
        selection: u32,
    },
    Deposit,
    Withdraw,
    Balance,
    Bets,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Order {
    pub(super) player: u64,
    pub(super) deed: Deed,
}

/// Invariant: the order of a turn is a function of the turn.
#[derive(Debug, Clone)]
pub(super) struct Plan {
    markets: Markets,
    turns: Turns,
    first_player: u64,
    players: u64,
    /// Part of every id: the ids of two runs on one folder differ.
    salt: String,
}

/// Whose turn it is.
#[derive(Debug, Clone, Copy)]
enum Turns {
    /// One player after the other.
    Around,
    /// As players who know nothing of each other: by chance, the same in every run.
    ByChance,
    /// By chance too, but the first has hardly a turn and the last twice as many as there are on average: so each has been there
    /// for longer than the one before.
    SomeForLonger,
}

impl Turns {
    /// Whose turn it is of so many.
    fn player(self, turn: u64, players: u64) -> u64 {
        match self {
            Self::Around => turn % players,
            Self::ByChance => mixed(turn) % players,
            Self::SomeForLonger => (mixed(turn) % players).max(mixed(!turn) % players),
        }
    }
}

/// The mixing steps of SplitMix64 (Steele, Lea and Flood, 2014): of numbers that follow each other it makes such that do not.
fn mixed(number: u64) -> u64 {
    let spread = number.wrapping_mul(0x9E37_79B9_7F4A_7C15);
    let once = (spread ^ (spread >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let twice = (once ^ (once >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    twice ^ (twice >> 31)
}

/// Which markets bets are on.
#[derive(Debug, Clone, Copy)]
pub(super) enum Markets {
    /// All that stay open, in turn.
    All,
    /// The first selection of one.
    OneSelection(u32),
    /// All selections of one.
    Only(u32),
    /// All but the first.
    AllButFirst,
    /// None: deposits and withdrawals in turn.
    Wallet,
    /// As [`Markets::All`], with a day's other business between; so many bets on each market with an early result.
    Day { bets_a_short_market: u64 },
    /// So many in turn, from this one on.
    From { first: u32, count: u32 },
    /// None: each asks for its balance.
    Nowhere,
}

impl Plan {
    pub(super) fn new(markets: Markets, players: u64) -> Self {
        let salt = std::time::UNIX_EPOCH.elapsed().unwrap_or_default().as_micros();
        Self {
            markets,
            turns: Turns::Around,
            first_player: 0,
            players,
            salt: format!("{salt:x}-"),
        }
    }

    /// The same for other players.
    pub(super) fn of_players_from(mut self, first: u64) -> Self {
        self.first_player = first;
        self
    }

    /// The same with players by chance.
    pub(super) fn by_chance(mut self) -> Self {
        self.turns = Turns::ByChance;
        self
    }

    /// The same with players of whom some have been there for longer than others.
    pub(super) fn some_for_longer(mut self) -> Self {
        self.turns = Turns::SomeForLonger;
        self
    }

    /// Bets of one player in so many turns, at the most. By chance one has more than another; eight standard deviations more
    /// is what nobody has.
    pub(super) fn bets_a_player(turns: u64, players: u64) -> u64 {
        let mean = turns / players + 1;
        mean + 8 * (mean.isqrt() + 1)
    }

    pub(super) fn of(workload: BenchWorkload, players: u64, bets_a_short_market: u64) -> Self {
        match workload {
            BenchWorkload::PlaceBets | BenchWorkload::ColdPlayers | BenchWorkload::State => {
                Self::new(Markets::All, players)
            }
            BenchWorkload::HotMarket => Self::new(Markets::OneSelection(1), players),
            BenchWorkload::HotPlayer => Self::new(Markets::All, 1),
            BenchWorkload::SettleMarket | BenchWorkload::Overload => Self::new(Markets::Only(1), players),
            BenchWorkload::MixedDay => Self::new(Markets::Day { bets_a_short_market }, players),
        }
    }

    pub(super) fn order(&self, turn: u64) -> Order {
        Order {
            player: self.first_player + self.turns.player(turn, self.players),
            deed: self.deed(turn),
        }
    }

    fn deed(&self, turn: u64) -> Deed {
        let count = u64::from(MARKETS);
        let selection = (turn / count % u64::from(SELECTIONS)) as u32 + 1;
        let market = match self.markets {
            Markets::Day { .. } => match turn % DAY {
                WALLET_TURN if (turn / DAY).is_multiple_of(2) => return Deed::Deposit,
                WALLET_TURN => return Deed::Withdraw,
                QUESTION_TURN if (turn / DAY).is_multiple_of(2) => return Deed::Balance,
                QUESTION_TURN => return Deed::Bets,
                _ => {
                    self.short_market(turn)
                        .map_or((turn % count) as u32, |short| MARKETS + short as u32)
                        + 1
                }
            },
            Markets::All => (turn % count) as u32 + 1,
            Markets::Wallet if turn.is_multiple_of(2) => return Deed::Deposit,
            Markets::Wallet => return Deed::Withdraw,
            Markets::OneSelection(market) => return Deed::Bet { market, selection: 1 },
            Markets::Only(market) => market,
            Markets::AllButFirst => (turn % (count - 1)) as u32 + 2,
            Markets::From { first, count } => first + (turn % u64::from(count)) as u32,
            Markets::Nowhere => return Deed::Balance,
        };
        Deed::Bet { market, selection }
    }

    /// The market with an early result that the bet of this turn is on, counted from 0.
    pub(super) fn short_market(&self, turn: u64) -> Option<u64> {
        let Markets::Day { bets_a_short_market } = self.markets else {
            return None;
        };
        let within = turn % DAY;
        if !SHORT_TURNS.contains(&within) {
            return None;
        }
        let index = (turn / DAY) * (SHORT_TURNS.end - SHORT_TURNS.start) + within - SHORT_TURNS.start;
        Some(index / bets_a_short_market)
    }

    /// The id of a turn's command; it ends with the turn.
    pub(super) fn id(&self, turn: u64) -> String {
        use std::fmt::Write;
        let mut id = String::with_capacity(self.salt.len() + 12);
        id.push_str(&self.salt);
        // Writing to a string cannot fail.
        let _ = write!(id, "{turn}");
        id
    }
}

/// The turn of an id made by [`Plan::id`].
pub(super) fn turn_of(id: &str) -> Option<u64> {
    id.rsplit_once('-')?.1.parse().ok()
}

/// Most markets with an early result that so many turns need.
pub(super) fn short_markets(turns: u64, bets_a_short_market: u64) -> u32 {
    let bets = (turns / DAY + 1) * (SHORT_TURNS.end - SHORT_TURNS.start);
    bets.div_ceil(bets_a_short_market) as u32
}

pub(super) fn single(market: u32, selection: u32) -> client::PlaceBet {
    client::PlaceBet {
        legs: vec![client::Leg {
            event: EVENT.into(),
            market,
            selection,
            price: PRICE.into(),
        }],
        stake: "1.00".into(),
        currency: "EUR".into(),
        policy: client::PricePolicy::Exact.into(),
    }
}

pub(super) fn player_ref(player: u64) -> client::PlayerRef {
    client::PlayerRef {
        brand: "bench".into(),
        player: format!("bench-{player}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Protects the meaning of the mixed day: its shares are those that the help and the handbook tell.
    #[test]
    fn a_day_has_the_shares_it_claims() {
        let plan = Plan::of(BenchWorkload::MixedDay, 100, 1_000);
        let (mut bets, mut short, mut wallet, mut questions) = (0, 0, 0, 0);
        for turn in 0..18_000 {
            match plan.order(turn).deed {
                Deed::Bet { market, .. } => {
                    bets += 1;
                    short += u32::from(market > MARKETS);
                    assert_eq!(market > MARKETS, plan.short_market(turn).is_some());
                }
                Deed::Deposit | Deed::Withdraw => wallet += 1,
                Deed::Balance | Deed::Bets => questions += 1,
            }
        }
        assert_eq!((bets, short, wallet, questions), (16_000, 2_000, 1_000, 1_000));
        assert_eq!(short_markets(17_999, 1_000), 2);
    }

    /// Protects every workload from bets that the house has no market for, and from players who were not funded.
    #[test]
    fn orders_stay_within_the_house() {
        for workload in [
            BenchWorkload::PlaceBets,
            BenchWorkload::HotMarket,
            BenchWorkload::HotPlayer,
            BenchWorkload::ColdPlayers,
            BenchWorkload::SettleMarket,
        ] {
            let plan = Plan::of(workload, 7, 1);
            let mut players = std::collections::BTreeSet::new();
            for turn in 0..1_000 {
                let Order { player, deed } = plan.order(turn);
                let Deed::Bet { market, selection } = deed else {
                    panic!("{workload:?}: {deed:?}")
                };
                assert!((1..=MARKETS).contains(&market) && (1..=SELECTIONS).contains(&selection));
                players.insert(player);
            }
            let expected = if workload == BenchWorkload::HotPlayer { 1 } else { 7 };
            assert_eq!(players.len(), expected, "{workload:?}");
        }
        let others = Plan::new(Markets::AllButFirst, 5).of_players_from(100);
        for turn in 0..1_000 {
            let Order { player, deed } = others.order(turn);
            assert!((100..105).contains(&player));
            assert!(matches!(deed, Deed::Bet { market, .. } if (2..=MARKETS).contains(&market)));
        }
        let chunk = Plan::new(Markets::From { first: 60, count: 10 }, 7);
        for turn in 0..1_000 {
            assert!(matches!(chunk.order(turn).deed, Deed::Bet { market, .. } if (60..70).contains(&market)));
            assert_eq!(Plan::new(Markets::Nowhere, 7).order(turn).deed, Deed::Balance);
        }
    }

    /// Protects what `--by-chance` claims: no player waits for the turn of the one before, each bets about as often as any, and
    /// what they were given lasts.
    #[test]
    fn players_by_chance_bet_as_often_as_any() {
        const PLAYERS: usize = 100;
        let plan = Plan::of(BenchWorkload::PlaceBets, PLAYERS as u64, 1).by_chance();
        let (mut bets, mut next) = ([0_u64; PLAYERS], 0);
        for turn in 0..100_000 {
            let player = plan.order(turn).player;
            bets[player as usize] += 1;
            next += u64::from(player == (plan.order(turn + 1).player + 1) % PLAYERS as u64);
        }
        let most = Plan::bets_a_player(100_000, PLAYERS as u64);
        assert!(bets.iter().all(|bets| (800..most).contains(bets)), "{bets:?}");
        assert!((800..1_200).contains(&next), "{next} of 100,000 follow each other");
    }

    /// Protects figures from players who need the same at the same turn: each tenth of them has more bets than the one before,
    /// and what they were given lasts.
    #[test]
    fn some_players_have_been_there_for_longer() {
        const PLAYERS: usize = 100;
        let plan = Plan::new(Markets::All, PLAYERS as u64).some_for_longer();
        let mut bets = [0_u64; PLAYERS];
        (0..100_000).for_each(|turn| bets[plan.order(turn).player as usize] += 1);
        let tenths: Vec<u64> = bets.chunks(PLAYERS / 10).map(|tenth| tenth.iter().sum()).collect();
        assert!(tenths.is_sorted_by(|one, next| one < next), "{tenths:?}");
        assert!(bets[0] < 50, "the first has hardly any: {}", bets[0]);
        let most = Plan::bets_a_player(2 * 100_000, PLAYERS as u64);
        assert!(bets.iter().all(|bets| *bets < most), "{bets:?}");
    }

    /// Protects the match of answers with what was sent: an id tells its turn.
    #[test]
    fn an_id_tells_its_turn() {
        let plan = Plan::new(Markets::All, 1);
        for turn in [0, 9, 10, u64::MAX] {
            assert_eq!(turn_of(&plan.id(turn)), Some(turn));
        }
        assert_eq!((turn_of(""), turn_of("no-turn")), (None, None));
    }
}
