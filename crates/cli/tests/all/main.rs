//! The program as its users see it.

#![expect(clippy::unwrap_used, reason = "a test that fails says where")]

mod changes;
mod charts;
#[cfg(unix)]
mod ci;
mod clusters;
mod configuration;
mod dumps;
mod examples;
mod exceptions;
mod fix;
mod fix_inline;
mod fix_objects;
mod fix_rendered;
mod formats;
mod frameworks;
mod generated;
mod hostile;
mod network_changes;
mod network_check;
mod network_doubts;
mod network_exposure;
mod network_generate;
mod network_list;
mod network_sanity;
mod network_unknown;
mod overlays;
mod path_edges;
mod path_formats;
mod paths;
mod plans;
mod pod_security;
mod policies;
mod priorities;
mod program;
mod rbac;
mod rbac_least;
#[cfg(unix)]
mod redaction;
mod releases;
mod repositories;
mod scan;
mod schemas;
mod screens;
