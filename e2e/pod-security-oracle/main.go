// Command pod-security-oracle answers what Kubernetes' own Pod Security admission plugin says of a pod.
//
// This file is responsible for the command line. The evaluation is in evaluate.go, the API defaulting in
// defaults.go, the random pods in generate.go.
package main

import (
	"bufio"
	"flag"
	"fmt"
	"io"
	"os"
)

const usage = `usage:
  pod-security-oracle [--default]                     NDJSON cases on stdin, NDJSON results on stdout
  pod-security-oracle generate --count N --seed S     NDJSON cases on stdout
`

func main() {
	if err := run(os.Args[1:], os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "pod-security-oracle:", err)
		os.Exit(1)
	}
}

func run(arguments []string, input io.Reader, output io.Writer) error {
	writer := bufio.NewWriterSize(output, 1<<20)
	var err error
	if len(arguments) > 0 && arguments[0] == "generate" {
		err = runGenerate(arguments[1:], writer)
	} else {
		err = runEvaluate(arguments, input, writer)
	}
	// What was answered before the error is still worth reading.
	if flushErr := writer.Flush(); err == nil {
		err = flushErr
	}
	return err
}

func runEvaluate(arguments []string, input io.Reader, output io.Writer) error {
	flags := newFlagSet("pod-security-oracle")
	applyDefaults := flags.Bool("default", false, "apply the API server's defaulting to each pod before evaluating it")
	if err := parseFlags(flags, arguments); err != nil {
		return err
	}
	oracle, err := newOracle()
	if err != nil {
		return err
	}
	if *applyDefaults {
		oracle.prepare = defaultPod
	}
	return oracle.evaluateAll(input, output)
}

func runGenerate(arguments []string, output io.Writer) error {
	flags := newFlagSet("pod-security-oracle generate")
	count := flags.Int("count", 1000, "how many cases")
	seed := flags.Uint64("seed", 1, "the same seed gives the same cases")
	allVersions := flags.Bool("all-versions", false, "leave out `versions`, so that each case is evaluated at every version")
	if err := parseFlags(flags, arguments); err != nil {
		return err
	}
	return generateAll(generation{count: *count, seed: *seed, allVersions: *allVersions}, output)
}

func newFlagSet(name string) *flag.FlagSet {
	flags := flag.NewFlagSet(name, flag.ExitOnError)
	flags.Usage = func() {
		fmt.Fprint(os.Stderr, usage)
		flags.PrintDefaults()
	}
	return flags
}

func parseFlags(flags *flag.FlagSet, arguments []string) error {
	if err := flags.Parse(arguments); err != nil {
		return err
	}
	if flags.NArg() > 0 {
		return fmt.Errorf("unexpected argument %q", flags.Arg(0))
	}
	return nil
}
