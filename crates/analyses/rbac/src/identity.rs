//! Who asks: a user name, and the groups that the server adds to it.

/// The prefix of the user names of ServiceAccounts.
pub(crate) const SERVICE_ACCOUNT: &str = "system:serviceaccount:";

/// The group that is allowed everything before RBAC is asked.
pub(crate) const MASTERS: &str = "system:masters";

/// Somebody who asks.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Identity {
    /// The user name; empty if only a group is known.
    pub user: String,
    /// The groups, all of them.
    pub groups: Vec<String>,
}

impl Identity {
    /// A user with the groups that the server gives to that name, and these.
    pub fn user(name: &str, groups: &[String]) -> Self {
        let mut all: Vec<String> = groups.to_vec();
        let mut add = |group: String| {
            if !all.contains(&group) {
                all.push(group);
            }
        };
        if name == "system:anonymous" {
            add("system:unauthenticated".to_owned());
        } else {
            if let Some((namespace, _)) = split_service_account(name) {
                add("system:serviceaccounts".to_owned());
                add(format!("system:serviceaccounts:{namespace}"));
            }
            if name.starts_with("system:node:") {
                add("system:nodes".to_owned());
            }
            add("system:authenticated".to_owned());
        }
        Self { user: name.to_owned(), groups: all }
    }

    /// A ServiceAccount, with the three groups of its token.
    pub fn service_account(namespace: &str, name: &str) -> Self {
        Self::user(&format!("{SERVICE_ACCOUNT}{namespace}:{name}"), &[])
    }

    /// Any member of a group, of whom nothing else is known.
    pub fn group(name: &str) -> Self {
        let mut groups = vec![name.to_owned()];
        let service_accounts = "system:serviceaccounts";
        if name.starts_with("system:serviceaccounts:") {
            groups.push(service_accounts.to_owned());
        }
        if name != "system:unauthenticated" && name != "system:authenticated" {
            groups.push("system:authenticated".to_owned());
        }
        Self { user: String::new(), groups }
    }

    /// The identity that `text` names: `system:serviceaccount:NAMESPACE:NAME`, `serviceaccount:NAMESPACE/NAME`,
    /// `NAMESPACE/NAME` after `sa:`, `group:NAME`, `user:NAME`, or the name of a user. The groups that every cluster has
    /// are taken as groups.
    pub fn parse(text: &str) -> Self {
        let account = ["serviceaccount:", "sa:", "ServiceAccount:", "serviceaccount/", "sa/"];
        if let Some((namespace, name)) =
            account.iter().find_map(|prefix| text.strip_prefix(prefix)).and_then(|rest| rest.split_once(['/', ':']))
        {
            return Self::service_account(namespace, name);
        }
        if let Some(name) = ["group:", "Group:", "group/"].iter().find_map(|prefix| text.strip_prefix(prefix)) {
            return Self::group(name);
        }
        if let Some(name) = ["user:", "User:", "user/"].iter().find_map(|prefix| text.strip_prefix(prefix)) {
            return Self::user(name, &[]);
        }
        if is_well_known_group(text) { Self::group(text) } else { Self::user(text, &[]) }
    }

    /// Whether the authorizer that comes before RBAC allows everything.
    pub fn is_master(&self) -> bool {
        self.groups.iter().any(|group| group == MASTERS)
    }

    /// The name of the node whose kubelet this is.
    pub fn node(&self) -> Option<&str> {
        let name = self.user.strip_prefix("system:node:")?;
        self.groups.iter().any(|group| group == "system:nodes").then_some(name)
    }
}

/// Namespace and name of the ServiceAccount that a user name is.
pub fn split_service_account(user: &str) -> Option<(&str, &str)> {
    let (namespace, name) = user.strip_prefix(SERVICE_ACCOUNT)?.split_once(':')?;
    (!namespace.is_empty() && !name.is_empty()).then_some((namespace, name))
}

fn is_well_known_group(name: &str) -> bool {
    ["system:masters", "system:authenticated", "system:unauthenticated", "system:nodes", "system:serviceaccounts"]
        .contains(&name)
        || name.starts_with("system:serviceaccounts:")
        || name.starts_with("system:bootstrappers")
}
