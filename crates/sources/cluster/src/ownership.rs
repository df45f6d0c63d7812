//! Who is judged, in a cluster that is followed: what `owners` decides of a cluster that is read once, decided again
//! where something has changed.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use model::document::Value;
use model::made::{controller, is_over, shape, whole};
use model::object::Object;
use model::workload::Workload;

use crate::lists::Phase;

/// An object: when its list is read, the number of the list, and its name there.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Key {
    pub(crate) phase: Phase,
    pub(crate) list: u32,
    pub(crate) name: Arc<str>,
}

/// What is known of an object that has one pod, or a template of one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Member {
    /// What it is to those that it makes; none if it makes none.
    uid: Option<Arc<str>>,
    /// Who made it, and whether that is a node.
    owner: Option<(Arc<str>, bool)>,
    /// What matters of the pod.
    whole: u64,
    /// Whether it makes no pods any more, or ran to its end.
    over: bool,
}

/// What is done with an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Standing<'k> {
    /// It is judged by itself.
    Judged,
    /// Its owner is judged, or another like it is: it counts there.
    Evidence,
    /// It is not what this owner says, and is judged by itself.
    Drifted(&'k Key),
}

/// Everything that has one pod or template.
#[derive(Default)]
pub(crate) struct Ownership {
    members: HashMap<Key, Member>,
    templates: HashMap<Arc<str>, Key>,
    /// What an owner has made: each with what matters of it.
    made: HashMap<Arc<str>, BTreeMap<Key, u64>>,
}

impl Member {
    /// What is known of an object; nothing if it does not have one pod.
    pub(crate) fn of(object: &Object<'_>, workloads: &[Workload<'_>]) -> Option<Self> {
        let [workload] = workloads else { return None };
        let text = |value: Value<'_>| Arc::<str>::from(&*value.text());
        let uid = object.metadata.and_then(|metadata| metadata.get("uid")).map(text);
        let owner = controller(object).map(|owner| {
            let uid = owner.get("uid").map_or_else(|| Arc::from(""), text);
            (uid, owner.get("kind").is_some_and(|kind| kind.text() == "Node"))
        });
        Some(Self {
            uid: uid.filter(|uid| !uid.is_empty() && object.kind != "Pod"),
            owner,
            whole: whole(&shape(workload.pod.spec)),
            over: is_over(object),
        })
    }
}

impl Ownership {
    /// Says what is known of an object now, and adds those of which something else may be decided to `touched`.
    pub(crate) fn set(&mut self, key: &Key, member: Option<Member>, touched: &mut BTreeSet<Key>) {
        let before = self.members.get(key).cloned();
        if before == member {
            return;
        }
        for member in before.iter().chain(&member) {
            self.touch(member, touched);
        }
        if let Some(Member { uid, owner, .. }) = before {
            self.members.remove(key);
            if let Some(uid) = uid.filter(|uid| self.templates.get(uid) == Some(key)) {
                self.templates.remove(&uid);
            }
            if let Some((owner, _)) = owner
                && let Some(made) = self.made.get_mut(&owner)
            {
                made.remove(key);
                if made.is_empty() {
                    self.made.remove(&owner);
                }
            }
        }
        if let Some(member) = member {
            if let Some(uid) = &member.uid {
                self.templates.insert(Arc::clone(uid), key.clone());
            }
            if let Some((owner, _)) = &member.owner {
                self.made.entry(Arc::clone(owner)).or_default().insert(key.clone(), member.whole);
            }
            self.members.insert(key.clone(), member);
        }
        touched.insert(key.clone());
    }

    /// What it has made, and what was made as it was.
    fn touch(&self, member: &Member, touched: &mut BTreeSet<Key>) {
        let of = |uid: &Arc<str>| self.made.get(uid).into_iter().flatten();
        touched.extend(member.uid.iter().flat_map(of).map(|(key, _)| key.clone()));
        let alike = member.owner.iter().flat_map(|(owner, _)| of(owner)).filter(|(_, whole)| **whole == member.whole);
        touched.extend(alike.map(|(key, _)| key.clone()));
    }

    /// What is done with an object.
    pub(crate) fn standing(&self, key: &Key) -> Standing<'_> {
        let Some(member) = self.members.get(key) else { return Standing::Judged };
        let Some((owner, is_node)) = &member.owner else { return Standing::Judged };
        let template = self.templates.get(owner);
        if template.is_some_and(|template| {
            member.over || self.members.get(template).is_some_and(|owner| owner.whole == member.whole)
        }) {
            return Standing::Evidence;
        }
        let counts = |key: &Key| template.is_none() || self.members.get(key).is_some_and(|member| !member.over);
        let mut made = self.made.get(owner).into_iter().flatten();
        let first = made.find(|(key, whole)| **whole == member.whole && counts(key));
        if !is_node && first.is_some_and(|(first, _)| first != key) {
            return Standing::Evidence;
        }
        template.map_or(Standing::Judged, Standing::Drifted)
    }
}
