// Command cel-oracle says what expressions of CEL are worth in the environment of the API server.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"sort"
	"strings"

	"github.com/google/cel-go/cel"
	"github.com/google/cel-go/common/types"
	"github.com/google/cel-go/common/types/ref"
	"github.com/google/cel-go/common/types/traits"
	"k8s.io/apimachinery/pkg/util/version"
	"k8s.io/apiserver/pkg/cel/environment"
)

// question is one line of the input.
type question struct {
	Expression string `json:"expression"`
	Object     any    `json:"object"`
}

// answer is one line of the output: why the expression is refused, or its type and its value or error.
type answer struct {
	Refused string `json:"refused,omitempty"`
	Line    int    `json:"line,omitempty"`
	Column  int    `json:"column,omitempty"`
	Type    string `json:"type,omitempty"`
	Error   string `json:"error,omitempty"`
	Value   string `json:"value,omitempty"`
}

func main() {
	set := environment.MustBaseEnvSet(version.MajorMinor(1, 37))
	set, err := set.Extend(environment.VersionedOptions{
		IntroducedVersion: version.MajorMinor(1, 0),
		EnvOptions:        []cel.EnvOption{cel.Variable("object", cel.DynType)},
	}, environment.StrictCostOpt)
	if err != nil {
		panic(err)
	}
	env, err := set.Env(environment.StoredExpressions)
	if err != nil {
		panic(err)
	}
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(make([]byte, 1<<20), 1<<24)
	out := json.NewEncoder(os.Stdout)
	out.SetEscapeHTML(false)
	for lines.Scan() {
		decoder := json.NewDecoder(strings.NewReader(lines.Text()))
		decoder.UseNumber()
		var asked question
		if err := decoder.Decode(&asked); err != nil {
			panic(err)
		}
		if err := out.Encode(evaluate(env, asked.Expression, native(asked.Object))); err != nil {
			panic(err)
		}
	}
}

// evaluate recovers from what cel-go panics at, as the API server does.
func evaluate(env *cel.Env, expression string, object any) (told answer) {
	defer func() {
		if cause := recover(); cause != nil {
			told = answer{Refused: fmt.Sprintf("internal error: %v", cause)}
		}
	}()
	ast, issues := env.Compile(expression)
	if issues.Err() != nil {
		first := issues.Errors()[0]
		return answer{Refused: first.Message, Line: first.Location.Line(), Column: first.Location.Column() + 1}
	}
	program, err := env.Program(ast)
	if err != nil {
		return answer{Refused: "program instantiation failed: " + err.Error()}
	}
	told.Type = ast.OutputType().String()
	value, _, err := program.Eval(map[string]any{"object": object})
	if err != nil {
		told.Error = err.Error()
	} else {
		told.Value = show(value)
	}
	return told
}

// native makes of JSON what the API server makes of it.
func native(value any) any {
	switch value := value.(type) {
	case json.Number:
		if integer, err := value.Int64(); err == nil {
			return integer
		}
		float, _ := value.Float64()
		return float
	case map[string]any:
		for key, inner := range value {
			value[key] = native(inner)
		}
	case []any:
		for at, inner := range value {
			value[at] = native(inner)
		}
	}
	return value
}

// show writes a value so that its type can be told.
func show(value ref.Val) string {
	switch value := value.(type) {
	case types.String:
		return fmt.Sprintf("s%x", string(value))
	case types.Bytes:
		return fmt.Sprintf("b%x", []byte(value))
	case types.Int:
		return fmt.Sprintf("%d", int64(value))
	case types.Uint:
		return fmt.Sprintf("%du", uint64(value))
	case types.Double:
		return fmt.Sprintf("%gd", float64(value))
	case types.Bool:
		return fmt.Sprintf("%v", bool(value))
	case types.Null:
		return "null"
	case types.Duration, types.Timestamp:
		return fmt.Sprintf("%s(%v)", value.Type().TypeName(), value.ConvertToType(types.StringType))
	case *types.Optional:
		if value.HasValue() {
			return "optional(" + show(value.GetValue()) + ")"
		}
		return "none"
	case traits.Lister:
		var items []string
		for at := value.Iterator(); at.HasNext() == types.True; {
			items = append(items, show(at.Next()))
		}
		return "[" + strings.Join(items, ", ") + "]"
	case traits.Mapper:
		var entries []string
		for at := value.Iterator(); at.HasNext() == types.True; {
			key := at.Next()
			entries = append(entries, show(key)+": "+show(value.Get(key)))
		}
		sort.Strings(entries)
		return "{" + strings.Join(entries, ", ") + "}"
	case ref.Type:
		return "type " + value.TypeName()
	}
	return value.Type().TypeName()
}
