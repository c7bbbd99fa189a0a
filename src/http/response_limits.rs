//! Limits on responses that are not read, or only slowly.
//!
//! - Large bodies are sent in slices, so that a connection holds no copy of the body.
//! - The operating system buffers at most [`MAX_UNSENT_BYTES`] for each connection.
//! - A client that reads nothing for [`MAX_BLOCKED_TIME`] is disconnected, and one that makes the
//!   server wait longer than that in all, if it reads less than [`MIN_BYTES_PER_SECOND`].
//! - The bodies of a worker thread that wait for their clients hold at most [`MAX_WAITING_BYTES`].
//!   Above that, those are aborted that have waited longest. Each thread has a limit of its own, so
//!   that clients that do not read affect as few others as possible.

use std::any::Any;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::error::Error as StdError;
use std::net::Shutdown;
use std::os::fd::{AsRawFd, BorrowedFd, RawFd};
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, ready};
use std::time::{Duration, Instant};

use actix_web::body::{BodySize, BoxBody, MessageBody};
use actix_web::dev::{Extensions, ServiceRequest};
use actix_web::rt::net::TcpStream;
use actix_web::web::Bytes;
use socket2::SockRef;

use crate::http::request_payload::RetainedPayload;
use crate::text::logfmt::quote;

/// Maximum number of bytes that are passed to a connection at once. Smaller bodies have no limits:
/// the connection holds them, and its timeouts apply.
const SLICE_BYTES: usize = 32 * 1024;
/// Maximum time that the server waits for a client in all, in addition to the time that the client
/// needs at [`MIN_BYTES_PER_SECOND`].
const MAX_BLOCKED_TIME: Duration = Duration::from_mins(1);
/// Time between searches for clients that do not read.
const WATCH_INTERVAL: Duration = Duration::from_secs(2);
/// Maximum number of bytes that the operating system accepts before it can send them. Without this
/// limit, it buffers megabytes for each connection, and nothing shows whether the client reads.
#[cfg(target_os = "linux")]
const MAX_UNSENT_BYTES: u32 = 128 * 1024;
/// Minimum rate at which a client reads.
const MIN_BYTES_PER_SECOND: u32 = 4_000;
/// Maximum size of the bodies of a thread that wait for their clients.
const MAX_WAITING_BYTES: usize = 24 * 1024 * 1024;
/// Default of [`StreamBytes`].
const STREAM_BYTES: usize = 1024 * 1024;

thread_local! {
    /// The bodies of this thread that wait for their clients.
    static WAITING_BODIES: RefCell<WaitingBodies> = const { RefCell::new(WaitingBodies::new()) };
}

/// Memory that a streamed body takes: an extension of the response. [`STREAM_BYTES`] without it.
#[derive(Clone, Copy)]
pub struct StreamBytes(pub usize);

/// What a body needs of its connection.
#[derive(Default)]
pub struct ConnectionParts {
    socket: Option<ConnectionSocket>,
    /// The payload of the request, which is kept until the response has been sent.
    payload: Option<RetainedPayload>,
}

impl ConnectionParts {
    /// Takes the parts of the connection of a request.
    pub fn of_request(request: &mut ServiceRequest) -> Self {
        Self {
            socket: request.conn_data::<ConnectionSocket>().copied(),
            payload: RetainedPayload::of_chunked(request),
        }
    }

    /// Limits the body of a response; `request_id` is for the log.
    pub fn limit_body(
        self,
        body: BoxBody,
        stream_bytes: Option<StreamBytes>,
        request_id: &str,
    ) -> BoxBody {
        let size = body.size();
        let is_large = match size {
            BodySize::None => false,
            BodySize::Sized(bytes) => {
                usize::try_from(bytes).map_or(true, |bytes| bytes > SLICE_BYTES)
            }
            BodySize::Stream => true,
        };
        let Self { socket, payload } = self;
        if !is_large && payload.is_none() {
            return body;
        }
        let stream_bytes = stream_bytes.map_or(STREAM_BYTES, |stream_bytes| stream_bytes.0);
        let from_stream = |body| Content { stream: Some(body), stream_bytes, ..Content::default() };
        let content = match body {
            body if !matches!(size, BodySize::Sized(_)) => from_stream(body),
            body => body.try_into_bytes().map_or_else(from_stream, Content::from_bytes),
        };
        let held_body = HeldBody {
            content,
            waiting_since: Instant::now(),
            socket,
            request_id: request_id.to_owned(),
        };
        BoxBody::new(LimitedBody {
            held_body: Rc::new(RefCell::new(held_body)),
            size,
            position: None,
            client: ClientPace::default(),
            _payload: payload,
        })
    }
}

