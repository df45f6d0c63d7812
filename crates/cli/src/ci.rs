//! What the environment of a CI job says: where the repository lies, and where its files are shown.

use std::env;
use std::path::PathBuf;

use reports::repository::Repository;

/// The file that GitHub Actions shows as the summary of a step.
pub(crate) fn step_summary() -> Option<PathBuf> {
    variable("GITHUB_STEP_SUMMARY").map(PathBuf::from)
}

/// The repository that this runs in; one of which nothing is known outside of CI.
pub(crate) fn repository() -> Repository {
    let root = variable("GITHUB_WORKSPACE").or_else(|| variable("CI_PROJECT_DIR")).map(PathBuf::from);
    let here = env::current_dir().unwrap_or_default();
    Repository { root, here, address: github().or_else(gitlab).filter(|address| is_address(address)) }
}

fn github() -> Option<String> {
    let (server, repository) = (variable("GITHUB_SERVER_URL")?, variable("GITHUB_REPOSITORY")?);
    Some(format!("{server}/{repository}/blob/{}/", variable("GITHUB_SHA")?))
}

fn gitlab() -> Option<String> {
    Some(format!("{}/-/blob/{}/", variable("CI_PROJECT_URL")?, variable("CI_COMMIT_SHA")?))
}

/// Whether it can stand in a link as it is.
fn is_address(text: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~/:%".contains(&byte);
    (text.starts_with("https://") || text.starts_with("http://")) && text.bytes().all(plain)
}

fn variable(name: &str) -> Option<String> {
    env::var(name).ok().filter(|value| !value.is_empty())
}
