//! Random lives of a limit that nodes share, beside a naive count of the bets.

use proptest::prelude::*;
use shardbook_domain::exposure::Load;
use shardbook_domain::liability::{Ask, Granted, Lessee, Lessor, NodeNo, Recall, Returned};
use shardbook_domain::money::Amount;
use shardbook_domain::rules::Caps;

use crate::liability::load;

/// Messages under way at most; older ones are lost.
const WIRE: usize = 48;

/// One step of a life. Indices are taken modulo what there is.
#[derive(Clone, Debug)]
enum Step {
    Reserve(usize, Load),
    Release(usize),
    Ask(usize, Load),
    /// What the marks say, or the last message once more.
    Tend(usize),
    GiveBack(usize, Load),
    Recall(usize, Load),
    RecallExcess,
    Deliver(usize),
    Repeat(usize),
    Lose(usize),
    Limit(Caps),
    NodeRestarts(usize),
    OwnerRestarts,
    /// A correction opens a settled bet again.
    Reopen(usize, Load),
    /// A bet's shard goes to another node.
    Move(usize, usize),
}

fn bet_load() -> impl Strategy<Value = Load> {
    (0i64..300, 0i64..600).prop_map(|(stake, liability)| load(stake, stake + liability, liability))
}

fn caps() -> impl Strategy<Value = Caps> {
    let cap = |most| prop_oneof![4 => (0i64..most).prop_map(|cap| Some(Amount(cap))), 1 => Just(None)];
    (cap(4_000), cap(9_000), cap(6_000)).prop_map(|(stake, payout, liability)| Caps {
        stake,
        payout,
        liability,
    })
}

fn step() -> impl Strategy<Value = Step> {
    let any = 0usize..1_000;
    prop_oneof![
        12 => (any.clone(), bet_load()).prop_map(|(node, load)| Step::Reserve(node, load)),
        6 => any.clone().prop_map(Step::Release),
        8 => (any.clone(), bet_load()).prop_map(|(node, want)| Step::Ask(node, want)),
        4 => any.clone().prop_map(Step::Tend),
        3 => (any.clone(), bet_load()).prop_map(|(node, part)| Step::GiveBack(node, part)),
        2 => (any.clone(), bet_load()).prop_map(|(node, missing)| Step::Recall(node, missing)),
        1 => Just(Step::RecallExcess),
        20 => any.clone().prop_map(Step::Deliver),
        6 => any.clone().prop_map(Step::Repeat),
        3 => any.clone().prop_map(Step::Lose),
        2 => caps().prop_map(Step::Limit),
        1 => any.clone().prop_map(Step::NodeRestarts),
        1 => Just(Step::OwnerRestarts),
        1 => (any.clone(), bet_load()).prop_map(|(node, load)| Step::Reopen(node, load)),
        1 => (any.clone(), any).prop_map(|(bet, to)| Step::Move(bet, to)),
    ]
}

#[derive(Clone, Copy, Debug)]
enum Message {
    Ask(Ask),
    Returned(Returned),
    Granted(Granted),
    Recall(Recall),
}

fn measures(load: Load) -> [i128; 3] {
    [load.stake, load.payout, load.liability].map(|amount| amount.0.into())
}

fn bounds(caps: Caps) -> [i128; 3] {
    [caps.stake, caps.payout, caps.liability].map(|cap| cap.map_or(i64::MAX, |cap| cap.0).into())
}

fn zip(left: [i128; 3], right: [i128; 3], op: fn(i128, i128) -> i128) -> [i128; 3] {
    [0, 1, 2].map(|at| op(left[at], right[at]))
}

struct World {
    caps: Caps,
    lessor: Lessor,
    term: u64,
    nodes: Vec<Lessee>,
    epoch: u64,
    /// Open bets and where they are counted.
    bets: Vec<(usize, Load)>,
    wire: Vec<Message>,
    /// What may be held at most: the limit, or what was leased when it was lowered, sinking with it.
    ceiling: [i128; 3],
}

