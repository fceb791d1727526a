//! What a person hears: chimes by a player, sentences by a voice, and calls of a program of their own. The players and
//! voices here write down what they are asked for.
#![cfg(unix)]

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use rustix::process::Signal;
use serde_json::Value;
use therapy::edge::clock;

use crate::programs::output;
use crate::running::{Running, until};
use crate::support::{Home, stderr, stdout};
use crate::terminal::Terminal;

impl Home {
    /// Puts a program into the folder of programs.
    pub fn program(&self, name: &str, script: &str) -> String {
        let path = self.file(&format!("bin/{name}"), &format!("#!/bin/sh\n{script}\n"));
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).expect("it can be run");
        path
    }

    /// A player or a voice that writes its name and arguments to `heard`.
    pub fn writes(&self, name: &str) {
        let log = self.path().join("heard");
        self.program(name, &format!("echo \"{name} $*\" >> {}", log.display()));
    }

    /// A command that finds these programs and no others, on this machine and not over ssh.
    pub fn heard(&self, arguments: &[&str]) -> Command {
        let mut command = self.command(arguments);
        command.env("PATH", self.path().join("bin")).env_remove("SSH_CONNECTION");
        command
    }

    /// What was written.
    pub fn written_to(&self, name: &str) -> Vec<String> {
        let text = std::fs::read_to_string(self.path().join(name)).unwrap_or_default();
        text.lines().map(str::to_owned).collect()
    }
}

/// The name of each chime that was played, and its volume.
fn chimes(home: &Home) -> Vec<(String, String)> {
    let lines = home.written_to("heard");
    let played = lines.iter().filter_map(|line| {
        let (before, name) = line.rsplit_once('/')?;
        let volume = before.split_whitespace().find(|word| word.starts_with("0.") || word.starts_with("1."))?;
        Some((name.trim_end_matches(".wav").to_owned(), volume.to_owned()))
    });
    played.collect()
}

const QUIET: [&str; 4] = ["--no-notify", "--progress", "plain", "--speak"];

#[test]
fn each_event_has_its_chime_and_its_sentence() {
    let home = Home::at_rate(400.0);
    home.own(1, &[("heat", "10min"), ("cold", "10min"), ("rest", "2min")]);
    home.writes("pw-play");
    home.writes("spd-say");
    let output = output(&mut home.heard(&[&["run", "own.toml"], &QUIET[..]].concat()));
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let played = chimes(&home);
    let played: Vec<_> = played.iter().map(|(name, volume)| (name.as_str(), volume.as_str())).collect();
    let soft = ("soft", "0.70");
    let change = ("change", "0.70");
    assert_eq!(played, [soft, soft, change, soft, soft, change], "{:?}", home.written_to("heard"));
    let said: Vec<_> = home
        .written_to("heard")
        .into_iter()
        .filter_map(|line| line.strip_prefix("spd-say --wait ").map(str::to_owned))
        .collect();
    assert_eq!(
        said,
        [
            "Heat on for ten minutes.",
            "Five minutes left. Look at the skin.",
            "One minute left: have the ice ready.",
            "Heat off now. Ice on for ten minutes.",
            "Five minutes left. Look at the skin.",
            "One minute left: get ready to take the pack off.",
            "Ice off now. Rest for two minutes.",
            "The session is over.",
        ]
    );
    // A sentence comes after the chime of its event.
    let names: Vec<_> =
        home.written_to("heard").iter().map(|line| line.split(' ').next().unwrap_or("").to_owned()).collect();
    let mut expected = vec!["spd-say"];
    expected.extend(["pw-play", "spd-say"].repeat(6));
    expected.push("spd-say");
    assert_eq!(names, expected);
}

