//! Whether a type may stand where another is asked for, and what parameters of types are then: as cel-go's checker
//! decides.

use std::sync::Arc;

use super::Type;

/// Steps after which a check is given up: types that name one another may be of any size.
const MAX_WORK: usize = 2_000_000;

/// What is known of parameters of types.
#[derive(Debug, Default)]
pub(super) struct Unifier {
    bound: Vec<Option<Type>>,
    /// What to take back when an attempt fails.
    trail: Vec<(u32, Option<Type>)>,
    work: usize,
}

impl Unifier {
    pub(super) fn fresh(&mut self) -> Type {
        self.bound.push(None);
        Type::Parameter(u32::try_from(self.bound.len() - 1).unwrap_or(u32::MAX))
    }

    /// Whether it was too much work.
    pub(super) fn is_exhausted(&self) -> bool {
        self.work > MAX_WORK
    }

    fn find(&self, number: u32) -> Option<Type> {
        self.bound.get(number as usize).cloned().flatten()
    }

    fn bind(&mut self, number: u32, to: Type) {
        if let Some(slot) = self.bound.get_mut(number as usize) {
            let old = slot.replace(to);
            self.trail.push((number, old));
        }
    }

    /// Whether all may stand where the others are asked for. If not, nothing is bound.
    pub(super) fn assign(&mut self, from: &[Type], to: &[Type]) -> bool {
        self.trail.clear();
        let is_assignable =
            from.len() == to.len() && from.iter().zip(to).all(|(from, to)| self.is_assignable(from, to));
        if !is_assignable {
            while let Some((number, old)) = self.trail.pop() {
                self.bound[number as usize] = old;
            }
        }
        is_assignable
    }

    fn is_assignable(&mut self, left: &Type, right: &Type) -> bool {
        self.work += 1;
        if self.is_exhausted() {
            return false;
        }
        if let Type::Parameter(number) = right {
            let (is_valid, is_bound) = self.substitutes(left, *number);
            if is_valid || is_bound {
                return is_valid;
            }
        }
        if let Type::Parameter(number) = left {
            return self.substitutes(right, *number).0;
        }
        match (left, right) {
            (Type::Dyn | Type::Error, _) | (_, Type::Dyn | Type::Error) => true,
            (Type::Null, other) | (other, Type::Null) => is_nullable(other),
            (Type::Type(_), Type::Type(_)) => true,
            (Type::Optional(left), Type::Optional(right)) | (Type::List(left), Type::List(right)) => {
                self.is_assignable(left, right)
            }
            (Type::Map(left_key, left_value), Type::Map(right_key, right_value)) => {
                self.is_assignable(left_key, right_key) && self.is_assignable(left_value, right_value)
            }
            _ => left == right,
        }
    }

    /// Whether a type may be what a parameter is, and whether the parameter was known already.
    fn substitutes(&mut self, kind: &Type, number: u32) -> (bool, bool) {
        if *kind == Type::Parameter(number) {
            return (true, true);
        }
        if let Some(own) = self.find(number) {
            if *kind == own {
                return (true, true);
            }
            if !self.is_assignable(kind, &own) {
                return (false, true);
            }
            let general = most_general(kind, &own);
            if !self.occurs(number, &general) {
                self.bind(number, general);
            }
            return (true, true);
        }
        if self.occurs(number, kind) {
            return (false, false);
        }
        self.bind(number, kind.clone());
        (true, false)
    }

    fn occurs(&mut self, number: u32, within: &Type) -> bool {
        self.work += 1;
        if self.is_exhausted() {
            return true;
        }
        match within {
            Type::Parameter(other) if *other == number => true,
            Type::Parameter(other) => self.find(*other).is_some_and(|bound| self.occurs(number, &bound)),
            Type::List(of) | Type::Optional(of) | Type::Type(of) => self.occurs(number, of),
            Type::Map(key, value) => self.occurs(number, key) || self.occurs(number, value),
            _ => false,
        }
    }

    /// The type with what is known of its parameters; with `dyn` for what is not, at the end.
    pub(super) fn substitute(&mut self, kind: &Type, unbound: Unbound) -> Type {
        self.work += 1;
        if self.is_exhausted() {
            return Type::Error;
        }
        let mut inner = |of: &Arc<Type>| Arc::new(self.substitute(of, unbound));
        match kind {
            Type::Parameter(number) => match (self.find(*number), unbound) {
                (Some(bound), _) => self.substitute(&bound, unbound),
                (None, Unbound::Dyn) => Type::Dyn,
                (None, Unbound::Stays) => kind.clone(),
            },
            Type::List(of) => Type::List(inner(of)),
            Type::Optional(of) => Type::Optional(inner(of)),
            Type::Type(of) => Type::Type(inner(of)),
            Type::Map(key, value) => Type::Map(inner(key), inner(value)),
            _ => kind.clone(),
        }
    }
}

/// What becomes of parameters of which nothing is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unbound {
    Stays,
    Dyn,
}

fn is_nullable(kind: &Type) -> bool {
    matches!(
        kind,
        Type::Null | Type::Opaque(_) | Type::Optional(_) | Type::Object(_) | Type::Duration | Type::Timestamp
    )
}

/// The more general of two types that agree.
pub(super) fn most_general(first: &Type, second: &Type) -> Type {
    if is_equal_or_less_specific(first, second) { first.clone() } else { second.clone() }
}

fn is_equal_or_less_specific(first: &Type, second: &Type) -> bool {
    match (first, second) {
        (Type::Dyn | Type::Parameter(_), _) => true,
        (_, Type::Dyn | Type::Parameter(_)) => false,
        (Type::List(first), Type::List(second)) | (Type::Optional(first), Type::Optional(second)) => {
            is_equal_or_less_specific(first, second)
        }
        (Type::Map(key, value), Type::Map(other_key, other_value)) => {
            is_equal_or_less_specific(key, other_key) && is_equal_or_less_specific(value, other_value)
        }
        (Type::Type(_), Type::Type(_)) => true,
        _ => first == second,
    }
}

/// Replaces the parameters that a function is declared with by fresh ones.
pub(super) fn instantiate(kind: &Type, fresh: &mut dyn FnMut(u32) -> Type) -> Type {
    let mut inner = |of: &Arc<Type>| Arc::new(instantiate(of, fresh));
    match kind {
        Type::Parameter(letter) => fresh(*letter),
        Type::List(of) => Type::List(inner(of)),
        Type::Optional(of) => Type::Optional(inner(of)),
        Type::Type(of) => Type::Type(inner(of)),
        Type::Map(key, value) => Type::Map(inner(key), inner(value)),
        _ => kind.clone(),
    }
}