/// The socket of a connection: an extension of the connection.
#[derive(Clone, Copy)]
pub struct ConnectionSocket(RawFd);

impl ConnectionSocket {
    /// Limits what the operating system buffers for a new connection, and remembers its socket.
    pub fn register(connection: &dyn Any, extensions: &mut Extensions) {
        let Some(stream) = connection.downcast_ref::<TcpStream>() else { return };
        // Otherwise the last slice of a body waits until the client has acknowledged the others,
        // which takes 40 ms.
        if let Err(error) = stream.set_nodelay(true) {
            log::warn!("responses may be delayed: {error}");
        }
        #[cfg(target_os = "linux")]
        if let Err(error) = SockRef::from(stream).set_tcp_notsent_lowat(MAX_UNSENT_BYTES) {
            log::warn!("the operating system does not limit its buffers: {error}");
        }
        extensions.insert(Self(stream.as_raw_fd()));
    }

    /// Closes the connection while it waits for its client.
    #[expect(unsafe_code, reason = "the framework gives no access to the socket of a body")]
    fn shut_down(self) {
        // SAFETY: The connection owns the socket and the body, and drops the body first. This is
        // called for bodies that have not been dropped.
        let socket = unsafe { BorrowedFd::borrow_raw(self.0) };
        let socket = SockRef::from(&socket);
        // Otherwise the operating system keeps what it has buffered for the client. Both fail if the
        // client has closed the connection.
        drop(socket.set_linger(Some(Duration::ZERO)));
        drop(socket.shutdown(Shutdown::Both));
    }
}

/// What remains of a body.
#[derive(Default)]
struct Content {
    /// Bytes to send before those of the stream.
    bytes: Bytes,
    /// Size of the memory that `bytes` are a part of; 0 if others share it.
    buffer_bytes: usize,
    stream: Option<BoxBody>,
    /// Size of what the stream holds.
    stream_bytes: usize,
    /// Whether it was dropped because other bodies needed the memory.
    is_dropped: bool,
}

impl Content {
    fn from_bytes(bytes: Bytes) -> Self {
        let mut content = Self::default();
        content.set_bytes(bytes);
        content
    }

    fn set_bytes(&mut self, bytes: Bytes) {
        self.buffer_bytes = if bytes.is_unique() { bytes.len() } else { 0 };
        self.bytes = bytes;
    }

    /// Estimated number of bytes that are freed when the content is dropped.
    fn held_bytes(&self) -> usize {
        let buffer = if self.bytes.is_empty() { 0 } else { self.buffer_bytes };
        buffer.saturating_add(if self.stream.is_some() { self.stream_bytes } else { 0 })
    }

    fn poll_next(&mut self, context: &mut Context<'_>) -> BodyPoll {
        while self.bytes.is_empty() {
            let Some(stream) = &mut self.stream else { return Poll::Ready(None) };
            match ready!(Pin::new(stream).poll_next(context)) {
                Some(Ok(bytes)) => self.set_bytes(bytes),
                Some(Err(error)) => return Poll::Ready(Some(Err(error))),
                None => self.stream = None,
            }
        }
        let slice = self.bytes.split_to(self.bytes.len().min(SLICE_BYTES));
        Poll::Ready(Some(Ok(slice)))
    }
}

/// Result of polling a body.
type BodyPoll = Poll<Option<Result<Bytes, Box<dyn StdError>>>>;

/// A body that is being sent.
struct HeldBody {
    content: Content,
    /// Since when it waits for its client, if it does.
    waiting_since: Instant,
    socket: Option<ConnectionSocket>,
    /// For the log.
    request_id: String,
}

impl HeldBody {
    /// Disconnects the client.
    fn abort(&mut self, reason: &str) {
        log::warn!(
            target: "kinoteka::request",
            "request_id={} response=aborted reason={}",
            self.request_id,
            quote(reason)
        );
        self.content = Content { is_dropped: true, ..Content::default() };
        if let Some(socket) = self.socket {
            socket.shut_down();
        }
    }
}

