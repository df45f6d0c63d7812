//! Command lines that fetch code and run it.

use std::sync::LazyLock;

use regex::bytes::{RegexSet, RegexSetBuilder};

/// Words without which nothing is fetched.
const FETCHING: &[&str] =
    &["curl", "wget", "pip", "apt", "apk", "yum", "dnf", "zypper", "git", "npm", "npx", "gem", "go"];

/// A quick look: false if the text fetches nothing.
pub(crate) fn may_fetch(text: &str) -> bool {
    FETCHING.iter().any(|word| text.contains(word))
}

/// Whether something may be run or installed in a command line: most that fetch only ask whether somebody answers, and the
/// patterns take longer to build than to try.
fn may_run(line: &str) -> bool {
    line.contains(['|', ';', '&', '\n', '`', '('])
        || ["install", "add", "zypper", "npx", "run"].iter().any(|word| line.contains(word))
}

/// What is said of each of `PATTERNS`.
const WHAT: &[&str] = &[
    "fetches a script and runs it",
    "fetches a script and runs it",
    "fetches a program and runs it",
    "installs packages from an address",
    "installs packages of the system",
    "clones a repository and runs what is in it",
    "fetches a package and runs it",
];

static PATTERNS: LazyLock<RegexSet> = LazyLock::new(|| {
    const SHELL: &str = r"(?:\S*/)?(?:(?:ba|da|z|a|k)?sh|python[0-9.]*|perl|ruby|node|php|bun|deno)";
    const FETCH: &str = r"(?:\S*/)?\b(?:curl|wget)\b";
    let patterns = [
        // curl … | sh
        format!(r"(?s){FETCH}[^;&\n]*\|\s*(?:sudo\s+)?(?:env\s+)?(?:tar\s[^;&|\n]*\|\s*)?{SHELL}(?:\s|$|;|&)"),
        // sh -c "$(curl …)", eval `curl …`, source <(curl …)
        format!(r#"(?s)(?:{SHELL}\s+(?:-\S+\s+)*|eval\s+|source\s+|\.\s+)["']?(?:\$\(|`|<\()\s*{FETCH}"#),
        // curl -o x …; chmod +x x, or sh x, or ./x
        format!(
            r"(?s){FETCH}.*(?:[;&\n]|&&)\s*(?:(?:chmod\s+\S*(?:\+\S*x|[0-7]*[1357][0-7]*)\S*\s)|(?:{SHELL}\s+(?:-[a-z]+\s+)*[./\w$-]*\.(?:sh|py|pl|rb|js)\b)|\./\w)"
        ),
        r"(?s)\bpip[0-9.]*\s+install\s.*(?:git\+|https?://)".to_owned(),
        r"(?s)\b(?:apt|apt-get|aptitude|yum|dnf|microdnf|tdnf)\s+(?:-\S+\s+)*install\b|\bapk\s+(?:-\S+\s+)*add\b|\bzypper\s+(?:-\S+\s+)*(?:in|install)\b"
            .to_owned(),
        format!(
            r"(?s)\bgit\s+(?:-\S+\s+)*clone\s.*(?:[;&\n]|&&)\s*(?:{SHELL}\s+[./\w$-]|make\b|\./|npm\s+(?:i|ci|install|run|start)\b|yarn\b|go\s+run\b|cargo\s+run\b|docker\s+build\b)"
        ),
        r"(?s)\bnpx\s+(?:-\S+\s+)*[@\w]|\bgo\s+run\s+(?:\w+\.)+\w+/|\bcurl\b[^;&\n]*\|\s*tar\b[^;&\n]*(?:&&|;|\n)\s*\./".to_owned(),
    ];
    RegexSetBuilder::new(patterns).unicode(false).build().expect("the patterns are regular expressions")
});

/// What a command line fetches and runs, as a clause about the container. Only the beginning of a long one is read.
pub(crate) fn find(line: &str) -> Option<&'static str> {
    const LONGEST: usize = 64 << 10;
    let end =
        if line.len() > LONGEST { (0..=LONGEST).rev().find(|&at| line.is_char_boundary(at))? } else { line.len() };
    let line = &line[..end];
    let first = if may_run(line) { PATTERNS.matches(line.as_bytes()).iter().next()? } else { return None };
    WHAT.get(first).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn code_that_is_fetched_and_run_is_found() {
        for line in [
            "curl -fsSL https://get.example.com | bash",
            "wget -qO- https://example.com/x | sudo sh -s -- --yes",
            "bash -c \"$(curl -fsSL https://example.com/install.sh)\"",
            "bash <(curl -s https://example.com/x)",
            "eval `wget -qO- https://example.com/env`",
            "curl -Lo /tmp/kubectl https://dl.k8s.io/kubectl && chmod +x /tmp/kubectl",
            "wget https://example.com/setup.py\npython3 setup.py",
            "pip3 install https://example.com/x.whl",
            "apk add --no-cache curl",
            "apt-get -y install git",
            "git clone https://example.com/r && cd r && bash run.sh",
            "npx create-thing",
        ] {
            assert!(find(line).is_some(), "{line}");
        }
    }

    #[test]
    fn data_that_is_fetched_is_not_code() {
        for line in [
            "curl -fsS http://localhost:8080/healthz",
            "curl -s https://example.com/data.json | jq .items",
            "curl -o /data/model.bin https://example.com/model.bin",
            "wget --spider http://localhost/ || exit 1",
            "git clone https://example.com/content /usr/share/nginx/html",
            "echo capture gitops digital",
            "until curl -s http://db:5432; do sleep 1; done; exec ./server",
        ] {
            assert_eq!(find(line), None, "{line}");
        }
    }
}
