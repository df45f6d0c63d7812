//! `schema-invalid`

use model::control::{Check, Control, alias, fixture, maps};
use model::finding::Findings;
use model::fix::FixClass;
use model::object::Object;
use model::severity::Severity;
use model::workload::Workload;

use schemas::kubernetes;

use super::schema::walk::{self, Manner};
use super::schema::{containers, duplicates, kinds, pods, skeleton};

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
    fix: FixClass::Manual,
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
    privileged2: null #~ medium spec.securityContext.privileged2: `privileged2` is not a field of the `securityContext` of the pod
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
spec: #~ medium spec.selector: `spec` has no `selector`, which the API requires
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
spec: #~ medium spec.selector #~ medium spec.template
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
  a: 1 #~ medium data.a: A value in `data` is a number, and the API expects text
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
spec: #~ medium spec.selector
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
          drops: [ALL] #~ high spec.containers[0].securityContext.capabilities.drops: `drops` is not a field of `capabilities`, `drop` is: the API drops it
        seccompProfile:
          type: RuntimeDefault
          runAsNonRoot: true #~ high
      volumeMounts:
        - name: a
          mountPath: /a
          readonly: true #~ high
",
        ),
        fixture(
            "apiVersion: apps/v1
kind: Deployment
metadata:
  name: app
  lables: {} #~ medium metadata.lables: `lables` is not a field of `metadata`, `labels` is: the API drops it
  creationTimestamp: null
spec:
  replicas: '3' #~ medium spec.replicas: `replicas` is text (`3`), and the API expects a whole number
  minReadySeconds: 3000000000 #~ a whole number of at most 32 bits
  selector:
    matchLabels: {app: app}
    matchExpressions:
      - key: a #~ medium spec.selector.matchExpressions[0].operator: An item of `matchExpressions` has no `operator`, which the API requires
  strategy:
    type: rollingUpdate #~ medium spec.strategy.type: `type` is `rollingUpdate`, and the API knows `Recreate`, `RollingUpdate`: it refuses the object
    rollingUpdate:
      maxSurge: 25%
      maxUnavailable: 0.5 #~ a whole number or a name
      maxSkew: 1 #~ medium spec.strategy.rollingUpdate.maxSkew
  template:
    metadata:
      labels: {app: app}
    spec:
      restartPolicy: ''
      containers:
        - name: app
          image: app:1
          imagePullPolicy: always #~ `imagePullPolicy` is `always`, and the API knows `Always`
          resources:
            limits: {cpu: 1 core, memory: 64MB} #~ A value in `limits` (`1 core`) is no quantity #~ (`64MB`)
      volumes:
        - name: data
          ephemeral:
            volumeClaimTemplate:
              spec:
                accessModes: [ReadWriteOnce]
                resources: {request: {storage: 1Gi}} #~ `request` is not a field of `resources`, `requests` is
status:
  conditions:
    - type: Available
",
        ),
        fixture(
            "apiVersion: v1
kind: Secret
metadata:
  name: app
type: Opaque
data:
  a: aHVudGVyMg==
  b: hunter2! #~ medium data.b: A value in `data` is no base64: the API refuses the object
  c: 12345678 #~ A value in `data` is a number, and the API expects base64
  d:
stringData:
  e: 1 #~ A value in `stringData` is a number, and
imutable: true #~ medium imutable: `imutable` is not a field of the `Secret`, `immutable` is
",
        ),
        fixture(
            "apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata:
  name: app #~ medium roleRef: The `RoleBinding` has no `roleRef`, which the API requires
subjects:
  - kind: ServiceAccount
    name: app
    namespaces: app #~ medium subjects[0].namespaces: `namespaces` is not a field of an item of `subjects`, `namespace` is
",
        ),
        fixture(
            "apiVersion: apps/v1
kind: Deploymnet #~ medium kind: `apps` has no kind `Deploymnet`, but `Deployment`: the API refuses the object
metadata:
  name: 1 #~ medium metadata.name
spec: 1
---
apiVersion: v1
kind: Deployment #~ medium kind: There is no `Deployment` in `v1`, it is in `apps/v1`: the API refuses the object
metadata: {name: app}
---
apiVersion: v1
kind: Thing #~ medium kind: The core group has no kind `Thing`: the API refuses the object
metadata: {name: app}
---
apiVersion: v1
kind: Config
clusters: []
---
apiVersion: example.com/v1
kind: Deploymnet
metadata: {name: app}
---
apiVersion: networking.k8s.io/v1beta1
kind: Ingress
metadata: {name: app}
spec: {backend: {serviceName: app}}
---
apiVersion: extensions/v1beta1
kind: Deployment
metadata: {name: app}
spec:
  rollbackTo: {}
  hostPID: true #~ high spec.hostPID
  template:
    spec:
      containers:
        - name: app
          image: app:1
          privileged: true #~ high spec.template.spec.containers[0].privileged
          colour: red #~ medium
",
        ),
        fixture(
            "apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata:
  name: things.example.com
spec:
  group: example.com
  names: {plural: things, kind: Thing}
  scope: Namespaced
  versions:
    - name: v1
      served: true
      storage: true
      schema:
        openAPIV3Schema:
          type: object
          x-kubernetes-preserve-unknown-fields: true
          properties:
            spec:
              type: object
              default: {a: [1, {b: 2}]}
              example: 1
              additionalProperties: {type: string}
              propertys: {} #~ `propertys` is not a field of a value in `properties`, `properties` is
            list:
              type: array
              items: {type: string, anything: 1}
              enum: [1, a]
              additionalProperties: false
---
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicyBinding
metadata: {name: a}
spec:
  policyName: a
  validationActions: [Deny, deny] #~ `validationActions` is `deny`, and the API knows
  paramRef: {name: a, parameterNotFoundAction: Deny}
---
apiVersion: apps/v1
kind: ControllerRevision
metadata: {name: a}
revision: 1
data: {spec: {template: {anything: [1]}}}
",
        ),
        fixture(
            "apiVersion: v1
kind: Secret
metadata: {name: a}
stringData: {a: 'ENC[AES256_GCM,data:a]'}
sops:
  mac: ENC[AES256_GCM,data:a]
  version: 3.8.1
---
apiVersion: v1
kind: Secret
metadata: {name: b}
sops: {} #~ medium sops: `sops` is not a field of the `Secret`: the API drops it
---
apiVersion: v1
kind: Secret
metadata: {name: c}
data: {a: 'ENC[AES256_GCM,data:a]', b: 'ENC[', c: YQ==} #~ data.b: A value in `data` is no base64
sops: {mac: 'ENC[AES256_GCM,data:a]'}
---
apiVersion: v1
kind: Secret
metadata: {name: d}
data: {a: 'ENC[AES256_GCM,data:a]'} #~ data.a: A value in `data` is no base64
",
        ),
        fixture(
            "apiVersion: v1
kind: Pod
metadata: {name: a} #~ medium spec: There is no `spec`: the API refuses an object without a pod
spec: null
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: a}
spec: #~ medium spec.selector #~ medium spec.template
  replicas: 1
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: a}
spec:
  selector: {matchLabels: {a: b}}
  template: {metadata: {labels: {a: b}}, spec: null} #~ medium spec.template.spec: There is no `spec`
