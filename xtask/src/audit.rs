//! `cargo xtask audit`: licences, sources and banned crates of everything that is built, held against
//! `deny.toml`, without network. Advisories need a database that must be fetched: `cargo deny check advisories`.

use std::path::Path;
use std::process::{Command, ExitCode};

use anyhow::{Context as _, Result, bail};
use serde_json::Value;

use crate::arguments::{Arguments, cargo, say};

/// Runs the task.
pub(crate) fn run(arguments: &Arguments) -> Result<ExitCode> {
    arguments.finish()?;
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("xtask is in the repository");
    let rules = std::fs::read_to_string(root.join("deny.toml")).context("cannot read `deny.toml`")?;
    let output = cargo()
        .current_dir(root)
        .args(["metadata", "--format-version", "1", "--locked", "--offline", "--filter-platform", &host()?])
        .output()
        .context("cannot run `cargo metadata`")?;
    if !output.status.success() {
        let error = String::from_utf8_lossy(&output.stderr);
        bail!("`cargo metadata` failed; has everything been fetched? `cargo fetch --locked` does it\n{}", error.trim());
    }
    let metadata: Value = serde_json::from_slice(&output.stdout).context("`cargo metadata` did not print JSON")?;
    let packages = metadata["packages"].as_array().context("`cargo metadata` named no packages")?;
    let (allowed, banned, registries) =
        (strings(&rules, "allow = ["), crates(&rules), strings(&rules, "allow-registry = ["));
    let offences: Vec<String> =
        packages.iter().filter_map(|package| offence(package, &allowed, &banned, &registries)).collect();
    offences.iter().for_each(|offence| say(offence));
    if !offences.is_empty() {
        bail!("{} of {} packages offend `deny.toml`", offences.len(), packages.len());
    }
    say(&format!("{} packages: licences, sources and bans are as `deny.toml` asks", packages.len()));
    Ok(ExitCode::SUCCESS)
}

/// The platform of this machine: crates for others are not fetched.
fn host() -> Result<String> {
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let output = Command::new(rustc).arg("-vV").output().context("cannot run `rustc`")?;
    let text = String::from_utf8(output.stdout).context("`rustc -vV` did not print text")?;
    let host = text.lines().find_map(|line| line.strip_prefix("host: ")).context("`rustc -vV` names no host")?;
    Ok(host.to_owned())
}

fn offence(package: &Value, allowed: &[String], banned: &[String], registries: &[String]) -> Option<String> {
    let text = |key: &str| package[key].as_str().unwrap_or("");
    let name = format!("{} {}", text("name"), text("version"));
    let source = text("source");
    if banned.iter().any(|banned| banned == text("name")) {
        return Some(format!("{name}: banned"));
    }
    // What is of this repository has no source.
    if !source.is_empty() && !registries.iter().any(|registry| source == format!("registry+{registry}")) {
        return Some(format!("{name}: comes from `{source}`"));
    }
    let licence = text("license");
    (!permits(licence, allowed)).then(|| format!("{name}: its licence is `{licence}`"))
}

/// Whether an SPDX expression can be met with the allowed licences. `/` is an old way to write `OR`.
fn permits(expression: &str, allowed: &[String]) -> bool {
    let expression = expression.replace('/', " OR ").replace(['(', ')'], " ");
    // AND binds more tightly than OR; brackets around an OR make the whole stricter or looser only where an AND
    // stands beside them, and then every part of it is asked for.
    let bracketed_or = expression.contains(" AND ") && expression.contains(" OR ");
    let known = |licence: &str| allowed.iter().any(|allowed| allowed == licence.trim());
    if bracketed_or {
        return expression.split(" AND ").all(|part| part.split(" OR ").any(known));
    }
    expression.split(" OR ").any(|part| part.split(" AND ").all(known))
}

/// The strings of the list that begins with `start`.
fn strings(rules: &str, start: &str) -> Vec<String> {
    let Some((_, rest)) = rules.split_once(&format!("\n{start}")) else { return Vec::new() };
    let list = rest.split(']').next().unwrap_or("");
    list.split('"').skip(1).step_by(2).map(str::to_owned).collect()
}

/// The crates of the list of bans.
fn crates(rules: &str) -> Vec<String> {
    let names = rules.split("crate = \"").skip(1);
    names.filter_map(|rest| rest.split('"').next()).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expressions_are_met_by_any_of_or_and_all_of_and() {
        let allowed = ["MIT".to_owned(), "Apache-2.0".to_owned()];
        for yes in
            ["MIT", "MIT OR GPL-3.0", "GPL-3.0 OR Apache-2.0", "MIT/Apache-2.0", "(MIT OR GPL-3.0) AND Apache-2.0"]
        {
            assert!(permits(yes, &allowed), "{yes}");
        }
        for no in ["GPL-3.0", "MIT AND GPL-3.0", "", "(MIT OR Apache-2.0) AND GPL-3.0"] {
            assert!(!permits(no, &allowed), "{no}");
        }
    }

    #[test]
    fn lists_are_read_from_the_rules() {
        let rules = "[licenses]\nallow = [\n  \"MIT\",\n  \"ISC\",\n]\n[bans]\ndeny = [\n  { crate = \"bad\" },\n]\n";
        assert_eq!(strings(rules, "allow = ["), ["MIT", "ISC"]);
        assert_eq!(crates(rules), ["bad"]);
    }
}
