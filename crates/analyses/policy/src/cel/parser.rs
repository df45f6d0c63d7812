//! Tokens to a tree, by the precedence of the language; macros are expanded where they are called.

use std::sync::Arc;

use super::Value;
use super::lexer::{Mistake, Token, TokenKind, tokens};
use super::macros;
use super::syntax::{Entry, Expr, Item, Kind, MAX_DEPTH, MAX_NODES};

/// What the parser of cel-go takes at most.
const MAX_LENGTH: usize = 100_000;

/// How deep brackets may lie in one another. (The API server takes some more.)
const MAX_NESTING: u16 = 100;

/// What may not be the name of a variable or function.
const RESERVED: &[&str] = &[
    "as",
    "break",
    "const",
    "continue",
    "else",
    "false",
    "for",
    "function",
    "if",
    "import",
    "in",
    "let",
    "loop",
    "namespace",
    "null",
    "package",
    "return",
    "true",
    "var",
    "void",
    "while",
];

pub(super) fn parse(source: &str) -> Result<Expr, Mistake> {
    if source.chars().count() > MAX_LENGTH {
        return Err((0, format!("expression code point size exceeds limit: size: more than {MAX_LENGTH}")));
    }
    let tokens = tokens(source)?;
    let mut parser = Parser { tokens, at: 0, depth: 0, nodes: 0 };
    let expr = parser.expression()?;
    if *parser.peek() != TokenKind::End {
        return parser.unexpected("'<EOF>'");
    }
    Ok(expr)
}

struct Parser {
    tokens: Vec<Token>,
    at: usize,
    depth: u16,
    nodes: usize,
}

impl Parser {
    fn peek(&self) -> &TokenKind {
        self.tokens.get(self.at).map_or(&TokenKind::End, |token| &token.kind)
    }

    fn offset(&self) -> usize {
        self.tokens.get(self.at.min(self.tokens.len().saturating_sub(1))).map_or(0, |token| token.offset)
    }

    fn is_sign(&self, sign: &str) -> bool {
        matches!(self.peek(), TokenKind::Sign(own) if *own == sign)
    }

    /// Takes a sign if it is next, and says where it was.
    fn take(&mut self, sign: &str) -> Option<usize> {
        let offset = self.offset();
        self.is_sign(sign).then(|| {
            self.at += 1;
            offset
        })
    }

    fn expect(&mut self, sign: &str) -> Result<usize, Mistake> {
        match self.take(sign) {
            Some(offset) => Ok(offset),
            None => self.unexpected(&format!("'{sign}'")),
        }
    }

    fn unexpected<T>(&self, expected: &str) -> Result<T, Mistake> {
        let found = self.peek().describe();
        Err((self.offset(), format!("Syntax error: mismatched input {found} expecting {expected}")))
    }

    /// Counts a node, and refuses a tree that is too deep or too large.
    fn node(&mut self, expr: Expr) -> Result<Expr, Mistake> {
        self.nodes += 1;
        if expr.depth > MAX_DEPTH {
            return Err((expr.offset, format!("expression recursion limit exceeded: {MAX_DEPTH}")));
        }
        if self.nodes > MAX_NODES {
            return Err((expr.offset, format!("the expression has more than {MAX_NODES} parts")));
        }
        Ok(expr)
    }

    fn expression(&mut self) -> Result<Expr, Mistake> {
        self.depth += 1;
        if self.depth > MAX_NESTING {
            return Err((self.offset(), format!("expression recursion limit exceeded: {MAX_NESTING}")));
        }
        let condition = self.logic()?;
        let expr = match self.take("?") {
            None => condition,
            Some(offset) => {
                let then = self.logic()?;
                self.expect(":")?;
                let otherwise = self.expression()?;
                self.node(Expr::conditional(offset, condition, then, otherwise))?
            }
        };
        self.depth -= 1;
        Ok(expr)
    }

    /// `a || b || …` of `a && b && …`.
    fn logic(&mut self) -> Result<Expr, Mistake> {
        let (mut either, mut either_at) = (Vec::new(), 0);
        loop {
            let (mut all, mut all_at) = (vec![self.binary(0)?], 0);
            while let Some(offset) = self.take("&&") {
                all_at = if all.len() == 1 { offset } else { all_at };
                all.push(self.binary(0)?);
            }
            either.push(self.joined(false, all_at, all)?);
            match self.take("||") {
                Some(offset) => either_at = if either.len() == 1 { offset } else { either_at },
                None => return self.joined(true, either_at, either),
            }
        }
    }

