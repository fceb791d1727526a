//! The nouns that every other module uses: modality, kind of step, step.
//! It must not know limits, files or the time of day.

use std::ops::{Index, IndexMut};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use strum::{Display, EnumString, IntoStaticStr};

/// A superficial thermal modality: cryotherapy or thermotherapy.
#[derive(Clone, Copy, Debug, Deserialize, Display, PartialEq, Eq, Hash, IntoStaticStr, Serialize)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum Modality {
    /// Cryotherapy: an ice or gel pack over a thin damp cloth.
    Cold,
    /// Thermotherapy: a warm moist pack or pad.
    Heat,
}

impl Modality {
    /// Both modalities, cold first, as in every table of the program.
    pub const ALL: [Modality; 2] = [Modality::Cold, Modality::Heat];

    /// Heat for cold, and cold for heat.
    #[must_use]
    pub fn other(self) -> Modality {
        match self {
            Modality::Cold => Modality::Heat,
            Modality::Heat => Modality::Cold,
        }
    }

    /// The word for it: `cold` or `heat`.
    pub fn as_str(self) -> &'static str {
        self.into()
    }
}

/// One value for cold and one for heat.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PerModality<T> {
    /// The value for cold.
    pub cold: T,
    /// The value for heat.
    pub heat: T,
}

impl<T> PerModality<T> {
    /// Asks `value` for each modality.
    pub fn from_fn(mut value: impl FnMut(Modality) -> T) -> PerModality<T> {
        PerModality { cold: value(Modality::Cold), heat: value(Modality::Heat) }
    }

    /// Both values changed in the same way.
    pub fn map<U>(self, mut change: impl FnMut(T) -> U) -> PerModality<U> {
        PerModality { cold: change(self.cold), heat: change(self.heat) }
    }
}

impl<T> Index<Modality> for PerModality<T> {
    type Output = T;

    fn index(&self, modality: Modality) -> &T {
        match modality {
            Modality::Cold => &self.cold,
            Modality::Heat => &self.heat,
        }
    }
}

impl<T> IndexMut<Modality> for PerModality<T> {
    fn index_mut(&mut self, modality: Modality) -> &mut T {
        match modality {
            Modality::Cold => &mut self.cold,
            Modality::Heat => &mut self.heat,
        }
    }
}

/// What a person does during a step.
#[derive(Clone, Copy, Debug, Deserialize, Display, EnumString, PartialEq, Eq, Hash, IntoStaticStr, Serialize)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum StepKind {
    /// A cold pack is on.
    Cold,
    /// A warm pack is on.
    Heat,
    /// No pack; lying with raised legs or in the position that hurts least.
    Rest,
    /// No pack; gentle stretching.
    Stretch,
}

impl StepKind {
    /// Every kind, in the order of the file format's documentation.
    pub const ALL: [StepKind; 4] = [StepKind::Heat, StepKind::Cold, StepKind::Rest, StepKind::Stretch];

    /// The word in files, in JSON and on the screen.
    pub fn as_str(self) -> &'static str {
        self.into()
    }

    /// The kind with this name.
    pub fn from_name(name: &str) -> Option<StepKind> {
        name.parse().ok()
    }

    /// The modality of the dose that this step gives. `None` for steps without a pack.
    pub fn modality(self) -> Option<Modality> {
        match self {
            StepKind::Cold => Some(Modality::Cold),
            StepKind::Heat => Some(Modality::Heat),
            StepKind::Rest | StepKind::Stretch => None,
        }
    }

    /// Whether a pack lies on the skin: a dose has a skin check halfway.
    pub fn has_pack(self) -> bool {
        self.modality().is_some()
    }
}

impl From<Modality> for StepKind {
    fn from(modality: Modality) -> StepKind {
        match modality {
            Modality::Cold => StepKind::Cold,
            Modality::Heat => StepKind::Heat,
        }
    }
}

/// One step of a session. The rounds of the protocol are already expanded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// What is done.
    pub kind: StepKind,
    /// Planned length.
    pub length: Duration,
    /// The author's note for the person, shown while the step runs.
    pub note: Option<String>,
    /// What to say before it begins, instead of the built-in words.
    pub cue: Option<String>,
    /// Whether a dose has the skin check in its middle.
    pub halfway: bool,
    /// A rest that only gives time to get the pack of the next step ready.
    pub changeover: bool,
    /// The round that it belongs to, from 1.
    pub round: u32,
    /// The step of the draft that it comes from, from 0. Findings point to that place in the file.
    pub origin: usize,
}

impl Step {
    /// A step of round 1 without a note or a cue, from the first step of a draft.
    pub fn new(kind: StepKind, length: Duration) -> Step {
        Step { kind, length, note: None, cue: None, halfway: true, changeover: false, round: 1, origin: 0 }
    }
}

/// The planned dose of each modality in these steps.
pub fn planned<'a>(steps: impl IntoIterator<Item = &'a Step, IntoIter: Clone>) -> PerModality<Duration> {
    let steps = steps.into_iter();
    PerModality::from_fn(|modality| {
        let of_kind = steps.clone().filter(|step| step.kind.modality() == Some(modality));
        of_kind.map(|step| step.length).sum()
    })
}
