//! Unified differences: what `diff -u`, `patch` and `git apply` read.

/// Unchanged lines around a change.
const CONTEXT: usize = 3;

/// One line of a difference.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Line<'t> {
    /// In both texts.
    Same(&'t str),
    /// In the old text only.
    Old(&'t str),
    /// In the new text only.
    New(&'t str),
}

/// Changes that are close to each other, and the lines around them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hunk<'t> {
    /// The first line in the old text, from 0.
    pub old_start: usize,
    /// The first line in the new text, from 0.
    pub new_start: usize,
    /// The lines with their line breaks.
    pub lines: Vec<Line<'t>>,
}

impl Hunk<'_> {
    /// How many lines of the old text it has.
    pub fn old_lines(&self) -> usize {
        self.lines.iter().filter(|line| !matches!(line, Line::New(_))).count()
    }

    /// How many lines of the new text it has.
    pub fn new_lines(&self) -> usize {
        self.lines.iter().filter(|line| !matches!(line, Line::Old(_))).count()
    }

    /// The line `@@ -1,2 +1,3 @@`.
    pub fn header(&self) -> String {
        let side = |start: usize, lines: usize| {
            // A side without lines names the line before it.
            let first = if lines == 0 { start } else { start + 1 };
            if lines == 1 { first.to_string() } else { format!("{first},{lines}") }
        };
        let (old, new) = (side(self.old_start, self.old_lines()), side(self.new_start, self.new_lines()));
        format!("@@ -{old} +{new} @@")
    }
}

/// The hunks between two texts, with `CONTEXT` lines around each change.
pub fn hunks<'t>(old: &'t str, new: &'t str) -> Vec<Hunk<'t>> {
    let old: Vec<&str> = old.split_inclusive('\n').collect();
    let new: Vec<&str> = new.split_inclusive('\n').collect();
    let lines = lines(&old, &new);
    let changed: Vec<usize> = (0..lines.len()).filter(|&at| !matches!(lines[at], Line::Same(_))).collect();
    let mut hunks = Vec::new();
    let mut group: Option<(usize, usize)> = None;
    let mut ranges = Vec::new();
    for at in changed {
        group = match group {
            Some((start, end)) if at <= end + 2 * CONTEXT + 1 => Some((start, at)),
            Some(done) => {
                ranges.push(done);
                Some((at, at))
            }
            None => Some((at, at)),
        };
    }
    ranges.extend(group);
    let (mut position, mut old_at, mut new_at) = (0, 0, 0);
    for (start, end) in ranges {
        let (start, end) = (start.saturating_sub(CONTEXT), (end + CONTEXT + 1).min(lines.len()));
        for line in &lines[position..start] {
            (old_at, new_at) = advance(line, old_at, new_at);
        }
        hunks.push(Hunk { old_start: old_at, new_start: new_at, lines: lines[start..end].to_vec() });
        for line in &lines[start..end] {
            (old_at, new_at) = advance(line, old_at, new_at);
        }
        position = end;
    }
    hunks
}

fn advance(line: &Line<'_>, old: usize, new: usize) -> (usize, usize) {
    match line {
        Line::Same(_) => (old + 1, new + 1),
        Line::Old(_) => (old + 1, new),
        Line::New(_) => (old, new + 1),
    }
}

