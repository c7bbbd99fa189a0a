//! Streaming of a table: each batch is read while the previous one is being sent.

use std::sync::Arc;

use actix_web::web::Bytes;

use super::format::{FileWriter, RowBuffer, TableEncoding};
use crate::db::{Connection, RowId};
use crate::http::auth::Visibility;
use crate::http::problem::Problem;
use crate::http::streamed_body::{BodySender, StreamError, StreamedBody};
use crate::resource::cache::references::CacheView;
use crate::resource::model::revisions::Revisions;
use crate::resource::query::params::ListRequest;
use crate::resource::state::AppState;
use crate::resource::view::context::RenderContext;
use crate::resource::view::load::load_by_row_ids;
use crate::tables::table_resource::TableResource;

/// Rows per batch: large enough to amortise queries, small enough not to block other readers.
const ROWS_PER_BATCH: usize = 250;

/// An export to run.
pub struct TableExport {
    /// Shared application state.
    pub state: Arc<AppState>,
    /// The list.
    pub list_request: Arc<ListRequest>,
    /// Visibility of the viewer.
    pub visibility: Visibility,
    /// How its rows are encoded.
    pub encoding: TableEncoding,
}

/// An export whose first batch has been encoded.
pub struct StartedExport {
    row_ids: Vec<RowId>,
    first_batch: EncodedBatch,
}

/// A batch of encoded rows, and the file that they belong to.
struct EncodedBatch {
    file: FileWriter,
    bytes: Bytes,
    /// Number of rows in the file so far, including the header.
    row_count: usize,
}

impl StartedExport {
    /// Reads the item numbers in list order, and the first batch.
    pub fn load<S: TableResource>(
        connection: &mut Connection,
        reader: &BatchReader<'_>,
    ) -> Result<Self, Problem> {
        let BatchReader { list_request, cache, encoding, .. } = reader;
        let format = encoding.format;
        let row_ids = list_request.page_query(connection, cache)?.ordered_row_ids(connection)?;
        format.check_row_limit(row_ids.len())?;
        let first = row_ids.get(..ROWS_PER_BATCH).unwrap_or(&row_ids);
        let (mut file, beginning) = FileWriter::start(*encoding, S::COLUMNS)?;
        let rows =
            reader.load_rows::<S>(connection, first, RowBuffer::starting_after(*encoding, 1))?;
        let bytes = [beginning, file.write_rows(rows.text)?].concat().into();
        let row_count = rows.count.saturating_add(1);
        Ok(Self { row_ids, first_batch: EncodedBatch { file, bytes, row_count } })
    }

    /// Estimated memory that the export takes: the row ids, and the batches that are queued and
    /// sent.
    fn held_bytes(&self) -> usize {
        size_of_val(self.row_ids.as_slice())
            .saturating_add(self.first_batch.bytes.len().saturating_mul(2))
    }
}

/// Rows as text, and their number.
struct Rows {
    text: String,
    count: usize,
}

/// Reads the rows of an export in batches.
pub struct BatchReader<'a> {
    state: &'a AppState,
    list_request: &'a ListRequest,
    cache: CacheView,
    encoding: TableEncoding,
}

impl<'a> BatchReader<'a> {
    /// Creates a reader at these revisions.
    pub fn new(
        state: &'a AppState,
        list_request: &'a ListRequest,
        revisions: &Arc<Revisions>,
        encoding: TableEncoding,
    ) -> Self {
        let cache = CacheView::new(&state.reference_cache, revisions);
        Self { state, list_request, cache, encoding }
    }

    /// Reads a batch; items deleted in the meantime are skipped.
    fn load_rows<S: TableResource>(
        &self,
        connection: &mut Connection,
        row_ids: &[RowId],
        mut rows_buffer: RowBuffer,
    ) -> Result<Rows, Problem> {
        let Self { state, list_request, cache, .. } = self;
        let mut render_context = RenderContext::new(
            list_request.language_preference.clone(),
            Arc::clone(&state.country_names),
            Some(cache.clone()),
        )
        .with_base_url(&list_request.base_url);
        let mut count: usize = 0;
        for item in
            load_by_row_ids::<S>(connection, row_ids, list_request.visibility, &mut render_context)?
        {
            S::write_row(item, &render_context, &mut rows_buffer);
            rows_buffer.end_row();
            count = count.saturating_add(1);
        }
        Ok(Rows { text: rows_buffer.into_text(), count })
    }
}

impl TableExport {
    /// Streams the remaining batches in a background task, which ends when the client disconnects.
    pub fn into_body<S: TableResource>(self, started: StartedExport) -> StreamedBody {
        let held_bytes = started.held_bytes();
        StreamedBody::spawn("table export", held_bytes, |sender| async move {
            self.produce::<S>(started, &sender).await
        })
    }

    async fn produce<S: TableResource>(
        &self,
        started: StartedExport,
        sender: &BodySender,
    ) -> Result<(), StreamError> {
        let mut batch = started.first_batch;
        for row_ids in started.row_ids.chunks(ROWS_PER_BATCH).skip(1) {
            sender.send(std::mem::take(&mut batch.bytes)).await?;
            batch = self.next_batch::<S>(row_ids.to_vec(), batch).await?;
        }
        sender.send(batch.bytes).await?;
        sender.send(batch.file.finish(batch.row_count)?).await
    }

    /// Reads and encodes the rows with these item numbers, which follow those of another batch.
    async fn next_batch<S: TableResource>(
        &self,
        row_ids: Vec<RowId>,
        previous: EncodedBatch,
    ) -> Result<EncodedBatch, Problem> {
        let (state, list_request) = (Arc::clone(&self.state), Arc::clone(&self.list_request));
        let encoding = self.encoding;
        let EncodedBatch { file, row_count, .. } = previous;
        let mut file = Some(file);
        let read = self.state.read_stream_batch(self.visibility, move |connection| {
            let revisions = Arc::new(Revisions::load(connection)?);
            let rows = BatchReader::new(&state, &list_request, &revisions, encoding)
                .load_rows::<S>(
                    connection,
                    &row_ids,
                    RowBuffer::starting_after(encoding, row_count),
                )?;
            // A read may be repeated, but not after it has loaded its rows.
            let Some(mut file) = file.take() else {
                return Err(Problem::internal("a batch of a table was encoded twice"));
            };
            let bytes = file.write_rows(rows.text)?;
            Ok(EncodedBatch { file, bytes, row_count: row_count.saturating_add(rows.count) })
        });
        Ok(read.await?.value)
    }
}
