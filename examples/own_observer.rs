//! Follows a session with a custom observer, which adds up the time without a pack.
//!
//! `cargo run --example own_observer`

#![expect(clippy::print_stdout, reason = "an example prints")]

use std::error::Error;
use std::time::Duration;

use therapy::domain::protocol::Choice;
use therapy::domain::rules::Context;
use therapy::domain::session::{Event, EventKind, Moment, Session, SessionOptions};
use therapy::edge::catalog;
use therapy::runner::{self, Observer, Trouble};
use therapy::simulate::Simulation;

/// Session time with nothing on the skin.
#[derive(Default)]
struct Bare {
    since: Option<Duration>,
    total: Duration,
}

impl Observer for Bare {
    fn observe(&mut self, events: &[Event], session: &Session) -> Result<(), Trouble> {
        for event in events {
            if let Some(since) = self.since.take() {
                self.total += event.elapsed.saturating_sub(since);
            }
            let on = session.plan().segments()[event.step].step.kind.modality().is_some();
            let over = matches!(event.kind, EventKind::Finished { .. });
            self.since = (!on && !over).then_some(event.elapsed);
        }
        Ok(())
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let entry = catalog::built_in("intermittent").ok_or("no built-in protocol has this name")?;
    let protocol = entry.parsed.draft.review(Choice::default(), &Context::default(), &[]);
    let protocol = protocol.map_err(|findings| format!("refused: {findings:?}"))?;
    let start = Moment::default();
    let mut bare = Bare::default();
    runner::run(&protocol, SessionOptions::default(), &mut Simulation::new(start, &[]), &mut [&mut bare]);
    println!("without a pack: {}", therapy::text::durations::in_words(bare.total));
    Ok(())
}
