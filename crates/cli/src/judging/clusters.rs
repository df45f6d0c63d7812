//! Running clusters and snapshots, each judged by itself: what is in one says nothing of another.

use std::sync::{Mutex, OnceLock, PoisonError};

use controls::engine::{Engine, SecondLook};
use model::custom_schema::{CustomKind, custom_kinds};
use model::inventory::{Inventory, Observed};

use super::Request;
use crate::arguments::Order;
use crate::exceptions::Collector;
use crate::inputs::{self, Source};

/// Reads and judges what `source` says, into `inventory`.
///
/// # Errors
/// A cluster that cannot be asked, a snapshot that cannot be read.
pub(super) fn judge(
    request: &Request<'_>,
    source: Source<'_>,
    engine: &Engine,
    collector: &Collector,
    kinds: Vec<CustomKind>,
    inventory: &mut Inventory,
) -> anyhow::Result<()> {
    let order = (request.order, request.selection.kubernetes_version.map(schemas::Version::minor));
    let judging = |kinds| Judging { engine, collector, order, kinds: Mutex::new(kinds), second: OnceLock::new() };
    match source {
        Source::Manifests => Ok(()),
        Source::Snapshot(path) => judging(kinds).run(inventory, &mut |hooks, inventory| {
            inputs::load_snapshot(path, request.input.threads, request.cluster.feature, hooks, inventory)
                .map(|loaded| loaded.unseen)
        }),
        Source::Clusters(connections) => inputs::each_cluster(connections, inventory, &mut |connection, inventory| {
            let reached = inputs::reach(request.cluster, connection)?;
            let mut reached = Some(reached);
            let mut own = Inventory { symbols: std::mem::take(&mut inventory.symbols), ..Inventory::default() };
            let judged = judging(kinds.clone()).run(&mut own, &mut |hooks, inventory| {
                let reached = reached.take().expect("it is loaded once");
                inputs::load_cluster(request.cluster, reached, None, hooks, inventory).map(|loaded| loaded.unseen)
            });
            inventory.symbols = std::mem::take(&mut own.symbols);
            judged?;
            inventory.absorb(own);
            Ok(())
        }),
    }
}

/// Judges one cluster that `load` reads.
pub(super) fn judge_one(
    (engine, collector): (&Engine, &Collector),
    kinds: Vec<CustomKind>,
    inventory: &mut Inventory,
    load: Load<'_>,
) -> anyhow::Result<()> {
    let order = (Order::Severity, None);
    Judging { engine, collector, order, kinds: Mutex::new(kinds), second: OnceLock::new() }.run(inventory, load)
}

/// What is done with the objects of one cluster.
struct Judging<'a> {
    engine: &'a Engine,
    collector: &'a Collector,
    order: (Order, Option<u8>),
    kinds: Mutex<Vec<CustomKind>>,
    /// What holds custom resources against their definitions, when those are known.
    second: OnceLock<Option<SecondLook<'a>>>,
}

/// Loads a cluster with these hooks; returns the kinds of which not everything was seen.
pub(super) type Load<'l> =
    &'l mut dyn FnMut((inputs::Judge<'_>, &(dyn Fn() + Sync)), &mut Inventory) -> anyhow::Result<Vec<(String, String)>>;

impl Judging<'_> {
    fn run(&self, inventory: &mut Inventory, load: Load<'_>) -> anyhow::Result<()> {
        let judge = |observed: Observed<'_>, symbols: &_, verdicts: &mut _| {
            self.engine.judge(observed, symbols, verdicts);
            if let Some(Some(second)) = self.second.get() {
                second.judge(observed, symbols, verdicts);
            } else if observed.object.is("apiextensions.k8s.io", "CustomResourceDefinition") {
                let mut kinds = self.kinds.lock().unwrap_or_else(PoisonError::into_inner);
                kinds.extend(custom_kinds(observed.object));
            }
            self.collector.observe(observed);
        };
        let after_definitions = || {
            let kinds = std::mem::take(&mut *self.kinds.lock().unwrap_or_else(PoisonError::into_inner));
            self.second.get_or_init(|| self.engine.first_look(kinds));
        };
        load((&judge, &after_definitions), inventory)?;
        self.engine.judge_inventory(inventory, &super::on_all_processors);
        super::prioritise(inventory, self.order);
        Ok(())
    }
}
