//! The program as its users see it.

mod formats;
mod generated;
mod hostile;
mod program;
mod scan;
