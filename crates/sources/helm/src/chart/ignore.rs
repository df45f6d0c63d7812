//! `.helmignore`: which files of a folder are no part of the chart. Source: Helm, `pkg/ignore`.

/// The rules of a chart's folder.
#[derive(Debug, Default)]
pub(super) struct Rules(Vec<Rule>);

#[derive(Debug)]
struct Rule {
    pattern: String,
    is_negated: bool,
    folders_only: bool,
    /// Whether the whole path is compared, not the name alone.
    whole_path: bool,
}

/// What is asked about.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Entry {
    File,
    Folder,
}

impl Rules {
    /// Reads the file.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let mut rules = Self::default();
        for line in text.trim_start_matches('\u{FEFF}').lines() {
            rules.add(line)?;
        }
        Ok(rules)
    }

    /// What Helm always leaves out.
    pub(super) fn with_defaults(mut self) -> Self {
        self.0.push(Rule {
            pattern: "templates/.?*".to_owned(),
            is_negated: false,
            folders_only: false,
            whole_path: true,
        });
        self
    }

    fn add(&mut self, line: &str) -> Result<(), String> {
        let rule = line.trim();
        if rule.is_empty() || rule.starts_with('#') {
            return Ok(());
        }
        if rule.contains("**") {
            return Err("double-star (**) syntax is not supported".to_owned());
        }
        if matches(rule, "abc").is_none() {
            return Err("syntax error in pattern".to_owned());
        }
        let (is_negated, rule) = rule.strip_prefix('!').map_or((false, rule), |rest| (true, rest));
        let (folders_only, rule) = rule.strip_suffix('/').map_or((false, rule), |rest| (true, rest));
        let whole_path = rule.contains('/');
        let pattern = rule.strip_prefix('/').unwrap_or(rule).to_owned();
        self.0.push(Rule { pattern, is_negated, folders_only, whole_path });
        Ok(())
    }

    /// Whether the file or folder at `path`, relative to the chart, is left out.
    pub(super) fn ignores(&self, path: &str, entry: Entry) -> bool {
        for rule in &self.0 {
            let is_match = || {
                let name = if rule.whole_path { path } else { path.rsplit('/').next().unwrap_or(path) };
                matches(&rule.pattern, name) == Some(true)
            };
            let wrong_kind = rule.folders_only && entry != Entry::Folder;
            if rule.is_negated {
                if wrong_kind || !is_match() {
                    return true;
                }
            } else if !wrong_kind && is_match() {
                return true;
            }
        }
        false
    }
}

/// Go's `path.Match`: `*`, `?`, `[a-z]`, `\`. `None` for a pattern that is none.
pub(crate) fn matches(pattern: &str, name: &str) -> Option<bool> {
    let pattern: Vec<char> = pattern.chars().collect();
    let name: Vec<char> = name.chars().collect();
    check(&pattern)?;
    Some(match_from(&pattern, &name))
}

/// Whether every class is closed and every backslash has something behind it.
fn check(mut pattern: &[char]) -> Option<()> {
    while let Some(c) = pattern.first() {
        pattern = match c {
            '[' => class(pattern, 'a')?.1,
            '\\' => pattern.get(2..).filter(|_| pattern.len() > 1)?,
            _ => &pattern[1..],
        };
    }
    Some(())
}

fn match_from(pattern: &[char], name: &[char]) -> bool {
    let (mut p, mut n) = (pattern, name);
    // Where to go on if what follows the last `*` does not fit: it takes one character more.
    let mut retry: Option<(&[char], &[char])> = None;
    loop {
        match step(p, n) {
            Step::Done => return true,
            Step::Star(rest) => {
                retry = Some((rest, n));
                p = rest;
            }
            Step::Next(rest) => {
                p = rest;
                n = &n[1..];
            }
            Step::Fail => match retry {
                Some((after, from)) if !from.is_empty() && from[0] != '/' => {
                    retry = Some((after, &from[1..]));
                    p = after;
                    n = &from[1..];
                }
                _ => return false,
            },
        }
    }
}

enum Step<'p> {
    Done,
    Star(&'p [char]),
    Next(&'p [char]),
    Fail,
}

fn step<'p>(pattern: &'p [char], name: &[char]) -> Step<'p> {
    match (pattern.first(), name.first()) {
        (None, None) => Step::Done,
        (Some('*'), _) => Step::Star(&pattern[1..]),
        (None, _) | (_, None) => Step::Fail,
        (Some('?'), Some(c)) if *c != '/' => Step::Next(&pattern[1..]),
        (Some('?'), _) => Step::Fail,
        (Some('['), Some(c)) => match class(pattern, *c) {
            Some((true, rest)) => Step::Next(rest),
            _ => Step::Fail,
        },
        (Some('\\'), Some(c)) if pattern.get(1) == Some(c) => Step::Next(&pattern[2..]),
        (Some('\\'), _) => Step::Fail,
        (Some(p), Some(c)) if p == c => Step::Next(&pattern[1..]),
        _ => Step::Fail,
    }
}

/// A class at the start of the pattern: whether `c` is in it, and what follows it.
fn class(pattern: &[char], c: char) -> Option<(bool, &[char])> {
    let mut rest = &pattern[1..];
    let is_negated = rest.first() == Some(&'^');
    if is_negated {
        rest = &rest[1..];
    }
    let (mut is_in, mut ranges) = (false, 0);
    loop {
        if rest.first() == Some(&']') && ranges > 0 {
            return Some((is_in != is_negated, &rest[1..]));
        }
        let (low, after) = class_char(rest)?;
        let (high, after) = if after.first() == Some(&'-') { class_char(&after[1..])? } else { (low, after) };
        is_in |= (low..=high).contains(&c);
        rest = after;
        ranges += 1;
    }
}

fn class_char(pattern: &[char]) -> Option<(char, &[char])> {
    match pattern {
        [] | ['-' | ']', ..] | ['\\'] => None,
        ['\\', c, rest @ ..] | [c, rest @ ..] => (!rest.is_empty()).then_some((*c, rest)),
    }
}
