//! The authorizer: what expressions may ask it, and the border to who answers.

use std::fmt;
use std::sync::Arc;

use super::evaluate::{Answer, Context};
use super::functions::no_signature;
use super::value::error;
use super::{Halt, Value};

/// Who answers what is asked of `authorizer`. Where nobody does, the variable is a `Value::Unknown`.
pub trait Authorizer {
    /// Whether it is allowed; `Halt::Unknown` where that is not known.
    fn check(&self, question: &Question) -> Result<Verdict, Halt>;
}

/// What is asked.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Question {
    /// Namespace and name of the service account that is asked about, instead of who made the request.
    pub service_account: Option<(String, String)>,
    /// A path that is no resource.
    pub path: Option<String>,
    /// The group of the resource.
    pub group: String,
    /// The resource.
    pub resource: String,
    /// Its part.
    pub subresource: String,
    /// The namespace; of all where it is empty.
    pub namespace: String,
    /// The name; of any where it is empty.
    pub name: String,
    /// A selector of fields.
    pub field_selector: String,
    /// A selector of labels.
    pub label_selector: String,
    /// The verb.
    pub verb: String,
}

/// What is answered.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Verdict {
    /// Whether it is allowed.
    pub is_allowed: bool,
    /// Why.
    pub reason: String,
    /// What went wrong, if something did.
    pub error: Option<String>,
}

/// What has been asked so far, and how far that is.
#[derive(Clone)]
pub struct Asked {
    by: Arc<dyn Authorizer + Send + Sync>,
    question: Question,
    stage: Stage,
}

#[derive(Debug, Clone)]
enum Stage {
    Whole,
    Path,
    Group,
    Resource,
    Decision(Verdict),
}

impl fmt::Debug for Asked {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Asked").field("question", &self.question).field("stage", &self.stage).finish_non_exhaustive()
    }
}

impl Asked {
    pub(super) fn type_name(&self) -> &'static str {
        match self.stage {
            Stage::Whole => "kubernetes.authorization.Authorizer",
            Stage::Path => "kubernetes.authorization.PathCheck",
            Stage::Group => "kubernetes.authorization.GroupCheck",
            Stage::Resource => "kubernetes.authorization.ResourceCheck",
            Stage::Decision(_) => "kubernetes.authorization.Decision",
        }
    }

    fn with(&self, stage: Stage, change: impl FnOnce(&mut Question)) -> Value {
        let mut asked = Asked { stage, ..self.clone() };
        change(&mut asked.question);
        Value::Authorizer(Arc::new(asked))
    }
}

impl Value {
    /// `authorizer`, of someone who answers.
    pub fn authorizer(by: Arc<dyn Authorizer + Send + Sync>) -> Value {
        Value::Authorizer(Arc::new(Asked { by, question: Question::default(), stage: Stage::Whole }))
    }

    /// `authorizer.requestResource`: the resource of the request, without a verb.
    pub fn resource_check(by: Arc<dyn Authorizer + Send + Sync>, question: Question) -> Value {
        Value::Authorizer(Arc::new(Asked { by, question, stage: Stage::Resource }))
    }
}

/// What is asked about: everything but the verb.
pub(super) fn ask(_: &mut Context<'_>, name: &str, values: &[Value]) -> Answer {
    let (asked, texts) = match values {
        [Value::Authorizer(asked), texts @ ..] => (asked, texts),
        _ => return no_signature(name, values),
    };
    let text = |at: usize| match texts.get(at) {
        Some(Value::String(text)) => Some(text.to_string()),
        _ => None,
    };
    let Some(first) = text(0) else { return no_signature(name, values) };
    Ok(match (name, &asked.stage) {
        ("path", Stage::Whole) if first.trim().is_empty() => return error("path must not be empty"),
        ("path", Stage::Whole) => asked.with(Stage::Path, |question| question.path = Some(first)),
        ("group", Stage::Whole) => asked.with(Stage::Group, |question| question.group = first),
        ("serviceAccount", Stage::Whole) => {
            let Some(account) = text(1) else { return no_signature(name, values) };
            if !super::kubernetes::format::is_subdomain(&account) {
                return error("Invalid service account name");
            }
            if !super::kubernetes::format::is_label(&first) {
                return error("Invalid service account namespace");
            }
            asked.with(Stage::Whole, |question| question.service_account = Some((first, account)))
        }
        ("resource", Stage::Group) if first.trim().is_empty() => return error("resource must not be empty"),
        ("resource", Stage::Group) => asked.with(Stage::Resource, |question| question.resource = first),
        ("subresource", Stage::Resource) => asked.with(Stage::Resource, |question| question.subresource = first),
        ("namespace", Stage::Resource) => asked.with(Stage::Resource, |question| question.namespace = first),
        ("name", Stage::Resource) => asked.with(Stage::Resource, |question| question.name = first),
        ("fieldSelector", Stage::Resource) => asked.with(Stage::Resource, |question| question.field_selector = first),
        ("labelSelector", Stage::Resource) => asked.with(Stage::Resource, |question| question.label_selector = first),
        _ => return no_signature(name, values),
    })
}

/// What a check of the authorizer costs (`library.CostEstimator`).
const CHECK_COST: u64 = 350_000;

pub(super) fn check(context: &mut Context<'_>, name: &str, values: &[Value]) -> Answer {
    let [Value::Authorizer(asked), Value::String(verb)] = values else { return no_signature(name, values) };
    if !matches!(asked.stage, Stage::Path | Stage::Resource) {
        return no_signature(name, values);
    }
    context.budget.spend(CHECK_COST)?;
    let question = Question { verb: verb.to_string(), ..asked.question.clone() };
    let verdict = asked.by.check(&question)?;
    Ok(asked.with(Stage::Decision(verdict), |own| *own = question))
}

pub(super) fn decision(_: &mut Context<'_>, name: &str, values: &[Value]) -> Answer {
    let [Value::Authorizer(asked)] = values else { return no_signature(name, values) };
    let Stage::Decision(verdict) = &asked.stage else { return no_signature(name, values) };
    Ok(match name {
        "allowed" => Value::Bool(verdict.is_allowed),
        "reason" => Value::from(&*verdict.reason),
        "errored" => Value::Bool(verdict.error.is_some()),
        _ => Value::from(verdict.error.as_deref().unwrap_or_default()),
    })
}
