//! The plain read that everything else is compared with: walk, read, count the bytes and the lines, and nothing more.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Instant;

use anyhow::{Context, Result};

use super::Bench;
use super::child::{Series, Usage};
use super::figures::Figure;

pub(crate) const SECTION: &str = "plain read, in this process (the reference)";
pub(crate) const TREE: &str = "tree, all cores";

#[derive(Default, Clone, Copy, PartialEq, Eq, Debug)]
struct Counted {
    files: usize,
    bytes: u64,
    lines: u64,
}

pub(crate) fn figures(bench: &Bench) -> Result<Vec<Figure>> {
    let tree = bench.corpus.tree();
    Ok(vec![
        figure(TREE, &tree, bench.cores, bench.runs)?,
        figure("tree, one core", &tree, 1, bench.runs)?,
        figure("dump.yaml", &bench.corpus.dump("yaml"), 1, bench.runs)?,
        figure("dump.json", &bench.corpus.dump("json"), 1, bench.runs)?,
    ])
}

fn figure(name: &str, path: &Path, threads: usize, runs: usize) -> Result<Figure> {
    let context = || format!("cannot read `{}`", path.display());
    let counted = count(path, threads).with_context(context)?;
    let mut usages = Vec::new();
    for _ in 0..runs {
        let start = Instant::now();
        let again = count(path, threads).with_context(context)?;
        anyhow::ensure!(again == counted, "`{}` changes while it is read", path.display());
        let wall = start.elapsed().as_secs_f64();
        // Reading from warm caches never waits: one thread is busy all the time. Of several nobody knows.
        let cpu = (threads == 1).then_some(wall);
        usages.push(Usage { wall, cpu, peak: 0, code: None });
    }
    let Counted { files, bytes, lines } = counted;
    Ok(Figure {
        section: SECTION,
        name: name.to_owned(),
        series: Some(Series::new(&usages)),
        input: Some(bytes),
        note: format!(
            "{:.1} MB, {lines} lines in {files} file{}",
            bytes as f64 / 1e6,
            if files == 1 { "" } else { "s" }
        ),
        ..Figure::default()
    })
}

fn count(path: &Path, threads: usize) -> io::Result<Counted> {
    let mut files = Vec::new();
    walk(path, &mut files)?;
    let next = AtomicUsize::new(0);
    thread::scope(|scope| {
        let workers: Vec<_> = (0..threads).map(|_| scope.spawn(|| count_files(&files, &next))).collect();
        let mut sum = Counted { files: files.len(), ..Counted::default() };
        for worker in workers {
            let part = worker.join().expect("the thread does not panic")?;
            sum.bytes += part.bytes;
            sum.lines += part.lines;
        }
        Ok(sum)
    })
}

fn walk(path: &Path, files: &mut Vec<PathBuf>) -> io::Result<()> {
    if !path.is_dir() {
        files.push(path.to_owned());
        return Ok(());
    }
    for entry in fs::read_dir(path)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            walk(&entry.path(), files)?;
        } else {
            files.push(entry.path());
        }
    }
    Ok(())
}

fn count_files(files: &[PathBuf], next: &AtomicUsize) -> io::Result<Counted> {
    let mut counted = Counted::default();
    let mut buffer = vec![0; 256 * 1024];
    while let Some(path) = files.get(next.fetch_add(1, Ordering::Relaxed)) {
        let mut file = File::open(path)?;
        loop {
            let length = file.read(&mut buffer)?;
            if length == 0 {
                break;
            }
            counted.bytes += length as u64;
            counted.lines += lines(&buffer[..length]);
        }
    }
    Ok(counted)
}

/// Counts in bytes, which the compiler turns into vector instructions; 255 is what a byte can hold.
fn lines(bytes: &[u8]) -> u64 {
    bytes.chunks(255).map(|chunk| u64::from(chunk.iter().map(|byte| u8::from(*byte == b'\n')).sum::<u8>())).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_every_file_once_on_any_number_of_threads() {
        let directory = std::env::temp_dir().join(format!("xtask-reference-{}", std::process::id()));
        fs::create_dir_all(directory.join("deep/deeper")).unwrap();
        for (name, content) in
            [("a", "1\n2\n".to_owned()), ("deep/b", "\n".repeat(300_000)), ("deep/deeper/c", "x".into())]
        {
            fs::write(directory.join(name), content).unwrap();
        }
        let counted: Vec<Counted> = [1, 3].iter().map(|threads| count(&directory, *threads).unwrap()).collect();
        fs::remove_dir_all(&directory).unwrap();
        assert_eq!(counted, [Counted { files: 3, bytes: 300_005, lines: 300_002 }; 2]);
    }
}
