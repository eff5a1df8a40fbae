//! Names, lines and sizes of bets.

use shardbook_domain::bet::{Combinations, Kind, Part, Shape, ShapeError};
use shardbook_domain::rules::Rules;

/// Protects the numbers of lines that the trade knows, the names, and the way back from sizes to the name.
#[test]
fn named_bets_have_their_lines() {
    let rows: &[(&str, usize, u64)] = &[
        ("Single", 1, 1),
        ("Double", 2, 1),
        ("Treble", 3, 1),
        ("4-fold", 4, 1),
        ("63-fold", 63, 1),
        ("Trixie", 3, 4),
        ("Patent", 3, 7),
        ("Yankee", 4, 11),
        ("Lucky 15", 4, 15),
        ("Canadian", 5, 26),
        ("Lucky 31", 5, 31),
        ("Heinz", 6, 57),
        ("Lucky 63", 6, 63),
        ("Super Heinz", 7, 120),
        ("Goliath", 8, 247),
        ("2 of 4", 4, 6),
        ("2,3 of 5", 5, 20),
        ("1,2 of 2", 2, 3),
    ];
    for (name, selections, lines) in rows {
        let kind = Kind::parse(name, 0).expect("a name");
        assert_eq!((kind.to_string().as_str(), kind.selections()), (*name, *selections));
        let shape = Shape::named(kind, *selections, &[], false).expect("a shape");
        assert_eq!((shape.lines(), shape.name().as_str()), (*lines, *name));
        let each_way = Shape {
            each_way: true,
            ..shape
        };
        assert_eq!(each_way.lines(), 2 * lines, "{name} each-way");
        assert_eq!(Kind::of(*selections, shape.combinations), kind, "{name}");
        let found = shape.each_line().count() as u64;
        assert_eq!(found, *lines, "{name}");
    }
}

/// Protects readers of slips: names are read as people write them, and what is no name is refused with what to give.
#[test]
fn names_are_read_as_people_write_them() {
    let rows: &[(&str, Option<&str>)] = &[
        ("lucky15", Some("Lucky 15")),
        ("LUCKY-15", Some("Lucky 15")),
        ("super_heinz", Some("Super Heinz")),
        ("Super Yankee", Some("Canadian")),
        ("accumulator", Some("5-fold")),
        ("acca", Some("5-fold")),
        ("2-fold", Some("Double")),
        ("1 of 1", Some("Single")),
        ("2,3 of 3", Some("Trixie")),
        ("1 of 3", Some("3 singles")),
        ("3 singles", Some("3 singles")),
        ("1 singles", Some("Single")),
        ("singles", None),
        ("64 singles", None),
        ("3 of 2", None),
        ("0 of 2", None),
        (" of 2", None),
        ("64-fold", None),
        ("0-fold", None),
        ("lucky 7", None),
        ("", None),
    ];
    for (text, expected) in rows {
        let found = Kind::parse(text, 5).map(|kind| kind.to_string());
        assert_eq!(found.as_deref().ok(), *expected, "{text:?}");
    }
    let refused = Kind::parse(&"x".repeat(1000), 5).expect_err("no name");
    assert_eq!((refused.code(), refused.0.len()), ("BET_TYPE_UNKNOWN", 40));
    assert!(Kind::parse("accumulator", 64).is_err());
}

/// Protects what a slip says of bankers.
#[test]
fn bankers_are_named() {
    let rows: &[(usize, &[usize], &[usize], &str, u64)] = &[
        (6, &[0], &[2, 3], "2,3 of 5 with 1 banker", 20),
        (6, &[4, 1], &[2, 3, 4], "Yankee with 2 bankers", 11),
        // All free legs with the bankers are one line of all.
        (4, &[0], &[3], "4-fold", 1),
        (2, &[1], &[1], "Double", 1),
        (3, &[2], &[1], "1 of 2 with 1 banker", 2),
        (3, &[], &[1], "3 singles", 3),
    ];
    for (legs, bankers, sizes, name, lines) in rows {
        let shape = Shape::new(*legs, bankers, sizes, false).expect("a shape");
        assert_eq!((shape.name().as_str(), shape.lines()), (*name, *lines));
    }
}

