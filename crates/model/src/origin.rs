//! Where findings in rendered text come from: the place in a template, base or patch, the values that decide, the
//! lines that were rendered, and of several renderings of one source those in which a finding occurs.
//!
//! Occurrences of plain manifests have nothing here. Those of rendered text have the place of the source as their
//! place; what else there is to say of them is found by `Origins::of`.

use std::collections::HashMap;

use crate::document::Span;
use crate::finding::{ControlId, Occurrence};
use crate::inventory::ResourceId;
use crate::place::Place;
use crate::provenance::{Rendered, SourceFile};
use crate::symbols::Symbol;

/// The index of a rendering in `Origins::renderings`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RenderingId(pub u32);

/// What renders.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Renderer {
    /// A chart of Helm.
    Helm,
    /// A kustomization.
    Kustomize,
}

impl Renderer {
    /// The word, as it is written everywhere.
    pub fn name(self) -> &'static str {
        match self {
            Self::Helm => "helm",
            Self::Kustomize => "kustomize",
        }
    }
}

/// One text that was rendered: a chart with one set of values, or a kustomization.
#[derive(Clone, Debug)]
pub struct Rendering {
    /// What rendered it.
    pub renderer: Renderer,
    /// The folder or archive, as the user named it or relative to what the user named.
    pub path: String,
    /// What tells it from the other renderings of the same source: the set of values, or the overlay.
    pub variant: String,
    /// The text, and what made it.
    pub rendered: Rendered,
    /// The files of its provenance, by their indices among the files of the results.
    pub files: Vec<u32>,
    /// How many renderings its source has.
    pub siblings: u32,
    /// The parts of the text that nobody may print, in order.
    pub secrets: Vec<Span>,
}

impl Rendering {
    /// The lines `first..=last` of the text, with every secret masked, character for character.
    pub fn lines(&self, first: u32, last: u32) -> Vec<String> {
        let text = &self.rendered.text;
        let skipped = (first as usize).saturating_sub(1);
        let mut start = 0;
        let mut lines = Vec::new();
        for (number, line) in text.split_inclusive('\n').enumerate() {
            if number >= last as usize {
                break;
            }
            let end = start + line.len();
            if number >= skipped {
                let shown = masked(line.trim_end_matches(['\n', '\r']), start as u32, &self.secrets);
                lines.push(shown);
            }
            start = end;
        }
        lines
    }
}

/// `text`, which begins at `start`, with a mark in place of every character in `secrets`, which are in order.
pub fn masked(text: &str, start: u32, secrets: &[Span]) -> String {
    let first = secrets.partition_point(|secret| secret.end <= start);
    let near = &secrets[first..];
    let end = start + text.len() as u32;
    if near.first().is_none_or(|secret| secret.start >= end) {
        return text.to_owned();
    }
    let is_secret = |at: u32| near.iter().take_while(|secret| secret.start <= at).any(|secret| at < secret.end);
    let hide = |(at, c): (usize, char)| if !c.is_whitespace() && is_secret(start + at as u32) { '•' } else { c };
    text.char_indices().map(hide).collect()
}

/// What is to be said of one occurrence in rendered text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Traced {
    /// The file that its place is in, among the files of the results.
    pub file: u32,
    /// Why it is there: one reason for all renderings in which the same values decide.
    pub reasons: Vec<Reason>,
}

/// Why a finding is in rendered text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reason {
    /// The renderings, in order.
    pub renderings: Vec<RenderingId>,
    /// The values that decide, the nearest first.
    pub values: Vec<Deciding>,
    /// The place in the text of the first of the renderings. Its field is that of the occurrence.
    pub rendered: Place,
}

/// A value that decides.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deciding {
    /// Its path, as one would write it for `--set`.
    pub path: String,
    /// The file that it is written in, among the files of the results, and where; `None` for the command line.
    pub place: Option<(u32, Place)>,
}

/// What tells occurrences of one run from each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Key(ResourceId, ControlId, Place, [Symbol; 3]);

impl Key {
    fn of(occurrence: &Occurrence) -> Self {
        let Occurrence { resource, control, place, container, value, message, .. } = *occurrence;
        Self(resource, control, place, [container, value, message])
    }
}

/// What is known of rendered text.
#[derive(Clone, Debug, Default)]
pub struct Origins {
    /// What was rendered.
    pub renderings: Vec<Rendering>,
    /// In which renderings a resource is.
    resources: HashMap<ResourceId, Vec<RenderingId>>,
    /// The resources that are hooks of Helm, and when they run.
    hooks: HashMap<ResourceId, String>,
    traced: HashMap<Key, Traced>,
}

impl Origins {
    /// Gives resources the numbers that `number` says; those that have none are forgotten.
    pub fn renumber(&mut self, number: &dyn Fn(ResourceId) -> Option<ResourceId>) {
        let resources = std::mem::take(&mut self.resources).into_iter();
        self.resources = resources.filter_map(|(id, renderings)| Some((number(id)?, renderings))).collect();
        let hooks = std::mem::take(&mut self.hooks).into_iter();
        self.hooks = hooks.filter_map(|(id, hook)| Some((number(id)?, hook))).collect();
        let traced = std::mem::take(&mut self.traced).into_iter();
        self.traced = traced
            .filter_map(|(Key(id, control, place, texts), traced)| {
                Some((Key(number(id)?, control, place, texts), traced))
            })
            .collect();
    }

