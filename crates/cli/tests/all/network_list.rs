//! `plimsoll network list` as a picture.

use crate::program::Folder;

fn workload(namespace: &str, name: &str) -> String {
    format!(
        "---\napiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: {name}, namespace: {namespace}}}\nspec:\n  selector: {{matchLabels: {{app: {name}}}}}\n  template:\n    metadata: {{labels: {{app: {name}}}}}\n    spec: {{containers: [{{name: c, image: i}}]}}\n"
    )
}

fn svg(objects: &str, more: &[&str]) -> String {
    let folder = Folder::new(&[("objects.yaml", objects)]);
    let mut arguments = vec!["network", "list", "objects.yaml", "--output", "svg"];
    arguments.extend(more);
    let said = folder.run(&arguments);
    assert!(said.out.starts_with("<svg ") && said.out.ends_with("</svg>\n"), "{}{}", said.out, said.err);
    said.out
}

#[test]
fn a_picture_shows_what_restrictions_let_through_and_what_is_open() {
    let policy = "---\napiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: p, namespace: back}\nspec:\n  podSelector: {matchLabels: {app: db}}\n  ingress:\n    - from: [{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: front}}, podSelector: {matchLabels: {app: web}}}]\n      ports: [{port: 5432}]\n---\napiVersion: v1\nkind: Service\nmetadata: {name: web, namespace: front}\nspec: {type: LoadBalancer, selector: {app: web}, ports: [{port: 443}]}\n";
    let objects =
        [workload("front", "web"), workload("front", "ads"), workload("back", "db"), policy.to_owned()].concat();
    let picture = svg(&objects, &[]);
    for text in
        ["front", "back", "web[Deployment]", "db[Deployment]", "● in restricted", "○ in open", "load balancer TCP 443"]
    {
        assert!(picture.contains(text), "{text}\n{picture}");
    }
    // One edge, from the one that the rule admits; nothing is drawn between those that are open.
    assert_eq!(picture.matches("class=\"edge").count(), 1, "{picture}");
    assert!(picture.contains(">TCP 5432</text>"), "{picture}");
    // Nothing is fetched, and nothing runs.
    assert!(!picture.contains("<script") && !picture.contains("href"), "{picture}");
}

#[test]
fn texts_of_the_user_stay_texts() {
    let objects = workload("n", "w").replace("name: w,", "name: '<script>alert(1)</script>',");
    let picture = svg(&objects, &[]);
    assert!(!picture.contains("<script>") && picture.contains("&lt;script&gt;"), "{picture}");
}

#[test]
fn of_very_many_workloads_namespaces_are_shown() {
    let mut objects = String::new();
    for number in 0..300 {
        objects += &workload(&format!("n{}", number % 3), &format!("w{number}"));
        objects += &format!(
            "---\napiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {{name: p{number}, namespace: n{}}}\nspec: {{podSelector: {{matchLabels: {{app: w{number}}}}}}}\n",
            number % 3
        );
    }
    let picture = svg(&objects, &[]);
    assert!(picture.contains("100 workloads") && picture.contains("restricted: 100 in, 0 out"), "{picture}");
    assert!(picture.contains("too many workloads for a picture"), "{picture}");
}

#[test]
fn a_side_of_a_difference_that_does_not_exist_is_named() {
    let folder = Folder::new(&[("a/objects.yaml", &workload("n", "w"))]);
    for sides in [["a", "nothere"], ["nothere", "a"]] {
        let said = folder.run(&["network", "diff", sides[0], sides[1]]);
        assert_eq!(said.code, 3, "{}{}", said.out, said.err);
        assert!(said.err.contains("there is no file or folder `nothere`"), "{}", said.err);
    }
}