/// The bodies of a thread that wait for their clients. Those that are being produced do not.
struct WaitingBodies {
    /// Those that have waited longest are first.
    bodies: BTreeMap<u64, Rc<RefCell<HeldBody>>>,
    next_position: u64,
    /// Size of these bodies.
    bytes: usize,
    /// Whether a task looks for clients that do not read.
    is_watched: bool,
}

impl WaitingBodies {
    const fn new() -> Self {
        Self { bodies: BTreeMap::new(), next_position: 0, bytes: 0, is_watched: false }
    }

    /// Adds a body after all others, and returns its position. If that is too much, aborts those
    /// that have waited longest.
    fn push(&mut self, body: Rc<RefCell<HeldBody>>) -> u64 {
        let has_socket = {
            let mut body = body.borrow_mut();
            body.waiting_since = Instant::now();
            self.bytes = self.bytes.saturating_add(body.content.held_bytes());
            body.socket.is_some()
        };
        if has_socket && !self.is_watched {
            self.is_watched = true;
            actix_web::rt::spawn(abort_unread_bodies());
        }
        if self.bytes > MAX_WAITING_BYTES {
            self.abort_longest_waiting();
        }
        let position = self.next_position;
        self.next_position = position.wrapping_add(1);
        self.bodies.insert(position, body);
        position
    }

    fn abort_longest_waiting(&mut self) {
        let mut excess = self.bytes.saturating_sub(MAX_WAITING_BYTES);
        let mut unread = Vec::new();
        for (position, body) in &self.bodies {
            if excess == 0 {
                break;
            }
            let bytes = body.borrow().content.held_bytes();
            // Nothing is gained from a body that others share.
            if bytes > 0 {
                excess = excess.saturating_sub(bytes);
                unread.push(*position);
            }
        }
        for position in unread {
            self.abort(position, "too many clients do not read");
        }
    }

    /// Aborts the bodies that nobody has read since `time`. Returns whether others remain.
    fn abort_unread_since(&mut self, time: Instant) -> bool {
        while let Some((position, body)) = self.bodies.first_key_value()
            && body.borrow().waiting_since <= time
        {
            self.abort(*position, "the client does not read");
        }
        self.is_watched = !self.bodies.is_empty();
        self.is_watched
    }

    fn abort(&mut self, position: u64, reason: &str) {
        if let Some(body) = self.remove(position) {
            body.borrow_mut().abort(reason);
        }
    }

    fn remove(&mut self, position: u64) -> Option<Rc<RefCell<HeldBody>>> {
        let body = self.bodies.remove(&position)?;
        self.bytes = self.bytes.saturating_sub(body.borrow().content.held_bytes());
        Some(body)
    }
}

/// Aborts the bodies of this thread that nobody reads, until none waits.
async fn abort_unread_bodies() {
    loop {
        actix_web::rt::time::sleep(WATCH_INTERVAL).await;
        let Some(time) = Instant::now().checked_sub(MAX_BLOCKED_TIME) else { continue };
        if !WAITING_BODIES.with_borrow_mut(|bodies| bodies.abort_unread_since(time)) {
            return;
        }
    }
}

/// How fast a client reads.
#[derive(Default)]
struct ClientPace {
    sent_bytes: u64,
    /// Time that the server has waited for the client.
    blocked_time: Duration,
    blocked_since: Option<Instant>,
}

impl ClientPace {
    /// Records that bytes were passed to the connection, which asks for more when the client has
    /// read some.
    fn start_waiting(&mut self, bytes: usize) {
        self.sent_bytes = self.sent_bytes.saturating_add(u64::try_from(bytes).unwrap_or(u64::MAX));
        self.blocked_since = Some(Instant::now());
    }

    fn stop_waiting(&mut self) {
        if let Some(since) = self.blocked_since.take() {
            self.blocked_time = self.blocked_time.saturating_add(since.elapsed());
        }
    }

    fn is_too_slow(&self) -> bool {
        let needed = Duration::from_secs(self.sent_bytes / u64::from(MIN_BYTES_PER_SECOND));
        self.blocked_time > MAX_BLOCKED_TIME.saturating_add(needed)
    }
}

