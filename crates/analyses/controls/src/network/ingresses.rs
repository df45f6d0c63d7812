//! What controls of Ingresses share.

use model::object::Object;

/// The annotation that named the class before there was a field; it wins over the field.
pub(crate) const CLASS: &str = "kubernetes.io/ingress.class";

/// Whether the object is an Ingress, of whatever age.
pub(crate) fn is_ingress(object: &Object<'_>) -> bool {
    object.is("networking.k8s.io", "Ingress") || object.is("extensions", "Ingress")
}
