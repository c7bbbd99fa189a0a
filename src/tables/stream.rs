//! A table on its way to the client: read part by part, each when the one before is being taken.

use std::error::Error as StdError;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context as Wake, Poll};
use std::time::Duration;

use actix_web::body::{BodySize, MessageBody};
use actix_web::web::Bytes;
use tokio::sync::mpsc::{Receiver, Sender, channel};

use super::format::{File, Rows as Written, TableFormat};
use super::lists::Tabulated;
use crate::db::{Connection, RowId};
use crate::http::keys::Visibility;
use crate::http::problem::Problem;
use crate::resource::bulk::load_numbers;
use crate::resource::context::Context;
use crate::resource::names::Memory;
use crate::resource::query::ListRequest;
use crate::resource::revisions::Revisions;
use crate::resource::shown::Shown;

/// How many rows are read at once: long enough that asking costs little, short enough that others
/// have their turn between.
const ROWS: usize = 250;
/// How many parts wait for the client, beside the one that is being sent and the one that is being
/// read.
const WAITING: usize = 1;
/// How long a client may take nothing before it is taken to have gone.
const PATIENCE: Duration = Duration::from_mins(1);

/// A table to be read.
pub struct Table {
    /// What is at hand.
    pub context: Arc<Context>,
    /// The list.
    pub wanted: Arc<ListRequest>,
    /// Who asked.
    pub caller: Visibility,
    /// What it is written as.
    pub format: TableFormat,
}

/// A table whose first part has been read.
pub struct Begun {
    numbers: Vec<RowId>,
    part: Part,
}

/// Some rows, written, and how many they are.
struct Part {
    text: String,
    rows: usize,
}

impl Begun {
    /// Reads which rows there are, in order, and the first of them.
    pub fn read<S: Tabulated>(
        connection: &mut Connection,
        context: &Context,
        wanted: &ListRequest,
        revisions: &Arc<Revisions>,
        format: TableFormat,
    ) -> Result<Self, Problem> {
        let memory = Memory::new(&context.names, revisions);
        let numbers = wanted.list(connection, S::SPEC, &memory)?.ordered_row_ids(connection)?;
        format.check_length(numbers.len())?;
        let first = numbers.get(..ROWS).unwrap_or(&numbers);
        let part =
            read_part::<S>(connection, context, wanted, memory, first, Written::after(format, 1))?;
        Ok(Self { numbers, part })
    }
}

/// Reads rows. What is no longer there is left out.
fn read_part<S: Tabulated>(
    connection: &mut Connection,
    context: &Context,
    wanted: &ListRequest,
    memory: Memory,
    numbers: &[RowId],
    mut written: Written,
) -> Result<Part, Problem> {
    let mut shown =
        Shown::new(wanted.wish.clone(), Arc::clone(&context.places), Some(memory)).at(&wanted.base);
    let mut rows: usize = 0;
    for one in load_numbers::<S>(connection, numbers, wanted.viewer, &mut shown)? {
        S::row(one, &shown, &mut written);
        written.end_row();
        rows = rows.saturating_add(1);
    }
    Ok(Part { text: written.into_text(), rows })
}

impl Table {
    /// The rest of the table is read by itself as the client takes what was read before. A client
    /// that goes away ends that.
    pub fn send<S: Tabulated>(self, begun: Begun) -> Rows {
        let (sender, receiver) = channel(WAITING);
        actix_web::rt::spawn(async move {
            let last = match self.produce::<S>(begun, &sender).await {
                Ok(()) => Ok(Piece::End),
                Err(Ended::Gone) => return,
                Err(Ended::Failed(problem)) => {
                    log::error!("a table broke off: {problem}");
                    Err(problem)
                }
            };
            drop(sender.send(last).await);
        });
        Rows(receiver)
    }

    async fn produce<S: Tabulated>(
        &self,
        begun: Begun,
        to: &Sender<Result<Piece, Problem>>,
    ) -> Result<(), Ended> {
        let (mut file, beginning) = File::begin(self.format, S::COLUMNS)?;
        send(to, beginning).await?;
        let mut rows: usize = 1;
        let mut part = begun.part;
        let mut others = begun.numbers.chunks(ROWS).skip(1);
        loop {
            rows = rows.saturating_add(part.rows);
            let (with_part, bytes) = file.add(part.text).await?;
            file = with_part;
            send(to, bytes).await?;
            let Some(numbers) = others.next() else { break };
            part = self.read::<S>(numbers.to_vec(), rows).await?;
        }
        send(to, file.end(rows)?).await
    }

    /// Reads the rows of these numbers, which come after so many others.
    async fn read<S: Tabulated>(&self, numbers: Vec<RowId>, after: usize) -> Result<Part, Problem> {
        let (context, wanted, format) =
            (Arc::clone(&self.context), Arc::clone(&self.wanted), self.format);
        let read = self.context.read_step(self.caller, move |connection| {
            let memory = Memory::new(&context.names, &Arc::new(Revisions::read(connection)?));
            read_part::<S>(
                connection,
                &context,
                &wanted,
                memory,
                &numbers,
                Written::after(format, after),
            )
        });
        Ok(read.await?.value)
    }
}

async fn send(to: &Sender<Result<Piece, Problem>>, bytes: Bytes) -> Result<(), Ended> {
    if bytes.is_empty() {
        return Ok(());
    }
    match tokio::time::timeout(PATIENCE, to.send(Ok(Piece::Bytes(bytes)))).await {
        Ok(Ok(())) => Ok(()),
        Ok(Err(_closed)) => Err(Ended::Gone),
        Err(_elapsed) => {
            Err(Ended::Failed(Problem::internal("the client took nothing for a minute")))
        }
    }
}

/// Why a table is not read to its end.
enum Ended {
    /// The client has gone.
    Gone,
    /// It could not be read.
    Failed(Problem),
}

impl From<Problem> for Ended {
    fn from(problem: Problem) -> Self {
        Self::Failed(problem)
    }
}

enum Piece {
    Bytes(Bytes),
    End,
}

/// The body of an answer that is a table. It ends well only where the whole table was read: else
/// the connection breaks, so that no client takes a part for the whole.
pub struct Rows(Receiver<Result<Piece, Problem>>);

impl MessageBody for Rows {
    type Error = Box<dyn StdError>;

    fn size(&self) -> BodySize {
        BodySize::Stream
    }

    fn poll_next(
        mut self: Pin<&mut Self>,
        wake: &mut Wake<'_>,
    ) -> Poll<Option<Result<Bytes, Self::Error>>> {
        self.0.poll_recv(wake).map(|piece| match piece {
            Some(Ok(Piece::Bytes(bytes))) => Some(Ok(bytes)),
            Some(Ok(Piece::End)) => None,
            Some(Err(problem)) => Some(Err(problem.to_string().into())),
            None => Some(Err("the table was not read to its end".into())),
        })
    }
}
