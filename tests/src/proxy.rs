//! An address at which a broker appears.

use std::io;
use std::net::{Shutdown, TcpListener, TcpStream};
use std::thread;
use std::time::{Duration, Instant};

use crate::SOON;

/// A listener that is taken for a broker: it passes every connection on to `broker`.
///
/// # Panics
/// If the address stays taken.
pub fn proxy(at: &str, broker: &str) {
    let deadline = Instant::now() + SOON;
    let listener = loop {
        match TcpListener::bind(at) {
            Ok(listener) => break listener,
            // Another run of this test, which ends soon.
            Err(error) => assert!(Instant::now() < deadline, "{at}: {error}"),
        }
        thread::sleep(Duration::from_millis(100));
    };
    // Any of them tells of the others.
    let broker = broker.split(',').next().unwrap_or(broker).to_owned();
    thread::spawn(move || {
        for client in listener.incoming().flatten() {
            let Ok(server) = TcpStream::connect(&broker) else {
                continue;
            };
            pipe(&client, &server);
            pipe(&server, &client);
        }
    });
}

fn pipe(from: &TcpStream, to: &TcpStream) {
    let (mut from, mut to) = (from.try_clone().unwrap(), to.try_clone().unwrap());
    thread::spawn(move || {
        let _ = io::copy(&mut from, &mut to);
        let _ = to.shutdown(Shutdown::Both);
    });
}
