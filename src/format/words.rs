//! Values that are one of a few words: a site, a kind of step, what a protocol is for.

use toml::de::{DeTable, DeValue};

use super::reader::{Reader, Value};
use crate::domain::protocol::Fits;
use crate::domain::site::Site;
use crate::domain::step::StepKind;
use crate::text::printable::revealed;

impl Reader<'_> {
    /// Where packs lie, of a protocol or in `config.toml`.
    pub(super) fn site(&mut self, table: &DeTable<'_>) -> Option<Site> {
        let value = table.get("site")?;
        let name = self.typed(value, "the name of a site in quotes", DeValue::as_str)?;
        let site = Site::from_name(name);
        if site.is_none() {
            let names: Vec<_> = Site::all().map(Site::as_str).collect();
            self.unknown(value.span(), format!("there is no site \"{}\"", revealed(name)), name, &names);
        }
        site
    }

    /// What a protocol is for: one word, or a list of them.
    pub(super) fn fits(&mut self, table: &DeTable<'_>) -> Vec<Fits> {
        let Some(value) = table.get("fits") else { return Vec::new() };
        let words: Vec<&Value<'_>> = value.get_ref().as_array().map_or(vec![value], |list| list.iter().collect());
        let mut all = Vec::new();
        for word in words {
            let fits = self.fit(word).filter(|fits| !all.contains(fits));
            all.extend(fits);
        }
        all
    }

    fn fit(&mut self, value: &Value<'_>) -> Option<Fits> {
        const WANTED: &str = "one of \"acute\", \"later\", \"spasm\", \"recovery\", or a list of them";
        let name = self.typed(value, WANTED, DeValue::as_str)?;
        let fits = Fits::from_name(name);
        if fits.is_none() {
            let message = format!("`fits` does not know \"{}\"", revealed(name));
            self.unknown(value.span(), message, name, &Fits::ALL.map(Fits::as_str));
        }
        fits
    }

    pub(super) fn kind(&mut self, value: &Value<'_>) -> Option<StepKind> {
        let name = self.typed(value, "one of \"heat\", \"cold\", \"rest\", \"stretch\"", DeValue::as_str)?;
        let kind = StepKind::from_name(name);
        if kind.is_none() {
            let message = format!("unknown kind of step \"{}\"", revealed(name));
            self.unknown(value.span(), message, name, &StepKind::ALL.map(StepKind::as_str));
        }
        kind
    }
}
