//! Hosts in network namespaces around a router that filters, and connections between them.

use std::io::{BufRead as _, Read as _, Write as _};
use std::net::{IpAddr, Ipv6Addr, SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use model::inventory::Protocol;
use network::{EndpointId, Network, PROTOCOLS};

/// The variable of the environment that says what a process is.
pub(crate) const ROLE: &str = "PLIMSOLL_PACKETS_ROLE";

/// On all of these every host listens.
const TCP: &[u16] = &[53, 80, 443, 5432, 8080, 9000, 9001, 9090, 9091];
const UDP: &[u16] = &[53, 54, 443, 8080, 9000];

/// Hosts outside: a name, and an address of each family.
const OUTSIDE: &[(&str, &str, &str)] = &[
    ("far", "192.0.2.7", "2001:db8::7"),
    ("near", "203.0.113.9", "fd00:1::5"),
    ("shunned", "198.51.100.3", "2001:db8:1::3"),
];

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_millis(700);

/// A host.
struct Host {
    name: String,
    is_pod: bool,
    v4: IpAddr,
    v6: IpAddr,
}

/// A connection that was tried.
pub(crate) struct Connection {
    pub(crate) from: usize,
    pub(crate) to: usize,
    pub(crate) v6: bool,
    pub(crate) protocol: Protocol,
    pub(crate) port: u16,
    pub(crate) made: bool,
}

/// Hosts, the router between them, and what serves on them.
pub(crate) struct Arena {
    hosts: Vec<Host>,
    servers: Vec<Child>,
}

impl Drop for Arena {
    fn drop(&mut self) {
        for server in &mut self.servers {
            server.kill().ok();
            server.wait().ok();
        }
    }
}

fn run(command: &str) {
    let mut words = command.split(' ');
    let output = Command::new(words.next().unwrap()).args(words).output().unwrap();
    assert!(output.status.success(), "{command}: {}", String::from_utf8_lossy(&output.stderr));
}

/// This program again, on a host.
fn on_host(number: usize, role: &str) -> Command {
    let mut command = Command::new("ip");
    command.args(["netns", "exec", &format!("h{number}")]);
    command.arg(std::env::current_exe().unwrap()).args(["--exact", "role", "--nocapture"]).env(ROLE, role);
    command
}

impl Arena {
    /// The pods of a network, each with its addresses, and hosts outside.
    pub(crate) fn build(network: &Network<'_>) -> Self {
        let inventory = network.inventory();
        let text = |symbol| inventory.symbols.text(symbol);
        let mut hosts: Vec<Host> = Vec::new();
        for instance in &inventory.facts.traffic.instances {
            let object = inventory.resource(instance.resource);
            let addresses: Vec<IpAddr> =
                instance.addresses.iter().filter_map(|address| text(*address).parse().ok()).collect();
            let of = |v6: bool| *addresses.iter().find(|address| address.is_ipv6() == v6).unwrap();
            let name = format!("{}/{}", text(object.namespace), text(object.name));
            hosts.push(Host { name, is_pod: true, v4: of(false), v6: of(true) });
        }
        for &(name, v4, v6) in OUTSIDE {
            hosts.push(Host { name: name.into(), is_pod: false, v4: v4.parse().unwrap(), v6: v6.parse().unwrap() });
        }
        // What is named here is seen by nobody else, and ends with this process.
        run("mount --make-rprivate /");
        run("mount -t tmpfs tmpfs /run");
        for setting in ["ipv4/ip_forward", "ipv6/conf/all/forwarding"] {
            std::fs::write(format!("/proc/sys/net/{setting}"), "1").unwrap();
        }
        run("ip link set lo up");
        for (number, host) in hosts.iter().enumerate() {
            let Host { v4, v6, .. } = host;
            let inside = format!("ip -n h{number}");
            run(&format!("ip netns add h{number}"));
            run(&format!("ip link add dev v{number} type veth peer name eth0 netns h{number}"));
            run(&format!("ip link set v{number} up"));
            run(&format!("ip addr add 10.255.255.254/32 dev v{number}"));
            run(&format!("ip -6 addr add fe80::1/64 dev v{number} nodad"));
            run(&format!("{inside} link set lo up"));
            run(&format!("{inside} link set eth0 up"));
            run(&format!("{inside} addr add {v4}/32 dev eth0"));
            run(&format!("{inside} -6 addr add {v6}/128 dev eth0 nodad"));
            run(&format!("{inside} route add default via 10.255.255.254 dev eth0 onlink"));
            run(&format!("{inside} -6 route add default via fe80::1 dev eth0"));
            run(&format!("ip route add {v4}/32 dev v{number}"));
            run(&format!("ip -6 route add {v6}/128 dev v{number}"));
        }
        let servers = (0..hosts.len()).map(|number| {
            let mut server = on_host(number, "serve").stdout(Stdio::piped()).spawn().unwrap();
            let mut lines = std::io::BufReader::new(server.stdout.take().unwrap()).lines();
            assert!(lines.any(|line| line.unwrap().ends_with("serving")), "host {number} does not serve");
            server
        });
        let servers = servers.collect();
        Self { hosts, servers }
    }

    /// The endpoint that a host is, for one family of addresses.
    pub(crate) fn endpoint(&self, network: &Network<'_>, host: usize, v6: bool) -> EndpointId {
        let host = &self.hosts[host];
        if !host.is_pod {
            return network.outside_of(if v6 { host.v6 } else { host.v4 }).unwrap();
        }
        let whole = format!("{}[Pod]", host.name);
        let of_family = format!("{whole} ({})", if v6 { "IPv6" } else { "IPv4" });
        let fits = |name: &str| name == whole || name == of_family;
        network.endpoints().find(|(_, endpoint)| fits(&endpoint.name)).unwrap().0
    }

    /// Lets through what the evaluator answers, and its replies, and nothing else.
    pub(crate) fn admit(&self, network: &Network<'_>) {
        let mut rules = "table inet plimsoll {\n chain forward {\n  type filter hook forward priority 0; policy drop;\n  ct state established,related accept\n".to_owned();
        for (from, source) in self.hosts.iter().enumerate() {
            for (to, target) in self.hosts.iter().enumerate().filter(|(to, _)| *to != from) {
                for v6 in [false, true] {
                    let ports = network.connections(self.endpoint(network, from, v6), self.endpoint(network, to, v6));
                    let (family, source, target) =
                        if v6 { ("ip6", source.v6, target.v6) } else { ("ip", source.v4, target.v4) };
                    for protocol in PROTOCOLS {
                        let word = network::protocol_name(protocol).to_lowercase();
                        for (first, last) in ports.ranges(protocol) {
                            rules += &format!(
                                "  {family} saddr {source} {family} daddr {target} {word} dport {first}-{last} accept\n"
                            );
                        }
                    }
                }
            }
        }
        // Who is refused is told so at once, where the kernel does not tell it seldom.
        rules += "  meta l4proto tcp reject with tcp reset\n }\n}\n";
        let mut nft = Command::new("nft").args(["-f", "-"]).stdin(Stdio::piped()).spawn().unwrap();
        nft.stdin.take().unwrap().write_all(rules.as_bytes()).unwrap();
        assert!(nft.wait().unwrap().success(), "{rules}");
    }

    /// Tries every connection between two hosts.
    pub(crate) fn connect(&mut self) -> Vec<Connection> {
        let mut connections = Vec::new();
        for from in 0..self.hosts.len() {
            let mut asked = String::new();
            let first = connections.len();
            for (to, target) in self.hosts.iter().enumerate().filter(|(to, _)| *to != from) {
                for v6 in [false, true] {
                    let address = if v6 { target.v6 } else { target.v4 };
                    for (protocol, ports) in [(Protocol::Tcp, TCP), (Protocol::Udp, UDP)] {
                        for &port in ports {
                            let word = network::protocol_name(protocol);
                            asked += &format!("{word} {}\n", SocketAddr::new(address, port));
                            connections.push(Connection { from, to, v6, protocol, port, made: false });
                        }
                    }
                }
            }
            let mut probe = on_host(from, "probe").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
            probe.stdin.take().unwrap().write_all(asked.as_bytes()).unwrap();
            let output = probe.wait_with_output().unwrap();
            let text = String::from_utf8(output.stdout).unwrap();
            let answers: Vec<bool> =
                text.lines().filter_map(|line| Some(line.rsplit_once("answer ")?.1 == "made")).collect();
            assert_eq!(answers.len(), connections.len() - first, "{text}");
            connections[first..].iter_mut().zip(answers).for_each(|(connection, made)| connection.made = made);
        }
        connections
    }

    /// A connection, for people.
    pub(crate) fn name(&self, connection: &Connection) -> String {
        let Connection { from, to, v6, protocol, port, made: _ } = connection;
        let word = network::protocol_name(*protocol).to_lowercase();
        let family = if *v6 { "IPv6" } else { "IPv4" };
        format!("{} -> {} {word}/{port} over {family}", self.hosts[*from].name, self.hosts[*to].name)
    }
}

/// Listens on every port, and answers what comes.
pub(crate) fn serve() {
    let any = |port| SocketAddr::from((Ipv6Addr::UNSPECIFIED, port));
    for &port in UDP {
        let socket = UdpSocket::bind(any(port)).unwrap();
        std::thread::spawn(move || {
            let mut buffer = [0; 16];
            while let Ok((length, from)) = socket.recv_from(&mut buffer) {
                socket.send_to(&buffer[..length], from).ok();
            }
        });
    }
    let listeners: Vec<TcpListener> = TCP.iter().map(|port| TcpListener::bind(any(*port)).unwrap()).collect();
    println!("serving");
    let serving = listeners.into_iter().map(|listener| {
        std::thread::spawn(move || {
            for mut stream in listener.incoming().flatten() {
                stream.write_all(b"!").ok();
            }
        })
    });
    serving.collect::<Vec<_>>().into_iter().for_each(|thread| thread.join().unwrap());
}

/// Tries what is asked for, a line each, and says what came of it.
pub(crate) fn probe() {
    let asked: Vec<(bool, SocketAddr)> = std::io::stdin()
        .lines()
        .map(|line| {
            let line = line.unwrap();
            let (protocol, address) = line.split_once(' ').unwrap();
            (protocol == "TCP", address.parse().unwrap())
        })
        .collect();
    // Those that nobody answers are waited for together.
    let tries = asked.into_iter().map(|(is_tcp, address)| {
        std::thread::spawn(move || if is_tcp { reaches_tcp(address) } else { reaches_udp(address) })
    });
    let tries: Vec<_> = tries.collect();
    for one in tries {
        println!("answer {}", if one.join().unwrap() { "made" } else { "refused" });
    }
}

fn reaches_tcp(address: SocketAddr) -> bool {
    let Ok(mut stream) = TcpStream::connect_timeout(&address, PATIENCE) else { return false };
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream.read_exact(&mut [0]).is_ok()
}

fn reaches_udp(address: SocketAddr) -> bool {
    let own: SocketAddr = if address.is_ipv4() { "0.0.0.0:0" } else { "[::]:0" }.parse().unwrap();
    let socket = UdpSocket::bind(own).unwrap();
    socket.set_read_timeout(Some(PATIENCE)).unwrap();
    socket.connect(address).unwrap();
    socket.send(b"?").is_ok() && socket.recv(&mut [0; 16]).is_ok()
}
