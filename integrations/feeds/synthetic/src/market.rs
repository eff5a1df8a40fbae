use shardbook_proto::provider::v1::{MarketDefinition, MarketKey, SelectionDefinition};

use crate::model::{Outlook, Score};

/// Every market of a match.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Market {
    MatchOdds,
    DoubleChance,
    BothTeamsToScore,
    /// Goals over or under this number and a half.
    OverUnder(u32),
    HalfTime,
    /// Who scores the goal of this number, from 1.
    NextGoal(u32),
}

/// Which score and which goals decide.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Facts<'a> {
    pub score: Score,
    /// `true` once the score of the first half is final.
    pub half_time: Option<Score>,
    /// Scorers so far: `true` is home.
    pub goals: &'a [bool],
    pub full_time: bool,
}

impl Market {
    /// Those offered before kick-off.
    pub const FROM_START: [Self; 10] = [
        Self::MatchOdds,
        Self::DoubleChance,
        Self::BothTeamsToScore,
        Self::OverUnder(0),
        Self::OverUnder(1),
        Self::OverUnder(2),
        Self::OverUnder(3),
        Self::OverUnder(4),
        Self::HalfTime,
        Self::NextGoal(1),
    ];

    pub fn key(self) -> MarketKey {
        let (name, specifiers) = match self {
            Self::MatchOdds => ("MATCH_ODDS", String::new()),
            Self::DoubleChance => ("DOUBLE_CHANCE", String::new()),
            Self::BothTeamsToScore => ("BOTH_TEAMS_TO_SCORE", String::new()),
            Self::OverUnder(goals) => ("OVER_UNDER", format!("total={goals}.5")),
            Self::HalfTime => ("HALF_TIME", String::new()),
            Self::NextGoal(number) => ("NEXT_GOAL", format!("goal={number}")),
        };
        MarketKey {
            r#type: name.to_owned(),
            specifiers,
        }
    }

    pub fn selections(self) -> &'static [&'static str] {
        match self {
            Self::MatchOdds | Self::HalfTime => &["home", "draw", "away"],
            Self::DoubleChance => &["home_draw", "home_away", "draw_away"],
            Self::BothTeamsToScore => &["yes", "no"],
            Self::OverUnder(_) => &["over", "under"],
            Self::NextGoal(_) => &["home", "away", "none"],
        }
    }

    /// How many of the selections win.
    pub fn winners(self) -> u32 {
        if self == Self::DoubleChance { 2 } else { 1 }
    }

    pub fn definition(self, teams: &[String; 2]) -> MarketDefinition {
        let [home, away] = teams;
        let name = |selection: &str| match selection {
            "home" => home.clone(),
            "away" => away.clone(),
            "draw" => "Draw".to_owned(),
            "home_draw" => format!("{home} or draw"),
            "home_away" => format!("{home} or {away}"),
            "draw_away" => format!("Draw or {away}"),
            "none" => "No goal".to_owned(),
            "yes" => "Yes".to_owned(),
            "no" => "No".to_owned(),
            "over" => "Over".to_owned(),
            _ => "Under".to_owned(),
        };
        let title = match self {
            Self::MatchOdds => "Match odds".to_owned(),
            Self::DoubleChance => "Double chance".to_owned(),
            Self::BothTeamsToScore => "Both teams to score".to_owned(),
            Self::OverUnder(goals) => format!("Over/under {goals}.5 goals"),
            Self::HalfTime => "Half-time result".to_owned(),
            Self::NextGoal(number) => format!("Goal {number}"),
        };
        let selection = |&id: &&str| SelectionDefinition {
            id: id.to_owned(),
            name: name(id),
        };
        let selections = self.selections().iter().map(selection).collect();
        MarketDefinition {
            name: title,
            winners: self.winners(),
            selections,
            race: None,
        }
    }

    /// Chance of each selection. `half` is the outlook to half-time, while there is one.
    pub fn chances(self, full: &Outlook, half: &Outlook) -> Vec<f64> {
        let result = |outlook: &Outlook| {
            [
                outlook.chance_of(|s| s.home > s.away),
                outlook.chance_of(|s| s.home == s.away),
                outlook.chance_of(|s| s.home < s.away),
            ]
        };
        let split = |yes: f64| vec![yes, 1.0 - yes];
        match self {
            Self::MatchOdds => result(full).to_vec(),
            Self::HalfTime => result(half).to_vec(),
            Self::DoubleChance => {
                let [home, draw, away] = result(full);
                vec![home + draw, home + away, draw + away]
            }
            Self::BothTeamsToScore => split(full.chance_of(|s| s.home > 0 && s.away > 0)),
            Self::OverUnder(goals) => split(full.chance_of(|s| s.total() > goals)),
            Self::NextGoal(_) => full.next_goal().to_vec(),
        }
    }

    /// Which selections won, in the order of [`Self::selections`]; `None` while it is open.
    pub fn decided(self, facts: Facts<'_>) -> Option<Vec<bool>> {
        let result = |s: Score| [s.home > s.away, s.home == s.away, s.home < s.away];
        let early = |yes: bool| (yes || facts.full_time).then(|| vec![yes, !yes]);
        match self {
            Self::MatchOdds => facts.full_time.then(|| result(facts.score).to_vec()),
            Self::HalfTime => facts.half_time.map(|score| result(score).to_vec()),
            Self::DoubleChance => facts.full_time.then(|| {
                let [home, draw, away] = result(facts.score);
                vec![home || draw, home || away, draw || away]
            }),
            Self::BothTeamsToScore => early(facts.score.home > 0 && facts.score.away > 0),
            Self::OverUnder(goals) => early(facts.score.total() > goals),
            Self::NextGoal(number) => match facts.goals.get(number as usize - 1) {
                Some(&home) => Some(vec![home, !home, false]),
                None => facts.full_time.then(|| vec![false, false, true]),
            },
        }
    }
}
