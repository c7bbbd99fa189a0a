//! What breaks, broken on purpose: databases that go away, processes that are killed, clients that misbehave.

mod clients;
mod overload;
mod postgres;
mod races;

use std::path::Path;

use crate::support::postgres::PostgresDatabase;
use crate::support::server::Answer;
use crate::support::sqlite::SqliteDatabase;

/// Both databases, where they are installed, with a directory for the server.
fn on_both_databases(test: impl Fn(&Path, &str)) {
    let file = SqliteDatabase::new(None);
    test(file.directory(), &file.url);
    if let Some(database) = PostgresDatabase::copy_of("template0") {
        test(file.directory(), &database.url);
    }
}

#[track_caller]
fn unavailable(answer: Answer) {
    let seconds: u32 = answer.must("retry-after").parse().expect("Retry-After is a number of seconds");
    assert!((1..=60).contains(&seconds));
    let problem = answer.problem(503, "unavailable");
    assert!(!problem["detail"].as_str().expect("a detail").to_lowercase().contains("sql"), "the cause is for the log: {problem}");
}

/// Runs the same on several threads; gives what each gave.
fn at_once<T: Send>(threads: usize, work: impl Fn(usize) -> T + Sync) -> Vec<T> {
    let barrier = std::sync::Barrier::new(threads);
    std::thread::scope(|scope| {
        let running: Vec<_> = (0..threads)
            .map(|number| {
                let (work, barrier) = (&work, &barrier);
                scope.spawn(move || {
                    barrier.wait();
                    work(number)
                })
            })
            .collect();
        running.into_iter().map(|thread| thread.join().expect("it is answered")).collect()
    })
}
