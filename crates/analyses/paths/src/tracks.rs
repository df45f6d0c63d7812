//! Questions that are asked again and again: where ways begin, where they end, and what they must not pass.

/// A question with a name.
#[derive(Debug)]
pub struct Track {
    /// Its name.
    pub id: &'static str,
    /// What it asks, as a clause.
    pub title: &'static str,
    /// Where ways begin, as people call it.
    pub from: &'static [&'static str],
    /// Where they end.
    pub to: &'static [&'static str],
    /// What they must not pass: names and edges.
    pub without: &'static [&'static str],
}

/// What leads from one workload to another.
const MOVES: &[&str] = &["connect", "move-by-network"];

/// All of them. The first are those that other tools publish.
pub static TRACKS: &[Track] = &[
    Track {
        id: "exposed-cluster-admin",
        title: "what is open to the internet and comes to all rights",
        from: &["internet"],
        to: &["cluster-admin"],
        without: &[],
    },
    Track {
        id: "exposed-secret",
        title: "what is open to the internet and holds Secrets or ConfigMaps itself",
        from: &["internet"],
        to: &["secret-objects"],
        without: MOVES,
    },
    Track {
        id: "exposed-token",
        title: "what is open to the internet and has a token of an account that may do something",
        from: &["internet"],
        to: &["bindings"],
        without: MOVES,
    },
    Track {
        id: "exposed-host",
        title: "what is open to the internet and gets out of its container itself",
        from: &["internet"],
        to: &["node", "node-files"],
        without: MOVES,
    },
    Track {
        id: "exposed-cloud",
        title: "what is open to the internet and comes to an identity of the cloud",
        from: &["internet"],
        to: &["cloud"],
        without: &[],
    },
    Track {
        id: "exposed-neighbours",
        title: "what is open to the internet and from there breaks into others",
        from: &["internet"],
        to: &["workloads"],
        without: &[],
    },
    Track {
        id: "anonymous",
        title: "what anybody gets who reaches the API server",
        from: &["anonymous"],
        to: &["cluster-admin", "node", "secrets", "secret-objects"],
        without: &[],
    },
    Track {
        id: "pod-to-node",
        title: "workloads that get out of their containers",
        from: &["workloads"],
        to: &["node"],
        without: MOVES,
    },
    Track {
        id: "node-to-cluster",
        title: "what root on one node comes to",
        from: &["node"],
        to: &["cluster-admin", "control-plane", "secrets"],
        without: &[],
    },
    Track {
        id: "interception",
        title: "workloads that listen in on others",
        from: &["workloads"],
        to: &["traffic"],
        without: MOVES,
    },
    Track {
        id: "destruction",
        title: "workloads that can delete what others store",
        from: &["workloads"],
        to: &["data"],
        without: MOVES,
    },
];

/// The question of that name.
pub fn track(id: &str) -> Option<&'static Track> {
    TRACKS.iter().find(|track| track.id == id)
}
