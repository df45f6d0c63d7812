//! All pairs at once: who may connect to whom on some port.
//!
//! Where every rule admits, which is so without policies of administrators, only what rules name is looked at: who is not
//! restricted is a few words of bits. Otherwise every row is evaluated as a whole.

use crate::bits::Bits;
use crate::census::{Family, Map};
use crate::compile::{Compiled, Side};
use crate::evaluate::Scratch;
use crate::network::Network;
use crate::sets::EVERYBODY;

/// How many pairs of endpoints may connect.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Pairs {
    /// On some port.
    pub some: u64,
    /// On all ports of all protocols.
    pub all: u64,
}

/// Who may connect to whom on some port.
pub struct Adjacency {
    /// For every behaviour those that it may connect to.
    pub(crate) rows: Vec<Bits>,
    /// How many pairs of endpoints that are.
    pub pairs: Pairs,
}

impl Network<'_> {
    /// All pairs.
    pub fn adjacency(&self) -> Adjacency {
        let sizes: Vec<u64> = self.of_behaviour.iter().map(|endpoints| endpoints.len() as u64).collect();
        let mut counted = Counted { sizes: &sizes, pairs: Pairs::default() };
        let compiled = &*self.compiled;
        let rows = match single(compiled) {
            Some(sides) => Sparse::new(compiled, sides).rows(&mut counted),
            None => whole_rows(compiled, &mut counted),
        };
        Adjacency { rows, pairs: counted.pairs }
    }
}

/// The two sides of the only stage, if all of its rules admit.
fn single(compiled: &Compiled) -> Option<[&Side; 2]> {
    let [stage] = &*compiled.stages else { return None };
    let sides = [&stage.ingress, &stage.egress];
    sides.iter().all(|side| side.admits_only).then_some(sides)
}

struct Counted<'s> {
    /// How many endpoints each behaviour is.
    sizes: &'s [u64],
    pairs: Pairs,
}

impl Counted<'_> {
    fn add(&mut self, source: u32, some: &Bits, all: &Bits) {
        let own = self.sizes[source as usize];
        let sum = |set: &Bits| if own == 0 { 0 } else { set.iter().map(|to| self.sizes[to as usize]).sum::<u64>() };
        let (some, all) = (sum(some), sum(all));
        self.pairs.some += own * some;
        self.pairs.all += own * all;
    }
}

fn whole_rows(compiled: &Compiled, counted: &mut Counted<'_>) -> Vec<Bits> {
    let count = compiled.behaviours.len();
    let (mut scratch, mut row) = (Scratch::default(), Vec::new());
    let mut rows = Vec::with_capacity(count);
    for source in 0..count as u32 {
        let (mut some, mut partly) = (Bits::new(count), Bits::new(count));
        for page in 0..compiled.atoms.pages() {
            compiled.row(source, page, &mut scratch, &mut row);
            let whole = compiled.atoms.all(page);
            some.insert_where(row.iter().map(|mask| *mask != 0));
            partly.insert_where(row.iter().map(|mask| *mask != whole));
        }
        let mut all = some.clone();
        all.subtract(&partly);
        counted.add(source, &some, &all);
        rows.push(some);
    }
    rows
}

/// Masks of behaviours, page by page, of which few are changed between two clearings.
struct Masks {
    behaviours: usize,
    masks: Vec<u64>,
    /// What they are when they are clear.
    base: Vec<u64>,
    touched: Vec<u32>,
    is_touched: Bits,
}

impl Masks {
    fn new(behaviours: usize, pages: usize) -> Self {
        let masks = vec![0; behaviours * pages];
        Self { behaviours, base: masks.clone(), masks, touched: Vec::new(), is_touched: Bits::new(behaviours) }
    }

    /// What has been added is what is left when the rest is cleared.
    fn make_base(&mut self) {
        self.base.clone_from(&self.masks);
        self.clear();
    }

    fn clear(&mut self) {
        for &behaviour in &self.touched {
            for (own, base) in self.masks.chunks_mut(self.behaviours).zip(self.base.chunks(self.behaviours)) {
                own[behaviour as usize] = base[behaviour as usize];
            }
            self.is_touched.remove(behaviour);
        }
        self.touched.clear();
    }

    fn add(&mut self, behaviours: &[u32], masks: &[u64]) {
        for &behaviour in behaviours {
            if !self.is_touched.contains(behaviour) {
                self.is_touched.insert(behaviour);
                self.touched.push(behaviour);
            }
            let pages = self.masks.chunks_mut(self.behaviours);
            pages.zip(masks).for_each(|(page, mask)| page[behaviour as usize] |= mask);
        }
    }

    fn of(&self, behaviour: u32) -> impl Iterator<Item = u64> + '_ {
        self.masks.chunks(self.behaviours).map(move |page| page[behaviour as usize])
    }
}

