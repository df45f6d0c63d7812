//! `cargo xtask schemas`: distils what the API servers of Kubernetes accept into one small file, which the program
//! carries (`crates/schemas`). Run by hand when there is a new version of Kubernetes: it asks Go for the published
//! modules, so it needs Go and network.
//!
//! Sources: `api/openapi-spec/swagger.json` of `k8s.io/kubernetes`, one per version (fields, types, what is required,
//! which kinds there are); `pkg/generated/openapi/zz_generated.openapi.go` there (enumerations, which the published
//! document leaves out); the `zz_generated.prerelease-lifecycle.go` files of the newest `k8s.io/api`,
//! `apiextensions-apiserver` and `kube-aggregator` (what is deprecated and removed when).

mod distil;
mod enumerations;
mod lifecycle;
mod merge;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use anyhow::{Context as _, Result, bail};
use serde_json::Value;

use crate::arguments::{Arguments, say};
use merge::Merged;

/// The versions that are known, oldest first. The patch hardly matters: fields are frozen within a minor version.
const VERSIONS: &[&str] =
    &["1.28.15", "1.29.6", "1.30.14", "1.31.14", "1.32.13", "1.33.13", "1.34.4", "1.35.4", "1.36.3", "1.37.2"];

/// The modules that say what is deprecated and removed when.
const LIFECYCLES: &[&str] = &["k8s.io/api", "k8s.io/apiextensions-apiserver", "k8s.io/kube-aggregator"];

/// Where the file lies.
const FILE: &str = "crates/schemas/kubernetes.txt";

/// Runs the task.
pub(crate) fn run(arguments: &Arguments) -> Result<ExitCode> {
    arguments.finish()?;
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("xtask is in the repository");
    let mut merged = Merged::default();
    for version in VERSIONS {
        say(&format!("Kubernetes {version}"));
        let module = module("k8s.io/kubernetes", &format!("v{version}"))?;
        let swagger = read(&module.join("api/openapi-spec/swagger.json"))?;
        let swagger: Value = serde_json::from_str(&swagger).context("swagger.json is not JSON")?;
        let generated = read(&module.join("pkg/generated/openapi/zz_generated.openapi.go"))?;
        merged.add(minor(version)?, &distil::distil(&swagger)?, &enumerations::parse(&generated));
    }
    let newest = VERSIONS.last().context("no version is named")?;
    for name in LIFECYCLES {
        let folder = module(name, &format!("v0.{}", &newest["1.".len()..]))?;
        lifecycle::read_all(&folder, &mut merged.lifecycles)?;
    }
    let text = merged.write();
    fs::write(root.join(FILE), &text).with_context(|| format!("cannot write `{FILE}`"))?;
    say(&format!("`{FILE}`: {} bytes, {} lines", text.len(), text.lines().count()));
    Ok(ExitCode::SUCCESS)
}

fn minor(version: &str) -> Result<u32> {
    let part = version.split('.').nth(1).with_context(|| format!("`{version}` has no minor version"))?;
    part.parse().with_context(|| format!("`{version}` is no version"))
}

/// The folder of a module, which Go fetches if it is not there.
fn module(name: &str, version: &str) -> Result<PathBuf> {
    let output = Command::new("go")
        .args(["mod", "download", "-json", &format!("{name}@{version}")])
        .current_dir(std::env::temp_dir())
        .output()
        .context("cannot run `go`")?;
    let answer: Value = serde_json::from_slice(&output.stdout).context("`go mod download` did not answer with JSON")?;
    match answer["Dir"].as_str() {
        Some(folder) => Ok(PathBuf::from(folder)),
        None => {
            bail!("`{name}@{version}` cannot be had: {}", answer["Error"].as_str().unwrap_or("Go does not say why"))
        }
    }
}

fn read(path: &Path) -> Result<String> {
    fs::read_to_string(path).with_context(|| format!("cannot read `{}`", path.display()))
}
