//! Long lists, written on all processors and in their order.

use std::io::{self, Write};
use std::num::NonZero;
use std::thread;

use serde::Serialize;

/// So many items make a batch: the memory that a list takes is that of one.
const BATCH: usize = 8192;

/// So few items are not worth a thread.
const FEW: usize = 256;

/// Appends one item to the bytes; `false` if it has nothing to say.
pub(crate) type Put<'a, T> = &'a (dyn Fn(&T, &mut Vec<u8>) -> io::Result<bool> + Sync);

/// Writes what `put` makes of every item, with commas between.
pub(crate) fn write<T: Send + Sync>(
    out: &mut dyn Write,
    mut items: impl Iterator<Item = T>,
    put: Put<'_, T>,
) -> io::Result<()> {
    let threads = thread::available_parallelism().map_or(1, NonZero::get).min(16);
    let mut batch: Vec<T> = Vec::new();
    let mut begun = false;
    loop {
        batch.clear();
        batch.extend(items.by_ref().take(BATCH));
        if batch.is_empty() {
            return Ok(());
        }
        let parts = if batch.len() < FEW { 1 } else { threads };
        for (bytes, any) in in_parts(&batch, parts, put)? {
            if any {
                out.write_all(if begun { b",\n" } else { b"\n" })?;
                out.write_all(&bytes)?;
                begun = true;
            }
        }
    }
}

/// What comes of parts of a batch, each with whether it says anything.
fn in_parts<T: Sync>(batch: &[T], parts: usize, put: Put<'_, T>) -> io::Result<Vec<(Vec<u8>, bool)>> {
    let part = |items: &[T]| {
        let (mut bytes, mut any) = (Vec::new(), false);
        for item in items {
            let start = bytes.len();
            if any {
                bytes.extend_from_slice(b",\n");
            }
            if put(item, &mut bytes)? {
                any = true;
            } else {
                bytes.truncate(start);
            }
        }
        Ok((bytes, any))
    };
    if parts == 1 {
        return Ok(vec![part(batch)?]);
    }
    let size = batch.len().div_ceil(parts);
    thread::scope(|scope| {
        let handles: Vec<_> = batch.chunks(size).map(|items| scope.spawn(move || part(items))).collect();
        let joined = handles.into_iter().map(|handle| match handle.join() {
            Ok(written) => written,
            Err(panic) => std::panic::resume_unwind(panic),
        });
        joined.collect()
    })
}

/// Values are written whole: the writer of JSON makes many small pieces, and each would go through `dyn Write`.
pub(crate) fn put_all(out: &mut dyn Write, values: impl Iterator<Item = impl Serialize>) -> io::Result<()> {
    let mut buffer = Vec::with_capacity(4096);
    for (number, value) in values.enumerate() {
        buffer.clear();
        buffer.extend_from_slice(if number == 0 { b"\n" } else { b",\n" });
        serde_json::to_writer(&mut buffer, &value).map_err(io::Error::from)?;
        out.write_all(&buffer)?;
    }
    Ok(())
}
