//! `configMapGenerator` and `secretGenerator`: objects from literals and files.

use std::path::Path;

use crate::context::{Context, Error};
use crate::encoding;
use crate::kustomization::{GeneratorArguments, GeneratorKind, Setting};
use crate::node::{Data, Entry, Node, Origin, Tag};
use crate::resource::{Behavior, Former, Resource, Resources};
use crate::target;

/// A key, what it holds, and where that is written.
struct Pair {
    key: String,
    value: Vec<u8>,
    origin: Origin,
}

/// Makes the object of one generator.
pub(crate) fn generate(
    arguments: &GeneratorArguments,
    folder: &Path,
    context: &mut Context<'_>,
) -> Result<Resource, Error> {
    let Some(name) = &arguments.name else {
        return Err(context.error(arguments.origin, "the generator has no `name`"));
    };
    let pairs = pairs(arguments, folder, context)?;
    let is_secret = arguments.kind == GeneratorKind::Secret;
    let mut node = Node::mapping(arguments.origin);
    let at = arguments.origin;
    node.set("apiVersion", Node::text("v1", at));
    node.set("kind", Node::text(if is_secret { "Secret" } else { "ConfigMap" }, at));
    let mut metadata = Node::mapping(at);
    metadata.set("name", Node::text(name.text.clone(), name.origin));
    if let Some(namespace) = &arguments.namespace {
        metadata.set("namespace", Node::text(namespace.text.clone(), namespace.origin));
    }
    let options = &arguments.options;
    for (field, texts) in [("labels", &options.labels), ("annotations", &options.annotations)] {
        if texts.is_empty() {
            continue;
        }
        let mut mapping = Node::mapping(at);
        for (name, setting) in texts {
            let origin = context.value(setting.field.clone(), setting.origin);
            mapping.set(name, Node::text(setting.text.clone(), origin));
        }
        metadata.set(field, mapping);
    }
    node.set("metadata", metadata);
    if is_secret {
        let (text, origin) = match &arguments.secret_type {
            Some(setting) => (setting.text.as_str(), setting.origin),
            None => ("Opaque", at),
        };
        node.set("type", Node::text(text, origin));
    }
    put_data(&mut node, pairs, is_secret, at);
    if let Some(origin) = options.immutable {
        node.set("immutable", Node { tag: Tag::Bool, ..Node::scalar("true", origin) });
    }
    let mut resource = Resource::new(node);
    resource.needs_hash = !options.disable_hash;
    resource.behavior = arguments.behavior;
    Ok(resource)
}

fn put_data(node: &mut Node, pairs: Vec<Pair>, is_secret: bool, at: Origin) {
    if is_secret {
        node.get_or_insert("data", || Node::mapping(at));
    }
    for pair in pairs {
        let (field, text) = match String::from_utf8(pair.value) {
            Ok(text) if !is_secret => ("data", text),
            Ok(text) => ("data", encoding::base64(text.as_bytes())),
            Err(bytes) => (if is_secret { "data" } else { "binaryData" }, encoding::base64(bytes.as_bytes())),
        };
        let quoted = text.contains('\n');
        let value = Node { quoted, ..Node::text(text, pair.origin) };
        if let Some(data) = node.get_or_insert(field, || Node::mapping(at)) {
            data.set(&pair.key, value);
        }
    }
}

fn pairs(arguments: &GeneratorArguments, folder: &Path, context: &mut Context<'_>) -> Result<Vec<Pair>, Error> {
    let mut pairs = Vec::new();
    let is_secret = arguments.kind == GeneratorKind::Secret;
    for file in &arguments.environment_files {
        let (path, bytes) = target::load(folder, file, context)?;
        read_environment(&path, &bytes, file, is_secret, context, &mut pairs)?;
    }
    for literal in &arguments.literals {
        let (key, value) = match literal.text.split_once('=') {
            Some((key, value)) if !key.is_empty() => (key, value),
            _ => {
                // The text may hold a secret and is not shown.
                return Err(context.error(literal.origin, format!("`{}` is not `key=value`", literal.field)));
            }
        };
        let origin = context.value(literal.field.clone(), literal.origin);
        pairs.push(Pair { key: key.to_owned(), value: without_quotes(value).into(), origin });
    }
    for file in &arguments.files {
        pairs.push(read_file(folder, file, is_secret, context)?);
    }
    pairs.sort_by(|a, b| a.key.cmp(&b.key));
    if let Some(twice) = pairs.windows(2).find(|two| two[0].key == two[1].key) {
        let message = format!("the generator has the key `{}` twice", twice[1].key);
        return Err(context.error(twice[1].origin, message));
    }
    Ok(pairs)
}

fn without_quotes(text: &str) -> &str {
    let bytes = text.as_bytes();
    let is_quoted = bytes.len() >= 2 && bytes[0] == bytes[bytes.len() - 1] && matches!(bytes[0], b'"' | b'\'');
    if is_quoted { &text[1..text.len() - 1] } else { text }
}

fn read_file(folder: &Path, file: &Setting, is_secret: bool, context: &mut Context<'_>) -> Result<Pair, Error> {
    let (key, path) = match file.text.matches('=').count() {
        0 => (file.text.rsplit('/').next().unwrap_or_default(), file.text.as_str()),
        1 => file.text.split_once('=').unwrap_or_default(),
        _ => return Err(context.error(file.origin, format!("`{}`: there is more than one `=` in it", file.field))),
    };
    if key.is_empty() || path.is_empty() {
        return Err(context.error(file.origin, format!("`{}` should be `key=path` or a path", file.field)));
    }
    let named = Setting { text: path.to_owned(), ..file.clone() };
    let (located, value) = target::load(folder, &named, context)?;
    let origin = match std::str::from_utf8(&value) {
        // A secret's place is where it is asked for: its file is not carried along.
        Ok(text) if !is_secret => {
            let id = context.source(&located, text);
            Origin { file: id, start: 0, end: text.len() as u32, value: 0 }
        }
        _ => file.origin,
    };
    let origin = Origin { value: context.value(file.field.clone(), file.origin).value, ..origin };
    Ok(Pair { key: key.to_owned(), value, origin })
}

