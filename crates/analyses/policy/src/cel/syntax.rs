//! The tree of an expression, with the place of every node.

use std::sync::Arc;

use super::Value;
use super::declarations::Signature;
use super::functions::Implementation;

/// Trees that are deeper are refused, so that nothing that walks one needs an unbounded stack.
pub(super) const MAX_DEPTH: u16 = 250;

/// Trees with more nodes are refused: macros that copy what they are called on would double them again and again.
pub(super) const MAX_NODES: usize = 100_000;

#[derive(Debug, Clone)]
pub(super) struct Expr {
    /// The byte of the text where it is told.
    pub(super) offset: usize,
    pub(super) depth: u16,
    pub(super) kind: Kind,
}

#[derive(Debug, Clone)]
pub(super) enum Kind {
    Literal(Value),
    Ident(Arc<str>),
    Select {
        operand: Box<Expr>,
        field: Arc<str>,
    },
    /// `has(operand.field)`.
    Test {
        operand: Box<Expr>,
        field: Arc<str>,
    },
    /// `operand.?field`.
    OptionalSelect {
        operand: Box<Expr>,
        field: Arc<str>,
    },
    /// `a && b && …`, or `||`.
    Logic {
        is_or: bool,
        terms: Vec<Expr>,
    },
    /// `condition ? then : otherwise`.
    Conditional(Box<[Expr; 3]>),
    Call(Call),
    List(Vec<Item>),
    Map(Vec<Entry>),
    /// Messages: there is nothing in Kubernetes' environment that can be made.
    Message {
        name: String,
    },
    Fold(Box<Fold>),
}

#[derive(Debug, Clone)]
pub(super) struct Call {
    pub(super) function: Arc<str>,
    pub(super) target: Option<Box<Expr>>,
    pub(super) arguments: Vec<Expr>,
    /// Found by the checker.
    pub(super) implementation: Option<Implementation>,
    /// The signatures that the types leave, where those are fewer than there are and it matters.
    pub(super) signatures: Option<Vec<&'static Signature>>,
}

#[derive(Debug, Clone)]
pub(super) struct Item {
    pub(super) value: Expr,
    pub(super) is_optional: bool,
}

#[derive(Debug, Clone)]
pub(super) struct Entry {
    pub(super) key: Expr,
    pub(super) value: Expr,
    pub(super) is_optional: bool,
}

/// A comprehension, as cel-go has it: what all macros over lists and maps become.
#[derive(Debug, Clone)]
pub(super) struct Fold {
    pub(super) range: Expr,
    pub(super) first: Arc<str>,
    pub(super) second: Option<Arc<str>>,
    pub(super) accumulator: Arc<str>,
    pub(super) initial: Expr,
    pub(super) condition: Condition,
    pub(super) step: Expr,
    pub(super) result: Expr,
}

/// When a comprehension goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Condition {
    Always,
    /// It only binds a name.
    Never,
    /// While the accumulator is not strictly false.
    NotFalse,
    /// While the accumulator is not strictly true.
    NotTrue,
}

impl Expr {
    pub(super) fn new(offset: usize, kind: Kind) -> Expr {
        let mut depth = 0;
        kind.each(&mut |child| depth = depth.max(child.depth));
        Expr { offset, depth: depth.saturating_add(1), kind }
    }

    pub(super) fn literal(offset: usize, value: Value) -> Expr {
        Expr::new(offset, Kind::Literal(value))
    }

    pub(super) fn ident(offset: usize, name: &str) -> Expr {
        Expr::new(offset, Kind::Ident(Arc::from(name)))
    }

    pub(super) fn call(offset: usize, function: &str, arguments: Vec<Expr>) -> Expr {
        let function = Arc::from(function);
        Expr::new(
            offset,
            Kind::Call(Call { function, target: None, arguments, implementation: None, signatures: None }),
        )
    }

    pub(super) fn member(offset: usize, target: Expr, function: &str, arguments: Vec<Expr>) -> Expr {
        let function = Arc::from(function);
        let target = Some(Box::new(target));
        Expr::new(offset, Kind::Call(Call { function, target, arguments, implementation: None, signatures: None }))
    }

    pub(super) fn conditional(offset: usize, condition: Expr, then: Expr, otherwise: Expr) -> Expr {
        Expr::new(offset, Kind::Conditional(Box::new([condition, then, otherwise])))
    }

    pub(super) fn list(offset: usize, items: Vec<Expr>) -> Expr {
        let items = items.into_iter().map(|value| Item { value, is_optional: false }).collect();
        Expr::new(offset, Kind::List(items))
    }

    /// The name of an identifier, or of a chain of fields of one: `a.b.c`.
    pub(super) fn qualified(&self) -> Option<String> {
        let mut names = Vec::new();
        let mut expr = self;
        loop {
            match &expr.kind {
                Kind::Ident(name) => {
                    names.push(&**name);
                    names.reverse();
                    return Some(names.join("."));
                }
                Kind::Select { operand, field } => {
                    names.push(field);
                    expr = operand;
                }
                _ => return None,
            }
        }
    }

    /// How many nodes there are.
    pub(super) fn nodes(&self) -> usize {
        let mut count = 1;
        self.kind.each(&mut |child| count += child.nodes());
        count
    }
}

impl Kind {
    pub(super) fn each(&self, visit: &mut dyn FnMut(&Expr)) {
        match self {
            Kind::Literal(_) | Kind::Ident(_) | Kind::Message { .. } => {}
            Kind::Select { operand, .. } | Kind::Test { operand, .. } | Kind::OptionalSelect { operand, .. } => {
                visit(operand);
            }
            Kind::Logic { terms, .. } => terms.iter().for_each(visit),
            Kind::Conditional(parts) => parts.iter().for_each(visit),
            Kind::Call(call) => {
                call.target.iter().for_each(|target| visit(target));
                call.arguments.iter().for_each(visit);
            }
            Kind::List(items) => items.iter().for_each(|item| visit(&item.value)),
            Kind::Map(entries) => entries.iter().for_each(|entry| {
                visit(&entry.key);
                visit(&entry.value);
            }),
            Kind::Fold(fold) => [&fold.range, &fold.initial, &fold.step, &fold.result].into_iter().for_each(visit),
        }
    }
}
