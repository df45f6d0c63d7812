//! What every format starts from: results grouped by resource and control, identities, counts, fingerprints.

use std::cmp::Reverse;
use std::collections::HashMap;

use compliance::Assessment;
use model::control::Registered;
use model::exception::{Exception, ExceptionProblem, Exceptions};
use model::finding::{ControlId, Occurrence, Standing, Status, render_message};
use model::inventory::{CustodyFact, DriftFact, Resource, ResourceId, Results, live_path};
use model::origin::{Deciding, Traced};
use model::place::Place;
use model::pod::GapKind;
use model::priority::{Contribution, FirstChange};
use model::severity::Severity;
use model::symbols::Symbol;

/// A scan's results, and how they are to be read.
pub struct Report<'a> {
    /// What was found.
    pub results: &'a Results,
    /// The controls that ran, ordered by id.
    pub controls: &'a [Registered],
    /// Findings below this severity do not change the exit code.
    pub threshold: Severity,
    /// The version of the program.
    pub version: &'a str,
    /// The frameworks that were asked for.
    pub frameworks: &'a [Assessment],
    /// What the baseline says, if there is one.
    pub baseline: Option<Compared>,
    /// What somebody accepts, and what is wrong with that.
    pub exceptions: Option<&'a Exceptions>,
    /// Distinguishes resources that have the same identity; 0 for the first of them.
    ordinals: Vec<u32>,
}

/// How findings compare with a baseline.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Compared {
    /// Occurrences that the baseline has.
    pub known: u64,
    /// Occurrences of the baseline that are gone.
    pub gone: u64,
    /// Occurrences of the baseline that this run did not look for.
    pub not_looked_at: u64,
}

/// What one control says of one resource.
#[derive(Clone, Copy)]
pub struct ControlResult<'a> {
    /// The control.
    pub registered: Registered,
    /// The resource.
    pub resource: ResourceId,
    /// The worst that is said.
    pub status: Status,
    /// The highest severity of what has that status, and of what is open if anything is.
    pub severity: Severity,
    /// Whether somebody has to do something about any of it.
    pub standing: Standing,
    /// Where. For `Status::Pass` one occurrence without a place.
    pub occurrences: &'a [Occurrence],
}

/// How many results failed, by severity.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Indexed by `Severity as usize`.
    by_severity: [u64; 5],
}

impl Counts {
    /// The number of failed results of that severity.
    pub fn of(&self, severity: Severity) -> u64 {
        self.by_severity[severity as usize]
    }

    /// The number of failed results at or above `threshold`.
    pub fn at_or_above(&self, threshold: Severity) -> u64 {
        self.by_severity[threshold as usize..].iter().sum()
    }

    /// All failed results.
    pub fn all(&self) -> u64 {
        self.by_severity.iter().sum()
    }

    /// Counts one failed result.
    pub fn add(&mut self, severity: Severity) {
        self.by_severity[severity as usize] += 1;
    }
}

/// What the exit code of a scan says. The greater one wins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Outcome {
    /// Everything was looked at, and nothing at or above the threshold was found.
    Clean,
    /// Something was found.
    Findings,
    /// Not everything could be looked at.
    Incomplete,
}

impl<'a> Report<'a> {
    /// A report on `results`.
    pub fn new(results: &'a Results, controls: &'a [Registered], threshold: Severity, version: &'a str) -> Self {
        let mut seen = HashMap::with_capacity(results.resources.len());
        let mut ordinals = Vec::with_capacity(results.resources.len());
        for resource in &results.resources {
            let group = group_of(results.symbols.text(resource.api_version));
            let cluster = if resource.line == 0 { resource.file } else { u32::MAX };
            let next = seen.entry((group, resource.kind, resource.namespace, resource.name, cluster)).or_insert(0);
            ordinals.push(*next);
            *next += 1;
        }
        Self { results, controls, threshold, version, frameworks: &[], baseline: None, exceptions: None, ordinals }
    }

