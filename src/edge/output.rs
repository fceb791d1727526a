//! A stream that never makes its writer wait: a thread of its own writes what it is handed. A
//! reader that stopped reading (a full pipe, Ctrl-S) holds up that thread and not the session.

use std::io::{self, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{self, Receiver, Sender};
use std::thread;
use std::time::Duration;

/// How long the end of a session waits for the last words to be written.
const LAST_WORDS: Duration = Duration::from_secs(1);

/// A stream with its thread.
#[derive(Debug)]
pub struct Output {
    chunks: Option<Sender<Vec<u8>>>,
    waiting: Arc<AtomicUsize>,
    failed: Receiver<io::Error>,
}

impl Output {
    /// Takes over a stream.
    #[must_use]
    pub fn new(mut stream: impl Write + Send + 'static) -> Output {
        let (chunks, inbox) = mpsc::channel::<Vec<u8>>();
        let (failures, failed) = mpsc::channel();
        let waiting = Arc::new(AtomicUsize::new(0));
        let written = Arc::clone(&waiting);
        thread::spawn(move || {
            for chunk in inbox {
                if let Err(error) = stream.write_all(&chunk).and_then(|()| stream.flush()) {
                    let _ = failures.send(error);
                    return;
                }
                written.fetch_sub(1, Ordering::Release);
            }
        });
        Output { chunks: Some(chunks), waiting, failed }
    }

    /// Hands over bytes to be written in order.
    ///
    /// # Errors
    /// When an earlier write failed: nothing can be written any more.
    pub fn send(&mut self, bytes: Vec<u8>) -> io::Result<()> {
        let Some(chunks) = &self.chunks else {
            return Ok(());
        };
        self.waiting.fetch_add(1, Ordering::AcqRel);
        if chunks.send(bytes).is_ok() {
            return Ok(());
        }
        self.chunks = None;
        Err(self.failed.try_recv().unwrap_or_else(|_| io::Error::from(io::ErrorKind::BrokenPipe)))
    }

    /// Whether everything that was handed over is written: a frame that would have to wait is not
    /// worth sending.
    #[must_use]
    pub fn is_idle(&self) -> bool {
        self.waiting.load(Ordering::Acquire) == 0
    }
}

impl Drop for Output {
    fn drop(&mut self) {
        self.chunks = None; // the thread ends when its inbox is empty, and drops its end of `failed`
        let _ = self.failed.recv_timeout(LAST_WORDS);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Mutex;

    #[derive(Clone, Default)]
    struct Shared(Arc<Mutex<Vec<u8>>>);

    impl Write for Shared {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().map_or(Ok(0), |mut all| all.write(bytes))
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    struct Gone;

    impl Write for Gone {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(io::ErrorKind::BrokenPipe.into())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn everything_is_written_before_it_is_dropped() {
        let stream = Shared::default();
        let mut output = Output::new(stream.clone());
        for _ in 0..100 {
            output.send(b"line\n".to_vec()).expect("a stream that takes all");
        }
        drop(output);
        assert_eq!(stream.0.lock().expect("no panic").len(), 500);
    }

    #[test]
    fn a_stream_that_went_away_is_told_once() {
        let mut output = Output::new(Gone);
        let errors = (0..1000).filter(|_| {
            thread::yield_now();
            output.send(b"x".to_vec()).is_err()
        });
        assert!(errors.count() <= 1);
    }
}
