//! Recognises a kubeconfig and finds the credentials in it.

use std::ops::Range;

use memchr::memmem;

use super::assignments::{self, Comments, Wanted};
use super::detector;

/// A credential of a user of a kubeconfig.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Credential {
    /// The field it is in.
    pub(super) field: &'static str,
    /// Where its value is.
    pub(super) value: Range<usize>,
}

/// The credentials in a kubeconfig; nothing for any other text.
pub(super) fn credentials(text: &str) -> Vec<Credential> {
    let has = |word: &str| memmem::find(text.as_bytes(), word.as_bytes()).is_some();
    if !(has("users") && has("Config") && has("kind")) {
        return Vec::new();
    }
    let (mut is_config, mut has_users, mut in_environment) = (false, false, false);
    let mut found = Vec::new();
    for assignment in assignments::read(text, Comments::Skip, WANTED) {
        let value = &text[assignment.value.clone()];
        let field = match assignment.name {
            "kind" => {
                is_config |= value == "Config";
                continue;
            }
            "users" => {
                has_users = true;
                continue;
            }
            "exec" => {
                in_environment = false;
                continue;
            }
            "env" => {
                in_environment = true;
                continue;
            }
            "token" => "token",
            "client-key-data" => "client-key-data",
            "password" => "password",
            "value" if in_environment => "exec.env",
            _ => continue,
        };
        if !matches!(value, "null" | "~") && !detector::is_placeholder(value) {
            found.push(Credential { field, value: assignment.value });
        }
    }
    if !(is_config && has_users) {
        found.clear();
    }
    found
}

const WANTED: Wanted = Wanted { may_end: |_| true, is: is_relevant };

fn is_relevant(name: &str) -> bool {
    matches!(name, "kind" | "users" | "exec" | "env" | "value" | "token" | "client-key-data" | "password")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(text: &str) -> Vec<&'static str> {
        credentials(text).into_iter().map(|credential| credential.field).collect()
    }

    #[test]
    fn finds_every_kind_of_credential() {
        for (user, field) in [
            ("token: hunter2", "token"),
            ("client-key-data: aHVudGVyMg==", "client-key-data"),
            ("password: hunter2", "password"),
            ("exec:\n      env:\n      - name: A\n        value: hunter2", "exec.env"),
        ] {
            let text = format!("apiVersion: v1\nkind: Config\nusers:\n- name: a\n  user:\n    {user}\n");
            assert_eq!(fields(&text), [field], "{text}");
        }
        let json = "{\"kind\":\"Config\",\"users\":[{\"name\":\"a\",\"user\":{\"token\":\"hunter2\"}}]}";
        assert_eq!(fields(json), ["token"]);
    }

    #[test]
    fn other_texts_and_empty_users_have_none() {
        for text in [
            "kind: Config\nusers:\n- name: a\n  user:\n    tokenFile: /var/run/token\n",
            "kind: Config\nusers: []\n",
            "kind: Config\nusers:\n- user:\n    token: \"\"\n",
            "kind: Config\nusers:\n- user:\n    token: null\n    password: <password>\n",
            "kind: Other\nusers:\n- user:\n    token: hunter2\n# Config\n",
            "kind: Config\nusers:\n- user:\n    exec:\n      command: aws\n      env: null\n",
            "",
        ] {
            assert_eq!(fields(text), [""; 0], "{text}");
        }
    }
}
