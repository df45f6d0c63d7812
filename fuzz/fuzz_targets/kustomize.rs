//! A kustomization, a resource and a patch of whatever bytes: nothing panics, everything ends, and every byte of what is
//! built has a source.

#![no_main]

use std::path::Path;

use kustomize::{Memory, Options, build, entry_points};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let mut parts = bytes.split(|&b| b == 0);
    let mut files = Memory::default();
    for name in ["kustomization.yaml", "resource.yaml", "patch.yaml", "base/kustomization.yaml", "base/resource.yaml"] {
        if let Some(text) = parts.next() {
            files.add(name, text);
        }
    }
    let _ = entry_points(Path::new("."), &files);
    if let Ok(build) = build(Path::new("."), &files, &Options::default()) {
        let provenance = &build.rendered.provenance;
        assert!(provenance.pieces.windows(2).all(|two| two[0].start < two[1].start));
        assert!(build.rendered.text.is_empty() || provenance.source(0).is_some());
    }
});
