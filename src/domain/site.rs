//! Where on the body a pack lies: a table of names, and which of them may be the same skin. It must not know doses.
//!
//! The table is coarse on purpose (ours). A pack is larger than a joint, so a dose counts at its site and at the
//! neighbours of that site. Two names that may be the same skin always touch.

use std::fmt;

use serde::{Serialize, Serializer};

/// A part of the body, without its side.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Region {
    Neck,
    Shoulder,
    Elbow,
    Wrist,
    Hand,
    UpperBack,
    LowerBack,
    Hip,
    Thigh,
    Knee,
    Calf,
    Ankle,
    Foot,
    Other,
}

/// The side of a region that comes in a pair.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Side {
    Left,
    Right,
}

/// A row of the table.
struct Row {
    region: Region,
    /// The name, and those of its left and its right one where it comes in a pair.
    names: &'static [&'static str],
    /// What lies next to it, on the same side.
    neighbours: &'static [Region],
}

/// Every region, in the order of [`Region`].
#[rustfmt::skip]
const TABLE: [Row; 14] = {
    use Region::{Ankle, Calf, Elbow, Foot, Hand, Hip, Knee, LowerBack, Neck, Other, Shoulder, Thigh, UpperBack, Wrist};
    [
        row(Neck,      &["neck"],                                       &[Shoulder, UpperBack]),
        row(Shoulder,  &["shoulder", "left-shoulder", "right-shoulder"], &[Neck, UpperBack, Elbow]),
        row(Elbow,     &["elbow", "left-elbow", "right-elbow"],         &[Shoulder, Wrist]),
        row(Wrist,     &["wrist", "left-wrist", "right-wrist"],         &[Elbow, Hand]),
        row(Hand,      &["hand", "left-hand", "right-hand"],            &[Wrist]),
        row(UpperBack, &["upper-back"],                                 &[Neck, Shoulder, LowerBack]),
        row(LowerBack, &["lower-back"],                                 &[UpperBack, Hip]),
        row(Hip,       &["hip", "left-hip", "right-hip"],               &[LowerBack, Thigh]),
        row(Thigh,     &["thigh", "left-thigh", "right-thigh"],         &[Hip, Knee]),
        row(Knee,      &["knee", "left-knee", "right-knee"],            &[Thigh, Calf]),
        row(Calf,      &["calf", "left-calf", "right-calf"],            &[Knee, Ankle]),
        row(Ankle,     &["ankle", "left-ankle", "right-ankle"],         &[Calf, Foot]),
        row(Foot,      &["foot", "left-foot", "right-foot"],            &[Ankle]),
        row(Other,     &["other"],                                      &[]),
    ]
};

const fn row(region: Region, names: &'static [&'static str], neighbours: &'static [Region]) -> Row {
    Row { region, names, neighbours }
}

/// A place on the body. The default is the lower back, which the sources are about.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Site {
    region: Region,
    /// `None` for both sides, and for a region that has none.
    side: Option<Side>,
}

impl Site {
    /// What the sources are about.
    pub const LOWER_BACK: Site = Site { region: Region::LowerBack, side: None };

    /// A place that the table does not have, or that is not known: it may be anywhere, so it touches everything.
    pub const OTHER: Site = Site { region: Region::Other, side: None };

    /// Every site: each region, and after one of a pair its left and its right one.
    pub fn all() -> impl Iterator<Item = Site> {
        let sides = [None, Some(Side::Left), Some(Side::Right)];
        TABLE
            .iter()
            .flat_map(move |row| (0..row.names.len()).map(move |index| Site { region: row.region, side: sides[index] }))
    }

    /// The site with this name.
    pub fn from_name(name: &str) -> Option<Site> {
        Site::all().find(|site| site.as_str() == name)
    }

