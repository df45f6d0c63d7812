//! What nobody may be shown of a document: every span that holds a secret, found by any of the ways of this group.
//!
//! It hides rather too much than too little: comments, custom resources and files within fields are looked at as
//! well, whether or not a control reports them.

use model::document::{Document, Kind, Span, Value};

use super::assignments::{self, Comments};
use super::spans::Locator;
use super::{detector, flags, kubeconfig};

/// The annotation in which kubectl keeps the whole object as it was applied.
pub(super) const LAST_APPLIED: &str = "kubectl.kubernetes.io/last-applied-configuration";

/// The spans of `document` whose text is secret, in order, without overlaps.
pub fn secret_spans(document: &Document<'_>) -> Vec<Span> {
    let mut mask = Mask { spans: Vec::new() };
    mask.hide_in_lines(document.text);
    if !document.nodes.is_empty() {
        mask.hide_in_tree(document.root());
    }
    merge(mask.spans)
}

struct Mask {
    spans: Vec<Span>,
}

impl Mask {
    /// The document as it is written, comments included.
    fn hide_in_lines(&mut self, text: &str) {
        let hits = detector::find(text).map(|hit| hit.start..hit.end);
        let named = assignments::sensitive(text, Comments::Read).map(|(assignment, _)| assignment.value);
        for range in hits.chain(named) {
            self.spans.push(Span { start: range.start as u32, end: range.end as u32 });
        }
    }

    /// Iterative: documents may be deep.
    fn hide_in_tree(&mut self, root: Value<'_>) {
        let mut open = vec![root];
        while let Some(value) = open.pop() {
            match value.kind() {
                Kind::Mapping => {
                    self.hide_in_mapping(value);
                    open.extend(value.entries().flat_map(|(key, child)| [key, child]));
                }
                Kind::Sequence => {
                    let program = value.items().next().map(Value::text).unwrap_or_default();
                    flags::each_literal(value, &program, &mut |literal| {
                        self.spans.push(literal.locator.locate(literal.range));
                    });
                    open.extend(value.items());
                }
                _ => self.hide_in_scalar(value),
            }
        }
    }

    fn hide_in_mapping(&mut self, mapping: Value<'_>) {
        if mapping.get("kind").is_some_and(|kind| kind.text() == "Secret") {
            self.hide_secret(mapping);
        }
        if let (Some(name), Some(value)) = (mapping.get("name"), mapping.get("value")) {
            self.hide_named(&name.text(), value);
        }
        if let Some(binary) = mapping.get("binaryData") {
            let secret = |value: &Value<'_>| decoded(*value).is_some_and(|text| holds_secret(&text));
            binary.entries().map(|(_, value)| value).filter(secret).for_each(|value| self.hide(value));
        }
        mapping.entries().for_each(|(key, value)| self.hide_named(&key.text(), value));
    }

    fn hide_secret(&mut self, object: Value<'_>) {
        // Every one of them, also where the key stands twice.
        let is_data = |key: Value<'_>| {
            let name = key.text();
            ["data", "stringData"].iter().any(|field| name.eq_ignore_ascii_case(field))
        };
        for (_, data) in object.entries().filter(|(key, _)| is_data(*key)) {
            if data.is_mapping() {
                data.entries().for_each(|(_, value)| self.hide(value));
            } else if !data.is_null() {
                self.hide(data);
            }
        }
        if let Some(applied) = object.at(&["metadata", "annotations", LAST_APPLIED]) {
            self.hide(applied);
        }
    }

    fn hide_named(&mut self, name: &str, value: Value<'_>) {
        if value.is_scalar() && detector::is_sensitive_name(name) && detector::judge(name, &value.text()).is_some() {
            self.hide(value);
        }
    }

    /// What is not written as it is read (escapes, folded and repeated texts), and files within the field.
    fn hide_in_scalar(&mut self, value: Value<'_>) {
        let text = value.text();
        let hits = detector::find(&text).map(|hit| hit.start..hit.end);
        let named = assignments::sensitive(&text, Comments::Read).map(|(assignment, _)| assignment.value);
        let credentials = kubeconfig::credentials(&text).into_iter().map(|credential| credential.value);
        let locator = Locator::new(value, &text);
        self.spans.extend(hits.chain(named).chain(credentials).map(|range| locator.locate(range)));
    }

    fn hide(&mut self, value: Value<'_>) {
        self.spans.push(value.span());
    }
}

/// The text of a value that is base64 of text.
pub(super) fn decoded(value: Value<'_>) -> Option<String> {
    detector::encoding::base64(&value.text()).and_then(|bytes| String::from_utf8(bytes).ok())
}

fn holds_secret(text: &str) -> bool {
    detector::find(text).next().is_some()
        || assignments::sensitive(text, Comments::Read).next().is_some()
        || !kubeconfig::credentials(text).is_empty()
}

