use crate::chance::Chance;

const TOWNS: [&str; 24] = [
    "Alderbrook",
    "Ashcombe",
    "Brindlewick",
    "Carrowmere",
    "Copperdale",
    "Dunmarrow",
    "Eastmarsh",
    "Fernhollow",
    "Glenhaven",
    "Harrowby",
    "Ivelstone",
    "Kettlebridge",
    "Larkford",
    "Millbarrow",
    "Northpool",
    "Oakhurst",
    "Pennycross",
    "Quarrington",
    "Ravensholt",
    "Saltmere",
    "Thornwick",
    "Underhill",
    "Wexcombe",
    "Yarrowgate",
];
const SUFFIXES: [&str; 8] = [
    "Albion",
    "Athletic",
    "City",
    "Harriers",
    "Rovers",
    "Town",
    "United",
    "Wanderers",
];

/// Home and away, never of the same town.
pub(crate) fn draw(chance: &mut Chance) -> [String; 2] {
    let towns = TOWNS.len() as u64;
    let home = chance.below(towns);
    let away = (home + 1 + chance.below(towns - 1)) % towns;
    [home, away].map(|town| {
        let suffix = SUFFIXES[chance.below(SUFFIXES.len() as u64) as usize];
        format!("{} {suffix}", TOWNS[town as usize])
    })
}
