//! The JSON Schema of protocol files against the parser: every key with values that are right and wrong, and random
//! files. Both read the same text; for the schema, Python's own TOML parser and jsonschema do.
//!
//! A schema cannot say everything: that a range is in order, that a length is not too long, or that a letter is
//! invisible. So whatever the parser takes, the schema must take, and in the files here, which have no such mistakes,
//! both must agree.

use std::collections::BTreeSet;
use std::path::Path;

use fastrand::Rng;
use serde_json::Value;
use therapy::domain::protocol::Fits;
use therapy::domain::site::Site;
use therapy::domain::step::StepKind;
use therapy::format;

use crate::programs;
use crate::support::Home;

/// A command that succeeds when the validator is there, and its Debian package.
const VALIDATOR: [(&[&str], &str); 1] =
    [(&["/usr/bin/python3", "-c", "import jsonschema, tomllib"], "python3-jsonschema")];

/// The Debian packages that these tests need.
pub fn packages() -> impl Iterator<Item = &'static str> {
    VALIDATOR.into_iter().map(|(_, package)| package)
}

fn is_installed() -> bool {
    programs::are_installed(&VALIDATOR, "the schema of protocol files against the parser")
}

/// A key, values that are right, and values that are wrong.
type Key = (&'static str, &'static [&'static str], &'static [&'static str]);

const FORTY_ONE: &str = "\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\"";
const LINE_OF_101: &str =
    "\"ööööööööööööööööööööööööööööööööööööööööööööööööööööööööööööööööööööööööööööööööööööööööööööööööööööö\"";
const NUMBERS: &[&str] = &["1", "2", "0x10", "1_0", "4294967295"];
const NO_NUMBERS: &[&str] = &["0", "-1", "2.5", "\"2\"", "true", "[2]", "4294967296", "2026-11-26", "{ }"];
const TEXTS: &[&str] = &["\"a\"", "\" a “b” \"", "'''c'''", "\"ö😀\""];
const NO_TEXTS: &[&str] =
    &["3", "\"\"", "\"  \"", "\"a\\nb\"", "\"a\\u001bb\"", "\"a\\u202eb\"", "[\"a\"]", "true", "1.5"];
const FLAGS: &[&str] = &["true", "false"];
const NO_FLAGS: &[&str] = &["\"false\"", "0", "[]"];
const LENGTHS: &[&str] = &[
    "\"10min\"",
    "\"1m 30s\"",
    "\"90 s\"",
    "\" 1h5min \"",
    "\"1.5min\"",
    "\"0s\"",
    "\"20 minutes\"",
    "\"500ms\"",
    "{ default = \"10min\" }",
    "{ default = \"10min\", min = \"5min\" }",
    "{ default = \"10min\", min = \"10min\", max = \"15min\" }",
];
const NO_LENGTHS: &[&str] = &[
    "\"10\"",
    "\"0\"",
    "\"\"",
    "\"1M\"",
    "\"min\"",
    "\"10 parsecs\"",
    "\"-5min\"",
    "\"5.min\"",
    "\"ten minutes\"",
    "600",
    "true",
    "[\"10min\"]",
    "{ min = \"5min\" }",
    "{ default = \"10min\", most = \"15min\" }",
    "{ default = 600 }",
    "{ default = \"10min\", max = \"15\" }",
    "{ }",
];
const SOURCES: &[&str] = &["[]", "[\"S1\"]", "[\"S1\", \"Mine 2020, p. 5\"]"];
const NO_SOURCES: &[&str] = &["\"S1\"", "[3]", "[[\"S1\"]]", "{ }", "[\"a\\nb\"]"];

const PROTOCOL: &[Key] = &[
    (
        "name",
        &["\"desk\"", "\"my back\"", "\"ö\"", "\"a.tom\"", "\".a\""],
        &[
            "3",
            "\"\"",
            "\" a\"",
            "\"a \"",
            "\"a/b\"",
            "\"a\\\\b\"",
            "\"a.toml\"",
            "\".\"",
            "\"..\"",
            "\"a.TOML\"",
            "\"-a\"",
            "\"a\\tb\"",
            FORTY_ONE,
        ],
    ),
    ("summary", TEXTS, NO_TEXTS),
    ("caution", TEXTS, NO_TEXTS),
    ("author", TEXTS, NO_TEXTS),
    ("contact", TEXTS, &["\"\"", "3", LINE_OF_101]),
    (
        "site",
        &["\"lower-back\"", "\"left-knee\"", "\"other\""],
        &["\"left-neck\"", "\"back\"", "\"\"", "3", "[\"knee\"]"],
    ),
    (
        "fits",
        &["\"acute\"", "[\"later\", \"spasm\"]", "[]", "[\"recovery\", \"recovery\"]"],
        &["\"acut\"", "[\"later\", 3]", "3", "[[\"later\"]]"],
    ),
    (
        "rounds",
        &["1", "3", "{ default = 2 }", "{ default = 2, min = 1, max = 3 }"],
        &[
            "0",
            "-1",
            "2.5",
            "\"2\"",
            "4294967296",
            "{ min = 1 }",
            "{ default = 0 }",
            "{ default = 2, most = 3 }",
            "[2]",
        ],
    ),
    ("changeover", &["\"30s\"", "\"0s\"", "\"10min\""], &["30", "\"30\"", "\"\"", "true", "{ default = \"30s\" }"]),
    ("per_day", NUMBERS, NO_NUMBERS),
    ("days", &["1", "31"], &["0", "32", "-1", "2.5", "\"2\"", "false"]),
    ("sources", SOURCES, NO_SOURCES),
];

const STEP: &[Key] = &[
    ("do", &["\"heat\"", "\"cold\"", "\"rest\"", "\"stretch\""], &["\"Heat\"", "\"\"", "\"ice\"", "3", "[\"heat\"]"]),
    ("for", LENGTHS, NO_LENGTHS),
    ("note", TEXTS, NO_TEXTS),
    ("cue", TEXTS, &["\"\"", "3", LINE_OF_101]),
    ("halfway", FLAGS, NO_FLAGS),
    ("last_round", FLAGS, NO_FLAGS),
    ("sources", SOURCES, NO_SOURCES),
];

const GROUP: &[Key] = &[
    ("times", NUMBERS, NO_NUMBERS),
    (
        "steps",
        &[
            "[{ do = \"heat\", for = \"1min\" }]",
            "[{ do = \"heat\", for = \"1min\" }, { do = \"cold\", for = \"1min\" }]",
        ],
        &[
            "[]",
            "[3]",
            "3",
            "{ do = \"heat\", for = \"1min\" }",
            "[{ do = \"heat\" }]",
            "[{ for = \"1min\" }]",
            "[{ }]",
            "[{ times = 2, steps = [{ do = \"heat\", for = \"1min\" }] }]",
            "[{ do = \"heat\", for = \"1min\", times = 2 }]",
        ],
    ),
];

const BY_INJURY: &[Key] = &[
    ("under_72h", &["\"ice\""], &["3", "\"\"", FORTY_ONE]),
    ("from_72h", &["\"heat\""], &["3", "\"\"", "[\"heat\"]"]),
];

/// A last step that is in every round, so that no file leaves out all of them.
const LAST: &str = "[[step]]\ndo = \"rest\"\nfor = \"1min\"\n";

const PYTHON: &str = "
import json, sys, tomllib, jsonschema
with open(sys.argv[1]) as file: schema = json.load(file)
with open(sys.argv[2]) as file: texts = json.load(file)
jsonschema.Draft7Validator.check_schema(schema)
validator = jsonschema.Draft7Validator(schema)
def is_valid(text):
    try: return validator.is_valid(tomllib.loads(text))
    except tomllib.TOMLDecodeError: return None
print(json.dumps([is_valid(text) for text in texts]))
";

/// What the schema says of each text; `None` for one that is not TOML.
fn by_schema(texts: &[String]) -> Vec<Option<bool>> {
    let home = Home::new();
    let schema = home.file("schema.json", &home.ask(&["schema"]));
    let texts = home.file("texts.json", &serde_json::to_string(texts).expect("JSON"));
    let mut python = std::process::Command::new(VALIDATOR[0].0[0]);
    python.args(["-W", "ignore", "-c", PYTHON, &schema, &texts]);
    let output = programs::output(&mut python);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).expect("JSON")
}

/// Whether the parser takes a text.
fn is_readable(text: &str) -> bool {
    format::parse(text, "own").is_readable()
}

fn schema() -> Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/protocol.schema.json");
    serde_json::from_str(&std::fs::read_to_string(path).expect("the schema")).expect("JSON")
}

#[test]
fn the_program_prints_the_schema_of_the_repository() {
    let printed = Home::new().ask(&["schema"]);
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/protocol.schema.json");
    assert_eq!(printed, std::fs::read_to_string(path).expect("the schema"));
    assert_eq!(schema()["$schema"], "http://json-schema.org/draft-07/schema#");
}

#[test]
fn the_schema_has_every_name_that_the_program_knows() {
    let schema = schema();
    let names = |value: &Value| -> Vec<String> {
        let names = value["enum"].as_array().expect("names").iter();
        names.map(|name| name.as_str().expect("a text").to_owned()).collect()
    };
    assert_eq!(names(&schema["properties"]["site"]), Site::all().map(Site::as_str).collect::<Vec<_>>());
    let [step, fits] = ["step", "fits"].map(|name| &schema["definitions"][name]);
    assert_eq!(names(fits), Fits::ALL.map(Fits::as_str));
    assert_eq!(names(&step["properties"]["do"]), StepKind::ALL.map(StepKind::as_str));
}

/// The parser names its keys when one is unknown. Nothing is in one list only, and the tables of this test have all.
#[test]
fn the_schema_has_every_key_of_the_parser() {
    let schema = schema();
    let step = "[[step]]\ndo = \"rest\"\nfor = \"1min\"\n";
    #[rustfmt::skip]
    let table = [
        (format!("zz = 1\n{step}"), &schema["properties"], PROTOCOL, &["step", "by_injury"][..]),
        (format!("{step}zz = 1\n"), &schema["definitions"]["step"]["properties"], STEP, &[]),
        ("[[step]]\ntimes = 1\nzz = 1\n".to_owned(), &schema["definitions"]["group"]["properties"], GROUP, &[]),
        ("[by_injury]\nzz = 1\n".to_owned(), &schema["properties"]["by_injury"]["properties"], BY_INJURY, &[]),
    ];
    for (text, properties, tested, more) in table {
        let problems = format::parse(&text, "own").problems;
        let hint =
            problems.iter().find_map(|problem| problem.hint.strip_prefix("write one of ")).expect("an unknown key");
        let known: BTreeSet<_> = hint.split(", ").collect();
        let in_schema: BTreeSet<_> = properties.as_object().expect("keys").keys().map(String::as_str).collect();
        assert_eq!(known, in_schema);
        let tested: BTreeSet<_> = tested.iter().map(|(key, ..)| *key).chain(more.iter().copied()).collect();
        assert_eq!(known, tested);
    }
}

/// A file in which `key` has this value, and everything else is right. `place` is the table of the key.
fn file_with(place: &[Key], key: &str, value: &str) -> String {
    let line = format!("{key} = {value}\n");
    let needed = ["do", "for", "times", "steps", "under_72h", "from_72h"];
    let other = |of: &[Key]| {
        let others = of.iter().filter(|(name, ..)| needed.contains(name) && *name != key);
        others.map(|(name, good, _)| [name, " = ", good[0], "\n"].concat()).collect::<String>()
    };
    match place {
        _ if place == PROTOCOL => line + LAST,
        _ if place == BY_INJURY => format!("[by_injury]\n{line}{}", other(BY_INJURY)),
        _ => format!("rounds = 2\n[[step]]\n{line}{}{LAST}", other(place)),
    }
}

#[test]
fn schema_and_parser_agree_about_every_key() {
    if !is_installed() {
        return;
    }
    let cold = "[[step]]\ndo = \"cold\"\nfor = \"10min\"\n";
    let injury = "[by_injury]\nunder_72h = \"ice\"\nfrom_72h = \"heat\"\n";
    #[rustfmt::skip]
    let mut files: Vec<(String, bool)> = vec![
        (String::new(), false),
        ("step = []\n".to_owned(), false),
        ("step = 3\n".to_owned(), false),
        ("step = [3]\n".to_owned(), false),
        ("[step]\ndo = \"cold\"\nfor = \"10min\"\n".to_owned(), false),
        (cold.to_owned(), true),
        (injury.to_owned(), true),
        (injury.to_owned() + cold, false),
        ("rounds = 2\n".to_owned() + injury, false),
        ("summary = \"a\"\nchangeover = \"5s\"\n".to_owned() + injury, true),
        (cold.replace("do", "kind"), false),
        (cold.replace("for", "length"), false),
        ("[[steps]]\n".to_owned() + cold, false),
        (cold.to_owned() + "times = 2\n", false),
        ("[[step]]\ntimes = 2\n[[step.steps]]\ndo = \"heat\"\nfor = \"1min\"\n".to_owned(), true),
        ("[[step]]\ntimes = 2\nsteps = [{ do = \"heat\", for = \"1min\" }]\nnote = \"a\"\n".to_owned(), false),
    ];
    for place in [PROTOCOL, STEP, GROUP, BY_INJURY] {
        for (key, good, bad) in place {
            files.extend(good.iter().map(|value| (file_with(place, key, value), true)));
            files.extend(bad.iter().map(|value| (file_with(place, key, value), false)));
            files.push((file_with(place, "zz", "1"), false));
        }
    }
    let texts: Vec<_> = files.iter().map(|(text, _)| text.clone()).collect();
    for ((text, expected), schema) in files.iter().zip(by_schema(&texts)) {
        assert_eq!((is_readable(text), schema), (*expected, Some(*expected)), "{text}");
    }
}

/// A random table of these keys, one of them wrong now and then.
fn lines(rng: &mut Rng, keys: &[Key], needed: &[&str]) -> Vec<String> {
    let mut lines = Vec::new();
    for (key, good, bad) in keys {
        let is_needed = needed.contains(key);
        if is_needed && rng.u8(..) < 253 || !is_needed && rng.u8(..) < 64 {
            let values = if rng.u8(..) < 248 { good } else { bad };
            let value = values[rng.usize(..values.len())];
            lines.push(format!("{key} = {value}"));
        }
    }
    if rng.u8(..) < 2 {
        lines.push("zz = 1".to_owned());
    }
    rng.shuffle(&mut lines);
    lines
}

fn random_file(rng: &mut Rng) -> String {
    let mut text = lines(rng, PROTOCOL, &[]).join("\n") + "\n";
    if rng.u8(..) < 12 {
        let lines = lines(rng, BY_INJURY, &["under_72h", "from_72h"]).join("\n");
        text += &["[by_injury]\n", &lines, "\n"].concat();
        if rng.bool() {
            return text;
        }
    }
    for _ in 0..rng.usize(0..4) {
        text += "[[step]]\n";
        if rng.bool() {
            let steps = (0..rng.usize(1..4)).map(|_| {
                let keys = lines(rng, STEP, &["do", "for"]);
                format!("  {{ {} }}", keys.join(", "))
            });
            let steps = steps.collect::<Vec<_>>().join(",\n");
            let times = (1 + rng.u8(..3)).to_string();
            text += &["times = ", &times, "\nsteps = [\n", &steps, ",\n]\n"].concat();
        } else {
            text += &(lines(rng, STEP, &["do", "for"]).join("\n") + "\n");
        }
    }
    if rng.u8(..) < 240 { text + LAST } else { text }
}

#[test]
fn schema_and_parser_agree_about_random_files() {
    if !is_installed() {
        return;
    }
    let mut rng = Rng::with_seed(18);
    // A file of which every step is left out of the last round is a mistake that no schema knows.
    let files = std::iter::repeat_with(|| random_file(&mut rng))
        .filter(|text| text.ends_with(LAST) || !text.contains("last_round"));
    let files: Vec<_> = files.take(800).collect();
    let good = files.iter().filter(|text| is_readable(text)).count();
    assert!((200..600).contains(&good), "{good} of {} files are right", files.len());
    for (text, schema) in files.iter().zip(by_schema(&files)) {
        assert_eq!(schema, Some(is_readable(text)), "{text}\n{:#?}", format::parse(text, "own").problems);
    }
}

/// Every file of the repository that the parser takes: samples, built-in protocols, and the seeds of the fuzzer.
#[test]
fn the_schema_takes_every_file_that_the_parser_takes() {
    if !is_installed() {
        return;
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folders = ["examples/protocols", "examples/protocols/refused", "src/protocols", "tests/seeds/protocol"];
    let mut texts = Vec::new();
    for folder in folders.map(|folder| root.join(folder)) {
        let files = std::fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path());
        let files = files.filter(|path| path.extension().is_some_and(|extension| extension == "toml"));
        texts.extend(files.filter_map(|path| std::fs::read_to_string(path).ok()));
    }
    texts.retain(|text| is_readable(text));
    assert!(texts.len() > 10, "{}", texts.len());
    for (text, schema) in texts.iter().zip(by_schema(&texts)) {
        assert_eq!(schema, Some(true), "{text}");
    }
}
