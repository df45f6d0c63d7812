//! Tables whose order is the same in every run.

/// A table by keys.
pub(crate) type Map<K, V> = hashbrown::HashMap<K, V, foldhash::fast::FixedState>;
/// A set.
pub(crate) type Set<T> = hashbrown::HashSet<T, foldhash::fast::FixedState>;
