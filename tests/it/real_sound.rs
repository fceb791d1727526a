//! Chimes and sentences through a real sound server, recorded from a sink that nobody hears.
#![cfg(target_os = "linux")]

use std::f64::consts::TAU;
use std::io::Read as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use rustix::process::Signal;
use therapy::domain::session::{Event, Moment};
use therapy::edge::clock;

use crate::programs;
use crate::running::{Running, until};
use crate::support::Home;

const RATE: f64 = 16_000.0;

/// A sound server in a home of its own, and what its sink gets.
struct Ear {
    home: Home,
    server: Child,
    recorder: Child,
    heard: Arc<Mutex<Heard>>,
}

/// What came from the sink, and when: the number of bytes after each piece.
#[derive(Default)]
struct Heard {
    bytes: Vec<u8>,
    arrived: Vec<(usize, Moment)>,
}

impl Ear {
    /// `None` when the programs for it are missing.
    fn new() -> Option<Ear> {
        Ear::at_rate(1.0)
    }

    /// The same, for a session whose clock runs so many times faster.
    fn at_rate(rate: f64) -> Option<Ear> {
        if !["pulseaudio", "paplay", "parec"].iter().all(|name| Path::new("/usr/bin").join(name).exists()) {
            programs::left_out("chimes through a real sound server", "pulseaudio and pulseaudio-utils");
            return None;
        }
        let home = Home::at_rate(rate);
        let run = home.path().join("run");
        std::fs::create_dir(&run).expect("a folder");
        let socket = run.join("pulse.sock");
        let quiet = |command: &mut Command| {
            command.env_clear().envs(home.environment()).env("XDG_RUNTIME_DIR", &run);
            command.env("PULSE_SERVER", format!("unix:{}", socket.display()));
            command.stdin(Stdio::null()).stderr(Stdio::null());
        };
        let mut command = Command::new("pulseaudio");
        quiet(&mut command);
        command.env_remove("PULSE_SERVER").stdout(Stdio::null());
        command.args([
            "-n",
            "--daemonize=no",
            "--exit-idle-time=-1",
            "-L",
            "module-null-sink sink_name=ear rate=44100",
        ]);
        command.args(["-L", &format!("module-native-protocol-unix socket={} auth-anonymous=1", socket.display())]);
        let server = command.spawn().expect("a sound server");
        until("its socket", || socket.exists());
        let mut command = Command::new("parec");
        quiet(&mut command);
        command.args(["-d", "ear.monitor", "--rate=16000", "--channels=1", "--format=s16le", "--latency-msec=10"]);
        let mut recorder = command.stdout(Stdio::piped()).spawn().expect("a recorder");
        let heard = Arc::new(Mutex::new(Heard::default()));
        let (mut pipe, into) = (recorder.stdout.take().expect("a pipe"), Arc::clone(&heard));
        std::thread::spawn(move || {
            let mut bytes = [0; 4096];
            while let Ok(count @ 1..) = pipe.read(&mut bytes) {
                let mut heard = into.lock().expect("bytes");
                heard.bytes.extend_from_slice(&bytes[..count]);
                let end = heard.bytes.len();
                heard.arrived.push((end, clock::now()));
            }
        });
        let ear = Ear { home, server, recorder, heard };
        until("the recorder", || !ear.samples().is_empty());
        Some(ear)
    }

    fn samples(&self) -> Vec<f64> {
        let heard = self.heard.lock().expect("bytes");
        heard.bytes.chunks_exact(2).map(|pair| f64::from(i16::from_le_bytes([pair[0], pair[1]])) / 32768.0).collect()
    }

    /// When the first loud sample after this moment came.
    fn first_after(&self, moment: Moment) -> Option<Moment> {
        let heard = self.heard.lock().expect("bytes");
        let from = heard.arrived.partition_point(|(_, at)| *at <= moment);
        let start = from.checked_sub(1).map_or(0, |before| heard.arrived[before].0);
        let mut samples = heard.bytes[start..].chunks_exact(2).map(|pair| i16::from_le_bytes([pair[0], pair[1]]));
        let place = start + 2 * samples.position(|sample| sample.unsigned_abs() > 300)?;
        let piece = heard.arrived.partition_point(|(end, _)| *end <= place);
        heard.arrived.get(piece).map(|(_, at)| *at)
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = self.home.command(arguments);
        let run = self.home.path().join("run");
        command.env_remove("SSH_CONNECTION").env("XDG_RUNTIME_DIR", &run);
        command.env("PULSE_SERVER", format!("unix:{}", run.join("pulse.sock").display()));
        command
    }

