//! One text, document by document, object by object.

use std::borrow::Cow;
use std::io::Read as _;
use std::path::Path;

use memchr::memmem;
use model::coverage::{Note, SkipKind, Skipped};
use model::document::{Document, Kind, Value};
use model::finding::{ControlId, Origin};
use model::inventory::{MadeFact, Observed, Part, Verdicts};
use model::object::Object;
use model::place::LineIndex;
use model::workload::{Workload, embedded, workloads};

use super::dump::WithoutLogs;
use super::items::Types;
use super::near_miss::near_miss;
use super::{Context, needs_rendering};
use yaml::{parse_document, separate};

/// Lists in lists are read to this depth; the API server has none at all.
const DEEPEST_LIST: usize = 8;

/// Groups whose objects are read by tools and never reach a cluster.
const TOOL_GROUPS: &[&str] =
    &["kustomize.config.k8s.io", "kustomize.toolkit.fluxcd.io/patch", "kind.x-k8s.io", "ctlptl.dev"];

/// Reads the texts of one file.
pub(super) struct Reader<'a> {
    pub(super) file: u32,
    pub(super) path: &'a Path,
    pub(super) context: &'a Context<'a>,
    pub(super) braces: Braces,
}

/// What `{{` in a text stands for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Braces {
    /// A template that nobody has rendered.
    Template,
    /// Itself: the text was rendered.
    Text,
}

/// A part of a file that is one document, or several items of one.
#[derive(Clone, Copy)]
struct Piece<'t> {
    text: &'t str,
    /// The line of the file on which the text begins.
    line: u32,
}

/// Where a text begins in its file.
#[derive(Clone, Copy)]
pub(super) struct Position {
    pub(super) line: u32,
    /// How many characters stand before it on that line.
    pub(super) before: u32,
}

impl Position {
    /// Where what follows `text` begins.
    pub(super) fn after(self, text: &[u8]) -> Self {
        let last = memchr::memrchr(b'\n', text);
        let rest = &text[last.map_or(0, |at| at + 1)..];
        // Continuation bytes are not characters of their own.
        let characters = rest.iter().filter(|&&byte| byte & 0xC0 != 0x80).count() as u32;
        let before = if last.is_some() { characters } else { self.before + characters };
        Self { line: self.line + count_lines(text), before }
    }
}

