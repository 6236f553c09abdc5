//! The scalars of a config that have a unit: `5s`, `1MiB`.

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
use std::{borrow::Cow, fmt, time::Duration};

/// A length of time, as `500ms`, `5s`, `2m`, `1h` or `1d`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, JsonSchema)]
#[schemars(inline, with = "String", extend("format" = "duration"))]
pub struct Period(pub Duration);

/// A number of bytes, as `512`, `8KiB`, `1MiB` or `1GiB`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, JsonSchema)]
#[schemars(inline, with = "String", extend("format" = "size"))]
pub struct ByteSize(pub u64);

const PERIODS: [(&str, u64); 5] =
    [("ms", 1), ("s", 1_000), ("m", 60_000), ("h", 3_600_000), ("d", 86_400_000)];
const SIZES: [(&str, u64); 4] = [("", 1), ("KiB", 1 << 10), ("MiB", 1 << 20), ("GiB", 1 << 30)];

/// A whole number and one of `units`, in the smallest of them.
fn read(text: &str, units: &[(&str, u64)]) -> Option<u64> {
    let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    let (_, factor) = units.iter().find(|(name, _)| *name == unit)?;
    number.parse::<u64>().ok()?.checked_mul(*factor)
}

/// The largest unit that writes `amount` as a whole number.
fn write(amount: u64, units: &[(&str, u64)]) -> String {
    let fits = |unit: &&(&str, u64)| amount != 0 && amount.is_multiple_of(unit.1);
    let unit = units.iter().rev().find(fits).or(units.first());
    unit.map_or_else(String::new, |(name, factor)| format!("{}{name}", amount / factor))
}

impl Period {
    /// Reads `5s` and its like; the error says what is accepted.
    pub fn parse(text: &str) -> Result<Self, String> {
        read(text, &PERIODS).map(|ms| Self(Duration::from_millis(ms))).ok_or_else(|| {
            String::from(
                "a duration is a whole number with a unit: `500ms`, `5s`, `2m`, `1h`, `1d`",
            )
        })
    }
}

impl ByteSize {
    /// Reads `1MiB` and its like; the error says what is accepted.
    pub fn parse(text: &str) -> Result<Self, String> {
        read(text, &SIZES).map(Self).ok_or_else(|| {
            String::from("a size is a whole number with a unit: `512`, `8KiB`, `1MiB`, `1GiB`")
        })
    }
}

impl fmt::Display for Period {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ms = u64::try_from(self.0.as_millis()).unwrap_or(u64::MAX);
        f.write_str(&write(ms, &PERIODS))
    }
}

impl fmt::Display for ByteSize {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&write(self.0, &SIZES))
    }
}

impl<'de> Deserialize<'de> for Period {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        Self::parse(&Cow::<str>::deserialize(d)?).map_err(D::Error::custom)
    }
}

impl<'de> Deserialize<'de> for ByteSize {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        Self::parse(&Cow::<str>::deserialize(d)?).map_err(D::Error::custom)
    }
}

impl Serialize for Period {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(self)
    }
}

impl Serialize for ByteSize {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_are_read_and_written_alike() {
        for text in ["500ms", "5s", "90s", "2m", "1h", "1d", "0ms"] {
            assert_eq!(Period::parse(text).unwrap().to_string(), text);
        }
        for text in ["512", "8KiB", "1MiB", "3GiB", "0"] {
            assert_eq!(ByteSize::parse(text).unwrap().to_string(), text);
        }
    }

    #[test]
    fn what_has_no_unit_or_an_odd_one_is_refused() {
        for text in ["5", "s", "", "5 s", "-5s", "5.5s", "5S", "18446744073709551615d", "1e3s"] {
            assert!(Period::parse(text).is_err(), "{text}");
        }
        for text in ["1MB", "KiB", "", "1 KiB", "-1", "18446744073709551615GiB"] {
            assert!(ByteSize::parse(text).is_err(), "{text}");
        }
    }
}
