//! What is not known, and what that does not matter for.

use std::sync::Arc;

use policy::cel::{Authorizer, Budget, Environment, Halt, Program, Question, Value, Verdict};

use crate::{Named, check};

#[test]
fn what_is_not_known_halts_what_needs_it() {
    check(&[
        ("unknown", "unknown: the user"),
        ("unknown == 'a'", "unknown: the user"),
        ("unknown.name", "unknown: the user"),
        ("partly.user.startsWith('a')", "unknown: the user"),
        ("partly.name", "\"x\""),
        ("has(partly.other)", "false"),
        ("[unknown].size()", "unknown: the user"),
        ("list.size()", "3"),
        ("list[0] + list[2]", "4"),
        ("list[1]", "unknown: the user"),
    ]);
}

#[test]
fn what_is_decided_without_it_is_decided() {
    check(&[
        ("unknown || true", "true"),
        ("true || unknown", "true"),
        ("unknown && false", "false"),
        ("unknown && true", "unknown: the user"),
        ("unknown || 1/0 == 1", "unknown: the user"),
        ("1/0 == 1 && unknown", "unknown: the user"),
        ("true ? 1 : unknown", "1"),
        ("unknown ? 1 : 2", "unknown: the user"),
        ("list.exists(x, x == 3)", "true"),
        ("list.exists(x, x == 4)", "unknown: the user"),
        ("list.all(x, x < 3)", "false"),
        ("list.all(x, x > 0)", "unknown: the user"),
        ("3 in list", "true"),
        ("4 in list", "unknown: the user"),
        ("list == [1, 2]", "false"),
        ("list == [2, 2, 3]", "false"),
        ("list == [1, 2, 3]", "unknown: the user"),
        ("list.map(x, 1)", "[1, 1, 1]"),
        ("list.sum()", "unknown: the user"),
    ]);
}

#[test]
fn a_map_may_have_more_keys() {
    let labels = "unknown: the labels of the namespace";
    check(&[
        ("labels['kubernetes.io/metadata.name']", "\"shop\""),
        ("labels.team", labels),
        ("has(labels.team)", labels),
        ("'team' in labels", labels),
        ("'kubernetes.io/metadata.name' in labels", "true"),
        ("labels.?team.orValue('a')", labels),
        ("labels.size()", labels),
        ("labels.exists(k, k.startsWith('kubernetes.io'))", "true"),
        ("labels.exists(k, k == 'team')", labels),
        ("labels.all(k, k == 'team')", "false"),
        ("labels.map(k, k)", labels),
        ("labels == {'kubernetes.io/metadata.name': 'other'}", "false"),
        ("labels == {'kubernetes.io/metadata.name': 'shop'}", labels),
    ]);
}

struct Reader;

impl Authorizer for Reader {
    fn check(&self, question: &Question) -> Result<Verdict, Halt> {
        if question.resource == "secrets" {
            return Err(Halt::Unknown("a role".into()));
        }
        let is_allowed = question.verb == "get" || question.path.as_deref() == Some("/healthz");
        Ok(Verdict { is_allowed, reason: question.namespace.clone(), error: None })
    }
}

#[test]
fn the_authorizer_is_asked() {
    let mut environment = Environment::admission(37);
    environment.declare_authorizer();
    let by: Arc<dyn Authorizer + Send + Sync> = Arc::new(Reader);
    let request = Question { resource: "pods".to_owned(), namespace: "shop".to_owned(), ..Question::default() };
    let variables = Named(vec![
        ("authorizer", Value::authorizer(by.clone())),
        ("authorizer.requestResource", Value::resource_check(by, request)),
    ]);
    let ask = |expression: &str| {
        let program = Program::compile(expression, &environment).map_err(|error| Halt::Error(error.message))?;
        program.evaluate(&variables, &mut Budget::default()).map(|value| crate::shown(&value))
    };
    let answers = [
        ("authorizer.group('').resource('pods').namespace('a').check('get').allowed()", "true"),
        ("authorizer.group('').resource('pods').namespace('a').check('list').allowed()", "false"),
        ("authorizer.path('/healthz').check('list').allowed()", "true"),
        ("authorizer.requestResource.check('get').reason()", "\"shop\""),
        ("authorizer.serviceAccount('a', 'b').group('').resource('pods').check('get').errored()", "false"),
    ];
    for (expression, expected) in answers {
        assert_eq!(ask(expression), Ok(expected.to_owned()), "{expression}");
    }
    let secrets = "authorizer.group('').resource('secrets').check('get').allowed()";
    assert_eq!(ask(secrets), Err(Halt::Unknown("a role".into())));
    assert_eq!(ask(&format!("true || {secrets}")), Ok("true".to_owned()));
    assert_eq!(
        ask("authorizer.path('').check('get').allowed()"),
        Err(Halt::Error("path must not be empty".to_owned()))
    );
}
