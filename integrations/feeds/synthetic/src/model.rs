//! What is left of a match as two independent Poisson counts of goals.

/// More goals of one team from here on than this are as good as impossible.
const MOST_GOALS: usize = 12;

/// Goals of home and away.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Score {
    pub home: u32,
    pub away: u32,
}

impl Score {
    pub fn total(self) -> u32 {
        self.home + self.away
    }
}

/// Probabilities of every final score from a score and the goals still expected of each team.
#[derive(Debug)]
pub(crate) struct Outlook {
    scores: Vec<(Score, f64)>,
    expected: [f64; 2],
}

impl Outlook {
    pub fn new(now: Score, expected: [f64; 2]) -> Self {
        let [home, away] = expected.map(poisson);
        let mut scores = Vec::with_capacity(home.len() * away.len());
        for (h, p) in (0..).zip(home) {
            for (a, q) in (0..).zip(away) {
                scores.push((
                    Score {
                        home: now.home + h,
                        away: now.away + a,
                    },
                    p * q,
                ));
            }
        }
        Self { scores, expected }
    }

    /// That the final score is one of those.
    pub fn chance_of(&self, wanted: impl Fn(Score) -> bool) -> f64 {
        self.scores
            .iter()
            .filter(|(score, _)| wanted(*score))
            .map(|(_, p)| p)
            .sum()
    }

    /// That the next goal is of home, of away, or that there is none.
    pub fn next_goal(&self) -> [f64; 3] {
        let [home, away] = self.expected;
        let none = exp_minus(home + away);
        let share = |part: f64| {
            if home + away > 0.0 {
                (1.0 - none) * part / (home + away)
            } else {
                0.0
            }
        };
        [share(home), share(away), none]
    }
}

fn poisson(expected: f64) -> [f64; MOST_GOALS + 1] {
    let mut chances = [0.0; MOST_GOALS + 1];
    let mut term = exp_minus(expected);
    for (goals, chance) in (1_u32..).zip(&mut chances) {
        *chance = term;
        term *= expected / f64::from(goals);
    }
    chances
}

/// e^-x for x from 0 to about 10, of additions and multiplications alone: the library's own function may
/// differ in the last bit from one machine to the next, and a seed must not.
fn exp_minus(x: f64) -> f64 {
    let part = x / 256.0;
    let series = 1.0 - part * (1.0 - part / 2.0 * (1.0 - part / 3.0 * (1.0 - part / 4.0 * (1.0 - part / 5.0))));
    (0..8).fold(series, |power, _| power * power)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Protects prices from a model whose chances do not add up.
    #[test]
    fn chances_add_up() {
        for expected in [[0.0, 0.0], [0.01, 0.02], [1.4, 1.1], [3.0, 0.2]] {
            let outlook = Outlook::new(Score { home: 1, away: 2 }, expected);
            assert!((outlook.chance_of(|_| true) - 1.0).abs() < 1e-4, "{expected:?}");
            assert!(
                (outlook.next_goal().iter().sum::<f64>() - 1.0).abs() < 1e-9,
                "{expected:?}"
            );
            assert!(
                (exp_minus(expected[0]) - (-expected[0]).exp()).abs() < 1e-12,
                "{expected:?}"
            );
            assert_eq!(
                outlook.chance_of(|score| score.home < 1),
                0.0,
                "goals are never taken back"
            );
        }
    }
}
