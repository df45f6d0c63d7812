//! `plimsoll init`: a first configuration, and what CI and pre-commit need, for what is found in a repository.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use manifests::walk::{self, Config};

use crate::arguments::InitArguments;
use crate::configuration;
use crate::exit::{Exit, UsageError};

/// A file that `init` writes.
struct Draft {
    path: PathBuf,
    text: String,
    why: &'static str,
}

/// Runs the command.
pub(super) fn run(arguments: &InitArguments) -> anyhow::Result<Exit> {
    let folder = &arguments.folder;
    if !folder.is_dir() {
        return Err(UsageError(format!("there is no folder `{}`", folder.display())).into());
    }
    let mut out = anstream::stdout().lock();
    let mut written = 0;
    for draft in drafts(folder)? {
        let shown = draft.path.display();
        if draft.path.exists() {
            writeln!(out, "kept     {shown}: it is there already")?;
            continue;
        }
        if arguments.dry_run {
            writeln!(out, "would write {shown}: {}\n\n{}", draft.why, indent(&draft.text))?;
            continue;
        }
        if let Some(parent) = draft.path.parent() {
            fs::create_dir_all(parent).with_context(|| format!("cannot make `{}`", parent.display()))?;
        }
        fs::write(&draft.path, &draft.text).with_context(|| format!("cannot write `{shown}`"))?;
        writeln!(out, "written  {shown}: {}", draft.why)?;
        written += 1;
    }
    if written > 0 {
        writeln!(
            out,
            "\nnext: `plimsoll scan`; to accept what is there today, `plimsoll baseline write` and `baseline:`"
        )?;
    }
    Ok(Exit::Clean)
}

fn indent(text: &str) -> String {
    text.lines().map(|line| format!("    {line}\n")).collect()
}

fn drafts(folder: &Path) -> anyhow::Result<Vec<Draft>> {
    let mut drafts = vec![Draft {
        path: folder.join(configuration::NAME),
        text: project(folder)?,
        why: "what is scanned, and what fails",
    }];
    let has = |name: &str| folder.join(name).exists();
    if has(".pre-commit-config.yaml") {
        drafts.push(Draft {
            path: folder.join(".pre-commit-config.plimsoll.yaml"),
            text: PRE_COMMIT.to_owned(),
            why: "a hook for `.pre-commit-config.yaml`, to be copied into it",
        });
    }
    if has(".github") {
        drafts.push(Draft {
            path: folder.join(".github/workflows/plimsoll.yaml"),
            text: GITHUB.to_owned(),
            why: "a workflow that scans pull requests",
        });
    }
    if has(".gitlab-ci.yml") {
        drafts.push(Draft {
            path: folder.join(".gitlab/plimsoll.gitlab-ci.yml"),
            text: GITLAB.to_owned(),
            why: "a job; add `include: .gitlab/plimsoll.gitlab-ci.yml` to `.gitlab-ci.yml`",
        });
    }
    Ok(drafts)
}

/// The folders below `folder` that hold manifests, and charts among them.
fn project(folder: &Path) -> anyhow::Result<String> {
    let config = Config { paths: vec![folder.to_path_buf()], ..Config::default() };
    let found = walk::walk(&config).map_err(|error| UsageError(error.to_string()))?;
    let mut places: Vec<String> = Vec::new();
    let mut charts: Vec<String> = Vec::new();
    for input in &found.inputs {
        let Ok(path) = input.path.strip_prefix(folder).or_else(|_| input.path.strip_prefix("./")) else {
            add(&mut places, &input.path);
            continue;
        };
        if path.file_name().is_some_and(|name| name == "Chart.yaml") {
            charts.push(path.parent().unwrap_or(Path::new("")).display().to_string());
        }
        add(&mut places, path);
    }
    let mut text = String::from(PROJECT_HEAD);
    if places.is_empty() {
        text.push_str("# paths: [deploy]\n");
    } else {
        text.push_str(&format!("paths: [{}]\n", places.join(", ")));
    }
    if !charts.is_empty() {
        text.push_str("\n# Templates of Helm are not manifests before they are rendered:\n");
        text.push_str(&format!("# {}\n", charts.join(", ")));
    }
    text.push_str(PROJECT_TAIL);
    Ok(text)
}

/// Notes the first folder of a path, or `.` for a file beside the configuration.
fn add(places: &mut Vec<String>, path: &Path) {
    let mut parts = path.components();
    let first = parts.next().map(|part| part.as_os_str().to_string_lossy().into_owned()).unwrap_or_default();
    let place = if parts.next().is_some() { first } else { return };
    if !places.contains(&place) && !place.starts_with('.') {
        places.push(place);
    }
}

const PROJECT_HEAD: &str = "\
# Plimsoll reads this file from the scanned path upwards. Every flag of `plimsoll scan` is a key here;
# what is typed wins. `plimsoll scan --help` and `plimsoll controls` say what there is.

# What is scanned when no path is typed.
";

const PROJECT_TAIL: &str = "
# Findings below this are counted, and fail nothing.
severity-threshold: medium

# Old debt: `plimsoll baseline write`, and then only what is new fails.
# baseline: plimsoll-baseline.json

# Parameters and severities of controls.
# controls:
#   image-registry-not-allowed:
#     parameters:
#       allowed: [ghcr.io/acme]
#   cpu-limit-missing: false

# What holds for some paths only.
# overrides:
#   - paths: [examples/**]
#     skip: [low, info]
";

const PRE_COMMIT: &str = "\
# Copy this into `.pre-commit-config.yaml`.
repos:
  - repo: local
    hooks:
      - id: plimsoll
        name: plimsoll
        entry: plimsoll scan --allow-empty
        language: system
        types_or: [yaml, json]
        exclude: (^|/)templates/
        require_serial: true
";

const GITHUB: &str = "\
name: plimsoll
on:
  pull_request:
permissions:
  contents: read
  security-events: write
jobs:
  scan:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
      # Put `plimsoll` on the PATH here.
      - run: plimsoll scan --output github --output github-summary --output sarif=plimsoll.sarif
      - uses: github/codeql-action/upload-sarif@v3
        if: always()
        with:
          sarif_file: plimsoll.sarif
";

const GITLAB: &str = "\
plimsoll:
  stage: test
  script:
    # Put `plimsoll` on the PATH here.
    - plimsoll scan --output text --output gitlab-code-quality=codequality.json --output gitlab-sast=sast.json
  artifacts:
    when: always
    reports:
      codequality: codequality.json
      sast: sast.json
";
