//! The pods of custom resources that build them from parts, read from YAML as people write it.

use model::document::Value;
use model::object::Object;
use model::pod::{Container, Pod, SecurityContext};
use model::workload::{Form, workloads};

/// The pods in `yaml`: where each is written, what it sets, its volumes, and its containers with what they set.
fn pods(yaml: &str) -> String {
    let document = yaml::parse_document(yaml).expect("valid YAML");
    let object = Object::new(document.root()).expect("an object");
    let mut out = String::new();
    for workload in workloads(&object) {
        assert_eq!(workload.form, Form::Parts);
        write_pod(&workload.pod, object.value, &mut out);
    }
    out
}

fn write_pod(pod: &Pod<'_>, root: Value<'_>, out: &mut String) {
    let mut path = String::new();
    pod.spec.document().value(pod.spec.id()).path_from(root.document().value(root.id()), &mut path);
    *out += &format!("{path}:");
    let fields = [
        ("account", pod.service_account_name),
        ("automount", pod.automount_service_account_token),
        ("network", pod.host_network),
        ("pid", pod.host_pid),
    ];
    write_fields(&fields, out);
    write_context(pod.security_context.as_ref(), out);
    for (name, value) in [("tolerations", pod.tolerations), ("nodeSelector", pod.node_selector)] {
        if let Some(value) = value {
            *out += &format!(" {name}={}", value.source().trim_end());
        }
    }
    for (key, value) in pod.labels() {
        *out += &format!(" {}:{}", key.text(), value.text());
    }
    for volume in &pod.volumes {
        *out += &format!(" {}({})", volume.name, volume.source.map(|(key, _)| key.text()).unwrap_or_default());
    }
    out.push('\n');
    pod.containers.iter().for_each(|container| write_container(container, out));
}

fn write_container(container: &Container<'_>, out: &mut String) {
    *out += &format!("  {:?} {}", container.list, container.name());
    write_fields(&[("image", container.image), ("pull", container.image_pull_policy)], out);
    write_context(container.security_context.as_ref(), out);
    let present = [
        ("env", container.env),
        ("mounts", container.volume_mounts),
        ("resources", container.resources),
        ("probe", container.readiness_probe),
    ];
    for (name, _) in present.iter().filter(|(_, value)| value.is_some()) {
        *out += &format!(" {name}");
    }
    out.push('\n');
}

fn write_context(context: Option<&SecurityContext<'_>>, out: &mut String) {
    let Some(context) = context else { return };
    let fields = [
        ("privileged", context.privileged),
        ("user", context.run_as_user),
        ("nonRoot", context.run_as_non_root),
        ("readOnly", context.read_only_root_filesystem),
        ("fsGroup", context.fs_group),
    ];
    write_fields(&fields, out);
}

