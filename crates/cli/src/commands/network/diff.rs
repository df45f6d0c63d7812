//! `plimsoll network diff` and `plimsoll network what-if`: what changes.

use std::collections::BTreeSet;
use std::path::PathBuf;

use ::network::{Config, Difference, Network, diff};
use anstream::eprintln;
use model::inventory::{Inventory, ResourceId};
use model::symbols::Symbol;
use reports::network::diff::{Completeness, report, write_json, write_text};
use reports::network::write_unseen;

use super::{VERSION, assume, exit, read, write_outputs};
use crate::arguments::{NetworkDiffArguments, NetworkFormat, NetworkOutput, NetworkWhatIfArguments};
use crate::exit::{Exit, UsageError};

/// Runs `diff`.
pub(super) fn run(arguments: &NetworkDiffArguments) -> anyhow::Result<Exit> {
    for path in [&arguments.base, &arguments.head] {
        if !path.exists() && path.as_os_str() != "-" {
            let hint = "`network diff` compares two files or folders";
            return Err(UsageError(format!("there is no file or folder `{}`: {hint}", path.display())).into());
        }
    }
    let before = read(std::slice::from_ref(&arguments.base), &arguments.input)?;
    let after = read(std::slice::from_ref(&arguments.head), &arguments.input)?;
    let config = assume(&after, &arguments.input)?.config;
    let difference = diff(&Network::new(&before, &config), &Network::new(&after, &config));
    finish(&difference, &[&before, &after], arguments.fail_on_new, &arguments.output)
}

/// Runs `what-if`.
pub(super) fn what_if(arguments: &NetworkWhatIfArguments) -> anyhow::Result<Exit> {
    if arguments.apply.is_empty() && arguments.delete.is_empty() {
        return Err(UsageError(
            "nothing would change: name files with `--apply`, or objects with `--delete`".to_owned(),
        )
        .into());
    }
    let mut paths = arguments.paths.clone();
    paths.extend(arguments.apply.iter().cloned());
    let inventory = read(&paths, &arguments.input)?;
    let config = assume(&inventory, &arguments.input)?.config;
    let applied = of_files(&inventory, &arguments.apply);
    let mut without = replaced(&inventory, &applied);
    for name in &arguments.delete {
        let named = named(&inventory, name);
        if named.is_empty() {
            return Err(
                UsageError(format!("there is no object `{name}` (`Kind/namespace/name` or `Kind/name`)")).into()
            );
        }
        without.extend(named);
    }
    // Policies that come and go cost a few bits, if the network is prepared for those that come.
    let policies = inventory.facts.traffic.policies.iter().map(|policy| policy.resource);
    let prepared = policies.filter(|policy| applied.contains(policy)).collect();
    let before = Network::new(&inventory, &Config { without: applied, prepared, ..config.clone() });
    let after = before.with(&without).unwrap_or_else(|| Network::new(&inventory, &Config { without, ..config }));
    let difference = diff(&before, &after);
    finish(&difference, &[&inventory], arguments.fail_on_new, &arguments.output)
}

fn finish(
    difference: &Difference,
    inventories: &[&Inventory],
    fail_on_new: bool,
    outputs: &[NetworkOutput],
) -> anyhow::Result<Exit> {
    let looked_at = inventories.iter().map(|inventory| exit(inventory)).fold(Exit::Clean, Exit::max);
    let complete = if looked_at == Exit::Clean { Completeness::Complete } else { Completeness::Incomplete };
    let known = [NetworkFormat::Text, NetworkFormat::Json];
    write_outputs(outputs, &known, &|format, terminal, out| match format {
        NetworkFormat::Json => write_json(&report(difference, complete, VERSION), out),
        _ => {
            write_text(difference, terminal, out)?;
            inventories.iter().try_for_each(|inventory| write_unseen(inventory, terminal, out))
        }
    })?;
    let found = if fail_on_new && difference.opens() { Exit::Findings } else { Exit::Clean };
    // The greatest exit code counts, and must not hide that something is new.
    if found == Exit::Findings && looked_at > found {
        let count = |number: usize, one: &str, many: &str| format!("{number} {}", if number == 1 { one } else { many });
        let what = if difference.doors_wider.is_empty() { "new" } else { "new or wider" };
        eprintln!(
            "{} and {} are {what}; the exit code is 2 and not 1 because not everything could be looked at",
            count(difference.gained.len(), "connection", "connections"),
            count(difference.doors_gained.len() + difference.doors_wider.len(), "way in", "ways in"),
        );
    }
    Ok(found.max(looked_at))
}

/// The objects that are in one of the files or folders.
fn of_files(inventory: &Inventory, paths: &[PathBuf]) -> BTreeSet<ResourceId> {
    let is_in = |resource: &model::inventory::Resource| {
        let file = inventory.files.get(resource.file as usize);
        file.is_some_and(|file| paths.iter().any(|path| file.starts_with(path)))
    };
    let all = (0..).map(ResourceId).zip(&inventory.resources);
    all.filter(|(_, resource)| is_in(resource)).map(|(number, _)| number).collect()
}

type Key = (Symbol, Symbol, Symbol);

/// The objects that those that are applied take the place of.
fn replaced(inventory: &Inventory, applied: &BTreeSet<ResourceId>) -> BTreeSet<ResourceId> {
    let key = |number: ResourceId| -> Key {
        let resource = inventory.resource(number);
        (resource.kind, resource.namespace, resource.name)
    };
    let new: BTreeSet<Key> = applied.iter().map(|number| key(*number)).collect();
    let all = (0..inventory.resources.len() as u32).map(ResourceId);
    all.filter(|number| !applied.contains(number) && new.contains(&key(*number))).collect()
}

/// The objects of a name: `Kind/namespace/name` or `Kind/name`.
fn named(inventory: &Inventory, name: &str) -> Vec<ResourceId> {
    let parts: Vec<&str> = name.split('/').collect();
    let text = |symbol| inventory.symbols.text(symbol);
    let is = |resource: &model::inventory::Resource| match *parts {
        [kind, own] => text(resource.kind).eq_ignore_ascii_case(kind) && text(resource.name) == own,
        [kind, namespace, own] => {
            text(resource.kind).eq_ignore_ascii_case(kind)
                && text(resource.namespace) == namespace
                && text(resource.name) == own
        }
        _ => false,
    };
    let all = (0..).map(ResourceId).zip(&inventory.resources);
    all.filter(|(_, resource)| is(resource)).map(|(number, _)| number).collect()
}
