// Prints what kustomize knows of the built-in kinds: the lists that strategic merge patches merge, with their keys, and
// the kinds that belong to no namespace. Types that lead to no such list are left out.
package main

import (
	"fmt"
	"sort"
	"strings"

	"k8s.io/kube-openapi/pkg/validation/spec"
	"sigs.k8s.io/kustomize/kyaml/openapi"
	"sigs.k8s.io/kustomize/kyaml/yaml"
)

type field struct {
	name, target string
	keys         []string
	merges       bool
}

func main() {
	openapi.SchemaForResourceType(yaml.TypeMeta{APIVersion: "v1", Kind: "Pod"})
	definitions := openapi.Schema().Definitions
	fields := map[string][]field{}
	var names []string
	for name, definition := range definitions {
		names = append(names, name)
		fields[name] = fieldsOf(definition)
	}
	sort.Strings(names)
	useful := leadToMerges(fields)
	clusterScoped := map[string]bool{}
	for _, name := range names {
		kinds := kindsOf(definitions[name])
		for _, kind := range kinds {
			if namespaced, found := openapi.IsNamespaceScoped(kind); found && !namespaced {
				clusterScoped[kind.APIVersion+"\t"+kind.Kind] = true
			}
		}
		if useful[name] {
			printType(name, kinds, fields[name], useful)
		}
	}
	var lines []string
	for line := range clusterScoped {
		lines = append(lines, line)
	}
	sort.Strings(lines)
	for _, line := range lines {
		fmt.Printf("cluster\t%s\n", line)
	}
}

func fieldsOf(definition spec.Schema) []field {
	var fields []field
	for name := range definition.Properties {
		property := definition.Properties[name]
		item := property
		if len(property.Type) == 1 && property.Type[0] == "array" && property.Items != nil && property.Items.Schema != nil {
			item = *property.Items.Schema
		}
		found := field{name: name, target: strings.TrimPrefix(item.Ref.String(), "#/definitions/")}
		schema := openapi.ResourceSchema{Schema: &property}
		strategies, keys := schema.PatchStrategyAndKeyList()
		for _, strategy := range strings.Split(strategies, ",") {
			found.merges = found.merges || strategy == "merge"
		}
		found.keys = keys
		fields = append(fields, found)
	}
	sort.Slice(fields, func(i, j int) bool { return fields[i].name < fields[j].name })
	return fields
}

func leadToMerges(fields map[string][]field) map[string]bool {
	useful := map[string]bool{}
	for changed := true; changed; {
		changed = false
		for name, list := range fields {
			for _, field := range list {
				if !useful[name] && (field.merges || useful[field.target]) {
					useful[name], changed = true, true
				}
			}
		}
	}
	return useful
}

func kindsOf(definition spec.Schema) []yaml.TypeMeta {
	var kinds []yaml.TypeMeta
	list, _ := definition.Extensions["x-kubernetes-group-version-kind"].([]interface{})
	for _, entry := range list {
		parts := entry.(map[string]interface{})
		version := parts["version"].(string)
		if group, _ := parts["group"].(string); group != "" {
			version = group + "/" + version
		}
		kind := parts["kind"].(string)
		if kind != "DeleteOptions" && kind != "WatchEvent" {
			kinds = append(kinds, yaml.TypeMeta{APIVersion: version, Kind: kind})
		}
	}
	return kinds
}

func printType(name string, kinds []yaml.TypeMeta, fields []field, useful map[string]bool) {
	fmt.Printf("def\t%s\n", short(name))
	for _, kind := range kinds {
		fmt.Printf("kind\t%s\t%s\n", kind.APIVersion, kind.Kind)
	}
	for _, field := range fields {
		if !field.merges && !useful[field.target] {
			continue
		}
		target, merge := "", ""
		if useful[field.target] {
			target = short(field.target)
		}
		if field.merges {
			merge = "\tmerge " + strings.Join(field.keys, ",")
		}
		fmt.Printf("%s\t%s%s\n", field.name, target, merge)
	}
}

func short(name string) string {
	parts := strings.Split(name, ".")
	if len(parts) > 3 {
		parts = parts[len(parts)-3:]
	}
	return strings.Join(parts, ".")
}
