//! The bare graph that algorithms work on: numbered vertices and edges, found from both ends.
//!
//! What vertices and edges mean is in `graph`; here they are numbers, so that every algorithm can be held against a
//! plain one on small random graphs.

/// The number of a vertex.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct VertexId(pub u32);

/// The number of an edge.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EdgeId(pub u32);

impl VertexId {
    /// As an index.
    #[inline]
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

impl EdgeId {
    /// As an index.
    #[inline]
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// A directed graph in compressed rows, forward and backward.
#[derive(Clone, Debug, Default)]
pub struct Topology {
    ends: Vec<(VertexId, VertexId)>,
    leaving: Rows,
    arriving: Rows,
}

#[derive(Clone, Debug, Default)]
struct Rows {
    starts: Vec<u32>,
    edges: Vec<EdgeId>,
}

impl Rows {
    /// The numbers of the edges, sorted into rows by one of their ends. Counting keeps the order of the edges.
    fn new(vertices: usize, ends: impl Iterator<Item = VertexId> + Clone) -> Self {
        let mut starts = vec![0_u32; vertices + 1];
        for end in ends.clone() {
            starts[end.index() + 1] += 1;
        }
        for at in 1..starts.len() {
            starts[at] += starts[at - 1];
        }
        let mut next = starts.clone();
        let mut edges = vec![EdgeId(0); starts.last().map_or(0, |&count| count as usize)];
        for (number, end) in (0..).zip(ends) {
            let slot = &mut next[end.index()];
            edges[*slot as usize] = EdgeId(number);
            *slot += 1;
        }
        Self { starts, edges }
    }

    fn row(&self, vertex: VertexId) -> &[EdgeId] {
        &self.edges[self.starts[vertex.index()] as usize..self.starts[vertex.index() + 1] as usize]
    }
}

impl Topology {
    /// A graph of so many vertices with edges between these ends.
    ///
    /// # Panics
    /// If an end is not below `vertices`.
    pub fn new(vertices: usize, ends: Vec<(VertexId, VertexId)>) -> Self {
        let leaving = Rows::new(vertices, ends.iter().map(|(from, _)| *from));
        let arriving = Rows::new(vertices, ends.iter().map(|(_, to)| *to));
        Self { ends, leaving, arriving }
    }

    /// How many vertices there are.
    pub fn vertices(&self) -> usize {
        self.leaving.starts.len().saturating_sub(1)
    }

    /// How many edges there are.
    pub fn edges(&self) -> usize {
        self.ends.len()
    }

    /// Where an edge begins.
    #[inline]
    pub fn from(&self, edge: EdgeId) -> VertexId {
        self.ends[edge.index()].0
    }

    /// Where an edge ends.
    #[inline]
    pub fn to(&self, edge: EdgeId) -> VertexId {
        self.ends[edge.index()].1
    }

    /// The edges that leave a vertex, in the order of their numbers.
    #[inline]
    pub fn leaving(&self, vertex: VertexId) -> &[EdgeId] {
        self.leaving.row(vertex)
    }

    /// The edges that arrive at a vertex, in the order of their numbers.
    #[inline]
    pub fn arriving(&self, vertex: VertexId) -> &[EdgeId] {
        self.arriving.row(vertex)
    }
}

/// A set of vertices or edges.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Set {
    words: Vec<u64>,
}

impl Set {
    /// An empty set with room for so many.
    pub fn new(size: usize) -> Self {
        Self { words: vec![0; size.div_ceil(64)] }
    }

    /// Adds one; false if it was there.
    #[inline]
    pub fn insert(&mut self, at: usize) -> bool {
        let (word, bit) = (at / 64, 1 << (at % 64));
        if word >= self.words.len() {
            self.words.resize(word + 1, 0);
        }
        let new = self.words[word] & bit == 0;
        self.words[word] |= bit;
        new
    }

    /// Adds all of another set.
    pub fn extend(&mut self, other: &Self) {
        if self.words.len() < other.words.len() {
            self.words.resize(other.words.len(), 0);
        }
        for (word, more) in self.words.iter_mut().zip(&other.words) {
            *word |= more;
        }
    }

    /// Takes one out.
    pub fn remove(&mut self, at: usize) {
        if let Some(word) = self.words.get_mut(at / 64) {
            *word &= !(1 << (at % 64));
        }
    }

    /// Whether it is there.
    #[inline]
    pub fn contains(&self, at: usize) -> bool {
        self.words.get(at / 64).is_some_and(|word| word & (1 << (at % 64)) != 0)
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.words.iter().map(|word| word.count_ones() as usize).sum()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.words.iter().all(|&word| word == 0)
    }
}

/// What a search must not use: edges that do not count, and vertices that are taken away.
#[derive(Clone, Debug, Default)]
pub struct Removed {
    /// Vertices that are gone.
    pub vertices: Set,
    /// Edges that are gone.
    pub edges: Set,
}

/// The direction of a search.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// Along the edges.
    Forward,
    /// Against them.
    Backward,
}

impl Topology {
    /// All vertices that can be reached from `starts`, these included, without what is removed.
    pub fn reach(&self, starts: &[VertexId], direction: Direction, removed: &Removed) -> Set {
        let mut reached = Set::new(self.vertices());
        let mut open: Vec<VertexId> = Vec::new();
        let mut visit = |vertex: VertexId, open: &mut Vec<VertexId>| {
            if !removed.vertices.contains(vertex.index()) && reached.insert(vertex.index()) {
                open.push(vertex);
            }
        };
        for &start in starts {
            visit(start, &mut open);
        }
        while let Some(vertex) = open.pop() {
            let edges = match direction {
                Direction::Forward => self.leaving(vertex),
                Direction::Backward => self.arriving(vertex),
            };
            for &edge in edges.iter().filter(|edge| !removed.edges.contains(edge.index())) {
                let next = match direction {
                    Direction::Forward => self.to(edge),
                    Direction::Backward => self.from(edge),
                };
                visit(next, &mut open);
            }
        }
        reached
    }
}