fn write_fields(fields: &[(&str, Option<Value<'_>>)], out: &mut String) {
    for (name, value) in fields {
        if let Some(value) = value {
            *out += &format!(" {name}={}", value.text());
        }
    }
}

#[track_caller]
fn check(yaml: &str, expected: &[&str]) {
    assert_eq!(pods(yaml).lines().collect::<Vec<_>>(), expected, "{yaml}");
}

#[test]
fn every_template_of_a_workflow_that_runs_something_is_a_pod() {
    check(
        "apiVersion: argoproj.io/v1alpha1
kind: Workflow
metadata: {name: w}
spec:
  entrypoint: all
  serviceAccountName: robot
  automountServiceAccountToken: false
  hostNetwork: true
  securityContext: {runAsUser: 1, fsGroup: 5}
  tolerations: [{operator: Exists}]
  podMetadata: {labels: {app: w}}
  volumes:
    - {name: docker, hostPath: {path: /var/run}}
    - {name: unused, hostPath: {path: /}}
  templates:
    - name: all
      steps: [[{name: a, template: build}]]
    - name: build
      container:
        image: alpine:1
        securityContext: {privileged: true}
        volumeMounts: [{name: docker, mountPath: /d}, {name: own, mountPath: /o}]
      initContainers: [{name: prepare, image: 'i:1'}]
      sidecars: [{name: docker, image: 'dind:1', securityContext: {privileged: true}}]
      volumes: [{name: own, emptyDir: {}}]
    - name: test
      serviceAccountName: tester
      automountServiceAccountToken: true
      securityContext: {runAsNonRoot: true}
      tolerations: [{key: a}]
      metadata: {labels: {app: test}}
      script: {image: 'python:3', source: print()}
    - name: pause
      suspend: {}
",
        &[
            "spec.templates[1]: account=robot automount=false network=true user=1 fsGroup=5 \
             tolerations=[{operator: Exists}] app:w own(emptyDir) docker(hostPath)",
            "  Init prepare image=i:1",
            "  Main build image=alpine:1 privileged=true mounts",
            "  Main docker image=dind:1 privileged=true",
            "spec.templates[2]: account=tester automount=true network=true nonRoot=true \
             tolerations=[{key: a}] app:test",
            "  Main test image=python:3",
        ],
    );
}

#[test]
fn defaults_of_templates_are_what_a_template_does_not_set() {
    check(
        "apiVersion: argoproj.io/v1alpha1
kind: ClusterWorkflowTemplate
metadata: {name: w}
spec:
  securityContext: {runAsUser: 1}
  templateDefaults:
    serviceAccountName: defaults
    securityContext: {runAsNonRoot: true}
    container:
      image: default:1
      imagePullPolicy: Always
      securityContext: {readOnlyRootFilesystem: true}
    initContainers: [{name: prepare, image: 'i:1'}]
  templates:
    - name: a
      securityContext: {fsGroup: 5}
      container: {image: 'a:1', securityContext: {privileged: true}}
    - name: b
      script: {image: 'b:1'}
",
        &[
            "spec.templates[0]: account=defaults nonRoot=true fsGroup=5",
            "  Init prepare image=i:1",
            "  Main a image=a:1 pull=Always privileged=true readOnly=true",
            "spec.templates[1]: account=defaults nonRoot=true",
            "  Init prepare image=i:1",
            "  Main b image=b:1",
        ],
    );
}

#[test]
fn cron_workflows_container_sets_and_inline_templates_are_read() {
    check(
        "apiVersion: argoproj.io/v1alpha1
kind: CronWorkflow
metadata: {name: w}
spec:
  schedule: '* * * * *'
  workflowSpec:
    templates:
      - name: set
        containerSet:
          volumeMounts: [{name: a, mountPath: /a}]
          containers:
            - {name: one, image: '1:1'}
            - {name: two, image: '2:1', resources: {}}
      - name: tree
        dag:
          tasks:
            - name: a
              inline: {container: {image: 'inline:1'}}
      - name: list
        steps:
          - - name: a
              inline: {name: in, script: {image: 'inline:2'}}
      - name: apply
        serviceAccountName: applier
        resource: {action: create}
",
        &[
            "spec.workflowSpec.templates[0]:",
            "  Main one image=1:1 mounts",
            "  Main two image=2:1 mounts resources",
            "spec.workflowSpec.templates[1].dag.tasks[0].inline:",
            "  Main containers[0] image=inline:1",
            "spec.workflowSpec.templates[2].steps[0][0].inline:",
            "  Main in image=inline:2",
            "spec.workflowSpec.templates[3]: account=applier",
        ],
    );
}

#[test]
fn a_workflow_that_refers_to_a_template_has_no_pods() {
    check(
        "apiVersion: argoproj.io/v1alpha1
kind: Workflow
metadata: {name: w}
spec: {workflowTemplateRef: {name: other}}
",
        &[],
    );
    check("apiVersion: argoproj.io/v1alpha1\nkind: WorkflowTemplate\n", &[]);
}

const TASK: &str = "
  stepTemplate:
    image: default:1
    env: [{name: A, value: a}]
    securityContext: {runAsNonRoot: true, runAsUser: 5}
  steps:
    - name: build
      script: make
      securityContext: {privileged: true, runAsUser: 0}
      computeResources: {limits: {memory: 1Gi}}
    - image: other:1
      resources: {limits: {memory: 1Gi}}
  sidecars:
    - {name: docker, image: 'dind:1', securityContext: {privileged: true}, readinessProbe: {}}
  volumes:
    - {name: host, hostPath: {path: /}}
";

#[test]
fn steps_of_a_task_take_what_they_do_not_set_from_its_step_template() {
    let pod = [
        "spec: app:t host(hostPath)",
        "  Main build image=default:1 privileged=true user=0 nonRoot=true env resources",
        "  Main containers[1] image=other:1 user=5 nonRoot=true env resources",
        "  Main docker image=dind:1 privileged=true probe",
    ];
    for (version, kind) in [("v1", "Task"), ("v1beta1", "Task"), ("v1beta1", "ClusterTask")] {
        let head = format!("apiVersion: tekton.dev/{version}\nkind: {kind}\nmetadata: {{name: t, labels: {{app: t}}}}");
        check(&format!("{head}\nspec:{TASK}"), &pod);
    }
}

#[test]
fn a_run_of_a_task_says_what_its_pod_may_do() {
    check(
        "apiVersion: tekton.dev/v1
kind: TaskRun
metadata: {name: r}
spec:
  serviceAccountName: robot
  podTemplate:
    hostNetwork: true
    hostPID: true
    automountServiceAccountToken: false
    securityContext: {runAsNonRoot: true}
    tolerations: [{key: a}]
    nodeSelector: {a: b}
    volumes: [{name: more, secret: {}}]
  taskSpec:
    metadata: {labels: {app: inner}}
    steps: [{name: a, image: 'a:1'}]
    volumes: [{name: own, emptyDir: {}}]
",
        &[
            "spec.podTemplate: account=robot automount=false network=true nonRoot=true \
             tolerations=[{key: a}] nodeSelector={a: b} app:inner own(emptyDir) more(secret)",
            "  Main a image=a:1",
        ],
    );
    check(
        "apiVersion: tekton.dev/v1beta1
kind: TaskRun
metadata: {name: r}
spec:
  taskRef: {name: t}
  serviceAccountName: robot
",
        &["spec: account=robot"],
    );
    // Its pod is written elsewhere: that nothing is known of it has to be said.
    check("apiVersion: tekton.dev/v1\nkind: TaskRun\nmetadata: {name: r}\nspec: {taskRef: {name: t}}\n", &["spec:"]);
}

#[test]
fn tasks_in_a_pipeline_and_after_it_are_read() {
    check(
        "apiVersion: tekton.dev/v1
kind: Pipeline
metadata: {name: p}
spec:
  tasks:
    - {name: a, taskRef: {name: elsewhere}}
    - {name: b, taskSpec: {steps: [{name: b, image: 'b:1'}]}}
    - {name: custom, taskSpec: {apiVersion: example.com/v1, kind: Wait, spec: {}}}
    - name: nested
      pipelineSpec: {tasks: [{name: n, taskSpec: {steps: [{name: n, image: 'n:1'}]}}]}
  finally:
    - {name: c, taskSpec: {steps: [{name: c, image: 'c:1'}]}}
",
        &[
            "spec.tasks[1].taskSpec:",
            "  Main b image=b:1",
            "spec.finally[0].taskSpec:",
            "  Main c image=c:1",
            "spec.tasks[3].pipelineSpec.tasks[0].taskSpec:",
            "  Main n image=n:1",
        ],
    );
}

#[test]
fn a_run_of_a_pipeline_has_a_say_for_all_tasks_and_for_single_ones() {
    check(
        "apiVersion: tekton.dev/v1
kind: PipelineRun
metadata: {name: r}
spec:
  taskRunTemplate:
    serviceAccountName: all
    podTemplate: {hostNetwork: true}
  taskRunSpecs:
    - {pipelineTaskName: b, serviceAccountName: own}
    - {pipelineTaskName: elsewhere, podTemplate: {securityContext: {runAsUser: 0}}}
  pipelineSpec:
    tasks:
      - {name: a, taskSpec: {steps: [{name: a, image: 'a:1'}]}}
      - {name: b, taskSpec: {steps: [{name: b, image: 'b:1'}]}}
",
        &[
            "spec.taskRunTemplate.podTemplate: account=all network=true",
            "  Main a image=a:1",
            "spec.taskRunTemplate.podTemplate: account=own network=true",
            "  Main b image=b:1",
            "spec.taskRunSpecs[1].podTemplate: account=all user=0",
        ],
    );
    check(
        "apiVersion: tekton.dev/v1beta1
kind: PipelineRun
metadata: {name: r}
spec:
  serviceAccountName: all
  podTemplate: {hostNetwork: true}
  pipelineRef: {name: p}
  taskRunSpecs:
    - {pipelineTaskName: b, taskServiceAccountName: own, taskPodTemplate: {automountServiceAccountToken: false}}
",
        &[
            "spec.taskRunSpecs[0].taskPodTemplate: account=own automount=false",
            "spec.podTemplate: account=all network=true",
        ],
    );
}

#[test]
fn an_image_that_a_run_fills_in_is_not_known() {
    check(
        "apiVersion: tekton.dev/v1
kind: Task
metadata: {name: t}
spec:
  stepTemplate: {image: 'default:1'}
  steps: [{name: a, image: $(params.image)}, {name: b, image: 'b:1'}]
",
        &["spec:", "  Main a", "  Main b image=b:1"],
    );
    check(
        "apiVersion: argoproj.io/v1alpha1
kind: Workflow
metadata: {name: w}
spec:
  templates:
    - name: a
      container: {image: 'app:{{inputs.parameters.tag}}'}
      sidecars: [{name: b, image: '{{workflow.parameters.image}}'}, {name: c, image: 'c:1'}]
",
        &["spec.templates[0]:", "  Main a", "  Main b", "  Main c image=c:1"],
    );
}

#[test]
fn a_step_action_is_a_pod_of_one_container() {
    check(
        "apiVersion: tekton.dev/v1beta1
kind: StepAction
metadata: {name: clone}
spec: {image: 'git:1', securityContext: {runAsUser: 0}}
",
        &["spec:", "  Main clone image=git:1 user=0"],
    );
}

#[test]
fn a_spark_application_is_a_driver_and_executors() {
    let spec = "
  image: spark:3
  imagePullPolicy: Always
  nodeSelector: {a: b}
  volumes:
    - {name: host, hostPath: {path: /}}
    - {name: other, emptyDir: {}}
  driver:
    labels: {role: driver}
    serviceAccount: spark
    hostNetwork: true
    podSecurityContext: {runAsUser: 1}
    securityContext: {privileged: true}
    env: [{name: A, value: a}]
    volumeMounts: [{name: host, mountPath: /h}]
    tolerations: [{key: a}]
    sidecars: [{name: side, image: 's:1'}]
    initContainers: [{name: init, image: 'i:1', volumeMounts: [{name: other, mountPath: /o}]}]
  executor:
    image: own:1
    nodeSelector: {c: d}
";
    let pods = |at: &str| {
        [
            format!(
                "{at}.driver: account=spark network=true user=1 tolerations=[{{key: a}}] nodeSelector={{a: b}} \
                 role:driver host(hostPath) other(emptyDir)"
            ),
            "  Init init image=i:1 mounts".to_owned(),
            "  Main driver image=spark:3 pull=Always privileged=true env mounts".to_owned(),
            "  Main side image=s:1".to_owned(),
            format!("{at}.executor: nodeSelector={{c: d}}"),
            "  Main executor image=own:1 pull=Always".to_owned(),
        ]
    };
    let head = "apiVersion: sparkoperator.k8s.io/v1beta2\nkind: SparkApplication\nmetadata: {name: s}";
    check(&format!("{head}\nspec:{spec}"), &pods("spec").each_ref().map(String::as_str));
    let head = "apiVersion: sparkoperator.k8s.io/v1beta2\nkind: ScheduledSparkApplication\nmetadata: {name: s}";
    let nested = spec.replace('\n', "\n  ");
    check(&format!("{head}\nspec:\n  template:{nested}"), &pods("spec.template").each_ref().map(String::as_str));
}

#[test]
fn the_template_of_a_spark_pod_gives_what_the_application_does_not_set() {
    check(
        "apiVersion: sparkoperator.k8s.io/v1beta2
kind: SparkApplication
metadata: {name: s}
spec:
  image: spark:3
  driver:
    securityContext: {privileged: false}
    template:
      metadata: {labels: {from: template}}
      spec:
        hostPID: true
        serviceAccountName: templated
        securityContext: {runAsNonRoot: true}
        volumes: [{name: v, emptyDir: {}}]
        containers:
          - {name: helper, image: 'h:1'}
          - name: spark-kubernetes-driver
            image: template:1
            securityContext: {privileged: true, readOnlyRootFilesystem: true}
            volumeMounts: [{name: v, mountPath: /v}]
",
        &[
            "spec.driver: account=templated pid=true nonRoot=true v(emptyDir)",
            "  Main driver image=spark:3 privileged=false readOnly=true mounts",
            "  Main helper image=h:1",
        ],
    );
}

#[test]
fn a_virtual_machine_has_volumes_and_no_containers() {
    let machine = "
      nodeSelector: {a: b}
      tolerations: [{key: a}]
      volumes:
        - {name: disk, hostDisk: {path: /data/disk.img, type: Disk}}
        - {name: root, containerDisk: {image: 'fedora:40'}}
";
    let pod = |path: &str, labels: &str| {
        format!("{path}: tolerations=[{{key: a}}] nodeSelector={{a: b}}{labels} disk(hostDisk) root(containerDisk)")
    };
    let labels = "metadata: {labels: {app: vm}}";
    let head = "apiVersion: kubevirt.io/v1\nkind: VirtualMachine\nspec:\n  template:";
    check(&format!("{head}\n    {labels}\n    spec:{machine}"), &[&pod("spec.template.spec", " app:vm")]);
    let head = "apiVersion: kubevirt.io/v1\nkind: VirtualMachineInstanceReplicaSet\nspec:\n  template:";
    check(&format!("{head}\n    spec:{machine}"), &[&pod("spec.template.spec", "")]);
    let head = format!("apiVersion: kubevirt.io/v1\nkind: VirtualMachineInstance\n{labels}");
    check(&format!("{head}\nspec:{machine}"), &[&pod("spec", " app:vm")]);
    let head = "apiVersion: pool.kubevirt.io/v1alpha1\nkind: VirtualMachinePool\nspec:\n  virtualMachineTemplate:";
    let path = "spec.virtualMachineTemplate.spec.template.spec";
    let nested = machine.replace('\n', "\n      ");
    check(&format!("{head}\n    spec:\n      template:\n        spec:{nested}"), &[&pod(path, "")]);
}

#[test]
fn wrong_types_make_no_pods_and_no_panics() {
    for (group, kind) in [
        ("argoproj.io/v1alpha1", "Workflow"),
        ("argoproj.io/v1alpha1", "CronWorkflow"),
        ("tekton.dev/v1", "Task"),
        ("tekton.dev/v1", "TaskRun"),
        ("tekton.dev/v1", "Pipeline"),
        ("tekton.dev/v1", "PipelineRun"),
        ("sparkoperator.k8s.io/v1beta2", "SparkApplication"),
        ("kubevirt.io/v1", "VirtualMachine"),
    ] {
        for spec in ["", "text", "[]", "{templates: text, steps: 1, tasks: [1], driver: [], template: 1}", "[[{}]]"] {
            let yaml = format!("apiVersion: {group}\nkind: {kind}\nspec: {spec}\n");
            let found = pods(&yaml);
            assert!(found.is_empty() || found == "spec:\n", "{yaml}{found}");
        }
    }
}

/// A document of some 100 kB that asks for the same ten thousand volumes in a thousand pods.
#[test]
fn parts_that_are_shared_too_often_are_left_out() {
    let mut yaml = String::from(
        "apiVersion: argoproj.io/v1alpha1\nkind: Workflow\nspec:\n  templateDefaults:\n    container:\n      volumeMounts:\n",
    );
    for number in 0..5_000 {
        yaml += &format!("        - {{name: v{number}}}\n");
    }
    yaml.push_str("  volumes:\n");
    for number in 0..5_000 {
        yaml += &format!("    - {{name: v{number}}}\n");
    }
    yaml.push_str("  templates:\n");
    for number in 0..1_000 {
        yaml += &format!("    - {{name: t{number}, container: {{}}}}\n");
    }
    let document = yaml::parse_document(&yaml).expect("valid YAML");
    let object = Object::new(document.root()).expect("an object");
    let found = workloads(&object);
    assert_eq!(found.len(), 1_000);
    assert_eq!(found[0].pod.volumes.len(), 5_000);
    let volumes: usize = found.iter().map(|workload| workload.pod.volumes.len()).sum();
    assert!(volumes < 500_000, "{volumes}");
}

/// Where the pods of an object are written, whether all of each is known, and its containers.
fn places(yaml: &str) -> Vec<String> {
    let document = yaml::parse_document(yaml).expect("valid YAML");
    let object = Object::new(document.root()).expect("an object");
    let found = workloads(&object);
    let described = found.iter().map(|workload| {
        let mut path = String::new();
        workload.pod.spec.path_from(document.root(), &mut path);
        let gap = workload.pod.gap.map_or(String::new(), |gap| format!(" {:?}", gap.kind));
        let names: Vec<_> = workload.pod.containers.iter().map(Container::name).collect();
        format!("{path}{gap} {}", names.join(","))
    });
    described.collect()
}

#[test]
fn pods_are_found_by_their_structure() {
    let object = |group: &str, kind: &str, spec: &str| {
        format!("apiVersion: {group}/v1\nkind: {kind}\nmetadata: {{name: a}}\nspec: {spec}\n")
    };
    let pod = "{apiVersion: v1, kind: Pod, metadata: {name: p}, spec: {containers: [{name: a}]}}";
    for (yaml, expected) in [
        (
            object(
                "elasticsearch.k8s.elastic.co",
                "Elasticsearch",
                "{nodeSets: [{podTemplate: {spec: {initContainers: [{name: i}]}}}]}",
            ),
            "spec.nodeSets[0].podTemplate.spec Elsewhere i",
        ),
        (
            object(
                "cert-manager.io",
                "Issuer",
                "{acme: {solvers: [{http01: {ingress: {podTemplate: {spec: {hostNetwork: true}}}}}]}}",
            ),
            "spec.acme.solvers[0].http01.ingress.podTemplate.spec Elsewhere ",
        ),
        (
            object("work.open-cluster-management.io", "ManifestWork", &format!("{{workload: {{manifests: [{pod}]}}}}")),
            "spec.workload.manifests[0].spec a",
        ),
        (
            object("kubernetes.crossplane.io", "Object", &format!("{{forProvider: {{manifest: {pod}}}}}")),
            "spec.forProvider.manifest.spec a",
        ),
        (
            object(
                "monitoring.coreos.com",
                "Prometheus",
                "{hostNetwork: true, containers: [{name: prometheus}, {name: a, image: i}]}",
            ),
            "spec Elsewhere a",
        ),
        (
            object(
                "monitoring.coreos.com",
                "Alertmanager",
                "{containers: [{name: alertmanager, securityContext: {privileged: true}}]}",
            ),
            "spec Elsewhere alertmanager",
        ),
    ] {
        assert_eq!(places(&yaml), [expected], "{yaml}");
    }
}
