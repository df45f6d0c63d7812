//! The program as its users see it.

#![expect(clippy::unwrap_used, reason = "a test that fails says where")]

mod changes;
#[cfg(unix)]
mod ci;
mod configuration;
mod exceptions;
mod fix;
mod formats;
mod frameworks;
mod generated;
mod hostile;
mod pod_security;
mod program;
mod scan;
mod schemas;
mod screens;
