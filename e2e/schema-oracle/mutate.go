package main

// This file is responsible for what is wrong in random objects: fields that are not there, and values of another type.

import (
	"slices"
	"strings"
)

// slot is a place in an object: a mapping, and the key of one of its values.
type slot struct {
	parent map[string]any
	key    string
}

// wrong holds a value of every type that JSON has, and some that are of the right type and do not fit.
var wrong = []any{
	true, 7, 0.5, 3000000000, "text", "7", "true", "not base64!", "1 core", "2030-01-31", nil, []any{}, []any{1},
	map[string]any{}, map[string]any{"a": "b"},
}

// mutate makes up to three changes.
func (g *generator) mutate(object map[string]any) {
	for range 1 + g.random.IntN(3) {
		all := slots(object)
		at := all[g.random.IntN(len(all))]
		if at.parent["apiVersion"] != nil && (at.key == "apiVersion" || at.key == "kind") {
			continue
		}
		switch g.random.IntN(4) {
		case 0:
			at.parent["unknownField"] = clone(wrong[g.random.IntN(len(wrong))])
		case 1:
			value := at.parent[at.key]
			delete(at.parent, at.key)
			at.parent[misspell(at.key, g.random.IntN(3))] = value
		default:
			at.parent[at.key] = clone(wrong[g.random.IntN(len(wrong))])
		}
	}
}

func misspell(key string, how int) string {
	switch {
	case how == 0:
		return strings.ToUpper(key[:1]) + key[1:]
	case how == 1 || len(key) < 3:
		return key + "s"
	default:
		return key[:1] + key[2:]
	}
}

// slots lists every key of every mapping, in a fixed order.
func slots(value any) []slot {
	var found []slot
	switch value := value.(type) {
	case map[string]any:
		keys := make([]string, 0, len(value))
		for key := range value {
			keys = append(keys, key)
		}
		slices.Sort(keys)
		for _, key := range keys {
			found = append(found, slot{parent: value, key: key})
			found = append(found, slots(value[key])...)
		}
	case []any:
		for _, item := range value {
			found = append(found, slots(item)...)
		}
	}
	return found
}
