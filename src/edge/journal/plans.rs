//! The plan that a person keeps. A later plan replaces its future sessions; the past ones stay.

use rusqlite::params;

use super::rows::{MOST_CHANGES, sequence, site, text};
use super::{Journal, Result};
use crate::domain::site::Site;

/// A session of a plan, as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    /// Its id, which stays the same when it is moved.
    pub uid: String,
    /// How often it was changed.
    pub sequence: u32,
    /// What it is.
    pub planned: Planned,
    /// A later plan dropped it.
    pub is_dropped: bool,
}

/// A session of a plan: its protocol and site, and when it starts and ends, in milliseconds since 1970.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Planned {
    /// The name of the protocol.
    pub protocol: String,
    /// Where the packs lie.
    pub site: Site,
    /// When it starts.
    pub from_ms: i64,
    /// When it ends.
    pub to_ms: i64,
}

impl Journal {
    /// Keeps a plan for a site in place of the one that was kept: the first session to come takes the id of the first
    /// one that was kept, and so on. What is left over is dropped.
    ///
    /// # Errors
    /// When the journal cannot be written.
    pub fn keep(&self, place: Site, plan: &[Planned], now_ms: i64) -> Result<()> {
        self.together(|| {
            let kept = self.kept(now_ms)?.into_iter().filter(|kept| !kept.is_dropped && kept.planned.site == place);
            let mut kept = kept.fuse();
            for session in plan {
                match kept.next() {
                    Some(old) if old.planned == *session => {}
                    Some(old) => self.change(&old.uid, session, now_ms)?,
                    None => self.add(session, now_ms)?,
                }
            }
            let sql = "UPDATE planned SET dropped_ms = ?, sequence = min(sequence + 1, ?) WHERE uid = ?";
            kept.try_for_each(|old| self.execute(sql, params![now_ms, MOST_CHANGES, old.uid]).map(drop))
        })
    }

    /// The sessions of plans that start after a time of day, in order: those that are kept, and those that were dropped.
    ///
    /// # Errors
    /// When the journal cannot be read.
    pub fn kept(&self, after_ms: i64) -> Result<Vec<Kept>> {
        let sql = "SELECT uid, sequence, protocol, site, from_ms, to_ms, dropped_ms IS NOT NULL FROM planned \
                   WHERE from_ms > ? ORDER BY from_ms, id";
        self.rows(sql, [after_ms], |row| {
            let site = site(row, 3)?.unwrap_or(Site::OTHER);
            let planned = Planned { protocol: text(row, 2)?, site, from_ms: row.get(4)?, to_ms: row.get(5)? };
            Ok(Kept { uid: row.get(0)?, sequence: sequence(row, 1)?, planned, is_dropped: row.get(6)? })
        })
    }

    fn change(&self, uid: &str, Planned { protocol, site, from_ms, to_ms }: &Planned, now_ms: i64) -> Result<()> {
        let sql = "UPDATE planned SET protocol = ?, site = ?, from_ms = ?, to_ms = ?, made_ms = ?, \
                   sequence = min(sequence + 1, ?) WHERE uid = ?";
        self.execute(sql, params![protocol, site.as_str(), from_ms, to_ms, now_ms, MOST_CHANGES, uid]).map(drop)
    }

    fn add(&self, Planned { protocol, site, from_ms, to_ms }: &Planned, now_ms: i64) -> Result<()> {
        let sql = "INSERT INTO planned (uid, protocol, site, from_ms, to_ms, sequence, made_ms) \
                   VALUES (lower(hex(randomblob(16))), ?, ?, ?, ?, 0, ?)";
        self.execute(sql, params![protocol, site.as_str(), from_ms, to_ms, now_ms]).map(drop)
    }
}