impl Reader<'_> {
    /// Reads every document of `bytes`, which begin on `line` of the file.
    pub(super) fn read_stream(&self, bytes: &[u8], line: u32, part: &mut Part) {
        let (text, invalid) = decode(bytes);
        let mut counted = (0, line);
        for range in separate::documents(&text) {
            counted.1 += count_lines(&text[counted.0..range.start]);
            counted.0 = range.start;
            part.coverage.documents += 1;
            if let Some(at) = invalid.iter().find(|at| range.contains(at)) {
                let line = counted.1 + count_lines(&text[range.start..*at]);
                let reason = "not valid UTF-8: save the file as UTF-8".to_owned();
                self.skip(part, SkipKind::Syntax, Some(line), reason);
                continue;
            }
            self.read_document(Piece { text: &text[range], line: counted.1 }, part);
        }
    }

    /// Reads what `kubectl cluster-info dump` printed.
    pub(super) fn read_dump(&self, bytes: &[u8], part: &mut Part) {
        let (mut source, mut text) = (WithoutLogs::new(bytes), Vec::with_capacity(bytes.len()));
        source.read_to_end(&mut text).expect("memory can be read");
        self.read_stream(&text, 1, part);
        self.say_logs(source.logs, source.is_cut, part);
    }

    /// Says that logs were passed over, and what may stand behind the last one.
    pub(super) fn say_logs(&self, logs: u64, is_cut: bool, part: &mut Part) {
        if is_cut {
            let reason = "the last log of a container has no end: what stands behind it was not judged".to_owned();
            self.skip(part, SkipKind::Syntax, None, reason);
        }
        if logs > 0 {
            let text = match logs {
                1 => "the log of one container was passed over".to_owned(),
                _ => format!("the logs of {logs} containers were passed over"),
            };
            part.coverage.notes.push(Note { path: self.path.to_path_buf(), text });
        }
    }

    fn skip(&self, part: &mut Part, kind: SkipKind, line: Option<u32>, reason: String) {
        part.coverage.skipped.push(Skipped { path: self.path.to_path_buf(), line, kind, reason });
    }

    fn read_document(&self, piece: Piece<'_>, part: &mut Part) {
        let braces = self.braces == Braces::Template && has_braces(piece.text);
        match parse_document(piece.text) {
            Ok(document) => {
                let root = document.root();
                if let Some(at) = separate::false_mark(piece.text)
                    && (Object::new(root).is_some() || near_miss(root).is_some())
                {
                    let line = piece.line + count_lines(&piece.text[..at]);
                    let reason = "not valid YAML: `---` stands before other text; kubectl takes it for the end of a \
                                  document and refuses what comes with it: give it a line of its own";
                    self.skip(part, SkipKind::Syntax, Some(line), reason.to_owned());
                    return;
                }
                if braces && let Some(at) = template_mark(&document) {
                    let line = piece.line + count_lines(&piece.text[..at as usize]);
                    part.coverage.skipped.push(needs_rendering(self.path, Some(line)));
                    return;
                }
                self.read_root(&document, piece, part);
            }
            Err(error) => {
                let at = (error.offset as usize).min(piece.text.len());
                let line = piece.line + count_lines(&piece.text.as_bytes()[..at]);
                if braces {
                    part.coverage.skipped.push(needs_rendering(self.path, Some(line)));
                } else {
                    self.skip(part, SkipKind::Syntax, Some(line), format!("not valid YAML: {}", error.message));
                }
            }
        }
    }

    /// Reads items of a list that were cut out of a large document. False if the text is something else.
    pub(super) fn read_items(&self, text: &str, at: Position, part: &mut Part) -> bool {
        let Ok(document) = parse_document(text) else { return false };
        let lines = LineIndex::within(at.line, at.before);
        let root = document.root();
        if !root.is_sequence() {
            return false;
        }
        root.items().for_each(|item| self.read_item(item, None, &lines, part, 0));
        true
    }

    /// Reads one item, a JSON object, that was cut out of a large document. Items that do not say their types are of
    /// `types`.
    pub(super) fn read_json_item(&self, text: &str, at: Position, types: &Types, part: &mut Part) {
        match parse_document(text) {
            Ok(document) => {
                let lines = LineIndex::within(at.line, at.before);
                let types = types.as_ref().map(|(api_version, kind)| (&**api_version, &**kind));
                self.read_item(document.root(), types, &lines, part, 0);
            }
            Err(error) => {
                let before = &text[..(error.offset as usize).min(text.len())];
                self.not_an_item(&format!("is not valid: {}", error.message), at.line + count_lines(before), part);
            }
        }
    }

    /// Says that an item of a large list was not judged.
    pub(super) fn not_an_item(&self, what: &str, line: u32, part: &mut Part) {
        self.skip(part, SkipKind::Syntax, Some(line), format!("an item of a list {what}: it was not judged"));
    }

    fn read_root(&self, document: &Document<'_>, piece: Piece<'_>, part: &mut Part) {
        let root = document.root();
        let lines = LineIndex::new(piece.line);
        let Some(object) = Object::new(root) else {
            match near_miss(root) {
                Some((value, reason)) => {
                    let line = lines.position(document.text, value.span().start).0;
                    self.skip(part, SkipKind::InvalidObject, Some(line), reason);
                }
                None => part.coverage.not_kubernetes += 1,
            }
            return;
        };
        if is_of_a_tool(&object) {
            part.coverage.not_kubernetes += 1;
            return;
        }
        self.read_object(&object, &lines, part, 0);
    }

    fn read_object(&self, object: &Object<'_>, lines: &LineIndex, part: &mut Part, depth: usize) {
        if let Some(items) = list_items(object) {
            self.read_list(object, items, lines, part, depth);
            return;
        }
        let symbols = self.context.symbols;
        let inner = if depth < DEEPEST_LIST { embedded(object) } else { Vec::new() };
        let mut workloads = workloads(object);
        workloads.retain(|workload| !is_within(&inner, workload));
        let origin = Origin { root: object.value, lines };
        let resource = part.observe(object, &workloads, self.file, origin, symbols);
        let observed = Observed { resource, object, workloads: &workloads, origin, path: self.path };
        match MadeFact::of(object, &workloads, resource, symbols) {
            Some(made) => self.judge_made(made, observed, part),
            None => (self.context.judge)(observed, symbols, &mut part.verdicts),
        }
        inner.into_iter().for_each(|value| self.read_item(value, None, lines, part, depth + 1));
    }

    /// Judges what may turn out to count for its owner: what was counted of it is kept.
    fn judge_made(&self, made: MadeFact, observed: Observed<'_>, part: &mut Part) {
        let mut verdicts = Verdicts::default();
        (self.context.judge)(observed, self.context.symbols, &mut verdicts);
        let counts = verdicts.judged.counts.iter().enumerate();
        let judged = counts.flat_map(|(control, count)| {
            let id = u16::try_from(control).expect("fewer than 65536 controls");
            std::iter::repeat_n(ControlId(id), usize::try_from(*count).unwrap_or(0))
        });
        part.facts.live.made.push(MadeFact { judged: judged.collect(), ..made });
        part.verdicts.append(verdicts, 0);
    }

    fn read_list(&self, list: &Object<'_>, items: Value<'_>, lines: &LineIndex, part: &mut Part, depth: usize) {
        let line_of = |value: Value<'_>| lines.position(value.document().text, value.span().start).0;
        if let Some(key) = second_key(list.value) {
            let reason = format!(
                "`{}` is set twice in a list of objects: kubectl takes the last one, and what stands in the first was \
                 not judged",
                key.text()
            );
            self.skip(part, SkipKind::InvalidObject, Some(line_of(key)), reason);
        }
        if items.is_null() {
            return;
        }
        if !items.is_sequence() || depth >= DEEPEST_LIST {
            let reason = if depth >= DEEPEST_LIST { "lists in lists, too deep" } else { "`items` is not a list" };
            self.skip(part, SkipKind::InvalidObject, Some(line_of(items)), reason.to_owned());
            return;
        }
        let own_kind = list.kind.strip_suffix("List").filter(|kind| !kind.is_empty());
        let default = own_kind.map(|kind| (&*list.api_version, kind));
        items.items().for_each(|item| self.read_item(item, default, lines, part, depth + 1));
    }

    /// Reads one item of a list; `default` is what its type is if it does not say.
    fn read_item(
        &self,
        item: Value<'_>,
        default: Option<(&str, &str)>,
        lines: &LineIndex,
        part: &mut Part,
        depth: usize,
    ) {
        if let Some(object) = Object::new(item) {
            self.read_object(&object, lines, part, depth);
            return;
        }
        match default {
            Some((api_version, kind)) if item.get("metadata").is_some_and(Value::is_mapping) => {
                let object = Object::of_type(item, Cow::Borrowed(api_version), Cow::Borrowed(kind));
                self.read_object(&object, lines, part, depth);
            }
            _ => {
                let line = lines.position(item.document().text, item.span().start).0;
                let reason = "an item of a list that is no object: it needs `apiVersion` and `kind`".to_owned();
                self.skip(part, SkipKind::InvalidObject, Some(line), reason);
            }
        }
    }
}

