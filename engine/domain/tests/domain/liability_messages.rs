//! Messages between the owner of a limit and its nodes that are lost, repeated, late, or of an earlier life.

use shardbook_domain::liability::{Lessee, Lessor};
use shardbook_domain::money::Amount;

use crate::liability::{A, B, C, at_most, risk};

fn leased(lessor: &Lessor) -> i64 {
    lessor.desk().leased().liability.0
}

fn held(lessee: &Lessee) -> i64 {
    lessee.lease().held().liability.0
}

/// An ask that arrives, with its answer.
fn ask(lessor: &mut Lessor, lessee: &mut Lessee, want: i64) {
    let ask = lessee.ask(risk(want));
    lessee.hear(&lessor.ask(&ask));
}

/// What the node holds arrives, with its answer.
fn tell(lessor: &mut Lessor, lessee: &mut Lessee) {
    let said = lessee.give_back(risk(0));
    lessee.hear(&lessor.returned(&said));
}

/// An owner with a limit of 1000 and a node that it knows, which holds 550 of it.
fn pair() -> (Lessor, Lessee) {
    let (mut lessor, mut lessee) = (Lessor::new(1, at_most(1000)), Lessee::new(A, 1));
    tell(&mut lessor, &mut lessee);
    ask(&mut lessor, &mut lessee, 100);
    assert_eq!((leased(&lessor), held(&lessee)), (550, 550));
    (lessor, lessee)
}

/// Protects R-2 from a node that does not yet know whom it asks: the first answer only says who.
#[test]
fn a_node_learns_the_term_first() {
    let (mut lessor, mut lessee) = (Lessor::new(3, at_most(1000)), Lessee::new(A, 1));
    ask(&mut lessor, &mut lessee, 100);
    assert_eq!((leased(&lessor), held(&lessee)), (0, 0));
    let again = lessee.unanswered().expect("not answered in this term");
    lessee.hear(&lessor.ask(&again));
    assert_eq!((leased(&lessor), held(&lessee)), (550, 550));
    assert_eq!(lessee.unanswered(), None);
}

/// Protects R-2 and the owner's room: repeated asks and answers count once.
#[test]
fn repeats_count_once() {
    let (mut lessor, mut lessee) = pair();
    let ask = lessee.ask(risk(600));
    let answers = [lessor.ask(&ask), lessor.ask(&ask), lessor.ask(&ask)];
    assert_eq!(leased(&lessor), 1000);
    answers.iter().for_each(|answer| lessee.hear(answer));
    assert_eq!(held(&lessee), 1000);
    let back = lessee.give_back(risk(300));
    let _ = [lessor.returned(&back), lessor.returned(&back)];
    answers.iter().for_each(|answer| lessee.hear(answer));
    assert_eq!((leased(&lessor), held(&lessee)), (700, 700));
}

/// Protects room from being lost with a message: the next one, or the same again, makes good.
#[test]
fn losses_are_made_good() {
    let (mut lessor, mut lessee) = pair();
    let _lost = lessor.ask(&lessee.ask(risk(600)));
    assert_eq!(
        (leased(&lessor), held(&lessee)),
        (1000, 550),
        "counted before it is heard of"
    );
    lessee.hear(&lessor.ask(&lessee.unanswered().expect("no answer came")));
    assert_eq!(held(&lessee), 1000);
    let _lost = lessee.give_back(risk(100));
    assert_eq!(
        (leased(&lessor), held(&lessee)),
        (1000, 900),
        "counted until it is heard of"
    );
    lessee.hear(&lessor.returned(&lessee.unconfirmed().expect("not confirmed")));
    assert_eq!((leased(&lessor), lessee.unconfirmed()), (900, None));
}

/// Protects R-2 from messages that overtake each other.
#[test]
fn late_messages_change_nothing() {
    let (mut lessor, mut lessee) = pair();
    let first = lessee.give_back(risk(100));
    let ask = lessee.ask(risk(10));
    let second = lessee.give_back(risk(100));
    lessor.returned(&second);
    let old = lessor.returned(&first);
    assert_eq!(leased(&lessor), 350);
    let newer = lessee.ask(risk(50));
    let answer = lessor.ask(&newer);
    let after = leased(&lessor);
    lessor.ask(&ask);
    assert_eq!(leased(&lessor), after, "an ask that a later one replaced");
    lessee.hear(&answer);
    lessee.hear(&old);
    assert_eq!(held(&lessee), after);
}

/// Protects answers and recalls from reaching the wrong node.
#[test]
fn messages_of_others_are_refused() {
    let (mut lessor, lessee) = pair();
    let mut other = Lessee::new(B, 1);
    let answer = lessor.returned(&lessee.clone().give_back(risk(0)));
    other.hear(&answer);
    assert_eq!(other, Lessee::new(B, 1));
    let recall = lessor.recalls(B, risk(200))[0];
    other.recalled(&recall);
    assert_eq!(other, Lessee::new(B, 1));
    let mut named = lessee.clone();
    named.recalled(&recall);
    assert_eq!(held(&named), 275, "half of what is unused");
    let mut led_by_another = lessee.clone();
    let mut stale = recall;
    stale.granted.term = 0;
    led_by_another.recalled(&stale);
    assert_eq!(led_by_another, lessee, "a recall of an earlier owner");
}

