//! Changes as commands for objects that run already: `kubectl patch` with a JSON patch (RFC 6902).
//!
//! Every patch tests what it takes away or replaces, so that an object that has become another is left alone.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::io::{self, Write};
use std::path::Path;

use reports::report::display_path;
use serde_json::{Value as Json, json};

use crate::field;
use crate::objects::objects;
use crate::plan::Fix;
use crate::session::{Change, Outcome};
use crate::sources::operations::step;
use crate::tree::Tree;

/// Writes a command for every object that changes. What changes in sources of rendered objects is named.
///
/// # Errors
/// What writing to `out` returns.
pub fn write(outcome: &Outcome, out: &mut dyn Write) -> io::Result<()> {
    let rendered = outcome.made.iter().filter(|made| made.fix.rendered.is_some());
    let sources: BTreeSet<&Path> = rendered.flat_map(|made| made.fix.files()).collect();
    let (of_sources, plain): (Vec<&Change>, Vec<&Change>) =
        outcome.changes.iter().partition(|change| sources.contains(change.path.as_path()));
    commands(&plain, out)?;
    for change in of_sources {
        let path = one_line(&display_path(&change.path));
        let is_plain = |fix: &Fix| fix.rendered.as_ref().is_none_or(|rendered| rendered.object_in.is_empty());
        let mut of_change =
            outcome.made.iter().map(|made| &made.fix).filter(|fix| fix.files().contains(&change.path.as_path()));
        if change.is_new && of_change.all(is_plain) {
            writeln!(out, "kubectl apply --filename {}", quote(&path))?;
            continue;
        }
        writeln!(out, "# {path}: objects are rendered from it: render it anew and apply that")?;
    }
    Ok(())
}

fn commands(changes: &[&Change], out: &mut dyn Write) -> io::Result<()> {
    for change in changes {
        let (old, new) = (trees(&change.path, &change.old), trees(&change.path, &change.new));
        for (old, new) in old.iter().zip(&new).filter(|(old, new)| old != new) {
            writeln!(
                out,
                "{}",
                command(old, new).unwrap_or_else(|reason| format!("# {}: {reason}", one_line(&name(old))))
            )?;
        }
    }
    Ok(())
}

/// The objects of a file.
fn trees(path: &Path, text: &str) -> Vec<Tree> {
    let places = objects(path, text);
    let tree = |place: &crate::objects::ObjectPlace| {
        let document = yaml::parse_document(&text[place.document.clone()]).ok()?;
        field::find(document.root(), &place.steps).map(Tree::of)
    };
    places.iter().map(|place| tree(place).unwrap_or(Tree::Null)).collect()
}

fn text<'t>(tree: &'t Tree, keys: &[&str]) -> &'t str {
    let found = keys.iter().try_fold(tree, |tree, key| tree.get(key));
    if let Some(Tree::Text(text)) = found { text } else { "" }
}

/// How kubectl names the object.
fn name(tree: &Tree) -> String {
    let kind = text(tree, &["kind"]).to_ascii_lowercase();
    let (group, version) = text(tree, &["apiVersion"]).rsplit_once('/').unwrap_or(("", ""));
    // The version is part of the name of a resource where there is a group.
    let kind = if group.is_empty() { kind } else { format!("{kind}.{version}.{group}") };
    format!("{kind}/{}", text(tree, &["metadata", "name"]))
}

fn command(old: &Tree, new: &Tree) -> Result<String, &'static str> {
    if text(old, &["metadata", "name"]).is_empty() {
        return Err("it has no name to be found by");
    }
    if text(old, &["kind"]) == "Pod" {
        return Err("a Pod that runs cannot be changed in this way: delete it and create the new one");
    }
    if text(old, &["apiVersion"]) != text(new, &["apiVersion"]) {
        return Err("the version in which an object is written is not part of it: `kubectl apply` the file");
    }
    let mut operations = Vec::new();
    difference(old, new, &mut String::new(), &mut operations)?;
    let namespace = text(old, &["metadata", "namespace"]);
    let mut command = format!("kubectl patch {}", quote(&name(old)));
    if !namespace.is_empty() {
        let _ = write!(command, " --namespace {}", quote(namespace));
    }
    let _ = write!(command, " --type json --patch {}", quote(&Json::from(operations).to_string()));
    Ok(command)
}

fn one_line(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

/// A word for the shell.
fn quote(word: &str) -> String {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'/' | b'_');
    if !word.is_empty() && word.bytes().all(is_plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', "'\\''"))
    }
}

