//! Groups of steps in protocol files.

use std::time::Duration;

use therapy::domain::protocol::{Choice, ChoiceError};
use therapy::domain::step::StepKind;
use therapy::format::{self, Level, Parsed};

use crate::builder::duration;
use crate::support::{Home, stderr};

/// A contrast bath: ten minutes of heat, then four times a minute of cold and four of heat.
const BATH: &str = "[[step]]\ndo = \"heat\"\nfor = \"10min\"\n\n[[step]]\ntimes = 4\nsteps = [\n  \
                    { do = \"cold\", for = \"1min\" },\n  { do = \"heat\", for = \"4min\" },\n]\n";

fn read(text: &str) -> Parsed {
    format::parse(text, "own")
}

/// The kind and the length of each step, in minutes.
fn expanded(parsed: &Parsed, choice: Choice) -> Vec<(StepKind, u64)> {
    parsed.draft.expand(choice).iter().map(|step| (step.kind, step.length.as_secs() / 60)).collect()
}

/// The level, the line, the text at the place, and the message of each problem.
fn problems(text: &str) -> Vec<(Level, usize, String, String)> {
    let found = read(text).review().into_iter().map(|problem| {
        let line = text[..problem.span.start].matches('\n').count() + 1;
        (problem.level, line, text[problem.span].lines().next().unwrap_or_default().to_owned(), problem.message)
    });
    found.collect()
}

#[test]
fn a_group_is_repeated_and_means_the_same_as_its_steps_one_by_one() {
    use StepKind::{Cold, Heat};
    let bath = read(BATH);
    let expected = [vec![(Heat, 10)], [(Cold, 1), (Heat, 4)].repeat(4)].concat();
    assert_eq!(expanded(&bath, Choice::default()), expected);
    let pair = "[[step]]\ndo = \"cold\"\nfor = \"1min\"\n[[step]]\ndo = \"heat\"\nfor = \"4min\"\n";
    let long = read(&("[[step]]\ndo = \"heat\"\nfor = \"10min\"\n".to_owned() + &pair.repeat(4)));
    assert_eq!(expanded(&long, Choice::default()), expected);
    // A table of tables is the same group.
    let tables = BATH.split("steps").next().expect("a start").to_owned()
        + "[[step.steps]]\ndo = \"cold\"\nfor = \"1min\"\n[[step.steps]]\ndo = \"heat\"\nfor = \"4min\"\n";
    assert_eq!(read(&tables).draft, bath.draft);
    assert!(read(&tables).is_readable());
}

#[test]
fn groups_go_with_rounds_last_round_ranges_and_changeovers() {
    use StepKind::{Cold, Heat, Rest};
    let text = "rounds = { default = 2, min = 1, max = 2 }\nchangeover = \"1min\"\n[[step]]\ntimes = 2\nsteps = [\
                { do = \"heat\", for = { default = \"4min\", max = \"5min\" } }, { do = \"rest\", for = \"2min\", \
                last_round = false }, { do = \"cold\", for = \"3min\" }]\n";
    let parsed = read(text);
    assert!(parsed.is_readable(), "{:?}", parsed.problems);
    let change = (Rest, 1);
    let (first, last) = ([(Heat, 4), (Rest, 2), (Cold, 3)], [change, (Heat, 4), change, (Cold, 3)]);
    let all = [&[change][..], &first, &[change], &first, &last, &last].concat();
    assert_eq!(expanded(&parsed, Choice::default()), all);
    let one = Choice { rounds: Some(1), ..Choice::default() };
    assert_eq!(expanded(&parsed, one), [last, last].concat());
    let none = Choice { changeover: Some(Duration::ZERO), ..one };
    assert_eq!(expanded(&parsed, none), [(Heat, 4), (Cold, 3)].repeat(2));
    let minutes = Choice { length: Some(duration("5min")), ..Choice::default() };
    assert_eq!(parsed.draft.choice_errors(minutes), [ChoiceError::NotOneStep(6)]);
}

/// `--minutes` is for one step that is done once a round, however the file writes it.
#[test]
fn minutes_are_for_a_step_that_is_not_repeated() {
    let home = Home::new();
    let group = |times: u32| {
        home.file("own.toml", &format!("[[step]]\ntimes = {times}\nsteps = [{{ do = \"cold\", for = \"5min\" }}]\n"))
    };
    group(1);
    let run = ["run", "own.toml", "--minutes", "10", "--dry-run", "--progress", "quiet"];
    assert_eq!(home.run(&run).status.code(), Some(0));
    group(3);
    let refused = home.run(&run);
    assert_eq!(refused.status.code(), Some(2));
    let said = "Refused: one length is for a protocol of one step; own has 3 steps\n";
    assert!(stderr(&refused).contains(said), "{}", stderr(&refused));
    assert!(stderr(&refused).contains("  try: therapy run own.toml --cold 6 "), "{}", stderr(&refused));
}

