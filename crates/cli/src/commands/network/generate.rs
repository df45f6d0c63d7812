//! `plimsoll network generate`: policies from what is declared, seen and needed, with a certificate.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::io::{self, BufReader, BufWriter, Write};
use std::net::{IpAddr, SocketAddr};
use std::path::Path;

use ::network::{Config, Network, Wish, certify, generate};
use anstream::eprintln;
use anyhow::Context as _;
use flows::Flows;
use model::address::Block;
use model::finding::Origin;
use model::inventory::{Inventory, Part, ResourceId};
use model::object::Object;
use model::place::LineIndex;
use reports::network::certificate::{
    CertificateInput, CertificateReport, CertifiedFlows, report, write_json, write_text,
};
use reports::network::generate::{RefusalKind, assumed_pods, files, stream};
use reports::network::write_unseen;
use sha2::{Digest as _, Sha256};

use super::{VERSION, assume, exit, read};
use crate::arguments::{GeneratedFormat, NetworkGenerateArguments};
use crate::exit::{Exit, UsageError};
use crate::screen::{self, Destination};

/// Runs the command.
pub(super) fn run(arguments: &NetworkGenerateArguments) -> anyhow::Result<Exit> {
    let wish = wish(arguments)?;
    let flows = read_flows(arguments)?;
    let mut inventory = read(&arguments.paths, &arguments.input)?;
    let assumptions = assume(&inventory, &arguments.input)?;
    let input_hash = hash(&inventory, arguments)?;
    let looked_at = exit(&inventory);
    let refusal = match arguments.format {
        GeneratedFormat::NetworkPolicy => RefusalKind::NetworkPolicy,
        GeneratedFormat::ClusterNetworkPolicy => RefusalKind::ClusterNetworkPolicy,
    };
    let (generated, files, replaced) = {
        let network = Network::new(&inventory, &assumptions.config);
        let generated = generate(&network, &flows.flows, &wish);
        let files = files(&network, &generated, refusal);
        let replaced = network.replaced(&generated.policies);
        (generated, files, replaced)
    };
    let coverage = reports::json::coverage_of(&inventory.coverage, inventory.resources.len());
    let not_judged = reports::network::not_judged(&inventory);
    append(&mut inventory, &assumed_pods(&generated));
    let policies = append(&mut inventory, &stream(&files));
    let before = Network::new(&inventory, &with(&assumptions.config, policies));
    let after = Network::new(&inventory, &with(&assumptions.config, replaced.into_iter().collect()));
    let certificate = certify(&before, &after, &generated);
    let report = report(CertificateInput {
        after: &after,
        generated: &generated,
        certificate: &certificate,
        assumed: reports::network::assumed(&assumptions.config, &assumptions.plugin),
        coverage,
        not_judged,
        flows: (!arguments.flows.is_empty()).then_some(CertifiedFlows {
            connections: flows.flows.len() as u64,
            refused: flows.passed_over.refused,
            replies: flows.passed_over.replies,
            others: flows.passed_over.others,
            not_understood: flows.not_understood,
        }),
        input_hash,
        version: VERSION,
    });
    write(arguments, &files, (&report, &inventory))?;
    let of_needs = if report.holds { Exit::Clean } else { Exit::Findings };
    let is_complete = report.unresolved.is_empty() && flows.not_understood == 0 && !flows.cut_short;
    let of_input = if is_complete { looked_at } else { Exit::Incomplete };
    Ok(of_needs.max(of_input))
}

fn with(config: &Config, without: BTreeSet<ResourceId>) -> Config {
    Config { without, ..config.clone() }
}

fn wish(arguments: &NetworkGenerateArguments) -> Result<Wish, UsageError> {
    let server = |text: &String| -> Result<(IpAddr, u16), UsageError> {
        let parsed: Option<SocketAddr> = text.parse().ok();
        let parsed = parsed.map(|address| (address.ip(), address.port()));
        let alone: Option<IpAddr> = text.parse().ok();
        parsed.or_else(|| alone.map(|address| (address, 6443))).ok_or_else(|| {
            UsageError(format!(
                "`{text}` is no address of an API server, such as `192.0.2.1:6443` or `[2001:db8::1]:6443`"
            ))
        })
    };
    let block = |text: &String| {
        Block::parse(text)
            .ok_or_else(|| UsageError(format!("`{text}` is no block of addresses, such as `10.0.0.0/16`")))
    };
    Ok(Wish {
        namespaces: arguments.namespace.clone(),
        api_servers: arguments.api_server.iter().map(server).collect::<Result<_, _>>()?,
        nodes: arguments.node_cidr.iter().map(block).collect::<Result<_, _>>()?,
        ingress_namespace: arguments.ingress_namespace.clone(),
    })
}

