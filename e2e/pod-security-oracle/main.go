// Command pod-security-oracle answers what Kubernetes' own Pod Security admission plugin says of a pod.
//
// This file is responsible for the command line. The evaluation is in evaluate.go, the API defaulting in
// defaults.go.
package main

import (
	"bufio"
	"flag"
	"fmt"
	"io"
	"os"
)

const usage = `usage:
  pod-security-oracle [--default]     NDJSON cases on stdin, NDJSON results on stdout
`

func main() {
	if err := run(os.Args[1:], os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "pod-security-oracle:", err)
		os.Exit(1)
	}
}

func run(arguments []string, input io.Reader, output io.Writer) error {
	writer := bufio.NewWriterSize(output, 1<<20)
	err := runEvaluate(arguments, input, writer)
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
