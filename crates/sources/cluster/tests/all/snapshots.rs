//! What is written is what is read, and what is cut or forged is refused.

use std::fs;
use std::path::Path;

use cluster::discovery::{ApiResource, Discovery};
use cluster::features::Feature;
use cluster::load::{Actions, MadeObjects, Progress, snapshot};
use cluster::snapshot::{Header, Names, ReadError, Redaction, VERSION, create};
use model::inventory::Inventory;

use crate::server::{Server, config_maps, discovery, load, names, not_seen, ok, status};

fn resource(name: &str, kind: &str) -> ApiResource {
    ApiResource {
        group: String::new(),
        version: "v1".to_owned(),
        name: name.to_owned(),
        kind: kind.to_owned(),
        namespaced: true,
        verbs: vec!["list".to_owned(), "watch".to_owned()],
        subresources: Vec::new(),
    }
}

fn header() -> Header {
    let resources = vec![resource("configmaps", "ConfigMap"), resource("pods", "Pod"), resource("secrets", "Secret")];
    Header {
        plimsoll_snapshot: VERSION,
        tool: "test".to_owned(),
        cluster: "test".to_owned(),
        namespaces: Vec::new(),
        selector: None,
        redacted: false,
        discovery: Discovery { version: "v1.37.2".to_owned(), resources, failed: Vec::new() },
    }
}

const SECRETS: &str = r#"{"items":[{"metadata":{"name":"s"},"data":{"password":"c2VjcmV0"},"type":"Opaque"}]}"#;

/// A snapshot of a server with a list that breaks off, and the inventory that it was taken from.
fn written(path: &Path, redaction: Option<Redaction>) -> Inventory {
    let mut all = discovery();
    all.retain(|(path, _)| *path != "/api/v1/secrets");
    all.push(("/api/v1/secrets", vec![ok(SECRETS)]));
    all.push((
        "/api/v1/configmaps",
        vec![
            ok(&config_maps(&["x"], "next")),
            status(410, "", "{}"),
            ok(&config_maps(&["a", "b"], "next")),
            status(403, "", "{}"),
        ],
    ));
    let server = Server::new(all);
    load(server.connection(), Some(create(path, &header(), redaction).unwrap())).0
}

fn read(path: &Path) -> Result<Inventory, ReadError> {
    let progress = Progress::default();
    let actions =
        Actions { judge: &|_, _, _| {}, after_definitions: &|| {}, progress: &progress, made: MadeObjects::Folded };
    let mut inventory = Inventory::default();
    snapshot(path, 3, Feature::Scan, actions, &mut inventory)?;
    Ok(inventory)
}

#[cfg(unix)]
#[test]
fn a_pipe_takes_what_it_is_sent_and_stays_a_pipe() {
    use std::os::unix::fs::FileTypeExt;

    let folder = tempfile::tempdir().unwrap();
    let pipe = folder.path().join("pipe");
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let reader = std::thread::spawn({
        let pipe = pipe.clone();
        move || fs::read(pipe).unwrap()
    });
    written(&pipe, None);
    let copy = folder.path().join("copy.snapshot");
    fs::write(&copy, reader.join().unwrap()).unwrap();
    assert_eq!(names(&read(&copy).unwrap()), ["a", "b", "s"]);
    assert!(fs::metadata(&pipe).unwrap().file_type().is_fifo(), "a file came in its place");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2, "nothing else is left behind");
}

#[test]
fn a_snapshot_gives_what_the_cluster_gave() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.snapshot");
    let live = written(&path, None);
    let again = read(&path).unwrap();
    assert_eq!(names(&live), ["a", "b", "s"]);
    assert_eq!(names(&again), names(&live));
    assert_eq!(not_seen(&live), ["not observed: `configmaps`: forbidden"]);
    assert_eq!(not_seen(&again), not_seen(&live));
    assert_eq!(again.facts.live.clusters, live.facts.live.clusters);
    assert_eq!((again.complete, again.coverage), (false, live.coverage));
}

