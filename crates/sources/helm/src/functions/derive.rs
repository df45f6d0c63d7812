//! What functions need that is not theirs alone: decimal numbers, and the password of a site.

pub(super) mod decimal;
pub(super) mod password;