    /// The same report, with what somebody accepts.
    pub fn with_exceptions(self, exceptions: &'a Exceptions) -> Self {
        Self { exceptions: Some(exceptions), ..self }
    }

    /// The exception that a finding is accepted by.
    pub fn exception(&self, standing: Standing) -> Option<&'a Exception> {
        let Standing::Excepted(id) = standing else { return None };
        self.exceptions?.all.get(id.0 as usize)
    }

    /// What is wrong with exceptions.
    pub fn exception_problems(&self) -> &'a [ExceptionProblem] {
        self.exceptions.map_or(&[], |exceptions| exceptions.problems.as_slice())
    }

    /// The same report, with what can be said of frameworks.
    pub fn with_frameworks(self, frameworks: &'a [Assessment]) -> Self {
        Self { frameworks, ..self }
    }

    /// Where a change that is best made has its place: file and line; `None` in a running cluster.
    pub fn change_place(&self, change: &FirstChange) -> Option<(String, u32)> {
        let resource = self.resource(change.resource);
        let line = if change.place.line > 0 { change.place.line } else { resource.line };
        let file = self.results.files.get(change.file.unwrap_or(resource.file) as usize)?;
        (line > 0).then(|| (display_path(file), line))
    }

    /// How much of the risk is left after the change at `at` of those that are best made, in thousandths, if its group ends
    /// there.
    pub fn left_after(&self, at: usize) -> Option<u16> {
        let all = &self.results.priorities.first;
        let change = all.get(at)?;
        all.get(at + 1).is_none_or(|next| next.group != change.group).then_some(change.left)
    }

    /// What a result contributes to what an attacker can do, if anything.
    pub fn contribution(&self, result: &ControlResult<'_>) -> Option<&'a Contribution> {
        self.results.priorities.of(result.resource, result.registered.control.id)
    }

    /// What a result is ordered by, the first first: how much of the risk goes with it, whether a way of an attacker uses
    /// it, how bad it is, how open the beginning of such a way and how great its end. What is equal stays as the input is.
    pub fn order(&self, result: &ControlResult<'_>) -> impl Ord + use<> {
        let contribution = self.contribution(result);
        let share = contribution.map_or(0, |known| known.share);
        let way = contribution.map(|known| (known.from, known.to));
        Reverse((share, contribution.is_some(), result.severity, way))
    }

    /// Why a result is where it is, as a sentence without a full stop; `None` if severity alone orders all of them.
    pub fn why_here(&self, result: &ControlResult<'_>) -> Option<String> {
        if self.results.priorities.contributions.is_empty() {
            return None;
        }
        let Some(known) = self.contribution(result) else {
            return Some("by severity: no way of an attacker that is known here rests on it".to_owned());
        };
        let way = format!("a way from {} to {} rests on it", known.from.text(), known.to.text());
        Some(match (known.cut, known.together) {
            (0, 0) => format!("{way}, and others lead around it"),
            (cut, together) if together > cut => {
                let alone =
                    if cut == 0 { "nothing of the risk".to_owned() } else { format!("{} % of the risk", share(cut)) };
                format!("{way}; alone it takes {alone} away, with what is told to do first {} %", share(together))
            }
            (1000, _) => format!("{way}; mending it ends all of the risk"),
            (cut, _) => format!("{way}; mending it takes {} % of the risk away", share(cut)),
        })
    }

    /// The text of a symbol.
    pub fn text(&self, symbol: Symbol) -> &'a str {
        self.results.symbols.text(symbol)
    }

    /// Why the pod is not known that a control has nothing to say of, and of how many objects that holds.
    pub(crate) fn gaps(&self) -> Vec<(GapKind, usize)> {
        let mut objects: Vec<(usize, ResourceId)> = Vec::new();
        for result in self.control_results().filter(|result| result.status == Status::Skip) {
            objects.extend(self.gap_of(&result).map(|gap| (gap, result.resource)));
        }
        objects.sort_unstable();
        objects.dedup();
        let count = |gap| objects.iter().filter(|(of, _)| *of == gap).count();
        GapKind::ALL
            .into_iter()
            .enumerate()
            .map(|(gap, kind)| (kind, count(gap)))
            .filter(|(_, count)| *count > 0)
            .collect()
    }

    /// Whether a result is not known because the pod is not.
    pub(crate) fn is_of_gap(&self, result: &ControlResult<'_>) -> bool {
        self.gap_of(result).is_some()
    }

    fn gap_of(&self, result: &ControlResult<'_>) -> Option<usize> {
        let message = self.text(result.first().message);
        GapKind::ALL.iter().position(|gap| gap.message() == message)
    }

    /// The resource of that id.
    pub fn resource(&self, id: ResourceId) -> &'a Resource {
        &self.results.resources[id.0 as usize]
    }

    /// The path of the file that a resource is in, with `/` between its parts.
    /// What is in a running cluster has the path `CLUSTER/NAMESPACE/KIND/NAME`, which no file has.
    pub fn path(&self, resource: &Resource) -> String {
        let file = &self.results.files[resource.file as usize];
        if resource.line > 0 {
            return display_path(file);
        }
        let [kind, namespace, name] = [resource.kind, resource.namespace, resource.name].map(|text| self.text(text));
        display_path(&live_path(file, kind, namespace, name))
    }

    /// Where a line of a resource is: `PATH:LINE`, or the path alone if it is in a running cluster.
    pub fn location(&self, resource: &Resource, line: u32) -> String {
        let path = self.path(resource);
        match if line == 0 { resource.line } else { line } {
            0 => path,
            line => format!("{path}:{line}"),
        }
    }

    /// The cluster that a resource is in, if it is in a running one.
    pub fn cluster(&self, resource: &Resource) -> Option<String> {
        (resource.line == 0).then(|| display_path(&self.results.files[resource.file as usize]))
    }

    /// What puts a resource into its cluster, if it says so.
    pub fn custody(&self, id: ResourceId) -> Option<&'a CustodyFact> {
        let all = &self.results.live.custody;
        all.binary_search_by_key(&id, |fact| fact.resource).ok().map(|at| &all[at])
    }

    /// How a resource differs from what its owner says.
    pub fn drift(&self, id: ResourceId) -> Option<&'a DriftFact> {
        let all = &self.results.live.drifts;
        all.binary_search_by_key(&id, |fact| fact.resource).ok().map(|at| &all[at])
    }

    /// The identity of a resource: `Deployment.apps/payments/api`, without the version so that it outlives an
    /// upgrade. Several objects with one identity are told apart by `~2`, `~3` … in the order of the input.
    pub fn resource_id(&self, id: ResourceId) -> String {
        let mut out = self.identity(id);
        if self.ordinals[id.0 as usize] > 0 {
            out.push('~');
            out.push_str(&(self.ordinals[id.0 as usize] + 1).to_string());
        }
        out
    }

    /// The identity of a resource as `resource_id` has it, the same for all that share it.
    pub fn identity(&self, id: ResourceId) -> String {
        let resource = self.resource(id);
        let mut out = String::new();
        // In a fleet every cluster has a `kube-system`.
        if self.results.live.clusters.len() > 1
            && let Some(cluster) = self.cluster(resource)
        {
            out = cluster + ":";
        }
        out.push_str(self.text(resource.kind));
        let group = group_of(self.text(resource.api_version));
        if !group.is_empty() {
            out.push('.');
            out.push_str(group);
        }
        for part in [resource.namespace, resource.name] {
            if !part.is_empty() {
                out.push('/');
                out.push_str(self.text(part));
            }
        }
        out
    }

    /// The results, ordered by resource and control.
    pub fn control_results(&self) -> impl Iterator<Item = ControlResult<'a>> + use<'a, '_> {
        self.group(&self.results.occurrences)
    }

    /// The results of one resource, ordered by control.
    pub fn results_of(&self, resource: ResourceId) -> impl Iterator<Item = ControlResult<'a>> + use<'a, '_> {
        let all = &self.results.occurrences;
        let start = all.partition_point(|found| found.resource < resource);
        let end = all.partition_point(|found| found.resource <= resource);
        self.group(&all[start..end])
    }

    fn group(&self, occurrences: &'a [Occurrence]) -> impl Iterator<Item = ControlResult<'a>> + use<'a, '_> {
        let by_id = |id: ControlId| {
            // Where all run, each is at its own number.
            let own = self.controls.get(id.0 as usize).filter(|registered| registered.id == id);
            if let Some(registered) = own {
                return *registered;
            }
            let at = self.controls.binary_search_by_key(&id, |registered: &Registered| registered.id);
            self.controls[at.expect("findings are of controls that ran")]
        };
        occurrences.chunk_by(|a, b| (a.resource, a.control) == (b.resource, b.control)).map(move |group| {
            // The worst status decides, of that the best standing, and of that the worst severity.
            let foremost = group.iter().max_by_key(|found| (found.status, Reverse(found.standing), found.severity));
            let foremost = foremost.expect("a group is not empty");
            ControlResult {
                registered: by_id(foremost.control),
                resource: foremost.resource,
                status: foremost.status,
                severity: foremost.severity,
                standing: foremost.standing,
                occurrences: group,
            }
        })
    }

    /// The message of an occurrence.
    pub fn message(&self, occurrence: &Occurrence) -> String {
        let (container, value) = (self.text(occurrence.container), self.text(occurrence.value));
        render_message(self.text(occurrence.message), container, value)
    }

    /// Where an occurrence is shown: its place, or the beginning of its object if there is no text to point at.
    pub fn place(&self, occurrence: &Occurrence) -> Place {
        let place = occurrence.place;
        if place.line > 0 {
            return place;
        }
        let line = self.resource(occurrence.resource).line.max(1);
        Place { line, column: 1, end_line: line, end_column: 1, ..place }
    }

    /// The path of the file that an occurrence is in: that of its object, or in rendered text that of its source.
    pub fn place_path(&self, occurrence: &Occurrence) -> String {
        match self.traced(occurrence) {
            Some(traced) => display_path(&self.results.files[traced.file as usize]),
            None => self.path(self.resource(occurrence.resource)),
        }
    }

    /// That path with its line; of an object in a running cluster the path alone.
    pub fn place_location(&self, occurrence: &Occurrence) -> String {
        match self.traced(occurrence) {
            Some(traced) => {
                let path = display_path(&self.results.files[traced.file as usize]);
                format!("{path}:{}", self.place(occurrence).line)
            }
            None => self.location(self.resource(occurrence.resource), occurrence.place.line),
        }
    }

    /// The index of that file.
    pub fn place_file(&self, occurrence: &Occurrence) -> u32 {
        let own = || self.resource(occurrence.resource).file;
        self.traced(occurrence).map_or_else(own, |traced| traced.file)
    }

    /// What is known of an occurrence in rendered text.
    pub fn traced(&self, occurrence: &Occurrence) -> Option<&'a Traced> {
        self.results.origins.of(occurrence)
    }

    /// Which values decide an occurrence in rendered text, and in which renderings it is: a phrase for each reason.
    pub fn because(&self, occurrence: &Occurrence) -> Vec<String> {
        let Some(traced) = self.traced(occurrence) else { return Vec::new() };
        let origins = &self.results.origins;
        let mut phrases = Vec::new();
        for reason in &traced.reasons {
            let value = reason.values.first().map(|value| self.deciding(value));
            let variants = origins.variants(&reason.renderings);
            let variants = (!variants.is_empty()).then(|| format!("in {}", variants.join(", ")));
            let phrase: Vec<String> = variants.into_iter().chain(value).collect();
            if !phrase.is_empty() {
                phrases.push(phrase.join(" "));
            }
        }
        phrases
    }

    fn deciding(&self, value: &Deciding) -> String {
        match value.place {
            Some((file, place)) => {
                let path = display_path(&self.results.files[file as usize]);
                format!("because of `{}` in `{path}` line {}", value.path, place.line)
            }
            None => format!("because of `{}` on the command line", value.path),
        }
    }

    /// The message of an occurrence and, in rendered text, why it is there.
    pub fn explained(&self, occurrence: &Occurrence) -> String {
        let message = self.message(occurrence);
        let because = self.because(occurrence);
        if because.is_empty() { message } else { format!("{message} ({})", because.join("; ")) }
    }

    /// How many results failed.
    pub fn counts(&self) -> Counts {
        let mut counts = Counts::default();
        for result in self.control_results().filter(|result| result.counts()) {
            counts.add(result.severity);
        }
        counts
    }

    /// Whether findings of that severity are entries of reports in which somebody has to close every entry. What is
    /// only noted is counted there, unless the threshold asks for it.
    pub fn is_alert(&self, severity: Severity) -> bool {
        severity > Severity::Info || self.threshold == Severity::Info
    }

    /// The results that are entries of such reports.
    pub fn alerts(&self) -> impl Iterator<Item = ControlResult<'_>> {
        self.control_results().filter(|result| result.counts() && self.is_alert(result.severity))
    }

    /// What the exit code says.
    pub fn outcome(&self) -> Outcome {
        if !self.results.coverage.skipped.is_empty() {
            return Outcome::Incomplete;
        }
        let is_found = |result: ControlResult<'_>| {
            result.status == Status::Fail && result.standing == Standing::Open && result.severity >= self.threshold
        };
        let is_wrong = |problem: &ExceptionProblem| problem.kind.severity() >= self.threshold;
        let found = self.control_results().any(is_found) || self.exception_problems().iter().any(is_wrong);
        if found { Outcome::Findings } else { Outcome::Clean }
    }

    /// The fingerprint of a result: the control and the identity of the resource, so that it survives moved lines,
    /// renamed files and reordered containers.
    /// `resource` is its id.
    pub fn result_fingerprint(&self, result: &ControlResult<'_>, resource: &str) -> String {
        let mut hash = Fingerprint::new();
        hash.add(result.registered.control.id);
        hash.add(resource);
        hash.finish()
    }

    /// The fingerprint of an occurrence: its result, the container's name, and its field without indexes. Where
    /// the field is an item of a list, the value tells it from its neighbours.
    /// `resource` is the id of the result's resource.
    pub fn occurrence_fingerprint(
        &self,
        result: &ControlResult<'_>,
        resource: &str,
        occurrence: &Occurrence,
    ) -> String {
        self.lasting_fingerprint(result.registered.control.id, resource, occurrence)
    }

    /// The same, for a control and any name of the resource.
    pub fn lasting_fingerprint(&self, control: &str, resource: &str, occurrence: &Occurrence) -> String {
        let [container, field, value] =
            [occurrence.container, occurrence.place.field, occurrence.value].map(|text| self.text(text));
        fingerprint(&Lasting { control, resource, container, field, value, message: &|| self.message(occurrence) })
    }

    /// The fingerprints of the decisive occurrences of a result, in their order, no two of them the same: of several
    /// that are, the second and those after it are told apart by their order.
    pub fn unique_fingerprints(&self, result: &ControlResult<'_>, resource: &str) -> Vec<String> {
        let mut seen: HashMap<String, u32> = HashMap::new();
        let fingerprints = result
            .decisive()
            .map(|occurrence| unique(self.occurrence_fingerprint(result, resource, occurrence), &mut seen));
        fingerprints.collect()
    }
}