/// The limits count every repetition. Each problem is at its step, or at what repeats too often.
#[test]
fn every_problem_of_a_group_has_its_place() {
    use Level::{Error, Refused, Warning};
    let group = |times: &str, steps: &str| format!("[[step]]\ntimes = {times}\nsteps = [\n{steps}\n]\n");
    let step = |kind: &str, length: &str| format!("  {{ do = \"{kind}\", for = \"{length}\" }},\n");
    #[rustfmt::skip]
    let table = [
        (group("64", &step("rest", "1s")), vec![(Level::Note, 2, "64", "neither heat nor cold")]),
        (group("65", &step("rest", "1s")), vec![(Refused, 2, "65", "65 steps"), (Level::Note, 2, "65", "neither")]),
        (group("4294967295", &step("cold", "1s")),
            vec![(Refused, 2, "4294967295", "1000 steps"), (Warning, 4, "\"1s\"", "is short")]),
        (group("2", &(step("rest", "1min") + &step("cold", "10min 20s"))),
            vec![(Refused, 5, "\"10min 20s\"", "would reach 20 min 10 s")]),
        (group("2", &(step("rest", "1min") + &step("cold", "10min"))), vec![]),
        // What was read of a group is refused where no other steps can change that.
        (group("2", &(step("cold", "10min") + &step("heat", "1M") + &step("cold", "21min"))),
            vec![(Error, 5, "M", "months"), (Refused, 6, "\"21min\"", "would reach 21 min")]),
        (group("2", &(step("cold", "15min") + &step("heat", "1M") + &step("cold", "15min"))),
            vec![(Error, 5, "M", "months")]),
        // Four repetitions of the rest may clear the way, so that nothing is certain without their number.
        ("[[step]]\ndo = \"cold\"\nfor = \"15min\"\n".to_owned() + &group("true", &step("rest", "10min"))
            + "[[step]]\ndo = \"cold\"\nfor = \"15min\"\n", vec![(Error, 5, "true", "expected a whole number")]),
        (group("0", &step("cold", "10min")), vec![(Error, 2, "0", "must be 1 or more")]),
        (group("-1", &step("cold", "10min")), vec![(Error, 2, "-1", "must be 1 or more")]),
        (group("2.5", &step("cold", "10min")), vec![(Error, 2, "2.5", "found float")]),
        (group("2", ""), vec![(Error, 3, "[", "a group without steps")]),
        (group("2", "3"), vec![(Error, 4, "3", "expected a table with do and for")]),
        (group("2", &group_inside()), vec![(Error, 4, "{ times = 2, steps = [] }", "a group inside a group")]),
        (group("2", &step("cold", "10min").replace("do", "kind")),
            vec![(Error, 4, "{ kind = \"cold\", for = \"10min\" }", "without `do`"), (Error, 4, "kind", "unknown key")]),
        ("[[step]]\ntimes = 2\ndo = \"cold\"\nfor = \"10min\"\n".to_owned(),
            vec![(Error, 1, "[[step]]", "without `steps`"), (Error, 3, "do", "of a group"), (Error, 4, "for", "of a group")]),
        ("[[step]]\nsteps = 3\n".to_owned(),
            vec![(Error, 1, "[[step]]", "without `times`"), (Error, 2, "3", "a list of steps")]),
        (group("2", "{ do = \"cold\", for = \"12min\", last_round = false }"),
            vec![(Error, 4, "\"12min\"", "left out of the last round")]),
    ];
    for (text, expected) in table {
        let found = problems(&text);
        let same = found.len() == expected.len()
            && found.iter().zip(&expected).all(|((level, line, place, message), wanted)| {
                (*level, *line, place.as_str()) == (wanted.0, wanted.1, wanted.2) && message.contains(wanted.3)
            });
        assert!(same, "{text}\n{found:#?}\n{expected:#?}");
    }
}

fn group_inside() -> String {
    "  { times = 2, steps = [] },".to_owned()
}

#[test]
fn list_and_show_have_groups() {
    let home = Home::new();
    home.file("config/protocols/bath.toml", BATH);
    let listed = home.ask(&["list"]);
    assert!(listed.contains("bath            heat 10, 4 × (cold 1, heat 4 …  30 min"), "{listed}");
    let json = home.json(&["list", "--json"]);
    let row = json.as_array().expect("a list").iter().find(|row| row["name"] == "bath").expect("a row");
    assert_eq!(row["steps"], "heat 10 min, 4 × (cold 1 min, heat 4 min)");
    let shown = home.ask(&["show", "bath"]);
    let numbers = "  1. heat 10 min                  from the file's author\n  4 times:\n    \
                   2. cold 1 min                 from the file's author\n    \
                   3. heat 4 min                 from the file's author\n";
    assert!(shown.contains(numbers), "{shown}");
    let json = home.json(&["show", "bath", "--json"]);
    assert_eq!(json["groups"], serde_json::json!([{ "times": 4, "of_steps": [2, 3] }]));
    let of_steps: Vec<_> =
        json["steps"].as_array().expect("steps").iter().map(|step| step["of_step"].as_u64()).collect();
    assert_eq!(of_steps, [1, 2, 3, 2, 3, 2, 3, 2, 3].map(Some));
    assert_eq!(home.json(&["show", "ice", "--json"])["groups"], serde_json::json!([]));
}
