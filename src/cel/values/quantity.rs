//! Quantities as Kubernetes writes them: `1500m`, `2Gi`, `1e3`.

use std::cmp::Ordering;
use std::fmt::{self, Display, Formatter};

/// What is finer is rounded up, away from zero.
const FINEST: i32 = -9;
/// Most digits of a quantity that Kubernetes calls an integer.
const INTEGER_DIGITS: i64 = 18;
const BINARY: [(&str, u32); 6] = [("Ki", 10), ("Mi", 20), ("Gi", 30), ("Ti", 40), ("Pi", 50), ("Ei", 60)];
const DECIMAL: [(&str, i32); 10] =
    [("n", -9), ("u", -6), ("m", -3), ("", 0), ("k", 3), ("M", 6), ("G", 9), ("T", 12), ("P", 15), ("E", 18)];

/// A number times a power of ten.
#[derive(Clone, Copy, Debug)]
pub(in crate::cel) struct Quantity {
    number: i128,
    exponent: i32,
    /// Whether Kubernetes holds it as a 64-bit number, which only then is an integer.
    is_short: bool,
}

/// Whether a text is a quantity.
pub(in crate::cel) fn is_quantity(text: &str) -> bool {
    Parts::of(text).is_some()
}

impl From<i64> for Quantity {
    fn from(number: i64) -> Quantity {
        Quantity { number: number.into(), exponent: 0, is_short: true }
    }
}

impl Display for Quantity {
    /// The number, with an exponent where it has one: `1500e-3`.
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self.exponent {
            0 => write!(f, "{}", self.number),
            exponent => write!(f, "{}e{exponent}", self.number),
        }
    }
}

impl Quantity {
    /// `None` where the text is none, or has more digits than fit.
    pub fn parse(text: &str) -> Option<Quantity> {
        Parts::of(text)?.quantity()
    }

    /// -1, 0 or 1.
    pub fn sign(self) -> i64 {
        self.number.signum() as i64
    }

    /// `None` where the result has more digits than fit.
    pub fn minus(self, other: Quantity) -> Option<Quantity> {
        self.plus(Quantity { number: other.number.checked_neg()?, ..other })
    }

    pub fn compare(self, other: Quantity) -> Ordering {
        let sign = self.number.signum();
        if sign != other.number.signum() || sign == 0 {
            return sign.cmp(&other.number.signum());
        }
        let magnitude = |quantity: Quantity| {
            let digits = quantity.number.unsigned_abs().ilog10();
            i64::from(digits) + i64::from(quantity.exponent)
        };
        let order = magnitude(self).cmp(&magnitude(other)).then_with(|| {
            // Of the same magnitude: the exponents differ by less than the number of digits.
            let (a, b) = (self.number.unsigned_abs(), other.number.unsigned_abs());
            let scale = |number: u128, by: i32| wide(number, u32::try_from(by.max(0)).unwrap_or(0));
            let by = self.exponent.saturating_sub(other.exponent);
            scale(a, by).cmp(&scale(b, by.saturating_neg()))
        });
        if sign < 0 { order.reverse() } else { order }
    }

    /// `None` where the result has more digits than fit.
    pub fn plus(self, other: Quantity) -> Option<Quantity> {
        if other.number == 0 {
            return Some(Quantity { is_short: self.is_short && other.is_short, ..self });
        }
        if self.number == 0 {
            return Some(Quantity { is_short: self.is_short && other.is_short, ..other });
        }
        let exponent = self.exponent.min(other.exponent);
        let number = self.at(exponent)?.checked_add(other.at(exponent)?)?;
        let fits = |number: i128| i64::try_from(number).is_ok();
        let is_short =
            self.is_short && other.is_short && fits(self.at(exponent)?) && fits(other.at(exponent)?) && fits(number);
        Some(Quantity { number, exponent, is_short })
    }

    /// The number for a lower exponent.
    fn at(self, exponent: i32) -> Option<i128> {
        let by = u32::try_from(self.exponent.checked_sub(exponent)?).ok()?;
        self.number.checked_mul(10_i128.checked_pow(by)?)
    }

    /// `None` where Kubernetes does not call it an integer.
    pub fn integer(self) -> Option<i64> {
        if !self.is_short || self.exponent < 0 {
            return None;
        }
        if self.number == 0 {
            return Some(0);
        }
        self.at(0).and_then(|number| i64::try_from(number).ok())
    }

    pub fn approximate(self) -> f64 {
        let scale: f64 = format!("1e{}", self.exponent).parse().unwrap_or(f64::NAN);
        if self.exponent == 0 { self.number as f64 } else { self.number as f64 * scale }
    }
}

/// `number` times a power of ten, as its high and low halves in base 10^38.
fn wide(number: u128, by: u32) -> (u128, u128) {
    const HALF: u128 = 10_u128.pow(38);
    let by = by.min(38);
    // Each part is shifted by splitting it where the shift crosses the halves.
    let (low, lost) = (10_u128.pow(38 - by), 10_u128.pow(by));
    let (high, rest) = (number / HALF, number % HALF);
    let carried = rest / low;
    (high.saturating_mul(lost).saturating_add(carried), (rest % low) * lost)
}