/// At the end of the last dose the alarm goes on: three times where nobody can answer, until a key on a terminal.
#[test]
fn the_last_alarm_goes_on_until_somebody_answers() {
    let home = Home::at_rate(400.0);
    home.own(1, &[("cold", "10min")]);
    home.writes("paplay");
    let run = ["run", "own.toml", "--no-notify", "--progress", "plain"];
    let output = output(&mut home.heard(&run));
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let volumes = |home: &Home| -> Vec<String> {
        let off = home.written_to("heard").into_iter().filter(|line| line.ends_with("/off.wav"));
        off.map(|line| line.split_whitespace().nth(1).unwrap_or("").to_owned()).collect()
    };
    // Louder by a tenth each time.
    assert_eq!(volumes(&home), ["--volume=45875", "--volume=52429", "--volume=58982"]);
    assert_eq!(home.history()[0]["outcome"], "completed");

    let slow = Home::at_rate(20.0);
    slow.own(1, &[("cold", "2min")]);
    slow.writes("paplay");
    let mut terminal = Terminal::start(slow.heard(&run), 24, 80);
    terminal.see("The alarm goes on until you press Enter.");
    until("it sounds again", || volumes(&slow).len() >= 4);
    // It is over and recorded, and the next session may start.
    assert_eq!(slow.history()[0]["outcome"], "completed");
    assert_eq!(slow.run(&["status"]).status.code(), Some(1));
    terminal.press("\r");
    assert_eq!(terminal.end().code(), Some(0));
    assert!(volumes(&slow).len() < 20, "{:?}", volumes(&slow));
}

#[test]
fn what_a_person_ends_needs_no_alarm() {
    let home = Home::new();
    home.own(1, &[("cold", "10min")]);
    home.writes("pw-play");
    let mut command = home.heard(&["run", "own.toml", "--no-notify", "--progress", "json"]);
    command.stdin(std::process::Stdio::null());
    let mut running = Running::new(command);
    running.see("step_began");
    running.signal(Signal::INT);
    assert_eq!(running.end().code(), Some(130));
    assert_eq!(chimes(&home), []);
    // Without any sound and notification the end comes at once, too.
    let silent = Home::at_rate(400.0);
    silent.own(1, &[("cold", "10min")]);
    assert_eq!(
        output(&mut silent.heard(&["run", "own.toml", "--no-notify", "--progress", "quiet"])).status.code(),
        Some(0)
    );
}