/// The fingerprint, or another one if it was seen before in the same result.
pub fn unique(fingerprint: String, seen: &mut HashMap<String, u32>) -> String {
    let times = seen.entry(fingerprint.clone()).or_insert(0);
    *times += 1;
    if *times == 1 { fingerprint } else { fingerprint_of(&[&fingerprint, &times.to_string()]) }
}

/// What a finding is known by, as long as it is there.
pub struct Lasting<'t> {
    /// The id of the control.
    pub control: &'t str,
    /// The resource.
    pub resource: &'t str,
    /// The container, or nothing.
    pub container: &'t str,
    /// The path of the field.
    pub field: &'t str,
    /// The value, or nothing.
    pub value: &'t str,
    /// What is said of it, for where it is needed. Its wording may change; what it names in backticks tells items of lists apart.
    pub message: &'t dyn Fn() -> String,
}

/// The fingerprint of what a control says of a field in a container of a resource.
pub fn fingerprint(lasting: &Lasting<'_>) -> String {
    let &Lasting { control, resource, container, field, value, message } = lasting;
    let mut hash = Fingerprint::new();
    hash.add(control);
    hash.add(resource);
    hash.add(container);
    let mut in_list = false;
    let mut rest = field;
    while let Some(at) = rest.find('[') {
        let (before, after) = rest.split_at(at);
        hash.add(before);
        let end = after.find(']').map_or(after.len(), |end| end + 1);
        let inside = after.get(1..end - 1);
        let is_index = inside.is_some_and(|inside| inside.bytes().all(|byte| byte.is_ascii_digit()));
        in_list |= is_index && !before.ends_with("ontainers");
        if !is_index {
            hash.add(&after[..end]);
        }
        rest = &after[end..];
    }
    hash.add(rest);
    if in_list {
        hash.add(value);
    }
    // A mapping has no value, and that of a secret is nobody's business: the name of the item is in what is said.
    if in_list && value.is_empty() {
        message().split('`').skip(1).step_by(2).for_each(|name| hash.add(name));
    }
    hash.finish()
}

