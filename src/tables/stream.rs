//! Streaming of a table: each batch is read while the previous one is being sent.

use std::error::Error as StdError;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context as Wake, Poll};
use std::time::Duration;

use actix_web::body::{BodySize, MessageBody};
use actix_web::web::Bytes;
use tokio::sync::mpsc::{Receiver, Sender, channel};

use super::format::{FileWriter, RowBuffer as Written, TableFormat};
use crate::db::{Connection, RowId};
use crate::http::auth::Visibility;
use crate::http::problem::Problem;
use crate::resource::cache::references::CacheView;
use crate::resource::model::revisions::Revisions;
use crate::resource::query::params::ListRequest;
use crate::resource::state::AppState;
use crate::resource::view::context::RenderContext;
use crate::resource::view::load::load_by_row_ids;
use crate::tables::table_resource::TableResource;

/// Rows per batch: large enough to amortise queries, small enough not to block other readers.
const ROWS_PER_CHUNK: usize = 250;
/// Batches queued for the client, in addition to the one being sent and the one being read.
const BUFFERED_CHUNKS: usize = 1;
/// Time after which a client that does not read is disconnected.
const CLIENT_TIMEOUT: Duration = Duration::from_mins(1);

/// An export to run.
pub struct TableExport {
    /// Shared application state.
    pub state: Arc<AppState>,
    /// The list.
    pub list_request: Arc<ListRequest>,
    /// Visibility of the viewer.
    pub visibility: Visibility,
    /// File format.
    pub format: TableFormat,
}

/// An export whose first batch has been read.
pub struct StartedExport {
    row_ids: Vec<RowId>,
    first_chunk: Chunk,
}

/// Encoded rows and their number.
struct Chunk {
    text: String,
    row_count: usize,
}

impl StartedExport {
    /// Reads the item numbers in list order, and the first batch.
    pub fn load<S: TableResource>(
        connection: &mut Connection,
        reader: &ChunkReader<'_>,
        format: TableFormat,
    ) -> Result<Self, Problem> {
        let ChunkReader { list_request, cache, .. } = reader;
        let numbers = list_request.page_query(connection, cache)?.ordered_row_ids(connection)?;
        format.check_row_limit(numbers.len())?;
        let first = numbers.get(..ROWS_PER_CHUNK).unwrap_or(&numbers);
        let part = reader.load_chunk::<S>(connection, first, Written::starting_after(format, 1))?;
        Ok(Self { row_ids: numbers, first_chunk: part })
    }
}

/// Reads the rows of an export in batches.
pub struct ChunkReader<'a> {
    state: &'a AppState,
    list_request: &'a ListRequest,
    cache: CacheView,
}

impl<'a> ChunkReader<'a> {
    /// Creates a reader at these revisions.
    pub fn new(
        state: &'a AppState,
        list_request: &'a ListRequest,
        revisions: &Arc<Revisions>,
    ) -> Self {
        Self { state, list_request, cache: CacheView::new(&state.reference_cache, revisions) }
    }

    /// Reads a batch; items deleted in the meantime are skipped.
    fn load_chunk<S: TableResource>(
        &self,
        connection: &mut Connection,
        numbers: &[RowId],
        mut rows_buffer: Written,
    ) -> Result<Chunk, Problem> {
        let Self { state, list_request, cache } = self;
        let mut render_context = RenderContext::new(
            list_request.language_preference.clone(),
            Arc::clone(&state.country_names),
            Some(cache.clone()),
        )
        .with_base_url(&list_request.base_url);
        let mut rows: usize = 0;
        for item in
            load_by_row_ids::<S>(connection, numbers, list_request.visibility, &mut render_context)?
        {
            S::write_row(item, &render_context, &mut rows_buffer);
            rows_buffer.end_row();
            rows = rows.saturating_add(1);
        }
        Ok(Chunk { text: rows_buffer.into_text(), row_count: rows })
    }
}