/// A response body with limits.
struct LimitedBody {
    held_body: Rc<RefCell<HeldBody>>,
    size: BodySize,
    /// Position among the bodies of the thread.
    position: Option<u64>,
    client: ClientPace,
    _payload: Option<RetainedPayload>,
}

impl LimitedBody {
    /// Removes the body from those that wait for their clients.
    fn stop_waiting(&mut self) {
        self.client.stop_waiting();
        if let Some(position) = self.position.take() {
            // There is no list when the thread is ending.
            let _ = WAITING_BODIES.try_with(|waiting| waiting.borrow_mut().remove(position));
        }
    }
}

impl Drop for LimitedBody {
    fn drop(&mut self) {
        self.stop_waiting();
    }
}

impl MessageBody for LimitedBody {
    type Error = Box<dyn StdError>;

    fn size(&self) -> BodySize {
        // actix-http drops a body of size `None`, and the payload with it.
        if self.size == BodySize::None { BodySize::Stream } else { self.size }
    }

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> BodyPoll {
        self.stop_waiting();
        let next = {
            let mut body = self.held_body.borrow_mut();
            if self.client.is_too_slow() {
                body.abort("the client reads too slowly");
            }
            if body.content.is_dropped {
                return Poll::Ready(Some(Err("the client does not read".into())));
            }
            body.content.poll_next(context)
        };
        if let Poll::Ready(Some(Ok(bytes))) = &next {
            self.client.start_waiting(bytes.len());
            let held_body = Rc::clone(&self.held_body);
            self.position = Some(WAITING_BODIES.with_borrow_mut(|waiting| waiting.push(held_body)));
        }
        next
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn body_of(size: usize) -> BoxBody {
        ConnectionParts::default().limit_body(BoxBody::new(Bytes::from(vec![b'x'; size])), None, "")
    }

    fn poll(body: &mut BoxBody) -> Option<Result<usize, String>> {
        let mut context = Context::from_waker(std::task::Waker::noop());
        match Pin::new(body).poll_next(&mut context) {
            Poll::Ready(next) => {
                next.map(|part| part.map(|bytes| bytes.len()).map_err(|error| error.to_string()))
            }
            Poll::Pending => panic!("the body is complete"),
        }
    }

    #[test]
    fn large_bodies_are_sent_in_slices() {
        let mut body = body_of(2 * SLICE_BYTES + 1);
        assert_eq!(body.size(), BodySize::Sized(u64::try_from(2 * SLICE_BYTES + 1).unwrap()));
        let slices: Vec<usize> =
            std::iter::from_fn(|| poll(&mut body)).map(Result::unwrap).collect();
        assert_eq!(slices, [SLICE_BYTES, SLICE_BYTES, 1]);
    }

    #[test]
    fn bodies_that_nobody_reads_are_aborted_when_memory_is_short() {
        let third = MAX_WAITING_BYTES / 3 + 1;
        let mut bodies = [body_of(third), body_of(third), body_of(third)];
        for body in bodies.iter_mut().take(2) {
            assert!(poll(body).unwrap().is_ok());
        }
        let [first, second, third] = &mut bodies;
        // The second has waited longest, so it is aborted for the third.
        assert!(poll(first).unwrap().is_ok());
        assert!(poll(third).unwrap().is_ok());
        assert!(poll(first).unwrap().is_ok());
        assert_eq!(poll(second), Some(Err("the client does not read".to_owned())));
        // Those that nobody reads for long are aborted in any case.
        let abort =
            |time| WAITING_BODIES.with_borrow_mut(|waiting| waiting.abort_unread_since(time));
        assert!(!abort(Instant::now()));
        assert!(poll(first).unwrap().is_err() && poll(third).unwrap().is_err());
        assert_eq!(WAITING_BODIES.with_borrow(|waiting| waiting.bytes), 0);
    }

    #[test]
    fn slow_clients_are_disconnected() {
        let blocked = |sent_bytes: u64, seconds: u64| ClientPace {
            sent_bytes,
            blocked_time: Duration::from_secs(seconds),
            blocked_since: None,
        };
        assert!(!blocked(0, 60).is_too_slow());
        assert!(blocked(0, 61).is_too_slow());
        let rate = u64::from(MIN_BYTES_PER_SECOND);
        assert!(!blocked(100 * rate, 160).is_too_slow());
        assert!(blocked(100 * rate, 161).is_too_slow());
    }
}
