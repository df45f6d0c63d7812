package main

import (
	"bufio"
	"context"
	"crypto/x509"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"time"

	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"
)

// ready is the line that is printed when requests are answered.
type ready struct {
	Server      string            `json:"server"`
	Directory   string            `json:"directory"`
	Authority   string            `json:"certificateAuthority"`
	Kubeconfigs map[string]string `json:"kubeconfigs"`
	AuditLog    string            `json:"auditLog,omitempty"`
	Processes   map[string]int    `json:"processes"`
}

// users collects `--user NAME[=GROUP,GROUP]`.
type users map[string][]string

func (u users) String() string { return "" }
func (u users) Set(text string) error {
	name, groups, _ := strings.Cut(text, "=")
	if name == "" {
		return errors.New("a user has a name")
	}
	u[name] = nil
	if groups != "" {
		u[name] = strings.Split(groups, ",")
	}
	return nil
}

type plane struct {
	directory   string
	port        int
	clients     *authority
	front       *authority
	serving     pair
	proxy       pair
	tokens      string
	auditLog    string
	kubeconfigs map[string]string
	processes   map[string]*exec.Cmd
	died        chan string
	etcd        *store
}

func serve(arguments []string) error {
	flags := flag.NewFlagSet("serve", flag.ContinueOnError)
	directory := flags.String("directory", "", "where keys, kubeconfigs, logs and data lie; a temporary folder if not given")
	nodes := flags.Int("nodes", 0, "simulated nodes: pods are bound to them and said to run")
	controllers := flags.Bool("controllers", true, "run the controller manager")
	audit := flags.Bool("audit", false, "keep an audit log (metadata)")
	people := users{}
	flags.Var(people, "user", "a kubeconfig for this user, as NAME or NAME=GROUP,GROUP; may be given several times")
	if err := flags.Parse(arguments); err != nil {
		return err
	}
	people["admin"] = []string{"system:masters"}
	// Children live as long as the thread that started them.
	runtime.LockOSThread()
	p := &plane{directory: *directory, kubeconfigs: map[string]string{}, processes: map[string]*exec.Cmd{}, died: make(chan string, 2)}
	if p.directory == "" {
		temporary, err := os.MkdirTemp("", "api-server-")
		if err != nil {
			return err
		}
		defer os.RemoveAll(temporary)
		p.directory = temporary
	}
	if err := p.prepare(people, *audit); err != nil {
		return err
	}
	etcd, err := startEtcd(filepath.Join(p.directory, "etcd"))
	if err != nil {
		return err
	}
	defer etcd.Close()
	p.etcd = etcd
	defer p.stop()
	if err := p.start("kube-apiserver", p.serverFlags(etcd.endpoint)); err != nil {
		return err
	}
	if err := p.untilReady(120 * time.Second); err != nil {
		return err
	}
	if *controllers {
		flags, err := p.controllerFlags()
		if err != nil {
			return err
		}
		if err := p.start("kube-controller-manager", flags); err != nil {
			return err
		}
	}
	if *nodes > 0 {
		if err := simulateNodes(context.Background(), p.kubeconfigs["admin"], *nodes); err != nil {
			return err
		}
	}
	return p.announceAndWait()
}

// prepare writes certificates, keys and kubeconfigs.
func (p *plane) prepare(people users, audit bool) (err error) {
	keys := filepath.Join(p.directory, "keys")
	if err = os.MkdirAll(keys, 0o700); err != nil {
		return err
	}
	if p.port, err = freePort(); err != nil {
		return err
	}
	if p.clients, err = newAuthority(keys, "authority"); err != nil {
		return err
	}
	if p.front, err = newAuthority(keys, "front-proxy-authority"); err != nil {
		return err
	}
	if p.serving, err = p.clients.issue(keys, "server", nil, x509.ExtKeyUsageServerAuth); err != nil {
		return err
	}
	if p.proxy, err = p.front.issue(keys, "front-proxy", nil, x509.ExtKeyUsageClientAuth); err != nil {
		return err
	}
	if p.tokens, err = serviceAccountKey(keys); err != nil {
		return err
	}
	if audit {
		p.auditLog = filepath.Join(p.directory, "audit.log")
		policy := "apiVersion: audit.k8s.io/v1\nkind: Policy\nomitStages: [RequestReceived]\nrules: [{level: Metadata}]\n"
		if err = os.WriteFile(filepath.Join(p.directory, "audit.yaml"), []byte(policy), 0o600); err != nil {
			return err
		}
	}
	all := users{"system:kube-controller-manager": nil}
	for name, groups := range people {
		all[name] = groups
	}
	for name, groups := range all {
		if err = p.writeKubeconfig(keys, name, groups); err != nil {
			return err
		}
	}
	return nil
}

