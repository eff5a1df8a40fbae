use std::time::Duration;

use proptest::prelude::*;
use shardbook_runtime::host::{HostOptions, Terms};
use shardbook_runtime::router::CallFault;
use shardbook_runtime::turnstile::{Crowd, Full, Pass, Room, Seen, Sight, Turnstile, TurnstileOptions};
use tempfile::tempdir;

use crate::scene::{Said, Scene, calm, named, said, within};
use crate::tally::Command;

const TARGET: Duration = Duration::from_millis(20);

fn turnstile(kept: &[u32], common: u32) -> Turnstile {
    Turnstile::new(TurnstileOptions {
        kept: kept.to_vec(),
        common: Room {
            least: common,
            most: common,
            target: Duration::from_secs(60),
        },
    })
}

/// What a turnstile should be: for each pass that is out its part (a class, or nothing for the common one) and its cost.
#[derive(Default)]
struct Naive(Vec<(Option<usize>, u32)>);

impl Naive {
    fn used(&self, part: Option<usize>) -> u32 {
        self.0.iter().filter(|(of, _)| *of == part).map(|(_, cost)| cost).sum()
    }

    fn enter(&mut self, kept: &[u32], common: u32, class: usize, cost: u32) -> bool {
        let own = kept
            .get(class)
            .is_some_and(|most| self.used(Some(class)) + cost <= *most);
        let shared = self.used(None);
        let part = if own {
            Some(class)
        } else if shared == 0 || shared + cost <= common {
            None
        } else {
            return false;
        };
        self.0.push((part, cost));
        true
    }
}

proptest! {
    /// Protects every class from every other: whatever comes and goes in whatever order, who is let in is who a plain list of
    /// all that is under way would let in, and all is given back.
    #[test]
    fn it_lets_in_whom_a_plain_list_would(
        kept in prop::collection::vec(0_u32..6, 0..3),
        common in 1_u32..12,
        steps in prop::collection::vec((0_usize..4, 1_u32..9, any::<u8>(), any::<bool>()), 1..200),
    ) {
        let turnstile = turnstile(&kept, common);
        let (mut naive, mut passes) = (Naive::default(), Vec::<Pass>::new());
        let mut turned_away = 0;
        for (class, cost, at, comes) in steps {
            if comes || passes.is_empty() {
                match turnstile.enter(class, cost) {
                    Ok(pass) => {
                        prop_assert!(naive.enter(&kept, common, class, cost));
                        passes.push(pass);
                    }
                    Err(Full) => {
                        prop_assert!(!naive.enter(&kept, common, class, cost));
                        turned_away += 1;
                    }
                }
            } else {
                let at = usize::from(at) % passes.len();
                passes.swap_remove(at);
                naive.0.swap_remove(at);
            }
            let under_way = naive.0.iter().map(|(_, cost)| cost).sum();
            prop_assert_eq!(turnstile.sight(), Sight { under_way, common, turned_away });
        }
        passes.clear();
        prop_assert_eq!(turnstile.sight().under_way, 0);
    }

    /// Protects memory and the disk from a law that runs away: whatever is seen, the room stays within its bounds, less
    /// never follows where nothing was late, and more never where something was.
    #[test]
    fn the_room_stays_within_its_bounds(
        least in 1_u32..2_000,
        more in 0_u32..20_000,
        looks in prop::collection::vec((any::<u32>(), any::<u32>(), any::<u32>(), any::<bool>()), 1..300),
    ) {
        let room = Room { least, most: least + more, target: TARGET };
        let mut units = room.start();
        for (back, late, turned_away, starves) in looks {
            let seen = Seen { back, late: late.min(back), turned_away, starves, ..Seen::default() };
            let after = room.after(units, seen);
            prop_assert!((room.least..=room.most).contains(&after));
            let is_late = seen.late > seen.back / 2;
            let moves_rightly = if starves || is_late { after <= units } else { after >= units };
            prop_assert!(moves_rightly, "{} after {} for {:?}", after, units, seen);
            units = after;
        }
    }

    /// Protects those who are in, on a machine of any speed and after any change of it: what waits is about what the target
    /// allows, and no less than half of that, so that the machine is used.
    #[test]
    fn the_room_follows_the_speed_of_the_machine(speeds in prop::collection::vec(10_u32..500, 1..5)) {
        let room = Room { least: 64, most: 1 << 20, target: TARGET };
        let mut units = room.start();
        for per_ms in speeds {
            // As many as are let in are under way: each waits for all before it.
            let allowed = per_ms * TARGET.as_millis() as u32;
            let mut settled = Vec::new();
            for look in 0..400 {
                let waits_ms = units / per_ms;
                let back = per_ms * 100;
                let late = if u128::from(waits_ms) >= TARGET.as_millis() { back } else { 0 };
                units = room.after(units, Seen { back, late, turned_away: 1, ..Seen::default() });
                if look >= 200 {
                    settled.push(units);
                }
            }
            let bounds = allowed.max(room.least * 2) / 2..=(allowed + allowed / 8).max(room.least);
            prop_assert!(settled.iter().all(|units| bounds.contains(units)), "{bounds:?}: {settled:?}");
        }
    }
}

