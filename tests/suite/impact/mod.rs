//! Summaries and series of impact statistics, compared with a reference implementation and with a
//! table of cases.

mod cases;
mod reference;
mod series;
