//! Items into trees: the template of a file, and the definitions in it. Source: Go, `text/template/parse/parse.go`.

use std::sync::Arc;

use super::constants;
use super::error::ParseError;
use super::lexer::{Item, Lexer, Token};
use super::nodes::{Body, Branch, Call, Command, Node, Operand, Pipe, Term};

/// Parentheses and branches are nested no deeper.
const DEEPEST: u32 = 1_000;

/// A template's text, parsed.
#[derive(Debug)]
pub(crate) struct Parsed {
    pub(crate) text: Arc<str>,
    pub(crate) result: std::result::Result<Trees, ParseError>,
}

/// What a text gives.
#[derive(Debug)]
pub(crate) struct Trees {
    /// The text itself, without its definitions.
    pub(crate) main: Arc<Body>,
    /// `define` and `block`, in order.
    pub(crate) definitions: Vec<(Arc<str>, Arc<Body>)>,
}

impl Parsed {
    /// Parses a text.
    pub(crate) fn new(text: Arc<str>) -> Self {
        let result = Parser::new(&text).parse();
        Self { text, result }
    }
}

/// The end of a list of nodes.
enum End {
    End,
    Else,
}

impl End {
    fn show(&self) -> &'static str {
        match self {
            Self::End => "{{end}}",
            Self::Else => "{{else}}",
        }
    }
}

enum Found {
    Node(Node),
    End(End),
}

/// What belongs to one tree: a definition begins anew.
struct Scope {
    variables: Vec<Arc<str>>,
    ranges: u32,
    action_line: u32,
}

impl Scope {
    fn new() -> Self {
        Self { variables: vec![Arc::from("$")], ranges: 0, action_line: 0 }
    }
}

struct Parser<'t> {
    input: &'t str,
    lexer: Lexer<'t>,
    tokens: [Item; 3],
    peeked: usize,
    scope: Scope,
    depth: u32,
    definitions: Vec<(Arc<str>, Arc<Body>)>,
    /// Where the action that is being read begins, and where the last one ended.
    action_start: usize,
    action_end: usize,
}

type Result<T> = std::result::Result<T, ParseError>;

impl<'t> Parser<'t> {
    fn new(input: &'t str) -> Self {
        Self {
            input,
            lexer: Lexer::new(input),
            tokens: [Item::NONE, Item::NONE, Item::NONE],
            peeked: 0,
            scope: Scope::new(),
            depth: 0,
            definitions: Vec::new(),
            action_start: 0,
            action_end: 0,
        }
    }

    fn next(&mut self) -> Item {
        if self.peeked > 0 {
            self.peeked -= 1;
        } else {
            self.tokens[0] = self.lexer.next();
        }
        self.tokens[self.peeked].clone()
    }

    fn backup(&mut self) {
        self.peeked += 1;
    }

    fn peek(&mut self) -> Item {
        if self.peeked == 0 {
            self.peeked = 1;
            self.tokens[0] = self.lexer.next();
        }
        self.tokens[self.peeked - 1].clone()
    }

    fn next_non_space(&mut self) -> Item {
        loop {
            let item = self.next();
            if item.token != Token::Space {
                return item;
            }
        }
    }

    fn peek_non_space(&mut self) -> Item {
        let item = self.next_non_space();
        self.backup();
        item
    }

