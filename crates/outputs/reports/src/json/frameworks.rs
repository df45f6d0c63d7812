//! Frameworks as JSON: what can be said of each requirement, and the list of frameworks itself.

use std::io::{self, Write};

use compliance::{Asked, Assessed, AssessedControl, Assessment, ControlStatus, RequirementStatus, Serving, Subject};
use frameworks::{Framework, Need};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{JsonSeverity, severity};
use crate::pieces::put_all;

/// What can be said of a framework that was asked for.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct JsonFramework {
    /// Its id.
    pub id: String,
    /// Its name with the edition.
    pub title: String,
    /// From 0 to 100, over what was judged; null if nothing was. Never to be read without `observed` and `of`.
    pub score: Option<u8>,
    /// Requirements of which anything was judged.
    pub observed: usize,
    /// All requirements of the framework, those that are not listed among them.
    pub of: usize,
    /// What can be said of each.
    pub requirements: Vec<JsonRequirement>,
}

/// What can be said of a requirement.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct JsonRequirement {
    /// Its number, as published.
    pub id: String,
    /// What holds where it is met.
    pub title: String,
    /// The part of the framework that it is in; null if there are no parts.
    pub section: Option<String>,
    /// Its level or profile; null if there is none.
    pub level: Option<String>,
    /// The verdict.
    pub status: JsonRequirementStatus,
    /// Why nothing, or not everything, was observed; null if everything was.
    pub reason: Option<String>,
    /// Results that are as they should be: one control on one object each.
    pub passed: u64,
    /// Results that failed.
    pub failed: u64,
    /// Results of which the answer needs what was not seen.
    pub not_observed: u64,
    /// The controls that serve it.
    pub controls: Vec<JsonServing>,
}

/// What a control says for a requirement.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct JsonServing {
    /// Its id.
    pub id: String,
    /// The verdict.
    pub status: JsonServingStatus,
    /// Objects that are as they should be.
    pub passed: u64,
    /// Objects with a failure.
    pub failed: u64,
    /// Objects of which the answer needs what was not seen.
    pub not_observed: u64,
}

/// The verdict on a requirement.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum JsonRequirementStatus {
    /// All of its controls saw what they need, and what they judged is as it should be.
    Pass,
    /// What was judged is as it should be, and some of its controls did not see all that they need.
    Partial,
    /// Something is wrong.
    Fail,
    /// Its controls judged nothing.
    NotObserved,
    /// Somebody has to answer for it.
    NeedsPerson,
    /// Its controls have nothing to say before a parameter of them is set.
    NotConfigured,
}

/// The verdict of a control.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum JsonServingStatus {
    /// It judged something, and all of it is as it should be.
    Pass,
    /// Something it judged is wrong.
    Fail,
    /// Nothing is known to be wrong, and of some objects the answer needs what was not seen.
    NotObserved,
    /// It ran, and there was nothing that it applies to.
    NotApplicable,
    /// It did not run.
    NotRun,
    /// It has nothing to say before a parameter of it is set.
    NotConfigured,
    /// It is not available yet.
    NotAvailable,
}

pub(super) fn json_framework(assessment: &Assessment) -> JsonFramework {
    JsonFramework {
        id: assessment.subject.id.clone(),
        title: assessment.subject.title.clone(),
        score: assessment.score,
        observed: assessment.observed,
        of: assessment.of,
        requirements: assessment.pairs().map(|(asked, assessed)| requirement(asked, assessed)).collect(),
    }
}

fn optional(text: &str) -> Option<String> {
    (!text.is_empty()).then(|| text.to_owned())
}

fn requirement(asked: &Asked, assessed: &Assessed) -> JsonRequirement {
    JsonRequirement {
        id: asked.id.clone(),
        title: asked.title.clone(),
        section: optional(&asked.section),
        level: optional(&asked.level),
        status: match assessed.status {
            RequirementStatus::Pass => JsonRequirementStatus::Pass,
            RequirementStatus::Partial => JsonRequirementStatus::Partial,
            RequirementStatus::Fail => JsonRequirementStatus::Fail,
            RequirementStatus::NotObserved => JsonRequirementStatus::NotObserved,
            RequirementStatus::NeedsPerson => JsonRequirementStatus::NeedsPerson,
            RequirementStatus::NotConfigured => JsonRequirementStatus::NotConfigured,
        },
        reason: optional(&assessed.reason(&asked.needs)),
        passed: assessed.counts.passed,
        failed: assessed.counts.failed,
        not_observed: assessed.counts.unknown,
        controls: assessed.controls.iter().map(serving).collect(),
    }
}

fn serving(control: &AssessedControl) -> JsonServing {
    JsonServing {
        id: control.serving.id().to_owned(),
        status: match control.status {
            ControlStatus::Pass => JsonServingStatus::Pass,
            ControlStatus::Fail => JsonServingStatus::Fail,
            ControlStatus::Unknown => JsonServingStatus::NotObserved,
            ControlStatus::NothingSeen => JsonServingStatus::NotApplicable,
            ControlStatus::NotRun => JsonServingStatus::NotRun,
            ControlStatus::NotConfigured => JsonServingStatus::NotConfigured,
            ControlStatus::NotAvailable => JsonServingStatus::NotAvailable,
        },
        passed: control.counts.passed,
        failed: control.counts.failed,
        not_observed: control.counts.unknown,
    }
}

/// A framework, for `plimsoll frameworks --output json`.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct JsonListed {
    id: &'static str,
    title: &'static str,
    edition: &'static str,
    publisher: &'static str,
    url: &'static str,
    extent: &'static str,
    /// The number of requirements of that edition; null if only a part of them is meant.
    published: Option<usize>,
    requirements: Vec<JsonAsked>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct JsonAsked {
    id: String,
    title: String,
    section: Option<String>,
    level: Option<String>,
    needs: Vec<&'static str>,
    controls: Vec<JsonNamed>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct JsonNamed {
    id: &'static str,
    severity: JsonSeverity,
    available: bool,
    /// What a control that is not available yet will need.
    #[serde(skip_serializing_if = "Option::is_none")]
    needs: Option<Vec<&'static str>>,
}

/// Writes frameworks, with the controls that serve them, as an array.
///
/// # Errors
/// What writing to `out` returns.
pub fn write_frameworks(frameworks: &[(&'static Framework, Subject)], out: &mut dyn Write) -> io::Result<()> {
    out.write_all(b"[")?;
    put_all(out, frameworks.iter().map(|(framework, subject)| listed(framework, subject)))?;
    out.write_all(b"]\n")
}

fn listed(framework: &'static Framework, subject: &Subject) -> JsonListed {
    let Framework { id, title, edition, publisher, url, published, extent, requirements: _ } = *framework;
    let asked = |asked: &Asked| JsonAsked {
        id: asked.id.clone(),
        title: asked.title.clone(),
        section: optional(&asked.section),
        level: optional(&asked.level),
        needs: asked.needs.iter().copied().map(Need::name).collect(),
        controls: asked.controls.iter().map(named).collect(),
    };
    let requirements = subject.requirements.iter().map(asked).collect();
    JsonListed { id, title, edition, publisher, url, extent, published, requirements }
}

fn named(serving: &Serving) -> JsonNamed {
    let needs = match serving {
        Serving::Available(_) => None,
        Serving::Upcoming(upcoming) => Some(upcoming.needs.iter().copied().map(Need::name).collect()),
    };
    JsonNamed {
        id: serving.id(),
        severity: severity(serving.severity()),
        available: serving.available().is_some(),
        needs,
    }
}
