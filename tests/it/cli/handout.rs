//! `therapy show PROTOCOL --handout`: a page for a patient.

use std::fmt::Write as _;

use therapy::domain::rules::RULES;
use therapy::edge::catalog;

use crate::support::{Home, joined, stderr, stdout};

const FORMS: [&str; 3] = ["text", "md", "html"];

/// The samples that no rule refuses.
fn samples() -> Vec<String> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/protocols");
    let all = catalog::read_folder(folder.as_ref()).expect("the samples");
    let all: Vec<_> =
        all.iter().filter(|own| own.may_run()).map(|own| own.path.to_str().expect("plain").to_owned()).collect();
    assert!(all.len() >= 3, "{all:?}");
    all
}

fn all() -> Vec<String> {
    let names = catalog::built_ins().iter().map(|entry| entry.name().to_owned()).collect::<Vec<_>>();
    names.into_iter().chain(samples()).collect()
}

/// The text of a page without its markup.
fn read_by_a_person(page: &str) -> String {
    let mut text = String::new();
    let body = page.split_once("<body").map_or(page, |(_, body)| body);
    for part in body.split('<') {
        text.push_str(part.split_once('>').map_or(part, |(_, text)| text));
    }
    text
}

#[test]
fn every_page_is_in_words_of_a_patient() {
    let home = Home::empty();
    for name in all() {
        for form in FORMS {
            let page = home.ask(&["show", &name, "--handout", form]);
            let text = if form == "html" { read_by_a_person(&page) } else { page.replace('\\', "") };
            let whole = joined(&text);
            for rule in RULES {
                assert!(!whole.contains(rule.id.as_str()), "{name} {form}: {}", rule.id);
            }
            for key in ["S0", "S1", "S2", "S3", "S4"] {
                assert!(!whole.split(|c: char| !c.is_alphanumeric()).any(|word| word == key), "{name} {form}: {key}");
            }
            for part in [
                "What to prepare",
                "What to feel, and when to stop",
                "done at __:__",
                "before ____ after ____",
                "Get help now if you have",
                "trouble with bladder or bowel",
                "See a professional first if you have",
                "not medical advice",
                "therapy",
            ] {
                assert!(whole.contains(part), "{name} {form}: {part} in {whole}");
            }
        }
    }
}

#[test]
fn a_page_has_each_step_and_what_it_is_like() {
    let home = Home::empty();
    let page = home.ask(&["show", "contrast", "--handout"]);
    assert_eq!(page, home.ask(&["show", "contrast", "--handout", "text"]));
    assert!(page.starts_with("Contrast, 2 h\nalternating heat and cold, for intense spasms\n"), "{page}");
    for part in [
        "  1  Heat 20 min  done at __:__\n  2  Cold 20 min  done at __:__\n  3  Heat 20 min  done at __:__\n     Only when normal feeling is back.\n",
        "  6  Cold 20 min  done at __:__\n",
        "█ heat   ▒ cold",
        "No heat in the first 3 days after an injury.",
        "contrast: heart or blood-pressure trouble",
        "\"Practical Back Spasms Treatment\" puts 20 min of cold",
    ] {
        assert!(page.contains(part), "{part} in {page}");
    }
    // Only what concerns this page.
    let ice = home.ask(&["show", "ice", "--handout"]);
    for part in ["heat: fresh", "contrast: heart", "warm pack", "No heat"] {
        assert!(!ice.contains(part), "{part} in {ice}");
    }
    // The choices on the command line.
    let chosen = home.ask(&[
        "show",
        "contrast",
        "--handout",
        "md",
        "--heat",
        "15",
        "--cold",
        "10",
        "--rounds",
        "2",
        "--changeover",
        "1min",
        "--site",
        "left-knee",
    ]);
    for part in [
        "# Contrast, 54 min",
        "Where\\: left knee",
        "| 1 | Heat 15 min |",
        "| 4 | Cold 10 min |",
        "that you put on, you have 1 min to change packs",
    ] {
        assert!(chosen.contains(part), "{part} in {chosen}");
    }
    assert!(!chosen.contains("| 5 |"), "a changeover is no row");
}

