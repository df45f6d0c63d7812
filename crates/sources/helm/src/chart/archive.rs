//! Archives of charts: gzip and tar, read in memory, with bounds, and nothing but files below one folder.

use std::io::Read as _;
use std::path::Path;
use std::sync::Arc;

use flate2::read::MultiGzDecoder;

use super::{File, MAX_BYTES, MAX_FILES};

/// Why an archive is refused.
#[derive(Debug, thiserror::Error)]
pub enum ArchiveError {
    /// Not gzip, or cut off.
    #[error("it is not a gzip archive, or it is damaged")]
    Gzip,
    /// Not tar.
    #[error("what is compressed in it is not a tar archive, or it is damaged")]
    Tar,
    /// Too much.
    #[error("decompressed chart is larger than the maximum size {MAX_BYTES}")]
    TooLarge,
    /// Too many.
    #[error("it holds more than {MAX_FILES} files")]
    TooMany,
    /// A path that leads out.
    #[error("{0}")]
    Path(String),
    /// Nothing in it.
    #[error("no files in chart archive")]
    Empty,
}

const BLOCK: usize = 512;

/// The files of the archive, their names without the folder that they all are in.
pub(super) fn files(bytes: &[u8], shown: &Path) -> Result<Vec<File>, ArchiveError> {
    if !bytes.starts_with(&[0x1F, 0x8B]) {
        return Err(ArchiveError::Gzip);
    }
    let mut tar = Vec::new();
    let limit = MAX_BYTES + (MAX_FILES * BLOCK * 2) as u64;
    MultiGzDecoder::new(bytes).take(limit + 1).read_to_end(&mut tar).map_err(|_| ArchiveError::Gzip)?;
    if tar.len() as u64 > limit {
        return Err(ArchiveError::TooLarge);
    }
    let mut found = Vec::new();
    let mut total = 0;
    let mut entries = Entries { rest: &tar, long_name: None };
    while let Some((name, data)) = entries.next()? {
        total += data.len() as u64;
        if total > MAX_BYTES {
            return Err(ArchiveError::TooLarge);
        }
        if found.len() == MAX_FILES {
            return Err(ArchiveError::TooMany);
        }
        let path = format!("{}!/{name}", shown.display()).into();
        let data = data.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(data);
        found.push(File { name: inner_name(&name)?, path, data: Arc::from(data), editable: false });
    }
    if found.is_empty() { Err(ArchiveError::Empty) } else { Ok(found) }
}

/// The name below the first folder, cleaned. Source: Helm, `archive.LoadArchiveFiles`.
fn inner_name(name: &str) -> Result<String, ArchiveError> {
    let delimiter = if name.contains('\\') { '\\' } else { '/' };
    let (first, rest) = name.split_once(delimiter).unwrap_or((name, ""));
    let rest = rest.replace(delimiter, "/");
    if rest.starts_with('/') {
        return Err(ArchiveError::Path("chart illegally contains absolute paths".to_owned()));
    }
    let clean = crate::functions::paths::clean(&rest);
    if clean == "." {
        let name = crate::format::quoted(name);
        return Err(ArchiveError::Path(format!("chart illegally contains content outside the base directory: {name}")));
    }
    if clean.starts_with("..") {
        return Err(ArchiveError::Path("chart illegally references parent directory".to_owned()));
    }
    let bytes = clean.as_bytes();
    if bytes.len() > 2 && bytes[0].is_ascii_alphabetic() && &bytes[1..3] == b":/" {
        return Err(ArchiveError::Path("chart contains illegally named files".to_owned()));
    }
    if first == "Chart.yaml" {
        return Err(ArchiveError::Path("chart yaml not in base directory".to_owned()));
    }
    Ok(clean)
}

/// The regular files of a tar archive: ustar, with GNU and pax long names.
struct Entries<'t> {
    rest: &'t [u8],
    long_name: Option<String>,
}

impl<'t> Entries<'t> {
    fn next(&mut self) -> Result<Option<(String, &'t [u8])>, ArchiveError> {
        loop {
            let Some(header) = self.rest.get(..BLOCK) else {
                return if self.rest.iter().all(|b| *b == 0) { Ok(None) } else { Err(ArchiveError::Tar) };
            };
            if header.iter().all(|b| *b == 0) {
                return Ok(None);
            }
            let size = number(&header[124..136]).ok_or(ArchiveError::Tar)?;
            if size > MAX_BYTES {
                return Err(ArchiveError::TooLarge);
            }
            let size = size as usize;
            let data = self.rest.get(BLOCK..BLOCK + size).ok_or(ArchiveError::Tar)?;
            let padded = size.div_ceil(BLOCK) * BLOCK;
            self.rest = self.rest.get(BLOCK + padded..).unwrap_or(&[]);
            match header[156] {
                b'L' => self.long_name = Some(text(data)),
                b'x' => self.long_name = pax_path(data).or(self.long_name.take()),
                b'g' | b'K' => {}
                kind => {
                    let name = self.long_name.take().unwrap_or_else(|| header_name(header));
                    // Links have no content of their own: Helm reads them as empty files.
                    if kind != b'5' && !name.ends_with('/') {
                        let data = if matches!(kind, b'1' | b'2') { &[] } else { data };
                        return Ok(Some((name, data)));
                    }
                }
            }
        }
    }
}

fn header_name(header: &[u8]) -> String {
    let name = text(&header[..100]);
    let prefix =
        if &header[257..262] == b"ustar" && header[262] != b' ' { text(&header[345..500]) } else { String::new() };
    if prefix.is_empty() { name } else { format!("{prefix}/{name}") }
}

fn text(bytes: &[u8]) -> String {
    let end = bytes.iter().position(|b| *b == 0).unwrap_or(bytes.len());
    String::from_utf8_lossy(&bytes[..end]).into_owned()
}

/// Octal digits, or GNU's binary numbers.
fn number(field: &[u8]) -> Option<u64> {
    if field[0] & 0x80 != 0 {
        let significant = field.iter().skip(field.len() - 8);
        return Some(significant.fold(0, |value, b| (value << 8) | u64::from(*b)));
    }
    let text = text(field);
    let digits = text.trim_matches(' ');
    if digits.is_empty() { Some(0) } else { u64::from_str_radix(digits, 8).ok() }
}

fn pax_path(data: &[u8]) -> Option<String> {
    let mut rest = data;
    while let Some(space) = rest.iter().position(|b| *b == b' ') {
        let length: usize = std::str::from_utf8(&rest[..space]).ok()?.parse().ok()?;
        let record = rest.get(space + 1..length)?;
        if let Some(path) = record.strip_prefix(b"path=") {
            return Some(String::from_utf8_lossy(path.strip_suffix(b"\n").unwrap_or(path)).into_owned());
        }
        rest = &rest[length..];
    }
    None
}