---
apiVersion: v1
kind: ReplicationController
metadata: {name: a}
spec: {replicas: 1} #~ medium spec.template: There is no `template`
---
apiVersion: batch/v1
kind: CronJob
metadata: {name: a} #~ medium spec: There is no `spec`
---
apiVersion: batch/v1
kind: CronJob
metadata: {name: a}
spec: {schedule: '* * * * *', jobTemplate: {metadata: {}}} #~ medium spec.jobTemplate.spec: There is no `spec`
",
        ),
    ],
};

fn check_object(object: &Object<'_>, findings: &mut Findings<'_>) {
    duplicates::check(object, findings);
    let schemas = kubernetes();
    if !schemas.has_group(object.group()) {
        // Custom resources are looked at again when all definitions are known.
        findings.not_applicable();
        return;
    }
    kinds::check(object, findings);
    let kind = schemas.kind(&object.api_version, &object.kind);
    let makes_pods = pods::makes_pods(object);
    if makes_pods {
        skeleton::check(object, findings);
    }
    if let Some(definition) = kind.and_then(|kind| kind.definition) {
        let manner = if makes_pods { Manner::Pods } else { Manner::Plain };
        walk::check(object.value, definition, &object.kind, manner, findings);
        return;
    }
    // What took the place of a kind has the same pods and metadata.
    let replacement = kind.and_then(|kind| kind.replacement);
    let successor = replacement.and_then(|(api_version, kind)| schemas.kind(api_version, kind)?.definition);
    if let (true, Some(successor)) = (makes_pods, successor) {
        walk::check(object.value, successor, &object.kind, Manner::Former, findings);
    } else if let (Some(metadata), Some(definition)) = (object.metadata, schemas.definition_named("meta.v1.ObjectMeta"))
    {
        walk::check(metadata, definition, "metadata", Manner::Plain, findings);
    }
}

fn check_workload(workload: &Workload<'_>, findings: &mut Findings<'_>) {
    // What custom resources allow is written in their own schemas.
    if pods::makes_pods(workload.object) {
        containers::check(&workload.pod, findings);
    }
}
