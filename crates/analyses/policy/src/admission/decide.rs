//! What policies decide about a request.

use std::cell::RefCell;
use std::sync::Arc;

use hashbrown::HashMap;

use super::definition::{Named, Reference};
use super::matching::{Labels, Matched};
use super::{Action, Binding, Policy, Request, Resources, Tree, seen_by_server};
use crate::cel::{Budget, Halt, Value, Variables};

/// What policies are asked about: an object as the server sees it.
pub struct Subject {
    /// The request that brings it.
    pub request: Request,
    /// The object.
    pub object: Tree,
    /// Whether its defaults are known.
    pub is_known: bool,
}

impl Subject {
    /// What is written, as the server sees it.
    pub fn new(written: &Tree, request: Request) -> Subject {
        let (object, is_known) = seen_by_server(written, &request);
        Subject { request, object, is_known }
    }
}

/// What one expression comes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// The object is refused, in the words of the server.
    Refused(String),
    /// That depends on something that is not known.
    Unknown(String),
}

/// What a binding of a policy says about an object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    /// The index of the policy.
    pub policy: usize,
    /// The binding's name.
    pub binding: String,
    /// The index of the validation, if it is one that decides.
    pub validation: Option<usize>,
    /// Its expression, or nothing.
    pub expression: String,
    /// What it comes to.
    pub answer: Answer,
    /// The reason of the refusal.
    pub reason: String,
    /// What follows.
    pub actions: Vec<Action>,
}

/// What all policies say about an object.
#[derive(Debug, Default)]
pub struct Decided {
    /// What is refused or not known.
    pub decisions: Vec<Decision>,
    /// How many bindings were for it.
    pub asked: usize,
}

/// Policies, their bindings, and what they look at besides the object.
#[derive(Debug, Default)]
pub struct Policies {
    /// The policies.
    pub policies: Vec<Policy>,
    /// The bindings.
    pub bindings: Vec<Binding>,
    /// Objects that can be parameters: each with the namespace it is in.
    pub parameters: Vec<(String, Tree)>,
    /// The kinds there are.
    pub resources: Resources,
}

impl Policies {
    /// The kinds that parameters are of.
    pub fn is_parameter(&self, object: &Tree) -> bool {
        let is_it = |policy: &Policy| {
            policy.parameters.as_ref().is_some_and(|(version, kind)| {
                object.text_at(&["apiVersion"]) == version && object.text_at(&["kind"]) == kind
            })
        };
        self.policies.iter().any(is_it)
    }

    /// What policies say about an object, in the order of the policies.
    pub fn decide(&self, subject: &Subject, namespace: Option<&Tree>) -> Decided {
        let (mut decisions, mut asked) = (Vec::new(), 0);
        if subject.request.is_exempt() {
            return Decided { decisions, asked };
        }
        let namespace = namespace_of(&subject.request, namespace);
        let labels = Labels {
            object: subject.object.at(&["metadata", "labels"]),
            namespace: namespace.at(&["metadata", "labels"]),
        };
        let own = (subject.request.group.as_str(), subject.request.version.as_str());
        for (index, policy) in self.policies.iter().enumerate() {
            if !policy.mistakes.is_empty() {
                continue;
            }
            let matched = policy.matching.matches(&subject.request, &labels);
            if matched == Matched::No {
                continue;
            }
            let binds = |binding: &&Binding| binding.policy == policy.name && binding.mistakes.is_empty();
            for binding in self.bindings.iter().filter(binds) {
                let bound = binding.matching.as_ref().map(|matching| matching.matches(&subject.request, &labels));
                let mut case =
                    Case { index, policy, binding, subject, namespace: &namespace, decisions: &mut decisions };
                match (&matched, bound) {
                    (_, Some(Matched::No)) | (Matched::No, _) => {}
                    (Matched::Unknown(on), _) => case.if_it_says_anything(on, |case| self.ask(case, own)),
                    (_, Some(Matched::Unknown(on))) => case.if_it_says_anything(&on, |case| self.ask(case, own)),
                    (Matched::Yes { group, version }, _) => {
                        asked += 1;
                        self.ask(&mut case, (group, version));
                    }
                }
            }
        }
        Decided { decisions, asked }
    }

    /// What a binding says with each of its parameters.
    fn ask(&self, case: &mut Case<'_>, matched: (&str, &str)) {
        match self.parameters_of(case.policy, case.binding, &case.subject.request) {
            Parameters::Found(all) => all.iter().for_each(|parameter| case.evaluate(matched, parameter)),
            Parameters::NotSeen(on) => case.without_parameter(matched, &on),
            Parameters::Wrong(why) => case.misconfigured(why),
        }
    }

