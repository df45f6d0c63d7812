//! Changes written into the files that they are for, one document after another.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::path::Path;

use model::fix::FixClass;

use crate::block::Block;
use crate::edit::{self, Action, Ground, Patch, Refusal};
use crate::field::{self, Step};
use crate::objects::objects;
use crate::plan::Fix;
use crate::shadow::Shadow;

/// Documents are parsed once for every change: so many bytes are parsed for one file.
const MOST_PARSED: usize = 2 << 30;

/// A change that is to be made in a file.
pub(crate) struct Job<'f> {
    /// The number of the fix that it belongs to.
    pub(crate) fix: usize,
    class: FixClass,
    place: Place<'f>,
    creates: Option<&'f str>,
}

enum Place<'f> {
    /// For an object of a manifest.
    Object(&'f Fix),
    /// At a place of a source, by the number of its document, and maybe in a block of that.
    Source(usize, Option<&'f Block>, &'f Patch),
}

/// What a file that is not there says before these changes, if one of them creates it.
pub(crate) fn created(jobs: &[Job<'_>]) -> Option<String> {
    jobs.iter().find_map(|job| job.creates).map(str::to_owned)
}

/// What came of a fix.
#[derive(Default)]
pub(crate) struct Tried {
    /// Why it is not made.
    pub(crate) refused: Option<String>,
    /// Other places that change with it.
    pub(crate) also: Vec<String>,
}

impl Tried {
    pub(crate) fn refuse(&mut self, reason: &str) {
        self.refused.get_or_insert_with(|| reason.to_owned());
    }
}

/// The changes of all fixes, by their files.
pub(crate) fn jobs<'f>(fixes: &'f [Fix], tried: &mut [Tried]) -> BTreeMap<&'f Path, Vec<Job<'f>>> {
    let mut files: BTreeMap<&Path, Vec<Job<'_>>> = BTreeMap::new();
    for (number, fix) in fixes.iter().enumerate() {
        let Some(rendered) = &fix.rendered else {
            let job = Job { fix: number, class: fix.class, place: Place::Object(fix), creates: None };
            files.entry(&fix.path).or_default().push(job);
            continue;
        };
        let Some(way) = rendered.ways.first() else {
            tried[number].refuse("nothing that can be edited here decides about it");
            continue;
        };
        for edit in way {
            let place = Place::Source(edit.document, edit.block.as_ref(), &edit.patch);
            let job = Job { fix: number, class: fix.class, place, creates: edit.creates.as_deref() };
            files.entry(&edit.path).or_default().push(job);
        }
    }
    files
}

/// Where a patch is to be written in its document.
struct Planned<'f> {
    fix: usize,
    block: Option<&'f Block>,
    class: FixClass,
    patch: Patch,
}