/// What the author says of the protocol and of its steps, each at the first of the steps that have it.
#[test]
fn a_page_has_what_its_author_wrote() {
    let home = Home::empty();
    let file = home.file(
        "own.toml",
        "author = \"Ada, physiotherapist\"\ncontact = \"555 0100\"\nper_day = 3\ndays = 7\nsite = \"left-knee\"\n[[step]]\ntimes = 3\nsteps = [\n\
         { do = \"cold\", for = \"1min\", note = \"side of the knee\", cue = \"fetch the ice\", halfway = false },\n\
         { do = \"heat\", for = \"4min\" },\n]\n",
    );
    let page = home.ask(&["show", &file, "--handout"]);
    for part in [
        "From: Ada, physiotherapist\nQuestions to: 555 0100\nWhere: left knee\n3 times a day, for 7 days.\n",
        "  1  Cold 1 min  done at __:__\n     Before it: fetch the ice\n     side of the knee\n  2  Heat 4 min",
        "  6  Heat 4 min  done at __:__\n",
        "colder than ice. Look at the skin.",
        "At half time: look at the skin. Stop if it is very red",
    ] {
        let (page, part) = if part.contains('\n') { (page.clone(), part) } else { (joined(&page), part) };
        assert!(page.contains(part), "{part} in {page}");
    }
    assert_eq!(page.matches("side of the knee").count(), 1, "{page}");
    // A physiotherapist means the spine.
    for (steps, also) in [
        ("[[step]]\ndo = \"heat\"\nfor = \"10min\"\n", "Not over S1."),
        (
            "[by_injury]\nunder_72h = \"ice\"\nfrom_72h = \"contrast\"\n",
            "\"Practical Back Spasms Treatment\" puts 20 min",
        ),
    ] {
        let spine = home.file("spine.toml", &format!("caution = \"Not over S1.\"\n{steps}"));
        let page = joined(&home.ask(&["show", &spine, "--handout"]));
        assert_eq!(page.matches("Not over S1.").count(), 1, "{page}");
        assert!(page.contains(also), "{page}");
    }
    // Without an author there is room for one.
    let ice = home.ask(&["show", "ice", "--handout"]);
    assert!(
        ice.contains("\nFrom: ________________\nQuestions to: ________________\nWhere: ________________\n"),
        "{ice}"
    );
}

/// A patient has only the page: a pack that stays on through a rest, or a second session at once, is a dose too many.
#[test]
fn a_page_says_when_a_pack_is_off_and_when_the_next_session_may_begin() {
    let home = Home::empty();
    let page = |name: &str| joined(&home.ask(&["show", name, "--handout"]));
    let file = |name: &str, text: &str| home.file(name, text);
    assert!(page("intermittent").contains("- Rest: Pack off. Lie with raised legs"));
    let rest = file("rest.toml", "[[step]]\ndo = \"rest\"\nfor = \"10min\"\n");
    assert!(page(&rest).contains("- Rest: Lie with raised legs"), "there is no pack");
    let wait = |name: &str| {
        let page = page(name);
        page.split_once("After a session wait at least ")
            .map(|(_, rest)| rest.split(" before").next().map(str::to_owned))
    };
    // Heat 20 min on a load of 20 min is 40; 30 min pass after 20 min. The 2 h of cold are longer than its wait.
    let wait_of = |minutes: u64| {
        let steps = format!("per_day = 1\n[[step]]\ndo = \"heat\"\nfor = \"{minutes}min\"\n");
        wait(&file("heat.toml", &steps)).flatten()
    };
    assert_eq!(wait("heat").flatten().as_deref(), Some("20 min"));
    assert_eq!([wait_of(30), wait_of(15)], [Some("1 h".to_owned()), None]);
    assert_eq!([wait("ice"), wait("contrast"), wait("intermittent")], [None, None, None]);
    // 108 min, and 40 min until 20 min of cold pass again.
    let long = "[[step]]\ndo = \"rest\"\nfor = \"88min\"\n[[step]]\ndo = \"cold\"\nfor = \"20min\"\n";
    assert_eq!(wait(&file("long.toml", long)), None, "its own rest is enough");
    let often = |line: &str| page(&file("often.toml", &format!("{line}[[step]]\ndo = \"cold\"\nfor = \"15min\"\n")));
    assert!(often("per_day = 1\ndays = 1\n").contains("Once a day, for 1 day."));
    assert!(often("per_day = 2\n").contains("Twice a day."));
}

