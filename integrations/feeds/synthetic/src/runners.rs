use crate::chance::Chance;

const COURSES: [&str; 8] = [
    "Ashdown",
    "Blackmoor",
    "Cranleigh",
    "Fairmile",
    "Highclere Down",
    "Marston",
    "Tidewater",
    "Winterbourne",
];
const FIRST: [&str; 16] = [
    "Amber", "Bold", "Copper", "Distant", "Early", "Golden", "Grey", "Lucky", "Midnight", "Quiet", "Royal", "Silver",
    "Stormy", "Swift", "Velvet", "Wild",
];
const SECOND: [&str; 16] = [
    "Archer", "Ballad", "Comet", "Dancer", "Echo", "Falcon", "Harvest", "Heron", "Lantern", "Meadow", "Minstrel",
    "Ranger", "Spirit", "Tide", "Voyage", "Willow",
];

/// Where the race is run.
pub(crate) fn course(chance: &mut Chance) -> &'static str {
    COURSES[chance.below(COURSES.len() as u64) as usize]
}

/// So many names, at most 256, no two alike.
pub(crate) fn draw(chance: &mut Chance, field: usize) -> Vec<String> {
    let all = (FIRST.len() * SECOND.len()) as u64;
    // A step that shares no factor with their number comes to each name once.
    let (start, step) = (chance.below(all), 2 * chance.below(all / 2) + 1);
    let name = |at: u64| {
        let at = ((start + at * step) % all) as usize;
        format!("{} {}", FIRST[at / SECOND.len()], SECOND[at % SECOND.len()])
    };
    (0..all).take(field).map(name).collect()
}
