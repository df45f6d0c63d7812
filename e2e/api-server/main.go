// A control plane of Kubernetes for the end-to-end tests of Plimsoll: etcd, the API server and the controller manager
// from their own Go modules, on loopback, in one binary. What each role does stands beside it.
package main

import (
	"fmt"
	"os"
	_ "time/tzdata" // CronJobs name time zones.

	"k8s.io/component-base/cli"
	apiserver "k8s.io/kubernetes/cmd/kube-apiserver/app"
	controllermanager "k8s.io/kubernetes/cmd/kube-controller-manager/app"
)

const usage = `usage: api-server ROLE [FLAG]…

  serve      start a control plane, print one line of JSON when it is ready, run until standard input ends
  load       create the objects of standard input (YAML or JSON documents), many at a time
  requests   send the requests of standard input (a line of JSON each), print the answers in their order
`

func main() {
	if len(os.Args) < 2 {
		fmt.Fprint(os.Stderr, usage)
		os.Exit(2)
	}
	role := os.Args[1]
	os.Args = append(os.Args[:1:1], os.Args[2:]...)
	// The components share global state, so each runs in a process of its own: this binary, under another role.
	switch role {
	case "kube-apiserver":
		os.Exit(cli.Run(apiserver.NewAPIServerCommand()))
	case "kube-controller-manager":
		os.Exit(cli.Run(controllermanager.NewControllerManagerCommand()))
	case "serve":
		exitOn(serve(os.Args[1:]))
	case "load":
		exitOn(load(os.Args[1:]))
	case "requests":
		exitOn(requests(os.Args[1:]))
	default:
		fmt.Fprint(os.Stderr, usage)
		os.Exit(2)
	}
}

func exitOn(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
		os.Exit(1)
	}
}
