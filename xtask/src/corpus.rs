//! `cargo xtask corpus`: files like those of a real repository, the same for the same seed on every machine.
//! The benchmark reads them; nothing in them is anybody's, and no value in them opens anything.

mod access;
mod app;
mod config;
mod crd;
mod damage;
mod draft;
mod dump;
mod layout;
mod network;
mod pod;
mod project;
mod random;
mod repository;
mod scalar;
mod sizes;
mod workload;

use std::fs::{self, File};
use std::io::{self, BufWriter};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::thread;
use std::time::Instant;

use anyhow::{Context, Result, anyhow, bail};

use crate::arguments::{Arguments, say};
use draft::Style;

/// Raise it when the same seed gives other bytes, so that old corpora are not taken for new ones.
const GENERATION: u32 = 1;
const STAMP: &str = "corpus.json";
const USAGE: &str = "usage: cargo xtask corpus DIR [--files N] [--megabytes N] [--objects N] [--seed N] [--json-dump]";

#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Parameters {
    pub(crate) files: usize,
    pub(crate) megabytes: usize,
    /// Pods in the dump of a cluster.
    pub(crate) objects: usize,
    pub(crate) seed: u64,
    /// Whether the dump is also written as JSON.
    pub(crate) json_dump: bool,
}

impl Parameters {
    pub(crate) const FULL: Parameters =
        Parameters { files: 20_000, megabytes: 200, objects: 60_000, seed: 1, json_dump: false };
    pub(crate) const QUICK: Parameters =
        Parameters { files: 2_000, megabytes: 20, objects: 6_000, seed: 1, json_dump: false };

    fn stamp(&self, state: &str) -> String {
        let Parameters { files, megabytes, objects, seed, json_dump } = self;
        format!(
            "{{\"generation\": {GENERATION}, \"files\": {files}, \"megabytes\": {megabytes}, \"objects\": {objects}, \
             \"seed\": {seed}, \"json_dump\": {json_dump}, \"state\": \"{state}\"}}\n"
        )
    }
}

/// A corpus that is there.
pub(crate) struct Corpus {
    directory: PathBuf,
}

impl Corpus {
    /// The files of a repository.
    pub(crate) fn tree(&self) -> PathBuf {
        self.directory.join("tree")
    }

    /// A whole cluster in one file.
    pub(crate) fn dump(&self, extension: &str) -> PathBuf {
        self.directory.join(format!("dump.{extension}"))
    }

    /// One Deployment.
    pub(crate) fn small(&self) -> PathBuf {
        self.directory.join("small.yaml")
    }
}

pub(crate) fn run(mut arguments: Arguments) -> Result<ExitCode> {
    if let Some(code) = arguments.run_optimized()? {
        return Ok(code);
    }
    let full = Parameters::FULL;
    let parameters = Parameters {
        files: arguments.option("--files")?.unwrap_or(full.files),
        megabytes: arguments.option("--megabytes")?.unwrap_or(full.megabytes),
        objects: arguments.option("--objects")?.unwrap_or(full.objects),
        seed: arguments.option("--seed")?.unwrap_or(full.seed),
        json_dump: arguments.flag("--json-dump"),
    };
    let directory: PathBuf = arguments.positional().context(USAGE)?.into();
    arguments.finish().map_err(|unknown| anyhow!("{unknown}\n\n{USAGE}"))?;
    ensure(&directory, &parameters)?;
    Ok(ExitCode::SUCCESS)
}

/// The corpus in this directory; it is written if it is not there or was made from other parameters.
pub(crate) fn ensure(directory: &Path, parameters: &Parameters) -> Result<Corpus> {
    let corpus = Corpus { directory: directory.to_owned() };
    let stamp = directory.join(STAMP);
    if fs::read_to_string(&stamp).is_ok_and(|found| found == parameters.stamp("complete")) {
        say(&format!("corpus: `{}` is there already", directory.display()));
        return Ok(corpus);
    }
    clear(directory)?;
    fs::write(&stamp, parameters.stamp("unfinished")).context("cannot write the stamp of the corpus")?;
    let start = Instant::now();
    let bytes = write(&corpus, parameters)?;
    fs::write(&stamp, parameters.stamp("complete")).context("cannot write the stamp of the corpus")?;
    let (seconds, megabytes) = (start.elapsed().as_secs_f64(), bytes as f64 / 1e6);
    let speed = megabytes / seconds;
    say(&format!("corpus: {megabytes:.0} MB in `{}`, {seconds:.1} s, {speed:.0} MB/s", directory.display()));
    Ok(corpus)
}

