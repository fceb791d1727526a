//! Runs `contrast` in virtual time and prints its events. The person pauses, and the laptop sleeps.
//!
//! `cargo run --example virtual_session`

#![expect(clippy::print_stdout, reason = "an example prints")]

use std::error::Error;
use std::time::Duration;

use therapy::domain::protocol::Choice;
use therapy::domain::rules::Context;
use therapy::domain::session::{Event, Input, Moment, Session, SessionOptions};
use therapy::edge::catalog;
use therapy::runner::{self, Observer, Trouble};
use therapy::simulate::{Happening, Simulation};
use therapy::text::durations::count_up;
use therapy::text::wording;

struct Printer;

impl Observer for Printer {
    fn observe(&mut self, events: &[Event], session: &Session) -> Result<(), Trouble> {
        for event in events {
            println!("{:>7}  {}", count_up(event.elapsed), wording::of(event, session, false).headline);
        }
        Ok(())
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let minutes = |minutes: u64| Duration::from_secs(minutes * 60);
    let contrast = catalog::built_in("contrast").ok_or("no built-in protocol has this name")?;
    let protocol = contrast.parsed.draft.review(Choice::default(), &Context::default(), &[]);
    let protocol = protocol.map_err(|findings| format!("refused: {findings:?}"))?;
    let script = [
        (minutes(5), Happening::Says(Input::Pause)),
        (minutes(8), Happening::Says(Input::Resume)),
        // The lid closes during the first cold step and opens two hours later.
        (minutes(30), Happening::Stalls(minutes(120))),
        (minutes(151), Happening::Says(Input::Confirm)),
    ];
    let start = Moment::default();
    let mut world = Simulation::new(start, &script);
    let report = runner::run(&protocol, SessionOptions::default(), &mut world, &mut [&mut Printer]);
    println!("{:?}", report.outcome);
    Ok(())
}