/// The operations from one tree to another.
fn difference(old: &Tree, new: &Tree, path: &mut String, out: &mut Vec<Json>) -> Result<(), &'static str> {
    if old == new {
        return Ok(());
    }
    let length = path.len();
    match (old, new) {
        (Tree::Mapping(old), Tree::Mapping(new)) => {
            let value = |entries: &[(String, Tree)], key: &str| {
                entries.iter().rev().find(|(name, _)| name == key).map(|(_, value)| value.clone())
            };
            for (key, before) in old {
                path.push_str(&step(key));
                match value(new, key) {
                    Some(after) => difference(before, &after, path, out)?,
                    None => remove(before, path, out),
                }
                path.truncate(length);
            }
            for (key, after) in new.iter().filter(|(key, _)| value(old, key).is_none()) {
                out.push(json!({"op": "add", "path": format!("{path}{}", step(key)), "value": after.to_json()}));
            }
            Ok(())
        }
        (Tree::Sequence(old), Tree::Sequence(new)) => items(old, new, path, out),
        (old, new) if old.is_scalar() => {
            // A null that is written is not there in the cluster.
            if *old != Tree::Null {
                out.push(json!({"op": "test", "path": path, "value": old.to_json()}));
            }
            let word = if *old == Tree::Null { "add" } else { "replace" };
            out.push(json!({"op": word, "path": path, "value": new.to_json()}));
            Ok(())
        }
        _ => Err("a list or mapping becomes something else"),
    }
}

fn remove(before: &Tree, path: &str, out: &mut Vec<Json>) {
    // What is large is not repeated: its path says enough, and it may hold what is nobody's business.
    if before.is_scalar() {
        out.push(json!({"op": "test", "path": path, "value": before.to_json()}));
    }
    out.push(json!({"op": "remove", "path": path}));
}

fn items(old: &[Tree], new: &[Tree], path: &mut String, out: &mut Vec<Json>) -> Result<(), &'static str> {
    let length = path.len();
    if old.len() == new.len() {
        for (at, (before, after)) in old.iter().zip(new).enumerate() {
            path.push_str(&format!("/{at}"));
            difference(before, after, path, out)?;
            path.truncate(length);
        }
        return Ok(());
    }
    if new.starts_with(old) {
        out.extend(
            new[old.len()..]
                .iter()
                .map(|item| json!({"op": "add", "path": format!("{path}/-"), "value": item.to_json()})),
        );
        return Ok(());
    }
    let mut kept = new.iter().peekable();
    let gone: Vec<usize> = (0..old.len()).filter(|&at| kept.next_if(|item| **item == old[at]).is_none()).collect();
    if kept.peek().is_some() {
        return Err("items of a list changed and moved at once");
    }
    // From the last to the first, so that the numbers of the others stay.
    for at in gone.into_iter().rev() {
        remove(&old[at], &format!("{path}/{at}"), out);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(old: &str, new: &str, expected: &str) {
        let mut out = Vec::new();
        let path = Path::new("a.yaml");
        let change = Change::new(path, old.to_owned(), new.to_owned());
        commands(&[&change], &mut out).unwrap();
        assert_eq!(String::from_utf8(out).unwrap(), expected);
    }

    #[test]
    fn a_command_for_every_object_that_changes() {
        let head = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: api, namespace: shop}\n";
        check(
            &format!("{head}spec: {{a: 1, drop: [x], l: [b, c], 'm/n': true}}\n"),
            &format!("{head}spec: {{a: 2, drop: [x, z], l: [c], new: {{it: \"'s\"}}}}\n"),
            concat!(
                "kubectl patch deployment.v1.apps/api --namespace shop --type json --patch '[",
                r#"{"op":"test","path":"/spec/a","value":1},{"op":"replace","path":"/spec/a","value":2},"#,
                r#"{"op":"add","path":"/spec/drop/-","value":"z"},"#,
                r#"{"op":"test","path":"/spec/l/0","value":"b"},{"op":"remove","path":"/spec/l/0"},"#,
                r#"{"op":"test","path":"/spec/m~1n","value":true},{"op":"remove","path":"/spec/m~1n"},"#,
                r#"{"op":"add","path":"/spec/new","value":{"it":"'\''s"}}"#,
                "]'\n"
            ),
        );
        let pod = "apiVersion: v1\nkind: Pod\nmetadata: {name: app}\n";
        check(
            pod,
            &format!("{pod}spec: {{}}\n"),
            "# pod/app: a Pod that runs cannot be changed in this way: delete it and create the new one\n",
        );
    }
}
