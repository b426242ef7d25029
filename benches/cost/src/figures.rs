//! What a probe costs, as figures that are recorded and compared.

use crate::callgrind::Counts;
use std::fmt;
use std::fs;
use std::path::Path;

/// How far a figure may be from the recorded one, as a part of it.
const MARGIN: f64 = 0.1;
const HEAD: &str = "\
# What a probe costs, as tests/cost/run counted it. That test fails where a figure is more than 10 % from these.
# `tests/cost/run --record` writes them anew.
";

/// The cost of one probe.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Cost {
    pub instructions: f64,
    pub allocations: f64,
}

impl Cost {
    /// From what was counted with few and with many probes.
    pub fn between(few: Counts, many: Counts) -> Cost {
        let more = many - few;
        Cost { instructions: more.instructions / more.requests, allocations: more.allocations / more.requests }
    }
}

/// All figures.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Figures {
    pub program: Cost,
    pub bare: Cost,
}

impl Figures {
    /// The figures that are compared: name, value, digits after the point.
    fn compared(&self) -> [(&'static str, f64, usize); 2] {
        let ratio = self.program.instructions / self.bare.instructions;
        [
            ("instructions of a probe, as a multiple of bare hyper's", ratio, 2),
            ("allocations of a probe", self.program.allocations, 0),
        ]
    }

    /// The smaller one of each figure.
    pub fn min(self, other: Figures) -> Figures {
        let min = |a: Cost, b: Cost| Cost {
            instructions: a.instructions.min(b.instructions),
            allocations: a.allocations.min(b.allocations),
        };
        Figures { program: min(self.program, other.program), bare: min(self.bare, other.bare) }
    }

    /// What is too far from the recorded figures, in words.
    pub fn differences(&self, recorded: &Figures) -> Vec<String> {
        let pairs = self.compared().into_iter().zip(recorded.compared());
        let far = pairs.filter(|((_, measured, _), (_, recorded, _))| (measured / recorded - 1.0).abs() > MARGIN);
        far.map(|((name, measured, digits), (_, recorded, _))| {
            format!(
                "{name}: recorded {recorded:.digits$}, measured {measured:.digits$} ({:+.1} %, at most {:.0} % either way)",
                (measured / recorded - 1.0) * 100.0,
                MARGIN * 100.0
            )
        })
        .collect()
    }

    fn lines(&self) -> [(&'static str, f64); 4] {
        [
            ("instructions", self.program.instructions),
            ("allocations", self.program.allocations),
            ("bare-hyper-instructions", self.bare.instructions),
            ("bare-hyper-allocations", self.bare.allocations),
        ]
    }

    pub fn write(&self, path: &Path) {
        let lines = self.lines().map(|(name, value)| format!("{name} {value:.0}\n")).concat();
        fs::write(path, format!("{HEAD}{lines}")).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    }

    pub fn read(path: &Path) -> Figures {
        let text = fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let value = |name: &str| -> f64 {
            let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
            line.and_then(|value| value.parse().ok()).unwrap_or_else(|| panic!("{}: no {name}", path.display()))
        };
        let cost =
            |instructions, allocations| Cost { instructions: value(instructions), allocations: value(allocations) };
        Figures {
            program: cost("instructions", "allocations"),
            bare: cost("bare-hyper-instructions", "bare-hyper-allocations"),
        }
    }
}

impl fmt::Display for Figures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "| for a probe | agentic-ops | bare hyper | ratio |\n|---|---|---|---|")?;
        let Figures { program, bare } = self;
        for (name, ours, theirs) in [
            ("instructions", program.instructions, bare.instructions),
            ("allocations", program.allocations, bare.allocations),
        ] {
            writeln!(f, "| {name} | {ours:.0} | {theirs:.0} | {:.2} |", ours / theirs)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn figures(instructions: f64, allocations: f64) -> Figures {
        Figures {
            program: Cost { instructions, allocations },
            bare: Cost { instructions: 40_000.0, allocations: 30.0 },
        }
    }

    #[test]
    fn the_cost_is_that_of_the_probes_alone() {
        let counts = |requests, rest| Counts {
            instructions: rest + 100.0 * requests,
            allocations: rest + 2.0 * requests,
            requests,
        };
        let cost = Cost::between(counts(10.0, 7.0), counts(60.0, 7.0));
        assert_eq!(cost, Cost { instructions: 100.0, allocations: 2.0 });
    }

    #[test]
    fn what_differs_by_more_than_the_margin_is_told() {
        let recorded = figures(120_000.0, 100.0);
        assert!(figures(131_000.0, 109.0).differences(&recorded).is_empty());
        let told = figures(140_000.0, 89.0).differences(&recorded);
        assert_eq!(
            told,
            [
                "instructions of a probe, as a multiple of bare hyper's: recorded 3.00, measured 3.50 (+16.7 %, at most 10 % either way)",
                "allocations of a probe: recorded 100, measured 89 (-11.0 %, at most 10 % either way)",
            ]
        );
    }

    #[test]
    fn the_least_has_the_smaller_one_of_each_figure() {
        assert_eq!(figures(1.0, 2.0).min(figures(2.0, 1.0)), figures(1.0, 1.0));
    }

    #[test]
    fn what_is_written_is_read() {
        let path = std::env::temp_dir().join(format!("probe-cost-{}.txt", std::process::id()));
        figures(120_000.0, 100.0).write(&path);
        assert_eq!(Figures::read(&path), figures(120_000.0, 100.0));
        std::fs::remove_file(path).unwrap();
    }
}
