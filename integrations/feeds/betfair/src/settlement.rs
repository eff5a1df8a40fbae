//! The exchange's final runner status as a result.

use std::collections::BTreeMap;

use shardbook_proto::provider::v1::{Outcome, SelectionResult};

use crate::market::{Market, RunnerKey};
use crate::message::{Definition, RunnerStatus};

/// What a closed market ended in.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Verdict {
    Result(Vec<SelectionResult>),
    /// No result that bets could be settled by.
    Void(&'static str),
}

/// The verdict of a CLOSED definition, and codes of what a person should know of.
///
/// WINNER and PLACED won (PLACED is how place markets tell of theirs), LOSER lost, REMOVED is void, and so is a
/// runner left without a result where others have one. More winners than places in a market of one winner
/// is a dead heat: each is paid on 1/k of the stake. In a market of several winners the status does not tell who
/// tied for the last place, so all are paid whole and the fact is noted.
pub(crate) fn verdict(market: &Market, definition: &Definition) -> (Verdict, Vec<&'static str>) {
    let statuses: BTreeMap<RunnerKey, RunnerStatus> = definition
        .runners
        .iter()
        .map(|r| (RunnerKey::new(r.id, r.hc), r.status))
        .collect();
    let outcome = |status: Option<&RunnerStatus>| match status {
        Some(RunnerStatus::Winner | RunnerStatus::Placed) => Outcome::Won,
        Some(RunnerStatus::Loser) => Outcome::Lost,
        _ => Outcome::Void,
    };
    let count = |wanted: Outcome| {
        statuses
            .values()
            .filter(|status| outcome(Some(status)) == wanted)
            .count()
    };
    let unresulted = statuses
        .values()
        .any(|s| matches!(s, RunnerStatus::Active | RunnerStatus::Hidden));
    let (winners, losers) = (count(Outcome::Won), count(Outcome::Lost));
    if winners == 0 && (unresulted || losers == 0) {
        return (Verdict::Void("settled without result"), vec!["settled_without_result"]);
    }
    let mut notes = Vec::new();
    if winners == 0 {
        notes.push("result_without_winner");
    }
    let places = usize::from(definition.number_of_winners);
    let one_winner_tied = places == 1 && winners > 1;
    if places > 1 && winners > places {
        notes.push("dead_heat_tie_unknown");
    }
    let share = if one_winner_tied {
        (1, u32::try_from(winners).unwrap_or(u32::MAX))
    } else {
        (0, 0)
    };
    let mut selections = Vec::new();
    let mut missing = unresulted;
    for (key, selection) in market.selections() {
        let status = key.and_then(|key| statuses.get(&key));
        missing |= key.is_some() && status.is_none();
        let outcome = outcome(status);
        let (dead_heat_places, dead_heat_runners) = if outcome == Outcome::Won { share } else { (0, 0) };
        selections.push(SelectionResult {
            selection: selection.to_owned(),
            outcome: outcome.into(),
            dead_heat_places,
            dead_heat_runners,
            ..SelectionResult::default()
        });
    }
    if missing {
        notes.push("runner_without_result");
    }
    (Verdict::Result(selections), notes)
}
