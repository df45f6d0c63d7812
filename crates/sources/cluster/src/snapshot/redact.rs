//! Names that are nobody's business: the same name becomes the same other name everywhere, so that what belongs
//! together still does.

use model::document::{Kind, Value};

/// Replaces names.
pub struct Redaction {
    /// Makes the other names different in every snapshot.
    key: u64,
}

/// Keys whose texts are names that people chose.
const NAMES: &[&str] = &[
    "name",
    "namespace",
    "serviceAccountName",
    "serviceAccount",
    "secretName",
    "claimName",
    "volumeName",
    "nodeName",
    "generateName",
    "host",
    "hostname",
    "subdomain",
    "schedulerName",
    "priorityClassName",
    "storageClassName",
];

/// Names that are the same in every cluster say nothing, and controls know them.
const KEPT: &[&str] =
    &["default", "kube-system", "kube-public", "kube-node-lease", "kubernetes", "system", "cluster-admin"];

impl Redaction {
    /// A redaction with this key.
    pub fn new(key: u64) -> Self {
        Self { key }
    }

    /// The other name.
    pub fn name(&self, name: &str) -> String {
        if name.is_empty() || KEPT.contains(&name) || name.starts_with("system:") || name.starts_with("kube-") {
            return name.to_owned();
        }
        let hash = name.bytes().fold(self.key ^ 0xcbf2_9ce4_8422_2325, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3).rotate_left(23)
        });
        format!("x{hash:016x}")
    }

    /// The object with its names replaced.
    pub fn object(&self, text: &str) -> String {
        let Ok(document) = yaml::parse_document(text) else { return "{}".to_owned() };
        let mut spans = Vec::new();
        self.collect(document.root(), &mut spans);
        let mut out = String::with_capacity(text.len());
        let mut at = 0;
        for (start, end, name) in spans {
            out.push_str(&text[at..start]);
            out.push_str(&serde_json::to_string(&name).expect("a string is JSON"));
            at = end;
        }
        out.push_str(&text[at..]);
        out
    }

    fn collect(&self, value: Value<'_>, spans: &mut Vec<(usize, usize, String)>) {
        for (key, child) in value.entries() {
            let key = key.text();
            if child.kind() == Kind::DoubleQuoted && NAMES.contains(&&*key) {
                let span = child.span();
                spans.push((span.start as usize, span.end as usize, self.name(&child.text())));
            } else {
                self.collect(child, spans);
            }
        }
        value.items().for_each(|item| self.collect(item, spans));
    }
}
