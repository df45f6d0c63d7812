//! Pages in a real browser, which `PLIMSOLL_BROWSER` names. `e2e/run` finds one.

#![expect(clippy::unwrap_used, clippy::print_stderr, reason = "a test that fails or is left out says so")]

mod driven;
mod explorer;
mod findings;
mod map;
mod page;
