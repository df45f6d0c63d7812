//! What executes templates: the templates by their names, the bounds of the work, and what was noticed.

use std::collections::{BTreeSet, HashMap};
use std::path::PathBuf;
use std::rc::Rc;
use std::sync::Arc;

use foldhash::fast::FixedState;
use model::provenance::{Rendered, SourceFile};

use super::error::Failure;
use super::nodes::Body;
use super::parser::{Parsed, Trees};
use super::trace::Trace;
use super::walk::Run;
use crate::render::Tracing;
use crate::text::{Builder, NOWHERE, Origin, Taint, Text};
use crate::value::{Kind, Value};

/// Templates include each other by one name no deeper. Source: Helm, `recursionMaxNums`.
const MOST_INCLUDED: u32 = 1_000;

/// The bounds of rendering one chart.
#[derive(Clone, Copy, Debug)]
pub struct Bounds {
    /// Nodes of templates executed, and work of functions counted as nodes.
    pub steps: u64,
    /// Bytes of one text, be it a file or what a function gives.
    pub bytes: usize,
    /// Templates that call each other.
    pub depth: u32,
}

impl Default for Bounds {
    fn default() -> Self {
        Self { steps: 5_000_000, bytes: 32 << 20, depth: 1_200 }
    }
}

/// A text that templates come from.
#[derive(Debug)]
pub(crate) struct Source {
    /// The name that messages show.
    pub(crate) name: Rc<str>,
    pub(crate) text: Arc<str>,
    /// Its number in origins; `u32::MAX` for a text that a template made.
    pub(crate) file: u32,
    /// The values that the text itself was made of.
    pub(crate) taint: Taint,
}

/// A template that can be called.
#[derive(Debug)]
pub(crate) struct Entry {
    pub(crate) name: Rc<str>,
    pub(crate) body: Arc<Body>,
    pub(crate) source: Rc<Source>,
}

/// Templates by name; those of `tpl` lie over those of the chart.
#[derive(Debug, Default)]
pub(crate) struct Templates {
    entries: HashMap<Rc<str>, Rc<Entry>, FixedState>,
    below: Option<Rc<Templates>>,
}

impl Templates {
    pub(crate) fn find(&self, name: &str) -> Option<&Rc<Entry>> {
        let mut layer = Some(self);
        while let Some(templates) = layer {
            if let Some(entry) = templates.entries.get(name) {
                return Some(entry);
            }
            layer = templates.below.as_deref();
        }
        None
    }

    /// Adds a template. One that is empty does not take the place of one that is not.
    fn add(&mut self, name: &str, body: &Arc<Body>, source: &Rc<Source>) {
        if body.is_empty && self.find(name).is_some() {
            return;
        }
        let name: Rc<str> = Rc::from(name);
        let entry = Entry { name: Rc::clone(&name), body: Arc::clone(body), source: Rc::clone(source) };
        self.entries.insert(name, Rc::new(entry));
    }

    fn add_trees(&mut self, name: &str, trees: &Trees, source: &Rc<Source>) {
        for (name, body) in &trees.definitions {
            self.add(name, body, source);
        }
        self.add(name, &trees.main, source);
    }
}

/// A file to render.
#[derive(Debug)]
pub(crate) struct Render {
    pub(crate) name: String,
    pub(crate) path: PathBuf,
    pub(crate) data: Value,
}

impl Render {
    /// Whether what it gives is part of the output.
    pub(crate) fn is_output(&self) -> bool {
        !self.name.ends_with("NOTES.txt")
    }
}

/// Executes the templates of one chart.
#[derive(Debug)]
pub(crate) struct Machine {
    pub(crate) tracing: Tracing,
    pub(crate) trace: Trace,
    pub(crate) bounds: Bounds,
    pub(super) templates: Rc<Templates>,
    pub(super) depth: u32,
    pub(super) files: Vec<Arc<SourceFile>>,
    steps: u64,
    included: HashMap<Rc<str>, u32, FixedState>,
    notes: BTreeSet<String>,
    tpl_cache: HashMap<Rc<str>, Arc<Parsed>, FixedState>,
}

impl Machine {
    pub(crate) fn new(tracing: Tracing, bounds: Bounds) -> Self {
        Self {
            tracing,
            trace: Trace::new(),
            bounds,
            templates: Rc::default(),
            depth: 0,
            files: Vec::new(),
            steps: 0,
            included: HashMap::default(),
            notes: BTreeSet::new(),
            tpl_cache: HashMap::default(),
        }
    }

    /// Adds the templates of a file.
    pub(crate) fn add(&mut self, name: &str, file: &Arc<SourceFile>, parsed: &Parsed) -> Result<(), String> {
        let trees = parsed.result.as_ref().map_err(|error| error.as_helm(name))?;
        let source = Rc::new(Source {
            name: Rc::from(name),
            text: Arc::clone(&parsed.text),
            file: self.files.len() as u32,
            taint: 0,
        });
        self.files.push(Arc::clone(file));
        if let Some(templates) = Rc::get_mut(&mut self.templates) {
            templates.add_trees(name, trees, &source);
        }
        Ok(())
    }

    /// Renders a file, as Helm does: what has no value is left out.
    pub(crate) fn render(&mut self, file: &Render) -> Result<Rendered, Failure> {
        let mut out = Builder::new(self.tracing);
        self.execute(&file.name, file.data.clone(), &mut out)?;
        Ok(self.rendered(out.without("<no value>")))
    }

