//! Who puts an object into a cluster, as its labels and annotations say.

use super::Observer;
use crate::document::Value;
use crate::inventory::CustodyFact;
use crate::object::Object;

impl Observer<'_> {
    /// The tool that an object has to be changed through, if one has left its mark.
    pub(super) fn custody(&self, object: &Object<'_>) -> Option<CustodyFact> {
        let metadata = object.metadata?;
        let (labels, annotations) = (metadata.get("labels"), metadata.get("annotations"));
        let text = |of: Option<Value<'_>>, key: &str| {
            of.and_then(|of| of.get(key)).map(|value| value.text().into_owned()).filter(|text| !text.is_empty())
        };
        let with_namespace = |namespace: Option<String>, name: String| {
            namespace.map_or_else(|| name.clone(), |namespace| format!("{namespace}/{name}"))
        };
        // What a controller of GitOps installs through Helm is to be changed in its repository.
        let (tool, name) = if let Some(id) = text(annotations, "argocd.argoproj.io/tracking-id") {
            ("Argo CD", id.split(':').next().unwrap_or(&id).to_owned())
        } else if let Some(name) = text(labels, "argocd.argoproj.io/instance") {
            ("Argo CD", name)
        } else if let Some(name) = text(labels, "helm.toolkit.fluxcd.io/name") {
            ("Flux HelmRelease", with_namespace(text(labels, "helm.toolkit.fluxcd.io/namespace"), name))
        } else if let Some(name) = text(labels, "kustomize.toolkit.fluxcd.io/name") {
            ("Flux Kustomization", with_namespace(text(labels, "kustomize.toolkit.fluxcd.io/namespace"), name))
        } else {
            let name = text(annotations, "meta.helm.sh/release-name")?;
            ("Helm", with_namespace(text(annotations, "meta.helm.sh/release-namespace"), name))
        };
        let (tool, name) = (self.symbols.intern(tool), self.symbols.intern(&name));
        Some(CustodyFact { resource: self.resource, tool, name })
    }
}