/// All lines of both texts: the shortest way from one to the other (Myers, "An O(ND) Difference Algorithm", 1986).
fn lines<'t>(old: &[&'t str], new: &[&'t str]) -> Vec<Line<'t>> {
    let prefix = old.iter().zip(new).take_while(|(a, b)| a == b).count();
    let (old_rest, new_rest) = (&old[prefix..], &new[prefix..]);
    let suffix = old_rest.iter().rev().zip(new_rest.iter().rev()).take_while(|(a, b)| a == b).count();
    let middle = between(&old_rest[..old_rest.len() - suffix], &new_rest[..new_rest.len() - suffix]);
    let mut lines: Vec<Line<'t>> = old[..prefix].iter().map(|line| Line::Same(line)).collect();
    lines.extend(middle);
    lines.extend(old[old.len() - suffix..].iter().map(|line| Line::Same(line)));
    lines
}

/// A text with more changes than this is shown as one change: the way costs their square.
const MOST: usize = 4_000;

fn between<'t>(old: &[&'t str], new: &[&'t str]) -> Vec<Line<'t>> {
    let (rows, columns) = (old.len() as isize, new.len() as isize);
    let width = rows + columns + 1;
    let index = |diagonal: isize| (diagonal + width) as usize;
    let mut furthest = vec![0isize; (2 * width + 1) as usize];
    let mut trace: Vec<Vec<isize>> = Vec::new();
    'search: for distance in 0..=(rows + columns) {
        if distance as usize > MOST {
            return old.iter().map(|line| Line::Old(line)).chain(new.iter().map(|line| Line::New(line))).collect();
        }
        let kept = furthest[index(-distance - 1)..=index(distance + 1)].to_vec();
        trace.push(kept);
        for diagonal in (-distance..=distance).step_by(2) {
            let down = diagonal == -distance
                || (diagonal != distance && furthest[index(diagonal - 1)] < furthest[index(diagonal + 1)]);
            let mut row = if down { furthest[index(diagonal + 1)] } else { furthest[index(diagonal - 1)] + 1 };
            // Here rows go along the old text: `down` takes a line of the new one.
            while row < rows && row - diagonal < columns && old[row as usize] == new[(row - diagonal) as usize] {
                row += 1;
            }
            furthest[index(diagonal)] = row;
            if row >= rows && row - diagonal >= columns {
                break 'search;
            }
        }
    }
    back(old, new, &trace)
}

/// The way back through what was reached.
fn back<'t>(old: &[&'t str], new: &[&'t str], trace: &[Vec<isize>]) -> Vec<Line<'t>> {
    let (mut row, mut column) = (old.len() as isize, new.len() as isize);
    let mut lines = Vec::new();
    for (distance, kept) in trace.iter().enumerate().rev() {
        let distance = distance as isize;
        let at = |diagonal: isize| kept[(diagonal + distance + 1) as usize];
        let diagonal = row - column;
        let down = diagonal == -distance || (diagonal != distance && at(diagonal - 1) < at(diagonal + 1));
        let before = if down { diagonal + 1 } else { diagonal - 1 };
        let (start_row, start_column) = if distance == 0 { (0, 0) } else { (at(before), at(before) - before) };
        while row > start_row && column > start_column {
            row -= 1;
            column -= 1;
            lines.push(Line::Same(old[row as usize]));
        }
        if distance == 0 {
            break;
        }
        if down {
            column -= 1;
            lines.push(Line::New(new[column as usize]));
        } else {
            row -= 1;
            lines.push(Line::Old(old[row as usize]));
        }
    }
    lines.reverse();
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(old: &str, new: &str, expected: &str) {
        let mut text = String::new();
        for hunk in hunks(old, new) {
            text.push_str(&hunk.header());
            text.push('\n');
            for line in hunk.lines {
                let (mark, line) = match line {
                    Line::Same(line) => (' ', line),
                    Line::Old(line) => ('-', line),
                    Line::New(line) => ('+', line),
                };
                text.push(mark);
                text.push_str(line);
            }
        }
        assert_eq!(text, expected);
    }

    #[test]
    fn hunks_have_their_context_and_numbers() {
        check("a\nb\nc\n", "a\nc\nd\n", "@@ -1,3 +1,3 @@\n a\n-b\n c\n+d\n");
        check("", "a\n", "@@ -0,0 +1 @@\n+a\n");
        check("a\n", "a\n", "");
        let old = "1\n2\n3\n4\n5\n6\n7\n8\n9\n10\n11\n12\n";
        check(
            old,
            &old.replace("2\n3", "2\nx\n3").replace("11\n", "y\n"),
            "@@ -1,5 +1,6 @@\n 1\n 2\n+x\n 3\n 4\n 5\n@@ -8,5 +9,5 @@\n 8\n 9\n 10\n-11\n+y\n 12\n",
        );
    }
}
