//! A minimal session bus and notification service in one. It needs no other program, and records the
//! arrival of each notification to the microsecond.
#![cfg(unix)]

use std::io::{Read as _, Write as _};
use std::os::unix::net::{UnixListener, UnixStream};
use std::sync::{Arc, Mutex};
use std::thread;

use therapy::domain::session::Moment;
use therapy::edge::clock;

use crate::support::Home;

/// Arrival time and title of each notification.
#[derive(Clone, Default)]
pub struct Arrivals(Arc<Mutex<Vec<(Moment, String)>>>);

impl Arrivals {
    pub fn all(&self) -> Vec<(Moment, String)> {
        self.0.lock().expect("arrivals").clone()
    }

    /// The first notification with this text in its title.
    pub fn find(&self, title: &str) -> Option<(Moment, String)> {
        self.all().into_iter().find(|(_, shown)| shown.contains(title))
    }
}

/// Answers every call on the bus of this home, for as long as the test binary runs.
pub fn answer(home: &Home) -> Arrivals {
    let listener = UnixListener::bind(home.path().join("no-bus")).expect("a socket");
    let arrivals = Arrivals::default();
    let shown = arrivals.clone();
    thread::spawn(move || {
        for call in listener.incoming().flatten() {
            let shown = shown.clone();
            // The thread ends when the caller hangs up.
            thread::spawn(move || converse(call, &shown));
        }
    });
    arrivals
}

fn converse(mut call: UnixStream, arrivals: &Arrivals) -> Option<()> {
    let mut received: Vec<u8> = Vec::new();
    let mut begun = false;
    loop {
        let mut bytes = [0; 4096];
        let count = call.read(&mut bytes).ok().filter(|count| *count > 0)?;
        let now = clock::now();
        received.extend(&bytes[..count]);
        while !begun && let Some(end) = received.windows(2).position(|pair| pair == b"\r\n") {
            let line: Vec<u8> = received.drain(..end + 2).collect();
            let line = String::from_utf8_lossy(&line).into_owned();
            match line.trim_start_matches('\0').split_whitespace().next()? {
                "AUTH" => call.write_all(b"OK 0123456789abcdef0123456789abcdef\r\n").ok()?,
                "NEGOTIATE_UNIX_FD" => call.write_all(b"AGREE_UNIX_FD\r\n").ok()?,
                "BEGIN" => begun = true,
                _ => call.write_all(b"ERROR\r\n").ok()?,
            }
        }
        while begun && let Some(message) = Message::take(&mut received) {
            if message.member == "Notify" {
                let title = message.title()?;
                arrivals.0.lock().expect("arrivals").push((now, title));
            }
            call.write_all(&message.reply()).ok()?;
        }
    }
}

/// A method call in little-endian form, as on the machines that run these tests.
struct Message {
    serial: u32,
    member: String,
    body: Vec<u8>,
}

fn number(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(bytes.get(at..at + 4)?.try_into().ok()?))
}

/// A string, and the position after it.
fn string(bytes: &[u8], at: usize) -> Option<(String, usize)> {
    let at = at.next_multiple_of(4);
    let end = at + 4 + number(bytes, at)? as usize;
    Some((String::from_utf8_lossy(bytes.get(at + 4..end)?).into_owned(), end + 1))
}

impl Message {
    /// Removes the first complete message from the received bytes.
    fn take(received: &mut Vec<u8>) -> Option<Message> {
        const MEMBER: u8 = 3;
        let (body, serial, fields) = (number(received, 4)?, number(received, 8)?, number(received, 12)?);
        let begin = (16 + fields as usize).next_multiple_of(8);
        let end = begin + body as usize;
        if received.len() < end {
            return None;
        }
        let mut member = String::new();
        let mut at = 16;
        while at < 16 + fields as usize {
            let (field, signature) = (received[at], received[at + 2]);
            at = match signature {
                b's' | b'o' => {
                    let (text, next) = string(received, at + 4)?;
                    if field == MEMBER {
                        member = text;
                    }
                    next
                }
                b'g' => at + 4 + usize::from(received[at + 4]) + 2,
                _ => at + 8,
            }
            .next_multiple_of(8);
        }
        let message = Message { serial, member, body: received[begin..end].to_vec() };
        received.drain(..end);
        Some(message)
    }

    /// The title, which comes after the name of the program, a number and an icon.
    fn title(&self) -> Option<String> {
        let (_, at) = string(&self.body, 0)?;
        let (_, at) = string(&self.body, at.next_multiple_of(4) + 4)?;
        string(&self.body, at).map(|(title, _)| title)
    }

    fn reply(&self) -> Vec<u8> {
        let (signature, body): (&[u8], &[u8]) = match self.member.as_str() {
            "Hello" => (b"s", b"\x04\0\0\0:1.1\0"),
            "Notify" => (b"u", b"\x01\0\0\0"),
            _ => (b"", b""),
        };
        // The serial number of the call, and the signature of the body.
        let mut fields = vec![5, 1, b'u', 0];
        fields.extend(self.serial.to_le_bytes());
        if let [kind] = signature {
            fields.extend([8, 1, b'g', 0, 1, *kind, 0]);
        }
        let length = |bytes: &[u8]| u32::try_from(bytes.len()).expect("short").to_le_bytes();
        let mut reply = vec![b'l', 2, 1, 1];
        reply.extend(length(body));
        reply.extend(self.serial.to_le_bytes());
        reply.extend(length(&fields));
        reply.extend(fields);
        reply.resize(reply.len().next_multiple_of(8), 0);
        reply.extend(body);
        reply
    }
}
