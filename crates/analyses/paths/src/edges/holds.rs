//! `holds`

use model::control::alias;

use crate::edge::{EdgeFixture, EdgeKind};
use crate::graph::{Action, Drafts, FixKey, RULE_COST, SUBJECT_COST, TAKE_RULE, TAKE_SUBJECT};
use crate::vertex::Vertex;
use crate::world::World;

/// The edge.
pub static EDGE: EdgeKind = EdgeKind {
    id: "holds",
    title: "holds what a binding gives",
    rationale: "Who is named by a binding, or is in a group that is, has every rule of its role.",
    conditions: "The binding names the user, the ServiceAccount or the group. Roles that are aggregated count with all their rules.",
    remediation: "Take the subject out of the binding, or the rule out of the role.",
    verify: "kubectl auth can-i --list --as SUBJECT",
    techniques: &["T1069", "T1613", "MS-TA9029"],
    aliases: &[alias("kubehound", "PERMISSION_DISCOVER"), alias("icekube", "BOUND_TO")],
    found_by: &["cluster-admin-bound", "authenticated-group-elevated", "anonymous-access-granted"],
    difficulty: 1,
    find,
    fixtures: &[EdgeFixture {
        yaml: "apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: r, namespace: n}
rules:
  - {apiGroups: [\"\"], resources: [pods], verbs: [get]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: r, namespace: n}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: r}
subjects: [{kind: ServiceAccount, namespace: n, name: s}]
",
        edges: &["ServiceAccount n/s -> RoleBinding n/r", "RoleBinding n/r -> rule 1 of Role n/r in namespace n"],
    }],
};

fn find(world: &World<'_>, drafts: &mut Drafts<'_>) {
    for (id, right) in world.rights() {
        let place = world.rbac.place_of_rule(right.rule);
        for &binding in &right.bindings {
            let draft = drafts.edge(Vertex::Binding(binding), Vertex::Right(id));
            match place {
                Some((resource, place)) => draft.shown_by(resource, place, "the rule").file(),
                // The rule is of a role that every cluster has: what is written is who is bound to it.
                None => match world.rbac.binding_fact(binding) {
                    Some(fact) => {
                        let note = format!("{} gives it", world.object_name(fact.resource));
                        draft.shown_by(fact.resource, fact.role_place, &note).file();
                    }
                    None => draft.file(),
                },
            }
        }
        if let Some((resource, place)) = place {
            let fix = drafts.fix(FixKey { resource, place, action: Action::Remove }, RULE_COST, TAKE_RULE);
            drafts.takes_away(fix, Vertex::Right(id));
        }
    }
    for (id, binding) in (0..).map(rbac::BindingId).zip(world.rbac.bindings()) {
        let fact = world.rbac.binding_fact(id);
        for (at, &subject) in binding.subjects.iter().enumerate() {
            if subject == rbac::SubjectKey::Nobody {
                continue;
            }
            let draft = drafts.edge(Vertex::Subject(subject), Vertex::Binding(id));
            match fact.and_then(|fact| Some((fact.resource, fact.subjects.get(at)?.place))) {
                Some((resource, place)) => draft
                    .shown_by(resource, place, "the subject")
                    .cut_by_removing(resource, place, SUBJECT_COST, TAKE_SUBJECT)
                    .file(),
                None => draft.file(),
            }
        }
    }
}