/// Which of two protocols runs depends on an injury that the page does not know.
#[test]
fn a_page_for_any_injury_has_both_courses() {
    let home = Home::empty();
    let both = home.ask(&["show", "acute", "--handout"]);
    let (before, after) = both.split_once("From 3 days after the injury on").expect("two courses");
    assert!(before.contains("Until 3 days after the injury") && before.contains("Cold 15 min"), "{both}");
    assert!(after.contains("Heat 20 min"), "{both}");
    for (injured, step, other) in
        [("5h ago", "Cold 15 min", "Heat 20 min"), ("5 days ago", "Heat 20 min", "Cold 15 min")]
    {
        let one = home.ask(&["show", "acute", "--handout", "--injured", injured]);
        assert!(one.contains(step) && !one.contains(other) && one.contains("Step by step"), "{one}");
    }
}

/// The person who prints a page is not the patient.
#[test]
fn a_page_knows_neither_the_journal_nor_the_settings() {
    let (empty, home) = (Home::empty(), Home::new());
    home.ask(&["injury", "set", "20h ago"]);
    home.ask(&["log", "cold", "20"]);
    home.ask(&["safety", "--answer", "3"]);
    home.file("config/config.toml", "changeover = \"1min\"\nsite = \"left-knee\"\n");
    for form in FORMS {
        for name in ["contrast", "ice", "acute"] {
            let page = |home: &Home| home.ask(&["show", name, "--handout", form]);
            assert_eq!(page(&home), page(&empty), "{name} {form}");
        }
    }
    // Nothing is written for it either.
    assert!(!empty.data().exists() && !empty.path().join("config").exists());
}

#[test]
fn what_a_rule_refuses_has_no_page() {
    let home = Home::empty();
    let much = home.file("much.toml", "[[step]]\ndo = \"cold\"\nfor = \"21min\"\n");
    for (arguments, code, message) in [
        (&["show", &much, "--handout", "html"][..], 3, "(cold-limit)"),
        (&["show", "ice", "--handout", "--minutes", "25"], 3, "(cold-limit)"),
        (&["show", "heat", "--handout", "--heat", "5"], 2, "heat allows 10 to 30 min"),
        (&["show", "icee", "--handout"], 2, "try: therapy show ice"),
        (&["show", "ice", "--handout", "pdf"], 2, "possible values: text, md, html"),
        (&["show", "ice", "--handout", "--json"], 2, "cannot be used with"),
    ] {
        let output = home.run(arguments);
        assert_eq!((output.status.code(), stdout(&output).as_str()), (Some(code), ""), "{arguments:?}");
        assert!(stderr(&output).contains(message), "{arguments:?}: {}", stderr(&output));
    }
}

#[test]
fn markup_of_an_author_is_text() {
    let home = Home::empty();
    let evil = "<script>alert(1)</script> & <b> *bold* | `x` [a](javascript:b) ![i](http://x.y/z.png) <!-- \\\"'";
    let plain = evil.replace("\\\"", "\"");
    let file = home.file(
        "evil.toml",
        &format!("name = \"a <i> & b\"\nsummary = \"{evil}\"\ncaution = \"{evil}\"\nsources = [\"{evil}\"]\n[[step]]\ndo = \"cold\"\nfor = \"12min\"\nnote = \"{evil}\"\n"),
    );
    let html = home.ask(&["show", &file, "--handout", "html"]);
    for tag in ["<script", "<b>alert", "<i>", "<img", "<!--"] {
        assert!(!html.contains(tag), "{tag} in {html}");
    }
    assert!(
        html.contains("A &lt;i&gt; &amp; b, 12 min") && html.matches("&lt;script&gt;alert(1)").count() >= 4,
        "{html}"
    );
    // Nothing is loaded from elsewhere, and nothing runs.
    for reference in ["src=", "href=", "@import", "url(http", "onload"] {
        assert!(!html.contains(reference), "{reference}");
    }
    assert!(html.contains("default-src 'none'"));
    let markdown = home.ask(&["show", &file, "--handout", "md"]);
    assert!(
        markdown
            .contains("\\<script\\>alert(1)\\</script\\> \\& \\<b\\> \\*bold\\* \\| \\`x\\` \\[a\\](javascript\\:b)"),
        "{markdown}"
    );
    assert_eq!(markdown.lines().filter(|line| line.starts_with("| 1 |")).count(), 1, "{markdown}");
    let text = home.ask(&["show", &file, "--handout", "text"]);
    assert_eq!(joined(&text).matches(&plain).count(), 4, "{text}");
}

