//! Changes written into the files that they are for, one document after another.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::path::Path;

use model::fix::FixClass;

use crate::block::Block;
use crate::edit::{self, Action, Ground, Patch, Refusal};
use crate::field::{self, Step};
use crate::objects::{ObjectPlace, objects};
use crate::plan::{self, Fix, Proposal};
use crate::shadow::Shadow;
use crate::sources::Way;

/// Documents are parsed once for every change: so many bytes are parsed for one file.
const MOST_PARSED: usize = 2 << 30;

/// A change as it is to be written.
pub(crate) struct Order<'f> {
    /// Who may decide.
    pub(crate) class: FixClass,
    /// The object, where it is in a manifest.
    pub(crate) object: ObjectName<'f>,
    /// What is written.
    pub(crate) deed: Deed<'f>,
}

/// Which object of which file.
#[derive(Clone, Copy)]
pub(crate) struct ObjectName<'f> {
    /// The file.
    pub(crate) path: &'f Path,
    /// The number of the object in it.
    pub(crate) number: usize,
    /// Its kind.
    pub(crate) kind: &'f str,
    /// Its name.
    pub(crate) name: &'f str,
}

/// What is written.
pub(crate) enum Deed<'f> {
    /// Changes of the object.
    Proposals(&'f [Proposal]),
    /// The object is taken out.
    Deletion,
    /// Changes of sources; `None` if there is no way.
    Way(Option<&'f Way>),
}

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
    Object(ObjectName<'f>, &'f Proposal),
    /// All of an object.
    Whole(ObjectName<'f>),
    /// At a place of a source, by the number of its document, and maybe in a block of that.
    Source(usize, Option<&'f Block>, &'f Patch),
}

impl<'f> Order<'f> {
    /// The change that mends a finding.
    fn of(fix: &'f Fix) -> Self {
        let deed = match &fix.rendered {
            None => Deed::Proposals(std::slice::from_ref(&fix.proposal)),
            Some(rendered) => Deed::Way(rendered.ways.first()),
        };
        let object = ObjectName { path: &fix.path, number: fix.object, kind: &fix.kind, name: &fix.name };
        Self { class: fix.class, object, deed }
    }
}

/// What a file that is not there says before these changes, if one of them creates it.
///
/// # Errors
/// Two create it, and differ.
pub(crate) fn created(jobs: &[Job<'_>]) -> Result<Option<String>, String> {
    let mut texts = jobs.iter().filter_map(|job| job.creates);
    let Some(first) = texts.next() else { return Ok(None) };
    if texts.all(|text| text == first) {
        Ok(Some(first.to_owned()))
    } else {
        Err("another change makes a file of that name".to_owned())
    }
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
    jobs_of(fixes.iter().map(Order::of), tried)
}

/// What is ordered, by the files that change.
pub(crate) fn jobs_of<'f>(
    orders: impl Iterator<Item = Order<'f>>,
    tried: &mut [Tried],
) -> BTreeMap<&'f Path, Vec<Job<'f>>> {
    let mut files: BTreeMap<&Path, Vec<Job<'_>>> = BTreeMap::new();
    for (fix, Order { class, object, deed }) in orders.enumerate() {
        match deed {
            Deed::Proposals(proposals) => {
                let places = proposals.iter().map(|proposal| Place::Object(object, proposal));
                let jobs = places.map(|place| Job { fix, class, place, creates: None });
                files.entry(object.path).or_default().extend(jobs);
            }
            Deed::Deletion => {
                let job = Job { fix, class, place: Place::Whole(object), creates: None };
                files.entry(object.path).or_default().push(job);
            }
            Deed::Way(None) => tried[fix].refuse("nothing that can be edited here decides about it"),
            Deed::Way(Some(way)) => {
                for edit in way {
                    let place = Place::Source(edit.document, edit.block.as_ref(), &edit.patch);
                    let job = Job { fix, class, place, creates: edit.creates.as_deref() };
                    files.entry(&edit.path).or_default().push(job);
                }
            }
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
    let is_object = |job: &Job<'_>| matches!(job.place, Place::Object(..) | Place::Whole(_));
    let places = if jobs.iter().any(is_object) { objects(path, &text) } else { Vec::new() };
    let mut groups: BTreeMap<usize, (Range<usize>, Vec<&Job<'_>>)> = BTreeMap::new();
    for job in jobs {
        let range = match job.place {
            Place::Object(object, _) | Place::Whole(object) => {
                let is_it = |place: &&ObjectPlace| place.kind == object.kind && place.name == object.name;
                places.get(object.number).filter(is_it).map(|place| place.document.clone())
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
        let is_whole = |job: &&Job<'_>| match job.place {
            Place::Whole(object) => places.get(object.number).is_some_and(|place| place.steps.is_empty()),
            Place::Object(..) | Place::Source(..) => false,
        };
        if group.iter().any(is_whole) {
            // What else would change in it goes with it.
            ground.text.replace_range(range.clone(), "");
            ground.shadow.replace_range(range, "");
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
fn plan<'f>(text: &str, group: &[&Job<'f>], places: &[ObjectPlace], tried: &mut [Tried]) -> Vec<Planned<'f>> {
    let Ok(document) = yaml::parse_document(text) else {
        group.iter().for_each(|job| tried[job.fix].refuse(&Refusal::Syntax.to_string()));
        return Vec::new();
    };
    let mut planned = Vec::new();
    for Job { fix, class, place, creates: _ } in group {
        let (block, patch) = match place {
            Place::Source(_, block, patch) => (*block, Some((*patch).clone())),
            Place::Object(own, proposal) => {
                let patch = places.get(own.number).and_then(|place| {
                    let object = field::find(document.root(), &place.steps)?;
                    plan::patch(proposal, object, &place.steps)
                });
                (None, patch)
            }
            // An item of a list of objects.
            Place::Whole(own) => {
                let steps = places.get(own.number).map(|place| place.steps.clone());
                (None, steps.map(|steps| Patch { steps, action: Action::Remove }))
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