/// Whether the pod is written in one of these values, which are in the order of the text.
fn is_within(values: &[Value<'_>], workload: &Workload<'_>) -> bool {
    let spec = workload.pod.spec;
    let after = values.partition_point(|value| value.id() <= spec.id());
    after.checked_sub(1).and_then(|at| values.get(at)).is_some_and(|value| value.contains(spec))
}

/// Whether the object is read by a tool and never reaches a cluster.
pub(super) fn is_of_a_tool(object: &Object<'_>) -> bool {
    TOOL_GROUPS.contains(&object.group())
}

/// The first key of a list that stood before and decides what the list holds.
fn second_key<'d>(list: Value<'d>) -> Option<Value<'d>> {
    let duplicates = &list.document().duplicates;
    if duplicates.is_empty() {
        return None;
    }
    let is_second = |key: &Value<'_>| duplicates.binary_search_by_key(&key.id(), |duplicate| duplicate.second).is_ok();
    let decides = |key: &Value<'_>| ["apiVersion", "items", "kind"].iter().any(|name| key.is_key(name));
    list.entries().map(|(key, _)| key).find(|key| decides(key) && is_second(key))
}

/// The items, if this is a list: `kind: List`, or a kind that ends in `List` and has `items`.
fn list_items<'d>(object: &Object<'d>) -> Option<Value<'d>> {
    if !object.kind.ends_with("List") {
        return None;
    }
    let entry = object.value.entries().filter(|(key, _)| key.is_key("items")).last();
    match entry {
        Some((_, items)) => Some(items),
        // A `List` without items is one with none.
        None if object.kind == "List" => Some(object.value).filter(|_| false),
        None => None,
    }
}

