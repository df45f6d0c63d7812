//! Names of Linux capabilities, and where `capabilities.drop` is missing from.

use std::borrow::Cow;

use model::pod::Container;

/// What a container may add at the baseline level: the default set of common runtimes without `NET_RAW`.
pub(crate) const DEFAULT: &[&str] = &[
    "AUDIT_WRITE",
    "CHOWN",
    "DAC_OVERRIDE",
    "FOWNER",
    "FSETID",
    "KILL",
    "MKNOD",
    "NET_BIND_SERVICE",
    "SETFCAP",
    "SETGID",
    "SETPCAP",
    "SETUID",
    "SYS_CHROOT",
];

/// The name as the kernel has it: upper case, without `CAP_`. Runtimes take both spellings.
pub(crate) fn normalize(name: &str) -> Cow<'_, str> {
    let prefix = name.get(..4).filter(|prefix| prefix.eq_ignore_ascii_case("CAP_"));
    let bare = prefix.map_or(name, |prefix| &name[prefix.len()..]);
    if bare.bytes().any(|byte| byte.is_ascii_lowercase()) {
        Cow::Owned(bare.to_ascii_uppercase())
    } else {
        Cow::Borrowed(bare)
    }
}

/// What is missing of `securityContext.capabilities.drop`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Gap {
    /// All of it.
    SecurityContext,
    /// `capabilities.drop`.
    Capabilities,
    /// `drop`.
    Drop,
    /// Nothing that could be written beside what stands there: a list to be completed, or a key whose value is null,
    /// which must not stand twice.
    Taken,
}

/// What a container lacks of `securityContext.capabilities.drop`.
pub(crate) fn gap(container: &Container<'_>) -> Gap {
    let mut parent = container.value;
    for (key, gap) in
        [("securityContext", Gap::SecurityContext), ("capabilities", Gap::Capabilities), ("drop", Gap::Drop)]
    {
        if !parent.is_mapping() {
            return Gap::Taken;
        }
        let Some((_, value)) = parent.entries().filter(|(name, _)| name.is_key(key)).last() else { return gap };
        parent = value;
    }
    Gap::Taken
}

#[cfg(test)]
mod tests {
    use model::pod::ContainerList;

    use super::*;

    #[test]
    fn names_are_compared_as_the_kernel_has_them() {
        let cases = [
            ("SYS_ADMIN", "SYS_ADMIN"),
            ("CAP_SYS_ADMIN", "SYS_ADMIN"),
            ("cap_sys_admin", "SYS_ADMIN"),
            ("Cap_Sys_Admin", "SYS_ADMIN"),
            ("all", "ALL"),
            ("CAP", "CAP"),
            ("CAP_", ""),
            ("", ""),
            ("äöü", "äöü"),
        ];
        for (name, expected) in cases {
            assert_eq!(normalize(name), expected, "{name}");
        }
    }

    #[test]
    fn a_key_that_is_null_is_not_written_again() {
        let cases = [
            ("name: a", Gap::SecurityContext),
            ("securityContext: {}", Gap::Capabilities),
            ("securityContext:\n  privileged: false", Gap::Capabilities),
            ("securityContext: {capabilities: {}}", Gap::Drop),
            ("securityContext:\n  capabilities:\n    add: [CHOWN]", Gap::Drop),
            ("securityContext: {capabilities: {drop: [CHOWN]}}", Gap::Taken),
            ("securityContext: {capabilities: {drop: null}}", Gap::Taken),
            ("securityContext: {capabilities: null}", Gap::Taken),
            ("securityContext:", Gap::Taken),
            ("securityContext: none", Gap::Taken),
        ];
        for (yaml, expected) in cases {
            let document = yaml::parse_document(yaml).unwrap();
            let container = Container::new(document.root(), ContainerList::Main, 0);
            assert_eq!(gap(&container), expected, "{yaml}");
        }
    }
}
