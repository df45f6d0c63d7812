//! The frameworks that controls serve: who publishes them, which edition the numbers are of, and what they ask for.
//!
//! Texts of requirements are licensed by their publishers; here are numbers and our own words, one file for each
//! framework. Which controls serve a requirement the controls say themselves (`mappings`); where a framework has a
//! list of its own or leans on another one, its file does. What no control looks at yet is in `upcoming`.

pub mod cis_aks;
pub mod cis_eks;
pub mod cis_gke;
pub mod cis_kubernetes;
pub mod iso_27001;
pub mod microsoft_threat_matrix;
pub mod mitre;
pub mod nist_800_190;
pub mod nist_800_53;
pub mod nsa_cisa;
pub mod owasp_k8s_top10;
pub mod pci_dss_4;
pub mod pss;
pub mod retired;
pub mod soc_2;
pub mod stig;
pub mod upcoming;

/// All frameworks, ordered by id.
pub static FRAMEWORKS: &[&Framework] = &[
    &cis_aks::FRAMEWORK,
    &cis_eks::FRAMEWORK,
    &cis_gke::FRAMEWORK,
    &cis_kubernetes::FRAMEWORK,
    &iso_27001::FRAMEWORK,
    &microsoft_threat_matrix::FRAMEWORK,
    &mitre::FRAMEWORK,
    &nist_800_190::FRAMEWORK,
    &nist_800_53::FRAMEWORK,
    &nsa_cisa::FRAMEWORK,
    &owasp_k8s_top10::FRAMEWORK,
    &pci_dss_4::FRAMEWORK,
    &pss::FRAMEWORK,
    &soc_2::FRAMEWORK,
    &stig::FRAMEWORK,
];

/// The framework of that id, in capitals or not.
pub fn by_id(id: &str) -> Option<&'static Framework> {
    FRAMEWORKS.iter().copied().find(|framework| framework.id.eq_ignore_ascii_case(id))
}

/// A published list of requirements.
#[derive(Debug)]
pub struct Framework {
    /// The id that mappings and users use.
    pub id: &'static str,
    /// The name that people use, without its edition.
    pub title: &'static str,
    /// The edition that the numbers are of.
    pub edition: &'static str,
    /// Who publishes it.
    pub publisher: &'static str,
    /// Where.
    pub url: &'static str,
    /// How many requirements that edition has, where all of them are meant to be looked at some day.
    pub published: Option<usize>,
    /// Which of them are listed here, and what that means. Sentences.
    pub extent: &'static str,
    /// What it asks for, in its own order.
    pub requirements: &'static [Requirement],
}

impl Framework {
    /// The requirement of that id.
    pub fn requirement(&self, id: &str) -> Option<&'static Requirement> {
        self.requirements.iter().find(|requirement| requirement.id == id)
    }

    /// The name with the edition.
    pub fn name(&self) -> String {
        format!("{} {}", self.title, self.edition)
    }
}

/// One thing that a framework asks for.
#[derive(Debug)]
pub struct Requirement {
    /// Its number, as published.
    pub id: &'static str,
    /// What holds where it is met, in our own words.
    pub title: &'static str,
    /// The part of the framework that it is in; empty if there are no parts.
    pub section: &'static str,
    /// Its level or profile; empty if the framework has none.
    pub level: &'static str,
    /// Where proof can come from: the sources are alternatives, a person is asked in any case.
    pub needs: &'static [Need],
    /// Requirements of other frameworks: what serves them serves this one.
    pub through: &'static [(&'static str, &'static str)],
    /// Controls that serve it without saying so themselves.
    pub controls: &'static [&'static str],
}

/// A requirement, with the rest to be said by the methods below.
const fn requirement(id: &'static str, title: &'static str, needs: &'static [Need]) -> Requirement {
    Requirement { id, title, section: "", level: "", needs, through: &[], controls: &[] }
}

impl Requirement {
    const fn section(self, section: &'static str) -> Self {
        Self { section, ..self }
    }