func (p *plane) address() string { return fmt.Sprintf("https://127.0.0.1:%d", p.port) }

func (p *plane) writeKubeconfig(keys, name string, groups []string) error {
	issued, err := p.clients.issue(keys, name, groups, x509.ExtKeyUsageClientAuth)
	if err != nil {
		return err
	}
	config := clientcmdapi.NewConfig()
	config.Clusters["e2e"] = &clientcmdapi.Cluster{Server: p.address(), CertificateAuthorityData: p.clients.pem}
	config.AuthInfos[name] = &clientcmdapi.AuthInfo{ClientCertificate: issued.certificate, ClientKey: issued.key}
	config.Contexts[name] = &clientcmdapi.Context{Cluster: "e2e", AuthInfo: name}
	config.CurrentContext = name
	file := filepath.Join(p.directory, fileName(name)+".kubeconfig")
	p.kubeconfigs[name] = file
	return clientcmd.WriteToFile(*config, file)
}

func (p *plane) serverFlags(etcd string) []string {
	flags := []string{
		"--etcd-servers=" + etcd,
		"--bind-address=127.0.0.1", "--advertise-address=127.0.0.1", "--endpoint-reconciler-type=none",
		fmt.Sprintf("--secure-port=%d", p.port),
		"--tls-cert-file=" + p.serving.certificate, "--tls-private-key-file=" + p.serving.key,
		"--client-ca-file=" + p.clients.file,
		"--authorization-mode=Node,RBAC", "--enable-admission-plugins=NodeRestriction",
		"--allow-privileged=true", "--service-cluster-ip-range=10.0.0.0/16",
		"--kubelet-preferred-address-types=InternalIP", "--shutdown-delay-duration=0s",
		"--service-account-issuer=https://kubernetes.default.svc", "--api-audiences=https://kubernetes.default.svc",
		"--service-account-key-file=" + p.tokens, "--service-account-signing-key-file=" + p.tokens,
		"--requestheader-client-ca-file=" + p.front.file, "--requestheader-allowed-names=front-proxy",
		"--requestheader-username-headers=X-Remote-User", "--requestheader-group-headers=X-Remote-Group",
		"--requestheader-extra-headers-prefix=X-Remote-Extra-",
		"--proxy-client-cert-file=" + p.proxy.certificate, "--proxy-client-key-file=" + p.proxy.key,
	}
	if p.auditLog != "" {
		flags = append(flags, "--audit-log-path="+p.auditLog, "--audit-policy-file="+filepath.Join(p.directory, "audit.yaml"))
	}
	return flags
}

func (p *plane) controllerFlags() ([]string, error) {
	key, err := p.clients.keyFile(filepath.Join(p.directory, "keys"))
	if err != nil {
		return nil, err
	}
	port, err := freePort()
	if err != nil {
		return nil, err
	}
	// Whether others may ask the controller manager is looked up by somebody who may.
	config, admin := p.kubeconfigs["system:kube-controller-manager"], p.kubeconfigs["admin"]
	return []string{
		"--kubeconfig=" + config, "--authentication-kubeconfig=" + admin, "--authorization-kubeconfig=" + admin,
		"--bind-address=127.0.0.1", fmt.Sprintf("--secure-port=%d", port),
		"--leader-elect=false", "--use-service-account-credentials=true", "--controllers=*,-node-ipam-controller",
		"--cluster-signing-cert-file=" + p.clients.file, "--cluster-signing-key-file=" + key,
		"--service-account-private-key-file=" + p.tokens, "--root-ca-file=" + p.clients.file,
		"--kube-api-qps=500", "--kube-api-burst=1000",
	}, nil
}