/// A player that does not work is followed by the next one. What is missing or fails is said once.
#[test]
fn the_first_player_that_works_is_used() {
    type Players<'a> = &'a [(&'a str, &'a str)];
    let cases: [(Players<'_>, &str, &[&str], &str); 5] = [
        (&[("pw-play", "exit 1"), ("aplay", "")], "auto", &["aplay"], ""),
        (&[("pw-play", "exit 1")], "auto", &[], "no sound: pw-play: it failed (exit status: 1)"),
        (&[], "auto", &[], ""),
        (&[], "on", &[], "no player is installed (pw-play, paplay, aplay)"),
        (&[("paplay", "")], "off", &[], ""),
    ];
    for (players, sound, heard, said) in cases {
        let home = Home::at_rate(400.0);
        home.own(1, &[("heat", "10min"), ("rest", "10min")]);
        for (name, script) in players {
            home.writes(name);
            if !script.is_empty() {
                home.program(name, script);
            }
        }
        let output =
            output(&mut home.heard(&["run", "own.toml", "--no-notify", "--progress", "quiet", "--sound", sound]));
        let errors = stderr(&output);
        assert_eq!(output.status.code(), Some(0), "{errors}");
        let players: Vec<_> =
            home.written_to("heard").iter().map(|line| line.split(' ').next().unwrap_or("").to_owned()).collect();
        assert_eq!(players, heard.repeat(3), "{sound}: {errors}");
        let warnings: Vec<_> = errors
            .lines()
            .filter(|line| line.starts_with("warning: ") && line.contains("no "))
            .filter(|line| !line.contains("alarm can reach"))
            .collect();
        match said {
            "" => assert!(warnings.is_empty(), "{warnings:?}"),
            said => assert!(warnings.len() == 1 && warnings[0].contains(said), "{said}: {warnings:?}"),
        }
    }
}

/// A sound server that restarts must not silence the alarms that follow.
#[test]
fn a_player_that_fails_once_is_tried_again() {
    let home = Home::at_rate(400.0);
    home.own(1, &[("heat", "10min"), ("rest", "10min")]);
    let log = home.path().join("heard");
    let again = format!("[ -e {0} ] || {{ echo failed > {0}; exit 1; }}\necho \"pw-play $*\" >> {0}", log.display());
    home.program("pw-play", &again);
    let ran = output(&mut home.heard(&["run", "own.toml", "--no-notify", "--progress", "quiet"]));
    assert_eq!(ran.status.code(), Some(0), "{}", stderr(&ran));
    assert_eq!(chimes(&home).len(), 2, "{:?}", home.written_to("heard"));
    assert_eq!(stderr(&ran).matches("no sound: pw-play: it failed (exit status: 1)").count(), 1, "{}", stderr(&ran));
}

/// Over ssh the speakers are elsewhere, unless the person asks for sounds.
#[test]
fn over_ssh_a_session_is_silent_by_itself() {
    for (sound, count) in [(&[][..], 0), (&["--sound", "on"], 3)] {
        let home = Home::at_rate(400.0);
        home.own(1, &[("heat", "10min"), ("rest", "10min")]);
        home.writes("pw-play");
        let mut command = home.heard(&[&["run", "own.toml", "--no-notify", "--progress", "quiet"], sound].concat());
        let output = output(command.env("SSH_TTY", "/dev/pts/9"));
        assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
        assert_eq!(chimes(&home).len(), count, "{sound:?}");
    }
}

#[test]
fn config_toml_sets_sound_volume_speech_and_hook() {
    let home = Home::at_rate(400.0);
    home.own(1, &[("heat", "10min"), ("rest", "10min")]);
    home.writes("pw-play");
    home.writes("espeak-ng");
    let hook = home.program("hook", &format!("/bin/cat >> {}", home.path().join("called").display()));
    home.file("config/config.toml", &format!("sound = \"on\"\nvolume = 30\nspeak = true\non_event = [\"{hook}\"]\n"));
    let mut command = home.heard(&["run", "own.toml", "--no-notify", "--progress", "quiet"]);
    assert_eq!(output(&mut command).status.code(), Some(0));
    assert_eq!(chimes(&home)[0], ("soft".to_owned(), "0.30".to_owned()));
    assert!(
        home.written_to("heard").iter().any(|line| line.starts_with("espeak-ng -v en-us -s 140 ")),
        "{:?}",
        home.written_to("heard")
    );
    assert_eq!(home.written_to("called").len(), 6);
    for (bad, why) in [
        ("sound = \"loud\"", "unknown kind of sound"),
        ("volume = 101", "from 0 to 100"),
        ("volume = \"9\"", "expected a whole number"),
        ("on_event = \"program\"", "expected a list of strings"),
    ] {
        home.file("config/config.toml", bad);
        let refused = home.run(&["run", "own.toml", "--dry-run"]);
        assert_eq!(refused.status.code(), Some(2), "{bad}");
        assert!(stderr(&refused).contains(why), "{bad}: {}", stderr(&refused));
    }
}

/// A hook that writes down its arguments, its environment and its input.
fn hook(home: &Home) -> String {
    let log = home.path().join("called");
    let script = format!(
        "{{ echo \"$#|$1|$2|$THERAPY_EVENT|$THERAPY_KIND|$THERAPY_STEP/$THERAPY_OF|$THERAPY_PROTOCOL at $THERAPY_SITE|$THERAPY_REHEARSAL|$(/bin/cat)\"; }} >> {}",
        log.display()
    );
    home.program("hook", &script)
}

#[test]
fn a_hook_gets_each_event_in_words_and_never_through_a_shell() {
    let home = Home::at_rate(400.0);
    home.own(1, &[("heat", "10min"), ("rest", "10min")]);
    let command = format!("{} 'one word' '$(touch pwned); *'", hook(&home));
    let run = ["run", "own.toml", "--no-notify", "--progress", "json", "--site", "neck", "--on-event", &command];
    let ran = home.run(&run);
    assert_eq!(ran.status.code(), Some(0), "{}", stderr(&ran));
    let calls = home.written_to("called");
    let events: Vec<Value> = stdout(&ran).lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    assert_eq!(calls.len(), events.len(), "{calls:?}");
    for (call, event) in calls.iter().zip(&events) {
        let parts: Vec<_> = call.splitn(9, '|').collect();
        assert_eq!(parts[..3], ["2", "one word", "$(touch pwned); *"]);
        assert_eq!((parts[3], parts[6], parts[7]), (event["event"].as_str().expect("a name"), "own at neck", "0"));
        // At this rate, two readings of the clock are seconds apart.
        let [line, event] = [serde_json::from_str(parts[8]).expect("JSON"), event.clone()].map(|mut line: Value| {
            line["at"] = Value::Null;
            line
        });
        assert_eq!(line, event);
    }
    assert!(calls[0].contains("|started|heat|1/2|") && calls[4].contains("|step_began|rest|2/2|"), "{calls:?}");
    assert!(!home.path().join("pwned").exists());
    // A rehearsal marks its calls, a dry run makes none, and a quote without an end is a mistake.
    std::fs::remove_file(home.path().join("called")).expect("a log");
    assert_eq!(home.run(&[&run[..], &["--dry-run"]].concat()).status.code(), Some(0));
    assert_eq!(home.written_to("called"), [""; 0]);
    assert_eq!(home.run(&[&run[..], &["--speed", "10"]].concat()).status.code(), Some(0));
    assert!(
        home.written_to("called").iter().all(|call| call.contains("|own at neck|1|")),
        "{:?}",
        home.written_to("called")
    );
    let bad = home.run(&["run", "own.toml", "--on-event", "program 'no end"]);
    assert_eq!(bad.status.code(), Some(2));
    assert!(stderr(&bad).contains("a quote of --on-event has no end"), "{}", stderr(&bad));
}

/// A session that was killed cannot call the program: the command that finds it does, once.
#[test]
fn a_hook_hears_of_a_session_that_is_found_cut_off() {
    // How it is found, and how much faster than real its clock runs.
    for (found_by, rate) in [(&["stop"][..], 1.0), (&["resume"], 1.0), (&["run", "ice"], 40_000.0)] {
        let home = Home::at_rate(rate);
        home.own(1, &[("heat", "30min"), ("cold", "20min")]);
        home.file("config/config.toml", &format!("on_event = [\"{}\", \"a\", \"b\"]\n", hook(&home)));
        let mut running = home.start(&["run", "own.toml"]);
        running.see("step_began");
        running.kill();
        let called =
            || home.written_to("called").iter().filter(|call| call.contains("|cut_off|heat|1/2|own at")).count();
        assert_eq!(called(), 0);
        let is_found = || match found_by {
            ["resume"] => {
                let mut resumed = home.start(found_by);
                until("the call", || called() > 0);
                resumed.kill();
                true
            }
            // It is closed only after three hours of its clock.
            ["run", ..] => {
                home.run(&["run", "ice", "--no-notify", "--progress", "quiet"]);
                home.number("SELECT count(*) FROM session WHERE outcome = 'cut_off'") > 0
            }
            _ => home.run(found_by).status.success(),
        };
        until("it is found", is_found);
        assert_eq!(called(), 1, "{found_by:?}: {:?}", home.written_to("called"));
    }
}

/// Whether a process with this text in its command line exists.
pub fn is_left(text: &str) -> bool {
    let processes = std::fs::read_dir("/proc").expect("processes").flatten();
    let lines = processes.filter_map(|entry| std::fs::read(entry.path().join("cmdline")).ok());
    lines.map(|line| String::from_utf8_lossy(&line).replace('\0', " ")).any(|line| line.contains(text))
}

/// Whatever the others do, the session and the other rungs are on time, it is said once, and nothing is left.
#[test]
fn a_player_a_voice_or_a_hook_that_misbehaves_delays_nothing_and_leaves_nothing() {
    const RATE: f64 = 60.0;
    const FAULTS: [(&str, &str); 5] = [
        ("hangs", "exec /bin/sleep SECRET"),
        ("ignores", "trap '' TERM INT HUP; while :; do /bin/sleep SECRET; done"),
        ("floods", "while :; do echo flooding SECRET; done"),
        ("forks", "/bin/sleep SECRET & /bin/sleep SECRET & exit 1"),
        ("fails", "exit 9"),
    ];
    if !Path::new("/proc/self/cmdline").exists() {
        return;
    }
    let case = |number: usize, name: &str, fault: &str, rung: &str| {
        let home = Home::at_rate(RATE);
        home.own(1, &[("heat", "30s"), ("cold", "30s"), ("rest", "30s")]);
        let expected = home.rehearsed("own.toml");
        let secret = format!("9{:07}{number:02}", std::process::id());
        let script = fault.replace("SECRET", &secret);
        let hook = hook(&home);
        for player in ["pw-play", "spd-say"] {
            home.writes(player);
        }
        let file = home.program(rung, &script);
        let hook = if rung == "hook" { file } else { hook };
        let command =
            home.heard(&["run", "own.toml", "--progress", "json", "--no-notify", "--speak", "--on-event", &hook]);
        let mut running = Running::new(command);
        let status = running.end();
        assert_eq!(status.code(), Some(0), "{rung} {name}: {}", running.errors());
        assert_eq!(running.events(), expected, "{rung} {name}");
        crate::running::assert_on_time(&running, RATE, Duration::from_millis(400));
        let errors = running.errors();
        assert_eq!(errors.matches("warning: ").count(), 1, "{rung} {name}: said once: {errors}");
        assert!(rung != "hook" || errors.contains("the program for events"), "{name}: {errors}");
        until("nothing is left", || !is_left(&secret));
        // The others did all their work.
        let calls = home.written_to("called").len();
        assert!(rung == "hook" || calls == expected.len(), "{rung} {name}: {calls} calls");
        let said = home.written_to("heard").iter().filter(|line| line.starts_with("spd-say")).count();
        assert!(rung == "spd-say" || said >= 5, "{rung} {name}: {:?}", home.written_to("heard"));
        assert!(rung == "pw-play" || chimes(&home).len() >= 4, "{rung} {name}: {:?}", home.written_to("heard"));
    };
    let began = clock::now();
    std::thread::scope(|scope| {
        for (number, (name, fault)) in FAULTS.iter().enumerate() {
            scope.spawn(move || {
                for (place, rung) in ["pw-play", "spd-say", "hook"].into_iter().enumerate() {
                    case(number * 3 + place, name, fault, rung);
                }
            });
        }
    });
    println!("all cases in {:?}", clock::now().since(began));
}

/// Answers HTTP requests, and returns each request line with its body.
fn receiver() -> (String, std::sync::mpsc::Receiver<String>) {
    use std::io::{BufRead as _, BufReader, Read as _, Write as _};
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = format!("http://{}", listener.local_addr().expect("an address"));
    let (tell, told) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let mut reader = BufReader::new(stream);
            let (mut first, mut length, mut head) = (String::new(), 0, String::new());
            let _ = reader.read_line(&mut first);
            loop {
                let mut line = String::new();
                if reader.read_line(&mut line).unwrap_or(0) == 0 || line.trim().is_empty() {
                    break;
                }
                if let Some(number) = line.to_lowercase().strip_prefix("content-length:") {
                    length = number.trim().parse().unwrap_or(0);
                }
                head.push_str(&line);
            }
            let mut body = vec![0; length];
            let _ = reader.read_exact(&mut body);
            let priority = head.lines().find(|line| line.starts_with("Priority")).unwrap_or("").to_owned();
            let _ = reader.get_mut().write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
            let line = format!("{} {priority} {}", first.trim(), String::from_utf8_lossy(&body));
            if tell.send(line).is_err() {
                return;
            }
        }
    });
    (address, told)
}

