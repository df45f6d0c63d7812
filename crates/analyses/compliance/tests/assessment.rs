//! Statuses and scores are honest: nothing unobserved counts as passed.

#![expect(clippy::unwrap_used, reason = "a test that fails says where")]

use compliance::{Asked, Assessment, RequirementStatus, Serving, Subject, assess};
use frameworks::{Need, upcoming};
use model::inventory::Tally;

fn available(id: &str) -> Serving {
    Serving::Available(controls::all().find(|registered| registered.control.id == id).unwrap())
}

fn to_come() -> Serving {
    Serving::Upcoming(&upcoming::all()[0])
}

fn subject(requirements: &[(&[Need], &[Serving])]) -> Subject {
    let asked = |(number, (needs, controls)): (usize, &(&[Need], &[Serving]))| Asked {
        id: number.to_string(),
        title: "t".to_owned(),
        section: String::new(),
        level: String::new(),
        needs: needs.to_vec(),
        controls: controls.to_vec(),
    };
    let requirements = requirements.iter().enumerate().map(asked).collect();
    Subject { id: "f".to_owned(), title: "F".to_owned(), published: None, requirements }
}

fn tally(serving: Serving, passed: u64, failed: u64, unknown: u64) -> Tally {
    Tally { control: serving.available().unwrap().id, passed, failed, unknown }
}

/// The status of a requirement that these controls serve, of which those ran that have numbers.
fn status(needs: &[Need], controls: &[(Serving, Option<[u64; 3]>)]) -> (RequirementStatus, Option<u8>) {
    let serving: Vec<Serving> = controls.iter().map(|(serving, _)| *serving).collect();
    let ran = controls.iter().filter_map(|&(serving, counts)| {
        let [passed, failed, unknown] = counts?;
        Some(tally(serving, passed, failed, unknown))
    });
    let Assessment { requirements, score, .. } = assess(subject(&[(needs, &serving)]), &ran.collect::<Vec<_>>(), &[]);
    (requirements[0].status, score)
}

#[test]
fn a_requirement_passes_only_if_all_its_controls_judged_or_do_not_apply() {
    let (a, b) = (available("privileged-container"), available("host-port"));
    let manifests = &[Need::Manifests];
    let check = |controls: &[(Serving, Option<[u64; 3]>)], expected: RequirementStatus, score: Option<u8>| {
        assert_eq!(status(manifests, controls), (expected, score), "{controls:?}");
    };
    check(&[(a, Some([3, 0, 0]))], RequirementStatus::Pass, Some(100));
    check(&[(a, Some([3, 0, 0])), (b, Some([0, 0, 0]))], RequirementStatus::Pass, Some(100));
    check(&[(a, Some([3, 0, 0])), (b, None)], RequirementStatus::Partial, Some(100));
    check(&[(a, Some([3, 0, 0])), (to_come(), None)], RequirementStatus::Partial, Some(100));
    check(&[(a, Some([3, 0, 1]))], RequirementStatus::Partial, Some(100));
    check(&[(a, Some([3, 1, 0]))], RequirementStatus::Fail, Some(75));
    check(&[(a, Some([0, 0, 0]))], RequirementStatus::NotObserved, None);
    check(&[(a, Some([0, 0, 2]))], RequirementStatus::NotObserved, None);
    check(&[(a, None)], RequirementStatus::NotObserved, None);
    check(&[(to_come(), None)], RequirementStatus::NotObserved, None);
    check(&[], RequirementStatus::NotObserved, None);
}

#[test]
fn what_a_person_answers_for_no_control_passes() {
    let a = available("privileged-container");
    let person = &[Need::Manifests, Need::Person];
    assert_eq!(status(person, &[(a, Some([3, 0, 0]))]).0, RequirementStatus::NeedsPerson);
    assert_eq!(status(person, &[(a, Some([0, 1, 0]))]).0, RequirementStatus::Fail);
    assert_eq!(status(&[Need::Person], &[]).0, RequirementStatus::NeedsPerson);
}

#[test]
fn what_is_not_configured_neither_passes_nor_fails() {
    let a = available("image-registry-not-allowed");
    let b = available("host-port");
    let not_configured = [a.available().unwrap().id];
    let of = |controls: &[Serving], tallies: &[Tally]| {
        assess(subject(&[(&[Need::Manifests], controls)]), tallies, &not_configured).requirements[0].status
    };
    assert_eq!(of(&[a], &[]), RequirementStatus::NotConfigured);
    assert_eq!(of(&[a, b], &[tally(b, 2, 0, 0)]), RequirementStatus::Pass);
    assert_eq!(of(&[a, to_come()], &[]), RequirementStatus::NotObserved);
}

#[test]
fn what_sums_up_others_has_no_weight_and_decides_only_alone() {
    let umbrella = available("security-context-missing");
    assert!(umbrella.is_umbrella());
    let b = available("host-port");
    assert_eq!(status(&[Need::Manifests], &[(umbrella, Some([0, 2, 0]))]), (RequirementStatus::Fail, None));
    let both = status(&[Need::Manifests], &[(umbrella, Some([0, 2, 0])), (b, Some([2, 0, 0]))]);
    assert_eq!(both, (RequirementStatus::Pass, Some(100)));
}

#[test]
fn the_score_weighs_by_severity_and_counts_each_control_once() {
    use model::severity::Severity::{Critical, Medium};
    // Critical weighs 16, medium 4.
    let (a, b) = (available("privileged-container"), available("host-port"));
    assert_eq!((a.severity(), b.severity()), (Critical, Medium));
    let manifests: &[Need] = &[Need::Manifests];
    let score = |a_passed, a_failed, b_passed, b_failed| {
        let tallies = [tally(a, a_passed, a_failed, 0), tally(b, b_passed, b_failed, 9)];
        assess(subject(&[(manifests, &[a, b]), (manifests, &[a])]), &tallies, &[]).score
    };
    // 16 × 1 + 4 × 0 of 20.
    assert_eq!(score(7, 0, 0, 5), Some(80));
    // 16 × 1/2 + 4 × 1 of 20.
    assert_eq!(score(1, 1, 1, 0), Some(60));
    // One failure among a million is not 100.
    assert_eq!(score(1_000_000, 1, 10, 0), Some(99));
    // What judged nothing does not enter.
    assert_eq!(score(0, 0, 1, 1), Some(50));
}

#[test]
fn coverage_is_of_all_that_is_published() {
    let a = available("privileged-container");
    let mut subject = subject(&[(&[Need::Manifests], &[a]), (&[Need::Node], &[to_come()])]);
    subject.published = Some(10);
    let assessment = assess(subject, &[tally(a, 1, 0, 0)], &[]);
    assert_eq!((assessment.observed, assessment.of), (1, 10));
}
