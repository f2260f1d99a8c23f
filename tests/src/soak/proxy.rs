//! What stands between the services and the brokers: it passes the Kafka protocol on frame by frame, and can cut
//! connections, hold them up, and swallow chosen replies.
//!
//! Requests carry the id of their client, by which the connections of one service are told from another's, and
//! requests and replies a correlation id, by which a reply is known to be, say, that of an `OffsetCommit`.

use std::collections::HashMap;
use std::io::{self, Read as _, Write as _};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

/// `OffsetCommit`'s number in the protocol.
pub const OFFSET_COMMIT: i16 = 8;

/// Which connections.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Selector {
    /// Those of this client; of any, if none is named.
    pub client: Option<String>,
    /// Those to this node, from 1 on; to any, if none is named.
    pub node: Option<usize>,
}

impl Selector {
    /// All connections of a client.
    #[must_use]
    pub fn client(client: &str) -> Self {
        Self {
            client: Some(client.to_owned()),
            node: None,
        }
    }

    /// All connections to a node.
    #[must_use]
    pub fn node(node: usize) -> Self {
        Self {
            client: None,
            node: Some(node),
        }
    }

    fn takes(&self, link: &Link) -> bool {
        self.node.is_none_or(|node| node == link.node)
            && self
                .client
                .as_ref()
                .is_none_or(|client| *client == *locked(&link.client))
    }
}

/// Counts of what went over some connections.
#[derive(Clone, Copy, Debug, Default)]
pub struct Counts {
    /// Requests passed on.
    pub requests: u64,
    /// Replies passed on.
    pub replies: u64,
    /// Frames that were held up.
    pub held: u64,
    /// Connections that the node ended, or did not take.
    pub broken: u64,
}

/// The proxies of all nodes.
#[derive(Clone, Debug)]
pub struct Proxies {
    shared: Arc<Shared>,
    addresses: Vec<String>,
}

#[derive(Debug, Default)]
struct Shared {
    links: Mutex<Vec<Arc<Link>>>,
    frozen: Mutex<Vec<Selector>>,
    swallow: Mutex<Option<Swallow>>,
    swallowed: AtomicU64,
}

#[derive(Debug)]
struct Swallow {
    of: Selector,
    api: i16,
    left: u64,
}

#[derive(Debug)]
struct Link {
    node: usize,
    client: Mutex<String>,
    sockets: Vec<TcpStream>,
    asked: Mutex<HashMap<i32, i16>>,
    gone: AtomicBool,
    requests: AtomicU64,
    replies: AtomicU64,
    held: AtomicU64,
    broken: AtomicBool,
}

impl Proxies {
    /// Listens at each `advertised` address and connects to the `actual` one of its node:
    /// `advertised=actual,…`, in the order of the nodes.
    ///
    /// # Errors
    /// If an address is taken.
    pub fn start(proxies: &str) -> io::Result<Self> {
        let shared = Arc::<Shared>::default();
        let mut addresses = Vec::new();
        for (index, proxy) in proxies.split(',').enumerate() {
            let (advertised, actual) = proxy
                .split_once('=')
                .ok_or_else(|| io::Error::other(format!("`{proxy}` is not advertised=actual")))?;
            let listener = TcpListener::bind(advertised)?;
            addresses.push(advertised.to_owned());
            let (shared, actual) = (Arc::clone(&shared), actual.to_owned());
            thread::spawn(move || {
                for client in listener.incoming().flatten() {
                    let (shared, actual) = (Arc::clone(&shared), actual.clone());
                    // Connecting to a paused node may take as long as it is paused.
                    thread::spawn(move || connect(&shared, index + 1, &client, &actual));
                }
            });
        }
        Ok(Self { shared, addresses })
    }

    /// Where services connect to.
    #[must_use]
    pub fn bootstrap(&self) -> String {
        self.addresses.join(",")
    }

    /// How many connections are open.
    #[must_use]
    pub fn open(&self, of: &Selector) -> usize {
        self.open_links(of).len()
    }

    fn open_links(&self, of: &Selector) -> Vec<Arc<Link>> {
        locked(&self.shared.links)
            .iter()
            .filter(|link| !link.gone.load(Ordering::SeqCst) && of.takes(link))
            .cloned()
            .collect()
    }

    /// What went over the connections so far.
    #[must_use]
    pub fn counts(&self, of: &Selector) -> Counts {
        let mut counts = Counts::default();
        for link in locked(&self.shared.links)
            .iter()
            .filter(|link| of.takes(link))
        {
            counts.requests += link.requests.load(Ordering::SeqCst);
            counts.replies += link.replies.load(Ordering::SeqCst);
            counts.held += link.held.load(Ordering::SeqCst);
            counts.broken += u64::from(link.broken.load(Ordering::SeqCst));
        }
        counts
    }

    /// Cuts connections; returns how many.
    #[must_use]
    pub fn cut(&self, of: &Selector) -> usize {
        let links = self.open_links(of);
        for link in &links {
            link.end();
        }
        links.len()
    }

    /// Holds everything up that goes over these connections, and over such as are made meanwhile.
    pub fn freeze(&self, of: &Selector) {
        locked(&self.shared.frozen).push(of.clone());
    }

    /// Lets it go on.
    pub fn thaw(&self, of: &Selector) {
        locked(&self.shared.frozen).retain(|frozen| frozen != of);
    }