/// The examples, with a receiver on this machine.
#[test]
fn the_hooks_of_the_examples_do_what_they_say() {
    if !Path::new("/usr/bin/curl").exists() {
        crate::programs::left_out("the hooks that push", "curl");
        return;
    }
    let hook = |name: &str| format!("{}/examples/hooks/{name}", env!("CARGO_MANIFEST_DIR"));
    let home = Home::at_rate(400.0);
    home.own(1, &[("heat", "10min"), ("rest", "10min")]);
    let run = |hook: &str| {
        let ran = home.run(&[
            "run",
            "own.toml",
            "--no-notify",
            "--progress",
            "quiet",
            "--override",
            "rewarm",
            "--on-event",
            hook,
        ]);
        assert_eq!(ran.status.code(), Some(0), "{}", stderr(&ran));
        assert!(!stderr(&ran).contains("the program for events"), "{}", stderr(&ran));
    };
    let (address, pushed) = receiver();
    run(&format!("{} {address}/topic", hook("push-to-phone")));
    let pushed: Vec<String> = pushed.try_iter().collect();
    assert_eq!(pushed.len(), 5, "{pushed:?}");
    assert!(
        pushed[0].starts_with("POST /topic HTTP/1.1 Priority: default Heat on for 10 min, step 1 of 2."),
        "{pushed:?}"
    );
    assert!(pushed[3].contains("Priority: urgent Heat off now. Rest for 10 min"), "{pushed:?}");

    let (address, switched) = receiver();
    run(&format!("{} {address}", hook("smart-plug")));
    let switched: Vec<String> =
        switched.try_iter().map(|line| line.split(' ').nth(1).unwrap_or("").to_owned()).collect();
    assert_eq!(switched, ["/cm?cmnd=Power%20On", "/cm?cmnd=Power%20Off", "/cm?cmnd=Power%20Off"]);

    let log = home.path().join("log");
    run(&format!("{} {}", hook("log-to-file"), log.display()));
    let lines = std::fs::read_to_string(log).expect("a log");
    assert_eq!(lines.lines().count(), 6);
    assert!(lines.lines().all(|line| serde_json::from_str::<Value>(line).is_ok()), "{lines}");
}

