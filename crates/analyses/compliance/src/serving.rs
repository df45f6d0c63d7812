//! A framework with the controls that serve it: those that are there, and those that are still to come.

use frameworks::upcoming::{self, Upcoming};
use frameworks::{Framework, Need, Requirement};
use model::control::Registered;
use model::severity::Severity;

/// A framework, of our own or of the user's.
#[derive(Clone, Debug)]
pub struct Subject {
    /// Its id.
    pub id: String,
    /// Its name with the edition.
    pub title: String,
    /// How many requirements it has, where more of them are meant than are listed.
    pub published: Option<usize>,
    /// What it asks for, in its own order.
    pub requirements: Vec<Asked>,
}

/// A requirement, and what serves it.
#[derive(Clone, Debug)]
pub struct Asked {
    /// Its id.
    pub id: String,
    /// What holds where it is met.
    pub title: String,
    /// The part of the framework that it is in; empty if there are no parts.
    pub section: String,
    /// Its level or profile; empty if there is none.
    pub level: String,
    /// Where proof can come from.
    pub needs: Vec<Need>,
    /// The controls that serve it, ordered by id; those that are there first.
    pub controls: Vec<Serving>,
}

/// A control that serves a requirement.
#[derive(Clone, Copy, Debug)]
pub enum Serving {
    /// It is there.
    Available(Registered),
    /// It is known and not available yet.
    Upcoming(&'static Upcoming),
}

impl Serving {
    /// The id of the control.
    pub fn id(&self) -> &'static str {
        match self {
            Self::Available(registered) => registered.control.id,
            Self::Upcoming(upcoming) => upcoming.id,
        }
    }

    /// What is wrong where it fails.
    pub fn title(&self) -> &'static str {
        match self {
            Self::Available(registered) => registered.control.title,
            Self::Upcoming(upcoming) => upcoming.title,
        }
    }

    /// How bad that is.
    pub fn severity(&self) -> Severity {
        match self {
            Self::Available(registered) => registered.control.severity,
            Self::Upcoming(upcoming) => Severity::from_name(upcoming.severity).unwrap_or(Severity::Info),
        }
    }

    /// Whether it only sums up others.
    pub fn is_umbrella(&self) -> bool {
        matches!(self, Self::Available(registered) if registered.control.umbrella)
    }

    /// The control, if it is there.
    pub fn available(&self) -> Option<Registered> {
        match self {
            Self::Available(registered) => Some(*registered),
            Self::Upcoming(_) => None,
        }
    }
}

impl Subject {
    /// The controls that are there and serve any of the requirements, ordered by id.
    pub fn controls(&self) -> Vec<Registered> {
        let serving = self.requirements.iter().flat_map(|asked| &asked.controls);
        let mut controls: Vec<Registered> = serving.filter_map(Serving::available).collect();
        controls.sort_by_key(|registered| registered.id);
        controls.dedup_by_key(|registered| registered.id);
        controls
    }
}

/// The framework with those of `controls` that serve it, and those that are to come.
pub fn resolve(framework: &Framework, controls: &[Registered]) -> Subject {
    let asked = |requirement: &Requirement| Asked {
        id: requirement.id.to_owned(),
        title: requirement.title.to_owned(),
        section: requirement.section.to_owned(),
        level: requirement.level.to_owned(),
        needs: requirement.needs.to_vec(),
        controls: serving(framework.id, requirement, controls),
    };
    Subject {
        id: framework.id.to_owned(),
        title: framework.name(),
        published: framework.published,
        requirements: framework.requirements.iter().map(asked).collect(),
    }
}

fn serving(framework: &str, requirement: &Requirement, controls: &[Registered]) -> Vec<Serving> {
    let listed = |id: &str| requirement.controls.contains(&id);
    let maps = |mapping: (&str, &str)| mapping == (framework, requirement.id) || requirement.through.contains(&mapping);
    let is_available = |registered: &&Registered| {
        let mut mappings = registered.control.mappings.iter();
        listed(registered.control.id) || mappings.any(|mapping| maps((mapping.framework, mapping.requirement)))
    };
    let is_upcoming =
        |upcoming: &&Upcoming| listed(upcoming.id) || upcoming.mappings.iter().any(|mapping| maps(*mapping));
    let available = controls.iter().filter(is_available).copied().map(Serving::Available);
    let to_come = upcoming::all().iter().filter(is_upcoming).map(Serving::Upcoming);
    available.chain(to_come).collect()
}
