//! Text in columns.
//!
//! Owns widths and padding. Refuses to know what is in the cells.

/// A table that prints with aligned columns, two spaces apart.
#[derive(Debug, Default)]
pub(crate) struct Table {
    rows: Vec<Vec<Cell>>,
}

/// One cell: its text, and how many columns that takes on a screen.
#[derive(Debug)]
struct Cell {
    text: String,
    width: usize,
}

impl Table {
    /// A table without rows.
    pub(crate) fn new() -> Self {
        Self::default()
    }

    /// Adds a row of plain cells.
    pub(crate) fn row<const N: usize>(&mut self, cells: [&str; N]) {
        self.painted(cells, |_, text| text.to_owned());
    }

    /// Adds a row whose cells `paint` decorates, by column: escape codes take no room on a screen.
    pub(crate) fn painted<const N: usize>(
        &mut self,
        cells: [&str; N],
        paint: impl Fn(usize, &str) -> String,
    ) {
        let cells = cells.into_iter().enumerate().map(|(column, text)| Cell {
            text: paint(column, text),
            width: text.chars().count(),
        });
        self.rows.push(cells.collect());
    }

    /// The table as lines, each beginning with `indent`. Nothing trails a line.
    pub(crate) fn render(&self, indent: &str) -> String {
        let mut widths: Vec<usize> = Vec::new();
        for row in &self.rows {
            for (column, cell) in row.iter().enumerate() {
                match widths.get_mut(column) {
                    Some(width) => *width = (*width).max(cell.width),
                    None => widths.push(cell.width),
                }
            }
        }
        let mut text = String::new();
        for row in &self.rows {
            text.push_str(indent);
            let last = row.iter().rposition(|cell| cell.width > 0).unwrap_or(0);
            for (column, (cell, width)) in row.iter().zip(&widths).enumerate().take(last + 1) {
                text.push_str(&cell.text);
                if column < last {
                    text.push_str(&" ".repeat(width.saturating_sub(cell.width) + 2));
                }
            }
            text.push('\n');
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_align_whatever_is_painted() {
        let mut table = Table::new();
        table.row(["a", "bb", ""]);
        table.painted(["ccc", "d", "e"], |column, text| {
            if column == 0 {
                format!("<{text}>")
            } else {
                text.to_owned()
            }
        });
        assert_eq!(table.render("  "), "  a    bb\n  <ccc>  d   e\n");
    }
}
