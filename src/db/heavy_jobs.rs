//! The heavy jobs of a pool: the number that its workers may run, and the others in order.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use crossbeam_channel::{Sender, TrySendError};

use crate::db::job::PoolJob;

/// Limits how many heavy jobs are in the queue of a pool or running.
///
/// A worker that finishes a heavy job moves the next one to the queue itself. If the callers waited
/// for each other instead, every job would need a switch to their thread and back, which cost feeds
/// of 32 connections a quarter of their rate.
pub(super) struct HeavyJobs {
    limit: usize,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// Number of heavy jobs in the queue or running.
    admitted: usize,
    /// The others, each with the sender of the queue, so that the queue is open while jobs wait.
    waiting: VecDeque<(PoolJob, Sender<PoolJob>)>,
}

impl HeavyJobs {
    pub fn new(limit: usize) -> Self {
        Self { limit, state: Mutex::default() }
    }

    /// Sends a heavy job to the queue, now or when an earlier one has finished. Fails if `max_waiting`
    /// jobs already wait, or like [`Sender::try_send`].
    pub fn submit(
        &self,
        job: PoolJob,
        queue: &Sender<PoolJob>,
        max_waiting: usize,
    ) -> Result<(), TrySendError<PoolJob>> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if state.admitted < self.limit {
            queue.try_send(job)?;
            state.admitted += 1;
        } else if state.waiting.len() < max_waiting {
            state.waiting.push_back((job, queue.clone()));
        } else {
            return Err(TrySendError::Full(job));
        }
        Ok(())
    }

    /// Called by a worker after each heavy job: sends the next one to the queue. Returns it if the
    /// queue is full; the worker then has to run it.
    pub fn finish(&self) -> Option<PoolJob> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((job, queue)) = state.waiting.pop_front() {
            return queue.try_send(job).map_err(TrySendError::into_inner).err();
        }
        state.admitted = state.admitted.saturating_sub(1);
        None
    }
}

#[cfg(test)]
mod tests {
    use crossbeam_channel::bounded;

    use super::*;
    use crate::db::job::ReadCost;

    fn job() -> PoolJob {
        PoolJob::Single(ReadCost::Heavy, Box::new(|_, _| ()))
    }

    #[test]
    fn admits_the_next_job_when_one_finishes() {
        let (sender, queue) = bounded(2);
        let jobs = HeavyJobs::new(2);
        for _ in 0..5 {
            assert!(jobs.submit(job(), &sender, 3).is_ok());
        }
        assert!(matches!(jobs.submit(job(), &sender, 3), Err(TrySendError::Full(_))));
        assert_eq!(queue.len(), 2);

        assert!(queue.try_recv().is_ok());
        assert!(jobs.finish().is_none());
        assert_eq!(queue.len(), 2);
        assert!(jobs.finish().is_some(), "the queue is full, so the worker runs the job");
        assert!(queue.try_recv().is_ok());
        assert!(jobs.finish().is_none());

        for _ in 0..2 {
            assert!(queue.try_recv().is_ok());
            assert!(jobs.finish().is_none());
        }
        assert!(queue.is_empty());
        assert!(jobs.submit(job(), &sender, 3).is_ok());
        assert_eq!(queue.len(), 1, "nothing waits, so the job is admitted at once");
    }

    #[test]
    fn a_full_queue_leaves_no_job_admitted() {
        let (sender, queue) = bounded(1);
        let jobs = HeavyJobs::new(2);
        assert!(jobs.submit(job(), &sender, 3).is_ok());
        for _ in 0..3 {
            assert!(matches!(jobs.submit(job(), &sender, 3), Err(TrySendError::Full(_))));
        }
        assert!(queue.try_recv().is_ok());
        assert!(jobs.submit(job(), &sender, 3).is_ok());
        assert_eq!(queue.len(), 1);
    }
}
