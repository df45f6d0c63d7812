//! Writing: every page is a member of its own of the compressed file, so that what was written is written.

use std::fs::File;
use std::io::{self, BufWriter, Read as _, Write};
use std::path::{Path, PathBuf};

use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;

use super::{EndLine, Header, Line, ListTrouble, PageLine, Redaction};
use crate::owners::Decision;

/// Writes a snapshot beside its place, and puts it there when it is whole.
pub struct Writer {
    out: BufWriter<File>,
    path: PathBuf,
    /// Where it is written before it is whole; `None` if it is written to its place at once.
    partial: Option<PathBuf>,
    objects: u64,
    redaction: Option<Redaction>,
    /// What waits, compressed, until all names are known that are to be replaced: nothing of it is on a disk before.
    waiting: Vec<(Line, Vec<u8>)>,
    /// The first error: pages come from threads that cannot do anything about it.
    failed: Option<io::Error>,
}

/// Begins a snapshot at `path`.
///
/// # Errors
/// The file cannot be made or written.
pub fn create(path: &Path, header: &Header, redaction: Option<Redaction>) -> io::Result<Writer> {
    // A device or a pipe takes what it is sent, and no file may come in its place.
    let takes_it = std::fs::metadata(path).is_ok_and(|known| !known.is_file() && !known.is_dir());
    let partial = (!takes_it).then(|| {
        let mut partial = path.as_os_str().to_owned();
        partial.push(".partial");
        PathBuf::from(partial)
    });
    let mut options = File::options();
    options.write(true).create(partial.is_some()).truncate(partial.is_some());
    // What a cluster has is for whoever may see it.
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let out = BufWriter::new(options.open(partial.as_deref().unwrap_or(path))?);
    let mut writer =
        Writer { out, path: path.to_path_buf(), partial, objects: 0, redaction, waiting: Vec::new(), failed: None };
    let line = serde_json::to_string(header)?;
    writer.member(&[&line])?;
    Ok(writer)
}

impl Writer {
    /// Adds a page of a list.
    pub fn page(&mut self, list: usize, page: u32, objects: &[&str], decisions: &[Decision]) {
        let mut drifts = Vec::new();
        let letters = decisions.iter().map(|decision| match decision {
            Decision::Judge => 'j',
            Decision::Evidence => 'e',
            Decision::Drifted(drift) => {
                drifts.push((drift.owner.0.clone(), drift.owner.1.clone(), drift.what.clone()));
                'd'
            }
        });
        let decisions = letters.collect();
        self.objects += objects.len() as u64;
        let line = Line::Page(PageLine { list, page, decisions, drifts });
        match &self.redaction {
            Some(redaction) => {
                objects.iter().for_each(|object| redaction.learn(object));
                self.wait(line, objects);
            }
            None => self.line(&line, objects),
        }
    }

    /// What was written of a list is void.
    pub fn restart(&mut self, list: usize) {
        match self.redaction.is_some() {
            true => self.wait(Line::Restart(list), &[]),
            false => self.line(&Line::Restart(list), &[]),
        }
    }

    fn wait(&mut self, line: Line, objects: &[&str]) {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        let written = objects.iter().try_for_each(|object| {
            encoder.write_all(object.replace(['\n', '\r'], " ").as_bytes())?;
            encoder.write_all(b"\n")
        });
        match written.and_then(|()| encoder.finish()) {
            Ok(packed) => self.waiting.push((line, packed)),
            Err(error) => self.failed = self.failed.take().or(Some(error)),
        }
    }

    /// Writes what has waited, with its names replaced, and the troubles likewise.
    fn release(&mut self, troubles: &mut [ListTrouble]) -> io::Result<()> {
        let Some(redaction) = self.redaction.take() else { return Ok(()) };
        let names = redaction.names();
        for (mut line, packed) in std::mem::take(&mut self.waiting) {
            let mut text = String::new();
            GzDecoder::new(&*packed).read_to_string(&mut text)?;
            if let Line::Page(page) = &mut line {
                for (_, owner, what) in &mut page.drifts {
                    *owner = redaction.name(owner);
                    *what = redaction.sentence(what, &names);
                }
            }
            let objects: Vec<String> = text.lines().map(|object| redaction.object(object, &names)).collect();
            self.line(&line, &objects.iter().map(String::as_str).collect::<Vec<_>>());
        }
        for trouble in troubles {
            trouble.reason = redaction.sentence(&trouble.reason, &names);
        }
        Ok(())
    }

    /// Writes what could not be seen, and puts the file in its place. Returns how many objects it has.
    ///
    /// # Errors
    /// The first that happened since it was made.
    pub fn finish(mut self, mut troubles: Vec<ListTrouble>) -> io::Result<u64> {
        if let Err(error) = self.release(&mut troubles) {
            self.failed = self.failed.take().or(Some(error));
        }
        self.line(&Line::End(EndLine { objects: self.objects, troubles }), &[]);
        if let Some(error) = self.failed.take() {
            // What is not whole is of no use to anybody.
            if let Some(partial) = &self.partial {
                std::fs::remove_file(partial).ok();
            }
            return Err(error);
        }
        self.out.flush()?;
        if let Some(partial) = &self.partial {
            self.out.get_ref().sync_all()?;
            std::fs::rename(partial, &self.path)?;
        }
        Ok(self.objects)
    }

    fn line(&mut self, line: &Line, objects: &[&str]) {
        if self.failed.is_some() {
            return;
        }
        let line = serde_json::to_string(line).expect("a line is JSON");
        let lines: Vec<&str> = std::iter::once(line.as_str()).chain(objects.iter().copied()).collect();
        self.failed = self.member(&lines).err();
    }

    fn member(&mut self, lines: &[&str]) -> io::Result<()> {
        let mut encoder = GzEncoder::new(&mut self.out, Compression::fast());
        for line in lines {
            // Line breaks between the tokens of an object would end its line.
            if line.contains(['\n', '\r']) {
                encoder.write_all(line.replace(['\n', '\r'], " ").as_bytes())?;
            } else {
                encoder.write_all(line.as_bytes())?;
            }
            encoder.write_all(b"\n")?;
        }
        encoder.finish()?;
        Ok(())
    }
}