/// Makes changes in one file, document by document from the last, so that places before stay where they are.
pub(crate) fn in_file(path: &Path, text: String, jobs: &[Job<'_>], tried: &mut [Tried]) -> String {
    let shadow = Shadow::of(&text).text.into_owned();
    let documents: Vec<Range<usize>> = yaml::separate::documents(&shadow).collect();
    let is_object = |job: &Job<'_>| matches!(job.place, Place::Object(_));
    let places = if jobs.iter().any(is_object) { objects(path, &text) } else { Vec::new() };
    let mut groups: BTreeMap<usize, (Range<usize>, Vec<&Job<'_>>)> = BTreeMap::new();
    for job in jobs {
        let range = match job.place {
            Place::Object(fix) => {
                let place = places.get(fix.object).filter(|place| place.kind == fix.kind && place.name == fix.name);
                place.map(|place| place.document.clone())
            }
            Place::Source(document, ..) => documents.get(document).cloned(),
        };
        match range {
            Some(range) => groups.entry(range.start).or_insert_with(|| (range, Vec::new())).1.push(job),
            None => tried[job.fix].refuse("the file was changed meanwhile"),
        }
    }
    let mut ground = Ground { text, shadow };
    for (range, group) in groups.into_values().rev() {
        if range.len().saturating_mul(group.len()) > MOST_PARSED {
            let reason = "the document is too large for so many changes";
            group.iter().for_each(|job| tried[job.fix].refuse(reason));
            continue;
        }
        let mut part =
            Ground { text: ground.text[range.clone()].to_owned(), shadow: ground.shadow[range.clone()].to_owned() };
        let planned = plan(&part.shadow, &group, &places, tried);
        in_document(&mut part, planned, tried);
        ground.text.replace_range(range.clone(), &part.text);
        ground.shadow.replace_range(range, &part.shadow);
    }
    ground.text
}

/// Where everything is meant to be written, by the text as it is before the first change.
fn plan<'f>(
    text: &str,
    group: &[&Job<'f>],
    places: &[crate::objects::ObjectPlace],
    tried: &mut [Tried],
) -> Vec<Planned<'f>> {
    let Ok(document) = yaml::parse_document(text) else {
        group.iter().for_each(|job| tried[job.fix].refuse(&Refusal::Syntax.to_string()));
        return Vec::new();
    };
    let mut planned = Vec::new();
    for Job { fix, class, place, creates: _ } in group {
        let (block, patch) = match place {
            Place::Source(_, block, patch) => (*block, Some((*patch).clone())),
            Place::Object(own) => {
                let patch = places.get(own.object).and_then(|place| {
                    let object = field::find(document.root(), &place.steps)?;
                    own.patch(object, &place.steps)
                });
                (None, patch)
            }
        };
        match patch {
            Some(patch) => planned.push(Planned { fix: *fix, block, class: *class, patch }),
            None => tried[*fix].refuse(&Refusal::Gone.to_string()),
        }
    }
    planned.sort_by(|a, b| rank(a).cmp(&rank(b)).then_with(|| later_first(&a.patch, &b.patch)));
    planned
}

fn in_document(ground: &mut Ground, planned: Vec<Planned<'_>>, tried: &mut [Tried]) {
    let mut shared: BTreeSet<String> = BTreeSet::new();
    for (number, Planned { fix, block, patch, .. }) in planned.iter().enumerate() {
        let beside = |other: &&Planned<'_>| other.block == *block;
        // Several findings may be mended by one change.
        let mut before = planned[..number].iter().filter(beside);
        if before.any(|other| other.patch == *patch && tried[other.fix].refused.is_none()) {
            continue;
        }
        let meant = |steps: &[Step]| {
            let is_same = |other: &Patch| other.action == patch.action && other.steps.starts_with(steps);
            planned.iter().filter(beside).any(|other| is_same(&other.patch))
        };
        let applied = match block {
            Some(block) => edit::apply_in(ground, block, patch, &meant),
            None => edit::apply_to(ground, patch, &meant),
        };
        match applied {
            Ok(also) => {
                shared.extend(also.iter().cloned());
                tried[*fix].also.extend(also);
            }
            // It went with the text of the anchor.
            Err(Refusal::Gone)
                if block.is_none()
                    && (0..=patch.steps.len()).any(|end| shared.contains(&field::path(&patch.steps[..end]))) => {}
            Err(refusal) => tried[*fix].refuse(&refusal.to_string()),
        }
    }
}

/// What is written first: what is in blocks, whose places other changes may move; then what takes more away (a list that
/// drops all needs no single names), then what adds, then what replaces, and last what removes, which moves what comes
/// after it.
fn rank(planned: &Planned<'_>) -> (bool, u8, std::cmp::Reverse<FixClass>) {
    let rank = match planned.patch.action {
        Action::Merge(_) => 0,
        Action::Replace(_) => 1,
        Action::Rename(_) => 2,
        Action::Remove => 3,
    };
    (planned.block.is_none(), rank, std::cmp::Reverse(planned.class))
}

fn later_first(a: &Patch, b: &Patch) -> std::cmp::Ordering {
    match a.action {
        Action::Remove => b.steps.cmp(&a.steps),
        _ => std::cmp::Ordering::Equal,
    }
}
