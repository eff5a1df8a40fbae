use std::sync::Mutex;

use super::*;
use crate::bench::plan::Markets;

/// What a lane was asked to send: when it was due, when it was sent, and its deadline in Unix milliseconds.
type Sent = Arc<Mutex<Vec<(Instant, Instant, i64)>>>;

/// A lane that answers so many at each poll, every third with a refusal, and takes no more while as many wait.
struct Narrow {
    most: usize,
    waiting: Vec<Tag>,
    sent: Sent,
    stop: Arc<AtomicBool>,
    /// Answers after which it is told to stop.
    enough: u64,
    answered: u64,
}

impl Lane for Narrow {
    fn send(&mut self, _plan: &Plan, tag: Tag) {
        self.sent
            .lock()
            .expect("lock")
            .push((tag.due, tag.sent, tag.deadline_ms));
        self.waiting.push(tag);
    }

    fn is_full(&self) -> bool {
        self.waiting.len() >= self.most
    }

    fn poll(&mut self, cx: &mut Context<'_>, done: &mut dyn FnMut(Tag, Said)) -> Poll<Result<(), Failure>> {
        let Some(tag) = self.waiting.pop() else {
            return Poll::Pending;
        };
        self.answered += 1;
        if self.answered == self.enough {
            self.stop.store(true, Ordering::Release);
        }
        let said = if self.answered.is_multiple_of(3) {
            Said::Refused("OVERLOADED".to_owned())
        } else {
            Said::Done
        };
        cx.waker().wake_by_ref();
        done(tag, said);
        Poll::Ready(Ok(()))
    }
}

/// Protects every figure of the bench: what was offered was accepted, refused or given up, nothing is sent before it is due or
/// after its deadline, the deadline that is told is that of the bet, and where not all can be sent the newest go first.
#[tokio::test(flavor = "multi_thread")]
async fn everything_offered_is_accounted_for() {
    let clients = Clients::start().expect("threads");
    for (most, enough) in [(1, 2_000), (64, 5_000)] {
        let (sent, stop) = (Sent::default(), Arc::<AtomicBool>::default());
        let lane = Box::new(Narrow {
            most,
            waiting: Vec::new(),
            sent: Arc::clone(&sent),
            stop: Arc::clone(&stop),
            enough,
            answered: 0,
        });
        // Far more than one thread can offer.
        let offer = Offer {
            rate: 1_000_000_000,
            deadline: Duration::from_millis(20),
            window: 32,
        };
        let flood = Flood::new(Plan::new(Markets::All, 10));
        let (lanes, heard) = flood.drive(&clients, vec![lane], offer, stop).await.expect("driven");
        assert_eq!(lanes.len(), 1);
        let refused = heard.refused["OVERLOADED"];
        assert_eq!(heard.refused.len(), 1);
        assert_eq!(heard.offered, heard.accepted() + refused + heard.given_up);
        assert!(heard.accepted() + refused >= enough && heard.given_up > 0, "{most}");
        assert_eq!(heard.from_sent.len(), heard.accepted());
        let sent = sent.lock().expect("lock");
        assert_eq!(sent.len() as u64, heard.accepted() + refused);
        for (due, at, _) in &*sent {
            assert!(due <= at && *at <= *due + offer.deadline, "{most}");
        }
        let (first, _, first_by) = sent[0];
        for (due, _, by) in &*sent {
            let since = |from: Instant, to: Instant| to.saturating_duration_since(from).as_millis() as i64;
            let later = since(first, *due) - since(*due, first);
            assert!((by - first_by - later).abs() <= 1, "{most}");
        }
        // Until nothing more became due, each was among the newest of its moment; then those left were sent while they could be.
        let young = sent[..enough as usize]
            .iter()
            .filter(|(due, at, _)| *at - *due < offer.deadline / 2);
        assert!(young.count() as u64 * 2 > enough, "{most}");
    }
}

/// Protects the open loop from itself: where everything is taken at once nothing is given up, and each is sent when it is due.
#[tokio::test(flavor = "multi_thread")]
async fn what_can_be_sent_is_sent() {
    let clients = Clients::start().expect("threads");
    let (sent, stop) = (Sent::default(), Arc::<AtomicBool>::default());
    let lane = Box::new(Narrow {
        most: usize::MAX,
        waiting: Vec::new(),
        sent: Arc::clone(&sent),
        stop: Arc::clone(&stop),
        enough: 20,
        answered: 0,
    });
    let offer = Offer {
        rate: 1_000,
        deadline: Duration::from_secs(60),
        window: u64::MAX,
    };
    let flood = Flood::new(Plan::new(Markets::All, 10));
    let began = Instant::now();
    let (_, heard) = flood.drive(&clients, vec![lane], offer, stop).await.expect("driven");
    assert_eq!(
        (heard.given_up, heard.offered),
        (0, heard.accepted() + heard.refused["OVERLOADED"])
    );
    let mut due: Vec<_> = sent.lock().expect("lock").iter().map(|(due, ..)| *due).collect();
    due.sort();
    for (at, each) in due.iter().enumerate() {
        assert_eq!((*each - due[0]).as_millis(), at as u128, "a millisecond apart");
    }
    assert!(
        began.elapsed() >= Duration::from_millis(due.len() as u64 - 1),
        "nothing is sent before it is due"
    );
}