fn read_flows(arguments: &NetworkGenerateArguments) -> anyhow::Result<Flows> {
    let mut all = Flows::default();
    for path in &arguments.flows {
        let file = File::open(path)
            .map_err(|error| UsageError(format!("cannot read the flows `{}`: {error}", path.display())))?;
        let read = flows::read(&mut BufReader::with_capacity(1 << 16, file));
        let read = read.with_context(|| format!("cannot read the flows `{}`", path.display()))?;
        for (line, reason) in &read.problems {
            eprintln!("{}:{line}: not understood: {reason}", path.display());
        }
        if read.not_understood > read.problems.len() as u64 {
            eprintln!("{}: {} lines are not understood", path.display(), read.not_understood);
        }
        all.flows.extend(read.flows);
        all.passed_over.add(read.passed_over);
        all.not_understood += read.not_understood;
        all.cut_short |= read.cut_short;
    }
    Ok(all)
}

/// Adds the objects of a text, and says which they are.
fn append(inventory: &mut Inventory, text: &str) -> BTreeSet<ResourceId> {
    let first = inventory.resources.len() as u32;
    let mut part = Part::default();
    let file = u32::try_from(inventory.files.len()).unwrap_or(u32::MAX);
    inventory.files.push("generated".into());
    for range in yaml::separate::documents(text) {
        let line = text[..range.start].bytes().filter(|byte| *byte == b'\n').count() as u32 + 1;
        let Ok(document) = yaml::parse_document(&text[range]) else { continue };
        let lines = LineIndex::new(line);
        let Some(object) = Object::new(document.root()) else { continue };
        let origin = Origin { root: object.value, lines: &lines };
        let workloads = model::workload::workloads(&object);
        part.observe(&object, &workloads, file, origin, &inventory.symbols);
    }
    inventory.append(part);
    (first..inventory.resources.len() as u32).map(ResourceId).collect()
}

/// The hash over all files that were read, and the flows. What was fetched or rendered has its sources.
fn hash(inventory: &Inventory, arguments: &NetworkGenerateArguments) -> anyhow::Result<Option<String>> {
    let mut names: BTreeSet<&Path> =
        inventory.files.iter().map(std::path::PathBuf::as_path).filter(|path| path.is_file()).collect();
    if names.is_empty() {
        return Ok(None);
    }
    names.extend(arguments.flows.iter().map(std::path::PathBuf::as_path));
    let mut hasher = Sha256::new();
    for path in names {
        let mut file = File::open(path).with_context(|| format!("cannot read `{}`", path.display()))?;
        hasher.update(path.to_string_lossy().as_bytes());
        hasher.update([0]);
        io::copy(&mut file, &mut hasher).with_context(|| format!("cannot read `{}`", path.display()))?;
        hasher.update([0]);
    }
    let digest = hasher.finalize();
    Ok(Some(digest.iter().map(|byte| format!("{byte:02x}")).collect()))
}

/// Writes the policies, if all that is needed is admitted, and the certificate in any case.
fn write(
    arguments: &NetworkGenerateArguments,
    files: &BTreeMap<String, String>,
    (report, inventory): (&CertificateReport, &Inventory),
) -> anyhow::Result<()> {
    if let Some(path) = &arguments.certificate {
        let context = || format!("cannot write `{}`", path.display());
        let mut out = BufWriter::new(File::create(path).with_context(context)?);
        write_json(report, &mut out).and_then(|()| out.flush()).with_context(context)?;
    }
    let mut summary = Vec::new();
    match &arguments.output_dir {
        Some(folder) => {
            if report.holds {
                write_files(folder, files)?;
            }
            let terminal = screen::terminal(&Destination::Stdout);
            write_text(report, terminal, &mut summary)?;
            write_unseen(inventory, terminal, &mut summary)?;
            io::stdout().lock().write_all(&summary)?;
        }
        None => {
            if report.holds {
                io::stdout().lock().write_all(stream(files).as_bytes())?;
            }
            // Standard output is for the policies.
            let terminal = screen::terminal(&Destination::File);
            write_text(report, terminal, &mut summary)?;
            write_unseen(inventory, terminal, &mut summary)?;
            eprintln!("{}", String::from_utf8_lossy(&summary).trim_end());
        }
    }
    Ok(())
}

fn write_files(folder: &Path, files: &BTreeMap<String, String>) -> anyhow::Result<()> {
    for (name, text) in files {
        let path = folder.join(name);
        let context = || format!("cannot write `{}`", path.display());
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent).with_context(context)?;
        }
        // What stays the same is not written, so that its time stays too.
        if fs::read_to_string(&path).is_ok_and(|known| known == *text) {
            continue;
        }
        fs::write(&path, text).with_context(context)?;
    }
    Ok(())
}