impl World {
    fn new(caps: Caps, nodes: usize) -> World {
        World {
            caps,
            lessor: Lessor::new(1, caps),
            term: 1,
            nodes: (0..nodes).map(|no| Lessee::new(NodeNo(no as u32), 1)).collect(),
            epoch: 1,
            bets: Vec::new(),
            wire: Vec::new(),
            ceiling: bounds(caps),
        }
    }

    fn send(&mut self, message: Message) {
        if self.wire.len() == WIRE {
            self.wire.remove(0);
        }
        self.wire.push(message);
    }

    fn arrive(&mut self, message: Message) {
        match message {
            Message::Ask(ask) => {
                let answer = self.lessor.ask(&ask);
                self.send(Message::Granted(answer));
            }
            Message::Returned(returned) => {
                let answer = self.lessor.returned(&returned);
                self.send(Message::Granted(answer));
            }
            Message::Granted(granted) => self.nodes[granted.node.0 as usize].hear(&granted),
            Message::Recall(recall) => {
                let returned = self.nodes[recall.granted.node.0 as usize].recalled(&recall);
                self.send(Message::Returned(returned));
            }
        }
    }

    /// The owner hears what a node holds, and the node whom it talks to, whatever the wire does.
    fn speak(&mut self, node: usize, give: Load) {
        for part in [Load::default(), Load::default(), give] {
            let said = self.nodes[node].give_back(part);
            let answer = self.lessor.returned(&said);
            self.nodes[node].hear(&answer);
        }
    }

    fn run(&mut self, step: &Step) {
        let nodes = self.nodes.len();
        match *step {
            Step::Reserve(node, load) => {
                if self.nodes[node % nodes].reserve(load).is_ok() {
                    self.bets.push((node % nodes, load));
                }
            }
            Step::Release(bet) if !self.bets.is_empty() => {
                let (node, load) = self.bets.swap_remove(bet % self.bets.len());
                self.nodes[node].release(load);
            }
            Step::Ask(node, want) => {
                let ask = self.nodes[node % nodes].ask(want);
                self.send(Message::Ask(ask));
            }
            Step::Tend(node) => self.tend(node % nodes),
            Step::GiveBack(node, part) => {
                let returned = self.nodes[node % nodes].give_back(part);
                self.send(Message::Returned(returned));
            }
            Step::Recall(node, missing) => {
                let recalls = self.lessor.recalls(NodeNo((node % nodes) as u32), missing);
                recalls
                    .into_iter()
                    .for_each(|recall| self.send(Message::Recall(recall)));
            }
            Step::RecallExcess => {
                let recalls = self.lessor.recalls_of_excess();
                recalls
                    .into_iter()
                    .for_each(|recall| self.send(Message::Recall(recall)));
            }
            Step::Deliver(at) if !self.wire.is_empty() => {
                let message = self.wire.remove(at % self.wire.len());
                self.arrive(message);
            }
            Step::Repeat(at) if !self.wire.is_empty() => self.arrive(self.wire[at % self.wire.len()]),
            Step::Lose(at) if !self.wire.is_empty() => drop(self.wire.remove(at % self.wire.len())),
            Step::Limit(caps) => {
                self.caps = caps;
                self.lessor.set_limit(caps);
            }
            Step::NodeRestarts(node) => {
                self.epoch += 1;
                let mut fresh = Lessee::new(NodeNo((node % nodes) as u32), self.epoch);
                let open = self.bets.iter().filter(|(at, _)| *at == node % nodes);
                open.for_each(|(_, load)| fresh.restore(*load));
                self.nodes[node % nodes] = fresh;
            }
            Step::OwnerRestarts => {
                self.term += 1;
                let all = (0..nodes).map(|no| NodeNo(no as u32));
                self.lessor = Lessor::awaiting(self.term, self.caps, all);
            }
            Step::Reopen(node, load) => {
                self.nodes[node % nodes].restore(load);
                self.bets.push((node % nodes, load));
                self.ceiling = zip(self.ceiling, measures(load), |ceiling, load| ceiling + load);
                self.speak(node % nodes, Load::default());
            }
            Step::Move(bet, to) if !self.bets.is_empty() => {
                let (at, to) = (bet % self.bets.len(), to % nodes);
                let (from, load) = self.bets[at];
                self.nodes[to].restore(load);
                self.speak(to, Load::default());
                self.nodes[from].release(load);
                let returned = self.nodes[from].give_back(load);
                self.send(Message::Returned(returned));
                self.bets[at].0 = to;
            }
            Step::Release(_) | Step::Deliver(_) | Step::Repeat(_) | Step::Lose(_) | Step::Move(..) => {}
        }
    }

