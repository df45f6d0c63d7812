//! Which Secrets a pod uses, and which images it runs.

use super::Observer;
use crate::document::Value;
use crate::inventory::{GivenSecret, ImageUse, Reference, SecretUse, SyncedSecretFact};
use crate::object::Object;
use crate::place::Place;
use crate::pod::Pod;
use crate::symbols::Symbol;

/// Names that kubeconfigs have in Secrets: those of kubectl, of kubeadm and of the Cluster API.
const KUBECONFIGS: &[&str] =
    &["admin.conf", "controller-manager.conf", "kube-config", "kubelet.conf", "scheduler.conf", "super-admin.conf"];

/// The value under a key that has the name of a kubeconfig. The value itself is not looked at.
pub(super) fn kubeconfig<'a>(object: &Object<'a>) -> Option<Value<'a>> {
    let maps = ["data", "stringData"].into_iter().filter_map(|map| object.value.get(map));
    let mut entries = maps.flat_map(Value::entries);
    let is_named = |key: &str| {
        let key = key.to_ascii_lowercase();
        KUBECONFIGS.contains(&&*key) || key.contains("kubeconfig")
    };
    entries.find(|(key, _)| is_named(&key.text())).map(|(_, value)| value)
}

/// The mode of files that nobody gives a mode.
const DEFAULT_MODE: i64 = 0o644;

