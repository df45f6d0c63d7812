//! Lists of facts that know who looks at them: an analysis that has not looked at a list is not changed by it.

use std::cell::Cell;
use std::ops::{BitOr, BitOrAssign, Deref, DerefMut};
use std::{slice, vec};

use super::*;

/// A set of lists.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Lists(u64);

impl Lists {
    /// Every list.
    pub const ALL: Self = Self(u64::MAX);

    /// Whether they have a list in common.
    pub fn meets(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    /// Whether there is none.
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }
}

impl BitOr for Lists {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

impl BitOrAssign for Lists {
    fn bitor_assign(&mut self, other: Self) {
        *self = *self | other;
    }
}

thread_local! {
    static READ: Cell<u64> = const { Cell::new(0) };
    /// Of those what was looked at to make what is kept beside the inventory.
    static KEPT: Cell<u64> = const { Cell::new(0) };
}

/// What `work` makes, and the lists that it looked at. Whoever is around it has looked at them as well.
pub fn reading<R>(work: impl FnOnce() -> R) -> (R, Lists) {
    let (around, kept) = (READ.replace(0), KEPT.replace(0));
    let made = work();
    let read = READ.get();
    READ.set(around | read);
    KEPT.set(kept | KEPT.get());
    (made, Lists(read))
}

/// What `make` makes, to be kept, and the lists that it was made of. It may be made of what was kept before, and of
/// nothing else that was made of lists.
pub(super) fn keeping<R>(make: impl FnOnce() -> R) -> (R, Lists) {
    let around = READ.replace(0);
    let made = make();
    let read = READ.get() | KEPT.get();
    READ.set(around | read);
    (made, Lists(read))
}

/// Says that something was asked for that is kept and was made of these lists.
pub(super) fn mark_kept(lists: Lists) {
    mark(lists);
    KEPT.set(KEPT.get() | lists.0);
}

/// Says that these lists were looked at.
pub(super) fn mark(lists: Lists) {
    READ.set(READ.get() | lists.0);
}

/// A fact about an object: an element of the list of its type.
pub trait Fact: PartialEq {
    /// The list.
    const LIST: Lists;

    /// The object.
    fn resource(&self) -> ResourceId;

    /// Says which object it is.
    fn set_resource(&mut self, resource: ResourceId);
}

/// Facts of one type, ordered by the object.
///
/// **Invariant:** there is no way to its elements that does not say that it was looked at, but for what changes it.
#[derive(Debug)]
pub struct List<T>(Vec<T>);

impl<T> Default for List<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T: Fact> Deref for List<T> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        mark(T::LIST);
        &self.0
    }
}

impl<'a, T: Fact> IntoIterator for &'a List<T> {
    type Item = &'a T;
    type IntoIter = slice::Iter<'a, T>;

    fn into_iter(self) -> slice::Iter<'a, T> {
        self.iter()
    }
}

impl<T> IntoIterator for List<T> {
    type Item = T;
    type IntoIter = vec::IntoIter<T>;

    fn into_iter(self) -> vec::IntoIter<T> {
        self.0.into_iter()
    }
}

impl<T> Extend<T> for List<T> {
    fn extend<I: IntoIterator<Item = T>>(&mut self, more: I) {
        self.0.extend(more);
    }
}

impl<T> From<Vec<T>> for List<T> {
    fn from(facts: Vec<T>) -> Self {
        Self(facts)
    }
}

impl<T> List<T> {
    /// Adds a fact.
    pub fn push(&mut self, fact: T) {
        self.0.push(fact);
    }

    /// Keeps the first facts.
    pub fn truncate(&mut self, count: usize) {
        self.0.truncate(count);
    }

    /// The facts, to be changed.
    pub(super) fn facts(&mut self) -> &mut Vec<T> {
        &mut self.0
    }
}

/// Something that is done with every list of facts and the list of the same type elsewhere.
pub(super) trait Pairing {
    /// Does it with one.
    fn pair<T: Fact>(&mut self, list: &mut List<T>, other: &mut List<T>);
}

/// Walks the lists of a struct that has nothing but lists.
macro_rules! pairs {
    ($facts:ty: $($list:ident),+ $(,)?) => {
        impl $facts {
            /// Does it with every list.
            pub(in crate::inventory) fn pair(
                &mut self,
                other: &mut Self,
                pairing: &mut impl crate::inventory::list::Pairing,
            ) {
                let Self { $($list),+ } = self;
                $(pairing.pair($list, &mut other.$list);)+
            }
        }
    };
}
pub(super) use pairs;

