//! Request bodies that nobody reads.
//!
//! actix-http closes a connection whose request has a body of stated length that was not read. A
//! chunked body it reads to its end and discards, however long that takes, if the handler has
//! dropped it. It is therefore kept until the response has been sent: then the connection is closed
//! as well.

use std::cell::RefCell;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

use actix_web::HttpMessage;
use actix_web::dev::{Payload, ServiceRequest};
use actix_web::error::PayloadError;
use actix_web::http::header;
use actix_web::web::Bytes;
use futures_core::Stream;

/// The payload of a request, which its handler may read. It exists until every clone is dropped.
#[derive(Clone)]
pub struct RetainedPayload(Rc<RefCell<Payload>>);

impl RetainedPayload {
    /// Retains the payload of a request with a chunked body; `None` for all others.
    pub fn of_chunked(request: &mut ServiceRequest) -> Option<Self> {
        request.headers().get(header::TRANSFER_ENCODING)?;
        let payload = Self(Rc::new(RefCell::new(request.take_payload())));
        request.set_payload(Payload::Stream { payload: Box::pin(payload.clone()) });
        Some(payload)
    }
}

impl Stream for RetainedPayload {
    type Item = Result<Bytes, PayloadError>;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        Pin::new(&mut *self.0.borrow_mut()).poll_next(context)
    }
}
