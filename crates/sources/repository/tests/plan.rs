//! What is found in folders: charts, kustomizations and plain manifests, each judged once.

#![expect(clippy::unwrap_used, reason = "a test that fails says where")]

use std::fs;
use std::path::{Path, PathBuf};

use manifests::walk::{Config, walk};
use repository::options::{Bases, Options, ValueSet, ValuesSource};
use repository::plan::{Plan, Unit};
use tempfile::TempDir;

/// A folder with these files; what is not said of them is empty.
fn folder(files: &[(&str, &str)]) -> TempDir {
    let folder = TempDir::new().unwrap();
    for (path, text) in files {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    folder
}

/// The plan for paths below the folder: a line for each family with its units, then the plain files.
fn plan(folder: &Path, paths: &[&str], options: &Options) -> Vec<String> {
    let paths = paths.iter().map(|path| if path.is_empty() { folder.to_path_buf() } else { folder.join(path) });
    let config = Config { paths: paths.collect(), threads: 1, ..Config::default() };
    let Plan { plain, families } = Plan::new(&config, walk(&config).unwrap(), options);
    let short = |path: &Path| path.strip_prefix(folder).unwrap_or(path).display().to_string();
    let unit = |unit: &Unit| match unit {
        Unit::Chart(chart) => format!("{} ({})", short(&chart.path), chart.variant),
        Unit::Kustomization(path) => short(path),
    };
    let mut lines: Vec<String> = families
        .iter()
        .map(|family| {
            let units: Vec<String> = family.units.iter().map(unit).collect();
            let only: Vec<String> = family.only.iter().map(|path| short(path)).collect();
            let only = if only.is_empty() { String::new() } else { format!(" only {}", only.join(", ")) };
            format!("render {}{only}", units.join(" + "))
        })
        .collect();
    lines.extend(plain.inputs.iter().map(|input| format!("judge {}", short(&input.path))));
    lines
}

const CHART: &[(&str, &str)] = &[
    ("shop/Chart.yaml", "name: shop"),
    ("shop/values.yaml", ""),
    ("shop/values-prod.yaml", ""),
    ("shop/templates/a.yaml", ""),
    ("shop/templates/tests/b.yaml", ""),
    ("shop/crds/c.yaml", ""),
    ("shop/charts/sub/Chart.yaml", "name: sub"),
    ("shop/charts/sub/templates/d.yaml", ""),
    ("shop/charts/packed-1.0.0.tgz", ""),
    ("shop/examples/e.yaml", ""),
    ("other.yaml", ""),
];

#[test]
fn a_chart_is_rendered_and_its_parts_are_not_judged_alone() {
    let folder = folder(CHART);
    let found = plan(folder.path(), &[""], &Options::default());
    assert_eq!(found, ["render shop (values.yaml)", "judge other.yaml", "judge shop/examples/e.yaml"]);
}

#[test]
fn a_subchart_is_rendered_alone_where_it_is_named_or_all_are_asked_for() {
    let folder = folder(CHART);
    let of_sub = plan(folder.path(), &["shop/charts/sub"], &Options::default());
    assert_eq!(of_sub, ["render shop/charts/sub (values.yaml)"]);
    let all = plan(folder.path(), &["shop"], &Options { bases: Bases::All, ..Options::default() });
    assert_eq!(all[..2], ["render shop (values.yaml)", "render shop/charts/sub (values.yaml)"]);
}

#[test]
fn a_template_that_is_named_is_judged_in_its_chart() {
    let folder = folder(CHART);
    let found = plan(folder.path(), &["shop/templates/a.yaml"], &Options::default());
    assert_eq!(found, ["render shop (values.yaml) only shop/templates/a.yaml"]);
    let whole = plan(folder.path(), &["shop/values-prod.yaml"], &Options::default());
    assert_eq!(whole, ["render shop (values.yaml)"]);
}

#[test]
fn an_archive_is_a_chart_unless_it_lies_in_one() {
    let folder = folder(&[("dist/shop-1.0.0.tgz", ""), ("a.yaml", "")]);
    let found = plan(folder.path(), &[""], &Options::default());
    assert_eq!(found, ["render dist/shop-1.0.0.tgz (values.yaml)", "judge a.yaml"]);
}

#[test]
fn sets_of_values_are_those_of_flags_or_of_the_project_or_those_that_are_found() {
    let files =
        [CHART, &[("shop/ci/b-values.yaml", ""), ("shop/ci/a-values.yaml", ""), ("shop/ci/c.yaml", "")]].concat();
    let folder = folder(&files);
    let units = |options: &Options| plan(folder.path(), &["shop"], options).remove(0);
    let found = units(&Options::default());
    assert_eq!(found, "render shop (values.yaml) + shop (ci/a-values.yaml) + shop (ci/b-values.yaml)");
    let set =
        |name: &str| ValueSet { chart: folder.path().join("./shop"), name: name.to_owned(), ..ValueSet::default() };
    let sets = vec![set("staging"), set("production")];
    let of_project = units(&Options { sets: sets.clone(), ..Options::default() });
    assert_eq!(of_project, "render shop (staging) + shop (production)");
    let values = vec![ValuesSource::Set("a=b".to_owned())];
    assert_eq!(units(&Options { values, sets, ..Options::default() }), "render shop (the given values)");
}

const OVERLAYS: &[(&str, &str)] = &[
    ("base/kustomization.yaml", "resources: [app.yaml]"),
    ("base/app.yaml", ""),
    ("base/unused.yaml", ""),
    ("overlays/prod/kustomization.yml", "resources: [../../base]\npatches: [{path: patch.yaml}]"),
    ("overlays/prod/patch.yaml", ""),
    ("overlays/dev/kustomization.yaml", "bases: [../../base/]\ncomponents: [../../parts/mesh]"),
    ("parts/mesh/kustomization.yaml", "kind: Component\nresources: [mesh.yaml]"),
    ("parts/mesh/mesh.yaml", ""),
    ("parts/lonely/kustomization.yaml", "kind: Component\nresources: [lonely.yaml]"),
    ("parts/lonely/lonely.yaml", ""),
    ("alone/Kustomization", "resources: [https://example.org/x, x.yaml]"),
    ("alone/x.yaml", ""),
];

#[test]
fn overlays_are_built_and_what_they_use_is_not_judged_alone() {
    let folder = folder(OVERLAYS);
    let found = plan(folder.path(), &[""], &Options::default());
    let plain = ["base/unused.yaml", "parts/lonely/kustomization.yaml", "parts/lonely/lonely.yaml"];
    let plain: Vec<String> = plain.iter().map(|path| format!("judge {path}")).collect();
    assert_eq!(found[..2], ["render alone", "render overlays/dev + overlays/prod"]);
    assert_eq!(found[2..], plain);
}

#[test]
fn a_base_is_built_alone_where_it_is_named_or_all_are_asked_for() {
    let folder = folder(OVERLAYS);
    assert_eq!(plan(folder.path(), &["base"], &Options::default())[0], "render base");
    let both = plan(folder.path(), &["base", "overlays/prod"], &Options::default());
    assert_eq!(both[0], "render base + overlays/prod");
    let all = plan(folder.path(), &[""], &Options { bases: Bases::All, ..Options::default() });
    assert_eq!(all[..2], ["render alone", "render base + overlays/dev + overlays/prod"]);
}

#[test]
fn kustomizations_in_a_circle_are_built_so_that_somebody_says_so() {
    let folder =
        folder(&[("a/kustomization.yaml", "resources: [../b]"), ("b/kustomization.yaml", "resources: [../a]")]);
    assert_eq!(plan(folder.path(), &[""], &Options::default()), ["render a"]);
}

#[test]
fn a_kustomization_of_flux_is_an_object() {
    let text = "apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nmetadata: {name: x}";
    let folder = folder(&[("kustomization.yaml", text)]);
    assert_eq!(plan(folder.path(), &[""], &Options::default()), ["judge kustomization.yaml"]);
}

#[test]
fn paths_that_are_named_from_here_are_shown_from_here() {
    // A relative path has no folder of the test in it: what is compared is that nothing is lost.
    let config = Config { paths: vec![PathBuf::from("./no/such/folder")], ..Config::default() };
    let plan = Plan::new(&config, walk(&config).unwrap(), &Options::default());
    assert_eq!(plan.plain.skipped.len(), 1);
}