    fn joined(&mut self, is_or: bool, offset: usize, mut terms: Vec<Expr>) -> Result<Expr, Mistake> {
        match terms.pop() {
            Some(only) if terms.is_empty() => Ok(only),
            last => {
                terms.extend(last);
                self.node(Expr::new(offset, Kind::Logic { is_or, terms }))
            }
        }
    }

    /// Relations, sums and products, which bind to the left, of at least a strength.
    fn binary(&mut self, least: u8) -> Result<Expr, Mistake> {
        let mut left = self.unary()?;
        while let Some((strength, function)) = self.operator().filter(|(strength, _)| *strength >= least) {
            let offset = self.offset();
            self.at += 1;
            let right = self.binary(strength + 1)?;
            left = self.node(Expr::call(offset, function, vec![left, right]))?;
        }
        Ok(left)
    }

    /// The operator that is next, and how strongly it binds.
    fn operator(&self) -> Option<(u8, &'static str)> {
        let sign = match self.peek() {
            TokenKind::Sign(sign) => sign,
            TokenKind::Ident(name) if &**name == "in" => "in",
            _ => return None,
        };
        Some(match sign {
            "==" => (0, "_==_"),
            "!=" => (0, "_!=_"),
            "<" => (0, "_<_"),
            "<=" => (0, "_<=_"),
            ">" => (0, "_>_"),
            ">=" => (0, "_>=_"),
            "in" => (0, "@in"),
            "+" => (1, "_+_"),
            "-" => (1, "_-_"),
            "*" => (2, "_*_"),
            "/" => (2, "_/_"),
            "%" => (2, "_%_"),
            _ => return None,
        })
    }

    fn unary(&mut self) -> Result<Expr, Mistake> {
        let offset = self.offset();
        let mut count = 0;
        while self.take("!").is_some() {
            count += 1;
        }
        if count > 0 {
            let operand = self.member()?;
            return if count % 2 == 0 { Ok(operand) } else { self.node(Expr::call(offset, "!_", vec![operand])) };
        }
        let mut count = 0;
        while self.is_sign("-") {
            let is_number = matches!(
                self.tokens.get(self.at + 1).map(|token| &token.kind),
                Some(TokenKind::Integer { .. } | TokenKind::Double(_))
            );
            if is_number {
                break;
            }
            self.at += 1;
            count += 1;
        }
        let operand = self.member()?;
        if count % 2 == 0 { Ok(operand) } else { self.node(Expr::call(offset, "-_", vec![operand])) }
    }

    fn member(&mut self) -> Result<Expr, Mistake> {
        let mut expr = self.primary()?;
        loop {
            if let Some(offset) = self.take(".") {
                let is_optional = self.take("?").is_some();
                let TokenKind::Ident(name) = self.peek().clone() else { return self.unexpected("IDENTIFIER") };
                if matches!(&*name, "in" | "true" | "false" | "null") {
                    return self.unexpected("IDENTIFIER");
                }
                self.at += 1;
                if is_optional {
                    let operand = Box::new(expr);
                    expr = self.node(Expr::new(offset, Kind::OptionalSelect { operand, field: name }))?;
                } else if let Some(open) = self.take("(") {
                    let arguments = self.arguments(")")?;
                    expr = match macros::member(open, &expr, &name, &arguments)? {
                        Some(expanded) => {
                            self.nodes += expanded.nodes();
                            self.node(expanded)?
                        }
                        None => self.node(Expr::member(open, expr, &name, arguments))?,
                    };
                } else {
                    expr = self.node(Expr::new(offset, Kind::Select { operand: Box::new(expr), field: name }))?;
                }
            } else if let Some(offset) = self.take("[") {
                let function = if self.take("?").is_some() { "_[?_]" } else { "_[_]" };
                let index = self.expression()?;
                self.expect("]")?;
                expr = self.node(Expr::call(offset, function, vec![expr, index]))?;
            } else if self.is_sign("{")
                && let Some(name) = expr.qualified()
            {
                return self.message(self.offset(), name);
            } else {
                return Ok(expr);
            }
        }
    }

    /// Expressions between commas up to a sign, which is taken.
    fn arguments(&mut self, end: &str) -> Result<Vec<Expr>, Mistake> {
        let mut arguments = Vec::new();
        if self.take(end).is_some() {
            return Ok(arguments);
        }
        loop {
            arguments.push(self.expression()?);
            if self.take(",").is_none() {
                self.expect(end)?;
                return Ok(arguments);
            }
        }
    }