fn merge(mut spans: Vec<Span>) -> Vec<Span> {
    spans.retain(|span| span.end > span.start);
    spans.sort_unstable();
    let mut merged: Vec<Span> = Vec::with_capacity(spans.len());
    for span in spans {
        match merged.last_mut() {
            Some(last) if span.start <= last.end => last.end = last.end.max(span.end),
            _ => merged.push(span),
        }
    }
    merged
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The document with every secret byte shown as `█`, lines kept.
    fn masked(yaml: &str) -> String {
        let document = yaml::parse_document(yaml).unwrap();
        let mut shown: Vec<char> = Vec::new();
        let spans = secret_spans(&document);
        for (at, c) in yaml.char_indices() {
            let hidden = spans.iter().any(|span| (span.start as usize..span.end as usize).contains(&at));
            shown.push(if hidden && c != '\n' { '█' } else { c });
        }
        shown.into_iter().collect()
    }

    /// Every `hunter…` is hidden; everything that says `shown` is not.
    fn check(yaml: &str) {
        let masked = masked(yaml);
        assert!(yaml.contains("hunter"), "nothing to hide in {yaml}");
        assert!(!masked.contains("hunter"), "{masked}");
        assert_eq!(yaml.matches("shown").count(), masked.matches("shown").count(), "{masked}");
    }

    #[test]
    fn hides_the_data_of_secrets_however_they_are_written() {
        check(
            "kind: Secret\nmetadata:\n  name: shown\ndata:\n  shown: hunter2\n  b: |\n    hunter3\n    hunter4\n  c: [hunter5]\n",
        );
        check("kind: Secret\nstringData:\n  shown: 'hunter2'\n  b: >-\n    hunter3\n    hunter4\n");
        check("{\"kind\": \"Secret\", \"shown\": 1, \"data\": {\"a\": \"hunter2\"}}");
        check("kind: Secret\ndata: hunter2\n");
        check(
            "kind: List\nitems:\n- kind: Secret\n  data:\n    a: hunter2\n- kind: ConfigMap\n  data:\n    a: shown\n",
        );
        check("kind: Secret\ndata:\n  a: hunter2\ndata:\n  b: hunter3\n");
    }

    #[test]
    fn hides_what_kubectl_kept_of_a_secret() {
        check(
            "kind: Secret\nmetadata:\n  annotations:\n    shown: shown\n    kubectl.kubernetes.io/last-applied-configuration: |\n      {\"data\":{\"a\":\"hunter2\"}}\n",
        );
    }

    #[test]
    fn hides_what_the_controls_point_at() {
        check(
            "env:\n- name: DB_PASSWORD\n  value: hunter2\n- name: NAME\n  value: shown\n- name: TOKEN_URL\n  value: https://shown\n",
        );
        check("args: [--user=shown, --password=hunter2, --token, hunter3, shown]\n");
        check("command:\n- sh\n- -c\n- |\n  mysql -ushown \\\n    -phunter2\n  shown --token 'hunter3'\n");
        check("data:\n  url: postgres://shown:hunter2@shown/shown\n");
        check(
            "data:\n  a.properties: |\n    db.user=shown\n    db.password=hunter2\n  b.json: \"{\\\"user\\\": \\\"shown\\\",\\n\\\"password\\\": \\\"hunter3\\\"}\"\n",
        );
        check("data:\n  password: hunter2\n  token_endpoint: shown\n");
        check("metadata:\n  annotations:\n    a: \"first\\tshown https://a:hunter2@shown\"\n");
        check(
            "data:\n  config: |\n    kind: Config\n    users:\n    - user:\n        client-key-data: hunter2hunter2\n        shown: a\n",
        );
    }

    #[test]
    fn hides_in_comments_custom_resources_and_repeated_values() {
        check(
            "# password: hunter2\nkind: Anything # https://a:hunter3@shown\nspec:\n  adminPassword: hunter4\n  shown: shown\n",
        );
        check("a: &anchor\n  password: hunter2\nb: *anchor\nc: shown\n");
        check("literals:\n- password=hunter2\n- user=shown\n");
    }

    #[test]
    fn hides_all_lines_of_a_key_and_decoded_values() {
        let line = "hunter".repeat(11);
        let key = |indentation: &str| {
            format!(
                "-----BEGIN PRIVATE KEY-----\n{indentation}{line}\n{indentation}{line}\n{indentation}-----END PRIVATE KEY-----"
            )
        };
        check(&format!("data:\n  a: |\n    shown\n    {}\n    shown\n  b: shown\n", key("    ")));
        check(&format!("data:\n  a: \"{}\"\n  b: shown\n", key("").replace('\n', "\\n")));
        check(&format!("data:\r\n  a: |\r\n    {}\r\n  b: shown\r\n", key("    ").replace('\n', "\r\n")));
        // Base64 of `postgres://app:hunter2@db`: the text is not in the document, so the whole value is hidden.
        assert!(
            masked("binaryData:\n  a: cG9zdGdyZXM6Ly9hcHA6aHVudGVyMkBkYg==\n")
                .ends_with("  a: ████████████████████████████████████\n")
        );
    }

    #[test]
    fn leaves_a_document_without_secrets_alone() {
        let yaml =
            "kind: Deployment\nspec:\n  password: changeme\n  secretName: app\n  image: a@sha256:0123456789abcdef\n";
        assert_eq!(masked(yaml), yaml);
        assert_eq!(masked(""), "");
    }
}
