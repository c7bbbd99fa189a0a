//! Threads that own the connections: a fixed number for each purpose, fed by one queue.
//!
//! A request never waits on a thread of its own, a slow query never holds up a thread that answers
//! others, a queue that does not move is answered 503 in time, and what does not fit into a full
//! one at once. `benches/README.md` has the figures against the alternatives.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, Sender, TrySendError, bounded};
use tokio::sync::oneshot;

use super::connection::{Access, Connection, Session, Target};
use super::counter;
use super::error::Error;
use super::file::{self, Watched};
use super::group::{self, Unit, Write};
use super::store::Done;

/// How long a worker that had to turn to the next database stays there before it tries the first
/// again.
const AWAY: Duration = Duration::from_secs(10);

/// How many statements a connection keeps prepared before a new one takes its place. Each shape of
/// a request has statements of its own and diesel lets go of none, so that who makes up shapes
/// would fill the memory (36 kB each on SQLite).
const MOST_PREPARED: u32 = 256;

/// Where connections lead and what they are for.
#[derive(Clone, Debug)]
pub(super) struct Purpose {
    /// Databases in order of preference: a replica, then the primary.
    pub targets: Vec<Target>,
    /// What sessions may do.
    pub access: Access,
    /// What sessions start with.
    pub session: Session,
    /// How long work may wait for a free worker.
    pub wait: Duration,
    /// How much work may wait for a free worker.
    pub queue: usize,
}

impl Purpose {
    /// Opens a connection to the first database that answers.
    fn open(&self) -> Result<Held, Error> {
        counter::forget_prepared();
        let mut outcome = Err(Error::Fault("no database is configured".to_owned()));
        for (number, target) in self.targets.iter().enumerate() {
            outcome =
                file::open(target, self.access, self.session).map(|(connection, file)| Held {
                    connection: Some(connection),
                    file,
                    until: (number > 0).then(|| Instant::now() + AWAY),
                });
            match &outcome {
                Ok(_) => break,
                Err(error) if number + 1 < self.targets.len() => {
                    log::warn!("a replica cannot be used, turning to the primary: {error}")
                }
                Err(_) => {}
            }
        }
        outcome
    }
}

/// A connection as its worker holds it.
#[derive(Default)]
pub(super) struct Held {
    connection: Option<Connection>,
    /// Its file, where it has one.
    file: Option<Watched>,
    /// When to try the preferred database again, while this is another.
    until: Option<Instant>,
}

impl Held {
    /// Runs `work` on the connection, opened if need be. Where a connection that had been idle
    /// turns out to be dead, and `work` `may_repeat` since it had no effect yet, it runs once more
    /// on a new one.
    pub fn with<T, E: From<Error>>(
        &mut self,
        purpose: &Purpose,
        may_repeat: impl Fn() -> bool,
        mut work: impl FnMut(&mut Connection) -> Result<T, E>,
    ) -> Result<T, E> {
        if self.until.is_some_and(|until| until <= Instant::now()) {
            *self = Self::default();
        }
        if !self.has_its_file() {
            self.give_up();
        }
        if counter::prepared() > MOST_PREPARED {
            *self = Self::default();
        }
        let mut was_open = self.connection.is_some();
        loop {
            if self.connection.is_none() {
                *self = purpose.open()?;
            }
            let Some(connection) = &mut self.connection else {
                return Err(
                    Error::Fault("a connection that was opened is not there".to_owned()).into()
                );
            };
            let outcome = work(connection);
            if outcome.is_ok() || connection.is_alive() {
                // What went into a file without a name is lost, whatever the database says.
                if outcome.is_ok() && purpose.access == Access::Write && !self.has_its_file() {
                    self.give_up();
                    return Err(Error::Uncertain(
                        "the database file was deleted, moved or replaced meanwhile".to_owned(),
                    )
                    .into());
                }
                return outcome;
            }
            self.give_up();
            if !was_open || !may_repeat() {
                return outcome;
            }
            was_open = false;
        }
    }

    /// Lets the connection go, and says so where that is because its file is.
    fn give_up(&mut self) {
        if !self.has_its_file() {
            log::error!(
                "the database file was deleted, moved or replaced; the connection to it is given up"
            );
        }
        *self = Self::default();
    }

    fn has_its_file(&self) -> bool {
        self.file.as_ref().is_none_or(Watched::is_there)
    }
}

type Work = Box<dyn FnOnce(&mut Held, &Purpose) + Send>;

/// What a worker does.
pub(super) enum Job {
    /// By itself.
    Alone(Work),
    /// In a transaction with others.
    Together(Box<dyn Unit>),
}

/// Worker threads of one purpose. They start with the first work and end with the value.
pub(super) struct Workers {
    purpose: Arc<Purpose>,
    size: usize,
    running: Mutex<Running>,
}

#[derive(Default)]
struct Running {
    queue: Option<Sender<Job>>,
    threads: Vec<JoinHandle<()>>,
}

impl Workers {
    /// Prepares so many workers; starts none.
    pub fn new(purpose: Purpose, size: usize) -> Self {
        Self { purpose: Arc::new(purpose), size, running: Mutex::default() }
    }

    /// A connection of its own, outside the workers; a SQLite file that is not there is made.
    pub fn open(&self) -> Result<Connection, Error> {
        let target = self
            .purpose
            .targets
            .first()
            .ok_or_else(|| Error::Fault("no database is configured".to_owned()))?;
        Connection::open(target, self.purpose.access, self.purpose.session)
    }

