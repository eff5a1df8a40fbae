//! How likely a runner is placed, by how likely each wins.
//!
//! Nobody prices places, so they are reckoned by Harville's formula (D. A. Harville, Assigning probabilities to the outcomes
//! of multi-entry competitions, Journal of the American Statistical Association 68, 1973): who comes second is the winner
//! of the race without the first, and so on. So a, b, c come in first, second, third with the probability
//! p(a) * p(b) / (1 - p(a)) * p(c) / (1 - p(a) - p(b)). Dead heats are left out. It flatters favourites a little: they fail to
//! win for reasons that also cost them places.

use super::Chance;

/// Most orders of the places before the last that are summed up, such as 40 runners for the first three of four places: a
/// price is asked for each second by whoever watches.
const MAX_ORDERS: usize = 60_000;
/// Binary places of a probability in here. Each of the orders is rounded down by less than four of the last, which is
/// together far less than a millionth.
const PLACES: u32 = 64;

/// The chance that a runner is among the first so many, at least 1, by the chances in millionths that it and each rival
/// wins; to the nearest millionth, and never certain. `None` where there are too many orders to be summed up, or the runner
/// never wins.
pub fn place_chance(own: u32, rivals: &[u32], places: u8) -> Option<Chance> {
    let most = Chance::ONE - 1;
    if own == 0 {
        return None;
    }
    if usize::from(places) > rivals.len() {
        return Some(Chance::of_winning(most));
    }
    let before = usize::from(places).saturating_sub(1);
    let mut orders = (0..before).map(|place| rivals.len() - place);
    let orders = orders.try_fold(1usize, |orders, left| orders.checked_mul(left));
    if orders.is_none_or(|orders| orders > MAX_ORDERS) {
        return None;
    }
    let all = rivals.iter().fold(u64::from(own), |all, rival| all + u64::from(*rival));
    let mut left = rivals.to_vec();
    let placed = placed(own, &mut left, all, 1 << PLACES, before);
    let millionths = (placed * u128::from(Chance::ONE) + (1 << (PLACES - 1))) >> PLACES;
    Some(Chance::of_winning(
        u32::try_from(millionths).map_or(most, |placed| placed.min(most)),
    ))
}

/// The probability that the runner is the next in or one of so many after that, when those who are left have `all` together
/// and came to this with the probability `so_far`.
fn placed(own: u32, left: &mut Vec<u32>, all: u64, so_far: u128, more: usize) -> u128 {
    let next = so_far * u128::from(own) / u128::from(all);
    if more == 0 {
        return next;
    }
    let mut sum = next;
    for at in 0..left.len() {
        let rival = left.swap_remove(at);
        let ahead = so_far * u128::from(rival) / u128::from(all);
        sum += placed(own, left, all - u64::from(rival), ahead, more - 1);
        left.push(rival);
        let last = left.len() - 1;
        left.swap(at, last);
    }
    sum
}
