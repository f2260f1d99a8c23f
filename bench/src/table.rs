//! Figures, as they are printed.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde::{Deserialize, Serialize};

/// What one run measured, by name.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Figures(BTreeMap<String, f64>);

impl Figures {
    /// One more figure.
    pub fn with(mut self, name: &str, value: f64) -> Self {
        self.0.insert(name.to_owned(), value);
        self
    }

    /// The figure of this name.
    pub fn get(&self, name: &str) -> f64 {
        self.0.get(name).copied().unwrap_or(f64::NAN)
    }

    /// As the last line of a contender's output.
    pub fn to_line(&self) -> String {
        serde_json::to_string(self).expect("figures are JSON")
    }

    /// From the last line of a contender's output.
    pub fn from_output(output: &str) -> Option<Self> {
        serde_json::from_str(output.lines().last()?).ok()
    }
}

/// The median of some numbers, the least and the greatest.
#[derive(Clone, Copy, Debug)]
pub struct Spread {
    pub median: f64,
    pub min: f64,
    pub max: f64,
}

impl Spread {
    pub fn of(values: impl IntoIterator<Item = f64>) -> Self {
        let mut values: Vec<_> = values.into_iter().collect();
        values.sort_by(f64::total_cmp);
        let at = |index: usize| values.get(index).copied().unwrap_or(f64::NAN);
        let middle = values.len() / 2;
        let median = if values.len().is_multiple_of(2) {
            f64::midpoint(at(middle.wrapping_sub(1)), at(middle))
        } else {
            at(middle)
        };
        Self {
            median,
            min: at(0),
            max: at(values.len().wrapping_sub(1)),
        }
    }
}

/// A figure and how it is shown.
#[derive(Clone, Copy)]
pub struct Column {
    pub figure: &'static str,
    pub title: &'static str,
    /// Digits behind the point.
    pub digits: usize,
}

impl Column {
    pub const fn new(figure: &'static str, title: &'static str, digits: usize) -> Self {
        Self {
            figure,
            title,
            digits,
        }
    }
}

/// The runs of each contender, in the order of their rounds.
#[derive(Default)]
pub struct Runs(pub Vec<(String, Vec<Figures>)>);

impl Runs {
    /// Notes what a contender measured.
    pub fn add(&mut self, contender: &str, figures: Figures) {
        match self.0.iter_mut().find(|(name, _)| name == contender) {
            Some((_, runs)) => runs.push(figures),
            None => self.0.push((contender.to_owned(), vec![figures])),
        }
    }

    fn of(&self, contender: &str) -> &[Figures] {
        let found = self.0.iter().find(|(name, _)| name == contender);
        found.map_or(&[], |(_, runs)| runs)
    }

    /// The table: for each contender the median of each figure, with the least and the greatest.
    pub fn table(&self, columns: &[Column]) -> String {
        let mut rows = vec![
            std::iter::once("contender".to_owned())
                .chain(columns.iter().map(|column| column.title.to_owned()))
                .collect::<Vec<_>>(),
        ];
        for (name, runs) in &self.0 {
            let cells = columns.iter().map(|column| {
                let spread = Spread::of(runs.iter().map(|run| run.get(column.figure)));
                let digits = column.digits;
                if spread.median.is_nan() {
                    return "-".to_owned();
                }
                format!(
                    "{:.digits$} ({:.digits$}..{:.digits$})",
                    spread.median, spread.min, spread.max
                )
            });
            rows.push(std::iter::once(name.clone()).chain(cells).collect());
        }
        let widths: Vec<_> = (0..=columns.len())
            .map(|column| rows.iter().map(|row| row[column].len()).max().unwrap_or(0))
            .collect();
        let mut table = String::new();
        for row in rows {
            for (cell, width) in row.iter().zip(&widths) {
                let _ = write!(table, "{cell:<width$}  ");
            }
            table.truncate(table.trim_end().len());
            table.push('\n');
        }
        table
    }

    /// `a` over `b` of a figure, round by round.
    pub fn ratio(&self, figure: &str, a: &str, b: &str) -> Spread {
        let pairs = self.of(a).iter().zip(self.of(b));
        Spread::of(pairs.map(|(a, b)| a.get(figure) / b.get(figure)))
    }

    /// The line of a ratio.
    pub fn ratio_line(&self, figure: &str, a: &str, b: &str) -> String {
        ratio_line(&format!("{a}/{b}"), self.ratio(figure, a, b))
    }

    /// The line of a figure that is a ratio by itself.
    pub fn figure_line(&self, figure: &str, title: &str, contender: &str) -> String {
        let runs = self.of(contender).iter();
        let spread = Spread::of(runs.map(|run| run.get(figure)));
        ratio_line(&format!("{title}, {contender}"), spread)
    }
}

fn ratio_line(of: &str, Spread { median, min, max }: Spread) -> String {
    format!("ratio {of}: {median:.2} ({min:.2}..{max:.2})")
}