    /// The values of `params`.
    fn parameters_of(&self, policy: &Policy, binding: &Binding, request: &Request) -> Parameters {
        let (Some((version, kind)), Some(reference)) = (&policy.parameters, &binding.reference) else {
            return Parameters::Found(vec![Value::Null]);
        };
        let Reference { name, namespace, selector, .. } = reference;
        let group = version.split_once('/').map_or("", |(group, _)| group);
        let is_namespaced = self.resources.find(group, kind).is_none_or(|resource| resource.is_namespaced);
        let namespace = match (is_namespaced, namespace.as_str()) {
            (true, "") if request.namespace.is_empty() => {
                return Parameters::Wrong(
                    "cannot use namespaced paramRef in policy binding that matches cluster-scoped resources",
                );
            }
            (false, "") => "",
            (false, _) => {
                return Parameters::Wrong("paramRef.namespace must not be provided for a cluster-scoped `paramKind`");
            }
            (true, "") => request.namespace.as_str(),
            (true, namespace) => namespace,
        };
        let found: Vec<Value> = self
            .parameters
            .iter()
            .filter(|(own, tree)| {
                let is_of_kind = tree.text_at(&["apiVersion"]) == version && tree.text_at(&["kind"]) == kind;
                let is_meant = match selector {
                    Some(selector) => selector.matches(tree.at(&["metadata", "labels"])) == Ok(true),
                    None => tree.text_at(&["metadata", "name"]) == name,
                };
                is_of_kind && is_meant && (own == namespace)
            })
            .map(|(_, tree)| tree.value(is_native(version, kind)))
            .collect();
        if !found.is_empty() {
            return Parameters::Found(found);
        }
        let what = if name.is_empty() { "with such labels".to_owned() } else { format!("`{name}`") };
        let place = if namespace.is_empty() { String::new() } else { format!(" in namespace `{namespace}`") };
        Parameters::NotSeen(format!("the {kind} {what}{place}, which is not in the input"))
    }
}

/// What a binding chooses as parameters.
enum Parameters {
    /// These; null where the binding chooses none.
    Found(Vec<Value>),
    /// What is not in the input: there may be none.
    NotSeen(String),
    /// The server cannot look for them.
    Wrong(&'static str),
}

/// Whether the API server has objects of a kind as structures of its own.
fn is_native(api_version: &str, kind: &str) -> bool {
    schemas::kubernetes().kind(api_version, kind).is_some()
}

/// `namespaceObject`, as far as it is known.
fn namespace_of(request: &Request, known: Option<&Tree>) -> Tree {
    if request.namespace.is_empty() || request.is_of_namespace() {
        return Tree::Null;
    }
    if let Some(known) = known {
        let mut known = known.clone();
        known.remove("apiVersion");
        known.remove("kind");
        return known;
    }
    let on = format!("the Namespace `{}`, which is not in the input", request.namespace);
    let name = || Tree::from(request.namespace.as_str());
    let mut labels = Tree::fields([("kubernetes.io/metadata.name", name())]);
    labels.open(&on);
    let mut metadata = Tree::fields([("name", name()), ("labels", labels)]);
    metadata.open(&on);
    let mut namespace = Tree::fields([("metadata", metadata)]);
    namespace.open(&on);
    namespace
}

/// A binding of a policy, asked about an object.
struct Case<'a> {
    index: usize,
    policy: &'a Policy,
    binding: &'a Binding,
    subject: &'a Subject,
    namespace: &'a Tree,
    decisions: &'a mut Vec<Decision>,
}

/// What names are worth.
struct Scope<'a> {
    values: HashMap<&'static str, Value, foldhash::fast::FixedState>,
    policy: &'a Policy,
    variables: RefCell<HashMap<String, Result<Value, Halt>, foldhash::fast::FixedState>>,
    budget: RefCell<Budget>,
}

impl Variables for Scope<'_> {
    fn get(&self, name: &str) -> Option<Result<Value, Halt>> {
        let Some(variable) = name.strip_prefix("variables.") else { return self.values.get(name).cloned().map(Ok) };
        if let Some(known) = self.variables.borrow().get(variable) {
            return Some(known.clone());
        }
        let named = self.policy.variables.iter().rev().find(|own| own.name == variable)?;
        let program = named.program.as_ref()?;
        // A variable sees those before it only, so that this ends.
        let mut budget = self.budget.borrow().clone();
        let value = program.evaluate(self, &mut budget);
        *self.budget.borrow_mut() = budget;
        let value = value.map_err(|halt| match halt {
            Halt::Error(error) => Halt::Error(format!("composited variable \"{variable}\" fails to evaluate: {error}")),
            halt => halt,
        });
        self.variables.borrow_mut().insert(variable.to_owned(), value.clone());
        Some(value)
    }
}

