//! `images`: names, tags and digests of container images.

use regex::Regex;

use crate::context::{Context, Error};
use crate::field_spec::{FieldSpec, Walk};
use crate::kustomization::Image;
use crate::node::{Data, Kind, Node, Origin, Tag};
use crate::resource::Resources;

use super::follow_all;

/// Changes the images of that name.
pub(crate) fn apply(
    resources: &mut Resources,
    image: &Image,
    specs: &[FieldSpec],
    context: &mut Context<'_>,
) -> Result<(), Error> {
    let Ok(pattern) = Pattern::new(&image.name) else {
        return Err(context.error(image.origin, format!("the image name `{}` is not a regular expression", image.name)));
    };
    let deciding = [&image.new_tag, &image.digest, &image.tag_suffix, &image.new_name];
    let origin = match deciding.into_iter().flatten().next() {
        Some(setting) => context.value(setting.field.clone(), setting.origin),
        None => image.origin,
    };
    for resource in &mut resources.list {
        if resource.kind() == "CustomResourceDefinition" {
            continue;
        }
        let result = in_container_lists(&mut resource.node, &mut |node| set_image(node, image, &pattern, origin));
        if let Err(message) = result {
            let id = resource.id(&context.schema);
            return Err(context.error(resource.node.origin, format!("in {id}, {message}")));
        }
        let mut set = |node: &mut Node| set_image(node, image, &pattern, origin);
        let mut walk = Walk { make: None, tag: Tag::Unset, origin, set: &mut set };
        follow_all(resource, specs, &mut walk, context)?;
    }
    Ok(())
}

/// Which references are meant: the name is a regular expression, and a tag and a digest may follow.
enum Pattern {
    /// A name in which nothing is special but the points, each of which stands for any character.
    Name(String),
    Expression(Regex),
}

impl Pattern {
    fn new(name: &str) -> Result<Self, regex::Error> {
        if name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"/-_:.".contains(&byte)) {
            return Ok(Self::Name(name.to_owned()));
        }
        let text = format!("^{name}(:[a-zA-Z0-9_.{{}}-]*)?(@sha256:[a-zA-Z0-9_.{{}}-]*)?$");
        Regex::new(&text).map(Self::Expression)
    }

    fn matches(&self, reference: &str) -> bool {
        let name = match self {
            Self::Expression(expression) => return expression.is_match(reference),
            Self::Name(name) => name,
        };
        let mut rest = reference.chars();
        for expected in name.chars() {
            match (expected, rest.next()) {
                (_, None) | ('.', Some('\n')) => return false,
                (expected, Some(found)) if expected == '.' || expected == found => {}
                _ => return false,
            }
        }
        let is_part = |c: char| c.is_ascii_alphanumeric() || "_.{}-".contains(c);
        let after =
            |text: &'_ str, mark: &str| text.strip_prefix(mark).map(|rest| rest.trim_start_matches(is_part).len());
        let rest = rest.as_str();
        let rest = after(rest, ":").map_or(rest, |left| &rest[rest.len() - left..]);
        rest.is_empty() || after(rest, "@sha256:") == Some(0)
    }
}

type Visit<'v> = &'v mut dyn FnMut(&mut Node) -> Result<(), String>;

/// `image` of every item of every list called `containers` or `initContainers`, at any depth.
fn in_container_lists(node: &mut Node, visit: Visit<'_>) -> Result<(), String> {
    match &mut node.data {
        Data::Scalar(_) => {}
        Data::Sequence(items) => {
            for item in items {
                in_container_lists(item, visit)?;
            }
        }
        Data::Mapping(entries) => {
            for entry in entries {
                in_container_lists(&mut entry.value, visit)?;
                if !matches!(entry.key.as_str(), "containers" | "initContainers") {
                    continue;
                }
                let Data::Sequence(containers) = &mut entry.value.data else { continue };
                for container in containers.iter_mut().filter(|container| !container.is_null()) {
                    if container.kind() != Kind::Mapping {
                        return Err(format!("an item of `{}` is {}", entry.key, container.kind().name()));
                    }
                    if let Some(image) = container.get_mut("image") {
                        visit(image)?;
                    }
                }
            }
        }
    }
    Ok(())
}

