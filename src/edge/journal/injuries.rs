//! The injuries, and what a person said about warning signs.

use rusqlite::params;

use super::rows::{optional_text, site};
use super::{InjuryEntry, Journal, Result, Screening, Stamp};
use crate::domain::site::Site;

impl Journal {
    /// What the person said about injuries and did not replace or clear, oldest first. Of several at a site, which an
    /// import may bring, the latest one.
    ///
    /// # Errors
    /// When the journal cannot be read.
    pub fn injuries(&self) -> Result<Vec<InjuryEntry>> {
        let mut all = self.current_injuries()?;
        let key = |entry: &InjuryEntry| (entry.happened_ms, entry.id);
        let kept = all.clone();
        let is_later = |entry: &InjuryEntry, other: &InjuryEntry| {
            other.site == entry.site && entry.happened_ms.is_some() && key(other) > key(entry)
        };
        all.retain(|entry| !kept.iter().any(|other| is_later(entry, other)));
        Ok(all)
    }

    /// All that was not replaced or cleared. `injury none` of another journal does not count.
    fn current_injuries(&self) -> Result<Vec<InjuryEntry>> {
        let sql = "SELECT id, happened_ms, site FROM injury \
                   WHERE over_ms IS NULL AND (origin IS NULL OR happened_ms IS NOT NULL) ORDER BY id";
        self.rows(sql, [], |row| Ok(InjuryEntry { id: row.get(0)?, happened_ms: row.get(1)?, site: site(row, 2)? }))
    }

    /// Sets the time of an injury; without a time, notes that there is none at this site, or nowhere. The entries that
    /// it `replaces` stay in the journal.
    ///
    /// # Errors
    /// When the journal cannot be written.
    pub fn set_injury(
        &self,
        happened_ms: Option<i64>,
        site: Option<Site>,
        replaces: impl Fn(&InjuryEntry) -> bool,
        now: &Stamp,
    ) -> Result<()> {
        let sql = "INSERT INTO injury (uid, happened_ms, site, noted_ms) VALUES (lower(hex(randomblob(16))), ?, ?, ?)";
        self.together(|| {
            self.end_injuries(replaces, now)?;
            self.execute(sql, params![happened_ms, site.map(Site::as_str), now.wall_ms]).map(drop)
        })
    }

    /// Clears these entries. They stay in the journal.
    ///
    /// # Errors
    /// When the journal cannot be written.
    pub fn clear_injuries(&self, these: impl Fn(&InjuryEntry) -> bool, now: &Stamp) -> Result<()> {
        self.together(|| self.end_injuries(these, now))
    }

    fn end_injuries(&self, these: impl Fn(&InjuryEntry) -> bool, now: &Stamp) -> Result<()> {
        let sql = "UPDATE injury SET over_ms = ? WHERE id = ?";
        // Read again: another shell may have set one since.
        let mut over = self.current_injuries()?.into_iter().filter(these);
        over.try_for_each(|entry| self.execute(sql, params![now.wall_ms, entry.id]).map(drop))
    }

    /// Stores the keys of the signs that apply, or that the signs were shown where nobody could answer. It belongs to
    /// these injuries, or to the person when there are none.
    ///
    /// # Errors
    /// When the journal cannot be written.
    pub fn screened(&self, signs: Option<&[&str]>, injuries: &[i64], now: &Stamp) -> Result<()> {
        let sql = "INSERT INTO screening (uid, injury, signs, noted_ms) VALUES (lower(hex(randomblob(16))), ?, ?, ?)";
        let signs = signs.map(|signs| signs.join(" "));
        let of = |injury: Option<i64>| self.execute(sql, params![injury, signs, now.wall_ms]).map(drop);
        self.together(|| match injuries {
            [] => of(None),
            all => all.iter().try_for_each(|injury| of(Some(*injury))),
        })
    }

    /// All that was shown and answered, oldest first.
    ///
    /// # Errors
    /// When the journal cannot be read.
    pub fn screenings(&self) -> Result<Vec<Screening>> {
        self.rows("SELECT injury, signs, noted_ms, origin FROM screening ORDER BY id", [], |row| {
            let signs = optional_text(row, 1)?;
            let signs = signs.map(|signs| signs.split_whitespace().map(str::to_owned).collect());
            Ok(Screening { injury: row.get(0)?, signs, noted_ms: row.get(2)?, origin: row.get(3)? })
        })
    }
}
