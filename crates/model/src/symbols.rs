//! Texts that are kept once and named by a number: names, field paths, messages.
//!
//! An inventory of a hundred thousand objects repeats a few thousand texts. `Symbols` takes them in from many
//! threads; `SymbolTable` is what it becomes when nothing more is added, and lends the texts out.

use std::cell::RefCell;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{PoisonError, RwLock};

use hashbrown::HashTable;

const SHARDS: usize = 16;

/// A text in a `Symbols`. Equal texts have equal symbols.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Symbol(u32);

impl Symbol {
    /// The empty text, which is also "none".
    pub const EMPTY: Self = Self(0);

    /// Whether this is the empty text.
    pub fn is_empty(self) -> bool {
        self == Self::EMPTY
    }
}

/// A table of texts that grows, shared by threads.
pub struct Symbols {
    shards: [RwLock<Shard>; SHARDS],
    /// No two tables of a run have the same: what a thread remembers of one is nothing for another.
    number: u64,
}

impl Default for Symbols {
    fn default() -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(1);
        Self { shards: Default::default(), number: NEXT.fetch_add(1, Ordering::Relaxed) }
    }
}

/// How many texts a thread remembers. Field paths, names of fields and messages repeat a few hundred times each.
const REMEMBERED: usize = 4096;

/// Longer texts are seldom asked for again.
const LONGEST_REMEMBERED: usize = 200;

/// What a thread has asked for: asking the shared table costs more than all the rest, because processors have to agree
/// on who reads.
struct Memory {
    table: u64,
    texts: Vec<(u64, Symbol, Box<str>)>,
}

thread_local! {
    static MEMORY: RefCell<Memory> = const { RefCell::new(Memory { table: 0, texts: Vec::new() }) };
}

impl Memory {
    /// The slot for a hash, if it holds `text` of that table.
    fn find(&self, table: u64, hash: u64, text: &str) -> Option<Symbol> {
        let (known, symbol, kept) = self.texts.get(hash as usize % REMEMBERED).filter(|_| self.table == table)?;
        (*known == hash && **kept == *text).then_some(*symbol)
    }

    fn keep(&mut self, table: u64, hash: u64, symbol: Symbol, text: &str) {
        if self.table != table {
            self.texts.clear();
            self.texts.resize_with(REMEMBERED, || (0, Symbol::EMPTY, Box::default()));
            self.table = table;
        }
        self.texts[hash as usize % REMEMBERED] = (hash, symbol, text.into());
    }
}

/// A table of texts that no longer grows.
pub struct SymbolTable {
    shards: Vec<Shard>,
}

#[derive(Default)]
struct Shard {
    index: HashTable<u32>,
    text: String,
    ends: Vec<u32>,
}

impl Shard {
    fn text(&self, at: u32) -> &str {
        let start = if at == 0 { 0 } else { self.ends[at as usize - 1] };
        &self.text[start as usize..self.ends[at as usize] as usize]
    }

    fn find(&self, hash: u64, text: &str) -> Option<u32> {
        self.index.find(hash, |&at| self.text(at) == text).copied()
    }

    fn insert(&mut self, hash: u64, text: &str) -> u32 {
        if let Some(at) = self.find(hash, text) {
            return at;
        }
        let at = u32::try_from(self.ends.len()).expect("fewer than four thousand million texts");
        self.text.push_str(text);
        self.ends.push(u32::try_from(self.text.len()).expect("less than 4 GiB of distinct texts a shard"));
        let Self { index, text, ends } = self;
        let hash_of = |&at: &u32| {
            let start = if at == 0 { 0 } else { ends[at as usize - 1] };
            hash_text(&text[start as usize..ends[at as usize] as usize])
        };
        index.insert_unique(hash, at, hash_of);
        at
    }
}

fn hash_text(text: &str) -> u64 {
    use std::hash::{BuildHasher, Hasher};
    let mut hasher = foldhash::fast::FixedState::default().build_hasher();
    hasher.write(text.as_bytes());
    hasher.finish()
}

/// The shard is chosen by bits that the hash table inside it does not look at first.
fn shard_of(hash: u64) -> usize {
    (hash >> 32) as usize % SHARDS
}

fn symbol(shard: usize, at: u32) -> Symbol {
    Symbol(at * SHARDS as u32 + shard as u32 + 1)
}

impl Symbols {
    /// The symbol of `text`.
    pub fn intern(&self, text: &str) -> Symbol {
        if text.is_empty() {
            return Symbol::EMPTY;
        }
        let hash = hash_text(text);
        if let Some(symbol) = MEMORY.with_borrow(|memory| memory.find(self.number, hash, text)) {
            return symbol;
        }
        let symbol = self.intern_hashed(text, hash);
        if text.len() <= LONGEST_REMEMBERED {
            MEMORY.with_borrow_mut(|memory| memory.keep(self.number, hash, symbol, text));
        }
        symbol
    }

    fn intern_hashed(&self, text: &str, hash: u64) -> Symbol {
        let shard = shard_of(hash);
        let known = self.shards[shard].read().unwrap_or_else(PoisonError::into_inner).find(hash, text);
        let at = known
            .unwrap_or_else(|| self.shards[shard].write().unwrap_or_else(PoisonError::into_inner).insert(hash, text));
        symbol(shard, at)
    }

    /// The symbol of `text` if some object has it.
    pub fn find(&self, text: &str) -> Option<Symbol> {
        if text.is_empty() {
            return Some(Symbol::EMPTY);
        }
        let hash = hash_text(text);
        let shard = shard_of(hash);
        let at = self.shards[shard].read().unwrap_or_else(PoisonError::into_inner).find(hash, text)?;
        Some(symbol(shard, at))
    }

    /// A copy of the text of a symbol.
    pub fn text(&self, symbol: Symbol) -> String {
        let Some((shard, at)) = locate(symbol) else { return String::new() };
        self.shards[shard].read().unwrap_or_else(PoisonError::into_inner).text(at).to_owned()
    }

    /// Ends the growth, so that texts can be borrowed.
    pub fn freeze(self) -> SymbolTable {
        let shards = self.shards.into_iter().map(|shard| shard.into_inner().unwrap_or_else(PoisonError::into_inner));
        SymbolTable { shards: shards.collect() }
    }
}

impl SymbolTable {
    /// The text of a symbol.
    pub fn text(&self, symbol: Symbol) -> &str {
        locate(symbol).map_or("", |(shard, at)| self.shards[shard].text(at))
    }
}

fn locate(symbol: Symbol) -> Option<(usize, u32)> {
    let number = symbol.0.checked_sub(1)?;
    Some((number as usize % SHARDS, number / SHARDS as u32))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_texts_have_equal_symbols() {
        let symbols = Symbols::default();
        let texts: Vec<String> = (0..1000).map(|number| format!("name-{number}")).collect();
        let first: Vec<Symbol> = texts.iter().map(|text| symbols.intern(text)).collect();
        let second: Vec<Symbol> = texts.iter().map(|text| symbols.intern(text)).collect();
        assert_eq!(first, second);
        assert_eq!(symbols.find("name-7"), Some(first[7]));
        assert_eq!(symbols.find("other"), None);
        let table = symbols.freeze();
        assert!(texts.iter().zip(first).all(|(text, symbol)| table.text(symbol) == text));
    }

    #[test]
    fn the_empty_text_is_none() {
        let symbols = Symbols::default();
        assert_eq!(symbols.intern(""), Symbol::EMPTY);
        assert_eq!(symbols.text(Symbol::EMPTY), "");
    }
}