fn read_environment(
    path: &Path,
    bytes: &[u8],
    file: &Setting,
    is_secret: bool,
    context: &mut Context<'_>,
    pairs: &mut Vec<Pair>,
) -> Result<(), Error> {
    let shown = context.files.shown(path);
    let Ok(text) = std::str::from_utf8(bytes) else {
        return Err(Error::new(&shown, "it is not UTF-8 text"));
    };
    let value = context.value(file.field.clone(), file.origin).value;
    let id = if is_secret { None } else { Some(context.source(path, text)) };
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let start = at;
        at += line.len();
        let line = line.strip_suffix('\n').unwrap_or(line);
        let line = line.strip_suffix('\r').unwrap_or(line);
        let line = if start == 0 { line.strip_prefix('\u{feff}').unwrap_or(line) } else { line };
        let content = line.trim_start();
        if content.is_empty() || content.starts_with('#') {
            continue;
        }
        let (key, text) = content.split_once('=').unwrap_or((content, ""));
        let end = start + line.len();
        let origin = match id {
            Some(file) => Origin { file, start: (end - content.len().min(end)) as u32, end: end as u32, value },
            None => Origin { value, ..file.origin },
        };
        if !key.is_empty() {
            pairs.push(Pair { key: key.to_owned(), value: text.into(), origin });
        }
    }
    Ok(())
}

/// Adds a generated object: new, or over the one that has its name.
pub(crate) fn absorb(resources: &mut Resources, mut new: Resource, context: &mut Context<'_>) -> Result<(), Error> {
    let id = new.id(&context.schema);
    let found = resources.with_any_id(&context.schema, &|other| id.equals(other));
    let origin = new.node.origin;
    match (found.as_slice(), new.behavior) {
        ([], Behavior::Merge | Behavior::Replace) if context.problems.is_empty() => {
            Err(context.error(origin, format!("{id} is not in this build, and so cannot be merged or replaced")))
        }
        ([], _) => resources.add(new, &context.schema).map_err(|(origin, message)| context.error(origin, message)),
        ([one], Behavior::Merge | Behavior::Replace) => {
            let old = &resources.list[*one];
            if new.behavior == Behavior::Merge {
                merge_data(&mut new.node, &old.node);
                new.provenance = old.provenance.clone().or(new.provenance);
            }
            take_identity(&mut new, old);
            resources.list[*one] = new;
            Ok(())
        }
        ([_], _) => Err(context
            .error(origin, format!("there is a second {id} in this build"))
            .hint("set `behavior: merge` or `behavior: replace` if it is meant to change that one")),
        _ => Err(context.error(origin, format!("{} objects are called {id}", found.len()))),
    }
}

/// The entries of the old object that the new one does not have.
fn merge_data(new: &mut Node, old: &Node) {
    for field in ["data", "binaryData"] {
        let texts = old.get(field).map(Node::entries).unwrap_or_default();
        let mut entries: Vec<Entry> = texts.to_vec();
        for entry in new.get(field).map(Node::entries).unwrap_or_default() {
            match entries.iter_mut().find(|known| known.key == entry.key) {
                Some(known) => *known = entry.clone(),
                None => entries.push(entry.clone()),
            }
        }
        for entry in &mut entries {
            let text = if entry.value.is_null() { "" } else { entry.value.as_written() }.to_owned();
            entry.value = Node::fresh_text(text, entry.value.origin);
        }
        new.clear(field);
        if !entries.is_empty() {
            let origin = new.origin;
            new.set(field, Node::new(Data::Mapping(entries), origin));
        }
    }
}

/// Labels and annotations of both, the name and the notes of the old object.
fn take_identity(new: &mut Resource, old: &Resource) {
    for field in ["labels", "annotations"] {
        let mut entries: Vec<Entry> = old.node.at(&["metadata", field]).map(Node::entries).unwrap_or_default().to_vec();
        for entry in new.node.at(&["metadata", field]).map(Node::entries).unwrap_or_default() {
            match entries.iter_mut().find(|known| known.key == entry.key) {
                Some(known) => *known = entry.clone(),
                None => entries.push(entry.clone()),
            }
        }
        for entry in &mut entries {
            let text = entry.value.as_written().to_owned();
            entry.value = Node::fresh_text(text, entry.value.origin);
        }
        let origin = new.node.origin;
        if let Some(metadata) = new.node.get_mut("metadata") {
            metadata.clear(field);
            if !entries.is_empty() {
                metadata.set(field, Node::new(Data::Mapping(entries), origin));
            }
        }
    }
    let origin_of = |field: &str| old.node.at(&["metadata", field]).map_or(Origin::NONE, |node| node.origin);
    new.set_name(old.name(), origin_of("name"));
    new.set_namespace(old.namespace(), origin_of("namespace"));
    let notes: Vec<Former> = old.former.clone();
    new.former = notes;
    new.prefixes.clone_from(&old.prefixes);
    new.suffixes.clone_from(&old.suffixes);
    new.variables.clone_from(&old.variables);
    new.behavior = old.behavior;
    // The name gets a digest if both objects ask for one.
    new.needs_hash = new.needs_hash && old.needs_hash;
}
