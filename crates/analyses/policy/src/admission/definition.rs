//! Policies and bindings as they are written, with their expressions compiled.

use super::matching::{Matching, Selector};
use super::{Tree, validate};
use crate::cel::{CompileError, Environment, Program, Type};

/// The version whose libraries a new policy may use: a server of 1.37 lets it use what 1.36 has as well.
const MINOR: u32 = 36;

/// What a refusal does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Action {
    /// The request is refused.
    Deny,
    /// Who asks is warned.
    Warn,
    /// It is noted in the audit log.
    Audit,
}

impl Action {
    /// The word.
    pub fn name(self) -> &'static str {
        match self {
            Action::Deny => "Deny",
            Action::Warn => "Warn",
            Action::Audit => "Audit",
        }
    }
}

/// A step to a field of a policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// A field.
    Field(&'static str),
    /// An item.
    Item(usize),
}

/// Something in a policy that the API server would not take.
#[derive(Debug, Clone)]
pub struct Mistake {
    /// Where.
    pub field: Vec<Step>,
    /// What, and where in the expression.
    pub error: CompileError,
}

/// An expression with what it is for.
#[derive(Debug)]
pub(super) struct Named {
    pub(super) name: String,
    pub(super) source: String,
    pub(super) program: Option<Program>,
}

/// A validation.
#[derive(Debug)]
pub(super) struct Validation {
    pub(super) expression: Named,
    pub(super) message: String,
    pub(super) message_expression: Option<Named>,
    pub(super) reason: String,
}

/// A `ValidatingAdmissionPolicy`.
#[derive(Debug)]
pub struct Policy {
    /// Its name.
    pub name: String,
    /// What the API server would not take: then it decides nothing.
    pub mistakes: Vec<Mistake>,
    pub(super) matching: Matching,
    pub(super) conditions: Vec<Named>,
    pub(super) variables: Vec<Named>,
    pub(super) validations: Vec<Validation>,
    pub(super) annotations: Vec<Named>,
    pub(super) ignores_errors: bool,
    /// API version and kind.
    pub(super) parameters: Option<(String, String)>,
}

/// Where the parameters of a binding are.
#[derive(Debug, Clone)]
pub(super) struct Reference {
    pub(super) name: String,
    pub(super) namespace: String,
    pub(super) selector: Option<Selector>,
    /// Whether it refuses that there are none.
    pub(super) denies_absence: bool,
}

/// A `ValidatingAdmissionPolicyBinding`.
#[derive(Debug, Clone)]
pub struct Binding {
    /// Its name.
    pub name: String,
    /// The policy's.
    pub policy: String,
    /// What the API server would not take: then it binds nothing.
    pub mistakes: Vec<Mistake>,
    pub(super) actions: Vec<Action>,
    pub(super) matching: Option<Matching>,
    pub(super) reference: Option<Reference>,
}

struct Compiler {
    environment: Environment,
    mistakes: Vec<Mistake>,
}

impl Compiler {
    fn missing(&mut self, field: Vec<Step>, message: &str) {
        let error = CompileError { message: message.to_owned(), offset: 0, line: 1, column: 1 };
        self.mistakes.push(Mistake { field, error });
    }

    /// The expression at a field of `tree`, compiled in `environment`.
    fn compile(
        &mut self,
        tree: &Tree,
        mut at: Vec<Step>,
        (name, field): (&str, &'static str),
        types: &[Type],
    ) -> Named {
        at.push(Step::Field(field));
        let source = tree.text_at(&[field]).to_owned();
        let name = tree.text_at(&[name]).to_owned();
        if source.trim().is_empty() {
            self.missing(at, "required value: an expression");
            return Named { name, source, program: None };
        }
        let program = match Program::compile(&source, &self.environment) {
            Ok(program) if types.is_empty() || types.contains(program.output()) => Some(program),
            Ok(program) => {
                let wanted: Vec<String> = types.iter().map(ToString::to_string).collect();
                let message = format!("must evaluate to {} but got {}", wanted.join(" or "), program.output());
                self.missing(at, &message);
                None
            }
            Err(error) => {
                self.mistakes.push(Mistake { field: at, error });
                None
            }
        };
        Named { name, source, program }
    }

    fn each(&mut self, spec: &Tree, list: &'static str, names: (&str, &'static str), types: &[Type]) -> Vec<Named> {
        let at = |index| vec![Step::Field("spec"), Step::Field(list), Step::Item(index)];
        let items = spec.items_of(list).iter().enumerate();
        items.map(|(index, item)| self.compile(item, at(index), names, types)).collect()
    }

    /// Variables see those before them.
    fn variables(&mut self, spec: &Tree) -> Vec<Named> {
        self.environment.declare_variables();
        let mut all = Vec::new();
        for (index, item) in spec.items_of("variables").iter().enumerate() {
            let at = vec![Step::Field("spec"), Step::Field("variables"), Step::Item(index)];
            let variable = self.compile(item, at, ("name", "expression"), &[]);
            let kind = variable.program.as_ref().map_or(Type::Dyn, |program| program.output().clone());
            self.environment.declare_composed(&variable.name, kind);
            all.push(variable);
        }
        all
    }
}