/// As many steps as there may be, each with a note, and long words in two widths.
fn many() -> String {
    let mut text = format!("name = \"sixty-four\"\nsummary = \"{}\"\n", "wärme ".repeat(30));
    for step in 0..32 {
        let _ =
            write!(text, "[[step]]\ndo = \"heat\"\nfor = \"1min\"\nnote = \"note {step} 冷却 {}\"\n", "x".repeat(100));
        text.push_str("[[step]]\ndo = \"cold\"\nfor = \"1min\"\n");
    }
    text
}

#[test]
fn sixty_four_steps_stay_readable() {
    let home = Home::empty();
    let file = home.file("many.toml", &many());
    let page = home.ask(&["show", &file, "--handout"]);
    for step in 1..=64 {
        let kind = if step % 2 == 1 { "Heat" } else { "Cold" };
        assert!(page.contains(&format!("{step:>3}  {kind} 1 min  done at __:__\n")), "{step}: {page}");
    }
    assert!(page.lines().all(|line| therapy::text::printable::columns(line) <= 80), "{page}");
    // What holds for every other step is said once.
    assert_eq!(page.to_lowercase().matches("only when normal feeling is back").count(), 1, "{page}");
    let html = home.ask(&["show", &file, "--handout", "html"]);
    assert!(html.contains("<ol style=\"columns:3\">") && html.matches("<li class=").count() == 64);
    let shown = home.ask(&["show", &file]);
    assert!(shown.contains("64 steps, 1 h 4 min\n") && shown.contains("  64. cold 1 min"), "{shown}");
    assert!(shown.contains("Warning: steps 3, 5, 7, 9, 11 and 26 more: "), "{shown}");
}

/// What a browser prints.
#[cfg(target_os = "linux")]
#[test]
fn every_page_prints_on_one_sheet() {
    use std::process::Command;
    use std::thread;

    use crate::programs;

    const CHROMIUM: &str = "/usr/bin/chromium";
    if !std::path::Path::new(CHROMIUM).exists() {
        return programs::left_out(
            "pages for patients in a browser",
            "apt-get install --no-install-recommends chromium",
        );
    }
    let home = Home::empty();
    home.ask(&["new", "knee-contrast"]);
    let mut pages: Vec<(String, usize)> = all().into_iter().map(|name| (name, 1)).collect();
    pages.push(("knee-contrast".to_owned(), 1));
    pages.push((
        home.file(
            "rounds.toml",
            "rounds = 32\n[[step]]\ndo = \"heat\"\nfor = \"1min\"\n[[step]]\ndo = \"cold\"\nfor = \"1min\"\n",
        ),
        1,
    ));
    pages.push((home.file("many.toml", &many()), 3));
    let printed = |(at, (name, most)): (usize, &(String, usize))| {
        let html = home.ask(&["show", name, "--handout", "html"]);
        let (page, pdf) = (home.file(&format!("{at}.html"), &html), home.path().join(format!("{at}.pdf")));
        let mut browser = Command::new(CHROMIUM);
        browser.env("HOME", home.path()).args([
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--no-pdf-header-footer",
        ]);
        browser.arg(format!("--user-data-dir={}/{at}", home.path().display()));
        browser.arg(format!("--print-to-pdf={}", pdf.display())).arg(format!("file://{page}"));
        let output = programs::output(&mut browser);
        let bytes = std::fs::read(&pdf).unwrap_or_else(|_| panic!("no page: {}", stderr(&output)));
        let sheets = bytes.windows(11).filter(|part| part.starts_with(b"/Type /Page") && part.len() == 11);
        let all = bytes.windows(12).filter(|part| *part == b"/Type /Pages").count();
        let sheets = sheets.count() - all;
        assert!((1..=*most).contains(&sheets), "{name}: {sheets} sheets");
    };
    let numbered: Vec<_> = pages.iter().enumerate().collect();
    thread::scope(|scope| {
        let parts: Vec<_> = numbered
            .chunks(5)
            .map(|part| {
                let printed = &printed;
                scope.spawn(move || part.iter().copied().for_each(printed))
            })
            .collect();
        for part in parts {
            part.join().expect("its pages");
        }
    });
}
