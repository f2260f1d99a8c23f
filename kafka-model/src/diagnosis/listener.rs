//! A listener that accepts connections, and what it speaks.

use std::io::{self, Read, Write};
use std::net::{TcpStream, ToSocketAddrs as _};
use std::time::Duration;

/// How long each step may take.
const PATIENCE: Duration = Duration::from_secs(2);
/// The port of a broker whose address has none, as librdkafka has it.
const PORT: u16 = 9092;
/// How many addresses are tried.
const TRIED: usize = 3;

/// An `ApiVersions` request of version 0: any broker answers it before anything else, unless it speaks TLS.
const API_VERSIONS: [u8; 14] = [0, 0, 0, 10, 0, 18, 0, 0, 0, 0, 0, 0, 0xff, 0xff];

/// A listener that accepted a connection.
pub(super) struct Listener {
    pub(super) stream: TcpStream,
    /// The host that it was reached by.
    #[cfg_attr(
        not(feature = "ssl"),
        allow(dead_code, reason = "certificates have it")
    )]
    pub(super) host: String,
}

/// What a listener does with requests.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Answer {
    /// It answers.
    Kafka,
    /// It answers what anybody may ask, and closes the connection then: it wants SASL.
    Sasl,
    /// It closes the connection, or speaks TLS.
    Closed,
    /// It says nothing, for two seconds.
    Nothing,
}

impl Listener {
    /// The first of `brokers` (`host:port[,host:port…]`) that accepts a connection.
    pub(super) fn reach(brokers: &str) -> Option<Self> {
        let brokers = brokers.split(',').map(str::trim).take(TRIED);
        brokers.into_iter().find_map(|broker| {
            let (host, port) = host_and_port(broker);
            let mut addresses = (host, port).to_socket_addrs().ok()?;
            let stream = addresses.find_map(|address| connect(&address).ok())?;
            Some(Self {
                stream,
                host: host.to_owned(),
            })
        })
    }

    /// What it does with requests in plain text.
    pub(super) fn ask(mut self) -> Answer {
        ask(&mut self.stream)
    }
}

/// What a listener does with requests. Before SASL it answers one of this kind, and not another one
/// (`SaslServerAuthenticator`).
pub(super) fn ask(stream: &mut (impl Read + Write)) -> Answer {
    match ask_once(stream) {
        Answer::Kafka => match ask_once(stream) {
            Answer::Closed => Answer::Sasl,
            other => other,
        },
        other => other,
    }
}

fn ask_once(stream: &mut (impl Read + Write)) -> Answer {
    if stream.write_all(&API_VERSIONS).is_err() {
        return Answer::Closed;
    }
    let mut length = [0; 4];
    match stream.read_exact(&mut length) {
        // A TLS record's first byte is its type, 20 to 23; that of a length as long as this would be 300 MiB.
        Ok(()) if length[0] == 0 => {}
        Err(error) if is_timeout(&error) => return Answer::Nothing,
        Ok(()) | Err(_) => return Answer::Closed,
    }
    let length = u64::from(u32::from_be_bytes(length));
    match io::copy(&mut stream.take(length), &mut io::sink()) {
        Ok(copied) if copied == length => Answer::Kafka,
        Err(error) if is_timeout(&error) => Answer::Nothing,
        Ok(_) | Err(_) => Answer::Closed,
    }
}

fn connect(address: &std::net::SocketAddr) -> io::Result<TcpStream> {
    let stream = TcpStream::connect_timeout(address, PATIENCE)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    Ok(stream)
}

fn is_timeout(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut
    )
}

/// `host:port`, `host`, `[::1]:port` or `[::1]`.
fn host_and_port(broker: &str) -> (&str, u16) {
    let (host, port) = match broker.rsplit_once(':') {
        Some((host, port)) if !host.contains(':') || host.ends_with(']') => {
            (host, port.parse().unwrap_or(PORT))
        }
        _ => (broker, PORT),
    };
    let host = host.strip_prefix('[').unwrap_or(host);
    (host.strip_suffix(']').unwrap_or(host), port)
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;
    use std::thread;

    use super::*;

    #[test]
    fn addresses_are_read_as_librdkafka_reads_them() {
        for (broker, read) in [
            ("a:1", ("a", 1)),
            ("a", ("a", 9092)),
            ("[::1]:1", ("::1", 1)),
            ("[::1]", ("::1", 9092)),
            ("::1", ("::1", 9092)),
        ] {
            assert_eq!(host_and_port(broker), read, "{broker}");
        }
    }

    #[test]
    fn a_listener_that_closes_or_alerts_is_not_one_that_answers() {
        for (reply, answer) in [
            (&[0, 0, 0, 1, 9, 0, 0, 0, 1, 9][..], Answer::Kafka),
            // It answers once, and closes.
            (&[0, 0, 0, 1, 9][..], Answer::Sasl),
            // It promises more than it says.
            (&[0, 0, 0, 2, 9][..], Answer::Closed),
            (&[21, 3, 3, 0][..], Answer::Closed),
            (&[][..], Answer::Closed),
        ] {
            let server = TcpListener::bind("127.0.0.1:0").unwrap();
            let address = format!("127.0.0.1:9,{}", server.local_addr().unwrap());
            let serving = thread::spawn(move || {
                let (mut stream, _) = server.accept().unwrap();
                let mut request = [0; API_VERSIONS.len()];
                stream.read_exact(&mut request).unwrap();
                stream.write_all(reply).unwrap();
                stream.shutdown(std::net::Shutdown::Write).unwrap();
                // So that the connection is not reset with what was not read.
                let _ = io::copy(&mut stream, &mut io::sink());
            });
            let listener = Listener::reach(&address).unwrap();
            assert_eq!(listener.ask(), answer);
            serving.join().unwrap();
        }
        assert!(Listener::reach("127.0.0.1:9").is_none());
    }
}
