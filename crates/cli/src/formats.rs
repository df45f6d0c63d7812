//! The formats, in one table that the help, the errors and the parser read.

use std::fmt::Write as _;

/// The formats.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// For people.
    Text,
    /// For programs.
    Json,
    /// For code hosts and editors.
    Sarif,
    /// For CI servers and test reporters.
    Junit,
    /// For the log of a step of GitHub Actions.
    Github,
    /// For the summary of a step of GitHub Actions.
    GithubSummary,
    /// For GitLab's merge requests.
    GitlabCodeQuality,
    /// For GitLab's security pages.
    GitlabSast,
    /// For reading, searching and printing.
    Html,
    /// For comments on pull requests.
    Markdown,
    /// For spreadsheets.
    Csv,
}

/// A format as users know it.
struct Known {
    format: Format,
    name: &'static str,
    about: &'static str,
}

static FORMATS: &[Known] = &[
    Known { format: Format::Text, name: "text", about: "findings framed in your own files, for people" },
    Known { format: Format::Json, name: "json", about: "everything, for programs; docs/report.schema.json" },
    Known { format: Format::Sarif, name: "sarif", about: "SARIF 2.1.0, for code hosts and editors" },
    Known { format: Format::Junit, name: "junit", about: "JUnit XML, for CI servers and test reporters" },
    Known { format: Format::Github, name: "github", about: "annotations of GitHub Actions" },
    Known {
        format: Format::GithubSummary,
        name: "github-summary",
        about: "Markdown, added to $GITHUB_STEP_SUMMARY unless a file is given",
    },
    Known {
        format: Format::GitlabCodeQuality,
        name: "gitlab-code-quality",
        about: "GitLab's code quality report, for merge requests",
    },
    Known { format: Format::GitlabSast, name: "gitlab-sast", about: "GitLab's security report (SAST, schema 15)" },
    Known {
        format: Format::Markdown,
        name: "markdown",
        about: "a comment on a pull request, at most 65,536 characters",
    },
    Known { format: Format::Html, name: "html", about: "one page that needs nothing else, to search and to print" },
    Known { format: Format::Csv, name: "csv", about: "a line for each place, for spreadsheets" },
];

impl Format {
    /// The format of that name.
    pub(crate) fn from_name(name: &str) -> Option<Self> {
        FORMATS.iter().find(|known| known.name == name).map(|known| known.format)
    }
}

/// The names of all formats.
pub(crate) fn names() -> String {
    FORMATS.iter().map(|known| known.name).collect::<Vec<_>>().join(", ")
}

/// The formats, a line for each.
pub(crate) fn table() -> String {
    let width = FORMATS.iter().map(|known| known.name.len()).max().unwrap_or(0);
    let mut table = String::new();
    for Known { format: _, name, about } in FORMATS {
        write!(table, "\n- {name:<width$}  {about}").expect("a text can be written to");
    }
    table
}