impl TableExport {
    /// Streams the remaining batches in a background task, which ends when the client disconnects.
    pub fn into_body<S: TableResource>(self, started: StartedExport) -> TableBody {
        let (sender, receiver) = channel(BUFFERED_CHUNKS);
        actix_web::rt::spawn(async move {
            let last = match self.produce::<S>(started, &sender).await {
                Ok(()) => Ok(StreamFrame::End),
                Err(ExportError::ClientGone) => return,
                Err(ExportError::Failed(problem)) => {
                    log::error!("table export aborted: {problem}");
                    Err(problem)
                }
            };
            drop(sender.send(last).await);
        });
        TableBody(receiver)
    }

    async fn produce<S: TableResource>(
        &self,
        started: StartedExport,
        to: &Sender<Result<StreamFrame, Problem>>,
    ) -> Result<(), ExportError> {
        let (mut file, beginning) = FileWriter::start(self.format, S::COLUMNS)?;
        send_bytes(to, beginning).await?;
        let mut rows: usize = 1;
        let mut part = started.first_chunk;
        let mut others = started.row_ids.chunks(ROWS_PER_CHUNK).skip(1);
        loop {
            rows = rows.saturating_add(part.row_count);
            let (with_part, bytes) = file.write_rows(part.text).await?;
            file = with_part;
            send_bytes(to, bytes).await?;
            let Some(numbers) = others.next() else { break };
            part = self.next_chunk::<S>(numbers.to_vec(), rows).await?;
        }
        send_bytes(to, file.finish(rows)?).await
    }

    /// Reads and encodes the rows with these item numbers, which follow `count` others.
    async fn next_chunk<S: TableResource>(
        &self,
        numbers: Vec<RowId>,
        after: usize,
    ) -> Result<Chunk, Problem> {
        let (state, list_request, format) =
            (Arc::clone(&self.state), Arc::clone(&self.list_request), self.format);
        let read = self.state.read_stream_batch(self.visibility, move |connection| {
            let revisions = Arc::new(Revisions::load(connection)?);
            ChunkReader::new(&state, &list_request, &revisions).load_chunk::<S>(
                connection,
                &numbers,
                Written::starting_after(format, after),
            )
        });
        Ok(read.await?.value)
    }
}

async fn send_bytes(
    to: &Sender<Result<StreamFrame, Problem>>,
    bytes: Bytes,
) -> Result<(), ExportError> {
    if bytes.is_empty() {
        return Ok(());
    }
    match tokio::time::timeout(CLIENT_TIMEOUT, to.send(Ok(StreamFrame::Bytes(bytes)))).await {
        Ok(Ok(())) => Ok(()),
        Ok(Err(_closed)) => Err(ExportError::ClientGone),
        Err(_elapsed) => {
            Err(ExportError::Failed(Problem::internal("the client stopped reading for 60 s")))
        }
    }
}

/// Reason why a stream is aborted.
enum ExportError {
    /// The client disconnected.
    ClientGone,
    /// Reading failed.
    Failed(Problem),
}

impl From<Problem> for ExportError {
    fn from(problem: Problem) -> Self {
        Self::Failed(problem)
    }
}

enum StreamFrame {
    Bytes(Bytes),
    End,
}

/// Response body of a table. If the table cannot be read to its end, the connection is aborted, so
/// that no client mistakes a part for the whole.
pub struct TableBody(Receiver<Result<StreamFrame, Problem>>);

impl MessageBody for TableBody {
    type Error = Box<dyn StdError>;

    fn size(&self) -> BodySize {
        BodySize::Stream
    }

    fn poll_next(
        mut self: Pin<&mut Self>,
        wake: &mut Wake<'_>,
    ) -> Poll<Option<Result<Bytes, Self::Error>>> {
        self.0.poll_recv(wake).map(|piece| match piece {
            Some(Ok(StreamFrame::Bytes(bytes))) => Some(Ok(bytes)),
            Some(Ok(StreamFrame::End)) => None,
            Some(Err(problem)) => Some(Err(problem.to_string().into())),
            None => Some(Err("the table export ended early".into())),
        })
    }
}
