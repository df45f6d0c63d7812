//! Every change that a control proposes mends what the control finds, in all of its fixtures.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use controls::engine::{Engine, Passed};
use fixes::plan::Scanned;
use fixes::{Scan, ScanError, Session};
use manifests::{load, walk};
use model::control::{Fixture, Registered};
use model::fix::FixClass;
use model::inventory::{Inventory, Observed};

struct Again<'a> {
    path: PathBuf,
    registered: Registered,
    fixture: &'a Fixture,
}

impl Scan for Again<'_> {
    fn scan(&self, texts: &BTreeMap<PathBuf, String>) -> Result<Scanned, ScanError> {
        let config = walk::Config {
            paths: vec![self.path.clone()],
            allow_empty: true,
            threads: 1,
            texts: Arc::new(texts.clone()),
            ..walk::Config::default()
        };
        let settings = self.fixture.settings(self.registered.control);
        let engine = Engine::new(vec![self.registered], Passed::Drop, settings);
        let mut inventory = Inventory { complete: self.fixture.complete, ..Inventory::default() };
        let judge = |observed: Observed<'_>, symbols: &_, verdicts: &mut _| engine.judge(observed, symbols, verdicts);
        let found = walk::walk(&config).unwrap();
        load::load(&config, found, &mut inventory, &judge, &load::Progress::default());
        engine.judge_inventory(&mut inventory, &controls::engine::one_by_one);
        Ok(Scanned { results: inventory.into_results(), controls: engine.selected().to_vec() })
    }
}

/// What is wrong with the changes for one fixture.
fn complaints(registered: Registered, fixture: &Fixture) -> Vec<String> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("fixture.yaml");
    std::fs::write(&path, fixture.yaml).unwrap();
    // New objects are written beside it.
    let again = Again { path: folder.path().to_path_buf(), registered, fixture };
    let found = again.scan(&BTreeMap::new()).unwrap();
    let mut asked = |fix: &fixes::plan::Fix| matches!(fix.class, FixClass::Safe | FixClass::Unsafe);
    let outcome = Session::new(found, &again).run(&mut asked).unwrap();
    let withdrawn = outcome.withdrawn.iter().map(|withdrawn| {
        format!("{} at `{}`: {}\n{}", registered.control.id, withdrawn.fix.field, withdrawn.reason, fixture.yaml)
    });
    let left = outcome.left.iter().filter(|fix| matches!(fix.class, FixClass::Safe | FixClass::Unsafe));
    let left = left.map(|fix| format!("{} at `{}` is left\n{}", registered.control.id, fix.field, fixture.yaml));
    withdrawn.chain(left).collect()
}

#[test]
fn what_a_control_proposes_mends_what_it_finds() {
    let fixtures = controls::all()
        .flat_map(|registered| registered.control.fixtures.iter().map(move |fixture| (registered, fixture)));
    let complaints: Vec<String> = fixtures.flat_map(|(registered, fixture)| complaints(registered, fixture)).collect();
    assert!(complaints.is_empty(), "{} of them\n{}", complaints.len(), complaints.join("\n----\n"));
}
