//! Builds agree with the real `kustomize`, byte for byte: over kustomizations written for the purpose, one file a case.
//!
//! A case is a set of files, each after a line `-- PATH --`; what stands before the first is a comment. The entry is
//! the folder `overlay` if there is one, else the root. A file `EXPECTED` is the output as the documentation has it, and
//! is compared always; `FAILS` has a part of the message with which the build is refused; `PROBLEM` a part of what is
//! left out, in which case the real one is not asked. The real one is asked where `PLIMSOLL_KUSTOMIZE` names it.

#![expect(clippy::unwrap_used, reason = "a test that fails says where")]

use std::fs;
use std::path::Path;
use std::process::Command;

use kustomize::{Build, Error, Memory, Options, build};

#[derive(Default)]
struct Case {
    name: String,
    files: Vec<(String, String)>,
    expected: Option<String>,
    fails: Option<String>,
    problem: Option<String>,
}

impl Case {
    fn parse(name: &str, text: &str) -> Self {
        let mut case = Self { name: name.to_owned(), ..Self::default() };
        let mut current: Option<(String, String)> = None;
        for line in text.split_inclusive('\n') {
            let header = line.trim_end().strip_prefix("-- ").and_then(|line| line.strip_suffix(" --"));
            match (header, &mut current) {
                (Some(path), _) => {
                    let finished = current.replace((path.to_owned(), String::new()));
                    case.keep(finished);
                }
                (None, Some((_, text))) => text.push_str(line),
                (None, None) => {}
            }
        }
        case.keep(current);
        case
    }

    fn keep(&mut self, file: Option<(String, String)>) {
        let Some((path, text)) = file else { return };
        match path.as_str() {
            "EXPECTED" => self.expected = Some(text),
            "FAILS" => self.fails = Some(text.trim().to_owned()),
            "PROBLEM" => self.problem = Some(text.trim().to_owned()),
            _ => self.files.push((path, text)),
        }
    }

    fn entry(&self) -> &'static str {
        if self.files.iter().any(|(path, _)| path.starts_with("overlay/")) { "overlay" } else { "." }
    }

    fn build(&self) -> Result<Build, Error> {
        let mut files = Memory::default();
        self.files.iter().for_each(|(path, text)| files.add(path, text.as_bytes()));
        build(Path::new(self.entry()), &files, &Options::default())
    }

    /// What the real one prints; its message if it refuses.
    fn reference(&self, program: &str) -> Result<String, String> {
        let folder = tempfile::tempdir().unwrap();
        for (path, text) in &self.files {
            let path = folder.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        let output = Command::new(program).arg("build").arg(folder.path().join(self.entry())).output().unwrap();
        if output.status.success() {
            Ok(String::from_utf8(output.stdout).unwrap())
        } else {
            Err(String::from_utf8_lossy(&output.stderr).into_owned())
        }
    }

    /// What is wrong, if anything is.
    fn check(&self, program: Option<&str>) -> Option<String> {
        let built = self.build();
        let trouble = self.check_own(&built);
        let Some(program) = program.filter(|_| trouble.is_none() && self.problem.is_none()) else { return trouble };
        match (built, self.reference(program)) {
            (Ok(build), Ok(text)) if build.rendered.text == text => None,
            (Ok(build), Ok(text)) => Some(difference(&build.rendered.text, &text)),
            (Err(_), Err(_)) => None,
            (Ok(_), Err(message)) => Some(format!("the real one refuses: {message}")),
            (Err(error), Ok(_)) => Some(format!("refused, and the real one builds it: {error}")),
        }
    }

    fn check_own(&self, built: &Result<Build, Error>) -> Option<String> {
        match (built, &self.fails) {
            (Err(error), Some(fails)) if error.to_string().contains(fails) => None,
            (Err(error), _) if self.fails.is_some() || self.expected.is_some() => Some(format!("refused: {error}")),
            (Err(_), _) => None,
            (Ok(_), Some(fails)) => Some(format!("built, and `{fails}` was expected")),
            (Ok(build), None) => {
                let text = &build.rendered.text;
                let shown = || build.problems.iter().map(|problem| problem.message.clone()).collect::<Vec<_>>();
                match (&self.expected, &self.problem) {
                    (Some(expected), _) if expected != text => Some(difference(text, expected)),
                    (_, Some(problem)) if !shown().iter().any(|message| message.contains(problem)) => {
                        Some(format!("left out: {:?}", shown()))
                    }
                    (_, None) if !build.problems.is_empty() => Some(format!("left out: {:?}", shown())),
                    _ => None,
                }
            }
        }
    }
}

fn difference(ours: &str, theirs: &str) -> String {
    let lines = ours.lines().zip(theirs.lines()).position(|(a, b)| a != b);
    let at = lines.unwrap_or_else(|| ours.lines().count().min(theirs.lines().count()));
    let around = |text: &str| text.lines().skip(at.saturating_sub(3)).take(7).collect::<Vec<_>>().join("\n");
    format!("line {}\nours:\n{}\ntheirs:\n{}", at + 1, around(ours), around(theirs))
}

#[test]
fn builds_as_kustomize_does() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases");
    let mut paths: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    let program = std::env::var("PLIMSOLL_KUSTOMIZE").ok();
    let cases: Vec<Case> = paths
        .iter()
        .flat_map(|path| {
            let name = path.file_stem().unwrap().to_string_lossy().into_owned();
            let text = fs::read_to_string(path).unwrap();
            let cases: Vec<Case> = text
                .split("\n==== ")
                .enumerate()
                .map(|(at, part)| Case::parse(&format!("{name} {at} {}", part.lines().next().unwrap_or("")), part))
                .filter(|case| !case.files.is_empty())
                .collect();
            cases
        })
        .collect();
    assert!(cases.len() > 20, "the cases are not found");
    let halves: Vec<&[Case]> = cases.chunks(cases.len().div_ceil(4)).collect();
    let troubles: Vec<String> = std::thread::scope(|scope| {
        let run = |part: &[Case]| {
            let check = |case: &Case| Some(format!("{}: {}", case.name, case.check(program.as_deref())?));
            part.iter().filter_map(check).collect::<Vec<_>>()
        };
        let threads: Vec<_> = halves.iter().map(|part| scope.spawn(move || run(part))).collect();
        threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
    });
    println!("{} of {} cases agree", cases.len() - troubles.len(), cases.len());
    assert!(troubles.is_empty(), "{} of {}\n{}", troubles.len(), cases.len(), troubles.join("\n\n"));
}
