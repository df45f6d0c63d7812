//! Which node of which source made a node of rendered text.

use std::cell::OnceCell;
use std::ops::Range;
use std::path::{Path, PathBuf};

use model::document::{Document, Kind, NodeId, Span, Value};
use model::inventory::{ResourceId, Results};
use model::origin::{Origins, Renderer, Rendering, RenderingId};
use model::provenance::{Piece, SourceFile, SourceId, SourceSpan, ValueOrigin};

use super::{Site, without};
use crate::block::{Block, Literal};
use crate::field::{self, Step};
use crate::objects::{ObjectPlace, objects};
use crate::shadow::Shadow;
use crate::tree::Tree;

/// A node of a source.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Node {
    /// The number of the file among those of the rendering.
    pub(super) file: usize,
    pub(super) site: Site,
    /// The number of the document in the file.
    pub(super) document: usize,
    /// The block of that document that the node is in.
    pub(super) block: Option<Block>,
    pub(super) steps: Vec<Step>,
}

/// An object in rendered text.
pub(super) struct Object<'d> {
    pub(super) value: Value<'d>,
    /// Where its document begins.
    pub(super) base: u32,
}

/// Rendered texts, parsed when somebody asks.
pub(super) struct Texts<'s> {
    all: Vec<OnceCell<Text<'s>>>,
    origins: &'s Origins,
}

struct Text<'s> {
    objects: Vec<ObjectPlace>,
    documents: Vec<(Range<usize>, Document<'s>)>,
}

impl<'s> Texts<'s> {
    pub(super) fn new(origins: &'s Origins) -> Self {
        Self { all: origins.renderings.iter().map(|_| OnceCell::new()).collect(), origins }
    }

    /// A resource as it is in a rendering: the object that has that line or, of those of its name, the first.
    pub(super) fn object(
        &self,
        results: &Results,
        resource: ResourceId,
        id: RenderingId,
        line: Option<u32>,
    ) -> Option<Object<'_>> {
        let text: &'s str = &self.origins.rendering(id).rendered.text;
        let known = self.all.get(id.0 as usize)?.get_or_init(|| Text::new(text));
        let resource = results.resources.get(resource.0 as usize)?;
        let symbol = |symbol| results.symbols.text(symbol);
        let offset = line.map(|line| offset_of(text, line));
        let values = known.objects.iter().filter_map(|place| {
            let (range, document) = known.documents.iter().find(|(range, _)| range.start == place.document.start)?;
            let value = field::find(document.root(), &place.steps)?;
            Some(Object { value, base: range.start as u32 })
        });
        let is_same = |object: &Object<'_>| {
            let text = |path: &[&str]| object.value.at(path).map(|value| value.text().into_owned()).unwrap_or_default();
            let namespace = text(&["metadata", "namespace"]);
            text(&["kind"]) == symbol(resource.kind)
                && text(&["apiVersion"]) == symbol(resource.api_version)
                && text(&["metadata", "name"]) == symbol(resource.name)
                && (namespace.is_empty() || namespace == symbol(resource.namespace))
        };
        let mut same: Vec<Object<'_>> = values.filter(is_same).collect();
        let has_line = |object: &Object<'_>| {
            let span = object.value.span();
            let end = object.base + span.end;
            offset.is_some_and(|offset| object.base <= offset && offset <= end)
        };
        let at = same.iter().rposition(has_line).unwrap_or(0);
        (at < same.len()).then(|| same.swap_remove(at))
    }
}

impl<'s> Text<'s> {
    fn new(text: &'s str) -> Self {
        let documents = yaml::separate::documents(text)
            .filter_map(|range| Some((range.clone(), yaml::parse_document(&text[range]).ok()?)));
        Self { objects: objects(Path::new("rendered.yaml"), text), documents: documents.collect() }
    }
}

/// The first byte of a line, which counts from 1.
fn offset_of(text: &str, line: u32) -> u32 {
    let lines = text.split_inclusive('\n').take((line as usize).saturating_sub(1));
    lines.map(str::len).sum::<usize>() as u32
}

/// Finds the sources of nodes of one document of a rendering.
pub(super) struct Locator<'r> {
    pub(super) rendering: &'r Rendering,
    /// Where the document begins in the rendered text.
    pub(super) base: u32,
}

