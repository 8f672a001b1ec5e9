//! What was measured, beside what it may be.

use std::fmt;

/// Rows of what was measured.
#[derive(Debug, Default)]
pub(crate) struct Table(Vec<Row>);

#[derive(Debug)]
struct Row {
    what: String,
    measured: String,
    budget: String,
    verdict: Verdict,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verdict {
    Kept,
    Missed,
    None,
}

/// What something may be.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Budget {
    /// No more than this.
    Most(f64, &'static str),
    /// No less than this.
    Least(f64, &'static str),
}

impl Table {
    /// Something that has no budget: it explains the others.
    pub(crate) fn note(&mut self, what: impl Into<String>, measured: impl Into<String>) {
        let (what, measured) = (what.into(), measured.into());
        self.push(Row { what, measured, budget: String::new(), verdict: Verdict::None });
    }

    /// Something that has one.
    pub(crate) fn judge(&mut self, what: impl Into<String>, words: String, value: f64, budget: Budget) {
        let (kept, budget) = match budget {
            Budget::Most(most, unit) => (value <= most, format!("≤ {most} {unit}")),
            Budget::Least(least, unit) => (value >= least, format!("≥ {least} {unit}")),
        };
        let verdict = if kept { Verdict::Kept } else { Verdict::Missed };
        self.push(Row { what: what.into(), measured: words, budget, verdict });
    }

    fn push(&mut self, row: Row) {
        // Whoever waits for minutes sees that something goes on.
        println!("{row}");
        self.0.push(row);
    }

    /// How many budgets were missed.
    pub(crate) fn missed(&self) -> usize {
        self.0.iter().filter(|row| row.verdict == Verdict::Missed).count()
    }
}

impl fmt::Display for Row {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let verdict = match self.verdict {
            Verdict::Kept => "kept",
            Verdict::Missed => "MISSED",
            Verdict::None => "",
        };
        let Self { what, measured, budget, .. } = self;
        write!(out, "| {what:<50} | {measured:<66} | {budget:<12} | {verdict:<6} |")
    }
}

impl fmt::Display for Table {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let head = ["what", "measured", "budget", ""].map(str::to_owned);
        let [what, measured, budget, _] = head;
        writeln!(out, "{}", Row { what, measured, budget, verdict: Verdict::None })?;
        writeln!(out, "|{:-<52}|{:-<68}|{:-<14}|{:-<8}|", "", "", "", "")?;
        self.0.iter().try_for_each(|row| writeln!(out, "{row}"))
    }
}