    /// Whether nothing was rendered.
    pub fn is_empty(&self) -> bool {
        self.renderings.is_empty()
    }

    /// What is to be said of an occurrence; `None` if it is in a plain manifest.
    pub fn of(&self, occurrence: &Occurrence) -> Option<&Traced> {
        if self.traced.is_empty() { None } else { self.traced.get(&Key::of(occurrence)) }
    }

    /// The renderings that a resource is in; none if it is in a plain manifest.
    pub fn of_resource(&self, resource: ResourceId) -> &[RenderingId] {
        self.resources.get(&resource).map_or(&[], Vec::as_slice)
    }

    /// The rendering of that id.
    pub fn rendering(&self, id: RenderingId) -> &Rendering {
        &self.renderings[id.0 as usize]
    }

    /// When a resource runs that is a hook of Helm, such as `pre-install,pre-upgrade`.
    pub fn hook(&self, resource: ResourceId) -> Option<&str> {
        self.hooks.get(&resource).map(String::as_str)
    }

    /// Notes that a resource is a hook.
    pub fn runs_at(&mut self, resource: ResourceId, hook: &str) {
        self.hooks.insert(resource, hook.to_owned());
    }

    /// Notes that a resource is in a rendering.
    pub fn occurs(&mut self, resource: ResourceId, rendering: RenderingId) {
        let known = self.resources.entry(resource).or_default();
        if known.last() != Some(&rendering) {
            known.push(rendering);
        }
    }

    /// Notes why an occurrence is there. Returns whether the same was known from another rendering.
    pub fn trace(&mut self, occurrence: &Occurrence, file: u32, reason: Reason) -> bool {
        let (traced, known) = match self.traced.entry(Key::of(occurrence)) {
            std::collections::hash_map::Entry::Occupied(entry) => (entry.into_mut(), true),
            std::collections::hash_map::Entry::Vacant(entry) => {
                (entry.insert(Traced { file, reasons: Vec::new() }), false)
            }
        };
        match traced.reasons.iter_mut().find(|same| same.values == reason.values) {
            Some(same) => {
                for rendering in reason.renderings {
                    if !same.renderings.contains(&rendering) {
                        same.renderings.push(rendering);
                    }
                }
            }
            None => traced.reasons.push(reason),
        }
        known
    }

    /// The source of that index among the files of the results, if something was rendered from it.
    pub fn source(&self, file: u32) -> Option<&SourceFile> {
        self.renderings.iter().find_map(|rendering| {
            let at = rendering.files.iter().position(|known| *known == file)?;
            rendering.rendered.provenance.files.get(at)
        })
    }

    /// The parts of a source that made secrets of what was rendered, or that are their values, in order.
    pub fn secrets(&self, file: u32) -> Vec<Span> {
        let mut spans = Vec::new();
        for rendering in &self.renderings {
            let Some(at) = rendering.files.iter().position(|known| *known == file) else { continue };
            let provenance = &rendering.rendered.provenance;
            for secret in &rendering.secrets {
                let first = provenance.pieces.partition_point(|piece| piece.start <= secret.start).saturating_sub(1);
                for (number, piece) in provenance.pieces.iter().enumerate().skip(first) {
                    if piece.start >= secret.end {
                        break;
                    }
                    let end = provenance.pieces.get(number + 1).map_or(u32::MAX, |next| next.start);
                    let (from, to) = (piece.start.max(secret.start), end.min(secret.end));
                    let values = provenance.values(from);
                    spans.extend(
                        values
                            .iter()
                            .filter_map(|value| value.source)
                            .filter(|source| source.file.0 as usize == at)
                            .map(|source| source.span),
                    );
                    if piece.source.file.0 as usize != at {
                        continue;
                    }
                    if piece.verbatim {
                        let start = piece.source.span.start + (from - piece.start);
                        spans.push(Span { start, end: start + (to - from) });
                    } else if values.is_empty() {
                        spans.push(piece.source.span);
                    }
                }
            }
        }
        spans.sort_unstable();
        spans
    }

    /// The renderings that an occurrence is in, in order.
    pub fn renderings_of(&self, occurrence: &Occurrence) -> Vec<RenderingId> {
        let reasons = self.of(occurrence).map_or(&[][..], |traced| &traced.reasons);
        let mut all: Vec<RenderingId> = reasons.iter().flat_map(|reason| reason.renderings.iter().copied()).collect();
        all.sort_unstable();
        all.dedup();
        all
    }

    /// The names of those of these renderings, if the source has others: what a reader has to know beside the place.
    pub fn variants(&self, renderings: &[RenderingId]) -> Vec<&str> {
        let all: Vec<&Rendering> = renderings.iter().map(|id| self.rendering(*id)).collect();
        let is_everywhere = all.iter().all(|rendering| rendering.siblings as usize <= renderings.len());
        if is_everywhere { Vec::new() } else { all.iter().map(|rendering| rendering.variant.as_str()).collect() }
    }
}