/// The parts of a text that is a quantity.
struct Parts<'t> {
    is_negative: bool,
    /// Without leading zeros.
    whole: &'t str,
    fraction: &'t str,
    suffix: Suffix,
}

#[derive(Clone, Copy)]
enum Suffix {
    /// A power of ten.
    Decimal(i32),
    /// A power of two.
    Binary(u32),
}

impl Parts<'_> {
    fn of(text: &str) -> Option<Parts<'_>> {
        let (is_negative, rest) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text.strip_prefix('+').unwrap_or(text)),
        };
        let digits = |text: &str| text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
        let (whole, rest) = rest.split_at(digits(rest));
        let (fraction, suffix) = match rest.strip_prefix('.') {
            Some(rest) => rest.split_at(digits(rest)),
            None => ("", rest),
        };
        if text.is_empty() {
            return None;
        }
        let whole = whole.trim_start_matches('0');
        Some(Parts {
            is_negative,
            whole: if whole.is_empty() { "0" } else { whole },
            fraction,
            suffix: Suffix::of(suffix)?,
        })
    }

    /// `None` where it has more digits than fit.
    fn quantity(&self) -> Option<Quantity> {
        let quantity = if self.is_short() { self.short() } else { None };
        let Quantity { number, exponent, is_short } = quantity.or_else(|| self.long())?;
        Some(Quantity { number: if self.is_negative { -number } else { number }, exponent, is_short })
    }

    /// As a 64-bit number; `None` where it does not fit.
    fn short(&self) -> Option<Quantity> {
        let number: i64 = [self.whole, self.fraction].concat().parse().ok()?;
        let number = match self.suffix {
            Suffix::Decimal(_) => number,
            Suffix::Binary(power) => number.checked_mul(1 << power)?,
        };
        Some(Quantity { number: number.into(), exponent: self.written_exponent(), is_short: true })
    }

    fn long(&self) -> Option<Quantity> {
        // Zeros at the end are no digits of its value.
        let fraction = self.fraction.trim_end_matches('0');
        let mut number: i128 = [self.whole, fraction].concat().parse().ok()?;
        let mut exponent = i32::try_from(fraction.len()).ok()?.checked_neg()?;
        match self.suffix {
            Suffix::Decimal(power) => exponent = exponent.checked_add(power)?,
            Suffix::Binary(power) => number = number.checked_mul(1 << power)?,
        }
        if exponent < FINEST {
            number = rounded(number, u32::try_from(FINEST.checked_sub(exponent)?).ok()?);
            exponent = FINEST;
        }
        let quantity = Quantity { number, exponent, is_short: false };
        let most = Quantity { number: i64::MAX.into(), exponent: 0, is_short: false };
        let is_capped = matches!(self.suffix, Suffix::Binary(_)) && quantity.compare(most).is_gt();
        Some(if is_capped { most } else { quantity })
    }

    /// The exponent with all digits that are written, zeros at the end included.
    fn written_exponent(&self) -> i32 {
        let places = i32::try_from(self.fraction.len()).unwrap_or(i32::MAX);
        match self.suffix {
            Suffix::Decimal(power) => power.saturating_sub(places),
            Suffix::Binary(_) => 0,
        }
    }

    /// Whether Kubernetes holds it as a 64-bit number.
    fn is_short(&self) -> bool {
        let whole = i64::try_from(self.whole.len()).unwrap_or(i64::MAX);
        let fraction = i64::try_from(self.fraction.len()).unwrap_or(i64::MAX);
        match self.suffix {
            Suffix::Decimal(_) => whole.saturating_add(fraction) <= INTEGER_DIGITS && self.written_exponent() >= FINEST,
            Suffix::Binary(power) => self.fraction.is_empty() && 15 - whole - i64::from(power) * 3 / 10 > 0,
        }
    }
}

impl Suffix {
    fn of(text: &str) -> Option<Suffix> {
        if let Some((_, power)) = DECIMAL.into_iter().find(|(name, _)| *name == text) {
            return Some(Suffix::Decimal(power));
        }
        if let Some((_, power)) = BINARY.into_iter().find(|(name, _)| *name == text) {
            return Some(Suffix::Binary(power));
        }
        let exponent = text.strip_prefix(['e', 'E'])?;
        let digits = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
        let is_number = !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
        exponent.parse().ok().filter(|_| is_number).map(Suffix::Decimal)
    }
}

/// Divided by a power of ten, rounded away from zero.
fn rounded(number: i128, by: u32) -> i128 {
    match 10_i128.checked_pow(by) {
        Some(divisor) => number / divisor + i128::from(number % divisor != 0),
        None => i128::from(number != 0),
    }
}