fn set_image(node: &mut Node, image: &Image, pattern: &Pattern, origin: Origin) -> Result<(), String> {
    if node.is_null() {
        return Ok(());
    }
    if node.kind() != Kind::Scalar {
        return Err(format!("an image is a single value, and this is {}", node.kind().name()));
    }
    if !pattern.matches(node.as_written()) {
        return Ok(());
    }
    let (name, tag, digest) = split(node.as_written());
    let text = |setting: &Option<crate::kustomization::Setting>| setting.as_ref().map(|setting| setting.text.clone());
    let mut reference = text(&image.new_name).unwrap_or_else(|| name.to_owned());
    let (new_tag, new_digest) = (text(&image.new_tag), text(&image.digest));
    let (tag, digest) = match (new_tag, new_digest, text(&image.tag_suffix)) {
        (None, None, None) => (tag.to_owned(), digest.to_owned()),
        (None, None, Some(suffix)) => (format!("{tag}{suffix}"), String::new()),
        (tag, digest, _) => (tag.unwrap_or_default(), digest.unwrap_or_default()),
    };
    if !tag.is_empty() {
        reference.push(':');
        reference.push_str(&tag);
    }
    if !digest.is_empty() {
        reference.push('@');
        reference.push_str(&digest);
    }
    let mut value = Node::scalar(reference, origin);
    value.quote_ambiguous();
    node.set_scalar(value);
    Ok(())
}

/// Name, tag and digest of a reference. A colon before the first slash belongs to the host.
fn split(reference: &str) -> (&str, &str, &str) {
    let from = reference.find('/').filter(|&at| at > 0).unwrap_or(0);
    let at_digest = reference[from..].find('@').map(|at| at + from);
    let at_tag = reference[from..].find(':').map(|at| at + from);
    let digest = |at: usize| reference[at..].trim_start_matches('@');
    match (at_tag, at_digest) {
        (None, None) => (reference, "", ""),
        (None, Some(at)) => (&reference[..at], "", digest(at)),
        (Some(tag), Some(at)) if at < tag => (&reference[..at], "", digest(at)),
        (Some(tag), Some(at)) => (&reference[..tag], reference[tag..at].trim_start_matches(':'), digest(at)),
        (Some(tag), None) => (&reference[..tag], &reference[tag + 1..], ""),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_without_anything_special_match_as_their_expression_does() {
        let names = ["nginx", "a.b/c-d_e", "host:5000/x", ".", "a."];
        let references = [
            "nginx",
            "nginx:1.2",
            "nginx:",
            "nginx@sha256:ab",
            "nginx:1@sha256:ab",
            "nginx@sha256:",
            "nginx@md5:1",
            "nginx:1/2",
            "nginx2",
            "xnginx",
            "",
            "a.b/c-d_e:v1",
            "aXb/c-d_e",
            "a\nb/c-d_e",
            "aäb/c-d_e",
            "host:5000/x:1",
            "host:5000/x",
            "host",
            "a",
            "ä",
            "ab",
            "\n",
            "a:",
            "a::",
            "a:{}",
            "nginx:1\n",
        ];
        for name in names {
            let text = format!("^{name}(:[a-zA-Z0-9_.{{}}-]*)?(@sha256:[a-zA-Z0-9_.{{}}-]*)?$");
            let (expression, own) = (Regex::new(&text).unwrap(), Pattern::new(name).unwrap());
            assert!(matches!(own, Pattern::Name(_)));
            for reference in references {
                assert_eq!(own.matches(reference), expression.is_match(reference), "{name}: {reference:?}");
            }
        }
    }
}