    /// Swallows the next `times` replies to requests of the kind `api`, each with its connection, as if that had
    /// broken just then.
    pub fn swallow(&self, of: &Selector, api: i16, times: u64) {
        let of = of.clone();
        let left = times;
        *locked(&self.shared.swallow) = Some(Swallow { of, api, left });
    }

    /// Whether so many were swallowed.
    #[must_use]
    pub fn has_swallowed(&self, times: u64) -> bool {
        self.shared.swallowed.load(Ordering::SeqCst) >= times
    }

    /// Swallows no more; returns how many it swallowed since the last time.
    #[must_use]
    pub fn swallowed(&self) -> u64 {
        *locked(&self.shared.swallow) = None;
        self.shared.swallowed.swap(0, Ordering::SeqCst)
    }
}

impl Shared {
    fn wait_while_frozen(&self, link: &Link) {
        let mut noted = false;
        while locked(&self.frozen).iter().any(|of| of.takes(link)) {
            if !noted {
                link.held.fetch_add(1, Ordering::SeqCst);
                noted = true;
            }
            thread::sleep(Duration::from_millis(20));
        }
    }

    fn is_swallowed(&self, link: &Link, api: Option<i16>) -> bool {
        let mut swallow = locked(&self.swallow);
        match &mut *swallow {
            Some(rule) if rule.left > 0 && Some(rule.api) == api && rule.of.takes(link) => {
                rule.left -= 1;
                self.swallowed.fetch_add(1, Ordering::SeqCst);
                true
            }
            _ => false,
        }
    }
}

impl Link {
    fn end(&self) {
        self.gone.store(true, Ordering::SeqCst);
        for socket in &self.sockets {
            let _ = socket.shutdown(Shutdown::Both);
        }
    }
}

fn connect(shared: &Arc<Shared>, node: usize, client: &TcpStream, actual: &str) {
    let server = TcpStream::connect(actual);
    let mut sockets = vec![client.try_clone().expect("a socket")];
    if let Ok(server) = &server {
        sockets.push(server.try_clone().expect("a socket"));
    }
    for socket in &sockets {
        let _ = socket.set_nodelay(true);
    }
    let link = Arc::new(Link {
        node,
        client: Mutex::default(),
        sockets,
        asked: Mutex::default(),
        gone: AtomicBool::new(server.is_err()),
        requests: AtomicU64::new(0),
        replies: AtomicU64::new(0),
        held: AtomicU64::new(0),
        broken: AtomicBool::new(server.is_err()),
    });
    locked(&shared.links).push(Arc::clone(&link));
    let (Ok(mut to_server), Ok(mut from_client)) = (server, client.try_clone()) else {
        let _ = client.shutdown(Shutdown::Both);
        return;
    };
    let (mut from_server, mut to_client) = (
        to_server.try_clone().expect("a socket"),
        client.try_clone().expect("a socket"),
    );
    let replies = {
        let (shared, link) = (Arc::clone(shared), Arc::clone(&link));
        move || {
            let result = pass_replies(&shared, &link, &mut from_server, &mut to_client);
            if result.is_err() && !link.gone.load(Ordering::SeqCst) {
                link.broken.store(true, Ordering::SeqCst);
            }
            link.end();
        }
    };
    thread::spawn(replies);
    let _ = pass_requests(shared, &link, &mut from_client, &mut to_server);
    link.end();
}

fn frame(from: &mut TcpStream) -> io::Result<Vec<u8>> {
    let mut size = [0; 4];
    from.read_exact(&mut size)?;
    let length = usize::try_from(i32::from_be_bytes(size)).map_err(io::Error::other)?;
    let mut frame = vec![0; 4 + length];
    frame[..4].copy_from_slice(&size);
    from.read_exact(&mut frame[4..])?;
    Ok(frame)
}

fn pass_requests(
    shared: &Shared,
    link: &Link,
    from: &mut TcpStream,
    to: &mut TcpStream,
) -> io::Result<()> {
    loop {
        let frame = frame(from)?;
        // Size, kind, version, correlation id, length of the client's id, that id.
        if frame.len() >= 14 {
            let api = i16::from_be_bytes([frame[4], frame[5]]);
            let correlation = i32::from_be_bytes([frame[8], frame[9], frame[10], frame[11]]);
            let length = i16::from_be_bytes([frame[12], frame[13]]);
            if let Some(client) = usize::try_from(length)
                .ok()
                .and_then(|length| frame.get(14..14 + length))
            {
                *locked(&link.client) = String::from_utf8_lossy(client).into_owned();
            }
            locked(&link.asked).insert(correlation, api);
        }
        shared.wait_while_frozen(link);
        to.write_all(&frame)?;
        link.requests.fetch_add(1, Ordering::SeqCst);
    }
}

fn pass_replies(
    shared: &Shared,
    link: &Link,
    from: &mut TcpStream,
    to: &mut TcpStream,
) -> io::Result<()> {
    loop {
        let frame = frame(from)?;
        let api = (frame.len() >= 8)
            .then(|| i32::from_be_bytes([frame[4], frame[5], frame[6], frame[7]]))
            .and_then(|correlation| locked(&link.asked).remove(&correlation));
        shared.wait_while_frozen(link);
        if shared.is_swallowed(link, api) {
            link.end();
            return Ok(());
        }
        link.replies.fetch_add(1, Ordering::SeqCst);
        if to.write_all(&frame).is_err() {
            // It was the client that went.
            return Ok(());
        }
    }
}

fn locked<T>(of: &Mutex<T>) -> MutexGuard<'_, T> {
    of.lock().unwrap_or_else(PoisonError::into_inner)
}