/// Above this the server says nothing of it (`MaxEvaluatedMessageExpressionSizeBytes`).
const LONGEST_MESSAGE: usize = 5 * 1024;

/// What the server says when a policy has cost too much.
const SPENT: &str = "validation failed due to running out of cost budget, no further validation rules will be run";

/// How an evaluation ends that has no value.
enum End {
    /// In an error of this text.
    Error(String),
    /// In something that is not known.
    Unknown(Arc<str>),
    /// Of the policy: it has cost too much.
    Spent,
}

impl<'a> Case<'a> {
    fn say(&mut self, validation: Option<usize>, answer: Answer, reason: &str, actions: Vec<Action>) {
        let written = validation.and_then(|at| self.policy.validations.get(at));
        self.decisions.push(Decision {
            policy: self.index,
            binding: self.binding.name.clone(),
            validation,
            expression: written.map(|validation| validation.expression.source.clone()).unwrap_or_default(),
            answer,
            reason: reason.to_owned(),
            actions,
        });
    }

    fn unknown(&mut self, on: &str) {
        self.say(None, Answer::Unknown(on.to_owned()), "", self.binding.actions.clone());
    }

    /// Whom the policy is for is not known: neither is what follows, unless nothing does either way.
    fn if_it_says_anything(&mut self, on: &str, ask: impl FnOnce(&mut Self)) {
        let before = self.decisions.len();
        ask(self);
        let says_something = self.decisions.len() > before;
        self.decisions.truncate(before);
        if says_something {
            self.unknown(on);
        }
    }

    /// An error counts as a refusal, unless the policy ignores errors.
    fn error(&mut self, validation: Option<usize>, message: String) {
        if !self.policy.ignores_errors {
            self.say(validation, Answer::Refused(message), "Invalid", self.binding.actions.clone());
        }
    }

    /// The server cannot work with the binding: that refuses, whatever the binding asks for.
    fn misconfigured(&mut self, why: &str) {
        if !self.policy.ignores_errors {
            let message = format!("failed to configure binding: {why}");
            self.say(None, Answer::Refused(message), "Invalid", vec![Action::Deny]);
        }
    }

    /// The answer for a parameter that may be anything, or may not be there: known only where nothing is refused either way.
    fn without_parameter(&mut self, matched: (&str, &str), on: &str) {
        let before = self.decisions.len();
        self.evaluate(matched, &Value::Unknown(Arc::from(on)));
        let denies = self.binding.reference.as_ref().is_some_and(|reference| reference.denies_absence);
        let says_something = self.decisions.len() > before;
        self.decisions.truncate(before);
        if says_something || (denies && !self.policy.ignores_errors) {
            self.unknown(on);
        }
    }

    fn evaluate(&mut self, matched: (&str, &str), parameter: &Value) {
        let mut scope = self.scope(matched, parameter);
        match self.conditions(&scope) {
            Ok(true) => {}
            Ok(false) => return,
            Err(End::Error(message)) => return self.error(None, message),
            Err(End::Unknown(on)) => return self.unknown(&on),
            Err(End::Spent) => return self.error(None, SPENT.to_owned()),
        }
        scope.values.insert("namespaceObject", self.namespace.value(true));
        scope.variables.borrow_mut().clear();
        *scope.budget.borrow_mut() = Budget::default();
        let mut budget = Budget::default();
        let mut results = Vec::with_capacity(self.policy.validations.len());
        for validation in &self.policy.validations {
            match run(&validation.expression, &scope, &mut budget) {
                Err(End::Spent) => return self.error(None, SPENT.to_owned()),
                result => results.push(result),
            }
        }
        for (at, result) in results.into_iter().enumerate() {
            match result {
                Ok(Value::Bool(true)) => {}
                Ok(_) => {
                    let message = self.message(at, &scope, &mut budget);
                    let reason = self.policy.validations[at].reason.clone();
                    let reason = if reason.is_empty() { "Invalid" } else { &reason };
                    self.say(Some(at), Answer::Refused(message), reason, self.binding.actions.clone());
                }
                Err(End::Error(message)) => self.error(Some(at), message),
                Err(End::Unknown(on)) => {
                    self.say(Some(at), Answer::Unknown(on.to_string()), "", self.binding.actions.clone());
                }
                Err(End::Spent) => self.error(Some(at), SPENT.to_owned()),
            }
        }
        self.annotations(&scope);
    }