impl Policy {
    /// The policy that an object is, if it is one.
    pub fn of(object: &Tree) -> Option<Policy> {
        if !is(object, "ValidatingAdmissionPolicy") {
            return None;
        }
        let nothing = Tree::map();
        let spec = object.get("spec").unwrap_or(&nothing);
        let parameters = spec
            .get("paramKind")
            .map(|kind| (kind.text_at(&["apiVersion"]).to_owned(), kind.text_at(&["kind"]).to_owned()));
        let mut environment = Environment::admission(MINOR);
        environment.declare_authorizer();
        if parameters.is_some() {
            environment.declare_params();
        }
        let name = object.text_at(&["metadata", "name"]).to_owned();
        let mut compiler = Compiler { environment, mistakes: validate::policy(&name, spec) };
        let variables = compiler.variables(spec);
        let conditions = compiler.each(spec, "matchConditions", ("name", "expression"), &[Type::Bool]);
        let validations = compiler.validations(spec);
        let texts = [Type::String, Type::Null];
        let annotations = compiler.each(spec, "auditAnnotations", ("key", "valueExpression"), &texts);
        Some(Policy {
            name,
            mistakes: compiler.mistakes,
            matching: Matching::of(spec.get("matchConstraints").unwrap_or(&nothing)),
            conditions,
            variables,
            validations,
            annotations,
            ignores_errors: spec.text_at(&["failurePolicy"]) == "Ignore",
            parameters,
        })
    }
}

impl Compiler {
    fn validations(&mut self, spec: &Tree) -> Vec<Validation> {
        let at = |index| vec![Step::Field("spec"), Step::Field("validations"), Step::Item(index)];
        let mut all = Vec::new();
        for (index, item) in spec.items_of("validations").iter().enumerate() {
            let expression = self.compile(item, at(index), ("", "expression"), &[Type::Bool]);
            let message_expression = item
                .get("messageExpression")
                .filter(|expression| expression.text() != Some(""))
                .map(|_| self.compile(item, at(index), ("", "messageExpression"), &[Type::String]));
            all.push(Validation {
                expression,
                message: item.text_at(&["message"]).trim().to_owned(),
                message_expression,
                reason: item.text_at(&["reason"]).to_owned(),
            });
        }
        all
    }
}

/// Why an object that decides about others is not evaluated, if it is one: what it does is not known.
pub fn left_out(object: &Tree) -> Option<&'static str> {
    let (group, version) = object.text_at(&["apiVersion"]).split_once('/')?;
    let is_read = matches!(version, "v1" | "v1beta1");
    match object.text_at(&["kind"]) {
        _ if group != "admissionregistration.k8s.io" => None,
        "ValidatingAdmissionPolicy" | "ValidatingAdmissionPolicyBinding" if !is_read => {
            Some("it is of a version that is not evaluated: what it refuses is not known")
        }
        "MutatingAdmissionPolicy" | "MutatingAdmissionPolicyBinding" => {
            Some("it changes objects before other policies see them, which is not evaluated")
        }
        _ => None,
    }
}

fn is(object: &Tree, kind: &str) -> bool {
    let versions = ["admissionregistration.k8s.io/v1", "admissionregistration.k8s.io/v1beta1"];
    object.text_at(&["kind"]) == kind && versions.contains(&object.text_at(&["apiVersion"]))
}

impl Binding {
    /// The binding that an object is, if it is one.
    pub fn of(object: &Tree) -> Option<Binding> {
        if !is(object, "ValidatingAdmissionPolicyBinding") {
            return None;
        }
        let nothing = Tree::map();
        let spec = object.get("spec").unwrap_or(&nothing);
        let actions = spec.items_of("validationActions").iter().filter_map(|action| match action.text()? {
            "Deny" => Some(Action::Deny),
            "Warn" => Some(Action::Warn),
            "Audit" => Some(Action::Audit),
            _ => None,
        });
        Some(Binding {
            name: object.text_at(&["metadata", "name"]).to_owned(),
            policy: spec.text_at(&["policyName"]).to_owned(),
            mistakes: validate::binding(spec),
            actions: actions.collect(),
            matching: spec.get("matchResources").map(Matching::of),
            reference: spec.get("paramRef").map(|reference| Reference {
                name: reference.text_at(&["name"]).to_owned(),
                namespace: reference.text_at(&["namespace"]).to_owned(),
                selector: reference.get("selector").map(|selector| Selector::of(Some(selector))),
                denies_absence: reference.text_at(&["parameterNotFoundAction"]) != "Allow",
            }),
        })
    }

    /// A binding to everything that a policy is for, which refuses.
    pub fn everywhere(policy: &Policy) -> Binding {
        Binding {
            name: policy.name.clone(),
            policy: policy.name.clone(),
            mistakes: Vec::new(),
            actions: vec![Action::Deny],
            matching: None,
            reference: None,
        }
    }
}