/// Protects acceptance: a shape that is none is refused with the reason, and so is one of more lines than are allowed,
/// however many.
#[test]
fn shapes_that_are_none_are_refused() {
    let rows: Vec<(Result<Shape, ShapeError>, &str)> = vec![
        (Shape::new(0, &[], &[1], false), "SHAPE_NO_LEGS"),
        (Shape::new(64, &[], &[1], false), "SHAPE_TOO_MANY_LEGS"),
        (Shape::new(3, &[3], &[1], false), "SHAPE_BANKER_NOT_A_LEG"),
        (Shape::new(2, &[0, 1], &[], false), "SHAPE_NO_FREE_LEG"),
        (Shape::new(3, &[], &[], false), "SHAPE_NO_SIZE"),
        (Shape::new(3, &[], &[0, 1], false), "SHAPE_SIZE_NOT_WITHIN_LEGS"),
        (Shape::new(3, &[], &[4], false), "SHAPE_SIZE_NOT_WITHIN_LEGS"),
        (Shape::new(3, &[0], &[3], false), "SHAPE_SIZE_NOT_WITHIN_LEGS"),
        (Shape::new(3, &[], &[usize::MAX], false), "SHAPE_SIZE_NOT_WITHIN_LEGS"),
        (Shape::named(Kind::Yankee, 3, &[], false), "SHAPE_OTHER_SELECTIONS"),
        (Shape::named(Kind::Yankee, 4, &[1], false), "SHAPE_OTHER_SELECTIONS"),
    ];
    for (found, code) in rows {
        assert_eq!(found.map_err(|error| error.code()), Err(code));
    }
    let rules = |max_lines| Rules {
        max_lines,
        max_legs: 63,
        ..Rules::default()
    };
    let goliath = Shape::named(Kind::Goliath, 8, &[], true).expect("a shape");
    assert_eq!(goliath.check(&rules(494)), Ok(494));
    let most = ShapeError::TooManyLines { lines: 494, max: 493 };
    assert_eq!(goliath.check(&rules(493)), Err(most));
    let sizes: Vec<usize> = (1..=63).collect();
    let all = Shape::new(63, &[], &sizes, true).expect("a shape");
    assert_eq!(all.lines(), 2 * ((1 << 63) - 1));
    assert_eq!(
        all.check(&rules(10_000)).map_err(|error| error.code()),
        Err("SHAPE_TOO_MANY_LINES")
    );
    let stray = Shape {
        legs: 2,
        bankers: 0b100,
        ..goliath
    };
    assert_eq!(
        stray.check(&rules(10)).map_err(|error| error.code()),
        Err("SHAPE_BANKER_NOT_A_LEG")
    );
    let long = Shape::new(21, &[], &[21], false).expect("a shape");
    assert_eq!(
        long.check(&Rules::default()).map_err(|error| error.code()),
        Err("SHAPE_TOO_MANY_LEGS")
    );
    let none = Shape {
        combinations: Combinations::of_sizes(&[]),
        ..long
    };
    assert_eq!(
        none.check(&rules(10)).map_err(|error| error.code()),
        Err("SHAPE_NO_SIZE")
    );
}

/// Protects the rule on related legs: only such as are together in a line are refused.
#[test]
fn legs_that_meet_in_a_line() {
    let shape = |legs, bankers: &[usize], sizes: &[usize]| Shape::new(legs, bankers, sizes, false).expect("a shape");
    let rows = [
        ("singles never meet", shape(3, &[], &[1]), (0, 1), false),
        ("doubles meet", shape(3, &[], &[2]), (0, 2), true),
        ("a banker meets every leg", shape(3, &[0], &[1]), (0, 2), true),
        (
            "beside a banker singles do not meet",
            shape(3, &[0], &[1]),
            (1, 2),
            false,
        ),
        ("bankers meet", shape(3, &[0, 1], &[1]), (1, 0), true),
        ("an accumulator", shape(3, &[], &[3]), (1, 2), true),
    ];
    for (what, shape, (one, other), expected) in rows {
        assert_eq!(shape.meet(one, other), expected, "{what}");
        // What the lines themselves say.
        let together = shape
            .each_line()
            .any(|line| [one, other].iter().all(|leg| line.legs().any(|of| of == *leg)));
        assert_eq!(together, expected, "{what}");
    }
}

/// Protects the order in which lines are shown: win before place, small before large, legs as on the slip.
#[test]
fn lines_come_in_order() {
    let shape = Shape::new(3, &[1], &[1, 2], true).expect("a shape");
    let lines: Vec<(Part, Vec<usize>)> = shape
        .each_line()
        .map(|line| (line.part, line.legs().collect()))
        .collect();
    let of = |part| [(part, vec![0, 1]), (part, vec![1, 2]), (part, vec![0, 1, 2])];
    assert_eq!(lines, [of(Part::Win), of(Part::Place)].concat());
}
