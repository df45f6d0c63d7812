//! Archives that nobody should send: nothing in them leads out of the chart, and none takes more than is allowed.

#![expect(clippy::unwrap_used, reason = "a test that fails says where")]

use std::io::Write as _;
use std::path::Path;

use flate2::Compression;
use flate2::write::GzEncoder;
use helm::{Chart, LoadError};
use proptest::prelude::*;

#[derive(Clone, Debug)]
struct Member {
    name: String,
    kind: u8,
    data: Vec<u8>,
    /// What the header says of the size, if not the truth.
    claims: Option<u64>,
}

fn member(name: &str, text: &str) -> Member {
    Member { name: name.to_owned(), kind: b'0', data: text.as_bytes().to_vec(), claims: None }
}

fn tar(members: &[Member]) -> Vec<u8> {
    let mut out = Vec::new();
    for Member { name, kind, data, claims } in members {
        let mut header = [0u8; 512];
        let bytes = name.as_bytes();
        let length = bytes.len().min(100);
        header[..length].copy_from_slice(&bytes[..length]);
        header[100..108].copy_from_slice(b"0000644\0");
        let size = claims.unwrap_or(data.len() as u64);
        header[124..136].copy_from_slice(format!("{:011o}\0", size & 0o777_7777_7777).as_bytes());
        header[156] = *kind;
        header[157..167].copy_from_slice(b"/etc/passw");
        header[257..265].copy_from_slice(b"ustar\x0000");
        header[148..156].copy_from_slice(b"        ");
        let sum: u32 = header.iter().map(|byte| u32::from(*byte)).sum();
        header[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
        out.extend_from_slice(&header);
        out.extend_from_slice(data);
        out.resize(out.len().div_ceil(512) * 512, 0);
    }
    out.resize(out.len() + 1024, 0);
    out
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn load(members: &[Member]) -> Result<Chart, LoadError> {
    Chart::load_archive(&gzip(&tar(members)), Path::new("a.tgz"))
}

fn own() -> Vec<Member> {
    vec![
        member("chart/Chart.yaml", "apiVersion: v2\nname: chart\nversion: 0.1.0\n"),
        member("chart/values.yaml", "a: 1\n"),
        member("chart/templates/a.yaml", "a: {{ .Values.a }}\n"),
    ]
}

fn name() -> impl Strategy<Value = String> {
    let part = prop::sample::select(vec![
        "chart",
        "..",
        ".",
        "",
        "templates",
        "charts",
        "a.yaml",
        "C:",
        "\\",
        "\u{0}x",
        "crds",
        "b.tgz",
        "Chart.yaml",
        "ü",
    ]);
    prop::collection::vec(part, 1..6).prop_map(|parts| parts.join("/"))
}

fn hostile() -> impl Strategy<Value = Member> {
    let kind = prop::sample::select(vec![b'0', b'1', b'2', b'3', b'5', b'L', b'x', b'g', 0, b'S', 0xFF]);
    let data = prop::collection::vec(any::<u8>(), 0..600);
    let claims = prop::option::weighted(0.2, prop_oneof![Just(u64::MAX), Just(1 << 33), 0..2000u64]);
    (name(), kind, data, claims).prop_map(|(name, kind, data, claims)| Member { name, kind, data, claims })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn nothing_leads_out_of_an_archive(more in prop::collection::vec(hostile(), 0..4), at in 0..4usize) {
        let mut members = own();
        let at = at.min(members.len());
        members.splice(at..at, more);
        if let Ok(chart) = load(&members) {
            for (name, source) in chart.templates() {
                let shown = source.path.to_string_lossy();
                prop_assert!(shown.starts_with("a.tgz!/") && !source.editable, "{shown}");
                prop_assert!(!Path::new(name).is_absolute() && !name.split('/').any(|part| part == ".."), "{name}");
                prop_assert!(!source.text.contains("root:"), "{name}");
            }
        }
    }

    #[test]
    fn bytes_are_no_archive_or_one(bytes in prop::collection::vec(any::<u8>(), 0..2000), cut in 0..2000usize) {
        prop_assert!(Chart::load_archive(&bytes, Path::new("a.tgz")).is_err());
        let _ = Chart::load_archive(&gzip(&bytes), Path::new("a.tgz"));
        let whole = gzip(&tar(&own()));
        let cut = cut.min(whole.len().saturating_sub(9));
        prop_assert!(Chart::load_archive(&whole[..cut], Path::new("a.tgz")).is_err());
    }
}

#[test]
fn links_are_empty_and_folders_above_are_refused() {
    let mut members = own();
    members.push(Member { kind: b'2', ..member("chart/templates/b.yaml", "") });
    let chart = load(&members).unwrap();
    let (_, source) = chart.templates().find(|(name, _)| *name == "templates/b.yaml").unwrap();
    assert_eq!(&*source.text, "");
    for name in ["chart/../../x", "chart//x/../../y", "../x", "/etc/x"] {
        let mut members = own();
        members.push(member(name, "x"));
        let refused = load(&members).is_err();
        let is_kept = || load(&members).unwrap().templates().all(|(name, _)| !name.contains(".."));
        assert!(refused || is_kept(), "{name}");
    }
}

#[test]
fn a_small_archive_does_not_become_a_large_one() {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    let zeros = vec![0u8; 1 << 20];
    let mut header = tar(&[member("chart/large", "")]);
    header.truncate(512);
    encoder.write_all(&header).unwrap();
    for _ in 0..200 {
        encoder.write_all(&zeros).unwrap();
    }
    let bytes = encoder.finish().unwrap();
    assert!(bytes.len() < 4 << 20);
    let error = Chart::load_archive(&bytes, Path::new("a.tgz")).unwrap_err();
    assert!(format!("{error:?}").contains("TooLarge"), "{error:?}");
}