/// Deployments in which much is wrong, fifty to a file.
pub(crate) fn write_careless(directory: &Path, objects: usize) -> Result<()> {
    const OBJECTS_OF_A_FILE: usize = 50;
    fs::create_dir_all(directory).with_context(|| format!("cannot create `{}`", directory.display()))?;
    for first in (0..objects).step_by(OBJECTS_OF_A_FILE) {
        let text = repository::write_careless(1, first, OBJECTS_OF_A_FILE.min(objects - first));
        let path = directory.join(format!("careless-{first}.yaml"));
        fs::write(&path, text).with_context(|| format!("cannot write `{}`", path.display()))?;
    }
    Ok(())
}

/// Removes what this program wrote before. **Invariant:** nothing else is ever removed.
fn clear(directory: &Path) -> Result<()> {
    fs::create_dir_all(directory).with_context(|| format!("cannot create `{}`", directory.display()))?;
    let mut entries = fs::read_dir(directory).with_context(|| format!("cannot read `{}`", directory.display()))?;
    if entries.next().is_none() {
        return Ok(());
    }
    if !directory.join(STAMP).exists() {
        bail!(
            "`{}` is not empty and has no `{STAMP}`: it is not a corpus, so nothing in it is replaced",
            directory.display()
        );
    }
    let corpus = Corpus { directory: directory.to_owned() };
    if corpus.tree().exists() {
        fs::remove_dir_all(corpus.tree()).context("cannot remove the old corpus")?;
    }
    for file in [corpus.dump("yaml"), corpus.dump("json"), corpus.small()] {
        if file.exists() {
            fs::remove_file(file).context("cannot remove the old corpus")?;
        }
    }
    Ok(())
}

fn write(corpus: &Corpus, parameters: &Parameters) -> Result<u64> {
    let small = repository::write_small(parameters.seed);
    fs::write(corpus.small(), small).context("cannot write the small file")?;
    thread::scope(|scope| {
        let tree = scope.spawn(|| write_tree(&corpus.tree(), parameters));
        let dumps = scope.spawn(|| {
            let yaml = write_dump(&corpus.dump("yaml"), parameters, Style::KUBECTL_YAML)?;
            let json = if parameters.json_dump {
                write_dump(&corpus.dump("json"), parameters, Style::KUBECTL_JSON)?
            } else {
                0
            };
            io::Result::Ok(yaml + json)
        });
        let tree = tree.join().expect("the thread does not panic").context("cannot write the tree")?;
        let dumps = dumps.join().expect("the thread does not panic").context("cannot write the dump")?;
        Ok(tree + dumps)
    })
}

fn write_tree(root: &Path, parameters: &Parameters) -> io::Result<u64> {
    let mut bytes = 0;
    let mut made = PathBuf::new();
    let mut sink = |path: &str, content: &[u8]| {
        let path = root.join(path);
        let directory = path.parent().unwrap_or(root);
        if directory != made {
            fs::create_dir_all(directory)?;
            made = directory.to_owned();
        }
        bytes += content.len() as u64;
        fs::write(path, content)
    };
    repository::write(parameters.seed, parameters.files, parameters.megabytes * 1_000_000, &mut sink)?;
    Ok(bytes)
}

fn write_dump(path: &Path, parameters: &Parameters, style: Style) -> io::Result<u64> {
    let mut file = BufWriter::new(File::create(path)?);
    dump::write(parameters.seed, parameters.objects, style, &mut file)?;
    let file = file.into_inner()?;
    Ok(file.metadata()?.len())
}

#[cfg(test)]
mod tests;
