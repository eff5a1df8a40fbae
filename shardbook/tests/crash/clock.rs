//! A machine's clock that jumps under a running house, and between two.

use std::collections::BTreeMap;

use shardbook_runtime::entity::EntityKey;
use shardbook_runtime::journal::Store;
use shardbook_runtime::slot::ShardId;

use crate::faulty::Faulty;
use crate::load::Load;
use crate::server::Server;

/// The times of the entries of each player and sporting event, in the order of the journal. Of two that are decided at once
/// the one that looked at the clock first may be written last.
fn times(faulty: &Faulty) -> BTreeMap<EntityKey, Vec<u64>> {
    let store = Store::open_to_read(&faulty.data()).expect("opens");
    let mut times = BTreeMap::<_, Vec<_>>::new();
    for shard in (0..store.map().shards()).map(ShardId) {
        for frame in store.frames(shard, 1) {
            for entry in frame.expect("is whole").entries() {
                times.entry(entry.entry.key).or_default().push(entry.entry.at_ms);
            }
        }
    }
    times
}

/// Protects bets from a machine's clock that jumps: none is refused for it, lost or doubled, and time in the journal goes on
/// and never back, while the house runs and from one run to the next.
#[tokio::test]
async fn jumps_refuse_nothing_and_time_never_goes_back() {
    const DAY_MS: u64 = 86_400_000;
    let faulty = Faulty::new();
    let plan = "back clock - 1.. shift:-3600; forth clock - 1.. shift:86400; stand clock - 1.. stand";
    let server = faulty.start_with(plan);
    let mut load = Load::prepare(&server).await;
    // given jumps of the clock: each is there for five bets of every player, and is gone for five more
    for jump in ["back", "stand", "forth"] {
        faulty.switch_on(jump);
        load.bet(&server, jump, 5).await;
        faulty.switch_off(jump);
        load.bet(&server, &format!("{jump}-over"), 5).await;
        assert_eq!(load.refused, Vec::<String>::new(), "{jump}");
    }
    load.survives(&server, "after all jumps").await;
    server.stopped().await;
    // A day and an hour behind what is in the journal.
    faulty.switch_on("back");
    let server = Server::try_start(faulty.command(plan)).unwrap_or_else(|status| panic!("{status}: {}", faulty.log()));
    load.bet(&server, "next", 5).await;
    assert_eq!(load.refused, Vec::<String>::new(), "after a start");
    load.survives(&server, "after a start").await;
    server.stopped().await;
    faulty.verify("after the jumps");
    let times = times(&faulty);
    for (key, times) in &times {
        assert!(times.is_sorted(), "{key}: {times:?}");
    }
    let all = times.values().flatten();
    let (first, last) = (all.clone().min().expect("entries"), all.max().expect("entries"));
    assert!(
        (DAY_MS..2 * DAY_MS).contains(&(last - first)),
        "the jump forward was followed once"
    );
}
