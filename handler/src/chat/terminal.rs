//! A card as text for a terminal.
//!
//! Control characters are taken out of everything, so that a resource's name or a gateway's log can neither
//! move the cursor nor set a window's title.

use domain::card::{Card, Snippet, Text, Tone};
use domain::plan::DiffLine;

use style::{Ink, Paint};
use wrap::wrapped;

mod style;
mod wrap;

/// How a terminal shows a card.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Terminal {
    /// Columns, taken as between 40 and 200.
    pub width: usize,
    /// Whether it knows ANSI colours. The words say everything without them.
    pub colour: bool,
}

impl Default for Terminal {
    fn default() -> Self {
        Self { width: 80, colour: false }
    }
}

impl Terminal {
    /// Draws a card. The text ends with a line feed.
    #[must_use]
    pub fn draw(&self, card: &Card) -> String {
        let paint = Paint { colour: self.colour };
        let page = Page { width: self.width.clamp(40, 200), paint };
        let blocks = [
            page.head(card),
            page.facts(card),
            page.list(&card.evidence),
            page.diff(&card.diff),
            page.snippets(&card.snippets),
            page.paragraphs(&card.notes),
            page.actions(card),
            page.footer(card),
        ];
        let blocks: Vec<_> =
            blocks.iter().filter(|lines| !lines.is_empty()).map(|lines| lines.join("\n")).collect();
        format!("{}\n", blocks.join("\n\n"))
    }
}

struct Page {
    width: usize,
    paint: Paint,
}

impl Page {
    fn head(&self, card: &Card) -> Vec<String> {
        let (symbol, ink) = tone(card.tone);
        let status = self.paint.ink(&format!("{symbol} {}", clean(&card.status)), ink);
        let mut lines = vec![format!("{status}  {}", self.paint.ink(&clean(&card.title), Ink::Bold))];
        lines.extend(self.text(&card.lead, "  ", "  "));
        lines.extend(self.text(&card.path, "  ", "    "));
        lines
    }

    fn facts(&self, card: &Card) -> Vec<String> {
        let widest =
            card.facts.iter().map(|fact| clean(&fact.label).chars().count()).max().unwrap_or_default();
        let widest = widest.min(self.width / 3);
        let lines = card.facts.iter().flat_map(|fact| {
            let label = clean(&fact.label);
            let pad = widest.saturating_sub(label.chars().count());
            let first = format!("  {}{}  ", self.paint.ink(&label, Ink::Dim), " ".repeat(pad));
            self.text(&fact.value, &first, &" ".repeat(widest + 4))
        });
        lines.collect()
    }

    fn list(&self, texts: &[Text]) -> Vec<String> {
        texts.iter().flat_map(|text| self.text(text, "  - ", "    ")).collect()
    }

    fn paragraphs(&self, texts: &[Text]) -> Vec<String> {
        texts.iter().flat_map(|text| self.text(text, "  ", "  ")).collect()
    }

    /// The change, unwrapped: it is there to be compared.
    fn diff(&self, lines: &[DiffLine]) -> Vec<String> {
        let shown = lines.iter().map(|line| clean(&format!("{} {}", line.sign.as_char(), line.text)));
        shown.map(|line| format!("  {}", self.paint.ink(&line, Ink::of_diff(&line)))).collect()
    }

    /// Code, unwrapped: it is there to be copied.
    fn snippets(&self, snippets: &[Snippet]) -> Vec<String> {
        let one = |snippet: &Snippet| {
            let label = format!("  {}", self.paint.ink(&format!("{}:", clean(&snippet.label)), Ink::Bold));
            let code = snippet.code.lines().map(|line| format!("    {}", clean(line)).trim_end().to_owned());
            std::iter::once(label).chain(code).collect::<Vec<_>>()
        };
        snippets.iter().flat_map(one).collect()
    }

    fn actions(&self, card: &Card) -> Vec<String> {
        let widest =
            card.actions.iter().map(|action| clean(&action.label).chars().count()).max().unwrap_or_default();
        let lines = card.actions.iter().map(|action| {
            let label = clean(&action.label);
            let pad = " ".repeat(widest.saturating_sub(label.chars().count()));
            let command = self.paint.ink(&clean(&action.command), Ink::Code);
            format!("  [{}]{pad}  {command}", self.paint.ink(&label, Ink::Bold))
        });
        lines.collect()
    }

    fn footer(&self, card: &Card) -> Vec<String> {
        let link = card.link.as_ref().map(|url| format!("  {}", self.paint.ink(&clean(url), Ink::Dim)));
        let print = card.footer.iter().flat_map(|text| {
            let plain = Text::of(text.plain());
            let lines = wrapped(&plain, "  ", "  ", self.width, Paint { colour: false });
            lines.into_iter().map(|line| self.paint.ink(&line, Ink::Dim))
        });
        link.into_iter().chain(print).collect()
    }

    fn text(&self, text: &Text, first: &str, rest: &str) -> Vec<String> {
        if text.is_empty() { Vec::new() } else { wrapped(text, first, rest, self.width, self.paint) }
    }
}

fn tone(tone: Tone) -> (&'static str, Ink) {
    match tone {
        Tone::Trouble => ("✗", Ink::Red),
        Tone::Attention => ("!", Ink::Yellow),
        Tone::Working => ("…", Ink::Cyan),
        Tone::Good => ("✓", Ink::Green),
        Tone::Neutral => ("·", Ink::Bold),
    }
}

/// Text without control characters.
fn clean(text: &str) -> String {
    text.chars().filter_map(wrap::harmless).collect()
}

#[cfg(test)]
mod tests;