    fn scope(&self, (group, version): (&str, &str), parameter: &Value) -> Scope<'a> {
        let request = &self.subject.request;
        let is_own = group == request.group && version == request.version;
        let object = match is_own {
            true => {
                let object = &self.subject.object;
                object.value(is_native(object.text_at(&["apiVersion"]), &request.kind))
            }
            false => Value::Unknown(Arc::from(format!("the object as `{group}/{version}` has it"))),
        };
        let who = || Value::Unknown(Arc::from("the rights of who makes the request"));
        let mut values = HashMap::with_hasher(foldhash::fast::FixedState::default());
        values.insert("object", object);
        values.insert("oldObject", Value::Null);
        values.insert("request", request.tree((group, version)).value(true));
        values.insert("params", parameter.clone());
        values.insert("namespaceObject", Value::Null);
        values.insert("authorizer", who());
        values.insert("authorizer.requestResource", who());
        let variables = RefCell::new(HashMap::with_hasher(foldhash::fast::FixedState::default()));
        Scope { values, policy: self.policy, variables, budget: RefCell::new(Budget::default()) }
    }

    /// Whether the policy is for this object: one condition that does not hold wins over everything else.
    fn conditions(&self, scope: &Scope<'_>) -> Result<bool, End> {
        let (mut errors, mut unknown, mut budget) = (Vec::<String>::new(), None, Budget::default());
        for condition in &self.policy.conditions {
            match run(condition, scope, &mut budget) {
                Ok(Value::Bool(true)) => {}
                Ok(_) => return Ok(false),
                Err(End::Error(error)) if errors.contains(&error) => {}
                Err(End::Error(error)) => errors.push(error),
                Err(End::Unknown(on)) => unknown = Some(on),
                Err(End::Spent) => return Err(End::Spent),
            }
        }
        match (unknown, errors.as_slice()) {
            (Some(on), _) => Err(End::Unknown(on)),
            (None, []) => Ok(true),
            (None, _) if self.policy.ignores_errors => Ok(false),
            (None, [error]) => Err(End::Error(error.clone())),
            (None, errors) => Err(End::Error(format!("[{}]", errors.join(", ")))),
        }
    }

    /// What is said when a validation does not hold.
    fn message(&self, at: usize, scope: &Scope<'_>, budget: &mut Budget) -> String {
        let validation = &self.policy.validations[at];
        let said = validation.message_expression.as_ref().map(|named| run(named, scope, budget));
        if let Some(Ok(Value::String(text))) = &said {
            let text = text.trim();
            if !text.is_empty() && text.len() <= LONGEST_MESSAGE && !text.contains('\n') {
                return text.to_owned();
            }
        }
        if let Some(Err(End::Unknown(on))) = said {
            return format!("(its message depends on {on})");
        }
        match validation.message.as_str() {
            "" => format!("failed expression: {}", validation.expression.source.trim()),
            message => message.to_owned(),
        }
    }

    /// An annotation that cannot be worked out refuses the request, whatever the binding says.
    fn annotations(&mut self, scope: &Scope<'_>) {
        let mut budget = Budget::default();
        for annotation in &self.policy.annotations {
            match run(annotation, scope, &mut budget) {
                Ok(_) => {}
                Err(End::Unknown(_)) => {}
                Err(End::Error(_) | End::Spent) if self.policy.ignores_errors => {}
                Err(End::Error(message)) => {
                    self.say(None, Answer::Refused(message), "Invalid", vec![Action::Deny]);
                }
                Err(End::Spent) => {
                    self.say(None, Answer::Refused(SPENT.to_owned()), "Invalid", self.binding.actions.clone());
                    return;
                }
            }
        }
    }
}

/// The value of an expression, or how it ends.
fn run(named: &Named, scope: &Scope<'_>, budget: &mut Budget) -> Result<Value, End> {
    let Some(program) = &named.program else { return Err(End::Error("compilation error".to_owned())) };
    let text = |error: &str| format!("expression '{}' resulted in error: {error}", named.source);
    match program.evaluate(scope, budget) {
        Ok(Value::Unknown(on)) | Err(Halt::Unknown(on)) => Err(End::Unknown(on)),
        Ok(value) => Ok(value),
        Err(Halt::Error(error)) => Err(End::Error(text(&error))),
        Err(Halt::Spent) if budget.is_exhausted() || scope.budget.borrow().is_exhausted() => Err(End::Spent),
        Err(Halt::Spent) => Err(End::Error(text("operation cancelled: actual cost limit exceeded"))),
    }
}
