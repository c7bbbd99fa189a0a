//! Response bodies that are produced while they are sent. If one cannot be produced to its end, the
//! connection is aborted, so that no client mistakes a part for the whole.

use std::error::Error as StdError;
use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::task::{Context, Poll};

use actix_web::body::{BodySize, MessageBody};
use actix_web::web::Bytes;
use actix_web::{HttpResponse, HttpResponseBuilder};
use tokio::sync::mpsc::{Receiver, Sender, channel};

use crate::http::problem::Problem;
use crate::http::response_limits::StreamBytes;

/// Parts queued for the client, in addition to the one being sent and the one being produced.
const BUFFERED_PARTS: usize = 1;

/// A response body that a background task produces. The task ends when the client disconnects.
pub struct StreamedBody {
    parts: Receiver<Result<Part, Problem>>,
    stream_bytes: StreamBytes,
}

/// A part of a body.
enum Part {
    Bytes(Bytes),
    End,
}

/// Passes the parts of a body to the client.
pub struct BodySender(Sender<Result<Part, Problem>>);

/// Reason why a body is not produced to its end.
pub enum StreamError {
    /// The client disconnected.
    ClientGone,
    /// Producing it failed.
    Failed(Problem),
}

impl From<Problem> for StreamError {
    fn from(problem: Problem) -> Self {
        Self::Failed(problem)
    }
}

impl StreamedBody {
    /// Starts to produce a body of which up to `held_bytes` are in memory at a time. The log calls it
    /// `name`.
    pub fn spawn<F>(
        name: &'static str,
        held_bytes: usize,
        produce: impl FnOnce(BodySender) -> F,
    ) -> Self
    where
        F: Future<Output = Result<(), StreamError>> + 'static,
    {
        let (sender, receiver) = channel(BUFFERED_PARTS);
        let body = produce(BodySender(sender.clone()));
        actix_web::rt::spawn(async move {
            let last = match unless_closed(&sender, body).await {
                Ok(()) => Ok(Part::End),
                Err(StreamError::ClientGone) => return,
                Err(StreamError::Failed(problem)) => {
                    log::error!("{name} aborted: {problem}");
                    Err(problem)
                }
            };
            drop(sender.send(last).await);
        });
        Self { parts: receiver, stream_bytes: StreamBytes(held_bytes) }
    }

    /// Returns the response with this body.
    pub fn into_response(self, response: &mut HttpResponseBuilder) -> HttpResponse {
        let stream_bytes = self.stream_bytes;
        let mut response = response.body(self);
        response.extensions_mut().insert(stream_bytes);
        response
    }
}

/// Runs `body` to its end, or drops it when the client disconnects.
async fn unless_closed(
    sender: &Sender<Result<Part, Problem>>,
    body: impl Future<Output = Result<(), StreamError>>,
) -> Result<(), StreamError> {
    let (mut closed, mut body) = (pin!(sender.closed()), pin!(body));
    poll_fn(|context| match closed.as_mut().poll(context) {
        Poll::Ready(()) => Poll::Ready(Err(StreamError::ClientGone)),
        Poll::Pending => body.as_mut().poll(context),
    })
    .await
}

impl BodySender {
    /// Sends the next part. Waits while the client has not read the previous ones.
    pub async fn send(&self, bytes: impl Into<Bytes>) -> Result<(), StreamError> {
        let bytes = bytes.into();
        if bytes.is_empty() {
            return Ok(());
        }
        self.0.send(Ok(Part::Bytes(bytes))).await.map_err(|_closed| StreamError::ClientGone)
    }
}

impl MessageBody for StreamedBody {
    type Error = Box<dyn StdError>;

    fn size(&self) -> BodySize {
        BodySize::Stream
    }

    fn poll_next(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, Self::Error>>> {
        self.parts.poll_recv(context).map(|part| match part {
            Some(Ok(Part::Bytes(bytes))) => Some(Ok(bytes)),
            Some(Ok(Part::End)) => None,
            Some(Err(problem)) => Some(Err(problem.to_string().into())),
            None => Some(Err("the body ended early".into())),
        })
    }
}