impl<'a> ControlResult<'a> {
    /// The occurrences that make the result what it is.
    pub fn decisive(&self) -> impl Iterator<Item = &'a Occurrence> + use<'a> {
        let (status, standing) = (self.status, self.standing);
        self.occurrences.iter().filter(move |found| found.status == status && found.standing == standing)
    }

    /// Whether this is counted and shown by itself: a failure, and not one that sums up others.
    pub fn counts(&self) -> bool {
        self.status == Status::Fail && self.standing == Standing::Open && !self.registered.control.umbrella
    }

    /// The occurrence that stands for the result: the first of the highest severity.
    pub fn first(&self) -> &Occurrence {
        let worst = |found: &&Occurrence| {
            found.status == self.status && found.severity == self.severity && found.standing == self.standing
        };
        self.occurrences.iter().find(worst).unwrap_or(&self.occurrences[0])
    }
}

/// The group of an API version; empty for the core group.
pub fn group_of(api_version: &str) -> &str {
    api_version.split_once('/').map_or("", |(group, _)| group)
}

/// A path with `/` between its parts, on every system.
pub fn display_path(path: &std::path::Path) -> String {
    let text = path.to_string_lossy();
    if std::path::MAIN_SEPARATOR == '/' { text.into_owned() } else { text.replace(std::path::MAIN_SEPARATOR, "/") }
}

/// The fingerprint of something that is told from everything else by these parts.
pub fn fingerprint_of(parts: &[&str]) -> String {
    let mut hash = Fingerprint::new();
    parts.iter().for_each(|part| hash.add(part));
    hash.finish()
}

/// Thousandths as hundredths: never all of what is not all, and never nothing of something.
fn share(thousandths: u16) -> u16 {
    (thousandths / 10).max(u16::from(thousandths > 0))
}

/// FNV-1a with 64 bits: the same on every machine and in every version, which the hash tables' hashes are not.
struct Fingerprint(u64);

impl Fingerprint {
    fn new() -> Self {
        Self(0xcbf2_9ce4_8422_2325)
    }

    fn add(&mut self, text: &str) {
        for byte in text.bytes().chain([0xFF]) {
            self.0 = (self.0 ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }

    fn finish(self) -> String {
        format!("{:016x}", self.0)
    }
}
