//! An overlay of 100 objects, built by this engine and by the real `kustomize`, where that has been built for the tests.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use super::Bench;
use super::child::Tool;
use super::figures::{Budget, Figure, Limit};
use crate::arguments::{cargo, say};

const SECTION: &str = "kustomize";
const OBJECTS: usize = 100;
/// How many times as fast as the real one.
const FASTER: f64 = 10.0;

pub(crate) fn figures(bench: &Bench, _before: &[Figure]) -> Vec<Figure> {
    say("bench: overlays");
    match measure(bench) {
        Ok(figures) => figures,
        Err(error) => vec![Figure::failed(SECTION, "an overlay", &error)],
    }
}

fn measure(bench: &Bench) -> Result<Vec<Figure>> {
    let target = super::target()?;
    let reference = target.join("e2e").join("kustomize");
    if !reference.is_file() {
        let note = "left out: `e2e/run` builds the real one".to_owned();
        return Ok(vec![Figure::noted(SECTION, "an overlay", note)]);
    }
    let status =
        cargo().args(["build", "--quiet", "--release", "--package", "kustomize", "--example", "build"]).status();
    if !status.context("cannot run `cargo`")?.success() {
        bail!("the example `build` of `kustomize` does not build");
    }
    let overlay = write(&bench.scratch.join("overlay"))?;
    let tool = |binary: PathBuf| Tool { binary, complaints: bench.scratch.join("stderr.txt") };
    let own = tool(target.join("release/examples/build")).measure(&[&overlay], bench.small_runs)?;
    let scanned = bench.tool.measure(&[Path::new("scan"), &overlay], bench.small_runs)?;
    let arguments = [Path::new("build"), &overlay];
    let theirs = tool(reference).measure(&arguments, bench.runs)?;
    let value = theirs.median / own.median;
    let budgets =
        vec![Budget { what: "faster than the real one", unit: "times", value, limit: Limit::AtLeast(FASTER) }];
    let name = format!("{OBJECTS} objects, with the start of the process");
    let own = Figure { section: SECTION, name, series: Some(own), budgets, ..Figure::default() };
    let value = theirs.median / scanned.median;
    let budgets =
        vec![Budget { what: "faster than the real one", unit: "times", value, limit: Limit::AtLeast(FASTER) }];
    let name = format!("{OBJECTS} objects, built and scanned");
    let scanned = Figure { section: SECTION, name, series: Some(scanned), budgets, ..Figure::default() };
    let name = "the same by `kustomize build`, not scanned".to_owned();
    Ok(vec![own, scanned, Figure { section: SECTION, name, series: Some(theirs), ..Figure::default() }])
}

/// A base of Deployments and Services, and an overlay that changes all of them.
fn write(folder: &Path) -> Result<PathBuf> {
    let mut objects = String::new();
    for at in 0..OBJECTS / 2 {
        objects.push_str(&format!(
            "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: web-{at}\nspec:\n  replicas: 1\n  selector:\n    matchLabels:\n      app: web-{at}\n  template:\n    metadata:\n      labels:\n        app: web-{at}\n    spec:\n      containers:\n      - name: web\n        image: nginx:1.25\n        envFrom:\n        - configMapRef:\n            name: settings\n        ports:\n        - containerPort: 8080\n---\napiVersion: v1\nkind: Service\nmetadata:\n  name: web-{at}\nspec:\n  selector:\n    app: web-{at}\n  ports:\n  - port: 80\n    targetPort: 8080\n---\n"
        ));
    }
    let patch = "[{\"op\": \"add\", \"path\": \"/spec/template/spec/hostNetwork\", \"value\": false}]";
    let overlay = format!(
        "resources: [../base]\nnamespace: prod\nnamePrefix: prod-\nimages:\n- name: nginx\n  newTag: \"1.27\"\nlabels:\n- pairs:\n    team: shop\npatches:\n- target: {{kind: Deployment}}\n  patch: '{patch}'\n- patch: |\n    apiVersion: apps/v1\n    kind: Deployment\n    metadata: {{name: web-1}}\n    spec: {{replicas: 3}}\n"
    );
    let base = "resources: [all.yaml]\nconfigMapGenerator:\n- name: settings\n  literals: [a=b]\n";
    let files = [("base/kustomization.yaml", base), ("base/all.yaml", &objects), ("over/kustomization.yaml", &overlay)];
    for (path, text) in files {
        let path = folder.join(path);
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent).with_context(|| format!("cannot create `{}`", parent.display()))?;
        }
        fs::write(&path, text).with_context(|| format!("cannot write `{}`", path.display()))?;
    }
    Ok(folder.join("over"))
}