/// The text with every invalid byte replaced by one that is no letter, and where those are.
fn decode(bytes: &[u8]) -> (Cow<'_, str>, Vec<usize>) {
    let Err(mut error) = std::str::from_utf8(bytes).map(drop) else {
        return (std::str::from_utf8(bytes).map_or(Cow::Borrowed(""), Cow::Borrowed), Vec::new());
    };
    let mut bytes = bytes.to_vec();
    let mut invalid = Vec::new();
    let mut checked = 0;
    loop {
        let at = checked + error.valid_up_to();
        let length = error.error_len().unwrap_or(bytes.len() - at);
        bytes[at..at + length].fill(0x1A);
        invalid.push(at);
        checked = at + length;
        match std::str::from_utf8(&bytes[checked..]) {
            Ok(_) => break,
            Err(next) => error = next,
        }
    }
    (Cow::Owned(String::from_utf8(bytes).expect("invalid bytes were replaced")), invalid)
}

pub(super) fn count_lines(text: impl AsRef<[u8]>) -> u32 {
    memchr::memchr_iter(b'\n', text.as_ref()).count() as u32
}

fn has_braces(text: &str) -> bool {
    memchr::memchr(b'{', text.as_bytes()).is_some_and(|at| {
        ["{{", "{%"].iter().any(|mark| memmem::find(&text.as_bytes()[at..], mark.as_bytes()).is_some())
    })
}

/// The place of what only a template has: braces in unquoted text or in a name, a mapping as a key, Helm's values in
/// quotes. Workflows, application sets and OpenShift's templates fill in `{{…}}` themselves; for them it is text.
fn template_mark(document: &Document<'_>) -> Option<u32> {
    let object = Object::new(document.root());
    if object.as_ref().is_some_and(fills_in) {
        return None;
    }
    let opens = |text: &str| text.contains("{{") || text.contains("{%");
    let metadata = object.as_ref().and_then(|object| object.metadata);
    let names = ["name", "generateName", "namespace"].into_iter().filter_map(|key| metadata?.get(key));
    if let Some(name) = names.filter(|name| name.is_scalar()).find(|name| opens(&name.text())) {
        return Some(name.span().start);
    }
    let helms = object.is_some_and(|object| takes_no_templates(&object));
    let nodes = document.nodes.iter().enumerate();
    let mut marked = nodes.filter(|(number, node)| match node.kind {
        Kind::Plain => document.text.get(node.start as usize..node.end as usize).is_some_and(opens),
        // `{{ .Values.x }}` is a mapping whose only key is a mapping.
        Kind::Mapping => {
            let text = document.text.as_bytes();
            let next = document.nodes.get(number + 1);
            text.get(node.start as usize) == Some(&b'{')
                && next.is_some_and(|next| next.kind == Kind::Mapping && next.start == node.start + 1)
        }
        Kind::DoubleQuoted | Kind::SingleQuoted if helms => {
            document.text.get(node.start as usize..node.end as usize).is_some_and(names_values_of_helm)
        }
        _ => false,
    });
    marked.next().map(|(_, node)| node.start)
}

/// Whether what stands in braces is for whoever reads the object in the cluster.
fn fills_in(object: &Object<'_>) -> bool {
    matches!(object.group(), "argoproj.io" | "template.openshift.io") || object.is("", "Template")
}

/// Whether the object is of a kind that comes with Kubernetes and is no place for templates of others: resources of Flux
/// and k3s hold values for charts, in which Helm's braces are text.
fn takes_no_templates(object: &Object<'_>) -> bool {
    schemas::kubernetes().has_group(object.group()) && !matches!(&*object.kind, "ConfigMap" | "Secret")
}

/// Whether a text asks Helm for something.
fn names_values_of_helm(text: &str) -> bool {
    const ASKED: [&str; 6] = [".Values.", ".Release.", ".Chart.", ".Capabilities.", "include ", "template "];
    let inner = |at: usize| text[at..].trim_start_matches(['{', '-', ' ', '(']);
    memmem::find_iter(text.as_bytes(), "{{").any(|at| {
        let inner = inner(at);
        let inner = inner.strip_prefix('$').unwrap_or(inner);
        ASKED.iter().any(|asked| inner.starts_with(asked))
    })
}
