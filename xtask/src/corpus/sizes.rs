//! How long the files are, so that any number of them comes to the number of bytes that was asked for.
//! Most manifests have the length they happen to have; those that can grow make up the difference.

use super::random::Random;

/// Of all files, how many are bundles and dashboards.
const ELASTIC: f64 = 0.14;
/// Of all bytes, how many are definitions, and how long one is on average.
const DEFINITION_BYTES: f64 = 0.3;
const DEFINITION_SIZE: f64 = 200_000.0;
/// The mean of a file that cannot grow, until enough have been written to know.
const EXPECTED_PLAIN: (f64, f64) = (200.0, 200.0 * 1_900.0);
const SMALLEST: f64 = 3_000.0;

pub(crate) struct Sizes {
    files: f64,
    bytes: f64,
    written: Written,
}

#[derive(Default)]
struct Written {
    files: f64,
    bytes: f64,
    plain_files: f64,
    plain_bytes: f64,
    elastic_files: f64,
    definitions: f64,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Growth {
    Plain,
    Elastic,
    Definition,
}

impl Sizes {
    pub(crate) fn new(files: usize, bytes: usize) -> Sizes {
        Sizes { files: files as f64, bytes: bytes as f64, written: Written::default() }
    }

    pub(crate) fn wants_definitions(&self) -> bool {
        self.written.definitions < self.written.files * self.definition_share()
    }

    pub(crate) fn wants_elastic(&self) -> bool {
        self.written.elastic_files < self.written.files * ELASTIC
    }

    pub(crate) fn left(&self) -> usize {
        (self.files - self.written.files) as usize
    }

    pub(crate) fn definition(&self, random: &mut Random) -> usize {
        random.between(100_000, 300_000)
    }

    /// A few long ones and many short ones, whose mean uses up what is left for their kind.
    pub(crate) fn elastic(&self, random: &mut Random) -> usize {
        let left = self.files - self.written.files;
        let definitions = (self.files * self.definition_share() - self.written.definitions).max(0.0);
        let elastic = (self.files * ELASTIC - self.written.elastic_files).max(1.0);
        let plain = (left - definitions - elastic).max(0.0);
        let plain_size = (EXPECTED_PLAIN.1 + self.written.plain_bytes) / (EXPECTED_PLAIN.0 + self.written.plain_files);
        let bytes = self.bytes - self.written.bytes - definitions * DEFINITION_SIZE - plain * plain_size;
        // The mean of the cube of a fraction is a quarter, so that the mean of the weights is one.
        let weight = 0.25 + 3.0 * random.fraction().powi(3);
        (weight * bytes / elastic).max(SMALLEST) as usize
    }

    pub(crate) fn record(&mut self, growth: Growth, bytes: usize) {
        let written = &mut self.written;
        written.files += 1.0;
        written.bytes += bytes as f64;
        match growth {
            Growth::Plain => {
                written.plain_files += 1.0;
                written.plain_bytes += bytes as f64;
            }
            Growth::Elastic => written.elastic_files += 1.0,
            Growth::Definition => written.definitions += 1.0,
        }
    }

    fn definition_share(&self) -> f64 {
        DEFINITION_BYTES * self.bytes / self.files / DEFINITION_SIZE
    }
}
