//! Findings for people and machines: one file for each format.
//!
//! Formats take a `Report` and a writer, and stream: a report of a million findings needs no more memory than
//! one of ten.

pub mod baseline;
pub mod comparison;
pub mod csv;
pub mod doctor;
pub mod github;
pub mod github_summary;
pub mod gitlab_code_quality;
pub mod gitlab_sast;
pub mod html;
pub mod json;
pub mod junit;
pub mod markdown;
pub mod network;
pub mod paths;
mod pieces;
pub mod pod_security;
pub mod policy;
pub mod rbac;
pub mod report;
pub mod repository;
pub mod sarif;
pub mod text;
pub mod verdict;
pub mod watch;