    fn execute(&mut self, name: &str, data: Value, out: &mut Builder) -> Result<(), Failure> {
        let templates = Rc::clone(&self.templates);
        let Some(entry) = templates.find(name) else {
            let name = crate::format::quoted(name);
            return Err(Failure::new(format!("template: no template {name} associated with template \"gotpl\"")));
        };
        self.enter()?;
        let result = Run::new(self, entry, data).body(&entry.body, out);
        self.depth -= 1;
        result
    }

    /// One template more is being executed.
    pub(super) fn enter(&mut self) -> Result<(), Failure> {
        if self.depth >= self.bounds.depth {
            return Err(Failure::new(format!(
                "exceeded maximum template depth ({}): does a template call itself without an end?",
                self.bounds.depth
            )));
        }
        self.depth += 1;
        Ok(())
    }

    /// `include`.
    pub(crate) fn include(&mut self, name: &Text, data: Value) -> Result<Value, Failure> {
        let key: Rc<str> = Rc::from(&**name);
        let count = self.included.entry(Rc::clone(&key)).or_insert(0);
        if *count > MOST_INCLUDED {
            return Err(Failure::new(format!(
                "rendering template has a nested reference name: {}: unable to execute template",
                &**name
            )));
        }
        *count += 1;
        let mut out = Builder::new(self.tracing);
        let result = self.execute(name, data.unboxed(), &mut out);
        if let Some(count) = self.included.get_mut(&key) {
            *count -= 1;
        }
        result?;
        Ok(self.finish(out))
    }

    /// `tpl`: a text as a template.
    pub(crate) fn tpl(&mut self, text: &Text, taint: Taint, data: Value) -> Result<Value, Failure> {
        const NAME: &str = "gotpl";
        let quoted = || crate::format::quoted(text);
        if memchr::memmem::find(text.as_bytes(), b"{{").is_none() && !text.contains("<no value>") {
            // Nothing to execute, and the empty text is a template too.
            return Ok(Value::tainted(Kind::Text(text.clone()), taint));
        }
        let key: Rc<str> = Rc::from(&**text);
        let parsed = match self.tpl_cache.get(&key) {
            Some(parsed) => Arc::clone(parsed),
            None => {
                let parsed = Arc::new(Parsed::new(Arc::from(&**text)));
                self.tpl_cache.insert(key, Arc::clone(&parsed));
                parsed
            }
        };
        let trees = match &parsed.result {
            Ok(trees) => trees,
            Err(error) => {
                return Err(Failure::new(format!("cannot parse template {}: {}", quoted(), error.as_go(NAME))));
            }
        };
        let source = Rc::new(Source { name: Rc::from(NAME), text: Arc::clone(&parsed.text), file: u32::MAX, taint });
        let below = Rc::clone(&self.templates);
        let mut own = Templates { entries: HashMap::default(), below: Some(Rc::clone(&below)) };
        own.add_trees(NAME, trees, &source);
        if own.find(NAME).is_none() || trees.main.is_empty {
            let entry = Entry { name: Rc::from(NAME), body: Arc::clone(&trees.main), source: Rc::clone(&source) };
            own.entries.insert(Rc::from(NAME), Rc::new(entry));
        }
        self.templates = Rc::new(own);
        let mut out = Builder::new(self.tracing);
        let result = self.execute(NAME, data.unboxed(), &mut out);
        self.templates = below;
        result.map_err(|failure| {
            Failure::because(&format!("error during tpl function execution for {}: ", quoted()), failure)
        })?;
        Ok(self.finish(out.without("<no value>")))
    }

    /// A text that was put together, with all that went into it.
    pub(crate) fn finish(&mut self, out: Builder) -> Value {
        let (text, taints) = out.finish();
        let taint = taints.into_iter().fold(0, |all, taint| self.trace.union(all, taint));
        Value::tainted(Kind::Text(text), taint)
    }

    /// A text of one kind, built by `write`.
    pub(crate) fn build(&mut self, write: impl FnOnce(&mut Builder)) -> Value {
        let mut out = Builder::new(self.tracing);
        write(&mut out);
        self.finish(out)
    }

    /// Counts work.
    pub(crate) fn tick(&mut self, steps: u64) -> Result<(), Failure> {
        self.steps = self.steps.saturating_add(steps);
        if self.steps > self.bounds.steps {
            return Err(Failure::new(format!(
                "rendering was stopped after {} steps: a loop or a list is too long",
                self.bounds.steps
            )));
        }
        Ok(())
    }

    /// Whether a text of so many bytes is still fine; counts the work.
    pub(crate) fn check_size(&mut self, bytes: usize) -> Result<(), Failure> {
        if bytes > self.bounds.bytes {
            return Err(Failure::new(format!("the text is longer than {} bytes", self.bounds.bytes)));
        }
        self.tick(bytes as u64 / 16)
    }

    /// Something that a user should know about the result.
    pub(crate) fn note(&mut self, note: &str) {
        if !self.notes.contains(note) {
            self.notes.insert(note.to_owned());
        }
    }

    pub(crate) fn into_notes(self) -> impl Iterator<Item = String> {
        self.notes.into_iter()
    }

    /// Where a failure happened: the file, as it is shown, and the byte.
    pub(crate) fn place(&self, failure: &Failure) -> Option<(PathBuf, u32)> {
        let (file, at) = failure.place?;
        self.files.get(file as usize).map(|file| (file.path.clone(), at))
    }

    /// The origin of text between two bytes of a source.
    pub(super) fn origin(source: &Source, start: u32, end: u32, verbatim: bool) -> Origin {
        if source.file == u32::MAX {
            return NOWHERE;
        }
        Origin { file: source.file, span: model::document::Span { start, end }, verbatim }
    }
}
