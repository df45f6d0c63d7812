//! Finds a control by any of its names.

use model::control::Registered;

use crate::selection;

/// The controls that `name` stands for: the one with that id, or all that carry it as an alias.
pub fn find(name: &str) -> Vec<Registered> {
    let by_id: Vec<Registered> = crate::all().filter(|registered| registered.control.id == name).collect();
    if !by_id.is_empty() {
        return by_id;
    }
    crate::all().filter(|registered| selection::is_alias(registered.control, name)).collect()
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
