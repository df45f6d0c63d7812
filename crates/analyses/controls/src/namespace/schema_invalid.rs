//! `schema-invalid`

use model::control::{Check, Control, alias, fixture, maps};
use model::finding::Findings;
use model::object::Object;
use model::severity::Severity;
use model::workload::Workload;

use super::schema::expected::{METADATA, POD};
use super::schema::{containers, duplicates, fields, surroundings};

/// The control.
pub static CONTROL: Control = Control {
    id: "schema-invalid",
    title: "Manifest does not match the API schema",
    severity: Severity::Medium,
    severity_reason: "fields are dropped silently: the protection you wrote is not applied",
    rationale: "The API server drops fields that it does not know and refuses those of a wrong type. A protection \
                that stands at the wrong level or is misspelt is not there, and nobody is told: the object is accepted \
                and looks hardened to whoever reads the file.",
    remediation: "Move the field to the level that the message names, correct its type or its spelling, or take it out.",
    verify: "kubectl apply --dry-run=server --validate=strict -f FILE",
    aliases: &[alias("kube-linter", "schema-validation")],
    mappings: &[maps("nist-800-53", "CM-6")],
    references: &[
        "https://kubernetes.io/docs/reference/using-api/api-concepts/#field-validation",
        "https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/pod-v1/",
    ],
    umbrella: false,
    parameters: &[],
    check: Check::ObjectAndWorkload(check_object, check_workload),
    fixtures: &[
        fixture(
            "apiVersion: v1
kind: Pod
metadata:
  name: app
spec:
  securityContext:
    readOnlyRootFilesystem: true #~ high spec.securityContext.readOnlyRootFilesystem: `readOnlyRootFilesystem` stands in the `securityContext` of the pod and belongs in the `securityContext` of a container: the API drops it, the protection is not there
  containers:
    - name: app
      image: app:1
",
        ),
        fixture(
            "apiVersion: v1
kind: Pod
metadata:
  name: app
spec:
  containers:
    - name: app
      image: app:1
      securityContext:
        readOnlyRootFilesystem: true
",
        ),
        fixture(
            "apiVersion: v1
kind: Pod
metadata:
  name: app
spec:
  securityContext:
    privileged: true #~ high spec.securityContext.privileged: `privileged` stands in the `securityContext` of the pod and belongs in the `securityContext` of a container: the API drops it, it has no effect
    capabilities: #~ high spec.securityContext.capabilities
      drop: [ALL]
    allowPrivilegeEscalation: false #~ the protection is not there
    procMount: Default #~ high
    hostPID: true #~ belongs in the `spec` of the pod
    runAsNonRoot: true
    privileged2: null
  containers:
    - name: app
      image: app:1
",
        ),
        fixture(
            "apiVersion: v1
kind: Pod
metadata:
  name: app
spec:
  containers:
    - name: app
      image: app:1
      securityContext:
        fsGroup: 1000 #~ high spec.containers[0].securityContext.fsGroup: `fsGroup` stands in the `securityContext` of a container and belongs in the `securityContext` of the pod
        supplementalGroups: [1000] #~ high
        sysctls: [] #~ high
        hostNetwork: false #~ belongs in the `spec` of the pod: the API drops it, the protection is not there
  initContainers:
    - name: setup
      image: app:1
      privileged: true #~ high spec.initContainers[0].privileged: `privileged` stands in a container and belongs in the `securityContext` of a container
      runAsUser: 1000 #~ the protection is not there
      hostPID: true #~ belongs in the `spec` of the pod
      volumes: [] #~ medium
  ephemeralContainers:
    - name: debug
      image: app:1
      targetContainerName: app
      readOnlyRootFilesystem: true #~ high spec.ephemeralContainers[0]
",
        ),
        fixture(
            "apiVersion: v1
kind: Pod
metadata:
  name: app
spec:
  runAsNonRoot: true #~ high spec.runAsNonRoot: `runAsNonRoot` stands in the `spec` of the pod and belongs in the `securityContext` of the pod
  image: app:1 #~ medium spec.image: `image` stands in the `spec` of the pod and belongs in a container
  containers:
    - name: app
      image: app:1
",
        ),
        fixture(
            "apiVersion: apps/v1
kind: Deployment
metadata:
  name: app
hostIPC: true #~ high hostIPC: `hostIPC` stands in the object beside `spec`
spec:
  replicas: 1
  hostPID: true #~ high spec.hostPID: `hostPID` stands in `spec` beside `template` and belongs in the `spec` of the pod: the API drops it, it has no effect
  securityContext: #~ high spec.securityContext: `securityContext` stands in `spec` beside `template` and belongs in the `spec` of the pod: the API drops it, the protection is not there
    runAsNonRoot: true
  tolerations: [] #~ medium
  template:
    automountServiceAccountToken: false #~ high spec.template.automountServiceAccountToken: `automountServiceAccountToken` stands in the template beside `spec`
    metadata:
      labels:
        app: 1 #~ medium spec.template.metadata.labels.app: A value in `labels` is a number (`1`), and the API expects text: it refuses the object
    spec:
      containers:
        - name: app
          image: app:1
",
        ),
        fixture(
            "apiVersion: apps/v1
kind: StatefulSet
metadata:
  name: app
spec:
  serviceName: app
  containers: #~ high spec.containers
    - name: app
      image: app:1
",
        ),
        fixture(
            "apiVersion: batch/v1
kind: CronJob
metadata:
  name: app
spec:
  schedule: '* * * * *'
  hostNetwork: true #~ `spec` beside `jobTemplate`
  jobTemplate:
    serviceAccountName: app #~ the template of the job beside `spec`
    spec:
      activeDeadlineSeconds: 60
      restartPolicy: Never #~ medium spec.jobTemplate.spec.restartPolicy
      template:
        containers: [] #~ high spec.jobTemplate.spec.template.containers
        spec:
          containers:
            - name: app
              image: app:1
",
        ),
        fixture(
            "apiVersion: v1
kind: Pod
metadata:
  name: app
spec:
  hostPID: 'true' #~ high spec.hostPID: `hostPID` is text (`true`), and the API expects `true` or `false`: it refuses the object
  automountServiceAccountToken: no
  terminationGracePeriodSeconds: 30s #~ medium
  nodeSelector:
    gpu: true #~ medium spec.nodeSelector.gpu: A value in `nodeSelector` is a boolean (`true`), and the API expects text
  tolerations: {} #~ a mapping, and the API expects a list
  securityContext:
    runAsUser: '1000' #~ high
    runAsGroup: 1e3
    supplementalGroups: [a] #~ A value in `supplementalGroups`
  containers:
    - name: app
      image: 1.5 #~ medium spec.containers[0].image
      command: sh -c true #~ `command` is text
      args: [1] #~ A value in `args` is a number, and the API expects text
      env:
        - name: A
          value: yes #~ medium spec.containers[0].env[0].value: `value` is a boolean (`yes`), and the API expects text
        - name: B
          value: 8080 #~ `value` is a number, and the API expects text
        - name: C
          value: null
        - name: D
          value: 'yes'
      ports:
        - containerPort: '80' #~ medium
          hostPort: http #~ high
      livenessProbe:
        httpGet:
          port: http
          host: 1 #~ medium
      readinessProbe:
        tcpSocket:
          port: true #~ a whole number or a name
      resources:
        limits:
          cpu: 1.5
          memory: 64Mi
          x: [] #~ a quantity
      securityContext:
        privileged: 'true' #~ high spec.containers[0].securityContext.privileged
        readOnlyRootFilesystem: yes
        capabilities: [ALL] #~ a list, and the API expects a mapping
        seccompProfile: RuntimeDefault #~ high
    - text #~ A value in `containers` is text
",
        ),
        fixture(
            "apiVersion: v1
kind: ConfigMap
metadata:
  name: 7 #~ medium metadata.name
  labels:
    version: 1.10 #~ medium metadata.labels.version
    empty:
  annotations:
    port: 80 #~ medium metadata.annotations.port: A value in `annotations` is a number, and
data:
  a: 1
",
        ),
        fixture(
            "apiVersion: example.com/v1
kind: Custom
metadata:
  name: app
  labels:
    a: 1
spec:
  a: 1
  a: 2 #~ medium spec.a: `a` is set twice: kubectl takes the last one
  hostPID: true
  template:
    spec:
      hostPID: 'true'
      containers: []
",
        ),
        fixture(
            "apiVersion: v1
kind: Pod
metadata:
  name: app
spec:
  hostPID: false
  hostPID: true #~ high spec.hostPID: `hostPID` is set twice
  containers:
    - name: app
      image: app:1
      stdin: true
      stdin: true #~ medium spec.containers[0].stdin
",
        ),
        fixture(
            "apiVersion: v1
kind: Pod
metadata:
  name: app
spec: {} #~ medium spec.containers: Pod has no
",
        ),
        fixture(
            "apiVersion: apps/v1
kind: DaemonSet
metadata:
  name: app
spec:
  template:
    spec:
      containers: [] #~ medium spec.template.spec.containers: The list of containers is empty
",
        ),
        fixture(
            "apiVersion: v1
kind: Pod
metadata:
  name: app
spec:
  initContainers:
    - name: app
      image: app:1
  containers:
    - name: app #~ medium spec.containers[0].name: There are two containers called `app` #~ medium spec.containers[0].image: Container `app` has no image
    - image: app:1 #~ medium spec.containers[1].name
    - name: other
      image: '' #~ medium spec.containers[2].image: Container `other` has no image
",
        ),
        fixture(
            "apiVersion: v1
kind: Pod
metadata:
  name: app
spec:
  hostPid: true #~ high spec.hostPid: `hostPid` is not a field of the `spec` of the pod, `hostPID` is
  hostAliases: []
  colour: red #~ medium spec.colour: `colour` is not a field of the `spec` of the pod: the API drops it
  containers:
    - name: app
      image: app:1
      securitycontext: {} #~ high
      livenessProbe:
        command: [x] #~ medium spec.containers[0].livenessProbe.command: `command` is not a field of a probe
      securityContext:
        capabilities:
          drops: [ALL] #~ medium
        seccompProfile:
          type: RuntimeDefault
          runAsNonRoot: true #~ high
      volumeMounts:
        - name: a
          mountPath: /a
          readonly: true #~ high
",
        ),
    ],
};

fn check_object(object: &Object<'_>, findings: &mut Findings<'_>) {
    duplicates::check(object, findings);
    if !surroundings::is_built_in(object) {
        return;
    }
    if let Some(metadata) = object.metadata {
        fields::check(metadata, &METADATA, findings);
    }
    if surroundings::makes_pods(object) {
        surroundings::check(object, findings);
    }
}

fn check_workload(workload: &Workload<'_>, findings: &mut Findings<'_>) {
    // What custom resources allow is written in their own schemas.
    if surroundings::makes_pods(workload.object) {
        fields::check(workload.pod.spec, &POD, findings);
        containers::check(&workload.pod, findings);
    }
}