    fn tend(&mut self, node: usize) {
        let lessee = &mut self.nodes[node];
        let said = [
            lessee.lease().wants().map(|want| Message::Ask(lessee.ask(want))),
            lessee
                .lease()
                .surplus()
                .map(|part| Message::Returned(lessee.give_back(part))),
            lessee.unanswered().map(Message::Ask),
            lessee.unconfirmed().map(Message::Returned),
        ];
        said.into_iter().flatten().for_each(|message| self.send(message));
    }

    fn check(&mut self) -> Result<(), TestCaseError> {
        let limit = bounds(self.caps);
        if !self.lessor.is_waiting() {
            // More than a load can say is no news.
            let most = |ceiling, leased| {
                if leased < i64::MAX.into() {
                    i128::min(ceiling, leased)
                } else {
                    ceiling
                }
            };
            self.ceiling = zip(self.ceiling, measures(self.lessor.desk().leased()), most);
        }
        self.ceiling = zip(self.ceiling, limit, i128::max);
        let (mut held, mut used) = ([0; 3], [0; 3]);
        for (no, lessee) in self.nodes.iter().enumerate() {
            let bets = self.bets.iter().filter(|(at, _)| *at == no);
            let naive = bets.fold([0; 3], |sum, (_, load)| zip(sum, measures(*load), |a, b| a + b));
            prop_assert_eq!(measures(lessee.lease().used()), naive, "a node counts its open bets");
            held = zip(held, measures(lessee.lease().held()), |a, b| a + b);
            used = zip(used, naive, |a, b| a + b);
        }
        for at in 0..3 {
            prop_assert!(
                used[at] <= held[at],
                "measure {at}: {} used of {} held",
                used[at],
                held[at]
            );
            let ceiling = self.ceiling[at];
            prop_assert!(held[at] <= ceiling, "measure {at}: {} held of {ceiling}", held[at]);
        }
        Ok(())
    }
}

fn live(caps: Caps, nodes: usize, steps: &[Step]) -> Result<World, TestCaseError> {
    let mut world = World::new(caps, nodes);
    for step in steps {
        world.run(step);
        world.check()?;
    }
    Ok(world)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    /// Protects R-2 at every step of any life: however messages, limits, nodes and owners come and go, nodes never hold
    /// more than the limit, or than was leased when it was lowered.
    #[test]
    fn leases_never_pass_the_limit(
        caps in caps(),
        nodes in 1usize..=8,
        steps in prop::collection::vec(step(), 1..300),
    ) {
        live(caps, nodes, &steps)?;
    }

    /// Protects the room itself: when all bets are settled and all parts returned, the whole limit can be leased again.
    #[test]
    fn no_room_is_lost_for_ever(
        caps in caps(),
        nodes in 1usize..=8,
        steps in prop::collection::vec(step(), 1..300),
    ) {
        let mut world = live(caps, nodes, &steps)?;
        while let Some(message) = world.wire.pop() {
            world.arrive(message);
            world.check()?;
        }
        for (node, load) in std::mem::take(&mut world.bets) {
            world.nodes[node].release(load);
        }
        let all = load(i64::MAX, i64::MAX, i64::MAX);
        // Twice, since a node may hold more than a load can say.
        (0..nodes * 2).for_each(|at| world.speak(at % nodes, all));
        world.check()?;
        prop_assert_eq!(world.lessor.desk().leased(), Load::default());
        let ask = world.nodes[0].ask(all);
        world.nodes[0].hear(&world.lessor.ask(&ask));
        prop_assert_eq!(measures(world.nodes[0].lease().held()), bounds(world.caps));
    }
}
