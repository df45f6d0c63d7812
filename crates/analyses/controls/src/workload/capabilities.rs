//! Names of Linux capabilities.

use std::borrow::Cow;

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
    let upper = if name.bytes().any(|byte| byte.is_ascii_lowercase()) {
        Cow::Owned(name.to_ascii_uppercase())
    } else {
        Cow::Borrowed(name)
    };
    match upper {
        Cow::Borrowed(name) => Cow::Borrowed(name.strip_prefix("CAP_").unwrap_or(name)),
        Cow::Owned(name) => Cow::Owned(name.strip_prefix("CAP_").map_or(name.clone(), str::to_owned)),
    }
}