/// A pad goes on when a step of heat begins or goes on, and never once it was to come off.
#[test]
fn the_plug_of_the_examples_never_goes_on_after_the_end() {
    const ON: &str = "On";
    if !Path::new("/usr/bin/curl").exists() {
        crate::programs::left_out("the hooks that push", "curl");
        return;
    }
    let plug = format!("{}/examples/hooks/smart-plug", env!("CARGO_MANIFEST_DIR"));
    let (address, switched) = receiver();
    let states = || {
        let states: Vec<String> = switched
            .try_iter()
            .map(|line| line.chars().skip_while(|c| *c != '%').skip(3).take_while(|c| *c != ' ').collect())
            .collect();
        let mut changes = states.clone();
        // Reminders switch it off again.
        changes.dedup();
        changes.join(" ")
    };
    let hook = format!("{plug} {address}");
    for (inputs, changes) in [
        (&[&["skip"][..]][..], "On Off"),
        (&[&["pause"], &["resume"]], "On Off"),
        (&[&["extend", "1min"], &["pause"], &["resume"], &["skip"], &["skip"]], "On Off On Off On Off"),
        (&[&["stop"]], "On Off"),
    ] {
        let home = Home::at_rate(100.0);
        home.own(1, &[("heat", "20s")]);
        let mut running = home.start(&["run", "own.toml", "--confirm", "--on-event", &hook]);
        running.see("overran");
        for input in inputs {
            home.run(input);
        }
        running.end();
        assert_eq!(states(), changes, "{inputs:?}");
    }
    // What cannot be made to happen here: the time of day leaps, and a rehearsal.
    for (rehearsal, event, pack, state) in [
        ("0", "leapt", "", "Off"),
        ("0", "confirmed", "heat", ON),
        ("0", "confirmed", "", ""),
        ("0", "confirmed", "cold", ""),
        ("0", "extended", "", ""),
        ("0", "step_began", "cold", "Off"),
        ("0", "halfway", "heat", ""),
        ("0", "cut_off", "", "Off"),
        ("1", "step_began", "heat", ""),
    ] {
        let mut command = Command::new(&plug);
        command.arg(&address).env("THERAPY_REHEARSAL", rehearsal);
        command.env("THERAPY_EVENT", event).env("THERAPY_PACK", pack).env("THERAPY_KIND", "heat");
        assert!(output(&mut command).status.success());
        assert_eq!(states(), state, "{event} {pack}");
    }
}
