//! Who may connect to whom, kept as a table: distinct sets of ports once, and a number for each pair.

use std::collections::HashMap;

use ::network::{EndpointId, Network, Ports};

/// The table. Its size is that of the square of the endpoints.
pub(super) struct Table {
    size: usize,
    pairs: Vec<u32>,
    ports: Vec<Ports>,
}

impl Table {
    pub(super) fn new(network: &Network<'_>) -> Self {
        let size = network.endpoints().count();
        let mut pairs = vec![0; size * size];
        let mut ports = vec![Ports::none()];
        let mut known: HashMap<Ports, u32> = HashMap::from([(Ports::none(), 0)]);
        network.rows(&mut |from, row| {
            let own = &mut pairs[from.0 as usize * size..(from.0 as usize + 1) * size];
            let mut last: Option<(EndpointId, u32)> = None;
            for (to, slot) in (0..).map(EndpointId).zip(own) {
                // Neighbours are treated alike more often than not.
                if let Some((before, number)) = last.filter(|(before, _)| row.same(*before, to)) {
                    (*slot, last) = (number, Some((before, number)));
                    continue;
                }
                let found = row.to(to);
                let next = ports.len() as u32;
                *slot = *known.entry(found).or_insert_with_key(|new| {
                    ports.push(new.clone());
                    next
                });
                last = Some((to, *slot));
            }
        });
        Self { size, pairs, ports }
    }

    pub(super) fn ports(&self, from: EndpointId, to: EndpointId) -> &Ports {
        &self.ports[self.pairs[from.0 as usize * self.size + to.0 as usize] as usize]
    }
}
