//! What a Service of type `LoadBalancer` asks of its provider in annotations.
//!
//! Sources: the documentation of each provider's controller. An annotation that is not known here makes the load
//! balancer a public one: that is what providers do by default.

use std::borrow::Cow;

use crate::document::Value;
use crate::object::Object;

/// Annotations that make a load balancer internal, and the value that does; empty: any but `false`.
const INTERNAL: &[(&str, &str)] = &[
    ("service.beta.kubernetes.io/aws-load-balancer-internal", ""),
    ("service.beta.kubernetes.io/aws-load-balancer-scheme", "internal"),
    ("service.beta.kubernetes.io/azure-load-balancer-internal", "true"),
    ("networking.gke.io/load-balancer-type", "internal"),
    ("cloud.google.com/load-balancer-type", "internal"),
    ("service.kubernetes.io/ibm-load-balancer-cloud-provider-ip-type", "private"),
    ("service.beta.kubernetes.io/openstack-internal-load-balancer", "true"),
    ("service.beta.kubernetes.io/oci-load-balancer-internal", "true"),
    ("oci-network-load-balancer.oraclecloud.com/internal", "true"),
    ("service.beta.kubernetes.io/alibaba-cloud-loadbalancer-address-type", "intranet"),
    ("service.kubernetes.io/qcloud-loadbalancer-internal-subnetid", ""),
    ("service.beta.kubernetes.io/cce-load-balancer-internal-vpc", "true"),
    ("load-balancer.hetzner.cloud/disable-public-network", "true"),
    ("service.beta.kubernetes.io/scw-loadbalancer-private", "true"),
];

/// Annotations that list the addresses that may connect.
const RANGES: &[&str] = &[
    "service.beta.kubernetes.io/load-balancer-source-ranges",
    "service.beta.kubernetes.io/azure-allowed-ip-ranges",
    "service.beta.kubernetes.io/aws-load-balancer-inbound-cidrs",
];

/// Annotations that name the certificate with which the load balancer itself speaks TLS.
const CERTIFICATES: &[&str] = &[
    "service.beta.kubernetes.io/aws-load-balancer-ssl-cert",
    "service.beta.kubernetes.io/oci-load-balancer-tls-secret",
    "service.beta.kubernetes.io/alibaba-cloud-loadbalancer-cert-id",
    "service.beta.kubernetes.io/do-loadbalancer-certificate-id",
    "load-balancer.hetzner.cloud/http-certificates",
    "load-balancer.hetzner.cloud/http-managed-certificate-name",
    "service.beta.kubernetes.io/scw-loadbalancer-certificate-ids",
];

/// Whether the load balancer of this Service is reached from inside its provider's network only.
pub fn is_internal(object: &Object<'_>) -> bool {
    let mut schemed = false;
    for (key, value) in object.annotations() {
        let (key, value) = (key.text(), value.text());
        schemed |= key == "service.beta.kubernetes.io/aws-load-balancer-scheme";
        let internal = INTERNAL.iter().find(|(name, _)| *name == key);
        if internal.is_some_and(|(_, wanted)| match *wanted {
            "" => !value.is_empty() && !value.eq_ignore_ascii_case("false"),
            wanted => value.eq_ignore_ascii_case(wanted),
        }) {
            return true;
        }
    }
    // The AWS Load Balancer Controller makes internal ones unless told otherwise.
    let class = object.value.at(&["spec", "loadBalancerClass"]).map(Value::text);
    !schemed && class.as_deref() == Some("service.k8s.aws/nlb")
}

/// The blocks of addresses that may connect, each with where it is written. A list in an annotation is one value.
pub fn source_ranges<'d>(object: &Object<'d>) -> Vec<(Cow<'d, str>, Value<'d>)> {
    let listed = object.value.at(&["spec", "loadBalancerSourceRanges"]).into_iter().flat_map(Value::items);
    let mut ranges: Vec<(Cow<'d, str>, Value<'d>)> = listed.map(|range| (range.text(), range)).collect();
    if !ranges.is_empty() {
        // The field wins over annotations.
        return ranges;
    }
    for (_, list) in object.annotations().filter(|(key, _)| RANGES.contains(&&*key.text())) {
        let text = list.text();
        let words = text.split(',').map(str::trim).filter(|word| !word.is_empty());
        ranges.extend(words.map(|word| (Cow::Owned(word.to_owned()), list)));
    }
    ranges
}

/// Whether the load balancer has a certificate.
pub fn has_certificate(object: &Object<'_>) -> bool {
    object.annotations().any(|(key, value)| CERTIFICATES.contains(&&*key.text()) && !value.text().is_empty())
}
