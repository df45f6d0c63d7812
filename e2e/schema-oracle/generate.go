package main

// This file is responsible for random objects that fit their Go types: of every kind, with every field in reach.

import (
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"

	apiextensions "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/intstr"
)

type generator struct {
	random *rand.Rand
}

// special holds what types that unmarshal themselves take.
var special = map[reflect.Type][]any{
	reflect.TypeFor[resource.Quantity]():                          {"100m", "1.5", "64Mi", 2, 0.5, "1e3", "0"},
	reflect.TypeFor[intstr.IntOrString]():                         {80, "http", "25%"},
	reflect.TypeFor[metav1.Time]():                                {"2030-01-31T08:00:00Z", "2030-01-31T08:00:00+02:00", nil},
	reflect.TypeFor[metav1.MicroTime]():                           {"2030-01-31T08:00:00.123456Z", nil},
	reflect.TypeFor[metav1.Duration]():                            {"5m"},
	reflect.TypeFor[metav1.FieldsV1]():                            {map[string]any{"f:a": map[string]any{}}},
	reflect.TypeFor[runtime.RawExtension]():                       {map[string]any{"any": []any{1, "a"}}},
	reflect.TypeFor[apiextensions.JSON]():                         {1, "a", []any{true}, map[string]any{"a": 1}},
	reflect.TypeFor[apiextensions.JSONSchemaPropsOrBool]():        {true, map[string]any{"type": "string"}},
	reflect.TypeFor[apiextensions.JSONSchemaPropsOrArray]():       {map[string]any{"type": "string"}},
	reflect.TypeFor[apiextensions.JSONSchemaPropsOrStringArray](): {[]any{"a"}, map[string]any{"type": "string"}},
}

// kinds lists what is written into manifests, in a fixed order.
func kinds(all *runtime.Scheme) []schema.GroupVersionKind {
	var found []schema.GroupVersionKind
	for kind := range all.AllKnownTypes() {
		isOther := strings.HasSuffix(kind.Kind, "List") || strings.HasSuffix(kind.Kind, "Options") ||
			kind.Kind == "WatchEvent" || kind.Version == runtime.APIVersionInternal
		if !isOther {
			found = append(found, kind)
		}
	}
	slices.SortFunc(found, func(a, b schema.GroupVersionKind) int { return strings.Compare(a.String(), b.String()) })
	return found
}

// generateAll writes objects, one a line: each kind in turn, every second one with something wrong in it.
func generateAll(count int, seed uint64, output io.Writer) error {
	all, err := types()
	if err != nil {
		return err
	}
	known := kinds(all)
	gen := generator{random: rand.New(rand.NewPCG(seed, 0))}
	encoder := json.NewEncoder(output)
	encoder.SetEscapeHTML(false)
	for number := range count {
		kind := known[number%len(known)]
		object, err := all.New(kind)
		if err != nil {
			return fmt.Errorf("%s: %w", kind, err)
		}
		value, _ := gen.value(reflect.TypeOf(object).Elem(), 0).(map[string]any)
		value["apiVersion"], value["kind"] = kind.GroupVersion().String(), kind.Kind
		if (number/len(known))%2 == 1 {
			gen.mutate(value)
		}
		if err := encoder.Encode(value); err != nil {
			return err
		}
	}
	return nil
}

func (g *generator) value(of reflect.Type, depth int) any {
	if choices, found := special[of]; found {
		return clone(choices[g.random.IntN(len(choices))])
	}
	switch of.Kind() {
	case reflect.Pointer:
		return g.value(of.Elem(), depth)
	case reflect.Bool:
		return g.random.IntN(2) == 0
	case reflect.Int32, reflect.Int64, reflect.Int, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return g.random.IntN(200)
	case reflect.Float32, reflect.Float64:
		return float64(g.random.IntN(200)) / 4
	case reflect.String:
		return []string{"a", "text", "1", "true", ""}[g.random.IntN(5)]
	case reflect.Slice:
		if of.Elem().Kind() == reflect.Uint8 {
			return []string{"", "QQ==", "aHVudGVyMg=="}[g.random.IntN(3)]
		}
		items := []any{}
		for range 1 + g.random.IntN(2) {
			items = append(items, g.value(of.Elem(), depth+1))
		}
		return items
	case reflect.Map:
		entries := map[string]any{}
		for _, key := range []string{"one", "two"}[:1+g.random.IntN(2)] {
			entries[key] = g.value(of.Elem(), depth+1)
		}
		return entries
	case reflect.Struct:
		fields := map[string]any{}
		g.fields(of, depth, fields)
		return fields
	default:
		panic(fmt.Sprintf("%s is of a kind that the API does not use", of))
	}
}

// clone copies what is changed later.
func clone(value any) any {
	switch value := value.(type) {
	case map[string]any:
		copied := map[string]any{}
		for key, inner := range value {
			copied[key] = clone(inner)
		}
		return copied
	case []any:
		copied := make([]any, len(value))
		for index, inner := range value {
			copied[index] = clone(inner)
		}
		return copied
	default:
		return value
	}
}

// fields fills in fields of a struct: fewer the deeper it stands.
func (g *generator) fields(of reflect.Type, depth int, into map[string]any) {
	for index := range of.NumField() {
		field := of.Field(index)
		name, rest, _ := strings.Cut(field.Tag.Get("json"), ",")
		if name == "" && strings.Contains(rest, "inline") {
			inner := field.Type
			if inner.Kind() == reflect.Pointer {
				inner = inner.Elem()
			}
			g.fields(inner, depth, into)
			continue
		}
		if name == "" || name == "-" || depth > 12 || g.random.IntN(4+depth) > 3 {
			continue
		}
		into[name] = g.value(field.Type, depth+1)
	}
}
