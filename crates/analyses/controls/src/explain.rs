//! Finds a control by any of its names.

use std::cmp::Reverse;

use model::control::Registered;
use model::nearest::{is_part, is_same};

use crate::selection;

/// The controls that `name` stands for: the one with that id, or all that carry it as an alias, the most severe first.
/// An alias may stand behind the tool it is of (`checkov:CKV_K8S_16`) or be the last part of its page's address.
pub fn find(name: &str) -> Vec<Registered> {
    if let Some(known) = crate::all().find(|registered| registered.control.id == name) {
        return vec![known];
    }
    let address = name.trim_end_matches('/').rsplit_once('/').filter(|_| name.starts_with("https://"));
    let name = address.map_or(name, |(_, last)| last);
    let mut found = by_alias(name, None);
    if let Some((tool, alias)) = name.split_once([':', '/'])
        && found.is_empty()
    {
        found = by_alias(alias, Some(tool));
    }
    if found.is_empty() {
        found = crate::all().filter(|registered| is_same(registered.control.id, name)).collect();
    }
    found.sort_by_key(|registered| Reverse(registered.control.severity));
    found
}

fn by_alias(name: &str, tool: Option<&str>) -> Vec<Registered> {
    let is_of = |registered: &Registered| {
        let mut tools = registered.control.aliases.iter().map(|alias| alias.tool);
        selection::is_alias(registered.control, name) && tool.is_none_or(|tool| tools.any(|of| is_same(of, tool)))
    };
    crate::all().filter(is_of).collect()
}

/// The controls whose id or title has `words` in it.
pub fn about(words: &str) -> Vec<Registered> {
    let has =
        |registered: &Registered| is_part(words, registered.control.id) || is_part(words, registered.control.title);
    crate::all().filter(has).collect()
}

/// The difference between the first fixture, which fails, and the second, which is the same one mended:
/// lines that begin with `-`, `+` or a space.
pub fn example(control: &model::control::Control) -> Vec<String> {
    let [before, after, ..] = control.fixtures else { return Vec::new() };
    let before: Vec<&str> = before.yaml.lines().map(without_expectation).collect();
    let after: Vec<&str> = after.yaml.lines().map(without_expectation).collect();
    difference(&before, &after)
}

fn without_expectation(line: &str) -> &str {
    let end = [" #~ ", " #? "].iter().filter_map(|mark| line.find(mark)).min().unwrap_or(line.len());
    line[..end].trim_end()
}

/// A difference by the longest common subsequence of lines. Fixtures are short: the table is small.
fn difference(before: &[&str], after: &[&str]) -> Vec<String> {
    let mut common = vec![vec![0usize; after.len() + 1]; before.len() + 1];
    for i in (0..before.len()).rev() {
        for j in (0..after.len()).rev() {
            common[i][j] =
                if before[i] == after[j] { common[i + 1][j + 1] + 1 } else { common[i + 1][j].max(common[i][j + 1]) };
        }
    }
    let (mut i, mut j) = (0, 0);
    let mut lines = Vec::new();
    while i < before.len() || j < after.len() {
        if i < before.len() && j < after.len() && before[i] == after[j] {
            lines.push(format!("  {}", before[i]));
            (i, j) = (i + 1, j + 1);
        } else if j == after.len() || (i < before.len() && common[i + 1][j] >= common[i][j + 1]) {
            lines.push(format!("- {}", before[i]));
            i += 1;
        } else {
            lines.push(format!("+ {}", after[j]));
            j += 1;
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_taken_out_stands_before_what_is_put_in() {
        let lines = difference(&["a", "b", "c"], &["a", "x", "c", "d"]);
        assert_eq!(lines, ["  a", "- b", "+ x", "  c", "+ d"]);
    }
}
