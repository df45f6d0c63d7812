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
    let (root, below) = repository(folder);
    for draft in drafts(folder, (&root, &below))? {
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
    let below = if below.as_os_str().is_empty() { String::new() } else { format!(" {}", in_shell(&below)) };
    for (file, server) in OTHERS.iter().filter(|(file, _)| root.join(file).exists()) {
        let shown = root.join(file);
        writeln!(out, "not done {}: let {server} run `{FOR_OTHERS}{below}`", shown.display())?;
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

/// The root of the repository that `folder` is in, and the way from there to it; `folder` itself if it is in none.
fn repository(folder: &Path) -> (PathBuf, PathBuf) {
    let whole = folder.canonicalize().unwrap_or_else(|_| folder.to_path_buf());
    let root = whole.ancestors().find(|place| place.join(".git").exists()).unwrap_or(&whole);
    let below = whole.strip_prefix(root).unwrap_or(Path::new("")).to_path_buf();
    if below.as_os_str().is_empty() {
        return (folder.to_path_buf(), below);
    }
    // Shown as the user would write it.
    let here = std::env::current_dir().ok();
    let short = here.as_ref().and_then(|here| root.strip_prefix(here).ok());
    let short = short.map(|short| if short.as_os_str().is_empty() { Path::new(".") } else { short });
    (short.unwrap_or(root).to_path_buf(), below)
}

fn drafts(folder: &Path, (root, below): (&Path, &Path)) -> anyhow::Result<Vec<Draft>> {
    let mut drafts = vec![Draft {
        path: folder.join(configuration::NAME),
        text: project(folder)?,
        why: "what is scanned, and what fails",
    }];
    let has = |name: &str| root.join(name).exists();
    let path = below.to_string_lossy().replace('\\', "/");
    if has(".pre-commit-config.yaml") {
        let entry =
            if path.is_empty() { String::new() } else { format!("        files: {}\n", quoted(&beginning(&path))) };
        drafts.push(Draft {
            path: root.join(".pre-commit-config.plimsoll.yaml"),
            text: format!("{PRE_COMMIT}{entry}"),
            why: "a hook for `.pre-commit-config.yaml`, to be copied into it",
        });
    }
    let scanned =
        |template: &str| template.replace("PLIMSOLL_PATH: \"\"", &format!("PLIMSOLL_PATH: {}", quoted(&path)));
    if has(".github") {
        drafts.push(Draft {
            path: root.join(".github/workflows/plimsoll.yaml"),
            text: scanned(GITHUB),
            why: "a workflow that scans pull requests; its first lines say where it gets `plimsoll` from",
        });
    }
    if has(".gitlab-ci.yml") {
        let variables = if path.is_empty() { "" } else { "  variables:\n    PLIMSOLL_PATH: \"\"\n" };
        drafts.push(Draft {
            path: root.join(".gitlab/plimsoll.gitlab-ci.yml"),
            text: scanned(&GITLAB.replacen("  stage: test\n", &format!("  stage: test\n{variables}"), 1)),
            why: "a job, to be added with `include: .gitlab/plimsoll.gitlab-ci.yml`; its first lines say where it gets \
                  `plimsoll` from",
        });
    }
    Ok(drafts)
}

/// Servers that nothing is written for, and the files by which they are known.
const OTHERS: &[(&str, &str)] = &[
    ("Jenkinsfile", "Jenkins"),
    ("azure-pipelines.yml", "Azure Pipelines"),
    ("azure-pipelines.yaml", "Azure Pipelines"),
    ("bitbucket-pipelines.yml", "Bitbucket Pipelines"),
    (".circleci/config.yml", "CircleCI"),
];

/// A path as a shell takes it.
fn in_shell(path: &Path) -> String {
    let text = path.to_string_lossy();
    let is_plain = text.chars().all(|letter| letter.is_ascii_alphanumeric() || "/._-".contains(letter));
    if is_plain && !text.starts_with('-') { text.into_owned() } else { format!("'{}'", text.replace('\'', "'\\''")) }
}

/// What those do, which show tests.
const FOR_OTHERS: &str = "plimsoll scan --output text --output junit=plimsoll.xml";

/// The paths that begin with a folder, as a regular expression.
fn beginning(folder: &str) -> String {
    let escape = |letter: char| match letter {
        '.' | '+' | '*' | '?' | '(' | ')' | '[' | ']' | '{' | '}' | '|' | '^' | '$' | '\\' => format!("\\{letter}"),
        _ => letter.to_string(),
    };
    format!("^{}/", folder.chars().map(escape).collect::<String>())
}

/// A text that YAML takes for what it is, whatever it looks like.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// The configuration, with the charts that are there as an example.
fn project(folder: &Path) -> anyhow::Result<String> {
    let config = Config { paths: vec![folder.to_path_buf()], ..Config::default() };
    let found = walk::walk(&config).map_err(|error| UsageError(error.to_string()))?;
    let is_chart = |place: &&Path| !place.as_os_str().is_empty() && folder.join(place).join("Chart.yaml").is_file();
    let chart = found.inputs.iter().find_map(|input| {
        let path = input.path.strip_prefix(folder).unwrap_or(&input.path);
        path.ancestors().skip(1).find(is_chart)
    });
    let chart = chart.map(|chart| chart.to_string_lossy().replace('\\', "/"));
    let chart = chart.map_or_else(String::new, |chart| {
        format!(
            "\n# Charts are rendered with their own values, or for each environment that is named.\n# charts:\n\
             #   {}:\n#     environments:\n#       production: [values-production.yaml]\n",
            quoted(&chart)
        )
    });
    Ok(format!("{PROJECT_HEAD}{chart}{PROJECT_TAIL}"))
}

const PROJECT_HEAD: &str = "\
# Plimsoll reads this file from the scanned path upwards. Every flag of `plimsoll scan` is a key here;
# what is typed wins. `plimsoll scan --help` and `plimsoll controls` say what there is.

# What is scanned when no path is typed; without it everything that is here.
# paths: [deploy, charts]
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

/// The job of GitHub, as the repository offers it.
const GITHUB: &str = include_str!("../../../../templates/github-actions.yml");

/// The job of GitLab, as the repository offers it.
const GITLAB: &str = include_str!("../../../../templates/gitlab-ci.yml");