// start runs this binary under another role; it ends when this process does.
func (p *plane) start(role string, flags []string) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	log, err := os.Create(filepath.Join(p.directory, role+".log"))
	if err != nil {
		return err
	}
	command := exec.Command(self, append([]string{role}, flags...)...)
	command.Stdout, command.Stderr = log, log
	command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	if err := command.Start(); err != nil {
		return err
	}
	p.processes[role] = command
	go func() {
		_ = command.Wait()
		p.died <- role
	}()
	return nil
}

func (p *plane) stop() {
	for _, command := range p.processes {
		_ = command.Process.Signal(syscall.SIGTERM)
	}
	deadline := time.After(5 * time.Second)
	for range p.processes {
		select {
		case <-p.died:
		case <-deadline:
			for _, command := range p.processes {
				_ = command.Process.Kill()
			}
			return
		}
	}
}

func (p *plane) untilReady(limit time.Duration) error {
	config, err := clientcmd.BuildConfigFromFlags("", p.kubeconfigs["admin"])
	if err != nil {
		return err
	}
	client, err := rest.HTTPClientFor(config)
	if err != nil {
		return err
	}
	for end := time.Now().Add(limit); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		select {
		case role := <-p.died:
			return p.said(role)
		default:
		}
		response, err := client.Get(p.address() + "/readyz")
		if err != nil {
			continue
		}
		_ = response.Body.Close()
		if response.StatusCode == http.StatusOK {
			return nil
		}
	}
	return fmt.Errorf("the API server was not ready within %s", limit)
}

// said is an error with the end of a component's log.
func (p *plane) said(role string) error {
	text, _ := os.ReadFile(filepath.Join(p.directory, role+".log"))
	if len(text) > 4000 {
		text = text[len(text)-4000:]
	}
	return fmt.Errorf("%s ended:\n%s", role, text)
}

// announceAndWait prints who is there, and does what the lines of standard input ask for until it ends.
func (p *plane) announceAndWait() error {
	if err := p.announce(); err != nil {
		return err
	}
	lines := make(chan string)
	go func() {
		for scanner := bufio.NewScanner(os.Stdin); scanner.Scan(); {
			lines <- scanner.Text()
		}
		close(lines)
	}()
	for {
		select {
		case line, open := <-lines:
			if !open {
				return nil
			}
			if err := p.obey(line); err != nil {
				return err
			}
			if err := p.announce(); err != nil {
				return err
			}
		case role := <-p.died:
			return p.said(role)
		}
	}
}

// obey restarts the API server, as an upgrade would, or forgets all history, as etcd does every five minutes.
func (p *plane) obey(line string) error {
	switch line {
	case "restart":
		const role = "kube-apiserver"
		_ = p.processes[role].Process.Signal(syscall.SIGTERM)
		if died := <-p.died; died != role {
			return p.said(died)
		}
		if err := p.start(role, p.serverFlags(p.etcd.endpoint)); err != nil {
			return err
		}
		return p.untilReady(120 * time.Second)
	case "compact":
		return p.etcd.forget()
	default:
		return fmt.Errorf("there is no command %q", line)
	}
}

func (p *plane) announce() error {
	line := ready{
		Server: p.address(), Directory: p.directory, Authority: p.clients.file,
		Kubeconfigs: p.kubeconfigs, AuditLog: p.auditLog, Processes: map[string]int{"launcher": os.Getpid()},
	}
	for role, command := range p.processes {
		line.Processes[role] = command.Process.Pid
	}
	return json.NewEncoder(os.Stdout).Encode(line)
}

func freePort() (int, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	defer listener.Close()
	return listener.Addr().(*net.TCPAddr).Port, nil
}
