//! The text of a new protocol file. It must not know where the file goes.

use crate::text::typed;

/// A file with the usual keys and what each is for, which may run as it is. `NAME` is its name as a word of a command.
const TEMPLATE: &str = include_str!("template.toml");

/// A protocol file with this name, which has no fault.
pub fn of(name: &str) -> String {
    let word = typed::quoted(name);
    let line = |line: &str| match line {
        "name = \"NAME\"" => format!("name = {}\n", quoted(name)),
        _ => line.replace("NAME", &word) + "\n",
    };
    TEMPLATE.lines().map(line).collect()
}

/// A name as a string of TOML. It has no control characters.
pub fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('\\', "\\\\").replace('"', "\\\""))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::{Level, parse};

    /// What is in comments may be used as it is.
    #[test]
    fn every_commented_key_is_one_of_the_format() {
        let is_key =
            |line: &str| line.starts_with("[[") || line.split_once(" = ").is_some_and(|(key, _)| !key.contains(' '));
        let uncommented = |line: &str| match line.strip_prefix("# ").filter(|rest| is_key(rest)) {
            Some(rest) => format!("{rest}\n"),
            None => format!("{line}\n"),
        };
        let text: String = of("knee").lines().map(uncommented).collect();
        let parsed = parse(&text, "other");
        assert!(
            parsed.is_readable() && text.contains("\ntimes = 4") && text.contains("\nauthor"),
            "{:?}",
            parsed.problems
        );
        assert_eq!((parsed.draft.per_day, parsed.draft.parts.len()), (Some(3), 4));
    }

    #[test]
    fn a_new_file_may_run_and_has_its_name() {
        for name in ["knee-contrast", "NAME", "MYNAME", "my \"best\" knee", "übung 2", "it's", "#1", "a = b"] {
            let text = of(name);
            let parsed = parse(&text, "other");
            assert_eq!(parsed.draft.name, name, "{text}");
            let problems: Vec<_> = parsed.review().into_iter().filter(|problem| problem.level > Level::Note).collect();
            assert!(problems.is_empty(), "{name}: {problems:?}");
            assert!(text.contains(&format!("therapy check {}\n", typed::quoted(name))), "{text}");
        }
    }
}