    /// Runs `work` on a worker. Work that no worker took up in time never runs; nor does work whose
    /// caller has gone.
    pub async fn run<T, E>(
        &self,
        work: impl FnOnce(&mut Held, &Purpose) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<Error> + Send + 'static,
    {
        let job = |answer: oneshot::Sender<_>, claim: Arc<AtomicBool>| {
            Job::Alone(Box::new(move |held, purpose| {
                if answer.is_closed() || claim.swap(true, Ordering::AcqRel) {
                    return;
                }
                // A panic is a fault of ours; it must not take the worker with it.
                let outcome = catch_unwind(AssertUnwindSafe(|| work(held, purpose)))
                    .unwrap_or_else(|_| {
                        *held = Held::default();
                        Err(Error::Fault("the work panicked".to_owned()).into())
                    });
                drop(answer.send(outcome));
            }))
        };
        self.submit(job).await
    }

    /// Runs `work` in a transaction that it may share with others, see [`group`]. Else as
    /// [`Self::run`].
    pub async fn write<T, E>(
        &self,
        work: impl FnMut(&mut Connection) -> Result<T, E> + Send + 'static,
    ) -> Result<Done<T>, E>
    where
        T: Send + 'static,
        E: From<Error> + Send + 'static,
    {
        self.submit(|answer, taken| {
            Job::Together(Box::new(Write { work, outcome: None, answer, taken }))
        })
        .await
    }

    async fn submit<T, E: From<Error>>(
        &self,
        job: impl FnOnce(oneshot::Sender<Result<T, E>>, Arc<AtomicBool>) -> Job,
    ) -> Result<T, E> {
        let (answer, mut answered) = oneshot::channel();
        let taken = Arc::new(AtomicBool::new(false));
        match self.queue()?.try_send(job(answer, Arc::clone(&taken))) {
            Ok(()) => {}
            Err(TrySendError::Full(_)) => {
                let told = format!("{} requests wait for the database already", self.purpose.queue);
                return Err(Error::Unavailable(told).into());
            }
            Err(TrySendError::Disconnected(_)) => {
                return Err(Error::Fault("the workers have ended".to_owned()).into());
            }
        }
        let outcome = match tokio::time::timeout(self.purpose.wait, &mut answered).await {
            Ok(outcome) => outcome,
            Err(_) if !taken.swap(true, Ordering::AcqRel) => {
                return Err(
                    Error::Unavailable("no connection became free in time".to_owned()).into()
                );
            }
            Err(_) => answered.await,
        };
        outcome.unwrap_or_else(|gone| {
            Err(Error::Fault(format!("a worker ended with work in hand: {gone}")).into())
        })
    }

    fn queue(&self) -> Result<Sender<Job>, Error> {
        let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(queue) = &running.queue {
            return Ok(queue.clone());
        }
        let (queue, jobs) = bounded(self.purpose.queue);
        for number in 1..=self.size {
            let (jobs, purpose) = (jobs.clone(), Arc::clone(&self.purpose));
            let name = format!("{:?}-{number}", purpose.access).to_ascii_lowercase();
            let thread = thread::Builder::new().name(name).spawn(move || serve(&jobs, &purpose));
            running.threads.push(
                thread.map_err(|error| {
                    Error::Unavailable(format!("cannot start a thread: {error}"))
                })?,
            );
        }
        running.queue = Some(queue.clone());
        Ok(queue)
    }
}

fn serve(jobs: &Receiver<Job>, purpose: &Purpose) {
    let mut held = Held::default();
    for job in jobs {
        match job {
            Job::Alone(work) => work(&mut held, purpose),
            Job::Together(unit) => group::write(&mut held, purpose, unit, jobs),
        }
    }
}

impl Drop for Workers {
    /// Connections are closed before the process ends, so that SQLite leaves one file behind.
    fn drop(&mut self) {
        let running = self.running.get_mut().unwrap_or_else(PoisonError::into_inner);
        running.queue = None;
        for thread in running.threads.drain(..) {
            // The last to let go may be a worker, with the end of its work.
            if thread.thread().id() != thread::current().id() {
                drop(thread.join());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::db::sql::{Fragment, Statement};
    use diesel::sql_types::BigInt;

    #[test]
    fn no_more_statements_stay_prepared_than_are_allowed() {
        let directory = tempfile::tempdir().unwrap();
        let second = Duration::from_secs(1);
        let session =
            Session { busy_timeout: second, statement_timeout: second, slow_query: second };
        let target = Target::Sqlite(directory.path().join("prepared.db").display().to_string());
        let purpose = Purpose {
            targets: vec![target],
            access: Access::Write,
            session,
            wait: second,
            queue: 1,
        };
        drop(Workers::new(purpose.clone(), 1).open());
        let mut held = Held::default();
        let mut most = 0;
        for number in 0..1_000_i64 {
            let statement = Statement::<BigInt>::new(Fragment::new(format!("SELECT {number}")));
            let rows: Result<Vec<i64>, Error> =
                held.with(&purpose, || true, |connection| Ok(statement.clone().rows(connection)?));
            assert_eq!(rows.unwrap(), [number]);
            most = most.max(counter::prepared());
        }
        assert_eq!(most, MOST_PREPARED + 1);
    }
}