    const fn level(self, level: &'static str) -> Self {
        Self { level, ..self }
    }

    const fn through(self, through: &'static [(&'static str, &'static str)]) -> Self {
        Self { through, ..self }
    }

    const fn controls(self, controls: &'static [&'static str]) -> Self {
        Self { controls, ..self }
    }
}

/// What proof of a requirement can come from, the nearest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Need {
    /// Files.
    Manifests,
    /// Objects of a running cluster.
    Cluster,
    /// Files, processes and settings of nodes.
    Node,
    /// Images and what is in them.
    Image,
    /// The API of the cloud provider.
    Cloud,
    /// Somebody who answers for it.
    Person,
}

impl Need {
    /// All of them, the nearest first.
    pub const ALL: [Self; 6] = [Self::Manifests, Self::Cluster, Self::Node, Self::Image, Self::Cloud, Self::Person];

    /// The name, as it is written everywhere.
    pub fn name(self) -> &'static str {
        match self {
            Self::Manifests => "manifests",
            Self::Cluster => "cluster",
            Self::Node => "node",
            Self::Image => "image",
            Self::Cloud => "cloud",
            Self::Person => "person",
        }
    }

    /// The name with its article, for sentences.
    pub fn phrase(self) -> &'static str {
        match self {
            Self::Manifests => "manifests",
            Self::Cluster => "a cluster",
            Self::Node => "the nodes",
            Self::Image => "the images",
            Self::Cloud => "the cloud",
            Self::Person => "a person",
        }
    }

    /// The source of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|need| need.name() == name)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::fs;
    use std::path::Path;

    use super::*;

    #[test]
    fn ids_are_ordered_and_unique() {
        assert!(FRAMEWORKS.windows(2).all(|pair| pair[0].id < pair[1].id));
        for framework in FRAMEWORKS {
            let ids: BTreeSet<&str> = framework.requirements.iter().map(|requirement| requirement.id).collect();
            assert_eq!(ids.len(), framework.requirements.len(), "{}: an id twice", framework.id);
        }
    }

    #[test]
    fn every_file_of_a_framework_is_listed_under_its_name() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
        let files = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
        let frameworks =
            files.filter(|path| fs::read_to_string(path).unwrap().contains("pub static FRAMEWORK: Framework"));
        let named = frameworks.map(|path| path.file_stem().unwrap().to_string_lossy().replace('_', "-"));
        // This file contains the words, too.
        let named: BTreeSet<String> = named.filter(|name| name != "lib").collect();
        let listed: BTreeSet<String> = FRAMEWORKS.iter().map(|framework| framework.id.to_owned()).collect();
        assert_eq!(named, listed);
    }

    #[test]
    fn no_more_is_listed_than_is_published() {
        for framework in FRAMEWORKS {
            let listed = framework.requirements.len();
            assert!(framework.published.is_none_or(|published| listed <= published), "{}", framework.id);
            assert!(framework.extent.ends_with('.') && framework.url.starts_with("https://"), "{}", framework.id);
        }
    }

    #[test]
    fn wordings_are_short_statements() {
        for framework in FRAMEWORKS {
            for requirement in framework.requirements {
                let Requirement { id, title, needs, .. } = requirement;
                assert!(!title.ends_with('.') && title.len() <= 100, "{}:{id}: {title}", framework.id);
                assert!(!["Ensure", "should", "must be "].iter().any(|word| title.contains(word)), "{id}: {title}");
                assert!(!needs.is_empty() && needs.is_sorted(), "{}:{id}: {needs:?}", framework.id);
            }
        }
    }

    #[test]
    fn what_is_reached_through_others_is_there() {
        for framework in FRAMEWORKS {
            for (other, id) in framework.requirements.iter().flat_map(|requirement| requirement.through) {
                let found = by_id(other).and_then(|framework| framework.requirement(id));
                // One step: a chain of steps would say less with every one of them.
                assert!(found.is_some_and(|found| found.through.is_empty()), "{}: {other}:{id}", framework.id);
            }
        }
    }
}