struct Sparse<'c> {
    compiled: &'c Compiled,
    ingress: &'c Side,
    egress: &'c Side,
    whole: Vec<u64>,
    /// Those that let everybody in.
    open: Bits,
    /// Those that let everybody in on some port, and on all.
    to_everybody: [Bits; 2],
    /// For every kind of source those that it connects to at all.
    connected: Map<(bool, Family), Bits>,
    into: Masks,
    /// What a source may send, page by page.
    out: Vec<u64>,
}

impl<'c> Sparse<'c> {
    fn new(compiled: &'c Compiled, [ingress, egress]: [&'c Side; 2]) -> Self {
        let (count, pages) = (compiled.behaviours.len(), compiled.atoms.pages());
        let mut open = Bits::full(count);
        open.subtract(&ingress.closed);
        let mut sparse = Self {
            compiled,
            ingress,
            egress,
            whole: (0..pages).map(|page| compiled.atoms.all(page)).collect(),
            to_everybody: [open.clone(), open.clone()],
            open,
            connected: Map::default(),
            into: Masks::new(count, pages),
            out: vec![0; count * pages],
        };
        // What lets everybody in is the same for every source.
        let free: Vec<u32> = sparse.open.iter().collect();
        sparse.into.add(&free, &sparse.whole);
        for rule in compiled.rules_with_peers(ingress, EVERYBODY) {
            sparse.into.add(&compiled.sets[rule.subject as usize], &rule.masks);
        }
        let [mut some, mut all] = sparse.to_everybody.clone();
        sparse.add_let_in(&mut some, &mut all);
        sparse.to_everybody = [some, all];
        sparse.into.make_base();
        sparse
    }

    fn rows(mut self, counted: &mut Counted<'_>) -> Vec<Bits> {
        let compiled = self.compiled;
        let count = compiled.behaviours.len();
        let mut rows = Vec::with_capacity(count);
        for (source, own) in (0..).zip(compiled.behaviours.iter()) {
            let (mut some, mut all) = match own.is_pod && self.egress.closed.contains(source) {
                true => self.restricted(source),
                false => self.free(source),
            };
            let connected = self.connected.entry((own.is_workload, own.family)).or_insert_with(|| {
                let mut connected = Bits::new(count);
                let others = (0..).zip(compiled.behaviours.iter()).filter(|(_, other)| own.connects(other));
                others.for_each(|(other, _)| connected.insert(other));
                connected
            });
            some.intersect(connected);
            all.intersect(connected);
            counted.add(source, &some, &all);
            rows.push(some);
        }
        rows
    }

    /// What restricted destinations let in from a source.
    fn let_in(&mut self, source: u32) {
        self.into.clear();
        for &set in &self.compiled.behaviours[source as usize].sets {
            for rule in self.compiled.rules_with_peers(self.ingress, set) {
                self.into.add(&self.compiled.sets[rule.subject as usize], &rule.masks);
            }
        }
    }

    fn add_let_in(&self, some: &mut Bits, all: &mut Bits) {
        for &to in &self.into.touched {
            if self.into.of(to).any(|mask| mask != 0) {
                some.insert(to);
            }
            if self.into.of(to).eq(self.whole.iter().copied()) {
                all.insert(to);
            }
        }
    }

    /// Where a source gets that nothing keeps from going.
    fn free(&mut self, source: u32) -> (Bits, Bits) {
        self.let_in(source);
        let [mut some, mut all] = self.to_everybody.clone();
        self.add_let_in(&mut some, &mut all);
        (some, all)
    }

    /// Where a source gets that may go only where rules say.
    fn restricted(&mut self, source: u32) -> (Bits, Bits) {
        let compiled = self.compiled;
        let count = compiled.behaviours.len();
        self.out.fill(0);
        for &set in [EVERYBODY].iter().chain(&compiled.behaviours[source as usize].sets) {
            for rule in compiled.rules_with_subject(self.egress, set) {
                for (page, mask) in self.out.chunks_mut(count).zip(&rule.masks) {
                    for &(first, end) in &compiled.runs[rule.peers as usize] {
                        page[first as usize..end as usize].iter_mut().for_each(|own| *own |= mask);
                    }
                }
            }
        }
        self.let_in(source);
        let (mut some, mut partly) = (Bits::new(count), Bits::new(count));
        let pages = self.out.chunks(count).zip(self.into.masks.chunks(count)).zip(&self.whole);
        for ((out, into), whole) in pages {
            some.insert_where(out.iter().zip(into).map(|(out, into)| out & into != 0));
            partly.insert_where(out.iter().zip(into).map(|(out, into)| out & into != *whole));
        }
        let mut all = some.clone();
        all.subtract(&partly);
        (some, all)
    }
}
