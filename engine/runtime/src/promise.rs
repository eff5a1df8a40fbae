//! An answer on its way to the one who waits for it.
//!
//! One sync makes hundreds of answers durable at once. Were each to wake its task by itself, the task would take one answer and
//! sleep again, over and over, at a system call or two each time. So those who wait are woken when many answers are there.

use std::cell::RefCell;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

/// Answers after which those who wait are woken, at the most: the first of a large sync are taken while the last are written.
const WOKEN_AT_ONCE: usize = 64;

thread_local! {
    /// Who is to be woken; nothing where each is woken at once.
    static TO_WAKE: RefCell<Option<Vec<Waker>>> = const { RefCell::new(None) };
}

/// Runs what keeps many promises: who waits for them is woken for some at a time.
pub(crate) fn kept_together<R>(run: impl FnOnce() -> R) -> R {
    /// Wakes the last of them, also where `run` panics.
    struct Rest;
    impl Drop for Rest {
        fn drop(&mut self) {
            let rest = TO_WAKE.with_borrow_mut(Option::take);
            rest.into_iter().flatten().for_each(Waker::wake);
        }
    }
    TO_WAKE.set(Some(Vec::with_capacity(WOKEN_AT_ONCE)));
    let _rest = Rest;
    run()
}

/// Wakes those whose answers are there, before something that may have to wait for one of them.
pub(crate) fn wake_so_far() {
    let so_far = TO_WAKE.with_borrow_mut(|to_wake| to_wake.as_mut().map(std::mem::take));
    so_far.into_iter().flatten().for_each(Waker::wake);
}

fn wake(waker: Waker) {
    let many = TO_WAKE.with_borrow_mut(|to_wake| match to_wake {
        None => vec![waker],
        Some(to_wake) => {
            to_wake.push(waker);
            if to_wake.len() < WOKEN_AT_ONCE {
                return Vec::new();
            }
            std::mem::replace(to_wake, Vec::with_capacity(WOKEN_AT_ONCE))
        }
    });
    // Not while they are borrowed: what is woken may keep another promise.
    many.into_iter().for_each(Waker::wake);
}

#[derive(Debug)]
struct Slot<T> {
    answer: Option<T>,
    waiting: Option<Waker>,
    /// Nothing more will come.
    is_over: bool,
}

type Shared<T> = Arc<Mutex<Slot<T>>>;

fn lock<T>(shared: &Shared<T>) -> MutexGuard<'_, Slot<T>> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Keeps a promise, or breaks it when it is dropped.
#[derive(Debug)]
pub(crate) struct Promise<T>(Shared<T>);

/// What was promised; `None` when the promise was broken.
#[derive(Debug)]
pub(crate) struct Promised<T>(Shared<T>);

/// A promise, and the one who waits for it.
pub(crate) fn promise<T>() -> (Promise<T>, Promised<T>) {
    let shared = Arc::new(Mutex::new(Slot {
        answer: None,
        waiting: None,
        is_over: false,
    }));
    (Promise(Arc::clone(&shared)), Promised(shared))
}

impl<T> Promise<T> {
    /// Keeps it, whether or not somebody still waits.
    pub(crate) fn keep(self, answer: T) {
        lock(&self.0).answer = Some(answer);
    }
}

impl<T> Drop for Promise<T> {
    fn drop(&mut self) {
        let waiting = {
            let mut slot = lock(&self.0);
            slot.is_over = true;
            slot.waiting.take()
        };
        if let Some(waker) = waiting {
            wake(waker);
        }
    }
}

impl<T> Future for Promised<T> {
    type Output = Option<T>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let mut slot = lock(&self.0);
        if slot.is_over {
            return Poll::Ready(slot.answer.take());
        }
        match &mut slot.waiting {
            Some(waiting) => waiting.clone_from(context.waker()),
            None => slot.waiting = Some(context.waker().clone()),
        }
        Poll::Pending
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::task::Wake;

    use super::*;

    #[derive(Default)]
    struct Woken(AtomicUsize);

    impl Wake for Woken {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }

    fn poll<T>(promised: &mut Promised<T>, woken: &Arc<Woken>) -> Poll<Option<T>> {
        let waker = Waker::from(Arc::clone(woken));
        Pin::new(promised).poll(&mut Context::from_waker(&waker))
    }

    /// Protects an answer from being lost, and its task from sleeping on: kept before or after somebody looks, it is there once,
    /// and a promise that is broken says so.
    #[test]
    fn a_promise_is_kept_or_broken_once() {
        let woken = Arc::<Woken>::default();
        let (kept, mut promised) = promise();
        kept.keep(1);
        assert_eq!(poll(&mut promised, &woken), Poll::Ready(Some(1)));
        let (kept, mut promised) = promise();
        assert_eq!(poll(&mut promised, &woken), Poll::Pending);
        assert_eq!(poll(&mut promised, &woken), Poll::Pending);
        assert_eq!(woken.0.load(Ordering::Relaxed), 0);
        kept.keep(2);
        assert_eq!(
            woken.0.load(Ordering::Relaxed),
            1,
            "woken once, however often it looked"
        );
        assert_eq!(poll(&mut promised, &woken), Poll::Ready(Some(2)));
        let (broken, mut promised) = promise::<u8>();
        assert_eq!(poll(&mut promised, &woken), Poll::Pending);
        drop(broken);
        assert_eq!(woken.0.load(Ordering::Relaxed), 2);
        assert_eq!(poll(&mut promised, &woken), Poll::Ready(None));
        let (kept, promised) = promise();
        drop(promised);
        kept.keep(3);
    }

    /// Protects tasks from a wake for each answer, and each from none: all are woken by the end, also by a panic, and those of a
    /// large sync before it.
    #[test]
    fn answers_that_come_together_wake_together() {
        let woken = Arc::<Woken>::default();
        let waiting = || {
            let (kept, mut promised) = promise();
            assert_eq!(poll(&mut promised, &woken), Poll::Pending);
            (kept, promised)
        };
        let count = || woken.0.load(Ordering::Relaxed);
        let all: Vec<_> = (0..WOKEN_AT_ONCE + 3).map(|_| waiting()).collect();
        let mut promised = Vec::new();
        kept_together(|| {
            for (at, (kept, to)) in all.into_iter().enumerate() {
                kept.keep(at);
                promised.push(to);
                let expected = if at + 1 < WOKEN_AT_ONCE { 0 } else { WOKEN_AT_ONCE };
                assert_eq!(count(), expected, "after {}", at + 1);
            }
            wake_so_far();
            assert_eq!(count(), WOKEN_AT_ONCE + 3);
        });
        assert_eq!(count(), WOKEN_AT_ONCE + 3);
        for (at, mut promised) in promised.into_iter().enumerate() {
            assert_eq!(poll(&mut promised, &woken), Poll::Ready(Some(at)));
        }
        let (kept, _promised) = waiting();
        let panicked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            kept_together(|| {
                kept.keep(0);
                assert_eq!(count(), WOKEN_AT_ONCE + 3, "not before the end");
                panic!("as a bug would");
            });
        }));
        assert!(panicked.is_err());
        assert_eq!(count(), WOKEN_AT_ONCE + 4);
        let (kept, _promised) = waiting();
        kept.keep(0);
        assert_eq!(count(), WOKEN_AT_ONCE + 5, "alone each is woken at once");
    }
}