impl Observer<'_> {
    pub(super) fn secret_uses(&self, pod: &Pod<'_>) -> Box<[(Symbol, SecretUse)]> {
        let mut uses = Vec::new();
        let mut add = |name: Option<Value<'_>>, how| {
            if let Some(name) = name {
                uses.push((self.symbols.intern(&name.text()), how));
            }
        };
        for volume in &pod.volumes {
            add(volume.source_of("secret").and_then(|secret| secret.get("secretName")), SecretUse::Volume);
            let projected = volume.source_of("projected").and_then(|projected| projected.get("sources"));
            for source in projected.into_iter().flat_map(Value::items) {
                add(source.at(&["secret", "name"]), SecretUse::Volume);
            }
        }
        for container in &pod.containers {
            for entry in container.env.into_iter().flat_map(Value::items) {
                add(entry.at(&["valueFrom", "secretKeyRef", "name"]), SecretUse::Environment);
            }
            for entry in container.env_from.into_iter().flat_map(Value::items) {
                add(entry.at(&["secretRef", "name"]), SecretUse::Environment);
            }
        }
        for secret in pod.image_pull_secrets.into_iter().flat_map(Value::items) {
            add(secret.get("name"), SecretUse::Pull);
        }
        uses.sort_unstable();
        uses.dedup();
        uses.into()
    }

    /// The Secrets that containers see, with the keys.
    pub(super) fn given_secrets(&self, pod: &Pod<'_>) -> Box<[GivenSecret]> {
        let mut given = Vec::new();
        let mut add = |source: Option<Value<'_>>, name: &str, keys: Option<Box<[Symbol]>>| {
            let Some(name) = source.and_then(|source| source.get(name)) else { return };
            let optional = source.and_then(|source| source.get("optional")).and_then(Value::as_bool) == Some(true);
            given.push(GivenSecret { name: self.symbols.intern(&name.text()), keys, optional });
        };
        let items = |source: Option<Value<'_>>| -> Option<Box<[Symbol]>> {
            let items = source?.get("items").filter(|items| items.items().next().is_some())?;
            let keys = items.items().filter_map(|item| item.get("key"));
            Some(keys.map(|key| self.symbols.intern(&key.text())).collect())
        };
        for volume in pod.volumes.iter().filter(|volume| pod.mounts_of(&volume.name).next().is_some()) {
            let secret = volume.source_of("secret");
            add(secret, "secretName", items(secret));
            let projected = volume.source_of("projected").and_then(|projected| projected.get("sources"));
            for source in projected.into_iter().flat_map(Value::items) {
                add(source.get("secret"), "name", items(source.get("secret")));
            }
        }
        for container in &pod.containers {
            for entry in container.env.into_iter().flat_map(Value::items) {
                let source = entry.at(&["valueFrom", "secretKeyRef"]);
                let key = source.and_then(|source| source.get("key")).map(|key| self.symbols.intern(&key.text()));
                add(source, "name", Some(key.into_iter().collect()));
            }
            for entry in container.env_from.into_iter().flat_map(Value::items) {
                add(entry.get("secretRef"), "name", None);
            }
        }
        given.sort_unstable();
        given.dedup();
        given.into()
    }

    /// What the pod names and does not call optional.
    pub(super) fn references(&self, pod: &Pod<'_>) -> Box<[Reference]> {
        let mut references = Vec::new();
        let mut add = |is_secret: bool, source: Option<Value<'_>>, key: &str| {
            let needed = |source: &Value<'_>| source.get("optional").and_then(Value::as_bool) != Some(true);
            if let Some(name) = source.filter(needed).and_then(|source| source.get(key)) {
                let place = self.place(name);
                references.push(Reference { is_secret, name: self.symbols.intern(&name.text()), place });
            }
        };
        for volume in &pod.volumes {
            add(true, volume.source_of("secret"), "secretName");
            add(false, volume.source_of("configMap"), "name");
            let projected = volume.source_of("projected").and_then(|projected| projected.get("sources"));
            for source in projected.into_iter().flat_map(Value::items) {
                add(true, source.get("secret"), "name");
                add(false, source.get("configMap"), "name");
            }
        }
        for container in &pod.containers {
            for entry in container.env.into_iter().flat_map(Value::items) {
                let Some(source) = entry.get("valueFrom") else { continue };
                add(true, source.get("secretKeyRef"), "name");
                add(false, source.get("configMapKeyRef"), "name");
            }
            for entry in container.env_from.into_iter().flat_map(Value::items) {
                add(true, entry.get("secretRef"), "name");
                add(false, entry.get("configMapRef"), "name");
            }
        }
        for secret in pod.image_pull_secrets.into_iter().flat_map(Value::items) {
            add(true, Some(secret), "name");
        }
        references.into()
    }

    pub(super) fn images(&self, pod: &Pod<'_>) -> Box<[ImageUse]> {
        let images = pod.containers.iter().filter_map(|container| Some((container, container.image?)));
        images
            .map(|(container, image)| ImageUse {
                image: self.symbols.intern(&image.text()),
                container: self.symbols.intern(&container.name()),
                place: self.place(image),
            })
            .collect()
    }

    /// The plain Secrets that a SecretProviderClass copies into, and that an ExternalSecret leaves behind.
    pub(super) fn synced_secrets(&self, object: &Object<'_>) -> Vec<SyncedSecretFact> {
        let fact = |name: &str, place: Value<'_>| SyncedSecretFact {
            resource: self.resource,
            name: self.symbols.intern(name),
            place: self.place(place),
        };
        let copies = object.value.at(&["spec", "secretObjects"]).into_iter().flat_map(Value::items);
        let copies = copies.filter_map(|copy| copy.get("secretName")).map(|name| fact(&name.text(), name));
        let orphan = object.value.at(&["spec", "target"]).and_then(|target| {
            let policy = target.get("creationPolicy").filter(|policy| policy.text() == "Orphan")?;
            // The copy has the name of the ExternalSecret unless it is given another.
            Some(fact(&target.get("name").map_or_else(|| object.name(), Value::text), policy))
        });
        copies.chain(orphan).collect()
    }

    /// Where a pod runs as an ordinary user and has a group for its volumes, files need not be readable by others.
    pub(super) fn readable_secrets(&self, pod: &Pod<'_>) -> Box<[(Symbol, Place)]> {
        let Some(context) = pod.security_context.as_ref().filter(|context| context.fs_group.is_some()) else {
            return Box::default();
        };
        let is_ordinary = context.run_as_non_root.and_then(Value::as_bool) == Some(true)
            || context.run_as_user.and_then(Value::as_int).is_some_and(|user| user > 0);
        if !is_ordinary {
            return Box::default();
        }
        let mut readable = Vec::new();
        for volume in &pod.volumes {
            if let Some(secret) = volume.source_of("secret") {
                let mode = secret.get("defaultMode");
                self.add_readable(secret, secret.get("secretName"), mode, "defaultMode", &mut readable);
            }
            let Some(projected) = volume.source_of("projected") else { continue };
            for source in projected.get("sources").into_iter().flat_map(Value::items) {
                if let Some(secret) = source.get("secret") {
                    let mode = projected.get("defaultMode");
                    self.add_readable(secret, secret.get("name"), mode, "items", &mut readable);
                }
            }
        }
        readable.into()
    }

    fn add_readable(
        &self,
        secret: Value<'_>,
        name: Option<Value<'_>>,
        default: Option<Value<'_>>,
        missing: &'static str,
        readable: &mut Vec<(Symbol, Place)>,
    ) {
        let Some(name) = name else { return };
        let mode_of = |mode: Option<Value<'_>>| mode.and_then(Value::as_int);
        let is_open = |mode: i64| mode & 0o004 != 0;
        let by_default = is_open(mode_of(default).unwrap_or(DEFAULT_MODE));
        let mut items = secret.get("items").into_iter().flat_map(Value::items).peekable();
        let place = if items.peek().is_none() {
            by_default.then(|| self.place_or_missing(default, secret, missing))
        } else {
            items.find_map(|item| match mode_of(item.get("mode")) {
                Some(mode) => is_open(mode).then(|| self.place(item.get("mode").unwrap_or(item))),
                None => by_default.then(|| self.place_or_missing(default, secret, missing)),
            })
        };
        if let Some(place) = place {
            readable.push((self.symbols.intern(&name.text()), place));
        }
    }
}
