//! What `kubectl cluster-info dump` prints: lists as JSON, one after another, and the logs of containers between them.
//!
//! Logs are blanked, so that lines keep their numbers, and lists are parted by marks, so that large ones are read one
//! by one. What a container has logged may pretend to be the end of its log: kubectl does not say where it is.

use std::io::{self, Read};

use memchr::memmem;

const START: &[u8] = b"==== START logs for container ";
const END: &[u8] = b"==== END logs for container ";

/// Where one value of JSON ends and the next begins: within a value `}` is followed by something else.
const BETWEEN: &[u8] = b"\n}\n{";

/// The most that the name of a log takes.
const LONGEST_NAME: usize = 1 << 10;

/// How much is read at a time.
const WINDOW: usize = 64 << 10;

/// Whether there are logs between what is said.
pub(super) fn has_logs(text: &[u8]) -> bool {
    let mut found = memmem::find_iter(text, START);
    found.any(|at| at == 0 || text[at - 1] == b'\n')
}

/// A text without logs.
pub(super) struct WithoutLogs<R> {
    source: R,
    /// What was read and is not decided; the byte before it was a line break if `at_line`.
    held: Vec<u8>,
    at_line: bool,
    ended: bool,
    /// What can be taken.
    ready: Vec<u8>,
    taken: usize,
    /// The end of the log that is passed over.
    end: Option<Vec<u8>>,
    /// Logs that were passed over.
    pub(super) logs: u64,
    /// Whether the last log has no end.
    pub(super) is_cut: bool,
}

impl<R: Read> WithoutLogs<R> {
    pub(super) fn new(source: R) -> Self {
        Self {
            source,
            held: Vec::new(),
            at_line: true,
            ended: false,
            ready: Vec::new(),
            taken: 0,
            end: None,
            logs: 0,
            is_cut: false,
        }
    }

    fn step(&mut self) -> io::Result<()> {
        self.ready.clear();
        self.taken = 0;
        while self.ready.is_empty() && !(self.ended && self.held.is_empty()) {
            if !self.ended && self.source.by_ref().take(WINDOW as u64).read_to_end(&mut self.held)? == 0 {
                self.ended = true;
            }
            while self.decide() {}
        }
        Ok(())
    }

    /// Decides on a part of what is held; false if more has to be read first, or nothing is left.
    fn decide(&mut self) -> bool {
        if self.held.is_empty() {
            return false;
        }
        match self.end.take() {
            Some(end) => self.pass_over(end),
            None => self.pass_on(),
        }
    }

    /// Passes text on as far as it is none of a log.
    fn pass_on(&mut self) -> bool {
        let log = memmem::find_iter(&self.held, START).find(|&at| match at {
            0 => self.at_line,
            _ => self.held[at - 1] == b'\n',
        });
        let between = memmem::find(&self.held[..log.unwrap_or(self.held.len())], BETWEEN);
        if let Some(at) = between {
            let before = at + BETWEEN.len() - 1;
            self.give(before);
            self.ready.extend_from_slice(b"--- {");
            self.held.drain(..1);
            self.at_line = false;
            return true;
        }
        let Some(at) = log else {
            // A mark may lie across the border of two windows.
            let kept = if self.ended { 0 } else { START.len().min(self.held.len()) };
            let given = self.held.len() - kept;
            self.give(given);
            return false;
        };
        let line = memchr::memchr(b'\n', &self.held[at..]).map(|length| at + length);
        let Some(line) = line.or(self.ended.then_some(self.held.len())) else {
            if self.held.len() - at > LONGEST_NAME {
                // It is no log's beginning: such a line is an error of what it stands in.
                self.give(at + START.len());
                return true;
            }
            self.give(at);
            return false;
        };
        let end = [END, &self.held[at + START.len()..line]].concat();
        self.give(at);
        self.held.drain(..line - at);
        self.logs += 1;
        self.end = Some(end);
        true
    }

    /// Passes over text as far as it is of a log; line breaks stay.
    fn pass_over(&mut self, end: Vec<u8>) -> bool {
        let found = memmem::find(&self.held, &end);
        let over = match found {
            Some(at) => at,
            None if self.ended => self.held.len(),
            None => self.held.len() - end.len().min(self.held.len()),
        };
        let breaks = self.held[..over].iter().filter(|&&byte| byte == b'\n').count();
        self.ready.resize(self.ready.len() + breaks, b'\n');
        self.held.drain(..over);
        if found.is_none() {
            self.is_cut = self.ended;
            self.end = Some(end);
            return false;
        }
        // The last line of a log may have no end of its own: then the mark needs a line.
        let on_a_line = self.ready.is_empty() || self.ready.ends_with(b"\n");
        self.ready.extend_from_slice(if on_a_line { b"---" } else { b" " });
        self.held.drain(..end.len());
        self.at_line = false;
        true
    }

    fn give(&mut self, count: usize) {
        self.ready.extend_from_slice(&self.held[..count]);
        if let Some(last) = self.held[..count].last() {
            self.at_line = *last == b'\n';
        }
        self.held.drain(..count);
    }
}

impl<R: Read> Read for WithoutLogs<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        if self.taken == self.ready.len() {
            self.step()?;
        }
        let count = out.len().min(self.ready.len() - self.taken);
        out[..count].copy_from_slice(&self.ready[self.taken..self.taken + count]);
        self.taken += count;
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A source that gives so much at a time.
    struct Portions<'t>(&'t [u8], usize);

    impl Read for Portions<'_> {
        fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
            let count = self.1.min(self.0.len()).min(out.len());
            out[..count].copy_from_slice(&self.0[..count]);
            self.0 = &self.0[count..];
            Ok(count)
        }
    }

    fn without(text: &str, portion: usize) -> (String, u64, bool) {
        let mut source = WithoutLogs::new(Portions(text.as_bytes(), portion));
        let mut out = String::new();
        source.read_to_string(&mut out).unwrap();
        (out, source.logs, source.is_cut)
    }

    #[test]
    fn logs_are_blanked_and_lists_are_parted() {
        let name = "c of pod shop/p ====";
        let text = format!(
            "{{\n}}\n{{\n  \"a\": 1\n}}\n==== START logs for container {name}\n{{\"kind\": \"Pod\"}}\n---\nhalf\n\
             ==== END logs for container other ====\n==== END logs for container {name}\n{{\n}}\n"
        );
        for portion in [1, 7, 4096] {
            let (out, logs, is_cut) = without(&text, portion);
            assert_eq!(out, "{\n}\n--- {\n  \"a\": 1\n}\n\n\n\n\n\n---\n{\n}\n", "{portion}");
            assert_eq!((logs, is_cut), (1, false));
        }
    }

    #[test]
    fn a_log_without_an_end_hides_the_rest_and_says_so() {
        let (out, logs, is_cut) = without("{\n}\n==== START logs for container c ====\na\nb", 3);
        assert_eq!((&*out, logs, is_cut), ("{\n}\n\n\n", 1, true));
    }

    #[test]
    fn other_text_stays_as_it_is() {
        let text = "a: |\n  ==== START logs for container x\nb: }\n{\n".repeat(3000);
        assert_eq!(without(&text, 5000), (text.clone(), 0, false));
    }
}