    fn primary(&mut self) -> Result<Expr, Mistake> {
        let offset = self.offset();
        if let Some(value) = self.peek().literal() {
            self.at += 1;
            return self.node(Expr::literal(offset, value));
        }
        match self.peek().clone() {
            TokenKind::Integer { digits, radix } => {
                self.at += 1;
                self.integer(offset, "", &digits, radix)
            }
            TokenKind::Sign("-") => {
                self.at += 1;
                match self.peek().clone() {
                    TokenKind::Integer { digits, radix } => {
                        self.at += 1;
                        self.integer(offset, "-", &digits, radix)
                    }
                    TokenKind::Double(value) => {
                        self.at += 1;
                        self.node(Expr::literal(offset, Value::Double(-value)))
                    }
                    _ => self.unexpected("a number"),
                }
            }
            TokenKind::Sign("(") => {
                self.at += 1;
                let inner = self.expression()?;
                self.expect(")")?;
                Ok(inner)
            }
            TokenKind::Sign("[") => {
                self.at += 1;
                self.list(offset)
            }
            TokenKind::Sign("{") => {
                self.at += 1;
                self.map(offset)
            }
            TokenKind::Sign(".") => {
                self.at += 1;
                let TokenKind::Ident(name) = self.peek().clone() else { return self.unexpected("IDENTIFIER") };
                self.at += 1;
                self.named(offset, &name, ".")
            }
            TokenKind::Ident(name) => {
                self.at += 1;
                let constant = match &*name {
                    "true" => Value::Bool(true),
                    "false" => Value::Bool(false),
                    "null" => Value::Null,
                    _ => return self.named(offset, &name, ""),
                };
                self.node(Expr::literal(offset, constant))
            }
            _ => self.unexpected("an expression"),
        }
    }

    fn integer(&mut self, offset: usize, sign: &str, digits: &str, radix: u32) -> Result<Expr, Mistake> {
        match i64::from_str_radix(&format!("{sign}{digits}"), radix) {
            Ok(value) => self.node(Expr::literal(offset, Value::Int(value))),
            Err(_) => Err((offset, "invalid int literal".to_owned())),
        }
    }

    /// A variable, or a call of a function.
    fn named(&mut self, offset: usize, name: &Arc<str>, dot: &str) -> Result<Expr, Mistake> {
        if RESERVED.contains(&&**name) {
            return Err((offset, format!("reserved identifier: {name}")));
        }
        let full = format!("{dot}{name}");
        let Some(open) = self.take("(") else { return self.node(Expr::ident(offset, &full)) };
        let arguments = self.arguments(")")?;
        match macros::global(open, &full, &arguments)? {
            Some(expanded) => self.node(expanded),
            None => self.node(Expr::call(open, &full, arguments)),
        }
    }

    fn list(&mut self, offset: usize) -> Result<Expr, Mistake> {
        let mut items = Vec::new();
        while self.take("]").is_none() {
            let is_optional = self.take("?").is_some();
            items.push(Item { value: self.expression()?, is_optional });
            if self.take(",").is_none() {
                self.expect("]")?;
                break;
            }
        }
        self.node(Expr::new(offset, Kind::List(items)))
    }

    fn map(&mut self, offset: usize) -> Result<Expr, Mistake> {
        let mut entries = Vec::new();
        while self.take("}").is_none() {
            let is_optional = self.take("?").is_some();
            let key = self.expression()?;
            self.expect(":")?;
            entries.push(Entry { key, value: self.expression()?, is_optional });
            if self.take(",").is_none() {
                self.expect("}")?;
                break;
            }
        }
        self.node(Expr::new(offset, Kind::Map(entries)))
    }

    /// `Name{field: value}`: read to its end, so that what is wrong with it is told by the checker.
    fn message(&mut self, offset: usize, name: String) -> Result<Expr, Mistake> {
        self.expect("{")?;
        while self.take("}").is_none() {
            self.take("?");
            let TokenKind::Ident(_) = self.peek() else { return self.unexpected("IDENTIFIER") };
            self.at += 1;
            self.expect(":")?;
            self.expression()?;
            if self.take(",").is_none() {
                self.expect("}")?;
                break;
            }
        }
        self.node(Expr::new(offset, Kind::Message { name }))
    }
}