impl Locator<'_> {
    /// What made a mapping or list: by what made its children, or if there are none, itself.
    pub(super) fn collection(&self, value: Value<'_>) -> Vec<Node> {
        let mut found: Vec<Node> = Vec::new();
        let mut add = |node: Node| {
            if !found.contains(&node) {
                found.push(node);
            }
        };
        for (key, _) in value.entries() {
            let name = Step::Key(key.text().into_owned());
            let of_key = self.sources(key.span()).into_iter().filter(|node| node.steps.last() == Some(&name));
            of_key.for_each(|node| add(Node { steps: without(node.steps, 1), ..node }));
        }
        if value.entries().next().is_none() {
            self.sources(value.span()).into_iter().for_each(add);
        }
        found
    }

    /// What made a value: the literal text of a template or manifest, or a value that says the same.
    pub(super) fn scalar(&self, value: Value<'_>) -> Vec<Node> {
        let mut found = self.sources(value.span());
        if self.is_made(value.span()) {
            found.retain(|node| node.site == Site::Values && self.says(node, &value.text()));
        }
        found
    }

    /// What made the entry or item at the end of `steps`.
    pub(super) fn entry(&self, object: Value<'_>, steps: &[Step]) -> Vec<Node> {
        let Some((last, parents)) = steps.split_last() else { return Vec::new() };
        let Some(parent) = field::find(object, parents) else { return Vec::new() };
        match last {
            Step::Key(name) => {
                let Some((key, _)) = field::entry(parent, name) else { return Vec::new() };
                let nodes = self.sources(key.span()).into_iter();
                let own = |node: Node| {
                    if node.steps.last() == Some(last) { Some(node) } else { self.operation(node, name) }
                };
                nodes.filter_map(own).collect()
            }
            Step::Index(_) => {
                let Some(item) = field::step(parent, last) else { return Vec::new() };
                // The first scalar in it, and how deep that lies.
                let first = deepest(item.document(), item.span().start);
                let inside = field::steps_to(first).split_off(field::steps_to(item).len());
                let depth = inside.len();
                // The text of a whole patch is no item of it.
                let is_same = |node: &Node| match depth {
                    0 => !first.is_scalar() || self.says(node, &first.text()),
                    _ => node.steps.ends_with(&inside),
                };
                let nodes = self.sources(first.span()).into_iter().filter(is_same);
                let nodes = nodes.map(|node| Node { steps: without(node.steps, depth), ..node });
                nodes.filter(|node| matches!(node.steps.last(), Some(Step::Index(_)))).collect()
            }
        }
    }

    /// The file that the first byte of a node was copied from, and where in it that is; `None` if it was not copied, or
    /// the file cannot be edited.
    pub(super) fn written_at(&self, value: Value<'_>) -> Option<(&SourceFile, usize)> {
        let provenance = &self.rendering.rendered.provenance;
        let start = value.span().start + self.base;
        let piece = provenance.piece(start)?;
        let is_copy = piece.verbatim || self.rendering.renderer == Renderer::Kustomize;
        let file = provenance.files.get(piece.source.file.0 as usize).filter(|file| file.editable && is_copy)?;
        let offset = if piece.verbatim { start - piece.start } else { 0 };
        Some((file, (piece.source.span.start + offset) as usize))
    }

    /// The file that a scalar is written in, and how: as it stands in a manifest, or with the actions of a template.
    pub(super) fn written(&self, scalar: Value<'_>) -> Option<(PathBuf, String)> {
        let span = scalar.span();
        let (start, end) = (span.start + self.base, span.end + self.base);
        let provenance = &self.rendering.rendered.provenance;
        let place = |at: u32| provenance.source(at).map(|source| (source.file, source.span));
        let ((first, from), (last, to)) = (place(start)?, place(end.checked_sub(1)?)?);
        let file = provenance.files.get(first.0 as usize).filter(|file| file.editable && first == last)?;
        let text = file.text.get(from.start as usize..to.end as usize)?;
        let is_one_line = !text.is_empty() && !text.contains('\n');
        is_one_line.then(|| (file.path.clone(), text.to_owned()))
    }

    /// The name and namespace that an object has where it is written.
    pub(super) fn original_name(&self, object: Value<'_>) -> Option<(String, String)> {
        let name = object.at(&["metadata", "name"])?;
        let node = self.sources(name.span()).into_iter().next()?;
        let text = self.text(&node)?;
        let document = yaml::parse_document(&text).ok()?;
        let to_object = node.steps.strip_suffix(&[Step::Key("metadata".to_owned()), Step::Key("name".to_owned())])?;
        let object = field::find(document.root(), to_object)?;
        let text = |key| object.at(&["metadata", key]).map(|value| value.text().into_owned());
        Some((text("name")?, text("namespace").unwrap_or_default()))
    }

    /// The operation of a JSON patch that a node is the value of, if it gives something that name.
    fn operation(&self, node: Node, name: &str) -> Option<Node> {
        let steps = node.steps.strip_suffix(&[Step::Key("value".to_owned())])?.to_vec();
        let text = self.text(&node)?;
        let document = yaml::parse_document(&text).ok()?;
        let operation = field::find(document.root(), &steps)?;
        let path = operation.get("path")?.text().into_owned();
        let last = path.rsplit('/').next()?.replace("~1", "/").replace("~0", "~");
        let gives = operation.get("op").is_some_and(|word| matches!(&*word.text(), "add" | "replace"));
        (gives && last == name && matches!(steps.last(), Some(Step::Index(_)))).then_some(Node { steps, ..node })
    }

    /// The nodes that made the bytes of a scalar: values first, then the text itself.
    fn sources(&self, span: Span) -> Vec<Node> {
        let provenance = &self.rendering.rendered.provenance;
        let (start, end) = (span.start + self.base, (span.end + self.base).max(span.start + self.base + 1));
        let mut found: Vec<Node> = Vec::new();
        let Some(piece) = provenance.piece(start) else { return found };
        if self.is_of_template(piece) {
            for piece in self.pieces(start, end) {
                let (first, last) = (piece.values.0 as usize, piece.values.1 as usize);
                let values = provenance.values.get(first..last).unwrap_or(&[]);
                let nodes = values.iter().filter_map(|value| self.node(value.source?, Site::Values));
                for node in nodes {
                    if !found.contains(&node) {
                        found.push(node);
                    }
                }
            }
            if self.rendering.renderer == Renderer::Kustomize {
                let is_literal = self.written_as(piece).is_some_and(|text| !text.contains("{{"));
                found.extend(is_literal.then(|| self.node(piece.source, Site::Template)).flatten());
            } else if piece.verbatim {
                let at = piece.source.span.start + (start - piece.start);
                let source = SourceSpan { span: Span { start: at, end: at }, ..piece.source };
                found.extend(self.node(source, Site::Template));
            }
            return found;
        }
        found.extend(self.node(piece.source, Site::Manifest));
        found
    }

    /// The values that went into a scalar, or into the keys and scalars of a mapping.
    pub(super) fn values_of(&self, value: Value<'_>) -> Vec<&ValueOrigin> {
        let provenance = &self.rendering.rendered.provenance;
        let span = value.span();
        let (start, end) = (span.start + self.base, (span.end + self.base).max(span.start + self.base + 1));
        let mut found: Vec<&ValueOrigin> = Vec::new();
        for piece in self.pieces(start, end) {
            let own = provenance.values.get(piece.values.0 as usize..piece.values.1 as usize).unwrap_or(&[]);
            for value in own {
                if !found.contains(&value) {
                    found.push(value);
                }
            }
        }
        found
    }

    /// A file that it was rendered from.
    pub(super) fn file(&self, id: SourceId) -> Option<&SourceFile> {
        self.rendering.rendered.provenance.files.get(id.0 as usize)
    }

    fn pieces(&self, start: u32, end: u32) -> impl Iterator<Item = &Piece> {
        let pieces = &self.rendering.rendered.provenance.pieces;
        let first = pieces.partition_point(|piece| piece.start <= start).saturating_sub(1);
        pieces[first..].iter().take_while(move |piece| piece.start < end)
    }

    /// Whether a template made it: that of a chart, also of one that a kustomization has rendered.
    fn is_of_template(&self, piece: &Piece) -> bool {
        let file = self.rendering.rendered.provenance.files.get(piece.source.file.0 as usize);
        let is_template = |file: &SourceFile| {
            file.path.components().any(|part| part.as_os_str() == "templates") && file.text.contains("{{")
        };
        self.rendering.renderer == Renderer::Helm || file.is_some_and(is_template)
    }

    /// What its source says.
    fn written_as(&self, piece: &Piece) -> Option<&str> {
        let span = piece.source.span;
        let file = self.rendering.rendered.provenance.files.get(piece.source.file.0 as usize)?;
        file.text.get(span.start as usize..span.end as usize)
    }

    /// Whether actions of a template made a span, or a part of it.
    fn is_made(&self, span: Span) -> bool {
        let (start, end) = (span.start + self.base, (span.end + self.base).max(span.start + self.base + 1));
        if self.rendering.renderer == Renderer::Kustomize {
            let piece = self.rendering.rendered.provenance.piece(start).filter(|piece| self.is_of_template(piece));
            return piece.and_then(|piece| self.written_as(piece)).is_some_and(|text| text.contains("{{"));
        }
        let mut pieces = self.pieces(start, end);
        !(pieces.next().is_some_and(|piece| piece.verbatim) && pieces.next().is_none())
    }

    /// The node of a file at a span: that with the same bytes, or the deepest that begins there.
    pub(super) fn node(&self, source: SourceSpan, site: Site) -> Option<Node> {
        let file = source.file.0 as usize;
        let text = self.rendering.rendered.provenance.files.get(file).filter(|file| file.editable)?;
        let shadow = Shadow::of(&text.text);
        let (number, range) = document_at(&shadow.text, source.span.start)?;
        let document = yaml::parse_document(shadow.text.get(range.clone())?).ok()?;
        let base = range.start as u32;
        let (start, end) = (source.span.start.checked_sub(base)?, source.span.end.checked_sub(base)?);
        let node = |steps, block| Some(Node { file, site, document: number, block, steps });
        if let Some(found) = node_at(&document, start, end) {
            return node(field::steps_to(found), None);
        }
        let is_around = |node: &model::document::Node| node.start < start && end <= node.end;
        let block = document.nodes.iter().rposition(|node| node.kind == Kind::Literal && is_around(node))?;
        let block = document.value(NodeId(block as u32));
        let literal = Literal::new(block)?;
        let (start, end) = (literal.offset(start as usize)?, literal.offset(end as usize)?);
        let (number, range) = document_at(&literal.text, start as u32)?;
        let inner = yaml::parse_document(literal.text.get(range.clone())?).ok()?;
        let found = node_at(&inner, start.checked_sub(range.start)? as u32, end.checked_sub(range.start)? as u32)?;
        node(field::steps_to(found), Some(Block { steps: field::steps_to(block), document: number }))
    }

    /// The text of the document that a node is in; of a template, its shadow.
    fn text(&self, node: &Node) -> Option<String> {
        let file = self.rendering.rendered.provenance.files.get(node.file)?;
        let shadow = Shadow::of(&file.text);
        let range = yaml::separate::documents(&shadow.text).nth(node.document)?;
        let text = shadow.text.get(range)?;
        let Some(block) = &node.block else { return Some(text.to_owned()) };
        let document = yaml::parse_document(text).ok()?;
        let literal = Literal::new(field::find(document.root(), &block.steps)?)?;
        let range = yaml::separate::documents(&literal.text).nth(block.document)?;
        literal.text.get(range).map(str::to_owned)
    }

    /// What a node of a source says.
    pub(super) fn tree(&self, node: &Node) -> Option<Tree> {
        let text = self.text(node)?;
        let document = yaml::parse_document(&text).ok()?;
        field::find(document.root(), &node.steps).map(Tree::of)
    }

    /// Whether a node of a source says this.
    fn says(&self, node: &Node, text: &str) -> bool {
        let Some(own) = self.text(node) else { return false };
        let Ok(document) = yaml::parse_document(&own) else { return false };
        field::find(document.root(), &node.steps).is_some_and(|value| value.is_scalar() && value.text() == text)
    }
}

/// The document of a text that has a byte, and its number.
pub(super) fn document_at(text: &str, at: u32) -> Option<(usize, Range<usize>)> {
    yaml::separate::documents(text)
        .enumerate()
        .find(|(_, range)| range.start <= at as usize && at as usize <= range.end)
}

/// The node with these bytes, or the deepest that begins with the first of them.
fn node_at<'d>(document: &'d Document<'d>, start: u32, end: u32) -> Option<Value<'d>> {
    match document.nodes.iter().position(|node| (node.start, node.end) == (start, end)) {
        Some(at) => Some(document.value(NodeId(at as u32))),
        None => Some(deepest(document, start)).filter(|node| node.span().start == start),
    }
}

/// The deepest node that begins at a byte; the root if there is none.
fn deepest<'d>(document: &'d Document<'d>, start: u32) -> Value<'d> {
    let at = document.nodes.iter().rposition(|node| node.start == start);
    at.map_or_else(|| document.root(), |at| document.value(NodeId(at as u32)))
}
