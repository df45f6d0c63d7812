//! Controls that are known and not available yet: what they will look at, and which requirements they will serve.
//!
//! A requirement that needs one of them is *not observed*. The list is `upcoming.txt`, one control a line, so that a
//! control that becomes available takes one line out.

use std::sync::LazyLock;

use crate::Need;

/// A control that is not available yet.
#[derive(Debug)]
pub struct Upcoming {
    /// Its id.
    pub id: &'static str,
    /// The name of its group.
    pub group: &'static str,
    /// The name of its severity.
    pub severity: &'static str,
    /// What it will need.
    pub needs: Vec<Need>,
    /// Whether it will need all of that, or any one.
    pub needs_all: bool,
    /// What will be wrong where it fails.
    pub title: &'static str,
    /// The requirements that it will serve: framework and id.
    pub mappings: Vec<(&'static str, &'static str)>,
}

/// All of them, ordered by id.
pub fn all() -> &'static [Upcoming] {
    static ALL: LazyLock<Vec<Upcoming>> = LazyLock::new(|| {
        include_str!("upcoming.txt").lines().filter(|line| !line.starts_with('#')).filter_map(parse).collect()
    });
    &ALL
}

/// The one of that id.
pub fn by_id(id: &str) -> Option<&'static Upcoming> {
    all().iter().find(|upcoming| upcoming.id == id)
}

impl Upcoming {
    /// What it will need, as a clause: `manifests or a cluster`, `a cluster and the images`.
    pub fn needs_phrase(&self) -> String {
        let phrases: Vec<&str> = self.needs.iter().map(|need| need.phrase()).collect();
        phrases.join(if self.needs_all { " and " } else { " or " })
    }
}

fn parse(line: &'static str) -> Option<Upcoming> {
    let mut fields = line.split(" | ");
    let (id, group, severity) = (fields.next()?, fields.next()?, fields.next()?);
    let (needs, title) = (fields.next()?, fields.next()?);
    let mappings = fields.next().unwrap_or_default().split(' ').filter_map(|mapping| mapping.split_once(':'));
    Some(Upcoming {
        id,
        group,
        severity,
        needs: needs.split([',', '+']).filter_map(|name| Need::from_name(name.trim())).collect(),
        needs_all: needs.contains('+'),
        title,
        mappings: mappings.collect(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_is_a_control_and_they_are_ordered() {
        let lines: Vec<&str> = include_str!("upcoming.txt").lines().filter(|line| !line.starts_with('#')).collect();
        assert_eq!(all().len(), lines.len());
        assert!(all().windows(2).all(|pair| pair[0].id < pair[1].id));
        for (upcoming, line) in all().iter().zip(lines) {
            let fields: Vec<&str> = line.split(" | ").collect();
            let mappings = fields.get(5).map_or(0, |mappings| mappings.split(' ').count());
            assert_eq!(upcoming.mappings.len(), mappings, "{line}");
            assert_eq!(upcoming.needs.len(), fields[3].split([',', '+']).count(), "{line}");
        }
    }

    #[test]
    fn requirements_that_will_be_served_exist_and_name_what_is_needed() {
        for upcoming in all() {
            for (framework, id) in &upcoming.mappings {
                let found = crate::by_id(framework).and_then(|framework| framework.requirement(id));
                let found = found.unwrap_or_else(|| panic!("{}: there is no {framework}:{id}", upcoming.id));
                let named = upcoming.needs.iter().all(|need| found.needs.contains(need));
                assert!(named, "{framework}:{id} does not say that {} needs {:?}", upcoming.id, upcoming.needs);
            }
        }
    }
}
