//! Attack paths: what an attacker who holds one thing gains next, over everything at once; and which changes cut most.

pub mod algorithms;
pub mod topology;
