// Command schema-oracle answers what the API server's strict decoder says of an object.
//
// This file is responsible for the command line and for decoding. The random objects are in generate.go, what is
// done to them in mutate.go.
package main

import (
	"bufio"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
	"strings"

	apiextensions "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/kubernetes/scheme"
	apiregistration "k8s.io/kube-aggregator/pkg/apis/apiregistration/v1"
	kjson "sigs.k8s.io/json"
)

const usage = `usage:
  schema-oracle                               NDJSON objects on stdin, NDJSON answers on stdout
  schema-oracle generate --count N --seed S   NDJSON objects on stdout
`

// answer is what the decoder says of one object.
type answer struct {
	// Known is false if no Go type belongs to the kind.
	Known bool `json:"known"`
	// Unknown holds the paths of the fields that the type does not have.
	Unknown []string `json:"unknown"`
	// Error is the first error that makes the API server refuse the object whatever it is told about strictness.
	Error string `json:"error"`
}

func main() {
	if err := run(os.Args[1:], os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "schema-oracle:", err)
		os.Exit(1)
	}
}

func run(arguments []string, input io.Reader, output io.Writer) error {
	writer := bufio.NewWriterSize(output, 1<<20)
	var err error
	if len(arguments) > 0 && arguments[0] == "generate" {
		err = runGenerate(arguments[1:], writer)
	} else if len(arguments) > 0 {
		err = fmt.Errorf("unexpected argument %q\n%s", arguments[0], usage)
	} else {
		err = decodeAll(input, writer)
	}
	if flushErr := writer.Flush(); err == nil {
		err = flushErr
	}
	return err
}

func runGenerate(arguments []string, output io.Writer) error {
	flags := flag.NewFlagSet("schema-oracle generate", flag.ExitOnError)
	count := flags.Int("count", 1000, "how many objects")
	seed := flags.Uint64("seed", 1, "the same seed gives the same objects")
	if err := flags.Parse(arguments); err != nil {
		return err
	}
	return generateAll(*count, *seed, output)
}

// types is every type of the API that this program knows.
func types() (*runtime.Scheme, error) {
	all := runtime.NewScheme()
	for _, add := range []func(*runtime.Scheme) error{scheme.AddToScheme, apiextensions.AddToScheme, apiregistration.AddToScheme} {
		if err := add(all); err != nil {
			return nil, err
		}
	}
	return all, nil
}

func decodeAll(input io.Reader, output io.Writer) error {
	all, err := types()
	if err != nil {
		return err
	}
	lines := bufio.NewScanner(input)
	lines.Buffer(make([]byte, 0, 1<<20), 1<<30)
	encoder := json.NewEncoder(output)
	for lines.Scan() {
		result, err := decode(all, lines.Bytes())
		if err != nil {
			return err
		}
		if err := encoder.Encode(result); err != nil {
			return err
		}
	}
	return lines.Err()
}

// decode does what the strict serializer of apimachinery does, and keeps all that is said.
func decode(all *runtime.Scheme, text []byte) (answer, error) {
	var meta struct {
		APIVersion string `json:"apiVersion"`
		Kind       string `json:"kind"`
	}
	if err := json.Unmarshal(text, &meta); err != nil {
		return answer{}, fmt.Errorf("not an object: %w", err)
	}
	object, err := all.New(schema.FromAPIVersionAndKind(meta.APIVersion, meta.Kind))
	if runtime.IsNotRegisteredError(err) {
		return answer{}, nil
	} else if err != nil {
		return answer{}, err
	}
	result := answer{Known: true, Unknown: []string{}}
	strict, err := kjson.UnmarshalStrict(text, object)
	if err != nil {
		result.Error = err.Error()
	}
	for _, one := range strict {
		path, found := strings.CutPrefix(one.Error(), "unknown field ")
		if !found {
			return answer{}, fmt.Errorf("not an unknown field: %w", one)
		}
		result.Unknown = append(result.Unknown, strings.Trim(path, `"`))
	}
	return result, nil
}