    /// The name in flags, files, JSON and the journal, such as `left-knee`. It never changes.
    pub fn as_str(self) -> &'static str {
        let index = match self.side {
            None => 0,
            Some(Side::Left) => 1,
            Some(Side::Right) => 2,
        };
        self.row().names[index]
    }

    /// Whether the two may be the same skin, or skin side by side. A site touches itself.
    pub fn touches(self, other: Site) -> bool {
        if self.is_anywhere() || other.is_anywhere() {
            return true;
        }
        let is_near = self.region == other.region || self.row().neighbours.contains(&other.region);
        is_near && (self.side.is_none() || other.side.is_none() || self.side == other.side)
    }

    /// Whether the other is all or a part of this one: `knee` includes `left-knee`.
    pub fn includes(self, other: Site) -> bool {
        self.region == other.region && (self.side.is_none() || self.side == other.side)
    }

    /// Whether the name is no one place, so that two doses under it may have been at two.
    pub fn is_anywhere(self) -> bool {
        self == Site::OTHER
    }

    fn row(self) -> &'static Row {
        // A test holds that the table has every region, in this order.
        &TABLE[self.region as usize]
    }
}

impl Default for Site {
    fn default() -> Site {
        Site::LOWER_BACK
    }
}

impl fmt::Display for Site {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.as_str())
    }
}

impl fmt::Debug for Site {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

impl Serialize for Site {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn site(name: &str) -> Site {
        Site::from_name(name).expect("a site")
    }

    /// The names of all sites that one touches.
    fn near(name: &str) -> Vec<&'static str> {
        Site::all().filter(|other| site(name).touches(*other)).map(Site::as_str).collect()
    }

    #[test]
    fn the_table_has_every_region_in_order_and_every_name_once() {
        for (index, row) in TABLE.iter().enumerate() {
            assert_eq!(row.region as usize, index, "{}", row.names[0]);
            assert!(matches!(row.names.len(), 1 | 3));
        }
        let names: BTreeSet<_> = Site::all().map(Site::as_str).collect();
        assert_eq!((names.len(), Site::all().count()), (34, 34));
        assert!(Site::all().all(|site| Site::from_name(site.as_str()) == Some(site)));
        assert_eq!((Site::from_name("left-neck"), Site::from_name("Knee"), Site::from_name("")), (None, None, None));
        assert_eq!(Site::default().as_str(), "lower-back");
    }

    #[test]
    fn touching_is_mutual_and_a_site_touches_itself() {
        for row in &TABLE {
            for other in row.neighbours {
                assert!(TABLE[*other as usize].neighbours.contains(&row.region), "{:?} and {other:?}", row.region);
            }
        }
        for one in Site::all() {
            assert!(one.touches(one) && one.touches(Site::OTHER) && Site::OTHER.touches(one), "{one}");
            for other in Site::all() {
                assert_eq!(one.touches(other), other.touches(one), "{one} and {other}");
                assert!(!one.includes(other) || one.touches(other), "{one} and {other}");
            }
        }
    }

    #[test]
    fn neighbours_are_on_the_same_side_and_a_name_without_a_side_is_both() {
        let left = ["thigh", "left-thigh", "knee", "left-knee", "calf", "left-calf", "other"];
        assert_eq!(near("left-knee"), left);
        let both = ["thigh", "left-thigh", "right-thigh", "knee", "left-knee", "right-knee"];
        assert_eq!(near("knee"), [&both[..], &["calf", "left-calf", "right-calf", "other"]].concat());
        let hips = ["hip", "left-hip", "right-hip", "other"];
        assert_eq!(near("lower-back"), [&["upper-back", "lower-back"], &hips[..]].concat());
        assert!(!site("left-shoulder").touches(site("right-shoulder")) && site("left-shoulder").touches(site("neck")));
        assert_eq!(near("other").len(), Site::all().count());
    }

    #[test]
    fn a_name_without_a_side_includes_both_and_no_neighbour() {
        let includes = |one, other| site(one).includes(site(other));
        assert!(includes("knee", "left-knee") && includes("knee", "knee") && includes("left-knee", "left-knee"));
        assert!(!includes("left-knee", "knee") && !includes("left-knee", "right-knee") && !includes("knee", "calf"));
        assert!(!includes("other", "neck") && includes("other", "other"));
    }
}
