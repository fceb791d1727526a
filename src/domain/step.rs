//! The nouns that everything else speaks: modality, kind of step, step.
//! Knows nothing of limits, files or time of day.

use std::fmt;
use std::time::Duration;

use serde::Serialize;

/// A superficial thermal modality: cryotherapy or thermotherapy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Modality {
    /// Cryotherapy: an ice or gel pack over a thin damp cloth.
    Cold,
    /// Thermotherapy: a warm moist pack or pad.
    Heat,
}

impl Modality {
    /// Both modalities, cold first as in every table of the product.
    pub const ALL: [Modality; 2] = [Modality::Cold, Modality::Heat];

    /// The word for it: `cold` or `heat`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        StepKind::from(self).as_str()
    }
}

impl fmt::Display for Modality {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What a person does during a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
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
    /// Every kind, in the order of the documentation of the file format.
    pub const ALL: [StepKind; 4] = [StepKind::Heat, StepKind::Cold, StepKind::Rest, StepKind::Stretch];

    /// The word that files, JSON and the screen use.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            StepKind::Cold => "cold",
            StepKind::Heat => "heat",
            StepKind::Rest => "rest",
            StepKind::Stretch => "stretch",
        }
    }

    /// The kind with this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<StepKind> {
        StepKind::ALL.into_iter().find(|kind| kind.as_str() == name)
    }

    /// The modality whose dose this step gives, if it gives one.
    #[must_use]
    pub fn modality(self) -> Option<Modality> {
        match self {
            StepKind::Cold => Some(Modality::Cold),
            StepKind::Heat => Some(Modality::Heat),
            StepKind::Rest | StepKind::Stretch => None,
        }
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

impl fmt::Display for StepKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// One expanded step: rounds are already laid out one after the other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// What is done.
    pub kind: StepKind,
    /// Planned length.
    pub length: Duration,
    /// The author's line for the person, shown while the step runs.
    pub note: Option<String>,
    /// The round that it belongs to, from 1.
    pub round: u32,
    /// Which step of the file it was made from, from 0: a finding points there.
    pub origin: usize,
}

impl Step {
    /// A step of round 1 without a note, as the first step of a file.
    #[must_use]
    pub fn new(kind: StepKind, length: Duration) -> Step {
        Step { kind, length, note: None, round: 1, origin: 0 }
    }
}
