//! A framework held against what was judged: a status for every requirement, a score, and how much of it was observed.

use std::collections::BTreeMap;

use frameworks::Need;
use model::finding::ControlId;
use model::inventory::Tally;
use model::severity::Severity;

use crate::serving::{Asked, Serving, Subject};
use crate::status::{ControlStatus, Counts, RequirementStatus};

/// What can be said of a framework.
#[derive(Clone, Debug)]
pub struct Assessment {
    /// The framework.
    pub subject: Subject,
    /// What can be said of its requirements, in the order of `subject.requirements`.
    pub requirements: Vec<Assessed>,
    /// From 0 to 100; none if nothing was judged.
    pub score: Option<u8>,
    /// Requirements of which anything was judged.
    pub observed: usize,
    /// All requirements of the framework, those that are not listed among them.
    pub of: usize,
}

/// What can be said of a requirement.
#[derive(Clone, Debug)]
pub struct Assessed {
    /// The verdict.
    pub status: RequirementStatus,
    /// What its controls say, in the order of `Asked::controls`.
    pub controls: Vec<AssessedControl>,
    /// Results of those of its controls that decide.
    pub counts: Counts,
}

/// What a control says for a requirement.
#[derive(Clone, Copy, Debug)]
pub struct AssessedControl {
    /// The control.
    pub serving: Serving,
    /// The verdict.
    pub status: ControlStatus,
    /// How many objects it judged.
    pub counts: Counts,
}

impl Assessment {
    /// How many requirements have that status.
    pub fn count(&self, status: RequirementStatus) -> usize {
        self.requirements.iter().filter(|assessed| assessed.status == status).count()
    }

    /// The requirements with what can be said of them.
    pub fn pairs(&self) -> impl Iterator<Item = (&Asked, &Assessed)> {
        self.subject.requirements.iter().zip(&self.requirements)
    }
}

/// Holds a framework against what was judged. `tallies` are of the controls that ran; `not_configured` are those that
/// were asked to and had nothing to say before a parameter is set.
pub fn assess(subject: Subject, tallies: &[Tally], not_configured: &[ControlId]) -> Assessment {
    let judged =
        Judged { counts: tallies.iter().map(|tally| (tally.control, counts_of(tally))).collect(), not_configured };
    let requirements: Vec<Assessed> = subject.requirements.iter().map(|asked| judged.requirement(asked)).collect();
    let observed = requirements.iter().filter(|assessed| assessed.status.is_observed()).count();
    let of = subject.published.unwrap_or_default().max(requirements.len());
    let score = score(requirements.iter().flat_map(|assessed| &assessed.controls));
    Assessment { subject, requirements, score, observed, of }
}

/// What a control of that severity weighs in a score.
pub fn weight(severity: Severity) -> u32 {
    match severity {
        Severity::Critical => 16,
        Severity::High => 8,
        Severity::Medium => 4,
        Severity::Low => 2,
        Severity::Info => 1,
    }
}

fn counts_of(tally: &Tally) -> Counts {
    let Tally { control: _, passed, failed, unknown } = *tally;
    Counts { passed, failed, unknown }
}

struct Judged<'a> {
    counts: BTreeMap<ControlId, Counts>,
    not_configured: &'a [ControlId],
}

impl Judged<'_> {
    fn requirement(&self, asked: &Asked) -> Assessed {
        let controls: Vec<AssessedControl> = asked.controls.iter().map(|serving| self.control(*serving)).collect();
        // What sums up others decides only where there are no others.
        let has_parts = controls.iter().any(|control| !control.serving.is_umbrella());
        let deciding = controls.iter().filter(|control| !has_parts || !control.serving.is_umbrella());
        let deciding: Vec<(ControlStatus, Counts)> = deciding.map(|control| (control.status, control.counts)).collect();
        let mut counts = Counts::default();
        for (_, of_control) in &deciding {
            counts.passed += of_control.passed;
            counts.failed += of_control.failed;
            counts.unknown += of_control.unknown;
        }
        let needs_person = asked.needs.contains(&Need::Person);
        Assessed { status: RequirementStatus::of(needs_person, &deciding), controls, counts }
    }

    fn control(&self, serving: Serving) -> AssessedControl {
        let Some(registered) = serving.available() else {
            return AssessedControl { serving, status: ControlStatus::NotAvailable, counts: Counts::default() };
        };
        let status = match self.counts.get(&registered.id) {
            Some(counts) => ControlStatus::of(*counts),
            None if self.not_configured.contains(&registered.id) => ControlStatus::NotConfigured,
            None => ControlStatus::NotRun,
        };
        AssessedControl { serving, status, counts: self.counts.get(&registered.id).copied().unwrap_or_default() }
    }
}

/// The share of objects that pass, of every control that judged any, weighted by severity. Rounded down, so that 100
/// says that nothing failed.
fn score<'a>(controls: impl Iterator<Item = &'a AssessedControl>) -> Option<u8> {
    let judged =
        controls.filter(|control| !control.serving.is_umbrella() && control.counts.passed + control.counts.failed > 0);
    // A control that serves several requirements counts once.
    let once: BTreeMap<&str, &AssessedControl> = judged.map(|control| (control.serving.id(), control)).collect();
    let (mut reached, mut possible) = (0.0, 0.0);
    for control in once.values() {
        let weight = f64::from(weight(control.serving.severity()));
        let Counts { passed, failed, unknown: _ } = control.counts;
        reached += weight * passed as f64 / (passed + failed) as f64;
        possible += weight;
    }
    let failed = once.values().any(|control| control.counts.failed > 0);
    let best = if failed { 99.0 } else { 100.0 };
    // A hair, so that what is a whole number on paper is one here.
    (!once.is_empty()).then(|| (100.0 * reached / possible + 1e-9).floor().min(best) as u8)
}

impl Assessed {
    /// Why nothing, or not everything, was observed. Empty if everything was.
    pub fn reason(&self, needs: &[Need]) -> String {
        let all = self.controls.len();
        let count = |status| self.controls.iter().filter(|control| control.status == status).count();
        let to_come = count(ControlStatus::NotAvailable);
        let mut reasons = Vec::new();
        match self.counts.unknown {
            0 => {}
            1 => reasons.push("1 result not known".to_owned()),
            unknown => reasons.push(format!("{unknown} results not known")),
        }
        if to_come == all && all > 0 && !needs.contains(&Need::Manifests) {
            let sources = needs.iter().filter(|need| **need != Need::Person).map(|need| need.phrase());
            reasons.push(format!("needs {}", either(&sources.collect::<Vec<_>>())));
        } else if to_come == all && all > 0 {
            reasons.push("no control yet".to_owned());
        } else if to_come > 0 {
            reasons.push(format!("{to_come} of {all} controls to come"));
        }
        match count(ControlStatus::NotRun) {
            0 => {}
            not_run => reasons.push(format!("{not_run} of {all} controls did not run")),
        }
        if reasons.is_empty() && self.status == RequirementStatus::NotObserved {
            reasons.push("nothing that it applies to".to_owned());
        }
        reasons.join(", ")
    }
}

/// `a, b or c`.
fn either(words: &[&str]) -> String {
    match words {
        [first @ .., last] if !first.is_empty() => format!("{} or {last}", first.join(", ")),
        _ => words.concat(),
    }
}