    fn text(&self, item: &Item) -> &'t str {
        &self.input[item.start..item.end]
    }

    fn error<T>(&self, message: impl Into<String>) -> Result<T> {
        let offset = self.tokens[0].start as u32;
        Err(ParseError { line: self.tokens[0].line, message: message.into(), started: None, offset })
    }

    fn unexpected<T>(&self, item: &Item, context: &str) -> Result<T> {
        let shown = item.show(self.input);
        if item.token != Token::Error {
            return self.error(format!("unexpected {shown} in {context}"));
        }
        let action_line = self.scope.action_line;
        let started = (action_line != 0 && action_line != item.line).then_some(action_line);
        Err(ParseError { line: self.tokens[0].line, message: shown, started, offset: item.start as u32 })
    }

    fn expect(&mut self, token: Token, context: &str) -> Result<Item> {
        let item = self.next_non_space();
        if item.token == token { Ok(item) } else { self.unexpected(&item, context) }
    }

    fn parse(mut self) -> Result<Trees> {
        let mut nodes = Vec::new();
        loop {
            let item = self.peek();
            match item.token {
                Token::Eof => break,
                Token::LeftDelimiter => {
                    let delimiter = self.next();
                    if self.next_non_space().token == Token::Define {
                        self.definition()?;
                        continue;
                    }
                    // The delimiter goes back behind what is in place already.
                    self.tokens[1] = delimiter;
                    self.peeked = 2;
                }
                _ => {}
            }
            match self.text_or_action()? {
                Found::Node(node) => nodes.push(node),
                Found::End(end) => return self.error(format!("unexpected {}", end.show())),
            }
        }
        let main = Arc::new(self.body(nodes));
        Ok(Trees { main, definitions: self.definitions })
    }

    fn body(&self, nodes: Vec<Node>) -> Body {
        let is_blank = |node: &Node| match node {
            Node::Text { start, end } => self.input[*start as usize..*end as usize].trim().is_empty(),
            _ => false,
        };
        Body { is_empty: nodes.iter().all(is_blank), nodes }
    }

    fn definition(&mut self) -> Result<()> {
        const CONTEXT: &str = "define clause";
        let outer = std::mem::replace(&mut self.scope, Scope::new());
        let item = self.next_non_space();
        if !matches!(item.token, Token::Quoted | Token::RawText) {
            return self.unexpected(&item, CONTEXT);
        }
        let name = self.unquote(&item)?;
        self.expect(Token::RightDelimiter, CONTEXT)?;
        let (body, end) = self.list()?;
        if let End::Else = end {
            return self.error(format!("unexpected {} in {CONTEXT}", end.show()));
        }
        self.define(name, body)?;
        self.scope = outer;
        Ok(())
    }

    fn define(&mut self, name: Arc<str>, body: Body) -> Result<()> {
        let body = Arc::new(body);
        match self.definitions.iter_mut().find(|(present, _)| *present == name) {
            None => self.definitions.push((name, body)),
            Some((_, present)) if present.is_empty => *present = body,
            Some(_) if body.is_empty => {}
            Some(_) => {
                let name = crate::format::quoted(&name);
                return self.error(format!("template: multiple definition of template {name}"));
            }
        }
        Ok(())
    }

    fn unquote(&self, item: &Item) -> Result<Arc<str>> {
        match constants::unquote(self.text(item)) {
            Some(text) => Ok(Arc::from(text)),
            None => self.error("invalid syntax"),
        }
    }

    /// Nodes up to `end` or `else`.
    fn list(&mut self) -> Result<(Body, End)> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return self.error("max expression depth exceeded");
        }
        let mut nodes = Vec::new();
        while self.peek_non_space().token != Token::Eof {
            match self.text_or_action()? {
                Found::Node(node) => nodes.push(node),
                Found::End(end) => {
                    self.depth -= 1;
                    return Ok((self.body(nodes), end));
                }
            }
        }
        self.error("unexpected EOF")
    }

    fn text_or_action(&mut self) -> Result<Found> {
        let item = self.next_non_space();
        match item.token {
            Token::Text => Ok(Found::Node(Node::Text { start: item.start as u32, end: item.end as u32 })),
            Token::LeftDelimiter => {
                self.scope.action_line = item.line;
                self.action_start = item.start;
                let found = self.action();
                self.scope.action_line = 0;
                found
            }
            _ => self.unexpected(&item, "input"),
        }
    }

    fn action(&mut self) -> Result<Found> {
        let start = self.action_start as u32;
        let item = self.next_non_space();
        let node = match item.token {
            Token::Block => self.block()?,
            Token::Break | Token::Continue => self.jump(item.token)?,
            Token::Else => return self.else_end(),
            Token::End => {
                self.expect(Token::RightDelimiter, "end")?;
                return Ok(Found::End(End::End));
            }
            Token::If => Node::If(Box::new(self.branch("if")?)),
            Token::Range => Node::Range(Box::new(self.branch("range")?)),
            Token::With => Node::With(Box::new(self.branch("with")?)),
            Token::Template => self.template()?,
            _ => {
                self.backup();
                let pipe = self.pipeline("command", Token::RightDelimiter)?;
                Node::Action { pipe, start, end: self.action_end as u32 }
            }
        };
        Ok(Found::Node(node))
    }

    fn jump(&mut self, token: Token) -> Result<Node> {
        let (name, node) = match token {
            Token::Break => ("{{break}}", Node::Break),
            _ => ("{{continue}}", Node::Continue),
        };
        let item = self.next_non_space();
        if item.token != Token::RightDelimiter {
            return self.unexpected(&item, name);
        }
        if self.scope.ranges == 0 {
            return self.error(format!("{name} outside {{{{range}}}}"));
        }
        Ok(node)
    }

    fn else_end(&mut self) -> Result<Found> {
        let item = self.peek_non_space();
        if !matches!(item.token, Token::If | Token::With) {
            self.expect(Token::RightDelimiter, "else")?;
        }
        Ok(Found::End(End::Else))
    }

    fn branch(&mut self, context: &str) -> Result<Branch> {
        let variables = self.scope.variables.len();
        let pipe = self.pipeline(context, Token::RightDelimiter)?;
        let is_range = u32::from(context == "range");
        self.scope.ranges += is_range;
        let list = self.list();
        self.scope.ranges -= is_range;
        let (body, end) = list?;
        let otherwise = match end {
            End::End => None,
            End::Else => Some(self.otherwise(context)?),
        };
        self.scope.variables.truncate(variables);
        Ok(Branch { pipe, body, otherwise })
    }

    /// What follows `else`; `else if` and `else with` are branches of their own that share the `end`.
    fn otherwise(&mut self, context: &str) -> Result<Body> {
        let nested = match (context, self.peek().token) {
            ("if", Token::If) | ("with", Token::With) => {
                self.next();
                self.depth += 1;
                if self.depth > DEEPEST {
                    return self.error("max expression depth exceeded");
                }
                let branch = Box::new(self.branch(context)?);
                self.depth -= 1;
                if context == "if" { Node::If(branch) } else { Node::With(branch) }
            }
            _ => {
                let (body, end) = self.list()?;
                return match end {
                    End::End => Ok(body),
                    End::Else => self.error(format!("expected end; found {}", end.show())),
                };
            }
        };
        Ok(Body { nodes: vec![nested], is_empty: false })
    }

    fn template_name(&mut self, context: &str) -> Result<(u32, Arc<str>)> {
        let item = self.next_non_space();
        match item.token {
            Token::Quoted | Token::RawText => Ok((item.start as u32, self.unquote(&item)?)),
            _ => self.unexpected(&item, context),
        }
    }

    fn block(&mut self) -> Result<Node> {
        const CONTEXT: &str = "block clause";
        let (at, name) = self.template_name(CONTEXT)?;
        let pipe = self.pipeline(CONTEXT, Token::RightDelimiter)?;
        let outer = std::mem::replace(&mut self.scope, Scope::new());
        let (body, end) = self.list()?;
        if let End::Else = end {
            return self.error(format!("unexpected {} in {CONTEXT}", end.show()));
        }
        self.define(Arc::clone(&name), body)?;
        self.scope = outer;
        Ok(Node::Template(Box::new(Call { at, name, pipe: Some(pipe) })))
    }

    fn template(&mut self) -> Result<Node> {
        const CONTEXT: &str = "template clause";
        let (at, name) = self.template_name(CONTEXT)?;
        let mut pipe = None;
        if self.next_non_space().token != Token::RightDelimiter {
            self.backup();
            pipe = Some(self.pipeline(CONTEXT, Token::RightDelimiter)?);
        }
        Ok(Node::Template(Box::new(Call { at, name, pipe })))
    }

    fn pipeline(&mut self, context: &str, end: Token) -> Result<Pipe> {
        let at = self.peek_non_space().start as u32;
        let mut pipe = Pipe { at, is_assignment: false, variables: Vec::new(), commands: Vec::new() };
        while self.declaration(&mut pipe, context)? {}
        loop {
            let item = self.next_non_space();
            match item.token {
                token if token == end => {
                    self.action_end = item.end;
                    self.check_pipeline(&pipe, context)?;
                    return Ok(pipe);
                }
                Token::Bool
                | Token::CharConstant
                | Token::Complex
                | Token::Dot
                | Token::Field
                | Token::Identifier
                | Token::Number
                | Token::Nil
                | Token::RawText
                | Token::Quoted
                | Token::Variable
                | Token::LeftParenthesis => {
                    self.backup();
                    let command = self.command()?;
                    pipe.commands.push(command);
                }
                _ => return self.unexpected(&item, context),
            }
        }
    }

    /// `$x :=`, `$x =` or `$x,`. Whether another variable may follow.
    fn declaration(&mut self, pipe: &mut Pipe, context: &str) -> Result<bool> {
        let variable = self.peek_non_space();
        if variable.token != Token::Variable {
            return Ok(false);
        }
        self.next();
        let after = self.peek();
        let next = self.peek_non_space();
        let name: Arc<str> = Arc::from(self.text(&variable));
        match next.token {
            Token::Assign | Token::Declare => {
                pipe.is_assignment = next.token == Token::Assign;
                self.next_non_space();
                pipe.variables.push(Arc::clone(&name));
                self.scope.variables.push(name);
                Ok(false)
            }
            Token::Char if self.text(&next) == "," => {
                self.next_non_space();
                pipe.variables.push(Arc::clone(&name));
                self.scope.variables.push(name);
                if context == "range" && pipe.variables.len() < 2 {
                    return match self.peek_non_space().token {
                        Token::Variable | Token::RightDelimiter | Token::RightParenthesis => Ok(true),
                        _ => self.error("range can only initialize variables"),
                    };
                }
                self.error(format!("too many declarations in {context}"))
            }
            _ => {
                if after.token == Token::Space {
                    self.tokens[1] = after;
                    self.tokens[2] = variable;
                    self.peeked = 3;
                } else {
                    self.tokens[1] = variable;
                    self.peeked = 2;
                }
                Ok(false)
            }
        }
    }

    fn check_pipeline(&self, pipe: &Pipe, context: &str) -> Result<()> {
        if pipe.commands.is_empty() {
            return self.error(format!("missing value for {context}"));
        }
        for (index, command) in pipe.commands.iter().enumerate().skip(1) {
            if matches!(
                command.arguments[0].term,
                Term::Bool(_) | Term::Dot | Term::Nil | Term::Number(_) | Term::Text { .. }
            ) {
                return self.error(format!("non executable command in pipeline stage {}", index + 1));
            }
        }
        Ok(())
    }

    fn command(&mut self) -> Result<Command> {
        let mut command = Command { at: self.peek_non_space().start as u32, arguments: Vec::new() };
        loop {
            self.peek_non_space();
            if let Some(operand) = self.operand()? {
                command.arguments.push(operand);
            }
            let item = self.next();
            match item.token {
                Token::Space => continue,
                Token::RightDelimiter | Token::RightParenthesis => self.backup(),
                Token::Pipe => {}
                _ => return self.unexpected(&item, "operand"),
            }
            break;
        }
        if command.arguments.is_empty() {
            return self.error("empty command");
        }
        Ok(command)
    }

    fn operand(&mut self) -> Result<Option<Operand>> {
        let Some(mut operand) = self.term()? else { return Ok(None) };
        let item = self.peek();
        if item.token != Token::Field {
            return Ok(Some(operand));
        }
        let at = item.start as u32;
        let mut names = Vec::new();
        while self.peek().token == Token::Field {
            let field = self.next();
            names.push(Arc::from(&self.text(&field)[1..]));
        }
        match &mut operand.term {
            Term::Field(all) | Term::Variable(all) => {
                all.append(&mut names);
                operand.at = at;
            }
            Term::Bool(_) | Term::Text { .. } | Term::Number(_) | Term::Nil | Term::Dot => {
                let term = crate::format::quoted(&operand.show());
                return self.error(format!("unexpected . after term {term}"));
            }
            _ => operand = Operand { at, term: Term::Chain(Box::new(operand), names) },
        }
        Ok(Some(operand))
    }

    fn term(&mut self) -> Result<Option<Operand>> {
        let item = self.next_non_space();
        let text = self.text(&item);
        let term = match item.token {
            Token::Identifier => match crate::functions::find(text) {
                Some(index) => Term::Function(index),
                None => return self.error(format!("function {} not defined", crate::format::quoted(text))),
            },
            Token::Dot => Term::Dot,
            Token::Nil => Term::Nil,
            Token::Variable => {
                if !self.scope.variables.iter().any(|known| **known == *text) {
                    return self.error(format!("undefined variable {}", crate::format::quoted(text)));
                }
                Term::Variable(vec![Arc::from(text)])
            }
            Token::Field => Term::Field(vec![Arc::from(&text[1..])]),
            Token::Bool => Term::Bool(text == "true"),
            Token::CharConstant => Term::Number(constants::character(text).or_else(|error| self.error(error))?),
            Token::Complex | Token::Number => Term::Number(constants::number(text).or_else(|error| self.error(error))?),
            Token::LeftParenthesis => {
                self.depth += 1;
                if self.depth > DEEPEST {
                    return self.error("max expression depth exceeded");
                }
                let pipe = self.pipeline("parenthesized pipeline", Token::RightParenthesis)?;
                self.depth -= 1;
                Term::Pipe(Box::new(pipe))
            }
            Token::Quoted | Token::RawText => Term::Text { quoted: text.into(), text: self.unquote(&item)? },
            _ => {
                self.backup();
                return Ok(None);
            }
        };
        let at = match &term {
            // A pipeline's place is that of what stands in the parentheses.
            Term::Pipe(pipe) => pipe.at,
            _ => item.start as u32,
        };
        Ok(Some(Operand { at, term }))
    }
}