/// Protects a busy house from a hiccup of the disk, and a slow one from a crowd.
#[test]
fn a_look_says_whether_there_is_more_room_or_less() {
    let room = Room {
        least: 100,
        most: 10_000,
        target: TARGET,
    };
    let seen = |back, late, turned_away| Seen {
        back,
        late,
        turned_away,
        ..Seen::default()
    };
    let starved = Seen {
        starves: true,
        ..seen(1_000, 0, 5)
    };
    let table = [
        ("quiet", 1_600, seen(0, 0, 0), 1_600, Crowd::Nobody),
        ("busy", 1_600, seen(1_000, 0, 0), 1_600, Crowd::Some),
        ("full, and fast", 1_600, seen(1_000, 0, 1), 1_700, Crowd::Many),
        ("a stall of the disk", 1_600, seen(1_000, 400, 0), 1_600, Crowd::Some),
        ("most are late", 1_600, seen(1_000, 501, 9), 1_200, Crowd::Many),
        ("late and at the least", 100, seen(10, 10, 0), 100, Crowd::Many),
        ("nothing moves at all", 1_600, seen(0, 0, 50), 1_600, Crowd::Many),
        ("at the most", 10_000, seen(1_000, 0, 1), 10_000, Crowd::Many),
        ("a settlement falls behind", 1_600, starved, 1_200, Crowd::Many),
    ];
    for (what, units, seen, after, crowd) in table {
        assert_eq!((room.after(units, seen), seen.crowd()), (after, crowd), "{what}");
    }
    let waits = |run, run_late, back| Seen {
        run,
        run_late,
        back,
        ..Seen::default()
    };
    for (seen, crowd) in [
        (waits(10, 5, 1), Crowd::Some),
        (waits(10, 6, 1), Crowd::Many),
        (waits(10, 10, 0), Crowd::Nobody),
    ] {
        assert_eq!((room.after(1_600, seen), seen.crowd()), (1_600, crowd), "{seen:?}");
    }
    assert_eq!(
        Room {
            least: 8,
            most: 10,
            ..room
        }
        .start(),
        10
    );
}

/// Protects those who wait outside from a client who does not take its answers: room is given back with the durable
/// answer, with a refusal for lateness, and with a command that comes to nothing, whether or not somebody waits for it.
#[tokio::test]
async fn a_pass_comes_back_with_the_durable_answer() {
    let dir = tempdir().expect("a folder");
    let scene = Scene::open(dir.path());
    let host = scene.host(calm()).await;
    let turnstile = turnstile(&[], 10);
    let send = |name, deadline_ms| {
        let terms = Terms {
            deadline_ms,
            pass: Some(turnstile.enter(0, 3).expect("room")),
            ..Terms::default()
        };
        host.send_on(1, named(name), Command::Add(1), terms).expect("room")
    };
    let nobody_waits = send(1, None);
    assert_eq!(turnstile.sight().under_way, 3);
    drop(nobody_waits);
    let answered = said(within(send(2, None).answer()).await);
    assert!(
        matches!(answered, Said::Accepted(state) if state.total == 2),
        "{answered:?}"
    );
    // The answer of the second leaves after that of the first.
    assert_eq!(turnstile.sight().under_way, 0);
    // The clock stands at 1,000.
    assert_eq!(
        said(within(send(3, Some(999)).answer()).await),
        Said::No(CallFault::DeadlinePassed)
    );
    assert_eq!(turnstile.sight().under_way, 0);
    // Again: recalled, not carried out.
    assert_eq!(said(within(send(2, None).answer()).await), answered);
    assert_eq!(turnstile.sight().under_way, 0);
}

/// Protects results and wallets from a crowd at one player: whoever bounds what it has under way itself finds room in a
/// mailbox that is full for others, and its place in the order.
#[tokio::test]
async fn a_full_mailbox_is_open_to_a_sender_who_bounds_itself() {
    let dir = tempdir().expect("a folder");
    let scene = Scene::open(dir.path());
    let host = scene
        .host(HostOptions {
            mailbox_max: 3,
            ..calm()
        })
        .await;
    let send = |name, by, terms| host.send_on(1, named(name), Command::Add(by), terms);
    // On this thread the actor does not run before the first await.
    let bets: Vec<_> = (0..3)
        .map(|name| send(name, 1, Terms::by(None)).expect("room"))
        .collect();
    assert_eq!(send(3, 1, Terms::by(None)).err(), Some(CallFault::Overloaded));
    let result = send(4, 10, Terms::of_bounded_sender()).expect("always room");
    assert_eq!(send(5, 1, Terms::by(None)).err(), Some(CallFault::Overloaded));
    let answered = said(within(result.answer()).await);
    assert!(
        matches!(answered, Said::Accepted(state) if state.total == 13),
        "{answered:?}"
    );
    for bet in bets {
        within(bet.answer()).await.expect("a well actor");
    }
}

/// Protects a command that waited too long in a mailbox: it is refused undone, and the same id has it done later.
#[tokio::test]
async fn a_deadline_that_passes_in_the_mailbox() {
    let dir = tempdir().expect("a folder");
    let scene = Scene::open(dir.path());
    let host = scene.host(calm()).await;
    let send = |name, deadline| host.send(1, named(name), Command::Add(1), deadline).expect("room");
    // On this thread the actor does not run before the first await: these wait, and the clock goes on.
    let (patient, hasty) = (send(1, None), send(2, Some(1_005)));
    scene.clock.advance(6);
    let total = |answered| match answered {
        Said::Accepted(state) => state.total,
        other => panic!("{other:?}"),
    };
    assert_eq!(total(said(within(patient.answer()).await)), 1);
    assert_eq!(said(within(hasty.answer()).await), Said::No(CallFault::DeadlinePassed));
    assert_eq!(total(said(within(send(2, Some(1_100)).answer()).await)), 2);
    // Done once: a late repeat hears that.
    assert_eq!(total(said(within(send(2, Some(1)).answer()).await)), 2);
}
