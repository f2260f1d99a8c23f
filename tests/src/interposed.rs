//! A proxy that all of a client's connections go through, and that can lose what a connection asks for.

use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

/// The api key of a fetch.
const FETCH: [u8; 2] = [0, 1];

/// A proxy before the broker of a cluster of one. What the broker says of its own address is replaced by the
/// proxy's, so that clients come back to it.
#[derive(Debug)]
pub struct Interposed {
    address: String,
    /// Counts up at each connection.
    connections: Arc<AtomicU64>,
    /// Connections with a number below this lose their fetches.
    losing: Arc<AtomicU64>,
    /// How many fetches were lost.
    lost: Arc<AtomicU64>,
}

impl Interposed {
    /// A proxy before `broker`, `127.0.0.1:port`.
    ///
    /// # Panics
    /// If there is no free port.
    #[must_use]
    pub fn before(broker: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("its address").to_string();
        let (connections, losing) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicU64::new(0)));
        let lost = Arc::new(AtomicU64::new(0));
        let (count, below, losses) = (
            Arc::clone(&connections),
            Arc::clone(&losing),
            Arc::clone(&lost),
        );
        let (theirs, ours) = (host_and_port(broker), host_and_port(&address));
        let broker = broker.to_owned();
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let Ok(server) = TcpStream::connect(&broker) else {
                    continue;
                };
                let number = count.fetch_add(1, Ordering::SeqCst);
                let (below, losses) = (Arc::clone(&below), Arc::clone(&losses));
                frames(&client, &server, move |request| {
                    let is_lost =
                        request.starts_with(&FETCH) && number < below.load(Ordering::SeqCst);
                    losses.fetch_add(u64::from(is_lost), Ordering::SeqCst);
                    !is_lost
                });
                let (theirs, ours) = (theirs.clone(), ours.clone());
                frames(&server, &client, move |answer| {
                    replace(answer, &theirs, &ours);
                    true
                });
            }
        });
        Self {
            address,
            connections,
            losing,
            lost,
        }
    }

    /// Its address, to start from.
    #[must_use]
    pub fn address(&self) -> &str {
        &self.address
    }

    /// How many fetches were lost. A client has one under way at a time.
    #[must_use]
    pub fn lost(&self) -> u64 {
        self.lost.load(Ordering::SeqCst)
    }

    /// From now on, what the present connections fetch never arrives, and nothing tells them so. New ones work.
    pub fn lose_fetches(&self) {
        self.losing
            .store(self.connections.load(Ordering::SeqCst), Ordering::SeqCst);
    }
}

/// Passes frames on, each changed or held back by `each`.
fn frames(
    from: &TcpStream,
    to: &TcpStream,
    mut each: impl FnMut(&mut Vec<u8>) -> bool + Send + 'static,
) {
    let (mut from, mut to) = (from.try_clone().unwrap(), to.try_clone().unwrap());
    thread::spawn(move || {
        let mut pass = || -> io::Result<()> {
            loop {
                let mut size = [0; 4];
                from.read_exact(&mut size)?;
                let mut frame = vec![0; usize::try_from(u32::from_be_bytes(size)).unwrap()];
                from.read_exact(&mut frame)?;
                if each(&mut frame) {
                    to.write_all(&size)?;
                    to.write_all(&frame)?;
                }
            }
        };
        let _ = pass();
        let _ = to.shutdown(Shutdown::Both);
        let _ = from.shutdown(Shutdown::Both);
    });
}

/// An address as Kafka's protocol has it: the host's text, then the port in four bytes.
fn host_and_port(address: &str) -> Vec<u8> {
    let (host, port) = address.rsplit_once(':').expect("host:port");
    let mut bytes = host.as_bytes().to_vec();
    bytes.extend(port.parse::<u32>().expect("a port").to_be_bytes());
    bytes
}

fn replace(bytes: &mut [u8], old: &[u8], new: &[u8]) {
    assert_eq!(old.len(), new.len());
    let mut at = 0;
    while let Some(found) = bytes[at..]
        .windows(old.len())
        .position(|window| window == old)
    {
        bytes[at + found..at + found + new.len()].copy_from_slice(new);
        at += found + new.len();
    }
}