/// Adds facts whose objects are numbered from here on.
pub(super) struct Append(pub(super) u32);

impl Pairing for Append {
    fn pair<T: Fact>(&mut self, list: &mut List<T>, other: &mut List<T>) {
        list.0.extend(other.0.drain(..).map(|mut fact| {
            fact.set_resource(ResourceId(fact.resource().0 + self.0));
            fact
        }));
    }
}

macro_rules! facts {
    ($($number:literal $fact:ident),+ $(,)?) => {
        $(impl Fact for $fact {
            const LIST: Lists = Lists(1 << $number);

            fn resource(&self) -> ResourceId {
                self.resource
            }

            fn set_resource(&mut self, resource: ResourceId) {
                self.resource = resource;
            }
        })+

        #[cfg(test)]
        const NUMBERS: &[u32] = &[$($number),+];
    };
}

facts! {
    1 WorkloadFact, 2 ConfinementFact, 3 ServiceAccountFact, 4 SecretFact, 5 SyncedSecretFact, 6 LimitRangeFact,
    7 QuotaFact, 8 NamespaceFact, 9 BudgetFact, 10 GoverningServiceFact, 11 MonitorFact, 12 AutoscalerFact,
    13 VolumeFact, 14 ClaimFact, 15 DefinitionFact, 16 RoleFact, 17 BindingFact,
    18 WebhookServiceFact, 19 PolicyScopeFact, 20 AdmissionPolicyFact, 21 PolicyBindingFact, 22 EnforcementFact,
    23 HostMention, 24 ScrapeFact,
    25 PeerAuthenticationFact, 26 AuthorizationPolicyFact, 27 ServerFact, 28 AuthorizationFact,
    29 ServiceFact, 30 EndpointsFact, 31 NodeFact, 32 IngressFact, 33 GatewayFact, 34 RouteFact, 35 GrantFact,
    36 OpenShiftRouteFact, 37 NetworkPolicyFact, 38 OtherPolicyFact, 39 SnippetSettingFact,
    40 TrafficPolicy, 41 RefusedPolicy, 42 UnmodelledPolicy, 43 IdleRules, 44 TierFact, 45 InstanceFact,
    46 ServiceReachFact, 47 DoorFact, 48 NodeLabelsFact,
    49 CustodyFact, 50 DriftFact, 51 MadeFact, 52 WideConstraintsFact,
}

/// The list of the objects themselves.
pub(super) const RESOURCES: Lists = Lists(1);

/// The objects. What one is called is asked by whoever has a fact of it; asking which there are is looking at the list.
#[derive(Debug, Default)]
pub struct Objects(Vec<Resource>);

impl Objects {
    /// Adds an object.
    pub fn push(&mut self, object: Resource) {
        self.0.push(object);
    }

    /// The objects alone.
    pub fn into_inner(self) -> Vec<Resource> {
        self.0
    }

    /// The object of that number.
    pub(super) fn called(&self, id: ResourceId) -> &Resource {
        &self.0[id.0 as usize]
    }
}

impl Deref for Objects {
    type Target = [Resource];

    fn deref(&self) -> &[Resource] {
        mark(RESOURCES);
        &self.0
    }
}

impl DerefMut for Objects {
    fn deref_mut(&mut self) -> &mut [Resource] {
        &mut self.0
    }
}

impl From<Vec<Resource>> for Objects {
    fn from(objects: Vec<Resource>) -> Self {
        Self(objects)
    }
}

impl Extend<Resource> for Objects {
    fn extend<I: IntoIterator<Item = Resource>>(&mut self, more: I) {
        self.0.extend(more);
    }
}

impl<'a> IntoIterator for &'a Objects {
    type Item = &'a Resource;
    type IntoIter = slice::Iter<'a, Resource>;

    fn into_iter(self) -> slice::Iter<'a, Resource> {
        self.iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_lists_have_one_number() {
        let mut numbers = NUMBERS.to_vec();
        numbers.sort_unstable();
        numbers.dedup();
        assert_eq!(numbers.len(), NUMBERS.len());
        assert!(numbers.first() > Some(&0) && numbers.last() < Some(&64));
    }

    #[test]
    fn who_looks_at_a_list_is_known_to_all_around() {
        let facts = Facts::default();
        let (inner, outer) = reading(|| {
            assert!(facts.roles.is_empty());
            reading(|| facts.bindings.len()).1
        });
        assert_eq!((inner, outer), (BindingFact::LIST, BindingFact::LIST | RoleFact::LIST));
        assert!(reading(|| ()).1.is_empty());
    }
}