    /// The tones that were heard, without silence and repetitions.
    fn tones(&self) -> Vec<&'static str> {
        let samples = self.samples();
        let mut tones: Vec<&str> = Vec::new();
        let mut silent = 0;
        for window in samples.chunks_exact(1600) {
            let loudness = (window.iter().map(|sample| sample * sample).sum::<f64>() / 1600.0).sqrt();
            if loudness < 0.01 {
                silent += 1;
                continue;
            }
            let tone =
                TONES.iter().max_by(|a, b| power(window, a.0).total_cmp(&power(window, b.0))).map_or("", |tone| tone.1);
            if tones.last() != Some(&tone) || silent > 5 {
                tones.push(tone);
            }
            silent = 0;
        }
        tones
    }
}

impl Drop for Ear {
    fn drop(&mut self) {
        for child in [&mut self.recorder, &mut self.server] {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// The lowest tone of each part of a chime.
const TONES: [(f64, &str); 4] = [(523.25, "soft"), (659.26, "low"), (880.0, "high"), (987.77, "off")];

/// The power of one tone, by Goertzel's algorithm.
fn power(window: &[f64], tone: f64) -> f64 {
    let turn = 2.0 * (TAU * tone / RATE).cos();
    let (one, two) = window.iter().fold((0.0, 0.0), |(one, two), sample| (sample + turn * one - two, one));
    one * one + two * two - turn * one * two
}

#[test]
fn each_chime_is_heard_and_known_by_its_tones() {
    let Some(ear) = Ear::new() else { return };
    ear.home.own(1, &[("heat", "4s"), ("cold", "4s")]);
    let mut running =
        Running::new(ear.command(&["run", "own.toml", "--progress", "json", "--no-notify", "--sound", "on"]));
    running.see("finished");
    until("the last alarm", || ear.tones().last() == Some(&"off"));
    // It would sound again.
    running.signal(Signal::TERM);
    assert_eq!(running.end().code(), Some(0), "{}", running.errors());
    let tones = ear.tones();
    assert_eq!(tones[..4], ["soft", "low", "high", "soft"], "{tones:?}");
    assert!(tones[4..].iter().all(|tone| *tone == "off") && tones.len() > 4, "{tones:?}");
    assert!(!running.errors().contains("no sound"), "{}", running.errors());
}

/// An independent recogniser finds the word of each step in what the sink got. It is asked which of a few sentences it
/// hears: it knows them all, but not which one is due.
#[test]
fn a_recogniser_understands_what_a_real_voice_says() {
    let programs = ["espeak-ng", "pocketsphinx_continuous"].map(|name| Path::new("/usr/bin").join(name));
    if !programs.iter().all(|program| program.exists()) {
        programs::left_out("speech through a real sound server", "espeak-ng, pocketsphinx and pocketsphinx-en-us");
        return;
    }
    let Some(ear) = Ear::at_rate(12.0) else { return };
    ear.home.own(1, &[("heat", "1min"), ("cold", "1min"), ("rest", "20min")]);
    // Without speech-dispatcher, which wants a session of its own.
    let bin = ear.home.path().join("bin");
    std::fs::create_dir(&bin).expect("a folder");
    std::os::unix::fs::symlink(&programs[0], bin.join("espeak-ng")).expect("a link");
    let mut command =
        ear.command(&["run", "own.toml", "--progress", "json", "--no-notify", "--sound", "off", "--speak"]);
    command.env("PATH", &bin);
    let mut running = Running::new(command);
    let middle = ["thirty seconds left", "look at the skin"];
    let said = [&["heat on"][..], &middle, &["heat off", "ice on"], &middle, &["ice off"]].concat();
    until("all clauses", || ear.clauses().len() >= said.len());
    running.signal(Signal::INT);
    assert_eq!(running.end().code(), Some(130), "{}", running.errors());
    let clauses = ear.clauses();
    let understood: Vec<String> =
        clauses.iter().zip(&said).map(|(clause, said)| ear.understood(clause, said.ends_with("off"))).collect();
    assert!(understood.iter().zip(&said).all(|(heard, said)| heard.starts_with(said)), "{understood:?}");
}

/// What the recogniser must choose from: one sentence for a clause that ends a step, one for a clause that begins one.
const ENDS: &str = "ice off now | heat off now";
const OTHERS: &str = "ice on for one minute | heat on for one minute | rest for twenty minutes | \
                      thirty seconds left | look at the skin";

impl Ear {
    /// What was said, cut where nothing is said for a moment. The last clause may still be spoken.
    fn clauses(&self) -> Vec<Vec<f64>> {
        let samples = self.samples();
        let is_loud = |window: &[f64]| window.iter().any(|sample| sample.abs() > 0.02);
        let (mut clauses, mut clause, mut silent) = (Vec::new(), Vec::new(), 0);
        for window in samples.chunks_exact(160) {
            silent = if is_loud(window) { 0 } else { silent + 1 };
            if silent == 0 || !clause.is_empty() {
                clause.extend_from_slice(window);
            }
            if silent == 15 && !clause.is_empty() {
                clauses.push(std::mem::take(&mut clause));
            }
        }
        clauses
    }

    /// What the recogniser hears in a clause.
    fn understood(&self, clause: &[f64], ends: bool) -> String {
        let sentences = if ends { ENDS } else { OTHERS };
        let grammar = format!("#JSGF V1.0;\ngrammar steps;\npublic <sentence> = {sentences};\n");
        let grammar = self.home.file("steps.gram", &grammar);
        // Raw samples, after half a second of silence.
        let quiet = vec![0.0; 8000];
        let samples = [&quiet, clause, &quiet].concat();
        #[expect(clippy::cast_possible_truncation, reason = "a sample is between -1 and 1")]
        let bytes: Vec<u8> = samples.iter().flat_map(|sample| ((sample * 32767.0) as i16).to_le_bytes()).collect();
        let file = self.home.path().join("clause.raw");
        std::fs::write(&file, bytes).expect("a file");
        let mut command = Command::new("/usr/bin/pocketsphinx_continuous");
        command.args(["-jsgf", &grammar, "-infile"]).arg(&file).stdin(Stdio::null());
        let output = programs::output(&mut command);
        String::from_utf8_lossy(&output.stdout).trim().to_owned()
    }
}

/// From the planned moment to the first loud sample, against a player that is started at once.
/// `cargo test --release --test it -- --ignored --nocapture real_sound`
#[test]
#[ignore = "measures an idle machine, for six minutes"]
fn a_chime_is_heard_almost_as_soon_as_the_player_alone_can_play_it() {
    let Some(ear) = Ear::new() else { return };
    let mut alone = Vec::new();
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/sounds/change.wav");
    for _ in 0..100 {
        let mut player = Command::new("paplay");
        player.env("PULSE_SERVER", format!("unix:{}", ear.home.path().join("run/pulse.sock").display()));
        let began = clock::now();
        programs::output(player.arg(&file));
        until("it is heard", || ear.first_after(began).is_some());
        alone.push(ear.first_after(began).expect("a sound").since(began));
        clock::wait(Duration::from_millis(300));
    }
    let mut late = Vec::new();
    for _ in 0..7 {
        ear.home.own(5, &[("heat", "4s"), ("rest", "4s")]);
        let mut running =
            Running::new(ear.command(&["run", "own.toml", "--progress", "json", "--no-notify", "--sound", "on"]));
        assert_eq!(running.end().code(), Some(0), "{}", running.errors());
        let (_, events) = ear.home.recorded();
        // A rest has no cue, and its end no alarm.
        let sounds = |event: &&Event| match event.kind.name() {
            "step_began" => event.step > 0,
            name => name == "halfway" && event.step.is_multiple_of(2),
        };
        late.extend(events.iter().filter(sounds).map(|event| {
            let heard = ear.first_after(event.at).expect("a sound");
            heard.since(event.at)
        }));
    }
    let (median, _) = crate::lateness::report("the player alone", alone);
    let (program, worst) = crate::lateness::report("the program", late);
    let figures = format!("{median:?}, {program:?}, {worst:?}");
    assert!(program <= median.mul_f64(1.5) && worst <= Duration::from_millis(400), "{figures}");
}
