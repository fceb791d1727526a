//! The names of sites as people type and read them. It must not know what happens at a site.

use crate::domain::rules::RuleId;
use crate::domain::site::Site;
use crate::text::printable::nearest;
use crate::text::typed::Unreadable;

/// Every name, in short.
pub const NAMES: &str = "sites: neck, upper-back, lower-back and other; shoulder, elbow, wrist, hand, hip, thigh, knee, calf, ankle and foot, \
     each also with left- or right-";

/// The site in a sentence: `left knee`.
pub fn words(site: Site) -> String {
    match site {
        Site::OTHER => "other place".to_owned(),
        site => site.as_str().replace('-', " "),
    }
}

/// A session called `name`, with its site unless that is the usual one: `ice · left knee`.
pub fn titled(name: &str, site: Option<Site>) -> String {
    match site {
        None | Some(Site::LOWER_BACK) => name.to_owned(),
        Some(site) => format!("{name} · {}", words(site)),
    }
}

/// The same in a sentence: `ice, left knee`.
pub fn named(name: &str, site: Option<Site>) -> String {
    match site {
        None | Some(Site::LOWER_BACK) => name.to_owned(),
        Some(site) => format!("{name}, {}", words(site)),
    }
}

/// How a rule sees sites; `None` for one that only a plan can break, or that is about circumstances.
pub fn seen_by(rule: RuleId) -> Option<&'static str> {
    Some(match rule {
        RuleId::Rewarm => {
            "a dose counts in full at its site and at the sites beside it. The other modality lowers the load only \
             under the same name, and not by a dose that you logged; otherwise its time is rest. knee means both knees, other touches everything, and so \
             does a record from before there were sites (ours)"
        }
        RuleId::ColdSpacing | RuleId::NumbHeat => "doses at sites that touch count (ours)",
        RuleId::ColdDaily | RuleId::HeatDaily => "sums of a day are about the person: all sites count (ours)",
        RuleId::EarlyHeat | RuleId::InjuryUnknown | RuleId::InjuryFuture | RuleId::LongPain => {
            "an injury counts at its site and at the sites beside it (ours)"
        }
        RuleId::StretchEarly => "an injury and cold count at their sites and at the sites beside them (ours)",
        RuleId::WarningSign => "a sign is about the person: it counts at every site (ours)",
        _ => return None,
    })
}

/// Reads a site as a person types it.
///
/// # Errors
/// When no site has this name, with those that may be meant.
pub fn read(text: &str) -> Result<Site, Unreadable> {
    let plain = text.trim().to_lowercase().replace([' ', '_'], "-");
    if let Some(site) = Site::from_name(&plain) {
        return Ok(site);
    }
    // `back` is a word of two names, and `knee-left` has the words of another.
    let is_word = |name: &str| !plain.is_empty() && plain.split('-').all(|word| name.split('-').any(|own| own == word));
    let names = || Site::all().map(Site::as_str);
    let mut readings: Vec<_> = names().filter(|name| is_word(name)).collect();
    if readings.is_empty() {
        readings.extend(nearest(&plain, names()));
    }
    let message = if plain.is_empty() { "an empty site".to_owned() } else { format!("there is no site \"{text}\"") };
    Err(Unreadable::new(text, message, NAMES).or(readings.into_iter().map(str::to_owned)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_site_is_read_as_people_write_it_and_a_mistyped_one_has_a_way_out() {
        let name = |text| read(text).map(Site::as_str);
        for (text, site) in [("left-knee", "left-knee"), (" Left Knee ", "left-knee"), ("LOWER_BACK", "lower-back")] {
            assert_eq!(name(text), Ok(site));
        }
        let meant = |text| read(text).expect_err(text).readings;
        assert_eq!(meant("back"), ["upper-back", "lower-back"]);
        assert_eq!(meant("knee-left"), ["left-knee"]);
        assert_eq!(meant("left-kne"), ["left-knee"]);
        assert_eq!(meant("anckle"), ["ankle"]);
        assert_eq!((meant(""), meant("zzz")), (vec![], vec![]));
        assert_eq!(read("xq").expect_err("no site").to_string(), "there is no site \"xq\"");
    }

    #[test]
    fn the_list_of_names_is_complete() {
        let bare = |name: &str| name.trim_start_matches("left-").trim_start_matches("right-").to_owned();
        for site in Site::all() {
            assert!(NAMES.split([' ', ',', ';']).any(|word| word == bare(site.as_str())), "{site}");
        }
    }

    #[test]
    fn a_title_names_every_place_but_the_usual_one() {
        let titled = |name| titled("ice", Site::from_name(name));
        assert_eq!([titled("left-knee"), titled("lower-back"), titled("")], ["ice · left knee", "ice", "ice"]);
    }
}