#[test]
fn no_value_of_a_secret_is_in_it_and_others_cannot_read_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.snapshot");
    written(&path, None);
    let mut text = String::new();
    let mut decoder = flate2::read::MultiGzDecoder::new(fs::File::open(&path).unwrap());
    std::io::Read::read_to_string(&mut decoder, &mut text).unwrap();
    assert!(text.contains(r#""data":{"password":""}"#) && !text.contains("c2VjcmV0"), "{text}");
    #[cfg(unix)]
    assert_eq!(std::os::unix::fs::PermissionsExt::mode(&fs::metadata(&path).unwrap().permissions()) & 0o77, 0);
}

#[test]
fn redacted_names_are_gone_and_the_same_everywhere() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.snapshot");
    written(&path, Some(Redaction::new(7)));
    let redaction = Redaction::new(7);
    assert_eq!(names(&read(&path).unwrap()), ["a", "b", "s"].map(|name| redaction.name(name)));
    let pod = r#"{"metadata":{"namespace":"kube-system"},"spec":{"serviceAccountName":"a","x":{"name":"a"}}}"#;
    let other = redaction.name("a");
    let expected = format!(
        r#"{{"metadata":{{"namespace":"kube-system"}},"spec":{{"serviceAccountName":"{other}","x":{{"name":"{other}"}}}}}}"#
    );
    assert_eq!(redaction.object(pod, &Names::default()), expected);
}

#[test]
fn a_snapshot_that_is_cut_anywhere_or_damaged_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.snapshot");
    written(&path, None);
    let whole = fs::read(&path).unwrap();
    for length in (0..whole.len()).step_by(7) {
        fs::write(&path, &whole[..length]).unwrap();
        assert!(read(&path).is_err(), "{length} of {} bytes", whole.len());
    }
    for at in (0..whole.len()).step_by(11) {
        let mut damaged = whole.clone();
        damaged[at] ^= 0x40;
        fs::write(&path, &damaged).unwrap();
        // Some bytes of a compressed file mean nothing; whatever is read is what was written.
        if let Ok(inventory) = read(&path) {
            assert_eq!(names(&inventory), ["a", "b", "s"]);
        }
    }
}

fn forged(lines: &[&str]) -> String {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.snapshot");
    let mut encoder = flate2::write::GzEncoder::new(fs::File::create(&path).unwrap(), flate2::Compression::fast());
    for line in lines {
        std::io::Write::write_all(&mut encoder, format!("{line}\n").as_bytes()).unwrap();
    }
    encoder.finish().unwrap();
    read(&path).err().map_or_else(String::new, |error| error.to_string())
}

#[test]
fn what_is_forged_is_refused_with_the_reason() {
    let header = serde_json::to_string(&header()).unwrap();
    let end = r#"{"end":{"objects":0,"troubles":[]}}"#;
    assert_eq!(forged(&[&header, end]), "");
    for (lines, expected) in [
        (vec!["{}"], "its first line is no header"),
        (vec![r#"{"plimsollSnapshot":99}"#], "use a newer Plimsoll"),
        (vec![&*header], "the snapshot is cut"),
        (vec![&*header, r#"{"page":{"list":99,"page":0,"decisions":""}}"#, end], "a list that it does not have"),
        (vec![&*header, r#"{"page":{"list":0,"page":0,"decisions":"jj"}}"#, "{}", end], "the snapshot is cut"),
        (vec![&*header, r#"{"page":{"list":0,"page":0,"decisions":"?"}}"#, "{}", end], "is not known"),
        (vec![&*header, r#"{"end":{"objects":5,"troubles":[]}}"#], "says that it has 5"),
        (vec![&*header, "7"], "no snapshot, or it is damaged"),
    ] {
        let said = forged(&lines);
        assert!(said.contains(expected), "{said}");
    }
    // A line without end is not taken into memory.
    let long = "x".repeat(20 << 20);
    assert!(forged(&[&header, &long]).contains("a line of more than 16 MiB"));
}
