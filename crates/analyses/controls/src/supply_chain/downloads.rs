//! Command lines that fetch code and run it.

use std::sync::LazyLock;

use regex::bytes::{Regex, RegexBuilder, RegexSet, RegexSetBuilder};

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

const INTERPRETER: &str = r"(?:python[0-9.]*|perl|ruby|node|php|bun|deno)";
const SHELL: &str = r"(?:\S*/)?(?:(?:ba|da|z|a|k)?sh|python[0-9.]*|perl|ruby|node|php|bun|deno)";
const FETCH: &str = r"(?:\S*/)?\b(?:curl|wget)\b";

/// What makes a file a program, or runs it.
const RUN: &str = r"(?:[;&\n]|&&)\s*(?:(?:chmod\s+\S*(?:\+\S*x|[0-7]*[1357][0-7]*)\S*\s+([^\s;&|]+))|(?:(?:\S*/)?(?:(?:ba|da|z|a|k)?sh|python[0-9.]*|perl|ruby|node|php|bun|deno)\s+(?:-[a-z]+\s+)*([./\w$-]*\.(?:sh|py|pl|rb|js))\b)|\./(\w[\w.-]*))";

/// The place of what is fetched and run in `PATTERNS`.
const FETCHED_FILE: usize = 2;

static FETCHES: LazyLock<Regex> = LazyLock::new(|| pattern(FETCH));
static RUNS: LazyLock<Regex> = LazyLock::new(|| pattern(RUN));
static MOVES: LazyLock<Regex> = LazyLock::new(|| pattern(r"\b(?:mv|cp|ln|install|tar|unzip|gunzip|gzip|xz|base64)\b"));

fn pattern(text: &str) -> Regex {
    RegexBuilder::new(text).unicode(false).build().expect("the pattern is a regular expression")
}

/// Whether a file is run that may be one that was fetched: its name stands before, or files were moved or unpacked.
fn runs_what_it_fetched(line: &[u8]) -> bool {
    /// Nobody runs more in one line.
    const MOST: usize = 64;
    let Some(fetch) = FETCHES.find(line) else { return false };
    RUNS.captures_iter(line).take(MOST).any(|found| {
        let Some(file) = (1..=3).find_map(|at| found.get(at)) else { return false };
        let name = file.as_bytes().rsplit(|byte| *byte == b'/').next().unwrap_or_default();
        let name = name.strip_suffix(b"\"").unwrap_or(name);
        let Some(before) = line.get(fetch.start()..file.start()) else { return false };
        name.contains(&b'*') || memchr::memmem::find(before, name).is_some() || MOVES.is_match(before)
    })
}

static PATTERNS: LazyLock<RegexSet> = LazyLock::new(|| {
    let patterns = [
        // curl … | sh: a shell that is given neither a script nor a command reads what comes
        format!(
            r#"(?s){FETCH}[^;&\n]*\|\s*(?:sudo\s+)?(?:env\s+)?(?:tar\s[^;&|\n]*\|\s*)?(?:(?:\S*/)?(?:ba|da|z|a|k)?sh(?:\s+(?:-[abd-rt-z]+|--\w*))*(?:\s*(?:$|[;&|\n<>)"'`])|\s+-(?:[\s;&|]|$|[a-z]*s)|\s+/dev/stdin)|(?:\S*/)?{INTERPRETER}(?:\s+-[uBsSEwWqv]+)*(?:\s*(?:$|[;&|\n<>)"'`])|\s+-(?:[\s;&|]|$)|\s+/dev/stdin))"#
        ),
        // sh -c "$(curl …)", eval `curl …`, source <(curl …)
        format!(r#"(?s)(?:{SHELL}\s+(?:-\S+\s+)*|eval\s+|source\s+|\.\s+)["']?(?:\$\(|`|<\()\s*{FETCH}"#),
        // curl -o x …; chmod +x x, or sh x, or ./x: what is run is looked at below
        format!(r"(?s){FETCH}.*(?:{RUN})"),
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
    if !may_run(line) {
        return None;
    }
    let is_it = |at: &usize| *at != FETCHED_FILE || runs_what_it_fetched(line.as_bytes());
    let first = PATTERNS.matches(line.as_bytes()).iter().find(is_it)?;
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
            "curl -s https://example.com/x | python3",
            "curl -s https://example.com/x | python3 - --yes",
            "curl -s https://example.com/x | bash -s stable",
            "curl -s https://example.com/x | sh -ex",
            "curl -s https://example.com/x | sh -; run",
            "curl -s https://example.com/x | tee run.sh; bash run.sh",
            "curl -o /tmp/x https://example.com/x; mv /tmp/x /bin/tool; chmod +x /bin/tool",
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
            "curl -s https://example.com/x | python -m json.tool",
            "curl -s https://example.com/x | python3 -c \"import json, sys; print(json.load(sys.stdin)['a'])\"",
            "curl -s https://example.com/x | perl -ne 'print'",
            "curl -s https://example.com/x | node -e 'read()'",
            "curl -s https://example.com/x | sh /opt/filter.sh",
            "wget -qO- https://example.com/x | tee /tmp/a; bash run.sh",
            "curl -s https://example.com/health; ./server",
            "until curl -s http://db:5432; do sleep 1; done; exec ./server",
        ] {
            assert_eq!(find(line), None, "{line}");
        }
    }
}