/// Protects bets that stand, and the room of a node that died with unused parts.
#[test]
fn a_node_restarts() {
    let (mut lessor, mut old) = pair();
    old.reserve(risk(200)).expect("room");
    let last_words = old.give_back(risk(50));
    let late = lessor.ask(&old.ask(risk(300)));
    let mut new = Lessee::new(A, 2);
    new.restore(risk(200));
    new.hear(&late);
    assert_eq!(held(&new), 200, "an answer to an earlier incarnation");
    new.hear(&lessor.returned(&new.unconfirmed().expect("new here")));
    lessor.returned(&new.unconfirmed().expect("not heard in this term"));
    assert_eq!((leased(&lessor), held(&new)), (200, 200));
    lessor.returned(&last_words);
    assert_eq!(leased(&lessor), 200, "last words of the dead");
    assert_eq!(new.reserve(risk(1)).expect_err("all is in use").missing, risk(1));
}

/// Protects R-2 from an owner that does not know what its predecessor leased.
#[test]
fn an_owner_restarts() {
    let (mut gone, mut a) = pair();
    let mut b = Lessee::new(B, 1);
    ask(&mut gone, &mut b, 100);
    ask(&mut gone, &mut b, 100);
    let mut lessor = Lessor::awaiting(2, at_most(1000), [A, B]);
    let mut c = Lessee::new(C, 1);
    let mut asks = |lessor: &mut Lessor, want: i64| {
        ask(lessor, &mut c, want);
        ask(lessor, &mut c, want);
        held(&c)
    };
    assert_eq!(asks(&mut lessor, 1000), 0, "both may hold all of it");
    tell(&mut lessor, &mut a);
    lessor.returned(&a.unconfirmed().expect("not heard in this term"));
    assert_eq!(asks(&mut lessor, 1000), 0, "one may hold the rest");
    let late = gone.ask(&b.ask(risk(50)));
    b.hear(&late);
    let grown = held(&b);
    ask(&mut lessor, &mut b, 0);
    assert_eq!(held(&b), grown, "what the old owner still granted is kept");
    lessor.returned(&b.unconfirmed().expect("not heard in this term"));
    assert!(!lessor.is_waiting());
    assert_eq!(asks(&mut lessor, 1000), 1000 - held(&a) - held(&b));
    ask(&mut gone, &mut b, 50);
    assert_eq!(held(&b), grown, "the old owner's word counts no more");
}

/// Protects the room of a node that never comes back, and R-2 from its last words.
#[test]
fn a_node_is_dismissed() {
    let (mut lessor, mut gone) = pair();
    let last_words = gone.ask(risk(100));
    lessor.dismiss(A);
    lessor.ask(&last_words);
    assert_eq!(leased(&lessor), 0);
    let mut back = Lessee::new(A, 2);
    ask(&mut lessor, &mut back, 100);
    ask(&mut lessor, &mut back, 100);
    assert_eq!(
        (leased(&lessor), held(&back)),
        (550, 550),
        "a later incarnation is welcome"
    );
    let mut waiting = Lessor::awaiting(9, at_most(1000), [A]);
    waiting.dismiss(A);
    assert!(!waiting.is_waiting(), "nobody waits for the dead");
}

/// Protects room from lying on its way to a node while others need it: a recall says what was granted.
#[test]
fn a_recall_overtakes_the_answer() {
    let (mut lessor, mut lessee) = pair();
    lessee.reserve(risk(500)).expect("room");
    let late = lessor.ask(&lessee.ask(risk(450)));
    assert_eq!((leased(&lessor), held(&lessee)), (1000, 550));
    let recall = lessor.recalls(B, risk(480))[0];
    lessor.returned(&lessee.recalled(&recall));
    assert_eq!((leased(&lessor), held(&lessee)), (520, 520));
    lessee.hear(&late);
    assert_eq!(held(&lessee), 520, "the answer says nothing new");
}

/// Protects a lowered limit: nothing more is granted, and what is idle comes back.
#[test]
fn a_lowered_limit_recalls() {
    let (mut lessor, mut lessee) = pair();
    lessee.reserve(risk(300)).expect("room");
    lessor.set_limit(at_most(100));
    assert_eq!(lessor.missing(&lessee.clone().ask(risk(5))), risk(5));
    for recall in lessor.recalls_of_excess() {
        lessor.returned(&lessee.recalled(&recall));
    }
    assert_eq!((leased(&lessor), held(&lessee)), (300, 300), "bets that stand");
    lessee.release(risk(300));
    lessor.returned(&lessee.give_back(risk(250)));
    assert_eq!(lessor.desk().left().liability, Amount(50), "below the limit again");
}
